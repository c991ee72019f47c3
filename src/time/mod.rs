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
    if !(1970..=9998).contains(&moment.year()) {
        return Err(MomentError::Year);
    }
    Ok(moment.trunc_subsecs(0))
}
