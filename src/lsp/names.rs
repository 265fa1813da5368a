//! Every place of a project's texts that names something, and what it names.

use crate::check::roster;
use crate::diagnostic::Code;
use crate::source::{FileId, SourceMap, Span};
use crate::syntax::ast::{
    ActionKind, Alert, Allow, Audience, Chain, Condition, ConditionKind, Destination, DestinationKind, Entry,
    EntryKind, Expectation, ExpectationKind, File, Item, ItemKind, LetBody, Method, Metric, Name, Operand, OperandKind,
    Operator, Policy, Queue, QueueClause, QueueOrder, RuleRef, Set, Table, Test, TypeExpr, Value, ValueKind,
};

use super::scope::{Kind, Scope};

/// Something that has a name. A rule is known within its policy, a column within its table.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Symbol {
    Field(String),
    Table(String),
    Column {
        table: String,
        column: String,
    },
    Let(String),
    Queue(String),
    Policy(String),
    Rule {
        policy: String,
        rule: String,
    },
    Rep(String),
    Team(String),
    Skill(String),
    /// A file of the project, by its name in it.
    File(String),
    Lint(Code),
    /// A country by whatever name the policy has for it.
    Country(String),
}

impl Symbol {
    /// As it is written.
    pub fn name(&self) -> &str {
        match self {
            Symbol::Field(name)
            | Symbol::Table(name)
            | Symbol::Column { column: name, .. }
            | Symbol::Let(name)
            | Symbol::Queue(name)
            | Symbol::Policy(name)
            | Symbol::Rule { rule: name, .. }
            | Symbol::Rep(name)
            | Symbol::Team(name)
            | Symbol::Skill(name)
            | Symbol::File(name)
            | Symbol::Country(name) => name,
            Symbol::Lint(code) => code.name(),
        }
    }
}

/// A place that names something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mention {
    pub span: Span,
    pub symbol: Symbol,
    /// It is declared here.
    pub declares: bool,
}

/// The places of a project that name something, in order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Names {
    pub mentions: Vec<Mention>,
}

impl Names {
    /// The names in the policies and in the roster.
    pub fn of(scope: &Scope, trees: &[File], roster: Option<FileId>, sources: &SourceMap) -> Names {
        let mut walk = Walk { scope, mentions: Vec::new(), rows: None, held: false };
        trees.iter().flat_map(|tree| &tree.items).for_each(|item| walk.item(item));
        let mut mentions = walk.mentions;
        for found in roster.map(|file| roster::mentions(file, sources)).unwrap_or_default() {
            let symbol = if found.of_rep { Symbol::Rep(found.name) } else { Symbol::Team(found.name) };
            mentions.push(Mention { span: found.span, symbol, declares: found.declares });
        }
        mentions.sort_by_key(|mention| mention.span);
        Names { mentions }
    }

    /// What is named at an offset of the sources, at its beginning, inside it or at its end.
    pub fn at(&self, offset: u32) -> Option<&Mention> {
        let after = self.mentions.partition_point(|mention| mention.span.start <= offset);
        self.mentions[..after].iter().rev().take(2).find(|mention| offset <= mention.span.end)
    }

    /// Every place that names the same.
    pub fn of_symbol<'n>(&'n self, symbol: &'n Symbol) -> impl Iterator<Item = &'n Mention> {
        self.mentions.iter().filter(move |mention| mention.symbol == *symbol)
    }

    pub fn declaration(&self, symbol: &Symbol) -> Option<&Mention> {
        self.mentions.iter().find(|mention| mention.declares && mention.symbol == *symbol)
    }
}

struct Walk<'s, 't> {
    scope: &'s Scope<'t>,
    mentions: Vec<Mention>,
    /// The table of the `each row of` that is being read.
    rows: Option<String>,
    /// Whether `owner` is whoever has the lead.
    held: bool,
}

impl Walk<'_, '_> {
    fn note(&mut self, span: Span, symbol: Symbol, declares: bool) {
        self.mentions.push(Mention { span, symbol, declares });
    }

    fn declared(&mut self, name: &Name, symbol: impl Fn(String) -> Symbol) {
        self.note(name.span, symbol(name.node.clone()), true);
    }

    fn used(&mut self, name: &Name, symbol: impl Fn(String) -> Symbol) {
        self.note(name.span, symbol(name.node.clone()), false);
    }

    fn item(&mut self, item: &Item) {
        self.allows(&item.allows);
        match &item.kind {
            ItemKind::Use(path) | ItemKind::Roster(path) => self.file(path),
            ItemKind::Timezone(_) => {}
            ItemKind::Lead(lead) => {
                for field in &lead.fields {
                    self.allows(&field.allows);
                    self.declared(&field.name, Symbol::Field);
                }
                lead.owner.iter().for_each(|owner| self.used(owner, Symbol::Field));
            }
            ItemKind::Table(table) => self.table(table),
            ItemKind::Let(declared) => {
                self.declared(&declared.name, Symbol::Let);
                match &declared.body {
                    LetBody::Value(value) => self.value(value),
                    LetBody::Condition(condition) => self.condition(condition),
                }
            }
            ItemKind::Assume(condition) => self.condition(condition),
            ItemKind::Queue(queue) => self.queue(queue),
            ItemKind::Policy(policy) => self.policy(policy),
            ItemKind::Start(policy) => self.used(policy, Symbol::Policy),
            ItemKind::Test(test) => self.test(test),
            ItemKind::Alert(alert) => self.alert(alert),
        }
    }

    fn allows(&mut self, allows: &[Allow]) {
        for allow in allows {
            if let Some(code) = Code::named(&allow.code.node) {
                self.note(allow.code.span, Symbol::Lint(code), false);
            }
        }
    }

    fn file(&mut self, path: &Name) {
        if let Some(name) = crate::check::inside(&path.node) {
            self.note(path.span, Symbol::File(name), false);
        }
    }

    fn table(&mut self, table: &Table) {
        self.declared(&table.name, Symbol::Table);
        self.file(&table.file);
        for column in &table.columns {
            self.allows(&column.allows);
            self.declared(&column.name, |column| Symbol::Column { table: table.name.node.clone(), column });
        }
    }
}

// --- Values and conditions ------------------------------------------------------------------------

impl Walk<'_, '_> {
    fn value(&mut self, value: &Value) {
        match &value.kind {
            ValueKind::Path { root, key, column } => {
                let is_row = root.node == "row" && self.rows.is_some();
                if !is_row {
                    self.value_name(root);
                }
                key.iter().for_each(|key| self.value(key));
                if let Some(column) = column {
                    let table = match key {
                        Some(_) => self.scope.table_named(&root.node),
                        None => self.scope.row_of(&root.node, self.rows.as_deref()),
                    };
                    self.column(table.map(|table| self.scope.table(table)), column);
                }
            }
            ValueKind::DomainOf(of) | ValueKind::HourOf { of, .. } | ValueKind::WeekdayOf { of, .. } => self.value(of),
            ValueKind::FirstKnown(values) => values.iter().for_each(|value| self.value(value)),
        }
    }

    fn column(&mut self, table: Option<&Table>, column: &Name) {
        if let Some(table) = table {
            self.used(column, |column| Symbol::Column { table: table.name.node.clone(), column });
        }
    }

    /// A name where a value or a condition is written.
    fn value_name(&mut self, name: &Name) {
        if self.scope.all.find_field(&name.node).is_some() {
            self.used(name, Symbol::Field);
        } else if self.scope.let_named(&name.node).is_some() {
            self.used(name, Symbol::Let);
        } else if self.scope.table_named(&name.node).is_some() {
            self.used(name, Symbol::Table);
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match &condition.kind {
            ConditionKind::And(parts) | ConditionKind::Or(parts) => parts.iter().for_each(|part| self.condition(part)),
            ConditionKind::Not(inner) => self.condition(inner),
            ConditionKind::Named(name) => self.value_name(name),
            ConditionKind::Comparison { value, operator } => {
                self.value(value);
                let kind = self.scope.kind(value, self.rows.as_deref());
                self.operator(&operator.node, kind);
            }
        }
    }

    fn operator(&mut self, operator: &Operator, kind: Option<Kind>) {
        match operator {
            Operator::Known { .. } => {}
            Operator::Is { operand, .. } | Operator::Order { operand, .. } => self.operand(operand, kind),
            Operator::In { set: Set::List(operands), .. } => {
                operands.iter().for_each(|operand| self.operand(operand, kind));
            }
            Operator::In { set: Set::Range { low, high }, .. } => {
                self.operand(low, kind);
                self.operand(high, kind);
            }
            Operator::In { set: Set::Value(value), .. } => self.value(value),
            Operator::Text { operands, .. } | Operator::Has { operands, .. } => {
                operands.iter().for_each(|operand| self.operand(operand, None));
            }
        }
    }

    /// A word means what the type of the value says that it is compared with.
    fn operand(&mut self, operand: &Operand, kind: Option<Kind>) {
        match &operand.kind {
            OperandKind::Word(word) => {
                let symbol = match kind {
                    Some(Kind::Declared(TypeExpr::Named(ty))) => match ty.as_str() {
                        "rep" => Symbol::Rep(word.clone()),
                        "team" => Symbol::Team(word.clone()),
                        "queue" => Symbol::Queue(word.clone()),
                        "country" => Symbol::Country(word.clone()),
                        _ => return,
                    },
                    _ => return,
                };
                self.note(operand.span, symbol, false);
            }
            OperandKind::Column { root, column } => {
                let table = self.scope.row_of(&root.node, self.rows.as_deref());
                self.column(table.map(|table| self.scope.table(table)), column);
            }
            OperandKind::Text(_) | OperandKind::Number(_) | OperandKind::Date(_) | OperandKind::Timestamp(_) => {}
        }
    }
}

// --- Policies, destinations and queues ------------------------------------------------------------

impl Walk<'_, '_> {
    fn policy(&mut self, policy: &Policy) {
        self.declared(&policy.name, Symbol::Policy);
        policy.entries.iter().for_each(|entry| self.entry(entry, &policy.name.node));
    }

    fn entry(&mut self, entry: &Entry, policy: &str) {
        self.allows(&entry.allows);
        match &entry.kind {
            EntryKind::Rule { name, when, .. } => {
                self.declared(name, |rule| Symbol::Rule { policy: policy.to_owned(), rule });
                self.condition(when);
            }
            EntryKind::EachRow { table, when, .. } => {
                self.used(table, Symbol::Table);
                self.rows = Some(table.node.clone());
                self.condition(when);
            }
            EntryKind::Otherwise { .. } => {}
        }
        match &entry.action.kind {
            ActionKind::Assign(chain, escalations) => {
                self.chain(chain);
                self.held = true;
                escalations.iter().for_each(|escalation| self.chain(&escalation.chain));
                self.held = false;
            }
            ActionKind::GoTo(policy) => self.used(policy, Symbol::Policy),
            ActionKind::Reject(_) | ActionKind::KeepOwner => {}
        }
        self.rows = None;
    }

    fn chain(&mut self, chain: &Chain) {
        chain.links.iter().for_each(|link| self.destination(link));
    }

    fn destination(&mut self, destination: &Destination) {
        match &destination.kind {
            DestinationKind::Rep(name) => self.used(name, Symbol::Rep),
            DestinationKind::Queue(name) => self.used(name, Symbol::Queue),
            DestinationKind::Team { name, skills, method } => {
                self.used(name, Symbol::Team);
                self.choice(skills, method.as_ref().map(|method| &method.node));
            }
            DestinationKind::Value { value, skills, method } => {
                let is_holder = |root: &Name| root.node == "owner" && self.held;
                let held = matches!(&value.kind, ValueKind::Path { root, key: None, column: None } if is_holder(root));
                if !held {
                    self.value(value);
                }
                self.choice(skills, method.as_ref().map(|method| &method.node));
            }
            DestinationKind::ManagerOf(inner) => self.destination(inner),
        }
    }

    fn choice(&mut self, skills: &[Name], method: Option<&Method>) {
        skills.iter().for_each(|skill| self.used(skill, Symbol::Skill));
        if let Some(Method::BalanceOf(field)) = method {
            self.used(field, Symbol::Field);
        }
    }

    fn queue(&mut self, queue: &Queue) {
        self.declared(&queue.name, Symbol::Queue);
        for clause in &queue.clauses {
            match &clause.node {
                QueueClause::OpenTo(audiences) => audiences.iter().for_each(|audience| match &audience.node {
                    Audience::Team(name) => self.used(name, Symbol::Team),
                    Audience::Rep(name) => self.used(name, Symbol::Rep),
                }),
                QueueClause::Order(QueueOrder::HighestFirst(field) | QueueOrder::LowestFirst(field)) => {
                    self.used(field, Symbol::Field);
                }
                QueueClause::Preview(fields) => fields.iter().for_each(|field| self.used(field, Symbol::Field)),
                QueueClause::Mix { condition, .. } => self.condition(condition),
                QueueClause::FirstLook { skills, .. } => self.choice(skills, None),
                QueueClause::After { chain, .. } => self.chain(chain),
                QueueClause::Order(QueueOrder::OldestFirst | QueueOrder::NewestFirst)
                | QueueClause::Claim(_)
                | QueueClause::Lock(_)
                | QueueClause::Holding(_)
                | QueueClause::Floor(_)
                | QueueClause::Skips(_) => {}
            }
        }
    }
}

// --- Tests and alerts -----------------------------------------------------------------------------

impl Walk<'_, '_> {
    fn test(&mut self, test: &Test) {
        for (name, operand) in &test.given {
            self.used(name, Symbol::Field);
            let kind = self.scope.kind_named(&name.node);
            self.operand(operand, kind);
        }
        self.expectation(&test.expect);
        test.by.iter().for_each(|by| self.rule_ref(by));
    }

    fn expectation(&mut self, expect: &Expectation) {
        match &expect.kind {
            ExpectationKind::Rep(name) => self.used(name, Symbol::Rep),
            ExpectationKind::Team(name) => self.used(name, Symbol::Team),
            ExpectationKind::Queue(name) => self.used(name, Symbol::Queue),
            ExpectationKind::KeepOwner | ExpectationKind::Reject => {}
        }
    }

    /// A rule without its policy is that of the only policy which has one of the name.
    fn rule_ref(&mut self, by: &RuleRef) {
        by.policy.iter().for_each(|policy| self.used(policy, Symbol::Policy));
        if by.row.is_some() {
            return self.used(&by.name, Symbol::Table);
        }
        let policy = match &by.policy {
            Some(policy) => self.scope.policy_named(&policy.node),
            None => self.scope.all.policies.iter().copied().find(|policy| has_rule(policy, &by.name.node)),
        };
        if let Some(policy) = policy.filter(|policy| has_rule(policy, &by.name.node)) {
            self.used(&by.name, |rule| Symbol::Rule { policy: policy.name.node.clone(), rule });
        }
    }

    fn alert(&mut self, alert: &Alert) {
        match &alert.metric.node {
            Metric::Gini(team) => self.used(team, Symbol::Team),
            Metric::FallbackShare | Metric::UnreadCells | Metric::Latency(_) | Metric::ResponseTime(_) => {}
        }
        alert.only.iter().for_each(|only| self.condition(only));
    }
}

/// Whether a policy has a rule of the name that is written there; `otherwise` is a word, not a name.
fn has_rule(policy: &Policy, wanted: &str) -> bool {
    policy.entries.iter().any(|entry| match &entry.kind {
        EntryKind::Rule { name, .. } => name.node == wanted,
        EntryKind::EachRow { .. } | EntryKind::Otherwise { .. } => false,
    })
}
