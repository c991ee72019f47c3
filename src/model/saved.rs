//! A plan that was put aside to be carried out just as it was looked at.

use super::{ChangeLog, ChangeType, Digest, Instant, RequestId, RequestReference, RunNumber};

/// What identifies a plan, and what it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedPlan {
    /// The clock that it was made with.
    pub created: Instant,
    /// The program that made it, and its version.
    pub program: String,
    /// The serial of the last change log before it; 0 before the first.
    pub serial: u64,
    /// The digest of that log's file.
    pub head: Option<Digest>,
    /// The digest of the employees and requests that it starts from.
    pub state: Digest,
    /// The digest of what it would do.
    pub digest: Digest,
    /// The change logs that it would write, in order.
    pub logs: Vec<SavedLog>,
}

/// A change log that a saved plan would write.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedLog {
    /// What kind of change it is.
    pub change_type: ChangeType,
    /// The request, if any.
    pub request: Option<RequestId>,
    /// The digest of that request's content.
    pub content: Option<Digest>,
    /// Which run of the request.
    pub run: Option<RunNumber>,
}

impl SavedLog {
    /// The same of what a step or a change log is about.
    #[must_use]
    pub fn new(
        change_type: ChangeType,
        request: Option<&RequestReference>,
        run: Option<RunNumber>,
    ) -> Self {
        Self {
            change_type,
            request: request.map(|request| request.id.clone()),
            content: request.map(|request| request.content),
            run,
        }
    }

    /// Whether a change log that is there is this one, as far as can be told.
    #[must_use]
    pub fn is(&self, log: &ChangeLog) -> bool {
        *self == Self::new(log.change_type, log.request.as_ref(), log.run)
    }
}
