//! What stands beside the requests: files of approvals, and the history around them.

use std::collections::BTreeMap;

use super::Repository;
use crate::check::finding::{Code, Finding};
use crate::cli::approvals::{ApprovalFile, Wanted};
use crate::cli::error::Error;
use crate::document::state::END;
use crate::git::{Git, ListedApproval, Tip};
use crate::model::RequestId;
use crate::store::approvals::{self, Listed};

/// Something among the approvals of a request that cannot be read, and why.
type Refused = (RequestId, Finding);

impl Repository {
    /// The files among the approvals of some requests, and what is there and cannot be read: from the tip of the protected branch
    /// for requests that count there, else from the work tree.
    ///
    /// # Errors
    ///
    /// If git cannot tell.
    pub fn approval_files(
        &self,
        wanted: &[Wanted],
    ) -> Result<(Vec<ApprovalFile>, Vec<Refused>), Error> {
        let is_at_tip = |wanted: &&Wanted| self.tip.is_some() && wanted.counts;
        let (at_tip, here): (Vec<_>, Vec<_>) = wanted.iter().partition(is_at_tip);
        let mut found = Found::default();
        for wanted in here {
            found.take(&wanted.id, approvals::list(&self.root, &wanted.id));
        }
        if let Some((git, tip)) = &self.tip {
            let mut merged = merged_files(git, tip, &at_tip)?;
            for wanted in at_tip {
                let waiting = self.not_merged(&wanted.id, &merged);
                merged.problems.extend(waiting);
            }
            found.files.extend(merged.files);
            found.problems.extend(merged.problems);
        }
        Ok((found.files, found.problems))
    }

    /// Files of the work tree with decisions that the tip of the protected branch does not have: they wait for being merged.
    fn not_merged(&self, id: &RequestId, merged: &Found) -> Vec<Refused> {
        let end = format!("{END}\n");
        let body = |bytes: &[u8]| {
            let body = bytes.strip_suffix(end.as_bytes());
            body.unwrap_or(bytes).to_vec()
        };
        let is_refused = |path: &str| {
            let mut problems = merged.problems.iter();
            problems.any(|(_, finding)| finding.path.as_deref() == Some(path))
        };
        let adds = |path: &str, bytes: &[u8]| {
            let known = merged.files.iter().find(|file| file.path == path);
            known.is_none_or(|known| {
                let (here, there) = (body(bytes), body(&known.bytes));
                here.len() > there.len() && here.starts_with(&there)
            })
        };
        let branch = self.branch.as_deref().unwrap_or_default();
        let mut waiting = Vec::new();
        for listed in approvals::list(&self.root, id) {
            if let Listed::File { path, bytes, .. } = listed
                && !is_refused(&path)
                && adds(&path, &bytes)
            {
                let message =
                    format!("it has decisions that are not on the protected branch {branch:?} yet");
                let finding = Finding::note(Code::NotMerged, message)
                    .in_file(path)
                    .hint("commit it and have it merged; until then they do not count");
                waiting.push((id.clone(), finding));
            }
        }
        waiting
    }

    /// What approvals here are bound to: the settings' name for the repository, or else `commit:` and the id of the branch's first
    /// commit; `None` where there is neither.
    ///
    /// # Errors
    ///
    /// If git cannot tell, as in a shallow clone.
    pub fn identity(&self) -> Result<Option<String>, Error> {
        match &self.settings.repository {
            Some(name) => Ok(Some(name.clone())),
            None => self.first_commit(),
        }
    }

    /// `commit:` and the id of the branch's first commit; `None` outside of git, and where nothing is committed yet.
    ///
    /// # Errors
    ///
    /// As [`Repository::identity`].
    pub fn first_commit(&self) -> Result<Option<String>, Error> {
        let Some((git, tip)) = self.history()? else {
            return Ok(None);
        };
        Ok(Some(format!("commit:{}", git.first_commit(&tip)?)))
    }

    /// Every version of the settings in the history; `None` outside of git, and where nothing is committed yet.
    ///
    /// # Errors
    ///
    /// As [`Repository::identity`].
    pub fn settings_versions(&self) -> Result<Option<Vec<Vec<u8>>>, Error> {
        let Some((git, tip)) = self.history()? else {
            return Ok(None);
        };
        Ok(Some(git.settings_versions(&tip)?))
    }

    /// The tip that was read; else, around the work tree, that of the protected branch or of what is checked out.
    fn history(&self) -> Result<Option<(&Git, Tip)>, Error> {
        if let Some((git, tip)) = &self.tip {
            return Ok(Some((git, tip.clone())));
        }
        let Some(git) = &self.around else {
            return Ok(None);
        };
        let tip = match git.tip_if_there(&self.settings.approval.branch)? {
            Some(tip) => Some(tip),
            None => git.tip_if_there("HEAD")?,
        };
        Ok(tip.map(|tip| (git, tip)))
    }

    /// The id of a file's content at the tip that was read, if it is there.
    #[must_use]
    pub fn merged_blob(&self, path: &str) -> Option<String> {
        Some(self.file(path)?.blob()?.to_string())
    }

    /// Where a file of the access repository stands in the whole tree.
    #[cfg(feature = "forge")]
    #[must_use]
    pub fn path_in_tree(&self, path: &str) -> String {
        let git = self.tip.as_ref().map(|(git, _)| git);
        git.map_or_else(|| path.to_owned(), |git| git.path_in_tree(path))
    }

    /// The id of a file's content in a commit: `None` where git does not have the commit, `Some(None)` where the commit does not have
    /// the file.
    ///
    /// # Errors
    ///
    /// If git cannot tell.
    #[cfg(feature = "forge")]
    #[expect(
        clippy::option_option,
        reason = "not having the commit and not having the file in it are two answers"
    )]
    pub fn blob_at(&self, commit: &str, path: &str) -> Result<Option<Option<String>>, Error> {
        let Some((git, _)) = &self.tip else {
            return Ok(None);
        };
        let found = git.blob_at(commit, path)?;
        Ok(found.map(|blob| blob.map(|blob| blob.to_string())))
    }

    /// Whether the access repository is in git.
    #[must_use]
    pub fn is_in_git(&self) -> bool {
        self.tip.is_some() || self.around.is_some()
    }

    /// The id that git gives some bytes; `None` outside of git.
    ///
    /// # Errors
    ///
    /// If git cannot tell.
    pub fn blob_id(&self, bytes: &[u8]) -> Result<Option<String>, Error> {
        let git = self
            .tip
            .as_ref()
            .map(|(git, _)| git)
            .or(self.around.as_ref());
        match git {
            Some(git) => Ok(Some(git.blob_id(bytes)?.to_string())),
            None => Ok(None),
        }
    }

    /// The bytes of a file as it is committed in what is checked out, where the work tree has the same but for line ends: git changes
    /// those on the way (`core.autocrlf`), and what counts is what is committed.
    ///
    /// # Errors
    ///
    /// If git cannot tell.
    pub fn as_committed(&self, path: &str, bytes: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let Some(git) = &self.around else {
            return Ok(None);
        };
        let Some(tip) = git.tip_if_there("HEAD")? else {
            return Ok(None);
        };
        let Some(Some(blob)) = git.blob_at(tip.commit().as_str(), path)? else {
            return Ok(None);
        };
        let committed = git.blobs(&[blob])?.pop();
        let unix = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
            text.into_bytes()
        };
        Ok(committed.filter(|committed| unix(committed) == unix(bytes)))
    }

    /// Looks up who wrote the content of a file of the work tree, as far as it is committed in what is checked out.
    ///
    /// # Errors
    ///
    /// If git cannot tell.
    pub fn look_up_author(&mut self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        let Some(git) = &self.around else {
            return Ok(());
        };
        let Some(tip) = git.tip_if_there("HEAD")? else {
            return Ok(());
        };
        let wanted = [(path.to_owned(), git.blob_id(bytes)?)];
        self.brought = git.brought(&tip, &wanted)?;
        Ok(())
    }

    /// Whether the tip that was read is in the history of a commit.
    ///
    /// # Errors
    ///
    /// If git cannot tell.
    pub fn is_behind(&self, commit: &str) -> Result<bool, Error> {
        let Some((git, tip)) = &self.tip else {
            return Ok(false);
        };
        match git.tip_if_there(commit)? {
            Some(later) => Ok(git.is_ancestor(tip.commit().as_str(), &later)?),
            None => Ok(false),
        }
    }

    /// Whether a commit is in the history of the tip that was read; nothing is where none was.
    ///
    /// # Errors
    ///
    /// If git cannot tell.
    pub fn has_commit(&self, commit: &str) -> Result<bool, Error> {
        match &self.tip {
            Some((git, tip)) => {
                Ok(tip.commit().as_str() == commit || git.is_ancestor(commit, tip)?)
            }
            None => Ok(false),
        }
    }
}

/// Files of approvals as they are gathered.
#[derive(Default)]
struct Found {
    files: Vec<ApprovalFile>,
    problems: Vec<Refused>,
}

impl Found {
    /// Notes what cannot be read for the request whose folder it is in, in any spelling; where it is the folder of all approvals, for all.
    fn note(&mut self, ids: &BTreeMap<&str, &RequestId>, finding: &Finding) {
        let path = finding.path.clone().unwrap_or_default();
        let folder = path.split('/').nth(1);
        let concerned = ids
            .values()
            .filter(|id| folder.is_none_or(|folder| id.as_str().eq_ignore_ascii_case(folder)));
        self.problems
            .extend(concerned.map(|id| ((*id).clone(), finding.clone())));
    }

    fn take(&mut self, id: &RequestId, listed: Vec<Listed>) {
        for listed in listed {
            match listed {
                Listed::File { name, path, bytes } => self.files.push(ApprovalFile {
                    request: id.clone(),
                    name,
                    path,
                    bytes,
                }),
                Listed::Problem(finding) => self.problems.push((id.clone(), finding)),
            }
        }
    }
}

/// A folder of approvals whose name is a request's in another spelling: what is in it counts for nobody.
fn misspelled(ids: &BTreeMap<&str, &RequestId>, folder: &str, path: String) -> Option<Refused> {
    let meant = ids
        .values()
        .find(|id| id.as_str().eq_ignore_ascii_case(folder))?;
    let message = format!(
        "the folder is called {folder:?}, and the request is {:?}",
        meant.as_str()
    );
    let finding = Finding::warning(Code::ForeignApproval, message)
        .in_file(path)
        .hint("ids are exact: rename the folder");
    Some(((*meant).clone(), finding))
}

/// The approvals of some requests at the tip.
fn merged_files(git: &Git, tip: &Tip, wanted: &[&Wanted]) -> Result<Found, Error> {
    let ids: BTreeMap<&str, &RequestId> = wanted
        .iter()
        .map(|wanted| (wanted.id.as_str(), &wanted.id))
        .collect();
    let mut merged = Found::default();
    let mut listed_files = Vec::new();
    for listed in git.approvals(tip)? {
        match listed {
            ListedApproval::File {
                request,
                name,
                path,
                oid,
            } => match ids.get(&*request) {
                Some(id) => listed_files.push(((*id).clone(), name, path, oid)),
                None => merged.problems.extend(misspelled(&ids, &request, path)),
            },
            ListedApproval::Problem(finding) => merged.note(&ids, &finding),
        }
    }
    let oids: Vec<_> = listed_files.iter().map(|(.., oid)| oid.clone()).collect();
    for ((request, name, path, _), bytes) in listed_files.into_iter().zip(git.blobs(&oids)?) {
        merged.files.push(ApprovalFile {
            request,
            name,
            path,
            bytes,
        });
    }
    Ok(merged)
}
