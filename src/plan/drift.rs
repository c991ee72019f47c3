//! Hand edits of the state file: which approved request covers what, and the rest.

use std::collections::{BTreeMap, BTreeSet};

use super::anew::no_longer_lent;
use super::atom::{Atom, apply, atoms, role_of};
use super::carry::{introduced, is_needed};
use super::engine::{Approved, Engine, Hand};
use super::expire::finish_cancelled;
use super::running::forget;
use super::scope;
use super::standing;
use super::steps::About;
use super::value::{DriftEntry, Step, StepKind};
use super::world::Changes;
use crate::check::finding::{Code, Finding};
use crate::model::{
    AccessType, Actor, AffectedEmployees, AffectedRoles, ChangeType, Compliance, Employee,
    EmployeeChange, EmployeeId, EmployeeStatus, EmployeeView, LogStatus, Pairs, Record, Request,
    RequestId, RoleId, RunNumber,
};

/// What a plan shows of hand edits.
pub(super) fn entries(drift: &[EmployeeChange]) -> Vec<DriftEntry> {
    drift
        .iter()
        .map(|change| DriftEntry {
            employee: change.id.clone(),
            added: change.added().into_iter().collect(),
            removed: change.removed().into_iter().collect(),
            status: change.status().map(|(_, after)| after),
        })
        .collect()
}

impl<'a> Engine<'a> {
    /// Logs the hand edits: one log for each request whose scope they fall in, and one for all the rest.
    pub(super) fn hand_edits(&mut self) {
        if self.input.drift.is_empty() {
            return;
        }
        let mut returned: BTreeMap<RequestId, Vec<(EmployeeId, Atom)>> = BTreeMap::new();
        let mut others = Vec::new();
        for change in self.input.drift {
            for atom in atoms(change) {
                match self.gave_back(&change.id, &atom) {
                    Some(request) => {
                        let all = returned.entry(request).or_default();
                        all.push((change.id.clone(), atom));
                    }
                    None => others.push((change, atom)),
                }
            }
        }
        for (request, atoms) in returned {
            self.push_returned(&request, &atoms);
        }
        self.push_others(others);
    }

    /// Logs what a hand has done but for ends: what a request covers, and the rest.
    fn push_others(&mut self, atoms: Vec<(&EmployeeChange, Atom)>) {
        let covering = self.covering();
        let mut covered: BTreeMap<usize, Vec<(EmployeeId, Atom)>> = BTreeMap::new();
        let mut rest = Vec::new();
        let mut unknown = BTreeSet::new();
        for (change, atom) in atoms {
            let is_open = !unknown.contains(&change.id);
            let found = covering.iter().position(|(approved, record)| {
                is_open && self.covers(approved, record, change, &atom)
            });
            if let Some(index) = found {
                let all = covered.entry(index).or_default();
                all.push((change.id.clone(), atom));
                continue;
            }
            if matches!(atom, Atom::Created(_)) {
                // What belongs to somebody whom nobody introduced goes where their appearance goes.
                unknown.insert(&change.id);
            }
            rest.push((change.id.clone(), atom));
        }
        for (index, atoms) in covered {
            let (approved, record) = &covering[index];
            self.push_covered(approved, record.clone(), &atoms);
        }
        if !rest.is_empty() {
            self.push_rest(&rest);
        }
    }

    /// The request whose loan a hand has taken back that was over, or that the request does not give any more.
    fn gave_back(&self, employee: &EmployeeId, atom: &Atom) -> Option<RequestId> {
        let Atom::Returned(grant) = atom else {
            return None;
        };
        let id = &grant.request;
        let candidate = self.candidate(id);
        let is_dropped = || {
            let changed = candidate.filter(|it| standing::in_process(&self.world, it).is_none());
            let approved = changed.and_then(|candidate| self.approved(candidate));
            approved.is_some_and(|approved| {
                let now = self.input.now;
                approved.moment <= now && no_longer_lent(approved.request, now)(employee, grant)
            })
        };
        let is_known = self.world.requests().get_in_process(id).is_some();
        let is_over = grant.until <= self.input.now || self.is_cancelled(id) || is_dropped();
        (is_known && is_over).then(|| id.clone())
    }

    /// Ends that a hand has done.
    fn push_returned(&mut self, id: &RequestId, atoms: &[(EmployeeId, Atom)]) {
        let Some(mut record) = self.world.requests().get_in_process(id).cloned() else {
            return;
        };
        let mut about = self.about_end(id, Hand::Person(""));
        about.reason = format!("by hand, {}", about.reason);
        let changes = self.done_by_hand(atoms).finish();
        if changes.is_empty() {
            return;
        }
        self.world.apply(&changes);
        let now = self.input.now;
        let over = record.until.filter(|until| *until <= now);
        let timezone = self.zone_of(id);
        about.due = Some(self.zones.due(&timezone, over.unwrap_or(now)));
        let is_lent = !self.borrowers(id, |_, _| true).is_empty();
        let cancelled = self.candidate(id).filter(|_| self.is_cancelled(id));
        match (cancelled, over) {
            _ if is_lent => {}
            (Some(cancelled), _) => finish_cancelled(&mut record, cancelled),
            (None, Some(until)) => self.close_lending(id, &mut record, until),
            (None, None) => {}
        }
        self.push_hand_edit(about, changes, Some(&record));
    }

    /// What a hand has done, on top of the world.
    fn done_by_hand(&self, atoms: &[(EmployeeId, Atom)]) -> Changes<'_> {
        let mut changes = Changes::new(&self.world);
        for (id, atom) in atoms {
            let done = apply(changes.employee(id).map(EmployeeView::to_employee), atom);
            changes.put(id, done);
        }
        changes
    }

    /// The requests that may cover a hand edit, oldest approval first, each with its record before it.
    fn covering(&self) -> Vec<(Approved<'a>, Record)> {
        let mut covering: Vec<_> = self
            .input
            .requests
            .iter()
            .filter_map(|candidate| {
                let approved = self.approved(candidate)?;
                if approved.moment > self.input.now || self.leaves_to_person(&approved) {
                    return None;
                }
                let record = self.record_before(&approved);
                Some((approved, record))
            })
            .collect();
        covering.sort_by(|(a, _), (b, _)| {
            (a.verdict.at, &a.candidate.id).cmp(&(b.verdict.at, &b.candidate.id))
        });
        covering
    }

    /// The record of a request before a hand edit does part of it.
    fn record_before(&self, approved: &Approved<'a>) -> Record {
        let Approved {
            candidate, request, ..
        } = approved;
        let mut record = scope::layout(self.input, &self.world, candidate, request, false).record;
        let started = standing::in_process(&self.world, candidate).is_some();
        if !standing::is_automatic(self.input.settings, request) && !started {
            record.manual = scope::manual(self.input, &self.world, candidate, request);
            record.runs = RunNumber::default();
            record.employees.clear();
            record.roles.clear();
        }
        record
    }

    /// Whether a change lies within what is left of a request.
    fn covers(
        &self,
        approved: &Approved<'a>,
        record: &Record,
        change: &EmployeeChange,
        atom: &Atom,
    ) -> bool {
        let Approved {
            candidate, request, ..
        } = approved;
        let id = &change.id;
        let kind = request.access_type;
        let is_listed = match &request.employees {
            AffectedEmployees::Listed(_) => request.listed_employees().any(|listed| listed == id),
            AffectedEmployees::Holders => is_pending_employee(record, id),
        };
        if !is_listed {
            return false;
        }
        let is_open = |role: &RoleId| {
            let is_in_scope =
                request.roles == AffectedRoles::All || request.listed_roles().contains(role);
            is_in_scope
                && is_pending(record, id, role)
                && is_needed(
                    &self.world,
                    &candidate.id,
                    request,
                    id,
                    self.world.employee(id),
                    role,
                )
        };
        match atom {
            Atom::Gave(role) => kind == AccessType::RoleAdditions && is_open(role),
            Atom::Took(role) => kind == AccessType::RoleReductions && is_open(role),
            Atom::Lent(grant) | Atom::Moved(_, grant) => {
                kind == AccessType::TemporaryAccess
                    && grant.request == candidate.id
                    && request
                        .end
                        .as_ref()
                        .is_some_and(|end| end.utc == grant.until)
                    && is_open(&grant.role)
            }
            Atom::Returned(grant) => match kind {
                AccessType::RoleReductions => is_open(&grant.role),
                AccessType::TemporaryAccess => {
                    grant.request == candidate.id && grant.until <= self.input.now
                }
                AccessType::RoleAdditions => false,
            },
            Atom::Status(EmployeeStatus::Inactive) => {
                let is_bare = change.after.as_ref().is_some_and(Employee::holds_nothing);
                request.inactivate_after_removal && is_bare
            }
            Atom::Status(EmployeeStatus::Active) => request.reactivate,
            Atom::Created(employee) => {
                kind != AccessType::RoleReductions
                    && introduced(request, id).is_some_and(|introduced| {
                        (&introduced.name, &introduced.email) == (&employee.name, &employee.email)
                    })
            }
            Atom::Deleted | Atom::Details(..) => false,
        }
    }

    fn push_covered(
        &mut self,
        approved: &Approved<'a>,
        mut record: Record,
        atoms: &[(EmployeeId, Atom)],
    ) {
        let Approved {
            candidate, request, ..
        } = approved;
        let mut changes = self.done_by_hand(atoms);
        for (id, atom) in atoms {
            if let Some(role) = role_of(atom)
                && !is_needed(
                    &self.world,
                    &candidate.id,
                    request,
                    id,
                    changes.employee(id),
                    role,
                )
            {
                forget(&mut record.manual, id, role);
                forget(&mut record.retry, id, role);
            }
        }
        follow_status(request, &record, atoms, &mut changes);
        let changes = changes.finish();
        if changes.is_empty() {
            return;
        }
        self.world.apply(&changes);
        let returned = atoms
            .iter()
            .all(|(_, atom)| matches!(atom, Atom::Returned(_)));
        let is_end = returned && request.access_type == AccessType::TemporaryAccess;
        let mut about = self.about(approved, Hand::Person(""));
        if is_end {
            let due = record.until.unwrap_or(self.input.now);
            about.due = Some(self.zones.due(&request.timezone, due));
            about.change_type = self.end_type();
        }
        about.reason = format!(
            "by hand, within the scope of approved request {}",
            candidate.id
        );
        let is_fresh = standing::in_process(&self.world, candidate).is_none();
        let before = self.world.requests().get_in_process(&candidate.id).cloned();
        self.push_hand_edit(about, changes, before.as_ref());
        let enhanced = self.input.settings.user_provisioning.enhanced;
        if is_fresh && enhanced && self.anew(approved, Hand::Reconciler) {
            return;
        }
        let listed = request.listed_employees();
        let over = record.until.filter(|until| *until <= self.input.now);
        match over.filter(|_| self.last_end(&candidate.id, listed).is_none()) {
            Some(until) => self.close_lending(&candidate.id, &mut record, until),
            None => self.close(&mut record),
        }
        self.put_record(&candidate.id, record);
    }

    fn push_hand_edit(
        &mut self,
        about: About,
        changes: Vec<EmployeeChange>,
        record: Option<&Record>,
    ) {
        let kind = StepKind::HandEdit;
        self.push(kind, about, None, changes, Vec::new(), Vec::new(), record);
    }

    /// Notes where a request stands with the last step, which is about it.
    fn put_record(&mut self, id: &RequestId, record: Record) {
        self.world.set_record(id, record.clone());
        if let Some(step) = self.steps.last_mut() {
            step.record = Some((id.clone(), record));
        }
    }

    fn push_rest(&mut self, atoms: &[(EmployeeId, Atom)]) {
        let changes = self.done_by_hand(atoms).finish();
        if changes.is_empty() {
            return;
        }
        self.world.apply(&changes);
        self.steps.push(Step {
            kind: StepKind::HandEdit,
            change_type: ChangeType::UserRoleAssignmentChange,
            compliance: Compliance::NonCompliant,
            compliance_reason: "by hand, and no approved request that is due covers it".to_owned(),
            status: LogStatus::Open,
            request: None,
            approvals: Vec::new(),
            actor: Actor::Person(String::new()),
            schedule: None,
            run: None,
            changes,
            left_out: Vec::new(),
            warnings: Vec::new(),
            resolves: None,
            record: None,
        });
    }

    /// Warnings about hand edits that no request covers.
    pub(super) fn drift_findings(&self) -> Vec<Finding> {
        self.steps
            .iter()
            .filter(|step| step.compliance == Compliance::NonCompliant)
            .flat_map(|step| &step.changes)
            .map(|change| {
                Finding::warning(
                    Code::Drift,
                    format!("{} was changed by hand, and no approved request covers it", change.id),
                )
                .in_file("state/state.yaml")
                .hint("write and approve a request for it, then close the log with `rolecall resolve SERIAL`; or take the change back")
            })
            .collect()
    }
}

/// Whether a change of a request is still to come: in a run that is left, or open.
fn is_pending(record: &Record, id: &EmployeeId, role: &RoleId) -> bool {
    let has = |pairs: &Pairs| pairs.get(id).is_some_and(|roles| roles.contains(role));
    let done = usize::try_from(record.runs.number).unwrap_or(usize::MAX);
    let in_runs = || {
        super::runs::cut(&record.employees, &record.roles)
            .iter()
            .skip(done)
            .any(|cell| cell.employees.contains(id) && cell.roles.contains(role))
    };
    has(&record.manual) || has(&record.retry) || (record.runs.number < record.runs.of && in_runs())
}

fn is_pending_employee(record: &Record, id: &EmployeeId) -> bool {
    record.employees.contains(id) || record.manual.contains_key(id) || record.retry.contains_key(id)
}

/// Once all that a request asks for an employee has been done by hand, what it asks for of the status follows; for those whom no hand
/// has touched, once all of it has been done.
fn follow_status(
    request: &Request,
    record: &Record,
    atoms: &[(EmployeeId, Atom)],
    changes: &mut Changes<'_>,
) {
    let is_open = record.runs.number < record.runs.of;
    let is_last = record.manual.is_empty() && record.retry.is_empty();
    let touched = atoms.iter().map(|(id, _)| id);
    let others = request.listed_employees().filter(|_| is_last);
    let ids: BTreeSet<&EmployeeId> = touched.chain(others).collect();
    for id in ids {
        let Some(employee) = changes
            .employee(id)
            .map(EmployeeView::to_employee)
            .filter(|_| !is_open)
        else {
            continue;
        };
        if record.manual.contains_key(id) || record.retry.contains_key(id) {
            continue;
        }
        let leaves = request.inactivate_after_removal && employee.holds_nothing();
        let status = match (leaves, request.reactivate) {
            (true, _) => EmployeeStatus::Inactive,
            (false, true) => EmployeeStatus::Active,
            (false, false) => continue,
        };
        changes.put(id, Some(Employee { status, ..employee }));
    }
}
