//! Dates and times as people write them, and the moments they stand for in a zone.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime};

use super::rfc3339;
use super::zone::{Local, SkippedDay, Zone};
use crate::model::{Instant, Moment};

/// The first and the last year that a date may have.
pub const YEARS: std::ops::RangeInclusive<i32> = 1970..=9998;

/// Which end of a day a date without a time stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// Its first instant.
    Start,
    /// The first instant of the day after it.
    End,
}

/// A time of day, with the offset that stands behind it, if any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeOfDay {
    /// The time.
    pub time: NaiveTime,
    /// Seconds east of UTC.
    pub offset: Option<i32>,
}

/// Why a date, a time or both do not name a moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DueError {
    /// Not written as a date.
    #[error("{0:?} is not a date")]
    NotADate(String),
    /// Written as a date, but the calendar does not have it.
    #[error("{0} is not a day of the calendar")]
    NoSuchDay(String),
    /// Outside [`YEARS`].
    #[error("the year of {0} is not between 1970 and 9998")]
    Year(String),
    /// Not written as a time; with what to do about it.
    #[error("{text:?} is not a time")]
    NotATime {
        /// As written.
        text: String,
        /// What to do about it.
        hint: &'static str,
    },
    /// The zone skips the day.
    #[error("{zone} has no {day}: the day before is {}, the day after is {}", .skipped.before, .skipped.after)]
    SkippedDay {
        /// The zone.
        zone: String,
        /// The day.
        day: NaiveDate,
        /// Its neighbours.
        skipped: SkippedDay,
    },
    /// The zone skips the local time.
    #[error(
        "{zone} skips {local}: the last time before is {last_before}, the first time after is {first_after}"
    )]
    SkippedTime {
        /// The zone.
        zone: String,
        /// The local time.
        local: NaiveDateTime,
        /// The last local second before the gap.
        last_before: NaiveDateTime,
        /// The first local second after it.
        first_after: NaiveDateTime,
    },
    /// The local time occurs twice.
    #[error(
        "{local} occurs twice in {zone}: at {} ({}) and at {} ({})",
        rfc3339(.instants[0].0), .instants[0].1, rfc3339(.instants[1].0), .instants[1].1
    )]
    Twice {
        /// The zone.
        zone: String,
        /// The local time.
        local: NaiveDateTime,
        /// The time as written.
        written: String,
        /// Both moments with their offsets.
        instants: [(Instant, String); 2],
    },
    /// The zone does not have the offset at that local time.
    #[error("{zone} does not have the offset {offset} at {local}; it has {}", .offsets.join(" and "))]
    Offset {
        /// The zone.
        zone: String,
        /// The local time.
        local: NaiveDateTime,
        /// As written.
        offset: String,
        /// Those that the zone has.
        offsets: Vec<String>,
    },
    /// Outside the years that can be reckoned with.
    #[error("{0} cannot be reckoned with in {1}")]
    OutOfRange(String, String),
}

impl DueError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NotADate(_) => {
                "write it as YYYY-MM-DD, such as 2026-11-30; a time has a key of its own".to_owned()
            }
            Self::NoSuchDay(_) => "look at the month and the day".to_owned(),
            Self::Year(_) => "look at the year".to_owned(),
            Self::NotATime { hint, .. } => (*hint).to_owned(),
            Self::SkippedDay { skipped, .. } => {
                format!("write {} or {}", skipped.before, skipped.after)
            }
            Self::SkippedTime {
                last_before,
                first_after,
                ..
            } => format!(
                "write a time up to {} of {} or from {} of {} on",
                last_before.time(),
                last_before.date(),
                first_after.time(),
                first_after.date()
            ),
            Self::Twice {
                written, instants, ..
            } => format!(
                "put the offset of the one that is meant behind the time: {written} {} or {written} {}",
                instants[0].1, instants[1].1
            ),
            Self::Offset { .. } => "correct the offset, or leave it out".to_owned(),
            Self::OutOfRange(..) => "choose another date".to_owned(),
        }
    }
}

/// Reads a date, `YYYY-MM-DD`.
///
/// # Errors
///
/// A [`DueError`] if it is not written so, is no day of the calendar, or lies outside [`YEARS`].
pub fn date(text: &str) -> Result<NaiveDate, DueError> {
    let bytes = text.as_bytes();
    let is_shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(index, byte)| match index {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !is_shaped {
        return Err(DueError::NotADate(cut(text)));
    }
    let part = |range| text.get(range).and_then(|digits: &str| digits.parse().ok());
    let (year, month, day) = (part(0..4), part(5..7), part(8..10));
    let year = year
        .and_then(|year: u32| i32::try_from(year).ok())
        .unwrap_or_default();
    let date = NaiveDate::from_ymd_opt(year, month.unwrap_or_default(), day.unwrap_or_default())
        .ok_or_else(|| DueError::NoSuchDay(text.to_owned()))?;
    if YEARS.contains(&date.year()) {
        Ok(date)
    } else {
        Err(DueError::Year(text.to_owned()))
    }
}

const TWELVE: &str = "with am or pm the hour goes from 1 to 12, such as 05:30 pm";
const SHAPE: &str =
    "write it as 05:30 pm, or as 17:30 or 17:30:00; an offset may follow, such as 17:30 -05:00";

/// Reads a time of day: `hh:mm am` or `pm` in any case, `HH:MM` or `HH:MM:SS`, with or without an offset behind it.
///
/// # Errors
///
/// [`DueError::NotATime`] with a hint that fits.
pub fn time(text: &str) -> Result<TimeOfDay, DueError> {
    let fail = |hint| DueError::NotATime {
        text: cut(text),
        hint,
    };
    let (clock, offset) = match text.find(['+', '-']) {
        Some(at) => {
            let (clock, written) = text.split_at(at);
            let offset = offset(written).ok_or_else(|| fail("an offset is written as -05:00"))?;
            (clock.trim_end_matches(' '), Some(offset))
        }
        None => (text, None),
    };
    let (clock, half) = half_of_day(clock);
    let parts: Vec<&str> = clock.split(':').collect();
    let is_two = |part: &str| part.len() == 2;
    let is_number =
        |part: &&str| matches!(part.len(), 1 | 2) && part.bytes().all(|byte| byte.is_ascii_digit());
    if !matches!(parts.len(), 2 | 3)
        || !parts.iter().all(is_number)
        || !parts[1..].iter().copied().all(is_two)
    {
        return Err(fail(SHAPE));
    }
    let value = |index: usize| parts.get(index).and_then(|part| part.parse::<u32>().ok());
    let (hour, minute, second) = (
        value(0).unwrap_or_default(),
        value(1).unwrap_or_default(),
        value(2).unwrap_or_default(),
    );
    let hour = match half {
        Some(_) if parts.len() == 3 => return Err(fail("with am or pm there are no seconds")),
        Some(_) if !(1..=12).contains(&hour) => return Err(fail(TWELVE)),
        Some(Half::Morning) => hour % 12,
        Some(Half::Afternoon) => hour % 12 + 12,
        None if parts[0].len() == 1 => {
            return Err(fail(
                "write two digits for the hour, such as 05:30, or add am or pm",
            ));
        }
        None if hour == 24 => return Err(fail("write 00:00 and the next day")),
        None => hour,
    };
    let time = NaiveTime::from_hms_opt(hour, minute, second)
        .ok_or_else(|| fail("the hour goes up to 23, the minute and the second up to 59"))?;
    Ok(TimeOfDay { time, offset })
}

/// The moment that a date, with or without a time, stands for in a zone.
///
/// # Errors
///
/// A [`DueError`] if the zone skips it, has it twice and no offset picks one, or does not have the offset there.
pub fn moment(
    zone: &Zone,
    date: NaiveDate,
    time: Option<(&TimeOfDay, &str)>,
    edge: Edge,
) -> Result<Moment, DueError> {
    let utc = match time {
        None => day_edge(zone, date, edge)?,
        Some((time, written)) => at(zone, date, time, written)?,
    };
    Ok(Moment {
        utc,
        local: zone.local(utc),
    })
}

fn day_edge(zone: &Zone, day: NaiveDate, edge: Edge) -> Result<Instant, DueError> {
    let found = match edge {
        Edge::Start => zone.start_of_day(day),
        Edge::End => zone.end_of_day(day),
    };
    match found {
        Some(Ok(instant)) => Ok(instant),
        Some(Err(skipped)) => Err(DueError::SkippedDay {
            zone: zone.name().to_owned(),
            day,
            skipped,
        }),
        None => Err(out_of_range(zone, &day)),
    }
}

fn at(zone: &Zone, date: NaiveDate, time: &TimeOfDay, written: &str) -> Result<Instant, DueError> {
    let local = date.and_time(time.time);
    let instants = match zone.resolve(local) {
        None => return Err(out_of_range(zone, &local)),
        Some(Local::Once(instant)) => vec![instant],
        Some(Local::Twice(both)) if time.offset.is_none() => {
            return Err(DueError::Twice {
                zone: zone.name().to_owned(),
                local,
                written: written.to_owned(),
                instants: both,
            });
        }
        Some(Local::Twice([(first, _), (second, _)])) => vec![first, second],
        Some(Local::Skipped {
            last_before,
            first_after,
        }) => {
            return Err(DueError::SkippedTime {
                zone: zone.name().to_owned(),
                local,
                last_before,
                first_after,
            });
        }
    };
    let Some(offset) = time.offset else {
        return Ok(instants[0]);
    };
    let offset_at = |instant: &Instant| {
        local
            .signed_duration_since(instant.naive_utc())
            .num_seconds()
    };
    let fits = |instant: &&Instant| offset_at(instant) == i64::from(offset);
    instants
        .iter()
        .find(fits)
        .copied()
        .ok_or_else(|| DueError::Offset {
            zone: zone.name().to_owned(),
            local,
            offset: offset_text(offset.into()),
            offsets: instants
                .iter()
                .map(|instant| offset_text(offset_at(instant)))
                .collect(),
        })
}

fn out_of_range(zone: &Zone, moment: &impl ToString) -> DueError {
    DueError::OutOfRange(moment.to_string(), zone.name().to_owned())
}

enum Half {
    Morning,
    Afternoon,
}

/// Takes `am` or `pm` off the end.
fn half_of_day(clock: &str) -> (&str, Option<Half>) {
    let Some(at) = clock
        .len()
        .checked_sub(2)
        .filter(|at| clock.is_char_boundary(*at))
    else {
        return (clock, None);
    };
    let (rest, word) = clock.split_at(at);
    let rest = rest.trim_end_matches(' ');
    if word.eq_ignore_ascii_case("am") {
        (rest, Some(Half::Morning))
    } else if word.eq_ignore_ascii_case("pm") {
        (rest, Some(Half::Afternoon))
    } else {
        (clock, None)
    }
}

/// Seconds east of UTC of `-05:00`, or `+05:53:28` as before the clocks were made even.
fn offset(text: &str) -> Option<i32> {
    let mut sign = 1;
    let digits = text.strip_prefix('+').or_else(|| {
        sign = -1;
        text.strip_prefix('-')
    })?;
    let parts: Vec<&str> = digits.split(':').collect();
    let is_part = |part: &&str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !matches!(parts.len(), 2 | 3) || !parts.iter().all(is_part) {
        return None;
    }
    let value = |index: usize| {
        parts
            .get(index)
            .map_or(Some(0), |part| part.parse::<i32>().ok())
    };
    let (hours, minutes, seconds) = (value(0)?, value(1)?, value(2)?);
    (hours < 24 && minutes < 60 && seconds < 60)
        .then_some(sign * (hours * 3600 + minutes * 60 + seconds))
}

fn offset_text(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.abs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if rest == 0 {
        format!("{sign}{hours:02}:{minutes:02}")
    } else {
        format!("{sign}{hours:02}:{minutes:02}:{rest:02}")
    }
}

fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
#[path = "due_tests.rs"]
mod tests;
