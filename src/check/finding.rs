//! Findings: what is wrong, where, and what to do about it.

use std::collections::BTreeMap;

pub use super::suggest::{did_you_mean, nearest};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not meant.
    Warning,
    /// Keeps the request, or everything, from running.
    Error,
}

impl Severity {
    /// The word of the JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A place in a text: where a finding points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// How many characters of the line it spans; at least 1.
    pub length: usize,
    /// How many characters of the line stand before [`Place::text`], where a long line is cut.
    pub skipped: usize,
    /// The line itself, without its end, cut to a sensible length around the place.
    pub text: String,
}

/// Something that a person should know about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable, documented in `docs/findings.md`.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// The file, relative to the access repository, where it is about one.
    pub path: Option<String>,
    /// Where in the file, if known.
    pub place: Option<Place>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Finding {
    /// An error.
    #[must_use]
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message)
    }

    /// A warning.
    #[must_use]
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message)
    }

    /// A note.
    #[must_use]
    pub fn note(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Note, message)
    }

    fn new(code: Code, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            path: None,
            place: None,
            hint: None,
        }
    }

    /// The same about a file.
    #[must_use]
    pub fn in_file(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The same at a place in its file.
    #[must_use]
    pub fn at(mut self, place: Option<Place>) -> Self {
        self.place = place;
        self
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same where it keeps nothing from running.
    #[must_use]
    pub fn at_most_a_warning(mut self) -> Self {
        self.severity = self.severity.min(Severity::Warning);
        self
    }

    /// The same where it is only worth knowing.
    #[must_use]
    pub fn at_most_a_note(mut self) -> Self {
        self.severity = Severity::Note;
        self
    }

    /// Whether it keeps something from running.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Where the parts of a request stand in its file, by key path: `name`, `affected_roles`, `affected_roles[3]`, `custom.ticket`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places(BTreeMap<String, Place>);

impl Places {
    /// Notes the place of a part.
    pub fn insert(&mut self, part: impl Into<String>, place: Place) {
        self.0.insert(part.into(), place);
    }

    /// The place of a part, or of the nearest part that holds it.
    #[must_use]
    pub fn of(&self, part: &str) -> Option<Place> {
        let mut part = part;
        loop {
            if let Some(place) = self.0.get(part) {
                return Some(place.clone());
            }
            part = &part[..part.rfind(['.', '['])?];
        }
    }

    /// The place of an entry of a list, counted from 0.
    #[must_use]
    pub fn entry(&self, list: &str, index: usize) -> Option<Place> {
        self.of(&format!("{list}[{index}]"))
    }
}

impl Code {
    /// Whether it says that an approval is refused, or what follows from that: the codes `RC5xx`.
    #[must_use]
    pub fn refuses_approval(self) -> bool {
        self.as_str().starts_with("RC5")
    }
}

macro_rules! codes {
    ($($(#[doc = $title:literal])* $name:ident = $code:literal,)*) => {
        /// The stable codes of findings; `docs/findings.md` has a paragraph on each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $title])* $name,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code as people see it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            /// What it stands for, in a line.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($title),*).trim_ascii(),)*
                }
            }
        }
    };
}

codes! {
    // RC0xx: the text of a file.
    /// The file cannot be read, or is not a regular file.
    Unreadable = "RC001",
    /// The file is larger than its limit.
    TooLarge = "RC002",
    /// The text is not UTF-8, or begins with a byte order mark.
    Encoding = "RC003",
    /// The text is not YAML.
    Syntax = "RC004",
    /// A YAML feature that is not allowed here: anchor, alias, tag, merge key, directive, second document.
    Feature = "RC005",
    /// Nested too deeply.
    TooDeep = "RC006",
    /// A key stands twice.
    RepeatedKey = "RC007",
    /// A key that is not known.
    UnknownKey = "RC008",
    /// A required key is missing.
    MissingKey = "RC009",
    /// A value of the wrong kind.
    WrongType = "RC010",
    /// A text that is blank, too long, or has characters that are not allowed.
    BadText = "RC011",
    /// A version that this program does not know.
    Version = "RC012",
    /// More problems than are shown.
    More = "RC013",
    /// A file that is named and not read.
    NotRead = "RC014",

    // RC1xx: the meaning of a request.
    /// An id that breaks the rule for ids.
    BadId = "RC101",
    /// A list that is empty, too long, or has an entry twice.
    BadList = "RC102",
    /// Two files with the same request id.
    DuplicateRequest = "RC103",
    /// A word that is none of those allowed.
    UnknownWord = "RC104",
    /// A key that does not belong to the access type.
    MisplacedKey = "RC105",
    /// A date or time that is not one.
    BadTime = "RC106",
    /// A local time or day that the zone skips.
    SkippedTime = "RC107",
    /// A local time that occurs twice.
    AmbiguousTime = "RC108",
    /// A time zone that is not known.
    UnknownZone = "RC109",
    /// An end that is not after the start.
    EndBeforeStart = "RC110",
    /// A role that is not in the catalogue.
    UnknownRole = "RC111",
    /// An employee that nobody knows.
    UnknownEmployee = "RC112",
    /// An employee introduced with other details than those known.
    IntroductionConflict = "RC113",
    /// A requester or approver that is no person of the settings.
    UnknownPerson = "RC114",
    /// `holders` together with `all`.
    HoldersOfAll = "RC115",
    /// A role that is only lent, given permanently.
    TemporaryOnly = "RC116",
    /// A loan that is longer than its role allows.
    TooLong = "RC117",
    /// A custom form that is not known, or a field of it that does not fit.
    Form = "RC118",
    /// The listed roles cannot be all that the employee holds, so nobody is inactivated.
    CannotInactivate = "RC119",
    /// A request whose evidence cannot be had here.
    NoEvidence = "RC120",

    // RC2xx: where a request stands.
    /// A request changed after it was complete.
    ChangedAfterCompletion = "RC201",
    /// The same content as a finished request.
    CopyOfFinished = "RC202",
    /// A request that changes nothing.
    NothingToDo = "RC203",
    /// Temporary access that was over before it could be given.
    EndPassed = "RC204",
    /// Separation of duties, watched.
    SeparationWarned = "RC205",
    /// A change that failed for an employee.
    ChangeFailed = "RC206",
    /// An approval that does not count.
    ApprovalNotCounted = "RC207",
    /// Approvals that have lapsed.
    ApprovalLapsed = "RC208",
    /// Nobody may approve the request.
    NobodyEligible = "RC209",
    /// Not at the tip of the protected branch.
    NotMerged = "RC210",
    /// Evidence of this kind cannot be read here.
    EvidenceNotRead = "RC211",
    /// Changed between two of its runs.
    ChangedBetweenRuns = "RC212",
    /// A request that had begun and whose file is gone.
    Withdrawn = "RC213",
    /// Begun, and not approved any more.
    NoLongerApproved = "RC214",

    // RC3xx: settings.
    /// A setting that does not fit the others.
    Setting = "RC301",
    /// A setting that names something unknown.
    DanglingName = "RC302",
    // RC303 is no longer used.
    /// A schema in the access repository that is not current.
    SchemaOutdated = "RC304",

    // RC4xx: state and logs.
    /// A state file that is not one.
    BadState = "RC401",
    /// A role in the state that is not in the catalogue.
    UncataloguedRole = "RC402",
    /// A hand edit of the state file.
    Drift = "RC403",
    /// A file in the change-log folder that is no log.
    StrayFile = "RC404",
    /// A table to import that is not one.
    BadTable = "RC405",

    // RC5xx: approvals.
    /// An approval file that is cut off or cannot be read.
    BadApproval = "RC501",
    /// A file among the approvals of a request that is no approval of it.
    ForeignApproval = "RC502",
    /// An approval of other content.
    OtherContent = "RC503",
    /// An approval of another request.
    OtherRequest = "RC504",
    /// An approval that belongs to another repository.
    OtherRepository = "RC505",
    /// A signature that was made for something other than approvals.
    OtherNamespace = "RC506",
    /// A signature by a key that is none of the person's.
    KeyUnknown = "RC507",
    /// A signature by a revoked key.
    KeyRevoked = "RC508",
    /// A signature that does not fit what it stands under.
    BadSignature = "RC509",
    /// The requester approves their own request.
    OwnRequest = "RC510",
    /// An affected employee approves.
    AffectedApprover = "RC511",
    /// The author of the request's content approves.
    AuthorApprover = "RC512",
    /// One person approves twice.
    CountsOnce = "RC513",
    /// An approval given before its turn.
    OutOfTurn = "RC514",
    /// A scheduled removal that is held up by a change of its request.
    HeldUp = "RC515",
    /// A review of other content.
    StaleReview = "RC516",
    /// A review that was dismissed.
    DismissedReview = "RC517",
    /// A review by an account that belongs to nobody.
    UnknownAccount = "RC518",
    /// A record of a forge that is not signed as the settings require.
    UnsignedRecord = "RC519",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique() {
        let mut codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Code::ALL.len());
    }

    #[test]
    fn every_code_has_a_paragraph_that_begins_with_its_title() {
        let page = include_str!("../../docs/findings.md");
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let page = words(page);
        for code in Code::ALL {
            let heading = format!("### {} **{}**", code.as_str(), words(code.title()));
            assert!(page.contains(&heading), "{heading}");
        }
        assert_eq!(page.matches(" ### RC").count(), Code::ALL.len());
    }

    #[test]
    fn a_part_without_a_place_takes_that_of_the_part_that_holds_it() {
        let mut places = Places::default();
        let place = Place {
            line: 3,
            column: 1,
            length: 4,
            skipped: 0,
            text: "name: x".into(),
        };
        places.insert("affected_roles", place.clone());
        assert_eq!(places.entry("affected_roles", 7), Some(place));
        assert_eq!(places.of("form"), None);
    }

    #[test]
    fn the_word_of_a_severity_is_that_of_the_json() {
        let severities = [Severity::Note, Severity::Warning, Severity::Error];
        for (severity, word) in severities.into_iter().zip(["note", "warning", "error"]) {
            assert_eq!(severity.word(), word);
            assert_eq!(serde_json::to_value(severity).unwrap(), word);
        }
    }

    #[test]
    fn only_an_error_keeps_something_from_running() {
        let error = Finding::error(Code::UnknownRole, "");
        assert!(error.is_error());
        assert!(!error.at_most_a_warning().is_error());
        assert!(!Finding::warning(Code::UnknownRole, "").is_error());
        assert!(!Finding::note(Code::UnknownRole, "").is_error());
    }

    #[test]
    fn an_approval_is_refused_by_what_is_wrong_with_it_and_by_no_rule_that_waits() {
        for code in [Code::BadApproval, Code::OwnRequest, Code::UnsignedRecord] {
            assert!(code.refuses_approval(), "{code:?}");
        }
        for code in [Code::NobodyEligible, Code::NotMerged, Code::UnknownRole] {
            assert!(!code.refuses_approval(), "{code:?}");
        }
    }
}
