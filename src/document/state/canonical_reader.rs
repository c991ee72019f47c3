//! The fast way in: exactly what the writer writes, or what a hand has started in much the same form, and nothing else.
//!
//! Every function gives `None` at the first thing that the writer would not have written; the general reader then says what
//! is wrong with it, or takes it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{NaiveDate, TimeZone as _, Utc};

use crate::document::canonical::{is_flow_plain, unquote, unscalar};
use crate::model::{
    Digest, Employee, EmployeeId, EmployeeStatus, Grant, Instant, Pairs, Record, RecordStatus,
    RequestId, RoleId, State,
};

pub(super) fn read(text: &str) -> Option<State> {
    read_as(text, false)
}

/// A state that was started by hand and looks much like what the writer writes: `requests` and the last line may be missing,
/// employees and roles come in any order, and roles may be indented, or stand in brackets.
pub(super) fn read_started(text: &str) -> Option<State> {
    if !text.starts_with("version: 1\nemployees:\n") || text.contains("\nrequests:") {
        return None;
    }
    let text = text.strip_suffix("\n...\n").unwrap_or(text);
    let text = text.trim_end_matches('\n');
    read_as(&format!("{text}\nrequests: {{}}\n...\n"), true)
}

fn read_as(text: &str, is_started: bool) -> Option<State> {
    let mut reader = Reader {
        rest: text.strip_suffix("\n...\n")?,
        line: "",
        roles: HashSet::new(),
        is_started,
    };
    reader.advance()?;
    if reader.line != "version: 1" {
        return None;
    }
    reader.advance()?;
    let mut state = State::default();
    if let Some(serial) = reader.line.strip_prefix("serial: ") {
        state.serial = number(serial).filter(|serial| *serial > 0)?;
        reader.advance()?;
    }
    if let Some(head) = reader.line.strip_prefix("head: ") {
        state.head = Some(head.parse().ok()?);
        reader.advance()?;
    }
    if let Some(as_of) = reader.line.strip_prefix("as_of: ") {
        state.as_of = Some(moment(as_of)?);
        reader.advance()?;
    }
    match reader.line {
        "employees: {}" => {
            reader.advance()?;
        }
        "employees:" => {
            reader.advance()?;
            state.employees = reader.employees()?;
        }
        _ => return None,
    }
    match reader.line {
        "requests: {}" => {}
        "requests:" => state.requests = reader.requests()?,
        _ => return None,
    }
    reader.rest.is_empty().then_some(state)
}

struct Reader<'text> {
    /// What follows the current line.
    rest: &'text str,
    line: &'text str,
    /// One id for each role text.
    roles: HashSet<RoleId>,
    /// Whether the freedoms of a state that was started by hand are taken.
    is_started: bool,
}

impl<'text> Reader<'text> {
    /// Goes to the next line; `None` behind the last one.
    fn advance(&mut self) -> Option<()> {
        if self.rest.is_empty() {
            return None;
        }
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.line = line;
        self.rest = rest;
        Some(())
    }

    fn employees(&mut self) -> Option<BTreeMap<EmployeeId, Employee>> {
        let mut employees: Vec<(EmployeeId, Employee)> = Vec::new();
        let mut is_sorted = true;
        while let Some(key) = self.line.strip_prefix("  ") {
            let id = EmployeeId::new(&unscalar(key.strip_suffix(':')?)?).ok()?;
            is_sorted &= employees.last().is_none_or(|(last, _)| *last < id);
            self.advance()?;
            employees.push((id, self.employee()?));
        }
        let count = employees.len();
        let employees: BTreeMap<_, _> = employees.into_iter().collect();
        let is_each_once = is_sorted || (self.is_started && employees.len() == count);
        (count > 0 && is_each_once).then_some(employees)
    }

    fn employee(&mut self) -> Option<Employee> {
        let name = unscalar(self.line.strip_prefix("    name: ")?)?.into_owned();
        self.advance()?;
        let mut email = None;
        if let Some(text) = self.line.strip_prefix("    email: ") {
            email = Some(unscalar(text)?.into_owned());
            self.advance()?;
        }
        let status = match self.line {
            "    status: active" => EmployeeStatus::Active,
            "    status: inactive" => EmployeeStatus::Inactive,
            _ => return None,
        };
        self.advance()?;
        let roles = self.employee_roles()?;
        let mut temporary = Vec::new();
        if self.line == "    temporary:" {
            self.advance()?;
            while let Some(text) = self.line.strip_prefix("    - ") {
                temporary.push(self.grant(text)?);
                self.advance()?;
            }
            if !is_ascending(&temporary) {
                return None;
            }
        }
        Some(Employee {
            name,
            email,
            status,
            roles,
            temporary: temporary.into_iter().collect(),
        })
    }

    fn employee_roles(&mut self) -> Option<BTreeSet<RoleId>> {
        let mut roles = Vec::new();
        match self.line.strip_prefix("    roles:")? {
            " []" => self.advance()?,
            "" => {
                self.advance()?;
                let indented = self.is_started && self.line.starts_with("      - ");
                let item = if indented { "      - " } else { "    - " };
                while let Some(text) = self.line.strip_prefix(item) {
                    roles.push(self.role(&unscalar(text)?)?);
                    self.advance()?;
                }
                if roles.is_empty() {
                    return None;
                }
            }
            list if self.is_started => {
                let mut flow = Flow(list.strip_prefix(' ')?);
                for role in flow.list()? {
                    roles.push(self.role(&role)?);
                }
                if !flow.0.is_empty() {
                    return None;
                }
                self.advance()?;
            }
            _ => return None,
        }
        let is_sorted = is_ascending(&roles);
        let count = roles.len();
        let roles: BTreeSet<_> = roles.into_iter().collect();
        (is_sorted || (self.is_started && roles.len() == count)).then_some(roles)
    }

    /// The shared id of a role.
    fn role(&mut self, text: &str) -> Option<RoleId> {
        if let Some(role) = self.roles.get(text) {
            return Some(role.clone());
        }
        let role = RoleId::new(text).ok()?;
        self.roles.insert(role.clone());
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

    fn requests(&mut self) -> Option<BTreeMap<RequestId, Record>> {
        let mut requests: Vec<(RequestId, Record)> = Vec::new();
        while self.advance().is_some() {
            let mut flow = Flow(self.line.strip_prefix("  ")?);
            let id = RequestId::new(&flow.key()?).ok()?;
            if requests.last().is_some_and(|(last, _)| *last >= id) {
                return None;
            }
            requests.push((id, self.record(flow)?));
        }
        (!requests.is_empty()).then(|| requests.into_iter().collect())
    }

    fn record(&mut self, mut flow: Flow<'text>) -> Option<Record> {
        flow.eat("{status: ")?;
        let status = match &*flow.scalar()? {
            "approved" => RecordStatus::InProcess,
            "complete" => RecordStatus::Complete,
            _ => return None,
        };
        flow.eat(", content: ")?;
        let mut record = Record {
            status,
            content: flow.raw().parse::<Digest>().ok()?,
            completed: None,
            runs: Record::usual_runs(status),
            employees: Vec::new(),
            roles: Vec::new(),
            retry: Pairs::new(),
            manual: Pairs::new(),
            until: None,
        };
        if flow.eat(", completed: ").is_some() {
            record.completed = Some(flow.moment()?);
        }
        if flow.eat(", runs: {done: ").is_some() {
            record.runs.number = u32::try_from(number(flow.raw())?).ok()?;
            flow.eat(", of: ")?;
            record.runs.of = u32::try_from(number(flow.raw())?).ok()?;
            flow.eat("}")?;
        }
        if status == RecordStatus::InProcess {
            self.parts(&mut record, &mut flow)?;
        }
        (flow.0 == "}").then_some(record)
    }

    fn parts(&mut self, record: &mut Record, flow: &mut Flow<'text>) -> Option<()> {
        if flow.eat(", employees: ").is_some() {
            let ids = flow.list()?.into_iter();
            record.employees = ids
                .map(|id| EmployeeId::new(&id).ok())
                .collect::<Option<_>>()?;
        }
        if flow.eat(", roles: ").is_some() {
            let ids = flow.list()?.into_iter();
            record.roles = ids.map(|id| self.role(&id)).collect::<Option<_>>()?;
        }
        if flow.eat(", retry: ").is_some() {
            record.retry = self.pairs(flow)?;
        }
        if flow.eat(", manual: ").is_some() {
            record.manual = self.pairs(flow)?;
        }
        if flow.eat(", until: ").is_some() {
            record.until = Some(flow.moment()?);
        }
        Some(())
    }

    fn pairs(&mut self, flow: &mut Flow<'text>) -> Option<Pairs> {
        let mut pairs = Pairs::new();
        flow.eat("{")?;
        loop {
            let employee = EmployeeId::new(&flow.key()?).ok()?;
            let roles = flow.list()?.into_iter();
            let roles: Vec<_> = roles.map(|id| self.role(&id)).collect::<Option<_>>()?;
            let last = pairs.last_key_value().map(|(last, _)| last);
            if !is_ascending(&roles) || last.is_some_and(|last| *last >= employee) {
                return None;
            }
            pairs.insert(employee, roles.into_iter().collect::<BTreeSet<_>>());
            if flow.eat("}").is_some() {
                return Some(pairs);
            }
            flow.eat(", ")?;
        }
    }
}

/// What is left of a line in flow style.
struct Flow<'text>(&'text str);

impl<'text> Flow<'text> {
    fn eat(&mut self, text: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    /// Everything before the next comma or closing bracket.
    fn raw(&mut self) -> &'text str {
        let end = self.0.find([',', ']', '}']).unwrap_or(self.0.len());
        let (raw, rest) = self.0.split_at(end);
        self.0 = rest;
        raw
    }

    fn moment(&mut self) -> Option<Instant> {
        moment(self.raw())
    }

    fn scalar(&mut self) -> Option<Cow<'text, str>> {
        if self.0.starts_with('"') {
            let (said, rest) = unquote(self.0)?;
            self.0 = rest;
            Some(said)
        } else {
            let raw = self.raw();
            is_flow_plain(raw).then_some(Cow::Borrowed(raw))
        }
    }

    /// A key and the colon behind it.
    fn key(&mut self) -> Option<Cow<'text, str>> {
        let key = if self.0.starts_with('"') {
            self.scalar()?
        } else {
            let (key, rest) = self.0.split_at(self.0.find(": ")?);
            self.0 = rest;
            is_flow_plain(key).then_some(Cow::Borrowed(key))?
        };
        self.eat(": ")?;
        Some(key)
    }

    fn list(&mut self) -> Option<Vec<Cow<'text, str>>> {
        self.eat("[")?;
        let mut list = Vec::new();
        if self.eat("]").is_some() {
            return Some(list);
        }
        loop {
            list.push(self.scalar()?);
            if self.eat("]").is_some() {
                return Some(list);
            }
            self.eat(", ")?;
        }
    }
}

fn is_ascending<T: Ord>(values: &[T]) -> bool {
    values.is_sorted_by(|left, right| left < right)
}

/// A whole number without sign or leading zeros.
fn number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    (digits && (text == "0" || !text.starts_with('0'))).then(|| text.parse().ok())?
}

/// `2026-11-30T22:30:00Z`, exactly.
fn moment(text: &str) -> Option<Instant> {
    let bytes: &[u8; 20] = text.as_bytes().try_into().ok()?;
    let marks = [
        (4, b'-'),
        (7, b'-'),
        (10, b'T'),
        (13, b':'),
        (16, b':'),
        (19, b'Z'),
    ];
    if marks.iter().any(|(at, mark)| bytes[*at] != *mark) {
        return None;
    }
    let part = |from: usize, to: usize| {
        bytes[from..to].iter().try_fold(0_u32, |value, byte| {
            byte.is_ascii_digit()
                .then(|| value * 10 + u32::from(byte - b'0'))
        })
    };
    let year = i32::try_from(part(0, 4)?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, part(5, 7)?, part(8, 10)?)?;
    let local = day.and_hms_opt(part(11, 13)?, part(14, 16)?, part(17, 19)?)?;
    Some(Utc.from_utc_datetime(&local))
}
