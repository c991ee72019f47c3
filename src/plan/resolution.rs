//! Closing a non-compliant log.

use std::collections::BTreeSet;

use super::atom::is_same_loan;
use super::input::Candidate;
use super::value::{RequestView, Status, Step, StepKind};
use crate::check::finding::Code;
use crate::model::{
    AccessType, Actor, AffectedEmployees, AffectedRoles, ChangeLog, ChangeType, Compliance,
    Employee, EmployeeChange, EmployeeStatus, Grant, LogStatus, Request, Resolution, RoleId,
};

/// Why a request does not cover a change after the fact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotCovered {
    /// It is not approved.
    #[error("request {0} is neither approved nor complete")]
    NotApproved(crate::model::RequestId),
    /// It was changed after it was complete, and what it says now was never approved.
    #[error("request {0} was changed after it was complete")]
    Changed(crate::model::RequestId),
    /// It is about something else.
    #[error("request {id} does not cover what was done to {employee}")]
    OutOfScope {
        /// Which request.
        id: crate::model::RequestId,
        /// The first employee whose change it does not cover.
        employee: crate::model::EmployeeId,
    },
}

/// Checks that a request covers the change of a non-compliant log.
///
/// # Errors
///
/// [`NotCovered`] if it is not approved or does not list what was changed.
pub fn check_cover(
    log: &ChangeLog,
    candidate: &Candidate,
    view: &RequestView,
) -> Result<(), NotCovered> {
    let mut findings = view.findings.iter();
    if findings.any(|finding| finding.code == Code::ChangedAfterCompletion) {
        return Err(NotCovered::Changed(candidate.id.clone()));
    }
    let stands = matches!(view.status, Status::Approved | Status::Complete);
    let request = candidate
        .valid()
        .filter(|_| stands)
        .map(|(request, _)| request);
    let request = request.ok_or_else(|| NotCovered::NotApproved(candidate.id.clone()))?;
    let mut changes = log.changes.iter();
    match changes.find(|change| !covers(candidate, request, change)) {
        None => Ok(()),
        Some(change) => Err(NotCovered::OutOfScope {
            id: candidate.id.clone(),
            employee: change.id.clone(),
        }),
    }
}

fn covers(candidate: &Candidate, request: &Request, change: &EmployeeChange) -> bool {
    let is_listed = match &request.employees {
        AffectedEmployees::Listed(_) => request.listed_employees().any(|id| *id == change.id),
        AffectedEmployees::Holders => true,
    };
    let does = |kind, role: &RoleId| asks_for(request, kind, role);
    let roles = |employee: &Option<Employee>| -> BTreeSet<RoleId> {
        let roles = employee.iter().flat_map(|employee| &employee.roles);
        roles.cloned().collect()
    };
    let (before, after) = (roles(&change.before), roles(&change.after));
    let roles_fit = after
        .difference(&before)
        .all(|role| does(AccessType::RoleAdditions, role))
        && before
            .difference(&after)
            .all(|role| does(AccessType::RoleReductions, role));
    let status_fits = match change.status() {
        None => true,
        Some((_, EmployeeStatus::Inactive)) => request.inactivate_after_removal,
        Some((_, EmployeeStatus::Active)) => request.reactivate,
    };
    let details_fit = match (&change.before, &change.after) {
        (Some(before), Some(after)) => (&before.name, &before.email) == (&after.name, &after.email),
        (None, Some(_)) => request.introduction(&change.id).is_some(),
        _ => false,
    };
    is_listed && status_fits && details_fit && roles_fit && loans_fit(candidate, request, change)
}

/// Whether a request is of a kind and names a role.
fn asks_for(request: &Request, kind: AccessType, role: &RoleId) -> bool {
    let names = || request.roles == AffectedRoles::All || request.listed_roles().contains(role);
    request.access_type == kind && names()
}

/// Whether a request asks for what was done to loans: temporary access that ends no earlier for those that were given, reductions for
/// those that were taken back.
fn loans_fit(candidate: &Candidate, request: &Request, change: &EmployeeChange) -> bool {
    let loans = |employee: &Option<Employee>| -> BTreeSet<Grant> {
        let loans = employee.iter().flat_map(|employee| &employee.temporary);
        loans.cloned().collect()
    };
    let (before, after) = (loans(&change.before), loans(&change.after));
    let (gone, new) = (&before - &after, &after - &before);
    let takes = |grant: &Grant| asks_for(request, AccessType::RoleReductions, &grant.role);
    let lends = |grant: &Grant| {
        let was = gone.iter().find(|gone| is_same_loan(gone, grant));
        let is_shorter = was.is_some_and(|was| grant.until < was.until);
        let end = request.end.as_ref().map(|end| end.utc);
        if is_shorter && takes(grant) {
            return true;
        }
        let fits = if is_shorter {
            grant.request == candidate.id && Some(grant.until) == end
        } else {
            end.is_some_and(|end| grant.until <= end)
        };
        asks_for(request, AccessType::TemporaryAccess, &grant.role) && fits
    };
    let is_back = |grant: &&Grant| !new.iter().any(|new| is_same_loan(new, grant));
    new.iter().all(lends) && gone.iter().filter(is_back).all(takes)
}

/// The step that closes a non-compliant log.
#[must_use]
pub fn resolution(resolution: Resolution) -> Step {
    Step {
        kind: StepKind::Resolution,
        change_type: ChangeType::UserRoleAssignmentChange,
        compliance: Compliance::Compliant,
        compliance_reason: format!("resolves non-compliant change log {}", resolution.serial),
        status: LogStatus::Closed,
        request: None,
        approvals: Vec::new(),
        actor: Actor::Person(resolution.by.clone()),
        schedule: None,
        run: None,
        changes: Vec::new(),
        left_out: Vec::new(),
        warnings: Vec::new(),
        resolves: Some(resolution),
        record: None,
    }
}
