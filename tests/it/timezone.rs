//! The time-zone database is the one that is built in, and it is a recent one.

use rstest::rstest;

use crate::support::Workspace;
use crate::support::worlds::{ended, reduction, start};

/// British Columbia keeps its summer time from 2026 on; older databases have 01:00 UTC.
#[rstest]
#[case::as_it_is(&[])]
#[case::another_zone(&[("TZ", "America/Vancouver"), ("TZDIR", "/usr/share/zoneinfo")])]
#[case::nonsense(&[("TZ", "Nowhere/At_All"), ("TZDIR", "/nonexistent")])]
fn vancouver_is_seven_hours_behind_in_the_winter_of_2026(#[case] environment: &[(&str, &str)]) {
    let mut workspace = Workspace::new();
    let when =
        "offboarding_date: 2026-11-30\noffboarding_time: 05:00 pm\ntimezone: America/Vancouver\n";
    workspace.approved("leave", &(reduction("[sam.reyes]", "[ap-payer]") + when));
    let due = workspace.status("leave")["due"].clone();
    assert_eq!(due["utc"], "2026-12-01T00:00:00Z");
    assert_eq!(due["local"], "2026-11-30T17:00:00-07:00");
    assert!(
        due["tzdb"]
            .as_str()
            .is_some_and(|version| version >= "2026"),
        "{due}"
    );
    for (now, roles) in [
        ("2026-11-30T23:59:59Z", &["ap-payer", "vendor-admin"][..]),
        ("2026-12-01T00:00:00Z", &["vendor-admin"]),
    ] {
        workspace.at(now);
        let mut command = workspace.command(&["reconcile"]);
        command.envs(environment.iter().copied());
        ended(start(command)).exits(0);
        assert_eq!(workspace.roles("sam.reyes"), roles);
    }
}
