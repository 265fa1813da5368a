//! Which rows are routed at all: those that have an id of their own and whatever else is required.

use rustc_hash::FxHashMap;

use crate::cell::{Cell, Type};
use crate::ids::{FieldId, Id};
use crate::io::Cells;
use crate::lead::{Lead, UnreadCell};
use crate::policy::Project;

/// Admits the rows of one file, and remembers their ids.
#[derive(Debug, Default)]
pub struct Admission {
    /// A cell that does not fit its type rejects its row, instead of counting as blank.
    strict: bool,
    /// The field that a ledger knows leads by. It then says what a repeated lead gets.
    known_by: Option<FieldId>,
    /// Ids seen, with the line they were first on.
    seen: FxHashMap<Box<str>, u64>,
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
    pub fn known_by(self, field: FieldId) -> Admission {
        Admission { known_by: Some(field), ..self }
    }

    /// Admits the lead in `cells`, which stands on `line`; its id, if leads have one.
    pub fn admit(
        &mut self,
        project: &Project,
        cells: &Cells<'_>,
        lead: &Lead,
        line: u64,
    ) -> Result<Option<Box<str>>, Refusal> {
        if let Some(refusal) = self.unfit(project, lead) {
            return Err(refusal);
        }
        let block = &project.lead;
        let own = block.key.map(|key| id(project, cells, lead, key)).transpose()?;
        if let Some(field) = self.known_by {
            return id(project, cells, lead, field).map(Some);
        }
        let Some(id) = own else { return Ok(None) };
        if let Some(first) = self.seen.get(&id) {
            let reason = format!("repeated id `{id}`: the lead on line {first} has it too");
            return Err(Refusal { kind: "repeated id", reason });
        }
        self.seen.insert(id.clone(), line);
        Ok(Some(id))
    }

    fn unfit(&self, project: &Project, lead: &Lead) -> Option<Refusal> {
        let block = &project.lead;
        if self.strict
            && let Some(cell) = lead.unread.first()
        {
            return Some(Refusal { kind: "unread cell", reason: misfit(project, cell) });
        }
        if let Some(field) = lead.missing(block).next() {
            let reason = format!("`{}` is required and blank", block.fields[field].name);
            return Some(Refusal { kind: "required cell blank", reason });
        }
        None
    }
}

/// A cell for which the whole row is refused, in words.
fn misfit(project: &Project, cell: &UnreadCell) -> String {
    format!("{} `{}` is not {}", project.lead.fields[cell.field].name, cell.text, cell.why.expected)
}

/// What a lead is known by.
fn id(project: &Project, cells: &Cells<'_>, lead: &Lead, by: FieldId) -> Result<Box<str>, Refusal> {
    let field = &project.lead.fields[by];
    match (&lead.cells[by], &field.ty) {
        (Cell::Blank, _) => Err(Refusal { kind: "no id", reason: format!("no id: `{}` is blank", field.name) }),
        // Ids of CRMs may differ in nothing but letter case, so text is taken as it stands.
        (_, Type::Text) if project.lead.key == Some(by) => Ok(cells.get(by.index()).unwrap_or_default().trim().into()),
        (cell, ty) => Ok(ty.show(cell).into_boxed_str()),
    }
}

/// A cell that counts as blank, in words.
pub fn unread(project: &Project, cell: &UnreadCell) -> String {
    let name = &project.lead.fields[cell.field].name;
    format!("{name} `{}` counts as blank, it is not {}", cell.text, cell.why.expected)
}
