//! The lead block and the heads of tables: what fields and columns there are, and of what type.

use crate::cell::{Type, normal_text};
use crate::diagnostic::Finding;
use crate::ids::{ColumnId, FieldId, Id, IdVec, TableId};
use crate::policy::{Field, LeadBlock};
use crate::source::Span;
use crate::syntax::ast;

use super::error;
use super::names::{Declarations, Declared, Unseen};
use super::types::{self, Place};

/// Fields by id, each with its type, unless the declaration is wrong (a finding says so).
pub(super) type Fields = IdVec<FieldId, Typed>;

/// The type of a field or column, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub ty: Option<Type>,
    pub at: Span,
}

/// A table's declaration, before its file is read.
#[derive(Debug)]
pub(super) struct Head<'a> {
    pub table: &'a ast::Table,
    pub columns: IdVec<ColumnId, Typed>,
    pub key: Option<ColumnId>,
}

impl Head<'_> {
    pub fn find(&self, column: &str) -> Option<ColumnId> {
        self.table.columns.iter().position(|declared| declared.name.node == column).map(Id::from_index)
    }

    pub fn column(&self, column: ColumnId) -> &ast::Field {
        &self.table.columns[column.index()]
    }

    pub fn column_names(&self) -> impl Iterator<Item = &str> {
        self.table.columns.iter().map(|column| column.name.node.as_str())
    }
}

/// The types of the lead's fields.
pub(super) fn of_lead(all: &Declarations, findings: &mut Vec<Finding>) -> Fields {
    all.fields.iter().map(|field| typed(field, Place::Lead, findings)).collect()
}

/// The head of every table.
pub(super) fn of_tables<'a>(all: &Declarations<'a>, findings: &mut Vec<Finding>) -> IdVec<TableId, Head<'a>> {
    all.tables.iter().map(|table| head(table.of, findings)).collect()
}

/// The lead block as the project keeps it; a field whose type is wrong is stood in for.
pub(super) fn lead_block(
    all: &Declarations,
    fields: &Fields,
    unseen: &Unseen,
    findings: &mut Vec<Finding>,
) -> Option<LeadBlock> {
    let first: &Declared<ast::Lead> = all.leads.first()?;
    let keys: Vec<(FieldId, Span)> = marked(all, |field| field.key);
    let owners = owners(all, unseen, findings);
    for (marks, name) in [(&keys, "key"), (&owners, "owner")] {
        for &(_, again) in marks.iter().skip(1) {
            findings.push(error::part_twice(name, again, marks[0].1));
        }
    }
    let block = LeadBlock {
        fields: all.fields.iter_with_ids().map(|(id, field)| lower(field, &fields[id])).collect(),
        key: keys.first().map(|&(field, _)| field),
        owner: owners.first().map(|&(field, _)| field),
        required: marked(all, |field| field.required).into_iter().map(|(field, _)| field).collect(),
        blanks: all.leads.iter().flat_map(|lead| &lead.of.blanks).map(|text| normal_text(&text.node).into()).collect(),
        span: first.item.span,
    };
    Some(block)
}

fn lower(field: &ast::Field, typed: &Typed) -> Field {
    Field {
        name: field.name.node.clone(),
        ty: typed.ty.clone().unwrap_or(Type::Text),
        from: field.from.as_ref().map(|header| header.node.clone()),
        name_span: field.name.span,
        span: field.span,
    }
}

fn marked(all: &Declarations, mark: impl Fn(&ast::Field) -> Option<Span>) -> Vec<(FieldId, Span)> {
    all.fields.iter_with_ids().filter_map(|(id, field)| Some((id, mark(field)?))).collect()
}

/// Fields marked `owner`, and those an `owner FIELD` clause names. Saying it twice of one field is
/// harmless.
fn owners(all: &Declarations, unseen: &Unseen, findings: &mut Vec<Finding>) -> Vec<(FieldId, Span)> {
    let mut owners = marked(all, |field| field.owner);
    for name in all.leads.iter().filter_map(|lead| lead.of.owner.as_ref()) {
        match all.find_field(&name.node) {
            Some(field) => owners.push((field, name.span)),
            None if unseen.may_declare(&name.node) => {}
            None => findings.push(error::unknown_field(name, all.field_names())),
        }
    }
    owners.dedup_by_key(|(field, _)| *field);
    owners
}

fn head<'a>(table: &'a ast::Table, findings: &mut Vec<Finding>) -> Head<'a> {
    let columns: IdVec<ColumnId, Typed> =
        table.columns.iter().map(|column| typed(column, Place::Table, findings)).collect();
    for (index, column) in table.columns.iter().enumerate() {
        let earlier = table.columns[..index].iter().find(|earlier| earlier.name.node == column.name.node);
        if let Some(earlier) = earlier {
            findings.push(error::declared_twice("column", &column.name, earlier.name.span));
        }
        if let Some(owner) = column.owner {
            findings.push(error::owner_in_table(owner));
        }
    }
    let key = key(table, &columns, findings);
    Head { table, columns, key }
}

fn key(table: &ast::Table, columns: &IdVec<ColumnId, Typed>, findings: &mut Vec<Finding>) -> Option<ColumnId> {
    let marks: Vec<(ColumnId, Span)> =
        columns.ids().zip(&table.columns).filter_map(|(id, column)| Some((id, column.key?))).collect();
    for &(_, again) in marks.iter().skip(1) {
        findings.push(error::part_twice("key", again, marks[0].1));
    }
    let &(key, mark) = marks.first()?;
    if let Some(ty @ (Type::Tags | Type::List(_))) = &columns[key].ty {
        findings.push(error::key_of_many(ty, mark, columns[key].at));
    }
    Some(key)
}

fn typed(field: &ast::Field, place: Place, findings: &mut Vec<Finding>) -> Typed {
    let ty = types::declared(&field.ty, place).map_err(|finding| findings.push(*finding)).ok();
    Typed { ty, at: field.ty.span }
}
