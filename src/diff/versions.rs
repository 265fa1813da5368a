//! Two versions of a project, told apart by whom their tables name.
//!
//! `assign account.owner` reads the same in both versions, and yet another rep gets the lead once a
//! row of `accounts` names somebody else. So where a rule's destination is a table's value that is
//! not the same in both versions, the rule is written out: a rule for each name that the value can
//! have, in place of the rule itself.
//!
//! ```text
//! rule owned when account is known assign account.owner or queue rest
//!     = rule owned when account is known and account.owner is ana   assign rep ana or queue rest
//!       rule owned when account is known and account.owner is bruno assign rep bruno or queue rest
//!       rule owned when account is known                            assign nobody or queue rest
//! ```
//!
//! Leads are routed as before; the analysis can compare the destinations by their names.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::canonical;
use crate::cell::{Cell, Type};
use crate::ids::{Id, IdVec, RuleId, TableId, ValueId};
use crate::policy::{
    Action, Chain, Comparison, Condition, DestinationKind, Predicate, Project, Rule, Table, TeamChoice, ValueKind,
};

/// What is compared.
pub struct Versions<'p> {
    pub old: Cow<'p, Project>,
    pub new: Cow<'p, Project>,
    /// Rules that name too many to be written out.
    pub open: Vec<String>,
}

/// Rules that one rule is written out as, at most.
const MOST_RULES: usize = 1_000;

impl<'p> Versions<'p> {
    pub fn new(old: &'p Project, new: &'p Project) -> Versions<'p> {
        let mut open = Vec::new();
        let before = written_out(old, new, &mut open);
        let after = written_out(new, old, &mut open);
        open.sort_unstable();
        open.dedup();
        Versions { old: before, new: after, open }
    }
}

/// The project with every rule written out whose destination may mean another in the other version.
fn written_out<'p>(project: &'p Project, other: &Project, open: &mut Vec<String>) -> Cow<'p, Project> {
    let used: BTreeSet<ValueId> = project.rules.iter().flat_map(values).collect();
    let different: BTreeSet<ValueId> = used.into_iter().filter(|value| !is_same(project, other, *value)).collect();
    if different.is_empty() {
        return Cow::Borrowed(project);
    }
    let has_different = |rule: &Rule| values(rule).iter().any(|value| different.contains(value));
    let mut rules: IdVec<RuleId, Rule> = IdVec::new();
    let mut places: IdVec<RuleId, Vec<RuleId>> = IdVec::new();
    for (id, rule) in project.rules.iter_with_ids() {
        let mut variants = vec![rule.clone()];
        if has_different(rule) {
            match variants_of(project, rule) {
                Some(written) => variants = written,
                None => open.push(format!("{}: it names too many to compare them", project.rule_name(id))),
            }
        }
        places.push(variants.into_iter().map(|variant| rules.push(variant)).collect());
    }
    let mut project = Project { rules, ..project.clone() };
    for policy in project.policies.iter_mut() {
        policy.rules = policy.rules.iter().flat_map(|rule| places[*rule].iter().copied()).collect();
    }
    for by in project.tests.iter_mut().filter_map(|test| test.by.as_mut()) {
        by.node = *places[by.node].last().expect("a rule is written out as one at least");
    }
    Cow::Owned(project)
}

/// A rule for each combination of names; `None` if there are too many.
fn variants_of(project: &Project, rule: &Rule) -> Option<Vec<Rule>> {
    let mut done = Vec::new();
    let mut rest = vec![rule.clone()];
    // The last comes first, so that the variants keep their order.
    while let Some(rule) = rest.pop() {
        match first_value(&rule) {
            None => done.push(rule),
            Some(value) => rest.extend(variants_by(project, &rule, value).into_iter().rev()),
        }
        if done.len() + rest.len() > MOST_RULES {
            return None;
        }
    }
    Some(done)
}

/// A rule for each name that a value can have, and at the end one for leads for which it is blank.
fn variants_by(project: &Project, rule: &Rule, value: ValueId) -> Vec<Rule> {
    let named = names(project, value).into_iter().map(|cell| {
        let asked = Condition::Comparison(Comparison {
            value,
            predicate: Predicate::OneOf(vec![cell.clone()]),
            negated: false,
            text: format!("{} is {}", project.values[value].text, project.show_spelt(&project.values[value].ty, &cell)),
            span: rule.head,
        });
        let when = match &rule.when {
            Some(when) => Condition::And(vec![when.clone(), asked]),
            None => asked,
        };
        Rule { when: Some(when), ..naming(rule, value, &cell) }
    });
    named.chain([naming(rule, value, &Cell::Blank)]).collect()
}

/// Every name that the columns behind a value hold.
fn names(project: &Project, value: ValueId) -> Vec<Cell> {
    let mut names: BTreeMap<String, Cell> = BTreeMap::new();
    let mut add = |cell: &Cell| {
        if *cell != Cell::Blank {
            names.insert(format!("{cell:?}"), cell.clone());
        }
    };
    match &project.values[value].kind {
        ValueKind::Column(row, column) => {
            if let Type::Row(table) = project.values[*row].ty {
                project.tables[table].rows.iter().for_each(|row| add(&row.cells[column.index()]));
            }
        }
        ValueKind::FirstKnown(values) => {
            values.iter().flat_map(|value| self::names(project, *value)).for_each(|cell| add(&cell))
        }
        // Only tables hold names of people and queues.
        ValueKind::Field(_)
        | ValueKind::DomainOf(_)
        | ValueKind::HourOf(..)
        | ValueKind::WeekdayOf(..)
        | ValueKind::Lookup(..) => {}
    }
    names.into_values().collect()
}

/// The rule with the destination that a value stands for in its place.
fn naming(rule: &Rule, value: ValueId, cell: &Cell) -> Rule {
    let Action::Assign(chain) = &rule.action else { return rule.clone() };
    let mut chain = chain.clone();
    for link in &mut chain.links {
        link.kind = named(&link.kind, value, cell);
    }
    Rule { action: Action::Assign(chain), ..rule.clone() }
}

fn named(kind: &DestinationKind, value: ValueId, cell: &Cell) -> DestinationKind {
    match kind {
        DestinationKind::Value(choice) if choice.team == value => match cell {
            Cell::Rep(rep) => DestinationKind::Rep(*rep),
            Cell::Queue(queue) => DestinationKind::Queue(*queue),
            Cell::Team(team) => {
                DestinationKind::Team(TeamChoice { team: *team, skills: choice.skills.clone(), method: choice.method })
            }
            Cell::Stranger(name) => DestinationKind::Nobody { written: name.to_string() },
            _ => DestinationKind::Nobody { written: String::new() },
        },
        DestinationKind::ManagerOf(inner) => DestinationKind::ManagerOf(Box::new(named(inner, value, cell))),
        DestinationKind::Rep(_)
        | DestinationKind::Team(_)
        | DestinationKind::Queue(_)
        | DestinationKind::Value(_)
        | DestinationKind::Holder
        | DestinationKind::Nobody { .. } => kind.clone(),
    }
}

/// The values that a rule's chain names.
fn values(rule: &Rule) -> Vec<ValueId> {
    match &rule.action {
        Action::Assign(Chain { links, .. }) => links.iter().filter_map(|link| value_of(&link.kind)).collect(),
        Action::GoTo(_) | Action::Reject(_) | Action::KeepOwner => Vec::new(),
    }
}

fn first_value(rule: &Rule) -> Option<ValueId> {
    values(rule).first().copied()
}

fn value_of(kind: &DestinationKind) -> Option<ValueId> {
    match kind {
        DestinationKind::Value(choice) => Some(choice.team),
        DestinationKind::ManagerOf(inner) => value_of(inner),
        DestinationKind::Rep(_)
        | DestinationKind::Team(_)
        | DestinationKind::Queue(_)
        | DestinationKind::Holder
        | DestinationKind::Nobody { .. } => None,
    }
}

/// Whether a value of one version is the same for every lead in the other.
fn is_same(project: &Project, other: &Project, value: ValueId) -> bool {
    let text = canonical::value(project, value);
    let is_known = other.values.ids().any(|id| canonical::value(other, id) == text);
    is_known
        && tables(project, value).into_iter().all(|table| {
            let table = &project.tables[table];
            let twin = other.tables.iter().find(|twin| twin.name == table.name);
            twin.is_some_and(|twin| contents(project, table) == contents(other, twin))
        })
}

/// The tables that a value is looked up in.
fn tables(project: &Project, value: ValueId) -> Vec<TableId> {
    match &project.values[value].kind {
        ValueKind::Field(_) => Vec::new(),
        ValueKind::DomainOf(inner) | ValueKind::HourOf(inner, _) | ValueKind::WeekdayOf(inner, _) => {
            tables(project, *inner)
        }
        ValueKind::FirstKnown(values) => values.iter().flat_map(|value| tables(project, *value)).collect(),
        ValueKind::Lookup(table, key) => [vec![*table], tables(project, *key)].concat(),
        ValueKind::Column(row, _) => tables(project, *row),
    }
}

/// What look-ups find: the text of each key's row.
fn contents(project: &Project, table: &Table) -> BTreeSet<Vec<String>> {
    let text = |cells: &[Cell]| -> Vec<String> {
        let cells = table.columns.iter().zip(cells);
        cells.map(|(column, cell)| format!("{}={}", column.name, project.show_cell(&column.ty, cell))).collect()
    };
    table.keyed().map(|(_, row)| text(&table.rows[row].cells)).collect()
}
