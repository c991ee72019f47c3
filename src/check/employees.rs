//! Employees must be known.

use super::finding::{Code, Finding};
use super::suggest::did_you_mean;
use super::{Subject, World};
use crate::model::EmployeeId;

/// How many unknown names of a request get a suggestion; each looks at every name there is.
pub(super) const MOST_SUGGESTIONS: usize = 10;

/// An employee must be in the state, or introduced by a live request. A request that has begun is not asked again.
pub(super) fn are_known(subject: &Subject<'_>, world: &World<'_>, findings: &mut Vec<Finding>) {
    if subject.started {
        return;
    }
    let mut unknown = 0;
    for (index, employee) in subject.request.listed_employees().enumerate() {
        let is_known = world.state.employees.contains(employee)
            || world.introduced.contains_key(employee)
            || subject.request.introduction(employee).is_some();
        if is_known {
            continue;
        }
        unknown += 1;
        let message = format!("nobody knows the employee `{employee}`");
        let part = format!("affected_employees[{index}]");
        let finding = subject.error(Code::UnknownEmployee, &part, message);
        let otherwise = || {
            format!(
                "introduce the employee: {{id: {employee}, name: …, email: …}}, or correct the id"
            )
        };
        let hint = if unknown <= MOST_SUGGESTIONS {
            let introduced = world.introduced.keys().map(EmployeeId::as_str);
            let ids = world.state.employees.ids().chain(introduced);
            did_you_mean(employee.as_str(), ids, otherwise)
        } else {
            otherwise()
        };
        findings.push(finding.hint(hint));
    }
}
