//! Clean texts: sentences with good translations, and where in a translation a fault can be set.

use std::ops::Range;

use diglot::{Lang, LangPair};
use fastrand::Rng;

use super::values::{Tongue, Value};

/// A source with a good translation.
#[derive(Clone, Debug)]
pub struct Text {
    pub pair: LangPair,
    pub source: String,
    pub target: String,
    /// What can be dropped from the translation so that the rest still reads well.
    pub optional: Vec<Range<usize>>,
    pub names: Vec<Range<usize>>,
    /// Quotations with their marks.
    pub quotes: Vec<Range<usize>>,
    /// Numbers, amounts and dates, where they are known.
    pub values: Vec<(Range<usize>, Value)>,
    /// How the translation writes its values.
    pub style: u8,
}

impl Text {
    pub fn tongue(&self) -> Tongue {
        Tongue::of(&self.pair.target)
    }

    /// The translation with a stretch replaced, tidied up.
    pub fn with(&self, range: &Range<usize>, new: &str) -> String {
        tidy(&format!("{}{new}{}", &self.target[..range.start], &self.target[range.end..]))
    }

    /// The texts one after the other, as a segment of several sentences.
    pub fn followed_by(&self, next: &Self) -> Self {
        let at = self.target.len() + 1;
        let moved = |ranges: &[Range<usize>]| -> Vec<Range<usize>> {
            ranges.iter().map(|range| range.start + at..range.end + at).collect()
        };
        let mut joined = self.clone();
        joined.source = format!("{} {}", self.source, next.source);
        joined.target = format!("{} {}", self.target, next.target);
        joined.optional.extend(moved(&next.optional));
        joined.names.extend(moved(&next.names));
        joined.quotes.extend(moved(&next.quotes));
        joined
    }
}

/// White space and punctuation that a cut leaves behind put in order, and a capital at the beginning.
pub fn tidy(text: &str) -> String {
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (wrong, right) in [(" .", "."), (" ,", ","), (",.", "."), (",,", ","), ("..", "."), (" ;", ";")] {
        text = text.replace(wrong, right);
    }
    let text = text.trim_start_matches([',', ' ', ';', '.']);
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The sentences of `pairs.txt`.
pub fn pairs() -> Vec<Text> {
    let entries = entries(include_str!("../data/faults/pairs.txt"));
    entries.into_iter().map(|(pair, source, marked)| marked_text(pair, source, marked)).collect()
}

/// A pattern of `frames.txt`: languages, source and translation.
pub type Frame = (LangPair, &'static str, &'static str);

pub fn frames() -> Vec<Frame> {
    entries(include_str!("../data/faults/frames.txt"))
}

/// What slots are filled with besides numbers: (German, English).
pub struct Fillers {
    pub persons: Vec<(String, String)>,
    pub places: Vec<(String, String)>,
    pub quotes: Vec<(String, String)>,
}

/// A frame with its slots filled at random.
pub fn filled(frame: &Frame, fillers: &Fillers, rng: &mut Rng) -> Text {
    let (pair, source, target) = frame;
    let style = rng.u8(..);
    let mut slots: Vec<(&str, Slot)> = Vec::new();
    for (_, name) in slots_of(target) {
        let mut slot = Slot::new(name, fillers, rng);
        while slots.iter().any(|(_, other)| other.same_as(&slot)) {
            slot = Slot::new(name, fillers, rng);
        }
        slots.push((name, slot));
    }
    let mut text = Text {
        pair: pair.clone(),
        source: fill(source, &slots, Tongue::of(&pair.source), style, &mut |_, _| {}),
        target: String::new(),
        optional: Vec::new(),
        names: Vec::new(),
        quotes: Vec::new(),
        values: Vec::new(),
        style,
    };
    let (mut names, mut quotes, mut values) = (Vec::new(), Vec::new(), Vec::new());
    text.target = fill(target, &slots, Tongue::of(&pair.target), style, &mut |range, slot| match slot {
        Slot::Name(_) => names.push(range),
        Slot::Quote(_) => quotes.push(range),
        Slot::Value(value) => values.push((range, value.clone())),
    });
    Text { names, quotes, values, ..text }
}

enum Slot {
    Name((String, String)),
    Quote((String, String)),
    Value(Value),
}

impl Slot {
    fn new(name: &str, fillers: &Fillers, rng: &mut Rng) -> Self {
        let pick = |list: &[(String, String)], rng: &mut Rng| list[rng.usize(..list.len())].clone();
        match name.split(' ').next().unwrap() {
            "person" => Self::Name(pick(&fillers.persons, rng)),
            "place" => Self::Name(pick(&fillers.places, rng)),
            "quote" => Self::Quote(pick(&fillers.quotes, rng)),
            kind => Self::Value(Value::random(kind, rng)),
        }
    }

    fn same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Name(a), Self::Name(b)) | (Self::Quote(a), Self::Quote(b)) => a == b,
            (Self::Value(a), Self::Value(b)) => a == b,
            _ => false,
        }
    }

    fn written(&self, tongue: Tongue, style: u8) -> String {
        let choose = |both: &(String, String)| match tongue {
            Tongue::German => both.0.clone(),
            Tongue::English => both.1.clone(),
        };
        match self {
            Self::Name(both) => choose(both),
            Self::Value(value) => value.written(tongue, style),
            Self::Quote(both) => match (tongue, style % 3) {
                (Tongue::German, 0) => format!("»{}«", choose(both)),
                (Tongue::German, _) => format!("„{}“", choose(both)),
                (Tongue::English, 2) => format!("\"{}\"", choose(both)),
                (Tongue::English, _) => format!("“{}”", choose(both)),
            },
        }
    }
}

/// The slots of a pattern and where they stand.
fn slots_of(pattern: &str) -> Vec<(Range<usize>, &str)> {
    let starts = pattern.match_indices('<').map(|(at, _)| at);
    starts
        .map(|at| {
            let end = at + pattern[at..].find('>').unwrap();
            (at..end + 1, &pattern[at + 1..end])
        })
        .collect()
}

fn fill(
    pattern: &str,
    slots: &[(&str, Slot)],
    tongue: Tongue,
    style: u8,
    tell: &mut dyn FnMut(Range<usize>, &Slot),
) -> String {
    let (mut text, mut at) = (String::new(), 0);
    for (range, name) in slots_of(pattern) {
        text.push_str(&pattern[at..range.start]);
        let (_, slot) = slots.iter().find(|(other, _)| *other == name).unwrap();
        let mut written = slot.written(tongue, style);
        if text.is_empty() {
            written = tidy(&written);
        }
        let start = text.len();
        text.push_str(&written);
        tell(start..text.len(), slot);
        at = range.end;
    }
    text.push_str(&pattern[at..]);
    // `at 3 p.m..`
    match text.strip_suffix("..") {
        Some(rest) => format!("{rest}."),
        None => text,
    }
}

/// Blocks of three lines: languages, source, translation.
fn entries(file: &'static str) -> Vec<Frame> {
    let lines: Vec<&str> = file.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    lines
        .chunks(3)
        .map(|entry| {
            let (from, to) = entry[0].split(' ').next().unwrap().split_once('-').unwrap();
            let lang = |tag: &str| Lang::parse(tag).unwrap();
            (LangPair { source: lang(from), target: lang(to) }, entry[1], entry[2])
        })
        .collect()
}

fn marked_text(pair: LangPair, source: &str, marked: &str) -> Text {
    let (mut target, mut optional, mut names) = (String::new(), Vec::new(), Vec::new());
    let (mut part, mut name) = (0, 0);
    for c in marked.chars() {
        match c {
            '[' => part = target.len(),
            ']' => optional.push(part..target.len()),
            '{' => name = target.len(),
            '}' => names.push(name..target.len()),
            c => target.push(c),
        }
    }
    let quotes = quotes(&target);
    Text { pair, source: source.to_owned(), target, optional, names, quotes, values: Vec::new(), style: 0 }
}

fn quotes(text: &str) -> Vec<Range<usize>> {
    let english = text.contains('”');
    let (open, close) = if english { ('“', '”') } else { ('„', '“') };
    let starts = text.match_indices(open).map(|(at, _)| at);
    starts.filter_map(|at| Some(at..at + text[at..].find(close)? + close.len_utf8())).collect()
}
