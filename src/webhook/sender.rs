//! Sends events to their targets, without making anybody wait.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant as Tick};

use super::body::{body_json, body_slack};
use super::delivery::{Attempt, Courier};
use super::event::Event;
use super::queue::{Message, Queue};
use super::tally::Tally;
use super::target::Target;
use crate::model::NotificationFormat;
use crate::time::backoff::{about, share};
use crate::time::clock::SharedClock;

/// How long and how often a message is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How often at most.
    pub attempts: u32,
    /// How long in all, pauses included.
    pub whole: Duration,
    /// The pause after the first attempt; it doubles each time.
    pub first_pause: Duration,
    /// The longest pause, also where the receiver asks for a longer one.
    pub longest_pause: Duration,
    /// How long a connection may take.
    pub connect: Duration,
    /// How long an attempt may take.
    pub attempt: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 8,
            whole: Duration::from_mins(15),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_mins(5),
            connect: Duration::from_secs(5),
            attempt: Duration::from_secs(15),
        }
    }
}

/// One thread and one bounded queue a target. Dropped, it ends as with [`Sender::finish`] and no time.
#[derive(Debug)]
pub struct Sender {
    lanes: Vec<Lane>,
    tally: Arc<Tally>,
}

#[derive(Debug)]
struct Lane {
    target: Arc<Target>,
    queue: Arc<Queue>,
}

impl Sender {
    /// Starts a thread for each target. What becomes of the events is counted in `tally`.
    #[must_use]
    pub fn start(targets: Vec<Target>, tally: Arc<Tally>, clock: &SharedClock) -> Self {
        Self::start_with(targets, tally, clock, Patience::default())
    }

    /// The same with other bounds than the usual ones.
    #[must_use]
    pub fn start_with(
        targets: Vec<Target>,
        tally: Arc<Tally>,
        clock: &SharedClock,
        patience: Patience,
    ) -> Self {
        let mut lanes = Vec::new();
        for target in targets {
            let target = Arc::new(target);
            let queue = Arc::new(Queue::default());
            let worker = Worker {
                target: Arc::clone(&target),
                queue: Arc::clone(&queue),
                tally: Arc::clone(&tally),
                clock: Arc::clone(clock),
                patience,
            };
            let spawned = thread::Builder::new()
                .name("notify".to_owned())
                .spawn(move || worker.work());
            if let Err(error) = spawned {
                // Nothing is taken then, so that everything for this target counts as dropped.
                tracing::error!(to = %target.name(), %error, "no thread for notifications");
                queue.end_at(Tick::now());
                queue.over();
            }
            lanes.push(Lane { target, queue });
        }
        Self { lanes, tally }
    }

    /// Leaves an event to be sent to all who want it. Never waits for the network.
    pub fn send(&self, event: &Event) {
        for lane in &self.lanes {
            if !lane.target.wants(event) {
                continue;
            }
            match message(&lane.target, event) {
                Ok(message) => self.tally.drop_some(lane.queue.put(message)),
                Err(error) => {
                    tracing::error!(to = %lane.target.name(), %error, "a notification cannot be written");
                    self.tally.fail();
                }
            }
        }
    }

    /// Sends what can be sent within a limit, each message once more at most, and then lets go of the rest.
    pub fn finish(self, limit: Duration) {
        self.end(limit);
    }

    fn end(&self, limit: Duration) {
        let end = Tick::now() + limit;
        for lane in &self.lanes {
            lane.queue.end_at(end);
        }
        for lane in &self.lanes {
            let left = lane.queue.wait_for_end();
            if left > 0 {
                tracing::warn!(to = %lane.target.name(), left, "notifications are not sent, because the program ends");
                self.tally.drop_some(left);
            }
        }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.end(Duration::ZERO);
    }
}

fn message(target: &Target, event: &Event) -> Result<Message, serde_json::Error> {
    Ok(Message {
        id: event.id.clone(),
        kind: event.kind.word(),
        body: match target.format() {
            NotificationFormat::Json => body_json(event)?,
            NotificationFormat::Slack => body_slack(event),
        },
    })
}

/// What empties one queue.
struct Worker {
    target: Arc<Target>,
    queue: Arc<Queue>,
    tally: Arc<Tally>,
    clock: SharedClock,
    patience: Patience,
}

impl Worker {
    fn work(&self) {
        match Courier::new(&self.target, self.patience.connect) {
            Ok(courier) => {
                while let Some((message, dropped)) = self.queue.take() {
                    self.deliver(&courier, &message, dropped);
                }
            }
            Err(why) => {
                tracing::error!(to = %self.target.name(), "the address of a target of notifications {why}");
                self.queue.end_at(Tick::now());
            }
        }
        self.queue.over();
    }

    fn deliver(&self, courier: &Courier<'_>, message: &Message, dropped: u64) {
        let (to, event) = (self.target.name(), message.kind);
        if dropped > 0 {
            tracing::warn!(%to, dropped, "too many notifications wait; the oldest are dropped");
        }
        let begun = Tick::now();
        let mut attempt = 1;
        let why = loop {
            let limit = self.queue.rest().unwrap_or(self.patience.attempt);
            let limit = limit.min(self.patience.attempt);
            match courier.attempt(message, self.clock.now(), limit) {
                Attempt::Delivered => {
                    tracing::debug!(%to, event, attempt, "notification delivered");
                    self.tally.deliver();
                    return;
                }
                Attempt::Refused { why } => break why,
                Attempt::Later { why, pause } => {
                    let pause = self.pause(attempt, pause);
                    let is_over = attempt >= self.patience.attempts
                        || begun.elapsed() + pause >= self.patience.whole
                        || self.queue.rest().is_some();
                    if is_over {
                        break why;
                    }
                    tracing::debug!(%to, event, attempt, why, "notification is tried again");
                    self.queue.pause(pause);
                    attempt += 1;
                }
            }
        };
        tracing::warn!(%to, event, attempt, why, "notification given up");
        self.tally.fail();
    }

    /// The pause after an attempt: what the receiver asks for, or twice as long each time and a quarter more or less.
    fn pause(&self, attempt: u32, asked: Option<Duration>) -> Duration {
        let (first, most) = (self.patience.first_pause, self.patience.longest_pause);
        let usual = || about(attempt, first, most, share());
        asked.unwrap_or_else(usual).min(most)
    }
}
