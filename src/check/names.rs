//! What every name of the project stands for.
//!
//! Tables, `let`s, queues and policies share one set of names over all files; the lead's fields are
//! names for values too, so that no table and no `let` may hide one. Reps and teams live in the roster
//! and are always written after `rep` and `team`: they may be called like anything else.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostic::Finding;
use crate::ids::{FieldId, IdVec, PolicyId, QueueId, TableId};
use crate::source::Span;
use crate::syntax::ast::{
    self, Condition, ConditionKind, File, Item, ItemKind, LetBody, LetKind, Name, Operator, Set, Text, Value, ValueKind,
};

use super::error;

/// A declaration and the item it is, with its `allow`s.
#[derive(Clone, Copy, Debug)]
pub struct Declared<'a, T> {
    pub item: &'a Item,
    pub of: &'a T,
}

/// Every declaration of the project, in reading order: the main file, then the files it uses.
#[derive(Default, Debug)]
pub struct Declarations<'a> {
    /// One, or a finding says so.
    pub leads: Vec<Declared<'a, ast::Lead>>,
    pub rosters: Vec<&'a Text>,
    pub timezones: Vec<&'a Text>,
    pub starts: Vec<&'a Name>,
    pub fields: IdVec<FieldId, &'a ast::Field>,
    pub tables: IdVec<TableId, Declared<'a, ast::Table>>,
    pub lets: Vec<&'a ast::Let>,
    pub assumptions: Vec<&'a Condition>,
    pub queues: IdVec<QueueId, Declared<'a, ast::Queue>>,
    pub policies: IdVec<PolicyId, &'a ast::Policy>,
    pub tests: Vec<&'a ast::Test>,
    pub alerts: Vec<&'a ast::Alert>,
    fields_by_name: FxHashMap<&'a str, FieldId>,
    others_by_name: FxHashMap<&'a str, Meaning>,
}

/// What a name of the shared set stands for. A `let` is counted over [`Declarations::lets`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meaning {
    Field(FieldId),
    Table(TableId),
    Let(usize),
    Queue(QueueId),
    Policy(PolicyId),
}

/// Names that may be declared in text that could not be read, and are therefore not called unknown.
#[derive(Default, Debug)]
pub(super) struct Unseen {
    /// A file is missing: it may declare anything.
    everything: bool,
    /// Something could not be read.
    something: bool,
    /// Words that stand where a declaration would, in files with syntax errors.
    words: FxHashSet<String>,
}

impl<'a> Declarations<'a> {
    /// Gathers what the files declare. Of two declarations with one name the first has it.
    pub fn gather(files: &'a [File], findings: &mut Vec<Finding>) -> Declarations<'a> {
        let mut all = Declarations::default();
        for item in files.iter().flat_map(|file| &file.items) {
            all.add(item, findings);
        }
        all.refuse_repeats(findings);
        all
    }

    fn add(&mut self, item: &'a Item, findings: &mut Vec<Finding>) {
        match &item.kind {
            ItemKind::Use(_) => {}
            ItemKind::Roster(path) => self.rosters.push(path),
            ItemKind::Timezone(zone) => self.timezones.push(zone),
            ItemKind::Start(policy) => self.starts.push(policy),
            ItemKind::Lead(lead) => {
                self.leads.push(Declared { item, of: lead });
                for field in &lead.fields {
                    self.add_field(field, findings);
                }
            }
            ItemKind::Table(table) => {
                let id = self.tables.push(Declared { item, of: table });
                self.name(&table.name, Meaning::Table(id), findings);
            }
            ItemKind::Let(declared) => {
                self.lets.push(declared);
                self.name(&declared.name, Meaning::Let(self.lets.len() - 1), findings);
            }
            ItemKind::Queue(queue) => {
                let id = self.queues.push(Declared { item, of: queue });
                self.name(&queue.name, Meaning::Queue(id), findings);
            }
            ItemKind::Policy(policy) => {
                let id = self.policies.push(policy);
                self.name(&policy.name, Meaning::Policy(id), findings);
            }
            ItemKind::Assume(condition) => self.assumptions.push(condition),
            ItemKind::Test(test) => self.tests.push(test),
            ItemKind::Alert(alert) => self.alerts.push(alert),
        }
    }

    fn add_field(&mut self, field: &'a ast::Field, findings: &mut Vec<Finding>) {
        let id = self.fields.push(field);
        let name = field.name.node.as_str();
        if let Some(&first) = self.fields_by_name.get(name) {
            findings.push(error::declared_twice("field", &field.name, self.fields[first].name.span));
            return;
        }
        if let Some(&other) = self.others_by_name.get(name).filter(|other| other.is_value()) {
            findings.push(error::hides_field(self.kind(other), self.declaration(other), &field.name));
        }
        self.fields_by_name.insert(name, id);
    }

    fn name(&mut self, name: &'a Name, meaning: Meaning, findings: &mut Vec<Finding>) {
        if let Some(&first) = self.others_by_name.get(name.node.as_str()) {
            findings.push(error::declared_twice(self.kind(first), name, self.declaration(first)));
            return;
        }
        if let Some(&field) = self.fields_by_name.get(name.node.as_str()).filter(|_| meaning.is_value()) {
            findings.push(error::hides_field(self.kind(meaning), name.span, &self.fields[field].name));
        }
        self.others_by_name.insert(&name.node, meaning);
    }

    /// Parts of which a project has one.
    fn refuse_repeats(&self, findings: &mut Vec<Finding>) {
        let leads: Vec<Span> = self.leads.iter().map(|lead| lead.item.span).collect();
        let texts = |parts: &[&Text]| parts.iter().map(|text| text.span).collect::<Vec<Span>>();
        let parts = [
            ("lead { … }", leads),
            ("roster", texts(&self.rosters)),
            ("timezone", texts(&self.timezones)),
            ("start at", texts(&self.starts)),
        ];
        for (part, spans) in parts {
            for &again in spans.iter().skip(1) {
                findings.push(error::part_twice(part, again, spans[0]));
            }
        }
    }

    /// What a name stands for where a value or a condition is written.
    pub fn find_value(&self, name: &str) -> Option<Meaning> {
        self.fields_by_name.get(name).map(|&field| Meaning::Field(field)).or_else(|| self.find_other(name))
    }

    /// What a name stands for among tables, `let`s, queues and policies.
    pub fn find_other(&self, name: &str) -> Option<Meaning> {
        self.others_by_name.get(name).copied()
    }

    pub fn find_field(&self, name: &str) -> Option<FieldId> {
        self.fields_by_name.get(name).copied()
    }

    /// What kind of thing a name stands for, in a word.
    pub fn kind(&self, meaning: Meaning) -> &'static str {
        match meaning {
            Meaning::Field(_) => "field",
            Meaning::Table(_) => "table",
            Meaning::Let(index) => match self.lets[index].kind {
                LetKind::Let => "`let`",
                LetKind::Territory => "territory",
                LetKind::Segment => "segment",
            },
            Meaning::Queue(_) => "queue",
            Meaning::Policy(_) => "policy",
        }
    }

    /// Where a name is declared.
    pub fn declaration(&self, meaning: Meaning) -> Span {
        match meaning {
            Meaning::Field(field) => self.fields[field].name.span,
            Meaning::Table(table) => self.tables[table].of.name.span,
            Meaning::Let(index) => self.lets[index].name.span,
            Meaning::Queue(queue) => self.queues[queue].of.name.span,
            Meaning::Policy(policy) => self.policies[policy].name.span,
        }
    }

    pub fn field_names(&self) -> impl Iterator<Item = &'a str> {
        self.fields.iter().map(|field| field.name.node.as_str())
    }

    pub fn let_names(&self) -> impl Iterator<Item = &'a str> {
        self.lets.iter().map(|declared| declared.name.node.as_str())
    }

    pub fn table_names(&self) -> impl Iterator<Item = &'a str> {
        self.tables.iter().map(|table| table.of.name.node.as_str())
    }

    pub fn queue_names(&self) -> impl Iterator<Item = &'a str> {
        self.queues.iter().map(|queue| queue.of.name.node.as_str())
    }

    pub fn policy_names(&self) -> impl Iterator<Item = &'a str> {
        self.policies.iter().map(|policy| policy.name.node.as_str())
    }

    /// The `let`s, each after those it is made of, as near to the order of writing as that allows.
    /// Those that are made of themselves are left out, and reported.
    pub fn lets_in_order(&self, findings: &mut Vec<Finding>) -> Vec<usize> {
        let needs: Vec<Vec<Need<'a>>> = self.lets.iter().map(|declared| self.needs(declared)).collect();
        let mut search = Search { needs, state: vec![State::New; self.lets.len()], order: Vec::new(), circles: vec![] };
        for start in 0..self.lets.len() {
            search.visit(start);
        }
        let circular: FxHashSet<usize> = search.circles.iter().flatten().map(|&(index, _)| index).collect();
        for circle in &search.circles {
            let path: Vec<(&Name, &Name)> =
                circle.iter().map(|&(index, need)| (&self.lets[index].name, need)).collect();
            findings.push(error::circular(&path));
        }
        search.order.retain(|index| !circular.contains(index));
        search.order
    }

    /// The `let`s that a `let` names.
    fn needs(&self, declared: &'a ast::Let) -> Vec<Need<'a>> {
        let mut names = Vec::new();
        match &declared.body {
            LetBody::Value(value) => names_of_value(value, &mut names),
            LetBody::Condition(condition) => names_of_condition(condition, &mut names),
        }
        let of_let = |name: &'a Name| match self.find_value(&name.node)? {
            Meaning::Let(index) => Some((index, name)),
            Meaning::Field(_) | Meaning::Table(_) | Meaning::Queue(_) | Meaning::Policy(_) => None,
        };
        names.into_iter().filter_map(of_let).collect()
    }
}

impl Meaning {
    /// Whether the name can stand where a field's name can.
    fn is_value(self) -> bool {
        matches!(self, Meaning::Field(_) | Meaning::Table(_) | Meaning::Let(_))
    }
}

/// A `let` and the place that names it.
type Need<'a> = (usize, &'a Name);

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    /// On the path that is being walked.
    Open,
    Done,
}

/// A depth-first walk over what needs what, without recursion: a generated policy may chain thousands
/// of `let`s.
struct Search<'a> {
    needs: Vec<Vec<Need<'a>>>,
    state: Vec<State>,
    order: Vec<usize>,
    /// Each as the path that returns to its start: who, and where it names the next.
    circles: Vec<Vec<Need<'a>>>,
}

impl Search<'_> {
    fn visit(&mut self, start: usize) {
        if self.state[start] != State::New {
            return;
        }
        self.state[start] = State::Open;
        // Who, and how many of its needs have been seen.
        let mut path = vec![(start, 0)];
        while let Some((at, seen)) = path.last_mut() {
            let Some(&(next, _)) = self.needs[*at].get(*seen) else {
                self.state[*at] = State::Done;
                self.order.push(*at);
                path.pop();
                continue;
            };
            *seen += 1;
            match self.state[next] {
                State::New => {
                    self.state[next] = State::Open;
                    path.push((next, 0));
                }
                State::Open => self.note_circle(&path, next),
                State::Done => {}
            }
        }
    }

    fn note_circle(&mut self, path: &[(usize, usize)], back_to: usize) {
        let start = path.iter().position(|&(at, _)| at == back_to).expect("an open `let` is on the path");
        let step = |&(at, seen): &(usize, usize)| (at, self.needs[at][seen - 1].1);
        let circle = path[start..].iter().map(step).collect();
        self.circles.push(circle);
    }
}

fn names_of_value<'a>(value: &'a Value, names: &mut Vec<&'a Name>) {
    match &value.kind {
        ValueKind::Path { root, key, .. } => {
            names.push(root);
            if let Some(key) = key {
                names_of_value(key, names);
            }
        }
        ValueKind::DomainOf(of) | ValueKind::HourOf { of, .. } | ValueKind::WeekdayOf { of, .. } => {
            names_of_value(of, names);
        }
        ValueKind::FirstKnown(values) => values.iter().for_each(|value| names_of_value(value, names)),
    }
}

fn names_of_condition<'a>(condition: &'a Condition, names: &mut Vec<&'a Name>) {
    match &condition.kind {
        ConditionKind::And(parts) | ConditionKind::Or(parts) => {
            parts.iter().for_each(|part| names_of_condition(part, names));
        }
        ConditionKind::Not(inner) => names_of_condition(inner, names),
        ConditionKind::Named(name) => names.push(name),
        ConditionKind::Comparison { value, operator } => {
            names_of_value(value, names);
            if let Operator::In { set: Set::Value(set), .. } = &operator.node {
                names_of_value(set, names);
            }
        }
    }
}

impl Unseen {
    /// Notes what a file with syntax errors may declare: the words behind the keywords of
    /// declarations, those that begin a line, where fields and columns stand, and every word of the
    /// lines (counted from 0) that could not be read.
    pub fn note(&mut self, text: &str, broken_lines: &FxHashSet<usize>) {
        self.something = true;
        for (number, line) in text.lines().enumerate() {
            let broken = broken_lines.contains(&number);
            let mut behind_keyword = true;
            for word in line.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_') {
                if word.is_empty() {
                    continue;
                }
                if behind_keyword || broken {
                    self.words.insert(word.to_owned());
                }
                behind_keyword =
                    matches!(word, "let" | "territory" | "segment" | "table" | "queue" | "policy" | "rule" | "lead");
            }
        }
    }

    /// Notes every word of a text of which something could not be read.
    pub fn note_words(&mut self, text: &str) {
        self.something = true;
        let words = text.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_');
        self.words.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
    }

    /// Notes that a file could not be read at all.
    pub fn note_missing_file(&mut self) {
        self.something = true;
        self.everything = true;
    }

    /// Whether the name may be declared where nobody could look.
    pub fn may_declare(&self, name: &str) -> bool {
        self.everything || self.words.contains(name)
    }

    /// Whether all of the project could be read.
    pub fn is_empty(&self) -> bool {
        !self.something
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_broken_line_may_have_declared_is_not_called_unknown() {
        let mut unseen = Unseen::default();
        unseen.note(
            "lead { id text\n  size integer to 5\n}\nlet large = size >> 5\nstart at inbound",
            &FxHashSet::from_iter([3]),
        );
        assert!(unseen.may_declare("size") && unseen.may_declare("large") && unseen.may_declare("id"));
        assert!(!unseen.may_declare("inbound"));
    }
}
