//! Clocks, zones and due moments.

pub mod clock;
pub mod due;
pub mod zone;

use chrono::SecondsFormat;

use crate::model::Instant;

/// RFC 3339 in UTC with whole seconds, as all files have it: `2026-11-30T22:30:00Z`.
#[must_use]
pub fn rfc3339(instant: Instant) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Reads RFC 3339 with any offset; fractions of a second are dropped.
///
/// # Errors
///
/// What chrono says of a text that is no RFC 3339 moment.
pub fn parse_rfc3339(text: &str) -> Result<Instant, chrono::ParseError> {
    use chrono::{DateTime, SubsecRound, Utc};
    let moment = DateTime::parse_from_rfc3339(text)?;
    Ok(moment.with_timezone(&Utc).trunc_subsecs(0))
}
