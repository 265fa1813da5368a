//! What the names of a project's texts stand for and of what type its values are, as far as that is
//! written: also in a project with errors, of which `check` makes none.

use crate::check::{Declarations, Meaning};
use crate::ids::{FieldId, TableId};
use crate::syntax::ast::{Field, File, Let, LetBody, Name, Policy, Table, TypeExpr, Value, ValueKind};

/// Names that are made of names are followed so far: a circle is an error that has been said.
const DEEPEST: usize = 32;

/// The declarations of a project.
pub struct Scope<'t> {
    pub all: Declarations<'t>,
}

/// The type of a value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Kind<'t> {
    Declared(&'t TypeExpr),
    Domain,
    Hour,
    Weekday,
    /// A row of a table that was looked up.
    Row(TableId),
}

impl<'t> Scope<'t> {
    pub fn new(trees: &'t [File]) -> Scope<'t> {
        Scope { all: Declarations::gather(trees, &mut Vec::new()) }
    }

    pub fn field(&self, field: FieldId) -> &'t Field {
        self.all.fields[field]
    }

    pub fn table(&self, table: TableId) -> &'t Table {
        self.all.tables[table].of
    }

    pub fn table_named(&self, name: &str) -> Option<TableId> {
        match self.all.find_other(name)? {
            Meaning::Table(table) => Some(table),
            Meaning::Field(_) | Meaning::Let(_) | Meaning::Queue(_) | Meaning::Policy(_) => None,
        }
    }

    pub fn let_named(&self, name: &str) -> Option<&'t Let> {
        match self.all.find_other(name)? {
            Meaning::Let(index) => Some(self.all.lets[index]),
            Meaning::Field(_) | Meaning::Table(_) | Meaning::Queue(_) | Meaning::Policy(_) => None,
        }
    }

    pub fn policy_named(&self, name: &str) -> Option<&'t Policy> {
        match self.all.find_other(name)? {
            Meaning::Policy(policy) => Some(self.all.policies[policy]),
            Meaning::Field(_) | Meaning::Table(_) | Meaning::Let(_) | Meaning::Queue(_) => None,
        }
    }

    pub fn column(&self, table: TableId, name: &str) -> Option<&'t Field> {
        self.table(table).columns.iter().find(|column| column.name.node == name)
    }

    /// The table whose row a name stands for: `row` in an `each row of`, or a `let` that looks a row up.
    pub fn row_of(&self, root: &str, each_row_of: Option<&str>) -> Option<TableId> {
        if let ("row", Some(table)) = (root, each_row_of) {
            return self.table_named(table);
        }
        match self.kind_of_name(root, DEEPEST)? {
            Kind::Row(table) => Some(table),
            Kind::Declared(_) | Kind::Domain | Kind::Hour | Kind::Weekday => None,
        }
    }

    /// `each_row_of` is the table whose rows the value is written for.
    pub fn kind(&self, value: &Value, each_row_of: Option<&str>) -> Option<Kind<'t>> {
        self.kind_within(value, each_row_of, DEEPEST)
    }

    fn kind_within(&self, value: &Value, each_row_of: Option<&str>, depth: usize) -> Option<Kind<'t>> {
        let depth = depth.checked_sub(1)?;
        match &value.kind {
            ValueKind::Path { root, key, column } => {
                let row = match key {
                    Some(_) => self.table_named(&root.node),
                    None => self.row_of(&root.node, each_row_of),
                };
                match (row, column) {
                    (Some(table), Some(column)) => self.kind_of_column(table, column),
                    (Some(table), None) => Some(Kind::Row(table)),
                    (None, Some(_)) => None,
                    (None, None) => self.kind_of_name(&root.node, depth),
                }
            }
            ValueKind::DomainOf(_) => Some(Kind::Domain),
            ValueKind::HourOf { .. } => Some(Kind::Hour),
            ValueKind::WeekdayOf { .. } => Some(Kind::Weekday),
            ValueKind::FirstKnown(values) => {
                values.iter().find_map(|value| self.kind_within(value, each_row_of, depth))
            }
        }
    }

    fn kind_of_column(&self, table: TableId, column: &Name) -> Option<Kind<'t>> {
        self.column(table, &column.node).map(|column| Kind::Declared(&column.ty.node))
    }

    /// The type of a value that has a name.
    pub fn kind_named(&self, name: &str) -> Option<Kind<'t>> {
        self.kind_of_name(name, DEEPEST)
    }

    fn kind_of_name(&self, name: &str, depth: usize) -> Option<Kind<'t>> {
        let depth = depth.checked_sub(1)?;
        match self.all.find_value(name)? {
            Meaning::Field(field) => Some(Kind::Declared(&self.field(field).ty.node)),
            Meaning::Let(index) => match &self.all.lets[index].body {
                LetBody::Value(value) => self.kind_within(value, None, depth),
                LetBody::Condition(_) => None,
            },
            Meaning::Table(_) | Meaning::Queue(_) | Meaning::Policy(_) => None,
        }
    }

    /// Whether a `let` names a condition: its body is one, or the name of one.
    pub fn is_condition(&self, declared: &Let) -> bool {
        match &declared.body {
            LetBody::Condition(_) => true,
            LetBody::Value(value) => match &value.kind {
                ValueKind::Path { root, key: None, column: None } => {
                    self.let_named(&root.node).is_some_and(|other| matches!(other.body, LetBody::Condition(_)))
                }
                _ => false,
            },
        }
    }
}
