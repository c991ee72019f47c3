//! The machine's zone, zone files, language and home change no answer.

use rstest::rstest;

use crate::support::worlds::{addition, ended, loan, reduction, start};
use crate::support::{Run, Workspace};

fn world() -> Workspace {
    let workspace = Workspace::new();
    workspace.approved("a-now", &addition("[jane.doe]", "[ap-payer]"));
    let dated = "offboarding_date: 2026-11-30\noffboarding_time: 05:30 pm\n";
    workspace.approved("b-later", &(reduction("[sam.reyes]", "[ap-payer]") + dated));
    let zone = "timezone: Europe/Paris\n";
    workspace.approved(
        "c-paris",
        &(loan("[sam.reyes]", "[ap-clerk]", "2027-03-28") + zone),
    );
    let zone = "start_date: 2026-12-01\ntimezone: US/Pacific\n";
    workspace.approved(
        "d-old-name",
        &(addition("[sam.reyes]", "[payroll-viewer]") + zone),
    );
    workspace
}

fn outputs(environment: &[(&str, &str)]) -> Vec<String> {
    let workspace = world();
    [
        &["validate"][..],
        &["plan"],
        &["plan", "--format", "json"],
        &["plan", "--format", "markdown"],
        &["plan", "--format", "json", "--at", "2026-12-01T01:30:00Z"],
        &["reconcile", "--format", "json"],
        &["status"],
        &["status", "--format", "json"],
        &["roles", "sam.reyes", "jane.doe"],
        &["explain", "jane.doe", "ap-payer"],
        &["log"],
        &["log", "--csv"],
        &["log", "--format", "json"],
        &["verify"],
    ]
    .iter()
    .map(|arguments| {
        let mut command = workspace.command(arguments);
        command.envs(environment.iter().copied());
        let run: Run = ended(start(command)).exits(0);
        let silent = run.out.is_empty() && run.err.is_empty();
        assert!(
            !silent || arguments[0] == "validate",
            "{arguments:?} says something"
        );
        format!("{arguments:?}\n{}\n{}", run.out, run.err)
    })
    .collect()
}

#[rstest]
#[case::another_zone("TZ", "Asia/Kathmandu")]
#[case::a_far_zone("TZ", "Pacific/Kiritimati")]
#[case::nonsense("TZ", "Nowhere/At_All")]
#[case::empty("TZ", "")]
#[case::a_path("TZ", ":/etc/passwd")]
#[case::a_rule("TZ", "XYZ-25:99")]
#[case::no_zone_files("TZDIR", "/nonexistent")]
#[case::a_file_for_zone_files("TZDIR", "/etc/passwd")]
#[case::a_language("LANG", "tr_TR.UTF-8")]
#[case::all_of_a_language("LC_ALL", "C")]
#[case::no_colour("NO_COLOR", "1")]
#[case::a_terminal("TERM", "dumb")]
#[case::a_narrow_terminal("COLUMNS", "20")]
#[case::a_home("HOME", "/")]
#[case::a_user("USER", "mallory")]
fn the_environment_changes_no_output(#[case] name: &str, #[case] value: &str) {
    assert_eq!(outputs(&[(name, value)]), outputs(&[]));
}

#[test]
fn zone_and_zone_files_together_change_no_output() {
    let nonsense = [("TZ", "Nowhere/At_All"), ("TZDIR", "/nonexistent")];
    assert_eq!(outputs(&nonsense), outputs(&[]));
}

#[test]
fn the_start_of_daylight_saving_time_is_the_zones_own() {
    let workspace = world();
    let ends = "2027-03-28T22:00:00Z";
    workspace.reconcile();
    let sam = workspace.employee("sam.reyes");
    assert_eq!(sam["temporary"][0]["until"], ends);
    assert_eq!(
        workspace.status("d-old-name")["due"]["utc"],
        "2026-12-01T08:00:00Z"
    );
    assert_eq!(
        workspace.status("b-later")["due"]["utc"],
        "2026-11-30T22:30:00Z"
    );
}
