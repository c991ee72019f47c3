//! What GitLab says, and what becomes of it.

use serde_json::{Value, json};

use super::server::{Answer, HERE, Routes, Server};
use super::*;
use crate::model::ReviewState;

fn ask(routes: Routes) -> Result<Merged, ForgeError> {
    super::ask(Forge::GitLab, &Server::start(routes))
}

fn changed(mut value: Value, key: &str, to: Value) -> Value {
    value[key] = to;
    value
}

#[test]
fn a_merged_merge_request_is_told_with_its_approvals_and_rules() {
    let server = Server::start(gitlab());
    let merged = super::ask(Forge::GitLab, &server).unwrap();
    assert_eq!(
        (merged.number, merged.head.as_str(), merged.author.as_str()),
        (7, HEAD, "ada")
    );
    assert_eq!(merged.merged_by.as_deref(), Some("grace"));
    assert_eq!(merged.merged_at.to_rfc3339(), "2026-03-02T10:00:00+00:00");
    let accounts: Vec<&str> = merged
        .reviews
        .iter()
        .map(|review| review.account.as_str())
        .collect();
    assert_eq!(accounts, ["alan", "grace"]);
    for review in &merged.reviews {
        assert_eq!(review.state, ReviewState::Approved);
        assert_eq!(
            (review.commit.as_deref(), review.blob.as_deref()),
            (Some(HEAD), Some(BLOB))
        );
    }
    let protection: Vec<String> = merged
        .protection
        .unwrap()
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    assert_eq!(
        protection,
        [
            "allow_force_push=false",
            "code_owner_approval_required=true",
            "push_access_levels=0",
            "merge_access_levels=40, user 12, group 5, deploy key 6",
        ]
    );
    let note = format!(
        "GitLab does not say which commit an approval was given for: the last commit of the merge request, {HEAD}, is taken \
         for it"
    );
    assert_eq!(merged.notes, [note]);
    for request in server.requests() {
        assert_eq!(request.header("private-token"), Some(TOKEN));
        assert_eq!(request.header("authorization"), None);
        assert_eq!(request.header("accept"), Some("application/json"));
    }
}

#[test]
fn all_pages_of_merge_requests_are_read() {
    let link = format!("<{HERE}{REQUESTS}?page=2>; rel=\"next\"");
    let open = changed(request(6), "state", json!("opened"));
    let routes = gitlab()
        .with(
            REQUESTS,
            [Answer::json(&json!([open])).header("Link", &link)],
        )
        .with_json(&format!("{REQUESTS}?page=2"), &json!([request(7)]));
    assert_eq!(ask(routes).unwrap().number, 7);
}

#[test]
fn approvals_without_a_moment_get_that_of_the_merge_with_a_note() {
    let approvals = json!({"approved_by": [{"user": {"username": "grace"}}, {"user": null}]});
    let merged = ask(gitlab().with_json(APPROVALS, &approvals)).unwrap();
    assert_eq!(merged.reviews[0].at, merged.merged_at);
    assert_eq!(merged.reviews.len(), 1);
    assert!(
        merged
            .notes
            .iter()
            .any(|note| note.contains("the moment of the merge is taken")),
        "{:?}",
        merged.notes
    );
    assert!(
        merged
            .notes
            .iter()
            .any(|note| note.contains("no longer exist")),
        "{:?}",
        merged.notes
    );
}

#[test]
fn without_approvals_nothing_is_said_of_their_commit() {
    let merged = ask(gitlab().with_json(APPROVALS, &json!({"approved_by": []}))).unwrap();
    assert_eq!((merged.reviews.len(), merged.notes.len()), (0, 0));
}

#[test]
fn the_bytes_of_a_commit_that_the_clone_lacks_are_asked_for() {
    let file = json!({"file_name": "a b.yaml", "blob_id": OTHER, "commit_id": HEAD, "content": ""});
    let wrong = changed(file.clone(), "commit_id", json!(OLD));
    for (answer, blob) in [
        (Answer::json(&file), Some(OTHER)),
        (Answer::json(&wrong), None),
        (Answer::status(404), None),
    ] {
        let server = Server::start(gitlab().with(&format!("{FILE}?ref={HEAD}"), [answer]));
        let merged = merged(&target(Forge::GitLab, &server, PATIENCE), &CONTENT, &|_| {
            None
        })
        .unwrap();
        assert_eq!(merged.reviews[0].blob.as_deref(), blob);
        assert_eq!(server.count(FILE), 1);
        let is_noted = merged
            .notes
            .iter()
            .any(|note| note.starts_with("what was reviewed in commit"));
        assert_eq!(is_noted, blob.is_none(), "{:?}", merged.notes);
    }
}

#[test]
fn the_merge_request_whose_merge_or_squash_made_the_commit_is_preferred() {
    let other = changed(request(6), "merge_commit_sha", json!(OLD));
    let squashed = changed(other.clone(), "squash_commit_sha", json!(COMMIT));
    let squashed = changed(squashed, "iid", json!(7));
    let merged = ask(gitlab().with_json(REQUESTS, &json!([other, squashed]))).unwrap();
    assert_eq!(merged.number, 7);
}

#[test]
fn a_fast_forward_made_its_last_commit() {
    let moved = changed(
        changed(request(7), "merge_commit_sha", Value::Null),
        "sha",
        json!(COMMIT),
    );
    let other = changed(request(6), "merge_commit_sha", json!(OLD));
    let merged = ask(gitlab().with_json(REQUESTS, &json!([moved, other]))).unwrap();
    assert_eq!((merged.number, merged.head.as_str()), (7, COMMIT));
    assert_eq!(merged.reviews[0].blob.as_deref(), Some(BLOB));
}

#[test]
fn a_direct_push_another_branch_and_several_are_told_apart() {
    let other = |number| changed(request(number), "merge_commit_sha", json!(OLD));
    let elsewhere = changed(request(6), "target_branch", json!("next"));
    let refused = |requests: Value| ask(gitlab().with_json(REQUESTS, &requests)).unwrap_err();
    let error = refused(json!([]));
    assert!(matches!(error, ForgeError::NotMerged { .. }), "{error:?}");
    let error = refused(json!([elsewhere]));
    assert!(matches!(error, ForgeError::OtherBranch { .. }), "{error:?}");
    let error = refused(json!([other(8), other(7)]));
    assert!(
        matches!(&error, ForgeError::Ambiguous { numbers, .. } if numbers == &[7, 8]),
        "{error:?}"
    );
}

#[test]
fn rules_that_cannot_be_read_are_a_note() {
    let merged = ask(gitlab().with(PROTECTED, [Answer::status(403)])).unwrap();
    assert_eq!(merged.protection, None);
    assert!(
        merged
            .notes
            .iter()
            .any(|note| note.contains("the rules of the branch")),
        "{:?}",
        merged.notes
    );
}
