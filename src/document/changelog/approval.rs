//! The approvals of a change log, and what proves them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::document::state::wire::Moment;
use crate::model::{
    Approval, Assurance, Decision, Digest, Evidence, PersonId, Proof, PublicKey, RequestId, Signed,
    Statement,
};

/// An approval.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApprovalEntry {
    pub(super) person: String,
    pub(super) decision: Decision,
    pub(super) at: Moment,
    pub(super) evidence: Evidence,
    pub(super) assurance: Assurance,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) rules: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) signed: Option<SignedEntry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) review: Option<ReviewEntry>,
}

/// What a person signed, and with which key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignedEntry {
    pub(super) request: RequestId,
    pub(super) path: String,
    pub(super) content: Digest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) blob: Option<String>,
    pub(super) settings: Digest,
    pub(super) repository: String,
    pub(super) decision: Decision,
    pub(super) person: PersonId,
    pub(super) at: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
    pub(super) key: PublicKey,
    pub(super) signature: String,
}

/// A review in the record of the forge, which stands beside the approvals.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReviewEntry {
    pub(super) account: String,
    pub(super) commit: String,
}

/// The record of the forge that approvals rest on; all of one log rest on the same.
pub(super) fn forge_record(approvals: &[Approval]) -> Option<&Arc<str>> {
    approvals.iter().find_map(|approval| match &approval.proof {
        Some(Proof::Reviewed { record, .. }) => Some(record),
        _ => None,
    })
}

impl ApprovalEntry {
    pub(super) fn of(approval: &Approval) -> Self {
        let (signed, review) = match &approval.proof {
            Some(Proof::Signed { signed, key }) => (Some(SignedEntry::of(signed, key)), None),
            Some(Proof::Reviewed {
                account, commit, ..
            }) => {
                let (account, commit) = (account.clone(), commit.clone());
                (None, Some(ReviewEntry { account, commit }))
            }
            None => (None, None),
        };
        Self {
            person: approval.person.clone(),
            decision: approval.decision,
            at: Moment(approval.at),
            evidence: approval.evidence,
            assurance: approval.assurance,
            rules: approval.rules.clone(),
            signed,
            review,
        }
    }

    pub(super) fn into_approval(self, record: Option<&Arc<str>>) -> Approval {
        let proof = match (self.signed, self.review, record) {
            (Some(signed), _, _) => Some(signed.into_proof()),
            (None, Some(review), Some(record)) => Some(Proof::Reviewed {
                record: record.clone(),
                account: review.account,
                commit: review.commit,
            }),
            _ => None,
        };
        Approval {
            person: self.person,
            decision: self.decision,
            at: self.at.0,
            evidence: self.evidence,
            assurance: self.assurance,
            rules: self.rules,
            proof,
        }
    }
}

impl SignedEntry {
    fn of(signed: &Signed, key: &PublicKey) -> Self {
        let statement = signed.statement.clone();
        Self {
            request: statement.request,
            path: statement.path,
            content: statement.content,
            blob: statement.blob,
            settings: statement.settings,
            repository: statement.repository,
            decision: statement.decision,
            person: statement.person,
            at: Moment(statement.at),
            expires: statement.expires.map(Moment),
            comment: statement.comment,
            key: key.clone(),
            signature: signed.signature.clone(),
        }
    }

    fn into_proof(self) -> Proof {
        let statement = Statement {
            request: self.request,
            path: self.path,
            content: self.content,
            blob: self.blob,
            settings: self.settings,
            repository: self.repository,
            decision: self.decision,
            person: self.person,
            at: self.at.0,
            expires: self.expires.map(|at| at.0),
            comment: self.comment,
        };
        Proof::Signed {
            signed: Box::new(Signed {
                statement,
                signature: self.signature,
            }),
            key: self.key,
        }
    }
}
