//! A plan as Markdown, for a comment on a pull request.

use std::collections::BTreeMap;

use super::{Group, findings, groups, requests_after, sections, sum};
use crate::check::finding::{Finding, Severity};
use crate::model::{EmployeeId, LeftOutReason, RoleId};
use crate::plan::{Plan, RequestView, Status, StepKind};
use crate::render::delta::{Delta, merged};
use crate::render::escape::markdown as safe;
use crate::render::text::{count, utc};

/// The longest text, in bytes: forges refuse comments of more than 65,536 characters.
const LONGEST: usize = 65_000;
/// What is kept for the note about what is left out, and for closing tags.
const KEPT: usize = 600;
/// Tables with more rows are folded.
const FOLDED: usize = 30;

/// A plan as Markdown: a line of sums, a table for each request, what waits, and findings. At most 65,000 bytes; what does not
/// fit is left out, and the text ends with how much that is.
#[must_use]
pub fn markdown(plan: &Plan) -> String {
    let mut page = Page::default();
    page.line("### Plan");
    page.line("");
    if plan.steps.is_empty() {
        page.line("**Nothing to do.**");
    } else {
        page.line(&format!("**{}**", sum(plan)));
    }
    brake(&mut page, plan);
    problems(&mut page, plan);
    for group in groups(plan) {
        request(&mut page, &group);
    }
    failing(&mut page, plan);
    waiting(&mut page, plan);
    if page.dropped > 0 {
        page.must(&format!(
            "\n**{} left out here, as the text would be too long; `rolecall plan` prints all of it.**",
            count(page.dropped, "more line"),
        ));
    }
    page.must("");
    page.must(&format!(
        "As of {}, digest `{}`",
        utc(plan.as_of),
        plan.digest
    ));
    page.text
}

/// Text with a limit. Once a line does not fit, no later one is taken.
#[derive(Default)]
struct Page {
    text: String,
    dropped: usize,
}

impl Page {
    /// Adds a line if it fits; whether it did.
    fn line(&mut self, line: &str) -> bool {
        let fits = self.dropped == 0 && self.text.len() + line.len() < LONGEST - KEPT;
        if fits {
            self.must(line);
        } else if !line.is_empty() {
            self.dropped += 1;
        }
        fits
    }

    /// Adds one of the short lines for which room is kept.
    fn must(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Adds a table, folded where it is long, cut where it does not fit.
    fn table(&mut self, columns: &[&str], rows: &[String], noun: &str) {
        if rows.is_empty() {
            return;
        }
        let heading = format!(
            "\n| {} |\n|{}",
            columns.join(" | "),
            " --- |".repeat(columns.len())
        );
        let folded = rows.len() > FOLDED;
        let summary = format!("\n<details><summary>{}</summary>", count(rows.len(), noun));
        let opened = folded && self.line(&summary);
        if self.line(&heading) {
            for row in rows {
                self.line(row);
            }
        } else {
            self.dropped += rows.len() - 1;
        }
        if opened {
            self.must("\n</details>");
        }
    }
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

/// Errors first, then warnings; notes are left to the other forms.
fn problems(page: &mut Page, plan: &Plan) {
    let mut findings = findings(plan);
    findings.retain(|finding| finding.severity > Severity::Note);
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let row = |finding: &Finding| {
        let place = finding.place.as_ref();
        let place = place
            .map(|place| format!("&#58;{}", place.line))
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

fn request(page: &mut Page, group: &Group<'_>) {
    let Some(step) = group.steps.first() else {
        return;
    };
    let kind = step.change_type.title();
    match &step.request {
        Some(request) => {
            page.line(&format!(
                "\n#### {} ({})",
                safe(&request.name),
                safe(request.id.as_str())
            ));
            let approvals = safe(&crate::render::approval::all(&step.approvals));
            let runs = match group.kind {
                StepKind::Run => format!(", {}", count(group.steps.len(), "run")),
                _ => String::new(),
            };
            page.line(&format!(
                "\n{kind}, asked by {}, {approvals}{runs}",
                safe(&request.requested_by)
            ));
        }
        None if group.kind == StepKind::Baseline => {
            page.line("\n#### Baseline\n\nWhat everybody holds is logged first.");
        }
        None => {
            page.line(&format!(
                "\n#### {kind}\n\n{}",
                safe(&step.compliance_reason)
            ));
        }
    }
    let rows = rows(group);
    page.table(&["employee", "added", "removed", "note"], &rows, "employee");
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
    let ends = sections::ends(&plan.expiries);
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
