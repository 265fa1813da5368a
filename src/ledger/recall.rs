//! What the trail has to say of leads that come again.

use rusqlite::{Connection, OptionalExtension, Row};

use super::Error;
use super::store::{Ledger, Writing};
use super::trail::Decided;

/// A row of `trail`, as far as a run has to know it of every lead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entered {
    pub assignment: i64,
    pub decision: Decided,
    pub has_note: bool,
}

/// How a lead was decided, and where it went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Made {
    /// Why the run assigned leads again, if it did.
    pub reason: Option<String>,
    pub policy: String,
    pub rule: String,
    pub route_type: String,
    pub assigned_to: String,
    pub assigned_kind: String,
}

/// What the ledger says of a lead: its latest assignment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded {
    pub assignment: i64,
    pub made: Made,
    pub note: String,
    pub closed: bool,
}

impl Entered {
    fn read(row: &Row<'_>) -> rusqlite::Result<Entered> {
        Ok(Entered { assignment: row.get(0)?, decision: Decided(row.get(1)?), has_note: row.get(2)? })
    }
}

impl Made {
    /// From the first columns of a row, in this order.
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Made> {
        let text = |column| row.get::<_, Option<String>>(column).map(Option::unwrap_or_default);
        Ok(Made {
            reason: row.get(0)?,
            policy: text(1)?,
            rule: text(2)?,
            route_type: text(3)?,
            assigned_to: text(4)?,
            assigned_kind: text(5)?,
        })
    }
}

impl Ledger {
    /// The latest assignment of a lead.
    pub fn recall(&self, lead: &str) -> Result<Option<Recorded>, Error> {
        match self.latest_of(lead)? {
            Some(latest) => self.recorded(latest.assignment).map(Some),
            None => Ok(None),
        }
    }

    /// The latest row of a lead, as far as a run has to know it.
    fn latest_of(&self, lead: &str) -> Result<Option<Entered>, Error> {
        const LATEST: &str = "SELECT assignment, decision, note IS NOT NULL FROM trail WHERE lead = ?1
            ORDER BY assignment DESC LIMIT 1";
        self.read(|db| db.prepare_cached(LATEST)?.query_row([lead], Entered::read).optional())
    }

    /// An assignment that there is.
    fn recorded(&self, assignment: i64) -> Result<Recorded, Error> {
        const ROW: &str = "SELECT reason, policy, rule, route_type, assigned_to, assigned_kind, note,
                EXISTS (SELECT 1 FROM closings AS c WHERE c.assignment = a.assignment)
            FROM assignments AS a WHERE assignment = ?1";
        let recorded =
            |row: &Row<'_>| Ok(Recorded { assignment, made: Made::read(row)?, note: row.get(6)?, closed: row.get(7)? });
        self.read(|db| db.prepare_cached(ROW)?.query_row([assignment], recorded))
    }

    fn read<T>(&self, what: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        what(&self.db()).map_err(|why| self.failed(why))
    }

    /// The cells of the lead of an assignment, as JSON.
    pub(super) fn cells_of(&self, assignment: i64) -> Result<String, Error> {
        let cells = "SELECT lead_cells FROM assignments WHERE assignment = ?1";
        self.db().query_row(cells, [assignment], |row| row.get(0)).map_err(|why| self.failed(why))
    }
}

impl Writing {
    /// Assignments that the ledger had before this run.
    pub fn before(&self) -> i64 {
        self.pen.before
    }

    /// The last lead that the ledger had before this run, in the order of their letters; nothing if it had none.
    pub fn highest_before(&self) -> &str {
        &self.pen.highest_before
    }

    /// The latest row of a lead that this run has not recorded.
    pub fn latest_of(&self, lead: &str) -> Result<Option<Entered>, Error> {
        self.ledger.latest_of(lead)
    }

    /// Every row that the ledger had before this run, in their order.
    pub fn each_before(&self, mut take: impl FnMut(&str, Entered)) -> Result<(), Error> {
        const ROWS: &str = "SELECT assignment, decision, note IS NOT NULL, lead FROM trail WHERE assignment <= ?1";
        self.ledger.read(|db| {
            let mut rows = db.prepare(ROWS)?;
            let mut rows = rows.query([self.pen.before])?;
            while let Some(row) = rows.next()? {
                take(row.get_ref(3)?.as_str()?, Entered::read(row)?);
            }
            Ok(())
        })
    }

    /// How leads of a decision were decided; of this run's, too.
    pub fn made(&self, decision: Decided) -> Result<Made, Error> {
        const ROW: &str = "SELECT reason, policy, rule, route_type, assigned_to, assigned_kind FROM decisions
            WHERE decision = ?1";
        self.ledger.read(|db| db.prepare_cached(ROW)?.query_row([decision.0], Made::read))
    }

    /// The note of an assignment; of this run's, too.
    pub fn note_of(&mut self, assignment: i64) -> Result<String, Error> {
        const NOTE: &str = "SELECT coalesce(note, '') FROM trail WHERE assignment = ?1";
        self.catch_up_to(assignment)?;
        self.ledger.read(|db| db.prepare_cached(NOTE)?.query_row([assignment], |row| row.get(0)))
    }

    /// An assignment that there is; of this run's, too.
    pub fn recorded(&mut self, assignment: i64) -> Result<Recorded, Error> {
        self.catch_up_to(assignment)?;
        self.ledger.recorded(assignment)
    }

    /// Waits until an assignment is in its table.
    pub fn catch_up_to(&mut self, assignment: i64) -> Result<(), Error> {
        if assignment > self.pen.before { self.catch_up() } else { Ok(()) }
    }
}
