//! Names in the spellings of two languages: `Selenskyj` and `Zelensky`, `Kishidas` and `Kishida's`.

use super::{Tongue, places};

/// The words of a text, ready to be compared with names.
pub(super) struct Spellings {
    tongue: Tongue,
    /// Folded words, and the parts of those with a hyphen.
    words: Vec<String>,
}

impl Spellings {
    pub fn of(text: &str, tongue: Tongue) -> Self {
        let words = super::super::words(text).flat_map(|word| word.split(['-', '\'', '’'])).map(fold);
        let mut words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
        if tongue == Tongue::German {
            // `Südpol` is the South Pole.
            let parts = words.iter().filter_map(|word| places::without_direction(word)).map(str::to_owned);
            words.extend(parts.collect::<Vec<_>>());
        }
        Self { tongue, words }
    }

    /// Whether the text has a name of the other language in some spelling, also as a part of a compound.
    pub fn have(&self, name: &str) -> bool {
        let name = fold(name);
        let sound = sound(&name);
        let same_place = |word: &str| places::are_the_same(word, self.tongue, &name, self.tongue.other());
        // `Ostasien` sounds like `eastern`.
        let sounds = self.tongue == Tongue::German || !places::is_directed(&name);
        let begins = |word: &str| self.tongue == Tongue::German && begins_compound(&name, word);
        self.words.iter().any(|word| {
            are_alike(word, &name)
                || (sounds && sounds_alike(word, &sound))
                || same_place(word)
                || begins(word)
        })
    }
}

/// Lower case without diacritics.
pub(super) fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    for c in word.chars().flat_map(char::to_lowercase) {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'ä' | 'á' | 'à' | 'â' | 'ã' | 'å' | 'ă' | 'ą' | 'ā' => folded.push('a'),
            'é' | 'è' | 'ê' | 'ë' | 'ě' | 'ę' | 'ē' => folded.push('e'),
            'í' | 'ì' | 'î' | 'ï' | 'ı' | 'ī' => folded.push('i'),
            'ö' | 'ó' | 'ò' | 'ô' | 'õ' | 'ø' | 'ő' | 'ō' => folded.push('o'),
            'ü' | 'ú' | 'ù' | 'û' | 'ů' | 'ű' | 'ū' => folded.push('u'),
            'ç' | 'ć' | 'č' => folded.push('c'),
            'š' | 'ś' | 'ş' | 'ș' => folded.push('s'),
            'ž' | 'ź' | 'ż' => folded.push('z'),
            'ñ' | 'ń' | 'ň' => folded.push('n'),
            'ł' => folded.push('l'),
            'ř' => folded.push('r'),
            'ğ' => folded.push('g'),
            'ý' => folded.push('y'),
            'ț' | 'ť' => folded.push('t'),
            'ď' | 'đ' => folded.push('d'),
            c if c.is_alphanumeric() && !('\u{300}'..='\u{36F}').contains(&c) => folded.push(c),
            _ => {}
        }
    }
    folded
}

/// Whether two folded words begin alike for most of their length, or one holds the other.
fn are_alike(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short == long
        || (short.len() >= 4 && (long.contains(short) || respelt(long).contains(&respelt(short))))
    {
        return true;
    }
    let common = short.bytes().zip(long.bytes()).take_while(|(a, b)| a == b).count();
    // `Italien`, `Italy`; `Argentinien`, `Argentina`
    common >= 4 && 3 * common >= 2 * short.len() || short.len() == 3 && common == 3 && long.len() <= 5
}

/// German spelling of what English writes with a c (`America`, `Lateinamerika`).
fn respelt(word: &str) -> String {
    word.replace("ck", "k").replace('c', "k")
}

/// Whether a name without its last vowel begins a German compound: `Elbe`, `Elbphilharmonie`.
fn begins_compound(name: &str, word: &str) -> bool {
    name.strip_suffix('e')
        .is_some_and(|stem| stem.len() >= 3 && word.len() >= stem.len() + 4 && word.starts_with(stem))
}

fn sounds_alike(word: &str, sound_of_name: &str) -> bool {
    let sound = sound(word);
    let (a, b) = (sound.as_bytes(), sound_of_name.as_bytes());
    a.len() >= 2 && b.len() >= 2 && (a == b || (a.len().min(b.len()) >= 4 && distance_is_one(a, b)))
}

/// The consonants of a folded word, with those that languages write differently made equal.
fn sound(word: &str) -> String {
    let mut word = word.to_owned();
    for (written, sound) in [
        ("tsch", "c"),
        ("tch", "c"),
        ("dsch", "j"),
        ("sch", "s"),
        ("zh", "s"),
        ("dj", "j"),
        ("sh", "s"),
        ("ch", "c"),
        ("ph", "f"),
        ("th", "t"),
        ("kh", "c"),
        ("ck", "k"),
        ("qu", "kv"),
        ("x", "ks"),
    ] {
        word = word.replace(written, sound);
    }
    let mut sound = String::new();
    for c in word.chars() {
        let c = match c {
            'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'j' | 'h' => continue,
            'w' => 'v',
            'z' => 's',
            'c' | 'q' => 'k',
            c => c,
        };
        if !sound.ends_with(c) {
            sound.push(c);
        }
    }
    sound
}

/// Whether one letter more, less or other makes two words equal.
fn distance_is_one(a: &[u8], b: &[u8]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if long.len() - short.len() > 1 {
        return false;
    }
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    match long.len() == short.len() {
        true => short[same..].get(1..) == long[same..].get(1..),
        false => short[same..] == long[same + 1..],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_name_are_found() {
        let english = |text: &str| Spellings::of(text, Tongue::English);
        for (name, text) in [
            ("Selenskyj", "Zelensky said so."),
            ("Kishidas", "Kishida's visit"),
            ("Mailand", "a court in Milan"),
            ("Köln", "Cologne"),
            ("Italien", "Italy"),
            ("Chișinău", "in Chisinau"),
            ("Tschechow", "Chekhov"),
        ] {
            assert!(english(text).have(name), "{name}: {text}");
        }
        for (name, text) in [
            ("Rhine", "am Rheinufer"),
            ("Brexit", "die Brexit-Verhandlungen"),
            ("Africa", "im Südwestafrika von damals"),
            ("Pole", "am Nordpol"),
            ("Spree", "im Spreewald"),
            ("Ilse", "die Ilsbrücke"),
        ] {
            assert!(Spellings::of(text, Tongue::German).have(name), "{name}: {text}");
        }
        for (name, text) in [
            ("Kishida", "Shinzo Abe said so."),
            ("Husum", "a court in Milan"),
            ("Köln", "the city of Kiel"),
            ("Lindemann", "Rasmussen arrived"),
        ] {
            assert!(!english(text).have(name), "{name}: {text}");
        }
    }
}
