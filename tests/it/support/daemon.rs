//! The daemon, started as a process; its log is read line by line until something is in it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Workspace;

/// The longest that anything is waited for. A machine with other work to do is slow.
pub const LONG: Duration = Duration::from_mins(2);

/// The block that approves a request as Alice, long ago, whatever the machine's clock says.
pub const APPROVED_LONG_AGO: &str = "\
approvals:
- {by: alice, decision: approve, at: 2020-01-01T00:00:00Z}
";

/// A daemon that runs. It is ended with the test, however that ends.
pub struct Daemon {
    child: Child,
    lines: Receiver<Value>,
    /// What it has logged so far, as far as it was read.
    pub seen: Vec<Value>,
}

impl Daemon {
    /// Starts `rolecall watch` with its log as JSON, on the machine's clock.
    pub fn start(workspace: &Workspace, arguments: &[&str]) -> Self {
        Self::spawn(command(workspace, arguments))
    }

    /// Starts a command made with [`command`].
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the daemon starts");
        let log = child.stderr.take().expect("its log");
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(log).lines() {
                let Ok(line) = line else { break };
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            lines,
            seen: Vec::new(),
        }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line with this message.
    #[track_caller]
    pub fn says(&mut self, message: &str) -> Value {
        self.says_where(message, |_| true)
    }

    /// Waits for a line with this message for which something holds. Lines that were read before do not count.
    #[track_caller]
    pub fn says_where(&mut self, message: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + LONG;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if line["message"] == message && holds(&line) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("never {message:?} in {:#?}", self.seen),
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("ended without {message:?}: {:#?}", self.seen)
                }
            }
        }
    }

    /// Waits until a request's log is written.
    #[track_caller]
    pub fn does(&mut self, request: &str) -> Value {
        self.says_where("change log written", |line| line["request"] == request)
    }

    /// Reads what is logged within a time.
    pub fn listen(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while let Ok(line) = self
            .lines
            .recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            self.seen.push(line);
        }
    }

    /// How many lines with this message were read.
    pub fn count(&self, message: &str) -> usize {
        let lines = self.seen.iter();
        lines.filter(|line| line["message"] == message).count()
    }

    /// Sends a signal, by its name without `SIG`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.id().to_string()])
            .status()
            .expect("kill starts");
        assert!(status.success(), "the signal is sent");
    }

    /// Waits for its end within a time, and gives the exit code.
    #[track_caller]
    pub fn ends_within(&mut self, limit: Duration) -> i32 {
        let end = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait().expect("its status") {
                self.listen(Duration::from_secs(1));
                return status.code().unwrap_or(-1);
            }
            assert!(Instant::now() < end, "it still runs: {:#?}", self.seen);
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends it with SIGTERM, which must have exit code 0 within the ten seconds that are promised.
    #[track_caller]
    pub fn end(&mut self) {
        self.signal("TERM");
        assert_eq!(
            self.ends_within(Duration::from_secs(10)),
            0,
            "{:#?}",
            self.seen
        );
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command of a daemon, to set more on.
pub fn command(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut command = workspace.command(&["watch", "--log-format", "json"]);
    command.args(arguments).env_remove("ROLECALL_NOW");
    command
}

/// An approved request that gives Jane a role at once, or from a moment on.
pub fn onboard(role: &str, from: Option<chrono::DateTime<chrono::Utc>>) -> String {
    let start = from.map(|from| {
        format!(
            "start_date: {}\nstart_time: \"{}\"\ntimezone: UTC\n",
            from.format("%Y-%m-%d"),
            from.format("%H:%M:%S")
        )
    });
    format!(
        "name: Give a role\nchange_overview: For a test\naccess_type: role_additions\nrequested_by: dana\naffected_employees: \
         [jane.doe]\naffected_roles: [{role}]\n{}{APPROVED_LONG_AGO}",
        start.unwrap_or_default()
    )
}

/// The machine's clock, for the commands that follow.
pub fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// Makes a workspace's commands go by the machine's clock, and checks that state and logs agree.
#[track_caller]
pub fn verified(workspace: &mut Workspace) {
    workspace.at(&now());
    workspace.run(&["verify"]).exits(0);
}
