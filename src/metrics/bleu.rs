//! BLEU (Papineni et al. 2002) as sacrebleu 2.6.0 computes it by default: the tokenizer of mteval-v13a, mixed
//! case, orders 1 to 4, exponential smoothing, statistics of the whole corpus.

use super::{Metric, Score, Signature, Statistics, is_space, ngrams, shared};

const ORDER: usize = 4;

/// BLEU with sacrebleu's defaults.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bleu;

/// Where the numbers lie in [`Statistics`].
const HYPOTHESIS_LENGTH: usize = 0;
const REFERENCE_LENGTH: usize = 1;
const CORRECT: usize = 2;
const TOTAL: usize = CORRECT + ORDER;

impl Metric for Bleu {
    fn name(&self) -> String {
        "BLEU".to_owned()
    }

    fn signature(&self) -> Signature {
        Signature::new(&[("case", "mixed"), ("eff", "no"), ("tok", "13a"), ("smooth", "exp")], "2.6.0")
    }

    fn statistics(&self, hypothesis: &str, reference: &str) -> Statistics {
        let (hypothesis, reference) = (tokenize_13a(hypothesis), tokenize_13a(reference));
        let mut numbers = vec![0.0; TOTAL + ORDER];
        numbers[HYPOTHESIS_LENGTH] = hypothesis.len() as f64;
        numbers[REFERENCE_LENGTH] = reference.len() as f64;
        for n in 1..=ORDER {
            let matches = shared(&ngrams(&hypothesis, n), &ngrams(&reference, n));
            numbers[CORRECT + n - 1] = matches as f64;
            numbers[TOTAL + n - 1] = hypothesis.len().saturating_sub(n - 1) as f64;
        }
        Statistics(numbers)
    }

    fn score(&self, statistics: &Statistics) -> Score {
        let hypothesis = statistics.get(HYPOTHESIS_LENGTH);
        let reference = statistics.get(REFERENCE_LENGTH);
        let precisions = precisions(statistics);
        let penalty = brevity_penalty(hypothesis, reference);
        let mean = precisions.iter().map(|p| p.ln()).sum::<f64>() / ORDER as f64;
        let ratio = if reference > 0.0 { hypothesis / reference } else { 0.0 };
        let [p1, p2, p3, p4] = precisions;
        Score {
            value: penalty * mean.exp(),
            detail: format!(
                "{p1:.1}/{p2:.1}/{p3:.1}/{p4:.1} (BP = {penalty:.3} ratio = {ratio:.3} \
                 hyp_len = {hypothesis} ref_len = {reference})"
            ),
        }
    }
}

/// The precision of each order in percent. An order without a match counts as half a match, the next one as a
/// quarter, and so on; without any match, or without any n-gram of an order, it is 0 and so is the score.
fn precisions(statistics: &Statistics) -> [f64; ORDER] {
    let mut precisions = [0.0; ORDER];
    if (0..ORDER).all(|n| statistics.get(CORRECT + n) == 0.0) {
        return precisions;
    }
    let mut smoothing = 1.0;
    for (n, precision) in precisions.iter_mut().enumerate() {
        let (correct, total) = (statistics.get(CORRECT + n), statistics.get(TOTAL + n));
        if total == 0.0 {
            break;
        }
        *precision = if correct == 0.0 {
            smoothing *= 2.0;
            100.0 / (smoothing * total)
        } else {
            100.0 * correct / total
        };
    }
    precisions
}

fn brevity_penalty(hypothesis: f64, reference: f64) -> f64 {
    if hypothesis >= reference {
        1.0
    } else if hypothesis > 0.0 {
        (1.0 - reference / hypothesis).exp()
    } else {
        0.0
    }
}

/// Splits a line as mteval-v13a does: ASCII punctuation stands alone, but period and comma stay inside
/// numbers, and a hyphen stays inside words.
fn tokenize_13a(line: &str) -> Vec<String> {
    let mut line = line.trim_end_matches(is_space).replace("<skipped>", "");
    line = line.replace("-\n", "").replace('\n', " ");
    if line.contains('&') {
        line = line.replace("&quot;", "\"").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
    }
    let line = isolate_punctuation(&format!(" {line} "));
    let line = rewrite_pairs(&line, |a, b| !a.is_ascii_digit() && is_point(b), |a, b| [a, ' ', b, ' ']);
    let line = rewrite_pairs(&line, |a, b| is_point(a) && !b.is_ascii_digit(), |a, b| [' ', a, ' ', b]);
    let line = rewrite_pairs(&line, |a, b| a.is_ascii_digit() && b == '-', |a, b| [a, ' ', b, ' ']);
    line.split(is_space).filter(|token| !token.is_empty()).map(str::to_owned).collect()
}

fn is_point(c: char) -> bool {
    matches!(c, '.' | ',')
}

/// Puts spaces around ASCII punctuation other than apostrophe, comma, hyphen and period.
fn isolate_punctuation(line: &str) -> String {
    let mut out = String::with_capacity(2 * line.len());
    for c in line.chars() {
        if c.is_ascii_punctuation() && !matches!(c, '\'' | ',' | '-' | '.') {
            out.extend([' ', c, ' ']);
        } else {
            out.push(c);
        }
    }
    out
}

/// Replaces every pair of neighbours that matches, from left to right; pairs do not overlap, as with a
/// regular expression's global replacement.
fn rewrite_pairs(
    line: &str,
    matches: impl Fn(char, char) -> bool,
    replacement: impl Fn(char, char) -> [char; 4],
) -> String {
    let mut out = String::with_capacity(2 * line.len());
    let mut chars = line.chars().peekable();
    while let Some(a) = chars.next() {
        match chars.next_if(|&b| matches(a, b)) {
            Some(b) => out.extend(replacement(a, b)),
            None => out.push(a),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokenizes_like_mteval_v13a() {
        for (line, tokens) in [
            ("Hello, world.", "Hello , world ."),
            ("1,000.50 (about) 3-4", "1,000.50 ( about ) 3 - 4"),
            ("well-known U.S. state", "well-known U . S . state"),
            ("&quot;AT&amp;T&quot; &lt;b&gt;", "\" AT & T \" < b >"),
            ("a..b", "a . . b"),
            ("don\u{2019}t don't", "don\u{2019}t don't"),
            ("5.", "5 ."),
            ("", ""),
        ] {
            assert_eq!(tokenize_13a(line).join(" "), tokens, "{line}");
        }
    }

    #[test]
    fn no_match_and_no_text_score_zero() {
        assert_eq!(Bleu.corpus(&["x y z"], &["a b c"]).unwrap().value, 0.0);
        assert_eq!(Bleu.corpus(&[""], &["a b c"]).unwrap().value, 0.0);
        assert_eq!(Bleu.corpus(&[], &[]).unwrap().value, 0.0);
    }

    #[test]
    fn statistics_decide_the_score() {
        let pairs = [("the cat sat on the mat today", "the cat sat on a mat today"), ("yes", "no")];
        let mut sum = Statistics::default();
        for (hypothesis, reference) in pairs {
            sum += Bleu.statistics(hypothesis, reference);
        }
        let (hypotheses, references): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        assert_eq!(Bleu.score(&sum), Bleu.corpus(&hypotheses, &references).unwrap());
    }
}
