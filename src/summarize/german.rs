//! German names: all nouns are capitalised, so a name is told from a common noun by its place and its ending.
//!
//! A word is a name when
//! - another capitalised word stands right before it, unless that is made of a place's name (`Rostocker Helfer`) and
//!   it looks like a common noun;
//! - it stands alone between quotation marks;
//! - it is bare (no article, adjective or number before it) and does not look like a common noun: by an ending that
//!   few names have, or by that of a plural where a plural can stand. After `von` and the like a plural ends in `n`,
//!   before `hat` there is none.

use super::names::{gap, has_ending, opens_sentence};
use super::words::{Word, fold, is_stop_word};
use crate::lang::Lang;

/// Whether a word of `run`, capitalised words that stand together, is a name.
pub(super) fn is_german_name(text: &str, words: &[Word<'_>], run: &[usize], position: usize) -> bool {
    let Some(&index) = run.get(position) else { return false };
    let before = position.checked_sub(1).and_then(|p| run.get(p)).filter(|&&before| before + 1 == index);
    let looks_common = looks_common(text, words, index);
    match before.and_then(|&before| words.get(before)) {
        Some(before) => position > 1 || !before.text.ends_with("er") || !looks_common,
        None => is_quoted(text, words, index) || is_bare(text, words, index) && !looks_common,
    }
}

/// Whether a word stands alone between quotation marks.
fn is_quoted(text: &str, words: &[Word<'_>], index: usize) -> bool {
    const OPENING: [char; 3] = ['\u{201e}', '"', '\u{bb}'];
    const CLOSING: [char; 3] = ['\u{201c}', '"', '\u{ab}'];
    let after = words.get(index).and_then(|word| text.get(word.end()..)).unwrap_or("");
    gap(text, words, index).ends_with(OPENING) && after.starts_with(CLOSING)
}

/// Whether no article, adjective or number stands before a word.
fn is_bare(text: &str, words: &[Word<'_>], index: usize) -> bool {
    let Some(before) = index.checked_sub(1).and_then(|i| words.get(i)) else { return true };
    if opens_sentence(text, words, index) || !gap(text, words, index).chars().all(char::is_whitespace) {
        return true;
    }
    let folded = fold(before.text);
    const BARE: &str = "in an auf aus bei mit nach von zu uber unter vor gegen fur durch um und oder als wie dass \
        sagte sagt so wenn weil will wollen hat ist war wird seit bis zwischen es er sie sich man";
    BARE.split_ascii_whitespace().any(|word| word == folded)
        || is_singular_verb(before.text) && folded.ends_with('t') && !folded.starts_with("ge")
}

/// Whether a bare word looks like a common noun.
fn looks_common(text: &str, words: &[Word<'_>], index: usize) -> bool {
    let folded = words.get(index).map(|word| fold(word.text)).unwrap_or_default();
    if has_ending(&folded, COMMON_ENDINGS, 3) || ["rund", "zuvor"].contains(&folded.as_str()) {
        return true;
    }
    if !has_ending(&folded, PLURAL_ENDINGS, 3) || has_ending(&folded, NAME_ENDINGS, 6) {
        return false;
    }
    const DATIVE: [&str; 7] = ["von", "aus", "bei", "mit", "nach", "zu", "in"];
    let before = index.checked_sub(1).and_then(|i| words.get(i)).map(|word| fold(word.text));
    let is_dative = before.is_some_and(|before| DATIVE.contains(&before.as_str()));
    let no_plural = is_dative && !folded.ends_with('n') && !opens_sentence(text, words, index);
    let next = words.get(index + 1).filter(|_| gap(text, words, index + 1) == " ");
    let is_singular = no_plural || next.is_some_and(|next| is_singular_verb(next.text));
    !is_singular || MASS_NOUNS.split_ascii_whitespace().any(|noun| noun == folded)
}

/// Whether a word looks like a verb in the singular.
fn is_singular_verb(word: &str) -> bool {
    const AUXILIARIES: &str =
        "hat hatte ist war wird wurde will wollte soll sollte kann konnte muss musste darf durfte";
    let folded = fold(word);
    let listed = AUXILIARIES.split_ascii_whitespace().any(|verb| verb == folded);
    let inflected = (folded.ends_with('t') || folded.ends_with("te")) && !is_stop_word(&folded, &Lang::DE);
    word.starts_with(char::is_lowercase)
        && (listed || inflected && !["fast", "samt"].contains(&folded.as_str()))
}

const COMMON_ENDINGS: &str =
    "ung ungen heit keit eit schaft tion sion tat ismus tum ling ment ei ur ik ern erin sident end";

const PLURAL_ENDINGS: &str = "en er e";

/// Endings of places and families that look like plurals.
const NAME_ENDINGS: &str =
    "sen ingen hausen stetten kirchen hofen felden winden hagen weiler heide rade rode lohe";

/// Nouns that stand without an article in the singular.
const MASS_NOUNS: &str = "
    wasser feuer wetter zucker fieber leder silber kupfer pulver papier folge ende hilfe kalte hitze freude liebe
    ruhe nahe hohe seite lange breite tiefe starke reihe weile treue sorge trauer dauer erde seide hefe sahne";
