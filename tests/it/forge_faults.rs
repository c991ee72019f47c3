//! A forge that fails, waits, lies or sends elsewhere: nothing is written then, and nobody else gets the token.

use rstest::rstest;
use serde_json::json;

use crate::support::Workspace;
use crate::support::forge::server::{Answer, HERE, Routes, Server};
use crate::support::forge::{
    How, Pull, TOKEN, ends_discreetly, evidence_command, fetch, files, grant, pull, record_path,
    reviewed,
};
use crate::support::github::{
    contents_path, page, pull_path, pulls_path, refusal, review, reviews_path, routes, told,
};
use crate::support::worlds::addition;

const TEN: &str = "2026-11-21T10:00:00Z";

/// One of the questions that GitHub is asked.
type Question = fn(&Pull) -> String;

fn of_the_commit(pull: &Pull) -> String {
    pulls_path(&pull.tip)
}

fn of_the_bytes(_: &Pull) -> String {
    contents_path("grant")
}

/// A world with a merged request that Alice approved, and what GitHub says of it.
fn world() -> (Workspace, Pull, Routes) {
    let workspace = reviewed();
    let pull = pull(&workspace, "grant", &[&grant()], How::Squash);
    let good = review("alice-park", "APPROVED", pull.head(), TEN);
    let mut told = routes(&pull, &[good]);
    // Answers of the test stand for the path, whatever the query.
    let query = format!("{}?ref={}", contents_path("grant"), pull.head());
    let file = json!({"type": "file", "sha": pull.blob(), "size": 150, "encoding": "base64", "content": ""});
    told = told
        .with(&query, [Answer::json(&file)])
        .with_json(&contents_path("grant"), &file);
    (workspace, pull, told)
}

/// The good answer behind others, for a question.
fn behind(pull: &Pull, path: &str, answers: Vec<Answer>) -> Routes {
    let good = review("alice-park", "APPROVED", pull.head(), TEN);
    let reviews = json!([good]);
    let last = if path == reviews_path(pull) {
        Answer::json(&reviews)
    } else if path == pull_path(pull) {
        Answer::json(&crate::support::github::alone(pull))
    } else {
        Answer::json(&json!([crate::support::github::listed(pull)]))
    };
    let all = answers.into_iter().chain([last]);
    routes(pull, &[good]).with(path, all)
}

/// Fetches with an exit code other than 0, and asserts that no file changed.
#[track_caller]
fn fails(workspace: &Workspace, server: &Server, code: i32, more: &[&str]) -> crate::support::Run {
    let before = files(workspace);
    let mut arguments = vec!["--request", "grant"];
    arguments.extend(more);
    let run = fetch(workspace, server, "github", &arguments).exits(code);
    assert_eq!(files(workspace), before, "nothing is written");
    assert_eq!(run.out, "");
    run
}

#[rstest]
fn what_passes_is_asked_for_again(
    #[values(of_the_commit, pull_path, reviews_path)] question: Question,
    #[values(
        vec![Answer::status(429).header("Retry-After", "1")],
        vec![Answer::status(500), Answer::status(500)],
        vec![Answer::json(&json!([])).broken_off()],
        vec![Answer::closed()]
    )]
    answers: Vec<Answer>,
) {
    let workspace = reviewed();
    let pull = pull(&workspace, "grant", &[&grant()], How::Squash);
    let path = question(&pull);
    let asked = answers.len() + 1;
    let server = Server::start(behind(&pull, &path, answers));
    fetch(&workspace, &server, "github", &["--request", "grant"])
        .exits(0)
        .says("alice-park");
    assert_eq!(server.count(&path), asked);
    workspace.git_commit("Record the reviews");
    assert_eq!(workspace.status("grant")["status"], "approved");
}

#[rstest]
#[case::an_error(Answer::status(500), "500")]
#[case::a_body_that_breaks_off(Answer::json(&json!([])).broken_off(), "broke off")]
#[case::no_answer(Answer::closed(), "time")]
#[case::a_pause_that_is_too_long(Answer::status(429).header("Retry-After", "3600"), "3600 s")]
fn what_does_not_pass_in_time_writes_nothing(
    #[values(of_the_commit, pull_path, reviews_path, of_the_bytes)] question: Question,
    #[case] answer: Answer,
    #[case] said: &str,
) {
    let (workspace, pull, told) = world();
    let path = question(&pull);
    let query = format!("{path}?ref={}", pull.head());
    let told = told.with(&path, [answer.clone()]).with(&query, [answer]);
    let server = Server::start(told);
    let run = fails(&workspace, &server, 1, &["--timeout", "1s"]);
    assert!(
        run.err.contains(said) && run.err.contains(&path),
        "{}",
        run.err
    );
}

#[test]
fn an_answer_that_never_comes_ends_with_the_time() {
    let (workspace, pull, told) = world();
    let server = Server::start(told.with(&pull_path(&pull), [Answer::hung()]));
    fails(&workspace, &server, 1, &["--timeout", "1s"]).says("1 s");
    let (workspace, pull, told) = world();
    let slow = Answer::json(&json!({"number": pull.number})).header("X-Long", &"x".repeat(300));
    let server = Server::start(told.with(&pull_path(&pull), [slow.dripping()]));
    fails(&workspace, &server, 1, &["--timeout", "1s"]).says("1 s");
}

#[rstest]
#[case::half(|_: &Pull| Answer::text(200, "[{\"number\": 7, \"merged_at\""))]
#[case::empty(|_: &Pull| Answer::text(200, ""))]
#[case::a_page_for_people(|_: &Pull| Answer::text(200, "<html>[]</html>").header("Content-Type", "text/html"))]
#[case::another_kind_of_value(|_: &Pull| Answer::json(&json!("x")))]
#[case::nothing_of_what_it_should_have(|_: &Pull| Answer::json(&json!([{"number": "seven"}])))]
#[case::a_token_in_it(|_: &Pull| Answer::json(&json!([{"number": TOKEN}])))]
fn an_answer_that_is_not_understood_writes_nothing_and_is_not_asked_for_again(
    #[values(of_the_commit, pull_path, reviews_path)] question: Question,
    #[case] answer: fn(&Pull) -> Answer,
) {
    let (workspace, pull, told) = world();
    let path = question(&pull);
    let server = Server::start(told.with(&path, [answer(&pull)]));
    fails(&workspace, &server, 1, &[])
        .says(&path)
        .says("not understood");
    assert_eq!(server.count(&path), 1);
}

#[rstest]
#[case::wrong_token(401, "Bad credentials", "GITHUB_TOKEN")]
#[case::may_not(403, "Resource not accessible by personal access token", "403")]
#[case::not_there(404, "Not Found", "404")]
#[case::unknown_commit(422, "No commit found for SHA", "422")]
fn a_refusal_is_final_and_asked_for_only_once(
    #[values(of_the_commit, pull_path, reviews_path)] question: Question,
    #[case] status: u16,
    #[case] message: &str,
    #[case] said: &str,
) {
    let (workspace, pull, told) = world();
    let path = question(&pull);
    let server = Server::start(told.with(&path, [refusal(status, message)]));
    let run = fails(&workspace, &server, 1, &[]).says(said);
    // What the forge chose to say is not passed on.
    assert!(!run.err.contains(message), "{}", run.err);
    assert_eq!(server.count(&path), 1);
}

#[rstest]
#[case::refused(Answer::status(500), 1)]
#[case::half(Answer::text(200, "[{"), 1)]
#[case::directly_pushed(Answer::json(&json!([])), 3)]
fn a_record_that_is_there_stays_byte_for_byte_where_a_new_one_cannot_be_fetched(
    #[case] answer: Answer,
    #[case] code: i32,
) {
    let (workspace, pull, told) = world();
    let server = Server::start(told.clone());
    fetch(&workspace, &server, "github", &["--request", "grant"]).exits(0);
    let kept = workspace.read(&record_path("grant"));
    let server = Server::start(told.with(&of_the_commit(&pull), [answer]));
    fails(&workspace, &server, code, &["--timeout", "1s"]);
    assert_eq!(workspace.read(&record_path("grant")), kept);
}

#[rstest]
#[case::the_first(["grant", "other"])]
#[case::the_last(["other", "grant"])]
fn of_several_requests_none_is_written_where_one_fails(#[case] order: [&str; 2]) {
    let (workspace, first, told_first) = world();
    let other = addition("[jane.doe]", "[ap-payer]");
    let second = pull(&workspace, "other", &[&other], How::Merge);
    let good = review("alice-park", "APPROVED", second.head(), TEN);
    let both = told(told_first, "other", &second, &[good]);
    let server = Server::start(both.with(&reviews_path(&first), [Answer::status(404)]));
    let before = files(&workspace);
    let mut arguments = vec!["--request"];
    arguments.extend(order);
    fetch(&workspace, &server, "github", &arguments).exits(1);
    assert_eq!(files(&workspace), before);
    assert!(!workspace.path().join("approvals").exists());
}

#[rstest]
#[case::moved(of_the_commit, 301)]
#[case::found(pull_path, 302)]
#[case::see_other(reviews_path, 303)]
#[case::for_now(of_the_commit, 307)]
#[case::for_ever(reviews_path, 308)]
fn a_redirect_to_another_server_is_not_followed(#[case] question: Question, #[case] status: u16) {
    let (workspace, pull, told) = world();
    let other = Server::start(told.clone());
    let path = question(&pull);
    let away = Answer::status(status).header("Location", &format!("{}{path}", other.url()));
    let server = Server::start(told.with(&path, [away]));
    fails(&workspace, &server, 1, &[]).says("another server");
    assert_eq!(other.requests().len(), 0);
    assert_eq!(server.count(&path), 1);
}

#[test]
fn a_next_page_on_another_server_is_not_asked_for() {
    let (workspace, pull, told) = world();
    let other = Server::start(told.clone());
    let path = reviews_path(&pull);
    let link = format!("<{}{path}?page=2>; rel=\"next\"", other.url());
    let first = Answer::json(&json!([])).header("Link", &link);
    let server = Server::start(told.with(&path, [first]));
    fails(&workspace, &server, 1, &[]).says("another server");
    assert_eq!(other.requests().len(), 0);
}

#[test]
fn a_list_without_end_writes_nothing() {
    let (workspace, pull, told) = world();
    let path = reviews_path(&pull);
    let server = Server::start(told.with(&path, [page(&[], &path)]));
    fails(&workspace, &server, 1, &[]).says("too long");
}

#[test]
fn a_redirect_on_the_same_server_is_followed_with_the_token() {
    let (workspace, pull, told) = world();
    let path = pull_path(&pull);
    let here = Answer::status(301).header("Location", &format!("{HERE}/moved"));
    let moved = crate::support::github::alone(&pull);
    let server = Server::start(told.with(&path, [here]).with_json("/moved", &moved));
    fetch(&workspace, &server, "github", &["--request", "grant"]).exits(0);
    let sent = format!("Bearer {TOKEN}");
    for request in server.requests() {
        assert_eq!(
            request.header("authorization"),
            Some(&*sent),
            "{}",
            request.target
        );
    }
}

/// A name of this machine that does not say so: what was sent there would be seen.
#[rstest]
#[case::any_address("0.0.0.0")]
#[case::mapped_address("[::ffff:127.0.0.1]")]
#[case::a_name("forge.example.com")]
#[case::like_this_machine("localhost.example.com")]
#[case::this_machine_as_a_user("127.0.0.1@forge.example.com")]
fn plain_http_to_another_machine_is_refused_before_any_connection(#[case] host: &str) {
    let (workspace, _, told) = world();
    let server = Server::start(told);
    let url = server.url().replace("127.0.0.1", host);
    let before = files(&workspace);
    let project = ["github", "--repo", "acme/access", "--request", "grant"];
    let mut command = evidence_command(&workspace, &project);
    command.args(["--base-url", &url]);
    ends_discreetly(&workspace, command)
        .exits(3)
        .says("https://");
    assert_eq!(server.requests().len(), 0);
    assert_eq!(files(&workspace), before);
}

#[test]
fn a_proxy_sees_nothing_of_what_is_asked_of_this_machine() {
    let (workspace, _, told) = world();
    let (server, proxy) = (Server::start(told), Server::start(Routes::default()));
    let url = server.url();
    let project = ["github", "--repo", "acme/access", "--request", "grant"];
    let mut command = evidence_command(&workspace, &project);
    command.args(["--base-url", &url]);
    for name in [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ] {
        command.env(name, proxy.url());
    }
    ends_discreetly(&workspace, command).exits(0);
    assert_eq!(proxy.requests().len(), 0);
}

#[test]
fn without_a_token_none_is_sent() {
    let (workspace, _, told) = world();
    let server = Server::start(told);
    let url = server.url();
    let project = ["github", "--repo", "acme/access", "--request", "grant"];
    let mut command = evidence_command(&workspace, &project);
    command.args(["--base-url", &url]).env("GITHUB_TOKEN", "");
    ends_discreetly(&workspace, command).exits(0);
    let mut requests = server.requests().into_iter();
    assert!(requests.all(|request| request.header("authorization").is_none()));
}

#[rstest]
#[case::project(&["--repo", "access"], 3)]
#[case::project_with_dots(&["--repo", "../access"], 3)]
#[case::project_with_a_query(&["--repo", "acme/access?x"], 3)]
#[case::time(&["--repo", "acme/access", "--timeout", "soon"], 64)]
fn what_is_not_understood_of_the_command_is_refused_before_any_connection(
    #[case] arguments: &[&str],
    #[case] code: i32,
) {
    let (workspace, _, told) = world();
    let server = Server::start(told);
    let url = server.url();
    let before = files(&workspace);
    let mut command = evidence_command(&workspace, &["github"]);
    command
        .args(arguments)
        .args(["--request", "grant", "--base-url", &url]);
    ends_discreetly(&workspace, command).exits(code);
    assert_eq!(server.requests().len(), 0);
    assert_eq!(files(&workspace), before);
}

#[rstest]
#[case::a_space(" x")]
#[case::a_line("\nX-Other: 1")]
fn a_token_that_cannot_be_sent_is_not_shown_either(#[case] more: &str) {
    let (workspace, _, told) = world();
    let server = Server::start(told);
    let url = server.url();
    let project = ["github", "--repo", "acme/access", "--request", "grant"];
    let mut command = evidence_command(&workspace, &project);
    command
        .args(["--base-url", &url])
        .env("GITHUB_TOKEN", format!("{TOKEN}{more}"));
    ends_discreetly(&workspace, command).exits(1);
    assert_eq!(server.requests().len(), 0);
}

/// On a public project anybody can approve.
#[test]
fn a_record_that_could_not_be_read_again_is_not_written() {
    let workspace = reviewed();
    let pull = pull(&workspace, "grant", &[&grant()], How::Squash);
    let good = review("alice-park", "APPROVED", pull.head(), TEN);
    let stranger = |number| review(&format!("stranger-{number}"), "APPROVED", pull.head(), TEN);
    let mut reviews: Vec<_> = (0..500).map(stranger).collect();
    reviews.push(good);
    let server = Server::start(routes(&pull, &reviews));
    let before = files(&workspace);
    let run = fetch(&workspace, &server, "github", &["--request", "grant"]);
    if run.code == 0 {
        workspace.git_commit("Record the reviews");
        let status = workspace.status("grant");
        assert_eq!(status["status"], "approved", "{}{status:#}", run.err);
    } else {
        assert_eq!(files(&workspace), before);
    }
}

#[rstest]
#[case::the_folder_of_all("approvals")]
#[case::the_folder_of_the_request("approvals/grant")]
fn nothing_is_written_through_a_link(#[case] path: &str) {
    let (workspace, _, told) = world();
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let link = workspace.path().join(path);
    std::fs::create_dir_all(link.parent().expect("a parent")).expect("its folder");
    std::os::unix::fs::symlink(elsewhere.path(), &link).expect("a link");
    let run = fetch(
        &workspace,
        &Server::start(told),
        "github",
        &["--request", "grant"],
    );
    assert_ne!(run.code, 0, "{run:?}");
    let mut entries = std::fs::read_dir(elsewhere.path()).expect("a folder");
    assert!(entries.next().is_none(), "nothing is there");
}

#[test]
fn a_record_is_not_written_where_a_folder_has_its_name() {
    let (workspace, _, told) = world();
    workspace.write("approvals/grant/forge.yaml/x", "x");
    let before = files(&workspace);
    let run = fetch(
        &workspace,
        &Server::start(told),
        "github",
        &["--request", "grant"],
    );
    assert_ne!(run.code, 0, "{run:?}");
    assert_eq!(files(&workspace), before);
}
