//! Hostile input: arguments and options.

use super::{Case, Input};

/// A case that is in the arguments alone.
const fn wrong(command: &'static [&'static str], code: i32, line: &'static str) -> Case {
    Case {
        name: "",
        input: Input::Nothing,
        command,
        code,
        line,
    }
}

/// The cases.
pub const CASES: &[Case] = &[
    wrong(
        &[],
        64,
        "error: 'rolecall' requires a subcommand but one was not provided",
    ),
    wrong(
        &["reconsile"],
        64,
        "error: unrecognized subcommand 'reconsile'",
    ),
    wrong(
        &["plan", "--nonsense"],
        64,
        "error: unexpected argument '--nonsense' found",
    ),
    wrong(
        &["plan", "--at"],
        64,
        "error: a value is required for '--at <TIME>' but none was supplied",
    ),
    wrong(
        &["roles"],
        64,
        "error: the following required arguments were not provided:",
    ),
    wrong(
        &["complete", "good"],
        64,
        "error: the following required arguments were not provided:",
    ),
    wrong(
        &["plan", "--format", "xml"],
        64,
        "error: invalid value 'xml' for '--format <FORMAT>'",
    ),
    wrong(
        &["status", "--format", "markdown"],
        64,
        "error: this command has no --format markdown",
    ),
    wrong(
        &["plan", "--format", "sarif"],
        64,
        "error: this command has no --format sarif",
    ),
    wrong(
        &["plan", "--at", "2026-11-23T12:00:00"],
        64,
        "error: --at \"2026-11-23T12:00:00\" is not a moment: premature end of input",
    ),
    wrong(
        &["--now", "tomorrow", "plan"],
        64,
        "error: --now \"tomorrow\" is not a moment: premature end of input",
    ),
    wrong(
        &["--now", "2026-02-30T12:00:00Z", "plan"],
        64,
        "error: --now \"2026-02-30T12:00:00Z\" is not a moment: input is out of range",
    ),
    wrong(
        &["--now", "2026-12-31T23:59:60Z", "plan"],
        64,
        "error: --now \"2026-12-31T23:59:60Z\" is not a moment: leap seconds are not known here",
    ),
    wrong(
        &["reconcile", "--max-runs", "-1"],
        64,
        "error: unexpected argument '-1' found",
    ),
    wrong(
        &["reconcile", "--max-runs", "99999999999999999999"],
        64,
        "error: invalid value '99999999999999999999' for '--max-runs <N>': number too large to fit in target type",
    ),
    wrong(
        &["reconcile", "--lock-timeout", "soon"],
        64,
        "error: --lock-timeout \"soon\" is not a duration",
    ),
    wrong(
        &["reconcile", "--lock-timeout", "-1s"],
        64,
        "error: unexpected argument '-1' found",
    ),
    wrong(
        &["reconcile", "--lock-timeout", "99999999999999y"],
        64,
        "error: --lock-timeout \"99999999999999y\" is not a duration",
    ),
    wrong(
        &["schema", "people"],
        64,
        "error: invalid value 'people' for '[DOCUMENT]'",
    ),
    wrong(
        &["completions", "cmd"],
        64,
        "error: invalid value 'cmd' for '<SHELL>'",
    ),
    wrong(
        &["--dir", "nowhere", "plan"],
        3,
        "error: nowhere is not an access repository: it has no rolecall.yaml",
    ),
    wrong(
        &["--dir", "rolecall.yaml", "plan"],
        3,
        "error: rolecall.yaml is not an access repository: it has no rolecall.yaml",
    ),
    wrong(
        &["--dir", "", "plan"],
        64,
        "error: a value is required for '--dir <DIR>' but none was supplied",
    ),
    wrong(
        &["roles", "jane.do"],
        3,
        "error: there is no employee \"jane.do\"",
    ),
    wrong(
        &["roles", "../../state"],
        3,
        "error: there is no employee \"../../state\"",
    ),
    wrong(
        &["roles", "jane\x1b[31mdoe"],
        3,
        "error: there is no employee \"jane\\u{1b}[31mdoe\"",
    ),
    wrong(
        &["roles", "jane\u{202e}doe"],
        3,
        "error: there is no employee \"jane\\u{202e}doe\"",
    ),
    wrong(
        &["holders", "ap-clark"],
        3,
        "error: there is no role \"ap-clark\"",
    ),
    wrong(
        &["explain", "jane.doe", "ap-clark"],
        3,
        "error: there is no role \"ap-clark\"",
    ),
    wrong(
        &["status", "nothing"],
        3,
        "error: there is no request \"nothing\"",
    ),
    wrong(
        &["status", "../good"],
        3,
        "error: there is no request \"../good\"",
    ),
    wrong(
        &["log", "nothing"],
        3,
        "error: there is no change log of \"nothing\"",
    ),
    wrong(&["log", "99"], 3, "error: there is no change log of \"99\""),
    wrong(&["log", "-1"], 64, "error: unexpected argument '-1' found"),
    wrong(
        &["log", "99999999999999999999999"],
        3,
        "error: there is no change log of \"99999999999999999999999\"",
    ),
    wrong(
        &["log", "--since", "yesterday"],
        64,
        "error: --since \"yesterday\" is not a moment: premature end of input",
    ),
    wrong(
        &["complete", "nothing", "--by", "alice"],
        3,
        "error: there is no request \"nothing\"",
    ),
    wrong(
        &["complete", "good", "--by", "mallory"],
        3,
        "error: \"mallory\" is no person of the settings",
    ),
    wrong(
        &["complete", "good", "--by", ""],
        3,
        "error: \"\" is no person of the settings",
    ),
    wrong(
        &["complete", "../good", "--by", "alice"],
        3,
        "error: there is no request \"../good\"",
    ),
    wrong(
        &["resolve", "99", "--by", "alice", "--note", "x"],
        3,
        "error: there is no change log 99",
    ),
    wrong(
        &["resolve", "0", "--by", "alice", "--note", "x"],
        3,
        "error: there is no change log 0",
    ),
    wrong(
        &["resolve", "one", "--by", "alice", "--note", "x"],
        64,
        "error: invalid value 'one' for '<SERIAL>': invalid digit found in string",
    ),
    wrong(
        &["resolve", "1", "--by", "alice", "--note", " "],
        3,
        "error: the note is blank",
    ),
    wrong(
        &["resolve", "1", "--by", "alice", "--note", "a\x07b"],
        3,
        "error: the note cannot be logged: it has a control character, U+0007",
    ),
    wrong(
        &["approve", "nothing", "--yes"],
        3,
        "error: there is no request \"nothing\"",
    ),
    wrong(
        &["approve", "good", "--yes", "--key", "nowhere"],
        3,
        "error: an approval cannot be bound to this repository: it has no name and is not in git",
    ),
    wrong(
        &["reconcile", "--confirm", "sha256:00"],
        4,
        "error: \"sha256:00\" is not a digest; write sha256: and 64 hexadecimal digits",
    ),
    wrong(
        &["reconcile", "--confirm", "all"],
        4,
        "error: \"all\" is not a digest; write sha256: and 64 hexadecimal digits",
    ),
    wrong(
        &["reconcile", "--plan", "nowhere.json"],
        1,
        "error: failed to read nowhere.json: No such file or directory (os error 2)",
    ),
    wrong(
        &["reconcile", "--plan", "rolecall.yaml"],
        3,
        "error: rolecall.yaml is no saved plan: expected value at line 1 column 1",
    ),
    wrong(
        &["reconcile", "--plan", "requests"],
        1,
        "error: failed to read requests: Is a directory (os error 21)",
    ),
    wrong(
        &["reconcile", "--dry-run", "--commit"],
        64,
        "error: the argument '--dry-run' cannot be used with '--commit'",
    ),
    wrong(
        &["reconcile", "--commit"],
        3,
        "error: this folder is in no git repository, so nothing can be committed",
    ),
    wrong(
        &["reconcile", "--push"],
        3,
        "error: this folder is in no git repository, so nothing can be committed",
    ),
    wrong(
        &["reconcile", "--commit", "--author", "nobody"],
        64,
        "error: --author \"nobody\" is not a name and an address",
    ),
    wrong(
        &["reconcile", "--output", "no/such/report"],
        1,
        "error: failed to write no/such/report: No such file or directory (os error 2) at path \"ROOT/no/such/.rolecall-tmp-\u{2026}\"",
    ),
    wrong(
        &["plan", "--output", "state/state.yaml"],
        64,
        "error: --output state/state.yaml would write over what is kept there",
    ),
    wrong(
        &["verify", "--expect-head", "sha256:00"],
        6,
        "error: \"sha256:00\" is not a digest; write sha256: and 64 hexadecimal digits",
    ),
    wrong(
        &["verify", "--expect-head", ""],
        6,
        "error: \"\" is not a digest; write sha256: and 64 hexadecimal digits",
    ),
    wrong(
        &["validate", "nowhere.yaml"],
        3,
        "error: nowhere.yaml is not there",
    ),
    wrong(
        &["validate", "/etc/passwd"],
        3,
        "error: /etc/passwd is not in the access repository",
    ),
    wrong(
        &["validate", "../elsewhere.yaml"],
        3,
        "error: ../elsewhere.yaml is not there",
    ),
    wrong(
        &[
            "new",
            "onboard",
            "--id",
            "../x",
            "--name",
            "N",
            "--change-overview",
            "O",
            "--requested-by",
            "dana",
            "--affected-employees",
            "jane.doe",
            "--affected-roles",
            "ap-payer",
        ],
        64,
        "error: \"../x\" is not a request id: a letter or digit, then up to 99 letters, digits, '.', '_' or '-'",
    ),
    wrong(
        &[
            "new",
            "onboard",
            "--id",
            "good",
            "--name",
            "N",
            "--change-overview",
            "O",
            "--requested-by",
            "dana",
            "--affected-employees",
            "jane.doe",
            "--affected-roles",
            "ap-payer",
        ],
        3,
        "error: there is, or was, a request with the id \"good\"",
    ),
    wrong(
        &[
            "new",
            "onboard",
            "--id",
            "n",
            "--folder",
            "../..",
            "--name",
            "N",
            "--change-overview",
            "O",
            "--requested-by",
            "dana",
            "--affected-employees",
            "jane.doe",
            "--affected-roles",
            "ap-payer",
        ],
        64,
        "error: --folder \"../..\" is no folder below requests/",
    ),
    wrong(
        &[
            "new",
            "onboard",
            "--id",
            "n",
            "--name",
            "N\x07",
            "--change-overview",
            "O",
            "--requested-by",
            "dana",
            "--affected-employees",
            "jane.doe",
            "--affected-roles",
            "ap-payer",
        ],
        3,
        "error[RC011]: `name` has U+0007, a control character --> requests/n.yaml:2:7",
    ),
    wrong(
        &["init"],
        3,
        "error: ./rolecall.yaml is there already, so nothing was made",
    ),
    wrong(
        &["watch", "--rescan", "never"],
        64,
        "error: --rescan \"never\" is not a duration",
    ),
    wrong(
        &["watch", "--metrics", "nowhere"],
        64,
        "error: a daemon goes by the machine's clock, and --now or ROLECALL_NOW sets another",
    ),
];
