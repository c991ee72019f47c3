//! One reconcile at a time, and one daemon.
//!
//! A lock is the operating system's, on a file in `state/.rolecall/`, and ends with its process, however that ends. The file is
//! never unlinked by this program; should somebody delete or replace it while it is held, a second lock, on a folder around it,
//! still keeps others out.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::atomic;
use super::disk::{Disk, Machine};
use super::{SCRATCH, drafts, look, own_folder};
use crate::reconcile::port::LedgerError;

/// How often somebody who waits looks again.
const PAUSE: Duration = Duration::from_millis(50);

/// What is locked: a file of `state/.rolecall/`, and a folder around it.
#[derive(Debug, Clone, Copy)]
struct Locked {
    file: &'static str,
    folder: &'static str,
}

/// Held while something is written.
const REPOSITORY: Locked = Locked {
    file: "lock",
    folder: "state",
};

/// Held by a daemon for life; others may write meanwhile.
const DAEMON: Locked = Locked {
    file: "watch.lock",
    folder: SCRATCH,
};

/// The lock of an access repository, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    root: PathBuf,
    held: Held,
    disk: Arc<dyn Disk>,
}

/// The lock of the one daemon of an access repository, held until it is dropped. It lets nobody write.
#[derive(Debug)]
pub struct DaemonLock(Held);

/// A lock of either kind.
#[derive(Debug)]
struct Held {
    path: PathBuf,
    file: File,
    /// The second lock; where folders cannot be locked, there is none.
    folder: Option<(PathBuf, File)>,
}

/// Why the lock was not had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody has it.
    #[error("another rolecall holds the lock: {by}")]
    Held {
        /// Who, as they said when they took it.
        by: String,
    },
    /// It cannot be taken at all.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Lock {
    /// Takes the lock of the access repository at `root`, waiting for it at most `timeout`; `None` does not wait.
    ///
    /// `holder` is what others are told of this process besides its number: the command and since when. What a killed run
    /// left unfinished is made good, or removed.
    ///
    /// # Errors
    ///
    /// [`LockError::Held`] if somebody else has it until the end of the time; [`LockError::Ledger`] if the file cannot be
    /// created, opened or locked, or a link stands in its way.
    pub fn acquire(
        root: &Path,
        timeout: Option<Duration>,
        holder: &str,
    ) -> Result<Self, LockError> {
        Self::acquire_on(Arc::new(Machine), root, timeout, holder)
    }

    /// As [`Lock::acquire`], for what is written to some disk.
    pub(super) fn acquire_on(
        disk: Arc<dyn Disk>,
        root: &Path,
        timeout: Option<Duration>,
        holder: &str,
    ) -> Result<Self, LockError> {
        let held = Held::acquire(&*disk, root, REPOSITORY, timeout, holder)?;
        drafts::settle(&*disk, root)?;
        Ok(Self {
            root: root.to_owned(),
            held,
            disk,
        })
    }

    /// The disk that the access repository is on.
    pub(super) fn disk(&self) -> &dyn Disk {
        &*self.disk
    }

    /// The same for another thread.
    pub(super) fn shared_disk(&self) -> Arc<dyn Disk> {
        Arc::clone(&self.disk)
    }

    /// The access repository that is locked.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether everybody else is still kept out: the lock's file is the one that was locked, or the folder around it is.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.held.stands()
    }
}

impl DaemonLock {
    /// Takes the lock of the daemon of the access repository at `root`, without waiting.
    ///
    /// # Errors
    ///
    /// As [`Lock::acquire`].
    pub fn acquire(root: &Path, holder: &str) -> Result<Self, LockError> {
        Held::acquire(&Machine, root, DAEMON, None, holder).map(Self)
    }

    /// As [`Lock::stands`].
    #[must_use]
    pub fn stands(&self) -> bool {
        self.0.stands()
    }
}

impl Held {
    fn acquire(
        disk: &dyn Disk,
        root: &Path,
        what: Locked,
        timeout: Option<Duration>,
        holder: &str,
    ) -> Result<Self, LockError> {
        own_folder(root, "state")?;
        own_folder(root, SCRATCH)?;
        let scratch = root.join(SCRATCH);
        if !scratch.is_dir() {
            atomic::create_folder_on(disk, &scratch)?;
        }
        let end = timeout.map(|timeout| Instant::now() + timeout);
        loop {
            match Self::attempt(root, what)? {
                Attempt::Taken(held) => {
                    held.announce(holder);
                    keep_out_of_git(disk, &scratch);
                    return Ok(held);
                }
                Attempt::Replaced => {}
                Attempt::Held => {
                    if end.is_none_or(|end| Instant::now() >= end) {
                        let by = said(&scratch.join(what.file));
                        return Err(LockError::Held { by });
                    }
                    thread::sleep(PAUSE);
                }
            }
        }
    }

    fn stands(&self) -> bool {
        let is_there = |path: &Path, held: &File| {
            let (there, held) = (fs::symlink_metadata(path), held.metadata());
            there.is_ok_and(|there| held.is_ok_and(|held| look::is_same(&there, &held)))
        };
        let folder = self.folder.as_ref();
        is_there(&self.path, &self.file)
            || folder.is_some_and(|(path, folder)| is_there(path, folder))
    }

    fn attempt(root: &Path, what: Locked) -> Result<Attempt, LedgerError> {
        let path = root.join(SCRATCH).join(what.file);
        let fail = |step| super::failed(step, &path);
        match fs::symlink_metadata(&path) {
            Ok(metadata) if !metadata.is_file() => {
                return Err(LedgerError::Integrity {
                    serial: None,
                    message: format!("{SCRATCH}/{} is {}", what.file, look::kind(&metadata)),
                    hint: "remove it; rolecall makes the file itself".to_owned(),
                });
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(fail("look at")(error));
            }
            _ => {}
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(fail("open"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Attempt::Held),
            Err(TryLockError::Error(error)) => return Err(fail("lock")(error)),
        }
        // Not every system can lock a folder; the file's lock then has to do.
        let folder = root.join(what.folder);
        let folder = match File::open(&folder) {
            Ok(opened) => match opened.try_lock() {
                Ok(()) => Some((folder, opened)),
                Err(TryLockError::WouldBlock) => return Ok(Attempt::Held),
                Err(TryLockError::Error(_)) => None,
            },
            Err(_) => None,
        };
        let held = Self { path, file, folder };
        if !held.stands() {
            return Ok(Attempt::Replaced);
        }
        owner_may_use(&held.file);
        Ok(Attempt::Taken(held))
    }

    /// Writes who holds it. Only told to others, so a failure is no harm.
    fn announce(&self, holder: &str) {
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let host = match host.trim() {
            "" => String::new(),
            host => format!(" on {host}"),
        };
        let mut file = &self.file;
        let text = format!("process {}{host}: {holder}\n", std::process::id());
        let _ = file.set_len(0);
        let _ = file.rewind();
        let _ = file.write_all(text.as_bytes());
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Nobody is to read the name of one who has gone.
        let _ = self.file.set_len(0);
        // Closing is not enough: a program that another thread is just starting has our files open for a moment.
        if let Some((_, folder)) = &self.folder {
            let _ = folder.unlock();
        }
        let _ = self.file.unlock();
    }
}

enum Attempt {
    Taken(Held),
    Held,
    Replaced,
}

/// Undoes a umask that keeps the owner out, which would lock everybody out for good.
#[cfg(unix)]
fn owner_may_use(file: &File) {
    use std::os::unix::fs::PermissionsExt;
    if let Ok(metadata) = file.metadata()
        && metadata.permissions().mode() & 0o600 != 0o600
    {
        let _ = file.set_permissions(fs::Permissions::from_mode(0o644));
    }
}

#[cfg(not(unix))]
fn owner_may_use(_: &File) {}

/// Has git ignore the folder, also in a repository whose ignore file does not name it. No harm where it cannot be written.
fn keep_out_of_git(disk: &dyn Disk, scratch: &Path) {
    let file = scratch.join(".gitignore");
    if fs::symlink_metadata(&file).is_err() {
        let _ = atomic::create(disk, scratch, &file, b"*\n");
    }
}

/// What the holder said of itself; one that has just taken the lock may not have said it yet.
fn said(path: &Path) -> String {
    for _ in 0..5 {
        let mut text = Vec::new();
        if let Ok((file, _)) = look::open(path) {
            let _ = file.take(400).read_to_end(&mut text);
        }
        let text = String::from_utf8_lossy(&text);
        let text: String = text
            .trim()
            .chars()
            .map(|character| {
                if character.is_control() {
                    ' '
                } else {
                    character
                }
            })
            .collect();
        if !text.is_empty() {
            return text;
        }
        thread::sleep(Duration::from_millis(10));
    }
    "a process that has not said its name".to_owned()
}
