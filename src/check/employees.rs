//! Employees must be known.

use super::finding::{Code, Finding};
use super::introductions::is_twin;
use super::suggest::did_you_mean;
use super::{Subject, World};

/// How many unknown names of a request get a suggestion; each looks at every name there is.
pub(super) const MOST_SUGGESTIONS: usize = 10;

/// An employee must be in the state, or introduced by a live request. A request that has begun is not asked again.
pub(super) fn are_known(subject: &Subject<'_>, world: &World<'_>, findings: &mut Vec<Finding>) {
    if subject.started {
        return;
    }
    let mut unknown = 0;
    for (index, employee) in subject.request.listed_employees().enumerate() {
        let everybody = &world.state.employees;
        if everybody.contains(employee) || subject.request.introduction(employee).is_some() {
            continue;
        }
        let part = format!("affected_employees[{index}]");
        if world.introduced.contains(employee) {
            // A request that introduces somebody under the id of another, written otherwise, is refused and makes nobody known.
            let twin = world.introduced.twin(employee);
            findings.extend(twin.map(|twin| is_twin(subject, &part, employee, twin)));
            continue;
        }
        unknown += 1;
        let message = format!("nobody knows the employee `{employee}`");
        let finding = subject.error(Code::UnknownEmployee, &part, message);
        let otherwise = || {
            format!(
                "introduce the employee: {{id: {employee}, name: …, email: …}}, or correct the id"
            )
        };
        let hint = if unknown <= MOST_SUGGESTIONS {
            let ids = everybody.ids().chain(world.introduced.ids());
            did_you_mean(employee.as_str(), ids, otherwise)
        } else {
            otherwise()
        };
        findings.push(finding.hint(hint));
    }
}
