//! Quick fixes: what findings offer, as far as it mends them.

use gen_lsp_types as lsp;

use super::diagnostics::diagnostic;
use super::documents::Documents;
use super::edits::{tried, workspace_edit};
use super::home::Overlay;
use super::view::View;
use crate::diagnostic::{Finding, Fix, Severity, Stage};
use crate::source::{FileId, Span};

/// The fixes of what was found in a range. Each was tried: the project is loaded with it, and must have
/// fewer errors, or for a finding of a lint still none.
pub fn actions(
    view: &View,
    file: FileId,
    range: lsp::Range,
    findings: &[Finding],
    documents: &Documents,
) -> Vec<lsp::CodeAction> {
    let wanted = view.span(file, range);
    let here = findings.iter().filter(|finding| touches(finding.span, wanted));
    here.flat_map(|finding| {
        let fixes = finding.fixes.iter().filter(|fix| mends(view, finding, fix, view.home.files(documents)));
        let mut is_first = true;
        fixes
            .map(move |fix| {
                let only = finding.fixes.len() == 1 && std::mem::take(&mut is_first);
                action(view, finding, fix, only, documents)
            })
            .collect::<Vec<_>>()
    })
    .collect()
}

fn touches(a: Span, b: Span) -> bool {
    a.start <= b.end && b.start <= a.end
}

fn action(view: &View, finding: &Finding, fix: &Fix, only: bool, documents: &Documents) -> lsp::CodeAction {
    lsp::CodeAction {
        title: fix.title.clone(),
        kind: Some(lsp::CodeActionKind::QuickFix),
        diagnostics: Some(vec![diagnostic(view, finding, documents, true)]),
        is_preferred: Some(only),
        edit: Some(workspace_edit(view, &fix.edits, documents)),
        ..lsp::CodeAction::default()
    }
}

fn mends(view: &View, finding: &Finding, fix: &Fix, files: Overlay) -> bool {
    let errors = |view: &View| {
        view.loaded.findings.iter().filter(|finding| finding.severity == Severity::Error).count()
    };
    let after = tried(view, &fix.edits, files);
    match finding.code.stage() {
        Stage::Lint => after.loaded.project.is_some(),
        Stage::Syntax | Stage::Names | Stage::Types | Stage::Data => errors(&after) < errors(view),
    }
}
