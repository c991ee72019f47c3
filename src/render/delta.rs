//! What a step does to an employee, as marked lines.

use std::collections::{BTreeMap, BTreeSet};

use super::text::utc;
use super::{Palette, escape};
use crate::model::{Employee, EmployeeChange, EmployeeId, EmployeeStatus, Instant, RoleId};

/// How a line is marked and coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// Something is given.
    Add,
    /// Something is taken.
    Remove,
    /// Something is different.
    Change,
}

impl Mark {
    pub(super) fn sign(self) -> char {
        match self {
            Self::Add => '+',
            Self::Remove => '-',
            Self::Change => '~',
        }
    }

    pub(super) fn paint(self, text: &str, palette: Palette) -> String {
        match self {
            Self::Add => palette.added(text),
            Self::Remove => palette.removed(text),
            Self::Change => palette.changed(text),
        }
    }
}

/// What is different about an employee.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Delta {
    /// Marked lines: `ap-clerk`, `payroll-viewer until …`, `now inactive`. All but a role alone have a blank.
    pub(super) lines: Vec<(Mark, String)>,
    /// Roles newly held, or newly held permanently.
    pub(super) added: Vec<RoleId>,
    /// Roles no longer held, or no longer permanently.
    pub(super) removed: Vec<RoleId>,
    /// Changes of status, of details and the like.
    pub(super) notes: Vec<String>,
}

impl Delta {
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// What a change does.
    pub(super) fn of(change: &EmployeeChange) -> Self {
        let (before, after) = (change.before.as_ref(), change.after.as_ref());
        let (old, new) = (held(before), held(after));
        let mut delta = Self {
            added: change.added().into_iter().collect(),
            removed: change.removed().into_iter().collect(),
            ..Self::default()
        };
        for role in new.difference(&old) {
            let line = match end_of(after, role) {
                Some(end) => format!("{role} until {}", utc(end)),
                None => role.to_string(),
            };
            delta.lines.push((Mark::Add, line));
        }
        let removed = old.difference(&new);
        delta
            .lines
            .extend(removed.map(|role| (Mark::Remove, role.to_string())));
        for role in old.intersection(&new) {
            let note = match (end_of(before, role), end_of(after, role)) {
                (Some(_), None) => format!("{role} from now on permanently"),
                (None, Some(end)) => format!("{role} from now on until {}", utc(end)),
                (Some(was), Some(is)) if was != is => format!("{role} now until {}", utc(is)),
                _ => continue,
            };
            delta.note(Mark::Change, &note);
        }
        delta.compare_status(before, after);
        delta.compare_details(before, after);
        delta
    }

    fn compare_details(&mut self, before: Option<&Employee>, after: Option<&Employee>) {
        let (Some(before), Some(after)) = (before, after) else {
            return;
        };
        let email = |employee: &Employee| employee.email.clone().unwrap_or_else(|| "none".into());
        if before.name != after.name {
            self.note(
                Mark::Change,
                &format!("name now {}, was {}", after.name, before.name),
            );
        }
        if before.email != after.email {
            self.note(
                Mark::Change,
                &format!("e-mail now {}, was {}", email(after), email(before)),
            );
        }
    }

    fn compare_status(&mut self, before: Option<&Employee>, after: Option<&Employee>) {
        let status = |employee: &Employee| employee.status;
        match (before.map(status), after.map(status)) {
            (None, Some(_)) => self.note(Mark::Change, "new employee"),
            (Some(_), None) => self.note(Mark::Remove, "no employee any more"),
            (Some(EmployeeStatus::Active), Some(EmployeeStatus::Inactive)) => {
                self.note(Mark::Remove, "now inactive");
            }
            (Some(EmployeeStatus::Inactive), Some(EmployeeStatus::Active)) => {
                self.note(Mark::Add, "active again");
            }
            _ => {}
        }
    }

    fn join(&mut self, later: Self) {
        self.lines.extend(later.lines);
        self.lines.sort_by_key(|(mark, _)| *mark);
        self.added.extend(later.added);
        self.removed.extend(later.removed);
        self.notes.extend(later.notes);
    }

    fn note(&mut self, mark: Mark, note: &str) {
        let note = escape::terminal(note).into_owned();
        self.lines.push((mark, note.clone()));
        self.notes.push(note);
    }
}

/// Every role held, permanently or for a time.
fn held(employee: Option<&Employee>) -> BTreeSet<&RoleId> {
    let roles = employee.into_iter().flat_map(|employee| &employee.roles);
    let grants = employee
        .into_iter()
        .flat_map(|employee| &employee.temporary);
    roles.chain(grants.map(|grant| &grant.role)).collect()
}

/// When a role that is held only for a time ends.
pub(super) fn end_of(employee: Option<&Employee>, role: &RoleId) -> Option<Instant> {
    let employee = employee?;
    if employee.roles.contains(role) {
        return None;
    }
    let grants = employee.temporary.iter();
    grants
        .filter(|grant| grant.role == *role)
        .map(|grant| grant.until)
        .max()
}

/// The employees of some changes in the order of their first one, each with what all of them do. Changes of one employee are
/// joined one by one, because others may lie between them.
pub(super) fn merged<'a>(
    changes: impl IntoIterator<Item = &'a EmployeeChange>,
) -> Vec<(&'a EmployeeId, Delta)> {
    let mut merged: Vec<(&EmployeeId, Delta)> = Vec::new();
    let mut known: BTreeMap<&EmployeeId, usize> = BTreeMap::new();
    for change in changes {
        let delta = Delta::of(change);
        match known.get(&change.id) {
            Some(index) => merged[*index].1.join(delta),
            None if delta.is_empty() => {}
            None => {
                known.insert(&change.id, merged.len());
                merged.push((&change.id, delta));
            }
        }
    }
    merged
}

/// Employees with the same difference, in the order of the first of each group.
pub(super) fn grouped<'a>(deltas: &[(&'a EmployeeId, Delta)]) -> Vec<(Delta, Vec<&'a EmployeeId>)> {
    let mut groups: Vec<(Delta, Vec<&EmployeeId>)> = Vec::new();
    let mut known: BTreeMap<&Delta, usize> = BTreeMap::new();
    for (employee, delta) in deltas {
        let index = *known.entry(delta).or_insert_with(|| {
            groups.push((delta.clone(), Vec::new()));
            groups.len() - 1
        });
        groups[index].1.push(employee);
    }
    groups
}
