//! Who is told: the settings with what the environment adds to them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::event::Event;
use crate::model::{Endpoint, EventKind, Notification, NotificationFormat, TargetId, address};

/// Somebody who is told, with address and secret. Neither is ever shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    name: TargetId,
    url: String,
    secret: Option<String>,
    format: NotificationFormat,
    events: BTreeSet<EventKind>,
    overdue_after: u64,
}

/// Why a target cannot be told anything. Its address and its secret are not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// A variable is not there, or empty.
    #[error("the environment variable {variable} of notify.{name} is not set")]
    Unset {
        /// Whose.
        name: TargetId,
        /// Which.
        variable: String,
    },
    /// A variable holds no address.
    #[error("the address in the environment variable {variable} of notify.{name} {why}")]
    Address {
        /// Whose.
        name: TargetId,
        /// Which.
        variable: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl Target {
    /// Fills in what the settings leave to the environment, which `variable` knows.
    ///
    /// # Errors
    ///
    /// A [`TargetError`] if a variable is missing or holds no address.
    pub fn new(
        name: &TargetId,
        notification: &Notification,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, TargetError> {
        let value = |variable_name: &String| {
            let value = variable(variable_name).map(|value| value.trim().to_owned());
            value
                .filter(|value| !value.is_empty())
                .ok_or_else(|| TargetError::Unset {
                    name: name.clone(),
                    variable: variable_name.clone(),
                })
        };
        let url = match &notification.endpoint {
            Endpoint::Url(url) => url.clone(),
            Endpoint::Environment(variable) => {
                let url = value(variable)?;
                address::endpoint(&url).map_err(|why| TargetError::Address {
                    name: name.clone(),
                    variable: variable.clone(),
                    why,
                })?;
                url
            }
        };
        Ok(Self {
            name: name.clone(),
            url,
            secret: notification.secret_env.as_ref().map(value).transpose()?,
            format: notification.format,
            events: notification.events.clone(),
            overdue_after: notification.overdue_after.as_secs(),
        })
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &TargetId {
        &self.name
    }

    /// Whether it is told of an event.
    #[must_use]
    pub fn wants(&self, event: &Event) -> bool {
        let is_late_enough = event
            .threshold
            .is_none_or(|threshold| threshold == self.overdue_after);
        self.events.contains(&event.kind) && is_late_enough
    }

    /// What is sent to it.
    #[cfg(feature = "webhooks")]
    pub(super) fn format(&self) -> NotificationFormat {
        self.format
    }

    /// Where it is sent.
    #[cfg(feature = "webhooks")]
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// What signs it.
    #[cfg(feature = "webhooks")]
    pub(super) fn secret(&self) -> Option<&str> {
        self.secret.as_deref()
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Target")
            .field("name", &self.name)
            .field("format", &self.format)
            .field("events", &self.events)
            .field("is_signed", &self.secret.is_some())
            .finish_non_exhaustive()
    }
}

/// Everybody who can be told, and why others cannot.
pub fn targets(
    notify: &BTreeMap<TargetId, Notification>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> (Vec<Target>, Vec<TargetError>) {
    let mut targets = Vec::new();
    let mut errors = Vec::new();
    for (name, notification) in notify {
        match Target::new(name, notification, variable) {
            Ok(target) => targets.push(target),
            Err(error) => errors.push(error),
        }
    }
    (targets, errors)
}
