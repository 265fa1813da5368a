//! Files → text: every file that a project names, read once, checked to be text, and given its place
//! in the [`SourceMap`].

use std::io;

use rustc_hash::FxHashMap;

use crate::diagnostic::Finding;
use crate::source::{FileId, SourceMap, Span};
use crate::syntax;
use crate::syntax::ast::{File, Item, ItemKind, Text};

use super::files::{Files, LeavesFolder, inside};
use super::names::Unseen;
use super::{cut, error, roster};

/// Policies and rosters are written by people: what is larger is something else.
const LARGEST_POLICY: usize = 16 << 20;

/// What a file is read as; its words in messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Content {
    Policy,
    Roster,
    Table,
    Calendar,
}

/// The text of the roster, the tables and the calendars, by the place that names the file. A place without
/// an entry names a file that could not be read, and a finding says so.
pub(super) type DataFiles = FxHashMap<Span, FileId>;

pub(super) struct Reading<'f> {
    files: &'f dyn Files,
    loaded: FxHashMap<String, FileId>,
    pub sources: SourceMap,
    pub findings: Vec<Finding>,
    pub unseen: Unseen,
}

impl<'f> Reading<'f> {
    pub fn new(files: &'f dyn Files) -> Reading<'f> {
        Reading {
            files,
            loaded: FxHashMap::default(),
            sources: SourceMap::new(),
            findings: Vec::new(),
            unseen: Unseen::default(),
        }
    }

    /// The main file and every file it uses, directly or not, each once.
    pub fn policies(&mut self, main: &str) -> Vec<File> {
        let mut parsed = Vec::new();
        let mut waiting: Vec<FileId> = self.main(main).into_iter().collect();
        while !waiting.is_empty() {
            let mut used = Vec::new();
            for file in waiting {
                let tree = self.parse(file);
                for path in tree.items.iter().filter_map(used_file) {
                    used.extend(self.use_file(path));
                }
                parsed.push(tree);
            }
            waiting = used;
        }
        parsed
    }

    /// The roster, the calendars that it names, and the tables' files.
    pub fn data(&mut self, parsed: &[File]) -> DataFiles {
        let mut data = DataFiles::default();
        for item in parsed.iter().flat_map(|file| &file.items) {
            let (path, content) = match &item.kind {
                ItemKind::Roster(path) => (path, Content::Roster),
                ItemKind::Table(table) => (&table.file, Content::Table),
                _ => continue,
            };
            if let Some(file) = self.named(path, content) {
                data.insert(path.span, file);
                if content == Content::Roster {
                    self.calendars(file, &mut data);
                }
            }
        }
        data
    }

    fn calendars(&mut self, roster: FileId, data: &mut DataFiles) {
        for path in roster::calendars(roster, &self.sources) {
            if let Some(file) = self.named(&path, Content::Calendar) {
                data.insert(path.span, file);
            }
        }
    }

    fn main(&mut self, main: &str) -> Option<FileId> {
        let read = inside(main).ok_or_else(|| io::Error::other(LeavesFolder)).and_then(|path| self.files.read(&path));
        let bytes = match read {
            Ok(bytes) => bytes,
            Err(error) => {
                let file = self.sources.add(main, "").expect("an empty text is small");
                let place = self.sources.file(file).span();
                self.findings.push(refused(main, place, Content::Policy, &error, None).at(""));
                self.unseen.note_missing_file();
                return None;
            }
        };
        let added = self.add(main, None, Content::Policy, bytes);
        if added.is_none() {
            self.unseen.note_missing_file();
        }
        added
    }

    fn use_file(&mut self, path: &Text) -> Option<FileId> {
        let known = inside(&path.node).is_some_and(|path| self.loaded.contains_key(&path));
        if known { None } else { self.named(path, Content::Policy) }
    }

    fn parse(&mut self, file: FileId) -> File {
        let (mut tree, found) = syntax::parse(file, &self.sources);
        if !found.is_empty() {
            let source = self.sources.file(file);
            cut::leave_out(&mut tree, source);
            let broken_lines = found.iter().map(|finding| source.line_index(source.local(finding.span).start));
            self.unseen.note(&source.text, &broken_lines.collect());
        }
        self.findings.extend(found);
        tree
    }

    /// The file that a text of the policy names.
    fn named(&mut self, path: &Text, content: Content) -> Option<FileId> {
        let found = self.try_named(path, content);
        if found.is_none() && content == Content::Policy {
            self.unseen.note_missing_file();
        }
        found
    }

    fn try_named(&mut self, path: &Text, content: Content) -> Option<FileId> {
        let Some(clean) = inside(&path.node) else {
            self.findings.push(error::outside_project(&path.node, path.span));
            return None;
        };
        if let Some(&file) = self.loaded.get(&clean) {
            return Some(file);
        }
        match self.files.read(&clean) {
            Ok(bytes) => self.add(&clean, Some(path.span), content, bytes),
            Err(error) => {
                let near = nearest_path(&clean, &self.files.beside(&clean));
                self.findings.push(refused(&path.node, path.span, content, &error, near));
                None
            }
        }
    }

    /// Adds a file that was read, if it is text of a sane size. `place` names it; the main file is
    /// named by nobody.
    fn add(&mut self, path: &str, place: Option<Span>, content: Content, bytes: Vec<u8>) -> Option<FileId> {
        if content != Content::Table && bytes.len() > LARGEST_POLICY {
            let place = place.unwrap_or_else(|| self.stand_in(path));
            self.findings.push(error::too_large(path, content, place));
            return None;
        }
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                self.not_text(path, place, content, error.as_bytes(), error.utf8_error().valid_up_to());
                return None;
            }
        };
        // A byte order mark, which spreadsheets write before UTF-8, is no part of the text.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let Ok(file) = self.sources.add(path, text) else {
            let place = place.unwrap_or_else(|| self.stand_in(path));
            self.findings.push(error::sources_too_large(path, place));
            return None;
        };
        self.loaded.insert(path.to_owned(), file);
        Some(file)
    }

    /// The text is shown with its unreadable bytes replaced, so that the message can point at the
    /// first of them.
    fn not_text(&mut self, path: &str, place: Option<Span>, content: Content, bytes: &[u8], at: usize) {
        let shown = String::from_utf8_lossy(bytes);
        let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
        let span = match self.sources.add(path, shown) {
            Ok(file) => self.sources.file(file).span_at(at..at + '\u{fffd}'.len_utf8()),
            Err(_) => place.unwrap_or_else(|| self.stand_in(path)),
        };
        self.findings.push(error::not_utf8(path, content, span, place, utf16));
    }

    /// A place for messages about a main file whose text is not kept.
    fn stand_in(&mut self, path: &str) -> Span {
        let file = self.sources.add(path, "").expect("an empty text is small");
        self.sources.file(file).span()
    }
}

fn used_file(item: &Item) -> Option<&Text> {
    match &item.kind {
        ItemKind::Use(path) => Some(path),
        _ => None,
    }
}

fn refused(path: &str, place: Span, content: Content, error: &io::Error, near: Option<String>) -> Finding {
    let leaves = error.get_ref().is_some_and(|source| source.is::<LeavesFolder>());
    match error.kind() {
        _ if leaves => error::link_leaves_project(path, place),
        io::ErrorKind::NotFound => error::no_such_file(path, content, place, near),
        _ => error::cannot_read(path, content, place, &error.to_string()),
    }
}

fn nearest_path(wanted: &str, known: &[String]) -> Option<String> {
    crate::suggest::nearest(wanted, known.iter().map(String::as_str)).map(str::to_owned)
}
