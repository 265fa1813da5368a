//! `duplicate-key`: rows of a table that repeat a key; only the first is ever found.
//!
//! Loading reports it too, and stops there; this lint is what an `allow duplicate-key` silences.

use rustc_hash::FxHashMap;

use super::{Facts, Lint};
use crate::cell::Cell;
use crate::diagnostic::{Code, Finding};
use crate::ids::{Id, RowId};
use crate::policy::Table;

pub const LINT: Lint = Lint { code: Code::DuplicateKey, find };

fn find(facts: &Facts) -> Vec<Finding> {
    facts.project.tables.iter().flat_map(find_in).collect()
}

fn find_in(table: &Table) -> Vec<Finding> {
    let Some(key) = table.key else { return Vec::new() };
    let column = &table.columns[key];
    let mut first: FxHashMap<&Cell, RowId> = FxHashMap::default();
    let mut findings = Vec::new();
    for (id, row) in table.rows.iter_with_ids() {
        let cell = &row.cells[key.index()];
        let earlier = *first.entry(cell).or_insert(id);
        if earlier != id && *cell != Cell::Blank {
            let message = format!("table `{}` has the key {} twice", table.name, column.ty.write(cell));
            let finding = Finding::new(Code::DuplicateKey, row.span, message)
                .at("never found")
                .also(table.rows[earlier].span, "this row is found first")
                .also(column.span, "the key")
                .help("remove one of the rows")
                .with_current_tables();
            findings.push(finding);
        }
    }
    findings
}
