//! Evidence of GitHub: which reviews of a merged pull request count, from the forge's answer to the change log.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::Workspace;
use crate::support::forge::server::{Answer, Routes, Server};
use crate::support::forge::{
    How, Pull, fetch, files, finding_with, forge_settings, grant, has_commit, is_pending_with,
    pull, record_path, reviewed,
};
use crate::support::git::merged_with;
use crate::support::github::{
    MERGED_AT, PROTECTION, alone, contents_path, listed, page, pull_path, pulls_path, refusal,
    review, reviews_path, routes, told,
};
use crate::support::worlds::addition;

const NINE: &str = "2026-11-21T09:00:00Z";
const TEN: &str = "2026-11-21T10:00:00Z";
const ELEVEN: &str = "2026-11-21T11:00:00Z";

const CLERK: [&str; 3] = ["ap-clerk", "ap-payer", "vendor-admin"];
const BEFORE: [&str; 2] = ["ap-payer", "vendor-admin"];

/// What a request said before it said [`grant`].
fn earlier() -> String {
    addition("[sam.reyes]", "[payroll-viewer]")
}

/// Fetches the record of `grant` and commits it.
#[track_caller]
fn record(workspace: &Workspace, routes: Routes) {
    let server = Server::start(routes);
    fetch(workspace, &server, "github", &["--request", "grant"]).exits(0);
    workspace.git_commit("Record the reviews");
}

/// A pull request with some reviews: those are made once its commits are known.
#[track_caller]
fn with_reviews(texts: &[&str], how: How, reviews: impl FnOnce(&Pull) -> Vec<Value>) -> Workspace {
    let workspace = reviewed();
    let pull = pull(&workspace, "grant", texts, how);
    record(&workspace, routes(&pull, &reviews(&pull)));
    workspace
}

#[track_caller]
fn runs(workspace: &Workspace) {
    assert_eq!(workspace.status("grant")["status"], "approved");
    workspace.reconcile();
    assert_eq!(workspace.status("grant")["status"], "complete");
    assert_eq!(workspace.roles("sam.reyes"), CLERK);
}

#[rstest]
fn an_approval_of_the_merged_bytes_runs_however_the_pull_request_was_merged(
    #[values(How::Merge, How::Squash, How::Rebase)] how: How,
) {
    let workspace = reviewed();
    let pull = pull(&workspace, "grant", &[&grant()], how);
    let is_here = how == How::Merge;
    assert_eq!(has_commit(&workspace, pull.head()), is_here);
    let server = Server::start(routes(
        &pull,
        &[review("alice-park", "APPROVED", pull.head(), TEN)],
    ));
    fetch(&workspace, &server, "github", &["--request", "grant"])
        .exits(0)
        .says("alice-park")
        .says(&record_path("grant"));
    // The forge is asked only about commits that git does not have here.
    assert_eq!(server.count(&contents_path("grant")), usize::from(!is_here));
    workspace.git_commit("Record the reviews");
    runs(&workspace);
}

#[rstest]
fn the_log_embeds_the_record_and_names_the_review(
    #[values(How::Merge, How::Squash, How::Rebase)] how: How,
) {
    let workspace = reviewed();
    let pull = pull(&workspace, "grant", &[&grant()], how);
    let good = review("alice-park", "APPROVED", pull.head(), TEN);
    record(&workspace, routes(&pull, &[good]));
    let kept = workspace.read(&record_path("grant"));
    workspace.reconcile();
    let log = workspace.last_log();
    assert_eq!(log["forge_record"], kept.as_str());
    assert_eq!(log["request"]["commit"], pull.tip.as_str());
    let approval = &log["approvals"][0];
    let told = ["person", "decision", "at", "evidence", "assurance"].map(|key| &approval[key]);
    assert_eq!(told, ["alice", "approve", TEN, "forge", "reviewed"]);
    let proof = json!({"account": "alice-park", "commit": pull.head()});
    assert_eq!(approval["review"], proof);
    let verified = workspace.answer(&["verify", "--approvals"], 0);
    let counted = json!({"signed": 0, "reviewed": 1, "claimed": 0, "untied": 0});
    assert_eq!(verified["approvals"], counted);
}

#[test]
fn the_record_says_what_the_forge_said() {
    let workspace = reviewed();
    let pull = pull(&workspace, "grant", &[&earlier(), &grant()], How::Squash);
    let reviews = [
        review("bob-lee", "COMMENTED", pull.head(), NINE),
        review("bob-lee", "CHANGES_REQUESTED", pull.first(), NINE),
        review("alice-park", "APPROVED", pull.head(), TEN),
    ];
    let server = Server::start(routes(&pull, &reviews));
    fetch(&workspace, &server, "github", &["--request", "grant"]).exits(0);
    let record = workspace.read(&record_path("grant"));
    let first = &pull.commits[0];
    let lines = [
        "forge: github".to_owned(),
        format!("url: {}", server.url()),
        "project: acme/access".to_owned(),
        "request: grant".to_owned(),
        "path: requests/grant.yaml".to_owned(),
        format!("number: {}", pull.number),
        "author: dana-fox".to_owned(),
        "merged_by: release-train[bot]".to_owned(),
        format!("merged_at: {MERGED_AT}"),
        "  dismiss_stale_reviews: \"true\"".to_owned(),
        "notes: []".to_owned(),
        "fetched: 2026-11-23T12:00:00Z".to_owned(),
    ];
    for line in lines {
        assert!(
            record.lines().any(|found| found == line),
            "{line:?} is not in\n{record}"
        );
    }
    // Ids that would be numbers stand in quotes.
    let plain = record.replace('"', "");
    for line in [
        format!("blob: {}", pull.blob()),
        format!("commit: {}", pull.tip),
        format!("head: {}", pull.head()),
        format!(
            "- {{account: bob-lee, state: changes_requested, at: {NINE}, commit: {}, blob: {}}}",
            first.0, first.1
        ),
        format!(
            "- {{account: alice-park, state: approved, at: {TEN}, commit: {}, blob: {}}}",
            pull.head(),
            pull.blob()
        ),
    ] {
        assert!(
            plain.lines().any(|found| found == line),
            "{line:?} is not in\n{record}"
        );
    }
    assert!(record.ends_with("\n...\n"), "{record}");
    assert!(!record.contains("commented"), "{record}");
}

#[test]
fn a_record_counts_only_once_it_is_merged_itself() {
    let workspace = reviewed();
    let pull = pull(&workspace, "grant", &[&grant()], How::Merge);
    let good = review("alice-park", "APPROVED", pull.head(), TEN);
    let server = Server::start(routes(&pull, &[good]));
    fetch(&workspace, &server, "github", &["--request", "grant"]).exits(0);
    workspace.reconcile();
    assert_eq!(workspace.status("grant")["status"], "pending_approval");
    assert_eq!(workspace.roles("sam.reyes"), BEFORE);
    workspace.git_commit("Record the reviews");
    runs(&workspace);
}

#[rstest]
fn an_approval_of_an_earlier_commit_with_other_bytes_is_stale(
    #[values(How::Merge, How::Squash, How::Rebase)] how: How,
) {
    let workspace = with_reviews(&[&earlier(), &grant()], how, |pull| {
        vec![review("alice-park", "APPROVED", pull.first(), TEN)]
    });
    is_pending_with(&workspace, "grant", &["RC516"]);
    assert_eq!(workspace.roles("sam.reyes"), BEFORE);
    let finding = finding_with(&workspace, "RC516").to_string();
    assert!(finding.contains("alice"), "{finding}");
}

#[rstest]
fn an_approval_of_an_earlier_commit_with_the_same_bytes_counts(
    #[values(How::Merge, How::Squash, How::Rebase)] how: How,
) {
    let workspace = with_reviews(&[&grant(), &grant()], how, |pull| {
        vec![review("alice-park", "APPROVED", pull.first(), TEN)]
    });
    runs(&workspace);
}

/// Reviews of the last commit by these accounts, an hour after each other.
fn in_turn(pull: &Pull, reviews: &[(&str, &str)]) -> Vec<Value> {
    let moments = [NINE, TEN, ELEVEN];
    let all = reviews.iter().zip(moments);
    all.map(|((account, state), at)| review(account, state, pull.head(), at))
        .collect()
}

#[rstest]
#[case::nobody(&[], &[])]
#[case::a_comment_only(&[("alice-park", "COMMENTED")], &[])]
#[case::dismissed(&[("alice-park", "DISMISSED")], &["RC517"])]
#[case::approved_and_then_dismissed(&[("alice-park", "APPROVED"), ("alice-park", "DISMISSED")], &["RC517"])]
#[case::the_author(&[("dana-fox", "APPROVED")], &["RC512"])]
#[case::the_author_in_other_letters(&[("Dana-Fox", "APPROVED")], &["RC512"])]
#[case::an_account_of_nobody(&[("mallory", "APPROVED")], &["RC518"])]
#[case::the_account_of_a_bot(&[("alice-park[bot]", "APPROVED")], &["RC518"])]
#[case::two_that_do_not_count(&[("mallory", "APPROVED"), ("dana-fox", "APPROVED")], &["RC512", "RC518"])]
fn a_review_that_does_not_count_leaves_the_request_pending_and_is_named(
    #[case] reviews: &[(&str, &str)],
    #[case] codes: &[&str],
) {
    let workspace = with_reviews(&[&grant()], How::Squash, |pull| in_turn(pull, reviews));
    is_pending_with(&workspace, "grant", codes);
    assert_eq!(workspace.roles("sam.reyes"), BEFORE);
}

#[test]
fn whoever_opened_the_pull_request_is_its_author_also_if_somebody_else_wrote_the_commit() {
    let workspace = reviewed();
    let pull = pull(&workspace, "grant", &[&grant()], How::Squash);
    let opened = |mut value: Value| {
        value["user"]["login"] = json!("bob-lee");
        value
    };
    let reviews = [review("bob-lee", "APPROVED", pull.head(), TEN)];
    let told = routes(&pull, &reviews)
        .with_json(&pulls_path(&pull.tip), &json!([opened(listed(&pull))]))
        .with_json(&pull_path(&pull), &opened(alone(&pull)));
    record(&workspace, told);
    is_pending_with(&workspace, "grant", &["RC512"]);
}

#[test]
fn without_block_own_the_author_counts() {
    let settings = forge_settings().replace("branch: main", "branch: main, block_own: false");
    let workspace = merged_with(&settings);
    let pull = pull(&workspace, "grant", &[&grant()], How::Squash);
    let own = review("dana-fox", "APPROVED", pull.head(), TEN);
    record(&workspace, routes(&pull, &[own]));
    runs(&workspace);
}

#[rstest]
#[case::after_a_request_for_changes(&[("alice-park", "CHANGES_REQUESTED"), ("alice-park", "APPROVED")])]
#[case::after_a_dismissal(&[("alice-park", "DISMISSED"), ("alice-park", "APPROVED")])]
#[case::before_a_comment(&[("alice-park", "APPROVED"), ("alice-park", "COMMENTED")])]
#[case::after_an_approval_and_a_request_for_changes(
    &[("alice-park", "APPROVED"), ("alice-park", "CHANGES_REQUESTED"), ("alice-park", "APPROVED")]
)]
#[case::in_other_letters(&[("ALICE-Park", "APPROVED")])]
#[case::besides_one_of_nobody(&[("mallory", "CHANGES_REQUESTED"), ("alice-park", "APPROVED")])]
fn the_last_word_of_an_account_counts(#[case] reviews: &[(&str, &str)]) {
    let workspace = with_reviews(&[&grant()], How::Squash, |pull| in_turn(pull, reviews));
    runs(&workspace);
}

#[rstest]
#[case::of_the_same_account(&[("alice-park", "APPROVED"), ("alice-park", "CHANGES_REQUESTED")])]
#[case::of_another_account(&[("alice-park", "APPROVED"), ("bob-lee", "CHANGES_REQUESTED")])]
#[case::before_the_approval_of_another(&[("bob-lee", "CHANGES_REQUESTED"), ("alice-park", "APPROVED")])]
fn a_request_for_changes_that_stands_rejects(#[case] reviews: &[(&str, &str)]) {
    let workspace = with_reviews(&[&grant()], How::Squash, |pull| in_turn(pull, reviews));
    assert_eq!(workspace.status("grant")["status"], "rejected");
    workspace.run(&["reconcile"]).exits(0);
    assert_eq!(workspace.roles("sam.reyes"), BEFORE);
}

#[test]
fn a_request_for_changes_of_an_earlier_commit_rejects_until_the_account_approves_the_merged_bytes()
{
    let requested = |pull: &Pull| review("alice-park", "CHANGES_REQUESTED", pull.first(), NINE);
    let workspace = with_reviews(&[&earlier(), &grant()], How::Squash, |pull| {
        vec![requested(pull)]
    });
    assert_eq!(workspace.status("grant")["status"], "rejected");
    let workspace = with_reviews(&[&earlier(), &grant()], How::Squash, |pull| {
        let stale = review("alice-park", "APPROVED", pull.first(), TEN);
        vec![requested(pull), stale]
    });
    assert_eq!(workspace.status("grant")["status"], "rejected");
    let workspace = with_reviews(&[&earlier(), &grant()], How::Squash, |pull| {
        let good = review("alice-park", "APPROVED", pull.head(), TEN);
        vec![requested(pull), good]
    });
    runs(&workspace);
}

#[test]
fn a_second_record_replaces_the_first() {
    let workspace = reviewed();
    let pull = pull(&workspace, "grant", &[&grant()], How::Squash);
    let against = review("alice-park", "CHANGES_REQUESTED", pull.head(), NINE);
    record(&workspace, routes(&pull, std::slice::from_ref(&against)));
    assert_eq!(workspace.status("grant")["status"], "rejected");
    let good = review("alice-park", "APPROVED", pull.head(), TEN);
    record(&workspace, routes(&pull, &[against, good]));
    runs(&workspace);
}

#[test]
fn the_reviews_of_all_pages_count() {
    let workspace = reviewed();
    let pull = pull(&workspace, "grant", &[&grant()], How::Squash);
    let path = reviews_path(&pull);
    let second = format!("{path}?per_page=100&page=2");
    let comments: Vec<Value> = (0..100)
        .map(|_| review("bob-lee", "COMMENTED", pull.head(), NINE))
        .collect();
    let good = review("alice-park", "APPROVED", pull.head(), TEN);
    let told = routes(&pull, &[])
        .with(&path, [page(&comments, &second)])
        .with_json(&second, &json!([good]));
    record(&workspace, told);
    runs(&workspace);
}

#[test]
fn two_approvals_are_those_of_two_people() {
    let settings = forge_settings().replacen(
        "user_onboarding: {change_level: change_request, evidence: forge}",
        "user_onboarding: {change_level: change_request, evidence: forge, approvals: 2}",
        1,
    );
    for (second, status) in [
        ("alice-park", "partially_approved"),
        ("bob-lee", "approved"),
    ] {
        let workspace = merged_with(&settings);
        let pull = pull(&workspace, "grant", &[&grant()], How::Rebase);
        let reviews = in_turn(&pull, &[("alice-park", "APPROVED"), (second, "APPROVED")]);
        record(&workspace, routes(&pull, &reviews));
        assert_eq!(workspace.status("grant")["status"], status, "{second}");
    }
}

#[test]
fn reviews_of_a_commit_that_nobody_can_show_do_not_count_and_the_record_says_so() {
    let workspace = reviewed();
    let pull = pull(&workspace, "grant", &[&grant()], How::Squash);
    let lost = format!("{}?ref={}", contents_path("grant"), pull.head());
    let good = review("alice-park", "APPROVED", pull.head(), TEN);
    let told = routes(&pull, &[good]).with(&lost, [refusal(404, "Not Found")]);
    record(&workspace, told);
    let kept = workspace.read(&record_path("grant"));
    assert!(kept.contains("could not be learned"), "{kept}");
    is_pending_with(&workspace, "grant", &["RC516"]);
}

#[test]
fn rules_of_the_branch_that_cannot_be_read_are_a_note_and_hinder_nothing() {
    let workspace = reviewed();
    let pull = pull(&workspace, "grant", &[&grant()], How::Squash);
    let good = review("alice-park", "APPROVED", pull.head(), TEN);
    let refused = refusal(403, "Resource not accessible by personal access token");
    record(
        &workspace,
        routes(&pull, &[good]).with(PROTECTION, [refused]),
    );
    let kept = workspace.read(&record_path("grant"));
    assert!(!kept.contains("\nprotection:"), "{kept}");
    assert!(
        kept.contains("the rules of the branch could not be read"),
        "{kept}"
    );
    runs(&workspace);
}

/// Several changes of requests in one rebased pull request, whose last commit alone is what the merge made.
#[test]
fn an_inner_commit_of_a_rebase_has_the_reviews_of_its_pull_request() {
    let workspace = reviewed();
    let pull = pull(&workspace, "grant", &[&grant(), &grant()], How::Rebase);
    let inner = workspace.git(&["rev-parse", "main~1"]).trim().to_owned();
    let good = review("alice-park", "APPROVED", pull.head(), TEN);
    record(&workspace, routes(&pull, &[good]));
    let kept = workspace.read(&record_path("grant")).replace('"', "");
    assert!(kept.contains(&format!("commit: {inner}\n")), "{kept}");
    runs(&workspace);
}

#[rstest]
#[case::after_its_record_was_fetched(true)]
#[case::before_its_record_is_fetched(false)]
fn a_request_that_was_only_moved_after_its_merge_keeps_its_reviews(#[case] is_fetched: bool) {
    let workspace = reviewed();
    let pull = pull(&workspace, "grant", &[&grant()], How::Merge);
    let good = review("alice-park", "APPROVED", pull.head(), TEN);
    let told = routes(&pull, &[good]);
    if is_fetched {
        record(&workspace, told.clone());
    }
    workspace.write("requests/2026/.keep", "");
    workspace.git(&["mv", "requests/grant.yaml", "requests/2026/grant.yaml"]);
    workspace.git_commit("Sort the requests by year");
    if !is_fetched {
        record(&workspace, told);
    }
    let status = workspace.status("grant");
    assert_eq!(status["status"], "approved", "{status:#}");
}

#[test]
fn without_request_all_merged_ones_are_fetched_that_wait_for_evidence() {
    let workspace = reviewed();
    let first = pull(&workspace, "grant", &[&grant()], How::Merge);
    let other = addition("[jane.doe]", "[ap-payer]");
    let second = pull(&workspace, "other", &[&other], How::Squash);
    workspace.request("unmerged", &other);
    let good = |pull: &Pull| [review("alice-park", "APPROVED", pull.head(), TEN)];
    let both = told(
        routes(&first, &good(&first)),
        "other",
        &second,
        &good(&second),
    );
    let server = Server::start(both);
    fetch(&workspace, &server, "github", &[]).exits(0);
    std::fs::remove_file(workspace.path().join("requests/unmerged.yaml")).expect("it goes");
    workspace.git_commit("Record the reviews");
    workspace.reconcile();
    assert_eq!(workspace.roles("sam.reyes"), CLERK);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "ap-payer"]);
    assert!(!workspace.path().join(record_path("unmerged")).exists());
    let before = files(&workspace);
    fetch(&workspace, &Server::start(Routes::default()), "github", &[])
        .exits(0)
        .says("No merged request waits");
    assert_eq!(files(&workspace), before);
}

#[test]
fn several_requests_are_fetched_at_once() {
    let workspace = reviewed();
    let first = pull(&workspace, "grant", &[&grant()], How::Merge);
    let other = addition("[jane.doe]", "[ap-payer]");
    let second = pull(&workspace, "other", &[&other], How::Rebase);
    let reviews = |pull: &Pull| {
        [
            review("alice-park", "APPROVED", pull.head(), TEN),
            review("bob-lee", "APPROVED", pull.head(), ELEVEN),
        ]
    };
    let both = told(
        routes(&first, &reviews(&first)),
        "other",
        &second,
        &reviews(&second),
    );
    let server = Server::start(both);
    let arguments = ["--request", "grant", "other", "--format", "json"];
    let answer = fetch(&workspace, &server, "github", &arguments)
        .exits(0)
        .json();
    let entry = |id: &str, pull: &Pull| {
        json!({
            "path": record_path(id), "request": id, "number": pull.number, "approved_by": ["alice-park", "bob-lee"],
            "signed": false, "notes": [],
        })
    };
    let records = json!([entry("grant", &first), entry("other", &second)]);
    assert_eq!(answer, json!({"version": 1, "records": records}));
}

#[rstest]
#[case::no_pull_request(|_: &Pull| json!([]))]
#[case::one_that_is_open(|pull: &Pull| {
    let mut open = listed(pull);
    open["state"] = json!("open");
    open["merged_at"] = Value::Null;
    json!([open])
})]
#[case::one_into_another_branch(|pull: &Pull| {
    let mut other = listed(pull);
    other["base"]["ref"] = json!("next");
    json!([other])
})]
#[case::several_that_may_have_brought_it(|pull: &Pull| {
    let other = |number: u64| {
        let mut other = listed(pull);
        other["number"] = json!(number);
        other["merge_commit_sha"] = json!(pull.base);
        other
    };
    json!([other(70), other(71)])
})]
fn content_that_no_one_pull_request_brought_has_no_record(#[case] listing: fn(&Pull) -> Value) {
    let workspace = reviewed();
    let pull = pull(&workspace, "grant", &[&grant()], How::Squash);
    let good = review("alice-park", "APPROVED", pull.head(), TEN);
    let told = routes(&pull, &[good]);
    let path = pulls_path(&pull.tip);
    let server = Server::start(told.with(&path, [Answer::json(&listing(&pull))]));
    let before = files(&workspace);
    fetch(&workspace, &server, "github", &["--request", "grant"])
        .exits(3)
        .says(&pull.tip);
    assert_eq!(files(&workspace), before);
    assert_eq!(server.requests().len(), 1);
}

#[rstest]
#[case::not_merged("later", "later")]
#[case::unknown("nothing", "nothing")]
#[case::no_id("../grant", "grant")]
#[case::empty("", "")]
fn a_request_that_is_not_merged_or_not_known_is_refused_before_the_forge_is_asked(
    #[case] id: &str,
    #[case] named: &str,
) {
    let workspace = reviewed();
    let pull = pull(&workspace, "grant", &[&grant()], How::Squash);
    workspace.request("later", &addition("[jane.doe]", "[ap-payer]"));
    let server = Server::start(routes(&pull, &[]));
    let before = files(&workspace);
    fetch(&workspace, &server, "github", &["--request", id])
        .exits(3)
        .says(named);
    assert_eq!(files(&workspace), before);
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_request_that_is_complete_needs_no_more_evidence() {
    let workspace = reviewed();
    let pull = pull(&workspace, "grant", &[&grant()], How::Squash);
    let good = review("alice-park", "APPROVED", pull.head(), TEN);
    let told = routes(&pull, &[good]);
    record(&workspace, told.clone());
    workspace.reconcile();
    workspace.git_commit("Keep the logs");
    let before = files(&workspace);
    fetch(
        &workspace,
        &Server::start(told),
        "github",
        &["--request", "grant"],
    )
    .exits(3);
    assert_eq!(files(&workspace), before);
}
