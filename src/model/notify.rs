//! Who is told of what: the part of the settings about notifications.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

/// Somebody who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Where it is sent.
    pub endpoint: Endpoint,
    /// What is sent.
    pub format: NotificationFormat,
    /// Of what they are told; at least one kind.
    pub events: BTreeSet<EventKind>,
    /// The environment variable with the secret that signs what is sent; `None` where it is not signed.
    pub secret_env: Option<String>,
    /// How late something must be to count as overdue.
    pub overdue_after: Duration,
}

impl Notification {
    /// How late something must be where the settings do not say.
    pub const OVERDUE_AFTER: Duration = Duration::from_mins(15);
}

/// Where notifications are sent.
#[derive(Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// To this address, which may be a secret: it is never shown.
    Url(String),
    /// To the address in this environment variable.
    Environment(String),
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(_) => formatter.write_str("Url(not shown)"),
            Self::Environment(name) => formatter.debug_tuple("Environment").field(name).finish(),
        }
    }
}

/// What is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NotificationFormat {
    /// The whole event as JSON.
    #[default]
    Json,
    /// One line of text, as Slack and those who do like Slack take it.
    Slack,
}

/// A kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A request waits for approvals.
    PendingApproval,
    /// A request is complete.
    Completed,
    /// A change of an employee failed, or a request or a whole pass did.
    Failed,
    /// A hand edit that no request covers.
    NonCompliant,
    /// Something is due and not done.
    Overdue,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::PendingApproval,
        Self::Completed,
        Self::Failed,
        Self::NonCompliant,
        Self::Overdue,
    ];

    /// The word of settings and messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::PendingApproval => "pending_approval",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::NonCompliant => "non_compliant",
            Self::Overdue => "overdue",
        }
    }
}
