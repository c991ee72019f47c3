use insta::assert_snapshot;

use super::sample::*;
use crate::model::{ChangeType, Compliance, Employee, EmployeeStatus, Grant, State};
use crate::render::Palette;
use crate::render::explain::{self, Change, Event, Explanation, Held};
use crate::render::people::{RoleHolders, holders, holders_json, roles, roles_json};

fn lent_to(mut employee: Employee) -> Employee {
    employee.temporary.insert(Grant {
        role: role("payroll-viewer"),
        until: at("2026-12-01T00:00:00Z"),
        request: request("cover-payroll"),
    });
    employee
}

fn state() -> State {
    let mut gone = holding(HOSTILE, "payroll-viewer");
    gone.status = EmployeeStatus::Inactive;
    State {
        employees: [
            (
                employee("jane.doe"),
                lent_to(holding("Jane Doe", "ap-clerk")),
            ),
            (employee("sam.reyes"), gone),
        ]
        .into_iter()
        .collect(),
        ..State::default()
    }
}

#[test]
fn who_holds_what() {
    let state = state();
    let all: Vec<_> = state.employees.iter().collect();
    assert_snapshot!(roles(&all, Palette::Plain), @r#"
    jane.doe  Jane Doe, active
      ap-clerk
      payroll-viewer  until 2026-12-01 00:00 UTC, by cover-payroll

    sam.reyes  =::set-output x|y\u{1b}[2J\u{202e} @team #1 <b> `c` [l](https://e.example)\u{200b}\n\u{3a}:error::z, inactive
      payroll-viewer
    "#);
    assert_snapshot!(roles_json(&all[..1]), @r#"
    {
      "version": 1,
      "employees": [
        {
          "id": "jane.doe",
          "name": "Jane Doe",
          "status": "active",
          "roles": [
            "ap-clerk"
          ],
          "temporary": [
            {
              "role": "payroll-viewer",
              "until": "2026-12-01T00:00:00Z",
              "request": "cover-payroll"
            }
          ]
        }
      ]
    }
    "#);
    let of = |id| RoleHolders::of(&role(id), "Viewer", &state);
    assert_snapshot!(holders(&[of("payroll-viewer"), of("nothing")], Palette::Plain), @r#"
    payroll-viewer  Viewer
      jane.doe   Jane Doe                                            until 2026-12-01 00:00 UTC, by cover-payroll
      sam.reyes  =::set-output x|y\u{1b}[2J\u{202e} @tea…  inactive

    nothing  Viewer
      nobody
    "#);
    assert_snapshot!(holders_json(&[of("payroll-viewer")]), @r#"
    {
      "version": 1,
      "roles": [
        {
          "id": "payroll-viewer",
          "name": "Viewer",
          "holders": [
            {
              "employee": "jane.doe",
              "name": "Jane Doe",
              "status": "active",
              "permanent": false,
              "until": "2026-12-01T00:00:00Z",
              "request": "cover-payroll"
            },
            {
              "employee": "sam.reyes",
              "name": "=::set-output x|y\u001b[2J\u202e @team #1 <b> `c` [l](https://e.example)\u200b\n::error::z",
              "status": "inactive",
              "permanent": true,
              "until": null,
              "request": null
            }
          ]
        }
      ]
    }
    "#);
}

#[test]
fn why_somebody_holds_a_role() {
    let event = |serial, change, until| Event {
        serial,
        created: at("2026-11-23T12:00:00Z"),
        change_type: ChangeType::TemporaryAccessGranted,
        change,
        request: Some(request("cover-payroll")),
        approvals: vec![approved_by("alice")],
        held: (change != Change::Removed).then_some(Held { until }),
        compliance: Compliance::Compliant,
        compliance_reason: "approved request cover-payroll".to_owned(),
        resolved_by: None,
    };
    let by_hand = Event {
        request: None,
        approvals: Vec::new(),
        compliance: Compliance::NonCompliant,
        compliance_reason: "by hand".to_owned(),
        resolved_by: Some(6),
        ..event(5, Change::Removed, None)
    };
    let until = Some(at("2026-12-01T00:00:00Z"));
    let explanation = Explanation {
        employee: employee("jane.doe"),
        role: role("payroll-viewer"),
        held: Some(Held { until }),
        has_logs: true,
        history: vec![
            event(1, Change::Baseline, None),
            event(4, Change::Removed, None),
            by_hand,
            event(7, Change::Added, until),
        ],
    };
    assert_snapshot!(explain::human(&explanation, Palette::Plain), @r#"
    jane.doe holds payroll-viewer
      000001  2026-11-23 12:00 UTC    held when the logs began
              Temporary Access Granted, request cover-payroll, approved by alice
      000004  2026-11-23 12:00 UTC  - taken
              Temporary Access Granted, request cover-payroll, approved by alice
      000005  2026-11-23 12:00 UTC  - taken
              Temporary Access Granted, non-compliant: by hand; resolved by log
              000006
      000007  2026-11-23 12:00 UTC  + given until 2026-12-01 00:00 UTC
              Temporary Access Granted, request cover-payroll, approved by alice
    "#);
    assert_snapshot!(explain::json(&Explanation { history: explanation.history[2..].to_vec(), ..explanation }), @r#"
    {
      "version": 1,
      "employee": "jane.doe",
      "role": "payroll-viewer",
      "held": true,
      "unrecorded": false,
      "history": [
        {
          "serial": 5,
          "created": "2026-11-23T12:00:00Z",
          "change_type": "temporary_access_granted",
          "change": "removed",
          "request": null,
          "approvals": [],
          "until": null,
          "compliance": "non_compliant",
          "compliance_reason": "by hand",
          "resolved_by": 6
        },
        {
          "serial": 7,
          "created": "2026-11-23T12:00:00Z",
          "change_type": "temporary_access_granted",
          "change": "added",
          "request": "cover-payroll",
          "approvals": [
            {
              "person": "alice",
              "decision": "approve",
              "at": "2026-11-22T10:00:00Z",
              "evidence": "signature",
              "assurance": "signed",
              "rules": []
            }
          ],
          "until": "2026-12-01T00:00:00Z",
          "compliance": "compliant",
          "compliance_reason": "approved request cover-payroll",
          "resolved_by": null
        }
      ]
    }
    "#);
}

#[test]
fn what_no_log_has_is_said_of_a_role() {
    let said = |held: Option<Held>, has_logs, history: &[Option<Held>]| {
        let history = history.iter().map(|held| Event {
            serial: 1,
            created: at("2026-11-23T12:00:00Z"),
            change_type: ChangeType::UserOnboarding,
            change: held.map_or(Change::Removed, |_| Change::Added),
            request: None,
            approvals: Vec::new(),
            held: *held,
            compliance: Compliance::Compliant,
            compliance_reason: String::new(),
            resolved_by: None,
        });
        let explanation = Explanation {
            employee: employee("jane.doe"),
            role: role("payroll-viewer"),
            held,
            has_logs,
            history: history.collect(),
        };
        let said = explain::human(&explanation, Palette::Plain);
        said.lines().last().unwrap_or_default().trim().to_owned()
    };
    let edited = "~ edited by hand; no change log has it";
    let none_yet = "there are no change logs yet; the first one lists what everybody holds";
    let held = Some(Held { until: None });
    let lent = Some(Held {
        until: Some(at("2026-12-01T00:00:00Z")),
    });
    assert_eq!(said(held, false, &[]), none_yet);
    assert_eq!(said(None, false, &[]), none_yet);
    assert_eq!(said(None, true, &[]), "no change log is about it");
    for (now, logged) in [(held, None), (None, held), (lent, held), (held, lent)] {
        assert_eq!(said(now, true, &[logged]), edited);
        assert_eq!(said(now, true, &[now]), "User Onboarding");
    }
    assert_eq!(said(held, true, &[]), edited);
}

#[test]
fn a_log_explains_a_role_that_it_gave_took_or_lent_longer() {
    let log = |before, after| super::log::log(7, vec![change("jane.doe", before, after)]);
    let of = |log: &_| {
        Event::of(log, None, &employee("jane.doe"), &role("payroll-viewer"))
            .map(|event| event.change)
    };
    let (without, with) = (holding("J", ""), holding("J", "payroll-viewer"));
    assert_eq!(
        of(&log(Some(without.clone()), with.clone())),
        Some(Change::Added)
    );
    assert_eq!(
        of(&log(Some(with.clone()), without.clone())),
        Some(Change::Removed)
    );
    assert_eq!(
        of(&log(Some(lent_to(without.clone())), with.clone())),
        Some(Change::Added)
    );
    assert_eq!(of(&log(Some(with.clone()), lent_to(with))), None);
    let mut baseline = log(None, lent_to(without));
    baseline.change_type = ChangeType::Baseline;
    assert_eq!(of(&baseline), Some(Change::Baseline));
}
