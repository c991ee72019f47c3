//! Why a signature could neither be made nor judged.

/// Why ssh-keygen or ssh-add gave no answer that counts.
#[derive(Debug, thiserror::Error)]
pub enum SshError {
    /// There is no ssh-keygen or ssh-add.
    #[error("{program} is not installed")]
    NotInstalled {
        /// Which of them.
        program: &'static str,
    },
    /// The operating system.
    #[error("failed to {step}")]
    Io {
        /// What was being done, as a verb with its object.
        step: &'static str,
        /// Why not.
        source: std::io::Error,
    },
    /// A person or a namespace that could mean something else to ssh-keygen.
    #[error("{name:?} cannot be the name of a person or a namespace in a signature")]
    BadName {
        /// As it was given, made harmless.
        name: String,
    },
    /// It was ended, because it took too long.
    #[error("{program} did not answer in time")]
    TimeOut {
        /// Which program.
        program: &'static str,
    },
    /// There is no such file.
    #[error("there is no file {file}")]
    NoFile {
        /// The file, made harmless.
        file: String,
    },
    /// The file is no SSH key.
    #[error("{file} is not an SSH key")]
    NotAKey {
        /// The file, made harmless.
        file: String,
    },
    /// Neither a file nor the agent has the private key.
    #[error("no private key was found for {key}, neither beside it nor in the agent")]
    NoPrivateKey {
        /// The file or the fingerprint of the public key, made harmless.
        key: String,
    },
    /// The private key could not be decrypted.
    #[error("the passphrase does not fit the key: {0}")]
    WrongPassphrase(String),
    /// Others may read the private key, so ssh-keygen does not use it.
    #[error("the private key can be read by others, so it is not used: {0}")]
    OpenPermissions(String),
    /// The agent, or whoever sits before it, said no.
    #[error("the agent refused to sign: {0}")]
    Refused(String),
    /// The program failed in another way: nothing is known of the signature.
    #[error("{program} failed: {message}")]
    Failed {
        /// Which program.
        program: &'static str,
        /// What it said, short and harmless.
        message: String,
    },
}

impl SshError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        let hint = match self {
            Self::NotInstalled { .. } => {
                "install OpenSSH (package `openssh-client`), or put it on the PATH"
            }
            Self::BadName { .. } => "use letters, digits, `.`, `_`, `@`, `+` and `-`",
            Self::TimeOut { .. } => {
                "see whether the machine is overloaded, or the agent does not answer (`ssh-add -L`)"
            }
            Self::NoFile { .. } => "name the file of your key, such as `~/.ssh/id_ed25519`",
            Self::NotAKey { .. } => {
                "name the file of a private key such as `~/.ssh/id_ed25519`, or of its public key"
            }
            Self::NoPrivateKey { .. } => {
                "add the key to the agent (`ssh-add FILE`; `ssh-add -L` lists what it has), or name the file of the \
                 private key"
            }
            Self::WrongPassphrase(_) => {
                "try again; without a terminal to ask on, add the key to the agent first (`ssh-add FILE`)"
            }
            Self::OpenPermissions(_) => "run `chmod 600` on the file of the private key",
            Self::Refused(_) => {
                "confirm it where the agent asks, or unlock the agent; `ssh-add -L` lists the keys that it has"
            }
            Self::Failed { message, .. } if message.contains("No user exists") => {
                "ssh-keygen wants the user that it runs as to have a name: add one to /etc/passwd, or run as a user who has one"
            }
            Self::Failed { .. } => {
                "run `ssh-keygen -Y verify` or `ssh-keygen -Y sign` by hand; OpenSSH must be 8.2 or later"
            }
            Self::Io { .. } => return None,
        };
        Some(hint)
    }
}
