//! Why a forge could not be asked, or what it answered instead.

/// Why something could not be learned from a forge.
///
/// `path` is the path of the address that was asked, without its query. No message has the token, or text that the forge
/// chose freely.
#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
    /// The address cannot be the root of a forge's API.
    #[error("the address of the forge {why}")]
    BadUrl {
        /// What is wrong with it, as a verb with its object.
        why: &'static str,
    },
    /// The name cannot be that of a project.
    #[error("{project:?} cannot be the name of a project: {rule}")]
    BadProject {
        /// As it was given, shortened.
        project: String,
        /// What a name has to be.
        rule: &'static str,
    },
    /// The token cannot be sent.
    #[error("the token has characters that no token has")]
    BadToken,
    /// The commit came without a pull or merge request.
    #[error("the forge knows no merged pull or merge request with commit {commit}")]
    NotMerged {
        /// The commit.
        commit: String,
    },
    /// The commit is in merged pull or merge requests, but none went into the branch.
    #[error(
        "the pull or merge request with commit {commit} was not merged into {branch:?}: {}",
        list(numbers)
    )]
    OtherBranch {
        /// The commit.
        commit: String,
        /// The branch.
        branch: String,
        /// Those that it is in.
        numbers: Vec<u64>,
    },
    /// Several merged pull or merge requests may have brought the commit.
    #[error(
        "commit {commit} is in several merged pull or merge requests: {}",
        list(numbers)
    )]
    Ambiguous {
        /// The commit.
        commit: String,
        /// Which.
        numbers: Vec<u64>,
    },
    /// The forge sends elsewhere; nothing was sent there.
    #[error("the answer to {path} leads to another server, {origin}")]
    Elsewhere {
        /// What was asked.
        path: String,
        /// Where it leads: scheme, host and port.
        origin: String,
    },
    /// The forge redirects again and again.
    #[error("{path} was redirected more than {limit} times")]
    Redirects {
        /// What was asked.
        path: String,
        /// How often is still followed.
        limit: u32,
    },
    /// The answer is longer than anything that is expected.
    #[error("the answer to {path} is too long: more than {limit}")]
    TooLong {
        /// What was asked.
        path: String,
        /// The limit, with its unit.
        limit: &'static str,
    },
    /// 401: nobody who may ask.
    #[error("the forge wants a token that it accepts for {path} (401)")]
    Unauthorized {
        /// What was asked.
        path: String,
    },
    /// 403: somebody who may not.
    #[error("the forge does not let the token read {path} (403)")]
    Forbidden {
        /// What was asked.
        path: String,
    },
    /// 404: not there, or hidden.
    #[error("the forge knows no {path} (404)")]
    NotFound {
        /// What was asked.
        path: String,
    },
    /// Another status that trying again does not change.
    #[error("the forge refused {path} (status {status})")]
    Refused {
        /// What was asked.
        path: String,
        /// The status.
        status: u16,
    },
    /// The forge asks for a pause that is longer than the time that is left.
    #[error(
        "the forge answers {path} only in {seconds} s (status {status}), and there is less time"
    )]
    Busy {
        /// What was asked.
        path: String,
        /// The status.
        status: u16,
        /// How long it asks to wait.
        seconds: u64,
    },
    /// The forge still failed, or asked to wait, when it was asked for the last time.
    #[error(
        "the forge answered {path} {attempts} times with an error, at last with status {status}"
    )]
    Failing {
        /// What was asked.
        path: String,
        /// The last status.
        status: u16,
        /// How often it was asked.
        attempts: u32,
    },
    /// The forge could not be reached, or broke off.
    #[error("the forge cannot be reached for {path}: {fault}")]
    Unreachable {
        /// What was asked.
        path: String,
        /// What happened.
        fault: String,
    },
    /// The time is over.
    #[error("the time to ask the forge for {path} is over ({seconds} s): {last}")]
    OutOfTime {
        /// What was asked.
        path: String,
        /// The time that all questions together had.
        seconds: f64,
        /// What happened last.
        last: String,
    },
    /// An answer that is not understood.
    #[error("the forge gave an answer to {path} that is not understood: {message}")]
    Answer {
        /// What was asked.
        path: String,
        /// What is odd about it.
        message: String,
    },
}

impl ForgeError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::BadUrl { .. } => {
                "name the root of its API, such as `https://forge.example.com/api/v3` (GitHub) or \
                 `https://forge.example.com` (GitLab)"
            }
            Self::BadProject { .. } => {
                "name it as in its address: `OWNER/NAME` on GitHub, `group/name` or its number on GitLab"
            }
            Self::BadToken => "set the token again, as one line without spaces",
            Self::NotMerged { .. } => {
                "it was pushed to the branch directly, so no review approves it: bring a change of the request through a \
                 pull or merge request, or fetch again if it was merged only just now"
            }
            Self::OtherBranch { .. } => {
                "name the branch that it was merged into in `approval.branch`, or bring the request to this one through a \
                 pull or merge request"
            }
            Self::Ambiguous { .. } => {
                "the forge does not tell which one brought it: bring a change of the request through one pull or merge \
                 request"
            }
            Self::Elsewhere { .. } => {
                "if the forge has moved, give its new address; the token was not sent there"
            }
            Self::Unauthorized { .. } => {
                "the token is missing, wrong or has expired: set `GITHUB_TOKEN` or `GITLAB_TOKEN`"
            }
            Self::Forbidden { .. } => {
                "give the token the right to read the project: contents and pull requests on GitHub, `read_api` on GitLab"
            }
            Self::NotFound { .. } => {
                "there is no such project or commit, or the token may not see it: compare the names, and push the commit"
            }
            Self::Refused { .. } => {
                "compare the address and the project; status 422 says that the forge does not know the commit: push it"
            }
            Self::Busy { .. } => {
                "try again when that time has passed; a forge grants more to a token than without one"
            }
            Self::Failing { .. } => "try again later; see the forge's page about its condition",
            Self::Unreachable { .. } => {
                "compare the address, and see whether the network lets this machine reach it; a certificate is checked \
                 with the machine's list of authorities, or with that of `SSL_CERT_FILE`"
            }
            Self::OutOfTime { .. } => "try again, or allow more time",
            Self::Redirects { .. } | Self::TooLong { .. } | Self::Answer { .. } => {
                "see whether the address is that of the forge's API, and not of its pages or of something in between"
            }
        };
        Some(hint.to_owned())
    }

    /// Whether asking for something else would end the same way, because there is no time left for it.
    pub(super) fn is_about_time(&self) -> bool {
        matches!(self, Self::OutOfTime { .. } | Self::Busy { .. })
    }
}

fn list(numbers: &[u64]) -> String {
    let shown: Vec<String> = numbers.iter().take(10).map(u64::to_string).collect();
    let more = if numbers.len() > shown.len() {
        ", …"
    } else {
        ""
    };
    format!("{}{more}", shown.join(", "))
}
