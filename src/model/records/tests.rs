//! The columns and what lies over them, held against an ordinary map.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;
use crate::document::sample::any_record;

type Map = BTreeMap<RequestId, Record>;

fn id(number: u8) -> RequestId {
    RequestId::new(&format!("r{number}")).expect("an id")
}

/// One of few contents, so that some are the same.
fn any_of_few() -> impl Strategy<Value = Record> {
    (any_record(), 0..3_u8).prop_map(|(record, content)| Record {
        content: Digest::of(&[content]),
        ..record
    })
}

/// Records as the reader makes them.
fn built(map: &Map) -> Records {
    let mut builder = RecordsBuilder::default();
    for (id, record) in map {
        let is_complete = record.status == RecordStatus::Complete;
        let pushed = if is_complete {
            let Record {
                content,
                completed,
                runs,
                ..
            } = *record;
            let pushed = builder.push_complete(id.as_str(), content, completed, runs);
            pushed.expect("an id")
        } else {
            builder.push(id.clone(), record.clone())
        };
        assert_eq!(pushed, Some(()));
    }
    builder.finish()
}

fn agree(records: &Records, map: &Map) -> Result<(), TestCaseError> {
    prop_assert_eq!(records.len(), map.len());
    prop_assert_eq!(records.is_empty(), map.is_empty());
    let listed = records.iter();
    let listed: Vec<_> = listed
        .map(|entry| (entry.request_id(), entry.record.into_owned()))
        .collect();
    let due: Vec<_> = map.clone().into_iter().collect();
    prop_assert_eq!(listed, due);
    let due = map.keys().map(RequestId::as_str);
    prop_assert!(records.ids().eq(due));
    let is_complete = |record: &&Record| record.status == RecordStatus::Complete;
    let due = map.iter().filter(|(_, record)| !is_complete(record));
    prop_assert!(records.in_process().eq(due));
    for number in 0..13 {
        let id = id(number);
        let record = map.get(&id);
        let found = records.get(&id);
        prop_assert_eq!(found.as_deref(), record);
        let in_process = record.filter(|record| !is_complete(record));
        prop_assert_eq!(records.get_in_process(&id), in_process);
        let due = record.is_some_and(|record| is_complete(&record));
        prop_assert_eq!(records.is_complete(id.as_str()), due);
    }
    let ids: Vec<_> = [0, 1, 2, 10, 11, 3, 9, 0, 12, 5, 5, 4].map(id).into();
    let due = ids.iter().map(|id| records.is_complete(id.as_str()));
    let due: Vec<_> = due.collect();
    prop_assert_eq!(records.are_complete(ids.iter().map(RequestId::as_str)), due);
    for content in 0..4 {
        let content = Digest::of(&[content]);
        let due = map
            .iter()
            .find(|(_, record)| is_complete(record) && record.content == content);
        let found = records.complete_with(&content);
        prop_assert_eq!(found.as_ref(), due.map(|(id, _)| id));
    }
    Ok(())
}

proptest! {
    #[test]
    fn records_are_a_map(
        first in btree_map((0..12_u8).prop_map(id), any_of_few(), 0..10),
        then in vec((0..12_u8, any_of_few()), 0..10),
    ) {
        let mut map = first;
        let mut records = built(&map);
        agree(&records, &map)?;
        let as_read = records.clone();
        let before = map.clone();
        for (number, record) in then {
            records.insert(id(number), record.clone());
            map.insert(id(number), record);
            agree(&records, &map)?;
        }
        agree(&as_read, &before)?;
        prop_assert_eq!(records == as_read, map == before);
        prop_assert_eq!(records, map.into_iter().collect::<Records>());
    }
}

#[test]
fn ids_that_are_none_or_not_in_order_are_refused() {
    let content = Digest::of(b"a");
    let record = Record::new(RecordStatus::Complete, content, None, RunNumber::default());
    for (first, second) in [("b", "a"), ("b", "b"), ("B", "A"), ("a1", "a")] {
        for complete in [false, true] {
            for last_complete in [false, true] {
                let mut builder = RecordsBuilder::default();
                let mut push = |id: &str, complete: bool| {
                    if complete {
                        let pushed = builder.push_complete(id, content, None, RunNumber::default());
                        pushed.expect("an id")
                    } else {
                        builder.push(RequestId::new(id).expect("an id"), record.clone())
                    }
                };
                assert_eq!(push(first, complete), Some(()));
                assert_eq!(push(second, last_complete), None, "{first} {second}");
                assert_eq!(push("z", last_complete), Some(()));
            }
        }
    }
    let mut builder = RecordsBuilder::default();
    for none in ["", "a b", ".a", "ä"] {
        let pushed = builder.push_complete(none, content, None, RunNumber::default());
        assert!(pushed.is_err(), "{none}");
    }
    assert!(builder.finish().is_empty());
}
