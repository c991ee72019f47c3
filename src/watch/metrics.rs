//! What the daemon counts, and whether it is alive and ready.
//!
//! Counters and the histogram are atomic. Everything else is one small value behind a mutex that is held only to put it there
//! or to take a copy, so that a scrape never holds up a pass. What depends on the time is worked out when it is asked for.

mod exposition;
mod sample;
mod standing;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Tick};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

pub use exposition::Format;
pub use sample::{PassResult, Published, Sample, Work};
pub use standing::Standing;

use crate::model::Instant;
use crate::webhook::Tally;
use exposition::Gauges;

/// How long the loop may be silent before it is no longer taken for alive.
const LONGEST_SILENCE: Duration = Duration::from_mins(5);

/// How late something has to be before it counts as overdue, in seconds: a pass takes its time.
const OVERDUE_AFTER: i64 = 60;

/// The upper bounds of the histogram of durations, in seconds.
const DURATIONS: [f64; 10] = [0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0];

/// One label with one of a few fixed values: there is never one for an employee or a request.
type Label = [(&'static str, &'static str); 1];

/// A counter with one label.
type Counters = Family<Label, Counter>;

/// What the daemon counts, and what it last saw. Shared between its loop and the server.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    reconciles: Counters,
    runs: Counter,
    logs: Counter,
    changes: Counters,
    pulls: Counters,
    publishes: Counters,
    duration: Histogram,
    tally: Arc<Tally>,
    version: &'static str,
    last: Mutex<Last>,
    beat: Mutex<Tick>,
}

/// What the passes so far have left.
#[derive(Debug, Clone, Default)]
struct Last {
    result: Option<PassResult>,
    is_blind: bool,
    ended: Option<Instant>,
    succeeded: Option<Instant>,
    serial: Option<u64>,
    /// Whether the last pass went through, whatever it found.
    has_run: bool,
    standing: Option<Arc<Standing>>,
}

impl Metrics {
    /// Counts from zero. `version` is that of the program.
    #[must_use]
    pub fn new(version: &'static str) -> Self {
        let mut registry = Registry::with_prefix("rolecall");
        let reconciles = counters(
            &mut registry,
            ("reconciles", "Passes of the daemon, by how they ended"),
            ("result", &PassResult::ALL.map(PassResult::word)),
        );
        let runs = counter(&mut registry, "runs", "Runs of requests that were done");
        let logs = counter(&mut registry, "logs", "Change logs that were written");
        let changes = counters(
            &mut registry,
            ("changes", "Roles added and removed, employees inactivated"),
            ("kind", &["added", "removed", "inactivated"]),
        );
        let pulls = counters(
            &mut registry,
            ("pulls", "Attempts to follow the remote branch"),
            ("result", &["done", "failed"]),
        );
        let publishes = counters(
            &mut registry,
            ("publishes", "Attempts to push what was done"),
            ("result", &Published::ALL.map(Published::word)),
        );
        let duration = Histogram::new(DURATIONS);
        let help = "How long passes took, in seconds";
        registry.register("reconcile_duration_seconds", help, duration.clone());
        Self {
            registry,
            reconciles,
            runs,
            logs,
            changes,
            pulls,
            publishes,
            duration,
            tally: Arc::default(),
            version,
            last: Mutex::default(),
            beat: Mutex::new(Tick::now()),
        }
    }

    /// Where the senders of notifications count.
    #[must_use]
    pub fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.tally)
    }

    /// Counts a pass, and keeps what it saw.
    pub fn observe(&self, sample: &Sample) {
        let work = &sample.work;
        count(&self.reconciles, "result", sample.result.word(), 1);
        self.runs.inc_by(work.runs);
        self.logs.inc_by(work.logs);
        count(&self.changes, "kind", "added", work.additions);
        count(&self.changes, "kind", "removed", work.removals);
        count(&self.changes, "kind", "inactivated", work.inactivations);
        self.duration.observe(sample.duration.as_secs_f64());
        let mut last = held(&self.last);
        last.result = Some(sample.result);
        last.ended = Some(sample.at);
        if sample.is_success() {
            last.succeeded = Some(sample.at);
        }
        last.has_run = sample.serial.is_some();
        if last.has_run {
            last.serial = sample.serial;
        }
        if let Some(standing) = &sample.standing {
            last.standing = Some(Arc::clone(standing));
        }
    }

    /// Counts an attempt to follow the remote branch.
    pub fn pulled(&self, is_done: bool) {
        let result = if is_done { "done" } else { "failed" };
        count(&self.pulls, "result", result, 1);
    }

    /// Counts an attempt to push.
    pub fn published(&self, result: Published) {
        count(&self.publishes, "result", result.word(), 1);
    }

    /// Says whether the daemon can see the folder that it is for. It can until this says otherwise.
    pub fn sees_files(&self, sees: bool) {
        held(&self.last).is_blind = !sees;
    }

    /// Says that the loop is alive. Suspended time does not count against it.
    pub fn beat(&self, now: Tick) {
        *held(&self.beat) = now;
    }

    /// Whether the loop has shown itself in the last five minutes.
    #[must_use]
    pub fn is_alive(&self, now: Tick) -> bool {
        now.saturating_duration_since(*held(&self.beat)) <= LONGEST_SILENCE
    }

    /// Why the daemon is not ready, in one line; `None` if it is.
    #[must_use]
    pub fn unready(&self, now: Instant) -> Option<String> {
        let last = held(&self.last).clone();
        if last.is_blind {
            return Some("cannot see its files".to_owned());
        }
        match last.result {
            Some(PassResult::Integrity) => {
                return Some("state, logs, branch or clock do not agree".to_owned());
            }
            Some(PassResult::Error) => return Some("the last pass could not run".to_owned()),
            Some(PassResult::Refused) => {
                return Some("the plan goes over a limit, and nothing is done".to_owned());
            }
            Some(PassResult::Invalid) if !last.has_run => {
                return Some("settings, state or what is checked out are invalid".to_owned());
            }
            _ => {}
        }
        if last.succeeded.is_none() {
            return Some("no pass has succeeded yet".to_owned());
        }
        let standing = last.standing?;
        let (overdue, age) = standing.overdue(now, OVERDUE_AFTER);
        (overdue > 0).then(|| format!("{overdue} overdue, the oldest for {age} seconds"))
    }

    /// All metrics as text.
    ///
    /// # Errors
    ///
    /// Never for a text in memory; the encoder could not write.
    pub fn render(&self, format: Format, now: Instant) -> Result<String, std::fmt::Error> {
        let gauges = Gauges {
            last: held(&self.last).clone(),
            now,
            webhooks: [
                ("delivered", self.tally.delivered()),
                ("failed", self.tally.failed()),
                ("dropped", self.tally.dropped()),
            ],
            version: self.version,
        };
        exposition::render(format, &self.registry, gauges)
    }
}

fn counter(registry: &mut Registry, name: &str, help: &str) -> Counter {
    let counter = Counter::default();
    registry.register(name, help, counter.clone());
    counter
}

/// A counter with one label, all of whose values are there from the start.
fn counters(
    registry: &mut Registry,
    (name, help): (&str, &str),
    (label, values): (&'static str, &[&'static str]),
) -> Counters {
    let family = Counters::default();
    for value in values {
        count(&family, label, value, 0);
    }
    registry.register(name, help, family.clone());
    family
}

fn count(family: &Counters, label: &'static str, value: &'static str, more: u64) {
    family.get_or_create(&[(label, value)]).inc_by(more);
}

/// What is in a mutex. Nothing is left half done in it, so that a thread that ended badly does no harm.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
