use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::document::settings;
use crate::model::{AffectedEmployees, AffectedRoles};
use crate::time::rfc3339;

const SETTINGS: &str = r"version: 1
timezone: America/New_York
change_controls:
  user_onboarding: {evidence: inline}
  user_offboarding: {evidence: merge}
people:
  alice: {name: Alice Park, email: alice@acme.example}
  dana: {name: Dana Fox}
roles:
  ap-clerk: {name: A/P Clerk}
forms:
  contractor:
    fields:
      ticket: {required: true, pattern: '^HR-[0-9]+$', description: HR ticket}
      agency: {required: true, one_of: [north, south]}
      note: {}
";

const ADDITION: &str = "\
name: A change
change_overview: Needed
access_type: role_additions
requested_by: dana
affected_employees: [jane.doe]
affected_roles: [ap-clerk]
";

const REDUCTION: &str = "\
name: Offboard Sam Reyes
change_overview: |
  Leaves on 30 November
  HR-1204
access_type: role_reductions
requested_by: Alice@ACME.example
affected_employees: [sam.reyes]
affected_roles: all
inactivate_after_removal: true
offboarding_date: 2026-11-30
offboarding_time: 05:30 pm
timezone: America/Los_Angeles
";

const LOAN: &str = "\
name: Lend
change_overview: Cover
access_type: temporary_access
requested_by: someone@else.example
affected_employees:
- jane.doe
- {id: new.hire, name: New Hire, email: new@acme.example}
affected_roles: [ap-clerk]
start_date: 2026-12-01
end_date: 2026-12-01
external_reference: 4711
";

fn source(text: &str) -> Source {
    Source::new("requests/a.yaml", text.as_bytes().to_vec(), LIMIT).unwrap()
}

fn the_settings() -> Settings {
    let source = Source::new(
        "rolecall.yaml",
        SETTINGS.as_bytes().to_vec(),
        settings::LIMIT,
    );
    settings::read(&source.unwrap()).unwrap().settings
}

fn reading(text: &str) -> Result<Reading, Vec<Finding>> {
    read(&source(text), &the_settings())
}

fn good(text: &str) -> RequestDocument {
    match reading(text) {
        Ok(Reading::Request(document)) => *document,
        other => panic!("{other:#?}"),
    }
}

fn bad(text: &str) -> Vec<Finding> {
    let findings = reading(text).unwrap_err();
    for finding in &findings {
        assert!(
            finding.place.is_some() && finding.path.as_deref() == Some("requests/a.yaml"),
            "{finding:?}"
        );
        assert!(
            finding.hint.as_deref().is_some_and(|hint| !hint.is_empty()),
            "{finding:?}"
        );
    }
    findings
}

#[test]
fn an_addition_is_read() {
    let document = good(ADDITION);
    let request = document.request;
    assert_eq!(request.access_type, AccessType::RoleAdditions);
    assert_eq!(request.requester.unwrap().as_str(), "dana");
    assert_eq!(request.timezone, "America/New_York");
    assert_eq!(
        (request.start, request.end, request.approvals),
        (None, None, None)
    );
    assert_eq!(document.findings, []);
}

#[test]
fn a_reduction_is_read() {
    let request = good(REDUCTION).request;
    assert_eq!(request.change_overview, "Leaves on 30 November\nHR-1204\n");
    assert_eq!(request.requester.unwrap().as_str(), "alice");
    assert_eq!(request.requested_by, "Alice@ACME.example");
    assert_eq!(request.roles, AffectedRoles::All);
    let start = request.start.unwrap();
    assert_eq!(rfc3339(start.utc), "2026-12-01T01:30:00Z");
    assert_eq!(start.local, "2026-11-30T17:30:00-08:00");
    assert!(request.inactivate_after_removal);
}

#[test]
fn a_loan_is_read() {
    let document = good(LOAN);
    let request = document.request;
    assert_eq!(request.requester, None);
    let AffectedEmployees::Listed(listed) = &request.employees else {
        panic!();
    };
    assert_eq!(
        listed[1].details,
        Some(("New Hire".into(), Some("new@acme.example".into())))
    );
    assert_eq!(rfc3339(request.start.unwrap().utc), "2026-12-01T05:00:00Z");
    assert_eq!(rfc3339(request.end.unwrap().utc), "2026-12-02T05:00:00Z");
    assert_eq!(request.external_reference.as_deref(), Some("4711"));
    let place = document.places.entry("affected_employees", 1).unwrap();
    assert_eq!((place.line, place.column), (7, 3));
    assert_eq!(document.places.of("affected_roles").unwrap().line, 8);
}

#[test]
fn holders_of_a_role_can_lose_it() {
    let text = REDUCTION
        .replace("[sam.reyes]", "holders")
        .replace(": all", ": [ap-clerk]");
    assert_eq!(good(&text).request.employees, AffectedEmployees::Holders);
}

#[test]
fn inline_approvals_are_read() {
    let text = format!(
        "{ADDITION}approvals:\n- {{by: alice, decision: approve, at: 2026-11-20T05:00:00-05:00}}\n"
    );
    let approvals = good(&text).request.approvals.unwrap();
    assert_eq!(rfc3339(approvals[0].at), "2026-11-20T10:00:00Z");
}

#[test]
fn approvals_where_the_evidence_is_another_are_warned_about() {
    let text = format!(
        "{REDUCTION}approvals:\n- {{by: alice, decision: approve, at: 2026-11-20T10:00:00Z}}\n"
    );
    let codes: Vec<Code> = good(&text)
        .findings
        .iter()
        .map(|finding| finding.code)
        .collect();
    assert_eq!(codes, [Code::ApprovalNotCounted]);
}

#[test]
fn a_form_is_filled_in() {
    let text = format!("{ADDITION}form: contractor\ncustom: {{ticket: HR-12, agency: north}}\n");
    let request = good(&text).request;
    assert_eq!(request.form.as_deref(), Some("contractor"));
    assert_eq!(request.custom["ticket"], "HR-12");
}

#[rstest]
#[case::nothing("draft: true\n", None)]
#[case::something(
    "draft: true\nname: Soon\naccess_type: temporary_access\nform: contractor\n",
    Some("Soon")
)]
fn a_draft_may_miss_anything(#[case] text: &str, #[case] name: Option<&str>) {
    let Ok(Reading::Draft(draft)) = reading(text) else {
        panic!();
    };
    assert_eq!(draft.name.as_deref(), name);
}

#[test]
fn a_whole_draft_is_a_draft() {
    let reading = reading(&format!("{ADDITION}draft: true\n"));
    assert!(matches!(reading, Ok(Reading::Draft(_))));
}

#[rstest]
#[case::key("draft: true\nnaem: x\n", Code::UnknownKey)]
#[case::value("draft: true\naccess_type: x\n", Code::UnknownWord)]
#[case::date("draft: true\nstart_date: tomorrow\n", Code::BadTime)]
#[case::list("draft: true\naffected_roles: []\n", Code::BadList)]
fn what_a_draft_says_must_be_well_formed(#[case] text: &str, #[case] code: Code) {
    assert_eq!(bad(text)[0].code, code);
}

#[rstest]
#[case::name("name: A change\n", "", Code::MissingKey, "name")]
#[case::null("name: A change", "name:", Code::WrongType, "name")]
#[case::tilde("name: A change", "name: ~", Code::WrongType, "name")]
#[case::boolean("name: A change", "name: true", Code::WrongType, "quotes")]
#[case::blank("name: A change", "name: ' '", Code::BadText, "name")]
#[case::invisible("name: A change", "name: \"\\u200b\"", Code::BadText, "blank")]
#[case::list("name: A change", "name: [x]", Code::WrongType, "a list")]
#[case::bell("name: A change", "name: \"\\a\"", Code::BadText, "U+0007")]
#[case::escape("name: A change", "name: \"\\e[2J\"", Code::BadText, "U+001B")]
#[case::override_mark("name: A change", "name: \"x\\u202Ey\"", Code::BadText, "U+202E")]
#[case::separator("name: A change", "name: \"x\\u2028y\"", Code::BadText, "U+2028")]
#[case::tab("name: A change", "name: \"x\\ty\"", Code::BadText, "U+0009")]
#[case::unknown("name: A change", "Name: A change", Code::UnknownKey, "`name`")]
#[case::typo(
    "name: A change",
    "name: A change\nstrat_date: 2026-12-01",
    Code::UnknownKey,
    "start_date"
)]
#[case::access_type("role_additions", "role_addition", Code::UnknownWord, "role_additions")]
#[case::access_type_case(
    "role_additions",
    "Role_Additions",
    Code::UnknownWord,
    "role_additions"
)]
#[case::requester(
    "requested_by: dana",
    "requested_by: dona",
    Code::UnknownPerson,
    "dana"
)]
#[case::requester_case(
    "requested_by: dana",
    "requested_by: Dana",
    Code::UnknownPerson,
    "`dana`"
)]
#[case::requester_email(
    "requested_by: dana",
    "requested_by: a@b@c",
    Code::UnknownPerson,
    "e-mail"
)]
#[case::no_employees("[jane.doe]", "[]", Code::BadList, "empty")]
#[case::text_for_list("[jane.doe]", "jane.doe", Code::WrongType, "list")]
#[case::null_employee("[jane.doe]", "[~]", Code::WrongType, "affected_employees[0]")]
#[case::empty_employee("[jane.doe]", "['']", Code::BadId, "employee")]
#[case::path("[jane.doe]", "[../../state]", Code::BadId, "../../state")]
#[case::look_alike("[jane.doe]", "[jаne.doe]", Code::BadId, "employee")]
#[case::employee_twice("[jane.doe]", "[jane.doe, x, jane.doe]", Code::BadList, "jane.doe")]
#[case::employee_case("[jane.doe]", "[jane.doe, Jane.Doe]", Code::BadList, "case")]
#[case::role_twice("[ap-clerk]", "[ap-clerk, ap-clerk]", Code::BadList, "ap-clerk")]
#[case::holders("[jane.doe]", "holders", Code::MisplacedKey, "role_reductions")]
#[case::all("[ap-clerk]", "all", Code::MisplacedKey, "role_reductions")]
#[case::introduced_without_id(
    "[jane.doe]",
    "[{name: X, email: x@y.example}]",
    Code::MissingKey,
    "id"
)]
#[case::introduced_with_more(
    "[jane.doe]",
    "[{id: x, name: X, email: x@y.example, role: z}]",
    Code::UnknownKey,
    "role"
)]
#[case::introduced_email("[jane.doe]", "[{id: x, name: X, email: x}]", Code::BadText, "e-mail")]
#[case::introduced_twice(
    "[jane.doe]",
    "[{id: x, name: X, email: x@y.example}, {id: x, name: Y, email: x@y.example}]",
    Code::IntroductionConflict,
    "twice"
)]
#[case::offboarding(
    "[ap-clerk]",
    "[ap-clerk]\noffboarding_date: 2026-12-01",
    Code::MisplacedKey,
    "role_reductions"
)]
#[case::end(
    "[ap-clerk]",
    "[ap-clerk]\nend_date: 2026-12-01",
    Code::MisplacedKey,
    "temporary_access"
)]
#[case::inactivate(
    "[ap-clerk]",
    "[ap-clerk]\ninactivate_after_removal: true",
    Code::MisplacedKey,
    "role_reductions"
)]
#[case::draft("[ap-clerk]", "[ap-clerk]\ndraft: yes", Code::WrongType, "draft")]
#[case::cancelled(
    "[ap-clerk]",
    "[ap-clerk]\ncancelled: true",
    Code::WrongType,
    "cancelled"
)]
#[case::cancelled_blank("[ap-clerk]", "[ap-clerk]\ncancelled: ''", Code::BadText, "cancelled")]
#[case::time_alone(
    "[ap-clerk]",
    "[ap-clerk]\nstart_time: 10:00 am",
    Code::BadTime,
    "start_date"
)]
#[case::gap(
    "[ap-clerk]",
    "[ap-clerk]\nstart_date: 2027-03-14\nstart_time: 02:30",
    Code::SkippedTime,
    "03:00:00"
)]
#[case::overlap(
    "[ap-clerk]",
    "[ap-clerk]\nstart_date: 2027-11-07\nstart_time: 01:30",
    Code::AmbiguousTime,
    "-05:00"
)]
#[case::zone_case(
    "[ap-clerk]",
    "[ap-clerk]\ntimezone: europe/paris",
    Code::UnknownZone,
    "Europe/Paris"
)]
#[case::zone_short(
    "[ap-clerk]",
    "[ap-clerk]\ntimezone: PST",
    Code::UnknownZone,
    "America/Los_Angeles"
)]
#[case::zone_null("[ap-clerk]", "[ap-clerk]\ntimezone:", Code::WrongType, "timezone")]
#[case::form(
    "[ap-clerk]",
    "[ap-clerk]\nform: contractors",
    Code::Form,
    "contractor"
)]
#[case::no_form("[ap-clerk]", "[ap-clerk]\ncustom: {ticket: HR-1}", Code::Form, "form")]
#[case::field(
    "[ap-clerk]",
    "[ap-clerk]\nform: contractor\ncustom: {tiket: HR-1}",
    Code::Form,
    "ticket"
)]
#[case::field_missing(
    "[ap-clerk]",
    "[ap-clerk]\nform: contractor",
    Code::Form,
    "custom.ticket"
)]
#[case::pattern(
    "[ap-clerk]",
    "[ap-clerk]\nform: contractor\ncustom: {ticket: xHR-1, agency: north}",
    Code::Form,
    "HR ticket"
)]
#[case::pattern_line(
    "[ap-clerk]",
    "[ap-clerk]\nform: contractor\ncustom: {ticket: \"HR-1\\n\", agency: north}",
    Code::Form,
    "ticket"
)]
#[case::one_of(
    "[ap-clerk]",
    "[ap-clerk]\nform: contractor\ncustom: {ticket: HR-1, agency: nort}",
    Code::Form,
    "north"
)]
#[case::no_approvals("[ap-clerk]", "[ap-clerk]\napprovals: []", Code::BadList, "approvals")]
#[case::approver(
    "[ap-clerk]",
    "[ap-clerk]\napprovals: [{by: alise, decision: approve, at: 2026-11-20T10:00:00Z}]",
    Code::UnknownPerson,
    "alice"
)]
#[case::decision(
    "[ap-clerk]",
    "[ap-clerk]\napprovals: [{by: alice, decision: yes, at: 2026-11-20T10:00:00Z}]",
    Code::UnknownWord,
    "approve"
)]
#[case::at(
    "[ap-clerk]",
    "[ap-clerk]\napprovals: [{by: alice, decision: approve, at: 2026-11-20}]",
    Code::BadTime,
    "2026-11-20T10:00:00Z"
)]
#[case::leap_second(
    "[ap-clerk]",
    "[ap-clerk]\napprovals: [{by: alice, decision: approve, at: 2016-12-31T23:59:60Z}]",
    Code::BadTime,
    ":60"
)]
#[case::without_at(
    "[ap-clerk]",
    "[ap-clerk]\napprovals: [{by: alice, decision: approve}]",
    Code::MissingKey,
    "at"
)]
fn a_request_that_does_not_fit_is_an_error(
    #[case] from: &str,
    #[case] to: &str,
    #[case] code: Code,
    #[case] words: &str,
) {
    assert!(ADDITION.contains(from), "{from:?}");
    let findings = bad(&ADDITION.replacen(from, to, 1));
    let says = |finding: &&Finding| {
        finding.code == code
            && format!(
                "{} {}",
                finding.message,
                finding.hint.clone().unwrap_or_default()
            )
            .contains(words)
    };
    assert!(
        findings.iter().any(|finding| says(&finding)),
        "{findings:#?}"
    );
}

#[rstest]
#[case::holders_of_all("[sam.reyes]", "holders", Code::HoldersOfAll)]
#[case::introduced(
    "[sam.reyes]",
    "[{id: x, name: X, email: x@y.example}]",
    Code::MisplacedKey
)]
#[case::start("timezone:", "start_date: 2026-12-01\ntimezone:", Code::MisplacedKey)]
#[case::reactivate("timezone:", "reactivate: true\ntimezone:", Code::MisplacedKey)]
#[case::capital_word("affected_roles: all", "affected_roles: All", Code::WrongType)]
fn a_reduction_that_does_not_fit_is_an_error(
    #[case] from: &str,
    #[case] to: &str,
    #[case] code: Code,
) {
    let findings = bad(&REDUCTION.replacen(from, to, 1));
    assert!(
        findings.iter().any(|finding| finding.code == code),
        "{findings:#?}"
    );
}

#[rstest]
#[case::no_end("end_date: 2026-12-01\n", "", Code::MissingKey)]
#[case::end_before("end_date: 2026-12-01", "end_date: 2026-11-30", Code::EndBeforeStart)]
#[case::same(
    "end_date: 2026-12-01",
    "start_time: '10:00'\nend_date: 2026-12-01\nend_time: 10:00 am",
    Code::EndBeforeStart
)]
fn a_loan_that_does_not_fit_is_an_error(#[case] from: &str, #[case] to: &str, #[case] code: Code) {
    assert_eq!(bad(&LOAN.replacen(from, to, 1))[0].code, code);
}

#[rstest]
#[case::employees("affected_employees", "[jane.doe]", 1_000)]
#[case::roles("affected_roles", "[ap-clerk]", 500)]
fn lists_have_a_longest_length(#[case] key: &str, #[case] from: &str, #[case] most: usize) {
    let list = |length: usize| {
        let entries: Vec<String> = (0..length).map(|index| format!("e{index}")).collect();
        ADDITION.replace(
            &format!("{key}: {from}"),
            &format!("{key}: [{}]", entries.join(", ")),
        )
    };
    good(&list(most));
    assert_eq!(bad(&list(most + 1))[0].code, Code::BadList);
}

#[test]
fn a_text_has_a_longest_length() {
    let text = |length: usize| ADDITION.replace("A change", &"ä".repeat(length));
    good(&text(4_000));
    assert_eq!(bad(&text(4_001))[0].code, Code::BadText);
}

#[test]
fn all_errors_are_reported_together_in_the_order_of_the_file() {
    let findings = bad("name: ''\nxyz: 1\naccess_type: x\naffected_roles: [a, a]\nstart_date: x\n");
    let lines: Vec<usize> = findings
        .iter()
        .filter(|finding| finding.code != Code::MissingKey)
        .map(|finding| finding.place.as_ref().unwrap().line)
        .collect();
    assert_eq!(lines, [1, 2, 3, 4, 5]);
    let missing = findings
        .iter()
        .filter(|finding| finding.code == Code::MissingKey);
    assert_eq!(missing.count(), 3);
}

#[rstest]
#[case("requests/2026/offboard-sam.yaml", Some("offboard-sam"))]
#[case("requests/a.b.yml", Some("a.b"))]
#[case("x.yaml", Some("x"))]
#[case("requests/-x.yaml", None)]
#[case("requests/a b.yaml", None)]
#[case("requests/ä.yaml", None)]
#[case("requests/.yaml", None)]
fn the_id_is_the_name_of_the_file_without_its_ending(
    #[case] path: &str,
    #[case] expected: Option<&str>,
) {
    assert_eq!(id_of(path).ok().as_ref().map(RequestId::as_str), expected);
}

#[test]
fn hostile_requests_are_refused_fast() {
    let settings = the_settings();
    for (name, text) in crate::document::yaml::tests::hostile(60_000) {
        let line = text.replace('\n', " ");
        let texts = [
            text,
            format!("name: x\naffected_employees: {line}"),
            format!("custom: {{{line}}}"),
        ];
        for text in texts.into_iter().filter(|text| text.len() <= LIMIT) {
            let source = source(&text);
            let before = std::time::Instant::now();
            let read = read(&source, &settings);
            let spent = before.elapsed();
            assert!(read.is_err() && spent.as_secs() < 3, "{name}: {spent:?}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(source) = Source::new("requests/a.yaml", bytes, LIMIT) {
            let _ = read(&source, &the_settings());
        }
    }

    #[test]
    fn any_change_of_a_good_request_is_read_or_refused(
        which in 0usize..3,
        at in 0usize..400,
        put in "\\PC{0,3}",
        cut in 0usize..6,
    ) {
        let text = [ADDITION, REDUCTION, LOAN][which];
        let at = at.min(text.len());
        let end = (at + cut).min(text.len());
        let changed = format!("{}{put}{}", &text[..at], &text[end..]);
        if let Err(findings) = reading(&changed) {
            prop_assert!(findings.iter().any(Finding::is_error));
        }
    }
}
