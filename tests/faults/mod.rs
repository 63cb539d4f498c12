//! Seeded faults: good translations, spoilt in the ways in which machine translation fails. Nothing here knows how
//! the guards work; the texts, names and phrases stand in `tests/data/faults`.
//!
//! There are two halves, which share no sentence, no name, no quotation and no phrase: guards are tuned on one, and
//! rates are reported on the other.

mod make;
mod texts;
mod values;

use diglot::LangPair;
use fastrand::Rng;

use texts::{Fillers, Text, filled, frames, pairs};
pub use values::Class;

/// What is wrong with a translation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Loop,
    Omission,
    Invention,
    WrongLanguage,
    Echo,
    Number(Class),
    LostName,
    LostQuote,
    Preamble,
    Refusal,
}

impl Kind {
    pub const ALL: [Self; 13] = [
        Self::Loop,
        Self::Omission,
        Self::Invention,
        Self::WrongLanguage,
        Self::Echo,
        Self::Number(Class::Digits),
        Self::Number(Class::Words),
        Self::Number(Class::Units),
        Self::Number(Class::Dates),
        Self::LostName,
        Self::LostQuote,
        Self::Preamble,
        Self::Refusal,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Loop => "loop",
            Self::Omission => "omission",
            Self::Invention => "invention",
            Self::WrongLanguage => "wrong language",
            Self::Echo => "echo",
            Self::Number(Class::Digits) => "number: digits",
            Self::Number(Class::Words) => "number: words",
            Self::Number(Class::Units) => "number: units and currencies",
            Self::Number(Class::Dates) => "number: dates and times",
            Self::LostName => "lost name",
            Self::LostQuote => "lost quotation",
            Self::Preamble => "preamble",
            Self::Refusal => "refusal",
        }
    }
}

/// A spoilt translation.
#[derive(Clone, Debug)]
pub struct Fault {
    pub pair: LangPair,
    pub source: String,
    pub output: String,
}

/// One half of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    Development,
    Report,
}

impl Half {
    fn seed(self) -> u64 {
        match self {
            Self::Development => 1_848,
            Self::Report => 1_919,
        }
    }

    /// This half of a list.
    fn of<T>(self, mut list: Vec<T>) -> Vec<T> {
        const SPLIT: u64 = 7;
        Rng::with_seed(SPLIT).shuffle(&mut list);
        let rest = list.split_off(list.len() / 2);
        if self == Self::Development { list } else { rest }
    }
}

/// The texts of a half and what faults are made with.
pub struct Benchmark {
    half: Half,
    pairs: Vec<Text>,
    frames: Vec<texts::Frame>,
    fillers: Fillers,
    material: make::Material,
}

impl Benchmark {
    pub fn new(half: Half) -> Self {
        let fillers = Fillers {
            persons: persons(half),
            places: half.of(both_names(include_str!("../data/faults/places.txt"))),
            quotes: half.of(both_names(include_str!("../data/faults/quotes.txt"))),
        };
        Self {
            half,
            pairs: half.of(pairs()),
            frames: half.of(frames()),
            fillers,
            material: make::Material::new(half),
        }
    }

    /// So many clean texts: sentences, pairs of sentences, and filled frames.
    pub fn clean(&self, count: usize) -> Vec<(LangPair, String, String)> {
        let mut rng = Rng::with_seed(self.half.seed());
        (0..count).map(|_| self.text(&mut rng)).map(|text| (text.pair, text.source, text.target)).collect()
    }

    /// So many faults of a kind.
    pub fn faults(&self, kind: Kind, count: usize) -> Vec<Fault> {
        let place = Kind::ALL.iter().position(|&other| other == kind).unwrap() as u64;
        let mut rng = Rng::with_seed(self.half.seed() + 100 * place);
        let mut faults = Vec::new();
        while faults.len() < count {
            let text = self.text(&mut rng);
            let Some(output) = make::fault(kind, &text, self, &mut rng) else { continue };
            if output != text.target {
                faults.push(Fault { pair: text.pair, source: text.source, output });
            }
        }
        faults
    }

    fn text(&self, rng: &mut Rng) -> Text {
        match rng.u8(..4) {
            0 | 1 => self.sentence(rng).clone(),
            2 => filled(rng.choice(&self.frames).unwrap(), &self.fillers, rng),
            _ => {
                let first = self.sentence(rng);
                let second = self.sentence(rng);
                if first.pair == second.pair && first.source != second.source {
                    first.followed_by(second)
                } else {
                    first.clone()
                }
            }
        }
    }

    fn sentence(&self, rng: &mut Rng) -> &Text {
        rng.choice(&self.pairs).unwrap()
    }
}

/// Lines of names that both languages write alike, or of both forms with a stroke between.
fn both_names(file: &str) -> Vec<(String, String)> {
    let lines = file.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let (german, english) = line.split_once(" | ").unwrap_or((line, line));
            (german.to_owned(), english.to_owned())
        })
        .collect()
}

/// First and last names of this half, in every combination.
fn persons(half: Half) -> Vec<(String, String)> {
    let (first, last) = include_str!("../data/faults/persons.txt").split_once("\n\n").unwrap();
    let (first, last) = (half.of(both_names(first)), half.of(both_names(last)));
    let name = |first: &str, last: &str| (format!("{first} {last}"), format!("{first} {last}"));
    first.iter().flat_map(|(first, _)| last.iter().map(move |(last, _)| name(first, last))).collect()
}
