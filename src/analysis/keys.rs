//! The keys of tables as points of a line, alike if their rows answer all questions alike.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::analysis::atoms::{Ask, Basic};
use crate::analysis::line::sign;
use crate::analysis::model::Model;
use crate::analysis::values::{Step, follow};
use crate::cell::Cell;
use crate::ids::{Id, TableId};
use crate::plan::facts::satisfies;
use crate::policy::Predicate;

/// A question, by its number: the steps after a cell of a row, and what is asked there.
type AfterRow<'a> = (usize, &'a [Step], &'a Predicate);

/// Keys of tables: a fingerprint for each, its class, and which questions the classes answer with yes.
#[derive(Default)]
pub(super) struct RowPoints {
    pub points: Vec<(Cell, u128)>,
    pub classes: Vec<usize>,
    pub holds: Vec<Vec<usize>>,
}

impl Model<'_> {
    /// The keys of all tables that are asked for, alike if their rows answer alike.
    pub(super) fn row_points(&self, asked: &[&Basic]) -> RowPoints {
        let mut rows = RowPoints::default();
        let mut tables: Vec<(usize, TableId)> = Vec::new();
        for basic in asked {
            if let Ask::Row { project, table, .. } = &basic.ask
                && !tables.contains(&(*project, *table))
            {
                tables.push((*project, *table));
            }
        }
        for (project, table) in tables {
            self.add_row_points(project, table, asked, &mut rows);
        }
        rows
    }

    fn add_row_points(&self, project: usize, table: TableId, asked: &[&Basic], rows: &mut RowPoints) {
        let source = self.projects[project];
        // What each question does after the row: nothing, or a column and then the rest.
        let mut by_column: BTreeMap<Option<usize>, Vec<AfterRow<'_>>> = BTreeMap::new();
        for (index, basic) in asked.iter().enumerate() {
            let Ask::Row { project: of, table: from, steps, predicate } = &basic.ask else { continue };
            if (*of, *from) != (project, table) {
                continue;
            }
            let (column, rest) = match steps.split_first() {
                Some((Step::Column(_, column), rest)) => (Some(column.index()), rest),
                _ => (None, steps.as_slice()),
            };
            by_column.entry(column).or_default().push((index, rest, predicate));
        }
        let mut answers: FxHashMap<(Option<usize>, &Cell), Vec<usize>> = FxHashMap::default();
        let mut classes: FxHashMap<Vec<usize>, usize> = FxHashMap::default();
        for (key, row) in source.tables[table].keyed() {
            let mut holds: Vec<usize> = Vec::new();
            for (column, questions) in &by_column {
                let cell = column.map_or(key, |column| &source.tables[table].rows[row].cells[column]);
                let yes = answers.entry((*column, cell)).or_insert_with(|| {
                    let start = if column.is_none() { Cell::Row(table, row) } else { cell.clone() };
                    let answer = |(index, rest, predicate): &AfterRow<'_>| {
                        satisfies(source, &follow(source, rest, &start), predicate).then_some(*index)
                    };
                    questions.iter().filter_map(answer).collect()
                });
                holds.extend_from_slice(yes);
            }
            let next = rows.holds.len();
            let class = *classes.entry(holds.clone()).or_insert(next);
            if class == next {
                rows.holds.push(holds);
            }
            rows.points.push((key.clone(), sign(&("row", project, table.index(), class))));
            rows.classes.push(class);
        }
    }
}
