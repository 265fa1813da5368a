//! Pieces of text that contain others, found once for each field.
//!
//! Where `contains "gmail"` holds, `contains "mail"` does. So a comparison whose every piece contains
//! a piece of another that must not hold cannot hold: no text needs to be looked for, and the
//! comparisons at odds are named at once.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::atoms::{Derivation, DimId, Kind, VariableId};
use crate::analysis::model::Model;
use crate::analysis::sets::AtomSet;
use crate::analysis::text::patterns::Patterns;
use crate::policy::TextPart;

/// For each dimension of pieces, and each of its pieces, the dimensions that hold for every text with
/// the piece.
pub type Contained = FxHashMap<DimId, Vec<Vec<DimId>>>;

impl Model<'_> {
    /// What the pieces asked of a variable contain.
    pub fn contained(&self, variable: VariableId) -> Contained {
        let dims = &self.variables[variable].dims;
        let mut texts: Vec<&str> = Vec::new();
        let mut owners: Vec<DimId> = Vec::new();
        for &dim in dims {
            if let Kind::Part { part: TextPart::Contains, any } = &self.dims[dim as usize].kind {
                texts.extend(any.iter().map(String::as_str));
                owners.extend(any.iter().map(|_| dim));
            }
        }
        let patterns = Patterns::new(texts);
        let holding = |dim: DimId, piece: &String| -> Vec<DimId> {
            let found = patterns.found_in(piece).into_iter().map(|pattern| owners[pattern as usize]);
            let mut holding: Vec<DimId> = found.filter(|other| self.is_about_part_of(dim, *other)).collect();
            holding.sort_unstable();
            holding.dedup();
            holding
        };
        let pieces = dims.iter().filter_map(|dim| match &self.dims[*dim as usize].kind {
            Kind::Part { any, .. } => Some((*dim, any.iter().map(|piece| holding(*dim, piece)).collect())),
            _ => None,
        });
        pieces.collect()
    }

    /// Whether what the first is about (an address, its domain) is part of what the other is about.
    fn is_about_part_of(&self, dim: DimId, other: DimId) -> bool {
        let [of, other] = [dim, other].map(|dim| &self.dims[dim as usize].derivation);
        *other == Derivation::Itself || of == other
    }

    /// Dimensions that cannot be as wanted together, as far as pieces that contain others say.
    pub fn clash(&self, wanted: &[(DimId, AtomSet)]) -> Option<Vec<DimId>> {
        let is = |set: &AtomSet, truth: bool| set.contains(u32::from(truth)) && !set.contains(u32::from(!truth));
        let parts = || wanted.iter().filter(|(dim, _)| self.contains.contains_key(dim));
        let unwanted: FxHashSet<DimId> = parts().filter(|(_, set)| is(set, false)).map(|(dim, _)| *dim).collect();
        parts().filter(|(_, set)| is(set, true)).find_map(|(dim, _)| {
            let against = |holding: &Vec<DimId>| holding.iter().copied().find(|other| unwanted.contains(other));
            let mut clash: Vec<DimId> = self.contains[dim].iter().map(against).collect::<Option<_>>()?;
            clash.push(*dim);
            clash.sort_unstable();
            clash.dedup();
            Some(clash)
        })
    }
}
