//! The state while a plan is worked out: the given one, and over it what has changed so far.

use std::collections::{BTreeMap, BTreeSet};

use super::input::Logged;
use crate::model::{
    Employee, EmployeeChange, EmployeeId, EmployeeView, Employees, Instant, Pairs, Record, Records,
    RequestId, RoleId, State,
};

/// A state with changes over it; the state itself stays as it is.
#[derive(Debug, Clone)]
pub struct World {
    employees: Employees,
    requests: Records,
    /// What requests have lent by their own logs, and not taken back themselves, as far as it is asked for.
    lent: BTreeMap<RequestId, Pairs>,
}

impl World {
    /// The state as it is.
    #[must_use]
    pub fn new(base: &State) -> Self {
        Self {
            employees: base.employees.clone(),
            requests: base.requests.clone(),
            lent: BTreeMap::new(),
        }
    }

    /// The same, with what the logs say that requests have lent.
    #[must_use]
    pub fn with_loans(base: &State, logged: &BTreeMap<RequestId, Logged>) -> Self {
        let logged = logged.iter();
        let lent = logged.map(|(id, logged)| (id.clone(), logged.lent.clone()));
        Self {
            lent: lent.collect(),
            ..Self::new(base)
        }
    }

    /// Everybody.
    #[must_use]
    pub fn employees(&self) -> &Employees {
        &self.employees
    }

    /// An employee, if there.
    #[must_use]
    pub fn employee(&self, id: &EmployeeId) -> Option<EmployeeView<'_>> {
        self.employees.get(id)
    }

    /// Where each request stands that has started.
    #[must_use]
    pub fn requests(&self) -> &Records {
        &self.requests
    }

    /// Everyone who holds one of the roles, by id.
    #[must_use]
    pub fn holders(&self, roles: &[RoleId]) -> BTreeSet<EmployeeId> {
        let holders = roles.iter().flat_map(|role| self.employees.holders(role));
        holders.map(|holder| holder.employee_id()).collect()
    }

    /// Does changes.
    pub fn apply(&mut self, changes: &[EmployeeChange]) {
        for change in changes {
            self.employees.set(&change.id, change.after.clone());
        }
    }

    /// Follows what a request lends and takes back itself.
    pub(super) fn follow_loans(&mut self, request: &RequestId, changes: &[EmployeeChange]) {
        if let Some(lent) = self.lent.get_mut(request) {
            follow_loans(lent, request, changes);
        }
    }

    /// Whether a request has lent a role to an employee, who is as given, and somebody else took that back since, as a reduction does:
    /// it never comes back.
    #[must_use]
    pub(super) fn was_taken(
        &self,
        request: &RequestId,
        id: &EmployeeId,
        employee: Option<EmployeeView<'_>>,
        role: &RoleId,
    ) -> bool {
        let lends = |employee: EmployeeView<'_>| {
            let mut loans = employee.temporary().iter();
            loans.any(|grant| grant.role == *role && grant.request == *request)
        };
        self.has_lent(request, id, role) && !employee.is_some_and(lends)
    }

    /// Whether a request has lent a role to an employee, by its own logs, and not taken it back itself.
    #[must_use]
    pub(super) fn has_lent(&self, request: &RequestId, id: &EmployeeId, role: &RoleId) -> bool {
        let lent = self.lent.get(request).and_then(|lent| lent.get(id));
        lent.is_some_and(|roles| roles.contains(role))
    }

    /// Notes where a request stands.
    pub fn set_record(&mut self, id: &RequestId, record: Record) {
        self.requests.insert(id.clone(), record);
    }

    /// The ends of all loans: by request and end, who has them.
    #[must_use]
    pub fn loans(&self) -> BTreeMap<RequestId, BTreeMap<Instant, BTreeSet<EmployeeId>>> {
        let mut loans: BTreeMap<RequestId, BTreeMap<Instant, BTreeSet<EmployeeId>>> =
            BTreeMap::new();
        for borrower in self.employees.borrowers() {
            for grant in borrower.employee.temporary() {
                loans
                    .entry(grant.request.clone())
                    .or_default()
                    .entry(grant.until)
                    .or_default()
                    .insert(borrower.employee_id());
            }
        }
        loans
    }
}

/// Follows what a request lends, change by change of its own.
pub(super) fn follow_loans(lent: &mut Pairs, request: &RequestId, changes: &[EmployeeChange]) {
    let own = |employee: &Option<Employee>| -> BTreeSet<RoleId> {
        let loans = employee.iter().flat_map(|it| it.loans_of(request));
        loans.map(|grant| grant.role.clone()).collect()
    };
    for change in changes {
        let roles = lent.entry(change.id.clone()).or_default();
        for role in own(&change.before) {
            roles.remove(&role);
        }
        roles.extend(own(&change.after));
    }
}

/// Changes of employees that have not been done yet, on top of a world.
#[derive(Debug)]
pub(super) struct Changes<'w> {
    world: &'w World,
    after: BTreeMap<EmployeeId, Option<Employee>>,
}

impl<'w> Changes<'w> {
    /// No changes.
    #[must_use]
    pub(super) fn new(world: &'w World) -> Self {
        Self {
            world,
            after: BTreeMap::new(),
        }
    }

    /// An employee with the changes so far.
    #[must_use]
    pub(super) fn employee(&self, id: &EmployeeId) -> Option<EmployeeView<'_>> {
        match self.after.get(id) {
            Some(changed) => changed.as_ref().map(EmployeeView::from),
            None => self.world.employee(id),
        }
    }

    /// Whether the employee is the only active one who holds the role, with the changes so far.
    #[must_use]
    pub(super) fn is_last_active_holder(&self, id: &EmployeeId, role: &RoleId) -> bool {
        let holds = |employee: EmployeeView<'_>| employee.is_active() && employee.holds(role);
        let is_other = |other: &str| other != id.as_str() && !self.after.contains_key(other);
        let mut unchanged = self.world.employees.holders(role);
        let mut changed = self.after.iter().filter(|(other, _)| *other != id);
        self.employee(id).is_some_and(holds)
            && !unchanged.any(|other| is_other(other.id) && holds(other.employee))
            && !changed.any(|(_, after)| after.as_ref().is_some_and(|it| holds(it.into())))
    }

    /// What the changes are on top of.
    #[must_use]
    pub(super) fn world(&self) -> &'w World {
        self.world
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
                let before = world.employee(&id).map(EmployeeView::to_employee);
                (before != after).then_some(EmployeeChange { id, before, after })
            })
            .collect()
    }
}
