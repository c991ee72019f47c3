//! Rules over models: a table of functions, each rule with a stable code.

pub mod duration;
mod employees;
pub mod finding;
mod inactivation;
mod introductions;
mod roles;
pub mod suggest;
pub mod tree;

use finding::{Code, Finding, Places};

use crate::model::{Request, RequestId, Settings, State};

pub use introductions::{Introduced, Introducing};
pub use tree::duplicates;

/// A request that is checked.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Its id.
    pub id: &'a RequestId,
    /// Its file, relative to the access repository.
    pub path: &'a str,
    /// What it says.
    pub request: &'a Request,
    /// Where its parts stand in the file.
    pub places: &'a Places,
    /// Whether it has begun: what was known then need not be known still.
    pub started: bool,
}

impl Subject<'_> {
    /// An error about a part of the request's file.
    fn error(&self, code: Code, part: &str, message: impl Into<String>) -> Finding {
        Finding::error(code, message)
            .in_file(self.path)
            .at(self.places.of(part))
    }

    /// A warning about a part of the request's file.
    fn warning(&self, code: Code, part: &str, message: impl Into<String>) -> Finding {
        Finding::warning(code, message)
            .in_file(self.path)
            .at(self.places.of(part))
    }
}

/// What requests are checked against.
#[derive(Debug, Clone, Copy)]
pub struct World<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// Who holds what.
    pub state: &'a State,
    /// Who is introduced by live requests: no drafts, none that is cancelled or complete.
    pub introduced: &'a Introduced,
}

/// A rule: what it finds is added to the list.
type Rule = fn(&Subject<'_>, &World<'_>, &mut Vec<Finding>);

/// Every rule, in the order in which their findings are shown.
const RULES: &[Rule] = &[
    employees::are_known,
    introductions::agree,
    roles::are_in_the_catalogue,
    roles::may_be_permanent,
    duration::is_within_bounds,
    inactivation::is_possible,
];

/// Everything that the rules find about a request.
#[must_use]
pub fn request(subject: &Subject<'_>, world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES {
        rule(subject, world, &mut findings);
    }
    findings
}

#[cfg(test)]
mod tests;
