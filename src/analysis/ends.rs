//! Where leads end, and whether two ways of going on end alike for all of them.
//!
//! A [`Place`] is where a set of leads stands: at the end, or before the rules of a policy (from one
//! of them on). [`Compare::compare`] follows two places at once. A rule takes the leads of its areas
//! that no rule before it takes; what it does is the next place. Two ends with the same name are
//! alike without asking; for two others the engine looks for a lead that comes to both. None for any
//! pair of different ends: the two places are equal, proved (this is Margrave's change impact, whose
//! terminals are pairs of decisions, found pair by pair).

use crate::analysis::boxes::{Area, common};
use crate::analysis::index::Owner;
use crate::analysis::regions::{Regions, Rest};
use crate::analysis::sets::Bits;
use crate::analysis::ways::Goal;
use crate::analysis::witness::{Engine, Refused, Verdict, Witness};
use crate::ids::{Id, PolicyId, RuleId};
use crate::policy::Action;

/// Where leads end.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum End {
    /// A rule's action, by its name: two rules with the same chain end alike.
    Action(String),
    /// No rule takes the lead.
    Nothing,
    Circles,
    /// The version does not take the lead in: what it requires is blank.
    Refused,
}

/// Where leads stand in a project.
#[derive(Clone, Debug)]
pub struct Place {
    pub project: usize,
    pub at: At,
    /// The rule that sent them there; `None` at the start and where no rule takes them.
    pub by: Option<RuleId>,
    /// Policies they were in.
    pub visited: Vec<PolicyId>,
    /// A rule that is looked at as if it were not there.
    pub without: Option<RuleId>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum At {
    End(End),
    /// Before the rules of a policy; with a rule, before those that follow it.
    Policy(PolicyId, Option<RuleId>),
}

/// Leads that end in two ways.
#[derive(Clone, Debug)]
pub struct Difference {
    pub from: (Option<RuleId>, End),
    pub to: (Option<RuleId>, End),
    pub regions: Regions,
}

/// What to skip, what to collect, and how much work is left.
pub struct Compare<'a, 'p> {
    pub engine: &'a Engine<'p>,
    /// Regions of one difference at most; none: the first lead is enough, and ends the search.
    pub regions: usize,
    pub found: Vec<Difference>,
    pub budget: usize,
}

/// Pairs of places looked at before the rest is left open.
pub const MOST_PAIRS: usize = 200_000;

impl Place {
    pub fn start(engine: &Engine<'_>, project: usize) -> Place {
        let start = engine.model.projects[project].start.node;
        Place { project, at: At::Policy(start, None), by: None, visited: vec![start], without: None }
    }
}

/// Where leads go that come to a version: to its start, if it takes them in.
pub(super) fn entering(engine: &Engine<'_>, project: usize, goal: &Goal) -> Vec<Branch> {
    let Refused { areas, boxes } = &engine.refused[project];
    let mut forbidden = goal.forbidden.clone();
    forbidden.insert_range(boxes.start, boxes.end);
    let start = Place::start(engine, project);
    let refused = Place { at: At::End(End::Refused), ..start.clone() };
    let areas: Vec<Area> = goal.areas.iter().flat_map(|a| areas.iter().filter_map(|b| common(a, b))).collect();
    let entered = Branch { areas: goal.areas.clone(), forbidden, place: start };
    let refused = Branch { areas, forbidden: goal.forbidden.clone(), place: refused };
    [refused, entered].into_iter().filter(|branch| !branch.areas.is_empty()).collect()
}

/// A place some of the leads go to next.
pub(super) struct Branch {
    pub areas: Vec<Area>,
    pub forbidden: Bits,
    pub place: Place,
}

impl Compare<'_, '_> {
    /// Follows two places; false if the budget ran out or something was left open.
    pub fn compare(&mut self, a: &Place, b: &Place, goal: &Goal) -> bool {
        if self.is_done() {
            return true;
        }
        if self.budget == 0 || goal.areas.len() > MOST_AREAS {
            return false;
        }
        self.budget -= 1;
        let engine = self.engine;
        match (&a.at, &b.at) {
            (At::End(from), At::End(to)) => from == to || self.collect(a, from, b, to, goal),
            (At::Policy(..), _) => {
                for branch in onward(engine, a, goal, &|rule| engine.may_differ(a.project, rule, &b.at)) {
                    let goal = Goal { areas: branch.areas, forbidden: branch.forbidden };
                    if !self.compare(&branch.place, b, &goal) {
                        return false;
                    }
                    if self.is_done() {
                        break;
                    }
                }
                true
            }
            (At::End(_), At::Policy(..)) => {
                for branch in onward(engine, b, goal, &|rule| engine.may_differ(b.project, rule, &a.at)) {
                    let goal = Goal { areas: branch.areas, forbidden: branch.forbidden };
                    if !self.compare(a, &branch.place, &goal) {
                        return false;
                    }
                    if self.is_done() {
                        break;
                    }
                }
                true
            }
        }
    }

    fn is_done(&self) -> bool {
        self.regions == 0 && !self.found.is_empty()
    }

    fn collect(&mut self, a: &Place, from: &End, b: &Place, to: &End, goal: &Goal) -> bool {
        let regions = if self.regions == 0 {
            match self.engine.reach_goal(goal) {
                Verdict::Refuted(_) => return true,
                Verdict::Open => return false,
                Verdict::Found(witness) => one(witness),
            }
        } else {
            self.engine.regions(std::slice::from_ref(goal), self.regions)
        };
        if regions.found.is_empty() {
            return regions.rest != Rest::Open;
        }
        self.found.push(Difference { from: (a.by, from.clone()), to: (b.by, to.clone()), regions });
        true
    }
}

/// Where the leads of a goal that stand before rules go next; only by rules that are worth it.
pub(super) fn onward<'e>(
    engine: &'e Engine<'_>,
    place: &'e Place,
    goal: &'e Goal,
    is_worth_it: &'e dyn Fn(RuleId) -> bool,
) -> impl Iterator<Item = Branch> + 'e {
    let compiled = &engine.rules[place.project];
    let rules: &[RuleId] = match &place.at {
        At::End(_) => &[],
        At::Policy(policy, after) => {
            let rules = &engine.model.projects[place.project].policies[*policy].rules;
            let at = after.and_then(|after| rules.iter().position(|rule| *rule == after));
            &rules[at.map_or(0, |at| at + 1)..]
        }
    };
    let range = match (rules.first(), rules.last()) {
        (Some(first), Some(last)) => compiled[first.index()].boxes.start..compiled[last.index()].boxes.end,
        _ => 0..0,
    };
    let mut among = engine.index.none();
    among.insert_range(range.start, range.end);
    if let Some(without) = place.without {
        compiled[without.index()].boxes.clone().for_each(|number| among.remove(number));
    }
    let mut meeting = engine.index.none();
    goal.areas.iter().for_each(|area| meeting.or(&engine.index.meeting(area, &among)));
    let mut met: Vec<RuleId> = meeting.iter().filter_map(|number| engine.index.rule(number)).collect();
    met.dedup();
    let mut forbidden = among.clone();
    forbidden.or(&goal.forbidden);
    let nowhere = Place { at: At::End(End::Nothing), by: None, ..place.clone() };
    let nowhere = Branch { areas: goal.areas.clone(), forbidden, place: nowhere };
    let taken = met.into_iter().filter(|rule| is_worth_it(*rule)).filter_map(move |rule| {
        let own = &compiled[rule.index()];
        let areas: Vec<Area> = goal.areas.iter().flat_map(|a| own.areas.iter().filter_map(|b| common(a, b))).collect();
        let mut forbidden = engine.index.none();
        forbidden.insert_range(range.start, own.boxes.start);
        forbidden.and(&among);
        forbidden.or(&goal.forbidden);
        (!areas.is_empty()).then(|| Branch { areas, forbidden, place: next(engine, place, rule) })
    });
    taken.chain([nowhere])
}

fn next(engine: &Engine<'_>, place: &Place, rule: RuleId) -> Place {
    let project = engine.model.projects[place.project];
    let action = &project.rules[rule].action;
    let mut next = Place { by: Some(rule), ..place.clone() };
    next.at = match action {
        Action::GoTo(policy) if place.visited.contains(&policy.node) => At::End(End::Circles),
        Action::GoTo(policy) => {
            next.visited.push(policy.node);
            At::Policy(policy.node, None)
        }
        Action::Assign(_) | Action::Reject(_) | Action::KeepOwner => {
            let end = engine.rules[place.project][rule.index()].end.expect("only `go to` does not end the way");
            At::End(End::Action(engine.end_text(end).to_owned()))
        }
    };
    next
}

const MOST_AREAS: usize = 2_000;

fn one(witness: Witness) -> Regions {
    let region = crate::analysis::regions::Region { area: Vec::new(), witness };
    Regions { found: vec![region], rest: Rest::More }
}

/// Whether a rule could be taken away without a lead ending elsewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Redundant {
    /// Proved.
    Yes,
    /// This lead would end elsewhere.
    No(Witness),
    Open,
}

/// Nodes spent on a lead that ends elsewhere, before the later rules are asked one by one.
const FEW_NODES: usize = 30;

/// Where a lead ends, short.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// The number of the end among the engine's.
    Action(u32),
    Nothing,
    Circles,
}

impl Engine<'_> {
    /// Whether every lead that the rule takes (there is one: `arrives`) would end where it ends now,
    /// were the rule not there.
    pub fn redundant(&self, project: usize, ways: &super::ways::Ways, rule: RuleId, arrives: &Witness) -> Redundant {
        let source = self.model.projects[project];
        let policy = source.rules[rule].policy;
        let around = self.around(arrives);
        if self.ending(project, &around, None) != self.ending(project, &around, Some(rule)) {
            return Redundant::No(arrives.clone());
        }
        if ways.too_many[policy] {
            return Redundant::Open;
        }
        for way in &ways.into[policy] {
            let Some(goal) = self.through(project, &way.goal, rule) else { return Redundant::Open };
            let mut visited: Vec<PolicyId> = way.steps.iter().map(|step| source.rules[*step].policy).collect();
            visited.push(policy);
            let before = Place { project, at: At::Policy(policy, None), by: None, visited, without: Some(rule) };
            match self.spared(&before, policy, rule, &goal) {
                Redundant::Yes => {}
                decided => return decided,
            }
        }
        Redundant::Yes
    }

    /// Whether the leads of a goal, which a rule takes, would end where they end now without it.
    ///
    /// A lead that no later rule takes which ends it alike (or sends it on) would end elsewhere. If
    /// there is none, the proof names later rules that take all the leads, and only what stands before
    /// the last of them can still take some of them elsewhere.
    fn spared(&self, before: &Place, policy: PolicyId, rule: RuleId, goal: &Goal) -> Redundant {
        let own = &self.rules[before.project][rule.index()];
        let later = own.boxes.end..self.boxes_of_policy(before.project, policy).end;
        let alike = self.ending_alike(own.end, later.clone());
        let mut last = later.end;
        let mut is_taken = false;
        if own.end.is_some() {
            let mut forbidden = alike.clone();
            forbidden.or(&goal.forbidden);
            match self.witness_within(&goal.areas, &forbidden, &[], FEW_NODES) {
                Verdict::Found(lead) => return Redundant::No(lead),
                Verdict::Open => {}
                Verdict::Refuted(core) => {
                    is_taken = true;
                    last = core.range(later.clone()).next_back().map_or(later.start, |last| last + 1);
                }
            }
        }
        let with = next(self, before, rule);
        let without = Place { at: At::Policy(policy, Some(rule)), ..before.clone() };
        let is_worth_it = |other: RuleId| {
            let compiled = &self.rules[before.project][other.index()];
            compiled.boxes.start < last
                && (compiled.end.is_none() || compiled.end != own.end)
                && !self.is_shadowed(before.project, other, rule)
        };
        let mut compare = Compare { engine: self, regions: 0, found: Vec::new(), budget: MOST_PAIRS };
        let is_complete = onward(self, &without, goal, &is_worth_it)
            .filter(|branch| !(is_taken && branch.place.at == At::End(End::Nothing)))
            .all(|branch| {
                let goal = Goal { areas: branch.areas, forbidden: branch.forbidden };
                // The first lead that ends elsewhere is enough.
                compare.compare(&with, &branch.place, &goal) && !compare.is_done()
            });
        match compare.found.pop() {
            Some(difference) => Redundant::No(difference.regions.found[0].witness.clone()),
            None if is_complete => Redundant::Yes,
            None => Redundant::Open,
        }
    }

    /// Whether what a rule does need not be what is known to happen.
    fn may_differ(&self, project: usize, rule: RuleId, at: &At) -> bool {
        match (self.rules[project][rule.index()].end, at) {
            (Some(end), At::End(End::Action(action))) => self.end_text(end) != *action,
            _ => true,
        }
    }

    /// Of some boxes those of rules that end leads so, or send them on.
    fn ending_alike(&self, end: Option<u32>, boxes: std::ops::Range<u32>) -> Bits {
        let mut alike = self.index.none();
        for number in boxes {
            let other = match self.index.owners[number as usize] {
                Owner::Rule(project, rule) => self.rules[project][rule.index()].end,
                Owner::Assumption(..) | Owner::Link | Owner::Refused(_) => None,
            };
            if other.is_none() || other == end {
                alike.insert(number);
            }
        }
        alike
    }

    /// Where a lead ends, with a rule looked at as if it were not there.
    pub fn end_of(&self, project: usize, lead: &Witness, without: Option<RuleId>) -> End {
        match self.ending(project, &self.around(lead), without) {
            Ending::Action(end) => End::Action(self.end_text(end).to_owned()),
            Ending::Nothing => End::Nothing,
            Ending::Circles => End::Circles,
        }
    }

    /// The boxes that a lead is in.
    fn around(&self, lead: &Witness) -> Bits {
        let mut everything = self.index.none();
        everything.insert_range(0, self.index.len() as u32);
        self.index.around(&self.point(&lead.cells), &everything)
    }

    /// Where a lead ends that is in these boxes.
    fn ending(&self, project: usize, around: &Bits, without: Option<RuleId>) -> Ending {
        let source = self.model.projects[project];
        let mut policy = source.start.node;
        let mut visited = vec![policy];
        loop {
            // Boxes are numbered in the order of the rules.
            let mut takers = around.iter().filter_map(|number| self.index.rule_of(project, number));
            let taker = takers.find(|rule| source.rules[*rule].policy == policy && Some(*rule) != without);
            let Some(rule) = taker else { return Ending::Nothing };
            match (&source.rules[rule].action, self.rules[project][rule.index()].end) {
                (_, Some(end)) => return Ending::Action(end),
                (Action::GoTo(next), None) if !visited.contains(&next.node) => {
                    policy = next.node;
                    visited.push(policy);
                }
                (_, None) => return Ending::Circles,
            }
        }
    }
}
