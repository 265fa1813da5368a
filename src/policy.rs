//! The checked project: ids instead of names, typed values instead of words, a span for everything.
//!
//! `check` makes it; whatever comes after (`graph`, `plan`, `lint`, `explain`, `diff`) reads it.
//! There is nothing left to look up and nothing left that could be wrong, but for what the lints say.

mod keys;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rustc_hash::FxHashMap;

use crate::cell::{Cell, Type};
use crate::diagnostic::Code;
use crate::ids::{
    ColumnId, ConditionId, FieldId, Id, IdVec, PolicyId, QueueId, RepId, RowId, RuleId, TableId, TeamId, ValueId,
};
use crate::roster::Roster;
use crate::source::{Span, Spanned};

pub use keys::Keys;

pub use crate::syntax::ast::{Claim, LetKind, Mark, Order, Percentile, TextPart};

/// A whole project, ready to route.
#[derive(Clone, Debug)]
pub struct Project {
    /// The project's own time zone: how dates and timestamps without an offset are read.
    pub timezone: TimeZone,
    pub roster: Roster,
    pub lead: LeadBlock,
    pub tables: IdVec<TableId, Table>,
    /// Every distinct value that is looked at, each once however often it is written. A value comes
    /// after the values it is made of.
    pub values: IdVec<ValueId, Value>,
    /// How many values have to be worked out.
    pub derived: usize,
    pub lets: Vec<NamedValue>,
    pub conditions: IdVec<ConditionId, NamedCondition>,
    pub assumptions: Vec<Spanned<Condition>>,
    pub queues: IdVec<QueueId, Queue>,
    pub policies: IdVec<PolicyId, Policy>,
    /// Every rule of every policy, table rows and `otherwise` included, in reading order.
    pub rules: IdVec<RuleId, Rule>,
    pub start: Spanned<PolicyId>,
    pub tests: Vec<Test>,
    pub alerts: Vec<Alert>,
    pub allows: Vec<Allow>,
    pub spellings: Spellings,
}

/// How texts are written in the policy and its tables, where that is not how they are compared: for
/// messages, which show `Germany` and not `germany`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Spellings(FxHashMap<Box<str>, Box<str>>);

/// Spellings kept: a table of accounts may have any number.
const MOST_SPELLINGS: usize = 50_000;

impl Spellings {
    /// Notes how a text is written, unless it has been written before.
    pub fn note(&mut self, normal: &str, written: &str) {
        let written = written.trim();
        if written != normal && self.0.len() < MOST_SPELLINGS && !self.0.contains_key(normal) {
            self.0.insert(normal.into(), written.into());
        }
    }

    /// Notes how a cell's texts are written.
    pub fn note_cell(&mut self, cell: &Cell, written: &str) {
        match cell {
            Cell::Text(text) => self.note(text, written),
            Cell::List(cells) => {
                let parts = written.split('|').filter(|part| !part.trim().is_empty());
                cells.iter().zip(parts).for_each(|(cell, part)| self.note_cell(cell, part));
            }
            _ => {}
        }
    }

    /// Adds those of texts that have none yet.
    pub fn add(&mut self, others: Spellings) {
        for (normal, written) in others.0 {
            self.0.entry(normal).or_insert(written);
        }
    }

    pub fn of<'a>(&'a self, normal: &'a str) -> &'a str {
        self.0.get(normal).map_or(normal, |written| written)
    }

    /// A cell with its texts as they are written.
    pub fn of_cell(&self, cell: &Cell) -> Cell {
        match cell {
            Cell::Text(text) => Cell::Text(self.of(text).into()),
            Cell::Tags(tags) => Cell::Tags(tags.iter().map(|tag| self.of(tag).into()).collect()),
            Cell::List(cells) => Cell::List(cells.iter().map(|cell| self.of_cell(cell)).collect()),
            other => other.clone(),
        }
    }
}

/// What a lead looks like.
#[derive(Clone, Debug)]
pub struct LeadBlock {
    pub fields: IdVec<FieldId, Field>,
    /// The field that identifies a lead.
    pub key: Option<FieldId>,
    /// The field that names who has the lead now, for `keep owner`.
    pub owner: Option<FieldId>,
    /// The fields in which a blank is an input error.
    pub required: Vec<FieldId>,
    /// Placeholders that count as blank, normalised as text is.
    pub blanks: Vec<String>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    pub ty: Type,
    /// The column's header, where it is not the field's name.
    pub from: Option<String>,
    pub name_span: Span,
    pub span: Span,
}

/// A table with its rows, as loaded.
#[derive(Clone, Debug)]
pub struct Table {
    pub name: String,
    /// The file's name as the policy gives it.
    pub file: String,
    pub columns: IdVec<ColumnId, Column>,
    pub key: Option<ColumnId>,
    pub rows: IdVec<RowId, Row>,
    pub keys: Keys,
    /// Where cells stand that name somebody who does not exist.
    pub strangers: FxHashMap<(RowId, ColumnId), Span>,
    pub name_span: Span,
}

impl Table {
    /// The first row with a key.
    pub fn find(&self, key: &Cell) -> Option<RowId> {
        self.keys.find(&self.rows, key)
    }

    /// The first row with a key that is a text in its normal form.
    pub fn find_text(&self, key: &str) -> Option<RowId> {
        self.keys.find_text(&self.rows, key)
    }

    /// Every key with the first row that has it, in the order of the table; none without a column of keys.
    pub fn keyed(&self) -> impl Iterator<Item = (&Cell, RowId)> {
        let column = self.key.map_or(0, Id::index);
        self.keys.rows().into_iter().map(move |row| (&self.rows[row].cells[column], row))
    }
}

#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub ty: Type,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Row {
    pub cells: Box<[Cell]>,
    /// The line (or lines) of the row in its file.
    pub span: Span,
}

/// Something with a type that a lead has.
#[derive(Clone, Debug)]
pub struct Value {
    pub kind: ValueKind,
    pub ty: Type,
    /// As the policy writes it, e.g. `account.tier`; a `let` shows its name.
    pub text: String,
    /// If it has to be worked out, its place among those that have.
    pub place: Option<usize>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ValueKind {
    Field(FieldId),
    DomainOf(ValueId),
    /// 0–23 in the zone (an IANA name).
    HourOf(ValueId, Zone),
    /// A member of [`crate::cell::weekdays`], in the zone.
    WeekdayOf(ValueId, Zone),
    /// The first that is not blank.
    FirstKnown(Vec<ValueId>),
    /// The row of a table whose key is the value; blank if there is none.
    Lookup(TableId, ValueId),
    /// A column of a looked-up row; the value is a `Lookup`.
    Column(ValueId, ColumnId),
}

/// A time zone that is equal to another if its name is.
#[derive(Clone, Debug)]
pub struct Zone(pub TimeZone);

impl PartialEq for Zone {
    fn eq(&self, other: &Zone) -> bool {
        self.0.iana_name() == other.0.iana_name()
    }
}
impl Eq for Zone {}
impl std::hash::Hash for Zone {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.iana_name().hash(state);
    }
}

/// `let NAME = VALUE`
#[derive(Clone, Debug)]
pub struct NamedValue {
    pub name: String,
    pub value: ValueId,
    /// Whether something is written with the name.
    pub is_used: bool,
    pub name_span: Span,
}

/// `territory`, `segment` or `let NAME = CONDITION`.
#[derive(Clone, Debug)]
pub struct NamedCondition {
    pub kind: LetKind,
    pub name: String,
    pub condition: Condition,
    pub name_span: Span,
}

#[derive(Clone, Debug)]
pub enum Condition {
    /// Holds if all do; the empty one always holds (an `each row` whose cells were all blank).
    And(Vec<Condition>),
    /// Holds if one does; never empty.
    Or(Vec<Condition>),
    Not(Box<Condition>, Span),
    Named(ConditionId, Span),
    Comparison(Comparison),
}

/// One look at one value.
#[derive(Clone, Debug)]
pub struct Comparison {
    pub value: ValueId,
    pub predicate: Predicate,
    /// `is not`, `not in`, `is blank`: holds when the predicate does not.
    pub negated: bool,
    /// As the policy writes it, with the row's cells in place of `row.column`.
    pub text: String,
    pub span: Span,
}

/// What a comparison asks of a value. Every predicate but `Known` is false for a blank.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Predicate {
    Known,
    /// Equal to one of these cells, which have the value's type. (`is X` has one, `in [..]` more.)
    OneOf(Vec<Cell>),
    /// Inside the range; numbers, dates, timestamps and (lexically) text.
    Within(Range),
    /// Contains, starts or ends with any of these normalised texts.
    Text {
        part: TextPart,
        any: Vec<String>,
    },
    /// Tags: at least one of these normalised texts is among them.
    HasAny(Vec<String>),
    /// Tags: each of these normalised texts is among them.
    HasAll(Vec<String>),
    /// The table has a row with this key.
    InTable(TableId),
}

/// An interval of ordered cells; an absent end is open for ever.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Range {
    pub low: Option<Limit>,
    pub high: Option<Limit>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Limit {
    pub cell: Cell,
    pub included: bool,
}

/// A `policy` block.
#[derive(Clone, Debug)]
pub struct Policy {
    pub name: String,
    pub mark: Option<Mark>,
    pub description: Option<String>,
    /// In order; `otherwise`, where there is one, is the last.
    pub rules: Vec<RuleId>,
    pub name_span: Span,
    pub span: Span,
}

/// One rule, one row of an `each row`, or an `otherwise`.
#[derive(Clone, Debug)]
pub struct Rule {
    pub policy: PolicyId,
    /// `dach_enterprise`, `patches:3`, `otherwise`; unique within its policy.
    pub name: String,
    pub origin: Origin,
    pub description: Option<String>,
    /// `None` for `otherwise`.
    pub when: Option<Condition>,
    pub dates: Dates,
    pub action: Action,
    /// What happens to an assigned lead that nobody gets in touch with, in order of time since it was
    /// assigned.
    pub escalations: Vec<Expiry>,
    /// Where a message about the rule points: its name, `each row of …`, `otherwise`.
    pub head: Span,
    /// The whole rule.
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Origin {
    Rule,
    Row(TableId, RowId),
    Otherwise,
}

/// When a rule is in force: days of the project's time zone, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Dates {
    pub from: Option<Spanned<Date>>,
    pub until: Option<Spanned<Date>>,
}

#[derive(Clone, Debug)]
pub enum Action {
    Assign(Chain),
    GoTo(Spanned<PolicyId>),
    Reject(String),
    KeepOwner,
}

/// Destinations tried from left to right until one can take the lead.
#[derive(Clone, Debug)]
pub struct Chain {
    pub links: Vec<Destination>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Destination {
    pub kind: DestinationKind,
    pub span: Span,
}

#[derive(Clone, PartialEq, Debug)]
pub enum DestinationKind {
    Rep(RepId),
    Team(TeamChoice<TeamId>),
    Queue(QueueId),
    /// A rep, team or queue that a table names for the lead.
    Value(TeamChoice<ValueId>),
    /// The manager of whoever the inner destination (a rep, a value of type rep or another
    /// `manager of`) names.
    ManagerOf(Box<DestinationKind>),
    /// Whoever has the lead; only where it escalates.
    Holder,
    /// A row's cell that is blank, or names somebody the roster does not have: nobody can take it.
    Nobody {
        written: String,
    },
}

/// Who of a team, and how they take turns.
#[derive(Clone, PartialEq, Debug)]
pub struct TeamChoice<T> {
    pub team: T,
    /// All of them.
    pub skills: Vec<String>,
    /// Always there for a team; for a value of type rep or queue there is none.
    pub method: Option<Method>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Method {
    RoundRobin,
    Weight,
    Load,
    /// The running total of a number field.
    BalanceOf(FieldId),
}

/// A queue that reps pull leads from.
#[derive(Clone, Debug)]
pub struct Queue {
    pub name: String,
    pub description: Option<String>,
    pub open_to: Vec<Audience>,
    pub order: QueueOrder,
    pub claim: Claim,
    pub preview: Vec<FieldId>,
    /// Seconds without activity after which a claim is released.
    pub lock: Option<u64>,
    /// Unworked claims a rep may hold at most.
    pub holding: Option<u32>,
    /// Claims a day a rep is expected to make.
    pub floor: Option<u32>,
    pub mix: Option<Mix>,
    /// Leads a rep may skip before a claim.
    pub skips: Option<u32>,
    pub first_look: Option<FirstLook>,
    /// In order of time.
    pub after: Vec<Expiry>,
    pub name_span: Span,
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Audience {
    Team(TeamId),
    Rep(RepId),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum QueueOrder {
    #[default]
    OldestFirst,
    NewestFirst,
    HighestFirst(FieldId),
    LowestFirst(FieldId),
}

/// At least so many percent of a rep's claims satisfy the condition.
#[derive(Clone, Debug)]
pub struct Mix {
    pub percent: Decimal,
    pub condition: Condition,
}

/// Reps with the skills see a lead before the others do, for so many seconds.
#[derive(Clone, Debug)]
pub struct FirstLook {
    pub skills: Vec<String>,
    pub seconds: u64,
}

/// Unclaimed, or without contact, for so many seconds, the lead goes to the chain.
#[derive(Clone, Debug)]
pub struct Expiry {
    pub seconds: u64,
    pub chain: Chain,
}

/// A policy's own test.
#[derive(Clone, Debug)]
pub struct Test {
    pub name: String,
    /// The moment the test happens at, in place of the run's own; then people's absences count too.
    pub at: Option<jiff::Timestamp>,
    pub given: Vec<(FieldId, Cell)>,
    pub expect: Spanned<Expectation>,
    pub by: Option<Spanned<RuleId>>,
    pub name_span: Span,
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expectation {
    Rep(RepId),
    Team(TeamId),
    Queue(QueueId),
    KeepOwner,
    Reject,
}

/// `alert when …`: a metric of a report, and how far it may go.
#[derive(Clone, Debug)]
pub struct Alert {
    pub metric: Metric,
    /// The alert is crossed where the metric stands in this order to the threshold.
    pub order: Order,
    /// In the metric's unit: percent, seconds, or a number from 0 to 1.
    pub threshold: Decimal,
    /// Only leads that satisfy it are measured.
    pub only: Option<Condition>,
    /// As the policy writes it, without `alert when`.
    pub text: String,
    pub span: Span,
}

/// What a report measures and an alert watches.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Metric {
    /// In percent.
    FallbackShare,
    /// In percent.
    UnreadCells,
    /// In seconds.
    Latency(Percentile),
    /// In seconds.
    ResponseTime(Percentile),
    /// From 0 to 1.
    Gini(TeamId),
}

/// `allow CODE "reason"`: silences a lint for whatever the scope covers.
#[derive(Clone, Debug)]
pub struct Allow {
    pub code: Code,
    pub reason: String,
    pub span: Span,
    /// The declaration it stands before.
    pub scope: Span,
}

impl Project {
    /// Every chain: of rules, of leads that escalate, of leads that nobody pulls from a queue.
    pub fn chains(&self) -> impl Iterator<Item = &Chain> {
        let of_rules = self.rules.iter().filter_map(|rule| match &rule.action {
            Action::Assign(chain) => Some(chain),
            Action::GoTo(_) | Action::Reject(_) | Action::KeepOwner => None,
        });
        let escalations = self.rules.iter().flat_map(|rule| &rule.escalations);
        let expiries = escalations.chain(self.queues.iter().flat_map(|queue| &queue.after));
        of_rules.chain(expiries.map(|expiry| &expiry.chain))
    }

    /// `policy.rule`, as reports name a rule.
    pub fn rule_name(&self, rule: RuleId) -> String {
        let rule = &self.rules[rule];
        format!("{}.{}", self.policies[rule.policy].name, rule.name)
    }

    /// A chain as reports name it: `team:dach_senior or queue:unassigned`.
    pub fn chain_name(&self, chain: &Chain) -> String {
        let names: Vec<String> = chain.links.iter().map(|link| self.destination_name(&link.kind)).collect();
        names.join(" or ")
    }

    /// `rep:ana`, `team:dach_senior`, `queue:unassigned`, `owner:account.owner`; a manager is
    /// `manager:rep:ana` or `manager:owner:account.owner`.
    pub fn destination_name(&self, destination: &DestinationKind) -> String {
        match destination {
            DestinationKind::Rep(rep) => format!("rep:{}", self.roster.reps[*rep].name),
            DestinationKind::Team(choice) => format!("team:{}", self.roster.teams[choice.team].name),
            DestinationKind::Queue(queue) => format!("queue:{}", self.queues[*queue].name),
            DestinationKind::Value(choice) => format!("owner:{}", self.values[choice.team].text),
            DestinationKind::ManagerOf(inner) => format!("manager:{}", self.destination_name(inner)),
            DestinationKind::Holder => "owner".to_owned(),
            DestinationKind::Nobody { written } => format!("nobody:{written}"),
        }
    }

    /// A cell as the policy would write it, people and queues by name.
    pub fn write_cell(&self, ty: &Type, cell: &Cell) -> String {
        self.named_cell(cell).unwrap_or_else(|| ty.write(cell))
    }

    /// A cell as a lead file would hold it, people and queues by name; blank is empty.
    pub fn show_cell(&self, ty: &Type, cell: &Cell) -> String {
        self.named_cell(cell).unwrap_or_else(|| ty.show(cell))
    }

    /// A cell as the policy writes it, in its letter case: for messages, not for comparing.
    pub fn spell_cell(&self, ty: &Type, cell: &Cell) -> String {
        self.write_cell(ty, &self.spellings.of_cell(cell))
    }

    /// A cell as a lead file might hold it, in the policy's letter case.
    pub fn show_spelt(&self, ty: &Type, cell: &Cell) -> String {
        self.show_cell(ty, &self.spellings.of_cell(cell))
    }

    fn named_cell(&self, cell: &Cell) -> Option<String> {
        match cell {
            Cell::Rep(rep) => Some(self.roster.reps[*rep].name.clone()),
            Cell::Team(team) => Some(self.roster.teams[*team].name.clone()),
            Cell::Queue(queue) => Some(self.queues[*queue].name.clone()),
            Cell::Row(table, row) => Some(format!("row {} of {}", row.index() + 1, self.tables[*table].name)),
            _ => None,
        }
    }

    /// A condition in words, parts in brackets where they have parts of their own.
    pub fn condition_text(&self, condition: &Condition) -> String {
        let nested = |part: &Condition| match part {
            Condition::And(_) | Condition::Or(_) => format!("({})", self.condition_text(part)),
            Condition::Not(..) | Condition::Named(..) | Condition::Comparison(_) => self.condition_text(part),
        };
        let joined = |parts: &[Condition], word: &str| parts.iter().map(nested).collect::<Vec<String>>().join(word);
        match condition {
            Condition::And(parts) => joined(parts, " and "),
            Condition::Or(parts) => joined(parts, " or "),
            Condition::Not(inner, _) => format!("not {}", nested(inner)),
            Condition::Named(id, _) => self.conditions[*id].name.clone(),
            Condition::Comparison(comparison) => comparison.text.clone(),
        }
    }

    /// What a rule does, as reports name it: a chain, `policy:NAME`, `reject` or `keep`.
    pub fn action_name(&self, action: &Action) -> String {
        match action {
            Action::Assign(chain) => self.chain_name(chain),
            Action::GoTo(policy) => format!("policy:{}", self.policies[policy.node].name),
            Action::Reject(_) => "reject".to_owned(),
            Action::KeepOwner => "keep".to_owned(),
        }
    }
}

impl Chain {
    /// Of what assigns nobody.
    pub const EMPTY: Chain = Chain { links: Vec::new(), span: Span { start: 0, end: 0 } };

    /// The chain with somebody in the place of whoever has the lead.
    pub fn held_by(&self, holder: &DestinationKind) -> Chain {
        fn named(kind: &DestinationKind, holder: &DestinationKind) -> DestinationKind {
            match kind {
                DestinationKind::Holder => holder.clone(),
                DestinationKind::ManagerOf(inner) => DestinationKind::ManagerOf(Box::new(named(inner, holder))),
                other => other.clone(),
            }
        }
        let link = |link: &Destination| Destination { kind: named(&link.kind, holder), span: link.span };
        Chain { links: self.links.iter().map(link).collect(), span: self.span }
    }
}

impl Dates {
    /// Whether the rule is in force on a day of the project's time zone.
    pub fn include(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from.node <= day) && self.until.is_none_or(|until| day <= until.node)
    }
}

impl Condition {
    /// Every comparison in the condition itself, named conditions not followed.
    pub fn comparisons(&self) -> Vec<&Comparison> {
        let mut found = Vec::new();
        let mut rest = vec![self];
        while let Some(condition) = rest.pop() {
            match condition {
                Condition::And(parts) | Condition::Or(parts) => rest.extend(parts.iter().rev()),
                Condition::Not(inner, _) => rest.push(inner),
                Condition::Named(..) => {}
                Condition::Comparison(comparison) => found.push(comparison),
            }
        }
        found
    }

    /// Every comparison in the condition and in those that it names, each of them once, with where it stands.
    pub fn comparisons_within<'a>(&'a self, project: &'a Project) -> Vec<(&'a Condition, &'a Comparison)> {
        let mut found = Vec::new();
        let mut seen: Vec<ConditionId> = Vec::new();
        let mut rest = vec![self];
        while let Some(condition) = rest.pop() {
            match condition {
                Condition::And(parts) | Condition::Or(parts) => rest.extend(parts.iter().rev()),
                Condition::Not(inner, _) => rest.push(inner),
                Condition::Named(id, _) if seen.contains(id) => {}
                Condition::Named(id, _) => {
                    seen.push(*id);
                    rest.push(&project.conditions[*id].condition);
                }
                Condition::Comparison(comparison) => found.push((condition, comparison)),
            }
        }
        found
    }
}
