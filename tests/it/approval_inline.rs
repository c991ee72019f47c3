//! Section 6 with evidence `inline`: who may approve, how many, rejection and lapse.

use rstest::rstest;

use crate::support::worlds::{addition, loan, matches, reduction};
use crate::support::{SETTINGS, Workspace, strings};

const ALICE: &str = "- {by: alice, decision: approve, at: 2026-11-22T10:00:00Z}\n";
const BOB: &str = "- {by: bob, decision: approve, at: 2026-11-22T11:00:00Z}\n";
const DANA: &str = "- {by: dana, decision: approve, at: 2026-11-22T12:00:00Z}\n";
const ALICE_AGAIN: &str = "- {by: alice, decision: approve, at: 2026-11-22T13:00:00Z}\n";
const ALICE_REJECTS: &str = "- {by: alice, decision: reject, at: 2026-11-22T12:30:00Z}\n";
const BOB_REJECTS: &str = "- {by: bob, decision: reject, at: 2026-11-22T12:40:00Z}\n";
const BOB_LATER: &str = "- {by: bob, decision: approve, at: 2026-11-22T14:00:00Z}\n";

/// Settings with Bob as a third person, and a rule for additions.
fn settings(rule: &str, more: &str) -> String {
    let bob = "people:\n  bob: {name: Bob Lee, email: bob@acme.example, employee: jane.doe}\n";
    let settings = SETTINGS.replacen("evidence: inline", &format!("evidence: inline{rule}"), 1);
    format!("{}{more}\n", settings.replace("people:\n", bob))
}

fn world(rule: &str, more: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("rolecall.yaml", settings(rule, more));
    workspace
}

fn status_with(workspace: &Workspace, approvals: &str) -> String {
    let request = addition("[sam.reyes]", "[ap-clerk]");
    workspace.request("grant", &format!("{request}approvals:\n{approvals}"));
    status_of_grant(workspace)
}

/// The status before a reconcile; asserts that the reconcile agrees with it.
fn status_of_grant(workspace: &Workspace) -> String {
    let status = workspace.status("grant")["status"].clone();
    workspace.run(&["reconcile"]);
    let held = workspace
        .roles("sam.reyes")
        .contains(&"ap-clerk".to_owned());
    assert_eq!(held, status == "approved", "{status}");
    status.as_str().expect("a text").to_owned()
}

#[rstest]
#[case::nobody("", "pending_approval")]
#[case::one_of_one(ALICE, "approved")]
#[case::requester(DANA, "pending_approval")]
#[case::requester_and_another(&[DANA, ALICE].concat(), "approved")]
#[case::rejection(ALICE_REJECTS, "rejected")]
#[case::rejection_after_approval(&[ALICE, ALICE_REJECTS].concat(), "rejected")]
#[case::rejection_wins_over_another(&[ALICE, BOB_REJECTS].concat(), "rejected")]
#[case::rejection_wins_over_a_later_other(&[ALICE_REJECTS, BOB_LATER].concat(), "rejected")]
#[case::rejection_until_that_person_approves(&[ALICE_REJECTS, ALICE_AGAIN].concat(), "approved")]
#[case::order_is_of_time_not_of_lines(&[ALICE_AGAIN, ALICE_REJECTS].concat(), "approved")]
fn any_of_people_approves_by_default(#[case] approvals: &str, #[case] expected: &str) {
    let workspace = world("", "");
    if approvals.is_empty() {
        workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
        assert_eq!(status_of_grant(&workspace), expected);
    } else {
        assert_eq!(status_with(&workspace, approvals), expected);
    }
}

#[rstest]
#[case::none_yet(DANA, "pending_approval")]
#[case::one_of_two(ALICE, "partially_approved")]
#[case::two_of_two(&[ALICE, BOB].concat(), "approved")]
#[case::one_person_counts_once(&[ALICE, ALICE_AGAIN].concat(), "partially_approved")]
#[case::requester_is_not_the_second(&[ALICE, DANA].concat(), "partially_approved")]
#[case::rejection(&[ALICE, BOB, BOB_REJECTS].concat(), "rejected")]
fn two_approvals_come_from_two_people(#[case] approvals: &str, #[case] expected: &str) {
    let workspace = world(", approvals: 2", "");
    assert_eq!(status_with(&workspace, approvals), expected);
}

#[rstest]
#[case::outsider(BOB, "pending_approval")]
#[case::named(ALICE, "approved")]
#[case::rejection_of_an_outsider_counts_for_nothing(&[ALICE, BOB_REJECTS].concat(), "approved")]
#[case::rejection_of_an_outsider_alone(BOB_REJECTS, "pending_approval")]
#[case::rejection_of_the_requester_counts_for_nothing(
    "- {by: dana, decision: reject, at: 2026-11-22T12:00:00Z}\n",
    "pending_approval"
)]
fn only_approvers_decide(#[case] approvals: &str, #[case] expected: &str) {
    for (rule, more) in [
        (", approvers: [alice]", ""),
        (", approvers: [security]", "groups: {security: [alice]}"),
    ] {
        assert_eq!(
            status_with(&world(rule, more), approvals),
            expected,
            "{rule}"
        );
    }
}

#[rstest]
#[case::switched_off("approval: {block_own: false}", "dana", "approved")]
#[case::switched_on("approval: {block_own: true}", "dana", "pending_approval")]
#[case::on_by_default("", "dana", "pending_approval")]
#[case::also_by_address("", "dana@acme.example", "pending_approval")]
fn nobody_approves_their_own_request(
    #[case] more: &str,
    #[case] requester: &str,
    #[case] expected: &str,
) {
    let workspace = world("", more);
    let request = addition("[sam.reyes]", "[ap-clerk]")
        .replace("requested_by: dana", &format!("requested_by: {requester}"));
    workspace.request("grant", &format!("{request}approvals:\n{DANA}"));
    assert_eq!(status_of_grant(&workspace), expected);
}

#[rstest]
#[case::affected("[jane.doe, sam.reyes]", "pending_approval")]
#[case::not_affected("[sam.reyes]", "approved")]
fn an_affected_employee_approves_nothing(#[case] employees: &str, #[case] expected: &str) {
    let workspace = world("", "");
    let request = addition(employees, "[ap-clerk]");
    workspace.request("grant", &format!("{request}approvals:\n{BOB}"));
    assert_eq!(status_of_grant(&workspace), expected);
}

#[test]
fn an_affected_employee_approves_nothing_though_found_through_holders() {
    let workspace = world("", "");
    let request = reduction("holders", "[ap-clerk]");
    workspace.request("take", &format!("{request}approvals:\n{BOB}"));
    workspace.reconcile();
    assert_eq!(workspace.status("take")["status"], "pending_approval");
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk"]);
}

#[test]
fn with_nobody_eligible_the_request_stays_pending() {
    let workspace = world(", approvers: [dana]", "");
    assert_eq!(
        status_with(&workspace, &[DANA, ALICE, BOB].concat()),
        "pending_approval"
    );
}

#[test]
fn an_approval_in_the_future_does_not_count_yet() {
    let mut workspace = world("", "");
    let later = "- {by: alice, decision: approve, at: 2026-11-23T12:00:01Z}\n";
    assert_eq!(status_with(&workspace, later), "pending_approval");
    workspace.at("2026-11-23T12:00:01Z");
    assert_eq!(workspace.status("grant")["status"], "approved");
}

#[rstest]
#[case::unknown_person("- {by: mallory, decision: approve, at: 2026-11-22T10:00:00Z}\n")]
#[case::person_in_another_case("- {by: ALICE, decision: approve, at: 2026-11-22T10:00:00Z}\n")]
#[case::unknown_decision("- {by: alice, decision: approved, at: 2026-11-22T10:00:00Z}\n")]
#[case::no_moment("- {by: alice, decision: approve}\n")]
#[case::local_moment("- {by: alice, decision: approve, at: 2026-11-22T10:00:00}\n")]
fn a_malformed_approval_approves_nothing(#[case] approvals: &str) {
    assert_ne!(status_with(&world("", ""), approvals), "approved");
}

#[test]
fn an_empty_list_of_approvals_is_an_error() {
    let workspace = world("", "");
    workspace.request(
        "grant",
        &(addition("[sam.reyes]", "[ap-clerk]") + "approvals: []\n"),
    );
    workspace.run(&["validate"]).exits(3).says("grant.yaml");
    assert_eq!(status_of_grant(&workspace), "invalid");
}

#[rstest]
#[case::neither("- {by: dana, decision: approve, at: 2026-11-22T10:00:00Z}\n", false)]
#[case::only_the_control(ALICE, false)]
#[case::both(&[ALICE, BOB].concat(), true)]
fn a_roles_own_rule_is_met_besides_the_controls(#[case] approvals: &str, #[case] runs: bool) {
    let role = "ap-clerk: {name: A/P Clerk, evidence: inline, approvals: 1, approvers: [bob]}";
    let text = settings(", approvers: [alice]", "").replace("ap-clerk: {name: A/P Clerk}", role);
    let workspace = Workspace::new();
    workspace.write("rolecall.yaml", text);
    let status = status_with(&workspace, approvals);
    assert_eq!(status == "approved", runs, "{status}");
}

#[test]
fn a_roles_own_rule_alone_is_not_enough() {
    let role = "ap-clerk: {name: A/P Clerk, evidence: inline, approvers: [bob]}";
    let text = settings(", approvers: [alice]", "").replace("ap-clerk: {name: A/P Clerk}", role);
    let workspace = Workspace::new();
    workspace.write("rolecall.yaml", text);
    assert_ne!(status_with(&workspace, BOB), "approved");
}

#[test]
fn a_roles_own_rule_counts_also_where_all_touches_the_role() {
    let role = "vendor-admin: {name: Vendor Admin, evidence: inline, approvers: [bob]}";
    let text = settings("", "").replace("vendor-admin: {name: Vendor Admin}", role);
    let workspace = Workspace::new();
    workspace.write("rolecall.yaml", text);
    workspace.approved("take", &reduction("[sam.reyes]", "all"));
    workspace.reconcile();
    assert_ne!(workspace.status("take")["status"], "complete");
    assert_eq!(workspace.roles("sam.reyes"), ["ap-payer", "vendor-admin"]);
}

#[rstest]
#[case::signature("evidence: signature")]
#[case::forge("evidence: forge")]
fn inline_approvals_do_not_stand_for_stronger_evidence(#[case] evidence: &str) {
    let workspace = Workspace::new();
    workspace.write(
        "rolecall.yaml",
        SETTINGS.replace("evidence: inline", evidence),
    );
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.run(&["reconcile"]);
    assert_ne!(workspace.status("grant")["status"], "approved");
    assert_eq!(workspace.roles("sam.reyes"), ["ap-payer", "vendor-admin"]);
}

#[rstest]
#[case::addition(addition("[sam.reyes]", "[ap-clerk]"), "pending_approval")]
#[case::loan(loan("[sam.reyes]", "[ap-clerk]", "2027-06-01"), "pending_approval")]
#[case::reduction(reduction("[sam.reyes]", "[ap-payer]"), "approved")]
fn an_unused_approval_lapses_but_not_of_a_reduction(#[case] request: String, #[case] after: &str) {
    let mut workspace = world("", "approval: {valid_for_days: 90}");
    workspace.approved("grant", &request);
    workspace.at("2027-02-20T10:00:00Z");
    assert_eq!(workspace.status("grant")["status"], "approved");
    workspace.at("2027-02-20T10:00:01Z");
    assert_eq!(workspace.status("grant")["status"], after);
}

#[test]
fn a_rejection_does_not_lapse() {
    let mut workspace = world("", "approval: {valid_for_days: 90}");
    let rejection = "approvals:\n- {by: alice, decision: reject, at: 2026-11-22T10:00:00Z}\n";
    workspace.request(
        "grant",
        &(addition("[sam.reyes]", "[ap-clerk]") + rejection),
    );
    workspace.at("2036-11-22T10:00:00Z");
    assert_eq!(workspace.status("grant")["status"], "rejected");
}

#[test]
fn approvals_never_lapse_by_default() {
    let mut workspace = world("", "");
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    workspace.at("2036-11-22T10:00:00Z");
    assert_eq!(workspace.status("grant")["status"], "approved");
}

#[test]
fn a_lapse_counts_from_the_oldest_approval_that_is_needed() {
    let mut workspace = world(", approvals: 2", "approval: {valid_for_days: 90}");
    let request = addition("[sam.reyes]", "[ap-clerk]") + "start_date: 2027-03-30\n";
    let late = "- {by: bob, decision: approve, at: 2026-12-30T10:00:00Z}\n";
    workspace.request("grant", &format!("{request}approvals:\n{ALICE}{late}"));
    workspace.at("2027-02-20T09:00:00Z");
    assert_eq!(workspace.status("grant")["status"], "approved");
    workspace.at("2027-02-21T10:00:00Z");
    assert_ne!(workspace.status("grant")["status"], "approved");
}

#[test]
fn a_lapse_counts_only_before_the_first_run() {
    let text = settings("", "approval: {valid_for_days: 1}");
    let many: Vec<String> = (0..16)
        .map(|n| format!("{{id: e{n:02}, name: E{n:02}}}"))
        .collect();
    let mut workspace = Workspace::new();
    workspace.write("rolecall.yaml", text);
    workspace.at("2026-11-22T12:00:00Z");
    workspace.approved(
        "grant",
        &addition(&format!("[{}]", many.join(", ")), "[ap-clerk]"),
    );
    workspace.run(&["reconcile", "--max-runs", "1"]).exits(0);
    workspace.at("2026-11-25T12:00:00Z");
    assert_eq!(workspace.status("grant")["waiting_for"], "runs");
    workspace.reconcile();
    assert_eq!(workspace.status("grant")["status"], "complete");
}

#[test]
fn a_request_without_a_date_is_due_when_its_last_needed_approval_was_given() {
    let workspace = world(", approvals: 2", "");
    let request = addition("[sam.reyes]", "[ap-clerk]");
    workspace.request("grant", &format!("{request}approvals:\n{BOB}{ALICE}"));
    assert_eq!(
        workspace.status("grant")["due"]["utc"],
        "2026-11-22T11:00:00Z"
    );
    workspace.reconcile();
    let log = workspace.logs().pop().expect("a log");
    assert_eq!(log["schedule"]["utc"], "2026-11-22T11:00:00Z");
    assert_eq!(log["schedule"]["lateness_seconds"], 25 * 3600);
}

#[test]
fn status_and_log_say_who_approved_and_that_it_is_only_claimed() {
    let workspace = world("", "");
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    let approval = workspace.status("grant")["approval"].clone();
    assert_eq!(approval["required"], 1);
    assert_eq!(strings(&approval["given"]), ["alice"]);
    assert_eq!(approval["evidence"], "inline");
    assert_eq!(approval["assurance"], "claimed");
    workspace.reconcile();
    let log = workspace.logs().pop().expect("a log");
    let given = &log["approvals"][0];
    assert_eq!(given["person"], "alice");
    assert_eq!(given["decision"], "approve");
    assert_eq!(given["at"], "2026-11-22T10:00:00Z");
    assert_eq!(given["evidence"], "inline");
    assert_eq!(given["assurance"], "claimed");
}

#[test]
fn inline_says_that_it_cannot_bind_content() {
    let workspace = world("", "");
    workspace.approved("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    let report = workspace
        .run(&["validate", "--format", "json"])
        .exits(0)
        .json();
    let notes = report["findings"].to_string();
    matches(&notes, "inline");
    assert!(!notes.contains("\"error\""), "{notes}");
}

#[rstest]
#[case::draft("draft: true\n", "not_started")]
#[case::cancelled("cancelled: no longer needed\n", "cancelled")]
fn an_approved_request_that_is_not_live_does_not_run(#[case] more: &str, #[case] status: &str) {
    let workspace = world("", "");
    workspace.approved("grant", &(addition("[sam.reyes]", "[ap-clerk]") + more));
    assert_eq!(status_of_grant(&workspace), status);
    assert_eq!(workspace.status("grant")["status"], status);
}
