//! What is shown before a decision is signed, and of a request that was decided about twice.

use crate::support::keys::{ONE, signed_world, with_grant};
use crate::support::shapes::has_finding;
use crate::support::worlds::{addition, loan};

/// What nobody has approved is no reason to show that a request changes nothing.
#[test]
fn the_effect_is_shown_beside_what_is_approved_and_nothing_else() {
    let world = with_grant(ONE);
    world.request("later", &addition("[sam.reyes]", "[ap-clerk]"));
    world.git_commit("Ask");
    world.decide("reject", "later", "alice").exits(0);
    world.git_commit("Reject");
    let shown = world.decide("approve", "grant", "alice").exits(0).out;
    assert!(shown.contains("+ ap-clerk"), "{shown}");
    world.git_commit("Grant");
    let shown = world.decide("approve", "later", "alice").exits(0).out;
    assert!(shown.contains("all of it is so already"), "{shown}");
}

#[test]
fn a_running_loan_that_is_rejected_says_that_the_access_goes_on() {
    let world = signed_world(ONE);
    world.request("lend", &loan("[sam.reyes]", "[ap-clerk]", "2026-11-30"));
    world.sign("lend", "alice");
    world.git_commit("Lend");
    world.reconcile();
    assert!(
        world.standing("lend")["findings"]
            .as_array()
            .is_some_and(Vec::is_empty)
    );
    let shown = world.decide("reject", "lend", "alice").exits(0).out;
    assert!(!shown.contains("Pending Approval"), "{shown}");
    world.git_commit("Reject");
    let outcome = world.reconcile();
    let lend = world.standing("lend");
    assert_eq!(lend["status"], "rejected");
    assert_eq!(lend["findings"][0]["code"], "RC214", "{lend:#}");
    let text = "the access goes on until 2026-12-01T05:00:00Z";
    assert!(has_finding(&lend["findings"], "warning", text), "{lend:#}");
    assert!(outcome.to_string().contains("RC214"), "{outcome:#}");
    assert_eq!(world.lent("sam.reyes"), ["ap-clerk"]);
}

#[test]
fn what_is_left_of_a_rejected_request_does_not_run_and_that_is_said() {
    let world = signed_world(ONE);
    world.request(
        "grant",
        &addition("[sam.reyes]", "[administrator, ap-clerk]"),
    );
    world.sign("grant", "alice");
    world.git_commit("Grant");
    world.reconcile();
    world.decide("reject", "grant", "alice").exits(0);
    world.git_commit("Reject");
    let grant = world.standing("grant");
    assert_eq!(grant["status"], "rejected");
    let text = "what is left does not run";
    assert!(
        has_finding(&grant["findings"], "warning", text),
        "{grant:#}"
    );
}
