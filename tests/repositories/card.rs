//! What a card or a profile must add to a repository.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::json;

use super::desk::{Desk, NAME, asked, json_of, serve, tiny_opus};
use super::outcome::assert_fails;
use super::repository::{self, COMMIT, Served};

#[test]
fn a_card_that_names_no_hash_takes_those_of_the_hub() {
    let hub = serve(tiny_opus());
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
