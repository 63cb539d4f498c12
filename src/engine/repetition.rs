//! Finding a model that repeats itself.

/// A loop is looked for in this many last tokens.
const WINDOW: usize = 64;
/// A short cycle is a loop once it fills this many tokens (`. . . . .` alone may be meant).
const SHORT: usize = 24;

/// When `tokens` end in a cycle, how many of them stand before its first repetition.
///
/// A cycle of up to 21 tokens is a loop when it came three times, at least [`SHORT`] tokens in all; a
/// longer one, up to 32, when it came twice. So a loop is found at most [`WINDOW`] tokens after it began.
pub(crate) fn before_loop(tokens: &[u32]) -> Option<usize> {
    (1..=WINDOW / 2).find_map(|period| {
        let needed = if 3 * period <= WINDOW { (3 * period).max(SHORT) } else { 2 * period };
        let repeated = tokens.iter().rev().zip(tokens.iter().rev().skip(period)).take_while(|(a, b)| a == b);
        let cyclic = repeated.count() + period;
        (cyclic >= needed && tokens.len() >= needed).then(|| tokens.len() - cyclic + period)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_period_is_found_within_the_window_and_cut_before_its_first_repetition() {
        for period in 1..=32 {
            let mut tokens: Vec<u32> = (1000..1010).collect();
            let cut = tokens.len() + period;
            let mut found = None;
            for i in 0..WINDOW {
                tokens.push((i % period) as u32);
                found = before_loop(&tokens);
                if found.is_some() {
                    break;
                }
            }
            assert_eq!(found, Some(cut), "period {period}");
        }
    }

    #[test]
    fn text_that_repeats_a_little_is_no_loop() {
        assert_eq!(before_loop(&[]), None);
        assert_eq!(before_loop(&(0..200).collect::<Vec<_>>()), None);
        assert_eq!(before_loop(&[5; 12]), None);
        let twice: Vec<u32> = (0..15).chain(0..15).collect();
        assert_eq!(before_loop(&twice), None);
        let over: Vec<u32> = [7; 40].into_iter().chain(0..30).collect();
        assert_eq!(before_loop(&over), None);
    }
}
