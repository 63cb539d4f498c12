//! Names in English.

use super::{Kind, Name, Tongue, Word, is_among, is_title_case, places, runs};

/// Words before the names of people.
const OFFICES: [&str; 2] = [
    // Address and ranks.
    "I Mr Mrs Ms Miss Dr Prof Professor Sir Lord Lady Dame Saint St King Queen Prince Princess Duke Duchess Emperor Empress \
     Pope Bishop Archbishop Cardinal Captain Colonel Major Sergeant Lieutenant General Admiral Inspector Judge Justice \
     Mum Mom Dad Grandma Grandpa Uncle Aunt Jr",
    // Offices.
    "Prime Minister President Vice Deputy Chancellor Secretary Governor Senator Congressman Mayor Ambassador Commissioner \
     Director Manager Head Chief Chair Chairman Chairwoman Executive Officer Speaker Attorney Premier Leader Coach",
];

/// Words that have a capital and are no names of people or places, or only a part of an institution's.
const NO_NAMES: [&str; 5] = [
    // The calendar.
    "January February March April May June July August September October November December Monday Tuesday Wednesday \
     Thursday Friday Saturday Sunday Christmas Easter Day Eve Year Century",
    // Institutions and what their names are made of.
    "State States Government Parliament Congress Senate House Assembly Council Committee Commission Court Ministry \
     Department Office Agency Authority Bureau Board Service Services Police Army Navy Force Forces Guard Party Union \
     Association Federation Society Foundation Institute Academy University College School Museum Library Gallery Theatre \
     Theater Opera Orchestra Church Mosque Cathedral Hospital Clinic Airport Station Bank Fund Group Company Corporation Club Team \
     League Cup Championship Championships Games Olympics Festival Prize Award Awards Act Bill Law Constitution Treaty Convention \
     Charter Agreement Plan Program Programme Project Conference Summit Center Centre Chamber Republic Kingdom Empire \
     Affairs Foreign Interior Home Finance Treasury Defence Defense Health Education Environment Economy Trade Labor Labour \
     Human Rights Security Peace War Supreme Federal National International Central Social Democratic Christian Liberal \
     Conservative Republican Republicans Democrat Democrats Green Greens Left Right United Royal Olympic World Public \
     Internet Web News Times Post Hotel Restaurant System",
    // Parts of places.
    "North South East West Northern Southern Eastern Western Upper Lower New Old Great Grand Street Road Avenue Square \
     Park Bridge River Lake Sea Ocean Mount Mountain Mountains Island Islands City Town Village County District Valley \
     Hill Hills Coast Bay Beach Port Gate Hall Tower Palace Castle Garden Gardens Wall Highway Peninsula Cross",
    // Faiths and what belongs to them.
    "God Bible Koran Quran Muslim Muslims Jew Jews Jewish Catholic Catholics Protestant Protestants Islam Islamic Buddhist \
     Hindu Nazi Nazis Earth Moon Sun Middle Ages Age Black White Red Blue Golden Big High First Second Third Last",
    // What opens a title or a sentence within one.
    "The A An This That These Those He She It We You They My Our Your His Her Its Their In On At By For From With To Of And \
     Or But If When As So No Not Yes What Who How Why Where Without Within Under Over Between Against After Before Through \
     Across Among Beyond Into Special Celsius Fahrenheit",
];

/// Endings of what belongs to a country or a faith, which the other language may say in another way.
const ENDINGS: [&str; 8] = ["ish", "ese", "ian", "ians", "ean", "eans", "ism", "ic"];

/// Shorter words may be names that end so (`Clement`, `Lawrence`).
const LONG: usize = 10;

/// Endings of long common nouns and adjectives, of which the titles of institutions and works are made.
const COMMON: [&str; 22] = [
    "tion", "tions", "sion", "sions", "ment", "ments", "ness", "ship", "ships", "ity", "ities", "ance",
    "ence", "ical", "tural", "onal", "cial", "tial", "ative", "ology", "ings", "ists",
];

/// The words of a text that may be names.
pub(super) fn names<'a>(words: &[Word<'a>]) -> Vec<Name<'a>> {
    if is_title_case(words) {
        return Vec::new();
    }
    let mut names = Vec::new();
    for run in runs(words) {
        let before =
            run.start.checked_sub(1).filter(|_| words[run.start].joined).map_or("", |at| words[at].text);
        let after = words.get(run.end).filter(|word| word.joined).map_or("", |word| word.text);
        // `the Charity Commission for England`
        let of_a_title = is_among(before, "the The a an") || is_among(after, "of for and");
        // `Minister Jones came`, where the sentence begins with the office
        let after_office =
            before.starts_with(char::is_uppercase) && OFFICES.iter().any(|list| is_among(before, list));
        for at in run.clone() {
            let word = words[at];
            let text = word.text.trim_end_matches("'s").trim_end_matches("’s");
            if text.chars().count() < 2 || is_no_name(text) || word.is_acronym() {
                continue;
            }
            let last = at + 1 == run.end;
            // What belongs to somebody (`Maria's Bakery`) is seldom a person.
            let owned = at > run.start
                && words[at - 1].text.ends_with(['\'', '’', 's'])
                && words[at - 1].text.contains(['\'', '’']);
            let addressed = at.checked_sub(1).is_some_and(|at| is_among(words[at].text, "Mr Mrs Ms Miss"));
            let kind = match last {
                _ if places::is_place(text, Tongue::English) => Kind::Place,
                true if addressed => Kind::Addressed,
                true if owned => continue,
                true if (run.len() >= 2 || after_office) && !of_a_title => Kind::Last,
                true if run.len() == 1 && !of_a_title => Kind::Likely,
                false if at + 2 == run.end && !of_a_title => Kind::First,
                _ => continue,
            };
            names.push(Name { text, at, kind });
        }
    }
    names
}

fn is_no_name(word: &str) -> bool {
    NO_NAMES.iter().chain(&OFFICES).any(|list| is_among(word, list))
        || ENDINGS.iter().any(|ending| word.ends_with(ending))
        || (word.len() >= LONG && COMMON.iter().any(|ending| word.ends_with(ending)))
        || word.contains('-')
}
