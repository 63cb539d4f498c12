//! A download as the user sees it: announced before its first byte, counted while it runs.

use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanDuration};

use crate::catalog::{Card, ModelStore, Proceed, StoreEvent, StoredModel};
use crate::cli::progress::Reporter;
use crate::engine::Flow;
use crate::error::Result;

/// How often a plain line is written.
const LINE_EVERY: Duration = Duration::from_secs(5);

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
        match reporter.flow() {
            Flow::Continue => Proceed::Continue,
            Flow::Stop => Proceed::Stop,
        }
    });
    download.bar.finish_and_clear();
    stored
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

    fn tell(&mut self, event: StoreEvent<'_>) {
        match event {
            StoreEvent::Announce { model, bytes, present, licence, destination, free, source } => {
                self.reporter.note(format!("fetching {model}, {}, from {source}", HumanBytes(bytes)));
                self.reporter.note(format!("  licence: {} ({})", licence.name, licence.url));
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
