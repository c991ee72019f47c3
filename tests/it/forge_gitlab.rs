//! Evidence of GitLab: which approvals of a merged merge request count, from the forge's answer to the change log.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::Workspace;
use crate::support::forge::server::{Answer, HERE, Routes, Server};
use crate::support::forge::{
    How, Pull, TOKEN, ends_discreetly, evidence_command, fetch, files, forge_settings, grant,
    is_pending_with, pull, record_path, reviewed,
};
use crate::support::git::{commit_id, merged_with};
use crate::support::gitlab::{
    Made, approval, approvals_path, file, file_path, listed, refusal, requests_path, routes,
};
use crate::support::worlds::addition;

const TEN: &str = "2026-11-21T10:00:00.000Z";
const ELEVEN: &str = "2026-11-21T12:00:00.000+01:00";

const CLERK: [&str; 3] = ["ap-clerk", "ap-payer", "vendor-admin"];

/// A merge request that brought `grant`, merged in one of the ways that GitLab has.
fn merge_request(workspace: &Workspace, made: Made) -> Pull {
    let how = match made {
        Made::Merge => How::Merge,
        Made::Squash => How::Squash,
        Made::FastForward => How::Rebase,
    };
    pull(workspace, "grant", &[&grant()], how)
}

/// Fetches the record of `grant` and commits it.
#[track_caller]
fn record(workspace: &Workspace, routes: Routes) {
    let server = Server::start(routes);
    fetch(workspace, &server, "gitlab", &["--request", "grant"]).exits(0);
    workspace.git_commit("Record the approvals");
}

#[track_caller]
fn runs(workspace: &Workspace) {
    assert_eq!(workspace.status("grant")["status"], "approved");
    workspace.reconcile();
    assert_eq!(workspace.status("grant")["status"], "complete");
    assert_eq!(workspace.roles("sam.reyes"), CLERK);
}

/// The world after a squash, with these approvals recorded.
fn with_approvals(settings: &str, approvals: &[Value]) -> Workspace {
    let workspace = merged_with(settings);
    let pull = merge_request(&workspace, Made::Squash);
    record(&workspace, routes(&pull, Made::Squash, approvals));
    workspace
}

#[rstest]
fn an_approval_counts_for_the_last_commit_of_the_merge_request_and_the_record_says_so(
    #[values(Made::Merge, Made::Squash, Made::FastForward)] made: Made,
) {
    let workspace = reviewed();
    let pull = merge_request(&workspace, made);
    let reviewed = if made == Made::FastForward {
        pull.tip.as_str()
    } else {
        pull.head()
    };
    let server = Server::start(routes(&pull, made, &[approval("alice.park", TEN)]));
    let note = format!(
        "GitLab does not say which commit an approval was given for: the last commit of the merge request, {reviewed}, is \
         taken for it"
    );
    fetch(&workspace, &server, "gitlab", &["--request", "grant"])
        .exits(0)
        .says("alice.park")
        .says(&note);
    let kept = workspace.read(&record_path("grant"));
    assert!(kept.contains(&note), "{kept}");
    let plain = kept.replace('"', "");
    for line in [
        "forge: gitlab".to_owned(),
        format!("url: {}/api/v4", server.url()),
        format!("head: {reviewed}"),
        format!("commit: {}", pull.tip),
        "author: dana.fox".to_owned(),
        "merged_by: release.train".to_owned(),
        "merged_at: 2026-11-22T10:00:00Z".to_owned(),
        format!(
            "- {{account: alice.park, state: approved, at: 2026-11-21T10:00:00Z, commit: {reviewed}, blob: {}}}",
            pull.blob()
        ),
        "  push_access_levels: 0".to_owned(),
    ] {
        assert!(
            plain.lines().any(|found| found == line),
            "{line:?} is not in\n{kept}"
        );
    }
    workspace.git_commit("Record the approvals");
    runs(&workspace);
    let log = workspace.last_log();
    assert_eq!(log["forge_record"], kept.as_str());
    let approval = &log["approvals"][0];
    let told = ["person", "evidence", "assurance"].map(|key| &approval[key]);
    assert_eq!(told, ["alice", "forge", "reviewed"]);
    assert_eq!(
        approval["review"],
        json!({"account": "alice.park", "commit": reviewed})
    );
    let verified = workspace.answer(&["verify", "--approvals"], 0);
    assert_eq!(verified["approvals"]["reviewed"], 1);
}

#[rstest]
#[case::nobody(&[], &[])]
#[case::the_author(&["dana.fox"], &["RC512"])]
#[case::the_author_in_other_letters(&["Dana.Fox"], &["RC512"])]
#[case::an_account_of_nobody(&["mallory"], &["RC518"])]
#[case::an_account_of_the_other_forge(&["alice-park"], &["RC518"])]
#[case::two_that_do_not_count(&["mallory", "dana.fox"], &["RC512", "RC518"])]
fn an_approval_that_does_not_count_leaves_the_request_pending_and_is_named(
    #[case] accounts: &[&str],
    #[case] codes: &[&str],
) {
    let approvals: Vec<Value> = accounts
        .iter()
        .map(|account| approval(account, TEN))
        .collect();
    let workspace = with_approvals(&forge_settings(), &approvals);
    is_pending_with(&workspace, "grant", codes);
}

#[rstest]
#[case::one(&["alice.park"], "partially_approved")]
#[case::the_same_account_twice(&["alice.park", "Alice.Park"], "partially_approved")]
#[case::the_author_as_well(&["alice.park", "dana.fox"], "partially_approved")]
#[case::two(&["alice.park", "bob.lee"], "approved")]
#[case::two_in_other_letters(&["ALICE.park", "bob.LEE"], "approved")]
#[case::two_and_somebody_else(&["mallory", "alice.park", "bob.lee"], "approved")]
fn where_two_approvals_are_needed_they_are_those_of_two_people(
    #[case] accounts: &[&str],
    #[case] status: &str,
) {
    let settings = forge_settings().replacen(
        "user_onboarding: {change_level: change_request, evidence: forge}",
        "user_onboarding: {change_level: change_request, evidence: forge, approvals: 2}",
        1,
    );
    let moments = [TEN, ELEVEN, ELEVEN];
    let approvals: Vec<Value> = accounts
        .iter()
        .zip(moments)
        .map(|(account, at)| approval(account, at))
        .collect();
    let workspace = with_approvals(&settings, &approvals);
    assert_eq!(workspace.status("grant")["status"], status);
    if status == "approved" {
        runs(&workspace);
        let log = workspace.last_log();
        assert_eq!(
            log["approvals"].as_array().map(Vec::len),
            Some(2),
            "{log:#}"
        );
        let verified = workspace.answer(&["verify", "--approvals"], 0);
        assert_eq!(verified["approvals"]["reviewed"], 2);
    }
}

#[test]
fn an_approval_is_stale_where_the_merge_changed_the_bytes_of_the_last_commit() {
    let workspace = reviewed();
    let earlier = addition("[sam.reyes]", "[payroll-viewer]");
    let mut pull = pull(&workspace, "grant", &[&earlier], How::Squash);
    // As whoever resolves a conflict can.
    workspace.request("grant", &grant());
    workspace.git(&["commit", "--quiet", "--all", "--amend", "-m", "Ask for it"]);
    pull.tip = commit_id(&workspace, "main");
    pull.made = vec![pull.tip.clone()];
    record(
        &workspace,
        routes(&pull, Made::Squash, &[approval("alice.park", TEN)]),
    );
    is_pending_with(&workspace, "grant", &["RC516"]);
}

#[test]
fn an_approval_without_a_moment_is_as_old_as_the_merge_and_the_record_says_so() {
    let approval = json!({"user": approval("alice.park", TEN)["user"]});
    let workspace = with_approvals(&forge_settings(), &[approval]);
    let kept = workspace.read(&record_path("grant"));
    assert!(kept.contains("the moment of the merge is taken"), "{kept}");
    assert!(kept.contains("at: 2026-11-22T10:00:00Z"), "{kept}");
    runs(&workspace);
}

#[rstest]
#[case::of_another_commit(|pull: &Pull| Answer::json(&file(&pull.base, pull.blob())))]
#[case::not_there(|_: &Pull| refusal(404, "404 File Not Found"))]
fn bytes_that_the_forge_cannot_show_do_not_count_and_the_record_says_so(
    #[case] answer: fn(&Pull) -> Answer,
) {
    let workspace = reviewed();
    let pull = merge_request(&workspace, Made::Squash);
    let path = format!("{}?ref={}", file_path(), pull.head());
    let told = routes(&pull, Made::Squash, &[approval("alice.park", TEN)]);
    record(&workspace, told.with(&path, [answer(&pull)]));
    let kept = workspace.read(&record_path("grant"));
    assert!(kept.contains("could not be learned"), "{kept}");
    is_pending_with(&workspace, "grant", &["RC516"]);
}

/// Others that the commit is in as well, such as one that carried it to another branch.
#[rstest]
fn the_merge_request_whose_merge_made_the_commit_is_asked_for_its_approvals(
    #[values(Made::Merge, Made::Squash, Made::FastForward)] made: Made,
) {
    let workspace = reviewed();
    let pull = merge_request(&workspace, made);
    let mut other = listed(&pull, Made::Merge);
    other["iid"] = json!(3);
    other["merge_commit_sha"] = json!(pull.base);
    let mut elsewhere = listed(&pull, made);
    elsewhere["iid"] = json!(4);
    elsewhere["target_branch"] = json!("next");
    let all = json!([elsewhere, other, listed(&pull, made)]);
    let told = routes(&pull, made, &[approval("alice.park", TEN)]);
    record(&workspace, told.with_json(&requests_path(&pull.tip), &all));
    let kept = workspace.read(&record_path("grant"));
    assert!(
        kept.contains(&format!("number: {}\n", pull.number)),
        "{kept}"
    );
    runs(&workspace);
}

#[test]
fn the_merge_requests_of_all_pages_are_looked_at() {
    let workspace = reviewed();
    let pull = merge_request(&workspace, Made::Squash);
    let path = requests_path(&pull.tip);
    let second = format!("{path}?state=merged&per_page=100&page=2");
    let mut other = listed(&pull, Made::Merge);
    other["iid"] = json!(3);
    other["target_branch"] = json!("next");
    let link = format!("<{HERE}{path}>; rel=\"first\", <{HERE}{second}>; rel=\"next\"");
    let first = Answer::json(&json!([other])).header("Link", &link);
    let told = routes(&pull, Made::Squash, &[approval("alice.park", TEN)])
        .with(&path, [first])
        .with_json(&second, &json!([listed(&pull, Made::Squash)]));
    record(&workspace, told);
    runs(&workspace);
}

#[rstest]
#[case::none(|_: &Pull| json!([]))]
#[case::one_that_is_open(|pull: &Pull| {
    let mut open = listed(pull, Made::Squash);
    open["state"] = json!("opened");
    json!([open])
})]
#[case::one_into_another_branch(|pull: &Pull| {
    let mut other = listed(pull, Made::Squash);
    other["target_branch"] = json!("next");
    json!([other])
})]
#[case::several(|pull: &Pull| {
    let other = |number: u64| {
        let mut other = listed(pull, Made::Merge);
        other["iid"] = json!(number);
        other["merge_commit_sha"] = json!(pull.base);
        other
    };
    json!([other(70), other(71)])
})]
fn content_that_no_one_merge_request_brought_has_no_record(#[case] listing: fn(&Pull) -> Value) {
    let workspace = reviewed();
    let pull = merge_request(&workspace, Made::Squash);
    let told = routes(&pull, Made::Squash, &[approval("alice.park", TEN)]);
    let server = Server::start(told.with_json(&requests_path(&pull.tip), &listing(&pull)));
    let before = files(&workspace);
    fetch(&workspace, &server, "gitlab", &["--request", "grant"])
        .exits(3)
        .says(&pull.tip);
    assert_eq!(files(&workspace), before);
    assert_eq!(server.requests().len(), 1);
}

type Question = fn(&Pull) -> String;

fn of_the_commit(pull: &Pull) -> String {
    requests_path(&pull.tip)
}

#[rstest]
#[case::wrong_token(refusal(401, "401 Unauthorized"), "GITLAB_TOKEN")]
#[case::may_not(refusal(403, "403 Forbidden"), "403")]
#[case::not_there(refusal(404, "404 Project Not Found"), "404")]
#[case::half(Answer::text(200, "[{\"iid\""), "not understood")]
#[case::nothing_of_what_it_should_have(Answer::json(&json!([{"iid": "seven"}])), "not understood")]
#[case::a_page_for_people(Answer::text(200, "<html>").header("Content-Type", "text/html"), "not understood")]
fn a_refusal_or_nonsense_is_final_and_writes_nothing(
    #[values(of_the_commit, approvals_path)] question: Question,
    #[case] answer: Answer,
    #[case] said: &str,
) {
    let workspace = reviewed();
    let pull = merge_request(&workspace, Made::Squash);
    let path = question(&pull);
    let told = routes(&pull, Made::Squash, &[approval("alice.park", TEN)]);
    let server = Server::start(told.with(&path, [answer]));
    let before = files(&workspace);
    fetch(&workspace, &server, "gitlab", &["--request", "grant"])
        .exits(1)
        .says(said)
        .says(&path);
    assert_eq!(files(&workspace), before);
    assert_eq!(server.count(&path), 1);
}

#[rstest]
#[case::a_limit(vec![Answer::status(429).header("Retry-After", "0")])]
#[case::two_errors(vec![Answer::status(500), Answer::status(502)])]
#[case::a_body_that_breaks_off(vec![Answer::json(&json!([])).broken_off()])]
fn what_passes_is_asked_for_again(#[case] answers: Vec<Answer>) {
    let workspace = reviewed();
    let pull = merge_request(&workspace, Made::Squash);
    let path = requests_path(&pull.tip);
    let asked = answers.len() + 1;
    let good = Answer::json(&json!([listed(&pull, Made::Squash)]));
    let told = routes(&pull, Made::Squash, &[approval("alice.park", TEN)]);
    let server = Server::start(told.with(&path, answers.into_iter().chain([good])));
    fetch(&workspace, &server, "gitlab", &["--request", "grant"]).exits(0);
    assert_eq!(server.count(&path), asked);
}

#[test]
fn the_token_is_sent_as_gitlab_wants_it_and_that_of_github_is_not() {
    let workspace = reviewed();
    let pull = merge_request(&workspace, Made::Squash);
    let server = Server::start(routes(&pull, Made::Squash, &[approval("alice.park", TEN)]));
    // As CI_API_V4_URL has it.
    let url = format!("{}/api/v4", server.url());
    let project = [
        "gitlab",
        "--project",
        "acme/access",
        "--request",
        "grant",
        "--base-url",
        &url,
    ];
    let mut command = evidence_command(&workspace, &project);
    command.env("GITHUB_TOKEN", "of-github");
    ends_discreetly(&workspace, command).exits(0);
    assert!(!server.requests().is_empty());
    for request in server.requests() {
        assert_eq!(
            request.header("private-token"),
            Some(TOKEN),
            "{}",
            request.target
        );
        assert_eq!(request.header("authorization"), None);
    }
}

#[rstest]
fn a_redirect_to_another_server_is_not_followed(
    #[values(of_the_commit, approvals_path)] question: Question,
) {
    let workspace = reviewed();
    let pull = merge_request(&workspace, Made::Squash);
    let told = routes(&pull, Made::Squash, &[approval("alice.park", TEN)]);
    let other = Server::start(told.clone());
    let path = question(&pull);
    let away = Answer::status(302).header("Location", &format!("{}{path}", other.url()));
    let server = Server::start(told.with(&path, [away]));
    let before = files(&workspace);
    fetch(&workspace, &server, "gitlab", &["--request", "grant"])
        .exits(1)
        .says("another server");
    assert_eq!(other.requests().len(), 0);
    assert_eq!(files(&workspace), before);
}

#[test]
fn json_names_the_record_its_approvals_and_its_notes() {
    let workspace = reviewed();
    let pull = merge_request(&workspace, Made::Merge);
    let approvals = [approval("bob.lee", ELEVEN), approval("alice.park", TEN)];
    let server = Server::start(routes(&pull, Made::Merge, &approvals));
    let answer = fetch(
        &workspace,
        &server,
        "gitlab",
        &["--request", "grant", "--format", "json"],
    )
    .exits(0)
    .json();
    let entry = &answer["records"][0];
    assert_eq!(entry["path"], record_path("grant"));
    assert_eq!(entry["number"], pull.number);
    assert_eq!(entry["approved_by"], json!(["alice.park", "bob.lee"]));
    let notes = entry["notes"].to_string();
    assert!(notes.contains(pull.head()), "{notes}");
}
