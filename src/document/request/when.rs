//! The moments of a request.

use super::Context;
use crate::check::finding::Code;
use crate::document::fields::Fields;
use crate::document::reader::Reader;
use crate::document::text::shown;
use crate::document::yaml::{Node, Span};
use crate::model::{AccessType, Moment};
use crate::time::due::{self, DueError, Edge};
use crate::time::zone::{Zone, ZoneError};

/// The moments of a request and the zone that they are in.
pub(super) struct Schedule {
    pub(super) timezone: String,
    pub(super) start: Option<Moment>,
    pub(super) end: Option<Moment>,
}

pub(super) fn schedule(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    context: &Context<'_>,
) -> Schedule {
    let zone = match fields.get("timezone") {
        Some(node) => zone(reader, "timezone", node),
        None => Zone::named(&context.settings.timezone).ok(),
    };
    let mut read = |date, time, edge| moment(reader, fields, zone.as_ref(), [date, time], edge);
    let start = read("start_date", "start_time", Edge::Start);
    let offboarding = read("offboarding_date", "offboarding_time", Edge::Start);
    let end = read("end_date", "end_time", Edge::End);
    let start = match context.access_type {
        Some(AccessType::RoleReductions) => offboarding,
        _ => start,
    };
    let is_temporary = context.access_type == Some(AccessType::TemporaryAccess);
    if is_temporary && !context.is_draft && fields.get("end_date").is_none() {
        fields.missing(reader, "end_date");
    }
    if let (Some(start), Some(end)) = (&start, &end)
        && end.utc <= start.utc
    {
        let message = format!(
            "the end, {}, is not after the start, {}",
            end.local, start.local
        );
        let span = fields
            .get("end_date")
            .map_or(fields.key("end_date"), |node| node.span);
        reader.error(
            Code::EndBeforeStart,
            span,
            message,
            "correct one of the two",
        );
    }
    Schedule {
        timezone: zone.map_or_else(
            || context.settings.timezone.clone(),
            |zone| zone.name().to_owned(),
        ),
        start,
        end,
    }
}

/// Reads the name of a time zone.
pub(in crate::document) fn zone(
    reader: &mut Reader<'_>,
    name: &str,
    node: &Node<'_>,
) -> Option<Zone> {
    let text = reader.scalar(name, node)?;
    match Zone::named(text) {
        Ok(zone) => Some(zone),
        Err(error) => {
            let (message, hint) = explain(text, &error);
            reader.error(Code::UnknownZone, node.span, message, hint);
            None
        }
    }
}

/// What to say about a text that is not the name of a zone.
fn explain(text: &str, error: &ZoneError) -> (String, String) {
    let example = match text.to_ascii_uppercase().as_str() {
        "UTC" | "Z" | "ZULU" => "UTC",
        "ET" | "EST" | "EDT" | "EST5EDT" => "America/New_York",
        "CT" | "CST" | "CDT" | "CST6CDT" => "America/Chicago",
        "MT" | "MST" | "MDT" | "MST7MDT" => "America/Denver",
        "PT" | "PST" | "PDT" | "PST8PDT" => "America/Los_Angeles",
        "GMT" | "BST" | "WET" | "WEST" => "Europe/London",
        "IST" => "Asia/Kolkata",
        "JST" => "Asia/Tokyo",
        "AEST" | "AEDT" => "Australia/Sydney",
        _ => "Europe/Paris",
    };
    match error {
        ZoneError::Abbreviation(_) => (
            format!("{} is an abbreviation, not a time zone", shown(text)),
            format!("write an IANA name with a slash, such as {example}, or UTC"),
        ),
        ZoneError::Unknown(_) => (
            format!("{} is not a time zone", shown(text)),
            crate::check::finding::did_you_mean(text, Zone::names(), || {
                format!("write an IANA name with a slash, such as {example}, or UTC")
            }),
        ),
    }
}

/// Reads a date and its time; reports a time without its date.
fn moment(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    zone: Option<&Zone>,
    [date_key, time_key]: [&str; 2],
    edge: Edge,
) -> Option<Moment> {
    let time_node = fields.get(time_key);
    let Some(date_node) = fields.get(date_key) else {
        if let Some(node) = time_node {
            parsed(reader, time_key, node, due::time);
            let message = format!("`{time_key}` stands without `{date_key}`");
            let hint = format!("add `{date_key}`, or remove `{time_key}`");
            reader.error(Code::BadTime, fields.key(time_key), message, hint);
        }
        return None;
    };
    let date = parsed(reader, date_key, date_node, due::date);
    let time = time_node.map(|node| (parsed(reader, time_key, node, due::time), node));
    let (zone, (date, _)) = (zone?, date?);
    let (found, span) = match time {
        Some((time, node)) => {
            let (time, written) = time?;
            (
                due::moment(zone, date, Some((&time, &written)), edge),
                node.span,
            )
        }
        None => (due::moment(zone, date, None, edge), date_node.span),
    };
    found.map_err(|error| report(reader, span, &error)).ok()
}

/// Reads a date or time, with the text that it was written as.
fn parsed<T>(
    reader: &mut Reader<'_>,
    key: &str,
    node: &Node<'_>,
    parse: impl FnOnce(&str) -> Result<T, DueError>,
) -> Option<(T, String)> {
    let text = reader.scalar(key, node)?;
    match parse(text) {
        Ok(value) => Some((value, text.to_owned())),
        Err(error) => {
            report(reader, node.span, &error);
            None
        }
    }
}

fn report(reader: &mut Reader<'_>, span: Span, error: &DueError) {
    let code = match error {
        DueError::SkippedDay { .. } | DueError::SkippedTime { .. } => Code::SkippedTime,
        DueError::Twice { .. } => Code::AmbiguousTime,
        _ => Code::BadTime,
    };
    reader.error(code, span, error.to_string(), error.hint());
}
