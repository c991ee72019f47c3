//! Durations of the command line: `500ms`, `30s`, `5m`, `2h`.

use std::time::Duration;

use super::error::Error;
use crate::time::duration;

/// Reads a duration.
///
/// # Errors
///
/// Wrong usage if it is none.
pub fn parse(flag: &str, text: &str) -> Result<Duration, Error> {
    duration::parse(text).ok_or_else(|| {
        Error::usage(format!("{flag} {text:?} is not a duration")).hint(duration::HINT)
    })
}
