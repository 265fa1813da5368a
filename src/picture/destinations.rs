//! Where leads end: teams, people and queues, with what the lanes have no room for.

use std::collections::BTreeMap;

use super::scene::{Flag, Kind, flags};
use super::text::clean;
use super::words;
use crate::canonical;
use crate::graph::{Concerns, Node};
use crate::policy::{Action, Chain, DestinationKind, Project};

/// More of one kind than this are folded.
const MOST: usize = 10;

/// A destination, or the rest of a kind.
#[derive(Clone, PartialEq, Debug)]
pub struct Destination {
    pub kind: Kind,
    pub name: String,
    /// `3 members`, `Leads nobody could take`; each may become a line.
    pub facts: Vec<String>,
    /// How many rules name it.
    pub rules: usize,
    pub flags: Vec<Flag>,
}

/// Every team, rep and queue that a rule or a queue names, and those that something was found about.
pub fn all(project: &Project, concerns: &Concerns<'_>) -> Vec<Destination> {
    let named = named(project);
    let mut out = Vec::new();
    let teams = project.roster.teams.iter_with_ids().map(|(id, team)| {
        let members = words::counted(team.members.len() as u64, "member", "members");
        (Node::Team(id), Kind::Team, team.name.as_str(), vec![members])
    });
    let reps = project.roster.reps.iter_with_ids().map(|(id, rep)| {
        let full = rep.full_name.iter().filter(|name| **name != rep.name).map(|name| clean(name));
        (Node::Rep(id), Kind::Rep, rep.name.as_str(), full.collect())
    });
    let queues = project.queues.iter_with_ids().map(|(id, queue)| {
        let after = queue.after.iter().map(|expiry| {
            let then = words::chain(project, &expiry.chain);
            format!("after {} to {then}", canonical::duration(expiry.seconds))
        });
        let facts = queue.description.iter().map(|text| clean(text)).chain(after);
        (Node::Queue(id), Kind::Queue, queue.name.as_str(), facts.collect::<Vec<String>>())
    });
    let mut kinds: [Vec<Destination>; 3] = Default::default();
    for (node, kind, name, facts) in teams.chain(reps).chain(queues) {
        let flags = flags(concerns, project, &node);
        let rules = named.get(&node).copied();
        if rules.is_some() || !flags.is_empty() {
            let known = Destination { kind, name: clean(name), facts, rules: rules.unwrap_or(0), flags };
            let place = match kind {
                Kind::Team => 0,
                Kind::Rep => 1,
                _ => 2,
            };
            kinds[place].push(known);
        }
    }
    for (kind, what) in kinds.into_iter().zip(["teams", "reps", "queues"]) {
        out.extend(folded(kind, what));
    }
    out
}

/// The most used of a kind, and all that something was found about.
fn folded(all: Vec<Destination>, what: &str) -> Vec<Destination> {
    if all.len() <= MOST {
        return all;
    }
    let mut by_use: Vec<usize> = (0..all.len()).collect();
    by_use.sort_by_key(|&index| (all[index].flags.is_empty(), std::cmp::Reverse(all[index].rules)));
    let flagged = all.iter().filter(|known| !known.flags.is_empty()).count();
    let shown = &by_use[..flagged.max(MOST - 1)];
    let more = all.len() - shown.len();
    let name = format!("and {more} more {what}");
    let rest = Destination { kind: Kind::More, name, facts: Vec::new(), rules: 0, flags: Vec::new() };
    let mut out: Vec<Destination> = Vec::new();
    for (index, known) in all.into_iter().enumerate() {
        if shown.contains(&index) {
            out.push(known);
        }
    }
    out.extend((more > 0).then_some(rest));
    out
}

/// How many rules name each destination, escalations included; 0 for what only a queue hands leads to.
fn named(project: &Project) -> BTreeMap<Node, usize> {
    let mut named = BTreeMap::new();
    for rule in &project.rules {
        let chain = if let Action::Assign(chain) = &rule.action { Some(chain) } else { None };
        let chains = chain.into_iter().chain(rule.escalations.iter().map(|expiry| &expiry.chain));
        let mut nodes: Vec<Node> = chains.flat_map(nodes).collect();
        nodes.sort();
        nodes.dedup();
        nodes.into_iter().for_each(|node| *named.entry(node).or_insert(0) += 1);
    }
    for expiry in project.queues.iter().flat_map(|queue| &queue.after) {
        nodes(&expiry.chain).into_iter().for_each(|node| *named.entry(node).or_insert(0) += 0);
    }
    named
}

fn nodes(chain: &Chain) -> Vec<Node> {
    let node = |kind: &DestinationKind| match kind {
        DestinationKind::Rep(rep) => Some(Node::Rep(*rep)),
        DestinationKind::Team(choice) => Some(Node::Team(choice.team)),
        DestinationKind::Queue(queue) => Some(Node::Queue(*queue)),
        DestinationKind::Value(_)
        | DestinationKind::ManagerOf(_)
        | DestinationKind::Holder
        | DestinationKind::Nobody { .. } => None,
    };
    chain.links.iter().filter_map(|link| node(&link.kind)).collect()
}
