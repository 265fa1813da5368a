//! Values and comparisons as a policy writes them, on one line, whatever line breaks and comments are
//! in them: for messages, and for the text that a comparison shows in explanations.

use crate::cell::quoted;
use crate::syntax::ast::{self, Has, Name, Operand, OperandKind, Operator, Set, Text};

/// A value as the policy writes it, on one line.
pub(super) fn spelled(value: &ast::Value) -> String {
    let mut text = String::new();
    spell(value, &mut text);
    text
}

/// Likewise, behind a text.
pub(super) fn spell(value: &ast::Value, text: &mut String) {
    match &value.kind {
        ast::ValueKind::Path { root, key, column } => {
            text.push_str(&root.node);
            if let Some(key) = key {
                text.push('[');
                spell(key, text);
                text.push(']');
            }
            if let Some(column) = column {
                text.push('.');
                text.push_str(&column.node);
            }
        }
        ast::ValueKind::DomainOf(of) => {
            text.push_str("domain of ");
            spell(of, text);
        }
        ast::ValueKind::HourOf { of, zone } => {
            text.push_str("hour of ");
            spell(of, text);
            spell_zone(zone.as_ref(), text);
        }
        ast::ValueKind::WeekdayOf { of, zone } => {
            text.push_str("weekday of ");
            spell(of, text);
            spell_zone(zone.as_ref(), text);
        }
        ast::ValueKind::FirstKnown(values) => {
            text.push_str("first known of [");
            for (index, value) in values.iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                spell(value, text);
            }
            text.push(']');
        }
    }
}

fn spell_zone(zone: Option<&Text>, text: &mut String) {
    if let Some(zone) = zone {
        text.push_str(" in ");
        text.push_str(&quoted(&zone.node));
    }
}

/// `TABLE[KEY]`
pub(super) fn spelled_lookup(root: &Name, key: &ast::Value) -> String {
    format!("{}[{}]", root.node, spelled(key))
}
/// What a comparison's text is made of.
pub(super) enum Piece<'a> {
    Value(&'a ast::Value),
    Text(&'static str),
    Operand(&'a Operand),
    /// `row.states` behind `in`.
    Column(&'a Name),
}

/// A comparison, in pieces.
pub(super) fn pieces<'a>(value: &'a ast::Value, operator: &'a Operator) -> Vec<Piece<'a>> {
    let mut pieces = vec![Piece::Value(value), Piece::Text(" ")];
    match operator {
        Operator::Is { negated, operand } => {
            pieces.extend([Piece::Text(if *negated { "is not " } else { "is " }), Piece::Operand(operand)]);
        }
        Operator::Known { negated, known } => {
            let (not, what) = (if *negated { "is not " } else { "is " }, if *known { "known" } else { "blank" });
            pieces.extend([Piece::Text(not), Piece::Text(what)]);
        }
        Operator::In { negated, set } => {
            pieces.push(Piece::Text(if *negated { "not in " } else { "in " }));
            match set {
                Set::List(operands) => list(operands, &mut pieces),
                Set::Range { low, high } => {
                    pieces.extend([Piece::Operand(low), Piece::Text(" to "), Piece::Operand(high)]);
                }
                Set::Value(ast::Value { kind: ast::ValueKind::Path { column: Some(column), .. }, .. }) => {
                    pieces.push(Piece::Column(column));
                }
                Set::Value(set) => pieces.push(Piece::Value(set)),
            }
        }
        Operator::Order { order, operand } => {
            pieces.extend([Piece::Text(order.sign()), Piece::Text(" "), Piece::Operand(operand)]);
        }
        Operator::Text { part, operands } => {
            pieces.extend([Piece::Text(part.words()), Piece::Text(" ")]);
            one_or_list(operands, &mut pieces);
        }
        Operator::Has { how, operands } => {
            pieces.push(Piece::Text(match how {
                Has::One => "has ",
                Has::AnyOf => "has any of ",
                Has::AllOf => "has all of ",
            }));
            match (how, &operands[..]) {
                (Has::One, _) | (_, [Operand { kind: OperandKind::Column { .. }, .. }]) => {
                    one_or_list(operands, &mut pieces);
                }
                _ => list(operands, &mut pieces),
            }
        }
    }
    pieces
}

fn one_or_list<'a>(operands: &'a [Operand], pieces: &mut Vec<Piece<'a>>) {
    match operands {
        [only] => pieces.push(Piece::Operand(only)),
        several => list(several, pieces),
    }
}

fn list<'a>(operands: &'a [Operand], pieces: &mut Vec<Piece<'a>>) {
    pieces.push(Piece::Text("["));
    for (index, operand) in operands.iter().enumerate() {
        if index > 0 {
            pieces.push(Piece::Text(", "));
        }
        pieces.push(Piece::Operand(operand));
    }
    pieces.push(Piece::Text("]"));
}
