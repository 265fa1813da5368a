//! Cutting texts, addresses and host names: a place on the line of all texts, and what else is asked of
//! endings and pieces.

use crate::analysis::atoms::{Ask, Basic, Derivation, Dim, DimId, Kind, VariableId};
use crate::analysis::cutting::on_a_line;
use crate::analysis::line::{Asked, Line, NOWHERE, Pieces, cut, sign};
use crate::analysis::model::{Model, is_plain_domain};
use crate::analysis::pick::shape;
use crate::analysis::sets::AtomSet;
use crate::analysis::text::{self, Answer, Question, Scope, Shape, Test, Want, after_prefix, reversed};
use crate::cell::{Cell, Type};
use crate::policy::{Limit, Range};

impl Model<'_> {
    /// The endings and pieces asked of a text (or its domain), each a dimension.
    pub(super) fn cut_text_parts(&mut self, variable: VariableId, asked: &[&Basic]) {
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
    pub(super) fn cut_text(&mut self, place: DimId, asked: &[&Basic]) {
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
            self.projects
                .iter()
                .flat_map(|project| &project.lead.blanks)
                .map(|text| Cell::Text(text.as_str().into()))
                .collect()
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
}

fn wanted_texts(ask: &Ask) -> Vec<String> {
    match ask {
        Ask::StartsWith(any) | Ask::EndsWith(any) => any.clone(),
        _ => Vec::new(),
    }
}

fn on_a_reversed_line(ask: &Ask) -> Asked {
    let ranges = wanted_texts(ask).iter().map(|text| prefixed(&reversed(text))).collect();
    Asked { points: Vec::new(), ranges }
}

/// The texts that start with the prefix, as a range of the lexical order.
pub(super) fn prefixed(prefix: &str) -> Range {
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
