//! What GitHub says of a pull request, in the shape of its REST API of version 2022-11-28.

use serde_json::{Value, json};

use super::Workspace;
use super::forge::server::{Answer, HERE, Routes, Server};
use super::forge::{How, Pull, fetch, forge_settings, grant, pull};
use super::git::merged_with;

/// The moment of the merge.
pub const MERGED_AT: &str = "2026-11-22T10:00:00Z";

/// The moment of the approval in [`approved_with`].
pub const APPROVED_AT: &str = "2026-11-21T10:00:00Z";

/// A world of these settings whose pull request Alice approved, and the forge that says so.
#[track_caller]
pub fn approved_with(settings: &str) -> (Workspace, Pull, Server) {
    let workspace = merged_with(settings);
    let pull = pull(&workspace, "grant", &[&grant()], How::Squash);
    let good = review("alice-park", "APPROVED", pull.head(), APPROVED_AT);
    let server = Server::start(routes(&pull, &[good]));
    (workspace, pull, server)
}

/// The same with the record fetched and merged.
#[track_caller]
pub fn recorded() -> (Workspace, Pull) {
    let (workspace, pull, server) = approved_with(&forge_settings());
    fetch(&workspace, &server, "github", &["--request", "grant"]).exits(0);
    workspace.git_commit("Record the reviews");
    (workspace, pull)
}

/// A review, by account, state, commit and moment.
pub fn review(login: &str, state: &str, commit: &str, at: &str) -> Value {
    json!({
        "id": 80, "node_id": "MDE3OlB1bGxSZXF1ZXN0UmV2aWV3ODA=", "user": user(login), "body": "", "state": state,
        "html_url": "https://github.com/acme/access/pull/7#pullrequestreview-80",
        "pull_request_url": "https://api.github.com/repos/acme/access/pulls/7",
        "_links": {"html": {"href": "https://github.com/acme/access/pull/7#pullrequestreview-80"}},
        "submitted_at": at, "commit_id": commit, "author_association": "MEMBER",
    })
}

/// What GitHub knows of a merged pull request that `dana-fox` opened, and its reviews.
pub fn routes(pull: &Pull, reviews: &[Value]) -> Routes {
    told(Routes::default(), "grant", pull, reviews)
}

/// The same for the pull request of some request, besides others.
pub fn told(routes: Routes, id: &str, pull: &Pull, reviews: &[Value]) -> Routes {
    let mut routes = routes
        .with_json(&pull_path(pull), &alone(pull))
        .with_json(&reviews_path(pull), &Value::from(reviews))
        .with_json(PROTECTION, &protection());
    for commit in &pull.made {
        routes = routes.with_json(&pulls_path(commit), &json!([listed(pull)]));
    }
    for (commit, blob) in &pull.commits {
        let path = format!("{}?ref={commit}", contents_path(id));
        routes = routes.with_json(&path, &contents(id, blob));
    }
    routes
}

/// Where the pull requests of a commit are listed.
pub fn pulls_path(commit: &str) -> String {
    format!("/repos/acme/access/commits/{commit}/pulls")
}

/// Where a pull request is.
pub fn pull_path(pull: &Pull) -> String {
    format!("/repos/acme/access/pulls/{}", pull.number)
}

/// Where its reviews are.
pub fn reviews_path(pull: &Pull) -> String {
    format!("{}/reviews", pull_path(pull))
}

/// Where the file of a request is.
pub fn contents_path(id: &str) -> String {
    format!("/repos/acme/access/contents/requests/{id}.yaml")
}

/// Where the rules of the branch are.
pub const PROTECTION: &str = "/repos/acme/access/branches/main/protection";

/// A refusal as GitHub words it.
pub fn refusal(status: u16, message: &str) -> Answer {
    let body = json!({
        "message": message, "documentation_url": "https://docs.github.com/rest", "status": status.to_string(),
    });
    Answer::text(status, &body.to_string())
}

/// A page of a list that is not the last.
pub fn page(items: &[Value], next: &str) -> Answer {
    let link = format!("<{HERE}{next}>; rel=\"next\", <{HERE}{next}>; rel=\"last\"");
    Answer::json(&Value::from(items)).header("Link", &link)
}

/// A pull request on its own page.
pub fn alone(pull: &Pull) -> Value {
    let mut value = listed(pull);
    let more = json!({
        "merged": true, "mergeable": null, "rebaseable": null, "mergeable_state": "unknown",
        "merged_by": user("release-train[bot]"), "comments": 0, "review_comments": 0, "maintainer_can_modify": false,
        "commits": pull.commits.len(), "additions": 6, "deletions": 0, "changed_files": 1,
    });
    let all = value.as_object_mut().expect("an object");
    all.extend(more.as_object().expect("an object").clone());
    value
}

/// A pull request in a list, which does not say who merged it.
pub fn listed(pull: &Pull) -> Value {
    let url = format!(
        "https://api.github.com/repos/acme/access/pulls/{}",
        pull.number
    );
    // After a rebase it is the last commit that the merge made.
    let made = &pull.tip;
    json!({
        "url": url, "id": 1, "node_id": "MDExOlB1bGxSZXF1ZXN0MQ==", "number": pull.number, "state": "closed",
        "locked": false, "title": "Ask for it", "user": user("dana-fox"), "body": null,
        "created_at": "2026-11-20T10:00:00Z", "updated_at": MERGED_AT, "closed_at": MERGED_AT, "merged_at": MERGED_AT,
        "merge_commit_sha": made, "assignee": null, "assignees": [], "requested_reviewers": [], "requested_teams": [],
        "labels": [], "milestone": null, "draft": false,
        "head": {"label": "acme:topic", "ref": "topic", "sha": pull.head(), "user": user("dana-fox"), "repo": null},
        "base": {"label": "acme:main", "ref": "main", "sha": pull.base, "user": user("acme"),
            "repo": {"id": 2, "name": "access", "full_name": "acme/access", "private": true}},
        "_links": {"self": {"href": url}}, "author_association": "MEMBER", "auto_merge": null, "active_lock_reason": null,
    })
}

fn contents(id: &str, blob: &str) -> Value {
    let path = format!("requests/{id}.yaml");
    json!({
        "name": format!("{id}.yaml"), "path": path, "sha": blob, "size": 150, "type": "file",
        "url": "https://api.github.com/x", "html_url": "https://github.com/x", "git_url": "https://api.github.com/y",
        "download_url": "https://raw.githubusercontent.com/x", "content": "bmFtZTogQSBjaGFuZ2UK\n", "encoding": "base64",
        "_links": {"self": "https://api.github.com/x", "git": "https://api.github.com/y", "html": "https://github.com/x"},
    })
}

fn protection() -> Value {
    json!({
        "url": "https://api.github.com/x",
        "required_pull_request_reviews": {"url": "https://api.github.com/y", "dismiss_stale_reviews": true,
            "require_code_owner_reviews": false, "required_approving_review_count": 1,
            "require_last_push_approval": false},
        "required_signatures": {"url": "https://api.github.com/z", "enabled": false},
        "enforce_admins": {"url": "https://api.github.com/a", "enabled": true},
        "required_linear_history": {"enabled": false}, "allow_force_pushes": {"enabled": false},
        "allow_deletions": {"enabled": false},
    })
}

fn user(login: &str) -> Value {
    json!({
        "login": login, "id": 3, "node_id": "MDQ6VXNlcjM=", "avatar_url": "https://avatars.githubusercontent.com/u/3",
        "url": format!("https://api.github.com/users/{login}"), "type": "User", "site_admin": false,
    })
}
