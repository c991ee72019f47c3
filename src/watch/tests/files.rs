use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use notify::EventKind;
use notify::event::{
    AccessKind, AccessMode, CreateKind, DataChange, Event, Flag, ModifyKind, RenameMode,
};

use crate::watch::daemon::Message;
use crate::watch::eyes::{Hint, hints};
use crate::watch::settle::{PATIENCE, Phase, Settle, Touch};
use crate::watch::worker::{Done, Order, Report, Worker};
use crate::watch::{Failure, GitFolders, Passed, Places, Work};

fn places() -> Places {
    Places {
        root: PathBuf::from("/here"),
        git: Some(GitFolders {
            own: PathBuf::from("/here/.git/worktrees/this"),
            common: PathBuf::from("/here/.git"),
        }),
    }
}

fn heard(kind: EventKind, path: &str) -> Vec<Hint> {
    hints(&places(), &Event::new(kind).add_path(PathBuf::from(path)))
}

#[test]
fn only_what_a_pass_reads_is_a_hint() {
    let written = EventKind::Modify(ModifyKind::Data(DataChange::Any));
    for path in [
        "/here/rolecall.yaml",
        "/here/requests/deep/one.yaml",
        "/here/approvals/one/alice.yaml",
        "/here/state/state.yaml",
        "/here/state/changelog/2026/000001-baseline.yaml",
        "/here/.git/refs/heads/main",
        "/here/.git/packed-refs",
        "/here/.git/reftable/tables.list",
        "/here/.git/worktrees/this/HEAD",
    ] {
        assert_eq!(heard(written, path).len(), 1, "{path}");
    }
    for path in [
        "/here/README.md",
        "/here/requests/.one.yaml.swp",
        "/here/state/.rolecall/tmp-1",
        "/here/state/.rolecall/lock",
        "/here/.git/objects/pack/pack-1.pack",
        "/here/.git/index",
        "/here/.git/refs/heads/main.lock",
        "/here/.git/packed-refs.lock",
        "/elsewhere/requests/one.yaml",
    ] {
        assert_eq!(heard(written, path), [], "{path}");
    }
}

#[test]
fn reading_is_no_hint_and_closing_makes_a_file_whole() {
    let path = "/here/requests/one.yaml";
    let touched = |touch| [Hint::Touched(PathBuf::from(path), touch)];
    assert_eq!(
        heard(EventKind::Access(AccessKind::Open(AccessMode::Any)), path),
        []
    );
    assert_eq!(
        heard(EventKind::Access(AccessKind::Close(AccessMode::Read)), path),
        []
    );
    let closed = EventKind::Access(AccessKind::Close(AccessMode::Write));
    assert_eq!(heard(closed, path), touched(Touch::Whole));
    let moved = EventKind::Modify(ModifyKind::Name(RenameMode::To));
    assert_eq!(heard(moved, path), touched(Touch::Whole));
    let folder = EventKind::Create(CreateKind::Folder);
    assert_eq!(
        heard(folder, "/here/requests"),
        [Hint::Replaced(PathBuf::from("/here/requests"))]
    );
    let lost = Event::new(EventKind::Other).set_flag(Flag::Rescan);
    assert_eq!(hints(&places(), &lost), [Hint::Overflow]);
}

#[test]
fn a_file_is_open_until_it_is_closed_or_left_alone_for_long() {
    let mut settle = Settle::default();
    let (one, two) = (Path::new("/here/one"), Path::new("/here/two"));
    settle.touch(Duration::ZERO, one, Touch::Created);
    settle.touch(Duration::ZERO, two, Touch::Created);
    settle.touch(Duration::ZERO, two, Touch::Written);
    let open = settle.open(Duration::from_secs(1));
    assert_eq!(open[one], Phase::Created);
    assert_eq!(open[two], Phase::Written);
    settle.touch(Duration::from_secs(2), one, Touch::Whole);
    settle.touch(Duration::from_secs(20), two, Touch::Written);
    assert_eq!(settle.open(PATIENCE + Duration::from_secs(10)).len(), 1);
    assert!(settle.open(PATIENCE + Duration::from_secs(21)).is_empty());
}

/// Writes the state file and a log in each pass, as the real one does.
struct Writer {
    root: PathBuf,
    passes: u64,
    meanwhile: Option<PathBuf>,
}

impl Work for Writer {
    fn places(&mut self) -> Places {
        Places {
            root: self.root.clone(),
            git: None,
        }
    }

    fn pass(&mut self, _: &BTreeSet<String>) -> Result<Passed, Failure> {
        self.passes += 1;
        fs::write(self.root.join("state/state.yaml"), self.passes.to_string()).unwrap();
        if let Some(path) = self.meanwhile.take() {
            fs::write(path, "written while the pass goes on").unwrap();
        }
        Ok(Passed {
            serial: self.passes,
            wrote_state: true,
            ..Passed::default()
        })
    }
}

/// An access repository with a worker.
struct Bench {
    folder: tempfile::TempDir,
    orders: Option<Sender<Order>>,
    messages: Receiver<Message>,
    worker: Option<thread::JoinHandle<()>>,
}

impl Bench {
    fn new(meanwhile: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for path in ["requests", "state/changelog"] {
            fs::create_dir_all(root.join(path)).unwrap();
        }
        fs::write(root.join("rolecall.yaml"), "version: 1").unwrap();
        thread::sleep(Duration::from_millis(20));
        let work = Writer {
            meanwhile: meanwhile.map(|path| root.join(path)),
            root,
            passes: 0,
        };
        let (sender, messages) = mpsc::channel();
        let (orders, ordered) = mpsc::channel();
        let worker = Worker::new(work, Duration::from_millis(1), sender);
        let worker = thread::spawn(move || worker.run(&ordered));
        Self {
            folder,
            orders: Some(orders),
            messages,
            worker: Some(worker),
        }
    }

    fn order(&self, force: bool) -> Report {
        let order = Order {
            force,
            rewatch: force,
            ..Order::default()
        };
        self.orders.as_ref().unwrap().send(order).unwrap();
        loop {
            let message = self.messages.recv_timeout(Duration::from_mins(1)).unwrap();
            if let Message::Report(report) = message {
                return report;
            }
        }
    }

    fn write(&self, path: &str) {
        fs::write(self.folder.path().join(path), "a change").unwrap();
        // Whole is what nobody has written for the millisecond that this bench asks for.
        thread::sleep(Duration::from_millis(20));
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(worker) = self.worker.take() {
            let _ = worker.join();
        }
    }
}

fn is_pass(report: &Report) -> bool {
    matches!(report.done, Done::Pass(_))
}

#[test]
fn after_its_own_writes_all_looks_as_it_did_and_after_others_it_does_not() {
    let bench = Bench::new(None);
    assert!(is_pass(&bench.order(true)));
    assert_eq!(bench.order(false).done, Done::Nothing);
    for path in ["requests/one.yaml", "rolecall.yaml", "state/state.yaml"] {
        bench.write(path);
        assert!(is_pass(&bench.order(false)), "{path}");
        assert_eq!(bench.order(false).done, Done::Nothing, "{path}");
    }
    assert!(
        is_pass(&bench.order(true)),
        "a rescan looks at everything all the same"
    );
}

#[test]
fn what_changes_while_a_pass_goes_on_is_not_lost() {
    let bench = Bench::new(Some("requests/meanwhile.yaml"));
    let report = bench.order(true);
    assert!(is_pass(&report) && report.changed_meanwhile);
    thread::sleep(Duration::from_millis(20));
    assert!(is_pass(&bench.order(false)), "it may not have been seen");
    assert_eq!(bench.order(false).done, Done::Nothing);
}

#[test]
fn events_arrive_for_files_in_folders_that_are_new() {
    let bench = Bench::new(None);
    bench.order(true);
    let deep = bench
        .folder
        .path()
        .canonicalize()
        .unwrap()
        .join("requests/new/folder");
    fs::create_dir_all(&deep).unwrap();
    let file = deep.join("one.yaml");
    fs::write(&file, "whole").unwrap();
    loop {
        match bench.messages.recv_timeout(Duration::from_mins(1)).unwrap() {
            Message::Hint(Hint::Touched(path, _))
                if path.starts_with(
                    bench
                        .folder
                        .path()
                        .canonicalize()
                        .unwrap()
                        .join("requests/new"),
                ) =>
            {
                break;
            }
            _ => {}
        }
    }
}
