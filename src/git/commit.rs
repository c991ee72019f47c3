//! What a commit object says of itself.

use chrono::DateTime;

use super::{Oid, text};
use crate::model::Instant;

/// The commit that brought a file's content to the branch. Names and addresses are claims: anybody can write them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    /// The id of the commit.
    pub commit: String,
    /// The file's path there, relative to the access repository: it may have been moved since. Lossy where it is not UTF-8.
    pub path: String,
    /// Its committer's name; what is not UTF-8 or is a control character has become U+FFFD.
    pub committer_name: String,
    /// Its committer's address, made harmless in the same way.
    pub committer_email: String,
    /// The committer's time. One that is missing or after the year 9999 has become the last second of that year.
    pub at: Instant,
    /// The commit that the content comes from: the same one, or one that a merge took it over from.
    pub author_commit: String,
    /// The name of that one's author, made harmless in the same way.
    pub author_name: String,
    /// The address of that one's author, made harmless in the same way.
    pub author_email: String,
}

/// 9999-12-31T23:59:59Z, the last moment that RFC 3339 can write.
const LAST_MOMENT: i64 = 253_402_300_799;

/// What is taken from a commit object.
pub(super) struct Commit {
    pub(super) parents: Vec<Oid>,
    committer: Signature,
    author: Signature,
}

impl Commit {
    pub(super) fn parse(content: &[u8]) -> Self {
        let header = || {
            content
                .split(|byte| *byte == b'\n')
                .take_while(|line| !line.is_empty())
        };
        let signature = |role: &[u8]| {
            header()
                .find_map(|line| line.strip_prefix(role))
                .map(Signature::parse)
                .unwrap_or_default()
        };
        Self {
            // They stand behind the tree, and nowhere else.
            parents: header()
                .skip(1)
                .map_while(|line| line.strip_prefix(b"parent "))
                .filter_map(Oid::from_bytes)
                .collect(),
            committer: signature(b"committer "),
            author: signature(b"author "),
        }
    }

    /// The facts of a commit that brought something, which was written in another.
    pub(super) fn brought(
        &self,
        (commit, path): (&Oid, &[u8]),
        (origin, author): (&Oid, &Self),
    ) -> Brought {
        Brought {
            commit: commit.to_string(),
            path: String::from_utf8_lossy(path).into_owned(),
            committer_name: self.committer.name.clone(),
            committer_email: self.committer.email.clone(),
            at: instant(self.committer.seconds),
            author_commit: origin.to_string(),
            author_name: author.author.name.clone(),
            author_email: author.author.email.clone(),
        }
    }
}

/// Name, address and time as a commit has them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Signature {
    name: String,
    email: String,
    /// Since 1970; `None` if there is none, or it is out of all bounds.
    seconds: Option<i64>,
}

impl Signature {
    /// Reads `Name <address> 1795421069 +0100`.
    fn parse(line: &[u8]) -> Self {
        let position = |wanted: u8| line.iter().position(|byte| *byte == wanted);
        let open = position(b'<').unwrap_or(line.len());
        let rest = line.get(open + 1..).unwrap_or_default();
        let close = rest.iter().position(|byte| *byte == b'>');
        let time = rest.iter().rposition(|byte| *byte == b'>');
        let seconds = time
            .and_then(|end| str::from_utf8(&rest[end + 1..]).ok())
            .and_then(|time| time.split_ascii_whitespace().next())
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok());
        Self {
            name: text::harmless(&line[..open]),
            email: text::harmless(&rest[..close.unwrap_or(rest.len())]),
            seconds,
        }
    }
}

/// The moment, or the last one that can be written.
fn instant(seconds: Option<i64>) -> Instant {
    let seconds = seconds.unwrap_or(LAST_MOMENT).min(LAST_MOMENT);
    DateTime::from_timestamp(seconds, 0).unwrap_or(Instant::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_is_missing_or_out_of_bounds_is_the_last_moment_there_is() {
        let last = "9999-12-31T23:59:59+00:00";
        for line in [
            &b"A <a@x> 99999999999999999999999 +0000"[..],
            b"A <a@x> 999999999999 +0000",
            b"A <a@x>",
            b"A <a@x> -5 +0000",
            b"nobody",
            b"",
        ] {
            let signature = Signature::parse(line);
            assert_eq!(instant(signature.seconds).to_rfc3339(), last);
        }
        let epoch = Signature::parse(b"A <a@x> 0 +0000");
        assert_eq!(instant(epoch.seconds).timestamp(), 0);
    }

    #[test]
    fn a_name_with_brackets_does_not_shift_the_time() {
        let signature = Signature::parse(b"Al <a@x> 5 +0000> 7 +0000");
        assert_eq!(signature.name, "Al");
        assert_eq!(signature.email, "a@x");
        assert_eq!(signature.seconds, Some(7));
    }

    #[test]
    fn a_header_planted_in_the_message_is_not_read() {
        let commit = Commit::parse(
            b"tree x\nauthor A <a@x> 1 +0000\ncommitter C <c@x> 2 +0000\n\nparent y\ncommitter D <d@x> 3 +0000\n",
        );
        assert!(commit.parents.is_empty());
        assert_eq!(commit.committer.name, "C");
    }
}
