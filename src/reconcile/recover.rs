//! The state that follows from the logs, whatever a crash or a hand has left of the state file.

use super::port::{LedgerError, LogHead, Logs, StoredLog};
use crate::model::{Digest, Employee, EmployeeChange, State};

/// The state to go on from.
#[derive(Debug, Clone)]
pub struct Recovered {
    /// What follows from the logs; the hand-made state where there is none yet.
    pub state: State,
    /// Whether there is no log yet.
    pub baseline: bool,
    /// What a hand has changed in the state file since.
    pub drift: Vec<EmployeeChange>,
    /// How many logs the state file lags behind.
    pub behind: u64,
}

/// Brings a state file up to date from the logs, and tells hand edits apart from a crash. `digest` is that of the file's
/// employees and requests.
///
/// # Errors
///
/// An `Integrity` error if state and logs do not agree, an `Io` error if a log cannot be read.
pub fn recover(file: State, digest: Digest, logs: &dyn Logs) -> Result<Recovered, LedgerError> {
    let last = logs.last();
    if last == 0 {
        return first(file);
    }
    if file.serial > last {
        return Err(integrity(
            last + 1,
            format!(
                "the state file was written after change log {}, but the newest log is {last}",
                file.serial
            ),
            "put the missing change logs back; git has them",
        ));
    }
    let at = file.serial.max(1);
    let head = logs.head(at)?;
    let behind = last - file.serial;
    // The file is taken as it is, unless somebody edited it.
    let (mut state, edited) = match judge(&file, digest, &head, logs)? {
        Some(expected) => (expected.clone(), Some((expected, file))),
        None => (file, None),
    };
    state.serial = at;
    state.head = Some(head.digest);
    state.as_of = Some(head.created);
    for serial in at + 1..=last {
        fold(&mut state, &logs.read(serial)?, logs)?;
    }
    let drift = edited.map_or_else(Vec::new, |(expected, file)| edits(&expected, &file, &state));
    Ok(Recovered {
        state,
        baseline: false,
        drift,
        behind,
    })
}

fn first(file: State) -> Result<Recovered, LedgerError> {
    if file.serial > 0 || file.head.is_some() || !file.requests.is_empty() {
        return Err(integrity(
            1,
            format!(
                "the state file was written after change log {}, but there are no change logs",
                file.serial
            ),
            "put the folder state/changelog back; git has it",
        ));
    }
    Ok(Recovered {
        state: file,
        baseline: true,
        drift: Vec::new(),
        behind: 0,
    })
}

/// Compares the state file with the log that it names. `Some` is what it should be, where a hand has changed employees.
fn judge(
    file: &State,
    digest: Digest,
    log: &LogHead,
    logs: &dyn Logs,
) -> Result<Option<State>, LedgerError> {
    let hint =
        "take back what was changed by hand outside of `employees`: git restore state/state.yaml";
    if file.serial > 0 && file.head != Some(log.digest) {
        let message = format!(
            "the state file's head is not the digest of change log {}",
            file.serial
        );
        return Err(integrity(
            file.serial,
            message,
            "put the log back as it was, or the state file; git has both",
        ));
    }
    if file.serial > 0 && file.as_of != Some(log.created) {
        let message = format!(
            "the state file's as_of is not that of change log {}",
            file.serial
        );
        return Err(integrity(file.serial, message, hint));
    }
    if digest == log.state_after {
        return Ok(None);
    }
    if file.serial == 0 {
        return Err(integrity(
            1,
            "the state file is not what the baseline lists, and there are change logs".to_owned(),
            "put the state file back from git; an older one will do, the logs bring it up to date",
        ));
    }
    let expected = replay(file.serial, logs)?;
    if expected.requests != file.requests {
        let message =
            "the `requests` of the state file are not what the change logs say".to_owned();
        return Err(integrity(file.serial.max(1), message, hint));
    }
    Ok(Some(expected))
}

/// Checks that every log follows the one before it, from the heads alone. Nothing is ever built on a broken chain.
///
/// # Errors
///
/// An `Integrity` error that names the first bad serial.
pub fn check_chain(logs: &dyn Logs) -> Result<(), LedgerError> {
    let mut previous = None;
    for serial in 1..=logs.last() {
        let head = logs.head(serial)?;
        if head.previous != previous {
            let changed = (serial - 1).max(1);
            return Err(integrity(
                changed,
                format!("change log {changed} is not the one that change log {serial} follows"),
                "put the change logs back as they were; git has them",
            ));
        }
        previous = Some(head.digest);
    }
    Ok(())
}

/// The state after a log, from the first log on.
///
/// # Errors
///
/// An `Integrity` error that names the first bad serial.
pub fn replay(upto: u64, logs: &dyn Logs) -> Result<State, LedgerError> {
    let mut state = State::default();
    logs.digest(&state); // so that the logs' own are worked out from here on
    for serial in 1..=upto {
        fold(&mut state, &logs.read(serial)?, logs)?;
    }
    Ok(state)
}

/// Folds one more log in, if it is the next one and agrees with the state.
fn fold(state: &mut State, stored: &StoredLog, logs: &dyn Logs) -> Result<(), LedgerError> {
    let log = &stored.log;
    if log.previous != state.head {
        return Err(integrity(
            log.serial,
            format!(
                "change log {} does not follow the log before it: one of the two was changed",
                log.serial
            ),
            "put the change logs back as they were; git has them",
        ));
    }
    log.apply(state);
    state.head = Some(stored.digest);
    if logs.digest_after(state, log) != log.state_after {
        return Err(integrity(
            log.serial,
            format!("the state does not follow from change log {}", log.serial),
            "put the change logs back as they were; git has them",
        ));
    }
    Ok(())
}

/// The hand edits of a state file, carried over to the state that it should have become meanwhile.
fn edits(expected: &State, file: &State, now: &State) -> Vec<EmployeeChange> {
    let mut edits = Vec::new();
    for id in expected.employees.differences(&file.employees) {
        let of = |state: &State| Some(state.employees.get(&id)?.to_employee());
        let before = of(now);
        let after = carry_over(of(expected).as_ref(), of(file).as_ref(), before.as_ref());
        if after != before {
            edits.push(EmployeeChange { id, before, after });
        }
    }
    edits
}

fn carry_over(
    was: Option<&Employee>,
    is: Option<&Employee>,
    now: Option<&Employee>,
) -> Option<Employee> {
    let is = is?;
    let (Some(was), Some(now)) = (was, now) else {
        return Some(is.clone());
    };
    let pick = |changed: bool, edited: &str, current: &str| {
        if changed {
            edited.to_owned()
        } else {
            current.to_owned()
        }
    };
    let mut after = now.clone();
    after.name = pick(was.name != is.name, &is.name, &now.name);
    if was.email != is.email {
        after.email.clone_from(&is.email);
    }
    if was.status != is.status {
        after.status = is.status;
    }
    after
        .roles
        .retain(|role| is.roles.contains(role) || !was.roles.contains(role));
    after.roles.extend(is.roles.difference(&was.roles).cloned());
    after
        .temporary
        .retain(|grant| is.temporary.contains(grant) || !was.temporary.contains(grant));
    after
        .temporary
        .extend(is.temporary.difference(&was.temporary).cloned());
    Some(after)
}

fn integrity(serial: u64, message: String, hint: &str) -> LedgerError {
    LedgerError::Integrity {
        serial: Some(serial),
        message,
        hint: hint.to_owned(),
    }
}
