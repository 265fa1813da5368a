//! Rows of CSV and TSV.
//!
//! Rows are split where they stand in the window, without copying cells. The splitting agrees with
//! the csv crate to the byte (a property test holds them together): fields may be quoted, a quote in
//! a quoted field is doubled, line breaks in quotes belong to the field, rows end with `\n`, `\r\n`
//! or a lone `\r`, blank lines are skipped, and quotes in the middle of a field are letters.
//!
//! What the csv crate cannot do for us is to notice a stray quote. A row begun like
//!
//! ```text
//! 5:  L-5,"Acme,DE
//! 6:  L-6,Initech,US
//! 7:  L-7,"Umbrella, Inc.",GB
//! ```
//!
//! reads as one long field up to the next quote, `Acme,DE⏎L-6,Initech,US⏎L-7,`, and takes the leads
//! between with it. Such a quote gives itself away: where it ends, no separator follows (here `U`), or
//! it never ends. Then only the line of the quote is rejected and reading goes on with the next.
//! The lines up to the closing quote are looked at twice, and never more often: between the two
//! there are only doubled quotes, which leave no field open.

use rustc_hash::FxHashMap;

use super::cursor::{Cursor, View, after_line_break, line_breaks};
use super::marks::Marks;
use super::record::{Field, Quoting};
use super::{Error, Record, RecordRef, Reject, Row};

/// Reads rows under a header.
pub(super) struct Rows {
    pub table: Table,
    /// Whether the header ends with `\r\n`.
    pub crlf: bool,
    /// The fields of the row in hand.
    fields: Vec<Field>,
}

/// What a row of a table has to be like.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub delimiter: u8,
    pub header: Vec<String>,
}

/// What stands at the beginning of a slice.
#[derive(Clone, Copy, Debug)]
enum Found {
    /// A row, its line end not counted; the next one begins at `next`.
    Row { end: usize, next: usize, quoted: bool },
    /// The slice ends before the row does, perhaps inside of quotes.
    Unfinished { quote: Option<usize> },
    /// A quote over several lines behind whose end a letter stands.
    Stray { quote: usize, closed: usize },
}

impl Rows {
    /// Reads the header.
    pub fn open(cursor: &mut Cursor, delimiter: u8) -> Result<Rows, Error> {
        let mut rows = Rows { table: Table { delimiter, header: Vec::new() }, crlf: false, fields: Vec::new() };
        if !skip_blank_lines(cursor)? {
            return Err(Error::NoHeader { file: cursor.file.clone() });
        }
        rows.read_header(cursor)?.map_err(|why| Error::BrokenHeader { file: cursor.file.clone(), why })?;
        match repeated(&rows.table.header) {
            None => Ok(rows),
            Some((first, second)) => Err(Error::RepeatedHeader {
                file: cursor.file.clone(),
                header: rows.table.header[first].clone(),
                first: first + 1,
                second: second + 1,
            }),
        }
    }

    /// Takes the row at the cursor for the header, or says why it cannot be.
    fn read_header(&mut self, cursor: &mut Cursor) -> Result<Result<(), String>, Error> {
        let (end, next) = match self.find(cursor)? {
            Found::Row { end, next, .. } if end <= cursor.limit => (end, next),
            Found::Row { .. } | Found::Unfinished { quote: None } => return Ok(Err(too_long(cursor.limit))),
            Found::Stray { .. } | Found::Unfinished { .. } => return Ok(Err("a quote is not closed".to_owned())),
        };
        let text = match self.table.check_text(&cursor.bytes()[..end]) {
            Ok(text) => text.to_owned(),
            Err(why) => return Ok(Err(why)),
        };
        let row = Record::of_fields(cursor.line, text, &self.fields);
        self.table.header = (0..row.len()).map(|index| row.cell(index).unwrap_or_default().into_owned()).collect();
        self.crlf = cursor.bytes()[end..next] == *b"\r\n";
        cursor.pass(next);
        Ok(Ok(()))
    }

    pub fn next(&mut self, cursor: &mut Cursor) -> Result<Option<Row>, Error> {
        if !skip_blank_lines(cursor)? {
            return Ok(None);
        }
        match self.find(cursor)? {
            Found::Row { end, next, quoted } if end <= cursor.limit => Ok(Some(self.take(cursor, end, next, quoted))),
            found => self.reject(cursor, found).map(|reject| Some(Row::Reject(reject))),
        }
    }

    /// Rejects what is no row, and goes on behind it.
    fn reject(&self, cursor: &mut Cursor, found: Found) -> Result<Reject, Error> {
        let (ended, limit) = (cursor.view().ended, cursor.limit);
        match found {
            Found::Row { end, .. } => reject_long(cursor, end),
            Found::Stray { quote, closed } => {
                let closed = cursor.line + line_breaks(&cursor.bytes()[..closed]);
                reject_line_of_quote(cursor, quote, &format!("is closed on line {closed} inside a cell"))
            }
            Found::Unfinished { quote: Some(quote) } if ended => reject_line_of_quote(cursor, quote, "is never closed"),
            Found::Unfinished { quote: Some(quote) } if spans_lines(cursor, quote) => {
                reject_line_of_quote(cursor, quote, &format!("is not closed within {limit} bytes"))
            }
            Found::Unfinished { quote: Some(quote) } => reject_long(cursor, quote),
            Found::Unfinished { quote: None } => {
                let last_field = self.fields.last().map_or(0, |field| field.end as usize);
                reject_long(cursor, last_field)
            }
        }
    }

    /// Looks for the row at the cursor, reading on until it is whole or too long.
    fn find(&mut self, cursor: &mut Cursor) -> Result<Found, Error> {
        loop {
            let view = cursor.view();
            match split(&view, self.table.delimiter, &mut self.fields) {
                Found::Unfinished { .. } if !view.ended && !view.full => cursor.grow()?,
                found => return Ok(found),
            }
        }
    }

    /// The row in hand as a record, or the reason why it is none.
    fn take(&self, cursor: &mut Cursor, end: usize, next: usize, quoted: bool) -> Row {
        let bytes = &cursor.bytes()[..end];
        let breaks = if quoted { line_breaks(bytes) } else { 0 };
        let text = self.table.check_text(bytes);
        let row = match text.and_then(|text| self.table.check_count(text, self.fields.len(), cursor.line, breaks)) {
            Ok(text) => Row::Lead(Record::of_fields(cursor.line, text.to_owned(), &self.fields)),
            Err(reason) => Row::Reject(Reject::new(cursor.line, reason, bytes)),
        };
        cursor.line += breaks + u64::from(next > end);
        cursor.skip(next);
        row
    }
}

impl Table {
    /// Reads the rows of a block, which begins and ends between two rows and holds no row that has to
    /// be looked at twice; see [`cut`].
    pub fn each(&self, bytes: &[u8], mut line: u64, mut row: impl FnMut(Result<RecordRef<'_>, Reject>)) {
        // Nearly always the whole block is fit to be read, and no row has to be asked.
        let text = simdutf8::basic::from_utf8(bytes).ok();
        let (mut marks, mut fields) = (Marks::default(), Vec::new());
        let mut at = 0;
        while at < bytes.len() {
            marks.find(bytes, at, self.delimiter);
            let text = text.filter(|_| !marks.nul);
            let begun = at;
            for begins in marks.rows() {
                let next = begins[begins.len() - 1] as usize;
                let end = end_before(bytes, at, next);
                if at < end {
                    let breaks = if marks.quoted_breaks { line_breaks(&bytes[at..end]) } else { 0 };
                    row(match text.and_then(|text| text.get(at..end)) {
                        Some(text) if begins.len() - 1 == self.header.len() => {
                            Ok(RecordRef::between(line, text, begins))
                        }
                        _ => self.check(&bytes[at..end], begins, line, breaks),
                    });
                    line += breaks;
                }
                line += 1;
                at = next;
            }
            if at == begun {
                let (length, lines) = self.read_closely(&bytes[at..], line, &mut fields, &mut row);
                at += length;
                line += lines;
            }
        }
    }

    /// The row, or why it is none.
    fn check<'a>(&self, bytes: &'a [u8], begins: &'a [u32], line: u64, breaks: u64) -> Result<RecordRef<'a>, Reject> {
        let text = self.check_text(bytes);
        match text.and_then(|text| self.check_count(text, begins.len() - 1, line, breaks)) {
            Ok(text) => Ok(RecordRef::between(line, text, begins)),
            Err(reason) => Err(Reject::new(line, reason, bytes)),
        }
    }

    /// Reads the row at the beginning of the bytes, whatever quotes are in it, and says how many bytes and
    /// lines it takes.
    fn read_closely(
        &self,
        bytes: &[u8],
        line: u64,
        fields: &mut Vec<Field>,
        row: &mut impl FnMut(Result<RecordRef<'_>, Reject>),
    ) -> (usize, u64) {
        if let [b'\n' | b'\r', ..] = bytes {
            return (after_line_break(bytes, 0), 1);
        }
        let view = View { bytes, ended: true, full: false };
        let Found::Row { end, next, .. } = split(&view, self.delimiter, fields) else {
            unreachable!("a block is cut where its rows can be told apart")
        };
        let raw = &bytes[..end];
        let breaks = line_breaks(raw);
        let checked = self.check_text(raw).and_then(|text| self.check_count(text, fields.len(), line, breaks));
        row(match checked {
            Ok(text) => Ok(RecordRef::of_fields(line, text, fields)),
            Err(reason) => Err(Reject::new(line, reason, raw)),
        });
        (next, breaks + u64::from(next > end))
    }

    fn check_text<'a>(&self, bytes: &'a [u8]) -> Result<&'a str, String> {
        if memchr::memchr(0, bytes).is_some() {
            return Err("a NUL byte stands in it: the file is damaged, or not UTF-8".to_owned());
        }
        std::str::from_utf8(bytes).map_err(|error| {
            let at = error.valid_up_to();
            let column = self.column_at(bytes, at);
            let column = match self.header.get(column) {
                Some(name) => format!("column `{name}`"),
                None => format!("column {}", column + 1),
            };
            format!("not UTF-8: byte {:02X} in {column}; was the file saved as Windows-1252 or Latin-1?", bytes[at])
        })
    }

    /// Which column of a row a byte is in.
    fn column_at(&self, row: &[u8], at: usize) -> usize {
        let mut fields = Vec::new();
        split(&View { bytes: row, ended: true, full: false }, self.delimiter, &mut fields);
        fields.iter().position(|field| at <= field.end as usize).unwrap_or_default()
    }

    fn check_count<'a>(&self, text: &'a str, found: usize, line: u64, breaks: u64) -> Result<&'a str, String> {
        let expected = self.header.len();
        if found == expected {
            return Ok(text);
        }
        let columns = if found == 1 { "column" } else { "columns" };
        let mut reason = format!("{found} {columns} where the header has {expected}");
        if breaks > 0 {
            reason += &format!("; the row goes on to line {}: is a quote missing?", line + breaks);
        }
        Err(reason)
    }
}

/// Where the row ends, without its line end, behind which the next row begins.
#[inline]
fn end_before(bytes: &[u8], begin: usize, next: usize) -> usize {
    let end = next - 1;
    let is_pair = end > begin && bytes[end - 1] == b'\r' && bytes.get(end) == Some(&b'\n');
    if is_pair { end - 1 } else { end }
}

/// Whether the open quote has run over the end of its line.
fn spans_lines(cursor: &Cursor, quote: usize) -> bool {
    memchr::memchr2(b'\n', b'\r', &cursor.view().bytes[quote..]).is_some()
}

/// Rejects from the cursor to the end of the line on which the quote stands.
fn reject_line_of_quote(cursor: &mut Cursor, quote: usize, what: &str) -> Result<Reject, Error> {
    let opened = cursor.line + line_breaks(&cursor.bytes()[..quote]);
    let line_end = memchr::memchr2(b'\n', b'\r', &cursor.bytes()[quote..]).map(|at| quote + at);
    let line_end = line_end.unwrap_or(cursor.bytes().len());
    let reason = format!("the quote opened on line {opened} {what}");
    let reject = Reject::new(cursor.line, reason, &cursor.bytes()[..line_end]);
    cursor.pass(line_end);
    cursor.pass_line()?;
    Ok(reject)
}

/// Rejects a row above the limit. From `open` on nothing but the end of a line is looked for.
fn reject_long(cursor: &mut Cursor, open: usize) -> Result<Reject, Error> {
    let kept = cursor.limit.min(cursor.bytes().len());
    let beginning = trim_torn_letter(&cursor.bytes()[..kept]);
    let reject = Reject::new(cursor.line, too_long(cursor.limit), beginning);
    cursor.pass(open);
    cursor.pass_line()?;
    Ok(reject)
}

/// Why a row above the limit is rejected.
pub(super) fn too_long(limit: usize) -> String {
    format!("longer than {limit} bytes, the most a row may have; only its beginning is kept here")
}

/// Cutting at a byte may cut a letter; that is not the row's fault.
pub(super) fn trim_torn_letter(bytes: &[u8]) -> &[u8] {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => &bytes[..error.valid_up_to()],
        _ => bytes,
    }
}

/// Passes line breaks; says whether anything follows them.
fn skip_blank_lines(cursor: &mut Cursor) -> Result<bool, Error> {
    loop {
        match cursor.peek()? {
            None => return Ok(false),
            Some(b'\n' | b'\r') => {
                cursor.fill(2)?;
                let next = after_line_break(cursor.bytes(), 0);
                cursor.pass(next);
            }
            Some(_) => return Ok(true),
        }
    }
}

/// Two columns of one name. Columns without a name are many in real exports, and harmless.
fn repeated(header: &[String]) -> Option<(usize, usize)> {
    let mut seen = FxHashMap::default();
    header
        .iter()
        .enumerate()
        .filter(|(_, name)| !name.trim().is_empty())
        .find_map(|(index, name)| seen.insert(name.as_str(), index).map(|first| (first, index)))
}

/// Where a block of rows can be cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cut {
    /// Behind the row that ends here, as far as the bytes go.
    At(usize),
    /// The bytes end in the first row.
    Unfinished,
    /// The first row has a quote that has to be looked at closely.
    Odd,
}

/// Finds the last place at which the bytes, which begin with a row, can be cut between two rows. What
/// is before it holds no quote that is not closed as it should be. `ended` says that no bytes follow.
///
/// Only quotes are looked at: a quote opens a field where a field begins, and whatever line breaks it
/// encloses are no ends of rows. All other line breaks are.
pub(super) fn cut(bytes: &[u8], delimiter: u8, ended: bool) -> Cut {
    let mut quoted: Vec<std::ops::Range<usize>> = Vec::new();
    let mut at = 0;
    let (end, odd) = loop {
        let Some(quote) = memchr::memchr(b'"', &bytes[at..]).map(|found| at + found) else {
            if ended {
                return Cut::At(bytes.len());
            }
            break (bytes.len(), false);
        };
        let opens = quote == 0 || matches!(bytes[quote - 1], b'\n' | b'\r') || bytes[quote - 1] == delimiter;
        if !opens {
            at = quote + 1;
            continue;
        }
        match quoted_field(&View { bytes, ended, full: false }, quote, delimiter) {
            Ok((end, _)) => {
                quoted.push(quote..end);
                at = end;
            }
            Err(Found::Stray { .. }) => break (quote, true),
            Err(Found::Unfinished { .. } | Found::Row { .. }) => break (quote, ended),
        }
    };
    // From the end back, between the quoted fields: the last end of a row is near.
    let mut until = end;
    for field in quoted.iter().rev() {
        if let Some(found) = memchr::memrchr(b'\n', &bytes[field.end..until]) {
            return Cut::At(field.end + found + 1);
        }
        until = field.start;
    }
    match memchr::memrchr(b'\n', &bytes[..until]) {
        Some(found) => Cut::At(found + 1),
        None if odd => Cut::Odd,
        None => Cut::Unfinished,
    }
}

/// Finds the fields of the row at the beginning of the view.
fn split(view: &View<'_>, delimiter: u8, fields: &mut Vec<Field>) -> Found {
    fields.clear();
    let bytes = view.bytes;
    let mut any_quoted = false;
    let mut at = 0;
    loop {
        let (end, field) = if bytes.get(at) == Some(&b'"') {
            any_quoted = true;
            match quoted_field(view, at, delimiter) {
                Ok(found) => found,
                Err(found) => return found,
            }
        } else {
            let Some(end) = field_end(view, at, delimiter) else { return Found::Unfinished { quote: None } };
            (end, field(at, end, Quoting::Plain))
        };
        fields.push(field);
        match bytes.get(end) {
            Some(byte) if *byte == delimiter => at = end + 1,
            None => return Found::Row { end, next: end, quoted: any_quoted },
            Some(b'\r') if end + 1 == bytes.len() && !view.ended => return Found::Unfinished { quote: None },
            Some(_) => return Found::Row { end, next: after_line_break(bytes, end), quoted: any_quoted },
        }
    }
}

/// The end of an unquoted field or of what follows a closing quote.
fn field_end(view: &View<'_>, from: usize, delimiter: u8) -> Option<usize> {
    match memchr::memchr3(delimiter, b'\n', b'\r', &view.bytes[from..]) {
        Some(length) => Some(from + length),
        None => view.ended.then_some(view.bytes.len()),
    }
}

/// A field that begins with a quote, and where it ends.
fn quoted_field(view: &View<'_>, open: usize, delimiter: u8) -> Result<(usize, Field), Found> {
    let bytes = view.bytes;
    let unfinished = Found::Unfinished { quote: Some(open) };
    let mut quoting = Quoting::Plain;
    let mut at = open + 1;
    loop {
        let close = at + memchr::memchr(b'"', &bytes[at..]).ok_or(unfinished)?;
        match bytes.get(close + 1) {
            Some(b'"') => {
                quoting = Quoting::Doubled;
                at = close + 2;
            }
            None if !view.ended => return Err(unfinished),
            Some(byte) if *byte != delimiter && *byte != b'\n' && *byte != b'\r' => {
                if memchr::memchr2(b'\n', b'\r', &bytes[open..close]).is_some() {
                    return Err(Found::Stray { quote: open, closed: close });
                }
                let end = field_end(view, close, delimiter).ok_or(Found::Unfinished { quote: None })?;
                return Ok((end, field(open, end, Quoting::Odd)));
            }
            _ => return Ok((close + 1, field(open + 1, close, quoting))),
        }
    }
}

fn field(start: usize, end: usize, quoting: Quoting) -> Field {
    let small = |offset| u32::try_from(offset).expect("the limit keeps rows below 4 GiB");
    Field { start: small(start), end: small(end), quoting }
}
