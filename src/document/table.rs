//! A table of who holds what, as CSV: what a state can be started from.
//!
//! The first row names the columns `employee`, `name`, `email`, `status` and `role`, in any order. An employee has one row a
//! role, or several roles parted by `;` in a row, and the same details in each row.

use std::collections::BTreeMap;

use csv::StringRecord;

use crate::check::finding::{Code, Finding};
use crate::document::reader::Reader;
use crate::document::source::Source;
use crate::document::text::{self, is_email, shown};
use crate::document::yaml::Span;
use crate::model::{Employee, EmployeeId, EmployeeStatus, RoleId, Settings, State};

/// The most bytes of a table.
pub const LIMIT: usize = 256 * 1024 * 1024;

const COLUMNS: [&str; 5] = ["employee", "name", "email", "status", "role"];

const STATUSES: [(&str, EmployeeStatus); 2] = [
    ("active", EmployeeStatus::Active),
    ("inactive", EmployeeStatus::Inactive),
];

/// Takes the bytes of a table. A byte order mark is no error here: spreadsheets write one.
///
/// # Errors
///
/// A finding if there are more than [`LIMIT`], or they are not UTF-8.
pub fn source(path: impl Into<String>, mut bytes: Vec<u8>) -> Result<Source, Finding> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    Source::new(path, bytes, LIMIT)
}

/// Reads a table as a state in which nothing has happened yet.
///
/// # Errors
///
/// Every finding: a row or a text that breaks a rule, ids that differ only in case from another of the table or the catalogue,
/// and rows of one employee that do not agree.
pub fn read(source: &Source, settings: &Settings) -> Result<State, Vec<Finding>> {
    let forbidden = text::forbidden_characters(source);
    if !forbidden.is_empty() {
        return Err(forbidden);
    }
    let mut table = Table {
        reader: Reader::new(source, Vec::new()),
        settings,
        people: BTreeMap::new(),
        employees: BTreeMap::new(),
        roles: BTreeMap::new(),
    };
    table.read(source.text());
    if table.reader.has_errors() {
        return Err(table.reader.finish());
    }
    let employees = table.employees.into_iter();
    Ok(State {
        employees: employees
            .map(|(id, (employee, _))| (id, employee))
            .collect(),
        ..State::default()
    })
}

struct Table<'a> {
    reader: Reader<'a>,
    settings: &'a Settings,
    /// Every employee by id, with the line of the first row.
    employees: BTreeMap<EmployeeId, (Employee, usize)>,
    /// The ids in lower case.
    people: BTreeMap<String, EmployeeId>,
    /// The role ids in lower case.
    roles: BTreeMap<String, RoleId>,
}

/// Where the columns stand, in the order of [`COLUMNS`].
struct Columns {
    at: [usize; COLUMNS.len()],
    count: usize,
}

impl Table<'_> {
    fn read(&mut self, text: &str) {
        let mut rows = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut columns = None;
        for row in rows.records() {
            let row = match row {
                Ok(row) => row,
                Err(error) => {
                    let hint = "correct the table, or write it anew";
                    let message = error.to_string();
                    return self
                        .reader
                        .error(Code::BadTable, Span::default(), message, hint);
                }
            };
            let span = span(text, &row);
            match &columns {
                None => match self.columns(&row, span) {
                    Some(found) => columns = Some(found),
                    None => return,
                },
                Some(columns) => {
                    let _ = self.row(columns, &row, span);
                }
            }
        }
        if self.employees.is_empty() && !self.reader.has_errors() {
            let message = "the table has no rows";
            let hint = format!(
                "write a first row {} and below it one row a role",
                COLUMNS.join(",")
            );
            self.reader
                .error(Code::BadTable, Span::default(), message, hint);
        }
    }

    /// Finds the columns by their names.
    fn columns(&mut self, row: &StringRecord, span: Span) -> Option<Columns> {
        let all = format!("the columns are: {}", COLUMNS.join(","));
        if row.len() == 1 && row.iter().any(|name| name.contains([';', '\t'])) {
            let message = "the columns are not parted by commas";
            let hint = "save the table with commas between the columns";
            self.reader.error(Code::BadTable, span, message, hint);
            return None;
        }
        let mut at = [None; COLUMNS.len()];
        for (index, name) in row.iter().enumerate() {
            let Some(column) = COLUMNS.iter().position(|column| *column == name) else {
                let message = format!("{} is no column of the table", shown(name));
                let otherwise = || all.clone();
                self.reader
                    .unknown(Code::BadTable, span, message, name, COLUMNS, otherwise);
                continue;
            };
            if at[column].replace(index).is_some() {
                let message = format!("the column `{name}` stands twice");
                self.reader
                    .error(Code::BadTable, span, message, all.clone());
            }
        }
        for (name, _) in COLUMNS.iter().zip(at).filter(|(_, at)| at.is_none()) {
            let message = format!("the column `{name}` is missing");
            self.reader
                .error(Code::BadTable, span, message, all.clone());
        }
        if self.reader.has_errors() {
            return None;
        }
        Some(Columns {
            at: at.map(Option::unwrap_or_default),
            count: row.len(),
        })
    }

    /// Reads a row; `None` where something of it was reported.
    fn row(&mut self, columns: &Columns, row: &StringRecord, span: Span) -> Option<()> {
        if row.len() != columns.count {
            let message = format!(
                "the row has {} fields, and the first row has {}",
                row.len(),
                columns.count
            );
            let hint = "put a field with commas in double quotes";
            self.reader.error(Code::BadTable, span, message, hint);
            return None;
        }
        let [id, name, email, status, roles] = columns.at.map(|at| row.get(at).unwrap_or_default());
        let id = self.id(id, span);
        let name = self.reader.is_good_text("name", name, span).then_some(name);
        let has_email = self.is_email(email, span);
        let status = self.status(status, span);
        let roles = self.roles(roles, span);
        let employee = Employee {
            name: name?.to_owned(),
            email: has_email?.then(|| email.to_owned()),
            status: status?,
            roles: [].into(),
            temporary: [].into(),
        };
        self.take(&id?, &employee, roles?, span);
        Some(())
    }

    /// Takes a row in: a new employee, or more roles of one who is there already.
    fn take(&mut self, id: &EmployeeId, employee: &Employee, roles: Vec<RoleId>, span: Span) {
        let line = self.reader.source.place(span).line;
        let entry = self.employees.entry(id.clone());
        let (known, first) = entry.or_insert_with(|| (employee.clone(), line));
        let details = |employee: &Employee| {
            (
                employee.name.clone(),
                employee.email.clone(),
                employee.status,
            )
        };
        if details(known) != details(employee) {
            let message = format!("`{id}` has other details than in line {first}");
            let hint = "write the same name, e-mail address and status in each row of an employee";
            self.reader.error(Code::BadTable, span, message, hint);
            return;
        }
        for role in roles {
            if known.roles.contains(&role) {
                let message = format!("`{id}` holds `{role}` twice");
                let hint = "keep one of the two";
                self.reader.error(Code::BadTable, span, message, hint);
            }
            known.roles.insert(role);
        }
    }

    fn id(&mut self, text: &str, span: Span) -> Option<EmployeeId> {
        let id = self.reader.id(text, span, EmployeeId::new)?;
        let folded = text.to_ascii_lowercase();
        let before = self.people.entry(folded).or_insert_with(|| id.clone());
        if *before == id {
            return Some(id);
        }
        let message = format!("`{id}` differs from `{before}` only in case");
        let hint = "ids are exact; write one of the two in all rows, or rename one";
        self.reader.error(Code::BadTable, span, message, hint);
        None
    }

    /// Whether there is an address; `None` where it was reported.
    fn is_email(&mut self, text: &str, span: Span) -> Option<bool> {
        if text.is_empty() || is_email(text) {
            return Some(!text.is_empty());
        }
        let message = format!("{} is not an e-mail address", shown(text));
        let hint = "write it as name@example.com, or leave the field empty";
        self.reader.error(Code::BadText, span, message, hint);
        None
    }

    fn status(&mut self, text: &str, span: Span) -> Option<EmployeeStatus> {
        if let Some((_, status)) = STATUSES.iter().find(|(word, _)| *word == text) {
            return Some(*status);
        }
        let message = format!("{} is not a status", shown(text));
        let words = STATUSES.map(|(word, _)| word);
        self.reader
            .unknown(Code::UnknownWord, span, message, text, words, || {
                "write active or inactive".to_owned()
            });
        None
    }

    fn roles(&mut self, text: &str, span: Span) -> Option<Vec<RoleId>> {
        if text.is_empty() {
            return Some(Vec::new());
        }
        let roles = text.split(';').map(|role| self.role(role.trim(), span));
        roles.collect::<Vec<_>>().into_iter().collect()
    }

    fn role(&mut self, text: &str, span: Span) -> Option<RoleId> {
        let role = self.reader.id(text, span, RoleId::new)?;
        if self.settings.roles.contains_key(&role) {
            return Some(role);
        }
        let folded = text.to_ascii_lowercase();
        let catalogue = self.settings.roles.keys();
        let before = self.roles.entry(folded).or_insert_with(|| {
            let mut twins = catalogue.filter(|known| known.as_str().eq_ignore_ascii_case(text));
            twins.next().unwrap_or(&role).clone()
        });
        if *before == role {
            return Some(role);
        }
        let message = format!("`{role}` differs from `{before}` only in case");
        let hint = format!("did you mean `{before}`?");
        self.reader.error(Code::UnknownRole, span, message, hint);
        None
    }
}

/// Where a row stands: its first line. The reader's own count of lines is off where lines end with CR and LF.
fn span(text: &str, row: &StringRecord) -> Span {
    let from = row.position().map_or(0, csv::Position::byte);
    let from = usize::try_from(from).unwrap_or(0).min(text.len());
    let rest = text.get(from..).unwrap_or_default();
    let start = from + rest.len() - rest.trim_start_matches(['\r', '\n']).len();
    let line = text.get(start..).and_then(|rest| rest.lines().next());
    Span::new(start, start + line.map_or(0, str::len))
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
