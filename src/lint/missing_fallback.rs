//! `missing-fallback`: leads that fall off the end of a policy.
//!
//! Which leads they are is said in the policy's own words, and shown by the smallest of them. A gap
//! that opens when a rule's dates are over is found before.

use super::exact::{Day, Mismatch, Way, depends_on_tables};
use super::{ExactLint, Facts, count, left_open};
use crate::analysis::parallel;
use crate::analysis::regions::{Region, Regions, Rest};
use crate::cell::Cell;
use crate::diagnostic::{Code, Finding, Scope, Verdict};
use crate::ids::PolicyId;
use crate::lead::Lead;
use crate::plan::Outcome;
use crate::policy::{Origin, Policy, Project};

pub const LINT: ExactLint = ExactLint { code: Code::MissingFallback, find };

/// Regions that are told; of the others only how many there are.
const REGIONS_TOLD: usize = 3;
/// Members of a list that are told.
const MEMBERS_TOLD: usize = 4;

fn find(facts: &Facts) -> Result<Vec<Finding>, Mismatch> {
    let has_otherwise = |policy: &Policy| {
        policy.rules.last().is_some_and(|rule| facts.project.rules[*rule].origin == Origin::Otherwise)
    };
    let policies = facts.project.policies.iter_with_ids();
    let without: Vec<PolicyId> = policies.filter(|(_, policy)| !has_otherwise(policy)).map(|(id, _)| id).collect();
    parallel::map(&without, |policy| find_in(facts, *policy)).into_iter().filter_map(Result::transpose).collect()
}

/// The gap of the first day that has one.
fn find_in(facts: &Facts, policy: PolicyId) -> Result<Option<Finding>, Mismatch> {
    for day in facts.exact.days() {
        let gap = day.proofs.engine.gap(0, &day.proofs.ways, policy);
        if gap.found.is_empty() && gap.rest == Rest::Nothing {
            continue;
        }
        return match smallest(facts.project, day, policy, &gap)? {
            Some(lead) => Ok(Some(finding(facts, day, policy, &gap, &lead))),
            None => Ok(Some(undecided(facts.project, policy))),
        };
    }
    Ok(None)
}

/// The lead with the fewest fields that are not blank.
fn smallest(project: &Project, day: &Day<'_>, policy: PolicyId, gap: &Regions) -> Result<Option<Lead>, Mismatch> {
    let claim = format!("policy `{}` has no rule", project.policies[policy].name);
    let falls_off = |_: &Lead, way: &Way| way.outcome == Outcome::FellOff(policy);
    let leads: Result<Vec<Option<Lead>>, Mismatch> =
        gap.found.iter().map(|region| day.replay(LINT.code, &claim, &region.witness, &falls_off)).collect();
    let fields = |lead: &Lead| lead.cells.iter().filter(|cell| **cell != Cell::Blank).count();
    Ok(leads?.into_iter().flatten().min_by_key(fields))
}

fn finding(facts: &Facts, day: &Day<'_>, id: PolicyId, gap: &Regions, lead: &Lead) -> Finding {
    let project = facts.project;
    let policy = &project.policies[id];
    let from = if day.date == facts.today { String::new() } else { format!("from {} on, ", day.date) };
    let message = format!("{from}leads fall off the end of policy `{}`", policy.name);
    let regions = in_words(day, gap);
    let mut finding = Finding::new(LINT.code, policy.name_span, message)
        .at(format!("no rule takes leads with {}", regions[0]))
        .in_policy(&policy.name)
        .help("end the policy with an `otherwise`, e.g. `otherwise go to …` or `otherwise assign queue …`");
    for region in &regions[1..] {
        finding = finding.also(policy.name_span, format!("nor leads with {region}"));
    }
    finding.verdict = Verdict::Witnessed;
    finding.witness = Some(day.show(lead));
    if policy.rules.iter().any(|rule| depends_on_tables(project, *rule)) {
        finding.scope = Scope::WithCurrentTables;
    }
    finding
}

/// The regions that are told; the last says what is not.
fn in_words(day: &Day<'_>, gap: &Regions) -> Vec<String> {
    let told = |region: &Region| format!("`{}`", day.proofs.engine.describe(&region.area, Some(MEMBERS_TOLD)));
    let mut regions: Vec<String> = gap.found.iter().take(REGIONS_TOLD).map(told).collect();
    let untold = gap.found.len() - regions.len();
    let more = match (untold, gap.rest) {
        (0, Rest::Nothing) => String::new(),
        (0, Rest::More | Rest::Open) => ", or perhaps others".to_owned(),
        (untold, Rest::Nothing) => format!(", and {}", count(untold, "more region")),
        (untold, Rest::More | Rest::Open) => format!(", and at least {}", count(untold, "more region")),
    };
    if let Some(last) = regions.last_mut() {
        last.push_str(&more);
    }
    regions
}

fn undecided(project: &Project, id: PolicyId) -> Finding {
    let policy = &project.policies[id];
    let message = format!("whether leads fall off the end of policy `{}` could not be decided", policy.name);
    let finding = Finding::new(LINT.code, policy.name_span, message)
        .at("has no `otherwise`")
        .in_policy(&policy.name)
        .help("end the policy with an `otherwise`");
    left_open(finding)
}
