//! What one pass says of itself.

use std::sync::Arc;
use std::time::Duration;

use super::Standing;
use crate::model::Instant;
use crate::reconcile::outcome::Outcome;

/// How a pass of the daemon ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassResult {
    /// There was nothing to do.
    Done,
    /// Logs were written, and nothing failed.
    Changed,
    /// Settings or a request are invalid; in the second case the others ran.
    Invalid,
    /// A limit refused the plan.
    Refused,
    /// Another process had the lock.
    Locked,
    /// State, logs, branch or clock do not agree.
    Integrity,
    /// At least one employee's change failed; the rest is done.
    Failed,
    /// It could not run.
    Error,
}

impl PassResult {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Done,
        Self::Changed,
        Self::Invalid,
        Self::Refused,
        Self::Locked,
        Self::Integrity,
        Self::Failed,
        Self::Error,
    ];

    /// The value of the label `result`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Changed => "changed",
            Self::Invalid => "invalid",
            Self::Refused => "refused",
            Self::Locked => "locked",
            Self::Integrity => "integrity",
            Self::Failed => "failed",
            Self::Error => "error",
        }
    }
}

/// How an attempt to push ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// The remote has it.
    Done,
    /// Somebody was faster; it is planned again.
    Raced,
    /// The remote could not be reached, or refused.
    Failed,
}

impl Published {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Done, Self::Raced, Self::Failed];

    /// The value of the label `result`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Raced => "raced",
            Self::Failed => "failed",
        }
    }
}

/// What a pass did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Change logs written.
    pub logs: u64,
    /// Runs of requests done.
    pub runs: u64,
    /// Roles added.
    pub additions: u64,
    /// Roles removed.
    pub removals: u64,
    /// Employees inactivated.
    pub inactivations: u64,
}

impl Work {
    /// The sums over what was applied.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        let mut work = Self::default();
        for applied in &outcome.applied {
            work.logs += 1;
            work.runs += u64::from(applied.run.is_some());
            work.additions += applied.additions;
            work.removals += applied.removals;
            work.inactivations += applied.inactivations;
        }
        work
    }
}

/// Everything that is counted or shown of one pass.
#[derive(Debug, Clone)]
pub struct Sample {
    /// How it ended.
    pub result: PassResult,
    /// When it ended.
    pub at: Instant,
    /// How long it took.
    pub duration: Duration,
    /// What it did; nothing where it wrote nothing.
    pub work: Work,
    /// The newest serial, where the logs could be read.
    pub serial: Option<u64>,
    /// Where everything stands now; `None` where it did not come so far as a plan, and then what was seen last stays.
    pub standing: Option<Arc<Standing>>,
}

impl Sample {
    /// Whether it saw everything and did what could be done, also if a request is invalid or a change failed.
    #[must_use]
    pub fn is_success(&self) -> bool {
        let went_through = matches!(
            self.result,
            PassResult::Done | PassResult::Changed | PassResult::Invalid | PassResult::Failed
        );
        went_through && self.standing.is_some()
    }
}
