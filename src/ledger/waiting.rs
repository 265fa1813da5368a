//! Leads that time may hand on: those that somebody has, or that wait in a queue.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use super::kept::{Fields, Kept};
use super::recall::{Made, Recorded};
use super::{Error, Ledger};

/// A lead that is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    pub lead: String,
    pub recorded: Recorded,
    /// Since when the lead is where it is: in its queue, or with reps. Time that hands a lead from one
    /// rep to another does not begin anew.
    pub since: Timestamp,
    /// How many times time has handed it from one rep to another since then.
    pub steps: usize,
    pub captured_at: Option<Timestamp>,
    /// The lead's cells as they stood in their file.
    pub cells: Kept,
}

impl Ledger {
    /// Every lead that is open, in the order in which they came to where they are.
    pub fn waiting(&self) -> Result<Vec<Waiting>, Error> {
        const OPEN: &str = "SELECT a.reason, a.policy, a.rule, a.route_type, a.assigned_to, a.assigned_kind, a.note,
                a.assignment, a.lead, a.captured_at, t.cells, b.fields
            FROM trail AS t CROSS JOIN assignments AS a USING (assignment) CROSS JOIN batches AS b USING (batch)
            WHERE a.assigned_kind IN ('rep', 'queue')
              AND NOT EXISTS (SELECT 1 FROM trail AS later WHERE later.replaces = a.assignment)
              AND NOT EXISTS (SELECT 1 FROM closings AS c WHERE c.assignment = a.assignment)
            ORDER BY a.assignment";
        let db = self.db();
        let mut fields = Fields::default();
        let found = db.prepare_cached(OPEN).and_then(|mut open| {
            let rows = open.query_map([], |row| waiting(&db, row, &mut fields))?;
            rows.collect::<rusqlite::Result<Vec<Waiting>>>()
        });
        found.map_err(|why| self.failed(why))
    }
}

fn waiting(db: &Connection, row: &Row<'_>, fields: &mut Fields) -> rusqlite::Result<Waiting> {
    let recorded = Recorded { assignment: row.get(7)?, made: Made::read(row)?, note: row.get(6)?, closed: false };
    let (first, steps) = first_of_run(db, recorded.assignment)?;
    let since: String =
        db.query_row("SELECT assigned_at FROM assignments WHERE assignment = ?1", [first], |row| row.get(0))?;
    let captured: Option<String> = row.get(9)?;
    Ok(Waiting {
        lead: row.get(8)?,
        recorded,
        since: moment(&since)?,
        steps,
        captured_at: captured.as_deref().map(moment).transpose()?,
        cells: fields.kept(row.get(10)?, row.get_ref(11)?.as_str_or_null()?)?,
    })
}

/// The assignment with which a lead came to reps, from where time alone handed it on; and how often.
fn first_of_run(db: &Connection, assignment: i64) -> rusqlite::Result<(i64, usize)> {
    const HANDED_ON: &str = "SELECT before.assignment
        FROM assignments AS a JOIN batches AS b USING (batch)
        CROSS JOIN assignments AS before ON before.assignment = a.replaces
        WHERE a.assignment = ?1 AND b.kind = 'tick' AND a.assigned_kind = 'rep' AND before.assigned_kind = 'rep'";
    let mut before = db.prepare_cached(HANDED_ON)?;
    let (mut first, mut steps) = (assignment, 0);
    while let Some(earlier) = before.query_row([first], |row| row.get(0)).optional()? {
        first = earlier;
        steps += 1;
    }
    Ok((first, steps))
}

fn moment(text: &str) -> rusqlite::Result<Timestamp> {
    let broken =
        |why: jiff::Error| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(why));
    text.parse().map_err(broken)
}
