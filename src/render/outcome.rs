//! What a reconcile did.

use std::fmt::Write as _;

use serde::Serialize;

use super::plan::sections;
use super::text::{count, wrapped};
use super::{Palette, escape, json, status, wire};
use crate::check::finding::Finding;
use crate::model::{Digest, RequestId, RunNumber};
use crate::plan::{Expiry, RequestView};
use crate::reconcile::outcome::{Applied, Outcome, Published};
use crate::time::rfc3339;

/// How many digits of a commit's id people are shown.
const SHORT_COMMIT: usize = 12;

/// What was done, one line a log, then what waits for what, then what failed, for people. `requests` are those after it.
#[must_use]
pub fn human(
    outcome: &Outcome,
    requests: &[RequestView],
    expiries: &[Expiry],
    palette: Palette,
) -> String {
    let mut out = String::new();
    if outcome.applied.is_empty() {
        let _ = writeln!(out, "{}", palette.title("Nothing to do."));
    }
    let widest = |width: fn(&Applied) -> usize| outcome.applied.iter().map(width).max();
    let titles = widest(|applied| applied.change_type.title().len()).unwrap_or_default();
    let ids = widest(|applied| id(applied).len())
        .unwrap_or_default()
        .min(30);
    for applied in &outcome.applied {
        let (title, id) = (applied.change_type.title(), id(applied));
        let run = applied
            .run
            .map(|run| format!("run {} of {}", run.number, run.of));
        let _ = writeln!(
            out,
            "{:06}  {title:titles$}  {id:ids$}  {}{}",
            applied.serial,
            run.map(|run| run + "  ").unwrap_or_default(),
            changes(applied, palette)
        );
    }
    if outcome.stopped_by_max_runs {
        let _ = writeln!(
            out,
            "Stopped by --max-runs; the next reconcile goes on from here."
        );
    }
    if let Some(published) = &outcome.published {
        let _ = writeln!(out, "\n{}", committed(published));
    }
    for section in [
        sections::waiting_of(requests, expiries, palette),
        sections::pending_of(requests, palette),
    ] {
        if !section.is_empty() {
            let _ = writeln!(out, "\n{}", section.join("\n"));
        }
    }
    let failures: Vec<_> = requests
        .iter()
        .flat_map(|view| view.failures.iter().map(move |failure| (view, failure)))
        .collect();
    if !failures.is_empty() {
        let title = format!(
            "{} failed and will be tried again",
            count(failures.len(), "change")
        );
        let _ = writeln!(out, "\n{}", palette.alarm(title));
        for (view, failure) in failures {
            let text = format!("{}: {}", view.id, escape::terminal(failure));
            let _ = writeln!(out, "{}", wrapped("  ", 4, &text).join("\n"));
        }
    }
    out
}

/// `Committed 1a2b3c4d5e6f, pushed to origin/main`.
fn committed(published: &Published) -> String {
    let id: String = published.id.chars().take(SHORT_COMMIT).collect();
    let mut text = format!("Committed {id}");
    if let Some(to) = &published.pushed_to {
        let _ = write!(text, ", pushed to {}", escape::terminal(to));
    }
    if published.attempts > 1 {
        let _ = write!(text, " at attempt {}", published.attempts);
    }
    if let Some(why) = &published.index {
        let _ = write!(
            text,
            "\nGit's index does not know it yet ({}): git reset --quiet -- state",
            escape::terminal(why)
        );
    }
    text
}

fn id(applied: &Applied) -> &str {
    applied.request.as_ref().map_or("-", RequestId::as_str)
}

/// `+12 -0`, and how many were inactivated.
fn changes(applied: &Applied, palette: Palette) -> String {
    let mut text = format!(
        "{} {}",
        palette.added(format!("+{}", applied.additions)),
        palette.removed(format!("-{}", applied.removals))
    );
    if applied.inactivations > 0 {
        let _ = write!(text, "  {} inactivated", applied.inactivations);
    }
    text
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    as_of: String,
    serial: u64,
    head: Option<Digest>,
    applied: Vec<Log<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a Published>,
    requests: Vec<wire::Request<'a>>,
    findings: Vec<wire::Finding<'a>>,
}

#[derive(Serialize)]
struct Log<'a> {
    serial: u64,
    path: &'a str,
    request: Option<&'a RequestId>,
    change_type: crate::model::ChangeType,
    run: Option<RunNumber>,
}

/// What `reconcile --format json` prints; `commit` only where something was committed. `findings` are those about no single request.
#[must_use]
pub fn json(
    outcome: &Outcome,
    requests: &[RequestView],
    logs: &status::Logs,
    findings: &[Finding],
) -> String {
    let applied = outcome.applied.iter().map(|applied| Log {
        serial: applied.serial,
        path: &applied.path,
        request: applied.request.as_ref(),
        change_type: applied.change_type,
        run: applied.run,
    });
    json::text(&Document {
        version: json::VERSION,
        as_of: rfc3339(outcome.as_of),
        serial: outcome.serial,
        head: outcome.head,
        applied: applied.collect(),
        commit: outcome.published.as_ref(),
        requests: wire::Request::all(requests, logs),
        findings: wire::Finding::all(findings),
    })
}
