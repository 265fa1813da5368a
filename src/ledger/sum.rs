//! The trail added up: what the state was before any assignment, and what it should be now.
//!
//! Every assignment says what it changed: which division of a lead its team's members earned, who got it,
//! on which day, what it added to a balance, and which assignment it took the place of. So the state is a
//! sum over the trail, in the trail's order:
//!
//! 1. after an assignment, `closings` free the capacity of who had the lead, and `openings` say what a batch found
//!    otherwise than the ledger had it, in the order of the batches;
//! 2. then the next assignment frees whoever had the lead before, and is booked.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};
use rust_decimal::Decimal;
use rustc_hash::FxHashMap;

use super::standing::{Standing, Work, credit, date, decimal};
use crate::assign::{Credit, Served};

/// A sum that has come up to some assignment, and goes on from there.
#[derive(Debug, Default)]
pub struct Sum {
    /// The last assignment that is booked.
    booked: i64,
    /// Whether what comes between it and the next is in the sum already.
    made_ready: bool,
    seats: Seats,
    balances: BTreeMap<(String, String, String), Decimal>,
    workloads: FxHashMap<String, Work>,
    /// Assignments that are open, and the rep who has each.
    holders: FxHashMap<i64, String>,
    divisions: FxHashMap<i64, Vec<(usize, Credit)>>,
}

/// Who got what from which team; a seat is a rep in a team.
#[derive(Debug, Default)]
struct Seats {
    served: Vec<Served>,
    of_team: FxHashMap<String, FxHashMap<String, usize>>,
}

/// What an assignment changes.
struct Booking<'r> {
    assignment: i64,
    rep: Option<&'r str>,
    team: Option<&'r str>,
    day: Option<&'r str>,
    division: Option<i64>,
    balance: Option<(&'r str, &'r str)>,
}

impl Sum {
    /// The state just before an assignment was decided: with the lead already taken from whoever had it
    /// before. Asked in the order of the trail, each row is looked at once.
    pub fn before(&mut self, db: &Connection, assignment: i64) -> rusqlite::Result<Standing> {
        if assignment <= self.booked {
            *self = Sum::default();
        }
        self.book_until(db, assignment - 1)?;
        self.make_ready(db, assignment)?;
        Ok(self.standing())
    }

    /// The state after all that the trail holds.
    pub fn of_all(db: &Connection) -> rusqlite::Result<Standing> {
        let mut sum = Sum::default();
        let last: Option<i64> = db.query_row("SELECT max(assignment) FROM trail", [], |row| row.get(0))?;
        sum.book_until(db, last.unwrap_or_default())?;
        sum.come_after(db, sum.booked)?;
        Ok(sum.standing())
    }

    fn book_until(&mut self, db: &Connection, last: i64) -> rusqlite::Result<()> {
        const ROWS: &str = "SELECT assignment, replaces, assigned_kind = 'rep', assigned_to, team, day, division,
                balance_field, balance_amount
            FROM assignments WHERE assignment > ?1 AND assignment <= ?2 ORDER BY assignment";
        // Most assignments have nothing between them; a batch of them is booked without asking each time.
        let between = between(db, self.booked, last)?;
        let mut rows = db.prepare_cached(ROWS)?;
        let mut rows = rows.query(params![self.booked, last])?;
        while let Some(row) = rows.next()? {
            if !self.made_ready {
                if between.contains(&self.booked) {
                    self.come_after(db, self.booked)?;
                }
                self.release(row.get(1)?);
            }
            let booking = Booking::of(row)?;
            self.book(db, &booking)?;
            self.booked = booking.assignment;
            self.made_ready = false;
        }
        Ok(())
    }

    /// All that happened before an assignment was decided and after the one before it was.
    fn make_ready(&mut self, db: &Connection, assignment: i64) -> rusqlite::Result<()> {
        if !std::mem::replace(&mut self.made_ready, true) {
            self.come_after(db, self.booked)?;
            let replaced = "SELECT replaces FROM trail WHERE assignment = ?1";
            self.release(db.query_row(replaced, [assignment], |row| row.get(0))?);
        }
        Ok(())
    }

    /// What happened after an assignment and before the next. Leads that were closed before version 4 know no batch:
    /// then none counted open leads between them and the assignment.
    fn come_after(&mut self, db: &Connection, after: i64) -> rusqlite::Result<()> {
        const EVENTS: &str = "SELECT coalesce(after_batch, 0) AS batch, 1 AS is_closing, assignment, NULL, NULL
            FROM closings WHERE after = ?1
            UNION ALL SELECT batch, 0, NULL, rep, open FROM openings WHERE after = ?1 ORDER BY 1, 2";
        let mut rows = db.prepare_cached(EVENTS)?;
        let mut rows = rows.query([after])?;
        while let Some(row) = rows.next()? {
            match row.get::<_, Option<String>>(3)? {
                Some(rep) => self.workloads.entry(rep).or_default().open = row.get(4)?,
                None => self.release(row.get(2)?),
            }
        }
        Ok(())
    }

    /// Somebody no longer has a lead.
    fn release(&mut self, assignment: Option<i64>) {
        if let Some(rep) = assignment.and_then(|assignment| self.holders.remove(&assignment))
            && let Some(work) = self.workloads.get_mut(&rep)
        {
            work.open = work.open.saturating_sub(1);
        }
    }

    fn book(&mut self, db: &Connection, booking: &Booking<'_>) -> rusqlite::Result<()> {
        let Some(rep) = booking.rep else { return Ok(()) };
        self.holders.insert(booking.assignment, rep.to_owned());
        if !self.workloads.contains_key(rep) {
            self.workloads.insert(rep.to_owned(), Work::default());
        }
        let work = self.workloads.get_mut(rep).expect("it was put there");
        work.open = work.open.saturating_add(1);
        if let Some(day) = booking.day {
            let day = date(day)?;
            let before = work.last_day.filter(|(last, _)| *last == day).map_or(0, |(_, leads)| leads);
            work.last_day = Some((day, before.saturating_add(1)));
        }
        let Some(team) = booking.team else { return Ok(()) };
        let seat = self.seats.of(team, rep);
        self.seats.served[seat].leads += 1;
        if let Some(division) = booking.division {
            self.divide(db, division)?;
            self.seats.served[seat].credit -= Credit::LEAD;
        }
        if let Some((field, amount)) = booking.balance {
            let total = self.balances.entry((team.to_owned(), field.to_owned(), rep.to_owned())).or_default();
            *total = total.saturating_add(decimal(amount)?);
        }
        Ok(())
    }

    /// Everybody in a rotation earns their share of a lead.
    fn divide(&mut self, db: &Connection, division: i64) -> rusqlite::Result<()> {
        if !self.divisions.contains_key(&division) {
            let shares = shares(db, division, &mut self.seats)?;
            self.divisions.insert(division, shares);
        }
        for (seat, share) in &self.divisions[&division] {
            self.seats.served[*seat].credit += *share;
        }
        Ok(())
    }

    fn standing(&self) -> Standing {
        let mut standing = Standing { balances: self.balances.clone(), ..Standing::default() };
        for (team, reps) in &self.seats.of_team {
            for (rep, &seat) in reps {
                standing.rotation.insert((team.clone(), rep.clone()), self.seats.served[seat]);
            }
        }
        standing.workloads.extend(self.workloads.iter().map(|(rep, work)| (rep.clone(), *work)));
        standing
    }
}

impl Seats {
    fn of(&mut self, team: &str, rep: &str) -> usize {
        if let Some(&seat) = self.of_team.get(team).and_then(|reps| reps.get(rep)) {
            return seat;
        }
        self.served.push(Served::default());
        let seat = self.served.len() - 1;
        self.of_team.entry(team.to_owned()).or_default().insert(rep.to_owned(), seat);
        seat
    }
}

impl<'r> Booking<'r> {
    fn of(row: &'r Row<'_>) -> rusqlite::Result<Booking<'r>> {
        let text = |column| -> rusqlite::Result<Option<&'r str>> { Ok(row.get_ref(column)?.as_str_or_null()?) };
        let to_rep: bool = row.get(2)?;
        Ok(Booking {
            assignment: row.get(0)?,
            rep: text(3)?.filter(|_| to_rep),
            team: text(4)?,
            day: text(5)?,
            division: row.get(6)?,
            balance: text(7)?.zip(text(8)?),
        })
    }
}

/// Assignments after which something else happened before the next.
fn between(db: &Connection, from: i64, to: i64) -> rusqlite::Result<std::collections::BTreeSet<i64>> {
    let both = "SELECT after FROM closings WHERE after >= ?1 AND after <= ?2
        UNION SELECT after FROM openings WHERE after >= ?1 AND after <= ?2";
    db.prepare_cached(both)?.query_map([from, to], |row| row.get(0))?.collect()
}

fn shares(db: &Connection, division: i64, seats: &mut Seats) -> rusqlite::Result<Vec<(usize, Credit)>> {
    let named = "SELECT d.team, s.key, s.value FROM divisions AS d, json_each(d.shares) AS s WHERE d.division = ?1";
    let mut rows = db.prepare_cached(named)?;
    let mut rows = rows.query([division])?;
    let mut shares = Vec::new();
    while let Some(row) = rows.next()? {
        let seat = seats.of(row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?);
        shares.push((seat, credit(row.get_ref(2)?.as_str()?)?));
    }
    Ok(shares)
}
