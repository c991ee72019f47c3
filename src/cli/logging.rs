//! The program's own log, on standard error: off unless `ROLECALL_LOG` asks for it, and on for a daemon.

use std::fmt;
use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use super::args::{Cli, Command, LogFormat};
use crate::time::clock::SystemClock;

/// Begins to log, as the command and `ROLECALL_LOG` ask for.
pub fn start(cli: &Cli) {
    let daemon = match &cli.command {
        Command::Watch(args) if !args.once => Some(args.log_format),
        _ => None,
    };
    let default = daemon.map_or("off", |_| "rolecall=info");
    let filter =
        EnvFilter::try_from_env("ROLECALL_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match daemon {
        None => log.init(),
        Some(LogFormat::Human) => log.with_timer(Utc).with_target(false).init(),
        Some(LogFormat::Json) => log
            .json()
            .with_timer(Utc)
            .with_target(false)
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .init(),
    }
}

/// RFC 3339 in UTC, with milliseconds.
struct Utc;

impl FormatTime for Utc {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let now = SystemClock.precise();
        let text = now.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        writer.write_str(&text)
    }
}
