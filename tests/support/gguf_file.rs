//! GGUF files put together piece by piece, right or wrong.

/// A metadata value as it lies in the file: its type and bytes.
#[derive(Clone, Debug)]
pub struct Raw {
    pub kind: u32,
    pub bytes: Vec<u8>,
}

pub fn u32(value: u32) -> Raw {
    Raw { kind: 4, bytes: value.to_le_bytes().into() }
}

pub fn i32(value: i32) -> Raw {
    Raw { kind: 5, bytes: value.to_le_bytes().into() }
}

pub fn f32(value: f32) -> Raw {
    Raw { kind: 6, bytes: value.to_le_bytes().into() }
}

pub fn bool(value: u8) -> Raw {
    Raw { kind: 7, bytes: vec![value] }
}

pub fn string(text: impl AsRef<[u8]>) -> Raw {
    Raw { kind: 8, bytes: prefixed(text.as_ref()) }
}

pub fn u64(value: u64) -> Raw {
    Raw { kind: 10, bytes: value.to_le_bytes().into() }
}

/// An array of values of one kind.
pub fn array(values: &[Raw]) -> Raw {
    let payload: Vec<u8> = values.iter().flat_map(|value| value.bytes.clone()).collect();
    raw_array(values.first().map_or(4, |value| value.kind), values.len() as u64, &payload)
}

/// An array that claims `len` elements of `kind`.
pub fn raw_array(kind: u32, len: u64, payload: &[u8]) -> Raw {
    Raw { kind: 9, bytes: [&kind.to_le_bytes(), &len.to_le_bytes()[..], payload].concat() }
}

fn prefixed(text: &[u8]) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text].concat()
}

#[derive(Clone, Debug)]
pub struct Tensor {
    pub name: String,
    /// Innermost first, as in the file.
    pub dims: Vec<u64>,
    pub dtype: u32,
    pub offset: u64,
}

/// Everything that a file holds; what `bytes` writes is not checked.
#[derive(Clone, Debug)]
pub struct GgufFile {
    pub version: u32,
    pub entry_count: Option<u64>,
    pub tensor_count: Option<u64>,
    pub entries: Vec<(Vec<u8>, Raw)>,
    pub tensors: Vec<Tensor>,
    pub data: Vec<u8>,
}

impl GgufFile {
    /// A valid Qwen2 model of one block, hidden size 32, two heads of 16 and five tokens.
    pub fn tiny() -> Self {
        let mut file = Self {
            version: 3,
            entry_count: None,
            tensor_count: None,
            entries: vec![],
            tensors: vec![],
            data: vec![],
        };
        let texts = |texts: &[&str]| array(&texts.iter().map(string).collect::<Vec<_>>());
        for (key, value) in [
            ("general.architecture", string("qwen2")),
            ("general.alignment", u32(32)),
            ("qwen2.block_count", u32(1)),
            ("qwen2.context_length", u32(128)),
            ("qwen2.embedding_length", u32(32)),
            ("qwen2.feed_forward_length", u32(48)),
            ("qwen2.attention.head_count", u32(2)),
            ("qwen2.attention.head_count_kv", u32(1)),
            ("qwen2.attention.key_length", u32(16)),
            ("qwen2.attention.layer_norm_rms_epsilon", f32(1e-6)),
            ("qwen2.rope.freq_base", f32(10_000.0)),
            ("tokenizer.ggml.model", string("gpt2")),
            ("tokenizer.ggml.pre", string("qwen2")),
            ("tokenizer.ggml.tokens", texts(&["a", "b", "ab", "Ġ", "<|end|>"])),
            ("tokenizer.ggml.token_type", array(&[1, 1, 1, 1, 3].map(i32))),
            ("tokenizer.ggml.merges", texts(&["a b"])),
        ] {
            file.set(key, value);
        }
        let vectors =
            [("attn_norm.weight", 32), ("ffn_norm.weight", 32), ("attn_q.bias", 32), ("attn_k.bias", 16)];
        let matrices = [
            ("attn_q.weight", [32, 32]),
            ("attn_k.weight", [32, 16]),
            ("attn_v.weight", [32, 16]),
            ("attn_output.weight", [32, 32]),
            ("ffn_gate.weight", [32, 48]),
            ("ffn_up.weight", [32, 48]),
            ("ffn_down.weight", [48, 32]),
        ];
        file.add("token_embd.weight", &[32, 5]);
        file.add("output_norm.weight", &[32]);
        for (name, len) in vectors {
            file.add(&format!("blk.0.{name}"), &[len]);
        }
        file.add("blk.0.attn_v.bias", &[16]);
        for (name, dims) in matrices {
            file.add(&format!("blk.0.{name}"), &dims);
        }
        file
    }

    /// Takes a valid file apart.
    pub fn read(bytes: &[u8]) -> Self {
        let mut reader = Reader { bytes, at: 4 };
        let version = reader.u32();
        let (tensors, entries) = (reader.u64(), reader.u64());
        let entries = (0..entries).map(|_| (reader.text(), reader.value())).collect();
        let tensors = (0..tensors).map(|_| reader.tensor()).collect();
        let data = bytes[reader.at.next_multiple_of(32)..].to_vec();
        Self { version, entry_count: None, tensor_count: None, entries, tensors, data }
    }

    /// Sets a metadata value, replacing one of the same key.
    pub fn set(&mut self, key: &str, value: Raw) {
        self.unset(key);
        self.entries.push((key.into(), value));
    }

    pub fn unset(&mut self, key: &str) {
        self.entries.retain(|(other, _)| other != key.as_bytes());
    }

    /// Adds an F32 tensor with data of its own.
    pub fn add(&mut self, name: &str, dims: &[u64]) {
        let offset = self.data.len().next_multiple_of(32);
        let len = 4 * dims.iter().product::<u64>() as usize;
        self.data.resize(offset + len, 0);
        self.tensors.push(Tensor { name: name.into(), dims: dims.into(), dtype: 0, offset: offset as u64 });
    }

    pub fn tensor(&mut self, name: &str) -> &mut Tensor {
        self.tensors.iter_mut().find(|tensor| tensor.name == name).unwrap()
    }

    /// Everything before the tensors' data, padding not included.
    pub fn header(&self) -> Vec<u8> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(self.version.to_le_bytes());
        bytes.extend(self.tensor_count.unwrap_or(self.tensors.len() as u64).to_le_bytes());
        bytes.extend(self.entry_count.unwrap_or(self.entries.len() as u64).to_le_bytes());
        for (key, value) in &self.entries {
            bytes.extend(prefixed(key));
            bytes.extend(value.kind.to_le_bytes());
            bytes.extend(&value.bytes);
        }
        for tensor in &self.tensors {
            bytes.extend(prefixed(tensor.name.as_bytes()));
            bytes.extend((tensor.dims.len() as u32).to_le_bytes());
            tensor.dims.iter().for_each(|dim| bytes.extend(dim.to_le_bytes()));
            bytes.extend(tensor.dtype.to_le_bytes());
            bytes.extend(tensor.offset.to_le_bytes());
        }
        bytes
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.header();
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        bytes.extend(&self.data);
        bytes
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn take(&mut self, len: usize) -> Vec<u8> {
        self.at += len;
        self.bytes[self.at - len..self.at].to_vec()
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take(4).try_into().unwrap())
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take(8).try_into().unwrap())
    }

    fn text(&mut self) -> Vec<u8> {
        let len = self.u64() as usize;
        self.take(len)
    }

    fn value(&mut self) -> Raw {
        let kind = self.u32();
        let start = self.at;
        self.pass(kind);
        Raw { kind, bytes: self.bytes[start..self.at].to_vec() }
    }

    fn pass(&mut self, kind: u32) {
        match kind {
            0 | 1 | 7 => self.at += 1,
            2 | 3 => self.at += 2,
            4..=6 => self.at += 4,
            8 => _ = self.text(),
            9 => {
                let (kind, len) = (self.u32(), self.u64());
                (0..len).for_each(|_| self.pass(kind));
            }
            _ => self.at += 8,
        }
    }

    fn tensor(&mut self) -> Tensor {
        let name = String::from_utf8(self.text()).unwrap();
        let rank = self.u32();
        let dims = (0..rank).map(|_| self.u64()).collect();
        Tensor { name, dims, dtype: self.u32(), offset: self.u64() }
    }
}
