//! `unsplit-list`: a cell of a `list of text` column that holds one member where several seem meant:
//! `NY, NJ` in a list whose members are separated by `|`.
//!
//! A comma may well stand inside of one value (`Korea, Republic of`), so a cell is told only if each of
//! its parts is a member elsewhere in the column, or all are codes of two or three letters or digits.

use std::collections::BTreeSet;

use super::{Facts, Lint, count};
use crate::cell::{Cell, Type, quoted};
use crate::diagnostic::{Code, Finding};
use crate::ids::{ColumnId, Id};
use crate::policy::{Project, Row, Table};

pub const LINT: Lint = Lint { code: Code::UnsplitList, find };

/// Rows shown after the first.
const ROWS_SHOWN: usize = 2;
/// Signs by which other programs separate members.
const SEPARATORS: [char; 3] = [',', ';', '/'];

fn find(facts: &Facts) -> Vec<Finding> {
    let project = facts.project;
    let of_table = |table| columns(table).into_iter().filter_map(move |column| find_in(project, table, column));
    project.tables.iter().flat_map(of_table).collect()
}

fn columns(table: &Table) -> Vec<ColumnId> {
    let is_list = |ty: &Type| matches!(ty, Type::List(element) if **element == Type::Text);
    table.columns.iter_with_ids().filter(|(_, column)| is_list(&column.ty)).map(|(id, _)| id).collect()
}

/// One finding for a column, at its first such cell.
fn find_in(project: &Project, table: &Table, column: ColumnId) -> Option<Finding> {
    let known: BTreeSet<&str> = table.rows.iter().flat_map(|row| members(row, column)).collect();
    let unsplit: Vec<(&Row, &str)> = table
        .rows
        .iter()
        .filter_map(|row| match &members(row, column)[..] {
            [only] if is_several(only, &known) => Some((row, *only)),
            _ => None,
        })
        .collect();
    let (first, text) = unsplit.first()?;
    let written = project.spellings.of(text);
    let cells = count(unsplit.len(), "cell");
    let verb = if unsplit.len() == 1 { "holds" } else { "hold" };
    let name = &table.columns[column].name;
    let message =
        format!("{cells} of the list `{name}` in table `{}` {verb} one member where several seem meant", table.name);
    let mut finding = Finding::new(LINT.code, first.span, message)
        .at(format!("{} is one member", quoted(written)))
        .help(format!("members are separated by `|`: write `{}`", parts(written)?.join(" | ")))
        .standing_for(unsplit.len(), name)
        .with_current_tables();
    for (row, _) in unsplit[1..].iter().take(ROWS_SHOWN) {
        finding = finding.also(row.span, "here too");
    }
    Some(finding)
}

fn members(row: &Row, column: ColumnId) -> Vec<&str> {
    let Cell::List(cells) = &row.cells[column.index()] else { return Vec::new() };
    cells.iter().filter_map(|cell| if let Cell::Text(text) = cell { Some(&**text) } else { None }).collect()
}

fn is_several(text: &str, known: &BTreeSet<&str>) -> bool {
    let is_code = |part: &str| (2..=3).contains(&part.len()) && part.chars().all(|sign| sign.is_ascii_alphanumeric());
    parts(text)
        .is_some_and(|parts| parts.iter().all(|part| known.contains(part)) || parts.iter().all(|part| is_code(part)))
}

/// The parts of a text between signs that separate members; `None` if there is but one.
fn parts(text: &str) -> Option<Vec<&str>> {
    let separator = SEPARATORS.into_iter().find(|separator| text.contains(*separator))?;
    let parts: Vec<&str> = text.split(separator).map(str::trim).filter(|part| !part.is_empty()).collect();
    (parts.len() > 1).then_some(parts)
}
