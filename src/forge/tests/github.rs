//! What GitHub says, and what becomes of it.

use serde_json::{Value, json};

use super::server::{Answer, HERE, Routes, Server};
use super::*;
use crate::model::ReviewState;

const NINE: &str = "2026-03-02T09:00:00Z";
const HALF: &str = "2026-03-02T09:30:00Z";

fn ask(routes: Routes) -> Result<Merged, ForgeError> {
    super::ask(Forge::GitHub, &Server::start(routes))
}

fn with_reviews(reviews: &Value) -> Merged {
    ask(github().with_json(REVIEWS, reviews)).unwrap()
}

fn changed(mut value: Value, key: &str, to: Value) -> Value {
    value[key] = to;
    value
}

#[test]
fn a_merged_pull_request_is_told_with_its_reviews_and_rules() {
    let server = Server::start(github());
    let merged = super::ask(Forge::GitHub, &server).unwrap();
    assert_eq!(
        (merged.number, merged.head.as_str(), merged.author.as_str()),
        (7, HEAD, "ada")
    );
    assert_eq!(merged.merged_by.as_deref(), Some("release-train[bot]"));
    assert_eq!(merged.merged_at.to_rfc3339(), "2026-03-02T10:00:00+00:00");
    let [review] = &merged.reviews[..] else {
        panic!("{merged:?}")
    };
    assert_eq!(
        (review.account.as_str(), review.state),
        ("grace", ReviewState::Approved)
    );
    assert_eq!(
        (review.commit.as_deref(), review.blob.as_deref()),
        (Some(HEAD), Some(BLOB))
    );
    let protection: Vec<String> = merged
        .protection
        .unwrap()
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    assert_eq!(
        protection,
        [
            "required_approving_review_count=2",
            "dismiss_stale_reviews=true",
            "require_code_owner_reviews=false",
            "required_signatures=false",
            "enforce_admins=true",
        ]
    );
    assert_eq!(merged.notes, Vec::<String>::new());
    for request in server.requests() {
        assert_eq!(request.header("authorization"), Some("Bearer s3cr3t-t0ken"));
        assert_eq!(
            request.header("accept"),
            Some("application/vnd.github+json")
        );
        assert_eq!(request.header("x-github-api-version"), Some("2022-11-28"));
        assert_eq!(
            request.header("user-agent"),
            Some(concat!("rolecall/", env!("CARGO_PKG_VERSION")))
        );
    }
}

#[test]
fn without_a_token_none_is_sent() {
    let server = Server::start(github());
    let target = Target::new(
        Forge::GitHub,
        Some(&server.url()),
        "acme/access",
        Some(" ".to_owned()),
        PATIENCE,
    )
    .unwrap();
    merged(&target, &CONTENT, &clone).unwrap();
    assert!(
        server
            .requests()
            .iter()
            .all(|request| request.header("authorization").is_none())
    );
}

#[test]
fn all_pages_of_reviews_are_read() {
    let link =
        format!("<{HERE}{REVIEWS}?per_page=100&page=2>; rel=\"next\", <{HERE}/x>; rel=\"last\"");
    let first = json!([review("grace", "APPROVED", HEAD, NINE)]);
    let second = json!([review("alan", "CHANGES_REQUESTED", HEAD, HALF)]);
    let routes = github()
        .with(REVIEWS, [Answer::json(&first).header("Link", &link)])
        .with_json(&format!("{REVIEWS}?per_page=100&page=2"), &second);
    let accounts: Vec<String> = ask(routes)
        .unwrap()
        .reviews
        .into_iter()
        .map(|review| review.account)
        .collect();
    assert_eq!(accounts, ["grace", "alan"]);
}

#[test]
fn a_list_without_end_is_refused() {
    let link = format!("<{HERE}{REVIEWS}>; rel=\"next\"");
    let routes = github().with(REVIEWS, [Answer::json(&json!([])).header("Link", &link)]);
    let error = ask(routes).unwrap_err();
    assert!(
        matches!(
            error,
            ForgeError::TooLong {
                limit: "100 pages",
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn reviews_that_decide_nothing_are_left_out_and_the_rest_is_in_order() {
    let merged = with_reviews(&json!([
        review("grace", "CHANGES_REQUESTED", HEAD, HALF),
        review("grace", "APPROVED", HEAD, NINE),
        review("alan", "DISMISSED", HEAD, NINE),
        review("alan", "COMMENTED", HEAD, HALF),
        {"id": 81, "user": {"login": "ada"}, "state": "PENDING", "commit_id": HEAD},
    ]));
    let told: Vec<(&str, ReviewState)> = merged
        .reviews
        .iter()
        .map(|review| (review.account.as_str(), review.state))
        .collect();
    assert_eq!(
        told,
        [
            ("grace", ReviewState::Approved),
            ("alan", ReviewState::Dismissed),
            ("grace", ReviewState::ChangesRequested),
        ]
    );
    assert!(merged.notes.is_empty(), "{:?}", merged.notes);
}

#[test]
fn reviews_of_accounts_that_are_gone_or_have_odd_names_are_left_out_with_a_note() {
    let gone = changed(review("x", "APPROVED", HEAD, NINE), "user", Value::Null);
    let odd = review("a\u{202e}b", "APPROVED", HEAD, NINE);
    let merged = with_reviews(&json!([gone, odd, review("grace", "APPROVED", HEAD, NINE)]));
    assert_eq!(merged.reviews.len(), 1);
    assert_eq!(
        merged.notes,
        [
            "reviews by accounts that no longer exist are left out",
            "reviews by accounts with a name that no account has are left out"
        ]
    );
}

#[test]
fn a_review_without_a_moment_is_an_error_and_not_passed_over() {
    let review = changed(
        review("grace", "CHANGES_REQUESTED", HEAD, NINE),
        "submitted_at",
        Value::Null,
    );
    let error = ask(github().with_json(REVIEWS, &json!([review]))).unwrap_err();
    assert!(matches!(error, ForgeError::Answer { .. }), "{error:?}");
}

#[test]
fn the_bytes_of_an_older_commit_are_asked_for_once() {
    let reviews = json!([
        review("grace", "APPROVED", OLD, NINE),
        review("alan", "APPROVED", OLD, HALF)
    ]);
    let file =
        json!({"type": "file", "sha": OTHER, "size": 12, "content": "", "encoding": "base64"});
    let path = format!("{CONTENTS}?ref={OLD}");
    let server = Server::start(
        github()
            .with_json(REVIEWS, &reviews)
            .with_json(&path, &file),
    );
    let merged = super::ask(Forge::GitHub, &server).unwrap();
    let blobs: Vec<Option<&str>> = merged
        .reviews
        .iter()
        .map(|review| review.blob.as_deref())
        .collect();
    assert_eq!(blobs, [Some(OTHER), Some(OTHER)]);
    assert_eq!(server.count(CONTENTS), 1);
}

#[test]
fn the_clone_is_asked_before_the_forge_and_the_content_itself_not_at_all() {
    let reviews = json!([
        review("grace", "APPROVED", OLD, NINE),
        review("alan", "APPROVED", COMMIT, HALF)
    ]);
    let server = Server::start(github().with_json(REVIEWS, &reviews));
    let local = |commit: &str| {
        assert_ne!(commit, COMMIT);
        Some(None)
    };
    let merged = merged(&target(Forge::GitHub, &server, PATIENCE), &CONTENT, &local).unwrap();
    let blobs: Vec<Option<&str>> = merged
        .reviews
        .iter()
        .map(|review| review.blob.as_deref())
        .collect();
    assert_eq!(blobs, [None, Some(BLOB)]);
    assert_eq!((server.count(CONTENTS), merged.notes.len()), (0, 0));
}

#[test]
fn a_commit_that_nobody_knows_is_a_note_and_no_error() {
    let reviews = json!([
        review("grace", "APPROVED", OLD, NINE),
        review("alan", "APPROVED", OLD, HALF)
    ]);
    let link = json!({"type": "symlink", "sha": OTHER});
    let bad = json!({"type": "file", "sha": "../../x"});
    for answer in [
        Answer::status(404),
        Answer::json(&json!([])),
        Answer::json(&link),
        Answer::json(&bad),
    ] {
        let merged = ask(github()
            .with_json(REVIEWS, &reviews)
            .with(CONTENTS, [answer]))
        .unwrap();
        assert_eq!(merged.reviews[0].commit.as_deref(), Some(OLD));
        assert_eq!(merged.reviews[0].blob, None);
        assert_eq!(merged.notes.len(), 1, "{:?}", merged.notes);
        assert!(merged.notes[0].contains(OLD), "{:?}", merged.notes);
    }
}

#[test]
fn no_time_for_an_older_commit_is_an_error() {
    let reviews = json!([review("grace", "APPROVED", OLD, NINE)]);
    let busy = Answer::status(429).header("Retry-After", "3600");
    let error = ask(github().with_json(REVIEWS, &reviews).with(CONTENTS, [busy])).unwrap_err();
    assert!(
        matches!(error, ForgeError::Busy { seconds: 3600, .. }),
        "{error:?}"
    );
}

#[test]
fn a_commit_that_is_no_id_is_not_kept() {
    let unknown = changed(
        review("alan", "APPROVED", HEAD, HALF),
        "commit_id",
        Value::Null,
    );
    let merged = with_reviews(&json!([
        review("grace", "APPROVED", "HEAD~1", NINE),
        unknown
    ]));
    for review in &merged.reviews {
        assert_eq!((&review.commit, &review.blob), (&None, &None));
    }
    assert_eq!(merged.notes.len(), 2, "{:?}", merged.notes);
}

#[test]
fn a_commit_without_a_merged_pull_request_was_pushed_directly() {
    let open = changed(pull(7), "merged_at", Value::Null);
    for pulls in [json!([]), json!([open])] {
        let error = ask(github().with_json(PULLS, &pulls)).unwrap_err();
        assert!(matches!(error, ForgeError::NotMerged { .. }), "{error:?}");
        assert!(error.to_string().contains(COMMIT));
    }
}

#[test]
fn the_pull_request_whose_merge_made_the_commit_is_preferred() {
    let other = changed(pull(6), "merge_commit_sha", json!(OLD));
    let merged = ask(github().with_json(PULLS, &json!([other, pull(7), pull(7)]))).unwrap();
    assert_eq!(merged.number, 7);
}

#[test]
fn pull_requests_into_other_branches_do_not_count() {
    let elsewhere = changed(pull(6), "base", json!({"ref": "next"}));
    let merged = ask(github().with_json(PULLS, &json!([elsewhere.clone(), pull(7)]))).unwrap();
    assert_eq!(merged.number, 7);
    let error = ask(github().with_json(PULLS, &json!([elsewhere]))).unwrap_err();
    assert!(
        matches!(&error, ForgeError::OtherBranch { numbers, .. } if numbers == &[6]),
        "{error:?}"
    );
}

#[test]
fn several_pull_requests_are_ambiguous() {
    let other = |number| changed(pull(number), "merge_commit_sha", json!(OLD));
    let error = ask(github().with_json(PULLS, &json!([other(9), other(7)]))).unwrap_err();
    assert!(
        matches!(&error, ForgeError::Ambiguous { numbers, .. } if numbers == &[7, 9]),
        "{error:?}"
    );
    assert!(error.to_string().ends_with(": 7, 9"), "{error}");
}

#[test]
fn a_pull_request_that_is_another_one_on_its_own_page_is_not_believed() {
    for (key, to) in [
        ("number", json!(8)),
        ("merge_commit_sha", json!(OLD)),
        ("base", json!({"ref": "next"})),
    ] {
        let error = ask(github().with_json(PULL, &changed(pull(7), key, to))).unwrap_err();
        assert!(matches!(error, ForgeError::Answer { .. }), "{error:?}");
    }
}

#[test]
fn an_author_who_is_gone_is_a_ghost_and_one_with_an_odd_name_an_error() {
    let gone = changed(
        changed(pull(7), "user", Value::Null),
        "merged_by",
        Value::Null,
    );
    let merged = ask(github().with_json(PULL, &gone)).unwrap();
    assert_eq!((merged.author.as_str(), merged.merged_by), ("ghost", None));
    assert_eq!(merged.notes, ["the account of the author no longer exists"]);
    let odd = changed(pull(7), "user", json!({"login": "a b"}));
    let error = ask(github().with_json(PULL, &odd)).unwrap_err();
    assert!(matches!(error, ForgeError::Answer { .. }), "{error:?}");
}

#[test]
fn rules_that_cannot_be_read_are_a_note() {
    let busy = Answer::status(429).header("Retry-After", "3600");
    for answer in [
        Answer::status(403),
        Answer::status(404),
        Answer::text(200, "nonsense"),
        busy,
    ] {
        let merged = ask(github().with(PROTECTION, [answer])).unwrap();
        assert_eq!(merged.protection, None);
        assert_eq!(merged.notes.len(), 1, "{:?}", merged.notes);
        assert!(merged.notes[0].starts_with("the rules of the branch could not be read: "));
    }
}
