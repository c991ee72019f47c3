//! The sources that need nothing but the request and the branch.

use std::collections::BTreeMap;

use super::{PATH, at, content, person, request, request_id};
use crate::approval::{Inline, Merge, Source, Subject};
use crate::model::{AccessType, Approval, Decision, Evidence, InlineApproval, Request};

fn decisions(source: &dyn Source, path: &str, request: &Request) -> Vec<Approval> {
    let id = request_id("grant");
    let subject = Subject {
        id: &id,
        path,
        content: content(),
        request,
    };
    assert_eq!(source.refused(subject), []);
    source.decisions(subject)
}

#[test]
fn a_request_s_own_list_counts_in_the_order_of_its_moments() {
    let entry = |by: &str, hour| InlineApproval {
        by: person(by),
        decision: Decision::Approve,
        at: at(hour),
    };
    let mut request = request(AccessType::RoleAdditions);
    assert_eq!(decisions(&Inline, PATH, &request), []);
    request.approvals = Some(vec![entry("bob", 11), entry("alice", 10)]);
    let of = |by: &str, hour| {
        let by = by.to_owned();
        Approval::new(by, Decision::Approve, at(hour), Evidence::Inline)
    };
    let due = [of("alice", 10), of("bob", 11)];
    assert_eq!(decisions(&Inline, PATH, &request), due);
    assert_eq!(Inline.evidence(), Evidence::Inline);
}

#[test]
fn whoever_brought_a_path_to_the_branch_has_approved_it() {
    let brought = ("Alice Park".to_owned(), at(10));
    let merge = Merge(BTreeMap::from([(PATH.to_owned(), brought)]));
    let request = request(AccessType::RoleAdditions);
    let due = Approval::new(
        "Alice Park".to_owned(),
        Decision::Approve,
        at(10),
        Evidence::Merge,
    );
    assert_eq!(decisions(&merge, PATH, &request), [due]);
    assert_eq!(decisions(&merge, "requests/other.yaml", &request), []);
    assert_eq!(merge.evidence(), Evidence::Merge);
}
