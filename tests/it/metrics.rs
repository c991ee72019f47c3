//! Metrics and health over HTTP, asked on real sockets.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rolecall::time::clock::FixedClock;
use rolecall::time::parse_rfc3339;
use rolecall::watch::http::Server;
use rolecall::watch::metrics::{Metrics, PassResult, Published, Sample, Standing, Work};

use crate::support::NOW;
use crate::support::prometheus;

/// How long a test waits for what must come at once.
const BOUND: Duration = Duration::from_secs(20);

struct World {
    metrics: Arc<Metrics>,
    server: Server,
}

impl World {
    fn start() -> Self {
        let metrics = Arc::new(Metrics::new("1.2.3"));
        let address = "127.0.0.1:0".parse().expect("an address");
        let clock = FixedClock(parse_rfc3339(NOW).expect("a moment"));
        let server = Server::start(address, Arc::clone(&metrics), Arc::new(clock)).expect("starts");
        Self { metrics, server }
    }

    fn observe(&self, result: PassResult, work: Work) {
        self.metrics.observe(&Sample {
            result,
            at: parse_rfc3339(NOW).expect("a moment"),
            duration: Duration::from_millis(30),
            work,
            serial: Some(7),
            standing: Some(Arc::new(Standing::default())),
        });
    }

    fn connect(&self) -> TcpStream {
        connect(self.server.address())
    }

    /// The status line, the other lines of the head, and the body of an answer.
    fn ask(&self, request: &str) -> (String, String, String) {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).expect("sent");
        answer(stream)
    }

    fn get(&self, path: &str) -> (String, String, String) {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    }

    fn status(&self, request: &str) -> String {
        self.ask(request).0
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("connects");
    stream.set_read_timeout(Some(BOUND)).expect("a timeout");
    stream
}

fn answer(mut stream: TcpStream) -> (String, String, String) {
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let (status, lines) = head.split_once("\r\n").expect("a status line");
    (status.to_owned(), lines.to_owned(), body.to_owned())
}

fn some_work() -> Work {
    Work {
        logs: 3,
        runs: 2,
        additions: 5,
        removals: 4,
        inactivations: 1,
    }
}

#[test]
fn a_parser_of_prometheus_text_reads_every_metric() {
    let world = World::start();
    world.observe(PassResult::Changed, some_work());
    world.metrics.pulled(true);
    world.metrics.pulled(false);
    world.metrics.published(Published::Raced);
    world.metrics.tally().deliver();
    let (status, head, body) = world.get("/metrics");
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert!(
        head.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8"),
        "{head}"
    );
    let scraped = prometheus::text(&body);
    for (sample, value) in [
        (r#"reconciles_total{result="changed"}"#, 1.0),
        (r#"reconciles_total{result="integrity"}"#, 0.0),
        ("runs_total", 2.0),
        ("logs_total", 3.0),
        (r#"changes_total{kind="added"}"#, 5.0),
        (r#"changes_total{kind="removed"}"#, 4.0),
        (r#"changes_total{kind="inactivated"}"#, 1.0),
        (r#"pulls_total{result="done"}"#, 1.0),
        (r#"pulls_total{result="failed"}"#, 1.0),
        (r#"publishes_total{result="raced"}"#, 1.0),
        (r#"webhooks_total{result="delivered"}"#, 1.0),
        (r#"webhooks_total{result="dropped"}"#, 0.0),
        (r#"requests{status="pending_approval"}"#, 0.0),
        (r#"waiting{for="manual_provisioning"}"#, 0.0),
        ("serial", 7.0),
        ("overdue", 0.0),
        ("last_success_timestamp_seconds", 1_795_435_200.0),
        ("reconcile_duration_seconds_count", 1.0),
        (r#"build_info{version="1.2.3"}"#, 1.0),
    ] {
        let found = scraped.value(&format!("rolecall_{sample}"));
        assert!((found - value).abs() < f64::EPSILON, "{sample} is {found}");
    }
    assert!(
        !scraped.samples.contains_key("rolecall_next_due_seconds"),
        "nothing is due"
    );
}

#[test]
fn a_scraper_that_asks_for_open_metrics_gets_it() {
    let world = World::start();
    world.observe(PassResult::Done, Work::default());
    let request = "GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n\r\n";
    let (_, head, body) = world.ask(request);
    assert!(
        head.contains("application/openmetrics-text; version=1.0.0"),
        "{head}"
    );
    let scraped = prometheus::open_metrics(&body);
    assert!(
        scraped
            .samples
            .contains_key(r#"rolecall_reconciles_total{result="done"}"#)
    );
}

#[test]
fn every_metric_is_in_the_documentation() {
    let world = World::start();
    world.observe(PassResult::Done, Work::default());
    let page = include_str!("../../docs/metrics.md");
    for name in prometheus::text(&world.get("/metrics").2).types.keys() {
        assert!(page.contains(&format!("`{name}")), "{name}");
    }
}

#[test]
fn health_and_readiness_say_why_not() {
    let world = World::start();
    assert_eq!(world.get("/healthz").0, "HTTP/1.1 200 OK");
    let (status, _, body) = world.get("/readyz");
    assert_eq!(status, "HTTP/1.1 503 Service Unavailable");
    assert_eq!(body, "no pass has succeeded yet\n");
    world.observe(PassResult::Done, Work::default());
    assert_eq!(world.get("/readyz").0, "HTTP/1.1 200 OK");
    let long_ago = Instant::now().checked_sub(Duration::from_secs(301));
    if let Some(long_ago) = long_ago {
        world.metrics.beat(long_ago);
        assert_eq!(world.get("/healthz").0, "HTTP/1.1 503 Service Unavailable");
    }
}

#[test]
fn a_head_request_gets_the_head_alone() {
    let world = World::start();
    let (status, head, body) = world.ask("HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!((status.as_str(), body.as_str()), ("HTTP/1.1 200 OK", ""));
    assert!(head.contains("Content-Length: 6"), "{head}");
}

#[test]
fn requests_that_are_not_for_it_are_refused() {
    let world = World::start();
    let asked = |request: &str| world.status(request);
    assert_eq!(world.get("/").0, "HTTP/1.1 404 Not Found");
    assert_eq!(world.get("/metrics/../etc").0, "HTTP/1.1 404 Not Found");
    let post = "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
    let (status, head, _) = world.ask(post);
    assert_eq!(status, "HTTP/1.1 405 Method Not Allowed");
    assert!(head.contains("Allow: GET, HEAD"), "{head}");
    assert_eq!(
        asked("GET /metrics HTTP/1.1\r\n\r\n"),
        "HTTP/1.1 400 Bad Request"
    );
    assert_eq!(
        asked("\u{16}\u{3}\u{1}\u{2}\r\n\r\n"),
        "HTTP/1.1 400 Bad Request"
    );
    assert_eq!(
        asked("GET / HTTP/9.9\r\n\r\n"),
        "HTTP/1.1 505 HTTP Version Not Supported"
    );
    let many = format!(
        "GET / HTTP/1.1\r\nHost: x\r\n{}\r\n",
        "A: b\r\n".repeat(100)
    );
    assert_eq!(asked(&many), "HTTP/1.1 431 Request Header Fields Too Large");
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(20_000));
    assert_eq!(asked(&long), "HTTP/1.1 431 Request Header Fields Too Large");
    assert_eq!(
        world.get("/healthz").0,
        "HTTP/1.1 200 OK",
        "and it still answers"
    );
}

#[test]
fn clients_that_send_nothing_keep_nobody_out() {
    let world = World::start();
    let mut idle: Vec<TcpStream> = (0..50).map(|_| world.connect()).collect();
    for (number, stream) in idle.iter_mut().enumerate() {
        if number % 2 == 0 {
            let _ = stream.write_all(b"GET /met");
        }
    }
    let begun = Instant::now();
    for _ in 0..20 {
        assert_eq!(world.get("/healthz").0, "HTTP/1.1 200 OK");
    }
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "no bound of an idle client was waited for"
    );
    drop(idle);
}

#[test]
fn a_server_that_is_dropped_stops_at_once_also_with_clients() {
    let world = World::start();
    let mut idle = world.connect();
    let address = world.server.address();
    let begun = Instant::now();
    drop(world);
    assert!(begun.elapsed() < Duration::from_secs(3));
    assert_eq!(
        idle.read(&mut [0; 1]).unwrap_or(0),
        0,
        "the client is let go"
    );
    let is_refused = |address| TcpStream::connect(address).is_err();
    let end = Instant::now() + BOUND;
    while !is_refused(address) {
        assert!(Instant::now() < end, "nobody listens any more");
        thread::yield_now();
    }
}

#[test]
fn scrapes_do_not_hold_up_passes() {
    let world = World::start();
    let address = world.server.address();
    let scrapers: Vec<_> = (0..4)
        .map(|_| {
            thread::spawn(move || {
                for _ in 0..25 {
                    let mut stream = connect(address);
                    let request = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
                    stream.write_all(request).expect("sent");
                    prometheus::text(&answer(stream).2);
                }
            })
        })
        .collect();
    let mut longest = Duration::ZERO;
    for _ in 0..100 {
        let begun = Instant::now();
        world.observe(PassResult::Changed, some_work());
        longest = longest.max(begun.elapsed());
    }
    for scraper in scrapers {
        scraper.join().expect("every scrape parses");
    }
    assert!(longest < Duration::from_secs(1), "{longest:?}");
    let scraped = prometheus::text(&world.get("/metrics").2);
    let passes = scraped.value(r#"rolecall_reconciles_total{result="changed"}"#);
    assert!((passes - 100.0).abs() < f64::EPSILON, "{passes}");
}

#[test]
fn an_address_that_is_taken_is_an_error() {
    let world = World::start();
    let clock = FixedClock(parse_rfc3339(NOW).expect("a moment"));
    let address = world.server.address();
    let error = Server::start(address, Arc::clone(&world.metrics), Arc::new(clock));
    let message = error.expect_err("taken").to_string();
    assert!(message.contains(&address.to_string()), "{message}");
}
