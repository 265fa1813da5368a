//! How much of a lead is kept: of what nobody asks for only whether it is blank.

use rustc_hash::FxHashSet;

use crate::cell::{Sight, Type};
use crate::ids::{FieldId, IdVec};
use crate::policy::{Field, LeadBlock, Project, ValueKind};

/// How much of a lead is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Keep {
    pub(super) fields: IdVec<FieldId, Kept>,
    /// Of which it is kept how they were written.
    pub(super) as_written: Vec<FieldId>,
    /// Of the texts that stand for a blank.
    pub(super) placeholders: Lengths,
}

/// What is kept of a field's cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kept {
    /// Only whether it is blank.
    Known,
    /// What it is, with what of that can be read at sight.
    Read(Sight),
}

/// How many bytes some texts have, a bit for each number: ASCII is as long as its normal form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Lengths(u64);

impl Keep {
    /// All that the policy may see, and how every cell was written.
    pub fn everything(block: &LeadBlock) -> Keep {
        let fields = block.fields.iter_with_ids();
        Keep::of(block, |_, _| true, fields.map(|(field, _)| field).collect())
    }

    /// What the rules look at, what leads are known by, and how the owner was written. That a cell fits its type
    /// is always seen to; text always does.
    pub fn needed(project: &Project, known_by: Option<FieldId>) -> Keep {
        let owner = project.lead.owner;
        let of_values = project.values.iter().filter_map(|value| match value.kind {
            ValueKind::Field(field) => Some(field),
            _ => None,
        });
        // A key is known as it stands in its row, if it is text.
        let known_by = known_by.filter(|field| project.lead.key != Some(*field));
        let asked: FxHashSet<FieldId> = of_values.chain(known_by).chain(owner).collect();
        let is_read = |id: FieldId, field: &Field| field.ty != Type::Text || asked.contains(&id);
        Keep::of(&project.lead, is_read, owner.into_iter().collect())
    }

    pub(super) fn of(block: &LeadBlock, is_read: impl Fn(FieldId, &Field) -> bool, as_written: Vec<FieldId>) -> Keep {
        let kept = |(id, field)| if is_read(id, field) { Kept::Read(Sight::of(&field.ty)) } else { Kept::Known };
        let fields = block.fields.iter_with_ids().map(kept).collect();
        Keep { fields, as_written, placeholders: Lengths::of(&block.blanks) }
    }
}

impl Lengths {
    pub fn of(texts: &[String]) -> Lengths {
        Lengths(texts.iter().fold(0, |lengths, text| lengths | Lengths::bit(text.len())))
    }

    /// Very long texts are all alike.
    fn bit(length: usize) -> u64 {
        1 << length.min(u64::BITS as usize - 1)
    }

    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    pub fn has(self, length: usize) -> bool {
        self.0 & Lengths::bit(length) != 0
    }
}
