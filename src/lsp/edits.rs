//! Changes to a project's texts: what comes of them, and how the protocol writes them.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use gen_lsp_types as lsp;

use super::documents::Documents;
use super::home::Overlay;
use super::view::View;
use crate::diagnostic::Edit;
use crate::source::FileId;

/// The project after the edits, loaded anew.
pub fn tried(view: &View, edits: &[Edit], files: Overlay) -> View {
    let files = by_file(view, edits).into_iter().fold(files, |files, (file, edits)| {
        let source = view.source(file);
        let mut text = source.text.to_string();
        for (range, new) in edits.into_iter().rev() {
            text.replace_range(range, &new);
        }
        files.with(&source.name, &text)
    });
    View::load(view.home.clone(), &files, view.encoding)
}

/// The edits for the client to make.
pub fn workspace_edit(view: &View, edits: &[Edit], documents: &Documents) -> lsp::WorkspaceEdit {
    let mut changes: HashMap<lsp::Uri, Vec<lsp::TextEdit>> = HashMap::new();
    for (file, edits) in by_file(view, edits) {
        let Some(uri) = view.home.uri_of(&view.source(file).name, documents) else { continue };
        let source = view.source(file);
        let edit = |(range, new_text): (Range<usize>, String)| lsp::TextEdit {
            range: view.range(source.span_at(range)),
            new_text,
        };
        changes.insert(uri, edits.into_iter().map(edit).collect());
    }
    lsp::WorkspaceEdit { changes: Some(changes), document_changes: None, change_annotations: None }
}

/// The edits of each file, in the order of the text: what is to stand where.
fn by_file(view: &View, edits: &[Edit]) -> BTreeMap<FileId, Vec<(Range<usize>, String)>> {
    let sources = &view.loaded.sources;
    let mut files: BTreeMap<FileId, Vec<(Range<usize>, String)>> = BTreeMap::new();
    for edit in edits {
        let file = sources.file_of(edit.span);
        let (text, local) = (edit.text(sources), view.source(file).local(edit.span));
        let range = if text.is_empty() { with_its_lines(&view.source(file).text, local) } else { local };
        files.entry(file).or_default().push((range, text));
    }
    files.values_mut().for_each(|edits| edits.sort_by_key(|(range, _)| (range.start, range.end)));
    files
}

/// What is removed takes its lines with it if nothing else is on them, and one of the empty lines around it.
fn with_its_lines(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at + 1);
    let is_alone = text[start..range.start].trim().is_empty() && text[range.end..end].trim().is_empty();
    if !is_alone {
        return range;
    }
    let before = text[..start].strip_suffix('\n').unwrap_or("");
    let line_before = before.rfind('\n').map_or(0, |at| at + 1);
    let after = text[end..].split_inclusive('\n').next().unwrap_or("");
    match (before[line_before..].trim().is_empty(), after.trim()) {
        (true, "") if !after.is_empty() => start..end + after.len(),
        (true, "" | "}") => line_before..end,
        _ => start..end,
    }
}
