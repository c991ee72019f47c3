//! Section 3: the settings file, its defaults and its errors.

use rstest::rstest;

use crate::support::git::{merge_settings, merged_with};
use crate::support::worlds::{addition, findings, loan, matches, reduction, settings_with};
use crate::support::{SETTINGS, Workspace};

fn with_settings(settings: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("rolecall.yaml", settings);
    workspace
}

#[rstest]
#[case::unknown_key_gets_a_suggestion("limit: {removals: 3}\n", "limits")]
#[case::unknown_nested_key_gets_a_suggestion("limits: {removal: 3}\n", "removals")]
#[case::separation_names_an_unknown_role(
    "separation_of_duties:\n- {id: x, roles: [ap-clerk, ap-payee], action: deny}\n",
    "ap-payer"
)]
#[case::separation_has_an_unknown_action(
    "separation_of_duties:\n- {id: x, roles: [ap-clerk, ap-payer], action: forbid}\n",
    "deny"
)]
#[case::group_names_nobody("groups:\n  leads: [alise]\n", "alice")]
#[case::drift_is_neither_record_nor_refuse("drift: ignore\n", "record")]
#[case::pattern_is_no_regular_expression(
    "forms:\n  contractor:\n    fields:\n      ticket: {pattern: '(['}\n",
    "pattern|regular"
)]
fn a_settings_error_is_named_and_nothing_runs(#[case] more: &str, #[case] word: &str) {
    let workspace = with_settings(&settings_with(more));
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    let before = workspace.state_files();
    let report = workspace
        .run(&["validate", "--format", "json"])
        .exits(3)
        .json();
    let errors = findings(&report, "error", "rolecall.yaml");
    let first = errors.first().expect("an error about the settings");
    matches(&first.to_string(), word);
    assert!(first["line"].as_u64().expect("a line") >= 18, "{first:#}");
    workspace.run(&["reconcile"]).exits(3);
    assert_eq!(workspace.state_files(), before);
}

#[rstest]
#[case::version_two("version: 1", "version: 2")]
#[case::zone_is_an_abbreviation("America/New_York", "EST")]
#[case::zone_is_unknown("America/New_York", "America/Old_York")]
#[case::unknown_change_level("change_level: change_request", "change_level: anything")]
#[case::unknown_evidence("evidence: inline", "evidence: handshake")]
#[case::no_approval_is_needed_by_number("evidence: inline}", "evidence: inline, approvals: 0}")]
#[case::approver_is_nobody("evidence: inline}", "evidence: inline, approvers: [mallory]}")]
#[case::boolean_is_spelled_yes("enhanced: true", "enhanced: yes")]
#[case::role_id_is_impossible("  ap-clerk:", "  '-clerk':")]
fn a_wrong_value_in_the_settings_exits_3(#[case] from: &str, #[case] to: &str) {
    assert!(SETTINGS.contains(from), "{from:?} is not in the settings");
    let workspace = with_settings(&SETTINGS.replacen(from, to, 1));
    let before = workspace.state_files();
    let report = workspace
        .run(&["validate", "--format", "json"])
        .exits(3)
        .json();
    assert!(!findings(&report, "error", "rolecall.yaml").is_empty());
    workspace.run(&["reconcile"]).exits(3).says("rolecall.yaml");
    assert_eq!(workspace.state_files(), before);
}

#[rstest]
#[case::two_approvals("evidence: merge, approvals: 2", 3)]
#[case::named_approvers("evidence: merge, approvers: [alice]", 3)]
#[case::one_approval("evidence: merge, approvals: 1", 0)]
fn merge_promises_no_approvers(#[case] rule: &str, #[case] code: i32) {
    let settings = merge_settings().replacen("evidence: merge", rule, 1);
    let workspace = merged_with(&settings);
    workspace.run(&["validate"]).exits(code);
    workspace.run(&["reconcile"]).exits(code);
    let written = workspace.path().join("state/changelog").exists();
    assert_eq!(written, code == 0, "only good settings have a baseline");
}

#[test]
fn a_role_cannot_name_approvers_with_merge() {
    let role = "ap-payer: {name: A/P Payer, evidence: merge, approvals: 2}";
    let settings = merge_settings().replace("ap-payer: {name: A/P Payer}", role);
    merged_with(&settings)
        .run(&["validate"])
        .exits(3)
        .says("rolecall.yaml");
}

#[test]
fn the_default_zone_is_utc() {
    let workspace = with_settings(&SETTINGS.replace("timezone: America/New_York\n", ""));
    let request = addition("[sam.reyes]", "[ap-clerk]") + "start_date: 2026-11-30\n";
    workspace.approved("grant", &request);
    let due = workspace.status("grant")["due"].clone();
    assert_eq!(due["timezone"], "UTC");
    assert_eq!(due["utc"], "2026-11-30T00:00:00Z");
}

#[test]
fn the_settings_zone_counts_for_requests_that_name_none() {
    let workspace = Workspace::new();
    let request = addition("[sam.reyes]", "[ap-clerk]") + "start_date: 2026-11-30\n";
    workspace.approved("grant", &request);
    let due = workspace.status("grant")["due"].clone();
    assert_eq!(due["timezone"], "America/New_York");
    assert_eq!(due["utc"], "2026-11-30T05:00:00Z");
}

#[rstest]
#[case::provisioning_is_off("auto_provisioning: true", "auto_provisioning: false", false, true)]
#[case::provisioning_is_off_by_default("auto_provisioning: true, ", "", false, true)]
#[case::removal_is_off("auto_role_removal: true", "auto_role_removal: false", true, false)]
#[case::removal_is_off_by_default(", auto_role_removal: true", "", true, false)]
#[case::enhanced_is_on_by_default("enhanced: true, ", "", true, true)]
#[case::enhanced_is_off("enhanced: true", "enhanced: false", false, false)]
fn the_auto_settings_say_what_runs_by_itself(
    #[case] from: &str,
    #[case] to: &str,
    #[case] adds: bool,
    #[case] removes: bool,
) {
    let workspace = with_settings(&SETTINGS.replace(from, to));
    workspace.approved("grant", &addition("[jane.doe]", "[payroll-viewer]"));
    workspace.approved("take", &reduction("[sam.reyes]", "[vendor-admin]"));
    workspace.approved(
        "lend",
        &loan("[sam.reyes]", "[payroll-viewer]", "2026-12-01"),
    );
    workspace.reconcile();
    assert_eq!(
        workspace
            .roles("jane.doe")
            .contains(&"payroll-viewer".to_owned()),
        adds
    );
    assert_eq!(
        workspace
            .roles("sam.reyes")
            .contains(&"vendor-admin".to_owned()),
        !removes
    );
    let lent = workspace.employee("sam.reyes")["temporary"].clone();
    assert_eq!(lent.as_array().expect("a list").len(), usize::from(adds));
    for (id, automatic) in [("grant", adds), ("take", removes)] {
        let status = workspace.status(id);
        if automatic {
            assert_eq!(status["status"], "complete", "{id}");
        } else {
            assert_eq!(status["status"], "approved", "{id}");
            assert_eq!(status["waiting_for"], "manual_provisioning", "{id}");
        }
    }
}

#[test]
fn without_enhanced_changes_are_logged_under_the_older_type() {
    let workspace = with_settings(&SETTINGS.replace("enhanced: true", "enhanced: false"));
    workspace.approved("grant", &addition("[jane.doe]", "[ap-payer]"));
    workspace.reconcile();
    workspace
        .run(&["complete", "grant", "--by", "alice"])
        .exits(0);
    let log = workspace.logs().pop().expect("a log");
    assert_eq!(log["change_type"], "user_role_assignment_change");
    assert_eq!(log["compliance"], "compliant");
}

#[test]
fn log_changes_only_needs_no_approval() {
    let level = "user_onboarding: {change_level: log_changes_only";
    let settings = SETTINGS.replace("user_onboarding: {change_level: change_request", level);
    let workspace = with_settings(&settings);
    workspace.request("grant", &addition("[jane.doe]", "[ap-payer]"));
    workspace.request("take", &reduction("[sam.reyes]", "[ap-payer]"));
    workspace.reconcile();
    assert_eq!(workspace.status("grant")["status"], "complete");
    assert_eq!(workspace.status("take")["status"], "pending_approval");
}

#[test]
fn change_level_is_change_request_by_default() {
    let workspace = with_settings(&SETTINGS.replace("change_level: change_request, ", ""));
    workspace.request("grant", &addition("[jane.doe]", "[ap-payer]"));
    workspace.reconcile();
    assert_eq!(workspace.status("grant")["status"], "pending_approval");
}

#[test]
fn temporary_access_left_out_follows_user_onboarding() {
    let settings = SETTINGS
        .replace(
            "  temporary_access: {change_level: change_request, evidence: inline}\n",
            "",
        )
        .replacen(
            "change_level: change_request",
            "change_level: log_changes_only",
            1,
        );
    let workspace = with_settings(&settings);
    workspace.request("lend", &loan("[jane.doe]", "[ap-payer]", "2026-12-01"));
    workspace.reconcile();
    assert_eq!(
        workspace.employee("jane.doe")["temporary"][0]["role"],
        "ap-payer"
    );
}

#[test]
fn a_role_that_is_not_in_the_catalogue_gets_a_suggestion() {
    let workspace = Workspace::new();
    workspace.approved("grant", &addition("[jane.doe]", "[ap-payee]"));
    workspace.run(&["validate"]).exits(3).says("ap-payer");
    assert_eq!(workspace.status("grant")["status"], "invalid");
}

#[rstest]
#[case::permanently(addition("[jane.doe]", "[payroll-viewer]"), "invalid")]
#[case::for_a_time(loan("[jane.doe]", "[payroll-viewer]", "2026-12-01"), "approved")]
#[case::for_too_long(loan("[jane.doe]", "[payroll-viewer]", "2026-12-31"), "invalid")]
fn a_temporary_only_role_is_lent_for_a_bounded_time(#[case] request: String, #[case] status: &str) {
    let role =
        "payroll-viewer: {name: Payroll Viewer, temporary_only: true, max_duration_days: 14}";
    let settings = SETTINGS.replace("payroll-viewer: {name: Payroll Viewer}", role);
    let workspace = with_settings(&settings);
    workspace.approved("lend", &request);
    let code = if status == "invalid" { 3 } else { 0 };
    workspace.run(&["reconcile"]).exits(code);
    assert_eq!(workspace.status("lend")["status"], status);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk"]);
}

#[rstest]
#[case::marked("boss: {name: Boss, administrator: true}", "boss")]
#[case::by_id("ADMINISTRATOR: {name: Boss}", "ADMINISTRATOR")]
#[case::by_name("boss: {name: Administrator}", "boss")]
#[case::by_name_in_capitals("boss: {name: aDMINISTRATOR}", "boss")]
#[case::by_id_though_marked_false(
    "Administrator: {name: Boss, administrator: false}",
    "Administrator"
)]
fn an_administrator_role_is_never_added_automatically(#[case] role: &str, #[case] id: &str) {
    let settings = SETTINGS.replace("administrator: {name: Administrator}", role);
    let workspace = with_settings(&settings);
    workspace.write(
        "state/state.yaml",
        "version: 1\nemployees:\n  sam.reyes: {name: Sam Reyes, status: active, roles: []}\n",
    );
    workspace.approved(
        "grant",
        &addition("[sam.reyes]", &format!("[{id}, ap-clerk]")),
    );
    workspace.reconcile();
    assert_eq!(workspace.roles("sam.reyes"), ["ap-clerk"]);
    assert_eq!(
        workspace.status("grant")["waiting_for"],
        "manual_provisioning"
    );
}

#[rstest]
#[case::all_is_well("form: contractor\ncustom: {ticket: HR-12, agency: north}\n", true)]
#[case::required_field_is_missing("form: contractor\ncustom: {ticket: HR-12}\n", false)]
#[case::pattern_does_not_match("form: contractor\ncustom: {ticket: IT-12, agency: north}\n", false)]
#[case::value_is_not_one_of("form: contractor\ncustom: {ticket: HR-12, agency: west}\n", false)]
#[case::field_is_unknown(
    "form: contractor\ncustom: {ticket: HR-1, agency: north, x: y}\n",
    false
)]
#[case::form_is_unknown("form: contractors\ncustom: {ticket: HR-1, agency: north}\n", false)]
fn a_custom_form_is_checked(#[case] more: &str, #[case] valid: bool) {
    let workspace = with_settings(&settings_with(
        "forms:\n  contractor:\n    fields:\n      \
         ticket: {required: true, pattern: '^HR-[0-9]+$', description: HR ticket}\n      \
         agency: {required: true, one_of: [north, south]}",
    ));
    workspace.request("grant", &(addition("[sam.reyes]", "[ap-clerk]") + more));
    workspace
        .run(&["validate"])
        .exits(if valid { 0 } else { 3 });
    let status = if valid { "pending_approval" } else { "invalid" };
    assert_eq!(workspace.status("grant")["status"], status);
}

#[test]
fn the_nearest_folder_at_or_above_with_settings_is_the_repository() {
    let workspace = Workspace::new();
    let folder = workspace.path().join("requests/deep/er");
    std::fs::create_dir_all(&folder).expect("folders");
    let mut command = workspace.command(&["roles", "jane.doe", "--format", "json"]);
    let output = command
        .current_dir(&folder)
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(0));
    matches(&String::from_utf8_lossy(&output.stdout), "ap-clerk");
}

#[test]
fn dir_names_the_repository() {
    let workspace = Workspace::new();
    let elsewhere = Workspace::empty();
    assert_ne!(elsewhere.run(&["status"]).code, 0);
    let path = workspace.path().to_str().expect("UTF-8");
    let roles = elsewhere
        .run(&["--dir", path, "roles", "jane.doe"])
        .exits(0);
    matches(&roles.out, "ap-clerk");
}

#[test]
fn a_choice_of_a_form_stands_once() {
    let forms = "forms:\n  f:\n    fields:\n      agency: {one_of: [north, north]}";
    let workspace = Workspace::new();
    workspace.write("rolecall.yaml", settings_with(forms));
    workspace.run(&["validate"]).exits(3).says("twice");
}
