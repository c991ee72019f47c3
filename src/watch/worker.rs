//! The thread that works: watches anew where that is needed, glances, and lets a pass be done.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use super::daemon::Message;
use super::eyes::{Eyes, Hint};
use super::glance::{Glance, Stamp};
use super::places::Places;
use super::settle::Phase;
use super::work::{Failure, Passed, Work};
use crate::store::{SETTINGS, STATE_FILE};
use crate::time::clock::SystemClock;

/// What the worker is told to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// Do a pass, whatever the files look like; else only if something has changed.
    pub force: bool,
    /// Watch anew, because a folder was replaced or events were lost.
    pub rewatch: bool,
    /// Do not wait for settings and state to be whole any longer.
    pub impatient: bool,
    /// The files that somebody is writing as far as the events tell.
    pub open: BTreeMap<PathBuf, Phase>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What was done.
    pub done: Done,
    /// Whether files are being written, so that it is worth looking again soon.
    pub unsettled: bool,
    /// Whether something was changed by others while the pass went on.
    pub changed_meanwhile: bool,
    /// Whether the access repository could be seen.
    pub sees: bool,
    /// Why nobody can be told of changes, if so.
    pub blind: Option<String>,
}

/// What the worker did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// Nothing: all looks as it did after the last pass.
    Nothing,
    /// Nothing yet: the settings or the state file are being written.
    PutOff,
    /// A pass.
    Pass(Result<Passed, Failure>),
}

/// The worker.
pub(super) struct Worker<W> {
    work: W,
    /// How long a file must have been left alone to be whole.
    settle: Duration,
    places: Option<Places>,
    eyes: Option<Eyes>,
    blind: Option<String>,
    /// How everything looked after the last pass, and who was writing then.
    last: Option<(Glance, BTreeSet<String>)>,
    messages: Sender<Message>,
}

impl<W: Work> Worker<W> {
    pub(super) fn new(work: W, settle: Duration, messages: Sender<Message>) -> Self {
        Self {
            work,
            settle,
            places: None,
            eyes: None,
            blind: None,
            last: None,
            messages,
        }
    }

    /// Does one order after the other until nobody gives any more.
    pub(super) fn run(mut self, orders: &Receiver<Order>) {
        while let Ok(order) = orders.recv() {
            let report = self.obey(&order);
            if self.messages.send(Message::Report(report)).is_err() {
                break;
            }
        }
    }

    fn obey(&mut self, order: &Order) -> Report {
        // Watching comes before looking, so that nothing falls between the two.
        let places = match self.places.take() {
            Some(places) if !order.force && !order.rewatch => places,
            _ => self.work.places(),
        };
        self.watch(&places, order.rewatch);
        let report = self.look(&places, order);
        self.places = Some(places);
        report
    }

    fn look(&mut self, places: &Places, order: &Order) -> Report {
        let before = Glance::at(places);
        let unsettled = self.unsettled(places, &before, order);
        let is_same = self
            .last
            .as_ref()
            .is_some_and(|(glance, writing)| *glance == before && *writing == unsettled);
        let mut report = Report {
            done: Done::Nothing,
            unsettled: !unsettled.is_empty(),
            changed_meanwhile: false,
            sees: before.sees,
            blind: self.blind.clone(),
        };
        if is_same && !order.force {
            return report;
        }
        let is_put_off = |path: &String| path == SETTINGS || path == STATE_FILE;
        if unsettled.iter().any(is_put_off) && !order.impatient {
            report.done = Done::PutOff;
            return report;
        }
        let result = self.work.pass(&unsettled);
        let after = Glance::at(places);
        report.changed_meanwhile = changed_by_others(&before, &after, &result);
        report.done = Done::Pass(result);
        // What others changed meanwhile may not have been seen, so that the next glance must not find all as it was.
        self.last = (!report.changed_meanwhile).then_some((after, unsettled));
        report
    }

    /// Watches what is there now, if that is not what is watched.
    fn watch(&mut self, places: &Places, anew: bool) {
        let is_current = |eyes: &Eyes| eyes.is_current(places);
        if !anew && self.eyes.as_ref().is_some_and(is_current) {
            return;
        }
        self.eyes = None;
        let messages = self.messages.clone();
        let tell = move |hint: Hint| {
            // Once nobody listens, the daemon is at its end.
            let _ = messages.send(Message::Hint(hint));
        };
        match Eyes::open(places, tell) {
            Ok(eyes) => {
                if self.blind.take().is_some() {
                    tracing::info!("changes of files are noticed again");
                }
                tracing::debug!("watching");
                self.eyes = Some(eyes);
            }
            Err(why) => {
                if self.blind.is_none() {
                    tracing::warn!(
                        why,
                        "changes of files cannot be noticed as they happen; looking more often instead"
                    );
                }
                self.blind = Some(why);
            }
        }
    }

    /// The files that are not whole: open for writing, or written a moment ago.
    fn unsettled(&self, places: &Places, seen: &Glance, order: &Order) -> BTreeSet<String> {
        let mut unsettled = seen.young(self.settle, SystemClock.precise());
        // The state file is the program's own as a rule, and then it was whole at once.
        let own = self.last.as_ref().and_then(|(glance, _)| glance.state);
        if seen.state == own {
            unsettled.remove(STATE_FILE);
        }
        for (path, phase) in &order.open {
            let Some(path) = places.relative(path) else {
                continue;
            };
            let stamp = if path == STATE_FILE {
                seen.state.as_ref()
            } else {
                seen.requests.get(&path)
            };
            // What was only created and has something in it is a hard link to something whole.
            let is_open = |stamp: &Stamp| *phase == Phase::Written || stamp.length == 0;
            if stamp.is_some_and(is_open) {
                unsettled.insert(path);
            }
        }
        unsettled
    }
}

/// Whether between two glances something was changed that the pass in between did not change itself.
fn changed_by_others(before: &Glance, after: &Glance, result: &Result<Passed, Failure>) -> bool {
    let (may_write, may_move) = match result {
        Ok(passed) => (passed.wrote_state, passed.moved_reference),
        Err(_) => (true, true),
    };
    before.differs_by_hand(after)
        || (!may_write && before.differs_in_state(after))
        || (!may_move && before.differs_in_references(after))
}
