//! What is answered to a request, and how it is sent.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant as Tick};

use super::head::Asked;
use crate::model::Instant;
use crate::watch::metrics::{Format, Metrics};

/// Plain text.
const PLAIN: &str = "text/plain; charset=utf-8";

/// How many bytes that nobody wants are read before the connection is closed, so that the answer is not lost with them.
const LEFTOVER: usize = 64 * 1024;

/// How long to wait for them.
const LINGER: Duration = Duration::from_millis(500);

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    status: &'static str,
    kind: &'static str,
    body: String,
    /// Whether only the head is sent, because that was asked for.
    is_head: bool,
}

/// The answer to a request at a moment.
pub(super) fn to(asked: &Asked, metrics: &Metrics, now: Instant) -> Reply {
    let (method, path, accept) = match asked {
        Asked::Request {
            method,
            path,
            accept,
        } => (method.as_str(), path.as_str(), accept),
        Asked::TooLarge => return plain("431 Request Header Fields Too Large", "too long"),
        Asked::Malformed => return plain("400 Bad Request", "not a request"),
        Asked::Version => return plain("505 HTTP Version Not Supported", "only HTTP/1"),
    };
    let mut reply = match path {
        "/metrics" | "/healthz" | "/readyz" if !matches!(method, "GET" | "HEAD") => {
            plain("405 Method Not Allowed", "only GET and HEAD")
        }
        "/metrics" => scrape(metrics, Format::accepted(accept), now),
        "/healthz" if metrics.is_alive(Tick::now()) => plain("200 OK", "alive"),
        "/healthz" => plain("503 Service Unavailable", "the loop is silent"),
        "/readyz" => match metrics.unready(now) {
            None => plain("200 OK", "ready"),
            Some(why) => plain("503 Service Unavailable", &why),
        },
        _ => plain("404 Not Found", "there are /metrics, /healthz and /readyz"),
    };
    reply.is_head = method == "HEAD";
    reply
}

fn scrape(metrics: &Metrics, format: Format, now: Instant) -> Reply {
    match metrics.render(format, now) {
        Ok(body) => Reply {
            status: "200 OK",
            kind: format.content_type(),
            body,
            is_head: false,
        },
        Err(error) => {
            tracing::error!(%error, "metrics cannot be written");
            plain("500 Internal Server Error", "metrics cannot be written")
        }
    }
}

fn plain(status: &'static str, line: &str) -> Reply {
    Reply {
        status,
        kind: PLAIN,
        body: format!("{line}\n"),
        is_head: false,
    }
}

impl Reply {
    /// Sends the answer and ends the connection.
    ///
    /// # Errors
    ///
    /// If the client does not take it in time.
    pub(super) fn send(&self, mut stream: &TcpStream, patience: Duration) -> io::Result<()> {
        stream.set_write_timeout(Some(patience))?;
        stream.write_all(self.text().as_bytes())?;
        stream.shutdown(Shutdown::Write)?;
        drain(stream)
    }

    fn text(&self) -> String {
        let (status, kind, length) = (self.status, self.kind, self.body.len());
        let allow = if status.starts_with("405") {
            "Allow: GET, HEAD\r\n"
        } else {
            ""
        };
        let body = if self.is_head { "" } else { &self.body };
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{allow}Cache-Control: no-store\r\n\
             X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{body}"
        )
    }
}

/// Reads what the client still sends, within bounds: closing a socket that has something to be read resets the connection.
fn drain(mut stream: &TcpStream) -> io::Result<()> {
    let begun = Tick::now();
    let mut buffer = [0; 4096];
    let mut left = LEFTOVER;
    loop {
        let rest = LINGER.saturating_sub(begun.elapsed());
        if rest.is_zero() || left == 0 {
            return Ok(());
        }
        stream.set_read_timeout(Some(rest))?;
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return Ok(()),
            Ok(count) => left = left.saturating_sub(count),
        }
    }
}
