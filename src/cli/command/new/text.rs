//! The text of a new request.

use std::collections::BTreeSet;

use crate::cli::args::{Kind, New as Args};
use crate::cli::error::Error;
use crate::document::canonical::{flow_list, flow_scalar, scalar};
use crate::model::{AccessType, RequestId, RoleId};
use crate::time::due;

/// From how many characters on a list stands one entry a line.
const WIDE: usize = 100;

/// The request as YAML. `roles` are those that the employees hold, where they were asked for; `modeline` tells an editor the schema.
///
/// # Errors
///
/// Wrong usage if a flag with parts does not have them.
pub(super) fn of(
    args: &Args,
    id: &RequestId,
    roles: Option<&BTreeSet<RoleId>>,
    modeline: Option<&str>,
) -> Result<String, Error> {
    let modeline = modeline.unwrap_or_default();
    let mut out = Out(format!(
        "{modeline}# Change request {id}, made by `rolecall new {}`. Once it is approved, a change of it needs a new approval.\n",
        word(args.kind)
    ));
    out.text("name", args.name.as_deref());
    out.text("change_overview", args.change_overview.as_deref());
    out.line("access_type", access_type(args.kind).word());
    out.text("requested_by", args.requested_by.as_deref());
    out.employees(args)?;
    match roles {
        Some(roles) => out.list("affected_roles", roles),
        None => out.list_or_word("affected_roles", &ids(&args.affected_roles), "all"),
    }
    out.text("start_date", args.start_date.as_deref());
    out.text("start_time", args.start_time.as_deref());
    out.text("offboarding_date", args.offboarding_date.as_deref());
    out.text("offboarding_time", args.offboarding_time.as_deref());
    out.text("end_date", args.end_date.as_deref());
    out.text("end_time", args.end_time.as_deref());
    out.text("timezone", args.timezone.as_deref());
    out.flag("inactivate_after_removal", args.inactivate_after_removal);
    out.flag("reactivate", args.reactivate);
    out.text("form", args.form.as_deref());
    out.custom(&args.custom)?;
    out.text("external_reference", args.external_reference.as_deref());
    out.flag("draft", args.draft);
    Ok(out.0)
}

/// The ids of a flag that lists some, without the spaces around them.
pub(super) fn ids(texts: &[String]) -> Vec<&str> {
    texts.iter().map(|text| text.trim()).collect()
}

/// The word of the command line.
pub(super) fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Onboard => "onboard",
        Kind::Offboard => "offboard",
        Kind::Temporary => "temporary",
    }
}

fn access_type(kind: Kind) -> AccessType {
    match kind {
        Kind::Onboard => AccessType::RoleAdditions,
        Kind::Offboard => AccessType::RoleReductions,
        Kind::Temporary => AccessType::TemporaryAccess,
    }
}

/// Somebody whom `--introduce` names.
struct Introduced<'a> {
    id: &'a str,
    name: &'a str,
    email: &'a str,
}

impl<'a> Introduced<'a> {
    /// The name may have commas; the id and the address may not.
    fn read(text: &'a str) -> Result<Self, Error> {
        let parts = text
            .split_once(',')
            .and_then(|(id, rest)| Some((id, rest.rsplit_once(',')?)));
        let Some((id, (name, email))) = parts else {
            let message =
                format!("--introduce {text:?} is not an id, a name and an e-mail address");
            return Err(Error::usage(message).hint(
                "part them by commas: --introduce 'jane.doe,Jane Doe,jane.doe@acme.example'",
            ));
        };
        Ok(Self {
            id: id.trim(),
            name: name.trim(),
            email: email.trim(),
        })
    }

    fn entry(&self) -> String {
        let (id, name) = (flow_scalar(self.id), flow_scalar(self.name));
        if self.email.is_empty() {
            return format!("{{id: {id}, name: {name}}}");
        }
        format!(
            "{{id: {id}, name: {name}, email: {}}}",
            flow_scalar(self.email)
        )
    }
}

struct Out(String);

impl Out {
    /// A key and a value that is written already.
    fn line(&mut self, key: &str, value: &str) {
        for part in [key, ": ", value, "\n"] {
            self.0.push_str(part);
        }
    }

    fn text(&mut self, key: &str, text: Option<&str>) {
        let Some(text) = text else { return };
        // Every reader of YAML takes a date for what it is here, so it needs no quotes.
        if key.ends_with("_date") && due::date(text).is_ok() {
            self.line(key, text);
        } else {
            self.line(key, &scalar(text));
        }
    }

    fn flag(&mut self, key: &str, is_set: bool) {
        if is_set {
            self.line(key, "true");
        }
    }

    fn list<T: AsRef<str>>(&mut self, key: &str, entries: impl IntoIterator<Item = T>) {
        let entries: Vec<_> = entries.into_iter().collect();
        let short = flow_list(&entries);
        if short.chars().count() <= WIDE {
            return self.line(key, &short);
        }
        self.long_list(
            key,
            entries
                .iter()
                .map(|entry| scalar(entry.as_ref()).into_owned()),
        );
    }

    fn long_list(&mut self, key: &str, entries: impl IntoIterator<Item = String>) {
        self.0.push_str(key);
        self.0.push_str(":\n");
        for entry in entries {
            self.0.push_str("- ");
            self.0.push_str(&entry);
            self.0.push('\n');
        }
    }

    fn list_or_word(&mut self, key: &str, entries: &[&str], word: &str) {
        match entries {
            [] => {}
            [one] if *one == word => self.line(key, word),
            entries => self.list(key, entries),
        }
    }

    /// The affected employees; one who is introduced takes the place of the plain id.
    fn employees(&mut self, args: &Args) -> Result<(), Error> {
        const KEY: &str = "affected_employees";
        let listed = ids(&args.affected_employees);
        let introduced = args.introduce.iter();
        let introduced: Vec<Introduced<'_>> = introduced
            .map(|text| Introduced::read(text))
            .collect::<Result<_, _>>()?;
        if introduced.is_empty() {
            self.list_or_word(KEY, &listed, "holders");
            return Ok(());
        }
        let is_introduced = |id: &&str| introduced.iter().any(|entry| entry.id == *id);
        let plain = listed.into_iter().filter(|id| !is_introduced(id));
        let plain: Vec<_> = plain.map(|id| scalar(id).into_owned()).collect();
        let entries = introduced.iter().map(Introduced::entry);
        self.long_list(KEY, plain.into_iter().chain(entries));
        Ok(())
    }

    fn custom(&mut self, fields: &[String]) -> Result<(), Error> {
        if fields.is_empty() {
            return Ok(());
        }
        self.0.push_str("custom:\n");
        for field in fields {
            let Some((key, value)) = field.split_once('=') else {
                return Err(Error::usage(format!("--custom {field:?} has no value"))
                    .hint("write --custom key=value"));
            };
            self.line(&format!("  {}", scalar(key)), &scalar(value));
        }
        Ok(())
    }
}
