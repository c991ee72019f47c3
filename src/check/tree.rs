//! Ids of requests must be unique over the whole tree.

use std::collections::BTreeMap;

use super::finding::{Code, Finding};
use crate::model::RequestId;

/// The files whose id another file has too, also where the two differ in case: an error for each, by its position in the
/// list, that names the others.
#[must_use]
pub fn duplicates(files: &[(RequestId, String)]) -> BTreeMap<usize, Finding> {
    let mut same: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, (id, _)) in files.iter().enumerate() {
        let folded = id.as_str().to_ascii_lowercase();
        same.entry(folded).or_default().push(index);
    }
    let mut findings = BTreeMap::new();
    for group in same.values().filter(|group| group.len() > 1) {
        for index in group {
            let (id, path) = &files[*index];
            let others = group.iter().filter(|other| *other != index);
            let mut others: Vec<&str> = others.map(|other| files[*other].1.as_str()).collect();
            others.sort_unstable();
            let more = match others.len().saturating_sub(3) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            others.truncate(3);
            let message = format!("the id `{id}` is also that of {}{more}", others.join(", "));
            let finding = Finding::error(Code::DuplicateRequest, message)
                .in_file(path)
                .hint("rename one; ids are unique over all folders, also ignoring case");
            findings.insert(*index, finding);
        }
    }
    findings
}
