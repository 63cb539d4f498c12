//! What a file is when it is not the GGUF file that it was taken for.

/// Names the kind of a file from its first bytes; none when it begins as a GGUF file does.
pub(super) fn foreign(head: &[u8]) -> Option<&'static str> {
    let text = head.trim_ascii_start();
    let starts = |word: &str| text.get(..word.len()).is_some_and(|t| t.eq_ignore_ascii_case(word.as_bytes()));
    Some(match head {
        [] => "is empty",
        [b'G', b'G', b'U', b'F', ..] => return None,
        [b'F', b'U', b'G', b'G', ..] => "is a big-endian GGUF file; only little-endian is read",
        [b'l', b'm', b'g', b'g', ..] | [b't', b'j', b'g', b'g', ..] | [b'f', b'm', b'g', b'g', ..] => {
            "is a GGML file from before GGUF, which is no longer read"
        }
        [b'P', b'K', 3 | 5, 4 | 6, ..] => {
            "is a zip archive (PyTorch weights or a Python wheel), not a GGUF file"
        }
        [0x80, 2..=5, ..] => "is a Python pickle, which could run code and is never read",
        [0x1f, 0x8b, ..] => "is gzip-compressed, not a GGUF file",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "is zstd-compressed, not a GGUF file",
        [_, _, _, _, _, 0, 0, 0, b'{', ..] => "is a safetensors file, not a GGUF file",
        [0x7f, b'E', b'L', b'F', ..] => "is a program, not a GGUF file",
        _ if starts("version https://git-lfs") => {
            "is a Git LFS pointer: the weights themselves were not fetched"
        }
        _ if starts("<!doctype html") || starts("<html") => "is a web page, perhaps an error or login page",
        _ if starts("<?xml") => "is an XML document, perhaps an error message of a server",
        _ if starts("{") => "is a JSON document, perhaps an error message of a server",
        _ if starts("%PDF") => "is a PDF document, not a GGUF file",
        _ => "is not a GGUF file",
    })
}
