//! Examining requests: checks first, then approvals.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::approvals::Gathered;
use super::load::Repository;
use super::requests::{Read, ReadFile};
use super::world::Approvals;
use crate::approval::{
    self, Barred, Case, Inline, Merge, Source as ApprovalSource, Subject as Approvable,
};
use crate::check::finding::{Code, Finding, Places};
use crate::check::{self, Introduced};
use crate::model::{
    Approval, Decision, Evidence, Instant, PersonId, Record, RecordStatus, Request, RequestId,
    Standing, State, Verdict,
};
use crate::plan::{self, Body, Candidate, Touched};

/// Examines requests: checks first, then approvals.
pub(super) struct Examiner<'a> {
    pub(super) repository: &'a Repository,
    pub(super) current: &'a State,
    pub(super) introduced: &'a Introduced,
    pub(super) gathered: &'a Gathered,
    pub(super) now: Instant,
    pub(super) approvals: Approvals,
}

impl Examiner<'_> {
    pub(super) fn candidate(&self, read: ReadFile) -> Candidate {
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
                let record = record.as_deref();
                let started = record.is_some_and(|record| record.content == content);
                findings.extend(self.check(&id, &path, &request, &places, started));
                let subject = Approvable {
                    id: &id,
                    path: &path,
                    content,
                    request: &request,
                };
                let verdict = if counts {
                    self.decide(subject, record, &mut findings)
                } else {
                    self.not_merged(subject, &mut findings)
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

    pub(super) fn check(
        &self,
        id: &RequestId,
        path: &str,
        request: &Request,
        places: &Places,
        started: bool,
    ) -> Vec<Finding> {
        let subject = check::Subject {
            id,
            path,
            request,
            places,
            started,
        };
        let world = check::World {
            settings: &self.repository.settings,
            state: self.current,
            introduced: self.introduced,
        };
        check::request(&subject, &world)
    }

    /// A loan without a start of its own begins at its approval, and may be too long then.
    pub(super) fn too_long(
        &self,
        path: &str,
        request: &Request,
        verdict: &Verdict,
    ) -> Vec<Finding> {
        let starts = verdict.at.filter(|_| request.start.is_none());
        let settings = &self.repository.settings;
        let found = starts.map(|start| check::duration::too_long(request, settings, start));
        let findings = found.unwrap_or_default();
        findings
            .into_iter()
            .map(|finding| finding.in_file(path))
            .collect()
    }

    /// A request that is not on the protected branch is pending, whoever has approved it; those who have already are shown.
    pub(super) fn not_merged(
        &self,
        subject: Approvable<'_>,
        findings: &mut Vec<Finding>,
    ) -> Verdict {
        let branch = self.repository.branch.as_deref().unwrap_or_default();
        let touched = self.touched(subject.request, None);
        let (verdict, found) = self.judge(subject, &touched);
        findings.extend(
            found
                .into_iter()
                .filter(|finding| finding.code.refuses_approval()),
        );
        let evidence = verdict.evidence.unwrap_or(Evidence::Merge);
        let hint = match evidence {
            Evidence::Inline | Evidence::Merge => {
                "commit it and have it merged; that is the approval"
            }
            Evidence::Forge => "commit it, and have it reviewed and merged",
            Evidence::Signature => {
                "commit it and have it merged, with the approvals that `rolecall approve` writes"
            }
        };
        findings.push(
            Finding::note(
                Code::NotMerged,
                format!("the request is not on the protected branch {branch:?} yet"),
            )
            .in_file(subject.path)
            .hint(hint),
        );
        let shown = |decision: &Approval| decision.evidence == Evidence::Signature;
        Verdict {
            standing: Standing::Pending,
            at: None,
            required: verdict.required.max(1),
            given: verdict.given.into_iter().filter(shown).collect(),
            evidence: Some(evidence),
            rules: verdict.rules,
        }
    }

    pub(super) fn decide(
        &self,
        subject: Approvable<'_>,
        record: Option<&Record>,
        findings: &mut Vec<Finding>,
    ) -> Verdict {
        let is_finished = record.is_some_and(|record| record.status == RecordStatus::Complete);
        let record = record.filter(|record| record.content == subject.content);
        let touched = self.touched(subject.request, record);
        let (verdict, found) = self.judge(subject, &touched);
        match self.approvals {
            Approvals::Needed => {
                // Nobody has to approve again what is finished.
                findings.extend(found.into_iter().filter(|_| !is_finished));
                verdict
            }
            Approvals::Assumed => {
                let matters = |finding: &Finding| {
                    finding.code == Code::NobodyEligible || finding.code.refuses_approval()
                };
                findings.extend(found.into_iter().filter(matters));
                assumed(verdict, self.now)
            }
        }
    }

    pub(super) fn judge(
        &self,
        subject: Approvable<'_>,
        touched: &Touched,
    ) -> (Verdict, Vec<Finding>) {
        let settings = &self.repository.settings;
        let merge = self.merge_source(subject.path);
        let (signatures, reviews) = (&self.gathered.signatures, &self.gathered.reviews);
        let mut sources: Vec<&dyn ApprovalSource> = vec![&Inline, signatures, reviews];
        sources.extend(merge.as_ref().map(|merge| merge as &dyn ApprovalSource));
        let emails = self.emails(touched);
        let case = self.case(subject, touched, &emails);
        approval::decide(settings, &sources, case)
    }

    /// Why a signature of a person would not count for a request, if so.
    pub(super) fn why_not(&self, subject: Approvable<'_>, person: &PersonId) -> Option<Barred> {
        let settings = &self.repository.settings;
        let record = self.current.requests.get(subject.id);
        let record = record.filter(|record| record.content == subject.content);
        let touched = self.touched(subject.request, record.as_deref());
        let emails = self.emails(&touched);
        let case = self.case(subject, &touched, &emails);
        approval::why_not(settings, case, Evidence::Signature, person)
    }

    fn case<'a>(
        &'a self,
        subject: Approvable<'a>,
        touched: &'a Touched,
        emails: &'a BTreeSet<String>,
    ) -> Case<'a> {
        Case {
            subject,
            employees: &touched.employees,
            emails,
            roles: &touched.roles,
            author: self.author(subject.path),
            started: touched.has_begun,
            now: self.now,
        }
    }

    /// The addresses of whom a request touches, also of those whom only another request introduces, which has not run yet.
    fn emails<'a>(&self, touched: &'a Touched) -> Cow<'a, BTreeSet<String>> {
        let mut emails = Cow::Borrowed(&touched.emails);
        let new = touched.employees.iter();
        let introducing = new.flat_map(|id| self.introduced.by(id));
        for email in introducing.filter_map(|(_, _, email)| email.as_ref()) {
            emails.to_mut().insert(email.to_lowercase());
        }
        emails
    }

    /// The person who wrote the content of a file, by its commit.
    fn author(&self, path: &str) -> Option<&PersonId> {
        let brought = self.repository.brought.get(path)?;
        self.repository.settings.person(&brought.author_email)
    }

    fn touched(&self, request: &Request, record: Option<&Record>) -> Touched {
        plan::touched(&plan::World::new(self.current), request, record)
    }

    pub(super) fn merge_source(&self, path: &str) -> Option<Merge> {
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
pub(super) fn assumed(verdict: Verdict, now: Instant) -> Verdict {
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
