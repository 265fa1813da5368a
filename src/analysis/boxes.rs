//! Conditions as boxes.
//!
//! An [`Area`] is a box: a set of atoms for each dimension it restricts. A condition becomes a
//! [`Formula`] over `dimension in set`, negations pushed down to the sets (`not country is DE` is the
//! set of all other countries and blank), and the formula an `or` of areas:
//!
//! ```text
//! country in [DE, AT] and (employees >= 500 or state is "BY")
//!     = { country: DE AT, employees: 500… }  or  { country: DE AT, state: by }
//! ```
//!
//! Alternatives that differ in one dimension only become one area, so lists of values cost nothing.
//! A formula with more than [`MOST_AREAS`] areas is not written out: each of its parts gets an
//! auxiliary truth value that is equal to it (Tseitin 1968), stated as boxes that no lead is in; the
//! condition then is the one area "the whole formula's truth value is yes".

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::analysis::alike::is_required;
use crate::analysis::atoms::{Ask, Basic, Derivation, DimId, Literal, Root, Tables};
use crate::analysis::model::Model;
use crate::analysis::sets::AtomSet;
use crate::analysis::values::{Case, Chain, Step, cases};
use crate::cell::Type;
use crate::ids::{ConditionId, FieldId, Id, ValueId};
use crate::policy::{Comparison, Condition, Predicate, Project, TextPart};

/// A set of atoms for each dimension it restricts, in order of the dimensions.
pub type Area = Vec<(DimId, AtomSet)>;

/// Up to so many areas a condition is written out.
pub const MOST_AREAS: usize = 64;

/// A condition over the atoms of a model, without negations.
#[derive(Clone, PartialEq, Debug)]
pub enum Formula {
    Always(bool),
    In(DimId, AtomSet),
    All(Vec<Formula>),
    Any(Vec<Formula>),
}

/// A condition before its atoms are known: leaves are numbers of collected questions.
#[derive(Clone, Debug)]
pub enum Tree {
    Always(bool),
    Asked { question: usize, holds: bool },
    All(Vec<Tree>),
    Any(Vec<Tree>),
}

/// Collects what conditions ask, so that the model can cut its atoms.
pub struct Collector<'m, 'p> {
    pub model: &'m Model<'p>,
    pub questions: IndexSet<Basic, FxBuildHasher>,
    /// Variables that the model does not have yet; they are numbered after those it has.
    pub variables: Vec<(Root, Type)>,
    /// A part of a condition whose truth is given.
    pub given: Option<(&'m Condition, bool)>,
    named: FxHashMap<(usize, ConditionId, bool), Tree>,
    cases: FxHashMap<(usize, ValueId), Option<Vec<Case>>>,
    /// Whether a question was met that the engine cannot take apart.
    pub met_opaque: bool,
    negated: IndexSet<(usize, ValueId), FxBuildHasher>,
}

impl<'m, 'p> Collector<'m, 'p> {
    pub fn new(model: &'m Model<'p>) -> Collector<'m, 'p> {
        Collector {
            model,
            questions: IndexSet::default(),
            variables: Vec::new(),
            given: None,
            named: FxHashMap::default(),
            cases: FxHashMap::default(),
            met_opaque: false,
            negated: IndexSet::default(),
        }
    }

    /// The tree of a condition, or of its negation.
    pub fn condition(&mut self, project: usize, condition: &Condition, holds: bool) -> Tree {
        if let Some((part, truth)) = self.given
            && std::ptr::eq(part, condition)
        {
            return Tree::Always(truth == holds);
        }
        match condition {
            Condition::And(parts) => {
                join(holds, parts.iter().map(|part| self.condition(project, part, holds)).collect())
            }
            Condition::Or(parts) => {
                join(!holds, parts.iter().map(|part| self.condition(project, part, holds)).collect())
            }
            Condition::Not(inner, _) => self.condition(project, inner, !holds),
            Condition::Named(id, _) => {
                if let Some(known) = self.named.get(&(project, *id, holds)) {
                    return known.clone();
                }
                let source: &'p Project = self.model.projects[project];
                let tree = self.condition(project, &source.conditions[*id].condition, holds);
                self.named.insert((project, *id, holds), tree.clone());
                tree
            }
            Condition::Comparison(comparison) => self.comparison(project, comparison, holds),
        }
    }

    /// That a value is known.
    pub fn known(&mut self, project: usize, value: ValueId) -> Tree {
        self.compared(project, value, &Predicate::Known, true)
    }

    /// Collects, for every value of a negated comparison met so far, whether it is known: what
    /// questions about leads with blanks will need.
    pub fn collect_known(&mut self) {
        let values: Vec<(usize, ValueId)> = self.negated.drain(..).collect();
        for (project, value) in values {
            self.known(project, value);
        }
    }

    /// The `or` over the value's cases of "the case applies and the comparison holds (or not)".
    pub fn comparison(&mut self, project: usize, comparison: &Comparison, holds: bool) -> Tree {
        let holds = holds != comparison.negated;
        if !holds {
            self.negated.insert((project, comparison.value));
        }
        self.compared(project, comparison.value, &comparison.predicate, holds)
    }

    fn compared(&mut self, project: usize, value: ValueId, predicate: &Predicate, holds: bool) -> Tree {
        let known = self.cases.get(&(project, value)).cloned();
        let cases = known.unwrap_or_else(|| {
            let found = cases(self.model.projects[project], value);
            self.cases.insert((project, value), found.clone());
            found
        });
        let Some(cases) = cases else {
            let field = FieldId::from_index(0);
            let chain = Chain { field, steps: Vec::new() };
            return self.opaque(project, chain, predicate, holds);
        };
        let mut alternatives = Vec::new();
        for case in cases {
            let mut parts: Vec<Tree> = case
                .guards
                .iter()
                .map(|(chain, known)| self.asked(project, chain, &Predicate::Known, *known))
                .collect();
            parts.push(self.asked(project, &case.chain, predicate, holds));
            alternatives.push(join(true, parts));
        }
        join(false, alternatives)
    }

    fn asked(&mut self, project: usize, chain: &Chain, predicate: &Predicate, holds: bool) -> Tree {
        match self.model.tables {
            Tables::Today => self.asked_today(project, chain, predicate, holds),
            Tables::Any => self.asked_of_any(project, chain, predicate, holds),
        }
    }

    /// With the rows at hand, whatever is asked of a row is a question about its key.
    fn asked_today(&mut self, project: usize, chain: &Chain, predicate: &Predicate, holds: bool) -> Tree {
        let variable = self.model.field(project, chain.field);
        let row = chain.steps.iter().position(|step| matches!(step, Step::Row(_)));
        let (before, ask) = match (row, predicate) {
            (Some(row), _) => {
                let Step::Row(table) = chain.steps[row] else { unreachable!("it was found to be a row") };
                let steps = chain.steps[row + 1..].to_vec();
                (&chain.steps[..row], Some(Ask::Row { project, table, steps, predicate: predicate.clone() }))
            }
            (None, Predicate::InTable(table)) => {
                let ask = Ask::Row { project, table: *table, steps: Vec::new(), predicate: Predicate::Known };
                (chain.steps.as_slice(), Some(ask))
            }
            (None, _) => (chain.steps.as_slice(), None),
        };
        match (derivation(before), ask) {
            (None, _) => self.opaque(project, chain.clone(), predicate, holds),
            (Some(derivation), Some(ask)) => {
                let asked = self.question(Basic { variable, derivation, ask }, holds);
                self.as_read(project, chain.field, asked, holds)
            }
            (Some(derivation), None) => self.plain(project, variable, derivation, chain, predicate, holds),
        }
    }

    /// With rows unknown, each column of a looked-up row is a variable of its own.
    fn asked_of_any(&mut self, project: usize, chain: &Chain, predicate: &Predicate, holds: bool) -> Tree {
        if let Predicate::InTable(table) = predicate {
            let steps = chain.steps.iter().cloned().chain([Step::Row(*table)]).collect();
            let chain = Chain { field: chain.field, steps };
            return self.asked_of_any(project, &chain, &Predicate::Known, holds);
        }
        let last = chain.steps.iter().rposition(|step| matches!(step, Step::Row(_) | Step::Column(..)));
        let Some(last) = last else {
            let variable = self.model.field(project, chain.field);
            return match derivation(&chain.steps) {
                Some(derivation) => self.plain(project, variable, derivation, chain, predicate, holds),
                None => self.opaque(project, chain.clone(), predicate, holds),
            };
        };
        let variable = self.row_variable(project, chain, last);
        match derivation(&chain.steps[last + 1..]) {
            Some(derivation) => self.plain(project, variable, derivation, chain, predicate, holds),
            None => self.opaque(project, chain.clone(), predicate, holds),
        }
    }

    /// The variable for the row or column that the step at `last` leads to.
    fn row_variable(&mut self, project: usize, chain: &Chain, last: usize) -> usize {
        let upto = |end: usize| Chain { field: chain.field, steps: chain.steps[..end].to_vec() };
        match &chain.steps[last] {
            Step::Column(table, column) => {
                let ty = self.model.projects[project].tables[*table].columns[*column].ty.clone();
                // That a column is known only in a row that exists is linked when both are there.
                self.row_variable(project, chain, last - 1);
                self.variable(Root::Column(*table, upto(last - 1), column.index()), &ty)
            }
            Step::Row(table) => self.variable(Root::Row(*table, upto(last)), &Type::Row(*table)),
            Step::Domain | Step::Hour(_) | Step::Weekday(_) => unreachable!("only rows and columns are looked for"),
        }
    }

    fn plain(
        &mut self,
        project: usize,
        variable: usize,
        derivation: Derivation,
        chain: &Chain,
        predicate: &Predicate,
        holds: bool,
    ) -> Tree {
        let ty = &self.type_of(variable).clone();
        let is_email = *ty == Type::Email && derivation == Derivation::Itself;
        let fits = match derivation {
            Derivation::Itself => true,
            Derivation::Domain => *ty == Type::Email,
            Derivation::Hour(_) | Derivation::Weekday(_) => *ty == Type::Timestamp,
        };
        let is_field = chain.steps.is_empty();
        let is_of_field = chain.steps.iter().all(|step| !matches!(step, Step::Row(_) | Step::Column(..)));
        let is_textual = ty.is_textual() && matches!(derivation, Derivation::Itself | Derivation::Domain);
        let asks = match predicate {
            _ if !fits => None,
            Predicate::Known => {
                let asked = self.question(Basic { variable, derivation: Derivation::Itself, ask: Ask::Known }, holds);
                return if is_of_field { self.as_read(project, chain.field, asked, holds) } else { asked };
            }
            _ if matches!(ty, Type::Row(_) | Type::List(_)) => None,
            Predicate::OneOf(_) | Predicate::Within(_) if *ty == Type::Tags => None,
            Predicate::OneOf(cells) if is_field => {
                let shared = cells.iter().filter_map(|cell| self.model.cell(project, chain.field, cell)).collect();
                Some(vec![Ask::OneOf(shared)])
            }
            Predicate::OneOf(cells) => Some(vec![Ask::OneOf(cells.clone())]),
            Predicate::Within(range) => Some(vec![Ask::Within(range.clone())]),
            Predicate::Text { part: TextPart::StartsWith, any } if is_textual => {
                Some(vec![Ask::StartsWith(any.clone())])
            }
            Predicate::Text { part: TextPart::EndsWith, any } if is_email => {
                let asked = self.email_ending(variable, any, holds);
                return if is_of_field { self.as_read(project, chain.field, asked, holds) } else { asked };
            }
            Predicate::Text { part: TextPart::EndsWith, any } if is_textual => Some(vec![Ask::EndsWith(any.clone())]),
            Predicate::Text { part: TextPart::Contains, any } if is_textual => {
                Some(vec![Ask::Part(TextPart::Contains, any.clone())])
            }
            Predicate::HasAny(tags) | Predicate::HasAll(tags) if *ty == Type::Tags => {
                Some(tags.iter().cloned().map(Ask::Tag).collect())
            }
            Predicate::Text { .. } | Predicate::HasAny(_) | Predicate::HasAll(_) | Predicate::InTable(_) => None,
        };
        let Some(asks) = asks else { return self.opaque(project, chain.clone(), predicate, holds) };
        let is_and = matches!(predicate, Predicate::HasAll(_)) == holds;
        let parts = asks
            .into_iter()
            .map(|ask| self.question(Basic { variable, derivation: derivation.clone(), ask }, holds))
            .collect();
        let asked = join(is_and, parts);
        if is_of_field { self.as_read(project, chain.field, asked, holds) } else { asked }
    }

    /// What is asked of a field, by a version that may not read all its cells: those are blank to it.
    fn as_read(&mut self, project: usize, field: FieldId, asked: Tree, holds: bool) -> Tree {
        let variable = self.model.field(project, field);
        let readable = self.model.readable(project, field).into_iter().map(|(ask, answer)| {
            self.question(Basic { variable, derivation: Derivation::Itself, ask }, holds == answer)
        });
        let readable: Vec<Tree> = readable.collect();
        join(holds, [vec![asked], readable].concat())
    }

    /// That a version takes in no such lead: a field that it requires is blank to it.
    pub fn refusal(&mut self, project: usize) -> Tree {
        let block = &self.model.projects[project].lead;
        let required = block.fields.ids().filter(|id| is_required(block, *id));
        let blank = |field: FieldId| self.asked(project, &Chain { field, steps: Vec::new() }, &Predicate::Known, false);
        join(false, required.map(blank).collect())
    }

    /// Endings of an address are endings of its domain, or domains, wherever that says it.
    fn email_ending(&mut self, variable: usize, any: &[String], holds: bool) -> Tree {
        let mut of_domain = Vec::new();
        let mut domains = Vec::new();
        let mut whole = Vec::new();
        for ending in any {
            match ending.rsplit_once('@') {
                None => of_domain.push(ending.clone()),
                Some(("", domain)) => domains.push(crate::cell::Cell::Text(domain.into())),
                Some(_) => whole.push(ending.clone()),
            }
        }
        let questions = [
            (Derivation::Domain, !of_domain.is_empty(), Ask::EndsWith(of_domain)),
            (Derivation::Domain, !domains.is_empty(), Ask::OneOf(domains)),
            (Derivation::Itself, !whole.is_empty(), Ask::Part(TextPart::EndsWith, whole)),
        ];
        let parts = questions
            .into_iter()
            .filter(|(_, is_asked, _)| *is_asked)
            .map(|(derivation, _, ask)| self.question(Basic { variable, derivation, ask }, holds))
            .collect();
        join(!holds, parts)
    }

    fn opaque(&mut self, project: usize, chain: Chain, predicate: &Predicate, holds: bool) -> Tree {
        self.met_opaque = true;
        let variable = self.model.field(project, chain.field);
        let ask = Ask::Opaque(project, chain, predicate.clone());
        self.question(Basic { variable, derivation: Derivation::Itself, ask }, holds)
    }

    /// The number of the variable with the root, which may be a new one.
    fn variable(&mut self, root: Root, ty: &Type) -> usize {
        let known = self.model.variables.iter().position(|variable| variable.root == root);
        let new = || self.variables.iter().position(|(new, _)| *new == root);
        if let Some(known) = known.or_else(|| new().map(|new| self.model.variables.len() + new)) {
            return known;
        }
        self.variables.push((root, ty.clone()));
        self.model.variables.len() + self.variables.len() - 1
    }

    fn type_of(&self, variable: usize) -> &Type {
        match self.model.variables.get(variable) {
            Some(variable) => &variable.shared.ty,
            None => &self.variables[variable - self.model.variables.len()].1,
        }
    }

    fn question(&mut self, basic: Basic, holds: bool) -> Tree {
        Tree::Asked { question: self.questions.insert_full(basic).0, holds }
    }
}

/// The derivation that steps without look-ups are.
fn derivation(steps: &[Step]) -> Option<Derivation> {
    match steps {
        [] => Some(Derivation::Itself),
        [Step::Domain] => Some(Derivation::Domain),
        [Step::Hour(zone)] => Some(Derivation::Hour(zone.clone())),
        [Step::Weekday(zone)] => Some(Derivation::Weekday(zone.clone())),
        _ => None,
    }
}

fn join(is_and: bool, mut parts: Vec<Tree>) -> Tree {
    match parts.len() {
        0 => Tree::Always(is_and),
        1 => parts.remove(0),
        _ if is_and => Tree::All(parts),
        _ => Tree::Any(parts),
    }
}

/// Puts the model's atoms into a tree.
pub fn formula(literals: &[Literal], tree: &Tree) -> Formula {
    let parts = |parts: &[Tree]| parts.iter().map(|part| formula(literals, part)).collect();
    match tree {
        Tree::Always(truth) => Formula::Always(*truth),
        Tree::All(inner) => all(parts(inner)),
        Tree::Any(inner) => any(parts(inner)),
        Tree::Asked { question, holds } => match &literals[*question] {
            Literal::Always(truth) => Formula::Always(truth == holds),
            Literal::In(dim, set) => inside(*dim, if *holds { set.clone() } else { set.complement() }),
        },
    }
}

/// The formula that holds if all do.
pub fn all(parts: Vec<Formula>) -> Formula {
    let mut sets: Area = Vec::new();
    let mut rest = Vec::new();
    for part in parts.into_iter().flat_map(|part| if let Formula::All(parts) = part { parts } else { vec![part] }) {
        match part {
            Formula::Always(true) => {}
            Formula::Always(false) => return Formula::Always(false),
            Formula::In(dim, set) => narrow(&mut sets, dim, &set),
            part => rest.push(part),
        }
    }
    if sets.iter().any(|(_, set)| set.is_empty()) {
        return Formula::Always(false);
    }
    let sets = sets.into_iter().map(|(dim, set)| inside(dim, set));
    one_or(sets.chain(rest).collect(), true)
}

/// The formula that holds if one does.
pub fn any(parts: Vec<Formula>) -> Formula {
    let mut sets: Area = Vec::new();
    let mut rest = Vec::new();
    for part in parts.into_iter().flat_map(|part| if let Formula::Any(parts) = part { parts } else { vec![part] }) {
        match part {
            Formula::Always(false) => {}
            Formula::Always(true) => return Formula::Always(true),
            Formula::In(dim, set) => match sets.iter_mut().find(|(known, _)| *known == dim) {
                Some((_, known)) => *known = known.union(&set),
                None => sets.push((dim, set)),
            },
            part => rest.push(part),
        }
    }
    if sets.iter().any(|(_, set)| set.is_full()) {
        return Formula::Always(true);
    }
    let sets = sets.into_iter().map(|(dim, set)| inside(dim, set));
    one_or(sets.chain(rest).collect(), false)
}

fn one_or(mut parts: Vec<Formula>, is_and: bool) -> Formula {
    match parts.len() {
        0 => Formula::Always(is_and),
        1 => parts.remove(0),
        _ if is_and => Formula::All(parts),
        _ => Formula::Any(parts),
    }
}

fn inside(dim: DimId, set: AtomSet) -> Formula {
    if set.is_empty() {
        Formula::Always(false)
    } else if set.is_full() {
        Formula::Always(true)
    } else {
        Formula::In(dim, set)
    }
}

/// Whether a formula holds for a point; a dimension in which the point has no atom fails.
pub fn holds_at(formula: &Formula, point: &[Option<u32>]) -> bool {
    match formula {
        Formula::Always(truth) => *truth,
        Formula::In(dim, set) => point[*dim as usize].is_some_and(|atom| set.contains(atom)),
        Formula::All(parts) => parts.iter().all(|part| holds_at(part, point)),
        Formula::Any(parts) => parts.iter().any(|part| holds_at(part, point)),
    }
}

/// The formula that holds if this one does not.
pub fn negation(formula: &Formula) -> Formula {
    match formula {
        Formula::Always(truth) => Formula::Always(!truth),
        Formula::In(dim, set) => inside(*dim, set.complement()),
        Formula::All(parts) => any(parts.iter().map(negation).collect()),
        Formula::Any(parts) => all(parts.iter().map(negation).collect()),
    }
}

/// The areas of a formula; `None` if there are too many.
pub fn areas(formula: &Formula) -> Option<Vec<Area>> {
    match formula {
        Formula::Always(true) => Some(vec![Vec::new()]),
        Formula::Always(false) => Some(Vec::new()),
        Formula::In(dim, set) => Some(vec![vec![(*dim, set.clone())]]),
        Formula::Any(parts) => {
            let mut found = Vec::new();
            for part in parts {
                found.extend(areas(part)?);
                found = merged(found);
                if found.len() > MOST_AREAS {
                    return None;
                }
            }
            Some(found)
        }
        Formula::All(parts) => {
            let mut found: Vec<Area> = vec![Vec::new()];
            for part in parts {
                let more = areas(part)?;
                let mut products: Vec<Area> = Vec::new();
                for area in &found {
                    products.extend(more.iter().filter_map(|more| common(area, more)));
                }
                found = merged(products);
                if found.len() > MOST_AREAS {
                    return None;
                }
            }
            Some(found)
        }
    }
}

/// What two areas share; `None` if that is nothing.
pub fn common(a: &Area, b: &Area) -> Option<Area> {
    let mut common = a.clone();
    b.iter().for_each(|(dim, set)| narrow(&mut common, *dim, set));
    common.iter().all(|(_, set)| !set.is_empty()).then_some(common)
}

/// Restricts one dimension of an area further.
pub fn narrow(area: &mut Area, dim: DimId, set: &AtomSet) {
    match area.binary_search_by_key(&dim, |(dim, _)| *dim) {
        Ok(index) => area[index].1 = area[index].1.intersect(set),
        Err(index) => area.insert(index, (dim, set.clone())),
    }
}

/// Whether every lead in `inner` is in `outer`.
pub fn is_within(inner: &Area, outer: &Area) -> bool {
    outer.iter().all(|(dim, set)| {
        inner.binary_search_by_key(dim, |(dim, _)| *dim).is_ok_and(|index| inner[index].1.is_subset(set))
    })
}

/// Drops areas inside others and joins those that differ in one dimension only.
fn merged(mut areas: Vec<Area>) -> Vec<Area> {
    let mut index = 0;
    while index < areas.len() {
        let joined = (0..index).find_map(|other| Some((other, join_areas(&areas[other], &areas[index])?)));
        match joined {
            None => index += 1,
            Some((other, joined)) => {
                areas.remove(index);
                areas.remove(other);
                areas.push(joined);
                index = other.min(areas.len() - 1);
            }
        }
    }
    areas
}

fn join_areas(a: &Area, b: &Area) -> Option<Area> {
    if is_within(a, b) {
        return Some(b.clone());
    }
    if is_within(b, a) {
        return Some(a.clone());
    }
    if a.len() != b.len() || a.iter().zip(b).any(|((dim, _), (other, _))| dim != other) {
        return None;
    }
    let mut different = (0..a.len()).filter(|&index| a[index].1 != b[index].1);
    let (index, none) = (different.next()?, different.next());
    if none.is_some() {
        return None;
    }
    let mut joined = a.clone();
    joined[index].1 = a[index].1.union(&b[index].1);
    if joined[index].1.is_full() {
        joined.remove(index);
    }
    Some(joined)
}

/// The areas of a formula, with auxiliary truth values if it has too many.
pub fn areas_or_define(model: &mut Model<'_>, formula: &Formula) -> Vec<Area> {
    areas(formula).unwrap_or_else(|| {
        let (dim, set) = define(model, formula);
        vec![vec![(dim, set)]]
    })
}

/// A dimension and set that hold exactly where the formula does, defined by boxes that no lead is in.
fn define(model: &mut Model<'_>, formula: &Formula) -> (DimId, AtomSet) {
    let (parts, is_and) = match formula {
        Formula::In(dim, set) => return (*dim, set.clone()),
        Formula::Always(truth) => {
            let dim = model.auxiliary();
            model.link([(dim, AtomSet::of(2, [0]))]);
            model.definitions.push((dim, Formula::Always(true)));
            return (dim, AtomSet::of(2, [u32::from(*truth)]));
        }
        Formula::All(parts) => (parts, true),
        Formula::Any(parts) => (parts, false),
    };
    let parts: Vec<(DimId, AtomSet)> = parts.iter().map(|part| define(model, part)).collect();
    let dim = model.auxiliary();
    model.definitions.push((dim, formula.clone()));
    let value = |truth: bool| (dim, AtomSet::of(2, [u32::from(truth)]));
    // All: a no among the parts forbids yes; yes in all parts forbids no. Any: the other way round.
    for (part, set) in &parts {
        let against = if is_and { set.complement() } else { set.clone() };
        model.link([value(is_and), (*part, against)]);
    }
    let mut whole: Area = vec![value(!is_and)];
    for (part, set) in &parts {
        let set = if is_and { set.clone() } else { set.complement() };
        narrow(&mut whole, *part, &set);
    }
    if whole.iter().all(|(_, set)| !set.is_empty()) {
        model.link(whole);
    }
    value(true)
}
