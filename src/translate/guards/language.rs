//! Language: whether an output is in the target language, all of it.

use std::collections::HashSet;

use super::{Exchange, false_friends, words};
use crate::flag::{Flag, FlagKind};
use crate::lang::{Lang, LangPair, detect};
use crate::translate::verbatim;

/// German words that carry grammar and that are not English words too.
const GERMAN: &str = "aber alle allem allen aller als auch auf aus bei beim bis dabei damit dann dass dem den denen \
    der deren des dessen die dies diese diesem diesen dieser dieses doch durch ein eine einem einen einer eines \
    er es etwa für gegen habe haben hatte hatten ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer ist ja jede \
    jeder jedoch kann kein keine keinen können könnte mehr mich mir mit muss müssen nach nicht noch nun nur oder \
    ohne schon sehr sein seine seinem seinen seiner seit sich sie sind soll sollen sollte sondern über um und uns \
    unter vom von vor während weil wenn werde werden wie wieder wir wird wo wurde wurden würde zu zum zur zwar \
    zwischen das";

/// English words that carry grammar and that are not German words too.
const ENGLISH: &str = "a about after all and any are as at be because been before being between both but by can \
    could did do does during each for from had has have he her here him his how i if into is it its just like may \
    might more most much must my no not of off on one only or other our out over said she should since some such \
    than that the their them then there these they this those through to under until up us very we were what when \
    where which while who whom whose why with without would you your";

/// Words of German names and titles that stay in an English text.
const NAME_PARTICLES: [&str; 7] = ["von", "der", "zu", "zum", "zur", "das", "die"];

/// The output, or a part of it, is not in the target language.
pub(super) fn wrong_language(exchange: &Exchange<'_>) -> Option<Flag> {
    if exchange.pair.source.same_language(&exchange.pair.target) {
        return None;
    }
    // Addresses and code stay as they are.
    let (source, output) = (verbatim::rest(exchange.source), verbatim::rest(exchange.output));
    let exchange = &Exchange { source: &source, output: &output, ..*exchange };
    let detail = foreign_script(exchange)
        .or_else(|| other_language(exchange))
        .or_else(|| untranslated(exchange))
        .or_else(|| false_friends::left(exchange))?;
    Some(Flag::new(FlagKind::WrongLanguage, detail))
}

/// Whether `text` is in `lang` beyond doubt: long enough, detected with confidence, and without grammar words of
/// `other`.
pub(crate) fn is_surely(text: &str, lang: &Lang, other: Option<&Lang>) -> bool {
    const FEWEST_WORDS: usize = 5;
    // What detection says of a sentence of seven words without a doubt.
    const CONFIDENCE: f64 = 0.65;
    if words(text).count() < FEWEST_WORDS {
        return false;
    }
    let detected =
        || detect(text).is_some_and(|found| found.lang.same_language(lang) && found.confidence >= CONFIDENCE);
    match grammar_words(lang) {
        Some(own) => {
            let for_it = count(text, &own);
            let against = other.and_then(grammar_words).map_or(0, |theirs| count(text, &theirs));
            for_it >= 2 && against == 0 && (for_it >= 4 || detected())
        }
        None => detected(),
    }
}

/// Whether a source looks as if it were in the target language already, on less evidence than [`is_surely`]
/// asks for.
pub(super) fn reads_as_target(source: &str, pair: &LangPair) -> bool {
    match (grammar_words(&pair.source), grammar_words(&pair.target)) {
        (Some(own), Some(target)) => count(source, &target) > count(source, &own),
        _ => is_surely(source, &pair.target, None),
    }
}

/// Letters of a script that neither the target language nor the source text uses.
fn foreign_script(exchange: &Exchange<'_>) -> Option<String> {
    let expected = scripts(&exchange.pair.target)?;
    let in_source: HashSet<Script> = exchange.source.chars().filter_map(script).collect();
    // Old keyboards and bad scans have a beta for the ß.
    let is_sharp_s = |c: char| c == 'β' && exchange.pair.target.primary() == "de";
    let foreign: String = exchange
        .output
        .chars()
        .filter(|&c| {
            script(c).is_some_and(|s| !expected.contains(&s) && !in_source.contains(&s)) && !is_sharp_s(c)
        })
        .take(8)
        .collect();
    (!foreign.is_empty()).then(|| format!("`{foreign}` is not {}", exchange.pair.target.name()))
}

/// The output as a whole reads as the source language, or as a third one.
fn other_language(exchange: &Exchange<'_>) -> Option<String> {
    let pair = exchange.pair;
    // How many words it takes, and how sure detection has to be; less where no word speaks for the target.
    let mut least = (8, 0.7);
    if let (Some(source), Some(target)) = (grammar_words(&pair.source), grammar_words(&pair.target)) {
        let (wrong, right) = (count(exchange.output, &source), count(exchange.output, &target));
        if wrong >= 2 && wrong > 2 * right {
            return Some(format!("reads as {}", pair.source.name()));
        }
        // Every language has some short words that another has too.
        if right >= 2 && 6 * right >= words(exchange.output).count() {
            return None;
        }
        least = if right == 0 { (5, 0.4) } else { least };
    }
    let (fewest_words, confidence) = least;
    if words(exchange.output).count() < fewest_words {
        return None;
    }
    let found = detect(exchange.output)?;
    // A few names look like the source's language; a sentence in it has words of grammar.
    let names = grammar_words(&pair.source).is_some_and(|own| count(exchange.output, &own) == 0);
    if names && found.lang.same_language(&pair.source) {
        return None;
    }
    (!found.lang.same_language(&pair.target) && found.confidence >= confidence)
        .then(|| format!("reads as {}", found.lang.name()))
}

/// A part of the output stands as it stood in the source: several words with grammar among them, or a word
/// that is no name and has letters the target language lacks.
fn untranslated(exchange: &Exchange<'_>) -> Option<String> {
    let pair = exchange.pair;
    let grammar = grammar_words(&pair.source)?;
    let target = grammar_words(&pair.target).unwrap_or_default();
    if reads_as_target(exchange.source, pair) {
        return None;
    }
    let source: Vec<&str> = words(exchange.source).collect();
    let output: Vec<&str> = words(exchange.output).collect();
    let is_grammar = |word: &str| grammar.contains(word) && !NAME_PARTICLES.contains(&word);
    // A name or a title (`Bank of England`) has grammar words, but no other words in lower case.
    // The short words of names (`Rio de Janeiro`) and those that both languages have (`in`) prove nothing.
    let is_plain = |word: &str| {
        word.starts_with(char::is_lowercase)
            && word.chars().count() > 3
            && !grammar.contains(word)
            && !target.contains(word)
    };
    // `Society for the Protection of Birds`; in German every noun has a capital.
    let is_title = |run: &[&str]| {
        let (grammar, other): (Vec<&str>, Vec<&str>) = run.iter().copied().partition(|word| is_grammar(word));
        pair.source.primary() != "de"
            && other.iter().all(|word| word.starts_with(char::is_uppercase))
            && grammar.iter().all(|word| word.chars().count() <= 4)
            && other.len() + 1 >= grammar.len()
    };
    for run in shared_runs(&source, &output) {
        let grammar = run.iter().filter(|word| is_grammar(word)).count();
        if is_quoted_name(run, exchange) {
            continue;
        }
        if grammar >= 3 && !is_title(run) || (grammar >= 1 && run.iter().any(|word| is_plain(word))) {
            return Some(format!("`{}` is left untranslated", run.join(" ")));
        }
    }
    let in_source: HashSet<&str> = source.iter().copied().collect();
    let is_left = |at: &usize| {
        let word = output[*at].split(['\'', '’']).next().unwrap_or_default();
        let is_noun = || source.windows(2).any(|pair| pair[1] == word && is_german_article(pair[0]));
        in_source.contains(word)
            && (is_german_spelling(word)
                || (stands_alone(&output, *at) && ends_as_german_noun(word) && is_noun()))
    };
    (pair.target.primary() == "en")
        .then(|| (0..output.len()).find(is_left))?
        .map(|at| format!("`{}` is left untranslated", output[at]))
}

/// Whether a word has no capital beside it, as it has in most names. The first word of a sentence has one too.
pub(super) fn stands_alone(words: &[&str], at: usize) -> bool {
    let is_lower_at = |at: usize| words.get(at).is_none_or(|word| is_lower(word));
    at.checked_sub(1).is_some_and(|before| before == 0 || is_lower_at(before)) && is_lower_at(at + 1)
}

/// Whether a word is in lower case or none.
pub(super) fn is_lower(word: &str) -> bool {
    !word.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())
}

/// Whether a word ends as only German nouns do, and names seldom without others beside them (`Süddeutsche Zeitung`).
fn ends_as_german_noun(word: &str) -> bool {
    const ENDINGS: [&str; 8] = ["nis", "ung", "ungen", "heit", "heiten", "keit", "schaft", "schaften"];
    word.starts_with(char::is_uppercase) && ENDINGS.iter().any(|ending| word.ends_with(ending))
}

/// Whether a word stands before nouns, but before no name of a company or a town.
fn is_german_article(word: &str) -> bool {
    const ARTICLES: &str = "der die das des dem den ein eine einer einem einen eines im am zum zur beim vom";
    ARTICLES.split(' ').any(|article| article == word.to_lowercase())
}

/// Whether a few words are quoted on both sides, as names of works and associations are (`„Bürger helfen sich“`).
fn is_quoted_name(run: &[&str], exchange: &Exchange<'_>) -> bool {
    const LONGEST: usize = 5;
    let is_mark = |c: char| matches!(c, '"' | '“' | '”' | '„' | '«' | '»' | '\'' | '‘' | '’' | '‚');
    let is_quoted = |text: &str| {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { return false };
        text.match_indices(first).any(|(at, _)| {
            let rest = &text[at..];
            let end = rest.find(last).map(|end| end + last.len());
            text[..at].ends_with(is_mark) && end.is_some_and(|end| rest[end..].starts_with(is_mark))
        })
    };
    run.len() <= LONGEST && is_quoted(exchange.source) && is_quoted(exchange.output)
}

/// The longest runs of three words or more in `output` that stand in `source` too.
fn shared_runs<'a>(source: &[&str], output: &'a [&'a str]) -> Vec<&'a [&'a str]> {
    const SHORTEST: usize = 3;
    let known: HashSet<&[&str]> = source.windows(SHORTEST).collect();
    let shared: Vec<bool> = output.windows(SHORTEST).map(|window| known.contains(window)).collect();
    let mut runs = Vec::new();
    let mut at = 0;
    while at < shared.len() {
        let windows = shared[at..].iter().take_while(|&&shared| shared).count();
        if windows > 0 {
            runs.push(&output[at..at + windows + SHORTEST - 1]);
        }
        at += windows + 1;
    }
    runs
}

/// A word that is no name, spelt with letters that English lacks.
fn is_german_spelling(word: &str) -> bool {
    // Borrowed by English with their spelling.
    const BORROWED: [&str; 2] = ["über", "doppelgänger"];
    word.starts_with(char::is_lowercase) && word.contains(['ä', 'ö', 'ü', 'ß']) && !BORROWED.contains(&word)
}

/// How many words of a text are among `grammar`.
fn count(text: &str, grammar: &HashSet<&str>) -> usize {
    words(text).filter(|word| grammar.contains(word.to_lowercase().as_str())).count()
}

/// The words that carry a language's grammar, less those that German and English share; `None` where no list
/// is kept.
fn grammar_words(lang: &Lang) -> Option<HashSet<&'static str>> {
    match lang.primary() {
        "de" => Some(GERMAN.split_whitespace().collect()),
        "en" => Some(ENGLISH.split_whitespace().collect()),
        _ => None,
    }
}

/// The scripts whose presence tells that an output has left its language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Script {
    Cyrillic,
    Greek,
    Hebrew,
    Arabic,
    Indic,
    Thai,
    Hangul,
    Kana,
    Han,
}

/// The script of a letter that is not Latin.
fn script(c: char) -> Option<Script> {
    Some(match c {
        '\u{0370}'..='\u{03FF}' | '\u{1F00}'..='\u{1FFF}' => Script::Greek,
        '\u{0400}'..='\u{052F}' => Script::Cyrillic,
        '\u{0590}'..='\u{05FF}' => Script::Hebrew,
        '\u{0600}'..='\u{06FF}' | '\u{0750}'..='\u{077F}' => Script::Arabic,
        '\u{0900}'..='\u{0DFF}' => Script::Indic,
        '\u{0E00}'..='\u{0E7F}' => Script::Thai,
        '\u{1100}'..='\u{11FF}' | '\u{AC00}'..='\u{D7AF}' => Script::Hangul,
        '\u{3040}'..='\u{30FF}' => Script::Kana,
        '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' => Script::Han,
        _ => return None,
    })
}

/// The scripts besides Latin that a language is written in; `None` where that is not known here.
fn scripts(lang: &Lang) -> Option<&'static [Script]> {
    Some(match lang.primary() {
        "de" | "en" | "fr" | "es" | "it" | "pt" | "nl" | "pl" | "cs" | "sk" | "sv" | "da" | "no" | "nb"
        | "nn" | "fi" | "et" | "lv" | "lt" | "hu" | "ro" | "hr" | "sl" | "tr" | "id" | "vi" | "ca" => &[],
        "el" => &[Script::Greek],
        "ru" | "uk" | "bg" | "be" | "mk" => &[Script::Cyrillic],
        "he" => &[Script::Hebrew],
        "ar" | "fa" | "ur" => &[Script::Arabic],
        "hi" | "bn" | "ta" | "te" | "mr" | "gu" | "kn" | "ml" | "pa" | "ne" | "si" => &[Script::Indic],
        "th" => &[Script::Thai],
        "ko" => &[Script::Hangul, Script::Han],
        "ja" => &[Script::Kana, Script::Han],
        "zh" => &[Script::Han],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Finish;

    fn detail(source: &str, output: &str) -> Option<String> {
        let pair = LangPair { source: Lang::DE, target: Lang::EN };
        wrong_language(&Exchange { source, output, finish: Finish::Stop, pair: &pair })
            .map(|flag| flag.detail)
    }

    #[test]
    fn lists_share_no_word() {
        let german = grammar_words(&Lang::DE).expect("a list");
        let english = grammar_words(&Lang::EN).expect("a list");
        assert_eq!(german.intersection(&english).collect::<Vec<_>>(), Vec::<&&str>::new());
    }

    #[test]
    fn another_language_is_seen() {
        let source = "Der Bürgermeister eröffnete am Montag die neue Schule.";
        assert!(detail(source, "The mayor opened the new school on Monday.").is_none());
        let german =
            detail(source, "Der Bürgermeister hat die neue Schule am Montag mit einer Rede eröffnet.");
        assert_eq!(german.as_deref(), Some("reads as German"));
        assert!(detail(source, "市长周一为新学校揭幕。").is_some());
        assert!(detail(source, "The mayor opened the new 学校 on Monday.").is_some());
    }

    #[test]
    fn a_part_left_untranslated_is_seen() {
        let source = "Die Behörde warnte vor größeren Schäden, weil der Fluss weiter steigt.";
        let detail = |output| detail(source, output);
        assert!(detail("The authority warned of major damage because the river keeps rising.").is_none());
        assert!(detail("The authority warned of größeren damage because the river keeps rising.").is_some());
        assert!(detail("The Behörde warned of major damage because the river keeps rising.").is_none());
        assert!(detail("The authority warned of major damage, weil der Fluss weiter steigt.").is_some());
    }

    #[test]
    fn a_single_german_noun_is_seen_where_it_is_no_part_of_a_name() {
        for (source, output, left) in [
            (
                "Das Papier des Bündnisses liegt vor: Das Bündnis prüft es.",
                "The Bündnis’s paper is out and being checked.",
                true,
            ),
            (
                "Das Papier des Bündnisses liegt vor: Das Bündnis prüft es.",
                "The alliance’s paper is out and being checked.",
                false,
            ),
            ("Die Prüfung der Brücke dauert an.", "The ongoing Prüfung of the bridge goes on.", true),
            ("Das schreibt die Neuwalder Zeitung heute.", "The Neuwalder Zeitung wrote that today.", false),
        ] {
            assert_eq!(detail(source, output).is_some(), left, "{output}");
        }
    }

    #[test]
    fn names_do_not_read_as_their_language() {
        assert_eq!(detail("Der Zweite Weltkrieg endete 1945.", "World War II ended in 1945."), None);
        let source = "Der Verein „Nachbarn helfen sich“ lädt zum Fest ein.";
        assert_eq!(
            detail(source, "The association “Nachbarn helfen sich” invites everyone to its party."),
            None
        );
        assert!(
            detail(source, "The association Nachbarn helfen sich invites everyone to its party.").is_some()
        );
    }

    #[test]
    fn code_addresses_and_old_letters_may_stay() {
        let pair = LangPair { source: Lang::EN, target: Lang::DE };
        let source = "Copy it with `bake into the oven`, then open https://example.org/bread/a/of/the.html for the rest.";
        for (output, wrong) in [
            (
                "Mit `bake into the oven` kopieren, dann https://example.org/bread/a/of/the.html öffnen.",
                false,
            ),
            ("Groβe Straβen: Mit `bake into the oven` kopieren und alles öffnen.", false),
            ("Mit `bake into the oven` kopieren, dann alles öffnen for the rest.", true),
            ("Mit `bake into the oven` копировать, dann alles öffnen.", true),
        ] {
            let exchange = Exchange { source, output, finish: Finish::Stop, pair: &pair };
            assert_eq!(wrong_language(&exchange).is_some(), wrong, "{output}");
        }
    }

    #[test]
    fn english_names_and_titles_may_stay() {
        let pair = LangPair { source: Lang::EN, target: Lang::DE };
        let source = "She gave it to the Society for the Care of Cats and to friends of hers in Novo do Sul.";
        let judged = |output: &str| {
            wrong_language(&Exchange { source, output, finish: Finish::Stop, pair: &pair }).is_some()
        };
        assert!(!judged("Sie gab es der Society for the Care of Cats und Freunden in Novo do Sul."));
        assert!(judged("Sie gab es der Society for the Care of Cats and to friends of hers in Novo do Sul."));
    }

    #[test]
    fn german_names_and_titles_may_stay() {
        let source = "Das sagte Ursula von der Leyen der Zeitung „Die Welt“ und dem „Spiegel“.";
        assert_eq!(
            detail(source, "Ursula von der Leyen told the newspaper “Die Welt” and “Der Spiegel” that."),
            None
        );
    }
}
