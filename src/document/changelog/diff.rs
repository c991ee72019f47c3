//! The unified diff of what an employee held and holds.

use std::fmt::Write as _;

use similar::TextDiff;

use crate::model::{Employee, EmployeeId};
use crate::time::rfc3339;

/// One role a line, in order; a lent one as `role (until …, request)`.
fn lines(employee: Option<&Employee>) -> String {
    let Some(employee) = employee else {
        return String::new();
    };
    let mut lines: Vec<_> = employee.roles.iter().map(|role| (role, None)).collect();
    let lent = employee.temporary.iter();
    lines.extend(lent.map(|grant| (&grant.role, Some(grant))));
    lines.sort_unstable();
    let mut text = String::new();
    for (role, grant) in lines {
        let _ = match grant {
            None => writeln!(text, "{role}"),
            Some(grant) => writeln!(
                text,
                "{role} (until {}, {})",
                rfc3339(grant.until),
                grant.request
            ),
        };
    }
    text
}

/// The unified diff of the two lists; empty where they are the same.
pub(super) fn between(
    id: &EmployeeId,
    before: Option<&Employee>,
    after: Option<&Employee>,
) -> String {
    let (old, new) = (lines(before), lines(after));
    if old == new {
        return String::new();
    }
    TextDiff::from_lines(old.as_str(), new.as_str())
        .unified_diff()
        .header(&format!("{id} before"), &format!("{id} after"))
        .to_string()
}

/// Whether a diff leads from the one list to the other. It is applied rather than compared with [`between`], so that a log
/// stays good when a later version of the diff library draws the same difference otherwise.
pub(super) fn leads(
    diff: &str,
    id: &EmployeeId,
    before: Option<&Employee>,
    after: Option<&Employee>,
) -> bool {
    let (old, new) = (lines(before), lines(after));
    if diff.is_empty() {
        return old == new;
    }
    let header = format!("--- {id} before\n+++ {id} after\n");
    let Some(hunks) = diff.strip_prefix(&header) else {
        return false;
    };
    old != new && apply(hunks, &old).is_some_and(|applied| applied == new)
}

/// Applies the hunks of a diff to a text; `None` where they do not fit it.
fn apply(hunks: &str, old: &str) -> Option<String> {
    let mut rest = old.split_inclusive('\n');
    let mut taken = 0;
    let mut new = String::new();
    for line in hunks.split_inclusive('\n') {
        let body = line.get(1..)?;
        match line.as_bytes()[0] {
            b'@' => {
                let ranges = line.strip_prefix("@@ -")?;
                let (start, others) = ranges.split_once([',', ' '])?;
                // An empty range names the line before it.
                let empty = others.starts_with("0 ");
                let start: usize = start.parse().ok()?;
                let start = if empty { start } else { start.checked_sub(1)? };
                while taken < start {
                    new.push_str(rest.next()?);
                    taken += 1;
                }
            }
            b' ' => {
                (rest.next()? == body).then_some(())?;
                new.push_str(body);
                taken += 1;
            }
            b'-' => {
                (rest.next()? == body).then_some(())?;
                taken += 1;
            }
            b'+' => new.push_str(body),
            _ => return None,
        }
    }
    new.extend(rest);
    Some(new)
}
