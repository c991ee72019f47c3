//! What a plan says besides its changes: what waits, what ends, what was edited by hand, what is over a limit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::requests_after;
use crate::model::{EmployeeId, RequestId, RoleId};
use crate::plan::{Due, Expiry, Plan, RequestView, Status, StepKind, WaitingFor};
use crate::render::text::{count, due, list, wrapped};
use crate::render::{Palette, approval as in_words, escape, findings};

/// How many entries a section shows.
const MOST: usize = 25;

/// A titled section of entries: an id, and text behind it.
fn section(title: String, entries: &[(String, String)]) -> Vec<String> {
    if entries.is_empty() {
        return Vec::new();
    }
    let widest = entries.iter().map(|entry| entry.0.chars().count()).max();
    let width = widest.unwrap_or_default().min(26);
    let mut lines = vec![title];
    for (id, text) in entries.iter().take(MOST) {
        let first = format!("  {id:width$}  ");
        lines.extend(wrapped(&first, width + 4, text));
    }
    if entries.len() > MOST {
        lines.push(format!("  … and {} more", entries.len() - MOST));
    }
    lines
}

/// Approved requests and what they wait for, with the moment in local time and UTC.
pub(in crate::render) fn waits(view: &RequestView, ends: Option<&Due>) -> String {
    let until = |moment: Option<&Due>| moment.map(|moment| format!(" {}", due(moment)));
    match view.waiting_for {
        Some(WaitingFor::Schedule) => {
            let moment = until(view.due.as_ref());
            format!(
                "its moment,{}",
                moment.unwrap_or_else(|| " not known".to_owned())
            )
        }
        Some(WaitingFor::TemporaryEnd) => {
            format!(
                "the end of the access{}",
                until(ends).map(|end| format!(",{end}")).unwrap_or_default()
            )
        }
        Some(WaitingFor::ManualProvisioning) => match view.manual.len() {
            0 => "a person to do it".to_owned(),
            number => format!("a person to make {}", count(number, "change")),
        },
        Some(WaitingFor::Runs) => format!(
            "its next run, {} of {} done",
            view.progress.number,
            count(view.progress.of, "run")
        ),
        Some(WaitingFor::Retry) => format!(
            "another try of {}",
            count(view.failures.len(), "failed change")
        ),
        None => "the next reconcile".to_owned(),
    }
}

/// The last end of what each request lent.
pub(in crate::render) fn ends(expiries: &[Expiry]) -> BTreeMap<&RequestId, &Due> {
    let mut ends: BTreeMap<&RequestId, &Due> = BTreeMap::new();
    for expiry in expiries {
        let end = ends.entry(&expiry.request).or_insert(&expiry.due);
        if expiry.due.utc > end.utc {
            *end = &expiry.due;
        }
    }
    ends
}

pub(super) fn waiting(plan: &Plan, palette: Palette) -> Vec<String> {
    waiting_of(requests_after(plan), &plan.expiries_after, palette)
}

/// As [`waiting`], from the requests alone.
pub(in crate::render) fn waiting_of(
    views: &[RequestView],
    expiries: &[Expiry],
    palette: Palette,
) -> Vec<String> {
    let ends = ends(expiries);
    let entries: Vec<_> = views
        .iter()
        .filter(|view| view.status == Status::Approved && view.waiting_for.is_some())
        .map(|view| {
            (
                view.id.to_string(),
                waits(view, ends.get(&view.id).copied()),
            )
        })
        .collect();
    section(palette.title("Waiting for"), &entries)
}

pub(super) fn pending(plan: &Plan, palette: Palette) -> Vec<String> {
    pending_of(requests_after(plan), palette)
}

/// Requests that are not approved, or not fully.
pub(in crate::render) fn pending_of(views: &[RequestView], palette: Palette) -> Vec<String> {
    let is_pending = |view: &&RequestView| {
        matches!(
            view.status,
            Status::PendingApproval | Status::PartiallyApproved | Status::Rejected
        )
    };
    let entries: Vec<_> = views
        .iter()
        .filter(is_pending)
        .map(|view| (view.id.to_string(), approval(view)))
        .collect();
    section(palette.title("Not approved"), &entries)
}

/// `1 of 2 approvals (carol), by signature`.
pub(in crate::render) fn approval(view: &RequestView) -> String {
    if view.status == Status::Rejected {
        return in_words::rejected(&view.approval.decisions);
    }
    let given = &view.approval;
    let mut text = format!(
        "{} of {}",
        given.given.len(),
        count(given.required, "approval")
    );
    if !given.given.is_empty() {
        let people = given.given.iter().map(|person| escape::terminal(person));
        let _ = write!(text, " ({})", list(people, 6));
    }
    if let Some(evidence) = given
        .evidence
        .filter(|_| !in_words::are_mixed(&given.rules))
    {
        let _ = write!(text, ", by {}", evidence.word());
    }
    // Where one rule asks everybody, the numbers have said it all.
    let says_more =
        given.rules.len() > 1 || given.rules.iter().any(|rule| !rule.approvers.is_empty());
    if says_more && view.status != Status::Approved && view.status != Status::Complete {
        for missing in in_words::missing(&given.rules) {
            let _ = write!(text, "; {missing}");
        }
    }
    text
}

pub(super) fn invalid(plan: &Plan, palette: Palette) -> Vec<String> {
    let entries: Vec<_> = plan
        .requests
        .iter()
        .filter(|view| view.status == Status::Invalid)
        .map(|view| {
            let path = view
                .path
                .as_deref()
                .map(escape::terminal)
                .unwrap_or_default();
            (
                view.id.to_string(),
                format!("{} in {path}", findings::sum(&view.findings)),
            )
        })
        .collect();
    section(palette.alarm("Invalid, and left alone"), &entries)
}

/// Failures of requests that have no step: they were tried before, and fail again.
pub(super) fn still_failing(plan: &Plan) -> Vec<(&RequestView, &String)> {
    let runs = plan.steps.iter().filter(|step| step.kind == StepKind::Run);
    let running: BTreeSet<&RequestId> = runs
        .filter_map(|step| step.request.as_ref())
        .map(|request| &request.id)
        .collect();
    requests_after(plan)
        .iter()
        .filter(|view| !running.contains(&view.id))
        .flat_map(|view| view.failures.iter().map(move |failure| (view, failure)))
        .collect()
}

pub(super) fn failures(plan: &Plan, palette: Palette) -> Vec<String> {
    let entries: Vec<_> = still_failing(plan)
        .into_iter()
        .map(|(view, failure)| (view.id.to_string(), escape::terminal(failure).into_owned()))
        .collect();
    section(palette.alarm("Still failing"), &entries)
}

pub(super) fn drift(plan: &Plan, palette: Palette) -> Vec<String> {
    let entries: Vec<_> = plan
        .drift
        .iter()
        .map(|entry| {
            let signed = |sign: char, roles: &[RoleId]| -> Vec<String> {
                roles.iter().map(|role| format!("{sign} {role}")).collect()
            };
            let mut parts = signed('+', &entry.added);
            parts.extend(signed('-', &entry.removed));
            if let Some(status) = entry.status {
                parts.push(format!("now {}", status.word()));
            }
            (entry.employee.to_string(), list(parts, 24))
        })
        .collect();
    section(
        palette.changed("Edited by hand in the state file"),
        &entries,
    )
}

pub(super) fn expiries(plan: &Plan, palette: Palette) -> Vec<String> {
    let mut kinds: BTreeMap<_, (Vec<&RoleId>, Vec<&EmployeeId>)> = BTreeMap::new();
    for expiry in &plan.expiries {
        let key = (
            expiry.due.utc,
            &expiry.request,
            expiry.now,
            &expiry.due.local,
            &expiry.due.timezone,
        );
        let (roles, employees) = kinds.entry(key).or_default();
        roles.push(&expiry.role);
        employees.push(&expiry.employee);
    }
    let entries: Vec<_> = kinds
        .into_iter()
        .map(
            |((utc, request, now, local, timezone), (mut roles, mut employees))| {
                roles.sort_unstable();
                roles.dedup();
                employees.sort_unstable();
                employees.dedup();
                let moment = crate::render::text::moment(local, timezone, utc);
                let now = if now { "now, due " } else { "" };
                let text = format!(
                    "{} of {}: {now}{moment}",
                    list(roles, 4),
                    list(employees, 4)
                );
                (request.to_string(), text)
            },
        )
        .collect();
    section(palette.title("Ends of temporary access"), &entries)
}

pub(super) fn brake(plan: &Plan, palette: Palette) -> Vec<String> {
    if plan.brake.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![palette.alarm("Over a limit: a reconcile would write nothing")];
    for brake in &plan.brake {
        let unit = if brake.limit.ends_with("percent") {
            " %"
        } else {
            ""
        };
        lines.push(format!(
            "  {}: {}{unit} planned, {}{unit} allowed",
            brake.limit, brake.planned, brake.allowed
        ));
    }
    lines.push("To let exactly this plan through:".to_owned());
    lines.push(format!("  rolecall reconcile --confirm {}", plan.digest));
    lines
}
