//! The JSON forms that several documents share.

use serde::Serialize;

use crate::check::finding;
use crate::model::{self, AccessType, Assurance, ChangeType, Evidence, RequestId, RuleState};
use crate::plan::{Due, Given, RequestView, Status, WaitingFor};

/// A finding.
#[derive(Serialize)]
pub(super) struct Finding<'a> {
    code: &'static str,
    severity: finding::Severity,
    message: &'a str,
    path: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    hint: Option<&'a str>,
}

impl<'a> Finding<'a> {
    pub(super) fn all(findings: &'a [finding::Finding]) -> Vec<Self> {
        findings.iter().map(Self::from).collect()
    }
}

impl<'a> From<&'a finding::Finding> for Finding<'a> {
    fn from(finding: &'a finding::Finding) -> Self {
        Self {
            code: finding.code.as_str(),
            severity: finding.severity,
            message: &finding.message,
            path: finding.path.as_deref(),
            line: finding.place.as_ref().map(|place| place.line),
            column: finding.place.as_ref().map(|place| place.column),
            hint: finding.hint.as_deref(),
        }
    }
}

/// How far a request is approved.
#[derive(Serialize)]
pub(super) struct Approval<'a> {
    required: u32,
    given: &'a [String],
    evidence: Option<Evidence>,
    assurance: Option<Assurance>,
    decisions: &'a [model::Approval],
    rules: &'a [RuleState],
}

impl<'a> From<&'a Given> for Approval<'a> {
    fn from(given: &'a Given) -> Self {
        Self {
            required: given.required,
            given: &given.given,
            evidence: given.evidence,
            assurance: given.assurance,
            decisions: &given.decisions,
            rules: &given.rules,
        }
    }
}

/// How many runs of a request are done.
#[derive(Serialize)]
pub(super) struct Progress {
    done: u32,
    of: u32,
}

/// A request as the list of requests has it.
#[derive(Serialize)]
pub(super) struct Request<'a> {
    id: &'a RequestId,
    path: Option<&'a str>,
    name: Option<&'a str>,
    access_type: Option<AccessType>,
    change_type: Option<ChangeType>,
    status: Status,
    waiting_for: Option<WaitingFor>,
    user_provisioning_error: Option<&'a str>,
    due: Option<&'a Due>,
    approval: Approval<'a>,
    runs: Progress,
    logs: &'a [u64],
    findings: Vec<Finding<'a>>,
}

impl<'a> Request<'a> {
    pub(super) fn new(view: &'a RequestView, logs: &'a [u64]) -> Self {
        Self {
            id: &view.id,
            path: view.path.as_deref(),
            name: view.name.as_deref(),
            access_type: view.access_type,
            change_type: view.change_type,
            status: view.status,
            waiting_for: view.waiting_for,
            user_provisioning_error: view.user_provisioning_error.as_deref(),
            due: view.due.as_ref(),
            approval: Approval::from(&view.approval),
            runs: Progress {
                done: view.progress.number,
                of: view.progress.of,
            },
            logs,
            findings: Finding::all(&view.findings),
        }
    }

    /// All of them, by id.
    pub(super) fn all(views: &'a [RequestView], logs: &'a super::status::Logs) -> Vec<Self> {
        let mut views: Vec<_> = views.iter().collect();
        views.sort_by(|one, other| one.id.cmp(&other.id));
        let logs_of = |id| logs.get(id).map_or(&[][..], Vec::as_slice);
        views
            .into_iter()
            .map(|view| Self::new(view, logs_of(&view.id)))
            .collect()
    }
}
