//! `unknown-owner`: a table's row that names a rep, team or queue which does not exist. Its leads go on
//! along the chain, or nowhere.
//!
//! One finding for each name, at its first row: somebody who left owned hundreds of accounts.

use indexmap::IndexMap;

use super::{Facts, Lint, count};
use crate::cell::{Cell, Type};
use crate::diagnostic::{Code, Finding};
use crate::ids::{ColumnId, Id, RowId};
use crate::policy::{Project, Table};
use crate::source::Span;
use crate::suggest::nearest;

pub const LINT: Lint = Lint { code: Code::UnknownOwner, find };

/// Rows shown after the first.
const ROWS_SHOWN: usize = 2;

fn find(facts: &Facts) -> Vec<Finding> {
    let project = facts.project;
    project.tables.iter().flat_map(|table| find_in(project, table)).collect()
}

fn find_in(project: &Project, table: &Table) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (column, declared) in table.columns.iter_with_ids() {
        if let Some(kind) = kind_of(&declared.ty) {
            let strangers = strangers(table, column);
            findings.extend(strangers.iter().map(|(name, rows)| finding(project, table, column, kind, name, rows)));
        }
    }
    findings
}

/// Whom a column names.
#[derive(Clone, Copy)]
enum Kind {
    Rep,
    Team,
    Queue,
}

fn kind_of(ty: &Type) -> Option<Kind> {
    match ty {
        Type::Rep => Some(Kind::Rep),
        Type::Team => Some(Kind::Team),
        Type::Queue => Some(Kind::Queue),
        Type::List(element) => kind_of(element),
        _ => None,
    }
}

/// Each unknown name of a column with the rows that have it, in order.
fn strangers(table: &Table, column: ColumnId) -> IndexMap<&str, Vec<RowId>> {
    let mut found: IndexMap<&str, Vec<RowId>> = IndexMap::new();
    for (id, row) in table.rows.iter_with_ids() {
        let cell = &row.cells[column.index()];
        let cells = if let Cell::List(cells) = cell { &cells[..] } else { std::slice::from_ref(cell) };
        for name in cells.iter().filter_map(|cell| if let Cell::Stranger(name) = cell { Some(name) } else { None }) {
            found.entry(name).or_default().push(id);
        }
    }
    found
}

fn finding(project: &Project, table: &Table, column: ColumnId, kind: Kind, name: &str, rows: &[RowId]) -> Finding {
    let declared = &table.columns[column];
    let (first, others) = rows.split_first().expect("a name is found in a row");
    let (what, which) = match kind {
        Kind::Rep => ("rep", "who"),
        Kind::Team => ("team", "which"),
        Kind::Queue => ("queue", "which"),
    };
    let instances = rows.len();
    let rows = count(instances, "row");
    let verb = if others.is_empty() { "names" } else { "name" };
    let message = format!("{rows} of table `{}` {verb} the {what} `{name}`, {which} does not exist", table.name);
    let mut finding = Finding::new(Code::UnknownOwner, place(table, *first, column), message)
        .at(format!("`{name}` under `{}`", declared.name))
        .help(help(project, kind, name))
        .standing_for(instances, name)
        .with_current_tables();
    for row in others.iter().take(ROWS_SHOWN) {
        finding = finding.also(place(table, *row, column), "here too");
    }
    finding.also(declared.span, format!("holds the name of a {what}"))
}

fn place(table: &Table, row: RowId, column: ColumnId) -> Span {
    table.strangers.get(&(row, column)).copied().unwrap_or(table.rows[row].span)
}

fn help(project: &Project, kind: Kind, name: &str) -> String {
    let reps = || project.roster.reps.iter().map(|rep| rep.name.as_str());
    let teams = || project.roster.teams.iter().map(|team| team.name.as_str());
    let queues = || project.queues.iter().map(|queue| queue.name.as_str());
    let (similar, advice) = match kind {
        Kind::Rep => (nearest(name, reps()), "keep who has left in the roster, with `left: DATE` and their manager"),
        Kind::Team => (nearest(name, teams()), "add the team to the roster, or change the rows"),
        Kind::Queue => (nearest(name, queues()), "declare the queue, or change the rows"),
    };
    similar.map_or_else(|| advice.to_owned(), |similar| format!("did you mean `{similar}`? if not, {advice}"))
}
