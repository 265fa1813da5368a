//! The graph as Mermaid (for a pull request or a README), DOT (for Graphviz) and JSON (for
//! programs).

use std::fmt::Write;

use petgraph::visit::EdgeRef;
use serde::Serialize;

use super::concerns::Concerns;
use super::drawing::{self, Card, Drawing, Shape, condition_text, draw, mark_name, method_name};
use super::{DecisionGraph, Edge, Link, Node};
use crate::diagnostic::{Finding, Severity, visible};
use crate::policy::{Origin, Project};
use crate::source::{SourceMap, Span};

/// A flowchart from left to right. Long tables are folded to one card unless `all_rows`.
pub fn mermaid(graph: &DecisionGraph, project: &Project, findings: &[Finding], all_rows: bool) -> String {
    let drawing = draw(graph, project, findings, !all_rows);
    let mut out = String::from("flowchart LR\n");
    for (index, drawn) in drawing.cards.iter().enumerate() {
        let (open, close) = mermaid_shape(drawn.shape);
        push(&mut out, format_args!("  n{index}{open}\"{}\"{close}", mermaid_lines(&drawn.text)));
    }
    for line in &drawing.lines {
        let arrow = if line.dotted { "-.->" } else { "-->" };
        let label = if line.label.is_empty() { String::new() } else { format!("|\"{}\"|", mermaid_text(&line.label)) };
        push(&mut out, format_args!("  n{} {arrow}{label} n{}", line.from, line.to));
    }
    mermaid_classes(&mut out, &drawing);
    out
}

/// Graphviz's language; `dot -Tsvg` draws it.
pub fn dot(graph: &DecisionGraph, project: &Project, findings: &[Finding], all_rows: bool) -> String {
    let drawing = draw(graph, project, findings, !all_rows);
    let mut out =
        String::from("digraph pointsman {\n  rankdir = LR\n  node [fontname = \"Helvetica\", fontsize = 11]\n");
    out.push_str("  edge [fontname = \"Helvetica\", fontsize = 10]\n");
    for drawn in &drawing.cards {
        let text: Vec<String> = drawn.text.iter().map(|line| dot_text(line)).collect();
        let color = drawn.severity.map(dot_color).unwrap_or_default();
        push(
            &mut out,
            format_args!(
                "  \"{}\" [label = \"{}\", {}{color}]",
                dot_text(&drawn.name),
                text.join("\\n"),
                dot_shape(drawn.shape)
            ),
        );
    }
    for line in &drawing.lines {
        let (from, to) = (&drawing.cards[line.from].name, &drawing.cards[line.to].name);
        let style = if line.dotted { ", style = dashed" } else { "" };
        push(
            &mut out,
            format_args!(
                "  \"{}\" -> \"{}\" [label = \"{}\"{style}]",
                dot_text(from),
                dot_text(to),
                dot_text(&line.label)
            ),
        );
    }
    out.push_str("}\n");
    out
}

/// The whole graph, every row of every table; the shape is in docs/json.md and frozen as version 1.
/// `prefix` is put before each file name.
pub fn json(
    graph: &DecisionGraph,
    project: &Project,
    findings: &[Finding],
    sources: &SourceMap,
    prefix: &str,
) -> String {
    let concerns = Concerns::new(findings);
    let nodes = graph.graph.node_weights().map(|node| {
        let place = place(project, node).map(|span| PlaceV1::new(sources, prefix, span));
        NodeV1 { place, ..NodeV1::new(project, node, &concerns) }
    });
    let nodes = nodes.collect();
    let edges = graph.graph.edge_references().map(|edge| {
        let name = |node| drawing::name(project, &graph.graph[node]);
        EdgeV1::new(project, name(edge.source()), name(edge.target()), edge.weight())
    });
    let document = GraphV1 { version: 1, nodes, edges: edges.collect() };
    serde_json::to_string_pretty(&document).expect("text, numbers and lists become JSON") + "\n"
}

fn push(out: &mut String, line: std::fmt::Arguments) {
    writeln!(out, "{line}").expect("writing to a string does not fail");
}

fn mermaid_shape(shape: Shape) -> (&'static str, &'static str) {
    match shape {
        Shape::Start => ("((", "))"),
        Shape::Policy => ("([", "])"),
        Shape::Rule => ("[", "]"),
        Shape::Rows => ("[[", "]]"),
        Shape::People => ("{{", "}}"),
        Shape::Queue => ("[(", ")]"),
        Shape::End => ("(", ")"),
    }
}

fn mermaid_lines(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| mermaid_text(line)).collect();
    lines.join("<br/>")
}

/// Text inside a quoted label. Mermaid has no escape for quotes, takes `%%` for a comment, `#` for an
/// entity, and `1.` or `-` at the beginning for a list; so whatever is not plainly text is a numeric
/// entity.
fn mermaid_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut begins = true;
    for character in visible(text).chars() {
        let plain = !character.is_ascii() || character.is_ascii_alphanumeric() || " _,()='/".contains(character);
        if plain || (!begins && ".-+".contains(character)) {
            out.push(character);
        } else {
            write!(out, "#{};", u32::from(character)).expect("writing to a string does not fail");
        }
        begins &= character.is_ascii_digit() || character == ' ';
    }
    out
}

/// Cards that findings are about, in colours that read on light and dark pages.
fn mermaid_classes(out: &mut String, drawing: &Drawing) {
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let marked = |(index, drawn): (usize, &Card)| (drawn.severity == Some(severity)).then(|| format!("n{index}"));
        let marked: Vec<String> = drawing.cards.iter().enumerate().filter_map(marked).collect();
        if marked.is_empty() {
            continue;
        }
        let (fill, stroke) = colors(severity);
        let name = severity.name();
        push(out, format_args!("  classDef {name} fill:{fill},stroke:{stroke},color:#1f2328"));
        push(out, format_args!("  class {} {name}", marked.join(",")));
    }
}

/// Fill and line.
fn colors(severity: Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Error => ("#ffd7d5", "#cf222e"),
        Severity::Warning => ("#fff1c7", "#bf8700"),
        Severity::Note => ("#ddf4ff", "#0969da"),
    }
}

fn dot_shape(shape: Shape) -> &'static str {
    match shape {
        Shape::Start => "shape = circle",
        Shape::Policy => "shape = box, style = \"rounded,bold\"",
        Shape::Rule => "shape = box",
        Shape::Rows => "shape = box, peripheries = 2",
        Shape::People => "shape = hexagon",
        Shape::Queue => "shape = cylinder",
        Shape::End => "shape = box, style = rounded",
    }
}

fn dot_color(severity: Severity) -> String {
    let (fill, stroke) = colors(severity);
    format!(", style = filled, fillcolor = \"{fill}\", color = \"{stroke}\"")
}

/// Text inside double quotes.
fn dot_text(text: &str) -> String {
    visible(text).replace('\\', "\\\\").replace('"', "\\\"")
}

#[derive(Serialize)]
struct GraphV1<'a> {
    version: u32,
    nodes: Vec<NodeV1<'a>>,
    edges: Vec<EdgeV1<'a>>,
}

#[derive(Serialize)]
struct NodeV1<'a> {
    /// `policy:regions`, `rule:regions.dach`, `team:inside_sales`, `reject`, …
    id: String,
    /// `start`, `policy`, `rule`, `rep`, `team`, `queue`, `owner`, `manager`, `reject`, `keep`, `nobody`.
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    route_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    /// A rule's condition; `otherwise` has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<String>,
    /// Where it is declared; a row's rule, its row.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceV1>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<NodeFindingV1>,
}

#[derive(Serialize)]
struct PlaceV1 {
    file: String,
    line: usize,
}

#[derive(Serialize)]
struct NodeFindingV1 {
    code: &'static str,
    severity: &'static str,
}

#[derive(Serialize)]
struct EdgeV1<'a> {
    from: String,
    to: String,
    /// `enters`, `tries`, `goes_to`, `assigns`, `after`, `ends`.
    kind: &'static str,
    /// Among the rules of a policy, or the links of a chain, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<usize>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    skills: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_seconds: Option<u64>,
}

impl<'a> NodeV1<'a> {
    fn new(project: &'a Project, node: &Node, concerns: &Concerns) -> NodeV1<'a> {
        let (route_type, description, when) = match node {
            Node::Policy(policy) => {
                let policy = &project.policies[*policy];
                (policy.mark.map(mark_name), policy.description.as_deref(), None)
            }
            Node::Rule(rule) => {
                let rule = &project.rules[*rule];
                (None, rule.description.as_deref(), rule.when.as_ref().map(|when| condition_text(project, when)))
            }
            Node::Queue(queue) => (None, project.queues[*queue].description.as_deref(), None),
            _ => (None, None, None),
        };
        NodeV1 {
            id: drawing::name(project, node),
            kind: kind(node),
            route_type,
            description,
            when,
            place: None,
            findings: concerns
                .of(project, node)
                .map(|finding| NodeFindingV1 { code: finding.code.name(), severity: finding.severity.name() })
                .collect(),
        }
    }
}

impl PlaceV1 {
    fn new(sources: &SourceMap, prefix: &str, span: Span) -> PlaceV1 {
        let place = sources.locate(span);
        PlaceV1 { file: format!("{prefix}{}", place.file), line: place.start.line }
    }
}

fn place(project: &Project, node: &Node) -> Option<Span> {
    match node {
        Node::Policy(policy) => Some(project.policies[*policy].name_span),
        Node::Rule(rule) => Some(match project.rules[*rule].origin {
            Origin::Row(table, row) => project.tables[table].rows[row].span,
            Origin::Rule | Origin::Otherwise => project.rules[*rule].head,
        }),
        Node::Rep(rep) => Some(project.roster.reps[*rep].span),
        Node::Team(team) => Some(project.roster.teams[*team].span),
        Node::Queue(queue) => Some(project.queues[*queue].name_span),
        Node::Start => Some(project.start.span),
        Node::Owner(_) | Node::ManagerOf(_) | Node::Reject | Node::Keep | Node::Nobody => None,
    }
}

fn kind(node: &Node) -> &'static str {
    match node {
        Node::Start => "start",
        Node::Policy(_) => "policy",
        Node::Rule(_) => "rule",
        Node::Rep(_) => "rep",
        Node::Team(_) => "team",
        Node::Queue(_) => "queue",
        Node::Owner(_) => "owner",
        Node::ManagerOf(_) => "manager",
        Node::Reject => "reject",
        Node::Keep => "keep",
        Node::Nobody => "nobody",
    }
}

impl<'a> EdgeV1<'a> {
    fn new(project: &Project, from: String, to: String, edge: &'a Edge) -> EdgeV1<'a> {
        let plain = EdgeV1 { from, to, kind: "", order: None, skills: &[], method: None, after_seconds: None };
        match edge {
            Edge::Enters => EdgeV1 { kind: "enters", ..plain },
            Edge::Tries(order) => EdgeV1 { kind: "tries", order: Some(*order), ..plain },
            Edge::GoesTo => EdgeV1 { kind: "goes_to", ..plain },
            Edge::Assigns(link) => EdgeV1 { kind: "assigns", ..plain.with(project, link) },
            Edge::After(seconds, link) => {
                EdgeV1 { kind: "after", after_seconds: Some(*seconds), ..plain.with(project, link) }
            }
            Edge::Ends => EdgeV1 { kind: "ends", ..plain },
        }
    }

    fn with(self, project: &Project, link: &'a Link) -> EdgeV1<'a> {
        let method = link.method.map(|method| method_name(project, method));
        EdgeV1 { order: Some(link.order), skills: &link.skills, method, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_text_whatever_it_says() {
        assert_eq!(mermaid_text("accounts.csv, e-mail"), "accounts.csv, e-mail");
        assert_eq!(mermaid_text("1. \"first\""), "1#46; #34;first#34;");
        assert_eq!(mermaid_text("<b>%%{init}%%"), "#60;b#62;#37;#37;#123;init#125;#37;#37;");
        assert_eq!(mermaid_text("Köln\u{1b}\nx"), "Köln␛␊x");
        assert_eq!(dot_text("a\\b \"c\""), "a\\\\b \\\"c\\\"");
    }
}
