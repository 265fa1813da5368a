//! The ways of leads, as a page keeps them: each is what the one evaluator did, written down.
//!
//! Many leads go the same way, so a way is kept once: which rules were tried, and which comparisons decided
//! each. What the lead has there is kept with the lead. `employees >= 500 does not hold: employees is 80` is
//! thus three entries of three lists, and two thousand leads through two hundred rules stay a small page.

use std::collections::BTreeMap;
use std::hash::Hash;

use indexmap::IndexSet;
use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::diagnostic::visible;
use crate::explain::Explanation;
use crate::explain::path::{PolicyEntered, RuleTried};
use crate::ids::Id;
use crate::policy::Project;
use crate::trace::Verdict;

/// Rules tried, over all ways that are kept: some ten megabytes of page.
const MOST_TRIED: usize = 600_000;
/// More leads of a file are counted and not kept.
pub const MOST_LEADS: usize = 2_000;

/// What the page knows of leads.
#[derive(Serialize)]
pub struct Trails {
    comparisons: IndexSet<Comparison>,
    /// What comparisons look at: `account.tier`.
    values: IndexSet<String>,
    ways: IndexSet<Vec<Stage>>,
    leads: Vec<Trail>,
    #[serde(skip)]
    rules: FxHashMap<String, usize>,
    #[serde(skip)]
    tried: usize,
}

/// A comparison as the policy writes it, the value it looks at, and the named condition it stands in.
#[derive(Serialize, PartialEq, Eq, Hash)]
struct Comparison(String, usize, Option<String>);

/// A policy entered, by its number, with the rules tried there.
#[derive(Serialize, PartialEq, Eq, Hash)]
struct Stage(usize, Vec<Tried>);

/// A rule; 0 if it does not hold, 1 if it does, 2 if it is not in force; and the comparisons that decided,
/// each doubled and one more if it holds.
#[derive(Serialize, PartialEq, Eq, Hash)]
struct Tried(usize, u8, Vec<usize>);

/// A lead.
#[derive(Serialize)]
struct Trail {
    from: From,
    /// The text of each field; `null` is blank.
    cells: Vec<Option<String>>,
    /// Fields whose cell could not be read and so counts as blank, with what it should have been.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unread: Vec<(usize, String, String)>,
    /// What it has where comparisons looked; `null` is blank. Then the cell that could not be read, if that
    /// is why.
    values: Vec<Looked>,
    way: usize,
    /// The end of its way, in words.
    end: String,
}

type Looked = (usize, Option<String>, Option<String>);

/// Where a lead comes from.
#[derive(Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// A file, by what identifies it.
    File(String),
    /// The analysis, which made it for a rule.
    Rule(usize),
    /// A finding, by its number.
    Finding(usize),
    /// Whoever made the page.
    Hand,
}

impl Trails {
    pub fn new(project: &Project) -> Trails {
        let rules = project.rules.ids().map(|rule| (project.rule_name(rule), rule.index()));
        Trails {
            comparisons: IndexSet::new(),
            values: IndexSet::new(),
            ways: IndexSet::new(),
            leads: Vec::new(),
            rules: rules.collect(),
            tried: 0,
        }
    }

    /// How many leads are kept.
    pub fn count(&self) -> usize {
        self.leads.len()
    }

    /// Whether the page has room for further leads of a file; those of rules leave half of it to them.
    pub fn has_room(&self, from: &From) -> bool {
        let most = if matches!(from, From::Rule(_)) { MOST_TRIED / 2 } else { MOST_TRIED };
        self.tried < most
    }

    /// Keeps the way of a lead.
    pub fn add(&mut self, project: &Project, from: From, explanation: &Explanation) {
        let way: Vec<Stage> = explanation.steps.iter().map(|step| self.stage(project, step)).collect();
        let tried: usize = way.iter().map(|stage| stage.1.len()).sum();
        let (way, is_new) = self.ways.insert_full(way);
        self.tried += if is_new { tried } else { 0 };
        let unread = explanation.lead.iter().enumerate();
        let unread = unread.filter_map(|(field, cell)| {
            cell.unread.as_ref().map(|(text, wanted)| (field, visible(text).into_owned(), wanted.clone()))
        });
        let trail = Trail {
            cells: explanation.lead.iter().map(|cell| cell.value.clone()).collect(),
            unread: unread.collect(),
            values: self.looked_at(explanation),
            end: end(explanation, matches!(from, From::File(_))),
            from,
            way,
        };
        self.leads.push(trail);
    }

    fn stage(&mut self, project: &Project, step: &PolicyEntered) -> Stage {
        let policy = project.policies.find(|policy| policy.name == step.policy).map_or(0, Id::index);
        Stage(policy, step.rules.iter().map(|rule| self.rule(rule)).collect())
    }

    fn rule(&mut self, rule: &RuleTried) -> Tried {
        let verdict = match rule.verdict {
            Verdict::Failed => 0,
            Verdict::Held => 1,
            Verdict::NotInForce => 2,
        };
        let mut decisive = Vec::new();
        for compared in rule.comparisons.iter().filter(|compared| compared.decisive) {
            let value = self.values.insert_full(compared.of.clone()).0;
            let comparison = Comparison(compared.text.clone(), value, compared.within.clone());
            decisive.push(self.comparisons.insert_full(comparison).0 * 2 + usize::from(compared.held));
        }
        Tried(self.rules[&rule.rule], verdict, decisive)
    }

    fn looked_at(&self, explanation: &Explanation) -> Vec<Looked> {
        let rules = explanation.steps.iter().flat_map(|step| &step.rules);
        let mut values: BTreeMap<usize, Looked> = BTreeMap::new();
        for compared in rules.flat_map(|rule| &rule.comparisons).filter(|compared| compared.decisive) {
            if let Some(value) = self.values.get_index_of(&compared.of) {
                values.entry(value).or_insert_with(|| (value, compared.value.clone(), compared.unread.clone()));
            }
        }
        values.into_values().collect()
    }
}

/// What became of the lead. Who of a team takes it depends on the leads before it, so that is said only of
/// leads that have some.
fn end(explanation: &Explanation, has_turn: bool) -> String {
    if let Some(loss) = &explanation.loss {
        return format!("rejected: {}", visible(&loss.reason));
    }
    if let Some(owner) = &explanation.kept_by {
        let owner = if owner.is_empty() { "its owner, whoever that is".into() } else { visible(owner) };
        return format!("stays with {owner}");
    }
    match &explanation.assignment {
        Some(assigned) if has_turn => format!("assigned to {} {}", assigned.assigned_kind, assigned.assigned_to),
        _ => String::new(),
    }
}
