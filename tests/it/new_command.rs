//! Section 10: `new` writes a request file from flags named like its keys.

use rstest::rstest;

use crate::support::worlds::matches;
use crate::support::{APPROVED, Workspace};

/// The flags that every kind of request needs.
const COMMON: [&str; 6] = [
    "--name",
    "A change for Sam",
    "--change-overview",
    "HR-1204",
    "--requested-by",
    "dana",
];

/// Runs `new` and gives the path that it printed.
#[track_caller]
fn new(workspace: &Workspace, kind: &str, more: &[&str]) -> String {
    let arguments = [&["new", kind], &COMMON[..], more].concat();
    let run = workspace.run(&arguments).exits(0);
    let path = run.out.trim().to_owned();
    assert!(
        workspace.path().join(&path).is_file(),
        "{path:?} is printed"
    );
    path
}

#[rstest]
#[case::onboard("onboard", &["--affected-employees", "sam.reyes", "--affected-roles", "ap-clerk"], "role_additions")]
#[case::offboard("offboard", &["--affected-employees", "sam.reyes", "--affected-roles", "all"], "role_reductions")]
#[case::offboard_some("offboard", &["--affected-employees", "sam.reyes", "--affected-roles", "ap-payer"], "role_reductions")]
#[case::temporary("temporary", &["--affected-employees", "sam.reyes", "--affected-roles", "ap-clerk", "--end-date", "2026-12-01"], "temporary_access")]
fn a_new_request_is_valid_and_does_what_was_asked(
    #[case] kind: &str,
    #[case] flags: &[&str],
    #[case] access_type: &str,
) {
    let workspace = Workspace::new();
    let path = new(&workspace, kind, flags);
    assert!(path.starts_with("requests/"), "{path}");
    workspace.run(&["validate"]).exits(0);
    let text = workspace.read(&path);
    matches(&text, &format!("access_type: {access_type}"));
    let text = format!("{}\n{APPROVED}", text.trim_end());
    workspace.write(&path, text);
    let done = workspace.reconcile();
    assert_eq!(done["requests"][0]["access_type"], access_type);
    assert_eq!(done["requests"][0]["name"], "A change for Sam");
    assert_eq!(done["applied"].as_array().expect("a list").len(), 2);
}

#[test]
fn get_roles_fills_in_what_the_affected_employees_hold() {
    let workspace = Workspace::new();
    let flags = ["--affected-employees", "sam.reyes,jane.doe", "--get-roles"];
    let path = new(&workspace, "offboard", &flags);
    let text = workspace.read(&path);
    for role in ["ap-clerk", "ap-payer", "vendor-admin"] {
        assert!(text.contains(role), "{role} is not in {text}");
    }
    assert!(!text.contains("administrator"), "{text}");
    workspace.run(&["validate"]).exits(0);
}

#[test]
fn new_never_overwrites() {
    let workspace = Workspace::new();
    let flags = [
        "--affected-employees",
        "sam.reyes",
        "--affected-roles",
        "ap-clerk",
    ];
    let path = new(&workspace, "onboard", &flags);
    let before = "# mine\n".to_owned() + &workspace.read(&path);
    workspace.write(&path, &before);
    let arguments = [&["new", "onboard"], &COMMON[..], &flags[..]].concat();
    let second = workspace.run(&arguments);
    assert_eq!(workspace.read(&path), before);
    assert!(second.code == 3 || second.out.trim() != path, "{second:?}");
}

#[test]
fn text_from_flags_cannot_change_the_documents_form() {
    let workspace = Workspace::new();
    let arguments = [
        "new",
        "onboard",
        "--name",
        "x\ndraft: true",
        "--change-overview",
        "a: b # c",
        "--requested-by",
        "dana",
        "--affected-employees",
        "sam.reyes",
        "--affected-roles",
        "ap-clerk",
    ];
    let run = workspace.run(&arguments);
    if run.code == 0 {
        let status = workspace.run(&["status", "--format", "json"]).json();
        assert_eq!(status["requests"][0]["status"], "pending_approval");
    } else {
        run.exits(3);
    }
}

#[rstest]
#[case::unknown_role(&["--affected-employees", "sam.reyes", "--affected-roles", "ap-clark"], "ap-clerk")]
#[case::unknown_employee(&["--affected-employees", "sam.reyez", "--affected-roles", "ap-clerk"], "sam.reyes")]
fn new_refuses_what_validate_would_refuse(#[case] flags: &[&str], #[case] word: &str) {
    let workspace = Workspace::new();
    let arguments = [&["new", "onboard"], &COMMON[..], flags].concat();
    workspace.run(&arguments).exits(3).says(word);
    let left = std::fs::read_dir(workspace.path().join("requests"))
        .expect("a folder")
        .count();
    assert_eq!(left, 0, "no file is written");
}

#[rstest]
#[case::no_kind(&["new"])]
#[case::unknown_kind(&["new", "offbord"])]
fn new_needs_a_kind(#[case] arguments: &[&str]) {
    Workspace::new().run(arguments).exits(64);
}

#[test]
fn new_does_not_write_through_a_link() {
    let workspace = Workspace::new();
    std::fs::create_dir(workspace.path().join("elsewhere")).expect("a folder");
    let link = workspace.path().join("requests/2026");
    std::os::unix::fs::symlink("../elsewhere", link).expect("a link");
    let flags = [
        "--affected-employees",
        "sam.reyes",
        "--affected-roles",
        "ap-clerk",
    ];
    let arguments = [
        &["new", "onboard"],
        &COMMON[..],
        &flags,
        &["--folder", "2026"],
    ]
    .concat();
    let run = workspace.run(&arguments).exits(3);
    run.says("no plain folder").says("links are not followed");
    let left = std::fs::read_dir(workspace.path().join("elsewhere"));
    assert_eq!(left.expect("a folder").count(), 0, "no file is written");
}

#[rstest]
#[case::over("2026-11-19", true)]
#[case::to_come("2026-12-01", false)]
fn a_loan_that_is_over_already_is_written_with_a_warning(#[case] end: &str, #[case] warns: bool) {
    let workspace = Workspace::new();
    let flags = [
        &["--now", "2026-11-20T12:00:00Z", "new", "temporary"],
        &COMMON[..],
        &["--affected-employees", "sam.reyes", "--affected-roles"],
        &["ap-clerk", "--end-date", end],
    ];
    let run = workspace.run(&flags.concat()).exits(0);
    assert!(workspace.path().join(run.out.trim()).is_file());
    assert_eq!(run.err.contains("warning[RC204]"), warns, "{}", run.err);
}
