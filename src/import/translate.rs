//! Rules of one object → policies: what each entry asks, as conditions of the policy language, and what
//! could not be said in it.
//!
//! It takes two passes: what all entries ask of a field tells its type, and only with the types is it
//! known what a criterion's value means.

use std::collections::BTreeSet;

use super::comparison::{self, Asked, Comparison, Operand, compare};
use super::condition::Condition;
use super::fields::{FieldId, Fields};
use super::formula::meaning::{Meaning, meaning};
use super::formula::parse;
use super::metadata::{Asks, Assignee, AssignmentRule, Extra, Kind, RuleEntry};
use super::question::Question;
use super::{Problem, criteria, filter};
use crate::source::Span;

/// One assignment rule, translated.
#[derive(Debug)]
pub struct Policy<'a> {
    pub rule: &'a AssignmentRule,
    pub entries: Vec<Entry<'a>>,
}

/// One entry, translated.
#[derive(Debug)]
pub struct Entry<'a> {
    pub source: &'a RuleEntry,
    pub condition: Condition<Comparison>,
    pub fidelity: Fidelity,
    /// Whether it can only take records that are not new.
    pub only_not_new: bool,
}

/// How well an entry could be translated.
#[derive(PartialEq, Debug)]
pub enum Fidelity {
    /// It decides about every record as in Salesforce.
    Exact,
    /// As in Salesforce, but for records in which these fields differ from a text in letter case alone.
    LetterCase(BTreeSet<FieldId>),
    /// Fields of the lead stand for parts that were not translated.
    Open(Vec<Open>),
}

/// What was not translated.
#[derive(PartialEq, Debug)]
pub struct Open {
    /// The lead's field that stands for it.
    pub field: String,
    pub what: Part,
    /// What the formula or criterion does, in words that go on after it.
    pub why: String,
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    Formula,
    /// By its number from 1.
    Criterion(usize),
}

impl Entry<'_> {
    pub fn number(&self) -> usize {
        self.source.number
    }

    /// Criteria that the entry's filter does not name.
    pub fn unused_criteria(&self) -> Vec<usize> {
        let Asks::Criteria { items, filter: Some(filter) } = &self.source.asks else { return Vec::new() };
        let Ok(combined) = filter::parse(filter, items.len()) else { return Vec::new() };
        let used: BTreeSet<usize> = combined.tests().into_iter().copied().collect();
        (0..items.len()).filter(|item| !used.contains(item)).map(|item| item + 1).collect()
    }
}

/// All rules of one object, translated.
pub fn policies<'a>(rules: &[&'a AssignmentRule], fields: &mut Fields) -> Result<Vec<Policy<'a>>, Problem> {
    let mut drafts = Vec::new();
    for rule in rules {
        let entries: Result<Vec<Draft>, Problem> = rule.entries.iter().map(|entry| draft(entry, fields)).collect();
        drafts.push((*rule, entries?));
    }
    let questions = drafts.iter().flat_map(|(_, entries)| entries).flat_map(Draft::questions);
    questions.for_each(|question| fields.learn(question));
    let policy = |(rule, entries): (&'a AssignmentRule, Vec<Draft>)| Policy {
        rule,
        entries: rule.entries.iter().zip(entries).map(|(entry, draft)| draft.entry(entry, fields)).collect(),
    };
    Ok(drafts.into_iter().map(policy).collect())
}

/// What an entry asks, before types are known.
enum Draft {
    Nothing,
    Criteria { combined: Condition<usize>, items: Vec<Result<Condition<Question>, String>> },
    Formula(Result<Meaning, String>),
}

fn draft(entry: &RuleEntry, fields: &mut Fields) -> Result<Draft, Problem> {
    Ok(match &entry.asks {
        Asks::Nothing => Draft::Nothing,
        Asks::Formula(formula) => Draft::Formula(parse(&formula.node).and_then(|expr| meaning(&expr, fields))),
        Asks::Criteria { items, filter } => Draft::Criteria {
            combined: match filter {
                Some(filter) => filter::parse(filter, items.len())?,
                None => Condition::all((0..items.len()).map(Condition::Test)),
            },
            items: items.iter().map(|item| criteria::question(item, fields)).collect(),
        },
    })
}

impl Draft {
    fn questions(&self) -> Vec<&Question> {
        match self {
            Draft::Nothing | Draft::Formula(Err(_)) => Vec::new(),
            Draft::Formula(Ok(meaning)) => meaning.condition.tests(),
            Draft::Criteria { items, .. } => items.iter().flatten().flat_map(Condition::tests).collect(),
        }
    }

    fn entry<'a>(self, source: &'a RuleEntry, fields: &Fields) -> Entry<'a> {
        let (condition, fidelity, only_not_new) = match self {
            Draft::Nothing => (Condition::Always, Fidelity::Exact, false),
            Draft::Criteria { combined, items } => {
                let (condition, fidelity) = of_criteria(source, &combined, &items, fields);
                (condition, fidelity, false)
            }
            Draft::Formula(meaning) => of_formula(source, meaning, fields),
        };
        Entry { source, condition: comparison::joined(condition), fidelity, only_not_new }
    }
}

/// What cannot be said stands open, criterion by criterion.
fn of_criteria(
    source: &RuleEntry,
    combined: &Condition<usize>,
    items: &[Result<Condition<Question>, String>],
    fields: &Fields,
) -> (Condition<Comparison>, Fidelity) {
    let mut left_open: Vec<Open> = Vec::new();
    let condition = combined.replace(&mut |&item: &usize| -> Result<_, std::convert::Infallible> {
        let compared = items[item].as_ref().map_err(String::clone).and_then(|asked| compared(asked, fields));
        Ok(compared.unwrap_or_else(|why| {
            let field = format!("entry_{}_criterion_{}", source.number, item + 1);
            let condition = stands_for(&field);
            if left_open.iter().all(|open| open.field != field) {
                let span = span_of_item(source, item);
                left_open.push(Open { field, what: Part::Criterion(item + 1), why, span });
            }
            condition
        }))
    });
    let Ok(condition) = condition;
    let fidelity = if left_open.is_empty() { Fidelity::Exact } else { Fidelity::Open(left_open) };
    (condition, fidelity)
}

/// A formula is translated as a whole or not at all.
fn of_formula(
    source: &RuleEntry,
    meaning: Result<Meaning, String>,
    fields: &Fields,
) -> (Condition<Comparison>, Fidelity, bool) {
    let translated = meaning.and_then(|meaning| Ok((compared(&meaning.condition, fields)?, meaning)));
    match translated {
        Ok((condition, meaning)) => {
            let only_not_new = meaning.asks_if_new && condition == Condition::Never;
            let heeded: BTreeSet<FieldId> =
                meaning.letter_case.into_iter().filter(|id| !fields.is_listed(*id)).collect();
            let fidelity = if heeded.is_empty() { Fidelity::Exact } else { Fidelity::LetterCase(heeded) };
            (condition, fidelity, only_not_new)
        }
        Err(why) => {
            let field = format!("entry_{}_formula", source.number);
            let condition = stands_for(&field);
            let span = match &source.asks {
                Asks::Formula(formula) => formula.span,
                Asks::Nothing | Asks::Criteria { .. } => source.span,
            };
            let open = Open { field, what: Part::Formula, why, span };
            (condition, Fidelity::Open(vec![open]), false)
        }
    }
}

fn compared(asked: &Condition<Question>, fields: &Fields) -> Result<Condition<Comparison>, String> {
    asked.replace(&mut |question| compare(question, fields).map(Condition::Test))
}

fn stands_for(field: &str) -> Condition<Comparison> {
    Condition::Test(Comparison { operand: Operand::Open(field.to_owned()), asked: Asked::Is(vec!["yes".to_owned()]) })
}

fn span_of_item(source: &RuleEntry, item: usize) -> Span {
    match &source.asks {
        Asks::Criteria { items, .. } => items[item].span,
        Asks::Nothing | Asks::Formula(_) => source.span,
    }
}

/// Everybody and every queue that the rules name, in order.
pub fn assignees<'a>(policies: &[Policy<'a>]) -> Vec<&'a Assignee> {
    let mut seen = BTreeSet::new();
    let all = policies.iter().flat_map(|policy| &policy.rule.entries).filter_map(|entry| entry.assignee.as_ref());
    all.filter(|assignee| seen.insert(*assignee)).collect()
}

impl Kind {
    /// Salesforce names users by something like an address, and everything else by a plain name.
    pub fn is_person(&self, name: &str) -> bool {
        match self {
            Kind::User => true,
            Kind::Queue => false,
            Kind::Other(_) => name.contains('@'),
        }
    }
}

impl Extra {
    pub fn as_comment(&self) -> String {
        format!("{}: {}", self.name, self.text)
    }
}
