//! Attribution: whether who says it is still told. German to English only.

use std::sync::LazyLock;

use regex::{Match, Regex};

use super::{Exchange, words};
use crate::dictionary::Dictionary;
use crate::flag::{Flag, FlagKind};

/// Beginnings of the English words that put what is said into somebody's mouth.
const ENGLISH_SAYING: &str = "accord acknowledg add admit affirm alleg announc answer argu ask assert assum \
    assur attest believ caution cite claim clarif comment complain conclud concede confess confirm contend \
    continued convinc criticiz criticis declar deni deny describ email emphasi estimat explain express hint \
    hope indicat inform insist lament maintain mention noted notes observ opinion outlin perspective pointed \
    points position prais predict promis quip quot reassur recall recommend remark repli reply report respon \
    reveal said say sources speak spoke stated statement states stress suggest summari tell testif think \
    thought told tweet underlin underscor urg view voic warn went writ wrote";

/// `so der`, `so weiter die`, `so Maier` behind a comma.
static SO_SPEAKER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#",["“”»«]?\s+(so(?:\s+weiter)?\s+(?:der|die|das|ein|eine|\p{Lu}\p{L}+))\b"#).ok()
});

/// German verbs whose subject says the quotation before them.
const GERMAN_SAYING: &str = "berichten berichtet berichtete berichteten betonen betont betonte betonten \
    ergänzt ergänzte ergänzten erklären erklärt erklärte erklärten meinen meint meinte meinten sagen sagt \
    sagte sagten schreiben schreibt schrieb schrieben versichert versicherte versicherten warnt warnte \
    warnten";

/// `“, sagte der`, `“, erklärte Maier`.
static SAYS_SPEAKER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let verbs = GERMAN_SAYING.split_ascii_whitespace().collect::<Vec<_>>().join("|");
    let subject = r"der|die|das|ein|eine|er|sie|\p{Lu}\p{L}+";
    Regex::new(&format!(r#"["“”»«],\s+((?:{verbs})\s+(?:{subject}))\b"#)).ok()
});

/// The words `so der` or the like, with which a German text begins to tell who says it, if it has them.
pub(in crate::translate) fn so_speaker(text: &str) -> Option<Match<'_>> {
    SO_SPEAKER.as_ref()?.captures(text)?.get(1)
}

/// The words `sagte der` or the like behind a quotation, if a German text has them.
fn says_speaker(text: &str) -> Option<Match<'_>> {
    SAYS_SPEAKER.as_ref()?.captures(text)?.get(1)
}

/// The source names who says all of it or what is quoted (`…, so der Minister.`, `„…“, sagte er.`), and the output
/// has nobody say it.
pub(super) fn attribution(exchange: &Exchange<'_>) -> Option<Flag> {
    if !Dictionary::serves(exchange.pair) {
        return None;
    }
    let speaker = so_speaker(exchange.source).or_else(|| says_speaker(exchange.source))?.as_str();
    let says =
        |word: &str| ENGLISH_SAYING.split_ascii_whitespace().any(|beginning| word.starts_with(beginning));
    let is_told =
        words(exchange.output).any(|word| says(&word.to_lowercase())) || exchange.output.contains(": ");
    (!is_told).then(|| Flag::new(FlagKind::Quotes, format!("`{speaker} …`: nobody says it")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Finish;
    use crate::lang::{Lang, LangPair};

    #[test]
    fn who_says_it_is_seen() {
        let speaker = |text| so_speaker(text).map(|words| words.as_str());
        assert_eq!(speaker("Es werde gebaut, so der Minister weiter."), Some("so der"));
        assert_eq!(speaker("„Es wird gebaut“, so Maier."), Some("so Maier"));
        for text in
            ["Es regnet, so dass der Fluss steigt.", "Der Vater so wie die Mutter.", "So der Minister."]
        {
            assert_eq!(speaker(text), None, "{text}");
        }
    }

    fn is_flagged(source: &str, output: &str) -> bool {
        let pair = LangPair { source: Lang::DE, target: Lang::EN };
        attribution(&Exchange { source, output, finish: Finish::Stop, pair: &pair }).is_some()
    }

    #[test]
    fn a_quotation_without_its_speaker_is_seen() {
        for source in [
            "„Wir hatten mit weniger gerechnet“, sagte die Leiterin Maren Tiedjen.",
            "\"Wir hatten mit weniger gerechnet\", erklärte sie.",
            "»Wir hatten mit weniger gerechnet«, sagten Anwohner.",
        ] {
            assert!(is_flagged(source, "“We had counted on less.”"), "{source}");
            assert!(!is_flagged(source, "“We had counted on less,” said the head."), "{source}");
        }
        let unsaid = "Er nannte es „Glück“, sagte aber nichts.";
        assert!(!is_flagged(unsaid, "He called it “luck” and kept silent."));
    }

    #[test]
    fn what_nobody_says_any_more_is_seen() {
        let is_flagged = |output| is_flagged("Die Brücke bleibe gesperrt, so die Behörde weiter.", output);
        assert!(is_flagged("The bridge will remain closed, so the authority continues."));
        for output in [
            "The bridge will remain closed, the authority said.",
            "According to the authority, the bridge will remain closed.",
            "The authority: The bridge will remain closed.",
        ] {
            assert!(!is_flagged(output), "{output}");
        }
    }
}
