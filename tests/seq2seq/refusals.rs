//! Damaged folders, and requests that make no sense.

use std::path::Path;

use diglot::engine::Flow;
use diglot::engine::search::{SearchOptions, Source};
use diglot::engine::seq2seq::{Precision, Seq2Seq};
use diglot::{Error, ErrorKind};
use serde_json::{Value, json};

use super::models::{changed, folder, load};

#[test]
fn what_makes_no_sense_is_refused() {
    let model = load("bart", Precision::F32);
    let options = SearchOptions::of_folder(&folder("bart")).unwrap();
    let refused = |tokens: Vec<u32>, options: &SearchOptions| -> Error {
        model.generate(&[Source::from(tokens)], options, &mut |_| Flow::Continue).unwrap_err()
    };
    let long = refused(vec![5; model.context() + 1], &options);
    assert_eq!(long.kind(), ErrorKind::Input);
    assert!(long.to_string().contains("longer"), "{long}");
    assert!(refused(vec![5, 96], &options).to_string().contains("token 96"));
    refused(vec![], &options);
    let many: Vec<Source> = (0..40).map(|i| vec![5, if i == 23 { 96 } else { 7 }].into()).collect();
    let error = model.generate(&many, &options, &mut |_| Flow::Continue).unwrap_err();
    assert!(error.to_string().contains("token 96"), "not that it was interrupted: {error}");
    let none = SearchOptions { beams: 0, ..options.clone() };
    assert_eq!(refused(vec![5], &none).kind(), ErrorKind::Usage);
    assert_eq!(refused(vec![5], &SearchOptions { n_best: 5, ..options }).kind(), ErrorKind::Usage);
}

#[test]
fn settings_of_a_search_that_make_no_sense_are_named() {
    for (key, value) in [
        ("bad_words_ids", json!([5])),
        ("bad_words_ids", json!([[]])),
        ("bad_words_ids", json!([[5, -1]])),
        ("bad_words_ids", json!("[[5]]")),
        ("suppress_tokens", json!([-1])),
        ("begin_suppress_tokens", json!(["a"])),
        ("max_new_tokens", json!(-3)),
    ] {
        let copy =
            changed("bart", "generation_config.json", |_| Some(json!({key: value}).to_string().into()));
        let error = SearchOptions::of_folder(copy.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Model);
        assert!(error.to_string().contains(key), "{error}");
    }
}

#[test]
fn damaged_folders_are_refused_by_name() {
    let with = |key: &str, value: Value| {
        let key = key.to_string();
        move |bytes: Vec<u8>| {
            let mut config: Value = serde_json::from_slice(&bytes).unwrap();
            config[key] = value;
            Some(serde_json::to_vec(&config).unwrap())
        }
    };
    let refused = |copy: tempfile::TempDir, words: &str| {
        let error = Seq2Seq::load(copy.path(), Precision::Int8, 1).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Model, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    };
    let config = "config.json";
    refused(changed("bart", config, |_| None), "config.json");
    refused(changed("bart", config, |_| Some(b"[]".to_vec())), "JSON object");
    refused(changed("bart", config, with("model_type", "whisper".into())), "whisper");
    refused(changed("bart", config, with("d_model", 64.into())), "shape");
    refused(changed("bart", config, with("d_model", 0.into())), "d_model");
    refused(changed("bart", config, with("encoder_layers", 2.into())), "encoder.layers.1");
    refused(changed("bart", config, with("encoder_layers", 9_999_999_999u64.into())), "encoder_layers");
    refused(changed("bart", config, with("decoder_attention_heads", 5.into())), "decoder_attention_heads");
    refused(changed("bart", config, with("activation_function", "prelu".into())), "prelu");
    refused(changed("t5", config, with("num_heads", 3.into())), "shape");
    refused(changed("t5", config, with("relative_attention_num_buckets", 2.into())), "buckets");
    refused(changed("bart", "model.safetensors", |_| None), "safetensors");
    assert!(Seq2Seq::recognizes(&folder("mt5")));
    assert!(!Seq2Seq::recognizes(Path::new(env!("CARGO_MANIFEST_DIR"))));
}

#[test]
fn weights_that_are_no_numbers_are_said_to_be_damaged() {
    // Half floats of all ones are no numbers.
    let copy = changed("bart", "model.safetensors", |mut bytes| {
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize + 8;
        bytes[header..].fill(0xff);
        Some(bytes)
    });
    for precision in [Precision::F32, Precision::Int8] {
        let model = Seq2Seq::load(copy.path(), precision, 1).unwrap();
        let options = SearchOptions::of_folder(copy.path()).unwrap();
        let error =
            model.generate(&[Source::from(vec![5, 2])], &options, &mut |_| Flow::Continue).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Model, "{error}");
        assert!(error.to_string().contains("damaged"), "{error}");
    }
}
