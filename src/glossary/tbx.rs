//! Glossaries as TBX (ISO 30042): `termEntry`, `langSet` and `tig` of version 2, `conceptEntry`, `langSec` and
//! `termSec` of version 3.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::Concept;
use crate::error::{Error, Result};
use crate::lang::Lang;

pub(super) fn concepts(name: &str, text: &str) -> Result<Vec<Concept>> {
    let mut reader = Reader::from_str(text);
    let mut concepts = Vec::new();
    let (mut names, mut lang, mut term): (Vec<_>, Option<Lang>, Option<String>) = (Vec::new(), None, None);
    loop {
        let at = reader.buffer_position();
        let damaged = |cause: String| {
            Error::input(format!("{name} is not well-formed XML at byte {at}: {cause}"))
                .hint("export the glossary again, or give it as CSV")
        };
        let event = reader.read_event().map_err(|error| damaged(error.to_string()))?;
        match event {
            Event::Start(start) => match start.local_name().as_ref() {
                "termEntry" | "conceptEntry" => names.clear(),
                "langSet" | "langSec" => lang = language(&start),
                "term" => term = Some(String::new()),
                _ => {}
            },
            Event::Text(text) => term.iter_mut().for_each(|term| term.push_str(&text)),
            Event::CData(text) => term.iter_mut().for_each(|term| term.push_str(&text)),
            Event::GeneralRef(reference) => {
                let code = &*reference;
                let plain = quick_xml::escape::unescape(&format!("&{code};"))
                    .map_err(|error| damaged(error.to_string()))?
                    .into_owned();
                term.iter_mut().for_each(|term| term.push_str(&plain));
            }
            Event::End(end) => match end.local_name().as_ref() {
                "term" => {
                    let term = term.take().unwrap_or_default().trim().to_owned();
                    if let (Some(lang), false) = (&lang, term.is_empty()) {
                        names.push((Some(lang.clone()), term));
                    }
                }
                "langSet" | "langSec" => lang = None,
                "termEntry" | "conceptEntry" => concepts.push(Concept { names: std::mem::take(&mut names) }),
                _ => {}
            },
            Event::Eof => return Ok(concepts),
            _ => {}
        }
    }
}

/// The language of an element, if it is one that is known.
fn language(start: &BytesStart<'_>) -> Option<Lang> {
    let attribute = start.attributes().flatten().find(|a| a.key.local_name().as_ref() == "lang")?;
    Lang::parse(&attribute.value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_are_read() {
        let two = "<martif><text><body><termEntry id='1'><langSet xml:lang='de'><tig><term>Müll &amp; Co</term></tig>\
                   <tig><term><![CDATA[Abfall]]></term></tig></langSet><langSet xml:lang='en'><tig><term>waste</term></tig></langSet>\
                   </termEntry></body></text></martif>";
        let three = "<tbx xmlns='urn:iso:std:iso:30042:ed-2'><text><body><conceptEntry><langSec xml:lang='de'><termSec>\
                     <term>Müll &#38; Co</term></termSec><termSec><term>Abfall</term></termSec></langSec><langSec \
                     xml:lang='en'><termSec><term>waste</term></termSec></langSec></conceptEntry></body></text></tbx>";
        let read = concepts("a.tbx", two).unwrap();
        assert_eq!(read, concepts("a.tbx", three).unwrap());
        let names: Vec<&str> = read[0].names.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["Müll & Co", "Abfall", "waste"]);
    }

    #[test]
    fn broken_xml_says_where() {
        let error = concepts("a.tbx", "<tbx><a></b></tbx>").unwrap_err();
        assert!(error.to_string().contains("a.tbx") && error.to_string().contains("byte"), "{error}");
    }
}
