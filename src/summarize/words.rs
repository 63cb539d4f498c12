//! Words as summaries compare them: folded, lightly stemmed, function words set apart.

use std::collections::{HashMap, HashSet};

use unicode_segmentation::UnicodeSegmentation;

use super::numbers::is_number;
use crate::lang::Lang;

/// A word and where it starts in its text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    pub(super) start: usize,
    pub(super) text: &'a str,
}

impl Word<'_> {
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The words of a text (UAX 29). Hyphens part them; apostrophes and the points of numbers do not.
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    text.unicode_word_indices().map(|(start, text)| Word { start, text }).collect()
}

/// How many words a text has, by white space or by UAX 29, whichever finds more.
pub(super) fn count_words(text: &str) -> usize {
    text.split_whitespace().count().max(words(text).len())
}

/// A word in lower case without diacritics, possessive, elision or inner periods
/// (`Müller's` is `muller`, `l'État` is `etat`, `U.S` is `us`).
pub(super) fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    for c in word.chars().flat_map(char::to_lowercase) {
        match plain(c) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(c),
        }
    }
    if let Some((before, after)) = folded.rsplit_once('\'') {
        let suffix = matches!(after, "s" | "t" | "re" | "ve" | "ll" | "d" | "m");
        folded = if suffix { before } else { after }.to_owned();
    }
    let number = folded.starts_with(|c: char| c.is_ascii_digit());
    if !number {
        folded.retain(|c| c != '.');
    }
    folded
}

/// The plain letters of a Latin letter with a diacritic; nothing for a combining mark.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ì'..='ï' | 'ī' | 'į' | 'ı' => "i",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
        'ŕ' | 'ř' => "r",
        'ś' | 'ş' | 'š' | 'ș' => "s",
        'ţ' | 'ť' | 'ț' => "t",
        'ù'..='ü' | 'ū' | 'ů' | 'ű' | 'ų' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        '\u{2018}' | '\u{2019}' => "'",
        '\u{300}'..='\u{36f}' => "",
        _ => return None,
    })
}

/// A folded word without inflection. It is light: it joins `invited` and `invitation`, `Russia` and
/// `Russian`, and leaves at least four letters.
pub(super) fn stem(folded: &str, lang: &Lang) -> String {
    let endings: &[&str] = match lang.tag() {
        "en" => &[
            "ies", "s", "ing", "ed", "er", "ation", "ition", "ion", "ment", "ity", "ly", "ese", "ish", "any",
            "an", "al", "ate", "at", "e", "a", "y", "i",
        ],
        "de" => {
            &["ischen", "ischer", "isches", "ische", "isch", "innen", "n", "em", "er", "es", "s", "e", "t"]
        }
        _ => &["s", "a", "e", "i", "o", "u"],
    };
    let mut stem = folded;
    for ending in endings {
        match stem.strip_suffix(ending) {
            Some(rest) if rest.chars().count() >= SHORTEST_STEM && !stem.ends_with("ss") => stem = rest,
            _ => {}
        }
    }
    undoubled(stem).to_owned()
}

const SHORTEST_STEM: usize = 4;

/// Drops the second of two equal consonants at the end (`plann`).
fn undoubled(stem: &str) -> &str {
    let mut ends = stem.char_indices().rev();
    match (ends.next(), ends.next()) {
        (Some((at, last)), Some((_, before)))
            if last == before && !"aeious".contains(last) && last.is_alphabetic() && at >= SHORTEST_STEM =>
        {
            &stem[..at]
        }
        _ => stem,
    }
}

/// Whether a folded word is a function word of the language.
pub(super) fn is_stop_word(folded: &str, lang: &Lang) -> bool {
    let list = match lang.tag() {
        "en" => ENGLISH,
        "de" => GERMAN,
        _ => return false,
    };
    list.split_ascii_whitespace().any(|word| word == folded)
}

const ENGLISH: &str = "
    a about above after again against all almost along already also although always am among an and another any
    anyone anything are aren as at be became because become been before behind being below between both but by
    came can cannot come could couldn did didn do does doesn doing don done down during each either else enough
    etc even ever every few for from further get gets getting give given go goes going gone got had hadn has hasn
    have haven having he hence her here hers herself him himself his how however i if in indeed instead into is
    isn it its itself just keep kept last least less let like made make makes making many may me might more
    moreover most much must my myself near nearly need neither never no nor not nothing now of off often on once
    one only onto or other others otherwise our ours out over own part per perhaps put quite rather really
    same say says saying said see seem seemed seems seen several shall she should shouldn since so some someone
    something sometimes soon still such take taken takes than that the their theirs them themselves then there
    therefore these they thing things this those though through throughout thus to together too took toward
    towards under until up upon us use used very via was wasn way we well went were weren what whatever when
    where whether which while who whole whom whose why will with within without won would wouldn yet you your
    yours";

const GERMAN: &str = "
    ab aber alle allem allen aller allerdings alles als also am an andere anderem anderen anderer anderes auch
    auf aus ausser ausserdem bei beim bereits bevor bin bis bist da dabei dadurch dafur dagegen daher dahin damit
    danach daneben dann daran darauf daraus darf darin daruber darum darunter das dass davon davor dazu dein
    deine dem den denen denn dennoch der deren des deshalb dessen die dies diese diesem diesen dieser dieses doch
    dort du durch durfen ebenfalls eher ein eine einem einen einer eines einige einigen einiger einiges einmal er
    erst es etwa etwas euch euer eure fur ganz gar gegen gegenuber gerade gern gibt hat hatte hatten hier hin
    hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer ihres im immer in indem ins ist ja jede jedem jeden jeder
    jedes jedoch jene jenem jenen jener jenes jetzt kann kein keine keinem keinen keiner keines konnen konnte
    konnten lassen lasst laut man manche mehr mein meine mich mir mit mochte muss mussen musste mussten nach nachdem
    neben nein nicht nichts nie noch nun nur ob oder ohne obwohl per sagte sagen sagt sehr sei seien sein seine
    seinem seinen seiner seines seit selbst sich sie sind so sobald sogar solche solchem solchen solcher soll
    sollen sollte sollten somit sondern sonst soweit sowie sowohl statt trotz uber um und uns unser unsere unter
    viel viele vielen vieler vom von vor wahrend wann war ware waren warum was weder wegen weil weiter weitere
    welche welchem welchen welcher wem wen wenig wenn wer werde werden wie wieder will wir wird wo wobei wohl
    wollen wollte wollten worden wurde wurden zu zudem zum zur zwar zwischen";

/// What the texts of one document have in common: which words carry meaning in it, and how rare each is.
#[derive(Clone, Debug)]
pub(super) struct Lexicon {
    lang: Lang,
    texts: usize,
    /// In how many texts a stem occurs.
    frequency: HashMap<String, usize>,
}

impl Lexicon {
    pub(super) fn new<'a>(texts: impl Iterator<Item = &'a str>, lang: &Lang) -> Self {
        let mut lexicon = Self { lang: lang.clone(), texts: 0, frequency: HashMap::new() };
        for text in texts {
            lexicon.texts += 1;
            let stems: HashSet<String> = lexicon.stems(text).into_iter().collect();
            for stem in stems {
                *lexicon.frequency.entry(stem).or_insert(0) += 1;
            }
        }
        lexicon
    }

    pub(super) fn lang(&self) -> &Lang {
        &self.lang
    }

    /// The stems of the words that carry meaning, in order; numbers are compared by their value elsewhere. In a language without a list of function words,
    /// those are the words that occur in fewer than two fifths of the texts.
    pub(super) fn content(&self, text: &str) -> Vec<String> {
        let listed = matches!(self.lang.tag(), "de" | "en");
        let mut stems = self.stems(text);
        if !listed && self.texts >= 5 {
            stems.retain(|stem| self.frequency.get(stem).is_none_or(|count| 5 * count < 2 * self.texts));
        }
        stems
    }

    /// How much a stem tells: from 1 when every text has it to 2 when only one has; 1.5 for a stem that the
    /// document does not have, which may be another word for one that it has.
    pub(super) fn weight(&self, stem: &str) -> f64 {
        match self.frequency.get(stem) {
            Some(&count) if self.texts > 1 => {
                let texts = self.texts as f64;
                1.0 + (texts / count as f64).ln() / texts.ln()
            }
            Some(_) => 1.0,
            None => 1.5,
        }
    }

    fn stems(&self, text: &str) -> Vec<String> {
        words(text)
            .iter()
            .map(|word| fold(word.text))
            .filter(|word| !word.is_empty() && !is_stop_word(word, &self.lang) && !is_number(word))
            .map(|word| stem(&word, &self.lang))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_numbers_and_part_at_hyphens() {
        let texts: Vec<&str> =
            words("The U.S.-led talks cost 1,250.40 euros.").iter().map(|w| w.text).collect();
        assert_eq!(texts, ["The", "U.S", "led", "talks", "cost", "1,250.40", "euros"]);
    }

    #[test]
    fn folding_drops_what_varies() {
        for (word, folded) in [
            ("M\u{fc}ller's", "muller"),
            ("l\u{2019}\u{c9}tat", "etat"),
            ("U.S", "us"),
            ("don't", "don"),
            ("1.5", "1.5"),
        ] {
            assert_eq!(fold(word), folded);
        }
    }

    #[test]
    fn stems_join_forms_and_keep_words_apart() {
        let same = |lang: &Lang, a: &str, b: &str| stem(&fold(a), lang) == stem(&fold(b), lang);
        for (a, b) in [
            ("invited", "invitation"),
            ("cooperating", "cooperation"),
            ("agreed", "agreement"),
            ("countries", "country"),
            ("planned", "plans"),
            ("Russian", "Russia"),
            ("Germany", "German"),
            ("Chinese", "China"),
        ] {
            assert!(same(&Lang::EN, a, b), "{a} {b}");
        }
        for (a, b) in [("Austria", "Australia"), ("Iran", "Iraq"), ("North", "South"), ("Madrid", "Madras")] {
            assert!(!same(&Lang::EN, a, b), "{a} {b}");
        }
        for (a, b) in [("Regierungen", "Regierung"), ("japanischen", "Japan"), ("L\u{e4}ndern", "Land")] {
            assert!(same(&Lang::DE, a, b), "{a} {b}");
        }
    }

    #[test]
    fn rare_words_weigh_more() {
        let texts = ["the river froze", "the river thawed", "boats sank in the river"];
        let lexicon = Lexicon::new(texts.into_iter(), &Lang::EN);
        assert_eq!(lexicon.content("The river froze"), ["river", "froz"]);
        assert!(lexicon.weight("river") < lexicon.weight("zebra"));
        assert!(lexicon.weight("zebra") < lexicon.weight("froz"));
    }
}
