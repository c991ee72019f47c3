//! What stands beside the requests: files of approvals, and the history around them.

use std::collections::BTreeMap;

use super::Repository;
use crate::check::finding::Finding;
use crate::cli::approvals::{ApprovalFile, Wanted};
use crate::cli::error::Error;
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
        let mut files = Vec::new();
        let mut problems = Vec::new();
        let at_tip = |wanted: &&Wanted| self.tip.is_some() && wanted.counts;
        for wanted in wanted.iter().filter(|wanted| !at_tip(wanted)) {
            for listed in approvals::list(&self.root, &wanted.id) {
                match listed {
                    Listed::File { name, path, bytes } => {
                        files.push(ApprovalFile {
                            request: wanted.id.clone(),
                            name,
                            path,
                            bytes,
                        });
                    }
                    Listed::Problem(finding) => {
                        problems.push((wanted.id.clone(), finding));
                    }
                }
            }
        }
        let Some((git, tip)) = &self.tip else {
            return Ok((files, problems));
        };
        let ids: BTreeMap<&str, &RequestId> = wanted
            .iter()
            .filter(at_tip)
            .map(|wanted| (wanted.id.as_str(), &wanted.id))
            .collect();
        let mut found = Vec::new();
        for listed in git.approvals(tip)? {
            match listed {
                ListedApproval::File {
                    request,
                    name,
                    path,
                    oid,
                } => {
                    if let Some(id) = ids.get(&*request) {
                        found.push(((*id).clone(), name, path, oid));
                    }
                }
                ListedApproval::Problem(finding) => {
                    let path = finding.path.clone().unwrap_or_default();
                    let folder = path.split('/').nth(1).unwrap_or_default();
                    if let Some(id) = ids.get(folder) {
                        problems.push(((*id).clone(), finding));
                    }
                }
            }
        }
        let oids: Vec<_> = found.iter().map(|(.., oid)| oid.clone()).collect();
        for ((request, name, path, _), bytes) in found.into_iter().zip(git.blobs(&oids)?) {
            files.push(ApprovalFile {
                request,
                name,
                path,
                bytes,
            });
        }
        Ok((files, problems))
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
        let Some((git, tip)) = self.history() else {
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
        let Some((git, tip)) = self.history() else {
            return Ok(None);
        };
        Ok(Some(git.settings_versions(&tip)?))
    }

    /// The tip that was read; else, around the work tree, that of the protected branch or of what is checked out.
    fn history(&self) -> Option<(&Git, Tip)> {
        if let Some((git, tip)) = &self.tip {
            return Some((git, tip.clone()));
        }
        let git = self.around.as_ref()?;
        let branch = git.tip(&self.settings.approval.branch);
        let tip = branch.or_else(|_| git.tip("HEAD")).ok()?;
        Some((git, tip))
    }

    /// Where a file of the access repository stands in the whole tree, and the id of its content there, if it is at the tip.
    #[must_use]
    pub fn merged_file(&self, path: &str) -> Option<(String, String)> {
        let (git, _) = self.tip.as_ref()?;
        let file = self.files.iter().find(|file| file.path == path)?;
        Some((git.path_in_tree(path), file.oid.as_ref()?.to_string()))
    }

    /// The id of a file's content in a commit: `None` where git does not have the commit, `Some(None)` where the commit does not have
    /// the file.
    ///
    /// # Errors
    ///
    /// If git cannot tell.
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

    /// Looks up who wrote the content of a file of the work tree, as far as it is committed in what is checked out.
    ///
    /// # Errors
    ///
    /// If git cannot tell.
    pub fn look_up_author(&mut self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        let Some(git) = &self.around else {
            return Ok(());
        };
        let Ok(tip) = git.tip("HEAD") else {
            return Ok(());
        };
        let wanted = [(path.to_owned(), git.blob_id(bytes)?)];
        self.brought = git.brought(&tip, &wanted)?;
        Ok(())
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
