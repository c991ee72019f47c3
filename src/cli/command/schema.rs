//! `rolecall schema`: JSON Schemas of the files.

use std::fmt::Write as _;

use clap::ValueEnum as _;
use serde::Serialize;

use crate::cli::args::{Document, Schema as Args};
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::load::Repository;
use crate::cli::schemas;
use crate::render::json;

/// Prints a schema, or writes some into the access repository.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.forms(&[])?;
    match args.document {
        _ if args.write => write(context, args.document)?,
        Some(document) => print(context, document)?,
        None => {
            return Err(Error::usage("which schema?")
                .hint("name a document, or give --write for those of the access repository"));
        }
    }
    Ok(Exit::Done)
}

/// Prints a schema; that of a request with the forms of the access repository, where it is run in one.
fn print(context: &Context, document: Document) -> Result<(), Error> {
    let has_forms = document == Document::Request;
    let is_asked = has_forms && (context.global.dir.is_some() || context.root().is_ok());
    let repository = is_asked.then(|| Repository::open_settings(context));
    let settings = repository
        .transpose()?
        .map(|repository| repository.settings);
    let text = schemas::text(document, settings.as_ref());
    context.print(|_| text.clone(), |_| text.clone())
}

/// Writes a schema; or those of what people write, and whichever are there already.
fn write(context: &Context, document: Option<Document>) -> Result<(), Error> {
    let repository = Repository::open_settings(context)?;
    let root = &repository.root;
    let mut done = Done {
        version: json::VERSION,
        written: Vec::new(),
        current: Vec::new(),
    };
    for each in Document::value_variants() {
        let is_meant = match document {
            Some(document) => *each == document,
            None => schemas::OF_PEOPLE.contains(each) || schemas::is_there(root, *each),
        };
        if !is_meant {
            continue;
        }
        if schemas::write(root, *each, &repository.settings)? {
            done.written.push(schemas::path(*each));
        } else {
            done.current.push(schemas::path(*each));
        }
    }
    context.print(|_| done.human(), |_| json::text(&done))
}

/// What was done.
#[derive(Serialize)]
struct Done {
    version: u32,
    /// Relative to the access repository.
    written: Vec<String>,
    /// Those that needed no change.
    current: Vec<String>,
}

impl Done {
    fn human(&self) -> String {
        let mut out = String::new();
        for path in &self.written {
            let _ = writeln!(out, "{path}: written");
        }
        for path in &self.current {
            let _ = writeln!(out, "{path}: current already");
        }
        out
    }
}
