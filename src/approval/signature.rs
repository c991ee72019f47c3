//! Signed approvals: which of them are to be checked, and what the checked ones decide.
//!
//! Whether a signature is good is for somebody else to say; here is only what it would have to be good for.

use std::collections::BTreeMap;

use super::source::{Source, Subject};
use crate::check::finding::{Code, Finding, Place};
use crate::model::{
    Approval, Decision, Digest, Evidence, PersonId, Proof, PublicKey, RequestId, Settings, Signed,
};
use crate::time::rfc3339;

/// A signed decision as a file of the repository presents it.
#[derive(Debug, Clone)]
pub struct Presented {
    /// The file, relative to the access repository.
    pub path: String,
    /// The person after whom the file is named.
    pub person: PersonId,
    /// Where in the file it stands.
    pub place: Option<Place>,
    /// The decision and its signature.
    pub signed: Signed,
    /// The key and the namespace that the signature claims; `None` if it is none.
    pub claims: Option<(PublicKey, String)>,
}

impl Presented {
    fn refused(&self, code: Code, message: String, hint: &str) -> Finding {
        Finding::warning(code, message)
            .in_file(&self.path)
            .at(self.place.clone())
            .hint(hint)
    }

    /// The person's key that the signature has to be good for.
    ///
    /// # Errors
    ///
    /// Why it cannot be good, whatever the signature is: it names somebody else, another purpose, a key that is none of theirs, or a
    /// revoked one. A rejection by a revoked key stands.
    pub fn key(&self, settings: &Settings, namespace: &str) -> Result<&PublicKey, Finding> {
        let (person, says) = (&self.person, &self.signed.statement.person);
        if person != says {
            let message = format!("the file is named after {person}, and the decision says {says}");
            let hint = "each person's decisions stand in a file of their own; approve again";
            return Err(self.refused(Code::ForeignApproval, message, hint));
        }
        let Some((key, made_for)) = &self.claims else {
            let message = format!(
                "the signature of {person} is damaged, or what it is over is not as it was written"
            );
            let hint = "have them approve again; git's history says who changed the file";
            return Err(self.refused(Code::BadSignature, message, hint));
        };
        if made_for != namespace {
            let message = format!(
                "the signature of {person} was made for {made_for:?}, not for {namespace:?}"
            );
            let hint = "sign with `rolecall approve`";
            return Err(self.refused(Code::OtherNamespace, message, hint));
        }
        let rejects = self.signed.statement.decision == Decision::Reject;
        if let Some(revoked) = settings.revoked(key) {
            // Nobody is let in by a no: it stands until they say yes with another key.
            if rejects {
                return Ok(key);
            }
            let (since, reason) = (&revoked.since, &revoked.reason);
            let message = format!(
                "{person} signed with a revoked key ({}; since {since}: {reason})",
                key.fingerprint()
            );
            let hint = "have them approve again with another key";
            return Err(self.refused(Code::KeyRevoked, message, hint));
        }
        let owner = settings.person_of_key(key);
        if owner != Some(person) {
            let whose = owner.map(|owner| format!(", but of {owner}"));
            let message = format!(
                "{} is no key of {person}{}",
                key.fingerprint(),
                whose.unwrap_or_default()
            );
            let hint = "add it to `people` on the protected branch if it is theirs, or approve with a key that is";
            return Err(self.refused(Code::KeyUnknown, message, hint));
        }
        Ok(key)
    }

    /// Why a good signature does not count for a request, if so.
    #[must_use]
    pub fn misplaced(&self, id: &RequestId, repository: Option<&str>) -> Option<Finding> {
        let statement = &self.signed.statement;
        let person = &self.person;
        if statement.request != *id {
            let other = &statement.request;
            let message =
                format!("{person} signed a decision about request {other}, not about {id}");
            let hint = "have them decide about this request; a signature cannot be moved";
            return Some(self.refused(Code::OtherRequest, message, hint));
        }
        match repository {
            Some(repository) if statement.repository == repository => None,
            Some(repository) => {
                let other = &statement.repository;
                let message = format!(
                    "{person} signed a decision in repository {other:?}, and this is {repository:?}"
                );
                let hint = "have them approve here; what binds is `repository` of the settings, or the first commit";
                Some(self.refused(Code::OtherRepository, message, hint))
            }
            None => {
                let message = "approvals cannot be bound to this repository: it has no name and is not in git";
                let hint = "set `repository: NAME` in rolecall.yaml";
                Some(self.refused(Code::OtherRepository, message.to_owned(), hint))
            }
        }
    }

    fn stale(&self, content: Digest) -> Finding {
        let statement = &self.signed.statement;
        let did = statement.decision.past();
        let (person, at) = (&self.person, rfc3339(statement.at));
        let message = format!(
            "{person} {did} other content of this request at {at} ({}); it is {} now",
            short(statement.content),
            short(content)
        );
        let hint = "have them look at the change and decide again, or put the file back as it was";
        let finding = self.refused(Code::OtherContent, message, hint);
        match statement.decision {
            Decision::Approve => finding,
            // That a rejection is of old content holds nothing up.
            Decision::Reject => finding.at_most_a_note(),
        }
    }

    fn approval(self, key: PublicKey) -> Approval {
        let statement = &self.signed.statement;
        let person = self.person.as_str().to_owned();
        let approval = Approval::new(
            person,
            statement.decision,
            statement.at,
            Evidence::Signature,
        );
        Approval {
            proof: Some(Proof::Signed {
                signed: Box::new(self.signed),
                key,
            }),
            ..approval
        }
    }
}

/// Enough of a digest to tell two apart.
fn short(digest: Digest) -> String {
    digest.to_string().chars().take(19).collect()
}

/// Signed decisions, checked, by request.
#[derive(Debug, Clone, Default)]
pub struct Signatures(BTreeMap<RequestId, Checked>);

#[derive(Debug, Clone, Default)]
struct Checked {
    content: Option<Digest>,
    decisions: Vec<Approval>,
    refused: Vec<Finding>,
}

impl Signatures {
    /// Takes in what was refused before a signature was looked at.
    pub fn refuse(&mut self, id: &RequestId, finding: Finding) {
        self.0.entry(id.clone()).or_default().refused.push(finding);
    }

    /// Takes in a request's decisions that were checked, each with the key that it was checked against and whether the signature
    /// is good. `repository` is what approvals here are bound to.
    pub fn add(
        &mut self,
        id: &RequestId,
        content: Digest,
        repository: Option<&str>,
        checked: Vec<(Presented, PublicKey, bool)>,
    ) {
        let entry = self.0.entry(id.clone()).or_default();
        entry.content = Some(content);
        let mut stale = Vec::new();
        for (presented, key, is_good) in checked {
            if !is_good {
                let message = format!(
                    "the signature of {} does not fit: something was changed after they signed",
                    presented.person
                );
                let hint = "have them approve again; git's history says who changed the file";
                let finding = presented.refused(Code::BadSignature, message, hint);
                entry.refused.push(finding);
            } else if let Some(finding) = presented.misplaced(id, repository) {
                entry.refused.push(finding);
            } else if presented.signed.statement.content != content {
                stale.push(presented);
            } else {
                entry.decisions.push(presented.approval(key));
            }
        }
        entry.decisions.sort_by_key(|decision| decision.at);
        // Who has looked at the request as it is now need not be reminded of what they said before.
        for presented in stale {
            let person = presented.person.as_str();
            if !entry.decisions.iter().any(|known| known.person == person) {
                entry.refused.push(presented.stale(content));
            }
        }
    }

    fn of(&self, subject: Subject<'_>) -> Option<&Checked> {
        let checked = self.0.get(subject.id)?;
        checked
            .content
            .is_none_or(|content| content == subject.content)
            .then_some(checked)
    }
}

impl Source for Signatures {
    fn evidence(&self) -> Evidence {
        Evidence::Signature
    }

    fn decisions(&self, subject: Subject<'_>) -> Vec<Approval> {
        let checked = self.of(subject);
        checked
            .map(|checked| checked.decisions.clone())
            .unwrap_or_default()
    }

    fn refused(&self, subject: Subject<'_>) -> Vec<Finding> {
        let checked = self.of(subject);
        checked
            .map(|checked| checked.refused.clone())
            .unwrap_or_default()
    }
}
