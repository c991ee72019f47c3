//! What the daemon needs of the rest: a pass, a pull, and somebody to tell how it is.

use std::collections::BTreeSet;
use std::time::Duration;

use super::places::Places;
use crate::model::Instant;

/// The next thing that waits for its moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Awaited {
    /// When.
    pub moment: Instant,
    /// What then happens, in words: `request onboard-jo`, `the end of cover-payroll`.
    pub what: String,
}

/// A pass that went through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passed {
    /// The serial of the newest change log.
    pub serial: u64,
    /// How many change logs it wrote.
    pub written: usize,
    /// What waits for its moment next.
    pub next: Option<Awaited>,
    /// Whether it wrote anything itself to the state folder.
    pub wrote_state: bool,
    /// Whether it moved a reference of git itself.
    pub moved_reference: bool,
    /// Whether something of it failed that is to be tried again after a while, such as a push.
    pub retry: bool,
    /// What does not go as it should, in words, for the status line.
    pub trouble: Option<String>,
}

/// What kind of failure it is, which decides on what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// Another process has the lock; that is soon over.
    Locked,
    /// State, logs, clock or branch do not agree. Seen again and again, it ends the daemon.
    Integrity,
    /// Another daemon has taken the place of this one.
    Superseded,
    /// Anything else: it is tried again, later each time.
    Other,
}

/// A pass or a pull that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind it is.
    pub kind: FailureKind,
    /// The exit code that the command `reconcile` has for it.
    pub exit: u8,
    /// Why, in one line, made safe for a log.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// What a pass is.
pub trait Work: Send + 'static {
    /// Where everything is now.
    fn places(&mut self) -> Places;

    /// Reconciles everything but the requests in these files, which somebody is writing.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if nothing, or not everything, could be done.
    fn pass(&mut self, unsettled: &BTreeSet<String>) -> Result<Passed, Failure>;
}

/// What a pull is.
pub trait Pull: Send + 'static {
    /// Fetches, and follows the branch. Says whether anything new came.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if it could not.
    fn pull(&mut self) -> Result<bool, Failure>;
}

/// Somebody who is told how the daemon is.
pub trait Supervisor {
    /// The first pass is done, or a reload is.
    fn ready(&mut self);
    /// A reload begins.
    fn reloading(&mut self);
    /// The end begins.
    fn stopping(&mut self);
    /// How it is, in a line.
    fn status(&mut self, line: &str);
    /// It decides; called at least once a second. `quiet` is how long a pass that goes on has given no sign of life, zero where none
    /// goes on: one that hangs must not count as alive for ever.
    fn alive(&mut self, quiet: Duration);
    /// How often it wants a sign of life at least; `None` where once a second will do.
    fn wants_every(&self) -> Option<Duration>;
    /// Whether it sees its files.
    fn sees(&mut self, whether: bool);
}
