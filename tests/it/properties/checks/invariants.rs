//! What every pass over every company keeps to, judged by few words of the contract and not by what the program has worked out.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use rolecall::model::{
    AccessType, AffectedEmployees, ApprovalRule, ChangeLevel, Decision, Digest, Employee,
    EmployeeChange, EmployeeId, EmployeeStatus, EmployeeView, Grant, Instant, RecordStatus,
    Request, RequestId, RoleId, Settings, SodAction, State,
};
use rolecall::plan::{self, Plan, RequestView, Status, Step, StepKind};

use super::company::Company;
use super::documents::people;
use super::requests::{PEOPLE, REQUESTER, employee};

/// The most employees of a run.
const MOST_EMPLOYEES: usize = 15;
/// The most roles of a run.
const MOST_ROLES: usize = 20;

/// A pass over a company.
#[derive(Debug, Clone, Copy)]
pub struct Pass<'a> {
    /// The company before the pass.
    pub company: &'a Company,
    /// What the pass does.
    pub plan: &'a Plan,
    /// The state by the logs.
    pub state: &'a State,
    /// The state by its file: with what a hand has changed.
    pub file: &'a State,
    /// The clock.
    pub now: Instant,
    /// Whether a person completes one request, and nothing else is done.
    pub is_by_hand: bool,
    /// Whether runs may be left for another pass.
    pub is_bounded: bool,
}

/// What is known of requests from the passes before.
#[derive(Debug, Clone, Default)]
pub struct Begun {
    /// Whom and what they touch, as it was when their first run started.
    scopes: BTreeMap<(RequestId, Digest), Scope>,
    /// What they have lent, and others have taken from it.
    taken: BTreeSet<(RequestId, EmployeeId, RoleId)>,
}

#[derive(Debug, Clone, Default)]
struct Scope {
    employees: BTreeSet<EmployeeId>,
    roles: BTreeSet<RoleId>,
    is_fresh: bool,
}

/// Holds a pass to everything, and gives back the state that its steps lead to.
///
/// # Panics
///
/// If it breaks a rule.
pub fn holds(pass: &Pass<'_>, begun: &mut Begun) -> State {
    runs_are_small(pass.plan);
    sums_are_right(pass);
    let mut state = pass.state.clone();
    let is_edit = |step: &Step| matches!(step.kind, StepKind::Baseline | StepKind::HandEdit);
    let edits = pass
        .plan
        .steps
        .iter()
        .rposition(is_edit)
        .map_or(0, |last| last + 1);
    for (index, step) in pass.plan.steps.iter().enumerate() {
        if index == edits {
            hand_edits_are_kept(pass, &state, &pass.plan.steps[..edits]);
        }
        for change in &step.changes {
            let before = state.employees.get(&change.id);
            let due = change.before.as_ref().map(EmployeeView::from);
            assert_eq!(before, due, "not the state before");
        }
        let scope = begun.scope(pass, step, &state);
        match step.kind {
            StepKind::Run => run_is_allowed(pass, step, &scope, &state),
            StepKind::End => end_takes_back_only_what_was_lent(pass, step, &state),
            StepKind::Baseline => assert!(step.changes.is_empty() && state.serial == 0),
            StepKind::HandEdit | StepKind::Resolution => {}
        }
        begun.nothing_taken_comes_back(step);
        follow(&mut state, step);
    }
    if edits == pass.plan.steps.len() {
        hand_edits_are_kept(pass, &state, &pass.plan.steps);
    }
    administrators_remain(pass, &state);
    if !pass.is_by_hand && !pass.is_bounded {
        who_is_approved_waits_for_something(pass.plan);
        no_loan_outlives_its_end(pass, &state);
    }
    state
}

/// What a step does to a state.
fn follow(state: &mut State, step: &Step) {
    for change in &step.changes {
        state.employees.set(&change.id, change.after.clone());
    }
    if let Some((id, record)) = &step.record {
        state.requests.insert(id.clone(), record.clone());
    }
}

impl Begun {
    /// What the request of a step touches; noted where the step begins it.
    fn scope(&mut self, pass: &Pass<'_>, step: &Step, state: &State) -> Scope {
        let (Some(reference), Some((id, record))) = (&step.request, &step.record) else {
            return Scope::default();
        };
        let key = (id.clone(), reference.content);
        let known = state.requests.get(id);
        let goes_on = known.is_some_and(|known| {
            known.status == RecordStatus::InProcess && known.content == reference.content
        });
        if !goes_on && step.kind != StepKind::End {
            let Some(request) = pass.request(id) else {
                return Scope::default();
            };
            let mut scope = Scope::default();
            for state in [state, pass.state] {
                let (employees, roles) = plan::resolve(&plan::World::new(state), request);
                scope.employees.extend(employees);
                scope.roles.extend(roles);
                if step.kind == StepKind::Run {
                    break;
                }
            }
            scope.employees.extend(record.employees.iter().cloned());
            scope.roles.extend(record.roles.iter().cloned());
            self.scopes.insert(key.clone(), scope);
        }
        let scope = self.scopes.get(&key).cloned().unwrap_or_default();
        Scope {
            is_fresh: !goes_on,
            ..scope
        }
    }

    /// What another request, or a hand, took from a loan is not lent by its request again, however that is changed.
    fn nothing_taken_comes_back(&mut self, step: &Step) {
        let loans = |employee: &Option<Employee>| -> BTreeSet<(RequestId, RoleId)> {
            let loans = employee.iter().flat_map(|employee| &employee.temporary);
            let loans = loans.map(|grant| (grant.request.clone(), grant.role.clone()));
            loans.collect()
        };
        let by = step.request.as_ref().map(|request| &request.id);
        for change in &step.changes {
            let (before, after) = (loans(&change.before), loans(&change.after));
            for (request, role) in before.difference(&after) {
                if by != Some(request) {
                    let taken = (request.clone(), change.id.clone(), role.clone());
                    self.taken.insert(taken);
                }
            }
            for (request, role) in after.difference(&before) {
                let taken = (request.clone(), change.id.clone(), role.clone());
                let comes_back = self.taken.remove(&taken) && by == Some(request);
                assert!(!comes_back, "{taken:?} comes back");
            }
        }
    }
}

impl Pass<'_> {
    /// What the file of a request says; `None` where there is none, or a draft.
    fn request(&self, id: &RequestId) -> Option<&Request> {
        let mut files = self.company.files.iter();
        files.find(|file| file.id == *id)?.request.as_ref()
    }
}

/// At most 15 employees and 20 roles, and run `number` is one of `of`.
pub fn runs_are_small(plan: &Plan) {
    for run in plan.requests_after.iter().flat_map(|view| &view.runs) {
        assert!(run.employees.len() <= MOST_EMPLOYEES, "{run:?}");
        assert!(run.roles.len() <= MOST_ROLES, "{run:?}");
    }
    for step in plan.steps.iter().filter(|step| step.kind == StepKind::Run) {
        let moved: BTreeSet<_> = step.changes.iter().flat_map(moved).collect();
        assert!(step.changes.len() <= MOST_EMPLOYEES, "{step:?}");
        assert!(moved.len() <= MOST_ROLES, "{step:?}");
        let run = step.run.expect("a run's number");
        assert!(run.number >= 1 && run.number <= run.of, "{run:?}");
    }
}

/// The sums of a plan and what it says of the limits, counted anew.
pub fn sums_are_right(pass: &Pass<'_>) {
    let mut counted = plan::Summary::default();
    let mut requests = BTreeSet::new();
    for step in &pass.plan.steps {
        for change in &step.changes {
            counted.additions += gained(change.before.as_ref(), change.after.as_ref());
            counted.removals += gained(change.after.as_ref(), change.before.as_ref());
            let (before, after) = (change.before.as_ref(), change.after.as_ref());
            let leaves = before.is_some_and(Employee::is_active)
                && after.is_some_and(|after| !after.is_active());
            counted.inactivations += u64::from(leaves);
        }
        if step.kind == StepKind::Run {
            counted.runs += 1;
            requests.extend(step.request.as_ref().map(|request| &request.id));
        }
    }
    counted.requests = requests.len() as u64;
    assert_eq!(pass.plan.summary, counted, "the sums");
    let limits = pass.company.settings.limits;
    let held = pass.state.employees.iter();
    let held: u64 = held.map(|it| it.employee.held().len() as u64).sum();
    let share = u64::from(limits.removal_percent) * held;
    let removed = counted.removals;
    let due = [
        ("removals", removed > limits.removals),
        ("removal_percent", removed >= 10 && removed * 100 > share),
        (
            "inactivations",
            counted.inactivations > limits.inactivations,
        ),
    ];
    let due: Vec<_> = due.iter().filter(|(_, is_over)| *is_over).collect();
    let due: Vec<_> = due.into_iter().map(|(limit, _)| *limit).collect();
    let found: Vec<_> = pass.plan.brake.iter().map(|brake| brake.limit).collect();
    assert_eq!(found, due, "the limits");
}

/// How many roles are held after and were not before, in all or permanently.
fn gained(before: Option<&Employee>, after: Option<&Employee>) -> u64 {
    let Some(after) = after else { return 0 };
    let had = |role: &RoleId| before.is_some_and(|before| before.holds(role));
    let kept = |role: &RoleId| before.is_some_and(|before| before.roles.contains(role));
    let held = after.held();
    let gained = held
        .iter()
        .filter(|role| !had(role) || (after.roles.contains(*role) && !kept(role)));
    gained.count() as u64
}

/// A request that is approved and not complete always says what it waits for.
pub fn who_is_approved_waits_for_something(plan: &Plan) {
    for view in &plan.requests_after {
        let is_approved = view.status == Status::Approved;
        assert_eq!(is_approved, view.waiting_for.is_some(), "{view:?}");
    }
}

/// Where a plan says that requests will stand, they stand, and with whose approval. Nothing keeps when a request began, and so which
/// approvals had lapsed by then: where approvals lapse nothing is said of whose they are.
pub fn said_what_came(settings: &Settings, plan: &Plan, next: &Plan) {
    let lapses = settings.approval.valid_for_days.is_some();
    let stands = |view: &RequestView| {
        let is_over = matches!(view.status, Status::Complete | Status::Cancelled);
        let given = (!is_over && !lapses).then(|| view.approval.given.clone());
        (view.id.clone(), view.status, view.waiting_for, given)
    };
    let said: Vec<_> = plan.requests_after.iter().map(stands).collect();
    let came: Vec<_> = next.requests.iter().map(stands).collect();
    assert_eq!(said, came, "requests stand otherwise than the plan said");
}

/// What a hand has made of the state file is what the logs of hand edits lead to; but where a hand has done all of a request, the
/// status that this asks for follows.
fn hand_edits_are_kept(pass: &Pass<'_>, state: &State, edits: &[Step]) {
    if edits.iter().any(|step| step.kind == StepKind::End) {
        return;
    }
    let covering = edits.iter().filter_map(|step| {
        let reference = step.request.as_ref()?;
        Some((pass.request(&reference.id)?, step))
    });
    let covering: Vec<_> = covering.collect();
    let asks = |id: &EmployeeId, status: EmployeeStatus| {
        covering.iter().any(|(request, step)| {
            let is_holder = request.employees == AffectedEmployees::Holders
                && step.changes.iter().any(|change| change.id == *id);
            let is_listed = is_holder || request.listed_employees().any(|listed| listed == id);
            let asks = match status {
                EmployeeStatus::Active => request.reactivate,
                EmployeeStatus::Inactive => request.inactivate_after_removal,
            };
            is_listed && asks
        })
    };
    let mut due = people(pass.file);
    let after = people(state);
    for (id, there) in &after {
        if asks(id, there.status)
            && let Some(by_hand) = due.get_mut(id)
        {
            by_hand.status = there.status;
        }
    }
    assert_eq!(after, due, "a hand edit is lost");
}

/// Approved, due, within its scope, and what its kind may do.
fn run_is_allowed(pass: &Pass<'_>, step: &Step, scope: &Scope, state: &State) {
    let reference = step.request.as_ref().expect("a request");
    let id = &reference.id;
    let request = pass.request(id).expect("the file of a request that runs");
    assert!(request.cancelled.is_none(), "{id} is called off");
    assert!(
        request.start.as_ref().is_none_or(|it| it.utc <= pass.now),
        "{id} is early"
    );
    let schedule = step.schedule.as_ref().expect("a schedule");
    assert!(schedule.utc <= pass.now, "{id} is early");
    let lateness = (pass.now - schedule.utc).num_seconds();
    assert_eq!(schedule.lateness_seconds, lateness, "{id}");
    let is_affected = scope.employees.contains(&employee(0))
        || request.listed_employees().any(|it| *it == employee(0));
    let touched = request.listed_roles().iter().chain(&scope.roles);
    let roles: BTreeSet<RoleId> = touched.cloned().collect();
    let settles = scope.is_fresh.then_some(request.access_type);
    assert!(
        is_approved(
            pass.company,
            request,
            is_affected,
            &roles,
            pass.now,
            settles
        ),
        "{id} is not approved"
    );
    let people = step.approvals.iter().map(|approval| &approval.person);
    assert!(people.into_iter().all(|person| person != REQUESTER), "{id}");
    let automatic = pass.company.settings.is_automatic(request.access_type);
    for change in &step.changes {
        assert!(scope.employees.contains(&change.id), "{id}: {change:?}");
        assert!(
            moved(change).is_subset(&roles),
            "{id} changes other roles: {change:?}"
        );
        assert!(pass.is_by_hand || automatic, "{id} waits for a person");
        change_is_allowed(pass, request, id, change, state);
    }
}

/// What a request's kind may do to an employee, and what nothing may.
fn change_is_allowed(
    pass: &Pass<'_>,
    request: &Request,
    id: &RequestId,
    change: &EmployeeChange,
    state: &State,
) {
    let after = change.after.as_ref().expect("nobody is deleted");
    let nobody = BTreeSet::new();
    let before = change.before.as_ref();
    let roles = before.map_or(&nobody, |before| &before.roles);
    let none = BTreeSet::new();
    let loans = before.map_or(&none, |before| &before.temporary);
    let is_own = |grant: &&Grant| grant.request == *id;
    let others = |grants: &BTreeSet<Grant>| -> BTreeSet<Grant> {
        grants.iter().filter(|it| !is_own(it)).cloned().collect()
    };
    match request.access_type {
        AccessType::RoleAdditions => {
            assert!(after.roles.is_superset(roles), "{id}: {change:?}");
        }
        AccessType::TemporaryAccess => {
            assert_eq!(&after.roles, roles, "{id}: {change:?}");
            assert_eq!(others(&after.temporary), others(loans), "{id}");
        }
        AccessType::RoleReductions => {
            assert!(after.roles.is_subset(roles), "{id}: {change:?}");
            assert!(after.temporary.is_subset(loans), "{id}: {change:?}");
        }
    }
    let given = &change.added() | &change.lent();
    let status = after.status;
    let was = before.map_or(EmployeeStatus::Active, |before| before.status);
    if was != status {
        let may = match status {
            EmployeeStatus::Active => request.reactivate,
            EmployeeStatus::Inactive => request.inactivate_after_removal && after.holds_nothing(),
        };
        assert!(may, "{id} changes the status: {change:?}");
    }
    assert!(
        given.is_empty() || status == EmployeeStatus::Active,
        "{id} gives something to somebody inactive"
    );
    let settings = &pass.company.settings;
    let is_administrator = |role: &RoleId| settings.is_administrator(role);
    assert!(
        pass.is_by_hand || !given.iter().any(is_administrator),
        "{id} gives an administrator role by itself"
    );
    let denying = settings.separation_of_duties.iter();
    for rule in denying.filter(|rule| rule.action == SodAction::Deny) {
        let together = rule.roles.iter().filter(|role| after.holds(role)).count();
        let adds = rule.roles.iter().any(|role| change.added().contains(role));
        assert!(together < 2 || !adds, "{id} breaks {}", rule.id);
    }
    for role in change
        .removed()
        .iter()
        .filter(|role| is_administrator(role))
    {
        let mut others = state.employees.iter();
        let is_left = others.any(|it| {
            it.id != change.id.as_str() && it.employee.is_active() && it.employee.holds(role)
        });
        let was_one = before.is_some_and(Employee::is_active);
        assert!(
            is_left || !was_one || after.holds(role),
            "{id} takes the last {role}"
        );
    }
}

/// An end takes loans of its own request back, at their moment or where the request is called off or says otherwise.
fn end_takes_back_only_what_was_lent(pass: &Pass<'_>, step: &Step, state: &State) {
    let file = |id: &RequestId| pass.company.files.iter().find(|file| file.id == *id);
    let mut ended = BTreeSet::new();
    for change in &step.changes {
        let before = change.before.as_ref().expect("who had a loan");
        let after = change.after.as_ref().expect("nobody is deleted");
        assert_eq!(before.roles, after.roles, "an end takes what is permanent");
        assert_eq!(before.status, after.status, "an end changes the status");
        for grant in after.temporary.difference(&before.temporary) {
            let is_same = |had: &&Grant| had.role == grant.role && had.request == grant.request;
            let had = before.temporary.iter().find(is_same);
            let is_earlier = had.is_some_and(|had| grant.until < had.until);
            let is_administrator = pass.company.settings.is_administrator(&grant.role);
            let is_kept = grant.until <= pass.now && is_administrator;
            let end = pass.request(&grant.request).and_then(|it| it.end.as_ref());
            let is_asked = end.is_some_and(|end| end.utc == grant.until);
            assert!(
                is_earlier && (is_kept || is_asked),
                "an end lends {grant:?}"
            );
        }
        for grant in before.temporary.difference(&after.temporary) {
            ended.insert(&grant.request);
            let record = state.requests.get(&grant.request);
            let is_its_end = record
                .as_ref()
                .is_some_and(|it| it.until.is_some_and(|it| it <= pass.now));
            let is_changed = file(&grant.request).is_some_and(|file| {
                let is_cancelled = file
                    .request
                    .as_ref()
                    .is_some_and(|it| it.cancelled.is_some());
                is_cancelled || record.is_some_and(|record| record.content != file.content)
            });
            assert!(
                grant.until <= pass.now || is_changed || is_its_end,
                "{grant:?} ends early"
            );
        }
    }
    assert!(ended.len() <= 1, "one end for several requests: {ended:?}");
}

/// Nobody keeps a loan whose end has come, but the last active holder of an administrator role.
pub fn no_loan_outlives_its_end(pass: &Pass<'_>, after: &State) {
    let settings = &pass.company.settings;
    if !settings.user_provisioning.enhanced {
        return;
    }
    for (id, there) in people(after) {
        for grant in &there.temporary {
            let is_kept = settings.is_administrator(&grant.role);
            assert!(grant.until > pass.now || is_kept, "{id} keeps {grant:?}");
        }
    }
}

/// An administrator role that somebody active held is still held by somebody active.
fn administrators_remain(pass: &Pass<'_>, after: &State) {
    let settings = &pass.company.settings;
    let is_held = |state: &State, role: &RoleId| {
        let mut all = state.employees.iter().map(|it| it.employee);
        all.any(|it| it.is_active() && it.holds(role))
    };
    for role in settings.roles.keys() {
        if settings.is_administrator(role) && is_held(pass.file, role) {
            assert!(is_held(after, role), "{role} has no holder any more");
        }
    }
}

/// Whether a request is approved at a moment, by section 6 in few words; `is_affected` is Alice. An approval of access that is to
/// be given for the first time lapses: `settles` is the access type of a request that begins.
pub fn is_approved(
    company: &Company,
    request: &Request,
    is_affected: bool,
    roles: &BTreeSet<RoleId>,
    now: Instant,
    settles: Option<AccessType>,
) -> bool {
    let settings = &company.settings;
    let control = settings.control(request.access_type);
    let mut needed = vec![];
    if control.change_level == ChangeLevel::ChangeRequest {
        needed.push(control.rule.approvals());
    }
    needed.extend(
        roles
            .iter()
            .filter_map(|role| settings.roles.get(role)?.rule.as_ref())
            .map(ApprovalRule::approvals),
    );
    let mut latest = BTreeMap::new();
    let mut decisions: Vec<_> = request.approvals.iter().flatten().collect();
    decisions.sort_by_key(|decision| decision.at);
    for decision in decisions {
        let by = decision.by.as_str();
        if decision.at <= now && by != REQUESTER && !(by == PEOPLE[0] && is_affected) {
            latest.insert(by.to_owned(), decision);
        }
    }
    let Some(most) = needed.into_iter().max() else {
        return true;
    };
    let mut voices = latest.values();
    if voices.any(|decision| decision.decision == Decision::Reject) {
        return false;
    }
    let gives = settles.is_some_and(|settles| settles != AccessType::RoleReductions);
    let days = settings.approval.valid_for_days.filter(|_| gives);
    let has_lapsed = |at: Instant| days.is_some_and(|days| now - at > Duration::days(days.into()));
    let fresh = latest.values().filter(|decision| !has_lapsed(decision.at));
    fresh.count() >= most as usize
}

/// The roles that a change gives, lends or takes.
fn moved(change: &EmployeeChange) -> BTreeSet<RoleId> {
    let mut moved = &change.added() | &change.removed();
    moved.extend(change.lent());
    moved
}
