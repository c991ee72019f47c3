//! Where approvals come from.

use std::collections::BTreeMap;

use crate::check::finding::Finding;
use crate::model::{Approval, Decision, Digest, Evidence, Request, RequestId};

/// The request whose approvals are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Its id.
    pub id: &'a RequestId,
    /// Its file, relative to the access repository.
    pub path: &'a str,
    /// The digest of its bytes.
    pub content: Digest,
    /// What it says.
    pub request: &'a Request,
}

/// A source of approvals, with one kind of evidence.
pub trait Source {
    /// The evidence that it gives.
    fn evidence(&self) -> Evidence;

    /// Every decision about the subject's exact content that it knows, in the order in which they were made.
    fn decisions(&self, subject: Subject<'_>) -> Vec<Approval>;

    /// What was laid before it as a decision about the subject and is none, and why.
    fn refused(&self, _subject: Subject<'_>) -> Vec<Finding> {
        Vec::new()
    }
}

/// The request's own list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Inline;

impl Source for Inline {
    fn evidence(&self) -> Evidence {
        Evidence::Inline
    }

    fn decisions(&self, subject: Subject<'_>) -> Vec<Approval> {
        let mut decisions: Vec<_> = subject
            .request
            .approvals
            .iter()
            .flatten()
            .map(|entry| {
                let person = entry.by.as_str().to_owned();
                Approval::new(person, entry.decision, entry.at, Evidence::Inline)
            })
            .collect();
        decisions.sort_by_key(|decision| decision.at);
        decisions
    }
}

/// The protected branch: who brought the content there, and when, by path.
#[derive(Debug, Clone, Default)]
pub struct Merge(pub BTreeMap<String, (String, crate::model::Instant)>);

impl Source for Merge {
    fn evidence(&self) -> Evidence {
        Evidence::Merge
    }

    fn decisions(&self, subject: Subject<'_>) -> Vec<Approval> {
        let brought = self.0.get(subject.path);
        brought
            .map(|(committer, at)| {
                Approval::new(committer.clone(), Decision::Approve, *at, Evidence::Merge)
            })
            .into_iter()
            .collect()
    }
}
