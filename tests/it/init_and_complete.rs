//! Section 10: `init` starts a repository, `complete` records what a person did.

use std::fs;

use rstest::rstest;

use crate::support::worlds::{addition, reduction, with_four_logs};
use crate::support::{SETTINGS, Workspace};

#[test]
fn init_makes_a_repository_that_validates() {
    let workspace = Workspace::empty();
    workspace.run(&["init"]).exits(0);
    for path in ["rolecall.yaml", "requests", "state", ".gitignore"] {
        assert!(workspace.path().join(path).exists(), "{path}");
    }
    assert!(workspace.read(".gitignore").contains(".rolecall"));
    let examples = fs::read_dir(workspace.path().join("requests"))
        .expect("a folder")
        .count();
    assert!(examples > 0, "an example request");
    workspace.run(&["validate"]).exits(0);
    workspace.run(&["plan"]).exits(0);
}

#[test]
fn init_uses_merge_in_git_and_inline_elsewhere() {
    let plain = Workspace::empty();
    plain.run(&["init"]).exits(0);
    assert!(plain.read("rolecall.yaml").contains("evidence: inline"));
    let in_git = Workspace::empty();
    in_git.git(&["init", "--quiet", "--initial-branch=main"]);
    in_git.run(&["init"]).exits(0);
    let settings = in_git.read("rolecall.yaml");
    assert!(settings.contains("evidence: merge"), "{settings}");
    in_git.git_commit("Start");
    in_git.run(&["reconcile"]).exits(0);
}

#[test]
fn init_takes_a_folder() {
    let workspace = Workspace::empty();
    workspace.run(&["init", "new/access"]).exits(0);
    assert!(workspace.path().join("new/access/rolecall.yaml").is_file());
}

#[rstest]
#[case::settings("rolecall.yaml", 3)]
#[case::ignore_file(".gitignore", 0)]
fn init_never_overwrites(#[case] path: &str, #[case] code: i32) {
    let workspace = Workspace::empty();
    workspace.write(path, "# mine\n");
    workspace.run(&["init"]).exits(code);
    assert!(workspace.read(path).starts_with("# mine\n"));
    assert_eq!(workspace.path().join("requests").exists(), code == 0);
}

#[test]
fn a_second_init_changes_nothing() {
    let workspace = Workspace::empty();
    workspace.run(&["init"]).exits(0);
    let before = (workspace.read("rolecall.yaml"), workspace.state_files());
    workspace.run(&["init"]).exits(3);
    assert_eq!(
        (workspace.read("rolecall.yaml"), workspace.state_files()),
        before
    );
}

#[test]
fn complete_records_what_a_person_did() {
    let workspace = Workspace::new();
    workspace.write(
        "rolecall.yaml",
        SETTINGS.replace("auto_provisioning: true, ", ""),
    );
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.reconcile();
    assert_eq!(workspace.roles("sam.reyes"), ["ap-payer", "vendor-admin"]);
    workspace
        .run(&["complete", "grant", "--by", "alice"])
        .exits(0);
    assert_eq!(
        workspace.roles("sam.reyes"),
        ["ap-clerk", "ap-payer", "vendor-admin"]
    );
    assert_eq!(workspace.status("grant")["status"], "complete");
    let log = workspace.logs().pop().expect("a log");
    assert_eq!(log["actor"]["kind"], "person");
    assert_eq!(log["actor"]["name"], "alice");
    assert_eq!(log["compliance"], "compliant");
}

#[test]
fn complete_does_the_administrators_part() {
    let workspace = Workspace::new();
    workspace.approved("grant", &addition("[sam.reyes]", "[administrator]"));
    workspace.reconcile();
    assert_eq!(
        workspace.status("grant")["waiting_for"],
        "manual_provisioning"
    );
    workspace
        .run(&["complete", "grant", "--by", "alice"])
        .exits(0);
    assert_eq!(
        workspace.roles("sam.reyes"),
        ["administrator", "ap-payer", "vendor-admin"]
    );
}

#[rstest]
#[case::not_approved(&addition("[sam.reyes]", "[ap-clerk]"), false, "alice")]
#[case::not_due(&(addition("[sam.reyes]", "[ap-clerk]") + "start_date: 2026-11-30\n"), true, "alice")]
#[case::cancelled(&(addition("[sam.reyes]", "[ap-clerk]") + "cancelled: no\n"), true, "alice")]
#[case::invalid(&addition("[sam.reyes]", "[nothing]"), true, "alice")]
#[case::by_nobody_known(&addition("[sam.reyes]", "[ap-clerk]"), true, "mallory")]
#[case::last_administrator(&reduction("[root.admin]", "[administrator]"), true, "alice")]
fn a_refused_complete_exits_3_and_writes_nothing(
    #[case] request: &str,
    #[case] approved: bool,
    #[case] person: &str,
) {
    let workspace = Workspace::new();
    let by_hand = "auto_provisioning: false, auto_role_removal: false";
    let settings = SETTINGS.replace("auto_provisioning: true, auto_role_removal: true", by_hand);
    workspace.write("rolecall.yaml", settings);
    workspace.reconcile();
    if approved {
        workspace.approved("grant", request);
    } else {
        workspace.request("grant", request);
    }
    let before = workspace.state_files();
    workspace
        .run(&["complete", "grant", "--by", person])
        .exits(3);
    assert_eq!(workspace.state_files(), before);
}

#[test]
fn complete_of_a_finished_request_exits_3() {
    let workspace = with_four_logs();
    let before = workspace.state_files();
    workspace
        .run(&["complete", "a-first", "--by", "alice"])
        .exits(3);
    assert_eq!(workspace.state_files(), before);
}

#[test]
fn complete_cuts_into_runs() {
    let workspace = Workspace::new();
    workspace.write(
        "rolecall.yaml",
        SETTINGS.replace("auto_provisioning: true, ", ""),
    );
    let many: Vec<String> = (0..16)
        .map(|n| format!("{{id: e{n:02}, name: E}}"))
        .collect();
    workspace.approved(
        "many",
        &addition(&format!("[{}]", many.join(", ")), "[ap-clerk]"),
    );
    workspace.reconcile();
    workspace
        .run(&["complete", "many", "--by", "alice"])
        .exits(0);
    let logs = workspace.logs();
    assert_eq!(logs.len(), 3, "the baseline and two runs");
    assert_eq!(logs[1]["run"]["number"], 1);
    assert_eq!(logs[2]["run"]["of"], 2);
    assert_eq!(workspace.status("many")["status"], "complete");
}

#[test]
fn complete_keeps_separation_of_duties() {
    let workspace = Workspace::new();
    let rule = "separation_of_duties:\n- {id: x, roles: [ap-clerk, ap-payer], action: deny}\n";
    let settings = SETTINGS.replace("auto_provisioning: true, ", "");
    workspace.write("rolecall.yaml", format!("{settings}{rule}"));
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.reconcile();
    assert_ne!(
        workspace.run(&["complete", "grant", "--by", "alice"]).code,
        0
    );
    assert_eq!(workspace.roles("sam.reyes"), ["ap-payer", "vendor-admin"]);
}
