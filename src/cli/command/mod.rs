//! The commands, one a file.

pub mod approve;
pub mod complete;
#[cfg(feature = "forge")]
pub mod evidence;
pub mod explain;
pub mod generate;
pub mod import;
pub mod init;
pub mod log;
pub mod new;
pub mod people;
pub mod plan;
pub mod reconcile;
pub mod resolve;
pub mod schema;
pub mod status;
pub mod validate;
pub mod verify;
pub mod watch;
