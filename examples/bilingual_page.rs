//! Writes a bilingual page from texts that are already there, without any model.
//!
//! ```text
//! cargo run --example bilingual_page > bilingual.html
//! ```

use std::io::{self, Write};

use diglot::assemble::Bitext;
use diglot::document::{Block, BlockKind, Document};
use diglot::render::{Article, Format, Layout, View, render};
use diglot::segment::{Segment, SegmentKind};
use diglot::summarize::{Method, Summary, SummarySentence};
use diglot::translate::Target;
use diglot::{Error, Flag, FlagKind, Lang, LangPair, Result};

const TEXT: &str = include_str!("articles/bibliothek.de.txt");

/// The blocks of the text, sentence by sentence, each with its translation. One translation holds the kind
/// of error that a model makes; the page shows it as doubtful.
const BLOCKS: [(BlockKind, &[(&str, &str)]); 4] = [
    (
        BlockKind::Title,
        &[
            ("NEUENWALDE, 12. September –", "NEUENWALDE, 12. September –"),
            ("Bücherbus kehrt nach neun Jahren zurück", "Book bus returns after nine years"),
        ],
    ),
    (
        BlockKind::Paragraph,
        &[
            (
                "Im Landkreis Neuenwalde fährt von Montag an wieder ein Bücherbus.",
                "From Monday, a book bus will once again be on the road in the district of Neuenwalde.",
            ),
            (
                "Das Fahrzeug bringt rund 3.200 Bücher, Hörspiele und Spiele in 26 Dörfer, die keine eigene Bibliothek mehr haben.",
                "The vehicle takes around 3,200 books, audio plays and games to 26 villages that no longer have a library of their own.",
            ),
            (
                "„Wir hatten mit 500 Anmeldungen gerechnet, jetzt sind es schon 1.140“, sagte die Leiterin Maren Tiedjen.",
                "“We had expected 500 registrations, and now there are already 1,140,” said its head, Maren Tiedjen.",
            ),
        ],
    ),
    (
        BlockKind::Paragraph,
        &[
            (
                "Der alte Bus war 2017 aus Kostengründen verkauft worden.",
                "The old bus was sold in 2017 to save money.",
            ),
            (
                "Für den neuen gaben der Kreis 210.000 Euro und ein Förderverein weitere 85.000 Euro.",
                "For the new one, the district gave 210,000 euros and a friends’ association another 58,000 euros.",
            ),
            (
                "Er fährt elektrisch und hält jeweils 45 Minuten, z. B. vor der Grundschule in Ostermoor.",
                "It is electric and stops for 45 minutes at a time, for example outside the primary school in Ostermoor.",
            ),
        ],
    ),
    (
        BlockKind::Paragraph,
        &[
            (
                "Kinder und Jugendliche leihen kostenlos aus.",
                "Children and young people borrow free of charge.",
            ),
            ("Erwachsene zahlen 15 Euro im Jahr.", "Adults pay 15 euros a year."),
            (
                "Fehlt ein Titel, kann man ihn bis Freitagmittag bestellen; dann liegt er bei der nächsten Tour bereit, also spätestens nach 14 Tagen.",
                "If a title is missing, it can be ordered until Friday noon; it is then ready on the next tour, so after 14 days at the latest.",
            ),
        ],
    ),
];

fn main() -> Result<()> {
    let article = Article {
        bitext: bitext()?,
        summaries: vec![
            summary(Lang::EN, Method::Abstractive, ENGLISH),
            summary(Lang::DE, Method::Translated, GERMAN),
        ],
        translator: None,
        summarizer: None,
        timings: None,
    };
    let view = View { layout: Layout::SideBySide, texts: true, ..View::default() };
    let mut out = io::stdout().lock();
    render(&article, Format::Html, &view, &mut out)
        .and_then(|()| out.flush())
        .map_err(|error| Error::runtime(format!("cannot write the page: {error}")))
}

/// Finds every sentence in the text and sets its translation beside it.
fn bitext() -> Result<Bitext> {
    let (mut blocks, mut segments, mut targets) = (Vec::new(), Vec::new(), Vec::new());
    let mut end = 0;
    for (block, (kind, sentences)) in BLOCKS.into_iter().enumerate() {
        let first = segments.len();
        for (source, target) in sentences {
            let start = TEXT[end..].find(source).map(|at| end + at);
            let start = start.ok_or_else(|| Error::input(format!("not in the text: {source}")))?;
            end = start + source.len();
            let kind = if source == target { SegmentKind::Meta } else { SegmentKind::Text };
            segments.push(Segment { id: segments.len(), block, kind, range: start..end });
            let flags = if target.contains("58,000") {
                vec![Flag::new(FlagKind::Numbers, "85000 missing, 58000 added")]
            } else {
                Vec::new()
            };
            targets.push(Target { text: target.to_string(), flags, logprob: None });
        }
        blocks.push(Block { id: block, kind, range: segments[first].range.start..end });
    }
    let document =
        Document { name: "bibliothek.de.txt".into(), text: TEXT.into(), encoding: "UTF-8", blocks };
    Bitext::new(document, LangPair { source: Lang::DE, target: Lang::EN }, None, segments, targets)
}

const ENGLISH: [(&str, &[usize]); 3] = [
    (
        "After nine years, a book bus is back in the district of Neuenwalde and serves 26 villages.",
        &[1, 2, 3],
    ),
    ("The district and a friends’ association paid for the electric vehicle.", &[6, 7]),
    ("Children borrow free of charge, adults pay 15 euros a year.", &[8, 9]),
];

const GERMAN: [(&str, &[usize]); 3] = [
    (
        "Nach neun Jahren ist im Landkreis Neuenwalde wieder ein Bücherbus unterwegs und fährt 26 Dörfer an.",
        &[1, 2, 3],
    ),
    ("Der Kreis und ein Förderverein haben das elektrische Fahrzeug bezahlt.", &[6, 7]),
    ("Kinder leihen kostenlos aus, Erwachsene zahlen 15 Euro im Jahr.", &[8, 9]),
];

fn summary(lang: Lang, method: Method, sentences: [(&str, &[usize]); 3]) -> Summary {
    let sentences = sentences.map(|(text, sources)| SummarySentence {
        text: text.to_owned(),
        sources: sources.to_vec(),
        flags: Vec::new(),
    });
    Summary { lang, method, sentences: sentences.into(), bulleted: false }
}
