//! Checked identifiers.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {} {kind} id: {rule}", article(kind))]
pub struct IdError {
    kind: &'static str,
    text: String,
    rule: &'static str,
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    }
}

fn check(
    kind: &'static str,
    rule: &'static str,
    longest: usize,
    extra: &[u8],
    text: &str,
) -> Result<(), IdError> {
    let bytes = text.as_bytes();
    let fits = bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.len() <= longest
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || extra.contains(byte));
    if fits {
        Ok(())
    } else {
        Err(IdError {
            kind,
            text: text.chars().take(140).collect(),
            rule,
        })
    }
}

macro_rules! id {
    ($(#[$documentation:meta])* $name:ident, $kind:literal, $longest:literal, $extra:literal, $rule:literal) => {
        $(#[$documentation])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks a text.
            ///
            /// # Errors
            ///
            /// An [`IdError`] that states the rule, if the text breaks it.
            pub fn new(text: &str) -> Result<Self, IdError> {
                Self::check(text)?;
                Ok(Self(Arc::from(text)))
            }

            /// Checks a text, and makes no id of it.
            ///
            /// # Errors
            ///
            /// As [`Self::new`].
            pub fn check(text: &str) -> Result<(), IdError> {
                check($kind, $rule, $longest, $extra, text)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, formatter)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::new(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(
    /// The id of a change request: its file name without the ending.
    RequestId, "request", 100, b"._-",
    "a letter or digit, then up to 99 letters, digits, '.', '_' or '-'"
);
id!(
    /// The id of an employee.
    EmployeeId, "employee", 128, b"._@+-",
    "a letter or digit, then up to 127 letters, digits, '.', '_', '@', '+' or '-'"
);
id!(
    /// The id of a role.
    RoleId, "role", 128, b"._@+-/:",
    "a letter or digit, then up to 127 letters, digits, '.', '_', '@', '+', '-', '/' or ':'"
);
id!(
    /// The id of a person or group of the settings.
    PersonId, "person", 128, b"._@+-",
    "a letter or digit, then up to 127 letters, digits, '.', '_', '@', '+' or '-'"
);
id!(
    /// The name of somebody who is told of events.
    TargetId, "target", 128, b"._@+-",
    "a letter or digit, then up to 127 letters, digits, '.', '_', '@', '+' or '-'"
);

impl RequestId {
    /// The id of a text that has been checked.
    pub(super) fn known(text: &str) -> Self {
        Self(Arc::from(text))
    }
}

impl EmployeeId {
    /// The id of a text that has been checked.
    pub(super) fn known(text: &str) -> Self {
        Self(Arc::from(text))
    }
}
