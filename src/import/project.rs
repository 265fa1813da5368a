//! Translated rules → the text of `main.rules` and `roster.yaml`.
//!
//! The text is right but not laid out; `fmt` does that.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::Options;
use super::comparison::{Operand, lexical, written};
use super::condition::Condition;
use super::fields::{Because, FieldId, Fields, Type};
use super::metadata::{Asks, Assignee, Criterion, Kind};
use super::names::Names;
use super::translate::{Entry, Fidelity, Open, Part, Policy, assignees};
use crate::cell::quoted;
use crate::diagnostic::visible;

/// What was written.
pub struct Written {
    pub main: String,
    /// None if the rules name no user.
    pub roster: Option<String>,
    pub names: Given,
}

/// What everything is called in the project.
#[derive(Debug)]
pub struct Given {
    /// The lead's fields in order.
    pub fields: Vec<LeadField>,
    /// One for each assignment rule.
    pub policies: Vec<String>,
    /// Which of them leads start at.
    pub start: usize,
    key: String,
    owner: Option<String>,
    by_operand: BTreeMap<(usize, Operand), String>,
    assignees: BTreeMap<Assignee, String>,
}

/// A field of the lead block.
#[derive(Debug)]
pub struct LeadField {
    pub name: String,
    /// The column's header.
    pub header: String,
    pub ty: Type,
    /// None for a field that stands for what was not translated.
    pub because: Option<Because>,
    comment: Option<String>,
}

pub fn write(object: &str, files: &[String], policies: &[Policy], fields: &Fields, options: Options) -> Written {
    let names = Given::of(policies, fields, options);
    let page = Page { policies, fields, names: &names, options };
    let main = page.main(object, files);
    let roster = page.roster();
    Written { main, roster, names }
}

impl Given {
    fn of(policies: &[Policy], fields: &Fields, options: Options) -> Given {
        let start = policies.iter().position(|policy| policy.rule.active).unwrap_or(0);
        let mut names = Names::default();
        let mut given = Given {
            fields: Vec::new(),
            policies: Vec::new(),
            start,
            key: names.give("Id", "record"),
            owner: None,
            by_operand: BTreeMap::new(),
            assignees: BTreeMap::new(),
        };
        if policies.iter().any(|policy| keeps_owner(policy, options)) {
            given.owner = Some(names.give("OwnerId", "owner"));
        }
        given.name_fields(policies, fields, &mut names);
        given.policies = policies.iter().map(|policy| names.give(&policy.rule.name, "policy")).collect();
        given.name_open(policies, &mut names);
        for assignee in assignees(policies) {
            let name = match assignee.kind.is_person(&assignee.name) {
                true => names.give(assignee.name.split('@').next().unwrap_or_default(), "rep"),
                false => names.give(&assignee.name, "queue"),
            };
            given.assignees.insert(assignee.clone(), name);
        }
        given
    }

    /// Fields that some rule looks at, in the order in which they are met.
    fn name_fields(&mut self, policies: &[Policy], fields: &Fields, names: &mut Names) {
        for operand in operands(policies).into_iter().map(|(_, operand)| operand) {
            let (id, whole) = match &operand {
                Operand::Field(id) => (*id, false),
                Operand::Whole(id) => (*id, true),
                Operand::Open(_) | Operand::Key => continue,
            };
            if self.by_operand.contains_key(&(0, operand.clone())) {
                continue;
            }
            let path = fields.path(id);
            let name = match (path, &self.owner) {
                (path, _) if path.eq_ignore_ascii_case("Id") => self.key.clone(),
                (path, Some(owner)) if path.eq_ignore_ascii_case("OwnerId") => owner.clone(),
                _ => {
                    let name = names.give(&if whole { format!("{path}_whole") } else { path.to_owned() }, "field");
                    self.fields.push(LeadField::of(name.clone(), id, whole, fields));
                    name
                }
            };
            self.by_operand.insert((0, operand), name);
        }
    }

    /// Fields for what was not translated: `entry_7_formula`, behind the policy's name where it is not
    /// the one that leads start at.
    fn name_open(&mut self, policies: &[Policy], names: &mut Names) {
        for (index, policy) in policies.iter().enumerate() {
            for (entry, open) in
                policy.entries.iter().flat_map(|entry| opens(entry).iter().map(move |open| (entry, open)))
            {
                let wanted = match index == self.start {
                    true => open.field.clone(),
                    false => format!("{}_{}", self.policies[index], open.field),
                };
                let name = names.give(&wanted, "field");
                self.by_operand.insert((index, Operand::Open(open.field.clone())), name.clone());
                let comment = format!("whether {} of entry {} holds", open.what.name(), entry.number());
                let field =
                    LeadField { header: name.clone(), name, ty: Type::YesNo, because: None, comment: Some(comment) };
                self.fields.push(field);
            }
        }
    }

    /// What an operand is called in a policy.
    pub fn operand(&self, policy: usize, operand: &Operand) -> String {
        let of = if matches!(operand, Operand::Open(_)) { policy } else { 0 };
        match operand {
            Operand::Key => self.key.clone(),
            other => self.by_operand[&(of, other.clone())].clone(),
        }
    }

    /// The field that stands for something that was not translated.
    pub fn open(&self, policy: usize, open: &Open) -> String {
        self.operand(policy, &Operand::Open(open.field.clone()))
    }
}

impl LeadField {
    fn of(name: String, id: FieldId, whole: bool, fields: &Fields) -> LeadField {
        let (ty, because) = if whole { (Type::Text, Because::Asked) } else { fields.type_and_why(id) };
        let comment = match (whole, because, ty) {
            (true, ..) => Some("all selected values as one text"),
            (false, Because::Compared, Type::Number) => {
                Some("a custom field: taken for a number, for it is ordered against numbers")
            }
            (false, Because::Compared, Type::Timestamp) => {
                Some("a custom field: taken for a date, for it is compared with days")
            }
            (false, Because::Compared, Type::YesNo) => {
                Some("a custom field: taken for a checkbox, going by its values")
            }
            (false, Because::Compared, Type::Text) if fields.might_be_number(id) => {
                Some("a custom field: if it holds numbers, write `number`, and the numbers without quotes")
            }
            (false, ..) => None,
        };
        LeadField {
            header: fields.path(id).to_owned(),
            name,
            ty,
            because: Some(because),
            comment: comment.map(str::to_owned),
        }
    }
}

/// Every operand in the order of the rules, with the policy it stands in.
fn operands(policies: &[Policy]) -> Vec<(usize, Operand)> {
    let of = |(index, policy): (usize, &Policy)| -> Vec<(usize, Operand)> {
        let tests = policy.entries.iter().flat_map(|entry| entry.condition.tests());
        tests.map(|comparison| (index, comparison.operand.clone())).collect()
    };
    policies.iter().enumerate().flat_map(of).collect()
}

fn opens<'a>(entry: &'a Entry) -> &'a [Open] {
    match &entry.fidelity {
        Fidelity::Open(open) => open,
        Fidelity::Exact | Fidelity::LetterCase(_) => &[],
    }
}

/// Whether a policy's last entry takes what is left.
pub fn has_catch_all(policy: &Policy) -> bool {
    policy.entries.last().is_some_and(|entry| entry.condition == Condition::Always)
}

fn keeps_owner(policy: &Policy, options: Options) -> bool {
    let ends = !has_catch_all(policy) && !options.strict_fallback;
    ends || policy.rule.entries.iter().any(|entry| entry.assignee.is_none())
}

struct Page<'a> {
    policies: &'a [Policy<'a>],
    fields: &'a Fields,
    names: &'a Given,
    options: Options,
}

impl Page<'_> {
    fn main(&self, object: &str, files: &[String]) -> String {
        let mut out = String::new();
        comment(&mut out, &format!("Assignment rules for {object}, imported from Salesforce: {}.", files.join(", ")));
        comment(&mut out, "A policy is an assignment rule; `entry_7` is its entry 7.");
        self.what_was_not_translated(&mut out);
        out.push('\n');
        if !self.people().is_empty() {
            out.push_str("roster \"roster.yaml\"\n\n");
        }
        self.lead(&mut out);
        self.queues(&mut out);
        for index in 0..self.policies.len() {
            self.policy(&mut out, index);
        }
        if self.policies.iter().all(|policy| !policy.rule.active) {
            comment(&mut out, "None of the assignment rules is active in Salesforce: this is the first.");
        }
        let _ = writeln!(out, "start at {}", self.names.policies[self.names.start]);
        out
    }

    fn what_was_not_translated(&self, out: &mut String) {
        let mut lines = Vec::new();
        for (index, policy) in self.policies.iter().enumerate() {
            for entry in &policy.entries {
                let place = format!("{}.entry_{}", self.names.policies[index], entry.number());
                lines.extend(opens(entry).iter().map(|open| format!("  {place}: {} {}", open.what.name(), open.why)));
            }
        }
        if !lines.is_empty() {
            out.push_str("#\n");
            comment(out, "Not translated; for each the lead has a field that says whether it holds:");
            lines.iter().for_each(|line| comment(out, line));
        }
    }

    fn lead(&self, out: &mut String) {
        let Given { key, owner, fields, .. } = self.names;
        let _ = writeln!(out, "lead {{\n{key} text key");
        if let Some(owner) = owner {
            let _ = writeln!(out, "{owner} text owner");
        }
        for LeadField { name, header, ty, comment, .. } in fields {
            let from = if name == header { String::new() } else { format!(" from {}", quoted(header)) };
            let comment = comment.as_ref().map(|text| format!("  # {}", visible(text))).unwrap_or_default();
            let _ = writeln!(out, "{name} {ty}{from}{comment}");
        }
        out.push_str("}\n\n");
    }

    fn queues(&self, out: &mut String) {
        let all = assignees(self.policies);
        for queue in all.into_iter().filter(|assignee| !assignee.kind.is_person(&assignee.name)) {
            let name = &self.names.assignees[queue];
            let description = if *name == queue.name { String::new() } else { format!(" {}", text(&queue.name)) };
            out.push_str("allow endless-wait \"its members take records from it in Salesforce\"\n");
            let _ = writeln!(out, "queue {name}{description}\n");
        }
    }

    fn policy(&self, out: &mut String, index: usize) {
        let policy = &self.policies[index];
        policy.rule.rest.iter().for_each(|extra| comment(out, &extra.as_comment()));
        if index != self.names.start {
            let why = if policy.rule.active { "another one is started at" } else { "it is not active in Salesforce" };
            let _ = writeln!(out, "allow unreachable-policy \"{why}\"");
        }
        let name = &self.names.policies[index];
        let description = if *name == policy.rule.name { String::new() } else { text(&policy.rule.name) };
        let _ = writeln!(out, "policy {name} {description} {{");
        for (position, entry) in policy.entries.iter().enumerate() {
            self.entry(out, index, entry, position + 1 == policy.entries.len());
        }
        if !has_catch_all(policy) && !self.options.strict_fallback {
            comment(out, "Salesforce leaves a record that no entry takes with its default owner.");
            out.push_str("otherwise keep owner\n");
        }
        out.push_str("}\n\n");
    }

    fn entry(&self, out: &mut String, policy: usize, entry: &Entry, is_last: bool) {
        self.comments(out, policy, entry);
        let action = self.action(entry);
        if is_last && entry.condition == Condition::Always {
            comment(out, &format!("entry {}, which takes every record", entry.number()));
            let _ = writeln!(out, "otherwise {action}\n");
            return;
        }
        match &entry.condition {
            Condition::Always => comment(out, "it takes every record; nothing is left for the entries below"),
            Condition::Never if entry.only_not_new => {
                out.push_str("allow impossible-condition \"it only takes records that are not new\"\n");
            }
            _ => {}
        }
        let condition = written(&entry.condition, &|operand| self.names.operand(policy, operand));
        let _ = writeln!(out, "rule entry_{} when {condition} {action}\n", entry.number());
    }

    /// What the entry says beyond the rule.
    fn comments(&self, out: &mut String, policy: usize, entry: &Entry) {
        entry.source.rest.iter().for_each(|extra| comment(out, &extra.as_comment()));
        for line in remarks(entry, self.fields) {
            comment(out, &line);
        }
        for open in opens(entry) {
            let field = self.names.open(policy, open);
            comment(out, &format!("not translated ({field}): {} {}", open.what.name(), open.why));
            if let Some(criterion) = open.what.criterion(entry) {
                comment(out, &format!("  {}", as_written(criterion)));
            }
        }
        if let Asks::Formula(formula) = &entry.source.asks {
            comment(out, "formula:");
            formula.node.lines().for_each(|line| comment(out, &format!("  {}", line.trim_end())));
        }
    }

    fn action(&self, entry: &Entry) -> String {
        match &entry.source.assignee {
            None => "keep owner".to_owned(),
            Some(to) if to.kind.is_person(&to.name) => format!("assign rep {}", self.names.assignees[to]),
            Some(to) => format!("assign queue {}", self.names.assignees[to]),
        }
    }

    fn people(&self) -> Vec<&Assignee> {
        let all = assignees(self.policies).into_iter();
        all.filter(|assignee| assignee.kind.is_person(&assignee.name)).collect()
    }

    fn roster(&self) -> Option<String> {
        let people = self.people();
        let mut out = "# The users that the rules name; `crm_id` is the Salesforce username.\nreps:\n".to_owned();
        for user in &people {
            let username = serde_json::to_string(&user.name).expect("a text is always JSON, and JSON is YAML");
            let _ = writeln!(out, "  {}: {{ crm_id: {username} }}", self.names.assignees[*user]);
        }
        (!people.is_empty()).then_some(out)
    }
}

/// What to know about an entry that was translated.
pub fn remarks(entry: &Entry, fields: &Fields) -> Vec<String> {
    let mut lines = Vec::new();
    if let Fidelity::LetterCase(ids) = &entry.fidelity {
        lines.push(format!("the formula heeds letter case in {}; the policy does not", paths(ids, fields)));
    }
    if entry.only_not_new {
        lines.push("it only takes records that are not new, and it is new ones that are routed".to_owned());
    }
    let ordered = lexical(&entry.condition, fields);
    if !ordered.is_empty() {
        lines
            .push(format!("{} is ordered as text, letter by letter: `1000` comes before `9`", paths(&ordered, fields)));
    }
    for criterion in entry.unused_criteria() {
        lines.push(format!("criterion {criterion} is not in the entry's filter, so it does not count"));
    }
    if let Some(Assignee { name, kind: Kind::Other(kind) }) = &entry.source.assignee {
        let what = if kind.is_empty() { "whose type is not said".to_owned() } else { format!("a `{kind}`") };
        lines.push(format!("it goes to `{name}`, {what}; the policy knows users and queues only"));
    }
    lines
}

fn paths(ids: &BTreeSet<FieldId>, fields: &Fields) -> String {
    let paths: Vec<String> = ids.iter().map(|id| format!("`{}`", fields.path(*id))).collect();
    paths.join(", ")
}

/// `Lead.Country equals DE,AT`
fn as_written(criterion: &Criterion) -> String {
    let value = match (&criterion.value_field, &criterion.value) {
        (Some(field), _) => format!("the field {field}"),
        (None, Some(value)) => value.clone(),
        (None, None) => "nothing".to_owned(),
    };
    format!("{} {} {value}", criterion.field, criterion.operation)
}

impl Part {
    /// `the formula`, `criterion 2`
    pub fn name(self) -> String {
        match self {
            Part::Formula => "the formula".to_owned(),
            Part::Criterion(number) => format!("criterion {number}"),
        }
    }

    fn criterion<'a>(self, entry: &'a Entry) -> Option<&'a Criterion> {
        match (self, &entry.source.asks) {
            (Part::Criterion(number), Asks::Criteria { items, .. }) => items.get(number - 1),
            (Part::Formula | Part::Criterion(_), _) => None,
        }
    }
}

/// Text as comments of a readable width, a line for each of its lines; its indentation is kept.
fn comment(out: &mut String, text: &str) {
    for line in text.split(['\n', '\r']).map(|line| line.replace('\t', "  ")).filter(|line| !line.trim().is_empty()) {
        let line = visible(&line);
        let indent = &line[..line.len() - line.trim_start().len()];
        let options = textwrap::Options::new(COMMENT_WIDTH)
            .initial_indent(indent)
            .subsequent_indent(indent)
            .break_words(false)
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        for line in textwrap::wrap(line.trim(), options) {
            let _ = writeln!(out, "# {line}");
        }
    }
}

/// In columns.
const COMMENT_WIDTH: usize = 100;

/// A name for people as text; a description is on one line.
fn text(name: &str) -> String {
    quoted(&visible(&name.split_whitespace().collect::<Vec<_>>().join(" ")))
}
