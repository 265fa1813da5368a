//! Findings for programs, version 1. The shape is documented in docs/json.md and frozen: keys may be
//! added, never changed or removed. Its structs stand here alone, so that nothing inside the
//! program can change them by accident.

use indexmap::IndexMap;
use serde::Serialize;

use super::{Finding, Known, Label, Scope, Severity, Verdict, Witness};
use crate::source::{SourceMap, Span};

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    command: &'static str,
    findings: Vec<FindingV1<'a>>,
    summary: Summary,
}

#[derive(Serialize)]
struct FindingV1<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    /// Empty where there is nothing to advise.
    help: &'a str,
    verdict: &'static str,
    scope: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'a str>,
    span: SpanV1,
    /// What is said at the span itself.
    #[serde(skip_serializing_if = "str::is_empty")]
    label: &'a str,
    labels: Vec<LabelV1<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    covered_by: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    same_destination: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    witness: Option<WitnessV1<'a>>,
    /// Only with a baseline.
    #[serde(skip_serializing_if = "Option::is_none")]
    baselined: Option<bool>,
}

#[derive(Serialize)]
struct LabelV1<'a> {
    message: &'a str,
    span: SpanV1,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
}

/// A place, the same in every document. Lines and columns count from 1, columns in characters; the
/// end is the place after the last character.
#[derive(Serialize, Debug)]
pub struct SpanV1 {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
}

impl SpanV1 {
    /// `prefix` is put before the file's name, so that it leads there from where the user stands.
    pub fn of(span: Span, sources: &SourceMap, prefix: &str) -> SpanV1 {
        let place = sources.locate(span);
        SpanV1 {
            file: format!("{prefix}{}", place.file),
            line: place.start.line,
            column: place.start.column,
            end_line: place.end.line,
            end_column: place.end.column,
        }
    }
}

#[derive(Serialize)]
struct WitnessV1<'a> {
    /// A blank is `null`.
    lead: IndexMap<&'a str, Option<&'a str>>,
    outcome: &'a str,
}

#[derive(Serialize)]
struct Summary {
    errors: usize,
    warnings: usize,
    notes: usize,
    open: usize,
    /// Those that a baseline knows, which are in none of the other counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    baselined: Option<usize>,
}

/// The report as one JSON document, ended by a line feed.
pub fn render(findings: &[Finding], sources: &SourceMap, prefix: &str) -> String {
    let places = Places { sources, prefix };
    let report = Report {
        version: 1,
        command: "lint",
        findings: findings.iter().map(|finding| places.finding(finding)).collect(),
        summary: summary(findings),
    };
    serde_json::to_string_pretty(&report).expect("text, numbers and lists become JSON") + "\n"
}

struct Places<'a> {
    sources: &'a SourceMap,
    prefix: &'a str,
}

impl Places<'_> {
    fn finding<'a>(&self, finding: &'a Finding) -> FindingV1<'a> {
        FindingV1 {
            code: finding.code.name(),
            severity: finding.severity.name(),
            message: &finding.message,
            help: finding.help.as_deref().unwrap_or_default(),
            verdict: verdict_name(finding.verdict),
            scope: scope_name(finding.scope),
            rule: finding.rule.as_deref(),
            policy: finding.policy.as_deref(),
            span: self.span(finding.span),
            label: &finding.label,
            labels: finding.labels.iter().map(|label| self.label(label)).collect(),
            covered_by: &finding.covered_by,
            same_destination: finding.same_destination,
            witness: finding.witness.as_ref().map(witness),
            baselined: finding.known.map(|known| known == Known::Yes),
        }
    }

    fn label<'a>(&self, label: &'a Label) -> LabelV1<'a> {
        LabelV1 { message: &label.message, span: self.span(label.span), rule: label.rule.as_deref() }
    }

    fn span(&self, span: Span) -> SpanV1 {
        SpanV1::of(span, self.sources, self.prefix)
    }
}

fn witness(witness: &Witness) -> WitnessV1<'_> {
    let known = |cell| Some(cell).filter(|cell: &&str| !cell.is_empty());
    let lead = witness.lead.iter().map(|(field, cell)| (field.as_str(), known(cell.as_str()))).collect();
    WitnessV1 { lead, outcome: &witness.outcome }
}

fn summary(findings: &[Finding]) -> Summary {
    let counted = |is: &dyn Fn(&Finding) -> bool| findings.iter().filter(|finding| is(finding)).count();
    let weighing = |severity| counted(&|finding| finding.is_news() && finding.severity == severity);
    let has_baseline = findings.iter().any(|finding| finding.known.is_some());
    Summary {
        errors: weighing(Severity::Error),
        warnings: weighing(Severity::Warning),
        notes: weighing(Severity::Note),
        open: counted(&|finding| finding.is_news() && finding.verdict == Verdict::Open),
        baselined: has_baseline.then(|| counted(&|finding| !finding.is_news())),
    }
}

/// `proved`, `witnessed` or `open`, in every machine format.
pub(super) fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Proved => "proved",
        Verdict::Witnessed => "witnessed",
        Verdict::Open => "open",
    }
}

/// `always` or `with-current-tables`, in every machine format.
pub(super) fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Always => "always",
        Scope::WithCurrentTables => "with-current-tables",
    }
}
