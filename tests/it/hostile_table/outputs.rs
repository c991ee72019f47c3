//! Hostile texts that the input rules let through, in every output: what a terminal, the log of a runner, Markdown, a spreadsheet and
//! JSON get.
//!
//! A text stands in all fields that take one: names of a request, an employee, a role and a person, change overview, external reference,
//! and, in a request that is wrong, where a person should be.

mod texts;

use pulldown_cmark::{Event, Options, Parser, Tag};
use regex::Regex;

use texts::TEXTS;

use super::bounds::Bill;
use super::{drives, expanded, is_line};
use crate::support::git::{commit_as, merged};
use crate::support::worlds::addition;
use crate::support::{Run, SETTINGS, STATE, Workspace, find};

/// Addresses that people may have.
const ADDRESSES: [&str; 3] = ["=1+1@x.example", "::error::x@x.example", "-x@x.example"];

/// What an output is read by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// A terminal, or the log of a runner.
    Terminal,
    /// GitHub's runner, which is to find annotations.
    Runner,
    /// What shows Markdown.
    Forge,
    /// A spreadsheet.
    Spreadsheet,
    /// A program.
    Script,
}

/// A command, its exit code, the first line that it prints, and who reads that.
type Output = (&'static [&'static str], i32, &'static str, Reader);

/// What is printed before anything has run.
const BEFORE: &[Output] = &[
    (
        &["plan"],
        3,
        "Baseline: what everybody holds is logged first",
        Reader::Terminal,
    ),
    (
        &["plan", "--format", "markdown"],
        3,
        "<!-- rolecall:plan -->",
        Reader::Forge,
    ),
    (&["plan", "--format", "json"], 3, "{", Reader::Script),
    (
        &["status"],
        0,
        "ID   ACCESS TYPE  STATUS    DUE                      NAME",
        Reader::Terminal,
    ),
    (
        &["status", "h1"],
        0,
        "fine\\n\\u{3a}:set-output name=approved::true  h1",
        Reader::Terminal,
    ),
    (&["status", "h13"], 0, " =1+1  h13", Reader::Terminal),
    (&["status", "h33"], 0, "a{\\n*3000}b  h33", Reader::Terminal),
    (&["status", "--format", "json"], 0, "{", Reader::Script),
    (
        &["validate"],
        3,
        "error[RC114]: `::error::x@x.example` is neither a person of rolecall.yaml nor an e-mail address",
        Reader::Terminal,
    ),
    (
        &["validate", "--format", "github"],
        3,
        "::error file=requests/k1.yaml,line=4,col=15,title=RC114::`::error::x@x.example` is neither a person of rolecall.yaml nor an e-mail address%0Awrite the id of a person of rolecall.yaml, or an e-mail address",
        Reader::Runner,
    ),
    (&["validate", "--format", "sarif"], 3, "{", Reader::Script),
    (&["validate", "--format", "json"], 3, "{", Reader::Script),
];

/// What is printed of what has run.
const BEHIND: &[Output] = &[
    (
        &["log"],
        0,
        "SERIAL  CREATED               TYPE             REQUEST  RUN  CHANGES",
        Reader::Terminal,
    ),
    (
        &["log", "h0"],
        0,
        "SERIAL  CREATED               TYPE             REQUEST  RUN  CHANGES",
        Reader::Terminal,
    ),
    (
        &["log", "2"],
        0,
        "000002  User Onboarding",
        Reader::Terminal,
    ),
    (
        &["log", "3"],
        0,
        "000003  User Onboarding",
        Reader::Terminal,
    ),
    (
        &["log", "--csv"],
        0,
        "serial,created,change_type,compliance,status,request,request_name,requested_by,approvers,actor,employee,employee_name,role,change,old_status,new_status,due_utc,applied_at,lateness_seconds,run",
        Reader::Spreadsheet,
    ),
    (&["log", "--format", "json"], 0, "{", Reader::Script),
    (
        &["holders", "ap-clerk"],
        0,
        "ap-clerk  A/P Clerk",
        Reader::Terminal,
    ),
    (
        &["holders", "r1"],
        0,
        "r1  fine\\n\\u{3a}:set-output name=approved::true",
        Reader::Terminal,
    ),
    (&["explain", "e1", "r1"], 0, "e1 holds r1", Reader::Terminal),
    (
        &["roles", "e0", "e1", "--format", "json"],
        0,
        "{",
        Reader::Script,
    ),
    (
        &["status"],
        0,
        "ID   ACCESS TYPE  STATUS    DUE                      NAME",
        Reader::Terminal,
    ),
    (
        &["status", "h1"],
        0,
        "fine\\n\\u{3a}:set-output name=approved::true  h1",
        Reader::Terminal,
    ),
    (
        &["verify"],
        0,
        "39 change logs verified, head sha256:…",
        Reader::Terminal,
    ),
];

/// A world in which each text stands everywhere.
fn world() -> Workspace {
    let workspace = Workspace::new();
    let (mut roles, mut people, mut state) = (SETTINGS.to_owned(), String::new(), STATE.to_owned());
    for (number, text) in TEXTS.iter().enumerate() {
        let quoted = serde_json::to_string(&expanded(text.given)).unwrap();
        let somebody = |id: &str| {
            format!("  {id}{number}: {{name: {quoted}, email: {id}{number}@acme.example")
        };
        roles.push_str(&format!("  r{number}: {{name: {quoted}}}\n"));
        people.push_str(&(somebody("p") + "}\n"));
        state.push_str(&(somebody("e") + ", status: active, roles: [ap-clerk]}\n"));
        let request = addition(&format!("[e{number}]"), &format!("[r{number}]"));
        let request = request
            .replace("A change", &quoted)
            .replace("HR-1204", &quoted);
        let request = request.replace("dana", &format!("p{number}"));
        workspace.approved(
            &format!("h{number}"),
            &format!("{request}external_reference: {quoted}\n"),
        );
        let bad = addition("[sam.reyes]", "[ap-clerk]").replace("dana", &quoted);
        workspace.request(&format!("z{number}"), &bad);
    }
    for (number, address) in ADDRESSES.iter().enumerate() {
        let introduced = format!("[{{id: a{number}, name: A, email: \"{address}\"}}]");
        let request =
            addition(&introduced, "[ap-clerk]").replace("dana", &format!("\"{address}\""));
        workspace.approved(&format!("k{number}"), &request);
    }
    workspace.write(
        "rolecall.yaml",
        roles.replacen("roles:\n", &(people + "roles:\n"), 1),
    );
    workspace.write("state/state.yaml", state);
    workspace
}

/// Whether a line would be a command to a runner.
fn commands(line: &str) -> bool {
    let azure = Regex::new(r"##[a-zA-Z]*\[").unwrap();
    line.trim_start().starts_with("::") || azure.is_match(line)
}

/// What is wrong with an output for its reader, in words.
fn harm(text: &str, reader: Reader) -> Option<String> {
    match reader {
        Reader::Terminal => text.lines().find(|line| commands(line)).map(str::to_owned),
        Reader::Runner => {
            let annotation = Regex::new(r"^::(error|warning|notice)( (file|line|col|endLine|endColumn|title)=[^:,]*(,(file|line|col|endLine|endColumn|title)=[^:,]*)*)::").unwrap();
            let is_one = |line: &&str| annotation.is_match(line) && !line.contains("##[");
            text.lines().find(|line| !is_one(line)).map(str::to_owned)
        }
        Reader::Forge => {
            markup(text).or_else(|| text.lines().find(|line| commands(line)).map(str::to_owned))
        }
        Reader::Spreadsheet => formula(text),
        Reader::Script => serde_json::from_str::<serde_json::Value>(text)
            .err()
            .map(|error| error.to_string()),
    }
}

/// The first link, picture or tag in a page that is none of ours, or table with a row of another width.
fn markup(page: &str) -> Option<String> {
    let ours = Regex::new("</?details>|</?summary>|<!-- rolecall:plan -->").unwrap();
    let is_foreign = |event: &Event<'_>| match event {
        Event::Start(Tag::Link { .. } | Tag::Image { .. }) => true,
        Event::Html(tags) | Event::InlineHtml(tags) => ours.replace_all(tags, "").contains('<'),
        _ => false,
    };
    let mut parser = Parser::new_ext(page, Options::ENABLE_TABLES);
    let foreign = parser.find(is_foreign).map(|event| format!("{event:?}"));
    let cells = |line: &&str| line.starts_with('|') && ![5, 6].contains(&line.matches('|').count());
    foreign.or_else(|| page.lines().find(cells).map(str::to_owned))
}

/// The first cell that is a formula, also where a cell begins at a semicolon, or a row that has not the cells of the first.
fn formula(table: &str) -> Option<String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(table.as_bytes());
    let formula = Regex::new("(^|;)\\s*[=+@\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}-]").unwrap();
    reader.records().find_map(|record| match record {
        Ok(record) if record.len() == 20 => record
            .iter()
            .find(|cell| formula.is_match(cell))
            .map(str::to_owned),
        Ok(record) => Some(format!("{record:?}")),
        Err(error) => Some(error.to_string()),
    })
}

/// What an output has of a text.
fn found(text: &str, pattern: &str) -> String {
    let found = Regex::new(pattern).unwrap().captures(text);
    found.map_or_else(|| "nothing".to_owned(), |found| found[1].to_owned())
}

/// Runs all commands of a list, and gives what is wrong with them.
fn wrong(workspace: &Workspace, outputs: &[Output], bill: &mut Bill) -> Vec<String> {
    let mut wrong = Vec::new();
    for (command, code, line, reader) in outputs {
        let run = bill.run(workspace, &command.join(" "), command);
        let first = run.out.lines().next().unwrap_or_default();
        if run.code != *code || !is_line(first, line) {
            wrong.push(format!("{command:?} exits {} with {first:?}", run.code));
        }
        wrong.extend(harms(command, &run, *reader));
    }
    wrong
}

fn harms(command: &[&str], run: &Run, reader: Reader) -> Vec<String> {
    let mut harms = Vec::new();
    if drives(run) {
        harms.push(format!("{command:?} drives a terminal"));
    }
    let err = harm(&run.err, Reader::Terminal);
    for harm in harm(&run.out, reader).into_iter().chain(err) {
        harms.push(format!("{command:?} has {harm:?}"));
    }
    harms
}

/// What is wrong with how the texts are shown.
fn shown(workspace: &Workspace, bill: &mut Bill) -> Vec<String> {
    let ids: Vec<String> = (0..TEXTS.len())
        .map(|number| format!("e{number}"))
        .collect();
    let mut roles = vec!["roles"];
    roles.extend(ids.iter().map(String::as_str));
    let roles = bill.run(workspace, "roles of all", &roles).exits(0);
    let table = bill.run(workspace, "log --csv", &["log", "--csv"]).exits(0);
    let mut rows = csv::Reader::from_reader(table.out.as_bytes());
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    let validate = bill.run(workspace, "validate", &["validate", "--format", "github"]);
    let mut wrong = harms(&["roles"], &roles, Reader::Terminal);
    for (number, text) in TEXTS.iter().enumerate() {
        let row = rows
            .iter()
            .find(|row| row[5] == format!("h{number}"))
            .unwrap();
        if row[6] != row[11] {
            wrong.push(format!("{}: {} is not {}", text.name, &row[6], &row[11]));
        }
        let forms = [
            (
                text.terminal,
                found(&roles.out, &format!("(?m)^e{number}  (.*), active$")),
            ),
            (
                text.annotation,
                found(
                    &validate.out,
                    &format!("(?m)z{number}.yaml,line=4,col=15,title=RC114::`(.*)` is neither"),
                ),
            ),
            (text.cell, row[6].to_owned()),
        ];
        for (field, (expected, form)) in ["terminal", "annotation", "cell"].iter().zip(forms) {
            if expanded(expected) != form {
                wrong.push(format!("{}: {field} is {form:?}", text.name));
            }
        }
    }
    wrong
}

/// What is wrong with how a page of Markdown and a plan for scripts show the texts.
fn planned(workspace: &Workspace, bill: &mut Bill) -> Vec<String> {
    let page = bill
        .run(workspace, "plan", &["plan", "--format", "markdown"])
        .exits(3);
    let plan = bill
        .run(workspace, "plan", &["plan", "--format", "json"])
        .exits(3)
        .json();
    let mut wrong = Vec::new();
    if !page.out.contains("<summary>Baseline</summary>") {
        wrong.push("the baseline has no line of its own".to_owned());
    }
    for (number, text) in TEXTS.iter().enumerate() {
        let form = found(
            &page.out,
            &format!("(?m)^<details><summary>(.*) \\(h{number}\\): "),
        );
        let form = form.replace("&#8203;", "¦");
        if expanded(text.markdown) != form {
            wrong.push(format!("{}: markdown is {form:?}", text.name));
        }
        let request = find(&plan["requests"], &format!("h{number}")).unwrap();
        if request["name"] != expanded(text.given) {
            wrong.push(format!("{}: json is {:?}", text.name, request["name"]));
        }
    }
    wrong
}

#[test]
fn hostile_texts_are_harmless_in_every_output() {
    let workspace = world();
    let mut bill = Bill::default();
    let mut all = wrong(&workspace, BEFORE, &mut bill);
    all.extend(planned(&workspace, &mut bill));
    let reconcile = bill.run(&workspace, "reconcile", &["reconcile"]).exits(3);
    all.extend(harms(&["reconcile"], &reconcile, Reader::Terminal));
    all.extend(wrong(&workspace, BEHIND, &mut bill));
    all.extend(shown(&workspace, &mut bill));
    bill.say();
    assert!(all.is_empty(), "{}", all.join("\n"));
}

/// What is printed of a request that somebody with such a name has merged, and of a change that was explained in such words.
const CLAIMED: &[Output] = &[
    (
        &["status"],
        0,
        "ID     ACCESS TYPE  STATUS    NAME",
        Reader::Terminal,
    ),
    (&["status", "grant"], 0, "A change  grant", Reader::Terminal),
    (
        &["log"],
        0,
        "SERIAL  CREATED               TYPE                         REQUEST  RUN  CHANGES",
        Reader::Terminal,
    ),
    (
        &["log", "2"],
        0,
        "000002  User Onboarding",
        Reader::Terminal,
    ),
    (
        &["log", "4"],
        0,
        "000004  User Role Assignment Change",
        Reader::Terminal,
    ),
    (
        &["log", "--csv"],
        0,
        "serial,created,change_type,compliance,status,request,request_name,requested_by,approvers,actor,employee,employee_name,role,change,old_status,new_status,due_utc,applied_at,lateness_seconds,run",
        Reader::Spreadsheet,
    ),
    (&["log", "--format", "json"], 0, "{", Reader::Script),
    (
        &["explain", "sam.reyes", "ap-clerk"],
        0,
        "sam.reyes holds ap-clerk",
        Reader::Terminal,
    ),
];

/// What is printed of a name that somebody gave an employee by hand.
const RENAMED: &[Output] = &[
    (
        &["plan"],
        0,
        "User Role Assignment Change: the state file was edited by hand",
        Reader::Terminal,
    ),
    (
        &["plan", "--format", "markdown"],
        0,
        "<!-- rolecall:plan -->",
        Reader::Forge,
    ),
    (&["plan", "--format", "json"], 0, "{", Reader::Script),
];

#[test]
fn the_name_of_a_committer_and_the_note_of_a_person_are_harmless() {
    let mut bill = Bill::default();
    let workspace = merged();
    workspace.request("grant", &addition("[sam.reyes]", "[ap-clerk]"));
    let name = "=M\u{1b}[31m ::error::x ##[group] \u{202e}<b> | @team; =1";
    commit_as(
        &workspace,
        name,
        "=1+1;\u{9b}2J@x.example",
        "2026-11-22T11:00:00Z",
    );
    let plans = [
        (&["plan"][..], Reader::Terminal),
        (&["plan", "--format", "markdown"], Reader::Forge),
    ];
    let mut all = Vec::new();
    for (command, reader) in plans {
        let plan = bill.run(&workspace, "plan", command).exits(0);
        assert!(plan.out.contains("error"), "{}", plan.out);
        all.extend(harms(command, &plan, reader));
    }
    workspace.reconcile();
    let state = workspace.read("state/state.yaml");
    let by_hand = state.replacen("- ap-clerk\n", "- ap-clerk\n    - ap-payer\n", 1);
    let renamed = "\"=J\\n::error::y \u{200b}##vso[x]y | <b>\"";
    let by_hand = by_hand.replacen("Jane Doe", renamed, 1);
    workspace.write("state/state.yaml", by_hand);
    all.extend(wrong(&workspace, RENAMED, &mut bill));
    workspace.reconcile();
    let note = "=1 ::error::x\n::set-output name=a::b\n##vso[x]y\u{200b}z";
    let resolve = ["resolve", "3", "--by", "alice", "--note", note];
    let resolved = bill.run(&workspace, "resolve", &resolve).exits(0);
    all.extend(harms(&["resolve"], &resolved, Reader::Terminal));
    all.extend(wrong(&workspace, CLAIMED, &mut bill));
    bill.say();
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn what_would_do_harm_is_seen() {
    for (text, reader) in [
        ("fine\n  ::error::x", Reader::Terminal),
        ("fine ##vso[x]y", Reader::Terminal),
        ("::error file=x::y\nfine", Reader::Runner),
        ("::set-output name=x::y", Reader::Runner),
        ("::error file=x,run=y::z", Reader::Runner),
        ("a <img src=x>", Reader::Forge),
        ("a [b](c)", Reader::Forge),
        ("| a | b |", Reader::Forge),
        ("a,b", Reader::Spreadsheet),
        (",,,,,,,,,,,,,,,,,,, =1", Reader::Spreadsheet),
        (",,,,,,,,,,,,,,,,,,,a;=1", Reader::Spreadsheet),
        ("{", Reader::Script),
    ] {
        assert!(harm(text, reader).is_some(), "{text:?}");
    }
}
