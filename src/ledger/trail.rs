//! The trail: what happened, in the order in which it happened. Rows are added and never changed; the
//! schema sees to that.

use std::fmt::Write as _;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, params};
use rustc_hash::FxHashMap;

use super::page::{Entry, Page};
use super::scribe::Scribe;
use super::standing::Standing;
use super::store::{Desk, Writing};
use super::{Archived, Error, archive};
use crate::assign::{Credit, State};
use crate::fault;
use crate::policy::Project;

/// How leads are decided, and where they go: what leads of one batch may have in common.
#[derive(Clone, Debug)]
pub struct Decision<'a> {
    /// Why the run assigns leads again; of a lead that it meets for the first time, too.
    pub reason: Option<&'a str>,
    /// The rule that decided: its policy, its name and the policy's mark.
    pub rule: Option<(&'a str, &'a str, Option<&'a str>)>,
    /// The link of the chain that took the lead: `team:berlin`; `keep`, `reject`.
    pub destination: &'a str,
    pub assigned_to: &'a str,
    pub assigned_kind: &'a str,
    /// The day on the rep's calendar, if the lead counts there.
    pub day: Option<Date>,
    /// The team whose turn it was.
    pub team: Option<&'a str>,
    /// How the lead was divided, if the team takes turns.
    pub division: Option<Division>,
    /// The field of which the member has a running total.
    pub balance_field: Option<&'a str>,
    /// What happened on the way, as JSON.
    pub trace: &'a str,
}

/// A row of `decisions`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Decided(pub(super) i64);

/// A row of `divisions`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Division(i64);

/// How assignments came to be together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BatchKind {
    /// A file that was routed.
    Route,
    /// A lead that somebody gave to somebody else.
    Hand,
    /// What time brought.
    Tick,
}

/// A run, as the ledger gets to know it with the first thing that it records.
#[derive(Clone, Debug)]
pub struct BatchEntry {
    pub kind: BatchKind,
    pub at: Timestamp,
    /// The file of leads, as the user named it.
    pub input: Option<String>,
    /// What stands before the project's file names to find them from where the user stood.
    pub project: Option<String>,
    pub archived: Option<Archived>,
    /// Names of the lead block's fields, for entries with cells in their order.
    pub fields: Vec<String>,
    /// Open leads that the run found otherwise than the ledger had them.
    pub openings: Vec<(String, u32)>,
    /// Somebody has counted them anew: that is something to record, even if no lead is assigned.
    pub counts: bool,
}

/// Where the next row goes.
pub struct Pen {
    /// The run, until it has recorded something.
    pending: Option<BatchEntry>,
    batch: i64,
    at: String,
    /// The last assignment before this run's first.
    pub(super) before: i64,
    /// The last lead before this run, in the order of their letters.
    pub(super) highest_before: String,
    pub(super) last: i64,
    /// The last decision so far.
    decision: i64,
    index_is_put_off: bool,
    scribe: Scribe,
    /// Team → shares → division, as far as this run has met them.
    divisions: FxHashMap<String, FxHashMap<String, i64>>,
    /// Leads taken from reps whom the project no longer has.
    released: Vec<String>,
}

impl Decided {
    pub fn numbered(decision: i64) -> Decided {
        Decided(decision)
    }

    /// Its number in the table.
    pub fn number(self) -> i64 {
        self.0
    }
}

impl BatchKind {
    pub fn name(self) -> &'static str {
        match self {
            BatchKind::Route => "route",
            BatchKind::Hand => "hand",
            BatchKind::Tick => "tick",
        }
    }
}

impl Pen {
    /// `made_at` says where the ledger is, if this run makes it.
    pub(super) fn at_end_of(desk: &Desk, made_at: Option<&Path>) -> rusqlite::Result<Pen> {
        let db = desk.open();
        let batch = highest(&db, "SELECT max(batch) FROM batches")? + 1;
        let before = highest(&db, "SELECT max(assignment) FROM trail")?;
        Ok(Pen {
            pending: None,
            batch,
            at: String::new(),
            before,
            highest_before: db
                .query_row("SELECT max(lead) FROM trail", [], |row| row.get::<_, Option<String>>(0))?
                .unwrap_or_default(),
            last: before,
            decision: highest(&db, "SELECT max(decision) FROM decisions")?,
            index_is_put_off: false,
            scribe: Scribe::at(desk.clone(), made_at),
            divisions: FxHashMap::default(),
            released: Vec::new(),
        })
    }
}

fn highest(db: &Connection, sql: &str) -> rusqlite::Result<i64> {
    db.query_row(sql, [], |row| row.get::<_, Option<i64>>(0)).map(Option::unwrap_or_default)
}

impl Writing {
    /// Says what the run is, before it records anything. A run that records nothing leaves nothing, not even
    /// itself, so that repeating a run that was complete changes nothing.
    pub fn begin_batch(&mut self, batch: BatchEntry) {
        self.pen.at = batch.at.to_string();
        self.pen.pending = Some(batch);
    }

    /// Keeps a decision, for the leads that are decided so.
    pub fn decide(&mut self, decision: &Decision<'_>) -> Result<Decided, Error> {
        if let Some(batch) = self.pen.pending.take() {
            self.write_batch(&batch).map_err(|why| self.ledger.failed(why))?;
        }
        const ADD: &str = "INSERT INTO decisions (decision, batch, reason, policy, rule, route_type, destination,
                assigned_to, assigned_kind, team, day, division, balance_field, trace)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
        let number = self.pen.decision + 1;
        let (policy, rule, route_type) = match decision.rule {
            Some((policy, rule, mark)) => (Some(policy), Some(rule), mark),
            None => (None, None, None),
        };
        let row = params![
            number,
            self.pen.batch,
            decision.reason,
            policy,
            rule,
            route_type,
            decision.destination,
            decision.assigned_to,
            decision.assigned_kind,
            decision.team,
            decision.day.map(|day| day.to_string()),
            decision.division.map(|Division(division)| division),
            decision.balance_field,
            decision.trace,
        ];
        let added = self.ledger.db().prepare_cached(ADD).and_then(|mut add| add.execute(row));
        added.map_err(|why| self.ledger.failed(why))?;
        self.pen.decision = number;
        fault::point();
        Ok(Decided(number))
    }

    /// Turns to a page on which leads have been written down, to be entered next.
    pub fn turn_to(&mut self, page: Page) -> Result<(), Error> {
        self.pen.scribe.turn_to(page).map_err(|why| self.ledger.failed(why))
    }

    /// A page on which nothing stands, if there is one to spare.
    pub fn blank(&mut self) -> Option<Page> {
        self.pen.scribe.blank()
    }

    /// Records what became of a lead of the page; the number of the assignment is the answer.
    pub fn enter(&mut self, row: usize, entry: Entry) -> i64 {
        self.pen.last += 1;
        self.pen.scribe.enter(row, entry, self.pen.last);
        self.pen.last
    }

    /// Records what became of a lead that is on no page; `cells` is JSON.
    pub fn record(
        &mut self,
        lead: &str,
        captured_at: Option<Timestamp>,
        cells: &str,
        entry: Entry,
    ) -> Result<i64, Error> {
        let row = self.pen.scribe.write_down(lead, captured_at, cells).map_err(|why| self.ledger.failed(why))?;
        Ok(self.enter(row, entry))
    }

    /// Waits until all that was recorded is in its tables.
    pub(super) fn catch_up(&mut self) -> Result<(), Error> {
        self.pen.scribe.catch_up().map_err(|why| self.ledger.failed(why))
    }

    /// The number of a way to divide a lead of a team; reps and their shares, in the team's order.
    pub fn division<'n>(
        &mut self,
        team: &str,
        shares: impl IntoIterator<Item = (&'n str, Credit)>,
    ) -> Result<Division, Error> {
        let mut json = String::from("{");
        for (rep, share) in shares {
            let comma = if json.len() > 1 { "," } else { "" };
            let rep = serde_json::to_string(rep).expect("text is always JSON");
            let _ = write!(json, "{comma}{rep}:\"{}\"", share.parts());
        }
        json.push('}');
        if let Some(&known) = self.pen.divisions.get(team).and_then(|shares| shares.get(&json)) {
            return Ok(Division(known));
        }
        let division = divided(&self.ledger.db(), team, &json).map_err(|why| self.ledger.failed(why))?;
        self.pen.divisions.entry(team.to_owned()).or_default().insert(json, division);
        Ok(Division(division))
    }

    /// A rep whom the project no longer has no longer has a lead.
    pub fn release_gone(&mut self, rep: &str) {
        self.pen.released.push(rep.to_owned());
    }

    /// Ends the batch: what `state` has become, and what was counted, as JSON.
    pub fn finish(&mut self, project: &Project, state: &State, summary: &str) -> Result<(), Error> {
        let counted = self.pen.pending.take_if(|batch| batch.counts && !batch.openings.is_empty());
        if let Some(batch) = counted {
            self.write_batch(&batch).map_err(|why| self.ledger.failed(why))?;
        } else if self.pen.last == self.pen.before {
            return Ok(());
        }
        self.catch_up()?;
        let mut standing = self.held.clone();
        standing.take(state, project);
        self.pen.released.iter().for_each(|rep| standing.release(rep));
        let add = "INSERT INTO summaries (batch, summary) VALUES (?1, ?2)";
        let written = self.ledger.db().execute(add, params![self.pen.batch, summary]);
        written.map_err(|why| self.ledger.failed(why))?;
        self.settle(standing)
    }

    /// Writes what the state has become.
    pub(super) fn settle(&mut self, standing: Standing) -> Result<(), Error> {
        self.catch_up()?;
        let written = standing.write(&self.held, &self.ledger.db());
        written.and_then(|()| self.index_leads()).map_err(|why| self.ledger.failed(why))?;
        self.held = standing;
        fault::point();
        Ok(())
    }

    /// From now on until the end of the batch nobody asks the trail for a lead. An index that is made of many leads
    /// at once costs a fraction of one that takes them one by one wherever in it they belong; so one that will have
    /// grown enough is made anew at the end. Where leads come in the order of their ids, as CRMs count them up, each is
    /// at home beside the one before, and the index takes it while others are decided. `come` is how much of the leads has
    /// come, from 0 to 1, or 1 if nobody knows.
    pub fn put_off_index(&mut self, come: f64) -> Result<(), Error> {
        const CHEAPER: f64 = 16.0;
        const IN_ORDER: i64 = 8;
        /// So many tell how it will go on. Tests are to see it with few leads.
        const ENOUGH: i64 = if cfg!(debug_assertions) { 8 } else { 128 };
        let added = self.pen.last - self.pen.before;
        if self.pen.index_is_put_off || added < ENOUGH {
            return Ok(());
        }
        let is_cheaper = added as f64 / come > self.pen.before as f64 / CHEAPER;
        if !is_cheaper || self.pen.scribe.falls() <= added / IN_ORDER {
            return Ok(());
        }
        self.pen.index_is_put_off = true;
        let dropped = self.ledger.db().execute_batch("DROP INDEX trail_by_lead");
        dropped.map_err(|why| self.ledger.failed(why))
    }

    fn index_leads(&self) -> rusqlite::Result<()> {
        self.ledger.db().execute_batch("CREATE INDEX IF NOT EXISTS trail_by_lead ON trail (lead)")
    }

    fn write_batch(&self, batch: &BatchEntry) -> rusqlite::Result<()> {
        let db = &*self.ledger.db();
        db.execute(
            "INSERT OR IGNORE INTO about (one, key_field, key_type, made_at, made_by) VALUES (1, ?1, ?2, ?3, ?4)",
            params![self.identity.field, self.identity.kind, self.pen.at, made_by()],
        )?;
        let hashes = batch.archived.as_ref().map(|archived| archive::put(db, archived)).transpose()?;
        let (policy, roster, status) = match hashes {
            Some(hashes) => (Some(hashes.policy), hashes.roster, hashes.status),
            None => (None, None, None),
        };
        db.execute(
            "INSERT INTO batches (batch, kind, at, input, project, policy_hash, roster_file, roster_hash, status_hash,
                                  made_by, fields)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                self.pen.batch,
                batch.kind.name(),
                self.pen.at,
                batch.input,
                batch.project,
                policy,
                batch.archived.as_ref().and_then(|archived| archived.roster.as_ref()),
                roster,
                status,
                made_by(),
                (!batch.fields.is_empty())
                    .then(|| serde_json::to_string(&batch.fields).expect("texts are always JSON")),
            ],
        )?;
        let mut add = db.prepare("INSERT INTO openings (after, rep, open, batch) VALUES (?1, ?2, ?3, ?4)")?;
        for (rep, open) in &batch.openings {
            add.execute(params![self.pen.before, rep, open, self.pen.batch])?;
        }
        fault::point();
        Ok(())
    }
}

fn divided(db: &Connection, team: &str, shares: &str) -> rusqlite::Result<i64> {
    let known = db
        .query_row("SELECT division FROM divisions WHERE team = ?1 AND shares = ?2", [team, shares], |row| row.get(0));
    if let Some(known) = known.optional()? {
        return Ok(known);
    }
    db.execute("INSERT INTO divisions (team, shares) VALUES (?1, ?2)", [team, shares])?;
    Ok(db.last_insert_rowid())
}

/// This program, as the ledger names it.
pub(super) fn made_by() -> &'static str {
    concat!("pointsman ", env!("CARGO_PKG_VERSION"))
}
