//! Pieces that the forms for people share: counts, moments, lists, wrapped lines, tables.

use std::fmt::{Display, Write as _};

use super::Palette;
use crate::model::Instant;
use crate::plan::Due;

/// How wide lines for people are, in characters.
pub(super) const WIDTH: usize = 80;

/// `1 run`, `2 runs`.
pub(super) fn count(number: impl TryInto<u64>, noun: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

/// `a, b, c`, and how many more where there are more than `most`.
pub(super) fn list<T: Display>(items: impl IntoIterator<Item = T>, most: usize) -> String {
    let items: Vec<_> = items.into_iter().collect();
    // "and 1 more" would take the room of the one.
    let shown = if items.len() > most + 1 {
        most
    } else {
        items.len()
    };
    let mut out = String::new();
    for (index, item) in items.iter().take(shown).enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        let _ = write!(out, "{comma}{item}");
    }
    if items.len() > shown {
        let _ = write!(out, " and {} more", items.len() - shown);
    }
    out
}

/// An RFC 3339 local time without its `T`, its seconds where they are zero, and its offset: `2026-11-30 17:30`.
fn date_and_time(rfc3339: &str) -> String {
    let (Some(date), Some(time)) = (rfc3339.get(..10), rfc3339.get(11..16)) else {
        return rfc3339.to_owned();
    };
    match rfc3339.get(16..19) {
        Some(seconds) if seconds.starts_with(':') && seconds != ":00" => {
            format!("{date} {time}{seconds}")
        }
        _ => format!("{date} {time}"),
    }
}

/// A moment in UTC: `2026-12-01 01:30 UTC`.
pub(super) fn utc(instant: Instant) -> String {
    format!("{} UTC", date_and_time(&crate::time::rfc3339(instant)))
}

/// A moment in its zone and in UTC: `2026-11-30 17:30 America/Los_Angeles (2026-12-01 01:30 UTC)`.
pub(super) fn moment(local: &str, timezone: &str, instant: Instant) -> String {
    let here = date_and_time(local);
    match timezone {
        "UTC" => format!("{here} UTC"),
        _ => format!("{here} {timezone} ({})", utc(instant)),
    }
}

/// A due moment in its zone and in UTC.
pub(super) fn due(due: &Due) -> String {
    moment(&due.local, &due.timezone, due.utc)
}

/// A due moment in its zone alone, with the offset: `2026-11-30 17:30 -08:00`.
pub(super) fn due_short(due: &Due) -> String {
    let offset = due.local.get(19..).unwrap_or_default();
    let offset = if offset == "Z" || offset == "+00:00" {
        "UTC"
    } else {
        offset
    };
    format!("{} {offset}", date_and_time(&due.local))
}

/// How late something is, in words.
pub(super) fn lateness(seconds: i64) -> String {
    let (direction, seconds) = match seconds {
        0 => return "on time".to_owned(),
        1.. => ("late", seconds.unsigned_abs()),
        _ => ("early", seconds.unsigned_abs()),
    };
    let units = [
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    let mut left = seconds;
    let mut words = Vec::new();
    for (length, unit) in units {
        let number = left / length;
        left %= length;
        if number > 0 {
            words.push(count(number, unit));
        }
    }
    words.truncate(2);
    format!("{} {direction}", words.join(" "))
}

/// Text broken between words: the first line begins with `first`, the others with `indent` blanks. A word that is wider than
/// a line stays whole.
pub(super) fn wrapped(first: &str, indent: usize, text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut length = first.chars().count();
    let mut empty = true;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let width = word.chars().count();
        if !empty && length + 1 + width > WIDTH {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            length = indent;
            empty = true;
        }
        if !empty {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += width;
        empty = false;
    }
    lines.push(line);
    lines
}

/// At most so many characters, the last one an ellipsis where some are cut off.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(most.saturating_sub(1)).collect();
    out.push('…');
    out
}

/// Lines of columns under a heading. Columns that are empty in every row are left out.
pub(super) fn table(heading: &[&str], rows: &[Vec<String>], palette: Palette) -> String {
    let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
    let widths: Vec<Option<usize>> = (0..heading.len())
        .map(|column| {
            let widest = rows
                .iter()
                .map(|row| cell(row, column).chars().count())
                .max()?;
            (widest > 0).then(|| widest.max(heading[column].chars().count()))
        })
        .collect();
    let line = |cells: &[String]| {
        let mut line = String::new();
        for (column, width) in widths.iter().enumerate() {
            if let Some(width) = *width {
                let _ = write!(line, "{:width$}  ", cell(cells, column));
            }
        }
        line.trim_end().to_owned()
    };
    let heading: Vec<_> = heading.iter().map(ToString::to_string).collect();
    let mut out = palette.title(line(&heading));
    out.push('\n');
    for row in rows {
        out.push_str(&line(row));
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lateness_is_told_in_two_units() {
        assert_eq!(lateness(0), "on time");
        assert_eq!(lateness(1), "1 second late");
        assert_eq!(lateness(3_600), "1 hour late");
        assert_eq!(lateness(2 * 86_400 + 4 * 3_600 + 59), "2 days 4 hours late");
        assert_eq!(lateness(-90), "1 minute 30 seconds early");
    }

    #[test]
    fn lists_say_how_many_more() {
        assert_eq!(list(["a", "b", "c"], 2), "a, b, c");
        assert_eq!(list(["a", "b", "c", "d"], 2), "a, b and 2 more");
        assert_eq!(list([""; 0], 2), "");
    }

    #[test]
    fn moments_show_both_times_and_seconds_only_where_there_are_any() {
        let instant = crate::time::parse_rfc3339("2026-12-01T01:30:05Z").unwrap();
        assert_eq!(
            moment("2026-11-30T17:30:05-08:00", "America/Los_Angeles", instant),
            "2026-11-30 17:30:05 America/Los_Angeles (2026-12-01 01:30:05 UTC)"
        );
        assert_eq!(
            moment("2026-11-30T17:30:00+00:00", "UTC", instant),
            "2026-11-30 17:30 UTC"
        );
    }

    #[test]
    fn words_are_not_broken() {
        let lines = wrapped("- ", 2, &"twelve chars ".repeat(12));
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH));
        assert!(lines[1].starts_with("  t"), "{lines:?}");
        assert_eq!(wrapped("x", 2, ""), ["x"]);
    }
}
