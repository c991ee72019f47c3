//! Section 11: input that is too large, too deep, too clever, or not a file at all.

use std::os::unix::fs::symlink;
use std::process::Command;

use rstest::rstest;

use crate::support::worlds::{addition, ended, findings, matches, start};
use crate::support::{SETTINGS, STATE, Workspace};

const GOOD: &str = "name: A change
change_overview: HR-1204
access_type: role_additions
requested_by: dana
affected_employees: [sam.reyes]
affected_roles: [ap-clerk]
";

/// A world with a good request beside the bad one.
fn world() -> Workspace {
    let workspace = Workspace::new();
    workspace.approved("good", &addition("[jane.doe]", "[payroll-viewer]"));
    workspace
}

/// Asserts that one file is in error for the reason given, and that the good request runs.
#[track_caller]
fn is_refused(workspace: &Workspace, path: &str, word: &str) {
    let report = ended(start(workspace.command(&["validate", "--format", "json"])))
        .exits(3)
        .json();
    let errors = findings(&report, "error", path);
    assert!(!errors.is_empty(), "nothing about {path} in {report:#}");
    let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
    matches(&text.join("\n"), word);
    ended(start(workspace.command(&["reconcile"]))).exits(3);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "payroll-viewer"]);
    assert_eq!(workspace.roles("sam.reyes"), ["ap-payer", "vendor-admin"]);
}

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
#[case::empty(b"", "empty|name")]
#[case::only_a_comment(b"# nothing\n", "empty|name")]
#[case::only_nul(b"\0\0\0\0", "")]
#[case::invalid_utf8(b"name: A\xffchange\n", "UTF-8")]
#[case::utf16(b"\xff\xfen\0a\0m\0e\0", "UTF-8|byte order")]
#[case::overlong_utf8(b"name: \xc0\xaf\n", "UTF-8")]
#[case::surrogate(b"name: \xed\xa0\x80\n", "UTF-8")]
#[case::a_scalar(b"hello\n", "")]
fn a_file_that_is_no_request_is_refused(#[case] bytes: &[u8], #[case] word: &str) {
    let workspace = world();
    workspace.write("requests/bad.yaml", bytes);
    is_refused(&workspace, "requests/bad.yaml", word);
}

#[rstest]
#[case::largest(64 * 1024, true)]
#[case::one_byte_more(64 * 1024 + 1, false)]
#[case::giant(8 * 1024 * 1024, false)]
fn a_request_has_at_most_64_kib(#[case] size: usize, #[case] fits: bool) {
    let workspace = world();
    let mut text = GOOD.to_owned();
    text.push('#');
    text.extend(std::iter::repeat_n('x', size - text.len() - 1));
    text.push('\n');
    assert_eq!(text.len(), size);
    workspace.request("big", &text);
    if fits {
        workspace.run(&["validate"]).exits(0);
    } else {
        is_refused(&workspace, "requests/big.yaml", "64 ?KiB|65,?536|large|big");
    }
}

#[rstest]
#[case::largest_text(4000, true)]
#[case::one_character_more(4001, false)]
fn a_text_has_at_most_4000_characters(#[case] length: usize, #[case] fits: bool) {
    let workspace = world();
    let text = GOOD.replace("HR-1204", &"é".repeat(length));
    workspace.request("long", &text);
    workspace.run(&["validate"]).exits(if fits { 0 } else { 3 });
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
}

#[rstest]
#[case::most_roles(500, true)]
#[case::one_too_many(501, false)]
fn a_request_has_at_most_500_roles(#[case] count: usize, #[case] fits: bool) {
    let workspace = world();
    let ids: Vec<String> = (0..count).map(|n| format!("r{n}")).collect();
    let catalogue: String = ids
        .iter()
        .map(|id| format!("  {id}: {{name: R}}\n"))
        .collect();
    workspace.write("rolecall.yaml", format!("{SETTINGS}{catalogue}"));
    let text = GOOD.replace("[ap-clerk]", &format!("[{}]", ids.join(", ")));
    workspace.request("many", &text);
    workspace.run(&["validate"]).exits(if fits { 0 } else { 3 });
}

#[rstest]
#[case::space("plan ted")]
#[case::leading_dash("-planted")]
#[case::not_ascii("plantéd")]
#[case::look_alike("pl\u{0430}nted")]
#[case::at_sign("plan@ted")]
#[case::line_break("plan\nted")]
#[case::escape("plan\x1b[31mted")]
#[case::too_long(&"p".repeat(101))]
fn a_file_name_that_is_no_id_is_refused(#[case] id: &str) {
    let workspace = world();
    workspace.approved(id, GOOD);
    let run = workspace.run(&["reconcile"]).exits(3);
    let shown = run.out + &run.err;
    matches(&shown, r"id|name");
    assert!(!shown.contains('\x1b'), "{shown:?}");
    assert_eq!(workspace.roles("sam.reyes"), ["ap-payer", "vendor-admin"]);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "payroll-viewer"]);
}

#[test]
fn an_id_of_100_characters_is_fine() {
    let workspace = world();
    workspace.approved(&"p".repeat(100), GOOD);
    workspace.reconcile();
    assert_eq!(
        workspace.roles("sam.reyes"),
        ["ap-clerk", "ap-payer", "vendor-admin"]
    );
}

#[rstest]
#[case::same_id_in_two_folders("a/twin.yaml", "b/twin.yaml")]
#[case::other_ending("twin.yaml", "twin.yml")]
#[case::other_case_in_another_folder("a/twin.yaml", "b/Twin.yaml")]
fn an_id_is_unique_over_the_whole_tree(#[case] first: &str, #[case] second: &str) {
    let workspace = world();
    for (path, role) in [(first, "ap-clerk"), (second, "payroll-viewer")] {
        let text = GOOD.replace("ap-clerk", role) + crate::support::APPROVED;
        workspace.write(&format!("requests/{path}"), text);
    }
    let run = workspace.run(&["reconcile"]).exits(3);
    let shown = run.out + &run.err;
    assert!(shown.contains(first) && shown.contains(second), "{shown}");
    assert_eq!(workspace.roles("sam.reyes"), ["ap-payer", "vendor-admin"]);
    assert_eq!(workspace.roles("jane.doe"), ["ap-clerk", "payroll-viewer"]);
}

#[rstest]
#[case::hidden_file("requests/.hidden.yaml")]
#[case::hidden_folder("requests/.hidden/bad.yaml")]
#[case::other_ending("requests/notes.txt")]
#[case::backup("requests/good.yaml~")]
#[case::json("requests/bad.json")]
#[case::capital_ending("requests/README.md")]
fn hidden_files_and_other_endings_are_left_alone(#[case] path: &str) {
    let workspace = world();
    workspace.write(path, "name: [\n");
    workspace.run(&["validate"]).exits(0);
    workspace.reconcile();
}

#[test]
fn windows_line_ends_are_fine() {
    let workspace = world();
    workspace.approved("windows", GOOD);
    let text = workspace
        .read("requests/windows.yaml")
        .replace('\n', "\r\n");
    workspace.request("windows", &text);
    workspace.reconcile();
    assert_eq!(workspace.status("windows")["status"], "complete");
}

#[rstest]
#[case::to_a_good_request("bad.yaml", "elsewhere.yaml")]
#[case::to_the_system("bad.yaml", "/etc/passwd")]
#[case::to_nothing("bad.yaml", "nowhere")]
#[case::to_itself("bad.yaml", "bad.yaml")]
#[case::to_a_device("bad.yaml", "/dev/zero")]
#[case::to_a_folder("folder", "../elsewhere")]
#[case::to_its_parent("folder", "..")]
fn a_link_is_named_and_not_followed(#[case] name: &str, #[case] target: &str) {
    let workspace = world();
    let text = format!("{GOOD}{}", crate::support::APPROVED);
    workspace.write("elsewhere/inside.yaml", &text);
    workspace.write("elsewhere.yaml", &text);
    let target = if target == "elsewhere.yaml" {
        "../elsewhere.yaml"
    } else {
        target
    };
    symlink(target, workspace.path().join("requests").join(name)).expect("a link");
    is_refused(&workspace, &format!("requests/{name}"), "link");
    let report = workspace.run(&["validate", "--format", "json"]).json();
    assert!(!report.to_string().contains("root:"), "{report:#}");
}

#[test]
fn a_pipe_is_named_and_does_not_hang() {
    let workspace = world();
    let path = workspace.path().join("requests/bad.yaml");
    let made = Command::new("mkfifo")
        .arg(&path)
        .status()
        .expect("mkfifo starts");
    assert!(made.success());
    is_refused(&workspace, "requests/bad.yaml", "pipe|fifo|regular");
    for arguments in [&["plan"][..], &["status"], &["verify"]] {
        ended(start(workspace.command(arguments)));
    }
}

#[rstest]
#[case::settings("rolecall.yaml")]
#[case::state("state/state.yaml")]
fn a_pipe_in_place_of_a_file_does_not_hang(#[case] path: &str) {
    let workspace = world();
    let path = workspace.path().join(path);
    std::fs::remove_file(&path).expect("the file goes");
    let made = Command::new("mkfifo")
        .arg(&path)
        .status()
        .expect("mkfifo starts");
    assert!(made.success());
    for arguments in [&["reconcile"][..], &["validate"], &["plan"]] {
        assert_ne!(ended(start(workspace.command(arguments))).code, 0);
    }
}

#[rstest]
#[case::repeated_key("organization: Again\n")]
#[case::repeated_escaped_key("\"org\\x61nization\": Again\n")]
#[case::repeated_role("  ap-clerk: {name: Again}\n")]
#[case::role_in_another_case("  AP-clerk: {name: Again}\n")]
#[case::anchor("drift: &x record\n")]
#[case::alias("drift: *x\n")]
#[case::merge_key("<<: {drift: record}\n")]
#[case::tag("drift: !!str record\n")]
#[case::second_document("---\nversion: 1\n")]
#[case::boolean("approval: {block_own: no}\n")]
#[case::null_key("~: x\n")]
#[case::too_deep("forms: {a: {fields: {b: {one_of: [[[[[x]]]]]}}}}\n")]
fn the_same_limits_hold_for_the_settings(#[case] more: &str) {
    let workspace = world();
    workspace.write("rolecall.yaml", format!("{SETTINGS}{more}"));
    let before = workspace.state_files();
    workspace.run(&["reconcile"]).exits(3).says("rolecall.yaml");
    assert_eq!(workspace.state_files(), before);
}

#[rstest]
#[case::byte_order_mark(&format!("\u{feff}{SETTINGS}"))]
#[case::directive(&format!("%YAML 1.2\n---\n{SETTINGS}"))]
#[case::too_large(&format!("{SETTINGS}#{}\n", "x".repeat(8 * 1024 * 1024)))]
fn settings_are_plain_and_at_most_8_mib(#[case] text: &str) {
    let workspace = world();
    workspace.write("rolecall.yaml", text);
    workspace.run(&["reconcile"]).exits(3).says("rolecall.yaml");
}

#[test]
fn settings_may_be_larger_than_a_request() {
    let workspace = world();
    workspace.write(
        "rolecall.yaml",
        format!("{SETTINGS}#{}\n", "x".repeat(1024 * 1024)),
    );
    workspace.reconcile();
}

#[rstest]
#[case::repeated_employee(&format!("{STATE}  jane.doe: {{name: Jane}}\n"))]
#[case::unknown_key(&format!("{STATE}    rolls: []\n"))]
#[case::impossible_id("version: 1\nemployees:\n  ../x: {name: X}\n")]
#[case::employees_that_differ_only_in_case(&format!("{STATE}  Jane.Doe: {{name: Jane}}\n"))]
#[case::broken("version: 1\nemployees: {\n")]
#[case::no_map("hello\n")]
fn a_broken_state_by_hand_stops_everything(#[case] state: &str) {
    let workspace = world();
    workspace.write("state/state.yaml", state);
    let before = workspace.state_files();
    workspace.run(&["reconcile"]).exits(3).says("state.yaml");
    assert_eq!(workspace.state_files(), before);
}
