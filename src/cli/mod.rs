//! The command line: the only room that prints, reads the environment, and decides how the program ends.

mod approvals;
pub mod args;
mod audit;
mod command;
mod completion;
mod context;
mod duration;
mod error;
mod examine;
mod exit;
mod finished;
mod history;
mod load;
mod logging;
mod pass;
mod publish;
mod requests;
mod run;
mod saved;
mod schemas;
mod signer;
mod state;
mod watching;
mod world;

pub use exit::Exit;
pub use run::run;
