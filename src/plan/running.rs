//! Running a request: its runs one after the other, and what failed once more.

use super::carry::{self, Carried, Job};
use super::engine::{Approved, Engine, Hand};
use super::input::Candidate;
use super::runs::{self, Cell};
use super::scope::{self, Layout};
use super::standing;
use crate::model::{
    AccessType, EmployeeId, Instant, LeftOut, LeftOutReason, Pairs, Record, RecordStatus,
    RequestId, RoleId, RunNumber,
};

impl<'a> Engine<'a> {
    /// Runs a request from where it stands.
    pub(super) fn run(&mut self, approved: &Approved<'a>, hand: Hand<'_>) {
        let Approved {
            candidate, request, ..
        } = approved;
        let fresh = standing::in_process(&self.world, candidate).is_none();
        if fresh && self.anew(approved, hand) {
            return;
        }
        let layout = scope::layout(
            self.input,
            &self.world,
            candidate,
            request,
            hand != Hand::Reconciler,
        );
        let Layout {
            mut record,
            cells,
            lends,
        } = layout;
        let mut changed = false;
        let mut was_taken = false;
        for cell in cells {
            if !self.may_run() {
                return;
            }
            let carried = self.carry(approved, &cell, None, lends, hand);
            record.runs.number += 1;
            add_pairs(&mut record.retry, &carried.failed);
            add_pairs(&mut record.manual, &carried.manual);
            changed |= !carried.changes.is_empty() || !carried.failed.is_empty();
            let is_taken = |left: &LeftOut| left.reason == LeftOutReason::NotHeld;
            was_taken |= carried.left_out.iter().any(is_taken);
            let number = record.runs;
            self.world.apply(&carried.changes);
            self.settle(approved, &mut record, lends);
            let nothing = fresh && !changed && record.status == RecordStatus::Complete;
            self.push_run(approved, hand, &cell, number, carried, &record);
            if nothing {
                self.warn_nothing(approved, lends, was_taken);
            }
        }
    }

    pub(super) fn may_run(&mut self) -> bool {
        match &mut self.runs_left {
            None => true,
            Some(0) => {
                self.is_stopped = true;
                false
            }
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }

    pub(super) fn carry(
        &self,
        approved: &Approved<'a>,
        cell: &Cell,
        only: Option<&Pairs>,
        lends: bool,
        hand: Hand<'_>,
    ) -> Carried {
        let job = Job {
            settings: self.input.settings,
            id: &approved.candidate.id,
            request: approved.request,
            employees: &cell.employees,
            roles: &cell.roles,
            only,
            last_roles: cell.last_roles,
            lends,
            by_person: hand != Hand::Reconciler,
        };
        carry::carry(&self.world, job)
    }

    /// After a run: forgets what is no longer needed, and closes the record if nothing is left.
    pub(super) fn settle(&self, approved: &Approved<'_>, record: &mut Record, lends: bool) {
        if record.runs.number < record.runs.of {
            return;
        }
        record.employees.clear();
        record.roles.clear();
        let id = &approved.candidate.id;
        if approved.request.access_type == AccessType::TemporaryAccess {
            let is_waiting = !record.retry.is_empty() || !record.manual.is_empty();
            let listed = approved.request.listed_employees();
            if !lends || !(is_waiting || self.last_end(id, listed).is_some()) {
                record.until = None;
            }
        } else {
            // Before it was changed it lent, and somebody has to keep what is over.
            let last_end = self.last_end(id, []);
            record.until = last_end.filter(|end| *end <= self.input.now);
        }
        self.close(record);
    }

    /// The last end of the loans that a request has given, to whom had some before the pass or comes in question now.
    pub(super) fn last_end<'e>(
        &'e self,
        id: &RequestId,
        listed: impl IntoIterator<Item = &'e EmployeeId>,
    ) -> Option<Instant> {
        let had_loans = self.loans.get(id).into_iter().flatten();
        let employees = listed.into_iter().chain(had_loans);
        let there = employees.filter_map(|employee| self.world.employee(employee));
        let loans = there.flat_map(|employee| employee.temporary().iter());
        let own = loans.filter(|grant| grant.request == *id);
        own.map(|grant| grant.until).max()
    }

    /// Closes a record if nothing is left to do.
    pub(super) fn close(&self, record: &mut Record) {
        if record.is_spent() {
            *record = Record {
                status: RecordStatus::Complete,
                content: record.content,
                completed: Some(self.input.now),
                runs: record.runs,
                employees: Vec::new(),
                roles: Vec::new(),
                retry: Pairs::new(),
                manual: Pairs::new(),
                until: None,
            };
        }
    }

    /// Tries once more what failed, until nothing moves any more.
    pub(super) fn retries(&mut self) {
        let mut order: Vec<_> = self
            .input
            .requests
            .iter()
            .filter_map(|candidate| {
                let (request, verdict) = candidate.valid()?;
                let moment = standing::moment(request, verdict, self.input.now);
                Some((
                    (moment, standing::rank(request.access_type), &candidate.id),
                    candidate,
                ))
            })
            .filter(|((moment, ..), _)| *moment <= self.input.now)
            .collect();
        order.sort_by(|a, b| a.0.cmp(&b.0));
        let mut is_moving = !self.is_stopped;
        while is_moving {
            is_moving = false;
            for (_, candidate) in &order {
                is_moving |= self.late(candidate) || self.retry(candidate, Hand::Reconciler);
            }
            is_moving |= self.retry_ends();
        }
    }

    /// Runs a request that had no turn at its moment: what came behind it has left nothing of it to change, so that nobody
    /// has to do it, or has made it approved. Says whether that wrote anything.
    fn late(&mut self, candidate: &'a Candidate) -> bool {
        let Some(approved) = self.approved(candidate) else {
            return false;
        };
        let started = standing::in_process(&self.world, candidate);
        let had_its_turn = started.is_some_and(has_run);
        if had_its_turn || approved.moment > self.input.now || !self.by_itself(&approved) {
            return false;
        }
        let before = self.steps.len();
        self.run(&approved, Hand::Reconciler);
        self.steps.len() > before
    }

    /// Tries what is open of a request that has done its runs; says whether that wrote anything.
    pub(super) fn retry(&mut self, candidate: &'a Candidate, hand: Hand<'_>) -> bool {
        let Some(record) = standing::in_process(&self.world, candidate) else {
            return false;
        };
        if record.runs.number < record.runs.of
            || (record.retry.is_empty() && record.manual.is_empty())
        {
            return false;
        }
        let Some(approved) = self.approved(candidate) else {
            return false;
        };
        let mut record = record.clone();
        let open = scope::open_pairs(self.input, &self.world, &approved, &record, hand);
        if open.is_empty() {
            return false;
        }
        let listed: Vec<_> = approved.request.listed_employees().cloned().collect();
        let cells = runs::cut_pairs(&open, &listed);
        let of = u32::try_from(cells.len()).unwrap_or(u32::MAX);
        let lends = scope::lends(approved.request, self.input.now);
        let done = self.done.entry(candidate.id.clone()).or_default();
        done.failures.retain(|id, _| !open.contains_key(id));
        let mut has_moved = false;
        for (index, cell) in cells.iter().enumerate() {
            let carried = self.carry(&approved, cell, Some(&open), lends, hand);
            if !carried.changes.is_empty() && !self.may_run() {
                break;
            }
            let mut next = record.clone();
            forget_done(&mut next, cell, &open, &carried.failed);
            self.world.apply(&carried.changes);
            self.settle(&approved, &mut next, lends);
            let finishes = next.status == RecordStatus::Complete;
            if finishes && next.runs.of == 0 {
                // It had no runs of its own: a hand edit began it, or all of it waited for a person.
                next.runs = RunNumber { number: of, of };
            }
            if carried.changes.is_empty() && !(finishes && self.may_run()) {
                self.note_failures(candidate, &carried);
                continue;
            }
            let number = RunNumber {
                number: u32::try_from(index + 1).unwrap_or(u32::MAX),
                of,
            };
            self.push_run(&approved, hand, cell, number, carried, &next);
            record = next;
            has_moved = true;
        }
        has_moved
    }

    pub(super) fn note_failures(&mut self, candidate: &Candidate, carried: &Carried) {
        let done = self.done.entry(candidate.id.clone()).or_default();
        for (employee, reasons) in &carried.reasons {
            let failures = done.failures.entry(employee.clone()).or_default();
            failures.extend(reasons.iter().cloned());
        }
    }
}

/// Whether of a request that has begun only what failed, waits for a person or is lent is left.
pub(super) fn has_run(record: &Record) -> bool {
    record.runs.number >= record.runs.of && !record.is_spent()
}

pub(super) fn add_pairs(to: &mut Pairs, from: &Pairs) {
    for (employee, roles) in from {
        to.entry(employee.clone())
            .or_default()
            .extend(roles.iter().cloned());
    }
}

/// Takes single pairs out of what is open.
pub(super) fn forget(pairs: &mut Pairs, employee: &EmployeeId, role: &RoleId) {
    if let Some(roles) = pairs.get_mut(employee) {
        roles.remove(role);
        if roles.is_empty() {
            pairs.remove(employee);
        }
    }
}

/// Takes out of a record what a retry has done.
pub(super) fn forget_done(record: &mut Record, cell: &Cell, open: &Pairs, failed: &Pairs) {
    for employee in &cell.employees {
        let tried = open.get(employee).into_iter().flatten();
        for role in tried.filter(|role| cell.roles.contains(role)) {
            if !failed
                .get(employee)
                .is_some_and(|roles| roles.contains(role))
            {
                forget(&mut record.retry, employee, role);
                forget(&mut record.manual, employee, role);
            }
        }
    }
}
