//! Durations as people write them: `500ms`, `30s`, `5m`, `2h`.

use std::time::Duration;

/// The longest duration that makes sense: a week.
const LONGEST: u64 = 7 * 24 * 3600 * 1000;

/// What to write instead of a text that is no duration.
pub const HINT: &str = "write a whole number and a unit, such as 30s, 5m or 1h";

/// Reads a whole number with `ms`, `s`, `m` or `h`, or without a unit for seconds; at most a week. `None` for anything else.
#[must_use]
pub fn parse(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let milliseconds: u64 = match &text[digits.len()..] {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60 * 1000,
        "h" => 3600 * 1000,
        _ => return None,
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    let total = number.checked_mul(milliseconds)?;
    (total <= LONGEST).then(|| Duration::from_millis(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        assert_eq!(parse("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse("30s"), Some(Duration::from_secs(30)));
        assert_eq!(parse("30"), Some(Duration::from_secs(30)));
        assert_eq!(parse("15m"), Some(Duration::from_mins(15)));
        assert_eq!(parse("168h"), Some(Duration::from_hours(168)));
        for wrong in [
            "",
            "s",
            "-1s",
            "+1s",
            "1d",
            "1.5s",
            "1us",
            "169h",
            "99999999999999999999s",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
