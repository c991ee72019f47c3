use rstest::rstest;

use super::super::tests::{bad, good};
use super::*;
use crate::check::finding::Finding;

fn with(target: &str) -> String {
    format!("version: 1\nnotify:\n  it: {target}\n")
}

fn only(target: &str) -> Notification {
    let settings = good(&with(target)).settings;
    settings.notify.into_values().next().unwrap()
}

#[test]
fn a_target_needs_only_an_address() {
    let target = only("{url: 'https://hooks.example/services/x?y=1'}");
    assert_eq!(
        target,
        Notification {
            endpoint: Endpoint::Url("https://hooks.example/services/x?y=1".to_owned()),
            format: NotificationFormat::Json,
            events: EventKind::ALL.into(),
            secret_env: None,
            overdue_after: Duration::from_mins(15),
        }
    );
}

#[test]
fn every_key_of_a_target_is_read() {
    let target = only(
        "{url_env: ROLECALL_IT_URL, format: slack, events: [failed, overdue], secret_env: ROLECALL_IT_SECRET, overdue_after: 2h}",
    );
    assert_eq!(
        target.endpoint,
        Endpoint::Environment("ROLECALL_IT_URL".to_owned())
    );
    assert_eq!(target.format, NotificationFormat::Slack);
    assert_eq!(
        target.events,
        [EventKind::Failed, EventKind::Overdue].into()
    );
    assert_eq!(target.secret_env.as_deref(), Some("ROLECALL_IT_SECRET"));
    assert_eq!(target.overdue_after, Duration::from_hours(2));
}

#[rstest]
#[case::no_address("{format: json}", Code::MissingKey)]
#[case::two_addresses("{url: 'https://a.example', url_env: ROLECALL_URL}", Code::Setting)]
#[case::not_encrypted("{url: 'http://s3cr3t.example/x'}", Code::Setting)]
#[case::user("{url: 'https://me:s3cr3t@a.example/x'}", Code::Setting)]
#[case::no_url("{url: s3cr3t}", Code::Setting)]
#[case::foreign_variable("{url_env: AWS_SECRET_ACCESS_KEY}", Code::Setting)]
#[case::lower_case("{url_env: ROLECALL_url}", Code::Setting)]
#[case::bare_prefix("{url_env: ROLECALL_}", Code::Setting)]
#[case::foreign_secret("{url: 'https://a.example', secret_env: GITHUB_TOKEN}", Code::Setting)]
#[case::format("{url: 'https://a.example', format: teams}", Code::UnknownWord)]
#[case::event("{url: 'https://a.example', events: [complete]}", Code::UnknownWord)]
#[case::event_twice("{url: 'https://a.example', events: [failed, failed]}", Code::BadList)]
#[case::no_events("{url: 'https://a.example', events: []}", Code::BadList)]
#[case::duration("{url: 'https://a.example', overdue_after: soon}", Code::WrongType)]
#[case::no_duration("{url: 'https://a.example', overdue_after: 0s}", Code::WrongType)]
#[case::unknown_key("{url: 'https://a.example', channel: x}", Code::UnknownKey)]
fn other_targets_are_refused_with_a_hint(#[case] target: &str, #[case] code: Code) {
    let findings = bad(&with(target));
    assert_eq!(findings[0].code, code, "{findings:#?}");
    let said = |finding: &Finding| format!("{} {:?}", finding.message, finding.hint);
    assert!(
        !findings
            .iter()
            .any(|finding| said(finding).contains("s3cr3t")),
        "{findings:?}"
    );
}

#[test]
fn the_name_of_a_target_is_an_id() {
    let findings = bad("version: 1\nnotify:\n  'a b': {url: 'https://a.example'}\n");
    assert_eq!(findings[0].code, Code::BadId);
}

#[test]
fn an_address_is_never_shown() {
    let settings = good(&with("{url: 'https://hooks.example/s3cr3t'}")).settings;
    assert!(!format!("{settings:?}").contains("s3cr3t"));
}
