//! A cell with the wanted atoms in all dimensions of its variable, or the proof that there is none.

use crate::analysis::atoms::{Derivation, DimId, Kind, VariableId};
use crate::analysis::model::Model;
use crate::analysis::sets::AtomSet;
use crate::analysis::text::{self, Answer, Question, Scope, Shape, Test, Want};
use crate::analysis::time;
use crate::cell::{Cell, Type};
use crate::ids::FieldId;

/// Cells of a field that are tried as samples.
const MOST_SAMPLES: usize = 20;

/// A cell of a variable, as wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Pick {
    Cell(Cell),
    /// Proved: there is none.
    None,
    Open,
}

impl Model<'_> {
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

    fn pick_time(&self, variable: VariableId, wanted: &[(DimId, AtomSet)]) -> Pick {
        let place = self.place(variable);
        let Kind::Line { line, .. } = &self.dims[place as usize].kind else { return Pick::None };
        let set = wanted.iter().find(|(dim, _)| *dim == place).map_or_else(|| self.full(place), |(_, set)| set.clone());
        let mut clocks = Vec::new();
        for (dim, set) in wanted {
            let dim = &self.dims[*dim as usize];
            let Kind::Closed { cells, .. } = &dim.kind else { continue };
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
}

pub(super) fn shape(ty: &Type) -> Shape {
    match ty {
        Type::Email => Shape::Email,
        Type::Domain => Shape::Domain,
        _ => Shape::Text,
    }
}
