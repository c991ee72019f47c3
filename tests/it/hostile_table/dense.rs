//! Hostile input: files as large and as dense as they may be, and beyond.

use super::{Case, Input};
use crate::support::{SETTINGS, STATE, Workspace};

/// How large settings may be.
const SETTINGS_LIMIT: usize = 8 * 1024 * 1024;

/// A case about a file.
const fn case(name: &'static str, code: i32, make: fn(&Workspace), line: &'static str) -> Case {
    Case {
        name,
        input: Input::Made(make),
        command: &["plan"],
        code,
        line,
    }
}

/// A text with another one behind it, again and again, up to a size.
fn filled(start: &str, with: &str, size: usize) -> String {
    start.to_owned() + &with.repeat((size - start.len()) / with.len())
}

/// Settings as large as they may be.
fn settings(workspace: &Workspace, with: &str) {
    workspace.write("rolecall.yaml", filled(SETTINGS, with, SETTINGS_LIMIT));
}

/// A state of 16 MiB.
fn state(workspace: &Workspace, with: &str) {
    workspace.write("state/state.yaml", filled(STATE, with, 16 * 1024 * 1024));
}

/// Lines with a number in each.
fn numbered(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

/// The cases.
pub const CASES: &[Case] = &[
    case(
        "settings of open lists",
        3,
        |workspace| settings(workspace, "["),
        "error[RC006]: lists and maps are nested too deeply  --> rolecall.yaml:18:17",
    ),
    case(
        "settings of empty lists",
        3,
        |workspace| settings(workspace, "[],"),
        "error[RC004]: simple key expected ':'  --> rolecall.yaml:18:1",
    ),
    case(
        "settings of open maps",
        3,
        |workspace| settings(workspace, "{a: "),
        "error[RC006]: lists and maps are nested too deeply  --> rolecall.yaml:18:65",
    ),
    case(
        "settings of dashes",
        3,
        |workspace| settings(workspace, "- "),
        "error[RC004]: while parsing a block mapping, did not find expected key  --> rolecall.yaml:18:3",
    ),
    case(
        "settings of question marks",
        3,
        |workspace| settings(workspace, "? "),
        "error[RC010]: a key is a list or a map  --> rolecall.yaml:18:3",
    ),
    case(
        "settings of one key",
        3,
        |workspace| settings(workspace, "a: 1\n"),
        "error[RC002]: the file has more than 700000 keys and values      --> rolecall.yaml:349983:1",
    ),
    case(
        "settings of anchors",
        3,
        |workspace| settings(workspace, "&a "),
        "error[RC004]: simple key expected ':'  --> rolecall.yaml:18:1",
    ),
    case(
        "settings of aliases",
        3,
        |workspace| settings(workspace, "a: *a\n"),
        "error[RC005]: an alias is not allowed  --> rolecall.yaml:18:4",
    ),
    case(
        "settings of tags",
        3,
        |workspace| settings(workspace, "!a "),
        "error[RC004]: simple key expected ':'  --> rolecall.yaml:18:1",
    ),
    case(
        "settings of quotes",
        3,
        |workspace| settings(workspace, "\""),
        "error[RC004]: invalid trailing content after double-quoted scalar  --> rolecall.yaml:18:3",
    ),
    case(
        "settings of escapes in one text",
        3,
        |workspace| {
            workspace.write(
                "rolecall.yaml",
                filled("organization: \"", "\\u0041", SETTINGS_LIMIT - 2) + "\"\n",
            );
        },
        "error[RC009]: `version` is missing --> rolecall.yaml:1:1",
    ),
    case(
        "settings of documents",
        3,
        |workspace| settings(workspace, "---\n"),
        "error[RC005]: a second document begins here; a file holds one  --> rolecall.yaml:18:1",
    ),
    case(
        "settings of line separators",
        3,
        |workspace| settings(workspace, "\u{2028}"),
        "error[RC011]: U+2028, a line separator, stands in the file  --> rolecall.yaml:18:1",
    ),
    case(
        "settings of 100,000 unknown roles that rules name",
        3,
        |workspace| {
            let roles = numbered(100_000, |number| format!("{number}, "));
            workspace.write(
                "rolecall.yaml",
                format!(
                    "{SETTINGS}separation_of_duties:\n- {{id: a, action: deny, roles: [{roles}]}}\n"
                ),
            );
        },
        "error[RC302]: `0` is none of `roles`  --> rolecall.yaml:19:33",
    ),
    case(
        "settings of 100,000 words of a form, the last twice",
        3,
        |workspace| {
            let words = numbered(100_000, |number| format!("w{number}, ")) + "w99999";
            workspace.write("rolecall.yaml", format!("{SETTINGS}forms: {{a: {{fields: {{b: {{one_of: [{words}], description: B}}}}}}}}\n"));
        },
        "error[RC102]: `forms.a.fields.b.one_of` has `w99999` twice  --> rolecall.yaml:18:788925",
    ),
    case(
        "settings of 50,000 approvers whom nobody knows",
        3,
        |workspace| {
            let nobody = numbered(50_000, |number| format!("n{number}, "));
            let rule = format!("user_onboarding: {{evidence: inline, approvers: [{nobody}]}}");
            let settings = SETTINGS.replace(
                "user_onboarding: {change_level: change_request, evidence: inline}",
                &rule,
            );
            workspace.write("rolecall.yaml", settings);
        },
        "error[RC302]: `n0` is neither a person nor a group --> rolecall.yaml:6:51",
    ),
    case(
        "settings of 50,000 members of a group, the last twice",
        3,
        |workspace| {
            let people = numbered(50_000, |number| {
                format!("  n{number}: {{name: N, email: n{number}@x.example}}\n")
            });
            let members = numbered(50_000, |number| format!("n{number}, ")) + "n49999";
            let settings = SETTINGS.replace(
                "roles:\n",
                &format!("{people}groups: {{g: [{members}]}}\nroles:\n"),
            );
            workspace.write("rolecall.yaml", settings);
        },
        "error[RC102]: `n49999` stands twice in `groups.g`     --> rolecall.yaml:50012:388904",
    ),
    case(
        "settings of 50,000 people with one address",
        3,
        |workspace| {
            let people = numbered(50_000, |number| {
                format!("  n{number}: {{name: N, email: n@x.example}}\n")
            });
            workspace.write(
                "rolecall.yaml",
                SETTINGS.replace("roles:\n", &(people + "roles:\n")),
            );
        },
        "error[RC301]: `n@x.example` is the e-mail address of `n0` already  --> rolecall.yaml:13:24",
    ),
    case(
        "settings of 50,000 roles that differ in case",
        3,
        |workspace| {
            let roles = numbered(50_000, |number| {
                format!("  r{number}: {{name: R}}\n  R{number}: {{name: R}}\n")
            });
            workspace.write("rolecall.yaml", format!("{SETTINGS}{roles}"));
        },
        "error[RC301]: `R0` differs from `r0` only in case  --> rolecall.yaml:19:3",
    ),
    case(
        "settings of a pattern without end",
        3,
        |workspace| {
            let form = "forms: {a: {fields: {b: {pattern: '^(((x{1,1000}){1,1000}){1,1000}){1,1000}$', description: B}}}}\n";
            workspace.write("rolecall.yaml", format!("{SETTINGS}{form}"));
        },
        "error[RC301]: `forms.a.fields.b.pattern` is not a regular expression: it is too large  --> rolecall.yaml:18:35",
    ),
    case(
        "a state of open lists",
        3,
        |workspace| state(workspace, "["),
        "error[RC401]: recursion limit exceeded  --> state/state.yaml:22:17",
    ),
    case(
        "a state of dashes",
        3,
        |workspace| state(workspace, "- "),
        "error[RC401]: while parsing a block mapping, did not find expected key  --> state/state.yaml:22:3",
    ),
    case(
        "a state of one employee again and again",
        3,
        |workspace| state(workspace, "  jane.doe: {}\n"),
        "error[RC401]: duplicate mapping key: jane.doe  --> state/state.yaml:22:3",
    ),
    case(
        "a state of one text",
        3,
        |workspace| state(workspace, "x"),
        "error[RC401]: simple key expected ':'  --> state/state.yaml:22:1",
    ),
];

/// The cases in which a request is bad, and the good one runs.
pub const REQUESTS: &[Case] = &[
    case(
        "a request of 60,000 open lists",
        3,
        |workspace| workspace.request("bad", &"[".repeat(60_000)),
        "error[RC006]: lists and maps are nested too deeply --> requests/bad.yaml:1:17",
    ),
    case(
        "a request of 10,000 roles",
        3,
        |workspace| {
            workspace.request(
                "bad",
                &format!(
                    "affected_roles: [{}]\n",
                    numbered(10_000, |number| format!("r{number},"))
                ),
            );
        },
        "error[RC009]: `access_type` is missing --> requests/bad.yaml:1:1",
    ),
    case(
        "a request of 5,000 unknown keys",
        3,
        |workspace| {
            workspace.request("bad", &numbered(5_000, |number| format!("k{number}: 1\n")));
        },
        "error[RC008]: `k0` is not a key of a change request --> requests/bad.yaml:1:1",
    ),
    case(
        "a request with 5,000 forbidden characters",
        3,
        |workspace| workspace.request("bad", &"\u{202e}\u{7}".repeat(5_000)),
        "error[RC011]: U+202E, a bidirectional control, stands in the file --> requests/bad.yaml:1:1",
    ),
    case(
        "a request with a name that matches a pattern slowly",
        3,
        |workspace| {
            let form = "forms: {a: {fields: {b: {pattern: '^(a+)+$', description: B}}}}\n";
            workspace.write("rolecall.yaml", format!("{SETTINGS}{form}"));
            let text = workspace.read("requests/good.yaml");
            workspace.request(
                "bad",
                &format!("{text}form: a\ncustom: {{b: '{}!'}}\n", "a".repeat(3_000)),
            );
        },
        "error[RC118]: `custom.b` is `{a*80}…`, which does not match its pattern  --> requests/bad.yaml:10:13",
    ),
    case(
        "a thousand broken requests",
        3,
        |workspace| {
            for number in 0..1_000 {
                workspace.request(&format!("bad-{number:04}"), "name: [\n");
            }
        },
        "error[RC004]: a bracket is not closed --> requests/bad-0000.yaml:1:7",
    ),
];
