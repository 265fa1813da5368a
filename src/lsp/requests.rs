//! The answers to requests: from a workspace and what is asked to what is answered.

use gen_lsp_types as lsp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::actions::actions;
use super::complete::complete;
use super::edits::workspace_edit;
use super::hover::hover;
use super::names::{Mention, Symbol};
use super::outline::outline;
use super::positions::Lines;
use super::rename::{prepare, rename};
use super::view::View;
use super::workspace::{Known, Workspace};
use crate::source::{FileId, SourceMap};
use crate::syntax;

/// Why a request has no answer.
#[derive(Debug)]
pub enum Refusal {
    /// There is no such request.
    Unknown,
    /// What came with it cannot be read.
    Unreadable(String),
    /// What is asked cannot be done, in words for the user.
    Impossible(String),
}

type Answer = Result<Value, Refusal>;

/// Answers a request. A place about which there is nothing to say has the answer `null`.
pub fn answer(workspace: &Workspace, method: &str, params: Value) -> Answer {
    match method {
        "textDocument/hover" => with(params, |params| said(workspace, &params)),
        "textDocument/definition" => with(params, |params| definition(workspace, &params)),
        "textDocument/references" => with(params, |params| references(workspace, &params)),
        "textDocument/documentHighlight" => with(params, |params| highlights(workspace, &params)),
        "textDocument/prepareRename" => tried(params, |params| can_rename(workspace, &params)),
        "textDocument/rename" => tried(params, |params| renamed(workspace, &params)),
        "textDocument/completion" => with(params, |params| completions(workspace, &params)),
        "textDocument/documentSymbol" => with(params, |params| symbols(workspace, &params)),
        "textDocument/formatting" => with(params, |params| formatted(workspace, &params)),
        "textDocument/codeAction" => with(params, |params| fixes(workspace, &params)),
        _ => Err(Refusal::Unknown),
    }
}

fn with<P: DeserializeOwned, A: Serialize>(params: Value, answer: impl FnOnce(P) -> Option<A>) -> Answer {
    tried(params, |params| Ok(answer(params)))
}

fn tried<P: DeserializeOwned, A: Serialize>(
    params: Value,
    answer: impl FnOnce(P) -> Result<Option<A>, String>,
) -> Answer {
    let params = serde_json::from_value(params).map_err(|why| Refusal::Unreadable(why.to_string()))?;
    let answer = answer(params).map_err(Refusal::Impossible)?;
    Ok(serde_json::to_value(answer).expect("answers are of text and numbers"))
}

/// The project and file of a place, and the place.
fn place<'w>(
    workspace: &'w Workspace,
    at: &lsp::TextDocumentPositionParams,
) -> Option<(&'w Known, FileId, lsp::Position)> {
    let (known, file) = workspace.find(&at.text_document.uri)?;
    Some((known, file, at.position))
}

fn mention<'w>(workspace: &'w Workspace, at: &lsp::TextDocumentPositionParams) -> Option<(&'w View, &'w Mention)> {
    let (known, file, position) = place(workspace, at)?;
    let view = &*known.view;
    Some((view, view.names.at(view.offset(file, position))?))
}

fn said(workspace: &Workspace, params: &lsp::HoverParams) -> Option<lsp::Hover> {
    let (known, file, position) = place(workspace, &params.text_document_position_params)?;
    hover(&known.view, file, position, &known.findings, known.counts.as_ref())
}

fn definition(workspace: &Workspace, params: &lsp::DefinitionParams) -> Option<lsp::Location> {
    let (view, mention) = mention(workspace, &params.text_document_position_params)?;
    if let Symbol::File(name) = &mention.symbol {
        let uri = view.home.uri_of(name, &workspace.documents)?;
        return Some(lsp::Location { uri, range: lsp::Range::default() });
    }
    view.location(view.names.declaration(&mention.symbol)?.span, &workspace.documents)
}

fn references(workspace: &Workspace, params: &lsp::ReferenceParams) -> Option<Vec<lsp::Location>> {
    let (view, mention) = mention(workspace, &params.text_document_position_params)?;
    let declarations = params.context.include_declaration;
    let places = view.names.of_symbol(&mention.symbol).filter(|place| declarations || !place.declares);
    Some(places.filter_map(|place| view.location(place.span, &workspace.documents)).collect())
}

fn highlights(workspace: &Workspace, params: &lsp::DocumentHighlightParams) -> Option<Vec<lsp::DocumentHighlight>> {
    let (view, mention) = mention(workspace, &params.text_document_position_params)?;
    let file = view.loaded.sources.file_of(mention.span);
    let here = view.names.of_symbol(&mention.symbol).filter(|place| view.loaded.sources.file_of(place.span) == file);
    let kind = |declares| match declares {
        true => lsp::DocumentHighlightKind::Write,
        false => lsp::DocumentHighlightKind::Read,
    };
    let highlight =
        |place: &Mention| lsp::DocumentHighlight { range: view.range(place.span), kind: Some(kind(place.declares)) };
    Some(here.map(highlight).collect())
}

fn can_rename(
    workspace: &Workspace,
    params: &lsp::PrepareRenameParams,
) -> Result<Option<lsp::PrepareRenamePlaceholder>, String> {
    let Some((known, file, position)) = place(workspace, &params.text_document_position_params) else {
        return Ok(None);
    };
    let mention = prepare(&known.view, file, position)?;
    let placeholder = mention.symbol.name().to_owned();
    Ok(Some(lsp::PrepareRenamePlaceholder { range: known.view.range(mention.span), placeholder }))
}

fn renamed(workspace: &Workspace, params: &lsp::RenameParams) -> Result<Option<lsp::WorkspaceEdit>, String> {
    let at = &params.text_document_position_params;
    let Some((known, file, position)) = place(workspace, at) else {
        return Err("the file belongs to no project".to_owned());
    };
    let files = known.view.home.files(&workspace.documents);
    let edits = rename(&known.view, file, position, &params.new_name, files)?;
    Ok(Some(workspace_edit(&known.view, &edits, &workspace.documents)))
}

fn completions(workspace: &Workspace, params: &lsp::CompletionParams) -> Option<Vec<lsp::CompletionItem>> {
    let (known, file, position) = place(workspace, &params.text_document_position_params)?;
    if !is_policy(&known.view, file) {
        return None;
    }
    Some(complete(&known.view, file, position, &known.view.home.files(&workspace.documents)))
}

/// Whether a file is one of the policies, not of the data.
fn is_policy(view: &View, file: FileId) -> bool {
    let name = &view.source(file).name;
    name == view.home.main() || name.ends_with(".rules")
}

fn symbols(workspace: &Workspace, params: &lsp::DocumentSymbolParams) -> Option<Vec<lsp::DocumentSymbol>> {
    let (known, file) = workspace.find(&params.text_document.uri)?;
    Some(outline(&known.view, file))
}

/// The change that lays a policy out; what has errors stays as it is. The text alone is looked at, so a file
/// needs no project.
fn formatted(workspace: &Workspace, params: &lsp::DocumentFormattingParams) -> Option<Vec<lsp::TextEdit>> {
    let document = workspace.documents.get(&params.text_document.uri)?;
    if !document.is_policy {
        return None;
    }
    let mut sources = SourceMap::new();
    let file = sources.add("", document.text.clone()).ok()?;
    let laid_out = syntax::format(file, &sources).ok()?;
    let (before, after) = (&*document.text, laid_out.as_str());
    if before == after {
        return Some(Vec::new());
    }
    // Whole lines at both ends stay, so that cursors and marks there do.
    let lines = |text: &str| text.split_inclusive('\n').map(str::len).collect::<Vec<usize>>();
    let same = |(a, b): &(&str, &str)| a == b;
    let head: usize = before
        .split_inclusive('\n')
        .zip(after.split_inclusive('\n'))
        .take_while(same)
        .map(|(line, _)| line.len())
        .sum();
    let (before_rest, after_rest) = (&before[head..], &after[head..]);
    let (old, new) = (lines(before_rest), lines(after_rest));
    let mut tail = 0;
    for (a, b) in old.iter().rev().zip(new.iter().rev()) {
        let (from, to) = (before_rest.len() - tail, after_rest.len() - tail);
        if before_rest[from - a..from] != after_rest[to - b..to] {
            break;
        }
        tail += a;
    }
    let range = Lines::new(&document.text, workspace.encoding).range(head..before.len() - tail);
    Some(vec![lsp::TextEdit { range, new_text: after_rest[..after_rest.len() - tail].to_owned() }])
}

fn fixes(workspace: &Workspace, params: &lsp::CodeActionParams) -> Option<Vec<lsp::CodeAction>> {
    let wants_fixes = |only: &Vec<lsp::CodeActionKind>| {
        only.iter().any(|kind| matches!(kind, lsp::CodeActionKind::QuickFix | lsp::CodeActionKind::Empty))
    };
    if !params.context.only.as_ref().is_none_or(wants_fixes) {
        return None;
    }
    let (known, file) = workspace.find(&params.text_document.uri)?;
    Some(actions(&known.view, file, params.range, &known.findings, &workspace.documents))
}
