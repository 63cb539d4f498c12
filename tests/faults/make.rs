//! How a good translation is spoilt.

use std::ops::Range;

use fastrand::Rng;

use super::texts::{Text, tidy};
use super::values::Tongue;
use super::{Benchmark, Half, Kind};

/// Sentences and phrases that faults bring in.
pub struct Material {
    foreign: Vec<&'static str>,
    around: Vec<&'static str>,
    instead: Vec<&'static str>,
}

impl Material {
    pub fn new(half: Half) -> Self {
        let lines = |text: &'static str| -> Vec<&'static str> {
            half.of(text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect())
        };
        let chat = include_str!("../data/faults/chat.txt");
        let (_, chat) = chat.split_once("around\n").unwrap();
        let (around, instead) = chat.split_once("instead\n").unwrap();
        Self {
            foreign: lines(include_str!("../data/faults/foreign.txt")),
            around: lines(around),
            instead: lines(instead),
        }
    }
}

/// The translation with a fault of this kind; none where the text gives no occasion.
pub fn fault(kind: Kind, text: &Text, all: &Benchmark, rng: &mut Rng) -> Option<String> {
    match kind {
        Kind::Loop => Some(looped(text, rng)),
        Kind::Omission => omission(text, rng),
        Kind::Invention => invention(text, all, rng),
        Kind::WrongLanguage => wrong_language(text, all, rng),
        Kind::Echo => Some(echo(text, rng)),
        Kind::Number(class) => {
            let values: Vec<_> = text.values.iter().filter(|(_, value)| value.class() == class).collect();
            let (range, value) = rng.choice(values)?;
            Some(text.with(range, &value.changed(rng).written(text.tongue(), text.style)))
        }
        Kind::LostName => lost_name(text, all, rng),
        Kind::LostQuote => lost_quote(text, rng),
        Kind::Preamble => {
            let said = rng.choice(&all.material.around)?;
            Some(said.replace("<text>", &text.target))
        }
        Kind::Refusal => rng.choice(&all.material.instead).map(|&said| said.to_owned()),
    }
}

/// Words said again: the last of them many times, a clause a few times, the whole twice.
fn looped(text: &Text, rng: &mut Rng) -> String {
    let words: Vec<&str> = text.target.split(' ').collect();
    match rng.u8(..4) {
        0 => format!("{} {}", text.target, text.target),
        shape => {
            let end = rng.usize(words.len() / 2..=words.len());
            let length = rng.usize(1..=12.min(end));
            let phrase = words[end - length..end].join(" ");
            let times = if shape == 1 { rng.usize(3..6) } else { rng.usize(6..30) };
            let again = vec![phrase; times].join(" ");
            // Some go on after the loop.
            let rest = if shape == 3 { words[end..].join(" ") } else { String::new() };
            format!("{} {again} {rest}", words[..end].join(" ")).trim_end().to_owned()
        }
    }
}

/// A part of the sentence, a sentence, or the end left out.
fn omission(text: &Text, rng: &mut Rng) -> Option<String> {
    match rng.u8(..3) {
        0 | 1 => Some(text.with(rng.choice(&text.optional)?, "")),
        _ => {
            let words: Vec<&str> = text.target.split(' ').collect();
            let kept = words.len() * rng.usize(35..75) / 100;
            Some(format!("{}.", tidy(&words[..kept.max(1)].join(" ")).trim_end_matches(['.', ',', ';'])))
        }
    }
}

/// A part of another sentence, or all of it, added at the end or in between.
fn invention(text: &Text, all: &Benchmark, rng: &mut Rng) -> Option<String> {
    let others: Vec<&Text> = all
        .pairs
        .iter()
        .filter(|other| other.pair == text.pair && !text.source.contains(&other.source))
        .collect();
    let other = rng.choice(others)?;
    match rng.u8(..3) {
        0 => Some(format!("{} {}", text.target, other.target)),
        1 => Some(format!("{} {}", other.target, text.target)),
        _ => {
            let part = &other.target[rng.choice(&other.optional)?.clone()];
            let body = text.target.strip_suffix('.')?;
            Some(tidy(&format!("{body}{part}.")))
        }
    }
}

/// Another language in the place of the translation or of a part of it.
fn wrong_language(text: &Text, all: &Benchmark, rng: &mut Rng) -> Option<String> {
    let source: Vec<&str> = text.source.split(' ').collect();
    let target: Vec<&str> = text.target.split(' ').collect();
    match rng.u8(..4) {
        0 => {
            let same: Vec<&Text> = all
                .pairs
                .iter()
                .filter(|other| other.pair == text.pair && other.source != text.source)
                .collect();
            Some(rng.choice(same)?.source.clone())
        }
        1 | 2 => rng.choice(&all.material.foreign).map(|&said| said.to_owned()),
        _ => {
            // The second half as it was.
            let half = |words: &[&str]| words.len() * 2 / 5;
            let end = source[half(&source)..].join(" ");
            Some(format!("{} {end}", target[..half(&target)].join(" ")))
        }
    }
}

/// The source again, perhaps with other case, marks or a word less.
fn echo(text: &Text, rng: &mut Rng) -> String {
    let source = &text.source;
    match rng.u8(..4) {
        0 => source.clone(),
        1 => source.trim_end_matches('.').to_owned(),
        2 => source.replace(['„', '“', '”'], "\""),
        _ => {
            let mut words: Vec<&str> = source.split(' ').collect();
            words.remove(rng.usize(..words.len()));
            words.join(" ")
        }
    }
}

/// A name that became another or nobody in particular.
fn lost_name(text: &Text, all: &Benchmark, rng: &mut Rng) -> Option<String> {
    let range = rng.choice(&text.names)?;
    let name = &text.target[range.clone()];
    let tongue = text.tongue();
    let person = name.contains(' ');
    let fillers = &all.fillers;
    let new = match (rng.bool(), person, tongue) {
        (true, _, _) => {
            let list = if person { &fillers.persons } else { &fillers.places };
            let (german, english) = rng.choice(list)?;
            if tongue == Tongue::German { german.as_str() } else { english.as_str() }
        }
        (false, true, Tongue::English) => "the speaker",
        (false, false, Tongue::English) => "this place",
        (false, true, Tongue::German) => "der Redner",
        (false, false, Tongue::German) => "diesem Ort",
    };
    (!text.source.contains(new)).then(|| text.with(range, new))
}

/// A quotation that lost its marks, or was left out.
fn lost_quote(text: &Text, rng: &mut Rng) -> Option<String> {
    let range: &Range<usize> = rng.choice(&text.quotes)?;
    let inner = text.target[range.clone()].trim_matches(['"', '“', '”', '„', '»', '«']);
    Some(text.with(range, if rng.u8(..4) == 0 { "" } else { inner }))
}
