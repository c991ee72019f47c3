//! What a parser reads in the Markdown of a plan, whatever texts the plan has.

use std::sync::LazyLock;

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use regex::Regex;

use super::sample::*;
use crate::check::finding::{Code, Finding};
use crate::model::{ChangeType, LeftOut, LeftOutReason};
use crate::plan::Plan;
use crate::render::escape;
use crate::render::plan::markdown;

/// The longest comment that GitHub takes, in characters; no text has more characters than bytes.
const LIMIT: usize = 65_536;

/// Texts that break tables, are markup, or have a forge do something.
const BAITS: &[&str] = &[
    "|",
    "||",
    "\\|",
    "`",
    "``",
    "`|`",
    "\n",
    "\r\n",
    "\n\n",
    "\r",
    "\t",
    "\u{2028}",
    " ",
    "a",
    "é",
    "\\",
    "\\\\",
    "*",
    "**x**",
    "_x_",
    "~~x~~",
    "<b>",
    "</details>",
    "<!--",
    "-->",
    "<script>alert(1)</script>",
    "<img src=x>",
    "&amp;",
    "&commat;team",
    "&#64;team",
    "<https://e.example>",
    "[x](https://e.example)",
    "![x](https://e.example/x.png)",
    "[x]: https://e.example",
    "[^1]",
    "[[page]]",
    "https://e.example/x",
    "ftp://e.example",
    "www.e.example",
    "x@e.example",
    "mailto:x@e.example",
    "@team",
    "@acme/team",
    " @all ",
    "#12",
    "acme/access#12",
    "GH-12",
    "GL-12",
    "!12",
    "$12",
    "&12",
    "%12",
    "%\"a b\"",
    "~bug",
    "~\"a b\"",
    "*iteration:1",
    "^alert#1",
    "[vulnerability:1]",
    "5dd3bd5",
    "5dd3bd5fba66c4f7478adc55c3a0844dd55d3bd5",
    "[x] done",
    "- [ ] todo",
    "1. one",
    "1) one",
    "- x",
    "+ x",
    "# x",
    "> x",
    "---",
    "===",
    "```",
    "~~~",
    ":tada:",
    ":+1:",
    "/approve",
    "\n/approve\n",
    "/close",
    "$x$",
    "$$x$$",
    "{+x+}",
    "[-x-]",
    "\u{1b}[2J",
    "\u{202e}",
    "\u{200b}",
    "@\u{200b}team",
    "\u{feff}",
    "\u{0}",
    "| --- | --- |",
];

/// The HTML that is ours.
static OURS: LazyLock<Regex> = LazyLock::new(|| {
    let ours = r"^(<!-- rolecall:plan -->|<details><summary>[^<>]*</summary>|</details>)$";
    Regex::new(ours).unwrap()
});

/// What forges look for in text as it is rendered, and somewhat more.
static FOUND_BY_FORGES: LazyLock<Regex> = LazyLock::new(|| {
    let patterns = [
        r"@[\w\-/]",
        r"#[0-9A-Za-z]",
        r"\b(?i:GH|GL)-\d",
        r"[!$&]\d",
        r#"[~%]["\w]"#,
        r"(?i:\*iteration:)",
        r":[A-Za-z0-9_+\-]+:",
        r"[A-Za-z]://",
        r"(?i:www\.)",
        r"\[[a-z_\-]+:",
        r"\[\[",
        r"\[[ xX]\]",
        r"[\[{][+\-]",
        // Commit ids: with a letter, or as long as a whole one.
        r"\b[0-9a-fA-F]{40,64}\b",
        r"\b[0-9]{0,6}[a-fA-F][0-9a-fA-F]{6,63}\b",
    ];
    Regex::new(&patterns.join("|")).unwrap()
});

/// What is read in a page.
#[derive(Debug, Default)]
struct Page {
    /// By tables, rows with the head as the first, cells.
    tables: Vec<Vec<Vec<String>>>,
    headings: Vec<String>,
    paragraphs: Vec<String>,
}

impl Page {
    /// Reads a page, and holds that it has nothing but what a plan is made of.
    fn read(text: &str) -> Self {
        let extensions = Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_GFM
            | Options::ENABLE_MATH
            | Options::ENABLE_WIKILINKS;
        let mut page = Self::default();
        let mut block = String::new();
        for event in Parser::new_ext(text, extensions) {
            match event {
                Event::Text(text) | Event::Code(text) => block.push_str(&text),
                Event::SoftBreak => block.push(' '),
                Event::Html(html) => assert!(OURS.is_match(html.trim_end()), "{html:?} in {text}"),
                Event::Start(Tag::Table(_)) => page.tables.push(Vec::new()),
                Event::Start(Tag::TableHead | Tag::TableRow) => {
                    page.tables.last_mut().unwrap().push(Vec::new());
                }
                Event::Start(Tag::TableCell | Tag::Paragraph | Tag::Heading { .. }) => {
                    block.clear();
                }
                Event::End(TagEnd::TableCell) => {
                    let row = page.tables.last_mut().unwrap().last_mut().unwrap();
                    row.push(std::mem::take(&mut block));
                }
                Event::End(TagEnd::Heading(_)) => page.headings.push(std::mem::take(&mut block)),
                Event::End(TagEnd::Paragraph) => page.paragraphs.push(std::mem::take(&mut block)),
                Event::Start(
                    Tag::Strong
                    | Tag::Emphasis
                    | Tag::BlockQuote(None)
                    | Tag::List(None)
                    | Tag::Item
                    | Tag::HtmlBlock,
                )
                | Event::End(_) => {}
                other => panic!("{other:?} in {text}"),
            }
        }
        page
    }

    /// Every text that is shown, each by itself.
    fn texts(&self) -> impl Iterator<Item = &String> {
        let cells = self.tables.iter().flatten().flatten();
        cells.chain(&self.headings).chain(&self.paragraphs)
    }
}

/// What should be read of a text: line breaks as blanks, hidden characters shown.
fn shown(text: &str) -> String {
    let mut out = String::new();
    for character in text.replace("\r\n", " ").chars() {
        match character {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => out.push(' '),
            hidden if escape::is_hidden(hidden) => {
                out.push_str(&format!("\\u{{{:x}}}", u32::from(hidden)));
            }
            other => out.push(other),
        }
    }
    out.trim().to_owned()
}

/// What was read, without what parts mentions and the like.
fn plain(text: &str) -> String {
    text.replace('\u{200b}', "").trim().to_owned()
}

/// A plan with one request that is hostile wherever text can stand.
fn hostile(text: &str) -> Plan {
    let mut plan = plan();
    plan.steps.remove(0);
    let step = &mut plan.steps[0];
    let request = step.request.as_mut().unwrap();
    text.clone_into(&mut request.name);
    text.clone_into(&mut request.requested_by);
    text.clone_into(&mut step.approvals[0].person);
    step.left_out[1].detail = text.to_owned();
    step.changes[0].before.as_mut().unwrap().name = text.to_owned();
    plan.findings = vec![Finding::error(Code::BadText, text).in_file(text).hint(text)];
    plan.requests.clear();
    plan.requests_after.truncate(1);
    plan.requests_after[0].failures = vec![text.to_owned()];
    plan
}

/// Holds that a plan with such a text reads as it should.
fn reads_as_it_should(text: &str) {
    let written = markdown(&hostile(text));
    for row in written.lines().filter(|line| line.starts_with('|')) {
        let columns = row.matches('|').count() - 1;
        assert!([2, 3, 4].contains(&columns), "{row}");
    }
    let page = Page::read(&written);
    let heads: Vec<_> = page.tables.iter().map(|table| table[0].join(" ")).collect();
    assert_eq!(
        heads,
        [
            "finding where what what to do",
            "employee added removed note",
            "request still fails"
        ],
        "{written}"
    );
    for table in &page.tables {
        assert!(
            table.iter().all(|row| row.len() == table[0].len()),
            "{written}"
        );
    }
    let cell = |table: usize, row: usize, column: usize| plain(&page.tables[table][row][column]);
    let expected = shown(text);
    assert_eq!(
        [cell(0, 1, 1), cell(0, 1, 2), cell(0, 1, 3)],
        [(); 3].map(|()| expected.clone())
    );
    assert_eq!(page.tables[1].len(), 4, "{written}");
    // Details are shown as on a terminal before they come here.
    let renamed = shown(&escape::terminal(&format!("name now Jane Doe, was {text}")));
    assert!(cell(1, 1, 3).starts_with(&renamed), "{written}");
    assert_eq!(cell(1, 3, 0), "root.admin");
    assert_eq!(cell(1, 3, 3), shown(&format!("ap-payer refused: {text}")));
    assert_eq!(cell(2, 1, 1), expected);
    if text.chars().count() <= 200 {
        let heading = format!("{expected} (onboard-crew)");
        assert_eq!(plain(&page.headings[1]), heading.trim(), "{written}");
    }
    finds_nothing(&page, &written);
}

/// Holds that the patterns by which forges find mentions and references in rendered text find none.
fn finds_nothing(page: &Page, written: &str) {
    for text in page.texts() {
        // Our own digests are code, in which forges look for nothing.
        let digest = "sha256:64879f7d6b960a01909762d911a32d4582c20010c5641ee90278b644a9e3b525";
        let text = text.replace(digest, "");
        let found = FOUND_BY_FORGES.find(&text).map(|found| found.as_str());
        assert_eq!(found, None, "{text:?} of {written}");
    }
}

#[test]
fn each_hostile_text_is_one_table_with_the_text_in_it() {
    for bait in BAITS {
        reads_as_it_should(bait);
        reads_as_it_should(&format!("x {bait} y"));
        reads_as_it_should(&format!("x{bait}y"));
    }
    reads_as_it_should("$\u{1fbf0}");
    reads_as_it_should(HOSTILE);
    reads_as_it_should(&BAITS.concat());
    reads_as_it_should(&BAITS.join(" "));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_one_table_with_the_text_in_it(text in any::<String>()) {
        reads_as_it_should(&text);
    }

    #[test]
    fn any_mix_of_hostile_texts_is_one_table_with_the_text_in_it(
        parts in prop::collection::vec(prop::sample::select(BAITS), 0..10),
    ) {
        reads_as_it_should(&parts.concat());
    }
}

/// As many requests, each for so many employees.
fn many(requests: usize, employees: usize) -> Plan {
    let steps = (0..requests).map(|number| {
        let changes = (0..employees).map(|index| {
            let id = format!("employee.number{index:04}");
            change(
                &id,
                Some(holding(&id, "")),
                holding(&id, "crm-editor crm-viewer"),
            )
        });
        let request = reference(&format!("request-{number}"), "x </summary> <b> @team");
        step(request, ChangeType::UserOnboarding, changes.collect())
    });
    Plan {
        steps: steps.collect(),
        ..nothing()
    }
}

/// The numbers of the line that says what is left out: requests and rows.
fn left_out(page: &Page) -> (usize, usize) {
    let note =
        Regex::new(r"^Left out, .*: (?:(\d+) requests? and )?(\d+) rows? of tables").unwrap();
    let found = page
        .paragraphs
        .iter()
        .find_map(|paragraph| note.captures(paragraph));
    let number =
        |group: Option<regex::Match<'_>>| group.map_or(0, |group| group.as_str().parse().unwrap());
    found.map_or((0, 0), |found| (number(found.get(1)), number(found.get(2))))
}

fn rows(page: &Page) -> usize {
    page.tables.iter().map(|table| table.len() - 1).sum()
}

#[test]
fn a_plan_of_thousands_of_rows_is_cut_and_says_by_how_much() {
    for (requests, employees) in [(1, 5_000), (3, 2_000), (40, 100), (3_000, 2), (12, 1)] {
        let written = markdown(&many(requests, employees));
        assert!(written.len() <= LIMIT, "{}", written.len());
        let opened = written.matches("<details>").count();
        assert_eq!(opened, written.matches("</details>").count(), "{written}");
        let page = Page::read(&written);
        for table in &page.tables {
            assert!(
                table.iter().all(|row| row.len() == 4 && !row[1].is_empty()),
                "{written}"
            );
        }
        let entries = if requests > 10 {
            opened
        } else {
            page.headings.len() - 1
        };
        let (requests_left_out, rows_left_out) = left_out(&page);
        assert_eq!(entries + requests_left_out, requests, "{written}");
        assert_eq!(
            rows(&page) + rows_left_out,
            requests * employees,
            "{written}"
        );
        assert!(
            rows_left_out == 0 || written.len() > 40_000,
            "the room is used: {}",
            written.len()
        );
        assert!(
            page.paragraphs.last().unwrap().starts_with("As of "),
            "{written}"
        );
        finds_nothing(&page, &written);
    }
}

#[test]
fn a_row_that_is_longer_than_a_comment_is_left_out_whole() {
    let mut plan = many(1, 1);
    plan.steps[0].left_out.push(LeftOut {
        employee: employee("root.admin"),
        role: Some(role("ap-payer")),
        reason: LeftOutReason::Refused,
        detail: "&|".repeat(LIMIT),
    });
    let page = Page::read(&markdown(&plan));
    assert_eq!(rows(&page), 1);
    assert_eq!(left_out(&page), (0, 1));
}

#[test]
fn thousands_of_findings_leave_room_for_the_requests() {
    let mut plan = many(5, 20);
    plan.findings = vec![unknown_role(); 4_000];
    let written = markdown(&plan);
    assert!(written.len() <= LIMIT);
    let page = Page::read(&written);
    assert_eq!(page.tables.len(), 6, "{written}");
    assert_eq!(rows(&page) + left_out(&page).1, 4_100);
}

#[test]
fn the_first_line_is_the_marker() {
    for plan in [nothing(), plan(), many(3_000, 2)] {
        assert!(markdown(&plan).starts_with("<!-- rolecall:plan -->\n"));
    }
}
