//! Addresses of other servers: where they lead, and whether anything may be sent there.

use std::net::IpAddr;

use http::Uri;

/// A server as the rule of the same origin sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// Of an address with scheme and host; `None` if one is missing or cannot be used, or if it names a user.
    #[must_use]
    pub fn of(uri: &Uri) -> Option<Self> {
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
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.scheme == "https"
    }

    /// Whether it is this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        bare == "localhost"
            || bare
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }

    /// How it is shown: short, and only with characters that hosts have.
    #[must_use]
    pub fn shown(&self) -> String {
        let fits =
            |character: &char| character.is_ascii_alphanumeric() || "-._[]:".contains(*character);
        let host: String = self.host.chars().filter(fits).take(100).collect();
        format!("{}://{host}:{}", self.scheme, self.port)
    }
}

/// An address that something may be sent to, checked.
///
/// It is encrypted, or leads to this machine; it names no user and has no fragment.
///
/// # Errors
///
/// What is wrong with it, as a verb with its object. The address is not repeated: it may be a secret.
pub fn endpoint(text: &str) -> Result<Uri, &'static str> {
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if !is_plain {
        return Err("has characters that no address has");
    }
    if text.contains('#') {
        return Err("has a fragment");
    }
    let uri: Uri = text.parse().map_err(|_| "is not an address")?;
    let names_user = uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'));
    if names_user {
        return Err("names a user");
    }
    let origin = Origin::of(&uri).ok_or("does not begin with https:// and a host")?;
    if !origin.is_https() && !origin.is_loopback() {
        return Err("is not encrypted: it has to begin with https://");
    }
    let is_dotted = uri.path().split('/').any(|part| matches!(part, "." | ".."));
    if is_dotted {
        return Err("has a path with dots");
    }
    Ok(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn what_is_sent_goes_encrypted_or_stays_here() {
        for good in [
            "https://a.example/x?token=1@2",
            "http://127.0.0.1:1/x",
            "http://localhost",
        ] {
            assert!(endpoint(good).is_ok(), "{good}");
        }
        for bad in [
            "http://a.example",
            "a.example",
            "",
            "https://",
            "https://me:pass@a.example",
            "https://a.example/#x",
            "https://a b",
            "https://a.example/../x",
            "file:///etc/passwd",
            "https://a.example:99999",
        ] {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }
}
