//! Rows that cannot be routed, kept with the line they stood on and the reason.

use std::path::Path;

use super::output::{Output, Target};
use super::sheet::{Sheet, Style};
use super::{Error, Format};

/// A row that is no lead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reject {
    /// Where the row begins, from 1; a table's header is a line too.
    pub line: u64,
    /// Lower case, no full stop.
    pub reason: String,
    /// The row as it stood, without its line end. Bytes that are not UTF-8 are written `\xE9`. Of a
    /// row above the limit only the beginning is kept, and the reason says so.
    pub row: String,
}

impl Reject {
    pub(super) fn new(line: u64, reason: impl Into<String>, row: &[u8]) -> Reject {
        Reject { line, reason: reason.into(), row: readable(row) }
    }
}

/// The text of bytes that may not be text.
fn readable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02X}"));
        }
    }
    text
}

/// Writes rejects as rows of `line, reason, row`.
pub struct Rejects<W: Target = Output> {
    sheet: Sheet<W>,
}

const COLUMNS: [&str; 3] = ["line", "reason", "row"];

impl<W: Target> Rejects<W> {
    /// `format` is best the one that [`Rejects::format`] gives.
    pub fn new(out: W, format: Format, style: Style) -> Result<Rejects<W>, Error> {
        let mut sheet = Sheet::new(out, format, style)?;
        sheet.header(COLUMNS)?;
        Ok(Rejects { sheet })
    }

    pub fn write(&mut self, reject: &Reject) -> Result<(), Error> {
        self.sheet.begin_row();
        self.sheet.number(COLUMNS[0], reject.line)?;
        self.sheet.text(COLUMNS[1], &reject.reason)?;
        self.sheet.text(COLUMNS[2], &reject.row)?;
        self.sheet.end_row()
    }

    /// Ends the file; [`Outputs::commit`](super::Outputs::commit) puts it in its place.
    pub fn finish(self) -> Result<W, Error> {
        self.sheet.finish()
    }
}

impl Rejects {
    /// By the file's extension; without a known one, a table for a table and NDJSON for JSON.
    pub fn format(path: &Path, input: Format) -> Format {
        let by_input = if input.is_table() { input } else { Format::Ndjson };
        Format::of_path(path).unwrap_or(by_input)
    }
}
