//! Hostile input: what git has below `requests/` at the tip of the protected branch, with evidence `merge`.
//!
//! Trees are made byte by byte where no git would make them: whoever may push can.

use std::fs;

use super::{Case, Input};
use crate::support::git::{blob, commit_at, commit_id, merged};
use crate::support::worlds::{addition, ended, reduction, start};
use crate::support::{Workspace, program};

/// A good request that is merged, and beside it what a case plants.
pub fn with_a_merged_request() -> Workspace {
    let workspace = merged();
    workspace.request("good", &addition("[jane.doe]", "[payroll-viewer]"));
    commit_at(&workspace, "2026-11-22T11:00:00Z");
    workspace
}

/// A case about what `plan` says.
pub(super) const fn plan(name: &'static str, code: i32, input: Input, line: &'static str) -> Case {
    Case {
        name,
        input,
        command: &["plan"],
        code,
        line,
    }
}

/// Something bad is merged under a path, byte by byte.
const fn named(name: &'static str, plant: fn(&Workspace), line: &'static str) -> Case {
    plan(name, 3, Input::Made(plant), line)
}

/// A request that nobody may come to run.
pub(super) fn bad(workspace: &Workspace) -> String {
    blob(workspace, &reduction("[sam.reyes]", "all"))
}

/// An entry of a tree: mode, name and object.
pub(super) type Entry<'a> = (&'a str, &'a [u8], &'a str);

/// Stores an object, right or wrong.
pub(super) fn object(workspace: &Workspace, kind: &str, bytes: &[u8]) -> String {
    let path = workspace.write("object.tmp", bytes);
    let id = workspace.git(&["hash-object", "-t", kind, "-w", "--literally", "object.tmp"]);
    fs::remove_file(path).unwrap();
    id.trim().to_owned()
}

/// Stores a tree as it is given: unsorted, with names and modes that git would not write.
pub(super) fn tree(workspace: &Workspace, entries: &[Entry<'_>]) -> String {
    let mut bytes = Vec::new();
    for (mode, name, id) in entries {
        bytes.extend_from_slice(mode.as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(name);
        bytes.push(0);
        let digits = id
            .as_bytes()
            .chunks(2)
            .map(|pair| str::from_utf8(pair).unwrap());
        bytes.extend(digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()));
    }
    object(workspace, "tree", &bytes)
}

/// Moves the branch on to a commit with this tree.
pub(super) fn commit(workspace: &Workspace, tree: &str) {
    let commit = workspace.git(&["commit-tree", "-p", "main", "-m", "Plant", tree]);
    workspace.git(&["update-ref", "refs/heads/main", commit.trim()]);
}

/// Commits `requests/` with the good request and what is given.
pub(super) fn planted(workspace: &Workspace, entries: &[Entry<'_>]) {
    let [good, settings] = ["requests/good.yaml", "rolecall.yaml"]
        .map(|path| commit_id(workspace, &format!("main:{path}")));
    let mut all = vec![("100644", &b"good.yaml"[..], good.as_str())];
    all.extend_from_slice(entries);
    let requests = tree(workspace, &all);
    let root = [
        ("40000", &b"requests"[..], requests.as_str()),
        ("100644", b"rolecall.yaml", &settings),
    ];
    commit(workspace, &tree(workspace, &root));
}

/// Commits the bad request under a name below `requests/`.
pub(super) fn bad_at(workspace: &Workspace, mode: &str, name: &[u8]) {
    planted(workspace, &[(mode, name, &bad(workspace))]);
}

/// Commits a request of these bytes.
fn bytes(workspace: &Workspace, bytes: &[u8]) {
    let content = object(workspace, "blob", bytes);
    planted(workspace, &[("100644", b"planted.yaml", &content)]);
}

/// The cases: something is named, and the good request runs.
pub const CASES: &[Case] = &[
    named(
        "a name with a line break",
        |workspace| bad_at(workspace, "100644", b"plan\nted.yaml"),
        "error[RC001]: the path has control characters--> requests/plan\\nted.yaml",
    ),
    named(
        "a name with an escape",
        |workspace| bad_at(workspace, "100644", b"plan\x1b[31mted.yaml"),
        "error[RC001]: the path has control characters--> requests/plan\\u{1b}[31mted.yaml",
    ),
    named(
        "a name with a carriage return",
        |workspace| bad_at(workspace, "100644", b"planted\r.yaml"),
        "error[RC001]: the path has control characters--> requests/planted\\r.yaml",
    ),
    named(
        "a name with a tab",
        |workspace| bad_at(workspace, "100644", b"plan\tted.yaml"),
        "error[RC001]: the path has control characters--> requests/plan\\tted.yaml",
    ),
    named(
        "a name that is not UTF-8",
        |workspace| bad_at(workspace, "100644", b"plan\xffted.yaml"),
        "error[RC001]: the path is not UTF-8--> requests/plan\\xffted.yaml",
    ),
    named(
        "a name with a right-to-left override",
        |workspace| bad_at(workspace, "100644", "plan\u{202e}ted.yaml".as_bytes()),
        "error[RC001]: the path has control characters--> requests/plan\\u{202e}ted.yaml",
    ),
    named(
        "a name with a zero-width space",
        |workspace| bad_at(workspace, "100644", "plan\u{200b}ted.yaml".as_bytes()),
        "error[RC101]: \"plan\\u{200b}ted\" is not a request id: a letter or digit, then up to 99 letters, digits, '.', '_' or '-'--> requests/plan\\u{200b}ted.yaml",
    ),
    named(
        "a name with a letter of another script",
        |workspace| bad_at(workspace, "100644", "pl\u{430}nted.yaml".as_bytes()),
        "error[RC101]: \"plаnted\" is not a request id: a letter or digit, then up to 99 letters, digits, '.', '_' or '-'--> requests/plаnted.yaml",
    ),
    named(
        "a name with a letter in two parts",
        |workspace| bad_at(workspace, "100644", "pla\u{308}nted.yaml".as_bytes()),
        "error[RC101]: \"pla\\u{308}nted\" is not a request id: a letter or digit, then up to 99 letters, digits, '.', '_' or '-'--> requests/pla\u{308}nted.yaml",
    ),
    named(
        "a name of a workflow command",
        |workspace| bad_at(workspace, "100644", b"::error::planted.yaml"),
        "error[RC101]: \"::error::planted\" is not a request id: a letter or digit, then up to 99 letters, digits, '.', '_' or '-'--> requests/::error::planted.yaml",
    ),
    named(
        "a name of an Azure command",
        |workspace| bad_at(workspace, "100644", b"##vso[task.complete]planted.yaml"),
        "error[RC101]: \"\\u{23}#vso[task.complete]planted\" is not a request id: a letter or digit, then up to 99 letters, digits, '.', '_' or '-'--> requests/\\u{23}#vso[task.complete]planted.yaml",
    ),
    named(
        "a name with quotes",
        |workspace| bad_at(workspace, "100644", b"plan\"ted.yaml"),
        "error[RC101]: \"plan\\\"ted\" is not a request id: a letter or digit, then up to 99 letters, digits, '.', '_' or '-'--> requests/plan\"ted.yaml",
    ),
    named(
        "a name with a backslash",
        |workspace| bad_at(workspace, "100644", b"plan\\ted.yaml"),
        "error[RC101]: \"plan\\\\ted\" is not a request id: a letter or digit, then up to 99 letters, digits, '.', '_' or '-'--> requests/plan\\ted.yaml",
    ),
    named(
        "a name with a dash first",
        |workspace| bad_at(workspace, "100644", b"-planted.yaml"),
        "error[RC101]: \"-planted\" is not a request id: a letter or digit, then up to 99 letters, digits, '.', '_' or '-'--> requests/-planted.yaml",
    ),
    named(
        "a name with a star",
        |workspace| bad_at(workspace, "100644", b"plan*ted.yaml"),
        "error[RC101]: \"plan*ted\" is not a request id: a letter or digit, then up to 99 letters, digits, '.', '_' or '-'--> requests/plan*ted.yaml",
    ),
    named(
        "a name with a colon first",
        |workspace| bad_at(workspace, "100644", b":(top)planted.yaml"),
        "error[RC101]: \":(top)planted\" is not a request id: a letter or digit, then up to 99 letters, digits, '.', '_' or '-'--> requests/:(top)planted.yaml",
    ),
    named(
        "a name of 5,000 bytes",
        |workspace| {
            bad_at(
                workspace,
                "100644",
                &[&[b'p'; 4_995][..], b".yaml"].concat(),
            );
        },
        "error[RC101]: \"pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp\" is not a request id: a letter or digit, then up to 99 letters, digits, '.', '_' or '-'--> requests/{p*4995}.yaml",
    ),
    named(
        "a name with a slash in it",
        |workspace| bad_at(workspace, "100644", b"plan/ted\x01.yaml"),
        "error[RC001]: the path has control characters--> requests/plan/ted\\u{1}.yaml",
    ),
    named(
        "a name twice",
        |workspace| {
            let (first, second) = (bad(workspace), blob(workspace, "name: [\n"));
            planted(
                workspace,
                &[
                    ("100644", b"planted.yaml", &first),
                    ("100644", b"planted.yaml", &second),
                ],
            );
        },
        "error[RC001]: another path differs from this one only in case--> requests/planted.yaml",
    ),
    named(
        "a name twice, once a folder",
        |workspace| {
            let file = bad(workspace);
            let folder = tree(workspace, &[("100644", b"other!.yaml", &file)]);
            planted(
                workspace,
                &[
                    ("40000", b"planted.yaml", &folder),
                    (
                        "100644",
                        b"planted.yaml",
                        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
                    ),
                ],
            );
            object(workspace, "blob", b"");
        },
        "error[RC101]: \"other!\" is not a request id: a letter or digit, then up to 99 letters, digits, '.', '_' or '-'--> requests/planted.yaml/other!.yaml",
    ),
    named(
        "twins in case",
        |workspace| {
            let file = bad(workspace);
            planted(
                workspace,
                &[
                    ("100644", b"Planted.yaml", &file),
                    ("100644", b"planted.yaml", &file),
                ],
            );
        },
        "error[RC001]: another path differs from this one only in case--> requests/Planted.yaml",
    ),
    named(
        "twins in case beyond ASCII",
        |workspace| {
            let file = bad(workspace);
            planted(
                workspace,
                &[
                    ("100644", "PL\u{c4}NTED.yaml".as_bytes(), &file),
                    ("100644", "pl\u{e4}nted.yaml".as_bytes(), &file),
                ],
            );
        },
        "error[RC001]: another path differs from this one only in case--> requests/PLÄNTED.yaml",
    ),
    named(
        "twins in case in two folders",
        |workspace| {
            let file = bad(workspace);
            let folders = ["Planted.yaml", "planted.yaml"]
                .map(|name| tree(workspace, &[("100644", name.as_bytes(), &file)]));
            planted(
                workspace,
                &[("40000", b"a", &folders[0]), ("40000", b"b", &folders[1])],
            );
        },
        "error[RC103]: the id `Planted` is also that of requests/b/planted.yaml--> requests/a/Planted.yaml",
    ),
    named(
        "both endings",
        |workspace| {
            let file = bad(workspace);
            planted(
                workspace,
                &[
                    ("100644", b"planted.yaml", &file),
                    ("100644", b"planted.yml", &file),
                ],
            );
        },
        "error[RC103]: the id `planted` is also that of requests/planted.yml--> requests/planted.yaml",
    ),
    named(
        "a link to the system",
        |workspace| {
            let target = blob(workspace, "/etc/passwd");
            planted(workspace, &[("120000", b"planted.yaml", &target)]);
        },
        "error[RC001]: this is a symbolic link, which is not followed--> requests/planted.yaml",
    ),
    named(
        "a link to another request",
        |workspace| {
            let target = blob(workspace, "good.yaml");
            planted(workspace, &[("120000", b"planted.yaml", &target)]);
        },
        "error[RC001]: this is a symbolic link, which is not followed--> requests/planted.yaml",
    ),
    named(
        "a link to a folder",
        |workspace| {
            let target = blob(workspace, "..");
            planted(workspace, &[("120000", b"planted", &target)]);
        },
        "error[RC001]: this is a symbolic link, which is not followed--> requests/planted",
    ),
    named(
        "a link to a text that is no path",
        |workspace| {
            let target = blob(workspace, &"x".repeat(100_000));
            planted(workspace, &[("120000", b"planted.yaml", &target)]);
        },
        "error[RC001]: this is a symbolic link, which is not followed--> requests/planted.yaml",
    ),
    named(
        "a submodule",
        |workspace| {
            let commit = commit_id(workspace, "main");
            planted(workspace, &[("160000", b"planted.yaml", &commit)]);
        },
        "error[RC001]: this is a submodule, which is not followed--> requests/planted.yaml",
    ),
    named(
        "a submodule in place of a folder",
        |workspace| {
            let commit = commit_id(workspace, "main");
            planted(workspace, &[("160000", b"planted", &commit)]);
        },
        "error[RC001]: this is a submodule, which is not followed--> requests/planted",
    ),
    named(
        "a submodule whose commit is nowhere",
        |workspace| {
            planted(
                workspace,
                &[(
                    "160000",
                    b"planted.yaml",
                    "0123456789012345678901234567890123456789",
                )],
            );
        },
        "error[RC001]: this is a submodule, which is not followed--> requests/planted.yaml",
    ),
    named(
        "a mode of a device",
        |workspace| bad_at(workspace, "20666", b"planted.yaml"),
        "error[RC001]: this is something unknown, which is not followed--> requests/planted.yaml",
    ),
    named(
        "a folder 200 deep",
        |workspace| {
            let mut folder = tree(workspace, &[("100644", b"plan ted.yaml", &bad(workspace))]);
            for _ in 0..200 {
                folder = tree(workspace, &[("40000", b"d", &folder)]);
            }
            planted(workspace, &[("40000", b"deep", &folder)]);
        },
        "error[RC101]: \"plan ted\" is not a request id: a letter or digit, then up to 99 letters, digits, '.', '_' or '-'--> requests/deep/d/d/…/plan ted.yaml",
    ),
    named(
        "an empty file",
        |workspace| bytes(workspace, b""),
        "error[RC004]: the file is empty --> requests/planted.yaml:1:1",
    ),
    named(
        "a file of NUL",
        |workspace| bytes(workspace, &[0; 1_000]),
        "error[RC011]: U+0000, a control character, stands in the file --> requests/planted.yaml:1:1",
    ),
    named(
        "a file of 0xff",
        |workspace| bytes(workspace, &[0xff; 1_000]),
        "error[RC003]: the file is not UTF-8 --> requests/planted.yaml:1:1",
    ),
    named(
        "a byte order mark",
        |workspace| bytes(workspace, b"\xef\xbb\xbfname: A change\n"),
        "error[RC003]: the file begins with a byte order mark--> requests/planted.yaml",
    ),
    named(
        "a file of 32 MiB",
        |workspace| bytes(workspace, &vec![b'#'; 32 * 1024 * 1024]),
        "error[RC002]: the file has more than 65536 bytes--> requests/planted.yaml",
    ),
    named(
        "a file of 200 MiB",
        |workspace| bytes(workspace, &vec![b'#'; 200 * 1024 * 1024]),
        "error[RC002]: the file has more than 65536 bytes--> requests/planted.yaml",
    ),
    named(
        "lists, 30,000 deep",
        |workspace| {
            bytes(
                workspace,
                format!("name: {}\n", "[".repeat(30_000)).as_bytes(),
            );
        },
        "error[RC006]: lists and maps are nested too deeply --> requests/planted.yaml:1:23",
    ),
    named(
        "500 files that are none",
        |workspace| {
            let file = blob(workspace, "name: [\n");
            let names: Vec<_> = (0..500)
                .map(|number| format!("planted-{number:04}.yaml"))
                .collect();
            let entries: Vec<_> = names
                .iter()
                .map(|name| ("100644", name.as_bytes(), file.as_str()))
                .collect();
            planted(workspace, &entries);
        },
        "error[RC004]: a bracket is not closed --> requests/planted-0000.yaml:1:7",
    ),
];

/// Ten folders in ten folders, and so on: ten milliards of requests in less than a kilobyte each.
fn bomb(workspace: &Workspace) {
    let mut folder = tree(workspace, &[("100644", b"planted.yaml", &bad(workspace))]);
    let names: Vec<String> = (0..10).map(|number| format!("f{number}")).collect();
    for _ in 0..10 {
        let names = names
            .iter()
            .map(|name| ("40000", name.as_bytes(), folder.as_str()));
        folder = tree(workspace, &names.collect::<Vec<_>>());
    }
    planted(workspace, &[("40000", b"bomb", &folder)]);
}

#[test]
fn a_tree_of_more_files_than_any_disk_holds_comes_to_an_end() {
    let workspace = with_a_merged_request();
    bomb(&workspace);
    let mut command = workspace.around("prlimit");
    command.args(["--data=1073741824", "--cpu=30"]);
    command.arg(program()).arg("plan");
    let run = ended(start(command)).exits(1);
    assert!(
        run.err.starts_with("error: git lists more than a million"),
        "{run:?}"
    );
}
