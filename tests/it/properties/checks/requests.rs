//! From a random world to the values that the program works on.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Duration, TimeZone as _, Utc};
use rolecall::model::{
    AccessType, AffectedEmployees, AffectedRoles, ApprovalRule, ApprovalSettings, ChangeControl,
    ChangeControls, ChangeLevel, Decision, Digest, DriftPolicy, Employee, EmployeeId,
    EmployeeStatus, Evidence, Grant, InlineApproval, Instant, Introduction, Limits, Moment, Person,
    PersonId, Request, RequestId, Role, RoleId, Settings, SodAction, SodRule, State,
    UserProvisioning,
};
use rolecall::time::rfc3339;

use super::world::{Asked, Kind, RoleKind, World};

/// People who decide; the first of them is the first employee too.
pub const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "dana"];
/// Who asks for everything.
pub const REQUESTER: &str = "dana";

/// The moment of an hour of the world.
pub fn hour(hour: u32) -> Instant {
    let start = Utc.with_ymd_and_hms(2026, 10, 24, 0, 0, 0).single();
    start.expect("a moment") + Duration::hours(i64::from(hour))
}

/// The id of an employee.
pub fn employee(number: usize) -> EmployeeId {
    EmployeeId::new(&format!("e{number:02}")).expect("an id")
}

/// The id of a role.
pub fn role(number: usize) -> RoleId {
    RoleId::new(&format!("r{number:02}")).expect("an id")
}

/// The id of a request.
pub fn request_id(number: usize) -> RequestId {
    RequestId::new(&format!("q{number:02}")).expect("an id")
}

/// Each number once, in the order in which they come first.
pub fn each_once(numbers: &[usize]) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    let first = |number: &usize| seen.insert(*number);
    numbers.iter().copied().filter(first).collect()
}

fn rule(approvals: u32) -> ApprovalRule {
    ApprovalRule::simple(Evidence::Inline, approvals.max(1), Vec::new())
}

/// The settings of a world.
pub fn settings(world: &World) -> Settings {
    let control = |approvals: u32| ChangeControl {
        change_level: match approvals {
            0 => ChangeLevel::LogChangesOnly,
            _ => ChangeLevel::ChangeRequest,
        },
        rule: rule(approvals),
    };
    let person = |name: &str| Person {
        name: name.to_owned(),
        email: None,
        employee: (name == PEOPLE[0]).then(|| employee(0)),
        keys: Vec::new(),
        github: None,
        gitlab: None,
    };
    let person_id = |name: &str| PersonId::new(name).expect("an id");
    let roles = world.roles.iter().enumerate().map(|(number, kind)| {
        let details = Role {
            name: format!("Role {number}"),
            description: None,
            owner: None,
            administrator: *kind == RoleKind::Administrator,
            temporary_only: *kind == RoleKind::TemporaryOnly,
            max_duration_days: None,
            rule: (*kind == RoleKind::Guarded).then(|| rule(2)),
        };
        (role(number), details)
    });
    let separation = world.separation.iter().enumerate();
    Settings {
        organization: None,
        timezone: "Europe/Paris".to_owned(),
        user_provisioning: UserProvisioning {
            enhanced: world.automatic.enhanced,
            auto_provisioning: world.automatic.provisioning,
            auto_role_removal: world.automatic.removal,
        },
        change_controls: ChangeControls {
            user_onboarding: control(world.approvals[0]),
            user_offboarding: control(world.approvals[1]),
            temporary_access: control(world.approvals[2]),
        },
        approval: ApprovalSettings {
            branch: "main".to_owned(),
            block_own: true,
            valid_for_days: world.valid_for_days,
            forge_key: None,
        },
        repository: None,
        revoked_keys: Vec::new(),
        people: PEOPLE
            .iter()
            .map(|name| (person_id(name), person(name)))
            .collect(),
        groups: BTreeMap::new(),
        roles: roles.collect(),
        separation_of_duties: separation
            .map(|(number, (denies, roles))| SodRule {
                id: format!("rule-{number}"),
                roles: each_once(roles).into_iter().map(role).collect(),
                action: if *denies {
                    SodAction::Deny
                } else {
                    SodAction::Warn
                },
            })
            .collect(),
        limits: Limits::default(),
        forms: BTreeMap::new(),
        drift: DriftPolicy::Record,
        notify: BTreeMap::new(),
    }
}

/// The hand-made state of a world.
pub fn state(world: &World) -> State {
    let employees = world.employees.iter().enumerate().map(|(number, holder)| {
        let lent = holder.lent.map(|(lent, until)| Grant {
            role: role(lent),
            until: hour(until),
            request: RequestId::new("long-ago").expect("an id"),
        });
        let details = Employee {
            name: format!("Employee {number}"),
            email: None,
            status: if holder.active {
                EmployeeStatus::Active
            } else {
                EmployeeStatus::Inactive
            },
            roles: holder.roles.iter().copied().map(role).collect(),
            temporary: lent.into_iter().collect(),
        };
        (employee(number), details)
    });
    State {
        employees: employees.collect(),
        ..State::default()
    }
}

fn moment(at: u32) -> Moment {
    Moment {
        utc: hour(at),
        local: rfc3339(hour(at)),
    }
}

/// A request of a world.
pub fn request(world: &World, number: usize, asked: &Asked) -> Request {
    let known = world.employees.len();
    let gives = asked.kind != Kind::Reduction;
    let listed = each_once(&asked.employees)
        .into_iter()
        .filter(|number| gives || *number < known)
        .map(|number| Introduction {
            id: employee(number),
            details: (number >= known).then(|| (format!("Employee {number}"), None)),
        });
    let mut listed: Vec<_> = listed.collect();
    if listed.is_empty() {
        listed.push(Introduction {
            id: employee(0),
            details: None,
        });
    }
    let takes = !gives;
    Request {
        name: format!("Request {number}"),
        change_overview: "HR-1204".to_owned(),
        access_type: match asked.kind {
            Kind::Addition => AccessType::RoleAdditions,
            Kind::Reduction => AccessType::RoleReductions,
            Kind::Loan => AccessType::TemporaryAccess,
        },
        requested_by: REQUESTER.to_owned(),
        requester: Some(PersonId::new(REQUESTER).expect("an id")),
        employees: if takes && asked.holders {
            AffectedEmployees::Holders
        } else {
            AffectedEmployees::Listed(listed)
        },
        roles: if takes && asked.all {
            AffectedRoles::All
        } else {
            AffectedRoles::Listed(each_once(&asked.roles).into_iter().map(role).collect())
        },
        timezone: "Europe/Paris".to_owned(),
        start: asked.start.map(moment),
        end: (asked.kind == Kind::Loan).then(|| moment(asked.start.unwrap_or(0) + asked.lasts)),
        inactivate_after_removal: takes && asked.inactivate,
        reactivate: asked.kind == Kind::Addition && asked.reactivate,
        form: None,
        custom: BTreeMap::new(),
        external_reference: None,
        draft: false,
        cancelled: asked.cancelled.then(|| "called off".to_owned()),
        approvals: Some(decisions(asked)),
    }
}

fn decisions(asked: &Asked) -> Vec<InlineApproval> {
    let decision = |(person, approves, at): &(usize, bool, u32)| InlineApproval {
        by: PersonId::new(PEOPLE[*person]).expect("an id"),
        decision: if *approves {
            Decision::Approve
        } else {
            Decision::Reject
        },
        at: hour(*at),
    };
    asked.decisions.iter().map(decision).collect()
}

/// The digest of a request's content: of what it says, not of its name.
pub fn content(request: &Request) -> Digest {
    Digest::of(format!("{request:?}").as_bytes())
}
