//! State files that do not go with the logs that are there.

use std::fs;
use std::path::Path;

use rstest::rstest;

use super::{append, checked, edit, folder, history, id, jane, log, put};
use crate::document::state;
use crate::model::{
    ChangeType, Digest, Employee, EmployeeStatus, EmployeeView, Record, RecordStatus, RequestId,
    RoleId, RunNumber, State,
};
use crate::reconcile::port::{Ledger as _, LedgerError, Logs as _};
use crate::reconcile::recover::{Recovered, check_chain, recover};
use crate::store::STATE_FILE;
use crate::store::ledger::FileLedger;
use crate::store::lock::Lock;
use crate::store::logs::LogFolder;
use crate::time::parse_rfc3339;

/// What a state file is gone on from with.
#[track_caller]
fn recovered(root: &Path, state: State) -> Recovered {
    let logs = LogFolder::open(root).expect("the logs");
    let digest = logs.digest(&state);
    recover(state, digest, &logs).expect("they agree")
}

#[test]
fn a_state_file_is_as_far_behind_as_there_are_logs_after_it() {
    let root = folder();
    let state = history(root.path(), 5, 3);
    let bytes = fs::read(root.path().join(STATE_FILE)).expect("the state");
    let found = recovered(root.path(), state::read_bytes(&bytes).expect("a state"));
    assert_eq!((found.behind, &found.state), (2, &state));
    assert!(!found.baseline && found.drift.is_empty());
    let found = recovered(root.path(), state.clone());
    assert_eq!((found.behind, &found.state), (0, &state));
}

#[test]
fn a_hand_made_state_is_behind_all_logs_where_it_is_what_the_baseline_found() {
    let root = folder();
    let state = history(root.path(), 3, 3);
    let mut by_hand = State::default();
    by_hand
        .employees
        .insert(id("jane"), jane(&["first".to_owned()]));
    let found = recovered(root.path(), by_hand.clone());
    assert_eq!((found.behind, &found.state), (3, &state));
    by_hand.employees.insert(id("jane"), jane(&[]));
    assert_eq!(refused(root.path(), by_hand), Some(1));
}

#[rstest]
#[case::the_head(|state: &mut State| state.head = Some(Digest::of(b"log")))]
#[case::no_head(|state: &mut State| state.head = None)]
#[case::the_moment(|state: &mut State| state.as_of = None)]
#[case::the_requests(|state: &mut State| {
    let (id, record) = record("grant");
    state.requests.insert(id, record);
})]
fn what_is_edited_outside_of_employees_is_refused(#[case] edit: fn(&mut State)) {
    let root = folder();
    let mut state = history(root.path(), 3, 3);
    edit(&mut state);
    assert_eq!(refused(root.path(), state), Some(3));
}

#[test]
fn an_edit_of_employees_is_drift_and_what_the_logs_did_since_stays() {
    let root = folder();
    let state = history(root.path(), 3, 2);
    let bytes = fs::read(root.path().join(STATE_FILE)).expect("the state");
    let mut edited = state::read_bytes(&bytes).expect("a state");
    let edit = |jane: &mut Employee, roles: &[&str]| {
        jane.name = "Jane Doe".to_owned();
        jane.email = Some("jane@acme.example".to_owned());
        jane.status = EmployeeStatus::Inactive;
        let roles = roles.iter().map(|role| RoleId::new(role).expect("an id"));
        jane.roles = roles.collect();
    };
    let mut before = edited.employees.get("jane").expect("Jane").to_employee();
    edit(&mut before, &["role-2", "by-hand"]);
    edited.employees.insert(id("jane"), before);
    let found = recovered(root.path(), edited);
    assert_eq!((found.behind, &found.state), (1, &state));
    let [change] = found.drift.as_slice() else {
        panic!("{:?}", found.drift);
    };
    let now = state.employees.get("jane").map(EmployeeView::to_employee);
    assert_eq!(change.before, now);
    let mut after = now.expect("Jane");
    edit(&mut after, &["role-2", "role-3", "by-hand"]);
    assert_eq!(change.after, Some(after));
}

#[test]
fn a_chain_breaks_at_the_log_that_was_changed() {
    let root = folder();
    history(root.path(), 4, 4);
    let checked = || {
        let logs = LogFolder::open(root.path()).expect("the logs");
        check_chain(&logs).map_err(|error| match error {
            LedgerError::Integrity { serial, .. } => serial,
            error @ LedgerError::Io { .. } => panic!("{error:?}"),
        })
    };
    assert_eq!(checked(), Ok(()));
    edit(root.path(), 2, "reason: test", "reason: text");
    assert_eq!(checked(), Err(Some(2)));
    let first = format!("previous: {}", Digest::of(b"before"));
    edit(root.path(), 1, "previous: null", &first);
    assert_eq!(checked(), Err(Some(1)));
}

/// The serial that is named where a state cannot be gone on from.
#[track_caller]
fn refused(root: &Path, state: State) -> Option<u64> {
    let logs = LogFolder::open(root).expect("the logs");
    let digest = logs.digest(&state);
    match recover(state, digest, &logs).expect_err("it is refused") {
        LedgerError::Integrity { serial, .. } => serial,
        error @ LedgerError::Io { .. } => panic!("{error:?}"),
    }
}

fn record(request: &str) -> (RequestId, Record) {
    let completed = parse_rfc3339("2026-11-23T10:00:00Z").expect("a moment");
    let record = Record::new(
        RecordStatus::Complete,
        Digest::of(b"content"),
        Some(completed),
        RunNumber::default(),
    );
    (RequestId::new(request).expect("an id"), record)
}

#[test]
fn a_state_ahead_of_its_logs_names_the_first_log_that_is_missing() {
    let root = folder();
    let mut state = history(root.path(), 4, 4);
    state.serial = 6;
    assert_eq!(refused(root.path(), state), Some(5));
}

#[rstest]
#[case::a_serial(|state: &mut State| state.serial = 1)]
#[case::a_head(|state: &mut State| state.head = Some(Digest::of(b"log")))]
#[case::a_request(|state: &mut State| {
    let (id, record) = record("grant");
    state.requests.insert(id, record);
})]
fn a_state_that_a_reconcile_wrote_is_no_start_without_its_logs(#[case] write: fn(&mut State)) {
    let root = folder();
    let mut state = State::default();
    state.employees.insert(id("jane"), jane(&[]));
    let logs = LogFolder::open(root.path()).expect("no logs");
    let digest = logs.digest(&state);
    let found = recover(state.clone(), digest, &logs).expect("one by hand is a start");
    assert!(found.baseline && found.state == state);
    write(&mut state);
    assert_eq!(refused(root.path(), state), Some(1));
}

#[test]
fn of_the_requests_the_one_whose_record_was_edited_is_named() {
    let root = folder();
    let lock = Lock::acquire(root.path(), None, "test").expect("the lock");
    let mut ledger = FileLedger::open(&lock).expect("the ledger");
    let mut state = State::default();
    append(
        &mut ledger,
        &mut state,
        log(1, ChangeType::Baseline, Vec::new()),
    );
    for (serial, request) in [(2, "a-first"), (3, "b-second")] {
        let mut log = log(serial, ChangeType::UserRoleAssignmentChange, Vec::new());
        log.record = Some(record(request));
        append(&mut ledger, &mut state, log);
    }
    ledger.write_state(&state).expect("the state is written");
    checked(root.path(), None).expect("it verifies");
    let (id, mut record) = record("b-second");
    record.content = Digest::of(b"other content");
    state.requests.insert(id, record);
    put(root.path(), STATE_FILE, state::write(&state));
    let error = checked(root.path(), None).expect_err("it was edited");
    assert!(error.to_string().contains("request b-second"), "{error}");
}
