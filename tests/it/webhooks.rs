//! Notifications sent over real sockets to a receiver on this machine.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit as _, Mac as _};
use rolecall::model::{Endpoint, EventKind, Notification, NotificationFormat, TargetId};
use rolecall::time::clock::{FixedClock, SharedClock};
use rolecall::time::parse_rfc3339;
use rolecall::webhook::{About, Event, Patience, Sender, Tally, Target};
use serde_json::Value;

use crate::support::NOW;

/// How long a test waits for what must come.
const BOUND: Duration = Duration::from_secs(30);

/// A secret, which no message may have.
const SECRET: &str = "a-s3cret-of-the-receiver";

/// What came: headers in small letters, and the body.
struct Delivered {
    headers: BTreeMap<String, String>,
    body: String,
}

/// Answers each request with the next of these heads, and then with the last again and again; an empty one is never answered.
fn receiver(listener: TcpListener, answers: Vec<&'static str>) -> Receiver<Delivered> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut silent = Vec::new();
        for (number, stream) in listener.incoming().enumerate() {
            let Ok(mut stream) = stream else { continue };
            let Some(delivered) = read(&stream) else {
                continue;
            };
            if sender.send(delivered).is_err() {
                break;
            }
            let answer = answers[number.min(answers.len() - 1)];
            if answer.is_empty() {
                silent.push(stream);
                continue;
            }
            let head =
                format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(head.as_bytes());
        }
    });
    receiver
}

fn read(stream: &TcpStream) -> Option<Delivered> {
    let mut reader = BufReader::new(stream);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ") {
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
    }
    let length = headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Delivered {
        headers,
        body: String::from_utf8(body).ok()?,
    })
}

fn target(address: SocketAddr, format: NotificationFormat) -> Target {
    let notification = Notification {
        endpoint: Endpoint::Environment("ROLECALL_URL".to_owned()),
        format,
        events: EventKind::ALL.into(),
        secret_env: Some("ROLECALL_SECRET".to_owned()),
        overdue_after: Notification::OVERDUE_AFTER,
    };
    let variable = |name: &str| match name {
        "ROLECALL_URL" => Some(format!("http://{address}/services/T0/B0")),
        _ => Some(SECRET.to_owned()),
    };
    let name = TargetId::new("it").expect("a name");
    Target::new(&name, &notification, &variable).expect("a target")
}

fn patience() -> Patience {
    Patience {
        first_pause: Duration::from_millis(20),
        longest_pause: Duration::from_millis(200),
        ..Patience::default()
    }
}

fn clock() -> SharedClock {
    Arc::new(FixedClock(parse_rfc3339(NOW).expect("a moment")))
}

fn start(address: SocketAddr, patience: Patience) -> (Sender, Arc<Tally>) {
    let tally = Arc::new(Tally::default());
    let targets = vec![target(address, NotificationFormat::Json)];
    let sender = Sender::start_with(targets, Arc::clone(&tally), &clock(), patience);
    (sender, tally)
}

fn event(reason: &str) -> Event {
    let now = parse_rfc3339(NOW).expect("a moment");
    Event::failed_pass(&About::default(), reason, now)
}

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

#[track_caller]
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + BOUND;
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_delivery_is_signed_over_its_time_and_its_body() {
    let (listener, address) = listen();
    let deliveries = receiver(listener, vec!["204 No Content"]);
    let (sender, tally) = start(address, patience());
    let event = event("the plan goes over a limit");
    sender.send(&event);
    let delivered = deliveries.recv_timeout(BOUND).expect("it comes");
    let header = |name: &str| delivered.headers[name].as_str();
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("x-rolecall-event"), "failed");
    assert_eq!(header("x-rolecall-delivery"), event.id);
    assert!(header("user-agent").starts_with("rolecall/"));
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key");
    mac.update(format!("{}.{}", header("x-rolecall-timestamp"), delivered.body).as_bytes());
    let hex = header("x-rolecall-signature")
        .strip_prefix("v1=")
        .expect("version 1");
    let bytes: Vec<u8> = (0..hex.len() / 2)
        .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("hexadecimal"))
        .collect();
    mac.verify_slice(&bytes).expect("the signature fits");
    let body: Value = serde_json::from_str(&delivered.body).expect("JSON");
    assert_eq!(body["id"], event.id.as_str());
    assert!(!delivered.body.contains(SECRET));
    wait_until("it is counted", || tally.delivered() == 1);
    sender.finish(Duration::from_secs(1));
}

#[test]
fn a_receiver_that_comes_back_gets_what_it_missed() {
    let (listener, address) = listen();
    drop(listener);
    let bounds = Patience {
        attempts: 1000,
        ..patience()
    };
    let (sender, tally) = start(address, bounds);
    sender.send(&event("missed"));
    thread::sleep(Duration::from_millis(100));
    let Ok(listener) = TcpListener::bind(address) else {
        return; // Somebody else has taken the port.
    };
    let answers = vec![
        "503 Busy",
        "429 Too Many\r\nRetry-After: 0",
        "408 Slow",
        "200 OK",
    ];
    let deliveries = receiver(listener, answers);
    let ids: Vec<String> = (0..4)
        .map(|_| deliveries.recv_timeout(BOUND).expect("it is tried again"))
        .map(|delivered| delivered.headers["x-rolecall-delivery"].clone())
        .collect();
    assert!(
        ids.iter().all(|id| *id == ids[0]),
        "one id for all attempts"
    );
    wait_until("it is delivered", || tally.delivered() == 1);
    assert_eq!(tally.failed(), 0);
}

#[test]
fn what_is_refused_is_not_tried_again() {
    let (listener, address) = listen();
    let deliveries = receiver(
        listener,
        vec![
            "404 Not Found",
            "302 Found\r\nLocation: http://127.0.0.1:1/",
            "200 OK",
        ],
    );
    let (sender, tally) = start(address, patience());
    for reason in ["first", "second", "third"] {
        sender.send(&event(reason));
    }
    wait_until("the third is delivered", || tally.delivered() == 1);
    assert_eq!(tally.failed(), 2);
    assert_eq!(deliveries.try_iter().count(), 3);
}

#[test]
fn it_is_given_up_after_some_attempts() {
    let (listener, address) = listen();
    let deliveries = receiver(listener, vec!["500 Broken"]);
    let bounds = Patience {
        attempts: 3,
        ..patience()
    };
    let (sender, tally) = start(address, bounds);
    sender.send(&event("never"));
    wait_until("it is given up", || tally.failed() == 1);
    assert_eq!(deliveries.try_iter().count(), 3);
    drop(sender);
}

#[test]
fn a_receiver_that_never_answers_holds_nobody_up() {
    let (listener, address) = listen();
    let deliveries = receiver(listener, vec![""]);
    let (sender, tally) = start(address, Patience::default());
    let begun = Instant::now();
    for number in 0..300 {
        sender.send(&event(&number.to_string()));
    }
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "sending does not wait"
    );
    deliveries
        .recv_timeout(BOUND)
        .expect("the first is under way");
    assert!(tally.dropped() >= 300 - 256 - 1, "{tally:?}");
    let begun = Instant::now();
    sender.finish(Duration::from_millis(300));
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "and neither does the end"
    );
    assert_eq!(tally.delivered(), 0);
    assert!(tally.dropped() >= 299, "{tally:?}");
    assert!(matches!(
        deliveries.recv_timeout(Duration::from_millis(1)),
        Err(RecvTimeoutError::Timeout)
    ));
}

#[test]
fn the_end_sends_what_waits() {
    let (listener, address) = listen();
    let deliveries = receiver(listener, vec!["200 OK"]);
    let (sender, tally) = start(address, patience());
    for number in 0..20 {
        sender.send(&event(&number.to_string()));
    }
    sender.finish(BOUND);
    assert_eq!((tally.delivered(), tally.dropped()), (20, 0));
    assert_eq!(deliveries.try_iter().count(), 20);
}

#[test]
fn slack_gets_a_text_and_nothing_else() {
    let (listener, address) = listen();
    let deliveries = receiver(listener, vec!["200 OK"]);
    let targets = vec![target(address, NotificationFormat::Slack)];
    let sender = Sender::start(targets, Arc::default(), &clock());
    sender.send(&event("<!channel>"));
    let delivered = deliveries.recv_timeout(BOUND).expect("it comes");
    assert_eq!(delivered.body, r#"{"text":"Failed · &lt;!channel&gt;"}"#);
    sender.finish(Duration::from_secs(1));
}
