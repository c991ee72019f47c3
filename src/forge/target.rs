//! Where a forge is asked, and with what.

use std::fmt;
use std::time::Duration;

use super::ForgeError;
use super::address;
use crate::model::Forge;

/// The longest name of a project, in bytes.
const LONGEST_PROJECT: usize = 500;

/// Where and how a forge is asked.
#[derive(Clone)]
pub struct Target {
    /// Which kind of forge.
    pub forge: Forge,
    /// The root of its API, without `/` at its end.
    pub url: String,
    /// The project: `OWNER/NAME` on GitHub, a path such as `group/name` or a number on GitLab.
    pub project: String,
    token: Option<String>,
    /// How long all questions together may take.
    pub patience: Duration,
}

impl Target {
    /// Checks where and how a forge is to be asked.
    ///
    /// Without `url` it is the public forge: `https://api.github.com` or `https://gitlab.com/api/v4`. With one, it is taken
    /// for the root of the API as it is; only for GitLab one without a path gets `/api/v4`. Unencrypted addresses are taken
    /// only where they lead to this machine. A token that is empty is none.
    ///
    /// # Errors
    ///
    /// [`ForgeError::BadUrl`], [`ForgeError::BadProject`] or [`ForgeError::BadToken`].
    pub fn new(
        forge: Forge,
        url: Option<&str>,
        project: &str,
        token: Option<String>,
        patience: Duration,
    ) -> Result<Self, ForgeError> {
        check_project(forge, project)?;
        let token = token
            .map(|token| token.trim().to_owned())
            .filter(|token| !token.is_empty());
        let is_sendable = |token: &String| token.bytes().all(|byte| byte.is_ascii_graphic());
        if !token.as_ref().is_none_or(is_sendable) {
            return Err(ForgeError::BadToken);
        }
        Ok(Self {
            forge,
            url: root(forge, url)?,
            project: project.to_owned(),
            token,
            patience,
        })
    }

    /// The token, for the one header that has it.
    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Target")
            .field("forge", &self.forge)
            .field("url", &self.url)
            .field("project", &self.project)
            .field("token", &self.token.as_ref().map(|_| "not shown"))
            .field("patience", &self.patience)
            .finish()
    }
}

fn root(forge: Forge, url: Option<&str>) -> Result<String, ForgeError> {
    let Some(url) = url else {
        return Ok(match forge {
            Forge::GitHub => "https://api.github.com".to_owned(),
            Forge::GitLab => "https://gitlab.com/api/v4".to_owned(),
        });
    };
    let root = address::root(url).map_err(|why| ForgeError::BadUrl { why })?;
    match forge {
        Forge::GitLab if !address::has_path(&root) => Ok(format!("{root}/api/v4")),
        _ => Ok(root),
    }
}

fn check_project(forge: Forge, project: &str) -> Result<(), ForgeError> {
    let parts: Vec<&str> = project.split('/').collect();
    let is_number = parts.len() == 1 && project.bytes().all(|byte| byte.is_ascii_digit());
    let (fits, rule) = match forge {
        Forge::GitHub => (parts.len() == 2, "on GitHub it is OWNER/NAME"),
        Forge::GitLab => (
            parts.len() >= 2 || is_number,
            "on GitLab it is a path such as group/name, or a number",
        ),
    };
    if fits && project.len() <= LONGEST_PROJECT && parts.iter().all(|part| is_name(part)) {
        return Ok(());
    }
    Err(ForgeError::BadProject {
        project: project.chars().take(100).collect(),
        rule,
    })
}

fn is_name(part: &str) -> bool {
    let is_fitting = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !part.is_empty() && !matches!(part, "." | "..") && part.bytes().all(is_fitting)
}
