//! A lead: one typed cell for each field of the lead block, and what could not be read.

mod memory;

use std::borrow::Cow;

use jiff::tz::TimeZone;

use crate::cell::{Cell, Type, Unread, normal_text, trim};
use crate::ids::{FieldId, IdVec};
use crate::policy::{LeadBlock, Project, ValueKind};

pub(crate) use memory::Memory;

/// A row as the policy sees it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Lead {
    /// One for each field, in the order of the lead block.
    pub cells: IdVec<FieldId, Cell>,
    /// Cells that do not fit their type; they count as blank, and nothing else is lost.
    pub unread: Vec<UnreadCell>,
    /// Cells that are written otherwise than their normal form, as they stand in the file.
    written: Vec<(FieldId, Box<str>)>,
}

/// A cell that counts as blank because it does not fit its field's type.
#[derive(Clone, PartialEq, Debug)]
pub struct UnreadCell {
    pub field: FieldId,
    /// As it stands in the file.
    pub text: String,
    pub why: Unread,
}

/// How much of a lead is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Keep {
    /// All that the policy may see, and how every cell was written.
    Everything,
    /// What the policy looks at, and how the owner was written.
    Needed {
        owner: Option<FieldId>,
        /// Fields of text, which is always read, of which nobody asks more than whether they are blank.
        unasked: IdVec<FieldId, bool>,
    },
}

impl Keep {
    /// What a project's rules need.
    pub fn needed(project: &Project) -> Keep {
        let mut unasked: IdVec<FieldId, bool> =
            project.lead.fields.iter().map(|field| field.ty == Type::Text).collect();
        for value in &project.values {
            if let ValueKind::Field(field) = value.kind {
                unasked[field] = false;
            }
        }
        let owner = project.lead.owner;
        owner.into_iter().for_each(|owner| unasked[owner] = false);
        Keep::Needed { owner, unasked }
    }

    fn is_unasked(&self, field: FieldId) -> bool {
        match self {
            Keep::Everything => false,
            Keep::Needed { unasked, .. } => unasked[field],
        }
    }

    fn is_as_written(&self, field: FieldId) -> bool {
        match self {
            Keep::Everything => true,
            Keep::Needed { owner, .. } => *owner == Some(field),
        }
    }
}

impl Lead {
    /// A lead that no file holds.
    pub fn of(cells: IdVec<FieldId, Cell>) -> Lead {
        Lead { cells, unread: Vec::new(), written: Vec::new() }
    }

    /// Reads a lead from the raw text of its cells; `None` is an absent column.
    pub fn read<'a>(block: &LeadBlock, timezone: &TimeZone, raw: impl Fn(FieldId) -> Option<&'a str>) -> Lead {
        let mut lead = Lead::of(IdVec::new());
        let raw = |field| raw(field).map(Cow::Borrowed);
        lead.read_again(block, timezone, raw, &Keep::Everything, &mut Memory::default());
        lead
    }

    /// Reads another lead into the room of this one.
    pub(crate) fn read_again<'a>(
        &mut self,
        block: &LeadBlock,
        timezone: &TimeZone,
        raw: impl Fn(FieldId) -> Option<Cow<'a, str>>,
        keep: &Keep,
        memory: &mut Memory,
    ) {
        self.unread.clear();
        self.written.clear();
        while self.cells.len() < block.fields.len() {
            self.cells.push(Cell::Blank);
        }
        for ((field, declared), cell) in block.fields.iter_with_ids().zip(self.cells.iter_mut()) {
            let text = raw(field).unwrap_or_default();
            if keep.is_unasked(field) {
                *cell = if block.is_blank(&text) { Cell::Blank } else { Cell::UNASKED };
                continue;
            }
            let is_read = memory.of(field).read(&text, cell, |cell| {
                if block.is_placeholder(&text) {
                    *cell = Cell::Blank;
                    return true;
                }
                declared.ty.read_into(&text, timezone, cell)
            });
            if !is_read {
                let why = memory.why_unread(field, &declared.ty, &text, timezone);
                self.unread.push(UnreadCell { field, text: text.clone().into_owned(), why });
                *cell = Cell::Blank;
            }
            if let Cell::Text(normal) = &*cell
                && keep.is_as_written(field)
                && **normal != *text.trim()
            {
                self.written.push((field, text.trim().into()));
            }
        }
    }

    /// A field's cell as the file has it (text in its own letters), or as a file would; blank is empty.
    pub fn text(&self, project: &Project, field: FieldId) -> String {
        match self.written.iter().find(|(written, _)| *written == field) {
            Some((_, text)) => text.to_string(),
            None => project.show_cell(&project.lead.fields[field].ty, &self.cells[field]),
        }
    }

    /// Who has the lead, by the field marked `owner`; empty if nobody is known to.
    pub fn owner(&self, project: &Project) -> String {
        project.lead.owner.map(|field| self.text(project, field)).unwrap_or_default()
    }

    /// Fields that may not be blank and are: the row is an input error.
    pub fn missing<'a>(&'a self, block: &'a LeadBlock) -> impl Iterator<Item = FieldId> + 'a {
        block
            .fields
            .iter_with_ids()
            .filter(|(id, field)| field.required && self.cells[*id] == Cell::Blank)
            .map(|(id, _)| id)
    }
}

impl LeadBlock {
    /// Whether a text says nothing.
    fn is_blank(&self, text: &str) -> bool {
        trim(text).is_empty() || self.is_placeholder(text)
    }

    /// Whether a cell holds one of the `blank "…"` placeholders.
    fn is_placeholder(&self, text: &str) -> bool {
        !self.blanks.is_empty() && self.blanks.iter().any(|blank| **blank == *normal_text(text))
    }
}
