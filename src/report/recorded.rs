//! Assignments of a ledger.
//!
//! The lead is read again from its cells as they stood, by the project's lead block of today. Times are
//! the ledger's own; what a field of the lead says of its capture goes before what was known then.

use super::routed::{captured_by_itself, moment};
use super::{Assigned, Kind};
use crate::ids::FieldId;
use crate::lead::Lead;
use crate::ledger::Latest;
use crate::policy::Project;

/// Reads the assignments of a ledger.
#[derive(Clone, Copy)]
pub struct Entries<'p> {
    project: &'p Project,
    captured: Option<FieldId>,
}

impl<'p> Entries<'p> {
    /// `captured` is the field that says when a lead came in; see [`super::Rows::bind`].
    pub fn new(project: &'p Project, captured: Option<FieldId>) -> Entries<'p> {
        Entries { project, captured: captured.or_else(|| captured_by_itself(project)) }
    }

    /// An assignment; an error is a sentence that names the lead.
    pub fn read(&self, latest: Latest) -> Result<Assigned, String> {
        let project = self.project;
        let cells = latest
            .cells
            .by_field()
            .map_err(|why| format!("lead `{}`: its cells cannot be read: {why}", latest.lead))?;
        let kind = Kind::named(&latest.assigned_kind)
            .ok_or_else(|| format!("lead `{}`: there is no assigned_kind `{}`", latest.lead, latest.assigned_kind))?;
        let name = |field: FieldId| project.lead.fields[field].name.as_str();
        let lead = Lead::read(&project.lead, &project.timezone, |field| cells.get(name(field)).map(String::as_str));
        let captured_at = self.captured.and_then(|field| moment(&lead.cells[field])).or(latest.captured_at);
        Ok(Assigned {
            id: latest.lead,
            captured_at,
            assigned_at: latest.assigned_at,
            assigned_to: latest.assigned_to,
            kind,
            team: Some(latest.team),
            policy: latest.policy,
            rule: latest.rule,
            route_type: latest.route_type,
            earlier: latest.earlier,
            lead,
        })
    }
}
