//! Requests that testers broke: approval in time, changes between runs, retries, runs taken one by one.

use rstest::rstest;
use serde_json::Value;

use crate::support::Workspace;
use crate::support::shapes::{
    addition, applied, borrowed, left_out, list, numbered, reduction, request, temporary,
};

/// Sixteen employees, whose change takes two runs, the first of which is done.
#[track_caller]
fn begun(held: usize, text: &str) -> Workspace {
    let workspace = Workspace::wide(16, 2, held);
    workspace.approved("big", text);
    one_run(&workspace);
    workspace.stands("big", "approved", Some("runs"));
    workspace
}

/// The addition of `r01` to all of them.
fn big() -> String {
    addition(&borrowed(&numbered("e", 16)), &["r01"])
}

fn one_run(workspace: &Workspace) -> Vec<String> {
    applied(&workspace.answer(&["reconcile", "--max-runs", "1"], 0))
}

/// Makes Alice, who approves, an employee as well.
fn alice_is_an_employee(workspace: &Workspace, roles: &[&str]) {
    workspace.settings(
        "email: alice@acme.example}",
        "email: alice@acme.example, employee: alice.park}",
    );
    workspace.employee_with("alice.park", "active", roles);
}

/// A request of the staff office, approved by Dana at nine, an hour before what Alice approves.
fn approved_by_dana(workspace: &Workspace, id: &str, text: &str) {
    let text = text.replace("requested_by: dana", "requested_by: hr@acme.example");
    let approval = "approvals:\n- {by: dana, decision: approve, at: 2026-11-22T09:00:00Z}\n";
    workspace.request(id, &(text + approval));
}

/// A role that Dana alone may approve.
fn guarded(workspace: &Workspace) {
    workspace.settings(
        "vendor-admin: {name: Vendor Admin}",
        "vendor-admin: {name: Vendor Admin, evidence: inline, approvers: [dana]}",
    );
}

#[test]
fn a_role_that_becomes_an_administrator_role_between_runs_is_left_for_a_person() {
    let workspace = begun(0, &big());
    workspace.settings("name: Role r01", "name: Role r01, administrator: true");
    workspace.reconcile();
    assert!(workspace.holds("e16").is_empty());
    assert_eq!(workspace.holds("e15"), ["r01"]);
    workspace.stands("big", "approved", Some("manual_provisioning"));
    let log = workspace.last_log();
    assert!(left_out(&log, "e16", "r01", "left_for_person"), "{log:#}");
    workspace
        .run(&["complete", "big", "--by", "alice"])
        .exits(0);
    assert_eq!(workspace.holds("e16"), ["r01"]);
    workspace.stands("big", "complete", None);
}

#[test]
fn an_approver_who_becomes_a_holder_after_the_first_run_has_approved_all_the_same() {
    let workspace = Workspace::wide(16, 1, 1);
    alice_is_an_employee(&workspace, &[]);
    workspace.approved("take", &request("role_reductions", "holders", "[r01]"));
    assert_eq!(one_run(&workspace), ["take:user_offboarding"]);
    approved_by_dana(&workspace, "give", &addition(&["alice.park"], &["r01"]));
    assert_eq!(one_run(&workspace), ["give:user_onboarding"]);
    workspace.stands("take", "approved", Some("runs"));
    assert_eq!(applied(&workspace.reconcile()), ["take:user_offboarding"]);
    assert!(workspace.holds("e16").is_empty());
    assert_eq!(workspace.holds("alice.park"), ["r01"]);
    workspace.stands("take", "complete", None);
}

#[test]
fn a_role_rule_that_comes_to_apply_after_the_first_run_does_not_unapprove() {
    let workspace = Workspace::new();
    guarded(&workspace);
    workspace.approved("all", &request("role_reductions", "[root.admin]", "all"));
    workspace.reconcile_exits(7);
    approved_by_dana(
        &workspace,
        "give",
        &addition(&["root.admin"], &["vendor-admin"]),
    );
    workspace.reconcile_exits(7);
    assert_eq!(
        workspace.holds("root.admin"),
        ["administrator", "vendor-admin"]
    );
    workspace.stands("all", "approved", Some("retry"));
}

#[test]
fn who_approves_for_holders_is_judged_when_it_runs() {
    let workspace = Workspace::new();
    alice_is_an_employee(&workspace, &[]);
    approved_by_dana(
        &workspace,
        "give",
        &addition(&["alice.park"], &["ap-clerk"]),
    );
    workspace.approved("take", &request("role_reductions", "holders", "[ap-clerk]"));
    assert_eq!(applied(&workspace.reconcile()), ["give:user_onboarding"]);
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    workspace.stands("take", "pending_approval", None);
}

#[test]
fn a_holder_who_is_none_any_more_when_it_runs_may_approve_for_holders() {
    let workspace = Workspace::new();
    alice_is_an_employee(&workspace, &["ap-clerk"]);
    approved_by_dana(
        &workspace,
        "away",
        &reduction(&["alice.park"], &["ap-clerk"]),
    );
    workspace.approved("take", &request("role_reductions", "holders", "[ap-clerk]"));
    assert_eq!(
        applied(&workspace.reconcile()),
        ["away:user_offboarding", "take:user_offboarding"]
    );
    workspace.stands("take", "complete", None);
}

#[test]
fn which_roles_own_rules_all_has_to_meet_is_judged_when_it_runs() {
    let workspace = Workspace::new();
    guarded(&workspace);
    approved_by_dana(
        &workspace,
        "give",
        &addition(&["jane.doe"], &["vendor-admin"]),
    );
    workspace.approved("all", &request("role_reductions", "[jane.doe]", "all"));
    assert_eq!(applied(&workspace.reconcile()), ["give:user_onboarding"]);
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk", "vendor-admin"]);
    assert_ne!(workspace.status("all")["status"], "approved");
}

#[test]
fn all_need_not_meet_the_rule_of_a_role_that_is_gone_when_it_runs() {
    let workspace = Workspace::new();
    guarded(&workspace);
    approved_by_dana(
        &workspace,
        "away",
        &reduction(&["sam.reyes"], &["vendor-admin"]),
    );
    workspace.approved("all", &request("role_reductions", "[sam.reyes]", "all"));
    assert_eq!(
        applied(&workspace.reconcile()),
        ["away:user_offboarding", "all:user_offboarding"]
    );
    assert!(workspace.holds("sam.reyes").is_empty());
}

#[test]
fn a_complete_request_says_nothing_of_its_approval_any_more() {
    let mut workspace = Workspace::new();
    alice_is_an_employee(&workspace, &[]);
    workspace.more_settings("approval: {valid_for_days: 5}\n");
    workspace.approved("add", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.approved("take", &request("role_reductions", "holders", "[ap-clerk]"));
    workspace.reconcile();
    approved_by_dana(
        &workspace,
        "give",
        &addition(&["alice.park"], &["ap-clerk"]),
    );
    workspace.reconcile();
    workspace.at("2026-12-20T12:00:00Z");
    let outcome = workspace.reconcile();
    assert!(applied(&outcome).is_empty());
    for id in ["add", "take", "give"] {
        let status = workspace.stands(id, "complete", None);
        assert_eq!(status["findings"], serde_json::json!([]), "{status:#}");
    }
}

#[test]
fn a_change_that_somebody_else_has_made_is_no_failure_any_more() {
    let workspace = Workspace::new();
    workspace.employee_with("tom.gone", "inactive", &[]);
    workspace.employee_with("uma.gone", "inactive", &[]);
    workspace.approved(
        "change",
        &addition(&["tom.gone", "uma.gone"], &["ap-payer"]),
    );
    workspace.reconcile_exits(7);
    let rehire = |who: &str| addition(&[who], &["ap-payer"]) + "reactivate: true\n";
    workspace.approved("tom", &rehire("tom.gone"));
    for _ in 0..2 {
        workspace.reconcile_exits(7);
        let status = workspace.stands("change", "approved", Some("retry"));
        let error = status["user_provisioning_error"].as_str().expect("a text");
        assert!(!error.contains("tom.gone"), "{error}");
        assert!(error.contains("uma.gone"), "{error}");
    }
    workspace.approved("uma", &rehire("uma.gone"));
    workspace.reconcile();
    workspace.stands("change", "complete", None);
}

#[rstest]
#[case::unknown(", nobody]")]
#[case::other_case(", {id: E01, name: Other, email: other@acme.example}]")]
#[case::other_details(", {id: e02, name: Other, email: other@acme.example}]")]
fn a_changed_request_in_process_is_checked_like_a_new_one(#[case] more: &str) {
    let workspace = begun(0, &big());
    let text = big().replace(", e02,", ",").replace(']', "");
    let text = text.replace("affected_roles: [r01", "affected_roles: [r01]");
    workspace.approved("big", &text.replace(", e16", &format!(", e16{more}")));
    let files = workspace.state_files();
    assert!(applied(&workspace.reconcile_exits(3)).is_empty());
    workspace.stands("big", "invalid", None);
    assert_eq!(workspace.state_files(), files);
    workspace.approved("big", &big());
    workspace.reconcile();
    workspace.stands("big", "complete", None);
}

#[test]
fn removing_a_role_from_somebody_who_is_not_there_is_no_failure() {
    let workspace = Workspace::new();
    let new = "[{id: zoe.new, name: Zoe New, email: zoe@acme.example}]";
    workspace.approved(
        "join",
        &(request("role_additions", new, "[ap-clerk]") + "start_date: 2026-12-24\n"),
    );
    workspace.approved("take", &reduction(&["zoe.new", "jane.doe"], &["ap-clerk"]));
    assert_eq!(applied(&workspace.reconcile()), ["take:user_offboarding"]);
    let log = workspace.last_log();
    assert!(left_out(&log, "zoe.new", "ap-clerk", "not_held"), "{log:#}");
    workspace.stands("take", "complete", None);
}

/// A loan that ends, people who leave, one who comes back, one who cannot be given anything, and a swap.
fn busy() -> Workspace {
    let mut workspace = Workspace::wide(17, 4, 1);
    workspace
        .more_settings("separation_of_duties:\n- {id: apart, roles: [r03, r04], action: deny}\n");
    let everybody = numbered("e", 17);
    let (everybody, few) = (borrowed(&everybody), ["e01", "e16"]);
    workspace.approved("a-lend", &temporary(&few, &["r02", "r03"], "2026-11-24"));
    workspace.reconcile();
    workspace.approved(
        "b-leave",
        &(reduction(&everybody, &["r01"])
            + "inactivate_after_removal: true\noffboarding_date: 2026-11-25\n"),
    );
    workspace.approved(
        "c-back",
        &(addition(&["e04"], &["r02"]) + "reactivate: true\nstart_date: 2026-11-26\n"),
    );
    workspace.approved(
        "d-fails",
        &(addition(&["e03", "e04", "e17"], &["r04"]) + "start_date: 2026-11-23\n"),
    );
    workspace.approved(
        "e-early",
        &(addition(&["e16", "e02"], &["r04"]) + "start_date: 2026-11-24\n"),
    );
    workspace.approved(
        "f-rest",
        &(request("role_reductions", &list(&["e02", "e03"]), "all")
            + "inactivate_after_removal: true\noffboarding_date: 2026-11-27\n"),
    );
    workspace.at("2026-11-30T12:00:00Z");
    workspace
}

/// Who holds what, and where the requests stand.
fn end(workspace: &Workspace) -> (Value, Vec<(String, Value, Value)>) {
    let everybody = numbered("e", 17);
    let mut arguments = vec!["roles"];
    arguments.extend(borrowed(&everybody));
    let status = workspace.answer(&["status"], 0);
    let requests = status["requests"].as_array().expect("requests");
    let stands = requests.iter().map(|request| {
        (
            request["id"].to_string(),
            request["status"].clone(),
            request["waiting_for"].clone(),
        )
    });
    (
        workspace.answer(&arguments, 0)["employees"].clone(),
        stands.collect(),
    )
}

#[test]
fn runs_taken_one_by_one_give_the_same_end_as_all_at_once() {
    let (at_once, one_by_one) = (busy(), busy());
    at_once.run(&["reconcile"]);
    for _ in 0..40 {
        one_by_one.run(&["reconcile", "--max-runs", "1"]);
    }
    assert_eq!(end(&one_by_one), end(&at_once));
    let files = one_by_one.state_files();
    one_by_one.run(&["reconcile"]);
    assert_eq!(one_by_one.state_files(), files);
    one_by_one.run(&["verify"]).exits(0);
}

#[rstest]
#[case::by_hand(true)]
#[case::by_another_request(false)]
fn what_is_left_and_done_already_completes_though_nothing_is_automatic(#[case] by_hand: bool) {
    let workspace = begun(0, &big());
    if !by_hand {
        approved_by_dana(&workspace, "other", &addition(&["e16"], &["r01"]));
        assert_eq!(one_run(&workspace), ["other:user_onboarding"]);
    }
    workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    if by_hand {
        workspace.reconcile();
        workspace.by_hand("e16", "roles: []", "roles:\n    - r01");
    }
    workspace.reconcile();
    workspace.stands("big", "complete", None);
    let files = workspace.state_files();
    workspace.reconcile();
    assert_eq!(workspace.state_files(), files);
}
