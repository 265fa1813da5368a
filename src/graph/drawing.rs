//! What a picture of the graph shows, before it is written in one format or another: cards with a
//! few words, lines between them, long tables folded to one card.

use std::collections::{HashMap, HashSet};

use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;

use super::concerns::Concerns;
use super::{DecisionGraph, Edge, Link, Node};
use crate::canonical;
use crate::diagnostic::{Finding, Severity};
use crate::ids::{RuleId, TableId};
use crate::policy::{Condition, Mark, Method, Origin, Policy, Project, Rule};

/// An `each row` table with more rows than this is drawn as one card.
pub const ROWS_AT_MOST: usize = 6;
/// A condition or description longer than this is cut.
const WORDS_AT_MOST: usize = 60;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drawing {
    pub cards: Vec<Card>,
    pub lines: Vec<Line>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Card {
    /// `rule:regions.dach`, `team:inside_sales`, …; a folded table is `rows:POLICY.TABLE`.
    pub name: String,
    pub shape: Shape,
    /// One or two short lines.
    pub text: Vec<String>,
    /// The gravest finding about it.
    pub severity: Option<Severity>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    Start,
    Policy,
    Rule,
    /// Many rules, one for each row of a table.
    Rows,
    People,
    Queue,
    /// Where a lead is not assigned: reject, keep, nobody.
    End,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Index into the cards.
    pub from: usize,
    pub to: usize,
    pub label: String,
    /// Only if whatever came before cannot take the lead.
    pub dotted: bool,
}

/// Draws the whole graph; `fold` folds long tables.
pub fn draw(graph: &DecisionGraph, project: &Project, findings: &[Finding], fold: bool) -> Drawing {
    let folded = if fold { long_tables(project) } else { HashMap::new() };
    let mut painter = Painter {
        project,
        concerns: Concerns::new(findings),
        drawing: Drawing { cards: Vec::new(), lines: Vec::new() },
        places: HashMap::new(),
        named: HashMap::new(),
        drawn: HashSet::new(),
    };
    for node in graph.graph.node_indices() {
        painter.node(node, &graph.graph[node], &folded);
    }
    for edge in graph.graph.edge_references() {
        painter.edge(edge.source(), edge.target(), edge.weight());
    }
    painter.drawing
}

/// The rules of each table that is too long to draw, with the table and how many there are.
fn long_tables(project: &Project) -> HashMap<RuleId, (TableId, usize)> {
    let mut folded = HashMap::new();
    for policy in &project.policies {
        let table_of = |rule: RuleId| match project.rules[rule].origin {
            Origin::Row(table, _) => Some(table),
            Origin::Rule | Origin::Otherwise => None,
        };
        for rows in policy.rules.chunk_by(|a, b| table_of(*a).is_some() && table_of(*a) == table_of(*b)) {
            let table = table_of(rows[0]).filter(|_| rows.len() > ROWS_AT_MOST);
            folded.extend(rows.iter().filter_map(|&rule| Some((rule, (table?, rows.len())))));
        }
    }
    folded
}

struct Painter<'a> {
    project: &'a Project,
    concerns: Concerns<'a>,
    drawing: Drawing,
    /// The card of each node; the rules of a folded table share one.
    places: HashMap<NodeIndex, usize>,
    named: HashMap<String, usize>,
    /// Ends and label of each line that a folded table already has.
    drawn: HashSet<(usize, usize, String)>,
}

impl Painter<'_> {
    fn node(&mut self, index: NodeIndex, node: &Node, folded: &HashMap<RuleId, (TableId, usize)>) {
        let rows = if let Node::Rule(rule) = node { folded.get(rule) } else { None };
        let name = match (node, rows) {
            (Node::Rule(rule), Some((table, _))) => rows_name(self.project, *rule, *table),
            _ => name(self.project, node),
        };
        let severity = self.severity(node);
        if let Some(&drawn) = self.named.get(&name) {
            let card = &mut self.drawing.cards[drawn];
            card.severity = card.severity.max(severity);
            self.places.insert(index, drawn);
            return;
        }
        let (shape, text) = match rows {
            Some((table, count)) => {
                let table = &self.project.tables[*table];
                (Shape::Rows, vec![format!("{}: {count} rows", table.name), format!("each row of {}", table.file)])
            }
            None => (shape(node), text(self.project, node)),
        };
        self.places.insert(index, self.drawing.cards.len());
        self.named.insert(name.clone(), self.drawing.cards.len());
        self.drawing.cards.push(Card { name, shape, text, severity });
    }

    fn edge(&mut self, from: NodeIndex, to: NodeIndex, edge: &Edge) {
        let (label, dotted) = match edge {
            Edge::Enters | Edge::Ends => (String::new(), false),
            Edge::Tries(position) => (position.to_string(), false),
            Edge::GoesTo => ("go to".to_owned(), false),
            Edge::Assigns(link) => (self.link(link), link.order > 1),
            Edge::After(seconds, link) => {
                let link = self.link(link);
                let comma = if link.is_empty() { "" } else { ", " };
                (format!("after {}{comma}{link}", canonical::duration(*seconds)), true)
            }
        };
        let line = Line { from: self.places[&from], to: self.places[&to], label, dotted };
        if self.is_new(&line) {
            self.drawing.lines.push(line);
        }
    }

    /// The lines of a folded table are drawn once; the one to it says the position of its first row.
    fn is_new(&mut self, line: &Line) -> bool {
        let is_rows = |card: usize| self.drawing.cards[card].shape == Shape::Rows;
        let label = if is_rows(line.to) { String::new() } else { line.label.clone() };
        !(is_rows(line.from) || is_rows(line.to)) || self.drawn.insert((line.from, line.to, label))
    }

    /// `by weight`, `or 2, by load, with skill pt`.
    fn link(&self, link: &Link) -> String {
        let order = (link.order > 1).then(|| format!("or {}", link.order));
        let method = link.method.map(|method| format!("by {}", method_name(self.project, method)));
        let skills = (!link.skills.is_empty()).then(|| format!("with skill {}", link.skills.join(", ")));
        let parts: Vec<String> = [order, skills, method].into_iter().flatten().collect();
        parts.join(", ")
    }

    fn severity(&self, node: &Node) -> Option<Severity> {
        self.concerns.of(self.project, node).map(|finding| finding.severity).max()
    }
}

/// As machine output names a node.
pub fn name(project: &Project, node: &Node) -> String {
    match node {
        Node::Start => "start".to_owned(),
        Node::Policy(policy) => format!("policy:{}", project.policies[*policy].name),
        Node::Rule(rule) => format!("rule:{}", project.rule_name(*rule)),
        Node::Rep(rep) => format!("rep:{}", project.roster.reps[*rep].name),
        Node::Team(team) => format!("team:{}", project.roster.teams[*team].name),
        Node::Queue(queue) => format!("queue:{}", project.queues[*queue].name),
        Node::Owner(value) => format!("owner:{}", project.values[*value].text),
        Node::ManagerOf(inner) => format!("manager:{inner}"),
        Node::Reject => "reject".to_owned(),
        Node::Keep => "keep".to_owned(),
        Node::Nobody => "nobody".to_owned(),
    }
}

fn rows_name(project: &Project, rule: RuleId, table: TableId) -> String {
    let policy = &project.policies[project.rules[rule].policy];
    format!("rows:{}.{}", policy.name, project.tables[table].name)
}

fn shape(node: &Node) -> Shape {
    match node {
        Node::Start => Shape::Start,
        Node::Policy(_) => Shape::Policy,
        Node::Rule(_) => Shape::Rule,
        Node::Rep(_) | Node::Team(_) | Node::Owner(_) | Node::ManagerOf(_) => Shape::People,
        Node::Queue(_) => Shape::Queue,
        Node::Reject | Node::Keep | Node::Nobody => Shape::End,
    }
}

fn text(project: &Project, node: &Node) -> Vec<String> {
    match node {
        Node::Policy(policy) => policy_text(&project.policies[*policy]),
        Node::Rule(rule) => rule_text(project, &project.rules[*rule]),
        Node::Rep(rep) => vec![format!("rep {}", project.roster.reps[*rep].name)],
        Node::Team(team) => vec![format!("team {}", project.roster.teams[*team].name)],
        Node::Queue(queue) => {
            let queue = &project.queues[*queue];
            std::iter::once(format!("queue {}", queue.name))
                .chain(queue.description.as_deref().map(shortened))
                .collect()
        }
        Node::Owner(value) => vec![project.values[*value].text.clone()],
        Node::ManagerOf(inner) => {
            let inner = inner.replace("manager:", "manager of ").replace("rep:", "rep ").replace("owner:", "");
            vec![format!("manager of {inner}")]
        }
        Node::Keep => vec!["keep owner".to_owned()],
        Node::Start | Node::Reject | Node::Nobody => vec![name(project, node)],
    }
}

fn policy_text(policy: &Policy) -> Vec<String> {
    let mark = policy.mark.map(|mark| format!("{} ", mark_name(mark))).unwrap_or_default();
    let title = format!("{mark}policy {}", policy.name);
    std::iter::once(title).chain(policy.description.as_deref().map(shortened)).collect()
}

fn rule_text(project: &Project, rule: &Rule) -> Vec<String> {
    let condition = rule.when.as_ref().map(|condition| condition_text(project, condition));
    let said = rule.description.clone().or(condition);
    std::iter::once(rule.name.clone()).chain(said.as_deref().map(shortened)).collect()
}

/// A condition as a policy would write it, without more brackets than it needs.
pub fn condition_text(project: &Project, condition: &Condition) -> String {
    let inner = |part: &Condition| match part {
        Condition::And(parts) | Condition::Or(parts) if parts.len() > 1 => {
            format!("({})", condition_text(project, part))
        }
        _ => condition_text(project, part),
    };
    match condition {
        Condition::And(parts) if parts.is_empty() => "always".to_owned(),
        Condition::And(parts) => parts.iter().map(inner).collect::<Vec<_>>().join(" and "),
        Condition::Or(parts) => parts.iter().map(inner).collect::<Vec<_>>().join(" or "),
        Condition::Not(part, _) => format!("not {}", inner(part)),
        Condition::Named(named, _) => project.conditions[*named].name.clone(),
        Condition::Comparison(comparison) => comparison.text.clone(),
    }
}

/// The word before `policy`.
pub fn mark_name(mark: Mark) -> &'static str {
    match mark {
        Mark::Account => "account",
        Mark::Territory => "territory",
        Mark::Segment => "segment",
        Mark::Fallback => "fallback",
    }
}

/// As it stands after `by`.
pub fn method_name(project: &Project, method: Method) -> String {
    match method {
        Method::RoundRobin => "round robin".to_owned(),
        Method::Weight => "weight".to_owned(),
        Method::Load => "load".to_owned(),
        Method::BalanceOf(field) => format!("balance of {}", project.lead.fields[field].name),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(WORDS_AT_MOST) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}
