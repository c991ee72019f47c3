//! The state file beside its logs, read while somebody writes both.

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::sync::mpsc::channel;

use super::{folder, history, path};
use crate::reconcile::port::{LedgerError, Logs as _};
use crate::store::STATE_FILE;
use crate::store::logs::LogFolder;
use crate::store::state_file::{StateFile, read, read_with_logs};

/// Reads both, and says how often was looked. Something happens at the end of the first look, when the state file is read and the
/// logs are listed.
fn looked_at(root: &Path, during: impl Fn()) -> (StateFile, LogFolder, usize) {
    let looks = Cell::new(0);
    let (is_read, reads) = channel();
    let make = |file| {
        is_read.send(()).expect("somebody listens");
        file
    };
    let look = |_: &LogFolder| {
        reads.recv().expect("the state file is read");
        if looks.get() == 0 {
            during();
        }
        looks.set(looks.get() + 1);
    };
    let (state, logs) = read_with_logs(root, make, look).expect("both are read");
    (state, logs, looks.get())
}

#[test]
fn a_state_and_its_logs_that_nobody_writes_are_looked_at_once() {
    let root = folder();
    history(root.path(), 2, 2);
    let (state, logs, looks) = looked_at(root.path(), || ());
    assert_eq!(state, read(root.path()).expect("the state"));
    assert_eq!((logs.last(), looks), (2, 1));
}

#[test]
fn a_state_file_that_is_replaced_meanwhile_is_read_again_with_its_logs() {
    let (root, later) = (folder(), folder());
    history(root.path(), 2, 2);
    history(later.path(), 3, 3);
    let (state, logs, looks) = looked_at(root.path(), || {
        fs::copy(path(later.path(), 3), path(root.path(), 3)).expect("the log");
        let new = root.path().join("new");
        fs::copy(later.path().join(STATE_FILE), &new).expect("the state");
        fs::rename(new, root.path().join(STATE_FILE)).expect("in place");
    });
    assert_eq!(state, read(later.path()).expect("the state"));
    assert_eq!((logs.last(), looks), (3, 2));
}

#[test]
fn a_gap_among_the_logs_is_believed_once_it_is_seen_twice() {
    let root = folder();
    history(root.path(), 3, 3);
    let (second, away) = (path(root.path(), 2), root.path().join("away"));
    fs::rename(&second, &away).expect("moved");
    let (_, logs, looks) = looked_at(root.path(), || ());
    assert_eq!((logs.first_gap(), looks), (Some(2), 2));
    let (_, logs, looks) = looked_at(root.path(), || {
        fs::rename(&away, &second).expect("put back");
    });
    assert_eq!((logs.first_gap(), looks), (None, 2));
}

#[test]
fn a_state_file_that_cannot_be_looked_at_is_not_taken_for_a_missing_one() {
    // The folder has a path that the system takes, and the file in it has not.
    let root = Path::new("/nowhere").join("d/".repeat(2040));
    let refused = read(&root);
    assert!(
        matches!(refused, Err(LedgerError::Io { .. })),
        "{refused:?}"
    );
    assert_eq!(
        read(Path::new("/nowhere")).expect("nothing"),
        StateFile::Missing
    );
}
