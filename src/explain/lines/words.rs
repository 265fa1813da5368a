//! What is the same in every line of a project: its own words, as JSON.

use serde::Serialize;

use crate::diagnostic::json::SpanV1;
use crate::explain::{decision, json};
use crate::ids::{ConditionId, FieldId, IdVec, PolicyId, QueueId, RepId, RuleId, TeamId};
use crate::policy::{Action, Comparison, Condition, Policy, Project};
use crate::roster::Rep;
use crate::route::route_type;
use crate::source::SourceMap;

type Json = Box<[u8]>;

#[derive(Debug)]
pub(super) struct Words {
    /// `,"country":`; without the comma for the first.
    pub fields: IdVec<FieldId, Json>,
    /// `{"policy":"customers","route_type":"account","rules":[`
    pub policies: IdVec<PolicyId, Json>,
    pub rules: IdVec<RuleId, RuleWords>,
    pub comparisons: Vec<ComparisonWords>,
    /// `,"condition":"dach"`
    pub conditions: IdVec<ConditionId, Json>,
    pub reps: IdVec<RepId, RepWords>,
    /// `"team:berlin"`
    pub teams: IdVec<TeamId, Json>,
    /// `"queue:unassigned"`
    pub queues: IdVec<QueueId, Json>,
}

#[derive(Debug)]
pub(super) struct RuleWords {
    /// `{"rule":"regions.austria"`
    pub head: Json,
    /// Numbers of the comparisons that a trace tells of, in that order.
    pub comparisons: Box<[u32]>,
    /// `,"decision":{…}`
    pub decision: Json,
    /// The destinations of its chain: `"team:berlin"`.
    pub links: Box<[Json]>,
}

#[derive(Debug)]
pub(super) struct ComparisonWords {
    /// `,{"text":"country is AT","value":`
    pub before: Json,
    /// `,"span":{…}}`
    pub span: Json,
}

#[derive(Debug)]
pub(super) struct RepWords {
    /// `{"rep":"ana","eligible":`
    pub asked: Json,
    /// `"rep:ana"`
    pub meant: Json,
}

impl Words {
    pub fn of(project: &Project, sources: &SourceMap, prefix: &str) -> Words {
        let mut comparisons = Comparisons { project, sources, prefix, words: Vec::new(), named: IdVec::new() };
        for condition in &project.conditions {
            let numbers = comparisons.of(&condition.condition);
            comparisons.named.push(numbers);
        }
        let rules = project.rules.ids().map(|rule| RuleWords::of(project, rule, &mut comparisons)).collect();
        let field = |(number, name): (usize, &String)| {
            let comma: &[u8] = if number == 0 { b"" } else { b"," };
            [comma, &json_of(name), b":"].concat().into()
        };
        Words {
            fields: project.lead.fields.iter().map(|field| &field.name).enumerate().map(field).collect(),
            policies: project.policies.iter().map(policy).collect(),
            rules,
            comparisons: comparisons.words,
            conditions: project.conditions.iter().map(|named| between(b",\"condition\":", &named.name, b"")).collect(),
            reps: project.roster.reps.iter().map(RepWords::of).collect(),
            teams: project.roster.teams.iter().map(|team| json_of(&format!("team:{}", team.name))).collect(),
            queues: project.queues.iter().map(|queue| json_of(&format!("queue:{}", queue.name))).collect(),
        }
    }

    /// Bytes of all rules with what they compare.
    pub fn longest(&self) -> usize {
        /// What is written between the words of a rule, and of a comparison.
        const BETWEEN: (usize, usize) = (60, 50);
        let compared = |number: &u32| {
            let ComparisonWords { before, span } = &self.comparisons[*number as usize];
            before.len() + span.len() + BETWEEN.1
        };
        let length =
            |rule: &RuleWords| rule.head.len() + BETWEEN.0 + rule.comparisons.iter().map(compared).sum::<usize>();
        self.rules.iter().map(length).sum()
    }
}

fn policy(policy: &Policy) -> Json {
    let head = between(b"{\"policy\":", &policy.name, b",\"route_type\":");
    [&head, &*json_of(&route_type(policy.mark)), b",\"rules\":["].concat().into()
}

impl RuleWords {
    fn of(project: &Project, id: RuleId, comparisons: &mut Comparisons<'_>) -> RuleWords {
        let rule = &project.rules[id];
        let decision = decision(project, id);
        let links = match &rule.action {
            Action::Assign(chain) => chain.links.as_slice(),
            Action::GoTo(_) | Action::Reject(_) | Action::KeepOwner => &[],
        };
        RuleWords {
            head: between(b"{\"rule\":", &decision.rule, b""),
            comparisons: rule.when.as_ref().map(|when| comparisons.of(when)).unwrap_or_default(),
            links: links.iter().map(|link| json_of(&project.destination_name(&link.kind))).collect(),
            decision: between(b",\"decision\":", &json::decision(&decision), b""),
        }
    }
}

/// Writes down each comparison of a project once.
struct Comparisons<'p> {
    project: &'p Project,
    sources: &'p SourceMap,
    prefix: &'p str,
    words: Vec<ComparisonWords>,
    named: IdVec<ConditionId, Box<[u32]>>,
}

impl Comparisons<'_> {
    fn of(&mut self, condition: &Condition) -> Box<[u32]> {
        let mut numbers = Vec::new();
        self.collect(condition, &mut numbers);
        numbers.into()
    }

    fn collect(&mut self, condition: &Condition, numbers: &mut Vec<u32>) {
        match condition {
            Condition::And(parts) | Condition::Or(parts) => parts.iter().for_each(|part| self.collect(part, numbers)),
            Condition::Not(inner, _) => self.collect(inner, numbers),
            Condition::Named(id, _) => match self.named.get(*id) {
                Some(known) => numbers.extend(known),
                // A condition may use one that is declared after it.
                None => self.collect(&self.project.conditions[*id].condition, numbers),
            },
            Condition::Comparison(comparison) => {
                numbers.push(u32::try_from(self.words.len()).expect("sources are limited to 4 GiB"));
                let words = self.words_of(comparison);
                self.words.push(words);
            }
        }
    }

    fn words_of(&self, comparison: &Comparison) -> ComparisonWords {
        ComparisonWords {
            before: between(b",{\"text\":", &comparison.text, b",\"value\":"),
            span: between(b",\"span\":", &SpanV1::of(comparison.span, self.sources, self.prefix), b"}"),
        }
    }
}

impl RepWords {
    fn of(rep: &Rep) -> RepWords {
        RepWords {
            asked: between(b"{\"rep\":", &rep.name, b",\"eligible\":"),
            meant: json_of(&format!("rep:{}", rep.name)),
        }
    }
}

fn between(before: &[u8], value: &impl Serialize, after: &[u8]) -> Json {
    [before, &*json_of(value), after].concat().into()
}

pub(super) fn json_of(value: &impl Serialize) -> Json {
    serde_json::to_vec(value).expect("text and numbers are always JSON").into()
}
