//! An employee, wherever they are kept.

use std::collections::BTreeSet;

use super::table::Table;
use crate::model::{Employee, EmployeeStatus, Grant, RoleId};

/// An employee to look at: a row of the table, or one of their own.
#[derive(Debug, Clone, Copy)]
pub struct EmployeeView<'a>(Kept<'a>);

#[derive(Debug, Clone, Copy)]
enum Kept<'a> {
    Row(&'a Table, usize),
    Alone(&'a Employee),
}

impl<'a> From<&'a Employee> for EmployeeView<'a> {
    fn from(employee: &'a Employee) -> Self {
        Self(Kept::Alone(employee))
    }
}

impl<'a> EmployeeView<'a> {
    pub(super) fn row(table: &'a Table, row: usize) -> Self {
        Self(Kept::Row(table, row))
    }

    /// The name that logs show next to the id.
    #[must_use]
    pub fn name(self) -> &'a str {
        match self.0 {
            Kept::Row(table, row) => table.name(row),
            Kept::Alone(employee) => &employee.name,
        }
    }

    /// The e-mail address, where known.
    #[must_use]
    pub fn email(self) -> Option<&'a str> {
        match self.0 {
            Kept::Row(table, row) => table.email(row),
            Kept::Alone(employee) => employee.email.as_deref(),
        }
    }

    /// Whether the employee may be given roles.
    #[must_use]
    pub fn status(self) -> EmployeeStatus {
        match self.0 {
            Kept::Row(table, row) => table.status(row),
            Kept::Alone(employee) => employee.status,
        }
    }

    /// Whether the employee is active.
    #[must_use]
    pub fn is_active(self) -> bool {
        self.status() == EmployeeStatus::Active
    }

    /// The roles held permanently, in order.
    #[must_use]
    pub fn roles(self) -> impl ExactSizeIterator<Item = &'a RoleId> + Clone {
        match self.0 {
            Kept::Row(table, row) => Roles::Row(table.roles(row)),
            Kept::Alone(employee) => Roles::Alone(employee.roles.iter()),
        }
    }

    /// The roles held for a time.
    #[must_use]
    pub fn temporary(self) -> &'a BTreeSet<Grant> {
        match self.0 {
            Kept::Row(table, row) => table.loans(row),
            Kept::Alone(employee) => &employee.temporary,
        }
    }

    /// Whether the role is held permanently.
    #[must_use]
    pub fn holds_permanently(self, role: &RoleId) -> bool {
        match self.0 {
            Kept::Row(table, row) => table.holds(row, role),
            Kept::Alone(employee) => employee.roles.contains(role),
        }
    }

    /// Whether the role is held, permanently or for a time.
    #[must_use]
    pub fn holds(self, role: &RoleId) -> bool {
        self.holds_permanently(role) || self.temporary().iter().any(|grant| grant.role == *role)
    }

    /// Every role held, permanently or for a time.
    #[must_use]
    pub fn held(self) -> BTreeSet<RoleId> {
        let lent = self.temporary().iter().map(|grant| &grant.role);
        self.roles().chain(lent).cloned().collect()
    }

    /// Whether no role is held.
    #[must_use]
    pub fn holds_nothing(self) -> bool {
        self.roles().len() == 0 && self.temporary().is_empty()
    }

    /// The employee's lines in the state file, where they are known to be there in the form in which they are written.
    #[must_use]
    pub fn lines(self) -> Option<&'a str> {
        match self.0 {
            Kept::Row(table, row) => table.lines(row),
            Kept::Alone(_) => None,
        }
    }

    /// An employee of their own.
    #[must_use]
    pub fn to_employee(self) -> Employee {
        match self.0 {
            Kept::Alone(employee) => employee.clone(),
            Kept::Row(..) => Employee {
                name: self.name().to_owned(),
                email: self.email().map(str::to_owned),
                status: self.status(),
                roles: self.roles().cloned().collect(),
                temporary: self.temporary().clone(),
            },
        }
    }
}

impl PartialEq for EmployeeView<'_> {
    fn eq(&self, other: &Self) -> bool {
        let details = |view: Self| (view.name(), view.email(), view.status());
        details(*self) == details(*other)
            && self.roles().eq(other.roles())
            && self.temporary() == other.temporary()
    }
}

impl Eq for EmployeeView<'_> {}

impl PartialEq<Employee> for EmployeeView<'_> {
    fn eq(&self, other: &Employee) -> bool {
        *self == EmployeeView::from(other)
    }
}

/// Roles of a row, or of an employee.
#[derive(Clone)]
enum Roles<R, A> {
    Row(R),
    Alone(A),
}

impl<'a, R, A> Iterator for Roles<R, A>
where
    R: Iterator<Item = &'a RoleId>,
    A: Iterator<Item = &'a RoleId>,
{
    type Item = &'a RoleId;

    fn next(&mut self) -> Option<&'a RoleId> {
        match self {
            Self::Row(roles) => roles.next(),
            Self::Alone(roles) => roles.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Row(roles) => roles.size_hint(),
            Self::Alone(roles) => roles.size_hint(),
        }
    }
}

impl<'a, R, A> ExactSizeIterator for Roles<R, A>
where
    R: ExactSizeIterator<Item = &'a RoleId>,
    A: ExactSizeIterator<Item = &'a RoleId>,
{
}
