//! Examples of a translation, shown to a model before it is asked: it keeps closer to the text and the tone.
//! The sentences are written for this. The later ones have what small models misread: a wish told by `will`, reported
//! speech whose speaker stands behind it, clauses about clauses.

use crate::glossary::Term;
use crate::lang::{Lang, LangPair};

/// A sentence to translate, or the translation of one.
struct Sentence {
    text: &'static str,
    /// A word of it.
    word: &'static str,
    /// What a glossary says of that word of the sentence in another language.
    meanings: &'static str,
}

/// A translation that is shown.
pub(super) struct Example {
    pub(super) source: &'static str,
    pub(super) target: &'static str,
    /// What a word of it can mean.
    pub(super) term: Term,
}

/// The same sentences in each language, named by its tag.
const SENTENCES: [(&str, [Sentence; 6]); 5] = [
    (
        "de",
        [
            Sentence {
                text: "Nach Angaben der Feuerwehr wurde bei dem Brand in der Nacht zum Sonntag niemand verletzt.",
                word: "Feuerwehr",
                meanings: "Feuerwehr",
            },
            Sentence {
                text: "„Wir müssen jetzt handeln“, sagte die Bürgermeisterin, „sonst verlieren wir den Anschluss.“",
                word: "handeln",
                meanings: "handeln / agieren",
            },
            Sentence {
                text: "Der Umsatz stieg im dritten Quartal um 4,5 Prozent auf 1,2 Milliarden Euro.",
                word: "Umsatz",
                meanings: "Umsatz / Erlös",
            },
            Sentence {
                text: "Die Ministerin will die Renten erhöhen und plant dafür ein neues Gesetz.",
                word: "plant",
                meanings: "planen / beabsichtigen",
            },
            Sentence {
                text: "Es gebe noch viele offene Fragen, so der Sprecher weiter, man wolle sie bis Freitag klären.",
                word: "klären",
                meanings: "lösen / klären",
            },
            Sentence {
                text: "Der Verein, zu dem auch zwei Lehrer gehören, hat das Haus am Markt gekauft, das seit dem Sturm leer steht.",
                word: "Verein",
                meanings: "Verein / Klub",
            },
        ],
    ),
    (
        "en",
        [
            Sentence {
                text: "According to the fire brigade, nobody was injured in the fire during the night to Sunday.",
                word: "fire brigade",
                meanings: "fire brigade / fire department",
            },
            Sentence {
                text: "\"We have to act now,\" said the mayor, \"otherwise we will fall behind.\"",
                word: "act",
                meanings: "act / trade",
            },
            Sentence {
                text: "Revenue rose by 4.5 percent to 1.2 billion euros in the third quarter.",
                word: "Revenue",
                meanings: "revenue / sales / turnover",
            },
            Sentence {
                text: "The minister wants to raise pensions and is planning a new law for this purpose.",
                word: "planning",
                meanings: "plan / intend",
            },
            Sentence {
                text: "There were still many open questions, the spokesman continued, and they wanted to settle them by Friday.",
                word: "settle",
                meanings: "clarify / settle / resolve",
            },
            Sentence {
                text: "The association, which also includes two teachers, has bought the house on the market square, which has stood empty since the storm.",
                word: "association",
                meanings: "association / club / society",
            },
        ],
    ),
    (
        "fr",
        [
            Sentence {
                text: "Selon les pompiers, l'incendie survenu dans la nuit de samedi à dimanche n'a fait aucun blessé.",
                word: "pompiers",
                meanings: "pompiers / sapeurs",
            },
            Sentence {
                text: "« Nous devons agir maintenant », a déclaré la maire, « sinon nous serons distancés. »",
                word: "agir",
                meanings: "agir / intervenir",
            },
            Sentence {
                text: "Au troisième trimestre, le chiffre d'affaires a augmenté de 4,5 % pour atteindre 1,2 milliard d'euros.",
                word: "chiffre d'affaires",
                meanings: "chiffre d'affaires / ventes",
            },
            Sentence {
                text: "La ministre veut augmenter les retraites et prévoit une nouvelle loi à cet effet.",
                word: "prévoit",
                meanings: "prévoir / projeter",
            },
            Sentence {
                text: "Il reste de nombreuses questions en suspens, a poursuivi le porte-parole, et l'on souhaite les régler d'ici vendredi.",
                word: "régler",
                meanings: "clarifier / régler",
            },
            Sentence {
                text: "L'association, dont font aussi partie deux enseignants, a acheté la maison de la place du marché, vide depuis la tempête.",
                word: "association",
                meanings: "association / club",
            },
        ],
    ),
    (
        "es",
        [
            Sentence {
                text: "Según los bomberos, nadie resultó herido en el incendio de la noche del sábado al domingo.",
                word: "bomberos",
                meanings: "bomberos",
            },
            Sentence {
                text: "«Tenemos que actuar ahora», dijo la alcaldesa, «de lo contrario nos quedaremos atrás».",
                word: "actuar",
                meanings: "actuar / obrar",
            },
            Sentence {
                text: "En el tercer trimestre, los ingresos aumentaron un 4,5 por ciento, hasta los 1.200 millones de euros.",
                word: "ingresos",
                meanings: "ingresos / ventas",
            },
            Sentence {
                text: "La ministra quiere subir las pensiones y prepara para ello una nueva ley.",
                word: "prepara",
                meanings: "preparar / planear",
            },
            Sentence {
                text: "Aún quedan muchas preguntas abiertas, continuó el portavoz, y se quieren aclarar antes del viernes.",
                word: "aclarar",
                meanings: "resolver / aclarar",
            },
            Sentence {
                text: "La asociación, a la que también pertenecen dos maestros, ha comprado la casa de la plaza del mercado, que está vacía desde la tormenta.",
                word: "asociación",
                meanings: "asociación / club",
            },
        ],
    ),
    (
        "it",
        [
            Sentence {
                text: "Secondo i vigili del fuoco, nessuno è rimasto ferito nell'incendio della notte tra sabato e domenica.",
                word: "vigili del fuoco",
                meanings: "vigili del fuoco / pompieri",
            },
            Sentence {
                text: "«Dobbiamo agire adesso», ha detto la sindaca, «altrimenti resteremo indietro».",
                word: "agire",
                meanings: "agire / operare",
            },
            Sentence {
                text: "Nel terzo trimestre il fatturato è salito del 4,5 per cento a 1,2 miliardi di euro.",
                word: "fatturato",
                meanings: "fatturato / vendite",
            },
            Sentence {
                text: "La ministra vuole aumentare le pensioni e a questo scopo prepara una nuova legge.",
                word: "prepara",
                meanings: "preparare / progettare",
            },
            Sentence {
                text: "Ci sono ancora molte questioni aperte, ha proseguito il portavoce, e si vuole chiarirle entro venerdì.",
                word: "chiarirle",
                meanings: "risolvere / chiarire",
            },
            Sentence {
                text: "L'associazione, di cui fanno parte anche due insegnanti, ha comprato la casa sulla piazza del mercato, che è vuota dalla tempesta.",
                word: "associazione",
                meanings: "associazione / club",
            },
        ],
    ),
];

/// Sentences with their translations; none for a language that has no sentences here.
pub(super) fn examples(pair: &LangPair) -> impl Iterator<Item = Example> {
    let of = |lang: &Lang| {
        let found = SENTENCES.iter().find(|(tag, _)| lang.primary() == *tag);
        found.map_or(&[][..], |(_, sentences)| sentences)
    };
    of(&pair.source).iter().zip(of(&pair.target)).map(|(source, target)| Example {
        source: source.text,
        target: target.text,
        term: Term { source: source.word.to_owned(), target: target.meanings.to_owned() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_in_their_sentences() {
        for sentence in SENTENCES.iter().flat_map(|(_, sentences)| sentences) {
            assert!(sentence.text.contains(sentence.word), "{}", sentence.text);
        }
    }

    #[test]
    fn languages_with_sentences_have_examples_in_both_directions() {
        let pair = |source, target| LangPair {
            source: Lang::parse(source).unwrap(),
            target: Lang::parse(target).unwrap(),
        };
        let there: Vec<_> = examples(&pair("de-AT", "en-GB")).collect();
        let back: Vec<_> = examples(&pair("en", "de")).collect();
        assert_eq!(there.len(), 6);
        let is_turned = |(a, b): (&Example, &Example)| (a.source, a.target) == (b.target, b.source);
        assert!(there.iter().zip(&back).all(is_turned));
        assert_eq!(examples(&pair("de", "ja")).count() + examples(&pair("ja", "en")).count(), 0);
    }
}
