//! Running the program with bounds on memory and processor time, and what it needed of both.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::support::sweep::say;
use crate::support::worlds::{ended, start};
use crate::support::{Run, Workspace, program};

/// The most memory that a process may ask for, in bytes.
pub const MEMORY: u64 = 100 * 1024 * 1024;

/// The most processor time of a program that is not built for speed, in seconds.
const PROCESSOR: u64 = 10;

/// What a run of the program and of what it started needed.
#[derive(Debug, Clone, Copy)]
struct Cost {
    /// In hundredths of a second.
    processor: u64,
    /// The most that was in memory at once, in KiB.
    memory: u64,
}

/// The dearest of many runs.
#[derive(Debug, Default)]
pub struct Bill {
    runs: usize,
    processor: (u64, String),
    memory: (u64, String),
}

impl Bill {
    /// Runs the program with bounds; the kernel ends what goes beyond them.
    pub fn run(&mut self, workspace: &Workspace, name: &str, arguments: &[&str]) -> Run {
        let is_release = std::env::var_os("ROLECALL_UNDER_TEST").is_some();
        let processor = if is_release { 1 } else { PROCESSOR };
        let mut command = workspace.around("prlimit");
        command.args([&format!("--data={MEMORY}"), &format!("--cpu={processor}")]);
        let report = tempfile::NamedTempFile::new().unwrap();
        if has_time() {
            command.args(["time", "--quiet", "--format=%U %S %M", "--output"]);
            command.arg(report.path());
        }
        command.arg(program()).args(arguments);
        let run = ended(start(command));
        self.runs += 1;
        if has_time() {
            let cost = Cost::read(&fs::read_to_string(report.path()).unwrap());
            self.processor = self
                .processor
                .clone()
                .max((cost.processor, name.to_owned()));
            self.memory = self.memory.clone().max((cost.memory, name.to_owned()));
        }
        run
    }

    /// Says what the dearest runs needed.
    pub fn say(&self) {
        let test = std::thread::current();
        let mut line = format!("{}: {} runs", test.name().unwrap_or_default(), self.runs);
        if has_time() {
            let ((time, slow), (memory, large)) = (&self.processor, &self.memory);
            line.push_str(&format!(
                ", at most {}.{:02} s of processor time ({slow}) and {} MiB of memory ({large})",
                time / 100,
                time % 100,
                memory.div_ceil(1024)
            ));
        }
        say(&line);
    }
}

impl Cost {
    /// Reads `0.01 0.00 9216`, the last line of what `time` writes.
    fn read(report: &str) -> Self {
        let line = report.lines().last().unwrap_or_default();
        let numbers: Vec<u64> = line
            .split(' ')
            .map(|word| word.replace('.', "").parse().unwrap())
            .collect();
        assert_eq!(numbers.len(), 3, "{report:?}");
        Self {
            processor: numbers[0] + numbers[1],
            memory: numbers[2],
        }
    }
}

/// Whether GNU time is there. The bounds hold without it; only nobody learns how far off they are.
fn has_time() -> bool {
    static HAS_TIME: OnceLock<bool> = OnceLock::new();
    *HAS_TIME.get_or_init(|| {
        let mut probe = Command::new("time");
        probe.args(["--quiet", "--format=%M", "true"]);
        probe.stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    })
}
