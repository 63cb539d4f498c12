//! Tokenizers: text in, ids out. A special token never comes from text.

use candle_core::quantized::tokenizer::TokenizerFromGguf;

use crate::error::{Error, Result};
use crate::gguf::Gguf;

/// A model's tokenizer.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
}

impl Tokenizer {
    /// Reads the tokenizer in a GGUF file.
    pub fn from_gguf(gguf: &Gguf) -> Result<Self> {
        let mut inner = {
            let file = std::fs::File::open(gguf.path())
                .map_err(|e| Error::io(crate::ErrorKind::Model, "open", gguf.path(), e))?;
            let content =
                candle_core::quantized::gguf_file::Content::read(&mut std::io::BufReader::new(file))?;
            tokenizers::Tokenizer::from_gguf(&content)?
        };
        inner.set_encode_special_tokens(true);
        Ok(Self { inner })
    }

    /// The ids of a text, in which special tokens are text like any other. No begin or end token is added.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self
            .inner
            .encode_fast(text, false)
            .map_err(|e| Error::runtime(format!("cannot tokenize: {e}")))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The id of a special token (`<|im_end|>`).
    pub fn special(&self, token: &str) -> Option<u32> {
        self.inner.token_to_id(token)
    }

    /// The text of ids; special tokens are left out, incomplete UTF-8 becomes U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        self.inner.decode(ids, true).map_err(|e| Error::runtime(format!("cannot decode: {e}")))
    }

    /// How many ids there are.
    pub fn vocab_size(&self) -> usize {
        self.inner.get_vocab_size(true)
    }
}
