//! The criteria of an entry: what each operation asks, with its alternatives and its blanks.

use super::condition::Condition;
use super::fields::Fields;
use super::members::members;
use super::metadata::Criterion;
use super::question::{Ask, Question, Sign, TextPart, Value};

/// What a criterion asks; or why that cannot be said, in words that go on after "the criterion".
pub fn question(criterion: &Criterion, fields: &mut Fields) -> Result<Condition<Question>, String> {
    if let Some(other) = &criterion.value_field {
        return Err(format!("compares two fields, `{}` and `{other}`", criterion.field));
    }
    let field = fields.of_criterion(&criterion.field);
    let alternatives = Alternatives::of(criterion.value.as_deref());
    let ask = |ask| Condition::Test(Question { field, ask });
    let condition = match criterion.operation.as_str() {
        "equals" => alternatives.equal(ask),
        "notEqual" => Condition::not(alternatives.equal(ask)),
        "contains" => ask(Ask::Text(TextPart::Contains, alternatives.texts()?)),
        "notContain" => Condition::not(ask(Ask::Text(TextPart::Contains, alternatives.texts()?))),
        "startsWith" => ask(Ask::Text(TextPart::Starts, alternatives.texts()?)),
        "includes" => ask(Ask::Includes(alternatives.selections()?)),
        "excludes" => Condition::not(ask(Ask::Includes(alternatives.selections()?))),
        "lessThan" => ask(Ask::Order(Sign::Less, alternatives.only()?)),
        "lessOrEqual" => ask(Ask::Order(Sign::LessOrEqual, alternatives.only()?)),
        "greaterThan" => ask(Ask::Order(Sign::Greater, alternatives.only()?)),
        "greaterOrEqual" => ask(Ask::Order(Sign::GreaterOrEqual, alternatives.only()?)),
        other => return Err(format!("uses the operation `{other}`")),
    };
    Ok(condition)
}

/// The members of a value, and whether a blank is one of them.
struct Alternatives {
    known: Vec<String>,
    blank: bool,
}

impl Alternatives {
    fn of(value: Option<&str>) -> Alternatives {
        let (blank, known): (Vec<String>, Vec<String>) = members(value).into_iter().partition(String::is_empty);
        Alternatives { known, blank: !blank.is_empty() }
    }

    fn equal(self, ask: impl Fn(Ask) -> Condition<Question>) -> Condition<Question> {
        let blank = self.blank.then(|| ask(Ask::Blank));
        let known: Vec<Value> = self.known.into_iter().map(Value::Written).collect();
        let known = (!known.is_empty()).then(|| ask(Ask::Equals(known)));
        Condition::any(known.into_iter().chain(blank))
    }

    fn texts(self) -> Result<Vec<String>, String> {
        if self.blank { Err("looks for an empty text".to_owned()) } else { Ok(self.known) }
    }

    fn selections(self) -> Result<Vec<String>, String> {
        match self.known.iter().find(|member| member.contains(';')) {
            Some(member) => Err(format!("asks for the combination `{member}` of values")),
            None if self.blank => Err("asks whether nothing is among the values".to_owned()),
            None => Ok(self.known),
        }
    }

    fn only(mut self) -> Result<Value, String> {
        match (self.known.len(), self.blank) {
            (1, false) => Ok(Value::Written(self.known.remove(0))),
            (0, _) => Err("orders against nothing".to_owned()),
            _ => Err("orders against several values, which Salesforce refuses".to_owned()),
        }
    }
}
