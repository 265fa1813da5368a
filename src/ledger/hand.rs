//! What people do by hand: leads that are done are closed, leads go from one rep to another.

use jiff::Timestamp;
use rusqlite::params;

use super::page::Entry;
use super::recall::{Made, Recorded};
use super::trail::{BatchEntry, BatchKind, Decision};
use super::{Error, Ledger, Standing, Writing};
use crate::fault;

/// What became of a lead that was to be closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Closed {
    /// Whoever had it, by kind and name, has one less.
    Now { assigned_kind: String, assigned_to: String },
    /// It had been closed before.
    Before,
    /// The ledger has no such lead.
    Unknown,
}

/// What became of a lead that was to go to somebody else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Handed {
    /// From whom, by kind and name.
    Over { from_kind: String, from: String },
    /// They have it already, for this very reason.
    Already,
    /// The ledger has no such lead.
    UnknownLead,
    /// The ledger has never heard of the rep; these it has.
    UnknownRep { known: Vec<String> },
}

impl Ledger {
    /// Waits for its turn to write, by whatever the ledger knows leads by.
    pub fn write_as_known(self, waiting: &mut dyn FnMut()) -> Result<Writing, Error> {
        let identity = self.identity()?.unwrap_or_default();
        self.write(identity, waiting)
    }
}

impl Writing {
    /// Closes leads, each as the ledger knows it; what became of them, in their order.
    pub fn close(&mut self, leads: &[String], at: Timestamp, reason: Option<&str>) -> Result<Vec<Closed>, Error> {
        let mut standing = self.held.clone();
        let at = at.to_string();
        let closed: Result<Vec<Closed>, Error> =
            leads.iter().map(|lead| self.close_one(lead, &at, reason, &mut standing)).collect();
        let closed = closed?;
        self.settle(standing)?;
        Ok(closed)
    }

    fn close_one(&self, lead: &str, at: &str, reason: Option<&str>, standing: &mut Standing) -> Result<Closed, Error> {
        let ledger = &self.ledger;
        let Some(recorded) = ledger.recall(lead)? else { return Ok(Closed::Unknown) };
        if recorded.closed {
            return Ok(Closed::Before);
        }
        const ADD: &str = "INSERT INTO closings (assignment, closed_at, reason, after, after_batch)
            VALUES (?1, ?2, ?3, ?4, (SELECT max(batch) FROM batches))";
        let row = params![recorded.assignment, at, reason, self.pen.last];
        let added = ledger.db().prepare_cached(ADD).and_then(|mut add| add.execute(row));
        added.map_err(|why| ledger.failed(why))?;
        fault::point();
        take_from(standing, &recorded);
        let Made { assigned_kind, assigned_to, .. } = recorded.made;
        Ok(Closed::Now { assigned_kind, assigned_to })
    }

    /// Gives a lead to a rep, whatever the policy says. It counts as an open lead of theirs, and not
    /// against their day: somebody has looked.
    pub fn hand_over(&mut self, lead: &str, to: &str, at: Timestamp, reason: &str) -> Result<Handed, Error> {
        let Some(recorded) = self.ledger.recall(lead)? else { return Ok(Handed::UnknownLead) };
        if !self.held.workloads.contains_key(to) {
            return Ok(Handed::UnknownRep { known: self.held.workloads.keys().cloned().collect() });
        }
        let theirs = recorded.made.assigned_kind == "rep" && recorded.made.assigned_to == to && !recorded.closed;
        if theirs && recorded.made.reason.as_deref() == Some(reason) {
            return Ok(Handed::Already);
        }
        let cells = self.ledger.cells_of(recorded.assignment)?;
        self.begin_batch(BatchEntry {
            kind: BatchKind::Hand,
            at,
            input: None,
            project: None,
            archived: None,
            fields: Vec::new(),
            openings: Vec::new(),
            counts: false,
        });
        let decision = self.decide(&Decision {
            reason: Some(reason),
            rule: None,
            destination: &format!("rep:{to}"),
            assigned_to: to,
            assigned_kind: "rep",
            day: None,
            team: None,
            division: None,
            balance_field: None,
            trace: "{\"path\":[],\"tried\":[]}",
        })?;
        let entry = Entry::of(decision).replacing(Some(recorded.assignment)).noting(reason);
        self.record(lead, None, &cells, entry)?;
        let mut standing = self.held.clone();
        if !recorded.closed {
            take_from(&mut standing, &recorded);
        }
        let work = standing.workloads.entry(to.to_owned()).or_default();
        work.open = work.open.saturating_add(1);
        self.settle(standing)?;
        let Made { assigned_kind: from_kind, assigned_to: from, .. } = recorded.made;
        Ok(Handed::Over { from_kind, from })
    }
}

/// Whoever has a lead no longer has it.
fn take_from(standing: &mut Standing, recorded: &Recorded) {
    if recorded.made.assigned_kind == "rep" {
        standing.release(&recorded.made.assigned_to);
    }
}
