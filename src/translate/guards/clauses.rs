//! Clauses: conjunctions of the source that the output expresses in no way. Alone they prove nothing, since a translator
//! may say it otherwise; where the output is short as well, a clause is missing.

use super::words;
use crate::lang::LangPair;

/// Conjunctions, German | English. Those before the semicolon are looked for in a source; these and those behind it may
/// stand for them.
const CONJUNCTIONS: &str = "
    obwohl obgleich obschon wenngleich ; trotz trotzdem dennoch doch aber auch jedoch allerdings selbst wenn | although though ; even despite spite while yet but however nevertheless
    weil ; da denn wegen aufgrund nämlich infolge durch dank deshalb deswegen darum | because ; since as for due owing given with thanks over why reason reasons
    nachdem ; nach als sobald seit danach wenn hinter schließlich später dann seitdem anschließend | after ; once when since having following upon as
    bevor ehe ; vor bis zuvor vorher davor erst bisher früher | before ; until till prior by
    während ; indes wohingegen dagegen hingegen aber und obwohl zwar wenn indem beim bei als derweil mittlerweile weile | while whereas whilst ; as during but meanwhile though in and
    sodass damit ; dass um so also daher deshalb deswegen somit | ,so ; so such that to order making thus therefore this which by with
    sofern falls solange ; wenn ob außer sollte sollten sobald wer als sonst ansonsten | if unless ; provided as long when whenever whether should while
    wenn ; falls sobald als wann sofern sollte sollten ob bei | ; when whenever if once as should unless though although where time case like every
    weshalb weswegen deshalb daher ; darum warum wieso also so dadurch | ; why so therefore hence reason reasons result because which that thus
    wo wohin ; woher worin in im an am auf bei beim dort wobei | where ; wherever which in at
    oder ; beziehungsweise bzw und | or ; either nor and
    ; auch ebenfalls ebenso sogar selbst und zudem außerdem ferner zugleich gleichzeitig weiterhin sowie noch | also ; too even as well likewise and nor neither although though similarly including addition additionally
    ohne ; kein keine keinen keinem keiner nicht | without ; no not never nor
    anstatt anstelle ; statt stattdessen vielmehr lieber | instead ; rather
    aber jedoch sondern ; doch allerdings hingegen dagegen zwar obwohl dennoch trotzdem nur außer | but however ; though yet still nevertheless nonetheless despite even although while whereas instead rather only
";

/// The same for those that translators often do without.
const DISPENSABLE: &str = "
    auch ; | ; also too even as well likewise and nor neither although though similarly including addition additionally
    und ; sowie sowohl wie plus | and ; both as plus well with
    ,der ,die ,das ,den ,dem ,deren ,dessen ,denen ,was ; wer was welche welcher welches | who whose whom ; which that what where when why
";

/// How sure it is that an output lacks a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Missing {
    Nothing,
    /// A relative pronoun or an `and`.
    Dispensable,
    /// A conjunction that says how two clauses hang together.
    Conjunction,
}

/// What an output lacks of the conjunctions of its source; nothing for other languages.
pub(super) fn missing(source: &str, output: &str, pair: &LangPair) -> Missing {
    let german_first = match (pair.source.primary(), pair.target.primary()) {
        ("de", "en") => true,
        ("en", "de") => false,
        _ => return Missing::Nothing,
    };
    let (source, output) = (lower(source), lower(output));
    let lacks = |list: &str| {
        list.lines().filter_map(|row| row.split_once('|')).any(|(german, english)| {
            let (mine, theirs) = if german_first { (german, english) } else { (english, german) };
            any_of(mine.split(';').next().unwrap_or_default(), &source) && !any_of(theirs, &output)
        })
    };
    match () {
        () if lacks(CONJUNCTIONS) => Missing::Conjunction,
        () if lacks(DISPENSABLE) => Missing::Dispensable,
        () => Missing::Nothing,
    }
}

fn any_of(list: &str, text: &[String]) -> bool {
    list.split_ascii_whitespace().any(|word| text.iter().any(|other| other == word))
}

/// The words of a text in lower case; one after a comma stands there with it as well, which tells German relative pronouns
/// from articles.
fn lower(text: &str) -> Vec<String> {
    let after_comma = |word: &str| {
        let at = word.as_ptr() as usize - text.as_ptr() as usize;
        text[..at].trim_end().ends_with(',').then(|| format!(",{}", word.to_lowercase()))
    };
    words(text).flat_map(|word| [Some(word.to_lowercase()), after_comma(word)]).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;

    #[test]
    fn conjunctions_need_a_counterpart() {
        let pair = LangPair { source: Lang::DE, target: Lang::EN };
        let source = "Er blieb zu Hause, weil es regnete, und las ein Buch, das er mochte.";
        for (output, lacks) in [
            ("He stayed at home because it was raining, and read a book that he liked.", Missing::Nothing),
            ("He stayed at home, as it rained, and read a book which he liked.", Missing::Nothing),
            ("He stayed at home because it was raining, and read a book.", Missing::Dispensable),
            ("He stayed at home and read a book that he liked.", Missing::Conjunction),
        ] {
            assert_eq!(missing(source, output, &pair), lacks, "{output}");
        }
        let pair = LangPair { source: Lang::DE, target: Lang::DE };
        assert_eq!(missing(source, "", &pair), Missing::Nothing);
    }

    #[test]
    fn words_that_are_conjunctions_only_at_times_ask_for_none() {
        let english = LangPair { source: Lang::EN, target: Lang::DE };
        let german = LangPair { source: Lang::DE, target: Lang::EN };
        for (pair, source, output) in [
            (&english, "The river is so wide here.", "Der Fluss ist hier sehr breit."),
            (&english, "The tea was too hot for him.", "Der Tee war ihm zu heiß."),
            (&german, "Das Fest findet im Mai statt.", "The festival takes place in May."),
            (&german, "Wenn du Hilfe brauchst, ruf an.", "Should you need help, call."),
        ] {
            assert_eq!(missing(source, output, pair), Missing::Nothing, "{source}");
        }
        let output = "Er blieb lange wach und war müde.";
        assert_eq!(missing("He stayed up late, so he was tired.", output, &english), Missing::Conjunction);
    }
}
