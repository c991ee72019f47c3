//! Change logs as a table for spreadsheets.

use super::Entry;
use crate::model::{ChangeLog, ChangeType, Compliance, Decision, EmployeeChange, LogStatus};
use crate::render::delta::Delta;
use crate::render::escape::csv_cell;
use crate::time::rfc3339;

const HEADING: [&str; 20] = [
    "serial",
    "created",
    "change_type",
    "compliance",
    "status",
    "request",
    "request_name",
    "requested_by",
    "approvers",
    "actor",
    "employee",
    "employee_name",
    "role",
    "change",
    "old_status",
    "new_status",
    "due_utc",
    "applied_at",
    "lateness_seconds",
    "run",
];

/// One row a changed role, one a changed status, and one where name or e-mail changed: `change` is `added`, `removed`,
/// `status` or `details`. Cells from files are made safe
/// for spreadsheets. A baseline changes nothing and has no rows.
///
/// # Errors
///
/// What the writer says; it writes into memory, so nothing is known that would make it fail.
pub fn csv(entries: &[Entry<'_>]) -> Result<String, std::io::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADING)?;
    for entry in entries {
        let log = entry.log;
        if log.change_type == ChangeType::Baseline {
            continue;
        }
        let (front, back) = (front(log), back(log));
        for change in &log.changes {
            for middle in rows(change) {
                writer.write_record(front.iter().chain(&middle).chain(&back))?;
            }
        }
    }
    let bytes = writer
        .into_inner()
        .map_err(csv::IntoInnerError::into_error)?;
    String::from_utf8(bytes).map_err(std::io::Error::other)
}

fn safe(text: &str) -> String {
    csv_cell(text).into_owned()
}

/// The cells before those of the change.
fn front(log: &ChangeLog) -> [String; 10] {
    let request = log.request.as_ref();
    let approvers: Vec<_> = log
        .approvals
        .iter()
        .filter(|approval| approval.decision == Decision::Approve)
        .map(|approval| approval.person.as_str())
        .collect();
    let compliance = match log.compliance {
        Compliance::Compliant => "compliant",
        Compliance::NonCompliant => "non_compliant",
    };
    let status = match log.status {
        LogStatus::Closed => "closed",
        LogStatus::Open => "open",
    };
    [
        log.serial.to_string(),
        rfc3339(log.created),
        log.change_type.word().to_owned(),
        compliance.to_owned(),
        status.to_owned(),
        request
            .map(|request| safe(request.id.as_str()))
            .unwrap_or_default(),
        request
            .map(|request| safe(&request.name))
            .unwrap_or_default(),
        request
            .map(|request| safe(&request.requested_by))
            .unwrap_or_default(),
        safe(&approvers.join("; ")),
        safe(&super::actor(log)),
    ]
}

/// The cells behind those of the change.
fn back(log: &ChangeLog) -> [String; 4] {
    let run = log.run.map(|run| format!("{} of {}", run.number, run.of));
    let schedule = log.schedule.as_ref();
    [
        schedule
            .map(|schedule| rfc3339(schedule.utc))
            .unwrap_or_default(),
        schedule.map_or_else(
            || rfc3339(log.created),
            |schedule| rfc3339(schedule.applied_at),
        ),
        schedule
            .map(|schedule| schedule.lateness_seconds.to_string())
            .unwrap_or_default(),
        run.unwrap_or_default(),
    ]
}

/// Employee, name, role, change, old and new status.
fn rows(change: &EmployeeChange) -> Vec<[String; 6]> {
    let named = change.after.as_ref().or(change.before.as_ref());
    let employee = safe(change.id.as_str());
    let name = named
        .map(|employee| safe(&employee.name))
        .unwrap_or_default();
    let row = |role: &str, kind: &str, old: &str, new: &str| {
        let [role, kind, old, new] = [role, kind, old, new].map(str::to_owned);
        [employee.clone(), name.clone(), safe(&role), kind, old, new]
    };
    let delta = Delta::of(change);
    let mut rows = Vec::new();
    rows.extend(
        delta
            .added
            .iter()
            .map(|role| row(role.as_str(), "added", "", "")),
    );
    rows.extend(
        delta
            .removed
            .iter()
            .map(|role| row(role.as_str(), "removed", "", "")),
    );
    let status = |employee: &crate::model::Employee| employee.status.word();
    let old = change.before.as_ref().map(status);
    let new = change.after.as_ref().map(status);
    if old != new {
        rows.push(row(
            "",
            "status",
            old.unwrap_or_default(),
            new.unwrap_or_default(),
        ));
    }
    let details =
        |employee: &crate::model::Employee| (employee.name.clone(), employee.email.clone());
    if let (Some(before), Some(after)) = (&change.before, &change.after)
        && details(before) != details(after)
    {
        rows.push(row("", "details", "", ""));
    }
    rows
}
