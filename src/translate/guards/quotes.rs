//! Quotations: whether what the source quotes is still quoted.

use super::{Exchange, words};
use crate::flag::{Flag, FlagKind};

/// A quotation of the source lost its marks, or was left out.
pub(super) fn quotes(exchange: &Exchange<'_>) -> Option<Flag> {
    let source: Vec<&str> = quotations(exchange.source);
    // Titles of works that stay as they are may do without, and so may a single word.
    let stays = |quotation: &str| exchange.output.contains(quotation.trim().trim_end_matches(','));
    let lost: Vec<&str> =
        source.into_iter().filter(|quotation| words(quotation).count() >= 2 && !stays(quotation)).collect();
    // A quotation that the output opens counts even if it is not closed.
    let marks = marks(exchange.output).len().div_ceil(2);
    let kept = quotations(exchange.output).len().max(marks.min(1)) + single_quotations(exchange.output);
    let first = lost.first().filter(|_| lost.len() > kept)?;
    Some(Flag::new(FlagKind::Quotes, format!("{kept} for {}: `{}`", lost.len(), first.trim())))
}

/// What stands between quotation marks. The parts of one that its speaker interrupts count as one.
fn quotations(text: &str) -> Vec<&str> {
    let mut quotations: Vec<&str> = Vec::new();
    for pair in marks(text).chunks(2) {
        let [(open, mark), (close, _)] = *pair else { continue };
        let inner = &text[open + mark.len_utf8()..close];
        let comma = |text: &str| text.trim_end().ends_with(',');
        let goes_on = inner.trim_start().starts_with(char::is_lowercase)
            && quotations.last().is_some_and(|last| comma(last) || comma(&text[..open]));
        if !goes_on {
            quotations.push(inner);
        }
    }
    quotations
}

/// The quotation marks of a text and where they stand. A cell of a table that was written with its marks doubled
/// and marks around it is read as what it says.
fn marks(text: &str) -> Vec<(usize, char)> {
    let mut marks: Vec<(usize, char)> = Vec::new();
    let cell = text.len() >= 4 && text.starts_with('"') && text.ends_with('"') && text.contains("\"\"");
    let inside = |at: usize| !cell || (at > 0 && at + 1 < text.len());
    let is_mark = |c: char| matches!(c, '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」' | '『' | '』');
    for (at, c) in text.char_indices().filter(|&(at, c)| is_mark(c) && inside(at)) {
        let doubled = marks.last().is_some_and(|&(last, mark)| mark == c && last + c.len_utf8() == at);
        match marks.last_mut() {
            Some(last) if doubled => last.0 = at,
            _ => marks.push((at, c)),
        }
    }
    marks
}

/// How many quotations in single marks a text opens.
fn single_quotations(text: &str) -> usize {
    let mut before = ' ';
    let mut count = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let opens = matches!(c, '\'' | '‘' | '’' | '‚' | '‹' | '›') && !before.is_alphanumeric();
        count += usize::from(opens && chars.peek().is_some_and(|next| next.is_alphabetic()));
        before = c;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interrupted_quotations_are_one() {
        assert_eq!(quotations("„Ich gehe“, sagte er, „auch wenn es regnet.“").len(), 1);
        assert_eq!(quotations("“I am going,” he said, “even if it rains.”").len(), 1);
        assert_eq!(quotations("„Ich gehe“, sagte er. „Es regnet.“"), ["Ich gehe", "Es regnet."]);
        assert_eq!(quotations("the film »Solaris« and the book \"Solaris\"").len(), 2);
        assert_eq!(quotations("a text without marks").len(), 0);
    }
}
