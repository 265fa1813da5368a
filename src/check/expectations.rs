//! A policy's own `test` blocks: the lead that is given, and what is expected of it.

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use crate::cell::{Cell, Text, Type, normal_text, read_timestamp};
use crate::ids::{FieldId, PolicyId, RuleId, TableId};
use crate::policy::{Expectation, Origin, Rule, Test};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, ExpectationKind, Name, Operand, OperandKind, RuleRef};

use super::names::Meaning;
use super::{Checker, error};

/// Rules by name, over all policies.
type RulesByName = FxHashMap<String, Vec<RuleId>>;

impl Checker<'_> {
    /// Every test that has no error. The policies have been lowered.
    pub(super) fn lower_tests(&mut self) -> Vec<Test> {
        let all = self.all;
        self.refuse_repeated_tests(&all.tests);
        let names_rules = all.tests.iter().any(|test| test.by.is_some());
        let rules = if names_rules { self.rules_by_name() } else { FxHashMap::default() };
        all.tests.iter().filter_map(|test| self.lower_test(test, &rules)).collect()
    }

    /// A failure is told by the test's name.
    fn refuse_repeated_tests(&mut self, tests: &[&ast::Test]) {
        let mut seen: FxHashMap<Text, Span> = FxHashMap::default();
        for test in tests {
            if let Some(first) = seen.insert(normal_text(&test.name.node), test.name.span) {
                self.findings.push(error::test_twice(&test.name, first));
            }
        }
    }

    fn lower_test(&mut self, written: &ast::Test, rules: &RulesByName) -> Option<Test> {
        let at = written.at.as_ref().map(|at| self.moment_of_test(at));
        let given = self.given(&written.given);
        let expect = self.expectation(&written.expect);
        let by = written.by.as_ref().map(|by| self.rule_named(by, rules));
        Some(Test {
            name: written.name.node.clone(),
            at: at.map_or(Some(None), |at| at.map(Some))?,
            given: given?,
            expect: expect?,
            by: by.map_or(Some(None), |by| by.map(Some))?,
            name_span: written.name.span,
            span: written.span,
        })
    }

    fn moment_of_test(&mut self, at: &Operand) -> Option<Timestamp> {
        let source = self.sources.text(at.span);
        let found = match at.kind {
            OperandKind::Date(_) | OperandKind::Timestamp(_) => read_timestamp(source, &self.timezone),
            _ => None,
        };
        found.or_else(|| self.refuse(error::no_moment(source, at.span)))
    }

    fn given(&mut self, written: &[(Name, Operand)]) -> Option<Vec<(FieldId, Cell)>> {
        let mut seen: FxHashMap<FieldId, Span> = FxHashMap::default();
        let mut cells = Some(Vec::new());
        for (name, operand) in written {
            let cell = self.given_cell(name, operand);
            if let Some((field, _)) = &cell
                && let Some(first) = seen.insert(*field, name.span)
            {
                self.findings.push(error::given_twice(name, first));
            }
            cells = cells.zip(cell).map(|(mut cells, cell)| {
                cells.push(cell);
                cells
            });
        }
        cells
    }

    /// The cell a lead file with this content would have.
    fn given_cell(&mut self, name: &Name, operand: &Operand) -> Option<(FieldId, Cell)> {
        let field = self.lead_field(name)?;
        let at = self.fields[field].at;
        let ty = self.fields[field].ty.clone()?;
        let source = self.sources.text(operand.span);
        let content = match &operand.kind {
            OperandKind::Word(word) if word == "blank" => return Some((field, Cell::Blank)),
            OperandKind::Word(word) if takes_text_only(&ty) => {
                return self.refuse(error::given_bare_word(name, word, &ty, operand.span, at));
            }
            OperandKind::Column { .. } => return self.refuse(error::not_fixed(source, operand.span)),
            OperandKind::Word(text) | OperandKind::Text(text) | OperandKind::Timestamp(text) => text,
            OperandKind::Number(_) if takes_text_only(&ty) => {
                return self.refuse(error::given_bare_word(name, source, &ty, operand.span, at));
            }
            // The digits as written may hold separators, which a lead's cell may not.
            OperandKind::Number(number) => &number.to_string(),
            OperandKind::Date(_) => source,
        };
        let blanks = self.lead.iter().flat_map(|lead| &lead.blanks);
        if blanks.into_iter().any(|blank| **blank == *normal_text(content)) {
            return Some((field, Cell::Blank));
        }
        match ty.read(content, &self.timezone) {
            Ok(cell) => Some((field, cell)),
            Err(why) => self.refuse(error::given_does_not_fit(name, source, &why, operand.span, at)),
        }
    }

    fn expectation(&mut self, written: &ast::Expectation) -> Option<Spanned<Expectation>> {
        let expected = match &written.kind {
            ExpectationKind::Rep(name) => Expectation::Rep(self.rep(name)?),
            ExpectationKind::Team(name) => Expectation::Team(self.team(name)?),
            ExpectationKind::Queue(name) => Expectation::Queue(self.queue(name)?),
            ExpectationKind::KeepOwner => Expectation::KeepOwner,
            ExpectationKind::Reject => Expectation::Reject,
        };
        Some(Spanned::new(expected, written.span))
    }

    /// `rule`, `policy.rule`, `TABLE:ROW`, `policy.TABLE:ROW`
    fn rule_named(&mut self, written: &RuleRef, rules: &RulesByName) -> Option<Spanned<RuleId>> {
        let policy = match &written.policy {
            Some(policy) => Some(self.policy_named(policy)?),
            None => None,
        };
        let name = match written.row {
            Some(row) => format!("{}:{}", written.name.node, row.node),
            None => written.name.node.clone(),
        };
        let found: Vec<RuleId> = rules
            .get(&name)
            .into_iter()
            .flatten()
            .copied()
            .filter(|&rule| policy.is_none_or(|policy| self.rules[rule].policy == policy))
            .collect();
        match found[..] {
            // Two of one policy share a name only after an error.
            [rule, ..] if found.iter().all(|&other| self.rules[other].policy == self.rules[rule].policy) => {
                Some(Spanned::new(rule, written.span))
            }
            [] => self.unknown_rule(written, &name, policy),
            _ => {
                let places: Vec<(String, Span)> = found
                    .iter()
                    .map(|&rule| {
                        let rule = &self.rules[rule];
                        (format!("{}.{}", self.all.policies[rule.policy].name.node, rule.name), rule.head)
                    })
                    .collect();
                self.refuse(error::ambiguous_rule(&name, written.span, &places))
            }
        }
    }

    fn unknown_rule<T>(&mut self, written: &RuleRef, name: &str, policy: Option<PolicyId>) -> Option<T> {
        if self.unseen.may_declare(&written.name.node) {
            return None;
        }
        if let (Some(row), Some(Meaning::Table(table))) = (written.row, self.all.find_other(&written.name.node)) {
            return self.unknown_row(table, row, policy);
        }
        let in_policy = |rule: &&Rule| policy.is_none_or(|policy| rule.policy == policy);
        let known: Vec<&str> = self.rules.iter().filter(in_policy).map(|rule| rule.name.as_str()).collect();
        let of = policy.map(|policy| self.all.policies[policy].name.node.as_str());
        let finding = error::unknown_rule(name, of, written.span, known);
        self.refuse(finding)
    }

    fn unknown_row<T>(&mut self, table: TableId, row: Spanned<u32>, policy: Option<PolicyId>) -> Option<T> {
        let loaded = &self.tables[table];
        if !loaded.whole || self.broken_rows {
            return None;
        }
        let goes_through = |rule: &Rule| {
            matches!(rule.origin, Origin::Row(of, _) if of == table)
                && policy.is_none_or(|policy| rule.policy == policy)
        };
        let gone_through = self.rules.iter().any(goes_through);
        let finding = error::unknown_row(&loaded.table.name, row, loaded.table.rows.len(), gone_through);
        self.refuse(finding)
    }
}

/// Whether a cell of the type is written in quotes only.
fn takes_text_only(ty: &Type) -> bool {
    matches!(ty, Type::Text | Type::Email | Type::Domain | Type::Tags)
}
