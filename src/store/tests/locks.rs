//! Who may write, and who waits.

use super::*;

#[test]
fn a_lock_keeps_others_out_and_says_whose_it_is() {
    let root = folder();
    let lock = Lock::acquire(root.path(), None, "rolecall watch since noon").expect("the lock");
    match Lock::acquire(root.path(), None, "other") {
        Err(LockError::Held { by }) => {
            assert!(by.contains("watch since noon"), "{by}");
            assert!(by.contains(&std::process::id().to_string()), "{by}");
        }
        other => panic!("{other:?}"),
    }
    let short = Some(Duration::from_millis(120));
    assert!(matches!(
        Lock::acquire(root.path(), short, "other"),
        Err(LockError::Held { .. })
    ));
    drop(lock);
    Lock::acquire(root.path(), None, "other").expect("it is free");
}

#[test]
fn whoever_waits_gets_the_lock() {
    let root = folder();
    let lock = Lock::acquire(root.path(), None, "first").expect("the lock");
    std::thread::scope(|scope| {
        let waiting =
            scope.spawn(|| Lock::acquire(root.path(), Some(Duration::from_secs(20)), "second"));
        std::thread::sleep(Duration::from_millis(100));
        drop(lock);
        waiting.join().expect("no panic").expect("the lock");
    });
}

#[test]
fn a_lock_whose_file_is_gone_still_keeps_others_out() {
    let root = folder();
    let lock = Lock::acquire(root.path(), None, "first").expect("the lock");
    let mut ledger = FileLedger::open(&lock).expect("the ledger");
    fs::remove_file(root.path().join(SCRATCH).join("lock")).expect("removed");
    assert!(matches!(
        Lock::acquire(root.path(), None, "second"),
        Err(LockError::Held { .. })
    ));
    assert!(lock.stands(), "the folder around it is locked too");
    let baseline = log(1, ChangeType::Baseline, Vec::new());
    appended(&mut ledger, &baseline).expect("nobody else can write");
    ledger.flush().expect("nobody else can write");
    drop(ledger);
    drop(lock);
    Lock::acquire(root.path(), None, "second").expect("it is free");
}

#[test]
fn a_lock_file_without_rights_is_no_lock_forever() {
    let root = folder();
    drop(Lock::acquire(root.path(), None, "first").expect("the lock"));
    let file = root.path().join(SCRATCH).join("lock");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("rights");
    drop(Lock::acquire(root.path(), None, "second").expect("the lock"));
}

#[test]
fn leftovers_of_a_killed_run_go_away_under_the_lock() {
    let root = folder();
    put(root.path(), "state/.rolecall/tmp-abc", "half");
    put(root.path(), "state/.rolecall/kept", "x");
    let _lock = Lock::acquire(root.path(), None, "test").expect("the lock");
    assert!(!root.path().join("state/.rolecall/tmp-abc").exists());
    assert!(root.path().join("state/.rolecall/kept").exists());
}

#[test]
fn a_daemon_keeps_other_daemons_out_and_nobody_else() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let daemon = DaemonLock::acquire(root.path(), "rolecall watch").expect("the lock");
    match DaemonLock::acquire(root.path(), "rolecall watch") {
        Err(LockError::Held { by }) => assert!(by.contains("rolecall watch"), "{by}"),
        other => panic!("{other:?}"),
    }
    drop(Lock::acquire(root.path(), None, "rolecall reconcile").expect("the other lock is free"));
    fs::remove_file(root.path().join(SCRATCH).join("watch.lock")).expect("it goes");
    assert!(daemon.stands(), "the folder around it is locked too");
    assert!(DaemonLock::acquire(root.path(), "rolecall watch").is_err());
    fs::rename(root.path().join("state"), root.path().join("away")).expect("it goes");
    assert!(!daemon.stands(), "whoever comes now finds another folder");
    drop(daemon);
}
