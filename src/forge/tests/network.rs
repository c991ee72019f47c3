//! Servers that fail, wait, lie, or send elsewhere.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Instant;

use serde_json::json;

use super::server::{Answer, HERE, Routes, Server};
use super::*;

/// Asks GitHub, whose first list of pull requests comes only after these answers.
fn after(answers: &[Answer]) -> (Result<Merged, ForgeError>, usize) {
    let good = Answer::json(&json!([pull(7)]));
    let server = Server::start(github().with(PULLS, answers.iter().cloned().chain([good])));
    let result = ask(Forge::GitHub, &server);
    (result, server.count(PULLS))
}

/// Asks GitHub, whose list of pull requests is always this answer.
fn always(answer: Answer, milliseconds: u64) -> (ForgeError, usize) {
    let server = Server::start(github().with(PULLS, [answer]));
    let error = ask_briefly(Forge::GitHub, &server, milliseconds).unwrap_err();
    let text = format!("{error} {error:?} {:?}", error.hint());
    assert!(!text.contains(TOKEN), "{text}");
    assert!(!text.contains("per_page"), "{text}");
    assert!(text.contains(PULLS), "{text}");
    assert!(error.hint().is_some(), "{text}");
    (error, server.count(PULLS))
}

#[test]
fn a_pause_that_is_asked_for_is_made() {
    for seconds in ["0", "1"] {
        let begun = Instant::now();
        let (result, count) = after(&[Answer::status(429).header("Retry-After", seconds)]);
        assert!(result.is_ok(), "{result:?}");
        assert_eq!(count, 2);
        assert!(begun.elapsed().as_secs() >= seconds.parse().unwrap());
    }
}

#[test]
fn a_limit_that_is_told_as_forbidden_is_waited_for() {
    let told = Answer::status(403).header("Retry-After", "0");
    let spent = Answer::status(403).header("X-RateLimit-Remaining", "0");
    let (result, count) = after(&[told, spent]);
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(count, 3);
}

#[test]
fn a_pause_that_is_too_long_ends_at_once_and_names_its_seconds() {
    let begun = Instant::now();
    let (error, count) = always(Answer::status(429).header("Retry-After", "4000"), 45_000);
    assert!(
        matches!(
            error,
            ForgeError::Busy {
                seconds: 4000,
                status: 429,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.to_string().contains("4000 s"), "{error}");
    assert_eq!(count, 1);
    assert!(begun.elapsed().as_secs() < 30);
}

#[test]
fn a_server_that_fails_twice_is_asked_three_times() {
    let (result, count) = after(&[Answer::status(500), Answer::status(502)]);
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(count, 3);
}

#[test]
fn a_server_that_fails_for_ever_is_left_when_the_time_is_over() {
    let (error, count) = always(Answer::status(500), 600);
    assert!(matches!(error, ForgeError::OutOfTime { .. }), "{error:?}");
    assert!(error.to_string().contains("status 500"), "{error}");
    assert!(count >= 1);
}

#[test]
fn one_question_is_asked_six_times_at_most() {
    let (error, count) = always(Answer::status(503).header("Retry-After", "0"), 45_000);
    assert!(
        matches!(
            error,
            ForgeError::Failing {
                status: 503,
                attempts: 6,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(count, 6);
}

#[test]
fn a_body_that_breaks_off_is_asked_for_again() {
    let broken = Answer::json(&json!([pull(8)])).broken_off();
    let (result, count) = after(std::slice::from_ref(&broken));
    assert_eq!(result.unwrap().number, 7);
    assert_eq!(count, 2);
    let (error, _) = always(broken, 400);
    assert!(matches!(error, ForgeError::OutOfTime { .. }), "{error:?}");
    assert!(error.to_string().contains("broke off"), "{error}");
}

#[test]
fn an_answer_that_is_not_understood_is_not_asked_for_again() {
    let page = Answer::text(200, "<html>[]</html>").header("Content-Type", "text/html");
    let half = Answer::text(200, "[{\"number\": 7, \"merged_at\"");
    let wrong = Answer::json(&json!([{"number": TOKEN}]));
    let empty = Answer::text(204, "");
    for answer in [page, half, wrong, empty] {
        let (error, count) = always(answer, 45_000);
        assert!(matches!(error, ForgeError::Answer { .. }), "{error:?}");
        assert_eq!(count, 1);
    }
}

#[test]
fn a_body_without_end_is_refused() {
    let long = format!("[\"{}\"]", "x".repeat(8 * 1024 * 1024));
    let (error, count) = always(Answer::text(200, &long), 45_000);
    assert!(
        matches!(error, ForgeError::TooLong { limit: "8 MiB", .. }),
        "{error:?}"
    );
    assert_eq!(count, 1);
}

#[test]
fn each_refusal_is_its_own_error_and_not_asked_again() {
    let refused = |status| {
        let (error, count) = always(Answer::status(status), 45_000);
        assert_eq!(count, 1);
        assert!(error.to_string().contains(&status.to_string()), "{error}");
        error
    };
    assert!(matches!(refused(401), ForgeError::Unauthorized { .. }));
    assert!(matches!(refused(403), ForgeError::Forbidden { .. }));
    assert!(matches!(refused(404), ForgeError::NotFound { .. }));
    assert!(matches!(
        refused(422),
        ForgeError::Refused { status: 422, .. }
    ));
}

#[test]
fn redirects_on_the_same_server_are_followed_with_the_token() {
    for location in ["/repositories/1/pulls", "{server}/repositories/1/pulls"] {
        let moved = Answer::status(301).header("Location", location);
        let routes = github()
            .with(PULLS, [moved])
            .with_json("/repositories/1/pulls", &json!([pull(7)]));
        let server = Server::start(routes);
        assert_eq!(ask(Forge::GitHub, &server).unwrap().number, 7);
        let requests = server.requests();
        assert_eq!(requests[1].target, "/repositories/1/pulls");
        assert_eq!(
            requests[1].header("authorization"),
            Some("Bearer s3cr3t-t0ken")
        );
    }
}

#[test]
fn redirects_in_a_circle_end() {
    let (error, count) = always(Answer::status(302).header("Location", PULLS), 45_000);
    assert!(
        matches!(error, ForgeError::Redirects { limit: 5, .. }),
        "{error:?}"
    );
    assert_eq!(count, 6);
}

#[test]
fn nothing_is_sent_to_another_server_that_a_redirect_names() {
    for forge in [Forge::GitHub, Forge::GitLab] {
        let other = Server::start(github());
        for location in [
            format!("{}{PULLS}", other.url()),
            other.url().replace("http:", ""),
        ] {
            let moved = Answer::status(302).header("Location", &location);
            let server = Server::start(
                Routes::default()
                    .with(PULLS, [moved.clone()])
                    .with(REQUESTS, [moved]),
            );
            let error = ask(forge, &server).unwrap_err();
            assert!(
                matches!(&error, ForgeError::Elsewhere { origin, .. } if *origin == other.url()),
                "{error:?}"
            );
            assert!(!format!("{error} {error:?}").contains(TOKEN));
        }
        assert!(other.requests().is_empty());
    }
}

#[test]
fn nothing_is_sent_to_another_server_that_a_link_names() {
    let other = Server::start(github());
    let link = format!("<{}{REVIEWS}?page=2>; rel=\"next\"", other.url());
    let server =
        Server::start(github().with(REVIEWS, [Answer::json(&json!([])).header("Link", &link)]));
    let error = ask(Forge::GitHub, &server).unwrap_err();
    assert!(matches!(error, ForgeError::Elsewhere { .. }), "{error:?}");
    assert!(other.requests().is_empty());
}

#[test]
fn an_address_with_a_user_or_without_sense_is_not_followed() {
    for location in [
        "http://a:b@127.0.0.1/",
        "ftp://127.0.0.1/",
        "relative",
        "/a b",
        "",
    ] {
        let (error, count) = always(Answer::status(302).header("Location", location), 45_000);
        assert!(
            matches!(error, ForgeError::Answer { .. }),
            "{location} {error:?}"
        );
        assert_eq!(count, 1);
    }
    let (error, _) = always(Answer::status(307), 45_000);
    assert!(matches!(error, ForgeError::Answer { .. }), "{error:?}");
}

#[test]
fn another_name_of_the_same_machine_is_another_server() {
    let moved = Answer::status(302).header(
        "Location",
        &format!("{HERE}{PULL}").replace(HERE, "http://localhost"),
    );
    let (error, count) = always(moved, 45_000);
    assert!(
        matches!(&error, ForgeError::Elsewhere { origin, .. } if origin == "http://localhost:80"),
        "{error:?}"
    );
    assert_eq!(count, 1);
}

#[test]
fn a_server_that_never_answers_is_left_when_the_time_is_over() {
    let begun = Instant::now();
    let (error, _) = always(Answer::hung(), 300);
    assert!(matches!(error, ForgeError::OutOfTime { .. }), "{error:?}");
    assert!(error.to_string().contains("took too long"), "{error}");
    assert!(begun.elapsed().as_secs() < 15);
}

#[test]
fn an_answer_that_drips_does_not_prolong_the_time() {
    let begun = Instant::now();
    let (error, _) = always(Answer::json(&json!([pull(7)])).dripping(), 300);
    assert!(matches!(error, ForgeError::OutOfTime { .. }), "{error:?}");
    assert!(begun.elapsed().as_secs() < 15);
}

#[test]
fn a_connection_that_is_closed_without_an_answer_is_made_again() {
    let (result, count) = after(&[Answer::closed()]);
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(count, 2);
}

#[test]
fn a_server_that_is_not_there_is_asked_again_until_the_time_is_over() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let patience = Duration::from_millis(400);
    let target = Target::new(Forge::GitHub, Some(&url), "acme/access", None, patience).unwrap();
    let error = merged(&target, &CONTENT, &clone).unwrap_err();
    assert!(matches!(error, ForgeError::OutOfTime { .. }), "{error:?}");
}

#[test]
fn without_encryption_on_the_other_side_the_token_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = vec![0; 4096];
        let count = stream.read(&mut bytes).unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .unwrap();
        bytes.truncate(count);
        bytes
    });
    let target = Target::new(
        Forge::GitLab,
        Some(&url),
        "1",
        Some(TOKEN.to_owned()),
        PATIENCE,
    )
    .unwrap();
    let error = merged(&target, &CONTENT, &clone).unwrap_err();
    assert!(matches!(error, ForgeError::Unreachable { .. }), "{error:?}");
    let sent = server.join().unwrap();
    assert!(!String::from_utf8_lossy(&sent).contains(TOKEN));
}
