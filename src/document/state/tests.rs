//! Both readers, the writer and the digest.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::document::sample::{any_state, employee, moment};
use crate::model::{Digest, EmployeeId, EmployeeStatus};

const WHOLE: &str = "\
version: 1
serial: 42
head: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
as_of: 2026-11-23T00:42:00Z
employees:
  \"007\":
    name: \"42\"
    status: inactive
    roles: []
  jane.doe:
    name: Jane Doe
    email: jane.doe@acme.example
    status: active
    roles:
    - ap-clerk
    - expense-approver
    temporary:
    - {role: payroll-viewer, until: 2026-12-01T00:00:00Z, request: cover-payroll}
requests:
  offboard: {status: approved, content: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08, runs: {done: 2, of: 6}, employees: [jane.doe, \"007\"], roles: [ap-clerk, \"null\"], retry: {jane.doe: [ap-clerk]}, manual: {\"007\": [administrator]}, until: 2026-12-01T00:00:00Z}
  onboard-jane-doe: {status: complete, content: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08, completed: 2026-11-20T10:05:00Z}
...
";

#[test]
fn the_canonical_form_is_as_the_contract_draws_it() {
    let state = read_canonical(WHOLE).expect("it is canonical");
    assert_eq!(write(&state), WHOLE);
    assert_eq!(read_general(WHOLE).expect("it is YAML"), state);
    let jane = state.employees.get("jane.doe").expect("Jane");
    assert_eq!(jane.roles().len(), 2);
    assert_eq!(jane.temporary().len(), 1);
    let record = state.requests.get("offboard").expect("a record");
    assert_eq!((record.runs.number, record.runs.of), (2, 6));
}

#[test]
fn an_empty_state_has_neither_serial_nor_head() {
    let text = write(&State::default());
    assert_eq!(text, "version: 1\nemployees: {}\nrequests: {}\n...\n");
    assert_eq!(read(&text).expect("it is one"), State::default());
}

#[test]
fn a_state_that_is_started_by_hand_needs_only_employees() {
    let state =
        read("employees:\n  jane: {}\n  sam:\n    roles: [b, a]   # two\n").expect("a state");
    let jane = state.employees.get("jane").expect("Jane");
    assert_eq!(jane.name(), "jane");
    assert_eq!(
        (jane.email(), jane.status()),
        (None, EmployeeStatus::Active)
    );
    assert!(jane.holds_nothing());
    let sam = state.employees.get("sam").expect("Sam");
    assert_eq!(sam.roles().len(), 2);
    assert_eq!(state.serial, 0);
    assert!(read("employees: {}\n").is_ok());
}

#[test]
fn what_is_no_state_is_refused_with_its_line() {
    let cases = [
        ("", None, "empty"),
        ("  \n", None, "empty"),
        ("version: 1\n\0employees: {}\n", Some(2), "NUL"),
        ("\u{feff}employees: {}\n", Some(1), "byte order mark"),
        ("version: 2\nemployees: {}\n", None, "version 2"),
        ("version: 1\n", None, "employees"),
        (
            "employees:\n  jane:\n    roles: [a, b, a]\n",
            Some(3),
            "stands twice",
        ),
        (
            "employees:\n  jane:\n    roles:\n    - a\n    - b\n    - a\n",
            Some(6),
            "stands twice",
        ),
        ("employees:\n  jane: {}\n  \"jane\": {}\n", Some(3), "jane"),
        ("employees:\n  ../x: {}\n", Some(2), "not an employee id"),
        (
            "employees:\n  jane:\n    roles: [\"a b\"]\n",
            Some(3),
            "not a role id",
        ),
        ("employees:\n  jane:\n    rolls: []\n", Some(3), "rolls"),
        ("employees:\n  jane: {}\nextra: 1\n", Some(3), "extra"),
        ("employees:\n  jane:\n    status: gone\n", Some(3), "gone"),
        ("employees:\n  jane: &x {}\n  sam: *x\n", None, ""),
        ("employees:\n  jane:\n    <<: {name: x}\n", None, ""),
        ("employees: {}\n---\nemployees: {}\n", None, ""),
        ("- a\n", Some(1), ""),
        (
            "employees: {}\nrequests:\n  a: {status: complete, content: x}\n",
            Some(3),
            "digest",
        ),
    ];
    for (text, line, part) in cases {
        let error = read(text).expect_err(text);
        assert!(error.message.contains(part), "{text:?}: {error:?}");
        if line.is_some() {
            assert_eq!(error.line, line, "{text:?}: {error:?}");
        }
        assert!(!error.hint.is_empty());
    }
}

#[test]
fn nulls_do_not_become_texts() {
    for text in [
        "employees:\n  null: {}\n",
        "employees:\n  ~: {}\n",
        "employees:\n  jane: {roles: [null]}\n",
        "employees:\n  jane: {roles: [~]}\n",
        "employees:\n  jane: {roles: [!!binary YWI=]}\n",
    ] {
        assert!(read(text).is_err(), "{text:?} gave {:?}", read(text));
    }
}

#[test]
fn bytes_that_are_not_utf8_are_refused_with_their_line() {
    let error = read_bytes(b"employees:\n  jane:\n    name: \xff\n").expect_err("no text");
    assert_eq!(error.line, Some(3));
}

#[test]
fn a_written_state_cut_off_anywhere_is_refused() {
    for length in 0..WHOLE.len() - 1 {
        let part = &WHOLE[..length];
        assert!(read(part).is_err(), "{part:?}");
    }
}

#[test]
fn both_readers_take_moments_of_the_same_years() {
    for (year, is_taken) in [
        ("1969", false),
        ("1970", true),
        ("9998", true),
        ("9999", false),
    ] {
        for moment in ["2026-11-23", "2026-12-01", "2026-11-20"] {
            let text = WHOLE.replacen(moment, &format!("{year}{}", &moment[4..]), 1);
            assert_eq!(read_canonical(&text).is_some(), is_taken, "{text}");
            assert_eq!(read_general(&text).is_ok(), is_taken, "{text}");
        }
    }
}

#[test]
fn the_same_role_is_one_text_in_memory() {
    for text in [WHOLE.to_owned(), format!("# by hand\n{WHOLE}")] {
        let state = read(&text).expect("a state");
        let jane = state.employees.get("jane.doe").expect("Jane");
        let role = jane.roles().next().expect("a role");
        let record = state.requests.get("offboard").expect("a record");
        assert!(std::ptr::eq(role.as_str(), record.roles[0].as_str()));
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_the_same_by_both_readers(state in any_state()) {
        let text = write(&state);
        prop_assert_eq!(&read_general(&text).expect("it is YAML"), &state, "{}", text);
        prop_assert_eq!(read_canonical(&text), Some(state.clone()), "{}", text);
        if let Ok((kept, mut tree)) = read_with_tree(text.clone().into_bytes()) {
            prop_assert_eq!(tree.digest(), digest(&state), "{}", text);
            prop_assert_eq!(write(&kept), text);
        }
    }

    #[test]
    fn what_the_fast_reader_takes_the_general_one_takes_too(
        state in any_state(),
        at in any::<prop::sample::Index>(),
        length in 0_usize..3,
        insert in "[ \\n\"':#,{}\\[\\]a-c0-2~.\\-]{0,3}",
    ) {
        let mut text = write(&state);
        let mut from = at.index(text.len());
        while !text.is_char_boundary(from) { from -= 1; }
        let mut to = (from + length).min(text.len());
        while !text.is_char_boundary(to) { to += 1; }
        text.replace_range(from..to, &insert);
        if let Some(fast) = read_canonical(&text) {
            prop_assert_eq!(read_general(&text), Ok(fast), "{}", text);
        }
    }

    #[test]
    fn the_digest_does_not_depend_on_the_order_of_changes(
        first in any_state(),
        second in any_state(),
    ) {
        let mut tree = StateTree::default();
        let mut before = &State::default();
        for state in [&first, &second, &State::default(), &first] {
            for entry in before.employees.iter().chain(&state.employees) {
                tree.set_employee(&entry.employee_id(), state.employees.get(entry.id));
            }
            for id in before.requests.ids().chain(state.requests.ids()) {
                tree.set_record(id, state.requests.get(id).as_deref());
            }
            prop_assert_eq!(tree.digest(), digest(state));
            prop_assert_eq!(digest(state), plain_digest(state));
            before = state;
        }
    }
}

/// The digest as `docs/state-digest.md` defines it, without any short cut.
fn plain_digest(state: &State) -> Digest {
    fn of_set(items: &BTreeMap<Digest, Digest>, depth: usize) -> Digest {
        let hex = |key: &Digest| key.to_string().as_bytes()["sha256:".len() + depth];
        let mut bytes = Vec::new();
        if items.len() <= 16 {
            bytes.extend_from_slice(b"leaf");
            for leaf in items.values() {
                bytes.extend(leaf.bytes());
            }
            return Digest::of(&bytes);
        }
        bytes.extend_from_slice(b"node");
        for value in "0123456789abcdef".bytes() {
            let part = items.iter().filter(|(key, _)| hex(key) == value);
            let part: BTreeMap<_, _> = part.map(|(key, leaf)| (*key, *leaf)).collect();
            if part.is_empty() {
                bytes.extend([0; 32]);
            } else {
                bytes.extend(of_set(&part, depth + 1).bytes());
            }
        }
        Digest::of(&bytes)
    }
    let employees = state.employees.iter();
    let employees = employees.map(|entry| {
        let mut lines = String::new();
        writer::write_employee(&mut lines, entry);
        (format!("employee\0{}", entry.id), lines)
    });
    let records = state.requests.iter();
    let records = records.map(|entry| {
        let mut line = String::new();
        writer::write_record(&mut line, entry.id, &entry.record);
        (format!("request\0{}", entry.id), line)
    });
    let items = employees.chain(records).map(|(key, text)| {
        let key = Digest::of(key.as_bytes());
        (
            key,
            Digest::of_pieces([key.bytes().as_slice(), text.as_bytes()]),
        )
    });
    of_set(&items.collect(), 0)
}

#[test]
fn the_digest_of_a_known_state_stays() {
    let mut state = State::default();
    assert_eq!(
        digest(&state).to_string(),
        Digest::of(b"leaf").to_string(),
        "no items"
    );
    for number in 0..100 {
        let id = EmployeeId::new(&format!("e{number}")).expect("an id");
        state.employees.insert(id, employee("Someone", &["a", "b"]));
    }
    assert_eq!(digest(&state), plain_digest(&state));
    let before = digest(&state);
    state.serial = 7;
    state.as_of = Some(moment("2026-11-23T00:00:00Z"));
    assert_eq!(digest(&state), before, "serial and as_of are not covered");
}

#[test]
fn a_state_started_by_hand_in_a_familiar_form_is_read_fast_and_alike() {
    let started = "\
version: 1
employees:
  zoe:
    name: Zoe
    status: active
    roles: [b, a]
  adam:
    name: Adam
    email: adam@acme.example
    status: inactive
    roles:
      - c
      - \"1\"
  bea:
    name: Bea
    status: active
    roles:
    - a
";
    for text in [
        started.to_owned(),
        format!("{started}...\n"),
        format!("{started}\n\n"),
        started.trim_end().to_owned(),
    ] {
        let fast = canonical_reader::read_started(&text).expect("it is familiar");
        assert_eq!(read_general(&text).expect("it is YAML"), fast, "{text}");
    }
    for (from, to) in [
        ("zoe", "adam"),
        ("[b, a]", "[a, a]"),
        ("      - c", "      - \"1\""),
        ("- a\n", "- a...\n...\nversion: 1\n"),
        ("status: active", "status: gone"),
        ("    - a", "     - a"),
        ("version: 1", "version: 1\nserial: 3"),
    ] {
        let text = started.replacen(from, to, 1);
        let fast = canonical_reader::read_started(&text);
        assert!(fast.is_none() || fast == read_general(&text).ok(), "{text}");
    }
}

/// A state of so many records that they are read and digested by several threads.
fn with_many_records() -> State {
    let mut state = read_canonical(WHOLE).expect("it is canonical");
    let open = state
        .requests
        .get("offboard")
        .map(std::borrow::Cow::into_owned);
    let complete = state.requests.get("onboard-jane-doe");
    let complete = complete.map(std::borrow::Cow::into_owned);
    let (open, complete) = (open.expect("a record"), complete.expect("a record"));
    for number in 0..12_000 {
        let id = crate::model::RequestId::new(&format!("r{number}")).expect("an id");
        let record = if number % 1000 == 0 { &open } else { &complete };
        let content = Digest::of(format!("{number}").as_bytes());
        let record = crate::model::Record {
            content,
            ..record.clone()
        };
        state.requests.insert(id, record);
    }
    state
}

#[test]
fn many_records_are_read_and_digested_as_few_are() {
    let state = with_many_records();
    let text = write(&state);
    assert_eq!(read_canonical(&text).as_ref(), Some(&state));
    let (kept, mut tree) = read_with_tree(text.clone().into_bytes()).expect("a state");
    assert_eq!(kept, state);
    assert_eq!(write(&kept), text);
    let due = plain_digest(&state);
    assert_eq!(tree.digest(), due);
    assert_eq!(digest(&state), due);
    for change in [
        |text: &str| text.replacen("  r5: {status", "  r5: {Status", 1),
        |text: &str| text.replacen("  r5: {", "  r4: {", 1),
        |text: &str| text.replacen("  r9999: {", " r9999: {", 1),
        |text: &str| text.replacen("requests:\n", "requests: # all\n", 1),
        |text: &str| text.replacen("requests:\n", "requests:\n\n", 1),
        |text: &str| text.replacen("employees:\n", "employees: \n", 1),
        |text: &str| text.replacen("\n...\n", "\n  a: {}\n...\n", 1),
    ] {
        let text = change(&text);
        assert_eq!(read_canonical(&text), None, "{}", &text[..400]);
        // Whoever hashes them beside that does not hide it: the general reader takes it, or says what is wrong.
        let read = read_with_tree(text.clone().into_bytes());
        let general = read_bytes(text.as_bytes());
        assert_eq!(read.is_ok(), general.is_ok());
        if let (Ok((read, mut tree)), Ok(general)) = (read, general) {
            assert_eq!(read, general);
            assert_eq!(tree.digest(), plain_digest(&general));
        }
    }
}

#[test]
fn where_records_begin_is_found_and_nothing_else_taken_for_it() {
    let start = canonical_reader::start_of_records;
    let whole = WHOLE.strip_suffix("...\n").expect("it has an end");
    let due = whole.find("  offboard").expect("a record");
    assert_eq!(start(whole), Some(due));
    for text in [
        "",
        "\n",
        "requests:\n  a: {}\n",
        "x\n  a: {}\n",
        "x\nrequests: \n",
    ] {
        assert_eq!(start(text), None, "{text:?}");
    }
    assert_eq!(start("x\nrequests:\n  a: {}\n"), Some(12));
    assert_eq!(start("x\nrequests:\n  a: {}\n  b: {}\n  c: {}"), Some(12));
}

/// A state of so many employees that two threads read them.
fn with_many_employees() -> State {
    let mut state = read_canonical(WHOLE).expect("it is canonical");
    let jane = state.employees.get("jane.doe").expect("Jane").to_employee();
    for number in 0..3_000 {
        let id = crate::model::EmployeeId::new(&format!("e{number}")).expect("an id");
        let mut employee = jane.clone();
        employee.roles = (number % 7..number % 11)
            .map(|role| crate::model::RoleId::new(&format!("r{role}")).expect("a role"))
            .collect();
        employee.email = (number % 3 > 0).then(|| format!("e{number}@acme.example"));
        if number % 5 > 0 {
            employee.temporary.clear();
        }
        state.employees.set(&id, Some(employee));
    }
    state
}

#[test]
fn many_employees_are_read_as_few_are() {
    let state = with_many_employees();
    let text = write(&state);
    assert!(canonical_reader::middle_of_employees(&text).is_some());
    assert_eq!(read_canonical(&text).as_ref(), Some(&state));
    let (kept, mut tree) = read_with_tree(text.clone().into_bytes()).expect("a state");
    assert_eq!(kept, state);
    assert_eq!(write(&kept), text);
    assert_eq!(tree.digest(), plain_digest(&state));
    for number in 0..12 {
        let role = crate::model::RoleId::new(&format!("r{number}")).expect("a role");
        let holders = |state: &State| -> Vec<String> {
            let holders = state.employees.holders(&role);
            holders.map(|holder| holder.id.to_owned()).collect()
        };
        assert_eq!(holders(&kept), holders(&state), "{role}");
    }
    // Whatever is wrong in either half is found, also where they meet.
    let middle = canonical_reader::middle_of_employees(&text).expect("a middle");
    let line = |from: usize| text[from..].split('\n').next().expect("a line").to_owned();
    let at_middle = line(middle);
    for (from, to) in [
        ("  e1:\n", "  e1 :\n"),
        ("  e999:\n", "  e999 :\n"),
        ("  e999:\n", "  e998:\n"),
        (&*at_middle, "  e0:"),
        (&*at_middle, "  zzz:"),
        (&*at_middle, "   e:"),
    ] {
        let broken = text.replacen(from, to, 1);
        assert_ne!(broken, text);
        assert_eq!(read_canonical(&broken), None, "{from:?} to {to:?}");
    }
    for id in ["e1", "e999"] {
        let harmful = format!("  {id}:\n    name: \"a\\u202e\"\n");
        let named = text.find(&format!("  {id}:\n")).expect("an employee");
        let name = named + text[named..].find("    name: ").expect("a name");
        let end = name + text[name..].find('\n').expect("a line end") + 1;
        let text = format!("{}{harmful}{}", &text[..named], &text[end..]);
        let (error, _) = read_with_tree(text.into_bytes()).expect_err("a harmful name");
        assert!(
            error.message.contains(&format!("employee {id} ")),
            "{error:?}"
        );
    }
}
