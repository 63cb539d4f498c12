//! Bytes and descriptions that are not what they should be.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::desk::{Desk, NAME, asked, asked_for_weights, serve, tiny_opus};
use super::hub::{Answer, Hub};
use super::outcome::assert_fails;
use super::repository::Served;

#[test]
fn wrong_bytes_are_deleted_tried_once_more_and_refused() {
    for (name, weights) in [("vocab.json", false), ("model.safetensors", true), ("config.json", false)] {
        let mut served = tiny_opus();
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
        let mut served = tiny_opus();
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
    let served = tiny_opus();
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
        let hub = serve(Served { commit: commit.into(), ..tiny_opus() });
        let desk = Desk::new(&hub);
        assert_fails(&desk.models(&format!("pull {NAME}")), 5, &["commit"]);
        assert_eq!(desk.cached(), Vec::<PathBuf>::new());
    }
    let hub = Hub::start(|_| Answer::status(200).header("Content-Type", "text/html").body("<p>Sign in</p>"));
    assert_fails(&Desk::new(&hub).models(&format!("pull {NAME}")), 5, &["does not answer as a hub"]);
}
