//! `rolecall schema`: JSON Schemas of the files.

use crate::cli::args::{Document, Schema as Args};
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::load::Repository;
use crate::document::schema;
use crate::render::json;

/// Prints a schema; that of a request with the forms of the access repository, where it is run in one.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.forms(&[])?;
    let schema = match args.document {
        Document::Request => {
            let is_asked = context.global.dir.is_some() || context.root().is_ok();
            let repository = is_asked.then(|| Repository::open_settings(context));
            let settings = repository
                .transpose()?
                .map(|repository| repository.settings);
            schema::request(settings.as_ref())
        }
        Document::Settings => schema::settings(),
        Document::State => schema::state(),
        Document::Changelog => schema::changelog(),
    };
    context.print(|_| json::text(&schema), |_| json::text(&schema))?;
    Ok(Exit::Done)
}
