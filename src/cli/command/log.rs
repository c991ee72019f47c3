//! `rolecall log`: change logs, as a list, in full, as CSV or as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::check::suggest::did_you_mean;
use crate::cli::args::Log as Args;
use crate::cli::context::{Context, moment, say};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::finished::Finished;
use crate::cli::load::{Repository, Side};
use crate::document::changelog;
use crate::document::request::stem;
use crate::model::{Compliance, Instant};
use crate::reconcile::port::{Logs as _, StoredLog};
use crate::render;
use crate::render::log::{self, Entry};
use crate::store::logs::LogFolder;

#[derive(Serialize)]
struct Document {
    version: u32,
    logs: Vec<serde_json::Value>,
}

/// Prints the logs that were asked for.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.forms(&[])?;
    let since = args.since.as_deref().map(read_since).transpose()?;
    let logs = read_all(&LogFolder::open(&context.root()?)?)?;
    let resolved = resolutions(&logs);
    let is_open = |stored: &StoredLog| {
        stored.log.compliance == Compliance::NonCompliant
            && !resolved.contains_key(&stored.log.serial)
    };
    let chosen: Vec<_> = logs
        .iter()
        .filter(|stored| {
            args.which
                .as_deref()
                .is_none_or(|which| is_about(stored, which))
        })
        .filter(|stored| since.is_none_or(|since| stored.log.created >= since))
        .filter(|stored| !args.non_compliant || is_open(stored))
        .collect();
    if let Some(which) = &args.which
        && !logs.iter().any(|stored| is_about(stored, which))
        && (which.parse::<u64>().is_ok() || !is_request(context, which)?)
    {
        return Err(unknown(&logs, which));
    }
    let entries: Vec<_> = chosen
        .iter()
        .map(|stored| Entry {
            log: &stored.log,
            path: &stored.path,
            resolved_by: resolved.get(&stored.log.serial).copied(),
        })
        .collect();
    if args.csv {
        let text = log::csv(&entries)?;
        match &context.global.output {
            Some(file) => crate::store::atomic::write_output(file, text.as_bytes())?,
            None => say(&text)?,
        }
        return Ok(Exit::Done);
    }
    let is_one = args
        .which
        .as_ref()
        .is_some_and(|which| which.parse::<u64>().is_ok());
    context.print(
        |palette| match entries.as_slice() {
            [entry] if is_one => log::one(entry, palette),
            entries => log::human(entries, palette),
        },
        |_| {
            render::json::text(&Document {
                version: render::json::VERSION,
                logs: chosen
                    .iter()
                    .map(|stored| changelog::to_json(&stored.log))
                    .collect(),
            })
        },
    )?;
    Ok(Exit::Done)
}

/// Every log, oldest first.
pub fn read_all(folder: &LogFolder) -> Result<Vec<StoredLog>, Error> {
    let logs = (1..=folder.last()).map(|serial| folder.read(serial));
    logs.collect::<Result<_, _>>().map_err(Error::from)
}

/// Which log each resolved one was closed by.
pub fn resolutions(logs: &[StoredLog]) -> BTreeMap<u64, u64> {
    logs.iter()
        .filter_map(|stored| {
            let resolves = stored.log.resolves.as_ref()?;
            Some((resolves.serial, stored.log.serial))
        })
        .collect()
}

fn is_about(stored: &StoredLog, which: &str) -> bool {
    let log = &stored.log;
    let of_request = log.request.as_ref().map(|request| &request.id);
    let resolves = log
        .resolves
        .as_ref()
        .and_then(|resolves| resolves.request.as_ref());
    let is_serial = which.parse() == Ok(log.serial);
    is_serial
        || of_request
            .or(resolves)
            .is_some_and(|id| id.as_str() == which)
}

/// Whether there is a request with this id, which has no log yet.
fn is_request(context: &Context, which: &str) -> Result<bool, Error> {
    let repository = Repository::open(context, Side::Effective, Finished::Read)?;
    Ok(repository.request_paths().any(|path| stem(path) == which))
}

fn unknown(logs: &[StoredLog], which: &str) -> Error {
    let ids = logs.iter().filter_map(|stored| stored.log.request.as_ref());
    let hint = did_you_mean(which, ids.map(|request| request.id.as_str()), || {
        "`rolecall log` lists them".to_owned()
    });
    Error::invalid(format!("there is no change log of {which:?}")).hint(hint)
}

/// A date, which means its start in UTC, or a moment.
fn read_since(text: &str) -> Result<Instant, Error> {
    match text.parse::<chrono::NaiveDate>() {
        Ok(date) => Ok(date.and_time(chrono::NaiveTime::MIN).and_utc()),
        Err(_) => moment("--since", text),
    }
}
