//! What an approved change of temporary access takes back, or ends earlier, before anything else of it is done.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::ends::Ended;
use super::engine::{Approved, Engine, Hand};
use super::expire::finish_loan;
use super::running::add_pairs;
use super::world::Changes;
use super::{scope, standing};
use crate::model::{
    AccessType, Employee, EmployeeChange, EmployeeId, EmployeeView, Grant, Instant, Pairs, Request,
    RequestId, RoleId,
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
            about.due = Some(self.zones.due(&request.timezone, end));
            record.content = candidate.content;
            finish_loan(&mut record);
            record.until = Some(end).filter(|_| !ended.reasons.is_empty());
            self.close(&mut record);
        } else {
            // Should the file become again what it was, that is still to be lent.
            add_pairs(&mut record.retry, &returned(&ended.changes, id));
        }
        if !ended.changes.is_empty() {
            self.push_end(about, ended, Some(&record));
        }
        past_end.is_some()
    }

    /// Ends earlier what an approved change of a request lends no longer for so long, where no run does it: no setting and no role puts
    /// off an end.
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
        let Some(record) = self.world.requests().get_in_process(id).cloned() else {
            return;
        };
        if changes.is_empty() {
            return;
        }
        let mut about = self.about(approved, hand);
        about.change_type = self.end_type();
        about.reason = format!("approved request {id} ends this earlier");
        self.world.apply(&changes);
        let ended = Ended {
            changes,
            ..Ended::default()
        };
        self.push_end(about, ended, Some(&record));
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

/// What loans of a request changes have taken back.
fn returned(changes: &[EmployeeChange], request: &RequestId) -> Pairs {
    let own = |employee: &Option<Employee>| -> BTreeSet<RoleId> {
        let loans = employee.iter().flat_map(|employee| &employee.temporary);
        let own = loans.filter(|grant| grant.request == *request);
        own.map(|grant| grant.role.clone()).collect()
    };
    let returned = changes.iter().map(|change| {
        let roles = &own(&change.before) - &own(&change.after);
        (change.id.clone(), roles)
    });
    returned.filter(|(_, roles)| !roles.is_empty()).collect()
}
