//! The grammar's pairs → [`ast`]. The only file that names pest's `Rule`.
//!
//! The grammar reads any text: what is not of the language ends up in a `bad_…` pair. So this file
//! builds the tree from what was understood, and hands every bad piece, read once more by itself, to
//! [`error`], which finds the words. A part that cannot be built (a date that does not exist) takes
//! the smallest thing around it with it, a rule or a field, and leaves the rest.
//!
//! Spans come from byte offsets; pest's own lines and columns count from the start of the input every
//! time they are asked for, and are not used.

use std::ops::Range;

use jiff::civil::Date;
use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};
use pest::iterators::Pairs;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::ast::{
    Action, ActionKind, Alert, Allow, Audience, Chain, Claim, Condition, ConditionKind, Dates, Destination,
    DestinationKind, Duration, Entry, EntryKind, Escalation, Expectation, ExpectationKind, Field, File, Has, Item,
    ItemKind, Lead, Let, LetBody, LetKind, Mark, Method, Metric, Name, Operand, OperandKind, Operator, Order,
    Percentile, Policy, Queue, QueueClause, QueueOrder, RuleRef, Set, Table, Test, Text, TextPart, Threshold, TypeExpr,
    Value, ValueKind,
};
use super::concrete::{self, Concrete, Kind};
use super::error::{self, Failure, Piece};
use super::tree::{self, all, inner, last, one, opt, parts, sole, two};
use crate::diagnostic::Finding;
use crate::source::{SourceFile, Span, Spanned};

#[derive(pest_derive::Parser)]
#[grammar = "grammar/pointsman.pest"]
struct Grammar;

/// Reads a whole file. The findings are in the order of their places.
pub(super) fn parse(source: &SourceFile) -> (File, Vec<Finding>) {
    if let Some(finding) = error::not_a_policy(source) {
        return (File::default(), vec![finding]);
    }
    let mut builder = Builder { source, findings: Vec::new(), failures: Vec::new() };
    let file = match Grammar::parse(Rule::file, &source.text) {
        Ok(pairs) => builder.file(tree(&source.text, pairs).root()),
        Err(failure) => {
            let failure = failure_of(Piece::Item, 0..source.text.len(), failure);
            builder.findings.push(error::explain(source, failure));
            File::default()
        }
    };
    builder.findings.sort_by_key(|finding| finding.span);
    (file, builder.findings)
}

/// What could stand at the end of a text, by the names of the grammar, and in which piece. The text must
/// end with something that is of no language, so that reading stops there.
pub(super) fn expected_at_end(source: &SourceFile, end: usize) -> Vec<(Piece, String)> {
    let mut builder = Builder { source, findings: Vec::new(), failures: Vec::new() };
    match Grammar::parse(Rule::file, &source.text) {
        Ok(pairs) => drop(builder.file(tree(&source.text, pairs).root())),
        Err(failure) => builder.failures.push(failure_of(Piece::Item, 0..source.text.len(), failure)),
    }
    let there = builder.failures.into_iter().filter(|failure| failure.at == end);
    there.flat_map(|failure| failure.expected.into_iter().map(move |name| (failure.piece, name))).collect()
}

/// The words of a file without errors, and how they belong together.
pub(super) fn concrete(text: &str) -> Option<Concrete<'_>> {
    let file = tree(text, Grammar::parse(Rule::file, text).ok()?);
    let mut writer = concrete::Writer::new(text);
    let nodes = written(file.root(), &mut writer);
    let words = 0..writer.len();
    Some(writer.end(concrete::Node { kind: Kind::File, words, nodes }))
}

type Node<'t> = tree::Node<'t, Rule>;

/// Builds the tree of one file and keeps what is to be said about it.
struct Builder<'s> {
    source: &'s SourceFile,
    findings: Vec<Finding>,
    /// Where reading pieces stopped, for [`expected_at_end`].
    failures: Vec<Failure>,
}

// --- The file -------------------------------------------------------------------------------------

impl Builder<'_> {
    fn file(&mut self, node: Node) -> File {
        let mut items = Vec::new();
        let mut before = None;
        for part in parts(&node) {
            match part.as_rule() {
                Rule::item => items.extend(self.item(part)),
                Rule::bad_block => items.extend(self.bad_block(part)),
                Rule::bad_item => self.bad(Piece::Item, &part, before.as_ref()),
                _ => {}
            }
            before = Some(part);
        }
        File { items }
    }

    fn item(&mut self, node: Node) -> Option<Item> {
        let allows = self.allows(&node);
        let declaration = parts(&node).find(|part| part.as_rule() != Rule::allow)?;
        let span = self.span(&declaration);
        let kind = self.declaration(declaration)?;
        Some(Item { allows, kind, span })
    }

    fn declaration(&mut self, node: Node) -> Option<ItemKind> {
        Some(match node.as_rule() {
            Rule::use_file => ItemKind::Use(self.only_text(&node)),
            Rule::roster => ItemKind::Roster(self.only_text(&node)),
            Rule::timezone => ItemKind::Timezone(self.only_text(&node)),
            Rule::lead => ItemKind::Lead(self.lead_block(one(&node, Rule::lead_block))),
            Rule::table => ItemKind::Table(self.table(node)),
            Rule::definition => ItemKind::Let(self.definition(node)?),
            Rule::assume => ItemKind::Assume(self.condition(one(&node, Rule::condition))?),
            Rule::queue => ItemKind::Queue(self.queue(node)),
            Rule::policy => ItemKind::Policy(self.policy(node)),
            Rule::start => ItemKind::Start(self.only_name(&node)),
            Rule::test => ItemKind::Test(self.test(node)?),
            Rule::alert => ItemKind::Alert(self.alert(node)?),
            other => unreachable!("{other:?} is no declaration"),
        })
    }

    fn allows(&mut self, node: &Node) -> Vec<Allow> {
        all(node, Rule::allow).map(|allow| self.allow(allow)).collect()
    }

    fn allow(&mut self, node: Node) -> Allow {
        let code = one(&node, Rule::code);
        Allow {
            code: Spanned::new(code.as_str().to_owned(), self.span(&code)),
            reason: self.only_text(&node),
            span: self.span(&node),
        }
    }
}

// --- Leads and tables -----------------------------------------------------------------------------

impl Builder<'_> {
    fn lead_block(&mut self, node: Node) -> Lead {
        self.check_closed(&node);
        let mut lead = Lead { fields: Vec::new(), blanks: Vec::new(), owner: None };
        let mut before = None;
        for part in parts(&node) {
            match part.as_rule() {
                Rule::field => lead.fields.extend(self.field(part)),
                Rule::blank_words => lead.blanks.extend(self.texts(&part)),
                Rule::owner_field => {
                    let owner = self.only_name(&part);
                    self.once(&mut lead.owner, owner, |name| name.span, "owner");
                }
                Rule::bad_field => self.bad(Piece::Field, &part, before.as_ref()),
                _ => {}
            }
            before = Some(part);
        }
        lead
    }

    fn table(&mut self, node: Node) -> Table {
        Table {
            name: self.only_name(&node),
            file: self.only_text(&node),
            columns: self.columns(one(&node, Rule::table_block)),
        }
    }

    fn columns(&mut self, node: Node) -> Vec<Field> {
        self.check_closed(&node);
        let mut columns = Vec::new();
        let mut before = None;
        for part in parts(&node) {
            match part.as_rule() {
                Rule::field => columns.extend(self.field(part)),
                Rule::bad_field => self.bad(Piece::Column, &part, before.as_ref()),
                _ => {}
            }
            before = Some(part);
        }
        columns
    }

    fn field(&mut self, node: Node) -> Option<Field> {
        let allows = self.allows(&node);
        let name = self.only_name(&one(&node, Rule::field_name));
        let ty = self.type_of_field(one(&node, Rule::type_of_field))?;
        let span = name.span.to(self.span(&node));
        let mut field = Field { allows, name, ty, from: None, key: None, required: None, owner: None, span };
        field.span.start = field.name.span.start;
        for modifier in all(&node, Rule::modifier) {
            self.modifier(&mut field, inner(&modifier));
        }
        Some(field)
    }

    fn modifier(&mut self, field: &mut Field, node: Node) {
        let span = self.span(&node);
        match node.as_rule() {
            Rule::from_header => {
                let header = self.only_text(&node);
                self.once(&mut field.from, header, |text| text.span, "from");
            }
            Rule::key_modifier => self.once(&mut field.key, span, |span| *span, "key"),
            Rule::required_modifier => self.once(&mut field.required, span, |span| *span, "required"),
            Rule::bad_modifier => self.findings.push(error::unknown_modifier(span, node.as_str())),
            Rule::owner_modifier => self.once(&mut field.owner, span, |span| *span, "owner"),
            other => unreachable!("{other:?} is no modifier"),
        }
    }

    fn type_of_field(&mut self, node: Node) -> Option<Spanned<TypeExpr>> {
        let node = inner(&node);
        let span = self.span(&node);
        let ty = match node.as_rule() {
            Rule::one_of => {
                TypeExpr::OneOf(all(&node, Rule::member).map(|member| self.word_or_text(&member)).collect())
            }
            Rule::list_of => TypeExpr::ListOf(Box::new(self.type_of_field(one(&node, Rule::type_of_field))?)),
            Rule::bounded => {
                let (low, high) = two(&node, Rule::number);
                let (low, high) = (self.number(&low), self.number(&high));
                TypeExpr::Bounded { name: self.only_name(&node).node, low: low?, high: high? }
            }
            Rule::one_word => TypeExpr::Named(node.as_str().to_owned()),
            other => unreachable!("{other:?} is no type"),
        };
        Some(Spanned::new(ty, span))
    }
}

// --- Conditions and values ------------------------------------------------------------------------

impl Builder<'_> {
    fn definition(&mut self, node: Node) -> Option<Let> {
        let kind = match inner(&node).as_rule() {
            Rule::let_kw => LetKind::Let,
            Rule::territory_kw => LetKind::Territory,
            Rule::segment_kw => LetKind::Segment,
            other => unreachable!("{other:?} begins no definition"),
        };
        let condition = one(&node, Rule::condition);
        let body = match only_value(&condition) {
            Some(value) => LetBody::Value(self.value(value)?),
            None => LetBody::Condition(self.condition(condition)?),
        };
        Some(Let { kind, name: self.only_name(&node), body })
    }

    fn condition(&mut self, node: Node) -> Option<Condition> {
        let span = self.span(&node);
        let parts = built(all(&node, Rule::conjunction).map(|part| self.conjunction(part)))?;
        Some(joined(parts, ConditionKind::Or, span))
    }

    fn conjunction(&mut self, node: Node) -> Option<Condition> {
        let span = self.span(&node);
        let conditions = parts(&node).filter(|part| part.as_rule() != Rule::and_kw);
        let parts = built(conditions.map(|part| self.condition_part(part)))?;
        Some(joined(parts, ConditionKind::And, span))
    }

    fn condition_part(&mut self, node: Node) -> Option<Condition> {
        let span = self.span(&node);
        match node.as_rule() {
            Rule::negation => {
                let negated = parts(&node).find(is_condition_part).expect("`not` is followed by what it negates");
                let negated = self.condition_part(negated)?;
                Some(Condition { kind: ConditionKind::Not(Box::new(negated)), span })
            }
            Rule::group => {
                let grouped = self.condition(one(&node, Rule::condition))?;
                Some(Condition { span, ..grouped })
            }
            Rule::comparison => self.comparison(node),
            other => unreachable!("{other:?} is no part of a condition"),
        }
    }

    fn comparison(&mut self, node: Node) -> Option<Condition> {
        let span = self.span(&node);
        let value = self.value(one(&node, Rule::value));
        let kind = match opt(&node, Rule::operator) {
            Some(operator) => {
                let operator = self.operator(operator);
                ConditionKind::Comparison { value: value?, operator: operator? }
            }
            None => match value?.kind {
                ValueKind::Path { root, key: None, column: None } => ConditionKind::Named(root),
                _ => {
                    self.findings.push(error::value_alone(self.source, span));
                    return None;
                }
            },
        };
        Some(Condition { kind, span })
    }

    fn operator(&mut self, node: Node) -> Option<Spanned<Operator>> {
        let node = inner(&node);
        let span = self.span(&node);
        let negated = opt(&node, Rule::not_kw).is_some();
        let operator = match node.as_rule() {
            Rule::equality => self.equality(&node, negated)?,
            Rule::membership => Operator::In { negated, set: self.set(last(&node))? },
            Rule::ordering => Operator::Order {
                order: order(one(&node, Rule::order_sign).as_str()),
                operand: self.operand(one(&node, Rule::operand))?,
            },
            Rule::text_test => {
                let part = match inner(&node).as_rule() {
                    Rule::contains_kw => TextPart::Contains,
                    Rule::starts_with_kw => TextPart::StartsWith,
                    _ => TextPart::EndsWith,
                };
                Operator::Text { part, operands: self.operands(last(&node))? }
            }
            Rule::tag_test => {
                let how = match inner(&node).as_rule() {
                    Rule::has_any_of_kw => Has::AnyOf,
                    Rule::has_all_of_kw => Has::AllOf,
                    _ => Has::One,
                };
                Operator::Has { how, operands: self.operands(last(&node))? }
            }
            other => unreachable!("{other:?} is no operator"),
        };
        Some(Spanned::new(operator, span))
    }

    fn equality(&mut self, node: &Node, negated: bool) -> Option<Operator> {
        let asked = last(node);
        Some(match asked.as_rule() {
            Rule::known_kw => Operator::Known { negated, known: true },
            Rule::blank_kw => Operator::Known { negated, known: false },
            _ => Operator::Is { negated, operand: self.operand(asked)? },
        })
    }

    fn set(&mut self, node: Node) -> Option<Set> {
        match node.as_rule() {
            Rule::list => Some(Set::List(self.operands(node)?)),
            Rule::range => {
                let (low, high) = two(&node, Rule::operand);
                let (low, high) = (self.operand(low), self.operand(high));
                Some(Set::Range { low: low?, high: high? })
            }
            Rule::table_or_column => Some(Set::Value(self.path(one(&node, Rule::path))?)),
            other => unreachable!("{other:?} is nothing to be in"),
        }
    }

    /// A list of operands, or one.
    fn operands(&mut self, node: Node) -> Option<Vec<Operand>> {
        match node.as_rule() {
            Rule::list => built(all(&node, Rule::operand).map(|operand| self.operand(operand))),
            _ => Some(vec![self.operand(node)?]),
        }
    }

    fn operand(&mut self, node: Node) -> Option<Operand> {
        self.literal(inner(&node))
    }

    fn literal(&mut self, node: Node) -> Option<Operand> {
        let span = self.span(&node);
        let kind = match node.as_rule() {
            Rule::timestamp => OperandKind::Timestamp(node.as_str().to_owned()),
            Rule::date => OperandKind::Date(self.date(&node)?.node),
            Rule::number => OperandKind::Number(self.number(&node)?.node),
            Rule::text | Rule::bad_text => OperandKind::Text(self.text(&node).node),
            Rule::word => OperandKind::Word(node.as_str().to_owned()),
            Rule::word_or_column => match opt(&node, Rule::column) {
                Some(column) => {
                    OperandKind::Column { root: self.name(&one(&node, Rule::term)), column: self.only_name(&column) }
                }
                None => OperandKind::Word(one(&node, Rule::term).as_str().to_owned()),
            },
            other => unreachable!("{other:?} is no operand"),
        };
        Some(Operand { kind, span })
    }

    fn value(&mut self, node: Node) -> Option<Value> {
        let node = inner(&node);
        let span = self.span(&node);
        let kind = match node.as_rule() {
            Rule::path => return self.path(node),
            Rule::domain_of => ValueKind::DomainOf(self.inner_value(&node)?),
            Rule::hour_of => ValueKind::HourOf { of: self.inner_value(&node)?, zone: self.zone(&node) },
            Rule::weekday_of => ValueKind::WeekdayOf { of: self.inner_value(&node)?, zone: self.zone(&node) },
            Rule::first_known => ValueKind::FirstKnown(built(all(&node, Rule::value).map(|value| self.value(value)))?),
            other => unreachable!("{other:?} is no value"),
        };
        Some(Value { kind, span })
    }

    fn inner_value(&mut self, node: &Node) -> Option<Box<Value>> {
        self.value(one(node, Rule::value)).map(Box::new)
    }

    fn zone(&mut self, node: &Node) -> Option<Text> {
        opt(node, Rule::zone).map(|zone| self.only_text(&zone))
    }

    fn path(&mut self, node: Node) -> Option<Value> {
        let root = self.name(&one(&node, Rule::term));
        let key = match opt(&node, Rule::key) {
            Some(key) => Some(self.inner_value(&key)?),
            None => None,
        };
        let column = opt(&node, Rule::column).map(|column| self.only_name(&column));
        Some(Value { kind: ValueKind::Path { root, key, column }, span: self.span(&node) })
    }
}

/// The value of a condition that is nothing but a value.
fn only_value<'s>(condition: &Node<'s>) -> Option<Node<'s>> {
    let conjunction = sole(condition)?;
    let comparison = sole(&conjunction).filter(|part| part.as_rule() == Rule::comparison)?;
    sole(&comparison)
}

fn is_condition_part(node: &Node) -> bool {
    matches!(node.as_rule(), Rule::negation | Rule::group | Rule::comparison)
}

fn joined(mut parts: Vec<Condition>, join: fn(Vec<Condition>) -> ConditionKind, span: Span) -> Condition {
    match parts.len() {
        1 => parts.remove(0),
        _ => Condition { kind: join(parts), span },
    }
}

fn order(sign: &str) -> Order {
    match sign {
        "<" => Order::Less,
        "<=" => Order::LessOrEqual,
        ">" => Order::Greater,
        _ => Order::GreaterOrEqual,
    }
}

// --- Policies and actions -------------------------------------------------------------------------

impl Builder<'_> {
    fn policy(&mut self, node: Node) -> Policy {
        Policy {
            mark: self.mark(&node),
            name: self.only_name(&node),
            description: self.description(&node),
            entries: self.entries(one(&node, Rule::policy_block)),
            span: self.span(&node),
        }
    }

    fn mark(&mut self, node: &Node) -> Option<Spanned<Mark>> {
        let node = opt(node, Rule::mark)?;
        let mark = match inner(&node).as_rule() {
            Rule::account_kw => Mark::Account,
            Rule::territory_kw => Mark::Territory,
            Rule::segment_kw => Mark::Segment,
            _ => Mark::Fallback,
        };
        Some(Spanned::new(mark, self.span(&node)))
    }

    fn description(&mut self, node: &Node) -> Option<Text> {
        opt(node, Rule::description).map(|description| self.only_text(&description))
    }

    fn entries(&mut self, node: Node) -> Vec<Entry> {
        self.check_closed(&node);
        let mut entries = Vec::new();
        let mut before = None;
        for part in parts(&node) {
            match part.as_rule() {
                Rule::entry => entries.extend(self.entry(part)),
                Rule::bad_entry => self.bad(Piece::Entry, &part, before.as_ref()),
                _ => {}
            }
            before = Some(part);
        }
        entries
    }

    fn entry(&mut self, node: Node) -> Option<Entry> {
        let allows = self.allows(&node);
        let form = last(&node);
        let span = self.span(&form);
        let kind = self.entry_kind(&form);
        let action = self.action(inner(&one(&form, Rule::action)));
        Some(Entry { allows, kind: kind?, action: action?, span })
    }

    fn entry_kind(&mut self, node: &Node) -> Option<EntryKind> {
        Some(match node.as_rule() {
            Rule::rule => {
                let (dates, when) = self.dates_and_condition(node);
                EntryKind::Rule {
                    name: self.only_name(node),
                    description: self.description(node),
                    dates: dates?,
                    when: when?,
                }
            }
            Rule::each_row => {
                let (dates, when) = self.dates_and_condition(node);
                let source = one(node, Rule::row_source);
                EntryKind::EachRow {
                    head: self.span(&source),
                    table: self.only_name(&source),
                    dates: dates?,
                    when: when?,
                }
            }
            Rule::otherwise => EntryKind::Otherwise { head: self.span(&one(node, Rule::otherwise_kw)) },
            other => unreachable!("{other:?} is no rule"),
        })
    }

    fn dates_and_condition(&mut self, node: &Node) -> (Option<Dates>, Option<Condition>) {
        (self.dates(node), self.condition(one(node, Rule::condition)))
    }

    fn dates(&mut self, node: &Node) -> Option<Dates> {
        let mut dates = Dates::default();
        for limit in all(node, Rule::day_limit) {
            let limit = inner(&limit);
            let day = self.date(&one(&limit, Rule::date))?;
            match limit.as_rule() {
                Rule::from_day => self.once(&mut dates.from, day, |day| day.span, "from"),
                _ => self.once(&mut dates.until, day, |day| day.span, "until"),
            }
        }
        Some(dates)
    }

    fn action(&mut self, node: Node) -> Option<Action> {
        let span = self.span(&node);
        let kind = match node.as_rule() {
            Rule::assign => {
                let chain = self.chain(one(&node, Rule::chain));
                let escalations = built(all(&node, Rule::escalation).map(|node| self.escalation(node)));
                ActionKind::Assign(chain?, escalations?)
            }
            Rule::go_to => ActionKind::GoTo(self.only_name(&node)),
            Rule::reject => ActionKind::Reject(self.only_text(&node)),
            _ => ActionKind::KeepOwner,
        };
        Some(Action { kind, span })
    }

    fn escalation(&mut self, node: Node) -> Option<Escalation> {
        let after = self.duration(&node);
        let chain = self.chain(one(&node, Rule::chain));
        Some(Escalation { after: after?, chain: chain?, span: self.span(&node) })
    }

    fn chain(&mut self, node: Node) -> Option<Chain> {
        let links = built(all(&node, Rule::destination).map(|link| self.destination(inner(&link))))?;
        Some(Chain { links, span: self.span(&node) })
    }

    fn destination(&mut self, node: Node) -> Option<Destination> {
        let span = self.span(&node);
        let kind = match node.as_rule() {
            Rule::to_rep => DestinationKind::Rep(self.name(&one(&node, Rule::term))),
            Rule::to_queue => DestinationKind::Queue(self.name(&one(&node, Rule::term))),
            Rule::to_team => DestinationKind::Team {
                name: self.name(&one(&node, Rule::term)),
                skills: self.skills_after_with(&node),
                method: self.method(&node),
            },
            Rule::to_value | Rule::to_owner => DestinationKind::Value {
                value: self.path(one(&node, Rule::path))?,
                skills: self.skills_after_with(&node),
                method: self.method(&node),
            },
            Rule::manager_of => DestinationKind::ManagerOf(Box::new(self.destination(last(&node))?)),
            other => unreachable!("{other:?} is no destination"),
        };
        Some(Destination { kind, span })
    }

    fn skills_after_with(&mut self, node: &Node) -> Vec<Spanned<String>> {
        opt(node, Rule::with_skill).map(|with| self.skills(&with)).unwrap_or_default()
    }

    fn skills(&mut self, node: &Node) -> Vec<Spanned<String>> {
        all(node, Rule::skill).map(|skill| self.word_or_text(&skill)).collect()
    }

    fn method(&mut self, node: &Node) -> Option<Spanned<Method>> {
        let node = opt(node, Rule::method)?;
        let way = last(&node);
        let method = match way.as_rule() {
            Rule::round_robin_kw => Method::RoundRobin,
            Rule::weight_kw => Method::Weight,
            Rule::load_kw => Method::Load,
            _ => Method::BalanceOf(self.only_name(&way)),
        };
        Some(Spanned::new(method, self.span(&node)))
    }
}

// --- Queues ---------------------------------------------------------------------------------------

impl Builder<'_> {
    fn queue(&mut self, node: Node) -> Queue {
        Queue {
            name: self.only_name(&node),
            description: self.description(&node),
            clauses: opt(&node, Rule::queue_block).map(|block| self.clauses(block)).unwrap_or_default(),
        }
    }

    fn clauses(&mut self, node: Node) -> Vec<Spanned<QueueClause>> {
        self.check_closed(&node);
        let mut clauses = Vec::new();
        let mut before = None;
        for part in parts(&node) {
            match part.as_rule() {
                Rule::clause => {
                    let span = self.span(&part);
                    clauses.extend(self.clause(inner(&part)).map(|clause| Spanned::new(clause, span)));
                }
                Rule::bad_clause => self.bad(Piece::Clause, &part, before.as_ref()),
                _ => {}
            }
            before = Some(part);
        }
        clauses
    }

    fn clause(&mut self, node: Node) -> Option<QueueClause> {
        Some(match node.as_rule() {
            Rule::open_to => QueueClause::OpenTo(all(&node, Rule::audience).map(|part| self.audience(part)).collect()),
            Rule::order => QueueClause::Order(self.queue_order(last(&node))),
            Rule::claim => QueueClause::Claim(match last(&node).as_rule() {
                Rule::next_kw => Claim::Next,
                Rule::browse_kw => Claim::Browse,
                _ => Claim::Pick,
            }),
            Rule::preview => QueueClause::Preview(all(&node, Rule::name).map(|name| self.name(&name)).collect()),
            Rule::lock => QueueClause::Lock(self.duration(&node)?),
            Rule::holding => QueueClause::Holding(self.count(&node)?),
            Rule::floor => QueueClause::Floor(self.count(&node)?),
            Rule::mix => {
                let percent = self.number(&one(&node, Rule::number));
                let condition = self.condition(one(&node, Rule::condition));
                QueueClause::Mix { percent: percent?, condition: condition? }
            }
            Rule::skips => QueueClause::Skips(self.count(&node)?),
            Rule::first_look => QueueClause::FirstLook { skills: self.skills(&node), time: self.duration(&node)? },
            Rule::after => {
                let delay = self.duration(&node);
                let chain = self.chain(one(&node, Rule::chain));
                QueueClause::After { delay: delay?, chain: chain? }
            }
            other => unreachable!("{other:?} is no clause"),
        })
    }

    fn audience(&mut self, node: Node) -> Spanned<Audience> {
        let span = self.span(&node);
        let node = inner(&node);
        let name = self.only_name(&node);
        let audience = match node.as_rule() {
            Rule::to_audience_team => Audience::Team(name),
            _ => Audience::Rep(name),
        };
        Spanned::new(audience, span)
    }

    fn queue_order(&mut self, node: Node) -> QueueOrder {
        match node.as_rule() {
            Rule::oldest_first_kw => QueueOrder::OldestFirst,
            Rule::newest_first_kw => QueueOrder::NewestFirst,
            Rule::highest => QueueOrder::HighestFirst(self.only_name(&node)),
            _ => QueueOrder::LowestFirst(self.only_name(&node)),
        }
    }

    fn duration(&mut self, node: &Node) -> Option<Duration> {
        let node = one(node, Rule::duration);
        let unit: u64 = match inner(&one(&node, Rule::unit)).as_rule() {
            Rule::second_kw => 1,
            Rule::minute_kw => 60,
            Rule::hour_kw => 60 * 60,
            Rule::day_kw => 24 * 60 * 60,
            _ => 7 * 24 * 60 * 60,
        };
        let count = u64::from(self.count(&node)?);
        Some(Duration { seconds: count * unit, span: self.span(&node) })
    }

    /// The whole number in a clause.
    fn count(&mut self, node: &Node) -> Option<u32> {
        let number = self.number(&one(node, Rule::number))?;
        self.whole(number)
    }
}

// --- Tests ----------------------------------------------------------------------------------------

impl Builder<'_> {
    fn test(&mut self, node: Node) -> Option<Test> {
        let at = self.moment(&node);
        let given = match opt(&node, Rule::given) {
            Some(given) => built(all(&given, Rule::cell).map(|cell| self.cell(cell))),
            None => Some(Vec::new()),
        };
        let expect = one(&node, Rule::expect);
        let by = match opt(&expect, Rule::by_rule) {
            Some(by) => Some(self.rule_ref(one(&by, Rule::rule_ref))?),
            None => None,
        };
        let name = self.only_text(&node);
        let span = self.span(&node);
        Some(Test { name, at: at?, given: given?, expect: self.expectation(one(&expect, Rule::expectation)), by, span })
    }

    fn moment(&mut self, node: &Node) -> Option<Option<Operand>> {
        let mut at = None;
        for moment in all(node, Rule::moment) {
            let moment = self.literal(last(&moment))?;
            self.once(&mut at, moment, |moment| moment.span, "at");
        }
        Some(at)
    }

    fn cell(&mut self, node: Node) -> Option<(Name, Operand)> {
        Some((self.only_name(&node), self.literal(last(&node))?))
    }

    fn expectation(&mut self, node: Node) -> Expectation {
        let span = self.span(&node);
        let node = inner(&node);
        let kind = match node.as_rule() {
            Rule::expect_rep => ExpectationKind::Rep(self.only_name(&node)),
            Rule::expect_team => ExpectationKind::Team(self.only_name(&node)),
            Rule::expect_queue => ExpectationKind::Queue(self.only_name(&node)),
            Rule::keep_owner_kw => ExpectationKind::KeepOwner,
            _ => ExpectationKind::Reject,
        };
        Expectation { kind, span }
    }

    fn rule_ref(&mut self, node: Node) -> Option<RuleRef> {
        let row = match opt(&node, Rule::row_ref) {
            Some(row) => {
                let number = self.number(&one(&row, Rule::number))?;
                Some(Spanned::new(self.whole(number)?, number.span))
            }
            None => None,
        };
        let policy = opt(&node, Rule::policy_ref).map(|policy| self.only_name(&policy));
        Some(RuleRef { policy, name: self.only_name(&node), row, span: self.span(&node) })
    }
}

// --- Alerts ---------------------------------------------------------------------------------------

impl Builder<'_> {
    fn alert(&mut self, node: Node) -> Option<Alert> {
        let threshold = self.threshold(&one(&node, Rule::threshold));
        let only = match opt(&node, Rule::only) {
            Some(only) => Some(self.condition(one(&only, Rule::condition))?),
            None => None,
        };
        Some(Alert {
            metric: self.metric(&one(&node, Rule::metric)),
            order: order(one(&node, Rule::order_sign).as_str()),
            threshold: threshold?,
            only,
            span: self.span(&node),
        })
    }

    fn metric(&mut self, node: &Node) -> Spanned<Metric> {
        let what = last(node);
        let percentile = match opt(node, Rule::median_kw) {
            Some(_) => Percentile::Median,
            None => Percentile::Ninetieth,
        };
        let metric = match what.as_rule() {
            Rule::fallback_share_kw => Metric::FallbackShare,
            Rule::unread_cells_kw => Metric::UnreadCells,
            Rule::latency_kw => Metric::Latency(percentile),
            Rule::response_time_kw => Metric::ResponseTime(percentile),
            _ => Metric::Gini(self.only_name(&what)),
        };
        Spanned::new(metric, self.span(node))
    }

    fn threshold(&mut self, node: &Node) -> Option<Spanned<Threshold>> {
        let written = inner(node);
        let threshold = match written.as_rule() {
            Rule::percentage => Threshold::Percent(self.number(&one(&written, Rule::number))?.node),
            Rule::duration => Threshold::Time(self.duration(node)?),
            _ => Threshold::Number(self.number(&written)?.node),
        };
        Some(Spanned::new(threshold, self.span(node)))
    }
}

// --- Words, text, numbers and dates ---------------------------------------------------------------

impl Builder<'_> {
    fn name(&mut self, node: &Node) -> Name {
        Spanned::new(node.as_str().to_owned(), self.span(node))
    }

    /// The name directly in a node.
    fn only_name(&mut self, node: &Node) -> Name {
        self.name(&one(node, Rule::name))
    }

    /// A member or a skill: a bare word, or text.
    fn word_or_text(&mut self, node: &Node) -> Spanned<String> {
        let node = inner(node);
        match node.as_rule() {
            Rule::name => self.name(&node),
            _ => self.text(&node),
        }
    }

    /// The text directly in a node.
    fn only_text(&mut self, node: &Node) -> Text {
        let text = parts(node).find(is_text).expect("the grammar puts text here");
        self.text(&text)
    }

    fn texts(&mut self, node: &Node) -> Vec<Text> {
        parts(node).filter(is_text).map(|text| self.text(&text)).collect()
    }

    fn text(&mut self, node: &Node) -> Text {
        let span = self.span(node);
        let written = node.as_str();
        let content = match node.as_rule() {
            Rule::text => &written[1..written.len() - 1],
            _ => {
                self.findings.push(error::unclosed_text(self.source, span));
                written.trim_matches('"')
            }
        };
        Spanned::new(self.unescape(content, node.start() + 1), span)
    }

    /// Resolves `\"`, `\\` and `\n`. `start` is the content's offset in the file.
    fn unescape(&mut self, content: &str, start: usize) -> String {
        if !content.contains('\\') {
            return content.to_owned();
        }
        let mut text = String::with_capacity(content.len());
        let mut characters = content.char_indices();
        while let Some((at, character)) = characters.next() {
            if character != '\\' {
                text.push(character);
                continue;
            }
            match characters.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                // The line break itself is what is wrong, and has been said.
                Some((_, '\n' | '\r')) | None => {}
                Some((_, unknown)) => {
                    let place = start + at..start + at + 1 + unknown.len_utf8();
                    self.findings.push(error::unknown_escape(self.source.span_at(place), unknown));
                }
            }
        }
        text
    }

    fn number(&mut self, node: &Node) -> Option<Spanned<Decimal>> {
        let span = self.span(node);
        match Decimal::from_str_exact(&node.as_str().replace('_', "")) {
            Ok(number) => Some(Spanned::new(number, span)),
            Err(_) => {
                self.findings.push(error::number_too_long(span, node.as_str()));
                None
            }
        }
    }

    fn whole(&mut self, number: Spanned<Decimal>) -> Option<u32> {
        let whole = number.node.to_u32().filter(|_| number.node.is_integer());
        if whole.is_none() {
            self.findings.push(error::not_a_count(number));
        }
        whole
    }

    fn date(&mut self, node: &Node) -> Option<Spanned<Date>> {
        let span = self.span(node);
        match node.as_str().parse() {
            Ok(date) => Some(Spanned::new(date, span)),
            Err(_) => {
                self.findings.push(error::no_such_day(span, node.as_str()));
                None
            }
        }
    }

    /// Sets what may be said once only.
    fn once<T>(&mut self, place: &mut Option<T>, new: T, span: fn(&T) -> Span, what: &str) {
        match place {
            Some(first) => self.findings.push(error::said_twice(what, span(first), span(&new))),
            None => *place = Some(new),
        }
    }
}

// --- Bad pieces -----------------------------------------------------------------------------------

impl Builder<'_> {
    /// The head is explained; what is inside the block is built, and kept if its name can be read.
    fn bad_block(&mut self, node: Node) -> Option<Item> {
        let allows = self.allows(&node);
        let begin = parts(&node).find(|part| part.as_rule() != Rule::allow).expect("a block begins with its keyword");
        let block = last(&node);
        self.explain(Piece::Item, begin.start()..block.start() + 1);
        let span = self.span(&begin).to(self.span(&block));
        let kind = match block.as_rule() {
            Rule::lead_block => ItemKind::Lead(self.lead_block(block)),
            Rule::policy_block => {
                let entries = self.entries(block);
                let name = self.first_word(&one(&node, Rule::bad_head))?;
                ItemKind::Policy(Policy { mark: self.mark(&node), name, description: None, entries, span })
            }
            Rule::table_block => {
                self.columns(block);
                return None;
            }
            _ => {
                self.clauses(block);
                return None;
            }
        };
        Some(Item { allows, kind, span })
    }

    /// The name that a bad head begins with.
    fn first_word(&mut self, head: &Node) -> Option<Name> {
        let word = Grammar::parse(Rule::name, head.as_str()).ok()?.next()?.as_str();
        let start = head.start();
        Some(Spanned::new(word.to_owned(), self.source.span_at(start..start + word.len())))
    }

    /// Reads a bad piece again by itself, to learn where it goes wrong. If it does not begin as such a
    /// piece should it may be the end of what stands before it, and is read together with that too:
    /// the reading that comes further is right.
    fn bad(&mut self, piece: Piece, node: &Node, before: Option<&Node>) {
        let (start, end) = (node.start(), node.end());
        let mut failure = self.failure(piece, start..end);
        let text = node.as_str();
        if let Some(before) = before.filter(|before| is_complete(before) && !error::begins(piece, text)) {
            let joined = self.failure(piece, before.start()..end);
            self.failures.push(joined.clone());
            if joined.at > failure.at || joined.at == failure.at && joined.goes_on(self.source) {
                failure = joined;
            }
        }
        self.say(failure);
    }

    fn explain(&mut self, piece: Piece, place: Range<usize>) {
        let failure = self.failure(piece, place);
        self.say(failure);
    }

    fn say(&mut self, failure: Failure) {
        self.failures.push(failure.clone());
        self.findings.push(error::explain(self.source, failure));
    }

    /// Where reading a piece by itself stops.
    fn failure(&self, piece: Piece, place: Range<usize>) -> Failure {
        let alone = match piece {
            Piece::Item => Rule::item_alone,
            Piece::Entry => Rule::entry_alone,
            Piece::Field => Rule::field_alone,
            Piece::Column => Rule::column_alone,
            Piece::Clause => Rule::clause_alone,
        };
        match Grammar::parse(alone, &self.source.text[place.clone()]) {
            Err(failure) => failure_of(piece, place, failure),
            // What follows the piece made it unreadable.
            Ok(_) => Failure { piece, start: place.start, at: place.start, end: place.end, expected: Vec::new() },
        }
    }

    fn check_closed(&mut self, block: &Node) {
        if opt(block, Rule::unclosed).is_some() {
            let start = block.start();
            let open = self.source.span_at(start..start + 1);
            self.findings.push(error::unclosed_block(self.source, open, block.end()));
        }
    }
}

fn is_complete(node: &Node) -> bool {
    matches!(
        node.as_rule(),
        Rule::item | Rule::entry | Rule::field | Rule::blank_words | Rule::owner_field | Rule::clause
    )
}

/// Where pest stopped in a piece and what it tried there, by grammar names.
fn failure_of(piece: Piece, place: Range<usize>, failure: pest::error::Error<Rule>) -> Failure {
    let at = match failure.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => place.start + at,
    };
    let mut expected: Vec<String> = match failure.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.iter().map(|kind| format!("{kind:?}")).collect(),
        // The stack is full, which only happens in a thread with hardly any.
        ErrorVariant::CustomError { .. } => vec!["shallow".to_owned()],
    };
    // All that stops reading without something being expected is a beginning where a name should be.
    if !expected.iter().any(|name| error::is_worth_saying(name)) {
        expected.push("name".to_owned());
    }
    Failure { piece, start: place.start, at, end: place.end, expected }
}

// --- The words as written -------------------------------------------------------------------------

/// Takes down a node's words; the nodes inside it that a layout cares about.
fn written(node: Node, writer: &mut concrete::Writer) -> Vec<concrete::Node> {
    let first = writer.len();
    let mut inside = parts(&node).filter(|part| part.as_rule() != Rule::EOI).peekable();
    let mut nodes = Vec::new();
    if inside.peek().is_some() {
        nodes.extend(inside.flat_map(|part| written(part, writer)));
    } else if node.as_rule() == Rule::text {
        writer.word(node.start()..node.end());
    } else {
        writer.phrase(node.start()..node.end());
    }
    match kind_of(node.as_rule()) {
        Some(kind) => vec![concrete::Node { kind, words: first..writer.len(), nodes }],
        None => nodes,
    }
}

fn kind_of(written: Rule) -> Option<Kind> {
    Some(match written {
        Rule::item => Kind::Item,
        Rule::allow => Kind::Allow,
        Rule::definition => Kind::Definition,
        Rule::test => Kind::Test,
        Rule::moment | Rule::given | Rule::expect => Kind::TestPart,
        Rule::lead_block | Rule::table_block | Rule::policy_block | Rule::queue_block => Kind::Block,
        Rule::field => Kind::Field,
        Rule::field_name => Kind::FieldName,
        Rule::type_of_field => Kind::Type,
        Rule::modifier => Kind::Modifier,
        Rule::blank_words | Rule::owner_field => Kind::BlockLine,
        Rule::entry => Kind::Entry,
        Rule::when_kw => Kind::When,
        Rule::action => Kind::Action,
        Rule::clause => Kind::Clause,
        Rule::open_to_kw
        | Rule::order_kw
        | Rule::claim_kw
        | Rule::preview_kw
        | Rule::lock_kw
        | Rule::holding_kw
        | Rule::floor_kw
        | Rule::mix_kw
        | Rule::skips_kw
        | Rule::first_look_kw => Kind::ClauseHead,
        Rule::condition => Kind::Condition,
        Rule::conjunction => Kind::Conjunction,
        Rule::comparison | Rule::negation => Kind::Part,
        Rule::group => Kind::Group,
        Rule::list | Rule::one_of | Rule::first_known => Kind::List,
        Rule::escalation => Kind::Escalation,
        Rule::chain => Kind::Chain,
        Rule::destination => Kind::Link,
        Rule::key => Kind::Key,
        _ => return None,
    })
}

// --- Nodes ----------------------------------------------------------------------------------------

impl Builder<'_> {
    /// From the node's first word to its last.
    fn span(&self, node: &Node) -> Span {
        self.source.span_at(node.start()..node.end_of_words())
    }
}

fn is_text(node: &Node) -> bool {
    matches!(node.as_rule(), Rule::text | Rule::bad_text)
}

/// All or none; every part is built first, so that each gets its say.
fn built<T>(parts: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    let mut all = true;
    let built = parts.filter_map(|part| {
        all &= part.is_some();
        part
    });
    let built = built.collect();
    all.then_some(built)
}

/// The marks that count nesting are of no use any more.
fn tree<'s>(text: &'s str, pairs: Pairs<'s, Rule>) -> tree::Tree<'s, Rule> {
    tree::Tree::new(text, pairs, Rule::shallow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_a_rule_or_a_declaration_is_no_term_and_what_only_looks_like_it_is() {
        let beginnings = [
            "rule a when",
            "each row of t",
            "use \"a\"",
            "roster \"a\"",
            "timezone \"a\"",
            "test \"a\"",
            "lead {",
            "table a from \"a\"",
            "let a = b",
            "territory a = b",
            "segment a = b",
            "account policy a {",
            "policy a {",
            "territory policy a {",
            "segment policy a {",
            "fallback policy a {",
            "queue a {",
            "start at a",
            "alert when latency",
            "and a",
            "or a",
            "not a",
        ];
        for text in beginnings {
            assert!(Grammar::parse(Rule::term, text).is_err(), "{text}");
            let word = text.split(' ').next().unwrap();
            for name in [word.to_uppercase(), format!("{word}s"), format!("{word}_a"), word[1..].to_owned()] {
                let text = format!("{name} is");
                let term = Grammar::parse(Rule::term, &text).unwrap();
                assert_eq!(term.as_str(), name);
            }
        }
    }

    #[test]
    fn a_part_ends_with_its_last_word_whatever_follows_it() {
        for behind in ["", " ", "\n\u{a0}\t", " # a comment with words", "\n# one\n  # and another\n"] {
            let text = format!("assume country is DE{behind}");
            let tree = tree(&text, Grammar::parse(Rule::file, &text).unwrap());
            let item = one(&tree.root(), Rule::item);
            let condition = one(&one(&item, Rule::assume), Rule::condition);
            assert_eq!((condition.start(), condition.end_of_words()), (7, 20), "{text:?}");
            assert_eq!(item.end_of_words(), 20, "{text:?}");
        }
    }

    #[test]
    fn no_name_of_the_grammar_shows_in_a_message() {
        for kind in Rule::all_rules() {
            for phrase in error::words(&format!("{kind:?}"), Piece::Item, false) {
                assert!(!phrase.contains('_'), "{kind:?} is told as {phrase}");
            }
        }
    }
}
