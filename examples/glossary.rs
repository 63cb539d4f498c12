//! How well a model keeps to a glossary, and whether the rest of its translations suffers: the same texts with and
//! without the terms, against references.
//!
//! ```text
//! cargo run --release --example glossary -- qwen2.5-1.5b.gguf
//! ```

use std::path::Path;
use std::process::ExitCode;

use diglot::metrics::{Chrf, Metric};
use diglot::translate::Target;
use diglot::{Catalog, Error, Glossary, Lang, LangPair, LoadOptions, Model, ModelStore, Result, Translator};

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
    measure("without", &plain, &glossary)?;
    measure("with", &plain.glossary(glossary.clone()), &glossary)
}

fn measure(name: &str, translator: &Translator, glossary: &Glossary) -> Result<()> {
    let (sources, references) = (lines(SOURCES), lines(REFERENCES));
    let targets = translator.translate_texts(&sources, &Lang::DE)?;
    let outputs: Vec<&str> = targets.iter().map(|target| target.text.as_str()).collect();
    let pair = LangPair { source: Lang::DE, target: Lang::EN };
    let kept = glossary.compliance(&pair, sources.iter().copied().zip(outputs.iter().copied()));
    let chrf = Chrf::default().corpus(&outputs, &references)?.value;
    let share = 100.0 * kept.kept as f64 / kept.found.max(1) as f64;
    println!("{name:>8}: {} of {} terms kept ({share:.1} %), chrF {chrf:.2}", kept.kept, kept.found);
    for (source, Target { text, flags, .. }) in sources.iter().zip(&targets) {
        for flag in flags {
            println!("          {source} | {text} | {}: {}", flag.kind.name(), flag.detail);
        }
    }
    Ok(())
}

fn load(file: &str) -> Result<Model> {
    Model::load_file(&ModelStore::from_env()?, &Catalog::load()?, Path::new(file), &LoadOptions::default())
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}
