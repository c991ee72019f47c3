//! Steps that are carried out: what is written in which order, and who is told when.

use std::cell::RefCell;

use super::power_cut::{start, step};
use super::{checked, folder};
use crate::document::state;
use crate::model::{ChangeLog, ClockSource, Digest, EmployeeChange, State};
use crate::plan;
use crate::reconcile::carry_out::{Stamp, carry_out_by};
use crate::reconcile::outcome::Outcome;
use crate::reconcile::port::{Appended, Ledger, LedgerError, LogHead, Logs, StoredLog};
use crate::reconcile::stop::Stop;
use crate::store::STATE_FILE;
use crate::store::ledger::FileLedger;
use crate::store::lock::Lock;
use crate::time::parse_rfc3339;

/// A ledger that notes what is done with it, and refuses the log of one serial.
struct Noting<'a> {
    ledger: FileLedger<'a>,
    notes: &'a RefCell<Vec<String>>,
    refuses: u64,
}

impl Noting<'_> {
    fn note(&self, what: impl Into<String>) {
        self.notes.borrow_mut().push(what.into());
    }
}

impl Logs for Noting<'_> {
    fn head(&self, serial: u64) -> Result<LogHead, LedgerError> {
        self.ledger.head(serial)
    }

    fn last(&self) -> u64 {
        self.ledger.last()
    }

    fn read(&self, serial: u64) -> Result<StoredLog, LedgerError> {
        self.ledger.read(serial)
    }

    fn digest(&self, state: &State) -> Digest {
        self.ledger.digest(state)
    }

    fn digest_after(&self, state: &State, log: &ChangeLog) -> Digest {
        self.ledger.digest_after(state, log)
    }
}

impl Ledger for Noting<'_> {
    fn writer_of_changes(&self) -> fn(&[EmployeeChange]) -> String {
        self.ledger.writer_of_changes()
    }

    fn append(&mut self, log: &ChangeLog, changes: &str) -> Result<Appended, LedgerError> {
        self.note(format!("log {}", log.serial));
        if log.serial == self.refuses {
            return Err(LedgerError::Integrity {
                serial: Some(log.serial),
                message: "refused".to_owned(),
                hint: String::new(),
            });
        }
        self.ledger.append(log, changes)
    }

    fn flush(&mut self) -> Result<(), LedgerError> {
        self.note("flush");
        self.ledger.flush()
    }

    fn write_state(&mut self, state: &State) -> Result<(), LedgerError> {
        self.note("state");
        self.ledger.write_state(state)
    }
}

/// What came of steps, and what was done for it.
type Carried = (Result<(State, Outcome), LedgerError>, String);

/// Carries so many steps out, two logs in a group, in a new access repository, which must verify afterwards.
fn carried_out(steps: u64, refuses: u64, stop: &Stop) -> Carried {
    carried_out_until(steps, refuses, u64::MAX, stop)
}

/// As [`carried_out`], and asks for an end once a log was told of.
fn carried_out_until(steps: u64, refuses: u64, last: u64, stop: &Stop) -> Carried {
    let root = folder();
    start(root.path());
    let notes = RefCell::new(Vec::new());
    let lock = Lock::acquire(root.path(), None, "test").expect("the lock");
    let mut ledger = Noting {
        ledger: FileLedger::open(&lock).expect("the ledger"),
        notes: &notes,
        refuses,
    };
    let text = std::fs::read_to_string(root.path().join(STATE_FILE)).expect("the state");
    let state = state::read(&text).expect("a state");
    let steps: Vec<plan::Step> = (1..=steps).map(|serial| step(serial, "ours")).collect();
    let stamp = Stamp {
        now: parse_rfc3339("2026-11-23T10:00:00Z").expect("a moment"),
        clock: ClockSource::System,
        program: "rolecall test".to_owned(),
        policy: Digest::of(b"policy"),
        branch: None,
    };
    let done = carry_out_by(2, &mut ledger, state, &steps, &stamp, stop, |applied| {
        notes.borrow_mut().push(format!("told {}", applied.serial));
        if applied.serial == last {
            stop.ask();
        }
    });
    drop(ledger);
    checked(root.path(), None).expect("it verifies");
    let notes = notes.borrow().join(", ");
    (done, notes)
}

#[test]
fn logs_are_told_of_once_their_group_is_flushed_and_the_state_comes_last() {
    let (done, notes) = carried_out(5, 0, &Stop::default());
    assert_eq!(
        notes,
        "log 1, log 2, flush, told 1, told 2, log 3, log 4, flush, told 3, told 4, log 5, flush, told 5, state"
    );
    let (state, outcome) = done.expect("nothing is in the way");
    assert_eq!((state.serial, outcome.serial), (5, 5));
    assert_eq!(outcome.head, state.head);
    let serials: Vec<_> = outcome.applied.iter().map(|it| it.serial).collect();
    assert_eq!(serials, [1, 2, 3, 4, 5]);
}

#[test]
fn where_there_is_nothing_to_do_nothing_is_written() {
    let (done, notes) = carried_out(0, 0, &Stop::default());
    assert_eq!(notes, "");
    assert_eq!(done.expect("nothing is in the way").1.applied.len(), 0);
}

#[test]
fn where_a_log_is_refused_those_before_it_stand_and_are_told_of() {
    let (done, notes) = carried_out(5, 4, &Stop::default());
    assert_eq!(
        notes,
        "log 1, log 2, flush, told 1, told 2, log 3, log 4, flush, told 3"
    );
    assert!(matches!(
        done,
        Err(LedgerError::Integrity {
            serial: Some(4),
            ..
        })
    ));
}

#[test]
fn whoever_is_asked_to_stop_begins_no_step() {
    let stop = Stop::default();
    stop.ask();
    let (done, notes) = carried_out(5, 0, &stop);
    assert_eq!(notes, "");
    assert_eq!(done.expect("nothing is in the way").1.applied.len(), 0);
}

#[test]
fn steps_that_are_written_down_ahead_are_carried_out_like_others() {
    let (done, notes) = carried_out(80, 0, &Stop::default());
    let (state, outcome) = done.expect("nothing is in the way");
    assert_eq!((state.serial, outcome.applied.len()), (80, 80));
    assert!(notes.ends_with("log 80, flush, told 79, told 80, state"));
    let (done, notes) = carried_out(200, 50, &Stop::default());
    assert!(done.is_err());
    assert!(notes.ends_with("log 50, flush, told 49"), "{notes}");
}

#[test]
fn whoever_is_asked_to_stop_midway_ends_between_two_steps() {
    let stop = Stop::default();
    let (done, notes) = carried_out_until(200, 0, 40, &stop);
    let (state, outcome) = done.expect("nothing is in the way");
    assert_eq!((state.serial, outcome.applied.len()), (40, 40));
    assert!(notes.ends_with("log 40, flush, told 39, told 40, state"));
}
