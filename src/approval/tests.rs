//! Rules and decisions that are given, and the verdicts that follow.

mod decided;
mod lapse;
mod several;
mod signed;
mod sources;
mod stages;

use std::collections::BTreeSet;

use chrono::Timelike;

use super::{Case, Source, Subject, decide};
use crate::check::finding::Finding;
use crate::model::{
    AccessType, Approval, ApprovalRule, Decision, Digest, EmployeeId, Evidence, Instant, Person,
    PersonId, PublicKey, Request, RequestId, Role, RoleId, Settings, Standing, Verdict, samples,
};
use crate::time::parse_rfc3339;

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5KUFzbF1CuZwcPfAiSFuSVSJjqPPBFUgxFZ9mHGXOr";
const PATH: &str = "requests/grant.yaml";

fn person(text: &str) -> PersonId {
    PersonId::new(text).expect("an id")
}

fn people(text: &str) -> Vec<PersonId> {
    text.split_whitespace().map(person).collect()
}

fn role(text: &str) -> RoleId {
    RoleId::new(text).expect("an id")
}

fn request_id(text: &str) -> RequestId {
    RequestId::new(text).expect("an id")
}

fn key() -> PublicKey {
    PublicKey::parse(KEY).expect("a key")
}

fn at(hour: u32) -> Instant {
    parse_rfc3339(&format!("2026-11-20T{hour:02}:00:00Z")).expect("a moment")
}

fn content() -> Digest {
    Digest::of(b"content")
}

/// Dana makes the requests, Frank writes the commits, Ed is an affected employee, and Fay has the address of one.
fn settings() -> Settings {
    let details = |id: &str| Person {
        name: id.to_owned(),
        email: (id == "fay").then(|| "Fay@Acme.example".to_owned()),
        employee: (id == "ed").then(|| EmployeeId::new("ed.lee").expect("an id")),
        keys: Vec::new(),
        github: None,
        gitlab: None,
    };
    let names = ["alice", "bob", "carol", "dana", "ed", "fay", "frank", "gus"];
    Settings {
        people: names.map(|id| (person(id), details(id))).into(),
        ..samples::settings()
    }
}

fn request(access_type: AccessType) -> Request {
    Request {
        requester: Some(person("dana")),
        ..samples::request(access_type)
    }
}

/// A source that knows what it is told.
struct Told {
    evidence: Evidence,
    decisions: Vec<Approval>,
    refused: Vec<Finding>,
}

impl Source for Told {
    fn evidence(&self) -> Evidence {
        self.evidence
    }

    fn decisions(&self, _: Subject<'_>) -> Vec<Approval> {
        self.decisions.clone()
    }

    fn refused(&self, _: Subject<'_>) -> Vec<Finding> {
        self.refused.clone()
    }
}

/// Decisions out of words such as `alice yes 10, bob no 11`: who, what, and at which hour.
fn decisions(words: &str, evidence: Evidence) -> Vec<Approval> {
    let entries = words.split(", ").filter(|entry| !entry.is_empty());
    entries
        .map(|entry| {
            let mut words = entry.split(' ');
            let mut next = || words.next().expect("a word");
            let (who, what, hour) = (next(), next(), next());
            let decision = match what {
                "yes" => Decision::Approve,
                _ => Decision::Reject,
            };
            let hour = hour.parse().expect("an hour");
            Approval::new(who.to_owned(), decision, at(hour), evidence)
        })
        .collect()
}

/// A request, and everything that its verdict depends on.
struct Question {
    settings: Settings,
    request: Request,
    roles: BTreeSet<RoleId>,
    author: Option<PersonId>,
    started: bool,
    now: Instant,
    refused: Vec<Finding>,
}

impl Question {
    /// An addition under the one rule of all controls, asked at eight in the evening.
    fn under(rule: ApprovalRule) -> Self {
        let mut settings = settings();
        let controls = &mut settings.change_controls;
        controls.user_offboarding.rule = rule.clone();
        controls.temporary_access.rule = rule.clone();
        controls.user_onboarding.rule = rule;
        Self {
            settings,
            request: request(AccessType::RoleAdditions),
            roles: BTreeSet::new(),
            author: Some(person("frank")),
            started: false,
            now: at(20),
            refused: Vec::new(),
        }
    }

    /// As [`Question::under`], where this many of some people approve by the request's own list.
    fn of(approvals: u32, approvers: &str) -> Self {
        let rule = ApprovalRule::simple(Evidence::Inline, approvals, people(approvers));
        Self::under(rule)
    }

    /// The same where it also touches a role with a rule of its own.
    fn with_role(mut self, name: &str, rule: ApprovalRule) -> Self {
        let entry = Role {
            name: name.to_owned(),
            description: None,
            owner: None,
            administrator: false,
            temporary_only: false,
            max_duration_days: None,
            rule: Some(rule),
        };
        self.settings.roles.insert(role(name), entry);
        self.roles.insert(role(name));
        self
    }

    fn with_case<T>(&self, then: impl FnOnce(Case<'_>) -> T) -> T {
        let id = request_id("grant");
        let employees = BTreeSet::from([EmployeeId::new("ed.lee").expect("an id")]);
        let emails = BTreeSet::from(["fay@acme.example".to_owned()]);
        then(Case {
            subject: Subject {
                id: &id,
                path: PATH,
                content: content(),
                request: &self.request,
            },
            employees: &employees,
            emails: &emails,
            roles: &self.roles,
            author: self.author.as_ref(),
            started: self.started,
            now: self.now,
        })
    }

    fn decide(&self, evidence: Evidence, decisions: Vec<Approval>) -> (Verdict, Vec<Finding>) {
        let source = Told {
            evidence,
            decisions,
            refused: self.refused.clone(),
        };
        let (verdict, findings) =
            self.with_case(|case| decide(&self.settings, &[&source as &dyn Source], case));
        for finding in &findings {
            assert!(finding.hint.is_some(), "{finding:?}");
        }
        (verdict, findings)
    }

    /// What decisions in words come to, in words, with the codes of the findings: `approved at 11: alice 10, bob 11 | RC510`.
    fn comes_to(&self, words: &str) -> String {
        self.comes_to_by(Evidence::Inline, words)
    }

    fn comes_to_by(&self, evidence: Evidence, words: &str) -> String {
        let (verdict, findings) = self.decide(evidence, decisions(words, evidence));
        let standing = match verdict.standing {
            Standing::Pending => "pending".to_owned(),
            Standing::Partial => "partial".to_owned(),
            Standing::Rejected => "rejected".to_owned(),
            Standing::Approved => match verdict.at {
                Some(moment) => format!("approved at {}", moment.hour()),
                None => "approved".to_owned(),
            },
        };
        let given = verdict.given.iter();
        let given: Vec<_> = given
            .map(|it| format!("{} {}", it.person, it.at.hour()))
            .collect();
        let codes: Vec<_> = findings.iter().map(|it| it.code.as_str()).collect();
        let mut text = standing;
        for (part, before) in [
            (given, ": "),
            (codes.iter().map(ToString::to_string).collect(), " | "),
        ] {
            if !part.is_empty() {
                text.push_str(before);
                text.push_str(&part.join(", "));
            }
        }
        text
    }
}
