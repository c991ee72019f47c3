//! Which one of the pull or merge requests that a commit is in brought it to the branch.

use super::{Content, ForgeError, checked};

/// A merged pull or merge request that a commit is in.
#[derive(Debug)]
pub(super) struct Candidate<T> {
    /// Its number.
    pub(super) number: u64,
    /// The branch that it was merged into.
    pub(super) branch: String,
    /// Whether merging it made exactly the commit that is asked about.
    pub(super) is_made: bool,
    /// The rest.
    pub(super) rest: T,
}

/// Chooses the one that was merged into the branch of the content; among several, the one whose merge made the commit.
///
/// # Errors
///
/// [`ForgeError::NotMerged`] if there is none, [`ForgeError::OtherBranch`] if all went elsewhere, [`ForgeError::Ambiguous`] if
/// several are left.
pub(super) fn choose<T>(
    mut candidates: Vec<Candidate<T>>,
    content: &Content<'_>,
) -> Result<Candidate<T>, ForgeError> {
    let commit = content.commit.to_owned();
    candidates.sort_by_key(|candidate| candidate.number);
    candidates.dedup_by_key(|candidate| candidate.number);
    if candidates.is_empty() {
        return Err(ForgeError::NotMerged { commit });
    }
    let all = numbers(&candidates);
    let names = checked::branch_names(content.branch);
    let branch = names.iter().find(|name| {
        candidates
            .iter()
            .any(|candidate| candidate.branch == **name)
    });
    let Some(branch) = branch else {
        return Err(ForgeError::OtherBranch {
            commit,
            branch: content.branch.to_owned(),
            numbers: all,
        });
    };
    candidates.retain(|candidate| candidate.branch == **branch);
    if candidates.iter().any(|candidate| candidate.is_made) {
        candidates.retain(|candidate| candidate.is_made);
    }
    let left = numbers(&candidates);
    match candidates.pop() {
        Some(chosen) if candidates.is_empty() => Ok(chosen),
        _ => Err(ForgeError::Ambiguous {
            commit,
            numbers: left,
        }),
    }
}

fn numbers<T>(candidates: &[Candidate<T>]) -> Vec<u64> {
    candidates
        .iter()
        .map(|candidate| candidate.number)
        .collect()
}
