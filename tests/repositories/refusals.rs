//! Repositories that cannot be had, or not as they are asked for, and what the user is told.

use std::fs;

use diglot::engine::seq2seq::{Precision, Seq2Seq};
use serde_json::json;

use super::desk::{Desk, NAME, asked, assert_works, serve, tiny_opus};
use super::hub::{Answer, Hub};
use super::opus;
use super::outcome::{assert_fails, stderr};
use super::repository::Served;

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
    let hub = serve(Served { gated: json!("manual"), ..tiny_opus() });
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
    let hub = serve(Served { gated: json!("auto"), ..tiny_opus() });
    let mut desk = Desk::new(&hub);
    desk.token = Some("hf_secret");
    let output = desk.models(&format!("pull {NAME}"));
    assert_works(&output);
    assert!(!stderr(&output).contains("hf_secret"));
    assert!(hub.requests().iter().all(|request| request.header("authorization") == Some("Bearer hf_secret")));
}

#[test]
fn terms_that_are_not_permissive_are_accepted_once_for_each_repository() {
    for (card, terms) in [
        (json!({"license": "cc-by-nc-4.0"}), "CC-BY-NC-4.0"),
        (json!({"license": "other", "license_name": "own-terms"}), "own-terms of org/opus-mt-xx-yy"),
        (json!({}), "not stated by org/opus-mt-xx-yy"),
    ] {
        let hub = serve(Served { card, ..tiny_opus() });
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
fn offline_nothing_is_asked() {
    let hub = serve(tiny_opus());
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
    let hub = serve(tiny_opus());
    let mut desk = Desk::new(&hub);
    desk.endpoint = nobody;
    assert_fails(&desk.translate(NAME, &[]), 5, &[NAME, "127.0.0.1", "hint:"]);
}

#[test]
fn a_family_that_is_not_known_is_refused_before_its_weights() {
    let mut served = tiny_opus();
    served.files.insert("config.json".into(), br#"{"model_type": "wav2vec2"}"#.to_vec());
    let hub = serve(served);
    let desk = Desk::new(&hub);
    assert_fails(&desk.translate(NAME, &[]), 4, &[NAME, "wav2vec2", "hint:", "marian", "m2m_100", "qwen2"]);
    assert_eq!(asked(&hub), ["GET main?blobs=true", "GET config.json"]);
}

#[test]
fn every_family_that_runs_from_a_folder_is_fetched_by_name() {
    let mut served = tiny_opus();
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
