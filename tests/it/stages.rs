//! Rules with stages and a final approver, with evidence `inline`: whose approval counts for which, and in which order.

use rstest::rstest;
use serde_json::Value;

use crate::support::worlds::{addition, loan, reduction};
use crate::support::{SETTINGS, Workspace, strings};

/// Two of finance, then one of security.
const STAGES: &str = "stages: [{name: finance, approvals: 2, approvers: [finance]}, {name: security, approvers: [bob, hugo]}]";

/// Settings with more people and two groups, and a rule for additions.
fn settings(rule: &str) -> String {
    let people = "people:\n  bob: {name: Bob Lee}\n  carol: {name: Carol Diaz}\n  erin: {name: Erin Holt}\n  \
                  finn: {name: Finn Lake}\n  hugo: {name: Hugo Bass}\n";
    let settings = SETTINGS.replacen("evidence: inline", &format!("evidence: inline, {rule}"), 1);
    let settings = settings.replacen("people:\n", people, 1);
    format!("{settings}groups: {{finance: [carol, erin, finn], all: [bob, carol, erin]}}\n")
}

fn world(settings: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("rolecall.yaml", settings);
    workspace
}

/// Approvals written as `carol 10`, or `carol rejects 11`: an hour of the day before the clock of the tests.
fn approvals(words: &str) -> String {
    let entries = words.split(", ").map(|entry| {
        let parts: Vec<&str> = entry.split(' ').collect();
        let (decision, hour) = match parts[1..] {
            [hour] => ("approve", hour),
            [_, hour] => ("reject", hour),
            _ => panic!("{entry:?}"),
        };
        format!(
            "- {{by: {}, decision: {decision}, at: 2026-11-22T{hour}:00:00Z}}\n",
            parts[0]
        )
    });
    format!("approvals:\n{}", entries.collect::<String>())
}

/// The request as `status` shows it, with the findings about it; asserts that a reconcile agrees with it.
fn judged(workspace: &Workspace, words: &str) -> Value {
    let request = addition("[sam.reyes]", "[ap-clerk]");
    workspace.request("grant", &(request + &approvals(words)));
    let status = workspace.status("grant");
    workspace.run(&["reconcile"]);
    let roles = workspace.roles("sam.reyes");
    let is_held = roles.iter().any(|role| role == "ap-clerk");
    assert_eq!(is_held, status["status"] == "approved", "{status:#}");
    status
}

/// Asserts where the request stands, and who was out of turn.
#[track_caller]
fn stands(rule: &str, words: &str, expected: &str, out_of_turn: &[&str]) {
    let status = judged(&world(&settings(rule)), words);
    assert_eq!(status["status"], expected, "{status:#}");
    assert_eq!(
        messages(&status, "RC514").len(),
        out_of_turn.len(),
        "{status:#}"
    );
    for (message, person) in messages(&status, "RC514").iter().zip(out_of_turn) {
        assert!(message.contains(person), "{status:#}");
    }
}

fn messages(status: &Value, code: &str) -> Vec<String> {
    let findings = status["findings"].as_array().expect("findings");
    findings
        .iter()
        .filter(|finding| finding["code"] == code)
        .map(|finding| finding["message"].as_str().expect("a message").to_owned())
        .collect()
}

#[rstest]
#[case::in_order("carol 10, erin 11, bob 12", "approved")]
#[case::the_other_way_round("bob 10, erin 11, carol 12", "approved")]
#[case::between("carol 10, hugo 11, finn 12", "approved")]
#[case::one_moment("carol 10, erin 10, bob 10", "approved")]
#[case::a_stage_is_missing("carol 10, erin 11, finn 12", "partially_approved")]
#[case::a_person_of_a_stage_is_missing("carol 10, bob 11, hugo 12", "partially_approved")]
#[case::one_person_counts_once("carol 10, carol 11, bob 12", "partially_approved")]
#[case::an_outsider_counts_for_no_stage("carol 10, erin 11, alice 12", "partially_approved")]
#[case::only_outsiders("alice 10", "pending_approval")]
#[case::the_requester("dana 10", "pending_approval")]
fn stages_are_met_in_any_order(#[case] words: &str, #[case] expected: &str) {
    stands(STAGES, words, expected, &[]);
}

#[rstest]
#[case::in_order("carol 10, erin 11, bob 12", "approved", &[])]
#[case::at_the_moment_of_the_last_before("carol 10, erin 11, bob 11", "approved", &[])]
#[case::more_than_needed_before("carol 10, erin 11, bob 12, finn 13", "approved", &[])]
#[case::before_the_stage_before_began("bob 09, carol 10, erin 11", "partially_approved", &["bob"])]
#[case::before_the_stage_before_was_complete(
    "carol 10, bob 11, erin 12",
    "partially_approved",
    &["bob"]
)]
#[case::again_later("carol 10, bob 11, erin 12, bob 13", "approved", &[])]
#[case::somebody_else_later("carol 10, bob 11, erin 12, hugo 13", "approved", &[])]
#[case::again_and_still_too_early("bob 09, carol 10, bob 11, erin 12", "partially_approved", &["bob"])]
#[case::two_too_early("bob 09, hugo 09, carol 10, erin 11", "partially_approved", &["bob", "hugo"])]
#[case::nothing_before("bob 10", "pending_approval", &["bob"])]
#[case::lines_do_not_order("bob 12, erin 11, carol 10", "approved", &[])]
#[case::taken_back_and_given_again(
    "carol 10, erin 11, bob 12, erin rejects 13, erin 14",
    "partially_approved",
    &["bob"]
)]
fn an_ordered_stage_counts_what_was_given_when_those_before_were_complete(
    #[case] words: &str,
    #[case] expected: &str,
    #[case] out_of_turn: &[&str],
) {
    let rule = format!("{STAGES}, ordered: true");
    stands(&rule, words, expected, out_of_turn);
}

#[rstest]
#[case::last("carol 10, erin 11, bob 12, alice 13", "approved", &[])]
#[case::last_whatever_the_order_before("bob 10, erin 11, carol 12, alice 13", "approved", &[])]
#[case::early("carol 10, erin 11, alice 12, bob 13", "partially_approved", &["alice"])]
#[case::first("alice 10", "pending_approval", &["alice"])]
#[case::early_and_again("alice 09, carol 10, erin 11, bob 12, alice 13", "approved", &[])]
#[case::missing("carol 10, erin 11, bob 12", "partially_approved", &[])]
fn a_final_approver_counts_after_all_stages(
    #[case] words: &str,
    #[case] expected: &str,
    #[case] out_of_turn: &[&str],
) {
    let rule = format!("{STAGES}, final_approver: alice");
    stands(&rule, words, expected, out_of_turn);
}

#[rstest]
#[case::last("bob 10, alice 11", "approved", &[])]
#[case::early("alice 10, bob 11", "partially_approved", &["alice"])]
#[case::alone("alice 10, alice 11", "pending_approval", &["alice"])]
fn a_rule_without_stages_has_a_final_approver_too(
    #[case] words: &str,
    #[case] expected: &str,
    #[case] out_of_turn: &[&str],
) {
    for rule in [
        "final_approver: alice",
        "approvers: [bob, carol], final_approver: alice",
        "approvers: [bob, carol], final_approver: alice, ordered: true",
    ] {
        stands(rule, words, expected, out_of_turn);
    }
}

#[rstest]
#[case::for_the_stage("carol 10, carol 11", "pending_approval", &["carol"])]
#[case::for_a_stage_of_two("erin 10, carol 11", "partially_approved", &["carol"])]
#[case::last("erin 10, finn 11, carol 12", "approved", &[])]
fn a_final_approver_of_a_stages_group_does_not_count_for_the_stage(
    #[case] words: &str,
    #[case] expected: &str,
    #[case] out_of_turn: &[&str],
) {
    let rule =
        "stages: [{name: finance, approvals: 2, approvers: [finance]}], final_approver: carol";
    stands(rule, words, expected, out_of_turn);
}

#[test]
fn who_came_too_early_need_not_approve_again_where_others_have_met_the_stage() {
    let rule = format!("{STAGES}, ordered: true, final_approver: alice");
    let words = "bob 09, carol 10, erin 11, hugo 12";
    stands(&rule, words, "partially_approved", &[]);
}

#[test]
fn of_a_group_as_final_approver_one_approves() {
    let rule = "approvers: [bob, hugo], final_approver: finance";
    stands(rule, "bob 10, finn 11", "approved", &[]);
    stands(rule, "finn 10, bob 11", "partially_approved", &["finn"]);
    stands(rule, "finn 10, bob 11, erin 12", "approved", &[]);
}

#[rstest]
#[case::of_the_first("carol rejects 10, erin 11, finn 12, bob 13, alice 14")]
#[case::of_the_second("carol 10, erin 11, bob rejects 12, hugo 13, alice 14")]
#[case::of_the_final_approver("carol 10, erin 11, bob 12, alice rejects 13")]
#[case::before_its_turn("bob rejects 09, carol 10, erin 11")]
#[case::of_the_final_approver_before_the_turn("alice rejects 09")]
fn a_rejection_in_any_stage_rejects(
    #[case] words: &str,
    #[values("", ", ordered: true")] ordered: &str,
) {
    let rule = format!("{STAGES}, final_approver: alice{ordered}");
    stands(&rule, words, "rejected", &[]);
}

#[rstest]
#[case::stages("", "carol 10, erin 11", 3, &["carol", "erin"])]
#[case::final_approver(", final_approver: alice", "carol 10", 4, &["carol"])]
#[case::more_than_needed("", "carol 10, erin 11, finn 12", 3, &["carol", "erin", "finn"])]
#[case::out_of_turn(", ordered: true", "bob 10, carol 11", 3, &["carol"])]
fn as_many_are_required_as_all_stages_ask_for(
    #[case] more: &str,
    #[case] words: &str,
    #[case] required: u64,
    #[case] given: &[&str],
) {
    let rule = format!("{STAGES}{more}");
    let status = judged(&world(&settings(&rule)), words);
    assert_eq!(status["approval"]["required"], required, "{status:#}");
    assert_eq!(strings(&status["approval"]["given"]), given);
}

/// Ordered stages for the control, and for the role that is added.
fn both() -> Workspace {
    let settings =
        settings("stages: [{name: lead, approvers: [carol]}, {name: security, approvers: [bob]}]");
    let role = "ap-clerk: {name: A/P Clerk, evidence: inline, ordered: true, \
                stages: [{name: owner, approvers: [bob]}, {name: audit, approvers: [hugo]}]}";
    world(&settings.replace("ap-clerk: {name: A/P Clerk}", role))
}

#[rstest]
#[case::both("carol 10, bob 11, hugo 12", "approved", &[])]
#[case::only_the_controls("carol 10, bob 11", "partially_approved", &[])]
#[case::only_the_roles("bob 11, hugo 12", "partially_approved", &[])]
#[case::the_role_out_of_turn("carol 10, hugo 11, bob 12", "partially_approved", &["hugo"])]
fn a_control_and_a_role_have_stages_of_their_own(
    #[case] words: &str,
    #[case] expected: &str,
    #[case] out_of_turn: &[&str],
) {
    let status = judged(&both(), words);
    assert_eq!(status["status"], expected, "{status:#}");
    assert_eq!(status["approval"]["required"], 3, "{status:#}");
    let messages = messages(&status, "RC514");
    assert_eq!(messages.len(), out_of_turn.len(), "{status:#}");
    for (message, person) in messages.iter().zip(out_of_turn) {
        assert!(message.contains(person), "{status:#}");
        assert!(message.contains("role ap-clerk, stage audit"), "{message}");
    }
}

#[test]
fn an_approval_out_of_turn_is_named_also_where_it_counts_under_another_rule() {
    let role =
        "ap-clerk: {name: A/P Clerk, evidence: inline, approvers: [bob], final_approver: hugo}";
    let settings = settings("approvers: [hugo]").replace("ap-clerk: {name: A/P Clerk}", role);
    let status = judged(&world(&settings), "hugo 10, bob 11");
    assert_eq!(status["status"], "partially_approved");
    assert_eq!(strings(&status["approval"]["given"]), ["hugo", "bob"]);
    assert_eq!(
        messages(&status, "RC514"),
        [
            "the decision of hugo does not count: it was given before the turn of role ap-clerk, stage final approver"
        ]
    );
    let status = judged(&world(&settings), "hugo 10, bob 11, hugo 12");
    assert_eq!(status["status"], "approved");
    assert_eq!(strings(&status["approval"]["given"]), ["hugo", "bob"]);
}

#[test]
fn who_approves_again_in_turn_is_not_told_that_they_count_once() {
    let rule = format!("{STAGES}, ordered: true, final_approver: alice");
    let words = "bob 09, carol 10, erin 11, bob 12, carol 13";
    let status = judged(&world(&settings(&rule)), words);
    assert_eq!(status["status"], "partially_approved");
    let messages = messages(&status, "RC513");
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].contains("carol"), "{messages:?}");
}

#[test]
fn a_request_is_due_when_the_last_stage_was_complete_and_the_log_names_all_who_approved() {
    let workspace = world(&settings(&format!("{STAGES}, final_approver: alice")));
    let status = judged(&workspace, "bob 10, carol 11, erin 12, finn 13, alice 14");
    assert_eq!(status["due"]["utc"], "2026-11-22T14:00:00Z");
    let log = workspace.logs().pop().expect("a log");
    let people: Vec<_> = log["approvals"]
        .as_array()
        .expect("approvals")
        .iter()
        .map(|approval| approval["person"].as_str().expect("a person"))
        .collect();
    assert_eq!(people, ["bob", "carol", "erin", "finn", "alice"]);
}

#[test]
fn a_stage_that_nobody_can_meet_is_named_and_keeps_the_request_pending() {
    let rule = "stages: [{name: finance, approvers: [finance]}, {name: lead, approvers: [dana]}]";
    let status = judged(&world(&settings(rule)), "carol 10, dana 11");
    assert_eq!(status["status"], "partially_approved");
    let messages = messages(&status, "RC209");
    assert_eq!(
        messages,
        ["nobody may approve this request at stage lead, 1 needed"]
    );
}

#[test]
fn an_approval_that_has_lapsed_makes_the_stages_behind_it_wait() {
    let rule = format!("{STAGES}, ordered: true");
    let settings = settings(&rule) + "approval: {valid_for_days: 10}\n";
    let mut workspace = world(&settings);
    let request = addition("[sam.reyes]", "[ap-clerk]") + "start_date: 2026-12-24\n";
    let again = "- {by: carol, decision: approve, at: 2026-11-30T10:00:00Z}\n- {by: erin, decision: approve, at: 2026-11-30T11:00:00Z}\n";
    let given = approvals("carol 10, erin 11, bob 12") + again;
    workspace.request("grant", &(request.clone() + &given));
    workspace.at("2026-12-01T12:00:00Z");
    assert_eq!(workspace.status("grant")["status"], "approved");
    workspace.at("2026-12-03T12:00:00Z");
    let status = workspace.status("grant");
    assert_eq!(status["status"], "partially_approved", "{status:#}");
    let last = "- {by: hugo, decision: approve, at: 2026-12-03T11:00:00Z}\n";
    workspace.request("grant", &(request + &given + last));
    assert_eq!(workspace.status("grant")["status"], "approved");
}

#[rstest]
#[case::reduction(reduction("[sam.reyes]", "[ap-payer]"), "user_offboarding")]
#[case::loan(loan("[sam.reyes]", "[ap-clerk]", "2026-12-11"), "temporary_access")]
fn every_control_takes_stages(#[case] request: String, #[case] control: &str) {
    let rule = format!("{STAGES}, ordered: true, final_approver: alice");
    let plain = format!("{control}: {{change_level: change_request, evidence: inline");
    let settings = settings("approvals: 1").replace(&plain, &format!("{plain}, {rule}"));
    let workspace = world(&settings);
    workspace.request(
        "grant",
        &(request.clone() + &approvals("carol 10, erin 11, bob 12")),
    );
    let status = workspace.status("grant");
    assert_eq!(status["status"], "partially_approved", "{status:#}");
    assert_eq!(status["approval"]["required"], 4, "{status:#}");
    let words = "carol 10, erin 11, bob 12, alice 13";
    workspace.request("grant", &(request + &approvals(words)));
    assert_eq!(workspace.status("grant")["status"], "approved");
}
