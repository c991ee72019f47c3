//! From files to what a plan is made from: requests read, checked and judged, the state recovered.

use std::collections::{BTreeMap, BTreeSet};

use super::approvals::Gathered;
use super::context::Context;
use super::error::Error;
use super::examine::Examiner;
use super::finished::{Finished, note, read_open};
use super::history::logged;
use super::load::{Repository, Side};
use super::requests::{
    MANY, Read, introduced, is_finished, read_requests, wanted, without_idle_findings,
};
use super::state::{
    check_branch, check_clock, check_rewound, open_with_state, read_beside_logs, read_state,
    recovered, with_drift,
};
use crate::approval::{Barred, Subject as Approvable};
use crate::check::Introduced;
use crate::check::finding::Finding;
use crate::model::{Instant, PersonId, Request, RequestId, State, Verdict, each};
use crate::plan::{self, Body, Candidate, Input, Logged, Plan, Touched};
use crate::reconcile::port::Logs as _;
use crate::reconcile::recover::Recovered;
use crate::store::logs::LogFolder;

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
    /// What the logs say of requests in process, as far as it is asked for.
    pub logged: BTreeMap<RequestId, Logged>,
    /// Whom live requests introduce.
    introduced: Introduced,
    /// Approvals that stand in files of their own.
    pub gathered: Gathered,
    /// Findings that are about no single request.
    pub findings: Vec<Finding>,
    /// Whether requests have to be approved.
    pub approvals: Approvals,
    /// Whether finished requests are among the candidates where there is nothing to say of them.
    pub finished: Finished,
    /// The clock; never before the state's.
    pub now: Instant,
}

impl plan::Judge for World {
    fn judge(&self, candidate: &Candidate, touched: &Touched) -> Verdict {
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
        let examiner = self.examiner(&self.recovered.state);
        examiner.judge(subject, touched).0
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
        Self::load_with(context, now, approvals, Finished::Read)
    }

    /// Reads everything, finished requests only as asked for.
    ///
    /// # Errors
    ///
    /// As [`World::load`].
    pub fn load_with(
        context: &Context,
        now: Instant,
        approvals: Approvals,
        finished: Finished,
    ) -> Result<Self, Error> {
        let side = match approvals {
            Approvals::Needed => Side::Effective,
            Approvals::Assumed => Side::WorkTree,
        };
        let open = || Repository::open(context, side, finished);
        Self::of(context, open, now, approvals, finished)
    }

    /// Reads everything but some request files of the work tree, given by their paths: they are being written.
    ///
    /// # Errors
    ///
    /// As [`World::load`].
    pub fn load_without(
        context: &Context,
        unsettled: &BTreeSet<String>,
        finished: Finished,
    ) -> Result<Self, Error> {
        let open = || {
            let mut repository = Repository::open(context, Side::Effective, finished)?;
            if repository.branch.is_none() {
                repository.leave_out(unsettled);
            }
            Ok(repository)
        };
        Self::of(context, open, context.now, Approvals::Needed, finished)
    }

    fn of(
        context: &Context,
        open: impl FnOnce() -> Result<Repository, Error>,
        now: Instant,
        approvals: Approvals,
        finished: Finished,
    ) -> Result<Self, Error> {
        let (mut repository, logs, recovered) = open_with_state(&context.root()?, open)?;
        let now = check_clock(now, recovered.state.as_of)?;
        if approvals == Approvals::Needed {
            check_branch(context, &repository, &logs)?;
            check_rewound(&repository, &logs)?;
        }
        match finished {
            Finished::Read => repository.read_tip()?,
            Finished::LeftOut => {
                read_open(&mut repository, &recovered.state, &logs)?;
            }
        }
        let current = with_drift(&recovered);
        let mut findings = repository.findings.clone();
        let read = read_requests(&repository, &current, &mut findings);
        let paths: BTreeSet<_> = read
            .iter()
            .filter(|read| {
                matches!(read.reading, Read::Request { .. }) && !is_finished(&recovered.state, read)
            })
            .map(|read| read.path.as_str())
            .collect();
        repository.look_up_history(&paths)?;
        let gathered = Gathered::of(&repository, &wanted(&read, &recovered.state))?;
        let introduced = introduced(&read, &current);
        let examiner = Examiner {
            repository: &repository,
            current: &current,
            introduced: &introduced,
            gathered: &gathered,
            now,
            approvals,
        };
        let mut candidates = each(read, MANY, |read| {
            let counts = read.counts;
            without_idle_findings(examiner.candidate(read), &recovered.state, counts)
        });
        candidates.sort_by(|a, b| (&a.id, &a.path).cmp(&(&b.id, &b.path)));
        let logged = logged(&logs, &recovered.state, &candidates)?;
        Ok(Self {
            repository,
            logs,
            recovered,
            candidates,
            logged,
            introduced,
            gathered,
            findings,
            approvals,
            finished,
            now,
        })
    }

    /// Notes what need not be looked at again in the next pass, where requests are read from a branch.
    ///
    /// # Errors
    ///
    /// If the note cannot be written.
    pub fn note_seen(&self, state: &State) -> Result<(), Error> {
        note(&self.repository, &self.candidates, state)
    }

    /// Leaves what was read and planned to the end of the process, which takes memory back at once and not piece by piece.
    pub fn leave(self, plan: Plan) {
        std::mem::forget((self.logs, self.recovered, self.candidates, plan));
    }

    /// The request file with an id, if there is one.
    #[must_use]
    pub fn candidate(&self, id: &str) -> Option<&Candidate> {
        let mut candidates = self.candidates.iter();
        candidates.find(|candidate| candidate.id.as_str() == id)
    }

    fn examiner<'a>(&'a self, current: &'a State) -> Examiner<'a> {
        Examiner {
            repository: &self.repository,
            current,
            introduced: &self.introduced,
            gathered: &self.gathered,
            now: self.now,
            approvals: self.approvals,
        }
    }

    /// The bytes of a request file; none where there is no such file.
    #[must_use]
    pub fn bytes(&self, path: &str) -> Vec<u8> {
        let file = self.repository.file(path);
        file.map(|file| file.bytes.clone()).unwrap_or_default()
    }

    /// Why a signature of a person would not count for a request, if so.
    #[must_use]
    pub fn why_not(
        &self,
        candidate: &Candidate,
        request: &Request,
        person: &PersonId,
    ) -> Option<Barred> {
        let current = with_drift(&self.recovered);
        let examiner = self.examiner(&current);
        let subject = Approvable {
            id: &candidate.id,
            path: &candidate.path,
            content: candidate.content,
            request,
        };
        examiner.why_not(subject, person)
    }

    /// Whether the file at a path counts: it is at the tip of the protected branch, or no branch was read.
    fn counts(&self, path: &str) -> bool {
        self.repository.file(path).is_some_and(|file| file.counts)
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
            leaves_out_finished: self.finished == Finished::LeftOut,
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
    /// The change logs that the state goes with.
    pub logs: LogFolder,
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
        let repository = Repository::open(context, Side::WorkTree, Finished::Read)?;
        Self::of(repository, context.now, true)
    }

    /// Reads and checks the work tree as it would be with one more request file.
    ///
    /// # Errors
    ///
    /// As [`World::load`].
    pub fn load_with(context: &Context, path: &str, bytes: Vec<u8>) -> Result<Self, Error> {
        let mut repository = Repository::open(context, Side::WorkTree, Finished::Read)?;
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
        let (file, logs) = read_beside_logs(&repository.root)?;
        let recovered = recovered(read_state(file, logs.last() > 0)?, &logs)?;
        let state = with_drift(&recovered).into_owned();
        let mut findings = repository.findings.clone();
        let mut candidates = Vec::new();
        if with_requests {
            let read = read_requests(&repository, &state, &mut findings);
            let introduced = introduced(&read, &state);
            let gathered = Gathered::of(&repository, &wanted(&read, &state))?;
            let examiner = Examiner {
                repository: &repository,
                current: &state,
                introduced: &introduced,
                gathered: &gathered,
                now,
                approvals: Approvals::Assumed,
            };
            candidates = read
                .into_iter()
                .map(|read| without_idle_findings(examiner.candidate(read), &state, true))
                .collect();
            let world = plan::World::new(&state);
            for candidate in &mut candidates {
                let found = plan::about_finished(&world, candidate);
                candidate.findings.extend(found);
            }
        }
        let Repository { root, settings, .. } = repository;
        Ok(Self {
            root,
            logs,
            settings,
            state,
            candidates,
            findings,
        })
    }
}
