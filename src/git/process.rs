//! Finding and starting programs, with no more of our environment than they need.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// The most that is kept of what a program says on standard error.
const STDERR_LIMIT: u64 = 8 * 1024;

/// How long a program that has closed its output may take to end, where its time is limited.
const LAST_MOMENTS: Duration = Duration::from_secs(2);

/// How often it is looked whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// How often it is looked whether somebody asks for an end.
const LISTEN_EVERY: Duration = Duration::from_millis(50);

/// How long a program is waited for. Then it is ended: that is [`io::ErrorKind::TimedOut`], or
/// [`io::ErrorKind::Interrupted`] where somebody asked for it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Patience<'a> {
    /// At most this long.
    pub(super) limit: Option<Duration>,
    /// Until this is set.
    pub(super) stop: Option<&'a AtomicBool>,
}

impl Patience<'_> {
    /// No longer than this.
    pub(super) fn of(limit: Duration) -> Self {
        Self {
            limit: Some(limit),
            stop: None,
        }
    }

    fn is_endless(self) -> bool {
        self.limit.is_none() && self.stop.is_none()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a started program needs the PATH and little else of the environment"
)]
fn inherited(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// A command that sees nothing of our environment but the absolute entries of the PATH and the named variables.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that starts programs"
)]
pub(super) fn command(program: &Path, variables: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    for name in variables {
        if let Some(value) = inherited(name) {
            command.env(name, value);
        }
    }
    if let Some(path) = inherited("PATH") {
        command.env("PATH", joined(absolute_folders(&path)));
    }
    command
}

/// A command that sees our environment, but for the variables that it is asked about and the relative entries of the PATH.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that starts programs, here one that runs as its user has set it up"
)]
pub(super) fn users_command(program: &Path, is_ours: impl Fn(&str) -> bool) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(&is_ours) {
            command.env_remove(name);
        }
    }
    if let Some(path) = inherited("PATH") {
        command.env("PATH", joined(absolute_folders(&path)));
    }
    command
}

/// Finds a program on the PATH. Relative entries are passed over: they would look into the access repository.
pub(super) fn find(name: &str) -> Option<PathBuf> {
    let path = inherited("PATH")?;
    absolute_folders(&path)
        .map(|folder| folder.join(name))
        .find(|file| {
            file.metadata()
                .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        })
}

fn absolute_folders(path: &OsStr) -> impl Iterator<Item = PathBuf> {
    std::env::split_paths(path).filter(|folder| folder.is_absolute())
}

fn joined(folders: impl Iterator<Item = PathBuf>) -> OsString {
    let mut path = Vec::new();
    for folder in folders {
        if !path.is_empty() {
            path.push(b':');
        }
        path.extend_from_slice(folder.as_os_str().as_bytes());
    }
    OsStr::from_bytes(&path).to_owned()
}

/// A program that runs. Dropped, it is ended and waited for.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    pub(super) input: Option<ChildStdin>,
    pub(super) output: Option<ChildStdout>,
    stderr: Receiver<Vec<u8>>,
}

impl Process {
    /// Starts a program. `talks`: it is also written to.
    pub(super) fn start(command: &mut Command, talks: bool) -> io::Result<Self> {
        let mut child = command
            .stdin(if talks { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (sender, stderr) = mpsc::channel();
        let complaints = child.stderr.take();
        let process = Self {
            input: child.stdin.take(),
            output: child.stdout.take(),
            child,
            stderr,
        };
        thread::Builder::new().spawn(move || {
            let _ = sender.send(complaints.map(beginning).unwrap_or_default());
        })?;
        Ok(process)
    }

    /// Ends it now; what is started here only reads, so nothing is lost.
    pub(super) fn kill(&mut self) {
        let _ = self.child.kill();
    }

    /// Waits for its end: exit code, `None` if a signal ended it, and standard error.
    pub(super) fn finish(&mut self) -> io::Result<(Option<i32>, Vec<u8>)> {
        self.input = None;
        self.output = None;
        let status = self.child.wait()?;
        Ok((status.code(), self.stderr.recv().unwrap_or_default()))
    }

    /// As [`Process::finish`], where the end must be near.
    fn finish_soon(&mut self) -> io::Result<(Option<i32>, Vec<u8>)> {
        let mut waited = Duration::ZERO;
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            if waited >= LAST_MOMENTS {
                return Err(io::ErrorKind::TimedOut.into());
            }
            thread::sleep(LOOK_EVERY);
            waited += LOOK_EVERY;
        };
        let stderr = arrival(&self.stderr, Patience::of(LAST_MOMENTS))?;
        Ok((status.code(), stderr))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.input = None;
        self.output = None;
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// What a program answered.
pub(super) struct Answer {
    /// `None` if a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) output: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    /// Whether it let itself be told everything; one that ends early does not.
    pub(super) has_listened: bool,
}

/// Runs a program to its end, and gives it something to read. Where our patience ends first, the program is ended.
pub(super) fn run(
    command: &mut Command,
    input: Option<Vec<u8>>,
    patience: Patience<'_>,
) -> io::Result<Answer> {
    let mut process = Process::start(command, input.is_some())?;
    let written = match (process.input.take(), input) {
        (Some(mut pipe), Some(input)) => Some(background(move || pipe.write_all(&input))?),
        _ => None,
    };
    let output = process.output.take();
    let output = if patience.is_endless() {
        whole(output)
    } else {
        arrival(&background(move || whole(output))?, patience)?
    }?;
    let (code, stderr) = if patience.is_endless() {
        process.finish()?
    } else {
        process.finish_soon()?
    };
    let last = if patience.is_endless() {
        patience
    } else {
        Patience::of(LAST_MOMENTS)
    };
    let written = match written {
        Some(written) => arrival(&written, last)?,
        None => Ok(()),
    };
    let has_listened = match written {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => false,
        Err(error) => return Err(error),
    };
    Ok(Answer {
        code,
        output,
        stderr,
        has_listened,
    })
}

/// Does something on a thread of its own. Nobody waits for it who does not want to.
fn background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Receiver<T>> {
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        let _ = sender.send(work());
    })?;
    Ok(receiver)
}

/// What comes of it, in time.
fn arrival<T>(receiver: &Receiver<T>, patience: Patience<'_>) -> io::Result<T> {
    if patience.is_endless() {
        return receiver.recv().map_err(|_| gone());
    }
    let start = Instant::now();
    loop {
        let left = patience
            .limit
            .map_or(LISTEN_EVERY, |limit| limit.saturating_sub(start.elapsed()));
        match receiver.recv_timeout(left.min(LISTEN_EVERY)) {
            Ok(arrived) => return Ok(arrived),
            Err(mpsc::RecvTimeoutError::Disconnected) => return Err(gone()),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
        if patience
            .stop
            .is_some_and(|stop| stop.load(Ordering::SeqCst))
        {
            return Err(io::ErrorKind::Interrupted.into());
        }
        if patience.limit.is_some_and(|limit| start.elapsed() >= limit) {
            return Err(io::ErrorKind::TimedOut.into());
        }
    }
}

fn gone() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}

/// All of a stream.
fn whole(stream: Option<impl Read>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        stream.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// The beginning of a stream; the rest is read and thrown away, so that the writer never waits.
fn beginning(mut stream: impl Read) -> Vec<u8> {
    let mut kept = Vec::new();
    let _ = stream.by_ref().take(STDERR_LIMIT).read_to_end(&mut kept);
    let _ = io::copy(&mut stream, &mut io::sink());
    kept
}
