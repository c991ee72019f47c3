//! Loans must not be longer than their roles allow.

use chrono::TimeDelta;

use super::finding::{Code, Finding};
use super::{Subject, World};
use crate::model::{AccessType, Instant, Request, Settings};

/// A loan with a start of its own: from there to its end, in days of 24 hours.
pub(super) fn is_within_bounds(
    subject: &Subject<'_>,
    world: &World<'_>,
    findings: &mut Vec<Finding>,
) {
    let Some(start) = &subject.request.start else {
        return;
    };
    for (index, finding) in each(subject.request, world.settings, start.utc) {
        let place = subject.places.entry("affected_roles", index);
        findings.push(finding.in_file(subject.path).at(place));
    }
}

/// The roles that temporary access from `start` to the request's end would lend for too long. For requests without a start
/// of their own, whose loan starts when they are approved.
#[must_use]
pub fn too_long(request: &Request, settings: &Settings, start: Instant) -> Vec<Finding> {
    each(request, settings, start)
        .map(|(_, finding)| finding)
        .collect()
}

fn each<'a>(
    request: &'a Request,
    settings: &'a Settings,
    start: Instant,
) -> impl Iterator<Item = (usize, Finding)> + 'a {
    let is_loan = request.access_type == AccessType::TemporaryAccess;
    let length = request
        .end
        .as_ref()
        .filter(|_| is_loan)
        .map(|end| end.utc.signed_duration_since(start));
    let roles = request.listed_roles().iter().enumerate();
    roles.filter_map(move |(index, role)| {
        let most = settings.roles.get(role)?.max_duration_days?;
        let length = length.filter(|length| *length > TimeDelta::days(most.into()))?;
        let hours = length.num_seconds().div_euclid(3600);
        let message = format!(
            "the role `{role}` is lent for {} days and {} hours; at most {most} days are allowed",
            hours / 24,
            hours % 24
        );
        let finding = Finding::error(Code::TooLong, message);
        Some((
            index,
            finding.hint("choose an earlier end, or a later start"),
        ))
    })
}
