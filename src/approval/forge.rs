//! The reviews of a forge, as the records say that were fetched of them.

mod uncounted;
mod voices;

use std::collections::BTreeMap;

use uncounted::Uncounted;
use voices::voices;

use super::source::{Source, Subject};
use crate::check::finding::{Code, Finding};
use crate::model::{
    Approval, Decision, Digest, Evidence, Forge, ForgeRecord, PersonId, Proof, PublicKey,
    RequestId, Review, ReviewState, RevokedKey, Settings, StoredRecord,
};
use crate::time::rfc3339;

/// The records of forges, by request: what their reviews decide, and why some decide nothing.
#[derive(Debug, Clone)]
pub struct ForgeReviews {
    /// The person of each account, by forge and name in lower case.
    accounts: BTreeMap<(&'static str, String), PersonId>,
    block_own: bool,
    key: Option<PublicKey>,
    revoked: Option<RevokedKey>,
    repository: Option<String>,
    records: BTreeMap<RequestId, Filed>,
    refusals: BTreeMap<RequestId, Vec<Finding>>,
    notes: BTreeMap<RequestId, Vec<Finding>>,
}

/// A record where it was found.
#[derive(Debug, Clone)]
struct Filed {
    path: String,
    stored: StoredRecord,
    is_signed_well: Option<bool>,
}

/// What a record comes to for a request.
#[derive(Default)]
struct Weighed {
    decisions: Vec<Approval>,
    findings: Vec<Finding>,
}

impl ForgeReviews {
    /// No records yet. `repository` is what records have to belong to, as in a [`Statement`](crate::model::Statement); where it is
    /// not known, no record counts.
    #[must_use]
    pub fn new(settings: &Settings, repository: Option<&str>) -> Self {
        let mut accounts = BTreeMap::new();
        for (id, person) in &settings.people {
            for forge in [Forge::GitHub, Forge::GitLab] {
                if let Some(account) = person.account(forge) {
                    let known = accounts.entry(key_of(forge, account));
                    known.or_insert_with(|| id.clone());
                }
            }
        }
        let key = settings.approval.forge_key.clone();
        let revoked = key.as_ref().and_then(|key| settings.revoked(key));
        Self {
            accounts,
            block_own: settings.approval.block_own,
            revoked: revoked.cloned(),
            key,
            repository: repository.map(str::to_owned),
            records: BTreeMap::new(),
            refusals: BTreeMap::new(),
            notes: BTreeMap::new(),
        }
    }

    /// Adds the record that was found for a request, and the path of its file. Whoever adds it has compared its blob
    /// with git's, where there is one.
    ///
    /// `is_signed_well` says whether its signature is one of the settings' `forge_key` over it: `None` where it has no signature,
    /// or the settings no such key.
    pub fn add(
        &mut self,
        id: RequestId,
        path: impl Into<String>,
        stored: StoredRecord,
        is_signed_well: Option<bool>,
    ) {
        let filed = Filed {
            path: path.into(),
            stored,
            is_signed_well,
        };
        self.records.insert(id, filed);
    }

    /// Notes why what was found for a request is no record of it. Then nothing counts there, whatever record is added.
    pub fn refuse(&mut self, id: RequestId, findings: impl IntoIterator<Item = Finding>) {
        self.refusals.entry(id).or_default().extend(findings);
    }

    /// Notes what is worth knowing of a request's record, and changes nothing of what it decides.
    pub fn note(&mut self, id: RequestId, finding: Finding) {
        self.notes.entry(id).or_default().push(finding);
    }

    /// What the record of a request decides about content with this digest, and why some of it decides nothing.
    #[must_use]
    pub fn of(&self, id: &RequestId, content: Digest) -> (Vec<Approval>, Vec<Finding>) {
        let Weighed {
            decisions,
            findings,
        } = self.weigh(id, content);
        (decisions, findings)
    }

    fn weigh(&self, id: &RequestId, content: Digest) -> Weighed {
        if let Some(findings) = self.refusals.get(id) {
            return Weighed {
                findings: findings.clone(),
                ..Weighed::default()
            };
        }
        let Some(filed) = self.records.get(id) else {
            return Weighed::default();
        };
        let misfit = self
            .badly_signed(filed)
            .or_else(|| self.of_something_else(filed, id, content));
        if let Some(misfit) = misfit {
            return Weighed {
                findings: vec![misfit.in_file(filed.path.clone())],
                ..Weighed::default()
            };
        }
        self.reviews(filed)
    }

    /// Why the signature is not what the settings ask for, if so. Nothing that the record says is believed then.
    fn badly_signed(&self, filed: &Filed) -> Option<Finding> {
        match (&self.key, filed.is_signed_well, &self.revoked) {
            (_, Some(false), _) => {
                let message = "the signature of the record does not fit it";
                Some(Finding::warning(Code::BadSignature, message).hint(
                    "fetch it again with `rolecall evidence … --sign-key`; look in git's history who changed the file",
                ))
            }
            (Some(_), None, _) => {
                let message = "the record is not signed, and the settings ask for it";
                Some(Finding::warning(Code::UnsignedRecord, message).hint(
                    "fetch it again with `rolecall evidence … --sign-key`, and the key of `approval.forge_key`",
                ))
            }
            (Some(_), _, Some(revoked)) => {
                let message = format!(
                    "the key that the record is signed with was revoked as of {}: {}",
                    revoked.since, revoked.reason
                );
                Some(Finding::warning(Code::KeyRevoked, message).hint(
                    "name another key as `approval.forge_key`, and fetch the record again with `rolecall evidence … --sign-key`",
                ))
            }
            _ => None,
        }
    }

    /// What else the record is of, if so.
    fn of_something_else(&self, filed: &Filed, id: &RequestId, content: Digest) -> Option<Finding> {
        let record = &filed.stored.record;
        if record.request != *id {
            let message = format!("the record is of another request, {}", record.request);
            return Some(Finding::warning(Code::OtherRequest, message).hint(
                "remove the copy, and fetch the record of this request with `rolecall evidence`",
            ));
        }
        if self.repository.as_ref() != Some(&record.repository) {
            let message = match &self.repository {
                Some(here) => format!(
                    "the record belongs to the repository {}, and this one is {here}",
                    record.repository
                ),
                None => format!(
                    "the record belongs to the repository {}, and this one has no name",
                    record.repository
                ),
            };
            return Some(Finding::warning(Code::OtherRepository, message).hint(
                "fetch it here with `rolecall evidence`; `repository` of the settings is the name",
            ));
        }
        if record.content != content {
            return Some(self.of_other_content(record));
        }
        None
    }

    /// Who had approved the content that is gone.
    fn of_other_content(&self, record: &ForgeRecord) -> Finding {
        let approvals = voices(record).into_values().filter_map(|voice| {
            let last = voice.standing.last()?;
            let who = self.who(record, &last.account);
            let is_approval = last.state == ReviewState::Approved;
            is_approval.then(|| format!("{who} at {}", rfc3339(last.at)))
        });
        let approvals: Vec<_> = approvals.collect();
        let whom = if approvals.is_empty() {
            "nobody".to_owned()
        } else {
            approvals.join(", ")
        };
        let message = format!(
            "the record is of other content, which was merged at {} and approved by {whom}",
            rfc3339(record.merged_at)
        );
        Finding::warning(Code::OtherContent, message).hint(
            "have it approved again and fetch the new record with `rolecall evidence`, or put the file back as it was",
        )
    }

    fn reviews(&self, filed: &Filed) -> Weighed {
        let record = &filed.stored.record;
        let mut weighed = Weighed::default();
        for voice in voices(record).into_values() {
            let mut uncounted = Vec::new();
            if let Some(last) = voice.standing.last() {
                match self.decider(record, &last.account) {
                    Ok(person) => weighed.decisions.extend(
                        voice
                            .standing
                            .iter()
                            .map(|review| decision(filed, person, review)),
                    ),
                    Err(why) => uncounted.push((*last, why)),
                }
            }
            if voice.standing.is_empty() {
                uncounted.extend(
                    voice
                        .dismissed
                        .map(|review| (review, Uncounted::dismissed())),
                );
            }
            uncounted.extend(
                voice
                    .stale()
                    .map(|review| (review, Uncounted::stale(record.forge, review))),
            );
            let findings = uncounted.into_iter().map(|(review, why)| {
                let who = self.who(record, &review.account);
                let at = rfc3339(review.at);
                let message = format!("the review of {who} at {at} does not count: {}", why.why);
                Finding::warning(why.code, message)
                    .in_file(filed.path.clone())
                    .hint(why.hint)
            });
            weighed.findings.extend(findings);
        }
        weighed.decisions.sort_by_key(|decision| decision.at);
        weighed
    }

    /// The person of an account, unless that decides nothing.
    fn decider(&self, record: &ForgeRecord, account: &str) -> Result<&PersonId, Uncounted> {
        if self.block_own && account.eq_ignore_ascii_case(&record.author) {
            return Err(Uncounted::author(record.forge));
        }
        self.person(record.forge, account)
            .ok_or_else(|| Uncounted::unknown(record.forge, account))
    }

    fn person(&self, forge: Forge, account: &str) -> Option<&PersonId> {
        self.accounts.get(&key_of(forge, account))
    }

    /// An account for messages, and whose it is.
    fn who(&self, record: &ForgeRecord, account: &str) -> String {
        match self.person(record.forge, account) {
            Some(person) => format!("{person} (account {account})"),
            None => format!("account {account}"),
        }
    }
}

impl Source for ForgeReviews {
    fn evidence(&self) -> Evidence {
        Evidence::Forge
    }

    fn decisions(&self, subject: Subject<'_>) -> Vec<Approval> {
        self.weigh(subject.id, subject.content).decisions
    }

    fn refused(&self, subject: Subject<'_>) -> Vec<Finding> {
        let notes = self.notes.get(subject.id).into_iter().flatten();
        let findings = self.weigh(subject.id, subject.content).findings;
        notes.cloned().chain(findings).collect()
    }
}

fn key_of(forge: Forge, account: &str) -> (&'static str, String) {
    (forge.word(), account.to_ascii_lowercase())
}

fn decision(filed: &Filed, person: &PersonId, review: &Review) -> Approval {
    let decision = match review.state {
        ReviewState::Approved => Decision::Approve,
        ReviewState::ChangesRequested | ReviewState::Dismissed => Decision::Reject,
    };
    // A request for changes counts also where nobody knows of which commit: it proves nothing then, and need not.
    let proof = review.commit.clone().map(|commit| Proof::Reviewed {
        record: filed.stored.text.clone(),
        account: review.account.clone(),
        commit,
    });
    Approval {
        proof,
        ..Approval::new(
            person.as_str().to_owned(),
            decision,
            review.at,
            Evidence::Forge,
        )
    }
}

#[cfg(test)]
#[path = "forge_tests.rs"]
mod tests;
