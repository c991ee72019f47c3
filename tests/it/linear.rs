//! What a pass costs grows as the state and as the number of due runs do: no step looks at everything for each.
//!
//! Ratios of processor time of two sizes, the least of several runs each, since another process can only add to it. Four times
//! as much is four times as long where the cost is linear and sixteen times where it is quadratic.

use std::fmt::Write as _;

use crate::support::sweep::say;
use crate::support::worlds::addition;
use crate::support::{Workspace, program};

/// How much larger the large one is.
const TIMES: usize = 4;
/// What is not linear any more.
const MOST: f64 = 9.0;
/// How often each is run.
const RUNS: usize = 3;

/// A company in which everybody holds one role, and requests of ten people each that are due.
fn company(employees: usize, requests: usize) -> Workspace {
    let workspace = Workspace::new();
    let mut state = "version: 1\nemployees:\n".to_owned();
    for number in 0..employees {
        let _ = write!(
            state,
            "  e{number:06}:\n    name: Employee {number}\n    email: e{number}@acme.example\n    status: active\n    roles:\n    - ap-clerk\n"
        );
    }
    state.push_str("requests: {}\n...\n");
    workspace.write("state/state.yaml", state);
    for number in 0..requests {
        let listed: Vec<_> = (0..10)
            .map(|other| format!("e{:06}", (number * 10 + other) % employees))
            .collect();
        let text = addition(&format!("[{}]", listed.join(", ")), "[ap-payer]");
        let text = text.replace("A change", &format!("Change {number}"));
        workspace.approved(&format!("request-{number:04}"), &text);
    }
    workspace
}

/// The least processor time of a command, in seconds.
fn least(workspace: &Workspace, command: &str) -> f64 {
    let of_children = |out: &str| {
        // The shell's own time is on the first line, that of what it has started on the second.
        let line = out.lines().nth_back(0).expect("two lines");
        let seconds = |text: &str| {
            let (minutes, seconds) = text.strip_suffix('s')?.split_once('m')?;
            let seconds: f64 = seconds.replace(',', ".").parse().ok()?;
            Some(minutes.parse::<f64>().ok()? * 60.0 + seconds)
        };
        line.split_whitespace()
            .map(|text| seconds(text).unwrap_or_else(|| panic!("times: {out}")))
            .sum::<f64>()
    };
    let times = (0..RUNS).map(|_| {
        let mut shell = workspace.around("sh");
        shell
            .args(["-c", r#""$0" "$1" > /dev/null 2>&1 || exit; times"#])
            .arg(program())
            .arg(command);
        let output = shell.output().expect("there is a shell");
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{command} failed: {out}");
        of_children(&out)
    });
    times.fold(f64::INFINITY, f64::min)
}

#[track_caller]
fn is_linear(what: &str, command: &str, small: &Workspace, large: &Workspace) {
    let (one, many) = (least(small, command), least(large, command));
    let ratio = many / one.max(0.01);
    say(&format!(
        "{what}: {one:.3} s, {TIMES} times as much {many:.3} s: {ratio:.1}"
    ));
    assert!(ratio < MOST, "{what}: {one:.3} s and {many:.3} s");
}

#[test]
fn reading_a_state_costs_as_much_as_it_is_large() {
    let (small, large) = (company(20_000, 1), company(20_000 * TIMES, 1));
    is_linear("plan, by employees", "plan", &small, &large);
}

#[test]
fn due_runs_cost_as_much_as_they_are_many_and_so_does_verifying_them() {
    let (small, large) = (company(4_000, 100), company(4_000, 100 * TIMES));
    is_linear("plan, by runs", "plan", &small, &large);
    for workspace in [&small, &large] {
        workspace.run(&["reconcile"]).exits(0);
    }
    is_linear("verify, by logs", "verify", &small, &large);
    is_linear("plan, by finished requests", "plan", &small, &large);
}
