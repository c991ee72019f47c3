//! One pass over everything: takes the lock, reads, plans, and carries out what is due. The command and the daemon both call it.

use std::collections::BTreeSet;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::command::plan::refuse_drift;
use super::context::Context;
use super::duration;
use super::error::Error;
use super::exit::Exit;
use super::finished::Finished;
use super::publish::{self, Publish};
use super::saved;
use super::world::World;
use crate::git::{Git, Oid};
use crate::model::{Digest, SavedPlan, State};
use crate::plan::{Plan, Step, plan};
use crate::reconcile::carry_out::{Stamp, carry_out};
use crate::reconcile::outcome::Outcome;
use crate::reconcile::recover::check_chain;
use crate::reconcile::stop::Stop;
use crate::store::ledger::FileLedger;
use crate::store::lock::{Lock, LockError};
use crate::store::{ATTRIBUTES, atomic};

/// The program and its version, as logs and saved plans name them.
pub(super) const PROGRAM: &str = concat!("rolecall ", env!("CARGO_PKG_VERSION"));

/// From how many steps up a terminal is shown how far they are.
const PROGRESS_FROM: usize = 20;

/// How long a command waits for the lock that writes one file.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// What a pass does besides carrying out what is due.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Stop after this many runs.
    pub max_runs: Option<u32>,
    /// Let exactly this plan through the limits.
    pub confirm: Option<Digest>,
    /// Carry out exactly this plan.
    pub saved: Option<SavedPlan>,
    /// Wait this long for another one to end; `None` does not wait.
    pub lock_timeout: Option<Duration>,
    /// Request files of the work tree, relative to the access repository, that are left out of this pass.
    pub unsettled: BTreeSet<String>,
    /// Whether finished requests are looked at where there is nothing to say of them.
    pub finished: Finished,
    /// What happens in git to what it did.
    pub publish: Publish,
    /// Ends it early, between two runs.
    pub stop: Stop,
}

/// What a pass found and did.
#[derive(Debug)]
pub struct Passed {
    /// What it read.
    pub world: World,
    /// What it planned.
    pub plan: Plan,
    /// What it did.
    pub outcome: Outcome,
    /// How a command that does one pass ends.
    pub exit: Exit,
}

/// Does a pass. A plan that goes over a limit is shown, and nothing is written.
///
/// # Errors
///
/// If the lock is held, input is broken, a limit is exceeded, or something cannot be written.
pub fn pass(
    context: &Context,
    options: &Options,
    show: impl Fn(&Plan) -> Result<(), Error>,
) -> Result<Passed, Error> {
    if let Publish::Push { remote, .. } = &options.publish {
        publish::fetch(context, remote, &options.stop)?;
    }
    let lock = lock(context, options.lock_timeout, "reconcile")?;
    let context = &context.later();
    match &options.publish {
        Publish::Nothing => once(context, &lock, options, None, show),
        Publish::Commit(author) => publish::commit(context, &lock, options, author.as_ref(), show),
        Publish::Keep(remote) => publish::keep(context, &lock, options, remote, show),
        Publish::Push { remote, author } => {
            let to = (remote.as_str(), author.as_ref());
            publish::push(context, &lock, options, to, show)
        }
    }
}

/// Does a pass under the lock. What is committed on top of `checked_out` must be planned from it.
pub(super) fn once(
    context: &Context,
    lock: &Lock,
    options: &Options,
    checked_out: Option<&Oid>,
    show: impl Fn(&Plan) -> Result<(), Error>,
) -> Result<Passed, Error> {
    let world = World::load_without(context, &options.unsettled, options.finished)?;
    if let Some(checked_out) = checked_out {
        world.repository.check_tip(checked_out)?;
    }
    refuse_drift(&world)?;
    let input = world.input();
    let whole = plan(&input, None);
    match &options.saved {
        // A plan that was looked at is a confirmed one.
        Some(saved) => saved::check(saved, &world.logs, &world.recovered.state, &whole)?,
        None => brake(&whole, options.confirm, "rolecall reconcile", show)?,
    }
    let all = whole.steps.len();
    let plan = match options.max_runs {
        Some(runs) => plan(&input, Some(runs)),
        None => whole,
    };
    let stopped = plan.steps.len() < all;
    if !plan.steps.is_empty() {
        world.repository.check_ahead(&world.logs)?;
    }
    let (state, mut outcome) = write(context, lock, &world, &plan.steps, &options.stop)?;
    world.note_seen(&state)?;
    outcome.stopped_by_max_runs = stopped;
    Ok(Passed {
        exit: exit_of(&plan),
        world,
        plan,
        outcome,
    })
}

/// Reads `--lock-timeout`.
pub fn lock_timeout(text: Option<&str>) -> Result<Option<Duration>, Error> {
    text.map(|text| duration::parse("--lock-timeout", text))
        .transpose()
}

/// Takes the lock of the repository.
pub fn lock(context: &Context, timeout: Option<Duration>, command: &str) -> Result<Lock, Error> {
    let hint = "wait for it to end, or give --lock-timeout 30s";
    acquire(&context.root()?, timeout, command, hint)
}

/// Takes the lock of the repository for a command that writes one file: what keeps it from doing so is soon over.
pub fn patient_lock(context: &Context, command: &str) -> Result<Lock, Error> {
    acquire(
        &context.root()?,
        Some(PATIENCE),
        command,
        "wait for it to end",
    )
}

fn acquire(
    root: &std::path::Path,
    timeout: Option<Duration>,
    command: &str,
    hint: &str,
) -> Result<Lock, Error> {
    Lock::acquire(root, timeout, &format!("rolecall {command}")).map_err(|error| match error {
        LockError::Held { .. } => Error::new(Exit::Locked, &error).hint(hint),
        LockError::Ledger(error) => error.into(),
    })
}

/// Reads the digest that `--confirm` was given.
pub fn read_digest(text: &str) -> Result<Digest, Error> {
    text.parse().map_err(|error| {
        Error::new(Exit::Refused, error).hint("copy the digest from what `rolecall plan` prints")
    })
}

/// Stops before the first write if the plan goes over a limit, or is not the one that was confirmed.
///
/// `command` is what `--confirm` is for, such as `rolecall reconcile`; `show` prints the plan that is refused.
pub fn brake(
    plan: &Plan,
    confirm: Option<Digest>,
    command: &str,
    show: impl FnOnce(&Plan) -> Result<(), Error>,
) -> Result<(), Error> {
    if let Some(confirm) = confirm {
        if confirm == plan.digest {
            return Ok(());
        }
        let message = format!(
            "the plan is not the confirmed one: its digest is {}",
            plan.digest
        );
        return Err(Error::new(Exit::Refused, message)
            .hint("look at `rolecall plan` again, and confirm what it prints"));
    }
    if plan.brake.is_empty() {
        return Ok(());
    }
    show(plan)?;
    let limits: Vec<_> = plan
        .brake
        .iter()
        .map(|brake| {
            format!(
                "{}: {} planned, {} allowed",
                brake.limit, brake.planned, brake.allowed
            )
        })
        .collect();
    let message = format!(
        "the plan goes over a limit, so nothing was written ({})",
        limits.join("; ")
    );
    Err(Error::new(Exit::Refused, message).hint(format!(
        "if this is meant: {command} --confirm {}",
        plan.digest
    )))
}

/// Carries steps out, shows how far it is on a terminal, and brings a state file up to date that lags behind.
pub fn write(
    context: &Context,
    lock: &Lock,
    world: &World,
    steps: &[Step],
    stop: &Stop,
) -> Result<(State, Outcome), Error> {
    if world.recovered.baseline && !steps.is_empty() {
        keep_line_ends(&world.repository.root)?;
    }
    let mut ledger = FileLedger::of(lock, world.logs.hand_over());
    if !steps.is_empty() {
        check_chain(&ledger)?;
    }
    let stamp = Stamp {
        now: world.now,
        clock: context.clock,
        program: PROGRAM.to_owned(),
        policy: world.repository.policy,
        branch: world.repository.branch.clone(),
    };
    let bar = progress(steps.len());
    let state = world.recovered.state.clone();
    let (state, outcome) = carry_out(&mut ledger, state, steps, &stamp, stop, |applied| {
        bar.set_message(
            applied
                .request
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
        );
        bar.inc(1);
    })?;
    bar.finish_and_clear();
    if steps.is_empty() && world.recovered.behind > 0 {
        use crate::reconcile::port::Ledger as _;
        ledger.write_state(&state)?;
    }
    Ok((state, outcome))
}

/// In a git repository, has git leave the line ends of the state folder alone, unless somebody has said so or otherwise.
fn keep_line_ends(root: &std::path::Path) -> Result<(), Error> {
    let (file, text) = ATTRIBUTES;
    let file = root.join(file);
    if Git::discover(root)?.is_some() && file.symlink_metadata().is_err() {
        atomic::create_beside(&file, text.as_bytes())?;
    }
    Ok(())
}

/// A bar on standard error; it stays hidden where that is no terminal.
fn progress(steps: usize) -> ProgressBar {
    if steps < PROGRESS_FROM {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// How a reconcile ends: invalid input comes before failed changes.
pub fn exit_of(plan: &Plan) -> Exit {
    if plan.has_invalid_requests() {
        Exit::Invalid
    } else if plan.has_failures() {
        Exit::Failed
    } else {
        Exit::Done
    }
}
