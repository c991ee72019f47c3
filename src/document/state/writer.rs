//! State to text.

use std::fmt::Write as _;

use crate::document::canonical::{flow_list, flow_scalar, scalar};
use crate::model::{Entry, Grant, Pairs, Record, RecordStatus, State};
use crate::time::rfc3339;

/// Writes a state in its canonical form.
///
/// A complete record is written as its content and its moment alone, whatever else it has.
#[must_use]
pub fn write(state: &State) -> String {
    let mut out = String::with_capacity(64 + 256 * (state.employees.len() + state.requests.len()));
    out.push_str("version: 1\n");
    if state.serial > 0 {
        let _ = writeln!(out, "serial: {}", state.serial);
    }
    if let Some(head) = &state.head {
        let _ = writeln!(out, "head: {head}");
    }
    if let Some(as_of) = state.as_of {
        let _ = writeln!(out, "as_of: {}", rfc3339(as_of));
    }
    if state.employees.is_empty() {
        out.push_str("employees: {}\n");
    } else {
        out.push_str("employees:\n");
        for entry in &state.employees {
            write_employee(&mut out, entry);
        }
    }
    if state.requests.is_empty() {
        out.push_str("requests: {}\n");
    } else {
        out.push_str("requests:\n");
        for entry in state.requests.iter() {
            write_record(&mut out, entry.id, &entry.record);
        }
    }
    out.push_str(super::END);
    out.push('\n');
    out
}

pub(super) fn write_employee(out: &mut String, entry: Entry<'_>) {
    match entry.employee.lines() {
        Some(lines) => out.push_str(lines),
        None => write_anew(out, entry),
    }
}

fn write_anew(out: &mut String, Entry { id, employee }: Entry<'_>) {
    for part in ["  ", &scalar(id), ":\n    name: ", &scalar(employee.name())] {
        out.push_str(part);
    }
    if let Some(email) = employee.email() {
        out.push_str("\n    email: ");
        out.push_str(&scalar(email));
    }
    out.push_str("\n    status: ");
    out.push_str(employee.status().word());
    let roles = employee.roles();
    out.push_str(if roles.len() == 0 {
        "\n    roles: []\n"
    } else {
        "\n    roles:\n"
    });
    for role in roles {
        out.push_str("    - ");
        out.push_str(&scalar(role.as_str()));
        out.push('\n');
    }
    if !employee.temporary().is_empty() {
        out.push_str("    temporary:\n");
        for grant in employee.temporary() {
            out.push_str("    - ");
            write_grant(out, grant);
            out.push('\n');
        }
    }
}

/// `{role: …, until: …, request: …}`
pub(in crate::document) fn write_grant(out: &mut String, grant: &Grant) {
    for part in [
        "{role: ",
        &flow_scalar(grant.role.as_str()),
        ", until: ",
        &rfc3339(grant.until),
        ", request: ",
        &flow_scalar(grant.request.as_str()),
        "}",
    ] {
        out.push_str(part);
    }
}

pub(super) fn write_record(out: &mut String, id: &str, record: &Record) {
    out.push_str("  ");
    out.push_str(&scalar(id));
    out.push_str(": {");
    write_record_parts(out, record);
    out.push_str("}\n");
}

/// What stands between the braces of a record.
pub(in crate::document) fn write_record_parts(out: &mut String, record: &Record) {
    let complete = record.status == RecordStatus::Complete;
    let status = if complete { "complete" } else { "approved" };
    let _ = write!(out, "status: {status}, content: {}", record.content);
    if let Some(completed) = record.completed {
        let _ = write!(out, ", completed: {}", rfc3339(completed));
    }
    if record.runs != Record::usual_runs(record.status) {
        let _ = write!(
            out,
            ", runs: {{done: {}, of: {}}}",
            record.runs.number, record.runs.of
        );
    }
    if complete {
        return;
    }
    if !record.employees.is_empty() {
        let _ = write!(out, ", employees: {}", flow_list(&record.employees));
    }
    if !record.roles.is_empty() {
        let _ = write!(out, ", roles: {}", flow_list(&record.roles));
    }
    write_pairs(out, "retry", &record.retry);
    write_pairs(out, "manual", &record.manual);
    if let Some(until) = record.until {
        let _ = write!(out, ", until: {}", rfc3339(until));
    }
}

fn write_pairs(out: &mut String, key: &str, pairs: &Pairs) {
    if pairs.is_empty() {
        return;
    }
    let _ = write!(out, ", {key}: {{");
    for (index, (employee, roles)) in pairs.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        let _ = write!(
            out,
            "{comma}{}: {}",
            flow_scalar(employee.as_str()),
            flow_list(roles)
        );
    }
    out.push('}');
}
