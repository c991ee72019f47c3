use insta::assert_snapshot;

use super::sample::*;
use crate::check::finding::{Code, Finding, Place};
use crate::render::Palette;
use crate::render::findings::{github, human, json};

fn findings() -> Vec<Finding> {
    vec![
        unknown_role(),
        Finding::error(Code::Setting, "nobody may approve").in_file("rolecall.yaml"),
        Finding::warning(Code::NothingToDo, "the request changes nothing").hint("withdraw it"),
    ]
}

fn hostile() -> Vec<Finding> {
    vec![
        Finding::error(Code::BadText, HOSTILE)
            .in_file("requests/a,b:c%.yaml")
            .at(Some(Place {
                skipped: 0,
                line: 1,
                column: 9,
                length: 1,
                text: "name: a\u{1b}\u{202e}b # ##[group]".to_owned(),
            }))
            .hint("::stop-commands::x"),
    ]
}

#[test]
fn findings_for_people() {
    assert_snapshot!(human(&findings(), Palette::Plain), @r#"
    error[RC111]: role `ap-clrk` is not in the catalogue
     --> requests/broken.yaml:6:18
      |
    6 | affected_roles: [ap-clrk]
      |                  ^^^^^^^
      |
      = help: did you mean `ap-clerk`?

    error[RC301]: nobody may approve
    --> rolecall.yaml

    warning[RC203]: the request changes nothing
     |
     = help: withdraw it

    2 errors, 1 warning
    "#);
    assert_eq!(human(&[], Palette::Plain), "");
}

#[test]
fn findings_as_json() {
    assert_snapshot!(json(&findings()), @r#"
    {
      "version": 1,
      "findings": [
        {
          "code": "RC111",
          "severity": "error",
          "message": "role `ap-clrk` is not in the catalogue",
          "path": "requests/broken.yaml",
          "line": 6,
          "column": 18,
          "hint": "did you mean `ap-clerk`?"
        },
        {
          "code": "RC301",
          "severity": "error",
          "message": "nobody may approve",
          "path": "rolecall.yaml",
          "line": null,
          "column": null,
          "hint": null
        },
        {
          "code": "RC203",
          "severity": "warning",
          "message": "the request changes nothing",
          "path": null,
          "line": null,
          "column": null,
          "hint": "withdraw it"
        }
      ]
    }
    "#);
}

#[test]
fn findings_as_annotations() {
    assert_snapshot!(github(&findings()), @r#"
    ::error file=requests/broken.yaml,line=6,col=18,title=RC111::role `ap-clrk` is not in the catalogue%0Adid you mean `ap-clerk`?
    ::error file=rolecall.yaml,title=RC301::nobody may approve
    ::warning title=RC203::the request changes nothing%0Awithdraw it
    "#);
}

#[test]
fn of_many_annotations_the_errors_come_first_and_the_tenth_says_how_many_are_not_shown() {
    let mut findings = vec![Finding::warning(Code::NothingToDo, "w"); 10];
    findings.extend(vec![Finding::error(Code::Setting, "e"); 12]);
    let text = github(&findings);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 23);
    assert!(lines[..13].iter().all(|line| line.starts_with("::error ")));
    assert_eq!(
        lines[9],
        "::error title=rolecall::3 more errors in the log of this step, of which GitHub shows no annotation"
    );
    assert!(
        lines[13..]
            .iter()
            .all(|line| line.starts_with("::warning title=RC203"))
    );
}

#[test]
fn hostile_text_stays_text() {
    assert_snapshot!(human(&hostile(), Palette::Plain), @r#"
    error[RC011]: =::set-output x|y\u{1b}[2J\u{202e} @team #1 <b> `c` [l](https://e.example)\u{200b}\n\u{3a}:error::z
     --> requests/a,b:c%.yaml:1:9
      |
     ::: 
    1 | name: a\u{1b}\u{202e}b # \u{23}#[group]
      |              ^^^^^^^^
      |
      = help: \u{3a}:stop-commands::x

    1 error
    "#);
    assert_snapshot!(github(&hostile()), @r#"::error file=requests/a%2Cb%3Ac%25.yaml,line=1,col=9,title=RC011::=::set-output x|y\u{1b}[2J\u{202e} @team #1 <b> `c` [l](https://e.example)\u{200b}%0A\u{3a}:error::z%0A\u{3a}:stop-commands::x"#);
}

#[test]
fn a_place_in_the_middle_of_a_runner_s_command_does_not_let_it_through() {
    let text = "a: x ##[group] ::error::y ##vso[z]";
    for column in 1..=text.len() {
        for length in 1..4 {
            let place = Place {
                skipped: 0,
                line: 1,
                column,
                length,
                text: text.to_owned(),
            };
            let finding = Finding::error(Code::Syntax, "no")
                .in_file("x")
                .at(Some(place));
            let shown = human(&[finding], Palette::Plain);
            let line = r"a: x \u{23}#[group] \u{3a}:error::y \u{23}#vso[z]";
            assert!(shown.contains(line), "{shown}");
        }
    }
}

#[test]
fn a_place_beyond_its_line_does_no_harm() {
    for (column, length, text) in [
        (0, 0, ""),
        (99, 5, "short"),
        (1, usize::MAX, "é"),
        (usize::MAX, usize::MAX, "x"),
    ] {
        let place = Place {
            skipped: 0,
            line: 3,
            column,
            length,
            text: text.to_owned(),
        };
        let finding = Finding::error(Code::Syntax, "x")
            .in_file("a.yaml")
            .at(Some(place));
        assert!(human(&[finding], Palette::Coloured).contains("a.yaml"));
    }
}
