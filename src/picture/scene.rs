//! What a picture shows, before anything has a place: a lane for each policy, a row for each rule or fold of
//! rules, and where each leads.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use jiff::civil::Date;

use super::destinations::{self, Destination};
use super::fold::{Entry, fold};
use super::text::clean;
use super::traffic::Traffic;
use super::{Subject, order, words};
use crate::diagnostic::{Finding, Severity};
use crate::graph::{Concerns, Node, condition_text, mark_name};
use crate::ids::{IdVec, PolicyId, RuleId};
use crate::policy::{Action, Condition, Mark, Origin, Policy, Project, Rule};

/// Everything in a picture.
#[derive(Clone, PartialEq, Debug)]
pub struct Scene {
    pub title: String,
    /// What stands beneath the title, one after the other.
    pub facts: Vec<String>,
    pub lanes: Vec<Lane>,
    pub destinations: Vec<Destination>,
    /// Whether rows say how many leads they took.
    pub has_counts: bool,
}

/// A policy.
#[derive(Clone, PartialEq, Debug)]
pub struct Lane {
    pub policy: PolicyId,
    /// What leads back to a lane before it is a circle only if both have the same.
    pub search: usize,
    pub name: String,
    pub mark: Option<Mark>,
    pub description: Option<String>,
    /// Leads enter here.
    pub is_start: bool,
    /// How many leads came, if leads were given.
    pub leads: Option<u64>,
    pub flags: Vec<Flag>,
    pub rows: Vec<Row>,
}

/// A rule, or several that share a row.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// In reading order; none where a policy has no `otherwise`, which a row says.
    pub rules: Vec<RuleId>,
    /// `3`, `3–17`; empty for an `otherwise`.
    pub number: String,
    pub name: String,
    /// What it asks, in short.
    pub asks: String,
    /// All there is to say, for whoever points at it.
    pub whole: Vec<String>,
    pub ways: Vec<Way>,
    /// The lane that leads are handed to.
    pub goes_to: Option<usize>,
    pub leads: Option<u64>,
    pub flags: Vec<Flag>,
}

/// Where a row sends leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Way {
    pub kind: Kind,
    pub text: String,
    /// Only if whoever stands before it cannot take the lead, or later on.
    pub is_second: bool,
}

/// What a destination is, told by its sign.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    Team,
    Rep,
    Queue,
    /// Whoever a table names.
    Owner,
    Manager,
    Policy,
    Reject,
    Keep,
    Nobody,
    /// More than there was room for.
    More,
}

/// A finding, where it belongs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flag {
    pub severity: Severity,
    pub code: &'static str,
    pub message: String,
    /// Whether it is about this, or only names it.
    pub is_about: bool,
}

impl Scene {
    /// `fold`: whether long policies are shortened.
    pub fn new(subject: &Subject<'_>, fold: bool) -> Scene {
        let project = subject.project;
        let order = order::lanes(project);
        let places: HashMap<PolicyId, usize> =
            order.iter().enumerate().map(|(place, (policy, _))| (*policy, place)).collect();
        let writer = Writer { subject, project, concerns: Concerns::new(subject.findings), places, fold };
        let lanes: Vec<Lane> = order.iter().map(|&(policy, search)| writer.lane(policy, search)).collect();
        Scene {
            title: clean(subject.title),
            facts: facts(subject, &lanes),
            destinations: destinations::all(project, &writer.concerns),
            lanes,
            has_counts: subject.traffic.is_some(),
        }
    }
}

impl Scene {
    /// The number of each lane's first row, counted over all lanes.
    pub fn first_rows(&self) -> Vec<usize> {
        let ends = self.lanes.iter().scan(0, |end, lane| {
            *end += lane.rows.len();
            Some(*end)
        });
        std::iter::once(0).chain(ends).collect()
    }

    /// From which lane to which leads are handed on.
    pub fn arrows(&self) -> impl Iterator<Item = (usize, usize)> {
        let lanes = self.lanes.iter().enumerate();
        lanes.flat_map(|(from, lane)| lane.rows.iter().filter_map(move |row| Some((from, row.goes_to?))))
    }

    /// Whether leads that are handed on so may go round in a circle.
    pub fn is_back(&self, from: usize, to: usize) -> bool {
        to <= from && self.lanes[from].search == self.lanes[to].search
    }
}

struct Writer<'a> {
    subject: &'a Subject<'a>,
    project: &'a Project,
    concerns: Concerns<'a>,
    places: HashMap<PolicyId, usize>,
    fold: bool,
}

impl Writer<'_> {
    fn lane(&self, id: PolicyId, search: usize) -> Lane {
        let policy = &self.project.policies[id];
        let entries: Vec<Entry> = policy.rules.iter().map(|&rule| self.entry(rule)).collect();
        let ranges =
            if self.fold { fold(&entries) } else { (0..entries.len()).map(|index| index..index + 1).collect() };
        let mut rows: Vec<Row> = ranges.into_iter().map(|range| self.row(policy, range)).collect();
        if !policy.rules.iter().any(|rule| self.project.rules[*rule].origin == Origin::Otherwise) {
            rows.push(self.nothing_for_the_rest(id));
        }
        Lane {
            policy: id,
            search,
            name: clean(&policy.name),
            mark: policy.mark,
            description: policy.description.as_deref().map(clean),
            is_start: self.project.start.node == id,
            leads: self.subject.traffic.map(|traffic| traffic.entered[id]),
            flags: flags(&self.concerns, self.project, &Node::Policy(id)),
            rows,
        }
    }

    fn entry(&self, id: RuleId) -> Entry {
        let rule = &self.project.rules[id];
        let table = if let Origin::Row(table, _) = rule.origin { Some(table) } else { None };
        let goes_to = if let Action::GoTo(policy) = &rule.action { Some(policy.node) } else { None };
        let stands_alone = rule.origin == Origin::Otherwise || (table.is_none() && goes_to.is_some());
        let is_found = || flags(&self.concerns, self.project, &Node::Rule(id)).iter().any(|flag| flag.is_about);
        let is_pinned = stands_alone || is_found();
        Entry { is_pinned, table, goes_to, action: self.project.action_name(&rule.action) }
    }

    fn row(&self, policy: &Policy, range: Range<usize>) -> Row {
        let rules = policy.rules[range.clone()].to_vec();
        let leads = self.subject.traffic.map(|traffic| rules.iter().map(|&rule| traffic.taken[rule]).sum());
        let number = match (self.project.rules[rules[0]].origin, range.len()) {
            (Origin::Otherwise, _) => String::new(),
            (_, 1) => range.end.to_string(),
            _ => format!("{}–{}", range.start + 1, range.end),
        };
        match rules[..] {
            [rule] => self.single(rule, number, leads),
            _ => self.folded(rules, number, leads),
        }
    }

    fn single(&self, id: RuleId, number: String, leads: Option<u64>) -> Row {
        let rule = &self.project.rules[id];
        let condition = rule.when.as_ref().map(|when| clean(&condition_text(self.project, when)));
        let dates = self.dates(rule);
        let mut whole = vec![self.project.rule_name(id)];
        whole.extend(rule.description.as_deref().map(clean));
        whole.extend(condition.iter().map(|condition| format!("when {condition}")));
        whole.extend(dates.clone());
        whole.push(words::action(self.project, &rule.action));
        let short = rule.when.as_ref().map(|when| words::shortened(&self.told(when))).unwrap_or_default();
        let asks = dates.into_iter().chain(Some(short).filter(|short| !short.is_empty()));
        Row {
            rules: vec![id],
            number,
            name: clean(&rule.name),
            asks: asks.collect::<Vec<String>>().join("; "),
            whole,
            ways: words::ways(self.project, rule),
            goes_to: self.goes_to(rule),
            leads,
            flags: flags(&self.concerns, self.project, &Node::Rule(id)),
        }
    }

    /// A named condition that stands alone often has the rule's name: what it asks says more.
    fn told(&self, condition: &Condition) -> String {
        let condition = match condition {
            Condition::Named(named, _) => &self.project.conditions[*named].condition,
            other => other,
        };
        clean(&condition_text(self.project, condition))
    }

    fn folded(&self, rules: Vec<RuleId>, number: String, leads: Option<u64>) -> Row {
        let first = &self.project.rules[rules[0]];
        let last = &self.project.rules[rules[rules.len() - 1]];
        let name = match first.origin {
            Origin::Row(table, _) => format!("{} rows of {}", rules.len(), clean(&self.project.tables[table].name)),
            Origin::Rule | Origin::Otherwise => format!("{} rules", rules.len()),
        };
        let between = format!("{} … {}", clean(&first.name), clean(&last.name));
        let asked = asked(self.project, &rules);
        let asks = match first.origin {
            Origin::Row(..) => format!("by {asked}"),
            Origin::Rule | Origin::Otherwise => format!("{between}, by {asked}"),
        };
        Row {
            number,
            whole: vec![format!("{name}: {between}"), format!("they look at {asked}")],
            name,
            asks,
            ways: words::ways_of_many(self.project, &rules),
            goes_to: self.goes_to(first),
            leads,
            flags: Vec::new(),
            rules,
        }
    }

    /// Says what happens where a policy does not.
    fn nothing_for_the_rest(&self, policy: PolicyId) -> Row {
        let lost = Way { kind: Kind::Nobody, text: "rejected: no rule takes it".to_owned(), is_second: false };
        Row {
            rules: Vec::new(),
            number: String::new(),
            name: "no otherwise".to_owned(),
            asks: "leads that no rule takes".to_owned(),
            whole: vec!["The policy does not say where leads go that no rule takes".to_owned()],
            ways: vec![lost],
            goes_to: None,
            leads: self.subject.traffic.map(|traffic| traffic.fell_off[policy]),
            flags: Vec::new(),
        }
    }

    fn goes_to(&self, rule: &Rule) -> Option<usize> {
        if let Action::GoTo(policy) = &rule.action { Some(self.places[&policy.node]) } else { None }
    }

    /// `from 2026-01-01 until 2026-03-31`, and whether that is now.
    fn dates(&self, rule: &Rule) -> Option<String> {
        let said = |word: &str, day: Date| format!("{word} {day}");
        let from = rule.dates.from.map(|day| said("from", day.node));
        let until = rule.dates.until.map(|day| said("until", day.node));
        let parts: Vec<String> = [from, until].into_iter().flatten().collect();
        let now = if rule.dates.include(self.subject.today) { "" } else { " (not today)" };
        (!parts.is_empty()).then(|| format!("{}{now}", parts.join(" ")))
    }
}

/// What is found about something, each code and message once.
pub fn flags(concerns: &Concerns<'_>, project: &Project, node: &Node) -> Vec<Flag> {
    let rule = if let Node::Rule(rule) = node { Some(project.rule_name(*rule)) } else { None };
    let flag = |finding: &Finding| {
        let named = finding.labels.iter().find(|label| rule.is_some() && label.rule == rule);
        let named = named.filter(|_| finding.rule.is_some() && finding.rule != rule);
        let of = finding.rule.as_deref().and_then(|rule| rule.rsplit('.').next()).unwrap_or_default();
        Flag {
            severity: finding.severity,
            code: finding.code.name(),
            message: match named {
                Some(label) => clean(&format!("{} of {of}: {}", finding.code.name(), label.message)),
                None => clean(&finding.message),
            },
            is_about: named.is_none(),
        }
    };
    let mut seen = BTreeSet::new();
    let mut flags: Vec<Flag> = concerns.of(project, node).map(flag).collect();
    flags.retain(|flag| seen.insert((flag.code, flag.message.clone())));
    flags.sort_by_key(|flag| (!flag.is_about, std::cmp::Reverse(flag.severity)));
    flags
}

/// The values that rules look at, in the order in which they are first asked for: `country, employees`.
fn asked(project: &Project, rules: &[RuleId]) -> String {
    const MOST: usize = 4;
    let mut names: Vec<&str> = Vec::new();
    for rule in rules {
        let mut rest: Vec<&Condition> = project.rules[*rule].when.iter().collect();
        while let Some(condition) = rest.pop() {
            match condition {
                Condition::And(parts) | Condition::Or(parts) => rest.extend(parts.iter().rev()),
                Condition::Not(inner, _) => rest.push(inner),
                Condition::Named(named, _) => rest.push(&project.conditions[*named].condition),
                Condition::Comparison(comparison) => {
                    let name = project.values[comparison.value].text.as_str();
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
        }
    }
    let more = if names.len() > MOST { format!(" and {} more", names.len() - MOST) } else { String::new() };
    if names.is_empty() {
        return "nothing".to_owned();
    }
    clean(&format!("{}{more}", names[..names.len().min(MOST)].join(", ")))
}

fn facts(subject: &Subject<'_>, lanes: &[Lane]) -> Vec<String> {
    let project = subject.project;
    let policies = words::counted(project.policies.len() as u64, "policy", "policies");
    let rules = words::counted(project.rules.len() as u64, "rule", "rules");
    let mut facts = vec![format!("{policies}, {rules}")];
    let alone = lanes.iter().flat_map(|lane| &lane.rows).filter(|row| row.rules.len() == 1).count();
    if alone < project.rules.len() {
        facts.push(format!("{} folded", words::counted((project.rules.len() - alone) as u64, "rule", "rules")));
    }
    facts.extend(findings(subject.findings));
    facts.extend(subject.traffic.map(told));
    facts
}

/// `2 errors, 1 warning`
fn findings(findings: &[Finding]) -> Vec<String> {
    let count = |severity: Severity| findings.iter().filter(|finding| finding.severity == severity).count() as u64;
    let counts =
        [Severity::Error, Severity::Warning, Severity::Note].map(|severity| (count(severity), severity.name()));
    let told = counts.iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> = told.map(|(count, name)| words::counted(*count, name, &format!("{name}s"))).collect();
    vec![if told.is_empty() { "no findings".to_owned() } else { told.join(", ") }]
}

fn told(traffic: &Traffic) -> String {
    let leads = words::counted(traffic.leads, "lead", "leads");
    match traffic.not_leads {
        0 => format!("{leads} of {}", clean(&traffic.name)),
        rows => format!("{leads} of {}; {} not routed", clean(&traffic.name), words::counted(rows, "row", "rows")),
    }
}

/// Policies and rules by what they are called, for whoever looks for them.
pub fn rows_of(scene: &Scene, rules: usize) -> IdVec<RuleId, usize> {
    let mut rows = IdVec::from(vec![0; rules]);
    for (index, row) in scene.lanes.iter().flat_map(|lane| &lane.rows).enumerate() {
        row.rules.iter().for_each(|&rule| rows[rule] = index);
    }
    rows
}

/// The word that a lane shows for its kind.
pub fn kind_of(mark: Option<Mark>) -> &'static str {
    mark.map_or("none", mark_name)
}
