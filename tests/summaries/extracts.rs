//! Summaries of sentences picked from the text.

use diglot::FlagKind;
use diglot::plan::Length;
use diglot::summarize::{Method, extract};

use super::article::{ARTICLE, kinds, options, passages, reports, texts, words};

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
    let text = reports(60);
    let texts: Vec<&str> = text.iter().map(String::as_str).collect();
    let first = extract(&passages(&texts), &options(Length::Sentences(7)));
    for _ in 0..3 {
        assert_eq!(extract(&passages(&texts), &options(Length::Sentences(7))), first);
    }
}
