//! Addresses: the root of an API, where it leads, and how text is put into a path.

use std::net::IpAddr;

use ureq::http::Uri;

/// A server as the rule of the same origin sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// Of an address with scheme and host; `None` if one is missing or cannot be used, or if it names a user.
    pub(super) fn of(uri: &Uri) -> Option<Self> {
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let authority = uri.authority()?;
        let default = match scheme.as_str() {
            "https" => 443,
            "http" => 80,
            _ => return None,
        };
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return None;
        }
        // What follows the host is a port or nothing: `host:` and `host:99999` are neither.
        let rest = authority.as_str().strip_prefix(authority.host())?;
        let port = match authority.port_u16() {
            Some(port) => port,
            None if rest.is_empty() => default,
            None => return None,
        };
        Some(Self {
            scheme,
            host: authority.host().to_ascii_lowercase(),
            port,
        })
    }

    /// Whether the connection is encrypted.
    pub(super) fn is_https(&self) -> bool {
        self.scheme == "https"
    }

    /// Whether it is this machine.
    pub(super) fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        bare == "localhost"
            || bare
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }

    /// How it is shown: short, and only with characters that hosts have.
    pub(super) fn shown(&self) -> String {
        let fits =
            |character: &char| character.is_ascii_alphanumeric() || "-._[]:".contains(*character);
        let host: String = self.host.chars().filter(fits).take(100).collect();
        format!("{}://{host}:{}", self.scheme, self.port)
    }
}

/// The root of an API as it was given, without the `/` at its end.
///
/// # Errors
///
/// What is wrong with it, as a verb with its object.
pub(super) fn root(text: &str) -> Result<String, &'static str> {
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if !is_plain {
        return Err("has characters that no address has");
    }
    if text.contains(['?', '#']) {
        return Err("has a query or a fragment");
    }
    if text.contains('@') {
        return Err("names a user");
    }
    let uri: Uri = text.parse().map_err(|_| "is not an address")?;
    let origin = Origin::of(&uri).ok_or("does not begin with https:// and a host")?;
    if !origin.is_https() && !origin.is_loopback() {
        return Err("is not encrypted: it has to begin with https://");
    }
    let is_dotted = uri.path().split('/').any(|part| matches!(part, "." | ".."));
    if is_dotted {
        return Err("has a path with dots");
    }
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
    fn the_origin_is_scheme_host_and_port() {
        let origin = |text: &str| Origin::of(&text.parse().unwrap());
        assert_eq!(
            origin("https://a.example/x"),
            origin("https://A.example:443/y")
        );
        assert_ne!(
            origin("https://a.example"),
            origin("https://a.example:8443")
        );
        assert_ne!(origin("https://a.example"), origin("http://a.example:443"));
        assert_ne!(origin("https://a.example"), origin("https://a.example."));
        assert_eq!(origin("https://user@a.example"), None);
        assert_eq!(origin("https://a.example:"), None);
        assert_eq!(origin("ftp://a.example"), None);
        assert_eq!(origin("/x"), None);
    }

    #[test]
    fn loopback_is_a_network_an_address_and_a_name() {
        let is_loopback = |text: &str| Origin::of(&text.parse().unwrap()).unwrap().is_loopback();
        for text in [
            "http://127.0.0.1",
            "http://127.9.9.9:1",
            "http://[::1]:1",
            "http://LOCALHOST",
        ] {
            assert!(is_loopback(text), "{text}");
        }
        for text in [
            "http://128.0.0.1",
            "http://localhost.example",
            "http://[::2]",
            "http://127.0.0.1.example",
        ] {
            assert!(!is_loopback(text), "{text}");
        }
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
