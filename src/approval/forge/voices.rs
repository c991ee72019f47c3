//! What is left of reviews once later ones have been looked at.

use std::collections::BTreeMap;

use crate::model::{ForgeRecord, Review, ReviewState};

/// What is left of the reviews of one account.
#[derive(Default)]
pub(super) struct Voice<'a> {
    /// Approvals of the merged content and requests for changes, oldest first.
    pub(super) standing: Vec<&'a Review>,
    /// The last approval of other content, unless one of the merged content came later.
    stale: Option<&'a Review>,
    pub(super) dismissed: Option<&'a Review>,
}

impl<'a> Voice<'a> {
    /// The approval of other content that is worth a word: no other approval stands.
    pub(super) fn stale(&self) -> Option<&'a Review> {
        let last = self.standing.last();
        let approves = last.is_some_and(|review| review.state == ReviewState::Approved);
        self.stale.filter(|_| !approves)
    }
}

/// Whether the commit that was reviewed has the content that was merged.
fn is_of_merged(record: &ForgeRecord, review: &Review) -> bool {
    review.commit.is_some() && review.blob.as_ref() == Some(&record.blob)
}

/// What each account has said, by its name in lower case.
pub(super) fn voices(record: &ForgeRecord) -> BTreeMap<String, Voice<'_>> {
    let mut reviews: Vec<_> = record.reviews.iter().collect();
    reviews.sort_by_key(|review| review.at);
    let mut voices: BTreeMap<String, Voice<'_>> = BTreeMap::new();
    for review in reviews {
        let voice = voices
            .entry(review.account.to_ascii_lowercase())
            .or_default();
        match review.state {
            ReviewState::Dismissed => {
                *voice = Voice {
                    dismissed: Some(review),
                    ..Voice::default()
                };
            }
            ReviewState::ChangesRequested => voice.standing.push(review),
            ReviewState::Approved if is_of_merged(record, review) => {
                voice.standing.push(review);
                voice.stale = None;
            }
            ReviewState::Approved => voice.stale = Some(review),
        }
    }
    voices
}
