//! Roles must be of the catalogue, and fit the way they are given.

use super::employees::MOST_SUGGESTIONS;
use super::finding::{Code, Finding};
use super::suggest::did_you_mean;
use super::{Subject, World};
use crate::model::{AccessType, RoleId};

/// A role must be in the catalogue, by its exact id.
pub(super) fn are_in_the_catalogue(
    subject: &Subject<'_>,
    world: &World<'_>,
    findings: &mut Vec<Finding>,
) {
    let catalogue = &world.settings.roles;
    let mut unknown = 0;
    for (index, role) in subject.request.listed_roles().iter().enumerate() {
        if catalogue.contains_key(role) {
            continue;
        }
        unknown += 1;
        let message = format!("the role `{role}` is not in the catalogue");
        let part = format!("affected_roles[{index}]");
        let finding = subject.error(Code::UnknownRole, &part, message);
        let otherwise = || "add it to `roles` of rolecall.yaml, or correct the id".to_owned();
        let hint = if unknown <= MOST_SUGGESTIONS {
            did_you_mean(
                role.as_str(),
                catalogue.keys().map(RoleId::as_str),
                otherwise,
            )
        } else {
            otherwise()
        };
        findings.push(finding.hint(hint));
    }
}

/// A role that is only lent is not given permanently.
pub(super) fn may_be_permanent(
    subject: &Subject<'_>,
    world: &World<'_>,
    findings: &mut Vec<Finding>,
) {
    if subject.request.access_type != AccessType::RoleAdditions {
        return;
    }
    for (index, role) in subject.request.listed_roles().iter().enumerate() {
        let entry = world.settings.roles.get(role);
        if entry.is_some_and(|entry| entry.temporary_only) {
            let message = format!("the role `{role}` is only given for a time");
            let part = format!("affected_roles[{index}]");
            let finding = subject.error(Code::TemporaryOnly, &part, message);
            findings.push(finding.hint("ask for temporary_access with an end_date"));
        }
    }
}
