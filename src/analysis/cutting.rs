//! Cutting a variable into the atoms that the questions about it need.
//!
//! Texts have a file of their own ([`cut_text`](super::cut_text)), and so have the keys of tables
//! ([`keys`](super::keys)).

use std::collections::BTreeMap;

use indexmap::IndexMap;
use rust_decimal::Decimal;

use crate::analysis::atoms::{Ask, Basic, Derivation, Dim, DimId, Kind, Literal, VariableId};
use crate::analysis::cut_text::prefixed;
use crate::analysis::keys::RowPoints;
use crate::analysis::line::{Asked, NOWHERE, Pieces, cut};
use crate::analysis::model::Model;
use crate::analysis::sample;
use crate::analysis::sets::AtomSet;
use crate::analysis::values::{Step, follow};
use crate::cell::{Cell, Type, normal_text};
use crate::country::Country;
use crate::plan::facts::satisfies;

impl Model<'_> {
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

    pub(super) fn remember(&mut self, basic: &Basic, dim: DimId, atoms: impl IntoIterator<Item = u32>) {
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
        let mut classes: IndexMap<Vec<bool>, Vec<Cell>> = IndexMap::new();
        for cell in cells {
            let answers = asked.iter().map(|basic| self.answers(basic, &cell)).collect();
            classes.entry(answers).or_default().push(cell);
        }
        let blank = has_blank.then(|| vec![Cell::Blank]);
        let cells: Vec<Vec<Cell>> = blank.into_iter().chain(classes.into_values()).collect();
        let numbered = (0..).zip(&cells).flat_map(|(atom, cells)| cells.iter().map(move |cell| (cell.clone(), atom)));
        Kind::Closed { atoms: numbered.collect(), cells }
    }

    fn add_closed(&mut self, dim: Dim, asked: &[&Basic]) {
        let Kind::Closed { cells, .. } = &dim.kind else { return };
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

    pub(super) fn remember_line(&mut self, dim: DimId, asked: &[&Basic], holds: Vec<Vec<u32>>, rows: &RowPoints) {
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

pub(super) fn on_a_line(ask: &Ask) -> Asked {
    match ask {
        Ask::OneOf(points) => Asked { points: points.clone(), ranges: Vec::new() },
        Ask::Within(range) => Asked { points: Vec::new(), ranges: vec![range.clone()] },
        Ask::StartsWith(any) => Asked { points: Vec::new(), ranges: any.iter().map(|text| prefixed(text)).collect() },
        _ => Asked::default(),
    }
}
