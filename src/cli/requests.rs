//! Request files, read.

use std::collections::BTreeMap;

use super::approvals::Wanted;
use super::load::{Repository, RequestFile};
use crate::check::finding::{Code, Finding, Places};
use crate::check::{self, Introduced};
use crate::document::request::{self, Reading};
use crate::document::source::Source;
use crate::model::{AccessType, Digest, RecordStatus, Request, RequestId, State, each};
use crate::plan::Candidate;

/// From so many files up another thread helps to read them.
pub(super) const MANY: usize = 16;

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
    let mut files = Vec::new();
    for file in &repository.files {
        match request::id_of(&file.path) {
            Ok(id) => files.push((id, file)),
            Err(finding) if file.counts => findings.push(finding),
            Err(finding) => findings.push(finding.at_most_a_warning()),
        }
    }
    let mut read = each(files, MANY, |(id, file)| read_file(repository, file, &id));
    refuse_duplicates(&mut read);
    leave_out_shadowed(&mut read, findings);
    for read in &mut read {
        // What was wrong with a finished request does not matter any more.
        if is_as_carried_out(state, read.id.as_str(), || read.content) {
            read.findings.clear();
        }
    }
    read
}

/// Of the files that count, none may share its id; nor may those that do not count among themselves.
fn refuse_duplicates(read: &mut [ReadFile]) {
    for counts in [true, false] {
        let indices: Vec<_> = (0..read.len())
            .filter(|index| read[*index].counts == counts)
            .collect();
        let ids: Vec<_> = indices
            .iter()
            .map(|index| (read[*index].id.clone(), read[*index].path.clone()))
            .collect();
        for (place, finding) in check::tree::duplicates(&ids) {
            let file = &mut read[indices[place]];
            file.reading = Read::Broken;
            file.findings.push(finding);
        }
    }
}

/// A file that does not count is left out where one that counts has its id: it cannot be another request. Moved or renamed
/// with the same content it is not worth a word.
fn leave_out_shadowed(read: &mut Vec<ReadFile>, findings: &mut Vec<Finding>) {
    let folded = |read: &ReadFile| read.id.as_str().to_ascii_lowercase();
    let merged: BTreeMap<_, _> = read
        .iter()
        .filter(|read| read.counts)
        .map(|read| (folded(read), (read.path.clone(), read.content)))
        .collect();
    read.retain(|file| {
        let Some((path, content)) = merged.get(&folded(file)).filter(|_| !file.counts) else {
            return true;
        };
        if *content != file.content {
            let message = format!(
                "the id `{}` is also that of {path}, which is merged",
                file.id
            );
            findings.push(
                Finding::warning(Code::DuplicateRequest, message)
                    .in_file(&file.path)
                    .hint("rename this one before it is merged; ids are unique over all folders"),
            );
        }
        false
    });
}

/// Takes from a candidate the findings that do not matter: those of a finished request as it was carried out, those about the
/// approval of one that was changed since, and that problems of a file that does not count are errors.
pub(super) fn without_idle_findings(
    mut candidate: Candidate,
    state: &State,
    counts: bool,
) -> Candidate {
    let record = state.requests.get(&candidate.id);
    if let Some(record) = record.filter(|record| record.status == RecordStatus::Complete) {
        let is_as_recorded = record.content == candidate.content;
        candidate
            .findings
            .retain(|finding| !is_as_recorded && !is_about_approval(finding.code));
    }
    if !counts {
        let findings = candidate.findings.into_iter();
        candidate.findings = findings.map(Finding::at_most_a_warning).collect();
    }
    candidate
}

pub(super) fn is_about_approval(code: Code) -> bool {
    code.refuses_approval()
        || matches!(
            code,
            Code::ApprovalNotCounted
                | Code::ApprovalLapsed
                | Code::NobodyEligible
                | Code::NotMerged
                | Code::EvidenceNotRead
        )
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

/// Whether a request is finished, and its file has the content that was carried out.
pub(super) fn is_as_carried_out(state: &State, id: &str, content: impl FnOnce() -> Digest) -> bool {
    let record = state.requests.get(id);
    record.is_some_and(|record| {
        record.status == RecordStatus::Complete && record.content == content()
    })
}

pub(super) fn is_finished(state: &State, read: &ReadFile) -> bool {
    state.requests.is_complete(read.id.as_str())
}

/// The requests whose approvals matter: those that could be read, are not called off and not complete.
pub(super) fn wanted(read: &[ReadFile], state: &State) -> Vec<Wanted> {
    let is_open = |read: &&ReadFile| {
        matches!(&read.reading, Read::Request { request, .. } if request.cancelled.is_none())
            && !is_finished(state, read)
    };
    read.iter()
        .filter(is_open)
        .map(|read| Wanted {
            id: read.id.clone(),
            content: read.content,
            path: read.path.clone(),
            counts: read.counts,
        })
        .collect()
}

/// Whom live requests introduce beside the employees of a state: those that count, are not called off and not complete.
pub(super) fn introduced(read: &[ReadFile], state: &State) -> Introduced {
    let live = |file: &&ReadFile| file.counts && !is_finished(state, file);
    let introducing = read.iter().filter(live).flat_map(|file| {
        let request = match &file.reading {
            Read::Request { request, .. } if request.cancelled.is_none() => Some(request),
            _ => None,
        };
        let entries = request.into_iter().flat_map(|it| it.entries());
        entries.filter_map(|entry| {
            let (name, email) = entry.details.clone()?;
            Some((entry.id.clone(), (file.id.clone(), name, email)))
        })
    });
    Introduced::of(&state.employees, introducing)
}
