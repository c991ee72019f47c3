use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;

use crate::model::Instant;
use crate::time::parse_rfc3339;
use crate::watch::backoff::Backoff;
use crate::watch::eyes::Hint;
use crate::watch::pulling::{News, Pulling};
use crate::watch::schedule::{Reason, Schedule, TICK, Timing, Verdict};
use crate::watch::settle::Touch;
use crate::watch::worker::{Done, Report};
use crate::watch::{Awaited, Failure, FailureKind, Passed, Reading};

const TIMING: Timing = Timing {
    rescan: Duration::from_mins(5),
    settle: Duration::from_millis(500),
};

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn noon() -> Instant {
    parse_rfc3339("2026-11-23T12:00:00Z").unwrap()
}

/// What both clocks say so many seconds after noon, when the daemon started.
fn at(after: f64) -> Reading {
    Reading {
        wall: noon() + TimeDelta::from_std(seconds(after)).unwrap(),
        running: seconds(after),
    }
}

fn report(done: Done) -> Report {
    Report {
        done,
        unsettled: false,
        changed_meanwhile: false,
        sees: true,
        blind: None,
    }
}

fn passed(next: Option<Awaited>) -> Report {
    report(Done::Pass(Ok(Passed {
        next,
        ..Passed::default()
    })))
}

fn failed(kind: FailureKind, message: &str) -> Report {
    report(Done::Pass(Err(Failure {
        kind,
        exit: 1,
        message: message.to_owned(),
        hint: None,
    })))
}

fn awaited(after: i64) -> Awaited {
    Awaited {
        moment: noon() + TimeDelta::seconds(after),
        what: "request one".to_owned(),
    }
}

fn touched() -> Hint {
    Hint::Touched(PathBuf::from("/here/requests/one.yaml"), Touch::Whole)
}

/// A schedule whose first pass is done.
fn settled(next: Option<Awaited>) -> Schedule {
    let mut schedule = Schedule::new(TIMING, Duration::ZERO, || 0.5);
    let (reason, order) = schedule.order(at(0.0)).expect("the first pass");
    assert_eq!(
        (reason, order.force, order.rewatch),
        (Reason::Start, true, true)
    );
    assert_eq!(schedule.order(at(0.0)), None, "one thing after the other");
    assert_eq!(schedule.done(seconds(0.1), passed(next)), Verdict::GoOn);
    schedule
}

#[test]
fn changes_are_looked_at_once_they_are_over_and_bursts_after_a_while() {
    let mut schedule = settled(None);
    schedule.hint(seconds(1.0), touched());
    assert_eq!(schedule.order(at(1.4)), None);
    let (reason, order) = schedule.order(at(1.5)).expect("a look");
    assert_eq!((reason, order.force), (Reason::Change, false));
    assert_eq!(
        schedule.done(seconds(1.6), report(Done::Nothing)),
        Verdict::GoOn
    );
    assert_eq!(schedule.order(at(10.0)), None, "its own writes wake nobody");
    let mut last = 10.0;
    while schedule.order(at(last)).is_none() {
        schedule.hint(seconds(last), touched());
        last += 0.1;
    }
    assert!(
        (14.9..15.3).contains(&last),
        "a burst was looked at after {last}"
    );
}

#[test]
fn a_due_moment_is_waited_for_exactly_and_ordered_once() {
    let mut schedule = settled(Some(awaited(3)));
    assert_eq!(schedule.sleep(at(0.2)), TICK);
    assert!(schedule.sleep(at(2.4)) <= seconds(0.6));
    assert_eq!(schedule.order(at(2.999)), None, "nothing before its moment");
    let (reason, order) = schedule.order(at(3.0)).expect("a pass");
    assert_eq!((reason, order.force), (Reason::Due, true));
    schedule.done(seconds(3.1), failed(FailureKind::Other, "the disk is full"));
    assert_eq!(
        schedule.order(at(3.2)),
        None,
        "it is tried again after a pause"
    );
    let (reason, _) = schedule.order(at(4.2)).expect("another attempt");
    assert_eq!(reason, Reason::Retry);
}

#[test]
fn a_moment_behind_a_change_of_the_offset_is_an_instant_like_any_other() {
    // At 03:00 of 25 October 2026 the clocks of Paris go back to 02:00, so that 03:30 is two and a half hours after 02:00.
    let start = parse_rfc3339("2026-10-25T02:00:00+02:00").unwrap();
    let moment = parse_rfc3339("2026-10-25T03:30:00+01:00").unwrap();
    let then = |after: i64| Reading {
        wall: start + TimeDelta::seconds(after),
        running: Duration::from_secs(u64::try_from(after).unwrap()),
    };
    let mut schedule = Schedule::new(TIMING, Duration::ZERO, || 0.5);
    schedule.order(then(0)).expect("the first pass");
    let what = "request one".to_owned();
    schedule.done(Duration::ZERO, passed(Some(Awaited { moment, what })));
    let mut now = 0;
    let reached = loop {
        now += 1;
        match schedule.order(then(now)) {
            Some((Reason::Due, _)) => break now,
            Some((_, _)) => {
                let what = "request one".to_owned();
                let next = Some(Awaited { moment, what });
                schedule.done(then(now).running, passed(next));
            }
            None => {}
        }
    };
    assert_eq!(reached, 2 * 3600 + 1800);
}

#[test]
fn everything_is_looked_at_on_a_timer_and_sooner_where_nobody_tells_of_changes() {
    let mut schedule = settled(None);
    assert_eq!(schedule.order(at(299.0)), None);
    let (reason, order) = schedule.order(at(300.1)).expect("a rescan");
    assert_eq!((reason, order.force), (Reason::Rescan, true));
    let blind = Report {
        blind: Some("no watches are left".to_owned()),
        ..passed(None)
    };
    schedule.done(seconds(300.2), blind);
    assert_eq!(schedule.order(at(329.0)), None);
    assert!(schedule.order(at(331.0)).is_some());
}

#[test]
fn lost_events_mean_a_pass_and_watching_anew_but_its_own_flood_only_a_look() {
    let mut schedule = settled(None);
    schedule.hint(seconds(1.0), Hint::Overflow);
    let (reason, order) = schedule.order(at(1.5)).expect("a pass");
    assert_eq!(
        (reason, order.force, order.rewatch),
        (Reason::Lost, true, true)
    );
    schedule.hint(seconds(1.6), Hint::Overflow);
    schedule.done(seconds(1.7), passed(None));
    let (_, order) = schedule.order(at(2.2)).expect("a look");
    assert_eq!((order.force, order.rewatch), (false, true));
    schedule.done(seconds(2.3), report(Done::Nothing));
    assert_eq!(schedule.order(at(60.0)), None);
}

#[test]
fn whoever_else_writes_the_state_file_is_noticed_whatever_it_looks_like() {
    let mut schedule = settled(None);
    let state = PathBuf::from("/here/state/state.yaml");
    schedule.hint(seconds(1.0), Hint::Touched(state.clone(), Touch::Whole));
    assert!(
        !schedule.order(at(1.5)).expect("a look").1.force,
        "moved into place, as the program does"
    );
    schedule.done(seconds(1.6), report(Done::Nothing));
    schedule.hint(seconds(2.0), Hint::Touched(state, Touch::Gone));
    assert!(schedule.order(at(2.5)).expect("a pass").1.force);
}

#[test]
fn failures_are_tried_again_later_each_time_and_changes_at_once() {
    let mut schedule = settled(None);
    let mut now = 301.0;
    let mut pauses = Vec::new();
    for _ in 0..12 {
        schedule.order(at(now)).expect("an attempt");
        match schedule.done(seconds(now), failed(FailureKind::Other, "no")) {
            Verdict::Failed(_, pause) => pauses.push(pause),
            verdict => panic!("{verdict:?}"),
        }
        assert_eq!(schedule.order(at(now + 0.4)), None, "no hot loop");
        now += pauses.last().unwrap().as_secs_f64();
    }
    assert!(
        pauses.is_sorted() && pauses[0] == seconds(1.0),
        "{pauses:?}"
    );
    assert_eq!(pauses[11], Duration::from_mins(5));
    schedule.order(at(now)).expect("an attempt");
    schedule.done(seconds(now), failed(FailureKind::Other, "no"));
    schedule.hint(seconds(now + 1.0), touched());
    let (reason, _) = schedule.order(at(now + 1.5)).expect("a look");
    assert_eq!(reason, Reason::Change);
    schedule.done(seconds(now + 1.6), passed(None));
    assert_eq!(schedule.order(at(now + 10.0)), None, "it is over");
}

#[test]
fn a_lock_that_is_held_is_tried_again_soon_and_never_ends_it() {
    let mut schedule = settled(None);
    let mut now = 301.0;
    for _ in 0..40 {
        schedule.order(at(now)).expect("an attempt");
        match schedule.done(seconds(now), failed(FailureKind::Locked, "held")) {
            Verdict::Failed(_, pause) => assert!(pause <= seconds(2.0), "{pause:?}"),
            verdict => panic!("{verdict:?}"),
        }
        now += 2.0;
    }
}

#[test]
fn broken_integrity_has_to_be_seen_three_times_with_the_same_reason() {
    let mut schedule = settled(None);
    let mut sightings = |messages: &[&str]| -> Vec<bool> {
        let mut ends = Vec::new();
        let mut now = 301.0;
        for message in messages {
            schedule.reload(seconds(now));
            schedule.order(at(now)).expect("an attempt");
            let report = if message.is_empty() {
                passed(None)
            } else {
                failed(FailureKind::Integrity, message)
            };
            let verdict = schedule.done(seconds(now), report);
            ends.push(matches!(verdict, Verdict::End(_)));
            now += 1.0;
        }
        ends
    };
    assert_eq!(sightings(&["gone", "gone", "", "gone", "gone"]), [false; 5]);
    assert_eq!(
        sightings(&["", "at 12:00:01", "at 12:00:02", "at 12:00:03"]),
        [false, false, false, true]
    );
    let changing: Vec<_> = ["", "a", "b", "a", "b", "a", "b", "a", "b", "a", "b"].to_vec();
    assert!(sightings(&changing)[10], "not for ever");
}

#[test]
fn a_pass_is_put_off_while_the_settings_are_written_but_not_for_ever() {
    let mut schedule = settled(None);
    schedule.hint(seconds(1.0), touched());
    let mut now = 1.5;
    let waited = loop {
        let Some((_, order)) = schedule.order(at(now)) else {
            now += 0.1;
            continue;
        };
        if order.impatient {
            break now - 1.5;
        }
        schedule.done(seconds(now), report(Done::PutOff));
        assert!(now < 60.0, "it waits for ever");
    };
    assert!((30.0..32.0).contains(&waited), "{waited}");
}

#[test]
fn a_jump_of_the_clock_is_noticed_both_ways() {
    let before = at(10.0);
    assert_eq!(at(11.0).jump_since(before), None);
    let slept = Reading {
        wall: at(3610.0).wall,
        ..at(11.0)
    };
    assert_eq!(slept.jump_since(before).unwrap().num_seconds(), 3599);
    let back = Reading {
        wall: at(11.0).wall - TimeDelta::hours(1),
        ..at(11.0)
    };
    assert!(back.jump_since(before).unwrap() < TimeDelta::zero());
}

#[test]
fn pauses_double_within_bounds_and_chance_moves_them_a_little() {
    let mut backoff = Backoff::new(seconds(1.0), seconds(8.0));
    let pauses: Vec<_> = (0..5).map(|_| backoff.next(0.5).as_secs()).collect();
    assert_eq!(pauses, [1, 2, 4, 8, 8]);
    assert_eq!(
        backoff.next(1.0),
        seconds(8.0),
        "no longer than the longest"
    );
    backoff.reset();
    assert_eq!(backoff.next(0.0), seconds(0.75));
}

#[test]
fn a_remote_that_is_away_is_told_once_and_once_that_it_is_back() {
    let mut pulling = Pulling::new(seconds(60.0), Duration::ZERO);
    let failure = || Failure {
        kind: FailureKind::Other,
        exit: 1,
        message: "no network".to_owned(),
        hint: None,
    };
    assert!(pulling.is_due(seconds(0.0)));
    assert!(!pulling.is_due(seconds(100.0)), "one goes on");
    assert_eq!(
        pulling.done(seconds(1.0), Err(failure()), 0.5),
        News::Failed(failure())
    );
    assert_eq!(pulling.next(), Some(seconds(61.0)));
    assert!(pulling.is_due(seconds(61.0)));
    assert_eq!(
        pulling.done(seconds(62.0), Err(failure()), 0.5),
        News::Nothing
    );
    assert_eq!(pulling.next(), Some(seconds(182.0)), "later each time");
    assert!(pulling.is_due(seconds(182.0)));
    assert_eq!(pulling.done(seconds(183.0), Ok(true), 0.5), News::Back);
    assert_eq!(pulling.next(), Some(seconds(243.0)));
}

#[test]
fn a_moment_that_a_wrong_clock_took_for_reached_comes_again_once_the_clock_is_right() {
    let mut schedule = settled(Some(awaited(3_600)));
    // The clock is a day ahead, and the pass that is done by it writes nothing.
    let ahead = Reading {
        wall: noon() + TimeDelta::days(1),
        running: seconds(10.0),
    };
    let (reason, _) = schedule.order(ahead).expect("all seems due");
    assert_eq!(reason, Reason::Due);
    schedule.done(seconds(10.1), failed(FailureKind::Locked, "held"));
    schedule.force(Reason::Clock, seconds(20.0));
    let (reason, _) = schedule.order(at(20.0)).expect("the clock is right again");
    assert_eq!(reason, Reason::Clock);
    schedule.done(seconds(20.1), passed(Some(awaited(60))));
    let (reason, _) = schedule.order(at(60.0)).expect("it falls due");
    assert_eq!(reason, Reason::Due);
}
