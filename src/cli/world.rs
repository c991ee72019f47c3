//! From files to what a plan is made from: requests read, checked and judged, the state recovered.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::error::Error;
use super::load::{Repository, RequestFile, Side};
use crate::approval::{self, Case, Inline, Merge, Source as ApprovalSource, Subject as Approvable};
use crate::check::finding::{Code, Finding, Places};
use crate::check::{self, Introduced};
use crate::document::request::{self, Reading};
use crate::document::source::Source;
use crate::document::state::StateError;
use crate::model::{
    Approval, Decision, Digest, EmployeeId, Evidence, Instant, Record, RecordStatus, Request,
    RequestId, RoleId, Standing, State, Verdict,
};
use crate::plan::{self, Body, Candidate, Input, Logged};
use crate::reconcile::port::{LogHead, Logs};
use crate::reconcile::recover::{Recovered, recover};
use crate::store::logs::LogFolder;
use crate::store::state_file;

/// How much a clock may lag behind the state, in seconds.
const CLOCK_TOLERANCE: i64 = 120;

/// Everything that a plan is made from.
#[derive(Debug)]
pub struct World {
    /// What the repository says.
    pub repository: Repository,
    /// The change logs.
    pub logs: LogFolder,
    /// The state to go on from.
    pub recovered: Recovered,
    /// The requests, by id.
    pub candidates: Vec<Candidate>,
    /// What the logs say of requests in process whose file says nothing.
    pub logged: BTreeMap<RequestId, Logged>,
    /// Findings that are about no single request.
    pub findings: Vec<Finding>,
    /// Whether requests have to be approved.
    pub approvals: Approvals,
    /// The clock; never before the state's.
    pub now: Instant,
}

impl plan::Judge for World {
    fn judge(&self, candidate: &Candidate, employees: &[EmployeeId], roles: &[RoleId]) -> Verdict {
        let Body::Valid { request, verdict } = &candidate.body else {
            return Verdict::pending();
        };
        if self.approvals == Approvals::Assumed || !self.counts(&candidate.path) {
            return verdict.clone();
        }
        let subject = Approvable {
            id: &candidate.id,
            path: &candidate.path,
            content: candidate.content,
            request,
        };
        let scope = (
            employees.iter().cloned().collect(),
            roles.iter().cloned().collect(),
        );
        let current = with_drift(&self.recovered);
        let examiner = Examiner {
            repository: &self.repository,
            current: &current,
            introduced: &Introduced::new(),
            now: self.now,
            approvals: self.approvals,
        };
        examiner.judge(subject, &scope, false).0
    }
}

/// Whether requests have to be approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approvals {
    /// They have.
    Needed,
    /// Every request of the work tree counts as approved.
    Assumed,
}

impl World {
    /// Reads everything.
    ///
    /// # Errors
    ///
    /// Invalid input if settings or state are broken; broken integrity if state, logs, branch or clock do not agree.
    pub fn load(context: &Context, now: Instant, approvals: Approvals) -> Result<Self, Error> {
        let side = match approvals {
            Approvals::Needed => Side::Effective,
            Approvals::Assumed => Side::WorkTree,
        };
        let mut repository = Repository::open(context, side)?;
        let logs = LogFolder::open(&repository.root)?;
        let recovered = recover(read_state(&repository, &logs)?, &logs)?;
        let now = check_clock(now, recovered.state.as_of)?;
        if approvals == Approvals::Needed {
            check_branch(context, &repository, &logs)?;
        }
        let current = with_drift(&recovered);
        let mut findings = repository.findings.clone();
        let read = read_requests(&repository, &current, &mut findings);
        let paths: Vec<_> = read
            .iter()
            .filter(|read| {
                matches!(read.reading, Read::Request { .. }) && !is_finished(&recovered.state, read)
            })
            .map(|read| read.path.as_str())
            .collect();
        repository.look_up_history(&paths)?;
        let introduced = introduced(&read, &recovered.state);
        let examiner = Examiner {
            repository: &repository,
            current: &current,
            introduced: &introduced,
            now,
            approvals,
        };
        let mut candidates: Vec<_> = read
            .into_iter()
            .map(|read| examiner.candidate(read))
            .collect();
        candidates.sort_by(|a, b| (&a.id, &a.path).cmp(&(&b.id, &b.path)));
        let logged = logged(&logs, &recovered.state, &candidates)?;
        Ok(Self {
            repository,
            logs,
            recovered,
            candidates,
            logged,
            findings,
            approvals,
            now,
        })
    }

    /// Whether the file at a path counts: it is at the tip of the protected branch, or no branch was read.
    fn counts(&self, path: &str) -> bool {
        let mut files = self.repository.files.iter();
        files.any(|file| file.path == path && file.counts)
    }

    /// What a plan is made from.
    #[must_use]
    pub fn input(&self) -> Input<'_> {
        Input {
            settings: &self.repository.settings,
            state: &self.recovered.state,
            baseline: self.recovered.baseline,
            drift: &self.recovered.drift,
            requests: &self.candidates,
            logged: &self.logged,
            findings: &self.findings,
            judge: self,
            now: self.now,
        }
    }
}

/// An access repository as its authors see it: the work tree, checked, with nothing judged.
#[derive(Debug)]
pub struct Checked {
    /// Its folder.
    pub root: std::path::PathBuf,
    /// The settings.
    pub settings: crate::model::Settings,
    /// Who holds what, hand edits included.
    pub state: State,
    /// The requests, by id.
    pub candidates: Vec<Candidate>,
    /// Findings that are about no single request.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// Reads and checks the work tree.
    ///
    /// # Errors
    ///
    /// As [`World::load`].
    pub fn load(context: &Context) -> Result<Self, Error> {
        let repository = Repository::open(context, Side::WorkTree)?;
        Self::of(repository, context.now, true)
    }

    /// Reads and checks the work tree as it would be with one more request file.
    ///
    /// # Errors
    ///
    /// As [`World::load`].
    pub fn load_with(context: &Context, path: &str, bytes: Vec<u8>) -> Result<Self, Error> {
        let mut repository = Repository::open(context, Side::WorkTree)?;
        repository.add(path, bytes);
        Self::of(repository, context.now, true)
    }

    /// Reads settings and state alone.
    ///
    /// # Errors
    ///
    /// As [`World::load`].
    pub fn load_state(context: &Context) -> Result<Self, Error> {
        let repository = Repository::open_settings(context)?;
        Self::of(repository, context.now, false)
    }

    fn of(repository: Repository, now: Instant, with_requests: bool) -> Result<Self, Error> {
        let logs = LogFolder::open(&repository.root)?;
        let recovered = recover(read_state(&repository, &logs)?, &logs)?;
        let state = with_drift(&recovered).into_owned();
        let mut findings = repository.findings.clone();
        let mut candidates = Vec::new();
        if with_requests {
            let read = read_requests(&repository, &state, &mut findings);
            let introduced = introduced(&read, &state);
            let examiner = Examiner {
                repository: &repository,
                current: &state,
                introduced: &introduced,
                now,
                approvals: Approvals::Assumed,
            };
            candidates = read
                .into_iter()
                .map(|read| examiner.candidate(read))
                .collect();
        }
        let Repository { root, settings, .. } = repository;
        Ok(Self {
            root,
            settings,
            state,
            candidates,
            findings,
        })
    }
}

/// The state file as it is, before recovery.
///
/// # Errors
///
/// Broken integrity if there are logs and no readable state file; invalid input if there are none and the file is broken.
pub fn read_state(repository: &Repository, logs: &LogFolder) -> Result<State, Error> {
    let has_logs = logs.last() > 0;
    let broken = |message: String, hint: &str| {
        if has_logs {
            Error::integrity(message).hint(hint)
        } else {
            Error::invalid(message).hint(hint)
        }
    };
    let path = crate::store::STATE_FILE;
    match state_file::read(&repository.root)? {
        state_file::StateFile::Missing if has_logs => Err(broken(
            format!("{path} is missing, and there are change logs"),
            "put it back from git; an older one will do, the change logs bring it up to date",
        )),
        state_file::StateFile::Missing => Err(broken(
            format!("{path} is missing"),
            "start one with `rolecall init` or `rolecall import`, or write one with `employees`",
        )),
        state_file::StateFile::Empty => Err(broken(
            format!("{path} is empty"),
            "put it back from git; an older one will do where there are change logs",
        )),
        state_file::StateFile::Bytes(bytes) => {
            let state = crate::document::state::read_bytes(&bytes).map_err(|error| {
                let finding = state_finding(path, bytes, &error);
                Error {
                    findings: vec![finding],
                    ..broken(
                        "the state file has errors, so nothing was done".to_owned(),
                        "put it back as it was, or mend what the message names",
                    )
                }
            })?;
            match twins(&state).filter(|_| !has_logs) {
                None => Ok(state),
                Some((one, other)) => Err(broken(
                    format!("{path} has employees {one} and {other}, which differ only in case"),
                    "let one of them have another id",
                )),
            }
        }
    }
}

/// What is wrong with a state file, with its place.
fn state_finding(path: &str, bytes: Vec<u8>, error: &StateError) -> Finding {
    let source = Source::new(path, bytes, usize::MAX).ok();
    let place = source
        .zip(error.line)
        .map(|(source, line)| source.line(line, error.column.unwrap_or(1)));
    Finding::error(Code::BadState, error.message.clone())
        .in_file(path)
        .at(place)
        .hint(error.hint.clone())
}

/// Two employees of a state whose ids differ only in case.
fn twins(state: &State) -> Option<(&EmployeeId, &EmployeeId)> {
    let mut folded = BTreeMap::new();
    let mut ids = state.employees.keys();
    ids.find_map(|id| {
        let other = folded.insert(id.as_str().to_ascii_lowercase(), id)?;
        Some((other, id))
    })
}

fn check_clock(now: Instant, as_of: Option<Instant>) -> Result<Instant, Error> {
    let Some(as_of) = as_of else {
        return Ok(now);
    };
    if (as_of - now).num_seconds() > CLOCK_TOLERANCE {
        let (now, as_of) = (crate::time::rfc3339(now), crate::time::rfc3339(as_of));
        let message = format!("the clock says {now}, but the state was changed at {as_of}");
        return Err(Error::integrity(message).hint("set the clock right, or give a later --now"));
    }
    Ok(now.max(as_of))
}

/// The branch that the baseline was read from must be the branch that is read now.
fn check_branch(context: &Context, repository: &Repository, logs: &LogFolder) -> Result<(), Error> {
    if logs.last() == 0 || context.global.branch.is_some() {
        return Ok(());
    }
    let LogHead {
        branch: Some(recorded),
        ..
    } = logs.head(1)?
    else {
        return Ok(());
    };
    let named = &repository.settings.approval.branch;
    if recorded == *named {
        return Ok(());
    }
    let message =
        format!("the baseline was read from branch {recorded:?}, and the settings name {named:?}");
    Err(Error::integrity(message)
        .hint(format!("set `approval.branch` back to {recorded:?}, or give --branch {named:?} if the change is meant")))
}

/// The state with what a hand has changed since.
#[must_use]
pub fn with_drift(recovered: &Recovered) -> Cow<'_, State> {
    if recovered.drift.is_empty() {
        return Cow::Borrowed(&recovered.state);
    }
    let mut state = recovered.state.clone();
    for change in &recovered.drift {
        match &change.after {
            Some(employee) => {
                state.employees.insert(change.id.clone(), employee.clone());
            }
            None => {
                state.employees.remove(&change.id);
            }
        }
    }
    Cow::Owned(state)
}

/// A request file, read.
struct ReadFile {
    id: RequestId,
    path: String,
    content: Digest,
    counts: bool,
    reading: Read,
    findings: Vec<Finding>,
}

enum Read {
    Request {
        request: Box<Request>,
        places: Places,
    },
    Draft {
        name: Option<String>,
        access_type: Option<crate::model::AccessType>,
    },
    Broken,
}

/// Reads every request file; those without an id of their own become findings.
fn read_requests(
    repository: &Repository,
    state: &State,
    findings: &mut Vec<Finding>,
) -> Vec<ReadFile> {
    let mut read: Vec<ReadFile> = Vec::new();
    for file in &repository.files {
        match request::id_of(&file.path) {
            Ok(id) => read.push(read_file(repository, file, &id)),
            Err(finding) => findings.push(finding),
        }
    }
    let ids: Vec<_> = read
        .iter()
        .map(|read| (read.id.clone(), read.path.clone()))
        .collect();
    for (index, finding) in check::tree::duplicates(&ids) {
        read[index].reading = Read::Broken;
        read[index].findings.push(finding);
    }
    for read in &mut read {
        // What was wrong with a finished request does not matter any more.
        if is_finished(state, read) && read.content == state.requests[&read.id].content {
            read.findings.clear();
        }
    }
    read
}

fn read_file(repository: &Repository, file: &RequestFile, id: &RequestId) -> ReadFile {
    let content = Digest::of(&file.bytes);
    let broken = |findings| ReadFile {
        id: id.clone(),
        path: file.path.clone(),
        content,
        counts: file.counts,
        reading: Read::Broken,
        findings,
    };
    let source = match Source::new(&*file.path, file.bytes.clone(), request::LIMIT) {
        Ok(source) => source,
        Err(finding) => return broken(vec![finding]),
    };
    match request::read(&source, &repository.settings) {
        Err(findings) => broken(findings),
        Ok(Reading::Draft(draft)) => ReadFile {
            reading: Read::Draft {
                name: draft.name,
                access_type: draft.access_type,
            },
            ..broken(draft.findings)
        },
        Ok(Reading::Request(document)) => ReadFile {
            reading: Read::Request {
                request: Box::new(document.request),
                places: document.places,
            },
            ..broken(document.findings)
        },
    }
}

fn is_finished(state: &State, read: &ReadFile) -> bool {
    let record = state.requests.get(&read.id);
    record.is_some_and(|record| record.status == RecordStatus::Complete)
}

/// Whom live requests introduce: those that count, are not called off and not complete.
fn introduced(read: &[ReadFile], state: &State) -> Introduced {
    let mut introduced = Introduced::new();
    for file in read
        .iter()
        .filter(|read| read.counts && !is_finished(state, read))
    {
        let Read::Request { request, .. } = &file.reading else {
            continue;
        };
        if request.cancelled.is_some() {
            continue;
        }
        for employee in request.listed_employees() {
            let details = request
                .introduction(employee)
                .and_then(|entry| entry.details.clone());
            if let Some((name, email)) = details {
                let entries = introduced.entry(employee.clone()).or_default();
                entries.push((file.id.clone(), name, email));
            }
        }
    }
    introduced
}

/// Examines requests: checks first, then approvals.
struct Examiner<'a> {
    repository: &'a Repository,
    current: &'a State,
    introduced: &'a Introduced,
    now: Instant,
    approvals: Approvals,
}

impl Examiner<'_> {
    fn candidate(&self, read: ReadFile) -> Candidate {
        let ReadFile {
            id,
            path,
            content,
            counts,
            reading,
            mut findings,
        } = read;
        let brought = self.repository.brought.get(&path);
        let commit = brought.map(|brought| brought.commit.clone());
        let body = match reading {
            Read::Broken => Body::Invalid { name: None },
            Read::Draft { name, access_type } => Body::Draft { name, access_type },
            Read::Request { request, places } => {
                let record = self.current.requests.get(&id);
                findings.extend(self.check(&id, &path, &request, &places, record));
                let subject = Approvable {
                    id: &id,
                    path: &path,
                    content,
                    request: &request,
                };
                let verdict = if counts {
                    self.decide(subject, record, &mut findings)
                } else {
                    self.not_merged(&path, &mut findings)
                };
                findings.extend(self.too_long(&path, &request, &verdict));
                if findings.iter().any(Finding::is_error) {
                    Body::Invalid {
                        name: Some(request.name.clone()),
                    }
                } else {
                    Body::Valid { request, verdict }
                }
            }
        };
        Candidate {
            id,
            path,
            content,
            commit,
            body,
            findings,
        }
    }

    fn check(
        &self,
        id: &RequestId,
        path: &str,
        request: &Request,
        places: &Places,
        record: Option<&Record>,
    ) -> Vec<Finding> {
        let subject = check::Subject {
            id,
            path,
            request,
            places,
            started: record.is_some(),
        };
        let world = check::World {
            settings: &self.repository.settings,
            state: self.current,
            introduced: self.introduced,
        };
        check::request(&subject, &world)
    }

    /// A loan without a start of its own begins at its approval, and may be too long then.
    fn too_long(&self, path: &str, request: &Request, verdict: &Verdict) -> Vec<Finding> {
        let starts = verdict.at.filter(|_| request.start.is_none());
        let settings = &self.repository.settings;
        let found = starts.map(|start| check::duration::too_long(request, settings, start));
        let findings = found.unwrap_or_default();
        findings
            .into_iter()
            .map(|finding| finding.in_file(path))
            .collect()
    }

    fn not_merged(&self, path: &str, findings: &mut Vec<Finding>) -> Verdict {
        let branch = self.repository.branch.as_deref().unwrap_or_default();
        findings.push(
            Finding::note(
                Code::NotMerged,
                format!("the request is not on the protected branch {branch:?} yet"),
            )
            .in_file(path)
            .hint("commit it and have it merged; that is the approval"),
        );
        Verdict {
            required: 1,
            evidence: Some(Evidence::Merge),
            ..Verdict::pending()
        }
    }

    fn decide(
        &self,
        subject: Approvable<'_>,
        record: Option<&Record>,
        findings: &mut Vec<Finding>,
    ) -> Verdict {
        let record = record.filter(|record| {
            record.status == RecordStatus::InProcess && record.content == subject.content
        });
        let scope = self.scope(subject.request, record);
        let (verdict, found) = self.judge(subject, &scope, record.is_some());
        match self.approvals {
            Approvals::Needed => {
                findings.extend(found);
                verdict
            }
            Approvals::Assumed => {
                let nobody = |finding: &Finding| finding.code == Code::NobodyEligible;
                findings.extend(found.into_iter().filter(nobody));
                assumed(verdict, self.now)
            }
        }
    }

    fn judge(
        &self,
        subject: Approvable<'_>,
        (employees, roles): &(BTreeSet<EmployeeId>, BTreeSet<RoleId>),
        started: bool,
    ) -> (Verdict, Vec<Finding>) {
        let emails = employees
            .iter()
            .filter_map(|id| self.email(subject.request, id))
            .collect();
        let settings = &self.repository.settings;
        let author = self
            .repository
            .brought
            .get(subject.path)
            .and_then(|brought| settings.person(&brought.author_email));
        let merge = self.merge_source(subject.path);
        let mut sources: Vec<&dyn ApprovalSource> = vec![&Inline];
        sources.extend(merge.as_ref().map(|merge| merge as &dyn ApprovalSource));
        let case = Case {
            subject,
            employees,
            emails: &emails,
            roles,
            author,
            started,
            now: self.now,
        };
        approval::decide(settings, &sources, case)
    }

    /// The employees and roles that a request touches: those of its runs, once it has begun.
    fn scope(
        &self,
        request: &Request,
        record: Option<&Record>,
    ) -> (BTreeSet<EmployeeId>, BTreeSet<RoleId>) {
        let world = plan::World::new(self.current);
        let Some(record) = record else {
            let (employees, roles) = plan::resolve(&world, request);
            return (employees.into_iter().collect(), roles.into_iter().collect());
        };
        let open = || record.retry.iter().chain(&record.manual);
        let listed = request.listed_employees().chain(&record.employees);
        let employees = listed.chain(open().map(|(employee, _)| employee));
        let listed = request.listed_roles().iter().chain(&record.roles);
        let roles = listed.chain(open().flat_map(|(_, roles)| roles));
        (employees.cloned().collect(), roles.cloned().collect())
    }

    fn email(&self, request: &Request, id: &EmployeeId) -> Option<String> {
        let known = self
            .current
            .employees
            .get(id)
            .and_then(|employee| employee.email.clone());
        let introduced = || {
            let entry = request.introduction(id)?;
            entry.details.as_ref().and_then(|(_, email)| email.clone())
        };
        known.or_else(introduced).map(|email| email.to_lowercase())
    }

    fn merge_source(&self, path: &str) -> Option<Merge> {
        self.repository.branch.as_ref()?;
        let brought = self.repository.brought.get(path)?;
        let settings = &self.repository.settings;
        let person = settings.person(&brought.committer_email);
        let person = person.map_or(brought.committer_name.as_str(), |person| person.as_str());
        let entry = (person.to_owned(), brought.at);
        Some(Merge(BTreeMap::from([(path.to_owned(), entry)])))
    }
}

/// The verdict if everybody who is asked approved now.
fn assumed(verdict: Verdict, now: Instant) -> Verdict {
    Verdict {
        standing: Standing::Approved,
        at: Some(verdict.at.unwrap_or(now)),
        given: verdict
            .given
            .into_iter()
            .filter(|approval: &Approval| approval.decision == Decision::Approve)
            .collect(),
        ..verdict
    }
}

/// What the logs say of requests that lend or have begun, and whose file is gone or says something else.
fn logged(
    logs: &LogFolder,
    state: &State,
    candidates: &[Candidate],
) -> Result<BTreeMap<RequestId, Logged>, Error> {
    let readable: BTreeSet<_> = candidates
        .iter()
        .filter(|candidate| candidate.valid().is_some())
        .map(|candidate| &candidate.id)
        .collect();
    let mut wanted: BTreeSet<_> = state
        .requests
        .iter()
        .filter(|(id, record)| record.status == RecordStatus::InProcess && !readable.contains(id))
        .map(|(id, _)| id.clone())
        .collect();
    let mut logged = BTreeMap::new();
    for serial in (1..=logs.last()).rev() {
        if wanted.is_empty() {
            break;
        }
        let Some(id) = request_of(logs, serial).filter(|id| wanted.contains(id)) else {
            continue;
        };
        let log = logs.read(serial)?.log;
        if let Some(reference) = log.request {
            wanted.remove(&id);
            logged.insert(
                id,
                Logged {
                    reference,
                    approvals: log.approvals,
                },
            );
        }
    }
    Ok(logged)
}

/// The serials of each request's logs, from their names alone.
#[must_use]
pub fn logs_by_request(found: &LogFolder) -> BTreeMap<RequestId, Vec<u64>> {
    let mut logs: BTreeMap<RequestId, Vec<u64>> = BTreeMap::new();
    for serial in 1..=found.last() {
        if let Some(id) = request_of(found, serial) {
            logs.entry(id).or_default().push(serial);
        }
    }
    logs
}

/// The request that a log is named after. The first log is the baseline.
fn request_of(logs: &LogFolder, serial: u64) -> Option<RequestId> {
    let name = logs.name(serial).filter(|_| serial > 1)?;
    RequestId::new(name).ok()
}
