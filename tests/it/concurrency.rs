//! Many processes at once on one repository: the end is that of some order in which they ran one after the other.
//!
//! `ROLECALL_ROUNDS=50` asks for more rounds than the few that are a sample.

use std::collections::BTreeSet;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::Workspace;
use crate::support::keys::{ONE, World, codes as findings, file, plain_world, signed_settings};
use crate::support::sweep::say;
use crate::support::worlds::{addition, ended, loan, reduction, start};

/// How many rounds a run without a wish of its own does.
const SAMPLE: usize = 2;

/// The requests that a person completes.
const BY_HAND: [&str; 4] = ["hand-0", "hand-1", "hand-2", "hand-3"];

/// The roles that they add to Sam.
const ADDED: [&str; 4] = ["ap-clerk", "payroll-viewer", "vendor-lead", "vendor-clerk"];

/// Who decides what about which loan: one that two people approve, one of them twice; one that somebody else rejects; and one that
/// the same person approves and rejects.
const DECISIONS: [(&str, &str, &str); 7] = [
    ("approve", "both", "alice"),
    ("approve", "both", "alice"),
    ("approve", "both", "bob"),
    ("approve", "torn", "alice"),
    ("reject", "torn", "carol"),
    ("approve", "turned", "alice"),
    ("reject", "turned", "alice"),
];

/// Four additions that wait for a person, two removals that run by themselves, one change that nobody asked for, and three loans that
/// are approved with signatures.
fn world() -> World {
    let roles = "  vendor-lead: {name: Vendor Lead}\n  vendor-clerk: {name: Vendor Clerk}\n";
    let settings = signed_settings("evidence: inline")
        .replace("auto_provisioning: true", "auto_provisioning: false")
        .replace("roles:\n", &format!("roles:\n{roles}"));
    let (before, loans) = settings.split_once("temporary_access: ").unwrap();
    let loans = loans.replacen("evidence: inline", ONE, 1);
    let workspace = plain_world(&format!(
        "{before}temporary_access: {loans}repository: acme/access\n"
    ));
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
    workspace.request(
        "both",
        &loan("[jane.doe]", "[payroll-viewer]", "2026-12-31"),
    );
    workspace.request("torn", &loan("[jane.doe]", "[vendor-admin]", "2026-12-31"));
    workspace.request("turned", &loan("[jane.doe]", "[vendor-lead]", "2026-12-31"));
    workspace.git_init();
    workspace
}

/// A command of a round, and what it is about.
struct Writer {
    about: &'static str,
    arguments: Vec<String>,
}

/// The commands that write.
fn writers(world: &World) -> Vec<Writer> {
    let mut writers = Vec::new();
    let mut add = |about, arguments: &[&str]| {
        writers.push(Writer {
            about,
            arguments: arguments.iter().map(ToString::to_string).collect(),
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
    for (verb, id, person) in DECISIONS {
        let key = world.key(person);
        add(id, &[verb, id, "--yes", "--key", key.to_str().unwrap()]);
    }
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
fn write_at_once(workspace: &World, round: usize) -> Vec<(&'static str, i32)> {
    let mut writers = writers(workspace);
    let first = round % writers.len();
    writers.rotate_left(first);
    let children: Vec<(&'static str, Child)> = writers
        .iter()
        .map(|writer| {
            let arguments: Vec<_> = writer.arguments.iter().map(String::as_str).collect();
            (writer.about, start(workspace.command(&arguments)))
        })
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
    // They wait for the lock by themselves.
    for (_, about, _) in DECISIONS {
        let all_done = codes(ended, about).iter().all(|code| *code == 0);
        assert!(all_done, "{about} {ended:?}");
    }
}

/// The decisions of a person's file, in their order.
fn decided(workspace: &Workspace, id: &str, person: &str) -> Vec<String> {
    let text = workspace.read(&file(id, person));
    let words = text
        .lines()
        .filter_map(|line| line.strip_prefix("  decision: "));
    words.map(str::to_owned).collect()
}

/// No decision is lost, each of them is sound, and they lead to what they would in the order in which they stand. The loans that are approved.
fn are_kept(workspace: &World) -> Vec<&'static str> {
    assert_eq!(decided(workspace, "both", "alice"), ["approve"; 2]);
    assert_eq!(decided(workspace, "both", "bob"), ["approve"]);
    assert_eq!(decided(workspace, "torn", "alice"), ["approve"]);
    assert_eq!(decided(workspace, "torn", "carol"), ["reject"]);
    let turned = decided(workspace, "turned", "alice");
    assert_eq!(BTreeSet::from_iter(&turned).len(), 2, "{turned:?}");
    assert_eq!(turned.len(), 2, "{turned:?}");
    let is_approved = turned[1] == "approve";
    for id in ["both", "torn", "turned"] {
        assert_eq!(workspace.standing(id)["status"], "pending_approval");
    }
    workspace.git_commit("Decisions");
    let turned = if is_approved { "approved" } else { "rejected" };
    for (id, status) in [
        ("both", "approved"),
        ("torn", "rejected"),
        ("turned", turned),
    ] {
        let standing = workspace.standing(id);
        assert_eq!(standing["status"], status, "{standing:#}");
        assert_eq!(findings(&standing), [""; 0], "{standing:#}");
    }
    let mut run = vec!["both"];
    run.extend(is_approved.then_some("turned"));
    run
}

fn is_whole(workspace: &World) {
    let loans = are_kept(workspace);
    workspace.reconcile();
    // What is left is a person's to do, and only what is approved.
    for id in ["both", "torn", "turned"] {
        let code = if loans.contains(&id) { 0 } else { 3 };
        let complete = ["complete", id, "--by", "bob"];
        workspace.run(&complete).exits(code);
    }
    workspace.run(&["verify"]).exits(0);
    let mut sam = ADDED.to_vec();
    sam.sort_unstable();
    assert_eq!(workspace.roles("sam.reyes"), sam);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "ap-payer"]);
    let logs = workspace.logs();
    for (index, log) in logs.iter().enumerate() {
        assert_eq!(log["serial"], index + 1);
    }
    // The baseline, the change by hand and what closes it, four completed, three that ran, and the loans.
    assert_eq!(logs.len(), 10 + loans.len(), "{logs:#?}");
    let ran: BTreeSet<_> = logs
        .iter()
        .filter_map(|log| log["request"]["id"].as_str())
        .collect();
    assert_eq!(ran.len(), 7 + loans.len(), "{ran:?}");
    assert!(loans.iter().all(|id| ran.contains(id)), "{ran:?}");
    let scratch = std::fs::read_dir(workspace.path().join("state/.rolecall")).unwrap();
    for entry in scratch {
        let name = entry.unwrap().file_name();
        assert!(
            ["lock", ".gitignore", "seen"]
                .iter()
                .any(|known| name == *known),
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
fn many_writers_at_once_end_as_some_order_of_them_would() {
    let rounds = std::env::var("ROLECALL_ROUNDS").ok();
    let rounds = rounds.map_or(SAMPLE, |rounds| rounds.parse().expect("a number of rounds"));
    let (mut read, mut refused, mut most) = (0, 0, 0);
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
        most = ended.len();
        is_serial(&ended);
        is_whole(&workspace);
    }
    say(&format!(
        "{rounds} rounds of {most} writers, {refused} found the lock taken, {read} readings"
    ));
}
