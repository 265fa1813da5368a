//! Changes to a project's texts: what comes of them, and how the protocol writes them.

use std::collections::{BTreeMap, HashMap};

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
        for edit in edits.iter().rev() {
            text.replace_range(source.local(edit.span), &edit.text);
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
        let edit = |edit: &&Edit| lsp::TextEdit { range: view.range(edit.span), new_text: edit.text.clone() };
        changes.insert(uri, edits.iter().map(edit).collect());
    }
    lsp::WorkspaceEdit { changes: Some(changes), document_changes: None, change_annotations: None }
}

/// The edits of each file, in the order of the text.
fn by_file<'e>(view: &View, edits: &'e [Edit]) -> BTreeMap<FileId, Vec<&'e Edit>> {
    let mut files: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    for edit in edits {
        files.entry(view.loaded.sources.file_of(edit.span)).or_default().push(edit);
    }
    files.values_mut().for_each(|edits| edits.sort_by_key(|edit| edit.span));
    files
}
