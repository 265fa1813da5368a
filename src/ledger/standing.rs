//! The state by name ↔ the router's state by id.
//!
//! [`State`] is laid out by the ids of one project; between runs rosters change, and names stay. Who is
//! new begins level and with the open leads that the roster states. Who is gone is kept: they may come
//! back, and the trail adds up to them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rusqlite::{Connection, params};
use rust_decimal::Decimal;

use crate::assign::{Credit, Served, State, Workload};
use crate::policy::Project;

/// What the ledger's state tables hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// Team and rep → leads got and credit.
    pub rotation: BTreeMap<(String, String), Served>,
    /// Team, field and rep → running total.
    pub balances: BTreeMap<(String, String, String), Decimal>,
    pub workloads: BTreeMap<String, Work>,
}

/// A rep's row of `workloads`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Work {
    pub open: u32,
    /// The last day with leads, on the rep's calendar, and how many there were.
    pub last_day: Option<(Date, u32)>,
}

impl Standing {
    /// What the tables hold now.
    pub fn read(db: &Connection) -> rusqlite::Result<Standing> {
        let mut standing = Standing::default();
        let mut rows = db.prepare("SELECT team, rep, leads, credit FROM rotation")?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let served = Served { leads: row.get(2)?, credit: credit(row.get_ref(3)?.as_str()?)? };
            standing.rotation.insert((row.get(0)?, row.get(1)?), served);
        }
        let mut rows = db.prepare("SELECT team, field, rep, total FROM balances")?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            standing.balances.insert((row.get(0)?, row.get(1)?, row.get(2)?), decimal(row.get_ref(3)?.as_str()?)?);
        }
        let mut rows = db.prepare("SELECT rep, open, day, daily FROM workloads")?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let day: Option<String> = row.get(2)?;
            let last_day = day.map(|day| Ok::<_, rusqlite::Error>((date(&day)?, row.get(3)?))).transpose()?;
            standing.workloads.insert(row.get(0)?, Work { open: row.get(1)?, last_day });
        }
        Ok(standing)
    }

    /// The state that a run under a project begins with.
    pub fn state(&self, project: &Project) -> State {
        let roster = &project.roster;
        let mut state = State::new(roster);
        for (id, rep) in roster.reps.iter_with_ids() {
            if let Some(work) = self.workloads.get(&rep.name) {
                state.reps[id] = Workload { open: work.open, last_day: work.last_day };
            }
        }
        for (id, team) in roster.teams.iter_with_ids() {
            let served = team.members.iter().map(|member| {
                let key = (team.name.clone(), roster.reps[member.rep].name.clone());
                self.rotation.get(&key).copied().unwrap_or_default()
            });
            state.teams[id] = served.collect::<Vec<Served>>().into();
        }
        for ((team, field, rep), total) in &self.balances {
            let Some(team) = roster.team_named(team) else { continue };
            let Some(field) = project.lead.fields.find(|known| known.name == *field) else { continue };
            let members = &roster.teams[team].members;
            let Some(member) = members.iter().position(|member| roster.reps[member.rep].name == *rep) else { continue };
            let totals = state.totals.entry((team, field)).or_insert_with(|| vec![Decimal::ZERO; members.len()]);
            totals[member] = *total;
        }
        state
    }

    /// Open leads that a state has otherwise than this: of people who are new, or counted anew.
    pub fn openings(&self, state: &State, project: &Project) -> Vec<(String, u32)> {
        let reps = project.roster.reps.iter_with_ids().map(|(id, rep)| (&rep.name, state.reps[id].open));
        let held = |rep: &String| self.workloads.get(rep).map_or(0, |work| work.open);
        reps.filter(|(rep, open)| held(rep) != *open).map(|(rep, open)| (rep.clone(), open)).collect()
    }

    /// Takes over a state, by name.
    pub fn take(&mut self, state: &State, project: &Project) {
        let roster = &project.roster;
        for (id, rep) in roster.reps.iter_with_ids() {
            let Workload { open, last_day } = state.reps[id];
            self.workloads.insert(rep.name.clone(), Work { open, last_day });
        }
        let rep_at = |team, member: usize| {
            let listed: &crate::roster::Member = &roster.teams[team].members[member];
            roster.reps[listed.rep].name.clone()
        };
        for (id, team) in roster.teams.iter_with_ids() {
            for (member, served) in state.teams[id].iter().enumerate() {
                let key = (team.name.clone(), rep_at(id, member));
                if served != Served::default() || self.rotation.contains_key(&key) {
                    self.rotation.insert(key, served);
                }
            }
        }
        for ((team, field), totals) in &state.totals {
            let names = (roster.teams[*team].name.clone(), project.lead.fields[*field].name.clone());
            for (member, total) in totals.iter().enumerate() {
                let key = (names.0.clone(), names.1.clone(), rep_at(*team, member));
                if !total.is_zero() || self.balances.contains_key(&key) {
                    self.balances.insert(key, total.normalize());
                }
            }
        }
    }

    /// A rep no longer has a lead.
    pub fn release(&mut self, rep: &str) {
        if let Some(work) = self.workloads.get_mut(rep) {
            work.open = work.open.saturating_sub(1);
        }
    }

    /// Writes what is different from what the tables hold.
    pub fn write(&self, held: &Standing, db: &Connection) -> rusqlite::Result<()> {
        let mut put =
            db.prepare("INSERT OR REPLACE INTO rotation (team, rep, leads, credit) VALUES (?1, ?2, ?3, ?4)")?;
        for (key @ (team, rep), served) in &self.rotation {
            if held.rotation.get(key) != Some(served) {
                put.execute(params![team, rep, served.leads, served.credit.parts().to_string()])?;
            }
        }
        let mut put =
            db.prepare("INSERT OR REPLACE INTO balances (team, field, rep, total) VALUES (?1, ?2, ?3, ?4)")?;
        for (key @ (team, field, rep), total) in &self.balances {
            if held.balances.get(key) != Some(total) {
                put.execute(params![team, field, rep, total.normalize().to_string()])?;
            }
        }
        let mut put = db.prepare("INSERT OR REPLACE INTO workloads (rep, open, day, daily) VALUES (?1, ?2, ?3, ?4)")?;
        for (rep, work) in &self.workloads {
            if held.workloads.get(rep) != Some(work) {
                let (day, daily) = work.last_day.map_or((None, 0), |(day, leads)| (Some(day.to_string()), leads));
                put.execute(params![rep, work.open, day, daily])?;
            }
        }
        Ok(())
    }
}

/// An exact credit as the ledger writes it.
pub(super) fn credit(text: &str) -> rusqlite::Result<Credit> {
    text.parse().map(Credit::from_parts).map_err(|_| strange("a credit", text))
}

pub(super) fn decimal(text: &str) -> rusqlite::Result<Decimal> {
    Decimal::from_str_exact(text).map(|number| number.normalize()).map_err(|_| strange("a number", text))
}

pub(super) fn date(text: &str) -> rusqlite::Result<Date> {
    text.parse().map_err(|_| strange("a day", text))
}

fn strange(what: &str, text: &str) -> rusqlite::Error {
    let why = format!("`{text}` is not {what}");
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, why.into())
}
