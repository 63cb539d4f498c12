//! What a command says to its user, and what it asks.

use std::io::Write;

use serde_json::Value;

use crate::catalog::{Proceed, StoreEvent};
use crate::error::{Error, Result};

/// How a command speaks with its user. Results go to `out` and nothing else does.
pub(crate) struct Talk<'a> {
    /// Standard output.
    pub(crate) out: &'a mut dyn Write,
    /// Shows progress, and says whether to go on.
    pub(crate) observe: &'a mut dyn FnMut(StoreEvent<'_>) -> Proceed,
    /// Asks a question; `None` when there is nobody to ask.
    pub(crate) confirm: &'a mut dyn FnMut(&str) -> Option<bool>,
}

impl Talk<'_> {
    /// Writes text to the results.
    pub(super) fn print(&mut self, text: &str) -> Result<()> {
        let written = self.out.write_all(text.as_bytes());
        written.map_err(|e| Error::runtime(format!("cannot write to standard output: {e}")).with_source(e))
    }

    /// Writes a value and the end of the line.
    pub(super) fn json(&mut self, value: &Value) -> Result<()> {
        self.print(&format!("{value:#}\n"))
    }

    /// Writes columns as wide as their widest cell.
    pub(super) fn table<const N: usize>(&mut self, rows: &[[String; N]]) -> Result<()> {
        let mut widths = [0; N];
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        for row in rows {
            let cells: Vec<_> =
                row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            self.print(&format!("{}\n", cells.join("  ").trim_end()))?;
        }
        Ok(())
    }
}
