//! What waits to be sent to one target: bounded, and never in the way of who puts something in.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many messages wait at most.
pub(super) const MOST: usize = 256;

/// An event in the form of its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// The event's id.
    pub(super) id: String,
    /// The word of its kind.
    pub(super) kind: &'static str,
    /// What is sent.
    pub(super) body: String,
}

/// A queue that one thread empties.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Message>,
    dropped: u64,
    end: Option<Instant>,
    is_over: bool,
}

impl Queue {
    /// Puts a message in; where there are too many, the oldest goes. Returns how many went.
    pub(super) fn put(&self, message: Message) -> u64 {
        let mut state = self.state();
        if state.end.is_some() {
            return 1;
        }
        let goes = state.waiting.len() >= MOST && state.waiting.pop_front().is_some();
        let dropped = u64::from(goes);
        state.dropped += dropped;
        state.waiting.push_back(message);
        self.changed.notify_all();
        dropped
    }

    /// The next message, as soon as there is one, and how many went before it. `None` when no more will come.
    pub(super) fn take(&self) -> Option<(Message, u64)> {
        let mut state = self.state();
        loop {
            if state.end.is_some_and(|end| end <= Instant::now()) {
                return None;
            }
            if let Some(message) = state.waiting.pop_front() {
                return Some((message, std::mem::take(&mut state.dropped)));
            }
            if state.end.is_some() {
                return None;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits between two attempts; not when the end has begun.
    pub(super) fn pause(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut state = self.state();
        while state.end.is_none() {
            let rest = until.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return;
            }
            let waited = self.changed.wait_timeout(state, rest);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// How long is left; `None` before the end has begun.
    pub(super) fn rest(&self) -> Option<Duration> {
        let end = self.state().end?;
        Some(end.saturating_duration_since(Instant::now()))
    }

    /// Begins the end: what is there is sent until this moment, and nothing new is taken.
    pub(super) fn end_at(&self, end: Instant) {
        self.state().end = Some(end);
        self.changed.notify_all();
    }

    /// Says that the thread has stopped.
    pub(super) fn over(&self) {
        self.state().is_over = true;
        self.changed.notify_all();
    }

    /// Waits until the thread has stopped, but no longer than to the end. Returns how many messages are left.
    pub(super) fn wait_for_end(&self) -> u64 {
        let mut state = self.state();
        while !state.is_over {
            let rest = state
                .end
                .map(|end| end.saturating_duration_since(Instant::now()));
            let Some(rest) = rest.filter(|rest| !rest.is_zero()) else {
                break;
            };
            let waited = self.changed.wait_timeout(state, rest);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let left = state.waiting.len() as u64;
        state.waiting.clear();
        left
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(number: usize) -> Message {
        Message {
            id: number.to_string(),
            kind: "failed",
            body: String::new(),
        }
    }

    #[test]
    fn the_oldest_goes_where_there_are_too_many() {
        let queue = Queue::default();
        let dropped: u64 = (0..MOST + 3).map(|number| queue.put(message(number))).sum();
        assert_eq!(dropped, 3);
        let (first, before) = queue.take().unwrap();
        assert_eq!((first.id.as_str(), before), ("3", 3));
        let (second, before) = queue.take().unwrap();
        assert_eq!((second.id.as_str(), before), ("4", 0));
    }

    #[test]
    fn after_the_end_there_is_nothing_and_no_pause() {
        let queue = Queue::default();
        queue.put(message(1));
        queue.end_at(Instant::now());
        assert_eq!(queue.take(), None);
        assert_eq!(queue.put(message(2)), 1);
        queue.pause(Duration::from_hours(1));
        assert_eq!(queue.wait_for_end(), 1);
    }
}
