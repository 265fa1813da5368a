//! `duplicate-key`: rows of a table that repeat a key; only the first is ever found.
//!
//! Loading reports them and stops, unless the table allows it: this is what that `allow` silences.

use super::{Facts, Lint};
use crate::check::repeated_keys;
use crate::diagnostic::{Code, Finding};
use crate::ids::{Id, RowId};
use crate::policy::Table;

pub const LINT: Lint = Lint { code: Code::DuplicateKey, find };

fn find(facts: &Facts) -> Vec<Finding> {
    facts.project.tables.iter().flat_map(find_in).collect()
}

fn find_in(table: &Table) -> impl Iterator<Item = Finding> {
    repeated_keys(table).into_iter().map(|(first, row)| finding(table, first, row))
}

fn finding(table: &Table, first: RowId, row: RowId) -> Finding {
    let numbers = (first.index() + 1, row.index() + 1);
    let message = format!("rows {} and {} of `{}` have the same key", numbers.0, numbers.1, table.name);
    Finding::new(Code::DuplicateKey, table.rows[row].span, message)
        .at(format!("row {}", numbers.1))
        .also(table.rows[first].span, format!("row {}", numbers.0))
        .also(table.name_span, "of this table")
        .help("keep one of them")
        .with_current_tables()
}
