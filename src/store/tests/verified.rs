//! Logs and state that belong together, and what is said of those that do not.

use super::*;

#[test]
fn logs_and_state_that_follow_verify() {
    let root = folder();
    let state = history(root.path(), 6, 6);
    let verified = checked(root.path(), state.head).expect("it verifies");
    assert_eq!((verified.logs, verified.state_serial), (6, 6));
    assert_eq!(verified.head, state.head);
    assert_eq!(verified.state, state);
    let early = Digest::of(&fs::read(path(root.path(), 2)).expect("a log"));
    assert!(checked(root.path(), Some(early)).is_ok());
    assert_eq!(
        bad_serial(checked(root.path(), Some(Digest::of(b"other")))),
        None
    );
}

#[test]
fn a_state_file_that_lags_behind_verifies() {
    let root = folder();
    let state = history(root.path(), 5, 3);
    let verified = checked(root.path(), None).expect("it verifies");
    assert_eq!((verified.logs, verified.state_serial), (5, 3));
    assert_eq!(verified.state, state);

    let root = folder();
    history(root.path(), 3, 3);
    put(
        root.path(),
        STATE_FILE,
        "employees:\n  jane: {name: Jane, roles: [first]}\n",
    );
    let verified = checked(root.path(), None).expect("the baseline found exactly that");
    assert_eq!(verified.state_serial, 0);
    put(
        root.path(),
        STATE_FILE,
        "employees:\n  jane: {name: Jane, roles: [second]}\n",
    );
    assert_eq!(bad_serial(checked(root.path(), None)), None);
}

#[test]
fn nothing_at_all_verifies() {
    let root = folder();
    assert_eq!(checked(root.path(), None).expect("nothing").logs, 0);
    put(root.path(), STATE_FILE, "employees: {jane: {}}\n");
    let verified = checked(root.path(), None).expect("no logs");
    assert_eq!(verified.logs, 0);
    assert!(verified.state.employees.contains("jane"));
}

#[test]
fn a_missing_state_file_is_no_start_also_where_nobody_was_there() {
    let root = folder();
    let lock = Lock::acquire(root.path(), None, "test").expect("the lock");
    let mut ledger = FileLedger::open(&lock).expect("the ledger");
    let baseline = log(1, ChangeType::Baseline, Vec::new());
    append(&mut ledger, &mut State::default(), baseline);
    ledger.flush().expect("in place");
    assert_eq!(bad_serial(checked(root.path(), None)), None);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of ways to tamper")]
fn the_first_bad_serial_is_named() {
    type Harm = fn(&Path);
    let cases: [(&str, Harm, Option<u64>); 19] = [
        (
            "a changed log",
            |root| {
                edit(
                    root,
                    3,
                    "compliance_reason: test",
                    "compliance_reason: text",
                );
            },
            Some(3),
        ),
        (
            "the last log changed",
            |root| {
                edit(
                    root,
                    6,
                    "compliance_reason: test",
                    "compliance_reason: text",
                );
            },
            Some(6),
        ),
        (
            "a changed record",
            |root| edit(root, 3, "record: {name: Jane,", "record: {name: Joan,"),
            Some(3),
        ),
        (
            "a changed digest",
            |root| edit(root, 3, "state_after: sha256:", "state_after: sha256:0"),
            Some(3),
        ),
        (
            "a byte deleted",
            |root| edit(root, 3, "...\n", "..\n"),
            Some(3),
        ),
        (
            "a changed link",
            |root| {
                let head = Digest::of(&fs::read(path(root, 2)).expect("a log"));
                edit(root, 4, "previous: sha256:", &format!("previous: {head} #"));
            },
            Some(4),
        ),
        (
            "a changed link of the last log",
            |root| {
                let head = Digest::of(&fs::read(path(root, 2)).expect("a log"));
                edit(root, 6, "previous: sha256:", &format!("previous: {head} #"));
            },
            Some(6),
        ),
        (
            "a missing log",
            |root| fs::remove_file(path(root, 4)).expect("removed"),
            Some(4),
        ),
        (
            "a cut-off tail",
            |root| fs::remove_file(path(root, 6)).expect("removed"),
            Some(6),
        ),
        (
            "a longer tail cut off",
            |root| {
                for serial in [5, 6] {
                    fs::remove_file(path(root, serial)).expect("removed");
                }
            },
            Some(5),
        ),
        (
            "two logs swapped",
            |root| {
                let (left, right) = (path(root, 3), path(root, 4));
                let bytes = fs::read(&left).expect("a log");
                fs::copy(&right, &left).expect("copied");
                fs::write(&right, bytes).expect("written");
            },
            Some(3),
        ),
        (
            "an extra log",
            |root| {
                fs::copy(path(root, 6), path(root, 7))
                    .map(drop)
                    .expect("copied");
            },
            Some(7),
        ),
        (
            "a serial twice",
            |root| {
                let other = root.join("state/changelog/2026/000005-other.yaml");
                fs::copy(path(root, 5), other).map(drop).expect("copied");
            },
            Some(5),
        ),
        (
            "another year",
            |root| {
                fs::create_dir(root.join("state/changelog/2025")).expect("a folder");
                let other = root.join("state/changelog/2025/000005-hand-edit.yaml");
                fs::rename(path(root, 5), other).expect("moved");
            },
            Some(5),
        ),
        (
            "another name",
            |root| {
                let other = root.join("state/changelog/2026/000005-other.yaml");
                fs::rename(path(root, 5), other).expect("moved");
            },
            Some(5),
        ),
        (
            "a hand edit",
            |root| {
                let file = root.join(STATE_FILE);
                let text = fs::read_to_string(&file).expect("the state");
                fs::write(file, text.replace("    - role-2\n", "")).expect("written");
            },
            Some(6),
        ),
        (
            "another head",
            |root| {
                let file = root.join(STATE_FILE);
                let text = fs::read_to_string(&file).expect("the state");
                let head = text.lines().nth(2).expect("the head").to_owned();
                let other = format!("head: {}", Digest::of(b"x"));
                fs::write(file, text.replace(&head, &other)).expect("written");
            },
            Some(6),
        ),
        (
            "no state",
            |root| fs::remove_file(root.join(STATE_FILE)).expect("removed"),
            None,
        ),
        (
            "a state of NUL bytes",
            |root| fs::write(root.join(STATE_FILE), [0; 400]).expect("written"),
            None,
        ),
    ];
    for (what, harm, serial) in cases {
        let root = folder();
        history(root.path(), 6, 6);
        harm(root.path());
        assert_eq!(bad_serial(checked(root.path(), None)), serial, "{what}");
    }
}

#[test]
fn a_log_that_is_a_link_is_missing() {
    let root = folder();
    history(root.path(), 3, 3);
    let other = root.path().join("elsewhere");
    fs::rename(path(root.path(), 2), &other).expect("moved");
    symlink(&other, path(root.path(), 2)).expect("a link");
    assert_eq!(bad_serial(checked(root.path(), None)), Some(2));
}
