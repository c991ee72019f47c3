//! `rolecall watch`: stays, and reconciles when something changes and when something falls due.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::plan::show;
use super::reconcile::report;
use crate::cli::args::{Format, Watch as Args};
use crate::cli::context::Context;
use crate::cli::duration;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::pass::{Options, pass};
use crate::cli::publish::{Publish, pull};
use crate::cli::watching::{self, Observed, Reconciler, Remote};
use crate::model::ClockSource;
use crate::time::clock::SystemClock;
use crate::watch::http::{self, AddressError, Server};
use crate::watch::metrics::Metrics;
use crate::watch::{Daemon, End, MachineClocks, Pull, Timing};

/// Stays until somebody wants it to end, or state and logs do not agree; with `--once`, looks once.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    let timing = timing(args)?;
    let every = args
        .pull
        .as_deref()
        .map(|text| at_least("--pull", text, Duration::from_secs(1)))
        .transpose()?;
    let options = Options {
        publish: Publish::of(&args.publishing)?,
        ..Options::default()
    };
    if args.once {
        context.forms(&[])?;
        return once(context, &options, timing, every.map(|_| remote(args)));
    }
    refuse_what_is_for_one_pass(context)?;
    let address = args.metrics.as_deref().map(address).transpose()?;
    let context = &watching::fixed(context)?;
    let stop = options.stop.clone();
    let metrics = Arc::new(Metrics::new(env!("CARGO_PKG_VERSION")));
    let work = Reconciler::new(context, options, &metrics)?;
    let pull = every.map(|every| {
        let remote = Remote::new(context, remote(args), &stop, &work);
        (Box::new(remote) as Box<dyn Pull>, every)
    });
    let server = address
        .map(|address| serve(address, &metrics))
        .transpose()?;
    tracing::info!(
        folder = %crate::render::escape::terminal(&context.root()?.to_string_lossy()),
        version = env!("CARGO_PKG_VERSION"),
        metrics = server.as_ref().map(|server| server.address().to_string()),
        rescan_seconds = timing.rescan.as_secs(),
        "watching"
    );
    let daemon = Daemon {
        clocks: MachineClocks::start(),
        supervisor: Observed::start(&metrics),
        timing,
        stop,
        pull,
    };
    Ok(match daemon.run(work)? {
        End::Wished => Exit::Done,
        End::Failed(failure) => watching::exit_of(&failure),
    })
}

/// Where metrics and health are served.
fn address(text: &str) -> Result<SocketAddr, Error> {
    http::parse_address(text)
        .map_err(|error| Error::usage(format!("--metrics: {error}")).hint(AddressError::HINT))
}

fn serve(address: SocketAddr, metrics: &Arc<Metrics>) -> Result<Server, Error> {
    Server::start(address, Arc::clone(metrics), Arc::new(SystemClock))
        .map_err(|error| Error::new(Exit::CouldNotRun, error).hint("see what else listens there"))
}

/// One pass over what is settled, reported as `reconcile` does.
fn once(
    context: &Context,
    options: &Options,
    timing: Timing,
    remote: Option<&str>,
) -> Result<Exit, Error> {
    if let Some(remote) = remote {
        pull(context, remote, &options.stop)?;
    }
    watching::wait_until_settled(context, timing.settle)?;
    let passed = pass(&context.later(), options, |plan| show(context, plan))?;
    report(context, &passed.world, &passed.plan, &passed.outcome)?;
    Ok(passed.exit)
}

/// The remote that is pulled from: the one that is pushed to.
fn remote(args: &Args) -> &str {
    args.publishing.push.as_deref().unwrap_or("origin")
}

fn timing(args: &Args) -> Result<Timing, Error> {
    Ok(Timing {
        rescan: at_least("--rescan", &args.rescan, Duration::from_secs(1))?,
        settle: at_least("--settle", &args.settle, Duration::from_millis(1))?,
    })
}

fn at_least(flag: &str, text: &str, least: Duration) -> Result<Duration, Error> {
    let duration = duration::parse(flag, text)?;
    if duration < least {
        let message = format!("{flag} {text:?} is too short");
        return Err(Error::usage(message).hint(format!("give at least {least:?}")));
    }
    Ok(duration)
}

/// A daemon goes by the machine's clock and prints nothing but its log.
fn refuse_what_is_for_one_pass(context: &Context) -> Result<(), Error> {
    if context.clock == ClockSource::Given {
        return Err(Error::usage(
            "a daemon goes by the machine's clock, and --now or ROLECALL_NOW sets another",
        )
        .hint("leave it out, or look once with --once"));
    }
    if context.global.format != Format::Human || context.global.output.is_some() {
        return Err(Error::usage(
            "a daemon prints nothing but its log, so --format and --output say nothing",
        )
        .hint("give --log-format json, or look once with --once"));
    }
    Ok(())
}
