//! What is under `approvals/` at the tip.

use super::listing::{Refused, is_hidden, readable_files};
use super::{Git, GitError, Oid, Tip};
use crate::check::finding::{Code, Finding};

/// The folder of the approvals.
pub(super) const APPROVALS: &str = "approvals";

/// Something under `approvals/` at the tip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListedApproval {
    /// A file; not read yet.
    File {
        /// The first folder: the id of the request, as far as it is one. Empty for a file that lies in none.
        request: String,
        /// What is below that: `alice.yaml`.
        name: String,
        /// Relative to the access repository, with `/`.
        path: String,
        /// The id of its content.
        oid: Oid,
    },
    /// Something that is there but not read, and why. It approves nothing.
    Problem(Finding),
}

impl Git {
    /// What is under `approvals/` at the tip, in the order of paths, whatever its ending or depth; what is hidden is left alone.
    ///
    /// Links and submodules, names that are not UTF-8 or have control characters, and paths that differ only in case are
    /// problems: named, and not followed.
    ///
    /// # Errors
    ///
    /// A [`GitError`] if git does not answer.
    pub fn approvals(&self, tip: &Tip) -> Result<Vec<ListedApproval>, GitError> {
        let entries = self
            .under(tip, APPROVALS, |name, _| !is_hidden(name))?
            .entries()?;
        let listed = readable_files(&entries, APPROVALS).map(|found| match found {
            Ok((path, id)) => file(path, id.oid()),
            Err(refused) => ListedApproval::Problem(problem(refused)),
        });
        Ok(listed.collect())
    }
}

fn file(path: &str, oid: Oid) -> ListedApproval {
    let below = path.split_once('/').map_or("", |(_, below)| below);
    let (request, name) = below.split_once('/').unwrap_or(("", below));
    ListedApproval::File {
        request: request.to_owned(),
        name: name.to_owned(),
        path: path.to_owned(),
        oid,
    }
}

fn problem(refused: Refused) -> Finding {
    Finding::warning(Code::BadApproval, refused.message)
        .in_file(refused.path)
        .hint(refused.hint)
}
