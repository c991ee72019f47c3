//! Carrying steps out: each becomes a durable change log, some at a time, and at the end the state file follows.

use std::sync::mpsc::{self, Receiver};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use super::outcome::{Applied, Outcome};
use super::port::{Ledger, LedgerError};
use super::stop::Stop;
use crate::model::{self, ChangeLog, ClockSource, Digest, EmployeeChange, RequestId, State};
use crate::plan::{Step, StepKind};

/// How many logs share the flushes that make them durable. A kill undoes at most so many that nobody was told of.
const GROUP: usize = 32;

/// From so many steps on, another thread writes their changes down, at most so many ahead.
const MANY: usize = 32;

/// What every log of a reconcile says alike.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// The clock.
    pub now: model::Instant,
    /// Whether that was given by hand.
    pub clock: ClockSource,
    /// The program and its version.
    pub program: String,
    /// The digest of the settings that were used.
    pub policy: Digest,
    /// The protected branch, where one was read.
    pub branch: Option<String>,
}

/// Does the steps in order. `progress` is told of each log once it is durable.
///
/// A log is the commit point of its step; if a later one fails, the earlier ones stand, and the next reconcile goes on behind
/// them. So it is where `stop` asks for an end, which it does between two steps.
///
/// # Errors
///
/// A [`LedgerError`] if a log or the state file cannot be written.
pub fn carry_out(
    ledger: &mut dyn Ledger,
    state: State,
    steps: &[Step],
    stamp: &Stamp,
    stop: &Stop,
    progress: impl FnMut(&Applied),
) -> Result<(State, Outcome), LedgerError> {
    carry_out_by(GROUP, ledger, state, steps, stamp, stop, progress)
}

/// As [`carry_out`], with so many logs in a group.
///
/// # Errors
///
/// As [`carry_out`].
pub(crate) fn carry_out_by(
    size: usize,
    ledger: &mut dyn Ledger,
    mut state: State,
    steps: &[Step],
    stamp: &Stamp,
    stop: &Stop,
    mut progress: impl FnMut(&Applied),
) -> Result<(State, Outcome), LedgerError> {
    let mut applied = Vec::with_capacity(steps.len());
    let mut group = Vec::new();
    let write = ledger.writer_of_changes();
    thread::scope(|scope| {
        let ahead = Ahead::start(scope, steps, write);
        for step in steps {
            if stop.is_asked() {
                break;
            }
            let begun = Instant::now();
            let mut log = log(&state, step, stamp);
            let written = ahead.as_ref().and_then(Ahead::next);
            let changes = written.unwrap_or_else(|| write(&log.changes));
            log.apply(&mut state);
            log.state_after = ledger.digest_after(&state, &log);
            let appended = match ledger.append(&log, &changes) {
                Ok(appended) => appended,
                Err(error) => {
                    // What was done before stands, if it can; this error came first, and says what is wrong.
                    let _ = conclude(ledger, &mut group, &mut applied, &mut progress);
                    return Err(error);
                }
            };
            state.head = Some(appended.digest);
            let entry = entry(&log, step, appended.path);
            group.push((entry, step, begun.elapsed()));
            if group.len() >= size {
                conclude(ledger, &mut group, &mut applied, &mut progress)?;
            }
        }
        Ok(())
    })?;
    conclude(ledger, &mut group, &mut applied, &mut progress)?;
    if !applied.is_empty() {
        ledger.write_state(&state)?;
    }
    let outcome = Outcome {
        as_of: stamp.now,
        serial: state.serial,
        head: state.head,
        applied,
        stopped_by_max_runs: false,
        published: None,
    };
    Ok((state, outcome))
}

/// What another thread writes down of the steps to come.
struct Ahead(Receiver<Option<String>>);

impl Ahead {
    /// Starts the thread where the steps are many; `None` where they are not, or it cannot start.
    fn start<'scope>(
        scope: &'scope Scope<'scope, '_>,
        steps: &'scope [Step],
        write: fn(&[EmployeeChange]) -> String,
    ) -> Option<Self> {
        if steps.len() < MANY {
            return None;
        }
        let (give, take) = mpsc::sync_channel(MANY);
        let write_all = move || {
            for step in steps {
                // What the baseline lists is in the state.
                let is_known = step.kind != StepKind::Baseline;
                if give.send(is_known.then(|| write(&step.changes))).is_err() {
                    break;
                }
            }
        };
        let started = thread::Builder::new().spawn_scoped(scope, write_all);
        started.ok().map(|_| Self(take))
    }

    /// The changes of the next step, where they are known without the state.
    fn next(&self) -> Option<String> {
        self.0.recv().ok().flatten()
    }
}

/// Makes a group of logs durable, and only then tells of them.
fn conclude(
    ledger: &mut dyn Ledger,
    group: &mut Vec<(Applied, &Step, Duration)>,
    applied: &mut Vec<Applied>,
    progress: &mut impl FnMut(&Applied),
) -> Result<(), LedgerError> {
    if group.is_empty() {
        return Ok(());
    }
    ledger.flush()?;
    for (entry, step, took) in group.drain(..) {
        tell(&entry, step, took);
        progress(&entry);
        applied.push(entry);
    }
    Ok(())
}

/// Says in the program's own log what was done: counts and ids, and no text that people wrote.
fn tell(entry: &Applied, step: &Step, took: Duration) {
    let (run, of) = entry
        .run
        .map_or((None, None), |run| (Some(run.number), Some(run.of)));
    tracing::info!(
        serial = entry.serial,
        request = entry.request.as_ref().map(RequestId::as_str),
        change_type = entry.change_type.word(),
        run,
        of,
        added = entry.additions,
        removed = entry.removals,
        inactivated = entry.inactivations,
        lateness_seconds = step.schedule.as_ref().map(|it| it.lateness_seconds),
        duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        path = entry.path,
        "change log written"
    );
}

fn log(state: &State, step: &Step, stamp: &Stamp) -> ChangeLog {
    let changes = if step.kind == StepKind::Baseline {
        state
            .employees
            .iter()
            .map(|entry| EmployeeChange {
                id: entry.employee_id(),
                before: Some(entry.employee.to_employee()),
                after: Some(entry.employee.to_employee()),
            })
            .collect()
    } else {
        step.changes.clone()
    };
    ChangeLog {
        serial: state.serial + 1,
        previous: state.head,
        state_after: Digest::of(b""),
        change_type: step.change_type,
        compliance: step.compliance,
        compliance_reason: step.compliance_reason.clone(),
        status: step.status,
        created: stamp.now,
        request: step.request.clone(),
        approvals: step.approvals.clone(),
        actor: step.actor.clone(),
        schedule: step.schedule.clone(),
        run: step.run,
        changes,
        left_out: step.left_out.clone(),
        warnings: step.warnings.clone(),
        clock: stamp.clock,
        program: stamp.program.clone(),
        policy: stamp.policy,
        branch: stamp.branch.clone(),
        resolves: step.resolves.clone(),
        record: step.record.clone(),
    }
}

fn entry(log: &ChangeLog, step: &Step, path: String) -> Applied {
    let count = |of: fn(&EmployeeChange) -> u64| step.changes.iter().map(of).sum();
    Applied {
        serial: log.serial,
        path,
        request: log.request.as_ref().map(|request| request.id.clone()),
        change_type: log.change_type,
        run: log.run,
        additions: count(|change| change.added().len() as u64),
        removals: count(|change| change.removed().len() as u64),
        inactivations: count(|change| u64::from(change.inactivates())),
    }
}
