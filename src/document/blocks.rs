//! Blocks: where a text falls into title, paragraphs, quotations and code.

use std::ops::Range;

use super::{Block, BlockKind, stamp::stamp};

/// Nobody wraps text by hand wider than this, in characters: a longer line is a paragraph of its own.
const WIDEST_WRAP: usize = 150;
/// Nobody wraps text by hand narrower than this, in characters: shorter lines are a list or verse.
const NARROWEST_WRAP: usize = 40;
/// The longest title, in characters.
const LONGEST_TITLE: usize = 160;

/// The blocks of `text` in order. Blank lines and U+2029 end a block, and so does a line break that was
/// clearly not made by wrapping. Lines between fences of backticks are one block, whatever they are.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut group = Vec::new();
    let closing: Vec<Line> = lines(text).filter(|line| is_fence(text, line, true)).collect();
    let mut code_end = 0;
    for line in lines(text) {
        if line.start < code_end {
            continue;
        }
        let close = closing.get(closing.partition_point(|close| close.start <= line.start));
        if let Some(close) = close.filter(|_| is_fence(text, &line, false)) {
            close_group(text, &mut group, &mut blocks);
            let range = trim(text, line.start..close.end);
            blocks.push(Block { id: blocks.len(), kind: BlockKind::Code, range });
            code_end = close.end;
            continue;
        }
        if !line.blank {
            group.push(line);
        }
        if line.blank || line.ends_paragraph {
            close_group(text, &mut group, &mut blocks);
        }
    }
    close_group(text, &mut group, &mut blocks);
    mark_title(text, &mut blocks);
    blocks
}

/// A line of the text.
#[derive(Clone, Copy, Debug)]
struct Line {
    start: usize,
    end: usize,
    blank: bool,
    ends_paragraph: bool,
}

/// Lines by LF, CR, CRLF, vertical tab, form feed, NEL, U+2028 and U+2029, without their ends.
fn lines(text: &str) -> impl Iterator<Item = Line> {
    let mut from = 0;
    std::iter::from_fn(move || {
        if from >= text.len() {
            return None;
        }
        let rest = &text[from..];
        let is_end = |c| matches!(c, '\n' | '\r' | '\x0b' | '\x0c' | '\u{85}' | '\u{2028}' | '\u{2029}');
        let length = rest.find(is_end).unwrap_or(rest.len());
        let (line, end) = rest.split_at(length);
        let skip = match end.chars().next() {
            Some('\r') if end.starts_with("\r\n") => 2,
            Some(c) => c.len_utf8(),
            None => 0,
        };
        let start = from;
        from += length + skip;
        Some(Line {
            start,
            end: start + length,
            blank: line.trim().is_empty(),
            ends_paragraph: end.starts_with('\u{2029}'),
        })
    })
}

/// Whether a line opens a stretch of code, or also closes one (CommonMark 0.31, section 4.5).
fn is_fence(text: &str, line: &Line, closes: bool) -> bool {
    let line = text[line.start..line.end].trim();
    let info = line.trim_start_matches('`');
    line.len() - info.len() >= 3 && !info.contains('`') && (info.is_empty() || !closes)
}

fn close_group(text: &str, group: &mut Vec<Line>, blocks: &mut Vec<Block>) {
    let line = |l: &Line| text[l.start..l.end].trim();
    // A single long word (an address, a link) says nothing about the width of the text.
    let wrapped = |l: &&Line| line(l).contains(char::is_whitespace);
    let width = group.iter().filter(wrapped).map(|l| line(l).chars().count()).max().unwrap_or(0);
    let mut start = None;
    for (index, this) in group.iter().enumerate() {
        let first: usize = *start.get_or_insert(this.start);
        let ends = match group.get(index + 1) {
            Some(next) => breaks_on_purpose(line(this), line(next), width),
            None => true,
        };
        if ends {
            let range = trim(text, first..this.end);
            let kind =
                if is_quotation(&text[range.clone()]) { BlockKind::Quote } else { BlockKind::Paragraph };
            blocks.push(Block { id: blocks.len(), kind, range });
            start = None;
        }
    }
    group.clear();
}

/// Whether the break between two lines of a text of this width was meant, and not made by wrapping.
fn breaks_on_purpose(line: &str, next: &str, width: usize) -> bool {
    if width > WIDEST_WRAP || is_item(next) {
        return true;
    }
    if next.starts_with(char::is_lowercase) || line.ends_with([',', '-', '–', '(']) {
        return false;
    }
    if width < NARROWEST_WRAP {
        return true;
    }
    // The next word would have fitted with room to spare.
    let word = next.split_whitespace().next().unwrap_or("").chars().count();
    10 * (line.chars().count() + 1 + word) <= 7 * width
}

/// A list item (`- `, `* `, `• `, `1. `, `a) `).
fn is_item(line: &str) -> bool {
    let Some((mark, _)) = line.split_once(char::is_whitespace) else { return false };
    let number = mark.strip_suffix(['.', ')']).unwrap_or("");
    matches!(mark, "-" | "*" | "+" | "•" | "‣" | "▪")
        || (number.len() <= 2 && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
        || (mark.ends_with(')') && number.len() == 1 && number.bytes().all(|b| b.is_ascii_lowercase()))
}

/// The first block is a title when it is one short line that stands apart and does not end like a sentence.
/// A date stamp alone is not a title; the block after it may be.
fn mark_title(text: &str, blocks: &mut [Block]) {
    let is_stamp = |b: &Block| stamp(&text[b.range.clone()]) == Some(b.range.len());
    let first = usize::from(blocks.first().is_some_and(is_stamp));
    if blocks.len() < first + 2 {
        return;
    }
    let Some(block) = blocks.get_mut(first).filter(|block| block.kind != BlockKind::Code) else { return };
    let line = &text[block.range.clone()];
    let end = line.trim_end_matches(['"', '“', '”', '«', '»', '‘', '’', ')']);
    let open = end.ends_with(['.', ':', ';', ',', '。']) && !end.ends_with("...");
    let short = line.chars().take(LONGEST_TITLE + 1).count() <= LONGEST_TITLE;
    if short && !open && !is_item(line) && lines(line).nth(1).is_none() {
        block.kind = BlockKind::Title;
    }
}

/// Whether the text is one quotation from its first to its last character.
fn is_quotation(text: &str) -> bool {
    let body = text.trim_end_matches(['.', ',', '!', '?']);
    let Some(open) = body.chars().next() else { return false };
    let close = match open {
        '"' => '"',
        '„' => '“',
        '“' => '”',
        '»' => '«',
        '«' => '»',
        '‘' => '’',
        '「' => '」',
        _ => return false,
    };
    let count = |c: char| body.chars().filter(|d| *d == c).count();
    match open == close {
        true => body.ends_with(close) && count(open) == 2,
        false => {
            body.ends_with([close, '”'])
                && count(open) == 1
                && count(close) + usize::from(close != '”') * count('”') == 1
        }
    }
}

/// `range` without white space at either end.
pub(crate) fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let slice = &text[range.clone()];
    let start = range.start + (slice.len() - slice.trim_start().len());
    start..start + slice.trim().len()
}
