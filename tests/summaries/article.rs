//! A text to summarise, and a model whose answers a test writes.

use diglot::engine::{Finish, Hypothesis};
use diglot::plan::{Length, Request, Task, Wording};
use diglot::summarize::{Passage, Summary, SummaryOptions, SummaryRounds, SummarySentence};
use diglot::{FlagKind, Lang};

/// A small article: a title, then two sentences a block.
pub const ARTICLE: [&str; 11] = [
    "Harbour town plans a tidal power station",
    "The town council of Whitcombe voted on Tuesday to build a tidal power station in the old harbour.",
    "Mayor Helen Ashdown said the plant would supply 4,200 homes from 2027.",
    "Fishermen fear that the turbines will drive herring out of the bay.",
    "Their spokesman, Tom Reyes, called the plan reckless and announced a protest for Saturday.",
    "The plant will cost 38 million pounds, of which the European Union pays two fifths.",
    "Engineers from Norway have tested three turbines near Bergen since March.",
    "A study by the University of Leeds found no harm to fish in the first year.",
    "Critics answer that one year is too short for such a verdict.",
    "The council wants to publish the contracts in June.",
    "A museum in the old pump house will explain how tides turn into power.",
];

pub fn passages<'a>(texts: &[&'a str]) -> Vec<Passage<'a>> {
    let passage = |(id, &text): (usize, &&'a str)| Passage { id, block: id.div_ceil(2), text };
    texts.iter().enumerate().map(passage).collect()
}

pub fn options(length: Length) -> SummaryOptions {
    SummaryOptions { lang: Lang::EN, length, budget: 4000 }
}

pub fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

pub fn hypothesis(text: &str) -> Hypothesis {
    Hypothesis { text: text.to_owned(), tokens: words(text), logprob: None, finish: Finish::Stop }
}

/// Runs the rounds with `answer` as the model. Gives the summary and every request in order.
pub fn run(
    texts: &[&str],
    options: &SummaryOptions,
    mut answer: impl FnMut(&Request) -> Hypothesis,
) -> (Summary, Vec<Request>) {
    let mut rounds =
        SummaryRounds::new(&passages(texts), options, &|text| Ok(words(text))).expect("a count never fails");
    let mut asked = Vec::new();
    for _ in 0..20 {
        let requests = rounds.requests().unwrap();
        if requests.is_empty() {
            return (rounds.finish(), asked);
        }
        // The last request is answered first: order must not matter.
        for (index, request) in requests.iter().enumerate().rev() {
            rounds.accept(index, &answer(request));
        }
        asked.extend(requests);
    }
    panic!("the rounds do not end");
}

pub fn texts(summary: &Summary) -> Vec<&str> {
    summary.sentences.iter().map(|s| s.text.as_str()).collect()
}

pub fn texts_words(summary: &Summary) -> usize {
    texts(summary).iter().map(|text| words(text)).sum()
}

pub fn kinds(sentence: &SummarySentence) -> Vec<FlagKind> {
    sentence.flags.iter().map(|flag| flag.kind).collect()
}

pub fn parts(request: &Request) -> (&str, Length, Wording) {
    match &request.task {
        Task::Summarize { text, length, wording, .. } => (text, *length, *wording),
        Task::Translate { .. } | Task::Write { .. } => panic!("a summary asks for no translation"),
    }
}

/// A text of many blocks, each with a place and a number of its own.
pub fn reports(count: usize) -> Vec<String> {
    const PLACES: [&str; 10] =
        ["Arnside", "Borth", "Cromer", "Deal", "Exmouth", "Filey", "Girvan", "Hythe", "Ilfracombe", "Jarrow"];
    let report = |index: usize| {
        let place = PLACES[index % PLACES.len()];
        [
            format!(
                "Report {index} says that the harbour of {place} lost {} boats in the storm.",
                1000 + index
            ),
            format!("Repairs of the quay in {place} will take several months, as report {index} says."),
        ]
    };
    (0..count).flat_map(report).collect()
}
