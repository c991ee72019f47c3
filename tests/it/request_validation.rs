//! What a request may say: keys, values, and which of them go together.

use rstest::rstest;

use crate::support::Workspace;
use crate::support::shapes::{addition, reduction, request, temporary};

const ADDITION: &str = "\
name: A change
change_overview: Needed for a test
access_type: role_additions
requested_by: dana
affected_employees: [jane.doe]
affected_roles: [ap-payer]
";

#[test]
fn a_request_with_the_required_keys_alone_is_valid() {
    Workspace::new().accepts("change", ADDITION);
}

#[rstest]
#[case::name("name: A change\n", "name")]
#[case::overview("change_overview: Needed for a test\n", "change_overview")]
#[case::access_type("access_type: role_additions\n", "access_type")]
#[case::requester("requested_by: dana\n", "requested_by")]
#[case::employees("affected_employees: [jane.doe]\n", "affected_employees")]
#[case::roles("affected_roles: [ap-payer]\n", "affected_roles")]
fn a_missing_required_key_is_named(#[case] line: &str, #[case] key: &str) {
    Workspace::new().rejects("change", &ADDITION.replace(line, ""), key);
}

#[rstest]
#[case::blank_name("name: A change", "name: '  '", "name")]
#[case::null_name("name: A change", "name:", "name")]
#[case::blank_overview(
    "change_overview: Needed for a test",
    "change_overview: ''",
    "change_overview"
)]
#[case::no_employee("[jane.doe]", "[]", "affected_employees")]
#[case::no_role("[ap-payer]", "[]", "affected_roles")]
#[case::employee_twice("[jane.doe]", "[jane.doe, sam.reyes, jane.doe]", "jane.doe")]
#[case::role_twice("[ap-payer]", "[ap-payer, ap-payer]", "ap-payer")]
#[case::introduced_twice(
    "[jane.doe]",
    "[{id: new.hire, name: New Hire, email: a@acme.example}, {id: new.hire, name: Other, email: a@acme.example}]",
    "new.hire"
)]
#[case::access_type("role_additions", "role_addition", "role_additions")]
#[case::person("requested_by: dana", "requested_by: zoe", "zoe")]
#[case::word_for_flag("name: A change", "name: A change\ndraft: yes", "draft")]
fn a_wrong_value_is_named(#[case] from: &str, #[case] to: &str, #[case] needle: &str) {
    Workspace::new().rejects("change", &ADDITION.replace(from, to), needle);
}

#[rstest]
#[case::plain("name: Another\n", "name")]
#[case::escaped("\"na\\u006de\": Another\n", "name")]
#[case::roles("affected_roles: [vendor-admin]\n", "affected_roles")]
fn a_repeated_key_is_an_error(#[case] line: &str, #[case] needle: &str) {
    Workspace::new().rejects("change", &format!("{ADDITION}{line}"), needle);
}

#[rstest]
#[case("affected_role: [ap-clerk]\n", "affected_roles")]
#[case("strat_date: 2026-12-01\n", "start_date")]
#[case("External_Reference: HR-1\n", "external_reference")]
fn an_unknown_key_is_an_error_with_a_suggestion(#[case] line: &str, #[case] suggestion: &str) {
    Workspace::new().rejects("change", &format!("{ADDITION}{line}"), suggestion);
}

#[rstest]
#[case::misspelled("ap-payr", "ap-payer")]
#[case::other_case("AP-Payer", "ap-payer")]
fn a_role_outside_the_catalogue_is_an_error_with_a_suggestion(
    #[case] role: &str,
    #[case] suggestion: &str,
) {
    Workspace::new().rejects("change", &addition(&["jane.doe"], &[role]), suggestion);
}

#[rstest]
#[case::unknown("nobody.here", "nobody.here")]
#[case::other_case("Jane.Doe", "jane.doe")]
fn an_employee_that_nobody_introduced_is_an_error(#[case] employee: &str, #[case] needle: &str) {
    Workspace::new().rejects("change", &addition(&[employee], &["ap-payer"]), needle);
}

#[test]
fn a_requester_may_be_an_email_address() {
    let text = ADDITION.replace("requested_by: dana", "requested_by: somebody@else.example");
    Workspace::new().accepts("change", &text);
}

#[rstest]
#[case::inactivate(
    "role_additions",
    "inactivate_after_removal: true",
    "inactivate_after_removal"
)]
#[case::offboarding("role_additions", "offboarding_date: 2026-12-01", "offboarding_date")]
#[case::end("role_additions", "end_date: 2026-12-01", "end_date")]
#[case::start("role_reductions", "start_date: 2026-12-01", "start_date")]
#[case::end_of_reduction("role_reductions", "end_date: 2026-12-01", "end_date")]
#[case::reactivate("role_reductions", "reactivate: true", "reactivate")]
#[case::reactivate_for_a_time(
    "temporary_access",
    "end_date: 2026-12-01\nreactivate: true",
    "reactivate"
)]
#[case::inactivate_for_a_time(
    "temporary_access",
    "end_date: 2026-12-01\ninactivate_after_removal: true",
    "inactivate_after_removal"
)]
#[case::offboarding_for_a_time(
    "temporary_access",
    "end_date: 2026-12-01\noffboarding_date: 2026-12-01",
    "offboarding_date"
)]
fn a_key_of_another_access_type_is_an_error(
    #[case] access_type: &str,
    #[case] lines: &str,
    #[case] key: &str,
) {
    let text = request(access_type, "[sam.reyes]", "[payroll-viewer]") + lines + "\n";
    Workspace::new().rejects("change", &text, key);
}

#[rstest]
#[case::holders_of_an_addition("role_additions", "holders", "[ap-payer]", "holders")]
#[case::all_of_an_addition("role_additions", "[jane.doe]", "all", "all")]
#[case::holders_for_a_time("temporary_access", "holders", "[ap-payer]", "holders")]
#[case::all_for_a_time("temporary_access", "[jane.doe]", "all", "all")]
#[case::holders_with_all("role_reductions", "holders", "all", "holders")]
#[case::introduced(
    "role_reductions",
    "[{id: new.hire, name: New Hire, email: new@acme.example}]",
    "[ap-payer]",
    "new.hire"
)]
fn the_words_and_introductions_belong_to_their_access_types(
    #[case] access_type: &str,
    #[case] employees: &str,
    #[case] roles: &str,
    #[case] needle: &str,
) {
    let end = if access_type == "temporary_access" {
        "end_date: 2026-12-01\n"
    } else {
        ""
    };
    let text = request(access_type, employees, roles) + end;
    Workspace::new().rejects("change", &text, needle);
}

#[test]
fn a_reduction_takes_holders_or_all() {
    let workspace = Workspace::new();
    workspace.request(
        "holders",
        &request("role_reductions", "holders", "[ap-payer]"),
    );
    workspace.accepts(
        "everything",
        &request("role_reductions", "[sam.reyes]", "all"),
    );
}

#[test]
fn temporary_access_needs_an_end() {
    let text = request("temporary_access", "[jane.doe]", "[ap-payer]");
    Workspace::new().rejects("change", &text, "end_date");
}

#[rstest]
#[case::same_moment(
    "start_date: 2026-12-01\nstart_time: '10:00'\nend_date: 2026-12-01\nend_time: '10:00'\n"
)]
#[case::before("start_date: 2026-12-02\nend_date: 2026-12-01\n")]
#[case::half_an_hour_before(
    "start_date: 2026-12-01\nstart_time: '10:30'\nend_date: 2026-12-01\nend_time: 10:00 am\n"
)]
fn an_end_that_is_not_after_the_start_is_an_error(#[case] dates: &str) {
    let text = request("temporary_access", "[jane.doe]", "[ap-payer]") + dates;
    Workspace::new().rejects("change", &text, "end");
}

#[test]
fn temporary_access_of_one_day_starts_and_ends_on_the_same_date() {
    let text = temporary(&["jane.doe"], &["ap-payer"], "2026-12-01") + "start_date: 2026-12-01\n";
    Workspace::new().accepts("change", &text);
}

#[rstest]
#[case::start(addition(&["jane.doe"], &["ap-payer"]), "start_time: 10:00 am\n", "start_date")]
#[case::offboarding(reduction(&["sam.reyes"], &["ap-payer"]), "offboarding_time: 10:00 am\n", "offboarding_date")]
fn a_time_without_its_date_is_an_error(
    #[case] text: String,
    #[case] time: &str,
    #[case] needle: &str,
) {
    Workspace::new().rejects("change", &(text + time), needle);
}

#[rstest]
#[case::name_differs("{id: jane.doe, name: Jane Dough, email: jane.doe@acme.example}")]
#[case::email_differs("{id: jane.doe, name: Jane Doe, email: j.doe@acme.example}")]
fn introducing_a_known_employee_with_other_details_is_an_error(#[case] entry: &str) {
    let text = request("role_additions", &format!("[{entry}]"), "[ap-payer]");
    Workspace::new().rejects("change", &text, "jane.doe");
}

#[test]
fn introducing_a_known_employee_with_the_same_details_is_no_error() {
    let entry = "[{id: jane.doe, name: Jane Doe, email: jane.doe@acme.example}]";
    Workspace::new().accepts("change", &request("role_additions", entry, "[ap-payer]"));
}

#[test]
fn two_requests_that_introduce_somebody_differently_are_an_error() {
    let workspace = Workspace::new();
    let hire = |name: &str| {
        let entry = format!("[{{id: new.hire, name: {name}, email: new@acme.example}}]");
        request("role_additions", &entry, "[ap-payer]")
    };
    workspace.request("first", &hire("New Hire"));
    workspace.accepts("second", &hire("New Hire"));
    workspace.request("second", &hire("Other Hire"));
    let answer = workspace.answer(&["validate"], 3);
    assert!(
        crate::support::shapes::has_finding(&answer["findings"], "error", "new.hire"),
        "{answer:#}"
    );
}

#[test]
fn an_employee_introduced_by_another_request_is_known() {
    let workspace = Workspace::new();
    let entry = "[{id: new.hire, name: New Hire, email: new@acme.example}]";
    workspace.request("hire", &request("role_additions", entry, "[ap-payer]"));
    workspace.accepts("more", &addition(&["new.hire"], &["ap-clerk"]));
}

#[rstest]
#[case::another_folder("requests/a/twin.yaml", "requests/b/twin.yaml")]
#[case::another_case("requests/a/twin.yaml", "requests/b/Twin.yaml")]
#[case::another_ending("requests/twin.yaml", "requests/twin.yml")]
fn an_id_is_unique_over_the_tree_ignoring_case(#[case] first: &str, #[case] second: &str) {
    let workspace = Workspace::new();
    workspace.write(first, ADDITION);
    workspace.write(second, addition(&["sam.reyes"], &["ap-clerk"]));
    let answer = workspace.answer(&["validate"], 3);
    assert!(
        crate::support::shapes::has_finding(&answer["findings"], "error", "twin"),
        "{answer:#}"
    );
}

#[test]
fn requests_are_read_from_all_folders_with_both_endings() {
    let workspace = Workspace::new();
    workspace.write("requests/2026/november/deep.yaml", ADDITION);
    workspace.write(
        "requests/short.yml",
        addition(&["sam.reyes"], &["ap-clerk"]),
    );
    workspace.write("requests/.hidden.yaml", "not: a request");
    workspace.write("requests/notes.txt", "not a request");
    assert!(workspace.lists("deep") && workspace.lists("short"));
    assert!(!workspace.lists(".hidden") && !workspace.lists("notes"));
    workspace.run(&["validate"]).exits(0);
}

const FORMS: &str = "\
forms:
  contractor:
    fields:
      ticket: {required: true, pattern: '^HR-[0-9]+$', description: HR ticket}
      agency: {required: true, one_of: [north, south]}
";

#[rstest]
#[case::unknown_form(
    "form: contractors\ncustom: {ticket: HR-1, agency: north}\n",
    "contractor"
)]
#[case::missing_field("form: contractor\ncustom: {agency: north}\n", "ticket")]
#[case::pattern("form: contractor\ncustom: {ticket: IT-1, agency: north}\n", "ticket")]
#[case::one_of("form: contractor\ncustom: {ticket: HR-1, agency: east}\n", "agency")]
#[case::unknown_field(
    "form: contractor\ncustom: {ticket: HR-1, agency: north, floor: '3'}\n",
    "floor"
)]
#[case::no_form("custom: {ticket: HR-1, agency: north}\n", "form")]
fn the_fields_of_a_custom_form_are_checked(#[case] lines: &str, #[case] needle: &str) {
    let workspace = Workspace::new();
    workspace.more_settings(FORMS);
    workspace.rejects("change", &format!("{ADDITION}{lines}"), needle);
}

#[test]
fn a_filled_in_custom_form_and_a_reference_are_valid() {
    let workspace = Workspace::new();
    workspace.more_settings(FORMS);
    let lines = "form: contractor\ncustom: {ticket: HR-12, agency: south}\nexternal_reference: https://hr.example/12\n";
    workspace.accepts("change", &format!("{ADDITION}{lines}"));
}

#[test]
fn a_temporary_only_role_is_not_given_permanently() {
    let workspace = Workspace::new();
    workspace.settings(
        "{name: Payroll Viewer}",
        "{name: Payroll Viewer, temporary_only: true}",
    );
    workspace.request(
        "lend",
        &temporary(&["jane.doe"], &["payroll-viewer"], "2026-12-01"),
    );
    workspace.run(&["validate"]).exits(0);
    workspace.rejects(
        "change",
        &addition(&["jane.doe"], &["payroll-viewer"]),
        "payroll-viewer",
    );
}

#[rstest]
#[case::capitals("requests/change.YAML", "request files end in `.yaml`")]
#[case::another_ending("requests/later/change.yaml.txt", "request files end in `.yaml`")]
#[case::hidden("requests/.change.yaml", "begin with a dot")]
fn a_file_that_is_named_and_not_read_is_said(#[case] path: &str, #[case] said: &str) {
    let workspace = Workspace::new();
    let file = workspace.write(path, ADDITION);
    let file = file.to_string_lossy();
    // Named twice it is said once, and of a file that is read nothing is said.
    workspace.request("read", ADDITION);
    let answer = workspace.answer(&["validate", &file, "requests/read.yaml", &file], 0);
    let named = answer["findings"].as_array().expect("findings").iter();
    let named = named.filter(|finding| finding["code"] == "RC014");
    assert_eq!(named.count(), 1, "{answer:#}");
    let finding = &answer["findings"][0];
    assert_eq!(finding["code"], "RC014", "{answer:#}");
    assert_eq!(finding["path"], path);
    assert!(finding["message"].to_string().contains(said), "{answer:#}");
    for others in [&["validate"] as &[&str], &["validate", "requests"]] {
        assert!(!workspace.run(others).exits(0).out.contains("RC014"));
    }
}
