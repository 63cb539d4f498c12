//! Language tags and names in the forms that people and tools write them.

use std::borrow::Cow;

use isolang::Language;

use super::Lang;
use crate::error::{Error, Result};

/// Codes that are written differently today: retired, bibliographic, or one member of a family that stands
/// for it (`arb` for `ar`), as `code canonical` pairs.
const ALIASES: &str = "iw he in id ji yi jw jv mo ro sh sr-Latn no nb nor nb alb sq arm hy baq eu bur my chi zh cze cs \
    dut nl fre fr geo ka ger de gre el ice is mac mk mao mi may ms per fa rum ro slo sk tib bo wel cy arb ar cmn zh \
    zsm ms pes fa swh sw ekk et lvs lv azj az uzn uz npi ne ory or als sq khk mn plt mg pbt ps ydd yi kmr ku \
    fil tl";

/// Country codes and slips that are not language codes, with what was probably meant.
const SLIPS: &str = "gr el jp ja cz cs cn zh ua uk dk da at de gb en us en dt de br pt mx es ger de eng en fre fr \
    spa es rs sr il he ir fa vn vi al sq ee et si sl by be in hi";

/// The languages that a suggestion may name.
const COMMON: &str = "de en fr es it pt nl pl ru uk tr sv da nb fi cs el hu ro bg hr sr sk sl lt lv et zh ja ko ar \
    he fa hi bn ur vi id th ms ta te ca ga cy eu gl sq mk is mt af sw";

/// Scripts with their English names. `Latn` and the like are named only where a language has several.
const SCRIPTS: &str = "Latn Latin Cyrl Cyrillic Arab Arabic Hebr Hebrew Grek Greek Armn Armenian Geor Georgian \
    Deva Devanagari Beng Bengali Guru Gurmukhi Gujr Gujarati Orya Odia Taml Tamil Telu Telugu Knda Kannada \
    Mlym Malayalam Sinh Sinhala Thai Thai Laoo Lao Mymr Burmese Khmr Khmer Ethi Ethiopic Hang Hangul Kore Korean \
    Jpan Japanese Hans Simplified Hant Traditional Tibt Tibetan Mong Mongolian Thaa Thaana Syrc Syriac Nkoo N’Ko \
    Adlm Adlam Tfng Tifinagh Olck Ol-Chiki Mtei Meitei Rohg Rohingya Cher Cherokee Cans Syllabics Yiii Yi";

/// The script of each language that is not usually written in Latin letters.
const USUAL_SCRIPTS: &str = "be Cyrl bg Cyrl mk Cyrl ru Cyrl uk Cyrl kk Cyrl ky Cyrl tg Cyrl tt Cyrl mn Cyrl ba Cyrl \
    cv Cyrl ce Cyrl el Grek hy Armn ka Geor he Hebr yi Hebr ar Arab fa Arab ur Arab ps Arab sd Arab ug Arab ckb Arab \
    arz Arab ary Arab ks Arab dv Thaa hi Deva mr Deva ne Deva sa Deva mai Deva bho Deva bn Beng as Beng pa Guru gu Gujr \
    or Orya ta Taml te Telu kn Knda ml Mlym si Sinh th Thai lo Laoo my Mymr km Khmr am Ethi ti Ethi ko Hang ja Jpan \
    bo Tibt dz Tibt syc Syrc zh ? sr ? yue ?";

/// Names that are more usual than the reference names of ISO 639-3.
const NAMES: &str = "el=Greek pa=Punjabi km=Khmer ne=Nepali sw=Swahili fa=Persian ms=Malay ky=Kyrgyz ps=Pashto \
    si=Sinhala ht=Haitian_Creole nb=Norwegian_Bokmål nn=Norwegian_Nynorsk ug=Uyghur or=Odia to=Tongan yue=Cantonese \
    gd=Scottish_Gaelic fy=Western_Frisian ckb=Central_Kurdish";

pub(super) fn parse(input: &str) -> Result<Lang> {
    let text = input.trim();
    // `de_DE.UTF-8@euro` is how systems name a locale.
    let tag = text.split(['.', '@']).next().unwrap_or("");
    parse_tag(tag).or_else(|| by_name(text)).ok_or_else(|| unknown(input))
}

fn parse_tag(tag: &str) -> Option<Lang> {
    let mut subtags = tag.split(['-', '_']);
    let first = subtags.next()?.to_ascii_lowercase();
    let mut canonical = language(&first)?;
    let mut script = None;
    if let Some((language, implied)) = canonical.split_once('-') {
        script = Some(implied.to_string());
        canonical = language.to_string();
    }
    let mut region = None;
    for subtag in subtags {
        let letters = subtag.bytes().all(|b| b.is_ascii_alphabetic());
        let digits = subtag.bytes().all(|b| b.is_ascii_digit());
        match subtag.len() {
            // An extension or private use: nothing that follows changes the language.
            1 => break,
            2 if letters && region.is_none() => region = Some(subtag.to_ascii_uppercase()),
            3 if digits && region.is_none() => region = Some(subtag.to_string()),
            // `zh-yue` is an older way to write `yue`.
            3 if letters && region.is_none() && script.is_none() => {
                canonical = language(&subtag.to_ascii_lowercase())?;
            }
            4 if letters && region.is_none() => script = Some(known_script(subtag)?),
            4..=8 if subtag.bytes().all(|b| b.is_ascii_alphanumeric()) => {}
            _ => return None,
        }
    }
    if region.as_deref() == Some("UK") {
        region = Some("GB".to_string());
    }
    if canonical == "zh" && script.is_none() {
        script = match region.as_deref() {
            Some("TW" | "HK" | "MO") => Some("Hant".to_string()),
            Some("CN" | "SG") => Some("Hans".to_string()),
            _ => None,
        };
    }
    let script = script.filter(|s| s != usual_script(&canonical));
    Some(build(&canonical, script.as_deref(), region.as_deref()))
}

fn build(language: &str, script: Option<&str>, region: Option<&str>) -> Lang {
    let mut tag = language.to_string();
    let mut name = english_name(language);
    if let Some(script) = script {
        tag = format!("{tag}-{script}");
        name = format!("{name} ({})", look_up(SCRIPTS, script).unwrap_or(script));
    }
    if let Some(region) = region {
        tag = format!("{tag}-{region}");
    }
    name = match tag.as_str() {
        "en-GB" => "British English".to_string(),
        "en-US" => "American English".to_string(),
        "pt-BR" => "Brazilian Portuguese".to_string(),
        "pt-PT" => "European Portuguese".to_string(),
        _ => name,
    };
    Lang { tag: Cow::Owned(tag), name: Cow::Owned(name) }
}

/// The canonical code for a code of two or three small letters.
fn language(code: &str) -> Option<String> {
    if let Some(canonical) = look_up(ALIASES, code) {
        return Some(canonical.to_string());
    }
    let language = match code.len() {
        2 => Language::from_639_1(code)?,
        3 if !matches!(code, "und" | "mul" | "mis" | "zxx") => Language::from_639_3(code)?,
        _ => return None,
    };
    let short = language.to_639_1().unwrap_or_else(|| language.to_639_3());
    Some(look_up(ALIASES, short).unwrap_or(short).to_string())
}

fn known_script(subtag: &str) -> Option<String> {
    let mut script = subtag.to_ascii_lowercase();
    script.get_mut(..1)?.make_ascii_uppercase();
    look_up(SCRIPTS, &script).is_some().then_some(script)
}

/// The script that a language is usually written in; `?` where it is not settled.
pub(super) fn usual_script(language: &str) -> &'static str {
    look_up(USUAL_SCRIPTS, language).unwrap_or("Latn")
}

/// The usual script of a language that is known to have one.
pub(super) fn settled_script(language: &str) -> Option<&'static str> {
    let is_common = || COMMON.split_whitespace().any(|common| common == language);
    let script = look_up(USUAL_SCRIPTS, language).or_else(|| is_common().then_some("Latn"));
    script.filter(|script| *script != "?")
}

fn english_name(code: &str) -> String {
    let usual = NAMES.split_whitespace().filter_map(|pair| pair.split_once('=')).find(|(c, _)| *c == code);
    let reference = || Language::from_639_1(code).or_else(|| Language::from_639_3(code)).map(|l| l.to_name());
    match usual {
        Some((_, name)) => name.replace('_', " "),
        None => reference().unwrap_or(code).to_string(),
    }
}

/// A language by its name in English or in itself.
fn by_name(text: &str) -> Option<Lang> {
    let wanted = text.to_lowercase();
    let common = || COMMON.split_whitespace().filter_map(parse_tag);
    let own = |lang: &Lang| language_of(lang).and_then(|l| l.to_autonym()).unwrap_or("").to_lowercase();
    common().find(|lang| lang.name().to_lowercase() == wanted || own(lang) == wanted).or_else(|| {
        let named = |l: &Language| {
            l.to_name().to_lowercase() == wanted || l.to_autonym().is_some_and(|n| n.to_lowercase() == wanted)
        };
        isolang::languages().find(named).and_then(|l| parse_tag(l.to_639_3()))
    })
}

fn language_of(lang: &Lang) -> Option<Language> {
    Language::from_639_1(lang.primary()).or_else(|| Language::from_639_3(lang.primary()))
}

fn look_up(pairs: &'static str, key: &str) -> Option<&'static str> {
    let mut words = pairs.split_whitespace();
    while let (Some(word), Some(value)) = (words.next(), words.next()) {
        if word == key {
            return Some(value);
        }
    }
    None
}

fn unknown(input: &str) -> Error {
    let error = Error::usage(format!("unknown language `{input}`"));
    match suggestion(input) {
        Some(lang) => error.hint(format!("did you mean `{}` ({})?", lang.tag(), lang.name())),
        None => error
            .hint("give a language tag such as `de`, `en`, `fr` or `zh-Hant`, or a name such as `German`"),
    }
}

fn suggestion(input: &str) -> Option<Lang> {
    let wanted = input.trim().split(['-', '_', '.']).next().unwrap_or("").to_lowercase();
    if wanted.is_empty() || wanted.chars().count() > 30 {
        return None;
    }
    if let Some(code) = look_up(SLIPS, &wanted) {
        return parse_tag(code);
    }
    let common: Vec<Lang> = COMMON.split_whitespace().filter_map(parse_tag).collect();
    let length = wanted.chars().count();
    let begins = |lang: &&Lang| length >= 3 && lang.name().to_lowercase().starts_with(&wanted);
    common.iter().find(begins).cloned().or_else(|| {
        let nearest = |lang: &Lang| {
            let name = distance(&wanted, &lang.name().to_lowercase());
            let code = distance(&wanted, lang.tag());
            match length {
                0..=3 => code,
                _ => name,
            }
        };
        let allowed = if length <= 3 { 1 } else { 2 };
        common
            .into_iter()
            .map(|l| (nearest(&l), l))
            .filter(|(d, _)| *d <= allowed)
            .min_by_key(|(d, _)| *d)
            .map(|(_, l)| l)
    })
}

/// Levenshtein's distance, with an exchange of neighbours as one step.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_forms_become_canonical() {
        for (input, tag, name) in [
            ("de", "de", "German"),
            ("deu", "de", "German"),
            ("ger", "de", "German"),
            ("DE", "de", "German"),
            ("de_DE.UTF-8", "de-DE", "German"),
            ("de-1996", "de", "German"),
            ("German", "de", "German"),
            ("deutsch", "de", "German"),
            ("eng", "en", "English"),
            ("eng_Latn", "en", "English"),
            ("en-GB", "en-GB", "British English"),
            ("EN_us", "en-US", "American English"),
            ("en-uk", "en-GB", "British English"),
            ("English", "en", "English"),
            ("zh", "zh", "Chinese"),
            ("zh-Hant", "zh-Hant", "Chinese (Traditional)"),
            ("zho_hans", "zh-Hans", "Chinese (Simplified)"),
            ("zh_TW", "zh-Hant-TW", "Chinese (Traditional)"),
            ("zh-yue", "yue", "Cantonese"),
            ("fil", "tl", "Tagalog"),
            ("sr-Latn", "sr-Latn", "Serbian (Latin)"),
            ("sh", "sr-Latn", "Serbian (Latin)"),
            ("iw", "he", "Hebrew"),
            ("in", "id", "Indonesian"),
            ("nb", "nb", "Norwegian Bokmål"),
            ("no", "nb", "Norwegian Bokmål"),
            ("nob_Latn", "nb", "Norwegian Bokmål"),
            ("arb_Arab", "ar", "Arabic"),
            ("pt-br", "pt-BR", "Brazilian Portuguese"),
            ("es-419", "es-419", "Spanish"),
            ("rus_Cyrl", "ru", "Russian"),
            ("Français", "fr", "French"),
            ("gsw", "gsw", "Swiss German"),
            ("en-u-ca-gregory", "en", "English"),
        ] {
            let lang = parse(input).unwrap_or_else(|e| panic!("{input}: {e}"));
            assert_eq!((lang.tag(), lang.name()), (tag, name), "{input}");
            assert_eq!(parse(lang.tag()).unwrap(), lang, "{input} is stable");
        }
        assert_eq!(parse("de").unwrap(), Lang::DE);
        assert_eq!(parse("en").unwrap(), Lang::EN);
    }

    #[test]
    fn unknown_languages_get_a_suggestion() {
        for (input, expected) in [
            ("dd", "`de`"),
            ("gemran", "`de`"),
            ("Germn", "`de`"),
            ("germ", "`de`"),
            ("jp", "`ja`"),
            ("gr", "`el`"),
            ("englisch_x", "`en`"),
            ("frensh", "`fr`"),
            ("qqq", "such as `de`"),
            ("", "such as `de`"),
            ("zh-Xxxx", "`zh`"),
            ("und", "such as"),
            ("🙂", "such as"),
        ] {
            let error = parse(input).expect_err(input);
            assert_eq!(error.exit_code(), 2, "{input}");
            let hint = error.next_step().unwrap();
            assert!(hint.contains(expected), "{input}: {hint}");
        }
    }

    #[test]
    fn direction_and_kinship_follow_language_and_script() {
        for (tag, rtl) in [
            ("ar", true),
            ("he", true),
            ("fa-IR", true),
            ("ur", true),
            ("pa-Arab", true),
            ("pa", false),
            ("de", false),
            ("az-Latn", false),
        ] {
            assert_eq!(parse(tag).unwrap().is_rtl(), rtl, "{tag}");
        }
        let same = |a: &str, b: &str| parse(a).unwrap().same_language(&parse(b).unwrap());
        assert!(same("en-GB", "en-US") && same("de", "deu_Latn") && same("zh-TW", "zh-Hant"));
        assert!(!same("zh-Hans", "zh-Hant") && !same("de", "en") && !same("sr", "sr-Latn"));
    }
}
