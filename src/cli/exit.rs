//! Exit codes.

/// How a command ended. The numbers are part of the contract; `docs/operating.md` says what each one asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Done; nothing failed.
    Done = 0,
    /// Could not run: input or output, or a fault of the program.
    CouldNotRun = 1,
    /// There are changes to apply now (`plan --detailed-exitcode` only).
    Changes = 2,
    /// Invalid input.
    Invalid = 3,
    /// Refused by a limit, or the plan is no longer the confirmed one.
    Refused = 4,
    /// Locked by another process.
    Locked = 5,
    /// State, logs or clock do not agree.
    Integrity = 6,
    /// At least one employee's change failed; the rest is done.
    Failed = 7,
    /// Wrong usage.
    Usage = 64,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
