//! A lead: one typed cell for each field of the lead block, and what could not be read.

mod memory;

use std::borrow::Cow;

use jiff::tz::TimeZone;

use crate::cell::{Cell, Sight, Type, Unread, is_trimmed, normal_text, trim};
use crate::ids::{FieldId, Id, IdVec};
use crate::policy::{Field, LeadBlock, Project, ValueKind};

pub(crate) use memory::Memory;
use memory::{Misread, Remembered};

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

/// How much of a lead is kept, field by field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Keep(IdVec<FieldId, Kept>);

/// How a field's cell is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Kept {
    asked: Asked,
    sight: Sight,
}

/// What somebody asks of a field's cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asked {
    /// Only whether it is blank.
    Known,
    /// What it is.
    Read,
    /// And how it was written.
    AsWritten,
}

impl Keep {
    /// All that the policy may see, and how every cell was written.
    pub fn everything(block: &LeadBlock) -> Keep {
        Keep::as_asked(block, block.fields.iter().map(|_| Asked::AsWritten))
    }

    /// What the rules look at, what leads are known by, and how the owner was written. That a cell fits its type
    /// is always seen to; text always does.
    pub fn needed(project: &Project, known_by: Option<FieldId>) -> Keep {
        let unless_text = |field: &Field| if field.ty == Type::Text { Asked::Known } else { Asked::Read };
        let mut asked: IdVec<FieldId, Asked> = project.lead.fields.iter().map(unless_text).collect();
        for value in &project.values {
            if let ValueKind::Field(field) = value.kind {
                asked[field] = Asked::Read;
            }
        }
        // A key is known as it stands in its row, if it is text.
        if let Some(field) = known_by.filter(|field| project.lead.key != Some(*field)) {
            asked[field] = Asked::Read;
        }
        if let Some(owner) = project.lead.owner {
            asked[owner] = Asked::AsWritten;
        }
        Keep::as_asked(&project.lead, asked)
    }

    fn as_asked(block: &LeadBlock, asked: impl IntoIterator<Item = Asked>) -> Keep {
        let kept = block.fields.iter().zip(asked).map(|(field, asked)| Kept { asked, sight: Sight::of(&field.ty) });
        Keep(kept.collect())
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
        lead.read_again(block, timezone, raw, &Keep::everything(block), &mut Memory::default());
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
        memory.know(block.fields.len());
        let Lead { cells, unread, written } = self;
        let Memory { fields: remembered, misread } = memory;
        let mut reading = Reading { block, timezone, misread, unread, written };
        let fields = keep.0.iter().zip(remembered.iter_mut()).zip(cells.iter_mut());
        for (place, ((kept, remembered), cell)) in fields.enumerate() {
            let field = FieldId::from_index(place);
            let text = raw(field).unwrap_or_default();
            reading.read(field, *kept, remembered, &text, cell);
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
        block.required.iter().copied().filter(|field| self.cells[*field] == Cell::Blank)
    }
}

/// A lead that is being read.
struct Reading<'r> {
    block: &'r LeadBlock,
    timezone: &'r TimeZone,
    misread: &'r mut Misread,
    unread: &'r mut Vec<UnreadCell>,
    written: &'r mut Vec<(FieldId, Box<str>)>,
}

impl Reading<'_> {
    /// Reads the text of a field's cell into the place of another.
    #[inline(always)]
    fn read(&mut self, field: FieldId, kept: Kept, remembered: &mut Remembered, text: &str, cell: &mut Cell) {
        if kept.asked == Asked::Known {
            return cell.put(if self.block.is_blank(text) { Cell::Blank } else { Cell::UNASKED });
        }
        if text.is_empty() {
            return cell.put(Cell::Blank);
        }
        // What is read in no time is not worth remembering.
        let is_quick = match kept.sight {
            Sight::Whole { .. } | Sight::Country | Sight::Email | Sight::Domain => true,
            Sight::Text => remembered.is_given_up(),
            Sight::Nothing => false,
        };
        let is_read = if is_quick && is_trimmed(text) {
            !self.block.is_placeholder(text) && kept.sight.read_into(text, cell)
        } else {
            remembered.find(text, cell)
        };
        if !is_read {
            self.read_new(field, remembered, text, cell);
        }
        if kept.asked == Asked::AsWritten {
            self.keep_written(field, text, cell);
        }
    }

    /// Reads a text that is not remembered.
    #[inline(never)]
    fn read_new(&mut self, field: FieldId, remembered: &mut Remembered, text: &str, cell: &mut Cell) {
        let ty = &self.block.fields[field].ty;
        if self.block.is_placeholder(text) {
            *cell = Cell::Blank;
        } else if !ty.read_into(text, self.timezone, cell) {
            let why = self.misread.why(field, ty, text, self.timezone);
            self.unread.push(UnreadCell { field, text: text.to_owned(), why });
            *cell = Cell::Blank;
            return;
        }
        remembered.remember(text, cell);
    }

    fn keep_written(&mut self, field: FieldId, text: &str, cell: &Cell) {
        if let Cell::Text(normal) = cell
            && **normal != *text.trim()
        {
            self.written.push((field, text.trim().into()));
        }
    }
}

impl LeadBlock {
    /// Whether a text says nothing.
    #[inline]
    fn is_blank(&self, text: &str) -> bool {
        trim(text).is_empty() || self.is_placeholder(text)
    }

    /// Whether a cell holds one of the `blank "…"` placeholders.
    #[inline]
    fn is_placeholder(&self, text: &str) -> bool {
        !self.blanks.is_empty() && self.is_one_of_blanks(trim(text))
    }

    fn is_one_of_blanks(&self, text: &str) -> bool {
        if text.is_ascii() {
            // The normal form of a text of ASCII is itself in lower case.
            return self.blanks.iter().any(|blank| blank.eq_ignore_ascii_case(text));
        }
        let normal = normal_text(text);
        self.blanks.iter().any(|blank| **blank == *normal)
    }
}
