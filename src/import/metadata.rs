//! What a file of assignment rules says, in Salesforce's words and with every place.
//!
//! The shape is that of `AssignmentRules` in the Metadata API: rules hold entries in order, an entry has
//! criteria (with an optional filter over their numbers) or a formula or neither, and names who gets the
//! record or nobody.

use super::Problem;
use super::xml::Element;
use crate::source::{Span, Spanned};

/// One `assignmentRule`.
#[derive(Debug)]
pub struct AssignmentRule {
    /// As admins read it: percent signs decoded.
    pub name: String,
    pub active: bool,
    pub entries: Vec<RuleEntry>,
    /// What stands there and is no part of a rule that is known here.
    pub rest: Vec<Extra>,
}

/// One `ruleEntry`.
#[derive(Debug)]
pub struct RuleEntry {
    /// As admins count, from 1.
    pub number: usize,
    pub span: Span,
    pub assignee: Option<Assignee>,
    pub asks: Asks,
    /// `template`, `team` and everything else.
    pub rest: Vec<Extra>,
}

/// When an entry takes a record.
#[derive(Debug)]
pub enum Asks {
    Nothing,
    Criteria { items: Vec<Criterion>, filter: Option<Spanned<String>> },
    Formula(Spanned<String>),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Assignee {
    pub name: String,
    pub kind: Kind,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    User,
    Queue,
    /// Another word, or none.
    Other(String),
}

/// One `criteriaItems`.
#[derive(Debug)]
pub struct Criterion {
    pub span: Span,
    /// `Lead.Country`
    pub field: String,
    pub operation: String,
    pub value: Option<String>,
    /// The field whose value it is compared with, instead of `value`.
    pub value_field: Option<String>,
}

/// An element with its text, kept as a comment.
#[derive(Debug)]
pub struct Extra {
    pub name: String,
    pub text: String,
}

/// The rules of a document element.
pub fn rules(root: &Element) -> Result<Vec<AssignmentRule>, Problem> {
    if root.name != "AssignmentRules" {
        let message = format!("these are `{}`, not `AssignmentRules`", root.name);
        let help = "give a file such as `Lead.assignmentRules-meta.xml`, as retrieved from Salesforce";
        return Err(Problem::new(root.tag, message).help(help));
    }
    if let Some(strange) = root.children.iter().find(|child| child.name != "assignmentRule") {
        return Err(Problem::new(strange.tag, format!("`{}` is no `assignmentRule`", strange.name)));
    }
    if root.children.is_empty() {
        return Err(Problem::new(root.tag, "there is no assignment rule in the file"));
    }
    root.children.iter().map(rule).collect()
}

fn rule(element: &Element) -> Result<AssignmentRule, Problem> {
    let name = required(element, "fullName")?;
    let active = match once(element, "active")? {
        None => false,
        Some(text) => boolean(&text)?,
    };
    let entries = element.children.iter().filter(|child| child.name == "ruleEntry");
    let entries = entries.enumerate().map(|(index, entry)| rule_entry(entry, index + 1));
    Ok(AssignmentRule {
        name: decoded(&name.node),
        active,
        entries: entries.collect::<Result<_, _>>()?,
        rest: others(element, &["fullName", "active", "ruleEntry"]),
    })
}

fn rule_entry(element: &Element, number: usize) -> Result<RuleEntry, Problem> {
    let known = ["assignedTo", "assignedToType", "booleanFilter", "criteriaItems", "formula"];
    Ok(RuleEntry {
        number,
        span: element.tag,
        assignee: assignee(element)?,
        asks: asks(element)?,
        rest: others(element, &known),
    })
}

fn assignee(element: &Element) -> Result<Option<Assignee>, Problem> {
    let kind = once(element, "assignedToType")?;
    let Some(name) = once(element, "assignedTo")? else { return Ok(None) };
    let kind = match kind.as_ref().map_or("", |kind| kind.node.as_str()) {
        "User" => Kind::User,
        "Queue" => Kind::Queue,
        other => Kind::Other(other.to_owned()),
    };
    Ok(Some(Assignee { name: name.node, kind }))
}

fn asks(element: &Element) -> Result<Asks, Problem> {
    let items = element.children.iter().filter(|child| child.name == "criteriaItems").map(criterion);
    let items: Vec<Criterion> = items.collect::<Result<_, _>>()?;
    let filter = once(element, "booleanFilter")?;
    match (once(element, "formula")?, items.is_empty()) {
        (Some(formula), true) if filter.is_none() => Ok(Asks::Formula(formula)),
        (Some(formula), _) => Err(Problem::new(formula.span, "an entry has both a formula and criteria")
            .help("Salesforce knows one or the other: take one of them out")),
        (None, true) => match filter {
            None => Ok(Asks::Nothing),
            Some(filter) => Err(Problem::new(filter.span, "a filter combines criteria, and there are none")),
        },
        (None, false) => Ok(Asks::Criteria { items, filter }),
    }
}

fn criterion(element: &Element) -> Result<Criterion, Problem> {
    let value_field = once(element, "valueField")?;
    Ok(Criterion {
        span: element.tag,
        field: required(element, "field")?.node,
        operation: required(element, "operation")?.node,
        value: once(element, "value")?.map(|value| value.node),
        value_field: value_field.map(|field| field.node),
    })
}

fn required(element: &Element, name: &str) -> Result<Spanned<String>, Problem> {
    once(element, name)?.ok_or_else(|| Problem::new(element.tag, format!("`<{}>` has no `<{name}>`", element.name)))
}

/// The text of a child that may stand there once.
fn once(element: &Element, name: &str) -> Result<Option<Spanned<String>>, Problem> {
    match element.children.iter().filter(|child| child.name == name).nth(1) {
        Some(second) => Err(Problem::new(second.tag, format!("`<{}>` has a second `<{name}>`", element.name))),
        None => Ok(element.text_of(name)),
    }
}

fn boolean(text: &Spanned<String>) -> Result<bool, Problem> {
    match text.node.as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        other => Err(Problem::new(text.span, format!("`{other}` is neither `true` nor `false`"))),
    }
}

fn others(element: &Element, known: &[&str]) -> Vec<Extra> {
    let rest = element.children.iter().filter(|child| !known.contains(&child.name.as_str()));
    rest.map(|child| Extra { name: child.name.clone(), text: all_text(child) }).collect()
}

/// The text of an element and of all in it.
fn all_text(element: &Element) -> String {
    let inner = element.children.iter().map(|child| format!("{}: {}", child.name, all_text(child)));
    let parts: Vec<String> =
        std::iter::once(element.text.clone()).chain(inner).filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

/// `v%2E0` → `v.0`. What is no escape, or would not be text, stays as it is.
fn decoded(name: &str) -> String {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escape = after.get(..2).filter(|_| byte == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_admins_wrote_them() {
        assert_eq!(decoded("Case Assignment Rules v%2E0"), "Case Assignment Rules v.0");
        assert_eq!(decoded("F%C3%BChrung"), "Führung");
        assert_eq!(decoded("100% %ZZ %FF %+1"), "100% %ZZ %FF %+1");
    }
}
