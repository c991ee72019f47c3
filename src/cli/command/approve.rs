//! `rolecall approve` and `rolecall reject`: a person's signed decision about a request.

use std::io::{BufRead as _, IsTerminal as _};

use serde::Serialize;

use super::complete::person as person_of;
use super::status::unknown_request;
use crate::check::finding::Finding;
use crate::cli::approvals::{Question, presented, verified};
use crate::cli::args::Approve as Args;
use crate::cli::args::Format;
use crate::cli::context::{Context, say, talk};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::pass::patient_lock;
use crate::cli::signer::Signer;
use crate::cli::world::{Approvals, World};
use crate::document::approval;
use crate::document::source::Source;
use crate::git::Ssh;
use crate::model::{
    AccessType, Decision, Digest, Instant, PersonId, PublicKey, Request, RequestId, Settings,
    Signed, Statement,
};
use crate::plan::{Body, Candidate, Status, plan};
use crate::render;
use crate::store::approvals::{self, Listed};

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    path: &'a str,
    request: &'a RequestId,
    decision: Decision,
    person: &'a PersonId,
    at: String,
    content: String,
    repository: &'a str,
    key: String,
}

/// Shows a request and its effect, and signs a decision about exactly its bytes.
pub fn run(context: &Context, args: &Args, decision: Decision) -> Result<Exit, Error> {
    context.forms(&[])?;
    let comment = comment(args)?;
    let mut world = World::load(context, context.now, Approvals::Assumed)?;
    let candidate = world
        .candidate(&args.id)
        .ok_or_else(|| unknown_request(&world, &args.id))?
        .clone();
    let Body::Valid { request, .. } = &candidate.body else {
        return Err(not_valid(&candidate));
    };
    check_open(&world, &candidate, request)?;
    let here = world.bytes(&candidate.path);
    let committed = world.repository.as_committed(&candidate.path, &here)?;
    let bytes = committed.unwrap_or(here);
    world.repository.look_up_author(&candidate.path, &bytes)?;
    let settings = world.repository.settings.clone();
    let repository = world.repository.identity()?.ok_or_else(|| {
        Error::invalid(
            "an approval cannot be bound to this repository: it has no name and is not in git",
        )
        .hint("set `repository: NAME` in rolecall.yaml")
    })?;
    let given = args
        .person
        .as_deref()
        .map(|text| person_of(&settings, text));
    let ssh = Ssh::find()?;
    let (person, pen) = Signer::choose(&ssh, &settings, given.transpose()?, args.key.as_deref())?;
    check_may(&world, &candidate, request, &person)?;
    show(context, &world, &candidate, request)?;
    ask(args, &candidate.id, &person, decision)?;
    let statement = Statement {
        request: candidate.id.clone(),
        path: candidate.path.clone(),
        content: Digest::of(&bytes),
        blob: world.repository.blob_id(&bytes)?,
        settings: world.repository.policy,
        repository,
        decision,
        person: person.clone(),
        at: context.now,
        expires: expires(&settings, request, context.now),
        comment,
    };
    let message = approval::message(&statement);
    if pen.is_touched(&ssh) {
        talk("Touch the security key when it blinks.\n");
    }
    let signature = pen.sign(&ssh, approval::NAMESPACE, &message)?;
    let signed = Signed {
        statement,
        signature,
    };
    let key = check(&settings, &signed)?;
    let path = keep(context, &signed)?;
    let next = world.repository.is_in_git().then_some(
        "Commit it, and have it merged: it counts once it is on the protected branch with the request.",
    );
    report(context, &path, &signed.statement, &key, next)?;
    Ok(Exit::Done)
}

fn comment(args: &Args) -> Result<Option<String>, Error> {
    let Some(comment) = args.comment.as_ref().map(|text| text.trim().to_owned()) else {
        return Ok(None);
    };
    if comment.is_empty() {
        return Err(Error::invalid("the comment is blank").hint("say something, or leave it out"));
    }
    match crate::document::problem_of(&comment) {
        Some(problem) => Err(
            Error::invalid(format!("the comment cannot be kept: {problem}"))
                .hint("write it in plain text"),
        ),
        None => Ok(Some(comment)),
    }
}

fn not_valid(candidate: &Candidate) -> Error {
    let id = &candidate.id;
    match candidate.body {
        Body::Draft { .. } => Error::invalid(format!("request {id} is a draft"))
            .hint("it is decided about once `draft: true` is gone"),
        _ => Error::findings(
            format!("request {id} has errors, so there is nothing to decide about"),
            candidate.findings.clone(),
        ),
    }
}

fn check_open(world: &World, candidate: &Candidate, request: &Request) -> Result<(), Error> {
    let id = &candidate.id;
    if request.cancelled.is_some() {
        return Err(Error::invalid(format!("request {id} is called off")));
    }
    if world.recovered.state.requests.is_complete(id.as_str()) {
        return Err(Error::invalid(format!("request {id} is complete already"))
            .hint("write a new request for a new change"));
    }
    Ok(())
}

/// Whether a signature of this person would count under any rule.
fn check_may(
    world: &World,
    candidate: &Candidate,
    request: &Request,
    person: &PersonId,
) -> Result<(), Error> {
    let id = &candidate.id;
    let Some(why_not) = world.why_not(candidate, request, person) else {
        return Ok(());
    };
    let message = format!(
        "{person} does not decide about request {id}: {}",
        why_not.why
    );
    Err(Error::invalid(message).hint(why_not.hint.replace("ID", id.as_str())))
}

/// Shows the request, and what it would do at its moment if it were approved, with all that is approved and comes before it.
fn show(
    context: &Context,
    world: &World,
    candidate: &Candidate,
    request: &Request,
) -> Result<(), Error> {
    let start = request.start.as_ref().map(|start| start.utc);
    let requests = beside_approved(context, candidate)?;
    let mut input = world.input();
    input.requests = &requests;
    input.now = world.now.max(start.unwrap_or(world.now));
    let mut planned = plan(&input, None);
    let is_this = |id: Option<&RequestId>| id == Some(&candidate.id);
    planned
        .steps
        .retain(|step| is_this(step.request.as_ref().map(|request| &request.id)));
    planned.requests.retain(|view| is_this(Some(&view.id)));
    planned
        .requests_after
        .retain(|view| is_this(Some(&view.id)));
    planned
        .expiries
        .retain(|expiry| is_this(Some(&expiry.request)));
    let palette = context.palette();
    let mut text = String::new();
    let has_begun = has_begun(world, candidate);
    for view in &mut planned.requests {
        // It was planned as if it were approved; so far it is not, unless it has begun.
        if !has_begun {
            view.status = Status::PendingApproval;
        }
        if request.start.is_none() {
            view.due = None;
        }
        text.push_str(&render::status::one(view, &[], &planned.expiries, palette));
        text.push('\n');
    }
    text.push_str(&render::plan::effect(&planned, palette));
    match context.global.format {
        Format::Human => say(&text),
        _ => {
            talk(&text);
            Ok(())
        }
    }
}

/// Whether the request is in process with just this content.
fn has_begun(world: &World, candidate: &Candidate) -> bool {
    let records = &world.recovered.state.requests;
    let record = records.get_in_process(&candidate.id);
    record.is_some_and(|record| record.content == candidate.content)
}

/// The request, as if it were approved, among all others as they stand. What nobody has approved does not hide what this one does.
fn beside_approved(context: &Context, candidate: &Candidate) -> Result<Vec<Candidate>, Error> {
    let world = World::load(context, context.now, Approvals::Needed)?;
    let mut requests = world.candidates;
    requests.retain(|other| other.id != candidate.id);
    let at = requests.partition_point(|other| other.id < candidate.id);
    requests.insert(at, candidate.clone());
    Ok(requests)
}

/// Asks on the terminal, unless that was answered on the command line.
fn ask(args: &Args, id: &RequestId, person: &PersonId, decision: Decision) -> Result<(), Error> {
    if args.yes {
        return Ok(());
    }
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(
            Error::usage("nobody can be asked: standard input is no terminal")
                .hint("look at what is shown, and give --yes"),
        );
    }
    let verb = decision.word();
    talk(&format!("Sign as {person}: {verb} {id}? [y/N] "));
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        Ok(())
    } else {
        Err(Error::invalid("nothing was signed"))
    }
}

/// When the approval lapses if it is not used.
fn expires(settings: &Settings, request: &Request, now: Instant) -> Option<Instant> {
    let days = settings.approval.valid_for_days?;
    let gives = request.access_type != AccessType::RoleReductions;
    gives.then(|| now.checked_add_signed(chrono::Duration::days(days.into())))?
}

/// Holds a signature to what a reconcile will hold it to; the key that made it.
fn check(settings: &Settings, signed: &Signed) -> Result<PublicKey, Error> {
    let presented = presented(signed);
    let refused = |finding: Finding| {
        Error::invalid(format!("nothing was written: {}", finding.message))
            .hint(finding.hint.unwrap_or_default())
    };
    let key = presented
        .key(settings, approval::NAMESPACE)
        .map_err(refused)?;
    let question = Question {
        id: signed.statement.request.clone(),
        key: key.clone(),
        presented: presented.clone(),
    };
    let holds = verified(vec![question])?
        .iter()
        .all(|(.., is_good)| *is_good);
    if !holds {
        return Err(Error::invalid(
            "nothing was written: the signature that was made does not hold",
        ));
    }
    Ok(key.clone())
}

/// Adds the decision to the person's file; what stands there stays.
fn keep(context: &Context, signed: &Signed) -> Result<String, Error> {
    let statement = &signed.statement;
    let lock = patient_lock(context, statement.decision.word())?;
    let name = format!("{}.yaml", statement.person);
    let text = match standing(lock.root(), &statement.request, &name)? {
        Some(source) => {
            let refused = |finding| {
                let message = "the approval file that is there cannot be added to";
                Error::findings(message, vec![finding])
            };
            let entries = approval::read(&source).map_err(refused)?;
            let last = entries.last().map(|entry| entry.signed.statement.at);
            check_later(statement, last)?;
            approval::with(source.text(), signed)
        }
        None => approval::write([signed]),
    };
    if text.len() > approval::LIMIT {
        return Err(
            Error::invalid(format!("{name} would be too large with one more decision"))
                .hint("remove decisions about other content from it; git's history keeps them"),
        );
    }
    Ok(approvals::write(&lock, &statement.request, &name, &text)?)
}

/// A decision comes after those before it.
fn check_later(statement: &Statement, last: Option<Instant>) -> Result<(), Error> {
    let Some(last) = last.filter(|last| *last > statement.at) else {
        return Ok(());
    };
    let (person, at) = (&statement.person, crate::time::rfc3339(last));
    Err(Error::invalid(format!(
        "{person} has decided at {at}, which is later than now"
    ))
    .hint("set the clock right; a decision comes after those before it"))
}

/// A person's file, if there is one.
fn standing(
    root: &std::path::Path,
    request: &RequestId,
    wanted: &str,
) -> Result<Option<Source>, Error> {
    let refused = |finding: Finding| {
        let message = "the approval file that is there cannot be added to";
        Error::findings(message, vec![finding])
    };
    let is_wanted = |path: &str| path.rsplit('/').next() == Some(wanted);
    for listed in approvals::list(root, request) {
        match listed {
            Listed::File { name, path, bytes } if name == wanted => {
                let source = Source::new(path, bytes, approval::LIMIT);
                return Ok(Some(source.map_err(refused)?));
            }
            Listed::Problem(finding) if finding.path.as_deref().is_some_and(is_wanted) => {
                return Err(refused(finding));
            }
            _ => {}
        }
    }
    Ok(None)
}

fn report(
    context: &Context,
    path: &str,
    statement: &Statement,
    key: &PublicKey,
    next: Option<&str>,
) -> Result<(), Error> {
    context.print(
        |_| {
            let did = statement.decision.past();
            let (person, request) = (&statement.person, &statement.request);
            let at = crate::time::rfc3339(statement.at);
            let next = next.map(|next| format!("{next}\n")).unwrap_or_default();
            format!("{person} has {did} {request} at {at}: {path}\n{next}")
        },
        |_| {
            render::json::text(&Document {
                version: render::json::VERSION,
                path,
                request: &statement.request,
                decision: statement.decision,
                person: &statement.person,
                at: crate::time::rfc3339(statement.at),
                content: statement.content.to_string(),
                repository: &statement.repository,
                key: key.fingerprint(),
            })
        },
    )
}
