//! Section 11: how much fits, to the last character. What is refused otherwise is in the table of hostile input.

use rstest::rstest;

use crate::support::SETTINGS;
use crate::support::hostile::{GOOD, world};

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
