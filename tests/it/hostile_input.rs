//! Section 11: input that is too large, too deep, too clever, or not a file at all.

use rstest::rstest;

use crate::support::SETTINGS;
use crate::support::hostile::{GOOD, is_refused, world};
use crate::support::worlds::{findings, matches};

#[rstest]
#[case::repeated_key("name: Again\n", 7, "name")]
#[case::repeated_key_in_double_quotes("\"name\": Again\n", 7, "name")]
#[case::repeated_key_escaped_in_hexadecimal("\"n\\x61me\": Again\n", 7, "name")]
#[case::repeated_key_escaped_in_unicode("\"\\u006eame\": Again\n", 7, "name")]
#[case::repeated_key_in_single_quotes("'name': Again\n", 7, "name")]
#[case::repeated_explicit_key("? name\n: Again\n", 7, "name")]
#[case::repeated_key_below("custom: {a: '1', a: '2'}\n", 7, "repeat|twice|duplicate")]
#[case::unknown_key_gets_a_suggestion("chnage_overview: x\n", 7, "change_overview")]
#[case::anchor("external_reference: &x HR-1\n", 7, "anchor")]
#[case::anchor_of_a_map("custom: &x {a: b}\n", 7, "anchor")]
#[case::alias("external_reference: *x\n", 7, "alias|anchor")]
#[case::merge_key("<<: {external_reference: x}\n", 7, "merge")]
#[case::merge_key_below("custom: {<<: {a: b}}\n", 7, "merge")]
#[case::tag("external_reference: !mine HR-1\n", 7, "tag")]
#[case::text_tag("external_reference: !!str HR-1\n", 7, "tag")]
#[case::binary_tag("external_reference: !!binary SFItMQ==\n", 7, "tag")]
#[case::tag_without_a_name("external_reference: ! HR-1\n", 7, "tag")]
#[case::verbatim_tag("external_reference: !<tag:yaml.org,2002:str> HR-1\n", 7, "tag")]
#[case::second_document("---\nname: Second\n", 7, "document")]
#[case::second_document_after_an_end("...\n---\nname: Second\n", 7, "document")]
#[case::boolean_yes("draft: yes\n", 7, "true")]
#[case::boolean_no("draft: no\n", 7, "true")]
#[case::boolean_capital_true("draft: True\n", 7, "true")]
#[case::boolean_capitals("draft: TRUE\n", 7, "true")]
#[case::boolean_on("draft: on\n", 7, "true")]
#[case::boolean_y("draft: y\n", 7, "true")]
#[case::boolean_one("draft: 1\n", 7, "true")]
#[case::boolean_in_quotes("draft: 'true'\n", 7, "true")]
#[case::boolean_null("draft: ~\n", 7, "true|null|empty")]
#[case::too_deep(
    "custom: {a: {b: {c: {d: {e: {f: {g: {h: {}}}}}}}}}\n",
    7,
    "deep|depth|nest"
)]
#[case::never_closed("custom: {a: [\n", 7, "")]
#[case::tabs_as_indent("custom:\n\ta: b\n", 8, "")]
#[case::unknown_access_key("end_date: 2026-12-01\n", 7, "end_date")]
#[case::wrong_type("external_reference: [HR-1]\n", 7, "external_reference|text|string")]
fn a_line_too_many_is_refused_with_its_place(
    #[case] more: &str,
    #[case] line: u64,
    #[case] word: &str,
) {
    let workspace = world();
    workspace.request("bad", &format!("{GOOD}{more}"));
    is_refused(&workspace, "requests/bad.yaml", word);
    let report = workspace.run(&["validate", "--format", "json"]).json();
    let lines: Vec<u64> = findings(&report, "error", "requests/bad.yaml")
        .iter()
        .filter_map(|finding| finding["line"].as_u64())
        .collect();
    assert!(
        lines.iter().any(|found| found.abs_diff(line) <= 1),
        "{report:#}"
    );
    let run = workspace.run(&["validate"]).exits(3);
    matches(&(run.out + &run.err), r"requests/bad\.yaml:\d+");
}

#[rstest]
#[case::empty_name("name: A change", "name: ''", "name|blank|empty")]
#[case::blank_name("name: A change", "name: '  '", "name|blank|empty")]
#[case::null_name("name: A change", "name:", "name|null|empty")]
#[case::name_left_out("name: A change\n", "", "name")]
#[case::control_in_a_name("name: A change", "name: \"A\\x07change\"", "control")]
#[case::escape_in_a_name("name: A change", "name: \"A\\e[31mchange\"", "control")]
#[case::delete_in_a_name("name: A change", "name: \"A\\x7fchange\"", "control")]
#[case::c1_control_in_a_name("name: A change", "name: \"A\\x9bchange\"", "control")]
#[case::nul_in_a_name("name: A change", "name: \"A\\0change\"", "control")]
#[case::carriage_return_in_a_name("name: A change", "name: \"A\\rchange\"", "control|line")]
#[case::line_separator("name: A change", "name: \"A\\u2028change\"", "line|separator")]
#[case::paragraph_separator("name: A change", "name: \"A\\u2029change\"", "line|separator")]
#[case::next_line("name: A change", "name: \"A\\u0085change\"", "line|separator|control")]
#[case::right_to_left_override("name: A change", "name: \"A\\u202echange\"", "bidi")]
#[case::isolate("name: A change", "name: \"A\\u2066change\"", "bidi")]
#[case::raw_right_to_left_override("name: A change", "name: A\u{202e}change", "bidi")]
#[case::arabic_letter_mark("name: A change", "name: \"A\\u061cchange\"", "bidi")]
#[case::byte_order_mark_inside("name: A change", "name: \"A\\ufeffchange\"", "byte order mark|BOM")]
#[case::directive("name: A change", "%YAML 1.2\n---\nname: A change", "directive")]
#[case::tag_directive(
    "name: A change",
    "%TAG ! tag:x,2000:\n---\nname: A change",
    "directive"
)]
#[case::byte_order_mark("name: A change", "\u{feff}name: A change", "byte order mark|BOM")]
#[case::null_employee("[sam.reyes]", "[null]", "null|employee|id")]
#[case::tilde_employee("[sam.reyes]", "[~]", "null|employee|id")]
#[case::empty_employee("[sam.reyes]", "['']", "employee|id|empty")]
#[case::empty_list("[sam.reyes]", "[]", "empty|affected_employees")]
#[case::repeated_entry("[sam.reyes]", "[sam.reyes, sam.reyes]", "sam.reyes")]
#[case::path_as_employee("[sam.reyes]", "[../../state]", "state")]
#[case::git_path_as_employee("[sam.reyes]", "[{id: .git/config, name: X}]", "git")]
#[case::introduced_path("[sam.reyes]", "[{id: ../x, name: X}]", "id")]
#[case::introduced_slash("[sam.reyes]", "[{id: a/b, name: X}]", "id")]
#[case::introduced_null("[sam.reyes]", "[{id: null, name: X}]", "id|null")]
#[case::introduced_number("[sam.reyes]", "[{id: [1], name: X}]", "id")]
#[case::introduced_look_alike("[sam.reyes]", "[{id: s\u{0430}m.reyes, name: X}]", "id|character")]
#[case::introduced_zero_width(
    "[sam.reyes]",
    "[{id: \"sam\\u200breyes\", name: X}]",
    "id|character"
)]
#[case::other_case("[sam.reyes]", "[Sam.Reyes]", "sam.reyes")]
#[case::introduced_in_another_case(
    "[sam.reyes]",
    "[{id: Sam.Reyes, name: Sam Reyes}]",
    "sam.reyes"
)]
#[case::repeated_role("[ap-clerk]", "[ap-clerk, ap-clerk]", "ap-clerk")]
#[case::role_in_another_case("[ap-clerk]", "[AP-Clerk]", "ap-clerk")]
#[case::requester_is_nobody("requested_by: dana", "requested_by: mallory", "mallory")]
#[case::requester_is_null("requested_by: dana", "requested_by: ~", "requested_by|null|empty")]
#[case::unknown_access_type("role_additions", "role_addition", "role_additions")]
#[case::a_list("name: A change\n", "- name: A change\n", "")]
fn a_wrong_text_is_refused(#[case] from: &str, #[case] to: &str, #[case] word: &str) {
    assert!(GOOD.contains(from), "{from:?}");
    let workspace = world();
    workspace.approved("bad", &GOOD.replacen(from, to, 1));
    is_refused(&workspace, "requests/bad.yaml", word);
    let run = workspace.run(&["validate"]).exits(3);
    let shown = run.out + &run.err;
    assert!(
        !shown.contains(['\x07', '\x1b', '\x7f', '\u{9b}', '\u{202e}', '\u{2028}']),
        "{shown:?}"
    );
}

#[rstest]
#[case::largest_text(4000, true)]
#[case::one_character_more(4001, false)]
fn a_text_has_at_most_4000_characters(#[case] length: usize, #[case] fits: bool) {
    let workspace = world();
    let text = GOOD.replace("HR-1204", &"é".repeat(length));
    workspace.request("long", &text);
    workspace.run(&["validate"]).exits(if fits { 0 } else { 3 });
    let status = if fits { "pending_approval" } else { "invalid" };
    assert_eq!(workspace.status("long")["status"], status);
}

#[rstest]
#[case::most_employees(1000, true)]
#[case::one_too_many(1001, false)]
fn a_request_has_at_most_1000_employees(#[case] count: usize, #[case] fits: bool) {
    let workspace = world();
    let ids: Vec<String> = (0..count)
        .map(|n| format!("{{id: e{n}, name: E}}"))
        .collect();
    let text = GOOD.replace("[sam.reyes]", &format!("[{}]", ids.join(", ")));
    workspace.request("many", &text);
    workspace.run(&["validate"]).exits(if fits { 0 } else { 3 });
    let status = if fits { "pending_approval" } else { "invalid" };
    assert_eq!(workspace.status("many")["status"], status);
}

#[rstest]
#[case::most_roles(500, true)]
#[case::one_too_many(501, false)]
fn a_request_has_at_most_500_roles(#[case] count: usize, #[case] fits: bool) {
    let workspace = world();
    let ids: Vec<String> = (0..count).map(|n| format!("r{n}")).collect();
    let lines: Vec<_> = ids
        .iter()
        .map(|id| format!("  {id}: {{name: R}}\n"))
        .collect();
    let catalogue = lines.concat();
    workspace.write("rolecall.yaml", format!("{SETTINGS}{catalogue}"));
    let text = GOOD.replace("[ap-clerk]", &format!("[{}]", ids.join(", ")));
    workspace.request("many", &text);
    workspace.run(&["validate"]).exits(if fits { 0 } else { 3 });
    let status = if fits { "pending_approval" } else { "invalid" };
    assert_eq!(workspace.status("many")["status"], status);
}

#[test]
fn a_quoted_merge_key_is_an_unknown_key() {
    let workspace = crate::support::Workspace::new();
    workspace.request("quoted", &format!("{GOOD}\"<<\": {{name: Other}}\n"));
    let run = workspace.run(&["validate"]).exits(3);
    matches(&run.out, "`<<` is not a key");
}
