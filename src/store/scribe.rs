//! A second hand for many logs: it writes drafts while the next logs are made.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};

use tempfile::TempPath;

use super::atomic;
use super::disk::Disk;
use crate::reconcile::port::LedgerError;

/// A thread that writes and syncs drafts, one behind the other, in the order in which they are given to it. It ends at the first
/// that fails.
#[derive(Debug)]
pub(super) struct Scribe {
    give: Option<Sender<Vec<u8>>>,
    written: Receiver<Result<TempPath, LedgerError>>,
    thread: Option<JoinHandle<()>>,
}

impl Scribe {
    /// Starts one for drafts in a folder.
    ///
    /// # Errors
    ///
    /// If there can be no more threads.
    pub(super) fn start(disk: Arc<dyn Disk>, scratch: PathBuf) -> io::Result<Self> {
        let (give, given) = channel::<Vec<u8>>();
        let (done, written) = channel();
        let write = move || {
            for bytes in given {
                let draft = atomic::written(&*disk, &scratch, &bytes);
                let is_over = draft.is_err();
                if done.send(draft).is_err() || is_over {
                    break;
                }
            }
        };
        Ok(Self {
            give: Some(give),
            written,
            thread: Some(Builder::new().name("scribe".to_owned()).spawn(write)?),
        })
    }

    /// Gives it the bytes of the next draft. What it cannot write comes out when the draft is asked for.
    pub(super) fn give(&self, bytes: Vec<u8>) {
        // It ends at a draft that failed, and that one is asked for before this.
        let _ = self.give.as_ref().map(|give| give.send(bytes));
    }

    /// The next draft, in the order in which they were given, once it is there.
    ///
    /// # Errors
    ///
    /// As the disk says.
    pub(super) fn take(&self) -> Result<TempPath, LedgerError> {
        self.written.recv().unwrap_or_else(|_| Err(has_ended()))
    }
}

/// There is nobody who writes the drafts.
pub(super) fn has_ended() -> LedgerError {
    LedgerError::Integrity {
        serial: None,
        message: "the thread that writes the change logs has ended".to_owned(),
        hint: "this is a fault of the program; please report it".to_owned(),
    }
}

impl Drop for Scribe {
    /// Waits for it to end. Drafts that nobody took go away.
    fn drop(&mut self) {
        self.give = None;
        if let Some(thread) = self.thread.take() {
            // Whether it panicked was seen when its draft did not come.
            let _ = thread.join();
        }
    }
}
