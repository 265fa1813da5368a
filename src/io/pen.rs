//! Rows as bytes: written down with gaps for what is not known yet, and filled in later.
//!
//! Who gets a lead is known only when all leads before it have somebody, but its cells can be written
//! down long before, by many at once. So a row is written in two steps: [`Pen::draft`] writes all that is
//! the record's own, [`Pen::fill`] puts the caller's values into the gaps.

use std::borrow::Cow;

use indexmap::IndexSet;
use rustc_hash::FxHashSet;

use super::layout::{Column, FromInput, Layout, Source};
use super::{Error, Format, RecordRef, harmless, plain};

/// Writes rows of one layout in one format, whatever format they were read from.
///
/// What is read and written in one kind of format is not changed: JSON values keep their exact text.
/// From a table to JSON every cell is a string, the empty ones too. From JSON to a table, `null` and
/// absent keys are empty, an array of strings is joined by `; `, and other arrays and objects are
/// their JSON text.
#[derive(Debug)]
pub struct Pen<T> {
    form: Form,
    layout: Layout<T>,
    /// The names of the columns, where every key must have one.
    listed: FxHashSet<String>,
    /// Where rows are read from a table with the same separator and all its columns come first: how
    /// many.
    copied: usize,
    /// For each column that is the caller's, the place of its value among a row's. Columns of a table that stand
    /// side by side have one.
    places: Vec<Option<u32>>,
    /// The columns before the values, where these are the end of every row, which needs no gaps then.
    before_end: Option<usize>,
    /// Of these columns the places of their cells in a table's row, if all of them are cells and are not `copied`.
    cells: Option<Vec<usize>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Table { delimiter: u8, crlf: bool, guarded: bool },
    Objects { array: bool },
}

/// Rows that were written down, but for the values to come.
#[derive(Debug, Default)]
pub struct Draft {
    text: Vec<u8>,
    gaps: Vec<Gap>,
    rows: Vec<Ends>,
    seen: Vec<Seen>,
}

/// The caller's values of a row, written down. Many rows have the same.
#[derive(Clone, Debug, Default)]
pub struct Values {
    text: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

/// A place in the text at which one of a row's values is missing.
#[derive(Clone, Copy, Debug)]
struct Gap {
    at: u32,
    value: u32,
}

/// Where a row's parts end.
#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    text: u32,
    gaps: u32,
    seen: u32,
}

/// Something that was seen of a record, for what is said at the end.
#[derive(Clone, Copy, Debug)]
enum Seen {
    /// The record has something for a column.
    Found(u32),
    /// One of the record's keys made room for a value.
    Replaced(u32),
}

/// What rows have shown of their columns.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Noted {
    /// Columns that some record had something for.
    pub(super) found: Vec<bool>,
    /// The input's columns that made room for a value.
    pub(super) replaced: IndexSet<String>,
}

impl Noted {
    /// Adds what later rows have shown.
    pub(super) fn add(&mut self, later: Noted) {
        for (found, later) in self.found.iter_mut().zip(later.found) {
            *found |= later;
        }
        self.replaced.extend(later.replaced);
    }
}

impl<T> Pen<T> {
    /// A pen for a format; `raw` leaves formulas as they are, `crlf` ends a table's lines with `\r\n`.
    pub(super) fn new(format: Format, raw: bool, crlf: bool, mut layout: Layout<T>) -> Pen<T> {
        let form = match format {
            Format::Csv | Format::Tsv => Form::Table { delimiter: format.delimiter(), crlf, guarded: !raw },
            Format::Json | Format::Ndjson => Form::Objects { array: format == Format::Json },
        };
        let listed = match layout.input {
            FromInput::Listed => layout.columns.iter().map(|column| column.name.clone()).collect(),
            FromInput::Echoed | FromInput::Chosen => FxHashSet::default(),
        };
        if !format.is_table() {
            name_the_nameless(&mut layout);
        }
        assert!(
            !format.is_table() || layout.input != FromInput::Echoed,
            "leads that are to become a table are opened by `Leads::open_for_table`"
        );
        let in_place =
            |(at, column): &(usize, &Column<T>)| matches!(column.source, Source::Cell(index) if index == *at);
        let copied = layout.columns.iter().enumerate().take_while(in_place).count();
        let places = places(&layout, format.is_table());
        let before_end = if format.is_table() { before_end(&places) } else { None };
        // Several that stand side by side in the row are sooner copied as one.
        let few = before_end.filter(|_| copied < 2);
        let cells = few.and_then(|own| layout.columns[..own].iter().map(Column::cell).collect());
        Pen { form, layout, listed, copied, places, before_end, cells }
    }

    /// The names of a table's columns.
    pub(super) fn header(&self) -> Vec<u8> {
        let mut header = Vec::new();
        if let Form::Table { delimiter, .. } = self.form {
            for (index, column) in self.layout.columns.iter().enumerate() {
                if index > 0 {
                    header.push(delimiter);
                }
                self.push_text(&mut header, &column.name);
            }
            self.end_row(&mut header, 0);
        }
        header
    }

    /// What a caller finds out before the first row.
    pub(super) fn begin(&mut self) -> Noted {
        let replaced = std::mem::take(&mut self.layout.replaced).into_iter().collect();
        Noted { found: vec![false; self.layout.columns.len()], replaced }
    }

    /// Nothing noted yet.
    pub fn unnoted(&self) -> Noted {
        Noted { found: vec![false; self.layout.columns.len()], replaced: IndexSet::new() }
    }

    pub(super) fn columns(&self) -> &[Column<T>] {
        &self.layout.columns
    }

    /// Writes down a row, but for the caller's values.
    pub fn draft(&self, record: RecordRef<'_>, draft: &mut Draft) -> Result<(), Error> {
        self.check_keys(record)?;
        match self.form {
            Form::Table { delimiter, .. } => self.draft_cells(record, delimiter, draft),
            Form::Objects { .. } => self.draft_members(record, draft),
        }
        let small = |length: usize| u32::try_from(length).expect("rows are drafted in blocks below 4 GiB");
        let ends = Ends { text: small(draft.text.len()), gaps: small(draft.gaps.len()), seen: small(draft.seen.len()) };
        draft.rows.push(ends);
        Ok(())
    }

    /// A table has a column for every key of every lead, or something would be lost.
    #[inline]
    fn check_keys(&self, record: RecordRef<'_>) -> Result<(), Error> {
        if self.layout.input != FromInput::Listed {
            return Ok(());
        }
        match record.keys().find(|key| !self.listed.contains(*key)) {
            None => Ok(()),
            Some(key) => Err(Error::KeyWithoutColumn { key: key.to_owned(), line: record.line() }),
        }
    }

    fn draft_cells(&self, record: RecordRef<'_>, delimiter: u8, draft: &mut Draft) {
        if self.draft_bare(record, delimiter, &mut draft.text) {
            return;
        }
        let copied = self.copy_cells(record, delimiter, draft);
        let mut before = None;
        let columns = &self.layout.columns[..self.before_end.unwrap_or(self.layout.columns.len())];
        for (index, column) in columns.iter().enumerate().skip(copied) {
            let value = self.places[index];
            if value.is_some() && value == before {
                continue;
            }
            before = value;
            if index > 0 {
                draft.text.push(delimiter);
            }
            if let Some(value) = value {
                draft.gap(value);
                continue;
            }
            if let Some(place) = column.source.place_in(record) {
                draft.saw(Seen::Found(index as u32), record);
                if let Some(cell) = record.cell(place) {
                    self.push_text(&mut draft.text, &cell);
                }
            }
        }
        if self.before_end.is_some() {
            draft.text.push(delimiter);
        }
    }

    /// Writes down the cells of a row that stand in it just as they are written here; says whether all of them do.
    #[inline]
    fn draft_bare(&self, record: RecordRef<'_>, delimiter: u8, text: &mut Vec<u8>) -> bool {
        let (Some(cells), Some(row)) = (&self.cells, record.marked()) else { return false };
        let begun = text.len();
        // Where the separator is the same, what needs no quotes there needs none here.
        let is_bare = row.separator() == Some(delimiter)
            && cells.iter().all(|cell| match row.bare_bytes(*cell) {
                Some(bytes) if self.is_harmless(bytes) => {
                    text.extend_from_slice(bytes);
                    text.push(delimiter);
                    true
                }
                _ => false,
            });
        if !is_bare {
            text.truncate(begun);
        }
        is_bare
    }

    /// Copies the cells of a row that go out as they came in, and says how many columns that were.
    #[inline]
    fn copy_cells(&self, record: RecordRef<'_>, delimiter: u8, draft: &mut Draft) -> usize {
        if self.copied < 2 {
            return 0;
        }
        let Some(last) = record.field(self.copied - 1) else { return 0 };
        let raw = &record.raw().as_bytes()[..last.end as usize];
        let is_same = |at: usize| at == 0 || raw.get(at - 1) == Some(&delimiter);
        let is_as_it_is = memchr::memchr(b'"', raw).is_none()
            && (0..self.copied).filter_map(|index| record.field(index)).all(|field| {
                is_same(field.start as usize)
                    && (field.start == field.end || !self.may_be_formula(raw[field.start as usize]))
            });
        if !is_as_it_is {
            return 0;
        }
        draft.text.extend_from_slice(raw);
        self.copied
    }

    fn draft_members(&self, record: RecordRef<'_>, draft: &mut Draft) {
        draft.text.push(b'{');
        let mut first = true;
        let echoed = self.echo(record, &mut first, draft);
        for (index, column) in (0..).zip(&self.layout.columns) {
            if echoed.contains(&index) {
                continue;
            }
            push_key(&mut draft.text, &mut first, &column.name);
            if let Some(value) = self.places[index as usize] {
                draft.gap(value);
                continue;
            }
            let place = column.source.place_in(record);
            if place.is_some() {
                draft.saw(Seen::Found(index), record);
            }
            match place.and_then(|place| record.value(place)) {
                Some(json) => self.push_json(&mut draft.text, json),
                None if record.is_object() => draft.text.extend_from_slice(b"null"),
                None => {
                    let cell = place.and_then(|place| record.cell(place)).unwrap_or_default();
                    push_string(&mut draft.text, &cell);
                }
            }
        }
        draft.text.push(b'}');
    }

    /// Writes the record's own keys; says which columns stood in a key's place.
    fn echo(&self, record: RecordRef<'_>, first: &mut bool, draft: &mut Draft) -> Vec<u32> {
        let mut echoed = Vec::new();
        if self.layout.input != FromInput::Echoed {
            return echoed;
        }
        for (place, key) in record.keys().enumerate() {
            push_key(&mut draft.text, first, key);
            let column = (0..).zip(&self.layout.columns).find(|(_, column)| column.name == key);
            match column {
                Some((index, Column { source: Source::Value(_), .. })) => {
                    self.places[index as usize].iter().for_each(|value| draft.gap(*value));
                    draft.saw(Seen::Replaced(index), record);
                    echoed.push(index);
                }
                _ => self.push_json(&mut draft.text, record.value(place).unwrap_or("null")),
            }
        }
        echoed
    }

    /// Writes down the caller's values; `value` gives the text of each.
    pub fn write_down<'v>(&self, mut value: impl FnMut(&T) -> Cow<'v, str>) -> Values {
        let mut values = Values::default();
        for (column, place) in self.layout.columns.iter().zip(&self.places) {
            let (Source::Value(source), Some(place)) = (&column.source, place) else { continue };
            let is_beside = values.ends.len() > *place as usize;
            if let Form::Table { delimiter, .. } = self.form
                && is_beside
            {
                values.ends.pop();
                values.text.push(delimiter);
            }
            self.push_text(&mut values.text, &value(source));
            values.ends.push(values.text.len());
        }
        if self.before_end.is_some() {
            values.text.extend_from_slice(self.line_end());
        }
        values
    }

    /// Writes a drafted row out, with the caller's values.
    ///
    /// In an array a row begins with a comma; whoever writes the first one leaves that out.
    pub fn fill(&self, draft: &Draft, row: usize, values: &Values, out: &mut Vec<u8>) {
        let (from, to) = draft.extent(row);
        if self.before_end.is_some() {
            out.extend_from_slice(&draft.text[from.text as usize..to.text as usize]);
            return out.extend_from_slice(&values.text);
        }
        if self.form == (Form::Objects { array: true }) {
            out.extend_from_slice(b",\n");
        }
        let before = out.len();
        let mut written = from.text as usize;
        for gap in &draft.gaps[from.gaps as usize..to.gaps as usize] {
            out.extend_from_slice(&draft.text[written..gap.at as usize]);
            written = gap.at as usize;
            out.extend_from_slice(values.of(gap.value as usize));
        }
        out.extend_from_slice(&draft.text[written..to.text as usize]);
        self.end_row(out, before);
    }

    /// Adds what a row that was written out has shown.
    #[inline]
    pub fn note(&self, draft: &Draft, row: usize, noted: &mut Noted) {
        let (from, to) = draft.extent(row);
        for seen in &draft.seen[from.seen as usize..to.seen as usize] {
            match seen {
                Seen::Found(column) => noted.found[*column as usize] = true,
                Seen::Replaced(column) => {
                    let name = &self.layout.columns[*column as usize].name;
                    if !noted.replaced.contains(name) {
                        noted.replaced.insert(name.clone());
                    }
                }
            }
        }
    }

    /// Adds what every row of a table has shown by being there.
    pub fn note_table(&self, noted: &mut Noted) {
        for (found, column) in noted.found.iter_mut().zip(&self.layout.columns) {
            *found |= matches!(column.source, Source::Cell(_));
        }
    }

    fn end_row(&self, out: &mut Vec<u8>, before: usize) {
        // A line without anything would be no row.
        if matches!(self.form, Form::Table { .. }) && out.len() == before {
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(self.line_end());
    }

    fn line_end(&self) -> &'static [u8] {
        match self.form {
            Form::Table { crlf: true, .. } => b"\r\n",
            Form::Table { crlf: false, .. } | Form::Objects { array: false } => b"\n",
            Form::Objects { array: true } => b"",
        }
    }

    /// A cell of text.
    fn push_text(&self, out: &mut Vec<u8>, text: &str) {
        match self.form {
            Form::Table { delimiter, .. } if self.is_harmless(text.as_bytes()) => push_cell(out, text, delimiter),
            Form::Table { delimiter, .. } => push_cell(out, &harmless(text), delimiter),
            Form::Objects { .. } => push_string(out, text),
        }
    }

    /// Whether nobody can take a cell for a formula, by its first byte.
    #[inline]
    fn is_harmless(&self, text: &[u8]) -> bool {
        text.first().is_none_or(|first| !self.may_be_formula(*first))
    }

    /// Whether a cell has to be looked at because of its first byte.
    #[inline]
    fn may_be_formula(&self, first: u8) -> bool {
        match self.form {
            Form::Table { guarded: true, .. } => {
                matches!(first, b'=' | b'+' | b'-' | b'@' | b' ' | b'\t'..=b'\r') || !first.is_ascii()
            }
            Form::Table { guarded: false, .. } | Form::Objects { .. } => false,
        }
    }

    /// A value that is JSON already. In NDJSON, line breaks between its parts become spaces.
    fn push_json(&self, out: &mut Vec<u8>, json: &str) {
        let from = out.len();
        out.extend_from_slice(json.as_bytes());
        if self.form == (Form::Objects { array: false }) && memchr::memchr2(b'\n', b'\r', json.as_bytes()).is_some() {
            // JSON text has no raw line breaks inside its strings, so these are all between parts.
            for byte in &mut out[from..] {
                if matches!(byte, b'\n' | b'\r') {
                    *byte = b' ';
                }
            }
        }
    }
}

impl Values {
    fn of(&self, value: usize) -> &[u8] {
        let from = value.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[from..self.ends[value]]
    }
}

impl Draft {
    pub fn clear(&mut self) {
        self.text.clear();
        self.gaps.clear();
        self.rows.clear();
        self.seen.clear();
    }

    fn gap(&mut self, value: u32) {
        let at = u32::try_from(self.text.len()).expect("rows are drafted in blocks below 4 GiB");
        self.gaps.push(Gap { at, value });
    }

    /// Rows of a table are all alike; what they show is known beforehand.
    fn saw(&mut self, seen: Seen, record: RecordRef<'_>) {
        if record.is_object() {
            self.seen.push(seen);
        }
    }

    /// Where a row begins and ends.
    fn extent(&self, row: usize) -> (Ends, Ends) {
        let from = row.checked_sub(1).map_or(Ends::default(), |before| self.rows[before]);
        (from, self.rows[row])
    }
}

/// Numbers the values of a row, those that stand side by side in a table as one.
fn places<T>(layout: &Layout<T>, is_table: bool) -> Vec<Option<u32>> {
    let mut values = 0;
    let mut is_beside = false;
    let place = |column: &Column<T>| {
        let is_value = matches!(column.source, Source::Value(_));
        values += u32::from(is_value && !(is_table && is_beside));
        is_beside = is_value;
        is_value.then(|| values - 1)
    };
    layout.columns.iter().map(place).collect()
}

/// The columns of a table's input, if there are any and all values are behind them.
fn before_end(places: &[Option<u32>]) -> Option<usize> {
    let own = places.iter().take_while(|place| place.is_none()).count();
    let is_end = (1..places.len()).contains(&own) && places[own..].iter().all(|place| *place == Some(0));
    is_end.then_some(own)
}

/// A key cannot be empty for long: columns without a name become `column_4`, by their number.
fn name_the_nameless<T>(layout: &mut Layout<T>) {
    for index in 0..layout.columns.len() {
        if !layout.columns[index].name.trim().is_empty() {
            continue;
        }
        let mut name = format!("column_{}", index + 1);
        while layout.columns.iter().any(|column| column.name == name) {
            name.push('_');
        }
        layout.columns[index].name = name;
    }
}

fn push_key(out: &mut Vec<u8>, first: &mut bool, key: &str) {
    if !std::mem::take(first) {
        out.push(b',');
    }
    push_string(out, key);
    out.push(b':');
}

/// A cell of a table, in quotes where it needs them. It needs them where the csv crate says so, which a
/// property test sees to.
fn push_cell(out: &mut Vec<u8>, text: &str, delimiter: u8) {
    if plain::in_table(text.as_bytes(), delimiter) {
        return out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(quote) = memchr::memchr(b'"', rest) {
        out.extend_from_slice(&rest[..=quote]);
        out.push(b'"');
        rest = &rest[quote + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn push_string(out: &mut Vec<u8>, text: &str) {
    // Nearly all text needs no escapes; what does is left to who knows them all.
    if plain::in_json(text.as_bytes()) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        serde_json::to_writer(out, text).expect("writing text to memory cannot fail");
    }
}
