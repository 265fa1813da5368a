//! Findings as a GitLab Code Quality report: a job that keeps it as an artifact has them shown in the merge
//! request.
//!
//! Source: *Code Quality*, "Code Quality report format": a list of issues with these keys.

use serde::Serialize;

use super::fingerprint::Fingerprints;
use super::{Finding, Severity};
use crate::source::SourceMap;

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

/// The report as one JSON document, ended by a line feed. What a baseline knows is left out.
pub fn render(findings: &[Finding], sources: &SourceMap, prefix: &str) -> String {
    let mut fingerprints = Fingerprints::default();
    let issues: Vec<Issue> = findings
        .iter()
        .map(|finding| (finding, fingerprints.of(finding, sources)))
        .filter(|(finding, _)| finding.is_news())
        .map(|(finding, fingerprint)| issue(finding, fingerprint, sources, prefix))
        .collect();
    serde_json::to_string_pretty(&issues).expect("text, numbers and lists become JSON") + "\n"
}

fn issue(finding: &Finding, fingerprint: String, sources: &SourceMap, prefix: &str) -> Issue {
    let place = sources.locate(finding.span);
    let help = finding.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    Issue {
        description: format!("{}{help}", finding.message),
        check_name: finding.code.name(),
        fingerprint,
        severity: severity(finding.severity),
        location: Location {
            path: format!("{prefix}{}", place.file),
            lines: Lines { begin: place.start.line, end: place.end.line },
        },
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "major",
        Severity::Warning => "minor",
        Severity::Note => "info",
    }
}
