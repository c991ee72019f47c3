//! What a service manager is told, over the socket that `NOTIFY_SOCKET` names; without one, nothing.

use std::time::{Duration, Instant};

use sd_notify::NotifyState;

/// systemd, or whoever speaks its protocol.
#[derive(Debug)]
pub(super) struct Systemd {
    /// How long it waits for a sign of life; `None` where it does not ask for any.
    watchdog: Option<Duration>,
    last: Option<Instant>,
    status: String,
}

impl Systemd {
    /// Looks what the service manager asks for.
    pub(super) fn start() -> Self {
        Self {
            watchdog: sd_notify::watchdog_enabled(),
            last: None,
            status: String::new(),
        }
    }

    /// The first pass is done, or a reload is.
    #[expect(clippy::unused_self, reason = "the socket is looked up each time")]
    pub(super) fn ready(&self) {
        tell(&[NotifyState::Ready]);
    }

    /// A reload begins.
    #[expect(clippy::unused_self, reason = "the socket is looked up each time")]
    pub(super) fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now]),
            Err(error) => {
                tracing::debug!(%error, "the clock for the service manager cannot be read");
            }
        }
    }

    /// The end begins.
    #[expect(clippy::unused_self, reason = "the socket is looked up each time")]
    pub(super) fn stopping(&self) {
        tell(&[NotifyState::Stopping]);
    }

    /// How it is, in a line.
    pub(super) fn status(&mut self, line: &str) {
        if self.status != line {
            line.clone_into(&mut self.status);
            tell(&[NotifyState::Status(line)]);
        }
    }

    /// It is alive, unless a pass has been quiet for too long.
    pub(super) fn alive(&mut self, quiet: Duration) {
        let Some(watchdog) = self.watchdog.filter(|watchdog| quiet < *watchdog) else {
            return;
        };
        let is_due = |last: Instant| last.elapsed() >= watchdog / 2;
        if self.last.is_none_or(is_due) {
            self.last = Some(Instant::now());
            tell(&[NotifyState::Watchdog]);
        }
    }

    /// How often a sign of life is wanted at least.
    pub(super) fn wants_every(&self) -> Option<Duration> {
        self.watchdog.map(|watchdog| watchdog / 4)
    }
}

/// There is nobody to tell if that fails but the log.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the service manager cannot be told");
    }
}
