//! Signed approvals: what a person says, and what proves that they said it.

use super::{Decision, Digest, Instant, PersonId, PublicKey, RequestId};

/// What a person signs: a decision about exactly these bytes, here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The request.
    pub request: RequestId,
    /// Its file when it was signed, relative to the access repository. A request may be moved.
    pub path: String,
    /// The digest of its bytes.
    pub content: Digest,
    /// The id that git gives these bytes; `None` outside of git.
    pub blob: Option<String>,
    /// The digest of the settings under which the signer looked at it.
    pub settings: Digest,
    /// The repository that it belongs to: the settings' name for it, or `commit:` and the id of its first commit.
    pub repository: String,
    /// What they decided.
    pub decision: Decision,
    /// Who.
    pub person: PersonId,
    /// When, by their clock.
    pub at: Instant,
    /// After which moment it may not be used for the first time; `None` for never.
    pub expires: Option<Instant>,
    /// What they had to say about it.
    pub comment: Option<String>,
}

/// A statement with its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// What was said.
    pub statement: Statement,
    /// The signature, as `ssh-keygen -Y sign` prints it: lines that end with a line feed.
    pub signature: String,
}

/// What proves an approval, as far as it can be checked again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// A signature of the person, and the key that it was made with.
    Signed {
        /// What was said, and the signature over it.
        signed: Box<Signed>,
        /// The person's key.
        key: PublicKey,
    },
    /// A review in the record of a forge.
    Reviewed {
        /// The record, as it stood in the repository.
        record: std::sync::Arc<str>,
        /// The account that reviewed.
        account: String,
        /// The commit that was reviewed.
        commit: String,
    },
}
