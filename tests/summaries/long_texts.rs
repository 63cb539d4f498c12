//! Texts that are read in parts.

use diglot::engine::Hypothesis;
use diglot::plan::{Length, Request};
use diglot::summarize::SummaryOptions;

use super::article::{hypothesis, options, parts, reports, run, texts, texts_words, words};

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
    let text = reports(60);
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
    let text = reports(60);
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
    let text = reports(60);
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
    let text = reports(60);
    let texts: Vec<&str> = text.iter().take(20).map(String::as_str).collect();
    for budget in [0, 1, 10, 100, 300] {
        let options = SummaryOptions { budget, ..options(Length::Sentences(2)) };
        let (summary, _) = run(&texts, &options, |request| hypothesis(parts(request).0));
        assert!(summary.sentences.len() <= 2);
    }
    let (summary, asked) = run(&[], &options(Length::Sentences(2)), |_| hypothesis("Nothing."));
    assert!(summary.sentences.is_empty() && asked.is_empty());
}
