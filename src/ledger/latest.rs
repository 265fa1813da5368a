//! Each lead once, as it stands now: for reports.

use jiff::Timestamp;
use rusqlite::Row;
use rustc_hash::FxHashMap;

use super::kept::{Fields, Kept};
use super::{Error, Ledger};

/// The latest assignment of a lead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Latest {
    pub lead: String,
    pub captured_at: Option<Timestamp>,
    /// When the lead was assigned for the first time: being given to somebody else later does not make
    /// it late.
    pub assigned_at: Option<Timestamp>,
    pub policy: String,
    pub rule: String,
    pub route_type: String,
    pub assigned_to: String,
    pub assigned_kind: String,
    /// The team whose turn it was; empty for none.
    pub team: String,
    pub cells: Kept,
    /// Turns that the lead took before it moved on to where it is, in order.
    pub earlier: Vec<EarlierTurn>,
}

/// A turn of a team that a lead took, whoever has the lead now: nobody gets a turn back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EarlierTurn {
    pub policy: String,
    pub rule: String,
    pub assigned_to: String,
    pub team: String,
}

impl Ledger {
    /// Hands over each lead's latest assignment, in the order in which they were made.
    pub fn each_latest(&self, mut take: impl FnMut(Latest)) -> Result<(), Error> {
        const LATEST: &str = "SELECT a.lead, a.captured_at,
                   (SELECT first.assigned_at FROM assignments AS first WHERE first.lead = a.lead
                    ORDER BY first.assignment LIMIT 1),
                   a.policy, a.rule, a.route_type, a.assigned_to, a.assigned_kind, a.team, t.cells, b.fields
            FROM trail AS t CROSS JOIN assignments AS a USING (assignment) CROSS JOIN batches AS b USING (batch)
            WHERE NOT EXISTS (SELECT 1 FROM trail AS later WHERE later.replaces = t.assignment)
            ORDER BY t.assignment";
        let mut earlier = self.earlier_turns()?;
        let db = self.db();
        let mut fields = Fields::default();
        let mut statement = db.prepare(LATEST).map_err(|why| self.failed(why))?;
        let rows = statement.query_map([], |row| latest(row, &mut fields)).map_err(|why| self.failed(why))?;
        for row in rows {
            let mut latest = row.map_err(|why| self.failed(why))?;
            latest.earlier = earlier.remove(&latest.lead).unwrap_or_default();
            take(latest);
        }
        Ok(())
    }

    /// Lead → the turns of assignments that others took the place of.
    fn earlier_turns(&self) -> Result<FxHashMap<String, Vec<EarlierTurn>>, Error> {
        const EARLIER: &str = "SELECT a.lead, a.policy, a.rule, a.assigned_to, a.team
            FROM trail AS later CROSS JOIN assignments AS a ON a.assignment = later.replaces
            WHERE later.replaces IS NOT NULL AND a.assigned_kind = 'rep' AND a.team <> ''
            ORDER BY later.replaces";
        let db = self.db();
        let mut statement = db.prepare(EARLIER).map_err(|why| self.failed(why))?;
        let turn = |row: &Row<'_>| {
            let text = |column| row.get::<_, Option<String>>(column).map(Option::unwrap_or_default);
            let turn = EarlierTurn { policy: text(1)?, rule: text(2)?, assigned_to: text(3)?, team: text(4)? };
            Ok((text(0)?, turn))
        };
        let mut earlier: FxHashMap<String, Vec<EarlierTurn>> = FxHashMap::default();
        for row in statement.query_map([], turn).map_err(|why| self.failed(why))? {
            let (lead, turn) = row.map_err(|why| self.failed(why))?;
            earlier.entry(lead).or_default().push(turn);
        }
        Ok(earlier)
    }
}

fn latest(row: &Row<'_>, fields: &mut Fields) -> rusqlite::Result<Latest> {
    let text = |column| row.get::<_, Option<String>>(column).map(Option::unwrap_or_default);
    let moment = |column| text(column).map(|text| text.parse().ok());
    Ok(Latest {
        lead: text(0)?,
        captured_at: moment(1)?,
        assigned_at: moment(2)?,
        policy: text(3)?,
        rule: text(4)?,
        route_type: text(5)?,
        assigned_to: text(6)?,
        assigned_kind: text(7)?,
        team: text(8)?,
        cells: fields.kept(text(9)?, row.get_ref(10)?.as_str_or_null()?)?,
        earlier: Vec::new(),
    })
}
