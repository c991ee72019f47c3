//! A small server for metrics and health: `GET` and `HEAD`, one request a connection.
//!
//! Each connection has a thread of its own and a bound of time. There are only so many at once: one more ends the one that is
//! there for longest, so that clients which send slowly or nothing cannot keep those out that ask at once.

mod address;
mod head;
mod reply;

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub use address::{AddressError, parse_address};

use super::metrics::Metrics;
use crate::time::clock::SharedClock;

/// How many connections there are at most.
const MOST_CONNECTIONS: usize = 8;

/// How long a connection may take, from its first byte to its last.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the server waits where the machine gives it no connection, such as without file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
#[error("cannot serve metrics on {address}: {source}")]
pub struct ServerError {
    address: SocketAddr,
    source: io::Error,
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    is_stopped: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server for the metrics; what depends on the time is worked out by `clock` at each scrape. With port 0 the system chooses one; see [`Server::address`].
    ///
    /// # Errors
    ///
    /// A [`ServerError`] if the address cannot be had.
    pub fn start(
        address: SocketAddr,
        metrics: Arc<Metrics>,
        clock: SharedClock,
    ) -> Result<Self, ServerError> {
        let failed = |source| ServerError { address, source };
        let socket = TcpListener::bind(address).map_err(failed)?;
        let bound = socket.local_addr().map_err(failed)?;
        let is_stopped = Arc::new(AtomicBool::new(false));
        let service = Service {
            metrics,
            clock,
            open: Arc::default(),
            is_stopped: Arc::clone(&is_stopped),
        };
        let listener = thread::Builder::new()
            .name("metrics".to_owned())
            .spawn(move || service.listen(&socket))
            .map_err(failed)?;
        Ok(Self {
            address: bound,
            is_stopped,
            listener: Some(listener),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_stopped.store(true, Ordering::SeqCst);
        // The listener sleeps until somebody connects. Where that cannot be done either, its thread ends with the process.
        let woken = TcpStream::connect_timeout(&reachable(self.address), Duration::from_secs(1));
        if let (Ok(_), Some(listener)) = (woken, self.listener.take()) {
            let _ = listener.join();
        }
    }
}

/// Where a socket can be reached from this machine: one that listens everywhere also does on loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let host = match address.ip() {
        IpAddr::V4(host) if host.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(host) if host.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        host => host,
    };
    SocketAddr::new(host, address.port())
}

/// The connections that are open, oldest first, each by a number of its own.
#[derive(Debug, Default)]
struct Open {
    next: u64,
    streams: VecDeque<(u64, TcpStream)>,
}

/// What the threads of a server share.
#[derive(Clone)]
struct Service {
    metrics: Arc<Metrics>,
    clock: SharedClock,
    open: Arc<Mutex<Open>>,
    is_stopped: Arc<AtomicBool>,
}

impl Service {
    fn listen(&self, socket: &TcpListener) {
        loop {
            let accepted = socket.accept();
            if self.is_stopped.load(Ordering::SeqCst) {
                break;
            }
            match accepted {
                Ok((stream, _)) => self.serve(stream),
                Err(error) => {
                    tracing::debug!(%error, "no connection for metrics");
                    thread::sleep(PAUSE);
                }
            }
        }
        for (_, stream) in self.open().streams.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Answers on a thread of its own. A connection that cannot have one is closed.
    fn serve(&self, stream: TcpStream) {
        let Some(number) = self.enter(&stream) else {
            return;
        };
        let service = self.clone();
        let spawned = thread::Builder::new()
            .name("scrape".to_owned())
            .spawn(move || {
                if let Err(error) = service.answer(&stream) {
                    tracing::debug!(%error, "a scrape broke off");
                }
                service.leave(number);
            });
        if spawned.is_err() {
            self.leave(number);
        }
    }

    fn answer(&self, stream: &TcpStream) -> io::Result<()> {
        let request = head::read(stream, PATIENCE)?;
        let reply = reply::to(&request, &self.metrics, self.clock.now());
        reply.send(stream, PATIENCE)
    }

    /// Counts a connection in, and ends the oldest one if there are too many.
    fn enter(&self, stream: &TcpStream) -> Option<u64> {
        let handle = stream.try_clone().ok()?;
        let mut open = self.open();
        if open.streams.len() >= MOST_CONNECTIONS
            && let Some((_, oldest)) = open.streams.pop_front()
        {
            let _ = oldest.shutdown(Shutdown::Both);
        }
        let number = open.next;
        open.next += 1;
        open.streams.push_back((number, handle));
        Some(number)
    }

    fn leave(&self, number: u64) {
        self.open().streams.retain(|(each, _)| *each != number);
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
