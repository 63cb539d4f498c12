//! Hub repositories by name, as a user meets them: the binaries against a local test hub that serves a tiny OPUS-MT
//! model. Nothing here needs a network.
#![cfg(all(feature = "hub", unix))]

#[path = "support/command.rs"]
mod command;
#[path = "support/hub.rs"]
// The store's own tests use the rest of it.
#[allow(dead_code)]
mod hub;
#[path = "support/opus.rs"]
#[allow(dead_code)]
mod opus;
#[path = "support/outcome.rs"]
mod outcome;
#[path = "support/repository.rs"]
mod repository;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use diglot::engine::seq2seq::{Precision, Seq2Seq};
use hub::{Answer, Hub};
use outcome::{assert_fails, stderr};
use repository::{COMMIT, Served};
use serde_json::{Value, json};
use tempfile::TempDir;

const NAME: &str = "org/opus-mt-xx-yy";
const GERMAN: &str = "Die Stadt eröffnet am 3. Mai 2024 ein Hallenbad. Es kostete 12,5 Millionen Euro.\n";

/// A home with an article in it, and the address of a hub.
struct Desk {
    home: TempDir,
    endpoint: String,
    token: Option<&'static str>,
}

impl Desk {
    fn new(hub: &Hub) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("a.txt"), GERMAN).unwrap();
        Self { home, endpoint: hub.url.clone(), token: None }
    }

    fn run(&self, binary: &str, args: &[&str]) -> Output {
        let mut command = command::command(binary, self.home.path());
        command
            .env_remove("HF_HUB_OFFLINE")
            .env("HF_ENDPOINT", &self.endpoint)
            .env("DIGLOT_MODELS_DIR", self.home.path().join("cards"))
            .args(args);
        if let Some(token) = self.token {
            command.env("HF_TOKEN", token);
        }
        command.output().unwrap()
    }

    fn models(&self, args: &str) -> Output {
        self.run("diglot", &["models"].into_iter().chain(args.split(' ')).collect::<Vec<_>>())
    }

    fn translate(&self, model: &str, args: &[&str]) -> Output {
        let usual = ["--lang", "en", "--from", "de", "--format", "json", "--model", model];
        self.run("translate", &[&usual, args, &["a.txt"]].concat())
    }

    fn snapshot(&self) -> PathBuf {
        self.home.path().join(".cache/huggingface/hub/models--org--opus-mt-xx-yy/snapshots").join(COMMIT)
    }

    /// Every file below the cache, but for locks.
    fn cached(&self) -> Vec<PathBuf> {
        let mut pending = vec![self.home.path().join(".cache")];
        let mut files = Vec::new();
        while let Some(path) = pending.pop() {
            match fs::read_dir(&path) {
                Ok(entries) => pending.extend(entries.map(|entry| entry.unwrap().path())),
                Err(_) if path.exists() && !path.to_string_lossy().contains(".locks") => files.push(path),
                Err(_) => {}
            }
        }
        files
    }
}

/// The tiny model, with files beside it that nobody needs.
fn opus() -> Served {
    let folder = tempfile::tempdir().unwrap();
    opus::write(folder.path());
    let mut served = Served::of_folder(NAME, folder.path());
    for useless in ["README.md", "tf_model.h5", "pytorch_model.bin", ".gitattributes"] {
        served.files.insert(useless.into(), b"not needed".to_vec());
    }
    served
}

fn serve(served: Served) -> Hub {
    Hub::start(move |request| served.answer(request))
}

fn json_of(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn assert_works(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
}

/// What was asked for, without the address of the repository.
fn asked(hub: &Hub) -> Vec<String> {
    let short = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    hub.requests().iter().map(|request| format!("{} {}", request.method, short(&request.path))).collect()
}

fn asked_for_weights(hub: &Hub) -> bool {
    asked(hub).iter().any(|request| request.contains("model."))
}

#[test]
fn a_repository_is_resolved_once_and_then_serves_offline() {
    let served = opus();
    let hub = serve(served.clone());
    let desk = Desk::new(&hub);
    let pulled = json_of(&desk.models(&format!("pull {NAME} --json")));
    let files: Vec<&str> = pulled
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["path"].as_str().unwrap().rsplit('/').next().unwrap())
        .collect();
    let needed = [
        "config.json",
        "generation_config.json",
        "tokenizer_config.json",
        "vocab.json",
        "source.spm",
        "target.spm",
        "model.safetensors",
    ];
    assert_eq!(files, needed);
    assert_eq!(pulled[0]["git_sha1"], repository::git_sha1(&served.files["config.json"]));
    assert_eq!(pulled[6]["sha256"], repository::sha256(&served.files["model.safetensors"]));
    for name in needed {
        assert_eq!(fs::read(desk.snapshot().join(name)).unwrap(), served.files[name]);
    }
    // The description, its configuration, and each needed file; nothing else.
    let mut expected = vec!["GET main?blobs=true".to_owned(), "GET config.json".into()];
    expected.extend(needed.iter().flat_map(|name| [format!("HEAD {name}"), format!("GET {name}")]));
    assert_eq!(asked(&hub), expected);

    // Later runs ask nobody, wherever the branch stands now.
    let mut moved = served.clone();
    moved.commit = "f".repeat(40);
    let elsewhere = serve(moved);
    let mut desk = desk;
    desk.endpoint = elsewhere.url.clone();
    let online = json_of(&desk.translate(NAME, &[]));
    let offline = json_of(&desk.translate(NAME, &["--offline"]));
    assert_works(&desk.models(&format!("pull {NAME}")));
    assert_eq!(online, offline);
    assert!(elsewhere.requests().is_empty(), "{:?}", asked(&elsewhere));
    let model = &online["models"]["translator"];
    assert_eq!((&model["name"], &model["unlisted"]), (&json!(format!("{NAME}@{COMMIT}")), &json!(true)));

    // The same files in a folder translate alike.
    let folder = desk.home.path().join("folder");
    opus::write(&folder);
    assert_eq!(json_of(&desk.translate("./folder", &[]))["segments"], online["segments"]);
}

#[test]
fn translate_fetches_what_it_is_told_to_and_says_so() {
    let hub = serve(opus());
    let desk = Desk::new(&hub);
    let output = desk.translate(NAME, &[]);
    assert_works(&output);
    let said = stderr(&output);
    assert_eq!(said.matches("fetching org/opus-mt-xx-yy (unlisted), ").count(), 1, "announced once:\n{said}");
    for part in ["licence: Apache-2.0", &format!("loaded {NAME}@{COMMIT} (unlisted")] {
        assert!(said.contains(part), "`{part}` not in:\n{said}");
    }
}

#[test]
fn a_revision_is_asked_for_by_name() {
    let hub = serve(opus());
    let desk = Desk::new(&hub);
    for (revision, path) in [("v1.0", "v1.0"), ("refs/pr/3", "refs%2Fpr%2F3"), (COMMIT, COMMIT)] {
        assert_works(&desk.models(&format!("pull {NAME}@{revision}")));
        let api = format!("/api/models/{NAME}/revision/{path}?blobs=true");
        assert!(hub.requests().iter().any(|request| request.path == api), "{:?}", asked(&hub));
    }
    // All three stand at one commit, so the weights came once.
    assert_eq!(asked(&hub).iter().filter(|request| *request == "GET model.safetensors").count(), 1);
    assert_works(&desk.translate(&format!("{NAME}@v1.0"), &["--offline"]));
}

#[test]
fn wrong_bytes_are_deleted_tried_once_more_and_refused() {
    for (name, weights) in [("vocab.json", false), ("model.safetensors", true), ("config.json", false)] {
        let mut served = opus();
        let mut bytes = served.files[name].clone();
        bytes[9] ^= 1;
        served.wrong.insert(name.into(), bytes);
        let hub = serve(served);
        let desk = Desk::new(&hub);
        assert_fails(&desk.models(&format!("pull {NAME}")), 4, &[name, "hint:"]);
        assert_eq!(asked(&hub).iter().filter(|request| **request == format!("GET {name}")).count(), 2);
        assert_eq!(asked_for_weights(&hub), weights);
        let left = desk.cached();
        assert!(!left.iter().any(|path| path.ends_with(name) || path.ends_with("incomplete")), "{left:?}");
        assert_fails(&desk.translate(NAME, &["--offline"]), 5, &[NAME]);
    }
}

#[test]
fn a_repository_without_a_needed_file_names_it() {
    for missing in ["target.spm", "vocab.json", "config.json", "model.safetensors"] {
        let mut served = opus();
        served.files.remove(missing);
        served.files.remove("pytorch_model.bin");
        let hub = serve(served);
        let desk = Desk::new(&hub);
        assert_fails(&desk.models(&format!("pull {NAME}")), 4, &[NAME, missing, "hint:"]);
        assert!(!asked_for_weights(&hub), "{:?}", asked(&hub));
    }
}

#[test]
fn a_file_without_a_hash_is_not_trusted() {
    let served = opus();
    let hub = Hub::start(move |request| {
        let mut answer = served.answer(request);
        if request.path.starts_with("/api/") {
            let mut said: Value = serde_json::from_slice(&answer.body).unwrap();
            for sibling in said["siblings"].as_array_mut().unwrap() {
                sibling.as_object_mut().unwrap().remove("lfs");
                sibling.as_object_mut().unwrap().remove("blobId");
            }
            answer.body = said.to_string().into_bytes();
        }
        answer
    });
    assert_fails(&Desk::new(&hub).models(&format!("pull {NAME}")), 4, &["config.json", "cannot be checked"]);
}

#[test]
fn a_hostile_description_reaches_no_path() {
    let files = |name: &str| BTreeMap::from([(name.to_owned(), b"x".to_vec())]);
    for name in ["../../escaped.gguf", "/tmp/escaped.gguf", "a/../../escaped.gguf", "-x.gguf"] {
        let hub = serve(Served::new(NAME, files(name)));
        let desk = Desk::new(&hub);
        assert_fails(&desk.models(&format!("pull {NAME}")), 4, &[NAME]);
        assert_eq!(desk.cached(), Vec::<PathBuf>::new());
    }
    for commit in ["../../x", "main", ""] {
        let hub = serve(Served { commit: commit.into(), ..opus() });
        let desk = Desk::new(&hub);
        assert_fails(&desk.models(&format!("pull {NAME}")), 5, &["commit"]);
        assert_eq!(desk.cached(), Vec::<PathBuf>::new());
    }
    let hub = Hub::start(|_| Answer::status(200).header("Content-Type", "text/html").body("<p>Sign in</p>"));
    assert_fails(&Desk::new(&hub).models(&format!("pull {NAME}")), 5, &["does not answer as a hub"]);
}

#[test]
fn an_unknown_repository_is_a_wrong_argument() {
    for status in [404, 401] {
        let hub = Hub::start(move |_| Answer::status(status).header("X-Error-Code", "RepoNotFound"));
        let desk = Desk::new(&hub);
        assert_fails(&desk.translate(NAME, &[]), 2, &[NAME, "hint:", "spelling"]);
        assert_eq!(hub.requests().len(), 1, "{:?}", asked(&hub));
    }
    let hub = Hub::start(|_| Answer::status(404).header("X-Error-Code", "RevisionNotFound"));
    assert_fails(
        &Desk::new(&hub).models(&format!("pull {NAME}@v9")),
        2,
        &[&format!("{NAME}@v9"), "revision"],
    );
}

#[test]
fn a_gated_repository_says_how_to_get_in() {
    let page = |hub: &Hub| format!("{}/{NAME}", hub.url);
    // The description is public, the files are not.
    let hub = serve(Served { gated: json!("manual"), ..opus() });
    let desk = Desk::new(&hub);
    assert_fails(&desk.translate(NAME, &[]), 5, &["consent", &page(&hub), "HF_TOKEN"]);
    assert_eq!(hub.requests().len(), 1);

    for status in [401, 403] {
        let hub = Hub::start(move |_| Answer::status(status).header("X-Error-Code", "GatedRepo"));
        let mut desk = Desk::new(&hub);
        assert_fails(&desk.translate(NAME, &[]), 5, &[&page(&hub), "HF_TOKEN"]);
        desk.token = Some("hf_secret");
        let output = desk.translate(NAME, &[]);
        assert_fails(&output, 5, &[&page(&hub), "refuses the token"]);
        assert!(!stderr(&output).contains("hf_secret"));
        assert_eq!(hub.requests().last().unwrap().header("authorization"), Some("Bearer hf_secret"));
    }

    // With a token it is a repository like another.
    let hub = serve(Served { gated: json!("auto"), ..opus() });
    let mut desk = Desk::new(&hub);
    desk.token = Some("hf_secret");
    let output = desk.models(&format!("pull {NAME}"));
    assert_works(&output);
    assert!(!stderr(&output).contains("hf_secret"));
    assert!(hub.requests().iter().all(|request| request.header("authorization") == Some("Bearer hf_secret")));
}

#[test]
fn a_family_that_is_not_known_is_refused_before_its_weights() {
    let mut served = opus();
    served.files.insert("config.json".into(), br#"{"model_type": "wav2vec2"}"#.to_vec());
    let hub = serve(served);
    let desk = Desk::new(&hub);
    assert_fails(&desk.translate(NAME, &[]), 4, &[NAME, "wav2vec2", "hint:", "marian", "m2m_100", "qwen2"]);
    assert_eq!(asked(&hub), ["GET main?blobs=true", "GET config.json"]);
}

#[test]
fn every_family_that_runs_from_a_folder_is_fetched_by_name() {
    let mut served = opus();
    served.files.insert("config.json".into(), br#"{"model_type": "wav2vec2"}"#.to_vec());
    let hub = serve(served);
    let desk = Desk::new(&hub);
    let folder = desk.home.path().join("folder");
    opus::write(&folder);
    fs::write(folder.join("config.json"), br#"{"model_type": "wav2vec2"}"#).unwrap();
    let said = stderr(&desk.translate(NAME, &[]));
    let error = Seq2Seq::load(&folder, Precision::F32, 1).err().unwrap();
    let list = |text: &str, before: &str| {
        let list = text.split_once(before).unwrap_or_else(|| panic!("{text}")).1;
        list.split([';', '\n']).next().unwrap().trim().to_owned()
    };
    let of_engine = list(error.next_step().unwrap(), "encoder-decoders of these kinds are: ");
    assert_eq!(list(&said, "encoder-decoders: "), of_engine);
}

#[test]
fn what_other_tools_fetched_is_used_unchecked_until_it_is_pulled() {
    let served = opus();
    let hub = serve(served.clone());
    let desk = Desk::new(&hub);
    fs::create_dir_all(desk.snapshot()).unwrap();
    for (name, content) in &served.files {
        fs::write(desk.snapshot().join(name), content).unwrap();
    }
    let refs = desk.snapshot().parent().unwrap().with_file_name("refs");
    fs::create_dir(&refs).unwrap();
    fs::write(refs.join("main"), COMMIT).unwrap();
    let unchecked = desk.translate(NAME, &[]);
    let article = json_of(&unchecked);
    assert!(stderr(&unchecked).contains("unchecked"), "{}", stderr(&unchecked));
    assert!(hub.requests().is_empty());

    assert_works(&desk.models(&format!("pull {NAME}")));
    assert_eq!(
        asked(&hub),
        ["GET main?blobs=true", "GET config.json"],
        "the bytes are right and are not fetched again"
    );
    let checked = desk.translate(NAME, &[]);
    assert_eq!(json_of(&checked), article);
    assert!(!stderr(&checked).contains("unchecked"), "{}", stderr(&checked));
    // They are not diglot's to remove.
    assert!(stderr(&desk.models(&format!("rm {NAME} --yes"))).is_empty());
    assert!(desk.snapshot().join("model.safetensors").exists());
}

#[test]
fn offline_nothing_is_asked() {
    let hub = serve(opus());
    let desk = Desk::new(&hub);
    assert_fails(
        &desk.translate(NAME, &["--offline"]),
        5,
        &[NAME, "offline", "hint:", "models pull", "--model ./opus"],
    );
    assert!(hub.requests().is_empty());
}

#[test]
fn a_hub_that_is_not_there_is_no_network() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let hub = serve(opus());
    let mut desk = Desk::new(&hub);
    desk.endpoint = nobody;
    assert_fails(&desk.translate(NAME, &[]), 5, &[NAME, "127.0.0.1", "hint:"]);
}

#[test]
fn terms_that_are_not_permissive_are_accepted_once_for_each_repository() {
    for (card, terms) in [
        (json!({"license": "cc-by-nc-4.0"}), "CC-BY-NC-4.0"),
        (json!({"license": "other", "license_name": "own-terms"}), "own-terms of org/opus-mt-xx-yy"),
        (json!({}), "not stated by org/opus-mt-xx-yy"),
    ] {
        let hub = serve(Served { card, ..opus() });
        let desk = Desk::new(&hub);
        assert_fails(&desk.translate(NAME, &[]), 2, &[terms, NAME, "--accept-licence"]);
        assert_eq!(
            asked(&hub),
            ["GET main?blobs=true", "GET config.json"],
            "no file before the terms are accepted"
        );
        let output = desk.translate(NAME, &["--accept-licence"]);
        assert_works(&output);
        assert!(stderr(&output).contains("commercial use not allowed or not stated"), "{}", stderr(&output));
        assert_works(&desk.translate(NAME, &["--offline"]));
    }
}

#[test]
fn what_was_fetched_is_listed_checked_and_removed() {
    let hub = serve(opus());
    let desk = Desk::new(&hub);
    assert_works(&desk.models(&format!("pull {NAME}")));
    let list = String::from_utf8(desk.models("list").stdout).unwrap();
    let line = list.lines().find(|line| line.contains(NAME)).unwrap();
    assert!(line.contains("hub, unlisted") && line.ends_with("yes"), "{list}");
    let list = json_of(&desk.models("list --json"));
    let model = list.as_array().unwrap().iter().find(|model| model["name"] == NAME).unwrap();
    assert_eq!((&model["unlisted"], &model["on_disk"]), (&json!(true), &json!(true)));
    assert_eq!((&model["roles"], &model["languages"]), (&json!(["translator"]), &json!(["de", "en"])));
    let shown = json_of(&desk.models(&format!("show {NAME} --json")));
    assert_eq!((&shown["commit"], &shown["architecture"]), (&json!(COMMIT), &json!("marian")));
    assert_eq!(String::from_utf8(desk.models("verify").stdout).unwrap(), format!("{NAME}: ok\n"));
    assert_eq!(json_of(&desk.models("prune --yes --json"))["removed"], json!([]));

    // Bit rot in a small file.
    let vocabulary = desk.snapshot().join("vocab.json");
    let right = fs::read(&vocabulary).unwrap();
    fs::write(
        &vocabulary,
        right.iter().map(|byte| if *byte == b'a' { b'b' } else { *byte }).collect::<Vec<_>>(),
    )
    .unwrap();
    assert_eq!(desk.models(&format!("verify {NAME}")).status.code(), Some(4));
    assert_fails(&desk.translate(NAME, &["--offline"]), 4, &["vocab.json", "damaged", "models pull"]);
    assert_works(&desk.models(&format!("pull {NAME}")));
    assert_eq!(fs::read(&vocabulary).unwrap(), right);

    assert_works(&desk.models(&format!("rm {NAME} --yes")));
    assert!(!desk.snapshot().exists());
    assert!(!String::from_utf8(desk.models("list").stdout).unwrap().contains(NAME));
    let before = hub.requests().len();
    assert_works(&desk.models(&format!("pull {NAME}")));
    assert!(
        hub.requests()[before].path.starts_with("/api/models/"),
        "a removed repository is asked for anew"
    );
}

#[test]
fn a_card_that_names_no_hash_takes_those_of_the_hub() {
    let hub = serve(opus());
    let desk = Desk::new(&hub);
    fs::create_dir(desk.home.path().join("cards")).unwrap();
    let card = format!(
        "name = \"tiny-opus\"\nrepository = \"{NAME}\"\ntrust = \"hub\"\nlanguages = [\"de\", \"en\"]\npairs = [\"de-en\"]\n\
         roles = [\"translator\"]\nrank = 5\narchitecture = \"marian\"\nsources = [{{ kind = \"hub\" }}]\n\
         licence = {{ name = \"MIT\", url = \"https://example.org\", commercial = true, gated = false }}\n"
    );
    fs::write(desk.home.path().join("cards/tiny-opus.toml"), card).unwrap();
    let list = |desk: &Desk| {
        let list = json_of(&desk.models("list --json"));
        list.as_array().unwrap().iter().find(|model| model["name"] == "tiny-opus").unwrap().clone()
    };
    assert_eq!((&list(&desk)["hashes"], &list(&desk)["on_disk"]), (&json!("hub"), &json!(false)));
    assert_fails(&desk.translate("tiny-opus", &["--offline"]), 5, &["offline"]);
    assert!(hub.requests().is_empty());

    let article = json_of(&desk.translate("tiny-opus", &[]));
    let model = &article["models"]["translator"];
    assert_eq!((&model["name"], &model["unlisted"]), (&json!(format!("{NAME}@{COMMIT}")), &json!(true)));
    assert_eq!((&list(&desk)["hashes"], &list(&desk)["on_disk"]), (&json!("hub"), &json!(true)));
    // By the repository's name it is the same model.
    assert_eq!(json_of(&desk.translate(NAME, &["--offline"])), article);
}

#[test]
fn one_gguf_file_of_a_repository_needs_a_profile_before_it_is_fetched() {
    let gguf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models/qwen2.gguf");
    let gguf = fs::read(gguf).unwrap();
    let files = BTreeMap::from([
        ("tiny-Q4_K_M.gguf".to_owned(), gguf.clone()),
        ("tiny-Q8_0.gguf".into(), b"larger".to_vec()),
        ("README.md".into(), b"read me".to_vec()),
    ]);
    let served = Served { gguf: json!({"architecture": "qwen2"}), ..Served::new(NAME, files) };
    let hub = serve(served.clone());
    let desk = Desk::new(&hub);
    assert_fails(&desk.translate(NAME, &[]), 2, &[NAME, "--profile", "chatml"]);
    assert_eq!(hub.requests().len(), 1, "{:?}", asked(&hub));
    let article = json_of(&desk.translate(NAME, &["--profile", "chatml"]));
    let files = &article["models"]["translator"]["files"];
    assert_eq!(*files, json!([{"name": "tiny-Q4_K_M.gguf", "sha256": repository::sha256(&gguf)}]));
    assert!(!asked(&hub).iter().any(|request| request.contains("Q8_0")));

    let hub = serve(Served { gguf: json!({"architecture": "falcon"}), ..served.clone() });
    assert_fails(&Desk::new(&hub).translate(NAME, &[]), 4, &["falcon", "qwen2"]);
    let mut several = served;
    several.files.remove("tiny-Q4_K_M.gguf");
    several.files.insert("tiny-Q6_K.gguf".into(), b"other".to_vec());
    let hub = serve(several);
    assert_fails(
        &Desk::new(&hub).translate(NAME, &[]),
        2,
        &["tiny-Q6_K.gguf, tiny-Q8_0.gguf", "--model FILE"],
    );
}
