//! Which column or key holds which field of a lead.
//!
//! A field's column is the one with exactly its name (or the name it gives with `from`), else the
//! only one whose name is the same but for letter case, surrounding spaces, and spaces and hyphens
//! where the field has underscores: `Postal Code` is `postal_code`.

use std::borrow::Cow;

use indexmap::IndexSet;

use super::{Error, Header, Record, RecordRef, Reject};
use crate::suggest;

/// Keys remembered for suggestions.
const REMEMBERED: usize = 1_000;

/// Finds the fields of a lead in records.
#[derive(Clone, Debug)]
pub struct Columns {
    fields: std::sync::Arc<[Wanted]>,
    places: Places,
}

#[derive(Clone, Debug)]
struct Wanted {
    name: String,
    /// The column's name: the field's own, or what it says with `from`.
    column: String,
}

#[derive(Clone, Debug)]
enum Places {
    /// In a table every row is alike.
    Fixed(Vec<Option<usize>>),
    ByKey(Shape),
}

/// JSON leads mostly have the same keys, so the last one's places are tried first.
#[derive(Clone, Debug)]
struct Shape {
    keys: Vec<String>,
    places: Vec<Option<usize>>,
    /// Fields that any record so far has had.
    found: Vec<bool>,
    /// Keys seen, for suggestions.
    seen: IndexSet<String>,
}

/// The cells of one record, by field.
#[derive(Clone, Debug)]
pub struct Cells<'r>(Vec<Option<Cow<'r, str>>>);

/// A field without a column: it is blank in every lead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missing {
    /// Position among the fields.
    pub field: usize,
    pub name: String,
    /// The column that was looked for.
    pub column: String,
    /// The column most like it.
    pub suggestion: Option<String>,
}

/// Where a name was found among names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Found {
    At(usize),
    Nowhere,
    /// Two could be meant.
    Twice(usize, usize),
}

impl Columns {
    /// Binds fields, each with its name and the column it gives with `from`.
    ///
    /// It is an error if two columns could be a field's, or if no field has a column at all. Single
    /// fields may be without one, see [`Columns::missing`].
    pub fn bind<'a>(
        fields: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
        header: &Header,
    ) -> Result<Columns, Error> {
        let fields: Vec<Wanted> = fields
            .into_iter()
            .map(|(name, from)| Wanted { name: name.to_owned(), column: from.unwrap_or(name).to_owned() })
            .collect();
        let places = match header {
            Header::Columns(names) => Places::Fixed(bind_columns(&fields, names)?),
            Header::Keys(keys) => Places::ByKey(Shape::knowing(&fields, keys)),
            Header::Unknown => Places::ByKey(Shape::knowing(&fields, &[])),
        };
        Ok(Columns { fields: fields.into(), places })
    }

    /// The cells of a record, one for each field. A JSON record is rejected if two of its keys could
    /// be one field's.
    pub fn cells<'r>(&mut self, record: &'r Record) -> Result<Cells<'r>, Reject> {
        Ok(Cells::of(self.places(record.view())?, record.view()))
    }

    /// Where the cells of a record are, one place for each field. A JSON record is rejected if two of its
    /// keys could be one field's.
    pub fn places(&mut self, record: RecordRef<'_>) -> Result<&[Option<usize>], Reject> {
        match &mut self.places {
            Places::Fixed(places) => Ok(places),
            Places::ByKey(shape) => shape.places_in(record, &self.fields),
        }
    }

    /// Learns what another has learnt of the records that came after this one's own.
    pub fn learn(&mut self, later: &Columns) {
        if let (Places::ByKey(shape), Places::ByKey(later)) = (&mut self.places, &later.places) {
            shape.learn(later);
        }
    }

    /// Fields without a column. For JSON these are the fields that no record so far has had, so it
    /// is asked after the last one.
    pub fn missing(&self, header: &Header) -> Vec<Missing> {
        let is_missing = |field: usize| match &self.places {
            Places::Fixed(places) => places[field].is_none(),
            Places::ByKey(shape) => !shape.found[field],
        };
        let names: Vec<&str> = match &self.places {
            Places::Fixed(_) => header.names().iter().map(String::as_str).collect(),
            Places::ByKey(shape) => shape.seen.iter().map(String::as_str).collect(),
        };
        let missing = (0..self.fields.len()).filter(|&field| is_missing(field));
        missing.map(|field| self.missing_field(field, &names)).collect()
    }

    fn missing_field(&self, field: usize, names: &[&str]) -> Missing {
        let Wanted { name, column } = &self.fields[field];
        let suggestion = suggest::nearest(column, names.iter().copied()).map(str::to_owned);
        Missing { field, name: name.clone(), column: column.clone(), suggestion }
    }

    /// Names of the fields, in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.name.as_str())
    }

    /// The column a field was bound to in a table, or the key it is looked for by.
    pub(super) fn place_of(&self, name: &str) -> Option<Place<'_>> {
        let field = self.fields.iter().position(|field| field.name == name)?;
        match &self.places {
            Places::Fixed(places) => places[field].map(Place::Column),
            Places::ByKey(_) => Some(Place::Key(&self.fields[field].column)),
        }
    }
}

/// Where a field is found.
pub(super) enum Place<'a> {
    Column(usize),
    /// A key that is compared loosely.
    Key(&'a str),
}

impl<'r> Cells<'r> {
    /// The cells of a record at the places of [`Columns::places`].
    pub fn of(places: &[Option<usize>], record: RecordRef<'r>) -> Cells<'r> {
        Cells(places.iter().map(|place| record.cell((*place)?)).collect())
    }

    /// The text of a field's cell; `None` if it has no column, or JSON says `null`.
    pub fn get(&self, field: usize) -> Option<&str> {
        self.0[field].as_deref()
    }
}

impl Shape {
    /// A shape that fits no record yet, with the keys that are known beforehand.
    fn knowing(fields: &[Wanted], keys: &[String]) -> Shape {
        let known = |field: &Wanted| find(&field.column, keys.iter().map(String::as_str)) != Found::Nowhere;
        Shape {
            keys: Vec::new(),
            places: vec![None; fields.len()],
            found: fields.iter().map(known).collect(),
            seen: keys.iter().take(REMEMBERED).cloned().collect(),
        }
    }

    fn places_in(&mut self, record: RecordRef<'_>, fields: &[Wanted]) -> Result<&[Option<usize>], Reject> {
        if !self.keys.iter().map(String::as_str).eq(record.keys()) {
            self.fit(record, fields)?;
        }
        Ok(&self.places)
    }

    /// Learns the places of a record with other keys than the last.
    fn fit(&mut self, record: RecordRef<'_>, fields: &[Wanted]) -> Result<(), Reject> {
        let keys: Vec<&str> = record.keys().collect();
        let mut places = Vec::with_capacity(fields.len());
        for field in fields {
            places.push(match find(&field.column, keys.iter().copied()) {
                Found::At(place) => Some(place),
                Found::Nowhere => None,
                Found::Twice(first, second) => {
                    let (first, second, name) = (keys[first], keys[second], &field.name);
                    return Err(record.reject(format!("keys `{first}` and `{second}` could both be field `{name}`")));
                }
            });
        }
        self.places = places;
        self.keys = keys.into_iter().map(str::to_owned).collect();
        for (found, place) in self.found.iter_mut().zip(&self.places) {
            *found |= place.is_some();
        }
        remember(&mut self.seen, &self.keys);
        Ok(())
    }

    fn learn(&mut self, later: &Shape) {
        for (found, later) in self.found.iter_mut().zip(&later.found) {
            *found |= later;
        }
        remember(&mut self.seen, &later.seen);
    }
}

fn remember<'k>(seen: &mut IndexSet<String>, keys: impl IntoIterator<Item = &'k String>) {
    for key in keys {
        if seen.len() < REMEMBERED && !seen.contains(key) {
            seen.insert(key.clone());
        }
    }
}

fn bind_columns(fields: &[Wanted], names: &[String]) -> Result<Vec<Option<usize>>, Error> {
    let mut places = Vec::with_capacity(fields.len());
    for field in fields {
        places.push(match find(&field.column, names.iter().map(String::as_str)) {
            Found::At(place) => Some(place),
            Found::Nowhere => None,
            Found::Twice(first, second) => {
                let columns = [names[first].clone(), names[second].clone()];
                return Err(Error::AmbiguousColumn { field: field.name.clone(), columns });
            }
        });
    }
    if !places.is_empty() && places.iter().all(Option::is_none) {
        return Err(Error::NoColumns { headers: names.to_vec() });
    }
    Ok(places)
}

/// Where a record has a key that is exactly this, or else the first that is loosely this.
pub(super) fn find_key(record: RecordRef<'_>, wanted: &str) -> Option<usize> {
    match find(wanted, record.keys()) {
        Found::At(place) | Found::Twice(place, _) => Some(place),
        Found::Nowhere => None,
    }
}

fn find<'a>(wanted: &str, names: impl Iterator<Item = &'a str> + Clone) -> Found {
    if let Some(place) = names.clone().position(|name| name == wanted) {
        return Found::At(place);
    }
    let mut alike = names.enumerate().filter(|(_, name)| is_alike(name, wanted)).map(|(place, _)| place);
    match (alike.next(), alike.next()) {
        (None, _) => Found::Nowhere,
        (Some(place), None) => Found::At(place),
        (Some(first), Some(second)) => Found::Twice(first, second),
    }
}

fn is_alike(name: &str, wanted: &str) -> bool {
    letters(name).eq(letters(wanted))
}

fn letters(name: &str) -> impl Iterator<Item = char> {
    name.trim().chars().flat_map(char::to_lowercase).map(joint)
}

fn joint(letter: char) -> char {
    if matches!(letter, ' ' | '-') { '_' } else { letter }
}
