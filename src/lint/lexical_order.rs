//! `lexical-order`: `<` … `>` between texts that look like numbers. Texts are ordered letter by letter,
//! so that `9` comes after `100`.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use rust_decimal::Decimal;

use super::{Facts, Lint};
use crate::cell::Cell;
use crate::diagnostic::{Code, Finding};
use crate::ids::ValueId;
use crate::policy::{Comparison, Condition, Limit, Predicate, Project, ValueKind};

pub const LINT: Lint = Lint { code: Code::LexicalOrder, find };

fn find(facts: &Facts) -> Vec<Finding> {
    let project = facts.project;
    let of_rules = project.rules.iter().filter_map(|rule| rule.when.as_ref());
    let named = project.conditions.iter().map(|named| &named.condition);
    let assumed = project.assumptions.iter().map(|assumed| &assumed.node);
    // The rows of an `each row of` share what is written.
    let mut seen = BTreeSet::new();
    let conditions = of_rules.chain(named).chain(assumed);
    let found = conditions.flat_map(|condition| find_in(project, condition));
    found.filter(|finding| seen.insert(finding.span)).collect()
}

/// One finding for each value that a condition compares, however many limits it has.
fn find_in(project: &Project, condition: &Condition) -> Vec<Finding> {
    let mut by_value: IndexMap<ValueId, Vec<Limited>> = IndexMap::new();
    for comparison in condition.comparisons() {
        let Predicate::Within(range) = &comparison.predicate else { continue };
        let limits = [&range.low, &range.high].into_iter().flatten();
        if let Some((text, number)) = limits.filter_map(number_of).next() {
            by_value.entry(comparison.value).or_default().push(Limited { comparison, text, number });
        }
    }
    by_value.values().map(|limited| finding(project, limited)).collect()
}

/// A comparison with a text that is a number.
struct Limited<'a> {
    comparison: &'a Comparison,
    text: &'a str,
    number: Decimal,
}

fn finding(project: &Project, limited: &[Limited]) -> Finding {
    let first = &limited[0];
    let value = &project.values[first.comparison.value];
    let message = format!("`{}` compares texts, not numbers", value.text);
    let (a, b) = out_of_order(first.text, first.number);
    let mut finding = Finding::new(LINT.code, first.comparison.span, message)
        .at(format!("as text, `{a}` comes before `{b}`"))
        .help(help(&value.text, limited));
    for other in &limited[1..] {
        finding = finding.also(other.comparison.span, "and here");
    }
    match value.kind {
        ValueKind::Field(field) => finding.also(project.lead.fields[field].span, format!("`{}` is text", value.text)),
        _ => finding,
    }
}

/// A postal code is made of digits and yet no number: it loses its zeros in front.
fn help(name: &str, limited: &[Limited]) -> String {
    let is_code = |text: &str| text.len() > 1 && text.starts_with('0');
    let by_start = format!("`{name} starts with [\"…\"]`");
    if limited.iter().any(|limited| is_code(limited.text)) {
        return format!("for codes with zeros in front, such as postal codes, write {by_start}");
    }
    format!(
        "if `{name}` is a number, declare it as `integer` or `number`, and write the number without quotes; if it is a \
         code, such as a postal code, write {by_start}"
    )
}

fn number_of(limit: &Limit) -> Option<(&str, Decimal)> {
    let Cell::Text(text) = &limit.cell else { return None };
    Some((text, Decimal::from_str_exact(text).ok()?))
}

/// Two numbers, one of them that of the policy, whose order as texts is the wrong one.
fn out_of_order(text: &str, number: Decimal) -> (String, String) {
    let (nine, ten) = ("9".to_owned(), "10".to_owned());
    if number > Decimal::from(9) && *text < *nine {
        (text.to_owned(), nine)
    } else if number < Decimal::TEN && *ten < *text {
        (ten, text.to_owned())
    } else {
        (ten, nine)
    }
}
