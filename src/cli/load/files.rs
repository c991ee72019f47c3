//! The request files: which there are, at the tip and in the work tree, and what they say.

use std::cell::OnceCell;
use std::collections::HashSet;

use super::{Repository, RequestFile};
use crate::cli::error::Error;
use crate::git::{Files, Oid, Requests};
use crate::store;
use crate::store::requests::Folders;
use crate::store::seen::Seen;

impl Repository {
    /// Lists the request files at the tip, where that was not done yet.
    ///
    /// # Errors
    ///
    /// If git does not have their trees.
    pub(in crate::cli) fn list_tip(&mut self) -> Result<(), Error> {
        match (&self.at_tip, &self.tip) {
            (None, Some((git, tip))) => {
                let listed = git.requests(tip)?;
                self.take_listing(listed)
            }
            _ => Ok(()),
        }
    }

    fn take_listing(&mut self, listed: Requests) -> Result<(), Error> {
        self.expect_walk(!listed.files.is_empty())?;
        self.has_refused = !listed.problems.is_empty();
        self.findings.extend(listed.problems);
        self.at_tip = Some(listed.files);
        Ok(())
    }

    /// Lets git begin with the history if it will be asked who brought files.
    pub(super) fn expect_walk(&self, is_asked: bool) -> Result<(), Error> {
        match self.tip.as_ref().filter(|_| is_asked) {
            Some((git, tip)) => Ok(git.begin_walk(tip)?),
            None => Ok(()),
        }
    }

    /// Takes the request files at the tip from the note, if nobody had to list them: then no folder of the work tree has changed either, and
    /// it has nothing besides.
    pub(in crate::cli) fn take_noted(&mut self) -> bool {
        if self.at_tip.is_none() {
            self.at_tip = self.noted.take();
            self.is_noted = self.at_tip.is_some();
        }
        self.is_noted
    }

    /// The request files at the tip that are not those of finished requests as they were carried out, as the last pass noted them, if that
    /// saw this very tree.
    pub(super) fn noted_open(&self) -> Option<Files> {
        let seen = self.seen_here().filter(|seen| !seen.has_refused)?;
        let open = seen.open.iter();
        Files::of(open.map(|open| (&*open.path, &*open.blob)))
    }

    /// What the last pass noted, if the requests at the tip are what they were.
    fn seen_here(&self) -> Option<&Seen> {
        let tree = self.tree.as_ref().map(Oid::as_str);
        self.seen.as_ref().filter(|seen| tree == Some(&seen.tree))
    }

    /// Reads the request files that are listed at the tip.
    ///
    /// # Errors
    ///
    /// If git does not have them.
    pub fn read_tip(&mut self) -> Result<(), Error> {
        self.list_tip()?;
        let Some((git, _)) = &self.tip else {
            return Ok(());
        };
        let files = self.at_tip.replace(Files::default()).unwrap_or_default();
        let oids: Vec<_> = files.iter().map(|(_, oid)| oid).collect();
        let contents = git.blobs(&oids)?;
        for ((path, oid), bytes) in files.paths().zip(oids).zip(contents) {
            self.files.push(RequestFile {
                path: path.to_owned(),
                bytes,
                counts: true,
                oid: Some(oid),
            });
        }
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(())
    }

    /// The request files that are others at the tip than in an earlier tree of requests; `None` where git does not have that.
    #[must_use]
    pub fn changed_since(&self, earlier: &Oid, now: &Oid) -> Option<HashSet<String>> {
        let (git, _) = self.tip.as_ref()?;
        let names = git.changed_names(earlier, now).ok()?.into_iter();
        Some(
            names
                .map(|name| format!("{}/{name}", store::REQUESTS))
                .collect(),
        )
    }

    /// Reads the files of the work tree that the tip does not have. Next to a branch they do not count, and neither do their problems.
    pub(super) fn read_work_tree(&mut self) -> Result<(), Error> {
        let counts = self.branch.is_none();
        // Where no folder has changed, nothing is asked for that was not listed.
        let late: OnceCell<Result<Requests, _>> = OnceCell::new();
        let is_at_tip = |path: &str| match (&self.at_tip, &self.tip) {
            (Some(files), _) => files.contains(path),
            (None, Some((git, tip))) => {
                let listed = late.get_or_init(|| git.requests(tip)).as_ref();
                // Where git fails, that is said below, and no file is read for nothing.
                listed.map_or(true, |listed| listed.files.contains(path))
            }
            (None, None) => false,
        };
        // What is in a folder is at the tip or not as it was, where the tree is the same.
        let unknown = Folders::new();
        let known = self.seen_here().map_or(&unknown, |seen| &seen.folders);
        let (listed, folders) =
            store::requests::list_some(&self.root, known, |path| !is_at_tip(path));
        if let Some(late) = late.into_inner() {
            self.take_listing(late?)?;
        }
        self.folders = folders;
        for listed in listed {
            match listed {
                store::requests::Listed::File { path, bytes } => self.files.push(RequestFile {
                    path,
                    bytes,
                    counts,
                    oid: None,
                }),
                store::requests::Listed::Problem(finding) => {
                    let is_known = self.findings.iter().any(|known| known.path == finding.path);
                    if !is_known && counts {
                        self.findings.push(finding);
                    } else if !is_known {
                        self.findings.push(finding.at_most_a_warning());
                    }
                }
            }
        }
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(())
    }
}
