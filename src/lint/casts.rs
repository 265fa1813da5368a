//! Who stands at the links of a chain, where tables decide it: every way in which the rows of today may fill
//! them, and whether a lead with these rows can come to a rule at all.
//!
//! `account.owner or manager of account.owner` stands for one pair of people for each account. Values that
//! come from rows with the same key belong together, so each key is one way, and no row at all is another.
//! Of ways that name the same people one is enough, if a lead can come to the rule in it: a condition that
//! the row itself decides (`account is known`, `account.tier is strategic`) keeps a lead away, and so does an
//! earlier rule that is sure to take it.

use std::sync::{Arc, Mutex};

use indexmap::IndexMap;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::cell::Cell;
use crate::ids::{Id, IdVec, PolicyId, RowId, RuleId, TableId, ValueId};
use crate::plan::facts::satisfies;
use crate::policy::{
    Action, Chain, Comparison, Condition, DestinationKind, Predicate, Project, Rule, TeamChoice, ValueKind,
};

/// The ways in which the chains of a project may be filled.
pub struct Casts<'p> {
    project: &'p Project,
    /// The rules that send leads to a policy.
    into: IdVec<PolicyId, Vec<RuleId>>,
    /// By the values that a chain names.
    known: Mutex<FxHashMap<Vec<ValueId>, Arc<Vec<Cast>>>>,
}

/// People and queues in the place of table values.
pub struct Cast {
    /// For each value of the chain whom it names.
    cells: Vec<Option<Cell>>,
    /// The rows that name them.
    pub rows: Vec<Rows>,
}

/// What is looked up for a lead.
#[derive(Clone, Debug)]
pub struct Rows {
    /// Look-ups with their rows; `None` where there is none for the lead.
    pub looked_up: Vec<(ValueId, TableId, Option<RowId>)>,
    keys: Vec<(ValueId, Cell)>,
}

/// Ways of two or more keys that are looked at together, beyond which only the first are.
const MOST_WAYS: usize = 200_000;
/// Rules asked about one chain, beyond which a lead is taken to come.
const MOST_ASKED: usize = 2_000_000;

impl<'p> Casts<'p> {
    pub fn new(project: &'p Project) -> Casts<'p> {
        let mut into: IdVec<PolicyId, Vec<RuleId>> = project.policies.iter().map(|_| Vec::new()).collect();
        for (id, rule) in project.rules.iter_with_ids() {
            if let Action::GoTo(policy) = &rule.action {
                into[policy.node].push(id);
            }
        }
        Casts { project, into, known: Mutex::default() }
    }

    /// Every way in which a chain may be filled.
    pub fn of(&self, chain: &Chain) -> Arc<Vec<Cast>> {
        let values: Vec<ValueId> = chain.links.iter().filter_map(|link| value_in(&link.kind)).collect();
        let mut known = self.known.lock().expect("nobody panics while asking");
        Arc::clone(known.entry(values).or_insert_with_key(|values| Arc::new(self.casts(values))))
    }

    fn casts(&self, values: &[ValueId]) -> Vec<Cast> {
        let mut casts: IndexMap<Vec<Option<Cell>>, Vec<Rows>> = IndexMap::new();
        for rows in self.all_rows(values).into_iter().take(MOST_WAYS) {
            let cells = values.iter().map(|value| self.cell(*value, &rows)).collect();
            casts.entry(cells).or_default().push(rows);
        }
        casts.into_iter().map(|(cells, rows)| Cast { cells, rows }).collect()
    }

    /// Every combination of rows that leads may have, for the look-ups that values need.
    fn all_rows(&self, values: &[ValueId]) -> Vec<Rows> {
        let mut by_key: IndexMap<ValueId, Vec<(ValueId, TableId)>> = IndexMap::new();
        for (lookup, table, key) in values.iter().flat_map(|value| self.lookups(*value)) {
            let group = by_key.entry(key).or_default();
            if !group.contains(&(lookup, table)) {
                group.push((lookup, table));
            }
        }
        let nothing = Rows { looked_up: Vec::new(), keys: Vec::new() };
        by_key.iter().fold(vec![nothing], |before, (key, group)| {
            let ways = self.rows_of(*key, group);
            let both = |before: &Rows| -> Vec<Rows> { ways.iter().map(|way| before.with(way)).collect() };
            before.iter().flat_map(both).take(MOST_WAYS).collect()
        })
    }

    /// The rows of look-ups by the same key: none, and those of each key.
    fn rows_of(&self, key: ValueId, group: &[(ValueId, TableId)]) -> Vec<Rows> {
        let none = group.iter().map(|(lookup, table)| (*lookup, *table, None)).collect();
        let mut ways = vec![Rows { looked_up: none, keys: Vec::new() }];
        let mut seen: FxHashSet<&Cell> = FxHashSet::default();
        for (_, table) in group {
            let table = &self.project.tables[*table];
            let Some(column) = table.key else { continue };
            let cells = table.rows.iter().map(|row| &row.cells[column.index()]);
            for cell in cells.filter(|cell| **cell != Cell::Blank) {
                if !seen.insert(cell) {
                    continue;
                }
                let row = |table: TableId| self.project.tables[table].index.get(cell).copied();
                let looked_up = group.iter().map(|(lookup, table)| (*lookup, *table, row(*table))).collect();
                ways.push(Rows { looked_up, keys: vec![(key, cell.clone())] });
            }
        }
        ways
    }

    /// The look-ups by fields of the lead that a value depends on, with their tables and keys.
    fn lookups(&self, value: ValueId) -> Vec<(ValueId, TableId, ValueId)> {
        match &self.project.values[value].kind {
            ValueKind::Column(row, _) => self.lookups(*row),
            ValueKind::Lookup(table, key) => match self.lookups(*key) {
                inner if inner.is_empty() => vec![(value, *table, *key)],
                inner => inner,
            },
            ValueKind::FirstKnown(values) => values.iter().flat_map(|value| self.lookups(*value)).collect(),
            ValueKind::DomainOf(of) | ValueKind::HourOf(of, _) | ValueKind::WeekdayOf(of, _) => self.lookups(*of),
            ValueKind::Field(_) => Vec::new(),
        }
    }

    /// What a value is for a lead with these rows; `None` if they do not say.
    fn cell(&self, value: ValueId, rows: &Rows) -> Option<Cell> {
        if let Some((_, cell)) = rows.keys.iter().find(|(key, _)| *key == value) {
            return Some(cell.clone());
        }
        match &self.project.values[value].kind {
            ValueKind::Lookup(table, key) => {
                let row = match rows.looked_up.iter().find(|(lookup, _, _)| *lookup == value) {
                    Some((_, _, row)) => *row,
                    None => self.project.tables[*table].index.get(&self.cell(*key, rows)?).copied(),
                };
                Some(row.map_or(Cell::Blank, |row| Cell::Row(*table, row)))
            }
            ValueKind::Column(row, column) => Some(match self.cell(*row, rows)? {
                Cell::Row(table, row) => self.project.tables[table].rows[row].cells[column.index()].clone(),
                _ => Cell::Blank,
            }),
            ValueKind::FirstKnown(values) => {
                let mut cells = values.iter().map(|value| self.cell(*value, rows));
                cells.find(|cell| *cell != Some(Cell::Blank)).unwrap_or(Some(Cell::Blank))
            }
            ValueKind::Field(_) | ValueKind::DomainOf(_) | ValueKind::HourOf(..) | ValueKind::WeekdayOf(..) => None,
        }
    }

    // --- whether a lead comes ---

    /// Rows of a cast with which a lead may come to one of some rules.
    pub fn arrives<'c>(&self, cast: &'c Cast, rule: RuleId) -> Option<&'c Rows> {
        let mut asked = 0;
        let is_assumed = |rows: &Rows| {
            let mut assumed = self.project.assumptions.iter();
            assumed.all(|assumption| self.condition(&assumption.node, rows) != Some(false))
        };
        let mut rows = cast.rows.iter().filter(|rows| is_assumed(rows));
        rows.find(|rows| self.comes(rule, rows, &mut asked, &mut FxHashSet::default()))
    }

    fn comes(&self, id: RuleId, rows: &Rows, asked: &mut usize, seen: &mut FxHashSet<PolicyId>) -> bool {
        let rule = &self.project.rules[id];
        let policy = &self.project.policies[rule.policy];
        *asked += policy.rules.len();
        if *asked > MOST_ASKED {
            return true;
        }
        if self.holds(rule, rows) == Some(false) {
            return false;
        }
        let before = policy.rules.iter().take_while(|before| **before != id).map(|before| &self.project.rules[*before]);
        let always = |rule: &Rule| rule.dates.from.is_none() && rule.dates.until.is_none();
        if before.into_iter().any(|rule| always(rule) && self.holds(rule, rows) == Some(true)) {
            return false;
        }
        rule.policy == self.project.start.node
            || (seen.insert(rule.policy)
                && self.into[rule.policy].iter().any(|way| self.comes(*way, rows, asked, seen)))
    }

    /// Whether a rule's condition holds for every lead with these rows, or for none.
    fn holds(&self, rule: &Rule, rows: &Rows) -> Option<bool> {
        rule.when.as_ref().map_or(Some(true), |when| self.condition(when, rows))
    }

    fn condition(&self, condition: &Condition, rows: &Rows) -> Option<bool> {
        let each = |parts: &[Condition], decisive: bool| {
            let held: Vec<Option<bool>> = parts.iter().map(|part| self.condition(part, rows)).collect();
            match held.contains(&Some(decisive)) {
                true => Some(decisive),
                false if held.contains(&None) => None,
                false => Some(!decisive),
            }
        };
        match condition {
            Condition::And(parts) => each(parts, false),
            Condition::Or(parts) => each(parts, true),
            Condition::Not(inner, _) => self.condition(inner, rows).map(|held| !held),
            Condition::Named(named, _) => self.condition(&self.project.conditions[*named].condition, rows),
            Condition::Comparison(comparison) => self.comparison(comparison, rows),
        }
    }

    fn comparison(&self, comparison: &Comparison, rows: &Rows) -> Option<bool> {
        let held = match (self.cell(comparison.value, rows), &comparison.predicate) {
            (Some(cell), predicate) => Some(satisfies(self.project, &cell, predicate)),
            // No row is looked up by a key that the table does not have.
            (None, Predicate::InTable(table)) => {
                let by_key = |lookup: ValueId| match self.project.values[lookup].kind {
                    ValueKind::Lookup(_, key) => key == comparison.value,
                    _ => false,
                };
                let looked_up = rows.looked_up.iter().find(|(lookup, of, _)| of == table && by_key(*lookup));
                looked_up.map(|(_, _, row)| row.is_some())
            }
            (None, _) => None,
        };
        held.map(|held| held != comparison.negated)
    }
}

impl Rows {
    fn with(&self, more: &Rows) -> Rows {
        Rows {
            looked_up: self.looked_up.iter().chain(&more.looked_up).copied().collect(),
            keys: self.keys.iter().chain(&more.keys).cloned().collect(),
        }
    }
}

impl Cast {
    /// The links of a chain with people in the place of values.
    pub fn links(&self, chain: &Chain) -> Vec<DestinationKind> {
        let mut cells = self.cells.iter();
        chain.links.iter().map(|link| filled(&link.kind, &mut cells)).collect()
    }
}

/// The table value that a link names.
fn value_in(link: &DestinationKind) -> Option<ValueId> {
    match link {
        DestinationKind::Value(choice) => Some(choice.team),
        DestinationKind::ManagerOf(inner) => value_in(inner),
        DestinationKind::Rep(_)
        | DestinationKind::Team(_)
        | DestinationKind::Queue(_)
        | DestinationKind::Holder
        | DestinationKind::Nobody { .. } => None,
    }
}

fn filled<'c>(link: &DestinationKind, cells: &mut impl Iterator<Item = &'c Option<Cell>>) -> DestinationKind {
    let nobody = |written: &str| DestinationKind::Nobody { written: written.to_owned() };
    match link {
        DestinationKind::Value(choice) => match cells.next().and_then(Option::as_ref) {
            Some(Cell::Rep(rep)) => DestinationKind::Rep(*rep),
            Some(Cell::Queue(queue)) => DestinationKind::Queue(*queue),
            Some(Cell::Team(team)) => {
                let (skills, method) = (choice.skills.clone(), choice.method);
                DestinationKind::Team(TeamChoice { team: *team, skills, method })
            }
            Some(Cell::Stranger(name)) => nobody(name),
            _ => nobody(""),
        },
        DestinationKind::ManagerOf(inner) => match filled(inner, cells) {
            nobody @ DestinationKind::Nobody { .. } => nobody,
            other => DestinationKind::ManagerOf(Box::new(other)),
        },
        DestinationKind::Rep(_)
        | DestinationKind::Team(_)
        | DestinationKind::Queue(_)
        | DestinationKind::Holder
        | DestinationKind::Nobody { .. } => link.clone(),
    }
}
