//! Which files of a hub repository a model needs. Everything else stays where it is.

use super::card::Role;
use crate::error::{Error, Result};
use crate::gguf::Architecture;

/// A family of encoder-decoders.
pub(crate) struct Family {
    /// `model_type` of `config.json`.
    pub(crate) name: &'static str,
    pub(crate) roles: &'static [Role],
    /// Sets of files that make a tokenizer, the preferred first.
    tokenizers: &'static [&'static [&'static str]],
}

const TRANSLATES: &[Role] = &[Role::Translator];
const SUMMARIZES: &[Role] = &[Role::Summarizer];
const BOTH: &[Role] = &[Role::Translator, Role::Summarizer];

const SENTENCE_PIECE: &[&[&str]] =
    &[&["sentencepiece.bpe.model"], &["spiece.model"], &["sentencepiece.model"], &["tokenizer.json"]];

/// The families whose repositories can be fetched by name.
pub(crate) const FAMILIES: [Family; 8] = [
    Family { name: "marian", roles: TRANSLATES, tokenizers: &[&["vocab.json", "source.spm", "target.spm"]] },
    Family {
        name: "m2m_100",
        roles: TRANSLATES,
        // M2M100 numbers its tokens in `vocab.json`, NLLB-200 has none.
        tokenizers: &[
            &["vocab.json", "sentencepiece.bpe.model"],
            &["vocab.json", "spm_file.model"],
            &["sentencepiece.bpe.model"],
            &["spiece.model"],
            &["sentencepiece.model"],
            &["tokenizer.json"],
        ],
    },
    Family { name: "mbart", roles: TRANSLATES, tokenizers: SENTENCE_PIECE },
    Family {
        name: "bart",
        roles: SUMMARIZES,
        tokenizers: &[&["vocab.json", "merges.txt"], &["tokenizer.json"]],
    },
    Family { name: "pegasus", roles: SUMMARIZES, tokenizers: &[&["spiece.model"], &["tokenizer.json"]] },
    Family { name: "t5", roles: BOTH, tokenizers: SENTENCE_PIECE },
    Family { name: "mt5", roles: BOTH, tokenizers: SENTENCE_PIECE },
    Family { name: "umt5", roles: BOTH, tokenizers: SENTENCE_PIECE },
];

/// Settings that a model of any family may have beside `config.json`.
const SETTINGS: [&str; 3] = ["generation_config.json", "tokenizer_config.json", "target_vocab.json"];

/// Weights, safetensors before pickles, as they are looked for in a folder.
const WEIGHTS: [&str; 2] = ["model.safetensors", "pytorch_model.bin"];

/// The one encoder-decoder that is read from GGUF files.
const T5: &str = "t5";

/// How much of a GGUF file's name says that it is the usual compromise between size and quality.
const USUAL_QUANTIZATION: &str = "q4_k_m";

impl Family {
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        FAMILIES.iter().find(|family| family.name == name)
    }

    /// The files of a repository that a model of this family needs, of those that are there.
    ///
    /// # Errors
    /// What is missing, in words that follow the repository's name.
    pub(crate) fn files(&self, there: &[&str]) -> Result<Vec<String>, String> {
        let has = |name: &&str| there.contains(name);
        let sets = self.tokenizers;
        let tokenizer = sets.iter().find(|set| set.iter().all(has)).ok_or_else(|| {
            let [preferred, ..] = sets else { return "lacks a tokenizer".to_owned() };
            let missing: Vec<_> =
                preferred.iter().filter(|name| !has(name)).map(|n| format!("`{n}`")).collect();
            format!("lacks {} of its tokenizer", missing.join(" and "))
        })?;
        let settings = SETTINGS.iter().filter(|name| has(name));
        let small = ["config.json"].iter().chain(settings).chain(*tokenizer).map(|&name| name.to_owned());
        Ok(small.chain(weights(there)?).collect())
    }
}

/// The files that hold the weights: one, or shards with their index.
fn weights(there: &[&str]) -> Result<Vec<String>, String> {
    for whole in WEIGHTS {
        let index = format!("{whole}.index.json");
        if there.contains(&whole) {
            return Ok(vec![whole.to_owned()]);
        }
        if there.contains(&index.as_str()) {
            let shards = there.iter().filter(|name| is_shard(name, whole)).map(|&name| name.to_owned());
            return Ok(std::iter::once(index).chain(shards).collect());
        }
    }
    let other = ["tf_model.h5", "flax_model.msgpack"].iter().any(|name| there.contains(name));
    let other = if other { "; TensorFlow and Flax weights are not read" } else { "" };
    Err(format!("lacks its weights, `{}` or `{}`{other}", WEIGHTS[0], WEIGHTS[1]))
}

/// Whether a file is one of several (`model-00001-of-00003.safetensors`) that hold what `whole` would.
fn is_shard(name: &str, whole: &str) -> bool {
    let number = |text: &str| text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit());
    let Some((stem, extension)) = whole.rsplit_once('.') else { return false };
    let middle = name.strip_prefix(stem).and_then(|rest| rest.strip_suffix(&format!(".{extension}")));
    let middle = middle.and_then(|middle| middle.strip_prefix('-')?.split_once("-of-"));
    middle.is_some_and(|(part, all)| number(part) && number(all))
}

/// The GGUF file to fetch of those that are there: the only one, or the only one of the usual quantization.
///
/// # Errors
/// What to choose from, in words that follow the repository's name.
pub(crate) fn gguf(there: &[&str]) -> Result<Option<String>, String> {
    let files: Vec<&str> = there.iter().copied().filter(|name| name.ends_with(".gguf")).collect();
    let is_usual = |name: &&str| name.to_lowercase().contains(USUAL_QUANTIZATION);
    let usual: Vec<&str> = files.iter().copied().filter(is_usual).collect();
    match (files.as_slice(), usual.as_slice()) {
        ([], _) => Ok(None),
        ([only], _) | (_, [only]) => Ok(Some((*only).to_owned())),
        _ => Err(format!("has several GGUF files ({}), none of them the obvious one", files.join(", "))),
    }
}

/// Every kind of model that can be run, for messages.
pub(crate) fn known_kinds() -> String {
    let encoder_decoders: Vec<&str> = FAMILIES.iter().map(|family| family.name).collect();
    let files: Vec<&str> = gguf_kinds().collect();
    format!("encoder-decoders: {}; GGUF files: {}", encoder_decoders.join(", "), files.join(", "))
}

/// The architectures of GGUF files that can be run: decoders, and T5.
pub(crate) fn gguf_kinds() -> impl Iterator<Item = &'static str> {
    Architecture::ALL.iter().map(|architecture| architecture.name()).chain([T5])
}

/// A model of a kind that is not known here.
pub(crate) fn unknown_kind(repository: &str, kind: &str) -> Error {
    Error::model(format!(
        "{repository} is a model of the kind `{}`, which diglot does not run",
        kind.escape_default()
    ))
    .hint(format!("it runs {}", known_kinds()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(family: &str, there: &[&str]) -> Result<String, String> {
        Family::named(family).unwrap().files(there).map(|files| files.join(" "))
    }

    #[test]
    fn a_model_needs_its_settings_tokenizer_and_weights_and_nothing_else() {
        let opus = [
            ".gitattributes",
            "README.md",
            "config.json",
            "flax_model.msgpack",
            "generation_config.json",
            "model.safetensors",
            "pytorch_model.bin",
            "rust_model.ot",
            "source.spm",
            "target.spm",
            "tf_model.h5",
            "tokenizer_config.json",
            "vocab.json",
        ];
        let chosen =
            "config.json generation_config.json tokenizer_config.json vocab.json source.spm target.spm";
        assert_eq!(files("marian", &opus).unwrap(), format!("{chosen} model.safetensors"));
        let without: Vec<&str> = opus.iter().copied().filter(|name| *name != "model.safetensors").collect();
        assert_eq!(files("marian", &without).unwrap(), format!("{chosen} pytorch_model.bin"));
    }

    #[test]
    fn each_family_prefers_its_own_tokenizer() {
        for (family, there, tokenizer) in [
            (
                "m2m_100",
                "vocab.json sentencepiece.bpe.model tokenizer.json",
                "vocab.json sentencepiece.bpe.model",
            ),
            ("m2m_100", "sentencepiece.bpe.model tokenizer.json", "sentencepiece.bpe.model"),
            ("mbart", "tokenizer.json sentencepiece.bpe.model", "sentencepiece.bpe.model"),
            ("bart", "tokenizer.json merges.txt vocab.json", "vocab.json merges.txt"),
            ("bart", "tokenizer.json vocab.json", "tokenizer.json"),
            ("t5", "spiece.model tokenizer.json", "spiece.model"),
            ("mt5", "tokenizer.json", "tokenizer.json"),
            ("pegasus", "spiece.model", "spiece.model"),
        ] {
            let there: Vec<&str> =
                ["config.json", "model.safetensors"].into_iter().chain(there.split(' ')).collect();
            let expected = format!("config.json {tokenizer} model.safetensors");
            assert_eq!(files(family, &there).unwrap(), expected, "{family}");
        }
    }

    #[test]
    fn shards_come_with_their_index_and_without_strangers() {
        let there = [
            "config.json",
            "spiece.model",
            "model.safetensors.index.json",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model-00001-of-00002.bin",
            "model-fp16-00001-of-00001.safetensors",
            "pytorch_model.bin",
        ];
        let expected = "config.json spiece.model model.safetensors.index.json model-00001-of-00002.safetensors \
                        model-00002-of-00002.safetensors";
        assert_eq!(files("t5", &there).unwrap(), expected);
    }

    #[test]
    fn what_is_missing_is_named() {
        let fault =
            files("marian", &["config.json", "vocab.json", "source.spm", "model.safetensors"]).unwrap_err();
        assert_eq!(fault, "lacks `target.spm` of its tokenizer");
        let fault = files("t5", &["config.json", "spiece.model", "tf_model.h5"]).unwrap_err();
        assert!(fault.contains("`model.safetensors` or `pytorch_model.bin`; TensorFlow"), "{fault}");
    }

    #[test]
    fn one_gguf_file_is_chosen_where_one_is_obvious() {
        assert_eq!(gguf(&["README.md"]).unwrap(), None);
        assert_eq!(gguf(&["a.Q8_0.gguf"]).unwrap().as_deref(), Some("a.Q8_0.gguf"));
        assert_eq!(gguf(&["a.Q8_0.gguf", "a.Q4_K_M.gguf"]).unwrap().as_deref(), Some("a.Q4_K_M.gguf"));
        let fault = gguf(&["a.Q8_0.gguf", "a.Q6_K.gguf"]).unwrap_err();
        assert!(fault.contains("a.Q8_0.gguf, a.Q6_K.gguf"), "{fault}");
    }
}
