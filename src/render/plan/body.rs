//! The changes of one request for people: every line where they are few, employees with the same changes together where they
//! are many.

use std::collections::BTreeMap;

use super::Group;
use crate::model::{EmployeeId, LeftOut, LeftOutReason, RoleId, RunNumber};
use crate::plan::Step;
use crate::render::delta::{Delta, Mark, grouped, merged};
use crate::render::text::{count, cut, list, wrapped};
use crate::render::{Palette, escape};

/// How many lines the changes of one request take at most.
const MOST_CHANGES: usize = 36;
/// How many lines each kind of remark about one request takes at most.
const MOST_REMARKS: usize = 6;

/// The changes of some steps, in the first of three forms that is short enough.
pub(super) fn changes(group: &Group<'_>, palette: Palette) -> Vec<String> {
    let full = by_run(group, palette, |step, lines| {
        for (employee, delta) in merged(&step.changes) {
            lines.push(format!("    {employee}"));
            lines.extend(delta.lines.iter().map(|(mark, line)| {
                let line = format!("{} {line}", mark.sign());
                format!("      {}", mark.paint(&line, palette))
            }));
        }
    });
    if full.len() <= MOST_CHANGES {
        return full;
    }
    let compact = by_run(group, palette, |step, lines| {
        for (delta, employees) in grouped(&merged(&step.changes)) {
            lines.extend(same_changes(&delta, &employees, palette));
        }
    });
    if compact.len() <= MOST_CHANGES {
        return compact;
    }
    all_runs(group, palette)
}

fn by_run(
    group: &Group<'_>,
    palette: Palette,
    mut employees: impl FnMut(&Step, &mut Vec<String>),
) -> Vec<String> {
    let mut lines = Vec::new();
    for step in &group.steps {
        if let Some(run) = step.run {
            lines.push(palette.faint(format!("  run {} of {}", run.number, run.of)));
        }
        let before = lines.len();
        employees(step, &mut lines);
        if lines.len() == before && step.run.is_some() {
            lines.push("    no changes".to_owned());
        }
        // Enough to know that this form is too long.
        if lines.len() > 4 * MOST_CHANGES {
            break;
        }
    }
    lines
}

fn all_runs(group: &Group<'_>, palette: Palette) -> Vec<String> {
    let mut lines = Vec::new();
    let runs: Vec<RunNumber> = group.steps.iter().filter_map(|step| step.run).collect();
    if let (Some(first), Some(last)) = (runs.first(), runs.last()) {
        let (first, last, of) = (first.number, last.number, last.of);
        lines.push(palette.faint(format!("  runs {first} to {last} of {of}, together")));
    }
    let deltas = merged(group.steps.iter().flat_map(|step| &step.changes));
    let groups = grouped(&deltas);
    let mut shown = 0;
    for (delta, employees) in &groups {
        let more = same_changes(delta, employees, palette);
        if lines.len() + more.len() >= MOST_CHANGES {
            break;
        }
        lines.extend(more);
        shown += 1;
    }
    let rest = &groups[shown..];
    if !rest.is_empty() {
        let sum = |number: fn(&Delta) -> usize| -> usize {
            rest.iter()
                .map(|(delta, employees)| number(delta) * employees.len())
                .sum()
        };
        let employees: usize = rest.iter().map(|(_, employees)| employees.len()).sum();
        lines.push(format!(
            "    … and {}: +{} -{} (--format json has all)",
            count(employees, "more employee"),
            sum(|delta| delta.added.len()),
            sum(|delta| delta.removed.len()),
        ));
    }
    lines
}

/// `+ crm-viewer, crm-editor  for 15 employees: a, b, c …`
fn same_changes(delta: &Delta, employees: &[&EmployeeId], palette: Palette) -> Vec<String> {
    let of = |mark: Mark| {
        let lines = delta.lines.iter().filter(move |line| line.0 == mark);
        lines.map(|(_, line)| line.as_str()).collect::<Vec<_>>()
    };
    let mut parts: Vec<(Mark, String)> = Vec::new();
    for mark in [Mark::Add, Mark::Remove, Mark::Change] {
        let items = of(mark);
        if !items.is_empty() {
            parts.push((mark, list(items, 24)));
        }
    }
    let who = match employees {
        [one] => format!("for {one}"),
        many => format!("for {}: {}", count(many.len(), "employee"), list(many, 12)),
    };
    if let [(mark, text)] = parts.as_slice() {
        let text = format!("{} {text}", mark.sign());
        if text.len() <= 44 {
            let mut lines = wrapped(&format!("    {text}  "), 8, &who);
            if let Some(first) = lines.first_mut() {
                *first = first.replacen(&text, &mark.paint(&text, palette), 1);
            }
            return lines;
        }
    }
    let mut lines = Vec::new();
    for (mark, text) in parts {
        let first = format!("    {} ", mark.sign());
        let wrapped = wrapped(&first, 6, &text).into_iter();
        lines.extend(wrapped.map(|line| mark.paint(&line, palette)));
    }
    lines.extend(wrapped("      ", 8, &who));
    lines
}

/// What the steps leave out and why: the same reason about the same role once.
pub(super) fn left_out(group: &Group<'_>, refused: bool) -> Vec<String> {
    let mut kinds: BTreeMap<(&str, Option<&RoleId>, &str), Vec<&EmployeeId>> = BTreeMap::new();
    let entries = group.steps.iter().flat_map(|step| &step.left_out);
    for entry in entries.filter(|entry| (entry.reason == LeftOutReason::Refused) == refused) {
        let kind = (reason(entry), entry.role.as_ref(), entry.detail.as_str());
        kinds.entry(kind).or_default().push(&entry.employee);
    }
    let lines = kinds
        .into_iter()
        .map(|((reason, role, detail), employees)| {
            let role = role.map_or_else(|| "status".to_owned(), ToString::to_string);
            let detail = match detail {
                "" | "held already" | "not held" => String::new(),
                detail => format!(" ({})", escape::terminal(detail)),
            };
            format!("{reason}: {role} for {}{detail}", list(employees, 6))
        });
    remarks(lines)
}

/// Why something was left out, in a word or two.
pub(in crate::render) fn reason(entry: &LeftOut) -> &'static str {
    match entry.reason {
        LeftOutReason::AlreadyHeld => "already held",
        LeftOutReason::NotHeld => "not held",
        LeftOutReason::Refused => "refused",
        LeftOutReason::LeftForPerson => "left for a person",
        LeftOutReason::Kept => "kept",
    }
}

/// Remarks, each on its wrapped lines, and how many more there are.
pub(super) fn remarks(all: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut more = 0;
    for remark in all {
        let wrapped = wrapped("    ", 6, &cut(&remark, 300));
        if more > 0 || lines.len() + wrapped.len() > MOST_REMARKS {
            more += 1;
        } else {
            lines.extend(wrapped);
        }
    }
    if more > 0 {
        lines.push(format!("    … and {more} more"));
    }
    lines
}
