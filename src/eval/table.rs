//! A report as a table.

use std::fmt;

use unicode_width::UnicodeWidthStr;

use crate::eval::Report;
use crate::eval::report::{SystemScore, SystemScores};
use crate::metrics::RESAMPLES;

/// What stands where there is nothing to say.
const NOTHING: &str = "–";

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.heading())?;
        write_aligned(&self.rows(), f)?;
        writeln!(f)?;
        writeln!(f, "±: half the interval that holds 95 % of {RESAMPLES} resamples.")?;
        if self.systems.len() > 1 {
            writeln!(
                f,
                "difference: the first system less the one above; p: its chance between equally good systems."
            )?;
        }
        self.metrics.iter().try_for_each(|metric| writeln!(f, "{}: {}", metric.name, metric.signature))
    }
}

impl Report {
    /// What was evaluated, in one line.
    pub(super) fn heading(&self) -> String {
        let languages = self.languages.as_ref().map(|[from, to]| format!(", {from} to {to}"));
        let count = self.segments.len();
        let segments = if count == 1 { "1 segment".to_owned() } else { format!("{count} segments") };
        format!("{}, {segments}{}", self.test_set, languages.unwrap_or_default())
    }

    /// The head, then each system, followed by its difference to the first.
    pub(super) fn rows(&self) -> Vec<Vec<String>> {
        let mut head = vec!["system".to_owned()];
        head.extend(self.metrics.iter().map(|metric| metric.name.clone()));
        head.extend(FACTS.map(|(name, _)| name.to_owned()));
        let mut rows = vec![head];
        for system in &self.systems {
            let mut row = vec![system.name.clone()];
            row.extend(
                system.scores.iter().map(|score| format!("{:.2} ± {:.2}", score.score, score.interval)),
            );
            row.extend(FACTS.map(|(_, fact)| fact(system).unwrap_or_else(|| NOTHING.to_owned())));
            rows.push(row);
            let differences: Vec<String> = system.scores.iter().filter_map(difference).collect();
            if !differences.is_empty() {
                rows.push(["  difference".to_owned()].into_iter().chain(differences).collect());
            }
        }
        rows
    }
}

fn difference(score: &SystemScore) -> Option<String> {
    score.difference.map(|difference| format!("{:+.2} p={:.3}", difference.score, difference.p))
}

type Fact = fn(&SystemScores) -> Option<String>;

/// What a table tells of a system besides its scores.
const FACTS: [(&str, Fact); 4] = [
    ("flagged", |system| Some(system.flagged?.to_string())),
    ("segments/s", |system| {
        let run = system.run.as_ref()?;
        Some(format!("{:.2}", run.segments as f64 / run.seconds))
    }),
    ("tokens/s", |system| {
        let run = system.run.as_ref()?;
        Some(format!("{:.1}", run.output_tokens as f64 / run.seconds))
    }),
    ("peak memory", |system| Some(format!("{:.0} MB", system.run.as_ref()?.peak_memory? / 1e6))),
];

/// Columns as wide as their widest cell, the first one to the left and the others to the right.
fn write_aligned(rows: &[Vec<String>], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let space = " ".repeat(width(column).unwrap_or(0).saturating_sub(cell.width()));
            match column {
                0 => line += &format!("{cell}{space}"),
                _ => line += &format!("  {space}{cell}"),
            }
        }
        writeln!(f, "{}", line.trim_end())?;
    }
    Ok(())
}
