//! Clocks, zones and due moments.

pub mod backoff;
pub mod clock;
pub mod due;
pub mod duration;
pub mod zone;

use chrono::SecondsFormat;

use crate::model::Instant;

/// RFC 3339 in UTC with whole seconds, as all files have it: `2026-11-30T22:30:00Z`.
#[must_use]
pub fn rfc3339(instant: Instant) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Why a text is no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MomentError {
    /// It is not RFC 3339.
    #[error(transparent)]
    Form(#[from] chrono::ParseError),
    /// A leap second, which no file can say again.
    #[error("leap seconds are not known here")]
    LeapSecond,
    /// Too early or too late to be written again.
    #[error("its year in UTC is not within 1970 and 9998")]
    Year,
}

/// The years, in UTC, of the moments that files may have.
pub const YEARS: std::ops::RangeInclusive<i32> = 1970..=9998;

/// Reads RFC 3339 with any offset, from 1970 to 9998 in UTC; fractions of a second are dropped.
///
/// # Errors
///
/// A [`MomentError`] for a text that is no such moment.
pub fn parse_rfc3339(text: &str) -> Result<Instant, MomentError> {
    use chrono::{DateTime, Datelike, SubsecRound, Utc};
    let moment = DateTime::parse_from_rfc3339(text)?.with_timezone(&Utc);
    if moment.timestamp_subsec_nanos() >= 1_000_000_000 {
        return Err(MomentError::LeapSecond);
    }
    if !YEARS.contains(&moment.year()) {
        return Err(MomentError::Year);
    }
    Ok(moment.trunc_subsecs(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_with_any_offset_and_without_fractions() {
        let read = |text| parse_rfc3339(text).map(rfc3339);
        assert_eq!(
            read("2026-11-30T17:30:00.999-05:00"),
            Ok("2026-11-30T22:30:00Z".to_owned())
        );
        assert_eq!(
            read("2016-12-31T23:59:60Z"),
            Err(MomentError::LeapSecond),
            "what no file can say again"
        );
        assert!(matches!(read("2026-11-30"), Err(MomentError::Form(_))));
    }

    #[test]
    fn a_moment_lies_within_the_years_that_can_be_written() {
        let is_read = |text| parse_rfc3339(text) != Err(MomentError::Year);
        assert!(is_read("1970-01-01T00:00:00Z") && is_read("9998-12-31T23:59:59Z"));
        assert!(!is_read("1970-01-01T00:00:00+01:00") && !is_read("9998-12-31T23:59:59-01:00"));
    }
}
