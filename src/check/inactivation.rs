//! Inactivation needs every role to go.

use std::collections::BTreeSet;

use super::finding::{Code, Finding};
use super::{Subject, World};
use crate::model::{
    AccessType, AffectedEmployees, AffectedRoles, EmployeeId, EmployeeView, RoleId,
};

/// How many employees a warning names.
const NAMED: usize = 5;

/// Warns where the listed roles cannot be all that an affected employee holds: that employee will stay active.
pub(super) fn is_possible(subject: &Subject<'_>, world: &World<'_>, findings: &mut Vec<Finding>) {
    let request = subject.request;
    let is_asked =
        request.access_type == AccessType::RoleReductions && request.inactivate_after_removal;
    let AffectedRoles::Listed(roles) = &request.roles else {
        return;
    };
    if !is_asked || subject.started {
        return;
    }
    let listed: BTreeSet<&RoleId> = roles.iter().collect();
    let left = |employee: &EmployeeId| -> Vec<RoleId> {
        let held = world.state.employees.get(employee).map(EmployeeView::held);
        let held = held.unwrap_or_default().into_iter();
        held.filter(|role| !listed.contains(role)).collect()
    };
    match &request.employees {
        AffectedEmployees::Listed(employees) => {
            for (index, entry) in employees.iter().enumerate() {
                let left = left(&entry.id);
                if !left.is_empty() {
                    let part = format!("affected_employees[{index}]");
                    findings.push(warning(subject, &part, &entry.id, &left));
                }
            }
        }
        AffectedEmployees::Holders => {
            let everybody = &world.state.employees;
            let holders = roles.iter().flat_map(|role| everybody.holders(role));
            let holders: BTreeSet<_> = holders.map(|holder| holder.employee_id()).collect();
            let staying: Vec<&EmployeeId> =
                holders.iter().filter(|id| !left(id).is_empty()).collect();
            if let Some(first) = staying.first().filter(|_| staying.len() == 1) {
                findings.push(warning(
                    subject,
                    "inactivate_after_removal",
                    first,
                    &left(first),
                ));
            } else if !staying.is_empty() {
                let message = format!(
                    "{} holders hold other roles too and stay active: {}",
                    staying.len(),
                    list(&staying)
                );
                let finding =
                    subject.warning(Code::CannotInactivate, "inactivate_after_removal", message);
                findings.push(finding.hint(HINT));
            }
        }
    }
}

const HINT: &str =
    "write `affected_roles: all` to take every role, or leave `inactivate_after_removal` out";

fn warning(subject: &Subject<'_>, part: &str, employee: &EmployeeId, left: &[RoleId]) -> Finding {
    let left: Vec<&RoleId> = left.iter().collect();
    let message = format!(
        "`{employee}` holds other roles too and stays active: {}",
        list(&left)
    );
    let finding = subject.warning(Code::CannotInactivate, part, message);
    finding.hint(HINT)
}

fn list<T: std::fmt::Display>(names: &[&T]) -> String {
    let first: Vec<String> = names.iter().take(NAMED).map(ToString::to_string).collect();
    match names.len().saturating_sub(NAMED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}
