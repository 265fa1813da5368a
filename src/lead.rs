//! A lead: one typed cell for each field of the lead block, and what could not be read.

mod keep;
mod memory;

use std::borrow::Cow;
use std::ops::Range;

use jiff::tz::TimeZone;

use crate::cell::{Cell, Sight, Unread, normal_text, trim};
use crate::ids::{FieldId, Id, IdVec};
use crate::policy::{LeadBlock, Project};

pub(crate) use keep::Keep;
use keep::{Kept, Lengths};
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

/// A row that a lead is read from.
#[derive(Clone, Copy)]
pub(crate) struct Row<'r, B, C> {
    pub text: &'r str,
    /// Where in the text the cells of the fields stand, in quotes if they do; `None` if that is not all they need.
    pub places: B,
    /// The text of any field's cell; `None` is an absent column.
    pub cell: C,
}

impl Lead {
    /// A lead that no file holds.
    pub fn of(cells: IdVec<FieldId, Cell>) -> Lead {
        Lead { cells, unread: Vec::new(), written: Vec::new() }
    }

    /// Reads a lead from the raw text of its cells; `None` is an absent column.
    pub fn read<'a>(block: &LeadBlock, timezone: &TimeZone, raw: impl Fn(FieldId) -> Option<&'a str>) -> Lead {
        let mut lead = Lead::of(IdVec::new());
        let (keep, mut memory) = (Keep::everything(block), Memory::of_nothing(block.fields.len()));
        let row = Row { text: "", places: |_| None, cell: |field| raw(field).map(Cow::Borrowed) };
        lead.read_again(block, timezone, row, &keep, &mut memory);
        lead
    }

    /// Reads another lead into the room of this one.
    pub(crate) fn read_again<'a>(
        &mut self,
        block: &LeadBlock,
        timezone: &TimeZone,
        row: Row<'a, impl Fn(usize) -> Option<Range<usize>>, impl Fn(FieldId) -> Option<Cow<'a, str>>>,
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
        let mut reading = Reading { block, timezone, placeholders: keep.placeholders, misread, unread };
        let fields = keep.fields.iter().zip(remembered.iter_mut()).zip(cells.iter_mut());
        for (number, ((kept, remembered), cell)) in fields.enumerate() {
            let is_read = (row.places)(number).is_some_and(|place| match row.text.as_bytes().get(place.clone()) {
                Some(bytes) => reading.read_at_sight(kept, remembered, bytes, || &row.text[place], cell),
                None => false,
            });
            if !is_read {
                let field = FieldId::from_index(number);
                let text = (row.cell)(field).unwrap_or_default();
                reading.read(field, *kept, remembered, &text, cell);
            }
        }
        for field in &keep.as_written {
            if let Cell::Text(normal) = &cells[*field]
                && let Some(text) = (row.cell)(*field)
                && **normal != *text.trim()
            {
                written.push((*field, text.trim().into()));
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
        block.required.iter().copied().filter(|field| self.cells[*field] == Cell::Blank)
    }
}

/// A lead that is being read.
struct Reading<'r> {
    block: &'r LeadBlock,
    timezone: &'r TimeZone,
    placeholders: Lengths,
    misread: &'r mut Misread,
    unread: &'r mut Vec<UnreadCell>,
}

impl Reading<'_> {
    /// Reads the text of a field's cell into the place of another.
    #[inline(never)]
    fn read(&mut self, field: FieldId, kept: Kept, remembered: &mut Remembered, text: &str, cell: &mut Cell) {
        if self.read_at_sight(&kept, remembered, text.as_bytes(), || text, cell) {
            return;
        }
        match kept {
            Kept::Known if self.block.is_blank(text) => cell.put(Cell::Blank),
            Kept::Known => cell.put(Cell::UNASKED),
            Kept::Read(_) if remembered.find(text.as_bytes(), cell) => {}
            Kept::Read(_) => self.read_new(field, remembered, text, cell),
        }
    }

    /// Reads the bytes of a cell, which are those of `text`, if there is nothing special about them.
    #[inline(always)]
    fn read_at_sight<'t>(
        &self,
        kept: &Kept,
        remembered: &mut Remembered,
        bytes: &[u8],
        text: impl FnOnce() -> &'t str,
        cell: &mut Cell,
    ) -> bool {
        let ([first, ..], [.., last]) = (bytes, bytes) else {
            cell.put(Cell::Blank);
            return true;
        };
        // Nothing to trim, and no quotes.
        let is_plain = matches!(first, b'#'..=b'~') && last.is_ascii_graphic();
        if !is_plain {
            return false;
        }
        match kept {
            Kept::Known => {
                let is_known = self.placeholders.is_none() || bytes.is_ascii() && !self.placeholders.has(bytes.len());
                if is_known {
                    cell.put(Cell::UNASKED);
                }
                is_known
            }
            Kept::Read(Sight::Nothing) => remembered.find(bytes, cell),
            Kept::Read(Sight::Text) if !remembered.is_given_up() => remembered.find(bytes, cell),
            // What is read in no time is not worth remembering.
            Kept::Read(sight) => !self.placeholders.has(bytes.len()) && sight.read_into(bytes, text, cell),
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::cell::{Bounds, Members, Type};
    use crate::policy::Field;
    use crate::source::Span;

    fn block() -> LeadBlock {
        let members = Members::new(vec!["Retail".to_owned(), "n/a".to_owned()]).expect("different");
        let bounds = Bounds { low: 0.into(), high: 500.into() };
        let types = [Type::Text, Type::Text, Type::Email, Type::Domain, Type::Country, Type::Integer(Some(bounds))];
        let types = types.into_iter().chain([Type::OneOf(Arc::new(members)), Type::Tags, Type::Date]);
        let field =
            |ty| Field { name: String::new(), ty, from: None, name_span: Span::new(0, 0), span: Span::new(0, 0) };
        LeadBlock {
            fields: types.map(field).collect(),
            key: None,
            owner: None,
            required: Vec::new(),
            blanks: ["n/a", "0", "straße", "de"].map(|blank| normal_text(blank).into()).into(),
            span: Span::new(0, 0),
        }
    }

    fn cell() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ab]{0,2}",
            "[a-zÄß/0-9@. ;-]{0,30}",
            "[ab]{1,9}@[ab]{1,9}\\.de",
            "[0-9]{1,3}",
            prop::sample::select(vec![
                "N/A",
                " n/a",
                "0",
                "DE",
                "Germany",
                "STRASSE",
                "Straße",
                "RETAIL",
                "2026-01-31",
                " ",
                "é"
            ])
            .prop_map(str::to_owned),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_lead_is_the_same_however_its_cells_stand_and_whatever_was_read_before(
            rows in prop::collection::vec(prop::collection::vec(cell(), 9), 1..12),
            is_known: bool,
        ) {
            let block = block();
            let is_read = |field: FieldId, _: &Field| !is_known || field.index() > 0;
            let keep = Keep::of(&block, is_read, block.fields.iter_with_ids().map(|(field, _)| field).collect());
            let (mut bare, mut memory) = (Lead::default(), Memory::default());
            for cells in &rows {
                let text = cells.concat();
                let places = |number: usize| {
                    let from = cells[..number].iter().map(String::len).sum();
                    Some(from..from + cells[number].len())
                };
                let cell = |field: FieldId| Some(Cow::Borrowed(cells[field.index()].as_str()));
                let row = Row { text: &text, places, cell };
                bare.read_again(&block, &TimeZone::UTC, row, &keep, &mut memory);
                let mut alone = Lead::default();
                let row = Row { text: "", places: |_| None, cell };
                alone.read_again(&block, &TimeZone::UTC, row, &keep, &mut Memory::default());
                prop_assert_eq!(&bare, &alone);
                for (field, known) in bare.cells.iter_with_ids() {
                    let read = block.fields[field].ty.try_read(&cells[field.index()], &TimeZone::UTC);
                    let read = read.filter(|_| !block.is_placeholder(&cells[field.index()])).unwrap_or(Cell::Blank);
                    let is_same = match keep.fields[field] {
                        Kept::Known => (*known == Cell::Blank) == (read == Cell::Blank),
                        Kept::Read(_) => *known == read,
                    };
                    prop_assert!(is_same, "{:?} in {:?}", &cells[field.index()], field);
                }
            }
        }
    }
}
