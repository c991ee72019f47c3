//! Who is told of what the daemon sees and does.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::check::finding::Code;
use crate::document::fields::Fields;
use crate::document::reader::Reader;
use crate::document::text::shown;
use crate::document::yaml::Node;
use crate::model::{Endpoint, EventKind, Notification, NotificationFormat, TargetId, address};
use crate::time::duration;

/// The most targets.
const MOST: usize = 50;

/// What the name of an environment variable has to begin with: settings are written by people who must not be able to have
/// other secrets of the process sent somewhere.
const PREFIX: &str = "ROLECALL_";

const KEYS: &[&str] = &[
    "url",
    "url_env",
    "format",
    "events",
    "secret_env",
    "overdue_after",
];

const FORMATS: [(&str, NotificationFormat); 2] = [
    ("json", NotificationFormat::Json),
    ("slack", NotificationFormat::Slack),
];

pub(super) fn notify(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
) -> BTreeMap<TargetId, Notification> {
    let mut targets = BTreeMap::new();
    let map = fields
        .get("notify")
        .and_then(|node| reader.map("notify", node))
        .unwrap_or_default();
    if let Some((key, _)) = map.get(MOST) {
        let message = format!("`notify` has more than {MOST} entries");
        reader.error(Code::BadList, key.span, message, "shorten it");
    }
    for (key, node) in map.iter().take(MOST) {
        let id = reader.id(&key.text, key.span, TargetId::new);
        let name = format!("notify.{}", key.text);
        let read = Fields::read(reader, "a target of notifications", &name, node, KEYS)
            .and_then(|fields| target(reader, &fields));
        if let (Some(id), Some(target)) = (id, read) {
            targets.insert(id, target);
        }
    }
    targets
}

fn target(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) -> Option<Notification> {
    let endpoint = endpoint(reader, fields);
    let format = fields.word(reader, "format", &FORMATS);
    let events = events(reader, fields);
    let secret_env = variable(reader, fields, "secret_env");
    let overdue_after = overdue_after(reader, fields);
    Some(Notification {
        endpoint: endpoint?,
        format: format.unwrap_or_default(),
        events,
        secret_env,
        overdue_after: overdue_after.unwrap_or(Notification::OVERDUE_AFTER),
    })
}

/// Exactly one of `url` and `url_env`.
fn endpoint(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) -> Option<Endpoint> {
    let hint = "write `url`, or `url_env` where the address is a secret";
    match (fields.get("url"), fields.get("url_env")) {
        (Some(node), None) => url(reader, &fields.name("url"), node).map(Endpoint::Url),
        (None, Some(_)) => variable(reader, fields, "url_env").map(Endpoint::Environment),
        (Some(_), Some(_)) => {
            let message = format!("`{}` stands beside `url`", fields.name("url_env"));
            reader.error(Code::Setting, fields.key("url_env"), message, hint);
            None
        }
        (None, None) => {
            let message = format!("`{}` is missing", fields.name("url"));
            reader.error(Code::MissingKey, fields.key("url"), message, hint);
            None
        }
    }
}

/// An address. Messages do not repeat it: it may be a secret.
fn url(reader: &mut Reader<'_>, name: &str, node: &Node<'_>) -> Option<String> {
    let text = reader.text(name, node)?;
    match address::endpoint(&text) {
        Ok(_) => Some(text),
        Err(why) => {
            let message = format!("`{name}` {why}");
            let hint =
                "write an address that begins with https://; http:// is only for this machine";
            reader.error(Code::Setting, node.span, message, hint);
            None
        }
    }
}

/// The name of an environment variable of this program.
fn variable(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, key: &str) -> Option<String> {
    let node = fields.get(key)?;
    let name = fields.name(key);
    let text = reader.text(&name, node)?;
    let is_fitting = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let rest = text.strip_prefix(PREFIX).unwrap_or_default();
    if rest.is_empty() || text.len() > 100 || !rest.bytes().all(is_fitting) {
        let message = format!("`{name}` is {}, which cannot be used", shown(&text));
        let hint =
            "name an environment variable that begins with ROLECALL_, in capitals, digits and `_`";
        reader.error(Code::Setting, node.span, message, hint);
        return None;
    }
    Some(text)
}

fn events(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) -> BTreeSet<EventKind> {
    let Some(node) = fields.get("events") else {
        return EventKind::ALL.into();
    };
    let name = fields.name("events");
    let words = EventKind::ALL.map(|kind| (kind.word(), kind));
    let mut events = BTreeSet::new();
    for item in reader.list(&name, node).unwrap_or_default() {
        let Some(kind) = reader.word(&name, item, &words) else {
            continue;
        };
        if !events.insert(kind) {
            let message = format!("`{name}` has {} twice", kind.word());
            reader.error(Code::BadList, item.span, message, "keep one of the two");
        }
    }
    events
}

fn overdue_after(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) -> Option<Duration> {
    let node = fields.get("overdue_after")?;
    let name = fields.name("overdue_after");
    let text = reader.scalar(&name, node)?;
    let duration = duration::parse(text).filter(|duration| *duration >= Duration::from_secs(1));
    if duration.is_none() {
        let message = format!(
            "`{name}` is {}, not a duration from 1s to 168h",
            shown(text)
        );
        reader.error(Code::WrongType, node.span, message, duration::HINT);
    }
    duration
}

#[cfg(test)]
#[path = "notify_tests.rs"]
mod tests;
