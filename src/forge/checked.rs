//! Text that comes from a forge was written by anybody: it is checked before it is handed on.

use crate::model::Instant;
use crate::time;

/// The longest name of an account, in characters.
const LONGEST_LOGIN: usize = 100;

/// The name of an account, if it can be one: letters, digits and `._@+-`, and `[bot]` at the end of a program's.
pub(super) fn login(text: &str) -> Option<String> {
    let name = text.strip_suffix("[bot]").unwrap_or(text);
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._@+-".contains(&byte);
    let is_login = !name.is_empty() && text.len() <= LONGEST_LOGIN && name.bytes().all(fits);
    is_login.then(|| text.to_owned())
}

/// The id of a git object, if it is one: 40 or 64 lower-case hexadecimal digits.
pub(super) fn object(text: &str) -> Option<String> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_object = matches!(text.len(), 40 | 64) && text.bytes().all(is_digit);
    is_object.then(|| text.to_owned())
}

/// A moment as forges write it.
pub(super) fn moment(text: &str) -> Option<Instant> {
    time::parse_rfc3339(text).ok()
}

/// How a forge may name a branch, most likely first: as it was given, and without the remote's name that a clone puts before
/// it, such as `origin/`.
pub(super) fn branch_names(branch: &str) -> Vec<&str> {
    if let Some(name) = branch.strip_prefix("refs/heads/") {
        return vec![name];
    }
    if let Some(name) = branch.strip_prefix("refs/remotes/") {
        return name
            .split_once('/')
            .map(|(_, name)| name)
            .into_iter()
            .collect();
    }
    let shorter = branch.split_once('/').map(|(_, name)| name);
    std::iter::once(branch).chain(shorter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_accounts_have_few_characters() {
        for text in [
            "ada",
            "ada_EMU",
            "a.b@c+d-e",
            "renovate[bot]",
            &"x".repeat(100),
        ] {
            assert_eq!(login(text).as_deref(), Some(text));
        }
        for text in [
            "",
            "[bot]",
            "a b",
            "a\u{202e}b",
            "é",
            "a[bot]b",
            "a\n",
            &"x".repeat(101),
        ] {
            assert_eq!(login(text), None, "{text:?}");
        }
    }

    #[test]
    fn ids_of_objects_are_whole_and_in_lower_case() {
        assert!(object(&"0a".repeat(20)).is_some());
        assert!(object(&"0a".repeat(32)).is_some());
        for text in ["", &"0A".repeat(20), &"0a".repeat(19), &"0g".repeat(20)] {
            assert!(object(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn a_branch_may_have_the_name_of_a_remote_before_it() {
        assert_eq!(branch_names("main"), ["main"]);
        assert_eq!(branch_names("origin/main"), ["origin/main", "main"]);
        assert_eq!(
            branch_names("origin/release/1"),
            ["origin/release/1", "release/1"]
        );
        assert_eq!(branch_names("refs/heads/release/1"), ["release/1"]);
        assert_eq!(branch_names("refs/remotes/origin/release/1"), ["release/1"]);
    }
}
