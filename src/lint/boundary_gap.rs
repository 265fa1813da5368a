//! `boundary-gap`: thresholds that leave a value between them to the fallback: `< 50` … `> 50`.

use super::conditions::{comparisons_within, constant, with_comparison};
use super::exact::{Mismatch, Way, depends_on_tables};
use super::{ExactLint, Facts};
use crate::analysis::atoms::Root;
use crate::analysis::overlap;
use crate::analysis::parallel;
use crate::cell::{Cell, Type};
use crate::diagnostic::{Code, Finding, Scope, Verdict};
use crate::ids::{FieldId, Id, PolicyId, RuleId, ValueId};
use crate::lead::Lead;
use crate::plan;
use crate::policy::{Comparison, Condition, Limit, Origin, Predicate, Project, Range, ValueKind};

pub const LINT: ExactLint = ExactLint { code: Code::BoundaryGap, find };

fn find(facts: &Facts) -> Result<Vec<Finding>, Mismatch> {
    let policies: Vec<PolicyId> = facts.project.policies.ids().collect();
    let day = facts.exact.today();
    let gaps = parallel::map(&policies, |policy| day.proofs.engine.boundary_gaps(0, &day.proofs.ways, *policy));
    let gaps = policies.iter().zip(&gaps).flat_map(|(policy, gaps)| gaps.iter().map(|gap| (*policy, gap)));
    gaps.filter_map(|(policy, gap)| finding(facts, policy, gap).transpose()).collect()
}

fn finding(facts: &Facts, policy: PolicyId, gap: &overlap::BoundaryGap) -> Result<Option<Finding>, Mismatch> {
    let (project, day) = (facts.project, facts.exact.today());
    let Some(field) = field_of(facts, gap) else { return Ok(None) };
    let Some(Gap { below, above }) = Gap::of(project, field, gap) else { return Ok(None) };
    let is_conditional = |rule: &RuleId| project.rules[*rule].origin != Origin::Otherwise;
    let but_for = |lead: &Lead, rule: RuleId, comparison: &Comparison| {
        let when = project.rules[rule].when.as_ref();
        let without = when.map(|when| with_comparison(project, when, comparison, &constant(true)));
        without.is_some_and(|without| plan::holds(&without, &plan::Facts::new(project, lead), &mut ()))
    };
    let passes = |lead: &Lead, way: &Way| {
        let taken = way.taken.iter().filter(|rule| project.rules[**rule].policy == policy);
        lead.cells[field] == gap.lead.cells[field.index()]
            && way.entered.contains(&policy)
            && but_for(lead, gap.below, below)
            && but_for(lead, gap.above, above)
            && !taken.clone().any(is_conditional)
    };
    let declared = &project.lead.fields[field];
    let value = project.write_cell(&declared.ty, &gap.lead.cells[field.index()]);
    let claim = format!("no threshold of policy `{}` takes {} {value}", project.policies[policy].name, declared.name);
    let Some(lead) = day.replay(LINT.code, &claim, &gap.lead, &passes)? else { return Ok(None) };
    let [lower, upper] = [gap.below, gap.above].map(|rule| &project.rules[rule].name);
    let message = format!("leads with `{} is {value}` fall between rules `{lower}` and `{upper}`", declared.name);
    let mut finding = Finding::new(LINT.code, above.span, message)
        .at(format!("leaves out {value}"))
        .also(below.span, format!("leaves out {value}"))
        .in_rule(project.rule_name(gap.above))
        .in_policy(&project.policies[policy].name)
        .help(help(project, gap, field, &lead, [below, above]));
    finding.verdict = Verdict::Witnessed;
    finding.witness = Some(day.show(&lead));
    if [gap.below, gap.above].iter().any(|rule| depends_on_tables(project, *rule)) {
        finding.scope = Scope::WithCurrentTables;
    }
    Ok(Some(finding))
}

fn field_of(facts: &Facts, gap: &overlap::BoundaryGap) -> Option<FieldId> {
    let model = &facts.exact.today().proofs.engine.model;
    let variable = model.dims[gap.dim as usize].variable?;
    let Root::Field(name) = &model.variables[variable].root else { return None };
    facts.project.lead.fields.find(|field| field.name == *name)
}

/// The comparisons that leave the value out.
struct Gap<'a> {
    below: &'a Comparison,
    above: &'a Comparison,
}

impl<'a> Gap<'a> {
    fn of(project: &'a Project, field: FieldId, gap: &overlap::BoundaryGap) -> Option<Gap<'a>> {
        let at = &gap.lead.cells[field.index()];
        let below =
            threshold(project, field, gap.below, |range| range.high.as_ref().is_some_and(|high| high.cell <= *at));
        let above = threshold(project, field, gap.above, |range| range.low.as_ref().is_some_and(|low| low.cell >= *at));
        Some(Gap { below: below?, above: above? })
    }
}

fn threshold(project: &Project, field: FieldId, rule: RuleId, is_it: impl Fn(&Range) -> bool) -> Option<&Comparison> {
    let when = project.rules[rule].when.as_ref()?;
    let is_field = |value: ValueId| project.values[value].kind == ValueKind::Field(field);
    let comparisons = comparisons_within(project, when).into_iter();
    comparisons.filter(|comparison| is_field(comparison.value)).find(|comparison| match &comparison.predicate {
        Predicate::Within(range) => is_it(range),
        _ => false,
    })
}

/// How to write one of the thresholds, if with it its rule takes the lead.
fn help(
    project: &Project,
    gap: &overlap::BoundaryGap,
    field: FieldId,
    lead: &Lead,
    [below, above]: [&Comparison; 2],
) -> String {
    let at = &lead.cells[field];
    let ty = &project.lead.fields[field].ty;
    let upper = wider(above, at, ty).filter(|wide| takes(project, gap.above, above, wide, lead));
    let lower = wider(below, at, ty).filter(|wide| takes(project, gap.below, below, wide, lead));
    let name = &project.lead.fields[field].name;
    let suggested: Vec<String> = [(upper, gap.above), (lower, gap.below)]
        .into_iter()
        .filter_map(|(range, rule)| Some((range?, rule)))
        .map(|(range, rule)| {
            let words = in_words(project, name, ty, &range);
            format!("write `{words}` in rule `{}`", project.rules[rule].name)
        })
        .collect();
    if suggested.is_empty() {
        return "let one of the two rules include it, unless it is meant for the fallback".to_owned();
    }
    format!("{}, unless it is meant for the fallback", suggested.join(", or "))
}

/// The range as it is, and the value as well.
fn wider(comparison: &Comparison, at: &Cell, ty: &Type) -> Option<Range> {
    let Predicate::Within(range) = &comparison.predicate else { return None };
    let mut wide = range.clone();
    for limit in [&mut wide.low, &mut wide.high].into_iter().flatten() {
        if limit.cell == *at {
            limit.included = true;
        }
    }
    if wide == *range && matches!(ty, Type::Integer(_) | Type::Date) {
        let limit = Some(Limit { cell: at.clone(), included: true });
        if range.low.as_ref().is_some_and(|low| low.cell > *at) {
            wide.low = limit;
        } else if range.high.as_ref().is_some_and(|high| high.cell < *at) {
            wide.high = limit;
        }
    }
    (wide != *range && !comparison.negated).then_some(wide)
}

fn takes(project: &Project, rule: RuleId, comparison: &Comparison, wide: &Range, lead: &Lead) -> bool {
    let Some(when) = &project.rules[rule].when else { return false };
    let wider = Comparison { predicate: Predicate::Within(wide.clone()), ..comparison.clone() };
    let condition = with_comparison(project, when, comparison, &Condition::Comparison(wider));
    plan::holds(&condition, &plan::Facts::new(project, lead), &mut ())
}

fn in_words(project: &Project, name: &str, ty: &Type, range: &Range) -> String {
    let write = |limit: &Limit| project.write_cell(ty, &limit.cell);
    match (&range.low, &range.high) {
        (Some(low), Some(high)) if low.included && high.included => {
            format!("{name} in {} to {}", write(low), write(high))
        }
        (low, high) => {
            let low =
                low.as_ref().map(|low| format!("{name} {} {}", if low.included { ">=" } else { ">" }, write(low)));
            let high =
                high.as_ref().map(|high| format!("{name} {} {}", if high.included { "<=" } else { "<" }, write(high)));
            low.into_iter().chain(high).collect::<Vec<String>>().join(" and ")
        }
    }
}
