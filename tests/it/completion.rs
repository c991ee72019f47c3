//! Completion asks the program for ids: what it answers, and what real shells make of that.

use std::process::{Command, Stdio};

use rstest::rstest;

use crate::support::worlds::{addition, with_four_logs};
use crate::support::{STATE, Workspace};

/// What the program answers to a line whose last word is being completed.
#[track_caller]
fn answers(workspace: &Workspace, words: &[&str]) -> Vec<String> {
    let mut arguments = vec!["--", "rolecall"];
    arguments.extend(words);
    let mut command = workspace.command(&arguments);
    let output = command
        .env("ROLECALL_COMPLETE", "bash")
        .output()
        .expect("the program starts");
    let err = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(output.status.success() && err.is_empty(), "{err}");
    let out = String::from_utf8(output.stdout).expect("UTF-8");
    out.lines().map(str::to_owned).collect()
}

fn world() -> Workspace {
    let workspace = with_four_logs();
    workspace.request("grant", &addition("[sam.reyes]", "[payroll-viewer]"));
    workspace
}

#[rstest]
#[case::command(&["recon"], &["reconcile"])]
#[case::employee(&["roles", "ja"], &["jane.doe"])]
#[case::second_employee(&["roles", "jane.doe", "s"], &["sam.reyes"])]
#[case::explained_employee(&["explain", "sam"], &["sam.reyes"])]
#[case::explained_role(&["explain", "sam.reyes", "ap-"], &["ap-clerk", "ap-payer"])]
#[case::role(&["holders", "ap-"], &["ap-clerk", "ap-payer"])]
#[case::request(&["status", "gr"], &["grant"])]
#[case::finished_request(&["status", "a-"], &["a-first"])]
#[case::decided_request(&["approve", "gr"], &["grant"])]
#[case::person(&["approve", "grant", "--as", "al"], &["alice"])]
#[case::who_completes(&["complete", "grant", "--by", "d"], &["dana"])]
#[case::behind_an_equals_sign(&["complete", "grant", "--by=d"], &["--by=dana"])]
#[case::list_of_employees(&["new", "onboard", "--affected-employees", "jane.doe,s"], &["jane.doe,sam.reyes"])]
#[case::list_of_roles(&["new", "onboard", "--affected-roles", "vendor"], &["vendor-admin"])]
#[case::requester(&["new", "onboard", "--requested-by", "d"], &["dana"])]
#[case::serial(&["resolve", "3"], &["3"])]
#[case::log_of_a_request(&["log", "b"], &["b-second"])]
#[case::log_of_a_serial(&["log", "4"], &["4"])]
#[case::covering_request(&["resolve", "2", "--request", "c"], &["c-third"])]
#[case::nobody(&["roles", "zz"], &[])]
fn ids_are_those_of_the_repository(#[case] words: &[&str], #[case] expected: &[&str]) {
    assert_eq!(answers(&world(), words), expected);
}

#[test]
fn the_newest_serials_come_first() {
    let answers = answers(&world(), &["resolve", ""]);
    assert_eq!(answers[..4], ["4", "3", "2", "1"]);
}

#[test]
fn forms_are_completed_with_their_names() {
    let workspace = Workspace::new();
    let settings = workspace.read("rolecall.yaml");
    let forms = "forms: {contractor: {fields: {x: {}}}, intern: {fields: {x: {}}}}\n";
    workspace.write("rolecall.yaml", settings + forms);
    let words = ["new", "onboard", "--form", "con"];
    assert_eq!(answers(&workspace, &words), ["contractor"]);
}

#[test]
fn the_folder_on_the_line_is_the_one_that_counts() {
    let workspace = world();
    let elsewhere = Workspace::empty();
    let folder = workspace.path().to_str().expect("UTF-8");
    assert!(answers(&elsewhere, &["roles", "ja"]).is_empty());
    let named = ["--dir", folder, "roles", "ja"];
    assert_eq!(answers(&elsewhere, &named), ["jane.doe"]);
    let option = format!("--dir={folder}");
    assert_eq!(answers(&elsewhere, &["roles", &option, "ja"]), ["jane.doe"]);
}

#[rstest]
#[case::no_repository(None, None)]
#[case::broken_settings(Some("roles: [\n"), Some(STATE))]
#[case::settings_that_are_no_text(Some("\u{0}\u{1}"), Some("\u{0}"))]
#[case::broken_state(Some("version: 1\n"), Some("employees: [\n"))]
#[case::empty_files(Some(""), Some(""))]
fn a_broken_repository_gives_nothing_and_says_nothing(
    #[case] settings: Option<&str>,
    #[case] state: Option<&str>,
) {
    let workspace = Workspace::empty();
    for (path, text) in [("rolecall.yaml", settings), ("state/state.yaml", state)] {
        if let Some(text) = text {
            workspace.write(path, text);
        }
    }
    for words in [&["holders", "a"][..], &["status", "a"], &["resolve", "1"]] {
        assert!(answers(&workspace, words).is_empty(), "{words:?}");
    }
}

#[test]
fn settings_with_an_error_elsewhere_still_give_their_roles() {
    let workspace = Workspace::new();
    let settings = workspace.read("rolecall.yaml");
    workspace.write("rolecall.yaml", settings + "unknown: key\n");
    assert_eq!(
        answers(&workspace, &["holders", "vendor"]),
        ["vendor-admin"]
    );
}

#[test]
fn names_that_are_no_ids_are_not_offered() {
    let workspace = Workspace::new();
    for name in ["$(touch x)", "a b", "x;y", "-flag", "new\nline", "`id`"] {
        workspace.request(name, "name: x\n");
    }
    workspace.request("plain", "name: x\n");
    let settings = workspace.read("rolecall.yaml");
    let odd = settings.replace("  ap-clerk:", "  \"$(id)\": {name: X}\n  ap-clerk:");
    workspace.write("rolecall.yaml", odd);
    let mut offered = answers(&workspace, &["approve", ""]);
    offered.retain(|word| !word.starts_with('-'));
    assert_eq!(offered, ["plain"]);
    let roles = answers(&workspace, &["holders", ""]);
    assert!(!roles.iter().any(|role| role.contains('$')), "{roles:?}");
}

#[test]
fn no_more_than_a_thousand_are_offered() {
    let workspace = Workspace::new();
    let mut state = "version: 1\nemployees:\n".to_owned();
    for number in 0..1_500 {
        state += &format!("  e{number:04}: {{name: E}}\n");
    }
    workspace.write("state/state.yaml", state);
    assert_eq!(answers(&workspace, &["roles", "e"]).len(), 1_000);
    assert_eq!(answers(&workspace, &["roles", "e149"]).len(), 10);
}

#[test]
fn asking_changes_nothing() {
    let workspace = world();
    let before = workspace.state_files();
    answers(&workspace, &["reconcile", "--confirm", ""]);
    answers(&workspace, &["status", ""]);
    assert_eq!(workspace.state_files(), before);
}

/// Runs a script of a shell in the folder, with the completion script in `script`; `None` where there is no such shell.
fn shell(
    workspace: &Workspace,
    shell: &str,
    arguments: &[&str],
    script: &str,
) -> Option<Vec<String>> {
    let completion = workspace.run(&["completions", shell]).exits(0).out;
    let folder = Workspace::empty();
    let file = folder.write("completion", completion);
    let output = Command::new(shell)
        .args(arguments)
        .args(["-c", script])
        .current_dir(workspace.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder.path())
        .env("LC_ALL", "C.UTF-8")
        .env("script", file)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(err.is_empty(), "{err}");
    let out = String::from_utf8(output.stdout).expect("UTF-8");
    Some(out.lines().map(str::to_owned).collect())
}

/// What bash is given back for a line that it has parted into words; `begun` is the part that it goes on with.
#[track_caller]
fn bash(workspace: &Workspace, line: &str, words: &[&str], begun: &str) -> Vec<String> {
    let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
    let script = format!(
        ". \"$script\"; COMP_WORDS=({}); COMP_CWORD={}; COMP_LINE={}; COMP_POINT=${{#COMP_LINE}}\n\
         _rolecall rolecall {} ''; printf '%s\\n' \"${{COMPREPLY[@]}}\"; complete -p rolecall",
        quoted.join(" "),
        words.len() - 1,
        quote(line),
        quote(begun)
    );
    let mut lines = shell(workspace, "bash", &["--norc", "--noprofile"], &script).expect("bash");
    let registered = lines.pop().expect("a line");
    assert!(registered.contains("-F _rolecall"), "{registered}");
    lines.retain(|line| !line.is_empty());
    lines
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A world with ids that bash parts into words.
fn parted() -> Workspace {
    let workspace = Workspace::new();
    let state = STATE.replace("jane.doe:", "jane@acme.example:");
    workspace.write("state/state.yaml", state);
    let settings = workspace.read("rolecall.yaml");
    let role = "  sap:fi/post:\n    name: Post\n  ap-clerk:";
    workspace.write("rolecall.yaml", settings.replace("  ap-clerk:", role));
    workspace
}

#[rstest]
#[case::plain("rolecall roles ja", &["rolecall", "roles", "ja"], "ja", &["jane@acme.example"])]
#[case::at_sign("rolecall roles jane@ac", &["rolecall", "roles", "jane", "@", "ac"], "ac", &["acme.example"])]
#[case::at_sign_that_is_kept("rolecall roles jane@ac", &["rolecall", "roles", "jane", "@ac"], "@ac", &["@acme.example"])]
#[case::colon("rolecall holders sap:f", &["rolecall", "holders", "sap", ":", "f"], "f", &["fi/post"])]
#[case::behind_a_colon("rolecall holders sap:", &["rolecall", "holders", "sap", ":"], "", &["fi/post"])]
#[case::equals_sign("rolecall complete x --by=a", &["rolecall", "complete", "x", "--by", "=", "a"], "a", &["alice"])]
#[case::spaces("rolecall   roles  sam", &["rolecall", "roles", "sam"], "sam", &["sam.reyes"])]
#[case::quoted("rolecall roles 'sam", &["rolecall", "roles", "'sam"], "sam", &["sam.reyes"])]
#[case::command("rolecall reconc", &["rolecall", "reconc"], "reconc", &["reconcile"])]
#[case::nothing("rolecall roles zz", &["rolecall", "roles", "zz"], "zz", &[])]
fn bash_completes_what_it_has_parted(
    #[case] line: &str,
    #[case] words: &[&str],
    #[case] begun: &str,
    #[case] expected: &[&str],
) {
    assert_eq!(bash(&parted(), line, words, begun), expected);
}

#[test]
fn bash_follows_a_folder_on_the_line_and_escapes_what_it_would_act_on() {
    let workspace = Workspace::empty();
    let inner = workspace.path().join("my $(repo)");
    std::fs::create_dir(&inner).expect("a folder");
    let words = ["rolecall", "--dir", "my"];
    assert_eq!(
        bash(&workspace, "rolecall --dir my", &words, "my"),
        [r"my\ \$\(repo\)/"]
    );
    for (path, text) in [
        ("rolecall.yaml", crate::support::SETTINGS),
        ("state/state.yaml", STATE),
    ] {
        workspace.write(&format!("my $(repo)/{path}"), text);
    }
    for written in ["'my $(repo)'", "\"my $(repo)\"", r"my\ \$\(repo\)"] {
        let line = format!("rolecall --dir {written} roles ja");
        let words = ["rolecall", "--dir", written, "roles", "ja"];
        assert_eq!(
            bash(&workspace, &line, &words, "ja"),
            ["jane.doe"],
            "{line}"
        );
    }
}

#[test]
fn fish_completes_ids_with_names() {
    let workspace = parted();
    let script = ". $script; complete -C 'rolecall roles ja'; complete -C 'rolecall holders sap:'; complete -C 'rolecall recon'";
    let Some(lines) = shell(&workspace, "fish", &["--no-config"], script) else {
        return; // there is no fish here
    };
    let words: Vec<_> = lines
        .iter()
        .map(|line| line.split('\t').next().unwrap_or_default())
        .collect();
    assert_eq!(words, ["jane@acme.example", "sap:fi/post", "reconcile"]);
    assert!(lines[0].ends_with("\tJane Doe"), "{lines:?}");
}

#[test]
fn zsh_completes_ids_with_names() {
    let workspace = parted();
    // What zsh itself would show and insert is what `_describe` is given.
    let script = "compdef() { print -r -- $@ }; _describe() { print -rl -- \"${(@P)3}\" }; . $script\n\
        ask() { local -a words=(\"$@\"); local CURRENT=$#words; _clap_dynamic_completer_rolecall }\n\
        ask rolecall roles ja; ask rolecall holders sap:; ask rolecall recon; ask rolecall roles zz";
    let Some(lines) = shell(&workspace, "zsh", &["-f"], script) else {
        return; // there is no zsh here
    };
    assert_eq!(lines[0], "_clap_dynamic_completer_rolecall rolecall");
    assert_eq!(lines[1], "jane@acme.example:Jane Doe");
    assert_eq!(lines[2], r"sap\:fi/post:Post");
    assert!(lines[3].starts_with("reconcile:"), "{lines:?}");
    assert_eq!(lines.len(), 4);
}

#[rstest]
#[case::elvish("elvish")]
#[case::powershell("powershell")]
fn other_shells_are_given_commands_and_options(#[case] shell: &str) {
    let run = Workspace::empty().run(&["completions", shell]).exits(0);
    for word in ["reconcile", "validate", "--max-runs"] {
        assert!(run.out.contains(word), "{word}");
    }
}
