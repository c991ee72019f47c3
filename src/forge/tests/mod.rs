//! The room against servers on this machine.

mod github;
mod gitlab;
mod network;
mod server;
mod settings;

use std::time::Duration;

use serde_json::{Value, json};

use super::{Content, ForgeError, Merged, Target, merged};
use crate::model::Forge;
use server::{Routes, Server};

/// The commit that brought the content to the branch.
const COMMIT: &str = "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0";
/// The last commit of the pull or merge request.
const HEAD: &str = "4ead4ead4ead4ead4ead4ead4ead4ead4ead4ead";
/// An older commit of it.
const OLD: &str = "01d001d001d001d001d001d001d001d001d001d0";
/// The content's bytes.
const BLOB: &str = "b10bb10bb10bb10bb10bb10bb10bb10bb10bb10b";
/// Other bytes.
const OTHER: &str = "07e407e407e407e407e407e407e407e407e407e4";
const TOKEN: &str = "s3cr3t-t0ken";
const PATIENCE: Duration = Duration::from_secs(45);

const CONTENT: Content<'static> = Content {
    commit: COMMIT,
    branch: "origin/main",
    path: "acme/requests/a b.yaml",
    blob: BLOB,
};

fn target(forge: Forge, server: &Server, patience: Duration) -> Target {
    let project = match forge {
        Forge::GitHub => "acme/access",
        Forge::GitLab => "acme/teams/access",
    };
    Target::new(
        forge,
        Some(&server.url()),
        project,
        Some(TOKEN.to_owned()),
        patience,
    )
    .unwrap()
}

/// What a clone knows that has the last commit only.
#[expect(clippy::option_option, reason = "the room asks for it in this shape")]
fn clone(commit: &str) -> Option<Option<String>> {
    (commit == HEAD).then(|| Some(BLOB.to_owned()))
}

fn ask(forge: Forge, server: &Server) -> Result<Merged, ForgeError> {
    merged(&target(forge, server, PATIENCE), &CONTENT, &clone)
}

fn ask_briefly(forge: Forge, server: &Server, milliseconds: u64) -> Result<Merged, ForgeError> {
    let target = target(forge, server, Duration::from_millis(milliseconds));
    merged(&target, &CONTENT, &clone)
}

const PULLS: &str = "/repos/acme/access/commits/c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0/pulls";
const PULL: &str = "/repos/acme/access/pulls/7";
const REVIEWS: &str = "/repos/acme/access/pulls/7/reviews";
const CONTENTS: &str = "/repos/acme/access/contents/acme/requests/a%20b.yaml";
const PROTECTION: &str = "/repos/acme/access/branches/main/protection";

fn pull(number: u64) -> Value {
    json!({
        "number": number, "state": "closed", "title": "Give Ada access", "draft": false,
        "user": {"login": "ada", "id": 1}, "merged_by": {"login": "release-train[bot]", "id": 2},
        "merged_at": "2026-03-02T10:00:00Z", "merge_commit_sha": COMMIT,
        "head": {"ref": "give", "sha": HEAD}, "base": {"ref": "main", "sha": OLD},
    })
}

fn review(login: &str, state: &str, commit: &str, at: &str) -> Value {
    json!({"id": 80, "user": {"login": login, "id": 3}, "body": "ok", "state": state, "commit_id": commit, "submitted_at": at})
}

/// A pull request that Grace approved.
fn github() -> Routes {
    let reviews = json!([review("grace", "APPROVED", HEAD, "2026-03-02T09:00:00Z")]);
    let protection = json!({
        "required_pull_request_reviews": {"dismiss_stale_reviews": true, "require_code_owner_reviews": false,
            "required_approving_review_count": 2},
        "required_signatures": {"url": "https://x", "enabled": false}, "enforce_admins": {"enabled": true},
        "allow_force_pushes": {"enabled": "yes"},
    });
    Routes::default()
        .with_json(PULLS, &json!([pull(7)]))
        .with_json(PULL, &pull(7))
        .with_json(REVIEWS, &reviews)
        .with_json(PROTECTION, &protection)
}

const REQUESTS: &str = "/api/v4/projects/acme%2Fteams%2Faccess/repository/commits/c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0/merge_requests";
const APPROVALS: &str = "/api/v4/projects/acme%2Fteams%2Faccess/merge_requests/7/approvals";
const FILE: &str =
    "/api/v4/projects/acme%2Fteams%2Faccess/repository/files/acme%2Frequests%2Fa%20b.yaml";
const PROTECTED: &str = "/api/v4/projects/acme%2Fteams%2Faccess/protected_branches/main";

fn request(number: u64) -> Value {
    json!({
        "id": 99, "iid": number, "state": "merged", "sha": HEAD, "target_branch": "main", "source_branch": "give",
        "author": {"username": "ada", "id": 1}, "merged_by": {"username": "old", "id": 2},
        "merge_user": {"username": "grace", "id": 3}, "merged_at": "2026-03-02T11:00:00.123+01:00",
        "merge_commit_sha": COMMIT, "squash_commit_sha": null,
    })
}

/// A merge request that Grace and Alan approved.
fn gitlab() -> Routes {
    let approvals = json!({"iid": 7, "approvals_required": 2, "approved": true, "approved_by": [
        {"user": {"username": "grace", "id": 3}, "approved_at": "2026-03-02T09:30:00.000Z"},
        {"user": {"username": "alan", "id": 4}, "approved_at": "2026-03-02T09:00:00.000Z"},
    ]});
    let protection = json!({
        "id": 1, "name": "main", "allow_force_push": false, "code_owner_approval_required": true,
        "push_access_levels": [{"id": 1, "access_level": 0, "access_level_description": "No one", "user_id": null}],
        "merge_access_levels": [{"id": 2, "access_level": 40}, {"id": 3, "access_level": 40, "user_id": 12},
            {"id": 4, "access_level": null, "group_id": 5}, {"id": 5, "access_level": 40, "deploy_key_id": 6}],
    });
    Routes::default()
        .with_json(REQUESTS, &json!([request(7)]))
        .with_json(APPROVALS, &approvals)
        .with_json(PROTECTED, &protection)
}
