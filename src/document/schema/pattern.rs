//! Regular expressions of the schemas, in the dialect of ECMA-262 that JSON Schema asks for.

/// A request's id.
pub(super) const REQUEST: &str = "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$";
/// An employee's id; also that of a person or group.
pub(super) const EMPLOYEE: &str = "^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$";
/// A role's id.
pub(super) const ROLE: &str = "^[A-Za-z0-9][A-Za-z0-9._@+/:-]{0,127}$";
/// A text with something to be seen in it, and no control or separator but line feeds.
pub(super) const TEXT: &str = concat!(
    r"^(?=[\s\S]*[^\s\u00AD\u034F\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200D\u2060-\u206F\u2800\u3164\uFE00-\uFE0F\uFFA0])",
    r"[^\u0000-\u0009\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]*$"
);
/// The name of a stage: one line, and not what the stage of the final approver is called.
pub(super) const STAGE: &str =
    r"^(?!\s*[Ff][Ii][Nn][Aa][Ll]\s+[Aa][Pp][Pp][Rr][Oo][Vv][Ee][Rr]\s*$)[^\n]*$";
/// The name of a repository: one line, and not as a repository without a name is called.
pub(super) const REPOSITORY: &str = r"^(?!\s*[Cc][Oo][Mm][Mm][Ii][Tt]:)[^\n]*$";
/// The name of an account at a forge.
pub(super) const ACCOUNT: &str = "^[A-Za-z0-9._-]{1,255}$";
/// An e-mail address: one `@`, and behind it parts that are not empty and do not begin with a dash.
pub(super) const EMAIL: &str = concat!(
    r#"^[^\s@<>()\[\],;:\\"]+@[^\s@<>()\[\],;:\\".-][^\s@<>()\[\],;:\\".]*"#,
    r#"(\.[^\s@<>()\[\],;:\\".-][^\s@<>()\[\],;:\\".]*)*$"#
);
/// A moment of RFC 3339.
pub(super) const MOMENT: &str = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+\-\u2212][0-9]{2}:[0-9]{2})$";
/// A date.
pub(super) const DATE: &str =
    "^(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";
/// A time of day, with or without an offset.
pub(super) const TIME: &str = concat!(
    "^((0?[1-9]|1[0-2]):[0-5][0-9] *[AaPp][Mm]|([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?)",
    "( *[+-]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?)?$"
);
/// A time zone's name.
pub(super) const ZONE: &str = "^(UTC|[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)+)$";
/// A digest.
pub(super) const DIGEST: &str = "^sha256:[0-9a-f]{64}$";
/// The name of a branch or another revision.
pub(super) const BRANCH: &str = r"^(?!-)(?![\s\S]*\.\.)[^\s:?*\[\\]{1,250}$";
/// An SSH public key.
pub(super) const KEY: &str = concat!(
    "^ *(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-ssh-ed25519@openssh\\.com",
    "|sk-ecdsa-sha2-nistp256@openssh\\.com) +[A-Za-z0-9+/]+={0,2}( .*)?$"
);

/// An address without a fragment. That it has to be encrypted, but for this machine, is left to the program.
pub(super) const URL: &str = r#"^[Hh][Tt][Tt][Pp][Ss]?://[!"$-\[\]-~]+$"#;
/// The name of an environment variable of the program.
pub(super) const VARIABLE: &str = "^ROLECALL_[A-Z0-9_]{1,91}$";
/// A duration.
pub(super) const DURATION: &str = "^[0-9]+(ms|s|m|h)?$";

/// A pattern of a form in the dialect of JSON Schema; `None` where the two dialects might not agree. A pattern that is left
/// out refuses nothing, and `rolecall validate` still looks at it.
pub(super) fn portable(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(character) = rest.next() {
        match character {
            '\\' => match rest.next()? {
                'd' => out.push_str(r"\p{Nd}"),
                '-' if !in_class => out.push('-'),
                escaped @ ('n' | 't' | '^' | '$' | '\\' | '.' | '*' | '+' | '?' | '(' | ')'
                | '[' | ']' | '{' | '}' | '|' | '/' | '-') => out.extend(['\\', escaped]),
                _ => return None,
            },
            '[' if in_class => return None,
            '[' => {
                in_class = true;
                out.push('[');
                if rest.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                if matches!(rest.peek(), Some(']' | '-')) {
                    return None;
                }
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            // Operators on classes, or a dash that need not be a range.
            '&' | '~' if in_class && rest.peek() == Some(&character) => return None,
            '-' if in_class && matches!(rest.peek(), Some('-' | ']')) => {
                if rest.peek() == Some(&'-') {
                    return None;
                }
                out.push_str(r"\-");
            }
            _ if in_class => out.push(character),
            '(' if rest.next_if_eq(&'?').is_some() => {
                rest.next_if_eq(&':')?;
                out.push_str("(?:");
            }
            '{' => {
                let count: String =
                    std::iter::from_fn(|| rest.next_if(|next| *next != '}')).collect();
                let is_count = count
                    .chars()
                    .all(|digit| digit.is_ascii_digit() || digit == ',')
                    && count.starts_with(|digit: char| digit.is_ascii_digit());
                rest.next_if_eq(&'}').filter(|_| is_count)?;
                out.extend(["{", &count, "}"]);
            }
            ']' | '}' => return None,
            other => out.push(other),
        }
    }
    Some(out)
}
