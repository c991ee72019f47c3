//! Pauses between attempts: longer each time, and never the same for two who try at once.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// The pause after an attempt, from 1 on: at random between nothing and `first`, which doubles each time up to `most`.
#[must_use]
pub fn pause(attempt: u32, first: Duration, most: Duration) -> Duration {
    let doubled = first.saturating_mul(1 << attempt.saturating_sub(1).min(20));
    doubled.min(most).mul_f64(share())
}

/// A number from 0 to 1, another one each time. Good enough to keep two processes from trying in step, and for nothing else.
#[must_use]
pub fn share() -> f64 {
    let random = RandomState::new().build_hasher().finish();
    f64::from(u32::try_from(random >> 32).unwrap_or_default()) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_grows_up_to_its_most_and_is_not_always_the_same() {
        let (first, most) = (Duration::from_millis(100), Duration::from_secs(5));
        for attempt in 1..=64 {
            let bound = first.saturating_mul(1 << (attempt - 1).min(20)).min(most);
            assert!(pause(attempt, first, most) <= bound);
        }
        let several: std::collections::BTreeSet<_> =
            (0..20).map(|_| pause(9, first, most)).collect();
        assert!(several.len() > 1);
    }
}
