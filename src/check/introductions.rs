//! Introductions must agree with what is known, and with one another.

use super::finding::{Code, Finding};
use super::{Subject, World};
use crate::model::{AffectedEmployees, EmployeeId, Introduction};

/// Somebody who is introduced must have the details that the state has, and those of every other live request. An id that
/// differs only in case from a known one is no new one.
pub(super) fn agree(subject: &Subject<'_>, world: &World<'_>, findings: &mut Vec<Finding>) {
    let AffectedEmployees::Listed(listed) = &subject.request.employees else {
        return;
    };
    if subject.started {
        return;
    }
    for (index, entry) in listed.iter().enumerate() {
        let part = format!("affected_employees[{index}]");
        if let Some(finding) = conflict(subject, world, entry, &part) {
            findings.push(finding);
        }
    }
}

fn conflict(
    subject: &Subject<'_>,
    world: &World<'_>,
    entry: &Introduction,
    part: &str,
) -> Option<Finding> {
    let (name, email) = entry.details.as_ref()?;
    let id = &entry.id;
    let differs = |other_name: &str, other_email: Option<&str>| {
        let emails = other_email.zip(email.as_deref());
        other_name != name || emails.is_some_and(|(other, one)| !other.eq_ignore_ascii_case(one))
    };
    if let Some(known) = world.state.employees.get(id) {
        if !differs(known.name(), known.email()) {
            return None;
        }
        let email = known.email().unwrap_or("no e-mail address");
        let message = format!(
            "`{id}` is an employee already, with other details: {}, {email}",
            known.name()
        );
        let finding = subject.error(Code::IntroductionConflict, part, message);
        return Some(
            finding.hint("write the id alone, or introduce somebody else under another id"),
        );
    }
    let others = world.introduced.get(id).into_iter().flatten();
    for (request, other_name, other_email) in others {
        if request != subject.id && differs(other_name, other_email.as_deref()) {
            let email = other_email.as_deref().unwrap_or("no e-mail address");
            let message = format!(
                "request `{request}` introduces `{id}` with other details: {other_name}, {email}"
            );
            let finding = subject.error(Code::IntroductionConflict, part, message);
            return Some(finding.hint("write the same details in both, or use another id"));
        }
    }
    let introduced = world.introduced.keys().map(EmployeeId::as_str);
    let twin = case_twin(id, world.state.employees.ids().chain(introduced))?;
    Some(is_twin(subject, part, id, twin))
}

/// That an id differs from a known one only in case.
pub(super) fn is_twin(subject: &Subject<'_>, part: &str, id: &EmployeeId, twin: &str) -> Finding {
    let message = format!("`{id}` differs from the employee `{twin}` only in case");
    let finding = subject.error(Code::UnknownEmployee, part, message);
    finding.hint(format!("did you mean `{twin}`?"))
}

/// The id that differs from this one only in case, if there is one.
pub(super) fn case_twin<'a>(
    id: &EmployeeId,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let is_twin = |other: &&str| *other != id.as_str() && other.eq_ignore_ascii_case(id.as_str());
    known.into_iter().find(is_twin)
}
