//! A store in a directory of its own, with a hub, a `pip` and a card: what the tests of the store share.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::hub::{self, Answer, Hub, Repository};
use diglot::catalog::{Card, ModelStore, Proceed, StoreEvent, StoreOptions};
use sha2::{Digest, Sha256};

pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
pub const FILE: &str = "tiny.gguf";

/// Content whose every part differs from every other.
pub fn content() -> Vec<u8> {
    (0..200_000_u32).flat_map(|i| (i.wrapping_mul(2_654_435_761)).to_le_bytes()).take(300_000).collect()
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

pub fn repository() -> Repository {
    Repository { commit: COMMIT.into(), sha256: sha256(&content()), content: content() }
}

/// A card of the test file, with sources and further lines as TOML.
pub fn card(sources: &str, more: &str) -> Card {
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

pub const HUB: &str = "{ kind = \"hub\" }";

pub fn hub_card() -> Card {
    card(HUB, &format!("commit = \"{COMMIT}\""))
}

/// A store in a directory of its own, with short timeouts, a hub, and a `pip`.
pub struct Bench {
    pub directory: tempfile::TempDir,
    pub options: StoreOptions,
}

impl Bench {
    pub fn new(endpoint: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = options_in(directory.path(), endpoint);
        fs::create_dir(directory.path().join("bin")).unwrap();
        Self { directory, options }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn store(&self) -> ModelStore {
        ModelStore::new(self.options.clone())
    }

    pub fn blob(&self) -> PathBuf {
        self.options.hub_cache.join("models--org--tiny/blobs").join(sha256(&content()))
    }

    pub fn snapshot(&self) -> PathBuf {
        self.options.hub_cache.join("models--org--tiny/snapshots").join(COMMIT).join(FILE)
    }

    /// A `pip` that copies prepared wheels and lists what it was asked for.
    pub fn install_pip(&self) {
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
    pub fn add_wheel(&self, package: &str, member: &str, bytes: &[u8]) {
        let file = fs::File::create(self.path("bin").join(format!("{package}.whl"))).unwrap();
        let mut zip = zip::ZipWriter::new(file);
        zip.start_file(member, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
        zip.finish().unwrap();
    }

    /// The packages that pip was asked for.
    pub fn asked(&self) -> Vec<String> {
        let asked = fs::read_to_string(self.path("bin/asked")).unwrap_or_default();
        asked.lines().map(str::to_owned).collect()
    }

    /// Every regular file below the two directories of the store, but for locks and the ledger.
    pub fn files(&self) -> Vec<PathBuf> {
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

pub fn options_in(directory: &Path, endpoint: &str) -> StoreOptions {
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
pub fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

pub fn silent(_: StoreEvent<'_>) -> Proceed {
    Proceed::Continue
}

/// Fetches, and returns the reasons of sources that failed.
pub fn fetch_with_reasons(bench: &Bench, card: &Card) -> (diglot::Result<PathBuf>, Vec<String>) {
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

pub fn assert_has_content(path: &Path) {
    assert!(fs::read(path).unwrap() == content(), "{} has other bytes", path.display());
}

/// Fetches from a hub with faults that pass, and expects the right bytes in the end.
pub fn fetches_through(answer: impl Fn(&hub::Request) -> Answer + Send + Sync + 'static) -> Hub {
    let hub = Hub::start(answer);
    let bench = Bench::new(&hub.url);
    let model = bench.store().fetch(&hub_card(), &mut silent).unwrap();
    assert_has_content(&model.weights().unwrap().path);
    hub
}

/// Three packages, each with a third of the file.
pub fn three_packages(bench: &Bench) -> Card {
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
