//! `rolecall watch` and the files: it reconciles when something changes and when something falls due, whatever happens to the
//! files, the disk and itself.

use std::fs;
use std::io::Write as _;
use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use serde_json::Value;

use crate::support::daemon::{Daemon, LONG, command, onboard, verified};
use crate::support::{SETTINGS, STATE, Workspace};

#[expect(
    clippy::print_stderr,
    reason = "whoever runs the tests is told what is not tried"
)]
fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

/// When a line was logged.
fn logged_at(line: &Value) -> DateTime<Utc> {
    let text = line["timestamp"].as_str().expect("a timestamp");
    text.parse().expect("RFC 3339")
}

/// A state with many employees who hold nothing.
fn state_with(employees: usize) -> String {
    let mut state = STATE.to_owned();
    for number in 0..employees {
        state.push_str(&format!(
            "  worker.{number}:\n    name: Worker {number}\n    email: worker.{number}@acme.example\n    status: active\n    roles: []\n"
        ));
    }
    state
}

fn onboard_worker(number: usize, approved: bool) -> String {
    let text = onboard("ap-clerk", None).replace("jane.doe", &format!("worker.{number}"));
    match text.split_once("approvals:") {
        Some((unapproved, _)) if !approved => unapproved.to_owned(),
        _ => text,
    }
}

#[test]
fn a_file_that_appears_is_reconciled_and_its_own_writes_wake_nobody() {
    let mut workspace = Workspace::new();
    let mut daemon = command(&workspace, &[]);
    daemon.env("ROLECALL_LOG", "rolecall=debug");
    let mut daemon = Daemon::spawn(daemon);
    daemon.says("waiting for changes");
    workspace.request("one", &onboard("ap-payer", None));
    daemon.does("one");
    daemon.says("reconciled");
    let passes = |daemon: &Daemon| daemon.count("reconciled") + daemon.count("nothing to do");
    daemon.listen(Duration::from_millis(500));
    let before = passes(&daemon);
    daemon.listen(Duration::from_secs(4));
    assert_eq!(passes(&daemon), before, "{:#?}", daemon.seen);
    daemon.end();
    verified(&mut workspace);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "ap-payer"]);
}

#[test]
fn two_thousand_files_dropped_at_once_are_all_seen() {
    let mut workspace = Workspace::new();
    workspace.write("state/state.yaml", state_with(2000));
    let mut daemon = Daemon::start(&workspace, &[]);
    daemon.says("waiting for changes");
    for number in 0..2000 {
        workspace.request(
            &format!("drop-{number:04}"),
            &onboard_worker(number, number % 50 == 0),
        );
    }
    let mut done = 0;
    while done < 40 {
        daemon.says_where("change log written", |line| line["request"].is_string());
        done += 1;
    }
    daemon.end();
    verified(&mut workspace);
    let status = workspace.run(&["status", "--format", "json"]).json();
    let requests = status["requests"].as_array().expect("requests");
    assert_eq!(requests.len(), 2000);
    let complete = requests.iter().filter(|it| it["status"] == "complete");
    assert_eq!(complete.count(), 40);
}

#[test]
fn a_folder_that_is_replaced_is_watched_again() {
    let mut workspace = Workspace::new();
    let mut daemon = Daemon::start(&workspace, &[]);
    daemon.says("waiting for changes");
    let (here, away) = (
        workspace.path().join("requests"),
        workspace.path().join("away"),
    );
    fs::rename(&here, &away).expect("the folder goes");
    fs::create_dir(&here).expect("another comes");
    workspace.request("first", &onboard("ap-payer", None));
    daemon.does("first");
    workspace.request("deep/second", &onboard("vendor-admin", None));
    daemon.does("second");
    // The whole state folder too, with the lock of the daemon in it.
    daemon.says("reconciled");
    let (state, copy) = (
        workspace.path().join("state"),
        workspace.path().join("copy"),
    );
    let copied = std::process::Command::new("cp")
        .arg("-R")
        .args([&state, &copy])
        .status()
        .expect("cp starts");
    assert!(copied.success());
    fs::rename(&state, workspace.path().join("old-state")).expect("it goes");
    fs::rename(&copy, &state).expect("its copy comes");
    workspace.request("third", &onboard("payroll-viewer", None));
    daemon.does("third");
    workspace.at(&crate::support::daemon::now());
    workspace
        .command(&["watch"])
        .env_remove("ROLECALL_NOW")
        .output()
        .map(|output| assert_eq!(output.status.code(), Some(5)))
        .expect("the second starts");
    daemon.end();
    verified(&mut workspace);
}

#[test]
fn a_queue_that_overflows_loses_nothing() {
    let most = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events");
    let most = most.ok().and_then(|text| text.trim().parse::<usize>().ok());
    let Some(most) = most.filter(|most| *most <= 200_000) else {
        skipped("the queue of this system is no inotify queue, or too long to fill");
        return;
    };
    let mut workspace = Workspace::new();
    let mut daemon = Daemon::start(&workspace, &["--rescan", "1h"]);
    daemon.says("waiting for changes");
    daemon.signal("STOP");
    // Equal events that follow one another are one: two files in turn make at least two events each time.
    for turn in 0..most {
        let path = workspace
            .path()
            .join(format!("requests/noise-{}.txt", turn % 2));
        fs::write(path, "noise").expect("noise");
    }
    workspace.request("in-the-noise", &onboard("ap-payer", None));
    daemon.signal("CONT");
    daemon.says("events were lost: looking at everything");
    daemon.does("in-the-noise");
    // It watches anew: what comes next is noticed as well.
    workspace.request("after", &onboard("vendor-admin", None));
    daemon.does("after");
    daemon.end();
    verified(&mut workspace);
}

#[test]
fn what_is_due_in_three_seconds_is_done_then_and_no_earlier() {
    let mut workspace = Workspace::new();
    workspace.write("state/state.yaml", STATE);
    let mut daemon = Daemon::start(&workspace, &[]);
    daemon.says("waiting for changes");
    let due = (Utc::now() + TimeDelta::seconds(4)).trunc_subsecs(0);
    workspace.request("soon", &onboard("ap-payer", Some(due)));
    let waiting = daemon.says_where("waiting", |line| line["what"] == "request soon");
    assert_eq!(
        waiting["next"],
        due.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    );
    let done = daemon.does("soon");
    let late = logged_at(&done) - due;
    assert!(
        late >= TimeDelta::zero(),
        "it is done {late} after its moment"
    );
    // On a machine with nothing else to do it takes a few milliseconds; what is promised is one second.
    assert!(
        late < TimeDelta::seconds(3),
        "it is done {late} after its moment"
    );
    assert!(done["lateness_seconds"].as_i64().expect("a number") <= 2);
    daemon.end();
    verified(&mut workspace);
}

#[test]
fn temporary_access_begins_and_ends_at_its_moments() {
    let mut workspace = Workspace::new();
    let mut daemon = Daemon::start(&workspace, &[]);
    daemon.says("waiting for changes");
    let end = (Utc::now() + TimeDelta::seconds(4)).trunc_subsecs(0);
    let lend = onboard("payroll-viewer", None)
        .replace("role_additions", "temporary_access")
        .replace(
            "approvals:",
            &format!(
                "end_date: {}\nend_time: \"{}\"\ntimezone: UTC\napprovals:",
                end.format("%Y-%m-%d"),
                end.format("%H:%M:%S")
            ),
        );
    workspace.request("loan", &lend);
    daemon.does("loan");
    daemon.says_where("waiting", |line| line["what"] == "the end of loan");
    let ended = daemon.says_where("change log written", |line| {
        line["change_type"] == "temporary_access_ended"
    });
    assert!(logged_at(&ended) >= end, "it ends no earlier");
    daemon.says("waiting for changes");
    daemon.end();
    verified(&mut workspace);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk"]);
}

#[test]
fn a_file_that_is_being_written_is_left_until_it_is_whole() {
    let mut workspace = Workspace::new();
    let mut daemon = Daemon::start(&workspace, &["--settle", "200ms"]);
    daemon.says("waiting for changes");
    let text = onboard("ap-payer", None);
    let (half, rest) = text.split_at(60);
    let path = workspace.path().join("requests/slow.yaml");
    let mut file = fs::File::create(path).expect("the file");
    file.write_all(half.as_bytes()).expect("half of it");
    file.sync_all().expect("it is there");
    workspace.request("other", &onboard("vendor-admin", None));
    daemon.does("other");
    daemon.listen(Duration::from_secs(2));
    assert_eq!(
        daemon.count("invalid, and left alone"),
        0,
        "{:#?}",
        daemon.seen
    );
    file.write_all(rest.as_bytes()).expect("the rest");
    drop(file);
    daemon.does("slow");
    daemon.end();
    verified(&mut workspace);
}

#[test]
fn a_full_disk_is_waited_for() {
    let workspace = Workspace::new();
    // A limit on the size of files says no at every write, as a full disk does, and needs no rights. Its signal is ignored.
    let mut limited = std::process::Command::new("sh");
    let daemon = command(&workspace, &[]);
    limited
        .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"])
        .arg(daemon.get_program())
        .args(daemon.get_args())
        .current_dir(workspace.path())
        .env_clear()
        .stdin(std::process::Stdio::null());
    for (name, value) in daemon.get_envs() {
        limited.envs(value.map(|value| (name, value)));
    }
    let mut daemon = Daemon::spawn(limited);
    daemon.says("waiting for changes");
    let limit = |daemon: &Daemon, size: &str| {
        let status = std::process::Command::new("prlimit")
            .args([
                &format!("--pid={}", daemon.id()),
                &format!("--fsize={size}:unlimited"),
            ])
            .status();
        status.is_ok_and(|status| status.success())
    };
    if !limit(&daemon, "0") {
        skipped("there is no prlimit here");
        return;
    }
    let before = workspace.state_files();
    workspace.request("one", &onboard("ap-payer", None));
    let failed = daemon.says("failed");
    assert_eq!(failed["exit"], 1, "{failed}");
    daemon.says("failed");
    assert!(workspace.state_files() == before, "nothing is half written");
    assert!(limit(&daemon, "unlimited"));
    daemon.does("one");
    daemon.end();
    let mut workspace = workspace;
    verified(&mut workspace);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "ap-payer"]);
}

#[test]
fn ended_in_the_middle_of_many_runs_it_leaves_what_a_reconcile_finishes() {
    let mut workspace = Workspace::new();
    workspace.write("state/state.yaml", state_with(120));
    for number in 0..120 {
        workspace.request(&format!("many-{number:03}"), &onboard_worker(number, true));
    }
    let mut daemon = Daemon::start(&workspace, &["--settle", "50ms"]);
    for _ in 0..4 {
        daemon.says_where("change log written", |line| line["request"].is_string());
    }
    daemon.signal("INT");
    daemon.signal("TERM");
    daemon.signal("TERM");
    let asked = Instant::now();
    assert_eq!(daemon.ends_within(Duration::from_secs(10)), 0);
    assert!(asked.elapsed() < Duration::from_secs(10));
    let done = daemon.count("change log written");
    assert!(done < 121, "it ended before the last run");
    verified(&mut workspace);
    workspace.reconcile();
    verified(&mut workspace);
    let logs = workspace.logs();
    let serials: Vec<_> = logs
        .iter()
        .map(|log| log["serial"].as_u64().expect("a serial"))
        .collect();
    assert_eq!(
        serials,
        (1..=121).collect::<Vec<_>>(),
        "no run is lost or done twice"
    );
    for number in [0, 60, 119] {
        assert_eq!(workspace.roles(&format!("worker.{number}")), ["ap-clerk"]);
    }
}

#[test]
fn a_second_daemon_is_told_who_is_there_and_people_still_work() {
    let mut workspace = Workspace::new();
    workspace.write(
        "rolecall.yaml",
        SETTINGS.replace("auto_provisioning: true", "auto_provisioning: false"),
    );
    let mut daemon = Daemon::start(&workspace, &[]);
    daemon.says("waiting for changes");
    let second = command(&workspace, &[]).output().expect("it starts");
    assert_eq!(second.status.code(), Some(5));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains(&format!("process {}", daemon.id())), "{said}");
    workspace.request("by-hand", &onboard("ap-payer", None));
    daemon.listen(Duration::from_secs(2));
    workspace.at(&crate::support::daemon::now());
    workspace
        .run(&[
            "complete",
            "by-hand",
            "--by",
            "alice",
            "--lock-timeout",
            "30s",
        ])
        .exits(0);
    daemon.end();
    verified(&mut workspace);
}

#[test]
fn broken_settings_are_waited_for_and_mended_ones_count_at_once() {
    let mut workspace = Workspace::new();
    let mut daemon = Daemon::start(&workspace, &[]);
    daemon.says("waiting for changes");
    workspace.write("rolecall.yaml", format!("{SETTINGS}nonsense: true\n"));
    let failed = daemon.says("failed");
    assert_eq!(failed["exit"], 3, "{failed}");
    assert!(
        failed["error"]
            .as_str()
            .expect("why")
            .contains("rolecall.yaml"),
        "{failed}"
    );
    assert!(
        failed["retry_in_ms"].as_u64().expect("a pause") >= 500,
        "{failed}"
    );
    workspace.request("one", &onboard("ap-payer", None));
    daemon.says("failed");
    workspace.write("rolecall.yaml", SETTINGS);
    daemon.does("one");
    daemon.end();
    verified(&mut workspace);
}

#[test]
fn a_plan_over_a_limit_is_told_with_what_confirms_it() {
    let workspace = Workspace::new();
    workspace.write(
        "rolecall.yaml",
        format!("{SETTINGS}limits: {{removals: 0}}\n"),
    );
    let mut daemon = Daemon::start(&workspace, &[]);
    daemon.says("waiting for changes");
    let offboard = onboard("ap-clerk", None).replace("role_additions", "role_reductions");
    workspace.request("leave", &offboard);
    let failed = daemon.says("failed");
    assert_eq!(failed["exit"], 4, "{failed}");
    let hint = failed["hint"].as_str().expect("what to do").to_owned();
    assert!(
        hint.contains("rolecall reconcile --confirm sha256:"),
        "{hint}"
    );
    daemon.end();
}

#[test]
fn broken_integrity_that_stays_ends_it_with_6_and_one_that_passes_does_not() {
    let workspace = Workspace::new();
    let mut daemon = Daemon::start(&workspace, &[]);
    workspace.request("one", &onboard("ap-payer", None));
    daemon.does("one");
    daemon.says("reconciled");
    let state = workspace.read("state/state.yaml");
    fs::remove_file(workspace.path().join("state/state.yaml")).expect("it goes");
    let failed = daemon.says("failed");
    assert_eq!(failed["exit"], 6, "{failed}");
    workspace.write("state/state.yaml", &state);
    workspace.request("two", &onboard("vendor-admin", None));
    daemon.does("two");
    daemon.says("reconciled");
    fs::remove_file(workspace.path().join("state/state.yaml")).expect("it goes");
    assert_eq!(daemon.ends_within(LONG), 6);
    assert!(
        daemon.count("ending: it must not go on") == 1,
        "{:#?}",
        daemon.seen
    );
}

#[test]
fn a_reload_looks_at_everything_at_once() {
    let workspace = Workspace::new();
    let mut daemon = command(&workspace, &[]);
    daemon.env("ROLECALL_LOG", "rolecall=debug");
    let mut daemon = Daemon::spawn(daemon);
    daemon.says("waiting for changes");
    daemon.signal("HUP");
    daemon.says("reloading");
    daemon.says_where("looking", |line| line["reason"] == "reload");
    daemon.says("nothing to do");
    daemon.end();
}

#[test]
fn once_reports_and_exits_as_reconcile_does() {
    let workspace = Workspace::new();
    workspace.approved(
        "one",
        &onboard("ap-payer", None).replace(crate::support::daemon::APPROVED_LONG_AGO, ""),
    );
    workspace.request("broken", "name: [");
    let run = workspace
        .run(&["watch", "--once", "--format", "json"])
        .exits(3);
    assert_eq!(run.json()["applied"].as_array().expect("logs").len(), 2);
    workspace.run(&["watch"]).exits(64).says("--once");
    workspace
        .run(&["watch", "--once", "--settle", "0s"])
        .exits(64);
    workspace
        .run(&["watch", "--once", "--rescan", "soon"])
        .exits(64);
    let mut daemon = command(&workspace, &["--format", "json"]);
    assert_eq!(daemon.output().expect("it starts").status.code(), Some(64));
}
