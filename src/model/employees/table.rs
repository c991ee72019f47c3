//! The employees of a state as columns: a million of them in a few long pieces of memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::OnceLock;

use super::Entry;
use crate::model::index::Index;
use crate::model::{EmployeeId, EmployeeStatus, Grant, IdError, RoleId};

/// The employees, by number: 0 is the one with the first id.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Id, name and e-mail address of each, one behind the other.
    text: String,
    rows: Vec<Row>,
    /// The roles that each holds permanently, one employee behind the other, in the order of the roles' ids.
    held: Vec<u32>,
    /// The roles, by number.
    roles: Vec<RoleId>,
    numbers: HashMap<RoleId, u32>,
    /// What the few who hold roles for a time hold so.
    loans: BTreeMap<usize, BTreeSet<Grant>>,
    /// The state file that they were read from, and where in it the lines of each end.
    lines: Option<Lines>,
    rows_by_id: OnceLock<Index>,
    holders: OnceLock<Holders>,
}

/// Where an employee's parts end in the columns. Each begins where the part before it ends.
#[derive(Debug)]
struct Row {
    id: usize,
    name: usize,
    /// The end of the address; `None` is no address, which is something else than an empty one.
    email: Option<usize>,
    held: usize,
    status: EmployeeStatus,
}

#[derive(Debug)]
struct Lines {
    text: String,
    start: usize,
    ends: Vec<usize>,
}

static NO_LOANS: BTreeSet<Grant> = BTreeSet::new();

impl Table {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Where a row's text and its roles begin.
    fn start(&self, row: usize) -> (usize, usize) {
        match row.checked_sub(1).map(|before| &self.rows[before]) {
            Some(before) => (before.email.unwrap_or(before.name), before.held),
            None => (0, 0),
        }
    }

    pub(super) fn id(&self, row: usize) -> &str {
        &self.text[self.start(row).0..self.rows[row].id]
    }

    pub(super) fn name(&self, row: usize) -> &str {
        &self.text[self.rows[row].id..self.rows[row].name]
    }

    pub(super) fn email(&self, row: usize) -> Option<&str> {
        let Row { name, email, .. } = self.rows[row];
        email.map(|end| &self.text[name..end])
    }

    pub(super) fn status(&self, row: usize) -> EmployeeStatus {
        self.rows[row].status
    }

    pub(super) fn roles(&self, row: usize) -> impl ExactSizeIterator<Item = &RoleId> + Clone {
        self.held(row)
            .iter()
            .map(|number| &self.roles[*number as usize])
    }

    fn held(&self, row: usize) -> &[u32] {
        &self.held[self.start(row).1..self.rows[row].held]
    }

    pub(super) fn holds(&self, row: usize, role: &RoleId) -> bool {
        let number = self.numbers.get(role);
        number.is_some_and(|number| self.held(row).contains(number))
    }

    pub(super) fn loans(&self, row: usize) -> &BTreeSet<Grant> {
        self.loans.get(&row).unwrap_or(&NO_LOANS)
    }

    pub(super) fn lines(&self, row: usize) -> Option<&str> {
        let Lines { text, start, ends } = self.lines.as_ref()?;
        let from = row.checked_sub(1).map_or(*start, |before| ends[before]);
        text.get(from..*ends.get(row)?)
    }

    /// The rows that have loans.
    pub(super) fn borrowers(&self) -> impl Iterator<Item = usize> {
        self.loans.keys().copied()
    }

    /// How many roles all hold together, each counted once for each who holds it.
    pub(super) fn count_held(&self) -> usize {
        let lent_alone = |(row, loans): (&usize, &BTreeSet<Grant>)| {
            let lent: BTreeSet<_> = loans.iter().map(|grant| &grant.role).collect();
            lent.iter().filter(|role| !self.holds(*row, role)).count()
        };
        self.held.len() + self.loans.iter().map(lent_alone).sum::<usize>()
    }

    /// The row of an id.
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        let text = |row: usize| self.id(row).as_bytes();
        let index = self.rows_by_id.get_or_init(|| Index::of(self.len(), text));
        index.find(id.as_bytes(), text)
    }

    /// The rows that hold a role, permanently or for a time, in order.
    pub(super) fn holders(&self, role: &RoleId) -> &[usize] {
        let Some(number) = self.numbers.get(role) else {
            return &[];
        };
        let holders = self.holders.get_or_init(|| Holders::of(self));
        &holders.rows[holders.of_role(*number as usize)]
    }
}

/// Who holds each role: the table by role instead of by employee.
#[derive(Debug)]
struct Holders {
    /// Where the rows of each role end.
    ends: Vec<usize>,
    rows: Vec<usize>,
}

impl Holders {
    fn of(table: &Table) -> Self {
        let pairs = || {
            (0..table.len()).flat_map(|row| {
                let lent = table.loans(row).iter();
                let lent = lent.filter_map(|grant| table.numbers.get(&grant.role));
                let lent: BTreeSet<u32> = lent.copied().collect();
                let held = table.held(row).iter().copied();
                held.clone()
                    .chain(
                        lent.into_iter()
                            .filter(move |role| held.clone().all(|permanent| permanent != *role)),
                    )
                    .map(move |role| (role as usize, row))
            })
        };
        let mut ends = vec![0; table.roles.len()];
        for (role, _) in pairs() {
            ends[role] += 1;
        }
        let mut next = Vec::with_capacity(ends.len());
        let mut sum = 0;
        for end in &mut ends {
            next.push(sum);
            sum += *end;
            *end = sum;
        }
        let mut rows = vec![0; sum];
        for (role, row) in pairs() {
            rows[next[role]] = row;
            next[role] += 1;
        }
        Self { ends, rows }
    }

    fn of_role(&self, role: usize) -> Range<usize> {
        let from = role.checked_sub(1).map_or(0, |before| self.ends[before]);
        from..self.ends[role]
    }
}

/// Makes a table, employee by employee in the order of their ids.
#[derive(Debug, Default)]
pub struct EmployeesBuilder {
    table: Table,
}

/// A role of an [`EmployeesBuilder`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleNumber(u32);

/// Why somebody is not taken into an [`EmployeesBuilder`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// The id is none.
    #[error(transparent)]
    Id(#[from] IdError),
    /// The id does not come behind the one before it, or a role not behind the one before it.
    #[error("ids are not in order, or stand twice")]
    Order,
}

impl EmployeesBuilder {
    /// The number of a role.
    pub fn role(&mut self, role: &RoleId) -> RoleNumber {
        if let Some(number) = self.table.numbers.get(role) {
            return RoleNumber(*number);
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "four billion roles do not fit into memory"
        )]
        let number = self.table.roles.len() as u32;
        self.table.roles.push(role.clone());
        self.table.numbers.insert(role.clone(), number);
        RoleNumber(number)
    }

    /// Takes somebody in, who holds nothing so far.
    ///
    /// # Errors
    ///
    /// A [`BuildError`] if the id is none, or does not come behind the last one.
    pub fn push(
        &mut self,
        id: &str,
        name: &str,
        email: Option<&str>,
        status: EmployeeStatus,
    ) -> Result<(), BuildError> {
        EmployeeId::check(id)?;
        let table = &mut self.table;
        if table.len() > 0 && table.id(table.len() - 1) >= id {
            return Err(BuildError::Order);
        }
        table.text.push_str(id);
        let id = table.text.len();
        table.text.push_str(name);
        let name = table.text.len();
        table.text.push_str(email.unwrap_or_default());
        table.rows.push(Row {
            id,
            name,
            email: email.map(|_| table.text.len()),
            held: table.held.len(),
            status,
        });
        Ok(())
    }

    /// Gives the one who was taken in last one more role, permanently.
    ///
    /// # Errors
    ///
    /// A [`BuildError`] if it does not come behind the last one by its id.
    pub fn hold(&mut self, role: RoleNumber) -> Result<(), BuildError> {
        let table = &mut self.table;
        let Some(last) = table.len().checked_sub(1) else {
            return Err(BuildError::Order);
        };
        let before = table.held(last).last();
        let name = |number: u32| &table.roles[number as usize];
        if before.is_some_and(|before| name(*before) >= name(role.0)) {
            return Err(BuildError::Order);
        }
        table.held.push(role.0);
        table.rows[last].held = table.held.len();
        Ok(())
    }

    /// Lends the one who was taken in last roles for a time.
    pub fn lend(&mut self, loans: BTreeSet<Grant>) {
        for grant in &loans {
            self.role(&grant.role);
        }
        if let Some(last) = self.table.len().checked_sub(1)
            && !loans.is_empty()
        {
            self.table.loans.insert(last, loans);
        }
    }

    /// Takes in everybody of another builder behind those that are here.
    ///
    /// # Errors
    ///
    /// [`BuildError::Order`] if the first of them does not come behind the last one here.
    pub fn append(&mut self, other: Self) -> Result<(), BuildError> {
        let Self { table: other } = other;
        let (rows, text, held) = (
            self.table.len(),
            self.table.text.len(),
            self.table.held.len(),
        );
        if rows > 0 && other.len() > 0 && self.table.id(rows - 1) >= other.id(0) {
            return Err(BuildError::Order);
        }
        let numbers: Vec<u32> = other.roles.iter().map(|role| self.role(role).0).collect();
        let table = &mut self.table;
        table.text.push_str(&other.text);
        table.rows.extend(other.rows.into_iter().map(|row| Row {
            id: row.id + text,
            name: row.name + text,
            email: row.email.map(|email| email + text),
            held: row.held + held,
            status: row.status,
        }));
        let numbers = other.held.iter().map(|number| numbers[*number as usize]);
        table.held.extend(numbers);
        let loans = other.loans.into_iter();
        table
            .loans
            .extend(loans.map(|(row, loans)| (row + rows, loans)));
        Ok(())
    }

    /// Keeps the text that the employees were read from, so that whoever is as they were there need not be written again. It has
    /// everybody's lines in exactly the form in which they are written, the first at `start`, each up to one of `ends`.
    pub fn keep_lines(&mut self, text: String, start: usize, ends: Vec<usize>) {
        if ends.len() == self.len() {
            self.table.lines = Some(Lines { text, start, ends });
        }
    }

    pub(super) fn push_entry(&mut self, entry: Entry<'_>) -> Result<(), BuildError> {
        let employee = entry.employee;
        self.push(
            entry.id,
            employee.name(),
            employee.email(),
            employee.status(),
        )?;
        for role in employee.roles() {
            let role = self.role(role);
            self.hold(role)?;
        }
        self.lend(employee.temporary().clone());
        Ok(())
    }

    /// How many were taken in.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether nobody was taken in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.len() == 0
    }

    pub(super) fn table(mut self) -> Table {
        self.table.text.shrink_to_fit();
        self.table.rows.shrink_to_fit();
        self.table.held.shrink_to_fit();
        self.table
    }
}
