//! `loose-substring`: `contains "US"` also takes AUSTRIA: a piece of text that is meant as a word, and
//! is found inside of others.
//!
//! What a field may hold is known where the policy itself, or a table it is compared with, lists values.
//! A listed value counts as taken by accident if the piece stands in it only inside of words, and the
//! piece is meant as a word: it is a listed value itself, a word of one, no longer than three characters,
//! or the end of a domain. Only what really reaches the rule is told.

use std::collections::{BTreeMap, BTreeSet};

use super::conditions::{comparisons_within, constant, with_comparison};
use super::exact::{Day, Mismatch, Standing, Way};
use super::lists::origin;
use super::{ExactLint, Facts, count, listed};
use crate::analysis::atoms::Derivation;
use crate::analysis::boxes::narrow;
use crate::analysis::parallel;
use crate::analysis::sets::AtomSet;
use crate::analysis::ways::product;
use crate::analysis::witness::Verdict;
use crate::cell::{Cell, Text, Type, quoted};
use crate::diagnostic::{self, Code, Finding, Scope};
use crate::ids::{FieldId, Id, RuleId, ValueId};
use crate::lead::Lead;
use crate::plan;
use crate::policy::{Comparison, Predicate, Project, TextPart, ValueKind};

pub const LINT: ExactLint = ExactLint { code: Code::LooseSubstring, find };

/// Values that are looked for leads with, of each comparison.
const VALUES_LOOKED_AT: usize = 40;
/// Pieces of a list whose values are told.
const PIECES_TOLD: usize = 3;
/// Pieces of text no longer than this are taken for words.
const SHORT: usize = 3;
/// Listed values that are looked at, of each field.
const MOST_VALUES: usize = 10_000;

fn find(facts: &Facts) -> Result<Vec<Finding>, Mismatch> {
    let known = known_values(facts.project);
    let rules: Vec<(RuleId, &Day)> = facts
        .exact
        .standings()
        .iter_with_ids()
        .filter_map(|(rule, standing)| match standing {
            Standing::Reached(date, _) => Some((rule, facts.exact.on(*date)?)),
            _ => None,
        })
        .collect();
    let found: Result<Vec<Vec<Finding>>, Mismatch> =
        parallel::map(&rules, |(rule, day)| find_in(facts.project, day, *rule, &known)).into_iter().collect();
    // Rules may share a named condition, and rows what is written for them.
    let mut seen = BTreeSet::new();
    Ok(found?.into_iter().flatten().filter(|finding| seen.insert(finding.span)).collect())
}

type Known = BTreeMap<ValueId, BTreeSet<Text>>;

/// The texts that a value is compared with as a whole, those that it may contain, and the keys of tables
/// it is looked up in.
fn known_values(project: &Project) -> Known {
    let mut known = Known::new();
    for comparison in super::conditions::all_comparisons(project) {
        match &comparison.predicate {
            Predicate::OneOf(cells) => known.entry(comparison.value).or_default().extend(texts(cells.iter())),
            // A longer piece is a value, too, as far as the rest of the project knows.
            Predicate::Text { part: TextPart::Contains, any } => {
                let long = any.iter().filter(|piece| piece.chars().count() > SHORT);
                known.entry(comparison.value).or_default().extend(long.map(|piece| piece.as_str().into()));
            }
            Predicate::InTable(table) => {
                known
                    .entry(comparison.value)
                    .or_default()
                    .extend(texts(project.tables[*table].keyed().map(|(key, _)| key)));
            }
            _ => {}
        }
    }
    for value in &project.values {
        if let ValueKind::Lookup(table, key) = value.kind {
            known.entry(key).or_default().extend(texts(project.tables[table].keyed().map(|(key, _)| key)));
        }
    }
    known
}

fn texts<'a>(cells: impl Iterator<Item = &'a Cell>) -> impl Iterator<Item = Text> {
    cells.filter_map(|cell| if let Cell::Text(text) = cell { Some(text.clone()) } else { None })
}

fn find_in(project: &Project, day: &Day<'_>, rule: RuleId, known: &Known) -> Result<Vec<Finding>, Mismatch> {
    let Some(when) = &project.rules[rule].when else { return Ok(Vec::new()) };
    let mut findings = Vec::new();
    for comparison in comparisons_within(project, when) {
        let (Predicate::Text { part, any }, false) = (&comparison.predicate, comparison.negated) else { continue };
        let Some(values) = known.get(&comparison.value) else { continue };
        let ty = &project.values[comparison.value].ty;
        let taken =
            any.iter().flat_map(|piece| taken_by_accident(ty, *part, piece, values).map(move |text| (piece, text)));
        // What another member takes on purpose is no accident.
        let is_meant = |text: &str| any.iter().any(|piece| has_word(*part, text, piece));
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let taken = taken.filter(|(_, text)| !is_meant(text) && seen.insert(text)).take(VALUES_LOOKED_AT);
        let arriving = |text| arriving(project, day, rule, comparison, text);
        let told: Vec<(&str, &str, Lead)> =
            taken.filter_map(|(piece, text)| Some((piece.as_str(), text, arriving(text)?))).collect();
        findings.extend(finding(project, day, rule, comparison, &told));
    }
    Ok(findings)
}

/// The listed values in which a piece is found, and only inside of words.
fn taken_by_accident<'a>(
    ty: &Type,
    part: TextPart,
    piece: &'a str,
    values: &'a BTreeSet<Text>,
) -> impl Iterator<Item = &'a str> {
    let values = || values.iter().map(|value| &**value).take(MOST_VALUES);
    // Codes are asked for by their first digits.
    let is_code = part == TextPart::StartsWith && piece.chars().all(|sign| sign.is_ascii_digit());
    let is_host = part == TextPart::EndsWith && matches!(ty, Type::Domain | Type::Email);
    let is_word =
        is_host || piece.chars().count() <= SHORT || values().any(|value| has_word(TextPart::Contains, value, piece));
    let loose = move |value: &&str| is_word && !is_code && part.is_in(value, piece) && !has_word(part, value, piece);
    values().filter(loose)
}

/// Whether the piece stands in the text, at the place asked for, with no letter or digit beside it.
fn has_word(part: TextPart, text: &str, piece: &str) -> bool {
    let is_bare = |beside: Option<char>| beside.is_none_or(|beside| !beside.is_alphanumeric());
    // A piece that begins or ends with a sign (`@rival.com`) is bounded by it.
    let opens = piece.chars().next().is_some_and(|first| !first.is_alphanumeric());
    let closes = piece.chars().next_back().is_some_and(|last| !last.is_alphanumeric());
    text.match_indices(piece).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + piece.len()..]);
        let is_there = match part {
            TextPart::Contains => true,
            TextPart::StartsWith => before.is_empty(),
            TextPart::EndsWith => after.is_empty(),
        };
        is_there && (opens || is_bare(before.chars().next_back())) && (closes || is_bare(after.chars().next()))
    })
}

/// A lead with this text that the rule takes because of the comparison.
fn arriving(project: &Project, day: &Day<'_>, rule: RuleId, comparison: &Comparison, text: &str) -> Option<Lead> {
    let (engine, ways) = (&day.proofs.engine, &day.proofs.ways);
    let (field, derivation) = origin(project, comparison.value)?;
    let cell = Cell::Text(text.into());
    let dims = engine.model.variables[engine.model.field(0, field)].dims.iter();
    let dim = *dims.clone().find(|dim| engine.model.dims[**dim as usize].derivation == derivation)?;
    let known = &engine.model.dims[dim as usize];
    let only = AtomSet::of(known.atoms, [known.atom_of_value(&cell)?]);
    let mut areas = engine.rules[0][rule.index()].areas.clone();
    areas.iter_mut().for_each(|area| narrow(area, dim, &only));
    areas.retain(|area| area.iter().all(|(_, set)| !set.is_empty()));
    let policy = project.rules[rule].policy;
    let found = ways.into[policy].iter().find_map(|way| {
        let mut forbidden = way.goal.forbidden.clone();
        forbidden.or(&engine.before(0, rule));
        match engine.witness(&product(&way.goal.areas, &areas)?, &forbidden, &[]) {
            Verdict::Found(witness) => Some(witness),
            Verdict::Refuted(_) | Verdict::Open => None,
        }
    })?;
    let mut lead = engine.model.lead(0, &found.cells)?;
    lead.cells[field] = spelt(project, field, &derivation, &lead.cells[field], &cell)?;
    let because_of_it = || {
        let when = project.rules[rule].when.as_ref();
        when.is_some_and(|when| {
            let without = with_comparison(project, when, comparison, &constant(false));
            !plan::holds(&without, &plan::Facts::new(project, &lead), &mut ())
        })
    };
    let arrives = day.is_possible(&lead) && Way::of(day.plan(), &lead).taken.contains(&rule);
    (arrives && because_of_it()).then_some(lead)
}

/// The field's cell with the text.
fn spelt(project: &Project, field: FieldId, derivation: &Derivation, found: &Cell, text: &Cell) -> Option<Cell> {
    let Cell::Text(text) = text else { return None };
    let whole = match (derivation, found) {
        (Derivation::Domain, Cell::Text(email)) => format!("{}@{text}", email.rsplit_once('@')?.0),
        _ => text.to_string(),
    };
    project.lead.fields[field].ty.read(&whole, &project.timezone).ok()
}

fn finding(
    project: &Project,
    day: &Day<'_>,
    id: RuleId,
    comparison: &Comparison,
    told: &[(&str, &str, Lead)],
) -> Option<Finding> {
    let (piece, _, lead) = told.first()?;
    let value = &project.values[comparison.value];
    let Predicate::Text { part, .. } = &comparison.predicate else { return None };
    let mut pieces: Vec<&str> = told.iter().map(|(piece, ..)| *piece).collect();
    pieces.dedup();
    let spelt = |piece: &str| quoted(project.spellings.of(piece));
    let taken = |piece: &str| {
        let texts = told.iter().filter(|(by, ..)| *by == piece).map(|(_, text, _)| quoted(project.spellings.of(text)));
        let texts: Vec<String> = texts.collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        format!("`{} {} {}` also takes {}", value.text, part.words(), spelt(piece), listed(&texts))
    };
    let mut messages: Vec<String> = pieces.iter().take(PIECES_TOLD).map(|piece| taken(piece)).collect();
    if pieces.len() > PIECES_TOLD {
        messages.push(format!("and {} more", count(pieces.len() - PIECES_TOLD, "such piece")));
    }
    let mut finding = Finding::new(LINT.code, comparison.span, messages.join(", "))
        .at(format!("{} is found inside of words", spelt(piece)))
        .in_rule(project.rule_name(id))
        .in_policy(&project.policies[project.rules[id].policy].name)
        .help(help(value.text.as_str(), &value.ty, comparison, project.spellings.of(piece)));
    finding.verdict = diagnostic::Verdict::Witnessed;
    finding.witness = Some(day.show(lead));
    finding.scope = Scope::Always;
    Some(finding)
}

fn help(name: &str, ty: &Type, comparison: &Comparison, piece: &str) -> String {
    match (&comparison.predicate, ty) {
        (Predicate::Text { part: TextPart::EndsWith, .. }, Type::Domain) => {
            format!("write `{name} is {} or {name} ends with {}`", quoted(piece), quoted(&format!(".{piece}")))
        }
        (Predicate::Text { part: TextPart::EndsWith, .. }, Type::Email) => {
            format!("write `{name} ends with {}`", quoted(&format!("@{piece}")))
        }
        _ => format!("compare the whole value: `{name} is {}`, or `{name} in […]`", quoted(piece)),
    }
}
