//! What to do next and when: pure, so that it can be tried without waiting.

use std::time::Duration;

use super::backoff::Backoff;
use super::eyes::Hint;
use super::moment::Reading;
use super::settle::{Settle, Touch};
use super::work::{Awaited, Failure, FailureKind, Passed};
use super::worker::{Done, Order, Report};
use crate::model::Instant;
use crate::store::STATE_FILE;

/// The longest that the daemon sleeps: so soon it notices a changed clock and a machine that has slept.
pub const TICK: Duration = Duration::from_secs(1);

/// How long settings and state may be unfinished before they count as they are.
const PUT_OFF: Duration = Duration::from_secs(30);

/// How often it looks at everything where nobody tells it of changes.
const BLIND_RESCAN: Duration = Duration::from_secs(30);

/// How long a burst of changes may last before it is looked at, in debounce times.
const BURST: u32 = 10;

/// How often broken integrity has to be seen before it ends the daemon, and how far apart.
const SIGHTINGS: u32 = 3;
const SIGHTINGS_APART: Duration = Duration::from_secs(1);

/// How often it may be seen with changing reasons.
const MOST_SIGHTINGS: u32 = 10;

/// The times of the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// How often it looks at everything, whatever the events say.
    pub rescan: Duration,
    /// How long files must be left alone before they are looked at.
    pub settle: Duration,
}

/// Why there is a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The daemon has just started.
    Start,
    /// Somebody wants everything looked at.
    Reload,
    /// A moment has come.
    Due,
    /// The clock was changed, or the machine has slept.
    Clock,
    /// Events were lost, or a folder was replaced.
    Lost,
    /// A pull has brought something.
    Pulled,
    /// The last pass failed.
    Retry,
    /// It is time to look at everything.
    Rescan,
    /// Files have changed.
    Change,
}

impl Reason {
    /// A word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Reload => "reload",
            Self::Due => "due",
            Self::Clock => "clock",
            Self::Lost => "lost events",
            Self::Pulled => "pull",
            Self::Retry => "retry",
            Self::Rescan => "rescan",
            Self::Change => "change",
        }
    }
}

/// Whether the daemon goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    GoOn,
    /// It does, and this failure is tried again after a pause.
    Failed(Failure, Duration),
    /// It does not.
    End(Failure),
}

/// Changes that follow one another closely.
#[derive(Debug, Clone, Copy)]
struct Burst {
    first: Duration,
    last: Duration,
}

/// What to do next and when.
#[derive(Debug)]
pub struct Schedule {
    timing: Timing,
    chance: fn() -> f64,
    settle: Settle,
    /// A pass that is to be done from this moment on.
    forced: Option<(Reason, Duration)>,
    changes: Option<Burst>,
    /// When to look at files again that are being written.
    look_again: Option<Duration>,
    rewatch: bool,
    rescan: Duration,
    next: Option<Awaited>,
    /// The latest moment that a pass was ordered for.
    reached: Option<Instant>,
    retry: Option<Duration>,
    backoff: Backoff,
    locked: Backoff,
    integrity: Option<(String, u32)>,
    sightings: u32,
    put_off_since: Option<Duration>,
    is_busy: bool,
    overflowed_while_busy: bool,
}

impl Schedule {
    /// Begins with a pass from `start` on. `chance` gives numbers from 0 to 1.
    #[must_use]
    pub fn new(timing: Timing, start: Duration, chance: fn() -> f64) -> Self {
        Self {
            timing,
            chance,
            settle: Settle::default(),
            forced: Some((Reason::Start, start)),
            changes: None,
            look_again: None,
            rewatch: true,
            rescan: timing.rescan,
            next: None,
            reached: None,
            retry: None,
            backoff: Backoff::new(Duration::from_secs(1), Duration::from_mins(5)),
            locked: Backoff::new(Duration::from_millis(100), Duration::from_secs(2)),
            integrity: None,
            sightings: 0,
            put_off_since: None,
            is_busy: false,
            overflowed_while_busy: false,
        }
    }

    /// What waits for its moment next.
    #[must_use]
    pub fn awaited(&self) -> Option<&Awaited> {
        self.next.as_ref()
    }

    /// Whether an order is being carried out.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// Takes in what an event gives to understand.
    pub fn hint(&mut self, now: Duration, hint: Hint) {
        match hint {
            Hint::Touched(path, touch) => {
                self.settle.touch(now, &path, touch);
                self.changed(now);
                // The program itself only ever moves a state file into place. Whoever writes into it, or removes it, is somebody else, and
                // may do so the very moment after, so that a glance takes it for the program's own.
                let by_others = matches!(touch, Touch::Created | Touch::Written | Touch::Gone);
                if by_others && path.ends_with(STATE_FILE) {
                    self.force(Reason::Change, now + self.timing.settle);
                }
            }
            Hint::Replaced(_) => {
                self.rewatch = true;
                self.changed(now);
            }
            Hint::Overflow | Hint::Trouble(_) => {
                self.settle.forget();
                self.rewatch = true;
                // A pass over very many files can make more events than the queue holds, all of them its own.
                if self.is_busy {
                    self.overflowed_while_busy = true;
                } else {
                    self.force(Reason::Lost, now + self.timing.settle);
                }
            }
        }
    }

    /// Has everything looked at, from a moment on.
    pub fn force(&mut self, reason: Reason, from: Duration) {
        if reason == Reason::Clock {
            // What counted as reached was so by another clock.
            self.reached = None;
        }
        let wanted = (reason, from);
        self.forced = Some(match self.forced {
            Some((reason, sooner)) if sooner <= from => (reason, sooner),
            _ => wanted,
        });
    }

    /// Has everything looked at and watched anew at once, and forgets what failed.
    pub fn reload(&mut self, now: Duration) {
        self.rewatch = true;
        self.backoff.reset();
        self.locked.reset();
        self.retry = None;
        self.force(Reason::Reload, now);
    }

    /// What the worker is to do now, if anything, and why.
    pub fn order(&mut self, now: Reading) -> Option<(Reason, Order)> {
        if self.is_busy {
            return None;
        }
        let (reason, force) = self.reason(now)?;
        if let Some(next) = self.next.as_ref().filter(|next| next.moment <= now.wall) {
            self.reached = Some(next.moment);
        }
        // A pass looks at everything: whatever else was to be looked at is looked at with it.
        self.changes = None;
        self.look_again = None;
        if force {
            self.forced = None;
            self.retry = None;
        }
        self.is_busy = true;
        let waited = self
            .put_off_since
            .map(|since| now.running.saturating_sub(since));
        let order = Order {
            force,
            rewatch: std::mem::take(&mut self.rewatch),
            impatient: waited.is_some_and(|waited| waited >= PUT_OFF),
            open: self.settle.open(now.running),
        };
        Some((reason, order))
    }

    fn reason(&self, now: Reading) -> Option<(Reason, bool)> {
        let is_past = |moment: Duration| moment <= now.running;
        if let Some((reason, _)) = self.forced.filter(|(_, from)| is_past(*from)) {
            return Some((reason, true));
        }
        if self.due_moment().is_some_and(|moment| moment <= now.wall) {
            return Some((Reason::Due, true));
        }
        if self.retry.is_some_and(is_past) {
            return Some((Reason::Retry, true));
        }
        if self.retry.is_none() && is_past(self.rescan) {
            return Some((Reason::Rescan, true));
        }
        if self.changes_moment().is_some_and(is_past) || self.look_again.is_some_and(is_past) {
            return Some((Reason::Change, false));
        }
        None
    }

    /// The next due moment, unless a pass was ordered for it already.
    fn due_moment(&self) -> Option<Instant> {
        let moment = self.next.as_ref()?.moment;
        self.reached
            .is_none_or(|reached| reached < moment)
            .then_some(moment)
    }

    /// When a burst of changes is looked at: once it is over, or has lasted long enough.
    fn changes_moment(&self) -> Option<Duration> {
        let burst = self.changes?;
        let settle = self.timing.settle;
        Some((burst.last + settle).min(burst.first + settle * BURST))
    }

    fn changed(&mut self, now: Duration) {
        let first = self.changes.map_or(now, |burst| burst.first);
        self.changes = Some(Burst { first, last: now });
    }

    /// How long nothing will be to do; at most a [`TICK`].
    #[must_use]
    pub fn sleep(&self, now: Reading) -> Duration {
        if self.is_busy {
            return TICK;
        }
        let rescan = self.retry.is_none().then_some(self.rescan);
        let moments = [
            self.forced.map(|(_, from)| from),
            self.retry,
            rescan,
            self.changes_moment(),
            self.look_again,
        ];
        let soonest = moments.into_iter().flatten().min();
        let sleep = soonest.map_or(TICK, |soonest| soonest.saturating_sub(now.running));
        let due = self
            .due_moment()
            .map(|moment| (moment - now.wall).to_std().unwrap_or_default());
        sleep.min(due.unwrap_or(TICK)).min(TICK)
    }

    /// Takes in what came of an order.
    pub fn done(&mut self, now: Duration, report: Report) -> Verdict {
        self.is_busy = false;
        if std::mem::take(&mut self.overflowed_while_busy) || report.changed_meanwhile {
            self.changed(now);
        }
        if report.unsettled {
            let soon = self.timing.settle.max(Duration::from_millis(50));
            self.look_again = Some(now + soon);
        }
        match report.done {
            Done::Nothing => Verdict::GoOn,
            Done::PutOff => {
                self.put_off_since.get_or_insert(now);
                let soon = self.timing.settle.max(Duration::from_millis(50));
                // The reason for the pass is still there once the files are whole.
                self.force(Reason::Change, now + soon);
                Verdict::GoOn
            }
            Done::Pass(result) => {
                self.put_off_since = None;
                let rescan = if report.blind.is_some() {
                    self.timing.rescan.min(BLIND_RESCAN)
                } else {
                    self.timing.rescan
                };
                self.rescan = now + rescan;
                match result {
                    Ok(passed) => self.passed(now, passed),
                    Err(failure) => self.failed(now, failure),
                }
            }
        }
    }

    fn passed(&mut self, now: Duration, passed: Passed) -> Verdict {
        self.locked.reset();
        if passed.retry {
            self.retry = Some(now + self.backoff.next((self.chance)()));
        } else {
            self.backoff.reset();
            self.retry = None;
        }
        self.integrity = None;
        self.sightings = 0;
        self.next = passed.next;
        Verdict::GoOn
    }

    fn failed(&mut self, now: Duration, failure: Failure) -> Verdict {
        let chance = (self.chance)();
        let pause = match failure.kind {
            FailureKind::Locked => self.locked.next(chance),
            FailureKind::Other => self.backoff.next(chance),
            FailureKind::Superseded => return Verdict::End(failure),
            FailureKind::Integrity => {
                if self.is_certain(&failure.message) {
                    return Verdict::End(failure);
                }
                SIGHTINGS_APART
            }
        };
        if failure.kind != FailureKind::Integrity {
            self.integrity = None;
            self.sightings = 0;
        }
        self.retry = Some(now + pause);
        Verdict::Failed(failure, pause)
    }

    /// Whether broken integrity was seen often enough: files may be in the middle of being replaced by hand.
    fn is_certain(&mut self, message: &str) -> bool {
        // A message may name the time, or serials that go on.
        let message: String = message
            .chars()
            .filter(|character| !character.is_ascii_digit())
            .collect();
        let seen = match self.integrity.take() {
            Some((before, seen)) if before == message => seen + 1,
            _ => 1,
        };
        self.integrity = Some((message, seen));
        self.sightings += 1;
        seen >= SIGHTINGS || self.sightings >= MOST_SIGHTINGS
    }
}
