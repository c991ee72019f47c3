//! One attempt to deliver a message.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use ureq::Agent;
use ureq::http::{HeaderMap, Uri};

use super::queue::Message;
use super::target::Target;
use crate::model::{Instant, address};
use crate::network;

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Attempt {
    /// The receiver took it.
    Delivered,
    /// The receiver will not take it.
    Refused {
        /// Why, in words without the address.
        why: String,
    },
    /// It may take it later.
    Later {
        /// Why not now, in words without the address.
        why: String,
        /// How long it wants to be left alone, if it says so.
        pause: Option<Duration>,
    },
}

/// A connection to one target.
pub(super) struct Courier<'a> {
    target: &'a Target,
    agent: Agent,
    uri: Uri,
}

impl<'a> Courier<'a> {
    /// Gets ready; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// What is wrong with the address.
    pub(super) fn new(target: &'a Target, connect: Duration) -> Result<Self, &'static str> {
        let uri = address::endpoint(target.url())?;
        let origin = address::Origin::of(&uri).ok_or("is not an address")?;
        let configuration = network::configuration(&origin)
            .timeout_connect(Some(connect))
            .build();
        Ok(Self {
            target,
            agent: Agent::new_with_config(configuration),
            uri,
        })
    }

    /// Sends a message once. What the receiver says besides the status is not read.
    pub(super) fn attempt(&self, message: &Message, now: Instant, limit: Duration) -> Attempt {
        let timestamp = now.timestamp().to_string();
        let mut request = self
            .agent
            .post(&self.uri)
            .config()
            .timeout_global(Some(limit))
            .build()
            .header("content-type", "application/json")
            .header("x-rolecall-event", message.kind)
            .header("x-rolecall-delivery", &message.id)
            .header("x-rolecall-timestamp", &timestamp);
        if let Some(secret) = self.target.secret() {
            let Some(signature) = signature(secret, &timestamp, &message.body) else {
                return Attempt::Refused {
                    why: "it cannot be signed".to_owned(),
                };
            };
            request = request.header("x-rolecall-signature", signature);
        }
        match request.send(message.body.as_str()) {
            Ok(response) => judged(response.status().as_u16(), response.headers(), now),
            Err(ureq::Error::RedirectFailed) => Attempt::Refused {
                why: "it redirects, which is not followed".to_owned(),
            },
            Err(error) => Attempt::Later {
                why: told(&error).to_owned(),
                pause: None,
            },
        }
    }
}

/// `v1=` and HMAC-SHA256 of the timestamp, a dot and the body, in hexadecimal.
fn signature(secret: &str, timestamp: &str, body: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    for part in [timestamp, ".", body] {
        mac.update(part.as_bytes());
    }
    let mut signature = String::from("v1=");
    for byte in mac.finalize().into_bytes() {
        signature.push_str(&format!("{byte:02x}"));
    }
    Some(signature)
}

fn judged(status: u16, headers: &HeaderMap, now: Instant) -> Attempt {
    let why = format!("it answers with status {status}");
    match status {
        200..300 => Attempt::Delivered,
        408 | 429 | 500..600 => Attempt::Later {
            why,
            pause: network::retry_after(headers, Some(now)),
        },
        _ => Attempt::Refused { why },
    }
}

/// A fault of the transport in words that cannot have the address in them.
fn told(error: &ureq::Error) -> &'static str {
    match error {
        ureq::Error::Timeout(_) => "it took too long",
        ureq::Error::HostNotFound => "its host is not found",
        ureq::Error::ConnectionFailed => "nobody answers",
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            "the connection is refused"
        }
        // The TLS library gives what is wrong with a certificate as invalid data.
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            "its certificate is not accepted"
        }
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => "its certificate is not accepted",
        ureq::Error::Protocol(_) => "it does not keep to HTTP",
        _ => "the connection broke off",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_other_programs() {
        // printf '1795435200.{}' | openssl dgst -sha256 -hmac s3cret
        let signed = signature("s3cret", "1795435200", "{}");
        assert_eq!(
            signed.as_deref(),
            Some("v1=5f3a4d04e655657365e92c45ddea39e149fe5a121d6400a6beb13674409da776")
        );
    }

    #[test]
    fn the_level_at_which_the_client_logs_whole_addresses_is_compiled_out() {
        assert_eq!(log::STATIC_MAX_LEVEL, log::LevelFilter::Debug);
    }

    #[test]
    fn what_is_over_soon_is_tried_again_and_the_rest_is_not() {
        let now = chrono::DateTime::from_timestamp(0, 0).unwrap();
        let judged = |status| judged(status, &HeaderMap::new(), now);
        for status in [200, 202, 204] {
            assert_eq!(judged(status), Attempt::Delivered);
        }
        for status in [408, 429, 500, 503] {
            assert!(matches!(judged(status), Attempt::Later { .. }), "{status}");
        }
        for status in [301, 302, 400, 401, 404, 410] {
            assert!(
                matches!(judged(status), Attempt::Refused { .. }),
                "{status}"
            );
        }
    }
}
