//! The power is cut at every step of what the store does, and everything that may have survived is tried: recovery and a rerun
//! end in the bytes of an undisturbed run, and what was told is never lost.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::simulated_disk::{Lost, Model, SimulatedDisk, Step, Tree, lay_out, tree};
use super::{folder, id, jane, put};
use crate::document::state;
use crate::model::{Actor, ChangeType, ClockSource, Compliance, Digest, EmployeeChange, LogStatus};
use crate::plan::{self, StepKind};
use crate::reconcile::carry_out::{Stamp, carry_out_by};
use crate::reconcile::port::{Ledger as _, LedgerError, Logs as _};
use crate::reconcile::recover::{check_chain, recover};
use crate::reconcile::stop::Stop;
use crate::store::STATE_FILE;
use crate::store::ledger::FileLedger;
use crate::store::lock::{Lock, LockError};
use crate::store::logs::LogFolder;
use crate::store::retract::Before;
use crate::store::state_file::{self, StateFile};
use crate::time::parse_rfc3339;

/// How many logs share their flushes here.
const GROUP: usize = 3;
/// How many survivors of one cut are tried at most.
const PER_CUT: usize = 160;

/// How much is tried in one test.
struct Extent {
    /// How many different survivors.
    survivors: usize,
    /// After how many of the steps the process is killed.
    kills: usize,
    /// How many recoveries are cut off.
    recoveries: usize,
}

/// Some, or a great many where `ROLECALL_SWEEP=full` (`scripts/kill-sweep`).
fn extent() -> Extent {
    let is_full = std::env::var_os("ROLECALL_SWEEP").is_some_and(|value| value == "full");
    if is_full {
        Extent {
            survivors: 1500,
            kills: usize::MAX,
            recoveries: 100,
        }
    } else {
        Extent {
            survivors: 80,
            kills: 6,
            recoveries: 10,
        }
    }
}

/// What somebody does with the store, one after the other. Done again, it goes on where it is.
type Story = &'static [Act];

#[derive(Debug, Clone, Copy)]
enum Act {
    /// Carries out what is left of the steps up to a serial.
    Reconcile {
        year: u32,
        up_to: u64,
        whose: &'static str,
    },
    /// Takes the logs behind a serial back that are not of somebody.
    TakeBack { behind: u64, unless: &'static str },
}

/// Two groups, the second of them not full, and two more in the next year.
const TWO_YEARS: Story = &[
    Act::Reconcile {
        year: 2026,
        up_to: 5,
        whose: "ours",
    },
    Act::Reconcile {
        year: 2027,
        up_to: 9,
        whose: "ours",
    },
];

/// What a clone does that was too late to push.
const TOO_LATE: Story = &[
    Act::Reconcile {
        year: 2026,
        up_to: 2,
        whose: "ours",
    },
    Act::Reconcile {
        year: 2026,
        up_to: 5,
        whose: "ours",
    },
    Act::TakeBack {
        behind: 2,
        unless: "theirs",
    },
    Act::Reconcile {
        year: 2026,
        up_to: 4,
        whose: "theirs",
    },
];

/// The step of a serial: the baseline, and then one role more for Jane each. The first two are everybody's.
pub(super) fn step(serial: u64, whose: &str) -> plan::Step {
    let roles = |count: u64| {
        let roles = (1..=count).map(|number| match number {
            1 | 2 => format!("role-{number}"),
            _ => format!("{whose}-{number}"),
        });
        jane(&roles.collect::<Vec<_>>())
    };
    let changes = (serial > 1).then(|| EmployeeChange {
        id: id("jane"),
        before: Some(roles(serial - 1)),
        after: Some(roles(serial)),
    });
    plan::Step {
        kind: if serial == 1 {
            StepKind::Baseline
        } else {
            StepKind::HandEdit
        },
        change_type: if serial == 1 {
            ChangeType::Baseline
        } else {
            ChangeType::UserRoleAssignmentChange
        },
        compliance: Compliance::Compliant,
        compliance_reason: "test".to_owned(),
        status: LogStatus::Closed,
        request: None,
        approvals: Vec::new(),
        actor: Actor::System,
        schedule: None,
        run: None,
        changes: changes.into_iter().collect(),
        left_out: Vec::new(),
        warnings: Vec::new(),
        resolves: None,
        record: None,
    }
}

/// An access repository before the first reconcile.
pub(super) fn start(root: &Path) {
    put(
        root,
        STATE_FILE,
        "employees:\n  jane: {name: Jane, roles: [role-1]}\n",
    );
}

fn locked(disk: &SimulatedDisk, root: &Path) -> Result<Lock, LedgerError> {
    Lock::acquire_on(Arc::new(disk.clone()), root, None, "test").map_err(|error| match error {
        LockError::Ledger(error) => error,
        LockError::Held { by } => panic!("held by {by}"),
    })
}

/// Tells a story, from wherever the disk is. Returns up to which serial the first recovery came.
fn tell(story: Story, disk: &SimulatedDisk, root: &Path) -> Result<u64, LedgerError> {
    let mut first = None;
    for act in story {
        let recovered = match *act {
            Act::Reconcile { year, up_to, whose } => reconcile(disk, root, (year, up_to, whose))?,
            Act::TakeBack { behind, unless } => take_back(disk, root, behind, unless)?,
        };
        first.get_or_insert(recovered);
    }
    Ok(first.unwrap_or(0))
}

fn broken(message: String) -> LedgerError {
    LedgerError::Integrity {
        serial: None,
        message,
        hint: String::new(),
    }
}

fn reconcile(
    disk: &SimulatedDisk,
    root: &Path,
    (year, up_to, whose): (u32, u64, &str),
) -> Result<u64, LedgerError> {
    let lock = locked(disk, root)?;
    let mut ledger = FileLedger::open(&lock)?;
    // The first log is written as it comes, and the others by the scribe: the steps come in the same order.
    ledger.help_from(1);
    if let Some(gap) = ledger.logs().first_gap() {
        return Err(broken(format!("change log {gap} is missing")));
    }
    check_chain(&ledger)?;
    let file = match state_file::read(root)? {
        StateFile::Bytes(bytes) => {
            state::read_bytes(&bytes).map_err(|error| broken(error.message))?
        }
        other => return Err(broken(format!("the state file: {other:?}"))),
    };
    let digest = ledger.digest(&file);
    let recovered = recover(file, digest, &ledger)?;
    assert!(recovered.drift.is_empty(), "nobody has edited it by hand");
    let from = recovered.state.serial;
    // What somebody else has done meanwhile is not built on.
    let up_to = match ledger.logs().bytes(3) {
        Ok(bytes) if !String::from_utf8_lossy(&bytes).contains(whose) => from,
        _ => up_to,
    };
    let steps: Vec<_> = (from + 1..=up_to)
        .map(|serial| step(serial, whose))
        .collect();
    let now = format!("{year}-11-23T10:00:00Z");
    let stamp = Stamp {
        now: parse_rfc3339(&now).expect("a moment"),
        clock: ClockSource::System,
        program: "rolecall test".to_owned(),
        policy: Digest::of(b"policy"),
        branch: None,
    };
    let (state, _) = carry_out_by(
        GROUP,
        &mut ledger,
        recovered.state,
        &steps,
        &stamp,
        &Stop::default(),
        |applied| disk.told(applied.serial),
    )?;
    if steps.is_empty() && recovered.behind > 0 {
        ledger.write_state(&state)?;
    }
    disk.told(state.serial);
    Ok(from)
}

fn take_back(
    disk: &SimulatedDisk,
    root: &Path,
    behind: u64,
    unless: &str,
) -> Result<u64, LedgerError> {
    let lock = locked(disk, root)?;
    let logs = LogFolder::open(root)?;
    let last = logs.last();
    let theirs = |serial| {
        let bytes = logs.bytes(serial)?;
        Ok::<_, LedgerError>(String::from_utf8_lossy(&bytes).contains(unless))
    };
    if last > behind && !theirs(behind + 1)? {
        let mut state = crate::reconcile::recover::replay(behind, &logs)?;
        state.as_of = Some(logs.head(behind)?.created);
        let text = state::write(&state);
        Before::committed(text.into_bytes(), behind, false).restore(&lock)?;
        disk.taken_back(behind);
    }
    Ok(last)
}

/// What counts in the end: everything but what is passing.
fn kept(root: &Path) -> Tree {
    let mut tree = tree(root);
    tree.retain(|path, _| !path.starts_with("state/.rolecall"));
    tree
}

fn undisturbed(story: Story) -> Tree {
    let root = folder();
    start(root.path());
    tell(story, &SimulatedDisk::over(root.path()), root.path()).expect("nothing is in the way");
    kept(root.path())
}

/// Something that survived, and up to which serial somebody had been told.
type Survivor = (Tree, u64);

/// What was told by the end of some steps.
fn told(steps: &[Step]) -> u64 {
    steps.iter().fold(0, |told, step| match step {
        Step::Told(serial) => told.max(*serial),
        Step::TakenBack(serial) => *serial,
        // What is being taken back may be gone before that is said.
        Step::Remove(path) if LogFolder::is_log(&path.to_string_lossy()) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            LogFolder::serial_of(&name).map_or(told, |serial| told.min(serial - 1))
        }
        _ => told,
    })
}

/// Everything that may survive a cut at any step from some on, and how many there were to choose from.
fn survivors(
    disk: &SimulatedDisk,
    from: usize,
    model: Model,
    is_lost: Lost,
) -> (BTreeSet<Survivor>, u64) {
    let steps = disk.steps();
    let (mut found, mut all) = (BTreeSet::new(), 0);
    for after in from..=steps.len() {
        let (trees, count) = disk.survivors(after, model, is_lost, PER_CUT);
        let told = told(&steps[..after]);
        found.extend(trees.into_iter().map(|tree| (tree, told)));
        all += count;
    }
    (found, all)
}

/// Lets a story go on from what survived, and says what is wrong with its end.
fn go_on(story: Story, survivor: &Survivor, due: &Tree) -> Result<SimulatedDisk, String> {
    let (survived, told) = survivor;
    let root = folder();
    lay_out(survived, root.path());
    let disk = SimulatedDisk::over(root.path());
    disk.told(*told);
    let names = || survived.keys().collect::<Vec<_>>();
    match tell(story, &disk, root.path()) {
        Err(error) => Err(format!("{error}: {:?}", names())),
        Ok(recovered) if recovered < *told => Err(format!(
            "{told} logs were told of and {recovered} are left: {:?}",
            names()
        )),
        Ok(_) if kept(root.path()) != *due => Err(format!("another end: {:?}", names())),
        Ok(_) => Ok(disk),
    }
}

/// Goes on from each of the survivors, on all processors, and returns what was wrong; with the first of that, where `is_first`.
fn attempt(story: Story, survivors: &[Survivor], due: &Tree, is_first: bool) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(survivor) = survivors.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(what) = go_on(story, survivor, due) {
                        wrong.lock().expect("nobody panics").push(what);
                        if is_first {
                            next.store(survivors.len(), Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    wrong.into_inner().expect("nobody panics")
}

/// Some, spread evenly.
fn sample<T: Clone>(found: impl IntoIterator<Item = T>, most: usize) -> Vec<T> {
    let found: Vec<_> = found.into_iter().collect();
    let most = most.min(found.len());
    (0..most)
        .map(|index| found[index * found.len() / most].clone())
        .collect()
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

#[track_caller]
fn all_well(what: &str, story: Story, (found, all): (BTreeSet<Survivor>, u64), due: &Tree) {
    let different = found.len();
    let chosen = sample(found, extent().survivors);
    say(&format!(
        "{what}: {} of {different} different states, from {all} combinations",
        chosen.len()
    ));
    let wrong = attempt(story, &chosen, due, false);
    assert!(
        wrong.is_empty(),
        "{what}: {} of {} states\n{}",
        wrong.len(),
        chosen.len(),
        wrong[..wrong.len().min(5)].join("\n")
    );
}

fn nothing(_: &Step, _: Option<&Step>) -> bool {
    false
}

/// A disk on which a story was told to its end.
fn told_once(story: Story) -> (tempfile::TempDir, SimulatedDisk) {
    let root = folder();
    start(root.path());
    let disk = SimulatedDisk::over(root.path());
    tell(story, &disk, root.path()).expect("nothing is in the way");
    (root, disk)
}

#[test]
fn whatever_survives_a_power_cut_a_rerun_ends_in_the_same_bytes() {
    for (what, story) in [("two years", TWO_YEARS), ("too late", TOO_LATE)] {
        let due = undisturbed(story);
        let (_root, disk) = told_once(story);
        for model in [Model::InOrder, Model::AnySubset] {
            let found = survivors(&disk, 0, model, nothing);
            all_well(&format!("power cut, {what}, {model:?}"), story, found, &due);
        }
    }
}

/// What may survive where the process was killed after some number of steps, then ran again to the end, and the power was cut
/// after any step since the kill.
fn survivors_of_kills(
    story: Story,
    kills: &[usize],
    is_lost: Lost,
    due: &Tree,
) -> (BTreeSet<Survivor>, u64) {
    let (mut found, mut all) = (BTreeSet::new(), 0);
    for kill in kills {
        let root = folder();
        start(root.path());
        let disk = SimulatedDisk::over(root.path());
        disk.end_after(Some(*kill));
        assert!(tell(story, &disk, root.path()).is_err(), "it was killed");
        disk.end_after(None);
        tell(story, &disk, root.path()).expect("a kill does no harm");
        assert_eq!(kept(root.path()), *due, "killed after {kill} steps");
        let (more, count) = survivors(&disk, *kill, Model::AnySubset, is_lost);
        found.extend(sample(more, 400));
        all += count;
    }
    (found, all)
}

#[test]
fn a_power_cut_after_a_kill_loses_nothing_that_the_next_run_told() {
    for (what, story) in [("two years", TWO_YEARS), ("too late", TOO_LATE)] {
        let due = undisturbed(story);
        let (_root, whole) = told_once(story);
        // Behind the last step that the disk does, nothing is left to be killed.
        let steps = whole.steps();
        let does = |step: &Step| !matches!(step, Step::Told(_) | Step::TakenBack(_));
        let last = steps.iter().rposition(does).expect("a step");
        let kills = sample(0..=last, extent().kills);
        let found = survivors_of_kills(story, &kills, nothing, &due);
        all_well(
            &format!("power cut after a kill, {what}, {} kills", kills.len()),
            story,
            found,
            &due,
        );
    }
}

#[test]
fn a_power_cut_during_recovery_does_no_harm_either() {
    let due = undisturbed(TWO_YEARS);
    let (_root, disk) = told_once(TWO_YEARS);
    let (firsts, _) = survivors(&disk, 0, Model::AnySubset, nothing);
    let (mut found, mut all) = (BTreeSet::new(), 0);
    for first in sample(firsts, extent().recoveries) {
        let disk = go_on(TWO_YEARS, &first, &due).expect("tried before");
        let (more, count) = survivors(&disk, 1, Model::AnySubset, nothing);
        found.extend(sample(more, 60));
        all += count;
    }
    all_well("power cut during recovery", TWO_YEARS, (found, all), &due);
}

/// Flushes that may be missing: what they are called, which they are, and the story in which that is found.
type Missing = (&'static str, Lost, Story);

fn is_flush_of(step: &Step, folder: &str) -> bool {
    matches!(step, Step::SyncFolder(path) if path == Path::new(folder))
}

fn is_flush_of_year(step: &Step) -> bool {
    matches!(step, Step::SyncFolder(path) if path.parent() == Some(Path::new("state/changelog")))
}

fn is_move_of_state(step: Option<&Step>) -> bool {
    matches!(step, Some(Step::Move(_, _, to)) if to == Path::new(STATE_FILE))
}

const FLUSHES: &[Missing] = &[
    (
        "the bytes of files",
        |step, _| matches!(step, Step::Sync(..)),
        TWO_YEARS,
    ),
    (
        "the bytes of the state file",
        |step, before| {
            let Some(Step::Write(_, bytes)) = before else {
                return false;
            };
            matches!(step, Step::Sync(..)) && state::read_bytes(bytes).is_ok()
        },
        TWO_YEARS,
    ),
    (
        "the folder of drafts",
        |step, _| is_flush_of(step, "state/.rolecall"),
        TWO_YEARS,
    ),
    (
        "the folder of a year, into which logs were moved",
        |step, before| is_flush_of_year(step) && matches!(before, Some(Step::Move(..))),
        TWO_YEARS,
    ),
    (
        "the folder of a year, from which logs were taken back",
        |step, before| is_flush_of_year(step) && matches!(before, Some(Step::Remove(_))),
        TOO_LATE,
    ),
    (
        "the folder of the logs",
        |step, _| is_flush_of(step, "state/changelog"),
        TWO_YEARS,
    ),
    (
        "the folder around the logs and the state file",
        |step, before| is_flush_of(step, "state") && !is_move_of_state(before),
        TWO_YEARS,
    ),
    (
        // Where nothing is taken back, a state file that is older than it should be is brought up to date from the logs.
        "the state file's folder, into which the state file was moved",
        |step, before| is_flush_of(step, "state") && is_move_of_state(before),
        TOO_LATE,
    ),
];

/// Panics unless one of the survivors of a missing flush ends badly.
#[track_caller]
fn is_missed(what: &str, story: Story, found: BTreeSet<Survivor>, due: &Tree) {
    let wrong = attempt(story, &sample(found, 600), due, true);
    let Some(first) = wrong.first() else {
        panic!("nobody misses the flush of {what}");
    };
    let first: String = first.chars().take(60).collect();
    say(&format!("without the flush of {what}: {first}…"));
}

#[test]
fn a_flush_that_is_missing_is_found() {
    for (what, is_lost, story) in FLUSHES {
        let due = undisturbed(story);
        let (_root, disk) = told_once(story);
        let steps = disk.steps();
        let lost = (1..steps.len()).filter(|at| is_lost(&steps[*at], Some(&steps[*at - 1])));
        assert!(lost.count() > 0, "{what} is never flushed");
        let (found, _) = survivors(&disk, 0, Model::AnySubset, *is_lost);
        is_missed(what, story, found, &due);
    }
}

#[test]
fn without_a_flush_of_what_a_killed_run_moved_the_next_one_would_lose_it() {
    let due = undisturbed(TWO_YEARS);
    let (_root, whole) = told_once(TWO_YEARS);
    let steps = whole.steps();
    let is_move_of_log = |step: &Step| matches!(step, Step::Move(_, _, to) if LogFolder::is_log(&to.to_string_lossy()));
    let kills: Vec<_> = (0..steps.len())
        .filter(|at| is_move_of_log(&steps[*at]))
        .map(|at| at + 1)
        .collect();
    // The first flush of a year in a run, which follows that of another folder.
    let is_lost: Lost =
        |step, before| is_flush_of_year(step) && matches!(before, Some(Step::SyncFolder(_)));
    let (found, _) = survivors_of_kills(TWO_YEARS, &kills, is_lost, &due);
    is_missed("what was there before", TWO_YEARS, found, &due);
}
