use insta::assert_snapshot;

use super::sample::*;
use crate::render::plan::json;

#[test]
#[expect(clippy::too_many_lines, reason = "the snapshot is the whole form")]
fn json_is_what_scripts_rely_on() {
    let mut plan = plan();
    plan.requests.drain(..2);
    plan.requests.truncate(3);
    assert_snapshot!(json(&plan), @r#"
    {
      "version": 1,
      "as_of": "2026-11-23T12:00:00Z",
      "digest": "sha256:64879f7d6b960a01909762d911a32d4582c20010c5641ee90278b644a9e3b525",
      "tzdb": "2026f",
      "summary": {
        "additions": 3,
        "removals": 2,
        "inactivations": 1,
        "runs": 2,
        "requests": 2
      },
      "requests": [
        {
          "id": "offboard-alex",
          "path": "requests/offboard-alex.yaml",
          "name": "Offboard Alex",
          "access_type": "role_reductions",
          "change_type": "user_offboarding",
          "status": "approved",
          "waiting_for": "schedule",
          "user_provisioning_error": null,
          "due": {
            "local": "2026-11-30T17:30:00-08:00",
            "timezone": "America/Los_Angeles",
            "utc": "2026-12-01T01:30:00Z",
            "tzdb": "2026f"
          },
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
          "runs": [],
          "manual": [],
          "findings": []
        },
        {
          "id": "offboard-sam",
          "path": "requests/offboard-sam.yaml",
          "name": "Offboard Sam Reyes",
          "access_type": "role_reductions",
          "change_type": "user_offboarding",
          "status": "approved",
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
          "runs": [
            {
              "number": 1,
              "of": 1,
              "employees": [
                "sam.reyes"
              ],
              "roles": [
                "ap-payer",
                "vendor-admin"
              ],
              "changes": [
                {
                  "employee": "sam.reyes",
                  "add": [],
                  "remove": [
                    "ap-payer",
                    "vendor-admin"
                  ],
                  "inactivate": true
                }
              ],
              "left_out": []
            }
          ],
          "manual": [],
          "findings": []
        },
        {
          "id": "onboard-crew",
          "path": "requests/onboard-crew.yaml",
          "name": "Onboard the Denver crew",
          "access_type": "role_additions",
          "change_type": "user_onboarding",
          "status": "approved",
          "waiting_for": "retry",
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
          "runs": [],
          "manual": [
            {
              "employee": "kim.lee",
              "role": "administrator",
              "action": "add"
            }
          ],
          "findings": []
        }
      ],
      "expiries": [
        {
          "employee": "jane.doe",
          "role": "payroll-viewer",
          "request": "cover-payroll",
          "due": {
            "local": "2026-12-01T00:00:00-05:00",
            "timezone": "America/New_York",
            "utc": "2026-12-01T05:00:00Z",
            "tzdb": "2026f"
          }
        }
      ],
      "drift": [
        {
          "employee": "jane.doe",
          "added": [
            "ap-payer"
          ],
          "removed": [
            "expense-approver"
          ],
          "status": null
        }
      ],
      "brake": [
        {
          "limit": "removals",
          "allowed": 1,
          "planned": 2
        },
        {
          "limit": "removal_percent",
          "allowed": 25,
          "planned": 40
        }
      ],
      "findings": []
    }
    "#);
}

#[test]
fn the_findings_of_a_request_stand_with_it() {
    let document: serde_json::Value = serde_json::from_str(&json(&plan())).unwrap();
    let finding = &document["requests"][0]["findings"][0];
    assert_eq!(finding["code"], "RC111");
    assert_eq!(
        (&finding["line"], &finding["column"]),
        (&6.into(), &18.into())
    );
}
