//! What an approved change of temporary access takes back, or ends earlier, before anything else of it is done.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::ends::Ended;
use super::engine::{Approved, Engine, Hand};
use super::expire::finish_loan;
use super::world::Changes;
use super::{scope, standing};
use crate::model::{
    AccessType, Actor, Employee, EmployeeChange, EmployeeId, EmployeeView, Grant, Instant, Record,
    Request, RequestId, RoleId,
};

impl<'a> Engine<'a> {
    /// Before a request runs for the first time, or anew after an approved change: ends what it lent and no longer names. Says
    /// whether that is all, because its end has been moved into the past.
    pub(super) fn anew(&mut self, approved: &Approved<'a>, hand: Hand<'_>) -> bool {
        let Approved {
            candidate, request, ..
        } = approved;
        let id = &candidate.id;
        self.shorten(approved, hand);
        let leaving = self.borrowers(id, no_longer_lent(request, self.input.now));
        let record = self.world.requests().get(id).map(Cow::into_owned);
        let Some(mut record) = record.filter(|_| !leaving.is_empty()) else {
            return false;
        };
        let mut about = self.about(approved, hand);
        about.change_type = self.end_type();
        about.reason = format!("approved request {id} no longer lends this");
        let past_end = self.past_end(request);
        let over = past_end.unwrap_or_else(|| self.since(approved));
        let chosen = no_longer_lent(request, self.input.now);
        let ended = self.take_back(id, &leaving, Some(over), chosen);
        if let Some(end) = past_end {
            if hand == Hand::Reconciler && Some(end) > approved.verdict.at {
                about.actor = Actor::System;
                about.reason = format!("end of the temporary access that request {id} gave");
            }
            about.due = Some(self.zones.due(&request.timezone, end));
            record.content = candidate.content;
            finish_loan(&mut record);
            record.until = Some(end).filter(|_| !ended.reasons.is_empty());
            self.close(&mut record);
        } else {
            self.leave_open(id, &mut record, &ended.changes);
        }
        if !ended.changes.is_empty() {
            self.push_end(about, ended, Some(&record));
        }
        past_end.is_some()
    }

    /// Moves an earlier end of an approved change, where no run does it: neither a setting nor the kind of a role puts off an end.
    fn shorten(&mut self, approved: &Approved<'a>, hand: Hand<'_>) {
        let Approved {
            candidate, request, ..
        } = approved;
        let (id, settings) = (&candidate.id, self.input.settings);
        let Some(end) = request.end.as_ref().map(|end| end.utc) else {
            return;
        };
        let is_automatic = standing::is_automatic(settings, request);
        let by_no_run = |role: &RoleId| !is_automatic || settings.is_administrator(role);
        let is_gone = no_longer_lent(request, self.input.now);
        let is_longer = |employee: &EmployeeId, grant: &Grant| {
            grant.until > end && by_no_run(&grant.role) && !is_gone(employee, grant)
        };
        let mut changes = Changes::new(&self.world);
        for employee in self.borrowers(id, is_longer) {
            let Some(mut there) = changes.employee(&employee).map(EmployeeView::to_employee) else {
                continue;
            };
            let (longer, mut kept): (BTreeSet<Grant>, BTreeSet<Grant>) = there
                .temporary
                .into_iter()
                .partition(|grant| grant.request == *id && is_longer(&employee, grant));
            kept.extend(longer.into_iter().map(|grant| Grant {
                until: end,
                ..grant
            }));
            there.temporary = kept;
            changes.put(&employee, Some(there));
        }
        let changes = changes.finish();
        let record = self.world.requests().get_in_process(id).cloned();
        let Some(mut record) = record.filter(|_| !changes.is_empty()) else {
            return;
        };
        self.leave_open(id, &mut record, &changes);
        let mut about = self.about(approved, hand);
        about.reason = format!("approved request {id} ends this earlier");
        self.world.apply(&changes);
        let ended = Ended {
            changes,
            ..Ended::default()
        };
        self.push_end(about, ended, Some(&record));
    }

    /// Should the file become again what it was before the change, what that takes back or ends earlier is still to be lent.
    fn leave_open(&self, id: &RequestId, record: &mut Record, changes: &[EmployeeChange]) {
        let ended = changes.iter().flat_map(|change| no_more_lent(change, id));
        // What a hand has lent in its name is none of its own.
        let own = ended.filter(|(employee, role)| self.world.has_lent(id, employee, role));
        for (employee, role) in own {
            let open = if self.input.settings.is_administrator(&role) {
                &mut record.manual
            } else {
                &mut record.retry
            };
            open.entry(employee).or_default().insert(role);
        }
    }

    /// The end of a loan, if it has passed.
    fn past_end(&self, request: &Request) -> Option<Instant> {
        let end = request.end.as_ref()?.utc;
        (!scope::lends(request, self.input.now)).then_some(end)
    }

    /// Since when what a request says counts. Where nothing says that, it is since the latest change.
    fn since(&self, approved: &Approved<'_>) -> Instant {
        let start = approved.request.start.as_ref().map(|start| start.utc);
        let since = start.max(approved.verdict.at);
        since.unwrap_or_else(|| self.latest_change())
    }

    /// The moment of the latest change, which is the same whenever somebody looks. There is one where there are loans and logs.
    pub(super) fn latest_change(&self) -> Instant {
        self.input.state.as_of.unwrap_or(self.input.now)
    }

    /// Whether a person has to take back what an approved change of a request no longer lends, before anything else of it is done.
    pub(super) fn leaves_to_person(&self, approved: &Approved<'_>) -> bool {
        let Approved {
            candidate, request, ..
        } = approved;
        let is_anew = || standing::in_process(&self.world, candidate).is_none();
        let leaving = || self.borrowers(&candidate.id, no_longer_lent(request, self.input.now));
        !self.input.settings.user_provisioning.enhanced && is_anew() && !leaving().is_empty()
    }
}

/// Which loans of a request are none that it gives, as it is now.
pub(super) fn no_longer_lent(
    request: &Request,
    now: Instant,
) -> impl Fn(&EmployeeId, &Grant) -> bool {
    let lends = request.access_type == AccessType::TemporaryAccess && scope::lends(request, now);
    let listed: BTreeSet<_> = request.listed_employees().collect();
    move |employee, grant| {
        !(lends && listed.contains(employee) && request.listed_roles().contains(&grant.role))
    }
}

/// The loans of a request that a change takes back, or ends otherwise.
fn no_more_lent(change: &EmployeeChange, request: &RequestId) -> Vec<(EmployeeId, RoleId)> {
    let own = |employee: &Option<Employee>| -> BTreeSet<Grant> {
        let employee = employee.iter();
        employee
            .flat_map(|it| it.loans_of(request))
            .cloned()
            .collect()
    };
    let changed = &own(&change.before) - &own(&change.after);
    let pairs = changed
        .into_iter()
        .map(|grant| (change.id.clone(), grant.role));
    pairs.collect()
}
