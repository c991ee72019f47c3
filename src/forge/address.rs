//! Addresses: the root of an API, and how text is put into a path.

use ureq::http::Uri;

use crate::model::address;

/// The root of an API as it was given, without the `/` at its end.
///
/// # Errors
///
/// What is wrong with it, as a verb with its object.
pub(super) fn root(text: &str) -> Result<String, &'static str> {
    if text.contains(['?', '#']) {
        return Err("has a query or a fragment");
    }
    address::endpoint(text)?;
    Ok(text.trim_end_matches('/').to_owned())
}

/// Whether a root has a path.
pub(super) fn has_path(root: &str) -> bool {
    root.split_once("://")
        .is_some_and(|(_, rest)| rest.contains('/'))
}

/// A text as one part of a path or the value of a query: everything but letters, digits and `-._~` becomes `%XX`.
pub(super) fn encoded(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            shown.push(char::from(byte));
        } else {
            shown.push_str(&format!("%{byte:02X}"));
        }
    }
    shown
}

/// A path in a tree: its parts encoded, the slashes between them kept.
pub(super) fn encoded_path(path: &str) -> String {
    let parts: Vec<String> = path.split('/').map(encoded).collect();
    parts.join("/")
}

/// Where a `Location` or a link leads, seen from an address.
pub(super) fn resolved(from: &Uri, target: &str) -> Option<Uri> {
    if !target
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    {
        return None;
    }
    let scheme = from.scheme_str()?;
    let authority = from.authority()?;
    let text = if target.starts_with("//") {
        format!("{scheme}:{target}")
    } else if target.starts_with('/') {
        format!("{scheme}://{authority}{target}")
    } else {
        target.to_owned()
    };
    text.parse().ok()
}

/// The target of `rel="next"` in a `Link` header.
pub(super) fn next_link(value: &str) -> Option<&str> {
    value.split('<').skip(1).find_map(|link| {
        let (target, parameters) = link.split_once('>')?;
        parameters.split([';', ',']).any(is_next).then_some(target)
    })
}

fn is_next(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else {
        return false;
    };
    let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
    name.trim().eq_ignore_ascii_case("rel")
        && relations.any(|relation| relation.eq_ignore_ascii_case("next"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_path_keep_no_character_that_means_something() {
        assert_eq!(encoded("group/sub name"), "group%2Fsub%20name");
        assert_eq!(encoded("é?#%"), "%C3%A9%3F%23%25");
        assert_eq!(encoded_path("a b/c&d.yaml"), "a%20b/c%26d.yaml");
    }

    #[test]
    fn links_are_resolved_as_browsers_do() {
        let from: Uri = "https://a.example/x?y".parse().unwrap();
        let lead = |target: &str| resolved(&from, target).map(|uri| uri.to_string());
        assert_eq!(lead("/z?p=2").as_deref(), Some("https://a.example/z?p=2"));
        assert_eq!(
            lead("//b.example/z").as_deref(),
            Some("https://b.example/z")
        );
        assert_eq!(
            lead("https://c.example/").as_deref(),
            Some("https://c.example/")
        );
        assert_eq!(lead("https:/\\c.example"), None);
    }

    #[test]
    fn the_next_page_is_found_among_other_links() {
        let next = |value| next_link(value);
        assert_eq!(
            next(r#"<https://a/?p=1>; rel="first", <https://a/?p=2,3>; rel="next""#),
            Some("https://a/?p=2,3")
        );
        assert_eq!(
            next(r#"<https://a/?p=2>;title="x";REL=next"#),
            Some("https://a/?p=2")
        );
        assert_eq!(
            next(r#"<https://a/?p=9>; rel="last", <https://a/?p=1>; rel="prev""#),
            None
        );
        assert_eq!(next(r#"</x>; rel="prev next""#), Some("/x"));
        assert_eq!(next("nonsense"), None);
    }
}
