use std::collections::BTreeSet;

use rstest::rstest;

use super::*;
use crate::model::{
    AccessType, AffectedEmployees, AffectedRoles, Employee, EmployeeId, EmployeeStatus, Instant,
    Introduction, Moment, Role, RoleId, samples,
};

fn employee(text: &str) -> EmployeeId {
    EmployeeId::new(text).unwrap()
}

fn role(text: &str) -> RoleId {
    RoleId::new(text).unwrap()
}

fn settings() -> Settings {
    let entry = |id: &str| Role {
        name: id.to_owned(),
        description: None,
        owner: None,
        administrator: false,
        temporary_only: id == "payroll-viewer",
        max_duration_days: (id == "payroll-viewer").then_some(14),
        rule: None,
    };
    let ids = ["ap-clerk", "ap-payer", "payroll-viewer"];
    Settings {
        roles: ids.iter().map(|id| (role(id), entry(id))).collect(),
        ..samples::settings()
    }
}

fn state() -> State {
    let holds = |name: &str, roles: &[&str]| Employee {
        name: name.to_owned(),
        email: Some("jane.doe@acme.example".to_owned()),
        status: EmployeeStatus::Active,
        roles: roles.iter().map(|id| role(id)).collect(),
        temporary: BTreeSet::new(),
    };
    let employees = [
        (employee("jane.doe"), holds("Jane Doe", &["ap-clerk"])),
        (
            employee("sam.reyes"),
            holds("Sam Reyes", &["ap-clerk", "ap-payer"]),
        ),
    ];
    State {
        employees: employees.into_iter().collect(),
        ..State::default()
    }
}

fn request_for(access_type: AccessType, employees: &[&str], roles: &[&str]) -> Request {
    let entry = |id: &&str| Introduction {
        id: employee(id),
        details: None,
    };
    Request {
        employees: AffectedEmployees::Listed(employees.iter().map(entry).collect()),
        roles: AffectedRoles::Listed(roles.iter().map(|id| role(id)).collect()),
        ..samples::request(access_type)
    }
}

fn introducing(id: &str, name: &str, email: &str) -> Request {
    let mut request = request_for(AccessType::RoleAdditions, &[], &["ap-clerk"]);
    request.employees = AffectedEmployees::Listed(vec![Introduction {
        id: employee(id),
        details: Some((name.to_owned(), Some(email.to_owned()))),
    }]);
    request
}

fn introduced() -> Introduced {
    let entry = (
        RequestId::new("hire").unwrap(),
        "New Hire".to_owned(),
        Some("new@acme.example".to_owned()),
    );
    Introduced::of(&state().employees, [(employee("new.hire"), entry)])
}

fn found(subject: &Request, started: bool) -> Vec<Finding> {
    found_in(&state(), subject, started)
}

fn found_in(state: &State, subject: &Request, started: bool) -> Vec<Finding> {
    let id = RequestId::new("change").unwrap();
    let subject = Subject {
        id: &id,
        path: "requests/change.yaml",
        request: subject,
        places: &Places::default(),
        started,
    };
    let world = World {
        settings: &settings(),
        state,
        introduced: &introduced(),
    };
    let findings = request(&subject, &world);
    for finding in &findings {
        assert_eq!(finding.path.as_deref(), Some("requests/change.yaml"));
        assert!(finding.hint.is_some(), "{finding:?}");
    }
    findings
}

fn codes(subject: &Request) -> Vec<Code> {
    found(subject, false)
        .iter()
        .map(|finding| finding.code)
        .collect()
}

fn moment(days: i64) -> Moment {
    let utc = Instant::UNIX_EPOCH + chrono::TimeDelta::days(days);
    Moment {
        utc,
        local: utc.to_rfc3339(),
    }
}

#[rstest]
#[case::known(&["jane.doe", "sam.reyes"], &["ap-clerk"])]
#[case::introduced_elsewhere(&["new.hire"], &["ap-payer"])]
fn a_request_about_known_things_is_good(#[case] employees: &[&str], #[case] roles: &[&str]) {
    assert_eq!(
        codes(&request_for(AccessType::RoleAdditions, employees, roles)),
        []
    );
}

#[rstest]
#[case::misspelled("jane.do", "jane.doe")]
#[case::other_case("Jane.Doe", "jane.doe")]
#[case::introduced("new.hier", "new.hire")]
#[case::stranger("nobody.at.all", "introduce")]
fn an_unknown_employee_is_an_error(#[case] id: &str, #[case] hint: &str) {
    let subject = request_for(AccessType::RoleAdditions, &[id], &["ap-clerk"]);
    let findings = found(&subject, false);
    assert_eq!(findings[0].code, Code::UnknownEmployee);
    assert!(
        findings[0].hint.as_deref().unwrap().contains(hint),
        "{findings:?}"
    );
    assert_eq!(found(&subject, true), []);
}

#[rstest]
#[case::misspelled("ap-payr", "ap-payer")]
#[case::other_case("AP-Payer", "ap-payer")]
#[case::stranger("warehouse-manager", "rolecall.yaml")]
fn a_role_outside_the_catalogue_is_an_error(#[case] id: &str, #[case] hint: &str) {
    let findings = found(
        &request_for(AccessType::RoleReductions, &["jane.doe"], &[id]),
        false,
    );
    assert_eq!(findings[0].code, Code::UnknownRole);
    assert!(
        findings[0].hint.as_deref().unwrap().contains(hint),
        "{findings:?}"
    );
}

/// Whether each of some findings names what was probably meant.
fn are_suggestions(findings: &[Finding]) -> Vec<bool> {
    let hints = findings.iter().map(|finding| finding.hint.as_deref());
    hints
        .map(|hint| hint.unwrap().starts_with("did you mean"))
        .collect()
}

#[test]
fn ten_unknown_names_of_a_request_get_a_suggestion() {
    let names = |known: &str| -> Vec<String> {
        let endings = "abcdefghijkl".chars();
        endings.map(|end| format!("{known}{end}")).collect()
    };
    let mut due = vec![true; 10];
    due.extend([false; 2]);
    let employees = names("jane.doe");
    let employees: Vec<&str> = employees.iter().map(String::as_str).collect();
    let of_employees = request_for(AccessType::RoleAdditions, &employees, &["ap-clerk"]);
    assert_eq!(are_suggestions(&found(&of_employees, false)), due);
    let roles = names("ap-payer");
    let roles: Vec<&str> = roles.iter().map(String::as_str).collect();
    let of_roles = request_for(AccessType::RoleAdditions, &["jane.doe"], &roles);
    assert_eq!(are_suggestions(&found(&of_roles, false)), due);
}

#[rstest]
#[case::same("jane.doe", "Jane Doe", "Jane.Doe@acme.example", None)]
#[case::other_name(
    "jane.doe",
    "Jane Dough",
    "jane.doe@acme.example",
    Some(Code::IntroductionConflict)
)]
#[case::other_email(
    "jane.doe",
    "Jane Doe",
    "jd@acme.example",
    Some(Code::IntroductionConflict)
)]
#[case::as_elsewhere("new.hire", "New Hire", "new@acme.example", None)]
#[case::not_as_elsewhere(
    "new.hire",
    "Other Hire",
    "new@acme.example",
    Some(Code::IntroductionConflict)
)]
#[case::new("lee.wong", "Lee Wong", "lee@acme.example", None)]
#[case::case_twin(
    "Jane.Doe",
    "Jane Doe",
    "jane.doe@acme.example",
    Some(Code::UnknownEmployee)
)]
#[case::case_twin_elsewhere(
    "New.Hire",
    "New Hire",
    "new@acme.example",
    Some(Code::UnknownEmployee)
)]
fn introductions_agree_with_what_is_known(
    #[case] id: &str,
    #[case] name: &str,
    #[case] email: &str,
    #[case] expected: Option<Code>,
) {
    let codes = codes(&introducing(id, name, email));
    assert_eq!(codes, expected.into_iter().collect::<Vec<_>>());
}

#[test]
fn a_role_that_is_only_lent_is_not_given_permanently() {
    let addition = request_for(
        AccessType::RoleAdditions,
        &["jane.doe"],
        &["payroll-viewer"],
    );
    assert_eq!(codes(&addition), [Code::TemporaryOnly]);
    let loan = request_for(
        AccessType::TemporaryAccess,
        &["jane.doe"],
        &["payroll-viewer"],
    );
    assert_eq!(codes(&loan), []);
}

#[rstest]
#[case::as_long_as_allowed(Some(0), 14, false)]
#[case::longer(Some(0), 15, true)]
#[case::without_a_start(None, 15, false)]
fn a_loan_has_a_longest_length(
    #[case] start: Option<i64>,
    #[case] end: i64,
    #[case] is_too_long: bool,
) {
    let mut loan = request_for(
        AccessType::TemporaryAccess,
        &["jane.doe"],
        &["ap-clerk", "payroll-viewer"],
    );
    loan.start = start.map(moment);
    loan.end = Some(moment(end));
    assert_eq!(codes(&loan) == [Code::TooLong], is_too_long);
    let from = |days| duration::too_long(&loan, &settings(), moment(days).utc).len();
    assert_eq!((from(end - 14), from(end - 15)), (0, 1));
}

#[rstest]
#[case::all_of_them(&["sam.reyes"], &["ap-clerk", "ap-payer"], 0)]
#[case::one_of_them(&["jane.doe", "sam.reyes"], &["ap-clerk"], 1)]
fn inactivation_needs_all_roles_to_go(
    #[case] employees: &[&str],
    #[case] roles: &[&str],
    #[case] warnings: usize,
) {
    let mut reduction = request_for(AccessType::RoleReductions, employees, roles);
    assert_eq!(codes(&reduction), []);
    reduction.inactivate_after_removal = true;
    assert_eq!(codes(&reduction), vec![Code::CannotInactivate; warnings]);
    reduction.roles = AffectedRoles::All;
    assert_eq!(codes(&reduction), []);
}

#[test]
fn holders_who_hold_more_stay_active() {
    let mut reduction = request_for(AccessType::RoleReductions, &[], &["ap-clerk"]);
    reduction.employees = AffectedEmployees::Holders;
    reduction.inactivate_after_removal = true;
    let messages = |state: &State| -> Vec<String> {
        let findings = found_in(state, &reduction, false);
        findings
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    };
    assert_eq!(
        messages(&state()),
        ["`sam.reyes` holds other roles too and stays active: ap-payer"]
    );
    let sam = state().employees.get("sam.reyes").unwrap().to_employee();
    let many = (1..=7).map(|number| (employee(&format!("e{number}")), sam.clone()));
    let many = State {
        employees: many.collect(),
        ..State::default()
    };
    assert_eq!(
        messages(&many),
        ["7 holders hold other roles too and stay active: e1, e2, e3, e4, e5 and 2 more"]
    );
    let mut few = many.clone();
    few.employees.set(&employee("e2"), None);
    for id in ["e3", "e4", "e5", "e6"] {
        few.employees.set(&employee(id), None);
    }
    assert_eq!(
        messages(&few),
        ["2 holders hold other roles too and stay active: e1, e7"]
    );
    assert_eq!(messages(&State::default()), [""; 0]);
}

#[test]
fn an_id_is_unique_over_the_tree_ignoring_case() {
    let file = |path: &str| {
        let stem = path.rsplit('/').next().unwrap().split('.').next().unwrap();
        (RequestId::new(stem).unwrap(), path.to_owned())
    };
    let files = [
        "requests/a/x.yaml",
        "requests/b/X.yaml",
        "requests/y.yaml",
        "requests/x.yml",
    ];
    let files: Vec<_> = files.iter().map(|path| file(path)).collect();
    let findings = duplicates(&files);
    assert_eq!(findings.keys().copied().collect::<Vec<_>>(), [0, 1, 3]);
    assert_eq!(
        findings[&0].message,
        "the id `x` is also that of requests/b/X.yaml, requests/x.yml"
    );
    assert_eq!(findings[&1].path.as_deref(), Some("requests/b/X.yaml"));
}
