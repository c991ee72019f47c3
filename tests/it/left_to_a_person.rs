//! What waits for a person, and is done by a hand or is left: nobody else is touched, and nothing is done that nobody did.

use rstest::rstest;

use crate::found_by_hand::LOAN;
use crate::inactivation::INACTIVATE;
use crate::support::Workspace;
use crate::support::shapes::{addition, request, temporary};

fn lend(employees: &[&str], end: &str) -> String {
    temporary(employees, &["payroll-viewer"], end)
}

/// Jane and Sam have a loan, and since then nothing is enhanced.
fn lent_and_no_longer_enhanced() -> Workspace {
    let workspace = Workspace::new();
    workspace.approved("lend", &lend(&["jane.doe", "sam.reyes"], "2026-11-30"));
    workspace.reconcile();
    workspace.settings("enhanced: true", "enhanced: false");
    workspace.reconcile();
    workspace
}

#[rstest]
#[case::somebody_is_dropped(lend(&["jane.doe"], "2026-11-30"))]
#[case::the_end_is_past(lend(&["jane.doe", "sam.reyes"], "2026-11-21"))]
#[case::it_lends_nothing_any_more(addition(&["sam.reyes"], &["ap-payer"]))]
fn what_a_change_no_longer_lends_is_taken_back_by_a_person_where_nothing_is_enhanced(
    #[case] change: String,
) {
    let workspace = lent_and_no_longer_enhanced();
    workspace.approved("lend", &change);
    let before = workspace.state_files();
    let done = workspace.reconcile();
    assert_eq!(workspace.state_files(), before, "{done:#}");
    assert_eq!(workspace.lent("sam.reyes"), ["payroll-viewer"]);
    workspace.stands("lend", "approved", Some("manual_provisioning"));
    let waits = workspace.plan()["requests"][0]["manual"].to_string();
    assert!(
        waits.contains("sam.reyes") && waits.contains("remove"),
        "{waits}"
    );
    workspace
        .run(&["complete", "lend", "--by", "dana"])
        .exits(0);
    assert!(workspace.lent("sam.reyes").is_empty());
}

#[test]
fn a_hand_edit_for_somebody_else_takes_no_loan_back() {
    let workspace = lent_and_no_longer_enhanced();
    workspace.approved("lend", &lend(&["jane.doe", "root.admin"], "2026-11-30"));
    let line = "    - administrator\n";
    workspace.by_hand("root.admin", line, &format!("{line}{LOAN}"));
    workspace.reconcile();
    assert_eq!(workspace.lent("sam.reyes"), ["payroll-viewer"]);
    assert_eq!(workspace.last_log()["compliance"], "non_compliant");
}

#[test]
fn a_hand_edit_of_one_employee_inactivates_nobody_else() {
    let workspace = Workspace::manual();
    workspace.employee_with("tom.bare", "active", &[]);
    let leave = request("role_reductions", "[sam.reyes, tom.bare]", "all") + INACTIVATE;
    workspace.approved("leave", &leave);
    workspace.reconcile();
    workspace.by_hand("sam.reyes", "    - ap-payer\n", "");
    workspace.reconcile();
    assert_eq!(workspace.employee("tom.bare")["status"], "active");
    workspace.stands("leave", "approved", Some("manual_provisioning"));
    workspace.by_hand(
        "sam.reyes",
        "    roles:\n    - vendor-admin\n",
        "    roles: []\n",
    );
    workspace.reconcile();
    for id in ["sam.reyes", "tom.bare"] {
        assert_eq!(workspace.employee(id)["status"], "inactive", "{id}");
    }
    workspace.stands("leave", "complete", None);
}

#[test]
fn whoever_held_it_is_inactivated_when_a_hand_has_taken_it() {
    let workspace = Workspace::manual();
    let leave = request("role_reductions", "holders", "[ap-clerk, ap-payer]") + INACTIVATE;
    workspace.approved("leave", &leave);
    workspace.reconcile();
    workspace.by_hand(
        "jane.doe",
        "    roles:\n    - ap-clerk\n",
        "    roles: []\n",
    );
    workspace.reconcile();
    assert_eq!(workspace.employee("jane.doe")["status"], "inactive");
    workspace.stands("leave", "approved", Some("manual_provisioning"));
    workspace.by_hand("sam.reyes", "    - ap-payer\n", "");
    workspace.reconcile();
    assert_eq!(workspace.employee("sam.reyes")["status"], "active");
    workspace.stands("leave", "complete", None);
}

#[test]
fn a_reactivation_waits_for_a_person_where_another_request_was_given_the_rest() {
    let workspace = Workspace::new();
    workspace.employee_with("tom.gone", "inactive", &[]);
    workspace.settings("auto_provisioning: true", "auto_provisioning: false");
    workspace.approved("a-give", &addition(&["tom.gone"], &["ap-clerk"]));
    let rehire = addition(&["tom.gone"], &["ap-payer", "ap-clerk"]) + "reactivate: true\n";
    workspace.approved("rehire", &rehire);
    workspace.reconcile();
    workspace.by_hand("tom.gone", "roles: []", "roles:\n    - ap-payer");
    workspace.reconcile();
    workspace.by_hand(
        "tom.gone",
        "    - ap-payer",
        "    - ap-clerk\n    - ap-payer",
    );
    workspace.reconcile();
    assert_eq!(workspace.employee("tom.gone")["status"], "inactive");
    workspace.stands("rehire", "approved", Some("manual_provisioning"));
    workspace
        .run(&["complete", "rehire", "--by", "dana"])
        .exits(0);
    assert_eq!(workspace.employee("tom.gone")["status"], "active");
    workspace.stands("rehire", "complete", None);
}

#[test]
fn a_request_that_is_rejected_meanwhile_is_not_said_to_be_a_copy() {
    let workspace = Workspace::manual();
    workspace.employee_with("alice.park", "active", &["ap-clerk"]);
    workspace.settings(
        "email: alice@acme.example}",
        "email: alice@acme.example, employee: alice.park}\n  erin: {name: Erin, email: erin@acme.example}",
    );
    let take = request("role_reductions", "holders", "[ap-clerk, vendor-admin]");
    workspace.request(
        "take",
        &format!(
            "{take}approvals:\n- {{by: erin, decision: approve, at: 2026-11-21T10:00:00Z}}\n\
             - {{by: alice, decision: reject, at: 2026-11-21T11:00:00Z}}\n"
        ),
    );
    workspace.reconcile();
    workspace.by_hand("sam.reyes", "    - vendor-admin\n", "");
    workspace.reconcile();
    // Nothing is taken from Alice any more, and so what she said counts.
    workspace.by_hand("alice.park", "roles:\n    - ap-clerk", "roles: []");
    workspace
        .run(&["complete", "take", "--by", "dana"])
        .exits(3)
        .says("it was rejected");
}

/// Alice's address is known of an employee whom another request introduces in the same pass, and who so comes to be affected.
#[test]
fn nobody_approves_what_is_taken_from_them_also_where_they_were_introduced_in_the_same_pass() {
    let workspace = Workspace::new();
    let alice = "[{id: alice.park, name: Alice Park, email: Alice@acme.example}]";
    let join = request("role_additions", alice, "[vendor-admin]");
    let join = join.replace("requested_by: dana", "requested_by: someone@else.example");
    let approval = "approvals:\n- {by: dana, decision: approve, at: 2026-11-21T10:00:00Z}\n";
    workspace.request("aa-join", &format!("{join}{approval}"));
    workspace.approved(
        "zz-take",
        &request("role_reductions", "holders", "[vendor-admin]"),
    );
    for _ in 0..2 {
        workspace.reconcile();
        workspace.stands("aa-join", "complete", None);
        workspace.stands("zz-take", "pending_approval", None);
        assert_eq!(workspace.holds("alice.park"), ["vendor-admin"]);
    }
}
