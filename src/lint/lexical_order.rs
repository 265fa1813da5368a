//! `lexical-order`: `<` … `>` between texts that look like numbers. Texts are ordered letter by letter,
//! so that `9` comes after `100`.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::conditions::all_comparisons;
use super::{Facts, Lint};
use crate::cell::{Cell, Type};
use crate::diagnostic::{Code, Finding};
use crate::policy::{Comparison, Limit, Predicate, Project, ValueKind};

pub const LINT: Lint = Lint { code: Code::LexicalOrder, find };

fn find(facts: &Facts) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let comparisons = all_comparisons(facts.project).into_iter();
    comparisons
        .filter_map(|comparison| finding(facts.project, comparison))
        .filter(|finding| seen.insert(finding.span))
        .collect()
}

fn finding(project: &Project, comparison: &Comparison) -> Option<Finding> {
    let Predicate::Within(range) = &comparison.predicate else { return None };
    let limits = [&range.low, &range.high].into_iter().flatten();
    let (text, number) = limits.filter_map(|limit| number_of(limit)).next()?;
    let value = &project.values[comparison.value];
    let (a, b) = out_of_order(text, number);
    let mut finding = Finding::new(LINT.code, comparison.span, format!("`{}` compares texts, not numbers", value.text))
        .at(format!("as text, `{a}` comes before `{b}`"));
    if let ValueKind::Field(field) = value.kind {
        finding = finding.also(project.lead.fields[field].span, format!("`{}` is text", value.text));
    }
    let ty = Type::Integer(None);
    Some(finding.help(format!("declare `{}` as `{ty}` or `number`, and write the number without quotes", value.text)))
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
