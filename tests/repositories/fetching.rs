//! A repository that is fetched, listed, checked, used offline and removed.

use std::fs;

use serde_json::json;

use super::desk::{Desk, NAME, asked, assert_works, json_of, serve, tiny_opus};
use super::opus;
use super::outcome::{assert_fails, stderr};
use super::repository::{self, COMMIT};

#[test]
fn a_repository_is_resolved_once_and_then_serves_offline() {
    let served = tiny_opus();
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
    let hub = serve(tiny_opus());
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
    let hub = serve(tiny_opus());
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
fn what_other_tools_fetched_is_used_unchecked_until_it_is_pulled() {
    let served = tiny_opus();
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
fn what_was_fetched_is_listed_checked_and_removed() {
    let hub = serve(tiny_opus());
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
