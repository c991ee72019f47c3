//! What an answer that is no success means: the end, or another attempt after a pause.

use std::time::Duration;

use ureq::http::HeaderMap;

use super::ForgeError;
use crate::network;
use crate::time::backoff::doubled;

/// How often one question is asked at most.
pub(super) const ATTEMPTS: u32 = 6;

/// The pause before the second attempt; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Why an attempt gave no answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Asking again would not help.
    Lasting(ForgeError),
    /// It may be over soon.
    Passing {
        /// What happened.
        fault: Fault,
        /// How long the forge wants to be left alone, if it says so.
        pause: Option<Duration>,
    },
}

impl From<ForgeError> for Trouble {
    fn from(error: ForgeError) -> Self {
        Self::Lasting(error)
    }
}

/// What may be over soon.
#[derive(Debug)]
pub(super) enum Fault {
    /// An answer with this status.
    Status(u16),
    /// No answer, or half of one.
    Transport(String),
}

impl Fault {
    /// The error once the last attempt is made.
    pub(super) fn last(self, path: &str) -> ForgeError {
        let path = path.to_owned();
        match self {
            Self::Status(status) => ForgeError::Failing {
                path,
                status,
                attempts: ATTEMPTS,
            },
            Self::Transport(fault) => ForgeError::Unreachable { path, fault },
        }
    }

    /// How it is told where the time is over.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Status(status) => format!("the last answer had status {status}"),
            Self::Transport(fault) => fault.clone(),
        }
    }

    /// The status, if there is one.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Status(status) => Some(*status),
            Self::Transport(_) => None,
        }
    }
}

/// The pause after an attempt, where the forge does not ask for one.
pub(super) fn pause_after(attempt: u32) -> Duration {
    doubled(attempt, FIRST_PAUSE)
}

/// What a status that is neither a success nor a redirect means.
pub(super) fn refusal(path: &str, status: u16, headers: &HeaderMap) -> Trouble {
    let path = path.to_owned();
    let is_limited = status == 429 || (status == 403 && is_rate_limit(headers));
    if is_limited || (500..600).contains(&status) {
        let pause =
            network::retry_after(headers, None).or_else(|| reset(headers).filter(|_| is_limited));
        return Trouble::Passing {
            fault: Fault::Status(status),
            pause,
        };
    }
    Trouble::Lasting(match status {
        401 => ForgeError::Unauthorized { path },
        403 => ForgeError::Forbidden { path },
        404 => ForgeError::NotFound { path },
        400..500 => ForgeError::Refused { path, status },
        _ => ForgeError::Answer {
            path,
            message: format!("it has status {status}"),
        },
    })
}

fn is_rate_limit(headers: &HeaderMap) -> bool {
    headers.contains_key("retry-after") || text(headers, "x-ratelimit-remaining") == Some("0")
}

/// Until when the limit stands, by the forge's own clock: both moments are in the answer.
fn reset(headers: &HeaderMap) -> Option<Duration> {
    let names = ["x-ratelimit-reset", "ratelimit-reset"];
    let reset: i64 = names
        .into_iter()
        .find_map(|name| text(headers, name))?
        .parse()
        .ok()?;
    let now = chrono::DateTime::parse_from_rfc2822(text(headers, "date")?).ok()?;
    let seconds = reset.checked_sub(now.timestamp())?.max(0);
    u64::try_from(seconds)
        .ok()
        .map(|seconds| Duration::from_secs(seconds.saturating_add(1)))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        all.iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    fn pause(status: u16, all: &[(&'static str, &str)]) -> Option<Duration> {
        match refusal("/x", status, &headers(all)) {
            Trouble::Passing { pause, .. } => pause,
            Trouble::Lasting(error) => panic!("{error}"),
        }
    }

    #[test]
    fn pauses_double() {
        let pauses: Vec<u128> = (1..6)
            .map(|attempt| pause_after(attempt).as_millis())
            .collect();
        assert_eq!(pauses, [250, 500, 1000, 2000, 4000]);
    }

    #[test]
    fn the_end_of_a_limit_is_read_by_the_clock_of_the_forge() {
        let date = ("date", "Thu, 01 Jan 1970 01:00:00 GMT");
        let spent = ("x-ratelimit-remaining", "0");
        let seconds = |all: &[_]| pause(403, all).map(|pause| pause.as_secs());
        assert_eq!(
            seconds(&[spent, date, ("x-ratelimit-reset", "3630")]),
            Some(31)
        );
        assert_eq!(seconds(&[spent, date, ("ratelimit-reset", "5")]), Some(1));
        assert_eq!(seconds(&[spent, ("x-ratelimit-reset", "3630")]), None);
        assert_eq!(seconds(&[("retry-after", "7"), date]), Some(7));
        assert_eq!(
            seconds(&[("retry-after", "Thu, 01 Jan 1970 01:00:00 GMT")]),
            None
        );
    }

    #[test]
    fn limits_that_are_not_spent_are_no_reason_to_wait() {
        let all = headers(&[
            ("x-ratelimit-remaining", "12"),
            ("x-ratelimit-reset", "3630"),
        ]);
        assert!(matches!(
            refusal("/x", 403, &all),
            Trouble::Lasting(ForgeError::Forbidden { .. })
        ));
        assert_eq!(
            pause(
                502,
                &[
                    ("x-ratelimit-reset", "3630"),
                    ("date", "Thu, 01 Jan 1970 00:00:00 GMT")
                ]
            ),
            None
        );
    }
}
