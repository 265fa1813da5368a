//! What happened to a batch, counted: every row read is in exactly one of five places.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::assign::{Attempt, WhyNot};
use crate::ids::{FieldId, Id, IdVec, QueueId, RepId, RuleId};
use crate::lead::UnreadCell;
use crate::policy::{Mark, Project};
use crate::route::{Fate, PastDecision, Routed};

/// The counts of one run.
#[derive(Clone, PartialEq, Debug)]
pub struct Summary {
    /// Rows read, malformed ones included.
    pub read: u64,
    /// To a rep.
    pub assigned: u64,
    /// To a queue.
    pub queued: u64,
    /// Left with their owner.
    pub kept: u64,
    /// Refused by a rule's `reject`.
    pub rejected_by_policy: u64,
    /// Not routed: malformed, without id, repeated, fallen off, circled or run dry.
    pub rejects: u64,
    /// Of the leads in the output, those that were assigned before.
    pub already_assigned: u64,
    /// Reason → rejected rows, in the order in which the reasons first came up.
    pub reject_reasons: IndexMap<String, u64>,
    /// Leads in the output, by the rule that decided.
    pub rules: IdVec<RuleId, u64>,
    pub reps: IdVec<RepId, u64>,
    pub queues: IdVec<QueueId, u64>,
    /// What was assigned before and the project no longer has.
    pub gone: Gone,
    /// Cells that did not fit their type, by field.
    pub unread: IdVec<FieldId, Option<UnreadCount>>,
    /// Leads that went on from a link of their chain because nobody of it could take them.
    pub passed_on: u64,
    /// Whom those links named, and whether that was because they were not there at the moment.
    pub passed_over: BTreeMap<RepId, bool>,
    /// The condition of an `assume`, as written → leads that break it.
    pub broken_assumptions: IndexMap<String, u64>,
}

/// Leads assigned before, by names that are no longer in the project.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Gone {
    /// Policy, rule and route type.
    pub rules: IndexMap<[String; 3], u64>,
    pub reps: IndexMap<String, u64>,
    pub queues: IndexMap<String, u64>,
}

/// Cells of one field that count as blank, with the first of them to look at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnreadCount {
    pub cells: u64,
    pub example: String,
    pub expected: String,
    pub suggestion: Option<String>,
}

impl Summary {
    pub fn new(project: &Project) -> Summary {
        Summary {
            read: 0,
            assigned: 0,
            queued: 0,
            kept: 0,
            rejected_by_policy: 0,
            rejects: 0,
            already_assigned: 0,
            reject_reasons: IndexMap::new(),
            rules: zeros(project.rules.len()),
            reps: zeros(project.roster.reps.len()),
            queues: zeros(project.queues.len()),
            gone: Gone::default(),
            unread: vec![None; project.lead.fields.len()].into(),
            passed_on: 0,
            passed_over: BTreeMap::new(),
            broken_assumptions: IndexMap::new(),
        }
    }

    /// Counts a lead that is in the output.
    #[inline]
    pub fn count(&mut self, routed: &Routed) {
        self.read += 1;
        match &routed.fate {
            Fate::Rep(rep) => {
                self.assigned += 1;
                self.reps[*rep] += 1;
            }
            Fate::Queue(queue) => {
                self.queued += 1;
                self.queues[*queue] += 1;
            }
            Fate::Kept => self.kept += 1,
            Fate::Rejected => self.rejected_by_policy += 1,
            Fate::Lost => unreachable!("a lost lead is counted with the rejects"),
        }
        if let Some(rule) = routed.rule() {
            self.rules[rule] += 1;
        }
    }

    /// Counts a lead that is in the output as it was assigned before.
    pub fn count_recalled(&mut self, past: &PastDecision) {
        let PastDecision { made, rule, rep, queue } = past;
        self.read += 1;
        self.already_assigned += 1;
        match made.assigned_kind.as_str() {
            "rep" => {
                self.assigned += 1;
                match rep {
                    Some(rep) => self.reps[*rep] += 1,
                    None => add(&mut self.gone.reps, &made.assigned_to, 1),
                }
            }
            "queue" => {
                self.queued += 1;
                match queue {
                    Some(queue) => self.queues[*queue] += 1,
                    None => add(&mut self.gone.queues, &made.assigned_to, 1),
                }
            }
            "keep" => self.kept += 1,
            _ => self.rejected_by_policy += 1,
        }
        match rule {
            Some(rule) => self.rules[*rule] += 1,
            // Who gave the lead away by hand followed no rule.
            None if made.rule.is_empty() => {}
            None => {
                let rule = [made.policy.clone(), made.rule.clone(), made.route_type.clone()];
                *self.gone.rules.entry(rule).or_default() += 1;
            }
        }
    }

    /// Counts a lead that a link of its chain could not take.
    pub fn count_passed_on(&mut self, attempts: &[Attempt]) {
        let mut passed = attempts.iter().filter(|attempt| attempt.took.is_none()).peekable();
        self.passed_on += u64::from(passed.peek().is_some());
        for candidate in passed.flat_map(|attempt| &attempt.candidates) {
            let is_absent = candidate.why_not.as_ref().is_some_and(WhyNot::is_absence);
            *self.passed_over.entry(candidate.rep).or_default() |= is_absent;
        }
    }

    /// Counts a row that went to the rejects. Reasons are kinds, without the row's own values, so
    /// that they add up.
    pub fn count_reject(&mut self, kind: &str) {
        self.read += 1;
        self.rejects += 1;
        add(&mut self.reject_reasons, kind, 1);
    }

    /// Counts the cells of a lead that could not be read.
    pub fn count_unread(&mut self, cells: &[UnreadCell]) {
        for cell in cells {
            let count = self.unread[cell.field].get_or_insert_with(|| UnreadCount {
                cells: 0,
                example: cell.text.clone(),
                expected: cell.why.expected.clone(),
                suggestion: cell.why.suggestion.clone(),
            });
            count.cells += 1;
        }
    }

    /// Counts a lead that breaks an `assume`.
    pub fn count_broken(&mut self, assumption: &str) {
        add(&mut self.broken_assumptions, assumption, 1);
    }

    /// Whether every row read is accounted for exactly once.
    pub fn is_reconciled(&self) -> bool {
        self.read == self.decided() + self.rejects
    }

    /// Leads in the output.
    pub fn decided(&self) -> u64 {
        self.assigned + self.queued + self.kept + self.rejected_by_policy
    }

    /// Leads decided by policies marked `fallback`, as a share (0 to 1) of all that were decided.
    pub fn fallback_share(&self, project: &Project) -> f64 {
        let fallback = self.by_route_type(project).get("fallback").copied().unwrap_or(0);
        if self.decided() == 0 { 0.0 } else { fallback as f64 / self.decided() as f64 }
    }

    /// `policy.rule` → leads, in reading order, rules without leads left out.
    pub fn by_rule(&self, project: &Project) -> IndexMap<String, u64> {
        let mut rules: IndexMap<String, u64> =
            counted(&self.rules).map(|(rule, count)| (project.rule_name(rule), count)).collect();
        for ([policy, rule, _], count) in &self.gone.rules {
            add(&mut rules, &format!("{policy}.{rule}"), *count);
        }
        rules
    }

    /// Policy → leads decided in it.
    pub fn by_policy(&self, project: &Project) -> IndexMap<String, u64> {
        let mut policies = IndexMap::new();
        for (rule, count) in counted(&self.rules) {
            add(&mut policies, &project.policies[project.rules[rule].policy].name, count);
        }
        for ([policy, _, _], count) in &self.gone.rules {
            add(&mut policies, policy, *count);
        }
        policies
    }

    /// `account`, `territory`, `segment`, `fallback` or `unmarked` → leads.
    pub fn by_route_type(&self, project: &Project) -> IndexMap<String, u64> {
        let mut types = IndexMap::new();
        for (rule, count) in counted(&self.rules) {
            let mark = project.policies[project.rules[rule].policy].mark;
            add(&mut types, route_type(mark).unwrap_or("unmarked"), count);
        }
        for ([_, _, route_type], count) in &self.gone.rules {
            add(&mut types, if route_type.is_empty() { "unmarked" } else { route_type }, *count);
        }
        types
    }

    /// Rep → leads, in the roster's order.
    pub fn by_rep(&self, project: &Project) -> IndexMap<String, u64> {
        let reps = counted(&self.reps).map(|(rep, count)| (project.roster.reps[rep].name.clone(), count));
        reps.chain(self.gone.reps.clone()).collect()
    }

    /// Queue → leads.
    pub fn by_queue(&self, project: &Project) -> IndexMap<String, u64> {
        let queues = counted(&self.queues).map(|(queue, count)| (project.queues[queue].name.clone(), count));
        queues.chain(self.gone.queues.clone()).collect()
    }

    /// Field → its cells that could not be read.
    pub fn unread_cells<'a>(&'a self, project: &'a Project) -> impl Iterator<Item = (&'a str, &'a UnreadCount)> {
        let counts = self.unread.iter_with_ids();
        counts.filter_map(|(field, count)| Some((project.lead.fields[field].name.as_str(), count.as_ref()?)))
    }
}

/// A policy's mark as outputs name it.
pub fn route_type(mark: Option<Mark>) -> Option<&'static str> {
    Some(match mark? {
        Mark::Account => "account",
        Mark::Territory => "territory",
        Mark::Segment => "segment",
        Mark::Fallback => "fallback",
    })
}

fn zeros<I>(length: usize) -> IdVec<I, u64> {
    vec![0; length].into()
}

fn counted<I: Id>(counts: &IdVec<I, u64>) -> impl Iterator<Item = (I, u64)> {
    counts.iter_with_ids().filter(|(_, count)| **count > 0).map(|(id, count)| (id, *count))
}

fn add(counts: &mut IndexMap<String, u64>, name: &str, by: u64) {
    match counts.get_mut(name) {
        Some(count) => *count += by,
        None => {
            counts.insert(name.to_owned(), by);
        }
    }
}
