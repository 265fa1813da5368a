//! The keys of a table: each with the first row that has it.
//!
//! Every lead asks for its account, and most accounts that are asked for are not there. So what is kept of a
//! key is eight bytes, its row and half of its hash: of 100,000 keys little more than a megabyte, which a
//! processor has at hand, and a row is looked at only where the hash says that it should be the one.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use super::Row;
use crate::cell::Cell;
use crate::ids::{ColumnId, Id, IdVec, RowId};

/// Finds rows by their keys.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    column: usize,
    places: HashTable<Place>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    /// Half of the hash of the key.
    mark: u32,
    row: RowId,
}

impl Keys {
    /// The first row of every key that stands in a column; blanks are no keys.
    pub fn of(rows: &IdVec<RowId, Row>, column: ColumnId) -> Keys {
        let mut keys = Keys { column: column.index(), places: HashTable::with_capacity(rows.len()) };
        for (row, cells) in rows.iter_with_ids() {
            let key = &cells.cells[keys.column];
            if *key != Cell::Blank {
                let hash = hash_of(key);
                let of = |place: &Place| &rows[place.row].cells[column.index()];
                let is_there = |place: &Place| place.mark == mark(hash) && of(place) == key;
                keys.places
                    .entry(hash, is_there, |place| hash_of(of(place)))
                    .or_insert(Place { mark: mark(hash), row });
            }
        }
        keys
    }

    /// The row of a key among those that the keys were taken from.
    pub fn find(&self, rows: &IdVec<RowId, Row>, key: &Cell) -> Option<RowId> {
        self.find_by(rows, hash_of(key), |cell| cell == key)
    }

    /// Likewise, of a text in its normal form.
    #[inline]
    pub fn find_text(&self, rows: &IdVec<RowId, Row>, key: &str) -> Option<RowId> {
        self.find_by(rows, hash_of_text(key), |cell| matches!(cell, Cell::Text(text) if text == key))
    }

    #[inline]
    fn find_by(&self, rows: &IdVec<RowId, Row>, hash: u64, is_it: impl Fn(&Cell) -> bool) -> Option<RowId> {
        let is_there = |place: &Place| place.mark == mark(hash) && is_it(&rows[place.row].cells[self.column]);
        self.places.find(hash, is_there).map(|place| place.row)
    }

    /// How many different keys there are.
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// The rows that are found by their keys, in the order of the table.
    pub fn rows(&self) -> Vec<RowId> {
        let mut rows: Vec<RowId> = self.places.iter().map(|place| place.row).collect();
        rows.sort_unstable();
        rows
    }
}

/// The table itself takes its bits from both ends of a hash.
fn mark(hash: u64) -> u32 {
    (hash >> 24) as u32
}

fn hash_of(key: &Cell) -> u64 {
    match key {
        Cell::Text(text) => hash_of_text(text),
        key => FxBuildHasher.hash_one(key),
    }
}

fn hash_of_text(key: &str) -> u64 {
    FxBuildHasher.hash_one(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn every_key_is_found_at_its_first_row_and_nothing_else_is() {
        let key = |number: u32| match number % 3 {
            0 => Cell::Blank,
            1 => Cell::Text(format!("key {number}").into()),
            _ => Cell::Number(number.into()),
        };
        let row = |number: u32| Row { cells: [Cell::YesNo(true), key(number % 3_000)].into(), span: Span::new(0, 0) };
        let rows: IdVec<RowId, Row> = (0..5_000).map(row).collect();
        let keys = Keys::of(&rows, ColumnId::from_index(1));
        for number in 0..6_000 {
            let expected = (number < 3_000 && number % 3 != 0).then(|| RowId::from_index(number as usize));
            assert_eq!(keys.find(&rows, &key(number)), expected, "{number}");
        }
        assert_eq!(keys.find_text(&rows, "key 4"), Some(RowId::from_index(4)));
        assert_eq!((keys.find_text(&rows, "key 5"), keys.find_text(&rows, "")), (None, None));
        let first = |row: &RowId| row.index() < 3_000 && !row.index().is_multiple_of(3);
        assert_eq!(keys.count(), 2_000);
        assert_eq!(keys.rows(), rows.ids().filter(first).collect::<Vec<RowId>>());
    }
}
