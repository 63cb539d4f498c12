//! Summarises a German file in English and prints which segments carry each sentence.
//!
//! `cargo run --release --example summarize -- article.txt`

use diglot::{Catalog, Document, Lang, Length, LoadOptions, Model, ModelStore, Summarizer, Translator};

fn main() -> diglot::Result<()> {
    let file = std::env::args().nth(1).unwrap_or_else(|| "examples/articles/stadtwerke.de.txt".into());

    let catalog = Catalog::load()?;

    let store = ModelStore::from_env()?;
    let model = Model::load(&store, catalog.get("qwen2.5-coder-1.5b-instruct")?, &LoadOptions::default())?;
    let document = Document::read(&file, None)?;
    let bitext = Translator::new(&model, Lang::EN).translate(&document)?;
    let summary = Summarizer::new(&model).length(Length::Sentences(3)).summarize(&bitext)?;

    for sentence in &summary.sentences {
        println!("{}", sentence.text);
        for &id in &sentence.sources {
            println!("  {id}: {}", bitext.source(&bitext.units[id]));
        }
        if sentence.sources.is_empty() {
            println!("  no segment supports this");
        }
    }
    Ok(())
}
