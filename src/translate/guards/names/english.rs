//! Names in English.

use super::{Kind, Name, Word, is_title_case, places, runs};

/// Words that have a capital and are no names: time, offices, institutions and what stands before names.
const NO_NAMES: &str = "I January February March April May June July August September October November December \
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mr Mrs Ms Miss Dr Prof Professor Sir Lord Lady Prime Minister \
    Ministry President Vice Deputy Chancellor Secretary General State States Department Foreign Affairs Interior Finance \
    Defence Defense Justice Home Office Court Supreme Constitutional Federal National International Council Committee \
    Commission Union Party House Senate Congress Parliament Assembly Government Governor Senator Mayor King Queen Prince \
    Princess Pope Bishop University College School Institute Academy Museum Church Cathedral Hospital Airport Station \
    Street Road Square Park Bridge River Lake Sea Ocean Mount Mountains Island Islands City Town County District North \
    South East West Northern Southern Eastern Western Central Upper Lower New Old Great Grand Royal Free United Republic \
    Kingdom Democratic Social Christian Liberal Conservative Republican Republicans Democrat Democrats Labour Green Greens \
    Left Right World Cup League Championship Championships Games Olympic Olympics Open Final Team Club Bank Group Company \
    Corporation Fund Agency Authority Service Services Police Army Navy Air Force Forces War Civil Peace Security Rights \
    Human Health Education Environment Economic Economy Trade Act Law Constitution Treaty Convention Charter Agreement \
    Association Federation Society Foundation Center Centre Board Bureau Chamber Day Year Eve Christmas Easter Internet \
    Web God Bible Earth Moon Sun Captain Colonel Major Sergeant Inspector Judge Chief Executive Officer Director Head \
    Chairman Chair Uncle Aunt Grandma Grandpa Mum Dad Mom News Times Post Street Red White Black Blue Golden Big High \
    First Second Third Last Middle Ages Age Era Century Special Public Private Royal Holy Saint St Cross Crown Gate Hall \
    Tower Palace Castle Garden Gardens Valley Hill Hills Coast Bay Beach Port Highway Train Railway Line Act Bill Plan \
    Project Program Programme Award Prize Festival Film Theatre Theater Opera Orchestra Library Gallery Hotel Restaurant \
    Football Premier Champions Super Bowl Bundestag Bundesliga Muslim Master Music Time Roman Pole Poles Without Managing Manager \
    Regulation Regulations Registration Auditor Auditors System Systems Medical Corps Annual Mid Emperor Empress Jr Junior \
    Senior The That This These Those He She It We You They In On At By For From With And But Or If When As Of To A An No \
    Not So Back Latin Arctic Antarctic National Peninsula \
    Village Muslims Jewish Jew Jews Catholic Protestant Islam \
    Islamic Arab Arabs Nazi Nazis Reich English German Germans French American Americans British European Europeans";

/// Endings of what belongs to a country, which the other language may say in another way.
const ENDINGS: [&str; 7] = ["ish", "ese", "ian", "ians", "ean", "eans", "ism"];

/// The words of a text that may be names.
pub(super) fn names<'a>(words: &[Word<'a>]) -> Vec<Name<'a>> {
    if is_title_case(words) {
        return Vec::new();
    }
    let mut names = Vec::new();
    for run in runs(words) {
        let after_article = run
            .start
            .checked_sub(1)
            .is_some_and(|at| words[run.start].joined && matches!(words[at].text, "the" | "The"));
        let of_a_title =
            words.get(run.end).is_some_and(|word| word.joined && matches!(word.text, "of" | "for" | "and"));
        for at in run.clone() {
            let word = words[at];
            let text = word.text.trim_end_matches("'s").trim_end_matches("’s");
            if text.chars().count() < 2 || is_no_name(text) || word.is_acronym() {
                continue;
            }
            let last_of_several = at + 1 == run.end && run.len() >= 2 && !after_article && !of_a_title;
            let kind = match last_of_several {
                _ if places::is_place(text) => Kind::Place,
                true => Kind::Last,
                false => Kind::Likely,
            };
            names.push(Name { text, at, kind });
        }
    }
    names
}

fn is_no_name(word: &str) -> bool {
    NO_NAMES.split_ascii_whitespace().any(|other| other == word)
        || ENDINGS.iter().any(|ending| word.ends_with(ending))
        || word.contains('-')
}
