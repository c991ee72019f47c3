//! The ledger on files: logs are appended and never rewritten, the state file is replaced whole.

use std::cell::RefCell;
use std::io;
use std::path::PathBuf;

use super::lock::Lock;
use super::logs::LogFolder;
use super::{CHANGELOG, SCRATCH, STATE_FILE, atomic, own_folder};
use crate::document::{changelog, state};
use crate::model::{ChangeLog, Digest, State};
use crate::reconcile::port::{Appended, Ledger, LedgerError, LogHead, Logs, StoredLog};

/// The change logs and the state file of a locked access repository.
#[derive(Debug)]
pub struct FileLedger<'lock> {
    lock: &'lock Lock,
    logs: LogFolder,
    digests: RefCell<state::Digester>,
}

impl<'lock> FileLedger<'lock> {
    /// Opens the ledger of the access repository whose lock is held.
    ///
    /// # Errors
    ///
    /// As [`LogFolder::open`].
    pub fn open(lock: &'lock Lock) -> Result<Self, LedgerError> {
        Ok(Self {
            logs: LogFolder::open(lock.root())?,
            lock,
            digests: RefCell::default(),
        })
    }

    /// The change logs.
    #[must_use]
    pub fn logs(&self) -> &LogFolder {
        &self.logs
    }

    fn scratch(&self) -> PathBuf {
        self.lock.root().join(SCRATCH)
    }

    /// Refuses to write where somebody has taken the lock's file away or put a link in the way.
    fn check(&self) -> Result<(), LedgerError> {
        if !self.lock.stands() {
            return Err(LedgerError::Integrity {
                serial: None,
                message: format!("{SCRATCH}/lock was replaced while it was held"),
                hint: "leave the lock's file alone; run again when no other rolecall runs"
                    .to_owned(),
            });
        }
        own_folder(self.lock.root(), "state")?;
        own_folder(self.lock.root(), SCRATCH)?;
        atomic::create_folder(&self.scratch())
    }
}

impl Logs for FileLedger<'_> {
    fn last(&self) -> u64 {
        self.logs.last()
    }

    fn head(&self, serial: u64) -> Result<LogHead, LedgerError> {
        self.logs.head(serial)
    }

    fn read(&self, serial: u64) -> Result<StoredLog, LedgerError> {
        self.logs.read(serial)
    }

    fn digest(&self, state: &State) -> Digest {
        self.digests.borrow_mut().digest(state)
    }
}

impl Ledger for FileLedger<'_> {
    fn append(&mut self, log: &ChangeLog) -> Result<Appended, LedgerError> {
        self.check()?;
        own_folder(self.lock.root(), CHANGELOG)?;
        let serial = log.serial;
        let due = self.last() + 1;
        let below = changelog::path(log);
        let path = format!("{CHANGELOG}/{below}");
        if serial != due {
            return Err(LedgerError::Integrity {
                serial: Some(serial),
                message: format!("change log {serial} cannot be the next one; that is {due}"),
                hint: "this is a fault of the program; please report it".to_owned(),
            });
        }
        if let Some((year, _)) = below.split_once('/') {
            let year = format!("{CHANGELOG}/{year}");
            own_folder(self.lock.root(), &year)?;
            atomic::create_folder(&self.lock.root().join(year))?;
        }
        let bytes = changelog::write(log);
        let target = self.lock.root().join(&path);
        atomic::create(&self.scratch(), &target, &bytes).map_err(|error| match error {
            LedgerError::Io { source, .. } if source.kind() == io::ErrorKind::AlreadyExists => {
                LedgerError::Integrity {
                    serial: Some(serial),
                    message: format!("the name of change log {serial} is taken: {path}"),
                    hint: "see who wrote it; only one rolecall may write there".to_owned(),
                }
            }
            error => error,
        })?;
        self.logs.note(serial, below);
        Ok(Appended {
            digest: Digest::of(&bytes),
            path,
        })
    }

    fn write_state(&mut self, state: &State) -> Result<(), LedgerError> {
        self.check()?;
        let text = state::write(state);
        let target = self.lock.root().join(STATE_FILE);
        atomic::replace(&self.scratch(), &target, text.as_bytes())
    }
}
