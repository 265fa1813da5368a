//! A row as it stood in the file, and the text of its cells.

use std::borrow::Cow;
use std::ops::Range;

use super::{Reject, plain};

/// A row where it stands: [`Record`] keeps one.
#[derive(Clone, Copy, Debug)]
pub struct RecordRef<'r> {
    line: u64,
    raw: &'r str,
    cells: CellsRef<'r>,
}

#[derive(Clone, Copy, Debug)]
enum CellsRef<'r> {
    Fields(&'r [Field]),
    /// Where each cell begins, and last where the next row does, counted in the block: whatever is in quotes
    /// is closed where its cell ends.
    Between(&'r [u32]),
    Members(&'r [Member]),
}

/// A row of a table that was told apart by marks: what nearly all rows are.
#[derive(Clone, Copy, Debug)]
pub struct MarkedRow<'r> {
    raw: &'r str,
    /// As of [`CellsRef::Between`].
    begins: &'r [u32],
    /// Where the row begins, counted in the block.
    first: u32,
}

/// One lead as it was written: the row's own text, and where its cells lie in it.
///
/// Cells are looked at where they stand and unquoted when asked for, so what nobody looks at is
/// written back as it was read.
#[derive(Clone, Debug)]
pub struct Record {
    /// Where the row begins, from 1; a table's header is a line too.
    line: u64,
    /// Without its line end.
    raw: String,
    cells: Cells,
}

#[derive(Clone, Debug)]
enum Cells {
    Fields(Box<[Field]>),
    Members(Box<[Member]>),
}

/// A cell of a table: a range of the row, without the quotes around it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Field {
    pub start: u32,
    pub end: u32,
    pub quoting: Quoting,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Quoting {
    /// The range is the text.
    Plain,
    /// Quotes inside are doubled.
    Doubled,
    /// `"ab"c`: the range begins with the first quote, and the text goes on behind the second.
    Odd,
}

/// A key of a JSON object and the range of its value.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub key: Key,
    pub start: u32,
    pub end: u32,
}

#[derive(Clone, Debug)]
pub(super) enum Key {
    /// A range of the row.
    At { start: u32, end: u32 },
    /// A key with escapes, unescaped.
    Unescaped(Box<str>),
}

impl Record {
    pub(super) fn of_fields(line: u64, raw: String, fields: &[Field]) -> Record {
        Record { line, raw, cells: Cells::Fields(fields.into()) }
    }

    pub(super) fn of_members(line: u64, raw: String, members: Vec<Member>) -> Record {
        Record { line, raw, cells: Cells::Members(members.into()) }
    }

    /// The row, to be looked at.
    pub fn view(&self) -> RecordRef<'_> {
        let cells = match &self.cells {
            Cells::Fields(fields) => CellsRef::Fields(fields),
            Cells::Members(members) => CellsRef::Members(members),
        };
        RecordRef { line: self.line, raw: &self.raw, cells }
    }

    /// Where the row begins in its file, from 1; a table's header is a line too.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The row as it stood, without its line end.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// Number of cells, or of keys.
    pub fn len(&self) -> usize {
        self.view().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The keys of a JSON object, in order; none for a row of a table.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.view().keys()
    }

    /// The text of a cell; see [`RecordRef::cell`].
    pub fn cell(&self, index: usize) -> Option<Cow<'_, str>> {
        self.view().cell(index)
    }

    /// The JSON text of a member's value, exactly as it stands; `None` for a row of a table.
    pub fn value(&self, index: usize) -> Option<&str> {
        self.view().value(index)
    }

    /// This row as one that cannot be routed.
    pub fn reject(&self, reason: impl Into<String>) -> Reject {
        self.view().reject(reason)
    }
}

impl<'r> RecordRef<'r> {
    pub(super) fn of_fields(line: u64, raw: &'r str, fields: &'r [Field]) -> RecordRef<'r> {
        RecordRef { line, raw, cells: CellsRef::Fields(fields) }
    }

    /// A row of a table by where its cells begin, and last where the next row does.
    pub(super) fn between(line: u64, raw: &'r str, begins: &'r [u32]) -> RecordRef<'r> {
        RecordRef { line, raw, cells: CellsRef::Between(begins) }
    }

    pub(super) fn of_members(line: u64, raw: &'r str, members: &'r [Member]) -> RecordRef<'r> {
        RecordRef { line, raw, cells: CellsRef::Members(members) }
    }

    /// Where the row begins in its file, from 1; a table's header is a line too.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The row as it stood, without its line end.
    pub fn raw(&self) -> &'r str {
        self.raw
    }

    /// Number of cells, or of keys.
    pub fn len(&self) -> usize {
        match self.cells {
            CellsRef::Fields(fields) => fields.len(),
            CellsRef::Between(begins) => begins.len() - 1,
            CellsRef::Members(members) => members.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether this is a JSON object and not a row of a table.
    pub fn is_object(&self) -> bool {
        matches!(self.cells, CellsRef::Members(_))
    }

    /// The row, if it was told apart by marks.
    #[inline]
    pub fn marked(&self) -> Option<MarkedRow<'r>> {
        match self.cells {
            CellsRef::Between(begins) => Some(MarkedRow { raw: self.raw, begins, first: begins[0] }),
            CellsRef::Fields(_) | CellsRef::Members(_) => None,
        }
    }

    /// A cell of a table's row; none of an object.
    #[inline]
    pub(super) fn field(&self, index: usize) -> Option<Field> {
        if let Some(row) = self.marked() {
            let Range { start, end } = row.place(index)?;
            return Some(self.field_between(start, end));
        }
        match self.cells {
            CellsRef::Fields(fields) => fields.get(index).copied(),
            CellsRef::Between(_) | CellsRef::Members(_) => None,
        }
    }

    /// The cell from a place of the row to another, see [`MarkedRow::place`].
    #[inline]
    fn field_between(&self, start: usize, end: usize) -> Field {
        // A line end of two bytes is no part of the row.
        let (start, end) = (start as u32, end.min(self.raw.len()) as u32);
        match self.raw.as_bytes().get(start as usize) {
            Some(b'"') => self.quoted_field(start + 1, end - 1),
            _ => Field { start, end, quoting: Quoting::Plain },
        }
    }

    fn quoted_field(&self, start: u32, end: u32) -> Field {
        let is_doubled = memchr::memchr(b'"', &self.raw.as_bytes()[start as usize..end as usize]).is_some();
        Field { start, end, quoting: if is_doubled { Quoting::Doubled } else { Quoting::Plain } }
    }

    fn key_of(&self, member: &'r Member) -> &'r str {
        match &member.key {
            Key::At { start, end } => self.slice(*start, *end),
            Key::Unescaped(key) => key,
        }
    }

    /// The keys of a JSON object, in order; none for a row of a table.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &'r str> + Clone + use<'r> {
        let members: &'r [Member] = match self.cells {
            CellsRef::Fields(_) | CellsRef::Between(_) => &[],
            CellsRef::Members(members) => members,
        };
        let record = *self;
        members.iter().map(move |member| record.key_of(member))
    }

    /// Where a key stands.
    pub fn position(&self, key: &str) -> Option<usize> {
        self.keys().position(|candidate| candidate == key)
    }

    /// The text of a cell, as a type would read it.
    ///
    /// JSON strings are unescaped, numbers and `true` / `false` keep their text, `null` is `None`.
    /// An array of strings is its members joined by `; `, as tags are written in a table. Other
    /// arrays and objects are their JSON text, which no type but text can read.
    #[inline]
    pub fn cell(&self, index: usize) -> Option<Cow<'r, str>> {
        match self.plain(index) {
            Some(text) => Some(Cow::Borrowed(text)),
            None => self.unquoted(index),
        }
    }

    /// The row, if it was told apart by marks and JSON has every bare cell of it just as it stands, which is looked for
    /// in the whole row at once.
    #[inline]
    pub fn plain_in_json(&self) -> Option<MarkedRow<'r>> {
        self.marked().filter(|row| plain::in_json_but_for_quotes(row.raw.as_bytes()))
    }

    /// The text of a cell that is written otherwise.
    fn unquoted(&self, index: usize) -> Option<Cow<'r, str>> {
        match self.cells {
            CellsRef::Fields(_) | CellsRef::Between(_) => self.field(index).map(|field| self.text_of(field)),
            CellsRef::Members(_) => self.value(index).and_then(text_of_value),
        }
    }

    /// The text of a cell that stands in a table's row just as it is; most do.
    #[inline]
    fn plain(&self, index: usize) -> Option<&'r str> {
        if let Some(text) = self.marked().and_then(|row| row.bare(index)) {
            return Some(text);
        }
        match self.field(index)? {
            Field { start, end, quoting: Quoting::Plain } => Some(self.slice(start, end)),
            Field { quoting: Quoting::Doubled | Quoting::Odd, .. } => None,
        }
    }

    #[inline]
    fn text_of(&self, field: Field) -> Cow<'r, str> {
        let written = self.slice(field.start, field.end);
        match field.quoting {
            Quoting::Plain => Cow::Borrowed(written),
            Quoting::Doubled => Cow::Owned(written.replace("\"\"", "\"")),
            Quoting::Odd => Cow::Owned(without_odd_quotes(written)),
        }
    }

    /// The JSON text of a member's value, exactly as it stands; `None` for a row of a table.
    pub fn value(&self, index: usize) -> Option<&'r str> {
        match self.cells {
            CellsRef::Fields(_) | CellsRef::Between(_) => None,
            CellsRef::Members(members) => members.get(index).map(|member| self.slice(member.start, member.end)),
        }
    }

    fn slice(&self, start: u32, end: u32) -> &'r str {
        &self.raw[start as usize..end as usize]
    }

    /// This row as one that cannot be routed.
    pub fn reject(&self, reason: impl Into<String>) -> Reject {
        Reject { line: self.line, reason: reason.into(), row: self.raw.to_owned() }
    }
}

impl<'r> MarkedRow<'r> {
    /// Where in the row a cell stands, from its first byte, a quote perhaps, to the separator or the last byte of the line
    /// end, which may be behind the row.
    #[inline]
    pub fn place(&self, index: usize) -> Option<Range<usize>> {
        let [begin, next] = *self.begins.get(index..)?.first_chunk()?;
        let from = |at: u32| (at - self.first) as usize;
        Some(from(begin)..from(next - 1))
    }

    /// The text of a cell that is neither in quotes nor before a line end of two bytes. There are no separators, line
    /// ends or quotes in it.
    #[inline]
    pub fn bare(&self, index: usize) -> Option<&'r str> {
        self.raw.get(self.place(index)?).filter(|text| !is_quoted(text.as_bytes()))
    }

    /// The same as bytes.
    #[inline]
    pub(super) fn bare_bytes(&self, index: usize) -> Option<&'r [u8]> {
        self.raw.as_bytes().get(self.place(index)?).filter(|text| !is_quoted(text))
    }

    /// Adds the text of a bare cell to a text; says whether it is one. Most are short, and to copy sixteen bytes takes less
    /// than to copy as many as there are.
    #[inline]
    pub fn add_bare_to(&self, text: &mut Vec<u8>, index: usize) -> bool {
        let Some(place) = self.place(index) else { return false };
        let length = place.len();
        let Some(rest) = self.raw.as_bytes().get(place.start..).filter(|rest| length <= rest.len() && !is_quoted(rest))
        else {
            return false;
        };
        match rest.first_chunk::<16>() {
            Some(chunk) if length <= chunk.len() => {
                let end = text.len() + length;
                text.extend_from_slice(chunk);
                text.truncate(end);
            }
            Some(_) | None => text.extend_from_slice(&rest[..length]),
        }
        true
    }

    /// What stands between its cells, if it has several.
    #[inline]
    pub(super) fn separator(&self) -> Option<u8> {
        let [_, second, _, ..] = self.begins else { return None };
        self.raw.as_bytes().get((second - 1 - self.first) as usize).copied()
    }
}

fn is_quoted(cell: &[u8]) -> bool {
    cell.first() == Some(&b'"')
}

/// `"ab""c"d"e` is `ab"cd"e`: behind the closing quote, quotes are letters.
fn without_odd_quotes(written: &str) -> String {
    let mut text = String::with_capacity(written.len());
    let mut rest = &written[1..];
    while let Some(at) = rest.find('"') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix('"') {
            Some(behind) => {
                text.push('"');
                rest = behind;
            }
            None => break,
        }
    }
    text + rest
}

fn text_of_value(json: &str) -> Option<Cow<'_, str>> {
    match json.as_bytes().first() {
        Some(b'n') => None,
        Some(b'"') => Some(text_of_string(json)),
        Some(b'[') => Some(joined(json).map_or(Cow::Borrowed(json), Cow::Owned)),
        _ => Some(Cow::Borrowed(json)),
    }
}

fn text_of_string(json: &str) -> Cow<'_, str> {
    if json.contains('\\') {
        Cow::Owned(serde_json::from_str(json).expect("the reader took only strings that can be unescaped"))
    } else {
        Cow::Borrowed(&json[1..json.len() - 1])
    }
}

/// The members of an array of strings, as a table would hold them.
fn joined(json: &str) -> Option<String> {
    let members: Vec<String> = serde_json::from_str(json).ok()?;
    Some(members.join("; "))
}
