//! The one question: is there a lead in one of these areas and outside these boxes?
//!
//! [`Engine::witness`] answers it with a lead, with a refutation that names the boxes it needed, or
//! with "left open". Cheap answers come first, because nearly all questions have one:
//!
//! 1. one box contains the whole area: refuted by that box alone;
//! 2. a dimension has an atom that no box in the way contains: taking it escapes all boxes that
//!    restrict the dimension, and no other choice could do better. If that leaves no box, the lead is
//!    found. Where dimensions belong to one variable the choice may turn out impossible (there may be
//!    no such text), so there it is a guess, taken back if nothing comes of it;
//! 3. the complete search ([`solve`]) over the boxes that are left.
//!
//! Whether the atoms of one variable fit together is asked ([`Model::pick`]) when all boxes are
//! escaped; if they do not, the search learns which dimensions do not, and goes on.
//!
//! Worked example: rules 1 `country is DE`, 2 `employees >= 500`, 3 `country in [DE, AT] and
//! employees >= 1000`. Is there a lead for rule 3? The area is `{ country: DE AT, employees: 1000… }`.
//! Box 2 contains it whole: no, because of rule 2. Were rule 2 `employees in 500 to 5000`, `employees`
//! would have the atom `5001…` that box 2 does not contain, and `country` the atom AT that box 1 does
//! not: the lead is AT with 5001 employees.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, OnceLock};

use indexmap::IndexSet;
use jiff::civil::Date;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::analysis::atoms::{Basic, DimId, Literal, Root, Tables, VariableId};
use crate::analysis::boxes::{Area, Collector, Formula, Tree, areas_or_define, formula, holds_at, negation};
use crate::analysis::index::{Index, Owner};
use crate::analysis::model::{Mismatch, Model};
use crate::analysis::pick::Pick;
use crate::analysis::sets::{AtomSet, Bits};
use crate::analysis::solve::{Boxes, Judgement, MOST_NODES, Problem, Solution, solve};
use crate::analysis::values::Chain;
use crate::canonical;
use crate::cell::Cell;
use crate::ids::{Id, RuleId, ValueId};
use crate::policy::{Action, Condition, Project};

/// Projects in the form in which questions about them are answered.
pub struct Engine<'p> {
    pub model: Model<'p>,
    pub index: Index,
    /// For each project its rules, by their number.
    pub rules: Vec<Vec<CompiledRule>>,
    /// What rules do with leads, each once: a rule's `end` is a place in it.
    ends: IndexSet<String, FxBuildHasher>,
    /// For each project the leads that it does not take in, with their boxes in the index. One project
    /// alone has none: that its fields are there is then part of the model.
    pub refused: Vec<Refused>,
    /// Boxes that no lead is in: broken assumptions, and links between variables.
    pub always: Bits,
    /// Whether something was asked that the engine cannot take apart. Refutations are right all the
    /// same; a witness may turn out not to be one, which its replay shows.
    pub is_partly_opaque: bool,
    busiest: Vec<DimId>,
    picks: Mutex<FxHashMap<(VariableId, Area), Pick>>,
    /// For each rule boxes before it that contain one of its areas each, if all are contained.
    shadows: Vec<Vec<OnceLock<Option<Vec<u32>>>>>,
}

/// The condition of a rule.
#[derive(Clone, Debug)]
pub struct CompiledRule {
    /// A rule out of force takes no leads: it has no areas.
    pub formula: Formula,
    pub areas: Vec<Area>,
    /// Its boxes in the index.
    pub boxes: std::ops::Range<u32>,
    /// Two rules with the same number end a lead's way alike; `None` for `go to`, which does not end it.
    pub end: Option<u32>,
    pub is_in_force: bool,
}

/// Leads that a version rejects before any rule sees them.
#[derive(Clone, Default, Debug)]
pub struct Refused {
    pub areas: Vec<Area>,
    pub boxes: std::ops::Range<u32>,
}

/// A lead's cells, by the model's fields.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Witness {
    pub cells: Vec<Cell>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    Found(Witness),
    /// Proved: no lead. The boxes that the proof needed.
    Refuted(BTreeSet<u32>),
    /// Not decided within the budget.
    Open,
}

impl<'p> Engine<'p> {
    /// Compiles projects. With a day, rules out of force on it take no leads; without one, dates are
    /// not looked at.
    pub fn new(projects: &[&'p Project], tables: Tables, today: Option<Date>) -> Result<Engine<'p>, Vec<Mismatch>> {
        let mut model = Model::new(projects, tables)?;
        let mut collector = Collector::new(&model);
        let mut rules: Vec<Vec<Tree>> = Vec::new();
        let mut assumptions: Vec<(usize, usize, Tree)> = Vec::new();
        for (number, project) in projects.iter().enumerate() {
            let tree = |collector: &mut Collector<'_, 'p>, rule: &crate::policy::Rule| match &rule.when {
                _ if today.is_some_and(|day| !rule.dates.include(day)) => Tree::Always(false),
                None => Tree::Always(true),
                Some(when) => collector.condition(number, when, true),
            };
            rules.push(project.rules.iter().map(|rule| tree(&mut collector, rule)).collect());
            for (index, assumption) in project.assumptions.iter().enumerate() {
                assumptions.push((number, index, collector.condition(number, &assumption.node, true)));
            }
        }
        let refusals: Vec<Tree> = (0..projects.len()).map(|project| collector.refusal(project)).collect();
        collector.collect_known();
        let Collector { questions, variables, met_opaque: is_partly_opaque, .. } = collector;
        let questions: Vec<Basic> = questions.into_iter().collect();
        variables.into_iter().for_each(|(root, ty)| model.add_variable(root, ty));
        model.cut(&questions);
        link_rows(&mut model);
        let literals = literals(&model, &questions).expect("every question was among those of the cut");
        let mut engine = Engine {
            model,
            index: Index::default(),
            rules: Vec::new(),
            refused: Vec::new(),
            ends: IndexSet::default(),
            always: Bits::default(),
            is_partly_opaque,
            busiest: Vec::new(),
            picks: Mutex::new(FxHashMap::default()),
            shadows: Vec::new(),
        };
        for (number, trees) in rules.iter().enumerate() {
            engine.add_rules(number, trees, &literals, today);
        }
        refusals.iter().enumerate().for_each(|(project, tree)| engine.add_refused(project, tree, &literals));
        engine.add_always(&assumptions, &literals);
        Ok(engine)
    }

    /// Boxes are numbered policy by policy, so that the rules before another are a range.
    fn add_rules(&mut self, project: usize, trees: &[Tree], literals: &[Literal], today: Option<Date>) {
        let source = self.model.projects[project];
        let nothing = CompiledRule {
            formula: Formula::Always(false),
            areas: Vec::new(),
            boxes: 0..0,
            end: None,
            is_in_force: true,
        };
        let mut compiled = vec![nothing; trees.len()];
        for policy in &source.policies {
            for rule in &policy.rules {
                let formula = formula(literals, &trees[rule.index()]);
                let areas = areas_or_define(&mut self.model, &formula);
                let first = self.index.len() as u32;
                for area in &areas {
                    self.index.add(&mut self.model, area, Owner::Rule(project, *rule));
                }
                let boxes = first..self.index.len() as u32;
                let is_in_force = today.is_none_or(|day| source.rules[*rule].dates.include(day));
                let end = match &source.rules[*rule].action {
                    Action::GoTo(_) => None,
                    _ => Some(self.ends.insert_full(self.end_of_rule(source, *rule)).0 as u32),
                };
                compiled[rule.index()] = CompiledRule { formula, areas, boxes, end, is_in_force };
            }
        }
        self.shadows.push(compiled.iter().map(|_| OnceLock::new()).collect());
        self.rules.push(compiled);
    }

    /// Where a rule's leads end, as a text. What becomes of them later, when nobody gets in touch, is part of
    /// it within one version; a change of that is no change of destination.
    fn end_of_rule(&self, project: &Project, rule: RuleId) -> String {
        let rule = &project.rules[rule];
        let end = canonical::action(project, &rule.action);
        match self.model.projects.len() {
            1 if !rule.escalations.is_empty() => format!("{end} {}", canonical::escalations(project, rule)),
            _ => end,
        }
    }

    fn add_refused(&mut self, project: usize, tree: &Tree, literals: &[Literal]) {
        let areas = areas_or_define(&mut self.model, &formula(literals, tree));
        let first = self.index.len() as u32;
        for area in &areas {
            self.index.add(&mut self.model, area, Owner::Refused(project));
        }
        self.refused.push(Refused { areas, boxes: first..self.index.len() as u32 });
    }

    fn add_always(&mut self, assumptions: &[(usize, usize, Tree)], literals: &[Literal]) {
        let first = self.index.len() as u32;
        for (project, number, tree) in assumptions {
            let broken = negation(&formula(literals, tree));
            for area in areas_or_define(&mut self.model, &broken) {
                self.index.add(&mut self.model, &area, Owner::Assumption(*project, *number));
            }
        }
        for link in self.model.links.clone() {
            let area: Area = link.iter().map(|(dim, set)| (*dim, self.model.set(*dim, *set).clone())).collect();
            self.index.add(&mut self.model, &area, Owner::Link);
        }
        self.index.build(&self.model);
        self.busiest = self.index.busiest();
        self.always = self.index.none();
        self.always.insert_range(first, self.index.len() as u32);
    }

    /// A condition of a project as a formula, with a part of it replaced by a truth; `None` if it asks
    /// what no rule or assumption does.
    pub fn formula<'a>(
        &'a self,
        project: usize,
        condition: &'a Condition,
        given: Option<(&'a Condition, bool)>,
    ) -> Option<Formula> {
        let mut collector = Collector::new(&self.model);
        collector.given = given;
        let tree = collector.condition(project, condition, true);
        let questions: Vec<Basic> = collector.questions.into_iter().collect();
        Some(formula(&literals(&self.model, &questions)?, &tree))
    }

    /// That a value is known, as a formula; `None` if no comparison with it is negated anywhere.
    pub fn known(&self, project: usize, value: ValueId) -> Option<Formula> {
        let mut collector = Collector::new(&self.model);
        let tree = collector.known(project, value);
        let questions: Vec<Basic> = collector.questions.into_iter().collect();
        Some(formula(&literals(&self.model, &questions)?, &tree))
    }

    /// A lead in one of the areas, outside the forbidden boxes and regions (and what is always
    /// forbidden).
    pub fn witness(&self, areas: &[Area], forbidden: &Bits, regions: &[Area]) -> Verdict {
        self.witness_within(areas, forbidden, regions, MOST_NODES)
    }

    /// The same with a budget, for leads that would be nice to have.
    pub fn witness_within(&self, areas: &[Area], forbidden: &Bits, regions: &[Area], most_nodes: usize) -> Verdict {
        let mut core = BTreeSet::new();
        let mut is_open = false;
        for area in areas {
            match self.witness_in(area, forbidden, regions, most_nodes) {
                Verdict::Found(witness) => return Verdict::Found(witness),
                Verdict::Refuted(more) => core.extend(more),
                Verdict::Open => is_open = true,
            }
        }
        if is_open { Verdict::Open } else { Verdict::Refuted(core) }
    }

    /// The same with a few boxes only, which are not worth looking up.
    pub fn witness_past(&self, areas: &[Area], boxes: &Bits) -> Verdict {
        let mut boxes = boxes.clone();
        boxes.or(&self.always);
        let mut core = BTreeSet::new();
        let mut is_open = false;
        for area in areas {
            let attempt = Attempt { left: area.iter().cloned().collect(), boxes: boxes.clone() };
            match self.search(&attempt, &[], MOST_NODES) {
                Verdict::Found(witness) => return Verdict::Found(witness),
                Verdict::Refuted(more) => core.extend(more),
                Verdict::Open => is_open = true,
            }
        }
        if is_open { Verdict::Open } else { Verdict::Refuted(core) }
    }

    fn witness_in(&self, area: &Area, forbidden: &Bits, regions: &[Area], most_nodes: usize) -> Verdict {
        let mut candidates = forbidden.clone();
        candidates.or(&self.always);
        self.index.keep_meeting(area, &mut candidates);
        if let Some(container) = self.index.containing(&self.model, area, &candidates) {
            return Verdict::Refuted(BTreeSet::from([container]));
        }
        let regions: Vec<&Area> = regions.iter().filter(|region| meet(area, region)).collect();
        let mut attempt = Attempt { left: area.iter().cloned().collect(), boxes: candidates };
        self.take_uncontained(&mut attempt, &regions, false);
        self.take_variables(&mut attempt, &regions);
        let mut guess = attempt.clone();
        let guessed = self.take_uncontained(&mut guess, &regions, true);
        if guessed && let found @ Verdict::Found(_) = self.search(&guess, &regions, most_nodes.min(GUESS_NODES)) {
            return found;
        }
        self.search(&attempt, &regions, most_nodes)
    }

    /// Takes atoms that no box in the way contains; guesses where variables have several dimensions.
    fn take_uncontained(&self, attempt: &mut Attempt, regions: &[&Area], guess: bool) -> bool {
        let mut taken = false;
        for _ in 0..2 {
            for &dim in &self.busiest {
                if self.is_linked(dim) != guess || regions.iter().any(|region| restricts(region, dim)) {
                    continue;
                }
                let left = attempt.left.get(&dim);
                if attempt.boxes.is_empty() {
                    return taken;
                }
                let free = self.index.free(dim);
                if attempt.boxes.is_subset(free) {
                    continue;
                }
                if let Some(atom) = self.index.uncontained(dim, left, &attempt.boxes) {
                    attempt.left.insert(dim, AtomSet::of(self.model.dims[dim as usize].atoms, [atom]));
                    attempt.boxes.and(free);
                    taken = true;
                }
            }
        }
        taken
    }

    /// For variables with several dimensions: if all that matter have an atom that no box in the way
    /// contains, and a cell has them all, taking them escapes every box that restricts the variable.
    fn take_variables(&self, attempt: &mut Attempt, regions: &[&Area]) {
        for (variable, known) in self.model.variables.iter().enumerate() {
            if known.dims.len() < 2 || attempt.boxes.is_empty() {
                continue;
            }
            if regions.iter().any(|region| known.dims.iter().any(|dim| restricts(region, *dim))) {
                continue;
            }
            if let Some(taken) = self.uncontained_cell(attempt, variable) {
                for (dim, set) in taken {
                    attempt.boxes.and(self.index.free(dim));
                    attempt.left.insert(dim, set);
                }
            }
        }
    }

    fn uncontained_cell(&self, attempt: &Attempt, variable: VariableId) -> Option<Vec<(DimId, AtomSet)>> {
        let mut wanted: Vec<(DimId, AtomSet)> = Vec::new();
        let mut is_needed = false;
        for &dim in &self.model.variables[variable].dims {
            let left = attempt.left.get(&dim);
            if attempt.boxes.is_subset(self.index.free(dim)) {
                wanted.extend(left.map(|left| (dim, left.clone())));
                continue;
            }
            is_needed = true;
            let atom = self.index.uncontained(dim, left, &attempt.boxes)?;
            wanted.push((dim, AtomSet::of(self.model.dims[dim as usize].atoms, [atom])));
        }
        let picked = is_needed && matches!(self.pick(variable, &wanted), Pick::Cell(_));
        picked.then_some(wanted)
    }

    /// Whether the dimension belongs to a variable that has others, too.
    fn is_linked(&self, dim: DimId) -> bool {
        let variable = self.model.dims[dim as usize].variable;
        variable.is_some_and(|variable| self.model.variables[variable].dims.len() > 1)
    }

    fn search(&self, attempt: &Attempt, regions: &[&Area], most_nodes: usize) -> Verdict {
        let numbers: Vec<u32> = attempt.boxes.iter().collect();
        let mut boxes = Boxes::default();
        for &number in &numbers {
            let sets = &self.index.boxes[number as usize];
            boxes.push(sets.iter().map(|(dim, set)| (*dim, self.model.set(*dim, *set))));
        }
        regions.iter().for_each(|region| boxes.push(region.iter().map(|(dim, set)| (*dim, set))));
        let mut start = attempt.left.clone();
        for dim in boxes.dims() {
            start.entry(dim).or_insert_with(|| self.model.full(dim));
        }
        let problem = Problem { start: &start, boxes, most_nodes };
        match solve(&problem, &mut |sets| self.judge(sets)) {
            Solution::Found(witness) => Verdict::Found(witness),
            Solution::Open => Verdict::Open,
            Solution::Refuted(used) => {
                Verdict::Refuted(used.into_iter().filter_map(|index| numbers.get(index).copied()).collect())
            }
        }
    }

    /// A lead with these atoms, or the dimensions that do not go together.
    fn judge(&self, sets: &BTreeMap<DimId, AtomSet>) -> Judgement<Witness> {
        let mut wanted: BTreeMap<VariableId, Vec<(DimId, AtomSet)>> = BTreeMap::new();
        for (dim, set) in sets.iter().filter(|(_, set)| !set.is_full()) {
            if let Some(variable) = self.model.dims[*dim as usize].variable {
                wanted.entry(variable).or_default().push((*dim, set.clone()));
            }
        }
        let mut cells = Vec::with_capacity(self.model.fields);
        for variable in 0..self.model.variables.len() {
            let wanted = wanted.remove(&variable).unwrap_or_default();
            match self.pick(variable, &wanted) {
                Pick::Cell(cell) => cells.push(cell),
                Pick::Open => return Judgement::Open,
                Pick::None => return Judgement::Impossible(self.clashing(variable, wanted)),
            }
        }
        cells.truncate(self.model.fields);
        Judgement::Fine(Witness { cells })
    }

    /// The dimensions without which the others would go together.
    fn clashing(&self, variable: VariableId, mut wanted: Vec<(DimId, AtomSet)>) -> Vec<DimId> {
        if let Some(clash) = self.model.clash(&wanted) {
            return clash;
        }
        let mut index = 0;
        while index < wanted.len() {
            let mut fewer = wanted.clone();
            fewer.remove(index);
            if self.pick(variable, &fewer) == Pick::None {
                wanted = fewer;
            } else {
                index += 1;
            }
        }
        wanted.into_iter().map(|(dim, _)| dim).collect()
    }

    fn pick(&self, variable: VariableId, wanted: &[(DimId, AtomSet)]) -> Pick {
        if wanted.len() < 2 && wanted.iter().all(|(dim, _)| *dim == self.model.place(variable)) {
            return self.model.pick(variable, wanted);
        }
        let key = (variable, wanted.to_vec());
        if let Some(known) = self.picks.lock().expect("nobody panics with the lock").get(&key) {
            return known.clone();
        }
        let pick = self.model.pick(variable, wanted);
        self.picks.lock().expect("nobody panics with the lock").insert(key, pick.clone());
        pick
    }

    /// The atoms of a lead.
    pub fn point(&self, cells: &[Cell]) -> Vec<Option<u32>> {
        let atom = |dim: usize| {
            let variable = self.model.dims[dim].variable.filter(|&variable| variable < cells.len())?;
            self.model.atom_of(dim as DimId, &cells[variable])
        };
        let mut point: Vec<Option<u32>> = (0..self.model.dims.len()).map(atom).collect();
        for (dim, formula) in &self.model.definitions {
            point[*dim as usize] = Some(u32::from(holds_at(formula, &point)));
        }
        point
    }

    /// The text of a rule's end.
    pub fn end_text(&self, end: u32) -> &str {
        &self.ends[end as usize]
    }

    /// Whether rules before it, not counting one, are seen at a glance to take all leads of a rule: each
    /// of its areas lies in a box of theirs.
    pub(super) fn is_shadowed(&self, project: usize, rule: RuleId, not_by: RuleId) -> bool {
        let shadow = self.shadows[project][rule.index()].get_or_init(|| {
            let before = self.before(project, rule);
            let container = |area: &Area| self.index.containing(&self.model, area, &self.index.meeting(area, &before));
            self.rules[project][rule.index()].areas.iter().map(container).collect()
        });
        let is_other = |number: &u32| self.index.rule(*number) != Some(not_by);
        shadow.as_ref().is_some_and(|boxes| boxes.iter().all(is_other))
    }

    /// The boxes of some rules.
    pub fn boxes_of(&self, project: usize, rules: impl IntoIterator<Item = RuleId>) -> Bits {
        let mut bits = self.index.none();
        for rule in rules {
            let range = &self.rules[project][rule.index()].boxes;
            bits.insert_range(range.start, range.end);
        }
        bits
    }

    /// The rules that own boxes.
    pub fn owners(&self, boxes: impl IntoIterator<Item = u32>) -> BTreeSet<Owner> {
        boxes.into_iter().map(|number| self.index.owners[number as usize]).collect()
    }
}

fn literals(model: &Model<'_>, questions: &[Basic]) -> Option<Vec<Literal>> {
    questions.iter().map(|basic| model.literal(basic)).collect()
}

/// How long a guess is followed.
const GUESS_NODES: usize = 200;

/// How far a search has come: what is left of dimensions, and the boxes still in the way.
#[derive(Clone)]
struct Attempt {
    left: BTreeMap<DimId, AtomSet>,
    boxes: Bits,
}

fn restricts(area: &Area, dim: DimId) -> bool {
    area.binary_search_by_key(&dim, |(dim, _)| *dim).is_ok()
}

/// Whether two areas share a point.
pub fn meet(a: &Area, b: &Area) -> bool {
    b.iter().all(|(dim, set)| match a.binary_search_by_key(dim, |(dim, _)| *dim) {
        Ok(index) => a[index].1.meets(set),
        Err(_) => true,
    })
}

/// A column is known only in a row that exists, and a row exists only for a key that is known.
fn link_rows(model: &mut Model<'_>) {
    let blank = |model: &Model<'_>, variable: VariableId| {
        let dim = model.place(variable);
        let atoms = model.dims[dim as usize].atoms;
        model.dims[dim as usize].blank().map(|blank| (dim, AtomSet::of(atoms, [blank])))
    };
    let roots: Vec<(VariableId, Root)> =
        model.variables.iter().enumerate().map(|(variable, known)| (variable, known.root.clone())).collect();
    for (variable, root) in &roots {
        let needed = match root {
            Root::Field(_) => continue,
            Root::Column(table, key, _) => Root::Row(*table, key.clone()),
            Root::Row(_, key) => key_root(model, key),
        };
        let Some((needed, _)) = roots.iter().find(|(_, root)| *root == needed) else { continue };
        if let (Some((dim, own_blank)), Some(key_blank)) = (blank(model, *variable), blank(model, *needed)) {
            model.link([(dim, own_blank.complement()), key_blank]);
        }
    }
}

/// The root of the chain that leads to a key.
fn key_root(model: &Model<'_>, key: &Chain) -> Root {
    use crate::analysis::values::Step;
    let last = key.steps.iter().rposition(|step| matches!(step, Step::Row(_) | Step::Column(..)));
    let upto = |end: usize| Chain { field: key.field, steps: key.steps[..end].to_vec() };
    match last.map(|last| (last, &key.steps[last])) {
        Some((last, Step::Column(table, column))) => Root::Column(*table, upto(last - 1), column.index()),
        Some((last, Step::Row(table))) => Root::Row(*table, upto(last)),
        _ => model.variables[model.field(0, key.field)].root.clone(),
    }
}
