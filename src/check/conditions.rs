//! Conditions: what is written, checked against the types of what it looks at.
//!
//! The result is a [`Pattern`], which `patterns` fills with the cells of rows.

use std::borrow::Borrow;

use crate::cell::{Cell, Type};
use crate::ids::{ConditionId, TableId, ValueId};
use crate::policy::{Condition, Range};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, ConditionKind, Has, Name, Operand, OperandKind, Operator, Order, Set};

use super::names::Meaning;
use super::patterns::{Asks, ComparisonPattern, Pattern, Slot, Words};
use super::spelling::{Piece, pieces, spell, spelled};
use super::types::{self, Misfit, Use};
use super::values::Let;
use super::{Checker, error};

/// A comparison that is being checked.
struct Asked<'c> {
    id: ValueId,
    ty: Type,
    value: &'c ast::Value,
    operator: &'c Spanned<Operator>,
    row: Option<TableId>,
}

/// Whether `row.column` may be a list where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Lists {
    Never,
    /// `starts with row.prefixes`: any of them.
    Too,
    /// `in row.states`
    Only,
}

impl Checker<'_> {
    /// The condition that is written, outside of any `each row of`; one with errors is stood in for.
    pub(super) fn condition(&mut self, written: &ast::Condition) -> Condition {
        let pattern = self.pattern(written, None);
        pattern.and_then(|pattern| self.fill(&pattern, None)).unwrap_or(Condition::And(Vec::new()))
    }

    /// Checks a condition. `row` is the table that an `each row of` goes through.
    pub(super) fn pattern(&mut self, written: &ast::Condition, row: Option<TableId>) -> Option<Pattern> {
        match &written.kind {
            ConditionKind::And(parts) => self.patterns(parts, row).map(Pattern::And),
            ConditionKind::Or(parts) => self.patterns(parts, row).map(Pattern::Or),
            ConditionKind::Not(inner) => {
                self.pattern(inner, row).map(|inner| Pattern::Not(Box::new(inner), written.span))
            }
            ConditionKind::Named(name) => self.named_condition(name).map(|id| Pattern::Named(id, written.span)),
            ConditionKind::Comparison { value, operator } => {
                self.comparison(value, operator, row, written.span).map(Pattern::Comparison)
            }
        }
    }

    /// All parts are checked, so that every error in them is found.
    fn patterns(&mut self, parts: &[ast::Condition], row: Option<TableId>) -> Option<Vec<Pattern>> {
        let patterns: Vec<Option<Pattern>> = parts.iter().map(|part| self.pattern(part, row)).collect();
        patterns.into_iter().collect()
    }

    fn named_condition(&mut self, name: &Name) -> Option<ConditionId> {
        let Some(meaning) = self.all.find_value(&name.node) else { return self.unknown_condition(name) };
        match meaning {
            Meaning::Let(index) => match self.lets[index] {
                Let::Condition(condition) => Some(condition),
                Let::Value(value) => self.value_as_condition(name, value),
                Let::Broken => None,
            },
            Meaning::Field(field) => {
                let ty = self.fields[field].ty.as_ref()?;
                let finding = error::value_as_condition(name, ty, Some(self.fields[field].at));
                self.refuse(finding)
            }
            Meaning::Table(_) => {
                let finding = error::table_as_condition(name, self.all.declaration(meaning));
                self.refuse(finding)
            }
            Meaning::Queue(_) | Meaning::Policy(_) => self.other_kind(name, "a condition", meaning),
        }
    }

    fn value_as_condition<T>(&mut self, name: &Name, value: ValueId) -> Option<T> {
        let finding = error::value_as_condition(name, &self.values.all[value].ty, self.declared_at(value));
        self.refuse(finding)
    }

    fn unknown_condition<T>(&mut self, name: &Name) -> Option<T> {
        if self.unseen.may_declare(&name.node) {
            return None;
        }
        let finding = error::unknown_condition(name, self.all.let_names().chain(self.all.field_names()));
        self.refuse(finding)
    }

    fn comparison(
        &mut self,
        value: &ast::Value,
        operator: &Spanned<Operator>,
        row: Option<TableId>,
        span: Span,
    ) -> Option<ComparisonPattern> {
        let Some(id) = self.value(value, row) else {
            self.check_columns_only(&operator.node, row);
            return None;
        };
        let asked = Asked { id, ty: self.values.all[id].ty.clone(), value, operator, row };
        let (asks, negated) = self.asks(&asked)?;
        let words = self.words(&asked);
        Some(ComparisonPattern { value: id, asks, negated, words, span })
    }

    fn asks(&mut self, asked: &Asked) -> Option<(Asks, bool)> {
        match &asked.operator.node {
            Operator::Known { negated, known } => Some((Asks::Known, *negated == *known)),
            Operator::Is { negated, operand } => {
                self.must_take(asked, !matches!(asked.ty, Type::Tags | Type::List(_) | Type::Row(_)))?;
                Some((Asks::OneOf(vec![self.slot(asked, Use::Whole, operand)?]), *negated))
            }
            Operator::In { negated, set } => Some((self.set(asked, set)?, *negated)),
            Operator::Order { order, operand } => {
                self.must_take(asked, asked.ty.is_ordered())?;
                Some((Asks::Order(*order, self.slot(asked, Use::Whole, operand)?), false))
            }
            Operator::Text { part, operands } => {
                self.must_take(asked, asked.ty.is_textual())?;
                Some((Asks::Text(*part, self.slots(asked, Use::Part(*part), operands)?), false))
            }
            Operator::Has { how, operands } => {
                self.must_take(asked, asked.ty == Type::Tags)?;
                let slots = self.slots(asked, Use::Tag, operands)?;
                let asks = if *how == Has::AllOf { Asks::HasAll(slots) } else { Asks::HasAny(slots) };
                Some((asks, false))
            }
        }
    }

    fn set(&mut self, asked: &Asked, set: &Set) -> Option<Asks> {
        match set {
            Set::List(operands) => {
                self.must_take(asked, !matches!(asked.ty, Type::Tags | Type::List(_) | Type::Row(_)))?;
                Some(Asks::OneOf(self.slots(asked, Use::Whole, operands)?))
            }
            Set::Range { low, high } => self.between(asked, low, high),
            Set::Value(set) => self.named_set(asked, set),
        }
    }

    fn between(&mut self, asked: &Asked, low: &Operand, high: &Operand) -> Option<Asks> {
        self.must_take(asked, asked.ty.is_ordered())?;
        let slots = self.slots(asked, Use::Whole, &[low, high])?;
        let [low_slot, high_slot] = <[Slot; 2]>::try_from(slots).expect("a slot for each operand");
        if let (Slot::Cell(low_cell), Slot::Cell(high_cell)) = (&low_slot, &high_slot) {
            let low_range = self.range(Order::GreaterOrEqual, low_cell, &asked.ty);
            let high_range = self.range(Order::LessOrEqual, high_cell, &asked.ty);
            if is_empty(&low_range, &high_range) {
                let spelled = |operand: &Operand| self.sources.text(operand.span).to_owned();
                let finding = error::empty_range((&spelled(low), low.span), (&spelled(high), high.span));
                return self.refuse(finding);
            }
        }
        Some(Asks::Between(low_slot, high_slot))
    }

    /// `VALUE in TABLE`, `VALUE in row.states`
    fn named_set(&mut self, asked: &Asked, set: &ast::Value) -> Option<Asks> {
        let ast::ValueKind::Path { root, key: None, column } = &set.kind else {
            let finding = error::no_set(&spelled(set), set.span, self.as_member(asked, set));
            return self.refuse(finding);
        };
        if let Some(column) = column {
            return match asked.row {
                Some(_) if root.node == "row" => {
                    self.must_take(asked, !matches!(asked.ty, Type::Tags | Type::List(_) | Type::Row(_)))?;
                    Some(Asks::OneOf(vec![self.row_slot(asked, Use::Whole, column, set.span, Lists::Only)?]))
                }
                _ if root.node == "row" => self.refuse(error::row_outside(set.span)),
                _ => self.refuse(error::not_fixed(&spelled(set), set.span)),
            };
        }
        match self.all.find_value(&root.node) {
            Some(Meaning::Table(table)) => {
                self.check_key(table, asked.id, asked.value)?;
                Some(Asks::InTable(table))
            }
            found => {
                if found.is_none() && self.unseen.may_declare(&root.node) {
                    return None;
                }
                let kind = found.map(|meaning| (self.all.kind(meaning), self.all.declaration(meaning)));
                let finding = match (self.as_member(asked, set), kind) {
                    (None, None) => error::unknown_table(root, self.all.table_names()),
                    (None, Some((kind, declared))) => error::in_other_kind(root, kind, declared),
                    (member, _) => error::no_set(&root.node, set.span, member),
                };
                self.refuse(finding)
            }
        }
    }

    /// `country in DE`: the list that was meant, if the word is a value of the type.
    fn as_member(&self, asked: &Asked, set: &ast::Value) -> Option<String> {
        let word = OperandKind::Word(spelled(set));
        let read = types::literal(&asked.ty, Use::Whole, &word, "", &self.timezone);
        read.ok().map(|cell| format!("{} in [{}]", spelled(asked.value), asked.ty.write(&cell)))
    }

    fn must_take(&mut self, asked: &Asked, takes: bool) -> Option<()> {
        if takes {
            return Some(());
        }
        self.check_columns_only(&asked.operator.node, asked.row);
        let finding = error::operator_for_other_type(
            (&spelled(asked.value), &asked.ty, self.declared_at(asked.id)),
            &asked.operator.node,
            asked.operator.span,
            self.heads.as_slice(),
        );
        self.refuse(finding)
    }

    /// Where the value is unknown, nothing can be said of its comparison but whether the columns exist.
    fn check_columns_only(&mut self, operator: &Operator, row: Option<TableId>) {
        for operand in operands(operator) {
            if let (OperandKind::Column { root, column }, Some(table)) = (&operand.kind, row)
                && root.node == "row"
            {
                self.table_column(table, column);
            }
        }
    }

    fn slot(&mut self, asked: &Asked, used: Use, operand: &Operand) -> Option<Slot> {
        self.slots(asked, used, &[operand])?.pop()
    }

    /// A slot for each operand. Operands that are wrong in the same way are one finding.
    fn slots<O: Borrow<Operand>>(&mut self, asked: &Asked, used: Use, operands: &[O]) -> Option<Vec<Slot>> {
        let mut slots = Vec::with_capacity(operands.len());
        let mut misfits = Vec::new();
        let mut broken = false;
        let lists = match &asked.operator.node {
            Operator::Text { .. } | Operator::Has { how: Has::AnyOf | Has::AllOf, .. } => Lists::Too,
            Operator::Has { how: Has::One, .. }
            | Operator::Is { .. }
            | Operator::Known { .. }
            | Operator::In { .. }
            | Operator::Order { .. } => Lists::Never,
        };
        for operand in operands {
            let operand = operand.borrow();
            let found = match &operand.kind {
                OperandKind::Column { root, column } => {
                    self.column_slot(asked, used, (root, column), operand.span, lists)
                }
                literal => match self.literal(asked, used, literal, operand.span) {
                    Ok(cell) => cell.map(Slot::Cell),
                    Err(misfit) => {
                        misfits.push((operand, misfit));
                        None
                    }
                },
            };
            broken |= found.is_none();
            slots.extend(found);
        }
        if !misfits.is_empty() {
            self.report(asked, used, &misfits);
        }
        (!broken).then_some(slots)
    }

    /// The cell of a literal; `None` if it names somebody unknown, which is said already.
    fn literal(&mut self, asked: &Asked, used: Use, literal: &OperandKind, span: Span) -> Result<Option<Cell>, Misfit> {
        if let (OperandKind::Word(name), Use::Whole) = (literal, used) {
            let name = Name::new(name.clone(), span);
            match asked.ty {
                Type::Rep => return Ok(self.rep(&name).map(Cell::Rep)),
                Type::Team => return Ok(self.team(&name).map(Cell::Team)),
                Type::Queue => return Ok(self.queue(&name).map(Cell::Queue)),
                _ => {}
            }
        }
        let cell = types::literal(&asked.ty, used, literal, self.sources.text(span), &self.timezone)?;
        if let OperandKind::Text(text) = literal {
            self.note_spelling(asked, &cell, text);
        }
        Ok(Some(cell))
    }

    /// Addresses and host names have one letter case.
    fn note_spelling(&mut self, asked: &Asked, cell: &Cell, text: &str) {
        if matches!(asked.ty, Type::Text | Type::Tags) {
            match cell {
                Cell::Tags(tags) => tags.iter().for_each(|tag| self.spellings.note(tag, text)),
                cell => self.spellings.note_cell(cell, text),
            }
        }
    }

    fn column_slot(
        &mut self,
        asked: &Asked,
        used: Use,
        (root, column): (&Name, &Name),
        span: Span,
        lists: Lists,
    ) -> Option<Slot> {
        match asked.row {
            Some(_) if root.node == "row" => self.row_slot(asked, used, column, span, lists),
            None if root.node == "row" && self.all.find_value("row").is_none() => self.refuse(error::row_outside(span)),
            _ => self.refuse(error::not_fixed(&format!("{}.{}", root.node, column.node), span)),
        }
    }

    /// `row.column`, whose cells must fit what they are compared with.
    fn row_slot(&mut self, asked: &Asked, used: Use, column: &Name, span: Span, lists: Lists) -> Option<Slot> {
        let table = asked.row.expect("only asked for inside `each row of`");
        let id = self.table_column(table, column)?;
        let typed = &self.heads[table].columns[id];
        let whole = typed.ty.as_ref()?;
        let element = match (whole, lists) {
            (Type::List(element), Lists::Too | Lists::Only) => Some(&**element),
            (_, Lists::Only) => None,
            _ => Some(whole),
        };
        let fits = element.is_some_and(|element| match used {
            Use::Whole => types::same_kind(&asked.ty, element) || is_day(&asked.ty, element),
            Use::Part(_) => element.is_textual(),
            Use::Tag => *element == Type::Text || (*element == Type::Tags && lists == Lists::Too),
        });
        if fits {
            return Some(Slot::Column { id, members: None });
        }
        if let (Type::OneOf(ours), Some(Type::OneOf(theirs))) = (&asked.ty, element) {
            let members: Option<Vec<u32>> = theirs.names().map(|name| ours.find(name)).collect();
            if members.is_some() && used == Use::Whole {
                return Some(Slot::Column { id, members });
            }
        }
        let finding = error::row_of_other_type(
            (&spelled(asked.value), &asked.ty, self.declared_at(asked.id)),
            (&column.node, whole, typed.at),
            &asked.operator.node,
            span,
        );
        self.refuse(finding)
    }

    fn report(&mut self, asked: &Asked, used: Use, misfits: &[(&Operand, Misfit)]) {
        let value = spelled(asked.value);
        let declared = self.declared_at(asked.id);
        let of_kind: Vec<&(&Operand, Misfit)> =
            misfits.iter().filter(|(_, misfit)| matches!(misfit, Misfit::Kind { .. })).collect();
        if let Some((first, Misfit::Kind { found, instead })) = of_kind.first() {
            let right = self.corrected(asked, &of_kind);
            let right = instead.as_ref().filter(|_| right.len() <= 80).map(|instead| (right.as_str(), instead.sure));
            let places: Vec<Span> = of_kind.iter().map(|(operand, _)| operand.span).collect();
            let word = self.sources.text(first.span);
            let as_value = self.all.find_value(word).filter(|_| *found == types::Kind::Word);
            let finding = match as_value {
                Some(other) if !matches!(asked.ty, Type::Text) || self.all.find_field(word).is_some() => {
                    error::compared_with_value((&value, &asked.ty), word, self.all.kind(other), &places, right)
                }
                _ => error::other_kind_of_literal((&value, &asked.ty, declared), used, *found, &places, right),
            };
            self.findings.push(finding);
        }
        for (operand, misfit) in misfits {
            let written = self.sources.text(operand.span);
            let finding = match misfit {
                Misfit::Kind { .. } => continue,
                Misfit::Value { expected, instead } => {
                    error::no_such_value(written, &asked.ty, expected, instead.as_ref(), operand.span, declared)
                }
                Misfit::Empty => error::empty_text(&value, used, operand.span),
                Misfit::Spaces(trimmed) => error::outer_spaces(written, trimmed, operand.span),
                Misfit::SeveralTags(tags) => error::several_tags(&value, written, tags, operand.span),
            };
            self.findings.push(finding);
        }
    }

    /// The comparison as it should have been written.
    fn corrected(&self, asked: &Asked, misfits: &[&(&Operand, Misfit)]) -> String {
        let pieces = pieces(asked.value, &asked.operator.node);
        let piece = |piece: &Piece| match piece {
            Piece::Value(value) => spelled(value),
            Piece::Text(text) => (*text).to_owned(),
            Piece::Column(column) => format!("row.{}", column.node),
            Piece::Operand(operand) => {
                let misfit = misfits.iter().find(|(misfit, _)| misfit.span == operand.span);
                match misfit {
                    Some((_, Misfit::Kind { instead: Some(instead), .. })) => instead.text.clone(),
                    _ => self.sources.text(operand.span).to_owned(),
                }
            }
        };
        pieces.iter().map(piece).collect()
    }

    fn words(&self, asked: &Asked) -> Vec<Words> {
        let mut words: Vec<Words> = Vec::new();
        let mut text = String::new();
        for piece in pieces(asked.value, &asked.operator.node) {
            match piece {
                Piece::Value(value) => spell(value, &mut text),
                Piece::Text(piece) => text.push_str(piece),
                Piece::Column(column) | Piece::Operand(Operand { kind: OperandKind::Column { column, .. }, .. }) => {
                    if let Some(column) = asked.row.and_then(|table| self.heads[table].find(&column.node)) {
                        words.extend([Words::Fixed(std::mem::take(&mut text)), Words::Cell(column)]);
                    }
                }
                Piece::Operand(operand) => text.push_str(self.sources.text(operand.span)),
            }
        }
        words.push(Words::Fixed(text));
        words
    }
}

/// Whether the column's dates are days of the timestamps.
fn is_day(ty: &Type, column: &Type) -> bool {
    (ty, column) == (&Type::Timestamp, &Type::Date)
}

fn is_empty(from: &Range, to: &Range) -> bool {
    match (&from.low, &to.high) {
        (Some(low), Some(high)) if low.included && high.included => low.cell > high.cell,
        (Some(low), Some(high)) => low.cell >= high.cell,
        _ => false,
    }
}

fn operands(operator: &Operator) -> Vec<&Operand> {
    match operator {
        Operator::Is { operand, .. } | Operator::Order { operand, .. } => vec![operand],
        Operator::In { set: Set::List(operands), .. }
        | Operator::Text { operands, .. }
        | Operator::Has { operands, .. } => operands.iter().collect(),
        Operator::In { set: Set::Range { low, high }, .. } => vec![low, high],
        Operator::Known { .. } | Operator::In { set: Set::Value(_), .. } => Vec::new(),
    }
}
