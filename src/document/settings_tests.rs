use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::model::{AccessType, ChangeLevel, Evidence, RoleId, SodAction};

const ALL: &str = r#"version: 1
organization: Acme Outdoor
timezone: America/New_York
user_provisioning:
  enhanced: true
  auto_provisioning: true
  auto_role_removal: true
change_controls:
  user_onboarding:  {change_level: change_request, evidence: merge}
  user_offboarding: {change_level: log_changes_only}
  temporary_access: {change_level: change_request, evidence: signature, approvals: 1, approvers: [it-security]}
approval:
  branch: origin/main
  block_own: true
  valid_for_days: 90
  forge_key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5KUFzbF1CuZwcPfAiSFuSVSJjqPPBFUgxFZ9mHGXOt forge"
repository: acme/access
revoked_keys:
- {key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5KUFzbF1CuZwcPfAiSFuSVSJjqPPBFUgxFZ9mHGXOr old laptop", since: 2026-01-01, reason: lost}
people:
  alice: {name: Alice Park, email: alice@acme.example, employee: alice.park, keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5KUFzbF1CuZwcPfAiSFuSVSJjqPPBFUgxFZ9mHGXOs alice"]}
  bob: {name: Bob Stone}
  carol: {name: Carol Diaz}
  dana: {name: Dana Fox, github: dana-fox, gitlab: d.fox}
  erin: {name: Erin Holt}
groups:
  it-security: [alice, bob]
  finance-leads: [carol, dana, erin]
roles:
  administrator: {name: Administrator, administrator: true}
  ap-clerk: {name: A/P Clerk, owner: carol}
  ap-payer: {name: A/P Payer, owner: carol, evidence: inline, approvals: 2, approvers: [finance-leads]}
  payroll-viewer: {name: Payroll Viewer, temporary_only: true, max_duration_days: 14}
  vendor-admin:
    name: Vendor Admin
    description: Keeps the vendors
    evidence: inline
    stages:
    - {name: finance, approvals: 2, approvers: [finance-leads]}
    - {name: security, approvers: [bob]}
    ordered: true
    final_approver: alice
separation_of_duties:
  - {id: vendor-and-payment, roles: [vendor-admin, ap-payer], action: deny}
limits:
  removals: 500
  removal_percent: 25
  inactivations: 50
forms:
  contractor:
    fields:
      ticket: {required: true, pattern: '^HR-[0-9]+$', description: HR ticket}
      agency: {required: true, one_of: [north, south]}
drift: refuse
"#;

fn source(text: &str) -> Source {
    Source::new("rolecall.yaml", text.as_bytes().to_vec(), LIMIT).unwrap()
}

pub(super) fn good(text: &str) -> SettingsDocument {
    read(&source(text)).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

pub(super) fn bad(text: &str) -> Vec<Finding> {
    let findings = read(&source(text)).unwrap_err();
    for finding in &findings {
        assert!(
            finding.place.is_some() && finding.path.as_deref() == Some("rolecall.yaml"),
            "{finding:?}"
        );
        assert!(
            finding.hint.as_deref().is_some_and(|hint| !hint.is_empty()),
            "{finding:?}"
        );
    }
    findings
}

#[test]
fn every_key_is_read() {
    let document = good(ALL);
    let settings = &document.settings;
    assert_eq!(settings.timezone, "America/New_York");
    assert_eq!(settings.approval.branch, "origin/main");
    assert_eq!(settings.approval.valid_for_days, Some(90));
    assert_eq!(
        settings.control(AccessType::RoleReductions).change_level,
        ChangeLevel::LogChangesOnly
    );
    assert_eq!(
        settings.control(AccessType::TemporaryAccess).rule.evidence,
        Evidence::Signature
    );
    assert_eq!(settings.people.len(), 5);
    let rule = settings.roles["ap-payer"].rule.as_ref().unwrap();
    assert_eq!(settings.approvers(rule, &rule.stages[0]).len(), 3);
    let rule = settings.roles["vendor-admin"].rule.as_ref().unwrap();
    assert!(rule.ordered);
    let stages: Vec<_> = rule
        .stages
        .iter()
        .map(|stage| {
            let approvers: Vec<_> = stage.approvers.iter().map(PersonId::as_str).collect();
            let name = stage.name.as_deref().unwrap();
            (name, stage.approvals, approvers.join(" "), stage.is_final)
        })
        .collect();
    assert_eq!(
        stages,
        [
            ("finance", 2, "finance-leads".to_owned(), false),
            ("security", 1, "bob".to_owned(), false),
            ("final approver", 1, "alice".to_owned(), true),
        ]
    );
    let dana = &settings.people["dana"];
    assert_eq!(dana.github.as_deref(), Some("dana-fox"));
    assert_eq!(dana.gitlab.as_deref(), Some("d.fox"));
    assert_eq!(settings.repository.as_deref(), Some("acme/access"));
    assert_eq!(settings.revoked_keys.len(), 1);
    assert!(settings.approval.forge_key.is_some());
    assert_eq!(settings.roles["payroll-viewer"].max_duration_days, Some(14));
    assert!(settings.is_administrator(&RoleId::new("administrator").unwrap()));
    assert_eq!(settings.separation_of_duties[0].action, SodAction::Deny);
    assert!(
        settings.forms["contractor"].fields["ticket"]
            .pattern
            .as_ref()
            .unwrap()
            .is_match("HR-1")
    );
    assert_eq!(settings.drift, DriftPolicy::Refuse);
    let codes: Vec<Code> = document
        .findings
        .iter()
        .map(|finding| finding.code)
        .collect();
    assert_eq!(codes, []);
}

#[test]
fn everything_but_the_version_may_be_left_out() {
    let settings = good("version: 1\n").settings;
    assert_eq!(settings.timezone, "UTC");
    assert_eq!((settings.people.len(), settings.roles.len()), (0, 0));
    assert!(settings.user_provisioning.enhanced && !settings.user_provisioning.auto_provisioning);
    assert_eq!(settings.approval.branch, "main");
    assert!(settings.approval.block_own);
    assert_eq!(settings.limits, Limits::default());
    assert_eq!(
        settings.change_controls.user_onboarding.rule.evidence,
        Evidence::Merge
    );
}

#[test]
fn temporary_access_left_out_is_governed_as_onboarding() {
    let settings =
        good("version: 1\nchange_controls: {user_onboarding: {evidence: inline}}\n").settings;
    assert_eq!(
        settings.control(AccessType::TemporaryAccess).rule.evidence,
        Evidence::Inline
    );
    assert_eq!(
        settings.control(AccessType::RoleReductions).rule.evidence,
        Evidence::Merge
    );
}

#[rstest]
#[case::version("version: 1", "version: 2", Code::Version, "2")]
#[case::version_text("version: 1", "version: '1'", Code::Version, "1")]
#[case::version_missing("version: 1\n", "", Code::MissingKey, "version")]
#[case::unknown("drift: refuse", "drifts: refuse", Code::UnknownKey, "drift")]
#[case::inner("  removals: 500", "  removal: 500", Code::UnknownKey, "removals")]
#[case::forge_key("forge_key: \"ssh", "forge_key: \"x", Code::Setting, "public key")]
#[case::forge_key_cut_off("GXOt forge", "GX", Code::Setting, "cut off")]
#[case::yes("enhanced: true", "enhanced: yes", Code::WrongType, "true")]
#[case::capital("enhanced: true", "enhanced: True", Code::WrongType, "true")]
#[case::quoted("enhanced: true", "enhanced: 'true'", Code::WrongType, "true")]
#[case::null("enhanced: true", "enhanced:", Code::WrongType, "leave the key out")]
#[case::zone("America/New_York", "EST", Code::UnknownZone, "America/New_York")]
#[case::other_zone(
    "America/New_York",
    "America/Old_York",
    Code::UnknownZone,
    "America/New_York"
)]
#[case::level("log_changes_only", "nothing", Code::UnknownWord, "log_changes_only")]
#[case::evidence(
    "evidence: signature",
    "evidence: signatures",
    Code::UnknownWord,
    "signature"
)]
#[case::two_with_merge(
    "evidence: merge",
    "evidence: merge, approvals: 2",
    Code::Setting,
    "merge"
)]
#[case::approvers_with_merge("evidence: merge", "approvers: [alice]", Code::Setting, "merge")]
#[case::role_with_merge("A/P Clerk", "A/P Clerk, approvals: 2", Code::Setting, "merge")]
#[case::no_approval("approvals: 1", "approvals: 0", Code::WrongType, "from 1")]
#[case::too_many(
    "approvals: 2, approvers: [finance",
    "approvals: 4, approvers: [finance",
    Code::Setting,
    "more approvers"
)]
#[case::nobody("[it-security]", "[it-securty]", Code::DanglingName, "it-security")]
#[case::approver_twice("[it-security]", "[it-security, it-security]", Code::BadList, "twice")]
#[case::no_approvers("[it-security]", "[]", Code::BadList, "empty")]
#[case::member("[alice, bob]", "[alise, bob]", Code::DanglingName, "alice")]
#[case::empty_group("[alice, bob]", "[]", Code::BadList, "empty")]
#[case::owner(
    "A/P Clerk, owner: carol",
    "A/P Clerk, owner: karol",
    Code::DanglingName,
    "carol"
)]
#[case::owner_is_group(
    "A/P Clerk, owner: carol",
    "A/P Clerk, owner: it-security",
    Code::DanglingName,
    "it-security"
)]
#[case::clash("  it-security: [", "  Alice: [", Code::Setting, "clashes")]
#[case::case_twin("  bob: {", "  ALICE: {name: X}\n  bob: {", Code::Setting, "clashes")]
#[case::role_twin(
    "  ap-clerk: {",
    "  AP-Payer: {name: X}\n  ap-clerk: {",
    Code::Setting,
    "case"
)]
#[case::role_id("  ap-clerk: {", "  '-clerk': {", Code::BadId, "-clerk")]
#[case::role_name("{name: A/P Clerk, ", "{", Code::MissingKey, "roles.ap-clerk.name")]
#[case::null_role(
    "  ap-clerk: {name: A/P Clerk, owner: carol}",
    "  ap-clerk:",
    Code::WrongType,
    "ap-clerk"
)]
#[case::days(
    "max_duration_days: 14",
    "max_duration_days: 0",
    Code::WrongType,
    "from 1"
)]
#[case::percent("removal_percent: 25", "removal_percent: 101", Code::WrongType, "100")]
#[case::negative("removals: 500", "removals: -1", Code::WrongType, "-1")]
#[case::fraction("removals: 500", "removals: 1.5", Code::WrongType, "1.5")]
#[case::lapse("valid_for_days: 90", "valid_for_days: 0", Code::WrongType, "from 1")]
#[case::branch("origin/main", "--upload-pack=x", Code::Setting, "branch")]
#[case::range("origin/main", "a..b", Code::Setting, "branch")]
#[case::email("alice@acme.example", "alice", Code::BadText, "e-mail")]
#[case::same_email(
    "{name: Bob Stone}",
    "{name: Bob Stone, email: Alice@ACME.example}",
    Code::Setting,
    "alice"
)]
#[case::same_employee(
    "{name: Bob Stone}",
    "{name: Bob Stone, employee: alice.park}",
    Code::Setting,
    "same employee"
)]
#[case::employee("alice.park", "'alice park'", Code::BadId, "alice park")]
#[case::same_key(
    "{name: Bob Stone}",
    "{name: Bob Stone, keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5KUFzbF1CuZwcPfAiSFuSVSJjqPPBFUgxFZ9mHGXOs other]}",
    Code::Setting,
    "alice"
)]
#[case::key_twice(
    "HGXOs alice\"",
    "HGXOs alice\", ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5KUFzbF1CuZwcPfAiSFuSVSJjqPPBFUgxFZ9mHGXOs",
    Code::BadList,
    "twice"
)]
#[case::star(
    "{name: Bob Stone}",
    "{name: Bob Stone, keys: ['*']}",
    Code::Setting,
    "public key"
)]
#[case::star_principal(
    "{name: Bob Stone}",
    "{name: Bob Stone, keys: ['* ssh-ed25519 AAAA']}",
    Code::Setting,
    "public key"
)]
#[case::certificate(
    "{name: Bob Stone}",
    "{name: Bob Stone, keys: ['ssh-ed25519-cert-v01@openssh.com AAAA']}",
    Code::Setting,
    "public key"
)]
#[case::no_base64(
    "{name: Bob Stone}",
    "{name: Bob Stone, keys: [ssh-ed25519 AAAA-]}",
    Code::Setting,
    "public key"
)]
#[case::revoked("since: 2026-01-01", "since: lately", Code::BadTime, "lately")]
#[case::revoked_key("key: \"ssh-ed25519 ", "key: \"", Code::Setting, "public key")]
#[case::revoked_twice(
    "people:\n",
    "- {key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5KUFzbF1CuZwcPfAiSFuSVSJjqPPBFUgxFZ9mHGXOr again, since: 2026-02-01, reason: x}\npeople:\n",
    Code::BadList,
    "`revoked_keys[1]` is revoked already"
)]
#[case::revoked_in_part("GXOr old laptop", "GX", Code::Setting, "cut off")]
#[case::repository("acme/access", "commit:8f3a", Code::Setting, "commit:")]
#[case::repository_lines("acme/access", "\"acme\\naccess\"", Code::BadText, "one line")]
#[case::account("dana-fox", "dana fox", Code::BadText, "name of an account")]
#[case::account_address("dana-fox", "github.com/dana", Code::BadText, "address of the forge")]
#[case::account_at("dana-fox", "'@dana-fox'", Code::BadText, "without '@'")]
#[case::account_bot("dana-fox", "'renovate[bot]'", Code::BadText, "given by people")]
#[case::account_gitlab_bot("d.fox", "'renovate[Bot]'", Code::BadText, "given by people")]
#[case::account_blank("dana-fox", "''", Code::BadText, "name of an account")]
#[case::account_of_another(
    "{name: Bob Stone}",
    "{name: Bob Stone, github: Dana-Fox}",
    Code::Setting,
    "already"
)]
#[case::gitlab_account_of_another(
    "{name: Erin Holt}",
    "{name: Erin Holt, gitlab: D.FOX}",
    Code::Setting,
    "the account of `dana` already"
)]
#[case::person_called_forge(
    "  bob: {",
    "  forge: {name: F}\n  bob: {",
    Code::Setting,
    "forge.yaml"
)]
#[case::person_called_forge_in_capitals(
    "  bob: {",
    "  Forge: {name: F}\n  bob: {",
    Code::Setting,
    "forge.yaml"
)]
#[case::sod_role(
    "[vendor-admin, ap-payer]",
    "[vendor-admin, ap-payee]",
    Code::DanglingName,
    "ap-payer"
)]
#[case::sod_one("[vendor-admin, ap-payer]", "[vendor-admin]", Code::BadList, "two")]
#[case::sod_twice(
    "[vendor-admin, ap-payer]",
    "[ap-payer, ap-payer]",
    Code::BadList,
    "twice"
)]
#[case::sod_action("action: deny", "action: forbid", Code::UnknownWord, "deny")]
#[case::sod_no_action(", action: deny", "", Code::MissingKey, "action")]
#[case::sod_same_id(
    "  - {id: vendor",
    "  - {id: Vendor-and-payment, roles: [ap-clerk, ap-payer], action: warn}\n  - {id: vendor",
    Code::Setting,
    "id"
)]
#[case::pattern("'^HR-[0-9]+$'", "'(['", Code::Setting, "regular expression")]
#[case::huge_pattern("'^HR-[0-9]+$'", "'(\\w{500}){500}'", Code::Setting, "too large")]
#[case::no_values("[north, south]", "[]", Code::BadList, "empty")]
#[case::no_fields("    fields:", "    field:", Code::UnknownKey, "fields")]
#[case::drift("drift: refuse", "drift: ignore", Code::UnknownWord, "record")]
#[case::control_character("Acme Outdoor", "\"Acme\\u0007\"", Code::BadText, "U+0007")]
#[case::blank("Acme Outdoor", "'  '", Code::BadText, "blank")]
#[case::people_list("groups:\n", "groups: []\nx:\n", Code::WrongType, "groups")]
fn a_setting_that_does_not_fit_is_an_error(
    #[case] from: &str,
    #[case] to: &str,
    #[case] code: Code,
    #[case] words: &str,
) {
    assert!(ALL.contains(from), "{from:?}");
    let findings = bad(&ALL.replacen(from, to, 1));
    let found = findings.iter().filter(|finding| finding.code == code);
    let says = |finding: &Finding| {
        let text = format!(
            "{} {}",
            finding.message,
            finding.hint.clone().unwrap_or_default()
        );
        text.contains(words)
    };
    assert!(found.clone().any(says), "{findings:#?}");
}

#[test]
fn a_name_is_long_enough_for_every_repository_and_account() {
    for (name, most) in [("acme/access", 200), ("dana-fox", 255)] {
        good(&ALL.replacen(name, &"x".repeat(most), 1));
        let findings = bad(&ALL.replacen(name, &"x".repeat(most + 1), 1));
        assert_eq!(findings[0].code, Code::BadText, "{findings:?}");
    }
}

#[test]
fn an_account_at_one_forge_may_be_somebody_elses_at_another() {
    good(&ALL.replacen("{name: Bob Stone}", "{name: B, gitlab: dana-fox}", 1));
}

#[test]
fn a_revoked_key_of_the_forge_is_a_warning() {
    let findings = good(&ALL.replacen("GXOt forge", "GXOr", 1)).findings;
    assert_eq!(findings.len(), 1, "{findings:#?}");
    let finding = &findings[0];
    assert!(finding.code == Code::Setting && !finding.is_error());
    assert!(finding.message.contains("revoked_keys"), "{findings:#?}");
}

/// `forge.yaml` is in the way only where approvals are files, and only of people.
#[rstest]
#[case::inline("people: {forge: {name: F}}\n", "inline", true)]
#[case::merge("people: {forge: {name: F}}\n", "merge", true)]
#[case::forge("people: {FORGE: {name: F}}\n", "forge", false)]
#[case::signature("people: {forge: {name: F}}\n", "signature", false)]
#[case::group("people: {a: {name: A}}\ngroups: {forge: [a]}\n", "forge", true)]
#[case::another("people: {forge.a: {name: A}}\n", "signature", true)]
fn nobody_is_called_as_the_record_of_the_forge(
    #[case] people: &str,
    #[case] evidence: &str,
    #[case] is_read: bool,
) {
    let text = format!("version: 1\n{people}roles: {{r: {{name: R, evidence: {evidence}}}}}\n");
    assert_eq!(read(&source(&text)).is_ok(), is_read);
}

#[test]
fn all_errors_are_reported_together() {
    let findings = bad("version: 1\ndrift: x\nlimits: {removals: x}\nx: y\n");
    let lines: Vec<usize> = findings
        .iter()
        .map(|finding| finding.place.as_ref().unwrap().line)
        .collect();
    assert_eq!(lines, [2, 3, 4]);
}

#[rstest]
#[case(ALL, Some("origin/main"))]
#[case("version: 7\napproval: {branch: x}\nother: y\n", Some("x"))]
#[case("version: 1\n", None)]
#[case("approval: {branch: -x}\n", None)]
#[case("a: [", None)]
#[case("", None)]
fn the_branch_is_read_also_from_settings_with_errors(
    #[case] text: &str,
    #[case] expected: Option<&str>,
) {
    assert_eq!(read_branch(&source(text)).as_deref(), expected);
}

#[test]
fn a_large_catalogue_is_read() {
    use std::fmt::Write as _;
    let mut text = String::from("version: 1\nroles:\n");
    for index in 0..20_000 {
        let _ = writeln!(text, "  role-{index}: {{name: Role {index}}}");
    }
    assert_eq!(good(&text).settings.roles.len(), 20_000);
}

#[test]
fn a_flood_of_problems_is_cut() {
    let text = format!(
        "version: 1\nseparation_of_duties: [{}]\n",
        "{},".repeat(50_000)
    );
    let findings = read(&source(&text)).unwrap_err();
    assert!(findings.len() < 300);
    assert_eq!(findings.last().unwrap().code, Code::More);
}

/// The texts that are dear to read, as a file of their own and inside of one.
fn hostile(size: usize) -> Vec<(&'static str, String)> {
    let mut texts = crate::document::yaml::tests::hostile(size - 200);
    for (name, text) in texts.clone() {
        let line = text.replace('\n', "\n  ");
        texts.push((name, format!("version: 1\nroles:\n  {line}")));
        texts.push((name, format!("version: 1\ngroups: {line}")));
    }
    texts.push((
        "unknown roles",
        format!(
            "version: 1\nseparation_of_duties:\n- roles: [{}]\n",
            "x,".repeat(size / 2 - 40)
        ),
    ));
    texts.push((
        "empty maps",
        format!(
            "version: 1\nseparation_of_duties: [{}]\n",
            "{},".repeat(size / 3 - 40)
        ),
    ));
    texts
}

#[test]
fn hostile_settings_are_refused_fast() {
    for (name, text) in hostile(64 * 1024) {
        assert!(read(&source(&text)).is_err(), "{name}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(source) = Source::new("rolecall.yaml", bytes, LIMIT) {
            let _ = read(&source);
            let _ = read_branch(&source);
        }
    }

    #[test]
    fn any_change_of_good_settings_is_read_or_refused(at in 0..ALL.len(), put in "\\PC{0,3}", cut in 0usize..6) {
        let end = (at + cut).min(ALL.len());
        if ALL.is_char_boundary(at) && ALL.is_char_boundary(end) {
            let text = format!("{}{put}{}", &ALL[..at], &ALL[end..]);
            if let Err(findings) = read(&source(&text)) {
                prop_assert!(findings.iter().any(Finding::is_error));
            }
        }
    }
}
