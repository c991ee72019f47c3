//! Starting git so that nothing but the repository's objects and names decides what it answers.

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::process::Command;

use super::process::{self, Answer, Patience, Process};
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
    "log.showRoot=false",
    "log.diffMerges=separate",
    "log.decorate=false",
    "diff.renames=false",
    "diff.relative=false",
    "diff.orderFile=/dev/null",
    "gc.auto=0",
    "maintenance.auto=false",
    "color.ui=false",
];

/// What is said of git to a git that runs as its user has set it up. Where it works is ours to say, and its objects are read as they are.
const OURS: [&str; 13] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// What begins like this is none of git's business: secrets of ours, and the sockets of the one who started us.
const OURS_ALONE: [&str; 4] = ["ROLECALL_", "NOTIFY_SOCKET", "WATCHDOG_", "LISTEN_"];

/// What stands against a user's configuration all the same: no hooks, and nothing that is meant for a terminal.
const USERS_CONFIGURATION: [&str; 6] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "color.ui=false",
    "merge.autoStash=false",
    "submodule.recurse=false",
    "push.recurseSubmodules=no",
];

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
    pub(super) fn command<A: AsRef<OsStr>>(
        &self,
        subcommand: &'static str,
        arguments: &[A],
    ) -> Command {
        let mut command = process::command(&self.file, &INHERITED);
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

    /// A git command as its user has set git up: with their configuration, identity, keys and proxies, but without hooks. For
    /// what talks to a remote, and for what writes a commit. Nothing that decides who may do what is read through it.
    pub(super) fn users_command<A: AsRef<OsStr>>(
        &self,
        subcommand: &'static str,
        arguments: &[A],
    ) -> Command {
        let is_ours = |name: &str| {
            OURS.contains(&name) || OURS_ALONE.iter().any(|start| name.starts_with(start))
        };
        let mut command = process::users_command(&self.file, is_ours);
        command
            .current_dir(&self.top)
            .env("GIT_WORK_TREE", &self.top)
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("LANGUAGE", "C")
            .env("LC_ALL", "C");
        if let Some(repository) = &self.repository {
            command.env("GIT_DIR", repository);
        }
        command.args(["--no-pager", "--literal-pathspecs"]);
        for setting in USERS_CONFIGURATION {
            command.args(["-c", setting]);
        }
        command.arg(subcommand).args(arguments);
        command
    }

    /// Runs a command to its end, or until our patience ends.
    pub(super) fn run_command(
        subcommand: &'static str,
        command: &mut Command,
        input: Option<Vec<u8>>,
        patience: Patience<'_>,
    ) -> Result<Answer, GitError> {
        process::run(command, input, patience).map_err(|source| match source.kind() {
            io::ErrorKind::TimedOut => GitError::TooSlow {
                command: subcommand,
                seconds: patience.limit.unwrap_or_default().as_secs(),
            },
            io::ErrorKind::Interrupted => GitError::Stopped {
                command: subcommand,
            },
            _ => GitError::Io {
                step: "run git",
                source,
            },
        })
    }

    /// Starts a git command that is read while it runs. `talks`: it is also written to.
    pub(super) fn start<A: AsRef<OsStr>>(
        &self,
        subcommand: &'static str,
        arguments: &[A],
        talks: bool,
    ) -> Result<Running, GitError> {
        let process = Process::start(&mut self.command(subcommand, arguments), talks);
        Ok(Running {
            subcommand,
            process: process.map_err(|source| GitError::Io {
                step: "start git",
                source,
            })?,
        })
    }

    /// Runs a git command to its end: its exit code and standard output, and what it complained of.
    pub(super) fn ask<A: AsRef<OsStr>>(
        &self,
        subcommand: &'static str,
        arguments: &[A],
    ) -> Result<Answer, GitError> {
        self.run(subcommand, arguments, None)
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
            _ => Err(failed(subcommand, &answer.stderr)),
        }
    }

    /// As [`Program::tell`], with something to read, all of which must be read.
    pub(super) fn feed<A: AsRef<OsStr>>(
        &self,
        subcommand: &'static str,
        arguments: &[A],
        input: &[u8],
    ) -> Result<Vec<u8>, GitError> {
        let answer = self.run(subcommand, arguments, Some(input.to_vec()))?;
        match answer.code {
            Some(0) if answer.has_listened => Ok(answer.output),
            _ => Err(failed(subcommand, &answer.stderr)),
        }
    }

    fn run<A: AsRef<OsStr>>(
        &self,
        subcommand: &'static str,
        arguments: &[A],
        input: Option<Vec<u8>>,
    ) -> Result<Answer, GitError> {
        let command = &mut self.command(subcommand, arguments);
        Self::run_command(subcommand, command, input, Patience::default())
    }
}

/// A git command that runs. Dropped, it is ended and waited for.
#[derive(Debug)]
pub(super) struct Running {
    subcommand: &'static str,
    pub(super) process: Process,
}

impl Running {
    /// Waits for its end: exit code and standard error.
    pub(super) fn wait(mut self) -> Result<(Option<i32>, Vec<u8>), GitError> {
        self.process.finish().map_err(|source| GitError::Io {
            step: "wait for git",
            source,
        })
    }

    /// Waits for its end and says why it failed.
    pub(super) fn failure(self) -> GitError {
        let command = self.subcommand;
        match self.wait() {
            Ok((_, stderr)) => failed(command, &stderr),
            Err(error) => error,
        }
    }
}

/// A git command failed, and this is what it complained of.
pub(super) fn failed(command: &'static str, stderr: &[u8]) -> GitError {
    GitError::Failed {
        command,
        message: text::complaint(stderr),
    }
}

/// The operating system has no thread for us.
pub(super) fn no_thread(source: io::Error) -> GitError {
    GitError::Io {
        step: "start a thread",
        source,
    }
}
