//! The store as the user sees it: a download is announced before its first byte and counted while it runs.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanDuration};

use crate::catalog::{Card, Catalog, ModelStore, Proceed, StoreEvent, StoredModel, Trust};
use crate::cli::models::{self, ModelsArgs, Talk};
use crate::cli::output::Output;
use crate::cli::progress::{Reporter, Verbosity};
use crate::engine::Flow;
use crate::error::Result;

/// How often a plain line is written.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// The card with its files, for which the hub may have to be asked.
pub(crate) fn pin(store: &ModelStore, card: &Card, reporter: &Reporter) -> Result<Card> {
    let download = Download::new(reporter);
    store.pin(card, &mut |_| download.proceed())
}

/// Fetches a card's files and tells of it on standard error.
pub(crate) fn fetch(
    store: &ModelStore,
    card: &Card,
    accept_licence: bool,
    reporter: &Reporter,
) -> Result<StoredModel> {
    if accept_licence {
        store.accept_licence(card)?;
    }
    let mut download = Download::new(reporter);
    let stored = store.fetch(card, &mut |event| {
        download.tell(event);
        download.proceed()
    });
    download.bar.finish_and_clear();
    stored
}

/// The `diglot models` command, with its results on standard output and the rest on standard error.
pub(crate) fn models(args: &ModelsArgs, stop: Arc<AtomicBool>) -> Result<u8> {
    let reporter = Reporter::new(Verbosity::Normal, stop);
    let (catalog, store) = (Catalog::load()?, ModelStore::from_env()?);
    let mut download = Download::new(&reporter);
    let mut results = Vec::new();
    let outcome = models::run(
        args,
        &catalog,
        &store,
        &mut Talk {
            out: &mut results,
            observe: &mut |event| {
                download.tell(event);
                download.proceed()
            },
            confirm: &mut confirm,
        },
    );
    download.bar.finish_and_clear();
    Output::Stdout.write(&results)?;
    outcome.map(|()| 0)
}

/// Asks on the terminal; answers nothing when there is none.
fn confirm(question: &str) -> Option<bool> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return None;
    }
    anstream::eprint!("{question} [y/N] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).ok()?;
    Some(matches!(answer.trim(), "y" | "Y" | "yes"))
}

struct Download<'a> {
    reporter: &'a Reporter,
    bar: indicatif::ProgressBar,
    /// When the transfer began and how many bytes were there already.
    begun: Option<(Instant, u64)>,
    last_line: Instant,
    waiting: bool,
}

impl<'a> Download<'a> {
    fn new(reporter: &'a Reporter) -> Self {
        let bar = reporter.bar("{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
        Self { reporter, bar, begun: None, last_line: Instant::now(), waiting: false }
    }

    fn proceed(&self) -> Proceed {
        match self.reporter.flow() {
            Flow::Continue => Proceed::Continue,
            Flow::Stop => Proceed::Stop,
        }
    }

    fn tell(&mut self, event: StoreEvent<'_>) {
        match event {
            StoreEvent::Announce { model, trust, bytes, present, licence, destination, free, source } => {
                let unlisted = if trust == Trust::Unlisted { " (unlisted)" } else { "" };
                self.reporter
                    .note(format!("fetching {model}{unlisted}, {}, from {source}", HumanBytes(bytes)));
                if trust != Trust::Card {
                    self.reporter.note("  hashes: those of the hub; no model card knows them");
                }
                let restriction =
                    if licence.commercial { "" } else { ", commercial use not allowed or not stated" };
                self.reporter.note(format!("  licence: {} ({}){restriction}", licence.name, licence.url));
                let free = free.map_or_else(String::new, |free| format!(" ({} free)", HumanBytes(free)));
                self.reporter.note(format!("  into: {}{free}", destination.display()));
                self.reporter.note(
                    "  to do without: --offline uses only what is here; `diglot models pull` fetches ahead of time",
                );
                if present > 0 {
                    self.reporter.note(format!("  going on after {}", HumanBytes(present)));
                }
                self.bar.reset();
            }
            StoreEvent::Asking { .. } => {}
            StoreEvent::SourceFailed { source, why } => {
                self.reporter.note(format!("{source}: {why}"));
            }
            StoreEvent::Progress { done, total } => self.count("fetching", done, total),
            StoreEvent::Verifying { done, total } => self.count("verifying", done, total),
            StoreEvent::Waiting { model } => {
                if !std::mem::replace(&mut self.waiting, true) {
                    self.reporter.note(format!("waiting: another process is fetching {model}"));
                }
            }
            StoreEvent::Done { path } => {
                self.reporter.note(format!("verified and stored: {}", path.display()));
            }
        }
    }

    fn count(&mut self, what: &'static str, done: u64, total: u64) {
        let (begun, before) = *self.begun.get_or_insert_with(|| (Instant::now(), done));
        self.bar.set_message(what);
        self.bar.set_length(total);
        self.bar.set_position(done);
        if self.bar.is_hidden() && self.last_line.elapsed() >= LINE_EVERY {
            self.last_line = Instant::now();
            let rate = done.saturating_sub(before) as f64 / begun.elapsed().as_secs_f64().max(1e-3);
            let left = Duration::from_secs_f64(total.saturating_sub(done) as f64 / rate.max(1.0));
            self.reporter.note(format!(
                "{what}: {} of {}, {}/s, {} left",
                HumanBytes(done),
                HumanBytes(total),
                HumanBytes(rate as u64),
                HumanDuration(left)
            ));
        }
    }
}
