//! Steps that take loans back: at their end, or when their request is called off.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::ends::{self, Ended};
use super::engine::{Engine, Hand};
use super::input::Candidate;
use super::steps::About;
use super::value::StepKind;
use crate::check::finding::{Code, Finding};
use crate::model::{
    AccessType, Actor, ChangeType, EmployeeId, Grant, Instant, Record, RecordStatus, Request,
    RequestId, Verdict,
};

impl<'a> Engine<'a> {
    /// The end of temporary access at its moment.
    pub(super) fn end(&mut self, request: &RequestId, until: Instant) {
        if self.input.settings.user_provisioning.enhanced {
            self.end_by(request, until, Hand::Reconciler);
        }
    }

    /// The same by somebody.
    fn end_by(&mut self, request: &RequestId, until: Instant, hand: Hand<'_>) {
        let record = self.world.requests().get(request).map(Cow::into_owned);
        let is_its_end = record.as_ref().is_some_and(|record| {
            record.status == RecordStatus::InProcess && record.until == Some(until)
        });
        // No hand edit of a loan's end puts off that of its request.
        let is_over = |_: &EmployeeId, grant: &Grant| is_its_end || grant.until <= until;
        let employees = self.borrowers(request, is_over);
        if employees.is_empty() && !is_its_end {
            return;
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
                self.close_lending(request, &mut record, until);
            }
            record
        });
        if !ended.changes.is_empty() || closes {
            self.push_end(about, ended, record.as_ref());
        }
    }

    /// Every end of a request that has come, by somebody.
    pub(super) fn ends_by(&mut self, request: &RequestId, hand: Hand<'_>) {
        let now = self.input.now;
        let ends = self.ends().into_iter();
        let over: Vec<_> = ends
            .filter(|(id, until)| id == request && *until <= now)
            .collect();
        for (_, until) in over {
            self.end_by(request, until, hand);
        }
    }

    /// Tries once more to take back what somebody had to keep; says whether that wrote anything.
    pub(super) fn retry_ends(&mut self) -> bool {
        let before = self.steps.len();
        for id in std::mem::take(&mut self.held_back) {
            let cancelled = self.candidate(&id).filter(|_| self.is_cancelled(&id));
            match cancelled {
                Some(candidate) => self.cancel(candidate),
                None => self.ends_by(&id, Hand::Reconciler),
            }
        }
        self.steps.len() > before
    }

    /// Nothing of what a request lent is left to do after its end. Where it was changed to one of another kind, that may have more to do,
    /// as has a change that waits.
    pub(super) fn close_lending(&self, request: &RequestId, record: &mut Record, end: Instant) {
        let carried_out = self.carried_out(request).and_then(Candidate::valid);
        let is_loan = |(request, _): &(&Request, &Verdict)| {
            request.access_type == AccessType::TemporaryAccess
        };
        if carried_out.as_ref().is_none_or(is_loan) {
            finish_loan(record);
        } else {
            record.until = None;
        }
        if !self.goes_on(request, record, end) {
            self.close(record);
        }
    }

    /// Whether a change of the request was approved before an end, and waits for its moment or a person, so that the end does not
    /// complete it.
    fn goes_on(&self, request: &RequestId, record: &Record, end: Instant) -> bool {
        let candidate = self.candidate(request);
        let changed = candidate.filter(|candidate| candidate.content != record.content);
        let approved = changed.and_then(|candidate| self.approved(candidate));
        approved.is_some_and(|approved| approved.verdict.at.is_none_or(|at| at <= end))
    }

    /// Ends that could not be, of loans of requests that are not in process: a hand made them.
    pub(super) fn kept_of_nobody(&self) -> Vec<Finding> {
        let records = self.world.requests();
        let done = self.done.iter();
        let unknown = done.filter(|(id, _)| records.get_in_process(id).is_none());
        let failed = unknown.flat_map(|(id, done)| done.kept.iter().map(move |why| (id, why)));
        failed
            .map(|(id, (employee, reasons))| {
                let reasons: Vec<_> = reasons.iter().map(String::as_str).collect();
                let reasons = reasons.join("; ");
                let message =
                    format!("the temporary access that {id} gave cannot end: {employee} {reasons}");
                Finding::warning(Code::ChangeFailed, message)
                    .in_file("state/state.yaml")
                    .hint("give the role to somebody else; it is taken back then")
            })
            .collect()
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
                let was_lent =
                    back.is_some_and(|before| before.loans_of(id).any(|grant| grant.role == *role));
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
        let over = self.latest_change();
        let ended = self.take_back(id, &employees, Some(over), |_, _| true);
        if ended.changes.is_empty() {
            return;
        }
        finish_cancelled(&mut record, candidate);
        record.until = Some(over).filter(|_| !ended.reasons.is_empty());
        self.push_end(about, ended, Some(&record));
    }

    /// Whether a person has to take back what a request lent that is called off.
    pub(super) fn leaves_return(&self, candidate: &Candidate) -> bool {
        !self.input.settings.user_provisioning.enhanced
            && self.is_cancelled(&candidate.id)
            && !self.borrowers(&candidate.id, |_, _| true).is_empty()
    }

    /// Whether a person has to take back what a request lent that is over, and that is not to run as it stands there: not
    /// approved any more, or not yet due.
    pub(super) fn leaves_end(&self, candidate: &'a Candidate) -> bool {
        let is_over = |_: &EmployeeId, grant: &Grant| grant.until <= self.input.now;
        let approved = self.approved(candidate);
        !self.input.settings.user_provisioning.enhanced
            && approved.is_none_or(|approved| approved.moment > self.input.now)
            && !self.borrowers(&candidate.id, is_over).is_empty()
    }

    /// Works out and does an end; the caller writes the step. A loan that has to be kept gets the moment as its end, if it is earlier.
    pub(super) fn take_back(
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
        done.kept.retain(|id, _| !employees.contains(id));
        done.kept.extend(ended.reasons.clone());
        if !ended.reasons.is_empty() {
            self.held_back.insert(request.clone());
        }
        ended
    }

    pub(super) fn push_end(&mut self, about: About, ended: Ended, record: Option<&Record>) {
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
    pub(super) fn borrowers(
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

    pub(super) fn about_end(&self, request: &RequestId, hand: Hand<'_>) -> About {
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

/// Nothing is left of a loan that was called off.
pub(super) fn finish_cancelled(record: &mut Record, cancelled: &Candidate) {
    record.content = cancelled.content;
    finish_loan(record);
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
