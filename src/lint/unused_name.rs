//! `unused-name`: a `let`, territory, segment, table or queue that nothing uses.

use super::{Facts, Lint};
use crate::cell::Cell;
use crate::diagnostic::{Code, Finding};
use crate::ids::{ConditionId, IdVec, QueueId, TableId, ValueId};
use crate::policy::{Chain, Condition, DestinationKind, LetKind, Origin, Predicate, Project, ValueKind};
use crate::source::Span;

pub const LINT: Lint = Lint { code: Code::UnusedName, find };

fn find(facts: &Facts) -> Vec<Finding> {
    let project = facts.project;
    let uses = Uses::of(project);
    let conditions = project.conditions.iter_with_ids().filter(|(id, _)| !uses.conditions[*id]);
    let conditions = conditions.map(|(_, named)| finding(let_kind(named.kind), &named.name, named.name_span));
    let tables = project.tables.iter_with_ids().filter(|(id, _)| !uses.tables[*id]);
    let tables = tables.map(|(_, table)| finding("table", &table.name, table.name_span));
    let queues = project.queues.iter_with_ids().filter(|(id, _)| !uses.queues[*id]);
    let queues = queues.map(|(_, queue)| finding("queue", &queue.name, queue.name_span));
    unused_values(project).chain(conditions).chain(tables).chain(queues).collect()
}

fn finding(kind: &str, name: &str, span: Span) -> Finding {
    Finding::new(Code::UnusedName, span, format!("{kind} `{name}` is never used"))
        .at("declared here")
        .help("remove it, or use it")
}

/// The `let`s that nothing is written with.
fn unused_values(project: &Project) -> impl Iterator<Item = Finding> + '_ {
    let unused = project.lets.iter().filter(|named| !named.is_used);
    unused.map(|named| finding("let", &named.name, named.name_span))
}

/// What something looks at; a `let` alone looks at nothing.
struct Uses {
    values: IdVec<ValueId, bool>,
    conditions: IdVec<ConditionId, bool>,
    tables: IdVec<TableId, bool>,
    queues: IdVec<QueueId, bool>,
}

impl Uses {
    fn of(project: &Project) -> Uses {
        let mut uses = Uses {
            values: IdVec::from(vec![false; project.values.len()]),
            conditions: IdVec::from(vec![false; project.conditions.len()]),
            tables: IdVec::from(vec![false; project.tables.len()]),
            queues: IdVec::from(vec![false; project.queues.len()]),
        };
        uses.rules(project);
        uses.queues(project);
        for condition in project.conditions.iter().map(|named| &named.condition) {
            uses.condition(condition);
        }
        for assumption in &project.assumptions {
            uses.condition(&assumption.node);
        }
        for only in project.alerts.iter().filter_map(|alert| alert.only.as_ref()) {
            uses.condition(only);
        }
        uses.parts(project);
        uses.queues_in_tables(project);
        uses
    }

    fn rules(&mut self, project: &Project) {
        for rule in &project.rules {
            if let Origin::Row(table, _) = rule.origin {
                self.tables[table] = true;
            }
            if let Some(when) = &rule.when {
                self.condition(when);
            }
        }
    }

    fn queues(&mut self, project: &Project) {
        project.chains().for_each(|chain| self.chain(chain));
        for queue in &project.queues {
            if let Some(mix) = &queue.mix {
                self.condition(&mix.condition);
            }
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::And(parts) | Condition::Or(parts) => parts.iter().for_each(|part| self.condition(part)),
            Condition::Not(part, _) => self.condition(part),
            Condition::Named(named, _) => self.conditions[*named] = true,
            Condition::Comparison(comparison) => {
                self.values[comparison.value] = true;
                if let Predicate::InTable(table) = comparison.predicate {
                    self.tables[table] = true;
                }
            }
        }
    }

    fn chain(&mut self, chain: &Chain) {
        chain.links.iter().for_each(|link| self.destination(&link.kind));
    }

    fn destination(&mut self, destination: &DestinationKind) {
        match destination {
            DestinationKind::Value(choice) => self.values[choice.team] = true,
            DestinationKind::Queue(queue) => self.queues[*queue] = true,
            DestinationKind::ManagerOf(inner) => self.destination(inner),
            DestinationKind::Rep(_)
            | DestinationKind::Team(_)
            | DestinationKind::Holder
            | DestinationKind::Nobody { .. } => {}
        }
    }

    /// What the values looked at are made of. A value comes after its parts, so one pass from the
    /// end reaches them all.
    fn parts(&mut self, project: &Project) {
        for (id, value) in project.values.iter_with_ids().rev() {
            if self.values[id] {
                parts_of(&value.kind).into_iter().for_each(|part| self.values[part] = true);
            }
            // Where only an unused `let` looks into a table, the `let` alone is found.
            if let ValueKind::Lookup(table, _) = value.kind {
                self.tables[table] = true;
            }
        }
    }

    /// A queue that a table in use names gets its leads from there.
    fn queues_in_tables(&mut self, project: &Project) {
        for (id, table) in project.tables.iter_with_ids() {
            if !self.tables[id] {
                continue;
            }
            for cell in table.rows.iter().flat_map(|row| &*row.cells) {
                if let Cell::Queue(queue) = cell {
                    self.queues[*queue] = true;
                }
            }
        }
    }
}

fn parts_of(value: &ValueKind) -> Vec<ValueId> {
    match value {
        ValueKind::Field(_) => Vec::new(),
        ValueKind::DomainOf(of) | ValueKind::HourOf(of, _) | ValueKind::WeekdayOf(of, _) => vec![*of],
        ValueKind::FirstKnown(values) => values.clone(),
        ValueKind::Lookup(_, key) => vec![*key],
        ValueKind::Column(row, _) => vec![*row],
    }
}

fn let_kind(kind: LetKind) -> &'static str {
    match kind {
        LetKind::Let => "let",
        LetKind::Territory => "territory",
        LetKind::Segment => "segment",
    }
}
