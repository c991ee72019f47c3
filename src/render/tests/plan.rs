use insta::assert_snapshot;

use super::sample::*;
use crate::render::Palette;
use crate::render::plan::{human, json, markdown};

#[test]
fn a_plan_for_people() {
    assert_snapshot!(human(&plan(), Palette::Plain), @r#"
    Offboard Sam Reyes  offboard-sam
      User Offboarding, asked by dana, approved by alice (2026-11-22 10:00 UTC,
        signature, signed)
      due 2026-11-23 03:30 America/Los_Angeles (2026-11-23 11:30 UTC), 30 minutes
        late
      run 1 of 1
        sam.reyes
          - ap-payer
          - vendor-admin
          - now inactive

    Onboard the Denver crew  onboard-crew
      User Onboarding, asked by dana, approved by alice (2026-11-22 10:00 UTC,
        signature, signed)
      run 1 of 1
        jane.doe
          + crm-viewer
        kim.lee
          + ap-clerk
          + crm-viewer
          ~ new employee
      left out
        already held: ap-clerk for jane.doe
      refused
        root.admin: separation of duties vendor-and-payment refuses ap-payer
      for a person to do
        give administrator to kim.lee

    Edited by hand in the state file
      jane.doe  + ap-payer, - expense-approver

    Waiting for
      cover-payroll  the end of the access, 2026-12-01 00:00 America/New_York
                     (2026-12-01 05:00 UTC)
      offboard-alex  its moment, 2026-11-30 17:30 America/Los_Angeles (2026-12-01
                     01:30 UTC)
      onboard-crew   another try of 1 failed change

    Not approved
      pay-run  1 of 2 approvals (alice), by signature

    Ends of temporary access
      cover-payroll  payroll-viewer of jane.doe: 2026-12-01 00:00 America/New_York
                     (2026-12-01 05:00 UTC)

    Invalid, and left alone
      broken  1 error in requests/broken.yaml

    Over a limit: a reconcile would write nothing
      removals: 2 planned, 1 allowed
      removal_percent: 40 % planned, 25 % allowed
    To let exactly this plan through:
      rolecall reconcile --confirm sha256:64879f7d6b960a01909762d911a32d4582c20010c5641ee90278b644a9e3b525

    Plan: 3 to add, 2 to remove, 1 to inactivate in 2 runs of 2 requests.
    As of 2026-11-23 12:00 UTC
    Digest sha256:64879f7d6b960a01909762d911a32d4582c20010c5641ee90278b644a9e3b525
    "#);
}

#[test]
fn a_request_with_hundreds_of_changes_stays_short() {
    assert_snapshot!(human(&large(40, false), Palette::Plain), @r#"
    Everybody gets the CRM  onboard-all
      User Onboarding, asked by dana, approved by alice (2026-11-22 10:00 UTC,
        signature, signed)
      run 1 of 3
        + crm-editor, crm-viewer  for 15 employees: employee.number000,
            employee.number001, employee.number002, employee.number003,
            employee.number004, employee.number005, employee.number006,
            employee.number007, employee.number008, employee.number009,
            employee.number010, employee.number011 and 3 more
      run 2 of 3
        + crm-editor, crm-viewer  for 15 employees: employee.number015,
            employee.number016, employee.number017, employee.number018,
            employee.number019, employee.number020, employee.number021,
            employee.number022, employee.number023, employee.number024,
            employee.number025, employee.number026 and 3 more
      run 3 of 3
        + crm-editor, crm-viewer  for 10 employees: employee.number030,
            employee.number031, employee.number032, employee.number033,
            employee.number034, employee.number035, employee.number036,
            employee.number037, employee.number038, employee.number039

    Plan: 80 to add, 0 to remove, 0 to inactivate in 3 runs of 1 request.
    As of 2026-11-23 12:00 UTC
    Digest sha256:64879f7d6b960a01909762d911a32d4582c20010c5641ee90278b644a9e3b525
    "#);
    for plan in [
        large(1_000, true),
        large(1_000, false),
        large(45, true),
        large(300, false),
    ] {
        let text = human(&plan, Palette::Plain);
        assert!(text.lines().count() < 60, "{text}");
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
    }
}

#[test]
fn what_does_not_fit_is_counted() {
    let text = human(&large(300, true), Palette::Plain);
    assert!(text.contains("  runs 1 to 20 of 20, together\n"), "{text}");
    assert!(
        text.contains("    … and 266 more employees: +532 -0"),
        "{text}"
    );
}

#[test]
fn what_was_tried_before_and_fails_again_is_shown_without_a_run() {
    let mut plan = plan();
    plan.steps.clear();
    for text in [human(&plan, Palette::Plain), markdown(&plan)] {
        assert!(text.to_lowercase().contains("still fail"), "{text}");
        assert!(text.contains("vendor-and-payment refuses"), "{text}");
    }
}

#[test]
fn markdown_has_a_table_for_each_request() {
    assert_snapshot!(markdown(&plan()), @r#"
    <!-- rolecall:plan -->
    ### Plan

    **3 to add, 2 to remove, 1 to inactivate in 2 runs of 2 requests**

    > **Over a limit: a reconcile would write nothing.**
    > - `removals`: 2 planned, 1 allowed
    > - `removal_percent`: 40 % planned, 25 % allowed
    > - To let exactly this plan through: `rolecall reconcile --confirm sha256:64879f7d6b960a01909762d911a32d4582c20010c5641ee90278b644a9e3b525`

    > **1 request is invalid and left alone: broken**

    | finding | where | what | what to do |
    | --- | --- | --- | --- |
    | error RC111 | requests/broken.yaml:6 | role &#96;ap-clrk&#96; is not in the catalogue | did you mean &#96;ap-clerk&#96;? |

    #### Offboard Sam Reyes (offboard-sam)

    User Offboarding, asked by dana, approved by alice (2026-11-22 10:00 UTC, signature, signed), 1 run

    | employee | added | removed | note |
    | --- | --- | --- | --- |
    | sam.reyes |  | ap-payer, vendor-admin | now inactive |

    #### Onboard the Denver crew (onboard-crew)

    User Onboarding, asked by dana, approved by alice (2026-11-22 10:00 UTC, signature, signed), 1 run

    | employee | added | removed | note |
    | --- | --- | --- | --- |
    | jane.doe | crm-viewer |  | ap-clerk already held |
    | kim.lee | ap-clerk, crm-viewer |  | new employee |
    | root.admin |  |  | ap-payer refused: separation of duties vendor-and-payment: would also hold vendor-admin |

    | request | status | waits for |
    | --- | --- | --- |
    | cover-payroll | Approved | the end of the access, 2026-12-01 00:00 America/New&#95;York (2026-12-01 05:00 UTC) |
    | offboard-alex | Approved | its moment, 2026-11-30 17:30 America/Los&#95;Angeles (2026-12-01 01:30 UTC) |
    | onboard-crew | Approved | another try of 1 failed change |
    | pay-run | Partially Approved | 1 of 2 approvals (alice), by signature |

    As of 2026-11-23 12:00 UTC, digest `sha256:64879f7d6b960a01909762d911a32d4582c20010c5641ee90278b644a9e3b525`
    "#);
}

#[test]
fn long_markdown_is_folded() {
    let text = markdown(&large(40, false));
    assert!(text.contains("<details><summary>40 employees</summary>"));
    assert!(!text.contains("eft out"));
}

#[test]
fn hostile_text_stays_text() {
    let mut plan = plan();
    plan.requests_after[4].failures[0] = HOSTILE.to_owned();
    for step in &mut plan.steps {
        let request = step.request.as_mut().unwrap();
        request.name = HOSTILE.to_owned();
        request.requested_by = HOSTILE.to_owned();
        step.approvals[0].person = HOSTILE.to_owned();
        step.warnings.push(HOSTILE.to_owned());
        for left_out in &mut step.left_out {
            left_out.detail = HOSTILE.to_owned();
        }
    }
    for view in plan.requests.iter_mut().chain(&mut plan.requests_after) {
        view.name = Some(HOSTILE.to_owned());
        view.path = Some(HOSTILE.to_owned());
        view.approval.given = vec![HOSTILE.to_owned()];
        for finding in &mut view.findings {
            finding.message = HOSTILE.to_owned();
            finding.path = Some(HOSTILE.to_owned());
        }
    }
    let hidden = |text: &str| text.contains(['\u{1b}', '\u{202e}', '\u{200b}']);
    let text = human(&plan, Palette::Plain);
    assert!(!hidden(&text), "{text}");
    assert!(
        !text.lines().any(|line| line.trim_start().starts_with("::")),
        "{text}"
    );
    let text = markdown(&plan);
    assert!(!hidden(&text), "{text}");
    for bait in ["@team", "#1 ", "<b>", "`c`", "](", "https://", "x|y"] {
        assert!(!text.contains(bait), "{bait} in {text}");
    }
    assert!(!hidden(&json(&plan)));
}

#[test]
fn nothing_to_do_is_said() {
    assert_snapshot!(human(&nothing(), Palette::Plain), @r#"Nothing to do."#);
    assert_snapshot!(markdown(&nothing()), @r#"
    <!-- rolecall:plan -->
    ### Plan

    **Nothing to do.**

    As of 2026-11-23 12:00 UTC, digest `sha256:64879f7d6b960a01909762d911a32d4582c20010c5641ee90278b644a9e3b525`
    "#);
}

#[test]
fn colour_is_a_parameter() {
    let coloured = human(&plan(), Palette::Coloured);
    assert!(
        coloured.contains("\u{1b}[32m+ crm-viewer\u{1b}[0m"),
        "{coloured}"
    );
    assert!(
        coloured.contains("\u{1b}[31m- ap-payer\u{1b}[0m"),
        "{coloured}"
    );
    assert_eq!(
        anstream::adapter::strip_str(&coloured).to_string(),
        human(&plan(), Palette::Plain)
    );
}
