//! Writes a large access repository to measure with: 5,000 employees, 1,000 roles of 20 holders each, and requests that make 200
//! changes, approved in the files themselves. The same on every machine.
//!
//! `cargo run --release --example workload -- DIR` writes all of it; with a second argument, a number from 2 up, only the
//! requests of that round, to be carried out after those before.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a program of its own that writes files"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

const EMPLOYEES: usize = 5_000;
const ROLES: usize = 1_000;
const HOLDERS: usize = 20;
/// Requests of a round; each makes ten changes.
const REQUESTS: usize = 20;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = || io::Error::new(io::ErrorKind::InvalidInput, "workload DIR [ROUND]");
    let folder = arguments.next().ok_or_else(usage)?;
    let round: usize = match arguments.next() {
        Some(text) => text.parse().map_err(|_| usage())?,
        None => 1,
    };
    let folder = Path::new(&folder);
    let holders = holders();
    if round == 1 {
        fs::create_dir_all(folder.join("state"))?;
        fs::write(folder.join("rolecall.yaml"), settings())?;
        fs::write(folder.join("state/state.yaml"), state(&holders))?;
    }
    let requests = folder.join(format!("requests/round-{round}"));
    fs::create_dir_all(&requests)?;
    for number in 0..REQUESTS {
        let file = requests.join(format!("round-{round}-{number:02}.yaml"));
        fs::write(file, request(round, number, &holders))?;
    }
    println!(
        "{}: {EMPLOYEES} employees, {ROLES} roles of {HOLDERS} holders, {} changes in round {round}",
        folder.display(),
        REQUESTS * 10
    );
    Ok(())
}

/// Who holds each role at the beginning.
fn holders() -> Vec<BTreeSet<usize>> {
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed >> 33).unwrap_or_default()
    };
    (0..ROLES)
        .map(|_| {
            let mut holders = BTreeSet::new();
            while holders.len() < HOLDERS {
                holders.insert(next() % EMPLOYEES);
            }
            holders
        })
        .collect()
}

fn settings() -> String {
    let mut text = String::from(
        "version: 1\norganization: Workload\n\
         user_provisioning: {auto_provisioning: true, auto_role_removal: true}\n\
         change_controls:\n\
         \x20 user_onboarding: {evidence: inline}\n\
         \x20 user_offboarding: {evidence: inline}\n\
         people:\n\
         \x20 alice: {name: Alice Park, email: alice@workload.example}\n\
         \x20 dana: {name: Dana Fox, email: dana@workload.example}\n\
         roles:\n",
    );
    for role in 0..ROLES {
        let _ = writeln!(text, "  role-{role:04}: {{name: Role {role}}}");
    }
    text
}

fn state(holders: &[BTreeSet<usize>]) -> String {
    let mut text = String::from("version: 1\nemployees:\n");
    for employee in 0..EMPLOYEES {
        let _ = write!(
            text,
            "  employee.{employee:04}:\n    name: Employee Number {employee}\n    \
             email: employee.{employee:04}@workload.example\n    status: active\n"
        );
        let held = holders.iter().enumerate();
        let held: Vec<_> = held.filter(|(_, it)| it.contains(&employee)).collect();
        text.push_str(if held.is_empty() {
            "    roles: []\n"
        } else {
            "    roles:\n"
        });
        for (role, _) in held {
            let _ = writeln!(text, "    - role-{role:04}");
        }
    }
    text
}

/// Every other request gives two roles to five people who do not hold them; the others take a role from ten of its holders.
fn request(round: usize, number: usize, holders: &[BTreeSet<usize>]) -> String {
    let first = ((round - 1) * REQUESTS + number) * 2 % ROLES;
    let (kind, employees, roles) = if number.is_multiple_of(2) {
        let free = |employee: &usize| {
            !holders[first].contains(employee) && !holders[first + 1].contains(employee)
        };
        let start = first * 5;
        let employees: Vec<_> = (start..EMPLOYEES).filter(free).take(5).collect();
        ("role_additions", employees, vec![first, first + 1])
    } else {
        let employees = holders[first].iter().copied().take(10).collect();
        ("role_reductions", employees, vec![first])
    };
    let employees: Vec<_> = employees
        .iter()
        .map(|employee| format!("employee.{employee:04}"))
        .collect();
    let roles: Vec<_> = roles.iter().map(|role| format!("role-{role:04}")).collect();
    format!(
        "name: Round {round}, request {number}\nchange_overview: HR-{round}-{number}\naccess_type: {kind}\nrequested_by: dana\n\
         affected_employees: [{}]\naffected_roles: [{}]\n\
         approvals:\n- {{by: alice, decision: approve, at: 2026-11-20T10:00:00Z}}\n",
        employees.join(", "),
        roles.join(", ")
    )
}
