//! Quotations: whether what the source quotes is still quoted.

use std::borrow::Cow;

use super::{Exchange, words};
use crate::flag::{Flag, FlagKind};

/// What is quoted in the middle of a sentence with no more words may be a title or a doubtful term, which translators
/// often leave without marks.
const LONGEST_TERM: usize = 5;

/// Shorter statements may be no more than a word that is quoted.
const SHORTEST_STATEMENT: usize = 3;

/// A source with fewer words around its quotation may put them in another way.
const FEWEST_AROUND: usize = 8;

/// The source quotes, and the output has no quotation, or fewer than the source has statements, or one that takes in what
/// nobody said.
pub(super) fn quotes(exchange: &Exchange<'_>) -> Option<Flag> {
    if has_outgrown(exchange.source, exchange.output) {
        return Some(Flag::new(FlagKind::Quotes, "the quotation takes in what stands outside it"));
    }
    // Titles of works that stay as they are may do without.
    let stays =
        |quotation: &Quotation<'_>| exchange.output.contains(quotation.inner.trim().trim_end_matches(','));
    let mut lost = quotations(exchange.source);
    lost.retain(|quotation| quotation.must_stay() && !stays(quotation));
    let first = lost.first()?.inner.trim();
    // One mark alone: the quotation goes on in the next segment.
    let left = marks(exchange.output).len().div_ceil(2) + single_quotations(exchange.output);
    let statements = lost.iter().filter(|quotation| quotation.is_statement()).count();
    match left {
        0 => Some(Flag::new(FlagKind::Quotes, format!("no marks around `{first}`"))),
        left if left < statements => {
            Some(Flag::new(FlagKind::Quotes, format!("{left} quotations for {statements}")))
        }
        _ => None,
    }
}

/// Whether the only quotation of a text takes in most of what stands around that of the other.
pub(in crate::translate) fn has_outgrown(source: &str, output: &str) -> bool {
    // Words outside the quotation, and all of them. A mark inside a word may part it (Hebrew's gershayim).
    let count = |text| match (marks(text).len(), quotations(text).as_slice()) {
        (2, [only]) => {
            let (all, inside) = (words(text).count(), words(only.inner).count());
            Some((all.saturating_sub(inside), all))
        }
        _ => None,
    };
    let (Some((around_source, in_source)), Some((around_output, in_output))) = (count(source), count(output))
    else {
        return false;
    };
    // Less than half of the share that it was: words may move in from beside a quotation (`im Meer „gebe es …“`).
    around_source >= FEWEST_AROUND && 2 * around_output * in_source < around_source * in_output
}

/// What stands between quotation marks, with the text around it.
#[derive(Clone, Copy, Debug)]
struct Quotation<'a> {
    inner: &'a str,
    before: &'a str,
}

impl Quotation<'_> {
    fn must_stay(&self) -> bool {
        self.is_statement() || words(self.inner).count() > LONGEST_TERM
    }

    /// Whether it is what somebody said, and no part of the sentence around it: it stands at its beginning or behind a
    /// colon, or ends as sentences do.
    fn is_statement(&self) -> bool {
        let before = self.before.trim_end();
        let apart = before.is_empty() || before.ends_with([':', '.', '!', '?', '…', '“', '”', '"', '«', '»']);
        words(self.inner).count() >= SHORTEST_STATEMENT
            && (apart || self.inner.ends_with(['.', '!', '?', '…']))
    }
}

/// A text without the quotation marks that a table puts around it, if it doubles its own (RFC 4180).
pub(super) fn out_of_table(text: &str) -> Cow<'_, str> {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default();
    match inner.contains("\"\"") && !inner.replace("\"\"", "").contains('"') {
        true => inner.replace("\"\"", "\"").into(),
        false => text.into(),
    }
}

/// What stands between quotation marks. The parts of one that its speaker interrupts count as one.
fn quotations(text: &str) -> Vec<Quotation<'_>> {
    let mut quotations: Vec<Quotation<'_>> = Vec::new();
    for pair in marks(text).chunks(2) {
        let [(open, mark), (close, _)] = *pair else { continue };
        let inner = &text[open + mark.len_utf8()..close];
        let comma = |text: &str| text.trim_end().ends_with(',');
        let goes_on = inner.trim_start().starts_with(char::is_lowercase)
            && quotations.last().is_some_and(|last| comma(last.inner) || comma(&text[..open]));
        if !goes_on {
            quotations.push(Quotation { inner, before: &text[..open] });
        }
    }
    quotations
}

/// The quotation marks of a text and where they stand.
pub(in crate::translate) fn marks(text: &str) -> Vec<(usize, char)> {
    text.char_indices().filter(|&(_, c)| is_mark(c)).collect()
}

/// Whether a character opens or closes a quotation.
pub(super) fn is_mark(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」' | '『' | '』')
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
    use crate::engine::Finish;
    use crate::lang::{Lang, LangPair};

    #[test]
    fn interrupted_quotations_are_one() {
        assert_eq!(quotations("„Ich gehe“, sagte er, „auch wenn es regnet.“").len(), 1);
        assert_eq!(quotations("“I am going,” he said, “even if it rains.”").len(), 1);
        let quoted: Vec<&str> = quotations("„Ich gehe“, sagte er. „Es regnet.“")
            .iter()
            .map(|quotation| quotation.inner)
            .collect();
        assert_eq!(quoted, ["Ich gehe", "Es regnet."]);
        assert_eq!(quotations("the film »Solaris« and the book \"Solaris\"").len(), 2);
        assert_eq!(quotations("a text without marks").len(), 0);
    }

    #[test]
    fn statements_keep_their_marks_and_terms_may_lose_them() {
        let pair = LangPair { source: Lang::EN, target: Lang::DE };
        for (source, output, lost) in [
            ("He wrote: “I saw nothing.”", "Er schrieb, er habe nichts gesehen.", true),
            ("“I saw nothing,” he wrote.", "Ich sah nichts, schrieb er.", true),
            (
                "It follows the rule of “last in, first out”.",
                "Es gilt die Regel: Wer zuletzt kommt, geht zuerst.",
                false,
            ),
            (
                "She was named “Best Baker of the Valley”.",
                "Sie wurde zur besten Bäckerin des Tals gekürt.",
                false,
            ),
            (
                "The plan promises “early warnings”, a second dike and new pumps, the mayor of the town said.",
                "Der Plan verspricht „frühe Warnungen, einen zweiten Deich und neue Pumpen, sagte die Bürgermeisterin“.",
                true,
            ),
            (
                "The plan promises “early warnings”, a second dike and new pumps, the mayor of the town said.",
                "Der Plan verspreche „frühe Warnungen“, einen zweiten Deich und Pumpen, so die Bürgermeisterin.",
                false,
            ),
            (
                "“We saw it,” he said. She asked: “When did you see it?”",
                "„Wir sahen es“, sagte er. Sie fragte: „Wann habt ihr es gesehen?“",
                false,
            ),
            (
                "“We saw it,” he said. She asked: “When did you see it?”",
                "„Wir sahen es“, sagte er. Sie fragte, wann sie es gesehen hätten.",
                true,
            ),
        ] {
            let exchange = Exchange { source, output, finish: Finish::Stop, pair: &pair };
            assert_eq!(quotes(&exchange).is_some(), lost, "{output}");
        }
    }

    #[test]
    fn the_marks_of_a_table_are_no_quotation() {
        assert_eq!(out_of_table("\"Die \"\"Albatros\"\" sank.\""), "Die \"Albatros\" sank.");
        for text in ["\"Er kommt.\"", "\"Ja\", sagte er, \"gern.\"", "Die \"Albatros\" sank.", "\""] {
            assert_eq!(out_of_table(text), text);
        }
    }
}
