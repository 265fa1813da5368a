//! Rules whose leads others take: what `unreachable-rule` and `shadowed-row` tell.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use jiff::civil::Date;

use super::exact::{Day, Mismatch, Proofs, Standing, Way, depends_on_tables, in_short};
use super::{Facts, count, removable, with_allows};
use crate::analysis::ends::{At, Compare, End, MOST_PAIRS, Place};
use crate::analysis::parallel;
use crate::analysis::reach::{Cover, Member};
use crate::analysis::ways::{Goal, product};
use crate::analysis::witness::Verdict;
use crate::canonical;
use crate::diagnostic::{Code, Edit, Finding, Label, Replacement, Scope};
use crate::ids::{Id, PolicyId, RuleId};
use crate::lead::Lead;
use crate::plan::{self, Outcome};
use crate::policy::{Action, Chain, DestinationKind, Origin, Project};
use crate::source::Span;

/// A rule that other rules keep all leads from.
pub struct Hidden<'f, 'a> {
    pub rule: RuleId,
    pub day: &'f Day<'a>,
    pub cover: &'f Cover,
    /// One for each member of the cover: a lead that this member keeps from the rule.
    leads: Vec<Option<Lead>>,
    /// `None` where no lead of the rule's condition comes to its policy at all.
    pub same_destination: Option<bool>,
    pub scope: Scope,
    help: String,
    /// The rule before which it would get its leads, and take them all from nobody else.
    belongs_before: Option<RuleId>,
}

/// Hidden rules whose leads are made as small as they can be; with more of them nobody looks at each.
const MOST_SMALLEST: usize = 300;
/// Places of covering rules that are shown.
const MEMBERS_SHOWN: usize = 6;

/// The hidden rules that are wanted, in reading order. `otherwise`, which is there for the leads that
/// nobody thought of, is a matter of taste where no lead is left for it.
pub fn hidden<'f, 'a>(
    facts: &'f Facts<'a>,
    code: Code,
    is_wanted: impl Fn(&Project, RuleId, &Cover) -> bool,
) -> Result<Vec<Hidden<'f, 'a>>, Mismatch> {
    let unreachable = facts.exact.standings().iter_with_ids().filter_map(|(rule, standing)| match standing {
        Standing::Unreachable(date, cover) if is_wanted(facts.project, rule, cover) => Some((rule, *date, cover)),
        _ => None,
    });
    let unreachable: Vec<(usize, (RuleId, Date, &'f Cover))> = unreachable.enumerate().collect();
    let look = |(number, (rule, date, cover)): &(usize, (RuleId, Date, &'f Cover))| {
        facts.exact.on(*date).map(|day| look_at(facts, code, *rule, day, cover, *number < MOST_SMALLEST))
    };
    parallel::map(&unreachable, look).into_iter().flatten().collect()
}

fn look_at<'f, 'a>(
    facts: &'f Facts<'a>,
    code: Code,
    rule: RuleId,
    day: &'f Day<'a>,
    cover: &'f Cover,
    smallest: bool,
) -> Result<Hidden<'f, 'a>, Mismatch> {
    let project = facts.project;
    let leads = cover.members.iter().map(|member| kept_away(project, code, day, rule, member, smallest));
    let leads: Vec<Option<Lead>> = leads.collect::<Result<_, _>>()?;
    let mut hidden = Hidden {
        rule,
        day,
        cover,
        same_destination: is_same(project, day, rule, cover, &leads),
        leads,
        scope: scope(facts, day, rule, cover),
        help: String::new(),
        belongs_before: None,
    };
    hidden.belongs_before = belongs_before(facts, &hidden);
    hidden.help = help(facts, &hidden);
    Ok(hidden)
}

/// A lead of the rule that the member takes, replayed: if it is said to arrive without the member, it
/// does.
fn kept_away(
    project: &Project,
    code: Code,
    day: &Day<'_>,
    rule: RuleId,
    member: &Member,
    smallest: bool,
) -> Result<Option<Lead>, Mismatch> {
    let without = day.plan().without(member.rule);
    let shows = |lead: &Lead, way: &Way| {
        let facts = plan::Facts::new(project, lead);
        let satisfies =
            |rule: RuleId| project.rules[rule].when.as_ref().is_none_or(|when| plan::holds(when, &facts, &mut ()));
        let arrives = || Way::of(&without, lead).taken.contains(&rule);
        satisfies(rule) && satisfies(member.rule) && !way.taken.contains(&rule) && (!member.arrives || arrives())
    };
    let [rule, member_name] = [rule, member.rule].map(|rule| project.rule_name(rule));
    let claim = format!("`{member_name}` keeps it from `{rule}`");
    // A cover of very many rules comes without leads.
    match &member.lead {
        Some(lead) if smallest => day.replay(code, &claim, lead, &shows),
        Some(lead) => day.replay_as_found(code, &claim, lead, &shows),
        None => Ok(None),
    }
}

/// Whether all the rule's leads go where the rule would have sent them. Those that come to its policy
/// are followed; if none does, what counts is what the rules do that take them on the way.
fn is_same(project: &Project, day: &Day<'_>, rule: RuleId, cover: &Cover, leads: &[Option<Lead>]) -> Option<bool> {
    if !cover.entered_by.is_empty() {
        let mut members = cover.members.iter();
        return (members.len() > 0).then(|| members.all(|member| ends_alike(project, rule, member.rule)));
    }
    // A lead that shows the difference makes it unnecessary to look for one.
    let goes_on = matches!(project.rules[rule].action, Action::GoTo(_));
    let differs = |lead: &Lead| match Way::of(day.plan(), lead).outcome {
        Outcome::Decided(now) => !goes_on && !ends_alike(project, rule, now),
        Outcome::FellOff(_) | Outcome::Circled(_) => false,
    };
    Some(!leads.iter().flatten().any(differs) && is_same_in_the_end(project, day, rule))
}

/// Follows the rule's leads as they go now, and as they would by the rule.
fn is_same_in_the_end(project: &Project, day: &Day<'_>, rule: RuleId) -> bool {
    let Proofs { engine, ways } = &day.proofs;
    let policy = project.rules[rule].policy;
    let areas = &engine.rules[0][rule.index()].areas;
    !ways.too_many[policy]
        && ways.into[policy].iter().all(|way| {
            let Some(areas) = product(&way.goal.areas, areas) else { return false };
            let goal = Goal { areas, forbidden: way.goal.forbidden.clone() };
            let mut visited: Vec<PolicyId> = way.steps.iter().map(|step| project.rules[*step].policy).collect();
            visited.push(policy);
            let now = Place { project: 0, at: At::Policy(policy, None), by: None, visited, without: None };
            let mut by_rule = Place { by: Some(rule), ..now.clone() };
            by_rule.at = match &project.rules[rule].action {
                Action::GoTo(next) if now.visited.contains(&next.node) => At::End(End::Circles),
                Action::GoTo(next) => {
                    by_rule.visited.push(next.node);
                    At::Policy(next.node, None)
                }
                _ => At::End(End::Action(
                    engine.rules[0][rule.index()].end.map_or("", |end| engine.end_text(end)).to_owned(),
                )),
            };
            // The first difference is enough, but for those of the reasons of `reject`s.
            let regions = usize::from(matches!(project.rules[rule].action, Action::Reject(_)));
            let mut compare = Compare { engine, regions, found: Vec::new(), budget: MOST_PAIRS };
            compare.compare(&now, &by_rule, &goal)
                && compare.found.iter().all(|pair| is_reject(&pair.from.1) && is_reject(&pair.to.1))
        })
}

/// The reason of a `reject` sends a lead nowhere else.
fn is_reject(end: &End) -> bool {
    matches!(end, End::Action(action) if action.starts_with("reject "))
}

/// Whether two rules do the same with a lead, then and later.
fn ends_alike(project: &Project, a: RuleId, b: RuleId) -> bool {
    let (a, b) = (&project.rules[a], &project.rules[b]);
    match (&a.action, &b.action) {
        (Action::Assign(one), Action::Assign(other)) => {
            links(one).eq(links(other)) && canonical::escalations(project, a) == canonical::escalations(project, b)
        }
        (Action::GoTo(a), Action::GoTo(b)) => a.node == b.node,
        (Action::Reject(_), Action::Reject(_)) | (Action::KeepOwner, Action::KeepOwner) => true,
        _ => false,
    }
}

fn links(chain: &Chain) -> impl Iterator<Item = &DestinationKind> {
    chain.links.iter().map(|link| &link.kind)
}

/// Whether the rule would be hidden whatever the tables contain.
fn scope(facts: &Facts, day: &Day<'_>, rule: RuleId, cover: &Cover) -> Scope {
    let project = facts.project;
    let members: Vec<RuleId> = cover.members.iter().map(|member| member.rule).collect();
    let is_row = |rule: &RuleId| matches!(project.rules[*rule].origin, Origin::Row(..));
    if is_row(&rule) || members.iter().any(is_row) {
        return Scope::WithCurrentTables;
    }
    let asks = || members.iter().chain([&rule]).any(|rule| depends_on_tables(project, *rule));
    if !facts.exact.asks_tables() || (cover.entered_by.is_empty() && cover.assumptions.is_empty() && !asks()) {
        return Scope::Always;
    }
    let Proofs { engine, ways } = day.any_tables();
    let holds = engine.is_covered(0, ways, rule, &members, cover.entered_by.is_empty());
    if holds { Scope::Always } else { Scope::WithCurrentTables }
}

/// What to do.
fn help(facts: &Facts, hidden: &Hidden) -> String {
    let project = facts.project;
    if hidden.same_destination.is_none() {
        let policy = &project.policies[project.rules[hidden.rule].policy].name;
        return format!("no lead comes to policy `{policy}` that satisfies it: change its condition, or remove it");
    }
    if hidden.same_destination == Some(true) {
        return "remove it: its leads go to the same destination all the same".to_owned();
    }
    let members = &hidden.cover.members;
    let policy = project.rules[hidden.rule].policy;
    let is_beside = |rule: RuleId| project.rules[rule].policy == policy;
    if let Some(first) = hidden.belongs_before {
        return format!("move it before {}, and its leads reach it; or remove it", name(project, first));
    }
    match (&members[..], project.rules[hidden.rule].origin) {
        (_, Origin::Row(..)) => "no lead is left for it: change its cells, or remove it".to_owned(),
        ([only], _) if is_beside(only.rule) => {
            let only = name(project, only.rule);
            format!("no lead is left for it: narrow the condition of {only}, or remove this rule")
        }
        _ => "no lead is left for it: narrow the conditions of the rules that take its leads, or remove it".to_owned(),
    }
}

/// A place to move the rule to, only if that brings it its leads and takes them all from nobody else.
fn belongs_before(facts: &Facts, hidden: &Hidden) -> Option<RuleId> {
    let policy = facts.project.rules[hidden.rule].policy;
    let is_beside = |rule: &RuleId| facts.project.rules[*rule].policy == policy;
    let members = || hidden.cover.members.iter().map(|member| member.rule);
    let first = members().find(is_beside).filter(|_| hidden.same_destination == Some(false))?;
    (members().all(|rule| is_beside(&rule)) && moving_helps(facts, hidden, first)).then_some(first)
}

/// A rule as those beside it know it.
fn name(project: &Project, rule: RuleId) -> String {
    match project.rules[rule].origin {
        Origin::Row(_, row) => format!("row {}", row.index() + 1),
        Origin::Rule | Origin::Otherwise => format!("`{}`", project.rules[rule].name),
    }
}

/// Whether the rule, tried before another of its policy, takes the leads shown, and every rule that
/// it is then tried before is still reached.
fn moving_helps(facts: &Facts, hidden: &Hidden, before: RuleId) -> bool {
    let project = facts.project;
    // Rules are compiled in the order in which they are tried.
    let place = |rule: RuleId| hidden.day.proofs.engine.rules[0][rule.index()].boxes.start;
    let policy = project.rules[hidden.rule].policy;
    // It holds for the leads shown, so it takes those that come to where it is tried.
    let arrives = |lead: &Lead| {
        let taken = Way::of(hidden.day.plan(), lead).taken;
        taken.iter().any(|taker| project.rules[*taker].policy == policy && place(*taker) >= place(before))
    };
    if !hidden.leads.iter().flatten().any(arrives) {
        return false;
    }
    let passed = passed(facts.project, hidden, before);
    passed.len() <= MOST_PASSED && passed.into_iter().all(|rule| is_left(facts, hidden, rule))
}

/// Rules that share leads with the hidden one, beyond which moving it is not suggested.
const MOST_PASSED: usize = 60;

/// The rules between two places of a policy that share leads with the hidden one.
fn passed(project: &Project, hidden: &Hidden, before: RuleId) -> Vec<RuleId> {
    let engine = &hidden.day.proofs.engine;
    let rules = &project.policies[project.rules[hidden.rule].policy].rules;
    let between = rules.iter().copied().skip_while(|rule| *rule != before).take_while(|rule| *rule != hidden.rule);
    let among = engine.boxes_of(0, between);
    let mut sharing: Vec<RuleId> = Vec::new();
    for area in &engine.rules[0][hidden.rule.index()].areas {
        sharing.extend(engine.index.meeting(area, &among).iter().filter_map(|number| engine.index.rule(number)));
    }
    sharing.sort_unstable();
    sharing.dedup();
    sharing
}

/// Whether leads still reach a rule, if they do now, when the hidden rule is tried before it.
fn is_left(facts: &Facts, hidden: &Hidden, rule: RuleId) -> bool {
    let Standing::Reached(_, lead) = &facts.exact.standings()[rule] else { return true };
    let Proofs { engine, ways } = &hidden.day.proofs;
    let moved = engine.boxes_of(0, [hidden.rule]);
    if engine.index.around(&engine.point(&lead.cells), &moved).is_empty() {
        return true;
    }
    let goals = ways.into[facts.project.rules[rule].policy].iter().filter_map(|way| engine.through(0, &way.goal, rule));
    goals.into_iter().any(|goal| {
        let mut forbidden = goal.forbidden.clone();
        forbidden.or(&moved);
        matches!(engine.witness(&goal.areas, &forbidden, &[]), Verdict::Found(_))
    })
}

impl Hidden<'_, '_> {
    /// The finding, without what is said about the rule itself.
    pub fn finding(&self, facts: &Facts, code: Code, message: String) -> Finding {
        let project = facts.project;
        let rule = &project.rules[self.rule];
        let mut finding = Finding::new(code, place(project, self.rule), message)
            .at("never decides")
            .in_rule(project.rule_name(self.rule))
            .in_policy(&project.policies[rule.policy].name)
            .help(&self.help);
        finding.scope = self.scope;
        finding.same_destination = self.same_destination;
        finding.covered_by = self.cover.members.iter().map(|member| project.rule_name(member.rule)).collect();
        finding.labels = self.labels(project);
        finding.witness = self.leads.iter().flatten().next().map(|lead| self.day.show(lead));
        removable(self.movable(finding, project), project, self.rule)
    }

    /// Offers to move the rule to where it gets its leads.
    fn movable(&self, finding: Finding, project: &Project) -> Finding {
        let is_written = |rule: &RuleId| project.rules[*rule].origin == Origin::Rule;
        let Some(before) = self.belongs_before.filter(|before| is_written(before) && is_written(&self.rule)) else {
            return finding;
        };
        let (whole, start) = (with_allows(project, self.rule), with_allows(project, before).start);
        let there = Edit { span: Span::new(start, start), by: Replacement::Copy(whole, "\n\n  ".to_owned()) };
        finding.fix(format!("move it before rule {}", name(project, before)), vec![there, Edit::remove(whole)])
    }

    fn labels(&self, project: &Project) -> Vec<Label> {
        let members = self.cover.members.iter().zip(&self.leads).take(MEMBERS_SHOWN);
        let mut labels: Vec<Label> = members
            .map(|(member, lead)| {
                let message = self.share(project, member, lead.as_ref());
                Label { span: place(project, member.rule), message, rule: Some(project.rule_name(member.rule)) }
            })
            .collect();
        if let Some(last) = labels.last_mut()
            && self.cover.members.len() > MEMBERS_SHOWN
        {
            last.message += &format!("; {} do, too", count(self.cover.members.len() - MEMBERS_SHOWN, "other rule"));
        }
        let entering = if self.cover.members.is_empty() {
            "leads come in here, and none satisfies it"
        } else {
            "leads come in here"
        };
        let ways = self.cover.entered_by.iter().map(|rule| (project.rules[*rule].head, entering));
        let assumed = self.cover.assumptions.iter().map(|number| (project.assumptions[*number].span, "as is assumed"));
        labels.extend(ways.chain(assumed).map(|(span, message)| Label {
            span,
            message: message.to_owned(),
            rule: None,
        }));
        labels
    }

    /// What a member takes of the rule's leads.
    fn share(&self, project: &Project, member: &Member, lead: Option<&Lead>) -> String {
        let what = if self.cover.members.len() == 1 { "takes all its leads" } else { "takes some of its leads" };
        match lead {
            None => what.to_owned(),
            Some(lead) => {
                let others = if member.arrives { "" } else { ", as others would" };
                format!("{what}, e.g. {}{others}", in_short(project, lead))
            }
        }
    }
}

/// Where a rule is shown: a row in its table.
pub fn place(project: &Project, rule: RuleId) -> Span {
    match project.rules[rule].origin {
        Origin::Row(table, row) => project.tables[table].rows[row].span,
        Origin::Rule | Origin::Otherwise => project.rules[rule].head,
    }
}

/// Rows of one `each row of` that the same rules hide are told together: the first with its leads, of
/// the others the place.
pub fn told_together(
    facts: &Facts,
    code: Code,
    hidden: &[Hidden],
    message: impl Fn(&[&Hidden]) -> String,
) -> Vec<Finding> {
    let project = facts.project;
    let mut groups: IndexMap<(Span, Vec<RuleId>), Vec<&Hidden>> = IndexMap::new();
    for hidden in hidden {
        let members = hidden.cover.members.iter().map(|member| member.rule).collect();
        groups.entry((project.rules[hidden.rule].head, members)).or_default().push(hidden);
    }
    let mut blocks: IndexMap<Span, Vec<Vec<&Hidden>>> = IndexMap::new();
    for ((block, _), group) in groups {
        blocks.entry(block).or_default().push(group);
    }
    blocks.values().flat_map(|groups| of_block(facts, code, groups, &message)).collect()
}

/// Groups of rows of one block that get a finding of their own.
const GROUPS_SHOWN: usize = 10;
/// Rows of a group that are shown after the first.
const ROWS_SHOWN: usize = 3;

fn of_block(
    facts: &Facts,
    code: Code,
    groups: &[Vec<&Hidden>],
    message: &impl Fn(&[&Hidden]) -> String,
) -> Vec<Finding> {
    let (shown, rest) = groups.split_at(groups.len().min(GROUPS_SHOWN));
    let rest: Vec<&Hidden> = rest.iter().flatten().copied().collect();
    let mut findings: Vec<Finding> = shown.iter().map(|group| of_rows(facts, code, group, message(group))).collect();
    if let Some(first) = rest.first() {
        let mut finding = of_rows(facts, code, &rest, message(&rest));
        let covering: BTreeSet<RuleId> =
            rest.iter().flat_map(|hidden| hidden.cover.members.iter().map(|member| member.rule)).collect();
        finding.covered_by = covering.into_iter().map(|rule| facts.project.rule_name(rule)).collect();
        let alike = rest.iter().all(|hidden| hidden.same_destination == first.same_destination);
        finding.same_destination = first.same_destination.filter(|_| alike);
        findings.push(finding);
    }
    findings
}

fn of_rows(facts: &Facts, code: Code, rows: &[&Hidden], message: String) -> Finding {
    let project = facts.project;
    let mut finding = rows[0].finding(facts, code, message);
    let alike = rows.iter().all(|row| row.same_destination == rows[0].same_destination);
    finding.same_destination = rows[0].same_destination.filter(|_| alike);
    if rows.len() > 1 {
        let is_harmless = rows.iter().all(|row| row.same_destination == Some(true));
        let advice = if is_harmless { "remove them" } else { "remove them, or change their cells or their order" };
        finding.help = Some(advice.to_owned());
    }
    for row in rows.iter().skip(1).take(ROWS_SHOWN) {
        let rule = Some(project.rule_name(row.rule));
        finding.labels.push(Label { span: place(project, row.rule), message: "nor does this row".to_owned(), rule });
    }
    let block = project.rules[rows[0].rule].head;
    let name = project.rule_name(rows[0].rule);
    let block_name = name.split_once(':').map_or(name.as_str(), |(block, _)| block).to_owned();
    finding.standing_for(rows.len(), block_name).also(block, "of these rows")
}

/// `row 3`, `rows 3 and 5`, `12 rows`.
pub fn rows_in_words(project: &Project, rows: &[&Hidden]) -> String {
    let numbers: Vec<String> = rows
        .iter()
        .filter_map(|hidden| match project.rules[hidden.rule].origin {
            Origin::Row(_, row) => Some((row.index() + 1).to_string()),
            Origin::Rule | Origin::Otherwise => None,
        })
        .collect();
    match &numbers[..] {
        [one] => format!("row {one}"),
        [first, second] => format!("rows {first} and {second}"),
        many => count(many.len(), "row"),
    }
}
