//! The table and what lies over it, held against an ordinary map.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::document::sample::{any_employee, moment};
use crate::model::{EmployeeStatus, Grant, RequestId};

type Map = BTreeMap<EmployeeId, Employee>;

fn employee_id(number: u8) -> EmployeeId {
    EmployeeId::new(&format!("e{number}")).expect("an id")
}

fn role(number: u8) -> RoleId {
    RoleId::new(&format!("r{number}")).expect("an id")
}

/// Someone with a few of four roles, so that roles are shared.
fn any_holder() -> impl Strategy<Value = Employee> {
    (any_employee(), vec(0..4_u8, 0..4), vec(0..4_u8, 0..2)).prop_map(|(employee, roles, lent)| {
        Employee {
            roles: roles.into_iter().map(role).collect(),
            temporary: lent
                .into_iter()
                .map(|number| Grant {
                    role: role(number),
                    until: moment("2026-12-01T00:00:00Z"),
                    request: RequestId::new("cover").expect("an id"),
                })
                .collect(),
            ..employee
        }
    })
}

fn any_people() -> impl Strategy<Value = Vec<(u8, Option<Employee>)>> {
    vec((0..12_u8, prop::option::of(any_holder())), 0..16)
}

fn agree(employees: &Employees, map: &Map) -> Result<(), TestCaseError> {
    prop_assert_eq!(employees.len(), map.len());
    prop_assert_eq!(employees.is_empty(), map.is_empty());
    let listed = employees.iter();
    let listed: Vec<_> = listed
        .map(|entry| (entry.employee_id(), entry.employee.to_employee()))
        .collect();
    let due: Vec<_> = map.clone().into_iter().collect();
    prop_assert_eq!(listed, due);
    for number in 0..13 {
        let id = employee_id(number);
        let found = employees.get(&id).map(EmployeeView::to_employee);
        prop_assert_eq!(found.as_ref(), map.get(&id));
    }
    for number in 0..5 {
        let role = role(number);
        let holders = employees.holders(&role).map(|entry| entry.employee_id());
        let holders: Vec<_> = holders.collect();
        let each: BTreeSet<_> = holders.iter().cloned().collect();
        prop_assert_eq!(holders.len(), each.len(), "somebody stands twice");
        let due = map.iter().filter(|(_, employee)| employee.holds(&role));
        prop_assert_eq!(each, due.map(|(id, _)| id.clone()).collect());
    }
    let borrowers = employees.borrowers().map(|entry| entry.employee_id());
    let due = map.iter().filter(|(_, it)| !it.temporary.is_empty());
    prop_assert_eq!(
        borrowers.collect::<BTreeSet<_>>(),
        due.map(|(id, _)| id.clone()).collect()
    );
    let held = map.values().map(|employee| employee.held().len());
    prop_assert_eq!(employees.count_held(), held.sum::<usize>());
    Ok(())
}

proptest! {
    #[test]
    fn they_are_a_map(first in any_people(), second in any_people()) {
        let mut map = Map::new();
        for (number, employee) in first {
            match employee {
                Some(employee) => drop(map.insert(employee_id(number), employee)),
                None => drop(map.remove(&employee_id(number))),
            }
        }
        let before: Employees = map.clone().into_iter().collect();
        agree(&before, &map)?;
        let (was, mut after) = (map.clone(), before.clone());
        for (number, employee) in second {
            let id = employee_id(number);
            match employee {
                Some(employee) => {
                    map.insert(id.clone(), employee.clone());
                    after.insert(id, employee);
                }
                None => {
                    map.remove(&id);
                    after.remove(&id);
                }
            }
        }
        agree(&after, &map)?;
        agree(&after.clone().compact(), &map)?;
        agree(&before, &was)?;
        let there = |employees: &Map, id: &EmployeeId| employees.get(id).cloned();
        let all = map.keys().chain(was.keys());
        let due: BTreeSet<_> = all.filter(|id| there(&map, id) != there(&was, id)).cloned().collect();
        prop_assert_eq!(before == after, due.is_empty());
        prop_assert_eq!(before.clone().compact() == after.clone().compact(), due.is_empty());
        prop_assert_eq!(&before.differences(&after), &due);
        prop_assert_eq!(&before.compact().differences(&after.compact()), &due);
    }
}

#[test]
fn the_builder_takes_them_in_order_alone() {
    let mut builder = EmployeesBuilder::default();
    let one = builder.role(&role(1));
    assert_eq!(builder.hold(one), Err(BuildError::Order), "nobody is there");
    let push = |builder: &mut EmployeesBuilder, id: &str| {
        builder.push(id, "Someone", None, EmployeeStatus::Active)
    };
    push(&mut builder, "b").expect("the first");
    assert_eq!(push(&mut builder, "b"), Err(BuildError::Order));
    assert_eq!(push(&mut builder, "a"), Err(BuildError::Order));
    assert!(matches!(push(&mut builder, "c d"), Err(BuildError::Id(_))));
    builder.hold(one).expect("the first role");
    assert_eq!(builder.hold(one), Err(BuildError::Order));
    let zero = builder.role(&role(0));
    assert_eq!(builder.hold(zero), Err(BuildError::Order));
    let employees = Employees::from(builder);
    assert_eq!(employees.len(), 1);
    assert!(
        employees
            .get("b")
            .is_some_and(|b| b.holds(&role(1)) && !b.holds(&role(0)))
    );
}
