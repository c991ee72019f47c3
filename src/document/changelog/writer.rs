//! Change log to text: block style, so that it reads from top to bottom; lists of ids and an employee's entries on one line.

use std::fmt::Write as _;

use serde::Serialize;

use super::approval::forge_record;
use super::wire::{ActorEntry, ValueEntry};
use crate::document::approval;
use crate::document::canonical::{flow_list, flow_scalar, must_escape, quoted, scalar};
use crate::document::state::{END, write_grant, write_record_parts};
use crate::model::{Approval, ChangeLog, Employee, EmployeeChange, Proof};
use crate::time::rfc3339;

/// Writes the changes of a log, as a whole key of it.
pub(super) fn write_changes(changes: &[EmployeeChange]) -> String {
    let mut out = Out(String::with_capacity(512 * changes.len()));
    if changes.is_empty() {
        out.raw("values", "[]");
    } else {
        out.0.push_str("values:\n");
    }
    for change in changes {
        out.value(change, &ValueEntry::of(change));
    }
    out.0
}

/// Writes a log around its changes, which are written.
pub(super) fn write_around(log: &ChangeLog, changes: &str) -> String {
    let mut out = Out(String::with_capacity(4096 + changes.len()));
    out.raw("version", 1);
    out.raw("serial", log.serial);
    out.optional_raw("previous", log.previous);
    out.raw("state_after", log.state_after);
    out.raw("change_type", log.change_type.word());
    out.raw("compliance", word(log.compliance));
    out.text("compliance_reason", &log.compliance_reason);
    out.raw("status", word(log.status));
    out.raw("created", rfc3339(log.created));
    if let Some(branch) = &log.branch {
        out.text("branch", branch);
    }
    out.request(log);
    out.approvals(&log.approvals);
    let actor = ActorEntry::of(&log.actor);
    let kind = word(actor.kind);
    match &actor.name {
        Some(name) => out.raw(
            "actor",
            flow(&[("kind", &kind), ("name", &flow_scalar(name))]),
        ),
        None => out.raw("actor", flow(&[("kind", &kind)])),
    }
    out.schedule(log);
    let run = log.run.map(|run| {
        flow(&[
            ("number", &run.number.to_string()),
            ("of", &run.of.to_string()),
        ])
    });
    out.optional_raw("run", run);
    out.0.push_str(changes);
    out.list("left_out", &log.left_out, |left_out| {
        let role = left_out.role.as_ref();
        flow(&[
            ("employee", &flow_scalar(left_out.employee.as_str())),
            (
                "role",
                &role.map_or("null".into(), |role| flow_scalar(role.as_str())),
            ),
            ("reason", &word(left_out.reason)),
            ("detail", &flow_scalar(&left_out.detail)),
        ])
    });
    out.list("warnings", &log.warnings, |text| scalar(text).into_owned());
    out.raw("clock", word(log.clock));
    out.text("program", &log.program);
    out.raw("policy", log.policy);
    out.resolution(log);
    let record = log.record.as_ref().map(|(id, record)| {
        let mut text = format!("{{id: {}, ", flow_scalar(id.as_str()));
        write_record_parts(&mut text, record);
        text.push('}');
        text
    });
    out.optional_raw("request_record", record);
    out.0.push_str(END);
    out.0.push('\n');
    out.0
}

/// The word of a value that is written as one.
fn word(value: impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// A mapping on one line, of keys and written values.
fn flow(parts: &[(&str, &str)]) -> String {
    let parts: Vec<_> = parts
        .iter()
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    format!("{{{}}}", parts.join(", "))
}

/// An employee's entry on one line.
fn employee(employee: &Employee) -> String {
    let mut text = format!("{{name: {}", flow_scalar(&employee.name));
    if let Some(email) = &employee.email {
        let _ = write!(text, ", email: {}", flow_scalar(email));
    }
    let status = employee.status.word();
    let _ = write!(
        text,
        ", status: {status}, roles: {}",
        flow_list(&employee.roles)
    );
    if !employee.temporary.is_empty() {
        text.push_str(", temporary: [");
        for (index, grant) in employee.temporary.iter().enumerate() {
            text.push_str(if index > 0 { ", " } else { "" });
            write_grant(&mut text, grant);
        }
        text.push(']');
    }
    text.push('}');
    text
}

/// Whether a text can stand as a literal block: printable lines, the first one not empty or indented, one line feed at the end.
fn is_literal(text: &str) -> bool {
    let lines = text.strip_suffix('\n').unwrap_or_default();
    !lines.is_empty()
        && !lines.starts_with([' ', '\n'])
        && !lines.ends_with('\n')
        && !lines
            .chars()
            .any(|character| character != '\n' && must_escape(character))
}

struct Out(String);

impl Out {
    /// A key and a value that is written already.
    fn raw(&mut self, key: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{key}: {value}");
    }

    fn optional_raw(&mut self, key: &str, value: Option<impl std::fmt::Display>) {
        match value {
            Some(value) => self.raw(key, value),
            None => self.raw(key, "null"),
        }
    }

    fn text(&mut self, key: &str, text: &str) {
        self.raw(key, scalar(text));
    }

    fn list<T>(&mut self, key: &str, entries: &[T], write: impl Fn(&T) -> String) {
        if entries.is_empty() {
            return self.raw(key, "[]");
        }
        let _ = writeln!(self.0, "{key}:");
        for entry in entries {
            let _ = writeln!(self.0, "- {}", write(entry));
        }
    }

    fn approvals(&mut self, approvals: &[Approval]) {
        if approvals.is_empty() {
            return self.raw("approvals", "[]");
        }
        self.0.push_str("approvals:\n");
        for approval in approvals {
            self.approval(approval);
        }
        if let Some(record) = forge_record(approvals) {
            self.literal("", "forge_record", record);
        }
    }

    /// On one line, unless it has more to show than fits there.
    fn approval(&mut self, approval: &Approval) {
        let rules = flow_list(&approval.rules);
        let mut parts = vec![
            ("person", flow_scalar(&approval.person).into_owned()),
            ("decision", approval.decision.word().to_owned()),
            ("at", rfc3339(approval.at)),
            ("evidence", approval.evidence.word().to_owned()),
            ("assurance", word(approval.assurance)),
        ];
        if !approval.rules.is_empty() {
            parts.push(("rules", rules));
        }
        if let Some(Proof::Reviewed {
            account, commit, ..
        }) = &approval.proof
        {
            let review = flow(&[
                ("account", &flow_scalar(account)),
                ("commit", &flow_scalar(commit)),
            ]);
            parts.push(("review", review));
        }
        let Some(Proof::Signed { signed, key }) = &approval.proof else {
            let parts: Vec<_> = parts.iter().map(|(key, value)| (*key, &**value)).collect();
            let _ = writeln!(self.0, "- {}", flow(&parts));
            return;
        };
        let mut before = "- ";
        for (key, value) in parts {
            // What is plain in a list in brackets is plain outside of it.
            self.raw(&format!("{before}{key}"), value);
            before = "  ";
        }
        self.0.push_str("  signed:\n");
        for (key, value) in approval::lines(&signed.statement) {
            self.raw(&format!("    {key}"), value);
        }
        self.text("    key", &key.to_string());
        self.literal("    ", "signature", &signed.signature);
    }

    /// A text as a literal block, or in quotes where it cannot stand so.
    fn literal(&mut self, indent: &str, key: &str, text: &str) {
        if !is_literal(text) {
            return self.raw(&format!("{indent}{key}"), quoted(text));
        }
        let _ = writeln!(self.0, "{indent}{key}: |");
        for line in text.lines() {
            let _ = writeln!(self.0, "{indent}  {line}");
        }
    }

    fn request(&mut self, log: &ChangeLog) {
        let Some(request) = &log.request else {
            return self.raw("request", "null");
        };
        self.0.push_str("request:\n");
        self.text("  id", request.id.as_str());
        self.text("  path", &request.path);
        self.text("  name", &request.name);
        self.text("  change_overview", &request.change_overview);
        self.text("  requested_by", &request.requested_by);
        self.raw("  content", request.content);
        if let Some(commit) = &request.commit {
            self.text("  commit", commit);
        }
    }

    fn schedule(&mut self, log: &ChangeLog) {
        let Some(schedule) = &log.schedule else {
            return self.raw("schedule", "null");
        };
        self.0.push_str("schedule:\n");
        self.text("  local", &schedule.local);
        self.text("  timezone", &schedule.timezone);
        self.raw("  utc", rfc3339(schedule.utc));
        self.text("  tzdb", &schedule.tzdb);
        self.raw("  applied_at", rfc3339(schedule.applied_at));
        self.raw("  lateness_seconds", schedule.lateness_seconds);
    }

    fn resolution(&mut self, log: &ChangeLog) {
        let Some(resolution) = &log.resolves else {
            return;
        };
        let request = resolution.request.as_ref();
        self.0.push_str("resolves:\n");
        self.raw("  serial", resolution.serial);
        self.optional_raw("  request", request.map(|id| scalar(id.as_str())));
        self.text("  note", &resolution.note);
        self.text("  by", &resolution.by);
    }

    fn value(&mut self, change: &EmployeeChange, value: &ValueEntry) {
        self.text("- id", value.id.as_str());
        self.text("  name", &value.name);
        self.raw("  old_roles", flow_list(&value.old_roles.0));
        self.raw("  new_roles", flow_list(&value.new_roles.0));
        self.raw("  added", flow_list(&value.added.0));
        self.raw("  removed", flow_list(&value.removed.0));
        if let Some(status) = value.status {
            let (old, new) = (status.old.word(), status.new.word());
            self.raw("  status", flow(&[("old", old), ("new", new)]));
        }
        self.literal("  ", "diff", &value.diff);
        self.optional_raw("  before", change.before.as_ref().map(employee));
        self.optional_raw("  record", change.after.as_ref().map(employee));
    }
}
