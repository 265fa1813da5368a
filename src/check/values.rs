//! Values: what a path, a look-up or a derived value of the policy stands for.
//!
//! Equal values are one [`ValueId`], however often and wherever they are written, so that the router
//! computes each once and the analysis knows that two rules look at the same thing. A value is made
//! after the values it is made of.

use jiff::tz::TimeZone;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::cell::{Bounds, Type, quoted, weekdays};
use crate::diagnostic::Finding;
use crate::ids::{ColumnId, ConditionId, FieldId, Id, IdVec, TableId, ValueId};
use crate::policy::{Value, ValueKind, Zone};
use crate::source::Span;
use crate::syntax::ast::{self, Name, Text};
use crate::timezone;

use super::names::Meaning;
use super::spelling::{spelled, spelled_lookup};
use super::{Checker, depth, error, types};

/// Every distinct value so far.
#[derive(Default)]
pub(super) struct Values {
    pub all: IdVec<ValueId, Value>,
    known: FxHashMap<ValueKind, ValueId>,
    /// How many of them have to be worked out.
    derived: usize,
    /// Those that a `let` has named.
    named: FxHashSet<ValueId>,
    /// How deep each is made of others.
    depths: Vec<usize>,
}

impl Values {
    fn intern(&mut self, kind: ValueKind, ty: Type, text: String) -> ValueId {
        if let Some(&known) = self.known.get(&kind) {
            return known;
        }
        let place = match kind {
            ValueKind::Field(_) => None,
            _ => Some(self.derived),
        };
        self.derived += usize::from(place.is_some());
        let value = Value { kind: kind.clone(), ty, text, place };
        self.depths.push(depth::of_value(&value, &self.depths));
        let id = self.all.push(value);
        self.known.insert(kind, id);
        id
    }

    /// How many values have to be worked out.
    pub fn derived(&self) -> usize {
        self.derived
    }

    /// Levels of values that the value is made of, itself among them.
    pub fn depth(&self, id: ValueId) -> usize {
        self.depths[id.index()]
    }

    /// Shows the value by the name a `let` gives it; the first name stays. A field keeps its own.
    pub fn name(&mut self, id: ValueId, name: &str) {
        if !matches!(self.all[id].kind, ValueKind::Field(_)) && self.named.insert(id) {
            self.all[id].text = name.to_owned();
        }
    }
}

impl Checker<'_> {
    /// The value that is written, or `None` after saying what is wrong with it. `row` is the table
    /// that an `each row of` goes through.
    pub(super) fn value(&mut self, written: &ast::Value, row: Option<TableId>) -> Option<ValueId> {
        match &written.kind {
            ast::ValueKind::Path { root, key: None, column: Some(column) } => {
                if row.is_some() && root.node == "row" {
                    return self.refuse(error::row_as_value(column, written.span));
                }
                let of = self.named_row(root, column)?;
                self.column(of, &root.node, column)
            }
            ast::ValueKind::Path { root, key: None, column: None } => self.named_value(root),
            ast::ValueKind::Path { root, key: Some(key), column } => {
                let lookup = self.lookup(root, key, row)?;
                match column {
                    Some(column) => self.column(lookup, &spelled_lookup(root, key), column),
                    None => Some(lookup),
                }
            }
            ast::ValueKind::DomainOf(of) => self.domain_of(of, row),
            ast::ValueKind::HourOf { of, zone } => self.hour_of(of, zone.as_ref(), row),
            ast::ValueKind::WeekdayOf { of, zone } => self.weekday_of(of, zone.as_ref(), row),
            ast::ValueKind::FirstKnown(values) => self.first_known(values, row),
        }
    }

    /// A field, or a `let` that names a value.
    fn named_value(&mut self, name: &Name) -> Option<ValueId> {
        let Some(meaning) = self.all.find_value(&name.node) else { return self.unknown_value_name(name) };
        match meaning {
            Meaning::Field(field) => self.field(field),
            Meaning::Let(index) => match self.lets[index] {
                Let::Value(value) => {
                    self.used_lets.insert(index);
                    Some(value)
                }
                Let::Condition(_) => {
                    let (kind, declared) = (self.all.kind(meaning), self.all.declaration(meaning));
                    self.refuse(error::condition_as_value(name, kind, declared))
                }
                Let::Broken => None,
            },
            Meaning::Table(table) => self.refuse(error::table_as_value(name, self.all.tables[table].of.name.span)),
            Meaning::Queue(_) | Meaning::Policy(_) => self.other_kind(name, "a field or a `let`", meaning),
        }
    }

    fn field(&mut self, field: FieldId) -> Option<ValueId> {
        let ty = self.fields[field].ty.clone()?;
        let text = self.all.fields[field].name.node.clone();
        Some(self.values.intern(ValueKind::Field(field), ty, text))
    }

    /// What stands before `.column`: a value, and not the bare name of a table.
    fn named_row(&mut self, root: &Name, column: &Name) -> Option<ValueId> {
        match self.all.find_value(&root.node) {
            Some(Meaning::Table(table)) => {
                let head = &self.heads[table];
                let finding = error::which_row(root, column, head.table.name.span, head.key.is_some());
                self.refuse(finding)
            }
            _ => self.named_value(root),
        }
    }

    /// `TABLE[KEY]`
    fn lookup(&mut self, root: &Name, key: &ast::Value, row: Option<TableId>) -> Option<ValueId> {
        let key_value = self.value(key, row);
        let table = self.table(root)?;
        let key_value = key_value?;
        self.check_key(table, key_value, key)?;
        let text = format!("{}[{}]", root.node, self.values.all[key_value].text);
        Some(self.values.intern(ValueKind::Lookup(table, key_value), Type::Row(table), text))
    }

    /// The table of a name.
    pub(super) fn table(&mut self, name: &Name) -> Option<TableId> {
        match self.all.find_value(&name.node) {
            Some(Meaning::Table(table)) => Some(table),
            Some(other) => self.other_kind(name, "a table", other),
            None if self.unseen.may_declare(&name.node) => None,
            None => {
                let finding = error::unknown_table(name, self.all.table_names());
                self.refuse(finding)
            }
        }
    }

    /// Whether a value can be a key of the table.
    pub(super) fn check_key(&mut self, table: TableId, key: ValueId, written: &ast::Value) -> Option<()> {
        let head = &self.heads[table];
        let Some(column) = head.key else {
            let finding = error::no_key(&head.table.name, written.span);
            return self.refuse(finding);
        };
        let declared = head.columns[column].ty.as_ref()?;
        let given = &self.values.all[key].ty;
        if types::same_kind(declared, given) {
            return Some(());
        }
        let finding = error::key_of_other_type(
            (head.column(column), declared, head.columns[column].at),
            (&spelled(written), given, written.span),
        );
        self.refuse(finding)
    }

    /// `.column` of a looked-up row.
    fn column(&mut self, of: ValueId, of_written: &str, column: &Name) -> Option<ValueId> {
        let Type::Row(table) = self.values.all[of].ty else {
            let finding = error::no_columns(of_written, &self.values.all[of].ty, column, self.declared_at(of));
            return self.refuse(finding);
        };
        let id = self.table_column(table, column)?;
        let ty = self.heads[table].columns[id].ty.clone()?;
        let text = format!("{}.{}", self.values.all[of].text, column.node);
        Some(self.values.intern(ValueKind::Column(of, id), ty, text))
    }

    /// The column of a name.
    pub(super) fn table_column(&mut self, table: TableId, column: &Name) -> Option<ColumnId> {
        let head = &self.heads[table];
        if let Some(id) = head.find(&column.node) {
            return Some(id);
        }
        if self.unseen.may_declare(&column.node) {
            return None;
        }
        let finding = error::unknown_column(column, &head.table.name, head.column_names());
        self.refuse(finding)
    }

    fn domain_of(&mut self, of: &ast::Value, row: Option<TableId>) -> Option<ValueId> {
        let value = self.value(of, row)?;
        self.must_be(value, of, "domain of", |ty| *ty == Type::Email)?;
        let text = format!("domain of {}", self.values.all[value].text);
        Some(self.values.intern(ValueKind::DomainOf(value), Type::Domain, text))
    }

    fn hour_of(&mut self, of: &ast::Value, zone: Option<&Text>, row: Option<TableId>) -> Option<ValueId> {
        let (value, zone, text) = self.moment("hour of", of, zone, row)?;
        let hours = Bounds { low: 0.into(), high: 23.into() };
        Some(self.values.intern(ValueKind::HourOf(value, zone), Type::Integer(Some(hours)), text))
    }

    fn weekday_of(&mut self, of: &ast::Value, zone: Option<&Text>, row: Option<TableId>) -> Option<ValueId> {
        let (value, zone, text) = self.moment("weekday of", of, zone, row)?;
        Some(self.values.intern(ValueKind::WeekdayOf(value, zone), Type::OneOf(weekdays()), text))
    }

    /// The timestamp and the zone that `hour of` and `weekday of` look at, and how they are written.
    fn moment(
        &mut self,
        what: &str,
        of: &ast::Value,
        zone: Option<&Text>,
        row: Option<TableId>,
    ) -> Option<(ValueId, Zone, String)> {
        let zone_found = match zone {
            None => Some(self.timezone.clone()),
            Some(name) => time_zone(name, &mut self.findings),
        };
        let value = self.value(of, row)?;
        self.must_be(value, of, what, |ty| *ty == Type::Timestamp)?;
        let behind = zone.map_or_else(String::new, |zone| format!(" in {}", quoted(&zone.node)));
        let text = format!("{what} {}{behind}", self.values.all[value].text);
        Some((value, Zone(zone_found?), text))
    }

    fn must_be(
        &mut self,
        value: ValueId,
        written: &ast::Value,
        what: &str,
        fits: impl Fn(&Type) -> bool,
    ) -> Option<()> {
        let ty = &self.values.all[value].ty;
        if fits(ty) {
            return Some(());
        }
        let finding = error::cannot_derive(what, &spelled(written), ty, written.span, self.declared_at(value));
        self.refuse(finding)
    }

    fn first_known(&mut self, written: &[ast::Value], row: Option<TableId>) -> Option<ValueId> {
        let values: Vec<Option<ValueId>> = written.iter().map(|value| self.value(value, row)).collect();
        let values = values.into_iter().collect::<Option<Vec<ValueId>>>()?;
        let mut common = self.values.all[*values.first()?].ty.clone();
        for (&value, place) in values.iter().zip(written) {
            let ty = &self.values.all[value].ty;
            if matches!(ty, Type::Row(_)) {
                let finding = error::row_in_first_known(&spelled(place), place.span);
                return self.refuse(finding);
            }
            match types::common(&common, ty) {
                Some(both) => common = both,
                None => {
                    let first = (spelled(&written[0]), &self.values.all[values[0]].ty, written[0].span);
                    let finding = error::mixed_types((&first.0, first.1, first.2), (&spelled(place), ty, place.span));
                    return self.refuse(finding);
                }
            }
        }
        let texts: Vec<&str> = values.iter().map(|&value| self.values.all[value].text.as_str()).collect();
        let text = format!("first known of [{}]", texts.join(", "));
        Some(self.values.intern(ValueKind::FirstKnown(values), common, text))
    }

    /// Where a value's type was written, if it was.
    pub(super) fn declared_at(&self, value: ValueId) -> Option<Span> {
        match &self.values.all[value].kind {
            ValueKind::Field(field) => Some(self.fields[*field].at),
            ValueKind::Column(of, column) => match self.values.all[*of].ty {
                Type::Row(table) => Some(self.heads[table].columns[*column].at),
                _ => None,
            },
            ValueKind::DomainOf(_)
            | ValueKind::HourOf(..)
            | ValueKind::WeekdayOf(..)
            | ValueKind::FirstKnown(_)
            | ValueKind::Lookup(..) => None,
        }
    }

    /// A name in the place of a value that nothing declares.
    fn unknown_value_name(&mut self, name: &Name) -> Option<ValueId> {
        if self.unseen.may_declare(&name.node) {
            return None;
        }
        let finding = match &*name.node {
            "row" => error::row_outside(name.span),
            word if self.people.rep(word).is_some() => error::person_as_value(name, "rep"),
            word if self.people.team(word).is_some() => error::person_as_value(name, "team"),
            _ => error::unknown_value_name(name, self.all.field_names().chain(self.all.let_names())),
        };
        self.refuse(finding)
    }
}

/// What a `let`, `territory` or `segment` turned out to name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Let {
    Value(ValueId),
    Condition(ConditionId),
    /// It has an error of its own.
    Broken,
}

/// A time zone by its IANA name.
pub(super) fn time_zone(name: &Text, findings: &mut Vec<Finding>) -> Option<TimeZone> {
    let found = timezone::named(name.node.trim());
    if found.is_none() {
        findings.push(error::unknown_zone(name, timezone::nearest(&name.node)));
    }
    found
}
