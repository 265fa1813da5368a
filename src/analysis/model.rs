//! The model: variables, dimensions and atoms of everything that some projects ask about a lead.
//!
//! It is made in three steps: [`Model::new`] knows the fields, [`Model::add_variable`] adds what else a
//! lead chooses, and [`Model::cut`] makes the dimensions that the questions need. From then on every
//! question is a [`Literal`], and [`Model::pick`] finds cells.

use indexmap::IndexSet;
use jiff::tz::TimeZone;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::analysis::alike::{Shared, own_placeholders, read_differently, translated};
use crate::analysis::atoms::{Ask, Basic, Derivation, Dim, DimId, Kind, Literal, Root, Tables, Variable, VariableId};
use crate::analysis::boxes::Formula;
use crate::analysis::contained::Contained;
use crate::analysis::sample;
use crate::analysis::sets::AtomSet;
use crate::cell::{Cell, Type, normal_text};
use crate::ids::{FieldId, Id};
use crate::lead::Lead;
use crate::policy::Project;

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
    pub(super) literals: FxHashMap<Basic, Literal>,
    sets: Vec<IndexSet<AtomSet, FxBuildHasher>>,
    /// Boxes that no lead is in, by the links between variables.
    pub links: Vec<Vec<(DimId, u32)>>,
    /// What the auxiliary truth values stand for.
    pub definitions: Vec<(DimId, Formula)>,
    /// What the pieces asked of texts contain.
    pub contains: Contained,
    pub(super) timezone: TimeZone,
    /// Leads that the projects do not all read alike, in words; they are in no area.
    pub left_out: Vec<String>,
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
            let in_all = self.projects.iter().all(|other| other.lead.fields.find(|f| f.name == field.name).is_some());
            let own = Shared::of(&project.lead, id, in_all);
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

    /// What has these answers for those cells of a field that a project reads.
    pub fn readable(&self, project: usize, field: FieldId) -> Vec<(Ask, bool)> {
        let shared = &self.variables[self.field(project, field)].shared;
        let own = self.projects[project];
        let others = self.projects.iter().enumerate().filter(|(number, _)| *number != project);
        let mut placeholders: Vec<&str> =
            others.flat_map(|(_, other)| own_placeholders(own, other)).map(String::as_str).collect();
        if own.lead.key == Some(field) {
            placeholders.clear();
        }
        shared.readable(&own.lead.fields[field].ty, &placeholders)
    }

    /// A cell of the model as a project reads it.
    pub(super) fn as_read_by(&self, project: usize, variable: VariableId, cell: &Cell) -> Option<Cell> {
        let field = self.field_variables[project].iter().position(|of| *of == variable);
        let Some(field) = field.map(FieldId::from_index) else { return Some(cell.clone()) };
        translated(cell, &self.variables[variable].shared.ty, &self.projects[project].lead.fields[field].ty)
    }

    /// Adds a variable that is no field.
    pub fn add_variable(&mut self, root: Root, ty: Type) {
        self.variables.push(Variable { root, shared: Shared { ty, may_be_blank: true }, dims: Vec::new() });
    }

    /// A truth value of the search's own.
    pub fn auxiliary(&mut self) -> DimId {
        self.add_dim(Dim { variable: None, derivation: Derivation::Itself, kind: Kind::Auxiliary, atoms: 2 })
    }

    /// States that no lead is in the box.
    pub fn link(&mut self, sets: impl IntoIterator<Item = (DimId, AtomSet)>) {
        let mut link: Vec<(DimId, u32)> = sets.into_iter().map(|(dim, set)| (dim, self.intern(dim, set))).collect();
        link.sort_unstable();
        self.links.push(link);
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

    pub(super) fn add_dim(&mut self, dim: Dim) -> DimId {
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

    /// The raw text of a cell of a field, which a lead file would hold and which reads back as the cell.
    pub fn spell(&self, variable: VariableId, cell: &Cell) -> Option<String> {
        if *cell == Cell::Blank {
            return Some(String::new());
        }
        let ty = &self.variables[variable].shared.ty;
        let reads_back =
            |text: &String| !self.is_placeholder(ty, text) && ty.read(text, &self.timezone).as_ref() == Ok(cell);
        sample::spellings(ty, cell).into_iter().find(reads_back)
    }

    pub(super) fn is_text_cell(&self, ty: &Type, text: &str) -> bool {
        !self.is_placeholder(ty, text)
            && (is_plain_domain(ty, text) || ty.read(text, &self.timezone) == Ok(Cell::Text(text.into())))
    }

    /// Whether the text counts as blank: in all projects, or where they are not compared on it in any.
    pub(super) fn is_placeholder(&self, ty: &Type, text: &str) -> bool {
        let is_blank = |project: &&Project| {
            let blanks = &project.lead.blanks;
            !blanks.is_empty() && blanks.iter().any(|blank| **blank == *normal_text(text))
        };
        if ty.is_textual() || matches!(ty, Type::OneOf(_)) {
            self.projects.iter().all(is_blank)
        } else {
            self.projects.iter().any(is_blank)
        }
    }

    /// A lead of a project with these cells of the model's fields; `None` if a cell has no spelling.
    pub fn lead(&self, project: usize, cells: &[Cell]) -> Option<Lead> {
        let block = &self.projects[project].lead;
        let spelt: Option<Vec<String>> =
            cells.iter().enumerate().map(|(variable, cell)| self.spell(variable, cell)).collect();
        let spelt = spelt?;
        Some(Lead::read(block, &self.timezone, |field| Some(spelt[self.field(project, field)].as_str())))
    }
}

/// A host name that needs no IDNA to be read: the common case, decided quickly.
pub(super) fn is_plain_domain(ty: &Type, text: &str) -> bool {
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
