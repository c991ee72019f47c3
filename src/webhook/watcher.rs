//! From what a pass saw and did to what is told of it: pure, with what was told before as a value.

use std::collections::{BTreeMap, BTreeSet};

use super::event::{About, Counts, Event, Subject};
use crate::model::{
    AffectedEmployees, Compliance, Digest, EmployeeId, EventKind, Instant, LogStatus, RequestId,
    Settings,
};
use crate::plan::{Due, Expiry, Plan, RequestView, Status, Step, StepKind, WaitingFor};
use crate::reconcile::outcome::{Applied, Outcome};

/// How many requests that a pass does not see are kept in mind: somebody may be writing their files.
const MOST_ABSENT: usize = 1_000;

/// What a pass saw and did.
#[derive(Debug, Clone, Copy)]
pub struct Pass<'a> {
    /// What it planned.
    pub plan: &'a Plan,
    /// What it did; `None` where nothing was carried out.
    pub outcome: Option<&'a Outcome>,
    /// What it went by.
    pub settings: &'a Settings,
    /// When it ended.
    pub now: Instant,
}

/// What was seen and told up to some pass. It does not grow beyond the requests that there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    statuses: BTreeMap<RequestId, Status>,
    pending: BTreeMap<RequestId, Digest>,
    failing: BTreeMap<RequestId, Digest>,
    overdue: BTreeSet<Late>,
}

/// A request, the moment that was missed, and how late it has to be in seconds.
type Late = (RequestId, Instant, u64);

/// What is to be told of a pass, and what then is known to be told.
///
/// Without a `before`, which is at the start, what is pending, failing or overdue is told once, because nobody may have been told;
/// what was complete before is not. After that, each is told when it begins, and again only if it changes: a pending request by
/// its content, failures by what they say.
#[must_use]
pub fn events(before: Option<&Seen>, pass: &Pass<'_>) -> (Vec<Event>, Seen) {
    let none = Seen::default();
    let watcher = Watcher::of(before.unwrap_or(&none), pass);
    let mut seen = Seen::default();
    let mut events = watcher.non_compliant();
    for view in watcher.views {
        seen.statuses.insert(view.id.clone(), view.status);
        events.extend(watcher.pending(view, &mut seen));
        events.extend(watcher.completed(view));
        events.extend(watcher.failing(view, &mut seen));
    }
    events.extend(watcher.overdue(&mut seen));
    watcher.keep_absent(&mut seen);
    (events, seen)
}

struct Watcher<'a> {
    before: &'a Seen,
    pass: &'a Pass<'a>,
    about: About,
    views: &'a [RequestView],
    expiries: &'a [Expiry],
    done: Vec<Done<'a>>,
    done_by_request: BTreeMap<&'a RequestId, Vec<Done<'a>>>,
}

/// A step that was carried out, and its log.
type Done<'a> = (&'a Step, &'a Applied);

impl<'a> Watcher<'a> {
    fn of(before: &'a Seen, pass: &'a Pass<'a>) -> Self {
        let Pass { plan, outcome, .. } = pass;
        let applied = outcome.map_or(&[][..], |outcome| &outcome.applied);
        // A pass that was stopped early has not come as far as the plan says.
        let is_whole = outcome.is_some() && applied.len() == plan.steps.len();
        let (views, expiries) = if is_whole {
            (&plan.requests_after, &plan.expiries_after)
        } else {
            (&plan.requests, &plan.expiries)
        };
        let done: Vec<Done<'_>> = plan.steps.iter().zip(applied).collect();
        let mut done_by_request: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (step, applied) in &done {
            let request = applied.request.as_ref();
            if let Some(id) = request.filter(|_| step.kind != StepKind::Resolution) {
                done_by_request
                    .entry(id)
                    .or_default()
                    .push((*step, *applied));
            }
        }
        Self {
            before,
            pass,
            about: About::of(pass.settings),
            views,
            expiries,
            done,
            done_by_request,
        }
    }

    fn event(&self, kind: EventKind, view: &RequestView, key: &str) -> Event {
        let key = format!("{} {key}", view.id);
        let mut event = Event::new(kind, self.pass.now, &self.about, &key);
        event.request = Some(subject(view));
        event.due.clone_from(&view.due);
        event
    }

    fn pending(&self, view: &RequestView, seen: &mut Seen) -> Option<Event> {
        if !matches!(
            view.status,
            Status::PendingApproval | Status::PartiallyApproved
        ) {
            return None;
        }
        let content = content(view);
        let told = self.before.pending.get(&view.id) == Some(&content);
        seen.pending.insert(view.id.clone(), content);
        if told {
            return None;
        }
        let mut event = self.event(EventKind::PendingApproval, view, &content.to_string());
        event.missing = missing(view);
        Some(event)
    }

    /// A request that this pass completed, or somebody else while this was watched.
    fn completed(&self, view: &RequestView) -> Option<Event> {
        let done = self.done_for(&view.id);
        let last = self.before.statuses.get(&view.id);
        let was_open = last.is_some_and(|status| *status != Status::Complete);
        let by_this = last != Some(&Status::Complete) && !done.is_empty();
        if view.status != Status::Complete || !(was_open || by_this) {
            return None;
        }
        let serials: Vec<u64> = done.iter().map(|(_, applied)| applied.serial).collect();
        let key = match serials.last() {
            Some(serial) => format!("log {serial}"),
            None => content(view).to_string(),
        };
        let mut event = self.event(EventKind::Completed, view, &key);
        event.serials = serials;
        event.run = done.iter().rev().find_map(|(_, applied)| applied.run);
        event.counts = sum(done);
        event.lateness_seconds = lateness(done);
        if let Some(request) = &mut event.request {
            let changed: BTreeSet<&EmployeeId> = done
                .iter()
                .flat_map(|(step, _)| &step.changes)
                .map(|change| &change.id)
                .collect();
            request.employees = request.employees.or(Some(changed.len() as u64));
        }
        Some(event)
    }

    /// A request some of whose changes failed, or that is invalid. Only codes and numbers: a message may quote anything.
    fn failing(&self, view: &RequestView, seen: &mut Seen) -> Option<Event> {
        let mut codes: Vec<String> = Vec::new();
        if view.status == Status::Invalid {
            let errors = view.findings.iter().filter(|finding| finding.is_error());
            codes.extend(errors.map(|finding| finding.code.as_str().to_owned()));
            codes.dedup();
        } else if view.failures.is_empty() {
            return None;
        }
        let what = format!("{codes:?} {:?}", view.failures);
        let what = Digest::of(what.as_bytes());
        let told = self.before.failing.get(&view.id) == Some(&what);
        seen.failing.insert(view.id.clone(), what);
        if told {
            return None;
        }
        let serial = self.pass.outcome.map_or(0, |outcome| outcome.serial);
        let mut event = self.event(EventKind::Failed, view, &format!("{what} {serial}"));
        event.failures = view.failures.len() as u64;
        event.serials = self
            .done_for(&view.id)
            .iter()
            .map(|(_, applied)| applied.serial)
            .collect();
        event.reason = Some(if codes.is_empty() {
            "to be tried again".to_owned()
        } else {
            format!("invalid: {}", codes.join(", "))
        });
        Some(event)
    }

    /// Hand edits that no request covers, as far as they were logged in this pass.
    fn non_compliant(&self) -> Vec<Event> {
        let is_open = |step: &Step| {
            step.compliance == Compliance::NonCompliant && step.status == LogStatus::Open
        };
        let open = self.done.iter().filter(|(step, _)| is_open(step));
        open.map(|(step, applied)| {
            let key = format!("log {}", applied.serial);
            let kind = EventKind::NonCompliant;
            let mut event = Event::new(kind, self.pass.now, &self.about, &key);
            event.serials = vec![applied.serial];
            event.counts = sum(&[(*step, *applied)]);
            let employees = step.changes.len();
            event.reason = Some(format!(
                "employees: {employees}; look at `rolecall log --non-compliant`"
            ));
            event
        })
        .collect()
    }

    /// What is due and not done, by whoever has to do it.
    fn overdue(&self, seen: &mut Seen) -> Vec<Event> {
        let mut events = Vec::new();
        for threshold in thresholds(self.pass.settings) {
            let mut told_now = BTreeSet::new();
            for (view, id, due) in self.waiting() {
                let late = self.pass.now.signed_duration_since(due.utc).num_seconds();
                if u64::try_from(late).is_ok_and(|late| late >= threshold) {
                    let key: Late = (id.clone(), due.utc, threshold);
                    let told = self.before.overdue.contains(&key) || !told_now.insert(key.clone());
                    seen.overdue.insert(key);
                    if !told {
                        events.push(self.late(view, id, due, late, threshold));
                    }
                }
            }
        }
        events
    }

    /// What has a moment: approved requests, and ends of loans. A request whose file is gone has no view of its own.
    fn waiting(&self) -> impl Iterator<Item = (Option<&'a RequestView>, &'a RequestId, &'a Due)> {
        let (views, expiries) = (self.views, self.expiries);
        let requests = views.iter().filter_map(|view| {
            let lends = view.waiting_for == Some(WaitingFor::TemporaryEnd);
            let due = view.due.as_ref()?;
            (view.status == Status::Approved && !lends).then_some((Some(view), &view.id, due))
        });
        let by_id: BTreeMap<_, _> = views.iter().map(|view| (&view.id, view)).collect();
        let ends = expiries.iter().map(move |expiry| {
            let view = by_id.get(&expiry.request).copied();
            (view, &expiry.request, &expiry.due)
        });
        requests.chain(ends)
    }

    fn late(
        &self,
        view: Option<&RequestView>,
        id: &RequestId,
        due: &Due,
        late: i64,
        threshold: u64,
    ) -> Event {
        let key = format!("{id} {} {threshold}", due.utc.timestamp());
        let mut event = Event::new(EventKind::Overdue, self.pass.now, &self.about, &key);
        event.request = Some(view.map_or_else(|| nameless(id), subject));
        event.due = Some(due.clone());
        event.lateness_seconds = Some(late);
        event.threshold = Some(threshold);
        let waiting_for = view.and_then(|view| view.waiting_for);
        event.reason =
            waiting_for.map(|what| format!("waiting for {}", what.word().replace('_', " ")));
        event
    }

    /// The steps that were carried out for a request, resolutions left out.
    fn done_for(&self, id: &RequestId) -> &[Done<'a>] {
        self.done_by_request.get(id).map_or(&[], Vec::as_slice)
    }

    /// Keeps in mind what was told of requests that this pass did not see, as long as they are few.
    fn keep_absent(&self, seen: &mut Seen) {
        let ids = self.before.statuses.keys();
        let absent: Vec<&RequestId> = ids.filter(|id| !seen.statuses.contains_key(*id)).collect();
        if absent.len() > MOST_ABSENT {
            return;
        }
        for id in absent {
            copy(&self.before.statuses, &mut seen.statuses, id);
            copy(&self.before.pending, &mut seen.pending, id);
            copy(&self.before.failing, &mut seen.failing, id);
        }
    }
}

fn copy<T: Clone>(from: &BTreeMap<RequestId, T>, to: &mut BTreeMap<RequestId, T>, id: &RequestId) {
    if let Some(value) = from.get(id) {
        to.insert(id.clone(), value.clone());
    }
}

/// How late something has to be, in seconds, for somebody to be told.
fn thresholds(settings: &Settings) -> BTreeSet<u64> {
    let targets = settings.notify.values();
    let told = targets.filter(|target| target.events.contains(&EventKind::Overdue));
    told.map(|target| target.overdue_after.as_secs()).collect()
}

/// What a request asks for, whoever has approved it.
fn content(view: &RequestView) -> Digest {
    let asks = view.asks.as_deref().cloned().map(|mut request| {
        request.approvals = None;
        request
    });
    Digest::of(format!("{asks:?}").as_bytes())
}

fn subject(view: &RequestView) -> Subject {
    let asks = view.asks.as_deref();
    Subject {
        id: view.id.clone(),
        name: view.name.clone(),
        requested_by: asks.map(|request| request.requested_by.clone()),
        employees: asks.and_then(|request| match &request.employees {
            AffectedEmployees::Listed(listed) => Some(listed.len() as u64),
            AffectedEmployees::Holders => None,
        }),
    }
}

fn nameless(id: &RequestId) -> Subject {
    Subject {
        id: id.clone(),
        name: None,
        requested_by: None,
        employees: None,
    }
}

/// What each rule still waits for: `1 of 2 approvals for role ap-payer`.
fn missing(view: &RequestView) -> Vec<String> {
    let open = view.approval.rules.iter().filter(|rule| rule.missing() > 0);
    open.map(|rule| {
        format!(
            "{} of {} approvals for {}",
            rule.missing(),
            rule.required,
            rule.rule
        )
    })
    .collect()
}

fn sum(done: &[(&Step, &Applied)]) -> Counts {
    let mut counts = Counts::default();
    for (_, applied) in done {
        counts.added += applied.additions;
        counts.removed += applied.removals;
        counts.inactivated += applied.inactivations;
    }
    counts
}

/// By how much the latest of them was late.
fn lateness(done: &[(&Step, &Applied)]) -> Option<i64> {
    let schedules = done.iter().filter_map(|(step, _)| step.schedule.as_ref());
    schedules.map(|schedule| schedule.lateness_seconds).max()
}
