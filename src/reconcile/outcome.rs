//! What a reconcile did.

use crate::model::{ChangeType, Digest, Instant, RequestId, RunNumber};

/// What a reconcile did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The clock that it had.
    pub as_of: Instant,
    /// The serial of the newest log; 0 where there is none.
    pub serial: u64,
    /// The digest of that log's file.
    pub head: Option<Digest>,
    /// The logs that it wrote, oldest first.
    pub applied: Vec<Applied>,
    /// Whether `--max-runs` made it stop before everything was done.
    pub stopped_by_max_runs: bool,
}

/// A change log that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its serial.
    pub serial: u64,
    /// Its file, relative to the access repository.
    pub path: String,
    /// The request that it carries out, if any.
    pub request: Option<RequestId>,
    /// What kind of change it is.
    pub change_type: ChangeType,
    /// Which run of the request it is, if it is one.
    pub run: Option<RunNumber>,
    /// Roles added.
    pub additions: u64,
    /// Roles removed.
    pub removals: u64,
    /// Employees inactivated.
    pub inactivations: u64,
}
