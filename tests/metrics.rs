//! BLEU and chrF against sacrebleu 2.6.0, ROUGE against rouge-score 0.1.2: the values of
//! `tests/fixtures/metrics/expected.json`, which `generate.py` beside it writes.

use diglot::metrics::{Bleu, Chrf, Metric, Rouge, Ter};
use serde_json::Value;

fn expected() -> Value {
    serde_json::from_str(include_str!("fixtures/metrics/expected.json")).unwrap()
}

fn pairs(expected: &Value) -> Vec<(String, String)> {
    serde_json::from_value(expected["pairs"].clone()).unwrap()
}

fn sacrebleu_metrics() -> [Box<dyn Metric>; 4] {
    [Box::new(Bleu), Box::new(Chrf::default()), Box::new(Chrf::plus_plus()), Box::new(Ter)]
}

#[test]
fn corpus_scores_equal_sacrebleu() {
    let expected = expected();
    let pairs = pairs(&expected);
    let corpora = expected["corpora"].as_array().unwrap();
    assert!(corpora.len() > 25);
    for corpus in corpora {
        let range = corpus["start"].as_u64().unwrap() as usize..corpus["end"].as_u64().unwrap() as usize;
        let (hypotheses, references): (Vec<&str>, Vec<&str>) =
            pairs[range.clone()].iter().map(|(h, r)| (h.as_str(), r.as_str())).unzip();
        for metric in sacrebleu_metrics() {
            let score = metric.corpus(&hypotheses, &references).unwrap();
            assert_eq!(
                format!("{:.4}", score.value),
                corpus["scores"][metric.name()].as_str().unwrap(),
                "{} of pairs {range:?}",
                metric.name()
            );
            if metric.name() == "BLEU" {
                assert_eq!(score.detail, corpus["bleu_detail"].as_str().unwrap(), "{range:?}");
            }
        }
    }
}

#[test]
fn signatures_open_with_those_of_sacrebleu() {
    let expected = expected();
    for metric in sacrebleu_metrics() {
        let ours = metric.signature().to_string();
        let theirs = expected["signatures"][metric.name()].as_str().unwrap();
        let rest = ours.strip_prefix(theirs).unwrap_or_else(|| panic!("{ours} does not open with {theirs}"));
        assert!(rest.starts_with("|impl:diglot-"), "{ours}");
    }
}

#[test]
fn overlaps_equal_rouge_score() {
    let expected = expected();
    for (index, (hypothesis, reference)) in pairs(&expected).iter().enumerate() {
        for rouge in [Rouge::One, Rouge::Two, Rouge::L] {
            let ours = rouge.overlap(hypothesis, reference);
            let theirs: [f64; 3] =
                serde_json::from_value(expected["rouge"][index][rouge.name()].clone()).unwrap();
            for (ours, theirs) in [ours.precision, ours.recall, ours.f1].into_iter().zip(theirs) {
                assert!((ours - theirs).abs() < 1e-6, "{} of pair {index}: {ours} {theirs}", rouge.name());
            }
        }
    }
}

#[test]
fn the_rouge_of_a_corpus_is_the_mean_of_its_pairs() {
    let score = Rouge::One.corpus(&["a b c d", "x"], &["a b y z", "x"]).unwrap();
    assert_eq!(score.to_string(), "75.00 (P = 75.00 R = 75.00)");
}
