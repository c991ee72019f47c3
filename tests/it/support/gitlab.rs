//! What GitLab says of a merge request, in the shape of version 4 of its REST API.

use serde_json::{Value, json};

use super::forge::Pull;
use super::forge::server::{Answer, Routes};

/// Where the project is.
pub const PROJECT: &str = "/api/v4/projects/acme%2Faccess";

/// What merging left of a merge request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// A merge commit.
    Merge,
    /// A squashed commit, and no merge commit.
    Squash,
    /// Nothing: its last commit is the tip.
    FastForward,
}

/// An approval of an account at a moment, which GitLab says of no commit.
pub fn approval(username: &str, at: &str) -> Value {
    json!({"user": user(username), "approved_at": at})
}

/// What GitLab knows of a merged merge request that `dana.fox` opened, and its approvals.
pub fn routes(pull: &Pull, made: Made, approvals: &[Value]) -> Routes {
    let mut routes = Routes::default()
        .with_json(&approvals_path(pull), &approved_by(pull, approvals))
        .with_json(&format!("{PROJECT}/protected_branches/main"), &protection());
    for commit in &pull.made {
        routes = routes.with_json(&requests_path(commit), &json!([listed(pull, made)]));
    }
    for (commit, blob) in &pull.commits {
        let path = format!("{}?ref={commit}", file_path());
        routes = routes.with_json(&path, &file(commit, blob));
    }
    routes
}

/// Where the merge requests of a commit are listed.
pub fn requests_path(commit: &str) -> String {
    format!("{PROJECT}/repository/commits/{commit}/merge_requests")
}

/// Where the approvals of a merge request are.
pub fn approvals_path(pull: &Pull) -> String {
    format!("{PROJECT}/merge_requests/{}/approvals", pull.number)
}

/// Where the file of the request `grant` is.
pub fn file_path() -> String {
    format!("{PROJECT}/repository/files/requests%2Fgrant.yaml")
}

/// A refusal as GitLab words it.
pub fn refusal(status: u16, message: &str) -> Answer {
    Answer::text(status, &json!({"message": message}).to_string())
}

/// A file in a commit.
pub fn file(commit: &str, blob: &str) -> Value {
    json!({
        "file_name": "grant.yaml", "file_path": "requests/grant.yaml", "size": 150, "encoding": "base64",
        "content": "bmFtZTogQSBjaGFuZ2UK", "content_sha256": "0".repeat(64), "ref": commit, "blob_id": blob,
        "commit_id": commit, "last_commit_id": commit, "execute_filemode": false,
    })
}

/// A merge request in the list of a commit.
pub fn listed(pull: &Pull, made: Made) -> Value {
    let only = |kind: Made| (made == kind).then_some(&pull.tip);
    let sha = match made {
        Made::FastForward => &pull.tip,
        Made::Merge | Made::Squash => pull.head(),
    };
    json!({
        "id": 900, "iid": pull.number, "project_id": 42, "title": "Ask for it", "description": null, "state": "merged",
        "created_at": "2026-11-20T10:00:00.000Z", "updated_at": "2026-11-22T10:00:00.123Z",
        "merged_by": user("release.train"), "merge_user": user("release.train"),
        "merged_at": "2026-11-22T11:00:00.123+01:00", "closed_by": null, "closed_at": null,
        "target_branch": "main", "source_branch": "topic",
        "author": user("dana.fox"), "assignees": [], "assignee": null, "reviewers": [], "source_project_id": 42,
        "target_project_id": 42, "labels": [], "draft": false,
        "milestone": null, "merge_when_pipeline_succeeds": false, "merge_status": "can_be_merged",
        "detailed_merge_status": "not_open", "sha": sha, "merge_commit_sha": only(Made::Merge),
        "squash_commit_sha": only(Made::Squash), "discussion_locked": null, "should_remove_source_branch": true,
        "reference": format!("!{}", pull.number),
        "web_url": "https://gitlab.com/acme/access/-/merge_requests/7", "squash": made == Made::Squash,
        "has_conflicts": false,
    })
}

fn approved_by(pull: &Pull, approvals: &[Value]) -> Value {
    json!({
        "id": 900, "iid": pull.number, "project_id": 42, "title": "Ask for it", "description": "", "state": "merged",
        "created_at": "2026-11-20T10:00:00.000Z", "updated_at": "2026-11-22T10:00:00.123Z", "merge_status": "can_be_merged",
        "approved": true, "approvals_required": 1, "approvals_left": 0, "require_password_to_approve": false,
        "approved_by": approvals, "suggested_approvers": [], "approvers": [], "approver_groups": [],
        "user_has_approved": false, "user_can_approve": false, "approval_rules_left": [], "has_approval_rules": true,
    })
}

fn protection() -> Value {
    json!({
        "id": 1, "name": "main", "allow_force_push": false, "code_owner_approval_required": false,
        "push_access_levels": [{"id": 1, "access_level": 0, "access_level_description": "No one", "user_id": null,
            "group_id": null, "deploy_key_id": null}],
        "merge_access_levels": [{"id": 2, "access_level": 40, "access_level_description": "Maintainers",
            "user_id": null, "group_id": null}],
        "unprotect_access_levels": [],
    })
}

fn user(username: &str) -> Value {
    json!({
        "id": 3, "username": username, "name": "Somebody", "state": "active", "locked": false,
        "avatar_url": "https://gitlab.com/avatar.png", "web_url": format!("https://gitlab.com/{username}"),
    })
}
