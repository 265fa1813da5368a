//! Assignments of the past, explained by what was true then: the policy, the roster and the tables that
//! the ledger keeps, and the state that its trail adds up to.

use std::collections::BTreeMap;

use super::Failure;
use super::args::Checked;
use crate::assign::Presence;
use crate::check;
use crate::explain::{self, Explanation};
use crate::lead::Lead;
use crate::ledger::{Archived, BatchKind, Ledger, Past, Sum};
use crate::policy::Project;
use crate::route::Router;
use crate::source::SourceMap;
use crate::status;

/// Explains assignments of one ledger; best asked in their order.
#[derive(Default)]
pub struct Pasts {
    projects: BTreeMap<[Option<String>; 3], Checked>,
    sum: Sum,
}

/// What there is to say of an assignment.
pub struct Account<'a> {
    pub explanation: Explanation,
    pub past: Past,
    /// The project and the lead; none for a lead that was given away by hand.
    pub replayed: Option<(&'a Checked, Lead)>,
}

impl Pasts {
    /// Explains an assignment as it was made. It is an error if the same policy and the same lead no
    /// longer come to the same result.
    pub fn account(&mut self, ledger: &Ledger, assignment: i64) -> Result<Account<'_>, Failure> {
        let gone = || Failure::new(format!("ledger `{}` has no assignment {assignment}", ledger.name()));
        let past = ledger.past(assignment)?.ok_or_else(gone)?;
        if past.kind == BatchKind::Tick.name() {
            let reason = past.reason.as_deref().unwrap_or_default();
            let rule = past.rule.as_ref().map(|rule| format!(" ({rule})")).unwrap_or_default();
            let is_queue = past.assigned_kind == "queue";
            let explanation = explain::by_time(
                past.cells.clone(),
                &past.assigned_to,
                is_queue,
                &format!("{reason}{rule}"),
                &past.trace,
            );
            return Ok(Account { explanation, past, replayed: None });
        }
        if past.rule.is_none() {
            let reason = past.reason.as_deref().unwrap_or_default();
            let explanation = explain::by_hand(past.cells.clone(), &past.assigned_to, reason);
            return Ok(Account { explanation, past, replayed: None });
        }
        let standing = ledger.standing_before(&mut self.sum, assignment)?;
        let checked = self.project(ledger, &past)?;
        let project = &checked.project;
        let lead = lead(project, &past);
        let state = standing.state(project);
        let mut router = Router::with_state(project, past.assigned_at, Presence::AsStated, state);
        let explanation = explain::explain(&mut router, &lead);
        if explanation.decision.as_ref().map(|decision| &decision.rule) != past.rule.as_ref()
            || assigned_to(&explanation) != past.assigned_to
        {
            return Err(otherwise(ledger, &past, &explanation));
        }
        Ok(Account { explanation, past, replayed: Some((checked, lead)) })
    }

    /// The explanation as `route --traces` writes it.
    pub fn line(&mut self, ledger: &Ledger, assignment: i64) -> Result<String, Failure> {
        let Account { explanation, past, replayed } = self.account(ledger, assignment)?;
        let nothing = SourceMap::new();
        let sources = replayed.as_ref().map_or(&nothing, |(checked, _)| &checked.sources);
        Ok(explain::json::line(&explanation, sources, &past.project))
    }

    fn project(&mut self, ledger: &Ledger, past: &Past) -> Result<&Checked, Failure> {
        use std::collections::btree_map::Entry;
        match self.projects.entry(past.hashes.clone()) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(new) => {
                let archived = ledger.archived(past.batch)?.unwrap_or_default();
                Ok(new.insert(reload(&archived, past)?))
            }
        }
    }
}

fn reload(archived: &Archived, past: &Past) -> Result<Checked, Failure> {
    let loaded = check::load(&archived.files, &archived.main);
    let Some(mut project) = loaded.project else {
        let message = format!("the policy of batch {} is no longer one that can be read", past.batch);
        return Err(Failure::with_help(message, format!("explain it with {}, which wrote it", past.made_by)));
    };
    if let Some(status) = &archived.status {
        lay_over(&String::from_utf8_lossy(status), &mut project);
    }
    Ok(Checked { project, sources: loaded.sources, prefix: past.project.clone() })
}

/// Lays a status over the roster, which fits it: both are as they were.
fn lay_over(table: &str, project: &mut Project) {
    let rows = table.lines().zip(1..).skip(1).map(|(line, number)| {
        let mut cells = line.split(',').map(str::to_owned);
        status::Row { line: number, cells: [(); 4].map(|()| cells.next().unwrap_or_default()) }
    });
    if let Ok((status, _)) = status::read(&rows.collect::<Vec<_>>(), &project.roster) {
        status.apply(&mut project.roster);
    }
}

fn lead(project: &Project, past: &Past) -> Lead {
    let cell = |field| past.cells.get(&project.lead.fields[field].name).map(String::as_str);
    Lead::read(&project.lead, &project.timezone, cell)
}

/// Who has the lead by an explanation, as the ledger names them.
fn assigned_to(explanation: &Explanation) -> &str {
    match (&explanation.assignment, &explanation.kept_by) {
        (Some(assigned), _) => &assigned.assigned_to,
        (None, Some(owner)) => owner,
        (None, None) => "",
    }
}

fn otherwise(ledger: &Ledger, past: &Past, explanation: &Explanation) -> Failure {
    let rule = explanation.decision.as_ref().map_or("no rule", |decision| &decision.rule);
    let message = format!(
        "lead `{}` was assigned to `{}` by {}, and now {rule} would assign it to `{}`",
        past.lead,
        past.assigned_to,
        past.rule.as_deref().unwrap_or("no rule"),
        assigned_to(explanation),
    );
    let help = format!(
        "it was assigned by {}; `pointsman ledger verify {}` says whether the ledger is whole",
        past.made_by,
        ledger.name()
    );
    Failure::with_help(message, help)
}
