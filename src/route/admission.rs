//! Which rows are routed at all: those that have an id of their own and whatever else is required.

use std::borrow::Cow;

use crate::cell::{Cell, Type, trim};
use crate::ids::{FieldId, Id};
use crate::io::Cells;
use crate::lead::{Lead, UnreadCell};
use crate::plan::Plan;
use crate::policy::Project;
use crate::route::decider::{Decider, Watch};
use crate::route::once::{Mark, Marker, Once};

/// Admits the rows of one file, and remembers their ids.
#[derive(Debug, Default)]
pub struct Admission {
    /// A cell that does not fit its type rejects its row, instead of counting as blank.
    strict: bool,
    /// The field that a ledger knows leads by. It then says what a repeated lead gets.
    known_by: Option<FieldId>,
    marker: Marker,
    seen: Once,
}

/// Why a row is a reject.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// What the summary counts.
    pub kind: &'static str,
    /// What the row's reject says.
    pub reason: String,
}

impl Admission {
    pub fn new(strict: bool) -> Admission {
        Admission { strict, ..Admission::default() }
    }

    /// Leads are known by a field, and may be repeated: a ledger answers for them.
    pub fn known_by(self, field: FieldId, marker: Marker) -> Admission {
        Admission { known_by: Some(field), marker, ..self }
    }

    /// Admits the lead in `cells`, which stands on `line`; its id, if leads have one.
    pub fn admit(
        &mut self,
        project: &Project,
        cells: &Cells<'_>,
        lead: &Lead,
        line: u64,
    ) -> Result<Option<Box<str>>, Refusal> {
        if let Some(refusal) = unfit(project, lead, self.strict) {
            return Err(refusal);
        }
        let Some(by) = id_field(project, lead, self.known_by)? else { return Ok(None) };
        let mut id = String::new();
        write_id(project, lead, by, |field| cells.get(field.index()).map(Cow::Borrowed), &mut id);
        if self.known_by.is_some() {
            return Ok(Some(id.into()));
        }
        match self.see(self.marker.mark(&id), line) {
            None => Ok(Some(id.into())),
            Some(first) => Err(repeated(&id, first)),
        }
    }

    /// Sees an id on a line; the line it was first on, if that is another, and no ledger answers for it.
    pub(super) fn see(&mut self, mark: Mark, line: u64) -> Option<u64> {
        if self.known_by.is_some() { None } else { self.seen.see(mark, line) }
    }

    /// What decides leads that are to be admitted here.
    pub(super) fn decider<'p>(&self, plan: Plan<'p>, watch: Watch, captured: Option<FieldId>) -> Decider<'p> {
        let Admission { strict, known_by, marker, .. } = self;
        Decider::new(plan, *strict, *known_by, marker.clone(), watch, captured)
    }
}

/// Why a lead is refused whose id an earlier one has.
pub(super) fn repeated(id: &str, first: u64) -> Refusal {
    let reason = format!("repeated id `{id}`: the lead on line {first} has it too");
    Refusal { kind: "repeated id", reason }
}

/// Why a lead is refused for what it is.
pub(super) fn unfit(project: &Project, lead: &Lead, strict: bool) -> Option<Refusal> {
    let block = &project.lead;
    if strict && let Some(cell) = lead.unread.first() {
        return Some(Refusal { kind: "unread cell", reason: misfit(project, cell) });
    }
    let field = lead.missing(block).next()?;
    let reason = format!("`{}` is required and blank", block.fields[field].name);
    Some(Refusal { kind: "required cell blank", reason })
}

/// A cell for which the whole row is refused, in words.
fn misfit(project: &Project, cell: &UnreadCell) -> String {
    format!("{} `{}` is not {}", project.lead.fields[cell.field].name, cell.text, cell.why.expected)
}

/// The field by which a lead is known, if leads are; none that they are known by may be blank.
#[inline]
pub(super) fn id_field(project: &Project, lead: &Lead, known_by: Option<FieldId>) -> Result<Option<FieldId>, Refusal> {
    let key = project.lead.key;
    match [key, known_by].into_iter().flatten().find(|field| matches!(lead.cells[*field], Cell::Blank)) {
        None => Ok(known_by.or(key)),
        Some(field) => {
            let reason = format!("no id: `{}` is blank", project.lead.fields[field].name);
            Err(Refusal { kind: "no id", reason })
        }
    }
}

/// Writes what a lead is known by to `ids`.
#[inline]
pub(super) fn write_id<'a>(
    project: &Project,
    lead: &Lead,
    by: FieldId,
    raw: impl FnOnce(FieldId) -> Option<Cow<'a, str>>,
    ids: &mut String,
) {
    match &project.lead.fields[by].ty {
        // Ids of CRMs may differ in nothing but letter case, so text is taken as it stands.
        Type::Text if project.lead.key == Some(by) => ids.push_str(trim(&raw(by).unwrap_or_default())),
        ty => ids.push_str(&ty.show(&lead.cells[by])),
    }
}

/// A cell that counts as blank, in words.
pub fn unread(project: &Project, cell: &UnreadCell) -> String {
    let name = &project.lead.fields[cell.field].name;
    format!("{name} `{}` counts as blank, it is not {}", cell.text, cell.why.expected)
}
