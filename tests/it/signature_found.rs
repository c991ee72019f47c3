//! What testers found in signed approvals, held.

use std::fs;

use crate::support::keys::{ONE, codes, file, public, with_grant};

#[test]
fn an_approval_signed_in_a_checkout_with_other_line_ends_is_of_what_is_committed() {
    let world = with_grant(ONE);
    world.git_commit("Grant");
    world.git(&["config", "core.autocrlf", "true"]);
    fs::remove_file(world.path().join("requests/grant.yaml")).expect("the file goes");
    world.git(&["checkout", "--", "requests/grant.yaml"]);
    assert!(world.read("requests/grant.yaml").contains("\r\n"));
    world.sign("grant", "alice");
    world.git(&["add", "approvals"]);
    world.git(&["commit", "--quiet", "-m", "Approve"]);
    let grant = world.standing("grant");
    assert_eq!(codes(&grant), [""; 0], "{grant:#}");
    assert_eq!(grant["status"], "approved");
}

#[test]
fn a_folder_in_another_spelling_is_named_and_approves_nothing() {
    let world = with_grant(ONE);
    world.sign("grant", "alice");
    let folder = |name: &str| world.path().join("approvals").join(name);
    fs::rename(folder("grant"), folder("GRANT")).expect("the folder is renamed");
    world.git_commit("Grant");
    let grant = world.standing("grant");
    assert_eq!(codes(&grant), ["RC502"], "{grant:#}");
    assert_eq!(grant["status"], "pending_approval");
}

#[test]
fn a_rejection_stands_when_its_key_is_revoked_and_until_that_person_approves() {
    let world = with_grant(ONE);
    world.decide("reject", "grant", "alice").exits(0);
    world.sign("grant", "bob");
    world.git_commit("Grant");
    assert_eq!(world.standing("grant")["status"], "rejected");
    world.revoke("alice", "2026-11-22");
    world.git_commit("A new laptop");
    assert_eq!(world.standing("grant")["status"], "rejected");
    let settings = world.read("rolecall.yaml");
    let settings = settings.replacen(&public("alice"), &public("spare"), 1);
    world.write("rolecall.yaml", settings);
    world.git_commit("A new key");
    assert_eq!(world.standing("grant")["status"], "rejected");
    let before = world.read(&file("grant", "alice"));
    world
        .run(&[
            "approve",
            "grant",
            "--as",
            "alice",
            "--yes",
            "--key",
            world.key("spare").to_str().expect("UTF-8"),
        ])
        .exits(0);
    assert!(
        world
            .read(&file("grant", "alice"))
            .starts_with(before.strip_suffix("...\n").expect("its end"))
    );
    world.git_commit("Alice says yes");
    assert_eq!(world.standing("grant")["status"], "approved");
}
