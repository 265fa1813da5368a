//! Policies: rules, rows and `otherwise`, in reading order, each with its action.
//!
//! A rule with an error is stood in for by one that rejects, so that what comes after keeps its place
//! and its own errors are found; a project with errors is never handed out.

use rustc_hash::FxHashMap;

use crate::cell::Cell;
use crate::diagnostic::{Code, Stage};
use crate::ids::{Id, IdVec, PolicyId, RowId, RuleId, TableId};
use crate::policy::{Action, Allow, Condition, Dates, Expiry, NamedCondition, NamedValue, Origin, Policy, Rule};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, ActionKind, Entry, EntryKind, LetBody, LetKind, Name, ValueKind};

use super::chains::{ChainPattern, Setting};
use super::names::Meaning;
use super::patterns::{Filling, Pattern};
use super::spelling::spelled;
use super::values::Let;
use super::{Checker, depth, error};

/// An action that has been checked, with the cells of a row still open.
enum ActionPattern {
    /// The chain, and the chains of escalations with their times.
    Assign(ChainPattern, Vec<(u64, ChainPattern)>),
    Fixed(Action),
}

/// What a rule is called and where.
struct Heading<'a> {
    name: String,
    origin: Origin,
    description: Option<&'a ast::Text>,
    dates: ast::Dates,
    head: Span,
    span: Span,
}

impl Checker<'_> {
    /// Every `let`, in an order in which each comes after what it is made of.
    pub(super) fn lower_lets(&mut self) {
        for index in self.all.lets_in_order(&mut self.findings) {
            let declared = self.all.lets[index];
            self.lets[index] = self.lower_let(declared);
        }
    }

    fn lower_let(&mut self, declared: &ast::Let) -> Let {
        let value = match &declared.body {
            LetBody::Condition(condition) => {
                let Some(pattern) = self.pattern(condition, None) else { return Let::Broken };
                let condition = self.fill(&pattern, None).unwrap_or(Condition::And(Vec::new()));
                return self.name_condition(declared, condition);
            }
            LetBody::Value(value) => value,
        };
        match self.let_named_by(value) {
            Some(Let::Condition(condition)) => {
                return self.name_condition(declared, Condition::Named(condition, value.span));
            }
            Some(Let::Broken) => return Let::Broken,
            Some(Let::Value(_)) | None => {}
        }
        let Some(id) = self.value(value, None) else { return Let::Broken };
        if declared.kind != LetKind::Let {
            let finding = error::value_as_area(declared, &spelled(value), value.span, &self.values.all[id].ty);
            self.findings.push(finding);
            return Let::Broken;
        }
        if self.values.depth(id) > depth::DEEPEST {
            self.findings.push(error::made_of_too_many(&declared.name));
            return Let::Broken;
        }
        self.values.name(id, &declared.name.node);
        Let::Value(id)
    }

    fn name_condition(&mut self, declared: &ast::Let, condition: Condition) -> Let {
        let depth = depth::of_condition(&condition, &self.depths);
        if depth > depth::DEEPEST {
            self.findings.push(error::made_of_too_many(&declared.name));
            return Let::Broken;
        }
        self.depths.push(depth);
        let named = NamedCondition {
            kind: declared.kind,
            name: declared.name.node.clone(),
            condition,
            name_span: declared.name.span,
        };
        Let::Condition(self.conditions.push(named))
    }

    /// What a bare name that is all of a `let` names, if it is another `let`.
    fn let_named_by(&self, value: &ast::Value) -> Option<Let> {
        let ValueKind::Path { root, key: None, column: None } = &value.kind else { return None };
        match self.all.find_value(&root.node)? {
            Meaning::Let(index) => Some(self.lets[index]),
            Meaning::Field(_) | Meaning::Table(_) | Meaning::Queue(_) | Meaning::Policy(_) => None,
        }
    }

    /// The `let`s that name values, as declared.
    pub(super) fn named_values(&self) -> Vec<NamedValue> {
        let named = |(index, (declared, meaning)): (usize, (&&ast::Let, &Let))| match meaning {
            Let::Value(value) => Some(NamedValue {
                name: declared.name.node.clone(),
                value: *value,
                is_used: self.used_lets.contains(&index),
                name_span: declared.name.span,
            }),
            Let::Condition(_) | Let::Broken => None,
        };
        self.all.lets.iter().zip(&self.lets).enumerate().filter_map(named).collect()
    }

    /// Every policy; its rules go to `self.rules`.
    pub(super) fn lower_policies(&mut self) -> IdVec<PolicyId, Policy> {
        let all = self.all;
        all.policies.iter_with_ids().map(|(id, policy)| self.policy(id, policy)).collect()
    }

    fn policy(&mut self, id: PolicyId, written: &ast::Policy) -> Policy {
        self.refuse_repeated_entries(written);
        let first = self.rules.len();
        for entry in &written.entries {
            let before = self.findings.len();
            let name = self.entry(id, entry);
            for finding in &mut self.findings[before..] {
                finding.policy = Some(written.name.node.clone());
                finding.rule = name.as_ref().map(|name| format!("{}.{name}", written.name.node));
            }
        }
        Policy {
            name: written.name.node.clone(),
            mark: written.mark.map(|mark| mark.node),
            description: written.description.as_ref().map(|text| text.node.clone()),
            rules: self.rules.ids().skip(first).collect(),
            name_span: written.name.span,
            span: written.span,
        }
    }

    /// Rules that share a name, rows of one table gone through twice, a second `otherwise`, and rules
    /// behind it.
    fn refuse_repeated_entries(&mut self, written: &ast::Policy) {
        let mut rules: FxHashMap<&str, Span> = FxHashMap::default();
        let mut tables: FxHashMap<&str, Span> = FxHashMap::default();
        let mut otherwise: Option<Span> = None;
        for entry in &written.entries {
            let head = head_of(entry);
            match (&entry.kind, otherwise) {
                (EntryKind::Otherwise { head }, Some(first)) => {
                    self.findings.push(error::otherwise_twice(*head, first));
                    continue;
                }
                (_, Some(first)) => self.findings.push(error::misplaced_rule(head, first)),
                (_, None) => {}
            }
            match &entry.kind {
                EntryKind::Otherwise { head } => otherwise = Some(*head),
                EntryKind::Rule { name, .. } if name.node == "otherwise" => {
                    self.findings.push(error::rule_named_otherwise(name.span));
                }
                EntryKind::Rule { name, .. } => {
                    if let Some(&first) = rules.get(&*name.node) {
                        self.findings.push(error::declared_twice("rule", name, first));
                    }
                    rules.entry(&name.node).or_insert(name.span);
                }
                EntryKind::EachRow { head, table, .. } => {
                    if let Some(&first) = tables.get(&*table.node) {
                        self.findings.push(error::rows_twice(&table.node, *head, first));
                    }
                    tables.entry(&table.node).or_insert(*head);
                }
            }
        }
    }

    /// The rules of an entry. Returns the name that findings about it go by, where it has one.
    fn entry(&mut self, policy: PolicyId, entry: &Entry) -> Option<String> {
        match &entry.kind {
            EntryKind::Rule { name, description, dates, when } => {
                self.check_dates(*dates);
                let when = self.condition(when);
                let action = self.action(&entry.action, None);
                let heading = Heading {
                    name: name.node.clone(),
                    origin: Origin::Rule,
                    description: description.as_ref(),
                    dates: *dates,
                    head: name.span,
                    span: entry.span,
                };
                self.push_rule(policy, &heading, Some(when), action.as_ref(), None);
                Some(heading.name)
            }
            EntryKind::Otherwise { head } => {
                let action = self.action(&entry.action, None);
                let heading = Heading {
                    name: "otherwise".to_owned(),
                    origin: Origin::Otherwise,
                    description: None,
                    dates: ast::Dates::default(),
                    head: *head,
                    span: entry.span,
                };
                self.push_rule(policy, &heading, None, action.as_ref(), None);
                Some(heading.name)
            }
            EntryKind::EachRow { head, table, dates, when } => {
                self.check_dates(*dates);
                self.rows(policy, entry, *head, table, *dates, when);
                None
            }
        }
    }

    fn rows(
        &mut self,
        policy: PolicyId,
        entry: &Entry,
        head: Span,
        table: &Name,
        dates: ast::Dates,
        when: &ast::Condition,
    ) {
        let Some(table) = self.table(table) else { return };
        let pattern = self.pattern(when, Some(table));
        let action = self.action(&entry.action, Some(table));
        let (Some(pattern), Some(action)) = (pattern, action) else {
            self.broken_rows = true;
            return;
        };
        for row in self.tables[table].table.rows.ids() {
            self.row_rule(policy, (table, row), &pattern, &action, (head, dates, entry.span));
        }
    }

    /// The rule of one row. A row without a single cell, which spreadsheets leave behind, is none: all
    /// its comparisons would be dropped, and it would take every lead.
    fn row_rule(
        &mut self,
        policy: PolicyId,
        (table, row): (TableId, RowId),
        pattern: &Pattern,
        action: &ActionPattern,
        (head, dates, span): (Span, ast::Dates, Span),
    ) {
        let loaded = &self.tables[table].table;
        if loaded.rows[row].cells.iter().all(|cell| *cell == Cell::Blank) {
            return;
        }
        let filling = Some(Filling { table, row });
        let when = self.fill(pattern, filling).unwrap_or(Condition::And(Vec::new()));
        let heading = Heading {
            name: format!("{}:{}", loaded.name, row.index() + 1),
            origin: Origin::Row(table, row),
            description: None,
            dates,
            head,
            span,
        };
        self.push_rule(policy, &heading, Some(when), Some(action), filling);
    }

    fn push_rule(
        &mut self,
        policy: PolicyId,
        heading: &Heading,
        when: Option<Condition>,
        action: Option<&ActionPattern>,
        filling: Option<Filling>,
    ) {
        let (action, escalations) = match action {
            Some(ActionPattern::Assign(chain, escalations)) => {
                let expiry = |(seconds, chain): &(u64, ChainPattern)| Expiry {
                    seconds: *seconds,
                    chain: self.fill_chain(chain, filling),
                };
                (Action::Assign(self.fill_chain(chain, filling)), escalations.iter().map(expiry).collect())
            }
            Some(ActionPattern::Fixed(action)) => (action.clone(), Vec::new()),
            None => (Action::Reject(String::new()), Vec::new()),
        };
        self.rules.push(Rule {
            policy,
            name: heading.name.clone(),
            origin: heading.origin,
            description: heading.description.map(|text| text.node.clone()),
            when,
            dates: Dates { from: heading.dates.from, until: heading.dates.until },
            action,
            escalations,
            head: heading.head,
            span: heading.span,
        });
    }

    /// What happens to a lead that nobody gets in touch with, in order of time.
    fn escalations(&mut self, written: &[ast::Escalation], row: Option<TableId>) -> Option<Vec<(u64, ChainPattern)>> {
        let setting = Setting { row, escalates: true };
        let mut seen: FxHashMap<u64, Span> = FxHashMap::default();
        let mut escalations = Vec::new();
        for escalation in written {
            let seconds = escalation.after.seconds;
            if let Some(first) = seen.insert(seconds, escalation.after.span) {
                self.findings.push(error::escalation_twice(escalation.after.span, first));
            }
            escalations.push(self.chain_pattern(&escalation.chain, setting).map(|chain| (seconds, chain)));
        }
        let mut escalations: Vec<(u64, ChainPattern)> = escalations.into_iter().collect::<Option<_>>()?;
        escalations.sort_by_key(|(seconds, _)| *seconds);
        Some(escalations)
    }

    fn action(&mut self, written: &ast::Action, row: Option<TableId>) -> Option<ActionPattern> {
        match &written.kind {
            ActionKind::Assign(chain, escalations) => {
                let chain = self.chain_pattern(chain, Setting { row, escalates: false });
                let escalations = self.escalations(escalations, row);
                Some(ActionPattern::Assign(chain?, escalations?))
            }
            ActionKind::GoTo(name) => {
                let policy = self.policy_named(name)?;
                Some(ActionPattern::Fixed(Action::GoTo(Spanned::new(policy, name.span))))
            }
            ActionKind::Reject(reason) => Some(ActionPattern::Fixed(Action::Reject(reason.node.clone()))),
            ActionKind::KeepOwner => self.keep_owner(written.span).map(ActionPattern::Fixed),
        }
    }

    /// `keep owner` needs to know which field names the owner; said once.
    fn keep_owner(&mut self, span: Span) -> Option<Action> {
        let has_owner = self.lead.as_ref().is_none_or(|lead| lead.owner.is_some());
        if has_owner || !self.unseen.is_empty() {
            return Some(Action::KeepOwner);
        }
        if !std::mem::replace(&mut self.said_no_owner, true) {
            let lead = self.all.leads.first().map(|lead| lead.item.span);
            self.findings.push(error::no_owner(span, lead));
        }
        None
    }

    /// The policy of a name.
    pub(super) fn policy_named(&mut self, name: &Name) -> Option<PolicyId> {
        match self.all.find_other(&name.node) {
            Some(Meaning::Policy(policy)) => Some(policy),
            Some(other) => self.other_kind(name, "a policy", other),
            None if self.unseen.may_declare(&name.node) => None,
            None => {
                let finding = error::unknown_policy(name, self.all.policy_names());
                self.refuse(finding)
            }
        }
    }

    fn check_dates(&mut self, dates: ast::Dates) {
        if let (Some(from), Some(until)) = (dates.from, dates.until)
            && from.node > until.node
        {
            self.findings.push(error::dates_reversed(from, until));
        }
    }

    /// Every `allow`, with what it stands before.
    pub(super) fn lower_allows(&mut self, files: &[ast::File]) -> Vec<Allow> {
        let mut allows = Vec::new();
        for item in files.iter().flat_map(|file| &file.items) {
            self.allows(&item.allows, item.span, &mut allows);
            match &item.kind {
                ast::ItemKind::Lead(lead) => self.field_allows(&lead.fields, &mut allows),
                ast::ItemKind::Table(table) => self.field_allows(&table.columns, &mut allows),
                ast::ItemKind::Policy(policy) => {
                    policy.entries.iter().for_each(|entry| self.allows(&entry.allows, entry.span, &mut allows));
                }
                _ => {}
            }
        }
        allows
    }

    fn field_allows(&mut self, fields: &[ast::Field], allows: &mut Vec<Allow>) {
        fields.iter().for_each(|field| self.allows(&field.allows, field.span, allows));
    }

    fn allows(&mut self, written: &[ast::Allow], scope: Span, allows: &mut Vec<Allow>) {
        for allow in written {
            if allow.reason.node.trim().is_empty() {
                self.findings.push(error::no_reason(allow));
            }
            match Code::named(&allow.code.node) {
                Some(code) if code.stage() == Stage::Lint => {
                    allows.push(Allow { code, reason: allow.reason.node.clone(), span: allow.span, scope });
                }
                Some(code) => self.findings.push(error::not_a_lint(code, allow.code.span)),
                None => self.findings.push(error::unknown_lint(&allow.code)),
            }
        }
    }

    /// Rules by name, for tests: every rule that has it.
    pub(super) fn rules_by_name(&self) -> FxHashMap<String, Vec<RuleId>> {
        let mut by_name: FxHashMap<String, Vec<RuleId>> = FxHashMap::default();
        for (id, rule) in self.rules.iter_with_ids() {
            by_name.entry(rule.name.clone()).or_default().push(id);
        }
        by_name
    }
}

fn head_of(entry: &Entry) -> Span {
    match &entry.kind {
        EntryKind::Rule { name, .. } => name.span,
        EntryKind::EachRow { head, .. } | EntryKind::Otherwise { head } => *head,
    }
}
