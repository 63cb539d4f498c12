//! What a file is when it is not the one that it was taken for.

/// Names the kind of a file from its first bytes, in words that follow the file's name; `wanted` is the format that
/// it should have had (`GGUF`), which the caller has already found it not to have.
pub(crate) fn foreign(head: &[u8], wanted: &str) -> String {
    let text = head.trim_ascii_start();
    let starts = |word: &str| text.get(..word.len()).is_some_and(|t| t.eq_ignore_ascii_case(word.as_bytes()));
    let kind = match head {
        [] => return "is empty".into(),
        [b'G', b'G', b'U', b'F', ..] => "is a GGUF file",
        [b'F', b'U', b'G', b'G', ..] => {
            return "is a big-endian GGUF file; only little-endian is read".into();
        }
        [b'l', b'm', b'g', b'g', ..] | [b't', b'j', b'g', b'g', ..] | [b'f', b'm', b'g', b'g', ..] => {
            return "is a GGML file from before GGUF, which is no longer read".into();
        }
        [b'P', b'K', 3 | 5, 4 | 6, ..] => "is a zip archive (PyTorch weights or a Python wheel)",
        [0x80, 2..=5, ..] => return "is a Python pickle, which could run code and is never read".into(),
        [0x1f, 0x8b, ..] => "is gzip-compressed",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "is zstd-compressed",
        [_, _, _, _, _, 0, 0, 0, b'{', ..] => "is a safetensors file",
        [0x7f, b'E', b'L', b'F', ..] => "is a program",
        _ if starts("version https://git-lfs") => {
            return "is a Git LFS pointer: the weights themselves were not fetched".into();
        }
        _ if starts("<!doctype html") || starts("<html") => {
            return "is a web page, perhaps an error or login page".into();
        }
        _ if starts("<?xml") => return "is an XML document, perhaps an error message of a server".into(),
        _ if starts("{") => return "is a JSON document, perhaps an error message of a server".into(),
        _ if starts("%PDF") => "is a PDF document",
        _ => return format!("is not a {wanted} file"),
    };
    format!("{kind}, not a {wanted} file")
}
