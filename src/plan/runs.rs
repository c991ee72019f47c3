//! Cutting a request into runs of at most 15 employees and 20 roles.

use std::collections::BTreeSet;

use crate::model::{EmployeeId, Pairs, RoleId};

/// The most employees of a run.
pub const MOST_EMPLOYEES: usize = 15;
/// The most roles of a run.
pub const MOST_ROLES: usize = 20;

/// A run: some employees and some roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// At most 15.
    pub employees: Vec<EmployeeId>,
    /// At most 20.
    pub roles: Vec<RoleId>,
    /// Whether it is the first of its employees' runs.
    pub first_roles: bool,
    /// Whether it is the last of its employees' runs.
    pub last_roles: bool,
}

/// Cuts employees and roles into runs: for each group of employees, each group of roles. At least one run, if empty.
#[must_use]
pub fn cut(employees: &[EmployeeId], roles: &[RoleId]) -> Vec<Cell> {
    let groups = groups(employees, MOST_EMPLOYEES);
    let role_groups = self::groups(roles, MOST_ROLES);
    let mut cells = Vec::with_capacity(groups.len() * role_groups.len());
    for group in &groups {
        for (index, roles) in role_groups.iter().enumerate() {
            cells.push(Cell {
                employees: group.to_vec(),
                roles: roles.to_vec(),
                first_roles: index == 0,
                last_roles: index + 1 == role_groups.len(),
            });
        }
    }
    cells
}

/// How many runs [`cut`] makes.
#[must_use]
pub fn count(employees: usize, roles: usize) -> u32 {
    let groups = employees.div_ceil(MOST_EMPLOYEES).max(1) * roles.div_ceil(MOST_ROLES).max(1);
    u32::try_from(groups).unwrap_or(u32::MAX)
}

/// Cuts single pairs into runs in the same way, employees in the order given.
#[must_use]
pub fn cut_pairs(pairs: &Pairs, order: &[EmployeeId]) -> Vec<Cell> {
    let listed = order.iter().filter(|id| pairs.contains_key(*id));
    let others = pairs.keys().filter(|id| !order.contains(id));
    let employees: Vec<_> = listed.chain(others).cloned().collect();
    let roles: BTreeSet<_> = pairs.values().flatten().cloned().collect();
    cut(&employees, &roles.into_iter().collect::<Vec<_>>())
}

fn groups<T>(list: &[T], most: usize) -> Vec<&[T]> {
    if list.is_empty() {
        return vec![list];
    }
    list.chunks(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn employees(count: usize) -> Vec<EmployeeId> {
        (0..count)
            .map(|n| EmployeeId::new(&format!("e{n:03}")).unwrap())
            .collect()
    }

    fn roles(count: usize) -> Vec<RoleId> {
        (0..count)
            .map(|n| RoleId::new(&format!("r{n:03}")).unwrap())
            .collect()
    }

    #[test]
    fn runs_are_pairs_of_groups_and_one_employee_s_runs_follow_one_another() {
        for (e, r, runs) in [
            (15, 20, 1),
            (16, 20, 2),
            (16, 21, 4),
            (40, 22, 6),
            (1, 1, 1),
            (0, 3, 1),
        ] {
            let cells = cut(&employees(e), &roles(r));
            assert_eq!(cells.len(), runs, "{e} by {r}");
            assert_eq!(count(e, r) as usize, runs, "{e} by {r}");
        }
        let cells = cut(&employees(16), &roles(21));
        assert_eq!(cells[0].employees, cells[1].employees);
        assert_eq!((cells[0].roles.len(), cells[1].roles.len()), (20, 1));
        assert_eq!((cells[0].last_roles, cells[1].last_roles), (false, true));
    }

    #[test]
    fn single_pairs_keep_the_order_of_the_list_and_come_once() {
        let everybody = employees(17);
        let pairs: Pairs = everybody
            .iter()
            .map(|id| (id.clone(), roles(1).into_iter().collect()))
            .collect();
        let listed = [everybody[16].clone(), everybody[3].clone()];
        let cells = cut_pairs(&pairs, &listed);
        let cut: Vec<_> = cells
            .iter()
            .flat_map(|cell| cell.employees.clone())
            .collect();
        assert_eq!(cells.len(), 2);
        assert_eq!(cut.len(), 17);
        assert_eq!(
            cut[..3],
            [
                everybody[16].clone(),
                everybody[3].clone(),
                everybody[0].clone()
            ]
        );
    }
}
