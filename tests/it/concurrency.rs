//! Many processes at once on one repository: the end is that of some order in which they ran one after the other.
//!
//! `ROLECALL_ROUNDS=50` asks for more rounds than the few that are a sample.

use std::collections::BTreeSet;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::sweep::say;
use crate::support::worlds::{addition, ended, reduction, start};
use crate::support::{SETTINGS, Workspace};

/// How many rounds a run without a wish of its own does.
const SAMPLE: usize = 3;

/// The requests that a person completes.
const BY_HAND: [&str; 4] = ["hand-0", "hand-1", "hand-2", "hand-3"];

/// The roles that they add to Sam.
const ADDED: [&str; 4] = ["ap-clerk", "payroll-viewer", "vendor-lead", "vendor-clerk"];

/// Four additions that wait for a person, two removals that run by themselves, and one change that nobody asked for.
fn world() -> Workspace {
    let workspace = Workspace::new();
    let roles = "  vendor-lead: {name: Vendor Lead}\n  vendor-clerk: {name: Vendor Clerk}\n";
    let settings = SETTINGS.replace("auto_provisioning: true", "auto_provisioning: false");
    workspace.write("rolecall.yaml", settings + roles);
    workspace.write(".gitignore", "state/.rolecall/\n");
    workspace.write("who.csv", "employee,name,email,status,role\n");
    workspace.reconcile();
    let state = workspace.read("state/state.yaml");
    workspace.write(
        "state/state.yaml",
        state.replacen("- ap-clerk\n", "- ap-clerk\n    - ap-payer\n", 1),
    );
    workspace.reconcile();
    for (id, role) in BY_HAND.iter().zip(ADDED) {
        workspace.approved(id, &addition("[sam.reyes]", &format!("[{role}]")));
    }
    workspace.approved("off-0", &reduction("[sam.reyes]", "[ap-payer]"));
    workspace.approved("off-1", &reduction("[sam.reyes]", "[vendor-admin]"));
    workspace.approved("found", &reduction("[root.admin]", "[vendor-admin]"));
    workspace.git_init();
    workspace
}

/// A command of a round, and what it is about.
struct Writer {
    about: &'static str,
    arguments: Vec<&'static str>,
}

/// Twenty commands that write.
fn writers() -> Vec<Writer> {
    let mut writers = Vec::new();
    let mut add = |about, arguments: &[&'static str]| {
        writers.push(Writer {
            about,
            arguments: arguments.to_vec(),
        });
    };
    // Each once as it is, and once with the patience to wait for the lock.
    let commit = [
        "reconcile",
        "--commit",
        "--author",
        "Robot <robot@acme.example>",
    ];
    let resolve = ["resolve", "2", "--by", "alice", "--note", "Seen"];
    let completed = BY_HAND.map(|id| ["complete", id, "--by", "alice"]);
    let mut twice: Vec<(&str, &[&str])> = vec![
        ("reconcile", &["reconcile"]),
        ("reconcile", &["reconcile", "--max-runs", "1"]),
        ("commit", &commit),
        ("resolve", &resolve),
    ];
    twice.extend(completed.iter().map(|command| (command[1], &command[..])));
    for (about, arguments) in twice {
        add(about, arguments);
        add(about, &[arguments, &["--lock-timeout", "1m"]].concat());
    }
    let new = [
        "new",
        "onboard",
        "--id",
        "new-one",
        "--name",
        "New",
        "--change-overview",
        "New",
        "--requested-by",
        "dana",
        "--affected-employees",
        "sam.reyes",
        "--affected-roles",
        "ap-clerk",
        "--draft",
    ];
    add("new", &new);
    add("new", &new);
    add("import", &["import", "who.csv"]);
    add("init", &["init"]);
    writers
}

/// Reads all the while, and never sees anything between two states.
fn reads(workspace: &Workspace, is_over: &AtomicBool) -> usize {
    let commands: [&[&str]; 5] = [
        &["plan", "--format", "json"],
        &["status", "--format", "json"],
        &["verify", "--format", "json"],
        &["log", "--format", "json"],
        &["roles", "sam.reyes", "--format", "json"],
    ];
    let mut count = 0;
    while !is_over.load(Ordering::Relaxed) {
        let run = ended(start(workspace.command(commands[count % commands.len()]))).exits(0);
        assert!(run.json().is_object(), "{run:?}");
        count += 1;
    }
    count
}

/// Starts all writers before it waits for any, and gives their exit codes.
fn write_at_once(workspace: &Workspace, round: usize) -> Vec<(&'static str, i32)> {
    let mut writers = writers();
    let first = round % writers.len();
    writers.rotate_left(first);
    let children: Vec<(&'static str, Child)> = writers
        .iter()
        .map(|writer| (writer.about, start(workspace.command(&writer.arguments))))
        .collect();
    let waiting: Vec<_> = children
        .into_iter()
        .map(|(about, child)| {
            thread::spawn(move || {
                let run = ended(child);
                assert!([0, 3, 5].contains(&run.code), "{about}: {run:?}");
                (about, run.code)
            })
        })
        .collect();
    waiting
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .collect()
}

/// The exit codes of the commands about one thing.
fn codes(ended: &[(&'static str, i32)], about: &str) -> Vec<i32> {
    let found = ended.iter().filter(|(of, _)| *of == about);
    found.map(|(_, code)| *code).collect()
}

fn is_serial(ended: &[(&'static str, i32)]) {
    for code in codes(ended, "reconcile")
        .iter()
        .chain(&codes(ended, "commit"))
    {
        assert!([0, 5].contains(code), "{ended:?}");
    }
    for about in BY_HAND.iter().chain(&["resolve", "new"]) {
        let found = codes(ended, about);
        let won = found.iter().filter(|code| **code == 0).count();
        assert_eq!(
            won, 1,
            "one waits for the lock, and one of them wins: {about} {ended:?}"
        );
        assert!(
            found.iter().all(|code| [0, 3, 5].contains(code)),
            "{about} {ended:?}"
        );
    }
    for about in ["import", "init"] {
        let found = codes(ended, about);
        assert!([3, 5].contains(&found[0]), "{about} {ended:?}");
    }
}

fn is_whole(workspace: &Workspace) {
    workspace.reconcile();
    workspace.run(&["verify"]).exits(0);
    let mut sam = ADDED.to_vec();
    sam.sort_unstable();
    assert_eq!(workspace.roles("sam.reyes"), sam);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "ap-payer"]);
    let logs = workspace.logs();
    for (index, log) in logs.iter().enumerate() {
        assert_eq!(log["serial"], index + 1);
    }
    // The baseline, the change by hand and what closes it, four completed, three that ran.
    assert_eq!(logs.len(), 10, "{logs:#?}");
    let ran: BTreeSet<_> = logs
        .iter()
        .filter_map(|log| log["request"]["id"].as_str())
        .collect();
    assert_eq!(ran.len(), 7, "{ran:?}");
    let scratch = std::fs::read_dir(workspace.path().join("state/.rolecall")).unwrap();
    for entry in scratch {
        let name = entry.unwrap().file_name();
        assert!(
            name == "lock" || name == ".gitignore",
            "{} is left",
            name.display()
        );
    }
    workspace
        .run(&["log", "--non-compliant", "--format", "json"])
        .exits(0)
        .says("\"logs\": []");
    workspace.git(&["fsck", "--strict"]);
}

#[test]
fn twenty_writers_at_once_end_as_some_order_of_them_would() {
    let rounds = std::env::var("ROLECALL_ROUNDS").ok();
    let rounds = rounds.map_or(SAMPLE, |rounds| rounds.parse().expect("a number of rounds"));
    let (mut read, mut refused) = (0, 0);
    for round in 0..rounds {
        let workspace = world();
        let is_over = AtomicBool::new(false);
        let ended = thread::scope(|scope| {
            let readers = [(); 2].map(|()| scope.spawn(|| reads(&workspace, &is_over)));
            let ended = write_at_once(&workspace, round);
            is_over.store(true, Ordering::Relaxed);
            read += readers
                .into_iter()
                .map(|reader| reader.join().unwrap())
                .sum::<usize>();
            ended
        });
        refused += ended.iter().filter(|(_, code)| *code == 5).count();
        is_serial(&ended);
        is_whole(&workspace);
    }
    say(&format!(
        "{rounds} rounds of 20 writers, {refused} found the lock taken, {read} readings"
    ));
}
