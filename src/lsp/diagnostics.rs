//! Findings as the protocol writes them.

use std::collections::BTreeMap;

use gen_lsp_types as lsp;

use super::documents::Documents;
use super::view::View;
use crate::diagnostic::{Code, Finding, Scope, Severity, Witness};
use crate::source::{FileId, Span};

/// The findings of each file.
pub fn by_file(
    view: &View,
    findings: &[Finding],
    documents: &Documents,
    related: bool,
) -> BTreeMap<FileId, Vec<lsp::Diagnostic>> {
    let mut files: BTreeMap<FileId, Vec<lsp::Diagnostic>> = BTreeMap::new();
    for finding in findings {
        let file = view.loaded.sources.file_of(finding.span);
        files.entry(file).or_default().push(diagnostic(view, finding, documents, related));
    }
    files
}

/// One finding. `related` says whether the client shows other places with it; if not, they are told in the
/// message.
pub fn diagnostic(view: &View, finding: &Finding, documents: &Documents, related: bool) -> lsp::Diagnostic {
    let mut lines = vec![finding.message.clone()];
    lines.extend(Some(finding.label.clone()).filter(|label| !label.is_empty()));
    if finding.scope == Scope::WithCurrentTables {
        lines.push("with the tables and the roster as they are today".to_owned());
    }
    let others = others(finding);
    if !related {
        lines.extend(others.iter().map(|(span, message)| format!("{}: {message}", place(view, *span))));
    }
    lines.extend(finding.help.as_ref().map(|help| format!("help: {help}")));
    let information = |(span, message): (Span, String)| {
        Some(lsp::DiagnosticRelatedInformation { location: view.location(span, documents)?, message })
    };
    let information = others.into_iter().filter(|_| related).filter_map(information).collect::<Vec<_>>();
    lsp::Diagnostic {
        range: view.range(finding.span),
        severity: Some(severity(finding.severity)),
        code: Some(finding.code.name().to_owned().into()),
        source: Some("pointsman".to_owned()),
        message: lines.join("\n").into(),
        tags: is_unnecessary(finding.code).then(|| vec![lsp::DiagnosticTag::Unnecessary]),
        related_information: Some(information).filter(|information| !information.is_empty()),
        ..lsp::Diagnostic::default()
    }
}

/// Other places that matter, and the lead that shows the finding at its own place.
fn others(finding: &Finding) -> Vec<(Span, String)> {
    let labels = finding.labels.iter().map(|label| (label.span, label.message.clone()));
    let lead = finding.witness.as_ref().map(|witness| (finding.span, lead(witness)));
    labels.chain(lead).collect()
}

/// `lead: country = DE, employees = 0; `regions.dach` decides: reject`
fn lead(witness: &Witness) -> String {
    let cells = witness.lead.iter().filter(|(_, cell)| !cell.is_empty());
    let cells: Vec<String> = cells.map(|(field, cell)| format!("{field} = {cell}")).collect();
    let lead = if cells.is_empty() { "every field blank".to_owned() } else { cells.join(", ") };
    format!("lead: {lead}; {}", witness.outcome)
}

fn place(view: &View, span: Span) -> String {
    let at = view.loaded.sources.locate(span);
    format!("{}:{}", at.file, at.start.line)
}

fn severity(severity: Severity) -> lsp::DiagnosticSeverity {
    match severity {
        Severity::Error => lsp::DiagnosticSeverity::Error,
        Severity::Warning => lsp::DiagnosticSeverity::Warning,
        Severity::Note => lsp::DiagnosticSeverity::Information,
    }
}

/// Whether what was found does nothing where it stands, so that an editor may show it faded.
fn is_unnecessary(code: Code) -> bool {
    matches!(
        code,
        Code::UnreachableRule
            | Code::UnreachablePolicy
            | Code::RedundantRule
            | Code::UnusedName
            | Code::ShadowedRow
            | Code::DeadListMember
            | Code::ExpiredRule
            | Code::NeedlessAllow
            | Code::MisplacedRule
    )
}
