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
use crate::analysis::witness::{Engine, Verdict, Witness};
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
            (At::Policy(..), _) => onward(engine, a, goal, &|_| true).all(|branch| {
                let goal = Goal { areas: branch.areas, forbidden: branch.forbidden };
                self.compare(&branch.place, b, &goal)
            }),
            (At::End(_), At::Policy(..)) => onward(engine, b, goal, &|_| true).all(|branch| {
                let goal = Goal { areas: branch.areas, forbidden: branch.forbidden };
                self.compare(a, &branch.place, &goal)
            }),
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

/// Regions of a rule's leads that are looked at before all of them: one, then some.
const FEW_REGIONS: [usize; 2] = [1, 24];

/// Why a rule is or is not redundant on one way into its policy.
enum Spared {
    Yes,
    No(Witness),
    /// Left open by the short way of asking.
    Open,
}

impl Engine<'_> {
    /// Whether every lead that the rule takes (there is one: `arrives`) would end where it ends now,
    /// were the rule not there.
    pub fn redundant(&self, project: usize, ways: &super::ways::Ways, rule: RuleId, arrives: &Witness) -> Redundant {
        let source = self.model.projects[project];
        let policy = source.rules[rule].policy;
        if self.ends_elsewhere(project, arrives, rule) {
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
            match self.spared(&before, rule, policy, &goal) {
                Spared::Yes => continue,
                Spared::No(lead) => return Redundant::No(lead),
                Spared::Open => {}
            }
            let mut compare = Compare { engine: self, regions: 0, found: Vec::new(), budget: MOST_PAIRS };
            let with = next(self, &before, rule);
            let without = Place { at: At::Policy(policy, Some(rule)), ..before };
            let is_complete = compare.compare(&with, &without, &goal);
            if let Some(difference) = compare.found.pop() {
                return Redundant::No(difference.regions.found[0].witness.clone());
            }
            if !is_complete {
                return Redundant::Open;
            }
        }
        Redundant::Yes
    }

    /// One question instead of one for each later rule: is there a lead of the rule that no later rule
    /// takes which ends it alike (or sends it on)? It would end elsewhere. If there is none, the
    /// proof names the later rules that take all the leads; only what stands before the last of them
    /// can still take some of them elsewhere.
    fn spared(&self, before: &Place, rule: RuleId, policy: PolicyId, goal: &Goal) -> Spared {
        let compiled = &self.rules[before.project];
        let Some(end) = compiled[rule.index()].end else { return Spared::Open };
        let later = compiled[rule.index()].boxes.end..self.boxes_of_policy(before.project, policy).end;
        let mut harmless = Goal { areas: goal.areas.clone(), forbidden: goal.forbidden.clone() };
        for number in later.clone() {
            if self.end_of_box(number).is_none_or(|other| other == end) {
                harmless.forbidden.insert(number);
            }
        }
        let last = match self.reach_goal(&harmless) {
            Verdict::Found(lead) => return Spared::No(lead),
            Verdict::Open => return Spared::Open,
            Verdict::Refuted(core) => core.range(later.clone()).next_back().map_or(later.start, |last| last + 1),
        };
        // Where few leads are left for the rule, few later rules meet those, though many meet its condition.
        for most in FEW_REGIONS {
            let regions = self.regions(std::slice::from_ref(goal), most);
            let areas = regions.found.into_iter().map(|region| region.area).collect();
            let part = Goal { areas, forbidden: goal.forbidden.clone() };
            match self.spared_by_all(before, &part, &harmless.forbidden, rule, last) {
                Spared::Yes if regions.rest == Rest::Nothing => return Spared::Yes,
                Spared::No(lead) => return Spared::No(lead),
                Spared::Yes | Spared::Open => {}
            }
        }
        self.spared_by_all(before, goal, &harmless.forbidden, rule, last)
    }

    /// Whether none of the later rules before the last one ends leads elsewhere.
    fn spared_by_all(&self, before: &Place, goal: &Goal, harmless: &Bits, rule: RuleId, last: u32) -> Spared {
        let compiled = &self.rules[before.project];
        let own = &compiled[rule.index()];
        let mut between = self.index.none();
        between.insert_range(own.boxes.end, last);
        let mut meeting = self.index.none();
        goal.areas.iter().for_each(|area| meeting.or(&self.index.meeting(area, &between)));
        let mut met: Vec<RuleId> = meeting.iter().filter_map(|number| self.index.rule(number)).collect();
        met.dedup();
        met.retain(|other| compiled[other.index()].end.is_none_or(|end| Some(end) != own.end));
        for other in met {
            match self.spared_by(before, goal, harmless, rule, other) {
                Spared::Yes => {}
                decided => return decided,
            }
        }
        Spared::Yes
    }

    /// Whether no lead of the rule ends elsewhere because another, later one takes it. `harmless`:
    /// the later rules that end leads alike or send them on.
    fn spared_by(&self, before: &Place, goal: &Goal, harmless: &Bits, rule: RuleId, other: RuleId) -> Spared {
        let compiled = &self.rules[before.project];
        let (own, boxes) = (&compiled[other.index()], &compiled[rule.index()].boxes);
        let Some(areas) = super::ways::product(&goal.areas, &own.areas) else { return Spared::Open };
        let mut forbidden = self.index.none();
        forbidden.insert_range(boxes.end, own.boxes.start);
        forbidden.and(harmless);
        forbidden.or(&goal.forbidden);
        let taken = Goal { areas, forbidden };
        if own.end.is_some() {
            return match self.reach_goal(&taken) {
                Verdict::Found(lead) => Spared::No(lead),
                Verdict::Refuted(_) => Spared::Yes,
                Verdict::Open => Spared::Open,
            };
        }
        let mut compare = Compare { engine: self, regions: 0, found: Vec::new(), budget: MOST_PAIRS };
        let is_complete = compare.compare(&next(self, before, rule), &next(self, before, other), &taken);
        match compare.found.pop() {
            Some(difference) => Spared::No(difference.regions.found[0].witness.clone()),
            None if is_complete => Spared::Yes,
            None => Spared::Open,
        }
    }

    /// How the rule that owns a box ends a lead's way; `None` if it does not.
    fn end_of_box(&self, number: u32) -> Option<u32> {
        match self.index.owners[number as usize] {
            Owner::Rule(project, rule) => self.rules[project][rule.index()].end,
            Owner::Assumption(..) | Owner::Link => None,
        }
    }

    /// Whether a lead that arrives at a rule would end elsewhere without it.
    fn ends_elsewhere(&self, project: usize, lead: &Witness, rule: RuleId) -> bool {
        let around = self.around(lead);
        self.end_among(project, &around, None) != self.end_among(project, &around, Some(rule))
    }

    /// Where a lead ends, with a rule looked at as if it were not there.
    pub fn end_of(&self, project: usize, lead: &Witness, without: Option<RuleId>) -> End {
        self.end_among(project, &self.around(lead), without)
    }

    /// The boxes that a lead is in.
    fn around(&self, lead: &Witness) -> Bits {
        let mut everything = self.index.none();
        everything.insert_range(0, self.index.len() as u32);
        self.index.around(&self.point(&lead.cells), &everything)
    }

    /// Where a lead ends that is in these boxes.
    fn end_among(&self, project: usize, around: &Bits, without: Option<RuleId>) -> End {
        let source = self.model.projects[project];
        let mut policy = source.start.node;
        let mut visited = vec![policy];
        loop {
            // Boxes are numbered in the order of the rules.
            let mut takers = around.iter().filter_map(|number| self.index.rule_of(project, number));
            let taker = takers.find(|rule| source.rules[*rule].policy == policy && Some(*rule) != without);
            let Some(rule) = taker else { return End::Nothing };
            match (&source.rules[rule].action, self.rules[project][rule.index()].end) {
                (Action::GoTo(next), _) if visited.contains(&next.node) => return End::Circles,
                (Action::GoTo(next), _) => {
                    policy = next.node;
                    visited.push(policy);
                }
                (_, end) => {
                    let end = end.expect("only `go to` does not end the way");
                    return End::Action(self.end_text(end).to_owned());
                }
            }
        }
    }
}
