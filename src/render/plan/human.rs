//! A plan for people.

use super::{Group, Index, body, groups, index, requests_after, sections, sum};
use crate::model::{Compliance, each};
use crate::plan::{ManualAction, Plan, RequestView, StepKind};
use crate::render::text::{cut, lateness, moment, utc, wrapped};
use crate::render::{Palette, approval, escape};

/// From so many requests on, two threads write about them.
const MANY: usize = 32;

/// A plan for people: what would be done request by request, then what waits for what, and a closing line. Findings are not in
/// it; see [`super::findings`].
#[must_use]
pub fn human(plan: &Plan, palette: Palette) -> String {
    let after = index(requests_after(plan));
    let of_requests = each(groups(plan), MANY, |group| {
        let mut lines = request(&group, &after, Heading::Full, palette);
        lines.push(String::new());
        lines
    });
    let mut lines = of_requests.concat();
    for section in [
        sections::failures(plan, palette),
        sections::drift(plan, palette),
        sections::waiting(plan, palette),
        sections::pending(plan, palette),
        sections::expiries(plan, palette),
        sections::invalid(plan, palette),
        sections::brake(plan, palette),
    ] {
        if !section.is_empty() {
            lines.extend(section);
            lines.push(String::new());
        }
    }
    if plan.steps.is_empty() {
        lines.push(palette.title("Nothing to do."));
    } else {
        lines.push(palette.title(format!("Plan: {}.", sum(plan))));
        if plan.assumes_approval {
            lines.push("This is what it would do if everything was approved.".to_owned());
        }
        lines.push(palette.faint(format!("As of {}", utc(plan.as_of))));
        lines.push(palette.faint(format!("Digest {}", plan.digest)));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// What a plan of one request's steps does, for somebody who is to decide about it.
#[must_use]
pub fn effect(plan: &Plan, palette: Palette) -> String {
    let after = index(requests_after(plan));
    let mut lines = vec![palette.title("What it would do")];
    for group in groups(plan) {
        lines.extend(request(&group, &after, Heading::Due, palette));
        lines.push(String::new());
    }
    for section in [
        sections::failures(plan, palette),
        sections::waiting(plan, palette),
        sections::expiries(plan, palette),
    ] {
        if !section.is_empty() {
            lines.extend(section);
            lines.push(String::new());
        }
    }
    if lines.len() == 1 {
        lines.push("  nothing: all of it is so already".to_owned());
        lines.push(String::new());
    }
    lines.join("\n")
}

/// How much stands above a request's changes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heading {
    /// Its name, who asked and who approved, and when it was due.
    Full,
    /// When it is due, for whom has the rest before them.
    Due,
}

fn request(group: &Group<'_>, after: &Index<'_>, above: Heading, palette: Palette) -> Vec<String> {
    let mut lines = match above {
        Heading::Full => heading(group, palette),
        Heading::Due => due(group),
    };
    lines.extend(body::changes(group, palette));
    let view = group.id.and_then(|id| after.get(id).copied());
    let failures = view.map_or(&[][..], |view| view.failures.as_slice());
    let refused = if failures.is_empty() || group.kind != StepKind::Run {
        body::left_out(group, true)
    } else {
        let safe = |failure: &String| escape::terminal(failure).into_owned();
        body::remarks(failures.iter().map(safe))
    };
    let warnings = group.steps.iter().flat_map(|step| &step.warnings);
    let manual = if group.kind == StepKind::Run {
        view.map(manual)
    } else {
        None
    };
    for (title, remarks) in [
        (palette.faint("  left out"), body::left_out(group, false)),
        (palette.alarm("  refused"), refused),
        (
            palette.changed("  for a person to do"),
            manual.unwrap_or_default(),
        ),
        (
            palette.changed("  warnings"),
            body::remarks(warnings.map(|warning| escape::terminal(warning).into_owned())),
        ),
    ] {
        if !remarks.is_empty() {
            lines.push(title);
            lines.extend(remarks);
        }
    }
    lines
}

/// What waits for a person, by employee.
pub(super) fn manual(view: &RequestView) -> Vec<String> {
    body::remarks(view.manual.iter().map(|change| match change.action {
        ManualAction::Add => format!("give {} to {}", change.role, change.employee),
        ManualAction::Remove => format!("take {} from {}", change.role, change.employee),
    }))
}

/// Title, id and type; who asked and who approved; when it was due.
fn heading(group: &Group<'_>, palette: Palette) -> Vec<String> {
    let Some(step) = group.steps.first() else {
        return Vec::new();
    };
    let kind = step.change_type.title();
    let mut lines = Vec::new();
    let Some(request) = &step.request else {
        let title = match group.kind {
            StepKind::Baseline => "Baseline: what everybody holds is logged first".to_owned(),
            StepKind::HandEdit => format!("{kind}: the state file was edited by hand"),
            _ => kind.to_owned(),
        };
        lines.push(palette.title(title));
        lines.extend(compliance(group, palette));
        return lines;
    };
    let name = cut(&escape::terminal(&request.name), 120);
    lines.push(format!(
        "{}  {}",
        palette.title(&name),
        palette.faint(&request.id)
    ));
    let how = match group.kind {
        StepKind::HandEdit => format!("{kind}, edited by hand"),
        _ => kind.to_owned(),
    };
    let asked = escape::terminal(&request.requested_by).into_owned();
    let text = format!(
        "{how}, asked by {asked}, {}",
        approval::all(&step.approvals, group.assumes_approval)
    );
    lines.extend(wrapped("  ", 4, &text));
    lines.extend(due(group));
    lines.extend(compliance(group, palette));
    lines
}

fn due(group: &Group<'_>) -> Vec<String> {
    let schedule = group.steps.first().and_then(|step| step.schedule.as_ref());
    let lines = schedule.map(|schedule| {
        let due = moment(&schedule.local, &schedule.timezone, schedule.utc);
        let late = lateness(schedule.lateness_seconds);
        wrapped("  ", 4, &format!("due {due}, {late}"))
    });
    lines.unwrap_or_default()
}

/// Why a change is not compliant, where it is not.
fn compliance(group: &Group<'_>, palette: Palette) -> Vec<String> {
    let step = group
        .steps
        .iter()
        .find(|step| step.compliance == Compliance::NonCompliant);
    let Some(step) = step else {
        return Vec::new();
    };
    let reason = escape::terminal(&step.compliance_reason);
    wrapped("  ", 4, &format!("non-compliant: {reason}"))
        .into_iter()
        .map(|line| palette.alarm(line))
        .collect()
}
