//! The state while a plan is worked out: the given one, and over it what has changed so far.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Employee, EmployeeChange, EmployeeId, Instant, Record, RequestId, RoleId, State,
};

/// A state with changes over it; the state itself stays as it is.
#[derive(Debug, Clone)]
pub struct World<'a> {
    base: &'a State,
    employees: BTreeMap<EmployeeId, Option<Employee>>,
    records: BTreeMap<RequestId, Record>,
}

impl<'a> World<'a> {
    /// The state as it is.
    #[must_use]
    pub fn new(base: &'a State) -> Self {
        Self {
            base,
            employees: BTreeMap::new(),
            records: BTreeMap::new(),
        }
    }

    /// An employee, if there.
    #[must_use]
    pub fn employee(&self, id: &EmployeeId) -> Option<&Employee> {
        match self.employees.get(id) {
            Some(changed) => changed.as_ref(),
            None => self.base.employees.get(id),
        }
    }

    /// Where a request stands, if it has started.
    #[must_use]
    pub fn record(&self, id: &RequestId) -> Option<&Record> {
        self.records.get(id).or_else(|| self.base.requests.get(id))
    }

    /// Every employee, by id.
    pub fn employees(&self) -> impl Iterator<Item = (&EmployeeId, &Employee)> {
        let unchanged = self
            .base
            .employees
            .iter()
            .filter(|(id, _)| !self.employees.contains_key(*id));
        let changed = self
            .employees
            .iter()
            .filter_map(|(id, employee)| Some((id, employee.as_ref()?)));
        unchanged.chain(changed)
    }

    /// Every record, by request; those that changed come last.
    pub fn records(&self) -> impl Iterator<Item = (&RequestId, &Record)> {
        let unchanged = self
            .base
            .requests
            .iter()
            .filter(|(id, _)| !self.records.contains_key(*id));
        unchanged.chain(&self.records)
    }

    /// Everyone who holds one of the roles, by id.
    #[must_use]
    pub fn holders(&self, roles: &[RoleId]) -> BTreeSet<EmployeeId> {
        self.employees()
            .filter(|(_, employee)| roles.iter().any(|role| employee.holds(role)))
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// Does changes.
    pub fn apply(&mut self, changes: &[EmployeeChange]) {
        for change in changes {
            self.employees
                .insert(change.id.clone(), change.after.clone());
        }
    }

    /// Notes where a request stands.
    pub fn set_record(&mut self, id: &RequestId, record: Record) {
        self.records.insert(id.clone(), record);
    }

    /// The ends of all loans: by request and end, who has them.
    #[must_use]
    pub fn loans(&self) -> BTreeMap<RequestId, BTreeMap<Instant, BTreeSet<EmployeeId>>> {
        let mut loans: BTreeMap<RequestId, BTreeMap<Instant, BTreeSet<EmployeeId>>> =
            BTreeMap::new();
        for (id, employee) in self.employees() {
            for grant in &employee.temporary {
                loans
                    .entry(grant.request.clone())
                    .or_default()
                    .entry(grant.until)
                    .or_default()
                    .insert(id.clone());
            }
        }
        loans
    }
}

/// Changes of employees that have not been done yet, on top of a world.
#[derive(Debug)]
pub(super) struct Changes<'w, 'a> {
    world: &'w World<'a>,
    after: BTreeMap<EmployeeId, Option<Employee>>,
}

impl<'w, 'a> Changes<'w, 'a> {
    /// No changes.
    #[must_use]
    pub(super) fn new(world: &'w World<'a>) -> Self {
        Self {
            world,
            after: BTreeMap::new(),
        }
    }

    /// An employee with the changes so far.
    #[must_use]
    pub(super) fn employee(&self, id: &EmployeeId) -> Option<&Employee> {
        match self.after.get(id) {
            Some(changed) => changed.as_ref(),
            None => self.world.employee(id),
        }
    }

    /// Whether the employee is the only active one who holds the role, with the changes so far.
    #[must_use]
    pub(super) fn is_last_active_holder(&self, id: &EmployeeId, role: &RoleId) -> bool {
        let holds = |employee: &Employee| employee.is_active() && employee.holds(role);
        let mut others = self.world.employees().filter(|(other, _)| *other != id);
        self.employee(id).is_some_and(holds)
            && !others.any(|(other, _)| self.employee(other).is_some_and(holds))
    }

    /// Puts an employee as they shall be.
    pub(super) fn put(&mut self, id: &EmployeeId, employee: Option<Employee>) {
        self.after.insert(id.clone(), employee);
    }

    /// What really changes, by id.
    #[must_use]
    pub(super) fn finish(self) -> Vec<EmployeeChange> {
        let world = self.world;
        self.after
            .into_iter()
            .filter_map(|(id, after)| {
                let before = world.employee(&id).cloned();
                (before != after).then_some(EmployeeChange { id, before, after })
            })
            .collect()
    }
}
