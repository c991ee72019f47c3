//! Checking signatures: what ssh-keygen says, and what of that is a verdict.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::super::process::{self, Answer, Patience};
use super::super::text;
use super::{KEYGEN, Ssh, SshError, checked, failed, io, unanswered};
use crate::model::PublicKey;

/// One signature to be checked.
#[derive(Debug, Clone, Copy)]
pub struct Check<'a> {
    /// Who is said to have signed.
    pub person: &'a str,
    /// Their key.
    pub key: &'a PublicKey,
    /// What signatures of this kind are for.
    pub namespace: &'a str,
    /// What was signed.
    pub message: &'a [u8],
    /// The signature, armored.
    pub signature: &'a str,
}

/// What ssh-keygen may see of our environment when it checks a signature.
const VARIABLES: [&str; 3] = ["LD_LIBRARY_PATH", "LLVM_PROFILE_FILE", "TMPDIR"];

/// The most processes at one time.
const AT_ONCE: usize = 4;

/// What stands on standard output for everything that is not good, whatever the reason.
const NOT_VERIFIED: &[u8] = b"Could not verify signature.\n";

impl Ssh {
    /// Whether each signature is good: made with the person's key, over exactly this message, in this namespace. In the order
    /// of the checks; several at a time.
    ///
    /// What stands behind the end line of the armor is not looked at, as ssh-keygen does not: a good signature followed by
    /// anything is good, and of two signatures the first one counts.
    ///
    /// # Errors
    ///
    /// A [`SshError`] if one of them cannot be judged. Nothing is known of any of them then.
    pub fn verify(&self, checks: &[Check<'_>]) -> Result<Vec<bool>, SshError> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let workers = checks.len().min(cores).min(AT_ONCE);
        if workers <= 1 {
            return checks.iter().map(|check| self.is_good(check)).collect();
        }
        let next = AtomicUsize::new(0);
        let work = || {
            let mut judged = Vec::new();
            while let Some((index, check)) = {
                let index = next.fetch_add(1, Ordering::Relaxed);
                checks.get(index).map(|check| (index, check))
            } {
                let verdict = self.is_good(check);
                if verdict.is_err() {
                    // Nobody needs to begin another one.
                    next.store(checks.len(), Ordering::Relaxed);
                }
                judged.push((index, verdict));
            }
            judged
        };
        let mut judged = thread::scope(|scope| {
            let others = (1..workers)
                .map(|_| thread::Builder::new().spawn_scoped(scope, work))
                .collect::<Vec<_>>();
            let mut judged = work();
            // A thread that could not be started leaves its work to the others; of one that broke off, verdicts are missing.
            for other in others.into_iter().flatten() {
                judged.extend(other.join().unwrap_or_default());
            }
            judged
        });
        judged.sort_by_key(|(index, _)| *index);
        let verdicts: Vec<bool> = judged
            .into_iter()
            .map(|(_, verdict)| verdict)
            .collect::<Result<_, _>>()?;
        if verdicts.len() == checks.len() {
            Ok(verdicts)
        } else {
            Err(failed(KEYGEN, b"a check was broken off"))
        }
    }

    fn is_good(&self, check: &Check<'_>) -> Result<bool, SshError> {
        let (person, namespace) = (checked(check.person)?, checked(check.namespace)?);
        let folder = private_folder()?;
        let file = |name, content: &[u8]| written(folder.path(), name, content);
        let line = format!("{person} namespaces=\"{namespace}\" {}\n", check.key);
        let allowed = file("allowed", line.as_bytes())?;
        let signature = file("signature", check.signature.as_bytes())?;
        // An empty one revokes nothing. It is always named, so that no default ever takes its place.
        let revoked = file("revoked", b"")?;
        let mut command = process::command(&self.keygen, &VARIABLES);
        command
            .current_dir(folder.path())
            .env("HOME", "/nonexistent")
            .env("LC_ALL", "C")
            .args(["-Y", "verify", "-I", person, "-n", namespace, "-f"])
            .arg(&allowed)
            .arg("-s")
            .arg(&signature)
            .arg("-r")
            .arg(&revoked);
        let answer = process::run(
            &mut command,
            Some(check.message.to_vec()),
            Patience::of(self.limit),
        )
        .map_err(|source| unanswered(KEYGEN, source))?;
        let verdict = verdict(&answer);
        // Where ssh-keygen finds no list of revoked keys it refuses without a word. That is no verdict.
        let is_intact = [&allowed, &signature, &revoked]
            .iter()
            .all(|file| file.is_file());
        verdict
            .filter(|_| is_intact)
            .ok_or_else(|| failed(KEYGEN, &answer.stderr))
    }
}

/// A folder that only we can look into; it is gone when it is dropped.
pub(super) fn private_folder() -> Result<tempfile::TempDir, SshError> {
    let private = fs::Permissions::from_mode(0o700);
    tempfile::Builder::new()
        .prefix("rolecall-")
        .permissions(private)
        .tempdir()
        .map_err(|source| io("make a temporary folder for ssh-keygen", source))
}

/// Writes a file that ssh-keygen reads, and gives its path.
pub(super) fn written(
    folder: &Path,
    name: &str,
    content: &[u8],
) -> Result<std::path::PathBuf, SshError> {
    let path = folder.join(name);
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| file.write_all(content))
        .map_err(|source| io("write a temporary file for ssh-keygen", source))?;
    Ok(path)
}

/// Whether the signature is good; `None` if that has not been found out.
fn verdict(answer: &Answer) -> Option<bool> {
    match answer.code {
        Some(0) => (answer.has_listened && answer.output.starts_with(b"Good \"")).then_some(true),
        Some(255) if answer.output == NOT_VERIFIED => {
            let said = String::from_utf8_lossy(&answer.stderr).to_lowercase();
            let in_trouble = TROUBLES.iter().any(|trouble| said.contains(trouble));
            (!in_trouble).then_some(false)
        }
        _ => None,
    }
}

/// What a program says that could not look, rather than one that has looked and seen something bad. Whatever else it says of a
/// signature, whoever wrote it may have provoked: that must not stop everything.
const TROUBLES: [&str; 8] = [
    "cannot allocate",
    "input/output error",
    "malloc",
    "memory allocation",
    "no space left",
    "no such file",
    "permission denied",
    "too many open files",
];

/// The last line that a program said, short and harmless.
pub(super) fn last_line(stderr: &[u8]) -> String {
    let lines = stderr.rsplit(|byte| *byte == b'\n' || *byte == b'\r');
    let last = lines
        .map(<[u8]>::trim_ascii)
        .find(|line| !line.is_empty())
        .unwrap_or(b"it said nothing");
    text::escaped(last).chars().take(200).collect()
}
