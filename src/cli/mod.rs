//! The command lines: arguments in, results on standard output, everything else on standard error, and an
//! exit code. The binaries call the three functions here and do nothing else.

mod args;
mod bench;
mod download;
mod eval;
mod input;
mod memory;
mod models;
mod output;
mod progress;
mod roles;
mod run;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Parser;

use crate::error::{Error, ErrorKind, Result};
use args::{Command, DiglotCli, SummarizeCli, TranslateCli};

/// How long the work may take to stop by itself after an interruption.
const GRACE: Duration = Duration::from_millis(800);

/// The `summarize` command.
pub fn summarize() -> ExitCode {
    exit(|stop| run::summarize(&SummarizeCli::parse().args, stop))
}

/// The `translate` command.
pub fn translate() -> ExitCode {
    exit(|stop| run::translate(&TranslateCli::parse().args, stop))
}

/// The `diglot` command.
pub fn diglot() -> ExitCode {
    exit(|stop| match DiglotCli::parse().command {
        Command::Summarize(args) => run::summarize(&args, stop),
        Command::Translate(args) => run::translate(&args, stop),
        Command::Models(args) => download::models(&args, stop),
        Command::Tm(args) => memory::run(&args).map(|()| 0),
        Command::Bench(args) => bench::run(&args, stop),
        Command::Eval(args) => eval::run(&args, stop),
    })
}

/// Runs a command and turns its result into an exit code.
fn exit(command: impl FnOnce(Arc<AtomicBool>) -> Result<u8>) -> ExitCode {
    let stop = Arc::new(AtomicBool::new(false));
    let result = stop_on_interrupt(stop.clone()).and_then(|()| command(stop));
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            report(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// Tells of an error and of the next step.
fn report(error: &Error) {
    if error.kind() == ErrorKind::BrokenPipe {
        return;
    }
    anstream::eprintln!("error: {error}");
    if let Some(hint) = error.next_step() {
        anstream::eprintln!("hint: {hint}");
    }
}

/// The first interruption asks the work to stop and gives it a moment; the second ends the process at once.
fn stop_on_interrupt(stop: Arc<AtomicBool>) -> Result<()> {
    ctrlc::set_handler(move || {
        if stop.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        std::thread::spawn(|| {
            std::thread::sleep(GRACE);
            anstream::eprintln!("error: interrupted");
            std::process::exit(130);
        });
    })
    .map_err(|error| Error::runtime(format!("cannot listen for interruptions: {error}")).with_source(error))
}
