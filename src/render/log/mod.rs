//! Change logs: a short list, one in full, and a table for spreadsheets. Their JSON is the document's own.

mod csv;
mod full;

pub use self::csv::csv;
pub use full::one;

use super::delta::Delta;
use super::text::{table, utc};
use super::{Palette, escape};
use crate::model::{Actor, ChangeLog, ChangeType, Compliance, EmployeeStatus};

/// A change log to be shown.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// What it says.
    pub log: &'a ChangeLog,
    /// Its file, relative to the access repository.
    pub path: &'a str,
    /// The serial of the log that resolves it, if one does.
    pub resolved_by: Option<u64>,
}

/// Change logs for people, one a line.
#[must_use]
pub fn human(entries: &[Entry<'_>], palette: Palette) -> String {
    if entries.is_empty() {
        return "No change logs.\n".to_owned();
    }
    let rows: Vec<_> = entries.iter().map(row).collect();
    let heading = ["SERIAL", "CREATED", "TYPE", "REQUEST", "RUN", "CHANGES", ""];
    table(&heading, &rows, palette)
}

fn row(entry: &Entry<'_>) -> Vec<String> {
    let log = entry.log;
    let run = log.run.map(|run| format!("{}/{}", run.number, run.of));
    let resolved = entry
        .resolved_by
        .map(|serial| format!(", resolved by {serial:06}"));
    let compliance = match log.compliance {
        Compliance::Compliant => String::new(),
        Compliance::NonCompliant => format!("non-compliant{}", resolved.unwrap_or_default()),
    };
    let request = log.request.as_ref().map(|request| request.id.to_string());
    vec![
        format!("{:06}", log.serial),
        utc(log.created),
        log.change_type.title().to_owned(),
        request.unwrap_or_else(|| "-".to_owned()),
        run.unwrap_or_default(),
        sums(log),
        compliance,
    ]
}

/// `+12 -0`, and how many were inactivated; for a baseline how many employees it lists.
fn sums(log: &ChangeLog) -> String {
    if log.change_type == ChangeType::Baseline {
        return super::text::count(log.changes.len(), "employee");
    }
    let (mut added, mut removed, mut inactivated) = (0, 0, 0);
    for change in &log.changes {
        let delta = Delta::of(change);
        added += delta.added.len();
        removed += delta.removed.len();
        let active = change
            .before
            .as_ref()
            .is_some_and(crate::model::Employee::is_active);
        let status = change.after.as_ref().map(|after| after.status);
        inactivated += usize::from(active && status == Some(EmployeeStatus::Inactive));
    }
    match inactivated {
        0 => format!("+{added} -{removed}"),
        number => format!("+{added} -{removed}, {number} inactivated"),
    }
}

/// Who did it: a name, or `system`.
fn actor(log: &ChangeLog) -> String {
    match &log.actor {
        Actor::System => "system".to_owned(),
        Actor::Approver(name) | Actor::Person(name) if !name.is_empty() => {
            escape::terminal(name).into_owned()
        }
        Actor::Approver(_) | Actor::Person(_) => "unknown".to_owned(),
    }
}
