//! Which rows are routed at all: those that have an id of their own and whatever else is required.

use rustc_hash::FxHashMap;

use crate::cell::{Cell, Type};
use crate::ids::Id;
use crate::io::Cells;
use crate::lead::{Lead, UnreadCell};
use crate::policy::Project;

/// Admits the rows of one file, and remembers their ids.
#[derive(Debug, Default)]
pub struct Admission {
    /// A cell that does not fit its type rejects its row, instead of counting as blank.
    strict: bool,
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

    /// `None` admits the lead in `cells`, which stands on `line`.
    pub fn refuse(&mut self, project: &Project, cells: &Cells<'_>, lead: &Lead, line: u64) -> Option<Refusal> {
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
        let key = block.key?;
        let id = match (&lead.cells[key], &block.fields[key].ty) {
            (Cell::Blank, _) => {
                let reason = format!("no id: `{}` is blank", block.fields[key].name);
                return Some(Refusal { kind: "no id", reason });
            }
            // Ids of CRMs may differ in nothing but letter case, so text is taken as it stands.
            (_, Type::Text) => cells.get(key.index()).unwrap_or_default().trim().into(),
            (cell, ty) => ty.show(cell).into_boxed_str(),
        };
        if let Some(first) = self.seen.get(&id) {
            let reason = format!("repeated id `{id}`: the lead on line {first} has it too");
            return Some(Refusal { kind: "repeated id", reason });
        }
        self.seen.insert(id, line);
        None
    }
}

/// A cell for which the whole row is refused, in words.
fn misfit(project: &Project, cell: &UnreadCell) -> String {
    format!("{} `{}` is not {}", project.lead.fields[cell.field].name, cell.text, cell.why.expected)
}

/// A cell that counts as blank, in words.
pub fn unread(project: &Project, cell: &UnreadCell) -> String {
    let name = &project.lead.fields[cell.field].name;
    format!("{name} `{}` counts as blank, it is not {}", cell.text, cell.why.expected)
}
