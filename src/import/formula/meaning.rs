//! What a formula asks of a new record, as far as Salesforce documents it and the policy language can
//! say it.
//!
//! Two things make constants: `ISNEW()` is true, for it is new records that are routed, and `ISCHANGED`
//! is false for those. `AND`, `OR` and `IF` are worked out around them, so that
//! `OR(AND(ISNEW(), x), AND(NOT(ISNEW()), y))` is `x`, whatever `y` is.
//!
//! Everything else is translated exactly or not at all ([`Unknown`]), but for one thing that is noted:
//! formulas compare texts with their letter case, policies without. It does not matter for picklists,
//! for texts without letters, or where the formula itself takes the case away (`LOWER`, `UPPER`).

use std::cmp::Ordering;
use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{Expr, Operator};
use crate::import::condition::Condition;
use crate::import::fields::{FieldId, Fields};
use crate::import::question::{Ask, Question, Sign, TextPart, Value};

type Asked = Condition<Question>;

/// Why a formula is not translated, in words that go on after "the formula".
pub type Unknown = String;

/// A formula's condition.
#[derive(Debug)]
pub struct Meaning {
    pub condition: Asked,
    /// Fields whose letter case the formula heeds, and the policy does not.
    pub letter_case: BTreeSet<FieldId>,
    /// Whether it tells new records from others.
    pub asks_if_new: bool,
}

/// What the formula asks; fields are entered where they are not known yet.
pub fn meaning(expr: &Expr, fields: &mut Fields) -> Result<Meaning, Unknown> {
    let mut translation = Translation { fields, letter_case: BTreeSet::new(), asks_if_new: false };
    let condition = translation.boolean(expr)?;
    let asks_if_new = translation.asks_if_new;
    let asked: BTreeSet<FieldId> = condition.tests().iter().map(|question| question.field).collect();
    let letter_case = translation.letter_case.intersection(&asked).copied().collect();
    Ok(Meaning { condition, letter_case, asks_if_new })
}

/// What is compared.
#[derive(Clone, Debug)]
enum Operand {
    Field {
        id: FieldId,
        case: Case,
    },
    /// So many of the first or last characters of a field.
    Part {
        id: FieldId,
        case: Case,
        part: TextPart,
        length: usize,
    },
    Text(String),
    Number(Decimal),
    Bool(bool),
    Null,
    /// The first arm whose condition holds; the conditions exclude one another.
    Choice(Vec<(Asked, Operand)>, Box<Operand>),
}

/// What is known of a field's letters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Case {
    /// They count.
    Heeded,
    /// The field is a list of values, of which no two differ by case alone.
    Listed,
    Lower,
    Upper,
}

struct Translation<'a> {
    fields: &'a mut Fields,
    letter_case: BTreeSet<FieldId>,
    asks_if_new: bool,
}

impl Translation<'_> {
    fn boolean(&mut self, expr: &Expr) -> Result<Asked, Unknown> {
        match expr {
            Expr::Bool(value) => Ok(constant(*value)),
            Expr::Field(path) => Ok(question(self_field(self.fields, path)?, Ask::Flag)),
            Expr::Not(inner) => self.negation(inner),
            Expr::Binary(Operator::And, left, right) => self.all(&[left, right]),
            Expr::Binary(Operator::Or, left, right) => self.any(&[left, right]),
            Expr::Binary(operator, left, right) => self.comparison(*operator, left, right),
            Expr::Call(name, arguments) => self.call(name, arguments),
            Expr::Text(_) | Expr::Number(_) | Expr::Null | Expr::Negative(_) => {
                Err("has a value where it should ask something".to_owned())
            }
        }
    }

    fn call(&mut self, name: &str, arguments: &[Expr]) -> Result<Asked, Unknown> {
        match (name, arguments) {
            ("AND", [_, ..]) => self.all(&arguments.iter().collect::<Vec<_>>()),
            ("OR", [_, ..]) => self.any(&arguments.iter().collect::<Vec<_>>()),
            ("NOT", [inner]) => self.negation(inner),
            ("ISNEW", []) => Ok(self.of_new_records(true)),
            ("ISCHANGED", [_]) => Ok(self.of_new_records(false)),
            ("IF", [condition, yes, no]) => self.choice(condition, yes, no),
            ("ISPICKVAL", [field, Expr::Text(value)]) => self.listed(field, value),
            ("ISBLANK", [field]) => self.blank(field),
            ("CONTAINS", [text, Expr::Text(piece)]) => self.piece(TextPart::Contains, text, piece),
            ("BEGINS", [text, Expr::Text(piece)]) => self.piece(TextPart::Starts, text, piece),
            ("INCLUDES", [field, Expr::Text(value)]) => self.includes(field, value),
            ("ISNULL", [_]) => {
                Err("uses `ISNULL`, which is always false for texts, and the rules do not tell whether this is one; \
                     `ISBLANK` would"
                    .to_owned())
            }
            (
                "AND" | "OR" | "NOT" | "ISNEW" | "ISCHANGED" | "IF" | "ISPICKVAL" | "ISBLANK" | "CONTAINS" | "BEGINS"
                | "INCLUDES",
                _,
            ) => Err(format!("gives `{name}` something else than a field and a text")),
            _ => Err(format!("uses `{name}`")),
        }
    }

    fn of_new_records(&mut self, value: bool) -> Asked {
        self.asks_if_new = true;
        constant(value)
    }

    /// One part that never holds settles it, even beside parts that cannot be translated.
    fn all(&mut self, parts: &[&Expr]) -> Result<Asked, Unknown> {
        let parts: Vec<_> = parts.iter().map(|part| self.boolean(part)).collect();
        if parts.contains(&Ok(Condition::Never)) {
            return Ok(Condition::Never);
        }
        Ok(Condition::all(parts.into_iter().collect::<Result<Vec<_>, _>>()?))
    }

    fn any(&mut self, parts: &[&Expr]) -> Result<Asked, Unknown> {
        let parts: Vec<_> = parts.iter().map(|part| self.boolean(part)).collect();
        if parts.contains(&Ok(Condition::Always)) {
            return Ok(Condition::Always);
        }
        Ok(Condition::any(parts.into_iter().collect::<Result<Vec<_>, _>>()?))
    }

    fn negation(&mut self, inner: &Expr) -> Result<Asked, Unknown> {
        let inner = self.boolean(inner)?;
        self.not(inner)
    }

    /// Salesforce does not say what the opposite of a comparison with a blank number is.
    fn not(&self, inner: Asked) -> Result<Asked, Unknown> {
        match inner.tests().iter().find(|question| question.asks_a_number()) {
            Some(question) => {
                let field = self.fields.path(question.field);
                Err(format!(
                    "negates a comparison of the number `{field}`: what that gives for a blank is not documented"
                ))
            }
            None => Ok(Condition::not(inner)),
        }
    }

    fn choice(&mut self, condition: &Expr, yes: &Expr, no: &Expr) -> Result<Asked, Unknown> {
        match self.boolean(condition)? {
            Condition::Always => self.boolean(yes),
            Condition::Never => self.boolean(no),
            condition => {
                let (yes, no) = (self.boolean(yes)?, self.boolean(no)?);
                let otherwise = self.not(condition.clone())?;
                Ok(Condition::any([Condition::all([condition, yes]), Condition::all([otherwise, no])]))
            }
        }
    }

    fn listed(&mut self, field: &Expr, value: &str) -> Result<Asked, Unknown> {
        let Expr::Field(path) = field else { return Err("gives `ISPICKVAL` something else than a field".to_owned()) };
        let id = self_field(self.fields, path)?;
        self.fields.learn_listed(id);
        self.is_text(id, Case::Listed, value)
    }

    fn blank(&mut self, field: &Expr) -> Result<Asked, Unknown> {
        match self.operand(field)? {
            Operand::Field { id, .. } => Ok(question(id, Ask::Blank)),
            _ => Err("asks whether something other than a field is blank".to_owned()),
        }
    }

    fn piece(&mut self, part: TextPart, text: &Expr, piece: &str) -> Result<Asked, Unknown> {
        let Operand::Field { id, case } = self.operand(text)? else {
            return Err("looks for a text in something other than a field".to_owned());
        };
        if piece.is_empty() {
            return Err("looks for an empty text, which every text holds".to_owned());
        }
        self.with_letters(id, case, piece, |piece| Ask::Text(part, vec![piece]))
    }

    fn includes(&mut self, field: &Expr, value: &str) -> Result<Asked, Unknown> {
        match field {
            Expr::Field(path) if !value.is_empty() => {
                let id = self_field(self.fields, path)?;
                Ok(question(id, Ask::Includes(vec![value.to_owned()])))
            }
            _ => Err("gives `INCLUDES` something else than a field and a value".to_owned()),
        }
    }

    fn comparison(&mut self, operator: Operator, left: &Expr, right: &Expr) -> Result<Asked, Unknown> {
        let comparison = match operator {
            Operator::Arithmetic(sign) => return Err(format!("computes with `{sign}`")),
            operator => operator,
        };
        let (left, right) = (self.operand(left)?, self.operand(right)?);
        self.compare(comparison, &left, &right)
    }

    fn compare(&mut self, operator: Operator, left: &Operand, right: &Operand) -> Result<Asked, Unknown> {
        match (left, right) {
            (Operand::Choice(arms, otherwise), other) => self.compare_choice(operator, arms, otherwise, other),
            (other, Operand::Choice(..)) => self.compare(turned(operator), right, other),
            (Operand::Field { id, case }, literal) => self.compare_field(operator, *id, *case, literal),
            (Operand::Part { id, case, part, length }, Operand::Text(text)) => {
                self.compare_part(operator, (*id, *case), (*part, *length), text)
            }
            (Operand::Part { .. }, _) => Err("compares a part of a field with something other than a text".to_owned()),
            (literal, Operand::Field { .. } | Operand::Part { .. }) => self.compare(turned(operator), right, literal),
            (left, right) => compare_literals(operator, left, right),
        }
    }

    /// Arm by arm; what is equal for the arm asked for is all there is to know.
    fn compare_choice(
        &mut self,
        operator: Operator,
        arms: &[(Asked, Operand)],
        otherwise: &Operand,
        other: &Operand,
    ) -> Result<Asked, Unknown> {
        let mut held = Vec::new();
        for (condition, value) in arms {
            held.push(Condition::all([condition.clone(), self.compare(operator, value, other)?]));
        }
        let otherwise = self.compare(operator, otherwise, other)?;
        if otherwise != Condition::Never {
            let none = self.not(Condition::any(arms.iter().map(|(condition, _)| condition.clone())))?;
            held.push(Condition::all([none, otherwise]));
        }
        Ok(Condition::any(held))
    }

    fn compare_field(
        &mut self,
        operator: Operator,
        id: FieldId,
        case: Case,
        literal: &Operand,
    ) -> Result<Asked, Unknown> {
        let sign = match operator {
            Operator::Equal | Operator::NotEqual => None,
            Operator::Less => Some(Sign::Less),
            Operator::LessOrEqual => Some(Sign::LessOrEqual),
            Operator::Greater => Some(Sign::Greater),
            _ => Some(Sign::GreaterOrEqual),
        };
        let equal = match (sign, literal) {
            (None, Operand::Text(text)) => self.is_text(id, case, text)?,
            (None, Operand::Bool(true)) => question(id, Ask::Flag),
            (None, Operand::Bool(false)) => Condition::not(question(id, Ask::Flag)),
            (None, Operand::Number(number)) => question(id, Ask::Equals(vec![Value::Number(*number)])),
            (Some(sign), Operand::Number(number)) => return Ok(question(id, Ask::Order(sign, Value::Number(*number)))),
            (None, Operand::Null) => {
                return Err("compares with `NULL`, which no text is, and the rules do not tell whether this is one; \
                            `ISBLANK` would"
                    .to_owned());
            }
            (_, Operand::Field { .. } | Operand::Part { .. }) => return Err("compares two fields".to_owned()),
            (Some(_), _) => return Err("orders something other than numbers".to_owned()),
            (None, Operand::Choice(..)) => return Err("compares two choices".to_owned()),
        };
        if operator == Operator::Equal { Ok(equal) } else { self.not(equal) }
    }

    /// `LEFT(State, 2) = "NY"`: whoever begins so. A shorter text can only be the whole of the field.
    fn compare_part(
        &mut self,
        operator: Operator,
        (id, case): (FieldId, Case),
        (part, length): (TextPart, usize),
        text: &str,
    ) -> Result<Asked, Unknown> {
        let equal = match text.chars().count().cmp(&length) {
            _ if length == 0 => return Err("takes no character of a field".to_owned()),
            Ordering::Equal => self.with_letters(id, case, text, |text| Ask::Text(part, vec![text]))?,
            Ordering::Less => self.is_text(id, case, text)?,
            Ordering::Greater => Condition::Never,
        };
        match operator {
            Operator::Equal => Ok(equal),
            Operator::NotEqual => self.not(equal),
            _ => Err("orders something other than numbers".to_owned()),
        }
    }

    fn is_text(&mut self, id: FieldId, case: Case, text: &str) -> Result<Asked, Unknown> {
        if text.is_empty() {
            return Ok(question(id, Ask::Blank));
        }
        self.with_letters(id, case, text, |text| Ask::Equals(vec![Value::Text(text)]))
    }

    /// A question about a text, with what letter case does to it.
    fn with_letters(
        &mut self,
        id: FieldId,
        case: Case,
        text: &str,
        ask: impl FnOnce(String) -> Ask,
    ) -> Result<Asked, Unknown> {
        if text.trim() != text {
            return Err(format!("looks for `{text}` with the space around it"));
        }
        if is_record_id(self.fields.path(id), text) {
            return Err(format!("compares with the record `{text}`, and two ids may differ in letter case alone"));
        }
        match case {
            Case::Lower if text.to_lowercase() != text => return Ok(Condition::Never),
            Case::Upper if text.to_uppercase() != text => return Ok(Condition::Never),
            Case::Heeded if text.to_lowercase() != text.to_uppercase() => {
                self.letter_case.insert(id);
            }
            Case::Heeded | Case::Listed | Case::Lower | Case::Upper => {}
        }
        Ok(question(id, ask(text.to_owned())))
    }

    fn operand(&mut self, expr: &Expr) -> Result<Operand, Unknown> {
        match expr {
            Expr::Text(text) => Ok(Operand::Text(text.clone())),
            Expr::Number(digits) => {
                let number = Decimal::from_str_exact(digits).map_err(|_| format!("has the number `{digits}`"))?;
                Ok(Operand::Number(number))
            }
            Expr::Bool(value) => Ok(Operand::Bool(*value)),
            Expr::Null => Ok(Operand::Null),
            Expr::Field(path) => Ok(Operand::Field { id: self_field(self.fields, path)?, case: case_of(path) }),
            Expr::Call(name, arguments) => self.value_of(name, arguments),
            Expr::Binary(Operator::Arithmetic(sign), ..) => Err(format!("computes with `{sign}`")),
            Expr::Negative(_) => Err("computes with `-`".to_owned()),
            Expr::Not(_) | Expr::Binary(..) => Err("compares conditions".to_owned()),
        }
    }

    fn value_of(&mut self, name: &str, arguments: &[Expr]) -> Result<Operand, Unknown> {
        match (name, arguments) {
            ("TEXT", [field]) => self.field_as(field, |_| Case::Listed),
            ("TRIM", [field]) => self.field_as(field, |case| case),
            ("LOWER", [field]) => self.field_as(field, |_| Case::Lower),
            ("UPPER", [field]) => self.field_as(field, |_| Case::Upper),
            ("LEFT", [field, Expr::Number(length)]) => self.part_of(TextPart::Starts, field, length),
            ("RIGHT", [field, Expr::Number(length)]) => self.part_of(TextPart::Ends, field, length),
            ("IF", [condition, yes, no]) => {
                let condition = self.boolean(condition)?;
                let (yes, no) = (self.operand(yes)?, self.operand(no)?);
                Ok(Operand::Choice(vec![(condition, yes)], Box::new(no)))
            }
            ("CASE", [value, cases @ ..]) if cases.len() % 2 == 1 && cases.len() > 1 => self.cases(value, cases),
            _ => Err(format!("uses `{name}`")),
        }
    }

    fn field_as(&mut self, field: &Expr, case: impl FnOnce(Case) -> Case) -> Result<Operand, Unknown> {
        match self.operand(field)? {
            Operand::Field { id, case: before } => Ok(Operand::Field { id, case: case(before) }),
            Operand::Text(_) | Operand::Number(_) | Operand::Bool(_) | Operand::Null => {
                Err("calls a function on a fixed value".to_owned())
            }
            Operand::Part { .. } | Operand::Choice(..) => Err("calls a function on the result of another".to_owned()),
        }
    }

    fn part_of(&mut self, part: TextPart, field: &Expr, length: &str) -> Result<Operand, Unknown> {
        let length = length.parse().map_err(|_| format!("takes `{length}` characters"))?;
        match self.operand(field)? {
            Operand::Field { id, case } => Ok(Operand::Part { id, case, part, length }),
            _ => Err("takes a part of something other than a field".to_owned()),
        }
    }

    /// `CASE(x, "A", 1, "B", 2, 0)`: of equal values the first counts.
    fn cases(&mut self, value: &Expr, cases: &[Expr]) -> Result<Operand, Unknown> {
        let value = self.operand(value)?;
        let mut arms: Vec<(Asked, Operand)> = Vec::new();
        for pair in cases[..cases.len() - 1].chunks(2) {
            let wanted = self.operand(&pair[0])?;
            let condition = self.compare(Operator::Equal, &value, &wanted)?;
            if !arms.iter().any(|(earlier, _)| *earlier == condition) {
                arms.push((condition, self.operand(&pair[1])?));
            }
        }
        let otherwise = self.operand(&cases[cases.len() - 1])?;
        Ok(Operand::Choice(arms, Box::new(otherwise)))
    }
}

fn question(field: FieldId, ask: Ask) -> Asked {
    Condition::Test(Question { field, ask })
}

/// A field of the record; `$User` and its like are none.
fn self_field(fields: &mut Fields, path: &str) -> Result<FieldId, Unknown> {
    if path.starts_with('$') {
        return Err(format!("reads `{path}`, which is no field of the record"));
    }
    Ok(fields.of_formula(path))
}

/// API names and the names of values are told apart without letter case by Salesforce itself.
fn case_of(path: &str) -> Case {
    if path.to_lowercase().ends_with(".developername") { Case::Listed } else { Case::Heeded }
}

fn constant(value: bool) -> Asked {
    if value { Condition::Always } else { Condition::Never }
}

/// `5 < x` is `x > 5`.
fn turned(operator: Operator) -> Operator {
    match operator {
        Operator::Less => Operator::Greater,
        Operator::LessOrEqual => Operator::GreaterOrEqual,
        Operator::Greater => Operator::Less,
        Operator::GreaterOrEqual => Operator::LessOrEqual,
        same => same,
    }
}

fn compare_literals(operator: Operator, left: &Operand, right: &Operand) -> Result<Asked, Unknown> {
    let order = match (left, right) {
        (Operand::Number(left), Operand::Number(right)) => left.cmp(right),
        (Operand::Text(left), Operand::Text(right)) if left == right => Ordering::Equal,
        (Operand::Text(_), Operand::Text(_)) if matches!(operator, Operator::Equal | Operator::NotEqual) => {
            Ordering::Less
        }
        (Operand::Bool(left), Operand::Bool(right)) if left == right => Ordering::Equal,
        (Operand::Bool(_), Operand::Bool(_)) if matches!(operator, Operator::Equal | Operator::NotEqual) => {
            Ordering::Less
        }
        _ => return Err("compares two fixed values".to_owned()),
    };
    Ok(constant(match operator {
        Operator::Equal => order.is_eq(),
        Operator::NotEqual => order.is_ne(),
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        _ => order.is_ge(),
    }))
}

/// Ids of records are 15 or 18 letters and digits, and their letter case counts.
fn is_record_id(path: &str, text: &str) -> bool {
    let id_field = path.ends_with("Id") || path.ends_with("Id__c") || path.ends_with("ID__c");
    id_field && matches!(text.len(), 15 | 18) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
