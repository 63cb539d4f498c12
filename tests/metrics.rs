//! BLEU, chrF, TER and the paired bootstrap against sacrebleu 2.6.0, ROUGE against rouge-score 0.1.2: the values of
//! `expected.json` and `systems.json` in `tests/fixtures/metrics`, which `generate.py` and `generate_systems.py` beside
//! them write.

use diglot::metrics::{Bleu, Chrf, Metric, Resampled, Rouge, Statistics, Ter};
use serde::Deserialize;
use serde_json::Value;

fn expected() -> Value {
    serde_json::from_str(include_str!("fixtures/metrics/expected.json")).unwrap()
}

/// The outputs of many systems, with what the reference tools say of them.
#[derive(Deserialize)]
struct Systems {
    references: Vec<String>,
    systems: Vec<System>,
    bootstrap: Value,
}

#[derive(Deserialize)]
struct System {
    name: String,
    lines: Vec<String>,
    scores: Value,
    rouge: Value,
    rouge_stemmed: Value,
}

fn systems() -> Systems {
    serde_json::from_str(include_str!("fixtures/metrics/systems.json")).unwrap()
}

fn strs(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).collect()
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
    let Systems { bootstrap, .. } = systems();
    for metric in sacrebleu_metrics() {
        let ours = metric.signature().resampled().to_string();
        assert!(ours.starts_with(bootstrap["signatures"][metric.name()].as_str().unwrap()), "{ours}");
    }
}

#[test]
fn overlaps_equal_rouge_score() {
    let expected = expected();
    for (index, (hypothesis, reference)) in pairs(&expected).iter().enumerate() {
        for rouge in [Rouge::ONE, Rouge::TWO, Rouge::L] {
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
    let score = Rouge::ONE.corpus(&["a b c d", "x"], &["a b y z", "x"]).unwrap();
    assert_eq!(score.to_string(), "75.00 (P = 75.00 R = 75.00)");
}

#[test]
fn systems_score_as_sacrebleu_says() {
    let Systems { references, systems, .. } = systems();
    assert!(systems.len() >= 20);
    for system in &systems {
        for metric in sacrebleu_metrics() {
            let ours = metric.corpus(&strs(&system.lines), &strs(&references)).unwrap().value;
            let theirs = system.scores[metric.name()].as_str().unwrap();
            assert_eq!(format!("{ours:.4}"), theirs, "{} of {}", metric.name(), system.name);
        }
    }
}

#[test]
fn systems_are_resampled_and_compared_as_sacrebleu_does() {
    let Systems { references, systems, bootstrap } = systems();
    for metric in sacrebleu_metrics() {
        let resampled: Vec<Resampled> = systems.iter().map(|s| resample(&*metric, s, &references)).collect();
        let name = metric.name();
        for (index, (system, ours)) in systems.iter().zip(&resampled).enumerate() {
            let theirs = &bootstrap[&name][index];
            for (key, ours) in [("mean", ours.mean()), ("interval", ours.interval())] {
                let theirs = theirs[key].as_f64().unwrap();
                assert!((ours - theirs).abs() < 5e-4, "{key} of {name}, {}: {ours} {theirs}", system.name);
            }
            if let Some(theirs) = theirs["p"].as_f64() {
                let p = ours.p_value(&resampled[0]).unwrap();
                assert_eq!(format!("{p:.4}"), format!("{theirs:.4}"), "p of {name}, {}", system.name);
            }
        }
    }
}

fn resample(metric: &dyn Metric, system: &System, references: &[String]) -> Resampled {
    let pairs = system.lines.iter().zip(references);
    let statistics: Vec<Statistics> = pairs.map(|(h, r)| metric.statistics(h, r)).collect();
    Resampled::new(metric, statistics).unwrap()
}

/// Precision, recall and F1 of single lines, and of summaries of three, with the stemmer and without.
#[test]
fn systems_overlap_as_rouge_score_says() {
    let Systems { references, systems, .. } = systems();
    let rouges = [Rouge::ONE, Rouge::TWO, Rouge::L, Rouge::LSUM];
    for system in &systems {
        for (kind, size) in [("lines", 1), ("summaries", 3)] {
            let joined = |lines: &[String]| lines.chunks(size).map(|c| c.join("\n")).collect::<Vec<_>>();
            let pairs: Vec<_> = joined(&system.lines).into_iter().zip(joined(&references)).collect();
            for (rouge, expected) in rouges
                .map(|rouge| (rouge, &system.rouge))
                .into_iter()
                .chain(rouges.map(|rouge| (rouge.stemmed(), &system.rouge_stemmed)))
            {
                let theirs: [f64; 3] = serde_json::from_value(expected[kind][rouge.name()].clone()).unwrap();
                let mut ours = [0.0; 3];
                for (hypothesis, reference) in &pairs {
                    let overlap = rouge.overlap(hypothesis, reference);
                    for (sum, value) in ours.iter_mut().zip([overlap.precision, overlap.recall, overlap.f1]) {
                        *sum += 100.0 * value / pairs.len() as f64;
                    }
                }
                for (ours, theirs) in ours.iter().zip(theirs) {
                    let what = format!("{} of {kind} of {}", rouge.signature(), system.name);
                    assert!((ours - theirs).abs() < 1e-5, "{} {what}: {ours} {theirs}", rouge.name());
                }
            }
        }
    }
}
