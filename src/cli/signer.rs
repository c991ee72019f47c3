//! Who signs, and with which key.

use std::path::{Path, PathBuf};

use super::error::Error;
use crate::git::Ssh;
use crate::model::{PersonId, PublicKey, Settings};

/// Where the private half of a key is.
#[derive(Debug)]
pub enum Signer {
    /// In this file, or with the agent if it holds the public half.
    File(PathBuf),
    /// With the agent.
    Agent(PublicKey),
}

impl Signer {
    /// Finds out who signs, and with what: the given person or whose key it is; the given file, or a key of the agent.
    ///
    /// # Errors
    ///
    /// Invalid input where nobody, or more than one person, can be meant.
    pub fn choose(
        ssh: &Ssh,
        settings: &Settings,
        person: Option<PersonId>,
        file: Option<&Path>,
    ) -> Result<(PersonId, Self), Error> {
        match (person, file) {
            (Some(person), Some(file)) => {
                // Where the public half is at hand, what cannot count is said before anybody is asked.
                if let Some(key) = ssh.public_half(file)? {
                    check_owner(settings, &key, &person)?;
                }
                Ok((person, Self::File(file.to_owned())))
            }
            (None, Some(file)) => {
                let key = ssh.public_key(file)?;
                let person = settings.person_of_key(&key).cloned().ok_or_else(|| {
                    let message = format!(
                        "{} ({}) is nobody's key in rolecall.yaml",
                        file.display(),
                        key.fingerprint()
                    );
                    Error::invalid(message)
                        .hint("add it to `keys` of a person, or name another key with --key")
                })?;
                check_owner(settings, &key, &person)?;
                Ok((person, Self::File(file.to_owned())))
            }
            (person, None) => Self::of_agent(ssh, settings, person),
        }
    }

    fn of_agent(
        ssh: &Ssh,
        settings: &Settings,
        person: Option<PersonId>,
    ) -> Result<(PersonId, Self), Error> {
        let held = ssh.agent_keys()?;
        let mut found: Vec<(&PersonId, &PublicKey)> = Vec::new();
        for (id, details) in &settings.people {
            if person.as_ref().is_some_and(|person| person != id) {
                continue;
            }
            let usable = |key: &&PublicKey| held.contains(key) && settings.revoked(key).is_none();
            let mut keys = details.keys.iter();
            found.extend(keys.find(usable).map(|key| (id, key)));
        }
        match found.as_slice() {
            [(id, key)] => Ok(((*id).clone(), Self::Agent((*key).clone()))),
            [] => {
                let whose =
                    person.map_or("anybody of rolecall.yaml".to_owned(), |id| id.to_string());
                Err(
                    Error::invalid(format!("the SSH agent has no key of {whose}")).hint(
                        "name the key with --key FILE, or add it to the agent with `ssh-add FILE`",
                    ),
                )
            }
            several => {
                let people: Vec<_> = several.iter().map(|(id, _)| id.as_str()).collect();
                let message = format!("the SSH agent has keys of {}", people.join(", "));
                Err(Error::invalid(message).hint("say who signs with --as PERSON"))
            }
        }
    }

    /// Whether somebody has to touch a security key for it, as far as that can be told before.
    #[must_use]
    pub fn is_touched(&self, ssh: &Ssh) -> bool {
        let key = match self {
            Self::Agent(key) => Some(key.clone()),
            Self::File(file) => ssh.public_half(file).ok().flatten(),
        };
        key.is_some_and(|key| key.is_on_security_key())
    }

    /// Signs.
    ///
    /// # Errors
    ///
    /// If there is no private key, or ssh-keygen does not sign with it.
    pub fn sign(&self, ssh: &Ssh, namespace: &str, message: &[u8]) -> Result<String, Error> {
        match self {
            Self::File(file) => Ok(ssh.sign(file, namespace, message)?),
            Self::Agent(key) => Ok(ssh.sign_with(key, namespace, message)?),
        }
    }
}

/// Refuses a key that is not the person's, or is revoked.
fn check_owner(settings: &Settings, key: &PublicKey, person: &PersonId) -> Result<(), Error> {
    let fingerprint = key.fingerprint();
    let hint = "sign with another key, named with --key";
    if let Some(revoked) = settings.revoked(key) {
        let (since, reason) = (&revoked.since, &revoked.reason);
        let message = format!("the key {fingerprint} is revoked (since {since}: {reason})");
        return Err(Error::invalid(message).hint(hint));
    }
    match settings.person_of_key(key) {
        Some(owner) if owner == person => Ok(()),
        Some(owner) => {
            let message = format!("the key {fingerprint} is of {owner}, not of {person}");
            Err(Error::invalid(message).hint(hint))
        }
        None => {
            let message = format!("the key {fingerprint} is no key of {person} in rolecall.yaml");
            Err(Error::invalid(message)
                .hint("sign with one that is, or have this one added to `keys` on the protected branch first"))
        }
    }
}
