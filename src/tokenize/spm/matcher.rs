//! Which of a set of strings a text begins with.

/// A sorted list of strings with numbers, searched a byte at a time as a trie is.
#[derive(Debug, Default)]
pub(super) struct Matcher {
    entries: Vec<(Box<str>, u32)>,
}

impl Matcher {
    pub(super) fn new(entries: impl Iterator<Item = (Box<str>, u32)>) -> Self {
        let mut entries: Vec<_> = entries.collect();
        entries.sort();
        Self { entries }
    }

    /// Every string that `text` begins with, shortest first: its length and number.
    pub(super) fn prefixes(&self, text: &str) -> impl Iterator<Item = (usize, u32)> {
        let mut range = self.entries.as_slice();
        let mut bytes = text.bytes().enumerate();
        let next = move || {
            // The strings of `range` agree with the text up to here.
            while !range.is_empty() {
                let (depth, byte) = bytes.next()?;
                let at = |entry: &(Box<str>, u32)| entry.0.as_bytes().get(depth).copied();
                let start = range.partition_point(|entry| at(entry) < Some(byte));
                range = range.get(start..)?;
                range = range.get(..range.partition_point(|entry| at(entry) == Some(byte)))?;
                if let Some((string, number)) = range.first()
                    && string.len() == depth + 1
                {
                    return Some((depth + 1, *number));
                }
            }
            None
        };
        std::iter::from_fn(next)
    }

    /// The longest string that `text` begins with.
    pub(super) fn longest(&self, text: &str) -> Option<(usize, u32)> {
        match self.entries.is_empty() {
            true => None,
            false => self.prefixes(text).last(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Matcher;

    #[test]
    fn prefixes_come_shortest_first() {
        let strings = ["a", "ab", "abcd", "b", "é", "éa"];
        let matcher = Matcher::new(strings.into_iter().map(Box::from).zip(0..));
        let prefixes = |text| matcher.prefixes(text).collect::<Vec<_>>();
        assert_eq!(prefixes("abcde"), [(1, 0), (2, 1), (4, 2)]);
        assert_eq!(prefixes("abc"), [(1, 0), (2, 1)]);
        assert_eq!(prefixes("éa"), [(2, 4), (3, 5)]);
        assert_eq!(prefixes("c"), []);
        assert_eq!(prefixes(""), []);
        assert_eq!(matcher.longest("abx"), Some((2, 1)));
        assert_eq!(matcher.longest("x"), None);
    }
}
