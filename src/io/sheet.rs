//! Rows of named cells on their way into a file of any format.

use super::output::Target;
use super::{Error, Format, harmless};

/// How a table is written. The default is what a new file should look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Style {
    /// Cells go out as they are, formulas too: for loaders, not for spreadsheets.
    pub raw: bool,
    /// Lines end with `\r\n` instead of `\n`.
    pub crlf: bool,
    /// The file begins with a byte-order mark, by which Excel knows UTF-8.
    pub bom: bool,
}

/// Writes rows, one cell after the other, each under its column's name.
///
/// Tables need [`Sheet::header`] first and the same cells in every row; objects do not.
pub(super) struct Sheet<W: Target> {
    form: Form<W>,
}

enum Form<W: Target> {
    Table { out: ::csv::Writer<W>, guarded: bool },
    Objects { out: W, array: bool, empty: bool, row: Vec<u8> },
}

pub(super) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl<W: Target> Sheet<W> {
    pub fn new(mut out: W, format: Format, style: Style) -> Result<Sheet<W>, Error> {
        let form = match format {
            Format::Csv | Format::Tsv => {
                if style.bom {
                    out.write_all(BYTE_ORDER_MARK).map_err(|why| cannot_write(&out, why))?;
                }
                let line_end = if style.crlf { ::csv::Terminator::CRLF } else { ::csv::Terminator::Any(b'\n') };
                let mut table = ::csv::WriterBuilder::new();
                table.delimiter(format.delimiter()).terminator(line_end).buffer_capacity(64 * 1024);
                Form::Table { out: table.from_writer(out), guarded: !style.raw }
            }
            Format::Json | Format::Ndjson => {
                Form::Objects { out, array: format == Format::Json, empty: true, row: Vec::new() }
            }
        };
        Ok(Sheet { form })
    }

    pub fn is_table(&self) -> bool {
        matches!(self.form, Form::Table { .. })
    }

    /// Names the columns of a table; objects name theirs in every row.
    pub fn header<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) -> Result<(), Error> {
        if !self.is_table() {
            return Ok(());
        }
        for name in names {
            self.text(name, name)?;
        }
        self.end_row()
    }

    pub fn begin_row(&mut self) {
        if let Form::Objects { row, .. } = &mut self.form {
            row.clear();
            row.push(b'{');
        }
    }

    /// A cell of text.
    pub fn text(&mut self, name: &str, text: &str) -> Result<(), Error> {
        match &mut self.form {
            Form::Table { out, guarded: true } => write_field(out, &harmless(text)),
            Form::Table { out, guarded: false } => write_field(out, text),
            Form::Objects { row, .. } => {
                push_key(row, name);
                push_text(row, text);
                Ok(())
            }
        }
    }

    pub fn number(&mut self, name: &str, number: u64) -> Result<(), Error> {
        let number = number.to_string();
        match &mut self.form {
            Form::Table { out, .. } => write_field(out, &number),
            Form::Objects { .. } => {
                self.member(name, &number);
                Ok(())
            }
        }
    }

    /// A member of an object, its value being JSON already. In NDJSON, line breaks between the parts
    /// of the value become spaces.
    pub fn member(&mut self, name: &str, value: &str) {
        let Form::Objects { row, array, .. } = &mut self.form else {
            unreachable!("members are written to objects only");
        };
        push_key(row, name);
        let from = row.len();
        row.extend_from_slice(value.as_bytes());
        if !*array {
            // JSON text has no raw line breaks inside its strings, so these are all between parts.
            for byte in &mut row[from..] {
                if matches!(byte, b'\n' | b'\r') {
                    *byte = b' ';
                }
            }
        }
    }

    pub fn end_row(&mut self) -> Result<(), Error> {
        match &mut self.form {
            Form::Table { out, .. } => {
                out.write_record(None::<&[u8]>).map_err(|why| cannot_write(out.get_ref(), of_csv(why)))
            }
            Form::Objects { out, array, empty, row } => {
                row.push(b'}');
                let before: &[u8] = match (*array, *empty) {
                    (true, true) => b"[\n",
                    (true, false) => b",\n",
                    (false, _) => b"",
                };
                if !*array {
                    row.push(b'\n');
                }
                *empty = false;
                out.write_all(before).and_then(|()| out.write_all(row)).map_err(|why| cannot_write(out, why))
            }
        }
    }

    pub fn finish(self) -> Result<W, Error> {
        match self.form {
            Form::Table { out, .. } => {
                let file = out.get_ref().name().to_owned();
                out.into_inner().map_err(|why| Error::Write { file, why: why.into_error() })
            }
            Form::Objects { mut out, array, empty, .. } => {
                let end: &[u8] = match (array, empty) {
                    (true, true) => b"[]\n",
                    (true, false) => b"\n]\n",
                    (false, _) => b"",
                };
                out.write_all(end).map_err(|why| cannot_write(&out, why))?;
                Ok(out)
            }
        }
    }
}

fn write_field<W: Target>(out: &mut ::csv::Writer<W>, text: &str) -> Result<(), Error> {
    out.write_field(text).map_err(|why| cannot_write(out.get_ref(), of_csv(why)))
}

fn of_csv(why: ::csv::Error) -> std::io::Error {
    match why.into_kind() {
        ::csv::ErrorKind::Io(why) => why,
        other => std::io::Error::other(format!("{other:?}")),
    }
}

fn cannot_write(out: &impl Target, why: std::io::Error) -> Error {
    Error::Write { file: out.name().to_owned(), why }
}

fn push_key(row: &mut Vec<u8>, key: &str) {
    if row.len() > 1 {
        row.push(b',');
    }
    push_text(row, key);
    row.push(b':');
}

fn push_text(row: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(row, text).expect("writing text to memory cannot fail");
}
