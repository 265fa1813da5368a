//! Looking into conditions: their comparisons, where they stand, what they would be with a part changed.

use crate::policy::{Comparison, Condition, Project};
use crate::source::Span;

/// Every comparison that is written in the project, each once: of rules, named conditions,
/// assumptions. The rows of an `each row of` have theirs each.
pub fn all_comparisons(project: &Project) -> Vec<&Comparison> {
    let of_rules = project.rules.iter().filter_map(|rule| rule.when.as_ref());
    let named = project.conditions.iter().map(|named| &named.condition);
    let assumed = project.assumptions.iter().map(|assumed| &assumed.node);
    of_rules.chain(named).chain(assumed).flat_map(Condition::comparisons).collect()
}

/// The comparisons of a condition and of the conditions that it names.
pub fn comparisons_within<'a>(project: &'a Project, condition: &'a Condition) -> Vec<&'a Comparison> {
    condition.comparisons_within(project).into_iter().map(|(_, comparison)| comparison).collect()
}

/// From the first to the last character of a condition.
pub fn span_of(condition: &Condition) -> Span {
    match condition {
        Condition::Comparison(comparison) => comparison.span,
        Condition::Named(_, span) | Condition::Not(_, span) => *span,
        Condition::And(parts) | Condition::Or(parts) => {
            let spans: Vec<Span> = parts.iter().map(span_of).collect();
            let start = spans.iter().map(|span| span.start).min().unwrap_or_default();
            Span::new(start, spans.iter().map(|span| span.end).max().unwrap_or(start))
        }
    }
}

/// The condition with parts of it (found by their address) replaced.
pub fn with(condition: &Condition, replace: &dyn Fn(&Condition) -> Option<Condition>) -> Condition {
    if let Some(replacement) = replace(condition) {
        return replacement;
    }
    let all = |parts: &[Condition]| parts.iter().map(|part| with(part, replace)).collect();
    match condition {
        Condition::And(parts) => Condition::And(all(parts)),
        Condition::Or(parts) => Condition::Or(all(parts)),
        Condition::Not(inner, span) => Condition::Not(Box::new(with(inner, replace)), *span),
        Condition::Named(..) | Condition::Comparison(_) => condition.clone(),
    }
}

/// The condition with a comparison, which may stand in a condition that it names, replaced.
pub fn with_comparison(
    project: &Project,
    condition: &Condition,
    replaced: &Comparison,
    replacement: &Condition,
) -> Condition {
    with(condition, &|part| match part {
        Condition::Comparison(comparison) if std::ptr::eq(comparison, replaced) => Some(replacement.clone()),
        Condition::Named(id, _) => {
            Some(with_comparison(project, &project.conditions[*id].condition, replaced, replacement))
        }
        _ => None,
    })
}

/// A condition that always or never holds.
pub fn constant(holds: bool) -> Condition {
    let always = Condition::And(Vec::new());
    if holds { always } else { Condition::Not(Box::new(always), Span::new(0, 0)) }
}
