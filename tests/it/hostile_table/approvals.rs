//! Hostile input: approval files and the signatures in them, where no git is in between.
//!
//! The file that is spoilt is Alice's about `grant`. Whatever it holds approves nothing and makes nothing fail, and Bob's about `good`
//! counts as before.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::sync::OnceLock;

use super::{Case, Input};
use crate::support::Workspace;
use crate::support::keys::{ONE, World, plain_world, signed_settings};
use crate::support::worlds::addition;

/// The file that is spoilt.
const FILE: &str = "approvals/grant/alice.yaml";

/// A world with `grant`, which Alice has approved, and `good`, which Bob has.
pub fn with_approvals() -> World {
    let world = unsigned();
    world.write(FILE, &files()["alice"]);
    world.write("approvals/good/bob.yaml", &files()["bob"]);
    world
}

fn unsigned() -> World {
    let world = plain_world(&(signed_settings(ONE) + "repository: acme/access\n"));
    world.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    world.request("good", &addition("[jane.doe]", "[payroll-viewer]"));
    world
}

/// Files with good signatures of different things, made once a process.
fn files() -> &'static BTreeMap<&'static str, String> {
    static FILES: OnceLock<BTreeMap<&'static str, String>> = OnceLock::new();
    FILES.get_or_init(|| {
        let world = unsigned();
        let alice = || world.decision("grant", "alice");
        let decisions = [
            ("alice", alice()),
            ("bob", world.decision("good", "bob")),
            ("made for files", alice().made_for("file")),
            ("made for git", alice().made_for("git")),
            (
                "made for a longer name",
                alice().made_for("rolecall-approval\n"),
            ),
            ("by a stranger", alice().by_key("stranger")),
            ("by another approver", alice().by_key("bob")),
            ("of another request", alice().with("request", "good")),
            (
                "of another repository",
                alice().with("repository", "acme/other"),
            ),
            (
                "of other content",
                alice().with("content", &format!("sha256:{}", "0".repeat(64))),
            ),
            ("in the future", alice().with("at", "2026-11-23T12:00:01Z")),
            ("lapsed", alice().with("expires", "2026-11-23T11:59:59Z")),
            ("of somebody else", alice().with("person", "carol")),
        ];
        let files = decisions.map(|(name, decision)| (name, world.by_hand(&[decision])));
        files.into_iter().collect()
    })
}

/// A case about what `plan` says.
const fn plan(name: &'static str, input: Input, line: &'static str) -> Case {
    Case {
        name,
        input,
        command: &["plan"],
        code: 0,
        line,
    }
}

/// The file is replaced by one that is signed, but of something else.
fn is(workspace: &Workspace, name: &str) {
    workspace.write(FILE, &files()[name]);
}

/// The lines of the signature are replaced.
fn armor(workspace: &Workspace, lines: &str) {
    let text = workspace.read(FILE);
    let start = text.find("    -----BEGIN").unwrap();
    let mut spoilt = text[..start].to_owned();
    for line in lines.lines() {
        spoilt.push_str(&format!("    {line}\n"));
    }
    workspace.write(FILE, spoilt + "...\n");
}

/// An armor around some bytes.
fn armored(bytes: &[u8]) -> String {
    use base64::Engine as _;
    let digits = base64::engine::general_purpose::STANDARD.encode(bytes);
    format!("-----BEGIN SSH SIGNATURE-----\n{digits}\n-----END SSH SIGNATURE-----\n")
}

/// Something else stands in the place of a folder.
fn in_place_of(workspace: &Workspace, folder: &str, put: impl Fn(&Workspace)) {
    fs::rename(
        workspace.path().join(folder),
        workspace.path().join("elsewhere"),
    )
    .unwrap();
    put(workspace);
}

/// The file under another name, which need not be UTF-8.
fn named(workspace: &Workspace, name: &[u8]) {
    let path = workspace.path().join(FILE);
    fs::rename(&path, path.with_file_name(OsStr::from_bytes(name))).unwrap();
}

/// The file with its decision many times over.
fn decisions(workspace: &Workspace, count: usize) {
    let text = workspace.read(FILE);
    let start = text.find("- request").unwrap();
    let (head, decision) = text.split_at(start);
    let decision = decision
        .strip_suffix("...\n")
        .unwrap()
        .replace("at: 2026-11-23", "at: 2026-11-22");
    workspace.write(FILE, format!("{head}{}...\n", decision.repeat(count)));
}

/// The cases.
pub const CASES: &[Case] = &[
    plan("an empty file", Input::Bytes(FILE, b""), "warning[RC501]: this is no approval file: it is cut off: its last line is not `...` --> approvals/grant/alice.yaml:1:1"),
    plan("a file of NUL", Input::Bytes(FILE, &[0; 512]), "warning[RC501]: this is no approval file: it is cut off: its last line is not `...` --> approvals/grant/alice.yaml:1:1"),
    plan("a file of 0xff", Input::Bytes(FILE, &[0xff; 512]), "warning[RC501]: the file is not UTF-8 --> approvals/grant/alice.yaml:1:1"),
    plan("a file of line feeds", Input::Bytes(FILE, &[b'\n'; 4096]), "warning[RC501]: this is no approval file: it is cut off: its last line is not `...`    --> approvals/grant/alice.yaml:4096:1"),
    plan("UTF-16", Input::Bytes(FILE, b"\xff\xfev\0e\0r\0s\0i\0o\0n\0:\0 \x001\0\n\0.\0.\0.\0\n\0"), "warning[RC501]: the file is not UTF-8 --> approvals/grant/alice.yaml:1:1"),
    plan("a program", Input::Bytes(FILE, b"\x7fELF\x02\x01\x01\0\0\0\0\0...\n"), "warning[RC501]: this is no approval file: it is cut off: its last line is not `...` --> approvals/grant/alice.yaml:1:1"),
    plan("a byte order mark", Input::Edit(FILE, "version", "\u{feff}version"), "warning[RC501]: the file begins with a byte order mark--> approvals/grant/alice.yaml"),
    plan("a NUL in a value", Input::Edit(FILE, "path: requests/", "path: requests\0/"), "warning[RC501]: this is no approval file: U+0000, a control character, stands in the file --> approvals/grant/alice.yaml:4:17"),
    plan("an escape in a value", Input::Edit(FILE, "path: requests/", "path: \x1b[31mrequests/"), "warning[RC501]: this is no approval file: U+001B, a control character, stands in the file --> approvals/grant/alice.yaml:4:9"),
    plan("an escape in quotes", Input::Edit(FILE, "path: requests/grant.yaml", "path: \"requests/\\e[31mgrant.yaml\""), "warning[RC501]: this is no approval file: `decisions[0].path` has U+001B, a control character --> approvals/grant/alice.yaml:4:9"),
    plan("a right-to-left override", Input::Edit(FILE, "person: alice", "person: alice\u{202e}"), "warning[RC501]: this is no approval file: U+202E, a bidirectional control, stands in the file  --> approvals/grant/alice.yaml:10:16"),
    plan("carriage returns alone", Input::Edit(FILE, "version: 1\ndecisions", "version: 1\rdecisions"), "warning[RC501]: this is no approval file: U+000D, a control character, stands in the file --> approvals/grant/alice.yaml:1:11"),
    plan("cut off in a digest", Input::Made(|workspace| cut(workspace, "sha256:", 9)), "warning[RC501]: this is no approval file: it is cut off: its last line is not `...` --> approvals/grant/alice.yaml:5:1"),
    plan("cut off before the signature", Input::Made(|workspace| cut(workspace, "  signature", 0)), "warning[RC501]: this is no approval file: it is cut off: its last line is not `...`  --> approvals/grant/alice.yaml:12:1"),
    plan("cut off in the signature", Input::Made(|workspace| cut(workspace, "-----BEGIN", 60)), "warning[RC501]: this is no approval file: it is cut off: its last line is not `...`  --> approvals/grant/alice.yaml:15:1"),
    plan("cut off in the last line", Input::Made(|workspace| cut(workspace, "...\n", 2)), "warning[RC501]: this is no approval file: it is cut off: its last line is not `...`  --> approvals/grant/alice.yaml:20:1"),
    plan("cut off, and an end put there", Input::Made(|workspace| {
        cut(workspace, "  signature", 0);
        Input::Append(FILE, "...\n").is_put_into(workspace);
    }), "warning[RC501]: this is no approval file: `decisions[0].signature` is missing --> approvals/grant/alice.yaml:3:3"),
    plan("8 MiB", Input::Padded(FILE, 8 * 1024 * 1024), "warning[RC501]: the file has more than 65536 bytes--> approvals/grant/alice.yaml"),
    plan("a GiB of holes", Input::Made(|workspace| {
        let file = File::options().write(true).open(workspace.path().join(FILE));
        file.unwrap().set_len(1024 * 1024 * 1024).unwrap();
    }), "warning[RC501]: the file has more than 65536 bytes--> approvals/grant/alice.yaml"),
    plan("lists, 30,000 deep", Input::Made(|workspace| {
        let deep = format!("version: 1\ndecisions: {}{}\n...\n", "[".repeat(30_000), "]".repeat(30_000));
        workspace.write(FILE, deep);
    }), "warning[RC501]: this is no approval file: lists and maps are nested too deeply --> approvals/grant/alice.yaml:2:28"),
    plan("maps, 5,000 deep", Input::Made(|workspace| {
        let deep = format!("version: 1\ndecisions: {}1{}\n...\n", "{a: ".repeat(5_000), "}".repeat(5_000));
        workspace.write(FILE, deep);
    }), "warning[RC501]: this is no approval file: lists and maps are nested deeper than 8 --> approvals/grant/alice.yaml:2:40"),
    plan("lists in lists, 10,000 deep", Input::Made(|workspace| {
        workspace.write(FILE, format!("version: 1\ndecisions:\n{}x\n...\n", "- ".repeat(10_000)));
    }), "warning[RC501]: this is no approval file: lists and maps are nested deeper than 8 --> approvals/grant/alice.yaml:3:15"),
    plan("a thousand laughs", Input::Bytes(FILE, b"version: 1\na: &a [lol, lol, lol, lol]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\nd: &d [*c, *c, *c, *c]\ndecisions: [*d, *d, *d, *d]\n...\n"), "warning[RC501]: this is no approval file: `a` is not a key of an approval file --> approvals/grant/alice.yaml:2:1"),
    plan("an anchor", Input::Edit(FILE, "decision: approve", "decision: &yes approve"), "warning[RC501]: this is no approval file: an anchor is not allowed --> approvals/grant/alice.yaml:9:13"),
    plan("an alias", Input::Edit(FILE, "decision: approve", "decision: *yes"), "warning[RC501]: this is no approval file: an alias is not allowed --> approvals/grant/alice.yaml:9:13"),
    plan("a tag", Input::Edit(FILE, "decision: approve", "decision: !!str approve"), "warning[RC501]: this is no approval file: the tag `!!str` is not allowed --> approvals/grant/alice.yaml:9:13"),
    plan("binary", Input::Edit(FILE, "decision: approve", "decision: !!binary YXBwcm92ZQ=="), "warning[RC501]: this is no approval file: the tag `!!binary` is not allowed --> approvals/grant/alice.yaml:9:13"),
    plan("a merge key", Input::Edit(FILE, "  decision: approve", "  <<: {decision: approve}"), "warning[RC501]: this is no approval file: `decisions[0].decision` is missing --> approvals/grant/alice.yaml:3:3"),
    plan("a directive", Input::Edit(FILE, "version: 1", "%YAML 1.2\n---\nversion: 1"), "warning[RC501]: this is no approval file: a directive is not allowed --> approvals/grant/alice.yaml:1:1"),
    plan("a second document", Input::Edit(FILE, "decisions:", "---\ndecisions:"), "warning[RC501]: this is no approval file: a second document begins here; a file holds one --> approvals/grant/alice.yaml:2:1"),
    plan("a key twice", Input::Edit(FILE, "  decision: approve", "  decision: reject\n  decision: approve"), "warning[RC501]: this is no approval file: the key `decision` stands twice  --> approvals/grant/alice.yaml:10:3"),
    plan("a key twice, once escaped", Input::Edit(FILE, "  decision: approve", "  decision: approve\n  \"decis\\u0069on\": approve"), "warning[RC501]: this is no approval file: the key `decision` stands twice  --> approvals/grant/alice.yaml:10:3"),
    plan("a key twice, once in quotes", Input::Edit(FILE, "  person: alice", "  person: alice\n  'person': carol"), "warning[RC501]: this is no approval file: the key `person` stands twice  --> approvals/grant/alice.yaml:11:3"),
    plan("a key twice at the top", Input::Edit(FILE, "version: 1", "version: 1\nversion: 1"), "warning[RC501]: this is no approval file: the key `version` stands twice --> approvals/grant/alice.yaml:2:1"),
    plan("another version", Input::Edit(FILE, "version: 1", "version: 2"), "warning[RC501]: this is no approval file: version `2` of approval files is not known --> approvals/grant/alice.yaml:1:10"),
    plan("a version in hexadecimal", Input::Edit(FILE, "version: 1", "version: 0x1"), "warning[RC501]: this is no approval file: version `0x1` of approval files is not known --> approvals/grant/alice.yaml:1:10"),
    plan("a key that nobody knows", Input::Edit(FILE, "  decision: approve", "  decision: approve\n  weight: 9"), "warning[RC501]: this is no approval file: `weight` is not a key of a decision  --> approvals/grant/alice.yaml:10:3"),
    plan("a key with a look-alike letter", Input::Edit(FILE, "  decision: approve", "  de\u{441}ision: approve"), "warning[RC501]: this is no approval file: `decisions[0].decision` is missing --> approvals/grant/alice.yaml:3:3"),
    plan("a key in capitals", Input::Edit(FILE, "  decision: approve", "  DECISION: approve"), "warning[RC501]: this is no approval file: `decisions[0].decision` is missing --> approvals/grant/alice.yaml:3:3"),
    plan("a list as a key", Input::Edit(FILE, "  decision: approve", "  ? [decision]\n  : approve"), "warning[RC501]: this is no approval file: a key is a list or a map --> approvals/grant/alice.yaml:9:5"),
    plan("a decision that there is none of", Input::Edit(FILE, "decision: approve", "decision: approve!"), "warning[RC501]: this is no approval file: `approve!` is not a value of `decisions[0].decision` --> approvals/grant/alice.yaml:9:13"),
    plan("no person", Input::Edit(FILE, "person: alice", "person:"), "warning[RC501]: this is no approval file: `person` has no value  --> approvals/grant/alice.yaml:10:3"),
    plan("a person that climbs", Input::Edit(FILE, "person: alice", "person: ../alice"), "warning[RC501]: this is no approval file: \"../alice\" is not a person id: a letter or digit, then up to 127 letters, digits, '.', '_', '@', '+' or '-'  --> approvals/grant/alice.yaml:10:11"),
    plan("a path that climbs", Input::Edit(FILE, "path: requests/grant.yaml", "path: ../../etc/passwd"), "warning[RC509]: the signature of alice is damaged, or what it is over is not as it was written --> approvals/grant/alice.yaml:3:3"),
    plan("a moment in another zone", Input::Edit(FILE, "at: 2026-11-23T12:00:00Z", "at: 2026-11-23T13:00:00+01:00"), "warning[RC509]: the signature of alice is damaged, or what it is over is not as it was written --> approvals/grant/alice.yaml:3:3"),
    plan("a moment in the year 0000", Input::Edit(FILE, "at: 2026-11-23T12:00:00Z", "at: 0000-01-01T00:00:00Z"), "warning[RC501]: this is no approval file: `decisions[0].at` is `0000-01-01T00:00:00Z`, which is not a moment  --> approvals/grant/alice.yaml:11:7"),
    plan("a digest in capitals", Input::Edit(FILE, "content: sha256:", "content: SHA256:"), "warning[RC501]: this is no approval file: `content` is `SHA256:8ef5161a863a9d9ebb14e4318ac3d06295ee2ab969b36058b472eadb68d3edc4`, which is not a digest --> approvals/grant/alice.yaml:5:12"),
    plan("a comment that says it is the end", Input::Edit(FILE, "  signature: |", "  comment: |\n    fine\n    signature: none\n  signature: |"), "warning[RC509]: the signature of alice is damaged, or what it is over is not as it was written --> approvals/grant/alice.yaml:3:3"),
    plan("a comment of a workflow command", Input::Edit(FILE, "  signature: |", "  comment: '::set-output name=approved::true'\n  signature: |"), "warning[RC509]: the signature of alice is damaged, or what it is over is not as it was written --> approvals/grant/alice.yaml:3:3"),
    plan("a signature folded", Input::Edit(FILE, "signature: |", "signature: >"), "warning[RC509]: the signature of alice is damaged, or what it is over is not as it was written --> approvals/grant/alice.yaml:3:3"),
    plan("a signature that is a list", Input::Edit(FILE, "signature: |\n    -----BEGIN", "signature:\n    - -----BEGIN"), "warning[RC501]: this is no approval file: simple key expected ':'  --> approvals/grant/alice.yaml:15:5"),
    plan("made for files", Input::Made(|workspace| is(workspace, "made for files")), "warning[RC506]: the signature of alice was made for \"file\", not for \"rolecall-approval\" --> approvals/grant/alice.yaml:3:3"),
    plan("made for git", Input::Made(|workspace| is(workspace, "made for git")), "warning[RC506]: the signature of alice was made for \"git\", not for \"rolecall-approval\" --> approvals/grant/alice.yaml:3:3"),
    plan("made for a longer name", Input::Made(|workspace| is(workspace, "made for a longer name")), "warning[RC506]: the signature of alice was made for \"rolecall-approval\\n\", not for \"rolecall-approval\" --> approvals/grant/alice.yaml:3:3"),
    plan("by a stranger", Input::Made(|workspace| is(workspace, "by a stranger")), "warning[RC507]: … is no key of alice --> approvals/grant/alice.yaml:3:3"),
    plan("by another approver", Input::Made(|workspace| is(workspace, "by another approver")), "warning[RC507]: … is no key of alice, but of bob --> approvals/grant/alice.yaml:3:3"),
    plan("of another request", Input::Made(|workspace| is(workspace, "of another request")), "warning[RC504]: alice signed a decision about request good, not about grant --> approvals/grant/alice.yaml:3:3"),
    plan("of another repository", Input::Made(|workspace| is(workspace, "of another repository")), "warning[RC505]: alice signed a decision in repository \"acme/other\", and this is \"acme/access\" --> approvals/grant/alice.yaml:3:3"),
    plan("of other content", Input::Made(|workspace| is(workspace, "of other content")), "warning[RC503]: alice approved other content of this request at 2026-11-23T12:00:00Z (sha256:000000000000); it is sha256:8ef5161a863a now --> approvals/grant/alice.yaml:3:3"),
    plan("in the future", Input::Made(|workspace| is(workspace, "in the future")), "warning[RC207]: the decision of alice does not count: it lies in the future--> requests/grant.yaml"),
    plan("lapsed", Input::Made(|workspace| is(workspace, "lapsed")), "warning[RC208]: the approval of alice has lapsed before it was used--> requests/grant.yaml"),
    plan("of somebody else", Input::Made(|workspace| is(workspace, "of somebody else")), "warning[RC502]: the file is named after alice, and the decision says carol --> approvals/grant/alice.yaml:3:3"),
    plan("Bob's file under Alice's name", Input::Made(|workspace| is(workspace, "bob")), "warning[RC502]: the file is named after alice, and the decision says bob --> approvals/grant/alice.yaml:3:3"),
    plan("an armor of PGP", Input::Made(|workspace| armor(workspace, "-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----")), "warning[RC509]: the signature of alice is damaged, or what it is over is not as it was written --> approvals/grant/alice.yaml:3:3"),
    plan("an armor of a certificate", Input::Made(|workspace| armor(workspace, "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----")), "warning[RC509]: the signature of alice is damaged, or what it is over is not as it was written --> approvals/grant/alice.yaml:3:3"),
    plan("an armor of nothing", Input::Made(|workspace| armor(workspace, &armored(b""))), "warning[RC509]: the signature of alice is damaged, or what it is over is not as it was written --> approvals/grant/alice.yaml:3:3"),
    plan("an armor of the first bytes alone", Input::Made(|workspace| armor(workspace, &armored(b"SSHSIG\0\0\0\x01"))), "warning[RC509]: the signature of alice is damaged, or what it is over is not as it was written --> approvals/grant/alice.yaml:3:3"),
    plan("an armor of another version", Input::Made(|workspace| armor(workspace, &armored(b"SSHSIG\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"))), "warning[RC509]: the signature of alice is damaged, or what it is over is not as it was written --> approvals/grant/alice.yaml:3:3"),
    plan("an armor with a length beyond its end", Input::Made(|workspace| armor(workspace, &armored(b"SSHSIG\0\0\0\x01\xff\xff\xff\xff\0\0\0\x01x"))), "warning[RC509]: the signature of alice is damaged, or what it is over is not as it was written --> approvals/grant/alice.yaml:3:3"),
    plan("an armor with a key of no kind", Input::Made(|workspace| armor(workspace, &armored(b"SSHSIG\0\0\0\x01\0\0\0\x08\0\0\0\x04nope\0\0\0\x11rolecall-approval\0\0\0\0\0\0\0\x06sha512\0\0\0\0"))), "warning[RC509]: the signature of alice is damaged, or what it is over is not as it was written --> approvals/grant/alice.yaml:3:3"),
    plan("an armor of 12 KiB", Input::Made(|workspace| armor(workspace, &armored(&[0; 9_000]))), "warning[RC509]: the signature of alice is damaged, or what it is over is not as it was written --> approvals/grant/alice.yaml:3:3"),
    plan("an armor of 40 KiB", Input::Made(|workspace| armor(workspace, &armored(&[0; 30_000]))), "warning[RC501]: this is no approval file: `signature` is not the armor of a signature  --> approvals/grant/alice.yaml:14:5"),
    plan("an armor that is no base64", Input::Made(|workspace| armor(workspace, "-----BEGIN SSH SIGNATURE-----\n$(touch planted)\n-----END SSH SIGNATURE-----")), "warning[RC509]: the signature of alice is damaged, or what it is over is not as it was written --> approvals/grant/alice.yaml:3:3"),
    plan("an option in place of an armor", Input::Made(|workspace| armor(workspace, "-Y check-novalidate")), "warning[RC509]: the signature of alice is damaged, or what it is over is not as it was written --> approvals/grant/alice.yaml:3:3"),
    plan("fifty decisions, each of them changed", Input::Made(|workspace| decisions(workspace, 50)), "warning[RC509]: the signature of alice does not fit: something was changed after they signed --> approvals/grant/alice.yaml:3:3"),
    plan("a link to Bob's approval", Input::Link(FILE, "../good/bob.yaml"), "warning[RC501]: this is a symbolic link, which is not followed--> approvals/grant/alice.yaml"),
    plan("a link to the system", Input::Link(FILE, "/etc/passwd"), "warning[RC501]: this is a symbolic link, which is not followed--> approvals/grant/alice.yaml"),
    plan("a link to nothing", Input::Link(FILE, "nowhere"), "warning[RC501]: this is a symbolic link, which is not followed--> approvals/grant/alice.yaml"),
    plan("a link to itself", Input::Link(FILE, "alice.yaml"), "warning[RC501]: this is a symbolic link, which is not followed--> approvals/grant/alice.yaml"),
    plan("a link to a device", Input::Link(FILE, "/dev/zero"), "warning[RC501]: this is a symbolic link, which is not followed--> approvals/grant/alice.yaml"),
    plan("a folder", Input::Folder(FILE), "warning[RC501]: this is a folder, which is not followed--> approvals/grant/alice.yaml"),
    plan("a pipe", Input::Pipe(FILE), "warning[RC501]: this is a pipe, which is not followed--> approvals/grant/alice.yaml"),
    plan("a socket", Input::Socket(FILE), "warning[RC501]: this is a socket, which is not followed--> approvals/grant/alice.yaml"),
    plan("the folder is a link", Input::Made(|workspace| in_place_of(workspace, "approvals/grant", |workspace| {
        symlink("../elsewhere", workspace.path().join("approvals/grant")).unwrap();
    })), "warning[RC501]: this is a symbolic link, which is not followed--> approvals/grant"),
    plan("the folder is a link to the one of another request", Input::Made(|workspace| in_place_of(workspace, "approvals/grant", |workspace| {
        symlink("good", workspace.path().join("approvals/grant")).unwrap();
    })), "warning[RC501]: this is a symbolic link, which is not followed--> approvals/grant"),
    plan("the folder is a file", Input::Made(|workspace| in_place_of(workspace, "approvals/grant", |workspace| {
        workspace.write("approvals/grant", "approved\n");
    })), "warning[RC501]: this is a regular file, which is not followed--> approvals/grant"),
    plan("the folder is a pipe", Input::Made(|workspace| in_place_of(workspace, "approvals/grant", |workspace| {
        Input::Pipe("approvals/grant").is_put_into(workspace);
    })), "warning[RC501]: this is a pipe, which is not followed--> approvals/grant"),
    plan("a name with an escape", Input::Made(|workspace| named(workspace, b"alice\x1b[31m.yaml")), "warning[RC502]: \"alice\\u{1b}[31m.yaml\" is not named after a person of rolecall.yaml--> approvals/grant/alice\\u{1b}[31m.yaml"),
    plan("a name with a line break", Input::Made(|workspace| named(workspace, b"alice\n::error::.yaml")), "warning[RC502]: \"alice\\n::error::.yaml\" is not named after a person of rolecall.yaml--> approvals/grant/alice\\n\\u{3a}:error::.yaml"),
    plan("a name with a right-to-left override", Input::Made(|workspace| named(workspace, "alice\u{202e}.yaml".as_bytes())), "warning[RC502]: \"alice\\u{202e}.yaml\" is not named after a person of rolecall.yaml--> approvals/grant/alice\\u{202e}.yaml"),
    plan("a name that is not UTF-8", Input::Made(|workspace| named(workspace, b"alice\xff.yaml")), "warning[RC501]: the name is not UTF-8--> approvals/grant/alice�.yaml"),
    plan("a name in capitals", Input::Made(|workspace| named(workspace, b"ALICE.yaml")), "warning[RC502]: \"ALICE.yaml\" is not named after a person of rolecall.yaml--> approvals/grant/ALICE.yaml"),
    plan("a name with a look-alike letter", Input::Made(|workspace| named(workspace, "\u{430}lice.yaml".as_bytes())), "warning[RC502]: \"аlice.yaml\" is not named after a person of rolecall.yaml--> approvals/grant/аlice.yaml"),
    plan("a name with another ending", Input::Made(|workspace| named(workspace, b"alice.yaml~")), "warning[RC502]: \"alice.yaml~\" is not named after a person of rolecall.yaml--> approvals/grant/alice.yaml~"),
    plan("a name of 255 bytes", Input::Made(|workspace| named(workspace, &[b'a'; 255])), "warning[RC502]: \"{a*255}\" is not named after a person of rolecall.yaml--> approvals/grant/{a*255}"),
    plan("a thousand files", Input::Made(|workspace| {
        let text = workspace.read(FILE);
        fs::remove_file(workspace.path().join(FILE)).unwrap();
        for number in 0..1_000 {
            workspace.write(&format!("approvals/grant/alice{number:04}.yaml"), &text);
        }
    }), "warning[RC502]: \"alice0000.yaml\" is not named after a person of rolecall.yaml--> approvals/grant/alice0000.yaml"),
];

/// The file ends so many bytes behind the first place of a text.
fn cut(workspace: &Workspace, at: &str, more: usize) {
    let text = workspace.read(FILE);
    let at = text.find(at).unwrap() + more;
    workspace.write(FILE, &text[..at]);
}

#[test]
fn an_approval_file_with_the_line_ends_of_windows_counts() {
    let world = with_approvals();
    world.write(FILE, world.read(FILE).replace('\n', "\r\n"));
    world.reconcile();
    assert_eq!(world.ran(), ["good", "grant"]);
}
