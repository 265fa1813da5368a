//! Whether a ledger is whole: the file, the references, the hashes, and the state against the trail.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::standing::{Standing, Work};
use super::store::Ledger;
use super::sum::Sum;
use super::{Error, archive};

/// Something that is not as it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// `file`, `reference`, `hash`, `rotation`, `balance`, `open` or `daily`.
    pub kind: &'static str,
    /// Lower case, no full stop.
    pub what: String,
}

impl Ledger {
    /// Everything that is wrong with the ledger; nothing, if it is whole. All of it is looked at as it
    /// stands at one moment, whoever writes meanwhile.
    pub fn verify(&self) -> Result<Vec<Fault>, Error> {
        let db = self.db();
        db.execute_batch("BEGIN").map_err(|why| self.failed(why))?;
        let found = faults(&db).map_err(|why| self.failed(why));
        db.execute_batch("COMMIT").map_err(|why| self.failed(why))?;
        found
    }
}

fn faults(db: &Connection) -> rusqlite::Result<Vec<Fault>> {
    let mut faults = damage(db)?;
    if !faults.is_empty() {
        // Whatever else is found in a damaged file is its echo.
        return Ok(faults);
    }
    dangling(db, &mut faults)?;
    changed_files(db, &mut faults)?;
    compare(&Standing::read(db)?, &Sum::of_all(db)?, &mut faults);
    Ok(faults)
}

fn damage(db: &Connection) -> rusqlite::Result<Vec<Fault>> {
    let mut rows = db.prepare("PRAGMA integrity_check")?;
    let said: Vec<String> = rows.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let bad = said.into_iter().filter(|line| line != "ok");
    Ok(bad.map(|what| Fault { kind: "file", what }).collect())
}

fn dangling(db: &Connection, faults: &mut Vec<Fault>) -> rusqlite::Result<()> {
    let mut rows = db.prepare("PRAGMA foreign_key_check")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let (table, number, parent): (String, Option<i64>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let row = number.map(|number| format!(" {number}")).unwrap_or_default();
        faults.push(Fault { kind: "reference", what: format!("row{row} of {table} refers to no row of {parent}") });
    }
    Ok(())
}

/// Files and policies whose content is not what their hash says.
fn changed_files(db: &Connection, faults: &mut Vec<Fault>) -> rusqlite::Result<()> {
    let mut rows = db.prepare("SELECT file_hash FROM files ORDER BY file_hash")?;
    let hashes: Vec<String> = rows.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for hash in &hashes {
        let content = archive::get_file(db, hash);
        if content.is_err() || content.is_ok_and(|content| archive::hash(&content) != *hash) {
            faults.push(Fault { kind: "hash", what: format!("file {hash} has another content than its hash says") });
        }
    }
    let known: BTreeSet<&str> = hashes.iter().map(String::as_str).collect();
    let mut rows = db.prepare("SELECT policy_hash, main_file, files FROM policies ORDER BY policy_hash")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let (hash, main, files): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if archive::policy_hash(&main, &files) != hash {
            faults.push(Fault { kind: "hash", what: format!("policy {hash} has other files than its hash says") });
        }
        let files: BTreeMap<String, String> = serde_json::from_str(&files).unwrap_or_default();
        for (path, _) in files.iter().filter(|(_, file)| !known.contains(file.as_str())) {
            faults.push(Fault { kind: "reference", what: format!("`{path}` of policy {hash} is not kept") });
        }
    }
    Ok(())
}

/// The state that the tables hold against what the trail adds up to. Who never got anything may have a
/// row or none.
fn compare(held: &Standing, sum: &Standing, faults: &mut Vec<Fault>) {
    for key in keys(&held.rotation, &sum.rotation) {
        let (team, rep) = key;
        let of = |standing: &Standing| standing.rotation.get(key).copied().unwrap_or_default();
        let (held, sum) = (of(held), of(sum));
        if held.leads != sum.leads {
            let what = format!("{rep} has {} leads of team {team}, and {} by the trail", held.leads, sum.leads);
            faults.push(Fault { kind: "rotation", what });
        }
        if held.credit != sum.credit {
            let what = format!("{rep} has credit {} in team {team}, and {} by the trail", held.credit, sum.credit);
            faults.push(Fault { kind: "rotation", what });
        }
    }
    for key in keys(&held.balances, &sum.balances) {
        let (team, field, rep) = key;
        let of = |standing: &Standing| standing.balances.get(key).copied().unwrap_or_default();
        let (held, sum) = (of(held), of(sum));
        if held != sum {
            let what = format!("{rep} has a total of {held} {field} in team {team}, and of {sum} by the trail");
            faults.push(Fault { kind: "balance", what });
        }
    }
    for rep in keys(&held.workloads, &sum.workloads) {
        let of = |standing: &Standing| standing.workloads.get(rep).copied().unwrap_or_default();
        compare_work(rep, of(held), of(sum), faults);
    }
}

fn compare_work(rep: &str, held: Work, sum: Work, faults: &mut Vec<Fault>) {
    if held.open != sum.open {
        let what = format!("{rep} has {} open leads, and {} by the trail", held.open, sum.open);
        faults.push(Fault { kind: "open", what });
    }
    if held.last_day != sum.last_day {
        let said = |work: Work| match work.last_day {
            Some((day, leads)) => format!("{leads} on {day}"),
            None => "none".to_owned(),
        };
        let what = format!("{rep} got {} leads on the last day, and {} by the trail", said(held), said(sum));
        faults.push(Fault { kind: "daily", what });
    }
}

fn keys<'a, K: Ord, V>(one: &'a BTreeMap<K, V>, other: &'a BTreeMap<K, V>) -> BTreeSet<&'a K> {
    one.keys().chain(other.keys()).collect()
}
