//! Rows of a routed file → assignments.
//!
//! A routed file is the leads with the columns that `route` adds. The leads are read again by the
//! project's own lead block, so what could not be read is found as `route` found it.

use jiff::Timestamp;

use super::{Assigned, Kind};
use crate::cell::{Cell, Type, read_timestamp};
use crate::ids::{FieldId, Id};
use crate::io::{Cells, Columns, Error, Header, Missing, Record};
use crate::lead::Lead;
use crate::policy::{Mark, Project};

/// What is looked for beside the lead's own fields.
const ADDED: [&str; 6] = ["assigned_to", "assigned_kind", "policy", "rule", "route_type", "assigned_at"];

/// Reads the rows of one routed file.
pub struct Rows<'p> {
    project: &'p Project,
    columns: Columns,
    header: Header,
    /// The field that says when a lead came in.
    captured: Option<FieldId>,
}

/// The file lacks what every routed file has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotRouted {
    pub column: String,
}

impl<'p> Rows<'p> {
    /// Binds the columns of a file. `captured` is the field that says when a lead came in; without it,
    /// the only timestamp of the lead does, or that called `captured_at` or `created_at`.
    pub fn bind(project: &'p Project, header: &Header, captured: Option<FieldId>) -> Result<Rows<'p>, Error> {
        let fields = project.lead.fields.iter().map(|field| (field.name.as_str(), field.from.as_deref()));
        let columns = Columns::bind(fields.chain(ADDED.map(|column| (column, None))), header)?;
        let captured = captured.or_else(|| captured_by_itself(project));
        Ok(Rows { project, columns, header: header.clone(), captured })
    }

    /// What is missing for the file to be a routed one. Of JSON that is known after the last row.
    pub fn check(&self) -> Result<(), NotRouted> {
        let missing = self.columns.missing(&self.header);
        let needed =
            missing.into_iter().find(|missing| ["assigned_to", "assigned_kind"].contains(&missing.name.as_str()));
        needed.map_or(Ok(()), |missing| Err(NotRouted { column: missing.column }))
    }

    /// Fields of the lead that the file does not have.
    pub fn missing_fields(&self) -> Vec<Missing> {
        let missing = self.columns.missing(&self.header);
        missing.into_iter().filter(|missing| missing.field < self.project.lead.fields.len()).collect()
    }

    /// The field that says when a lead came in.
    pub fn captured(&self) -> Option<FieldId> {
        self.captured
    }

    /// The assignment in a row; an error is a sentence that names the line.
    pub fn read(&mut self, record: &Record) -> Result<Assigned, String> {
        let at = |why: String| format!("line {}: {why}", record.line());
        let cells = self.columns.cells(record).map_err(|reject| at(reject.reason))?;
        let project = self.project;
        let text = |added: usize| cells.get(project.lead.fields.len() + added).unwrap_or_default().trim().to_owned();
        let kind = Kind::named(&text(1))
            .ok_or_else(|| at(format!("assigned_kind `{}` is none of `rep`, `queue`, `keep` and `reject`", text(1))))?;
        let assigned_at = match text(5).as_str() {
            "" => None,
            written => Some(
                read_timestamp(written, &project.timezone)
                    .ok_or_else(|| at(format!("assigned_at `{written}` is not a timestamp")))?,
            ),
        };
        let lead = Lead::read(&project.lead, &project.timezone, |field| cells.get(field.index()));
        let policy = text(2);
        let route_type = Some(text(4)).filter(|mark| !mark.is_empty()).unwrap_or_else(|| route_type(project, &policy));
        Ok(Assigned {
            id: id_of(project, &cells, &lead),
            captured_at: self.captured.and_then(|field| moment(&lead.cells[field])),
            assigned_at,
            assigned_to: unguarded(text(0)),
            kind,
            team: None,
            policy,
            rule: text(3),
            route_type,
            lead,
            earlier: Vec::new(),
        })
    }
}

/// What a lead is known by: its key, text as it stands.
fn id_of(project: &Project, cells: &Cells<'_>, lead: &Lead) -> String {
    let Some(key) = project.lead.key else { return String::new() };
    match (&lead.cells[key], &project.lead.fields[key].ty) {
        (_, Type::Text) => unguarded(cells.get(key.index()).unwrap_or_default().trim().to_owned()),
        (cell, ty) => ty.show(cell),
    }
}

/// A lead's id that stands in another file, as it is in a routed one.
pub fn normal_id(project: &Project, text: &str) -> String {
    let ty = project.lead.key.map(|key| &project.lead.fields[key].ty);
    match ty {
        None | Some(Type::Text) => text.trim().to_owned(),
        Some(ty) => ty.read(text, &project.timezone).map_or_else(|_| text.trim().to_owned(), |cell| ty.show(&cell)),
    }
}

/// What a spreadsheet might run as a formula was written with a `'` before it.
fn unguarded(text: String) -> String {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest.to_owned(),
        _ => text,
    }
}

pub(super) fn captured_by_itself(project: &Project) -> Option<FieldId> {
    let fields = project.lead.fields.iter_with_ids();
    let timestamps: Vec<(FieldId, &str)> =
        fields.filter(|(_, field)| field.ty == Type::Timestamp).map(|(id, field)| (id, field.name.as_str())).collect();
    let named = |name: &str| timestamps.iter().find(|(_, field)| *field == name);
    match timestamps.as_slice() {
        [only] => Some(only.0),
        _ => named("captured_at").or_else(|| named("created_at")).map(|(id, _)| *id),
    }
}

fn route_type(project: &Project, policy: &str) -> String {
    let mark = project.policies.iter().find(|known| known.name == policy).and_then(|policy| policy.mark);
    let name = match mark {
        None => "",
        Some(Mark::Account) => "account",
        Some(Mark::Territory) => "territory",
        Some(Mark::Segment) => "segment",
        Some(Mark::Fallback) => "fallback",
    };
    name.to_owned()
}

pub(super) fn moment(cell: &Cell) -> Option<Timestamp> {
    match cell {
        Cell::Timestamp(moment) => Some(*moment),
        _ => None,
    }
}
