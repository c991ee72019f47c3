//! Writes an access repository to measure with: one of the workloads W1 to W4, the same on every machine.
//!
//! `cargo run --release --example workload -- W2 DIR`. The company is made up, and skewed like a real one: a few roles that nearly
//! everybody in a department has, many that few have, a few people who hold much.
//!
//! Three moments matter, and `scripts/measure` uses them as the clock: at [`BEGINNING`] the baseline is logged and what W3 has
//! finished is carried out; at [`LATER`] half of what is open in W1, W2 and W4 is due, and nothing of W3.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a program of its own that writes files"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

/// The clock of the first reconcile.
const BEGINNING: &str = "2026-11-01T12:00:00Z";
/// The clock of what is measured.
const LATER: &str = "2026-11-24T12:00:00Z";

/// How large a company is, and what is asked for.
struct Workload {
    name: &'static str,
    employees: usize,
    held: usize,
    roles: usize,
    /// Requests that the first reconcile carries out.
    finished: usize,
    /// Requests that are due at [`LATER`].
    due: usize,
    /// Requests that wait for a later day.
    waiting: usize,
    /// Employees and roles of an open request.
    extent: (usize, usize),
    evidence: &'static str,
}

const WORKLOADS: [Workload; 4] = [
    Workload {
        name: "W1",
        employees: 5_000,
        held: 20_000,
        roles: 300,
        finished: 0,
        due: 20,
        waiting: 0,
        extent: (5, 2),
        evidence: "inline",
    },
    Workload {
        name: "W2",
        employees: 100_000,
        held: 500_000,
        roles: 2_000,
        finished: 0,
        due: 500,
        waiting: 500,
        extent: (15, 3),
        evidence: "inline",
    },
    Workload {
        name: "W3",
        employees: 20_000,
        held: 100_000,
        roles: 1_000,
        finished: 100_000,
        due: 0,
        waiting: 100,
        extent: (15, 3),
        evidence: "merge",
    },
    Workload {
        name: "W4",
        employees: 1_000_000,
        held: 5_000_000,
        roles: 5_000,
        finished: 0,
        due: 500,
        waiting: 500,
        extent: (15, 3),
        evidence: "inline",
    },
];

const FIRST_NAMES: [&str; 32] = [
    "Aisha", "Alan", "Beatriz", "Chen", "Dana", "Elif", "Femi", "Grace", "Hana", "Ivan", "Jonas",
    "Kavya", "Lena", "Maria", "Nadia", "Omar", "Pedro", "Quinn", "Rosa", "Sam", "Tariq", "Uma",
    "Viktor", "Wen", "Ximena", "Yusuf", "Zoe", "Björn", "Chloé", "Łukasz", "Siân", "Noor",
];
const LAST_NAMES: [&str; 32] = [
    "Adeyemi", "Bauer", "Castro", "Dubois", "Eriksen", "Fox", "Garcia", "Haddad", "Ito", "Jansen",
    "Kowalska", "Lopez", "Moreau", "Nguyen", "O'Brien", "Park", "Quist", "Reyes", "Silva",
    "Tanaka", "Ueda", "Varga", "Weber", "Xu", "Yilmaz", "Zhang", "Müller", "Nuñez", "Okafor",
    "Petrov", "Singh", "Haas",
];
const SUBJECTS: [&str; 12] = [
    "payroll",
    "ledger",
    "vendor",
    "expense",
    "crm",
    "warehouse",
    "badge",
    "wiki",
    "build",
    "travel",
    "benefits",
    "audit",
];
const LEVELS: [&str; 4] = ["viewer", "clerk", "approver", "manager"];

fn main() -> io::Result<()> {
    let usage = || io::Error::new(io::ErrorKind::InvalidInput, "workload W1|W2|W3|W4 DIR");
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [name, folder] = arguments.as_slice() else {
        return Err(usage());
    };
    let mut workloads = WORKLOADS.iter();
    let workload = workloads.find(|it| it.name == name).ok_or_else(usage)?;
    let company = Company::new(workload);
    let folder = Path::new(folder);
    fs::create_dir_all(folder.join("state"))?;
    fs::write(folder.join("rolecall.yaml"), settings(workload))?;
    company.write(&folder.join("state/state.yaml"))?;
    requests(workload, &company, &folder.join("requests"))?;
    println!(
        "{name}: {} employees, {} held roles, {} requests to finish at {BEGINNING}, {} due and {} waiting at {LATER}",
        workload.employees, workload.held, workload.finished, workload.due, workload.waiting
    );
    Ok(())
}

/// Numbers that look random and are the same everywhere (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let high = usize::try_from(self.0 >> 33).unwrap_or_default();
        high % bound.max(1)
    }

    /// Small numbers far more often than large ones.
    fn skewed(&mut self, bound: usize) -> usize {
        let once = self.below(bound) + 1;
        let twice = self.below(once) + 1;
        self.below(twice)
    }
}

/// Who there is, and which roles each holds, by number.
struct Company {
    ids: Vec<String>,
    names: Vec<String>,
    held: Vec<BTreeSet<usize>>,
    roles: Vec<String>,
}

impl Company {
    fn new(workload: &Workload) -> Self {
        let mut numbers = Numbers(0x2545_F491_4F6C_DD1D);
        let mut taken: BTreeMap<String, usize> = BTreeMap::new();
        let (mut ids, mut names) = (Vec::new(), Vec::new());
        for _ in 0..workload.employees {
            let first = FIRST_NAMES[numbers.skewed(FIRST_NAMES.len())];
            let last = LAST_NAMES[numbers.below(LAST_NAMES.len())];
            let plain = plain(&format!("{first}.{last}"));
            let count = taken.entry(plain.clone()).or_default();
            *count += 1;
            ids.push(if *count == 1 {
                plain
            } else {
                format!("{plain}{count}")
            });
            names.push(format!("{first} {last}"));
        }
        let mut held = vec![BTreeSet::new(); workload.employees];
        let mut left = workload.held;
        for roles in &mut held {
            roles.insert(numbers.skewed(workload.roles));
            left -= 1;
        }
        while left > 0 {
            let employee = if numbers.below(4) == 0 {
                numbers.skewed(workload.employees)
            } else {
                numbers.below(workload.employees)
            };
            if held[employee].insert(numbers.skewed(workload.roles)) {
                left -= 1;
            }
        }
        let roles = (0..workload.roles).map(role).collect();
        Self {
            ids,
            names,
            held,
            roles,
        }
    }

    fn is_active(&self, employee: usize) -> bool {
        employee % 50 != 49 || self.held[employee].len() > 1
    }

    /// The state, as a person or an import would start it, but in the order that the reconciler keeps.
    fn write(&self, path: &Path) -> io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all(b"version: 1\nemployees:\n")?;
        let mut order: Vec<_> = (0..self.ids.len()).collect();
        order.sort_unstable_by(|left, right| self.ids[*left].cmp(&self.ids[*right]));
        for employee in order {
            let (id, name) = (&self.ids[employee], &self.names[employee]);
            let status = if self.is_active(employee) {
                "active"
            } else {
                "inactive"
            };
            writeln!(
                file,
                "  {id}:\n    name: {name}\n    email: {id}@workload.example\n    status: {status}\n    roles:"
            )?;
            let mut roles: Vec<_> = self.held[employee]
                .iter()
                .map(|role| &self.roles[*role])
                .collect();
            roles.sort_unstable();
            for role in roles {
                writeln!(file, "    - {role}")?;
            }
        }
        file.write_all(b"requests: {}\n...\n")?;
        file.flush()
    }
}

/// An id out of a name.
fn plain(name: &str) -> String {
    let name = name.to_lowercase();
    let letter = |letter: char| match letter {
        'ö' => Some('o'),
        'ü' | 'ú' => Some('u'),
        'é' => Some('e'),
        'â' => Some('a'),
        'ł' => Some('l'),
        'ñ' => Some('n'),
        '\'' => None,
        other => Some(other),
    };
    name.chars().filter_map(letter).collect()
}

fn role(number: usize) -> String {
    let subject = SUBJECTS[number % SUBJECTS.len()];
    let level = LEVELS[number / SUBJECTS.len() % LEVELS.len()];
    format!(
        "{subject}-{level}-{:03}",
        number / (SUBJECTS.len() * LEVELS.len())
    )
}

fn settings(workload: &Workload) -> String {
    let evidence = workload.evidence;
    let mut text = format!(
        "version: 1\norganization: Workload\n\
         user_provisioning: {{auto_provisioning: true, auto_role_removal: true}}\n\
         change_controls:\n\
         \x20 user_onboarding: {{evidence: {evidence}}}\n\
         \x20 user_offboarding: {{evidence: {evidence}}}\n\
         people:\n\
         \x20 alice: {{name: Alice Park, email: alice@workload.example}}\n\
         \x20 dana: {{name: Dana Fox, email: dana@workload.example}}\n\
         limits: {{removals: 1000000}}\n\
         roles:\n"
    );
    for number in 0..workload.roles {
        let _ = writeln!(text, "  {}: {{name: Role {number}}}", role(number));
    }
    text
}

fn requests(workload: &Workload, company: &Company, folder: &Path) -> io::Result<()> {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let mut write = |kind: &str, number: usize, extent, start| {
        // No more files in a folder than people would put there.
        let folder = folder.join(format!("{kind}/{:03}", number / 500));
        fs::create_dir_all(&folder)?;
        let id = format!("{kind}-{number:06}");
        let text = request(workload, company, &mut numbers, &id, extent, start);
        fs::write(folder.join(format!("{id}.yaml")), text)
    };
    for number in 0..workload.finished {
        write("finished", number, (1 + number % 2, 1), None)?;
    }
    for number in 0..workload.due {
        write("due", number, workload.extent, Some("2026-11-20"))?;
    }
    for number in 0..workload.waiting {
        write("waiting", number, workload.extent, Some("2027-03-01"))?;
    }
    Ok(())
}

/// Two of three requests give roles, the third takes some away that its employees hold.
fn request(
    workload: &Workload,
    company: &Company,
    numbers: &mut Numbers,
    id: &str,
    (employees, roles): (usize, usize),
    start: Option<&str>,
) -> String {
    let mut chosen = BTreeSet::new();
    while chosen.len() < employees {
        let employee = numbers.below(workload.employees);
        if company.is_active(employee) {
            chosen.insert(employee);
        }
    }
    let takes = numbers.below(3) == 0;
    let mut affected = BTreeSet::new();
    if takes {
        let held = chosen.iter().flat_map(|it| &company.held[*it]);
        affected.extend(held.copied().take(roles));
    }
    while affected.len() < roles {
        affected.insert(numbers.below(workload.roles));
    }
    let (kind, date) = if takes {
        ("role_reductions", "offboarding_date")
    } else {
        ("role_additions", "start_date")
    };
    let employees: Vec<_> = chosen.iter().map(|it| company.ids[*it].as_str()).collect();
    let roles: Vec<_> = affected
        .iter()
        .map(|it| company.roles[*it].as_str())
        .collect();
    let mut text = format!(
        "name: Change {id}\nchange_overview: HR-{id}\naccess_type: {kind}\nrequested_by: dana\n\
         affected_employees: [{}]\naffected_roles: [{}]\n",
        employees.join(", "),
        roles.join(", ")
    );
    if let Some(start) = start {
        let _ = writeln!(text, "{date}: {start}");
    }
    if workload.evidence == "inline" {
        text.push_str("approvals:\n- {by: alice, decision: approve, at: 2026-10-30T10:00:00Z}\n");
    }
    text
}
