//! What was written, as written: names are still names, and every part knows its place.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::source::{Span, Spanned};

/// A name of the language: `[A-Za-z][A-Za-z0-9_]*`.
pub type Name = Spanned<String>;
/// Text in double quotes, escapes resolved.
pub type Text = Spanned<String>;

/// One `.rules` file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct File {
    pub items: Vec<Item>,
}

/// A declaration with the `allow`s before it.
#[derive(Clone, PartialEq, Debug)]
pub struct Item {
    pub allows: Vec<Allow>,
    pub kind: ItemKind,
    /// The declaration itself, without its `allow`s.
    pub span: Span,
}

#[derive(Clone, PartialEq, Debug)]
pub enum ItemKind {
    /// `use "other.rules"`
    Use(Text),
    /// `roster "roster.yaml"`
    Roster(Text),
    /// `timezone "America/Sao_Paulo"`
    Timezone(Text),
    Lead(Lead),
    Table(Table),
    Let(Let),
    /// `assume CONDITION`
    Assume(Condition),
    Queue(Queue),
    Policy(Policy),
    /// `start at NAME`
    Start(Name),
    Test(Test),
    Alert(Alert),
}

/// `allow CODE "reason"`
#[derive(Clone, PartialEq, Debug)]
pub struct Allow {
    pub code: Name,
    pub reason: Text,
    pub span: Span,
}

/// `lead { … }`
#[derive(Clone, PartialEq, Debug)]
pub struct Lead {
    pub fields: Vec<Field>,
    /// `blank "Select", "N/A"`: placeholders that count as blank.
    pub blanks: Vec<Text>,
    /// `owner FIELD`: the field that names who has the lead. `FIELD TYPE owner` says the same.
    pub owner: Option<Name>,
}

/// `email email from "Email Address" required`
#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    pub allows: Vec<Allow>,
    pub name: Name,
    pub ty: Spanned<TypeExpr>,
    /// The column's header where it is not the field's name.
    pub from: Option<Text>,
    pub key: Option<Span>,
    pub required: Option<Span>,
    pub owner: Option<Span>,
    pub span: Span,
}

#[derive(Clone, PartialEq, Debug)]
pub enum TypeExpr {
    /// A type of one word (`text`, `country`, …), not yet looked up.
    Named(String),
    /// `integer LOW to HIGH`, `number LOW to HIGH`; the word is not yet looked up.
    Bounded { name: String, low: Spanned<Decimal>, high: Spanned<Decimal> },
    /// `one of [A, "B C"]`; members as written.
    OneOf(Vec<Spanned<String>>),
    /// `list of T`
    ListOf(Box<Spanned<TypeExpr>>),
}

/// `table NAME from "file.csv" { columns }`
#[derive(Clone, PartialEq, Debug)]
pub struct Table {
    pub name: Name,
    pub file: Text,
    /// A column is written like a field of the lead.
    pub columns: Vec<Field>,
}

/// `let NAME = …`, `territory NAME = …`, `segment NAME = …`
#[derive(Clone, PartialEq, Debug)]
pub struct Let {
    pub kind: LetKind,
    pub name: Name,
    pub body: LetBody,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LetKind {
    Let,
    Territory,
    Segment,
}

/// A single bare name is a [`LetBody::Value`]; whether it names a value or a condition is found out
/// in `check`.
#[derive(Clone, PartialEq, Debug)]
pub enum LetBody {
    Value(Value),
    Condition(Condition),
}

/// Something with a type: `employees`, `account.tier`, `domain of email`.
#[derive(Clone, PartialEq, Debug)]
pub struct Value {
    pub kind: ValueKind,
    pub span: Span,
}

#[derive(Clone, PartialEq, Debug)]
pub enum ValueKind {
    /// `NAME`, `NAME[KEY]`, `NAME.column`, `NAME[KEY].column`
    Path { root: Name, key: Option<Box<Value>>, column: Option<Name> },
    /// `domain of VALUE`
    DomainOf(Box<Value>),
    /// `hour of VALUE in "Zone"`
    HourOf { of: Box<Value>, zone: Option<Text> },
    /// `weekday of VALUE in "Zone"`
    WeekdayOf { of: Box<Value>, zone: Option<Text> },
    /// `first known of [a, b]`
    FirstKnown(Vec<Value>),
}

#[derive(Clone, PartialEq, Debug)]
pub struct Condition {
    pub kind: ConditionKind,
    pub span: Span,
}

#[derive(Clone, PartialEq, Debug)]
pub enum ConditionKind {
    /// Two or more, in order.
    And(Vec<Condition>),
    /// Two or more, in order.
    Or(Vec<Condition>),
    Not(Box<Condition>),
    /// A named condition.
    Named(Name),
    Comparison {
        value: Value,
        operator: Spanned<Operator>,
    },
}

#[derive(Clone, PartialEq, Debug)]
pub enum Operator {
    /// `is X`, `is not X`
    Is { negated: bool, operand: Operand },
    /// `is known` (`known: true`), `is blank`, `is not known`, `is not blank`
    Known { negated: bool, known: bool },
    /// `in […]`, `in LOW to HIGH`, `in TABLE`, `in row.states`, and `not in`
    In { negated: bool, set: Set },
    /// `<`, `<=`, `>`, `>=`
    Order { order: Order, operand: Operand },
    /// `contains`, `starts with`, `ends with`; any of the operands
    Text { part: TextPart, operands: Vec<Operand> },
    /// `has`, `has any of`, `has all of`
    Has { how: Has, operands: Vec<Operand> },
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Order::Less => "<",
            Order::LessOrEqual => "<=",
            Order::Greater => ">",
            Order::GreaterOrEqual => ">=",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TextPart {
    Contains,
    StartsWith,
    EndsWith,
}

impl TextPart {
    /// As a policy writes it.
    pub fn words(self) -> &'static str {
        match self {
            TextPart::Contains => "contains",
            TextPart::StartsWith => "starts with",
            TextPart::EndsWith => "ends with",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Has {
    /// `has "x"`
    One,
    AnyOf,
    AllOf,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Set {
    List(Vec<Operand>),
    Range {
        low: Operand,
        high: Operand,
    },
    /// A table's name, or a path to a list column such as `row.states`.
    Value(Value),
}

/// What a value is compared with.
#[derive(Clone, PartialEq, Debug)]
pub struct Operand {
    pub kind: OperandKind,
    pub span: Span,
}

#[derive(Clone, PartialEq, Debug)]
pub enum OperandKind {
    /// A bare word: a country, a member, `yes`, a weekday.
    Word(String),
    Text(String),
    Number(Decimal),
    Date(Date),
    /// As written, e.g. `2026-01-31T09:00:00Z`; read in `check`, which knows the project's time zone.
    Timestamp(String),
    /// `row.column` in an `each row` rule. (`row` or any other root; `check` refuses others.)
    Column {
        root: Name,
        column: Name,
    },
}

/// `account policy NAME "description" { … }`
#[derive(Clone, PartialEq, Debug)]
pub struct Policy {
    pub mark: Option<Spanned<Mark>>,
    pub name: Name,
    pub description: Option<Text>,
    pub entries: Vec<Entry>,
    /// More than one is refused in `check`, at both places; so is one that is not last.
    pub span: Span,
}

/// What a policy may be marked as; its route type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mark {
    Account,
    Territory,
    Segment,
    Fallback,
}

/// A rule of a policy, in whichever form.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    pub allows: Vec<Allow>,
    pub kind: EntryKind,
    pub action: Action,
    pub span: Span,
}

#[derive(Clone, PartialEq, Debug)]
pub enum EntryKind {
    /// `rule NAME "description" from DATE until DATE when CONDITION`
    Rule { name: Name, description: Option<Text>, dates: Dates, when: Condition },
    /// `each row of TABLE when CONDITION`; the span covers `each row of TABLE`
    EachRow { head: Span, table: Name, dates: Dates, when: Condition },
    /// `otherwise`; the span is the keyword's
    Otherwise { head: Span },
}

/// `from DATE until DATE`, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Dates {
    pub from: Option<Spanned<Date>>,
    pub until: Option<Spanned<Date>>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Action {
    pub kind: ActionKind,
    pub span: Span,
}

#[derive(Clone, PartialEq, Debug)]
pub enum ActionKind {
    /// The chain, and what happens to a lead that nobody gets in touch with.
    Assign(Chain, Vec<Escalation>),
    GoTo(Name),
    Reject(Text),
    KeepOwner,
}

/// `escalate after 2 hours without contact to CHAIN`
#[derive(Clone, PartialEq, Debug)]
pub struct Escalation {
    pub after: Duration,
    /// In it `owner` is whoever has the lead.
    pub chain: Chain,
    pub span: Span,
}

/// Destinations joined by `or`, at least one.
#[derive(Clone, PartialEq, Debug)]
pub struct Chain {
    pub links: Vec<Destination>,
    pub span: Span,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Destination {
    pub kind: DestinationKind,
    pub span: Span,
}

#[derive(Clone, PartialEq, Debug)]
pub enum DestinationKind {
    Rep(Name),
    Team {
        name: Name,
        skills: Vec<Spanned<String>>,
        method: Option<Spanned<Method>>,
    },
    Queue(Name),
    /// `account.owner`, or `row.team by round robin`; always a dotted path or a `let` name.
    Value {
        value: Value,
        skills: Vec<Spanned<String>>,
        method: Option<Spanned<Method>>,
    },
    /// `manager of …`; the inner destination is a rep, a value or another `manager of`.
    ManagerOf(Box<Destination>),
}

#[derive(Clone, PartialEq, Debug)]
pub enum Method {
    RoundRobin,
    Weight,
    Load,
    /// `balance of FIELD`
    BalanceOf(Name),
}

/// `queue NAME "description" { clauses }`; the block may be left out.
#[derive(Clone, PartialEq, Debug)]
pub struct Queue {
    pub name: Name,
    pub description: Option<Text>,
    pub clauses: Vec<Spanned<QueueClause>>,
}

#[derive(Clone, PartialEq, Debug)]
pub enum QueueClause {
    /// `open to team a, team b`, or `rep x`
    OpenTo(Vec<Spanned<Audience>>),
    /// `order highest FIELD first`
    Order(QueueOrder),
    /// `claim next | browse | pick`
    Claim(Claim),
    /// `preview a, b, c`
    Preview(Vec<Name>),
    /// `lock 15 minutes`
    Lock(Duration),
    /// `holding at most N unworked claims`
    Holding(u32),
    /// `floor N claims a day`
    Floor(u32),
    /// `mix at least N% with CONDITION`
    Mix { percent: Spanned<Decimal>, condition: Condition },
    /// `skips at most N before a claim`
    Skips(u32),
    /// `first look reps with skill S [, S] for DURATION`
    FirstLook { skills: Vec<Spanned<String>>, time: Duration },
    /// `after DURATION assign CHAIN`
    After { delay: Duration, chain: Chain },
}

#[derive(Clone, PartialEq, Debug)]
pub enum Audience {
    Team(Name),
    Rep(Name),
}

#[derive(Clone, PartialEq, Debug)]
pub enum QueueOrder {
    OldestFirst,
    NewestFirst,
    HighestFirst(Name),
    LowestFirst(Name),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Claim {
    Next,
    Browse,
    Pick,
}

/// A span of time in seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Duration {
    pub seconds: u64,
    pub span: Span,
}

/// `test "name" [at TIME] given FIELD = X, … expect …`
#[derive(Clone, PartialEq, Debug)]
pub struct Test {
    pub name: Text,
    /// `at 2026-11-23T10:00:00Z` or a date: the moment the test happens at.
    pub at: Option<Operand>,
    pub given: Vec<(Name, Operand)>,
    pub expect: Expectation,
    /// `by rule NAME`
    pub by: Option<RuleRef>,
    pub span: Span,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Expectation {
    pub kind: ExpectationKind,
    pub span: Span,
}

#[derive(Clone, PartialEq, Debug)]
pub enum ExpectationKind {
    Rep(Name),
    Team(Name),
    Queue(Name),
    KeepOwner,
    Reject,
}

/// `rule`, `policy.rule`, `TABLE:ROW` or `policy.TABLE:ROW`; `otherwise` is a rule's name too.
#[derive(Clone, PartialEq, Debug)]
pub struct RuleRef {
    pub policy: Option<Name>,
    pub name: Name,
    pub row: Option<Spanned<u32>>,
    pub span: Span,
}

/// `alert when METRIC > THRESHOLD [when CONDITION]`
#[derive(Clone, PartialEq, Debug)]
pub struct Alert {
    pub metric: Spanned<Metric>,
    pub order: Order,
    pub threshold: Spanned<Threshold>,
    /// Only leads that satisfy it are looked at.
    pub only: Option<Condition>,
    pub span: Span,
}

/// What an alert measures.
#[derive(Clone, PartialEq, Debug)]
pub enum Metric {
    FallbackShare,
    UnreadCells,
    Latency(Percentile),
    ResponseTime(Percentile),
    /// `gini of team NAME`
    Gini(Name),
}

/// Which one of many times is meant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Percentile {
    /// Half are shorter.
    Median,
    /// Nine of ten are shorter; what is meant if nothing is said.
    Ninetieth,
}

/// What a metric is compared with.
#[derive(Clone, PartialEq, Debug)]
pub enum Threshold {
    Percent(Decimal),
    Time(Duration),
    Number(Decimal),
}
