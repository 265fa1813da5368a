//! The lists in rules' conditions, member by member: `in […]`, `contains […]`, `starts with […]`,
//! `ends with […]`, `has any of […]`, and the cells of type `list of …` that fill them for a row.
//!
//! Looked at are lists of the rule itself, which bring it leads: not those under a `not`, nor those of
//! named conditions and of an `each row of`, which serve several rules.

use super::conditions::{comparisons_within, constant, with};
use super::exact::{Day, Way};
use crate::analysis::atoms::Derivation;
use crate::cell::{Cell, Type, quoted};
use crate::ids::{FieldId, RowId, RuleId, TableId, ValueId};
use crate::lead::Lead;
use crate::plan::{self, Facts};
use crate::policy::{Comparison, Condition, Origin, Predicate, Project, TextPart, ValueKind};

/// A list of a rule.
pub struct List<'p> {
    pub rule: RuleId,
    /// The comparison, as a part of the rule's condition.
    pub part: &'p Condition,
    pub comparison: &'p Comparison,
    /// What each member asks on its own, in the order in which they are written.
    pub members: Vec<Predicate>,
    /// Whether the member serves this rule alone: a row's cell holds it, if the rule is a row.
    pub is_own: Vec<bool>,
}

/// The lists of a rule that have more than one member.
pub fn lists_of(project: &Project, rule: RuleId) -> Vec<List<'_>> {
    let Some(when) = &project.rules[rule].when else { return Vec::new() };
    positive_parts(when)
        .into_iter()
        .filter_map(|part| {
            let Condition::Comparison(comparison) = part else { return None };
            let members = if comparison.negated { Vec::new() } else { members(&comparison.predicate) };
            let is_own: Vec<bool> = members.iter().map(|member| is_own(project, rule, member)).collect();
            let is_list = members.len() > 1 && is_own.contains(&true);
            is_list.then_some(List { rule, part, comparison, members, is_own })
        })
        .collect()
}

/// The parts of a condition that no `not` turns round.
fn positive_parts(whole: &Condition) -> Vec<&Condition> {
    let mut found = Vec::new();
    let mut rest = vec![(whole, false)];
    while let Some((condition, is_turned)) = rest.pop() {
        match condition {
            Condition::And(parts) | Condition::Or(parts) => {
                rest.extend(parts.iter().rev().map(|part| (part, is_turned)))
            }
            Condition::Not(inner, _) => rest.push((inner, !is_turned)),
            Condition::Comparison(_) if !is_turned => found.push(condition),
            Condition::Comparison(_) | Condition::Named(..) => {}
        }
    }
    found
}

/// What each member of a predicate's list asks; of one without a list, nothing.
pub fn members(predicate: &Predicate) -> Vec<Predicate> {
    match predicate {
        Predicate::OneOf(cells) => cells.iter().map(|cell| Predicate::OneOf(vec![cell.clone()])).collect(),
        Predicate::Text { part, any } => {
            any.iter().map(|text| Predicate::Text { part: *part, any: vec![text.clone()] }).collect()
        }
        Predicate::HasAny(tags) => tags.iter().map(|tag| Predicate::HasAny(vec![tag.clone()])).collect(),
        Predicate::Known | Predicate::Within(_) | Predicate::HasAll(_) | Predicate::InTable(_) => Vec::new(),
    }
}

fn is_own(project: &Project, rule: RuleId, member: &Predicate) -> bool {
    let Origin::Row(table, row) = project.rules[rule].origin else { return true };
    is_in_row(project, table, row, member)
}

/// Whether one of the row's lists has the member.
fn is_in_row(project: &Project, table: TableId, row: RowId, member: &Predicate) -> bool {
    let mut lists = project.tables[table].rows[row].cells.iter().filter_map(|cell| match cell {
        Cell::List(cells) => Some(cells),
        _ => None,
    });
    let is_it = |cell: &Cell| match (member, cell) {
        (Predicate::OneOf(of), cell) => of.contains(cell),
        (Predicate::Text { any, .. } | Predicate::HasAny(any), Cell::Text(text)) => {
            any.iter().any(|one| **one == **text)
        }
        _ => false,
    };
    lists.any(|cells| cells.iter().any(is_it))
}

impl List<'_> {
    /// Some of the members as a list of their own.
    pub fn as_one(&self, members: &[usize]) -> Option<Predicate> {
        let mut asked = members.iter().map(|member| self.members[*member].clone());
        let first = asked.next()?;
        Some(asked.fold(first, |mut one, other| {
            match (&mut one, other) {
                (Predicate::OneOf(cells), Predicate::OneOf(more)) => cells.extend(more),
                (Predicate::Text { any, .. }, Predicate::Text { any: more, .. }) => any.extend(more),
                (Predicate::HasAny(tags), Predicate::HasAny(more)) => tags.extend(more),
                _ => {}
            }
            one
        }))
    }

    /// The comparison with another predicate.
    pub fn asking(&self, predicate: Predicate) -> Condition {
        Condition::Comparison(Comparison { predicate, ..self.comparison.clone() })
    }

    /// An earlier member that is the same.
    pub fn first_like(&self, member: usize) -> Option<usize> {
        self.members[..member].iter().position(|other| *other == self.members[member])
    }

    /// A member, of some, that takes whatever this one takes.
    pub fn including(&self, among: &[usize], member: usize) -> Option<usize> {
        let includes = |other: &&usize| **other != member && includes(&self.members[**other], &self.members[member]);
        among.iter().find(includes).copied()
    }

    /// A member as the policy would write it.
    pub fn written(&self, project: &Project, member: usize) -> String {
        match &self.members[member] {
            Predicate::OneOf(cells) => project.spell_cell(&project.values[self.comparison.value].ty, &cells[0]),
            Predicate::Text { any: texts, .. } | Predicate::HasAny(texts) => quoted(project.spellings.of(&texts[0])),
            Predicate::Known | Predicate::Within(_) | Predicate::HasAll(_) | Predicate::InTable(_) => String::new(),
        }
    }

    /// The rule's condition with the list replaced.
    pub fn condition_with(&self, project: &Project, replacement: &Condition) -> Condition {
        let whole = project.rules[self.rule].when.as_ref().expect("a list stands in a condition");
        with(whole, &|part| std::ptr::eq(part, self.part).then(|| replacement.clone()))
    }

    /// Which members bring the rule a lead that it would not take without them, as far as leads made
    /// from some that arrive show it.
    pub fn shown_alive(&self, project: &Project, day: &Day<'_>, arriving: &[Lead]) -> Vec<bool> {
        let without = self.condition_with(project, &constant(false));
        let is_alive = |member: usize| {
            let leads = arriving
                .iter()
                .flat_map(|lead| leads_with(project, lead, self.comparison.value, &self.members[member]));
            leads.into_iter().any(|lead| {
                let facts = Facts::new(project, &lead);
                let holds = |member: &Predicate| {
                    let comparison = Comparison { predicate: member.clone(), ..self.comparison.clone() };
                    facts.holds(&comparison)
                };
                let others = self.members.iter().enumerate().filter(|(other, _)| *other != member);
                holds(&self.members[member])
                    && !others.into_iter().any(|(_, other)| holds(other))
                    && !plan::holds(&without, &facts, &mut ())
                    && day.is_possible(&lead)
                    && Way::of(day.plan(), &lead).taken.contains(&self.rule)
            })
        };
        (0..self.members.len()).map(is_alive).collect()
    }
}

/// Whether one member takes all that another takes.
fn includes(one: &Predicate, other: &Predicate) -> bool {
    match (one, other) {
        (Predicate::Text { part, any }, Predicate::Text { any: other, .. }) => part.is_in(&other[0], &any[0]),
        (one, other) => one == other,
    }
}

/// Leads like another whose value is made to be what a member asks for.
fn leads_with(project: &Project, like: &Lead, value: ValueId, member: &Predicate) -> Vec<Lead> {
    let Some((field, derivation)) = origin(project, value) else { return Vec::new() };
    let cells = match member {
        Predicate::OneOf(cells) if derivation == Derivation::Itself => cells.clone(),
        Predicate::HasAny(tags) => vec![Cell::Tags(tags.iter().map(|tag| tag.as_str().into()).collect())],
        _ => texts(project, &derivation, &project.lead.fields[field].ty, member),
    };
    let with = |cell: Cell| {
        let mut lead = like.clone();
        lead.cells[field] = cell;
        lead
    };
    cells.into_iter().map(with).collect()
}

/// Plain texts with what a member asks for, as cells of a field.
fn texts(project: &Project, derivation: &Derivation, ty: &Type, member: &Predicate) -> Vec<Cell> {
    let (part, text) = match member {
        Predicate::OneOf(cells) => match &cells[..] {
            [Cell::Text(text)] => (None, &**text),
            _ => return Vec::new(),
        },
        Predicate::Text { part, any } => (Some(*part), any[0].as_str()),
        _ => return Vec::new(),
    };
    let mut texts = vec![text.to_owned()];
    match part {
        Some(TextPart::StartsWith) => {
            texts.extend(["x", ".example", "@acme.example"].map(|more| format!("{text}{more}")))
        }
        Some(TextPart::EndsWith) => texts.extend(["x", "ana@", "ana@acme"].map(|before| format!("{before}{text}"))),
        Some(TextPart::Contains) => {
            texts.extend([format!("ana@{text}"), format!("{text}@acme.example"), format!("{text}.example")])
        }
        None => {}
    }
    let written = |text: &String| match derivation {
        Derivation::Domain => format!("ana@{text}"),
        _ => text.clone(),
    };
    let read = |text: &String| ty.read(&written(text), &project.timezone).ok().filter(|cell| *cell != Cell::Blank);
    texts.iter().filter_map(read).collect()
}

/// The field that a text is read from, and how.
pub fn origin(project: &Project, value: ValueId) -> Option<(FieldId, Derivation)> {
    match project.values[value].kind {
        ValueKind::Field(field) => Some((field, Derivation::Itself)),
        ValueKind::DomainOf(of) => match project.values[of].kind {
            ValueKind::Field(field) => Some((field, Derivation::Domain)),
            _ => None,
        },
        _ => None,
    }
}

/// The comparisons of a row's rules in which a member of the row's lists stands.
pub fn uses_of(project: &Project, rule: RuleId, member: &Predicate) -> usize {
    let Some(when) = &project.rules[rule].when else { return 0 };
    let has = |comparison: &&Comparison| members(&comparison.predicate).contains(member);
    comparisons_within(project, when).into_iter().filter(has).count()
}
