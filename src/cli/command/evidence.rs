//! `rolecall evidence`: fetches who has reviewed what was merged, from a forge, and keeps the record.

use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::status::unknown_request;
use crate::check::finding::{Code, Finding};
use crate::cli::approvals::FORGE_FILE;
use crate::cli::args::{Evidence as Args, Fetch, Forge as Which};
use crate::cli::context::Context;
use crate::cli::duration;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::pass::patient_lock;
use crate::cli::world::{Approvals, World};
use crate::document::{armor, forge as document};
use crate::forge::{Content, Target, merged};
use crate::git::Ssh;
use crate::model::{Evidence, Forge, ForgeRecord, RequestId, ReviewState, Settings};
use crate::plan::Candidate;
use crate::render;
use crate::store::approvals;

/// The most bytes of a record without its signature, so that it can be read again with one.
const RECORD_LIMIT: usize = document::LIMIT - armor::LIMIT;
/// The most notes of a record that is too long otherwise.
const MOST_NOTES: usize = 20;
/// How long a forge is asked about one request.
const PATIENCE: Duration = Duration::from_secs(45);
#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    records: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    path: String,
    request: &'a RequestId,
    number: u64,
    approved_by: Vec<&'a str>,
    signed: bool,
    notes: &'a [String],
}

/// A record, and its signature if it is to have one.
struct Fetched {
    record: ForgeRecord,
    signature: Option<String>,
}

/// Asks for all, and only then writes.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.forms(&[])?;
    let (forge, project, fetch) = match &args.forge {
        Which::Github { repo, fetch } => (Forge::GitHub, repo, fetch),
        Which::Gitlab { project, fetch } => (Forge::GitLab, project, fetch),
    };
    let patience = fetch
        .timeout
        .as_deref()
        .map(|text| duration::parse("--timeout", text))
        .transpose()?;
    let target = Target::new(
        forge,
        fetch.base_url.as_deref(),
        project,
        token(forge),
        patience.unwrap_or(PATIENCE),
    )?;
    let world = World::load(context, context.now, Approvals::Needed)?;
    let repository = world.repository.identity()?;
    let (Some(_), Some(repository)) = (&world.repository.branch, repository) else {
        return Err(Error::invalid(
            "no protected branch was read, so nothing is known to be merged",
        )
        .hint("evidence of a forge needs a git repository whose settings ask for it"));
    };
    let mut rules = world.repository.settings.rules();
    if !rules.any(|rule| rule.evidence == Evidence::Forge) {
        return Err(
            Error::invalid("no rule of the settings asks for the reviews of a forge")
                .hint("set `evidence: forge` in a rule of rolecall.yaml first, and merge that"),
        );
    }
    let mut fetched = Vec::new();
    for candidate in wanted(&world, &fetch.requests)? {
        let record = ask(context, &world, &target, &repository, candidate)?;
        let record = fitting(&world.repository.settings, record)?;
        let signature = sign(&world, fetch, &record)?;
        fetched.push(Fetched { record, signature });
    }
    let paths = keep(context, &fetched)?;
    warn(context, &world, fetch);
    report(context, &fetched, &paths)?;
    Ok(Exit::Done)
}

#[expect(clippy::disallowed_methods, reason = "cli reads the environment")]
fn token(forge: Forge) -> Option<String> {
    let name = match forge {
        Forge::GitHub => "GITHUB_TOKEN",
        Forge::GitLab => "GITLAB_TOKEN",
    };
    std::env::var(name).ok().filter(|token| !token.is_empty())
}

/// The requests that were named, or all that are merged, open, and under a rule that asks for reviews.
fn wanted<'a>(world: &'a World, named: &[String]) -> Result<Vec<&'a Candidate>, Error> {
    if named.is_empty() {
        let asks = |candidate: &&Candidate| {
            let rules = candidate.valid().map(|(_, verdict)| &verdict.rules);
            let mut rules = rules.into_iter().flatten();
            rules.any(|rule| rule.evidence == Evidence::Forge)
                && world.repository.brought.contains_key(&candidate.path)
        };
        return Ok(world.candidates.iter().filter(asks).collect());
    }
    named
        .iter()
        .map(|id| {
            world
                .candidate(id)
                .ok_or_else(|| unknown_request(world, id))
        })
        .collect()
}

fn ask(
    context: &Context,
    world: &World,
    target: &Target,
    repository: &str,
    candidate: &Candidate,
) -> Result<ForgeRecord, Error> {
    let id = &candidate.id;
    let blob = world.repository.merged_blob(&candidate.path);
    let brought = world.repository.brought.get(&candidate.path);
    let (Some(blob), Some(brought)) = (blob, brought) else {
        return Err(Error::invalid(format!("request {id} is not merged, or complete already"))
            .hint("reviews are fetched once the request is on the protected branch, and before it has run"));
    };
    // What was reviewed is the file where it was merged; it may have been moved since.
    let path = world.repository.path_in_tree(&brought.path);
    let asked = Content {
        commit: &brought.commit,
        branch: world.repository.branch.as_deref().unwrap_or_default(),
        path: &path,
        blob: &blob,
    };
    let fault = RefCell::new(None);
    let blob_at = |commit: &str| match world.repository.blob_at(commit, &brought.path) {
        Ok(found) => found,
        Err(error) => {
            fault.borrow_mut().get_or_insert(error);
            None
        }
    };
    let found = merged(target, &asked, &blob_at);
    if let Some(error) = fault.into_inner() {
        return Err(error);
    }
    let found = found?;
    Ok(ForgeRecord {
        forge: target.forge,
        url: target.url.clone(),
        project: target.project.clone(),
        repository: repository.to_owned(),
        request: id.clone(),
        path: brought.path.clone(),
        content: candidate.content,
        blob,
        commit: brought.commit.clone(),
        number: found.number,
        head: found.head,
        author: found.author,
        merged_by: found.merged_by,
        merged_at: found.merged_at,
        reviews: found.reviews,
        protection: found.protection,
        notes: found.notes,
        fetched: context.now,
    })
}

/// The record, or where it would be too long to be read again what matters of it: reviews by accounts that belong to somebody.
fn fitting(settings: &Settings, mut record: ForgeRecord) -> Result<ForgeRecord, Error> {
    let fits = |record: &ForgeRecord| document::write(record, None).len() <= RECORD_LIMIT;
    if fits(&record) {
        return Ok(record);
    }
    let had = record.reviews.len();
    let forge = record.forge;
    let is_known = |account: &str| settings.person_of_account(forge, account).is_some();
    record.reviews.retain(|review| is_known(&review.account));
    let left = had - record.reviews.len();
    record.notes.truncate(MOST_NOTES);
    record.notes.push(format!(
        "{left} reviews by accounts that belong to nobody of the settings are left out"
    ));
    if fits(&record) {
        return Ok(record);
    }
    let message = format!(
        "number {} has more reviews than a record holds",
        record.number
    );
    Err(Error::invalid(message).hint("have it approved anew, in a pull request of its own"))
}

/// Signs a record; where the settings name a key, by no other.
fn sign(world: &World, fetch: &Fetch, record: &ForgeRecord) -> Result<Option<String>, Error> {
    let Some(file) = &fetch.sign_key else {
        return Ok(None);
    };
    let signature = Ssh::find()?.sign(file, document::NAMESPACE, &document::message(record))?;
    let made_with = armor::read(&signature).map(|claims| claims.key);
    let asked = &world.repository.settings.approval.forge_key;
    if asked.is_some() && made_with != *asked {
        return Err(wrong_key(file));
    }
    Ok(Some(signature))
}

fn wrong_key(file: &Path) -> Error {
    let message = format!("{} is not the key that the settings name", file.display());
    Error::invalid(message).hint("sign with the key of `approval.forge_key`")
}

/// Writes the records, and says where.
fn keep(context: &Context, fetched: &[Fetched]) -> Result<Vec<String>, Error> {
    let lock = patient_lock(context, "evidence")?;
    let mut paths = Vec::new();
    for Fetched { record, signature } in fetched {
        let text = document::write(record, signature.as_deref());
        paths.push(approvals::write(&lock, &record.request, FORGE_FILE, &text)?);
    }
    Ok(paths)
}

/// Says so where the records will not count as they are.
fn warn(context: &Context, world: &World, fetch: &Fetch) {
    if world.repository.settings.approval.forge_key.is_some() && fetch.sign_key.is_none() {
        let message =
            "the records are not signed, and the settings ask for it (`approval.forge_key`)";
        let finding = Finding::warning(Code::UnsignedRecord, message)
            .hint("give --sign-key; as they are, they count for nothing");
        context.show(&[finding]);
    }
}

fn report(context: &Context, fetched: &[Fetched], paths: &[String]) -> Result<(), Error> {
    let entries: Vec<_> = fetched
        .iter()
        .zip(paths)
        .map(|(Fetched { record, signature }, path)| Entry {
            path: path.clone(),
            request: &record.request,
            number: record.number,
            approved_by: record
                .reviews
                .iter()
                .filter(|review| review.state == ReviewState::Approved)
                .map(|review| review.account.as_str())
                .collect(),
            signed: signature.is_some(),
            notes: &record.notes,
        })
        .collect();
    let document = Document {
        version: render::json::VERSION,
        records: entries,
    };
    context.print(
        |_| in_words(&document.records),
        |_| render::json::text(&document),
    )
}

fn in_words(entries: &[Entry<'_>]) -> String {
    if entries.is_empty() {
        return "No merged request waits for a record of its reviews.\n".to_owned();
    }
    let mut text = String::new();
    for entry in entries {
        let people = match entry.approved_by.as_slice() {
            [] => "nobody".to_owned(),
            people => people.join(", "),
        };
        let (request, number, path) = (entry.request, entry.number, &entry.path);
        text.push_str(&format!(
            "{request}: number {number}, approved by {people}: {path}\n"
        ));
        for note in entry.notes {
            text.push_str(&format!("  {}\n", render::escape::terminal(note)));
        }
    }
    text.push_str(
        "Commit them to the protected branch; `rolecall status` says whether they suffice.\n",
    );
    text
}
