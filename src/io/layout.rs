//! Which columns an output has, and what stands in them.
//!
//! The caller's own values (`assigned_to`, `rep.crm_id`, …) are of a type `T` that only the caller
//! understands; [`Writer::write`](super::Writer::write) asks for their text.

use indexmap::IndexMap;

use super::columns::{Place, find_key};
use super::{Columns, Error, Header, RecordRef};
use crate::suggest;

/// The columns of an output, in order.
#[derive(Clone, Debug)]
pub struct Layout<T> {
    pub(super) columns: Vec<Column<T>>,
    pub(super) input: FromInput,
    /// Names of the input's columns that made room for a value.
    pub(super) replaced: Vec<String>,
}

/// What becomes of the input's own columns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FromInput {
    /// All of them are among the columns.
    Listed,
    /// All of a record's keys go before the columns.
    Echoed,
    /// Some may be among the columns.
    Chosen,
}

#[derive(Clone, Debug)]
pub(super) struct Column<T> {
    pub name: String,
    pub source: Source<T>,
}

#[derive(Clone, Debug)]
pub(super) enum Source<T> {
    /// A cell of a table's row.
    Cell(usize),
    /// The value of exactly this key.
    Key(String),
    /// The value of the key that holds this field.
    Field(String),
    Value(T),
}

impl<T> Layout<T> {
    /// All of the input's columns in their order, then the values, each under its name.
    ///
    /// A value whose name the input has already stands in that column's place and replaces what was
    /// there, so that routing a routed file again gives the same columns. [`Writer::replaced`] names
    /// those columns.
    ///
    /// [`Writer::replaced`]: super::Writer::replaced
    pub fn everything(header: &Header, values: impl IntoIterator<Item = (String, T)>) -> Layout<T> {
        let mut values: IndexMap<String, T> = values.into_iter().collect();
        let mut columns = Vec::new();
        let mut replaced = Vec::new();
        for (index, name) in header.names().iter().enumerate() {
            let source = match (values.shift_remove(name), header) {
                (Some(value), _) => {
                    replaced.push(name.clone());
                    Source::Value(value)
                }
                (None, Header::Columns(_)) => Source::Cell(index),
                (None, _) => Source::Key(name.clone()),
            };
            columns.push(Column { name: name.clone(), source });
        }
        columns.extend(values.into_iter().map(|(name, value)| Column { name, source: Source::Value(value) }));
        let input = if *header == Header::Unknown { FromInput::Echoed } else { FromInput::Listed };
        Layout { columns, input, replaced }
    }
}

impl<T: Clone> Layout<T> {
    /// The columns that `--columns` asks for: `HEADER=SOURCE` or just `SOURCE`, separated by commas.
    ///
    /// A source is one of the `values`, else a field of the lead, else a column of the input by its
    /// exact name. If nothing is known of the input's keys ([`Header::Unknown`]), any other name is
    /// taken for one; [`Writer::never_found`](super::Writer::never_found) tells in the end.
    pub fn chosen(spec: &str, values: &[(String, T)], columns: &Columns, header: &Header) -> Result<Layout<T>, Error> {
        let mut chosen: Vec<Column<T>> = Vec::new();
        for (name, source) in parse(spec)? {
            if chosen.iter().any(|column| column.name == name) {
                return Err(Error::BadColumns { why: format!("two columns would be called `{name}`") });
            }
            let source = resolve(&source, values, columns, header)?;
            chosen.push(Column { name, source });
        }
        Ok(Layout { columns: chosen, input: FromInput::Chosen, replaced: Vec::new() })
    }
}

fn resolve<T: Clone>(
    written: &str,
    values: &[(String, T)],
    columns: &Columns,
    header: &Header,
) -> Result<Source<T>, Error> {
    if let Some((_, value)) = values.iter().find(|(name, _)| name == written) {
        return Ok(Source::Value(value.clone()));
    }
    match columns.place_of(written) {
        Some(Place::Column(index)) => return Ok(Source::Cell(index)),
        Some(Place::Key(key)) => return Ok(Source::Field(key.to_owned())),
        None => {}
    }
    let place = header.names().iter().position(|name| name == written);
    match (header, place) {
        (Header::Columns(_), Some(index)) => Ok(Source::Cell(index)),
        (Header::Keys(_), Some(_)) | (Header::Unknown, _) => Ok(Source::Key(written.to_owned())),
        (_, None) => {
            let values = values.iter().map(|(name, _)| name.as_str());
            let known = values.chain(columns.names()).chain(header.names().iter().map(String::as_str));
            let suggestion = suggest::nearest(written, known).map(str::to_owned);
            Err(Error::UnknownSource { written: written.to_owned(), suggestion })
        }
    }
}

impl<T> Column<T> {
    /// The place of the cell that it is, in a table's row.
    pub fn cell(&self) -> Option<usize> {
        match self.source {
            Source::Cell(index) => Some(index),
            Source::Key(_) | Source::Field(_) | Source::Value(_) => None,
        }
    }
}

impl<T> Source<T> {
    /// Where the record holds it; `None` for a value, and where the record does not have it.
    pub fn place_in(&self, record: RecordRef<'_>) -> Option<usize> {
        match self {
            Source::Cell(index) => Some(*index),
            Source::Key(key) => record.position(key),
            Source::Field(key) => find_key(record, key),
            Source::Value(_) => None,
        }
    }
}

/// Splits `Id=id,"Rule, in full"=rule` into names and sources.
fn parse(spec: &str) -> Result<Vec<(String, String)>, Error> {
    let mut rest = spec;
    let mut columns = Vec::new();
    loop {
        let (name, behind) = parse_name(rest)?;
        let (source, behind) = match behind.strip_prefix('=') {
            Some(behind) => parse_name(behind)?,
            None => (name.clone(), behind),
        };
        columns.push((name, source));
        match behind.strip_prefix(',') {
            Some(behind) => rest = behind,
            None if behind.is_empty() => return Ok(columns),
            None => return Err(Error::BadColumns { why: format!("`,` is expected before `{behind}`") }),
        }
    }
}

/// A bare name, or one in double quotes with quotes inside doubled; and what follows it.
fn parse_name(text: &str) -> Result<(String, &str), Error> {
    let text = text.trim_start();
    let (name, behind) = match text.strip_prefix('"') {
        Some(quoted) => parse_quoted(quoted)?,
        None => {
            let end = text.find([',', '=']).unwrap_or(text.len());
            (text[..end].trim_end().to_owned(), &text[end..])
        }
    };
    if name.is_empty() {
        return Err(Error::BadColumns { why: "a name is missing".to_owned() });
    }
    Ok((name, behind.trim_start()))
}

fn parse_quoted(text: &str) -> Result<(String, &str), Error> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let Some(quote) = rest.find('"') else {
            return Err(Error::BadColumns { why: format!("the quote before `{text}` is not closed") });
        };
        name.push_str(&rest[..quote]);
        rest = &rest[quote + 1..];
        match rest.strip_prefix('"') {
            Some(behind) => {
                name.push('"');
                rest = behind;
            }
            None => return Ok((name, rest)),
        }
    }
}
