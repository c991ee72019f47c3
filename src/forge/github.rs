//! GitHub: the REST API of version 2022-11-28.

use serde::Deserialize;
use serde_json::Value;

use super::address::{encoded, encoded_path};
use super::blobs::Blobs;
use super::choice::{Candidate, choose};
use super::http::{Client, odd};
use super::{Content, ForgeError, Merged, author, checked, merger, note, protection_at, reviewer};
use crate::model::{Review, ReviewState};

/// The settings of a branch that are kept, and where they stand.
const SETTINGS: [(&str, &str); 9] = [
    (
        "required_approving_review_count",
        "/required_pull_request_reviews/required_approving_review_count",
    ),
    (
        "dismiss_stale_reviews",
        "/required_pull_request_reviews/dismiss_stale_reviews",
    ),
    (
        "require_code_owner_reviews",
        "/required_pull_request_reviews/require_code_owner_reviews",
    ),
    (
        "require_last_push_approval",
        "/required_pull_request_reviews/require_last_push_approval",
    ),
    ("required_signatures", "/required_signatures/enabled"),
    (
        "required_linear_history",
        "/required_linear_history/enabled",
    ),
    ("enforce_admins", "/enforce_admins/enabled"),
    ("allow_force_pushes", "/allow_force_pushes/enabled"),
    ("allow_deletions", "/allow_deletions/enabled"),
];

#[derive(Debug, Deserialize)]
struct Account {
    login: String,
}

#[derive(Debug, Deserialize)]
struct Base {
    #[serde(rename = "ref")]
    name: String,
}

#[derive(Debug, Deserialize)]
struct Head {
    sha: String,
}

/// A pull request, in a list or on its own.
#[derive(Debug, Deserialize)]
struct Pull {
    number: u64,
    merged_at: Option<String>,
    merge_commit_sha: Option<String>,
    base: Base,
    head: Option<Head>,
    user: Option<Account>,
    merged_by: Option<Account>,
}

#[derive(Debug, Deserialize)]
struct Given {
    user: Option<Account>,
    state: String,
    commit_id: Option<String>,
    submitted_at: Option<String>,
}

#[derive(Debug, Deserialize)]
struct File {
    #[serde(rename = "type")]
    kind: String,
    sha: String,
}

/// What GitHub says of the merged pull request.
pub(super) fn merged(
    client: &Client<'_>,
    project: &str,
    content: &Content<'_>,
    blobs: &mut Blobs<'_>,
) -> Result<Merged, ForgeError> {
    let mut notes = Vec::new();
    let listed = brought_by(client, project, content)?;
    let path = format!("/repos/{project}/pulls/{}", listed.number);
    let pull: Pull = client.get(&path)?;
    let made = |pull: &Pull| pull.merge_commit_sha.clone();
    let differs = made(&pull)
        .zip(made(&listed.rest))
        .is_some_and(|(here, there)| here != there);
    if differs || (pull.number, &pull.base.name) != (listed.number, &listed.branch) {
        return Err(odd(&path, "it is not the pull request that the commit has"));
    }
    let merged_at = pull.merged_at.as_deref().and_then(checked::moment);
    let reviews = reviews(client, project, &path, content, blobs, &mut notes)?;
    Ok(Merged {
        number: pull.number,
        head: pull
            .head
            .and_then(|head| checked::object(&head.sha))
            .ok_or_else(|| odd(&path, "its last commit is none"))?,
        author: author(login(pull.user.as_ref()), &mut notes)
            .ok_or_else(|| odd(&path, "its author has a name that no account has"))?,
        merged_by: merger(login(pull.merged_by.as_ref()), &mut notes),
        merged_at: merged_at.ok_or_else(|| odd(&path, "it has no moment of its merge"))?,
        reviews,
        protection: protection(client, project, &listed.branch, &mut notes),
        notes,
    })
}

/// The merged pull request that brought the commit to the branch.
fn brought_by(
    client: &Client<'_>,
    project: &str,
    content: &Content<'_>,
) -> Result<Candidate<Pull>, ForgeError> {
    let commit = encoded(content.commit);
    let pulls: Vec<Pull> = client.list(&format!(
        "/repos/{project}/commits/{commit}/pulls?per_page=100"
    ))?;
    let candidates = pulls
        .into_iter()
        .filter(|pull| pull.merged_at.is_some())
        .map(|pull| Candidate {
            number: pull.number,
            branch: pull.base.name.clone(),
            is_made: pull.merge_commit_sha.as_deref() == Some(content.commit),
            rest: pull,
        });
    choose(candidates.collect(), content)
}

/// The reviews that decide something, oldest first.
fn reviews(
    client: &Client<'_>,
    project: &str,
    pull: &str,
    content: &Content<'_>,
    blobs: &mut Blobs<'_>,
    notes: &mut Vec<String>,
) -> Result<Vec<Review>, ForgeError> {
    let path = format!("{pull}/reviews");
    let given: Vec<Given> = client.list(&format!("{path}?per_page=100"))?;
    let mut reviews = Vec::new();
    for review in given {
        let Some(state) = state(&review.state, notes) else {
            continue;
        };
        let Some(account) = reviewer(login(review.user.as_ref()), notes) else {
            continue;
        };
        let at = review.submitted_at.as_deref().and_then(checked::moment);
        let at = at.ok_or_else(|| odd(&path, "a review has no moment"))?;
        let commit = review.commit_id.as_deref().and_then(checked::object);
        let blob = match &commit {
            Some(commit) => blobs.of(commit, notes, || {
                blob(client, project, content.path, commit)
            })?,
            None => {
                note(
                    notes,
                    format!("GitHub does not say which commit {account} reviewed"),
                );
                None
            }
        };
        reviews.push(Review {
            account,
            state,
            at,
            commit,
            blob,
        });
    }
    reviews.sort_by_key(|review| review.at);
    Ok(reviews)
}

/// What became of a review; `None` if it decides nothing.
fn state(word: &str, notes: &mut Vec<String>) -> Option<ReviewState> {
    match word {
        "APPROVED" => Some(ReviewState::Approved),
        "CHANGES_REQUESTED" => Some(ReviewState::ChangesRequested),
        "DISMISSED" => Some(ReviewState::Dismissed),
        "COMMENTED" | "PENDING" => None,
        _ => {
            note(
                notes,
                "reviews in a state that is not known here are left out".to_owned(),
            );
            None
        }
    }
}

fn blob(
    client: &Client<'_>,
    project: &str,
    path: &str,
    commit: &str,
) -> Result<String, ForgeError> {
    let path = format!("/repos/{project}/contents/{}", encoded_path(path));
    let file: File = client.get(&format!("{path}?ref={commit}"))?;
    if file.kind != "file" {
        return Err(odd(&path, "it is not a file"));
    }
    checked::object(&file.sha).ok_or_else(|| odd(&path, "it has no id of its bytes"))
}

fn protection(
    client: &Client<'_>,
    project: &str,
    branch: &str,
    notes: &mut Vec<String>,
) -> Option<Vec<(String, String)>> {
    let path = format!("/repos/{project}/branches/{}/protection", encoded(branch));
    protection_at(client, &path, notes, settings)
}

fn settings(found: &Value) -> Vec<(String, String)> {
    let setting = |(key, place): &(&str, &str)| {
        let value = found.pointer(place)?;
        let is_plain = value.is_boolean() || value.is_u64();
        is_plain.then(|| ((*key).to_owned(), value.to_string()))
    };
    SETTINGS.iter().filter_map(setting).collect()
}

fn login(account: Option<&Account>) -> Option<&str> {
    account.map(|account| account.login.as_str())
}
