//! The message of a commit that has change logs in it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::text::count;
use crate::model::{ChangeLog, ChangeType, Compliance, Digest, EmployeeChange, RequestId};

/// The longest subject, in characters.
const SUBJECT: usize = 72;
/// How many logs are listed.
const LISTED: usize = 50;

/// The message of a commit with these logs, the newest of which has this digest: a subject that reads as the change, a line a log, and
/// trailers with the serials, the requests and the head.
///
/// No text of a request is in it, only ids, so that none of it can pass for a trailer, call people, close an issue or skip a job of CI.
#[must_use]
pub fn message(logs: &[ChangeLog], head: Option<Digest>) -> String {
    let mut text = subject(logs);
    text.push('\n');
    if !logs.is_empty() {
        text.push('\n');
    }
    for log in logs.iter().take(LISTED) {
        let _ = writeln!(text, "{}", line(log));
    }
    if logs.len() > LISTED {
        let _ = writeln!(
            text,
            "and {}",
            count(logs.len() - LISTED, "more change log")
        );
    }
    text.push('\n');
    if let (Some(first), Some(last)) = (logs.first(), logs.last()) {
        let _ = write!(text, "Rolecall-Serial: {}", first.serial);
        if last.serial > first.serial {
            let _ = write!(text, "-{}", last.serial);
        }
        text.push('\n');
    }
    for request in requests(logs) {
        let _ = writeln!(text, "Rolecall-Request: {request}");
    }
    if let Some(head) = head {
        let _ = writeln!(text, "Rolecall-Head: {head}");
    }
    text
}

fn subject(logs: &[ChangeLog]) -> String {
    let Some(first) = logs.first() else {
        return "Bring the state up to date with its logs".to_owned();
    };
    let requests = requests(logs);
    let baseline = logs
        .iter()
        .find(|log| log.change_type == ChangeType::Baseline);
    if let (Some(baseline), 1) = (baseline, logs.len()) {
        return format!("Baseline of {}", count(baseline.changes.len(), "employee"));
    }
    let sum = sum(logs);
    let is_one_kind = logs
        .iter()
        .all(|log| log.change_type == first.change_type && log.request.is_some());
    let one = requests
        .first()
        .filter(|_| requests.len() == 1 && is_one_kind);
    if let Some(request) = one {
        let title = first.change_type.title();
        let whole = format!("{title} {request}: {sum}");
        return if whole.chars().count() <= SUBJECT {
            whole
        } else {
            format!("{title}: {sum}")
        };
    }
    let by_hand = logs
        .iter()
        .filter(|log| log.request.is_none() && log.change_type != ChangeType::Baseline)
        .count();
    let mut parts = Vec::new();
    parts.extend(baseline.map(|_| "the baseline".to_owned()));
    if !requests.is_empty() {
        parts.push(count(requests.len(), "request"));
    }
    if by_hand > 0 {
        parts.push(count(by_hand, "change") + " by hand");
    }
    format!("Reconcile {}: {sum}", parts.join(" and "))
}

fn line(log: &ChangeLog) -> String {
    let mut line = format!("{:06} {}", log.serial, log.change_type.title());
    if let Some(request) = &log.request {
        let _ = write!(line, " {}", request.id);
    }
    if let Some(run) = log.run {
        let _ = write!(line, ", run {} of {}", run.number, run.of);
    }
    if log.change_type == ChangeType::Baseline {
        let _ = write!(line, ", {}", count(log.changes.len(), "employee"));
    } else {
        let _ = write!(line, ", {}", sum(std::slice::from_ref(log)));
    }
    if log.compliance == Compliance::NonCompliant {
        line.push_str(", non-compliant");
    }
    line
}

fn requests(logs: &[ChangeLog]) -> BTreeSet<&RequestId> {
    logs.iter()
        .filter_map(|log| log.request.as_ref())
        .map(|request| &request.id)
        .collect()
}

/// `+3 -1, 1 inactivated`.
fn sum(logs: &[ChangeLog]) -> String {
    let changes = || {
        logs.iter()
            .filter(|log| log.change_type != ChangeType::Baseline)
            .flat_map(|log| &log.changes)
    };
    let added: usize = changes().map(|change| change.added().len()).sum();
    let removed: usize = changes().map(|change| change.removed().len()).sum();
    let inactivated = changes()
        .filter(|change| EmployeeChange::inactivates(change))
        .count();
    let mut text = format!("+{added} -{removed}");
    if inactivated > 0 {
        let _ = write!(text, ", {inactivated} inactivated");
    }
    text
}
