//! JSON: one object a line, or one array of objects.
//!
//! An object is read into its keys and the exact text of its values, as serde_json reads it: `1.10` and
//! `12345678901234567890` go out as they came in.
//!
//! The elements of an array are told apart by brackets and quotes alone, so an element that is
//! balanced but wrong (`{"a": tru}`) costs only itself. When a bracket or a quote is missing, the
//! layout tells where the next lead begins: JSON has no line breaks inside strings, so a later line
//! that begins with `{`, no deeper indented than the broken element, is taken for one.
//!
//! ```text
//! 2:    {"id": "L-1", "company": "Acme},      ← rejected
//! 3:    {"id": "L-2", "company": "Initech"},  ← reading goes on here
//! ```
//!
//! An array written on one line has no such places; then the rest of the file is one reject, or,
//! if it is longer than a row may be, an [`Error::Unreadable`].

mod object;
mod sight;

use super::csv::{too_long, trim_torn_letter};
use super::cursor::{Cursor, line_breaks};
use super::{Error, Record, RecordRef, Reject, Row};
use object::read_object;
use sight::Sight;

/// Reads one object a line.
#[derive(Default)]
pub(super) struct Lines {
    sight: Sight,
}

impl Lines {
    pub fn open(cursor: &mut Cursor) -> Result<Lines, Error> {
        skip_space(cursor)?;
        match cursor.peek()? {
            Some(b'[') => Err(Error::NotLines { file: cursor.file.clone() }),
            _ => Ok(Lines::default()),
        }
    }

    pub fn next(&mut self, cursor: &mut Cursor) -> Result<Option<Row>, Error> {
        skip_space(cursor)?;
        if cursor.peek()?.is_none() {
            return Ok(None);
        }
        let Some(end) = line_end(cursor)? else {
            return Ok(Some(Row::Reject(reject_long_line(cursor)?)));
        };
        let text = trim_end(&cursor.bytes()[..end]);
        let (row, length) = (read_element(cursor.line, text, &mut self.sight), text.len());
        // Not to the `\n`: what reads on must not begin inside of `\r\n`.
        cursor.pass(length);
        Ok(Some(row))
    }
}

/// Reads the objects of whole lines, none of them longer than allowed.
pub(super) fn each_line(bytes: &[u8], mut line: u64, mut row: impl FnMut(Result<RecordRef<'_>, Reject>)) {
    let mut rest = bytes;
    let (mut sight, mut members) = (Sight::default(), Vec::new());
    loop {
        let space = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        line += line_breaks(&rest[..space]);
        rest = &rest[space..];
        if rest.is_empty() {
            return;
        }
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let text = trim_end(&rest[..end]);
        match read_object(line, text, &mut sight, &mut members) {
            Ok(text) => row(Ok(RecordRef::of_members(line, text, &members))),
            Err(reason) => row(Err(Reject::new(line, reason, text))),
        }
        // A line may hold lone carriage returns between its parts.
        if memchr::memchr(b'\r', text).is_some() {
            line += line_breaks(text);
        }
        rest = &rest[text.len()..];
    }
}

/// The length of the line at the cursor, or `None` if that is above the limit.
fn line_end(cursor: &mut Cursor) -> Result<Option<usize>, Error> {
    loop {
        let view = cursor.view();
        let end = match memchr::memchr(b'\n', view.bytes) {
            Some(end) => end,
            None if view.ended => view.bytes.len(),
            None if view.full => return Ok(None),
            None => {
                cursor.grow()?;
                continue;
            }
        };
        return Ok((end <= cursor.limit).then_some(end));
    }
}

fn reject_long_line(cursor: &mut Cursor) -> Result<Reject, Error> {
    let reject = reject_beginning(cursor);
    cursor.pass_line()?;
    Ok(reject)
}

/// Reads the elements of one array.
pub(super) struct Elements {
    expecting: Expecting,
    /// The cursor stands at a lead found by its layout, indented so far.
    indent: Option<usize>,
    sight: Sight,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Expecting {
    FirstElement,
    /// Behind a comma.
    Element,
    /// Behind an element: a comma or the end.
    Comma,
    /// Behind the end of the array.
    Nothing,
}

impl Elements {
    pub fn open(cursor: &mut Cursor) -> Result<Elements, Error> {
        skip_space(cursor)?;
        match cursor.peek()? {
            Some(b'[') => {
                cursor.skip(1);
                Ok(Elements { expecting: Expecting::FirstElement, indent: None, sight: Sight::default() })
            }
            other => Err(Error::NotAnArray { file: cursor.file.clone(), found: kind_of(other).to_owned() }),
        }
    }

    pub fn next(&mut self, cursor: &mut Cursor) -> Result<Option<Row>, Error> {
        loop {
            let indent = self.indent.take().or(skip_space(cursor)?);
            let Some(byte) = cursor.peek()? else { return Ok(self.end_of_file(cursor)) };
            match (self.expecting, byte) {
                (Expecting::FirstElement | Expecting::Comma, b']') => self.pass_mark(cursor, Expecting::Nothing),
                (Expecting::Comma, b',') => self.pass_mark(cursor, Expecting::Element),
                (Expecting::FirstElement | Expecting::Element, b',') => {
                    return Ok(Some(self.reject_mark(cursor, Expecting::Element, "no lead before this comma")));
                }
                (Expecting::Element, b']') => {
                    return Ok(Some(self.reject_mark(cursor, Expecting::Nothing, "no lead behind the last comma")));
                }
                (Expecting::Nothing, _) => return self.rest(cursor, "text behind the end of the array").map(Some),
                (Expecting::FirstElement, _) => return self.element(cursor, indent.or(Some(1)), None).map(Some),
                (Expecting::Element, _) => return self.element(cursor, indent, None).map(Some),
                (Expecting::Comma, _) => {
                    let missing = Some("a comma is missing before this lead");
                    return self.element(cursor, indent, missing).map(Some);
                }
            }
        }
    }

    fn pass_mark(&mut self, cursor: &mut Cursor, expecting: Expecting) {
        cursor.skip(1);
        self.expecting = expecting;
    }

    fn reject_mark(&mut self, cursor: &mut Cursor, expecting: Expecting, why: &str) -> Row {
        let reject = Reject::new(cursor.line, why, &cursor.bytes()[..1]);
        self.pass_mark(cursor, expecting);
        Row::Reject(reject)
    }

    fn end_of_file(&mut self, cursor: &Cursor) -> Option<Row> {
        if self.expecting == Expecting::Nothing {
            return None;
        }
        self.expecting = Expecting::Nothing;
        Some(Row::Reject(Reject::new(cursor.line, "the array is never closed: the file seems to be cut off", b"")))
    }

    /// Reads the element at the cursor. `indent` is how far its line is indented, if it begins one.
    fn element(&mut self, cursor: &mut Cursor, indent: Option<usize>, wrong: Option<&str>) -> Result<Row, Error> {
        self.expecting = Expecting::Comma;
        let mut brackets = Brackets::default();
        match extent(cursor, &mut brackets)? {
            Extent::Ends(end) => {
                let row = read_element(cursor.line, &cursor.bytes()[..end], &mut self.sight);
                let row = match (row, wrong) {
                    (Row::Lead(record), Some(wrong)) => Row::Reject(record.reject(wrong)),
                    (row, _) => row,
                };
                if let Row::Reject(reject) = &row
                    && let Some(next) = next_lead(&cursor.bytes()[..end], indent)
                {
                    return Ok(self.reject_up_to(cursor, next, &reject.reason));
                }
                cursor.pass(end);
                Ok(row)
            }
            Extent::Breaks(why) => match find_next_lead(cursor, indent)? {
                Some(next) => Ok(self.reject_up_to(cursor, next, why)),
                None => self.rest(cursor, why),
            },
            Extent::TooLong { end } => match next_lead(cursor.view().bytes, indent) {
                Some(next) => Ok(self.reject_up_to(cursor, next, "a bracket or a quote is not closed")),
                None => reject_long_element(cursor, brackets, end),
            },
        }
    }

    /// Rejects the broken element and goes on with the next one.
    fn reject_up_to(&mut self, cursor: &mut Cursor, next: NextLead, why: &str) -> Row {
        let row = trim_end(&cursor.bytes()[..next.at]);
        let row = row.strip_suffix(b",").unwrap_or(row);
        // What is left is looked at again for its own reason: `why` may be about what came behind it.
        let why = match Brackets::default().follow(row) {
            Step::Broken(why) => why.to_owned(),
            Step::Open | Step::Closed(_) => {
                let read = read_object(cursor.line, row, &mut Sight::default(), &mut Vec::new());
                read.err().unwrap_or_else(|| why.to_owned())
            }
        };
        let reject = Reject::new(cursor.line, why, row);
        cursor.pass(next.at);
        self.expecting = Expecting::Element;
        self.indent = Some(next.indent);
        Row::Reject(reject)
    }

    /// Rejects everything up to the end of the file.
    fn rest(&mut self, cursor: &mut Cursor, why: &str) -> Result<Row, Error> {
        self.expecting = Expecting::Nothing;
        while !cursor.view().ended {
            if cursor.view().full {
                return Err(Error::Unreadable { file: cursor.file.clone(), line: cursor.line, why: why.to_owned() });
            }
            cursor.grow()?;
        }
        let rest = cursor.bytes();
        let reject = Reject::new(cursor.line, format!("{why}; this is the rest of the file"), trim_end(rest));
        cursor.pass(rest.len());
        Ok(Row::Reject(reject))
    }
}

/// How far an element reaches.
enum Extent {
    Ends(usize),
    Breaks(&'static str),
    /// Above the limit. Where no end is given, all bytes of the view have been looked at.
    TooLong {
        end: Option<usize>,
    },
}

/// Finds the end of the element at the cursor.
fn extent(cursor: &mut Cursor, brackets: &mut Brackets) -> Result<Extent, Error> {
    let mut seen = 0;
    loop {
        let view = cursor.view();
        let step = brackets.follow(&view.bytes[seen..]);
        let (ended, full) = (view.ended, view.full);
        match step {
            Step::Closed(end) if seen + end > cursor.limit => return Ok(Extent::TooLong { end: Some(seen + end) }),
            Step::Closed(end) => return Ok(Extent::Ends(seen + end)),
            Step::Broken(why) => return Ok(Extent::Breaks(why)),
            Step::Open if ended && brackets.is_scalar() => return Ok(Extent::Ends(view.bytes.len())),
            Step::Open if ended => return Ok(Extent::Breaks("the file ends inside this lead")),
            Step::Open if full => return Ok(Extent::TooLong { end: None }),
            Step::Open => {
                seen = view.bytes.len();
                cursor.grow()?;
            }
        }
    }
}

/// Rejects an element above the limit, and passes it up to the bracket that closes it.
fn reject_long_element(cursor: &mut Cursor, mut brackets: Brackets, end: Option<usize>) -> Result<Row, Error> {
    let reject = reject_beginning(cursor);
    let unreadable = |cursor: &Cursor, why: &str| Error::Unreadable {
        file: cursor.file.clone(),
        line: reject.line,
        why: why.to_owned(),
    };
    cursor.pass(end.unwrap_or(cursor.view().bytes.len()));
    let mut closed = end.is_some();
    while !closed {
        if cursor.peek()?.is_none() {
            return Err(unreadable(cursor, "a bracket or a quote is never closed"));
        }
        let count = match brackets.follow(cursor.bytes()) {
            Step::Closed(end) => {
                closed = true;
                end
            }
            Step::Broken(why) => return Err(unreadable(cursor, why)),
            Step::Open => cursor.bytes().len(),
        };
        cursor.pass(count);
    }
    Ok(Row::Reject(reject))
}

fn reject_beginning(cursor: &Cursor) -> Reject {
    let kept = cursor.limit.min(cursor.bytes().len());
    Reject::new(cursor.line, too_long(cursor.limit), trim_torn_letter(&cursor.bytes()[..kept]))
}

/// Looks for the next lead behind a broken one, as far as a row may reach.
fn find_next_lead(cursor: &mut Cursor, indent: Option<usize>) -> Result<Option<NextLead>, Error> {
    loop {
        let view = cursor.view();
        let found = next_lead(view.bytes, indent);
        if found.is_some() || view.ended || view.full || indent.is_none() {
            return Ok(found);
        }
        cursor.grow()?;
    }
}

/// A line that begins like a lead.
struct NextLead {
    /// Where its `{` stands.
    at: usize,
    indent: usize,
}

/// The next line that begins with `{` and is indented no deeper than `most`.
fn next_lead(bytes: &[u8], most: Option<usize>) -> Option<NextLead> {
    let most = most?;
    memchr::memchr_iter(b'\n', bytes).find_map(|line_break| {
        let line = &bytes[line_break + 1..];
        let indent = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let begins = indent <= most && line.get(indent) == Some(&b'{');
        begins.then_some(NextLead { at: line_break + 1 + indent, indent })
    })
}

/// Follows brackets and quotes until the element that begins with the first byte is closed. Bytes
/// may come in pieces.
#[derive(Default)]
struct Brackets {
    /// Open brackets, the innermost in the lowest bit; `{` is 1 and `[` is 0.
    open: u128,
    depth: u32,
    in_text: bool,
    /// The byte before was a backslash inside text.
    escaped: bool,
    begun: bool,
}

enum Step {
    Open,
    /// The element ends before this byte.
    Closed(usize),
    Broken(&'static str),
}

impl Brackets {
    fn follow(&mut self, bytes: &[u8]) -> Step {
        let mut at = 0;
        while at < bytes.len() {
            if self.in_text {
                match self.pass_text(&bytes[at..]) {
                    None => return Step::Open,
                    Some(length) => at += length,
                }
                if !self.in_text && self.depth == 0 {
                    return Step::Closed(at);
                }
                continue;
            }
            match self.pass_byte(bytes[at]) {
                Step::Closed(length) => return Step::Closed(at + length),
                Step::Open => at += 1,
                broken @ Step::Broken(_) => return broken,
            }
        }
        Step::Open
    }

    /// Inside text: the length up to and with the closing quote or an escape.
    fn pass_text(&mut self, bytes: &[u8]) -> Option<usize> {
        if std::mem::take(&mut self.escaped) {
            return Some(1);
        }
        let at = memchr::memchr2(b'"', b'\\', bytes)?;
        match bytes[at] {
            b'"' => self.in_text = false,
            _ => self.escaped = true,
        }
        Some(at + 1)
    }

    /// Outside text. `Closed` holds 1 if the byte belongs to the element, 0 if it is behind it.
    fn pass_byte(&mut self, byte: u8) -> Step {
        let inside = self.depth > 0;
        let first = !std::mem::replace(&mut self.begun, true);
        match byte {
            b'{' | b'[' | b'"' | b',' | b']' | b' ' | b'\t' | b'\n' | b'\r' if !inside && !first => Step::Closed(0),
            b'"' => {
                self.in_text = true;
                Step::Open
            }
            b'{' | b'[' if self.depth == u128::BITS => Step::Broken("nested deeper than 128 brackets"),
            b'{' | b'[' => {
                self.depth += 1;
                self.open = self.open << 1 | u128::from(byte == b'{');
                Step::Open
            }
            b'}' | b']' if inside => self.close(byte),
            b'\\' if inside => Step::Broken("broken JSON: a backslash stands outside of text"),
            _ => Step::Open,
        }
    }

    fn close(&mut self, byte: u8) -> Step {
        let is_object = self.open & 1 == 1;
        match (is_object, byte) {
            (true, b']') => return Step::Broken("broken JSON: a `}` is missing"),
            (false, b'}') => return Step::Broken("broken JSON: a `]` is missing"),
            _ => {}
        }
        self.depth -= 1;
        self.open >>= 1;
        if self.depth == 0 { Step::Closed(1) } else { Step::Open }
    }

    /// A number or a word, which ends with the file too.
    fn is_scalar(&self) -> bool {
        self.depth == 0 && !self.in_text
    }
}

/// Passes space; says how far the line is indented, if the space held a line break.
fn skip_space(cursor: &mut Cursor) -> Result<Option<usize>, Error> {
    let mut indent = None;
    while let Some(byte @ (b' ' | b'\t' | b'\n' | b'\r')) = cursor.peek()? {
        indent = match byte {
            b'\n' | b'\r' => Some(0),
            _ => indent.map(|spaces| spaces + 1),
        };
        cursor.pass(1);
    }
    Ok(indent)
}

/// Without the space that JSON allows behind a value.
fn trim_end(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).map_or(0, |last| last + 1);
    &bytes[..end]
}

/// What a value is, by its first byte.
fn kind_of(byte: Option<u8>) -> &'static str {
    match byte {
        None => "nothing",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "text",
        Some(b'-' | b'0'..=b'9') => "a number",
        Some(b't' | b'f' | b'n') => "a word",
        Some(_) => "something that is not JSON",
    }
}

/// The object in these bytes, or a reject.
fn read_element(line: u64, bytes: &[u8], sight: &mut Sight) -> Row {
    let mut members = Vec::new();
    match read_object(line, bytes, sight, &mut members) {
        Ok(text) => Row::Lead(Record::of_members(line, text.to_owned(), members)),
        Err(reason) => Row::Reject(Reject::new(line, reason, bytes)),
    }
}
