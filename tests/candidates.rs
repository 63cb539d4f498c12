//! Several candidates for each text: how they are asked for, which one is taken, and what becomes of the others.

#[path = "support/rounds.rs"]
mod rounds;
#[path = "support/scripted.rs"]
mod scripted;

use diglot::engine::Hypothesis;
use diglot::plan::{Decoding, Request, Task, Wording};
use diglot::render::ModelInfo;
use diglot::translate::Quality;
use diglot::{Document, ErrorKind, Lang, LangPair, Model, Translator};
use rounds::{texts, translate_with};
use scripted::{Scripted, said, text_of};

const SOURCE: &str = "Der Bürgermeister eröffnete am Montag die neue Schule am Fluss.";
const GOOD: &str = "The mayor opened the new school by the river on Monday.";
/// Answers of one request each, in order; the last again and again. A source is so probable after a candidate, and so is
/// the candidate by itself.
fn in_turn<'a>(
    answers: &'a [&'a str],
    probable: impl Fn(&str) -> f64 + Send + 'a,
) -> impl FnMut(&Request) -> Hypothesis + Send + 'a {
    let mut asked = 0;
    move |request| match &request.decoding {
        Decoding::Forced { answer } => {
            let candidate =
                if matches!(request.task, Task::Write { .. }) { answer } else { text_of(request) };
            Hypothesis { logprob: Some(probable(candidate)), ..said(answer) }
        }
        _ => {
            asked += 1;
            said(answers[(asked - 1).min(answers.len() - 1)])
        }
    }
}

const ODD: &str = "On Monday a mayor inaugurated a school building at the stream.";

#[test]
fn of_several_candidates_the_one_most_like_the_others_is_taken() {
    let answers = || in_turn(&[ODD, ODD, GOOD], |_| -1.0);
    let outcome = translate_with(Quality::Best, &texts(&[SOURCE]), 4096, answers());
    assert_eq!((outcome.targets[0].text.as_str(), outcome.retries), (GOOD, 0));
    let again = translate_with(Quality::Best, &texts(&[SOURCE]), 4096, answers());
    assert_eq!((again.rounds, again.targets), (outcome.rounds, outcome.targets));
    let fast = translate_with(Quality::Fast, &texts(&[SOURCE]), 4096, answers());
    assert_eq!((fast.targets[0].text.as_str(), fast.rounds.len(), fast.rounds[0].len()), (ODD, 1, 1));
}

#[test]
fn candidates_are_asked_for_in_different_ways() {
    for quality in [Quality::Balanced, Quality::Best] {
        let outcome = translate_with(quality, &texts(&[SOURCE]), 4096, in_turn(&[ODD, GOOD], |_| -1.0));
        let asked = &outcome.rounds[0];
        assert!(matches!(asked[0].task, Task::Translate { wording: Wording::Plain, .. }));
        assert_eq!(asked[0].decoding, Decoding::Greedy);
        assert!(asked.iter().enumerate().all(|(i, request)| !asked[..i].contains(request)), "{quality:?}");
        let draws = |request: &Request| matches!(request.decoding, Decoding::Sample { .. });
        assert!(asked.iter().any(draws), "{quality:?}");
    }
}

#[test]
fn a_candidate_after_which_the_source_is_probable_is_taken() {
    let probable = |text: &str| if text == GOOD { -1.0 } else { -4.0 };
    let outcome =
        translate_with(Quality::Balanced, &texts(&[SOURCE]), 4096, in_turn(&[ODD, GOOD, ODD], probable));
    assert_eq!(outcome.targets[0].text, GOOD);
    let asked: Vec<_> = outcome.rounds[1].iter().map(|r| (&r.task, &r.decoding)).collect();
    for ((task, decoding), candidate) in asked.into_iter().zip([ODD, GOOD]) {
        let back = LangPair { source: Lang::EN, target: Lang::DE };
        assert_eq!(
            task,
            &Task::Translate {
                pair: back,
                text: candidate.into(),
                terms: Vec::new(),
                formality: None,
                wording: Wording::Plain
            }
        );
        assert_eq!(decoding, &Decoding::Forced { answer: SOURCE.into() });
    }
    assert_eq!(outcome.rounds[1].len(), 2, "each text once");
    // Candidates that agree need no second look.
    let agreed = translate_with(Quality::Best, &texts(&[SOURCE]), 4096, in_turn(&[GOOD], probable));
    assert_eq!((agreed.targets[0].text.as_str(), agreed.rounds.len()), (GOOD, 1));
}

const NEW_SCHOOL: &str = "The mayor opened the new school by the sea on Monday.";
const RIVER: &str = "The mayor opened the old school by the river on Monday.";

#[test]
fn the_best_quality_puts_candidates_together() {
    let translate = |quality, probable: fn(&str) -> f64| {
        translate_with(quality, &texts(&[SOURCE]), 4096, in_turn(&[NEW_SCHOOL, RIVER], probable))
    };
    let together = |text: &str| if text == GOOD { -0.5 } else { -3.0 };
    let outcome = translate(Quality::Best, together);
    let target = &outcome.targets[0];
    assert_eq!((target.text.as_str(), target.flags.len()), (GOOD, 0));
    let asked = |round: usize, text: &str| {
        let is_about = |request: &&Request| match &request.decoding {
            Decoding::Forced { answer } => answer == text || text_of(request) == text,
            _ => false,
        };
        outcome.rounds[round].iter().filter(is_about).count()
    };
    let rounds = (asked(1, GOOD), asked(2, GOOD), asked(3, GOOD), asked(4, GOOD), outcome.rounds.len());
    assert_eq!(
        rounds,
        (0, 1, 1, 1, 5),
        "its own probability, the source's after it, its own as a translation"
    );
    assert_eq!(target.logprob, Some(-3.0), "of the last answer, which is about the source");
    assert!(outcome.alternatives[0].iter().all(|other| [NEW_SCHOOL, RIVER].contains(&other.text.as_str())));
    // Where it explains the source no better, what a model wrote stays.
    let written = translate(Quality::Best, |text| if text == NEW_SCHOOL { -0.5 } else { -3.0 });
    assert_eq!(written.targets[0].text, NEW_SCHOOL);
    let balanced = translate(Quality::Balanced, together);
    assert!([NEW_SCHOOL, RIVER].contains(&balanced.targets[0].text.as_str()));
    assert_eq!(balanced.rounds.len(), 2);
}

#[test]
fn what_is_put_together_is_checked_like_any_answer() {
    let source = "Am 3. Mai 2021 kamen 40 Gäste aus Kiel.";
    let answers = ["40 guests came from Kiel on 3 May 2021.", "On 3 May 2021, 40 visitors came from Kiel."];
    let outcome = translate_with(Quality::Best, &texts(&[source]), 4096, in_turn(&answers, |_| -1.0));
    let fluent = outcome.rounds.iter().flatten().filter(|request| matches!(request.task, Task::Write { .. }));
    for request in fluent {
        let Decoding::Forced { answer } = &request.decoding else { panic!("{request:?}") };
        assert!(answer.contains("40") && answer.contains("2021"), "a number is lost: {answer}");
    }
    assert!(outcome.targets[0].flags.is_empty());
}

#[test]
fn without_probabilities_nothing_is_put_together() {
    let mut asked = 0;
    let outcome = translate_with(Quality::Best, &texts(&[SOURCE]), 4096, |request| {
        asked += 1;
        match &request.decoding {
            Decoding::Forced { answer } => Hypothesis { logprob: None, ..said(answer) },
            _ => said(if asked % 2 == 0 { NEW_SCHOOL } else { RIVER }),
        }
    });
    assert_eq!(outcome.rounds.len(), 2);
    assert!([NEW_SCHOOL, RIVER].contains(&outcome.targets[0].text.as_str()));
}

#[test]
fn a_faulty_candidate_loses_to_a_clean_one_however_many_there_are() {
    let sources = texts(&[SOURCE]);
    let outcome = translate_with(Quality::Best, &sources, 4096, in_turn(&[SOURCE, GOOD, SOURCE], |_| -1.0));
    assert_eq!((outcome.targets[0].text.as_str(), outcome.kinds(0)), (GOOD, vec![]));
    assert_eq!((outcome.rounds.len(), outcome.retries), (2, 0), "few without a fault: more are drawn");
    let mut asked = 0;
    let pool = outcome.rounds[0].len();
    let mended = translate_with(Quality::Best, &sources, 4096, |_| {
        asked += 1;
        if asked <= pool { said(SOURCE) } else { said(GOOD) }
    });
    assert_eq!((mended.targets[0].text.as_str(), mended.rounds.len()), (GOOD, 2));
    let draws = |request: &Request| matches!(request.decoding, Decoding::Sample { .. });
    assert!(mended.rounds[1].len() > 1 && mended.rounds[1].iter().all(draws), "{:?}", mended.rounds[1]);
    let retried = translate_with(Quality::Best, &sources, 4096, |_| said(SOURCE));
    assert_eq!(
        (retried.rounds.len(), retried.rounds[2].len(), retried.retries),
        (3, 1, 1),
        "a retry is one question"
    );
}

#[test]
fn what_was_not_chosen_is_an_alternative() {
    let probable = |text: &str| if text == GOOD { -1.0 } else { -4.0 };
    let translate = |quality, answers: &[&str]| {
        let outcome = translate_with(quality, &texts(&[SOURCE, "3"]), 4096, in_turn(answers, probable));
        let texts =
            |index: usize| outcome.alternatives[index].iter().map(|a| a.text.clone()).collect::<Vec<_>>();
        (outcome.targets[0].text.clone(), texts(0), texts(1))
    };
    let other = "The mayor opened the school on the river on Monday.";
    let (target, others, of_a_copy) = translate(Quality::Balanced, &[ODD, GOOD, other, ODD]);
    assert_eq!((target.as_str(), others.len(), of_a_copy.len()), (GOOD, 2, 0));
    assert!(others.iter().any(|text| text == other) && others.iter().any(|text| text == ODD), "{others:?}");
    // A faulty one is none.
    assert_eq!(translate(Quality::Balanced, &[ODD, SOURCE, GOOD, SOURCE]).1, [ODD]);
    assert_eq!(translate(Quality::Fast, &[GOOD]).1, [""; 0]);
}

#[test]
fn a_document_has_alternatives_where_the_quality_has_a_choice() {
    let info = ModelInfo { name: "scripted".into(), files: Vec::new(), unlisted: true };
    let engine = Scripted::new(in_turn(&[ODD, GOOD, ODD], |text| if text == GOOD { -1.0 } else { -4.0 }));
    let model = Model::from_engine(engine, info);
    let document = Document::decode("a.txt", SOURCE, None).unwrap();
    let translator = Translator::new(&model, Lang::EN).from(Lang::DE).alternatives(2);
    let bitext = translator.clone().quality(Quality::Balanced).translate(&document).unwrap();
    let unit = bitext.units.last().unwrap();
    let others: Vec<&str> = unit.alternatives.iter().map(|other| other.text.as_str()).collect();
    assert_eq!((unit.target.text.as_str(), others), (GOOD, vec![ODD]));
    let error = translator.translate(&document).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
}

#[test]
fn what_does_not_fit_a_prompt_is_not_weighed() {
    let (one, other) = ("No word of it. ".repeat(400), "Not a word of it. ".repeat(400));
    let answers = [one.as_str(), other.as_str()];
    let outcome = translate_with(Quality::Balanced, &texts(&[SOURCE]), 4096, in_turn(&answers, |_| -1.0));
    let is_forced = |request: &Request| matches!(request.decoding, Decoding::Forced { .. });
    assert!(!outcome.rounds.iter().flatten().any(is_forced));
    assert!(!outcome.targets[0].flags.is_empty());
}
