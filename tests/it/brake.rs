//! Section 8: the mass-change brake.

use std::collections::BTreeSet;

use rstest::rstest;

use crate::support::worlds::{addition, loan, matches, reduction, settings_with};
use crate::support::{STATE, Workspace};

/// Employees `e000`, `e001`, … who each hold all of these roles.
fn state_of(employees: usize, roles: &[&str]) -> String {
    let mut text = "version: 1\nemployees:\n".to_owned();
    for number in 0..employees {
        let roles = roles.join(", ");
        text += &format!("  e{number:03}: {{name: E{number}, status: active, roles: [{roles}]}}\n");
    }
    text
}

fn list(employees: std::ops::Range<usize>) -> String {
    let ids: Vec<String> = employees.map(|number| format!("e{number:03}")).collect();
    format!("[{}]", ids.join(", "))
}

fn world(limits: &str, state: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("rolecall.yaml", settings_with(limits));
    workspace.write("state/state.yaml", state);
    workspace
}

/// Asserts that reconcile is refused with nothing written, and that the digest lets it through.
fn is_braked_until_confirmed(workspace: &Workspace) {
    let before = workspace.state_files();
    let plan = workspace.run(&["plan", "--format", "json"]).exits(0).json();
    assert!(
        plan["brake"].is_object() || plan["brake"].is_array(),
        "{plan:#}"
    );
    let digest = plan["digest"].as_str().expect("a digest");
    workspace.run(&["reconcile"]).exits(4).says(digest);
    assert_eq!(workspace.state_files(), before);
    workspace.run(&["reconcile", "--confirm", digest]).exits(0);
    assert_ne!(workspace.state_files(), before);
}

#[rstest]
#[case::at_the_limit_of_removals("limits: {removals: 2}", false)]
#[case::over_the_limit_of_removals("limits: {removals: 1}", true)]
#[case::at_the_limit_of_inactivations("limits: {inactivations: 1}", false)]
#[case::over_the_limit_of_inactivations("limits: {inactivations: 0}", true)]
fn over_a_limit_nothing_is_written_until_confirmed(#[case] limits: &str, #[case] over: bool) {
    let workspace = world(limits, STATE);
    let request = reduction("[sam.reyes]", "all") + "inactivate_after_removal: true\n";
    workspace.approved("offboard", &request);
    if over {
        is_braked_until_confirmed(&workspace);
    } else {
        workspace.reconcile();
    }
    assert_eq!(workspace.status("offboard")["status"], "complete");
    assert_eq!(workspace.employee("sam.reyes")["status"], "inactive");
}

#[rstest]
#[case::at_25_percent_of_forty(40, 10, "", false)]
#[case::over_25_percent_of_forty(40, 11, "", true)]
#[case::few_of_few(4, 2, "", false)]
#[case::other_share(40, 11, "limits: {removal_percent: 30}", false)]
#[case::over_another_share(40, 13, "limits: {removal_percent: 30}", true)]
fn the_share_of_all_held_roles_is_limited(
    #[case] held: usize,
    #[case] removed: usize,
    #[case] limits: &str,
    #[case] over: bool,
) {
    let workspace = world(limits, &state_of(held, &["ap-clerk"]));
    workspace.approved("take", &reduction(&list(0..removed), "[ap-clerk]"));
    if over {
        is_braked_until_confirmed(&workspace);
    } else {
        workspace.reconcile();
    }
    assert_eq!(workspace.status("take")["status"], "complete");
}

#[rstest]
#[case::fifty(50, false)]
#[case::fifty_one(51, true)]
fn fifty_inactivations_are_the_default(#[case] leavers: usize, #[case] over: bool) {
    let workspace = world("", &state_of(300, &["ap-clerk"]));
    let request = reduction(&list(0..leavers), "all") + "inactivate_after_removal: true\n";
    workspace.approved("offboard", &request);
    let code = if over { 4 } else { 0 };
    workspace.run(&["reconcile"]).exits(code);
    let employee = workspace.employee("e049");
    assert_eq!(employee["status"] == "inactive", !over);
}

#[rstest]
#[case::five_hundred(250, false)]
#[case::more_than_five_hundred(251, true)]
fn five_hundred_removals_are_the_default(#[case] employees: usize, #[case] over: bool) {
    let roles = ["ap-clerk", "ap-payer"];
    let workspace = world("", &state_of(1010, &roles));
    workspace.approved(
        "take",
        &reduction(&list(0..employees), "[ap-clerk, ap-payer]"),
    );
    let code = if over { 4 } else { 0 };
    workspace.run(&["reconcile", "--dry-run"]).exits(0);
    workspace.run(&["reconcile", "--max-runs", "1"]).exits(code);
    assert_eq!(workspace.roles("e000").is_empty(), !over);
}

#[test]
fn the_brake_judges_all_requests_together() {
    let workspace = world("limits: {removals: 1}", STATE);
    workspace.approved("one", &reduction("[sam.reyes]", "[ap-payer]"));
    workspace.approved("two", &reduction("[jane.doe]", "[ap-clerk]"));
    is_braked_until_confirmed(&workspace);
}

#[test]
fn additions_are_never_braked() {
    let workspace = world(
        "limits: {removals: 0, removal_percent: 0, inactivations: 0}",
        STATE,
    );
    workspace.approved(
        "grant",
        &addition("[sam.reyes]", "[ap-clerk, payroll-viewer]"),
    );
    workspace.reconcile();
}

#[test]
fn max_runs_does_not_shrink_the_plan_that_is_judged() {
    let workspace = world("limits: {removals: 15}", &state_of(100, &["ap-clerk"]));
    workspace.approved("take", &reduction(&list(0..16), "[ap-clerk]"));
    let before = workspace.state_files();
    workspace.run(&["reconcile", "--max-runs", "1"]).exits(4);
    assert_eq!(workspace.state_files(), before);
}

#[test]
fn ends_of_temporary_access_count_too() {
    let mut workspace = world("limits: {removals: 0}", STATE);
    workspace.approved("lend", &loan("[sam.reyes]", "[ap-clerk]", "2026-11-24"));
    workspace.reconcile();
    workspace.at("2026-11-26T00:00:00Z");
    is_braked_until_confirmed(&workspace);
    assert_eq!(
        workspace.employee("sam.reyes")["temporary"].to_string(),
        "[]"
    );
}

#[test]
fn drift_counts_too() {
    let workspace = world("limits: {removals: 0}", STATE);
    workspace.reconcile();
    let state = workspace.read("state/state.yaml");
    assert!(state.contains("    - vendor-admin\n"), "{state}");
    workspace.write(
        "state/state.yaml",
        state.replace("    - vendor-admin\n", ""),
    );
    is_braked_until_confirmed(&workspace);
    assert_eq!(workspace.logs().len(), 2);
}

#[rstest]
#[case::under_the_limits("")]
#[case::over_the_limits("limits: {removals: 0}")]
fn another_digest_exits_4(#[case] limits: &str) {
    let workspace = world(limits, STATE);
    workspace.approved("take", &reduction("[sam.reyes]", "[ap-payer]"));
    let digest = workspace.plan()["digest"]
        .as_str()
        .expect("a digest")
        .to_owned();
    let before = workspace.state_files();
    for wrong in [
        digest.replace(['1', '2', '3', '4'], "0"),
        "sha256:00".to_owned(),
    ] {
        workspace.run(&["reconcile", "--confirm", &wrong]).exits(4);
        assert_eq!(workspace.state_files(), before);
    }
    workspace.approved("more", &reduction("[sam.reyes]", "[vendor-admin]"));
    workspace.run(&["reconcile", "--confirm", &digest]).exits(4);
    assert_eq!(workspace.state_files(), before);
}

#[test]
fn the_right_digest_is_fine_under_the_limits_too() {
    let workspace = world("", STATE);
    workspace.approved("take", &reduction("[sam.reyes]", "[ap-payer]"));
    let digest = workspace.plan()["digest"]
        .as_str()
        .expect("a digest")
        .to_owned();
    workspace.run(&["reconcile", "--confirm", &digest]).exits(0);
    assert_eq!(workspace.roles("sam.reyes"), ["vendor-admin"]);
}

#[test]
fn the_digest_covers_what_would_be_done_not_when_it_is_asked() {
    let mut workspace = world("limits: {removals: 0}", STATE);
    workspace.approved("take", &reduction("[sam.reyes]", "[ap-payer]"));
    let first = workspace.plan()["digest"].clone();
    workspace.at("2026-11-23T15:30:00Z");
    let second = workspace.plan()["digest"].clone();
    assert_eq!(first, second);
    matches(&first.to_string(), "[0-9a-f]{16}");
    workspace.approved("more", &addition("[sam.reyes]", "[ap-clerk]"));
    assert_ne!(workspace.plan()["digest"], second);
}

#[test]
fn the_digest_covers_each_detail_that_a_hand_has_changed() {
    let workspace = world("", STATE);
    workspace.reconcile();
    let state = workspace.read("state/state.yaml");
    let added = "  new.one:\n    name: New One\n    status: active\n    roles: []\n";
    let edits = [
        ("name: Jane Doe", "name: Jane Dough".to_owned()),
        ("name: Jane Doe", "name: Jane Dow".to_owned()),
        ("jane.doe@acme.example", "jd@acme.example".to_owned()),
        ("jane.doe@acme.example", "j@acme.example".to_owned()),
        ("  root.admin:\n", format!("{added}  root.admin:\n")),
        (
            "  root.admin:\n",
            format!("{}  root.admin:\n", added.replace("active", "inactive")),
        ),
    ];
    let digests: BTreeSet<String> = edits
        .iter()
        .map(|(from, to)| {
            workspace.write("state/state.yaml", &state);
            workspace.edit("state/state.yaml", from, to);
            workspace.plan()["digest"].to_string()
        })
        .collect();
    assert_eq!(digests.len(), edits.len());
}

#[test]
fn a_plan_under_the_limits_names_nothing_exceeded() {
    let workspace = world("", STATE);
    workspace.approved("take", &reduction("[sam.reyes]", "[ap-payer]"));
    let brake = workspace.plan()["brake"].to_string();
    assert!(["null", "[]", "{}"].contains(&brake.as_str()), "{brake}");
}

#[test]
fn a_braked_reconcile_still_prints_json_alone() {
    let workspace = world("limits: {removals: 0}", STATE);
    workspace.approved("take", &reduction("[sam.reyes]", "[ap-payer]"));
    let run = workspace.run(&["reconcile", "--format", "json"]).exits(4);
    assert!(run.out.is_empty() || run.json().is_object());
    assert!(!run.err.is_empty() || run.out.contains("digest"));
}
