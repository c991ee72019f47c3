//! The metrics as text, in the two forms that scrapers ask for.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, prometheus_text, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::{Label, Last, OVERDUE_AFTER};
use crate::model::Instant;
use crate::plan::{Status, WaitingFor};
use crate::time::zone::{database_published, database_version};

/// The form of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Prometheus text 0.0.4, which everything reads.
    Text,
    /// `OpenMetrics` 1.0.0, for those who ask for it.
    OpenMetrics,
}

impl Format {
    /// What an `Accept` header asks for: [`Format::OpenMetrics`] where it names that, else [`Format::Text`].
    #[must_use]
    pub fn accepted(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") {
            Self::OpenMetrics
        } else {
            Self::Text
        }
    }

    /// The value of `Content-Type`.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text => prometheus_text::CONTENT_TYPE,
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// The counters of a registry and the gauges of this moment.
pub(super) fn render(
    format: Format,
    registry: &Registry,
    gauges: Gauges,
) -> Result<String, fmt::Error> {
    let mut present = Registry::with_prefix("rolecall");
    present.register_collector(Box::new(gauges));
    let mut out = String::new();
    match format {
        Format::Text => {
            prometheus_text::encode(&mut out, registry)?;
            prometheus_text::encode(&mut out, &present)?;
        }
        Format::OpenMetrics => {
            text::encode_registry(&mut out, registry)?;
            text::encode(&mut out, &present)?;
        }
    }
    Ok(out)
}

/// What is shown as it is at one moment.
#[derive(Debug)]
pub(super) struct Gauges {
    pub(super) last: Last,
    pub(super) now: Instant,
    pub(super) webhooks: [(&'static str, u64); 3],
    pub(super) version: &'static str,
}

impl Collector for Gauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let encoder = &mut encoder;
        self.webhooks(encoder)?;
        self.requests(encoder)?;
        self.moments(encoder)?;
        self.versions(encoder)
    }
}

impl Gauges {
    fn webhooks(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let help = "Notifications, by what became of them";
        let mut metric = encoder.encode_descriptor("webhooks", help, None, MetricType::Counter)?;
        for (result, events) in self.webhooks {
            let label: Label = [("result", result)];
            let mut one = metric.encode_family(&label)?;
            one.encode_counter::<Label, u64, f64>(&events, None)?;
        }
        Ok(())
    }

    /// How many requests stand where. All zero before the first plan, so that the series are there.
    fn requests(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let standing = self.last.standing.as_deref().cloned().unwrap_or_default();
        let statuses = standing.statuses();
        family(
            encoder,
            ("requests", "Requests, by status"),
            "status",
            statuses.map(|(status, count)| (Status::word(status), count)),
        )?;
        let waiting = standing.waiting();
        family(
            encoder,
            ("waiting", "Approved requests, by what they wait for"),
            "for",
            waiting.map(|(waiting_for, count)| (WaitingFor::word(waiting_for), count)),
        )
    }

    fn moments(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Last {
            ended,
            succeeded,
            serial,
            standing,
            ..
        } = &self.last;
        let standing = standing.as_deref();
        let (overdue, age) =
            standing.map_or((0, 0), |standing| standing.overdue(self.now, OVERDUE_AFTER));
        let help = "Requests and ends of temporary access that the reconciler should have done more than a minute ago";
        gauge(encoder, "overdue", help, Some(overdue))?;
        let help = "For how long the oldest of them is due, in seconds";
        gauge(encoder, "overdue_age_seconds", help, Some(age))?;
        let next = standing.and_then(super::Standing::next_due);
        let seconds = next.map(|next| next.signed_duration_since(self.now).num_seconds());
        let help = "Seconds until the reconciler next has something to do; negative if it is late, absent if there is nothing";
        gauge(encoder, "next_due_seconds", help, seconds)?;
        let help = "When a pass last went through, in seconds since 1970";
        let moment = succeeded.map(|moment| moment.timestamp());
        gauge(encoder, "last_success_timestamp_seconds", help, moment)?;
        let help = "When the last pass ended, in seconds since 1970";
        let moment = ended.map(|moment| moment.timestamp());
        gauge(encoder, "last_reconcile_timestamp_seconds", help, moment)?;
        gauge(
            encoder,
            "serial",
            "The serial of the newest change log",
            *serial,
        )
    }

    fn versions(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let version = database_version();
        let age = database_published(version)
            .map(|published| self.now.signed_duration_since(published).num_seconds());
        let help = "How long ago the time-zone database came out, in seconds, to within a few days";
        gauge(encoder, "tzdb_age_seconds", help, age)?;
        let help = "The version of the time-zone database";
        family(encoder, ("tzdb_info", help), "version", [(version, 1)])?;
        let help = "The version of the program";
        family(
            encoder,
            ("build_info", help),
            "version",
            [(self.version, 1)],
        )
    }
}

/// A gauge without labels; left out where there is no value.
fn gauge<T: EncodeGaugeValue>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    value: Option<T>,
) -> Result<(), fmt::Error> {
    let Some(value) = value else { return Ok(()) };
    let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    metric.encode_gauge(&value)
}

/// A gauge with one label.
fn family(
    encoder: &mut DescriptorEncoder<'_>,
    (name, help): (&str, &str),
    label: &'static str,
    values: impl IntoIterator<Item = (&'static str, u64)>,
) -> Result<(), fmt::Error> {
    let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (value, count) in values {
        let label: Label = [(label, value)];
        metric.encode_family(&label)?.encode_gauge(&count)?;
    }
    Ok(())
}
