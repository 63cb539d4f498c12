//! Sentence boundaries inside one block.

use std::ops::Range;

use super::rules::{Rules, Stop};

/// Sentence ends that need no white space after them.
const DENSE_STOPS: [char; 7] = ['。', '｡', '！', '？', '．', '︒', '﹒'];
/// The other sentence ends besides `.`, `!`, `?` and `…`.
const OTHER_STOPS: [char; 14] = ['।', '॥', '؟', '۔', '።', '፧', '፨', '។', '៕', '։', '‼', '⁇', '⁈', '⁉'];
/// An aside longer than this, in bytes, is split like other text.
const LONGEST_ASIDE: usize = 400;

/// The sentences of `text` in order, without white space at their ends; only white space lies between them.
pub(super) fn sentences(text: &str, rules: &Rules) -> Vec<Range<usize>> {
    let asides = asides(text);
    let mut next_aside = 0;
    let mut ends = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(c) = text[at..].chars().next() {
        let here = at;
        at += c.len_utf8();
        if matches!(c, '(' | '[') {
            while asides.get(next_aside).is_some_and(|a| a.start < here) {
                next_aside += 1;
            }
            let aside = asides.get(next_aside).filter(|a| a.start == here);
            // Nothing ends inside an aside in the middle of a sentence.
            if let Some(aside) = aside.filter(|_| !is_blank(&text[start..here])) {
                at = aside.end;
            }
        } else if is_stop(c, rules) {
            let stop = Cluster::at(text, here, rules);
            at = stop.end;
            if stop.ends_sentence(text, start, rules) {
                ends.push(at);
                start = at;
            }
        }
    }
    ends.push(text.len());
    ranges(text, &ends)
}

fn ranges(text: &str, ends: &[usize]) -> Vec<Range<usize>> {
    let mut start = 0;
    let mut ranges = Vec::new();
    for &end in ends {
        let range = crate::document::trim(text, start..end);
        if !range.is_empty() {
            ranges.push(range);
        }
        start = end;
    }
    ranges
}

/// Round and square brackets that close again soon, in order of their opening, brackets included.
fn asides(text: &str) -> Vec<Range<usize>> {
    let (mut open, mut asides) = (Vec::new(), Vec::new());
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            // `:(` is a face.
            '(' | '[' if before != ':' => open.push((at, c)),
            ')' | ']' => {
                let opener = if c == ')' { '(' } else { '[' };
                if let Some(&(start, _)) = open.last().filter(|(_, o)| *o == opener) {
                    open.pop();
                    if at - start <= LONGEST_ASIDE {
                        asides.push(start..at + 1);
                    }
                }
            }
            _ => {}
        }
        before = c;
    }
    asides.sort_by_key(|a| a.start);
    asides
}

fn is_stop(c: char, rules: &Rules) -> bool {
    matches!(c, '.' | '!' | '?' | '…')
        || DENSE_STOPS.contains(&c)
        || OTHER_STOPS.contains(&c)
        || (rules.greek && matches!(c, ';' | '\u{37E}'))
}

fn is_closer(c: char) -> bool {
    matches!(
        c,
        '"' | '\'' | '“' | '”' | '„' | '‘' | '’' | '»' | '«' | '›' | '‹' | ')' | ']' | '}' | '*' | '_'
    ) || matches!(c, '」' | '』' | '）' | '】' | '》' | '〉' | '］')
}

fn is_blank(text: &str) -> bool {
    text.trim_start().is_empty()
}

/// Sentence ends in a row with the quotation marks and brackets that close after them: `.`, `?!`, `.“`, `.)`.
struct Cluster {
    start: usize,
    end: usize,
    /// Only full stops and ellipses.
    weak: bool,
    ellipsis: bool,
    dense: bool,
    closed: bool,
}

impl Cluster {
    fn at(text: &str, start: usize, rules: &Rules) -> Self {
        let mut cluster =
            Self { start, end: start, weak: true, ellipsis: false, dense: false, closed: false };
        let mut dots = 0;
        for c in text[start..].chars() {
            if is_stop(c, rules) {
                dots += usize::from(c == '.');
                cluster.ellipsis |= c == '…' || dots > 1;
                cluster.weak &= matches!(c, '.' | '…');
                cluster.dense |= DENSE_STOPS.contains(&c);
            } else if is_closer(c) {
                cluster.closed = true;
            } else {
                break;
            }
            cluster.end += c.len_utf8();
        }
        cluster.end += spaced_closer(&text[cluster.end..]) + footnote(&text[cluster.end..]);
        cluster
    }

    /// Whether a sentence that began at `start` ends here.
    fn ends_sentence(&self, text: &str, start: usize, rules: &Rules) -> bool {
        let rest = &text[self.end..];
        if !rest.starts_with(char::is_whitespace) {
            return rest.is_empty() || (self.dense && !self.closed);
        }
        let next = Next::of(rest);
        let Some(first) = next.text.chars().next() else { return true };
        if matches!(first, '.' | ',' | ';' | ':' | ')' | '!' | '?')
            || (self.closed && is_source(rest.trim_start()))
        {
            return false;
        }
        // Georgian letters count as lower case, but no sentence opens with a capital there.
        if first.is_lowercase() && !matches!(first, '\u{10D0}'..='\u{10FF}') {
            return false;
        }
        if !self.weak {
            return true;
        }
        let before = &text[start..self.start];
        if self.ellipsis {
            // `Er kam … Dann` ends a sentence, `der … Minister` leaves a word out.
            let leaves_out = before.ends_with(char::is_whitespace) && rules.capital_nouns;
            return !leaves_out || next.is_starter(rules);
        }
        ends_after_word(before, &next, rules)
    }
}

/// A French closing mark after a space: ` »`.
fn spaced_closer(rest: &str) -> usize {
    let mut chars = rest.char_indices();
    match (chars.next(), chars.next(), chars.next()) {
        (Some((_, space)), Some((at, '»')), after) if space.is_whitespace() => {
            let ends = after.is_none_or(|(_, c)| c.is_whitespace());
            if ends { at + '»'.len_utf8() } else { 0 }
        }
        _ => 0,
    }
}

/// The mark of a footnote: `[12]`.
fn footnote(rest: &str) -> usize {
    let number = rest.strip_prefix('[').and_then(|r| r.split_once(']')).map(|(number, _)| number);
    match number {
        Some(n) if (1..=3).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit()) => n.len() + 2,
        _ => 0,
    }
}

/// The source of a quotation that belongs to its sentence: `(Anna Muster).`
fn is_source(rest: &str) -> bool {
    let inside = rest.strip_prefix('(').and_then(|r| r.split_once(')'));
    inside.is_some_and(|(name, after)| name.len() <= 60 && after.starts_with(['.', ',', ';']))
}

/// What follows a possible end of a sentence.
struct Next<'a> {
    /// The text from its first word on, without opening marks and dashes.
    text: &'a str,
    /// Its first word.
    word: &'a str,
}

impl<'a> Next<'a> {
    fn of(rest: &'a str) -> Self {
        let mut text = rest.trim_start();
        // A few marks may stand before the first word: `– „`, `("`.
        for _ in 0..4 {
            let opener = text.chars().next().filter(|c| {
                is_closer(*c) || matches!(c, '(' | '[' | '–' | '—' | '-' | '¿' | '¡' | '「' | '『' | '•')
            });
            let Some(c) = opener else { break };
            text = text[c.len_utf8()..].trim_start();
        }
        let length = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
        Self { text, word: &text[..length] }
    }

    /// Whether a function word in capitals opens a sentence. `A.` and `I.` are initials.
    fn is_starter(&self, rules: &Rules) -> bool {
        let initial = self.word.chars().count() == 1 && self.text[self.word.len()..].starts_with('.');
        rules.is_starter(self.word) && !initial
    }

    fn is_number(&self) -> bool {
        self.word.starts_with(|c: char| c.is_ascii_digit())
    }
}

/// Whether the sentence `before`, which stops with a full stop, ends with it.
fn ends_after_word(before: &str, next: &Next<'_>, rules: &Rules) -> bool {
    let (earlier, word) = last_word(before);
    if word.is_empty() {
        return true;
    }
    if word.bytes().all(|b| b.is_ascii_digit()) {
        return ends_after_number(earlier, word, next, rules);
    }
    let joined = join_letters(earlier, word);
    if let Some(stop) = rules.stop(joined.as_deref().unwrap_or(word)) {
        return match stop {
            Stop::Never => false,
            Stop::Unclear => next.is_starter(rules),
            Stop::Often => !is_time_zone(next.word),
            Stop::BeforeNumber => !next.is_number(),
        };
    }
    let mut letters = word.chars();
    let first = letters.next().unwrap_or(' ');
    if letters.next().is_none() && first.is_alphabetic() && first.is_ascii() || joined.is_some() {
        return ends_after_letter(earlier, word, joined.is_some(), next, rules);
    }
    let short_date =
        rules.ordinals && word.bytes().all(|b| b.is_ascii_digit() || b == b'.') && word.len() <= 5;
    if is_roman(word) && rules.ordinals || is_dotted(word) || is_consonants(word) || short_date {
        return next.is_starter(rules);
    }
    true
}

/// The last word of `text` without opening marks, and what stands before it.
fn last_word(text: &str) -> (&str, &str) {
    let start = text
        .rfind(char::is_whitespace)
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    let (earlier, word) = text.split_at(start);
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    (earlier.trim_end(), word.trim_end_matches(is_closer))
}

/// `B` after `z.` as `z.B`: single letters with full stops and spaces, the last of them maybe a short word.
fn join_letters(earlier: &str, word: &str) -> Option<String> {
    if word.chars().count() > 3 {
        return None;
    }
    let mut parts = vec![word];
    let mut rest = earlier;
    while parts.len() < 4 {
        let (before, token) = last_word(rest);
        let letter =
            token.strip_suffix('.').filter(|l| l.chars().count() == 1 && l.chars().all(char::is_alphabetic));
        let Some(letter) = letter else { break };
        parts.push(letter);
        rest = before;
    }
    parts.reverse();
    (parts.len() > 1).then(|| parts.join("."))
}

/// `J.` and `R. R.` are initials, `Plan B.` is not.
fn ends_after_letter(earlier: &str, word: &str, joined: bool, next: &Next<'_>, rules: &Rules) -> bool {
    let (_, previous) = last_word(earlier);
    let label = !joined && rules.is_label(previous);
    let pronoun = word == "I" && !joined && !rules.ordinals && !previous.is_empty();
    label || pronoun || next.is_starter(rules)
}

/// `am 3.` is an ordinal where the language has such, `1.` at the start counts an item.
fn ends_after_number(earlier: &str, word: &str, next: &Next<'_>, rules: &Rules) -> bool {
    if word.len() > 3 {
        return true;
    }
    if earlier.is_empty() {
        return false;
    }
    if !rules.ordinals {
        return true;
    }
    let previous = earlier.rsplit(char::is_whitespace).next().unwrap_or("");
    let after_ordinal = previous.trim_end_matches(['.', ',', '/']).bytes().all(|b| b.is_ascii_digit());
    if next.is_number() {
        // `29. 6. 2022`
        let goes_on = next.word.len() <= 2 && next.text[next.word.len()..].starts_with('.');
        return !(goes_on || after_ordinal || rules.leads_ordinal(previous));
    }
    if rules.follows_ordinal(next.word) {
        return false;
    }
    next.is_starter(rules) || !(after_ordinal || rules.leads_ordinal(previous))
}

fn is_time_zone(word: &str) -> bool {
    const ZONES: [&str; 14] = [
        "Eastern", "Central", "Pacific", "Mountain", "GMT", "UTC", "EST", "EDT", "ET", "PT", "PST", "BST",
        "CET", "CEST",
    ];
    ZONES.contains(&word)
}

fn is_roman(word: &str) -> bool {
    word.len() <= 8 && word.chars().all(|c| matches!(c, 'I' | 'V' | 'X' | 'L' | 'C' | 'D' | 'M'))
}

/// `U.S`, `Ph.D`, `Ges.m.b.H`: short parts with full stops inside.
fn is_dotted(word: &str) -> bool {
    let short = |part: &str| (1..=3).contains(&part.chars().count()) && part.chars().all(char::is_alphabetic);
    word.len() <= 16 && word.contains('.') && word.split('.').all(short)
}

/// `Hbf`, `Stck`: a word in lower case that cannot be spoken.
fn is_consonants(word: &str) -> bool {
    let spoken = |c: char| "aeiouyäöüAEIOUYÄÖÜ".contains(c) || !c.is_ascii_alphabetic();
    word.len() <= 5 && !word.chars().any(spoken) && word.chars().any(char::is_lowercase)
}
