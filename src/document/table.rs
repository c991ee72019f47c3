//! A table of who holds what, as CSV: what a state can be started from.
//!
//! The first row names the columns `employee`, `name`, `email`, `status` and `role`, in any order. An employee has one row a
//! role, or several roles parted by `;` in a row, and the same details in each row.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

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
        let email = self.email(email, span);
        let status = self.status(status, span);
        let roles = self.roles(roles, span);
        let employee = Employee {
            name: name?.to_owned(),
            email: email?,
            status: status?,
            roles: [].into(),
            temporary: [].into(),
        };
        self.take(id?, employee, roles?, span);
        Some(())
    }

    /// Takes a row in: a new employee, or more roles of one who is there already.
    fn take(&mut self, id: EmployeeId, employee: Employee, roles: Vec<RoleId>, span: Span) {
        let line = self.reader.source.place(span).line;
        let (known, first) = match self.employees.entry(id.clone()) {
            Entry::Vacant(entry) => entry.insert((employee.clone(), line)),
            Entry::Occupied(entry) => entry.into_mut(),
        };
        if (&known.name, &known.email, known.status)
            != (&employee.name, &employee.email, employee.status)
        {
            let message = format!("`{id}` has other details than in line {first}");
            let hint = "write the same name, e-mail address and status in each row of an employee";
            self.reader.error(Code::BadTable, span, message, hint);
            return;
        }
        for role in roles {
            if !known.roles.insert(role.clone()) {
                let message = format!("`{id}` holds `{role}` in an earlier row already");
                let hint = "keep one of the two";
                self.reader.error(Code::BadTable, span, message, hint);
            }
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

    fn email(&mut self, text: &str, span: Span) -> Option<Option<String>> {
        if text.is_empty() {
            return Some(None);
        }
        if is_email(text) {
            return Some(Some(text.to_owned()));
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
mod tests {
    use super::*;
    use rstest::rstest;

    fn settings() -> Settings {
        let text = "version: 1\nroles:\n  ap-clerk: {name: A/P Clerk}\n";
        let source = Source::new("rolecall.yaml", text.into(), 1 << 10).unwrap();
        crate::document::settings::read(&source).unwrap().settings
    }

    fn state(bytes: &[u8]) -> Result<State, Vec<Finding>> {
        let source = source("who.csv", bytes.to_vec()).map_err(|finding| vec![finding])?;
        read(&source, &settings())
    }

    const HEADER: &str = "employee,name,email,status,role\n";

    #[rstest]
    #[case::a_byte_order_mark(
        "\u{feff}employee,name,email,status,role\na,A,a@b.example,active,x\n"
    )]
    #[case::quotes("employee,name,email,status,role\n\"a\",\"A\",\"a@b.example\",active,\"x\"\n")]
    #[case::spaces("employee, name, email, status, role\na, A, a@b.example, active, x\n")]
    #[case::no_last_line_end("employee,name,email,status,role\na,A,a@b.example,active,x")]
    #[case::empty_lines(
        "\nemployee,name,email,status,role\r\n\r\na,A,a@b.example,active,x\r\n\r\n"
    )]
    fn what_spreadsheets_write_is_read(#[case] text: &str) {
        let state = state(text.as_bytes()).unwrap();
        let employee = &state.employees["a"];
        assert_eq!(employee.name, "A");
        assert_eq!(employee.email.as_deref(), Some("a@b.example"));
        assert!(employee.roles.contains("x"));
    }

    #[rstest]
    #[case::no_name("a,,,active,x\n", "`name` is blank")]
    #[case::blank_name("a,\" \",,active,x\n", "`name` is blank")]
    #[case::no_address("a,A,somewhere,active,x\n", "`somewhere` is not an e-mail address")]
    #[case::upper_case("a,A,,Active,x\n", "`Active` is not a status")]
    #[case::empty_role("a,A,,active,x;;y\n", "\"\" is not a role id: a letter")]
    #[case::the_same_twice("a,A,,active,x;x\n", "`a` holds `x` in an earlier row already")]
    #[case::catalogue_in_another_case(
        "a,A,,active,AP-Clerk\n",
        "`AP-Clerk` differs from `ap-clerk` only in case"
    )]
    #[case::new_role_in_another_case("a,A,,active,x;X\n", "`X` differs from `x` only in case")]
    #[case::other_line(
        "\r\n\r\na,A,,active,x\r\na,B,,active,y\r\n",
        "`a` has other details than in line 4"
    )]
    fn what_breaks_a_rule_is_named(#[case] rows: &str, #[case] message: &str) {
        let findings = state(format!("{HEADER}{rows}").as_bytes()).unwrap_err();
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].message.starts_with(message), "{findings:?}");
        assert!(findings[0].place.as_ref().unwrap().line > 1);
    }

    #[rstest]
    #[case::twice(
        "employee,name,email,status,role,role\n",
        "the column `role` stands twice"
    )]
    #[case::semicolons(
        "employee;name;email;status;role\n",
        "the columns are not parted by commas"
    )]
    #[case::no_rows(HEADER, "the table has no rows")]
    #[case::upper_case(
        "Employee,name,email,status,role\n",
        "`Employee` is no column of the table"
    )]
    fn the_first_row_is_exact(#[case] text: &str, #[case] message: &str) {
        let findings = state(text.as_bytes()).unwrap_err();
        assert_eq!(findings[0].message, message);
    }

    #[test]
    fn every_row_is_looked_at() {
        let rows = "a,A,,active,x\nb,B,,gone,x\nc,,,active,x\n";
        let findings = state(format!("{HEADER}{rows}").as_bytes()).unwrap_err();
        let lines: Vec<_> = findings
            .iter()
            .filter_map(|finding| Some(finding.place.as_ref()?.line))
            .collect();
        assert_eq!(lines, [3, 4]);
    }
}
