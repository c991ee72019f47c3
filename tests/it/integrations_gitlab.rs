//! The GitLab template: what its jobs do, run as they stand in `integrations/gitlab/.gitlab-ci.yml`.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::Run;
use crate::support::git::merge_settings;
use crate::support::hub::TOKEN;
use crate::support::jobs::World;
use crate::support::worlds::addition;

const REQUEST: &str = "CI_MERGE_REQUEST_TARGET_BRANCH_NAME";

fn settings() -> String {
    format!(
        "{}separation_of_duties:\n- {{id: clerk-and-payer, roles: [ap-clerk, ap-payer], action: deny}}\n",
        merge_settings()
    )
}

/// A branch as GitLab checks it out: a commit, not what merging would give.
fn checkout_of_topic(world: &World) -> std::path::PathBuf {
    let path = world.checkout("merge-request");
    let there = path.to_str().expect("UTF-8");
    world
        .author
        .git(&["-C", there, "switch", "--quiet", "--detach", "origin/topic"]);
    path
}

fn note(world: &World, checkout: &Path) -> Run {
    let url = world.hub.url();
    let variables = [
        ("CI_API_V4_URL", url.as_str()),
        ("CI_PROJECT_ID", "5"),
        ("CI_MERGE_REQUEST_IID", "7"),
        ("NOTE_TOKEN", TOKEN),
    ];
    world.gitlab("note", checkout, &variables)
}

#[test]
fn the_plan_of_a_merge_request_is_that_of_the_merge_and_its_findings_are_a_quality_report() {
    let world = World::new(&settings());
    world.install();
    world.propose(&[
        (
            "requests/broken.yaml",
            &addition("[sam.reyes]", "[no-such-role]"),
        ),
        (
            "requests/grant.yaml",
            &addition("[sam.reyes]", "[payroll-viewer]"),
        ),
    ]);
    world.merge(&[(
        "requests/later.yaml",
        &addition("[jane.doe]", "[vendor-admin]"),
    )]);
    let checkout = checkout_of_topic(&world);
    world
        .gitlab("plan", &checkout, &[(REQUEST, "main")])
        .exits(3);
    let plan = fs::read_to_string(checkout.join("rolecall-plan.md")).expect("a plan");
    assert!(plan.starts_with("<!-- rolecall:plan -->\n"), "{plan}");
    assert!(plan.contains("payroll-viewer"), "{plan}");
    assert!(
        plan.contains("vendor-admin"),
        "it is on top of main: {plan}"
    );
    let report =
        fs::read_to_string(checkout.join("gl-code-quality-report.json")).expect("a report");
    let report: Value = serde_json::from_str(&report).expect("it is JSON");
    let finding = report
        .as_array()
        .expect("a list")
        .iter()
        .find(|finding| finding["location"]["path"] == "requests/broken.yaml")
        .expect("the finding");
    assert_eq!(finding["severity"], "critical");
    assert_eq!(finding["location"]["lines"]["begin"], 6);
    for key in ["description", "check_name", "fingerprint"] {
        assert!(finding[key].as_str().is_some_and(|text| !text.is_empty()));
    }
}

#[test]
fn a_merge_request_that_changes_the_state_or_cannot_be_merged_fails() {
    let world = World::new(&settings());
    world.install();
    let state = world.author.read("state/state.yaml");
    world.propose(&[(
        "state/state.yaml",
        &state.replace("    - vendor-admin\n", ""),
    )]);
    let checkout = checkout_of_topic(&world);
    world
        .gitlab("plan", &checkout, &[(REQUEST, "main")])
        .exits(3)
        .says("which only the reconciler writes");
    world.merge(&[(
        "state/state.yaml",
        &state.replace("    - vendor-admin\n", "    - ap-clerk\n"),
    )]);
    world
        .gitlab("plan", &checkout, &[(REQUEST, "main")])
        .exits(1)
        .says("resolve the conflicts first");
}

#[test]
fn a_second_note_replaces_the_first_and_no_line_is_a_quick_action() {
    let world = World::new(&settings());
    let checkout = world.path("temp");
    for number in 0..120 {
        world.hub.comment("dana", &format!("remark {number}"));
    }
    let plan = "<!-- rolecall:plan -->\n/approve\n  /merge \"now\" $(touch x)\n| a/b |\n";
    fs::write(checkout.join("rolecall-plan.md"), plan).expect("the plan is written");
    note(&world, &checkout).exits(0);
    let after = world.hub.comments();
    assert_eq!(after.len(), 121);
    assert_eq!(
        after[120].body,
        "<!-- rolecall:plan -->\n\\/approve\n  \\/merge \"now\" $(touch x)\n| a/b |\n"
    );
    let again = "<!-- rolecall:plan -->\nanother plan\n";
    fs::write(checkout.join("rolecall-plan.md"), again).expect("the plan is written");
    note(&world, &checkout).exits(0);
    let after = world.hub.comments();
    assert_eq!(after.len(), 121);
    assert_eq!(after[120].body, again);
    let arguments = world.arguments_of_curl();
    assert!(
        arguments.contains("--request"),
        "curl was asked: {arguments}"
    );
    assert!(!arguments.contains(TOKEN), "{arguments}");
}

#[test]
fn what_is_approved_is_pushed_with_a_token_that_stands_nowhere() {
    let world = World::new(&settings());
    world.install();
    world.merge(&[
        (
            "requests/denied.yaml",
            &addition("[jane.doe]", "[ap-payer]"),
        ),
        (
            "requests/grant.yaml",
            &addition("[sam.reyes]", "[payroll-viewer]"),
        ),
    ]);
    let checkout = world.checkout("main");
    let there = checkout.to_str().expect("UTF-8");
    world
        .author
        .git(&["-C", there, "switch", "--quiet", "--detach"]);
    world.merge(&[("notes.txt", "the branch has gone on\n")]);
    let project = format!("{}/acme/access", world.hub.url());
    let reconcile = |token: &str| {
        let variables = [
            ("CI_DEFAULT_BRANCH", "main"),
            ("CI_PROJECT_URL", project.as_str()),
            ("PUSH_TOKEN", token),
        ];
        // What the runner left is how it fetches; the push is over HTTP.
        let from = crate::support::hub::bare(&world.served());
        let from = from.to_str().expect("UTF-8");
        world
            .author
            .git(&["-C", there, "remote", "set-url", "origin", from]);
        world.gitlab("reconcile", &checkout, &variables)
    };
    reconcile("wrong").exits(1);
    assert!(!world.tip("state/state.yaml").contains("payroll-viewer"));
    // One employee's change is denied: the job says so, and has pushed the rest.
    reconcile(TOKEN).exits(7);
    assert!(world.tip("state/state.yaml").contains("payroll-viewer"));
    assert!(world.subjects()[0].starts_with("rolecall: "));
    let configuration = fs::read_to_string(checkout.join(".git/config")).expect("a configuration");
    assert!(!configuration.contains(TOKEN), "{configuration}");
}
