//! Progress on standard error: a bar on a terminal, plain lines elsewhere, nothing with `--quiet`.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::engine::Flow;
use crate::pipeline::Progress;

/// How often a plain line is written.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// How much is said on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    Quiet,
    Normal,
    Verbose,
}

/// Where notes and progress go, and whether the user asked to stop.
#[derive(Clone, Debug)]
pub(crate) struct Reporter {
    pub verbosity: Verbosity,
    stop: Arc<AtomicBool>,
}

impl Reporter {
    pub(crate) fn new(verbosity: Verbosity, stop: Arc<AtomicBool>) -> Self {
        Self { verbosity, stop }
    }

    /// Says something, unless asked to be quiet.
    pub(crate) fn note(&self, message: impl AsRef<str>) {
        if self.verbosity > Verbosity::Quiet {
            anstream::eprintln!("{}", message.as_ref());
        }
    }

    /// Says something to those who want to know more.
    pub(crate) fn detail(&self, message: impl AsRef<str>) {
        if self.verbosity == Verbosity::Verbose {
            anstream::eprintln!("{}", message.as_ref());
        }
    }

    pub(crate) fn flow(&self) -> Flow {
        if self.stop.load(Ordering::Relaxed) { Flow::Stop } else { Flow::Continue }
    }

    /// A bar on a terminal; off a terminal, or when quiet, a hidden one.
    pub(crate) fn bar(&self, template: &str) -> ProgressBar {
        if self.verbosity == Verbosity::Quiet || !std::io::stderr().is_terminal() {
            return ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        }
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar
    }

    /// A stage with countable steps.
    pub(crate) fn stage(&self, what: impl Into<String>) -> Stage {
        let what = what.into();
        let bar = self.bar("{msg} {wide_bar} {pos}/{len} {prefix}");
        bar.set_message(what.clone());
        Stage {
            reporter: self.clone(),
            what,
            bar,
            done: 0,
            total: 0,
            prompt_tokens: 0,
            output_tokens: 0,
            started: Instant::now(),
            last_line: Instant::now(),
            silent: false,
        }
    }

    /// A stage that says nothing before it ends, because the text itself appears on the terminal meanwhile and
    /// a bar would wipe out the line that it stands on.
    pub(crate) fn silent_stage(&self, what: impl Into<String>) -> Stage {
        Stage { bar: ProgressBar::hidden(), silent: true, ..self.stage(what) }
    }
}

/// The progress of one stage.
#[derive(Debug)]
pub(crate) struct Stage {
    reporter: Reporter,
    what: String,
    bar: ProgressBar,
    done: usize,
    total: usize,
    pub prompt_tokens: usize,
    pub output_tokens: usize,
    started: Instant,
    last_line: Instant,
    silent: bool,
}

impl Stage {
    /// Takes an event and says whether to go on.
    pub(crate) fn observe(&mut self, event: Progress<'_>) -> Flow {
        match event {
            Progress::Round { requests, number } => {
                if number > 1 {
                    self.reporter.detail(format!("{}: {requests} to be asked again", self.what));
                }
                self.total += requests;
                self.bar.set_length(self.total as u64);
            }
            Progress::Answered => {
                self.done += 1;
                self.bar.inc(1);
            }
            Progress::Prefilled { tokens } => self.prompt_tokens += tokens,
            Progress::Decoded { tokens } => {
                self.output_tokens += tokens;
                self.bar.set_prefix(format!("{:.0} tokens/s", self.rate()));
            }
            Progress::Ready { .. } => {}
        }
        if self.last_line.elapsed() >= LINE_EVERY {
            self.last_line = Instant::now();
            if self.bar.is_hidden() && !self.silent {
                self.reporter.note(format!(
                    "{}: {} of {} done, {:.0} tokens/s",
                    self.what,
                    self.done,
                    self.total,
                    self.rate()
                ));
            }
        }
        self.reporter.flow()
    }

    /// Ends the stage and returns the seconds it took.
    pub(crate) fn finish(&self) -> f64 {
        self.bar.finish_and_clear();
        let seconds = self.started.elapsed().as_secs_f64();
        self.reporter.note(format!(
            "{}: {} done in {seconds:.1} s, {} tokens at {:.0} tokens/s",
            self.what,
            self.done,
            self.output_tokens,
            self.rate()
        ));
        seconds
    }

    fn rate(&self) -> f64 {
        self.output_tokens as f64 / self.started.elapsed().as_secs_f64().max(1e-3)
    }
}
