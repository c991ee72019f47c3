use super::*;
use rstest::rstest;

use crate::document::source::Source;
use crate::document::{request, settings, state};

fn settings_with(forms: &str) -> Settings {
    let text =
        format!("version: 1\npeople: {{dana: {{name: Dana}}}}\nroles: {{a: {{name: A}}}}\n{forms}");
    let source = Source::new("rolecall.yaml", text.into_bytes(), 1 << 16).unwrap();
    settings::read(&source).unwrap().settings
}

fn fits(schema: &Value, text: &str) -> bool {
    let document: Value = crate::document::yaml::from_str(text).unwrap();
    jsonschema::validator_for(schema)
        .unwrap()
        .is_valid(&document)
}

const FORMS: &str = "forms:\n  contractor:\n    fields:\n      ticket: {required: true, pattern: '^HR-\\d+$'}\n      \
    agency: {one_of: [north, '7']}\n      free: {pattern: '(?i)^x'}\n  '7': {fields: {}}\n";

const REQUEST: &str = "name: N\nchange_overview: O\nrequested_by: dana\n";

/// Requests, whether they are read, on top of [`REQUEST`].
#[rstest]
#[case::plain(
    "access_type: role_additions\naffected_employees: [x]\naffected_roles: [a]\n",
    true
)]
#[case::numbers(
    "access_type: role_additions\naffected_employees: [1007, 1.5]\naffected_roles: [7]\nexternal_reference: 42\n",
    true
)]
#[case::negative_number(
    "access_type: role_additions\naffected_employees: [-7]\naffected_roles: [a]\n",
    false
)]
#[case::boolean_id(
    "access_type: role_additions\naffected_employees: [true]\naffected_roles: [a]\n",
    false
)]
#[case::boolean_text(
    "access_type: role_additions\naffected_employees: [x]\naffected_roles: [a]\nexternal_reference: true\n",
    false
)]
#[case::nothing(
    "access_type: role_additions\naffected_employees: [x]\naffected_roles: [a]\nexternal_reference:\n",
    false
)]
#[case::blank(
    "access_type: role_additions\naffected_employees: [x]\naffected_roles: [a]\nexternal_reference: ' '\n",
    false
)]
#[case::control(
    "access_type: role_additions\naffected_employees: [x]\naffected_roles: [a]\nexternal_reference: \"a\\tb\"\n",
    false
)]
#[case::lines(
    "access_type: role_additions\naffected_employees: [x]\naffected_roles: [a]\nexternal_reference: \"a\\nb\"\n",
    true
)]
#[case::quoted_boolean(
    "access_type: role_additions\naffected_employees: [x]\naffected_roles: [a]\nreactivate: 'true'\n",
    false
)]
#[case::introduced(
    "access_type: role_additions\naffected_employees: [{id: x, name: X}]\naffected_roles: [a]\n",
    true
)]
#[case::introduced_badly(
    "access_type: role_additions\naffected_employees: [{id: x, name: X, email: x@-y}]\naffected_roles: [a]\n",
    false
)]
#[case::introduced_to_go(
    "access_type: role_reductions\naffected_employees: [{id: x, name: X}]\naffected_roles: [a]\n",
    false
)]
#[case::holders(
    "access_type: role_reductions\naffected_employees: holders\naffected_roles: [a]\n",
    true
)]
#[case::holders_to_come(
    "access_type: role_additions\naffected_employees: holders\naffected_roles: [a]\n",
    false
)]
#[case::holders_of_all(
    "access_type: role_reductions\naffected_employees: holders\naffected_roles: all\n",
    false
)]
#[case::all_to_come(
    "access_type: role_additions\naffected_employees: [x]\naffected_roles: all\n",
    false
)]
#[case::misplaced(
    "access_type: role_additions\naffected_employees: [x]\naffected_roles: [a]\nend_date: 2026-12-01\n",
    false
)]
#[case::no_end(
    "access_type: temporary_access\naffected_employees: [x]\naffected_roles: [a]\n",
    false
)]
#[case::an_end(
    "access_type: temporary_access\naffected_employees: [x]\naffected_roles: [a]\nend_date: 2026-12-01\nend_time: 5:30PM -05:00\ntimezone: America/New_York\n",
    true
)]
#[case::time_alone(
    "access_type: role_reductions\naffected_employees: [x]\naffected_roles: [a]\noffboarding_time: 05:30 pm\n",
    false
)]
#[case::no_time(
    "access_type: role_reductions\naffected_employees: [x]\naffected_roles: [a]\noffboarding_date: 2026-11-30\noffboarding_time: 5:30\n",
    false
)]
#[case::old_zone(
    "access_type: role_reductions\naffected_employees: [x]\naffected_roles: [a]\ntimezone: America/Argentina/ComodRivadavia\n",
    true
)]
#[case::short_zone(
    "access_type: role_reductions\naffected_employees: [x]\naffected_roles: [a]\ntimezone: EST\n",
    false
)]
#[case::draft("access_type: temporary_access\ndraft: true\n", true)]
#[case::draft_without_type("draft: true\naffected_employees: holders\n", true)]
#[case::misplaced_in_a_draft(
    "access_type: role_additions\ndraft: true\nend_date: 2026-12-01\n",
    false
)]
#[case::form(
    "access_type: role_additions\naffected_employees: [x]\naffected_roles: [a]\nform: contractor\ncustom: {ticket: HR-1, agency: 7, free: xyz}\n",
    true
)]
#[case::number_form(
    "access_type: role_additions\naffected_employees: [x]\naffected_roles: [a]\nform: 7\n",
    true
)]
#[case::unknown_form(
    "access_type: role_additions\naffected_employees: [x]\naffected_roles: [a]\nform: other\n",
    false
)]
#[case::field_missing(
    "access_type: role_additions\naffected_employees: [x]\naffected_roles: [a]\nform: contractor\ncustom: {agency: north}\n",
    false
)]
#[case::no_fields(
    "access_type: role_additions\naffected_employees: [x]\naffected_roles: [a]\nform: contractor\n",
    false
)]
#[case::field_unknown(
    "access_type: role_additions\naffected_employees: [x]\naffected_roles: [a]\nform: contractor\ncustom: {ticket: HR-1, agancy: north}\n",
    false
)]
#[case::field_amiss(
    "access_type: role_additions\naffected_employees: [x]\naffected_roles: [a]\nform: contractor\ncustom: {ticket: hr-1}\n",
    false
)]
#[case::not_a_value(
    "access_type: role_additions\naffected_employees: [x]\naffected_roles: [a]\nform: contractor\ncustom: {ticket: HR-1, agency: south}\n",
    false
)]
#[case::custom_alone(
    "access_type: role_additions\naffected_employees: [x]\naffected_roles: [a]\ncustom: {ticket: HR-1}\n",
    false
)]
#[case::approvals(
    "access_type: role_additions\naffected_employees: [x]\naffected_roles: [a]\napprovals: [{by: dana, decision: reject, at: '2026-11-20T10:00:00+01:00'}]\n",
    true
)]
#[case::no_approvals(
    "access_type: role_additions\naffected_employees: [x]\naffected_roles: [a]\napprovals: []\n",
    false
)]
fn the_schema_of_requests_takes_what_is_read(#[case] more: &str, #[case] is_read: bool) {
    let text = format!("{REQUEST}{more}");
    let settings = settings_with(FORMS);
    let source = Source::new("requests/x.yaml", text.clone().into_bytes(), 1 << 16).unwrap();
    let reading = request::read(&source, &settings);
    assert_eq!(reading.is_ok(), is_read, "{reading:?}");
    assert_eq!(fits(&request(Some(&settings)), &text), is_read, "{text}");
}

#[test]
fn without_settings_any_form_will_do_and_with_none_of_them_none() {
    let text = format!(
        "{REQUEST}access_type: role_additions\naffected_employees: [x]\naffected_roles: [a]\nform: f\ncustom: {{a: b}}\n"
    );
    assert!(fits(&super::request(None), &text));
    assert!(!fits(&super::request(Some(&settings_with(""))), &text));
}

#[rstest]
#[case::nothing_else("", true)]
#[case::quoted_boolean("user_provisioning: {enhanced: 'true'}\n", false)]
#[case::inline_with_approvers(
    "change_controls: {user_onboarding: {evidence: inline, approvers: [dana]}}\n",
    true
)]
#[case::merge_with_approvers("change_controls: {user_onboarding: {approvers: [dana]}}\n", false)]
#[case::merge_with_two(
    "change_controls: {user_onboarding: {evidence: merge, approvals: 2}}\n",
    false
)]
#[case::merge_with_one(
    "change_controls: {user_onboarding: {evidence: merge, approvals: 1}}\n",
    true
)]
#[case::stages(
    "change_controls: {user_onboarding: {evidence: inline, ordered: true, stages: [{name: 7, approvers: [dana]}], final_approver: erin}}\n",
    true
)]
#[case::stages_of_a_role(
    "roles: {b: {name: B, evidence: forge, stages: [{name: s, approvals: 2, approvers: [dana, erin]}], ordered: false}}\n",
    true
)]
#[case::stages_with_approvers(
    "roles: {b: {name: B, evidence: inline, stages: [{name: s, approvers: [dana]}], approvers: [erin]}}\n",
    false
)]
#[case::stages_with_approvals(
    "roles: {b: {name: B, evidence: inline, stages: [{name: s, approvers: [dana]}], approvals: 1}}\n",
    false
)]
#[case::no_stages("roles: {b: {name: B, evidence: inline, stages: []}}\n", false)]
#[case::stage_without_name(
    "roles: {b: {name: B, evidence: inline, stages: [{approvers: [dana]}]}}\n",
    false
)]
#[case::stage_without_approvers(
    "roles: {b: {name: B, evidence: inline, stages: [{name: s}]}}\n",
    false
)]
#[case::stage_of_nobody(
    "roles: {b: {name: B, evidence: inline, stages: [{name: s, approvers: []}]}}\n",
    false
)]
#[case::stage_of_none(
    "roles: {b: {name: B, evidence: inline, stages: [{name: s, approvals: 0, approvers: [dana]}]}}\n",
    false
)]
#[case::stage_with_evidence(
    "roles: {b: {name: B, evidence: inline, stages: [{name: s, evidence: forge, approvers: [dana]}]}}\n",
    false
)]
#[case::stage_called_final_approver(
    "roles: {b: {name: B, evidence: inline, stages: [{name: Final  Approver, approvers: [dana]}]}}\n",
    false
)]
#[case::stage_called_final(
    "roles: {b: {name: B, evidence: inline, stages: [{name: final approvers, approvers: [dana]}]}}\n",
    true
)]
#[case::stage_of_two_lines(
    "roles: {b: {name: B, evidence: inline, stages: [{name: \"a\\nb\", approvers: [dana]}]}}\n",
    false
)]
#[case::stage_with_merge(
    "roles: {b: {name: B, stages: [{name: s, approvers: [dana]}]}}\n",
    false
)]
#[case::final_approver(
    "roles: {b: {name: B, evidence: signature, final_approver: dana}}\n",
    true
)]
#[case::final_approver_with_merge("roles: {b: {name: B, final_approver: dana}}\n", false)]
#[case::two_final_approvers(
    "roles: {b: {name: B, evidence: inline, final_approver: [dana, erin]}}\n",
    false
)]
#[case::ordered_alone("roles: {b: {name: B, evidence: inline, ordered: true}}\n", false)]
#[case::ordered_before_the_final_approver(
    "roles: {b: {name: B, evidence: inline, ordered: true, final_approver: dana}}\n",
    true
)]
#[case::ordered_with_merge("roles: {b: {name: B, ordered: true}}\n", false)]
#[case::not_ordered_with_merge("roles: {b: {name: B, ordered: false}}\n", true)]
#[case::accounts("people: {x: {name: X, github: x_y.z-1, gitlab: 7}}\n", true)]
#[case::bot("people: {x: {name: X, github: 'x[bot]'}}\n", false)]
#[case::at("people: {x: {name: X, gitlab: '@x'}}\n", false)]
#[case::repository("repository: acme/access\n", true)]
#[case::repository_of_a_commit("repository: 'commit:1234'\n", false)]
#[case::repository_of_two_lines("repository: \"a\\nb\"\n", false)]
#[case::forge_key(
    "approval: {forge_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5KUFzbF1CuZwcPfAiSFuSVSJjqPPBFUgxFZ9mHGXOr a comment}\n",
    true
)]
#[case::no_forge_key("approval: {forge_key: x}\n", false)]
#[case::branch("approval: {branch: origin/main}\n", true)]
#[case::option("approval: {branch: --all}\n", false)]
#[case::range("approval: {branch: a..b}\n", false)]
#[case::number_branch("approval: {branch: 2026}\n", true)]
#[case::text_for_a_number("limits: {removals: '3'}\n", false)]
#[case::over("limits: {removal_percent: 101}\n", false)]
#[case::group("groups: {leads: [dana]}\n", true)]
#[case::empty_group("groups: {leads: []}\n", false)]
#[case::bad_group("groups: {'-leads': [dana]}\n", false)]
#[case::one_role("separation_of_duties: [{id: x, roles: [a], action: deny}]\n", false)]
#[case::revoked(
    "revoked_keys: [{key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5KUFzbF1CuZwcPfAiSFuSVSJjqPPBFUgxFZ9mHGXOr a comment, since: 2026-11-30, reason: lost}]\n",
    true
)]
#[case::no_key(
    "revoked_keys: [{key: ssh-dss AAAA, since: 2026-11-30, reason: lost}]\n",
    false
)]
#[case::forms(
    "forms: {f: {fields: {x: {required: true, pattern: 'a', one_of: [a, 7], description: d}}}}\n",
    true
)]
#[case::fields_missing("forms: {f: {}}\n", false)]
#[case::zone("timezone: Europe/Paris\n", true)]
#[case::drift("drift: log\n", false)]
#[case::target("notify: {it: {url: 'https://a.example/x?y=1'}}\n", true)]
#[case::target_on_this_machine(
    "notify: {it: {url: 'http://127.0.0.1:8080', events: [failed], overdue_after: 90}}\n",
    true
)]
#[case::target_in_a_variable(
    "notify: {it: {url_env: ROLECALL_URL, format: slack, secret_env: ROLECALL_SECRET, overdue_after: 2h}}\n",
    true
)]
#[case::no_target("notify: {it: {format: json}}\n", false)]
#[case::two_targets(
    "notify: {it: {url: 'https://a.example', url_env: ROLECALL_URL}}\n",
    false
)]
#[case::foreign_variable("notify: {it: {url_env: GITHUB_TOKEN}}\n", false)]
#[case::fragment("notify: {it: {url: 'https://a.example/#x'}}\n", false)]
#[case::event("notify: {it: {url: 'https://a.example', events: [done]}}\n", false)]
#[case::event_twice(
    "notify: {it: {url: 'https://a.example', events: [failed, failed]}}\n",
    false
)]
#[case::no_event("notify: {it: {url: 'https://a.example', events: []}}\n", false)]
#[case::late(
    "notify: {it: {url: 'https://a.example', overdue_after: soon}}\n",
    false
)]
fn the_schema_of_settings_takes_what_is_read(#[case] more: &str, #[case] is_read: bool) {
    let people = if more.starts_with("people:") {
        ""
    } else {
        "people: {dana: {name: Dana}, erin: {name: Erin}}\n"
    };
    let roles = if more.starts_with("roles:") {
        ""
    } else {
        "roles: {a: {name: A}}\n"
    };
    let text = format!("version: 1\n{people}{roles}{more}");
    let source = Source::new("rolecall.yaml", text.clone().into_bytes(), 1 << 16).unwrap();
    let reading = settings::read(&source);
    assert_eq!(reading.is_ok(), is_read, "{reading:?}");
    assert_eq!(fits(&super::settings(), &text), is_read, "{text}");
}

#[rstest]
#[case::nobody("employees: {}\n", true)]
#[case::no_employees("version: 1\n", false)]
#[case::other_version("version: 2\nemployees: {}\n", false)]
#[case::numbers("employees: {7: {name: 42, roles: [7]}}\n", true)]
#[case::nulls("version:\nhead:\nas_of:\nemployees: {x: {name: , email: }}\n", true)]
#[case::null_roles("employees: {x: {roles: }}\n", false)]
#[case::null_status("employees: {x: {status: }}\n", false)]
#[case::null_employee("employees: {x: }\n", false)]
#[case::null_employees("employees:\n", false)]
#[case::null_requests("employees: {}\nrequests:\n", false)]
#[case::null_serial("serial:\nemployees: {}\n", false)]
#[case::number_for_a_list("employees: {x: {roles: ap}}\n", false)]
#[case::bad_role("employees: {x: {roles: [-ap]}}\n", false)]
#[case::status("employees: {x: {status: Active}}\n", false)]
#[case::grant(
    "employees: {x: {temporary: [{role: a, until: 2026-12-01T00:00:00Z, request: r}]}}\n",
    true
)]
#[case::no_moment(
    "employees: {x: {temporary: [{role: a, until: 2026-12-01, request: r}]}}\n",
    false
)]
fn the_schema_of_the_state_takes_what_is_read(#[case] text: &str, #[case] is_read: bool) {
    let reading = state::read(text);
    assert_eq!(reading.is_ok(), is_read, "{reading:?}");
    assert_eq!(fits(&super::state(), text), is_read, "{text}");
}

#[rstest]
#[case::boolean_name("employees: {x: {name: true}}\n")]
#[case::text_serial("serial: '0'\nemployees: {}\n")]
fn the_schema_of_the_state_is_stricter_than_the_reader_where_a_type_is_wrong(#[case] text: &str) {
    assert!(state::read(text).is_ok());
    assert!(!fits(&super::state(), text), "{text}");
}

#[rstest]
#[case(r"^HR-[0-9]+$", Some(r"^HR-[0-9]+$"))]
#[case(r"^\d{2,4}(?:a|b)\-[a-z-]$", Some(r"^\p{Nd}{2,4}(?:a|b)-[a-z\-]$"))]
#[case(r"(?i)x", None)]
#[case(r"\w+", None)]
#[case(r"[[:alpha:]]", None)]
#[case(r"[a&&b]", None)]
#[case(r"a{b", None)]
#[case(r"\A", None)]
fn a_pattern_goes_into_the_schema_where_it_means_the_same(
    #[case] pattern: &str,
    #[case] expected: Option<&str>,
) {
    assert_eq!(pattern::portable(pattern).as_deref(), expected);
}

/// Twenty stages are the most, and a stage's name and that of the repository have a length; so has an account.
#[rstest]
#[case::stages(20, 100, 200, 255, true)]
#[case::more_stages(21, 100, 200, 255, false)]
#[case::longer_stage(20, 101, 200, 255, false)]
#[case::longer_repository(20, 100, 201, 255, false)]
#[case::longer_account(20, 100, 200, 256, false)]
fn the_schema_of_settings_takes_as_much_as_is_read(
    #[case] stages: usize,
    #[case] stage: usize,
    #[case] repository: usize,
    #[case] account: usize,
    #[case] is_read: bool,
) {
    use std::fmt::Write as _;
    let mut text = format!(
        "version: 1\nrepository: {}\nroles:\n  a:\n    name: A\n    evidence: inline\n    stages:\n",
        "ä".repeat(repository)
    );
    for index in 0..stages {
        let fill = "ä".repeat(stage - 2);
        let _ = writeln!(
            text,
            "    - {{name: {fill}{index:02}, approvers: [p{index}]}}"
        );
    }
    let _ = writeln!(
        text,
        "people:\n  z: {{name: Z, github: {}}}",
        "z".repeat(account)
    );
    for index in 0..stages {
        let _ = writeln!(text, "  p{index}: {{name: P}}");
    }
    let source = Source::new("rolecall.yaml", text.clone().into_bytes(), 1 << 16).unwrap();
    let reading = settings::read(&source);
    assert_eq!(reading.is_ok(), is_read, "{reading:?}");
    assert_eq!(fits(&super::settings(), &text), is_read, "{text}");
}
