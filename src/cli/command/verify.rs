//! `rolecall verify`: whether logs and state agree, from the baseline on.

use serde::Serialize;

use crate::cli::args::Verify as Args;
use crate::cli::audit::{Audit, audit};
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::model::Digest;
use crate::reconcile::port::Logs as _;
use crate::render;
use crate::store::{state_file, verify};

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    logs: u64,
    head: Option<Digest>,
    state_serial: u64,
    strays: Vec<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approvals: Option<&'a Audit>,
}

/// Replays every log and compares.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Error> {
    context.forms(&[])?;
    let expected = args.expect_head.as_deref().map(read_head).transpose()?;
    let root = context.root()?;
    let (file, logs) = state_file::read_with_logs(&root, |file| file, |_| ())?;
    context.show(logs.strays());
    let verified = verify::verify(&logs, &file, expected)?;
    let audit = if args.approvals {
        Some(audit(context, &logs)?)
    } else {
        None
    };
    let edited = logs.last() > 0 && verified.state_serial < verified.logs;
    context.print(
        |_| {
            let mut text = format!("{} change logs verified", verified.logs);
            if let Some(head) = verified.head {
                text = format!("{text}, head {head}");
            }
            if edited {
                text.push_str(
                    "\nThe state file lags behind them; the next reconcile brings it up to date.",
                );
            }
            text.push('\n');
            if let Some(audit) = &audit {
                text.push_str(&in_words(audit));
            }
            text
        },
        |_| {
            render::json::text(&Document {
                version: render::json::VERSION,
                logs: verified.logs,
                head: verified.head,
                state_serial: verified.state_serial,
                strays: verified
                    .strays
                    .iter()
                    .map(|stray| stray.path.clone())
                    .collect(),
                approvals: audit.as_ref(),
            })
        },
    )?;
    Ok(Exit::Done)
}

/// What was found of approvals.
fn in_words(audit: &Audit) -> String {
    let mut text = format!(
        "Approvals checked again: {} signed, {} reviewed; {} by inline or merge, which nothing here can prove\n",
        audit.signed, audit.reviewed, audit.claimed
    );
    if audit.untied > 0 {
        text.push_str(&format!(
            "Change logs made under settings that are not here: {}; what ties keys and accounts to people there, and what \
             was asked for, the logs alone say\n",
            audit.untied
        ));
    }
    text
}

fn read_head(text: &str) -> Result<Digest, Error> {
    text.parse()
        .map_err(|error| Error::integrity(error).hint("give a head as `rolecall verify` prints it"))
}
