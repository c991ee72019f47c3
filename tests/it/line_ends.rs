//! Section 9: what git does to line ends is named, and kept from happening.

use crate::support::Workspace;
use crate::support::git::merged;
use crate::support::worlds::{log_paths, names_serial, with_four_logs};

#[test]
fn a_log_with_cr_lf_is_named_as_such() {
    let workspace = with_four_logs();
    let path = &log_paths(&workspace)[1];
    let text = workspace.read(path).replace('\n', "\r\n");
    workspace.write(path, text);
    let run = workspace.run(&["verify"]).exits(6).says("CR LF");
    names_serial(&run, 2);
    run.says("state/.gitattributes");
}

#[test]
fn git_is_kept_from_changing_line_ends() {
    let started = Workspace::empty();
    started.run(&["init"]).exits(0);
    assert_eq!(started.read("state/.gitattributes"), "* -text\n");
    let workspace = merged();
    workspace.reconcile();
    assert_eq!(workspace.read("state/.gitattributes"), "* -text\n");
    workspace.git_commit("Reconcile");
    workspace.git(&["config", "core.autocrlf", "true"]);
    std::fs::remove_dir_all(workspace.path().join("state")).expect("it goes");
    workspace.git(&["checkout", "--", "state"]);
    workspace.run(&["verify"]).exits(0);
    workspace.reconcile();
}
