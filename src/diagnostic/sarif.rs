//! Findings as SARIF 2.1.0, which code-scanning services read.
//!
//! Source: OASIS *Static Analysis Results Interchange Format Version 2.1.0*; the numbers in the
//! comments are its sections. What GitHub makes of it is in *SARIF support for code scanning*.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;

use super::fingerprint::Fingerprints;
use super::human::lead;
use super::json::{scope_name, verdict_name};
use super::{Code, Finding, Known, Severity};
use crate::source::{SourceMap, Span};

/// 3.13
#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

/// 3.14
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    /// Columns count characters, not UTF-16 units (3.14.17).
    column_kind: &'static str,
    results: Vec<ResultOf<'a>>,
}

/// 3.18
#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

/// 3.19
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

/// 3.49; a rule in the sense of SARIF is one of our codes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Text,
    help: Text,
    default_configuration: Configuration,
    properties: RuleProperties,
}

/// 3.50
#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    tags: [&'static str; 1],
}

/// 3.11 and 3.12
#[derive(Serialize)]
struct Text {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<&'static str>,
}

/// 3.27
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultOf<'a> {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    properties: Properties<'a>,
}

/// The key that GitHub looks at.
const FINGERPRINT: &str = "primaryLocationLineHash";

/// 3.28
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

/// 3.29
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

/// 3.4
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

/// 3.30; the end column is the one after the last character, as ours is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

/// 3.8: what SARIF has no place for.
#[derive(Serialize)]
struct Properties<'a> {
    verdict: &'static str,
    scope: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    covered_by: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    witness: Option<Witness<'a>>,
}

#[derive(Serialize)]
struct Witness<'a> {
    lead: IndexMap<&'a str, &'a str>,
    outcome: &'a str,
}

/// The log as one JSON document, ended by a line feed.
pub fn render(findings: &[Finding], sources: &SourceMap, prefix: &str) -> String {
    let places = Places { sources, prefix };
    let mut fingerprints = Fingerprints::default();
    let results = findings.iter().map(|finding| places.result(finding, &mut fingerprints)).collect();
    let driver = Driver {
        name: "pointsman",
        semantic_version: env!("CARGO_PKG_VERSION"),
        rules: Code::ALL.iter().map(|&code| rule(code)).collect(),
    };
    let log = Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results }],
    };
    serde_json::to_string_pretty(&log).expect("text, numbers and lists become JSON") + "\n"
}

fn rule(code: Code) -> Rule {
    Rule {
        id: code.name(),
        short_description: Text { text: code.summary().to_owned(), markdown: None },
        help: Text { text: code.page().to_owned(), markdown: Some(code.page()) },
        default_configuration: Configuration { level: level(code.default_severity()) },
        properties: RuleProperties { tags: [code.stage().name()] },
    }
}

/// 3.27.10
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// 3.27.24. What a baseline has and the project no longer has is not reported: services would open it anew.
fn baseline_state(known: Known) -> &'static str {
    match known {
        Known::Yes => "unchanged",
        Known::No => "new",
    }
}

struct Places<'a> {
    sources: &'a SourceMap,
    prefix: &'a str,
}

impl Places<'_> {
    fn result<'a>(&self, finding: &'a Finding, fingerprints: &mut Fingerprints) -> ResultOf<'a> {
        let rule_index = Code::ALL.iter().position(|&code| code == finding.code).expect("`ALL` has every code");
        let related = finding.labels.iter().enumerate();
        ResultOf {
            rule_id: finding.code.name(),
            rule_index,
            level: level(finding.severity),
            message: plain(message(finding)),
            locations: [self.location(finding.span, None, &finding.label)],
            related_locations: related.map(|(id, label)| self.location(label.span, Some(id), &label.message)).collect(),
            partial_fingerprints: BTreeMap::from([(FINGERPRINT, fingerprints.of(finding, self.sources))]),
            baseline_state: finding.known.map(baseline_state),
            properties: properties(finding),
        }
    }

    fn location(&self, span: Span, id: Option<usize>, label: &str) -> Location {
        let place = self.sources.locate(span);
        Location {
            id,
            physical_location: PhysicalLocation {
                artifact_location: artifact(&format!("{}{}", self.prefix, place.file)),
                region: Region {
                    start_line: place.start.line,
                    start_column: place.start.column,
                    end_line: place.end.line,
                    end_column: place.end.column,
                },
            },
            message: (!label.is_empty()).then(|| plain(label.to_owned())),
        }
    }
}

/// Relative to the root of the checkout, as GitHub expects; an absolute path stands for itself.
fn artifact(path: &str) -> ArtifactLocation {
    if path.starts_with('/') {
        return ArtifactLocation { uri: format!("file://{}", percent_encoded(path)), uri_base_id: None };
    }
    ArtifactLocation { uri: percent_encoded(path), uri_base_id: Some("%SRCROOT%") }
}

/// A path as part of a URI (RFC 3986, 2.3 and 3.3); a colon too, which in a first segment would end
/// a scheme.
fn percent_encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

/// The message, what is said at the place, a lead that shows it, and what to do; GitHub shows the first line in lists.
fn message(finding: &Finding) -> String {
    let label = Some(finding.label.clone()).filter(|label| !label.is_empty());
    let witness = finding.witness.as_ref();
    let shown = witness.map(|witness| format!("lead: {}\nthen: {}", lead(witness), witness.outcome));
    let help = finding.help.as_ref().map(|help| format!("help: {help}"));
    let lines: Vec<String> = std::iter::once(finding.message.clone()).chain(label).chain(shown).chain(help).collect();
    lines.join("\n")
}

fn plain(text: String) -> Text {
    Text { text, markdown: None }
}

fn properties(finding: &Finding) -> Properties<'_> {
    let witness = finding.witness.as_ref().map(|witness| Witness {
        lead: witness.lead.iter().map(|(field, cell)| (field.as_str(), cell.as_str())).collect(),
        outcome: &witness.outcome,
    });
    Properties {
        verdict: verdict_name(finding.verdict),
        scope: scope_name(finding.scope),
        policy: finding.policy.as_deref(),
        rule: finding.rule.as_deref(),
        covered_by: &finding.covered_by,
        witness,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_become_uris() {
        assert_eq!(percent_encoded("leads/São Paulo #1:a.csv"), "leads/S%C3%A3o%20Paulo%20%231%3Aa.csv");
        assert_eq!(artifact("/tmp/x.rules").uri, "file:///tmp/x.rules");
    }
}
