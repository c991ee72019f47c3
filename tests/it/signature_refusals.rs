//! Section 6 with evidence `signature`: a bad approval approves nothing, makes nothing fail, and has its own code.

use std::fs;

use rstest::rstest;
use serde_json::Value;

use crate::support::find;
use crate::support::git::{blob, commit_entry, commit_id};
use crate::support::keys::{
    ONE, TWO, World, all_speak, codes, file, joined, public, sha256, signed_settings, signed_world,
    signed_world_with, with_grant,
};
use crate::support::worlds::{addition, loan, reduction};

/// Two requests that Alice approves badly: nobody else does, and Bob does well.
const SPOILT: [&str; 2] = ["bad", "both"];

/// A world with [`SPOILT`], a request that Bob approves, and one that is approved elsewhere. Nothing is committed yet.
fn world() -> World {
    world_with(&signed_settings(ONE))
}

fn world_with(settings: &str) -> World {
    let world = signed_world_with(settings);
    world.request("bad", &addition("[sam.reyes]", "[ap-clerk]"));
    world.request("both", &addition("[jane.doe]", "[vendor-admin]"));
    world.request("good", &addition("[jane.doe]", "[payroll-viewer]"));
    world
}

/// Has Bob approve well, commits, and asserts that Alice's decisions are refused with one code and make nothing fail.
#[track_caller]
fn refused(world: &World, code: &str) {
    world.sign("both", "bob");
    world.sign("good", "bob");
    world.git_commit("Requests and approvals");
    are_refused(world, code);
}

#[track_caller]
fn are_refused(world: &World, code: &str) {
    let [bad, both, good] = ["bad", "both", "good"].map(|id| world.standing(id));
    assert_eq!(codes(&bad), [code], "{bad:#}");
    assert_eq!(bad["status"], "pending_approval", "{bad:#}");
    assert_eq!(codes(&both), [code], "{both:#}");
    assert_eq!(both["status"], "approved", "{both:#}");
    all_speak(&bad);
    all_speak(&both);
    assert_eq!(codes(&good), [""; 0], "{good:#}");
    let report = world.reconcile();
    let reported = find(&report["requests"], "bad").expect("the bad one");
    assert_eq!(codes(reported), [code], "{reported:#}");
    assert_eq!(world.ran(), ["both", "good"]);
    assert_eq!(world.roles("sam.reyes"), ["ap-payer", "vendor-admin"]);
    let jane = ["ap-clerk", "payroll-viewer", "vendor-admin"];
    assert_eq!(world.roles("jane.doe"), jane);
    assert_eq!(world.standing("bad")["status"], "pending_approval");
    assert_eq!(world.reconcile()["applied"], Value::Array(Vec::new()));
}

/// Has Alice approve well, and then something go wrong.
#[track_caller]
fn spoilt(code: &str, spoil: impl Fn(&World, &str)) {
    let world = world();
    for id in SPOILT {
        world.sign(id, "alice");
        spoil(&world, id);
    }
    refused(&world, code);
}

/// Has Alice approve by hand in some way.
#[track_caller]
fn made(code: &str, make: impl Fn(&World, &str) -> String) {
    let world = world();
    for id in SPOILT {
        world.write(&file(id, "alice"), make(&world, id));
    }
    refused(&world, code);
}

#[test]
fn a_decision_made_by_hand_is_what_approve_writes() {
    let world = world();
    world.sign("bad", "alice");
    let written = world.read(&file("bad", "alice"));
    assert_eq!(written, world.by_hand(&[world.decision("bad", "alice")]));
    world.put("both", "alice", &[world.decision("both", "alice")]);
    world.git_commit("Requests and approvals");
    for id in SPOILT {
        assert_eq!(world.standing(id)["status"], "approved");
    }
}

#[rstest]
#[case::a_letter("HR-1204", "HR-1205")]
#[case::a_blank_at_the_end("[ap-clerk]\n", "[ap-clerk] \n")]
#[case::a_line_feed_more("access_type", "\naccess_type")]
#[case::a_comment("access_type", "# harmless\naccess_type")]
#[case::no_line_feed_at_the_end("\naffected_roles: [ap-clerk]\n", "\naffected_roles: [ap-clerk]")]
fn one_byte_of_the_request_changed_after_approval(#[case] from: &str, #[case] to: &str) {
    spoilt("RC503", |world, id| {
        let path = format!("requests/{id}.yaml");
        let text = world.read(&path).replace("[vendor-admin]", "[ap-clerk]");
        assert!(text.contains(from), "{text}");
        let role = if id == "both" {
            "[vendor-admin]"
        } else {
            "[ap-clerk]"
        };
        world.write(
            &path,
            text.replacen(from, to, 1).replace("[ap-clerk]", role),
        );
    });
}

#[test]
fn line_ends_are_content_too() {
    spoilt("RC503", |world, id| {
        let path = format!("requests/{id}.yaml");
        world.write(&path, world.read(&path).replace('\n', "\r\n"));
    });
}

#[test]
fn the_finding_about_other_content_names_who_had_approved_and_when() {
    let world = with_grant(ONE);
    world.sign("grant", "alice");
    world.edit("requests/grant.yaml", "HR-1204", "HR-1205");
    world.git_commit("Grant");
    let message = world.standing("grant")["findings"][0]["message"].to_string();
    assert!(message.contains("alice"), "{message}");
    assert!(message.contains("2026-11-23T12:00:00Z"), "{message}");
}

#[test]
fn a_request_that_is_put_back_is_approved_again() {
    let world = with_grant(ONE);
    world.sign("grant", "alice");
    world.edit("requests/grant.yaml", "HR-1204", "HR-1205");
    world.git_commit("Grant");
    assert_eq!(world.standing("grant")["status"], "pending_approval");
    world.edit("requests/grant.yaml", "HR-1205", "HR-1204");
    world.git_commit("Put it back");
    assert_eq!(world.standing("grant")["status"], "approved");
}

/// Approvals of a request that is not `bad`, with the same bytes.
#[test]
fn an_approval_of_another_request_with_the_same_content() {
    let world = world();
    for id in SPOILT {
        let elsewhere = format!("z-{id}");
        let text = world.read(&format!("requests/{id}.yaml"));
        world.request(&elsewhere, &text);
        world.sign(&elsewhere, "alice");
        let path = file(&elsewhere, "alice");
        world.write(&file(id, "alice"), world.read(&path));
        // The other request itself is not to run.
        world.delete(&path);
        world.delete(&format!("requests/{elsewhere}.yaml"));
    }
    refused(&world, "RC504");
}

#[test]
fn an_approval_stays_with_its_request_when_the_file_is_renamed() {
    let world = with_grant(ONE);
    world.sign("grant", "alice");
    world.git(&["add", "--all"]);
    world.git(&["mv", "requests/grant.yaml", "requests/renamed.yaml"]);
    world.git(&["mv", "approvals/grant", "approvals/renamed"]);
    world.git_commit("Renamed");
    let renamed = world.standing("renamed");
    assert_eq!(codes(&renamed), ["RC504"], "{renamed:#}");
    assert_eq!(renamed["status"], "pending_approval");
}

#[test]
fn a_request_that_moves_to_another_folder_keeps_its_approval() {
    let world = with_grant(ONE);
    world.sign("grant", "alice");
    world.git_commit("Grant");
    fs::create_dir(world.path().join("requests/2026")).expect("a folder");
    world.git(&["mv", "requests/grant.yaml", "requests/2026/grant.yaml"]);
    world.git_commit("Moved");
    assert_eq!(world.standing("grant")["status"], "approved");
}

#[test]
fn an_approval_of_another_repository() {
    let world = world();
    let other = world_with(&format!("{}# another company\n", signed_settings(ONE)));
    assert_ne!(world.first_commit(), other.first_commit());
    for id in SPOILT {
        other.sign(id, "alice");
        let text = other.read(&file(id, "alice"));
        world.write(&file(id, "alice"), text);
    }
    refused(&world, "RC505");
}

#[rstest]
#[case::from_one_name_to_another(Some("acme/access"), "acme/other")]
#[case::from_the_first_commit_to_a_name(None, "acme/access")]
#[case::in_case_only(Some("acme/access"), "Acme/access")]
fn an_approval_from_before_the_repository_was_renamed(
    #[case] before: Option<&str>,
    #[case] after: &str,
) {
    let settings = signed_settings(ONE);
    let named = before.map(|name| format!("{settings}repository: {name}\n"));
    let world = world_with(named.as_ref().unwrap_or(&settings));
    for id in SPOILT {
        world.sign(id, "alice");
    }
    world.write("rolecall.yaml", format!("{settings}repository: {after}\n"));
    refused(&world, "RC505");
}

#[rstest]
#[case::of_a_commit("git")]
#[case::of_a_file("file")]
#[case::of_a_forges_record("rolecall-forge-record")]
#[case::that_begins_alike("rolecall-approval2")]
#[case::in_another_case("Rolecall-Approval")]
#[case::with_a_list("git,rolecall-approval")]
fn a_signature_for_something_else(#[case] namespace: &str) {
    made("RC506", |world, id| {
        world.by_hand(&[world.decision(id, "alice").made_for(namespace)])
    });
}

#[rstest]
#[case::of_nobody("stranger")]
#[case::of_another_person("bob")]
fn a_key_that_is_none_of_hers(#[case] key: &str) {
    made("RC507", |world, id| {
        world.by_hand(&[world.decision(id, "alice").by_key(key)])
    });
}

#[rstest]
#[case::in_the_work_tree(false)]
#[case::on_another_branch(true)]
fn a_key_that_is_not_in_the_settings_at_the_tip(#[case] committed: bool) {
    let world = world();
    for id in SPOILT {
        let decision = world.decision(id, "alice").by_key("spare");
        world.put(id, "alice", &[decision]);
    }
    world.sign("both", "bob");
    world.sign("good", "bob");
    world.git_commit("Requests and approvals");
    let both = format!("{}\", \"{}", public("alice"), public("spare"));
    if committed {
        world.git(&["checkout", "--quiet", "-b", "topic"]);
    }
    world.edit("rolecall.yaml", &public("alice"), &both);
    if committed {
        world.git_commit("Another key");
    }
    are_refused(&world, "RC507");
    // Merged, it counts.
    world.git(&["checkout", "--quiet", "-B", "main"]);
    world.git_commit("Another key");
    assert_eq!(world.standing("bad")["status"], "approved");
}

#[test]
fn a_key_that_was_taken_out_of_the_settings() {
    let world = world();
    for id in SPOILT {
        world.sign(id, "alice");
    }
    world.edit("rolecall.yaml", &public("alice"), &public("spare"));
    refused(&world, "RC507");
}

#[rstest]
#[case::before("2026-11-01", true)]
#[case::later_than_the_approval("2026-11-30", true)]
#[case::later_than_the_approval_to_the_second("2026-11-23T12:00:01Z", true)]
#[case::and_taken_from_her("2026-11-30", false)]
fn a_revoked_key_whenever_it_signed(#[case] since: &str, #[case] is_hers: bool) {
    let world = world();
    for id in SPOILT {
        world.sign(id, "alice");
    }
    world.revoke("alice", since);
    if !is_hers {
        let text = world.read("rolecall.yaml");
        let people = format!("keys: [\"{}\"]", public("alice"));
        world.write("rolecall.yaml", text.replace(&format!(", {people}"), ""));
    }
    refused(&world, "RC508");
}

#[test]
fn a_revoked_key_counts_for_the_settings_at_the_tip_alone() {
    let world = with_grant(ONE);
    world.sign("grant", "alice");
    world.git_commit("Grant");
    world.revoke("alice", "2026-11-01");
    assert_eq!(world.standing("grant")["status"], "approved");
    world.git_commit("Revoked");
    assert_eq!(world.standing("grant")["status"], "pending_approval");
}

/// What is signed is every field: a changed one does not fit its signature.
#[rstest]
#[case::at("at", "2026-11-22T12:00:00Z")]
#[case::path("path", "requests/elsewhere.yaml")]
#[case::blob("blob", "0123456789012345678901234567890123456789")]
#[case::settings(
    "settings",
    "sha256:0123456789012345678901234567890123456789012345678901234567890123"
)]
#[case::content(
    "content",
    "sha256:0123456789012345678901234567890123456789012345678901234567890123"
)]
#[case::repository("repository", "acme/access")]
#[case::expires("expires", "2036-02-21T12:00:00Z")]
#[case::decision("decision", "reject")]
#[case::request("request", "elsewhere")]
fn a_field_that_was_changed_after_it_was_signed(#[case] field: &str, #[case] value: &str) {
    spoilt("RC509", |world, id| {
        world.set_field(id, "alice", field, value);
    });
}

#[rstest]
#[case::blob("blob")]
#[case::expires("expires")]
fn a_field_that_was_taken_out(#[case] field: &str) {
    spoilt("RC509", |world, id| {
        let text = world.read(&file(id, "alice"));
        let lines = text.lines();
        let kept = lines.filter(|line| !line.starts_with(&format!("  {field}: ")));
        let kept = joined(kept);
        assert_ne!(kept, text);
        world.write(&file(id, "alice"), kept);
    });
}

#[rstest]
#[case::changed("  comment: No objections", "  comment: As agreed\n")]
#[case::cut("  comment: No objections", "  comment: No\n")]
#[case::taken_out("  comment: No objections\n", "")]
fn a_comment_that_was_changed(#[case] from: &str, #[case] to: &str) {
    let world = world();
    for id in SPOILT {
        let key = world.key("alice");
        let key = key.to_str().expect("UTF-8");
        let comment = "No objections";
        world
            .run(&["approve", id, "--yes", "--key", key, "--comment", comment])
            .exits(0);
        world.edit_decision(id, "alice", from, to.trim_end());
    }
    refused(&world, "RC509");
}

#[test]
fn a_comment_that_was_added() {
    spoilt("RC509", |world, id| {
        let signature = "  signature: |\n";
        let comment = format!("  comment: Whatever\n{signature}");
        world.edit_decision(id, "alice", signature, &comment);
    });
}

#[test]
fn a_rejection_that_was_turned_into_an_approval() {
    let world = world();
    for id in SPOILT {
        world.decide("reject", id, "alice").exits(0);
        world.set_field(id, "alice", "decision", "approve");
    }
    refused(&world, "RC509");
}

#[test]
fn a_digest_that_was_put_right_after_the_request_was_changed() {
    spoilt("RC509", |world, id| {
        let path = format!("requests/{id}.yaml");
        world.edit(&path, "HR-1204", "HR-1205");
        world.set_field(id, "alice", "content", &sha256(world.read(&path)));
    });
}

#[test]
fn a_request_that_was_put_right_after_the_file_was_copied() {
    let world = world();
    for id in SPOILT {
        world.request("elsewhere", &world.read(&format!("requests/{id}.yaml")));
        world.sign("elsewhere", "alice");
        let text = world.read(&file("elsewhere", "alice"));
        world.write(&file(id, "alice"), text);
        world.set_field(id, "alice", "request", id);
        world.delete(&file("elsewhere", "alice"));
        world.delete("requests/elsewhere.yaml");
    }
    refused(&world, "RC509");
}

/// The name is looked at first: nothing is known of a signature whose file is another's.
#[test]
fn a_person_that_does_not_fit_the_files_name() {
    spoilt("RC502", |world, id| {
        world.set_field(id, "alice", "person", "carol");
    });
}

/// The file fits its name then, and the key is none of Carol's.
#[test]
fn a_person_and_a_name_that_were_both_changed() {
    spoilt("RC507", |world, id| {
        world.set_field(id, "alice", "person", "carol");
        let text = world.read(&file(id, "alice"));
        world.write(&file(id, "carol"), text);
        world.delete(&file(id, "alice"));
    });
}

#[rstest]
#[case::a_digit_changed(|lines: &mut Vec<String>| flip(&mut lines[4], 10))]
#[case::its_last_line_cut(|lines: &mut Vec<String>| { lines.pop(); })]
#[case::its_first_line_cut(|lines: &mut Vec<String>| { lines.remove(0); })]
#[case::a_line_cut_out(|lines: &mut Vec<String>| { lines.remove(3); })]
#[case::a_digit_cut_off(|lines: &mut Vec<String>| { lines[2].pop(); })]
#[case::two_lines_swapped(|lines: &mut Vec<String>| lines.swap(2, 3))]
#[case::twice(|lines: &mut Vec<String>| lines.extend(lines.clone()))]
#[case::text_behind_it(|lines: &mut Vec<String>| lines.push("and more".to_owned()))]
#[case::text_before_it(|lines: &mut Vec<String>| lines.insert(0, "see here".to_owned()))]
#[case::a_blank_at_an_end(|lines: &mut Vec<String>| lines[1].push(' '))]
#[case::something_else(|lines: &mut Vec<String>| *lines = vec!["approved".to_owned()])]
#[case::a_pgp_signature(|lines: &mut Vec<String>| for line in lines { *line = line.replace("SSH", "PGP"); })]
fn a_damaged_signature(#[case] damage: fn(&mut Vec<String>)) {
    spoilt("RC509", |world, id| {
        let text = world.read(&file(id, "alice"));
        let (head, armor) = armor_of(&text);
        let mut lines: Vec<String> = armor.lines().map(|line| line.trim().to_owned()).collect();
        damage(&mut lines);
        let lines = lines.iter().map(|line| format!("    {line}\n"));
        let lines: String = lines.collect();
        world.write(&file(id, "alice"), format!("{head}{lines}...\n"));
    });
}

#[rstest]
#[case::nothing_between_quotes("\"\"")]
#[case::a_word("yes")]
fn a_signature_that_is_none(#[case] signature: &str) {
    spoilt("RC509", |world, id| {
        let text = world.read(&file(id, "alice"));
        let (head, _) = armor_of(&text);
        let head = head.strip_suffix("|\n").expect("a block");
        world.write(&file(id, "alice"), format!("{head}{signature}\n...\n"));
    });
}

#[test]
fn a_signature_over_another_message() {
    spoilt("RC509", |world, id| {
        let other = world.by_hand(&[world
            .decision(id, "alice")
            .with("at", "2026-11-22T12:00:00Z")]);
        let text = world.read(&file(id, "alice"));
        let (head, _) = armor_of(&text);
        let (_, armor) = armor_of(&other);
        world.write(&file(id, "alice"), format!("{head}{armor}...\n"));
    });
}

/// Whichever digit of a signature it is: nothing fails, nothing is approved, and each decision is named.
#[test]
fn no_damaged_digit_of_a_signature_approves_anything_or_makes_anything_fail() {
    let world = world();
    world.sign("bad", "alice");
    let text = world.read(&file("bad", "alice"));
    let (head, armor) = armor_of(&text);
    let entry = head
        .strip_prefix("version: 1\ndecisions:\n")
        .expect("a head");
    let digits: Vec<usize> = armor
        .char_indices()
        .filter(|(index, digit)| digit.is_ascii_alphanumeric() && !in_frame(armor, *index))
        .map(|(index, _)| index)
        .collect();
    assert!(digits.len() > 200, "{armor}");
    world.delete(&file("bad", "alice"));
    let groups: Vec<_> = digits.chunks(50).collect();
    for (group, digits) in groups.iter().enumerate() {
        let id = format!("damaged-{group}");
        world.request(&id, &addition("[sam.reyes]", "[ap-clerk]"));
        let mut file_text = "version: 1\ndecisions:\n".to_owned();
        for digit in *digits {
            let mut damaged = armor.to_owned();
            flip(&mut damaged, *digit);
            file_text.push_str(&entry.replace("request: bad", &format!("request: {id}")));
            file_text.push_str(&damaged);
        }
        world.write(&file(&id, "alice"), file_text + "...\n");
    }
    world.sign("good", "bob");
    world.git_commit("Requests and approvals");
    for (group, digits) in groups.iter().enumerate() {
        let request = world.standing(&format!("damaged-{group}"));
        assert_eq!(request["status"], "pending_approval", "{request:#}");
        assert_eq!(codes(&request).len(), digits.len(), "{request:#}");
        all_speak(&request);
    }
    world.reconcile();
    assert_eq!(world.ran(), ["good"]);
}

/// The file up to the signature, and the lines of the signature.
fn armor_of(text: &str) -> (&str, &str) {
    let start = text.find("    -----BEGIN").expect("an armor");
    let (head, armor) = text.split_at(start);
    (head, armor.strip_suffix("...\n").expect("an end"))
}

/// Whether a place is in the first or the last line.
fn in_frame(armor: &str, index: usize) -> bool {
    let start = armor[..index].rfind('\n').map_or(0, |at| at + 1);
    armor[start..].starts_with("    -----")
}

/// Replaces a digit of base64 by another one.
fn flip(text: &mut String, index: usize) {
    let digit = &text[index..=index];
    let other = if digit == "A" { "B" } else { "A" };
    text.replace_range(index..=index, other);
}

#[rstest]
#[case::an_empty_file("")]
#[case::behind_the_first_line("version: 1\n")]
#[case::in_front_of_the_decision("  decision")]
#[case::in_the_midst_of_a_digest("  content: sha256:0")]
#[case::in_front_of_the_signature("  signature: |\n")]
#[case::in_the_midst_of_the_signature("U1NIU0lH")]
#[case::in_front_of_its_last_line("    -----END")]
#[case::in_front_of_the_last_line("...")]
#[case::in_the_midst_of_the_last_line("..")]
fn a_file_that_is_cut_off(#[case] at: &str) {
    spoilt("RC501", |world, id| {
        let text = world.read(&file(id, "alice"));
        let place = match at {
            "" => 0,
            "version: 1\n" => at.len(),
            ".." => text.len() - 2,
            "  content: sha256:0" => text.find("sha256:").expect("a digest") + 20,
            _ => text
                .find(at)
                .unwrap_or_else(|| panic!("no {at:?} in\n{text}")),
        };
        world.write(&file(id, "alice"), &text[..place]);
    });
}

#[rstest]
#[case::a_request("name: A change\nchange_overview: HR-1204\n...\n")]
#[case::a_word("yes\n...\n")]
#[case::a_list("- approve\n...\n")]
#[case::json("{\"decision\": \"approve\"}\n...\n")]
#[case::no_decisions("version: 1\ndecisions: []\n...\n")]
#[case::no_list("version: 1\ndecisions: approve\n...\n")]
#[case::null("version: 1\ndecisions:\n...\n")]
#[case::no_version("decisions: []\n...\n")]
#[case::no_text("...\n")]
#[case::control_characters("version: 1\n\0\n...\n")]
#[case::deeply_nested("version: 1\ndecisions: [[[[[[[[[[[[]]]]]]]]]]]]\n...\n")]
fn a_file_of_something_else(#[case] text: &str) {
    made("RC501", |_, _| text.to_owned());
}

#[rstest]
#[case::an_unknown_key("  signature: |\n", "  weight: 2\n  signature: |\n")]
#[case::an_unknown_key_at_the_top("decisions:\n", "more: 1\ndecisions:\n")]
#[case::a_key_in_another_case("  decision: ", "  Decision: ")]
#[case::a_repeated_key("  decision: approve\n", "  decision: approve\n  decision: approve\n")]
#[case::a_repeated_key_with_another_value(
    "  decision: approve\n",
    "  decision: reject\n  decision: approve\n"
)]
#[case::a_repeated_key_at_the_top("version: 1\n", "version: 1\nversion: 1\n")]
#[case::another_version("version: 1\n", "version: 2\n")]
#[case::a_version_in_quotes("version: 1\n", "version: \"1\"\n")]
#[case::an_anchor("  decision: approve\n", "  decision: &yes approve\n")]
#[case::a_tag("  decision: approve\n", "  decision: !!str approve\n")]
#[case::a_directive("version: 1\n", "%YAML 1.2\n---\nversion: 1\n")]
#[case::a_second_document("version: 1\n", "version: 1\n---\nversion: 1\n")]
#[case::an_unknown_decision("  decision: approve\n", "  decision: approved\n")]
#[case::a_field_without_a_value("  decision: approve\n", "  decision:\n")]
#[case::a_field_that_is_missing("  decision: approve\n", "")]
#[case::a_moment_that_is_none("  at: 2026-11-23T12:00:00Z\n", "  at: 2026-11-23\n")]
#[case::a_digest_that_is_none("sha256:", "md5:")]
#[case::a_byte_order_mark("version: 1\n", "\u{feff}version: 1\n")]
#[case::a_bidirectional_control("  signature: |\n", "  comment: \u{202e}yes\n  signature: |\n")]
fn a_file_that_is_not_as_approve_writes_it(#[case] from: &str, #[case] to: &str) {
    spoilt("RC501", |world, id| {
        world.edit_decision(id, "alice", from, to);
    });
}

#[test]
fn a_file_that_is_not_utf_8() {
    spoilt("RC501", |world, id| {
        let text = world.read(&file(id, "alice"));
        let mut bytes = text
            .replace("  signature: |", "  comment: ?\n  signature: |")
            .into_bytes();
        let place = bytes.iter().position(|byte| *byte == b'?').expect("a mark");
        bytes[place] = 0xff;
        world.write(&file(id, "alice"), bytes);
    });
}

#[test]
fn a_file_of_more_than_64_kib() {
    spoilt("RC501", |world, id| {
        let text = world.read(&file(id, "alice"));
        let filling = format!("# {}\n", "x".repeat(98)).repeat(660);
        world.write(
            &file(id, "alice"),
            text.replace("decisions:\n", &format!("{filling}decisions:\n")),
        );
    });
}

#[test]
fn a_file_of_64_kib_is_read() {
    let world = with_grant(ONE);
    world.sign("grant", "alice");
    let text = world.read(&file("grant", "alice"));
    let filling = "x".repeat(64 * 1024 - text.len() - 2);
    let text = text.replace("decisions:\n", &format!("#{filling}\ndecisions:\n"));
    assert_eq!(text.len(), 64 * 1024);
    world.write(&file("grant", "alice"), text);
    world.git_commit("Grant");
    assert_eq!(world.standing("grant")["status"], "approved");
}

#[rstest]
#[case::nobody("mallory.yaml")]
#[case::another_person("carol.yaml")]
#[case::somebody_without_a_key("dana.yaml")]
#[case::another_ending("alice.yml")]
#[case::another_case("Alice.yaml")]
#[case::no_ending("alice")]
#[case::two_endings("alice.yaml.yaml")]
#[case::a_nested_folder("2026/alice.yaml")]
#[case::a_group("approvers.yaml")]
fn a_file_that_is_no_approval_of_the_request(#[case] name: &str) {
    spoilt("RC502", |world, id| {
        let text = world.read(&file(id, "alice"));
        world.delete(&file(id, "alice"));
        world.write(&format!("approvals/{id}/{name}"), text);
    });
}

#[rstest]
#[case::beside_the_folders("approvals/alice.yaml")]
#[case::hidden("approvals/grant/.alice.yaml")]
#[case::in_a_hidden_folder("approvals/grant/.old/alice.yaml")]
#[case::of_another_case("approvals/Grant/alice.yaml")]
#[case::among_the_requests("requests/approvals/grant/alice.yaml.txt")]
fn a_file_elsewhere_approves_nothing(#[case] path: &str) {
    let world = with_grant(ONE);
    world.sign("grant", "alice");
    let text = world.read(&file("grant", "alice"));
    world.delete(&file("grant", "alice"));
    world.write(path, text);
    world.git_commit("Grant");
    assert_eq!(world.standing("grant")["status"], "pending_approval");
    world.reconcile();
    assert_eq!(world.ran(), [""; 0]);
}

#[rstest]
#[case::to_a_file_elsewhere("../../elsewhere.yaml")]
#[case::to_another_approval("../good/bob.yaml")]
#[case::to_nothing("nowhere.yaml")]
#[case::to_a_file_of_the_machine("/etc/passwd")]
fn a_symbolic_link_in_its_place(#[case] target: &str) {
    spoilt("RC501", |world, id| {
        let path = world.path().join(file(id, "alice"));
        let text = world.read(&file(id, "alice"));
        world.write("elsewhere.yaml", text);
        fs::remove_file(&path).expect("the file goes");
        std::os::unix::fs::symlink(target, &path).expect("a link");
    });
}

#[test]
fn a_folder_of_approvals_that_is_a_link_approves_nothing() {
    let world = with_grant(ONE);
    world.sign("grant", "alice");
    let folder = world.path().join("approvals/grant");
    fs::rename(&folder, world.path().join("elsewhere")).expect("the folder moves");
    std::os::unix::fs::symlink("../elsewhere", &folder).expect("a link");
    world.git_commit("Grant");
    let grant = world.standing("grant");
    assert_eq!(codes(&grant), ["RC501"], "{grant:#}");
    assert_eq!(grant["status"], "pending_approval");
    world.reconcile();
    assert_eq!(world.ran(), [""; 0]);
}

#[test]
fn a_submodule_in_its_place() {
    let world = world();
    world.sign("both", "bob");
    world.sign("good", "bob");
    world.git_commit("Requests and approvals");
    let commit = commit_id(&world, "main");
    for id in SPOILT {
        commit_entry(&world, "160000", &commit, file(id, "alice").as_bytes());
    }
    are_refused(&world, "RC501");
}

#[test]
fn a_link_in_gits_tree_alone() {
    let world = world();
    world.sign("both", "bob");
    world.sign("good", "bob");
    world.git_commit("Requests and approvals");
    let target = blob(&world, "../good/bob.yaml");
    for id in SPOILT {
        commit_entry(&world, "120000", &target, file(id, "alice").as_bytes());
    }
    are_refused(&world, "RC501");
}

#[test]
fn an_approval_that_is_not_merged_counts_for_nothing() {
    let world = with_grant(ONE);
    world.git_commit("Grant");
    world.sign("grant", "alice");
    assert_eq!(world.standing("grant")["status"], "pending_approval");
    world.reconcile();
    assert_eq!(world.ran(), [""; 0]);
    world.git_commit("Approved");
    world.reconcile();
    assert_eq!(world.ran(), ["grant"]);
}

#[test]
fn an_approval_deleted_in_the_work_tree_still_counts() {
    let world = with_grant(ONE);
    world.sign("grant", "alice");
    world.git_commit("Grant");
    world.delete(&file("grant", "alice"));
    assert_eq!(world.standing("grant")["status"], "approved");
}

/// The last moment at which an approval of 90 days counts, and the one behind it.
const LAST: &str = "2027-02-21T12:00:00Z";
const BEHIND: &str = "2027-02-21T12:00:01Z";

#[rstest]
#[case::an_addition(&addition("[sam.reyes]", "[ap-clerk]"))]
#[case::a_loan(&loan("[sam.reyes]", "[ap-clerk]", "2027-06-01"))]
fn a_lapsed_approval(#[case] request: &str) {
    let mut world = signed_world(ONE);
    world.request("grant", request);
    world.sign("grant", "alice");
    world.git_commit("Grant");
    world.at(LAST);
    let grant = world.standing("grant");
    assert_eq!(grant["status"], "approved", "{grant:#}");
    world.at(BEHIND);
    let grant = world.standing("grant");
    assert_eq!(codes(&grant), ["RC208"], "{grant:#}");
    assert_eq!(grant["status"], "pending_approval");
    all_speak(&grant);
    world.reconcile();
    assert_eq!(world.ran(), [""; 0]);
    world.sign("grant", "bob");
    world.git_commit("Approved again");
    world.reconcile();
    assert_eq!(world.ran(), ["grant"]);
}

#[test]
fn an_approval_lapses_when_it_says_so_also_where_the_settings_say_later() {
    let mut world = with_grant(ONE);
    world.sign("grant", "alice");
    world.change_settings("valid_for_days: 90", "valid_for_days: 900");
    world.at(BEHIND);
    let grant = world.standing("grant");
    assert_eq!(codes(&grant), ["RC208"], "{grant:#}");
}

#[test]
fn an_approval_lapses_when_the_settings_say_so_also_where_it_says_later() {
    let mut world = with_grant(ONE);
    world.sign("grant", "alice");
    world.change_settings("valid_for_days: 90", "valid_for_days: 9");
    world.at("2026-12-02T12:00:01Z");
    let grant = world.standing("grant");
    assert_eq!(codes(&grant), ["RC208"], "{grant:#}");
}

#[test]
fn an_approval_of_a_removal_does_not_lapse() {
    let mut world = signed_world(ONE);
    world.request("remove", &reduction("[sam.reyes]", "[ap-payer]"));
    world.sign("remove", "alice");
    world.git_commit("Remove");
    world.at("2036-01-01T12:00:00Z");
    world.reconcile();
    assert_eq!(world.ran(), ["remove"]);
}

/// A request of two runs: sixteen new employees.
fn many() -> String {
    let many = (0..16).map(|n| format!("{{id: e{n:02}, name: E{n:02}}}"));
    let many: Vec<String> = many.collect();
    addition(&format!("[{}]", many.join(", ")), "[ap-clerk]")
}

/// A world in which Alice approved [`many`] and the first of its two runs is done.
fn half_done() -> World {
    let world = signed_world(ONE);
    world.request("many", &many());
    world.sign("many", "alice");
    world.git_commit("Many");
    world.run(&["reconcile", "--max-runs", "1"]).exits(0);
    assert_eq!(world.ran(), ["many"]);
    world
}

#[test]
fn an_approval_does_not_lapse_after_the_first_run() {
    let mut world = half_done();
    world.at("2027-06-01T12:00:00Z");
    world.reconcile();
    assert_eq!(world.ran(), ["many", "many"]);
    assert_eq!(world.standing("many")["status"], "complete");
}

#[test]
fn a_key_revoked_between_two_runs_holds_up_the_rest() {
    let world = half_done();
    world.revoke("alice", "2026-11-30");
    world.git_commit("Revoked");
    let request = world.standing("many");
    assert_eq!(codes(&request), ["RC508", "RC214"], "{request:#}");
    assert_eq!(request["status"], "pending_approval");
    world.reconcile();
    assert_eq!(world.ran(), ["many"]);
    world.sign("many", "bob");
    world.git_commit("Approved again");
    world.reconcile();
    assert_eq!(world.ran(), ["many", "many"]);
    assert_eq!(world.roles("e15"), ["ap-clerk"]);
}

#[test]
fn somebody_taken_out_of_the_rule_between_two_runs_holds_up_the_rest() {
    let world = half_done();
    world.change_settings("[alice, bob, carol]", "[bob, carol]");
    let request = world.standing("many");
    assert_eq!(codes(&request), ["RC207", "RC214"], "{request:#}");
    world.reconcile();
    assert_eq!(world.ran(), ["many"]);
}

#[test]
fn an_approval_file_deleted_at_the_tip_between_two_runs_holds_up_the_rest() {
    let world = half_done();
    world.delete(&file("many", "alice"));
    world.git_commit("Taken back");
    world.reconcile();
    assert_eq!(world.ran(), ["many"]);
    assert_eq!(world.standing("many")["status"], "pending_approval");
}

#[test]
fn a_request_changed_between_two_runs_waits_for_another_approval() {
    let world = half_done();
    world.edit("requests/many.yaml", "HR-1204", "HR-1205");
    world.git_commit("Changed");
    world.reconcile();
    assert_eq!(world.ran(), ["many"]);
    let request = world.standing("many");
    assert_eq!(request["status"], "pending_approval", "{request:#}");
    assert!(codes(&request).contains(&"RC503"), "{request:#}");
}

/// Worlds in which Alice may not decide about `bad` and `both`. Their requests have an introduced employee.
#[track_caller]
fn barred(code: &str, change: impl Fn(&World)) {
    let world = world();
    change(&world);
    for id in SPOILT {
        world.put(id, "alice", &[world.decision(id, "alice")]);
    }
    refused(&world, code);
}

#[rstest]
#[case::by_id("requested_by: alice")]
#[case::by_email("requested_by: alice@acme.example")]
fn the_requester(#[case] line: &str) {
    barred("RC510", |world| {
        for id in SPOILT {
            world.edit(&format!("requests/{id}.yaml"), "requested_by: dana", line);
        }
    });
}

#[rstest]
#[case::by_employee("sam.reyes", "alice@acme.example, employee: sam.reyes")]
#[case::by_email("sam.reyes", "sam.reyes@acme.example")]
#[case::by_email_in_another_case("sam.reyes", "Sam.Reyes@ACME.example")]
#[case::by_employee_of_an_introduction("new.one", "alice@acme.example, employee: new.one")]
#[case::by_email_of_an_introduction("new.one", "new.one@acme.example")]
fn an_affected_employee(#[case] employee: &str, #[case] email: &str) {
    let world = signed_world_with(
        &signed_settings(ONE).replace("email: alice@acme.example", &format!("email: {email}")),
    );
    let entry = match employee {
        "new.one" => "{id: new.one, name: New One, email: new.one@acme.example}",
        known => known,
    };
    world.request(
        "grant",
        &addition(&format!("[jane.doe, {entry}]"), "[vendor-admin]"),
    );
    world.put("grant", "alice", &[world.decision("grant", "alice")]);
    world.git_commit("Grant");
    let grant = world.standing("grant");
    assert_eq!(codes(&grant), ["RC511"], "{grant:#}");
    assert_eq!(grant["status"], "pending_approval");
    all_speak(&grant);
    world.reconcile();
    assert_eq!(world.ran(), [""; 0]);
    world.sign("grant", "bob");
    world.git_commit("Approved");
    world.reconcile();
    assert_eq!(world.ran(), ["grant"]);
}

#[test]
fn an_affected_holder_who_is_not_named_in_the_request() {
    let settings = signed_settings(ONE);
    let settings = settings.replace(
        "alice@acme.example",
        "alice@acme.example, employee: sam.reyes",
    );
    let world = signed_world_with(&settings);
    world.request("remove", &reduction("holders", "[ap-payer]"));
    world.put("remove", "alice", &[world.decision("remove", "alice")]);
    world.git_commit("Remove");
    let request = world.standing("remove");
    assert_eq!(codes(&request), ["RC511"], "{request:#}");
    world.reconcile();
    assert_eq!(world.ran(), [""; 0]);
}

#[test]
fn without_block_own_everybody_may_decide() {
    let settings = signed_settings(ONE).replace("branch: main", "branch: main, block_own: false");
    let world = signed_world_with(&settings);
    let request = addition("[sam.reyes]", "[ap-clerk]");
    world.request("grant", &request.replace("by: dana", "by: alice"));
    world.sign("grant", "alice");
    world.commit_by("Alice Park", "alice@acme.example");
    world.reconcile();
    assert_eq!(world.ran(), ["grant"]);
}

/// How a commit comes to the branch: the author of the content is who wrote it there.
#[rstest]
#[case::directly(&[])]
#[case::behind_a_merge_commit(&["checkout --quiet main", "merge --quiet --no-ff --no-edit topic"])]
#[case::behind_two_merge_commits(&[
    "checkout --quiet -b between main",
    "merge --quiet --no-ff --no-edit topic",
    "checkout --quiet main",
    "merge --quiet --no-ff --no-edit between",
])]
#[case::rebased(&["checkout --quiet main", "cherry-pick topic"])]
fn the_author_of_the_commit(#[case] steps: &[&str]) {
    let world = with_grant(ONE);
    if !steps.is_empty() {
        world.git(&["checkout", "--quiet", "-b", "topic"]);
    }
    world.put("grant", "alice", &[world.decision("grant", "alice")]);
    world.commit_by("Somebody", "Alice@acme.example");
    if !steps.is_empty() {
        world.git(&["checkout", "--quiet", "main"]);
        world.write(
            "README",
            "Another commit, so that there is something to merge\n",
        );
        world.git_commit("Go on");
    }
    for step in steps {
        world.git(&step.split(' ').collect::<Vec<_>>());
    }
    let grant = world.standing("grant");
    assert_eq!(codes(&grant), ["RC512"], "{grant:#}");
    assert_eq!(grant["status"], "pending_approval");
    all_speak(&grant);
    world.reconcile();
    assert_eq!(world.ran(), [""; 0]);
    world.sign("grant", "bob");
    world.git_commit("Approved");
    world.reconcile();
    assert_eq!(world.ran(), ["grant"]);
}

#[test]
fn whoever_merges_may_approve() {
    let world = with_grant(ONE);
    world.git(&["checkout", "--quiet", "-b", "topic"]);
    world.sign("grant", "alice");
    world.git_commit("Grant");
    world.git(&["checkout", "--quiet", "main"]);
    let mut merge = world.git_command(&["merge", "--quiet", "--no-ff", "--no-edit", "topic"]);
    merge
        .env("GIT_AUTHOR_NAME", "Alice Park")
        .env("GIT_AUTHOR_EMAIL", "alice@acme.example");
    assert!(merge.output().expect("git starts").status.success());
    assert_eq!(world.standing("grant")["status"], "approved");
}

/// Alice's two keys, one for each of two decisions.
#[test]
fn one_person_with_two_keys_counts_once() {
    let two = format!("{}\", \"{}", public("alice"), public("spare"));
    let settings = signed_settings(TWO).replace(&public("alice"), &two);
    let world = signed_world_with(&settings);
    world.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    let decision = world.decision("grant", "alice");
    let earlier = decision.clone().with("at", "2026-11-22T12:00:00Z");
    world.put("grant", "alice", &[earlier, decision.by_key("spare")]);
    world.git_commit("Grant");
    let grant = world.standing("grant");
    assert_eq!(codes(&grant), ["RC513"], "{grant:#}");
    assert_eq!(grant["status"], "partially_approved");
    all_speak(&grant);
    world.reconcile();
    assert_eq!(world.ran(), [""; 0]);
    world.sign("grant", "bob");
    world.git_commit("Approved by two");
    world.reconcile();
    assert_eq!(world.ran(), ["grant"]);
}

#[test]
fn one_person_under_two_names_of_files_counts_once() {
    let world = with_grant(TWO);
    world.sign("grant", "alice");
    let text = world.read(&file("grant", "alice"));
    world.write(
        &file("grant", "bob"),
        text.replace("person: alice", "person: bob"),
    );
    world.git_commit("Grant");
    let grant = world.standing("grant");
    assert_eq!(codes(&grant), ["RC507"], "{grant:#}");
    assert_eq!(grant["status"], "partially_approved");
}

#[rstest]
#[case::a_second("2026-11-23T12:00:01Z")]
#[case::a_year("2027-11-23T12:00:00Z")]
fn an_approval_in_the_future(#[case] at: &str) {
    made("RC207", |world, id| {
        let decision = world.decision(id, "alice").with("at", at);
        world.by_hand(&[decision.with("expires", "2028-02-21T12:00:00Z")])
    });
}

#[test]
fn a_rejection_in_the_future_keeps_nothing_from_running_yet() {
    made("RC207", |world, id| {
        let decision = world.decision(id, "alice").with("decision", "reject");
        world.by_hand(&[decision.with("at", "2026-11-24T12:00:00Z")])
    });
}

#[test]
fn an_approval_in_the_future_counts_once_its_moment_has_come() {
    let mut world = with_grant(ONE);
    let decision = world.decision("grant", "alice");
    let decision = decision.with("at", "2026-11-24T12:00:00Z");
    world.put("grant", "alice", &[decision]);
    world.git_commit("Grant");
    assert_eq!(world.standing("grant")["status"], "pending_approval");
    world.at("2026-11-24T12:00:00Z");
    world.reconcile();
    assert_eq!(world.ran(), ["grant"]);
}

#[test]
fn somebody_whom_the_rule_does_not_name() {
    let world = world_with(&signed_settings(
        &ONE.replace("[alice, bob, carol]", "[bob, carol]"),
    ));
    for id in SPOILT {
        world.put(id, "alice", &[world.decision(id, "alice")]);
    }
    refused(&world, "RC207");
}

#[test]
fn a_rejection_of_somebody_who_may_not_decide_rejects_nothing() {
    let world = world_with(&signed_settings(
        &ONE.replace("[alice, bob, carol]", "[bob, carol]"),
    ));
    for id in SPOILT {
        let decision = world.decision(id, "alice").with("decision", "reject");
        world.put(id, "alice", &[decision]);
    }
    refused(&world, "RC207");
}

#[test]
fn a_rejection_of_somebody_who_may_decide_wins_until_they_approve() {
    let mut world = with_grant(ONE);
    world.sign("grant", "bob");
    world.decide("reject", "grant", "alice").exits(0);
    world.git_commit("Grant");
    assert_eq!(world.standing("grant")["status"], "rejected");
    world.reconcile();
    assert_eq!(world.ran(), [""; 0]);
    world.at("2026-11-23T13:00:00Z");
    world.sign("grant", "alice");
    world.git_commit("Changed her mind");
    world.reconcile();
    assert_eq!(world.ran(), ["grant"]);
}

/// A good decision beside a bad one in the same file.
#[test]
fn a_bad_decision_spoils_no_good_one_of_the_same_file() {
    let world = with_grant(ONE);
    let good = world.decision("grant", "alice");
    let bad = good.clone().with("at", "2026-11-23T11:00:00Z");
    let bad = bad.made_for("git");
    world.put("grant", "alice", &[bad, good]);
    world.git_commit("Grant");
    let grant = world.standing("grant");
    assert_eq!(codes(&grant), ["RC506"], "{grant:#}");
    assert_eq!(grant["status"], "approved");
}

/// `docs/approval.md`: what is signed is the lines of the decision as they stand there. Its recipe refuses a line that says the
/// same in other words, and so must the program: two who check must not disagree.
#[rstest]
#[case::quotes("  decision: approve\n", "  decision: \"approve\"\n")]
#[case::a_comment("  decision: approve\n", "  decision: approve # by all means\n")]
#[case::a_blank_at_the_end("  decision: approve\n", "  decision: approve \n")]
#[case::two_lines_swapped(
    "  decision: approve\n  person: alice\n",
    "  person: alice\n  decision: approve\n"
)]
fn a_line_written_in_another_way_after_it_was_signed(#[case] from: &str, #[case] to: &str) {
    let world = with_grant(ONE);
    world.sign("grant", "alice");
    world.edit_decision("grant", "alice", from, to);
    world.git_commit("Grant");
    let grant = world.standing("grant");
    assert_eq!(grant["status"], "pending_approval", "{grant:#}");
    assert!(
        matches!(codes(&grant)[..], ["RC501" | "RC509"]),
        "{grant:#}"
    );
}

/// RC303 is for settings that are not carried out; signatures are.
#[test]
fn nobody_is_told_that_signatures_are_not_read() {
    let world = with_grant(ONE);
    world.sign("grant", "alice");
    world.git_commit("Grant");
    for command in ["validate", "status", "plan", "reconcile"] {
        let run = world.run(&[command]).exits(0);
        let said = format!("{}{}", run.out, run.err);
        assert!(!said.contains("RC303"), "{command} says\n{said}");
    }
}

#[test]
fn human_output_names_code_person_and_what_to_do() {
    let world = with_grant(ONE);
    world.put(
        "grant",
        "alice",
        &[world.decision("grant", "alice").by_key("stranger")],
    );
    world.git_commit("Grant");
    for arguments in [&["status", "grant"][..], &["reconcile"]] {
        let run = world.run(arguments).exits(0);
        let said = format!("{}{}", run.out, run.err);
        for word in ["RC507", "alice", "approvals/grant/alice.yaml"] {
            assert!(said.contains(word), "no {word} in\n{said}");
        }
    }
}
