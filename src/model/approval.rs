//! Approvals: who decided what, when, and how that is known.

use super::{Instant, Proof};

/// What somebody decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The request may run.
    Approve,
    /// It may not.
    Reject,
}

impl Decision {
    /// The word of the files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }

    /// What somebody has done who decided so.
    #[must_use]
    pub fn past(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Reject => "rejected",
        }
    }
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
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
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
    /// The rules that it counts for, such as `user_onboarding` or `role ap-payer, stage finance`.
    pub rules: Vec<String>,
    /// What can be checked again later; none with `inline` and `merge`.
    #[serde(skip)]
    pub proof: Option<Proof>,
}

impl Approval {
    /// A decision as a source of evidence knows it: for no rule yet, and without more proof.
    #[must_use]
    pub fn new(person: String, decision: Decision, at: Instant, evidence: Evidence) -> Self {
        Self {
            person,
            decision,
            at,
            evidence,
            assurance: evidence.assurance(),
            rules: Vec::new(),
            proof: None,
        }
    }

    /// Whether both are the same decision, whatever rules they count for.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.person, self.decision, self.at, self.evidence)
            == (&other.person, other.decision, other.at, other.evidence)
    }
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
    /// What each rule asks for, and how far it is met: the control's first, then those of the roles.
    pub rules: Vec<RuleState>,
}

/// How far a rule is met, or a stage of one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RuleState {
    /// Which one, such as `user_onboarding` or `role ap-payer, stage finance`.
    pub rule: String,
    /// What has to prove an approval.
    pub evidence: Evidence,
    /// How many people have to approve.
    pub required: u32,
    /// Whose approval counts for it, oldest first.
    pub given: Vec<String>,
    /// The people and groups who may approve; empty where everybody of `people` may.
    pub approvers: Vec<super::PersonId>,
}

impl RuleState {
    /// How many approvals are missing.
    #[must_use]
    pub fn missing(&self) -> u32 {
        let given = u32::try_from(self.given.len()).unwrap_or(u32::MAX);
        self.required.saturating_sub(given)
    }
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
            rules: Vec::new(),
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
