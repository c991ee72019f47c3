//! What is told of a pass, and how it reads.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::check::finding::{Code, Finding};
use crate::document::source::Source;
use crate::model::{
    Actor, ChangeType, Compliance, Digest, EmployeeChange, EmployeeId, EventKind, Evidence,
    Instant, LogStatus, RequestId, RoleId, RuleState, RunNumber, Schedule, Settings,
};
use crate::plan::{
    Due, Expiry, Given, Plan, RequestView, Status, Step, StepKind, Summary, WaitingFor,
};
use crate::reconcile::outcome::{Applied, Outcome};
use crate::time::parse_rfc3339;

const NOON: &str = "2026-11-23T12:00:00Z";

fn at(text: &str) -> Instant {
    parse_rfc3339(text).unwrap()
}

fn settings() -> Settings {
    let text = "version: 1\norganization: Acme Outdoor\nrepository: acme/access\nnotify:\n  \
        it: {url: 'https://hooks.example/x'}\n  boss: {url: 'https://hooks.example/y', overdue_after: 1h}\n";
    let source = Source::new("rolecall.yaml", text.as_bytes().to_vec(), 1 << 16).unwrap();
    crate::document::settings::read(&source).unwrap().settings
}

fn due(utc: &str) -> Due {
    Due {
        local: utc.to_owned(),
        timezone: "UTC".to_owned(),
        utc: at(utc),
        tzdb: "2026f".to_owned(),
    }
}

fn view(id: &str, status: Status) -> RequestView {
    RequestView {
        id: RequestId::new(id).unwrap(),
        path: Some(format!("requests/{id}.yaml")),
        name: Some("Onboard <!channel> & co".to_owned()),
        asks: None,
        access_type: None,
        change_type: None,
        status,
        waiting_for: None,
        user_provisioning_error: None,
        due: None,
        approval: Given::default(),
        progress: RunNumber::default(),
        runs: Vec::new(),
        manual: Vec::new(),
        failures: Vec::new(),
        findings: Vec::new(),
    }
}

fn pending(id: &str) -> RequestView {
    let mut view = view(id, Status::PendingApproval);
    view.approval.rules = vec![RuleState {
        rule: "role ap-payer".to_owned(),
        evidence: Evidence::Inline,
        required: 2,
        given: vec!["alice".to_owned()],
        approvers: Vec::new(),
    }];
    view
}

fn scheduled(id: &str, utc: &str, waiting_for: WaitingFor) -> RequestView {
    let mut view = view(id, Status::Approved);
    view.due = Some(due(utc));
    view.waiting_for = Some(waiting_for);
    view
}

fn step(kind: StepKind) -> Step {
    let employee = EmployeeId::new("jane").unwrap();
    Step {
        kind,
        change_type: ChangeType::UserOnboarding,
        compliance: Compliance::Compliant,
        compliance_reason: String::new(),
        status: LogStatus::Closed,
        request: None,
        approvals: Vec::new(),
        actor: Actor::System,
        schedule: Some(Schedule {
            local: NOON.to_owned(),
            timezone: "UTC".to_owned(),
            utc: at(NOON),
            tzdb: "2026f".to_owned(),
            applied_at: at(NOON),
            lateness_seconds: 90,
        }),
        run: None,
        changes: vec![EmployeeChange {
            id: employee,
            before: None,
            after: None,
        }],
        left_out: Vec::new(),
        warnings: Vec::new(),
        resolves: None,
        record: None,
    }
}

fn applied(serial: u64, request: Option<&str>) -> Applied {
    Applied {
        serial,
        path: String::new(),
        request: request.map(|id| RequestId::new(id).unwrap()),
        change_type: ChangeType::UserOnboarding,
        run: Some(RunNumber { number: 2, of: 2 }),
        additions: 3,
        removals: 1,
        inactivations: 0,
    }
}

struct World {
    plan: Plan,
    outcome: Outcome,
    settings: Settings,
    seen: Option<Seen>,
}

impl World {
    fn new() -> Self {
        let none = || Digest::of(b"");
        Self {
            plan: Plan {
                as_of: at(NOON),
                tzdb: "2026f",
                steps: Vec::new(),
                requests: Vec::new(),
                requests_after: Vec::new(),
                expiries: Vec::new(),
                assumes_approval: false,
                expiries_after: Vec::new(),
                drift: Vec::new(),
                brake: Vec::new(),
                digest: none(),
                summary: Summary::default(),
                findings: Vec::new(),
            },
            outcome: Outcome {
                as_of: at(NOON),
                serial: 7,
                head: None,
                applied: Vec::new(),
                stopped_by_max_runs: false,
                published: None,
            },
            settings: settings(),
            seen: None,
        }
    }

    fn with(views: &[RequestView]) -> Self {
        let mut world = Self::new();
        world.shows(views);
        world
    }

    fn shows(&mut self, views: &[RequestView]) {
        self.plan.requests = views.to_vec();
        self.plan.requests_after = views.to_vec();
        self.plan.steps.clear();
        self.outcome.applied.clear();
    }

    fn does(&mut self, kind: StepKind, applied: Applied) {
        self.plan.steps.push(step(kind));
        self.outcome.applied.push(applied);
    }

    /// What a pass at this moment tells.
    fn tell(&mut self, now: &str) -> Vec<Event> {
        let pass = Pass {
            plan: &self.plan,
            outcome: Some(&self.outcome),
            settings: &self.settings,
            now: at(now),
        };
        let (told, seen) = events(self.seen.as_ref(), &pass);
        self.seen = Some(seen);
        told
    }

    fn kinds(&mut self, now: &str) -> Vec<(EventKind, String)> {
        let told = self.tell(now);
        told.iter()
            .map(|event| {
                let request = event.request.as_ref();
                (
                    event.kind,
                    request.map(|it| it.id.to_string()).unwrap_or_default(),
                )
            })
            .collect()
    }
}

fn kind(kind: EventKind, id: &str) -> (EventKind, String) {
    (kind, id.to_owned())
}

#[test]
fn a_pending_request_is_told_once_and_again_when_it_is_pending_anew() {
    let mut world = World::with(&[pending("a")]);
    assert_eq!(world.kinds(NOON), [kind(EventKind::PendingApproval, "a")]);
    assert_eq!(world.kinds(NOON), []);
    world.shows(&[]);
    assert_eq!(world.kinds(NOON), [], "somebody writes its file");
    world.shows(&[pending("a"), pending("b")]);
    assert_eq!(world.kinds(NOON), [kind(EventKind::PendingApproval, "b")]);
    world.shows(&[view("a", Status::Rejected), pending("b")]);
    assert_eq!(world.kinds(NOON), []);
    world.shows(&[pending("a"), pending("b")]);
    assert_eq!(world.kinds(NOON), [kind(EventKind::PendingApproval, "a")]);
}

#[test]
fn the_same_thing_has_the_same_id_also_in_another_process() {
    let told = || World::with(&[pending("a"), pending("b")]).tell(NOON);
    let (first, again) = (told(), told());
    assert_eq!(first[0].id, again[0].id);
    assert_ne!(first[0].id, first[1].id);
    assert_eq!(first[0].id.len(), 32);
}

#[test]
fn what_was_complete_before_the_start_is_not_told() {
    let mut world = World::with(&[view("a", Status::Complete)]);
    assert_eq!(world.kinds(NOON), []);
    assert_eq!(world.kinds(NOON), []);
}

#[test]
fn what_a_pass_completes_is_told_with_what_it_did() {
    let mut world = World::with(&[view("a", Status::Complete)]);
    world.does(StepKind::Run, applied(8, Some("a")));
    world.does(StepKind::Run, applied(9, Some("a")));
    let told = world.tell(NOON);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].kind, EventKind::Completed);
    assert_eq!(told[0].serials, [8, 9]);
    assert_eq!((told[0].counts.added, told[0].counts.removed), (6, 2));
    assert_eq!(told[0].lateness_seconds, Some(90));
    assert_eq!(world.kinds(NOON), [], "once");
}

#[test]
fn what_somebody_else_completes_is_told() {
    let mut world = World::with(&[scheduled("a", NOON, WaitingFor::ManualProvisioning)]);
    assert_eq!(world.kinds("2026-11-23T12:00:01Z"), []);
    world.shows(&[view("a", Status::Complete)]);
    assert_eq!(world.kinds(NOON), [kind(EventKind::Completed, "a")]);
}

#[test]
fn a_pass_that_was_stopped_early_has_completed_nothing_that_it_did_not_do() {
    let mut world = World::with(&[view("a", Status::Complete)]);
    world.plan.requests = vec![scheduled("a", NOON, WaitingFor::Runs)];
    world.does(StepKind::Run, applied(8, Some("a")));
    world.plan.steps.push(step(StepKind::Run));
    assert_eq!(world.kinds(NOON), []);
    world.shows(&[view("a", Status::Complete)]);
    world.does(StepKind::Run, applied(9, Some("a")));
    assert_eq!(world.kinds(NOON), [kind(EventKind::Completed, "a")]);
}

#[test]
fn failures_are_told_when_they_begin_or_change_without_what_they_quote() {
    let mut failing = scheduled("a", NOON, WaitingFor::Retry);
    failing.failures = vec!["jane: s3cr3t".to_owned()];
    let mut invalid = view("b", Status::Invalid);
    invalid.findings = vec![Finding::error(Code::BadText, "custom field says s3cr3t")];
    let mut world = World::with(&[failing.clone(), invalid.clone()]);
    let told = world.tell(NOON);
    assert_eq!(told.len(), 2);
    assert_eq!((told[0].kind, told[0].failures), (EventKind::Failed, 1));
    let reason = told[1].reason.as_deref().unwrap();
    assert!(reason.starts_with("invalid: RC"), "{reason}");
    assert!(!format!("{told:?}").contains("s3cr3t"));
    assert_eq!(world.kinds(NOON), []);
    failing.failures.push("jim: other".to_owned());
    world.shows(&[failing, invalid]);
    assert_eq!(world.kinds(NOON), [kind(EventKind::Failed, "a")]);
}

#[test]
fn a_hand_edit_that_no_request_covers_is_told_by_its_log() {
    let mut world = World::new();
    world.does(StepKind::HandEdit, applied(8, None));
    world.does(StepKind::HandEdit, applied(9, None));
    world.plan.steps[1].compliance = Compliance::NonCompliant;
    world.plan.steps[1].status = LogStatus::Open;
    let told = world.tell(NOON);
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].kind, &*told[0].serials),
        (EventKind::NonCompliant, &[9][..])
    );
}

#[test]
fn what_is_overdue_is_told_once_for_each_patience_until_it_is_done() {
    let late = scheduled("a", NOON, WaitingFor::ManualProvisioning);
    let mut world = World::with(std::slice::from_ref(&late));
    world.plan.expiries_after = vec![Expiry {
        employee: EmployeeId::new("jane").unwrap(),
        role: RoleId::new("reader").unwrap(),
        request: RequestId::new("gone").unwrap(),
        due: due(NOON),
        now: true,
    }];
    assert_eq!(world.kinds("2026-11-23T12:14:59Z"), []);
    let told = world.tell("2026-11-23T12:15:00Z");
    assert_eq!(told.len(), 2, "{told:#?}");
    assert_eq!(told[0].threshold, Some(900));
    assert_eq!(
        told[0].reason.as_deref(),
        Some("waiting for manual provisioning")
    );
    assert_eq!(world.kinds("2026-11-23T12:30:00Z"), []);
    let told = world.tell("2026-11-23T13:00:00Z");
    assert!(
        told.iter().all(|event| event.threshold == Some(3600)),
        "{told:#?}"
    );
    world.plan.expiries_after.clear();
    world.shows(&[]);
    assert_eq!(world.kinds("2026-11-23T13:01:00Z"), []);
    world.shows(&[late]);
    assert_eq!(
        world.tell("2026-11-23T13:02:00Z").len(),
        2,
        "it is overdue anew"
    );
}

#[test]
fn a_target_is_told_only_what_it_asks_for() {
    let settings = settings();
    let (targets, errors) = targets(&settings.notify, &|_| None);
    assert!(errors.is_empty(), "{errors:?}");
    let mut world = World::with(&[scheduled("a", NOON, WaitingFor::Schedule)]);
    let early = world.tell("2026-11-23T12:20:00Z");
    let wants: Vec<bool> = targets
        .iter()
        .map(|target| target.wants(&early[0]))
        .collect();
    assert_eq!(targets[0].name().as_str(), "boss");
    assert_eq!(wants, [false, true]);
}

#[test]
fn what_the_environment_has_to_say_is_checked_and_never_shown() {
    let text = "version: 1\nnotify:\n  it: {url_env: ROLECALL_URL, secret_env: ROLECALL_SECRET}\n";
    let source = Source::new("rolecall.yaml", text.as_bytes().to_vec(), 1 << 16).unwrap();
    let notify = crate::document::settings::read(&source)
        .unwrap()
        .settings
        .notify;
    let told = |variables: &[(&str, &str)]| {
        let variables: BTreeMap<_, _> = variables.iter().copied().collect();
        targets(&notify, &|name| {
            variables.get(name).map(|value| (*value).to_owned())
        })
    };
    let secret = ("ROLECALL_SECRET", "s3cr3t");
    for url in [
        None,
        Some(""),
        Some("http://s3cr3t.example"),
        Some("s3cr3t"),
    ] {
        let mut variables = vec![secret];
        variables.extend(url.map(|url| ("ROLECALL_URL", url)));
        let (found, errors) = told(&variables);
        assert_eq!((found.len(), errors.len()), (0, 1), "{url:?}");
        assert!(
            !format!("{} {errors:?}", errors[0]).contains("s3cr3t"),
            "{errors:?}"
        );
    }
    let url = ("ROLECALL_URL", "https://hooks.example/s3cr3t\n");
    assert_eq!(
        told(&[url]).1.len(),
        1,
        "a secret that is missing is not left out"
    );
    let (found, errors) = told(&[url, secret]);
    assert!(errors.is_empty(), "{errors:?}");
    assert!(!format!("{found:?}").contains("s3cr3t"), "{found:?}");
}

#[test]
fn json_is_versioned_and_has_no_more_than_is_documented() {
    let told = World::with(&[pending("a")]).tell(NOON);
    let body: Value = serde_json::from_str(&body_json(&told[0]).unwrap()).unwrap();
    assert_eq!(body["version"], 1);
    assert_eq!(body["event"], "pending_approval");
    assert_eq!(body["id"], told[0].id.as_str());
    assert_eq!(body["at"], NOON);
    assert_eq!(body["organization"], "Acme Outdoor");
    assert_eq!(
        body["missing"],
        json!(["1 of 2 approvals for role ap-payer"])
    );
    assert_eq!(body["request"]["id"], "a");
    let page = include_str!("../../docs/notifications.md");
    for key in body.as_object().unwrap().keys() {
        assert!(page.contains(&format!("| `{key}` |")), "{key}");
    }
}

#[test]
fn slack_text_is_escaped_and_pings_nobody() {
    let mut hostile = pending("a");
    hostile.name = Some("<!channel> @here <https://evil.example|x> & \n*bold*".to_owned());
    let told = World::with(&[hostile]).tell(NOON);
    let body: Value = serde_json::from_str(&body_slack(&told[0])).unwrap();
    assert_eq!(body.as_object().unwrap().len(), 1);
    let text = body["text"].as_str().unwrap();
    assert!(
        text.contains("&lt;!channel&gt; @\u{200B}here &lt;https://evil.example|x&gt; &amp;  "),
        "{text}"
    );
    assert!(!text.contains(['<', '>', '\n']), "{text}");
    assert!(!text.contains("@here"), "{text}");
}

#[test]
fn a_long_name_is_cut() {
    let mut long = pending("a");
    long.name = Some("x".repeat(4000));
    let told = World::with(&[long]).tell(NOON);
    assert!(body_slack(&told[0]).len() < 600);
}

#[test]
fn a_pass_that_failed_can_be_told() {
    let about = About::of(&settings());
    let event = Event::failed_pass(&about, &"x".repeat(1000), at(NOON));
    assert_eq!(event.kind, EventKind::Failed);
    assert_eq!(event.reason.as_deref().map(str::len), Some(500));
}
