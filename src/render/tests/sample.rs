//! Made-up values to render.

use crate::check::finding::{Code, Finding, Place};
use crate::model::*;
use crate::plan::*;

/// Text that drives terminals, logs, Markdown and spreadsheets.
pub(super) const HOSTILE: &str = "=::set-output x|y\u{1b}[2J\u{202e} @team #1 <b> `c` [l](https://e.example)\u{200b}\n::error::z";

pub(super) fn at(text: &str) -> Instant {
    crate::time::parse_rfc3339(text).unwrap()
}

pub(super) fn employee(id: &str) -> EmployeeId {
    EmployeeId::new(id).unwrap()
}

pub(super) fn role(id: &str) -> RoleId {
    RoleId::new(id).unwrap()
}

pub(super) fn request(id: &str) -> RequestId {
    RequestId::new(id).unwrap()
}

pub(super) fn roles(ids: &str) -> Vec<RoleId> {
    ids.split_whitespace().map(role).collect()
}

pub(super) fn holding(name: &str, ids: &str) -> Employee {
    Employee {
        name: name.to_owned(),
        email: None,
        status: EmployeeStatus::Active,
        roles: roles(ids).into_iter().collect(),
        temporary: std::collections::BTreeSet::new(),
    }
}

pub(super) fn change(id: &str, before: Option<Employee>, after: Employee) -> EmployeeChange {
    EmployeeChange {
        id: employee(id),
        before,
        after: Some(after),
    }
}

pub(super) fn due(local: &str, timezone: &str) -> Due {
    Due {
        local: local.to_owned(),
        timezone: timezone.to_owned(),
        utc: at(local),
        tzdb: "2026f".to_owned(),
    }
}

pub(super) fn reference(id: &str, name: &str) -> RequestReference {
    RequestReference {
        id: request(id),
        path: format!("requests/{id}.yaml"),
        name: name.to_owned(),
        change_overview: "HR-1204".to_owned(),
        requested_by: "dana".to_owned(),
        content: Digest::of(id.as_bytes()),
        commit: None,
    }
}

pub(super) fn approved_by(person: &str) -> Approval {
    Approval::new(
        person.to_owned(),
        Decision::Approve,
        at("2026-11-22T10:00:00Z"),
        Evidence::Signature,
    )
}

pub(super) fn step(
    reference: RequestReference,
    change_type: ChangeType,
    changes: Vec<EmployeeChange>,
) -> Step {
    Step {
        kind: StepKind::Run,
        change_type,
        compliance: Compliance::Compliant,
        compliance_reason: "covered by an approved request".to_owned(),
        status: LogStatus::Closed,
        request: Some(reference),
        approvals: vec![approved_by("alice")],
        actor: Actor::Approver("alice".to_owned()),
        schedule: None,
        run: Some(RunNumber { number: 1, of: 1 }),
        changes,
        left_out: Vec::new(),
        warnings: Vec::new(),
        resolves: None,
        record: None,
    }
}

pub(super) fn view(id: &str, name: &str, access_type: AccessType, status: Status) -> RequestView {
    RequestView {
        id: request(id),
        path: Some(format!("requests/{id}.yaml")),
        name: Some(name.to_owned()),
        asks: None,
        access_type: Some(access_type),
        change_type: Some(ChangeType::of(access_type, true)),
        status,
        waiting_for: None,
        user_provisioning_error: None,
        due: None,
        approval: Given {
            required: 1,
            given: vec!["alice".to_owned()],
            evidence: Some(Evidence::Signature),
            assurance: Some(Assurance::Signed),
            decisions: Vec::new(),
            rules: Vec::new(),
        },
        progress: RunNumber::default(),
        runs: Vec::new(),
        manual: Vec::new(),
        failures: Vec::new(),
        findings: Vec::new(),
    }
}

pub(super) fn unknown_role() -> Finding {
    Finding::error(Code::UnknownRole, "role `ap-clrk` is not in the catalogue")
        .in_file("requests/broken.yaml")
        .at(Some(Place {
            skipped: 0,
            line: 6,
            column: 18,
            length: 7,
            text: "affected_roles: [ap-clrk]".to_owned(),
        }))
        .hint("did you mean `ap-clerk`?")
}

/// A plan in which nothing is to be done.
pub(super) fn nothing() -> Plan {
    Plan {
        as_of: at("2026-11-23T12:00:00Z"),
        tzdb: "2026f",
        steps: Vec::new(),
        requests: Vec::new(),
        requests_after: Vec::new(),
        expiries: Vec::new(),
        assumes_approval: false,
        expiries_after: Vec::new(),
        drift: Vec::new(),
        brake: Vec::new(),
        digest: Digest::of(b"plan"),
        summary: Summary::default(),
        findings: Vec::new(),
    }
}

/// A removal at its moment, and an addition of which something is left out.
fn steps() -> Vec<Step> {
    let (onboard, offboard) = (
        reference("onboard-crew", "Onboard the Denver crew"),
        reference("offboard-sam", "Offboard Sam Reyes"),
    );
    let mut gone = holding("Sam Reyes", "");
    gone.status = EmployeeStatus::Inactive;
    let mut removal = step(
        offboard,
        ChangeType::UserOffboarding,
        vec![change(
            "sam.reyes",
            Some(holding("Sam Reyes", "ap-payer vendor-admin")),
            gone,
        )],
    );
    removal.actor = Actor::System;
    removal.schedule = Some(Schedule {
        local: "2026-11-23T03:30:00-08:00".to_owned(),
        timezone: "America/Los_Angeles".to_owned(),
        utc: at("2026-11-23T11:30:00Z"),
        tzdb: "2026f".to_owned(),
        applied_at: at("2026-11-23T12:00:00Z"),
        lateness_seconds: 1800,
    });
    let mut addition = step(
        onboard,
        ChangeType::UserOnboarding,
        vec![
            change(
                "jane.doe",
                Some(holding("Jane Doe", "ap-clerk")),
                holding("Jane Doe", "ap-clerk crm-viewer"),
            ),
            change("kim.lee", None, holding("Kim Lee", "ap-clerk crm-viewer")),
        ],
    );
    addition.left_out = vec![
        LeftOut {
            employee: employee("jane.doe"),
            role: Some(role("ap-clerk")),
            reason: LeftOutReason::AlreadyHeld,
            detail: String::new(),
        },
        LeftOut {
            employee: employee("root.admin"),
            role: Some(role("ap-payer")),
            reason: LeftOutReason::Refused,
            detail: "separation of duties vendor-and-payment: would also hold vendor-admin"
                .to_owned(),
        },
    ];
    vec![removal, addition]
}

/// Requests in every kind of status, as they stand after [`steps`].
fn views() -> Vec<RequestView> {
    let mut retry = view(
        "onboard-crew",
        "Onboard the Denver crew",
        AccessType::RoleAdditions,
        Status::Approved,
    );
    retry.waiting_for = Some(WaitingFor::Retry);
    retry.progress = RunNumber { number: 1, of: 1 };
    retry.failures =
        vec!["root.admin: separation of duties vendor-and-payment refuses ap-payer".to_owned()];
    retry.manual = vec![ManualChange {
        employee: employee("kim.lee"),
        role: role("administrator"),
        action: ManualAction::Add,
    }];
    let mut scheduled = view(
        "offboard-alex",
        "Offboard Alex",
        AccessType::RoleReductions,
        Status::Approved,
    );
    scheduled.waiting_for = Some(WaitingFor::Schedule);
    scheduled.due = Some(due("2026-11-30T17:30:00-08:00", "America/Los_Angeles"));
    let mut lent = view(
        "cover-payroll",
        "Cover payroll",
        AccessType::TemporaryAccess,
        Status::Approved,
    );
    lent.waiting_for = Some(WaitingFor::TemporaryEnd);
    lent.due = Some(due("2026-11-20T00:00:00-05:00", "America/New_York"));
    let mut partly = view(
        "pay-run",
        "Pay run",
        AccessType::TemporaryAccess,
        Status::PartiallyApproved,
    );
    partly.approval.required = 2;
    let mut broken = view(
        "broken",
        "Broken",
        AccessType::RoleAdditions,
        Status::Invalid,
    );
    broken.findings = vec![unknown_role()];
    let complete = view(
        "offboard-sam",
        "Offboard Sam Reyes",
        AccessType::RoleReductions,
        Status::Complete,
    );
    vec![broken, lent, scheduled, complete, retry, partly]
}

/// A bit of everything.
pub(super) fn plan() -> Plan {
    let mut before = views();
    for view in &mut before {
        view.failures.clear();
    }
    before[3].status = Status::Approved;
    before[3].runs = vec![PlannedRun {
        run: RunNumber { number: 1, of: 1 },
        employees: vec![employee("sam.reyes")],
        roles: roles("ap-payer vendor-admin"),
        changes: vec![PlannedChange {
            employee: employee("sam.reyes"),
            add: Vec::new(),
            remove: roles("ap-payer vendor-admin"),
            inactivate: true,
        }],
        left_out: Vec::new(),
    }];
    let expiries = vec![Expiry {
        employee: employee("jane.doe"),
        role: role("payroll-viewer"),
        request: request("cover-payroll"),
        due: due("2026-12-01T00:00:00-05:00", "America/New_York"),
        now: false,
    }];
    Plan {
        steps: steps(),
        requests: before,
        requests_after: views(),
        assumes_approval: false,
        expiries_after: expiries.clone(),
        expiries,
        drift: vec![DriftEntry {
            employee: employee("jane.doe"),
            added: roles("ap-payer"),
            removed: roles("expense-approver"),
            status: None,
        }],
        brake: vec![
            Brake {
                limit: "removals",
                allowed: 1,
                planned: 2,
            },
            Brake {
                limit: "removal_percent",
                allowed: 25,
                planned: 40,
            },
        ],
        summary: Summary {
            additions: 3,
            removals: 2,
            inactivations: 1,
            runs: 2,
            requests: 2,
        },
        ..nothing()
    }
}

/// One request for many employees, in runs of 15; with `varied` each gets other roles.
pub(super) fn large(employees: usize, varied: bool) -> Plan {
    let runs = employees.div_ceil(15);
    let steps = (0..runs).map(|run| {
        let members = run * 15..employees.min(run * 15 + 15);
        let changes = members.map(|index| {
            let id = format!("employee.number{index:03}");
            let given = if varied {
                format!("role-{index} crm-viewer")
            } else {
                "crm-editor crm-viewer".to_owned()
            };
            change(&id, Some(holding(&id, "")), holding(&id, &given))
        });
        let mut step = step(
            reference("onboard-all", "Everybody gets the CRM"),
            ChangeType::UserOnboarding,
            changes.collect(),
        );
        step.run = Some(RunNumber {
            number: u32::try_from(run).unwrap() + 1,
            of: u32::try_from(runs).unwrap(),
        });
        step
    });
    let additions = u64::try_from(employees * 2).unwrap();
    Plan {
        steps: steps.collect(),
        requests: vec![view(
            "onboard-all",
            "Everybody gets the CRM",
            AccessType::RoleAdditions,
            Status::Approved,
        )],
        summary: Summary {
            additions,
            runs: u64::try_from(runs).unwrap(),
            requests: 1,
            ..Summary::default()
        },
        ..nothing()
    }
}
