//! `rolecall validate`: checks settings, requests and state without running anything.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use crate::check::finding::{Code, Finding};
use crate::cli::args::{Format, Validate as Args};
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::schemas;
use crate::cli::world::Checked;
use crate::model::{Evidence, Settings, State};
use crate::render;

/// Prints what is found in the work tree.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.forms(&[Format::Github, Format::Sarif])?;
    let (mut findings, is_checked) = match Checked::load(context) {
        Ok(checked) => (all(&checked), true),
        // Broken settings or a broken state are findings like others here, and nothing else was looked at.
        Err(error) => (error.into_findings()?, false),
    };
    if !args.paths.is_empty() && is_checked {
        let root = context.root()?;
        let wanted = wanted(&root, &args.paths)?;
        findings.retain(|finding| {
            finding
                .path
                .as_ref()
                .is_some_and(|path| is_below(path, &wanted))
        });
        findings.extend(wanted.iter().filter_map(|path| unread(&root, path)));
    }
    let has_errors = findings.iter().any(Finding::is_error);
    context.print(
        |palette| {
            if findings.is_empty() {
                return "Nothing found.\n".to_owned();
            }
            render::findings::human(&findings, palette)
        },
        |format| match format {
            Format::Github => render::findings::github(&findings),
            Format::Sarif => render::sarif::sarif(&findings),
            _ => render::findings::json(&findings),
        },
    )?;
    Ok(if has_errors {
        Exit::Invalid
    } else {
        Exit::Done
    })
}

fn all(checked: &Checked) -> Vec<Finding> {
    let mut findings = checked.findings.clone();
    findings.extend(unbound(&checked.settings));
    findings.extend(schemas::outdated(&checked.root, &checked.settings));
    findings.extend(uncatalogued(&checked.settings, &checked.state));
    let of_requests = checked
        .candidates
        .iter()
        .flat_map(|candidate| &candidate.findings);
    findings.extend(of_requests.cloned());
    findings.sort_by(|a, b| {
        let key = |finding: &Finding| {
            let line = finding.place.as_ref().map_or(0, |place| place.line);
            (finding.path.clone(), line, finding.code)
        };
        key(a).cmp(&key(b))
    });
    findings
}

/// `inline` cannot bind content, and says so.
fn unbound(settings: &Settings) -> Option<Finding> {
    let is_inline = settings
        .rules()
        .any(|rule| rule.evidence == Evidence::Inline);
    is_inline.then(|| {
        Finding::note(
            Code::Setting,
            "evidence `inline` does not bind an approval to the content that was approved",
        )
        .in_file(crate::cli::context::SETTINGS)
        .hint("it is for trying out; use `merge` where the folder is in a git repository")
    })
}

/// Roles that somebody holds and the catalogue does not have.
fn uncatalogued(settings: &Settings, state: &State) -> Vec<Finding> {
    let mut unknown = std::collections::BTreeMap::new();
    for entry in &state.employees {
        let lent = entry.employee.temporary().iter().map(|grant| &grant.role);
        for role in entry.employee.roles().chain(lent) {
            if !settings.roles.contains_key(role) {
                unknown.entry(role).or_insert(entry.id);
            }
        }
    }
    unknown
        .into_iter()
        .map(|(role, employee)| {
            let message = format!("{employee} holds role {role}, which is not in the catalogue");
            Finding::warning(Code::UncataloguedRole, message)
                .in_file(crate::store::STATE_FILE)
                .hint("add it to `roles` of the settings, or reduce it")
        })
        .collect()
}

/// The paths that were asked for, relative to the access repository, each once.
fn wanted(root: &Path, paths: &[PathBuf]) -> Result<BTreeSet<PathBuf>, Error> {
    let root = root.canonicalize()?;
    paths
        .iter()
        .map(|path| {
            let hint = "name files or folders of the access repository";
            let parent = path
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty());
            let folder = parent.unwrap_or(Path::new(".")).canonicalize();
            let whole = match (path.file_name(), folder) {
                _ if path.symlink_metadata().is_err() => None,
                (Some(name), Ok(folder)) => Some(folder.join(name)),
                (None, _) => path.canonicalize().ok(),
                (_, Err(_)) => None,
            };
            let message = format!("{} is not there", path.display());
            let whole = whole.ok_or_else(|| Error::invalid(message).hint(hint))?;
            whole
                .strip_prefix(&root)
                .map(Path::to_path_buf)
                .map_err(|_| {
                    let message = format!("{} is not in the access repository", path.display());
                    Error::invalid(message).hint(hint)
                })
        })
        .collect()
}

/// A file among the requests that somebody names and nobody reads.
fn unread(root: &Path, path: &Path) -> Option<Finding> {
    let below = path.strip_prefix(crate::store::REQUESTS).ok()?;
    if !root.join(path).is_file() {
        return None;
    }
    let is_hidden = |name: Component<'_>| name.as_os_str().as_encoded_bytes().starts_with(b".");
    let extension = path.extension().and_then(OsStr::to_str);
    let (message, hint) = if below.components().any(is_hidden) {
        (
            "names that begin with a dot are not read",
            "give it another name if it is a request",
        )
    } else if matches!(extension, Some("yaml" | "yml")) {
        return None;
    } else {
        (
            "it is not read: request files end in `.yaml` or `.yml`, in small letters",
            "rename it if it is a request",
        )
    };
    let finding = Finding::warning(Code::NotRead, message).hint(hint);
    Some(finding.in_file(path.to_string_lossy()))
}

fn is_below(path: &str, wanted: &BTreeSet<PathBuf>) -> bool {
    wanted
        .iter()
        .any(|folder| Path::new(path).starts_with(folder))
}
