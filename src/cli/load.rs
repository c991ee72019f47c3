//! Reading an access repository: from the work tree, or from the tip of its protected branch.

mod beside;
mod files;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::context::{Context, SETTINGS};
use super::error::Error;
use super::finished::Finished;
use super::state::pinned_branch;
use crate::check::finding::{Code, Finding};
use crate::git::{Brought, Files, Git, Oid, Tip};
use crate::model::{Digest, Evidence, Settings};
use crate::store;
use crate::store::logs::LogFolder;
use crate::store::requests::Folders;
use crate::store::seen::{self, Seen};
use settings::{Here, SettingsRead, discover};

/// What an access repository says, not yet read as requests.
#[derive(Debug)]
pub struct Repository {
    /// Its folder.
    pub root: PathBuf,
    /// The settings that count.
    pub settings: Settings,
    /// The digest of their bytes.
    pub policy: Digest,
    /// Every request file that can be read, by path.
    pub files: Vec<RequestFile>,
    /// Everything else: findings about the settings, about files that cannot be read.
    pub findings: Vec<Finding>,
    /// The protected branch, where it was read.
    pub branch: Option<String>,
    /// The branch whose tip lets the work tree count, because the settings there ask for `inline` evidence alone.
    pub released_by: Option<String>,
    /// Who brought each file's content to the branch, by path; only of files that were asked for.
    pub brought: BTreeMap<String, Brought>,
    tip: Option<(Git, Tip)>,
    /// What git knows the requests at the tip by.
    pub(super) tree: Option<Oid>,
    /// What the last pass noted.
    pub(super) seen: Option<Seen>,
    /// The folders of requests in the work tree.
    pub(super) folders: Folders,
    /// Request files at the tip that are not read yet, in the order of paths; `None` before they are listed.
    pub(super) at_tip: Option<Files>,
    /// Whether something was refused there.
    pub(super) has_refused: bool,
    /// What they are by the note of the last pass, where that may do.
    noted: Option<Files>,
    /// Whether it did.
    is_noted: bool,
    /// The git repository around the work tree, where that is read and there is one.
    around: Option<Git>,
}

/// A request file.
#[derive(Debug)]
pub struct RequestFile {
    /// Relative to the access repository.
    pub path: String,
    /// Its bytes; of a file over the limit at most one byte more than that.
    pub bytes: Vec<u8>,
    /// Whether it counts: it is at the tip of the protected branch, or no branch was read.
    pub counts: bool,
    oid: Option<Oid>,
}

impl RequestFile {
    /// The id that git gives its content, if it is at the tip that was read.
    pub(super) fn blob(&self) -> Option<&Oid> {
        self.oid.as_ref()
    }
}

/// Which side of a repository is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What counts: the tip of the protected branch where the settings ask for it.
    Effective,
    /// The work tree, as its authors see it.
    WorkTree,
}

/// What the tip of the protected branch says.
enum AtTip {
    /// It counts, and this is what it has.
    Counts(Box<Repository>),
    /// The settings at the tip of this branch let the work tree count.
    Released(String),
    /// There is no such branch or no settings at its tip, and the work tree's settings ask for none.
    Nothing,
}

impl Repository {
    /// Reads the settings and the request files of the work tree. Those at the tip of the protected branch are listed, to be
    /// read with [`Repository::read_tip`]; but not where finished ones are left out and the last pass may have noted which are open.
    ///
    /// # Errors
    ///
    /// Invalid input if the settings are broken or the branch that they name cannot be read.
    pub fn open(context: &Context, side: Side, finished: Finished) -> Result<Self, Error> {
        let root = context.root()?;
        let (git, here) = discover(&root, side)?;
        let mut released_by = None;
        let around = match (side, git) {
            (Side::Effective, Some(git)) => {
                match Self::at_tip(context, &root, git, &here, finished)? {
                    AtTip::Counts(repository) => return Ok(*repository),
                    AtTip::Released(branch) => released_by = Some(branch),
                    AtTip::Nothing => {}
                }
                None
            }
            (_, git) => git,
        };
        let mut repository = Self {
            released_by,
            around,
            ..Self::of(root, here.read?)
        };
        if side == Side::Effective {
            repository.refuse_merge_without_git()?;
        }
        repository.read_work_tree()?;
        Ok(repository)
    }

    /// Reads the settings alone.
    ///
    /// # Errors
    ///
    /// Invalid input if they are broken.
    pub fn open_settings(context: &Context) -> Result<Self, Error> {
        let root = context.root()?;
        let read = Here::of(&root)?.read?;
        Ok(Self::of(root, read))
    }

    /// A repository of which nothing but its settings is known yet.
    fn of(root: PathBuf, (settings, policy, findings): SettingsRead) -> Self {
        Self {
            root,
            settings,
            policy,
            files: Vec::new(),
            findings,
            branch: None,
            released_by: None,
            brought: BTreeMap::new(),
            tip: None,
            tree: None,
            seen: None,
            folders: Folders::new(),
            at_tip: None,
            has_refused: false,
            noted: None,
            is_noted: false,
            around: None,
        }
    }

    /// Reads the settings of the work tree, to look into the history of the branch that the logs were made from: the one that is given,
    /// or that the logs name, or else the settings.
    ///
    /// # Errors
    ///
    /// As [`Repository::open_settings`], and if git cannot be used or does not have the branch.
    pub fn open_history(context: &Context, logs: &LogFolder) -> Result<Self, Error> {
        let mut repository = Self::open_settings(context)?;
        let Some(git) = Git::discover(&repository.root)? else {
            return Ok(repository);
        };
        let named = context.global.branch.clone();
        let branch = match named {
            Some(branch) => Some(branch),
            None => pinned_branch(logs)?,
        };
        let tip = match &branch {
            Some(branch) => Some(git.tip(branch)?),
            None => git.tip_if_there(&repository.settings.approval.branch)?,
        };
        repository.tip = tip.map(|tip| (git, tip));
        Ok(repository)
    }

    /// The protected branch that is given, or that the settings of the work tree name, also broken ones; and whether anything is read from
    /// it, as far as they say.
    ///
    /// # Errors
    ///
    /// Invalid input if there are no settings.
    pub fn branch_to_follow(context: &Context) -> Result<(String, bool), Error> {
        let here = Here::of(&context.root()?)?;
        let given = context.global.branch.clone();
        let is_read = given.is_some() || !here.needs_no_branch();
        Ok((given.unwrap_or_else(|| here.branch()), is_read))
    }

    /// Refuses to go on from logs that are older than those which the tip of the protected branch has: what is checked out is behind or another
    /// branch, and what has run already would run again.
    ///
    /// # Errors
    ///
    /// Invalid input naming both.
    pub fn check_ahead(&self, logs: &LogFolder) -> Result<(), Error> {
        use crate::reconcile::port::Logs as _;
        let Some((git, tip)) = &self.tip else {
            return Ok(());
        };
        let serials = git.names_in_last_folder(tip, store::CHANGELOG, LogFolder::serial_of)?;
        match serials.into_iter().max() {
            Some(newest) if newest > logs.last() => Err(Error::invalid(format!(
                "the protected branch {:?} has change log {newest}, and here the newest is {}",
                tip.name(),
                logs.last()
            ))
            .hint(
                "bring what is checked out up to date with that branch (`git pull`, `git switch`)",
            )),
            _ => Ok(()),
        }
    }

    /// Refuses a branch whose tip is another commit than what is checked out.
    ///
    /// # Errors
    ///
    /// Invalid input naming both.
    pub fn check_tip(&self, checked_out: &Oid) -> Result<(), Error> {
        match &self.tip {
            Some((_, tip)) if tip.commit() != checked_out => Err(Error::invalid(format!(
                "the protected branch {:?} is at {}, and {checked_out} is checked out",
                tip.name(),
                tip.commit()
            ))
            .hint("check the protected branch out: the state is committed on top of it")),
            _ => Ok(()),
        }
    }

    /// Reads the tip of the protected branch, if the settings there ask for that.
    fn at_tip(
        context: &Context,
        root: &Path,
        git: Git,
        here: &Here,
        finished: Finished,
    ) -> Result<AtTip, Error> {
        let given = context.global.branch.clone();
        let branch = given.unwrap_or_else(|| here.branch());
        let tip = match git.tip(&branch) {
            Ok(tip) => tip,
            Err(crate::git::GitError::NoBranch { .. })
                if context.global.branch.is_none() && here.needs_no_branch() =>
            {
                return Ok(AtTip::Nothing);
            }
            Err(error) => return Err(error.into()),
        };
        let Some((bytes, _)) = git.settings(&tip)? else {
            if here.needs_no_branch() {
                return Ok(AtTip::Nothing);
            }
            let message = format!("{SETTINGS} is not on the protected branch {branch:?}");
            return Err(Error::invalid(message)
                .hint("commit and merge it: settings count once they are on that branch"));
        };
        let mut repository = Self::of(root.to_path_buf(), here.as_at_tip(bytes)?);
        let settings = &repository.settings;
        if !settings.reads_protected_branch() {
            return Ok(AtTip::Released(branch));
        }
        if context.global.branch.is_none() && settings.approval.branch != branch {
            let message = format!(
                "the settings at the tip of {branch:?} name another protected branch: {:?}",
                settings.approval.branch
            );
            return Err(Error::invalid(message).hint(
                "let `approval.branch` here and there name the same branch, or give --branch",
            ));
        }
        repository.branch = Some(branch);
        repository.tree = git.tree_at(&tip, store::REQUESTS)?;
        repository.seen = seen::read(root);
        repository.tip = Some((git, tip));
        if finished == Finished::LeftOut {
            repository.noted = repository.noted_open();
        }
        match &repository.noted {
            Some(open) => repository.expect_walk(!open.is_empty())?,
            None => repository.list_tip()?,
        }
        repository.read_work_tree()?;
        Ok(AtTip::Counts(Box::new(repository)))
    }

    /// The paths of all request files, those at the tip of the protected branch as far as they are listed.
    pub fn request_paths(&self) -> impl Iterator<Item = &str> {
        let at_tip = self.at_tip.iter().flat_map(Files::paths);
        let here = self.files.iter().map(|file| file.path.as_str());
        here.chain(at_tip)
    }

    /// The request file at a path.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&RequestFile> {
        let at = self
            .files
            .binary_search_by(|file| file.path.as_str().cmp(path));
        Some(&self.files[at.ok()?])
    }

    /// Takes in a request file that is not written yet.
    pub fn add(&mut self, path: &str, bytes: Vec<u8>) {
        self.files.push(RequestFile {
            path: path.to_owned(),
            bytes,
            counts: true,
            oid: None,
        });
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
    }

    /// Leaves request files out, as if they were not there, with what was found in them.
    pub fn leave_out(&mut self, paths: &BTreeSet<String>) {
        self.files.retain(|file| !paths.contains(&file.path));
        self.findings.retain(|finding| {
            let path = finding.path.as_ref();
            path.is_none_or(|path| !paths.contains(path))
        });
    }

    /// Looks up who brought the content of these files to the branch.
    ///
    /// # Errors
    ///
    /// If git cannot tell; broken integrity if one is taken from the note of the last pass, and nobody brought it.
    pub fn look_up_history(&mut self, paths: &BTreeSet<&str>) -> Result<(), Error> {
        let Some((git, tip)) = &self.tip else {
            return Ok(());
        };
        let wanted: Vec<_> = self
            .files
            .iter()
            .filter(|file| paths.contains(file.path.as_str()))
            .filter_map(|file| Some((file.path.clone(), file.oid.clone()?)))
            .collect();
        // Nobody judges the author of what is approved by merging.
        let settings = &self.settings;
        let mut rules = settings.rules();
        let judged =
            settings.approval.block_own && rules.any(|rule| rule.evidence != Evidence::Merge);
        self.brought = if judged {
            git.brought(tip, &wanted)?
        } else {
            git.brought_by_branch(tip, &wanted)?
        };
        let is_made_up = |(path, _): &&(String, Oid)| !self.brought.contains_key(path);
        match wanted.iter().find(is_made_up).filter(|_| self.is_noted) {
            Some((path, _)) => Err(Error::integrity(format!(
                "{} names {path} with a content that the branch does not have",
                seen::PATH
            ))
            .hint("remove that note, it is made anew; rolecall does not write such a one, so find out who did")),
            None => Ok(()),
        }
    }

    fn refuse_merge_without_git(&self) -> Result<(), Error> {
        if !self
            .settings
            .rules()
            .any(|rule| rule.evidence == Evidence::Merge)
        {
            return Ok(());
        }
        let finding = Finding::error(
            Code::NoEvidence,
            "the settings ask for evidence `merge`, and this folder is in no git repository",
        )
        .in_file(SETTINGS)
        .hint("run `git init` and commit the settings, or set `evidence: inline` under `change_controls` to try it out");
        Err(Error::findings(
            "requests cannot be approved here",
            vec![finding],
        ))
    }
}
