//! The single things that a hand edit of the state file does to an employee.

use std::collections::BTreeSet;

use crate::model::{Employee, EmployeeChange, EmployeeStatus, Grant, RoleId};

/// One thing that a hand edit did to an employee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Atom {
    Created(Employee),
    Deleted,
    Details(String, Option<String>),
    Status(EmployeeStatus),
    Gave(RoleId),
    Took(RoleId),
    Lent(Grant),
    Returned(Grant),
    /// The end of a loan, from what it was to what it is.
    Moved(Grant, Grant),
}

/// What a hand edit did, thing by thing.
pub(super) fn atoms(change: &EmployeeChange) -> Vec<Atom> {
    let nobody = Employee {
        name: String::new(),
        email: None,
        status: EmployeeStatus::Active,
        roles: BTreeSet::new(),
        temporary: BTreeSet::new(),
    };
    let Some(after) = &change.after else {
        return vec![Atom::Deleted];
    };
    let mut atoms = Vec::new();
    let before = match &change.before {
        Some(before) => {
            if (&before.name, &before.email) != (&after.name, &after.email) {
                atoms.push(Atom::Details(after.name.clone(), after.email.clone()));
            }
            before
        }
        None => {
            atoms.push(Atom::Created(after.clone()));
            &nobody
        }
    };
    if before.status != after.status {
        atoms.push(Atom::Status(after.status));
    }
    let difference = |a: &BTreeSet<RoleId>, b: &BTreeSet<RoleId>| -> Vec<RoleId> {
        a.difference(b).cloned().collect()
    };
    let loans = |a: &BTreeSet<Grant>, b: &BTreeSet<Grant>| -> Vec<Grant> {
        a.difference(b).cloned().collect()
    };
    atoms.extend(
        difference(&after.roles, &before.roles)
            .into_iter()
            .map(Atom::Gave),
    );
    atoms.extend(
        difference(&before.roles, &after.roles)
            .into_iter()
            .map(Atom::Took),
    );
    let mut lent = loans(&after.temporary, &before.temporary);
    for returned in loans(&before.temporary, &after.temporary) {
        let moved = lent.iter().position(|grant| is_same_loan(grant, &returned));
        atoms.push(match moved {
            Some(index) => Atom::Moved(returned, lent.remove(index)),
            None => Atom::Returned(returned),
        });
    }
    atoms.extend(lent.into_iter().map(Atom::Lent));
    atoms
}

/// Whether two loans are of one role by one request.
pub(super) fn is_same_loan(one: &Grant, other: &Grant) -> bool {
    (&one.role, &one.request) == (&other.role, &other.request)
}

/// Does an atom to an employee; `None` is somebody who is not there.
pub(super) fn apply(employee: Option<Employee>, atom: &Atom) -> Option<Employee> {
    if let Atom::Created(new) = atom {
        return Some(Employee {
            status: EmployeeStatus::Active,
            roles: BTreeSet::new(),
            temporary: BTreeSet::new(),
            ..new.clone()
        });
    }
    let mut employee = employee?;
    match atom {
        Atom::Created(_) => {}
        Atom::Deleted => return None,
        Atom::Details(name, email) => {
            employee.name.clone_from(name);
            employee.email.clone_from(email);
        }
        Atom::Status(status) => employee.status = *status,
        Atom::Gave(role) => {
            employee.roles.insert(role.clone());
        }
        Atom::Took(role) => {
            employee.roles.remove(role);
        }
        Atom::Lent(grant) => {
            employee.temporary.insert(grant.clone());
        }
        Atom::Returned(grant) => {
            // An approved change of its request may have moved its end in the meantime.
            if !employee.temporary.remove(grant) {
                employee.temporary.retain(|it| !is_same_loan(it, grant));
            }
        }
        Atom::Moved(from, to) => {
            employee.temporary.retain(|it| !is_same_loan(it, from));
            employee.temporary.insert(to.clone());
        }
    }
    Some(employee)
}

/// The role that an atom is about.
pub(super) fn role_of(atom: &Atom) -> Option<&RoleId> {
    match atom {
        Atom::Gave(role) | Atom::Took(role) => Some(role),
        Atom::Lent(grant) | Atom::Returned(grant) | Atom::Moved(_, grant) => Some(&grant.role),
        Atom::Created(_) | Atom::Deleted | Atom::Details(..) | Atom::Status(_) => None,
    }
}
