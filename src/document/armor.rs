//! What an SSH signature says of itself (OpenSSH's `PROTOCOL.sshsig`): which key made it, and for what.
//!
//! This proves nothing: whether the signature is good is for `ssh-keygen` to say. It tells apart why one is refused.

use base64::Engine as _;

use crate::model::{BASE64, PublicKey};

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";

/// The longest signature that is looked at, in bytes of its armor.
pub const LIMIT: usize = 16 * 1024;

/// What a signature claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The key that made it.
    pub key: PublicKey,
    /// What it was made for.
    pub namespace: String,
}

/// Reads the armor of one signature, as `ssh-keygen -Y sign` prints it; `None` if it is none, or more than that.
#[must_use]
pub fn read(armor: &str) -> Option<Claims> {
    if armor.len() > LIMIT {
        return None;
    }
    let body = armor.strip_prefix(BEGIN)?.trim_end().strip_suffix(END)?;
    let digits: String = body.lines().collect();
    let bytes = BASE64.decode(digits).ok()?;
    let rest = bytes.strip_prefix(b"SSHSIG")?;
    let (version, mut rest) = rest.split_first_chunk::<4>()?;
    if u32::from_be_bytes(*version) != 1 {
        return None;
    }
    let key = PublicKey::from_blob(string(&mut rest)?)?;
    let namespace = str::from_utf8(string(&mut rest)?).ok()?.to_owned();
    // Reserved, the name of the hash, and the signature itself; nothing behind them.
    for _ in 0..3 {
        string(&mut rest)?;
    }
    rest.is_empty().then_some(Claims { key, namespace })
}

/// Takes a text with its length before it (RFC 4251, section 5) off the front.
fn string<'bytes>(rest: &mut &'bytes [u8]) -> Option<&'bytes [u8]> {
    let (length, behind) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (text, behind) = behind.split_at_checked(length)?;
    *rest = behind;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::read;

    /// Made with `ssh-keygen -Y sign -n rolecall-approval`.
    const ARMOR: &str = include_str!("armor.sig");

    #[test]
    fn a_signature_names_its_key_and_what_it_is_for() {
        let claims = read(ARMOR).expect("a signature");
        assert_eq!(claims.namespace, "rolecall-approval");
        assert!(claims.key.to_string().starts_with("ssh-ed25519 AAAA"));
    }

    #[test]
    fn what_is_cut_off_or_doubled_is_no_signature() {
        for length in 0..ARMOR.trim_end().len() {
            assert_eq!(read(&ARMOR[..length]), None, "{length}");
        }
        assert_eq!(read(&ARMOR.repeat(2)), None);
        assert_eq!(read(&format!("x{ARMOR}")), None);
        assert_eq!(read(&format!("{ARMOR}x")), None);
    }
}
