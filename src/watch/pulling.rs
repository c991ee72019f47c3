//! When to pull, and what to say of it: a remote that is away is told once, and so is that it is back.

use std::time::Duration;

use super::backoff::Backoff;
use super::work::Failure;

/// The longest pause between two pulls that fail, unless people want longer ones anyway.
const LONGEST: Duration = Duration::from_mins(5);

/// What is worth saying about a pull.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Nothing new.
    Nothing,
    /// The remote gave something new.
    Came,
    /// It worked again after failures.
    Back,
    /// It failed, and did not before, or for another reason.
    Failed(Failure),
}

/// When to pull.
#[derive(Debug)]
pub struct Pulling {
    every: Duration,
    at: Option<Duration>,
    backoff: Backoff,
    failure: Option<String>,
}

impl Pulling {
    /// Pulls at once, and then so often.
    #[must_use]
    pub fn new(every: Duration, now: Duration) -> Self {
        Self {
            every,
            at: Some(now),
            backoff: Backoff::new(every.max(Duration::from_secs(1)), LONGEST.max(every)),
            failure: None,
        }
    }

    /// Whether to pull now. If so, the next one comes after this one's end.
    pub fn is_due(&mut self, now: Duration) -> bool {
        let is_due = self.at.is_some_and(|at| at <= now);
        if is_due {
            self.at = None;
        }
        is_due
    }

    /// When the next pull is; `None` while one goes on.
    #[must_use]
    pub fn next(&self) -> Option<Duration> {
        self.at
    }

    /// Whether a pull goes on.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.at.is_none()
    }

    /// Pulls as soon as possible.
    pub fn hurry(&mut self, now: Duration) {
        self.backoff.reset();
        if let Some(at) = &mut self.at {
            *at = now;
        }
    }

    /// Takes in what came of a pull.
    pub fn done(&mut self, now: Duration, result: Result<bool, Failure>, chance: f64) -> News {
        match result {
            Ok(came) => {
                self.backoff.reset();
                // A tenth less or more: machines that started together do not ask together.
                let factor = 0.9 + chance.clamp(0.0, 1.0) / 5.0;
                self.at = Some(now + self.every.mul_f64(factor));
                match (self.failure.take(), came) {
                    (Some(_), _) => News::Back,
                    (None, true) => News::Came,
                    (None, false) => News::Nothing,
                }
            }
            Err(failure) => {
                self.at = Some(now + self.backoff.next(chance));
                if self.failure.as_ref() == Some(&failure.message) {
                    return News::Nothing;
                }
                self.failure = Some(failure.message.clone());
                News::Failed(failure)
            }
        }
    }
}
