//! SSH signatures, through ssh-keygen: made with the keys of the user, and checked against one key at a time.

mod error;
mod verify;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use error::SshError;
pub use verify::Check;

use super::process::{self, Answer, Patience};
use super::text;
use crate::model::PublicKey;
use verify::{last_line, private_folder, written};

/// The program that signs and checks.
const KEYGEN: &str = "ssh-keygen";

/// The program that lists what the agent has.
const ADD: &str = "ssh-add";

/// How long one check may take, or the list of the agent's keys.
const LIMIT: Duration = Duration::from_secs(20);

/// What is needed of the environment to sign: the agent, the terminal, the windows that ask for a passphrase, and security keys.
const VARIABLES: [&str; 15] = [
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "HOME",
    "LD_LIBRARY_PATH",
    "LLVM_PROFILE_FILE",
    "SSH_ASKPASS",
    "SSH_ASKPASS_REQUIRE",
    "SSH_AUTH_SOCK",
    "SSH_SK_HELPER",
    "SSH_SK_PROVIDER",
    "TERM",
    "TMPDIR",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
];

/// The largest file of a key, in bytes.
const KEY_LIMIT: u64 = 64 * 1024;

/// ssh-keygen, found on the absolute entries of the PATH.
#[derive(Debug, Clone)]
pub struct Ssh {
    /// The program, absolute.
    pub(super) keygen: PathBuf,
    /// How long a check may take.
    pub(super) limit: Duration,
    /// What is set for the programs besides; tests have an agent of their own.
    pub(super) variables: Vec<(&'static str, OsString)>,
}

impl Ssh {
    /// Finds ssh-keygen.
    ///
    /// # Errors
    ///
    /// [`SshError::NotInstalled`] if there is none.
    pub fn find() -> Result<Self, SshError> {
        let keygen = process::find(KEYGEN).ok_or(SshError::NotInstalled { program: KEYGEN })?;
        Ok(Self {
            keygen,
            limit: LIMIT,
            variables: Vec::new(),
        })
    }

    /// Signs a message; gives the armored signature. `key` is the file of a private key, or of a public key whose private half
    /// lies beside it or is in the agent. ssh-keygen asks for a passphrase itself, on the terminal; there is no time limit.
    ///
    /// # Errors
    ///
    /// A [`SshError`] that says why the key cannot be used.
    pub fn sign(&self, key: &Path, namespace: &str, message: &[u8]) -> Result<String, SshError> {
        let name = text::harmless(key.as_os_str().as_encoded_bytes());
        self.signature(&absolute(key)?, name, namespace, message)
    }

    /// As [`Ssh::sign`], with a key that the agent has.
    ///
    /// # Errors
    ///
    /// [`SshError::NoPrivateKey`] if it has not; else as [`Ssh::sign`].
    pub fn sign_with(
        &self,
        key: &PublicKey,
        namespace: &str,
        message: &[u8],
    ) -> Result<String, SshError> {
        let folder = private_folder()?;
        let file = written(folder.path(), "key.pub", format!("{key}\n").as_bytes())?;
        self.signature(&file, key.fingerprint(), namespace, message)
    }

    fn signature(
        &self,
        file: &Path,
        name: String,
        namespace: &str,
        message: &[u8],
    ) -> Result<String, SshError> {
        let mut command = self.command(&self.keygen);
        command
            .args(["-Y", "sign", "-n", checked(namespace)?, "-f"])
            .arg(file);
        let answer = process::run(&mut command, Some(message.to_vec()), Patience::default())
            .map_err(|source| unanswered(KEYGEN, source))?;
        let is_done = answer.code == Some(0) && answer.has_listened;
        let signature = String::from_utf8(answer.output).ok().filter(|signature| {
            signature.starts_with("-----BEGIN SSH SIGNATURE-----\n")
                && signature.ends_with("\n-----END SSH SIGNATURE-----\n")
        });
        signature
            .filter(|_| is_done)
            .ok_or_else(|| refusal(&answer.stderr, name))
    }

    /// The keys that the agent has. Without an agent there are none, as in an empty one.
    ///
    /// # Errors
    ///
    /// [`SshError::NotInstalled`] if there is no ssh-add; a [`SshError`] if the agent does not answer.
    pub fn agent_keys(&self) -> Result<Vec<PublicKey>, SshError> {
        let add = process::find(ADD).ok_or(SshError::NotInstalled { program: ADD })?;
        let answer = process::run(self.command(&add).arg("-L"), None, Patience::of(self.limit))
            .map_err(|source| unanswered(ADD, source))?;
        match answer.code {
            Some(0) => Ok(String::from_utf8_lossy(&answer.output)
                .lines()
                .filter_map(PublicKey::parse)
                .filter(PublicKey::is_whole)
                .collect()),
            _ if has_no_keys(&answer) => Ok(Vec::new()),
            _ => Err(failed(ADD, &answer.stderr)),
        }
    }

    /// The public key that stands in a file, or in the file of that name with `.pub` behind it; `None` where neither has one.
    ///
    /// # Errors
    ///
    /// [`SshError::NoFile`] if there is neither file; else if one cannot be read.
    pub fn public_half(&self, file: &Path) -> Result<Option<PublicKey>, SshError> {
        let file = absolute(file)?;
        let here = content(&file)?;
        if let Some(key) = here.as_deref().and_then(read_public) {
            return Ok(Some(key));
        }
        let mut beside = file.clone().into_os_string();
        beside.push(".pub");
        let beside = content(Path::new(&beside))?;
        if file.symlink_metadata().is_err() && beside.is_none() {
            return Err(SshError::NoFile {
                file: text::harmless(file.as_os_str().as_encoded_bytes()),
            });
        }
        Ok(beside.as_deref().and_then(read_public))
    }

    /// The public key of a file: what stands in it, or in the file of that name with `.pub` behind it, or what ssh-keygen makes
    /// of a private key. It may ask for the passphrase then.
    ///
    /// # Errors
    ///
    /// [`SshError::NotAKey`] if it is the file of no key; else a [`SshError`] that says why it cannot be used.
    pub fn public_key(&self, file: &Path) -> Result<PublicKey, SshError> {
        let name = text::harmless(file.as_os_str().as_encoded_bytes());
        if let Some(key) = self.public_half(file)? {
            return Ok(key);
        }
        let file = absolute(file)?;
        let here = content(&file)?;
        if !here.is_some_and(|text| text.contains("PRIVATE KEY-----")) {
            return Err(SshError::NotAKey { file: name });
        }
        let mut command = self.command(&self.keygen);
        let answer = process::run(
            command.args(["-y", "-f"]).arg(&file),
            None,
            Patience::default(),
        )
        .map_err(|source| unanswered(KEYGEN, source))?;
        let key = str::from_utf8(&answer.output).ok().and_then(read_public);
        key.filter(|_| answer.code == Some(0))
            .ok_or_else(|| refusal(&answer.stderr, name))
    }

    /// A command on behalf of the user.
    fn command(&self, program: &Path) -> std::process::Command {
        let mut command = process::command(program, &VARIABLES);
        command
            .env("LC_ALL", "C")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// A person or namespace in which nothing is a pattern, an option or a quotation mark.
fn checked(name: &str) -> Result<&str, SshError> {
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'@' | b'+' | b'-');
    let begins_well = name
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphanumeric());
    if begins_well && name.len() <= 255 && name.bytes().all(is_plain) {
        Ok(name)
    } else {
        Err(SshError::BadName {
            name: text::harmless(name.as_bytes()),
        })
    }
}

/// The path from the root on, so that it is never taken for an option. Links are left as they are.
fn absolute(path: &Path) -> Result<PathBuf, SshError> {
    std::path::absolute(path).map_err(|source| io("find the file of the key", source))
}

/// The text of a file of a key; `None` if there is no such file.
fn content(file: &Path) -> Result<Option<String>, SshError> {
    let read = |source| io("read the file of the key", source);
    match file.metadata() {
        Ok(found) if found.is_file() && found.len() <= KEY_LIMIT => {
            let bytes = fs::read(file).map_err(read)?;
            Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
        }
        // A pipe would never end.
        Ok(_) => Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(read(error)),
    }
}

/// The one public key that a text has.
fn read_public(text: &str) -> Option<PublicKey> {
    PublicKey::parse(text.trim()).filter(PublicKey::is_whole)
}

fn has_no_keys(answer: &Answer) -> bool {
    let said = String::from_utf8_lossy(&answer.stderr);
    match answer.code {
        Some(1) => answer.output == b"The agent has no identities.\n",
        Some(2) => {
            said.starts_with("Could not open a connection to your authentication agent")
                || said.starts_with("Error connecting to agent")
        }
        _ => false,
    }
}

fn io(step: &'static str, source: std::io::Error) -> SshError {
    SshError::Io { step, source }
}

fn unanswered(program: &'static str, source: std::io::Error) -> SshError {
    match source.kind() {
        std::io::ErrorKind::TimedOut => SshError::TimeOut { program },
        std::io::ErrorKind::NotFound => SshError::NotInstalled { program },
        _ => io("run ssh-keygen", source),
    }
}

fn failed(program: &'static str, stderr: &[u8]) -> SshError {
    SshError::Failed {
        program,
        message: last_line(stderr),
    }
}

/// Why a key could not be used.
fn refusal(stderr: &[u8], key: String) -> SshError {
    let text = String::from_utf8_lossy(stderr);
    let said = |words: &str| text.contains(words);
    let message = last_line(stderr);
    if said("UNPROTECTED PRIVATE KEY") {
        SshError::OpenPermissions(message)
    } else if said("incorrect passphrase") {
        SshError::WrongPassphrase(message)
    } else if said("agent refused operation") {
        SshError::Refused(message)
    } else if said("Couldn't load public key") {
        SshError::NotAKey { file: key }
    } else if said("No private key found for") {
        SshError::NoPrivateKey { key }
    } else {
        failed(KEYGEN, stderr)
    }
}
