//! Translates a file and prints the translation with its doubts.
//!
//! `cargo run --release --example translate -- article.txt en`

use diglot::{Catalog, Document, Lang, LoadOptions, Model, ModelStore, Translator};

fn main() -> diglot::Result<()> {
    let mut args = std::env::args().skip(1);
    let file = args.next().unwrap_or_else(|| "examples/articles/stadtwerke.de.txt".into());
    let target = Lang::parse(&args.next().unwrap_or_else(|| "en".into()))?;

    let catalog = Catalog::load()?;

    let store = ModelStore::from_env()?;
    let model = Model::load(&store, catalog.get("qwen2.5-coder-1.5b-instruct")?, &LoadOptions::default())?;
    let document = Document::read(&file, None)?;
    let bitext = Translator::new(&model, target).translate(&document)?;

    for unit in &bitext.units {
        println!("{}", bitext.source(unit));
        println!("  {}", unit.target.text);
        for flag in &unit.target.flags {
            println!("  check {}: {}", flag.kind.name(), flag.detail);
        }
    }
    Ok(())
}
