//! `rolecall init`: makes an access repository.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::args::{Document, Init as Args};
use crate::cli::context::{Context, SETTINGS};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::schemas;
use crate::document::source::Source;
use crate::document::{settings, state};
use crate::git::Git;
use crate::model::{Evidence, Settings, State};
use crate::render::{escape, json};
use crate::store::{ATTRIBUTES, REQUESTS, SCRATCH, STATE_FILE, atomic};

const SETTINGS_TEXT: &str = include_str!("init/rolecall.yaml");
const EXAMPLE_TEXT: &str = include_str!("init/onboard-jane-doe.yaml");
const IGNORE: &str = ".gitignore";

/// Writes settings, an example request, an empty state and a line of `.gitignore`.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.forms(&[])?;
    let folder = match (&args.folder, &context.global.dir) {
        (Some(_), Some(_)) => return Err(Error::usage("give the folder once: DIR or --dir DIR")),
        (Some(folder), None) | (None, Some(folder)) => folder.clone(),
        (None, None) => PathBuf::from("."),
    };
    let evidence = evidence(&folder)?;
    let files = files(evidence)?;
    refuse_started(&folder, &files)?;
    let ignore = with_ignored(&folder)?;
    atomic::create_folder(&folder)?;
    let mut created = Vec::new();
    // The settings come last: with them the repository is whole, and without them `init` can be run again.
    if let Some(text) = ignore {
        atomic::write_output(&folder.join(IGNORE), text.as_bytes())?;
        created.push(IGNORE.to_owned());
    }
    let (attributes, text) = ATTRIBUTES;
    if folder.join(attributes).symlink_metadata().is_err() {
        atomic::create_beside(&folder.join(attributes), text.as_bytes())?;
        created.push(attributes.to_owned());
    }
    for (path, text) in &files {
        if !is_file_with(&folder.join(path), text)? {
            atomic::create_beside(&folder.join(path), text.as_bytes())?;
        }
        created.push(path.clone());
    }
    let made = Made {
        version: json::VERSION,
        created,
    };
    context.print(|_| made.human(&folder, evidence), |_| json::text(&made))?;
    Ok(Exit::Done)
}

/// `merge` where a git repository can be asked what is merged, else `inline`.
fn evidence(folder: &Path) -> Result<Evidence, Error> {
    let whole = std::path::absolute(folder)?;
    let there = whole.ancestors().find(|folder| folder.is_dir());
    let git = there.map(Git::discover).transpose()?.flatten();
    Ok(if git.is_some() {
        Evidence::Merge
    } else {
        Evidence::Inline
    })
}

/// Every file that is written, and its text.
fn files(evidence: Evidence) -> Result<Vec<(String, String)>, Error> {
    let (approve, why, branch) = match evidence {
        Evidence::Inline => (
            "# alice approves it here; with `evidence: inline` the request itself says so:\n\
             # approvals:\n\
             # - {by: alice, decision: approve, at: 2026-01-05T10:00:00Z}\n",
            "# `inline` is for trying out: approvals stand in the request files, as claims that nothing proves. In a git\n\
             # repository use `merge`: a request counts once it is merged into the protected branch.\n",
            "",
        ),
        _ => (
            "# Merging it into the protected branch is the approval.\n",
            "# `merge`: a request counts once it is merged into the protected branch, whose rules do the asking.\n",
            "\napproval:\n  branch: main                        # the protected branch\n",
        ),
    };
    let settings = schemas::modeline(Document::Settings, SETTINGS) + SETTINGS_TEXT;
    let settings = settings
        .replace("# WHY\n", why)
        .replace("# BRANCH\n", branch)
        .replace("EVIDENCE", evidence.word());
    let example = format!("{REQUESTS}/onboard-jane-doe.yaml");
    let example_text = schemas::modeline(Document::Request, &example) + EXAMPLE_TEXT;
    let mut files = vec![
        (STATE_FILE.to_owned(), state::write(&State::default())),
        (example, example_text.replace("# APPROVE\n", approve)),
    ];
    let read = read_settings(&settings)?;
    for document in schemas::OF_PEOPLE {
        let text = schemas::text(document, Some(&read));
        files.push((schemas::path(document), text));
    }
    files.push((SETTINGS.to_owned(), settings));
    Ok(files)
}

/// The settings that are written, as they will be read.
fn read_settings(text: &str) -> Result<Settings, Error> {
    let whole = |findings| Error::findings("the settings to be written have errors", findings);
    let source = Source::new(SETTINGS, text.into(), settings::LIMIT);
    let source = source.map_err(|finding| whole(vec![finding]))?;
    settings::read(&source)
        .map(|document| document.settings)
        .map_err(whole)
}

/// Refuses a folder that is an access repository, or has something of one.
fn refuse_started(folder: &Path, files: &[(String, String)]) -> Result<(), Error> {
    let taken = |path: &str, what: &str| {
        let message = format!(
            "{} is there already, so nothing was made",
            folder.join(path).display()
        );
        Error::invalid(message).hint(what)
    };
    if folder.join(SETTINGS).symlink_metadata().is_ok() {
        return Err(taken(
            SETTINGS,
            "init is for a new access repository; this one can be used as it is",
        ));
    }
    for own in [REQUESTS, "state", schemas::FOLDER] {
        let found = folder.join(own).symlink_metadata();
        if found.is_ok_and(|metadata| !metadata.is_dir()) {
            return Err(taken(
                own,
                "put it elsewhere; a folder of that name is needed",
            ));
        }
    }
    for (path, text) in files {
        let there = folder.join(path);
        if there.symlink_metadata().is_ok() && !is_file_with(&there, text)? {
            return Err(taken(
                path,
                "init overwrites nothing; move it away, or choose another folder",
            ));
        }
    }
    Ok(())
}

/// Whether a file has just this text, as one that an `init` has left that did not come to its end.
fn is_file_with(path: &Path, text: &str) -> Result<bool, Error> {
    match path.symlink_metadata() {
        Ok(metadata) => Ok(metadata.is_file()
            && metadata.len() == text.len() as u64
            && fs::read(path)? == text.as_bytes()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The ignore file with the scratch folder in it; `None` where it is ignored already.
fn with_ignored(folder: &Path) -> Result<Option<String>, Error> {
    let path = folder.join(IGNORE);
    let line = format!("{SCRATCH}/");
    let mut text = match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(Error::invalid(format!("{} is no folder", folder.display())));
        }
        Err(error) => return Err(error.into()),
        Ok(metadata) if !metadata.is_file() => {
            return Err(
                Error::invalid(format!("{} is no regular file", path.display()))
                    .hint("git reads it only if it is one"),
            );
        }
        Ok(_) => fs::read_to_string(&path).map_err(|error| {
            Error::invalid(format!("{} cannot be added to: {error}", path.display()))
        })?,
    };
    let is_there = |known: &str| {
        known
            .trim_end()
            .trim_start_matches('/')
            .trim_end_matches('/')
            == SCRATCH
    };
    if text.lines().any(is_there) {
        return Ok(None);
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let _ = writeln!(text, "{line}");
    Ok(Some(text))
}

/// What was made.
#[derive(Serialize)]
struct Made {
    version: u32,
    /// Relative to the folder.
    created: Vec<String>,
}

impl Made {
    fn human(&self, folder: &Path, evidence: Evidence) -> String {
        let mut out = String::from("Made:\n");
        for path in &self.created {
            let path = folder.join(path).display().to_string();
            let path = path.strip_prefix("./").unwrap_or(&path);
            let _ = writeln!(out, "  {}", escape::terminal(path));
        }
        out.push_str("\nNext:\n");
        if folder != Path::new(".") {
            let _ = writeln!(
                out,
                "  cd {}",
                escape::terminal(&folder.display().to_string())
            );
        }
        out.push_str("  rolecall import FILE.csv   # who holds what today; leave it out to start with nobody\n");
        out.push_str(match evidence {
            Evidence::Merge => {
                "  git add --all && git commit --message 'Start an access repository'\n"
            }
            _ => "  rolecall validate          # after each change of a file\n",
        });
        out.push_str("  rolecall plan              # what a reconcile would do now\n");
        out
    }
}
