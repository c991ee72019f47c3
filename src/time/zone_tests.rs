use super::*;
use crate::time::{parse_rfc3339, rfc3339};

fn local(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn once(zone: &str, text: &str) -> String {
    match Zone::named(zone).unwrap().resolve(local(text)).unwrap() {
        Local::Once(instant) => rfc3339(instant),
        other => panic!("{other:?}"),
    }
}

#[test]
fn vancouver_stays_on_summer_time_by_the_current_database() {
    assert_eq!(database_version(), "2026f");
    assert_eq!(
        once("America/Vancouver", "2026-11-30 17:00"),
        "2026-12-01T00:00:00Z"
    );
}

#[test]
fn it_is_known_when_the_database_came_out() {
    let published = database_published(database_version()).unwrap();
    assert!(rfc3339(published).starts_with(&database_version()[..4]));
    assert_eq!(database_published("2019a"), None);
}

#[test]
fn a_skipped_time_names_the_edges_of_the_gap() {
    let zone = Zone::named("America/New_York").unwrap();
    let skipped = zone.resolve(local("2026-03-08 02:30")).unwrap();
    let Local::Skipped {
        last_before,
        first_after,
    } = skipped
    else {
        panic!("{skipped:?}");
    };
    assert_eq!(last_before.to_string(), "2026-03-08 01:59:59");
    assert_eq!(first_after.to_string(), "2026-03-08 03:00:00");
}

#[test]
fn a_half_hour_gap_is_found() {
    let zone = Zone::named("Australia/Lord_Howe").unwrap();
    let skipped = zone.resolve(local("2026-10-04 02:15")).unwrap();
    let Local::Skipped { first_after, .. } = skipped else {
        panic!("{skipped:?}");
    };
    assert_eq!(first_after.to_string(), "2026-10-04 02:30:00");
}

#[test]
fn a_time_that_occurs_twice_has_two_instants() {
    let zone = Zone::named("America/New_York").unwrap();
    let Local::Twice([first, second]) = zone.resolve(local("2026-11-01 01:30")).unwrap() else {
        panic!();
    };
    assert_eq!(
        (rfc3339(first.0).as_str(), first.1.as_str()),
        ("2026-11-01T05:30:00Z", "-04:00")
    );
    assert_eq!(
        (rfc3339(second.0).as_str(), second.1.as_str()),
        ("2026-11-01T06:30:00Z", "-05:00")
    );
}

#[test]
fn the_start_of_a_day_is_its_first_instant() {
    let start = |zone: &str, text: &str| {
        rfc3339(
            Zone::named(zone)
                .unwrap()
                .start_of_day(day(text))
                .unwrap()
                .unwrap(),
        )
    };
    // Midnight is skipped in Beirut: the day starts at 01:00.
    assert_eq!(start("Asia/Beirut", "2026-03-29"), "2026-03-28T22:00:00Z");
    // Midnight occurs twice in Havana: the first counts.
    assert_eq!(
        start("America/Havana", "2024-11-03"),
        "2024-11-03T04:00:00Z"
    );
}

#[test]
fn a_skipped_day_is_named_and_the_day_before_ends_where_the_next_one_starts() {
    let apia = Zone::named("Pacific/Apia").unwrap();
    let skipped = apia.start_of_day(day("2011-12-30")).unwrap().unwrap_err();
    assert_eq!(
        (skipped.before, skipped.after),
        (day("2011-12-29"), day("2011-12-31"))
    );
    assert_eq!(
        rfc3339(apia.end_of_day(day("2011-12-29")).unwrap().unwrap()),
        "2011-12-30T10:00:00Z"
    );
}

#[test]
fn names_are_exact_and_abbreviations_are_refused() {
    for name in [
        "Europe/Paris",
        "US/Pacific",
        "UTC",
        "Etc/GMT+5",
        "Asia/Calcutta",
    ] {
        assert_eq!(Zone::named(name).unwrap().name(), name);
    }
    for name in ["EST", "CET", "PST8PDT", "GMT", "PST", "A", "ABCDEFGHI"] {
        assert!(
            matches!(Zone::named(name), Err(ZoneError::Abbreviation(_))),
            "{name}"
        );
    }
    for name in [
        "europe/paris",
        "Europe/Pariss",
        "",
        "/etc/localtime",
        "../x",
        "Utc",
        "Pst",
        "ABCDEFGHIJ",
    ] {
        assert!(
            matches!(Zone::named(name), Err(ZoneError::Unknown(_))),
            "{name}"
        );
    }
}

#[test]
fn every_name_has_rules() {
    let names: Vec<_> = Zone::names().collect();
    for name in &names {
        assert!(Zone::named(name).is_ok(), "{name}");
    }
    assert!(names.contains(&"UTC") && names.contains(&"Europe/Paris"));
    assert!(!names.contains(&"EST"), "an abbreviation");
}

#[test]
fn a_local_time_carries_its_offset() {
    let at = parse_rfc3339("2026-12-01T01:30:00Z").unwrap();
    assert_eq!(
        Zone::named("America/Los_Angeles").unwrap().local(at),
        "2026-11-30T17:30:00-08:00"
    );
}

#[test]
fn an_offset_has_seconds_where_the_zone_had_them() {
    let at = parse_rfc3339("1971-06-01T12:00:00Z").unwrap();
    let local = |name: &str| Zone::named(name).unwrap().local(at);
    assert_eq!(local("Africa/Monrovia"), "1971-06-01T11:15:30-00:44:30");
    assert_eq!(local("Asia/Kolkata"), "1971-06-01T17:30:00+05:30");
    assert_eq!(local("UTC"), "1971-06-01T12:00:00+00:00");
}

#[test]
fn every_zone_has_its_day_up_to_the_last_year() {
    for name in ["Etc/GMT+12", "Pacific/Kiritimati", "UTC"] {
        let zone = Zone::named(name).unwrap();
        for (text, length) in [("1970-01-01", 24), ("9998-12-31", 24)] {
            let start = zone.start_of_day(day(text)).unwrap().unwrap();
            let end = zone.end_of_day(day(text)).unwrap().unwrap();
            assert_eq!((end - start).num_hours(), length, "{name} {text}");
        }
    }
}

/// The zones of both databases whose offsets differ on some day of a year, by name.
fn disagreements(year: i32) -> Vec<&'static str> {
    use chrono::{Offset as _, TimeZone as _};
    let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
    let days: Vec<Instant> = first
        .iter_days()
        .take_while(|day| day.year() == year)
        .map(|day| day.and_time(NaiveTime::MIN).and_utc())
        .collect();
    let names = Zone::names().filter(|name| {
        let old: chrono_tz::Tz = name.parse().unwrap();
        let Ok(new) = Zone::named(name) else {
            return true;
        };
        days.iter().any(|day| {
            let old = old.offset_from_utc_datetime(&day.naive_utc()).fix();
            let stamp = jiff::Timestamp::from_second(day.timestamp()).unwrap();
            old.local_minus_utc() != new.rules.to_offset(stamp).seconds()
        })
    });
    names.collect()
}

/// Why offsets come from jiff's database and not from chrono-tz. Where this fails, chrono-tz has caught up: then one of the two
/// is enough, and `docs/architecture.md` can say so.
#[test]
fn the_database_of_chrono_tz_is_still_the_older_one() {
    let zones = disagreements(2026);
    assert!(zones.contains(&"America/Vancouver"), "{zones:?}");
    assert!(!zones.contains(&"Europe/Paris"), "{zones:?}");
    assert!(
        zones.len() < 50,
        "the two databases are of one world: {zones:?}"
    );
}
