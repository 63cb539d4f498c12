//! Quotations: whether what the source quotes is still quoted.

use super::{Exchange, words};
use crate::flag::{Flag, FlagKind};

/// What is quoted with fewer words may be a title or a doubtful term, which translators often leave without marks.
const LEAST_WORDS: usize = 4;

/// The source quotes, and the output has no quotation.
pub(super) fn quotes(exchange: &Exchange<'_>) -> Option<Flag> {
    // Titles of works that stay as they are may do without.
    let stays = |quotation: &str| exchange.output.contains(quotation.trim().trim_end_matches(','));
    let is_lost = |quotation: &&str| words(quotation).count() >= LEAST_WORDS && !stays(quotation);
    let lost = quotations(exchange.source).into_iter().find(is_lost)?;
    let gone = marks(exchange.output).is_empty() && single_quotations(exchange.output) == 0;
    gone.then(|| Flag::new(FlagKind::Quotes, format!("no marks around `{}`", lost.trim())))
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

/// The quotation marks of a text and where they stand.
fn marks(text: &str) -> Vec<(usize, char)> {
    let is_mark = |c: char| matches!(c, '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」' | '『' | '』');
    text.char_indices().filter(|&(_, c)| is_mark(c)).collect()
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
