//! The rows of an input, one after the other.

use indexmap::IndexSet;

use super::csv::Rows;
use super::cursor::Cursor;
use super::json::{Elements, Lines};
use super::sheet::Style;
use super::{Blocks, Error, Format, Input, Record, Reject};

/// Different keys that JSON leads may have and still become columns of a table.
pub(super) const MOST_KEYS: usize = 10_000;

/// One row of the input.
#[derive(Clone, Debug)]
pub enum Row {
    Lead(Record),
    Reject(Reject),
}

/// What is known of the columns before the first row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Header {
    /// A table's columns, in order.
    Columns(Vec<String>),
    /// Every key that any of the JSON leads has, in order of appearance.
    Keys(Vec<String>),
    /// JSON leads bring their keys with them.
    Unknown,
}

/// Reads the rows of an input. After an error there are no more.
pub struct Leads {
    pub(super) cursor: Cursor,
    pub(super) reading: Reading,
    format: Format,
    header: Header,
    style: Style,
    size: Option<u64>,
    /// What stopped the reading, if rows before it have yet to be handed on.
    stopped: Option<Error>,
    failed: bool,
}

pub(super) enum Reading {
    Rows(Rows),
    Lines(Lines),
    Elements(Elements),
}

impl Header {
    /// All names that are known, in order.
    pub fn names(&self) -> &[String] {
        match self {
            Header::Columns(names) | Header::Keys(names) => names,
            Header::Unknown => &[],
        }
    }
}

impl Leads {
    /// Reads the header, if the format has one.
    pub fn open(input: Input) -> Result<Leads, Error> {
        let Input { mut cursor, format, bom, size, .. } = input;
        let mut header = Header::Unknown;
        let mut style = Style::default();
        let reading = match format {
            Format::Csv | Format::Tsv => {
                let rows = Rows::open(&mut cursor, format.delimiter())?;
                header = Header::Columns(rows.table.header.clone());
                style = Style { raw: false, crlf: rows.crlf, bom };
                Reading::Rows(rows)
            }
            Format::Ndjson => Reading::Lines(Lines::open(&mut cursor)?),
            Format::Json => Reading::Elements(Elements::open(&mut cursor)?),
        };
        Ok(Leads { cursor, reading, format, header, style, size, stopped: None, failed: false })
    }

    /// Like [`Leads::open`], but JSON is read twice, the first time for its keys: that is what it
    /// takes to write it as a table. (Standard input is kept in a temporary file meanwhile.)
    pub fn open_for_table(input: Input) -> Result<Leads, Error> {
        if input.format.is_table() {
            return Leads::open(input);
        }
        let input = input.rewindable()?;
        let keys = keys(Leads::open(input.rewind()?)?)?;
        let mut leads = Leads::open(input.rewind()?)?;
        leads.header = Header::Keys(keys.into_iter().collect());
        Ok(leads)
    }

    pub fn format(&self) -> Format {
        self.format
    }

    pub fn header(&self) -> &Header {
        &self.header
    }

    /// How a table like this one is written: its line ends, and its byte-order mark if it has one.
    pub fn style(&self) -> Style {
        self.style
    }

    /// Bytes read so far and, of a file, bytes in all.
    pub fn progress(&self) -> (u64, Option<u64>) {
        (self.cursor.position(), self.size)
    }

    /// What has to be said when the rows read so far have been handed on.
    pub(super) fn stop_with(&mut self, why: Error) {
        self.stopped = Some(why);
    }

    pub(super) fn has_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    pub(super) fn read(&mut self) -> Result<Option<Row>, Error> {
        if let Some(why) = self.stopped.take() {
            return Err(why);
        }
        match &mut self.reading {
            Reading::Rows(rows) => rows.next(&mut self.cursor),
            Reading::Lines(lines) => lines.next(&mut self.cursor),
            Reading::Elements(elements) => elements.next(&mut self.cursor),
        }
    }
}

impl Iterator for Leads {
    type Item = Result<Row, Error>;

    fn next(&mut self) -> Option<Result<Row, Error>> {
        if self.failed {
            return None;
        }
        let row = self.read().transpose();
        self.failed = matches!(row, Some(Err(_)));
        row
    }
}

/// Every key of the leads, in order of appearance.
fn keys(leads: Leads) -> Result<IndexSet<String>, Error> {
    let file = leads.cursor.file.clone();
    let mut keys = IndexSet::new();
    // Most leads have the keys of the one before.
    let mut last: Vec<String> = Vec::new();
    let mut blocks = Blocks::new(leads);
    let reader = blocks.reader();
    let mut spare = Vec::new();
    while let Some(block) = blocks.next(spare)? {
        reader.each(&block, |row| {
            let Ok(record) = row else { return };
            if last.iter().map(String::as_str).eq(record.keys()) {
                return;
            }
            last = record.keys().map(str::to_owned).collect();
            if keys.len() <= MOST_KEYS {
                keys.extend(last.iter().cloned());
            }
        });
        if keys.len() > MOST_KEYS {
            return Err(Error::TooManyKeys { file });
        }
        spare = block.into_spare();
    }
    Ok(keys)
}
