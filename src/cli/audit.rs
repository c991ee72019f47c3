//! Checking the approvals of change logs again, from what is in the repository alone.

use std::collections::{BTreeMap, BTreeSet};

use super::approvals::is_good_record;
use super::context::{Context, SETTINGS};
use super::error::Error;
use super::load::Repository;
use crate::approval::lacking;
use crate::document::source::Source;
use crate::document::{approval, armor, forge, settings};
use crate::git::{Check, Ssh};
use crate::model::{
    AccessType, Approval, ChangeLog, ChangeType, Digest, EmployeeChange, Evidence, Proof,
    PublicKey, RequestId, RequestReference, Settings, Signed,
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
    /// Of the first two, those whose person no settings here name any more: there the log alone ties them to the person.
    pub untied: u64,
    /// What is wrong, by serial.
    #[serde(skip)]
    problems: Vec<(u64, String)>,
}

/// A signature that is to be checked.
struct Question {
    serial: u64,
    person: String,
    key: PublicKey,
    message: Vec<u8>,
    signature: String,
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
    let policies = read.iter().map(|log| log.policy).collect();
    let versions = Versions::read(context, policies)?;
    let mut audit = Audit::default();
    let mut questions = Vec::new();
    let mut seen: BTreeMap<&RequestId, Vec<&Approval>> = BTreeMap::new();
    for log in &read {
        let Some(request) = &log.request else {
            continue;
        };
        let tie = versions.of(log);
        audit.rules(log, &tie);
        let seen = seen.entry(&request.id).or_default();
        for approval in &log.approvals {
            // An approval had to hold when the access was given, and not when it ended.
            let is_repeated =
                log.change_type == ChangeType::TemporaryAccessEnded && seen.contains(&approval);
            let tie = if is_repeated { &Tie::Inherited } else { &tie };
            audit.approval(log, approval, request, tie, &mut questions)?;
            if !seen.contains(&approval) {
                seen.push(approval);
            }
        }
    }
    audit.check(&questions)?;
    audit.finish()
}

impl Audit {
    /// Whether the approvals of a log are what the rules of that time asked for.
    fn rules(&mut self, log: &ChangeLog, tie: &Tie<'_>) {
        let access_type = match log.change_type {
            ChangeType::UserOnboarding => AccessType::RoleAdditions,
            ChangeType::UserOffboarding => AccessType::RoleReductions,
            ChangeType::TemporaryAccessGranted => AccessType::TemporaryAccess,
            ChangeType::TemporaryAccessEnded
            | ChangeType::UserRoleAssignmentChange
            | ChangeType::Baseline => return,
        };
        let Tie::Settings(settings, _) = tie else {
            return;
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
        questions: &mut Vec<Question>,
    ) -> Result<(), Error> {
        let found = match (approval.evidence, &approval.proof, tie) {
            (Evidence::Inline | Evidence::Merge, _, _) => {
                self.claimed += 1;
                return Ok(());
            }
            (_, _, Tie::Lost) => Err(
                "the settings that it was given under are not in the history of the branch"
                    .to_owned(),
            ),
            (Evidence::Signature, Some(Proof::Signed { signed, key }), _) => {
                signature(approval, signed, key, request, tie).map(|question| {
                    questions.push(Question {
                        serial: log.serial,
                        ..question
                    });
                })
            }
            (
                Evidence::Forge,
                Some(Proof::Reviewed {
                    record,
                    account,
                    commit,
                }),
                _,
            ) => {
                self.reviewed += 1;
                review(approval, record, (account, commit), request, tie)?
            }
            _ => Err("the log has nothing that proves it".to_owned()),
        };
        match found {
            Ok(()) if matches!(tie, Tie::Unknown) => self.untied += 1,
            Ok(()) => {}
            Err(why) => {
                let person = &approval.person;
                self.problems.push((
                    log.serial,
                    format!("the approval of {person} does not hold: {why}"),
                ));
            }
        }
        Ok(())
    }

    fn check(&mut self, questions: &[Question]) -> Result<(), Error> {
        if questions.is_empty() {
            return Ok(());
        }
        let checks: Vec<_> = questions
            .iter()
            .map(|question| Check {
                person: &question.person,
                key: &question.key,
                namespace: approval::NAMESPACE,
                message: &question.message,
                signature: &question.signature,
            })
            .collect();
        for (question, is_good) in questions.iter().zip(Ssh::find()?.verify(&checks)?) {
            if is_good {
                self.signed += 1;
            } else {
                let person = &question.person;
                let message = format!(
                    "the approval of {person} does not hold: its signature is over something else"
                );
                self.problems.push((question.serial, message));
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
        Err(
            Error::integrity(format!("change log {serial}: {message}{more}"))
                .hint("restore state/changelog from version control, and find out who changed it"),
        )
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
    let claims = armor::read(&signed.signature).ok_or("its signature is damaged")?;
    if claims.namespace != approval::NAMESPACE || claims.key != *key {
        return Err("its signature is by another key, or for something else".to_owned());
    }
    if let Tie::Settings(settings, identity) = tie {
        if settings.person_of_key(key) != Some(&statement.person) {
            return Err("its key was none of theirs in the settings of that time".to_owned());
        }
        if settings.revoked(key).is_some() {
            return Err("its key was revoked in the settings of that time".to_owned());
        }
        if let Some(identity) = identity
            && statement.repository != *identity
        {
            return Err("what was signed belongs to another repository".to_owned());
        }
    }
    Ok(Question {
        serial: 0,
        person: approval.person.clone(),
        key: key.clone(),
        message: approval::message(statement),
        signature: signed.signature.clone(),
    })
}

/// Whether a logged review stands in the record that the log embeds.
fn review(
    approval: &Approval,
    text: &str,
    (account, commit): (&str, &str),
    request: &RequestReference,
    tie: &Tie<'_>,
) -> Result<Result<(), String>, Error> {
    let source = Source::new("forge_record", text.as_bytes().to_vec(), forge::LIMIT);
    let read = source.ok().and_then(|source| forge::read(&source).ok());
    let Some(stored) = read else {
        return Ok(Err("the record of the forge cannot be read".to_owned()));
    };
    let record = &stored.record;
    let has_review = record.reviews.iter().any(|review| {
        (review.account.as_str(), review.at) == (account, approval.at)
            && review.commit.as_deref() == Some(commit)
            && review.blob.as_ref() == Some(&record.blob)
    });
    let parts = [
        ("request", record.request == request.id),
        ("content", record.content == request.content),
        ("review", has_review),
    ];
    if let Some((part, _)) = parts.iter().find(|(_, fits)| !fits) {
        return Ok(Err(format!(
            "the record of the forge is about another {part}"
        )));
    }
    let Tie::Settings(settings, _) = tie else {
        return Ok(Ok(()));
    };
    let person = settings.person_of_account(record.forge, account);
    if person.is_none_or(|person| person.as_str() != approval.person) {
        return Ok(Err(
            "the account was not theirs in the settings of that time".to_owned(),
        ));
    }
    let is_good = match (&settings.approval.forge_key, &stored.signature) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(key), Some(signature)) => is_good_record(key, record, signature)?,
    };
    Ok(if is_good {
        Ok(())
    } else {
        Err("the record of the forge is not signed with the forge key of that time".to_owned())
    })
}

/// What ties the proofs of a log to people.
enum Tie<'a> {
    /// The settings that the log was made under, and what approvals were bound to then, where that is known.
    Settings(&'a Settings, Option<String>),
    /// An earlier log ties them.
    Inherited,
    /// They are not here, and nothing says that they should be.
    Unknown,
    /// They should be in the history of the branch, and are not.
    Lost,
}

/// The settings that logs were made under.
struct Versions {
    known: BTreeMap<Digest, Settings>,
    /// What approvals are bound to where the settings give no name.
    first_commit: Option<String>,
    has_history: bool,
}

impl Versions {
    /// Finds the settings with these digests: in the work tree, or in the history of the protected branch.
    fn read(context: &Context, mut wanted: BTreeSet<Digest>) -> Result<Self, Error> {
        let mut versions = Self {
            known: BTreeMap::new(),
            first_commit: None,
            has_history: false,
        };
        if wanted.is_empty() {
            return Ok(versions);
        }
        let repository = Repository::open_history(context)?;
        let history = repository.settings_versions()?;
        versions.has_history = history.is_some();
        versions.first_commit = repository.first_commit()?;
        if wanted.remove(&repository.policy) {
            let settings = repository.settings.clone();
            versions.known.insert(repository.policy, settings);
        }
        for bytes in history.into_iter().flatten() {
            let digest = Digest::of(&bytes);
            if !wanted.remove(&digest) {
                continue;
            }
            let source = Source::new(SETTINGS, bytes, settings::LIMIT);
            if let Ok(document) = source
                .map_err(|finding| vec![finding])
                .and_then(|source| settings::read(&source))
            {
                versions.known.insert(digest, document.settings);
            }
        }
        Ok(versions)
    }

    fn of(&self, log: &ChangeLog) -> Tie<'_> {
        match self.known.get(&log.policy) {
            Some(settings) => {
                let name = settings.repository.clone();
                Tie::Settings(settings, name.or_else(|| self.first_commit.clone()))
            }
            None if self.has_history && log.branch.is_some() => Tie::Lost,
            None => Tie::Unknown,
        }
    }
}
