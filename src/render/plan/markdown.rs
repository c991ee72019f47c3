//! A plan as Markdown, for a comment on a pull request.

use std::collections::BTreeMap;

use super::page::{Entry, Page, Title};
use super::{Group, findings, groups, requests_after, sections, sum};
use crate::check::finding::{Finding, Severity};
use crate::model::{EmployeeId, LeftOutReason, RoleId};
use crate::plan::{Plan, RequestView, Status, StepKind};
use crate::render::delta::{Delta, merged};
use crate::render::escape::markdown as safe;
use crate::render::text::{count, cut, list, utc};

/// The first line, by which a job finds the comment again that it has written before.
const MARKER: &str = "<!-- rolecall:plan -->";
/// The longest text, in bytes. GitHub refuses comments of more than 65,536 characters, GitLab of more than 1,000,000.
const LONGEST: usize = 65_000;
/// Where more requests change something, each is folded.
const FOLDED: usize = 10;
/// The longest name, in characters, that a heading shows.
const NAME: usize = 200;
/// The longest line of approvals, in characters.
const APPROVALS: usize = 1_000;
/// How many invalid requests are named in a row.
const NAMED: usize = 8;

/// A plan as Markdown for a comment: the marker `<!-- rolecall:plan -->`, a line of sums, what stops it, findings, a table for each
/// request, and what waits. At most 65,000 bytes; what does not fit is left out, in whole rows and requests, and counted.
#[must_use]
pub fn markdown(plan: &Plan) -> String {
    let whole = write(plan, usize::MAX);
    if whole.len() <= LONGEST {
        return whole;
    }
    write(plan, LONGEST)
}

fn write(plan: &Plan, limit: usize) -> String {
    let mut page = Page::new(limit);
    page.line(MARKER);
    page.line("### Plan\n");
    if plan.steps.is_empty() {
        page.line("**Nothing to do.**");
    } else {
        page.line(&format!("**{}**", sum(plan)));
    }
    if plan.assumes_approval {
        page.line("\nThis is what merging would do: every request is taken as approved.");
    }
    brake(&mut page, plan);
    invalid(&mut page, plan);
    page.section(40);
    problems(&mut page, plan);
    page.section(85);
    let groups = groups(plan);
    for (index, group) in groups.iter().enumerate() {
        page.share(groups.len() - index);
        request(&mut page, group, groups.len() > FOLDED);
    }
    page.section(100);
    failing(&mut page, plan);
    waiting(&mut page, plan);
    let last = format!("As of {}, digest `{}`", utc(plan.as_of), plan.digest);
    page.finish("request", &last)
}

fn brake(page: &mut Page, plan: &Plan) {
    if plan.brake.is_empty() {
        return;
    }
    page.line("\n> **Over a limit: a reconcile would write nothing.**");
    for brake in &plan.brake {
        let unit = if brake.limit.ends_with("percent") {
            " %"
        } else {
            ""
        };
        page.line(&format!(
            "> - `{}`: {}{unit} planned, {}{unit} allowed",
            brake.limit, brake.planned, brake.allowed
        ));
    }
    page.line(&format!(
        "> - To let exactly this plan through: `rolecall reconcile --confirm {}`",
        plan.digest
    ));
}

fn invalid(page: &mut Page, plan: &Plan) {
    let ids: Vec<_> = plan
        .requests
        .iter()
        .filter(|view| view.status == Status::Invalid)
        .map(|view| safe(view.id.as_str()))
        .collect();
    if ids.is_empty() {
        return;
    }
    let are = if ids.len() == 1 { "is" } else { "are" };
    page.line(&format!(
        "\n> **{} {are} invalid and left alone: {}**",
        count(ids.len(), "request"),
        list(ids, NAMED)
    ));
}

/// Errors first, then warnings; notes are left to the other forms.
fn problems(page: &mut Page, plan: &Plan) {
    let mut findings = findings(plan);
    findings.retain(|finding| finding.severity > Severity::Note);
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let row = |finding: &Finding| {
        let place = finding.place.as_ref();
        let place = place
            .map(|place| format!(":{}", place.line))
            .unwrap_or_default();
        format!(
            "| {} {} | {}{place} | {} | {} |",
            finding.severity.word(),
            finding.code.as_str(),
            safe(finding.path.as_deref().unwrap_or_default()),
            safe(&finding.message),
            safe(finding.hint.as_deref().unwrap_or_default()),
        )
    };
    let rows: Vec<_> = findings.iter().map(row).collect();
    page.table(
        &["finding", "where", "what", "what to do"],
        &rows,
        "finding",
    );
}

fn request(page: &mut Page, group: &Group<'_>, is_folded: bool) {
    let Some((title, about)) = titled(group) else {
        return;
    };
    let rows = rows(group);
    let summary = match group.kind {
        // It changes nothing of anybody.
        StepKind::Baseline => title.clone(),
        _ => format!("{title}: {}", count(rows.len(), "employee")),
    };
    let title = if is_folded {
        Title::Folded(&summary)
    } else {
        Title::Heading(&title)
    };
    page.entry(&Entry {
        title: Some(title),
        about: &about,
        columns: &["employee", "added", "removed", "note"],
        rows: &rows,
        noun: "employee",
    });
}

/// What a group's heading says, and the paragraph below it.
fn titled(group: &Group<'_>) -> Option<(String, String)> {
    let step = group.steps.first()?;
    let kind = step.change_type.title();
    let Some(request) = &step.request else {
        if group.kind == StepKind::Baseline {
            let about = "What everybody holds is logged first.";
            return Some(("Baseline".to_owned(), about.to_owned()));
        }
        return Some((kind.to_owned(), safe(&step.compliance_reason)));
    };
    let name = cut(&request.name, NAME);
    let title = format!("{} ({})", safe(&name), safe(request.id.as_str()));
    let approvals = cut(
        &crate::render::approval::all(&step.approvals, group.assumes_approval),
        APPROVALS,
    );
    let runs = match group.kind {
        StepKind::Run => format!(", {}", count(group.steps.len(), "run")),
        _ => String::new(),
    };
    let about = format!(
        "{kind}, asked by {}, {}{runs}",
        safe(&cut(&request.requested_by, NAME)),
        safe(&approvals)
    );
    Some((title, about))
}

/// One row an employee, over all runs.
fn rows(group: &Group<'_>) -> Vec<String> {
    let mut remarks = left_out(group);
    let mut rows: Vec<_> = merged(group.steps.iter().flat_map(|step| &step.changes))
        .into_iter()
        .map(|(employee, delta)| {
            row(
                employee,
                &delta,
                &remarks.remove(employee).unwrap_or_default(),
            )
        })
        .collect();
    let nothing = Delta::default();
    rows.extend(
        remarks
            .iter()
            .map(|(employee, remarks)| row(employee, &nothing, remarks)),
    );
    rows
}

fn row(employee: &EmployeeId, delta: &Delta, remarks: &[String]) -> String {
    let cell = |roles: &[RoleId]| {
        let roles: Vec<_> = roles.iter().map(|role| safe(role.as_str())).collect();
        roles.join(", ")
    };
    let notes: Vec<_> = delta
        .notes
        .iter()
        .chain(remarks)
        .map(|note| safe(note))
        .collect();
    format!(
        "| {} | {} | {} | {} |",
        safe(employee.as_str()),
        cell(&delta.added),
        cell(&delta.removed),
        notes.join("; ")
    )
}

fn left_out<'a>(group: &Group<'a>) -> BTreeMap<&'a EmployeeId, Vec<String>> {
    let mut remarks: BTreeMap<&EmployeeId, Vec<String>> = BTreeMap::new();
    for entry in group.steps.iter().flat_map(|step| &step.left_out) {
        let role = entry.role.as_ref().map(RoleId::as_str).unwrap_or_default();
        let remark = match entry.reason {
            LeftOutReason::AlreadyHeld => format!("{role} already held"),
            LeftOutReason::NotHeld => format!("{role} not held"),
            LeftOutReason::Refused => format!("{role} refused: {}", entry.detail),
            LeftOutReason::LeftForPerson => format!("{role} left for a person"),
            LeftOutReason::Kept => format!("{role} kept: {}", entry.detail),
        };
        let remark = remark.trim_start().to_owned();
        remarks.entry(&entry.employee).or_default().push(remark);
    }
    remarks
}

fn failing(page: &mut Page, plan: &Plan) {
    let failures = sections::still_failing(plan).into_iter();
    let row = |(view, failure): (&RequestView, &String)| {
        format!("| {} | {} |", safe(view.id.as_str()), safe(failure))
    };
    let rows: Vec<_> = failures.map(row).collect();
    page.table(&["request", "still fails"], &rows, "failure");
}

fn waiting(page: &mut Page, plan: &Plan) {
    let ends = sections::ends(&plan.expiries_after);
    let rows: Vec<_> = requests_after(plan)
        .iter()
        .filter_map(|view| {
            let waits = match view.status {
                Status::Approved if view.waiting_for.is_some() => {
                    sections::waits(view, ends.get(&view.id).copied())
                }
                Status::PendingApproval | Status::PartiallyApproved | Status::Rejected => {
                    sections::approval(view)
                }
                _ => return None,
            };
            let (id, status) = (safe(view.id.as_str()), view.status.title());
            Some(format!("| {id} | {status} | {} |", safe(&waits)))
        })
        .collect();
    page.table(
        &["request", "status", "waits for"],
        &rows,
        "waiting request",
    );
}
