//! What an entry asks of one field, in Salesforce's terms, before it is known what the field holds.

use rust_decimal::Decimal;

use super::fields::FieldId;

#[derive(Clone, PartialEq, Debug)]
pub struct Question {
    pub field: FieldId,
    pub ask: Ask,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Ask {
    /// It has no value.
    Blank,
    /// A checkbox that is ticked.
    Flag,
    /// Any of these; none of them is blank.
    Equals(Vec<Value>),
    Order(Sign, Value),
    /// Any of these pieces.
    Text(TextPart, Vec<String>),
    /// Any of these is among the values of a multi-select list.
    Includes(Vec<String>),
}

#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// As a criterion has it: what it is depends on the field.
    Written(String),
    /// A formula's text.
    Text(String),
    /// A formula's number.
    Number(Decimal),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TextPart {
    Contains,
    Starts,
    Ends,
}

impl Question {
    /// Whether a formula compares the field with a number.
    pub fn asks_a_number(&self) -> bool {
        match &self.ask {
            Ask::Equals(values) => values.iter().any(|value| matches!(value, Value::Number(_))),
            Ask::Order(_, value) => matches!(value, Value::Number(_)),
            Ask::Blank | Ask::Flag | Ask::Text(..) | Ask::Includes(_) => false,
        }
    }
}

impl Sign {
    pub fn written(self) -> &'static str {
        match self {
            Sign::Less => "<",
            Sign::LessOrEqual => "<=",
            Sign::Greater => ">",
            Sign::GreaterOrEqual => ">=",
        }
    }
}

impl TextPart {
    pub fn written(self) -> &'static str {
        match self {
            TextPart::Contains => "contains",
            TextPart::Starts => "starts with",
            TextPart::Ends => "ends with",
        }
    }
}
