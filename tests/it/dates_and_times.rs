//! Dates, times and zones of a request, and the days on which clocks change.

use rstest::rstest;
use serde_json::Value;

use crate::support::Workspace;
use crate::support::shapes::{addition, reduction, temporary};

/// The `due` of an approved addition with these lines.
#[track_caller]
fn due(lines: &str) -> Value {
    let workspace = Workspace::new();
    workspace.approved("change", &(addition(&["jane.doe"], &["ap-payer"]) + lines));
    let status = workspace.status("change");
    assert_ne!(status["status"], "invalid", "{status:#}");
    status["due"].clone()
}

/// `validate` must name all of these texts in one error.
#[track_caller]
fn rejected(lines: &str, needles: &[&str]) {
    let workspace = Workspace::new();
    let text = addition(&["jane.doe"], &["ap-payer"]) + lines;
    for needle in needles {
        workspace.rejects("change", &text, needle);
    }
}

#[rstest]
#[case::pm("05:30 pm", "2026-11-30T22:30:00Z")]
#[case::upper_case("05:30 PM", "2026-11-30T22:30:00Z")]
#[case::mixed_case("05:30 Pm", "2026-11-30T22:30:00Z")]
#[case::one_digit("5:30 pm", "2026-11-30T22:30:00Z")]
#[case::no_space("5:30pm", "2026-11-30T22:30:00Z")]
#[case::am("05:30 am", "2026-11-30T10:30:00Z")]
#[case::midnight("12:00 am", "2026-11-30T05:00:00Z")]
#[case::noon("12:00 pm", "2026-11-30T17:00:00Z")]
#[case::just_after_midnight("12:01 am", "2026-11-30T05:01:00Z")]
#[case::twenty_four_hours("17:30", "2026-11-30T22:30:00Z")]
#[case::zero("00:00", "2026-11-30T05:00:00Z")]
#[case::seconds("17:30:15", "2026-11-30T22:30:15Z")]
#[case::quoted("'17:30'", "2026-11-30T22:30:00Z")]
#[case::offset("17:30 -05:00", "2026-11-30T22:30:00Z")]
#[case::offset_after_pm("05:30 pm -05:00", "2026-11-30T22:30:00Z")]
fn a_time_is_twelve_or_twenty_four_hours(#[case] time: &str, #[case] utc: &str) {
    assert_eq!(
        due(&format!("start_date: 2026-11-30\nstart_time: {time}\n"))["utc"],
        utc
    );
}

#[rstest]
#[case::hour_thirteen("13:00 pm")]
#[case::hour_zero("00:30 am")]
#[case::twenty_four("24:00")]
#[case::minute_sixty("17:60")]
#[case::leap_second("23:59:60")]
#[case::one_digit("5:30")]
#[case::other_suffix("05:30 xm")]
#[case::no_minutes("5 pm")]
#[case::word("noon")]
#[case::offset_of_another_zone("05:30 pm -08:00")]
#[case::nonsense_offset("05:30 pm -25:00")]
fn anything_else_is_no_time(#[case] time: &str) {
    rejected(
        &format!("start_date: 2026-11-30\nstart_time: {time}\n"),
        &[""],
    );
}

#[rstest]
#[case::thirteenth_month("2026-13-01")]
#[case::february("2026-02-30")]
#[case::no_leap_year("2027-02-29")]
#[case::year_zero("0000-01-01")]
#[case::other_order("30.11.2026")]
#[case::one_digit("2026-11-3")]
#[case::with_time("2026-11-30T10:00:00")]
fn a_date_that_is_not_in_the_calendar_is_an_error(#[case] date: &str) {
    rejected(&format!("start_date: {date}\n"), &[""]);
}

#[rstest]
#[case::los_angeles("America/Los_Angeles", "2026-12-01T01:30:00Z")]
#[case::old_name("US/Pacific", "2026-12-01T01:30:00Z")]
#[case::vancouver_stays_on_summer_time("America/Vancouver", "2026-12-01T00:30:00Z")]
#[case::paris("Europe/Paris", "2026-11-30T16:30:00Z")]
#[case::half_an_hour("Asia/Kolkata", "2026-11-30T12:00:00Z")]
#[case::three_quarters("Asia/Kathmandu", "2026-11-30T11:45:00Z")]
#[case::fourteen_hours("Pacific/Kiritimati", "2026-11-30T03:30:00Z")]
#[case::utc("UTC", "2026-11-30T17:30:00Z")]
fn the_zone_of_the_request_counts(#[case] zone: &str, #[case] utc: &str) {
    let due = due(&format!(
        "start_date: 2026-11-30\nstart_time: 05:30 pm\ntimezone: {zone}\n"
    ));
    assert_eq!(due["utc"], utc);
    assert_eq!(due["timezone"], zone);
    assert_eq!(due["tzdb"], "2026f");
    assert!(
        due["local"]
            .as_str()
            .is_some_and(|local| local.contains("2026-11-30T17:30")),
        "{due}"
    );
}

#[rstest]
#[case::abbreviation("EST", "EST")]
#[case::pacific("PST", "PST")]
#[case::posix("EST5EDT", "EST5EDT")]
#[case::greenwich("GMT", "GMT")]
#[case::other_case("europe/paris", "Europe/Paris")]
#[case::misspelled("Europe/Pariss", "Europe/Pariss")]
#[case::offset("'+02:00'", "+02:00")]
#[case::path("../../etc/localtime", "etc/localtime")]
#[case::absolute("/usr/share/zoneinfo/Europe/Paris", "zoneinfo")]
#[case::utc_in_lower_case("utc", "UTC")]
fn a_zone_is_an_iana_name_spelled_exactly(#[case] zone: &str, #[case] needle: &str) {
    rejected(
        &format!("start_date: 2026-11-30\ntimezone: {zone}\n"),
        &[needle],
    );
}

#[test]
fn without_a_zone_the_one_of_the_settings_counts_and_else_utc() {
    let workspace = Workspace::new();
    workspace.approved(
        "change",
        &(addition(&["jane.doe"], &["ap-payer"]) + "start_date: 2026-11-30\n"),
    );
    assert_eq!(
        workspace.status("change")["due"]["timezone"],
        "America/New_York"
    );
    workspace.settings("timezone: America/New_York\n", "");
    assert_eq!(workspace.status("change")["due"]["timezone"], "UTC");
    assert_eq!(
        workspace.status("change")["due"]["utc"],
        "2026-11-30T00:00:00Z"
    );
}

#[rstest]
#[case::ordinary("2026-11-30", "America/New_York", "2026-11-30T05:00:00Z")]
#[case::midnight_skipped_in_cairo("2027-04-30", "Africa/Cairo", "2027-04-29T22:00:00Z")]
#[case::havana_has_no_winter_time_any_more("2027-03-14", "America/Havana", "2027-03-14T04:00:00Z")]
#[case::midnight_skipped_in_santiago("2027-09-05", "America/Santiago", "2027-09-05T04:00:00Z")]
#[case::midnight_skipped_in_beirut("2027-03-28", "Asia/Beirut", "2027-03-27T22:00:00Z")]
#[case::midnight_twice_in_havana("2027-11-07", "America/Havana", "2027-11-07T04:00:00Z")]
fn a_start_without_a_time_is_the_first_instant_of_the_day(
    #[case] date: &str,
    #[case] zone: &str,
    #[case] utc: &str,
) {
    assert_eq!(
        due(&format!("start_date: {date}\ntimezone: {zone}\n"))["utc"],
        utc
    );
    let workspace = Workspace::new();
    let lines = format!("offboarding_date: {date}\ntimezone: {zone}\n");
    workspace.approved(
        "change",
        &(reduction(&["sam.reyes"], &["ap-payer"]) + &lines),
    );
    assert_eq!(workspace.status("change")["due"]["utc"], utc);
}

#[rstest]
#[case::ordinary("2026-11-30", "America/New_York", "2026-12-01T05:00:00Z")]
#[case::next_midnight_skipped("2027-04-29", "Africa/Cairo", "2027-04-29T22:00:00Z")]
#[case::next_midnight_twice("2027-11-06", "America/Havana", "2027-11-07T04:00:00Z")]
#[case::long_day("2027-11-07", "America/New_York", "2027-11-08T05:00:00Z")]
fn an_end_without_a_time_is_the_start_of_the_next_day(
    #[case] date: &str,
    #[case] zone: &str,
    #[case] utc: &str,
) {
    let workspace = Workspace::new();
    let text = temporary(&["jane.doe"], &["ap-payer"], date) + &format!("timezone: {zone}\n");
    workspace.approved("lend", &text);
    workspace.reconcile();
    assert_eq!(workspace.employee("jane.doe")["temporary"][0]["until"], utc);
}

#[rstest]
#[case::new_york("2027-03-14", "02:30", "America/New_York", &["01:|02:00", "03:"])]
#[case::half_an_hour("2027-10-03", "02:15", "Australia/Lord_Howe", &["02:30|02:45"])]
#[case::midnight("2027-04-30", "12:30 am", "Africa/Cairo", &["01:"])]
#[case::first_missing_minute("2027-03-14", "02:00", "America/New_York", &["03:00"])]
fn a_skipped_local_time_is_an_error_that_names_the_valid_ones(
    #[case] date: &str,
    #[case] time: &str,
    #[case] zone: &str,
    #[case] needles: &[&str],
) {
    rejected(
        &format!("start_date: {date}\nstart_time: {time}\ntimezone: {zone}\n"),
        needles,
    );
}

#[test]
fn the_first_time_after_a_gap_is_valid() {
    let due = due("start_date: 2027-03-14\nstart_time: 03:00 am\n");
    assert_eq!(due["utc"], "2027-03-14T07:00:00Z");
}

#[rstest]
#[case::apia(
    "start_date: 2011-12-30\ntimezone: Pacific/Apia\n",
    "2011-12-29",
    "2011-12-31"
)]
#[case::kwajalein(
    "start_date: 1993-08-21\ntimezone: Pacific/Kwajalein\n",
    "1993-08-20",
    "1993-08-22"
)]
fn a_day_that_the_zone_skips_is_an_error_that_names_the_days_around(
    #[case] lines: &str,
    #[case] before: &str,
    #[case] after: &str,
) {
    rejected(lines, &[before, after]);
}

#[rstest]
#[case::new_york("2027-11-07", "01:30", "America/New_York", &["-04:00|05:30Z|05:30:00Z", "-05:00|06:30Z|06:30:00Z"])]
#[case::half_an_hour("2027-04-04", "01:45", "Australia/Lord_Howe", &["+11:00|14:45", "+10:30|15:15"])]
#[case::before_midnight("2027-04-03", "11:30 pm", "America/Santiago", &["-03:00|02:30", "-04:00|03:30"])]
fn a_local_time_that_occurs_twice_is_an_error_that_names_both(
    #[case] date: &str,
    #[case] time: &str,
    #[case] zone: &str,
    #[case] needles: &[&str],
) {
    rejected(
        &format!("start_date: {date}\nstart_time: {time}\ntimezone: {zone}\n"),
        needles,
    );
}

#[rstest]
#[case::first(
    "01:30 am -04:00",
    "America/New_York",
    "2027-11-07",
    "2027-11-07T05:30:00Z"
)]
#[case::second(
    "01:30 am -05:00",
    "America/New_York",
    "2027-11-07",
    "2027-11-07T06:30:00Z"
)]
#[case::half_an_hour_first(
    "01:45 +11:00",
    "Australia/Lord_Howe",
    "2027-04-04",
    "2027-04-03T14:45:00Z"
)]
#[case::half_an_hour_second(
    "01:45 +10:30",
    "Australia/Lord_Howe",
    "2027-04-04",
    "2027-04-03T15:15:00Z"
)]
fn an_offset_picks_one_of_two(
    #[case] time: &str,
    #[case] zone: &str,
    #[case] date: &str,
    #[case] utc: &str,
) {
    let due = due(&format!(
        "start_date: {date}\nstart_time: {time}\ntimezone: {zone}\n"
    ));
    assert_eq!(due["utc"], utc);
}
