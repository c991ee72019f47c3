//! What is told: one thing that happened, without secrets and without the fields of custom forms.

use crate::model::{Digest, EventKind, Instant, RequestId, RunNumber, Settings};
use crate::plan::Due;

/// Something that happened, as it is told.
///
/// Of the people it is about there is only how many they are. The id is the same whenever the same thing is told again, by
/// another attempt or another process, so that a receiver can drop what it has.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// 32 hexadecimal digits.
    pub id: String,
    /// What kind.
    pub kind: EventKind,
    /// When it was noticed.
    pub at: Instant,
    /// Whose repository it is.
    pub about: About,
    /// The request, if it is about one.
    pub request: Option<Subject>,
    /// The change logs that belong to it.
    pub serials: Vec<u64>,
    /// The last run that was done.
    pub run: Option<RunNumber>,
    /// What was changed.
    pub counts: Counts,
    /// When it was due.
    pub due: Option<Due>,
    /// How late it was done, or is, in seconds.
    pub lateness_seconds: Option<i64>,
    /// What each rule still waits for.
    pub missing: Vec<String>,
    /// How many employees' changes failed.
    pub failures: u64,
    /// Why, in one line.
    pub reason: Option<String>,
    /// How late something must be for the targets that are told; overdue only, in seconds.
    pub threshold: Option<u64>,
}

/// Whose repository it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The organization's name, if the settings have one.
    pub organization: Option<String>,
    /// The repository's name, if the settings have one.
    pub repository: Option<String>,
}

impl About {
    /// What the settings say.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        Self {
            organization: settings.organization.clone(),
            repository: settings.repository.clone(),
        }
    }
}

/// A request as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its id.
    pub id: RequestId,
    /// *Name*, where known.
    pub name: Option<String>,
    /// The requester as written, where known.
    pub requested_by: Option<String>,
    /// How many employees it names or changed, where known.
    pub employees: Option<u64>,
}

/// What was changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Roles added.
    pub added: u64,
    /// Roles removed.
    pub removed: u64,
    /// Employees inactivated.
    pub inactivated: u64,
}

/// The most characters of a reason.
const LONGEST_REASON: usize = 500;

impl Event {
    /// An event that says nothing yet but what kind it is. `key` is what makes it differ from others of its kind.
    pub(super) fn new(kind: EventKind, at: Instant, about: &About, key: &str) -> Self {
        Self {
            id: id(kind, about, key),
            kind,
            at,
            about: about.clone(),
            request: None,
            serials: Vec::new(),
            run: None,
            counts: Counts::default(),
            due: None,
            lateness_seconds: None,
            missing: Vec::new(),
            failures: 0,
            reason: None,
            threshold: None,
        }
    }

    /// A whole pass that failed: refused by a limit, broken integrity, settings that cannot be read. For the caller to tell once,
    /// when it begins. `reason` is shown as it stands, cut to 500 characters, and must have no secret.
    #[must_use]
    pub fn failed_pass(about: &About, reason: &str, now: Instant) -> Self {
        let reason: String = reason.chars().take(LONGEST_REASON).collect();
        let key = format!("pass {} {reason}", now.timestamp());
        let mut event = Self::new(EventKind::Failed, now, about, &key);
        event.reason = Some(reason);
        event
    }
}

/// An id that is the same for the same thing. The parts are written so that no two lists of parts look alike.
fn id(kind: EventKind, about: &About, key: &str) -> String {
    let text = format!(
        "{} {:?} {:?} {key}",
        kind.word(),
        about.organization,
        about.repository
    );
    let digest = Digest::of(text.as_bytes()).to_string();
    let (_, hexadecimal) = digest.split_once(':').unwrap_or_default();
    hexadecimal.chars().take(32).collect()
}
