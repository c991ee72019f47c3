//! Findings: for people with the line they are about, as JSON, and as GitHub annotations.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde::Serialize;

use super::text::{WIDTH, count};
use super::{Palette, escape, json, wire};
use crate::check::finding::{Finding, Place, Severity};

/// How many annotations of a severity GitHub shows for a step.
const ANNOTATIONS: usize = 10;

/// Findings for people: each with its file, line and column, the line itself and what to do, then how many there are. Empty
/// where there is none.
#[must_use]
pub fn human(findings: &[Finding], palette: Palette) -> String {
    let mut out = String::new();
    for finding in findings {
        let _ = writeln!(out, "{}\n", one(finding, palette));
    }
    if !findings.is_empty() {
        let _ = writeln!(out, "{}", palette.title(sum(findings)));
    }
    out
}

/// One finding for people, without a line feed at its end.
#[must_use]
pub fn one(finding: &Finding, palette: Palette) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let message = escape::terminal(&finding.message);
    let path = finding.path.as_deref().map(escape::terminal);
    let hint = finding.hint.as_deref().map(escape::terminal);
    let shown = finding.place.as_ref().map(|place| (place, Line::of(place)));

    let mut group = level
        .primary_title(message)
        .id(finding.code.as_str())
        .elements(Vec::<Origin<'_>>::new());
    let Some((place, line)) = shown else {
        group = group.elements(path.map(Origin::path));
        return render(group, hint, palette);
    };
    let mut snippet = Snippet::source(line.text)
        .line_start(place.line)
        .annotation(AnnotationKind::Primary.span(line.span));
    match path {
        Some(path) if line.exact => snippet = snippet.path(path),
        // The column of the text as it is shown would not be that of the file.
        Some(path) => {
            let origin = Origin::path(path);
            group = group.element(origin.line(place.line).char_column(place.column));
        }
        None => {}
    }
    render(group.element(snippet), hint, palette)
}

fn render<'a>(mut group: Group<'a>, hint: Option<Cow<'a, str>>, palette: Palette) -> String {
    if let Some(hint) = hint {
        group = group.element(Level::HELP.message(hint));
    }
    let renderer = match palette {
        Palette::Plain => Renderer::plain(),
        Palette::Coloured => Renderer::styled(),
    };
    renderer.term_width(WIDTH).render(&[group])
}

/// The line of a place as it is shown.
struct Line {
    /// With hidden characters escaped.
    text: String,
    /// The bytes of it that the place spans.
    span: Range<usize>,
    /// Whether the column is the same in it.
    exact: bool,
}

impl Line {
    fn of(place: &Place) -> Self {
        let column = place.column.saturating_sub(1 + place.skipped);
        let offset = |column: usize| {
            let mut characters = place.text.char_indices();
            characters
                .nth(column)
                .map_or(place.text.len(), |(at, _)| at)
        };
        let end = column.saturating_add(place.length.max(1));
        let (text, span) = escape::terminal_range(&place.text, offset(column)..offset(end));
        Self {
            exact: text[..span.start].chars().count() + 1 == place.column.max(1),
            text,
            span,
        }
    }
}

/// `2 errors, 1 warning`, worst first; `no findings` where there is none.
#[must_use]
pub fn sum(findings: &[Finding]) -> String {
    let counts: Vec<_> = [Severity::Error, Severity::Warning, Severity::Note]
        .into_iter()
        .filter_map(|severity| {
            let number = findings
                .iter()
                .filter(|finding| finding.severity == severity)
                .count();
            (number > 0).then(|| count(number, severity.word()))
        })
        .collect();
    if counts.is_empty() {
        return "no findings".to_owned();
    }
    counts.join(", ")
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    findings: Vec<wire::Finding<'a>>,
}

/// What `validate --format json` prints: `{version, findings: [{code, severity, message, path, line, column, hint}]}`, with
/// `null` where something is not known.
#[must_use]
pub fn json(findings: &[Finding]) -> String {
    json::text(&Document {
        version: json::VERSION,
        findings: wire::Finding::all(findings),
    })
}

/// Findings as GitHub workflow commands, one a line: `::error file=…,line=…,col=…,title=RC111::message`. The worst come first.
///
/// GitHub shows ten of each severity for a step and drops the others without a word. Where there are more, the tenth says how many
/// are only in the step's log.
#[must_use]
pub fn github(findings: &[Finding]) -> String {
    let mut out = String::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let of_severity = findings
            .iter()
            .filter(|finding| finding.severity == severity);
        let lines: Vec<_> = of_severity.map(annotation).collect();
        let (shown, others) = if lines.len() > ANNOTATIONS {
            lines.split_at(ANNOTATIONS - 1)
        } else {
            (&lines[..], &[][..])
        };
        out.extend(shown.iter().map(String::as_str));
        if !others.is_empty() {
            let _ = writeln!(
                out,
                "::{} title=rolecall::{} in the log of this step, of which GitHub shows no annotation",
                command(severity),
                count(others.len(), &format!("more {}", severity.word())),
            );
        }
        out.extend(others.iter().map(String::as_str));
    }
    out
}

fn annotation(finding: &Finding) -> String {
    let mut out = format!("::{} ", command(finding.severity));
    if let Some(path) = &finding.path {
        let _ = write!(out, "file={},", escape::workflow_property(path));
        if let Some(place) = &finding.place {
            let _ = write!(out, "line={},col={},", place.line, place.column);
        }
    }
    let message = match &finding.hint {
        Some(hint) => format!("{}\n{hint}", finding.message),
        None => finding.message.clone(),
    };
    let message = escape::workflow_message(&message);
    let _ = writeln!(out, "title={}::{message}", finding.code.as_str());
    out
}

/// What a GitHub workflow calls an annotation of a severity.
fn command(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "notice",
        other => other.word(),
    }
}
