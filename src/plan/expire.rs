//! Steps that take loans back: at their end, when their request is called off, or when it no longer names them.

use std::collections::BTreeSet;

use super::ends::{self, Ended};
use super::engine::{Approved, Engine, Hand};
use super::input::Candidate;
use super::steps::About;
use super::value::StepKind;
use crate::model::{
    AccessType, Actor, ChangeType, Digest, EmployeeId, Grant, Instant, Pairs, Record, RecordStatus,
    RequestId, RunNumber,
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
        let employees = self.borrowers(request, |_, grant| grant.until == until);
        let record = self.world.record(request).cloned();
        let is_its_end = record.as_ref().is_none_or(|record| {
            record.status == RecordStatus::InProcess && record.until == Some(until)
        });
        if employees.is_empty() && !is_its_end {
            return false;
        }
        let mut about = self.about_end(request, hand);
        let timezone = self.zone_of(request);
        about.due = Some(self.zones.due(&timezone, until));
        let ended = self.take_back(request, &employees, |_, grant| grant.until == until);
        let mut record = record.unwrap_or_else(|| unknown_record(&about, until));
        let closes = is_its_end && ended.reasons.is_empty();
        if closes {
            finish_loan(&mut record);
            self.close(&mut record);
        }
        if ended.changes.is_empty() && !closes {
            return false;
        }
        self.push_end(about, ended, &record);
        true
    }

    /// Called off while it lends: what it gave ends now.
    pub(super) fn cancel(&mut self, candidate: &Candidate) {
        let id = &candidate.id;
        let employees = self.borrowers(id, |_, _| true);
        let is_enhanced = self.input.settings.user_provisioning.enhanced;
        let Some(record) = self.world.record(id).filter(|_| is_enhanced) else {
            return;
        };
        if employees.is_empty() || record.status == RecordStatus::Complete {
            return;
        }
        let mut record = record.clone();
        let mut about = self.about_end(id, Hand::Reconciler);
        about.reason = format!("request {id} was cancelled");
        let ended = self.take_back(id, &employees, |_, _| true);
        if ended.changes.is_empty() {
            return;
        }
        if ended.reasons.is_empty() {
            record.content = candidate.content;
            finish_loan(&mut record);
        }
        self.push_end(about, ended, &record);
    }

    /// Before a request runs anew after an approved change: ends what it lent and no longer names.
    pub(super) fn take_back_what_left_the_scope(
        &mut self,
        approved: &Approved<'a>,
        hand: Hand<'_>,
    ) {
        let Approved {
            candidate, request, ..
        } = approved;
        let id = &candidate.id;
        let lends = request.access_type == AccessType::TemporaryAccess
            && super::scope::lends(request, self.input.now);
        let listed: BTreeSet<_> = request.listed_employees().collect();
        let stays = |employee: &EmployeeId, grant: &Grant| {
            lends && listed.contains(employee) && request.listed_roles().contains(&grant.role)
        };
        let leaving = self.borrowers(id, |employee, grant| !stays(employee, grant));
        let Some(record) = self
            .world
            .record(id)
            .cloned()
            .filter(|_| !leaving.is_empty())
        else {
            return;
        };
        let mut about = self.about(approved, hand);
        about.change_type = self.end_type();
        about.reason = format!("approved request {id} no longer lends this");
        let ended = self.take_back(id, &leaving, |employee, grant| !stays(employee, grant));
        if !ended.changes.is_empty() {
            self.push_end(about, ended, &record);
        }
    }

    /// Works out and does an end; the caller writes the step.
    fn take_back(
        &mut self,
        request: &RequestId,
        employees: &BTreeSet<EmployeeId>,
        chosen: impl Fn(&EmployeeId, &Grant) -> bool,
    ) -> Ended {
        let ended = ends::end(&self.world, self.input.settings, request, employees, chosen);
        self.world.apply(&ended.changes);
        let done = self.done.entry(request.clone()).or_default();
        done.failures.extend(ended.reasons.clone());
        ended
    }

    fn push_end(&mut self, about: About, ended: Ended, record: &Record) {
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
                let mut loans = employee.temporary.iter();
                loans.any(|grant| grant.request == *request && chosen(id, grant))
            })
        });
        borrowers
    }

    fn about_end(&self, request: &RequestId, hand: Hand<'_>) -> About {
        let known = self.candidate(request);
        let content = self.world.record(request).map(|record| record.content);
        let current = known.and_then(|candidate| {
            let (body, verdict) = candidate.valid()?;
            let reference = candidate.reference(body, content.unwrap_or(candidate.content));
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

    fn end_type(&self) -> ChangeType {
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

    /// The zone that a request reckons in: its own, or the settings'.
    pub(super) fn zone_of(&self, request: &RequestId) -> String {
        self.candidate(request)
            .and_then(|candidate| candidate.valid())
            .map_or_else(
                || self.input.settings.timezone.clone(),
                |(request, _)| request.timezone.clone(),
            )
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

/// The record of a request that nobody knows but a loan.
fn unknown_record(about: &About, until: Instant) -> Record {
    let reference = about.reference.as_ref();
    Record {
        status: RecordStatus::InProcess,
        content: reference.map_or_else(|| Digest::of(b""), |reference| reference.content),
        completed: None,
        runs: RunNumber::default(),
        employees: Vec::new(),
        roles: Vec::new(),
        retry: Pairs::new(),
        manual: Pairs::new(),
        until: Some(until),
    }
}
