//! Whether change logs and state file agree: all logs are replayed from the baseline.

use std::sync::mpsc::sync_channel;
use std::thread;

use super::logs::{LogFolder, integrity};
use super::state_file::StateFile;
use crate::check::finding::Finding;
use crate::document::state::{self, Digester};
use crate::model::{ChangeLog, ChangeType, Digest, EmployeeView, State};
use crate::reconcile::port::{LedgerError, Logs, StoredLog};

/// So many logs are read at a time.
const CHUNK: usize = 64;
/// By so many threads.
const READERS: usize = 2;

/// What was found where everything agrees.
#[derive(Debug, Clone)]
pub struct Verified {
    /// How many logs there are.
    pub logs: u64,
    /// The digest of the newest log's file.
    pub head: Option<Digest>,
    /// The serial that the state file has; smaller than `logs` where a killed run left it behind.
    pub state_serial: u64,
    /// The state that follows from the logs.
    pub state: State,
    /// What stands in the change-log folder and is no log.
    pub strays: Vec<Finding>,
}

/// Replays all logs and holds the state file against them.
///
/// `expected_head` is some head that was seen earlier: the digest of one of the logs' files, which must still be among them.
///
/// # Errors
///
/// [`LedgerError::Integrity`] with the first bad serial, where one can be named; [`LedgerError::Io`] if a log cannot be read.
pub fn verify(
    logs: &LogFolder,
    file: &StateFile,
    expected_head: Option<Digest>,
) -> Result<Verified, LedgerError> {
    let claimed = read_state(file, logs.last());
    let stop = claimed.as_ref().map_or(0, |state| state.serial);
    let mut replay = Replay::default();
    let mut then = (stop == 0).then(State::default);
    let mut expected = expected_head;
    read_ahead(logs, |stored| {
        let serial = stored.log.serial;
        if stored.log.previous != replay.state.head {
            return Err(Replay::broken_chain(logs, &stored, claimed.as_ref().ok()));
        }
        if serial == 1 && stop == 0 {
            then = Some(Replay::before_baseline(&stored.log));
        }
        replay.step(&stored)?;
        if expected == Some(stored.digest) {
            expected = None;
        }
        if serial == stop {
            then = Some(replay.state.clone());
        }
        Ok(())
    })?;
    let claimed = claimed?;
    match then {
        Some(then) => compare(&claimed, &then, logs.last() == 0)?,
        None => return Err(cut_off(logs.last() + 1, stop)),
    }
    if let Some(head) = expected {
        return Err(LedgerError::Integrity {
            serial: None,
            message: format!(
                "no change log has the digest {head}: logs are missing or were rewritten"
            ),
            hint: super::logs::RESTORE.to_owned(),
        });
    }
    Ok(Verified {
        logs: logs.last(),
        head: replay.state.head,
        state_serial: stop,
        state: if logs.last() == 0 {
            claimed
        } else {
            replay.state
        },
        strays: logs.strays().to_vec(),
    })
}

/// Reads all logs, in order; two threads that take turns read some ahead.
fn read_ahead(
    logs: &LogFolder,
    mut then: impl FnMut(StoredLog) -> Result<(), LedgerError>,
) -> Result<(), LedgerError> {
    let last = logs.last();
    let begin = |turn: usize| (1..=last).step_by(CHUNK).skip(turn).step_by(READERS);
    let read = |first: u64| -> Vec<_> {
        let chunk = (first..=last).take(CHUNK);
        chunk.map(|serial| logs.read(serial)).collect()
    };
    thread::scope(|scope| {
        let readers: [_; READERS] = std::array::from_fn(|turn| {
            let (send, receive) = sync_channel(1);
            scope.spawn(move || {
                // Nobody listens any more once one of them was refused.
                let _ = begin(turn).try_for_each(|first| send.send(read(first)));
            });
            receive
        });
        for reader in readers.iter().cycle() {
            let Ok(chunk) = reader.recv() else {
                break;
            };
            for stored in chunk {
                then(stored?)?;
            }
        }
        Ok(())
    })
}

/// The state file's state.
fn read_state(file: &StateFile, last: u64) -> Result<State, LedgerError> {
    let problem = |message: String| LedgerError::Integrity {
        serial: None,
        message,
        hint: "restore state/state.yaml from version control".to_owned(),
    };
    match file {
        StateFile::Missing if last == 0 => Ok(State::default()),
        StateFile::Missing => Err(problem(format!(
            "there are {last} change logs and no state file"
        ))),
        StateFile::Empty => Err(problem("the state file is empty".to_owned())),
        StateFile::Bytes(bytes) => state::read_bytes(bytes).map_err(|error| {
            let line = error.line.map(|line| format!("line {line}: "));
            let line = line.unwrap_or_default();
            problem(format!("the state file is none: {line}{}", error.message))
        }),
    }
}

fn cut_off(missing: u64, stop: u64) -> LedgerError {
    integrity(
        missing,
        format!(
            "change log {missing} is missing: the state file was written after change log {stop}"
        ),
    )
}

/// The state that follows from the logs so far.
#[derive(Default)]
struct Replay {
    state: State,
    digests: Digester,
}

impl Replay {
    /// What the baseline found.
    fn before_baseline(log: &ChangeLog) -> State {
        let found = log.changes.iter().filter_map(|change| {
            let employee = change.before.clone()?;
            Some((change.id.clone(), employee))
        });
        State {
            employees: found.collect(),
            ..State::default()
        }
    }

    fn step(&mut self, stored: &StoredLog) -> Result<(), LedgerError> {
        let log = &stored.log;
        let serial = log.serial;
        let is_baseline = log.change_type == ChangeType::Baseline;
        if is_baseline != (serial == 1) {
            let message = if is_baseline {
                format!("change log {serial} is a baseline and not the first log")
            } else {
                "change log 1 is not a baseline".to_owned()
            };
            return Err(integrity(serial, message));
        }
        if is_baseline {
            self.state = Self::before_baseline(log);
        }
        for change in &log.changes {
            let before = change.before.as_ref().map(EmployeeView::from);
            if self.state.employees.get(&change.id) != before {
                let id = &change.id;
                return Err(integrity(
                    serial,
                    format!(
                        "`before` of {id} in change log {serial} does not follow from the logs before it"
                    ),
                ));
            }
        }
        log.apply(&mut self.state);
        self.state.head = Some(stored.digest);
        if self.digests.digest_after(&self.state, log) != log.state_after {
            return Err(integrity(
                serial,
                format!(
                    "`state_after` of change log {serial} is not the digest of the state after it"
                ),
            ));
        }
        Ok(())
    }

    /// Which of two logs was changed, when the later does not name the earlier: the earlier, unless what comes behind the
    /// later says that the later is not what it was either.
    fn broken_chain(logs: &LogFolder, stored: &StoredLog, claimed: Option<&State>) -> LedgerError {
        let serial = stored.log.serial;
        let witness = match claimed {
            Some(state) if state.serial == serial => state.head,
            _ => logs
                .read(serial + 1)
                .ok()
                .and_then(|next| next.log.previous),
        };
        if serial == 1 || witness.is_some_and(|digest| digest != stored.digest) {
            let message = format!("change log {serial} does not follow the log before it");
            return integrity(serial, message);
        }
        let bad = serial - 1;
        integrity(
            bad,
            format!("change log {bad} is not the one that change log {serial} was written after"),
        )
    }
}

/// Holds the state file against the state that the logs had when it was written.
fn compare(claimed: &State, due: &State, is_new: bool) -> Result<(), LedgerError> {
    let serial = (claimed.serial > 0).then_some(claimed.serial);
    let differ = |what: String| {
        LedgerError::Integrity {
        serial,
        message: format!("the state file does not follow from the change logs: {what}"),
        hint: "restore state/state.yaml from version control, or let `rolecall reconcile` record the hand edit"
            .to_owned(),
    }
    };
    if claimed.head != due.head {
        return Err(match serial {
            Some(serial) => integrity(
                serial,
                format!(
                    "change log {serial} is not the one that the state file was written after (`head`)"
                ),
            ),
            None => differ("it has a `head` and no `serial`".to_owned()),
        });
    }
    if claimed.as_of != due.as_of {
        return Err(differ("`as_of` is another".to_owned()));
    }
    if is_new && !claimed.requests.is_empty() {
        return Err(differ(
            "it has `requests`, and there are no change logs".to_owned(),
        ));
    }
    if is_new {
        return Ok(());
    }
    if claimed.employees != due.employees {
        let id = claimed.employees.differences(&due.employees).pop_first();
        let id = id.map(|id| id.to_string()).unwrap_or_default();
        return Err(differ(format!("employee {id} is another")));
    }
    if claimed.requests != due.requests {
        let mut ids = claimed.requests.ids().chain(due.requests.ids());
        let id = ids.find(|id| claimed.requests.get(*id) != due.requests.get(*id));
        let id = id.map(ToString::to_string).unwrap_or_default();
        return Err(differ(format!("the record of request {id} is another")));
    }
    Ok(())
}
