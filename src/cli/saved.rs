//! Plans that are put aside, and carried out just as they were looked at or not at all.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::error::Error;
use super::exit::Exit;
use super::pass::PROGRAM;
use super::world::World;
use crate::document::saved as document;
use crate::document::state;
use crate::model::{SavedLog, SavedPlan, State};
use crate::plan::Plan;
use crate::reconcile::port::Logs as _;
use crate::render;
use crate::store::atomic;
use crate::store::logs::LogFolder;

const AGAIN: &str = "make a plan again with `rolecall plan --out`, and look at it";

/// Writes a plan into a file that a person has named.
///
/// # Errors
///
/// If the file cannot be written.
pub fn write(path: &Path, world: &World, plan: &Plan) -> Result<(), Error> {
    let state = &world.recovered.state;
    let logs = plan.steps.iter();
    let logs = logs.map(|step| SavedLog::new(step.change_type, step.request.as_ref(), step.run));
    let saved = SavedPlan {
        created: plan.as_of,
        program: PROGRAM.to_owned(),
        serial: state.serial,
        head: state.head,
        state: state::digest(state),
        digest: plan.digest,
        logs: logs.collect(),
    };
    let text = render::plan::saved(&saved, document::KIND, plan);
    Ok(atomic::write_output(path, text.as_bytes())?)
}

/// Reads a saved plan.
///
/// # Errors
///
/// Invalid input if the file is none; could not run if it cannot be read.
pub fn read(path: &Path) -> Result<SavedPlan, Error> {
    let shown = path.display().to_string();
    let mut bytes = Vec::new();
    // One byte more than is read shows that the file is too large.
    let read = File::open(path).and_then(|file| {
        file.take(document::LIMIT as u64 + 1)
            .read_to_end(&mut bytes)
    });
    if let Err(error) = read {
        return Err(Error {
            cause: anyhow::Error::from(error).context(format!("failed to read {shown}")),
            ..Error::new(Exit::CouldNotRun, "")
        });
    }
    document::read(&bytes).map_err(|error| {
        Error::invalid(format!("{shown} is no saved plan: {error}"))
            .hint("make one with `rolecall plan --out FILE`, and leave it as it is")
    })
}

/// Refuses a saved plan that is not the one of now.
///
/// `state` and `plan` are those of now, made under the lock; `logs` tell what has happened to the saved one.
///
/// # Errors
///
/// Refused, saying what has changed; broken integrity if a log that is needed for that cannot be read.
pub fn check(saved: &SavedPlan, logs: &LogFolder, state: &State, plan: &Plan) -> Result<(), Error> {
    let refused = |message: String| Err(Error::new(Exit::Refused, message).hint(AGAIN));
    let then = position(saved.serial);
    if state.serial < saved.serial {
        let now = position(state.serial);
        return refused(format!(
            "the saved plan was made {then}, but the state here is {now}"
        ));
    }
    let (head, digest) = if state.serial == saved.serial {
        (state.head, Some(state::digest(state)))
    } else if saved.serial == 0 {
        (None, None)
    } else {
        (Some(logs.head(saved.serial)?.digest), None)
    };
    if head != saved.head || digest.is_some_and(|digest| digest != saved.state) {
        return refused(format!(
            "the saved plan was made {then} of another state than the one here"
        ));
    }
    if state.serial > saved.serial {
        return refused(happened(saved, logs, state.serial)?);
    }
    if plan.digest != saved.digest {
        return refused(format!(
            "the saved plan is not the one of now: requests, approvals, settings or what is due have changed since {}",
            crate::time::rfc3339(saved.created)
        ));
    }
    Ok(())
}

/// What has happened since a saved plan was made: it was carried out, in part, or something else was.
fn happened(saved: &SavedPlan, logs: &LogFolder, last: u64) -> Result<String, Error> {
    let first = saved.serial + 1;
    let mut done = 0;
    for (serial, log) in (first..=last).zip(&saved.logs) {
        if !log.is(&logs.read(serial)?.log) {
            break;
        }
        done += 1;
    }
    let (done, all) = (done, saved.logs.len() as u64);
    let to = saved.serial + done;
    Ok(if all > 0 && done == all {
        format!("the saved plan was carried out already: change logs {first} to {to}")
    } else if done > 0 && to == last {
        format!(
            "the saved plan was carried out in part: change logs {first} to {to}, {done} of {all}"
        )
    } else {
        format!(
            "the state has moved on: the saved plan was made {}, and the newest is {last}",
            position(saved.serial)
        )
    })
}

/// Where a state stands, in words.
fn position(serial: u64) -> String {
    match serial {
        0 => "before the first change log".to_owned(),
        serial => format!("after change log {serial}"),
    }
}
