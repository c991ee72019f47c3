//! Stories on the command line, kept as text.
//!
//! `tests/cmd/*.trycmd` run in a copy of the folder `<name>.in`; `TRYCMD=overwrite` writes their output anew. The `sh`
//! blocks of README.md, `docs/approval.md` and `tests/cmd/sample.md` run in a copy of the sample company, each page in one shell; the `text`
//! block that follows one is what it prints, with `…` for anything. `ROLECALL_BLESS=1` writes those anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fixtures::blesses;
use crate::support::{NOW, Workspace};

/// What a page may call besides the program, made harmless: this is a test already, and git would change a repository.
const SHELL: &str = r#"
exec 2>&1
rolecall() {
    command rolecall "$@"
    code=$?
    case $code in 0|7) ;; *) echo "exit code $code" ;; esac
    return $code
}
cargo() {
    [ "$1" = run ] || return 0
    while [ "$1" != -- ]; do shift; done
    shift
    rolecall "$@"
}
"#;

/// In a page that is about this clone git must change nothing.
const NO_GIT: &str = "git() { :; }\n";

/// Parts the output of one block from that of the next.
const SEPARATOR: char = '\u{1e}';

/// A shell block of a page, and where the lines are that it must print.
struct Block {
    script: String,
    output: Option<std::ops::Range<usize>>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn blocks(lines: &[&str]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let Some(language) = lines[at].strip_prefix("```") else {
            at += 1;
            continue;
        };
        let begin = at + 1;
        let end = begin
            + lines[begin..]
                .iter()
                .position(|line| *line == "```")
                .unwrap();
        match language {
            "sh" => blocks.push(Block {
                script: lines[begin..end].join("\n"),
                output: None,
            }),
            "text" => blocks.last_mut().unwrap().output = Some(begin..end),
            _ => {}
        }
        at = end + 1;
    }
    blocks
}

/// The sample company as it is in a fresh clone, whatever has been reconciled in this one.
fn sample() -> Workspace {
    fn copy(workspace: &Workspace, path: &str) {
        for entry in fs::read_dir(root().join(path)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{path}/{}", entry.file_name().to_str().unwrap());
            if entry.path().is_dir() {
                copy(workspace, &path);
            } else {
                workspace.write(&path, fs::read(entry.path()).unwrap());
            }
        }
    }
    let workspace = Workspace::empty();
    workspace.write(
        "rolecall.yaml",
        fs::read(root().join("rolecall.yaml")).unwrap(),
    );
    copy(&workspace, "requests");
    workspace.write("state/state.yaml", include_str!("../cmd/sample.yaml"));
    workspace
}

/// Whether a printed line is the expected one, where `…` stands for any text.
fn fits(expected: &str, printed: &str) -> bool {
    let mut parts = expected.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = printed.strip_prefix(first) else {
        return false;
    };
    let mut open = false;
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
        open = part.is_empty();
    }
    open || rest.is_empty()
}

/// Runs the blocks of a page in one shell, and gives what each printed.
fn run(blocks: &[Block], shell: &str) -> Vec<Vec<String>> {
    let workspace = sample();
    let mut script = format!("{SHELL}{shell}");
    for block in blocks {
        script.push_str(&block.script);
        script.push_str("\nprintf '\\036'\n");
    }
    let program = PathBuf::from(env!("CARGO_BIN_EXE_rolecall"));
    let mut path = vec![program.parent().unwrap().to_owned()];
    path.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(workspace.path())
        .env_clear()
        .env("PATH", std::env::join_paths(path).unwrap())
        .env("ROLECALL_NOW", NOW)
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", "/nonexistent")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_NAME", "Dana Fox")
        .env("GIT_AUTHOR_EMAIL", "dana@company.example")
        .env("GIT_COMMITTER_NAME", "Dana Fox")
        .env("GIT_COMMITTER_EMAIL", "dana@company.example")
        .output()
        .expect("a shell");
    let printed = String::from_utf8(output.stdout).unwrap();
    let printed: Vec<_> = printed
        .split(SEPARATOR)
        .map(|text| text.lines().map(str::to_owned).collect())
        .collect();
    assert_eq!(
        printed.len(),
        blocks.len() + 1,
        "the shell ended early: {printed:#?}"
    );
    printed
}

#[track_caller]
fn check_page(page: &Path, shell: &str) {
    let text = fs::read_to_string(page).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    let blocks = blocks(&lines);
    let printed = run(&blocks, shell);
    for (block, printed) in blocks.iter().zip(&printed).rev() {
        let Some(range) = block.output.clone() else {
            assert!(
                !printed.iter().any(|line| line.starts_with("exit code ")),
                "{}\n{}\n{printed:#?}",
                page.display(),
                block.script
            );
            continue;
        };
        let expected = &lines[range.clone()];
        let same = expected.len() == printed.len()
            && expected.iter().zip(printed).all(|(a, b)| fits(a, b));
        if !same && blesses() {
            lines.splice(range, printed.iter().map(String::as_str));
        } else if !same {
            assert_eq!(
                expected.join("\n"),
                printed.join("\n"),
                "{}\n{}",
                page.display(),
                block.script
            );
        }
    }
    if blesses() {
        fs::write(page, lines.join("\n") + "\n").unwrap();
    }
}

#[test]
fn the_commands_of_the_readme_print_what_it_says() {
    check_page(&root().join("README.md"), NO_GIT);
}

#[test]
fn the_sample_company_prints_what_its_page_says() {
    check_page(&root().join("tests/cmd/sample.md"), NO_GIT);
}

#[test]
fn the_walk_to_a_signed_approval_goes_as_its_page_says() {
    check_page(&root().join("docs/approval.md"), "");
}

/// The first `yaml` block behind a heading of a page.
fn example(page: &str, heading: &str) -> String {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let (_, below) = text.split_once(&format!("\n## {heading}\n")).unwrap();
    let (_, block) = below.split_once("```yaml\n").unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_examples_of_the_pages_are_sound() {
    let reference = "docs/file-reference.md";
    for page in [reference, "README.md"] {
        let workspace = Workspace::new();
        workspace.write("rolecall.yaml", example(reference, "`rolecall.yaml`"));
        workspace.request("example", &example(page, "A change request"));
        workspace
            .run(&["validate", "requests"])
            .exits(0)
            .says("Nothing found.");
    }
}

#[test]
fn the_state_that_the_sample_begins_with_is_that_of_the_repository() {
    let state = fs::read_to_string(root().join("state/state.yaml")).unwrap();
    if !state.contains("\nserial: ") {
        assert_eq!(state, include_str!("../cmd/sample.yaml"));
    }
}

/// Where a program of the system is: a story without it would be passed over in silence.
fn tool_path(tool: &str) -> PathBuf {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .map(|folder| folder.join(tool))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("{tool} is not on the path"))
}

#[test]
fn each_story_goes_as_it_is_told() {
    let stories = trycmd::TestCases::new();
    for tool in ["cat", "cp", "rm", "sed"] {
        stories.register_bin(tool, trycmd::schema::Bin::Path(tool_path(tool)));
    }
    stories
        .register_bin(
            "rolecall",
            trycmd::schema::Bin::Path(env!("CARGO_BIN_EXE_rolecall").into()),
        )
        .env("ROLECALL_NOW", NOW)
        .env("NO_COLOR", "1")
        .case("tests/cmd/*.trycmd");
}
