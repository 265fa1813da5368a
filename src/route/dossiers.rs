//! What a ledger has to know of the leads of a block, written down while others are decided: whoever gives
//! leads to people one after the other has nothing left to do but to hand it on.

use std::borrow::Cow;

use jiff::Timestamp;

use super::ways::{Path, push_escaped};
use crate::ids::{FieldId, Id, RuleId};

/// The dossiers of a block, one after the other in a few pieces, as a million small ones would cost more than all
/// that is in them.
#[derive(Debug, Default)]
pub struct Dossiers {
    cells: String,
    path: Path,
    ends: Vec<End>,
}

/// Where a lead's part of the pieces ends, which begins where that of the one before does.
#[derive(Clone, Copy, Debug, Default)]
struct End {
    cells: usize,
    path: usize,
    captured_at: Option<Timestamp>,
}

/// What a ledger has to know of a lead besides who gets it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dossier<'d> {
    /// Every cell as it stood, in the order of the fields, as JSON: `["L-1","Germany"]`.
    pub cells: &'d str,
    /// The rules that took the lead on.
    pub path: &'d [RuleId],
    pub captured_at: Option<Timestamp>,
}

impl Dossiers {
    /// Watches the rules that take the next lead on.
    pub(super) fn path(&mut self) -> &mut Path {
        &mut self.path
    }

    /// Completes the dossier of a lead, whose path has been watched. A lead that a ledger knows has at least
    /// one cell.
    pub(super) fn close<'c>(
        &mut self,
        fields: usize,
        cell: impl Fn(FieldId) -> Option<Cow<'c, str>>,
        captured_at: Option<Timestamp>,
    ) {
        self.cells.push_str("[\"");
        for field in 0..fields {
            if field > 0 {
                self.cells.push_str("\",\"");
            }
            push_escaped(&mut self.cells, &cell(FieldId::from_index(field)).unwrap_or_default());
        }
        self.cells.push_str("\"]");
        self.ends.push(End { cells: self.cells.len(), path: self.path.0.len(), captured_at });
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Dossier<'_>> {
        let mut begin = End::default();
        self.ends.iter().map(move |end| {
            let from = std::mem::replace(&mut begin, *end);
            Dossier {
                cells: &self.cells[from.cells..end.cells],
                path: &self.path.0[from.path..end.path],
                captured_at: end.captured_at,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lead_has_its_own_part() {
        let mut dossiers = Dossiers::default();
        let rules = [3, 1, 4].map(RuleId::from_index);
        dossiers.path().0.extend(&rules[..2]);
        let cells = ["L-1", "a \"b\""];
        dossiers.close(2, |field| Some(Cow::Borrowed(cells[field.index()])), Some(Timestamp::UNIX_EPOCH));
        dossiers.path().0.push(rules[2]);
        dossiers.close(2, |_| None, None);
        let expected = [
            Dossier { cells: r#"["L-1","a \"b\""]"#, path: &rules[..2], captured_at: Some(Timestamp::UNIX_EPOCH) },
            Dossier { cells: r#"["",""]"#, path: &rules[2..], captured_at: None },
        ];
        assert!(dossiers.iter().eq(expected));
    }
}
