//! Summaries through the public API, with answers that a test writes in place of a model.

use diglot::engine::{Finish, Hypothesis};
use diglot::plan::{Decoding, Length, Request, Task, Wording};
use diglot::summarize::{
    Grounding, Method, Passage, Summary, SummaryOptions, SummaryRounds, SummarySentence, extract, ground,
};
use diglot::{FlagKind, Lang};

/// A small article: a title, then two sentences a block.
const ARTICLE: [&str; 11] = [
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

fn passages<'a>(texts: &[&'a str]) -> Vec<Passage<'a>> {
    let passage = |(id, &text): (usize, &&'a str)| Passage { id, block: id.div_ceil(2), text };
    texts.iter().enumerate().map(passage).collect()
}

fn options(length: Length) -> SummaryOptions {
    SummaryOptions { lang: Lang::EN, length, budget: 4000 }
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

fn hypothesis(text: &str) -> Hypothesis {
    Hypothesis { text: text.to_owned(), tokens: words(text), logprob: None, finish: Finish::Stop }
}

/// Runs the rounds with `answer` as the model. Gives the summary and every request in order.
fn run(
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

/// One answer to everything, over the article.
fn summarize(length: Length, answer: &str) -> (Summary, Vec<Request>) {
    run(&ARTICLE, &options(length), |_| hypothesis(answer))
}

fn texts(summary: &Summary) -> Vec<&str> {
    summary.sentences.iter().map(|s| s.text.as_str()).collect()
}

fn texts_words(summary: &Summary) -> usize {
    texts(summary).iter().map(|text| words(text)).sum()
}

fn kinds(sentence: &SummarySentence) -> Vec<FlagKind> {
    sentence.flags.iter().map(|flag| flag.kind).collect()
}

fn parts(request: &Request) -> (&str, Length, Wording) {
    match &request.task {
        Task::Summarize { text, length, wording, .. } => (text, *length, *wording),
        Task::Translate { .. } | Task::Write { .. } => panic!("a summary asks for no translation"),
    }
}

const GOOD: &str = "Whitcombe's council voted on Tuesday to build a tidal power station in the harbour. \
    Fishermen fear that its turbines will drive herring away, and Tom Reyes announced a protest for Saturday. \
    The plant costs \u{a3}38 million, two fifths of it paid by the EU.";

#[test]
fn a_good_answer_is_asked_for_once_and_cites_its_sources() {
    let (summary, asked) = summarize(Length::Sentences(3), GOOD);
    assert_eq!(asked.len(), 1);
    let (text, length, wording) = parts(&asked[0]);
    assert!(ARTICLE.iter().all(|sentence| text.contains(sentence)));
    assert_eq!(
        (length, wording, asked[0].decoding.clone()),
        (Length::Sentences(3), Wording::Plain, Decoding::Greedy)
    );
    assert_eq!(summary.method, Method::Abstractive);
    assert_eq!(summary.lang, Lang::EN);
    let sources: Vec<&[usize]> = summary.sentences.iter().map(|s| s.sources.as_slice()).collect();
    assert_eq!(sources, [&[1][..], &[3, 4], &[5]]);
    assert!(summary.sentences.iter().all(|s| s.flags.is_empty()), "{:?}", summary.sentences);
}

#[test]
fn an_invented_sentence_has_no_source() {
    let invented = "The council will also open a large public swimming pool beside the railway line.";
    let answer = format!("{} {invented}", GOOD.split_inclusive(". ").take(2).collect::<String>());
    let (summary, _) = summarize(Length::Sentences(3), &answer);
    let last = summary.sentences.last().unwrap();
    assert_eq!(last.text, invented);
    assert!(last.sources.is_empty());
    assert_eq!(kinds(last), [FlagKind::Unsupported]);
    assert!(!summary.sentences[0].sources.is_empty());
}

#[test]
fn a_clause_that_no_passage_has_takes_the_support_of_its_sentence() {
    let true_sentence = "Fishermen fear that the turbines will drive herring out of the bay";
    let told = |sentence: &str| ground(sentence, &passages(&ARTICLE), &Lang::EN);
    assert_eq!(told(&format!("{true_sentence}.")).sources, [3]);
    // What stands beside the cited passage is no invention.
    let both = format!("{true_sentence}, and their spokesman announced a protest.");
    assert!(told(&both).sources.contains(&3), "{:?}", told(&both));
    for clause in [
        "so the prime minister will offer generous subsidies",
        "because a similar factory poisoned several lakes",
        "which harms wealthy restaurant owners abroad",
    ] {
        let grounding = told(&format!("{true_sentence}, {clause}."));
        assert!(grounding.sources.is_empty(), "{clause}");
        assert!(grounding.flags[0].detail.contains(clause), "{:?}", grounding.flags);
    }
}

#[test]
fn swapped_names_numbers_and_dates_are_retried_then_flagged() {
    for (right, wrong, kind) in [
        ("Whitcombe", "Brighton", FlagKind::UnknownName),
        ("Tom Reyes", "Liam Carter", FlagKind::UnknownName),
        ("EU", "IMF", FlagKind::UnknownName),
        ("Tuesday", "Thursday", FlagKind::UnknownName),
        ("38", "83", FlagKind::UnknownNumber),
        ("two", "three", FlagKind::UnknownNumber),
    ] {
        // `three` stands elsewhere in the article, so only the support fails there.
        let kind = if wrong == "three" { FlagKind::Unsupported } else { kind };
        let (summary, asked) = summarize(Length::Sentences(3), &GOOD.replace(right, wrong));
        let bad = summary.sentences.iter().find(|s| s.text.contains(wrong)).unwrap();
        assert!(kinds(bad).contains(&kind), "{wrong}: {bad:?}");
        assert!(bad.sources.is_empty(), "{wrong}: {bad:?}");
        if kind != FlagKind::Unsupported {
            let detail = &bad.flags.iter().find(|flag| flag.kind == kind).unwrap().detail;
            assert!(detail.contains(wrong), "{detail}");
            assert_eq!(asked.len(), 3, "{wrong}");
            assert!(asked[1..].iter().all(|request| parts(request).2 == Wording::Strict));
            assert!(matches!(asked[2].decoding, Decoding::Sample { seed: 1, .. }));
        }
    }
}

#[test]
fn the_best_of_the_answers_is_taken() {
    let wrong = GOOD.replace("Whitcombe", "Brighton");
    let (summary, asked) = run(&ARTICLE, &options(Length::Sentences(3)), |request| {
        hypothesis(match (parts(request).2, &request.decoding) {
            (Wording::Strict, Decoding::Sample { .. }) => GOOD,
            _ => &wrong,
        })
    });
    assert_eq!(asked.len(), 3);
    assert!(summary.sentences.iter().all(|s| s.flags.is_empty()));
    assert!(summary.sentences[0].text.starts_with("Whitcombe"));
}

#[test]
fn deleting_the_cited_segment_removes_the_citation() {
    let sentence = "The EU pays two fifths of the 38 million pounds.";
    assert_eq!(
        ground(sentence, &passages(&ARTICLE), &Lang::EN),
        Grounding { sources: vec![5], flags: vec![] }
    );
    let mut without = passages(&ARTICLE);
    without.remove(5);
    let grounding = ground(sentence, &without, &Lang::EN);
    assert!(grounding.sources.is_empty());
    assert!(grounding.flags.iter().any(|flag| flag.kind == FlagKind::Unsupported));
    assert!(
        grounding.flags.iter().any(|flag| flag.kind == FlagKind::UnknownNumber && flag.detail.contains("38"))
    );
}

#[test]
fn a_figure_of_another_passage_is_no_support() {
    for (right, wrong) in [
        (
            "The council wants to publish the contracts in June.",
            "The council wants to publish the contracts in March.",
        ),
        ("The plant would supply 4,200 homes.", "The plant would supply three homes."),
        (
            "The council voted on Tuesday to build a power station.",
            "The council voted on Saturday to build a power station.",
        ),
        ("The European Union pays two fifths.", "The European Union pays three fifths."),
    ] {
        let of = |sentence| ground(sentence, &passages(&ARTICLE), &Lang::EN);
        assert_eq!((of(right).sources.len(), of(right).flags.len()), (1, 0), "{right}");
        assert!(of(wrong).sources.is_empty(), "{wrong}");
        assert_eq!(of(wrong).flags.len(), 1, "{:?}", of(wrong).flags);
        assert_eq!(of(wrong).flags[0].kind, FlagKind::Unsupported);
    }
}

#[test]
fn a_sentence_may_need_several_passages() {
    let sentence =
        "Mayor Helen Ashdown expects power for 4,200 homes, but fishermen fear for the herring in the bay.";
    assert_eq!(
        ground(sentence, &passages(&ARTICLE), &Lang::EN),
        Grounding { sources: vec![2, 3], flags: vec![] }
    );
}

#[test]
fn every_sentence_of_the_source_supports_itself() {
    let passages = passages(&ARTICLE);
    for passage in &passages[1..] {
        let grounding = ground(passage.text, &passages, &Lang::EN);
        assert!(grounding.sources.contains(&passage.id), "{}: {grounding:?}", passage.text);
        assert!(grounding.flags.is_empty(), "{}: {grounding:?}", passage.text);
    }
}

#[test]
fn german_sentences_are_grounded_too() {
    let texts = [
        "Der Stadtrat von Wittmund stimmte am Dienstag f\u{fc}r ein Gezeitenkraftwerk im alten Hafen.",
        "B\u{fc}rgermeisterin Helene Brandt sagte, es werde ab 2027 rund 4.200 Haushalte versorgen.",
        "Die Fischer f\u{fc}rchten, dass die Turbinen den Hering vertreiben.",
    ];
    let passages = passages(&texts);
    let of = |sentence| ground(sentence, &passages, &Lang::DE);
    assert_eq!(of("Im Hafen von Wittmund entsteht ein Gezeitenkraftwerk.").sources, [0]);
    assert_eq!(of("Laut Brandt versorgt es 4200 Haushalte.").sources, [1]);
    assert_eq!(of("Die Fischer bef\u{fc}rchten, dass Turbinen Heringe vertreiben.").sources, [2]);
    let flags = |sentence| of(sentence).flags.into_iter().map(|flag| flag.kind).collect::<Vec<_>>();
    assert_eq!(
        flags("Laut Brandt versorgt es 4300 Haushalte."),
        [FlagKind::Unsupported, FlagKind::UnknownNumber]
    );
    assert_eq!(
        flags("Der Stadtrat von Emden stimmte am Mittwoch zu."),
        [FlagKind::Unsupported, FlagKind::UnknownName, FlagKind::UnknownName]
    );
}

#[test]
fn surplus_sentences_are_dropped_and_missing_ones_flagged() {
    let (summary, asked) = summarize(Length::Sentences(2), GOOD);
    assert_eq!((summary.sentences.len(), asked.len()), (2, 1));

    let (summary, asked) = summarize(Length::Sentences(5), GOOD);
    assert_eq!((summary.sentences.len(), asked.len()), (3, 3));
    let last = summary.sentences.last().unwrap();
    assert_eq!(kinds(last), [FlagKind::SummaryLength]);
    assert_eq!(last.flags[0].detail, "3 sentences, 5 asked for");

    let retried = run(&ARTICLE, &options(Length::Sentences(3)), |request| match parts(request).2 {
        Wording::Plain | Wording::Examples | Wording::Free => {
            hypothesis("Fishermen fear that the turbines will drive out the herring.")
        }
        Wording::Strict => hypothesis(GOOD),
    });
    assert_eq!(retried.0.sentences.len(), 3);
    assert!(retried.0.sentences.iter().all(|s| s.flags.is_empty()));
}

#[test]
fn a_short_text_is_not_asked_for_more_than_it_has() {
    let (summary, asked) = run(&ARTICLE[..2], &options(Length::Sentences(3)), |_| {
        hypothesis("Whitcombe will build a power station.")
    });
    assert_eq!(parts(&asked[0]).1, Length::Sentences(1));
    assert_eq!((summary.sentences.len(), asked.len()), (1, 1));
    assert!(summary.sentences[0].flags.is_empty(), "{:?}", summary.sentences);
}

#[test]
fn words_are_kept_in_whole_sentences() {
    for limit in [15, 20, 40, 100] {
        let (summary, _) = summarize(Length::Words(limit), GOOD);
        let total: usize = texts(&summary).iter().map(|text| words(text)).sum();
        assert!(total <= limit && total > 0, "{total} of {limit}");
        assert!(summary.sentences.iter().all(|s| s.text.ends_with('.')));
    }
    let (summary, asked) = summarize(Length::Words(5), GOOD);
    assert_eq!((summary.sentences.len(), asked.len()), (1, 3));
    assert_eq!(kinds(&summary.sentences[0]), [FlagKind::SummaryLength]);
}

#[test]
fn bullets_and_headlines_have_their_form() {
    let bullets = "Here are the main points:\n\n- The plant will supply 4,200 homes.\n\
        - The plant will cost 38 million pounds.\n* Fishermen fear for the herring in the bay.\n- The council met.";
    let (summary, asked) = summarize(Length::Bullets(3), bullets);
    assert!(summary.bulleted);
    assert_eq!(asked.len(), 1);
    assert_eq!(
        texts(&summary),
        [
            "The plant will supply 4,200 homes.",
            "The plant will cost 38 million pounds.",
            "Fishermen fear for the herring in the bay."
        ]
    );

    let (summary, _) =
        summarize(Length::Headline, "**Headline:** \"Whitcombe To Build Tidal Power Station\"\n\nMore.");
    assert!(!summary.bulleted);
    assert_eq!(texts(&summary), ["Whitcombe To Build Tidal Power Station"]);
    assert_eq!(summary.sentences[0].sources, [1]);
}

#[test]
fn chat_around_the_summary_is_dropped() {
    let answer = format!(
        "Sure! Here is a summary of the text in three sentences:\n\n{GOOD}\n\nLet me know if it helps."
    );
    let (summary, asked) = summarize(Length::Sentences(3), &answer);
    assert_eq!(asked.len(), 1);
    assert_eq!(texts(&summary).join(" "), GOOD);
}

#[test]
fn a_model_that_writes_nothing_or_declines_is_replaced_by_the_text() {
    for (answer, kind) in
        [("", FlagKind::Empty), ("I'm sorry, but I can't summarise this.", FlagKind::Refusal)]
    {
        let (summary, asked) = summarize(Length::Sentences(3), answer);
        assert_eq!(asked.len(), 3);
        assert_eq!(summary.method, Method::Extractive);
        assert_eq!(summary.sentences.len(), 3);
        assert_eq!(kinds(&summary.sentences[0]), [kind]);
        assert!(summary.sentences.iter().all(|s| ARTICLE.contains(&s.text.as_str())));
    }
}

/// An answer to a question in the text, say, instead of a summary.
#[test]
fn a_summary_that_no_passage_carries_is_replaced_by_the_text() {
    for length in [Length::Sentences(3), Length::Words(30), Length::Headline] {
        let (summary, asked) = summarize(length, "The capital of Italy is Rome.");
        assert_eq!(asked.len(), 3);
        assert_eq!(summary.method, Method::Extractive);
        assert_eq!(kinds(&summary.sentences[0]), [FlagKind::Unsupported]);
        assert!(
            summary.sentences.iter().all(|s| ARTICLE.contains(&s.text.as_str()) && !s.sources.is_empty())
        );
    }
    // An answer with less to doubt does not outdo one that says something of the text.
    let (summary, _) = run(&ARTICLE, &options(Length::Sentences(2)), |request| match parts(request).2 {
        Wording::Strict => hypothesis("The capital of Italy is Rome. It has many fountains."),
        _ => hypothesis("Whitcombe built 77 pools in Paris in 1999. The plant will supply 4,200 homes."),
    });
    assert_eq!(summary.method, Method::Abstractive);
    assert!(texts(&summary)[1].starts_with("The plant"));
}

#[test]
fn an_unfinished_sentence_is_dropped_and_a_repeated_one_counts_once() {
    let cut = Hypothesis { finish: Finish::Length, ..hypothesis(&format!("{GOOD} The council wants to")) };
    let (summary, _) = run(&ARTICLE, &options(Length::Sentences(4)), |_| cut.clone());
    assert_eq!(texts(&summary).join(" "), GOOD);
    assert_eq!(kinds(summary.sentences.last().unwrap()), [FlagKind::SummaryLength]);

    let looped = "Fishermen fear for the herring in the bay. ".repeat(5);
    let (summary, _) = summarize(Length::Sentences(3), &looped);
    assert_eq!(texts(&summary), ["Fishermen fear for the herring in the bay."]);
}

/// A text of many blocks, each with a place and a number of its own.
fn long_text() -> Vec<String> {
    reports(60)
}

fn reports(count: usize) -> Vec<String> {
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

/// Answers with the first sentences of the text, one of each part, as a summary would.
fn leading(request: &Request, count: usize) -> Hypothesis {
    let (text, _, _) = parts(request);
    let sentences: Vec<&str> = text.split_inclusive(". ").map(str::trim).collect();
    let step = sentences.len().div_ceil(count).max(1);
    hypothesis(&sentences.into_iter().step_by(step).collect::<Vec<_>>().join(" "))
}

/// Of 120 sentences some of the first half, of the middle and of the last third are cited, in order.
fn assert_covers(cited: &[usize]) {
    assert!(cited.is_sorted(), "{cited:?}");
    for part in [0..60, 40..100, 80..120] {
        assert!(cited.iter().any(|id| part.contains(id)), "nothing of {part:?} in {cited:?}");
    }
}

#[test]
fn a_long_text_goes_by_parts_that_all_reach_the_summary() {
    let text = long_text();
    let texts: Vec<&str> = text.iter().map(String::as_str).collect();
    for length in [Length::Sentences(3), Length::Bullets(4), Length::Sentences(5), Length::Words(60)] {
        let options = SummaryOptions { budget: 700, ..options(length) };
        let (summary, asked) = run(&texts, &options, |request| leading(request, 4));
        assert!(parts(&asked[0]).0.starts_with(texts[0]) && asked.len() > 3, "{} requests", asked.len());
        for request in &asked {
            assert!(words(parts(request).0) + request.max_tokens <= 700);
        }
        for text in &texts {
            assert!(asked.iter().any(|request| parts(request).0.contains(text)), "{text} was left out");
        }
        let cited: Vec<usize> = summary.sentences.iter().flat_map(|s| s.sources.clone()).collect();
        assert_covers(&cited);
        assert!(summary.sentences.iter().all(|s| !s.sources.is_empty() && s.flags.is_empty()), "{summary:?}");
        match length {
            Length::Sentences(n) | Length::Bullets(n) => assert_eq!(summary.sentences.len(), n),
            _ => assert!((30..=60).contains(&texts_words(&summary))),
        }
    }
}

#[test]
fn a_text_that_one_request_could_hold_goes_by_parts_when_it_is_long() {
    let text = reports(120);
    let texts: Vec<&str> = text.iter().map(String::as_str).collect();
    let options = SummaryOptions { budget: 100_000, ..options(Length::Sentences(3)) };
    let (summary, asked) = run(&texts, &options, |request| leading(request, 3));
    assert!(asked.len() > 1 && asked.iter().all(|request| words(parts(request).0) <= 768));
    assert_eq!(summary.sentences.len(), 3);
    let (_, asked) = run(&texts[..60], &options, |request| leading(request, 3));
    assert_eq!(asked.len(), 1, "a short one is read whole");
}

#[test]
fn a_headline_of_a_long_text_is_asked_of_what_its_parts_say() {
    let text = long_text();
    let texts: Vec<&str> = text.iter().map(String::as_str).collect();
    let options = SummaryOptions { budget: 500, ..options(Length::Headline) };
    let (summary, asked) = run(&texts, &options, |request| match parts(request).1 {
        Length::Headline => hypothesis("Harbours repair quays after the storm"),
        _ => leading(request, 3),
    });
    let (last, length, _) = parts(asked.last().unwrap());
    assert_eq!(length, Length::Headline);
    assert!(texts[80..].iter().any(|text| last.contains(text)));
    assert_eq!(self::texts(&summary), ["Harbours repair quays after the storm"]);
}

#[test]
fn a_part_whose_summary_is_invented_is_stood_in_for() {
    let text = long_text();
    let texts: Vec<&str> = text.iter().map(String::as_str).collect();
    for wanted in [3, 6, 12] {
        let options = SummaryOptions { budget: 700, ..options(Length::Sentences(wanted)) };
        let mut answered = 0;
        let (summary, _) = run(&texts, &options, |request| {
            answered += 1;
            if answered % 2 == 0 { hypothesis("Zanzibar lost 77 ships.") } else { leading(request, 4) }
        });
        assert_eq!(summary.sentences.len(), wanted);
        assert!(summary.sentences.iter().all(|s| !s.text.contains("Zanzibar") && s.flags.is_empty()));
        let cited: Vec<usize> = summary.sentences.iter().flat_map(|s| s.sources.clone()).collect();
        assert_covers(&cited);
    }
}

#[test]
fn rounds_end_whatever_the_model_writes() {
    let text = long_text();
    let texts: Vec<&str> = text.iter().take(20).map(String::as_str).collect();
    for budget in [0, 1, 10, 100, 300] {
        let options = SummaryOptions { budget, ..options(Length::Sentences(2)) };
        let (summary, _) = run(&texts, &options, |request| hypothesis(parts(request).0));
        assert!(summary.sentences.len() <= 2);
    }
    let (summary, asked) = run(&[], &options(Length::Sentences(2)), |_| hypothesis("Nothing."));
    assert!(summary.sentences.is_empty() && asked.is_empty());
}

#[test]
fn extracts_have_the_asked_length_in_document_order() {
    let passages = passages(&ARTICLE);
    for n in 1..=10 {
        for length in [Length::Sentences(n), Length::Bullets(n)] {
            let summary = extract(&passages, &options(length));
            assert_eq!(summary.sentences.len(), n);
            assert_eq!(summary.method, Method::Extractive);
            assert_eq!(summary.bulleted, matches!(length, Length::Bullets(_)));
            let sources: Vec<usize> = summary.sentences.iter().flat_map(|s| s.sources.clone()).collect();
            assert!(sources.is_sorted(), "{sources:?}");
            for sentence in &summary.sentences {
                assert_eq!([ARTICLE[sentence.sources[0]]], [sentence.text.as_str()]);
                assert!(sentence.flags.is_empty() && sentence.sources != [0], "the title is no sentence");
            }
        }
    }
    assert_eq!(extract(&passages, &options(Length::Sentences(50))).sentences.len(), 10);
    assert!(extract(&[], &options(Length::Sentences(3))).sentences.is_empty());
}

#[test]
fn extracts_keep_words_and_make_headlines() {
    let passages = passages(&ARTICLE);
    for limit in [12, 25, 50, 1000] {
        let summary = extract(&passages, &options(Length::Words(limit)));
        let total: usize = texts(&summary).iter().map(|text| words(text)).sum();
        assert!(total <= limit && total > 0, "{total} of {limit}");
    }
    let summary = extract(&passages, &options(Length::Words(3)));
    assert_eq!(summary.sentences.len(), 1);
    assert_eq!(kinds(&summary.sentences[0]), [FlagKind::SummaryLength]);

    assert_eq!(texts(&extract(&passages, &options(Length::Headline))), [ARTICLE[0]]);
    let headline = extract(&passages[1..], &options(Length::Headline));
    assert_eq!(headline.sentences.len(), 1);
    assert!(words(&headline.sentences[0].text) <= 14);
}

#[test]
fn extracts_pass_over_what_repeats() {
    let text = [
        "The storm sank four ferries in the harbour of Deal on Monday night.",
        "On Monday night the storm sank four ferries in the harbour of Deal.",
        "The storm sank four ferries in Deal on Monday night, in the harbour.",
        "Rescue teams brought ninety sailors safely ashore by morning.",
        "Insurers put the damage at the ferries and the harbour at nine million pounds.",
    ];
    let summary = extract(&passages(&text), &options(Length::Sentences(2)));
    let repeated = summary.sentences.iter().filter(|s| s.sources[0] < 3).count();
    assert_eq!(repeated, 1, "{:?}", texts(&summary));
}

#[test]
fn extracts_are_the_same_every_time() {
    let text = long_text();
    let texts: Vec<&str> = text.iter().map(String::as_str).collect();
    let first = extract(&passages(&texts), &options(Length::Sentences(7)));
    for _ in 0..3 {
        assert_eq!(extract(&passages(&texts), &options(Length::Sentences(7))), first);
    }
}
