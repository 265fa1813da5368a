//! What people ask a ledger: what was true of an assignment, what happened to a lead, how things stand.

use indexmap::IndexMap;
use jiff::Timestamp;
use rusqlite::Row;

use super::standing::Standing;
use super::{Error, Ledger, Sum};

/// An assignment with everything that it can be explained by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Past {
    pub assignment: i64,
    pub batch: i64,
    /// What `batches.kind` says: `route`, `hand` or `tick`.
    pub kind: String,
    pub lead: String,
    pub assigned_at: Timestamp,
    /// `policy.rule`, if a rule decided.
    pub rule: Option<String>,
    pub assigned_to: String,
    pub assigned_kind: String,
    pub reason: Option<String>,
    /// The lead's cells as they stood in their file, by field.
    pub cells: IndexMap<String, String>,
    /// What stood before the project's file names.
    pub project: String,
    /// Policy, roster and status: what the project is known by.
    pub hashes: [Option<String>; 3],
    pub made_by: String,
    /// What happened on the way, as JSON.
    pub trace: String,
}

/// Something that happened to a lead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    pub happened_at: String,
    /// `assigned`, `reassigned` or `closed`.
    pub what: String,
    pub assignment: i64,
    pub batch: i64,
    pub assigned_to: String,
    pub assigned_kind: String,
    pub rule: Option<String>,
    pub reason: Option<String>,
    pub note: String,
}

/// A run that recorded something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BatchLine {
    pub batch: i64,
    pub kind: String,
    pub at: String,
    pub input: Option<String>,
    pub policy_hash: Option<String>,
    pub assignments: i64,
}

/// How things stand.
#[derive(Clone, PartialEq, Debug)]
pub struct Overview {
    /// The field that leads are known by.
    pub key_field: Option<String>,
    pub leads: i64,
    pub batches: Vec<BatchLine>,
    /// Leads that every rep ever got.
    pub got: IndexMap<String, i64>,
    pub standing: Standing,
}

impl Ledger {
    /// The number of a lead's latest assignment.
    pub fn latest(&self, lead: &str) -> Result<Option<i64>, Error> {
        Ok(self.recall(lead)?.map(|recorded| recorded.assignment))
    }

    /// Leads that are written much like one.
    pub fn alike(&self, lead: &str) -> Result<Option<String>, Error> {
        // Ids that differ at their ends are neighbours in the index; the whole ledger may be large.
        let near = "SELECT * FROM (SELECT lead FROM trail WHERE lead >= ?1 ORDER BY lead LIMIT 100)
            UNION SELECT * FROM (SELECT lead FROM trail WHERE lead < ?1 ORDER BY lead DESC LIMIT 100)";
        let found = self.collect(near, [lead], |row| row.get::<_, String>(0))?;
        Ok(crate::suggest::nearest(lead, found.iter().map(String::as_str)).map(str::to_owned))
    }

    /// An assignment by its number.
    pub fn past(&self, assignment: i64) -> Result<Option<Past>, Error> {
        let row =
            "SELECT a.assignment, a.batch, b.kind, a.lead, a.assigned_at, a.policy || '.' || a.rule, a.assigned_to,
                a.assigned_kind, a.reason, a.lead_cells, coalesce(b.project, ''), b.policy_hash, b.roster_hash,
                b.status_hash, b.made_by, a.trace
            FROM assignments AS a JOIN batches AS b USING (batch) WHERE assignment = ?1";
        Ok(self.collect(row, [assignment], past)?.pop())
    }

    /// The state just before an assignment was decided. `sum` is kept from one question to the next.
    pub fn standing_before(&self, sum: &mut Sum, assignment: i64) -> Result<Standing, Error> {
        sum.before(&self.db(), assignment).map_err(|why| self.failed(why))
    }

    /// All that happened to a lead, in order.
    pub fn history(&self, lead: &str) -> Result<Vec<Event>, Error> {
        let events = "SELECT h.happened_at, h.what, h.assignment, a.batch, h.assigned_to, h.assigned_kind, h.rule,
                h.reason, h.note
            FROM history AS h JOIN assignments AS a USING (assignment)
            WHERE h.lead = ?1 ORDER BY h.assignment, h.what = 'closed'";
        self.collect(events, [lead], |row| {
            Ok(Event {
                happened_at: row.get(0)?,
                what: row.get(1)?,
                assignment: row.get(2)?,
                batch: row.get(3)?,
                assigned_to: row.get(4)?,
                assigned_kind: row.get(5)?,
                rule: row.get(6)?,
                reason: row.get(7)?,
                note: row.get(8)?,
            })
        })
    }

    /// How things stand.
    pub fn overview(&self) -> Result<Overview, Error> {
        let batches = "SELECT b.batch, b.kind, b.at, b.input, b.policy_hash, coalesce(a.count, 0)
            FROM batches AS b
            LEFT JOIN (SELECT batch, count(*) AS count FROM assignments GROUP BY batch) AS a USING (batch)
            ORDER BY b.batch";
        let batches = self.collect(batches, [], |row| {
            Ok(BatchLine {
                batch: row.get(0)?,
                kind: row.get(1)?,
                at: row.get(2)?,
                input: row.get(3)?,
                policy_hash: row.get(4)?,
                assignments: row.get(5)?,
            })
        })?;
        let got = self.collect("SELECT rep, leads FROM leads_per_rep", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let leads = self.collect("SELECT count(DISTINCT lead) FROM trail", [], |row| row.get(0))?;
        Ok(Overview {
            key_field: self.identity()?.map(|identity| identity.field),
            leads: leads.first().copied().unwrap_or_default(),
            batches,
            got: got.into_iter().collect(),
            standing: Standing::read(&self.db()).map_err(|why| self.failed(why))?,
        })
    }

    fn collect<T>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let db = self.db();
        let rows = || db.prepare_cached(sql)?.query_map(parameters, read)?.collect::<rusqlite::Result<Vec<T>>>();
        rows().map_err(|why| self.failed(why))
    }
}

fn past(row: &Row<'_>) -> rusqlite::Result<Past> {
    let strange = |what: String| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, what.into());
    let (at, cells): (String, String) = (row.get(4)?, row.get(9)?);
    Ok(Past {
        assignment: row.get(0)?,
        batch: row.get(1)?,
        kind: row.get(2)?,
        lead: row.get(3)?,
        assigned_at: at.parse().map_err(|_| strange(format!("`{at}` is not a moment")))?,
        rule: row.get(5)?,
        assigned_to: row.get(6)?,
        assigned_kind: row.get(7)?,
        reason: row.get(8)?,
        cells: serde_json::from_str(&cells).map_err(|why| strange(why.to_string()))?,
        project: row.get(10)?,
        hashes: [row.get(11)?, row.get(12)?, row.get(13)?],
        made_by: row.get(14)?,
        trace: row.get(15)?,
    })
}
