//! What an approved request waits for: what failed, what a person has to do, what is still lent.

use super::anew::no_longer_lent;
use super::engine::Engine;
use super::input::Candidate;
use super::value::{ManualAction, ManualChange, WaitingFor};
use super::world::World;
use super::{scope, standing};
use crate::model::{AccessType, EmployeeId, Grant, Pairs, Record, Request, RequestId, RoleId};

/// What is open of an approved request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    /// Its moment has come.
    pub(super) is_due: bool,
    /// Something failed and is to be tried again by the reconciler.
    pub(super) has_failed: bool,
    /// Something is for a person to do.
    pub(super) waits_for_person: bool,
}

impl Engine<'_> {
    /// The changes of a request in process that failed and are still to be made, if the reconciler is to try them.
    pub(super) fn failed(
        &self,
        world: &World,
        candidate: &Candidate,
        request: &Request,
        record: &Record,
    ) -> Pairs {
        if !standing::is_automatic(self.input.settings, request) {
            return Pairs::new();
        }
        scope::still_needed(world, candidate, request, &record.retry)
    }

    /// Whether the end of a loan has come and could not be: somebody keeps what they have to give back.
    pub(super) fn is_held_back(&self, world: &World, id: &RequestId) -> bool {
        let done = self.done.get(id);
        let is_kept = done.is_some_and(|done| !done.kept.is_empty());
        let now = self.input.now;
        let over = || self.lent_by(world, id, |_, grant| grant.until <= now);
        is_kept && world.requests().get_in_process(id).is_some() && over().next().is_some()
    }

    /// The loans of a request that are over, or that it no longer gives, and that wait for a person to take them back.
    pub(super) fn ends_by_hand(
        &self,
        world: &World,
        candidate: &Candidate,
        request: &Request,
        is_due: bool,
    ) -> Vec<ManualChange> {
        if self.input.settings.user_provisioning.enhanced {
            return Vec::new();
        }
        let now = self.input.now;
        let is_anew = standing::in_process(world, candidate).is_none();
        let is_gone = no_longer_lent(request, now);
        self.returns_by_hand(world, &candidate.id, |employee, grant| {
            // What goes on is to be given a later end, and not to be taken back.
            let goes_on = is_anew && is_due && !is_gone(employee, grant);
            (grant.until <= now && !goes_on) || (is_anew && is_gone(employee, grant))
        })
    }

    /// The chosen loans of a request, if a person has to take them back.
    pub(super) fn returns_by_hand(
        &self,
        world: &World,
        id: &RequestId,
        chosen: impl Fn(&EmployeeId, &Grant) -> bool,
    ) -> Vec<ManualChange> {
        if self.input.settings.user_provisioning.enhanced {
            return Vec::new();
        }
        let over = self.lent_by(world, id, chosen);
        over.map(|(employee, role)| ManualChange {
            employee: employee.clone(),
            role: role.clone(),
            action: ManualAction::Remove,
        })
        .collect()
    }

    /// The chosen loans of a request.
    fn lent_by<'w>(
        &'w self,
        world: &'w World,
        id: &'w RequestId,
        chosen: impl Fn(&EmployeeId, &Grant) -> bool,
    ) -> impl Iterator<Item = (&'w EmployeeId, &'w RoleId)> {
        let borrowers = self.loans.get(id).into_iter().flatten();
        let borrowers = borrowers.filter_map(|id| Some((id, world.employee(id)?)));
        borrowers.flat_map(move |(employee, there)| {
            let own = there.temporary().iter();
            let own = own.filter(|grant| grant.request == *id && chosen(employee, grant));
            let own: Vec<_> = own.map(|grant| (employee, &grant.role)).collect();
            own
        })
    }

    pub(super) fn waiting_for(
        &self,
        request: &Request,
        record: Option<&Record>,
        open: Open,
    ) -> Option<WaitingFor> {
        let is_automatic = standing::is_automatic(self.input.settings, request);
        let enhanced = self.input.settings.user_provisioning.enhanced;
        let has_runs = record
            .is_some_and(|record| record.runs.number > 0 && record.runs.number < record.runs.of);
        let lends = record
            .is_some_and(|record| record.until.is_some() && record.runs.number >= record.runs.of);
        if !enhanced && open.is_due {
            Some(WaitingFor::ManualProvisioning)
        } else if has_runs && is_automatic {
            Some(WaitingFor::Runs)
        } else if open.has_failed {
            Some(WaitingFor::Retry)
        } else if open.waits_for_person || (open.is_due && !is_automatic && !lends) {
            Some(WaitingFor::ManualProvisioning)
        } else if lends {
            Some(WaitingFor::TemporaryEnd)
        } else {
            (!open.is_due).then_some(WaitingFor::Schedule)
        }
    }
}

/// Changes that wait for a person, as they are shown.
pub(super) fn manual_changes(request: &Request, pairs: Pairs) -> Vec<ManualChange> {
    let action = match request.access_type {
        AccessType::RoleReductions => ManualAction::Remove,
        AccessType::RoleAdditions | AccessType::TemporaryAccess => ManualAction::Add,
    };
    pairs
        .into_iter()
        .flat_map(|(employee, roles)| {
            roles.into_iter().map(move |role| ManualChange {
                employee: employee.clone(),
                role,
                action,
            })
        })
        .collect()
}
