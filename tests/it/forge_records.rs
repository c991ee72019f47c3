//! Records of a forge that were moved, edited, cut off, or are not where they count.

use rstest::rstest;

use crate::support::forge::server::Server;
use crate::support::forge::{
    How, fetch, finding_with, forge_settings, grant, is_pending_with, pull, record_path,
};
use crate::support::github::{APPROVED_AT, approved_with, recorded, review, routes};
use crate::support::worlds::addition;

const RECORD: &str = "approvals/grant/forge.yaml";

#[test]
fn a_record_that_was_copied_to_another_request_does_not_count_there() {
    let (workspace, _) = recorded();
    workspace.reconcile();
    let other = addition("[sam.reyes]", "[payroll-viewer]");
    pull(&workspace, "other", &[&other], How::Merge);
    workspace.write(&record_path("other"), workspace.read(RECORD));
    workspace.git_commit("Copy the record");
    assert_eq!(workspace.status("other")["status"], "pending_approval");
    assert_eq!(
        finding_with(&workspace, "RC504")["path"],
        record_path("other")
    );
    workspace.reconcile();
    assert_eq!(workspace.status("other")["status"], "pending_approval");
}

#[test]
fn a_record_of_another_request_with_the_same_bytes_does_not_count() {
    let (workspace, _) = recorded();
    pull(&workspace, "other", &[&grant()], How::Merge);
    workspace.write(&record_path("other"), workspace.read(RECORD));
    workspace.git_commit("Copy the record");
    assert_eq!(workspace.status("other")["status"], "pending_approval");
    finding_with(&workspace, "RC504");
}

#[test]
fn a_record_of_another_repository_does_not_count() {
    let (there, _) = recorded();
    // Another beginning makes another repository.
    let (here, _, _) = approved_with(&format!("# Another company.\n{}", forge_settings()));
    here.write(RECORD, there.read(RECORD));
    here.git_commit("Copy the record");
    is_pending_with(&here, "grant", &["RC505"]);
}

#[test]
fn a_record_belongs_to_the_name_of_its_repository() {
    let (workspace, _, server) = approved_with(&format!("{}repository: acme\n", forge_settings()));
    fetch(&workspace, &server, "github", &["--request", "grant"]).exits(0);
    workspace.git_commit("Record the reviews");
    assert_eq!(workspace.status("grant")["status"], "approved");
    workspace.settings("repository: acme", "repository: other");
    workspace.git_commit("Rename the repository");
    is_pending_with(&workspace, "grant", &["RC505"]);
}

#[test]
fn a_request_that_was_edited_after_its_merge_is_pending_and_who_had_approved_is_named() {
    let (workspace, _) = recorded();
    workspace.edit("requests/grant.yaml", "HR-1204", "HR-1205");
    workspace.git_commit("Edit the request");
    is_pending_with(&workspace, "grant", &["RC503"]);
    let message = finding_with(&workspace, "RC503")["message"].to_string();
    assert!(message.contains("alice"), "{message}");
    assert!(message.contains(APPROVED_AT), "{message}");
}

#[test]
fn a_request_that_was_put_back_as_it_was_has_its_reviews_again() {
    let (workspace, _) = recorded();
    workspace.edit("requests/grant.yaml", "HR-1204", "HR-1205");
    workspace.git_commit("Edit the request");
    assert_eq!(workspace.status("grant")["status"], "pending_approval");
    workspace.edit("requests/grant.yaml", "HR-1205", "HR-1204");
    workspace.git_commit("Put the request back");
    assert_eq!(workspace.status("grant")["status"], "approved");
}

#[test]
fn an_edit_needs_a_pull_request_and_a_record_of_its_own() {
    let (workspace, _) = recorded();
    let edited = grant().replace("HR-1204", "HR-1205");
    let second = pull(&workspace, "grant", &[&edited], How::Squash);
    is_pending_with(&workspace, "grant", &["RC503"]);
    let good = review("bob-lee", "APPROVED", second.head(), "2026-11-22T09:00:00Z");
    let server = Server::start(routes(&second, &[good]));
    fetch(&workspace, &server, "github", &["--request", "grant"]).exits(0);
    workspace.git_commit("Record the new reviews");
    assert_eq!(workspace.status("grant")["status"], "approved");
    workspace.reconcile();
    assert_eq!(workspace.last_log()["approvals"][0]["person"], "bob");
}

#[test]
fn a_request_that_was_edited_in_the_work_tree_only_keeps_its_reviews() {
    let (workspace, _) = recorded();
    workspace.edit("requests/grant.yaml", "ap-clerk", "payroll-viewer");
    workspace.reconcile();
    assert_eq!(
        workspace.roles("sam.reyes"),
        ["ap-clerk", "ap-payer", "vendor-admin"]
    );
}

#[test]
fn a_record_that_is_not_merged_yet_is_named() {
    let (workspace, _, server) = approved_with(&forge_settings());
    fetch(&workspace, &server, "github", &["--request", "grant"]).exits(0);
    let finding = finding_with(&workspace, "RC210");
    assert_eq!(finding["path"], RECORD);
}

#[rstest]
#[case::its_end(|text: &str| text.replace("...\n", ""))]
#[case::half_of_it(|text: &str| text[..text.len() / 2].to_owned())]
#[case::half_with_an_end(|text: &str| format!("{}\n...\n", &text[..text.len() / 2]))]
#[case::all_of_it(|_: &str| String::new())]
#[case::its_content(|text: &str| text.lines().filter(|line| !line.starts_with("content")).fold(String::new(), |all, line| all + line + "\n"))]
#[case::digits_of_an_id(|text: &str| text.replace("sha256:", "sha256:ab"))]
#[case::the_key_of_it(|text: &str| text.replace("author:", "autor:"))]
#[case::its_version(|text: &str| text.replace("version: 1\n", "version: 2\n"))]
#[case::the_state_of_a_review(|text: &str| text.replace("state: approved", "state: approves"))]
#[case::more_than_64_kib(|text: &str| text.replace("...\n", &format!("# {}\n...\n", "x".repeat(65 * 1024))))]
fn a_record_that_lacks_something_is_none(#[case] damage: fn(&str) -> String) {
    let (workspace, _) = recorded();
    workspace.write(RECORD, damage(&workspace.read(RECORD)));
    workspace.git_commit("Damage the record");
    is_pending_with(&workspace, "grant", &["RC501"]);
    assert_eq!(finding_with(&workspace, "RC501")["path"], RECORD);
}

#[test]
fn a_record_that_is_a_link_is_none() {
    let (workspace, _) = recorded();
    workspace.write("elsewhere.yaml", workspace.read(RECORD));
    workspace.delete(RECORD);
    let link = workspace.path().join(RECORD);
    std::os::unix::fs::symlink("../../elsewhere.yaml", link).expect("a link");
    workspace.git_commit("Link the record");
    is_pending_with(&workspace, "grant", &["RC501"]);
}
