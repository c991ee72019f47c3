//! The thread that decides: it hears events, signals and what came of passes and pulls, and says what is next.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use super::eyes::Hint;
use super::moment::{Clocks, Reading};
use super::pulling::{News, Pulling};
use super::schedule::{Reason, Schedule, TICK, Timing, Verdict};
use super::signals::{self, Wish};
use super::work::{Awaited, Failure, FailureKind, Passed, Pull, Supervisor, Work};
use super::worker::{Done, Order, Report, Worker};
use crate::reconcile::stop::Stop;
use crate::time::backoff::share;
use crate::time::rfc3339;

/// How long the current run, or a call to git, may take to end once somebody wants the daemon to end.
const LAST_MOMENTS: Duration = Duration::from_secs(7);

/// How long the worker may take to end once it is idle.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How long the first pass waits for the first pull.
const FIRST_PULL: Duration = Duration::from_secs(10);

/// How many messages are taken in before the next decision.
const HANDFUL: usize = 4096;

/// What the thread that decides hears.
#[derive(Debug)]
pub(super) enum Message {
    Hint(Hint),
    Wish(Wish),
    Report(Report),
    Pulled(Result<bool, Failure>),
}

/// How the daemon ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Somebody wanted it to.
    Wished,
    /// It must not go on.
    Failed(Failure),
}

/// Signs of life of a pass that goes on: whoever works looks again and again whether to end.
#[derive(Debug, Clone, Copy, Default)]
struct Pulse {
    looks: u64,
    last: Duration,
}

impl Pulse {
    /// How long ago the last sign of life was.
    fn quiet(&mut self, looks: u64, now: Duration) -> Duration {
        if looks != self.looks {
            *self = Self { looks, last: now };
        }
        now.saturating_sub(self.last)
    }
}

/// The daemon.
pub struct Daemon<C, S> {
    /// The clocks.
    pub clocks: C,
    /// Who is told how it is.
    pub supervisor: S,
    /// Its times.
    pub timing: Timing,
    /// Makes a pass end after its current run, and a pull soon.
    pub stop: Stop,
    /// What pulls, and how often.
    pub pull: Option<(Box<dyn Pull>, Duration)>,
}

/// The threads that do what is decided.
struct Hands {
    inbox: Receiver<Message>,
    orders: Sender<Order>,
    worker: thread::JoinHandle<()>,
    pulls: Option<Sender<()>>,
}

/// What is decided on.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a thing of its own that has to be kept in mind"
)]
struct Mind {
    schedule: Schedule,
    pulling: Option<Pulling>,
    /// Somebody waits to be told that the next pass is done.
    owes_ready: bool,
    /// The pass that goes on is the one.
    is_ready_next: bool,
    /// What people were told last that it waits for.
    told: Told,
    pulse: Pulse,
    told_put_off: bool,
    /// The first pull has not come to its end yet.
    awaits_pull: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    Next(Option<Awaited>),
}

impl<C: Clocks, S: Supervisor> Daemon<C, S> {
    /// Goes on until somebody wants it to end, or it must not go on.
    ///
    /// # Errors
    ///
    /// If the operating system gives no thread or lets nobody listen to signals.
    pub fn run(mut self, work: impl Work) -> std::io::Result<End> {
        let every = self.pull.as_ref().map(|(_, every)| *every);
        let hands = self.start(work)?;
        let now = self.clocks.read();
        let wait = every.map_or(Duration::ZERO, |_| FIRST_PULL);
        let mut mind = Mind {
            schedule: Schedule::new(self.timing, now.running + wait, share),
            pulling: every.map(|every| Pulling::new(every, now.running)),
            owes_ready: true,
            is_ready_next: false,
            told: Told::Nothing,
            pulse: Pulse::default(),
            told_put_off: false,
            awaits_pull: true,
        };
        self.supervisor.status("starting");
        let end = self.decide(&hands, &mut mind, now);
        self.supervisor.stopping();
        if end == End::Wished {
            tracing::info!("ending");
        }
        self.wait_for_the_end(hands, &mut mind);
        Ok(end)
    }

    fn start(&mut self, work: impl Work) -> std::io::Result<Hands> {
        let (messages, inbox) = mpsc::channel();
        let wishes = messages.clone();
        let stop = self.stop.clone();
        signals::listen(move |wish| {
            if wish == Wish::End {
                stop.ask();
            }
            let _ = wishes.send(Message::Wish(wish));
        })?;
        let (orders, ordered) = mpsc::channel();
        let worker = Worker::new(work, self.timing.settle, messages.clone());
        let worker = thread::Builder::new()
            .name("worker".to_owned())
            .spawn(move || worker.run(&ordered))?;
        let mut pulls = None;
        if let Some((mut pull, _)) = self.pull.take() {
            let (sender, ordered) = mpsc::channel::<()>();
            thread::Builder::new()
                .name("puller".to_owned())
                .spawn(move || {
                    while ordered.recv().is_ok() {
                        if messages.send(Message::Pulled(pull.pull())).is_err() {
                            break;
                        }
                    }
                })?;
            pulls = Some(sender);
        }
        Ok(Hands {
            inbox,
            orders,
            worker,
            pulls,
        })
    }

    fn decide(&mut self, hands: &Hands, mind: &mut Mind, start: Reading) -> End {
        let mut before = start;
        loop {
            let now = self.clocks.read();
            if let Some(jump) = now.jump_since(before) {
                tracing::warn!(
                    by_seconds = jump.num_seconds(),
                    "the clock has jumped: it was changed, or the machine has slept"
                );
                mind.schedule.force(Reason::Clock, now.running);
            }
            before = now;
            self.supervisor
                .alive(mind.quiet(self.stop.looks(), now.running));
            if let Some((reason, order)) = mind.schedule.order(now) {
                tracing::debug!(reason = reason.word(), force = order.force, "looking");
                mind.pulse.last = now.running;
                mind.is_ready_next = mind.owes_ready && order.force;
                let _ = hands.orders.send(order);
            }
            if mind.is_pull_due(now)
                && let Some(pulls) = &hands.pulls
            {
                let _ = pulls.send(());
            }
            let wanted = self.supervisor.wants_every().unwrap_or(TICK);
            if let Some(end) = self.hear(hands, mind, mind.sleep(now).min(wanted)) {
                return end;
            }
            if mind.schedule.is_busy() && hands.worker.is_finished() {
                return End::Failed(broken());
            }
        }
    }

    /// Takes in messages, waiting for the first one.
    fn hear(&mut self, hands: &Hands, mind: &mut Mind, wait: Duration) -> Option<End> {
        let first = match hands.inbox.recv_timeout(wait) {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Some(End::Failed(broken())),
        };
        let mut next = first;
        for _ in 0..HANDFUL {
            let message = next?;
            let now = self.clocks.read().running;
            match message {
                Message::Hint(hint) => heard(mind, now, hint),
                Message::Wish(Wish::End) => return Some(End::Wished),
                Message::Wish(Wish::Reload) => {
                    tracing::info!("reloading");
                    self.supervisor.reloading();
                    mind.owes_ready = true;
                    mind.schedule.reload(now);
                    if let Some(pulling) = &mut mind.pulling {
                        pulling.hurry(now);
                    }
                }
                Message::Pulled(result) => pulled(mind, now, result),
                Message::Report(report) => {
                    if let Some(end) = self.reported(mind, now, report) {
                        return Some(end);
                    }
                }
            }
            next = hands.inbox.try_recv().ok();
        }
        None
    }

    fn reported(&mut self, mind: &mut Mind, now: Duration, report: Report) -> Option<End> {
        self.supervisor.sees(report.sees && report.blind.is_none());
        if report.done == Done::PutOff && !std::mem::replace(&mut mind.told_put_off, true) {
            tracing::info!("the settings or the state file are being written: waiting for them");
        }
        let passed = match &report.done {
            Done::Pass(result) => Some(result.clone().ok()),
            _ => None,
        };
        let verdict = mind.schedule.done(now, report);
        let passed = passed?;
        mind.told_put_off = false;
        let end = self.judge(mind, verdict, passed);
        if std::mem::take(&mut mind.is_ready_next) {
            mind.owes_ready = false;
            self.supervisor.ready();
        }
        end
    }

    /// Says what came of a pass.
    fn judge(&mut self, mind: &mut Mind, verdict: Verdict, passed: Option<Passed>) -> Option<End> {
        match verdict {
            Verdict::End(failure) => {
                tracing::error!(
                    exit = failure.exit,
                    error = failure.message,
                    hint = failure.hint.as_deref(),
                    "ending: it must not go on"
                );
                self.supervisor.status(&failure.message);
                Some(End::Failed(failure))
            }
            Verdict::Failed(failure, pause) => {
                tell_failure(&failure, pause);
                let seconds = pause.as_secs().max(1);
                self.supervisor
                    .status(&format!("{}; next attempt in {seconds} s", failure.message));
                None
            }
            Verdict::GoOn => {
                let passed = passed?;
                let next = mind.schedule.awaited().cloned();
                self.supervisor.status(&status(&passed));
                let next = Told::Next(next);
                if mind.told != next {
                    next.tell();
                    mind.told = next;
                }
                None
            }
        }
    }

    /// Lets the worker and the puller come to their end, but not for ever: what they leave unfinished, recovery is made for.
    fn wait_for_the_end(&mut self, hands: Hands, mind: &mut Mind) {
        let Hands {
            inbox,
            orders,
            worker,
            pulls,
        } = hands;
        drop((orders, pulls));
        let end = self.clocks.read().running + LAST_MOMENTS;
        let is_busy = |mind: &Mind| {
            let pulls = mind.pulling.as_ref().is_some_and(Pulling::is_busy);
            pulls || mind.schedule.is_busy()
        };
        while is_busy(mind) {
            let now = self.clocks.read().running;
            if now >= end || (mind.schedule.is_busy() && worker.is_finished()) {
                tracing::warn!(
                    "something did not end in time; the next start goes on from what is there"
                );
                break;
            }
            match inbox.recv_timeout(end.saturating_sub(now).min(TICK)) {
                Ok(Message::Report(report)) => {
                    // A failure now is of no interest: it was told to stop.
                    let _ = mind.schedule.done(now, report);
                }
                Ok(Message::Pulled(result)) => pulled(mind, now, result),
                Err(RecvTimeoutError::Disconnected) => break,
                _ => {}
            }
        }
        // The worker lets go of what it has; others may still have to be told what was done last.
        let end = self.clocks.read().running + LAST_WORDS;
        while !worker.is_finished() && !mind.schedule.is_busy() && self.clocks.read().running < end
        {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Told {
    fn tell(&self) {
        match self {
            Self::Next(Some(next)) => {
                tracing::info!(next = rfc3339(next.moment), what = next.what, "waiting");
            }
            Self::Next(None) => tracing::info!("waiting for changes"),
            Self::Nothing => {}
        }
    }
}

impl Mind {
    /// How long a pass has given no sign of life; zero where none goes on.
    fn quiet(&mut self, looks: u64, now: Duration) -> Duration {
        if self.schedule.is_busy() {
            self.pulse.quiet(looks, now)
        } else {
            Duration::ZERO
        }
    }

    fn is_pull_due(&mut self, now: Reading) -> bool {
        let pulling = self.pulling.as_mut();
        pulling.is_some_and(|pulling| pulling.is_due(now.running))
    }

    fn sleep(&self, now: Reading) -> Duration {
        let pull = self.pulling.as_ref().and_then(Pulling::next);
        let pull = pull.map_or(TICK, |at| at.saturating_sub(now.running));
        self.schedule.sleep(now).min(pull)
    }
}

fn heard(mind: &mut Mind, now: Duration, hint: Hint) {
    match &hint {
        Hint::Overflow => tracing::info!("events were lost: looking at everything"),
        Hint::Trouble(why) => tracing::warn!(why, "the watcher has trouble: looking at everything"),
        Hint::Replaced(folder) => {
            tracing::debug!(folder = %folder.display(), "a watched folder was replaced");
        }
        Hint::Touched(path, touch) => {
            tracing::trace!(path = %path.display(), ?touch, "event");
        }
    }
    mind.schedule.hint(now, hint);
}

fn pulled(mind: &mut Mind, now: Duration, result: Result<bool, Failure>) {
    let Some(pulling) = &mut mind.pulling else {
        return;
    };
    let came = result.as_ref().is_ok_and(|came| *came);
    let is_first = std::mem::take(&mut mind.awaits_pull);
    match pulling.done(now, result, share()) {
        News::Nothing => {}
        News::Came => tracing::info!("pulled something new"),
        News::Back => tracing::info!("pulling works again"),
        News::Failed(failure) => tracing::warn!(
            error = failure.message,
            hint = failure.hint.as_deref(),
            "pulling failed: going on with what is there"
        ),
    }
    if came {
        mind.schedule.force(Reason::Pulled, now);
    } else if is_first && mind.told == Told::Nothing && !mind.schedule.is_busy() {
        // The first pass has waited for this.
        mind.schedule.force(Reason::Start, now);
    }
}

fn tell_failure(failure: &Failure, pause: Duration) {
    let retry_in_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
    let (error, hint) = (failure.message.as_str(), failure.hint.as_deref());
    match failure.kind {
        FailureKind::Locked => tracing::info!(error, retry_in_ms, "somebody else is at work"),
        _ => tracing::error!(exit = failure.exit, error, hint, retry_in_ms, "failed"),
    }
}

/// How it is after a pass, in a line.
fn status(passed: &Passed) -> String {
    let mut line = format!("serial {}", passed.serial);
    if let Some(trouble) = &passed.trouble {
        line.push_str(&format!("; {trouble}"));
    }
    match &passed.next {
        Some(next) => line.push_str(&format!(
            "; next: {} at {}",
            next.what,
            rfc3339(next.moment)
        )),
        None => line.push_str("; waiting for changes"),
    }
    line
}

/// The worker is gone, which is a fault of the program.
fn broken() -> Failure {
    Failure {
        kind: FailureKind::Other,
        exit: 1,
        message: "the worker has ended; this is a fault of the program".to_owned(),
        hint: None,
    }
}
