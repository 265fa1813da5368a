//! What is asked of a field → comparisons of the policy language, now that the field's type is known.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::condition::Condition;
use super::fields::{FieldId, Fields, Type};
use super::question::{Ask, Question, Sign, TextPart, Value};
use super::values::{self, NoDay};
use crate::cell::quoted;

/// One comparison; its literals are as the policy language writes them.
#[derive(Clone, PartialEq, Debug)]
pub struct Comparison {
    pub operand: Operand,
    pub asked: Asked,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operand {
    Field(FieldId),
    /// A multi-select list as one text.
    Whole(FieldId),
    /// A field that stands for what could not be translated, by its name.
    Open(String),
    /// The key, which every record has.
    Key,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Asked {
    Blank,
    Is(Vec<String>),
    Order(Sign, String),
    Text(TextPart, Vec<String>),
    HasAny(Vec<String>),
}

/// The comparison that a question is; or why there is none, in words that go on after "the criterion"
/// or "the formula".
pub fn compare(question: &Question, fields: &Fields) -> Result<Comparison, String> {
    let Question { field, ask } = question;
    let ty = fields.ty(*field);
    let (field, whole) = (Operand::Field(*field), Operand::Whole(*field));
    let misfit = |asked: &str| Err(format!("{asked} `{}`, which is {}", fields.path(question.field), ty.article()));
    let (operand, asked) = match (ask, ty) {
        (Ask::Blank, _) => (field, Asked::Blank),
        (Ask::Flag, Type::YesNo) => (field, Asked::Is(vec!["yes".to_owned()])),
        (Ask::Flag, _) => return misfit("takes for a checkbox"),
        (Ask::Equals(values), Type::Tags) => (whole, Asked::Is(literals(values, Type::Text)?)),
        (Ask::Equals(values), ty) => (field, Asked::Is(literals(values, ty)?)),
        (Ask::Order(..), Type::YesNo | Type::Tags) => return misfit("orders"),
        (Ask::Order(sign, value), ty) => (field, Asked::Order(*sign, literal(value, ty)?)),
        (Ask::Text(part, pieces), Type::Text) => (field, Asked::Text(*part, texts(pieces)?)),
        (Ask::Text(part, pieces), Type::Tags) => (whole, Asked::Text(*part, texts(pieces)?)),
        (Ask::Text(..), _) => return misfit("looks for a text in"),
        (Ask::Includes(values), Type::Tags) => (field, Asked::HasAny(texts(values)?)),
        (Ask::Includes(_), _) => return misfit("asks for values of"),
    };
    Ok(Comparison { operand, asked })
}

fn literals(values: &[Value], ty: Type) -> Result<Vec<String>, String> {
    values.iter().map(|value| literal(value, ty)).collect()
}

fn texts(texts: &[String]) -> Result<Vec<String>, String> {
    texts.iter().map(|text| in_quotes(text)).collect()
}

fn literal(value: &Value, ty: Type) -> Result<String, String> {
    match (value, ty) {
        (Value::Written(text) | Value::Text(text), Type::Text) => in_quotes(text),
        (Value::Number(number), Type::Number) => Ok(number.to_string()),
        (Value::Written(text), Type::Number) => match values::number(text) {
            Some(number) => Ok(number.to_string()),
            None => Err(format!("compares a number with `{text}`")),
        },
        (Value::Written(text), Type::YesNo) => match values::checkbox(text) {
            Some(checked) => Ok(if checked { "yes" } else { "no" }.to_owned()),
            None => Err(format!("compares a checkbox with `{text}`")),
        },
        (Value::Written(text), Type::Timestamp) => values::day(text).map_err(|why| match why {
            NoDay::Relative => format!("asks for `{text}`, which is another day each day"),
            NoDay::Ambiguous => format!("asks for `{text}`, which may be one of two days"),
            NoDay::Other => format!("compares a date with `{text}`"),
        }),
        (Value::Number(number), other) => Err(format!("compares {} with the number {number}", other.article())),
        (Value::Text(text), other) => Err(format!("compares {} with the text `{text}`", other.article())),
        (Value::Written(_), Type::Tags) => Err("compares a multi-select list".to_owned()),
    }
}

fn in_quotes(text: &str) -> Result<String, String> {
    if text.contains('\r') { Err("has a text with a line break in it".to_owned()) } else { Ok(quoted(text)) }
}

/// One list instead of several: Salesforce ends a value at 255 characters, so admins split a long list
/// into `1 OR 2 OR 3`.
pub fn joined(condition: Condition<Comparison>) -> Condition<Comparison> {
    match condition {
        Condition::Any(parts) => Condition::any(join(parts, false)),
        Condition::All(parts) => Condition::all(join(parts, true)),
        Condition::Not(part) => Condition::not(joined(*part)),
        same => same,
    }
}

fn join(parts: Vec<Condition<Comparison>>, negated: bool) -> Vec<Condition<Comparison>> {
    let mut kept: Vec<Condition<Comparison>> = Vec::new();
    for part in parts.into_iter().map(joined) {
        if !kept.iter_mut().any(|earlier| takes_in(earlier, &part, negated)) {
            kept.push(part);
        }
    }
    kept
}

/// Whether `earlier` could take the members of `part`: both ask for any of a list in the same way.
fn takes_in(earlier: &mut Condition<Comparison>, part: &Condition<Comparison>, negated: bool) -> bool {
    match (earlier, part) {
        (Condition::Test(earlier), Condition::Test(part)) if !negated => takes_members(earlier, part),
        (Condition::Not(earlier), Condition::Not(part)) if negated => takes_in(earlier, part, false),
        _ => false,
    }
}

fn takes_members(earlier: &mut Comparison, part: &Comparison) -> bool {
    if earlier.operand != part.operand {
        return false;
    }
    let (into, from) = match (&mut earlier.asked, &part.asked) {
        (Asked::Is(into), Asked::Is(from)) | (Asked::HasAny(into), Asked::HasAny(from)) => (into, from),
        (Asked::Text(into_part, into), Asked::Text(from_part, from)) if into_part == from_part => (into, from),
        _ => return false,
    };
    into.extend(from.iter().cloned());
    true
}

/// Fields that are ordered as texts.
pub fn lexical(condition: &Condition<Comparison>, fields: &Fields) -> BTreeSet<FieldId> {
    let ordered = condition.tests().into_iter().filter_map(|comparison| match comparison {
        Comparison { operand: Operand::Field(id), asked: Asked::Order(..) } => Some(*id),
        _ => None,
    });
    ordered.filter(|id| fields.ty(*id) == Type::Text).collect()
}

/// A condition as the policy language writes it. `name` is what an operand is called.
pub fn written(condition: &Condition<Comparison>, name: &dyn Fn(&Operand) -> String) -> String {
    match condition {
        // The key of a record is never blank.
        Condition::Always => format!("{} is known", name(&Operand::Key)),
        Condition::Never => format!("{} is blank", name(&Operand::Key)),
        Condition::Any(parts) => parts.iter().map(|part| written(part, name)).collect::<Vec<_>>().join(" or "),
        Condition::All(parts) => parts.iter().map(|part| in_group(part, name)).collect::<Vec<_>>().join(" and "),
        Condition::Test(comparison) => asked(comparison, false, name),
        Condition::Not(part) => match &**part {
            Condition::Test(comparison) => asked(comparison, true, name),
            other => format!("not ({})", written(other, name)),
        },
    }
}

fn in_group(part: &Condition<Comparison>, name: &dyn Fn(&Operand) -> String) -> String {
    let text = written(part, name);
    if matches!(part, Condition::Any(_)) { format!("({text})") } else { text }
}

fn asked(comparison: &Comparison, negated: bool, name: &dyn Fn(&Operand) -> String) -> String {
    let field = name(&comparison.operand);
    let not = if negated { "not " } else { "" };
    match &comparison.asked {
        Asked::Blank => format!("{field} is {}", if negated { "known" } else { "blank" }),
        Asked::Is(literals) => match &literals[..] {
            [literal] => format!("{field} is {not}{literal}"),
            several => format!("{field} {not}in {}", list(several)),
        },
        Asked::Order(sign, literal) => format!("{not}{field} {} {literal}", sign.written()),
        Asked::Text(part, pieces) => format!("{not}{field} {} {}", part.written(), one_or_list(pieces)),
        Asked::HasAny(values) => match &values[..] {
            [value] => format!("{not}{field} has {value}"),
            several => format!("{not}{field} has any of {}", list(several)),
        },
    }
}

fn one_or_list(literals: &[String]) -> String {
    if let [literal] = literals { literal.clone() } else { list(literals) }
}

fn list(literals: &[String]) -> String {
    let mut text = String::from("[");
    for (index, literal) in literals.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        write!(text, "{comma}{literal}").expect("writing to a string does not fail");
    }
    text + "]"
}

impl Type {
    fn article(self) -> &'static str {
        match self {
            Type::Text => "a text",
            Type::Number => "a number",
            Type::Timestamp => "a date",
            Type::YesNo => "a checkbox",
            Type::Tags => "a multi-select list",
        }
    }
}
