//! The state file, the clock and the branch: what must agree with the logs before anything is planned.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::thread;

use super::context::Context;
use super::error::Error;
use super::load::Repository;
use crate::check::finding::{Code, Finding};
use crate::document::source::Source;
use crate::document::state::{StateError, StateTree};
use crate::model::{Instant, State, joined};
use crate::reconcile::port::{LedgerError, Logs as _};
use crate::reconcile::recover::{Recovered, recover};
use crate::store::logs::LogFolder;
use crate::store::state_file::{StateFile, read_with_logs};

/// How much a clock may lag behind the state, in seconds.
const CLOCK_TOLERANCE: i64 = 120;

/// A state, and what its digest is made from; or what is wrong with these bytes.
type StateRead = Result<(State, StateTree), (StateError, Vec<u8>)>;

/// What is in a state file.
pub(super) enum Kept {
    /// There is none.
    Missing,
    /// Nothing is in it.
    Empty,
    /// This.
    Read(Box<StateRead>),
}

impl Kept {
    pub(super) fn of(file: StateFile) -> Self {
        match file {
            StateFile::Missing => Self::Missing,
            StateFile::Empty => Self::Empty,
            StateFile::Bytes(bytes) => {
                Self::Read(Box::new(crate::document::state::read_with_tree(bytes)))
            }
        }
    }
}

/// Reads the state file and lists the logs beside it, so that they belong together.
///
/// # Errors
///
/// As [`read_with_logs`].
pub(super) fn read_beside_logs(root: &Path) -> Result<(Kept, LogFolder), LedgerError> {
    read_with_logs(root, Kept::of, |logs| {
        if logs.last() > 0 {
            // They keep the head for later; if it cannot be read, that is said there.
            let _ = logs.head(logs.last());
        }
    })
}

/// What the state file says, before recovery, and what the digest of that is made from.
///
/// # Errors
///
/// Broken integrity if there are logs and no readable state file; invalid input if there are none and the file is broken.
pub(super) fn read_state(kept: Kept, has_logs: bool) -> Result<(State, StateTree), Error> {
    let path = crate::store::STATE_FILE;
    let broken = |message: String, hint: &str| {
        if has_logs {
            Error::integrity(message).hint(hint)
        } else {
            let error = Error::invalid(message).hint(hint);
            error.in_file(Code::BadState, path)
        }
    };
    match kept {
        Kept::Missing if has_logs => Err(broken(
            format!("{path} is missing, and there are change logs"),
            "put it back from git; an older one will do, the change logs bring it up to date",
        )),
        Kept::Missing => Err(broken(
            format!("{path} is missing"),
            "start one with `rolecall init` or `rolecall import`, or write one with `employees`",
        )),
        Kept::Empty => Err(broken(
            format!("{path} is empty"),
            "put it back from git; an older one will do where there are change logs",
        )),
        Kept::Read(read) => {
            let (state, tree) = (*read).map_err(|(error, bytes)| {
                let finding = state_finding(path, bytes, &error);
                Error {
                    findings: vec![finding],
                    ..broken(
                        "the state file has errors, so nothing was done".to_owned(),
                        "put it back as it was, or mend what the message names",
                    )
                }
            })?;
            let twins = if has_logs { None } else { twins(&state) };
            match twins {
                None => Ok((state, tree)),
                Some((one, other)) => Err(broken(
                    format!("{path} has employees {one} and {other}, which differ only in case"),
                    "let one of them have another id",
                )),
            }
        }
    }
}

/// What is wrong with a state file, with its place.
pub(super) fn state_finding(path: &str, bytes: Vec<u8>, error: &StateError) -> Finding {
    let source = Source::new(path, bytes, usize::MAX).ok();
    let place = source
        .zip(error.line)
        .map(|(source, line)| source.line(line, error.column.unwrap_or(1)));
    Finding::error(Code::BadState, error.message.clone())
        .in_file(path)
        .at(place)
        .hint(error.hint.clone())
}

/// Two employees of a state whose ids differ only in case.
pub(super) fn twins(state: &State) -> Option<(&str, &str)> {
    let mut folded = BTreeMap::new();
    let mut ids = state.employees.ids();
    ids.find_map(|id| {
        let other = folded.insert(id.to_ascii_lowercase(), id)?;
        Some((other, id))
    })
}

/// Opens the repository while other threads read the state, and the newest log.
pub(super) fn open_with_state(
    root: &Path,
    open: impl FnOnce() -> Result<Repository, Error>,
) -> Result<(Repository, LogFolder, Recovered), Error> {
    let (repository, kept) = thread::scope(|scope| {
        let kept = scope.spawn(|| read_beside_logs(root));
        (open(), joined(kept))
    });
    // What is wrong with the settings is said first.
    let repository = repository?;
    let (kept, logs) = kept?;
    check_gaps(&logs)?;
    let recovered = recovered(read_state(kept, logs.last() > 0)?, &logs)?;
    Ok((repository, logs, recovered))
}

/// The state to go on from, where the state file says this.
pub(super) fn recovered(
    (file, tree): (State, StateTree),
    logs: &LogFolder,
) -> Result<Recovered, Error> {
    let digest = logs.start(tree, file.serial);
    Ok(recover(file, digest, logs)?)
}

pub(super) fn check_clock(now: Instant, as_of: Option<Instant>) -> Result<Instant, Error> {
    let Some(as_of) = as_of else {
        return Ok(now);
    };
    if (as_of - now).num_seconds() > CLOCK_TOLERANCE {
        let (now, as_of) = (crate::time::rfc3339(now), crate::time::rfc3339(as_of));
        let message = format!("the clock says {now}, but the state was changed at {as_of}");
        return Err(Error::integrity(message)
            .hint("set the clock right, or give a later --now (with `plan` a later --at)"));
    }
    Ok(now.max(as_of))
}

/// Where the logs were made from a branch, nothing counts but what its tip says. The baseline pins the branch; where that
/// was made without one, the newest log does.
pub(super) fn check_branch(
    context: &Context,
    repository: &Repository,
    logs: &LogFolder,
) -> Result<(), Error> {
    let Some(pinned) = pinned_branch(logs)? else {
        return Ok(());
    };
    let asked = repository
        .branch
        .as_ref()
        .or(repository.released_by.as_ref());
    match (asked, &context.global.branch) {
        (Some(asked), given) if *asked == pinned || Some(asked) == given.as_ref() => Ok(()),
        (Some(asked), _) => Err(Error::integrity(format!(
            "the change logs were made from branch {pinned:?}, and the settings name {asked:?}"
        ))
        .hint(format!(
            "set `approval.branch` back to {pinned:?}, or give --branch {asked:?} if the change is meant"
        ))),
        (None, _) => Err(Error::integrity(format!(
            "the change logs were made from branch {pinned:?}, and there are no settings of this folder at its tip"
        ))
        .hint(format!(
            "fetch or restore {pinned:?}; the work tree's settings do not count before they are merged there. \
             If the branch has another name now, give --branch NAME"
        ))),
    }
}

/// The branch only ever grows: where it does not have the last commit that a log names any more, it was rewound or rewritten,
/// and what was approved since may be gone from it.
pub(super) fn check_rewound(repository: &Repository, logs: &LogFolder) -> Result<(), Error> {
    let Some(branch) = &repository.branch else {
        return Ok(());
    };
    for serial in (1..=logs.last()).rev() {
        let Some(commit) = logs.head(serial)?.commit else {
            continue;
        };
        if repository.has_commit(&commit)? {
            return Ok(());
        }
        if repository.is_behind(&commit)? {
            return Err(Error::integrity(format!(
                "the branch {branch:?} is behind, or was rewound: change log {serial} was made from commit {commit}, which comes later"
            ))
            .hint("bring it up to date (`git pull`), or name the one that is with --branch, such as `origin/main`"));
        }
        return Err(Error::integrity(format!(
            "the branch {branch:?} was rewound: change log {serial} was made from commit {commit}, which is not in its history"
        ))
        .hint(format!(
            "fetch the branch again, or put it back; if its history was rewritten on purpose, put what it has now on top of the old \
             one: `git reset --soft {commit}`, then `git commit`"
        )));
    }
    Ok(())
}

/// No log may be missing between the first and the newest; from the names alone, so it is looked at in every pass.
pub(super) fn check_gaps(logs: &LogFolder) -> Result<(), Error> {
    match logs.first_gap() {
        None => Ok(()),
        Some(serial) => Err(Error::integrity(format!("change log {serial} is missing"))
            .hint(
                "restore state/changelog from version control; where the power was cut, `rolecall reconcile` may still have the log, \
                 and puts it back first",
            )),
    }
}

/// The branch that the logs were made from, where one was read.
pub(super) fn pinned_branch(logs: &LogFolder) -> Result<Option<String>, Error> {
    let last = logs.last();
    if last == 0 {
        return Ok(None);
    }
    match logs.branch(1)? {
        Some(branch) => Ok(Some(branch)),
        None => Ok(logs.branch(last)?),
    }
}

/// The state with what a hand has changed since.
#[must_use]
pub fn with_drift(recovered: &Recovered) -> Cow<'_, State> {
    if recovered.drift.is_empty() {
        return Cow::Borrowed(&recovered.state);
    }
    let mut state = recovered.state.clone();
    for change in &recovered.drift {
        state.employees.set(&change.id, change.after.clone());
    }
    Cow::Owned(state)
}
