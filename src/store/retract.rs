//! Taking back what a pass wrote and nobody has been told: where clones share a remote, a log counts once the remote has it.

use std::io;

use super::lock::Lock;
use super::logs::LogFolder;
use super::state_file::{self, StateFile};
use super::{ATTRIBUTES, SCRATCH, STATE_FILE, atomic, failed};
use crate::reconcile::port::{LedgerError, Logs as _};

/// What the state folder was before a pass.
#[derive(Debug, Clone)]
pub struct Before {
    state: Option<Vec<u8>>,
    last: u64,
    has_attributes: bool,
}

impl Before {
    /// What it is now.
    ///
    /// # Errors
    ///
    /// A [`LedgerError`] if it cannot be read.
    pub fn now(lock: &Lock) -> Result<Self, LedgerError> {
        let state = match state_file::read(lock.root())? {
            StateFile::Missing => None,
            StateFile::Empty => Some(Vec::new()),
            StateFile::Bytes(bytes) => Some(bytes),
        };
        Ok(Self {
            state,
            last: LogFolder::open(lock.root())?.last(),
            has_attributes: lock.root().join(ATTRIBUTES.0).symlink_metadata().is_ok(),
        })
    }

    /// What it was when it had these bytes as its state file, no log after `last`, and its file of attributes or not.
    #[must_use]
    pub fn committed(state: Vec<u8>, last: u64, has_attributes: bool) -> Self {
        Self {
            state: Some(state),
            last,
            has_attributes,
        }
    }

    /// Brings it back. Killed in between, it leaves a state file that lags behind its logs, which every pass mends.
    ///
    /// # Errors
    ///
    /// A [`LedgerError`] if it cannot be written.
    pub fn restore(&self, lock: &Lock) -> Result<(), LedgerError> {
        let (root, disk) = (lock.root(), lock.disk());
        let remove = |path: &str| {
            let path = root.join(path);
            match disk.remove(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(failed("remove", &path)(error))
                }
                _ => path
                    .parent()
                    .map_or(Ok(()), |folder| atomic::sync_folder(disk, folder)),
            }
        };
        if let Some(state) = &self.state {
            atomic::replace_on(disk, &root.join(SCRATCH), &root.join(STATE_FILE), state)?;
        }
        let logs = LogFolder::open(root)?;
        let later: Vec<_> = logs
            .serials()
            .filter(|serial| *serial > self.last)
            .collect();
        for path in later.iter().rev().filter_map(|serial| logs.path(*serial)) {
            remove(&path)?;
        }
        if !self.has_attributes {
            remove(ATTRIBUTES.0)?;
        }
        Ok(())
    }
}
