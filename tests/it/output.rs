//! Section 10: `--output FILE` writes to what the name stands for, and costs nothing where it cannot.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::support::Workspace;
use crate::support::worlds::{addition, matches};

/// A world with one approved request.
fn with_grant() -> Workspace {
    let workspace = Workspace::new();
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace
}

#[test]
fn output_through_a_link_leaves_the_link_in_place() {
    let workspace = with_grant();
    let target = workspace.write("elsewhere/report.json", "old");
    let link = workspace.path().join("link.json");
    symlink(&target, &link).expect("a link");
    workspace
        .run(&["plan", "--format", "json", "--output", "link.json"])
        .exits(0);
    assert!(link.symlink_metadata().expect("the link").is_symlink());
    assert!(workspace.read("elsewhere/report.json").starts_with('{'));
}

#[test]
fn output_to_standard_output_by_name_is_the_form_alone() {
    let workspace = with_grant();
    let run = workspace.run(&["plan", "--format", "json", "--output", "/dev/stdout"]);
    assert_eq!(run.exits(0).json()["version"], 1);
    assert!(
        fs::symlink_metadata("/dev/stdout")
            .expect("it is there")
            .is_symlink()
    );
}

#[test]
fn output_keeps_the_permissions_of_the_file() {
    let workspace = with_grant();
    let file = workspace.write("report.json", "old");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("permissions");
    workspace
        .run(&["plan", "--format", "json", "--output", "report.json"])
        .exits(0);
    let mode = fs::metadata(&file).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(workspace.read("report.json").starts_with('{'));
}

#[test]
fn output_that_cannot_be_written_stops_before_the_first_write() {
    for file in ["no/such/folder/report.json", "requests"] {
        let workspace = with_grant();
        let before = workspace.state_files();
        let run = workspace.run(&["reconcile", "--output", file]).exits(1);
        matches(&run.err, file);
        assert_eq!(workspace.state_files(), before, "{file}");
    }
}
