use std::fmt::Write as _;

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::check::finding::{Code, Severity};
use crate::document::source::Source;
use crate::document::text;
use crate::document::yaml::tree::MOST_FINDINGS;

fn source(text: &str) -> Source {
    Source::new("a.yaml", text.as_bytes().to_vec(), 16 << 20).unwrap()
}

/// A short form of a tree: quoted scalars in quotes, refused values as `!`.
fn sketch(node: &Node<'_>) -> String {
    match &node.value {
        Value::Scalar { text, plain: true } => text.to_string(),
        Value::Scalar { text, plain: false } => format!("{text:?}"),
        Value::Refused => "!".to_owned(),
        Value::Sequence(items) => {
            format!(
                "[{}]",
                items.iter().map(sketch).collect::<Vec<_>>().join(" ")
            )
        }
        Value::Mapping(entries) => {
            let pair =
                |(key, value): &(Key<'_>, Node<'_>)| format!("{}={}", key.text, sketch(value));
            format!(
                "{{{}}}",
                entries.iter().map(pair).collect::<Vec<_>>().join(" ")
            )
        }
    }
}

fn tree(text: &str) -> String {
    let source = source(text);
    let tree = parse(&source);
    assert_eq!(tree.findings, [], "{text}");
    sketch(&tree.root.unwrap())
}

fn findings(text: &str) -> Vec<(Code, usize, usize)> {
    let source = source(text);
    let found = parse(&source).findings;
    assert!(
        found
            .iter()
            .all(|finding| finding.severity == Severity::Error)
    );
    assert!(found.iter().all(|finding| finding.hint.is_some()));
    let place = |finding: &Finding| {
        finding
            .place
            .clone()
            .map_or((0, 0), |at| (at.line, at.column))
    };
    found
        .iter()
        .map(|finding| (finding.code, place(finding).0, place(finding).1))
        .collect()
}

#[rstest]
#[case::scalars("a: x\nb: 'x'\nc: \"x\"\n", "{a=x b=\"x\" c=\"x\"}")]
#[case::lists("a: [x, y]\nb:\n- z\n", "{a=[x y] b=[z]}")]
#[case::maps("a: {b: {c: d}}\n", "{a={b={c=d}}}")]
#[case::blocks("a: |\n  one\n  two\n", "{a=\"one\\ntwo\\n\"}")]
#[case::markers("---\na: x\n...\n", "{a=x}")]
#[case::comments("# one\na: x # two\n# three\n", "{a=x}")]
#[case::carriage_returns("a: x\r\nb: |\r\n  y\r\n", "{a=x b=\"y\\n\"}")]
#[case::no_line_end("a: x", "{a=x}")]
#[case::looks(
    "a: 017\nb: 17:30\nc: 2026-11-30\nd: yes\n",
    "{a=017 b=17:30 c=2026-11-30 d=yes}"
)]
#[case::percent("a: '%x'\nb: 25%\n", "{a=\"%x\" b=25%}")]
#[case::inside("a: x & y * z ! u\n", "{a=x & y * z ! u}")]
fn ordinary_yaml_is_read(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(tree(text), expected);
}

#[rstest]
#[case::anchor("a: &x 1\n", Code::Feature, 1, 4)]
#[case::anchor_of_list("a: &x\n- 1\n", Code::Feature, 1, 4)]
#[case::alias("a: *x\n", Code::Feature, 1, 4)]
#[case::tag("a: !x 1\n", Code::Feature, 1, 4)]
#[case::core_tag("a: !!str 1\n", Code::Feature, 1, 4)]
#[case::binary("a: !!binary aGk=\n", Code::Feature, 1, 4)]
#[case::bare_tag("a: ! 1\n", Code::Feature, 1, 4)]
#[case::verbatim_tag("a: !<tag:yaml.org,2002:str> 1\n", Code::Feature, 1, 4)]
#[case::tag_of_map("a: !x\n  b: 1\n", Code::Feature, 1, 4)]
#[case::tag_of_key("!!str a: 1\n", Code::Feature, 1, 1)]
#[case::merge("a: 1\n<<: {b: 2}\n", Code::Feature, 2, 1)]
#[case::version("%YAML 1.2\n---\na: 1\n", Code::Feature, 1, 1)]
#[case::handle("%TAG ! tag:x,2000:\n---\na: 1\n", Code::Feature, 1, 1)]
#[case::second("a: 1\n---\nb: 2\n", Code::Feature, 2, 1)]
#[case::empty_second("a: 1\n---\n", Code::Feature, 2, 1)]
#[case::first_is_empty("---\n---\na: 1\n", Code::Feature, 2, 1)]
#[case::repeated("a: 1\nb: 2\na: 3\n", Code::RepeatedKey, 3, 1)]
#[case::repeated_escaped("name: 1\n\"n\\u0061me\": 2\n", Code::RepeatedKey, 2, 1)]
#[case::repeated_quoted("a: 1\n'a': 2\n", Code::RepeatedKey, 2, 1)]
#[case::repeated_inside("a: {b: 1, b: 2}\n", Code::RepeatedKey, 1, 11)]
#[case::list_key("[a]: 1\n", Code::WrongType, 1, 1)]
#[case::map_key("{a: b}: 1\n", Code::WrongType, 1, 1)]
#[case::complex_key("? [a]\n: 1\n", Code::WrongType, 1, 3)]
#[case::alias_key("*x : 1\n", Code::Feature, 1, 1)]
#[case::flow_depth("a: [[[[[[[[1]]]]]]]]\n", Code::TooDeep, 1, 11)]
#[case::empty("", Code::Syntax, 1, 1)]
#[case::only_comment("# nothing\n", Code::Syntax, 1, 1)]
#[case::only_marker("---\n", Code::Syntax, 1, 1)]
#[case::null("~\n", Code::Syntax, 1, 1)]
#[case::open_quote("a: \"x\n", Code::Syntax, 1, 4)]
#[case::tab("a:\n\tb: 1\n", Code::Syntax, 2, 2)]
#[case::colon("a: b: c\n", Code::Syntax, 1, 5)]
#[case::nul("a: x\0\nb: y\n", Code::BadText, 1, 5)]
#[case::lone_return("a: x\rb: y\n", Code::BadText, 1, 5)]
#[case::bidirectional("a: x # \u{202e}y\n", Code::BadText, 1, 8)]
#[case::separator("a: x\u{2028}b: y\n", Code::BadText, 1, 5)]
#[case::mark_inside("a: x\n\u{feff}b: y\n", Code::BadText, 2, 1)]
fn what_hides_meaning_is_refused(
    #[case] text: &str,
    #[case] code: Code,
    #[case] line: usize,
    #[case] column: usize,
) {
    let found = findings(text);
    assert_eq!(found.first(), Some(&(code, line, column)), "{found:?}");
}

#[test]
fn every_problem_of_the_text_is_collected() {
    let found = findings("a: &x 1\nb: !t 2\nc: *x\na: 3\na: 4\n");
    let codes: Vec<Code> = found.iter().map(|(code, ..)| *code).collect();
    let expected = [
        Code::Feature,
        Code::Feature,
        Code::Feature,
        Code::RepeatedKey,
        Code::RepeatedKey,
    ];
    assert_eq!(codes, expected);
}

#[test]
fn a_value_without_text_stands_where_its_key_stands() {
    let source = source("a: 1\nb:\n\n\nc: 2\n");
    let tree = parse(&source);
    let Value::Mapping(entries) = tree.root.unwrap().value else {
        panic!();
    };
    let place = source.place(entries[1].1.span);
    assert_eq!((place.line, place.column), (2, 1));
    assert!(
        matches!(&entries[1].1.value, Value::Scalar { text, plain: true } if text::is_null(text))
    );
}

/// Texts that are small to write and dear to read with a careless reader.
pub(in crate::document) fn hostile(size: usize) -> Vec<(&'static str, String)> {
    let fill = |piece: &str| piece.repeat(size / piece.len());
    let mut keys = String::new();
    while keys.len() < size {
        let _ = writeln!(keys, "k{}: v", keys.len());
    }
    let mut indent = String::new();
    for depth in 0..size.isqrt() {
        let _ = writeln!(indent, "{}a:", " ".repeat(depth));
    }
    let mut aliases = String::from("a: &a [x]\n");
    aliases.push_str(&fill("- *a\n"));
    vec![
        ("open brackets", fill("[")),
        ("open braces", fill("{a: ")),
        ("closed brackets", fill("]")),
        ("list", format!("[{}]", fill("a,"))),
        ("empty entries", format!("[{}]", fill("a: ,"))),
        ("question marks", fill("? ")),
        ("questions", fill("? a\n")),
        ("dashes", fill("- ")),
        ("entries", fill("- a\n")),
        ("colons", fill(":")),
        ("colons apart", fill(": ")),
        ("same keys", fill("a: b\n")),
        ("other keys", keys),
        ("indentation", indent),
        ("one long text", format!("a: {}", fill("x"))),
        ("many short lines", format!("a: {}", fill("x\n  "))),
        ("quote", format!("a: \"{}", fill("x"))),
        ("escapes", format!("a: \"{}\"", fill("\\u0061"))),
        ("folded", format!("a: >\n{}", fill("  x\n\n"))),
        ("blank lines", fill("\n")),
        ("blanks", fill(" ")),
        ("comments", fill("#\n")),
        ("comments in a list", format!("- a\n{}- b\n", fill("# x\n"))),
        ("aliases", aliases),
        ("anchors", format!("[{}]", fill("&a x,"))),
        ("tags", format!("[{}]", fill("!t x,"))),
        ("documents", fill("---\n")),
        ("ends", fill("...\n")),
        ("directives", fill("%A\n")),
        ("ampersands", fill("&")),
        ("control characters", fill("\u{1}")),
        ("tabs", fill("\t")),
        ("tabs behind a key", format!("a:{}", fill("\t"))),
        ("wide", fill("日本: 語\n")),
        ("one wide line", format!("[{}]", fill("語,"))),
    ]
}

#[test]
fn hostile_text_is_read_or_refused_fast() {
    for (name, text) in hostile(64 * 1024) {
        let source = source(&text);
        let tree = parse(&source);
        assert!(tree.findings.len() <= 2 * MOST_FINDINGS, "{name}");
    }
}

#[derive(Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    name: String,
    flag: Option<bool>,
    number: Option<u64>,
    list: Option<Vec<String>>,
}

#[test]
fn a_type_is_read_from_one_document() {
    let wire: Wire =
        from_str("---\nname: 4711\nflag: true\nnumber: 5\nlist: [a, 'b']\n...\n").unwrap();
    assert_eq!(wire.name, "4711");
    assert_eq!(wire.list.unwrap(), ["a", "b"]);
}

#[rstest]
#[case::repeated("name: a\nname: b\n")]
#[case::repeated_escaped("name: a\n\"n\\u0061me\": b\n")]
#[case::unknown("name: a\nother: b\n")]
#[case::word_for_boolean("name: a\nflag: yes\n")]
#[case::null("name:\n")]
#[case::tilde("name: ~\n")]
#[case::alias("name: &a b\nlist: [*a]\n")]
#[case::anchor("name: &a b\n")]
#[case::merge("<<: {name: a}\n")]
#[case::binary("name: !!binary aGk=\n")]
#[case::second("name: a\n---\nname: b\n")]
#[case::negative("name: a\nnumber: -1\n")]
#[case::empty("")]
fn a_type_is_not_read_from_other_texts(#[case] text: &str) {
    let read = from_str::<Wire>(text);
    assert!(read.is_err(), "{read:?}");
}

#[test]
fn an_error_of_a_type_has_its_place() {
    let error = from_str::<Wire>("name: a\nflag: yes\n").unwrap_err();
    assert_eq!((error.line, error.column), (Some(2), Some(7)), "{error}");
    assert_eq!(
        error.message,
        "invalid boolean (strict mode expects true/false)"
    );
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
        let source = source(&text);
        let tree = parse(&source);
        prop_assert!(tree.root.is_some() || !tree.findings.is_empty());
    }

    #[test]
    fn any_text_of_yaml_characters_is_read_or_refused(text in "[ \\n\\-:?,\\[\\]{}#&*!|>'\"%@`a\\\\u0~<.\\t\\r]{0,60}") {
        let source = source(&text);
        let tree = parse(&source);
        prop_assert!(tree.root.is_some() || !tree.findings.is_empty());
    }
}
