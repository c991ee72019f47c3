use insta::assert_snapshot;

use super::sample::*;
use crate::model::{
    ChangeLog, ChangeType, ClockSource, Compliance, Digest, EmployeeChange, EmployeeStatus,
    LogStatus,
};
use crate::render::Palette;
use crate::render::log::{Entry, csv, human, one};

pub(super) fn log(serial: u64, changes: Vec<EmployeeChange>) -> ChangeLog {
    let step = plan().steps.swap_remove(0);
    ChangeLog {
        serial,
        previous: None,
        state_after: Digest::of(b"state"),
        change_type: step.change_type,
        compliance: step.compliance,
        compliance_reason: step.compliance_reason,
        status: step.status,
        created: at("2026-11-23T12:00:00Z"),
        request: step.request,
        approvals: step.approvals,
        actor: step.actor,
        schedule: step.schedule,
        run: step.run,
        changes,
        left_out: plan().steps[1].left_out.clone(),
        warnings: Vec::new(),
        clock: ClockSource::Given,
        program: "rolecall 0.1.0".to_owned(),
        policy: Digest::of(b"policy"),
        branch: None,
        resolves: None,
        record: None,
    }
}

fn offboarding() -> ChangeLog {
    let mut gone = holding("Sam Reyes", "ap-clerk");
    gone.status = EmployeeStatus::Inactive;
    log(
        7,
        vec![change(
            "sam.reyes",
            Some(holding("Sam Reyes", "ap-clerk ap-payer vendor-admin")),
            gone,
        )],
    )
}

fn by_hand() -> ChangeLog {
    let mut log = log(
        8,
        vec![change(
            "jane.doe",
            Some(holding("=Jane", "")),
            holding("=Jane", "ap-payer"),
        )],
    );
    log.change_type = ChangeType::UserRoleAssignmentChange;
    log.compliance = Compliance::NonCompliant;
    log.status = LogStatus::Open;
    log.request.as_mut().unwrap().name = HOSTILE.to_owned();
    log
}

fn entry(log: &ChangeLog) -> Entry<'_> {
    Entry {
        log,
        path: "state/changelog/2026/000007-offboard-sam.yaml",
        resolved_by: None,
    }
}

#[test]
fn the_list_of_logs() {
    let (one, two) = (offboarding(), by_hand());
    let mut resolved = entry(&two);
    resolved.resolved_by = Some(9);
    assert_snapshot!(human(&[entry(&one), resolved], Palette::Plain), @r#"
    SERIAL  CREATED               TYPE                         REQUEST       RUN  CHANGES
    000007  2026-11-23 12:00 UTC  User Offboarding             offboard-sam  1/1  +0 -2, 1 inactivated
    000008  2026-11-23 12:00 UTC  User Role Assignment Change  offboard-sam  1/1  +1 -0                 non-compliant, resolved by 000009
    "#);
}

#[test]
fn one_log_in_full() {
    assert_snapshot!(one(&entry(&offboarding()), Palette::Plain), @r#"
    000007  User Offboarding
      File             state/changelog/2026/000007-offboard-sam.yaml
      Created          2026-11-23 12:00 UTC (the clock was given by hand)
      Compliance       compliant, closed: covered by an approved request
      Request          offboard-sam Offboard Sam Reyes
      Request file     requests/offboard-sam.yaml
      Change overview  HR-1204
      Requested by     dana
      Approval         approved by alice, 2026-11-22 10:00 UTC, by signature
                       (signed)
      Done by          system (scheduled)
      Due              2026-11-23 03:30 America/Los_Angeles (2026-11-23 11:30 UTC)
      Applied          2026-11-23 12:00 UTC, 30 minutes late
      Run              1 of 1
      Left out         ap-clerk for jane.doe, already held
      Left out         ap-payer for root.admin, refused: separation of duties
                       vendor-and-payment: would also hold vendor-admin
      Written by       rolecall 0.1.0

    Values
      sam.reyes  Sam Reyes
        3 roles before, 1 role after
        @@ -1,3 +1 @@
         ap-clerk
        -ap-payer
        -vendor-admin
        now inactive
    "#);
}

#[test]
fn a_table_for_spreadsheets() {
    let (one, two) = (offboarding(), by_hand());
    assert_snapshot!(csv(&[entry(&one), entry(&two)]).unwrap(), @r#"
    serial,created,change_type,compliance,status,request,request_name,requested_by,approvers,actor,employee,employee_name,role,change,old_status,new_status,due_utc,applied_at,lateness_seconds,run
    7,2026-11-23T12:00:00Z,user_offboarding,compliant,closed,offboard-sam,Offboard Sam Reyes,dana,alice,system,sam.reyes,Sam Reyes,ap-payer,removed,,,2026-11-23T11:30:00Z,2026-11-23T12:00:00Z,1800,1 of 1
    7,2026-11-23T12:00:00Z,user_offboarding,compliant,closed,offboard-sam,Offboard Sam Reyes,dana,alice,system,sam.reyes,Sam Reyes,vendor-admin,removed,,,2026-11-23T11:30:00Z,2026-11-23T12:00:00Z,1800,1 of 1
    7,2026-11-23T12:00:00Z,user_offboarding,compliant,closed,offboard-sam,Offboard Sam Reyes,dana,alice,system,sam.reyes,Sam Reyes,,status,active,inactive,2026-11-23T11:30:00Z,2026-11-23T12:00:00Z,1800,1 of 1
    8,2026-11-23T12:00:00Z,user_role_assignment_change,non_compliant,open,offboard-sam,'=::set-output x|y\u{1b}[2J\u{202e} @team #1 <b> `c` [l](https://e.example)\u{200b}\n\u{3a}:error::z,dana,alice,system,jane.doe,'=Jane,ap-payer,added,,,2026-11-23T11:30:00Z,2026-11-23T12:00:00Z,1800,1 of 1
    "#);
}
