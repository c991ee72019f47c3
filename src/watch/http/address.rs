//! Where the server listens, as `--metrics` names it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Why a text is no address to listen on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an address to listen on")]
pub struct AddressError {
    text: String,
}

impl AddressError {
    /// What to write instead.
    pub const HINT: &str =
        "write a port such as 9464, or an IP address and a port such as 0.0.0.0:9464 or [::]:9464";
}

/// Reads `PORT` or `:PORT`, which mean loopback, or `HOST:PORT` with an IP address or `localhost`.
///
/// Other names are not looked up: which of its addresses a name means is not a question for a server. With port 0 the system
/// chooses one.
///
/// # Errors
///
/// An [`AddressError`] for anything else.
pub fn parse_address(text: &str) -> Result<SocketAddr, AddressError> {
    let wrong = || AddressError {
        text: text.chars().take(100).collect(),
    };
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let on_loopback = text
        .strip_prefix("localhost:")
        .or_else(|| text.strip_prefix(':'))
        .unwrap_or(text);
    if on_loopback.bytes().all(|byte| byte.is_ascii_digit()) {
        let port = on_loopback.parse().map_err(|_| wrong())?;
        return Ok(SocketAddr::new(loopback, port));
    }
    text.parse().map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_on_loopback() {
        for text in ["9464", ":9464", "localhost:9464", "127.0.0.1:9464"] {
            let address = parse_address(text).unwrap();
            assert_eq!(address.to_string(), "127.0.0.1:9464", "{text}");
        }
        assert_eq!(parse_address("0").unwrap().to_string(), "127.0.0.1:0");
    }

    #[test]
    fn an_ip_address_is_taken_as_it_stands() {
        for text in ["0.0.0.0:1", "[::]:65535", "[::1]:80", "192.0.2.1:9464"] {
            assert_eq!(parse_address(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            ":",
            "x",
            "65536",
            "-1",
            "+1",
            "localhost",
            "localhost:",
            "::1",
            "[::1]",
            "a.example:80",
            "1.2.3.4",
            "1.2.3.4:",
            "http://127.0.0.1:1",
            " 1",
            "localhost:localhost:1",
            "::1:80x",
        ] {
            assert!(parse_address(text).is_err(), "{text:?}");
        }
    }
}
