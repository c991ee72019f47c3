use insta::assert_snapshot;

use super::sample::*;
use crate::model::{ChangeType, Digest, RunNumber};
use crate::reconcile::outcome::{Applied, Outcome};
use crate::render::{Palette, outcome, status};

fn logs() -> status::Logs {
    [(request("offboard-sam"), vec![3, 7])].into()
}

#[test]
fn the_list_of_requests() {
    assert_snapshot!(status::human(&plan().requests_after, Palette::Plain), @r#"
    ID             ACCESS TYPE  STATUS              WAITS FOR      DUE                      NAME
    broken         additions    Invalid                                                     Broken
    cover-payroll  temporary    Approved            end of access  2026-11-20 00:00 -05:00  Cover payroll
    offboard-alex  reductions   Approved            schedule       2026-11-30 17:30 -08:00  Offboard Alex
    offboard-sam   reductions   Complete                                                    Offboard Sam Reyes
    onboard-crew   additions    Approved            retry                                   Onboard the Denver crew
    pay-run        temporary    Partially Approved                                          Pay run
    "#);
    assert_snapshot!(status::human(&[], Palette::Plain), @r#"No change requests."#);
}

#[test]
fn one_request_in_full() {
    let mut view = plan().requests_after[4].clone();
    view.user_provisioning_error = Some(format!("line one\n{HOSTILE}"));
    view.findings = vec![unknown_role()];
    view.due = Some(due("2026-11-30T17:30:00-08:00", "America/Los_Angeles"));
    assert_snapshot!(status::one(&view, &[3, 7], &[], Palette::Plain), @r#"
    Onboard the Denver crew  onboard-crew
      File                     requests/onboard-crew.yaml
      Access type              role additions
      Change type              User Onboarding
      Status                   Approved
      Waits for                another try of 1 failed change
      Due                      2026-11-30 17:30 America/Los_Angeles (2026-12-01
                               01:30 UTC)
      Approval                 1 of 1 approval (alice), by signature
      Runs                     1 of 1 done
      User Provisioning Error  line one
                               =::set-output x|y\u{1b}[2J\u{202e} @team #1 <b> `c`
                               [l](https://e.example)\u{200b}
                               \u{3a}:error::z
      Failed                   root.admin: separation of duties vendor-and-payment
                               refuses ap-payer
      For a person             give administrator to kim.lee
      Change logs              000003, 000007

    error[RC111]: role `ap-clrk` is not in the catalogue
     --> requests/broken.yaml:6:18
      |
    6 | affected_roles: [ap-clrk]
      |                  ^^^^^^^
      |
      = help: did you mean `ap-clerk`?

    1 error
    "#);
}

#[test]
fn the_list_as_json() {
    let plan = plan();
    assert_snapshot!(status::json(plan.as_of, &plan.requests_after[3..4], &logs()), @r#"
    {
      "version": 1,
      "as_of": "2026-11-23T12:00:00Z",
      "requests": [
        {
          "id": "offboard-sam",
          "path": "requests/offboard-sam.yaml",
          "name": "Offboard Sam Reyes",
          "access_type": "role_reductions",
          "change_type": "user_offboarding",
          "status": "complete",
          "waiting_for": null,
          "user_provisioning_error": null,
          "due": null,
          "approval": {
            "required": 1,
            "given": [
              "alice"
            ],
            "evidence": "signature",
            "assurance": "signed",
            "decisions": [],
            "rules": []
          },
          "runs": {
            "done": 0,
            "of": 0
          },
          "logs": [
            3,
            7
          ],
          "findings": []
        }
      ]
    }
    "#);
}

fn done() -> Outcome {
    let applied = |serial, id: Option<&str>, change_type, run| Applied {
        serial,
        path: format!("state/changelog/2026/{serial:06}.yaml"),
        request: id.map(request),
        change_type,
        run,
        additions: 12,
        removals: 0,
        inactivations: serial - 1,
    };
    Outcome {
        as_of: at("2026-11-23T12:00:00Z"),
        serial: 2,
        head: Some(Digest::of(b"head")),
        applied: vec![
            applied(1, None, ChangeType::Baseline, None),
            applied(
                2,
                Some("onboard-crew"),
                ChangeType::UserOnboarding,
                Some(RunNumber { number: 2, of: 6 }),
            ),
        ],
        stopped_by_max_runs: true,
        published: None,
    }
}

#[test]
fn what_was_done() {
    let plan = plan();
    let text = outcome::human(
        &done(),
        &plan.requests_after,
        &plan.expiries,
        Palette::Plain,
    );
    assert_snapshot!(text, @r#"
    000001  Baseline         -             +12 -0
    000002  User Onboarding  onboard-crew  run 2 of 6  +12 -0  1 inactivated
    Stopped by --max-runs; the next reconcile goes on from here.

    Waiting for
      cover-payroll  the end of the access, 2026-12-01 00:00 America/New_York
                     (2026-12-01 05:00 UTC)
      offboard-alex  its moment, 2026-11-30 17:30 America/Los_Angeles (2026-12-01
                     01:30 UTC)
      onboard-crew   another try of 1 failed change

    Not approved
      pay-run  1 of 2 approvals (alice), by signature

    1 change failed and will be tried again
      onboard-crew: root.admin: separation of duties vendor-and-payment refuses
        ap-payer
    "#);
}

#[test]
fn what_was_done_as_json() {
    assert_snapshot!(outcome::json(&done(), &[], &logs(), &[unknown_role()]), @r#"
    {
      "version": 1,
      "as_of": "2026-11-23T12:00:00Z",
      "serial": 2,
      "head": "sha256:9f2e6d33a3717ee826353a404ba4618d1aeeb6879ad7936bce8ed5f46814924d",
      "applied": [
        {
          "serial": 1,
          "path": "state/changelog/2026/000001.yaml",
          "request": null,
          "change_type": "baseline",
          "run": null
        },
        {
          "serial": 2,
          "path": "state/changelog/2026/000002.yaml",
          "request": "onboard-crew",
          "change_type": "user_onboarding",
          "run": {
            "number": 2,
            "of": 6
          }
        }
      ],
      "requests": [],
      "findings": [
        {
          "code": "RC111",
          "severity": "error",
          "message": "role `ap-clrk` is not in the catalogue",
          "path": "requests/broken.yaml",
          "line": 6,
          "column": 18,
          "hint": "did you mean `ap-clerk`?"
        }
      ]
    }
    "#);
}
