//! The records of requests.

use std::collections::{BTreeMap, BTreeSet};

use super::flow::{Flow, number};
use super::{Reader, is_ascending};
use crate::document::state::digest;
use crate::model::{Digest, EmployeeId, Pairs, Record, RecordStatus, RequestId};

impl<'text> Reader<'text> {
    pub(super) fn requests(&mut self) -> Option<BTreeMap<RequestId, Record>> {
        let mut requests: Vec<(RequestId, Record)> = Vec::new();
        while !self.is_at_end() {
            let mut flow = Flow(self.line.strip_prefix("  ")?);
            let id = RequestId::new(&flow.key()?).ok()?;
            if requests.last().is_some_and(|(last, _)| *last >= id) {
                return None;
            }
            let record = self.record(flow)?;
            let from = self.here;
            self.advance();
            if let Some(items) = &mut self.items {
                items.push(digest::record_item(
                    id.as_str(),
                    &self.text[from..self.here],
                ));
            }
            requests.push((id, record));
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
