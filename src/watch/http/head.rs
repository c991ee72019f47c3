//! The head of a request, read within bounds of size and time.

use std::io::{self, ErrorKind, Read as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use httparse::{EMPTY_HEADER, Error, Status};

/// The longest head, in bytes.
const LONGEST: usize = 8 * 1024;

/// The most header lines.
const MOST_HEADERS: usize = 64;

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// A request that keeps to HTTP.
    Request {
        /// Its method, in capitals.
        method: String,
        /// The path, without a query.
        path: String,
        /// The value of `Accept`, in small letters; empty where there is none.
        accept: String,
    },
    /// Its head is too long.
    TooLarge,
    /// It does not keep to HTTP.
    Malformed,
    /// Its version of HTTP is not known.
    Version,
}

/// Reads the head of a request; what follows it stays in the socket.
///
/// # Errors
///
/// If the connection breaks off or takes too long.
pub(super) fn read(mut stream: &TcpStream, patience: Duration) -> io::Result<Asked> {
    let begun = Instant::now();
    let mut head = Vec::with_capacity(1024);
    let mut buffer = [0; 1024];
    loop {
        let rest = patience.saturating_sub(begun.elapsed());
        if rest.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(rest))?;
        let count = match stream.read(&mut buffer) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        head.extend(buffer.iter().take(count));
        if let Some(asked) = parsed(&head) {
            return Ok(asked);
        }
        if head.len() > LONGEST {
            return Ok(Asked::TooLarge);
        }
    }
}

/// What a head asks; `None` if it goes on.
fn parsed(head: &[u8]) -> Option<Asked> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(head) {
        Ok(Status::Partial) => None,
        Ok(Status::Complete(length)) if length > LONGEST => Some(Asked::TooLarge),
        Ok(Status::Complete(_)) => Some(asked(&request)),
        Err(Error::TooManyHeaders) => Some(Asked::TooLarge),
        Err(Error::Version) => Some(Asked::Version),
        Err(_) => Some(Asked::Malformed),
    }
}

fn asked(request: &httparse::Request<'_, '_>) -> Asked {
    let named = |name: &str| {
        let mut headers = request.headers.iter();
        headers.find(|header| header.name.eq_ignore_ascii_case(name))
    };
    // RFC 9112 section 3.2 asks for the header, and for this answer where it is missing.
    if request.version == Some(1) && named("host").is_none() {
        return Asked::Malformed;
    }
    let (Some(method), Some(target)) = (request.method, request.path) else {
        return Asked::Malformed;
    };
    let accept = named("accept").map(|header| String::from_utf8_lossy(header.value));
    Asked::Request {
        method: method.to_owned(),
        path: target.split('?').next().unwrap_or_default().to_owned(),
        accept: accept.unwrap_or_default().to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(head: &str) -> Option<Asked> {
        parsed(head.as_bytes())
    }

    #[test]
    fn a_head_is_read_once_it_is_whole() {
        let head = "GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\nACCEPT: Text/Plain\r\n\r\nbody";
        assert_eq!(request("GET / HT"), None);
        assert_eq!(request(&head[..head.len() - 6]), None);
        let Some(Asked::Request {
            method,
            path,
            accept,
        }) = request(head)
        else {
            panic!("a request")
        };
        let read = (&*method, &*path, &*accept);
        assert_eq!(read, ("GET", "/metrics", "text/plain"));
    }

    #[test]
    fn only_http_1_0_does_without_a_host() {
        assert_eq!(request("GET / HTTP/1.1\r\n\r\n"), Some(Asked::Malformed));
        let old = request("GET / HTTP/1.0\r\n\r\n");
        assert!(matches!(old, Some(Asked::Request { .. })));
        assert_eq!(request("GET / HTTP/2.0\r\n\r\n"), Some(Asked::Version));
    }

    #[test]
    fn too_many_or_too_long_headers_are_too_large() {
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(65));
        assert_eq!(request(&many), Some(Asked::TooLarge));
        let long = format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", "a".repeat(LONGEST));
        assert_eq!(request(&long), Some(Asked::TooLarge));
    }

    #[test]
    fn garbage_is_malformed() {
        for text in [
            "\u{0}\u{1}",
            "GET\r\n\r\n",
            "GET / HTTP/1.1\r\n: x\r\n\r\n",
            "\u{16}\u{3}\u{1}",
        ] {
            assert_eq!(request(text), Some(Asked::Malformed), "{text:?}");
        }
    }
}
