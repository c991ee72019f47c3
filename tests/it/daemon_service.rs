//! `rolecall watch` under a service manager: readiness, reload, status, watchdog, and what it serves over HTTP.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::daemon_git::write_tool;
use crate::support::Workspace;
use crate::support::daemon::{Daemon, LONG, command, onboard};
use crate::support::git::merged;
use crate::support::prometheus;

/// The socket of a service manager.
struct Manager {
    folder: TempDir,
    socket: UnixDatagram,
}

impl Manager {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let socket = UnixDatagram::bind(folder.path().join("notify")).expect("a socket");
        Self { folder, socket }
    }

    fn start(&self, workspace: &Workspace, arguments: &[&str], watchdog: Duration) -> Daemon {
        let mut daemon = command(workspace, arguments);
        daemon
            .env("NOTIFY_SOCKET", self.folder.path().join("notify"))
            .env("WATCHDOG_USEC", watchdog.as_micros().to_string());
        Daemon::spawn(daemon)
    }

    /// The next message within a time.
    fn hears(&self, within: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(within)).expect("a limit");
        let mut buffer = [0; 4096];
        let length = self.socket.recv(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
    }

    /// Waits for a message that has a text, and gives it.
    #[track_caller]
    fn waits_for(&self, text: &str) -> String {
        let end = Instant::now() + LONG;
        let mut heard = Vec::new();
        while Instant::now() < end {
            if let Some(message) = self.hears(Duration::from_secs(1)) {
                if message.contains(text) {
                    return message;
                }
                heard.push(message);
            }
        }
        panic!("never {text:?} in {heard:#?}");
    }
}

#[test]
fn a_service_manager_is_told_everything_it_asks_for() {
    let workspace = Workspace::new();
    let manager = Manager::new();
    let mut daemon = manager.start(&workspace, &[], Duration::from_secs(2));
    manager.waits_for("READY=1");
    manager.waits_for("WATCHDOG=1");
    let due = chrono::Utc::now() + chrono::TimeDelta::days(2);
    workspace.request("later", &onboard("ap-payer", Some(due)));
    let status = manager.waits_for("STATUS=serial 1; next: request later at ");
    assert!(status.contains('Z'), "{status}");
    daemon.signal("HUP");
    let reloading = manager.waits_for("RELOADING=1");
    assert!(reloading.contains("MONOTONIC_USEC="), "{reloading}");
    manager.waits_for("READY=1");
    daemon.signal("TERM");
    manager.waits_for("STOPPING=1");
    assert_eq!(daemon.ends_within(Duration::from_secs(10)), 0);
}

#[test]
fn a_pass_that_hangs_gives_no_sign_of_life_and_is_left_behind_at_the_end() {
    let workspace = merged();
    let tools = tempfile::tempdir().expect("a folder");
    let stuck = tools.path().join("stuck");
    let script = format!(
        "#!/bin/sh\nwhile [ -e '{}' ]; do sleep 0.1; done\nPATH=${{PATH#*:}} exec git \"$@\"\n",
        stuck.display()
    );
    write_tool(tools.path(), "git", &script);
    let manager = Manager::new();
    let mut daemon = command(&workspace, &["--settle", "50ms"]);
    let path = std::env::var("PATH").expect("a PATH");
    daemon
        .env("PATH", format!("{}:{path}", tools.path().display()))
        .env("NOTIFY_SOCKET", manager.folder.path().join("notify"))
        .env("WATCHDOG_USEC", "2000000");
    let mut daemon = Daemon::spawn(daemon);
    manager.waits_for("READY=1");
    fs::write(&stuck, "").expect("git is stuck from now on");
    workspace.request("one", &onboard("ap-payer", None));
    let end = Instant::now() + LONG;
    // Silence for twice the time after which a service manager acts.
    while manager.hears(Duration::from_secs(4)).is_some() {
        assert!(Instant::now() < end, "it goes on to say that it is alive");
    }
    daemon.end();
}

#[test]
fn metrics_and_health_are_served() {
    let workspace = Workspace::new();
    let (mut daemon, address) = serving(&workspace, &[]);
    workspace.request("one", &onboard("ap-payer", None));
    daemon.does("one");
    daemon.says("reconciled");
    let end = Instant::now() + LONG;
    while !get(&address, "/metrics").contains("rolecall_logs_total 2") {
        assert!(Instant::now() < end, "{}", get(&address, "/metrics"));
    }
    for page in ["/healthz", "/readyz"] {
        let answer = get(&address, page);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let second = command(&workspace, &["--metrics", "nowhere:9464"]).output();
    assert_eq!(second.expect("it starts").status.code(), Some(64));
    daemon.end();
}

/// Whether somebody is to end.
struct Ended(AtomicBool);

/// Says so once it is dropped.
struct End<'a>(&'a Ended);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::SeqCst);
    }
}

/// With the daemon itself: scrapers, some of which never ask, while it reconciles a hundred times.
#[test]
fn scrapes_during_a_hundred_reconciles_hold_up_none() {
    const RECONCILES: usize = 100;
    let workspace = Workspace::new();
    let (mut daemon, address) = serving(&workspace, &["--settle", "10ms"]);
    let idlers: Vec<_> = (0..8)
        .map(|_| TcpStream::connect(&address).expect("a connection"))
        .collect();
    let end = Ended(AtomicBool::new(false));
    let scrapes = std::thread::scope(|scope| {
        let scraper = scope.spawn(|| {
            let mut runs = Vec::new();
            while !end.0.load(Ordering::SeqCst) {
                let scrape = get(&address, "/metrics");
                let (_, body) = scrape.split_once("\r\n\r\n").expect("a head and a body");
                runs.push(prometheus::text(body).value("rolecall_runs_total"));
                std::thread::sleep(Duration::from_millis(2));
            }
            runs
        });
        // Also where an assertion fails, so that the scraper does not go on for ever.
        let ended = End(&end);
        for number in 0..RECONCILES {
            let id = format!("request-{number}");
            // The same content once more would be a copy, which does not run.
            let request = onboard("ap-payer", None).replace("Give a role", &id);
            workspace.request(&id, &request);
            daemon.does(&id);
        }
        drop(ended);
        scraper.join().expect("every scrape is answered")
    });
    drop(idlers);
    assert!(scrapes.is_sorted(), "{scrapes:?}");
    assert!(!scrapes.is_empty());
    let end = Instant::now() + LONG;
    while !get(&address, "/metrics").contains(&format!("rolecall_runs_total {RECONCILES}")) {
        assert!(Instant::now() < end, "{}", get(&address, "/metrics"));
    }
    daemon.end();
}

#[test]
fn the_unit_of_systemd_starts_what_there_is_and_asks_for_what_is_told() {
    let unit = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/integrations/systemd/rolecall.service"
    );
    let unit = fs::read_to_string(unit).expect("the unit");
    let value = |key: &str| {
        let mut lines = unit.lines();
        lines.find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
    };
    assert_eq!(value("Type"), Some("notify"));
    assert_eq!(value("RestartPreventExitStatus"), Some("5 6 64"));
    assert!(value("WatchdogSec").is_some());
    let start = value("ExecStart")
        .expect("what it starts")
        .replace('"', "'");
    let (_, arguments) = start.split_once(' ').expect("arguments");
    // The shell parts the words as systemd does. Wrong ones are found before help is given.
    let workspace = Workspace::new();
    let program = workspace.command(&[]);
    let program = program.get_program().to_string_lossy().into_owned();
    let help = std::process::Command::new("sh")
        .args(["-c", &format!("'{program}' {arguments} --help")])
        .output()
        .expect("the shell starts");
    assert!(help.status.success(), "{help:?}");
}

/// Somebody who is told, and what they hear.
#[cfg(feature = "webhooks")]
fn receiver() -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a socket");
    let url = format!(
        "http://{}/told",
        listener.local_addr().expect("its address")
    );
    let (sender, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut message = Vec::new();
            let mut piece = [0; 4096];
            // The body is one JSON object, and there is nothing behind it.
            while !message.ends_with(b"}") && !message.ends_with(b"}\n") {
                let length = stream.read(&mut piece).expect("a piece");
                assert!(length > 0, "it ends too early");
                message.extend_from_slice(&piece[..length]);
            }
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            stream.write_all(answer).expect("it is answered");
            let _ = sender.send(String::from_utf8_lossy(&message).into_owned());
        }
    });
    (url, told)
}

#[cfg(feature = "webhooks")]
#[test]
fn whoever_the_settings_name_is_told_also_where_they_are_named_while_it_runs() {
    let workspace = Workspace::new();
    let mut daemon = Daemon::start(&workspace, &[]);
    daemon.says("waiting for changes");
    let (url, told) = receiver();
    let settings = crate::support::SETTINGS;
    workspace.write(
        "rolecall.yaml",
        format!("{settings}notify:\n  here: {{url: '{url}', events: [completed]}}\n"),
    );
    workspace.request("one", &onboard("ap-payer", None));
    daemon.does("one");
    let message = told.recv_timeout(LONG).expect("somebody is told");
    assert!(
        message.contains("\"event\":\"completed\"") || message.contains("\"event\": \"completed\""),
        "{message}"
    );
    assert!(message.contains("one"), "{message}");
    daemon.end();
}

#[cfg(feature = "webhooks")]
#[test]
fn a_pass_that_a_limit_refuses_is_told_once_and_shows_in_what_is_served() {
    let (url, told) = receiver();
    let workspace = Workspace::new();
    let settings = crate::support::SETTINGS;
    let settings = format!(
        "{settings}limits: {{removals: 0}}\nnotify:\n  here: {{url: '{url}', events: [failed]}}\n"
    );
    workspace.write("rolecall.yaml", settings);
    let (mut daemon, address) = serving(&workspace, &[]);
    let leave = onboard("ap-clerk", None).replace("role_additions", "role_reductions");
    workspace.request("leave", &leave);
    daemon.says("failed");
    let message = told.recv_timeout(LONG).expect("somebody is told");
    assert!(message.contains("over a limit"), "{message}");
    daemon.says("failed");
    assert!(told.try_recv().is_err(), "it is told once");
    let ready = get(&address, "/readyz");
    assert!(ready.starts_with("HTTP/1.1 503"), "{ready}");
    assert!(ready.contains("limit"), "{ready}");
    let metrics = get(&address, "/metrics");
    assert!(
        metrics.contains("rolecall_requests{status=\"approved\"} 1"),
        "{metrics}"
    );
    std::fs::remove_file(workspace.path().join("requests/leave.yaml")).expect("it goes");
    let end = Instant::now() + LONG;
    while !get(&address, "/readyz").starts_with("HTTP/1.1 200") {
        assert!(Instant::now() < end, "{}", get(&address, "/readyz"));
        std::thread::sleep(Duration::from_millis(20));
    }
    daemon.end();
}

/// A daemon that has done its first pass, and where it serves.
fn serving(workspace: &Workspace, arguments: &[&str]) -> (Daemon, String) {
    let mut daemon = Daemon::start(workspace, &[&["--metrics", "0"], arguments].concat());
    let address = daemon.says("watching")["metrics"].clone();
    daemon.says("waiting for changes");
    (daemon, address.as_str().expect("an address").to_owned())
}

fn get(address: &str, page: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("somebody listens");
    let request = format!("GET {page} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it is asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}
