//! What stands where while logs are written, and what is refused meanwhile.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::{appended, folder, history, log, path};
use crate::model::{ChangeType, State};
use crate::reconcile::port::{Ledger as _, LedgerError};
use crate::store::ledger::FileLedger;
use crate::store::lock::Lock;
use crate::store::{CHANGELOG, SCRATCH};

/// The drafts in the scratch folder.
fn drafts(root: &Path) -> usize {
    let entries = fs::read_dir(root.join(SCRATCH)).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    names
        .filter(|name| name.to_string_lossy().starts_with("tmp-"))
        .count()
}

#[test]
fn a_log_that_is_not_in_place_yet_is_a_draft_in_the_scratch_folder() {
    let root = folder();
    let lock = Lock::acquire(root.path(), None, "test").expect("the lock");
    let mut ledger = FileLedger::open(&lock).expect("the ledger");
    let baseline = log(1, ChangeType::Baseline, Vec::new());
    appended(&mut ledger, &baseline).expect("written");
    assert_eq!(drafts(root.path()), 1);
    drop(ledger);
    assert_eq!(drafts(root.path()), 0, "what was not flushed goes away");
    assert!(!path(root.path(), 1).exists());
}

#[test]
fn nothing_is_written_into_another_state_folder_than_the_locked_one() {
    let root = folder();
    let lock = Lock::acquire(root.path(), None, "test").expect("the lock");
    let mut ledger = FileLedger::open(&lock).expect("the ledger");
    let state = root.path().join("state");
    fs::rename(&state, root.path().join("away")).expect("moved");
    fs::create_dir(&state).expect("a folder");
    let baseline = log(1, ChangeType::Baseline, Vec::new());
    let refused = [
        appended(&mut ledger, &baseline).map(drop),
        ledger.write_state(&State::default()),
    ];
    for refused in refused {
        let Err(LedgerError::Integrity { message, .. }) = refused else {
            panic!("{refused:?}");
        };
        assert!(message.contains("was replaced"), "{message}");
    }
    assert_eq!(fs::read_dir(&state).expect("a folder").count(), 0);
}

#[test]
fn a_folder_that_becomes_a_link_before_the_logs_are_in_place_is_not_followed() {
    let (root, elsewhere) = (folder(), folder());
    let lock = Lock::acquire(root.path(), None, "test").expect("the lock");
    let mut ledger = FileLedger::open(&lock).expect("the ledger");
    let baseline = log(1, ChangeType::Baseline, Vec::new());
    appended(&mut ledger, &baseline).expect("written");
    let year = root.path().join(CHANGELOG).join("2026");
    fs::remove_dir(&year).expect("removed");
    symlink(elsewhere.path(), &year).expect("a link");
    let refused = ledger.flush();
    assert!(
        matches!(refused, Err(LedgerError::Integrity { .. })),
        "{refused:?}"
    );
    let found = fs::read_dir(elsewhere.path()).expect("a folder");
    assert_eq!(found.count(), 0);
}

#[test]
fn a_log_is_put_back_also_where_its_draft_is_the_only_one() {
    let root = folder();
    history(root.path(), 3, 3);
    let log = path(root.path(), 2);
    let due = fs::read(&log).expect("a log");
    fs::rename(&log, root.path().join(SCRATCH).join("tmp-two")).expect("moved");
    drop(Lock::acquire(root.path(), None, "test").expect("the lock"));
    assert_eq!(fs::read(&log).expect("it is put back"), due);
    assert_eq!(drafts(root.path()), 0);
}
