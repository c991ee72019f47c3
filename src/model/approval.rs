//! Approvals: who decided what, when, and how that is known.

use super::Instant;

/// What somebody decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The request may run.
    Approve,
    /// It may not.
    Reject,
}

/// What proves an approval.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The request's own list.
    Inline,
    /// The content is at the tip of the protected branch.
    #[default]
    Merge,
    /// A record of a pull request's reviews.
    Forge,
    /// Signatures over the content.
    Signature,
}

impl Evidence {
    /// The word of the files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::Merge => "merge",
            Self::Forge => "forge",
            Self::Signature => "signature",
        }
    }

    /// How far an approval with this evidence can be relied on.
    #[must_use]
    pub fn assurance(self) -> Assurance {
        match self {
            Self::Inline => Assurance::Claimed,
            Self::Merge => Assurance::Merged,
            Self::Forge => Assurance::Reviewed,
            Self::Signature => Assurance::Signed,
        }
    }
}

/// How far an approval can be relied on, weakest first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Assurance {
    /// The request says so of itself.
    Claimed,
    /// The branch's rules let it in.
    Merged,
    /// A forge recorded a review.
    Reviewed,
    /// A person signed it.
    Signed,
}

/// One decision of one person about one request.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The person's id; with `merge`, the committer as git names them.
    pub person: String,
    /// What they decided.
    pub decision: Decision,
    /// When.
    pub at: Instant,
    /// What proves it.
    pub evidence: Evidence,
    /// How far that can be relied on.
    pub assurance: Assurance,
}

/// What the rules and the evidence say of a request together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Where it stands.
    pub standing: Standing,
    /// When the last needed approval was given; `None` where none is needed or not enough have been given.
    pub at: Option<Instant>,
    /// How many people have to approve: the most that one rule asks for.
    pub required: u32,
    /// The decisions that count, oldest first.
    pub given: Vec<Approval>,
    /// The strongest evidence that a rule asks for; `None` where no approval is needed.
    pub evidence: Option<Evidence>,
}

impl Verdict {
    /// Nobody has approved, and nothing is known of who should.
    #[must_use]
    pub fn pending() -> Self {
        Self {
            standing: Standing::Pending,
            at: None,
            required: 0,
            given: Vec::new(),
            evidence: None,
        }
    }
}

/// Where a request stands between its rules and its evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has approved.
    Pending,
    /// Not enough have.
    Partial,
    /// Every rule is met.
    Approved,
    /// Somebody who may has rejected it.
    Rejected,
}
