//! Pauses between attempts: longer each time, and never the same for two who try at once.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// `first`, and twice as long after each further attempt. Attempts are counted from 1.
#[must_use]
pub fn doubled(attempt: u32, first: Duration) -> Duration {
    first.saturating_mul(1 << attempt.saturating_sub(1).min(20))
}

/// The pause after an attempt where many may try at once: at random between nothing and what is doubled each time, up to `most`.
#[must_use]
pub fn pause(attempt: u32, first: Duration, most: Duration) -> Duration {
    doubled(attempt, first).min(most).mul_f64(share())
}

/// The pause after an attempt where few may: a quarter more or less than what is doubled each time, up to `most`. `chance` is from 0
/// to 1.
#[must_use]
pub fn about(attempt: u32, first: Duration, most: Duration, chance: f64) -> Duration {
    let factor = 0.75 + chance.clamp(0.0, 1.0) / 2.0;
    doubled(attempt, first).min(most).mul_f64(factor).min(most)
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

    #[test]
    fn each_attempt_doubles_the_pause_twenty_times_at_most() {
        let first = Duration::from_millis(3);
        let doubled = |attempt| doubled(attempt, first).as_millis();
        let pauses: Vec<_> = (0..=5).map(doubled).collect();
        assert_eq!(pauses, [3, 3, 6, 12, 24, 48]);
        assert_eq!((doubled(20), doubled(21)), (3 << 19, 3 << 20));
        assert_eq!((doubled(22), doubled(u32::MAX)), (3 << 20, 3 << 20));
    }

    #[test]
    fn where_few_may_try_a_pause_is_a_quarter_more_or_less() {
        let (first, most) = (Duration::from_secs(8), Duration::from_secs(30));
        let pause = |attempt, chance| about(attempt, first, most, chance).as_secs_f64();
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} {b}");
        for (chance, seconds) in [
            (0.0, 6.0),
            (0.5, 8.0),
            (1.0, 10.0),
            (-1.0, 6.0),
            (7.0, 10.0),
        ] {
            near(pause(1, chance), seconds);
            near(pause(2, chance), 2.0 * seconds);
        }
        near(pause(9, 0.0), 22.5);
        near(pause(9, 1.0), 30.0);
    }

    #[test]
    fn shares_lie_on_both_sides_of_a_half() {
        let shares: Vec<f64> = (0..200).map(|_| share()).collect();
        assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)));
        assert!(shares.iter().any(|share| *share < 0.5));
        assert!(shares.iter().any(|share| *share > 0.5));
    }
}
