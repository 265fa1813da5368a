//! All the text of a project, addressed by one number.
//!
//! Policies, rosters and tables are loaded one behind another into a [`SourceMap`]; a [`Span`] is a
//! byte range in that common space, so one label can point into `main.rules` and the next into
//! `accounts.csv`, in the same report.

use std::ops::Range;
use std::sync::Arc;

use crate::ids::Id;

/// A byte range of the [`SourceMap`], end excluded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(start: u32, end: u32) -> Span {
        debug_assert!(start <= end, "a span runs forwards");
        Span { start, end }
    }

    /// From the start of `self` to the end of `last`.
    pub fn to(self, last: Span) -> Span {
        Span { start: self.start.min(last.start), end: self.end.max(last.end) }
    }

    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    pub fn contains(self, offset: u32) -> bool {
        self.start <= offset && offset < self.end
    }
}

/// Something with the place it was written at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Spanned<T> {
    pub node: T,
    pub span: Span,
}

impl<T> Spanned<T> {
    pub fn new(node: T, span: Span) -> Spanned<T> {
        Spanned { node, span }
    }
}

/// One loaded file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FileId(u32);

impl Id for FileId {
    fn from_index(index: usize) -> FileId {
        FileId(u32::try_from(index).expect("files are fewer than bytes, which fit 32 bits"))
    }
    fn index(self) -> usize {
        self.0 as usize
    }
}

/// A file's text and where it lies in the common space.
#[derive(Debug)]
pub struct SourceFile {
    /// As the user would name it: relative to the project folder, with `/`.
    pub name: String,
    pub text: Arc<str>,
    base: u32,
    /// Offsets in `text` at which lines begin; the first is 0.
    line_starts: Vec<u32>,
}

/// A place as people count it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LineColumn {
    /// From 1.
    pub line: usize,
    /// From 1, in characters (Unicode scalar values), not bytes.
    pub column: usize,
}

/// A span as people name it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Location<'a> {
    pub file: &'a str,
    pub start: LineColumn,
    pub end: LineColumn,
}

/// The text did not fit: all sources of a project together are limited to 4 GiB.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourcesTooLarge;

/// Every file of a project, in the order of loading.
#[derive(Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    pub fn new() -> SourceMap {
        SourceMap::default()
    }

    /// Adds a file. One byte is left free between files, so that a span at the very end of one
    /// never touches the next.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> Result<FileId, SourcesTooLarge> {
        let text = text.into();
        let base = self.files.last().map_or(0, |file| file.end() + 1);
        let end = u64::from(base) + text.len() as u64;
        if end >= u64::from(u32::MAX) {
            return Err(SourcesTooLarge);
        }
        let line_starts = line_starts(&text);
        self.files.push(SourceFile { name: name.into(), text, base, line_starts });
        Ok(FileId::from_index(self.files.len() - 1))
    }

    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.index()]
    }

    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId::from_index(index), file))
    }

    /// The file a span lies in.
    pub fn file_of(&self, span: Span) -> FileId {
        let after = self.files.partition_point(|file| file.base <= span.start);
        FileId::from_index(after.checked_sub(1).expect("a span points into a loaded file"))
    }

    /// The text a span covers.
    pub fn text(&self, span: Span) -> &str {
        let file = self.file(self.file_of(span));
        &file.text[file.local(span)]
    }

    pub fn locate(&self, span: Span) -> Location<'_> {
        let file = self.file(self.file_of(span));
        let local = file.local(span);
        Location { file: &file.name, start: file.line_column(local.start), end: file.line_column(local.end) }
    }
}

impl SourceFile {
    /// The span of the whole file.
    pub fn span(&self) -> Span {
        Span::new(self.base, self.end())
    }

    /// Offset of the file's first byte in the common space.
    pub fn base(&self) -> u32 {
        self.base
    }

    fn end(&self) -> u32 {
        self.base + u32::try_from(self.text.len()).expect("`add` checked the size")
    }

    /// A span of this file from offsets in its text.
    pub fn span_at(&self, range: Range<usize>) -> Span {
        let end = range.end.min(self.text.len());
        let start = range.start.min(end);
        Span::new(self.base + start as u32, self.base + end as u32)
    }

    /// Offsets in this file's text.
    pub fn local(&self, span: Span) -> Range<usize> {
        (span.start - self.base) as usize..(span.end - self.base) as usize
    }

    /// Number of lines; an empty file has one.
    pub fn line_count(&self) -> usize {
        self.line_starts.len()
    }

    /// The line (from 0) that holds an offset of the text.
    pub fn line_index(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|&start| start as usize <= offset) - 1
    }

    /// The range of a line (from 0) in the text, without its line end.
    pub fn line_range(&self, line: usize) -> Range<usize> {
        let start = self.line_starts[line] as usize;
        let end = self.line_starts.get(line + 1).map_or(self.text.len(), |&next| next as usize);
        let content = self.text[start..end].trim_end_matches(['\n', '\r']);
        start..start + content.len()
    }

    fn line_column(&self, offset: usize) -> LineColumn {
        let line = self.line_index(offset);
        let start = self.line_starts[line] as usize;
        LineColumn { line: line + 1, column: self.text[start..offset].chars().count() + 1 }
    }
}

fn line_starts(text: &str) -> Vec<u32> {
    let after_breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1);
    std::iter::once(0).chain(after_breaks).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_two_files_are_told_apart_and_located_in_characters() {
        let mut map = SourceMap::new();
        let first = map.add("a.rules", "one\ntwö three").expect("small");
        let second = map.add("b.csv", "x,y\n").expect("small");
        let three = map.file(first).span_at(9..14);
        assert_eq!(map.text(three), "three");
        let place = map.locate(three);
        assert_eq!((place.file, place.start), ("a.rules", LineColumn { line: 2, column: 5 }));
        let end_of_first = map.file(first).span_at(14..14);
        assert_eq!(map.file_of(end_of_first), first);
        let y = map.file(second).span_at(2..3);
        assert_eq!((map.file_of(y), map.text(y)), (second, "y"));
    }
}
