//! Records and what was decided about them, on their way into a file.

use std::borrow::Cow;

use indexmap::IndexSet;
use rustc_hash::FxHashSet;

use super::layout::{FromInput, Layout, Source};
use super::output::{Output, Target};
use super::sheet::{Sheet, Style};
use super::{Error, Format, Record};

/// Writes records in any format, whatever format they were read from.
///
/// What is read and written in one kind of format is not changed: JSON values keep their exact text.
/// From a table to JSON every cell is a string, the empty ones too. From JSON to a table, `null` and
/// absent keys are empty, an array of strings is joined by `; `, and other arrays and objects are
/// their JSON text.
pub struct Writer<T, W: Target = Output> {
    sheet: Sheet<W>,
    layout: Layout<T>,
    /// Which columns have been found in any record.
    found: Vec<bool>,
    /// The input's columns that made room for a value.
    replaced: IndexSet<String>,
    /// The names of the columns, where every key must have one.
    listed: FxHashSet<String>,
}

impl<T, W: Target> Writer<T, W> {
    /// Writes the header, if the format has one.
    pub fn new(out: W, format: Format, style: Style, mut layout: Layout<T>) -> Result<Writer<T, W>, Error> {
        let mut sheet = Sheet::new(out, format, style)?;
        let replaced = std::mem::take(&mut layout.replaced).into_iter().collect();
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
        sheet.header(layout.columns.iter().map(|column| column.name.as_str()))?;
        Ok(Writer { sheet, found: vec![false; layout.columns.len()], layout, replaced, listed })
    }

    /// Writes one row; `value` gives the text of the caller's own values.
    pub fn write<'v>(&mut self, record: &Record, mut value: impl FnMut(&T) -> Cow<'v, str>) -> Result<(), Error> {
        self.check_keys(record)?;
        self.sheet.begin_row();
        let echoed = self.echo(record, &mut value)?;
        for (index, column) in self.layout.columns.iter().enumerate() {
            if echoed.contains(&index) {
                continue;
            }
            if let Source::Value(source) = &column.source {
                self.sheet.text(&column.name, &value(source))?;
                continue;
            }
            let place = column.source.place_in(record);
            self.found[index] |= place.is_some();
            match place.and_then(|place| record.value(place)) {
                Some(json) if !self.sheet.is_table() => self.sheet.member(&column.name, json),
                None if !self.sheet.is_table() && record.is_object() => self.sheet.member(&column.name, "null"),
                _ => {
                    let cell = place.and_then(|place| record.cell(place)).unwrap_or_default();
                    self.sheet.text(&column.name, &cell)?;
                }
            }
        }
        self.sheet.end_row()
    }

    /// A table has a column for every key of every lead, or something would be lost.
    fn check_keys(&self, record: &Record) -> Result<(), Error> {
        if self.layout.input != FromInput::Listed {
            return Ok(());
        }
        match record.keys().find(|key| !self.listed.contains(*key)) {
            None => Ok(()),
            Some(key) => Err(Error::KeyWithoutColumn { key: key.to_owned(), line: record.line() }),
        }
    }

    /// Writes the record's own keys; says which columns stood in a key's place.
    fn echo<'v>(&mut self, record: &Record, value: &mut impl FnMut(&T) -> Cow<'v, str>) -> Result<Vec<usize>, Error> {
        let mut echoed = Vec::new();
        if self.layout.input != FromInput::Echoed {
            return Ok(echoed);
        }
        for (place, key) in record.keys().enumerate() {
            let column = self.layout.columns.iter().position(|column| column.name == key);
            match column.map(|index| (index, &self.layout.columns[index].source)) {
                Some((index, Source::Value(source))) => {
                    self.sheet.text(key, &value(source))?;
                    echoed.push(index);
                    if !self.replaced.contains(key) {
                        self.replaced.insert(key.to_owned());
                    }
                }
                _ => self.sheet.member(key, record.value(place).unwrap_or("null")),
            }
        }
        Ok(echoed)
    }

    /// Columns of the input whose cells made room for a value of the same name; for JSON, those
    /// among the rows written so far.
    pub fn replaced(&self) -> impl Iterator<Item = &str> {
        self.replaced.iter().map(String::as_str)
    }

    /// Columns that were asked for and that no row so far has had.
    pub fn never_found(&self) -> impl Iterator<Item = &str> {
        let columns = self.layout.columns.iter().zip(&self.found);
        columns
            .filter(|(column, found)| !**found && !matches!(column.source, Source::Value(_)))
            .map(|(column, _)| &*column.name)
    }

    /// Ends the file; [`Outputs::commit`](super::Outputs::commit) puts it in its place.
    pub fn finish(self) -> Result<W, Error> {
        self.sheet.finish()
    }
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
