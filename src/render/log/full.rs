//! One change log in full, for people.

use std::fmt::Write as _;

use similar::TextDiff;

use super::{Entry, actor};
use crate::model::{
    Actor, ChangeLog, ChangeType, ClockSource, Compliance, Employee, EmployeeChange, LogStatus,
};
use crate::render::delta::Delta;
use crate::render::plan::body::reason;
use crate::render::text::{count, lateness, moment, utc, wrapped};
use crate::render::{Palette, approval as in_words, escape};

/// One change log in full for people: what it says of itself, approvals, schedule, and the *Values* tab.
#[must_use]
pub fn one(entry: &Entry<'_>, palette: Palette) -> String {
    let log = entry.log;
    let title = format!("{:06}  {}", log.serial, log.change_type.title());
    let mut out = palette.title(title);
    out.push('\n');
    for (name, text) in fields(entry) {
        for (index, part) in text.split('\n').enumerate() {
            let first = format!("  {:17}", if index == 0 { name } else { "" });
            let lines = wrapped(&first, 19, &escape::terminal(part));
            let _ = writeln!(out, "{}", lines.join("\n").trim_end());
        }
    }
    let _ = writeln!(out, "\n{}", palette.title("Values"));
    if log.changes.is_empty() {
        let _ = writeln!(out, "  no changes");
    }
    for change in &log.changes {
        value(
            &mut out,
            change,
            log.change_type == ChangeType::Baseline,
            palette,
        );
    }
    out
}

fn fields(entry: &Entry<'_>) -> Vec<(&'static str, String)> {
    let log = entry.log;
    let mut fields = vec![
        ("File", entry.path.to_owned()),
        ("Created", created(log)),
        ("Compliance", compliance(entry)),
    ];
    if let Some(request) = &log.request {
        fields.push(("Request", format!("{}  {}", request.id, request.name)));
        fields.push(("Request file", request.path.clone()));
        fields.push(("Change overview", request.change_overview.clone()));
        fields.push(("Requested by", request.requested_by.clone()));
        let commit = request.commit.as_ref();
        fields.extend(commit.map(|commit| ("Commit", commit.clone())));
    }
    for approval in &log.approvals {
        let decision = approval.decision.past();
        fields.push((
            "Approval",
            format!("{decision} by {}", in_words::one(approval)),
        ));
        let proof = in_words::proof(approval);
        fields.extend(proof.map(|proof| ("", proof)));
    }
    let how = match &log.actor {
        Actor::Approver(_) => " (straight after the approval)",
        Actor::System => " (scheduled)",
        Actor::Person(_) => " (by hand)",
    };
    fields.push(("Done by", actor(log) + how));
    if let Some(schedule) = &log.schedule {
        fields.push((
            "Due",
            moment(&schedule.local, &schedule.timezone, schedule.utc),
        ));
        let late = lateness(schedule.lateness_seconds);
        fields.push(("Applied", format!("{}, {late}", utc(schedule.applied_at))));
    }
    if let Some(run) = log.run {
        fields.push(("Run", format!("{} of {}", run.number, run.of)));
    }
    for left_out in &log.left_out {
        let role = left_out.role.as_ref().map(|role| format!("{role} for "));
        let (role, employee) = (role.unwrap_or_default(), &left_out.employee);
        let detail = match left_out.detail.as_str() {
            "" => reason(left_out).to_owned(),
            detail => format!("{}: {detail}", reason(left_out)),
        };
        fields.push(("Left out", format!("{role}{employee}, {detail}")));
    }
    fields.extend(
        log.warnings
            .iter()
            .map(|warning| ("Warning", warning.clone())),
    );
    if let Some(resolution) = &log.resolves {
        let request = resolution
            .request
            .as_ref()
            .map(|id| format!(", covered by {id}"));
        fields.push((
            "Resolves",
            format!(
                "{:06}{}, by {}: {}",
                resolution.serial,
                request.unwrap_or_default(),
                resolution.by,
                resolution.note
            ),
        ));
    }
    fields.push(("Written by", log.program.clone()));
    fields
}

fn created(log: &ChangeLog) -> String {
    let clock = match log.clock {
        ClockSource::System => "",
        ClockSource::Given => " (the clock was given by hand)",
    };
    utc(log.created) + clock
}

fn compliance(entry: &Entry<'_>) -> String {
    let log = entry.log;
    let word = match log.compliance {
        Compliance::Compliant => "compliant",
        Compliance::NonCompliant => "non-compliant",
    };
    let status = match (log.status, entry.resolved_by) {
        (_, Some(serial)) => format!("resolved by {serial:06}"),
        (LogStatus::Closed, None) => "closed".to_owned(),
        (LogStatus::Open, None) => "open".to_owned(),
    };
    format!("{word}, {status}: {}", log.compliance_reason)
}

/// An employee of the *Values* tab: name, old and new roles, what changed, and the difference.
fn value(out: &mut String, change: &EmployeeChange, baseline: bool, palette: Palette) {
    let roles = |employee: Option<&Employee>| -> Vec<String> {
        let held = employee.map(Employee::held).unwrap_or_default();
        held.iter().map(ToString::to_string).collect()
    };
    let named = change.after.as_ref().or(change.before.as_ref());
    let name = named
        .map(|employee| escape::terminal(&employee.name))
        .unwrap_or_default();
    let _ = writeln!(out, "  {}  {name}", change.id);
    let new = roles(change.after.as_ref());
    if baseline {
        let text = if new.is_empty() {
            "holds nothing".to_owned()
        } else {
            new.join(", ")
        };
        let _ = writeln!(out, "{}", wrapped("    ", 4, &text).join("\n"));
        return;
    }
    let old = roles(change.before.as_ref());
    let (before, after) = (count(old.len(), "role"), count(new.len(), "role"));
    let _ = writeln!(
        out,
        "{}",
        palette.faint(format!("    {before} before, {after} after"))
    );
    let lines = |roles: &[String]| -> String {
        let lines = roles.iter().flat_map(|role| [role.as_str(), "\n"]);
        lines.collect()
    };
    let (old, new) = (lines(&old), lines(&new));
    let diff = TextDiff::from_lines(&old, &new);
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        for line in hunk.to_string().lines() {
            let line = format!("    {line}");
            let line = match line.trim_start().chars().next() {
                Some('+') => palette.added(line),
                Some('-') => palette.removed(line),
                Some('@') => palette.faint(line),
                _ => line,
            };
            let _ = writeln!(out, "{line}");
        }
    }
    let delta = Delta::of(change);
    // Ends and statuses; a role alone is in the diff.
    let told = delta.lines.iter().filter(|(_, line)| line.contains(' '));
    for (mark, line) in told {
        let _ = writeln!(out, "    {}", mark.paint(line, palette));
    }
}
