//! The pass over everything that is due, oldest moment first, on a world that changes as it goes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::due::Zones;
use super::input::{Candidate, Input};
use super::running::has_run;
use super::scope;
use super::standing::{self, Stand};
use super::steps::baseline;
use super::value::{PlannedRun, Step};
use super::world::World;
use crate::check::finding::Finding;
use crate::model::{EmployeeId, Instant, Request, RequestId, Verdict};

/// What a pass did about one request.
#[derive(Debug, Clone, Default)]
pub(super) struct Done {
    pub(super) runs: Vec<PlannedRun>,
    /// Why changes failed.
    pub(super) failures: Reasons,
    /// Why somebody keeps what they have to give back.
    pub(super) kept: Reasons,
    pub(super) findings: Vec<Finding>,
}

/// Reasons, by the employee that they are about.
pub(super) type Reasons = BTreeMap<EmployeeId, BTreeSet<String>>;

impl Done {
    /// Why something could not be done, by employee.
    pub(super) fn reasons(&self) -> Reasons {
        let mut reasons = self.failures.clone();
        for (employee, why) in &self.kept {
            let all = reasons.entry(employee.clone()).or_default();
            all.extend(why.iter().cloned());
        }
        reasons
    }
}

/// Who carries a request out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hand<'a> {
    /// The reconciler.
    Reconciler,
    /// This person.
    Person(&'a str),
}

/// The pass.
#[derive(Debug)]
pub(super) struct Engine<'a> {
    pub(super) input: &'a Input<'a>,
    pub(super) world: World,
    pub(super) steps: Vec<Step>,
    pub(super) done: BTreeMap<RequestId, Done>,
    pub(super) zones: Zones,
    pub(super) runs_left: Option<u32>,
    /// Whether a run was left for the next reconcile; nothing that is due later overtakes it.
    pub(super) is_stopped: bool,
    /// Requests that gave what somebody has to keep.
    pub(super) held_back: BTreeSet<RequestId>,
    /// Who had loans, by request, when the pass began.
    pub(super) loans: BTreeMap<RequestId, BTreeSet<EmployeeId>>,
}

/// An approved request, with what a step about it needs.
#[derive(Debug, Clone)]
pub(super) struct Approved<'a> {
    pub(super) candidate: &'a Candidate,
    pub(super) request: &'a Request,
    pub(super) verdict: Cow<'a, Verdict>,
    /// When it runs.
    pub(super) moment: Instant,
}

impl<'a> Engine<'a> {
    pub(super) fn new(input: &'a Input<'a>, runs_left: Option<u32>) -> Self {
        let world = World::with_loans(input.state, input.logged);
        Self {
            input,
            world,
            steps: Vec::new(),
            done: BTreeMap::new(),
            zones: Zones::default(),
            runs_left,
            is_stopped: false,
            held_back: BTreeSet::new(),
            loans: BTreeMap::new(),
        }
    }

    /// Does all that is due: baseline, hand edits, events by moment, then what failed once more.
    pub(super) fn pass(&mut self) {
        self.start();
        for event in self.events() {
            if self.is_stopped {
                return;
            }
            match event.kind {
                EventKind::End { request, until } => self.end(&request, until),
                EventKind::Cancelled { candidate } => self.cancel(candidate),
                EventKind::Request { candidate } => self.request(candidate),
            }
        }
        self.retries();
    }

    /// The baseline and the hand edits.
    pub(super) fn start(&mut self) {
        if self.input.baseline {
            self.steps.push(baseline());
        }
        self.index_loans();
        self.hand_edits();
        self.index_loans();
    }

    fn index_loans(&mut self) {
        self.loans.clear();
        for (request, ends) in self.world.loans() {
            let borrowers = ends.into_values().flatten().collect();
            self.loans.insert(request, borrowers);
        }
    }

    fn events(&self) -> Vec<Event<'a>> {
        let now = self.input.now;
        let mut events = Vec::new();
        for (request, until) in self.ends() {
            if until <= now && !self.is_cancelled(&request) {
                events.push(Event {
                    order: (until, 0, request.clone()),
                    kind: EventKind::End { request, until },
                });
            }
        }
        for candidate in self.input.requests {
            let Some((request, verdict)) = candidate.valid() else {
                continue;
            };
            if request.cancelled.is_some() {
                events.push(Event {
                    order: (now, 0, candidate.id.clone()),
                    kind: EventKind::Cancelled { candidate },
                });
            } else if verdict.standing == crate::model::Standing::Approved {
                let moment = standing::moment(request, verdict, now);
                if moment <= now {
                    events.push(Event {
                        order: (
                            moment,
                            standing::rank(request.access_type),
                            candidate.id.clone(),
                        ),
                        kind: EventKind::Request { candidate },
                    });
                }
            }
        }
        events.sort_by(|a, b| a.order.cmp(&b.order));
        events
    }

    /// Every end of temporary access: of loans, and of requests whose loans are gone.
    pub(super) fn ends(&self) -> BTreeSet<(RequestId, Instant)> {
        let loans = self.world.loans();
        let of_loans = loans
            .iter()
            .flat_map(|(id, ends)| ends.keys().map(|until| (id.clone(), *until)));
        let in_process = self.world.requests().in_process();
        let of_records = in_process.filter_map(|(id, record)| Some((id.clone(), record.until?)));
        of_loans.chain(of_records).collect()
    }

    /// A request whose moment has come.
    fn request(&mut self, candidate: &'a Candidate) {
        let Some(approved) = self.approved(candidate) else {
            return;
        };
        let started = standing::in_process(&self.world, candidate);
        if started.is_some_and(has_run) {
            return;
        }
        if approved.moment > self.input.now {
            return;
        }
        if self.by_itself(&approved) {
            self.run(&approved, Hand::Reconciler);
        } else if started.is_none() && self.input.settings.user_provisioning.enhanced {
            // Ends come by themselves, also where the rest waits for a person.
            self.anew(&approved, Hand::Reconciler);
        }
    }

    /// The candidate, if it is approved and may run in the world as it is now.
    pub(super) fn approved(&self, candidate: &'a Candidate) -> Option<Approved<'a>> {
        match standing::stand(self.input, &self.world, candidate) {
            Stand::Approved {
                request,
                verdict,
                moment,
            } => Some(Approved {
                candidate,
                request,
                verdict,
                moment,
            }),
            _ => None,
        }
    }

    /// Whether the reconciler carries a request out: it may, or there is nothing to do but to say so.
    pub(super) fn by_itself(&self, approved: &Approved<'_>) -> bool {
        let Approved {
            candidate, request, ..
        } = approved;
        let is_empty = || scope::is_empty(&self.world, candidate, request, self.input.now);
        standing::is_automatic(self.input.settings, request)
            || (is_empty() && !self.leaves_to_person(approved))
    }
}

struct Event<'a> {
    order: (Instant, u8, RequestId),
    kind: EventKind<'a>,
}

enum EventKind<'a> {
    End { request: RequestId, until: Instant },
    Cancelled { candidate: &'a Candidate },
    Request { candidate: &'a Candidate },
}
