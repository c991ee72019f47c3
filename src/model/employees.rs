//! Everybody of a state.

mod table;
mod view;

use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::fmt;
use std::iter::Peekable;
use std::ops::Range;
use std::sync::Arc;

use super::{Employee, EmployeeId, RoleId};
use table::Table;

pub use table::{BuildError, EmployeesBuilder, RoleNumber};
pub use view::EmployeeView;

/// Employees by id: a table that copies share, and over it what has changed since. A copy costs what has changed.
#[derive(Clone, Default)]
pub struct Employees {
    table: Arc<Table>,
    /// Who is other than in the table; `None` is not there any more.
    changed: BTreeMap<EmployeeId, Option<Employee>>,
    count: usize,
}

/// An employee among all.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The id.
    pub id: &'a str,
    /// Who it is.
    pub employee: EmployeeView<'a>,
}

impl Entry<'_> {
    /// The id, on its own.
    #[must_use]
    pub fn employee_id(&self) -> EmployeeId {
        EmployeeId::known(self.id)
    }
}

impl Employees {
    /// Nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Somebody, by id.
    #[must_use]
    pub fn get(&self, id: &(impl AsRef<str> + ?Sized)) -> Option<EmployeeView<'_>> {
        let id = id.as_ref();
        match self.changed.get(id) {
            Some(changed) => changed.as_ref().map(EmployeeView::from),
            None => self.row(self.table.find(id)?),
        }
    }

    /// Whether there is somebody with the id.
    #[must_use]
    pub fn contains(&self, id: &(impl AsRef<str> + ?Sized)) -> bool {
        self.get(id).is_some()
    }

    /// Puts somebody in, in place of whoever had the id.
    pub fn insert(&mut self, id: EmployeeId, employee: Employee) {
        self.count += usize::from(!self.contains(&id));
        self.changed.insert(id, Some(employee));
    }

    /// Takes somebody out, if there.
    pub fn remove(&mut self, id: &EmployeeId) {
        if self.contains(id) {
            self.count -= 1;
            self.changed.insert(id.clone(), None);
        }
    }

    /// Puts somebody as they are from now on; `None` is not there any more.
    pub fn set(&mut self, id: &EmployeeId, employee: Option<Employee>) {
        match employee {
            Some(employee) => self.insert(id.clone(), employee),
            None => self.remove(id),
        }
    }

    /// Everybody, in the order of the ids.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        Iter {
            table: &self.table,
            rows: 0..self.table.len(),
            changed: self.changed.iter().peekable(),
        }
    }

    /// Every id, in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|entry| entry.id)
    }

    /// Who holds a role, permanently or for a time. The table's come first, then those who have changed.
    pub fn holders(&self, role: &RoleId) -> impl Iterator<Item = Entry<'_>> {
        let rows = self.table.holders(role).iter().copied();
        let changed = self.changed_entries();
        self.unchanged(rows)
            .chain(changed.filter(|entry| entry.employee.holds(role)))
    }

    /// Who holds roles for a time, in no order.
    pub fn borrowers(&self) -> impl Iterator<Item = Entry<'_>> {
        let changed = self.changed_entries();
        self.unchanged(self.table.borrowers())
            .chain(changed.filter(|entry| !entry.employee.temporary().is_empty()))
    }

    /// How many roles all hold together, permanently or for a time, each counted once for each who holds it.
    #[must_use]
    pub fn count_held(&self) -> usize {
        let held = |view: EmployeeView<'_>| view.held().len();
        let replaced = self
            .changed
            .keys()
            .filter_map(|id| self.table.find(id.as_str()));
        let replaced = replaced.map(|row| held(EmployeeView::row(&self.table, row)));
        let now = self.changed_entries().map(|entry| held(entry.employee));
        self.table.count_held() + now.sum::<usize>() - replaced.sum::<usize>()
    }

    /// The ids of all who are not the same in two states, in order.
    #[must_use]
    pub fn differences(&self, other: &Self) -> BTreeSet<EmployeeId> {
        let ids: BTreeSet<EmployeeId> = if Arc::ptr_eq(&self.table, &other.table) {
            let changed = self.changed.keys().chain(other.changed.keys());
            changed.cloned().collect()
        } else {
            let own = self
                .iter()
                .filter(|entry| other.get(entry.id) != Some(entry.employee));
            let others = other.iter().filter(|entry| !self.contains(entry.id));
            own.chain(others).map(|entry| entry.employee_id()).collect()
        };
        ids.into_iter()
            .filter(|id| self.get(id) != other.get(id))
            .collect()
    }

    fn row(&self, row: usize) -> Option<EmployeeView<'_>> {
        (row < self.table.len()).then(|| EmployeeView::row(&self.table, row))
    }

    /// Those of some rows who are still as they are in the table.
    fn unchanged<'a>(
        &'a self,
        rows: impl Iterator<Item = usize> + 'a,
    ) -> impl Iterator<Item = Entry<'a>> {
        rows.map(|row| entry(&self.table, row))
            .filter(|entry| !self.changed.contains_key(entry.id))
    }

    fn changed_entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.changed.iter().filter_map(changed_entry)
    }
}

fn entry(table: &Table, row: usize) -> Entry<'_> {
    Entry {
        id: table.id(row),
        employee: EmployeeView::row(table, row),
    }
}

fn changed_entry<'a>((id, employee): (&'a EmployeeId, &'a Option<Employee>)) -> Option<Entry<'a>> {
    Some(Entry {
        id: id.as_str(),
        employee: employee.as_ref()?.into(),
    })
}

/// Everybody, in the order of the ids.
#[derive(Debug, Clone)]
pub struct Iter<'a> {
    table: &'a Table,
    rows: Range<usize>,
    changed: Peekable<btree_map::Iter<'a, EmployeeId, Option<Employee>>>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            let row = self.rows.clone().next();
            let Some((id, _)) = self.changed.peek() else {
                self.rows.next();
                return Some(entry(self.table, row?));
            };
            if let Some(row) = row.filter(|row| self.table.id(*row) <= id.as_str()) {
                self.rows.next();
                if self.table.id(row) < id.as_str() {
                    return Some(entry(self.table, row));
                }
            }
            if let Some(entry) = self.changed.next().and_then(changed_entry) {
                return Some(entry);
            }
        }
    }
}

impl<'a> IntoIterator for &'a Employees {
    type Item = Entry<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl From<EmployeesBuilder> for Employees {
    fn from(builder: EmployeesBuilder) -> Self {
        let table = builder.table();
        Self {
            count: table.len(),
            table: Arc::new(table),
            changed: BTreeMap::new(),
        }
    }
}

impl FromIterator<(EmployeeId, Employee)> for Employees {
    /// Of several with the same id the last one is there.
    fn from_iter<T: IntoIterator<Item = (EmployeeId, Employee)>>(employees: T) -> Self {
        let mut changed = BTreeMap::new();
        for (id, employee) in employees {
            changed.insert(id, Some(employee));
        }
        let all = Self {
            count: changed.len(),
            changed,
            table: Arc::default(),
        };
        all.compact()
    }
}

impl Employees {
    /// The same, all of them in a table.
    #[must_use]
    pub fn compact(self) -> Self {
        let mut builder = EmployeesBuilder::default();
        match self.iter().try_for_each(|entry| builder.push_entry(entry)) {
            Ok(()) => builder.into(),
            Err(_) => self,
        }
    }
}

impl PartialEq for Employees {
    fn eq(&self, other: &Self) -> bool {
        if Arc::ptr_eq(&self.table, &other.table) {
            return self.differences(other).is_empty();
        }
        self.count == other.count
            && self
                .iter()
                .zip(other)
                .all(|(one, two)| one.id == two.id && one.employee == two.employee)
    }
}

impl Eq for Employees {}

impl fmt::Debug for Employees {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.iter();
        let all = all.map(|entry| (entry.id, entry.employee.to_employee()));
        formatter.debug_map().entries(all).finish()
    }
}

#[cfg(test)]
mod tests;
