//! Values and comparisons as a policy writes them, on one line, whatever line breaks and comments are
//! in them: for messages, and for the text that a comparison shows in explanations.

use crate::cell::quoted;
use crate::syntax::ast::{self, Has, Name, Operand, OperandKind, Operator, Set, Text};

/// A value as the policy writes it, on one line.
pub(super) fn spelled(value: &ast::Value) -> String {
    let zone =
        |zone: &Option<Text>| zone.as_ref().map_or_else(String::new, |zone| format!(" in {}", quoted(&zone.node)));
    match &value.kind {
        ast::ValueKind::Path { root, key, column } => {
            let key = key.as_ref().map_or_else(String::new, |key| format!("[{}]", spelled(key)));
            let column = column.as_ref().map_or_else(String::new, |column| format!(".{}", column.node));
            format!("{}{key}{column}", root.node)
        }
        ast::ValueKind::DomainOf(of) => format!("domain of {}", spelled(of)),
        ast::ValueKind::HourOf { of, zone: behind } => format!("hour of {}{}", spelled(of), zone(behind)),
        ast::ValueKind::WeekdayOf { of, zone: behind } => format!("weekday of {}{}", spelled(of), zone(behind)),
        ast::ValueKind::FirstKnown(values) => {
            format!("first known of [{}]", values.iter().map(spelled).collect::<Vec<String>>().join(", "))
        }
    }
}

/// `TABLE[KEY]`
pub(super) fn spelled_lookup(root: &Name, key: &ast::Value) -> String {
    format!("{}[{}]", root.node, spelled(key))
}
/// What a comparison's text is made of.
pub(super) enum Piece<'a> {
    Text(String),
    Operand(&'a Operand),
    /// `row.states` behind `in`.
    Column(&'a Name),
}

/// A comparison, in pieces.
pub(super) fn pieces<'a>(value: &ast::Value, operator: &'a Operator) -> Vec<Piece<'a>> {
    let mut pieces = vec![Piece::Text(format!("{} ", spelled(value)))];
    match operator {
        Operator::Is { negated, operand } => {
            pieces.push(Piece::Text(if *negated { "is not " } else { "is " }.to_owned()));
            pieces.push(Piece::Operand(operand));
        }
        Operator::Known { negated, known } => {
            let (not, what) = (if *negated { "not " } else { "" }, if *known { "known" } else { "blank" });
            pieces.push(Piece::Text(format!("is {not}{what}")));
        }
        Operator::In { negated, set } => {
            pieces.push(Piece::Text(if *negated { "not in " } else { "in " }.to_owned()));
            match set {
                Set::List(operands) => list(operands, &mut pieces),
                Set::Range { low, high } => {
                    pieces.extend([Piece::Operand(low), Piece::Text(" to ".to_owned()), Piece::Operand(high)]);
                }
                Set::Value(ast::Value { kind: ast::ValueKind::Path { column: Some(column), .. }, .. }) => {
                    pieces.push(Piece::Column(column));
                }
                Set::Value(set) => pieces.push(Piece::Text(spelled(set))),
            }
        }
        Operator::Order { order, operand } => {
            pieces.push(Piece::Text(format!("{} ", order.sign())));
            pieces.push(Piece::Operand(operand));
        }
        Operator::Text { part, operands } => {
            pieces.push(Piece::Text(format!("{} ", part.words())));
            one_or_list(operands, &mut pieces);
        }
        Operator::Has { how, operands } => {
            let how_words = match how {
                Has::One => "has ",
                Has::AnyOf => "has any of ",
                Has::AllOf => "has all of ",
            };
            pieces.push(Piece::Text(how_words.to_owned()));
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
    pieces.push(Piece::Text("[".to_owned()));
    for (index, operand) in operands.iter().enumerate() {
        if index > 0 {
            pieces.push(Piece::Text(", ".to_owned()));
        }
        pieces.push(Piece::Operand(operand));
    }
    pieces.push(Piece::Text("]".to_owned()));
}
