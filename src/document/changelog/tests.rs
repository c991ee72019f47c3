//! Logs are read as they were written, and refused where they contradict themselves.

use proptest::prelude::*;

use super::*;
use crate::document::sample::{any_log, employee, moment};
use crate::model::{
    Actor, ClockSource, Compliance, Digest, EmployeeChange, EmployeeId, EmployeeStatus, Grant,
    LogStatus, RequestId, RequestReference, RoleId, RunNumber,
};

fn example() -> ChangeLog {
    let before = employee("Jane Doe", &["ap-clerk", "expense-approver"]);
    let mut after = employee("Jane Doe", &["ap-clerk", "ap-payer"]);
    after.temporary.insert(Grant {
        role: RoleId::new("payroll-viewer").expect("an id"),
        until: moment("2026-12-01T00:00:00Z"),
        request: RequestId::new("cover-payroll").expect("an id"),
    });
    after.status = EmployeeStatus::Inactive;
    ChangeLog {
        serial: 7,
        previous: Some(Digest::of(b"6")),
        state_after: Digest::of(b"state"),
        change_type: ChangeType::UserOnboarding,
        compliance: Compliance::Compliant,
        compliance_reason: "approved: one of one".to_owned(),
        status: LogStatus::Closed,
        created: moment("2026-11-23T10:00:00Z"),
        request: Some(RequestReference {
            id: RequestId::new("onboard-jane").expect("an id"),
            path: "requests/onboard-jane.yaml".to_owned(),
            name: "Onboard Jane".to_owned(),
            change_overview: "Two lines:\nthis is one, HR-1".to_owned(),
            requested_by: "dana".to_owned(),
            content: Digest::of(b"content"),
            commit: None,
        }),
        approvals: Vec::new(),
        actor: Actor::System,
        schedule: None,
        run: Some(RunNumber { number: 1, of: 1 }),
        changes: vec![EmployeeChange {
            id: EmployeeId::new("jane.doe").expect("an id"),
            before: Some(before),
            after: Some(after),
        }],
        left_out: Vec::new(),
        warnings: Vec::new(),
        clock: ClockSource::System,
        program: "rolecall 0.1.0".to_owned(),
        policy: Digest::of(b"policy"),
        branch: None,
        resolves: None,
        record: None,
    }
}

fn example_text() -> String {
    String::from_utf8(write(&example())).expect("UTF-8")
}

#[test]
fn a_log_reads_from_top_to_bottom() {
    insta::assert_snapshot!(example_text(), @r#"
    version: 1
    serial: 7
    previous: sha256:e7f6c011776e8db7cd330b54174fd76f7d0216b612387a5ffcfb81e6f0919683
    state_after: sha256:4ba69735ca53765ed6a709edb56c6ea236b7193a3b29a6b390c346f0f4340e4e
    change_type: user_onboarding
    compliance: compliant
    compliance_reason: "approved: one of one"
    status: closed
    created: 2026-11-23T10:00:00Z
    request:
      id: onboard-jane
      path: requests/onboard-jane.yaml
      name: Onboard Jane
      change_overview: "Two lines:\nthis is one, HR-1"
      requested_by: dana
      content: sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73
    approvals: []
    actor: {kind: system}
    schedule: null
    run: {number: 1, of: 1}
    values:
    - id: jane.doe
      name: Jane Doe
      old_roles: [ap-clerk, expense-approver]
      new_roles: [ap-clerk, ap-payer, payroll-viewer]
      added: [ap-payer, payroll-viewer]
      removed: [expense-approver]
      status: {old: active, new: inactive}
      diff: |
        --- jane.doe before
        +++ jane.doe after
        @@ -1,2 +1,3 @@
         ap-clerk
        -expense-approver
        +ap-payer
        +payroll-viewer (until 2026-12-01T00:00:00Z, cover-payroll)
      before: {name: Jane Doe, status: active, roles: [ap-clerk, expense-approver]}
      record: {name: Jane Doe, status: inactive, roles: [ap-clerk, ap-payer], temporary: [{role: payroll-viewer, until: 2026-12-01T00:00:00Z, request: cover-payroll}]}
    left_out: []
    warnings: []
    clock: system
    program: rolecall 0.1.0
    policy: sha256:823412d1eacb67956220e532959f0104603057c88704863ca38e7cd188fda812
    request_record: null
    ...
    "#);
}

#[test]
fn json_has_the_keys_of_the_file() {
    let json = to_json(&example());
    assert_eq!(json["version"], 1);
    assert_eq!(json["request_record"], serde_json::Value::Null);
    let value = &json["values"][0];
    assert_eq!(
        value["added"],
        serde_json::json!(["ap-payer", "payroll-viewer"])
    );
    assert_eq!(value["removed"], serde_json::json!(["expense-approver"]));
    assert_eq!(
        value["status"],
        serde_json::json!({"old": "active", "new": "inactive"})
    );
    assert_eq!(
        value["record"]["temporary"][0]["until"],
        "2026-12-01T00:00:00Z"
    );
    assert_eq!(json["actor"], serde_json::json!({"kind": "system"}));
}

#[test]
fn a_role_that_was_lent_and_becomes_permanent_is_added() {
    let mut log = example();
    let change = &mut log.changes[0];
    change.before = change.after.clone();
    let after = change.after.as_mut().expect("an employee");
    let lent = after.temporary.pop_first().expect("a grant");
    after.roles.insert(lent.role);
    let json = to_json(&log);
    assert_eq!(
        json["values"][0]["added"],
        serde_json::json!(["payroll-viewer"])
    );
    assert_eq!(json["values"][0]["removed"], serde_json::json!([]));
    assert_eq!(
        json["values"][0]["old_roles"],
        json["values"][0]["new_roles"]
    );
}

#[test]
fn a_log_that_contradicts_itself_is_refused() {
    let text = example_text();
    for (old, new, part) in [
        (
            "added: [ap-payer, payroll-viewer]",
            "added: [ap-payer]",
            "added",
        ),
        ("removed: [expense-approver]", "removed: []", "removed"),
        ("old_roles: [ap-clerk, ", "old_roles: [", "old_roles"),
        ("new_roles: [ap-clerk, ", "new_roles: [", "new_roles"),
        ("  name: Jane Doe\n  old", "  name: Joan Doe\n  old", "name"),
        ("  status: {old: active, new: inactive}\n", "", "status"),
        ("    +ap-payer\n", "    +ap-prayer\n", "diff"),
        ("    +ap-payer\n", "", "diff"),
        ("    --- jane.doe before", "    --- joan.doe before", "diff"),
        ("  diff: |\n", "  diff: \"\"\n  extra: |\n", "extra"),
        ("version: 1\n", "version: 2\n", "version"),
        ("serial: 7\n", "serial: 0\n", "serial"),
        ("serial: 7\n", "serial: 7\nserial: 7\n", "serial"),
        ("schedule: null\n", "", "schedule"),
        (
            "actor: {kind: system}",
            "actor: {kind: system, name: x}",
            "actor",
        ),
        ("actor: {kind: system}", "actor: {kind: approver}", "actor"),
        ("...\n", "", "cut off"),
        ("...\n", "...\nmore: 1\n", ""),
    ] {
        assert!(text.contains(old), "{old:?}");
        let text = text.replacen(old, new, 1);
        let error = read(text.as_bytes()).expect_err(&text);
        assert!(error.message.contains(part), "{new:?}: {error:?}");
    }
}

#[test]
fn a_log_cut_off_anywhere_is_refused() {
    let bytes = write(&example());
    for length in 0..bytes.len() - 1 {
        assert!(read(&bytes[..length]).is_err(), "{length}");
    }
}

#[test]
fn names_follow_what_the_log_is_about() {
    let mut log = example();
    assert_eq!(path(&log), "2026/000007-onboard-jane.yaml");
    log.request = None;
    assert_eq!(name(&log), "hand-edit");
    log.change_type = ChangeType::Baseline;
    log.serial = 1_234_567;
    assert_eq!(path(&log), "2026/1234567-baseline.yaml");
}

proptest! {
    #[test]
    fn what_is_written_is_read_the_same(log in any_log()) {
        let bytes = write(&log);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let fast = canonical::from_canonical::<wire::LogDocument>(&text).map(wire::LogDocument::into_log);
        prop_assert_eq!(fast, Some(Ok(log.clone())), "{}", text);
        let general = read_general(&text);
        prop_assert_eq!(general, Ok(log), "{}", text);
    }

    #[test]
    fn what_the_fast_reader_takes_the_general_one_takes_too(
        log in any_log(),
        at in any::<prop::sample::Index>(),
        length in 0_usize..3,
        insert in "[ \\n\"':#,|{}\\[\\]a-c0-2~.\\-]{0,3}",
    ) {
        let mut text = String::from_utf8(write(&log)).expect("UTF-8");
        let mut from = at.index(text.len());
        while !text.is_char_boundary(from) { from -= 1; }
        let mut to = (from + length).min(text.len());
        while !text.is_char_boundary(to) { to += 1; }
        text.replace_range(from..to, &insert);
        if let Some(fast) = canonical::from_canonical::<wire::LogDocument>(&text) {
            let general = parse(&text).map(|document| format!("{document:?}"));
            prop_assert_eq!(general, Ok(format!("{fast:?}")), "{}", text);
        }
    }

    #[test]
    fn json_and_file_say_the_same(log in any_log()) {
        let text = String::from_utf8(write(&log)).expect("UTF-8");
        let yaml: serde_json::Value = crate::document::yaml::from_str(&text).expect("YAML");
        let json = to_json(&log);
        for key in ["values", "request", "request_record", "left_out", "actor", "schedule"] {
            prop_assert_eq!(yaml[key].is_null(), json[key].is_null());
        }
        prop_assert_eq!(
            yaml.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>()),
            json.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>())
        );
    }
}

#[test]
fn what_no_state_may_hold_stands_in_no_log() {
    let mut log = example();
    for change in &mut log.changes {
        for employee in change.before.iter_mut().chain(&mut change.after) {
            employee.email = Some("jane\u{202e}.doe@acme.example".to_owned());
        }
    }
    let error = read(&write(&log)).expect_err("a bidirectional control");
    let message =
        "the email of employee jane.doe is not allowed: it has a bidirectional control, U+202E";
    assert_eq!(error.message, message);
    let general = std::str::from_utf8(&write(&log)).map(read_general);
    assert_eq!(general, Ok(Err(error)));
}
