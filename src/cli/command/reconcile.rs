//! `rolecall reconcile`: does what is approved and due.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::plan::{refuse_drift, show};
use crate::check::finding::Finding;
use crate::cli::args::{Plan as PlanArgs, Reconcile as Args};
use crate::cli::context::Context;
use crate::cli::duration;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::history::logs_by_request;
use crate::cli::saved;
use crate::cli::world::{Approvals, World};
use crate::git::Git;
use crate::model::{Digest, State};
use crate::plan::{Plan, Step, plan};
use crate::reconcile::carry_out::{Stamp, carry_out};
use crate::reconcile::outcome::Outcome;
use crate::reconcile::recover::check_chain;
use crate::render;
use crate::store::ledger::FileLedger;
use crate::store::lock::{Lock, LockError};
use crate::store::logs::LogFolder;
use crate::store::{ATTRIBUTES, atomic};

/// From how many steps up a terminal is shown how far they are.
const PROGRESS_FROM: usize = 20;

/// How long a command waits for the lock that writes one file.
const PATIENCE: Duration = Duration::from_secs(30);

/// Does what is approved and due, and prints what was done and what waits for what.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    let confirm = args.confirm.as_deref().map(read_digest).transpose()?;
    if args.dry_run {
        let args = PlanArgs {
            at: None,
            assume_approved: false,
            detailed_exitcode: false,
            out: None,
        };
        return super::plan::run(context, &args);
    }
    context.forms(&[])?;
    let saved = args.plan.as_deref().map(saved::read).transpose()?;
    let lock = lock(context, args.lock_timeout.as_deref(), "reconcile")?;
    let context = &context.later();
    let world = World::load(context, context.now, Approvals::Needed)?;
    refuse_drift(&world)?;
    let input = world.input();
    let whole = plan(&input, None);
    match &saved {
        // A plan that was looked at is a confirmed one.
        Some(saved) => saved::check(saved, &world.logs, &world.recovered.state, &whole)?,
        None => brake(context, &whole, confirm, "rolecall reconcile")?,
    }
    let plan = match args.max_runs {
        Some(runs) => plan(&input, Some(runs)),
        None => whole.clone(),
    };
    let stopped = plan.steps.len() < whole.steps.len();
    let (_, mut outcome) = write(context, &lock, &world, &plan.steps)?;
    outcome.stopped_by_max_runs = stopped;
    report(context, &world, &plan, &outcome)?;
    Ok(exit_of(&plan))
}

/// Takes the lock of the repository.
pub fn lock(context: &Context, timeout: Option<&str>, command: &str) -> Result<Lock, Error> {
    let timeout = timeout
        .map(|text| duration::parse("--lock-timeout", text))
        .transpose()?;
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
/// `command` is what `--confirm` is for, such as `rolecall reconcile`.
pub fn brake(
    context: &Context,
    plan: &Plan,
    confirm: Option<Digest>,
    command: &str,
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
    show(context, plan)?;
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
) -> Result<(State, Outcome), Error> {
    if world.recovered.baseline && !steps.is_empty() {
        keep_line_ends(&world.repository.root)?;
    }
    let mut ledger = FileLedger::open(lock)?;
    if !steps.is_empty() {
        check_chain(&ledger)?;
    }
    let stamp = Stamp {
        now: world.now,
        clock: context.clock,
        program: concat!("rolecall ", env!("CARGO_PKG_VERSION")).to_owned(),
        policy: world.repository.policy,
        branch: world.repository.branch.clone(),
    };
    let bar = progress(steps.len());
    let state = world.recovered.state.clone();
    let (state, outcome) = carry_out(&mut ledger, state, steps, &stamp, |applied| {
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

/// Prints what was done, and what waits for what.
pub fn report(
    context: &Context,
    world: &World,
    plan: &Plan,
    outcome: &Outcome,
) -> Result<(), Error> {
    let findings = findings_after(plan);
    context.show(&findings);
    let logs = logs_by_request(&LogFolder::open(&world.repository.root)?);
    context.print(
        |palette| render::outcome::human(outcome, &plan.requests_after, &plan.expiries, palette),
        |_| render::outcome::json(outcome, &plan.requests_after, &logs, &plan.findings),
    )
}

fn findings_after(plan: &Plan) -> Vec<Finding> {
    let of_requests = plan
        .requests_after
        .iter()
        .flat_map(|request| &request.findings);
    plan.findings.iter().chain(of_requests).cloned().collect()
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
