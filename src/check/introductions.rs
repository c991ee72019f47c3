//! Introductions must agree with what is known, and with one another.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::finding::{Code, Finding};
use super::{Subject, World};
use crate::model::{AffectedEmployees, EmployeeId, Employees, Introduction, RequestId};

/// The request that introduces somebody, and with which name and e-mail address.
pub type Introducing = (RequestId, String, Option<String>);

/// Whom requests introduce who are no employees yet.
#[derive(Debug, Clone, Default)]
pub struct Introduced {
    by_id: BTreeMap<EmployeeId, Vec<Introducing>>,
    /// Of those whose ids differ only in case from another, which is better known: that one.
    twins: BTreeMap<EmployeeId, String>,
}

impl Introduced {
    /// Whom these introduce beside the employees that there are.
    #[must_use]
    pub fn of(
        employees: &Employees,
        introducing: impl IntoIterator<Item = (EmployeeId, Introducing)>,
    ) -> Self {
        let mut by_id: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (id, by) in introducing {
            if !employees.contains(&id) {
                by_id.entry(id).or_default().push(by);
            }
        }
        let twins = twins(&by_id, employees);
        Self { by_id, twins }
    }

    /// Who introduces an employee.
    pub fn by(&self, id: &EmployeeId) -> impl Iterator<Item = &Introducing> {
        self.by_id.get(id).into_iter().flatten()
    }

    /// Whether somebody introduces an employee.
    #[must_use]
    pub fn contains(&self, id: &EmployeeId) -> bool {
        self.by_id.contains_key(id)
    }

    /// Who is introduced, by id.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.by_id.keys().map(EmployeeId::as_str)
    }

    /// Whose id differs only in case from that of somebody introduced: an employee, or else somebody else who is introduced.
    #[must_use]
    pub fn twin(&self, id: &EmployeeId) -> Option<&str> {
        self.twins.get(id).map(String::as_str)
    }
}

/// The twins of those who are introduced. All employees are gone through once, however many are introduced.
fn twins(
    introduced: &BTreeMap<EmployeeId, Vec<Introducing>>,
    employees: &Employees,
) -> BTreeMap<EmployeeId, String> {
    let mut alike: HashMap<String, Vec<&EmployeeId>> = HashMap::new();
    for id in introduced.keys() {
        let folded = id.as_str().to_ascii_lowercase();
        alike.entry(folded).or_default().push(id);
    }
    let mut twins = BTreeMap::new();
    for group in alike.values().filter(|group| group.len() > 1) {
        for id in group {
            let mut others = group.iter().filter(|other| *other != id);
            let other = others.next().map(ToString::to_string);
            twins.extend(other.map(|other| ((*id).clone(), other)));
        }
    }
    if alike.is_empty() {
        return twins;
    }
    let lengths: HashSet<usize> = alike.keys().map(String::len).collect();
    let mut folded = String::new();
    for known in employees.ids().filter(|id| lengths.contains(&id.len())) {
        folded.clear();
        folded.push_str(known);
        folded.make_ascii_lowercase();
        for id in alike.get(&folded).into_iter().flatten() {
            twins.insert((*id).clone(), known.to_owned());
        }
    }
    twins
}

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
    for (request, other_name, other_email) in world.introduced.by(id) {
        if request != subject.id && differs(other_name, other_email.as_deref()) {
            let email = other_email.as_deref().unwrap_or("no e-mail address");
            let message = format!(
                "request `{request}` introduces `{id}` with other details: {other_name}, {email}"
            );
            let finding = subject.error(Code::IntroductionConflict, part, message);
            return Some(finding.hint("write the same details in both, or use another id"));
        }
    }
    let twin = if world.introduced.contains(id) {
        world.introduced.twin(id)
    } else {
        // A request that does not count introduces nobody to others, and is told of it all the same.
        let introduced = world.introduced.ids();
        case_twin(id, world.state.employees.ids().chain(introduced))
    };
    twin.map(|twin| is_twin(subject, part, id, twin))
}

/// That an id differs from a known one only in case.
pub(super) fn is_twin(subject: &Subject<'_>, part: &str, id: &EmployeeId, twin: &str) -> Finding {
    let message = format!("`{id}` differs from the employee `{twin}` only in case");
    let finding = subject.error(Code::UnknownEmployee, part, message);
    finding.hint(format!("did you mean `{twin}`?"))
}

/// The id that differs from this one only in case, if there is one.
fn case_twin<'a>(id: &EmployeeId, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let is_twin = |other: &&str| *other != id.as_str() && other.eq_ignore_ascii_case(id.as_str());
    known.into_iter().find(is_twin)
}
