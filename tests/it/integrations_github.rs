//! The GitHub action: what its steps do, run as they stand in `integrations/github/`.

use std::fs;
use std::process::Command;

use crate::support::git::merge_settings;
use crate::support::hub::{ACCOUNT, TOKEN};
use crate::support::jobs::{World, text, yaml};
use crate::support::shapes::sha256;
use crate::support::worlds::{addition, reduction};
use crate::support::{Run, program};

/// Settings under which Jane, who is a clerk, cannot be a payer.
fn settings() -> String {
    format!(
        "{}separation_of_duties:\n- {{id: clerk-and-payer, roles: [ap-clerk, ap-payer], action: deny}}\nlimits: {{removals: 1}}\n",
        merge_settings()
    )
}

fn check(world: &mut World, checkout: &std::path::Path, more: &[(&str, &str)]) -> Run {
    world.install();
    world.set("GITHUB_BASE_REF", "main");
    let program = program();
    let inputs = [&[("command", "check"), ("binary", text(&program))], more].concat();
    world.action(checkout, &inputs)
}

fn reconcile(world: &mut World, name: &str, more: &[(&str, &str)]) -> Run {
    let checkout = world.checkout(name);
    let program = program();
    let inputs = [
        &[("command", "reconcile"), ("binary", text(&program))],
        more,
    ]
    .concat();
    world.action(&checkout, &inputs)
}

fn comment(world: &mut World, report: &str) -> Run {
    let checkout = world.path("temp");
    let file = world.path("temp/report.md");
    fs::write(&file, report).expect("the report is written");
    let inputs = [
        ("command", "comment"),
        ("report", text(&file)),
        ("pull-request", "7"),
        ("token", TOKEN),
    ];
    world.action(&checkout, &inputs)
}

#[test]
fn a_check_shows_what_merging_would_do() {
    let mut world = World::new(&settings());
    world.propose(&[(
        "requests/grant.yaml",
        &addition("[sam.reyes]", "[payroll-viewer]"),
    )]);
    // The protected branch has gone on since.
    world.merge(&[("notes.txt", "something else\n")]);
    let checkout = world.checkout_of_pull_request("pull");
    check(&mut world, &checkout, &[]).exits(0);
    let report = fs::read_to_string(checkout.join("rolecall-plan.md")).expect("a report");
    assert!(report.starts_with("<!-- rolecall:plan -->\n"), "{report}");
    assert!(report.contains("payroll-viewer"), "{report}");
    assert_eq!(world.written("summary"), report);
    assert!(world.written("output").contains("exit-code=0\n"));
}

#[test]
fn a_check_of_a_broken_request_fails_with_an_annotation_and_a_plan_of_the_others() {
    let mut world = World::new(&settings());
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
    let checkout = world.checkout_of_pull_request("pull");
    check(&mut world, &checkout, &[])
        .exits(3)
        .says("::error file=requests/broken.yaml,line=6");
    assert!(world.written("summary").contains("payroll-viewer"));
    assert!(world.written("output").contains("exit-code=3\n"));
}

#[test]
fn a_check_of_broken_settings_reports_that_there_is_no_plan() {
    let mut world = World::new(&settings());
    world.propose(&[("rolecall.yaml", "version: 1\nnonsense: true\n")]);
    let checkout = world.checkout_of_pull_request("pull");
    check(&mut world, &checkout, &[])
        .exits(3)
        .says("::error file=rolecall.yaml");
    let summary = world.written("summary");
    assert!(summary.starts_with("<!-- rolecall:plan -->\n"), "{summary}");
    assert!(summary.contains("exit code 3"), "{summary}");
}

#[test]
fn what_is_uploaded_to_code_scanning_has_the_findings_and_is_no_failure() {
    let world = World::new(&settings());
    world.install();
    world.merge(&[("requests/broken.yaml", "name: broken\n")]);
    let checkout = world.checkout("main");
    let workflow = yaml("integrations/github/workflows/scan.yml");
    let steps = workflow["jobs"]["scan"]["steps"].as_array().expect("steps");
    let scripts: Vec<_> = steps
        .iter()
        .filter_map(|step| step["run"].as_str())
        .collect();
    let [script] = scripts[..] else {
        panic!("one script: {scripts:?}");
    };
    world
        .run(&["bash", "-e", "-c"], script, &checkout, &[])
        .exits(0);
    let sarif = fs::read_to_string(checkout.join("rolecall.sarif")).expect("a file");
    assert!(sarif.contains("requests/broken.yaml"), "{sarif}");
}

#[test]
fn a_pull_request_that_changes_the_state_is_refused_unless_that_is_allowed() {
    let mut world = World::new(&settings());
    let state = world.author.read("state/state.yaml");
    let edited = state.replace("    - vendor-admin\n", "");
    world.propose(&[("state/state.yaml", &edited)]);
    let checkout = world.checkout_of_pull_request("pull");
    check(&mut world, &checkout, &[])
        .exits(3)
        .says("state/ is the reconciler's");
    check(&mut world, &checkout, &[("state-changes", "allow")]).exits(0);
}

#[test]
fn text_of_a_request_is_not_taken_for_a_command_of_the_runner() {
    let mut world = World::new(&settings());
    let hostile = addition("[sam.reyes]", "[payroll-viewer]")
        .replace("name: A change", "name: '::add-mask::main'")
        .replace(
            "change_overview: HR-1204",
            "change_overview: \"x\\n::error::planted\"",
        );
    world.propose(&[("requests/grant.yaml", &hostile)]);
    let checkout = world.checkout_of_pull_request("pull");
    let run = check(&mut world, &checkout, &[]).exits(0);
    let mut stopped: Option<String> = None;
    for line in run.out.lines().map(str::trim_start) {
        match &stopped {
            Some(token) if line == format!("::{token}::") => stopped = None,
            Some(_) => {}
            None if line.starts_with("::stop-commands::") => {
                let (_, token) = line.rsplit_once("::").expect("a token");
                assert_eq!(token.len(), 32, "{line}");
                stopped = Some(token.to_owned());
            }
            None => assert!(!line.starts_with("::add-mask") && !line.contains("planted")),
        }
    }
    assert_eq!(stopped, None, "commands are let through again");
}

#[test]
fn a_second_comment_replaces_the_first_also_behind_more_than_a_page_of_others() {
    let mut world = World::new(&settings());
    for number in 0..150 {
        world.hub.comment("dana-fox", &format!("remark {number}"));
    }
    // Somebody who wants to be overwritten, or believed.
    world
        .hub
        .comment("mallory", "<!-- rolecall:plan -->\nnothing to see");
    let hostile = "<!-- rolecall:plan -->\n\"quotes\" `touch x` $(touch x) ${{ secrets.X }} \\n \\\" 'single' & % {\"body\": 1} ä 🦀\t|\n\
                   @file\n-H x\n";
    comment(&mut world, hostile).exits(0);
    let after = world.hub.comments();
    assert_eq!(after.len(), 152);
    assert_eq!(after[151].body, hostile);
    for number in 0..100 {
        world.hub.comment("dana-fox", &format!("more {number}"));
    }
    world.hub.asked();
    comment(&mut world, "<!-- rolecall:plan -->\nanother plan\n").exits(0);
    let asked = world.hub.asked();
    assert_eq!(
        asked,
        [
            "GET /repos/acme/access/issues/7/comments?per_page=100&page=1",
            "GET /repos/acme/access/issues/7/comments?per_page=100&page=2",
            "PATCH /repos/acme/access/issues/comments/152?",
        ]
    );
    let after = world.hub.comments();
    assert_eq!(after.len(), 252);
    assert_eq!(after[151].by, ACCOUNT);
    assert_eq!(after[151].body, "<!-- rolecall:plan -->\nanother plan\n");
    assert!(after[150].body.contains("nothing to see"));
    let arguments = world.arguments_of_curl();
    assert!(arguments.contains("--url"), "curl was asked: {arguments}");
    assert!(!arguments.contains(TOKEN), "{arguments}");
}

#[test]
fn a_report_without_the_marker_is_not_written_and_a_refusal_is_shown() {
    let mut world = World::new(&settings());
    comment(&mut world, "anything\n")
        .exits(1)
        .says("does not begin with");
    let temp = world.path("temp");
    let report = world.path("temp/report.md");
    fs::write(&report, "<!-- rolecall:plan -->\n").expect("the report is written");
    let inputs = [
        ("command", "comment"),
        ("report", text(&report)),
        ("pull-request", "7"),
        ("token", "wrong"),
    ];
    world
        .action(&temp, &inputs)
        .exits(1)
        .says("401 Unauthorized");
    assert_eq!(world.hub.comments(), []);
}

#[test]
fn what_is_approved_is_pushed_and_a_second_run_pushes_nothing() {
    let mut world = World::new(&settings());
    world.merge(&[(
        "requests/grant.yaml",
        &addition("[sam.reyes]", "[payroll-viewer]"),
    )]);
    reconcile(&mut world, "first", &[]).exits(0);
    assert!(world.tip("state/state.yaml").contains("payroll-viewer"));
    let subjects = world.subjects();
    assert!(subjects[0].starts_with("rolecall: "), "{subjects:?}");
    assert!(world.written("output").contains("exit-code=0\n"));
    reconcile(&mut world, "second", &[]).exits(0);
    assert_eq!(world.subjects(), subjects);
}

#[test]
fn what_was_done_is_pushed_also_where_something_failed_or_is_broken() {
    let mut world = World::new(&settings());
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
    reconcile(&mut world, "first", &[])
        .exits(7)
        .says("::error title=rolecall, exit code 7::");
    assert!(world.tip("state/state.yaml").contains("payroll-viewer"));
    reconcile(&mut world, "second", &[("tolerate", "7")])
        .exits(0)
        .says("::warning title=rolecall, exit code 7::");
    world.merge(&[
        ("requests/broken.yaml", "name: [\n"),
        (
            "requests/more.yaml",
            &addition("[sam.reyes]", "[ap-clerk-x]").replace("ap-clerk-x", "vendor-admin"),
        ),
        (
            "requests/root.yaml",
            &addition("[root.admin]", "[vendor-admin]"),
        ),
    ]);
    reconcile(&mut world, "third", &[("tolerate", "7")]).exits(3);
    let state = world.tip("state/state.yaml");
    assert_eq!(state.matches("- vendor-admin").count(), 2, "{state}");
}

#[test]
fn a_plan_over_a_limit_is_pushed_once_its_digest_is_given() {
    let mut world = World::new(&settings());
    world.merge(&[(
        "requests/take.yaml",
        &reduction("[sam.reyes]", "[ap-payer, vendor-admin]"),
    )]);
    let subjects = world.subjects();
    let run = reconcile(&mut world, "first", &[]).exits(4);
    assert_eq!(world.subjects(), subjects, "nothing was done");
    assert!(world.written("summary").contains("exit code 4"));
    let (_, rest) = run.err.split_once("--confirm ").unwrap_or_else(|| {
        let (_, rest) = run.out.split_once("--confirm ").expect("how to confirm");
        ("", rest)
    });
    let digest = rest.split_whitespace().next().expect("a digest");
    reconcile(&mut world, "second", &[("confirm", "--dry-run")])
        .exits(4)
        .says("is not a digest");
    reconcile(&mut world, "third", &[("confirm", digest)]).exits(0);
    assert_ne!(world.subjects(), subjects);
    assert!(!world.tip("state/state.yaml").contains("- vendor-admin"));
}

#[test]
fn a_release_is_installed_only_with_a_digest_that_is_known() {
    let mut world = World::new(&settings());
    let version = env!("CARGO_PKG_VERSION");
    let name = format!("rolecall-{version}-x86_64-unknown-linux-gnu.tar.gz");
    let folder = world
        .served()
        .join(format!("acme/rolecall/releases/download/v{version}"));
    let package = crate::support::jobs::root().join("scripts/package");
    let mut command = Command::new(package);
    command.args([text(&program()), "x86_64-unknown-linux-gnu", text(&folder)]);
    let output = command.output().expect("the package is made");
    assert!(output.status.success(), "{output:?}");
    let archive = fs::read(folder.join(&name)).expect("the archive");
    let inside = Command::new("tar")
        .args(["-xzOf", text(&folder.join(&name)), "--wildcards"])
        .args(["*/man/rolecall-plan.1", "*/completions/rolecall.*"])
        .output()
        .expect("tar starts");
    let inside = String::from_utf8(inside.stdout).expect("UTF-8");
    assert!(inside.contains(".TH") && inside.contains("rolecall"));
    assert!(!inside.contains("/tmp"), "no path of this machine");
    let digest = sha256(&archive);
    let digest = digest.trim_start_matches("sha256:");
    let temp = world.path("temp");
    let mut install = |checksums: &str| {
        let inputs = [
            ("version", version),
            ("repository", "acme/rolecall"),
            ("checksums", checksums),
        ];
        world.action(&temp, &inputs)
    };
    let wrong = format!("{}  {name}\n", digest.replace(&digest[..1], "f"));
    let wrong = if wrong.starts_with(digest) {
        wrong.replace('f', "0")
    } else {
        wrong
    };
    install(&wrong).exits(1).says("has the digest");
    install("").exits(1).says("has no line for");
    install(&format!("{digest}  other.tar.gz\n"))
        .exits(1)
        .says("has no line for");
    assert!(!temp.join("path").exists(), "nothing is on the path");
    install(&format!(
        "{}  other.tar.gz\n{digest}  {name}\n",
        "0".repeat(64)
    ))
    .exits(0)
    .says(&format!("rolecall {version}"));
    let run = world.run(&["bash", "-ec"], "command -v rolecall", &temp, &[]);
    assert!(run.out.contains("rolecall-bin/rolecall"), "{run:?}");
}
