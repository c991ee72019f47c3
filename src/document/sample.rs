//! Values for the tests of this room.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use crate::model::{
    Actor, Approval, ChangeLog, ChangeType, ClockSource, Compliance, Decision, Digest, Employee,
    EmployeeChange, EmployeeId, EmployeeStatus, Evidence, Grant, Instant, LeftOut, LeftOutReason,
    LogStatus, PersonId, Proof, PublicKey, Record, RecordStatus, RequestId, RequestReference,
    Resolution, RoleId, RunNumber, Schedule, Signed, State, Statement,
};
use crate::time::parse_rfc3339;

pub(crate) fn moment(text: &str) -> Instant {
    parse_rfc3339(text).expect("a moment")
}

pub(crate) fn employee(name: &str, roles: &[&str]) -> Employee {
    Employee {
        name: name.to_owned(),
        email: None,
        status: EmployeeStatus::Active,
        roles: roles
            .iter()
            .map(|role| RoleId::new(role).expect("an id"))
            .collect(),
        temporary: BTreeSet::new(),
    }
}

pub(crate) fn complete() -> Record {
    Record {
        status: RecordStatus::Complete,
        content: Digest::of(b"content"),
        completed: Some(moment("2026-11-23T00:00:00Z")),
        runs: RunNumber::default(),
        employees: Vec::new(),
        roles: Vec::new(),
        retry: BTreeMap::new(),
        manual: BTreeMap::new(),
        until: None,
    }
}

/// Ids that are few, so that they meet, and among them such as YAML takes for something else.
fn id_text() -> BoxedStrategy<String> {
    prop_oneof![
        "[a-c][a-c.]{0,2}",
        "[A-Za-z0-9][A-Za-z0-9._-]{0,8}",
        Just("null".to_owned()),
        Just("yes".to_owned()),
        Just("1e5".to_owned()),
        Just("2026-11-30".to_owned()),
    ]
    .boxed()
}

fn role_text() -> BoxedStrategy<String> {
    prop_oneof![id_text(), "[a-z][a-z:/@+]{0,4}"].boxed()
}

/// Texts of all kinds: also controls, quotes, and what is not printed.
pub(crate) fn any_text() -> BoxedStrategy<String> {
    prop_oneof![
        "[A-Z][a-z]{1,6} [A-Z][a-z]{1,6}",
        "[ -~]{0,12}",
        "[:#\\-,{}\\[\\]\"'\\\\ \\n\\ta-b]{0,8}",
        any::<String>(),
        "[\u{80}-\u{a0}\u{ad}\u{200b}-\u{202e}\u{2066}\u{feff}é€漢😀\u{301}\u{e0001}\u{fffe}\u{10ffff}]{0,5}",
    ]
    .prop_map(|text| text.replace('\0', "")).boxed()
}

/// Texts that people may write.
pub(crate) fn allowed_text() -> BoxedStrategy<String> {
    let is_allowed = |text: &String| super::text::problem_of(text).is_none();
    any_text()
        .prop_filter("an allowed text", is_allowed)
        .boxed()
}

pub(crate) fn any_employee_id() -> BoxedStrategy<EmployeeId> {
    id_text()
        .prop_map(|text| EmployeeId::new(&text).expect("an id"))
        .boxed()
}

pub(crate) fn any_role() -> BoxedStrategy<RoleId> {
    role_text()
        .prop_map(|text| RoleId::new(&text).expect("an id"))
        .boxed()
}

pub(crate) fn any_request_id() -> BoxedStrategy<RequestId> {
    id_text()
        .prop_map(|text| RequestId::new(&text).expect("an id"))
        .boxed()
}

pub(crate) fn any_moment() -> BoxedStrategy<Instant> {
    // Years 1970 to 9998.
    (0_i64..253_370_764_800)
        .prop_map(|seconds| Instant::from_timestamp(seconds, 0).expect("a moment"))
        .boxed()
}

pub(crate) fn any_digest() -> BoxedStrategy<Digest> {
    any::<[u8; 4]>()
        .prop_map(|bytes| Digest::of(&bytes))
        .boxed()
}

fn any_grant() -> BoxedStrategy<Grant> {
    (any_role(), any_moment(), any_request_id())
        .prop_map(|(role, until, request)| Grant {
            role,
            until,
            request,
        })
        .boxed()
}

pub(crate) fn any_employee() -> BoxedStrategy<Employee> {
    (
        allowed_text(),
        option::of(allowed_text()),
        any::<bool>(),
        btree_set(any_role(), 0..4),
        btree_set(any_grant(), 0..3),
    )
        .prop_map(|(name, email, active, roles, temporary)| Employee {
            name,
            email,
            status: if active {
                EmployeeStatus::Active
            } else {
                EmployeeStatus::Inactive
            },
            roles,
            temporary,
        })
        .boxed()
}

pub(crate) fn any_record() -> BoxedStrategy<Record> {
    let pairs = || btree_map(any_employee_id(), btree_set(any_role(), 0..3), 0..3);
    let in_process = (
        any_digest(),
        option::of(any_moment()),
        any::<(u32, u32)>(),
        vec(any_employee_id(), 0..3),
        vec(any_role(), 0..3),
        pairs(),
        pairs(),
        option::of(any_moment()),
    )
        .prop_map(
            |(content, completed, (number, of), employees, roles, retry, manual, until)| Record {
                status: RecordStatus::InProcess,
                content,
                completed,
                runs: RunNumber { number, of },
                employees,
                roles,
                retry,
                manual,
                until,
            },
        );
    let complete =
        (any_digest(), option::of(any_moment())).prop_map(|(content, completed)| Record {
            content,
            completed,
            ..complete()
        });
    prop_oneof![in_process, complete].boxed()
}

pub(crate) fn any_state() -> BoxedStrategy<State> {
    (
        prop_oneof![Just(0), any::<u64>()],
        option::of(any_digest()),
        option::of(any_moment()),
        btree_map(any_employee_id(), any_employee(), 0..24),
        btree_map(any_request_id(), any_record(), 0..6),
    )
        .prop_map(|(serial, head, as_of, employees, requests)| State {
            serial,
            head,
            as_of,
            employees: employees.into_iter().collect(),
            requests: requests.into_iter().collect(),
        })
        .boxed()
}

fn any_change() -> BoxedStrategy<(Option<Employee>, Option<Employee>)> {
    prop_oneof![
        any_employee().prop_map(|after| (None, Some(after))),
        any_employee().prop_map(|before| (Some(before), None)),
        any_employee().prop_map(|same| (Some(same.clone()), Some(same))),
        (any_employee(), any_employee()).prop_map(|(before, after)| (Some(before), Some(after))),
    ]
    .boxed()
}

fn any_reference() -> BoxedStrategy<RequestReference> {
    (
        any_request_id(),
        any_text(),
        any_text(),
        any_text(),
        any_text(),
        any_digest(),
        option::of(any_text()),
    )
        .prop_map(
            |(id, path, name, change_overview, requested_by, content, commit)| RequestReference {
                id,
                path,
                name,
                change_overview,
                requested_by,
                content,
                commit,
            },
        )
        .boxed()
}

fn any_schedule() -> BoxedStrategy<Schedule> {
    (
        any_text(),
        any_text(),
        any_moment(),
        any_text(),
        any_moment(),
        any::<i64>(),
    )
        .prop_map(
            |(local, timezone, utc, tzdb, applied_at, lateness_seconds)| Schedule {
                local,
                timezone,
                utc,
                tzdb,
                applied_at,
                lateness_seconds,
            },
        )
        .boxed()
}

fn any_approval() -> BoxedStrategy<Approval> {
    let facts = (
        any_text(),
        any::<bool>(),
        any_moment(),
        vec(any_text(), 0..3),
    );
    (facts, option::of(any_proof()))
        .prop_map(|((person, approve, at, rules), proof)| {
            let decision = if approve {
                Decision::Approve
            } else {
                Decision::Reject
            };
            let evidence = match &proof {
                None => Evidence::Merge,
                Some(Proof::Signed { .. }) => Evidence::Signature,
                Some(Proof::Reviewed { .. }) => Evidence::Forge,
            };
            Approval {
                rules,
                proof,
                ..Approval::new(person, decision, at, evidence)
            }
        })
        .boxed()
}

/// What a log may embed. The record of a forge is the same for all approvals of a log.
fn any_proof() -> BoxedStrategy<Proof> {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5KUFzbF1CuZwcPfAiSFuSVSJjqPPBFUgxFZ9mHGXOr";
    let key = PublicKey::parse(key).expect("a key");
    let signed =
        (any_text(), any_moment(), option::of(any_text())).prop_map(move |(path, at, comment)| {
            Proof::Signed {
                signed: Box::new(Signed {
                    statement: Statement {
                        request: RequestId::new("onboard").expect("an id"),
                        path,
                        content: Digest::of(b"content"),
                        blob: comment.as_ref().map(|_| "3f".repeat(20)),
                        settings: Digest::of(b"settings"),
                        repository: "acme/access".to_owned(),
                        decision: Decision::Approve,
                        person: PersonId::new("alice").expect("an id"),
                        at,
                        expires: comment.as_ref().map(|_| at),
                        comment,
                    },
                    signature: include_str!("armor.sig").to_owned(),
                }),
                key: key.clone(),
            }
        });
    let reviewed = (any_text(), any_text()).prop_map(|(account, commit)| Proof::Reviewed {
        record: "version: 1\nforge: github\n...\n".into(),
        account,
        commit,
    });
    prop_oneof![signed, reviewed].boxed()
}

fn any_left_out() -> BoxedStrategy<LeftOut> {
    (any_employee_id(), option::of(any_role()), any_text())
        .prop_map(|(employee, role, detail)| LeftOut {
            employee,
            role,
            reason: LeftOutReason::LeftForPerson,
            detail,
        })
        .boxed()
}

fn any_actor() -> BoxedStrategy<Actor> {
    prop_oneof![
        Just(Actor::System),
        any_text().prop_map(Actor::Approver),
        any_text().prop_map(Actor::Person),
    ]
    .boxed()
}

fn any_resolution() -> BoxedStrategy<Resolution> {
    (
        any::<u64>(),
        option::of(any_request_id()),
        any_text(),
        any_text(),
    )
        .prop_map(|(serial, request, note, by)| Resolution {
            serial,
            request,
            note,
            by,
        })
        .boxed()
}

pub(crate) fn any_log() -> BoxedStrategy<ChangeLog> {
    let about = (
        1..u64::MAX,
        option::of(any_digest()),
        any_digest(),
        any_text(),
        any_moment(),
        option::of(any_reference()),
        vec(any_approval(), 0..3),
        any_actor(),
    );
    let done = (
        option::of(any_schedule()),
        option::of((any::<u32>(), any::<u32>())),
        btree_map(any_employee_id(), any_change(), 0..4),
        vec(any_left_out(), 0..3),
        vec(any_text(), 0..3),
    );
    let rest = (
        any_text(),
        any_digest(),
        option::of(any_text()),
        option::of(any_resolution()),
        option::of((any_request_id(), any_record())),
    );
    (about, done, rest)
        .prop_map(|(about, done, rest)| {
            let (
                serial,
                previous,
                state_after,
                compliance_reason,
                created,
                request,
                approvals,
                actor,
            ) = about;
            let (schedule, run, changes, left_out, warnings) = done;
            let (program, policy, branch, resolves, record) = rest;
            let changes = changes.into_iter();
            ChangeLog {
                serial,
                previous,
                state_after,
                change_type: ChangeType::UserOffboarding,
                compliance: Compliance::NonCompliant,
                compliance_reason,
                status: LogStatus::Open,
                created,
                request,
                approvals,
                actor,
                schedule,
                run: run.map(|(number, of)| RunNumber { number, of }),
                changes: changes
                    .map(|(id, (before, after))| EmployeeChange { id, before, after })
                    .collect(),
                left_out,
                warnings,
                clock: ClockSource::Given,
                program,
                policy,
                branch,
                resolves,
                record,
            }
        })
        .boxed()
}
