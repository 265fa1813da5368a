//! [`Project`] → [`DecisionGraph`]. Nodes are made in reading order: policies, rules, then
//! destinations as they are first named.

use std::collections::BTreeMap;

use petgraph::graph::{DiGraph, NodeIndex};

use super::{DecisionGraph, Edge, Link, Node};
use crate::ids::{IdVec, PolicyId};
use crate::policy::{Action, Chain, DestinationKind, Project, Rule};

impl DecisionGraph {
    pub fn new(project: &Project) -> DecisionGraph {
        let mut graph = DiGraph::new();
        let start = graph.add_node(Node::Start);
        let policies = project.policies.ids().map(|policy| graph.add_node(Node::Policy(policy))).collect();
        let mut builder = Builder { project, graph, policies, destinations: BTreeMap::new() };
        builder.graph.add_edge(start, builder.policies[project.start.node], Edge::Enters);
        for (policy, declared) in project.policies.iter_with_ids() {
            for (position, &rule) in declared.rules.iter().enumerate() {
                let node = builder.graph.add_node(Node::Rule(rule));
                builder.graph.add_edge(builder.policies[policy], node, Edge::Tries(position + 1));
            }
        }
        builder.actions();
        builder.queues();
        DecisionGraph { graph: builder.graph, start, policies: builder.policies }
    }
}

struct Builder<'a> {
    project: &'a Project,
    graph: DiGraph<Node, Edge>,
    policies: IdVec<PolicyId, NodeIndex>,
    destinations: BTreeMap<Node, NodeIndex>,
}

impl Builder<'_> {
    fn actions(&mut self) {
        let project = self.project;
        for node in self.graph.node_indices() {
            if let Node::Rule(rule) = self.graph[node] {
                self.action(node, &project.rules[rule]);
            }
        }
    }

    fn action(&mut self, node: NodeIndex, rule: &Rule) {
        match &rule.action {
            Action::Assign(chain) => self.chain(node, chain, Edge::Assigns),
            Action::GoTo(policy) => {
                self.graph.add_edge(node, self.policies[policy.node], Edge::GoesTo);
            }
            Action::Reject(_) => self.end(node, Node::Reject),
            Action::KeepOwner => self.end(node, Node::Keep),
        }
    }

    /// Queues that no chain names are nodes too: a table may name them.
    fn queues(&mut self) {
        let project = self.project;
        for (queue, declared) in project.queues.iter_with_ids() {
            let node = self.destination(Node::Queue(queue));
            for expiry in &declared.after {
                self.chain(node, &expiry.chain, |link| Edge::After(expiry.seconds, link));
            }
        }
    }

    fn chain(&mut self, from: NodeIndex, chain: &Chain, edge: impl Fn(Link) -> Edge) {
        for (position, destination) in chain.links.iter().enumerate() {
            let (skills, method) = match &destination.kind {
                DestinationKind::Team(choice) => (choice.skills.clone(), choice.method),
                DestinationKind::Value(choice) => (choice.skills.clone(), choice.method),
                DestinationKind::Rep(_)
                | DestinationKind::Queue(_)
                | DestinationKind::ManagerOf(_)
                | DestinationKind::Holder
                | DestinationKind::Nobody { .. } => (Vec::new(), None),
            };
            let to = self.destination(self.node_of(&destination.kind));
            self.graph.add_edge(from, to, edge(Link { order: position + 1, skills, method }));
        }
    }

    fn node_of(&self, destination: &DestinationKind) -> Node {
        match destination {
            DestinationKind::Rep(rep) => Node::Rep(*rep),
            DestinationKind::Team(choice) => Node::Team(choice.team),
            DestinationKind::Queue(queue) => Node::Queue(*queue),
            DestinationKind::Value(choice) => Node::Owner(choice.team),
            DestinationKind::ManagerOf(inner) => Node::ManagerOf(self.project.destination_name(inner)),
            DestinationKind::Holder | DestinationKind::Nobody { .. } => Node::Nobody,
        }
    }

    fn end(&mut self, from: NodeIndex, end: Node) {
        let to = self.destination(end);
        self.graph.add_edge(from, to, Edge::Ends);
    }

    /// The node of a destination, made when it is first named.
    fn destination(&mut self, node: Node) -> NodeIndex {
        if let Some(&known) = self.destinations.get(&node) {
            return known;
        }
        let made = self.graph.add_node(node.clone());
        self.destinations.insert(node, made);
        made
    }
}
