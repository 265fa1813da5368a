//! Queues: who may pull from them, in which order, within which limits, and what happens to leads
//! that nobody pulls.

use rust_decimal::Decimal;

use crate::ids::{IdVec, QueueId};
use crate::policy::{Audience, Claim, Expiry, FirstLook, Mix, Queue, QueueOrder};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, QueueClause};

use super::names::Declared;
use super::{Checker, error};

impl Checker<'_> {
    pub(super) fn lower_queues(&mut self) -> IdVec<QueueId, Queue> {
        let all = self.all;
        all.queues.iter().map(|queue| self.lower_queue(queue)).collect()
    }

    fn lower_queue(&mut self, declared: &Declared<ast::Queue>) -> Queue {
        let mut queue = Queue {
            name: declared.of.name.node.clone(),
            description: declared.of.description.as_ref().map(|text| text.node.clone()),
            open_to: Vec::new(),
            order: QueueOrder::default(),
            claim: Claim::Next,
            preview: Vec::new(),
            lock: None,
            holding: None,
            floor: None,
            mix: None,
            skips: None,
            first_look: None,
            after: Vec::new(),
            name_span: declared.of.name.span,
            span: declared.item.span,
        };
        self.refuse_repeated_clauses(&declared.of.clauses);
        for clause in &declared.of.clauses {
            self.clause(&clause.node, &mut queue);
        }
        queue.after.sort_by_key(|expiry| expiry.seconds);
        queue
    }

    /// Each clause says one thing, so it stands once; `after` stands once for each time.
    fn refuse_repeated_clauses(&mut self, clauses: &[Spanned<QueueClause>]) {
        let mut seen: Vec<(&'static str, Option<u64>, Span)> = Vec::new();
        for clause in clauses {
            let (name, time) = (keyword(&clause.node), time(&clause.node));
            match seen.iter().find(|(earlier, at, _)| *earlier == name && *at == time) {
                Some(&(.., first)) => self.findings.push(error::clause_twice(name, clause.span, first)),
                None => seen.push((name, time, clause.span)),
            }
        }
    }

    fn clause(&mut self, clause: &QueueClause, queue: &mut Queue) {
        match clause {
            QueueClause::OpenTo(audience) => {
                queue.open_to = audience.iter().filter_map(|who| self.audience(&who.node)).collect();
            }
            QueueClause::Order(order) => queue.order = self.order(order).unwrap_or_default(),
            QueueClause::Claim(claim) => queue.claim = *claim,
            QueueClause::Preview(fields) => {
                queue.preview = fields.iter().filter_map(|field| self.lead_field(field)).collect();
            }
            QueueClause::Lock(time) => queue.lock = Some(time.seconds),
            QueueClause::Holding(claims) => queue.holding = Some(*claims),
            QueueClause::Floor(claims) => queue.floor = Some(*claims),
            QueueClause::Mix { percent, condition } => queue.mix = Some(self.mix(*percent, condition)),
            QueueClause::Skips(leads) => queue.skips = Some(*leads),
            QueueClause::FirstLook { skills, time } => {
                let skills = skills.iter().map(|skill| skill.node.clone()).collect();
                queue.first_look = Some(FirstLook { skills, seconds: time.seconds });
            }
            QueueClause::After { delay, chain } => {
                let chain = self.chain(chain);
                queue.after.extend(chain.map(|chain| Expiry { seconds: delay.seconds, chain }));
            }
        }
    }

    fn audience(&mut self, who: &ast::Audience) -> Option<Audience> {
        match who {
            ast::Audience::Team(name) => self.team(name).map(Audience::Team),
            ast::Audience::Rep(name) => self.rep(name).map(Audience::Rep),
        }
    }

    fn order(&mut self, order: &ast::QueueOrder) -> Option<QueueOrder> {
        match order {
            ast::QueueOrder::OldestFirst => Some(QueueOrder::OldestFirst),
            ast::QueueOrder::NewestFirst => Some(QueueOrder::NewestFirst),
            ast::QueueOrder::HighestFirst(field) => {
                self.number_field(field, "order highest … first").map(QueueOrder::HighestFirst)
            }
            ast::QueueOrder::LowestFirst(field) => {
                self.number_field(field, "order lowest … first").map(QueueOrder::LowestFirst)
            }
        }
    }

    fn mix(&mut self, percent: Spanned<Decimal>, condition: &ast::Condition) -> Mix {
        if percent.node < Decimal::ZERO || percent.node > Decimal::ONE_HUNDRED {
            self.findings.push(error::no_percentage(self.sources.text(percent.span), percent.span));
        }
        Mix { percent: percent.node.normalize(), condition: self.condition(condition) }
    }
}

fn keyword(clause: &QueueClause) -> &'static str {
    match clause {
        QueueClause::OpenTo(_) => "open to",
        QueueClause::Order(_) => "order",
        QueueClause::Claim(_) => "claim",
        QueueClause::Preview(_) => "preview",
        QueueClause::Lock(_) => "lock",
        QueueClause::Holding(_) => "holding",
        QueueClause::Floor(_) => "floor",
        QueueClause::Mix { .. } => "mix",
        QueueClause::Skips(_) => "skips",
        QueueClause::FirstLook { .. } => "first look",
        QueueClause::After { .. } => "after",
    }
}

fn time(clause: &QueueClause) -> Option<u64> {
    match clause {
        QueueClause::After { delay, .. } => Some(delay.seconds),
        _ => None,
    }
}
