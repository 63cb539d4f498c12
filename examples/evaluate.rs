//! Scores translations, one on each line, and compares the first file with the others.
//!
//! `cargo run --release --example evaluate -- REFERENCE OURS [THEIRS...]`
//!
//! `diglot eval` does the same and more: it runs models, scores summaries, and writes a page.

use std::path::PathBuf;

use diglot::Error;
use diglot::eval::{Selection, Task, TestSet, evaluate};

fn main() -> diglot::Result<()> {
    let files: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [reference, outputs @ ..] = files.as_slice() else {
        return Err(Error::usage("name a file of references, then files of translations"));
    };
    let set = TestSet::lines(None, reference, Selection::default())?;
    let systems = outputs.iter().map(|path| set.system(path)).collect::<diglot::Result<Vec<_>>>()?;
    let report = evaluate(&set, Task::Translation, &systems)?;
    print!("{report}");

    let worst = report.segments.iter().min_by(|a, b| a.score.total_cmp(&b.score));
    if let Some(segment) = worst {
        println!(
            "\nThe worst segment is line {} ({:.1} {}).",
            segment.name, segment.score, report.segment_metric
        );
    }
    Ok(())
}
