//! A ledger in memory that keeps the bytes which the files would have.

use std::collections::BTreeMap;

use rolecall::document::{changelog, state};
use rolecall::model::{ChangeLog, Digest, EmployeeChange, State};
use rolecall::reconcile::port::{Appended, Ledger, LedgerError, LogHead, Logs, StoredLog};
use rolecall::reconcile::recover::{Recovered, recover};

/// Change logs and a state file, as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryLedger {
    /// The logs, by serial.
    logs: BTreeMap<u64, Log>,
    /// The state file.
    pub state: String,
}

/// A log, and what was read of it once, because nobody changes it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Log {
    path: String,
    bytes: Vec<u8>,
    read: ChangeLog,
}

impl MemoryLedger {
    /// A state file and no logs.
    pub fn new(state: &State) -> Self {
        Self {
            logs: BTreeMap::new(),
            state: state::write(state),
        }
    }

    /// What the state file says.
    pub fn read_state(&self) -> State {
        state::read(&self.state).expect("the state file can be read")
    }

    /// What follows from the logs, where a state file says this.
    pub fn recover(&self, file: State) -> Recovered {
        let digest = state::digest(&file);
        recover(file, digest, self).expect("state and logs agree")
    }

    fn log(&self, serial: u64) -> Result<&Log, LedgerError> {
        self.logs
            .get(&serial)
            .ok_or_else(|| broken(serial, "is missing"))
    }
}

fn broken(serial: u64, what: &str) -> LedgerError {
    LedgerError::Integrity {
        serial: Some(serial),
        message: format!("change log {serial} {what}"),
        hint: String::new(),
    }
}

impl Logs for MemoryLedger {
    fn head(&self, serial: u64) -> Result<LogHead, LedgerError> {
        let Log { bytes, read, .. } = self.log(serial)?;
        Ok(LogHead {
            digest: Digest::of(bytes),
            previous: read.previous,
            state_after: read.state_after,
            created: read.created,
            branch: read.branch.clone(),
            request: read.request.as_ref().map(|request| request.id.clone()),
            commit: None,
        })
    }

    fn last(&self) -> u64 {
        self.logs.last_key_value().map_or(0, |(serial, _)| *serial)
    }

    fn read(&self, serial: u64) -> Result<StoredLog, LedgerError> {
        let log = self.log(serial)?;
        Ok(StoredLog {
            log: log.read.clone(),
            digest: Digest::of(&log.bytes),
            path: log.path.clone(),
        })
    }

    fn digest(&self, state: &State) -> Digest {
        state::digest(state)
    }

    fn digest_after(&self, state: &State, _: &ChangeLog) -> Digest {
        state::digest(state)
    }
}

impl Ledger for MemoryLedger {
    fn writer_of_changes(&self) -> fn(&[EmployeeChange]) -> String {
        changelog::write_changes
    }

    fn append(&mut self, log: &ChangeLog, changes: &str) -> Result<Appended, LedgerError> {
        assert_eq!(log.serial, self.last() + 1, "serials have no gap");
        let path = changelog::path(log);
        let bytes = changelog::write_around(log, changes);
        let digest = Digest::of(&bytes);
        let read = changelog::read(&bytes).map_err(|error| broken(log.serial, &error.message))?;
        let head =
            changelog::read_head(&bytes).map_err(|error| broken(log.serial, &error.message))?;
        assert_eq!(&read, log, "a log is read otherwise than it was written");
        assert_eq!(
            (head.previous, head.state_after, head.created),
            (log.previous, log.state_after, log.created),
            "its head is read otherwise"
        );
        let log = Log {
            path: path.clone(),
            bytes,
            read,
        };
        self.logs.insert(log.read.serial, log);
        Ok(Appended { digest, path })
    }

    fn flush(&mut self) -> Result<(), LedgerError> {
        Ok(())
    }

    fn write_state(&mut self, state: &State) -> Result<(), LedgerError> {
        self.state = state::write(state);
        Ok(())
    }
}
