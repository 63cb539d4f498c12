//! How many good translations the guards object to: checks a file of translations against their sources, line by
//! line.
//!
//! ```text
//! false_flags src.de ref.en --from de --to en
//! false_flags src.de ref.en --from de --to en --lines 1001-2998 --show
//! ```
//!
//! On translations by people every flag counts as false, so the share is an upper bound: they have faults too.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use diglot::translate::Guards;
use diglot::{Error, ErrorKind, FlagKind, Lang, LangPair, Result};

#[derive(Parser)]
#[command(about = "Count the flags that translations raise, line by line")]
struct Arguments {
    /// The texts, one on each line.
    source: PathBuf,
    /// Their translations, one on each line.
    translation: PathBuf,
    /// The language of the texts.
    #[arg(long)]
    from: String,
    /// The language of the translations.
    #[arg(long)]
    to: String,
    /// Only these lines, such as 1-500.
    #[arg(long)]
    lines: Option<String>,
    /// Print each line that is flagged, with what was seen.
    #[arg(long)]
    show: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough (`| head`).
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::from(error.exit_code()),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let pair = LangPair { source: Lang::parse(&arguments.from)?, target: Lang::parse(&arguments.to)? };
    let (sources, translations) = (read_lines(&arguments.source)?, read_lines(&arguments.translation)?);
    if sources.len() != translations.len() {
        return Err(Error::input(format!("{} lines for {}", translations.len(), sources.len())));
    }
    let (first, last) = match &arguments.lines {
        Some(lines) => parse_lines(lines)?,
        None => (1, sources.len()),
    };
    let guards = Guards::default();
    let mut out = io::stdout().lock();
    let (mut checked, mut flagged, mut counts) = (0, 0, vec![0_usize; FlagKind::ALL.len()]);
    let lines = sources.iter().zip(&translations).enumerate().take(last).skip(first - 1);
    for (index, (source, translation)) in lines {
        let flags = guards.check(source, translation, &pair);
        checked += 1;
        flagged += usize::from(!flags.is_empty());
        for (kind, count) in FlagKind::ALL.iter().zip(&mut counts) {
            *count += usize::from(flags.iter().any(|flag| flag.kind == *kind));
        }
        if arguments.show {
            for flag in &flags {
                let (line, kind) = (index + 1, flag.kind.name());
                writeln!(out, "{line}\t{kind}\t{}\t{source}\t{translation}", flag.detail)
                    .map_err(unwritten)?;
            }
        }
    }
    let share = |count: usize| 100.0 * count as f64 / f64::max(checked as f64, 1.0);
    writeln!(out, "{:<20} {flagged:>5} of {checked}  {:.2} %", "any flag", share(flagged))
        .map_err(unwritten)?;
    for (kind, &count) in FlagKind::ALL.iter().zip(&counts).filter(|&(_, &count)| count > 0) {
        writeln!(out, "{:<20} {count:>5}  {:.2} %", kind.name(), share(count)).map_err(unwritten)?;
    }
    Ok(())
}

/// The error of an output that cannot be written.
fn unwritten(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Error::broken_pipe(),
        _ => Error::io(ErrorKind::Runtime, "write", Path::new("the standard output"), error),
    }
}

fn read_lines(path: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(path).map_err(|e| Error::io(ErrorKind::Input, "read", path, e))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// The first and the last line of a range, counted from 1.
fn parse_lines(text: &str) -> Result<(usize, usize)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) if 1 <= first && first <= last => Ok((first, last)),
        _ => Err(Error::usage("expected a range of lines such as 1-500")),
    }
}
