use std::time::Duration;

use super::*;
use crate::model::{EmployeeId, RequestId, RoleId, RunNumber};
use crate::plan::{Due, Expiry, Given, RequestView, Status, WaitingFor};
use crate::time::parse_rfc3339;

fn at(text: &str) -> Instant {
    parse_rfc3339(text).unwrap()
}

const NOON: &str = "2026-11-23T12:00:00Z";

fn due(utc: &str) -> Due {
    Due {
        local: utc.to_owned(),
        timezone: "UTC".to_owned(),
        utc: at(utc),
        tzdb: "2026f".to_owned(),
    }
}

fn request(id: &str, status: Status, waiting_for: Option<WaitingFor>, utc: &str) -> RequestView {
    RequestView {
        id: RequestId::new(id).unwrap(),
        path: None,
        name: None,
        asks: None,
        access_type: None,
        change_type: None,
        status,
        waiting_for,
        user_provisioning_error: None,
        due: Some(due(utc)),
        approval: Given::default(),
        progress: RunNumber::default(),
        runs: Vec::new(),
        manual: Vec::new(),
        failures: Vec::new(),
        findings: Vec::new(),
    }
}

fn end(request: &str, utc: &str) -> Expiry {
    Expiry {
        employee: EmployeeId::new("jane").unwrap(),
        role: RoleId::new("reader").unwrap(),
        request: RequestId::new(request).unwrap(),
        due: due(utc),
        now: false,
    }
}

fn sample(result: PassResult, standing: Option<Standing>) -> Sample {
    Sample {
        result,
        at: at(NOON),
        duration: Duration::from_millis(20),
        work: Work::default(),
        serial: None,
        standing: standing.map(Arc::new),
    }
}

fn value(metrics: &Metrics, name: &str, now: &str) -> Option<String> {
    let text = metrics.render(Format::Text, at(now)).unwrap();
    let wanted = format!("rolecall_{name} ");
    text.lines()
        .find_map(|line| line.strip_prefix(&wanted))
        .map(ToOwned::to_owned)
}

#[test]
fn what_a_person_or_a_retry_has_to_do_is_not_for_the_clock() {
    let approved = |id: &str, waiting_for| request(id, Status::Approved, waiting_for, NOON);
    let requests = [
        approved("a", Some(WaitingFor::Schedule)),
        approved("b", Some(WaitingFor::Runs)),
        approved("c", None),
        approved("d", Some(WaitingFor::Retry)),
        approved("e", Some(WaitingFor::ManualProvisioning)),
        approved("f", Some(WaitingFor::TemporaryEnd)),
        request("g", Status::PendingApproval, None, NOON),
        request("h", Status::Complete, None, NOON),
    ];
    let ends = [
        end("d", NOON),
        end("e", NOON),
        end("f", NOON),
        end("gone", NOON),
    ];
    let standing = Standing::of(&requests, &ends);
    assert_eq!(standing.overdue(at("2026-11-23T12:10:00Z"), 60), (5, 600));
    assert_eq!(standing.statuses().map(|(_, count)| count).sum::<u64>(), 8);
    assert_eq!(standing.waiting().map(|(_, count)| count).sum::<u64>(), 5);
}

#[test]
fn what_is_late_by_less_than_a_minute_is_not_overdue() {
    let requests = [request(
        "a",
        Status::Approved,
        Some(WaitingFor::Schedule),
        NOON,
    )];
    let standing = Standing::of(&requests, &[]);
    assert_eq!(standing.overdue(at("2026-11-23T11:00:00Z"), 60), (0, 0));
    assert_eq!(standing.overdue(at("2026-11-23T12:01:00Z"), 60), (0, 0));
    assert_eq!(standing.overdue(at("2026-11-23T12:01:01Z"), 60), (1, 61));
}

#[test]
fn times_are_worked_out_when_they_are_asked_for() {
    let metrics = Metrics::new("1.2.3");
    assert_eq!(value(&metrics, "next_due_seconds", NOON), None);
    let requests = [request(
        "a",
        Status::Approved,
        Some(WaitingFor::Schedule),
        NOON,
    )];
    let standing = Standing::of(&requests, &[end("b", "2026-11-23T13:00:00Z")]);
    metrics.observe(&sample(PassResult::Done, Some(standing)));
    let next = |now| value(&metrics, "next_due_seconds", now).unwrap();
    assert_eq!(next("2026-11-23T11:59:00Z"), "60");
    assert_eq!(next("2026-11-23T12:02:00Z"), "-120");
    let overdue = |name, now| value(&metrics, name, now).unwrap();
    assert_eq!(overdue("overdue", "2026-11-23T11:59:00Z"), "0");
    assert_eq!(overdue("overdue", "2026-11-23T12:02:00Z"), "1");
    assert_eq!(
        overdue("overdue_age_seconds", "2026-11-23T12:02:00Z"),
        "120"
    );
}

#[test]
fn the_database_is_as_old_as_its_release() {
    let metrics = Metrics::new("1.2.3");
    let age = value(&metrics, "tzdb_age_seconds", "2026-10-29T00:00:00Z");
    assert_eq!(age.as_deref(), Some("86400"));
}

#[test]
fn a_daemon_is_ready_once_a_pass_went_through() {
    let metrics = Metrics::new("1.2.3");
    let why = |now: &str| metrics.unready(at(now)).unwrap_or_default();
    assert_eq!(why(NOON), "no pass has succeeded yet");
    metrics.observe(&sample(PassResult::Locked, None));
    assert_eq!(why(NOON), "no pass has succeeded yet");
    let invalid = sample(PassResult::Invalid, Some(Standing::default()));
    metrics.observe(&Sample {
        serial: Some(1),
        ..invalid.clone()
    });
    assert_eq!(why(NOON), "", "a request was, and the others were done");
    metrics.observe(&invalid);
    assert_eq!(
        why(NOON),
        "settings, state or what is checked out are invalid"
    );
}

#[test]
fn a_daemon_that_cannot_work_is_not_ready() {
    let metrics = Metrics::new("1.2.3");
    let requests = [request(
        "a",
        Status::Approved,
        Some(WaitingFor::Schedule),
        NOON,
    )];
    metrics.observe(&sample(
        PassResult::Done,
        Some(Standing::of(&requests, &[])),
    ));
    let why = |now: &str| metrics.unready(at(now)).unwrap_or_default();
    assert_eq!(why(NOON), "");
    assert_eq!(
        why("2026-11-23T12:05:00Z"),
        "1 overdue, the oldest for 300 seconds"
    );
    metrics.sees_files(false);
    assert_eq!(why(NOON), "cannot see its files");
    metrics.sees_files(true);
    metrics.observe(&sample(PassResult::Error, None));
    assert_eq!(why(NOON), "the last pass could not run");
    metrics.observe(&sample(PassResult::Integrity, None));
    assert_eq!(why(NOON), "state, logs, branch or clock do not agree");
    metrics.observe(&sample(PassResult::Done, Some(Standing::default())));
    assert_eq!(why(NOON), "");
}

#[test]
fn a_loop_that_is_silent_for_five_minutes_is_not_alive() {
    let metrics = Metrics::new("1.2.3");
    let now = Tick::now();
    metrics.beat(now);
    assert!(metrics.is_alive(now));
    assert!(metrics.is_alive(now + Duration::from_mins(5)));
    assert!(!metrics.is_alive(now + Duration::from_secs(301)));
    metrics.beat(now + Duration::from_mins(10));
    assert!(metrics.is_alive(now + Duration::from_mins(11)));
}
