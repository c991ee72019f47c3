//! Where requests stand, as people and scripts are shown it.

use std::collections::{BTreeMap, BTreeSet};

use super::engine::{Done, Engine};
use super::expire::no_longer_lent;
use super::input::{Body, Candidate};
use super::scope;
use super::standing::{self, Stand};
use super::value::{Expiry, Given, ManualAction, ManualChange, RequestView, Status, WaitingFor};
use super::world::World;
use crate::check::finding::{Code, Finding};
use crate::model::{
    AccessType, ChangeType, Decision, EmployeeId, Pairs, Record, RecordStatus, Request, RequestId,
    RunNumber, Standing, Verdict,
};

impl Engine<'_> {
    /// Every request in a world, by id; requests whose file is gone come from their records.
    pub(super) fn views(&self, world: &World) -> Vec<RequestView> {
        let mut views: Vec<_> = self
            .input
            .requests
            .iter()
            .map(|candidate| self.view(world, candidate))
            .collect();
        let files: BTreeSet<_> = self
            .input
            .requests
            .iter()
            .map(|candidate| &candidate.id)
            .collect();
        let gone = |id: &&RequestId| !files.contains(id);
        if self.input.leaves_out_finished {
            let records = world.requests().in_process().filter(|(id, _)| gone(id));
            views.extend(records.map(|(id, record)| self.view_of_gone(id, record)));
        } else {
            let records = world.requests().iter();
            let records = records.map(|entry| (entry.request_id(), entry.record));
            let records = records.filter(|(id, _)| gone(&id));
            views.extend(records.map(|(id, record)| self.view_of_gone(&id, &record)));
        }
        views.sort_by(|a, b| (&a.id, &a.path).cmp(&(&b.id, &b.path)));
        views
    }

    fn view(&self, world: &World, candidate: &Candidate) -> RequestView {
        let stand = standing::stand(self.input, world, candidate);
        let record = standing::in_process(world, candidate);
        let judged = match &stand {
            Stand::Approved { verdict, .. } | Stand::Unapproved(verdict) => Some(&**verdict),
            _ => None,
        };
        let mut view = self.blank(candidate, judged);
        let none = Done::default();
        let done = self.done.get(&candidate.id).unwrap_or(&none);
        view.findings.extend(done.findings.iter().cloned());
        if let Some(record) = world.requests().get(&candidate.id) {
            view.progress = record.runs;
        }
        match stand {
            Stand::Finished { content } => {
                view.status = Status::Complete;
                view.findings.retain(|finding| !finding.is_error());
                if content != candidate.content {
                    view.findings.push(changed_after_completion(candidate));
                }
            }
            Stand::Copy { original } => {
                view.status = Status::Complete;
                view.findings.push(copy_of(candidate, &original));
            }
            Stand::Invalid => view.status = Status::Invalid,
            Stand::Draft => view.status = Status::NotStarted,
            Stand::Cancelled => view.status = Status::Cancelled,
            Stand::Unapproved(verdict) => {
                let standing = verdict.standing;
                view.status = status_of(standing);
                if let Some(record) = world.requests().get(&candidate.id) {
                    view.findings.push(if record.content == candidate.content {
                        no_longer_approved(candidate, standing, &record)
                    } else {
                        changed_between_runs(candidate, &record)
                    });
                }
            }
            Stand::Approved {
                request, moment, ..
            } => {
                view.status = Status::Approved;
                let is_due = moment <= self.input.now;
                let manual = if is_due {
                    scope::manual(self.input, world, candidate, request)
                } else {
                    Pairs::new()
                };
                view.waiting_for = self.waiting_for(request, record, is_due, &manual);
                view.manual = manual_changes(request, manual);
                view.manual
                    .extend(self.ends_by_hand(world, candidate, request));
                view.runs.clone_from(&done.runs);
            }
        }
        let open = record.filter(|_| view.status == Status::Approved);
        let pending = open.map_or_else(Pairs::new, |record| self.failed(world, candidate, record));
        let unstarted = BTreeMap::new();
        let reasons = match world.requests().get(&candidate.id) {
            Some(_) => &done.failures,
            None => &unstarted,
        };
        view.failures = failures(&pending, reasons);
        let runs = open.map_or_else(RunNumber::default, |record| record.runs);
        view.user_provisioning_error = error_text(runs, &view.failures);
        view
    }

    /// The changes of a request in process that failed and are still to be made, if the reconciler is to try them.
    fn failed(&self, world: &World, candidate: &Candidate, record: &Record) -> Pairs {
        let Some((request, _)) = candidate.valid() else {
            return Pairs::new();
        };
        if !standing::is_automatic(self.input.settings, request) {
            return Pairs::new();
        }
        scope::still_needed(world, candidate, request, &record.retry)
    }

    /// The loans of a request that are over, or that it no longer gives, and that wait for a person to take them back.
    fn ends_by_hand(
        &self,
        world: &World,
        candidate: &Candidate,
        request: &Request,
    ) -> Vec<ManualChange> {
        if self.input.settings.user_provisioning.enhanced {
            return Vec::new();
        }
        let now = self.input.now;
        let is_anew = standing::in_process(world, candidate).is_none();
        let is_gone = no_longer_lent(request, now);
        let borrowers = self.loans.get(&candidate.id).into_iter().flatten();
        let mut ends = Vec::new();
        for (employee, there) in borrowers.filter_map(|id| Some((id, world.employee(id)?))) {
            let over = there
                .temporary()
                .iter()
                .filter(|grant| grant.request == candidate.id)
                .filter(|grant| grant.until <= now || (is_anew && is_gone(employee, grant)));
            ends.extend(over.map(|grant| ManualChange {
                employee: employee.clone(),
                role: grant.role.clone(),
                action: ManualAction::Remove,
            }));
        }
        ends
    }

    fn waiting_for(
        &self,
        request: &Request,
        record: Option<&Record>,
        is_due: bool,
        manual: &Pairs,
    ) -> Option<WaitingFor> {
        let is_automatic = standing::is_automatic(self.input.settings, request);
        let enhanced = self.input.settings.user_provisioning.enhanced;
        let has_runs = record
            .is_some_and(|record| record.runs.number > 0 && record.runs.number < record.runs.of);
        let is_blocked =
            |record: &Record| record.until.is_some_and(|until| until <= self.input.now);
        let has_failed =
            record.is_some_and(|record| !record.retry.is_empty() || is_blocked(record));
        let lends = record
            .is_some_and(|record| record.until.is_some() && record.runs.number >= record.runs.of);
        let waits_for_person = !manual.is_empty() || (is_due && !is_automatic && !lends);
        if !enhanced && is_due {
            Some(WaitingFor::ManualProvisioning)
        } else if has_runs && is_automatic {
            Some(WaitingFor::Runs)
        } else if has_failed && is_automatic {
            Some(WaitingFor::Retry)
        } else if waits_for_person {
            Some(WaitingFor::ManualProvisioning)
        } else if lends {
            Some(WaitingFor::TemporaryEnd)
        } else {
            (!is_due).then_some(WaitingFor::Schedule)
        }
    }

    /// What can be said of a request without knowing where it stands, but for how it was judged there.
    fn blank(&self, candidate: &Candidate, judged: Option<&Verdict>) -> RequestView {
        let enhanced = self.input.settings.user_provisioning.enhanced;
        let (name, access_type, due, approval) = match &candidate.body {
            Body::Invalid { name } => (name.clone(), None, None, Given::default()),
            Body::Draft { name, access_type } => {
                (name.clone(), *access_type, None, Given::default())
            }
            Body::Valid { request, verdict } => {
                let verdict = judged.unwrap_or(verdict);
                let due = standing::due(request, verdict);
                (
                    Some(request.name.clone()),
                    Some(request.access_type),
                    due.map(|due| self.zones.due(&request.timezone, due)),
                    given(verdict),
                )
            }
        };
        RequestView {
            id: candidate.id.clone(),
            path: Some(candidate.path.clone()),
            name,
            asks: candidate
                .valid()
                .map(|(request, _)| Box::new(request.clone())),
            access_type,
            change_type: access_type.map(|kind| ChangeType::of(kind, enhanced)),
            status: Status::Invalid,
            waiting_for: None,
            user_provisioning_error: None,
            due,
            approval,
            progress: RunNumber::default(),
            runs: Vec::new(),
            manual: Vec::new(),
            failures: Vec::new(),
            findings: candidate.findings.clone(),
        }
    }

    fn view_of_gone(&self, id: &RequestId, record: &Record) -> RequestView {
        let logged = self.input.logged.get(id);
        let (status, waiting_for) = match (record.status, record.until) {
            (RecordStatus::Complete, _) => (Status::Complete, None),
            (RecordStatus::InProcess, Some(_)) => {
                (Status::Approved, Some(WaitingFor::TemporaryEnd))
            }
            (RecordStatus::InProcess, None) => (Status::Cancelled, None),
        };
        let none = BTreeMap::new();
        let reasons = self.done.get(id).map_or(&none, |done| &done.failures);
        let failures = failures(&Pairs::new(), reasons);
        let mut findings = Vec::new();
        if status == Status::Cancelled {
            let message =
                format!("the file of request {id}, which had begun, is gone: it is withdrawn");
            findings.push(
                Finding::warning(Code::Withdrawn, message)
                    .hint("what ran stays; put the file back to go on"),
            );
        }
        RequestView {
            id: id.clone(),
            path: None,
            name: logged.map(|logged| logged.reference.name.clone()),
            asks: None,
            access_type: record.until.map(|_| AccessType::TemporaryAccess),
            change_type: None,
            status,
            waiting_for,
            due: None,
            approval: Given::default(),
            progress: record.runs,
            runs: Vec::new(),
            manual: Vec::new(),
            user_provisioning_error: error_text(RunNumber::default(), &failures),
            failures,
            findings,
        }
    }

    /// Ends of loans, by moment.
    pub(super) fn expiries(&self, world: &World) -> Vec<Expiry> {
        let mut expiries = Vec::new();
        for borrower in world.employees().borrowers() {
            for grant in borrower.employee.temporary() {
                let timezone = self.zone_of(&grant.request);
                expiries.push(Expiry {
                    employee: borrower.employee_id(),
                    role: grant.role.clone(),
                    request: grant.request.clone(),
                    due: self.zones.due(&timezone, grant.until),
                    now: grant.until <= self.input.now,
                });
            }
        }
        expiries.sort_by(|a, b| {
            (a.due.utc, &a.request, &a.employee, &a.role).cmp(&(
                b.due.utc,
                &b.request,
                &b.employee,
                &b.role,
            ))
        });
        expiries
    }
}

fn status_of(standing: Standing) -> Status {
    match standing {
        Standing::Pending => Status::PendingApproval,
        Standing::Partial => Status::PartiallyApproved,
        Standing::Approved => Status::Approved,
        Standing::Rejected => Status::Rejected,
    }
}

fn given(verdict: &Verdict) -> Given {
    let mut given: Vec<String> = Vec::new();
    let approvals = verdict
        .given
        .iter()
        .filter(|approval| approval.decision == Decision::Approve);
    for approval in approvals.clone() {
        if !given.contains(&approval.person) {
            given.push(approval.person.clone());
        }
    }
    Given {
        required: verdict.required,
        given,
        evidence: verdict.evidence,
        assurance: approvals.map(|approval| approval.assurance).min(),
        decisions: verdict.given.clone(),
        rules: verdict.rules.clone(),
    }
}

fn manual_changes(request: &Request, pairs: Pairs) -> Vec<ManualChange> {
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

/// One line for each employee whose change failed.
fn failures(pending: &Pairs, reasons: &BTreeMap<EmployeeId, BTreeSet<String>>) -> Vec<String> {
    let open = pending.keys().chain(reasons.keys());
    let employees: BTreeSet<_> = open.collect();
    employees
        .into_iter()
        .map(|employee| match reasons.get(employee) {
            Some(reasons) => {
                let reasons: Vec<_> = reasons.iter().map(String::as_str).collect();
                format!("{employee}: {}", reasons.join("; "))
            }
            None => format!("{employee}: to be tried again"),
        })
        .collect()
}

/// *User Provisioning Error*: progress while runs are left, then one line an employee that failed.
fn error_text(runs: RunNumber, failures: &[String]) -> Option<String> {
    let RunNumber { number, of } = runs;
    let progress =
        (number > 0 && number < of).then(|| format!("In process: {number} of {of} runs complete"));
    let lines: Vec<_> = progress
        .iter()
        .chain(failures)
        .map(String::as_str)
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn changed_after_completion(candidate: &Candidate) -> Finding {
    Finding::warning(
        Code::ChangedAfterCompletion,
        "the request was changed after it was complete; that changes nothing",
    )
    .in_file(&candidate.path)
    .hint("write a new request for a new change, and put this file back as it was")
}

fn copy_of(candidate: &Candidate, original: &RequestId) -> Finding {
    Finding::warning(
        Code::CopyOfFinished,
        format!("the request is a copy of {original}, which is complete; it does not run"),
    )
    .in_file(&candidate.path)
    .hint("write a request of its own, or delete the copy")
}

fn no_longer_approved(candidate: &Candidate, standing: Standing, record: &Record) -> Finding {
    let (how, left) = match standing {
        Standing::Rejected => ("was rejected", "does not run"),
        _ => ("is not approved any more", "waits for approval"),
    };
    let message = match record.until {
        Some(until) => format!(
            "the request {how} while it lends; the access goes on until {}",
            crate::time::rfc3339(until)
        ),
        None => format!("the request {how} after it had begun; what is left {left}"),
    };
    Finding::warning(Code::NoLongerApproved, message)
        .in_file(&candidate.path)
        .hint("what it has given stays; `cancelled: WHY` in the file of a loan ends that at once")
}

fn changed_between_runs(candidate: &Candidate, record: &Record) -> Finding {
    let message = match record.until {
        Some(until) => format!(
            "the request was changed while it lends; without approval of the change the access ends at {}",
            crate::time::rfc3339(until)
        ),
        None => "the request was changed after it had begun; what is left waits for approval of the change".to_owned(),
    };
    Finding::warning(Code::ChangedBetweenRuns, message).in_file(&candidate.path)
}
