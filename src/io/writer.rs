//! Records and what was decided about them, on their way into a file.

use std::borrow::Cow;
use std::sync::Arc;

use super::layout::{Layout, Source};
use super::output::{Output, Target};
use super::pen::{Draft, Noted, Pen};
use super::sheet::{BYTE_ORDER_MARK, Style};
use super::{Error, Format, Record};

/// Writes records in any format, one after the other, or rows that somebody has written down with its
/// [`Pen`].
pub struct Writer<T, W: Target = Output> {
    out: W,
    pen: Arc<Pen<T>>,
    format: Format,
    noted: Noted,
    empty: bool,
    /// The row in hand.
    draft: Draft,
    row: Vec<u8>,
}

impl<T, W: Target> Writer<T, W> {
    /// Writes the header, if the format has one.
    pub fn new(out: W, format: Format, style: Style, layout: Layout<T>) -> Result<Writer<T, W>, Error> {
        let mut pen = Pen::new(format, style.raw, style.crlf, layout);
        let noted = pen.begin();
        let (draft, row) = Default::default();
        let mut writer = Writer { out, pen: Arc::new(pen), format, noted, empty: true, draft, row };
        if format.is_table() && style.bom {
            writer.put(BYTE_ORDER_MARK)?;
        }
        let header = writer.pen.header();
        writer.put(&header)?;
        Ok(writer)
    }

    /// Writes one row; `value` gives the text of the caller's own values.
    pub fn write<'v>(&mut self, record: &Record, value: impl FnMut(&T) -> Cow<'v, str>) -> Result<(), Error> {
        self.draft.clear();
        self.row.clear();
        self.pen.draft(record.view(), &mut self.draft)?;
        self.pen.fill(&self.draft, 0, &self.pen.write_down(value), &mut self.row);
        self.pen.note(&self.draft, 0, &mut self.noted);
        if !record.view().is_object() {
            self.pen.note_table(&mut self.noted);
        }
        let row = std::mem::take(&mut self.row);
        let written = self.put_rows(&row);
        self.row = row;
        written
    }

    /// Writes rows that [`Pen::fill`] has filled in.
    pub fn put_rows(&mut self, rows: &[u8]) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let is_first = std::mem::take(&mut self.empty);
        match self.format {
            Format::Json if is_first => {
                self.put(b"[\n")?;
                self.put(&rows[b",\n".len()..])
            }
            _ => self.put(rows),
        }
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let written = self.out.write_all(bytes);
        written.map_err(|why| Error::Write { file: self.out.name().to_owned(), why })
    }

    /// What writes rows down.
    pub fn pen(&self) -> Arc<Pen<T>> {
        Arc::clone(&self.pen)
    }

    /// Adds what rows have shown that come next.
    pub fn note(&mut self, next: Noted) {
        self.noted.add(next);
    }

    /// Columns of the input whose cells made room for a value of the same name; for JSON, those
    /// among the rows written so far.
    pub fn replaced(&self) -> impl Iterator<Item = &str> {
        self.noted.replaced.iter().map(String::as_str)
    }

    /// Columns that were asked for and that no row so far has had.
    pub fn never_found(&self) -> impl Iterator<Item = &str> {
        let columns = self.pen.columns().iter().zip(&self.noted.found);
        columns
            .filter(|(column, found)| !**found && !matches!(column.source, Source::Value(_)))
            .map(|(column, _)| &*column.name)
    }

    /// Ends the file; [`Outputs::commit`](super::Outputs::commit) puts it in its place.
    pub fn finish(mut self) -> Result<W, Error> {
        match (self.format, self.empty) {
            (Format::Json, true) => self.put(b"[]\n")?,
            (Format::Json, false) => self.put(b"\n]\n")?,
            (Format::Csv | Format::Tsv | Format::Ndjson, _) => {}
        }
        Ok(self.out)
    }
}
