//! What is counted of passes, and who is told that the daemon is alive.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Systemd;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::pass::Passed;
use crate::time::clock::{Clock as _, SystemClock};
use crate::watch::Supervisor;
use crate::watch::metrics::{Metrics, PassResult, Sample, Standing, Work};

/// How long a pass may be silent before the loop no longer counts as alive for those who ask over HTTP.
const SILENCE: Duration = Duration::from_mins(5);

/// The service manager and the metrics, told alike.
#[derive(Debug)]
pub struct Observed {
    systemd: Systemd,
    metrics: Arc<Metrics>,
}

impl Observed {
    /// Begins to tell both.
    pub fn start(metrics: &Arc<Metrics>) -> Self {
        Self {
            systemd: Systemd::start(),
            metrics: Arc::clone(metrics),
        }
    }
}

impl Supervisor for Observed {
    fn ready(&mut self) {
        self.systemd.ready();
    }

    fn reloading(&mut self) {
        self.systemd.reloading();
    }

    fn stopping(&mut self) {
        self.systemd.stopping();
    }

    fn status(&mut self, line: &str) {
        self.systemd.status(line);
    }

    fn alive(&mut self, quiet: Duration) {
        self.systemd.alive(quiet);
        if quiet < SILENCE {
            self.metrics.beat(Instant::now());
        }
    }

    fn wants_every(&self) -> Option<Duration> {
        self.systemd.wants_every()
    }

    fn sees(&mut self, whether: bool) {
        self.metrics.sees_files(whether);
    }
}

/// What is counted of a pass that went through.
pub(super) fn sample(passed: &Passed, took: Duration) -> Sample {
    let work = Work::of(&passed.outcome);
    let standing = Standing::after(&passed.plan);
    Sample {
        result: match passed.exit {
            Exit::Invalid => PassResult::Invalid,
            Exit::Failed => PassResult::Failed,
            _ if work.logs > 0 => PassResult::Changed,
            _ => PassResult::Done,
        },
        at: SystemClock.now(),
        duration: took,
        work,
        serial: Some(passed.outcome.serial),
        standing: Some(Arc::new(standing)),
    }
}

/// What is counted of one that did not; `standing` is how everything stands, where it came as far as a plan.
pub(super) fn failed(error: &Error, took: Duration, standing: Option<Standing>) -> Sample {
    Sample {
        result: match error.exit {
            Exit::Invalid => PassResult::Invalid,
            Exit::Refused => PassResult::Refused,
            Exit::Locked => PassResult::Locked,
            Exit::Integrity => PassResult::Integrity,
            _ => PassResult::Error,
        },
        at: SystemClock.now(),
        duration: took,
        work: Work::default(),
        serial: None,
        standing: standing.map(Arc::new),
    }
}
