//! The texts that are open in the editor, as they stand there, saved or not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gen_lsp_types as lsp;

use super::home::is_policy;
use super::positions::{Encoding, Lines};

/// One open text.
#[derive(Clone, Debug)]
pub struct Document {
    pub text: Arc<str>,
    /// As the client counts its changes.
    pub version: i32,
    /// Where it is saved; a new text has no place yet.
    pub path: Option<PathBuf>,
    /// By its name, or as the client says.
    pub is_policy: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub struct Documents {
    open: BTreeMap<lsp::Uri, Document>,
}

impl Documents {
    pub fn open(&mut self, item: lsp::TextDocumentItem) {
        let path = path_of(&item.uri);
        let is_policy = path.as_deref().is_some_and(is_policy) || is_language(&item);
        let document = Document { text: without_mark(&item.text).into(), version: item.version, path, is_policy };
        self.open.insert(item.uri, document);
    }

    pub fn close(&mut self, uri: &lsp::Uri) {
        self.open.remove(uri);
    }

    /// Applies changes, one after the other. What is not open is not changed.
    pub fn change(&mut self, params: lsp::DidChangeTextDocumentParams, encoding: Encoding) {
        let identifier = params.text_document;
        let Some(document) = self.open.get_mut(&identifier.text_document_identifier.uri) else { return };
        document.version = identifier.version;
        for change in params.content_changes {
            document.text = match change {
                lsp::TextDocumentContentChangeEvent::TextDocumentContentChangePartial(part) => {
                    let range = Lines::new(&document.text, encoding).offsets(part.range);
                    let (before, after) = (&document.text[..range.start], &document.text[range.end..]);
                    format!("{before}{}{after}", part.text).into()
                }
                lsp::TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => {
                    without_mark(&whole.text).into()
                }
            };
        }
    }

    pub fn get(&self, uri: &lsp::Uri) -> Option<&Document> {
        self.open.get(uri)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&lsp::Uri, &Document)> {
        self.open.iter()
    }

    /// The open text of a file, and what the client calls it.
    pub fn at(&self, path: &Path) -> Option<(&lsp::Uri, &Document)> {
        self.open.iter().find(|(_, document)| document.path.as_deref() == Some(path))
    }
}

/// Whether the client calls it a text of the policy language.
fn is_language(item: &lsp::TextDocumentItem) -> bool {
    serde_json::to_value(&item.language_id).is_ok_and(|language| language == "pointsman")
}

/// The file that a client means; `None` for what is no file.
pub fn path_of(uri: &lsp::Uri) -> Option<PathBuf> {
    if uri.scheme() == "file" { uri.to_file_path().ok() } else { None }
}

/// A byte order mark is no part of a text.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
