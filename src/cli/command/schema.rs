//! Not there yet.

use crate::cli::args::Schema as Args;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;

/// Not there yet.
pub fn run(_: &Context, _: &Args) -> Result<Exit, Error> {
    Err(Error::usage("not there yet"))
}
