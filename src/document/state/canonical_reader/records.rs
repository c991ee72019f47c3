//! The records of requests.

use std::collections::BTreeSet;

use memchr::{memchr, memrchr};

use super::flow::{Flow, number};
use super::{Reader, is_ascending};
use crate::document::state::digest::{self, Items};
use crate::model::{
    Digest, EmployeeId, Pairs, Record, RecordStatus, Records, RecordsBuilder, RequestId,
};

/// Where the first record begins, looked up without going through what comes before: nothing but records has two spaces in front and
/// a bracket at its end.
pub(in crate::document::state) fn start(text: &str) -> Option<usize> {
    let is_record = |line: &str| {
        let key = line.strip_prefix("  ");
        key.is_some_and(|key| !key.starts_with(' ')) && line.ends_with('}')
    };
    let (mut from, mut to) = (0, text.len());
    while from < to {
        // The line around the middle, as all before `from` are none and all from `to` on are.
        let middle = usize::midpoint(from, to);
        let start = memrchr(b'\n', &text.as_bytes()[..middle]).map_or(0, |at| at + 1);
        let rest = &text[start..];
        let end = memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        if is_record(&rest[..end]) {
            to = start;
        } else {
            from = start + end + 1;
        }
    }
    text[..to].ends_with("\nrequests:\n").then_some(to)
}

impl<'text> Reader<'text> {
    pub(super) fn requests(&mut self) -> Option<Records> {
        let mut requests = RecordsBuilder::default();
        while !self.is_at_end() {
            let mut flow = Flow(self.line.strip_prefix("  ")?);
            let id = flow.key()?;
            self.record(&id, flow, &mut requests)?;
            let from = self.here;
            self.advance();
            if let Some(items) = &mut self.items {
                items.push(digest::record_item(&id, &self.text[from..self.here]));
            }
        }
        let requests = requests.finish();
        (!requests.is_empty()).then_some(requests)
    }

    /// The records' part of what the digest of the state is made from. Nothing but ids is checked: whoever wants the records too has
    /// [`Reader::requests`] read the same lines.
    pub(super) fn items_of_requests(&mut self) -> Option<Items> {
        let mut items = Items::default();
        while !self.is_at_end() {
            let id = Flow(self.line.strip_prefix("  ")?).key()?;
            let from = self.here;
            self.advance();
            items.push(digest::record_item(&id, &self.text[from..self.here]));
        }
        Some(items)
    }

    fn record(&mut self, id: &str, mut flow: Flow<'text>, into: &mut RecordsBuilder) -> Option<()> {
        flow.eat("{status: ")?;
        let status = if flow.eat("complete").is_some() {
            RecordStatus::Complete
        } else {
            flow.eat("approved")?;
            RecordStatus::InProcess
        };
        flow.eat(", content: ")?;
        let content = flow.raw().parse::<Digest>().ok()?;
        let mut completed = None;
        if flow.eat(", completed: ").is_some() {
            completed = Some(flow.moment()?);
        }
        let mut runs = Record::usual_runs(status);
        if flow.eat(", runs: {done: ").is_some() {
            runs.number = u32::try_from(number(flow.raw())?).ok()?;
            flow.eat(", of: ")?;
            runs.of = u32::try_from(number(flow.raw())?).ok()?;
            flow.eat("}")?;
        }
        if status == RecordStatus::Complete {
            (flow.0 == "}").then_some(())?;
            return into.push_complete(id, content, completed, runs).ok()?;
        }
        let mut record = Record::new(status, content, completed, runs);
        self.parts(&mut record, &mut flow)?;
        (flow.0 == "}").then_some(())?;
        into.push(RequestId::new(id).ok()?, record)
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
