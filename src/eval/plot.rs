//! The distribution of segment scores as an SVG picture.

use std::fmt::Write;

const BINS: usize = 20;
/// Of the picture.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 200.0;
/// Room for labels: left of the bars, above and below them.
const LEFT: f64 = 44.0;
const ABOVE: f64 = 18.0;
const BELOW: f64 = 38.0;

/// A histogram of scores from 0 to 100 with their median. `metric` labels the axis and is not escaped.
pub(super) fn histogram(scores: &[f64], metric: &str) -> String {
    let counts = count(scores);
    let highest = counts.iter().copied().max().unwrap_or(0).max(1);
    let (bar, tall) = ((WIDTH - LEFT) / BINS as f64, HEIGHT - ABOVE - BELOW);
    let floor = HEIGHT - BELOW;
    let mut svg = format!(
        "<svg class=\"plot\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"How many segments have which \
         {metric}\">\n"
    );
    for (bin, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let (x, height) = (LEFT + bin as f64 * bar, tall * count as f64 / highest as f64);
        let (from, to) = (bin * 100 / BINS, (bin + 1) * 100 / BINS);
        let _ = writeln!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\"><title>{from} to {to}: {count}</title></rect>",
            x + 1.0,
            floor - height,
            bar - 2.0,
        );
    }
    let _ = writeln!(svg, "<path d=\"M{LEFT} {floor}H{WIDTH}\"/>");
    let mut label = |x: f64, y: f64, anchor: &str, text: &str| {
        let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>");
    };
    for score in [0, 25, 50, 75, 100] {
        let anchor = if score == 100 { "end" } else { "middle" };
        label(LEFT + (WIDTH - LEFT) * f64::from(score) / 100.0, floor + 15.0, anchor, &score.to_string());
    }
    label(LEFT + (WIDTH - LEFT) / 2.0, HEIGHT - 5.0, "middle", metric);
    label(LEFT - 6.0, ABOVE + 4.0, "end", &highest.to_string());
    label(LEFT - 6.0, floor, "end", "0");
    if let Some(median) = median(scores) {
        let x = LEFT + (WIDTH - LEFT) * median / 100.0;
        let anchor = if median > 50.0 { "end" } else { "start" };
        label(x, ABOVE - 6.0, anchor, &format!("median {median:.1}"));
        let _ = writeln!(svg, "<path class=\"median\" d=\"M{x:.1} {ABOVE}V{floor}\"/>");
    }
    svg + "</svg>\n"
}

/// How many scores fall into each bin; the last one takes 100 too.
fn count(scores: &[f64]) -> [usize; BINS] {
    let mut counts = [0; BINS];
    for score in scores {
        counts[((score / 100.0 * BINS as f64) as usize).min(BINS - 1)] += 1;
    }
    counts
}

fn median(scores: &[f64]) -> Option<f64> {
    let mut sorted = scores.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (sorted.get(sorted.len().checked_sub(1)? / 2)?, sorted.get(sorted.len() / 2)?);
    Some((low + high) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_score_is_in_a_bin() {
        let counts = count(&[0.0, 4.9, 5.0, 99.0, 100.0]);
        assert_eq!((counts[0], counts[1], counts[BINS - 1]), (2, 1, 2));
        assert_eq!(median(&[1.0, 9.0, 4.0]), Some(4.0));
        assert_eq!(median(&[1.0, 3.0]), Some(2.0));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn bars_are_as_high_as_there_are_scores() {
        let svg = histogram(&[12.0, 12.5, 80.0], "chrF2");
        assert_eq!(svg.matches("<rect").count(), 2);
        assert!(svg.contains("<title>10 to 15: 2</title>") && svg.contains("median 12.5"), "{svg}");
        assert!(!histogram(&[], "chrF2").contains("NaN"));
    }
}
