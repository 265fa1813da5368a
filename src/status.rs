//! What another system knows of people now: open leads, when they were last seen, until when they are
//! away. A fresh export lies over the roster for one run; a blank cell states nothing.
//!
//! | column | says |
//! | --- | --- |
//! | `rep` | whom the row is about: a name of the roster, or else a `crm_id` or an `email` in it |
//! | `open` | open leads; takes the place of every other count |
//! | `last_seen` | a date and time, without an offset in the rep's time zone |
//! | `away_until` | the last day of an absence that has begun |
//!
//! A row about somebody who is not in the roster is told and passed over: an export names everybody in
//! the company. What cannot be read, and two rows about one person, are errors, all of them in one run.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::cell::{normal_text, read_timestamp};
use crate::ids::{IdVec, RepId};
use crate::roster::{DateRange, Rep, Roster};
use crate::suggest;

/// The columns, in the order of a [`Row`]'s cells.
pub const COLUMNS: [&str; 4] = ["rep", "open", "last_seen", "away_until"];

/// A row of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    pub line: u64,
    pub cells: [String; 4],
}

/// What is stated of somebody.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Statement {
    pub open: Option<u32>,
    pub last_seen: Option<Timestamp>,
    pub away_until: Option<Date>,
}

/// What is stated of everybody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status(IdVec<RepId, Statement>);

/// Something about a row, and what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remark {
    pub line: u64,
    pub message: String,
    pub help: Option<String>,
}

/// Reads the rows of a file. What was read comes with remarks about people who are not in the roster;
/// otherwise there are the reasons why it cannot be.
pub fn read(rows: &[Row], roster: &Roster) -> Result<(Status, Vec<Remark>), Vec<Remark>> {
    let mut reading = Reading { roster, lines: roster.reps.iter().map(|_| None).collect(), errors: Vec::new() };
    let mut status = Status(roster.reps.iter().map(|_| Statement::default()).collect());
    let mut strangers = Vec::new();
    for row in rows {
        match reading.whom(row) {
            Whom::Rep(rep) => status.0[rep] = reading.statement(row, &roster.reps[rep]),
            Whom::Stranger(remark) => strangers.push(remark),
            Whom::Nobody => {}
        }
    }
    if reading.errors.is_empty() { Ok((status, strangers)) } else { Err(reading.errors) }
}

impl Status {
    /// The open leads that are stated: they count instead of any that were counted elsewhere.
    pub fn open(&self) -> impl Iterator<Item = (RepId, u32)> {
        self.0.iter_with_ids().filter_map(|(rep, statement)| Some((rep, statement.open?)))
    }

    /// Lays what is stated over the roster.
    pub fn apply(&self, roster: &mut Roster) {
        for (rep, statement) in roster.reps.iter_mut().zip(&self.0) {
            rep.open = statement.open.unwrap_or(rep.open);
            rep.last_seen = statement.last_seen.or(rep.last_seen);
            rep.away.extend(statement.away_until.map(|last| DateRange { first: Date::MIN, last }));
        }
    }

    /// What is stated, as a table that [`read`] reads again.
    pub fn table(&self, roster: &Roster) -> String {
        let mut table = COLUMNS.join(",") + "\n";
        let cell = |text: Option<String>| text.unwrap_or_default();
        for (rep, statement) in self.0.iter_with_ids().filter(|(_, statement)| **statement != Statement::default()) {
            let Statement { open, last_seen, away_until } = statement;
            let stated = [
                roster.reps[rep].name.clone(),
                cell(open.map(|open| open.to_string())),
                cell(last_seen.map(|moment| moment.to_string())),
                cell(away_until.map(|day| day.to_string())),
            ];
            table.push_str(&(stated.join(",") + "\n"));
        }
        table
    }

    /// Whether it is stated of anybody when they were last seen.
    pub fn tells_last_seen(&self) -> bool {
        self.0.iter().any(|statement| statement.last_seen.is_some())
    }
}

struct Reading<'a> {
    roster: &'a Roster,
    /// The line that is about a rep.
    lines: IdVec<RepId, Option<u64>>,
    errors: Vec<Remark>,
}

enum Whom {
    Rep(RepId),
    Stranger(Remark),
    /// An error that was said.
    Nobody,
}

impl Reading<'_> {
    fn whom(&mut self, row: &Row) -> Whom {
        let written = row.cells[0].trim();
        if written.is_empty() {
            return self.nobody(row, "it is not said whom this row is about", "fill in the column `rep`");
        }
        let rep = match self.named(written)[..] {
            [] => return Whom::Stranger(self.stranger(row, written)),
            [rep] => rep,
            [first, second, ..] => {
                let (first, second) = (&self.roster.reps[first].name, &self.roster.reps[second].name);
                let message = format!("`{written}` may be `{first}` or `{second}`");
                return self.nobody(row, &message, "name people as the roster does");
            }
        };
        let name = &self.roster.reps[rep].name;
        if let Some(before) = self.lines[rep] {
            let message = format!("`{name}` has a row already, on line {before}");
            return self.nobody(row, &message, "one row says what is true now: leave out the other");
        }
        self.lines[rep] = Some(row.line);
        Whom::Rep(rep)
    }

    fn nobody(&mut self, row: &Row, message: &str, help: &str) -> Whom {
        self.error(row, message.to_owned(), help);
        Whom::Nobody
    }

    /// Whom a name stands for: by the roster's name, else by the other system's id, else by e-mail.
    fn named(&self, written: &str) -> Vec<RepId> {
        let all = |is: &dyn Fn(&Rep) -> bool| -> Vec<RepId> {
            self.roster.reps.iter_with_ids().filter(|(_, rep)| is(rep)).map(|(id, _)| id).collect()
        };
        let normal = normal_text(written);
        let same = |text: &str| normal_text(text) == normal;
        let ways: [&dyn Fn(&Rep) -> bool; 4] = [
            &|rep| rep.name == written,
            &|rep| rep.crm_id.as_deref() == Some(written),
            &|rep| rep.email.as_deref().is_some_and(same),
            &|rep| same(&rep.name),
        ];
        ways.into_iter().map(all).find(|found| !found.is_empty()).unwrap_or_default()
    }

    fn stranger(&self, row: &Row, written: &str) -> Remark {
        let near = suggest::nearest(written, self.roster.reps.iter().map(|rep| rep.name.as_str()));
        let message = format!("nobody in the roster is `{written}` by name, crm_id or email: the row is passed over");
        Remark { line: row.line, message, help: near.map(|near| format!("did you mean `{near}`?")) }
    }

    fn statement(&mut self, row: &Row, rep: &Rep) -> Statement {
        let [_, open, last_seen, away_until] = row.cells.each_ref().map(|cell| cell.trim());
        Statement {
            open: self.cell(row, open, "open", "write how many leads are open, e.g. `31`", |text| {
                text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
            }),
            last_seen: self.cell(row, last_seen, "last_seen", "write e.g. `2026-11-21T17:02:00Z`", |text| {
                read_timestamp(text, &rep.timezone)
            }),
            away_until: self.cell(row, away_until, "away_until", "write the last day, e.g. `2026-11-24`", |text| {
                text.parse().ok().filter(|_| text.len() == "2026-11-24".len())
            }),
        }
    }

    fn cell<T>(
        &mut self,
        row: &Row,
        text: &str,
        column: &str,
        help: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        if text.is_empty() {
            return None;
        }
        let found = read(text);
        if found.is_none() {
            self.error(row, format!("{column} `{text}` cannot be read"), help);
        }
        found
    }

    fn error(&mut self, row: &Row, message: String, help: &str) {
        self.errors.push(Remark { line: row.line, message, help: Some(help.to_owned()) });
    }
}
