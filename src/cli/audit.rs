//! Checking the approvals of change logs again, from what is in the repository alone.

mod versions;

use std::collections::{BTreeMap, BTreeSet};

use versions::{Tie, Versions};

use super::approvals::{Question, is_good_record, presented, verified};
use super::context::Context;
use super::error::Error;
use crate::approval::{ForgeReviews, lacking};
use crate::document::source::Source;
use crate::document::{approval, forge};
use crate::model::{
    AccessType, Approval, ChangeLog, ChangeType, EmployeeChange, Evidence, Proof, PublicKey,
    RequestId, RequestReference, Settings, Signed,
};
use crate::reconcile::port::Logs as _;
use crate::store::logs::LogFolder;

/// What was found when logged approvals were checked again.
#[derive(Debug, Default, serde::Serialize)]
pub struct Audit {
    /// Signatures that hold.
    pub signed: u64,
    /// Reviews that stand in the record of their forge.
    pub reviewed: u64,
    /// Approvals that nothing in the repository can prove: evidence `inline` and `merge`.
    pub claimed: u64,
    /// Logs whose settings are not here: what ties their keys and accounts to people, and whether more approvals were asked for, the
    /// logs alone say.
    pub untied: u64,
    /// What is wrong, by serial.
    #[serde(skip)]
    problems: Vec<(u64, String)>,
}

/// Checks every logged approval again.
///
/// # Errors
///
/// Broken integrity that names the first log with an approval that does not hold; or if a log, git or ssh-keygen cannot be read or
/// run.
pub fn audit(context: &Context, logs: &LogFolder) -> Result<Audit, Error> {
    let mut read = Vec::new();
    for serial in logs.serials() {
        let log = logs.read(serial)?.log;
        if log.request.is_some() {
            read.push(log);
        }
    }
    let policies: BTreeSet<_> = read.iter().map(|log| log.policy).collect();
    let mut audit = Audit::default();
    if policies.is_empty() {
        return Ok(audit);
    }
    let versions = Versions::read(context, logs, policies)?;
    let mut questions = Vec::new();
    let mut seen: BTreeMap<&RequestId, Vec<&Approval>> = BTreeMap::new();
    for log in &read {
        let Some(request) = &log.request else {
            continue;
        };
        let tie = versions.of(log, log.approvals.iter().any(is_proved));
        audit.log(log, &tie);
        let seen = seen.entry(&request.id).or_default();
        for approval in &log.approvals {
            // An approval had to hold when the access was given, and not when it ended.
            let is_repeated =
                log.change_type == ChangeType::TemporaryAccessEnded && seen.contains(&approval);
            if !is_repeated {
                audit.approval(log, approval, request, &tie, &mut questions)?;
                seen.push(approval);
            }
        }
    }
    audit.check(questions)?;
    audit.finish()
}

/// Whether an approval has something to be checked by.
fn is_proved(approval: &Approval) -> bool {
    matches!(approval.evidence, Evidence::Signature | Evidence::Forge)
}

impl Audit {
    /// Whether the settings of a log are here, and its approvals are what they ask for.
    fn log(&mut self, log: &ChangeLog, tie: &Tie<'_>) {
        let settings = match tie {
            Tie::Settings(settings, _) => settings,
            Tie::Unknown => {
                self.untied += 1;
                return;
            }
            Tie::Lost(why) => {
                self.problems.push((log.serial, (*why).to_owned()));
                return;
            }
        };
        let access_type = match log.change_type {
            ChangeType::UserOnboarding => AccessType::RoleAdditions,
            ChangeType::UserOffboarding => AccessType::RoleReductions,
            ChangeType::TemporaryAccessGranted => AccessType::TemporaryAccess,
            ChangeType::TemporaryAccessEnded
            | ChangeType::UserRoleAssignmentChange
            | ChangeType::Baseline => return,
        };
        let touched = |change: &EmployeeChange| {
            let roles = &change.added() | &change.removed();
            &roles | &change.lent()
        };
        let roles: BTreeSet<_> = log.changes.iter().flat_map(touched).collect();
        if let Some(lacking) = lacking(settings, access_type, &roles, &log.approvals) {
            let message =
                format!("its approvals are not what the rules of that time asked for: {lacking}");
            self.problems.push((log.serial, message));
        }
    }

    fn approval(
        &mut self,
        log: &ChangeLog,
        approval: &Approval,
        request: &RequestReference,
        tie: &Tie<'_>,
        questions: &mut Vec<(u64, Question)>,
    ) -> Result<(), Error> {
        let found = match (approval.evidence, &approval.proof, tie) {
            (Evidence::Inline | Evidence::Merge, _, _) => {
                self.claimed += 1;
                Ok(())
            }
            // That is said of the whole log.
            (_, _, Tie::Lost(_)) => Ok(()),
            (Evidence::Signature, Some(Proof::Signed { signed, key }), _) => {
                let question = signature(approval, signed, key, request, tie);
                question.map(|question| questions.push((log.serial, question)))
            }
            (Evidence::Forge, Some(Proof::Reviewed { record, .. }), _) => {
                self.reviewed += 1;
                review(approval, record, request, tie)?
            }
            _ => Err("the log has nothing that proves it".to_owned()),
        };
        if let Err(why) = found {
            let person = &approval.person;
            let message = format!("the approval of {person} does not hold: {why}");
            self.problems.push((log.serial, message));
        }
        Ok(())
    }

    fn check(&mut self, asked: Vec<(u64, Question)>) -> Result<(), Error> {
        let (serials, questions): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
        for (serial, (presented, _, is_good)) in serials.into_iter().zip(verified(questions)?) {
            if is_good {
                self.signed += 1;
            } else {
                let person = presented.person;
                let message = format!(
                    "the approval of {person} does not hold: its signature is over something else"
                );
                self.problems.push((serial, message));
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Self, Error> {
        self.problems.sort();
        let Some((serial, message)) = self.problems.first() else {
            return Ok(self);
        };
        let more = match self.problems.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        let message = format!("change log {serial}: {message}{more}");
        Err(Error::integrity(message)
            .hint("restore state/changelog from version control, and find out who changed it"))
    }
}

/// What a log's signature has to say, and the question whether it says that.
fn signature(
    approval: &Approval,
    signed: &Signed,
    key: &PublicKey,
    request: &RequestReference,
    tie: &Tie<'_>,
) -> Result<Question, String> {
    let statement = &signed.statement;
    let parts = [
        ("request", statement.request == request.id),
        ("content", statement.content == request.content),
        ("person", statement.person.as_str() == approval.person),
        ("decision", statement.decision == approval.decision),
        ("moment", statement.at == approval.at),
    ];
    if let Some((part, _)) = parts.iter().find(|(_, fits)| !fits) {
        return Err(format!("what was signed is about another {part}"));
    }
    let presented = presented(signed);
    if presented.claims.as_ref() != Some(&(key.clone(), approval::NAMESPACE.to_owned())) {
        return Err("its signature is damaged, by another key, or for something else".to_owned());
    }
    if let Tie::Settings(settings, identity) = tie {
        presented
            .key(settings, approval::NAMESPACE)
            .map_err(|finding| format!("by the settings of that time, {}", finding.message))?;
        if let Some(finding) = presented.misplaced(&request.id, identity.as_deref()) {
            return Err(finding.message);
        }
    }
    Ok(Question {
        id: request.id.clone(),
        presented,
        key: key.clone(),
    })
}

/// Whether a logged review follows from the record that the log embeds.
fn review(
    approval: &Approval,
    text: &str,
    request: &RequestReference,
    tie: &Tie<'_>,
) -> Result<Result<(), String>, Error> {
    let source = Source::new("forge_record", text.as_bytes().to_vec(), forge::LIMIT).ok();
    let Some(stored) = source.and_then(|source| forge::read(&source).ok()) else {
        return Ok(Err("the record of the forge cannot be read".to_owned()));
    };
    let (settings, identity): (&Settings, _) = match tie {
        Tie::Settings(settings, identity) => (settings, identity.clone()),
        // Nothing says who an account belonged to; what can be seen is whether the record has such an approval.
        _ => {
            let account = account_of(approval);
            let has_review = stored.record.request == request.id
                && stored.record.content == request.content
                && stored.record.reviews.iter().any(|review| {
                    Some(review.account.as_str()) == account
                        && review.at == approval.at
                        && review.state.word() == "approved"
                });
            return Ok(if has_review {
                Ok(())
            } else {
                Err("the record of the forge has no such review".to_owned())
            });
        }
    };
    let is_good = match (&settings.approval.forge_key, &stored.signature) {
        (Some(key), Some(signature)) => Some(is_good_record(key, &stored.record, signature)?),
        _ => None,
    };
    let mut reviews = ForgeReviews::new(settings, identity.as_deref());
    reviews.add(request.id.clone(), "", stored, is_good);
    let (decisions, findings) = reviews.of(&request.id, request.content);
    let holds = decisions
        .iter()
        .any(|decision| decision.is_same(approval) && decision.proof == approval.proof);
    Ok(if holds {
        Ok(())
    } else {
        let why = findings.into_iter().next().map(|finding| finding.message);
        Err(why.unwrap_or_else(|| "the record of the forge has no such review".to_owned()))
    })
}

fn account_of(approval: &Approval) -> Option<&str> {
    match &approval.proof {
        Some(Proof::Reviewed { account, .. }) => Some(account),
        _ => None,
    }
}
