//! The folder of the change logs, to be read.

mod listing;
mod names;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use listing::{Kind, list};
use names::Names;

use super::look::{self, Refused};
use super::{CHANGELOG, failed, own_folder};
use crate::check::finding::{Code, Finding};
use crate::document::changelog;
use crate::document::state::{Digester, StateTree};
use crate::model::{ChangeLog, Digest, Hasher, RequestId, State};
use crate::reconcile::port::{LedgerError, LogHead, Logs, StoredLog};

/// What to do where the logs are not what they were.
pub(super) const RESTORE: &str =
    "restore state/changelog from version control; change logs are never edited";

/// So many bytes of a log are hashed at a time.
const PIECE: usize = 128 * 1024;

/// So much of a log is read where only its branch is asked for: more than the head ever has.
const BEGINNING: u64 = 128 * 1024;

/// The change logs that are there by name, and what else is.
#[derive(Debug)]
pub struct LogFolder {
    root: PathBuf,
    /// Copies share them until one takes another log in.
    names: Arc<Names>,
    strays: Vec<Finding>,
    /// Keeps up with the states whose digests are asked for.
    digests: Mutex<Digester>,
    /// The head that was read last, of a log that may be long.
    head: Mutex<Option<(u64, LogHead)>>,
}

impl LogFolder {
    /// Lists the logs of the access repository at `root` by their names; one without a change-log folder has none.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Integrity`] if two logs have the same serial or the folder is a link; [`LedgerError::Io`] if a folder
    /// cannot be listed.
    pub fn open(root: &Path) -> Result<Self, LedgerError> {
        own_folder(root, "state")?;
        own_folder(root, CHANGELOG)?;
        let mut names = Names::default();
        let mut years = Vec::new();
        let mut strays = Vec::new();
        list(&root.join(CHANGELOG), |name, kind| {
            let year = name
                .to_str()
                .filter(|name| name.len() == 4 && is_number(name));
            match year.filter(|_| kind == Some(Kind::Folder)) {
                Some(year) => years.push(year.to_owned()),
                None => strays.push((name.to_string_lossy().into_owned(), kind)),
            }
        })?;
        for year in years {
            list(&root.join(CHANGELOG).join(&year), |name, kind| {
                let log = name.to_str().filter(|_| kind == Some(Kind::File));
                match log.and_then(|name| Some((serial(name)?, name))) {
                    Some((serial, name)) => names.add(serial, &year, name),
                    None => strays.push((format!("{year}/{}", name.to_string_lossy()), kind)),
                }
            })?;
        }
        names.order().map_err(|twins| {
            let (serial, [one, other]) = (twins.serial, twins.paths);
            integrity(
                serial,
                format!("serial {serial} has two change logs: {one} and {other}"),
            )
        })?;
        strays.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let strays = strays.into_iter().map(|(path, kind)| stray(&path, kind));
        Ok(Self {
            root: root.to_owned(),
            names: Arc::new(names),
            strays: strays.collect(),
            digests: Mutex::default(),
            head: Mutex::default(),
        })
    }

    /// Starts the digests from the tree of the state that has a serial, and gives the state's digest.
    pub fn start(&self, tree: StateTree, serial: u64) -> Digest {
        locked(&self.digests).start(tree, serial)
    }

    /// The same logs for whoever writes more of them. What was kept to work digests out quickly goes with them.
    #[must_use]
    pub fn hand_over(&self) -> Self {
        Self {
            root: self.root.clone(),
            names: self.names.clone(),
            strays: Vec::new(),
            digests: Mutex::new(std::mem::take(&mut *locked(&self.digests))),
            head: Mutex::new(locked(&self.head).clone()),
        }
    }

    /// The files, folders and links in the change-log folder that are no logs, as warnings.
    #[must_use]
    pub fn strays(&self) -> &[Finding] {
        &self.strays
    }

    /// The serials that are there, in order.
    pub fn serials(&self) -> impl Iterator<Item = u64> {
        self.names.serials()
    }

    /// The first serial that is missing between 1 and the newest.
    #[must_use]
    pub fn first_gap(&self) -> Option<u64> {
        let mut due = 1..;
        self.serials()
            .find_map(|serial| due.next().filter(|due| *due != serial))
    }

    /// The path of a log, relative to the access repository.
    #[must_use]
    pub fn path(&self, serial: u64) -> Option<String> {
        let path = self.names.path(serial)?;
        Some(format!("{CHANGELOG}/{path}"))
    }

    /// The serial that is in the name of a log's file.
    #[must_use]
    pub fn serial_of(name: &str) -> Option<u64> {
        serial(name)
    }

    /// Whether a path, relative to the access repository, is where a log is kept.
    #[must_use]
    pub fn is_log(path: &str) -> bool {
        let below = path
            .strip_prefix(CHANGELOG)
            .and_then(|path| path.strip_prefix('/'));
        let parts = below.and_then(|path| path.split_once('/'));
        parts.is_some_and(|(year, name)| {
            year.len() == 4 && is_number(year) && serial(name).is_some()
        })
    }

    /// What a log is named after: its request's id, or a word for a log without one.
    #[must_use]
    pub fn name(&self, serial: u64) -> Option<&str> {
        let file = self.names.name(serial)?;
        let (_, name) = file.strip_suffix(".yaml")?.split_once('-')?;
        Some(name)
    }

    /// The bytes of a log.
    ///
    /// # Errors
    ///
    /// As [`Logs::read`].
    pub fn bytes(&self, serial: u64) -> Result<Vec<u8>, LedgerError> {
        self.first_bytes(serial, None)
    }

    /// The protected branch that a log names, if any; from its beginning alone, so that the length of the log does not matter.
    ///
    /// # Errors
    ///
    /// As [`Logs::head`].
    pub fn branch(&self, serial: u64) -> Result<Option<String>, LedgerError> {
        if let Some(head) = self.known_head(serial) {
            return Ok(head.branch);
        }
        let bytes = self.first_bytes(serial, Some(BEGINNING))?;
        match changelog::read_branch(&bytes) {
            Some(branch) => Ok(branch),
            None => Ok(self.head(serial)?.branch),
        }
    }

    /// The head of a log, where it is the one that was read last.
    fn known_head(&self, serial: u64) -> Option<LogHead> {
        let kept = locked(&self.head);
        let (_, head) = kept.as_ref().filter(|(at, _)| *at == serial)?;
        Some(head.clone())
    }

    /// The bytes of a log; of one that is longer than a limit, the limit and one byte more.
    fn first_bytes(&self, serial: u64, limit: Option<u64>) -> Result<Vec<u8>, LedgerError> {
        self.of_file(serial, |path| look::read(path, limit))
    }

    /// What something makes of a log's file.
    fn of_file<T>(
        &self,
        serial: u64,
        read: impl FnOnce(&Path) -> Result<T, Refused>,
    ) -> Result<T, LedgerError> {
        let Some(relative) = self.path(serial) else {
            return Err(integrity(serial, format!("change log {serial} is missing")));
        };
        let path = self.root.join(&relative);
        read(&path).map_err(|refused| match refused {
            Refused::Io(error) if error.kind() == io::ErrorKind::NotFound => {
                integrity(serial, format!("change log {serial} ({relative}) is gone"))
            }
            Refused::Io(error) => failed("read", &path)(error),
            Refused::Kind(kind) => integrity(
                serial,
                format!("change log {serial} ({relative}) is {kind}, not a regular file"),
            ),
        })
    }

    /// The beginning of a log, as far as its values or a little further, and the digest of all of it. Not more than the
    /// beginning is kept: a baseline is as long as the state file.
    fn beginning(&self, serial: u64) -> Result<(Vec<u8>, Digest), LedgerError> {
        let (beginning, digest) = self.of_file(serial, |path| {
            let (mut file, _) = look::open(path)?;
            let mut read = Beginning::default();
            let mut pieces = BufWriter::with_capacity(PIECE, &mut read);
            io::copy(&mut file, &mut pieces)?;
            pieces.flush()?;
            drop(pieces);
            Ok((read.kept, read.hasher.digest()))
        })?;
        check_line_ends(serial, &beginning)?;
        Ok((beginning, digest))
    }

    /// The bytes of a log, unless git has changed its line ends: then every digest would be another one.
    fn unchanged(&self, serial: u64) -> Result<Vec<u8>, LedgerError> {
        let bytes = self.bytes(serial)?;
        check_line_ends(serial, &bytes)?;
        Ok(bytes)
    }

    /// The folders that the logs are in, by year.
    pub(super) fn years(&self) -> impl Iterator<Item = &str> {
        self.names.years()
    }

    /// Notes that a log was written behind all others; its path is below the change-log folder.
    pub(super) fn note(&mut self, serial: u64, path: &str) {
        Arc::make_mut(&mut self.names).append(serial, path);
    }
}

/// A warning about something that is no log.
fn stray(path: &str, kind: Option<Kind>) -> Finding {
    let what = match kind {
        Some(Kind::File) => "a file that is no change log by its name",
        Some(Kind::Folder) => "a folder that is no year",
        Some(Kind::Link) => "a link",
        Some(Kind::Other) | None => "something that is no regular file",
    };
    let message = format!("{what} is in the change-log folder: {path}");
    Finding::warning(Code::StrayFile, message)
        .in_file(format!("{CHANGELOG}/{path}"))
        .hint("move it away; only rolecall writes there")
}

impl Logs for LogFolder {
    fn last(&self) -> u64 {
        self.names.last()
    }

    fn head(&self, serial: u64) -> Result<LogHead, LedgerError> {
        if let Some(head) = self.known_head(serial) {
            return Ok(head);
        }
        let (beginning, digest) = self.beginning(serial)?;
        let head = changelog::read_head(&beginning).map_err(|error| {
            let message = error.message;
            integrity(serial, format!("change log {serial} is none: {message}"))
        })?;
        let (request, commit) = head
            .request
            .map(|request| (request.id, request.commit))
            .unzip();
        let head = LogHead {
            digest,
            previous: head.previous,
            state_after: head.state_after,
            created: head.created,
            branch: head.branch,
            request,
            commit: commit.flatten(),
        };
        *locked(&self.head) = Some((serial, head.clone()));
        Ok(head)
    }

    fn digest(&self, state: &State) -> Digest {
        locked(&self.digests).digest(state)
    }

    fn digest_after(&self, state: &State, log: &ChangeLog) -> Digest {
        locked(&self.digests).digest_after(state, log)
    }

    fn read(&self, serial: u64) -> Result<StoredLog, LedgerError> {
        let bytes = self.unchanged(serial)?;
        let path = self.path(serial).unwrap_or_default();
        let log = changelog::read(&bytes).map_err(|error| {
            let line = error.line.map(|line| format!(", line {line}"));
            let line = line.unwrap_or_default();
            integrity(
                serial,
                format!(
                    "change log {serial} ({path}{line}) is none: {}",
                    error.message
                ),
            )
        })?;
        let due = format!("{CHANGELOG}/{}", changelog::path(&log));
        if log.serial != serial {
            let inside = log.serial;
            return Err(integrity(
                serial,
                format!("change log {serial} ({path}) says that it is log {inside}"),
            ));
        }
        if due != path {
            return Err(integrity(
                serial,
                format!("change log {serial} ({path}) belongs at {due}"),
            ));
        }
        Ok(StoredLog {
            log,
            digest: Digest::of(&bytes),
            path,
        })
    }
}

/// Takes in a log piece by piece, and keeps its beginning.
#[derive(Default)]
struct Beginning {
    kept: Vec<u8>,
    hasher: Hasher,
}

impl Write for Beginning {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.hasher.update(piece);
        if !changelog::reaches_values(&self.kept) {
            self.kept.extend_from_slice(piece);
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is kept for later has no half states, so it is good also after a panic.
fn locked<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Refuses a log whose line ends git has changed: then every digest would be another one.
fn check_line_ends(serial: u64, bytes: &[u8]) -> Result<(), LedgerError> {
    let first = bytes.split(|byte| *byte == b'\n').next();
    if first.is_none_or(|line| !line.ends_with(b"\r")) {
        return Ok(());
    }
    Err(LedgerError::Integrity {
            serial: Some(serial),
            message: format!(
                "the lines of change log {serial} end in CR LF, not LF; git does that with core.autocrlf"
            ),
            hint: "write `* -text` into state/.gitattributes, remove state/changelog and state/state.yaml, and \
                   `git checkout -- state`"
                .to_owned(),
        })
}

pub(super) fn integrity(serial: u64, message: String) -> LedgerError {
    LedgerError::Integrity {
        serial: Some(serial),
        message,
        hint: RESTORE.to_owned(),
    }
}

/// The serial of a log by its name, `<serial>-<name>.yaml`: at least six digits, and no zeros before more than six.
fn serial(name: &str) -> Option<u64> {
    let (digits, name) = name.strip_suffix(".yaml")?.split_once('-')?;
    let serial: u64 = is_number(digits).then(|| digits.parse().ok())??;
    let is_short = digits.len() == 6 || (digits.len() > 6 && !digits.starts_with('0'));
    (serial > 0 && is_short && RequestId::check(name).is_ok()).then_some(serial)
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
