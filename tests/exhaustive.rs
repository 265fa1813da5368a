//! Lints about parts of conditions, held against every lead of a small world, in both directions: what
//! is told is so, and what is so is told. The world is small enough to be gone through (every value
//! that a field may have is tried with every value of the others), and what each lint promises is
//! stated here once more, by trying.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use pointsman::canonical;
use pointsman::cell::Cell;
use pointsman::diagnostic::{Code, Finding, Verdict};
use pointsman::graph::DecisionGraph;
use pointsman::ids::RuleId;
use pointsman::lead::Lead;
use pointsman::lint::exact::Way;
use pointsman::lint::{self, Levels};
use pointsman::plan::{self, Facts, Plan};
use pointsman::policy::{Comparison, Condition, Origin, Predicate, Project};
use pointsman::source::Span;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use rust_decimal::Decimal;

use crate::projects::{now, project};

const HEAD: &str = "\
lead {
  id    text key
  size  integer 0 to 5
  plan  one of [free, team, firm]
  name  text
  likes tags
  owned text owner
}
assume name is blank or name in [\"uk\", \"ukraine\", \"us\", \"austria\", \"ab\"]
assume owned is blank
table patches from \"patches.csv\" {
  names list of text
  plan  one of [free, team, firm]
}
let big = size >= 3
";

/// Every value of a field, as a lead file would hold it.
const WORLD: [(&str, &[&str]); 4] = [
    ("size", &["", "0", "1", "2", "3", "4", "5"]),
    ("plan", &["", "free", "team", "firm"]),
    ("name", &["", "uk", "ukraine", "us", "austria", "ab"]),
    ("likes", &["", "x", "y", "x; y", "z"]),
];

/// A policy and the rows of its table.
#[derive(Clone, Debug)]
struct Small {
    main: String,
    patches: String,
}

fn comparison() -> impl Strategy<Value = String> {
    let sizes = ["<", "<=", ">", ">="].map(|sign| (0..=5).map(move |size| format!("size {sign} {size}")));
    let sizes = select(sizes.into_iter().flatten().collect::<Vec<String>>());
    let ranges = (0..=5, 0..=5).prop_map(|(a, b): (i32, i32)| format!("size in {} to {}", a.min(b), a.max(b)));
    let names = || vec(select(vec!["uk", "ukraine", "us", "austria", "ab", "u", "a"]), 1..=4);
    let list = |texts: Vec<&str>| {
        format!("[{}]", texts.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>().join(", "))
    };
    let verbs = select(vec!["contains", "starts with", "ends with", "in", "not in"]);
    let named = (verbs, names()).prop_map(move |(verb, texts)| format!("name {verb} {}", list(texts)));
    let plans = vec(select(vec!["free", "team", "firm"]), 1..=3);
    let planned =
        (select(vec!["in", "not in"]), plans).prop_map(|(verb, plans)| format!("plan {verb} [{}]", plans.join(", ")));
    let likes = vec(select(vec!["x", "y"]), 1..=3).prop_map(move |tags| format!("likes has any of {}", list(tags)));
    let others = select(vec![
        "big",
        "plan is free",
        "plan is not team",
        "name is not \"us\"",
        "size is 3",
        "size is not 2",
        "plan is known",
        "name is blank",
        "likes has \"x\"",
    ]);
    prop_oneof![3 => sizes, 2 => ranges, 4 => named, 2 => planned, 1 => likes, 3 => others.prop_map(str::to_owned)]
}

fn condition() -> impl Strategy<Value = String> {
    comparison().prop_recursive(2, 5, 3, |inner| {
        prop_oneof![
            3 => vec(inner.clone(), 2..=3).prop_map(|parts| format!("({})", parts.join(" and "))),
            3 => vec(inner.clone(), 2..=3).prop_map(|parts| format!("({})", parts.join(" or "))),
            1 => inner.prop_map(|part| format!("not {part}")),
        ]
    })
}

fn action() -> impl Strategy<Value = &'static str> {
    select(vec!["reject \"one\"", "reject \"two\"", "keep owner", "go to second"])
}

fn small() -> impl Strategy<Value = Small> {
    let rules = || vec((condition(), action()), 1..=4);
    let rows =
        vec((vec(select(vec!["UK", "Ukraine", "us", "austria"]), 0..=3), select(vec!["", "free", "team"])), 0..=3);
    let way = select(vec!["name in row.names", "name contains row.names", "name starts with row.names"]);
    (rules(), rules(), rows, way).prop_map(|(first, second, rows, way)| {
        let written = |rules: &[(String, &str)], may_go: bool| -> String {
            let action = |action: &str| if may_go || !action.starts_with("go") { action.to_owned() } else { "keep owner".to_owned() };
            let rule = |(number, (condition, act)): (usize, &(String, &str))| format!("  rule r{number} when {condition} {}\n", action(act));
            rules.iter().enumerate().map(rule).collect()
        };
        let rows: String = rows.iter().map(|(names, plan)| format!("{},{plan}\n", names.join(" | "))).collect();
        let main = format!(
            "{HEAD}policy first {{\n{}  otherwise go to second\n}}\npolicy second {{\n  each row of patches when plan is row.plan and {way} keep owner\n{}  otherwise reject \"rest\"\n}}\nstart at first\n",
            written(&first, true),
            written(&second, false),
        );
        Small { main, patches: format!("names,plan\n{rows}") }
    })
}

/// A small project, everything that is said of it, and every lead there can be.
struct World {
    text: String,
    project: Project,
    findings: Vec<Finding>,
    leads: Vec<Lead>,
    ways: Vec<Way>,
}

impl World {
    fn new(small: &Small) -> World {
        let (project, _) = project(&[("main.rules", &small.main), ("patches.csv", &small.patches)]);
        let levels = Levels { warn: vec![Code::HiddenOverlap], ..Levels::default() };
        let findings = lint::lint(&project, &DecisionGraph::new(&project), now(), &levels);
        let text = format!("{}\n{}", small.main, small.patches);
        let findings = findings.unwrap_or_else(|mismatch| panic!("{mismatch}\n{text}"));
        let leads = leads(&project);
        let plan: Plan = plan::compile(&project, now().to_zoned(TimeZone::UTC).date());
        let ways = leads.iter().map(|lead| Way::of(&plan, lead)).collect();
        World { text, findings, leads, ways, project }
    }

    /// The leads that come to a rule's place.
    fn arriving(&self, rule: RuleId) -> Vec<&Lead> {
        let policy = self.project.rules[rule].policy;
        let is_before = |other: &RuleId| self.project.rules[*other].policy == policy && *other < rule;
        let arrives = |way: &Way| way.entered.contains(&policy) && !way.taken.iter().any(is_before);
        self.leads.iter().zip(&self.ways).filter(|(_, way)| arrives(way)).map(|(lead, _)| lead).collect()
    }

    fn holds(&self, condition: &Condition, lead: &Lead) -> bool {
        plan::holds(condition, &Facts::new(&self.project, lead), &mut ())
    }

    /// Whether two conditions take the same leads of some.
    fn alike(&self, one: &Condition, other: &Condition, leads: &[&Lead]) -> bool {
        leads.iter().all(|lead| self.holds(one, lead) == self.holds(other, lead))
    }

    /// The rules with a condition that some lead reaches, with the leads that come to their places.
    fn reached(&self) -> Vec<(RuleId, &Condition, Vec<&Lead>)> {
        let with_leads = self.project.rules.iter_with_ids().filter_map(|(id, rule)| {
            let when = rule.when.as_ref()?;
            let arriving = self.arriving(id);
            arriving.iter().any(|lead| self.holds(when, lead)).then_some((id, when, arriving))
        });
        with_leads.collect()
    }

    fn of(&self, code: Code) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.code == code && finding.verdict != Verdict::Open)
    }

    fn is_rule(&self, rule: RuleId) -> bool {
        self.project.rules[rule].origin == Origin::Rule
    }
}

/// Every lead there can be: what is not in the world differs from nothing that is.
fn leads(project: &Project) -> Vec<Lead> {
    let mut all: Vec<Vec<&str>> = vec![Vec::new()];
    for (_, values) in WORLD {
        all = all.iter().flat_map(|cells| values.iter().map(|value| [&cells[..], &[*value]].concat())).collect();
    }
    let read = |cells: &Vec<&str>| {
        Lead::read(&project.lead, &project.timezone, |field| {
            let name = project.lead.fields[field].name.as_str();
            let place = WORLD.iter().position(|(known, _)| *known == name);
            if name == "id" { Some("7") } else { place.map(|place| cells[place]) }
        })
    };
    all.iter().map(read).collect()
}

/// The comparisons and named conditions of a condition, and whether a `not` turns them.
fn parts(whole: &Condition, turned: bool) -> Vec<(&Condition, bool)> {
    match whole {
        Condition::And(inner) | Condition::Or(inner) => inner.iter().flat_map(|part| parts(part, turned)).collect(),
        Condition::Not(inner, _) => parts(inner, !turned),
        Condition::Named(..) | Condition::Comparison(_) => vec![(whole, turned)],
    }
}

fn span(part: &Condition) -> Span {
    match part {
        Condition::Comparison(comparison) => comparison.span,
        Condition::Named(_, span) => *span,
        _ => unreachable!("parts are comparisons and names"),
    }
}

/// The condition with parts, by their address, replaced.
fn replaced(whole: &Condition, by: &dyn Fn(&Condition) -> Option<Condition>) -> Condition {
    if let Some(other) = by(whole) {
        return other;
    }
    let all = |parts: &[Condition]| parts.iter().map(|part| replaced(part, by)).collect();
    match whole {
        Condition::And(parts) => Condition::And(all(parts)),
        Condition::Or(parts) => Condition::Or(all(parts)),
        Condition::Not(inner, span) => Condition::Not(Box::new(replaced(inner, by)), *span),
        other => other.clone(),
    }
}

fn truth(holds: bool) -> Condition {
    let always = Condition::And(Vec::new());
    if holds { always } else { Condition::Not(Box::new(always), Span::new(0, 0)) }
}

// --- constant-condition ---

/// What a part is for every lead that it matters for; `None` if it is not always the same.
fn constant(world: &World, whole: &Condition, part: &Condition, arriving: &[&Lead]) -> Option<bool> {
    let with = |holds: bool| replaced(whole, &|other| std::ptr::eq(other, part).then(|| truth(holds)));
    let (yes, no) = (with(true), with(false));
    let matters = arriving.iter().filter(|lead| world.holds(&yes, lead) != world.holds(&no, lead));
    let truths: BTreeSet<bool> = matters.map(|lead| world.holds(part, lead)).collect();
    match truths.len() {
        0 => Some(true),
        1 => truths.first().copied(),
        _ => None,
    }
}

fn check_constants(world: &World) {
    let told: BTreeSet<Span> = world.of(Code::ConstantCondition).map(|finding| finding.span).collect();
    for (rule, whole, arriving) in world.reached().into_iter().filter(|(rule, ..)| world.is_rule(*rule)) {
        let parts = parts(whole, false);
        if parts.len() < 2 {
            continue;
        }
        let without = |also: Option<&Condition>| {
            replaced(whole, &|part| {
                let is_out = parts.iter().any(|(other, _)| std::ptr::eq(*other, part))
                    && (told.contains(&span(part)) || also.is_some_and(|also| std::ptr::eq(also, part)));
                is_out.then(|| truth(constant(world, whole, part, &arriving).unwrap_or(true)))
            })
        };
        let context = |part: &Condition| {
            format!("{} in {}\n{}", world.project.condition_text(part), world.project.rule_name(rule), world.text)
        };
        for (part, _) in &parts {
            let is_constant = constant(world, whole, part, &arriving).is_some();
            if told.contains(&span(part)) {
                assert!(is_constant, "it matters: {}", context(part));
            } else if is_constant {
                assert!(
                    !world.alike(whole, &without(Some(part)), &arriving),
                    "it could be left out, too: {}",
                    context(part)
                );
            }
        }
        assert!(world.alike(whole, &without(None), &arriving), "they cannot all be left out: {}", context(whole));
    }
}

// --- dead-list-member ---

fn members(predicate: &Predicate) -> Vec<Predicate> {
    match predicate {
        Predicate::OneOf(cells) => cells.iter().map(|cell| Predicate::OneOf(vec![cell.clone()])).collect(),
        Predicate::Text { part, any } => {
            any.iter().map(|text| Predicate::Text { part: *part, any: vec![text.clone()] }).collect()
        }
        Predicate::HasAny(tags) => tags.iter().map(|tag| Predicate::HasAny(vec![tag.clone()])).collect(),
        _ => Vec::new(),
    }
}

/// A member as messages write it.
fn written(project: &Project, comparison: &Comparison, member: &Predicate) -> String {
    match member {
        Predicate::OneOf(cells) => project.write_cell(&project.values[comparison.value].ty, &cells[0]),
        Predicate::Text { any, .. } | Predicate::HasAny(any) => format!("\"{}\"", any[0]),
        _ => unreachable!("lists have such members"),
    }
}

/// The members of a list that are told, and whether one of several that are the same stays.
fn told_members(world: &World, rule: RuleId, comparison: &Comparison) -> BTreeMap<String, bool> {
    let mut told = BTreeMap::new();
    let name = world.project.rule_name(rule);
    let is_row = !world.is_rule(rule);
    let of_list = world
        .of(Code::DeadListMember)
        .filter(|finding| finding.rule.as_deref() == Some(&*name) && (is_row || finding.span == comparison.span));
    for finding in of_list {
        let about = [" adds nothing", " is left for", " comes to rule", " in the list of"]
            .iter()
            .fold(finding.message.as_str(), |about, end| about.split(end).next().unwrap_or_default());
        let words = about.split(['`', '[', ']', ',', ' ']);
        for word in words.filter(|word| word.starts_with('"') || ["free", "team", "firm"].contains(word)) {
            told.insert(word.to_lowercase(), finding.message.ends_with("more than once"));
        }
    }
    told
}

fn check_members(world: &World) {
    for (rule, whole, arriving) in world.reached() {
        for (part, turned) in parts(whole, false) {
            let Condition::Comparison(comparison) = part else { continue };
            let members = members(&comparison.predicate);
            if members.len() < 2 || comparison.negated || turned {
                continue;
            }
            let told = told_members(world, rule, comparison);
            let context =
                || format!("{told:?} of {} in {}\n{}", comparison.text, world.project.rule_name(rule), world.text);
            let with = |kept: &[usize]| {
                let asks = |member: &usize| {
                    Condition::Comparison(Comparison { predicate: members[*member].clone(), ..comparison.clone() })
                };
                let list = if kept.is_empty() { truth(false) } else { Condition::Or(kept.iter().map(asks).collect()) };
                replaced(whole, &|other| std::ptr::eq(other, part).then(|| list.clone()))
            };
            let name = |member: usize| written(&world.project, comparison, &members[member]);
            let stays = |member: &usize| match told.get(&name(*member)) {
                None => true,
                Some(one_stays) => *one_stays && (0..*member).all(|before| name(before) != name(*member)),
            };
            let kept: Vec<usize> = (0..members.len()).filter(stays).collect();
            assert!(world.alike(whole, &with(&kept), &arriving), "they are needed: {}", context());
            if world.alike(whole, &with(&[]), &arriving) {
                assert!(told.is_empty(), "the list is not needed at all: {}", context());
                continue;
            }
            for member in &kept {
                let fewer: Vec<usize> = kept.iter().copied().filter(|other| other != member).collect();
                let is_needed = !world.alike(whole, &with(&fewer), &arriving);
                assert!(is_needed, "member {member} is not needed, and not told: {}", context());
            }
        }
    }
}

// --- blank-slips-through ---

fn check_blanks(world: &World) {
    let told: BTreeSet<Span> = world.of(Code::BlankSlipsThrough).map(|finding| finding.span).collect();
    let mut found: BTreeSet<Span> = BTreeSet::new();
    for (_, whole, arriving) in world.reached() {
        for (part, turned) in parts(whole, false) {
            let Condition::Comparison(comparison) = part else { continue };
            if comparison.negated == turned || comparison.predicate == Predicate::Known {
                continue;
            }
            let without = replaced(whole, &|other| std::ptr::eq(other, part).then(|| truth(turned)));
            let slips = |lead: &&&Lead| {
                let is_blank = *Facts::new(&world.project, lead).value(comparison.value) == Cell::Blank;
                is_blank && world.holds(whole, lead) && !world.holds(&without, lead)
            };
            if arriving.iter().find(slips).is_some() {
                found.insert(comparison.span);
            }
        }
    }
    assert_eq!(told, found, "{}", world.text);
}

// --- boundary-gap ---

fn comparisons<'a>(project: &'a Project, whole: &'a Condition) -> Vec<&'a Comparison> {
    let of = |(part, _): (&'a Condition, bool)| match part {
        Condition::Comparison(comparison) => vec![comparison],
        Condition::Named(id, _) => comparisons(project, &project.conditions[*id].condition),
        _ => Vec::new(),
    };
    parts(whole, false).into_iter().flat_map(of).collect()
}

/// Whether the rule would take the lead if one of its thresholds were the other way round.
fn is_kept_out_by_threshold(world: &World, rule: RuleId, lead: &Lead) -> bool {
    let size = |comparison: &&&Comparison| {
        matches!(comparison.predicate, Predicate::Within(_)) && world.project.values[comparison.value].text == "size"
    };
    let Some(whole) = &world.project.rules[rule].when else { return false };
    fn turned(world: &World, whole: &Condition, at: &Comparison, holds: bool) -> Condition {
        replaced(whole, &|part| match part {
            Condition::Comparison(comparison) if std::ptr::eq(comparison, at) => Some(truth(holds)),
            Condition::Named(id, _) => Some(turned(world, &world.project.conditions[*id].condition, at, holds)),
            _ => None,
        })
    }
    let thresholds = comparisons(&world.project, whole);
    thresholds.iter().filter(size).any(|comparison| {
        let holds = world.holds(&Condition::Comparison((*comparison).clone()), lead);
        world.holds(&turned(world, whole, comparison, !holds), lead)
    })
}

fn check_boundaries(world: &World) {
    let value = |finding: &Finding| {
        finding.message.split("`size is ").nth(1).and_then(|rest| rest.split('`').next()).map(str::to_owned)
    };
    let told: BTreeSet<(String, String)> = world
        .of(Code::BoundaryGap)
        .map(|finding| (finding.policy.clone().expect("it names a policy"), value(finding).expect("it names a value")))
        .collect();
    let size = world.project.lead.fields.ids().nth(1).expect("the second field");
    let mut found = BTreeSet::new();
    for policy in world.project.policies.ids() {
        let rules: Vec<RuleId> = world.project.policies[policy]
            .rules
            .iter()
            .copied()
            .filter(|rule| world.project.rules[*rule].when.is_some())
            .collect();
        let wants =
            |rule: RuleId, lead: &Lead| world.holds(world.project.rules[rule].when.as_ref().expect("it has one"), lead);
        for (lead, way) in world.leads.iter().zip(&world.ways) {
            let Cell::Number(at) = lead.cells[size] else { continue };
            if !way.entered.contains(&policy) || rules.iter().any(|rule| wants(*rule, lead)) {
                continue;
            }
            let beside = |step: i64| {
                let mut lead = lead.clone();
                lead.cells[size] = Cell::Number(at + Decimal::from(step));
                lead
            };
            let is_in = |lead: &Lead| matches!(lead.cells[size], Cell::Number(size) if (0..=5).contains(&i64::try_from(size).expect("small")));
            let side = |step: i64| {
                let next = beside(step);
                is_in(&next)
                    && rules.iter().any(|rule| wants(*rule, &next) && is_kept_out_by_threshold(world, *rule, lead))
            };
            if side(-1) && side(1) {
                found.insert((world.project.policies[policy].name.clone(), at.to_string()));
            }
        }
    }
    assert_eq!(told, found, "{}", world.text);
}

// --- hidden-overlap ---

fn check_overlaps(world: &World) {
    let told: BTreeMap<String, BTreeSet<String>> = world
        .of(Code::HiddenOverlap)
        .map(|finding| {
            (
                finding.rule.clone().expect("a rule"),
                finding.labels.iter().filter_map(|label| label.rule.clone()).collect(),
            )
        })
        .collect();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let project = &world.project;
    let action = |rule: RuleId| canonical::action(project, &project.rules[rule].action);
    for (rule, whole, arriving) in world.reached().into_iter().filter(|(rule, ..)| world.is_rule(*rule)) {
        let taken: Vec<&&Lead> = arriving.iter().filter(|lead| world.holds(whole, lead)).collect();
        let policy = project.rules[rule].policy;
        for later in
            project.policies[policy].rules.iter().copied().filter(|later| *later > rule && world.is_rule(*later))
        {
            let when = project.rules[later].when.as_ref().expect("a rule has a condition");
            if action(later) != action(rule) && taken.iter().any(|lead| world.holds(when, lead)) {
                found.entry(project.rule_name(rule)).or_default().insert(project.rule_name(later));
            }
        }
    }
    assert_eq!(told, found, "{}", world.text);
}

fn check(small: &Small) {
    let world = World::new(small);
    check_constants(&world);
    check_members(&world);
    check_blanks(&world);
    check_boundaries(&world);
    check_overlaps(&world);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(32) })]

    #[test]
    fn what_is_told_of_conditions_is_what_every_lead_says(small in small()) {
        check(&small);
    }
}

#[test]
fn parts_that_can_go_only_with_others_are_found() {
    let rule = "rule r0 when ((size < 0 or plan not in [free, team]) or (plan not in [free] and plan is free and plan is free)) keep owner";
    let main = format!("{HEAD}policy first {{\n  {rule}\n  otherwise reject \"rest\"\n}}\nstart at first\n");
    check(&Small { main, patches: "names,plan\n".to_owned() });
}

#[test]
fn a_gap_is_found_that_only_some_of_the_leads_between_fall_through() {
    let main = format!(
        "{HEAD}policy first {{
  rule r0 when (size > 2 and size >= 3) go to second
  rule r1 when (size <= 4 and big and size in 0 to 4) keep owner
  rule r2 when (size in 1 to 1 and (plan is known or size < 2)) keep owner
  otherwise go to second
}}
policy second {{
  otherwise reject \"rest\"
}}
start at first
"
    );
    check(&Small { main, patches: "names,plan\n".to_owned() });
}

/// `cargo test --release --test suite -- --ignored every_lead_for_long`
#[test]
#[ignore = "minutes"]
fn every_lead_for_long() {
    let mut runner = TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5_000) });
    let checked = runner.run(&small(), |small| {
        check(&small);
        Ok(())
    });
    checked.unwrap();
}
