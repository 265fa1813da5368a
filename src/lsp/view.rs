//! A project as its texts stand in the editor at a moment: everything the answers are made from.

use std::sync::{Arc, OnceLock};

use gen_lsp_types as lsp;

use super::documents::Documents;
use super::home::{Home, Overlay};
use super::names::Names;
use super::positions::{Encoding, Lines};
use super::scope::Scope;
use crate::check::{self, Loaded, inside, roster};
use crate::ids::Id;
use crate::roster::Roster;
use crate::source::{FileId, SourceFile, Span};
use crate::syntax::ast::{File, ItemKind};

/// A project that was loaded, and the names in it.
pub struct View {
    pub home: Home,
    pub loaded: Loaded,
    pub names: Names,
    /// As far as it could be read; empty if there is none.
    pub roster: Roster,
    pub encoding: Encoding,
    /// Of each file, once somebody asks.
    lines: Vec<OnceLock<Lines>>,
}

impl View {
    pub fn load(home: Home, files: &Overlay, encoding: Encoding) -> View {
        let loaded = check::load(files, home.main());
        let named = roster_named(&loaded.trees);
        let file = named.and_then(|name| file_named(&loaded, &name));
        let roster = match (&loaded.project, file) {
            (Some(project), _) => project.roster.clone(),
            (None, Some(file)) => roster::read(file, &loaded.sources, &jiff::tz::TimeZone::UTC).0,
            (None, None) => Roster::default(),
        };
        let names = Names::of(&Scope::new(&loaded.trees), &loaded.trees, file, &loaded.sources);
        let lines = loaded.sources.files().map(|_| OnceLock::new()).collect();
        View { home, loaded, names, roster, encoding, lines }
    }

    pub fn scope(&self) -> Scope<'_> {
        Scope::new(&self.loaded.trees)
    }

    /// A file of the project, by its name in it.
    pub fn file(&self, name: &str) -> Option<FileId> {
        file_named(&self.loaded, name)
    }

    pub fn source(&self, file: FileId) -> &SourceFile {
        self.loaded.sources.file(file)
    }

    fn lines(&self, file: FileId) -> &Lines {
        self.lines[file.index()].get_or_init(|| Lines::new(&self.loaded.sources.file(file).text, self.encoding))
    }

    /// The offset in the sources of a place in a file.
    pub fn offset(&self, file: FileId, position: lsp::Position) -> u32 {
        self.source(file).base() + self.lines(file).offset(position) as u32
    }

    /// The span of a range in a file.
    pub fn span(&self, file: FileId, range: lsp::Range) -> Span {
        self.source(file).span_at(self.lines(file).offsets(range))
    }

    pub fn range(&self, span: Span) -> lsp::Range {
        let file = self.loaded.sources.file_of(span);
        self.lines(file).range(self.source(file).local(span))
    }

    pub fn location(&self, span: Span, documents: &Documents) -> Option<lsp::Location> {
        let uri = self.home.uri_of(&self.file_at(span).name, documents)?;
        Some(lsp::Location { uri, range: self.range(span) })
    }

    pub fn file_at(&self, span: Span) -> &SourceFile {
        self.loaded.sources.file(self.loaded.sources.file_of(span))
    }

    /// The text that a span covers.
    pub fn text(&self, span: Span) -> &str {
        self.loaded.sources.text(span)
    }

    /// The texts of all files, by name.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &Arc<str>)> {
        self.loaded.sources.files().map(|(_, file)| (file.name.as_str(), &file.text))
    }
}

fn roster_named(trees: &[File]) -> Option<String> {
    let items = trees.iter().flat_map(|tree| &tree.items);
    let named = items.filter_map(|item| match &item.kind {
        ItemKind::Roster(path) => inside(&path.node),
        _ => None,
    });
    named.into_iter().next()
}

fn file_named(loaded: &Loaded, name: &str) -> Option<FileId> {
    loaded.sources.files().find(|(_, file)| file.name == name).map(|(id, _)| id)
}
