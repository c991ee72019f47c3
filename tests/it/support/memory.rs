//! A ledger in memory that keeps the bytes which the files would have.

use std::collections::BTreeMap;

use rolecall::document::{changelog, state};
use rolecall::model::{ChangeLog, Digest, State};
use rolecall::reconcile::port::{Appended, Ledger, LedgerError, LogHead, Logs, StoredLog};

/// Change logs and a state file, as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryLedger {
    /// The logs' paths and bytes, by serial.
    pub logs: BTreeMap<u64, (String, Vec<u8>)>,
    /// The state file.
    pub state: String,
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

    fn bytes(&self, serial: u64) -> Result<&(String, Vec<u8>), LedgerError> {
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
        let (_, bytes) = self.bytes(serial)?;
        let head = changelog::read_head(bytes).map_err(|error| broken(serial, &error.message))?;
        Ok(LogHead {
            digest: Digest::of(bytes),
            previous: head.previous,
            state_after: head.state_after,
            created: head.created,
            branch: head.branch,
            request: head.request.map(|request| request.id),
            commit: None,
        })
    }

    fn last(&self) -> u64 {
        self.logs.last_key_value().map_or(0, |(serial, _)| *serial)
    }

    fn read(&self, serial: u64) -> Result<StoredLog, LedgerError> {
        let (path, bytes) = self.bytes(serial)?;
        let log = changelog::read(bytes).map_err(|error| broken(serial, &error.message))?;
        Ok(StoredLog {
            log,
            digest: Digest::of(bytes),
            path: path.clone(),
        })
    }

    fn digest(&self, state: &State) -> Digest {
        state::digest(state)
    }
}

impl Ledger for MemoryLedger {
    fn append(&mut self, log: &ChangeLog) -> Result<Appended, LedgerError> {
        assert_eq!(log.serial, self.last() + 1, "serials have no gap");
        let path = changelog::path(log);
        let bytes = changelog::write(log);
        let digest = Digest::of(&bytes);
        self.logs.insert(log.serial, (path.clone(), bytes));
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
