//! Which language a text is in: letter statistics by whatlang, and the little words that every sentence has.

use unicode_segmentation::UnicodeSegmentation;
use whatlang::{Detector, Lang as Code};

use super::{Detected, Lang};

/// How much of a text is looked at, in bytes: more does not make the answer better.
const SAMPLE: usize = 64 * 1024;

/// Frequent words of languages that share an alphabet. A word in several lists counts for each of them,
/// and so decides nothing between them.
const FUNCTION_WORDS: [(&str, &str); 9] = [
    (
        "de",
        "der die das den dem des ein eine einen einem einer eines und oder aber nicht ist sind war waren wird werden \
         wurde wurden hat haben hatte hatten kann können muss müssen soll sollen will wollen ich du er sie es wir ihr \
         mich mir dich dir sich uns euch ihn ihm ihnen mein dein sein kein keine auf aus bei mit nach von vom zu zum \
         zur im in an am für über unter um durch gegen ohne vor seit bis als wie wenn weil dass daß ob auch noch nur \
         schon sehr mehr so da dort hier jetzt heute gestern morgen nun doch was wer wo wann warum welche dieser diese \
         dieses jeder alle viele einige man sein habe bin bist nein ja bitte danke guten gut immer nie wieder beim damit",
    ),
    (
        "en",
        "the a an and or but not is are was were be been being has have had do does did can could will would shall \
         should may might must i you he she it we they me him her us them my your his its our their this that these \
         those of to in on at by for from with without into over under after before about against between through \
         during as if when while because than then there here now what who whom which where why how all any some many \
         much more most other no yes only also very just so too up out off down again never always please thanks good \
         said says met came went made took told got see know today yesterday tomorrow it's don't didn't i'm that's there's",
    ),
    (
        "nl",
        "de het een en of maar niet is zijn was waren wordt werd heeft hebben had kan moet zal ik jij hij zij wij ze je \
         me mij hem haar ons hun op uit bij met na van te in aan voor over onder om door tegen zonder als dat die dit \
         deze er ook nog wel naar geen meer veel dan toen",
    ),
    (
        "fr",
        "le la les un une des du de et ou mais ne pas est sont était a ont avait il elle ils elles je tu nous vous on \
         se que qui quoi dans sur sous avec sans pour par en au aux ce cette ces son sa ses leur plus très aussi comme \
         où quand si",
    ),
    (
        "es",
        "el la los las un una unos y o pero no es son era fue ha han había yo tú él ella nosotros ellos se que quien en \
         sobre con sin para por al del de este esta estos su sus más muy también como cuando donde si lo le",
    ),
    (
        "it",
        "il lo la i gli le un uno una e o ma non è sono era ha hanno aveva io tu lui lei noi voi loro si che chi in su \
         con senza per da dal del della dei di al alla questo questa suo sua più molto anche come quando dove se",
    ),
    (
        "pt",
        "o a os as um uma e ou mas não é são era foi tem têm tinha eu tu ele ela nós eles se que quem em no na nos nas \
         sobre com sem para por ao do da dos das de este esta seu sua mais muito também como quando onde",
    ),
    (
        "da",
        "den det de en et og eller men ikke er var bliver blev har havde kan skal vil jeg du han hun vi i på af til fra \
         med uden for over under om ved efter som at der her dette denne sin sit mere meget også når hvor hvis",
    ),
    (
        "sv",
        "den det de en ett och eller men inte är var blir blev har hade kan ska vill jag du han hon vi i på av till från \
         med utan för över under om vid efter som att där här detta denna sin sitt mer mycket också när var om",
    ),
];

/// Spellings that are frequent in one of the two languages and rare in the other; `_` is the end of a word.
const SPELLINGS: [(&str, &str); 2] = [
    (
        "de",
        "ä ö ü ß sch cht chs tz pf zw ei ie eu ung_ lich_ ig_ en_ el_ eit_ ert_ elt_ iert ich_ kt_ z_ ft_ gte_ kte_ rte_ lte_",
    ),
    (
        "en",
        "th sh wh oo ee ea ou ow oy ay ey ing_ ed_ ly_ y_ tion ck_ ce_ ge_ ve_ ght gh_ qu wr kn ss_ ll_ sts_ ks_",
    ),
];

/// The language of `text`; none when it has no letters. At most the first 64 KiB are looked at.
///
/// The confidence grows with the number of words: one to three words give less than 0.4, a sentence of
/// ordinary length up to 0.9.
pub fn detect(text: &str) -> Option<Detected> {
    let sample = sample(text);
    let info = whatlang::detect(sample);
    let words = words(sample);
    if words.is_empty() {
        return None;
    }
    let guess = info.as_ref().and_then(|info| Some((tag(info.lang())?, info.confidence())));
    let votes = FUNCTION_WORDS.map(|(tag, list)| (tag, share(&words, list)));
    let best = votes.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or(("", 0.0));
    let second = votes.iter().filter(|v| v.0 != best.0).map(|v| v.1).fold(0.0, f64::max);
    // In running text of these languages, a third of the words are in the list.
    let clear = best.1 >= 0.25 && best.1 >= 1.5 * second;
    let (tag, certainty) = match guess {
        Some((tag, confidence)) if tag == best.0 && clear => (tag, confidence.max(0.95)),
        Some(_) if clear && is_latin(sample) => (best.0, 0.8),
        // Letters alone are a weak witness where the little words speak for another language.
        Some((tag, confidence)) if votes.iter().any(|v| v.0 == tag && v.1 < best.1) => {
            (tag, confidence * share_of(&votes, tag) / best.1)
        }
        Some((tag, confidence)) => (tag, confidence),
        None if clear => (best.0, 0.8),
        None => return None,
    };
    Some(Detected { lang: Lang::parse(tag).ok()?, confidence: certainty * trust(words.len()) })
}

/// Which of `candidates` the text is in; none when it has no letters, or when no candidate is written in
/// its script. Made for single sentences: with two candidates a word list decides before letter statistics.
pub fn detect_among(text: &str, candidates: &[Lang]) -> Option<Detected> {
    let sample = sample(text);
    let words = words(sample);
    if words.is_empty() {
        return None;
    }
    let codes: Vec<Code> = candidates.iter().filter_map(code).collect();
    let info = Detector::with_allowlist(codes).detect(sample);
    let guess = info.as_ref().and_then(|info| Some((tag(info.lang())?, info.confidence())));
    let mut scores: Vec<(f64, &Lang)> = candidates
        .iter()
        .map(|lang| {
            let letters = match guess {
                Some((tag, confidence)) if tag == lang.primary() => 0.5 + 0.5 * confidence,
                _ => 0.0,
            };
            (letters + evidence(&words, lang, candidates), lang)
        })
        .collect();
    scores.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (best, lang) = *scores.first()?;
    let second = scores.get(1).map_or(0.0, |s| s.0);
    if best <= 0.0 {
        return None;
    }
    let confidence = (best - second) / (best + second) * trust(words.len());
    Some(Detected { lang: lang.clone(), confidence })
}

/// How strongly the words speak for `lang` and for no other candidate: a function word outweighs a spelling, and
/// what the letter statistics can say (1 at most).
fn evidence(words: &[Word], lang: &Lang, candidates: &[Lang]) -> f64 {
    let others = || candidates.iter().filter(|other| *other != lang);
    let own = list(&FUNCTION_WORDS, lang);
    let has = |list: &str, word: &str| list.split_whitespace().any(|w| w == word);
    let known = |word: &str| has(own, word) && !others().any(|other| has(list(&FUNCTION_WORDS, other), word));
    let spelt = |word: &Word| {
        // Names keep their umlauts in every language.
        if word.capital && word.lower.contains(['ä', 'ö', 'ü', 'ß']) {
            return false;
        }
        let bounded = format!("{}_", word.lower);
        let fits = |lang| list(&SPELLINGS, lang).split_whitespace().any(|s| bounded.contains(s));
        fits(lang) && !others().any(fits)
    };
    let weight = |word: &Word| match known(&word.lower) {
        true => 1.5,
        false if spelt(word) => 0.2,
        false => 0.0,
    };
    words.iter().map(weight).sum()
}

fn list(lists: &[(&str, &'static str)], lang: &Lang) -> &'static str {
    lists.iter().find(|(tag, _)| *tag == lang.primary()).map_or("", |(_, list)| list)
}

/// How far so few words can be trusted, from 0 to 1.
fn trust(words: usize) -> f64 {
    1.0 - (-(words as f64) / 6.0).exp()
}

fn share(words: &[Word], list: &str) -> f64 {
    let list: std::collections::HashSet<&str> = list.split_whitespace().collect();
    words.iter().filter(|word| list.contains(word.lower.as_str())).count() as f64 / words.len() as f64
}

fn share_of(votes: &[(&str, f64)], tag: &str) -> f64 {
    votes.iter().find(|v| v.0 == tag).map_or(0.0, |v| v.1)
}

fn is_latin(text: &str) -> bool {
    whatlang::detect_script(text) == Some(whatlang::Script::Latin)
}

/// A word as the lists have it.
struct Word {
    lower: String,
    capital: bool,
}

/// The words of `text`; a Chinese or Japanese character is a word.
fn words(text: &str) -> Vec<Word> {
    text.unicode_words()
        .filter(|word| word.chars().any(char::is_alphabetic))
        .map(|word| Word {
            lower: word.replace('’', "'").to_lowercase(),
            capital: word.starts_with(char::is_uppercase),
        })
        .collect()
}

fn sample(text: &str) -> &str {
    let mut end = text.len().min(SAMPLE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The tag for one of whatlang's languages.
fn tag(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::Cmn => "zh",
        Code::Nob => "nb",
        Code::Pes => "fa",
        other => isolang::Language::from_639_3(other.code())
            .map(|l| l.to_639_1().unwrap_or_else(|| l.to_639_3()))?,
    })
}

fn code(lang: &Lang) -> Option<Code> {
    Code::all().iter().copied().find(|c| tag(*c) == Some(lang.primary()))
}

/// Whether a word in small letters is one of the little words of a language, as far as they are listed here.
pub(crate) fn is_function_word(word: &str, lang: &Lang) -> bool {
    list(&FUNCTION_WORDS, lang).split_whitespace().any(|other| other == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_of_the_detector_is_known_here() {
        for code in Code::all() {
            let tag = tag(*code).unwrap_or_else(|| panic!("{code:?}"));
            assert_eq!(Lang::parse(tag).unwrap().primary(), tag);
        }
    }

    #[test]
    fn text_without_letters_has_no_language() {
        for text in ["", "  \n", "12:45 – 3,5 %", "🎉🎉", "^^^ ***"] {
            assert_eq!(detect(text), None, "{text}");
            assert_eq!(detect_among(text, &[Lang::DE, Lang::EN]), None, "{text}");
        }
    }

    #[test]
    fn few_words_give_little_confidence() {
        for text in ["Hallo", "Hello", "Guten Morgen", "the end", "Das ist gut", "NATO"] {
            let found = detect(text).unwrap();
            assert!(found.confidence < 0.4, "{text}: {found:?}");
        }
    }

    #[test]
    fn several_scripts_and_languages_are_told_apart() {
        for (tag, text) in [
            ("fr", "Le gouvernement a présenté mardi un nouveau projet de loi sur les retraites."),
            ("es", "El gobierno presentó el martes un nuevo proyecto de ley sobre las pensiones."),
            ("nl", "De regering heeft dinsdag een nieuw wetsvoorstel over de pensioenen ingediend."),
            ("ru", "Правительство представило во вторник новый законопроект о пенсиях."),
            ("zh", "政府星期二提出了一项关于养老金的新法案。"),
            ("ja", "政府は火曜日に年金に関する新しい法案を提出した。"),
            ("ar", "قدمت الحكومة يوم الثلاثاء مشروع قانون جديد بشأن المعاشات التقاعدية."),
            ("el", "Η κυβέρνηση παρουσίασε την Τρίτη νέο νομοσχέδιο για τις συντάξεις."),
        ] {
            let found = detect(text).unwrap();
            assert_eq!(found.lang.tag(), tag, "{text}: {found:?}");
        }
    }
}
