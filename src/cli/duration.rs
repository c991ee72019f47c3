//! Durations of the command line: `500ms`, `30s`, `5m`, `2h`.

use std::time::Duration;

use super::error::Error;

/// Reads a duration.
///
/// # Errors
///
/// Wrong usage if it is none.
pub fn parse(flag: &str, text: &str) -> Result<Duration, Error> {
    let wrong = || {
        Error::usage(format!("{flag} {text:?} is not a duration"))
            .hint("write a whole number and a unit, such as 30s, 5m or 1h")
    };
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let milliseconds: u64 = match &text[digits.len()..] {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60 * 1000,
        "h" => 3600 * 1000,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let total = number
        .checked_mul(milliseconds)
        .filter(|total| *total <= 7 * 24 * 3600 * 1000);
    total.map(Duration::from_millis).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        assert_eq!(parse("--x", "30s").unwrap(), Duration::from_secs(30));
        assert_eq!(parse("--x", "5m").unwrap(), Duration::from_mins(5));
        assert_eq!(parse("--x", "500ms").unwrap(), Duration::from_millis(500));
        for wrong in ["", "s", "-1s", "1d", "1.5s", "1us", "99999999999999999999s"] {
            assert!(parse("--x", wrong).is_err(), "{wrong}");
        }
    }
}
