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

use rustc_hash::FxHashMap;

use crate::analysis::alike::Shared;
use crate::analysis::line::Line;
use crate::analysis::sets::AtomSet;
use crate::analysis::text::reversed;
use crate::analysis::values::{Chain, Step};
use crate::cell::Cell;
use crate::ids::TableId;
use crate::plan::facts::{domain_of, hour_of, weekday_of};
use crate::policy::{Predicate, Range, TextPart, Zone};

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
        /// The atom of each of them.
        atoms: FxHashMap<Cell, u32>,
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

impl Dim {
    pub(super) fn placeholder(variable: VariableId) -> Dim {
        Dim { variable: Some(variable), derivation: Derivation::Itself, kind: Kind::Auxiliary, atoms: 0 }
    }

    /// The atom that a blank cell has.
    pub fn blank(&self) -> Option<u32> {
        match &self.kind {
            Kind::Line { has_blank, .. } | Kind::Presence { has_blank } => has_blank.then_some(0),
            Kind::Closed { cells, .. } => (cells.first()?.first() == Some(&Cell::Blank)).then_some(0),
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
            Derivation::Hour(zone) => self.atom_of_derived(&hour_of(cell, &zone.0)),
            Derivation::Weekday(zone) => self.atom_of_derived(&weekday_of(cell, &zone.0)),
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
    pub(super) fn atom_of_derived(&self, cell: &Cell) -> Option<u32> {
        let text = if let Cell::Text(text) = cell { text } else { "" };
        match &self.kind {
            Kind::Line { line, .. } => line.atom_of(cell),
            Kind::Closed { atoms, .. } => {
                let found = atoms.get(cell).or_else(|| atoms.get(&Cell::Stranger("somebody else".into())));
                found.copied()
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
            Kind::Closed { cells, .. } => cells[atom as usize][0].clone(),
            _ => Cell::Blank,
        }
    }

    /// Whether the set holds texts that no condition names.
    pub(super) fn has_open(&self, set: &AtomSet) -> bool {
        match &self.kind {
            Kind::Line { named, .. } => set.iter().any(|atom| !named[atom as usize]),
            _ => true,
        }
    }
}
