//! Which bytes a reviewed commit has: asked of the local repository first, and of the forge once.

use std::collections::BTreeMap;

use super::{Content, ForgeError, note};

/// The blobs of the content's path, by commit.
pub(super) struct Blobs<'a> {
    local: &'a dyn Fn(&str) -> Option<Option<String>>,
    known: BTreeMap<String, Option<String>>,
}

impl<'a> Blobs<'a> {
    /// Nothing is known but the content itself.
    pub(super) fn new(
        content: &Content<'_>,
        local: &'a dyn Fn(&str) -> Option<Option<String>>,
    ) -> Self {
        let own = (content.commit.to_owned(), Some(content.blob.to_owned()));
        Self {
            local,
            known: BTreeMap::from([own]),
        }
    }

    /// The blob in a commit; `None` where there is none, or that cannot be learned: then there is a note about it.
    ///
    /// `ask` asks the forge. Only if no time is left is its error one here.
    pub(super) fn of(
        &mut self,
        commit: &str,
        notes: &mut Vec<String>,
        ask: impl FnOnce() -> Result<String, ForgeError>,
    ) -> Result<Option<String>, ForgeError> {
        if let Some(known) = self.known.get(commit) {
            return Ok(known.clone());
        }
        let blob = match (self.local)(commit) {
            Some(blob) => blob,
            None => match ask() {
                Ok(blob) => Some(blob),
                Err(error) if error.is_about_time() => return Err(error),
                Err(error) => {
                    note(
                        notes,
                        format!(
                            "what was reviewed in commit {commit} could not be learned: {error}"
                        ),
                    );
                    None
                }
            },
        };
        self.known.insert(commit.to_owned(), blob.clone());
        Ok(blob)
    }
}
