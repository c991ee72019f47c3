//! Hostile input: change logs that were rewritten so that each names the one before it as it is now.

use std::fs;

use super::{Case, Input};
use crate::support::Workspace;
use crate::support::keys::relink;
use crate::support::worlds::{addition, log_paths, reduction};

/// Three changes, and a state file from before the last of them, as a kill leaves it.
pub fn with_a_state_that_lags() -> Workspace {
    let workspace = Workspace::new();
    workspace.approved("a-first", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.reconcile();
    let state = workspace.read("state/state.yaml");
    workspace.approved("b-second", &addition("[jane.doe]", "[vendor-admin]"));
    workspace.reconcile();
    workspace.approved("c-third", &reduction("[sam.reyes]", "[vendor-admin]"));
    workspace.reconcile();
    workspace.write("state/state.yaml", state);
    workspace
}

/// A case about the logs.
const fn case(
    name: &'static str,
    command: &'static [&'static str],
    rewrite: fn(&Workspace),
    line: &'static str,
) -> Case {
    Case {
        name,
        input: Input::Made(rewrite),
        command,
        code: 6,
        line,
    }
}

/// Another digest stands under a key of a log.
fn another_digest(workspace: &Workspace, serial: usize, key: &str) {
    let path = &log_paths(workspace)[serial - 1];
    let text = workspace.read(path);
    let line = text.lines().find(|line| line.starts_with(key)).unwrap();
    let forged = format!("{key}: sha256:{}", "0".repeat(64));
    workspace.write(path, text.replacen(line, &forged, 1));
}

/// A log stands in the place of another, under its serial.
fn instead(workspace: &Workspace, of: usize, log: usize) {
    let paths = log_paths(workspace);
    let text = workspace.read(&paths[log - 1]);
    let text = text.replace(&format!("serial: {log}\n"), &format!("serial: {of}\n"));
    let text = text.replace(
        "previous: null\n",
        &format!("previous: sha256:{}\n", "0".repeat(64)),
    );
    let name = paths[log - 1].replace(&format!("{log:06}-"), &format!("{of:06}-"));
    fs::remove_file(workspace.path().join(&paths[of - 1])).unwrap();
    workspace.write(&name, text);
}

/// Cases with four logs and the state after them.
pub const CASES: &[Case] = &[
    case(
        "another digest of the state",
        &["verify"],
        |workspace| {
            another_digest(workspace, 3, "state_after");
            relink(workspace);
        },
        "error: `state_after` of change log 3 is not the digest of the state after it",
    ),
    case(
        "another digest of the last state",
        &["reconcile"],
        |workspace| {
            another_digest(workspace, 4, "state_after");
            relink(workspace);
        },
        "error: the state does not follow from change log 4",
    ),
    case(
        "a change twice",
        &["verify"],
        |workspace| {
            instead(workspace, 3, 2);
            relink(workspace);
        },
        "error: `before` of sam.reyes in change log 3 does not follow from the logs before it",
    ),
    case(
        "changes in another order",
        &["verify"],
        |workspace| {
            instead(workspace, 2, 3);
            relink(workspace);
        },
        "error: `state_after` of change log 2 is not the digest of the state after it",
    ),
    case(
        "a second baseline",
        &["verify"],
        |workspace| {
            instead(workspace, 2, 1);
            relink(workspace);
        },
        "error: change log 2 is a baseline and not the first log",
    ),
    case(
        "a change in place of the baseline",
        &["verify"],
        |workspace| {
            let text = workspace.read(&log_paths(workspace)[1]);
            let line = text
                .lines()
                .find(|line| line.starts_with("previous: "))
                .unwrap()
                .to_owned();
            instead(workspace, 1, 2);
            let path = &log_paths(workspace)[0];
            workspace.write(path, workspace.read(path).replace(&line, "previous: null"));
            relink(workspace);
        },
        "error: change log 1 is not a baseline",
    ),
    case(
        "a state made by hand",
        &["reconcile"],
        |workspace| {
            workspace.write(
                "state/state.yaml",
                crate::support::STATE.replace("- ap-payer", "- administrator"),
            );
        },
        "error: the state file is not what the baseline lists, and there are change logs",
    ),
];

/// Cases with a state file that lags behind the logs.
pub const LAGGING: &[Case] = &[
    case(
        "another digest of the state, beyond the state file",
        &["reconcile"],
        |workspace| another_digest(workspace, 4, "state_after"),
        "error: the state does not follow from change log 4",
    ),
    case(
        "a change twice, beyond the state file",
        &["verify"],
        |workspace| {
            instead(workspace, 4, 3);
            let paths = log_paths(workspace);
            let (before, text) = (workspace.read(&paths[2]), workspace.read(&paths[3]));
            let line = text
                .lines()
                .find(|line| line.starts_with("previous: "))
                .unwrap();
            let link = format!("previous: {}", crate::support::keys::sha256(before));
            workspace.write(&paths[3], text.replacen(line, &link, 1));
        },
        "error: `before` of jane.doe in change log 4 does not follow from the logs before it",
    ),
];
