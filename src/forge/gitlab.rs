//! GitLab: version 4 of its REST API.

use serde::Deserialize;

use super::address::encoded;
use super::blobs::Blobs;
use super::choice::{Candidate, choose};
use super::http::{Client, odd};
use super::{Content, ForgeError, Merged, author, checked, merger, note, protection_at, reviewer};
use crate::model::{Instant, Review, ReviewState};

#[derive(Debug, Deserialize)]
struct User {
    username: String,
}

/// A merge request in the list of a commit.
#[derive(Debug, Deserialize)]
struct Request {
    iid: u64,
    state: String,
    sha: Option<String>,
    target_branch: String,
    author: Option<User>,
    merged_by: Option<User>,
    merge_user: Option<User>,
    merged_at: Option<String>,
    merge_commit_sha: Option<String>,
    squash_commit_sha: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Approvals {
    approved_by: Vec<Given>,
}

#[derive(Debug, Deserialize)]
struct Given {
    user: Option<User>,
    approved_at: Option<String>,
}

#[derive(Debug, Deserialize)]
struct File {
    blob_id: String,
    commit_id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Protection {
    allow_force_push: Option<bool>,
    code_owner_approval_required: Option<bool>,
    push_access_levels: Option<Vec<Access>>,
    merge_access_levels: Option<Vec<Access>>,
}

#[derive(Debug, Deserialize)]
struct Access {
    #[serde(rename = "access_level")]
    level: Option<u64>,
    #[serde(rename = "user_id")]
    user: Option<u64>,
    #[serde(rename = "group_id")]
    group: Option<u64>,
    #[serde(rename = "deploy_key_id")]
    deploy_key: Option<u64>,
}

/// What GitLab says of the merged merge request.
pub(super) fn merged(
    client: &Client<'_>,
    project: &str,
    content: &Content<'_>,
    blobs: &mut Blobs<'_>,
) -> Result<Merged, ForgeError> {
    let mut notes = Vec::new();
    let project = format!("/projects/{}", encoded(project));
    let commits = format!(
        "{project}/repository/commits/{}/merge_requests",
        encoded(content.commit)
    );
    let chosen = brought_by(client, &commits, content)?;
    let request = chosen.rest;
    let head = request.sha.as_deref().and_then(checked::object);
    let head = head.ok_or_else(|| odd(&commits, "the merge request has no last commit"))?;
    let merged_at = request.merged_at.as_deref().and_then(checked::moment);
    let merged_at =
        merged_at.ok_or_else(|| odd(&commits, "the merge request has no moment of its merge"))?;
    let by = request.merge_user.as_ref().or(request.merged_by.as_ref());
    let mut reviews = approvals(client, &project, &request, merged_at, &mut notes)?;
    if !reviews.is_empty() {
        let blob = blobs.of(&head, &mut notes, || {
            blob(client, &project, content.path, &head)
        })?;
        let what = "GitLab does not say which commit an approval was given for";
        note(
            &mut notes,
            format!("{what}: the last commit of the merge request, {head}, is taken for it"),
        );
        for review in &mut reviews {
            review.commit = Some(head.clone());
            review.blob.clone_from(&blob);
        }
    }
    Ok(Merged {
        number: chosen.number,
        head,
        author: author(name(request.author.as_ref()), &mut notes)
            .ok_or_else(|| odd(&commits, "the author has a name that no account has"))?,
        merged_by: merger(name(by), &mut notes),
        merged_at,
        reviews,
        protection: protection(client, &project, &chosen.branch, &mut notes),
        notes,
    })
}

/// The merged merge request that brought the commit to the branch.
fn brought_by(
    client: &Client<'_>,
    commits: &str,
    content: &Content<'_>,
) -> Result<Candidate<Request>, ForgeError> {
    let requests: Vec<Request> = client.list(&format!("{commits}?state=merged&per_page=100"))?;
    // Older versions of GitLab do not know the filter.
    let candidates = requests
        .into_iter()
        .filter(|request| request.state == "merged")
        .map(|request| Candidate {
            number: request.iid,
            branch: request.target_branch.clone(),
            is_made: is_made(&request, content.commit),
            rest: request,
        });
    choose(candidates.collect(), content)
}

/// Whether merging made this commit; a fast-forward makes none, and leaves the last commit at the tip.
fn is_made(request: &Request, commit: &str) -> bool {
    let made = [&request.merge_commit_sha, &request.squash_commit_sha];
    let is_fast_forward = made.iter().all(|made| made.is_none());
    made.into_iter().any(|made| made.as_deref() == Some(commit))
        || (is_fast_forward && request.sha.as_deref() == Some(commit))
}

/// The approvals, oldest first; their commit is not known yet.
fn approvals(
    client: &Client<'_>,
    project: &str,
    request: &Request,
    merged_at: Instant,
    notes: &mut Vec<String>,
) -> Result<Vec<Review>, ForgeError> {
    let path = format!("{project}/merge_requests/{}/approvals", request.iid);
    let approvals: Approvals = client.get(&path)?;
    let mut reviews = Vec::new();
    for given in approvals.approved_by {
        let Some(account) = reviewer(name(given.user.as_ref()), notes) else {
            continue;
        };
        let at = match given.approved_at.as_deref() {
            Some(at) => {
                checked::moment(at).ok_or_else(|| odd(&path, "an approval has no moment"))?
            }
            None => {
                let what = "GitLab does not say when an approval was given";
                note(
                    notes,
                    format!("{what}: the moment of the merge is taken for it"),
                );
                merged_at
            }
        };
        reviews.push(Review {
            account,
            state: ReviewState::Approved,
            at,
            commit: None,
            blob: None,
        });
    }
    reviews.sort_by_key(|review| review.at);
    Ok(reviews)
}

fn blob(
    client: &Client<'_>,
    project: &str,
    path: &str,
    commit: &str,
) -> Result<String, ForgeError> {
    let path = format!("{project}/repository/files/{}", encoded(path));
    let file: File = client.get(&format!("{path}?ref={commit}"))?;
    // Versions of GitLab are known that answer with the file of another commit.
    if file
        .commit_id
        .as_deref()
        .is_some_and(|answered| answered != commit)
    {
        return Err(odd(&path, "it is the file of another commit"));
    }
    checked::object(&file.blob_id).ok_or_else(|| odd(&path, "it has no id of its bytes"))
}

fn protection(
    client: &Client<'_>,
    project: &str,
    branch: &str,
    notes: &mut Vec<String>,
) -> Option<Vec<(String, String)>> {
    let path = format!("{project}/protected_branches/{}", encoded(branch));
    protection_at(client, &path, notes, settings)
}

fn settings(found: &Protection) -> Vec<(String, String)> {
    let flags = [
        ("allow_force_push", found.allow_force_push),
        (
            "code_owner_approval_required",
            found.code_owner_approval_required,
        ),
    ];
    let levels = [
        ("push_access_levels", &found.push_access_levels),
        ("merge_access_levels", &found.merge_access_levels),
    ];
    let flags = flags
        .into_iter()
        .filter_map(|(key, flag)| Some((key.to_owned(), flag?.to_string())));
    let levels = levels.into_iter().filter_map(|(key, levels)| {
        let shown: Vec<String> = levels.as_ref()?.iter().take(100).map(access).collect();
        Some((key.to_owned(), shown.join(", ")))
    });
    flags.chain(levels).collect()
}

/// Who it is that a branch lets in: `40` (a level), `user 7`, `group 7`, `deploy key 7`.
fn access(access: &Access) -> String {
    let numbered = |kind: &str, id: Option<u64>| id.map(|id| format!("{kind} {id}"));
    numbered("user", access.user)
        .or_else(|| numbered("group", access.group))
        .or_else(|| numbered("deploy key", access.deploy_key))
        .or_else(|| access.level.map(|level| level.to_string()))
        .unwrap_or_else(|| "unknown".to_owned())
}

fn name(user: Option<&User>) -> Option<&str> {
    user.map(|user| user.username.as_str())
}
