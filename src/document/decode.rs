//! Bytes to text: what is binary is named, what is text is decoded without loss.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::error::{Error, Result};

/// How many bytes at the start are looked at to tell UTF-16 and binary data from text.
const SNIFF: usize = 64 * 1024;

/// How many bytes after the first one that is not UTF-8 the encoding is guessed from.
const GUESS: usize = 1 << 20;

/// The text and the name of the encoding it was in.
pub(super) fn decode(name: &str, bytes: Vec<u8>, label: Option<&str>) -> Result<(String, &'static str)> {
    let asked = label.map(encoding_for).transpose()?;
    reject_binary(name, &bytes)?;
    let mark = Encoding::for_bom(&bytes);
    let encoding = match (asked, mark) {
        (Some(encoding), _) => encoding,
        (None, Some((encoding, _))) => encoding,
        (None, None) => utf16_without_mark(&bytes).unwrap_or(UTF_8),
    };
    let skip = mark.filter(|(marked, _)| *marked == encoding).map_or(0, |(_, length)| length);
    let (text, encoding) = match encoding == UTF_8 {
        true => utf8(name, bytes, skip, asked.is_some())?,
        false => (convert(name, &bytes[skip..], encoding)?, encoding),
    };
    reject_controls(name, &text)?;
    Ok((text, encoding.name()))
}

fn encoding_for(label: &str) -> Result<&'static Encoding> {
    Encoding::for_label(label.as_bytes()).ok_or_else(|| {
        Error::usage(format!("unknown encoding `{label}`"))
            .hint("usual ones: utf-8, utf-16le, latin1, windows-1252, windows-1251, shift_jis, gb18030")
    })
}

/// UTF-8 without a copy, or a guess from the bytes where they are not UTF-8 and no encoding was asked for.
fn utf8(name: &str, mut bytes: Vec<u8>, skip: usize, asked: bool) -> Result<(String, &'static Encoding)> {
    bytes.drain(..skip);
    let error = match String::from_utf8(bytes) {
        Ok(text) => return Ok((text, UTF_8)),
        Err(error) => error,
    };
    let (at, bytes) = (error.utf8_error().valid_up_to(), error.into_bytes());
    if asked || skip > 0 || mostly_utf8(&bytes) {
        return Err(Error::input(format!("{name} is damaged UTF-8: byte {} does not belong", at + skip))
            .hint("repair the file, or name its encoding with --encoding"));
    }
    // The line with the first foreign byte and what follows it says enough.
    let line = bytes[..at].iter().rposition(|b| *b == b'\n').map_or(0, |newline| newline + 1);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(&bytes[line..bytes.len().min(at + GUESS)], true);
    let encoding = detector.guess(None, Utf8Detection::Deny);
    Ok((convert(name, &bytes, encoding)?, encoding))
}

/// Whether `bytes`, which are not UTF-8, hold far more good multi-byte characters than bad bytes.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().bytes().filter(|b| *b >= 0xC0).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > 4 * bad
}

fn convert(name: &str, bytes: &[u8], encoding: &'static Encoding) -> Result<String> {
    encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .map(|text| text.into_owned())
        .ok_or_else(|| {
            Error::input(format!("{name} is not valid {}", encoding.name()))
                .hint("name the encoding with --encoding, for example --encoding latin1")
        })
}

/// UTF-16 has its NUL bytes (those of ASCII, spaces included) all in odd or all in even places.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    let head = &bytes[..bytes.len().min(SNIFF)];
    let (mut even, mut odd) = (0usize, 0usize);
    for pair in head.chunks_exact(2) {
        even += usize::from(pair[0] == 0);
        odd += usize::from(pair[1] == 0);
    }
    let encoding = match (even, odd) {
        (0, 1..) => UTF_16LE,
        (1.., 0) => UTF_16BE,
        _ => return None,
    };
    // A stray NUL does not make UTF-16 of a text that reads well without it.
    let (nul, pairs) = (even + odd, head.len() / 2);
    let is_code = |b: &u8| b.is_ascii_control() && *b != 0 && !b.is_ascii_whitespace();
    let reads_well = std::str::from_utf8(bytes).is_ok() && !bytes.iter().any(is_code);
    if nul * 50 < pairs || (reads_well && nul * 2 < pairs) {
        return None;
    }
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    text.chars().all(|c| !c.is_control() || c.is_whitespace()).then_some(encoding)
}

/// File formats by their first bytes, with what to do instead.
const SIGNATURES: [(&[u8], &str, &str); 22] = [
    (b"\x7fELF", "a program (ELF)", ""),
    (b"\x89PNG\r\n\x1a\n", "a picture (PNG)", "run text recognition on it first, for example with tesseract"),
    (b"\xff\xd8\xff", "a picture (JPEG)", "run text recognition on it first, for example with tesseract"),
    (b"GIF87a", "a picture (GIF)", "run text recognition on it first, for example with tesseract"),
    (b"GIF89a", "a picture (GIF)", "run text recognition on it first, for example with tesseract"),
    (b"II*\0", "a picture (TIFF)", "run text recognition on it first, for example with tesseract"),
    (b"MM\0*", "a picture (TIFF)", "run text recognition on it first, for example with tesseract"),
    (b"%PDF-", "a PDF", "extract its text first, for example with `pdftotext FILE -`"),
    (b"PK\x03\x04", "a ZIP archive or an office document", "unpack it, or save the document as plain text"),
    (b"PK\x05\x06", "an empty ZIP archive", "unpack it, or save the document as plain text"),
    (b"\x1f\x8b", "compressed (gzip)", "unpack it first, for example with `gunzip`"),
    (b"BZh", "compressed (bzip2)", "unpack it first, for example with `bunzip2`"),
    (b"\xfd7zXZ\0", "compressed (xz)", "unpack it first, for example with `unxz`"),
    (b"\x28\xb5\x2f\xfd", "compressed (zstd)", "unpack it first, for example with `unzstd`"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it first"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old office document", "save it as plain text first"),
    (b"{\\rtf", "a rich text document (RTF)", "save it as plain text first"),
    (b"GGUF", "a model file (GGUF)", "to use it as the model, pass it with --model"),
    (b"SQLite format 3\0", "a database (SQLite)", ""),
    (b"\x00\x00\xfe\xff", "in UTF-32", "convert it first, for example with `iconv -f utf-32 -t utf-8`"),
    (b"\xff\xfe\x00\x00", "in UTF-32", "convert it first, for example with `iconv -f utf-32 -t utf-8`"),
];

fn reject_binary(name: &str, bytes: &[u8]) -> Result<()> {
    match SIGNATURES.iter().find(|(signature, _, _)| bytes.starts_with(signature)) {
        None => Ok(()),
        // Three letters alone may open a sentence; compressed data does not go on in ASCII.
        Some((b"BZh", _, _)) if bytes.iter().take(64).all(u8::is_ascii) => Ok(()),
        Some((b"GGUF", _, _)) if !bytes.iter().take(64).any(|b| *b == 0) => Ok(()),
        Some((_, what, next)) => {
            let error = Error::input(format!("{name} is {what}, not text"));
            Err(error.hint(if next.is_empty() { "give a plain text file" } else { next }))
        }
    }
}

/// Refuses NUL, and text that consists of control codes to a noticeable part.
fn reject_controls(name: &str, text: &str) -> Result<()> {
    if let Some(at) = text.find('\0') {
        return Err(Error::input(format!(
            "{name} holds a NUL character at byte {at}: it is binary or damaged"
        ))
        .hint("if it is text in another encoding, name it with --encoding"));
    }
    let head = text.chars().take(SNIFF);
    let (mut codes, mut all) = (0usize, 0usize);
    for c in head {
        all += 1;
        codes += usize::from(c.is_control() && !c.is_whitespace() && c != '\x1b');
    }
    match codes * 50 > all {
        true => Err(Error::input(format!("{name} is binary, not text"))
            .hint("if it is text in another encoding, name it with --encoding")),
        false => Ok(()),
    }
}
