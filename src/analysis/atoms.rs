//! What conditions can tell apart about a lead: variables, their dimensions, and the atoms of each.
//!
//! A *variable* is something a lead chooses freely: a field. (With tables of unknown content,
//! [`Tables::Any`], also each column of each row that is looked up.) Whatever is derived from a
//! field belongs to that field: `email ends with ".org"`, `domain of email is "x.com"` and
//! `accounts[domain of email].tier is gold` are three questions about one e-mail address.
//!
//! A variable has one or more *dimensions*, each with a finite number of *atoms*: classes of cells
//! that no condition tells apart.
//!
//! | dimension | atoms |
//! | --- | --- |
//! | place | blank; for closed lists classes of members; for ordered types and text pieces of a [`Line`], look-ups included: a table's keys are named points, alike if their rows are |
//! | end | which of the asked endings a text has (a line of reversed texts) |
//! | part | has it any of these pieces, yes or no; one dimension for each `contains` |
//! | hour, weekday | classes of hours and days, one dimension for each zone |
//! | tag | has it the tag, yes or no |
//! | auxiliary | a truth value of the search's own, which no lead has |
//!
//! The atoms of one dimension are all possible. Two dimensions of one variable need not be
//! compatible (`is "acme school"` contains `school`): [`Model::pick`] decides whether a cell has the
//! wanted atoms in all of them, by the theories of [`text`](super::text) and [`time`](super::time).
//! Dimensions of different variables are independent; the links between columns, rows and keys are
//! stated as boxes that no lead is in.

use std::collections::BTreeMap;

use indexmap::IndexSet;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::analysis::alike::{Shared, read_differently, translated};
use crate::analysis::boxes::Formula;
use crate::analysis::contained::Contained;
use crate::analysis::line::{Asked, Line, NOWHERE, Pieces, cut, sign};
use crate::analysis::sample;
use crate::analysis::sets::AtomSet;
use crate::analysis::text::{self, Answer, Question, Scope, Shape, Test, Want, after_prefix, reversed};
use crate::analysis::time;
use crate::analysis::values::{Chain, Step, follow};
use crate::cell::{Cell, Type, normal_text};
use crate::country::Country;
use crate::ids::{FieldId, Id, TableId};
use crate::lead::Lead;
use crate::plan::facts::{domain_of, satisfies};
use crate::policy::{Limit, Predicate, Project, Range, TextPart, Zone};

/// A dimension, by its number in the model.
pub type DimId = u32;
/// A variable, by its number in the model. Fields come first, in the order of the lead block.
pub type VariableId = usize;

/// What is known of the tables' rows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Tables {
    /// The rows as loaded.
    Today,
    /// Nothing but the columns' types: what holds then holds whatever the tables contain.
    Any,
}

/// Cells of a field that are tried as samples.
const MOST_SAMPLES: usize = 20;

/// Variables, dimensions and atoms of everything that some projects ask about a lead.
pub struct Model<'p> {
    pub projects: Vec<&'p Project>,
    pub tables: Tables,
    pub variables: Vec<Variable>,
    pub dims: Vec<Dim>,
    /// How many variables are fields.
    pub fields: usize,
    /// For each project, which variable its fields are.
    field_variables: Vec<Vec<VariableId>>,
    literals: FxHashMap<Basic, Literal>,
    sets: Vec<IndexSet<AtomSet, FxBuildHasher>>,
    /// Boxes that no lead is in, by the links between variables.
    pub links: Vec<Vec<(DimId, u32)>>,
    /// What the auxiliary truth values stand for.
    pub definitions: Vec<(DimId, Formula)>,
    /// What the pieces asked of texts contain.
    pub contains: Contained,
    timezone: TimeZone,
    /// Placeholders that count as blank in one of the projects.
    blanks: Vec<String>,
    /// Leads that the projects do not all read alike, in words; they are in no area.
    pub left_out: Vec<String>,
}

/// Something a lead chooses freely.
#[derive(Clone, Debug)]
pub struct Variable {
    pub root: Root,
    /// What all projects take for a cell of it.
    pub shared: Shared,
    pub dims: Vec<DimId>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Root {
    /// By name, which versions of a project share.
    Field(String),
    /// Whether a table has a row with the key.
    Row(TableId, Chain),
    /// A cell of that row: its column's number.
    Column(TableId, Chain, usize),
}

#[derive(Clone, Debug)]
pub struct Dim {
    pub variable: Option<VariableId>,
    pub derivation: Derivation,
    pub kind: Kind,
    pub atoms: u32,
}

/// What is derived from a variable's cell before it is looked at.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Derivation {
    Itself,
    Domain,
    Hour(Zone),
    Weekday(Zone),
}

#[derive(Clone, Debug)]
pub enum Kind {
    /// Pieces of a line. `named`: atoms that are points which conditions name; `samples`: a cell of
    /// each atom. If blank is an atom, it is the first.
    Line {
        line: Line,
        has_blank: bool,
        named: Vec<bool>,
        samples: Vec<Cell>,
    },
    /// The cells of each atom; a blank one comes first.
    Closed {
        cells: Vec<Vec<Cell>>,
    },
    /// Blank or known, and nothing else matters.
    Presence {
        has_blank: bool,
    },
    Tag(String),
    /// Endings, as a line of reversed texts. The first atom is to have none of them.
    End {
        line: Line,
        patterns: Vec<String>,
    },
    Part {
        part: TextPart,
        any: Vec<String>,
    },
    Auxiliary,
}

/// The atoms of a dimension for which something holds.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Literal {
    Always(bool),
    In(DimId, AtomSet),
}

/// A question about one variable that becomes atoms of one dimension.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Basic {
    pub variable: VariableId,
    pub derivation: Derivation,
    pub ask: Ask,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Ask {
    Known,
    OneOf(Vec<Cell>),
    Within(Range),
    StartsWith(Vec<String>),
    EndsWith(Vec<String>),
    /// Contained, or the end of an address in a way that only the whole address decides.
    Part(TextPart, Vec<String>),
    Tag(String),
    /// The cell is the key of a row from which the steps lead to a cell as asked.
    Row {
        project: usize,
        table: TableId,
        steps: Vec<Step>,
        predicate: Predicate,
    },
    /// A question that the engine cannot take apart: it may hold or not.
    Opaque(usize, Chain, Predicate),
}

/// A cell of a variable, as wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Pick {
    Cell(Cell),
    /// Proved: there is none.
    None,
    Open,
}

/// Why two versions cannot be compared exactly.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mismatch {
    pub field: String,
    pub why: &'static str,
}

impl<'p> Model<'p> {
    /// Variables for the fields of the projects, by name; no dimensions yet.
    pub fn new(projects: &[&'p Project], tables: Tables) -> Result<Model<'p>, Vec<Mismatch>> {
        let mut model = Model {
            projects: projects.to_vec(),
            tables,
            variables: Vec::new(),
            dims: Vec::new(),
            fields: 0,
            field_variables: Vec::new(),
            literals: FxHashMap::default(),
            sets: Vec::new(),
            links: Vec::new(),
            definitions: Vec::new(),
            contains: Contained::default(),
            timezone: projects.first().map_or(TimeZone::UTC, |project| project.timezone.clone()),
            blanks: projects.iter().flat_map(|project| &project.lead.blanks).cloned().collect(),
            left_out: projects.windows(2).flat_map(|pair| read_differently(pair[0], pair[1])).collect(),
        };
        let mismatches: Vec<Mismatch> = projects.iter().flat_map(|project| model.add_fields(project)).collect();
        model.fields = model.variables.len();
        if mismatches.is_empty() { Ok(model) } else { Err(mismatches) }
    }

    fn add_fields(&mut self, project: &Project) -> Vec<Mismatch> {
        let mut mismatches = Vec::new();
        let mut variables = Vec::new();
        for (id, field) in project.lead.fields.iter_with_ids() {
            let root = Root::Field(field.name.clone());
            let own = Shared::of(&project.lead, id);
            match self.variables.iter().position(|variable| variable.root == root) {
                Some(known) => {
                    let shared = &mut self.variables[known].shared;
                    mismatches.extend(shared.join(&field.name, &own, &mut self.left_out).err());
                    variables.push(known);
                }
                None => {
                    variables.push(self.variables.len());
                    self.variables.push(Variable { root, shared: own, dims: Vec::new() });
                }
            }
        }
        self.field_variables.push(variables);
        mismatches
    }

    /// The variable that a field of a project is.
    pub fn field(&self, project: usize, field: FieldId) -> VariableId {
        self.field_variables[project][field.index()]
    }

    /// A cell as a project reads it, as the model has it; `None` if the versions do not share it.
    pub fn cell(&self, project: usize, field: FieldId, cell: &Cell) -> Option<Cell> {
        let shared = &self.variables[self.field(project, field)].shared;
        match cell {
            Cell::Blank => shared.may_be_blank.then_some(Cell::Blank),
            cell => translated(cell, &self.projects[project].lead.fields[field].ty, &shared.ty),
        }
    }

    /// What has the answer yes for those cells of a field that a project reads; `None` if it reads all.
    pub fn readable(&self, project: usize, field: FieldId) -> Option<Ask> {
        let shared = &self.variables[self.field(project, field)].shared;
        shared.readable(&self.projects[project].lead.fields[field].ty)
    }

    /// A cell of the model as a project reads it.
    fn as_read_by(&self, project: usize, variable: VariableId, cell: &Cell) -> Option<Cell> {
        let field = self.field_variables[project].iter().position(|of| *of == variable);
        let Some(field) = field.map(FieldId::from_index) else { return Some(cell.clone()) };
        translated(cell, &self.variables[variable].shared.ty, &self.projects[project].lead.fields[field].ty)
    }

    /// Adds a variable that is no field.
    pub fn add_variable(&mut self, root: Root, ty: Type) {
        self.variables.push(Variable { root, shared: Shared { ty, may_be_blank: true }, dims: Vec::new() });
    }

    /// Makes the dimensions that the questions need. Call once, with every question there will be.
    pub fn cut(&mut self, asked: &[Basic]) {
        let mut by_variable: BTreeMap<VariableId, Vec<&Basic>> =
            (0..self.variables.len()).map(|variable| (variable, Vec::new())).collect();
        for basic in asked {
            by_variable.entry(basic.variable).or_default().push(basic);
        }
        for (variable, asked) in by_variable {
            self.cut_variable(variable, &asked);
            let contained = self.contained(variable);
            self.contains.extend(contained);
        }
        let opaque = asked.iter().filter(|basic| matches!(basic.ask, Ask::Opaque(..)));
        for basic in opaque {
            let dim = self.auxiliary();
            self.literals.insert(basic.clone(), Literal::In(dim, AtomSet::of(2, [1])));
        }
    }

    /// A truth value of the search's own.
    pub fn auxiliary(&mut self) -> DimId {
        self.add_dim(Dim { variable: None, derivation: Derivation::Itself, kind: Kind::Auxiliary, atoms: 2 })
    }

    /// The atoms for which a question has the answer yes; `None` if it was not among those of
    /// [`Model::cut`].
    pub fn literal(&self, basic: &Basic) -> Option<Literal> {
        match basic.ask {
            Ask::Known => Some(self.known(basic.variable)),
            _ => self.literals.get(basic).cloned(),
        }
    }

    /// The questions that are answered by atoms of a dimension, in a fixed order.
    pub fn literals_in(&self, dim: DimId) -> Vec<(&Basic, &Literal)> {
        let mut found: Vec<(&Basic, &Literal)> =
            self.literals.iter().filter(|(_, literal)| matches!(literal, Literal::In(of, _) if *of == dim)).collect();
        found.sort_by_cached_key(|(basic, _)| format!("{basic:?}"));
        found
    }

    /// The number of a set among those of its dimension.
    pub fn intern(&mut self, dim: DimId, set: AtomSet) -> u32 {
        self.sets[dim as usize].insert_full(set).0 as u32
    }

    pub fn set(&self, dim: DimId, set: u32) -> &AtomSet {
        &self.sets[dim as usize][set as usize]
    }

    pub fn full(&self, dim: DimId) -> AtomSet {
        AtomSet::full(self.dims[dim as usize].atoms)
    }

    /// The dimension that says whether the variable is blank.
    pub fn place(&self, variable: VariableId) -> DimId {
        self.variables[variable].dims[0]
    }

    fn known(&self, variable: VariableId) -> Literal {
        let dim = self.place(variable);
        match self.dims[dim as usize].blank() {
            Some(blank) => Literal::In(dim, AtomSet::of(self.dims[dim as usize].atoms, [blank]).complement()),
            None => Literal::Always(true),
        }
    }

    fn add_dim(&mut self, dim: Dim) -> DimId {
        let id = self.dims.len() as DimId;
        if let Some(variable) = dim.variable {
            self.variables[variable].dims.push(id);
        }
        self.dims.push(dim);
        self.sets.push(IndexSet::default());
        id
    }

    /// The atom a variable's cell has in a dimension of that variable.
    pub fn atom_of(&self, dim: DimId, cell: &Cell) -> Option<u32> {
        let dim = &self.dims[dim as usize];
        dim.atom_of(cell)
    }

    /// A cell of the variable with an atom of each of these sets; sets that are full may be left out.
    pub fn pick(&self, variable: VariableId, wanted: &[(DimId, AtomSet)]) -> Pick {
        if let Some(cell) = self.pick_alone(variable, wanted) {
            return cell;
        }
        let fits = |cell: &Cell| {
            wanted.iter().all(|(dim, set)| self.atom_of(*dim, cell).is_some_and(|atom| set.contains(atom)))
        };
        if self.variables[variable].shared.may_be_blank && fits(&Cell::Blank) {
            return Pick::Cell(Cell::Blank);
        }
        match &self.variables[variable].shared.ty {
            Type::Text | Type::Email | Type::Domain => self.pick_text(variable, wanted, &fits),
            Type::Timestamp => self.pick_time(variable, wanted),
            Type::Tags => self.pick_tags(variable, wanted),
            // A row or list of which only its being there matters.
            Type::Row(_) | Type::List(_) if wanted.iter().all(|(_, set)| !set.is_empty()) => {
                Pick::Cell(Cell::YesNo(true))
            }
            _ => Pick::None,
        }
    }

    /// The plain case: at most the variable's place matters.
    fn pick_alone(&self, variable: VariableId, wanted: &[(DimId, AtomSet)]) -> Option<Pick> {
        let place = self.place(variable);
        let set = match wanted {
            [] => self.full(place),
            [(dim, set)] if *dim == place => set.clone(),
            _ => return None,
        };
        if matches!(self.dims[place as usize].kind, Kind::Presence { .. }) {
            let known = set.iter().any(|atom| Some(atom) != self.dims[place as usize].blank());
            let blank = set.iter().any(|atom| Some(atom) == self.dims[place as usize].blank());
            return match (blank, known) {
                (true, _) => Some(Pick::Cell(Cell::Blank)),
                (false, true) => None,
                (false, false) => Some(Pick::None),
            };
        }
        Some(set.first().map_or(Pick::None, |atom| Pick::Cell(self.dims[place as usize].sample(atom))))
    }

    fn pick_text(&self, variable: VariableId, wanted: &[(DimId, AtomSet)], fits: &dyn Fn(&Cell) -> bool) -> Pick {
        if self.clash(wanted).is_some() {
            return Pick::None;
        }
        let question = self.text_question(variable, wanted);
        let open_first = wanted.iter().all(|(dim, set)| self.dims[*dim as usize].has_open(set));
        if open_first && let Some(text) = text::likely(&question) {
            return Pick::Cell(Cell::Text(text.into()));
        }
        if let Some(point) = self.named_point(variable, wanted, fits) {
            return Pick::Cell(point);
        }
        // What was likely was tried.
        match if open_first { text::search(&question) } else { text::find(&question) } {
            Answer::Text(text) => Pick::Cell(Cell::Text(text.into())),
            Answer::None => Pick::None,
            Answer::Open => Pick::Open,
        }
    }

    /// A text that conditions name and that fits; one for each atom is enough, the others are like it.
    fn named_point(
        &self,
        variable: VariableId,
        wanted: &[(DimId, AtomSet)],
        fits: &dyn Fn(&Cell) -> bool,
    ) -> Option<Cell> {
        let place = self.place(variable);
        let Kind::Line { named, samples, .. } = &self.dims[place as usize].kind else { return None };
        let set = wanted.iter().find(|(dim, _)| *dim == place).map(|(_, set)| set.clone());
        let set = set.unwrap_or_else(|| self.full(place));
        set.iter()
            .filter(|&atom| named[atom as usize])
            .map(|atom| &samples[atom as usize])
            .find(|cell| fits(cell))
            .cloned()
    }

    fn text_question<'a>(&'a self, variable: VariableId, wanted: &'a [(DimId, AtomSet)]) -> Question<'a> {
        let mut wants = Vec::new();
        for (dim, atoms) in wanted {
            let dim = &self.dims[*dim as usize];
            let scope = if dim.derivation == Derivation::Domain { Scope::Domain } else { Scope::Whole };
            let yes = atoms.contains(1);
            let test = match &dim.kind {
                Kind::Line { line, .. } => Test::Place { line, atoms },
                Kind::End { line, patterns } => Test::End { line, atoms, patterns },
                Kind::Part { .. } if yes == atoms.contains(0) => continue,
                Kind::Part { part, any } => Test::Part { part: *part, any, wanted: yes },
                Kind::Closed { .. } | Kind::Presence { .. } | Kind::Tag(_) | Kind::Auxiliary => continue,
            };
            wants.push(Want { scope, test });
        }
        let ty = &self.variables[variable].shared.ty;
        Question { shape: shape(ty), wants, is_cell: Box::new(move |text: &str| self.is_text_cell(ty, text)) }
    }

    fn is_text_cell(&self, ty: &Type, text: &str) -> bool {
        !self.is_placeholder(text)
            && (is_plain_domain(ty, text) || ty.read(text, &self.timezone) == Ok(Cell::Text(text.into())))
    }

    fn is_placeholder(&self, text: &str) -> bool {
        !self.blanks.is_empty() && self.blanks.iter().any(|blank| **blank == *normal_text(text))
    }

    fn pick_time(&self, variable: VariableId, wanted: &[(DimId, AtomSet)]) -> Pick {
        let place = self.place(variable);
        let Kind::Line { line, .. } = &self.dims[place as usize].kind else { return Pick::None };
        let set = wanted.iter().find(|(dim, _)| *dim == place).map_or_else(|| self.full(place), |(_, set)| set.clone());
        let mut clocks = Vec::new();
        for (dim, set) in wanted {
            let dim = &self.dims[*dim as usize];
            let Kind::Closed { cells } = &dim.kind else { continue };
            let allowed: Vec<Cell> = set.iter().flat_map(|atom| cells[atom as usize].clone()).collect();
            match &dim.derivation {
                Derivation::Hour(zone) => clocks.push(time::Clock::Hours(zone.0.clone(), time::hours(&allowed))),
                Derivation::Weekday(zone) => clocks.push(time::Clock::Days(zone.0.clone(), time::days(&allowed))),
                Derivation::Itself | Derivation::Domain => {}
            }
        }
        match time::find(line, &set, &clocks) {
            Some(instant) => Pick::Cell(Cell::Timestamp(instant)),
            None => Pick::None,
        }
    }

    /// Any tags can stand together; no tags are blank.
    fn pick_tags(&self, variable: VariableId, wanted: &[(DimId, AtomSet)]) -> Pick {
        let mut tags: Vec<Box<str>> = Vec::new();
        let mut is_blank = false;
        for (dim, set) in wanted {
            let atoms = &self.dims[*dim as usize];
            match &atoms.kind {
                Kind::Tag(tag) if !set.contains(0) => tags.push(tag.as_str().into()),
                Kind::Presence { .. } => is_blank = !set.iter().any(|atom| Some(atom) != atoms.blank()),
                _ => {}
            }
            if set.is_empty() {
                return Pick::None;
            }
        }
        if is_blank {
            return Pick::None;
        }
        if tags.is_empty() {
            tags.push(self.other_tag(variable));
        }
        Pick::Cell(Cell::Tags(tags.into()))
    }

    /// A tag that no condition asks for.
    fn other_tag(&self, variable: VariableId) -> Box<str> {
        let asked = |name: &str| {
            let dims = self.variables[variable].dims.iter().map(|dim| &self.dims[*dim as usize].kind);
            dims.filter(|kind| matches!(kind, Kind::Tag(tag) if tag == name)).count() > 0
        };
        let names = ["other".to_owned()].into_iter().chain((2..).map(|number| format!("other {number}")));
        names.into_iter().find(|name| !asked(name)).expect("names do not end").into()
    }

    /// The raw text of a cell of a field, which a lead file would hold and which reads back as the cell.
    pub fn spell(&self, variable: VariableId, cell: &Cell) -> Option<String> {
        if *cell == Cell::Blank {
            return Some(String::new());
        }
        let ty = &self.variables[variable].shared.ty;
        let reads_back =
            |text: &String| !self.is_placeholder(text) && ty.read(text, &self.timezone).as_ref() == Ok(cell);
        sample::spellings(ty, cell).into_iter().find(reads_back)
    }

    /// Some cells of a field that are not blank, plain ones first.
    pub fn samples(&self, project: usize, field: FieldId) -> Vec<Cell> {
        let variable = self.field(project, field);
        let place = self.place(variable);
        let dim = &self.dims[place as usize];
        let known = AtomSet::of(dim.atoms, (0..dim.atoms).filter(|atom| Some(*atom) != dim.blank()));
        let plain = self.pick(variable, &[(place, known.clone())]);
        let samples = known.iter().take(MOST_SAMPLES).map(|atom| dim.sample(atom));
        let picked = if let Pick::Cell(cell) = plain { Some(cell) } else { None };
        let is_cell = |cell: &Cell| *cell != Cell::Blank && self.spell(variable, cell).is_some();
        picked.into_iter().chain(samples).filter(is_cell).collect()
    }

    /// A lead of a project with these cells of the model's fields; `None` if a cell has no spelling.
    pub fn lead(&self, project: usize, cells: &[Cell]) -> Option<Lead> {
        let block = &self.projects[project].lead;
        let spelt: Option<Vec<String>> =
            cells.iter().enumerate().map(|(variable, cell)| self.spell(variable, cell)).collect();
        let spelt = spelt?;
        Some(Lead::read(block, &self.timezone, |field| Some(spelt[self.field(project, field)].as_str())))
    }

    // Cutting.

    fn cut_variable(&mut self, variable: VariableId, asked: &[&Basic]) {
        let ty = self.variables[variable].shared.ty.clone();
        let of = |derivation: &Derivation| -> Vec<&Basic> {
            asked.iter().copied().filter(|basic| basic.derivation == *derivation).collect()
        };
        let own = of(&Derivation::Itself);
        match &ty {
            Type::Text | Type::Email | Type::Domain => {
                let domain = of(&Derivation::Domain);
                // The place comes first, whose points must be told apart by all the others.
                let place = self.add_dim(Dim::placeholder(variable));
                if !domain.is_empty() {
                    let inner = self.add_dim(Dim { derivation: Derivation::Domain, ..Dim::placeholder(variable) });
                    self.cut_text_parts(variable, &domain);
                    self.cut_text(inner, &domain);
                }
                self.cut_text_parts(variable, &own);
                self.cut_text(place, &own);
            }
            Type::Integer(_) | Type::Number(_) | Type::Date => self.cut_line(variable, &ty, &own),
            Type::Timestamp => {
                self.cut_line(variable, &ty, &own);
                self.cut_clocks(variable, asked);
            }
            Type::Country | Type::YesNo | Type::OneOf(_) => self.cut_closed(variable, &ty, &own),
            Type::Rep | Type::Team | Type::Queue => self.cut_people(variable, &own),
            Type::Tags => self.cut_tags(variable, &own),
            Type::Row(_) | Type::List(_) => {
                self.add_dim(Dim { kind: Kind::Presence { has_blank: true }, atoms: 2, ..Dim::placeholder(variable) });
            }
        }
    }

    fn remember(&mut self, basic: &Basic, dim: DimId, atoms: impl IntoIterator<Item = u32>) {
        let set = AtomSet::of(self.dims[dim as usize].atoms, atoms);
        self.literals.insert(basic.clone(), Literal::In(dim, set));
    }

    fn cut_closed(&mut self, variable: VariableId, ty: &Type, asked: &[&Basic]) {
        let mut cells: Vec<Cell> = members(ty);
        cells.retain(|cell| self.spell(variable, cell).is_some());
        let kind = self.classes(cells, asked, self.variables[variable].shared.may_be_blank);
        self.add_closed(Dim { kind, ..Dim::placeholder(variable) }, asked);
    }

    /// Names of the roster: those that conditions name, and everybody else.
    fn cut_people(&mut self, variable: VariableId, asked: &[&Basic]) {
        let mut cells: Vec<Cell> = asked.iter().flat_map(|basic| named_cells(&basic.ask)).collect();
        cells.sort_unstable();
        cells.dedup();
        cells.push(Cell::Stranger("somebody else".into()));
        let kind = self.classes(cells, asked, true);
        self.add_closed(Dim { kind, ..Dim::placeholder(variable) }, asked);
    }

    /// Hours and weekdays, for each zone that is asked about.
    fn cut_clocks(&mut self, variable: VariableId, asked: &[&Basic]) {
        let mut derivations: Vec<Derivation> = Vec::new();
        for basic in asked.iter().filter(|basic| basic.derivation != Derivation::Itself) {
            if !derivations.contains(&basic.derivation) {
                derivations.push(basic.derivation.clone());
            }
        }
        for derivation in derivations {
            let of: Vec<&Basic> = asked.iter().copied().filter(|basic| basic.derivation == derivation).collect();
            let cells = match derivation {
                Derivation::Hour(_) => (0..24).map(|hour| Cell::Number(Decimal::from(hour))).collect(),
                _ => (0..7).map(Cell::Member).collect(),
            };
            let kind = self.classes(cells, &of, self.variables[variable].shared.may_be_blank);
            self.add_closed(Dim { derivation, kind, ..Dim::placeholder(variable) }, &of);
        }
    }

    /// Cells that answer every question alike.
    fn classes(&self, cells: Vec<Cell>, asked: &[&Basic], has_blank: bool) -> Kind {
        let mut classes: indexmap::IndexMap<Vec<bool>, Vec<Cell>> = indexmap::IndexMap::new();
        for cell in cells {
            let answers = asked.iter().map(|basic| self.answers(basic, &cell)).collect();
            classes.entry(answers).or_default().push(cell);
        }
        let blank = has_blank.then(|| vec![Cell::Blank]);
        Kind::Closed { cells: blank.into_iter().chain(classes.into_values()).collect() }
    }

    fn add_closed(&mut self, dim: Dim, asked: &[&Basic]) {
        let Kind::Closed { cells } = &dim.kind else { return };
        let cells = cells.clone();
        let id = self.add_dim(Dim { atoms: cells.len() as u32, ..dim });
        for basic in asked {
            let atoms: Vec<u32> = (0..cells.len() as u32)
                .filter(|&atom| cells[atom as usize].first().is_some_and(|cell| self.answers(basic, cell)))
                .collect();
            self.remember(basic, id, atoms);
        }
    }

    fn cut_tags(&mut self, variable: VariableId, asked: &[&Basic]) {
        let has_blank = self.variables[variable].shared.may_be_blank;
        let kind = Kind::Presence { has_blank };
        let place = self.add_dim(Dim { kind, atoms: 1 + u32::from(has_blank), ..Dim::placeholder(variable) });
        for basic in asked {
            let Ask::Tag(tag) = &basic.ask else { continue };
            let is_tag = !tag.is_empty() && !tag.contains(';') && **tag == *normal_text(tag);
            if !is_tag {
                self.literals.insert((*basic).clone(), Literal::Always(false));
                continue;
            }
            let dim = self.add_dim(Dim { kind: Kind::Tag(tag.clone()), atoms: 2, ..Dim::placeholder(variable) });
            self.remember(basic, dim, [1]);
            if has_blank {
                let link = [(place, AtomSet::of(2, [0])), (dim, AtomSet::of(2, [1]))];
                self.link(link);
            }
        }
    }

    /// States that no lead is in the box.
    pub fn link(&mut self, sets: impl IntoIterator<Item = (DimId, AtomSet)>) {
        let mut link: Vec<(DimId, u32)> = sets.into_iter().map(|(dim, set)| (dim, self.intern(dim, set))).collect();
        link.sort_unstable();
        self.links.push(link);
    }

    fn cut_line(&mut self, variable: VariableId, ty: &Type, asked: &[&Basic]) {
        let rows = self.row_points(asked);
        let questions: Vec<Asked> = asked.iter().map(|basic| on_a_line(&basic.ask)).collect();
        let has_value = |cell: &Cell| self.spell(variable, cell).is_some();
        let has_between = |low: Option<&Cell>, high: Option<&Cell>| sample::between(ty, low, high).is_some();
        let bounds = sample::bounds(ty);
        let pieces = Pieces {
            has_value: &has_value,
            has_between: &has_between,
            mark: &|_| 0,
            points: &rows.points,
            cuts: &bounds,
        };
        let has_blank = self.variables[variable].shared.may_be_blank;
        let cut = cut(&questions, &pieces, u32::from(has_blank));
        let mut samples = if has_blank { vec![Cell::Blank] } else { Vec::new() };
        samples.extend((samples.len() as u32..cut.atoms).map(|atom| sample::plainest(ty, &cut.line, atom)));
        let named = (0..has_blank.into()).map(|_| true).chain(cut.named).collect();
        let kind = Kind::Line { line: cut.line, has_blank, named, samples };
        let dim = self.add_dim(Dim { kind, atoms: cut.atoms, ..Dim::placeholder(variable) });
        self.remember_line(dim, asked, cut.holds, &rows);
    }

    fn remember_line(&mut self, dim: DimId, asked: &[&Basic], holds: Vec<Vec<u32>>, rows: &RowPoints) {
        let Kind::Line { line, .. } = &self.dims[dim as usize].kind else { return };
        let mut atoms_of_class: Vec<Vec<u32>> = vec![Vec::new(); rows.holds.len()];
        for ((key, _), class) in rows.points.iter().zip(&rows.classes) {
            let place = line.values.binary_search(key).expect("keys are among the line's values");
            let atom = line.at[place];
            let atoms = &mut atoms_of_class[*class];
            if atom != NOWHERE && atoms.last() != Some(&atom) {
                atoms.push(atom);
            }
        }
        for (index, (basic, mut atoms)) in asked.iter().zip(holds).enumerate() {
            if matches!(basic.ask, Ask::Row { .. }) {
                let classes = atoms_of_class.iter().zip(&rows.holds).filter(|(_, holds)| holds.contains(&index));
                atoms.extend(classes.flat_map(|(atoms, _)| atoms));
            }
            self.remember(basic, dim, atoms);
        }
    }

    /// The keys of all tables that are asked for, alike if their rows answer alike.
    fn row_points(&self, asked: &[&Basic]) -> RowPoints {
        let mut rows = RowPoints::default();
        let mut tables: Vec<(usize, TableId)> = Vec::new();
        for basic in asked {
            if let Ask::Row { project, table, .. } = &basic.ask
                && !tables.contains(&(*project, *table))
            {
                tables.push((*project, *table));
            }
        }
        for (project, table) in tables {
            self.add_row_points(project, table, asked, &mut rows);
        }
        rows
    }

    fn add_row_points(&self, project: usize, table: TableId, asked: &[&Basic], rows: &mut RowPoints) {
        let source = self.projects[project];
        // What each question does after the row: nothing, or a column and then the rest.
        let mut by_column: BTreeMap<Option<usize>, Vec<AfterRow<'_>>> = BTreeMap::new();
        for (index, basic) in asked.iter().enumerate() {
            let Ask::Row { project: of, table: from, steps, predicate } = &basic.ask else { continue };
            if (*of, *from) != (project, table) {
                continue;
            }
            let (column, rest) = match steps.split_first() {
                Some((Step::Column(_, column), rest)) => (Some(column.index()), rest),
                _ => (None, steps.as_slice()),
            };
            by_column.entry(column).or_default().push((index, rest, predicate));
        }
        let mut answers: FxHashMap<(Option<usize>, &Cell), Vec<usize>> = FxHashMap::default();
        let mut classes: FxHashMap<Vec<usize>, usize> = FxHashMap::default();
        let mut keys: Vec<(&Cell, crate::ids::RowId)> =
            source.tables[table].index.iter().map(|(key, row)| (key, *row)).collect();
        keys.sort_unstable_by_key(|(_, row)| *row);
        for (key, row) in keys {
            let mut holds: Vec<usize> = Vec::new();
            for (column, questions) in &by_column {
                let cell = column.map_or(key, |column| &source.tables[table].rows[row].cells[column]);
                let yes = answers.entry((*column, cell)).or_insert_with(|| {
                    let start = if column.is_none() { Cell::Row(table, row) } else { cell.clone() };
                    let answer = |(index, rest, predicate): &AfterRow<'_>| {
                        satisfies(source, &follow(source, rest, &start), predicate).then_some(*index)
                    };
                    questions.iter().filter_map(answer).collect()
                });
                holds.extend_from_slice(yes);
            }
            let next = rows.holds.len();
            let class = *classes.entry(holds.clone()).or_insert(next);
            if class == next {
                rows.holds.push(holds);
            }
            rows.points.push((key.clone(), sign(&("row", project, table.index(), class))));
            rows.classes.push(class);
        }
    }

    /// The endings and pieces asked of a text (or its domain), each a dimension.
    fn cut_text_parts(&mut self, variable: VariableId, asked: &[&Basic]) {
        let ends: Vec<&Basic> = asked.iter().copied().filter(|basic| matches!(basic.ask, Ask::EndsWith(_))).collect();
        if let Some(first) = ends.first() {
            let questions: Vec<Asked> = ends.iter().map(|basic| on_a_reversed_line(&basic.ask)).collect();
            let pieces =
                Pieces { has_value: &|_| true, has_between: &|_, _| true, mark: &|_| 0, points: &[], cuts: &[] };
            let cut = cut(&questions, &pieces, 0);
            let patterns = ends.iter().flat_map(|basic| wanted_texts(&basic.ask)).collect();
            let kind = Kind::End { line: cut.line, patterns };
            let derivation = first.derivation.clone();
            let dim = self.add_dim(Dim { derivation, kind, atoms: cut.atoms, ..Dim::placeholder(variable) });
            for (basic, atoms) in ends.iter().zip(cut.holds) {
                self.remember(basic, dim, atoms);
            }
        }
        for basic in asked {
            if let Ask::Part(part, any) = &basic.ask {
                let kind = Kind::Part { part: *part, any: any.clone() };
                let derivation = basic.derivation.clone();
                let dim = self.add_dim(Dim { derivation, kind, atoms: 2, ..Dim::placeholder(variable) });
                self.remember(basic, dim, [1]);
            }
        }
    }

    /// The place of a text: its dimension exists, and so do those that its points are marked by.
    fn cut_text(&mut self, place: DimId, asked: &[&Basic]) {
        let variable = self.dims[place as usize].variable.expect("a place belongs to a variable");
        let derivation = self.dims[place as usize].derivation.clone();
        let on_line: Vec<&Basic> = asked
            .iter()
            .copied()
            .filter(|basic| matches!(basic.ask, Ask::OneOf(_) | Ask::Within(_) | Ask::StartsWith(_) | Ask::Row { .. }))
            .collect();
        let rows = self.row_points(&on_line);
        let questions: Vec<Asked> = on_line.iter().map(|basic| on_a_line(&basic.ask)).collect();
        let ty = self.variables[variable].shared.ty.clone();
        let is_domain = derivation == Derivation::Domain;
        let has_value = |cell: &Cell| matches!(cell, Cell::Text(text) if self.has_text(&ty, is_domain, text));
        let banned: Vec<Cell> = if is_domain {
            Vec::new()
        } else {
            self.blanks.iter().map(|text| Cell::Text(text.as_str().into())).collect()
        };
        let others: Vec<DimId> = self.variables[variable].dims.iter().copied().filter(|dim| *dim != place).collect();
        let mark = |cell: &Cell| self.mark(&others, is_domain, cell);
        let pieces = Pieces {
            has_value: &has_value,
            has_between: &|_, _| true,
            mark: &mark,
            points: &rows.points,
            cuts: &banned,
        };
        let has_blank = self.variables[variable].shared.may_be_blank;
        let cut = cut(&questions, &pieces, u32::from(has_blank));
        let named = (0..has_blank.into()).map(|_| true).chain(cut.named).collect();
        let dim = &mut self.dims[place as usize];
        dim.kind = Kind::Line { line: cut.line, has_blank, named, samples: Vec::new() };
        dim.atoms = cut.atoms;
        let holds = self.without_empty_atoms(place, cut.holds);
        self.remember_line(place, &on_line, holds, &rows);
    }

    /// Whether the text can be a cell of the type, or the domain of an address.
    fn has_text(&self, ty: &Type, is_domain: bool, text: &str) -> bool {
        if !is_domain {
            return self.is_text_cell(ty, text);
        }
        let address = format!("a@{text}");
        is_plain_domain(&Type::Domain, text) || ty.read(&address, &self.timezone) == Ok(Cell::Text(address.into()))
    }

    /// What tells apart two texts with the same answers on their line.
    fn mark(&self, others: &[DimId], is_domain: bool, cell: &Cell) -> u128 {
        let atoms: Vec<Option<u32>> = others
            .iter()
            .map(|dim| &self.dims[*dim as usize])
            .filter(|dim| !is_domain || dim.derivation == Derivation::Domain)
            .map(|dim| if is_domain { dim.atom_of_derived(cell) } else { dim.atom_of(cell) })
            .collect();
        sign(&atoms)
    }

    /// Finds a text for each atom of a place; atoms that have none are taken away.
    fn without_empty_atoms(&mut self, place: DimId, holds: Vec<Vec<u32>>) -> Vec<Vec<u32>> {
        let dim = &self.dims[place as usize];
        let variable = dim.variable.expect("a place belongs to a variable");
        let Kind::Line { line, has_blank, named, .. } = &dim.kind else { return holds };
        let (line, has_blank, named) = (line.clone(), *has_blank, named.clone());
        let first_value = first_values(&line, dim.atoms);
        let mut samples: Vec<Option<Cell>> = vec![None; dim.atoms as usize];
        for atom in 0..dim.atoms {
            samples[atom as usize] = if has_blank && atom == 0 {
                Some(Cell::Blank)
            } else if named[atom as usize] {
                first_value[atom as usize].map(|index| line.values[index].clone())
            } else {
                self.open_sample(variable, place, atom, first_value[atom as usize], &line)
            };
        }
        let mut renamed: Vec<u32> = Vec::new();
        let mut next = 0;
        for sample in &samples {
            renamed.push(if sample.is_some() { next } else { NOWHERE });
            next += u32::from(sample.is_some());
        }
        let rename = |atom: u32| if atom == NOWHERE { NOWHERE } else { renamed[atom as usize] };
        let line = Line {
            at: line.at.iter().map(|&atom| rename(atom)).collect(),
            gap: line.gap.iter().map(|&atom| rename(atom)).collect(),
            ..line
        };
        let named =
            named.iter().zip(&samples).filter(|(_, sample)| sample.is_some()).map(|(named, _)| *named).collect();
        let dim = &mut self.dims[place as usize];
        dim.atoms = next;
        dim.kind = Kind::Line { line, has_blank, named, samples: samples.into_iter().flatten().collect() };
        holds.into_iter().map(|atoms| atoms.into_iter().map(rename).filter(|&atom| atom != NOWHERE).collect()).collect()
    }

    /// A text of an atom that is no named point. If the search for one does not end, the atom stays,
    /// and its sample is a text that will not replay.
    fn open_sample(
        &self,
        variable: VariableId,
        place: DimId,
        atom: u32,
        first_value: Option<usize>,
        line: &Line,
    ) -> Option<Cell> {
        let ty = &self.variables[variable].shared.ty;
        let is_domain = self.dims[place as usize].derivation == Derivation::Domain;
        let shape = if is_domain { Shape::Domain } else { shape(ty) };
        let atoms = AtomSet::of(self.dims[place as usize].atoms, [atom]);
        let is_cell = |text: &str| self.has_text(ty, is_domain, text);
        let is_it = |text: &str| line.atom_of(&Cell::Text(text.into())) == Some(atom) && is_cell(text);
        let start =
            first_value.and_then(|index| if let Cell::Text(text) = &line.values[index] { Some(text) } else { None });
        let near =
            start.into_iter().flat_map(|start| ["", "x", "1", "x.com", "@x.com"].map(|more| format!("{start}{more}")));
        let plain = ["acme", "acme.com", "ana@acme.com"].map(str::to_owned);
        if let Some(text) = plain.into_iter().chain(near).find(|text| is_it(text)) {
            return Some(Cell::Text(text.into()));
        }
        let wants = vec![Want { scope: Scope::Whole, test: Test::Place { line, atoms: &atoms } }];
        match text::find(&Question { shape, wants, is_cell: Box::new(is_cell) }) {
            Answer::Text(text) => Some(Cell::Text(text.into())),
            Answer::None => None,
            Answer::Open => Some(Cell::Text("".into())),
        }
    }

    /// Whether a question has the answer yes for a cell of a closed list.
    fn answers(&self, basic: &Basic, cell: &Cell) -> bool {
        match &basic.ask {
            Ask::Row { project, .. } if basic.derivation == Derivation::Itself => {
                let key = self.as_read_by(*project, basic.variable, cell);
                key.is_some_and(|key| self.holds(&basic.ask, &key))
            }
            ask => self.holds(ask, cell),
        }
    }

    /// Whether a question about a cell of a closed list has the answer yes.
    fn holds(&self, ask: &Ask, cell: &Cell) -> bool {
        match ask {
            _ if *cell == Cell::Blank => false,
            Ask::Known => true,
            Ask::OneOf(cells) => cells.contains(cell),
            Ask::Within(range) => range.contains(cell),
            Ask::Row { project, table, steps, predicate } => {
                let source = self.projects[*project];
                let row = follow(source, &[Step::Row(*table)], cell);
                satisfies(source, &follow(source, steps, &row), predicate)
            }
            Ask::StartsWith(_) | Ask::EndsWith(_) | Ask::Part(..) | Ask::Tag(_) | Ask::Opaque(..) => false,
        }
    }
}

/// A question, by its number: the steps after a cell of a row, and what is asked there.
type AfterRow<'a> = (usize, &'a [Step], &'a Predicate);

/// Keys of tables: a fingerprint for each, its class, and which questions the classes answer with yes.
#[derive(Default)]
struct RowPoints {
    points: Vec<(Cell, u128)>,
    classes: Vec<usize>,
    holds: Vec<Vec<usize>>,
}

impl Dim {
    fn placeholder(variable: VariableId) -> Dim {
        Dim { variable: Some(variable), derivation: Derivation::Itself, kind: Kind::Auxiliary, atoms: 0 }
    }

    /// The atom that a blank cell has.
    pub fn blank(&self) -> Option<u32> {
        match &self.kind {
            Kind::Line { has_blank, .. } | Kind::Presence { has_blank } => has_blank.then_some(0),
            Kind::Closed { cells } => (cells.first()?.first() == Some(&Cell::Blank)).then_some(0),
            Kind::Tag(_) | Kind::End { .. } | Kind::Part { .. } => Some(0),
            Kind::Auxiliary => None,
        }
    }

    /// The atom of a variable's cell; `None` if no lead can have the cell.
    pub fn atom_of(&self, cell: &Cell) -> Option<u32> {
        match &self.derivation {
            _ if *cell == Cell::Blank => self.blank(),
            Derivation::Itself => self.atom_of_derived(cell),
            Derivation::Domain => self.atom_of_derived(&domain_of(cell)),
            Derivation::Hour(zone) => self.atom_of_derived(&crate::plan::facts::hour_of(cell, &zone.0)),
            Derivation::Weekday(zone) => self.atom_of_derived(&crate::plan::facts::weekday_of(cell, &zone.0)),
        }
    }

    /// The atom of a value that a comparison asks for; only where the value itself has a place.
    pub fn atom_of_value(&self, value: &Cell) -> Option<u32> {
        match self.kind {
            Kind::Line { .. } | Kind::Closed { .. } => self.atom_of_derived(value),
            _ => None,
        }
    }

    /// The atom of what was derived from the variable's cell.
    fn atom_of_derived(&self, cell: &Cell) -> Option<u32> {
        let text = if let Cell::Text(text) = cell { text } else { "" };
        match &self.kind {
            Kind::Line { line, .. } => line.atom_of(cell),
            Kind::Closed { cells } => {
                let place = cells.iter().position(|cells| cells.contains(cell));
                place
                    .or_else(|| cells.iter().position(|cells| cells.contains(&Cell::Stranger("somebody else".into()))))
                    .map(|atom| atom as u32)
            }
            Kind::Presence { has_blank } => Some(u32::from(*has_blank)),
            Kind::Tag(tag) => {
                Some(u32::from(matches!(cell, Cell::Tags(tags) if tags.iter().any(|has| **has == **tag))))
            }
            Kind::End { line, .. } => line.atom_of(&Cell::Text(reversed(text).into())),
            Kind::Part { part, any } => Some(u32::from(any.iter().any(|piece| part.is_in(text, piece)))),
            Kind::Auxiliary => None,
        }
    }

    /// A cell of an atom of a place.
    pub fn sample(&self, atom: u32) -> Cell {
        match &self.kind {
            Kind::Line { samples, .. } => samples[atom as usize].clone(),
            Kind::Closed { cells } => cells[atom as usize][0].clone(),
            _ => Cell::Blank,
        }
    }

    /// Whether the set holds texts that no condition names.
    fn has_open(&self, set: &AtomSet) -> bool {
        match &self.kind {
            Kind::Line { named, .. } => set.iter().any(|atom| !named[atom as usize]),
            _ => true,
        }
    }
}

fn shape(ty: &Type) -> Shape {
    match ty {
        Type::Email => Shape::Email,
        Type::Domain => Shape::Domain,
        _ => Shape::Text,
    }
}

/// A host name that needs no IDNA to be read: the common case, decided quickly.
fn is_plain_domain(ty: &Type, text: &str) -> bool {
    let is_plain = |label: &str| {
        let bytes = label.as_bytes();
        let ends = [bytes.first(), bytes.last()].into_iter().flatten().all(u8::is_ascii_alphanumeric);
        !bytes.is_empty() && bytes.len() <= 63 && ends && !label.starts_with("xn--")
    };
    *ty == Type::Domain
        && text.len() <= 240
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'))
        && text.split('.').all(is_plain)
}

fn members(ty: &Type) -> Vec<Cell> {
    match ty {
        Type::Country => Country::all().map(Cell::Country).collect(),
        Type::YesNo => vec![Cell::YesNo(true), Cell::YesNo(false)],
        Type::OneOf(members) => (0..members.len() as u32).map(Cell::Member).collect(),
        _ => Vec::new(),
    }
}

fn named_cells(ask: &Ask) -> Vec<Cell> {
    match ask {
        Ask::OneOf(cells) => cells.clone(),
        _ => Vec::new(),
    }
}

fn wanted_texts(ask: &Ask) -> Vec<String> {
    match ask {
        Ask::StartsWith(any) | Ask::EndsWith(any) => any.clone(),
        _ => Vec::new(),
    }
}

fn on_a_line(ask: &Ask) -> Asked {
    match ask {
        Ask::OneOf(points) => Asked { points: points.clone(), ranges: Vec::new() },
        Ask::Within(range) => Asked { points: Vec::new(), ranges: vec![range.clone()] },
        Ask::StartsWith(any) => Asked { points: Vec::new(), ranges: any.iter().map(|text| prefixed(text)).collect() },
        _ => Asked::default(),
    }
}

fn on_a_reversed_line(ask: &Ask) -> Asked {
    let ranges = wanted_texts(ask).iter().map(|text| prefixed(&reversed(text))).collect();
    Asked { points: Vec::new(), ranges }
}

/// The texts that start with the prefix, as a range of the lexical order.
fn prefixed(prefix: &str) -> Range {
    let limit = |text: &str, included: bool| Limit { cell: Cell::Text(text.into()), included };
    Range { low: Some(limit(prefix, true)), high: after_prefix(prefix).map(|text| limit(&text, false)) }
}

/// For each atom the first value that belongs to it, or that stands right before a gap which does.
fn first_values(line: &Line, atoms: u32) -> Vec<Option<usize>> {
    let mut first = vec![None; atoms as usize];
    for index in 0..line.values.len() {
        for atom in [line.at[index], line.gap[index + 1]] {
            if atom != NOWHERE && first[atom as usize].is_none() {
                first[atom as usize] = Some(index);
            }
        }
    }
    first
}
