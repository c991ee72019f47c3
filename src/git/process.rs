//! Starting git so that nothing but the repository's objects and names decides what it answers.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};

use super::{GitError, text};

/// What git may see of our environment. Nothing that begins with `GIT_` is among it.
const INHERITED: [&str; 5] = [
    "LD_LIBRARY_PATH",
    "LLVM_PROFILE_FILE",
    "SUDO_GID",
    "SUDO_UID",
    "TMPDIR",
];

/// What git sees besides: no configuration but the repository's own, no replaced or grafted objects, no network.
const ENVIRONMENT: [(&str, &str); 14] = [
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_ATTR_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_SYSTEM", "/dev/null"),
    ("GIT_DISCOVERY_ACROSS_FILESYSTEM", "1"),
    ("GIT_GRAFT_FILE", "/dev/null"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("HOME", "/nonexistent"),
    ("LANGUAGE", "C"),
    ("LC_ALL", "C"),
];

/// What stands before every subcommand.
const OPTIONS: [&str; 4] = [
    "--no-pager",
    "--no-replace-objects",
    "--no-optional-locks",
    "--literal-pathspecs",
];

/// Settings that the repository's own configuration cannot undo: each of them could run a program or change an answer.
const CONFIGURATION: [&str; 19] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.commitGraph=false",
    "core.warnAmbiguousRefs=false",
    "core.bigFileThreshold=1m",
    "protocol.allow=never",
    "log.showSignature=false",
    "log.mailmap=false",
    "log.follow=false",
    "log.showRoot=true",
    "log.diffMerges=separate",
    "log.decorate=false",
    "diff.renames=false",
    "diff.relative=false",
    "diff.orderFile=/dev/null",
    "gc.auto=0",
    "maintenance.auto=false",
    "color.ui=false",
];

/// The most that is kept of what git says on standard error.
const STDERR_LIMIT: u64 = 8 * 1024;

#[expect(
    clippy::disallowed_methods,
    reason = "a started program needs the PATH and little else of the environment"
)]
fn inherited(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that starts programs"
)]
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    for name in INHERITED {
        if let Some(value) = inherited(name) {
            command.env(name, value);
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

/// Where git is and where it works.
#[derive(Debug)]
pub(super) struct Program {
    /// The program, absolute.
    pub(super) file: PathBuf,
    /// The folder that holds `.git`; git is started in it.
    pub(super) top: PathBuf,
    /// The repository itself; `None` while git still has to say where it is.
    pub(super) repository: Option<PathBuf>,
}

impl Program {
    /// A git command, hermetic.
    fn command<A: AsRef<OsStr>>(&self, subcommand: &'static str, arguments: &[A]) -> Command {
        let mut command = command(&self.file);
        command
            .current_dir(&self.top)
            .envs(ENVIRONMENT)
            .env("GIT_WORK_TREE", &self.top);
        if let Some(repository) = &self.repository {
            command.env("GIT_DIR", repository);
        }
        command.args(OPTIONS);
        for setting in CONFIGURATION {
            command.args(["-c", setting]);
        }
        command.arg(subcommand).args(arguments);
        command
    }

    /// Starts a git command that is read while it runs. `talks`: it is also written to.
    pub(super) fn start<A: AsRef<OsStr>>(
        &self,
        subcommand: &'static str,
        arguments: &[A],
        talks: bool,
    ) -> Result<Running, GitError> {
        let mut child = self
            .command(subcommand, arguments)
            .stdin(if talks { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| GitError::Io {
                step: "start git",
                source,
            })?;
        let input = child.stdin.take();
        let output = child.stdout.take();
        let stderr = child.stderr.take();
        let mut running = Running {
            subcommand,
            child,
            input,
            output,
            stderr: None,
        };
        if let Some(stderr) = stderr {
            let reader = thread::Builder::new().spawn(move || beginning(stderr));
            running.stderr = Some(reader.map_err(no_thread)?);
        }
        Ok(running)
    }

    /// Runs a git command to its end: its exit code and standard output, and the line that it complained with.
    pub(super) fn ask<A: AsRef<OsStr>>(
        &self,
        subcommand: &'static str,
        arguments: &[A],
    ) -> Result<Answer, GitError> {
        let mut running = self.start(subcommand, arguments, false)?;
        let mut output = Vec::new();
        if let Some(mut stdout) = running.output.take() {
            stdout
                .read_to_end(&mut output)
                .map_err(|source| GitError::Io {
                    step: "read what git answers",
                    source,
                })?;
        }
        let (code, stderr) = running.wait()?;
        Ok(Answer {
            code,
            output,
            stderr,
        })
    }

    /// As [`Program::ask`], where nothing but success will do.
    pub(super) fn tell<A: AsRef<OsStr>>(
        &self,
        subcommand: &'static str,
        arguments: &[A],
    ) -> Result<Vec<u8>, GitError> {
        let answer = self.ask(subcommand, arguments)?;
        match answer.code {
            Some(0) => Ok(answer.output),
            _ => Err(answer.failed(subcommand)),
        }
    }
}

/// What a git command answered.
pub(super) struct Answer {
    /// `None` if a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) output: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

impl Answer {
    pub(super) fn failed(&self, command: &'static str) -> GitError {
        GitError::Failed {
            command,
            message: text::complaint(&self.stderr),
        }
    }
}

/// A git command that runs. Dropped, it is ended and waited for.
#[derive(Debug)]
pub(super) struct Running {
    subcommand: &'static str,
    child: Child,
    pub(super) input: Option<ChildStdin>,
    pub(super) output: Option<ChildStdout>,
    stderr: Option<JoinHandle<Vec<u8>>>,
}

impl Running {
    /// Waits for its end: exit code and standard error.
    pub(super) fn wait(mut self) -> Result<(Option<i32>, Vec<u8>), GitError> {
        self.finish()
    }

    /// Waits for its end and says why it failed.
    pub(super) fn failure(mut self) -> GitError {
        let command = self.subcommand;
        match self.finish() {
            Ok((_, stderr)) => GitError::Failed {
                command,
                message: text::complaint(&stderr),
            },
            Err(error) => error,
        }
    }

    /// Ends it now; it only reads, so nothing is lost.
    pub(super) fn kill(&mut self) {
        let _ = self.child.kill();
    }

    fn finish(&mut self) -> Result<(Option<i32>, Vec<u8>), GitError> {
        self.input = None;
        self.output = None;
        let status = self.child.wait().map_err(|source| GitError::Io {
            step: "wait for git",
            source,
        })?;
        let stderr = self
            .stderr
            .take()
            .and_then(|reader| reader.join().ok())
            .unwrap_or_default();
        Ok((status.code(), stderr))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.input = None;
        self.output = None;
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The operating system has no thread for us.
pub(super) fn no_thread(source: io::Error) -> GitError {
    GitError::Io {
        step: "start a thread",
        source,
    }
}

/// The beginning of a stream; the rest is read and thrown away, so that the writer never waits.
fn beginning(mut stream: impl Read) -> Vec<u8> {
    let mut kept = Vec::new();
    let _ = stream.by_ref().take(STDERR_LIMIT).read_to_end(&mut kept);
    let _ = io::copy(&mut stream, &mut io::sink());
    kept
}
