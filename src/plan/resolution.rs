//! Closing a non-compliant log.

use std::collections::BTreeSet;

use super::input::Candidate;
use super::value::{RequestView, Status, Step, StepKind};
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
    let stands = matches!(view.status, Status::Approved | Status::Complete);
    let request = candidate
        .valid()
        .filter(|_| stands)
        .map(|(request, _)| request);
    let request = request.ok_or_else(|| NotCovered::NotApproved(candidate.id.clone()))?;
    match log.changes.iter().find(|change| !covers(request, change)) {
        None => Ok(()),
        Some(change) => Err(NotCovered::OutOfScope {
            id: candidate.id.clone(),
            employee: change.id.clone(),
        }),
    }
}

fn covers(request: &Request, change: &EmployeeChange) -> bool {
    let is_listed = match &request.employees {
        AffectedEmployees::Listed(_) => request.listed_employees().any(|id| *id == change.id),
        AffectedEmployees::Holders => true,
    };
    let names = |role| request.roles == AffectedRoles::All || request.listed_roles().contains(role);
    let (given, lent, removed) = (given(change), lent(change), change.removed());
    let is = |access_type| request.access_type == access_type;
    let ends_in_time = |grant: &Grant| {
        let end = request.end.as_ref();
        end.is_some_and(|end| grant.until <= end.utc)
    };
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
    is_listed
        && status_fits
        && details_fit
        && (given.is_empty() || is(AccessType::RoleAdditions))
        && (removed.is_empty() || is(AccessType::RoleReductions))
        && (lent.is_empty() || is(AccessType::TemporaryAccess))
        && lent.iter().all(ends_in_time)
        && given.iter().chain(&removed).all(names)
        && lent.iter().all(|grant| names(&grant.role))
}

/// Roles that are newly held permanently.
fn given(change: &EmployeeChange) -> BTreeSet<RoleId> {
    let roles = |employee: &Option<Employee>| -> BTreeSet<RoleId> {
        let roles = employee.iter().flat_map(|employee| &employee.roles);
        roles.cloned().collect()
    };
    &roles(&change.after) - &roles(&change.before)
}

/// Loans that are new, or end otherwise than before.
fn lent(change: &EmployeeChange) -> BTreeSet<Grant> {
    let loans = |employee: &Option<Employee>| -> BTreeSet<Grant> {
        let loans = employee.iter().flat_map(|employee| &employee.temporary);
        loans.cloned().collect()
    };
    &loans(&change.after) - &loans(&change.before)
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
