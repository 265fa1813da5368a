//! Tables: a declaration's columns and the rows of its CSV file.
//!
//! Cells are found by the csv crate. Only for a message, or to show a cell as its file writes it, is a
//! row cut up again, by [`cells`], which says *where* in the row each cell stands.

use std::borrow::Cow;
use std::ops::Range;

use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;

use crate::cell::{Cell, Type, Unread, normal_text, quoted};
use crate::diagnostic::{Code, Finding};
use crate::ids::{ColumnId, Id, IdVec, RowId};
use crate::policy::{Column, Keys, Row, Spellings, Table};
use crate::source::{FileId, SourceFile, SourceMap, Span};
use crate::suggest;
use crate::syntax::ast::{self, Item};

use super::error;
use super::fields::{Head, Typed};
use super::people::People;

/// Findings of one kind in one column that are shown; the rest is counted.
const SHOWN: usize = 5;

/// A table, and what only `check` needs to know of it.
pub(super) struct LoadedTable {
    pub table: Table,
    /// Where each column stands in the file's rows.
    places: Vec<Option<usize>>,
    delimiter: u8,
    /// Whether all rows were read, so that a row it does not have is known to be missing.
    pub whole: bool,
    pub spellings: Spellings,
}

impl LoadedTable {
    /// A cell as the policy would write it, text in the letter case of its file.
    pub fn written(&self, row: RowId, column: ColumnId, sources: &SourceMap) -> String {
        let ty = &self.table.columns[column].ty;
        let cell = &self.table.rows[row].cells[column.index()];
        let raw = || self.raw(row, self.places[column.index()].expect("a cell that is not blank was read"), sources);
        match ty {
            _ if *cell == Cell::Blank => ty.write(cell),
            Type::Text | Type::Email | Type::Domain => quoted(raw().trim()),
            Type::Rep | Type::Team | Type::Queue => raw().trim().to_owned(),
            Type::List(element) if **element == Type::Text => {
                let raw = raw();
                let parts = raw.split('|').map(str::trim).filter(|part| !part.is_empty());
                format!("[{}]", parts.map(quoted).collect::<Vec<String>>().join(", "))
            }
            _ => ty.write(cell),
        }
    }

    fn raw(&self, row: RowId, place: usize, sources: &SourceMap) -> String {
        let text = sources.text(self.table.rows[row].span);
        let range = cells(text, self.delimiter).ranges.into_iter().nth(place).expect("the row has the header's width");
        unquoted(&text[range]).into_owned()
    }
}

/// Rows that repeat the key of an earlier one, each with that one.
pub fn repeated_keys(table: &Table) -> Vec<(RowId, RowId)> {
    let Some(key) = table.key else { return Vec::new() };
    let keys = table.rows.iter().filter(|row| row.cells[key.index()] != Cell::Blank);
    if keys.count() == table.keys.count() {
        return Vec::new();
    }
    let first = |row: &Row| table.find(&row.cells[key.index()]);
    let rows = table.rows.iter_with_ids().filter_map(|(id, row)| Some((first(row)?, id)));
    rows.filter(|(first, row)| first != row).collect()
}

/// Whether `allow duplicate-key` stands before the table.
pub(super) fn may_repeat_keys(item: &Item) -> bool {
    item.allows.iter().any(|allow| allow.code.node == Code::DuplicateKey.name())
}

/// What the rows are read with.
pub(super) struct Reader<'a> {
    pub sources: &'a SourceMap,
    pub people: &'a People,
    pub timezone: &'a TimeZone,
}

impl Reader<'_> {
    /// Reads the rows; without a file there are none, and another finding says why.
    pub fn load(
        &self,
        head: &Head,
        file: Option<FileId>,
        may_repeat_keys: bool,
        findings: &mut Vec<Finding>,
    ) -> LoadedTable {
        let mut loaded = LoadedTable {
            table: empty(head),
            places: vec![None; head.table.columns.len()],
            spellings: Spellings::default(),
            delimiter: b',',
            whole: false,
        };
        if let Some(file) = file {
            let file = self.sources.file(file);
            loaded.delimiter = delimiter_of(&file.name);
            self.rows(head, file, &mut loaded, findings);
        }
        if !may_repeat_keys {
            self.refuse_repeated_keys(&loaded, findings);
        }
        loaded
    }

    fn rows(&self, head: &Head, file: &SourceFile, loaded: &mut LoadedTable, findings: &mut Vec<Finding>) {
        let mut records = Records::new(file, loaded.delimiter);
        let Some(header) = records.next(csv::StringRecord::new()) else {
            findings.push(error::empty_table(&file.name, file.span(), head.table.file.span));
            return;
        };
        let header = Header::new(file, header, loaded.delimiter);
        if let Some(finding) = header.refuse(head) {
            findings.push(finding);
            return;
        }
        loaded.places = header.places(head, findings);
        let mut ragged = Few::default();
        let mut misread: Vec<Few> = loaded.places.iter().map(|_| Few::default()).collect();
        let mut spare = csv::StringRecord::new();
        while let Some(record) = records.next(spare) {
            if let Some(quote) = record.open_quote(file, loaded.delimiter) {
                findings.push(error::open_quote(quote, &file.name));
                break;
            }
            if record.is_blank_line() && header.names.len() > 1 {
                // As if it were not there.
            } else if record.cells.len() != header.names.len() {
                ragged
                    .add(|| error::ragged_row(record.cells.len(), header.names.len(), record.span(file), header.span));
            } else {
                let row = self.row(head, file, &record, loaded, &mut misread);
                note_spellings(head, &record, &row, loaded);
                note_strangers(file, &record, &row, loaded);
                loaded.table.rows.push(row);
            }
            spare = record.cells;
        }
        loaded.whole = ragged.is_empty();
        if let Some(key) = loaded.table.key {
            loaded.table.keys = Keys::of(&loaded.table.rows, key);
        }
        ragged.move_to(findings);
        misread.into_iter().for_each(|few| few.move_to(findings));
    }

    fn row(&self, head: &Head, file: &SourceFile, record: &Record, loaded: &LoadedTable, misread: &mut [Few]) -> Row {
        let columns = head.columns.iter().zip(&head.table.columns).zip(&loaded.places).zip(misread);
        let cells = columns.map(|(((typed, declared), place), misread)| {
            let (Some(place), Some(ty)) = (*place, &typed.ty) else { return Cell::Blank };
            let text = &record.cells[place];
            let read = match ty {
                Type::Rep | Type::Team | Type::Queue => Ok(self.people.cell(ty, text)),
                _ => ty.read(text, self.timezone),
            };
            let cell = || record.cell_span(file, place, loaded.delimiter);
            match read {
                Ok(Cell::Blank) if declared.required.is_some() => {
                    misread.add(|| error::blank_cell(declared, cell()));
                    Cell::Blank
                }
                Ok(cell) => cell,
                Err(why) => {
                    misread.add(|| {
                        let (text, why, at) = self.bad_part(ty, text, why, cell());
                        error::bad_cell(text, declared, typed.at, &why, at)
                    });
                    Cell::Blank
                }
            }
        });
        Row { cells: cells.collect(), span: record.span(file) }
    }

    /// Of a list, the part that does not fit.
    fn bad_part<'t>(&self, ty: &Type, text: &'t str, why: Unread, cell: Span) -> (&'t str, Unread, Span) {
        let Type::List(element) = ty else { return (text, why, cell) };
        let mut parts = text.split('|').map(str::trim);
        let bad = parts.find_map(|part| element.read(part, self.timezone).err().map(|why| (part, why)));
        let Some((part, why)) = bad else { return (text, why, cell) };
        let at = self.sources.text(cell).find(part).map_or(cell, |at| {
            let start = cell.start + at as u32;
            Span::new(start, start + part.len() as u32)
        });
        (part, why, at)
    }

    fn refuse_repeated_keys(&self, loaded: &LoadedTable, findings: &mut Vec<Finding>) {
        let table = &loaded.table;
        let Some(place) = table.key.and_then(|key| loaded.places[key.index()]) else { return };
        let span = |row: RowId| {
            let span = table.rows[row].span;
            let range = cells(self.sources.text(span), loaded.delimiter).ranges[place].clone();
            Span::new(span.start + range.start as u32, span.start + range.end as u32)
        };
        let mut repeated = Few::default();
        for (first, again) in repeated_keys(table) {
            let shown = || loaded.raw(again, place, self.sources);
            repeated
                .add(|| error::duplicate_key(&table.name, shown().trim(), (span(first), first), (span(again), again)));
        }
        repeated.move_to(findings);
    }
}

/// Addresses and host names have one letter case.
fn note_spellings(head: &Head, record: &Record, row: &Row, loaded: &mut LoadedTable) {
    for ((typed, cell), place) in head.columns.iter().zip(&row.cells).zip(&loaded.places) {
        let is_text = match &typed.ty {
            Some(Type::Text) => true,
            Some(Type::List(element)) => **element == Type::Text,
            _ => false,
        };
        if let (true, Some(place)) = (is_text, place) {
            loaded.spellings.note_cell(cell, &record.cells[*place]);
        }
    }
}

fn note_strangers(file: &SourceFile, record: &Record, row: &Row, loaded: &mut LoadedTable) {
    let is_stranger = |cell: &Cell| matches!(cell, Cell::Stranger(_));
    let id = RowId::from_index(loaded.table.rows.len());
    for (column, cell) in loaded.table.columns.ids().zip(&row.cells) {
        let has_one = if let Cell::List(cells) = cell { cells.iter().any(is_stranger) } else { is_stranger(cell) };
        if let (true, Some(place)) = (has_one, loaded.places[column.index()]) {
            let span = record.cell_span(file, place, loaded.delimiter);
            loaded.table.strangers.insert((id, column), span);
        }
    }
}

fn empty(head: &Head) -> Table {
    let column = |(declared, typed): (&ast::Field, &Typed)| Column {
        name: declared.name.node.clone(),
        ty: typed.ty.clone().unwrap_or(Type::Text),
        span: declared.span,
    };
    Table {
        name: head.table.name.node.clone(),
        file: head.table.file.node.clone(),
        columns: head.table.columns.iter().zip(&head.columns).map(column).collect(),
        key: head.key,
        rows: IdVec::new(),
        keys: Keys::default(),
        strangers: FxHashMap::default(),
        name_span: head.table.name.span,
    }
}

/// The rows of a file, header included, with their places in its text.
struct Records<'a> {
    text: &'a str,
    delimiter: u8,
    reader: csv::Reader<&'a [u8]>,
    /// Where the next line begins in a text without quotes.
    line: Option<usize>,
}

struct Record {
    cells: csv::StringRecord,
    /// In the file's text, without line ends.
    range: Range<usize>,
    /// Nothing follows.
    last: bool,
}

impl<'a> Records<'a> {
    fn new(file: &'a SourceFile, delimiter: u8) -> Records<'a> {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(file.text.as_bytes());
        // What the csv crate would make of it is told by quotes, and by a second byte order mark.
        let is_plain = !file.text.contains('"') && !file.text.starts_with('\u{feff}');
        Records { text: &file.text, delimiter, reader, line: is_plain.then_some(0) }
    }

    /// The next row; `cells` are those of a row that is no longer needed.
    fn next(&mut self, cells: csv::StringRecord) -> Option<Record> {
        match self.line {
            Some(line) => self.next_line(line, cells),
            None => self.next_record(cells),
        }
    }

    /// Without quotes a row is a line that is not empty, and cells are what stands between separators.
    fn next_line(&mut self, at: usize, mut cells: csv::StringRecord) -> Option<Record> {
        let bytes = self.text.as_bytes();
        let start = at + bytes[at..].iter().position(|byte| !matches!(byte, b'\r' | b'\n'))?;
        cells.clear();
        let mut cell = start;
        let end = loop {
            let ahead = memchr::memchr3(self.delimiter, b'\r', b'\n', &bytes[cell..]);
            let end = ahead.map_or(bytes.len(), |ahead| cell + ahead);
            cells.push_field(&self.text[cell..end]);
            if bytes.get(end) != Some(&self.delimiter) {
                break end;
            }
            cell = end + 1;
        };
        self.line = Some(end);
        Some(Record { cells, range: start..end, last: end == bytes.len() })
    }

    fn next_record(&mut self, mut cells: csv::StringRecord) -> Option<Record> {
        let more = self.reader.read_record(&mut cells).expect("text in memory, with rows of any length, can be read");
        if !more {
            return None;
        }
        let start = cells.position().expect("a record that was read has a place").byte() as usize;
        let end = self.reader.position().byte() as usize;
        let behind_breaks = self.text[start..end].trim_start_matches(['\r', '\n']);
        let start = end - behind_breaks.len();
        let end = start + behind_breaks.trim_end_matches(['\r', '\n']).len();
        Some(Record { cells, range: start..end, last: self.reader.position().byte() as usize == self.text.len() })
    }
}

impl Record {
    fn span(&self, file: &SourceFile) -> Span {
        file.span_at(self.range.clone())
    }

    fn cell_span(&self, file: &SourceFile, place: usize, delimiter: u8) -> Span {
        let range = cells(&file.text[self.range.clone()], delimiter).ranges[place].clone();
        file.span_at(self.range.start + range.start..self.range.start + range.end)
    }

    /// The place of a quote that is never closed: it swallows the rest of the file, so it can only be
    /// in the last row.
    fn open_quote(&self, file: &SourceFile, delimiter: u8) -> Option<Span> {
        let quote = if self.last { cells(&file.text[self.range.clone()], delimiter).open_quote } else { None }?;
        let at = self.range.start + quote;
        Some(file.span_at(at..at + 1))
    }

    fn is_blank_line(&self) -> bool {
        self.cells.len() == 1 && self.cells[0].trim().is_empty()
    }
}

/// A file's first row.
struct Header {
    names: Vec<String>,
    spans: Vec<Span>,
    span: Span,
    open_quote: Option<Span>,
    file: String,
}

impl Header {
    fn new(file: &SourceFile, record: Record, delimiter: u8) -> Header {
        let ranges = cells(&file.text[record.range.clone()], delimiter).ranges;
        let at = |range: Range<usize>| file.span_at(record.range.start + range.start..record.range.start + range.end);
        Header {
            names: record.cells.iter().map(|name| name.trim().to_owned()).collect(),
            spans: ranges.into_iter().map(at).collect(),
            span: record.span(file),
            open_quote: record.open_quote(file, delimiter),
            file: file.name.clone(),
        }
    }

    /// Why the file cannot be read as the table at all.
    fn refuse(&self, head: &Head) -> Option<Finding> {
        if let Some(quote) = self.open_quote {
            return Some(error::open_quote(quote, &self.file));
        }
        let [only] = &self.names[..] else { return None };
        let other = [';', '\t', '|', ','].into_iter().find(|&sign| only.contains(sign));
        other.filter(|_| head.table.columns.len() > 1).map(|sign| error::other_delimiter(sign, self.span, &self.file))
    }

    /// Where each declared column stands.
    fn places(&self, head: &Head, findings: &mut Vec<Finding>) -> Vec<Option<usize>> {
        head.table.columns.iter().map(|column| self.place(column, findings)).collect()
    }

    /// A header that is the column's name, or the text behind its `from`; where none is, one that
    /// differs only in letter case.
    fn place(&self, column: &ast::Field, findings: &mut Vec<Finding>) -> Option<usize> {
        let wanted = column.from.as_ref().unwrap_or(&column.name);
        let where_is = |same: &dyn Fn(&str) -> bool| -> Vec<usize> {
            (0..self.names.len()).filter(|&place| same(&self.names[place])).collect()
        };
        let mut found = where_is(&|name| name == wanted.node.trim());
        if found.is_empty() {
            let normal = normal_text(&wanted.node);
            found = where_is(&|name| normal_text(name) == normal);
        }
        match found[..] {
            [] => {
                let near = suggest::nearest(&wanted.node, self.names.iter().map(String::as_str));
                findings.push(error::missing_column(column, self.span, &self.file, near));
                None
            }
            [place] => Some(place),
            [first, again, ..] => {
                findings.push(error::header_twice(&self.names[first], self.spans[again], self.spans[first]));
                Some(first)
            }
        }
    }
}

/// Where the cells of a table's row stand, without quotes and outer spaces. `name` is the file's, which
/// says by what the cells are separated.
pub fn cell_spans(row: Span, sources: &SourceMap, name: &str) -> Vec<Span> {
    let text = sources.text(row);
    let trimmed = |range: Range<usize>| {
        let cell = &text[range.clone()];
        let inner = cell.trim().trim_matches('"').trim();
        let start = row.start + (range.start + cell.find(inner).unwrap_or_default()) as u32;
        Span::new(start, start + inner.len() as u32)
    };
    cells(text, delimiter_of(name)).ranges.into_iter().map(trimmed).collect()
}

fn delimiter_of(file: &str) -> u8 {
    if file.to_lowercase().ends_with(".tsv") { b'\t' } else { b',' }
}

/// A row cut into cells, as the csv crate cuts it: a quote opens only at the start of a cell, `""`
/// inside quotes is a quote, and what follows the closing quote belongs to the cell as it is.
struct Cells {
    /// Quotes included.
    ranges: Vec<Range<usize>>,
    open_quote: Option<usize>,
}

fn cells(row: &str, delimiter: u8) -> Cells {
    let bytes = row.as_bytes();
    let mut ranges = Vec::new();
    let mut open_quote = None;
    let mut at = 0;
    loop {
        let start = at;
        if bytes.get(at) == Some(&b'"') {
            at = closing_quote(bytes, at + 1).unwrap_or_else(|| {
                open_quote = Some(start);
                bytes.len()
            });
        }
        at = bytes[at..].iter().position(|&byte| byte == delimiter).map_or(bytes.len(), |ahead| at + ahead);
        ranges.push(start..at);
        if at == bytes.len() {
            return Cells { ranges, open_quote };
        }
        at += 1;
    }
}

fn closing_quote(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += bytes[at..].iter().position(|&byte| byte == b'"')?;
        if bytes.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

/// What a cell says.
fn unquoted(cell: &str) -> Cow<'_, str> {
    let Some(inner) = cell.strip_prefix('"') else { return Cow::Borrowed(cell) };
    let (quoted, rest) = match closing_quote(inner.as_bytes(), 0) {
        Some(close) => (&inner[..close], &inner[close + 1..]),
        None => (inner, ""),
    };
    Cow::Owned(quoted.replace("\"\"", "\"") + rest)
}

/// The first few findings of a kind, and how many more there would be.
#[derive(Default)]
struct Few {
    shown: Vec<Finding>,
    more: usize,
}

impl Few {
    fn add(&mut self, finding: impl FnOnce() -> Finding) {
        if self.shown.len() < SHOWN {
            self.shown.push(finding());
        } else {
            self.more += 1;
        }
    }

    fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    fn move_to(mut self, findings: &mut Vec<Finding>) {
        if let Some(last) = self.shown.last_mut().filter(|_| self.more > 0) {
            *last = error::and_more(last.clone(), self.more);
        }
        findings.append(&mut self.shown);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_row_is_cut_as_the_csv_crate_cuts_it(row in "[a\",]{0,12}") {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(row.as_bytes());
            let record = reader.records().next().map(|record| record.expect("one row"));
            prop_assume!(record.is_some());
            let ours: Vec<String> =
                cells(&row, b',').ranges.into_iter().map(|range| unquoted(&row[range]).into_owned()).collect();
            let theirs: Vec<String> = record.iter().flatten().map(str::to_owned).collect();
            prop_assert_eq!(ours, theirs);
        }
    }

    proptest! {
        #[test]
        fn rows_without_quotes_are_read_as_the_csv_crate_reads_them(text in "[ab,é\r\n]{0,24}") {
            let mut sources = SourceMap::new();
            let file = sources.add("accounts.csv", text).expect("a small text");
            let rows = |mut records: Records| -> Vec<(Vec<String>, Range<usize>)> {
                std::iter::from_fn(|| records.next(csv::StringRecord::new()))
                    .map(|record| (record.cells.iter().map(str::to_owned).collect(), record.range))
                    .collect()
            };
            let plain = Records::new(sources.file(file), b',');
            prop_assert!(plain.line.is_some());
            let theirs = Records { line: None, ..Records::new(sources.file(file), b',') };
            prop_assert_eq!(rows(plain), rows(theirs));
        }
    }

    #[test]
    fn a_quote_that_is_not_closed_is_found() {
        assert_eq!(cells("a,\"b\"\"c", b',').open_quote, Some(2));
        assert_eq!(cells("a,\"b\"\"\"", b',').open_quote, None);
    }
}
