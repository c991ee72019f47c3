//! What a plan is made from.

use std::collections::BTreeMap;
use std::fmt;

use super::scope::Touched;
use super::world::follow_loans;
use crate::check::finding::{Code, Finding};
use crate::model::{
    AccessType, Approval, Digest, EmployeeChange, Instant, Pairs, Record, Request, RequestId,
    RequestReference, Settings, State, Verdict,
};

/// Says how far a request is approved that names `holders` or `all`, for what these words mean in the world of a pass: what
/// comes before it in the same pass may change whom it touches, and so who may approve and which roles' rules it must meet.
pub trait Judge: fmt::Debug + Sync {
    /// How far the request is approved, if that is what it touches.
    fn judge(&self, candidate: &Candidate, touched: &Touched) -> Verdict;
}

/// Everything that a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// The state that follows from the logs; the hand-made one where there is no log yet.
    pub state: &'a State,
    /// Whether there is no log yet.
    pub baseline: bool,
    /// Hand edits of the state file: before by the logs, after by the file.
    pub drift: &'a [EmployeeChange],
    /// Every request file, by id; those of finished requests may be left out.
    pub requests: &'a [Candidate],
    /// Whether finished requests are left out where there is nothing to say of them.
    pub leaves_out_finished: bool,
    /// What the logs say of requests in process: those whose file is gone or says something else, and those that may lend anew.
    pub logged: &'a BTreeMap<RequestId, Logged>,
    /// Findings that are about no single request.
    pub findings: &'a [Finding],
    /// Judges requests whose scope depends on the moment.
    pub judge: &'a dyn Judge,
    /// The clock.
    pub now: Instant,
}

/// A request as the logs know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// What it was.
    pub reference: RequestReference,
    /// Who had approved it.
    pub approvals: Vec<Approval>,
    /// The zone that it reckoned in.
    pub timezone: Option<String>,
    /// What it has lent and not taken back itself, by the logs that were taken in.
    pub lent: Pairs,
}

impl Logged {
    /// A request of which no log has been taken in yet.
    #[must_use]
    pub fn new(reference: RequestReference) -> Self {
        Self {
            reference,
            approvals: Vec::new(),
            timezone: None,
            lent: Pairs::new(),
        }
    }

    /// Takes in what a log of the request did; its logs have to come in their order.
    pub fn fold(&mut self, changes: &[EmployeeChange]) {
        follow_loans(&mut self.lent, &self.reference.id, changes);
    }
}

/// A request file.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Its id.
    pub id: RequestId,
    /// Its path, relative to the access repository.
    pub path: String,
    /// The digest of its bytes.
    pub content: Digest,
    /// The commit that brought the content to the protected branch, where known.
    pub commit: Option<String>,
    /// What it says.
    pub body: Body,
    /// What was found in it.
    pub findings: Vec<Finding>,
}

/// What a request file says.
#[derive(Debug, Clone)]
pub enum Body {
    /// Not a valid request; the findings say why.
    Invalid {
        /// Its name, if that could be read.
        name: Option<String>,
    },
    /// Not submitted yet.
    Draft {
        /// Its name, if it has one already.
        name: Option<String>,
        /// Its type, likewise.
        access_type: Option<crate::model::AccessType>,
    },
    /// A valid request.
    Valid {
        /// What it asks for.
        request: Box<Request>,
        /// How far it is approved.
        verdict: Verdict,
    },
}

impl Candidate {
    /// The request and its verdict, if it is valid.
    #[must_use]
    pub fn valid(&self) -> Option<(&Request, &Verdict)> {
        match &self.body {
            Body::Valid { request, verdict } => Some((request, verdict)),
            Body::Invalid { .. } | Body::Draft { .. } => None,
        }
    }

    /// Whether it may lend anew what it has lent: temporary access that was changed since, or has something left to lend. Only its logs tell
    /// what others have taken back.
    #[must_use]
    pub fn may_lend_anew(&self, record: &Record) -> bool {
        let is_loan =
            |(request, _): (&Request, &Verdict)| request.access_type == AccessType::TemporaryAccess;
        let is_open = record.runs.number < record.runs.of
            || !record.retry.is_empty()
            || !record.manual.is_empty();
        let is_at_it = record.until.is_some() && is_open;
        self.valid().is_some_and(is_loan) && (record.content != self.content || is_at_it)
    }

    /// Whether another file has its id.
    #[must_use]
    pub(super) fn shares_its_id(&self) -> bool {
        let mut findings = self.findings.iter();
        findings.any(|finding| finding.code == Code::DuplicateRequest && finding.is_error())
    }

    /// How logs refer to the request, with the content that is carried out.
    #[must_use]
    pub fn reference(&self, request: &Request, content: Digest) -> RequestReference {
        RequestReference {
            id: self.id.clone(),
            path: self.path.clone(),
            name: request.name.clone(),
            change_overview: request.change_overview.clone(),
            requested_by: request.requested_by.clone(),
            content,
            commit: self.commit.clone(),
        }
    }
}
