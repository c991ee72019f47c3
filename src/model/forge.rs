//! Records of the reviews that a forge knows of.

use super::{Digest, Instant, RequestId};

/// A kind of forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Forge {
    /// GitHub, or GitHub Enterprise.
    GitHub,
    /// GitLab, or one that is hosted by its users.
    GitLab,
}

impl Forge {
    /// The word of the files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
        }
    }
}

/// What a forge said about the pull or merge request that brought a request's content to the protected branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgeRecord {
    /// Which kind of forge.
    pub forge: Forge,
    /// The root of its API.
    pub url: String,
    /// The project there: `OWNER/NAME`, or what GitLab knows it by.
    pub project: String,
    /// The repository that the record belongs to, as in a [`Statement`](super::Statement).
    pub repository: String,
    /// The change request.
    pub request: RequestId,
    /// Its file, relative to the access repository.
    pub path: String,
    /// The digest of its bytes.
    pub content: Digest,
    /// The id that git gives these bytes.
    pub blob: String,
    /// The commit that brought them to the protected branch.
    pub commit: String,
    /// The number of the pull or merge request.
    pub number: u64,
    /// The last commit of its own branch.
    pub head: String,
    /// The account that opened it.
    pub author: String,
    /// The account that merged it, where the forge says so.
    pub merged_by: Option<String>,
    /// When it was merged.
    pub merged_at: Instant,
    /// Its reviews, oldest first; those that decide nothing are left out.
    pub reviews: Vec<Review>,
    /// The rules of the branch, as far as they could be read: a setting and its value each. `None` if they could not.
    pub protection: Option<Vec<(String, String)>>,
    /// What else is to be known of it, such as that a forge does not say which commit was reviewed.
    pub notes: Vec<String>,
    /// When it was fetched.
    pub fetched: Instant,
}

/// A review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The account that gave it.
    pub account: String,
    /// What became of it.
    pub state: ReviewState,
    /// When it was given.
    pub at: Instant,
    /// The commit that was looked at; `None` where the forge does not say.
    pub commit: Option<String>,
    /// The id of the request's bytes in that commit; `None` where it has none, or that could not be learned.
    pub blob: Option<String>,
}

/// What became of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    /// It approves.
    Approved,
    /// It asks for changes.
    ChangesRequested,
    /// It was given, and taken away.
    Dismissed,
}

impl ReviewState {
    /// The word of the files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::ChangesRequested => "changes_requested",
            Self::Dismissed => "dismissed",
        }
    }
}

/// A record as it stands in the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// What it says.
    pub record: ForgeRecord,
    /// The signature of the settings' forge key over it, if it is signed.
    pub signature: Option<String>,
    /// The whole file.
    pub text: std::sync::Arc<str>,
}
