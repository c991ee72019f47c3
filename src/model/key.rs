//! SSH public keys.

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha2::{Digest as _, Sha256};

/// Base64 as OpenSSH writes it; read with or without padding.
pub const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The types of keys that `ssh-keygen -Y` signs with, by the names that begin the line of a `.pub` file.
const TYPES: [&str; 7] = [
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];

/// An SSH public key: its type and its bytes (RFC 4253, section 6.6). A comment is no part of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey {
    kind: &'static str,
    blob: Vec<u8>,
}

impl PublicKey {
    /// Reads the line of a `.pub` file: type, base64, and a comment that is not kept. `None` if it is none, also with options or
    /// patterns before the type. Whether the bytes are those of a key is for [`PublicKey::is_whole`] to say.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        if line.contains(['\n', '\r']) {
            return None;
        }
        let mut parts = line.split(' ').filter(|part| !part.is_empty());
        let name = parts.next()?;
        let kind = TYPES.into_iter().find(|kind| *kind == name)?;
        let blob = BASE64.decode(parts.next()?).ok()?;
        (!blob.is_empty()).then_some(Self { kind, blob })
    }

    /// A key from its bytes alone; `None` if they are not those of a whole key.
    #[must_use]
    pub fn from_blob(blob: &[u8]) -> Option<Self> {
        let name = fields(blob)?.next()??;
        let kind = TYPES.into_iter().find(|kind| kind.as_bytes() == name)?;
        let key = Self {
            kind,
            blob: blob.to_vec(),
        };
        key.is_whole().then_some(key)
    }

    /// Whether the bytes are those of a key: its type and as many fields as a key of that type has, to the last byte. A key that was
    /// copied in part is not whole: it fits no signature, and revokes nothing.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let Some(fields) = fields(&self.blob) else {
            return false;
        };
        let Some(fields) = fields.collect::<Option<Vec<_>>>() else {
            return false;
        };
        let count = match self.kind {
            "ssh-ed25519" => 2,
            "sk-ecdsa-sha2-nistp256@openssh.com" => 4,
            _ => 3,
        };
        let is_ed25519 = self.kind.contains("ed25519");
        fields.first().copied() == Some(self.kind.as_bytes())
            && fields.len() == count
            && fields[1..].iter().all(|field| !field.is_empty())
            && (!is_ed25519 || fields[1].len() == 32)
    }

    /// Whether its private half is on a security key, which somebody has to touch.
    #[must_use]
    pub fn is_on_security_key(&self) -> bool {
        self.kind.starts_with("sk-")
    }

    /// Its fingerprint, as `ssh-keygen -l` prints it: `SHA256:` and base64 without padding.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digest = BASE64.encode(Sha256::digest(&self.blob));
        format!("SHA256:{}", digest.trim_end_matches('='))
    }
}

/// The fields of a key: each with its length before it (RFC 4251, section 5, `string`). `None` in place of what is cut off.
fn fields(blob: &[u8]) -> Option<impl Iterator<Item = Option<&[u8]>>> {
    let mut rest = Some(blob);
    let fields = std::iter::from_fn(move || {
        let bytes = rest.filter(|bytes| !bytes.is_empty())?;
        let field = bytes.split_first_chunk::<4>().and_then(|(length, behind)| {
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            behind.split_at_checked(length)
        });
        rest = field.map(|(_, behind)| behind);
        Some(field.map(|(field, _)| field))
    });
    (!blob.is_empty()).then_some(fields)
}

impl fmt::Display for PublicKey {
    /// Type and base64, as in a `.pub` file.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind, BASE64.encode(&self.blob))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind, self.fingerprint())
    }
}

impl serde::Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an SSH public key"))
    }
}

/// A key that approves nothing any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedKey {
    /// The key.
    pub key: PublicKey,
    /// Since when, as written: a date or a moment.
    pub since: String,
    /// Why.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::PublicKey;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5KUFzbF1CuZwcPfAiSFuSVSJjqPPBFUgxFZ9mHGXOr";

    #[test]
    fn a_comment_is_no_part_of_a_key() {
        let key = PublicKey::parse(&format!("{KEY} alice@laptop")).expect("a key");
        assert_eq!(Some(&key), PublicKey::parse(KEY).as_ref());
        assert_eq!(key.to_string(), KEY);
    }

    #[test]
    fn what_stands_before_the_type_is_no_part_of_a_key() {
        for line in [
            format!("* {KEY}"),
            format!("cert-authority {KEY}"),
            format!("{KEY}\n{KEY}"),
            "ssh-ed25519".to_owned(),
            "ssh-dss AAAAB3NzaC1kc3MAAAAA".to_owned(),
        ] {
            assert_eq!(PublicKey::parse(&line), None, "{line}");
        }
    }

    #[test]
    fn a_key_that_was_copied_in_part_or_is_of_another_type_is_not_whole() {
        let is_whole = |line: &str| PublicKey::parse(line).is_some_and(|key| key.is_whole());
        assert!(is_whole(KEY));
        assert!(!is_whole(&KEY.replace("ssh-ed25519", "ssh-rsa")));
        for length in "ssh-ed25519 A".len()..KEY.len() {
            assert!(!is_whole(&KEY[..length]), "{length}");
        }
    }
}
