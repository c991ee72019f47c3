//! Section 11: files that are no request, too large, badly named, or not files at all; settings and state.

use std::os::unix::fs::symlink;
use std::process::Command;

use rstest::rstest;

use crate::support::SETTINGS;
use crate::support::hostile::{GOOD, is_refused, world};
use crate::support::worlds::{ended, matches, start};

#[rstest]
#[case::largest(64 * 1024, true)]
#[case::one_byte_more(64 * 1024 + 1, false)]
#[case::giant(8 * 1024 * 1024, false)]
fn a_request_has_at_most_64_kib(#[case] size: usize, #[case] fits: bool) {
    let workspace = world();
    let mut text = GOOD.to_owned();
    text.push('#');
    text.extend(std::iter::repeat_n('x', size - text.len() - 1));
    text.push('\n');
    assert_eq!(text.len(), size);
    workspace.request("big", &text);
    if fits {
        workspace.run(&["validate"]).exits(0);
        assert_eq!(workspace.status("big")["status"], "pending_approval");
    } else {
        is_refused(&workspace, "requests/big.yaml", "64 ?KiB|65,?536|large|big");
    }
}

#[rstest]
#[case::space("plan ted")]
#[case::leading_dash("-planted")]
#[case::not_ascii("plantéd")]
#[case::look_alike("pl\u{0430}nted")]
#[case::at_sign("plan@ted")]
#[case::line_break("plan\nted")]
#[case::escape("plan\x1b[31mted")]
#[case::too_long(&"p".repeat(101))]
fn a_file_name_that_is_no_id_is_refused(#[case] id: &str) {
    let workspace = world();
    workspace.approved(id, GOOD);
    let run = workspace.run(&["reconcile"]).exits(3);
    let shown = run.out + &run.err;
    matches(&shown, r"id|name");
    assert!(!shown.contains('\x1b'), "{shown:?}");
    assert_eq!(workspace.roles("sam.reyes"), ["ap-payer", "vendor-admin"]);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "payroll-viewer"]);
}

#[test]
fn an_id_of_100_characters_is_fine() {
    let workspace = world();
    workspace.approved(&"p".repeat(100), GOOD);
    workspace.reconcile();
    assert_eq!(
        workspace.roles("sam.reyes"),
        ["ap-clerk", "ap-payer", "vendor-admin"]
    );
}

#[rstest]
#[case::same_id_in_two_folders("a/twin.yaml", "b/twin.yaml")]
#[case::other_ending("twin.yaml", "twin.yml")]
#[case::other_case_in_another_folder("a/twin.yaml", "b/Twin.yaml")]
fn an_id_is_unique_over_the_whole_tree(#[case] first: &str, #[case] second: &str) {
    let workspace = world();
    for (path, role) in [(first, "ap-clerk"), (second, "payroll-viewer")] {
        let text = GOOD.replace("ap-clerk", role) + crate::support::APPROVED;
        workspace.write(&format!("requests/{path}"), text);
    }
    let run = workspace.run(&["reconcile"]).exits(3);
    let shown = run.out + &run.err;
    assert!(shown.contains(first) && shown.contains(second), "{shown}");
    assert_eq!(workspace.roles("sam.reyes"), ["ap-payer", "vendor-admin"]);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "payroll-viewer"]);
}

#[rstest]
#[case::hidden_file("requests/.hidden.yaml")]
#[case::hidden_folder("requests/.hidden/bad.yaml")]
#[case::other_ending("requests/notes.txt")]
#[case::backup("requests/good.yaml~")]
#[case::json("requests/bad.json")]
#[case::capital_ending("requests/README.md")]
fn hidden_files_and_other_endings_are_left_alone(#[case] path: &str) {
    let workspace = world();
    workspace.write(path, "name: [\n");
    workspace.run(&["validate"]).exits(0);
    workspace.reconcile();
}

#[test]
fn windows_line_ends_are_fine() {
    let workspace = world();
    workspace.approved("windows", GOOD);
    let text = workspace
        .read("requests/windows.yaml")
        .replace('\n', "\r\n");
    workspace.request("windows", &text);
    workspace.reconcile();
    assert_eq!(workspace.status("windows")["status"], "complete");
}

#[rstest]
#[case::to_a_good_request("bad.yaml", "elsewhere.yaml")]
#[case::to_the_system("bad.yaml", "/etc/passwd")]
#[case::to_nothing("bad.yaml", "nowhere")]
#[case::to_itself("bad.yaml", "bad.yaml")]
#[case::to_a_device("bad.yaml", "/dev/zero")]
#[case::to_a_folder("folder", "../elsewhere")]
#[case::to_its_parent("folder", "..")]
fn a_link_is_named_and_not_followed(#[case] name: &str, #[case] target: &str) {
    let workspace = world();
    let text = format!("{GOOD}{}", crate::support::APPROVED);
    workspace.write("elsewhere/inside.yaml", &text);
    workspace.write("elsewhere.yaml", &text);
    let target = if target == "elsewhere.yaml" {
        "../elsewhere.yaml"
    } else {
        target
    };
    symlink(target, workspace.path().join("requests").join(name)).expect("a link");
    is_refused(&workspace, &format!("requests/{name}"), "link");
    let report = workspace.run(&["validate", "--format", "json"]).json();
    assert!(!report.to_string().contains("root:"), "{report:#}");
}

#[test]
fn a_pipe_is_named_and_does_not_hang() {
    let workspace = world();
    let path = workspace.path().join("requests/bad.yaml");
    let made = Command::new("mkfifo")
        .arg(&path)
        .status()
        .expect("mkfifo starts");
    assert!(made.success());
    is_refused(&workspace, "requests/bad.yaml", "pipe|fifo|regular");
    for arguments in [&["plan"][..], &["status"], &["verify"]] {
        ended(start(workspace.command(arguments)));
    }
}

#[rstest]
#[case::settings("rolecall.yaml")]
#[case::state("state/state.yaml")]
fn a_pipe_in_place_of_a_file_does_not_hang(#[case] path: &str) {
    let workspace = world();
    let path = workspace.path().join(path);
    std::fs::remove_file(&path).expect("the file goes");
    let made = Command::new("mkfifo")
        .arg(&path)
        .status()
        .expect("mkfifo starts");
    assert!(made.success());
    for arguments in [&["reconcile"][..], &["validate"], &["plan"]] {
        assert_ne!(ended(start(workspace.command(arguments))).code, 0);
    }
}

#[test]
fn settings_may_be_larger_than_a_request() {
    let workspace = world();
    workspace.write(
        "rolecall.yaml",
        format!("{SETTINGS}#{}\n", "x".repeat(1024 * 1024)),
    );
    workspace.reconcile();
}
