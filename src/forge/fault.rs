//! What a fault of the transport means.

use std::io::ErrorKind;

use super::ForgeError;
use super::http::odd;
use super::retry::{Fault, Trouble};

/// What a fault of the transport means: most may be over soon.
pub(super) fn trouble(name: &str, error: ureq::Error) -> Trouble {
    let path = name.to_owned();
    let lasting = |fault: &str| {
        Trouble::Lasting(ForgeError::Unreachable {
            path: path.clone(),
            fault: shortened(fault),
        })
    };
    let passing = |fault: &str| Trouble::Passing {
        fault: Fault::Transport(shortened(fault)),
        pause: None,
    };
    match error {
        ureq::Error::Timeout(_) => passing("it took too long"),
        ureq::Error::HostNotFound => passing("its host is not found"),
        ureq::Error::ConnectProxyFailed(_) => passing("the proxy lets nothing through"),
        // The TLS library gives what is wrong with a certificate as invalid data.
        ureq::Error::Io(error) if error.kind() == ErrorKind::InvalidData => {
            lasting(&error.to_string())
        }
        ureq::Error::Io(error) if error.kind() == ErrorKind::UnexpectedEof => {
            passing("the connection broke off")
        }
        ureq::Error::Io(error) => passing(&error.to_string()),
        ureq::Error::Rustls(error) => lasting(&error.to_string()),
        ureq::Error::Tls(error) => lasting(error),
        ureq::Error::InvalidProxyUrl => lasting("the address of the proxy is none"),
        ureq::Error::BodyExceedsLimit(_) => Trouble::Lasting(ForgeError::TooLong {
            path,
            limit: "8 MiB",
        }),
        ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => {
            Trouble::Lasting(odd(name, "it does not keep to HTTP"))
        }
        _ => passing("the connection failed"),
    }
}

/// Foreign words, short and harmless.
fn shortened(text: &str) -> String {
    let is_plain = |character: &char| character.is_ascii_graphic() || *character == ' ';
    text.chars().filter(is_plain).take(200).collect()
}
