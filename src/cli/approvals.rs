//! The approvals that stand in files of their own, gathered and checked: signed ones, and reviews recorded from a forge.

use std::collections::BTreeMap;

use super::error::Error;
use super::load::Repository;
use crate::approval::{ForgeReviews, Presented, Signatures};
use crate::check::finding::{Code, Finding, Severity};
use crate::document::source::Source;
use crate::document::{approval, armor, forge};
use crate::git::{Check, Ssh};
use crate::model::{
    Digest, Evidence, PersonId, PublicKey, RequestId, Settings, Signed, StoredRecord,
};

/// The name of the file of reviews.
pub const FORGE_FILE: &str = "forge.yaml";

/// A file among a request's approvals.
#[derive(Debug)]
pub struct ApprovalFile {
    /// The request whose folder it is in.
    pub request: RequestId,
    /// Its name below that folder.
    pub name: String,
    /// Relative to the access repository.
    pub path: String,
    /// Its bytes; of a file over the limit at most one byte more than that.
    pub bytes: Vec<u8>,
}

/// A request whose approvals are asked for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Its id.
    pub id: RequestId,
    /// The digest of its bytes.
    pub content: Digest,
    /// Its file, relative to the access repository.
    pub path: String,
    /// Whether its file counts; where not, approvals of the work tree are shown.
    pub counts: bool,
}

/// The approvals of some requests.
#[derive(Debug)]
pub struct Gathered {
    /// Those that are signed.
    pub signatures: Signatures,
    /// Those that a forge knows of.
    pub reviews: ForgeReviews,
}

/// A signature that is to be checked, and what it would prove.
#[derive(Debug)]
pub struct Question {
    /// About which request.
    pub id: RequestId,
    /// What was signed, and the signature.
    pub presented: Presented,
    /// The key that it has to be good for.
    pub key: PublicKey,
}

/// Has signatures checked, all at once: each with its key and whether it is good, in their order.
///
/// # Errors
///
/// If ssh-keygen cannot say.
pub fn verified(questions: Vec<Question>) -> Result<Vec<(Presented, PublicKey, bool)>, Error> {
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let messages: Vec<_> = questions
        .iter()
        .map(|question| approval::message(&question.presented.signed.statement))
        .collect();
    let checks: Vec<_> = questions
        .iter()
        .zip(&messages)
        .map(|(question, message)| Check {
            person: question.presented.person.as_str(),
            key: &question.key,
            namespace: approval::NAMESPACE,
            message,
            signature: &question.presented.signed.signature,
        })
        .collect();
    let results = Ssh::find()?.verify(&checks)?;
    let checked = questions.into_iter().zip(results);
    Ok(checked
        .map(|(question, is_good)| (question.presented, question.key, is_good))
        .collect())
}

impl Gathered {
    /// Reads and checks the approvals of some requests, where a rule of the settings asks for any.
    ///
    /// # Errors
    ///
    /// If git or ssh-keygen cannot answer. What is refused is a finding of its request, and no error.
    pub fn of(repository: &Repository, wanted: &[Wanted]) -> Result<Self, Error> {
        let settings = &repository.settings;
        let asks = |evidence| settings.rules().any(|rule| rule.evidence == evidence);
        let mut gathered = Self {
            signatures: Signatures::default(),
            reviews: ForgeReviews::new(settings, None),
        };
        if wanted.is_empty() || !(asks(Evidence::Signature) || asks(Evidence::Forge)) {
            return Ok(gathered);
        }
        let mut questions = Vec::new();
        let (files, problems) = repository.approval_files(wanted)?;
        let identity = if files.is_empty() {
            None
        } else {
            repository.identity()?
        };
        gathered.reviews = ForgeReviews::new(settings, identity.as_deref());
        for (id, finding) in problems {
            gathered.problem(&id, finding);
        }
        for file in files {
            if file.name == FORGE_FILE {
                if asks(Evidence::Forge) {
                    gathered.review(repository, wanted, file)?;
                }
                continue;
            }
            let id = file.request.clone();
            match read_file(settings, file) {
                Ok(presented) => questions.extend(gathered.questions(settings, &id, presented)),
                Err(finding) => gathered.signatures.refuse(&id, finding),
            }
        }
        gathered.check(wanted, identity.as_deref(), questions)?;
        Ok(gathered)
    }

    /// Notes what cannot be read, or is not merged yet, with the kind of approval that it would be; with both where it is a folder.
    fn problem(&mut self, id: &RequestId, finding: Finding) {
        let path = finding.path.as_deref().unwrap_or_default();
        let name = path.split('/').nth(2);
        let is_record = name == Some(FORGE_FILE);
        if name.is_none() || is_record {
            if finding.severity == Severity::Note {
                self.reviews.note(id.clone(), finding.clone());
            } else {
                self.reviews.refuse(id.clone(), [finding.clone()]);
            }
        }
        if !is_record {
            self.signatures.refuse(id, finding);
        }
    }

    /// The signatures of a file that may be good; the others are refused.
    fn questions(
        &mut self,
        settings: &Settings,
        id: &RequestId,
        presented: Vec<Presented>,
    ) -> Vec<Question> {
        let mut questions = Vec::new();
        for presented in presented {
            match presented.key(settings, approval::NAMESPACE).cloned() {
                Ok(key) => questions.push(Question {
                    id: id.clone(),
                    presented,
                    key,
                }),
                Err(finding) => self.signatures.refuse(id, finding),
            }
        }
        questions
    }

    /// Has all signatures checked at once.
    fn check(
        &mut self,
        wanted: &[Wanted],
        identity: Option<&str>,
        questions: Vec<Question>,
    ) -> Result<(), Error> {
        let ids: Vec<_> = questions
            .iter()
            .map(|question| question.id.clone())
            .collect();
        let mut checked: BTreeMap<RequestId, Vec<_>> = BTreeMap::new();
        for (id, result) in ids.into_iter().zip(verified(questions)?) {
            checked.entry(id).or_default().push(result);
        }
        for wanted in wanted {
            if let Some(checked) = checked.remove(&wanted.id) {
                self.signatures
                    .add(&wanted.id, wanted.content, identity, checked);
            }
        }
        Ok(())
    }

    /// Takes in the record of a forge, its signature checked where the settings ask for one.
    fn review(
        &mut self,
        repository: &Repository,
        wanted: &[Wanted],
        file: ApprovalFile,
    ) -> Result<(), Error> {
        let record = Source::new(&*file.path, file.bytes, forge::LIMIT)
            .map_err(|finding| vec![forge::no_record(finding)])
            .and_then(|source| forge::read(&source));
        let record = match record {
            Ok(record) => record,
            Err(findings) => {
                self.reviews.refuse(file.request, findings);
                return Ok(());
            }
        };
        let about = wanted.iter().find(|wanted| wanted.id == file.request);
        if let Some(finding) = misfit(repository, about, &record) {
            let finding = finding.in_file(file.path);
            self.reviews.refuse(file.request, [finding]);
            return Ok(());
        }
        let is_good = match (&repository.settings.approval.forge_key, &record.signature) {
            (Some(key), Some(signature)) => Some(is_good_record(key, &record.record, signature)?),
            _ => None,
        };
        self.reviews.add(file.request, file.path, record, is_good);
        Ok(())
    }
}

/// Why the record of a forge cannot be one of a request, by what git and the settings know, if so.
fn misfit(
    repository: &Repository,
    about: Option<&Wanted>,
    record: &StoredRecord,
) -> Option<Finding> {
    let made_with = record.signature.as_deref().and_then(armor::read);
    let revoked = made_with.and_then(|claims| repository.settings.revoked(&claims.key).cloned());
    if let Some(revoked) = revoked {
        let (since, reason) = (revoked.since, revoked.reason);
        let message = format!("the record is signed with a revoked key (since {since}: {reason})");
        return Some(Finding::warning(Code::KeyRevoked, message).hint(
            "fetch it again with `rolecall evidence … --sign-key`, and the key of `approval.forge_key`",
        ));
    }
    let about = about.filter(|about| about.content == record.record.content)?;
    // The file may have been moved since it was merged.
    let blob = repository.merged_blob(&about.path)?;
    (blob != record.record.blob).then(|| {
        let message = "the record does not name what git has of the request at the tip";
        Finding::warning(Code::OtherContent, message)
            .hint("fetch it again with `rolecall evidence`")
    })
}

/// Whether the record of a forge is signed with a key.
pub fn is_good_record(
    key: &PublicKey,
    record: &crate::model::ForgeRecord,
    signature: &str,
) -> Result<bool, Error> {
    let message = forge::message(record);
    let check = Check {
        person: FORGE_SIGNER,
        key,
        namespace: forge::NAMESPACE,
        message: &message,
        signature,
    };
    Ok(Ssh::find()?.verify(&[check])? == [true])
}

/// What ssh-keygen is told to call the holder of the forge key.
const FORGE_SIGNER: &str = "forge";

/// What a signature claims: the key that made it, and what for.
fn claims_of(signed: &Signed) -> Option<(PublicKey, String)> {
    armor::read(&signed.signature).map(|claims| (claims.key, claims.namespace))
}

/// A decision that stands in no file of the work tree: one that was just made, or one of a log.
pub fn presented(signed: &Signed) -> Presented {
    Presented {
        path: String::new(),
        person: signed.statement.person.clone(),
        place: None,
        claims: claims_of(signed),
        signed: signed.clone(),
    }
}

/// The decisions of a person's file.
fn read_file(settings: &Settings, file: ApprovalFile) -> Result<Vec<Presented>, Finding> {
    let person = file
        .name
        .strip_suffix(".yaml")
        .and_then(|stem| PersonId::new(stem).ok())
        .filter(|person| settings.people.contains_key(person));
    let Some(person) = person else {
        let message = format!(
            "{:?} is not named after a person of rolecall.yaml",
            file.name
        );
        return Err(Finding::warning(Code::ForeignApproval, message)
            .in_file(file.path)
            .hint("the file is <person>.yaml, with an id of `people`; rename it or remove it"));
    };
    let source =
        Source::new(&*file.path, file.bytes, approval::LIMIT).map_err(|finding| Finding {
            code: Code::BadApproval,
            ..finding.at_most_a_warning()
        })?;
    let entries = approval::read(&source)?;
    Ok(entries
        .into_iter()
        .map(|entry| {
            let claims = claims_of(&entry.signed).filter(|_| entry.is_as_written);
            Presented {
                path: file.path.clone(),
                person: person.clone(),
                place: Some(entry.place),
                claims,
                signed: entry.signed,
            }
        })
        .collect())
}
