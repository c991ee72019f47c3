//! The ledger on files: logs are appended and never rewritten, the state file is replaced whole.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use super::drafts::Draft;
use super::lock::Lock;
use super::logs::LogFolder;
use super::{CHANGELOG, SCRATCH, STATE_FILE, atomic, failed, own_folder};
use crate::document::{changelog, state};
use crate::model::{ChangeLog, Digest, State};
use crate::reconcile::port::{Appended, Ledger, LedgerError, LogHead, Logs, StoredLog};

/// The change logs and the state file of a locked access repository.
#[derive(Debug)]
pub struct FileLedger<'lock> {
    lock: &'lock Lock,
    logs: LogFolder,
    /// Logs that are written and not in place yet.
    waiting: Vec<Draft>,
    /// Whether the way to the logs that were there before is known to be durable.
    is_settled: bool,
}

impl<'lock> FileLedger<'lock> {
    /// Opens the ledger of the access repository whose lock is held.
    ///
    /// # Errors
    ///
    /// As [`LogFolder::open`].
    pub fn open(lock: &'lock Lock) -> Result<Self, LedgerError> {
        Ok(Self::of(lock, LogFolder::open(lock.root())?))
    }

    /// The ledger of the access repository whose lock is held, with its logs, which were listed since.
    #[must_use]
    pub fn of(lock: &'lock Lock, logs: LogFolder) -> Self {
        Self {
            lock,
            logs,
            waiting: Vec::new(),
            is_settled: false,
        }
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
        atomic::create_folder_on(self.lock.disk(), &self.scratch())
    }

    /// Makes what was there before durable, once: a run that was killed may have moved logs into place, or created folders, and
    /// not flushed that. What comes now is built on it.
    fn settle(&mut self) -> Result<(), LedgerError> {
        if self.is_settled {
            return Ok(());
        }
        let root = self.lock.root();
        let mut folders = vec![root.to_owned(), root.join("state")];
        let changelog = root.join(CHANGELOG);
        if changelog.is_dir() {
            folders.extend(self.logs.years().map(|year| changelog.join(year)));
            folders.push(changelog);
        }
        for folder in folders {
            atomic::sync_folder(self.lock.disk(), &folder)?;
        }
        self.is_settled = true;
        Ok(())
    }

    /// Puts the waiting logs in place, in order, and notes in which folders. Where one fails, those before it stand.
    fn put_in_place(&mut self, folders: &mut BTreeSet<PathBuf>) -> Result<(), LedgerError> {
        for draft in std::mem::take(&mut self.waiting) {
            self.check()?;
            let target = self.lock.root().join(CHANGELOG).join(&draft.below);
            let folder = target.parent().unwrap_or(self.lock.root()).to_owned();
            if let Ok(relative) = folder.strip_prefix(self.lock.root()) {
                own_folder(self.lock.root(), &relative.to_string_lossy())?;
            }
            self.lock
                .disk()
                .put(draft.file, &target)
                .map_err(|error| match error.kind() {
                    io::ErrorKind::AlreadyExists => taken(draft.serial, &draft.below),
                    _ => failed("create", &target)(error),
                })?;
            folders.insert(folder);
            self.logs.note(draft.serial, draft.below);
        }
        Ok(())
    }
}

fn taken(serial: u64, below: &str) -> LedgerError {
    LedgerError::Integrity {
        serial: Some(serial),
        message: format!("the name of change log {serial} is taken: {CHANGELOG}/{below}"),
        hint: "see who wrote it; only one rolecall may write there".to_owned(),
    }
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
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
        self.logs.digest(state)
    }

    fn digest_after(&self, state: &State, log: &ChangeLog) -> Digest {
        self.logs.digest_after(state, log)
    }
}

impl Ledger for FileLedger<'_> {
    fn append(&mut self, log: &ChangeLog) -> Result<Appended, LedgerError> {
        self.check()?;
        own_folder(self.lock.root(), CHANGELOG)?;
        let serial = log.serial;
        let due = self.last() + self.waiting.len() as u64 + 1;
        let below = changelog::path(log);
        let path = format!("{CHANGELOG}/{below}");
        if serial != due {
            return Err(LedgerError::Integrity {
                serial: Some(serial),
                message: format!("change log {serial} cannot be the next one; that is {due}"),
                hint: "this is a fault of the program; please report it".to_owned(),
            });
        }
        let disk = self.lock.disk();
        if let Some((year, _)) = below.split_once('/') {
            let year = format!("{CHANGELOG}/{year}");
            own_folder(self.lock.root(), &year)?;
            atomic::create_folder_on(disk, &self.lock.root().join(year))?;
        }
        // Looked at again when it is moved; this is to be told early.
        if is_there(&self.lock.root().join(&path)) {
            return Err(taken(serial, &below));
        }
        let bytes = changelog::write(log);
        self.waiting.push(Draft {
            file: atomic::written(disk, &self.scratch(), &bytes)?,
            serial,
            below,
        });
        Ok(Appended {
            digest: Digest::of(&bytes),
            path,
        })
    }

    fn flush(&mut self) -> Result<(), LedgerError> {
        self.settle()?;
        if self.waiting.is_empty() {
            return Ok(());
        }
        atomic::sync_folder(self.lock.disk(), &self.scratch())?;
        let mut folders = BTreeSet::new();
        let put = self.put_in_place(&mut folders);
        for folder in folders {
            atomic::sync_folder(self.lock.disk(), &folder)?;
        }
        put
    }

    fn write_state(&mut self, state: &State) -> Result<(), LedgerError> {
        self.check()?;
        self.flush()?;
        let text = state::write(state);
        let target = self.lock.root().join(STATE_FILE);
        atomic::replace_on(self.lock.disk(), &self.scratch(), &target, text.as_bytes())
    }
}
