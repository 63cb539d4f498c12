//! What to suggest to a user who asks for what is not there.

use super::Catalog;
use super::card::{Card, Role};
use crate::lang::{Lang, LangPair};

impl Catalog {
    /// The models that translate a pair: those that were run here first, then those whose terms are permissive.
    pub fn translators(&self, pair: &LangPair) -> Vec<&Card> {
        let offered = |card: &&Card| card.is_offered(Role::Translator) && card.translates(pair);
        let mut cards: Vec<_> = self.cards().into_iter().filter(offered).collect();
        cards.sort_by_key(|card| (!card.run_here, !card.licence.is_permissive()));
        cards
    }

    /// The next step for a user who wants a pair that a model does not translate.
    pub(crate) fn who_translates(&self, pair: &LangPair) -> String {
        let first = |source: &Lang, target: &Lang| {
            let pair = LangPair { source: source.clone(), target: target.clone() };
            self.translators(&pair).first().map(|card| card.name.as_str())
        };
        let steps = || Some((first(&pair.source, &Lang::EN)?, first(&Lang::EN, &pair.target)?));
        match (first(&pair.source, &pair.target), steps()) {
            (Some(model), _) => format!("`--model {model}` does"),
            (None, Some((into, from))) => {
                format!(
                    "in two steps it goes by way of English: `--model {into} --via en --via-model {from}`"
                )
            }
            (None, None) => {
                "no model of `diglot models list` does; a hub repository may: --model OWNER/NAME".into()
            }
        }
    }

    /// The known name nearest to `name`, if any is near.
    pub(super) fn nearest(&self, name: &str) -> Option<&str> {
        let name = name.to_lowercase();
        let contains = self.cards().into_iter().find(|c| name.len() >= 3 && c.name.contains(&name));
        let near = || {
            let distances = self.cards.iter().map(|c| (edit_distance(&name, &c.name), c));
            distances.filter(|(d, c)| *d * 3 <= c.name.len()).min_by_key(|(d, _)| *d).map(|(_, c)| c)
        };
        contains.or_else(near).map(|card| card.name.as_str())
    }
}

/// The Levenshtein distance in bytes.
fn edit_distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(usize::MAX - 1);
            let cell = (diagonal + usize::from(x != y)).min(left + 1).min(above + 1);
            diagonal = above;
            if let Some(slot) = row.get_mut(j) {
                *slot = left;
            }
            left = cell;
        }
        if let Some(last) = row.last_mut() {
            *last = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(source: &str, target: &str) -> LangPair {
        LangPair { source: Lang::parse(source).unwrap(), target: Lang::parse(target).unwrap() }
    }

    #[test]
    fn who_translates_a_pair_is_run_here_or_permissive_first() {
        let catalog = Catalog::built_in().unwrap();
        assert_eq!(catalog.translators(&pair("de", "en"))[0].name, "qwen2.5-coder-1.5b-instruct");
        assert_eq!(catalog.translators(&pair("de", "xh"))[0].name, "m2m100-418m");
        assert_eq!(catalog.who_translates(&pair("de", "fj")), "`--model nllb-200-distilled-600m` does");
        let error = catalog.default_translator(&pair("de", "xh")).unwrap_err();
        assert_eq!((error.exit_code(), error.next_step()), (2, Some("`--model m2m100-418m` does")));
        assert!(catalog.who_translates(&pair("de", "got")).contains("OWNER/NAME"));

        // By way of English where nothing is direct.
        let mut two = Catalog { cards: Vec::new() };
        let mut card = catalog.get("opus-mt-en-de").unwrap().clone();
        (card.name, card.pairs) = ("opus-mt-en-fr".into(), vec!["en-fr".into()]);
        two.add(catalog.get("opus-mt-de-en").unwrap().clone());
        two.add(card);
        let steps = "`--model opus-mt-de-en --via en --via-model opus-mt-en-fr`";
        assert!(two.who_translates(&pair("de", "fr")).ends_with(steps));
        assert!(!two.who_translates(&pair("fr", "de")).contains("--via"));
    }

    #[test]
    fn distances_are_those_of_levenshtein() {
        for (a, b, distance) in [("", "abc", 3), ("kitten", "sitting", 3), ("abc", "abc", 0), ("ab", "ba", 2)]
        {
            assert_eq!(edit_distance(a, b), distance, "{a} {b}");
        }
    }
}
