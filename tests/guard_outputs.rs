//! What the guards say of real translations: sentences of our own that three small models translated and a person
//! labelled, `tests/data/outputs.tsv`.
//!
//! ```text
//! cargo test --release --test guard_outputs -- --nocapture
//! ```

use diglot::translate::Guards;
use diglot::{FlagKind, Lang, LangPair};

/// A fault, the flags that name it, and the least share of such outputs in percent that are flagged at all.
const FAULTS: [(&str, &[FlagKind], f64); 9] = [
    ("loop", &[FlagKind::Loop], 90.0),
    ("untranslated", &[FlagKind::WrongLanguage, FlagKind::Echo], 90.0),
    ("number", &[FlagKind::Numbers], 95.0),
    ("name", &[FlagKind::Names], 30.0),
    ("quote", &[FlagKind::Quotes], 75.0),
    ("talk", &[FlagKind::Preamble, FlagKind::Refusal], 80.0),
    ("omission", &[FlagKind::LengthRatio, FlagKind::Truncated], 55.0),
    ("leftover", &[FlagKind::WrongLanguage, FlagKind::Echo], 20.0),
    ("mistranslation", &[], 20.0),
];

/// The least share of flagged outputs in percent that have a fault, and of flags that name one of the output's.
const PRECISION: [f64; 2] = [98.0, 65.0];

struct Output {
    model: String,
    labels: Vec<String>,
    flags: Vec<FlagKind>,
}

impl Output {
    fn has(&self, label: &str) -> bool {
        self.labels.iter().any(|other| other == label)
    }

    fn is_named(&self, flags: &[FlagKind]) -> bool {
        self.flags.iter().any(|flag| flags.contains(flag))
    }
}

#[test]
fn real_outputs_are_judged_as_a_person_judges_them() {
    let outputs = outputs();
    assert_eq!(outputs.len(), 300);
    let mut short = Vec::new();
    println!("{:<16} {:>6} {:>9} {:>9}", "fault", "number", "flagged", "named");
    for (fault, flags, least) in FAULTS {
        let faulty: Vec<&Output> = outputs.iter().filter(|output| output.has(fault)).collect();
        let flagged = share(&faulty, |output| !output.flags.is_empty());
        let named = share(&faulty, |output| output.is_named(flags));
        println!("{fault:<16} {:>6} {flagged:>7.1} % {named:>7.1} %", faulty.len());
        if flagged < least {
            short.push(fault.to_owned());
        }
    }
    let flagged: Vec<&Output> = outputs.iter().filter(|output| !output.flags.is_empty()).collect();
    let flags: Vec<(&Output, FlagKind)> =
        outputs.iter().flat_map(|output| output.flags.iter().map(move |flag| (output, *flag))).collect();
    let right = |(output, flag): &(&Output, FlagKind)| {
        FAULTS.iter().any(|(fault, flags, _)| flags.contains(flag) && output.has(fault))
    };
    let precision = [share(&flagged, |output| !output.has("good")), share(&flags, right)];
    println!("{} outputs are flagged, {:.1} % of them faulty", flagged.len(), precision[0]);
    println!("{} flags, {:.1} % of them name a fault of the output", flags.len(), precision[1]);
    for kind in FlagKind::ALL {
        let own: Vec<_> = flags.iter().filter(|(_, flag)| *flag == kind).collect();
        if !own.is_empty() {
            println!("  {:<16} {:>4} {:>7.1} %", kind.name(), own.len(), share(&own, |flag| right(flag)));
        }
    }
    let models = outputs.chunk_by(|a, b| a.model == b.model);
    for own in models {
        let own: Vec<&Output> = own.iter().collect();
        let good = share(&own, |output| output.has("good"));
        let flagged = share(&own, |output| !output.flags.is_empty());
        println!("{}: {good:.0} % good, {flagged:.0} % flagged", own[0].model);
    }
    let clean: Vec<&Output> = outputs.iter().filter(|output| output.has("good")).collect();
    println!(
        "{} good outputs, {:.1} % flagged",
        clean.len(),
        share(&clean, |output| !output.flags.is_empty())
    );
    assert!(short.is_empty(), "too few are seen of: {}", short.join(", "));
    assert!(precision[0] >= PRECISION[0] && precision[1] >= PRECISION[1], "{precision:?}");
}

fn share<T>(items: &[T], test: impl Fn(&T) -> bool) -> f64 {
    100.0 * items.iter().filter(|item| test(item)).count() as f64 / items.len().max(1) as f64
}

fn outputs() -> Vec<Output> {
    let file = include_str!("data/outputs.tsv");
    let rows = file.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| {
        let [model, pair, labels, source, output] =
            row.split('\t').collect::<Vec<_>>().try_into().expect("five columns");
        let (from, to) = pair.split_once('-').expect("two languages");
        let pair = LangPair { source: Lang::parse(from).unwrap(), target: Lang::parse(to).unwrap() };
        let flags = Guards::default().check(source, &output.replace("\\n", "\n"), &pair);
        Output {
            model: model.to_owned(),
            labels: labels.split(' ').map(str::to_owned).collect(),
            flags: flags.into_iter().map(|flag| flag.kind).collect(),
        }
    })
    .collect()
}
