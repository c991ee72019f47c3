//! Events as receivers get them.

use serde::Serialize;
use serde_json::json;

use super::event::{Counts, Event};
use crate::model::EventKind;
use crate::time::rfc3339;

/// The most characters of a name in a line of text.
const LONGEST_NAME: usize = 200;

#[derive(Serialize)]
struct Body<'a> {
    version: u32,
    event: &'static str,
    id: &'a str,
    at: String,
    organization: Option<&'a str>,
    repository: Option<&'a str>,
    request: Option<Request<'a>>,
    serials: &'a [u64],
    run: Option<crate::model::RunNumber>,
    counts: Changes,
    due: Option<&'a crate::plan::Due>,
    lateness_seconds: Option<i64>,
    missing: &'a [String],
    failures: u64,
    reason: Option<&'a str>,
    text: String,
}

#[derive(Serialize)]
struct Request<'a> {
    id: &'a str,
    name: Option<&'a str>,
    requested_by: Option<&'a str>,
    employees: Option<u64>,
}

#[derive(Serialize)]
struct Changes {
    added: u64,
    removed: u64,
    inactivated: u64,
}

impl From<Counts> for Changes {
    fn from(counts: Counts) -> Self {
        let Counts {
            added,
            removed,
            inactivated,
        } = counts;
        Self {
            added,
            removed,
            inactivated,
        }
    }
}

/// The event as JSON, version 1: all of it, and `text`, the line that people can read.
///
/// # Errors
///
/// Never for an event: it has only texts and numbers.
pub fn body_json(event: &Event) -> Result<String, serde_json::Error> {
    let request = event.request.as_ref().map(|request| Request {
        id: request.id.as_str(),
        name: request.name.as_deref(),
        requested_by: request.requested_by.as_deref(),
        employees: request.employees,
    });
    serde_json::to_string(&Body {
        version: 1,
        event: event.kind.word(),
        id: &event.id,
        at: rfc3339(event.at),
        organization: event.about.organization.as_deref(),
        repository: event.about.repository.as_deref(),
        request,
        serials: &event.serials,
        run: event.run,
        counts: event.counts.into(),
        due: event.due.as_ref(),
        lateness_seconds: event.lateness_seconds,
        missing: &event.missing,
        failures: event.failures,
        reason: event.reason.as_deref(),
        text: line(event),
    })
}

/// The event as Slack takes it: `{"text": "…"}`. Nothing in it is a link, a mention or a ping.
#[must_use]
pub fn body_slack(event: &Event) -> String {
    json!({ "text": inert(&line(event)) }).to_string()
}

/// `&`, `<` and `>` as Slack asks for, which takes the meaning from `<!channel>` and `<@U1>`. Behind `@` comes a character
/// that is not seen, because some of those who take the same form make a ping of `@here` in plain text.
fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("@\u{200B}"),
            other => out.push(other),
        }
    }
    out
}

/// The event in one line.
fn line(event: &Event) -> String {
    let mut parts = vec![heading(event)];
    if let Some(requested_by) = event
        .request
        .as_ref()
        .and_then(|it| it.requested_by.as_ref())
    {
        parts.push(format!("asked for by {}", plain(requested_by)));
    }
    let employees = event.request.as_ref().and_then(|it| it.employees);
    parts.extend(employees.map(|employees| count(employees, "employee")));
    let Counts {
        added,
        removed,
        inactivated,
    } = event.counts;
    if added + removed + inactivated > 0 {
        parts.push(format!(
            "+{added} \u{2212}{removed} roles, {inactivated} inactivated"
        ));
    }
    if event.failures > 0 {
        parts.push(format!("{} failed", count(event.failures, "change")));
    }
    if let Some(seconds) = event.lateness_seconds.filter(|seconds| *seconds > 0) {
        parts.push(format!("{} late", duration(seconds)));
    }
    if !event.missing.is_empty() {
        parts.push(format!("waits for {}", plain(&event.missing.join("; "))));
    }
    parts.extend(event.reason.as_deref().map(plain));
    parts.extend(serials(&event.serials));
    let whose = event
        .about
        .repository
        .as_ref()
        .or(event.about.organization.as_ref());
    let whose = whose
        .map(|whose| format!("[{}] ", plain(whose)))
        .unwrap_or_default();
    format!("{whose}{}", parts.join(" \u{00B7} "))
}

fn heading(event: &Event) -> String {
    let what = match event.kind {
        EventKind::PendingApproval => "Pending approval",
        EventKind::Completed => "Complete",
        EventKind::Failed => "Failed",
        EventKind::NonCompliant => "Non-compliant change of the state file",
        EventKind::Overdue => "Overdue",
    };
    match &event.request {
        None => what.to_owned(),
        Some(request) => match &request.name {
            Some(name) => format!("{what}: {} ({})", plain(name), request.id),
            None => format!("{what}: {}", request.id),
        },
    }
}

fn serials(serials: &[u64]) -> Option<String> {
    match serials {
        [] => None,
        [only] => Some(format!("log {only}")),
        [first, .., last] => Some(format!("{} logs, {first} to {last}", serials.len())),
    }
}

fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

fn duration(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86400, seconds % 86400 / 3600),
    }
}

/// A text in one line, of bounded length.
fn plain(text: &str) -> String {
    let in_line = |character: char| {
        if character.is_control() {
            ' '
        } else {
            character
        }
    };
    let mut plain: String = text.chars().take(LONGEST_NAME).map(in_line).collect();
    if text.chars().nth(LONGEST_NAME).is_some() {
        plain.push('…');
    }
    plain
}
