//! The list of change requests, and one in full.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::plan::sections;
use super::text::{cut, due, due_short, list, table, wrapped};
use super::{Palette, approval as in_words, escape, findings, json, wire};
use crate::model::{AccessType, AffectedEmployees, AffectedRoles, Decision, Instant, RequestId};
use crate::plan::{Expiry, ManualAction, RequestView, Status, WaitingFor};
use crate::time::rfc3339;

/// The serials of each request's change logs, ascending.
pub type Logs = BTreeMap<RequestId, Vec<u64>>;

/// The *User Provisioning Change Request List* for people: id, type, status, what it waits for, when it is due, name.
#[must_use]
pub fn human(requests: &[RequestView], palette: Palette) -> String {
    if requests.is_empty() {
        return "No change requests.\n".to_owned();
    }
    let mut views: Vec<_> = requests.iter().collect();
    views.sort_by(|one, other| one.id.cmp(&other.id));
    let rows: Vec<_> = views
        .iter()
        .map(|view| {
            vec![
                view.id.to_string(),
                view.access_type
                    .map(access_type)
                    .unwrap_or_default()
                    .to_owned(),
                view.status.title().to_owned(),
                view.waiting_for
                    .map(waiting_for)
                    .unwrap_or_default()
                    .to_owned(),
                view.due.as_ref().map(due_short).unwrap_or_default(),
                cut(&name(view), 40),
            ]
        })
        .collect();
    let heading = ["ID", "ACCESS TYPE", "STATUS", "WAITS FOR", "DUE", "NAME"];
    table(&heading, &rows, palette)
}

fn name(view: &RequestView) -> String {
    escape::terminal(view.name.as_deref().unwrap_or_default()).into_owned()
}

/// *Access type*, short enough for a column.
fn access_type(access_type: AccessType) -> &'static str {
    match access_type {
        AccessType::RoleAdditions => "additions",
        AccessType::RoleReductions => "reductions",
        AccessType::TemporaryAccess => "temporary",
    }
}

fn waiting_for(waiting_for: WaitingFor) -> &'static str {
    match waiting_for {
        WaitingFor::Runs => "runs",
        WaitingFor::Retry => "retry",
        WaitingFor::ManualProvisioning => "a person",
        WaitingFor::TemporaryEnd => "end of access",
        WaitingFor::Schedule => "schedule",
    }
}

/// One request in full, for people; `logs` are its own, `expiries` everybody's.
#[must_use]
pub fn one(view: &RequestView, logs: &[u64], expiries: &[Expiry], palette: Palette) -> String {
    let mut out = String::new();
    let id = palette.faint(&view.id);
    let _ = match view.name {
        Some(_) => writeln!(out, "{}  {id}", palette.title(name(view))),
        None => writeln!(out, "{}", palette.title(&view.id)),
    };
    let mut field = |title: &str, text: &str| {
        for (index, part) in text.split('\n').enumerate() {
            let title = if index == 0 { title } else { "" };
            let first = format!("  {title:25}");
            for line in wrapped(&first, 27, &escape::terminal(part)) {
                let _ = writeln!(out, "{}", line.trim_end());
            }
        }
    };
    field("File", view.path.as_deref().unwrap_or("gone"));
    if let Some(access_type) = view.access_type {
        field("Access type", &access_type.word().replace('_', " "));
    }
    if let Some(change_type) = view.change_type {
        field("Change type", change_type.title());
    }
    if let Some(request) = &view.asks {
        let employees = match &request.employees {
            AffectedEmployees::Listed(_) => list(request.listed_employees(), 100),
            AffectedEmployees::Holders => "everyone who holds one of the roles".to_owned(),
        };
        let roles = match &request.roles {
            AffectedRoles::Listed(roles) => list(roles, 100),
            AffectedRoles::All => "all that they hold".to_owned(),
        };
        field("Change Overview", &request.change_overview);
        field("Requested by", &request.requested_by);
        field("Affected Employees", &employees);
        field("Affected Roles", &roles);
        if request.inactivate_after_removal {
            field("Inactivate", "after removal");
        }
    }
    field("Status", view.status.title());
    if view.status == Status::Approved {
        let ends = sections::ends(expiries);
        let end = ends.get(&view.id).copied();
        field("Waits for", &sections::waits(view, end));
    }
    if let Some(moment) = &view.due {
        field("Due", &due(moment));
    }
    field("Approval", &approval(view));
    let decisions = &view.approval.decisions;
    for (index, decision) in decisions.iter().enumerate() {
        let title = match decision.decision {
            Decision::Approve => "Approved by",
            Decision::Reject => "Rejected by",
        };
        let is_first = index == 0 || decisions[index - 1].decision != decision.decision;
        field(if is_first { title } else { "" }, &in_words::one(decision));
        if let Some(proof) = in_words::proof(decision) {
            field("", &proof);
        }
    }
    if view.progress.of > 0 {
        field(
            "Runs",
            &format!("{} of {} done", view.progress.number, view.progress.of),
        );
    }
    if let Some(error) = &view.user_provisioning_error {
        field("User Provisioning Error", error);
    }
    for (index, failure) in view.failures.iter().enumerate() {
        field(if index == 0 { "Failed" } else { "" }, failure);
    }
    for (index, change) in view.manual.iter().enumerate() {
        let (verb, word) = match change.action {
            ManualAction::Add => ("give", "to"),
            ManualAction::Remove => ("take", "from"),
        };
        let text = format!("{verb} {} {word} {}", change.role, change.employee);
        field(if index == 0 { "For a person" } else { "" }, &text);
    }
    if !logs.is_empty() {
        field(
            "Change logs",
            &list(logs.iter().map(|serial| format!("{serial:06}")), 100),
        );
    }
    if !view.findings.is_empty() {
        let _ = write!(out, "\n{}", findings::human(&view.findings, palette));
    }
    out
}

fn approval(view: &RequestView) -> String {
    if view.approval.required == 0 && view.approval.given.is_empty() {
        let is_gone = view.path.is_none();
        let known = if is_gone {
            "the file is gone; its change logs have it"
        } else {
            "none needed"
        };
        return known.to_owned();
    }
    sections::approval(view)
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    as_of: String,
    requests: Vec<wire::Request<'a>>,
}

/// What `status --format json` prints, for some requests or all.
#[must_use]
pub fn json(as_of: Instant, requests: &[RequestView], logs: &Logs) -> String {
    json::text(&Document {
        version: json::VERSION,
        as_of: rfc3339(as_of),
        requests: wire::Request::all(requests, logs),
    })
}
