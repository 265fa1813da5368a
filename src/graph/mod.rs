//! The decision graph: where a lead can go.
//!
//! ```text
//! start ─▶ policy ─▶ rule ─▶ rep, team, queue, owner …
//!            ▲         │                 │
//!            └─ go to ─┘       queue ─ after ─▶ rep, team …
//! ```
//!
//! It knows how things hang together, not when a rule's condition holds: what is unreachable here is
//! unreachable for every lead, and the analysis narrows it further.

mod build;
mod concerns;
mod drawing;
pub mod export;

pub use concerns::Concerns;
pub use drawing::{condition_text, mark_name, method_name};

use std::collections::{BTreeMap, VecDeque};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::Dfs;

use crate::ids::{IdVec, PolicyId, QueueId, RepId, RuleId, TeamId, ValueId};
use crate::policy::Method;

/// A project's policies, rules and destinations, and what leads from one to another.
#[derive(Clone, Debug)]
pub struct DecisionGraph {
    graph: DiGraph<Node, Edge>,
    start: NodeIndex,
    policies: IdVec<PolicyId, NodeIndex>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Node {
    /// Where every lead begins.
    Start,
    Policy(PolicyId),
    Rule(RuleId),
    Rep(RepId),
    Team(TeamId),
    Queue(QueueId),
    /// Whoever a table names for the lead.
    Owner(ValueId),
    /// The manager of what is written there, e.g. `rep:ana` or `owner:account.owner`.
    ManagerOf(String),
    Reject,
    /// `keep owner`
    Keep,
    /// A row's cell that is blank or names a stranger.
    Nobody,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Edge {
    /// From the start to the first policy.
    Enters,
    /// From a policy to one of its rules; counted from 1.
    Tries(usize),
    /// From a rule to the policy it hands the lead to.
    GoesTo,
    /// From a rule to a link of its chain.
    Assigns(Link),
    /// From a queue to a link of the chain that takes a lead unclaimed for so many seconds.
    After(u64, Link),
    /// From a rule to `reject` or `keep`.
    Ends,
}

/// One destination of a chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// Place in the chain, from 1.
    pub order: usize,
    pub skills: Vec<String>,
    pub method: Option<Method>,
}

/// Policies that lead back to themselves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cycle {
    /// The rules of a shortest way round through `policies[0]`, in the order a lead would take them.
    pub way: Vec<RuleId>,
    /// Every policy from which there is a way back to itself in this component, in reading order.
    pub policies: Vec<PolicyId>,
}

impl DecisionGraph {
    /// Policies that something leads to, step by step from the start; whether conditions on the way
    /// can hold is not asked.
    pub fn reachable_policies(&self) -> IdVec<PolicyId, bool> {
        let mut reached = IdVec::from(vec![false; self.policies.len()]);
        let mut search = Dfs::new(&self.graph, self.start);
        while let Some(node) = search.next(&self.graph) {
            if let Node::Policy(policy) = self.graph[node] {
                reached[policy] = true;
            }
        }
        reached
    }

    /// Every component of policies that `go to` one another in circles, by its first policy.
    ///
    /// Kosaraju's algorithm as petgraph has it does not recurse, so that a chain of ten thousand
    /// policies is no danger to the stack.
    pub fn cycles(&self) -> Vec<Cycle> {
        let components = kosaraju_scc(&self.graph);
        let mut cycles: Vec<Cycle> = components.iter().filter_map(|nodes| self.cycle(nodes)).collect();
        cycles.sort_by_key(|cycle| cycle.policies[0]);
        cycles
    }

    /// The policies and rules that lead to a policy with `go to`, in reading order.
    pub fn ways_into(&self, policy: PolicyId) -> Vec<RuleId> {
        let sources = self.graph.neighbors_directed(self.policies[policy], petgraph::Direction::Incoming);
        let mut rules: Vec<RuleId> = sources.filter_map(|node| self.rule(node)).collect();
        rules.sort();
        rules
    }

    /// A policy always goes through one of its rules to return to itself, so a component of one
    /// node is no cycle; components of queues that `after` joins are none of policies.
    fn cycle(&self, component: &[NodeIndex]) -> Option<Cycle> {
        let mut policies: Vec<PolicyId> = component.iter().filter_map(|&node| self.policy(node)).collect();
        policies.sort();
        let first = *policies.first().filter(|_| component.len() > 1)?;
        Some(Cycle { way: self.way_round(first), policies })
    }

    /// A shortest way from a policy back to itself, breadth first.
    fn way_round(&self, policy: PolicyId) -> Vec<RuleId> {
        let home = self.policies[policy];
        let mut came_from: BTreeMap<NodeIndex, NodeIndex> = BTreeMap::new();
        let mut queue = VecDeque::from([home]);
        while let Some(node) = queue.pop_front() {
            for next in self.successors(node) {
                if came_from.contains_key(&next) {
                    continue;
                }
                came_from.insert(next, node);
                if next == home {
                    return self.rules_back_from(home, &came_from);
                }
                queue.push_back(next);
            }
        }
        unreachable!("the component of `{policy:?}` is strongly connected")
    }

    fn rules_back_from(&self, home: NodeIndex, came_from: &BTreeMap<NodeIndex, NodeIndex>) -> Vec<RuleId> {
        let mut rules = Vec::new();
        let mut node = came_from[&home];
        while node != home {
            rules.extend(self.rule(node));
            node = came_from[&node];
        }
        rules.reverse();
        rules
    }

    /// In reading order, which is not the order petgraph keeps.
    fn successors(&self, node: NodeIndex) -> Vec<NodeIndex> {
        let mut successors: Vec<NodeIndex> = self.graph.neighbors(node).collect();
        successors.sort();
        successors
    }

    fn policy(&self, node: NodeIndex) -> Option<PolicyId> {
        if let Node::Policy(policy) = self.graph[node] { Some(policy) } else { None }
    }

    fn rule(&self, node: NodeIndex) -> Option<RuleId> {
        if let Node::Rule(rule) = self.graph[node] { Some(rule) } else { None }
    }
}
