//! A lead's cells as they stood in their file, as the trail keeps them.

use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxHashMap;

/// The cells of a lead that were not empty.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Kept {
    /// JSON: an array in the order of `fields`, or an object.
    cells: String,
    fields: Arc<[String]>,
}

/// Field names of batches, each list once.
#[derive(Debug, Default)]
pub struct Fields(FxHashMap<String, Arc<[String]>>);

impl Kept {
    /// The cells by field.
    pub fn by_field(&self) -> Result<IndexMap<String, String>, serde_json::Error> {
        if !self.cells.starts_with('[') {
            return serde_json::from_str(&self.cells);
        }
        let cells: Vec<String> = serde_json::from_str(&self.cells)?;
        let named = self.fields.iter().cloned().zip(cells);
        Ok(named.filter(|(_, cell)| !cell.is_empty()).collect())
    }

    /// The cells as one JSON object, which needs no list of fields.
    pub fn object(&self) -> String {
        match self.by_field() {
            Ok(cells) => serde_json::to_string(&cells).expect("texts are always JSON"),
            Err(_) => self.cells.clone(),
        }
    }
}

impl Fields {
    /// What a row holds, by its columns `cells` and `fields`.
    pub fn kept(&mut self, cells: String, fields: Option<&str>) -> rusqlite::Result<Kept> {
        let Some(fields) = fields else { return Ok(Kept { cells, fields: Arc::default() }) };
        let known = match self.0.get(fields) {
            Some(known) => known,
            None => self.0.entry(fields.to_owned()).or_insert(read(fields)?),
        };
        Ok(Kept { cells, fields: Arc::clone(known) })
    }
}

fn read(fields: &str) -> rusqlite::Result<Arc<[String]>> {
    serde_json::from_str::<Vec<String>>(fields)
        .map(Arc::from)
        .map_err(|why| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(why)))
}
