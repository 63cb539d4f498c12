//! Examples of a translation, shown to a model before it is asked: it keeps closer to the text and the tone.
//! The sentences are written for this.

use crate::lang::{Lang, LangPair};

/// The same three sentences in each language, named by its tag.
const SENTENCES: [(&str, [&str; 3]); 5] = [
    (
        "de",
        [
            "Nach Angaben der Feuerwehr wurde bei dem Brand in der Nacht zum Sonntag niemand verletzt.",
            "„Wir müssen jetzt handeln“, sagte die Bürgermeisterin, „sonst verlieren wir den Anschluss.“",
            "Der Umsatz stieg im dritten Quartal um 4,5 Prozent auf 1,2 Milliarden Euro.",
        ],
    ),
    (
        "en",
        [
            "According to the fire brigade, nobody was injured in the fire during the night to Sunday.",
            "\"We have to act now,\" said the mayor, \"otherwise we will fall behind.\"",
            "Revenue rose by 4.5 percent to 1.2 billion euros in the third quarter.",
        ],
    ),
    (
        "fr",
        [
            "Selon les pompiers, l'incendie survenu dans la nuit de samedi à dimanche n'a fait aucun blessé.",
            "« Nous devons agir maintenant », a déclaré la maire, « sinon nous serons distancés. »",
            "Au troisième trimestre, le chiffre d'affaires a augmenté de 4,5 % pour atteindre 1,2 milliard d'euros.",
        ],
    ),
    (
        "es",
        [
            "Según los bomberos, nadie resultó herido en el incendio de la noche del sábado al domingo.",
            "«Tenemos que actuar ahora», dijo la alcaldesa, «de lo contrario nos quedaremos atrás».",
            "En el tercer trimestre, los ingresos aumentaron un 4,5 por ciento, hasta los 1.200 millones de euros.",
        ],
    ),
    (
        "it",
        [
            "Secondo i vigili del fuoco, nessuno è rimasto ferito nell'incendio della notte tra sabato e domenica.",
            "«Dobbiamo agire adesso», ha detto la sindaca, «altrimenti resteremo indietro».",
            "Nel terzo trimestre il fatturato è salito del 4,5 per cento a 1,2 miliardi di euro.",
        ],
    ),
];

/// Sentences with their translations; none for a language that has no sentences here.
pub(super) fn examples(pair: &LangPair) -> impl Iterator<Item = (&'static str, &'static str)> {
    let of = |lang: &Lang| {
        let found = SENTENCES.iter().find(|(tag, _)| lang.primary() == *tag);
        found.map_or(&[][..], |(_, sentences)| sentences)
    };
    of(&pair.source).iter().copied().zip(of(&pair.target).iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_with_sentences_have_examples_in_both_directions() {
        let pair = |source, target| LangPair {
            source: Lang::parse(source).unwrap(),
            target: Lang::parse(target).unwrap(),
        };
        let there: Vec<_> = examples(&pair("de-AT", "en-GB")).collect();
        let back: Vec<_> = examples(&pair("en", "de")).collect();
        assert_eq!(there.len(), 3);
        assert!(there.iter().zip(&back).all(|(a, b)| (a.0, a.1) == (b.1, b.0)));
        assert_eq!(examples(&pair("de", "ja")).count() + examples(&pair("ja", "en")).count(), 0);
    }
}
