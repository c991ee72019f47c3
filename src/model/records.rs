//! The records of requests. There may be very many, and most of them finished: those are columns, in a few long pieces of memory.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::iter::Peekable;
use std::sync::{Arc, OnceLock};

use super::index::Index;
use super::{Digest, IdError, Instant, Record, RecordStatus, RequestId, RunNumber};

/// Where each request stands that has started or ended, by id. Copies share what was read.
#[derive(Debug, Clone, Default)]
pub struct Records {
    table: Arc<Table>,
    changes: Arc<Changes>,
}

/// All records that are not in the table, and what has changed since.
#[derive(Debug, Clone, Default)]
struct Changes {
    over: BTreeMap<RequestId, Record>,
    /// The complete ones of these, by content.
    complete: HashMap<Digest, BTreeSet<RequestId>>,
}

impl Changes {
    fn insert(&mut self, id: RequestId, record: Record) {
        let before = self
            .over
            .get(&id)
            .filter(|it| it.status == RecordStatus::Complete);
        if let Some(same) = before.and_then(|before| self.complete.get_mut(&before.content)) {
            same.remove(&id);
        }
        if record.status == RecordStatus::Complete {
            let same = self.complete.entry(record.content).or_default();
            same.insert(id.clone());
        }
        self.over.insert(id, record);
    }
}

impl Records {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        let is_new = |id: &&RequestId| self.table.find(id.as_str()).is_none();
        let new = self.changes.over.keys().filter(is_new);
        self.table.len() + new.count()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.len() == 0 && self.changes.over.is_empty()
    }

    /// Where a request stands.
    #[must_use]
    pub fn get(&self, id: &(impl AsRef<str> + ?Sized)) -> Option<Cow<'_, Record>> {
        let id = id.as_ref();
        match self.changes.over.get(id) {
            Some(record) => Some(Cow::Borrowed(record)),
            None => Some(Cow::Owned(self.table.record(self.table.find(id)?))),
        }
    }

    /// Notes where a request stands.
    pub fn insert(&mut self, id: RequestId, record: Record) {
        Arc::make_mut(&mut self.changes).insert(id, record);
    }

    /// Every request, in the order of ids, and where it stands.
    pub fn iter(&self) -> impl Iterator<Item = RequestEntry<'_>> {
        Iter {
            table: &self.table,
            row: 0,
            over: self.changes.over.iter().peekable(),
        }
    }

    /// The ids of all requests, in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|entry| entry.id)
    }

    /// Where a request stands, if it is in process.
    #[must_use]
    pub fn get_in_process(&self, id: &RequestId) -> Option<&Record> {
        let record = self.changes.over.get(id);
        record.filter(|record| record.status == RecordStatus::InProcess)
    }

    /// The requests that are in process, in the order of ids.
    pub fn in_process(&self) -> impl Iterator<Item = (&RequestId, &Record)> {
        let is_in_process =
            |(_, record): &(&RequestId, &Record)| record.status == RecordStatus::InProcess;
        self.changes.over.iter().filter(is_in_process)
    }

    /// Whether no id has a capital letter, so that complete requests whose ids differ only in that are found by small ones.
    #[must_use]
    pub fn ids_are_small(&self) -> bool {
        let is_small = |id: &str| !id.bytes().any(|byte| byte.is_ascii_uppercase());
        is_small(&self.table.ids) && self.changes.over.keys().all(|id| is_small(id.as_str()))
    }

    /// Whether a request is complete.
    #[must_use]
    pub fn is_complete(&self, id: &str) -> bool {
        match self.changes.over.get(id) {
            Some(record) => record.status == RecordStatus::Complete,
            None => self.table.find(id).is_some(),
        }
    }

    /// Whether requests are complete. Many ids are looked up quickly where they are more or less in order.
    pub fn are_complete<'id>(&self, ids: impl IntoIterator<Item = &'id str>) -> Vec<bool> {
        let mut from = 0;
        let ids = ids.into_iter();
        let is_complete = |id: &str| {
            let row = self.table.seek(from, id);
            from = match row {
                Ok(row) => row + 1,
                Err(row) => row,
            };
            match self.changes.over.get(id) {
                Some(record) => record.status == RecordStatus::Complete,
                None => row.is_ok(),
            }
        };
        ids.map(is_complete).collect()
    }

    /// Gets ready for [`Records::complete_with`], which takes a moment where there are many records.
    pub fn prepare(&self) {
        self.table.contents();
    }

    /// The first of the complete requests, by id, that had this content.
    #[must_use]
    pub fn complete_with(&self, content: &Digest) -> Option<RequestId> {
        let table = &self.table;
        let first = table.with_content(content);
        let unchanged = (first.unwrap_or(table.len())..table.len())
            .filter(|row| table.rows[*row].content == *content)
            .map(|row| table.id(row))
            .find(|id| !self.changes.over.contains_key(*id));
        let changed = self.changes.complete.get(content);
        let changed = changed.and_then(BTreeSet::first).map(RequestId::as_str);
        let first = unchanged.into_iter().chain(changed).min();
        first.map(RequestId::known)
    }
}

/// Where a request stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestEntry<'a> {
    /// The request's id.
    pub id: &'a str,
    /// Where it stands.
    pub record: Cow<'a, Record>,
}

impl RequestEntry<'_> {
    /// The request's id, as one to keep.
    #[must_use]
    pub fn request_id(&self) -> RequestId {
        RequestId::known(self.id)
    }
}

impl PartialEq for Records {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Records {}

impl FromIterator<(RequestId, Record)> for Records {
    fn from_iter<I: IntoIterator<Item = (RequestId, Record)>>(records: I) -> Self {
        let records: BTreeMap<RequestId, Record> = records.into_iter().collect();
        let mut builder = RecordsBuilder::default();
        for (id, record) in records {
            // They are in order, so none is refused.
            builder.push(id, record);
        }
        builder.finish()
    }
}

/// Goes through table and changes side by side.
struct Iter<'a, O: Iterator<Item = (&'a RequestId, &'a Record)>> {
    table: &'a Table,
    row: usize,
    over: Peekable<O>,
}

impl<'a, O: Iterator<Item = (&'a RequestId, &'a Record)>> Iterator for Iter<'a, O> {
    type Item = RequestEntry<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = (self.row < self.table.len()).then(|| self.table.id(self.row));
        let over = self.over.peek().map(|(id, _)| id.as_str());
        match (row, over) {
            (Some(row), over) if over.is_none_or(|over| row < over) => {
                self.row += 1;
                Some(RequestEntry {
                    id: row,
                    record: Cow::Owned(self.table.record(self.row - 1)),
                })
            }
            _ => {
                self.row += usize::from(row.is_some() && row == over);
                let (id, record) = self.over.next()?;
                Some(RequestEntry {
                    id: id.as_str(),
                    record: Cow::Borrowed(record),
                })
            }
        }
    }
}

/// Complete requests as columns, in the order of their ids.
#[derive(Debug, Default)]
struct Table {
    ids: String,
    /// Where each id ends; that of the next row begins there. Apart from the rows, because ids are looked up often.
    ends: Vec<usize>,
    rows: Vec<Row>,
    by_content: OnceLock<Index>,
}

#[derive(Debug)]
struct Row {
    content: Digest,
    completed: Option<Instant>,
    runs: RunNumber,
}

impl Table {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn id(&self, row: usize) -> &str {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.ids[start..self.ends[row]]
    }

    fn push(&mut self, id: &str, content: Digest, completed: Option<Instant>, runs: RunNumber) {
        self.ids.push_str(id);
        self.ends.push(self.ids.len());
        self.rows.push(Row {
            content,
            completed,
            runs,
        });
    }

    fn record(&self, row: usize) -> Record {
        let row = &self.rows[row];
        Record::new(RecordStatus::Complete, row.content, row.completed, row.runs)
    }

    fn find(&self, id: &str) -> Option<usize> {
        self.seek(0, id).ok()
    }

    /// The row of an id, or the one where it would be, looked for from a row on: it is found at once if it is near.
    fn seek(&self, from: usize, id: &str) -> Result<usize, usize> {
        let is_before = |row: usize| row < self.len() && self.id(row) < id;
        let (mut low, mut high) = if from == 0 || is_before(from - 1) {
            let (mut low, mut step) = (from, 1);
            while is_before(low + step - 1) {
                low += step;
                step *= 2;
            }
            (low, self.len().min(low + step))
        } else {
            (0, from)
        };
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.id(middle).cmp(id) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Ok(middle),
                Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// The first row with a content.
    fn with_content(&self, content: &Digest) -> Option<usize> {
        let text = |row: usize| self.rows[row].content.bytes().as_slice();
        self.contents().find(content.bytes(), text)
    }

    fn contents(&self) -> &Index {
        let text = |row: usize| self.rows[row].content.bytes().as_slice();
        self.by_content.get_or_init(|| Index::of(self.len(), text))
    }
}

/// Makes [`Records`], request by request in the order of their ids.
#[derive(Debug, Default)]
pub struct RecordsBuilder {
    table: Table,
    changes: Changes,
}

impl RecordsBuilder {
    /// Takes in a complete request, of which nothing else is known. `None` if its id does not come behind the last one.
    ///
    /// # Errors
    ///
    /// An [`IdError`] if the id is none.
    pub fn push_complete(
        &mut self,
        id: &str,
        content: Digest,
        completed: Option<Instant>,
        runs: RunNumber,
    ) -> Result<Option<()>, IdError> {
        RequestId::check(id)?;
        if !self.is_behind(id) {
            return Ok(None);
        }
        self.table.push(id, content, completed, runs);
        Ok(Some(()))
    }

    /// Takes in any request. `None` if its id does not come behind the last one.
    pub fn push(&mut self, id: RequestId, record: Record) -> Option<()> {
        self.is_behind(id.as_str()).then_some(())?;
        let Record {
            content,
            completed,
            runs,
            ..
        } = record;
        if record == Record::new(RecordStatus::Complete, content, completed, runs) {
            self.table.push(id.as_str(), content, completed, runs);
        } else {
            self.changes.insert(id, record);
        }
        Some(())
    }

    fn is_behind(&self, id: &str) -> bool {
        let row = self.table.len().checked_sub(1);
        let row = row.map(|row| self.table.id(row));
        let over = self.changes.over.last_key_value();
        let over = over.map(|(id, _)| id.as_str());
        row.max(over).is_none_or(|last| last < id)
    }

    /// The records.
    #[must_use]
    pub fn finish(self) -> Records {
        Records {
            table: Arc::new(self.table),
            changes: Arc::new(self.changes),
        }
    }
}

#[cfg(test)]
mod tests;
