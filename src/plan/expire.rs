//! Steps that take loans back: at their end, when their request is called off, or when it no longer names them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::ends::{self, Ended};
use super::engine::{Approved, Engine, Hand};
use super::input::Candidate;
use super::steps::About;
use super::value::StepKind;
use super::{scope, standing};
use crate::model::{
    AccessType, Actor, ChangeType, EmployeeId, Grant, Instant, Record, RecordStatus, Request,
    RequestId,
};

impl<'a> Engine<'a> {
    /// The end of temporary access at its moment.
    pub(super) fn end(&mut self, request: &RequestId, until: Instant) {
        if self.input.settings.user_provisioning.enhanced {
            self.end_by(request, until, Hand::Reconciler);
        }
    }

    /// The same by somebody; says whether that wrote anything.
    pub(super) fn end_by(&mut self, request: &RequestId, until: Instant, hand: Hand<'_>) -> bool {
        let record = self.world.requests().get(request).map(Cow::into_owned);
        let is_its_end = record.as_ref().is_some_and(|record| {
            record.status == RecordStatus::InProcess && record.until == Some(until)
        });
        // No hand edit of a loan's end puts off that of its request.
        let is_over = |_: &EmployeeId, grant: &Grant| is_its_end || grant.until <= until;
        let employees = self.borrowers(request, is_over);
        if employees.is_empty() && !is_its_end {
            return false;
        }
        let mut about = self.about_end(request, hand);
        let timezone = self.zone_of(request);
        about.due = Some(self.zones.due(&timezone, until));
        let over = is_its_end.then_some(until);
        let mut ended = self.take_back(request, &employees, over, is_over);
        let closes = is_its_end && ended.reasons.is_empty();
        let record = record.map(|mut record| {
            if closes {
                self.note_what_was_gone(request, &record, &mut ended);
                finish_loan(&mut record);
                if !self.goes_on(request, &record) {
                    self.close(&mut record);
                }
            }
            record
        });
        if ended.changes.is_empty() && !closes {
            return false;
        }
        self.push_end(about, ended, record.as_ref());
        true
    }

    /// Whether an approved change of the request waits for its moment or a person, so that an end does not complete it.
    fn goes_on(&self, request: &RequestId, record: &Record) -> bool {
        self.candidate(request)
            .filter(|candidate| candidate.content != record.content)
            .is_some_and(|candidate| self.approved(candidate).is_some())
    }

    /// Whether the request is called off while it is in process; then what it gave ends at once, whatever its end was.
    pub(super) fn is_cancelled(&self, request: &RequestId) -> bool {
        let record = self.world.requests().get(request);
        let candidate = self.candidate(request).and_then(Candidate::valid);
        record.is_some_and(|record| record.status == RecordStatus::InProcess)
            && candidate.is_some_and(|(request, _)| request.cancelled.is_some())
    }

    /// Says of every change that the request asked for and that is not taken back why that is.
    fn note_what_was_gone(&self, id: &RequestId, record: &Record, ended: &mut Ended) {
        let candidate = self
            .candidate(id)
            .filter(|candidate| candidate.content == record.content);
        let Some((request, _)) = candidate.and_then(Candidate::valid) else {
            return;
        };
        for employee in request.listed_employees() {
            let back = ended.changes.iter().find(|change| change.id == *employee);
            let back = back.and_then(|change| change.before.as_ref());
            for role in request.listed_roles() {
                let was_lent = back.is_some_and(|before| {
                    let mut loans = before.temporary.iter();
                    loans.any(|grant| grant.request == *id && grant.role == *role)
                });
                if !was_lent {
                    let there = self.world.employee(employee);
                    ended.left_out.push(ends::gone(employee, role, there));
                }
            }
        }
    }

    /// Called off while it lends: what it gave ends now.
    pub(super) fn cancel(&mut self, candidate: &Candidate) {
        if self.input.settings.user_provisioning.enhanced {
            self.cancel_by(candidate, Hand::Reconciler);
        }
    }

    /// The same by somebody.
    pub(super) fn cancel_by(&mut self, candidate: &Candidate, hand: Hand<'_>) {
        let id = &candidate.id;
        let employees = self.borrowers(id, |_, _| true);
        let Some(mut record) = self.world.requests().get_in_process(id).cloned() else {
            return;
        };
        if employees.is_empty() {
            return;
        }
        let mut about = self.about_end(id, hand);
        about.reason = format!("request {id} was cancelled");
        let ended = self.take_back(id, &employees, None, |_, _| true);
        if ended.changes.is_empty() {
            return;
        }
        if ended.reasons.is_empty() {
            record.content = candidate.content;
            finish_loan(&mut record);
        }
        self.push_end(about, ended, Some(&record));
    }

    /// Before a request runs for the first time, or anew after an approved change: ends what it lent and no longer names. Says
    /// whether that is all, because its end has been moved into the past.
    pub(super) fn anew(&mut self, approved: &Approved<'a>, hand: Hand<'_>) -> bool {
        let Approved {
            candidate, request, ..
        } = approved;
        let id = &candidate.id;
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
        }
        if !ended.changes.is_empty() {
            self.push_end(about, ended, Some(&record));
        }
        past_end.is_some()
    }

    /// The end of a loan, if it has passed.
    fn past_end(&self, request: &Request) -> Option<Instant> {
        let end = request.end.as_ref()?.utc;
        (!scope::lends(request, self.input.now)).then_some(end)
    }

    /// Since when what a request says counts. Where nothing says that, it is since the latest change, and not a clock's moment, which is
    /// another one each time that somebody looks.
    fn since(&self, approved: &Approved<'_>) -> Instant {
        let start = approved.request.start.as_ref().map(|start| start.utc);
        let since = start.max(approved.verdict.at).or(self.input.state.as_of);
        since.unwrap_or(self.input.now)
    }

    /// Whether a person has to take back what a request lent that is called off.
    pub(super) fn leaves_return(&self, candidate: &Candidate) -> bool {
        !self.input.settings.user_provisioning.enhanced
            && self.is_cancelled(&candidate.id)
            && !self.borrowers(&candidate.id, |_, _| true).is_empty()
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

    /// Works out and does an end; the caller writes the step. What has to be kept is over from a moment on, if there is one.
    fn take_back(
        &mut self,
        request: &RequestId,
        employees: &BTreeSet<EmployeeId>,
        over: Option<Instant>,
        chosen: impl Fn(&EmployeeId, &Grant) -> bool,
    ) -> Ended {
        let settings = self.input.settings;
        let ended = ends::end(&self.world, settings, request, employees, over, chosen);
        self.world.apply(&ended.changes);
        let done = self.done.entry(request.clone()).or_default();
        done.failures.extend(ended.reasons.clone());
        ended
    }

    fn push_end(&mut self, about: About, ended: Ended, record: Option<&Record>) {
        let Ended {
            changes, left_out, ..
        } = ended;
        self.push(
            StepKind::End,
            about,
            None,
            changes,
            left_out,
            Vec::new(),
            record,
        );
    }

    /// Who has loans of a request that are chosen.
    fn borrowers(
        &self,
        request: &RequestId,
        chosen: impl Fn(&EmployeeId, &Grant) -> bool,
    ) -> BTreeSet<EmployeeId> {
        let mut borrowers = self.loans.get(request).cloned().unwrap_or_default();
        borrowers.retain(|id| {
            let there = self.world.employee(id);
            there.is_some_and(|employee| {
                let mut loans = employee.temporary().iter();
                loans.any(|grant| grant.request == *request && chosen(id, grant))
            })
        });
        borrowers
    }

    fn about_end(&self, request: &RequestId, hand: Hand<'_>) -> About {
        let current = self.carried_out(request).and_then(|candidate| {
            let (body, verdict) = candidate.valid()?;
            let reference = candidate.reference(body, candidate.content);
            Some((reference, verdict.given.clone()))
        });
        let logged = self.input.logged.get(request);
        let logged = logged.map(|logged| (logged.reference.clone(), logged.approvals.clone()));
        let (reference, approvals) = current.or(logged).unzip();
        About {
            id: request.clone(),
            change_type: self.end_type(),
            reason: format!("end of the temporary access that request {request} gave"),
            reference,
            approvals: approvals.unwrap_or_default(),
            actor: match hand {
                Hand::Reconciler => Actor::System,
                Hand::Person(person) => Actor::Person(person.to_owned()),
            },
            due: None,
        }
    }

    pub(super) fn end_type(&self) -> ChangeType {
        if self.input.settings.user_provisioning.enhanced {
            ChangeType::TemporaryAccessEnded
        } else {
            ChangeType::UserRoleAssignmentChange
        }
    }

    /// The request file of an id.
    pub(super) fn candidate(&self, request: &RequestId) -> Option<&'a Candidate> {
        let requests = self.input.requests;
        let found = requests.binary_search_by(|candidate| candidate.id.cmp(request));
        found.ok().map(|index| &requests[index])
    }

    /// The request file of an id, if it says what was carried out.
    fn carried_out(&self, request: &RequestId) -> Option<&'a Candidate> {
        let content = self
            .world
            .requests()
            .get(request)
            .map(|record| record.content);
        self.candidate(request)
            .filter(|candidate| content.is_none_or(|content| candidate.content == content))
    }

    /// The zone that a request reckons in: its own, that of its log, or the settings'.
    pub(super) fn zone_of(&self, request: &RequestId) -> String {
        let own = self.carried_out(request).and_then(Candidate::valid);
        let logged = || self.input.logged.get(request)?.timezone.clone();
        own.map(|(request, _)| request.timezone.clone())
            .or_else(logged)
            .unwrap_or_else(|| self.input.settings.timezone.clone())
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

/// Nothing of a loan is left to do.
pub(super) fn finish_loan(record: &mut Record) {
    record.until = None;
    record.retry.clear();
    record.manual.clear();
    record.employees.clear();
    record.roles.clear();
    record.runs.of = record.runs.number;
}
