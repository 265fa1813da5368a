//! What a change of policy means: every class of leads that ends elsewhere, or the proof that none does.
//!
//! Both versions are compiled into one model, so that a lead is one point in both. Going through
//! all pairs of an old and a new rule would be quadratic; most pairs need no question. Rules of a
//! policy that are the same in both versions (same leads, same action) and in the same order among
//! themselves are *stable* (a longest common subsequence, Hunt & Szymanski 1977). A lead cannot be
//! taken by the stable rule `a` in the old version and by another stable rule `b` in the new one: it
//! satisfies both conditions in both versions, and the one that comes first comes first in both. So
//! at least one of a pair is a rule that was added, removed, changed or moved; and two policies whose
//! rules are all stable, and lead to such policies only, are equal.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use crate::analysis::atoms::Tables;
use crate::analysis::boxes::Area;
use crate::analysis::ends::{At, Compare, Difference, End, MOST_PAIRS, Place, entering, onward};
use crate::analysis::model::Mismatch;
use crate::analysis::ways::Goal;
use crate::analysis::witness::Engine;
use crate::ids::{Id, PolicyId, RuleId};
use crate::policy::{Action, Project};

/// The meaning of a change.
pub struct Meaning<'p> {
    /// Project 0 is the old version, 1 the new one.
    pub engine: Engine<'p>,
    pub differences: Vec<Difference>,
    /// Whether the differences are all there are. With none of them: the versions are equal, proved.
    pub is_complete: bool,
}

/// Regions of one pair of rules at most.
const MOST_REGIONS: usize = 8;

/// Compares two versions on a day (or with all rules in force).
pub fn difference<'p>(old: &'p Project, new: &'p Project, today: Option<Date>) -> Result<Meaning<'p>, Vec<Mismatch>> {
    let engine = Engine::new(&[old, new], Tables::Today, today)?;
    let (differences, is_complete) = {
        let stable = Stable::new(&engine);
        let compare = Compare { engine: &engine, regions: MOST_REGIONS, found: Vec::new(), budget: MOST_PAIRS };
        let mut walk = Walk { stable: &stable, compare };
        let everywhere = Goal { areas: vec![Vec::new()], forbidden: engine.index.none() };
        let is_complete = walk.entering(&everywhere);
        (walk.compare.found, is_complete)
    };
    Ok(Meaning { engine, differences: joined(differences), is_complete })
}

/// Which rules of policies that both versions have are stable, and which policies are equal.
struct Stable {
    counterpart: HashMap<RuleId, RuleId>,
    is_stable_new: Vec<bool>,
    /// Pairs of policies in which no lead ends differently.
    equal: Vec<(PolicyId, PolicyId)>,
}

impl Stable {
    fn new(engine: &Engine<'_>) -> Stable {
        let [old, new] = [engine.model.projects[0], engine.model.projects[1]];
        let mut stable =
            Stable { counterpart: HashMap::new(), is_stable_new: vec![false; new.rules.len()], equal: Vec::new() };
        let mut whole = Vec::new();
        for (old_id, old_policy) in old.policies.iter_with_ids() {
            let Some(new_id) = new.policies.find(|policy| policy.name == old_policy.name) else { continue };
            let olds = contents(engine, 0, &old_policy.rules);
            let news = contents(engine, 1, &new.policies[new_id].rules);
            let pairs = longest_common(&olds, &news);
            if pairs.len() == olds.len() && pairs.len() == news.len() {
                whole.push((old_id, new_id));
            }
            for (a, b) in pairs {
                let (a, b) = (olds[a].0, news[b].0);
                stable.is_stable_new[b.index()] = true;
                stable.counterpart.insert(a, b);
            }
        }
        stable.equal = equal_policies(old, new, whole);
        stable
    }
}

/// Rules that take leads at all, with what they are.
fn contents(engine: &Engine<'_>, project: usize, rules: &[RuleId]) -> Vec<(RuleId, (Vec<Area>, String))> {
    let source = engine.model.projects[project];
    let content = |rule: &RuleId| {
        let areas = engine.rules[project][rule.index()].areas.clone();
        (*rule, (areas, crate::canonical::action(source, &source.rules[*rule].action)))
    };
    rules.iter().map(content).filter(|(_, (areas, _))| !areas.is_empty()).collect()
}

type Content = (RuleId, (Vec<Area>, String));

/// Pairs of equal rules in an order that both lists share, as many as a greedy matching allows: equal
/// rules are matched from the first to the last, then a longest increasing subsequence is kept.
fn longest_common(olds: &[Content], news: &[Content]) -> Vec<(usize, usize)> {
    let mut places: HashMap<&(Vec<Area>, String), Vec<usize>> = HashMap::new();
    for (index, (_, content)) in news.iter().enumerate().rev() {
        places.entry(content).or_default().push(index);
    }
    let matched: Vec<(usize, usize)> = olds
        .iter()
        .enumerate()
        .filter_map(|(index, (_, content))| Some((index, places.get_mut(content)?.pop()?)))
        .collect();
    increasing(&matched)
}

/// A longest subsequence in which the second numbers increase (patience sorting).
fn increasing(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut piles: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; pairs.len()];
    for (index, (_, value)) in pairs.iter().enumerate() {
        let pile = piles.partition_point(|&top| pairs[top].1 < *value);
        before[index] = pile.checked_sub(1).map(|pile| piles[pile]);
        if pile == piles.len() {
            piles.push(index);
        } else {
            piles[pile] = index;
        }
    }
    let mut chosen = Vec::new();
    let mut next = piles.last().copied();
    while let Some(index) = next {
        chosen.push(pairs[index]);
        next = before[index];
    }
    chosen.reverse();
    chosen
}

/// Of the policies that have only stable rules, those that lead to equal policies only.
fn equal_policies(old: &Project, new: &Project, mut whole: Vec<(PolicyId, PolicyId)>) -> Vec<(PolicyId, PolicyId)> {
    loop {
        let is_equal = |(policy, _): &(PolicyId, PolicyId)| {
            old.policies[*policy].rules.iter().all(|rule| match &old.rules[*rule].action {
                Action::GoTo(next) => {
                    let name = &old.policies[next.node].name;
                    whole.iter().any(|(a, b)| *a == next.node && new.policies[*b].name == *name)
                }
                _ => true,
            })
        };
        let kept: Vec<(PolicyId, PolicyId)> = whole.iter().copied().filter(is_equal).collect();
        if kept.len() == whole.len() {
            return kept;
        }
        whole = kept;
    }
}

/// Follows both versions as long as they are in policies of the same name.
struct Walk<'a, 'p> {
    stable: &'a Stable,
    compare: Compare<'a, 'p>,
}

impl Walk<'_, '_> {
    /// Compares the versions for all leads of a goal, those included that one of them does not take in.
    fn entering(&mut self, goal: &Goal) -> bool {
        let engine = self.compare.engine;
        entering(engine, 0, goal).into_iter().all(|old| {
            let goal = Goal { areas: old.areas, forbidden: old.forbidden };
            entering(engine, 1, &goal).into_iter().all(|new| {
                let goal = Goal { areas: new.areas, forbidden: new.forbidden };
                self.policies(&old.place, &new.place, &goal)
            })
        })
    }

    /// Compares two policies that leads of the goal enter; false if something was left open.
    fn policies(&mut self, a: &Place, b: &Place, goal: &Goal) -> bool {
        let (At::Policy(old, _), At::Policy(new, _)) = (&a.at, &b.at) else {
            return self.compare.compare(a, b, goal);
        };
        let names = [(0, old), (1, new)]
            .map(|(project, policy)| &self.compare.engine.model.projects[project].policies[*policy].name);
        if names[0] != names[1] || visited_names(self.compare.engine, a) != visited_names(self.compare.engine, b) {
            return self.compare.compare(a, b, goal);
        }
        if self.stable.equal.contains(&(*old, *new)) {
            return true;
        }
        let engine = self.compare.engine;
        onward(engine, a, goal, &|_| true).all(|branch| {
            let goal = Goal { areas: branch.areas, forbidden: branch.forbidden };
            let stable = branch.place.by.and_then(|old| self.stable.counterpart.get(&old));
            let is_worth_it = |new: RuleId| {
                stable.is_none_or(|counterpart| *counterpart == new || !self.stable.is_stable_new[new.index()])
            };
            onward(engine, b, &goal, &is_worth_it).all(|other| {
                let goal = Goal { areas: other.areas, forbidden: other.forbidden };
                self.pair(&branch.place, &other.place, &goal)
            })
        })
    }

    fn pair(&mut self, a: &Place, b: &Place, goal: &Goal) -> bool {
        if let (Some(old), Some(new)) = (a.by, b.by)
            && let Some(counterpart) = self.stable.counterpart.get(&old)
            && self.stable.is_stable_new[new.index()]
        {
            return *counterpart != new || self.policies(a, b, goal);
        }
        // A stable rule on one side, and no rule on the other: the other side has the rule, too.
        if let (Some(old), None) = (a.by, b.by)
            && self.stable.counterpart.contains_key(&old)
        {
            return true;
        }
        if let (None, Some(new)) = (a.by, b.by)
            && self.stable.is_stable_new[new.index()]
        {
            return true;
        }
        if matches!((&a.at, &b.at), (At::End(from), At::End(to)) if from == to) {
            return true;
        }
        if matches!(self.compare.engine.reach_goal(goal), crate::analysis::witness::Verdict::Refuted(_)) {
            return true;
        }
        self.policies(a, b, goal)
    }
}

fn visited_names<'p>(engine: &Engine<'p>, place: &Place) -> Vec<&'p str> {
    let project = engine.model.projects[place.project];
    place.visited.iter().map(|policy| project.policies[*policy].name.as_str()).collect()
}

/// One difference for each pair of rules and ends, in the order in which they were found.
fn joined(differences: Vec<Difference>) -> Vec<Difference> {
    let mut places: BTreeMap<(Option<RuleId>, End, Option<RuleId>, End), usize> = BTreeMap::new();
    let mut joined: Vec<Difference> = Vec::new();
    for difference in differences {
        let key = (difference.from.0, difference.from.1.clone(), difference.to.0, difference.to.1.clone());
        match places.get(&key) {
            Some(&place) => joined[place].regions.join(difference.regions),
            None => {
                places.insert(key, joined.len());
                joined.push(difference);
            }
        }
    }
    joined
}
