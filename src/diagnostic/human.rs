//! Findings for people: the message first, then the places, then what shows it and what to do.
//!
//! ```text
//! error[unknown-name]: there is no policy `regoins`
//!     ╭─[examples/rules/vertical/main.rules:12:13]
//!  11 │
//!  12 │   otherwise go to regoins
//!     ·                   ───┬───
//!     ·                      ╰── not declared
//!     ╰────
//!   help: did you mean `regions`?
//! ```
//!
//! Labels may lie in several files, or far apart; each place has its snippet, the finding's own first.

use std::fmt;
use std::ops::Range;

use anstyle::{AnsiColor, Style};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeStyles};

use super::excerpt::{Excerpt, lines_of};
use super::visible::visible;
use super::{Finding, Scope, Severity, Verdict, Witness};
use crate::source::{SourceMap, Span};

/// Lines shown before and after each label.
const CONTEXT_LINES: usize = 1;
/// Places shown beside the finding's own; the rest are counted.
const LABELS_AT_MOST: usize = 10;
/// What a snippet draws beside a line: its number and the frame.
const MARGIN: usize = 10;
/// Below this many columns nothing is readable; the terminal may wrap.
const NARROWEST: usize = 40;
/// A label is wrapped to no less than this: beside a place far to the right it may stand out a little.
const NARROWEST_LABEL: usize = 20;

/// How the output should look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Look {
    pub color: bool,
    /// In columns.
    pub width: usize,
}

impl Look {
    /// For a file or another program.
    pub fn plain() -> Look {
        Look { color: false, width: 100 }
    }
}

/// All findings that no baseline knows with their sources, and a last line that counts them. `prefix` is put before each
/// file name, so that it leads there from where the user stands.
pub fn render(findings: &[Finding], sources: &SourceMap, prefix: &str, look: Look) -> String {
    let page = Page { sources, prefix, look: Look { width: look.width.max(NARROWEST), ..look } };
    let mut out = String::new();
    for finding in findings.iter().filter(|finding| finding.is_news()) {
        page.finding(&mut out, finding);
        out.push('\n');
    }
    out.push_str(&summary(findings, look));
    out.push('\n');
    out
}

/// `3 errors, 1 warning`; `no findings`; `no new findings, 12 in the baseline`.
pub fn summary(findings: &[Finding], look: Look) -> String {
    let (findings, known): (Vec<&Finding>, Vec<&Finding>) = findings.iter().partition(|finding| finding.is_news());
    let counts = [Severity::Error, Severity::Warning, Severity::Note].into_iter().filter_map(|severity| {
        let count = findings.iter().filter(|finding| finding.severity == severity).count();
        let plural = if count == 1 { "" } else { "s" };
        let text = format!("{count} {}{plural}", severity.name());
        (count > 0).then(|| paint(look, style_of(severity), &text))
    });
    let mut parts: Vec<String> = counts.collect();
    let open = findings.iter().filter(|finding| finding.verdict == Verdict::Open).count();
    if open > 0 {
        parts.push(format!("{open} left open"));
    }
    match (parts.is_empty(), known.len()) {
        (true, 0) => "no findings".to_owned(),
        (false, 0) => parts.join(", "),
        (true, known) => format!("no new findings, {known} in the baseline"),
        (false, known) => format!("{}, {known} more in the baseline", parts.join(", ")),
    }
}

/// Something without a place in a file: `error: …` or `warning: …`, and what to do.
pub fn remark(severity: Severity, message: &str, help: Option<&str>, look: Look) -> String {
    let head = paint(look, style_of(severity), severity.name());
    let mut text = format!("{head}: {}\n", visible(message));
    if let Some(help) = help {
        let head = paint(look, AnsiColor::Cyan.on_default(), "help");
        text.push_str(&format!("  {head}: {}\n", visible(help)));
    }
    text
}

/// Something about a place in a file that is no part of a project: `error: …`, the place, what to do.
pub fn placed(
    severity: Severity,
    message: &str,
    help: Option<&str>,
    span: Span,
    sources: &SourceMap,
    look: Look,
) -> String {
    let page = Page { sources, prefix: "", look: Look { width: look.width.max(NARROWEST), ..look } };
    let head = paint(look, style_of(severity), severity.name());
    let message = paint(look, Style::new().bold(), &visible(message));
    let mut out = page.fill(&format!("{head}: {message}"), "", "  ");
    out.push_str(&page.snippet(&[Mark { span, text: "", primary: true }], severity));
    if let Some(help) = help {
        page.note(&mut out, "help", help);
    }
    out
}

struct Page<'a> {
    sources: &'a SourceMap,
    prefix: &'a str,
    look: Look,
}

impl Page<'_> {
    fn finding(&self, out: &mut String, finding: &Finding) {
        let head = format!("{}[{}]", finding.severity.name(), finding.code);
        let head = paint(self.look, style_of(finding.severity), &head);
        let message = paint(self.look, Style::new().bold(), &visible(&finding.message));
        out.push_str(&self.fill(&format!("{head}: {message}"), "", "  "));
        for marks in clusters(finding, self.sources) {
            out.push_str(&self.snippet(&marks, finding.severity));
        }
        self.notes(out, finding);
    }

    /// A few lines of one file, with what the finding says there.
    fn snippet(&self, marks: &[Mark], severity: Severity) -> String {
        let source = self.sources.file(self.sources.file_of(marks[0].span));
        let name = visible(&format!("{}{}", self.prefix, source.name)).into_owned();
        let spans: Vec<Range<usize>> = marks.iter().map(|mark| source.local(mark.span)).collect();
        let (excerpt, ranges) = Excerpt::new(name, source, &spans, CONTEXT_LINES, self.look.width - MARGIN);
        let labels = marks.iter().zip(ranges).map(|(mark, range)| self.label(mark, &excerpt, range)).collect();
        let theme = self.theme(marks, severity);
        let handler = GraphicalReportHandler::new_themed(theme).with_context_lines(CONTEXT_LINES).with_links(false);
        let mut drawn = String::new();
        let snippet = Snippet { excerpt, labels };
        handler.render_report(&mut drawn, &snippet).expect("writing to a string does not fail");
        // miette starts with the message, which is empty here, as ours stands above.
        drawn.lines().skip(1).flat_map(|line| [line.trim_end(), "\n"]).collect()
    }

    /// What is said at a place, in lines that fit beside it.
    fn label(&self, mark: &Mark, excerpt: &Excerpt, range: Range<usize>) -> LabeledSpan {
        let width = self.look.width.saturating_sub(MARGIN + excerpt.column(&range)).max(NARROWEST_LABEL);
        let text = (!mark.text.is_empty()).then(|| textwrap::fill(&visible(mark.text), self.options(width)));
        let span = (range.start, range.len());
        if mark.primary {
            LabeledSpan::new_primary_with_span(text, span)
        } else {
            LabeledSpan::new_with_span(text, span)
        }
    }

    /// Lines and frames in the finding's colour at its own place, and another elsewhere.
    fn theme(&self, marks: &[Mark], severity: Severity) -> GraphicalTheme {
        let mut theme = GraphicalTheme::unicode_nocolor();
        if self.look.color {
            theme.styles = ThemeStyles::ansi();
            let own = match severity {
                Severity::Error => theme.styles.error,
                Severity::Warning => theme.styles.warning,
                Severity::Note => theme.styles.advice,
            };
            let other = theme.styles.help;
            theme.styles.highlights = marks.iter().map(|mark| if mark.primary { own } else { other }).collect();
        }
        theme
    }

    /// What shows the finding and what to do about it.
    fn notes(&self, out: &mut String, finding: &Finding) {
        if finding.labels.len() > LABELS_AT_MOST {
            self.note(out, "places", &format!("{} more", finding.labels.len() - LABELS_AT_MOST));
        }
        if let Some(witness) = &finding.witness {
            self.note(out, "lead", &lead(witness));
            self.note(out, "then", &witness.outcome);
        }
        if !finding.covered_by.is_empty() {
            self.note(out, "covered by", &some_of(&finding.covered_by));
        }
        match finding.same_destination {
            Some(true) => self.note(out, "effect", "none, the destination is the same"),
            Some(false) => self.note(out, "effect", "these leads go elsewhere than the rule says"),
            None => {}
        }
        if finding.verdict == Verdict::Open {
            self.note(out, "open", "the search was given up, so this may or may not be so");
        }
        if finding.scope == Scope::WithCurrentTables && !self.shows_data(finding) {
            self.note(out, "holds", "with the tables and the roster as they are today");
        }
        if let Some(help) = &finding.help {
            self.note(out, "help", help);
        }
    }

    fn note(&self, out: &mut String, name: &str, text: &str) {
        let head = paint(self.look, AnsiColor::Cyan.on_default(), name);
        let indent = " ".repeat(name.len() + 4);
        let text: Vec<_> = text.lines().map(visible).collect();
        out.push_str(&self.fill(&format!("{head}: {}", text.join("\n")), "  ", &indent));
    }

    /// Whether one of the snippets is of a table or a roster, and so says itself what it depends on.
    fn shows_data(&self, finding: &Finding) -> bool {
        places(finding).any(|span| !self.sources.file(self.sources.file_of(span)).name.ends_with(".rules"))
    }

    fn fill(&self, text: &str, first: &str, rest: &str) -> String {
        let options = self.options(self.look.width).initial_indent(first).subsequent_indent(rest);
        textwrap::fill(text, options) + "\n"
    }

    fn options(&self, width: usize) -> textwrap::Options<'static> {
        textwrap::Options::new(width)
            .break_words(false)
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
    }
}

/// One place of a finding.
struct Mark<'a> {
    span: Span,
    text: &'a str,
    primary: bool,
}

/// The places of a finding in order, those near to one another together; its own place first.
fn clusters<'a>(finding: &'a Finding, sources: &SourceMap) -> Vec<Vec<Mark<'a>>> {
    let own = Mark { span: finding.span, text: &finding.label, primary: true };
    let shown = finding.labels.iter().take(LABELS_AT_MOST);
    let others = shown.map(|label| Mark { span: label.span, text: &label.message, primary: false });
    let mut marks: Vec<Mark> = std::iter::once(own).chain(others).collect();
    // Of several at one place the last is drawn on top, so the first has to come last.
    marks.reverse();
    marks.sort_by_key(|mark| mark.span);
    let mut clusters: Vec<Vec<Mark>> = Vec::new();
    let mut reach = None;
    for mark in marks {
        let file = sources.file_of(mark.span);
        let lines = lines_of(sources.file(file), &sources.file(file).local(mark.span));
        let near = reach.is_some_and(|(of, last)| of == file && *lines.start() <= last + 2 * CONTEXT_LINES + 1);
        if near {
            clusters.last_mut().expect("`reach` is of the last").push(mark)
        } else {
            clusters.push(vec![mark])
        }
        let so_far = reach.filter(|_| near).map_or(0, |(_, last)| last);
        reach = Some((file, so_far.max(*lines.end())));
    }
    clusters.sort_by_key(|marks| !marks.iter().any(|mark| mark.primary));
    clusters
}

fn places(finding: &Finding) -> impl Iterator<Item = Span> {
    std::iter::once(finding.span).chain(finding.labels.iter().map(|label| label.span))
}

/// `country = DE, employees = 1200`; blank fields are left out.
pub(super) fn lead(witness: &Witness) -> String {
    let known: Vec<String> = witness
        .lead
        .iter()
        .filter(|(_, cell)| !cell.is_empty())
        .map(|(field, cell)| format!("{field} = {}", as_word_or_text(cell)))
        .collect();
    if known.is_empty() {
        "every field blank".to_owned()
    } else if known.len() == witness.lead.len() {
        known.join(", ")
    } else {
        format!("{}, the rest blank", known.join(", "))
    }
}

/// Rules named, beyond which a report is no longer read; machine output has them all.
const RULES_AT_MOST: usize = 12;

fn some_of(rules: &[String]) -> String {
    let shown = rules[..rules.len().min(RULES_AT_MOST)].join(", ");
    match rules.len().saturating_sub(RULES_AT_MOST) {
        0 => shown,
        rest => format!("{shown}, and {rest} more"),
    }
}

/// Quoted where it would otherwise run into the rest of the line.
fn as_word_or_text(cell: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || "_-.:@+".contains(character);
    if cell.chars().all(plain) { cell.to_owned() } else { crate::cell::quoted(cell) }
}

fn style_of(severity: Severity) -> Style {
    let color = match severity {
        Severity::Error => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Note => AnsiColor::Cyan,
    };
    color.on_default().bold()
}

fn paint(look: Look, style: Style, text: &str) -> String {
    if look.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

/// What miette is asked to draw: an excerpt and labels in it, without a message.
#[derive(Debug)]
struct Snippet {
    excerpt: Excerpt,
    labels: Vec<LabeledSpan>,
}

impl fmt::Display for Snippet {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Snippet {}

impl Diagnostic for Snippet {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}
