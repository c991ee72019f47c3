//! Commands by which people decide, and evidence of that.

use std::path::PathBuf;

use clap::Args;
#[cfg(feature = "forge")]
use clap::Subcommand;
use clap_complete::engine::ArgValueCompleter;

use crate::cli::completion;

/// `rolecall approve` and `rolecall reject`
#[derive(Debug, Args)]
pub struct Approve {
    /// The request's id
    #[arg(add = ArgValueCompleter::new(completion::decidable))]
    pub id: String,
    /// Who decides: a person of the settings [default: whose key it is]
    #[arg(long = "as", value_name = "PERSON", add = ArgValueCompleter::new(completion::people))]
    pub person: Option<String>,
    /// The SSH key to sign with: a private key, or a public one whose private half the agent has [default: a key of the agent]
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// What there is to say about it; it is signed as well
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}

/// `rolecall evidence`
#[cfg(feature = "forge")]
#[derive(Debug, Args)]
pub struct Evidence {
    /// Which forge
    #[command(subcommand)]
    pub forge: Forge,
}

/// The forges of `rolecall evidence`.
#[cfg(feature = "forge")]
#[derive(Debug, Subcommand)]
pub enum Forge {
    /// From GitHub or GitHub Enterprise; the token is taken from `GITHUB_TOKEN`
    Github {
        /// The repository there
        #[arg(long, value_name = "OWNER/NAME")]
        repo: String,
        /// What holds for every forge.
        #[command(flatten)]
        fetch: Fetch,
    },
    /// From GitLab, also a self-hosted one; the token is taken from `GITLAB_TOKEN`
    Gitlab {
        /// The project there: its path, or its number
        #[arg(long, value_name = "PROJECT")]
        project: String,
        /// What holds for every forge.
        #[command(flatten)]
        fetch: Fetch,
    },
}

/// What is fetched from a forge, and how.
#[cfg(feature = "forge")]
#[derive(Debug, Args)]
pub struct Fetch {
    /// The requests [default: all merged ones that wait for evidence of a forge]
    #[arg(long = "request", value_name = "ID", num_args = 1.., add = ArgValueCompleter::new(completion::decidable))]
    pub requests: Vec<String>,
    /// The root of the forge's API, where it is not the public one; plain http for loopback only
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Sign the records with this SSH key
    #[arg(long, value_name = "FILE")]
    pub sign_key: Option<PathBuf>,
    /// How long to try for each request [default: 45s]
    #[arg(long, value_name = "DURATION")]
    pub timeout: Option<String>,
}
