//! Where a forge may be asked.

use rstest::rstest;

use super::*;

fn new(forge: Forge, url: Option<&str>, project: &str) -> Result<Target, ForgeError> {
    Target::new(forge, url, project, Some(TOKEN.to_owned()), PATIENCE)
}

#[rstest]
#[case::public(Forge::GitHub, None, "https://api.github.com")]
#[case::public(Forge::GitLab, None, "https://gitlab.com/api/v4")]
#[case::enterprise(
    Forge::GitHub,
    Some("https://git.example/api/v3/"),
    "https://git.example/api/v3"
)]
#[case::host(
    Forge::GitHub,
    Some("https://git.example:8443"),
    "https://git.example:8443"
)]
#[case::host(
    Forge::GitLab,
    Some("https://git.example/"),
    "https://git.example/api/v4"
)]
#[case::path(
    Forge::GitLab,
    Some("https://git.example/gitlab/api/v4"),
    "https://git.example/gitlab/api/v4"
)]
#[case::loopback(Forge::GitHub, Some("http://127.1.2.3:1"), "http://127.1.2.3:1")]
#[case::loopback(Forge::GitLab, Some("http://[::1]:1"), "http://[::1]:1/api/v4")]
#[case::loopback(Forge::GitHub, Some("http://localhost:1/x"), "http://localhost:1/x")]
fn roots_are_taken_as_they_are(
    #[case] forge: Forge,
    #[case] url: Option<&str>,
    #[case] root: &str,
) {
    assert_eq!(new(forge, url, "a/b").unwrap().url, root);
}

#[rstest]
#[case::plain("http://git.example/api/v3")]
#[case::plain_with_a_loopback_name("http://127.0.0.1.example")]
#[case::scheme("ftp://127.0.0.1")]
#[case::no_scheme("git.example")]
#[case::no_host("https://")]
#[case::user("https://me:s3cr3t-t0ken@git.example")]
#[case::query("https://git.example/?private_token=s3cr3t-t0ken")]
#[case::fragment("https://git.example/#s3cr3t-t0ken")]
#[case::space("https://git.example/a b")]
#[case::port("https://git.example:99999")]
#[case::backslash("https://git.example\\@evil.example")]
#[case::dots("https://git.example/api/../x")]
fn other_addresses_are_refused_without_showing_them(#[case] url: &str) {
    for forge in [Forge::GitHub, Forge::GitLab] {
        let error = new(forge, Some(url), "a/b").unwrap_err();
        assert!(matches!(error, ForgeError::BadUrl { .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error}");
        assert!(error.hint().is_some());
    }
}

#[rstest]
#[case(Forge::GitHub, "acme/access-1.2_x")]
#[case(Forge::GitLab, "acme/access")]
#[case(Forge::GitLab, "acme/teams/access")]
#[case(Forge::GitLab, "1234")]
fn projects_have_the_form_of_their_forge(#[case] forge: Forge, #[case] project: &str) {
    assert_eq!(new(forge, None, project).unwrap().project, project);
}

#[rstest]
#[case(Forge::GitHub, "access")]
#[case(Forge::GitHub, "acme/teams/access")]
#[case(Forge::GitHub, "1234")]
#[case(Forge::GitHub, "acme/")]
#[case(Forge::GitHub, "../access")]
#[case(Forge::GitHub, "acme/a?b")]
#[case(Forge::GitLab, "access")]
#[case(Forge::GitLab, "/acme/access")]
#[case(Forge::GitLab, "acme/../access")]
#[case(Forge::GitLab, "acme/acc%65ss")]
#[case(Forge::GitLab, "")]
fn other_projects_are_refused(#[case] forge: Forge, #[case] project: &str) {
    let error = new(forge, None, project).unwrap_err();
    assert!(matches!(error, ForgeError::BadProject { .. }), "{error:?}");
    assert!(error.hint().is_some());
}

#[test]
fn the_token_is_never_shown() {
    let target = new(Forge::GitHub, None, "a/b").unwrap();
    assert!(!format!("{target:?} {target:#?}").contains(TOKEN));
    let bad = Target::new(
        Forge::GitHub,
        None,
        "a/b",
        Some(format!("{TOKEN} x")),
        PATIENCE,
    )
    .unwrap_err();
    assert!(matches!(bad, ForgeError::BadToken));
    assert!(!format!("{bad} {bad:?}").contains(TOKEN));
}

#[test]
fn a_token_may_have_a_line_end() {
    let target = Target::new(
        Forge::GitHub,
        None,
        "a/b",
        Some(format!("{TOKEN}\n")),
        PATIENCE,
    )
    .unwrap();
    assert_eq!(target.token(), Some(TOKEN));
}
