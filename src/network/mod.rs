//! What all clients of other servers have in common: how they connect, and how long they are told to wait.

use std::time::Duration;

use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::http::HeaderMap;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::typestate::AgentScope;

use crate::model::Instant;
use crate::model::address::Origin;

/// How a server is connected to: encrypted where its address says so, by the machine's own list of authorities, without
/// following redirects, and without a proxy where it is this machine.
///
/// A server of one's own often has a certificate that only the machine's list knows.
#[must_use]
pub fn configuration(origin: &Origin) -> ConfigBuilder<AgentScope> {
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    let configuration = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .https_only(origin.is_https())
        .accept_encoding("identity")
        .user_agent(concat!("rolecall/", env!("CARGO_PKG_VERSION")))
        .tls_config(tls);
    if origin.is_loopback() {
        configuration.proxy(None)
    } else {
        configuration
    }
}

/// How long a server wants to be left alone: `Retry-After`, as seconds, or as a date where it is known what time it is.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: Option<Instant>) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = chrono::DateTime::parse_from_rfc2822(text).ok()?;
    let seconds = date.timestamp().checked_sub(now?.timestamp())?.max(0);
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_says_in_seconds_or_by_a_date_how_long_it_wants_to_be_left_alone() {
        let after = |text: &str, now| {
            let headers =
                HeaderMap::from_iter([("retry-after".parse().unwrap(), text.parse().unwrap())]);
            retry_after(&headers, now).map(|pause| pause.as_secs())
        };
        let midnight = chrono::DateTime::from_timestamp(0, 0);
        assert_eq!(after("7", None), Some(7));
        assert_eq!(after("Thu, 01 Jan 1970 00:01:00 GMT", midnight), Some(60));
        assert_eq!(after("Thu, 01 Jan 1970 00:01:00 GMT", None), None);
        assert_eq!(after("soon", midnight), None);
    }
}
