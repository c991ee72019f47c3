//! What an approved request says that it waits for: the first that applies.

use crate::support::Workspace;
use crate::support::shapes::{addition, applied, borrowed, has_finding, numbered, temporary};

#[test]
fn runs_come_before_retry() {
    let workspace = Workspace::wide(15, 1, 0);
    workspace.employee_with("tom.gone", "inactive", &[]);
    let mut people = vec!["tom.gone".to_owned()];
    people.extend(numbered("e", 15));
    workspace.approved("big", &addition(&borrowed(&people), &["r01"]));
    workspace.answer(&["reconcile", "--max-runs", "1"], 7);
    let status = workspace.stands("big", "approved", Some("runs"));
    let error = status["user_provisioning_error"].as_str().expect("a text");
    assert!(
        error.contains("In process: 1 of 2 runs complete"),
        "{error}"
    );
    workspace.reconcile_exits(7);
    let status = workspace.stands("big", "approved", Some("retry"));
    let error = status["user_provisioning_error"].as_str().expect("a text");
    assert!(
        error.contains("tom.gone") && !error.contains("In process"),
        "{error}"
    );
}

#[test]
fn retry_comes_before_manual_provisioning() {
    let workspace = Workspace::new();
    workspace.employee_with("tom.gone", "inactive", &[]);
    workspace.approved(
        "add",
        &addition(&["tom.gone", "jane.doe"], &["administrator", "ap-payer"]),
    );
    workspace.reconcile_exits(7);
    workspace.stands("add", "approved", Some("retry"));
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "ap-payer"]);
}

#[test]
fn manual_provisioning_comes_before_temporary_end() {
    let mut workspace = Workspace::new();
    let text = temporary(
        &["jane.doe"],
        &["administrator", "payroll-viewer"],
        "2026-11-30",
    );
    workspace.approved("lend", &text);
    workspace.reconcile();
    assert_eq!(workspace.lent("jane.doe"), ["payroll-viewer"]);
    workspace.stands("lend", "approved", Some("manual_provisioning"));
    workspace
        .run(&["complete", "lend", "--by", "alice"])
        .exits(0);
    assert_eq!(
        workspace.lent("jane.doe"),
        ["administrator", "payroll-viewer"]
    );
    workspace.stands("lend", "approved", Some("temporary_end"));
    workspace.at("2026-12-01T05:00:00Z");
    workspace.reconcile();
    assert_eq!(workspace.holds("jane.doe"), ["ap-clerk"]);
    workspace.stands("lend", "complete", None);
}

#[test]
fn a_request_that_waits_for_nothing_says_so_and_has_no_error() {
    let workspace = Workspace::new();
    workspace.request("open", &addition(&["jane.doe"], &["ap-payer"]));
    workspace.request(
        "draft",
        &(addition(&["jane.doe"], &["ap-payer"]) + "draft: true\n"),
    );
    workspace.approved("done", &addition(&["jane.doe"], &["payroll-viewer"]));
    workspace.reconcile();
    for (id, status) in [
        ("open", "pending_approval"),
        ("draft", "not_started"),
        ("done", "complete"),
    ] {
        let request = workspace.stands(id, status, None);
        assert!(request["user_provisioning_error"].is_null(), "{request:#}");
    }
}

#[test]
fn an_invalid_request_names_its_errors_in_the_list() {
    let workspace = Workspace::new();
    workspace.approved("bad", &addition(&["jane.doe"], &["no-such-role"]));
    assert!(applied(&workspace.reconcile_exits(3)).is_empty());
    let request = workspace.stands("bad", "invalid", None);
    assert!(
        has_finding(&request["findings"], "error", "no-such-role"),
        "{request:#}"
    );
}
