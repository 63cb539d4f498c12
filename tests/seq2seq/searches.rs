//! What a search can be asked for beyond what transformers does, and what it must not depend on.

use diglot::engine::Flow;
use diglot::engine::search::{SearchEvent, SearchOptions, Source};
use diglot::engine::seq2seq::{Precision, Seq2Seq};
use diglot::plan::Decoding;
use serde_json::json;

use super::models::{Batch, MODELS, expected, folder, generate, load};

#[test]
fn phrases_are_written_where_they_fit() {
    for name in MODELS {
        let model = load(name, Precision::F32);
        let mut expected = expected(name);
        let batch = expected.batches.remove(0);
        let options = SearchOptions { beams: 8, max_length: 24, ..batch.options(&folder(name)) };
        let free = generate(&model, &batch.sources(), &options);
        let phrases = vec![vec![vec![11, 12, 11], vec![13, 14]], vec![vec![15]]];
        let sources: Vec<Source> =
            batch.sources().into_iter().map(|source| Source { phrases: phrases.clone(), ..source }).collect();
        for (found, free) in generate(&model, &sources, &options).iter().zip(&free) {
            for beam in found {
                let place = |way: &[u32]| beam.tokens.windows(way.len()).position(|window| window == way);
                let first = place(&[11, 12, 11]).or(place(&[13, 14]));
                assert!(first.is_some() && place(&[15]).is_some(), "{name}: {:?}", beam.tokens);
            }
            assert!(found[0].score <= free[0].score + 1e-4, "{name}: better than without a demand");
        }
        // What would be written anyway stays where it is, where outputs end by themselves and are not cut.
        if !name.starts_with("marian") {
            continue;
        }
        let own = batch.sources().into_iter().zip(&free).map(|(source, free)| {
            let tokens = &free[0].tokens;
            Source {
                phrases: vec![vec![tokens[tokens.len() / 2..].iter().take(2).copied().collect()]],
                ..source
            }
        });
        let own: Vec<Source> = own.collect();
        let same = generate(&model, &own, &options);
        let kept = same.iter().zip(&free).filter(|(own, free)| own[0].tokens == free[0].tokens).count();
        assert!(kept * 10 >= own.len() * 9, "{name}: {kept} of {}", own.len());
    }
}

/// All batches' sources in one search, with few places, so that sources wait and take over the places of others.
#[test]
fn outputs_do_not_depend_on_the_sources_beside_them() {
    for name in ["marian", "t5"] {
        let (model, expected) = (load(name, Precision::F32), expected(name));
        let plain: Vec<&Batch> = expected.batches.iter().step_by(6).collect();
        assert!(plain.iter().all(|batch| batch.settings == json!({})));
        let sources: Vec<Source> = plain.iter().flat_map(|batch| batch.sources()).collect();
        for max_rows in [1, 20, 0] {
            let options = SearchOptions { max_rows, ..plain[0].options(&folder(name)) };
            let found = generate(&model, &sources, &options);
            let expected = plain.iter().flat_map(|batch| &batch.beams);
            for (found, expected) in found.iter().zip(expected) {
                assert_eq!(found[0].tokens, expected[0].tokens, "{name}, {max_rows} rows");
            }
        }
    }
}

#[test]
fn outputs_are_the_same_whatever_the_number_of_threads() {
    for name in ["marian", "t5"] {
        let sources: Vec<Source> = expected(name).batches.iter().flat_map(|batch| batch.sources()).collect();
        let options = SearchOptions { n_best: 2, ..SearchOptions::of_folder(&folder(name)).unwrap() };
        for beams in [2, 4] {
            let options = SearchOptions { beams, ..options.clone() };
            let with = |threads| {
                let model = Seq2Seq::load(&folder(name), Precision::Int8, threads).unwrap();
                generate(&model, &sources, &options)
            };
            let alone = with(1);
            assert!(alone.len() > 100);
            for threads in [2, 3] {
                assert_eq!(with(threads), alone, "{name}, {beams} beams, {threads} threads");
            }
        }
    }
}

#[test]
fn a_source_may_have_settings_of_its_own() {
    let model = load("m2m100", Precision::F32);
    let options = SearchOptions::of_folder(&folder("m2m100")).unwrap();
    assert_eq!((options.beams, options.start, options.forced_bos, options.max_length), (4, 2, Some(90), 20));
    let plain = Source::from(vec![5, 8, 13, 2]);
    let own = Source { start: Some(7), forced_bos: Some(33), max_length: Some(6), ..plain.clone() };
    let found = generate(&model, &[plain.clone(), own, plain], &options);
    assert_eq!(found[0], found[2]);
    assert_eq!(found[0][0].tokens[0], 90);
    assert_eq!(found[1][0].tokens[0], 33);
    assert!(found[1][0].tokens.len() <= 5);
}

#[test]
fn drawn_outputs_come_again_with_their_seed() {
    let model = load("bart", Precision::Int8);
    let sources: Vec<Source> = (0..6).map(|_| Source::from(vec![5, 8, 13, 2])).collect();
    let drawn = |seed| {
        let decoding = Decoding::Sample { temperature: 1.5, top_p: 0.95, seed };
        let options = SearchOptions::of_folder(&folder("bart")).unwrap();
        generate(&model, &sources, &SearchOptions { beams: 1, decoding, ..options })
    };
    assert_eq!(drawn(3), drawn(3));
    assert_ne!(drawn(3), drawn(4));
    assert_ne!(drawn(3)[0], drawn(3)[1], "each source has its own");
    assert!(drawn(3).iter().all(|beams| beams[0].tokens[0] == 0 && beams[0].logprob < 0.0));
}

#[test]
fn progress_is_told_and_a_search_can_be_stopped() {
    let model = load("marian", Precision::Int8);
    let options = SearchOptions::of_folder(&folder("marian")).unwrap();
    let sources: Vec<Source> = (3..13).map(|i| Source::from(vec![i, i + 1, 0])).collect();
    let (mut encoded, mut finished, mut steps) = (0, Vec::new(), 0);
    let found = model
        .generate(&sources, &options, &mut |event| {
            match event {
                SearchEvent::Encoded { tokens } => encoded += tokens,
                SearchEvent::Decoded { .. } => steps += 1,
                SearchEvent::Finished { index, beams } => finished.push((index, beams.to_vec())),
            }
            Flow::Continue
        })
        .unwrap();
    finished.sort_by_key(|(index, _)| *index);
    assert_eq!(encoded, 30);
    assert!(steps > 2);
    assert_eq!(finished.into_iter().map(|(_, beams)| beams).collect::<Vec<_>>(), found);
    let error = model.generate(&sources, &options, &mut |_| Flow::Stop).unwrap_err();
    assert!(error.is_interrupted());
}
