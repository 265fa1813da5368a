//! Rows on their way into the trail.
//!
//! A run fills a page with rows and hands it to a thread of its own, which writes them while the next leads
//! are decided; both use one connection, so all of it is one transaction. Whoever wants to read what this
//! run has recorded lets the scribe come to the end first ([`Scribe::catch_up`]). A run that fills no page
//! has no thread.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use jiff::Timestamp;
use rusqlite::{Connection, Statement, ToSql};
use rust_decimal::Decimal;

use super::store::Desk;
use super::trail::Entry;
use crate::fault;

/// Rows of a page. Tests are to see several pages of few leads.
const ROWS: usize = if cfg!(debug_assertions) { 8 } else { 256 };
/// Rows that one statement adds: what it costs to begin and to end one is shared by them.
const TOGETHER: usize = if cfg!(debug_assertions) { 3 } else { 16 };
/// Pages that may wait for the thread; a run that is faster waits for it.
const WAITING: usize = 4;

/// Writes the trail of one run.
pub struct Scribe {
    desk: Desk,
    page: Page,
    hand: Option<Hand>,
    falls: i64,
}

/// The thread, and the pages that are with it.
struct Hand {
    to: SyncSender<Page>,
    back: Receiver<Page>,
    thread: JoinHandle<rusqlite::Result<()>>,
    away: usize,
}

/// Rows in the order of their numbers, all their text in one piece.
#[derive(Default)]
struct Page {
    first: i64,
    rows: Vec<Line>,
    text: String,
}

/// A row; its texts end where it says and begin where the one before ends.
struct Line {
    decision: i64,
    replaces: Option<i64>,
    captured_at: Option<Timestamp>,
    balance_amount: Option<Decimal>,
    lead: usize,
    note: usize,
    cells: usize,
}

impl Scribe {
    pub fn at(desk: Desk) -> Scribe {
        Scribe { desk, page: Page::default(), hand: None, falls: 0 }
    }

    /// Takes the next row of the trail; rows have numbers without a gap.
    pub fn add(&mut self, number: i64, entry: &Entry<'_>) -> rusqlite::Result<()> {
        self.page.push(number, entry);
        if self.page.rows.len() < ROWS { Ok(()) } else { self.turn() }
    }

    /// How many leads were lower than the one before, in the order of their letters, on pages that were handed over.
    pub fn falls(&self) -> i64 {
        self.falls
    }

    /// Comes to the end of what was handed over.
    pub fn catch_up(&mut self) -> rusqlite::Result<()> {
        if self.hand.is_none() {
            let written = self.page.write(&self.desk.open());
            self.page.clear();
            return written;
        }
        if !self.page.rows.is_empty() {
            self.turn()?;
        }
        while self.hand.as_ref().is_some_and(|hand| hand.away > 0) {
            self.take_back()?;
        }
        Ok(())
    }

    /// Hands over the page and takes a blank one.
    fn turn(&mut self) -> rusqlite::Result<()> {
        let desk = &self.desk;
        let hand = self.hand.get_or_insert_with(|| Hand::beside(desk.clone()));
        let page = std::mem::take(&mut self.page);
        self.falls += page.falls();
        hand.away += 1;
        if hand.to.send(page).is_err() {
            return self.failed();
        }
        if hand.away > WAITING { self.take_back() } else { Ok(()) }
    }

    fn take_back(&mut self) -> rusqlite::Result<()> {
        let Some(hand) = &mut self.hand else { return Ok(()) };
        match hand.back.recv() {
            Ok(page) => {
                hand.away -= 1;
                if self.page.rows.is_empty() {
                    self.page = page;
                }
                Ok(())
            }
            Err(_) => self.failed(),
        }
    }

    /// The thread ends before its time only if SQLite has said why.
    fn failed(&mut self) -> rusqlite::Result<()> {
        match self.hand.take() {
            Some(hand) => hand.end(),
            None => Ok(()),
        }
    }
}

impl Drop for Scribe {
    /// Whoever gives the run up gives the connection back first.
    fn drop(&mut self) {
        if let Some(hand) = self.hand.take() {
            let _ = hand.end();
        }
    }
}

impl Hand {
    fn beside(desk: Desk) -> Hand {
        let (to, pages) = sync_channel(WAITING);
        let (done, back) = channel();
        Hand { to, back, thread: std::thread::spawn(move || write_all(&desk, &pages, &done)), away: 0 }
    }

    fn end(self) -> rusqlite::Result<()> {
        drop(self.to);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

fn write_all(desk: &Desk, pages: &Receiver<Page>, done: &Sender<Page>) -> rusqlite::Result<()> {
    for mut page in pages {
        page.write(&desk.open())?;
        page.clear();
        // Nobody waits for it any more: the run has been given up.
        if done.send(page).is_err() {
            break;
        }
    }
    Ok(())
}

impl Page {
    fn push(&mut self, number: i64, entry: &Entry<'_>) {
        if self.rows.is_empty() {
            self.first = number;
        }
        let mut write = |text: &str| {
            self.text.push_str(text);
            self.text.len()
        };
        self.rows.push(Line {
            decision: entry.decision.number(),
            replaces: entry.replaces,
            captured_at: entry.captured_at,
            balance_amount: entry.balance_amount,
            lead: write(entry.lead),
            note: write(entry.note),
            cells: write(entry.cells),
        });
    }

    fn falls(&self) -> i64 {
        let begins = std::iter::once(0).chain(self.rows.iter().map(|row| row.cells));
        let leads = begins.zip(&self.rows).map(|(begin, row)| &self.text[begin..row.lead]);
        leads.clone().zip(leads.skip(1)).filter(|(lead, next)| next < lead).count() as i64
    }

    fn clear(&mut self) {
        self.rows.clear();
        self.text.clear();
    }

    /// SQLite numbers the rows: one after the last, as they are numbered here. To find the end of a table is less
    /// work than to look for a number that is not there.
    fn write(&self, db: &Connection) -> rusqlite::Result<()> {
        let Some(last) = self.rows.len().checked_sub(1) else { return Ok(()) };
        let filled = Filled::by(&self.rows);
        let (together, rest) = self.rows.as_chunks::<TOGETHER>();
        let mut begin = 0;
        if !together.is_empty() {
            let mut add = db.prepare_cached(&filled.add(TOGETHER))?;
            begin = self.write_by(&mut add, filled, together, begin)?;
        }
        if !rest.is_empty() {
            let mut add = db.prepare_cached(&filled.add(1))?;
            self.write_by(&mut add, filled, rest.as_chunks::<1>().0, begin)?;
        }
        debug_assert_eq!(db.last_insert_rowid(), self.first + last as i64);
        Ok(())
    }

    /// Has a statement add rows, so many at a time, whose text begins at a place; where it ends.
    fn write_by<const N: usize>(
        &self,
        add: &mut Statement<'_>,
        filled: Filled,
        rows: &[[Line; N]],
        mut begin: usize,
    ) -> rusqlite::Result<usize> {
        for rows in rows {
            let mut cells = Cells { of: add, next: 1 };
            for row in rows {
                let (lead, note) = (&self.text[begin..row.lead], &self.text[row.lead..row.note]);
                cells.bind(lead)?;
                cells.bind(row.decision)?;
                cells.bind(&self.text[row.note..row.cells])?;
                if filled.replaces {
                    cells.bind(row.replaces)?;
                }
                if filled.captured_at {
                    cells.bind(row.captured_at.map(|moment| moment.to_string()))?;
                }
                if filled.balance_amount {
                    cells.bind(row.balance_amount.map(|amount| amount.normalize().to_string()))?;
                }
                if filled.note {
                    cells.bind(Some(note).filter(|note| !note.is_empty()))?;
                }
                begin = row.cells;
            }
            add.raw_execute()?;
            fault::point();
        }
        Ok(begin)
    }
}

/// The columns that some rows have a cell in; what no row has is not even named, as each column of a statement costs
/// something for every row.
#[derive(Clone, Copy, Default)]
struct Filled {
    replaces: bool,
    captured_at: bool,
    balance_amount: bool,
    note: bool,
}

impl Filled {
    fn by(rows: &[Line]) -> Filled {
        let mut filled = Filled::default();
        for row in rows {
            filled.replaces |= row.replaces.is_some();
            filled.captured_at |= row.captured_at.is_some();
            filled.balance_amount |= row.balance_amount.is_some();
            filled.note |= row.note > row.lead;
        }
        filled
    }

    /// A statement that adds so many rows. If it fails, so does the run, and nothing of it stays; SQLite is not to
    /// keep a copy of each page that it changes so that it could take back this one statement.
    fn add(self, rows: usize) -> String {
        let optional = [
            (self.replaces, ", replaces"),
            (self.captured_at, ", captured_at"),
            (self.balance_amount, ", balance_amount"),
            (self.note, ", note"),
        ];
        let (mut columns, mut row) = (String::from("lead, decision, cells"), String::from("(?, ?, ?"));
        for (_, column) in optional.into_iter().filter(|(is_filled, _)| *is_filled) {
            columns.push_str(column);
            row.push_str(", ?");
        }
        row.push(')');
        format!("INSERT OR FAIL INTO trail ({columns}) VALUES {}", vec![row; rows].join(", "))
    }
}

/// The cells of rows that a statement adds, from the first to the last.
struct Cells<'s, 'db> {
    of: &'s mut Statement<'db>,
    next: usize,
}

impl Cells<'_, '_> {
    fn bind(&mut self, cell: impl ToSql) -> rusqlite::Result<()> {
        self.of.raw_bind_parameter(self.next, cell)?;
        self.next += 1;
        Ok(())
    }
}
