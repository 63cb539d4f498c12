//! How well a model keeps to a glossary, and whether the rest of its translations suffers: the same texts with and
//! without the terms, against references.
//!
//! ```text
//! cargo run --release --example glossary -- qwen2.5-1.5b.gguf [FOLDER FOR THE OUTPUTS]
//! ```

use std::path::Path;
use std::process::ExitCode;

use diglot::metrics::{Chrf, Metric};
use diglot::translate::Target;
use diglot::{
    Catalog, Compliance, Error, ErrorKind, Glossary, Lang, LangPair, LoadOptions, Model, ModelStore, Result,
    Translator,
};

const TERMS: &str = include_str!("../tests/data/glossary/terms.csv");
const SOURCES: &str = include_str!("../tests/data/glossary/sentences.de.txt");
const REFERENCES: &str = include_str!("../tests/data/glossary/sentences.en.txt");

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn run() -> Result<()> {
    let file = std::env::args().nth(1).ok_or_else(|| Error::usage("name a model file"))?;
    let model = load(&file)?;
    let glossary = Glossary::parse_csv("terms.csv", TERMS)?;
    let plain = Translator::new(&model, Lang::EN).from(Lang::DE);
    let without = translate("without", &plain, &glossary)?;
    let with = translate("with", &plain.glossary(glossary.clone()), &glossary)?;

    // Where both keep to the terms, the rest of the text is what differs.
    let keeps = |output: &str, source: &str| {
        let Compliance { found, kept } = glossary.compliance(&pair(), [(source, output)]);
        found == kept
    };
    let both: Vec<usize> = (0..with.len())
        .filter(|&line| [&without, &with].iter().all(|outputs| keeps(&outputs[line], lines(SOURCES)[line])))
        .collect();
    let chrf = |outputs: &[String]| -> Result<f64> {
        let outputs: Vec<&str> = both.iter().map(|&line| outputs[line].as_str()).collect();
        let references: Vec<&str> = both.iter().map(|&line| lines(REFERENCES)[line]).collect();
        Ok(Chrf::default().corpus(&outputs, &references)?.value)
    };
    let (before, after) = (chrf(&without)?, chrf(&with)?);
    println!("where both keep them ({} sentences): chrF {before:.2} without, {after:.2} with", both.len());
    Ok(())
}

fn translate(name: &str, translator: &Translator, glossary: &Glossary) -> Result<Vec<String>> {
    let (sources, references) = (lines(SOURCES), lines(REFERENCES));
    let targets = translator.translate_texts(&sources, &Lang::DE)?;
    let outputs: Vec<&str> = targets.iter().map(|target| target.text.as_str()).collect();
    let Compliance { found, kept } =
        glossary.compliance(&pair(), sources.iter().copied().zip(outputs.iter().copied()));
    let chrf = Chrf::default().corpus(&outputs, &references)?.value;
    let share = 100.0 * kept as f64 / found.max(1) as f64;
    println!("{name:>8}: {kept} of {found} terms kept ({share:.1} %), chrF {chrf:.2}");
    for (source, Target { text, flags, .. }) in sources.iter().zip(&targets) {
        for flag in flags {
            println!("          {source} | {text} | {}: {}", flag.kind.name(), flag.detail);
        }
    }
    if let Some(folder) = std::env::args().nth(2) {
        let path = Path::new(&folder).join(format!("{name}.txt"));
        std::fs::write(&path, outputs.join("\n"))
            .map_err(|e| Error::io(ErrorKind::Runtime, "write", &path, e))?;
    }
    Ok(targets.into_iter().map(|target| target.text).collect())
}

fn pair() -> LangPair {
    LangPair { source: Lang::DE, target: Lang::EN }
}

fn load(file: &str) -> Result<Model> {
    Model::load_file(&ModelStore::from_env()?, &Catalog::load()?, Path::new(file), &LoadOptions::default())
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}
