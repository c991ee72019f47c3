//! The fast way in: exactly what the writer writes, or what a hand has started in much the same form, and nothing else.
//!
//! Every function gives `None` at the first thing that the writer would not have written; the general reader then says what
//! is wrong with it, or takes it.

mod flow;
mod records;
mod started;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::thread;

use foldhash::fast::RandomState;
use memchr::memchr;

use super::digest::{self, Items};
use super::{StateError, forbidden, forbidden_error};
use crate::document::canonical::unscalar;
use crate::model::{
    EmployeeStatus, Employees, EmployeesBuilder, Grant, Records, RequestId, RoleId, RoleNumber,
    State, joined,
};
use flow::{Flow, moment, number};

pub(super) use records::start as start_of_records;
pub(super) use started::read_started;

/// From so many bytes on, records and employees are many.
const MANY: usize = 256 * 1024;

/// A state that was read.
pub(super) struct Canonical {
    /// The state without its employees.
    rest: State,
    employees: EmployeesBuilder,
    /// What the digest of the state is made from, where that was wanted.
    pub(super) items: Items,
    /// The first text that no state may have, if any.
    pub(super) forbidden: Option<StateError>,
    /// Where the lines of the first employee begin, and where those of each end.
    start: usize,
    ends: Vec<usize>,
}

impl Canonical {
    /// The state.
    pub(super) fn state(self) -> State {
        State {
            employees: self.employees.into(),
            ..self.rest
        }
    }

    /// The state, which keeps the text that it was read from.
    pub(super) fn state_with_lines(mut self, text: String) -> State {
        let ends = std::mem::take(&mut self.ends);
        self.employees.keep_lines(text, self.start, ends);
        self.state()
    }
}

/// Reads a state, and what its digest is made from, if that is wanted. Many records are read by a thread of their own and hashed by
/// another, and half of many employees are read by a third.
pub(super) fn read<'text>(text: &'text str, with_items: bool) -> Option<Canonical> {
    let mut reader = Reader::new(text, with_items)?;
    let records = start_of_records(reader.text);
    let many = records.filter(|start| text.len() - start >= MANY);
    let middle = middle_of_employees(&reader.text[..records.unwrap_or(reader.text.len())]);
    let rest = thread::scope(|scope| {
        let half = middle.and_then(|middle| {
            let mut reader = Reader::new(text, with_items)?.at(middle);
            let half = scope.spawn(move || reader.employees().map(|()| reader));
            Some((middle, half))
        });
        let employees = |reader: &mut Reader<'text>| {
            if let Some((middle, half)) = half {
                reader.stop = middle;
                reader.employees()?;
                reader.take(joined(half)?)?;
            } else {
                reader.employees()?;
            }
            Some(Employees::new())
        };
        let beside = many.and_then(|start| {
            let at_start = || Some(Reader::new(text, false)?.at(start));
            let (mut reader, mut other) = (at_start()?, at_start()?);
            let items = with_items.then(|| scope.spawn(move || other.items_of_requests()));
            Some((start, scope.spawn(move || reader.requests()), items))
        });
        reader.state(employees, |reader| match beside {
            Some((start, records, items)) if start == reader.here => {
                if let (Some(known), Some(items)) = (&mut reader.items, items) {
                    known.append(joined(items)?);
                }
                reader.go_to_end();
                joined(records)
            }
            _ => reader.requests(),
        })
    })?;
    Some(Canonical {
        rest,
        employees: reader.employees,
        items: reader.items.unwrap_or_default(),
        forbidden: reader.forbidden,
        start: reader.start,
        ends: reader.ends,
    })
}

/// Where an employee begins somewhere in the middle of many: nobody else has two spaces in front and a colon at the end.
pub(super) fn middle_of_employees(text: &str) -> Option<usize> {
    if text.len() < MANY {
        return None;
    }
    let bytes = text.as_bytes();
    let is_employee = |line: &[u8]| matches!(line, [b' ', b' ', first, .., b':'] if *first != b' ');
    let mut start = bytes.len() / 2;
    loop {
        start += memchr(b'\n', &bytes[start..])? + 1;
        let end = start + memchr(b'\n', &bytes[start..])?;
        if is_employee(&bytes[start..end]) {
            return Some(start);
        }
    }
}

struct Reader<'text> {
    text: &'text str,
    line: &'text str,
    /// Where the current line begins, and the one after it.
    here: usize,
    next: usize,
    employees: EmployeesBuilder,
    forbidden: Option<StateError>,
    /// The line before which employees end, if not where they do.
    stop: usize,
    start: usize,
    ends: Vec<usize>,
    /// The role of each text that stands for one.
    roles: HashMap<&'text str, RoleNumber, RandomState>,
    /// One id for each role.
    role_ids: HashSet<RoleId, RandomState>,
    /// What the digest of the state is made from, where that is wanted.
    items: Option<Items>,
}

impl<'text> Reader<'text> {
    fn new(text: &'text str, with_items: bool) -> Option<Self> {
        let mut reader = Self {
            text: text
                .strip_suffix("...\n")
                .filter(|text| text.ends_with('\n'))?,
            line: "",
            here: 0,
            next: 0,
            employees: EmployeesBuilder::default(),
            forbidden: None,
            stop: usize::MAX,
            start: 0,
            ends: Vec::new(),
            roles: HashMap::default(),
            role_ids: HashSet::default(),
            items: with_items.then(Items::default),
        };
        reader.advance();
        Some(reader)
    }

    /// Goes to the next line; to an empty one behind the last one, as no line is empty otherwise.
    fn advance(&mut self) {
        self.here = self.next;
        let rest = &self.text[self.here..];
        let end = memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        self.line = &rest[..end];
        self.next = self.text.len().min(self.here + end + 1);
    }

    /// Goes on where another one has come to, which began at the line where this one is.
    fn take(&mut self, other: Self) -> Option<()> {
        (self.here == self.stop).then_some(())?;
        self.employees.append(other.employees).ok()?;
        self.ends.extend(other.ends);
        self.forbidden = self.forbidden.take().or(other.forbidden);
        if let (Some(known), Some(items)) = (&mut self.items, other.items) {
            known.append(items);
        }
        self.next = other.here;
        self.advance();
        Some(())
    }

    /// The reader at the beginning of a line.
    fn at(mut self, start: usize) -> Self {
        self.next = start;
        self.advance();
        self
    }

    fn go_to_end(&mut self) {
        self.next = self.text.len();
        self.advance();
    }

    fn is_at_end(&self) -> bool {
        self.here == self.text.len()
    }

    fn state(
        &mut self,
        employees: impl FnOnce(&mut Self) -> Option<Employees>,
        requests: impl FnOnce(&mut Self) -> Option<Records>,
    ) -> Option<State> {
        if self.line != "version: 1" {
            return None;
        }
        self.advance();
        let mut state = State::default();
        if let Some(serial) = self.line.strip_prefix("serial: ") {
            state.serial = number(serial).filter(|serial| *serial > 0)?;
            self.advance();
        }
        if let Some(head) = self.line.strip_prefix("head: ") {
            state.head = Some(head.parse().ok()?);
            self.advance();
        }
        if let Some(as_of) = self.line.strip_prefix("as_of: ") {
            state.as_of = Some(moment(as_of)?);
            self.advance();
        }
        match self.line {
            "employees: {}" => self.advance(),
            "employees:" => {
                self.advance();
                state.employees = employees(self)?;
            }
            _ => return None,
        }
        match self.line {
            "requests: {}" => self.advance(),
            "requests:" => {
                self.advance();
                state.requests = requests(self)?;
            }
            _ => return None,
        }
        self.is_at_end().then_some(state)
    }

    fn employees(&mut self) -> Option<()> {
        self.start = self.here;
        while let Some(key) = self.line.strip_prefix("  ")
            && self.here != self.stop
        {
            let from = self.here;
            let id = unscalar(key.strip_suffix(':')?)?;
            self.advance();
            let (name, email, status) = self.details()?;
            if self.forbidden.is_none()
                && let Some((what, problem)) = forbidden(&name, email.as_deref())
            {
                self.forbidden = Some(forbidden_error(&id, what, &problem));
            }
            self.employees
                .push(&id, &name, email.as_deref(), status)
                .ok()?;
            self.employee_roles()?;
            let loans = self.temporary()?;
            self.employees.lend(loans);
            self.ends.push(self.here);
            if let Some(items) = &mut self.items {
                items.push(digest::employee_item(&id, &self.text[from..self.here]));
            }
        }
        (!self.employees.is_empty()).then_some(())
    }

    /// Name, address and status of an employee.
    fn details(&mut self) -> Option<(Cow<'text, str>, Option<Cow<'text, str>>, EmployeeStatus)> {
        let name = unscalar(self.line.strip_prefix("    name: ")?)?;
        self.advance();
        let mut email = None;
        if let Some(text) = self.line.strip_prefix("    email: ") {
            email = Some(unscalar(text)?);
            self.advance();
        }
        let status = match self.line {
            "    status: active" => EmployeeStatus::Active,
            "    status: inactive" => EmployeeStatus::Inactive,
            _ => return None,
        };
        self.advance();
        Some((name, email, status))
    }

    fn employee_roles(&mut self) -> Option<()> {
        match self.line.strip_prefix("    roles:")? {
            " []" => self.advance(),
            "" => {
                self.advance();
                self.line.strip_prefix("    - ")?;
                while let Some(text) = self.line.strip_prefix("    - ") {
                    let role = self.block_role(text)?;
                    self.employees.hold(role).ok()?;
                    self.advance();
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn temporary(&mut self) -> Option<BTreeSet<Grant>> {
        let mut temporary = Vec::new();
        if self.line == "    temporary:" {
            self.advance();
            self.line.strip_prefix("    - ")?;
            while let Some(text) = self.line.strip_prefix("    - ") {
                temporary.push(self.grant(text)?);
                self.advance();
            }
        }
        is_ascending(&temporary).then(|| temporary.into_iter().collect())
    }

    /// The role that a text of block style stands for.
    fn block_role(&mut self, text: &'text str) -> Option<RoleNumber> {
        if let Some(role) = self.roles.get(text) {
            return Some(*role);
        }
        let id = self.role(&unscalar(text)?)?;
        let role = self.employees.role(&id);
        self.roles.insert(text, role);
        Some(role)
    }

    /// The shared id of a role.
    fn role(&mut self, text: &str) -> Option<RoleId> {
        if let Some(role) = self.role_ids.get(text) {
            return Some(role.clone());
        }
        let role = RoleId::new(text).ok()?;
        self.role_ids.insert(role.clone());
        Some(role)
    }

    fn grant(&mut self, text: &'text str) -> Option<Grant> {
        let mut flow = Flow(text);
        flow.eat("{role: ")?;
        let role = self.role(&flow.scalar()?)?;
        flow.eat(", until: ")?;
        let until = flow.moment()?;
        flow.eat(", request: ")?;
        let request = RequestId::new(&flow.scalar()?).ok()?;
        flow.eat("}")?;
        flow.0.is_empty().then_some(Grant {
            role,
            until,
            request,
        })
    }
}

fn is_ascending<T: Ord>(values: &[T]) -> bool {
    values.is_sorted_by(|left, right| left < right)
}
