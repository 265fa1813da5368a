//! Quick fixes: what findings offer, as far as it mends them.

use gen_lsp_types as lsp;

use super::diagnostics::diagnostic;
use super::documents::Documents;
use super::edits::{tried, workspace_edit};
use super::home::Overlay;
use super::view::View;
use crate::diagnostic::{Code, Edit, Finding, Fix, Severity, Stage};
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
    let mut actions = Vec::new();
    for finding in findings.iter().filter(|finding| touches(finding.span, wanted)) {
        let mut fixes = finding.fixes.clone();
        fixes.extend(needless(view, finding));
        fixes.retain(|fix| mends(view, finding, fix, view.home.files(documents)));
        let is_only = fixes.len() == 1;
        actions.extend(fixes.iter().map(|fix| action(view, finding, fix, is_only, documents)));
    }
    actions
}

/// What nothing uses can go; what else its declaration says, only the text knows.
fn needless(view: &View, finding: &Finding) -> Option<Fix> {
    if finding.code != Code::UnusedName {
        return None;
    }
    let mut items = view.loaded.trees.iter().flat_map(|tree| &tree.items);
    let item = items.find(|item| item.span.start <= finding.span.start && finding.span.end <= item.span.end)?;
    let whole = item.allows.iter().fold(item.span, |span, allow| span.to(allow.span));
    Some(Fix { title: format!("remove `{}`", view.text(finding.span)), edits: vec![Edit::remove(whole)] })
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
    let errors =
        |view: &View| view.loaded.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let after = tried(view, &fix.edits, files);
    match finding.code.stage() {
        Stage::Lint => after.loaded.project.is_some(),
        Stage::Syntax | Stage::Names | Stage::Types | Stage::Data => errors(&after) < errors(view),
    }
}
