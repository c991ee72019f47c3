//! Why reviews do not count.

use crate::check::finding::Code;
use crate::model::{Forge, Review};

/// Why a review does not count.
pub(super) struct Uncounted {
    pub(super) code: Code,
    pub(super) why: &'static str,
    pub(super) hint: String,
}

impl Uncounted {
    pub(super) fn dismissed() -> Self {
        Self {
            code: Code::DismissedReview,
            why: "it was dismissed",
            hint: "if they still approve, let them review it again".to_owned(),
        }
    }

    pub(super) fn unknown(forge: Forge, account: &str) -> Self {
        let key = forge.word();
        Self {
            code: Code::UnknownAccount,
            why: "the account belongs to nobody of `people`",
            hint: format!("add `{key}: {account}` to the person whose account it is"),
        }
    }

    pub(super) fn author(forge: Forge) -> Self {
        Self {
            code: Code::AuthorApprover,
            why: match forge {
                Forge::GitHub => "they opened the pull request",
                Forge::GitLab => "they opened the merge request",
            },
            hint: "let somebody else review it".to_owned(),
        }
    }

    pub(super) fn stale(forge: Forge, review: &Review) -> Self {
        let is_known = review.commit.is_some() && review.blob.is_some();
        Self {
        code: Code::StaleReview,
        why: if is_known {
            "the commit that was reviewed has other content than what was merged"
        } else {
            "it could not be learned whether it is of the content that was merged"
        },
        hint: match forge {
            Forge::GitHub => {
                "have the request approved in a new pull request, by a review of its last commit"
            }
            Forge::GitLab => {
                "have the request approved in a new merge request, by a review of its last commit"
            }
        }
        .to_owned(),
    }
    }
}
