//! Aliases, cases and scripts of languages, and what each family of encoder-decoders makes of them.

use std::fs;
use std::path::Path;

use diglot::Lang;
use diglot::tokenize::Seq2SeqTokenizer;
use serde_json::Value;

/// The tokenizer of a family, from the fixtures of the tokenizers' own tests.
fn tokenizer(family: &str) -> Seq2SeqTokenizer {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tokenizers");
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(fixtures.join("families").join(family)).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let expected = fs::read_to_string(folder.path().join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    for (name, model) in expected["models"].as_object().unwrap() {
        let model = fixtures.join("spm").join(format!("{}.model", model.as_str().unwrap()));
        fs::copy(model, folder.path().join(name)).unwrap();
    }
    Seq2SeqTokenizer::open(folder.path()).unwrap()
}

fn lang(tag: &str) -> Lang {
    Lang::parse(tag).unwrap()
}

#[test]
fn every_way_to_name_a_language_finds_its_code_in_every_family() {
    // Case 82. A code of `-` is one that the family does not have.
    let families = ["m2m100", "nllb", "mbart50", "mbart"];
    for (tags, codes) in [
        ("de DE deu ger de-AT de_DE.UTF-8 German Deutsch", ["de", "deu_Latn", "de_DE", "de_DE"]),
        ("en en-GB EN_us eng_Latn", ["en", "eng_Latn", "en_XX", "en_XX"]),
        ("iw he heb he-IL", ["he", "heb_Hebr", "he_IL", "-"]),
        ("nb no nob nb-NO Norwegian_Bokmål", ["no", "nob_Latn", "-", "-"]),
        ("nn nno", ["-", "nno_Latn", "-", "-"]),
        ("pt pt-BR pt_PT por", ["pt", "por_Latn", "pt_XX", "-"]),
        ("zh zh-Hans zh-CN zho_Hans cmn", ["zh", "zho_Hans", "zh_CN", "zh_CN"]),
        ("zh-Hant zh-TW zh_HK zho_hant", ["-", "zho_Hant", "-", "-"]),
        ("sr sr-Cyrl srp_Cyrl", ["sr", "srp_Cyrl", "-", "-"]),
        ("sr-Latn sh", ["-", "-", "-", "-"]),
        ("in id ind", ["id", "ind_Latn", "id_ID", "-"]),
        ("tl fil", ["tl", "tgl_Latn", "tl_XX", "-"]),
    ] {
        for (family, code) in families.iter().zip(codes) {
            let tokenizer = tokenizer(family);
            for tag in tags.split(' ') {
                let found = tokenizer.language_code(&lang(&tag.replace("n_B", "n B")));
                assert_eq!(found.unwrap_or("-"), code, "{tag} in {family}");
            }
        }
    }
}

#[test]
fn families_that_list_their_languages_in_the_vocabulary_are_read_alike() {
    for (family, tag, code) in [
        ("marian-multi", "de-AT", Some("deu")),
        ("marian-multi", "zh", Some("cmn_Hans")),
        ("marian-multi", "zh-CN", Some("cmn_Hans")),
        ("marian-multi", "zh-Hant", None),
        ("madlad", "deu", Some("de")),
        ("madlad", "zh-TW", Some("zh_Hant")),
        ("madlad", "zh-Hans", Some("zh")),
        ("madlad", "fr", None),
    ] {
        assert_eq!(tokenizer(family).language_code(&lang(tag)), code, "{tag} in {family}");
    }
}

#[test]
fn families_for_fixed_pairs_take_any_tag_of_their_languages() {
    for family in ["marian", "t5"] {
        let tokenizer = tokenizer(family);
        for (from, to) in [("de", "en"), ("ger", "en-US"), ("de-CH", "eng_Latn"), ("Deutsch", "English")] {
            tokenizer.check_pair(&lang(from), &lang(to)).unwrap();
        }
        assert!(tokenizer.check_pair(&lang("en"), &lang("de")).is_err(), "{family}");
    }
}

#[test]
fn what_a_family_lacks_names_its_nearest() {
    for (family, from, to, near) in [
        ("m2m100", "de", "zh-Hant", "nearest to zh-Hant is zh"),
        ("m2m100", "sr-Latn", "de", "nearest to sr-Latn is sr"),
        ("mbart50", "nn", "de", "nearest to nn is sv"),
        ("madlad", "en", "yue", "nearest to yue is zh"),
        ("marian-multi", "en", "zh-Hant", "nearest to zh-Hant is zh-Hans"),
    ] {
        let error = tokenizer(family).check_pair(&lang(from), &lang(to)).unwrap_err();
        assert!(error.next_step().unwrap().contains(near), "{family}: {:?}", error.next_step());
    }
}
