//! A lead: one typed cell for each field of the lead block, and what could not be read.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;

use crate::cell::{Cell, Type, Unread, normal_text};
use crate::ids::{FieldId, IdVec};
use crate::policy::{LeadBlock, Project};

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

/// Cells that could not be read, and why: the same are there again and again, and what was meant takes
/// long to find out.
#[derive(Debug, Default)]
pub(crate) struct Misread(FxHashMap<(FieldId, String), Unread>);

impl Misread {
    fn why(&mut self, field: FieldId, ty: &Type, text: &str, timezone: &TimeZone) -> Unread {
        const MOST: usize = 1_000;
        if let Some(known) = self.0.get(&(field, text.to_owned())) {
            return known.clone();
        }
        let why = ty.why_unread(text, timezone);
        if self.0.len() < MOST {
            self.0.insert((field, text.to_owned()), why.clone());
        }
        why
    }
}

/// How much of a lead is kept besides what the policy sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Keep {
    /// How every cell was written.
    Everything,
    /// How the owner was written.
    Owner,
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
        lead.read_again(block, timezone, raw, Keep::Everything, &mut Misread::default());
        lead
    }

    /// Reads another lead into the room of this one.
    pub(crate) fn read_again<'a>(
        &mut self,
        block: &LeadBlock,
        timezone: &TimeZone,
        raw: impl Fn(FieldId) -> Option<Cow<'a, str>>,
        keep: Keep,
        misread: &mut Misread,
    ) {
        self.cells.clear();
        self.unread.clear();
        self.written.clear();
        for (field, declared) in block.fields.iter_with_ids() {
            let text = raw(field).unwrap_or_default();
            let is_placeholder = block.is_placeholder(&text);
            let cell = if is_placeholder { Some(Cell::Blank) } else { declared.ty.try_read(&text, timezone) };
            let cell = cell.unwrap_or_else(|| {
                let why = misread.why(field, &declared.ty, &text, timezone);
                self.unread.push(UnreadCell { field, text: text.clone().into_owned(), why });
                Cell::Blank
            });
            if let Cell::Text(normal) = &cell
                && (keep == Keep::Everything || block.owner == Some(field))
                && **normal != *text.trim()
            {
                self.written.push((field, text.trim().into()));
            }
            self.cells.push(cell);
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
    /// Whether a cell holds one of the `blank "…"` placeholders.
    fn is_placeholder(&self, text: &str) -> bool {
        !self.blanks.is_empty() && self.blanks.iter().any(|blank| **blank == *normal_text(text))
    }
}
