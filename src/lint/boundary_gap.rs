//! `boundary-gap`: thresholds that leave a value between them to the fallback: `< 50` … `> 50`.

use super::conditions::{comparisons_within, constant, with_comparison};
use super::exact::{Mismatch, Way, depends_on_tables};
use super::{ExactLint, Facts};
use crate::analysis::atoms::Root;
use crate::analysis::overlap;
use crate::analysis::parallel;
use crate::cell::{Cell, Type};
use crate::diagnostic::{Code, Edit, Finding, Fix, Scope, Verdict};
use crate::ids::{FieldId, PolicyId, RuleId, ValueId};
use crate::lead::Lead;
use crate::plan;
use crate::policy::{Comparison, Condition, Field, Limit, Origin, Predicate, Project, Range, ValueKind};

pub const LINT: ExactLint = ExactLint { code: Code::BoundaryGap, find };

fn find(facts: &Facts) -> Result<Vec<Finding>, Mismatch> {
    let policies: Vec<PolicyId> = facts.project.policies.ids().collect();
    let day = facts.exact.today();
    let accepts = |gap: &overlap::BoundaryGap| Between::of(facts, gap).is_some();
    let gaps =
        parallel::map(&policies, |policy| day.proofs.engine.boundary_gaps(0, &day.proofs.ways, *policy, &accepts));
    let gaps = policies.iter().zip(&gaps).flat_map(|(policy, gaps)| gaps.iter().map(|gap| (*policy, gap)));
    gaps.filter_map(|(policy, gap)| finding(facts, policy, gap).transpose()).collect()
}

/// A lead between two thresholds.
struct Between<'p> {
    field: FieldId,
    lead: Lead,
    /// The rule and its comparison below and above.
    sides: [(RuleId, &'p Comparison); 2],
}

impl<'p> Between<'p> {
    fn of(facts: &Facts<'p>, gap: &overlap::BoundaryGap) -> Option<Between<'p>> {
        let field = field_of(facts, gap)?;
        let lead = facts.exact.today().proofs.engine.model.lead(0, &gap.lead.cells)?;
        let side = |rule: RuleId| Some((rule, threshold(facts.project, field, rule, &lead)?));
        let sides = [side(gap.below)?, side(gap.above)?];
        Some(Between { field, lead, sides })
    }
}

fn finding(facts: &Facts, policy: PolicyId, gap: &overlap::BoundaryGap) -> Result<Option<Finding>, Mismatch> {
    let (project, day) = (facts.project, facts.exact.today());
    let Some(Between { field, lead, sides }) = Between::of(facts, gap) else { return Ok(None) };
    let is_between = |other: &Lead| {
        let is_side = |(rule, threshold): &(RuleId, &Comparison)| is_but_for(project, *rule, threshold, other);
        other.cells[field] == lead.cells[field] && sides.iter().all(is_side)
    };
    let is_conditional = |rule: &RuleId| project.rules[*rule].origin != Origin::Otherwise;
    let passes = |lead: &Lead, way: &Way| {
        let mut taken = way.taken.iter().filter(|rule| project.rules[**rule].policy == policy);
        way.entered.contains(&policy) && !taken.any(is_conditional) && is_between(lead)
    };
    let declared = &project.lead.fields[field];
    let value = project.spell_cell(&declared.ty, &lead.cells[field]);
    let claim = format!("no threshold of policy `{}` takes {} {value}", project.policies[policy].name, declared.name);
    let Some(lead) = day.replay(LINT.code, &claim, &gap.lead, &passes)? else { return Ok(None) };
    let places = sides.map(|(_, threshold)| threshold.span);
    let [lower, upper] = [gap.below, gap.above].map(|rule| &project.rules[rule].name);
    let where_to = if gap.below == gap.above {
        format!("through rule `{lower}`")
    } else {
        format!("between rules `{lower}` and `{upper}`")
    };
    let message = format!("leads with `{} is {value}` fall {where_to}", declared.name);
    let suggested = suggested(project, field, &lead, sides);
    let mut finding = Finding::new(LINT.code, places[1], message)
        .at(format!("leaves out {value}"))
        .in_rule(project.rule_name(gap.above))
        .in_policy(&project.policies[policy].name)
        .help(help(project, &suggested));
    finding.fixes = suggested.iter().filter_map(|wider| wider.fix(project)).collect();
    if places[0] != places[1] {
        finding = finding.also(places[0], format!("leaves out {value}"));
    }
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

/// The comparison by which a rule leaves the lead out: were it the other way round, the rule's
/// condition would hold.
fn threshold<'a>(project: &'a Project, field: FieldId, rule: RuleId, lead: &Lead) -> Option<&'a Comparison> {
    let is_field = |value: ValueId| project.values[value].kind == ValueKind::Field(field);
    comparisons_within(project, project.rules[rule].when.as_ref()?).into_iter().find(|comparison| {
        matches!(comparison.predicate, Predicate::Within(_))
            && is_field(comparison.value)
            && is_but_for(project, rule, comparison, lead)
    })
}

/// Whether the lead would satisfy the rule's condition if a comparison were the other way round.
fn is_but_for(project: &Project, rule: RuleId, comparison: &Comparison, lead: &Lead) -> bool {
    let facts = plan::Facts::new(project, lead);
    let Some(when) = &project.rules[rule].when else { return false };
    let turned = with_comparison(project, when, comparison, &constant(!facts.holds(comparison)));
    plan::holds(&turned, &facts, &mut ())
}

/// One of the thresholds, written so that its rule takes the lead.
struct Wider<'p> {
    rule: RuleId,
    threshold: &'p Comparison,
    words: String,
}

impl Wider<'_> {
    /// A row's threshold stands in its table, and one of a named condition counts for other rules too.
    fn fix(&self, project: &Project) -> Option<Fix> {
        let (rule, at) = (&project.rules[self.rule], self.threshold.span);
        let is_its_own = rule.origin == Origin::Rule && rule.span.start <= at.start && at.end <= rule.span.end;
        let title = format!("write `{}`", self.words);
        let edits = vec![Edit::replace(at, &self.words)];
        is_its_own.then_some(Fix { title, edits })
    }
}

fn suggested<'p>(
    project: &Project,
    field: FieldId,
    lead: &Lead,
    [below, above]: [(RuleId, &'p Comparison); 2],
) -> Vec<Wider<'p>> {
    let at = &lead.cells[field];
    let Field { name, ty, .. } = &project.lead.fields[field];
    let wider = |(rule, threshold): (RuleId, &'p Comparison)| {
        let wide = wider(threshold, at, ty).filter(|wide| takes(project, rule, threshold, wide, lead))?;
        Some(Wider { rule, threshold, words: in_words(project, name, ty, &wide) })
    };
    let mut suggested: Vec<Wider> = [above, below].into_iter().filter_map(wider).collect();
    suggested.dedup_by(|next, first| next.rule == first.rule && next.words == first.words);
    suggested
}

/// How to write one of the thresholds, if with it its rule takes the lead.
fn help(project: &Project, suggested: &[Wider]) -> String {
    if suggested.is_empty() {
        return "let one of the rules include it, unless it is meant for the fallback".to_owned();
    }
    let write = |wider: &Wider| format!("write `{}` in rule `{}`", wider.words, project.rules[wider.rule].name);
    let suggested: Vec<String> = suggested.iter().map(write).collect();
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
    let write = |limit: &Limit| project.spell_cell(ty, &limit.cell);
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
