//! Request files, read.

use super::load::{Repository, RequestFile};
use crate::check::finding::{Finding, Places};
use crate::check::{self, Introduced};
use crate::document::request::{self, Reading};
use crate::document::source::Source;
use crate::model::{AccessType, Digest, RecordStatus, Request, RequestId, State};

/// A request file, read.
pub(super) struct ReadFile {
    pub(super) id: RequestId,
    pub(super) path: String,
    pub(super) content: Digest,
    pub(super) counts: bool,
    pub(super) reading: Read,
    pub(super) findings: Vec<Finding>,
}

pub(super) enum Read {
    Request {
        request: Box<Request>,
        places: Places,
    },
    Draft {
        name: Option<String>,
        access_type: Option<AccessType>,
    },
    Broken,
}

/// Reads every request file; those without an id of their own become findings.
pub(super) fn read_requests(
    repository: &Repository,
    state: &State,
    findings: &mut Vec<Finding>,
) -> Vec<ReadFile> {
    let mut read: Vec<ReadFile> = Vec::new();
    for file in &repository.files {
        match request::id_of(&file.path) {
            Ok(id) => read.push(read_file(repository, file, &id)),
            Err(finding) => findings.push(finding),
        }
    }
    let ids: Vec<_> = read
        .iter()
        .map(|read| (read.id.clone(), read.path.clone()))
        .collect();
    for (index, finding) in check::tree::duplicates(&ids) {
        read[index].reading = Read::Broken;
        read[index].findings.push(finding);
    }
    for read in &mut read {
        // What was wrong with a finished request does not matter any more.
        if is_finished(state, read) && read.content == state.requests[&read.id].content {
            read.findings.clear();
        }
    }
    read
}

pub(super) fn read_file(repository: &Repository, file: &RequestFile, id: &RequestId) -> ReadFile {
    let content = Digest::of(&file.bytes);
    let broken = |findings| ReadFile {
        id: id.clone(),
        path: file.path.clone(),
        content,
        counts: file.counts,
        reading: Read::Broken,
        findings,
    };
    let source = match Source::new(&*file.path, file.bytes.clone(), request::LIMIT) {
        Ok(source) => source,
        Err(finding) => return broken(vec![finding]),
    };
    match request::read(&source, &repository.settings) {
        Err(findings) => broken(findings),
        Ok(Reading::Draft(draft)) => ReadFile {
            reading: Read::Draft {
                name: draft.name,
                access_type: draft.access_type,
            },
            ..broken(draft.findings)
        },
        Ok(Reading::Request(document)) => ReadFile {
            reading: Read::Request {
                request: Box::new(document.request),
                places: document.places,
            },
            ..broken(document.findings)
        },
    }
}

pub(super) fn is_finished(state: &State, read: &ReadFile) -> bool {
    let record = state.requests.get(&read.id);
    record.is_some_and(|record| record.status == RecordStatus::Complete)
}

/// Whom live requests introduce: those that count, are not called off and not complete.
pub(super) fn introduced(read: &[ReadFile], state: &State) -> Introduced {
    let mut introduced = Introduced::new();
    for file in read
        .iter()
        .filter(|read| read.counts && !is_finished(state, read))
    {
        let Read::Request { request, .. } = &file.reading else {
            continue;
        };
        if request.cancelled.is_some() {
            continue;
        }
        for employee in request.listed_employees() {
            let details = request
                .introduction(employee)
                .and_then(|entry| entry.details.clone());
            if let Some((name, email)) = details {
                let entries = introduced.entry(employee.clone()).or_default();
                entries.push((file.id.clone(), name, email));
            }
        }
    }
    introduced
}
