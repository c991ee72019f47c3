//! What a reconcile needs of the world; `store` implements it on files.

use crate::model::{ChangeLog, Digest, EmployeeChange, Instant, RequestId, State};

/// A change log as it is kept.
#[derive(Debug, Clone)]
pub struct StoredLog {
    /// What it says.
    pub log: ChangeLog,
    /// The digest of its bytes.
    pub digest: Digest,
    /// Where it is, relative to the access repository.
    pub path: String,
}

/// Where a log has been put.
#[derive(Debug, Clone)]
pub struct Appended {
    /// The digest of its bytes.
    pub digest: Digest,
    /// Where it is, relative to the access repository.
    pub path: String,
}

/// What stands at the head of a change log, before the values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogHead {
    /// The digest of the log's bytes.
    pub digest: Digest,
    /// The digest of the previous log's file.
    pub previous: Option<Digest>,
    /// The digest of the state after it.
    pub state_after: Digest,
    /// The clock when it was made.
    pub created: Instant,
    /// The protected branch, where one was read.
    pub branch: Option<String>,
    /// The request that the log carries out, if any.
    pub request: Option<RequestId>,
    /// The commit that brought the request's content to the protected branch, where known.
    pub commit: Option<String>,
}

/// The change logs, to be read.
pub trait Logs {
    /// Reads the head of a log alone, which is quick also where the values are many.
    ///
    /// # Errors
    ///
    /// As [`Logs::read`].
    fn head(&self, serial: u64) -> Result<LogHead, LedgerError>;

    /// The serial of the newest log; 0 where there is none. From the names alone.
    fn last(&self) -> u64;

    /// Reads one log.
    ///
    /// # Errors
    ///
    /// A [`LedgerError`]: `Integrity` if there is no such log, or it is none or has another serial; `Io` if it cannot be read.
    fn read(&self, serial: u64) -> Result<StoredLog, LedgerError>;

    /// The digest of a state's employees and requests, which a log has as `state_after`. Costs as much as the state is large.
    fn digest(&self, state: &State) -> Digest;

    /// The digest of the state that a log has led to, quick where the state before it was the last whose digest was asked for.
    fn digest_after(&self, state: &State, log: &ChangeLog) -> Digest;
}

/// The change logs and the state file, to be written.
pub trait Ledger: Logs {
    /// What writes down the changes of a log. Nothing else of a log takes so long, and nothing of those before it is needed for it, so
    /// another thread may do it ahead.
    fn writer_of_changes(&self) -> fn(&[EmployeeChange]) -> String;

    /// Writes a log, which has not happened before [`Ledger::flush`] has returned. `changes` is what [`Ledger::writer_of_changes`] makes of
    /// the changes of just this log. If the program is killed in between, or the power is cut, the logs that were appended are there up to
    /// one of them, each of them whole.
    ///
    /// # Errors
    ///
    /// A [`LedgerError`] if the log cannot be written or its name is taken.
    fn append(&mut self, log: &ChangeLog, changes: &str) -> Result<Appended, LedgerError>;

    /// Makes the logs that were appended durable. Once this has returned, their changes have happened.
    ///
    /// # Errors
    ///
    /// A [`LedgerError`] if a log cannot be put in place. Those before it stand.
    fn flush(&mut self) -> Result<(), LedgerError>;

    /// Makes a state file durable: old or new, never between; and before that, the logs that it follows from.
    ///
    /// # Errors
    ///
    /// A [`LedgerError`] if it cannot be written.
    fn write_state(&mut self, state: &State) -> Result<(), LedgerError>;
}

/// Why the ledger did not do it.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The disk or the operating system.
    #[error("failed to {step} {path}")]
    Io {
        /// What was being done, as a verb: `write`, `sync`, `link`.
        step: &'static str,
        /// To what.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// State and logs do not agree.
    #[error("{message}")]
    Integrity {
        /// The first bad serial, where one can be named.
        serial: Option<u64>,
        /// What does not agree.
        message: String,
        /// What to do about it.
        hint: String,
    },
}
