//! Why somebody holds a role: the logs and requests that gave and took it.

use std::fmt::Write as _;

use serde::Serialize;

use super::delta::end_of;
use super::text::{list, utc, wrapped};
use super::{Palette, escape, json};
use crate::model::{
    Approval, ChangeLog, ChangeType, Compliance, Employee, EmployeeId, Instant, RequestId, RoleId,
};
use crate::time::rfc3339;

/// Why somebody holds a role, or does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Who.
    pub employee: EmployeeId,
    /// Which role.
    pub role: RoleId,
    /// How it is held now, if it is; by an edit that no log has yet, where the logs say otherwise.
    pub held: Option<Held>,
    /// Whether there are change logs at all.
    pub has_logs: bool,
    /// The logs that were about it, oldest first.
    pub history: Vec<Event>,
}

/// How a role is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// When it ends, where it is lent.
    pub until: Option<Instant>,
}

impl Held {
    /// How an employee holds a role; `None` if they do not, or there is no such employee.
    #[must_use]
    pub fn of(employee: Option<&Employee>, role: &RoleId) -> Option<Self> {
        let until = end_of(employee, role);
        employee?.holds(role).then_some(Self { until })
    }
}

/// What a change log did about an employee's role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The log's serial.
    pub serial: u64,
    /// When it was made.
    pub created: Instant,
    /// Its type.
    pub change_type: ChangeType,
    /// What it did.
    pub change: Change,
    /// The request that it carried out.
    pub request: Option<RequestId>,
    /// Who had approved that.
    pub approvals: Vec<Approval>,
    /// How the role was held after it, if it was.
    pub held: Option<Held>,
    /// Whether a request covers it.
    pub compliance: Compliance,
    /// Why it is said to be covered, or not.
    pub compliance_reason: String,
    /// The log that resolved it then.
    pub resolved_by: Option<u64>,
}

/// What a log did about a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Gave it.
    Added,
    /// Took it.
    Removed,
    /// Found it held when the logs began.
    Baseline,
}

impl Event {
    /// What a log did about an employee's role, and which log resolved that; `None` if nothing.
    #[must_use]
    pub fn of(
        log: &ChangeLog,
        resolved_by: Option<u64>,
        employee: &EmployeeId,
        role: &RoleId,
    ) -> Option<Self> {
        let change = log.changes.iter().find(|change| change.id == *employee)?;
        let before = Held::of(change.before.as_ref(), role);
        let after = Held::of(change.after.as_ref(), role);
        let change = match (log.change_type, before, after) {
            (ChangeType::Baseline, _, Some(_)) => Change::Baseline,
            (_, Some(_), None) => Change::Removed,
            (_, None, Some(_)) => Change::Added,
            // Held before and after, but on other terms: lent longer, or for good.
            (_, Some(before), Some(after)) if before != after => Change::Added,
            _ => return None,
        };
        Some(Self {
            serial: log.serial,
            created: log.created,
            change_type: log.change_type,
            change,
            request: log.request.as_ref().map(|request| request.id.clone()),
            approvals: log.approvals.clone(),
            held: after,
            compliance: log.compliance,
            compliance_reason: log.compliance_reason.clone(),
            resolved_by,
        })
    }

    /// Its type, and who wanted it or that nobody did.
    fn why(&self) -> String {
        let mut why = self.change_type.title().to_owned();
        if let Some(request) = &self.request {
            let _ = write!(why, ", request {request}");
        }
        if !self.approvals.is_empty() {
            let people = self.approvals.iter();
            let people = people.map(|approval| escape::terminal(&approval.person));
            let _ = write!(why, ", approved by {}", list(people, 8));
        }
        if self.compliance == Compliance::NonCompliant {
            let reason = escape::terminal(&self.compliance_reason);
            let _ = write!(why, ", non-compliant: {reason}");
        }
        if let Some(serial) = self.resolved_by {
            let _ = write!(why, "; resolved by log {serial:06}");
        }
        why
    }
}

impl Explanation {
    /// Whether what is held now is not what the logs say.
    fn is_unrecorded(&self) -> bool {
        let recorded = self.history.last().and_then(|event| event.held);
        self.has_logs && self.held != recorded
    }
}

/// An explanation for people: the answer, then the logs.
#[must_use]
pub fn human(explanation: &Explanation, palette: Palette) -> String {
    let (employee, role) = (&explanation.employee, &explanation.role);
    let verb = if explanation.held.is_some() {
        "holds"
    } else {
        "does not hold"
    };
    let mut out = palette.title(format!("{employee} {verb} {role}"));
    out.push('\n');
    if !explanation.has_logs {
        out.push_str("  there are no change logs yet; the first one lists what everybody holds\n");
    } else if explanation.history.is_empty() && explanation.held.is_none() {
        out.push_str("  no change log is about it\n");
    }
    for event in &explanation.history {
        let until = event.held.and_then(|held| held.until);
        let until = until.map(|until| format!(" until {}", utc(until)));
        let until = until.unwrap_or_default();
        let what = match event.change {
            Change::Added => palette.added(format!("+ given{until}")),
            Change::Removed => palette.removed("- taken"),
            Change::Baseline => format!("  held when the logs began{until}"),
        };
        let _ = writeln!(out, "  {:06}  {}  {what}", event.serial, utc(event.created));
        let _ = writeln!(
            out,
            "{}",
            wrapped("          ", 10, &event.why()).join("\n")
        );
    }
    if explanation.is_unrecorded() {
        let edited = "~ edited by hand; no change log has it";
        let _ = writeln!(out, "  {}", palette.changed(edited));
    }
    out
}

/// What `explain --format json` prints.
#[must_use]
pub fn json(explanation: &Explanation) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        version: u32,
        employee: &'a EmployeeId,
        role: &'a RoleId,
        held: bool,
        unrecorded: bool,
        history: Vec<Entry<'a>>,
    }
    #[derive(Serialize)]
    struct Entry<'a> {
        serial: u64,
        created: String,
        change_type: ChangeType,
        change: Change,
        request: Option<&'a RequestId>,
        approvals: &'a [Approval],
        until: Option<String>,
        compliance: Compliance,
        compliance_reason: &'a str,
        resolved_by: Option<u64>,
    }
    let history = explanation.history.iter().map(|event| Entry {
        serial: event.serial,
        created: rfc3339(event.created),
        change_type: event.change_type,
        change: event.change,
        request: event.request.as_ref(),
        approvals: &event.approvals,
        until: event.held.and_then(|held| held.until).map(rfc3339),
        compliance: event.compliance,
        compliance_reason: &event.compliance_reason,
        resolved_by: event.resolved_by,
    });
    json::text(&Document {
        version: json::VERSION,
        employee: &explanation.employee,
        role: &explanation.role,
        held: explanation.held.is_some(),
        unrecorded: explanation.is_unrecorded(),
        history: history.collect(),
    })
}
