//! Signals: the end, and a look at everything.

use std::io;
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// What somebody wants of the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// To end after the current run.
    End,
    /// To look at everything at once.
    Reload,
}

/// Listens to SIGTERM, SIGINT and SIGHUP until the process ends. `tell` is called from a thread of its own, where everything is
/// allowed.
///
/// # Errors
///
/// If the operating system does not let it.
pub fn listen(tell: impl Fn(Wish) + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for signal in signals.forever() {
                tell(if signal == SIGHUP {
                    Wish::Reload
                } else {
                    Wish::End
                });
            }
        })?;
    Ok(())
}
