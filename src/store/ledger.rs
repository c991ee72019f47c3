//! The ledger on files: logs are appended and never rewritten, the state file is replaced whole.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::drafts::Draft;
use super::lock::Lock;
use super::logs::LogFolder;
use super::scribe::{self, Scribe};
use super::{CHANGELOG, SCRATCH, STATE_FILE, atomic, failed, own_folder};
use crate::document::{changelog, state};
use crate::model::{ChangeLog, Digest, EmployeeChange, State};
use crate::reconcile::port::{Appended, Ledger, LedgerError, LogHead, Logs, StoredLog};

/// So many logs are written as they come; from then on another thread writes them while the next ones are made.
const HELPED_FROM: usize = 32;

/// The change logs and the state file of a locked access repository.
#[derive(Debug)]
pub struct FileLedger<'lock> {
    lock: &'lock Lock,
    logs: LogFolder,
    /// Logs that are not in place yet.
    waiting: Vec<Draft>,
    /// How many logs were appended, and after how many the scribe comes.
    appended: usize,
    helped_from: usize,
    /// Writes the drafts where the logs are many.
    scribe: Option<Scribe>,
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
            appended: 0,
            helped_from: HELPED_FROM,
            scribe: None,
            is_settled: false,
        }
    }

    /// The change logs.
    #[must_use]
    pub fn logs(&self) -> &LogFolder {
        &self.logs
    }

    /// Lets the scribe come after so many logs.
    #[cfg(test)]
    pub(super) fn help_from(&mut self, logs: usize) {
        self.helped_from = logs;
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

    /// The drafts that are written, in order, and the error that ended the rest, if any.
    fn take_drafts(&mut self) -> (Vec<(TempPath, Draft)>, Result<(), LedgerError>) {
        let mut drafts = Vec::with_capacity(self.waiting.len());
        for mut draft in std::mem::take(&mut self.waiting) {
            let file = match (draft.file.take(), &self.scribe) {
                (Some(file), _) => Ok(file),
                (None, Some(scribe)) => scribe.take(),
                (None, None) => Err(scribe::has_ended()),
            };
            match file {
                Ok(file) => drafts.push((file, draft)),
                Err(error) => {
                    self.scribe = None;
                    return (drafts, Err(error));
                }
            }
        }
        (drafts, Ok(()))
    }

    /// Puts drafts in place, in order, and notes in which folders. Where one fails, those before it stand.
    fn put_in_place(
        &mut self,
        drafts: Vec<(TempPath, Draft)>,
        folders: &mut BTreeSet<PathBuf>,
    ) -> Result<(), LedgerError> {
        self.check()?;
        for (file, draft) in drafts {
            let target = self.lock.root().join(CHANGELOG).join(&draft.below);
            let folder = target.parent().unwrap_or(self.lock.root()).to_owned();
            if !folders.contains(&folder)
                && let Ok(relative) = folder.strip_prefix(self.lock.root())
            {
                own_folder(self.lock.root(), &relative.to_string_lossy())?;
            }
            self.lock
                .disk()
                .put(file, &target)
                .map_err(|error| match error.kind() {
                    io::ErrorKind::AlreadyExists => taken(draft.serial, &draft.below),
                    _ => failed("create", &target)(error),
                })?;
            folders.insert(folder);
            self.logs.note(draft.serial, &draft.below);
        }
        Ok(())
    }

    /// Looks, before the first log of a group, whether it may be written, and has its folder there.
    fn prepare(&self, below: &str) -> Result<(), LedgerError> {
        self.check()?;
        own_folder(self.lock.root(), CHANGELOG)?;
        if let Some((year, _)) = below.split_once('/') {
            let year = format!("{CHANGELOG}/{year}");
            own_folder(self.lock.root(), &year)?;
            atomic::create_folder_on(self.lock.disk(), &self.lock.root().join(year))?;
        }
        Ok(())
    }

    /// Writes a draft, or has it written by the scribe once the logs are many.
    fn draft(&mut self, bytes: Vec<u8>) -> Result<Option<TempPath>, LedgerError> {
        self.appended += 1;
        if self.appended > self.helped_from && self.scribe.is_none() {
            // Without a second thread they are written here.
            self.scribe = Scribe::start(self.lock.shared_disk(), self.scratch()).ok();
        }
        match &self.scribe {
            Some(scribe) => {
                scribe.give(bytes);
                Ok(None)
            }
            None => atomic::written(self.lock.disk(), &self.scratch(), &bytes).map(Some),
        }
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
    fn writer_of_changes(&self) -> fn(&[EmployeeChange]) -> String {
        changelog::write_changes
    }

    fn append(&mut self, log: &ChangeLog, changes: &str) -> Result<Appended, LedgerError> {
        debug_assert_eq!(changes, changelog::write_changes(&log.changes));
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
        let year = |below: &str| below.split_once('/').map(|(year, _)| year.to_owned());
        let last = self.waiting.last().map(|draft| year(&draft.below));
        if last != Some(year(&below)) {
            // Before the first draft: that may get the name which one of a killed run had before it was moved.
            self.settle()?;
            self.prepare(&below)?;
        }
        // Looked at again when it is moved; this is to be told early.
        if is_there(&self.lock.root().join(&path)) {
            return Err(taken(serial, &below));
        }
        let bytes = changelog::write_around(log, changes);
        let digest = Digest::of(&bytes);
        let file = self.draft(bytes)?;
        self.waiting.push(Draft {
            file,
            serial,
            below,
        });
        Ok(Appended { digest, path })
    }

    fn flush(&mut self) -> Result<(), LedgerError> {
        self.settle()?;
        if self.waiting.is_empty() {
            return Ok(());
        }
        let (drafts, written) = self.take_drafts();
        atomic::sync_folder(self.lock.disk(), &self.scratch())?;
        let mut folders = BTreeSet::new();
        let put = self.put_in_place(drafts, &mut folders);
        for folder in folders {
            atomic::sync_folder(self.lock.disk(), &folder)?;
        }
        put.and(written)
    }

    fn write_state(&mut self, state: &State) -> Result<(), LedgerError> {
        self.check()?;
        self.flush()?;
        let text = state::write(state);
        let target = self.lock.root().join(STATE_FILE);
        atomic::replace_on(self.lock.disk(), &self.scratch(), &target, text.as_bytes())
    }
}
