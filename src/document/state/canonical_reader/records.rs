//! The records of requests.

use std::collections::BTreeSet;

use super::flow::{Flow, number};
use super::{Reader, is_ascending};
use crate::document::state::digest;
use crate::model::{
    Digest, EmployeeId, Pairs, Record, RecordStatus, Records, RecordsBuilder, RequestId,
};

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
        let mut record = Record {
            status,
            content,
            completed,
            runs,
            employees: Vec::new(),
            roles: Vec::new(),
            retry: Pairs::new(),
            manual: Pairs::new(),
            until: None,
        };
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
