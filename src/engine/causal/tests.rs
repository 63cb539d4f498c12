//! The scheduler on a tiny random model, whose texts are nonsense but always the same.

use std::path::PathBuf;

use super::*;
use crate::engine::Finish;
use crate::lang::{Lang, LangPair};
use crate::plan::{Decoding, Wording};

const OPTIONS: Options = Options {
    device: crate::engine::Device::Cpu,
    threads: 1,
    max_rows: 16,
    context: 8192,
    step_tokens: 128,
    kv_bytes: 160 << 20,
    full_vocabulary: false,
    speculate: true,
};

fn fixture() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models/qwen2.gguf")
}

fn engine(options: Options) -> CausalEngine {
    let gguf = Gguf::open(&fixture()).unwrap();
    CausalEngine::load(gguf, Profile::named("chatml").unwrap(), options).unwrap()
}

fn request(text: &str, max_tokens: usize, decoding: Decoding) -> Request {
    Request { task: task(text, Lang::EN), decoding, max_tokens }
}

fn task(text: &str, target: Lang) -> Task {
    Task::Translate {
        pair: LangPair { source: Lang::DE, target },
        text: text.into(),
        terms: Vec::new(),
        formality: None,
        wording: Wording::Plain,
    }
}

/// Seven requests of different lengths and ways of decoding.
fn requests() -> Vec<Request> {
    let texts = [
        "Ja.",
        "Die alte Brücke",
        "Am Morgen fuhren die Züge wieder.",
        "a",
        "1897",
        "Straße",
        "Fluss und Stadt",
    ];
    let decoding = |i: usize| match i % 3 {
        0 => Decoding::Greedy,
        _ => Decoding::Sample { temperature: 0.8, top_p: 0.9, seed: i as u64 },
    };
    texts.iter().enumerate().map(|(i, text)| request(text, 3 + 5 * i, decoding(i))).collect()
}

fn go_on(_: Event<'_>) -> Flow {
    Flow::Continue
}

fn assert_same(a: &[Hypothesis], b: &[Hypothesis]) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert_eq!((&a.text, a.tokens, a.finish), (&b.text, b.tokens, b.finish));
        assert!((a.logprob.unwrap() - b.logprob.unwrap()).abs() < 1e-4);
    }
}

#[test]
fn a_result_does_not_depend_on_rows_steps_memory_or_earlier_runs() {
    let requests = requests();
    let together = engine(OPTIONS).run(&requests, &mut go_on).unwrap();
    let alone: Vec<Hypothesis> = requests
        .iter()
        .flat_map(|r| engine(OPTIONS).run(std::slice::from_ref(r), &mut go_on).unwrap())
        .collect();
    assert_same(&together, &alone);
    for options in [
        Options { max_rows: 1, ..OPTIONS },
        Options { max_rows: 3, step_tokens: 5, ..OPTIONS },
        Options { kv_bytes: 0, ..OPTIONS },
        Options { threads: 2, step_tokens: 0, ..OPTIONS },
    ] {
        let mut engine = engine(options);
        assert_same(&engine.run(&requests, &mut go_on).unwrap(), &together);
        assert_same(&engine.run(&requests[2..], &mut go_on).unwrap(), &together[2..]);
        assert_same(&engine.run(&requests[..1], &mut go_on).unwrap(), &together[..1]);
    }
}

#[test]
fn the_prompt_of_several_answers_is_read_once() {
    let text = "Am Morgen fuhren die Züge wieder über die alte Brücke.";
    let sample = |seed| Decoding::Sample { temperature: 0.8, top_p: 0.9, seed };
    let mut requests = vec![request("Ja.", 8, Decoding::Greedy), request(text, 12, Decoding::Greedy)];
    let prefilled = |requests: &[Request]| {
        let mut count = 0;
        let results = engine(OPTIONS).run(requests, &mut |event| {
            if let Event::Prefilled { tokens } = event {
                count += tokens;
            }
            Flow::Continue
        });
        (results.unwrap(), count)
    };
    let (_, once) = prefilled(&requests);
    requests.extend((0..4).map(|seed| request(text, 12, sample(seed))));
    let (together, count) = prefilled(&requests);
    assert_eq!(count, once + 4, "one token for each further answer");
    for (request, hypothesis) in requests.iter().zip(&together) {
        let alone = engine(OPTIONS).run(std::slice::from_ref(request), &mut go_on).unwrap();
        assert_same(&alone, std::slice::from_ref(hypothesis));
    }
}

/// What prompts of the same wording begin with is read once, however many wordings stand side by side.
#[test]
fn each_wording_has_a_beginning_of_its_own() {
    let mut engine = engine(OPTIONS);
    let mut worded = requests();
    for (number, request) in worded.iter_mut().enumerate() {
        if let (Task::Translate { wording, .. }, 1..) = (&mut request.task, number % 3) {
            *wording = [Wording::Free, Wording::Strict][number % 3 - 1];
        }
    }
    let mut read = 0;
    let together = engine.run(&worded, &mut |event| {
        if let Event::Prefilled { tokens } = event {
            read += tokens;
        }
        Flow::Continue
    });
    let together = together.unwrap();
    let prompts: usize = worded.iter().map(|request| engine.encode(&request.task).unwrap().len()).sum();
    let spared = |(wording, prefix): (&Wording, &Prefix)| {
        assert!(prefix.tokens.len() > 10, "{wording:?}");
        let of =
            |request: &&Request| matches!(&request.task, Task::Translate { wording: w, .. } if w == wording);
        prefix.tokens.len() * (worded.iter().filter(of).count() - 1)
    };
    assert_eq!(engine.prefixes.len(), 3);
    assert_eq!(read, prompts - engine.prefixes.iter().map(spared).sum::<usize>());
    let alone: Vec<Hypothesis> = worded
        .iter()
        .flat_map(|r| self::engine(OPTIONS).run(std::slice::from_ref(r), &mut go_on).unwrap())
        .collect();
    assert_same(&together, &alone);
}

#[test]
fn a_given_answer_is_weighed_as_the_model_alone_weighs_it() {
    let answer = "Am Morgen fuhren die Züge, am Abend fuhren die Züge.";
    let forced = |text| request(text, 1, Decoding::Forced { answer: answer.into() });
    let options = Options { full_vocabulary: true, ..OPTIONS };
    let engine_of_all = engine(options);
    let mut tokens = engine_of_all.encode(&forced("Die alte Brücke").task).unwrap();
    let prompt = tokens.len();
    tokens.extend(engine_of_all.tokenizer().encode(answer).unwrap());
    let decoder = engine_of_all.decoder();
    let mut slots = decoder.slots();
    let row = Row { slot: slots.alloc(), tokens: &tokens, wanted: prompt - 1..tokens.len() - 1 };
    let (hidden, mut logits) = (decoder.step(&mut slots, &[row]).unwrap(), Vec::new());
    decoder.head(&hidden, &mut logits).unwrap();
    let logprob = |(logits, &token): (&[f32], &u32)| {
        let sum: f64 = logits.iter().map(|x| f64::from(*x).exp()).sum();
        f64::from(logits[token as usize]) - sum.ln()
    };
    let rows = logits.chunks_exact(decoder.vocab_size()).zip(&tokens[prompt..]);
    let mean = rows.map(logprob).sum::<f64>() / (tokens.len() - prompt) as f64;

    let requests = [request("Ja.", 9, Decoding::Greedy), forced("Die alte Brücke"), forced("Straße")];
    let together = engine(options).run(&requests, &mut go_on).unwrap();
    let Hypothesis { text, tokens: count, logprob, finish } = &together[1];
    assert_eq!((text.as_str(), *count, *finish), (answer, tokens.len() - prompt, Finish::Stop));
    assert!((logprob.unwrap() - mean).abs() < 1e-4, "{logprob:?} {mean}");
    for options in [Options { step_tokens: 5, ..options }, Options { max_rows: 1, step_tokens: 0, ..options }]
    {
        assert_same(&engine(options).run(&requests, &mut go_on).unwrap(), &together);
    }
    // Among fewer tokens each is more probable.
    let restricted = engine(OPTIONS).run(&requests, &mut go_on).unwrap();
    assert!(restricted[1].logprob > *logprob);
}

/// Requests whose answers repeat what their prompts say, as the texts of a random model do in any case.
#[test]
fn speculation_changes_nothing_but_the_number_of_steps() {
    let text = "Am Morgen fuhren die Züge wieder. ".repeat(4);
    let mut requests = requests();
    requests.push(request(&text, 60, Decoding::Greedy));
    requests.push(request(&text, 60, Decoding::Sample { temperature: 0.2, top_p: 0.5, seed: 3 }));
    let mut steps = [0, 0];
    for max_rows in [1, 2, 16] {
        let mut answers = |speculate| {
            let mut engine = engine(Options { max_rows, speculate, ..OPTIONS });
            let count = &mut steps[usize::from(speculate)];
            let results = engine.run(&requests, &mut |event| {
                *count += usize::from(matches!(event, Event::Decoded { .. }));
                Flow::Continue
            });
            assert_eq!(
                engine.slots.len(engine.prefixes[&Wording::Plain].slot).unwrap(),
                engine.prefixes[&Wording::Plain].tokens.len()
            );
            results.unwrap()
        };
        // To the last bit of the probabilities.
        assert_eq!(answers(true), answers(false), "{max_rows} rows");
    }
    assert!(steps[1] < steps[0], "{steps:?}");
}

/// A position's hidden state is the same to the last bit, whatever is read beside it.
#[test]
fn a_position_is_computed_alike_alone_and_among_others() {
    for name in ["qwen2", "llama", "gemma3", "hunyuan-dense", "qwen3"] {
        let path = fixture().with_file_name(format!("{name}.gguf"));
        let Ok(gguf) = Gguf::open(&path) else { panic!("{}", path.display()) };
        let decoder = Decoder::load(gguf, 2).unwrap();
        let tokens: Vec<u32> = (0..90).map(|i| (i * 31 + 7) % decoder.vocab_size() as u32).collect();
        let read = |parts: &[usize]| {
            let mut slots = decoder.slots();
            let slot = slots.alloc();
            let (mut hidden, mut from) = (Vec::new(), 0);
            for &count in parts {
                let row = Row { slot, tokens: &tokens[from..from + count], wanted: 0..count };
                hidden.extend(decoder.step(&mut slots, &[row]).unwrap());
                from += count;
            }
            let mut logits = Vec::new();
            decoder.head(&hidden, &mut logits).unwrap();
            logits.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        };
        let alone = read(&[1; 90]);
        assert!(alone == read(&[60, 1, 8, 5, 16]), "{name}");
        assert!(alone == read(&[3, 87]), "{name}");
    }
}

#[test]
fn the_order_of_the_head_does_not_show() {
    let decoder = Decoder::load(Gguf::open(&fixture()).unwrap(), 1).unwrap();
    let vocab = decoder.vocab_size() as u32;
    let order = (0..vocab).rev().collect();
    let reversed = Decoder::load_with(Gguf::open(&fixture()).unwrap(), 1, Device::Cpu, Some(order)).unwrap();
    let logits = |decoder: &Decoder| {
        let mut slots = decoder.slots();
        let slot = slots.alloc();
        let row = Row { slot, tokens: &[5, 300, 17], wanted: 0..3 };
        let hidden = decoder.step(&mut slots, &[row]).unwrap();
        let mut logits = Vec::new();
        decoder.head(&hidden, &mut logits).unwrap();
        logits
    };
    assert_eq!(logits(&decoder), logits(&reversed));
}

/// For a language whose script is not known nothing is left out.
#[test]
fn an_answer_from_all_rows_is_that_of_the_full_vocabulary() {
    let cherokee = Lang::parse("chr").unwrap();
    let mut requests = requests();
    for request in &mut requests {
        if let Task::Translate { pair, .. } = &mut request.task {
            pair.target = cherokee.clone();
        }
        // A draw goes through the candidates in the order of the head where they are equally likely.
        request.decoding = Decoding::Greedy;
    }
    let ordered = engine(OPTIONS).run(&requests, &mut go_on).unwrap();
    let full = engine(Options { full_vocabulary: true, ..OPTIONS }).run(&requests, &mut go_on).unwrap();
    assert_same(&ordered, &full);
}

#[test]
fn a_restricted_answer_holds_what_its_language_and_its_source_need() {
    let russian = Lang::parse("ru").unwrap();
    let mut engine = engine(OPTIONS);
    let mut written = |target: &Lang, text: &str| {
        let sample = Decoding::Sample { temperature: 50.0, top_p: 1.0, seed: 5 };
        let requests =
            vec![Request { task: task(text, target.clone()), decoding: sample, max_tokens: 200 }; 2];
        engine.run(&requests, &mut go_on).unwrap().remove(0).text
    };
    let foreign = |text: &str, lang: &Lang| {
        let alphabet = crate::lang::Alphabet::of(lang).unwrap();
        text.chars().filter(|&c| c != char::REPLACEMENT_CHARACTER && !alphabet.contains(c)).count()
    };
    let (english, in_russian) = (written(&Lang::EN, "Ja."), written(&russian, "Ja."));
    assert_eq!(foreign(&english, &Lang::EN), 0, "{english}");
    assert_eq!(foreign(&in_russian, &russian), 0, "{in_russian}");
    let mut free = self::engine(Options { full_vocabulary: true, ..OPTIONS });
    let requests = [Request {
        task: Task::Translate {
            pair: LangPair { source: Lang::DE, target: Lang::EN },
            text: "Ja.".into(),
            terms: Vec::new(),
            formality: None,
            wording: Wording::Plain,
        },
        decoding: Decoding::Sample { temperature: 50.0, top_p: 1.0, seed: 5 },
        max_tokens: 200,
    }];
    let anything = free.run(&requests, &mut go_on).unwrap().remove(0).text;
    assert!(
        foreign(&anything, &Lang::EN) > 0 || anything.contains(char::REPLACEMENT_CHARACTER),
        "{anything}"
    );
}

#[test]
fn a_word_that_a_glossary_translates_cannot_come_out_again() {
    let mut engine = engine(OPTIONS);
    let token_of = |word: &&str| match engine.tokenizer().encode(&format!(" {word}")).unwrap()[..] {
        [token] => Some((word.to_string(), token)),
        _ => None,
    };
    let (word, token) = ["und", "die", "der", "in", "an", "a", "b"].iter().find_map(token_of).unwrap();
    let mut may_write = |source: &str, target: &str, decoding| {
        let mut request = request("Ja und nein.", 4, decoding);
        if let Task::Translate { terms, .. } = &mut request.task {
            terms.push(Term { source: source.into(), target: target.into() });
        }
        let prompts = engine.prompts(&[request]).unwrap();
        let row = engine.restriction.as_ref().and_then(|restriction| restriction.row(token)).unwrap();
        prompts[0].head_rows.index(row).is_some()
    };
    assert!(!may_write(&word, "something else", Decoding::Greedy));
    assert!(may_write(&word, &format!("else, {word}"), Decoding::Greedy), "its translation has it");
    let given = Decoding::Forced { answer: format!("Ja {word} nein.") };
    assert!(may_write(&word, "something else", given), "the answer has it");
}

#[test]
fn every_request_is_announced_once_and_every_token_counted() {
    let requests = requests();
    let mut engine = engine(Options { max_rows: 2, ..OPTIONS });
    let (mut read, mut made, mut seen) = (0, 0, vec![0; requests.len()]);
    let results = engine.run(&requests, &mut |event| {
        match event {
            Event::Prefilled { tokens } => read += tokens,
            Event::Decoded { tokens } => made += tokens,
            Event::Finished { index, .. } => seen[index] += 1,
        }
        Flow::Continue
    });
    let results = results.unwrap();
    assert_eq!(seen, vec![1; requests.len()]);
    let prompts: Vec<usize> = requests.iter().map(|r| engine.encode(&r.task).unwrap().len()).collect();
    let prefix = engine.prefixes[&Wording::Plain].tokens.len();
    assert!(prefix > 10, "the prompts begin alike");
    assert_eq!(read, prefix + prompts.iter().map(|len| len - prefix).sum::<usize>());
    assert!(made >= results.iter().map(|h| h.tokens).sum::<usize>());
    for (request, result) in requests.iter().zip(&results) {
        assert!(result.tokens <= request.max_tokens);
        assert!(result.finish != Finish::Length || result.tokens == request.max_tokens);
        assert!(result.logprob.unwrap() < 0.0);
    }
}

#[test]
fn a_stop_ends_the_run_and_leaves_the_engine_usable() {
    let requests = requests();
    let mut engine = engine(OPTIONS);
    for after in 0..6 {
        let mut events = 0;
        let error = engine.run(&requests, &mut |_| {
            events += 1;
            if events > after { Flow::Stop } else { Flow::Continue }
        });
        assert!(error.unwrap_err().is_interrupted());
    }
    let fresh = self::engine(OPTIONS).run(&requests, &mut go_on).unwrap();
    assert_same(&engine.run(&requests, &mut go_on).unwrap(), &fresh);
    for (_, prefix) in std::mem::take(&mut engine.prefixes) {
        engine.slots.free(prefix.slot);
    }
    assert!(engine.slots.is_empty(), "every slot was given back");
}

#[test]
fn what_exceeds_the_context_is_refused_before_anything_is_computed() {
    let mut engine = engine(Options { context: 64, ..OPTIONS });
    assert_eq!(engine.context(), 64);
    let long = request(&"Brücke ".repeat(40), 10, Decoding::Greedy);
    let error = engine.run(&[requests().remove(0), long], &mut |_| panic!("nothing happens")).unwrap_err();
    assert!(error.to_string().contains("context of 64"), "{error}");
    assert!(error.next_step().is_some());
}

#[test]
fn no_requests_and_no_tokens_are_no_trouble() {
    let mut engine = engine(OPTIONS);
    assert_eq!(engine.run(&[], &mut go_on).unwrap(), []);
    let none = engine.run(&[request("a", 0, Decoding::Greedy)], &mut go_on).unwrap().remove(0);
    assert_eq!((none.text.as_str(), none.tokens, none.logprob, none.finish), ("", 0, None, Finish::Length));
}

#[test]
fn a_profile_of_another_family_is_refused() {
    let gguf = Gguf::open(&fixture()).unwrap();
    let error = CausalEngine::load(gguf, Profile::named("gemma3").unwrap(), OPTIONS).err().unwrap();
    assert_eq!(error.exit_code(), 4);
    assert!(error.next_step().is_some_and(|hint| hint.contains("gemma3")));
}

#[test]
fn weights_that_are_no_numbers_are_found() {
    let bytes = std::fs::read(fixture()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    for (name, value) in [
        ("token_embd.weight", f32::NAN),
        ("blk.0.attn_q.weight", f32::NAN),
        ("blk.1.attn_v.bias", f32::INFINITY),
        ("blk.0.ffn_gate.weight", f32::INFINITY),
        ("blk.1.ffn_down.weight", f32::NAN),
        ("output_norm.weight", f32::NAN),
    ] {
        let mut damaged = bytes.clone();
        let gguf = Gguf::open(&fixture()).unwrap();
        let data = gguf.tensor(name).unwrap().data;
        let at = bytes.windows(data.len()).position(|window| window == data).unwrap();
        for number in damaged[at..at + data.len()].chunks_exact_mut(4) {
            number.copy_from_slice(&value.to_le_bytes());
        }
        let path = dir.path().join("damaged.gguf");
        std::fs::write(&path, damaged).unwrap();
        let gguf = Gguf::open(&path).unwrap();
        let mut engine = CausalEngine::load(gguf, Profile::named("chatml").unwrap(), OPTIONS).unwrap();
        let error = engine.run(&requests(), &mut go_on).unwrap_err();
        assert_eq!(error.exit_code(), 4, "{name}: {error}");
        assert!(error.to_string().contains("damaged.gguf gives no usable numbers"), "{name}: {error}");
    }
}

#[test]
fn the_estimate_covers_weights_and_keys_and_values() {
    let gguf = Gguf::open(&fixture()).unwrap();
    let file = std::fs::metadata(fixture()).unwrap().len();
    let small = CausalEngine::estimate(&gguf, Options { kv_bytes: 0, context: 1, ..OPTIONS }).unwrap();
    let large = CausalEngine::estimate(&gguf, Options { kv_bytes: 1 << 30, ..OPTIONS }).unwrap();
    assert!(small > file / 2, "{small} {file}");
    assert!(large > small + (1 << 30) - (1 << 20));
}
