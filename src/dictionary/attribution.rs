//! Attribution: German names behind a comma who says all of it (`…, so der Minister.`), which small models misread.

use std::sync::LazyLock;

use regex::Regex;

static ATTRIBUTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#",["“”»«]?\s+(so(?:\s+weiter)?\s+(?:der|die|das|ein|eine|\p{Lu}\p{L}+))\b"#).ok()
});

/// The words that begin to tell who says what a text tells (`so der`, `so weiter die`, `so Maier`), if some do.
pub(crate) fn attribution(text: &str) -> Option<&str> {
    ATTRIBUTION.as_ref()?.captures(text)?.get(1).map(|found| found.as_str())
}

/// What such words can mean.
pub(super) fn meanings(attribution: &str) -> Vec<String> {
    let speaker = match attribution.rsplit(' ').next().unwrap_or_default() {
        "der" | "die" | "das" => "the",
        "ein" | "eine" => "a",
        name => name,
    };
    let named = ["according to", "said"].map(|verb| format!("{verb} {speaker}"));
    let otherwise = ["said", "says", "stated", "explained", "added"].map(str::to_owned);
    named.into_iter().chain(otherwise).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_says_it_is_seen() {
        assert_eq!(attribution("Es werde gebaut, so der Minister weiter."), Some("so der"));
        assert_eq!(attribution("„Es wird gebaut“, so Maier."), Some("so Maier"));
        for text in
            ["Es regnet, so dass der Fluss steigt.", "Der Vater so wie die Mutter.", "So der Minister."]
        {
            assert_eq!(attribution(text), None, "{text}");
        }
        assert_eq!(meanings("so der")[..2], ["according to the", "said the"]);
        assert_eq!(meanings("so Maier")[..2], ["according to Maier", "said Maier"]);
    }
}
