//! What a reconcile did.

use crate::model::{ChangeType, Digest, Instant, RequestId, RunNumber};

/// What a reconcile did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The clock that it went by.
    pub as_of: Instant,
    /// The serial of the newest log.
    pub serial: u64,
    /// The digest of that log's file.
    pub head: Option<Digest>,
    /// The logs that it wrote, in order.
    pub applied: Vec<Applied>,
    /// Whether `--max-runs` ended it before everything was done.
    pub stopped_by_max_runs: bool,
    /// What was committed of it, if anything.
    pub published: Option<Published>,
}

/// A commit that has what a reconcile did.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Published {
    /// The id of the commit.
    pub id: String,
    /// Where it was pushed to, such as `origin/main`; `None` where it was not.
    pub pushed_to: Option<String>,
    /// How often it was tried; more than once where others were faster.
    pub attempts: u32,
    /// Why git's index does not know it yet, if so. The next commit or push mends that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
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
    /// Which run of the request.
    pub run: Option<RunNumber>,
    /// Roles added.
    pub additions: u64,
    /// Roles removed.
    pub removals: u64,
    /// Employees inactivated.
    pub inactivations: u64,
}
