//! Taking back what was written since somebody looked.

use std::fs;

use rstest::rstest;

use super::simulated_disk::tree;
use super::{append, folder, history, log, put};
use crate::model::ChangeType;
use crate::reconcile::port::{Ledger as _, LedgerError};
use crate::store::ATTRIBUTES;
use crate::store::ledger::FileLedger;
use crate::store::lock::Lock;
use crate::store::retract::Before;

#[rstest]
fn what_is_taken_back_leaves_what_was_there_before(#[values(true, false)] has_attributes: bool) {
    let root = folder();
    let mut state = history(root.path(), 3, 3);
    let (path, text) = ATTRIBUTES;
    if has_attributes {
        put(root.path(), path, text);
    }
    let due = tree(root.path());
    let lock = Lock::acquire(root.path(), None, "test").expect("the lock");
    let before = Before::now(&lock).expect("all of it");
    let mut ledger = FileLedger::open(&lock).expect("the ledger");
    for serial in [4, 5] {
        let log = log(serial, ChangeType::UserRoleAssignmentChange, Vec::new());
        append(&mut ledger, &mut state, log);
    }
    ledger.write_state(&state).expect("the state is written");
    put(root.path(), path, text);
    assert_ne!(tree(root.path()), due);
    before.restore(&lock).expect("it is taken back");
    assert_eq!(tree(root.path()), due);
    before.restore(&lock).expect("there is nothing more");
    assert_eq!(tree(root.path()), due);
}

#[test]
fn what_cannot_be_taken_back_is_an_error() {
    let root = folder();
    history(root.path(), 1, 1);
    let lock = Lock::acquire(root.path(), None, "test").expect("the lock");
    let before = Before::now(&lock).expect("all of it");
    fs::create_dir(root.path().join(ATTRIBUTES.0)).expect("a folder");
    let refused = before.restore(&lock);
    assert!(
        matches!(refused, Err(LedgerError::Io { .. })),
        "{refused:?}"
    );
}
