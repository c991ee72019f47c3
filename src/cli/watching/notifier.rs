//! Who is told of what a pass saw and did, as the settings have it.

use std::collections::BTreeMap;
use std::sync::Arc;
#[cfg(feature = "webhooks")]
use std::time::Duration;

use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::load::Repository;
use crate::cli::pass::Passed;
use crate::cli::publish::Away;
use crate::model::{Notification, Settings, TargetId};
use crate::time::clock::{Clock as _, SystemClock};
#[cfg(feature = "webhooks")]
use crate::webhook::Sender;
use crate::webhook::{About, Event, Pass, Seen, Tally, events, targets};

/// How long the end waits for what is still to be sent.
#[cfg(feature = "webhooks")]
const LAST_WORDS: Duration = Duration::from_millis(1500);

/// Tells others. What was told is kept, so that nothing is told twice.
pub(super) struct Notifier {
    tally: Arc<Tally>,
    settings: BTreeMap<TargetId, Notification>,
    seen: Option<Seen>,
    /// Whose repository it is; not known before the settings were read once.
    about: Option<About>,
    /// Why whole passes fail, as it was told.
    failing: Option<&'static str>,
    #[cfg(feature = "webhooks")]
    sender: Option<Sender>,
}

impl Notifier {
    /// Nobody is told anything yet.
    pub(super) fn new(tally: Arc<Tally>) -> Self {
        Self {
            tally,
            settings: BTreeMap::new(),
            seen: None,
            about: None,
            failing: None,
            #[cfg(feature = "webhooks")]
            sender: None,
        }
    }

    /// Tells those who want to know what is new since the last pass.
    pub(super) fn passed(&mut self, passed: &Passed) {
        let settings = &passed.world.repository.settings;
        self.heed(settings);
        self.failing = None;
        let pass = Pass {
            plan: &passed.plan,
            outcome: Some(&passed.outcome),
            settings,
            now: SystemClock.now(),
        };
        let (events, seen) = events(self.seen.as_ref(), &pass);
        self.seen = Some(seen);
        self.send(&events);
    }

    /// Tells them, once, that whole passes fail: nothing is done until somebody looks.
    pub(super) fn failed(&mut self, context: &Context, error: &Error) {
        let reason = match error.exit {
            Exit::Locked => return,
            _ if error.cause.downcast_ref::<Away>().is_some() => return,
            Exit::Refused => "the plan goes over a limit, and nothing is done",
            Exit::Invalid => "settings, state or what is checked out are invalid",
            Exit::Integrity => "state, logs, branch or clock do not agree",
            _ => "a pass could not run",
        };
        if self.failing.replace(reason) == Some(reason) {
            return;
        }
        if self.about.is_none()
            && let Ok(repository) = Repository::open_settings(context)
        {
            self.heed(&repository.settings);
        }
        if let Some(about) = &self.about {
            let event = Event::failed_pass(about, reason, SystemClock.now());
            self.send(&[event]);
        }
    }

    /// Takes in who is to be told.
    fn heed(&mut self, settings: &Settings) {
        self.about = Some(About::of(settings));
        if settings.notify != self.settings {
            self.settings.clone_from(&settings.notify);
            self.begin();
        }
    }

    /// Begins to tell those whom the settings name now.
    #[cfg(feature = "webhooks")]
    fn begin(&mut self) {
        let (targets, errors) = targets(&self.settings, &variable);
        for error in errors {
            tracing::error!(%error, "a target of notifications is told nothing");
        }
        self.finish();
        if !targets.is_empty() {
            let clock: crate::time::clock::SharedClock = Arc::new(SystemClock);
            self.sender = Some(Sender::start(targets, Arc::clone(&self.tally), &clock));
        }
    }

    #[cfg(not(feature = "webhooks"))]
    fn begin(&mut self) {
        let (targets, _) = targets(&self.settings, &variable);
        if !targets.is_empty() {
            tracing::warn!(
                "the settings ask for notifications, and this program is built without them"
            );
        }
    }

    #[cfg(feature = "webhooks")]
    fn send(&self, events: &[Event]) {
        if let Some(sender) = &self.sender {
            for event in events {
                sender.send(event);
            }
        }
    }

    #[cfg(not(feature = "webhooks"))]
    fn send(&self, events: &[Event]) {
        tracing::debug!(
            events = events.len(),
            sent = self.tally.delivered(),
            "nobody is told"
        );
    }

    #[cfg(feature = "webhooks")]
    fn finish(&mut self) {
        if let Some(sender) = self.sender.take() {
            sender.finish(LAST_WORDS);
        }
    }
}

#[cfg(feature = "webhooks")]
impl Drop for Notifier {
    fn drop(&mut self) {
        self.finish();
    }
}

impl std::fmt::Debug for Notifier {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Notifier")
    }
}

#[expect(clippy::disallowed_methods, reason = "cli reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
