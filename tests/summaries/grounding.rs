//! Which passages support a sentence.

use diglot::summarize::{Grounding, ground};
use diglot::{FlagKind, Lang};

use super::article::{ARTICLE, passages};

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
fn a_sentence_may_need_several_passages() {
    let sentence =
        "Mayor Helen Ashdown expects power for 4,200 homes, but fishermen fear for the herring in the bay.";
    assert_eq!(
        ground(sentence, &passages(&ARTICLE), &Lang::EN),
        Grounding { sources: vec![2, 3], flags: vec![] }
    );
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
