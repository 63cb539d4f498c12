//! TMX 1.4b, the exchange format of translation memories.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Entry, plain};
use crate::error::{Error, Result};
use crate::lang::{Lang, LangPair};

/// The pairs of every unit: its source with each of its other languages.
pub(super) fn read(name: &str, text: &str) -> Result<Vec<Entry>> {
    let mut reader = Reader::from_str(text);
    let mut entries = Vec::new();
    let mut default: Option<Lang> = None;
    let (mut source, mut names): (Option<Lang>, Vec<(Lang, String)>) = (None, Vec::new());
    let (mut lang, mut segment): (Option<Lang>, Option<String>) = (None, None);
    let mut is_tmx = false;
    loop {
        let at = reader.buffer_position();
        let damaged = |cause: String| {
            Error::input(format!("{name} is not well-formed XML at byte {at}: {cause}"))
                .hint("export the memory again as TMX 1.4b")
        };
        match reader.read_event().map_err(|error| damaged(error.to_string()))? {
            Event::Start(start) | Event::Empty(start) if start.local_name().as_ref() == "header" => {
                default = language(&start, "srclang");
            }
            Event::Start(start) => match start.local_name().as_ref() {
                "tmx" => is_tmx = true,
                "tu" => {
                    source = language(&start, "srclang").or_else(|| default.clone());
                    names.clear();
                }
                "tuv" => lang = language(&start, "lang"),
                "seg" => segment = Some(String::new()),
                _ => {}
            },
            Event::Text(text) => segment.iter_mut().for_each(|segment| segment.push_str(&text)),
            Event::CData(text) => segment.iter_mut().for_each(|segment| segment.push_str(&text)),
            Event::GeneralRef(reference) => {
                let code = &*reference;
                let plain = quick_xml::escape::unescape(&format!("&{code};"))
                    .map_err(|error| damaged(error.to_string()))?
                    .into_owned();
                segment.iter_mut().for_each(|segment| segment.push_str(&plain));
            }
            Event::End(end) => match end.local_name().as_ref() {
                "seg" => {
                    let text = plain(&segment.take().unwrap_or_default());
                    if let (Some(lang), false) = (&lang, text.is_empty()) {
                        names.push((lang.clone(), text));
                    }
                }
                "tu" => entries.extend(pairs(source.as_ref(), &names)),
                _ => {}
            },
            Event::Eof if is_tmx && !entries.is_empty() => return Ok(entries),
            Event::Eof => {
                return Err(Error::input(format!("{name} holds no translations in TMX"))
                    .hint("export the memory again as TMX 1.4b"));
            }
            _ => {}
        }
    }
}

fn pairs(source: Option<&Lang>, names: &[(Lang, String)]) -> Vec<Entry> {
    let at =
        source.and_then(|source| names.iter().position(|(lang, _)| lang.same_language(source))).unwrap_or(0);
    let Some((from, text)) = names.get(at) else { return Vec::new() };
    names
        .iter()
        .enumerate()
        .filter(|(place, _)| *place != at)
        .map(|(_, (to, target))| Entry {
            pair: LangPair { source: from.clone(), target: to.clone() },
            source: text.clone(),
            target: target.clone(),
        })
        .collect()
}

fn language(start: &BytesStart<'_>, attribute: &str) -> Option<Lang> {
    let attribute = start.attributes().flatten().find(|a| a.key.local_name().as_ref() == attribute)?;
    Lang::parse(&attribute.value).ok()
}

/// Characters that XML 1.0 cannot hold become U+FFFD.
pub(super) fn write(entries: &[Entry]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<tmx version=\"1.4\">\n");
    out.push_str(&format!(
        "<header creationtool=\"diglot\" creationtoolversion=\"{}\" segtype=\"sentence\" o-tmf=\"diglot\" \
         adminlang=\"en\" srclang=\"*all*\" datatype=\"plaintext\"/>\n<body>\n",
        env!("CARGO_PKG_VERSION")
    ));
    for Entry { pair, source, target } in entries {
        out.push_str(&format!("<tu srclang=\"{}\">", pair.source.tag()));
        for (lang, text) in [(&pair.source, source), (&pair.target, target)] {
            let text: String = text.chars().map(|c| if is_allowed(c) { c } else { '\u{FFFD}' }).collect();
            let text = quick_xml::escape::escape(&text);
            out.push_str(&format!("<tuv xml:lang=\"{}\"><seg>{text}</seg></tuv>", lang.tag()));
        }
        out.push_str("</tu>\n");
    }
    out.push_str("</body>\n</tmx>\n");
    out
}

/// `Char` of XML 1.0, section 2.2.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_several_languages_and_inline_codes_are_read() {
        let text = "<tmx version='1.4'><header srclang='de-DE'/><body><tu><tuv xml:lang='en'><seg>a <bpt i='1'/>dog\
                    </seg></tuv><tuv xml:lang='de-DE'><seg>ein &#72;und</seg></tuv></tu></body></tmx>";
        let read = read("a.tmx", text).unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!((read[0].source.as_str(), read[0].target.as_str()), ("ein Hund", "a dog"));
    }

    #[test]
    fn what_is_not_tmx_is_an_error() {
        for text in ["hello", "<tmx><tu></tmx>", "<tmx></tmx>", "<tbx><tu/></tbx>"] {
            let error = read("a.tmx", text).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Input);
            assert!(error.to_string().contains("a.tmx"), "{error}");
        }
    }

    #[test]
    fn control_characters_stay_out_of_xml() {
        let pair = LangPair { source: Lang::DE, target: Lang::EN };
        let entry = Entry { pair, source: "a\u{1}b".into(), target: "c\u{FFFE}d\u{1F600}".into() };
        let back = read("a.tmx", &write(&[entry])).unwrap();
        assert_eq!((back[0].source.as_str(), back[0].target.as_str()), ("a\u{FFFD}b", "c\u{FFFD}d\u{1F600}"));
    }
}
