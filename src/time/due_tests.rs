use super::*;
use rstest::rstest;

fn read(zone: &str, day: &str, clock: Option<&str>, edge: Edge) -> Result<String, DueError> {
    let zone = Zone::named(zone).unwrap();
    let parsed = clock.map(|text| (time(text).unwrap(), text));
    let parsed = parsed.as_ref().map(|(time, text)| (time, *text));
    moment(&zone, date(day).unwrap(), parsed, edge).map(|moment| rfc3339(moment.utc))
}

#[rstest]
#[case("05:30 pm", 17, 30, 0)]
#[case("5:30 PM", 17, 30, 0)]
#[case("5:30pM", 17, 30, 0)]
#[case("12:00 am", 0, 0, 0)]
#[case("12:59 pm", 12, 59, 0)]
#[case("17:30", 17, 30, 0)]
#[case("00:00", 0, 0, 0)]
#[case("23:59:59", 23, 59, 59)]
fn a_time_is_read(#[case] text: &str, #[case] hour: u32, #[case] minute: u32, #[case] second: u32) {
    let expected = NaiveTime::from_hms_opt(hour, minute, second).unwrap();
    assert_eq!(
        time(text).unwrap(),
        TimeOfDay {
            time: expected,
            offset: None
        }
    );
}

#[rstest]
#[case("01:30 am -05:00", -18000)]
#[case("01:30-05:00", -18000)]
#[case("01:30 +05:45", 20700)]
#[case("01:30 -00:00", 0)]
#[case("01:30 +05:53:28", 21208)]
#[case("01:30 -23:59:59", -86399)]
fn an_offset_may_follow(#[case] text: &str, #[case] offset: i32) {
    assert_eq!(time(text).unwrap().offset, Some(offset));
}

#[rstest]
fn what_is_no_time_is_refused(
    #[values(
        "",
        "noon",
        "5 pm",
        "13:00 pm",
        "00:30 am",
        "0:30 am",
        "24:00",
        "17:60",
        "23:59:60",
        "5:30",
        "5:3 pm",
        "05:30 xm",
        "05:30:00 pm",
        "017:30",
        "17:30:",
        "17.30",
        " 17:30",
        "17:30 Z",
        "17:30 -5:00",
        "17:30 -25:00",
        "17:30 -05",
        "17:30 +24:00",
        "17:30 +05:60",
        "17:30 +05:30:60",
        "-05:00",
        "١٧:٣٠",
        "5:30 pm am",
        "日本",
        "am",
        "1e:30"
    )]
    text: &str,
) {
    assert!(
        matches!(time(text), Err(DueError::NotATime { .. })),
        "{:?}",
        time(text)
    );
}

#[rstest]
#[case("2026-11-3", "is not a date")]
#[case("30.11.2026", "is not a date")]
#[case("2026-11-30T10:00:00", "is not a date")]
#[case("-026-11-30", "is not a date")]
#[case("２026-11-30", "is not a date")]
#[case("", "is not a date")]
#[case("2026-02-30", "calendar")]
#[case("2027-02-29", "calendar")]
#[case("2026-13-01", "calendar")]
#[case("2026-00-10", "calendar")]
#[case("0000-01-01", "year")]
#[case("1969-12-31", "year")]
#[case("9999-01-01", "year")]
fn what_is_no_date_is_refused(#[case] text: &str, #[case] words: &str) {
    let message = date(text).unwrap_err().to_string();
    assert!(message.contains(words), "{message}");
}

#[rstest]
#[case::winter(
    "America/New_York",
    "2026-11-30",
    Some("05:30 pm"),
    "2026-11-30T22:30:00Z"
)]
#[case::start("America/New_York", "2026-11-30", None, "2026-11-30T05:00:00Z")]
#[case::skipped_midnight("Africa/Cairo", "2027-04-30", None, "2027-04-29T22:00:00Z")]
#[case::first(
    "America/New_York",
    "2027-11-07",
    Some("01:30 am -04:00"),
    "2027-11-07T05:30:00Z"
)]
#[case::second(
    "America/New_York",
    "2027-11-07",
    Some("01:30 am -05:00"),
    "2027-11-07T06:30:00Z"
)]
#[case::last_year("Pacific/Kiritimati", "9998-12-31", None, "9998-12-30T10:00:00Z")]
fn a_moment_is_found(
    #[case] zone: &str,
    #[case] day: &str,
    #[case] clock: Option<&str>,
    #[case] expected: &str,
) {
    assert_eq!(read(zone, day, clock, Edge::Start).unwrap(), expected);
}

#[rstest]
#[case::ordinary("America/New_York", "2026-11-30", "2026-12-01T05:00:00Z")]
#[case::next_midnight_skipped("Africa/Cairo", "2027-04-29", "2027-04-29T22:00:00Z")]
#[case::next_day_skipped("Pacific/Apia", "2011-12-29", "2011-12-30T10:00:00Z")]
#[case::last("Etc/GMT+12", "9998-12-31", "9999-01-01T12:00:00Z")]
fn an_end_is_the_start_of_the_next_day(
    #[case] zone: &str,
    #[case] day: &str,
    #[case] expected: &str,
) {
    assert_eq!(read(zone, day, None, Edge::End).unwrap(), expected);
}

#[rstest]
#[case::gap("America/New_York", "2027-03-14", "02:30", &["01:59:59", "03:00:00"])]
#[case::gap_with_offset("America/New_York", "2027-03-14", "02:30 -05:00", &["01:59:59", "03:00:00"])]
#[case::half_hour("Australia/Lord_Howe", "2027-10-03", "02:15", &["02:30:00"])]
#[case::midnight("Africa/Cairo", "2027-04-30", "12:30 am", &["2027-04-29 23:59:59", "2027-04-30 01:00:00"])]
#[case::day("Pacific/Apia", "2011-12-30", "10:00", &["2011-12-29 23:59:59", "2011-12-31 00:00:00"])]
#[case::twice("America/New_York", "2027-11-07", "01:30", &["-04:00", "-05:00", "2027-11-07T05:30:00Z", "2027-11-07T06:30:00Z"])]
#[case::other_offset("Europe/Paris", "2026-11-30", "17:30 -05:00", &["-05:00", "+01:00"])]
#[case::no_offset("Europe/London", "2026-11-30", "17:30 -01:00", &["has +00:00"])]
#[case::offset_with_seconds("Africa/Monrovia", "1971-06-01", "10:00 +01:02:03", &["+01:02:03", "has -00:44:30"])]
#[case::neither("America/New_York", "2027-11-07", "01:30 +01:00", &["+01:00", "-04:00 and -05:00"])]
fn an_impossible_local_time_names_the_choices(
    #[case] zone: &str,
    #[case] day: &str,
    #[case] clock: &str,
    #[case] words: &[&str],
) {
    let error = read(zone, day, Some(clock), Edge::Start).unwrap_err();
    for word in words {
        assert!(error.to_string().contains(word), "{error}");
    }
    assert!(!error.hint().is_empty());
}

#[test]
fn a_skipped_day_names_its_neighbours() {
    let error = read("Pacific/Apia", "2011-12-30", None, Edge::End).unwrap_err();
    assert_eq!(error.hint(), "write 2011-12-29 or 2011-12-31");
}

#[rstest]
#[case("not a date, and a good deal longer than a message about it has to be, as it is not cut")]
#[case(
    "日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本日本"
)]
fn what_is_written_is_cut_where_a_message_repeats_it(#[case] text: &str) {
    let cut: String = text.chars().take(60).collect();
    assert_eq!(date(text), Err(DueError::NotADate(cut.clone())));
    assert!(matches!(time(text), Err(DueError::NotATime { text, .. }) if text == cut));
}

#[rstest]
#[case("05:30:00 pm", "seconds")]
#[case("13:00 pm", "1 to 12")]
#[case("5:30", "two digits")]
#[case("24:00", "next day")]
#[case("25:00", "up to 23")]
#[case("23:59:60", "up to 59")]
#[case("17:30 -5:00", "-05:00")]
#[case("noon", "05:30 pm")]
fn the_hint_fits_what_is_wrong_with_a_time(#[case] text: &str, #[case] words: &str) {
    let hint = time(text).unwrap_err().hint();
    assert!(hint.contains(words), "{hint}");
}
