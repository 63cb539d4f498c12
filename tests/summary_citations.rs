//! Citations that a person judged: sentences of the default model's summaries, and whether the passages that they
//! cited say the same (`tests/data/summaries/citations.tsv`). The file keeps sentences of earlier versions too, which fail
//! more often: what is counted here is what the rules of grounding make of all of them.
//!
//! ```text
//! cargo test --release --test summary_citations -- --nocapture
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use diglot::Lang;
use diglot::document::Document;
use diglot::segment::segment;
use diglot::summarize::{Passage, ground};

/// The least share in percent of the citations that support, and of the supported sentences that cite.
const LEAST: [f64; 2] = [87.0, 95.0];

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/summaries")
}

/// Whether a sentence about an article cites anything.
fn is_cited(article: &str, sentence: &str) -> bool {
    let document = Document::read(data().join("articles").join(article).with_extension("txt"), None).unwrap();
    let segments = segment(&document, &Lang::DE);
    let passages: Vec<Passage<'_>> = segments
        .iter()
        .map(|segment| Passage {
            id: segment.id,
            block: segment.block,
            text: &document.text[segment.range.clone()],
        })
        .collect();
    !ground(sentence, &passages, &Lang::DE).sources.is_empty()
}

#[test]
fn citations_support_what_cites_them() {
    let file = fs::read_to_string(data().join("citations.tsv")).unwrap();
    // Sentences that cite, and all: of those without support, and of those with it.
    let mut counts = [[0_usize; 2]; 2];
    for row in file.lines().skip(1) {
        let [article, sentence, _, supported] =
            row.split('\t').collect::<Vec<_>>().try_into().expect("four columns");
        let supported = supported == "yes";
        let cites = is_cited(article, sentence);
        if cites != supported {
            println!("{}\t{article}\t{sentence}", if supported { "lost" } else { "unsupported" });
        }
        let count = &mut counts[usize::from(supported)];
        count[0] += usize::from(cites);
        count[1] += 1;
    }
    let [[wrong, _], [right, supported]] = counts;
    let precision = 100.0 * right as f64 / (wrong + right) as f64;
    let kept = 100.0 * right as f64 / supported as f64;
    println!("{right} of {} citations support ({precision:.1} %)", wrong + right);
    println!("{right} of {supported} supported sentences cite ({kept:.1} %)");
    assert!(precision >= LEAST[0] && kept >= LEAST[1]);
}
