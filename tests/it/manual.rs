//! `rolecall man`: pages that programs for manual pages take.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::support::Workspace;

/// The pages of all commands, in a folder.
fn pages(workspace: &Workspace) -> Vec<PathBuf> {
    let run = workspace.run(&["man", "--out", "share/man1"]).exits(0);
    let mut pages: Vec<_> = fs::read_dir(workspace.path().join("share/man1"))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    pages.sort();
    let mut told: Vec<_> = run
        .out
        .lines()
        .map(|line| workspace.path().join(line))
        .collect();
    told.sort();
    assert_eq!(told, pages);
    pages
}

/// What a program says of a page; `None` where it is not installed.
fn asked(program: &str, arguments: &[&str], page: &PathBuf) -> Option<Output> {
    let mut command = Command::new(program);
    command.env_clear();
    command
        .args(arguments)
        .arg(page)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("LC_ALL", "C.UTF-8")
        .env("MANWIDTH", "80");
    command.output().ok()
}

#[test]
fn man_prints_the_page_of_the_program_which_names_those_of_its_commands() {
    let run = Workspace::empty().run(&["man"]).exits(0);
    assert_eq!(run.out.matches("\n.TH ").count(), 1, "{}", run.out);
    for name in ["rolecall", "rolecall\\-plan(1)", "rolecall\\-reconcile(1)"] {
        assert!(run.out.contains(name), "{name} is not in {}", run.out);
    }
}

#[test]
fn each_command_has_a_page_of_its_own() {
    let workspace = Workspace::empty();
    let pages = pages(&workspace);
    let names: Vec<_> = pages
        .iter()
        .map(|page| page.file_name().expect("a name").to_str().expect("UTF-8"))
        .collect();
    for name in [
        "rolecall.1",
        "rolecall-plan.1",
        "rolecall-reconcile.1",
        "rolecall-man.1",
    ] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    assert!(names.iter().all(|name| !name.contains("help")), "{names:?}");
    for page in &pages {
        let text = fs::read_to_string(page).expect("a page");
        assert_eq!(text.matches("\n.TH ").count(), 1, "{}", page.display());
        for heading in [".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION"] {
            assert!(
                text.contains(heading),
                "{heading} is not in {}",
                page.display()
            );
        }
    }
}

#[test]
fn pages_are_written_over() {
    let workspace = Workspace::empty();
    let first: Vec<_> = pages(&workspace)
        .iter()
        .map(fs::read)
        .map(Result::unwrap)
        .collect();
    workspace.write("share/man1/rolecall.1", "old");
    let second: Vec<_> = pages(&workspace)
        .iter()
        .map(fs::read)
        .map(Result::unwrap)
        .collect();
    assert_eq!(first, second);
}

#[test]
fn programs_for_manual_pages_find_no_fault_with_them() {
    let workspace = Workspace::empty();
    for page in pages(&workspace) {
        // Style is left to its maker; an error would lose text.
        if let Some(output) = asked("mandoc", &["-T", "lint", "-W", "error"], &page) {
            assert!(output.status.success(), "{}: {output:?}", page.display());
        }
        if let Some(output) = asked("man", &["--warnings", "-l"], &page) {
            let err = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success() && err.is_empty(),
                "{}: {err}",
                page.display()
            );
        }
    }
}
