//! A forge, asked about the merged pull or merge request that brought a commit to the protected branch.
//!
//! It asks GitHub or GitLab and gives back what they say; what that is worth is
//! not decided here, and nothing is written. All questions together have one bound of time. A token goes to the server of the
//! target and to no other: redirects and links to further pages are followed only there. Text that a forge hands over was
//! written by anybody, and is checked before it is handed on.

mod address;
mod blobs;
mod checked;
mod choice;
mod error;
mod fault;
mod github;
mod gitlab;
mod http;
mod retry;
mod target;

#[cfg(test)]
mod tests;

use crate::model::{Forge, Instant, Review};

pub use error::ForgeError;
pub use target::Target;

use blobs::Blobs;
use http::Client;

/// The content whose approval is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    /// The commit that brought it to the protected branch.
    pub commit: &'a str,
    /// That branch, as git is asked for it: `main`, `origin/main`.
    pub branch: &'a str,
    /// The path of its file in the tree.
    pub path: &'a str,
    /// The id that git gives its bytes.
    pub blob: &'a str,
}

/// What a forge says of the merged pull or merge request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// Its number.
    pub number: u64,
    /// The last commit of its own branch.
    pub head: String,
    /// The account that opened it; `ghost` where that no longer exists.
    pub author: String,
    /// The account that merged it, where the forge says so.
    pub merged_by: Option<String>,
    /// When it was merged.
    pub merged_at: Instant,
    /// Its reviews, oldest first; those that decide nothing are left out.
    pub reviews: Vec<Review>,
    /// The rules of the branch, as far as they could be read: a setting and its value each. `None` if they could not.
    pub protection: Option<Vec<(String, String)>>,
    /// What else is to be known, each as a sentence without a full stop.
    pub notes: Vec<String>,
}

/// Asks a forge about the merged pull or merge request that brought a content to its branch.
///
/// `blob_at` says what the local repository knows of the content's path in a commit: `None` if it does not have the commit,
/// `Some(None)` if the path is not in it. The forge is asked only about commits that are not there.
///
/// # Errors
///
/// [`ForgeError::NotMerged`], [`ForgeError::OtherBranch`] and [`ForgeError::Ambiguous`] if no one pull or merge request is the
/// answer; otherwise why the forge could not be asked. That the rules of the branch or an older commit cannot be read is no
/// error, but a note; that the time is over before all reviews are known is one.
pub fn merged(
    target: &Target,
    content: &Content<'_>,
    blob_at: &dyn Fn(&str) -> Option<Option<String>>,
) -> Result<Merged, ForgeError> {
    let client = Client::new(target)?;
    let mut blobs = Blobs::new(content, blob_at);
    match target.forge {
        Forge::GitHub => github::merged(&client, &target.project, content, &mut blobs),
        Forge::GitLab => gitlab::merged(&client, &target.project, content, &mut blobs),
    }
}

/// Keeps a note, once.
fn note(notes: &mut Vec<String>, text: String) {
    if !notes.contains(&text) {
        notes.push(text);
    }
}

/// The rules of a branch, as far as they can be read: that they cannot is worth a note, and no more.
fn protection_at<T: serde::de::DeserializeOwned>(
    client: &Client<'_>,
    path: &str,
    notes: &mut Vec<String>,
    settings: impl Fn(&T) -> Vec<(String, String)>,
) -> Option<Vec<(String, String)>> {
    match client.get::<T>(path) {
        Ok(found) => Some(settings(&found)),
        Err(error) => {
            let text = format!("the rules of the branch could not be read: {error}");
            note(notes, text);
            None
        }
    }
}

/// Keeps the name of an account that somebody has to have; `ghost` is what forges call those that are gone.
fn author(login: Option<&str>, notes: &mut Vec<String>) -> Option<String> {
    match login {
        Some(login) => checked::login(login),
        None => {
            note(
                notes,
                "the account of the author no longer exists".to_owned(),
            );
            Some("ghost".to_owned())
        }
    }
}

/// Keeps the name of the account that merged, if it can be one.
fn merger(login: Option<&str>, notes: &mut Vec<String>) -> Option<String> {
    let login = login?;
    let name = checked::login(login);
    if name.is_none() {
        note(
            notes,
            "the account that merged has a name that no account has, and is left out".to_owned(),
        );
    }
    name
}

/// Keeps the name of the account that gave a review, if it can be one.
fn reviewer(login: Option<&str>, notes: &mut Vec<String>) -> Option<String> {
    let Some(login) = login else {
        note(
            notes,
            "reviews by accounts that no longer exist are left out".to_owned(),
        );
        return None;
    };
    let name = checked::login(login);
    if name.is_none() {
        note(
            notes,
            "reviews by accounts with a name that no account has are left out".to_owned(),
        );
    }
    name
}
