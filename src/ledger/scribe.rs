//! Pages on their way into the trail.
//!
//! A run hands over a page that is full to a thread of its own, which adds its rows to the trail while the next
//! leads are decided; both use one connection, so all of it is one transaction. Whoever wants to read what this
//! run has recorded lets the scribe come to the end first ([`Scribe::catch_up`]). A run that fills no page
//! has no thread.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use jiff::Timestamp;

use super::flush::Flush;
use super::page::{Entry, Page};
use super::store::Desk;

/// Rows of a page that nobody else has begun. Tests are to see several pages of few leads.
const ROWS: usize = if cfg!(debug_assertions) { 8 } else { 256 };
/// Pages that may wait for the thread; a run that is faster waits for it.
const WAITING: usize = 4;

/// Rows after which those before are sent on to the disk, where that is done at all: some 16 MB.
const FLUSHED: usize = 100_000;

/// Writes the trail of one run.
pub struct Scribe {
    desk: Desk,
    /// Where the ledger is, if this run makes it.
    made_at: Option<PathBuf>,
    /// The page that rows are entered on.
    page: Page,
    blank: Vec<Page>,
    hand: Option<Hand>,
    /// Of pages that were handed over.
    falls: i64,
}

/// The thread, and the pages that are with it.
struct Hand {
    to: SyncSender<Page>,
    back: Receiver<Page>,
    thread: JoinHandle<rusqlite::Result<()>>,
    away: usize,
}

impl Scribe {
    pub fn at(desk: Desk, made_at: Option<&Path>) -> Scribe {
        Scribe {
            desk,
            made_at: made_at.map(Path::to_owned),
            page: Page::default(),
            blank: Vec::new(),
            hand: None,
            falls: 0,
        }
    }

    /// Turns to a page on which leads have been written down.
    pub fn turn_to(&mut self, page: Page) -> rusqlite::Result<()> {
        let before = std::mem::replace(&mut self.page, page);
        if before.is_behind() {
            return self.hand_over(before);
        }
        self.keep(before);
        Ok(())
    }

    /// Enters what became of a lead of the page, whose assignment has the next number; numbers have no gap.
    pub fn enter(&mut self, row: usize, entry: Entry, number: i64) {
        self.page.enter(row, entry, number);
    }

    /// Writes down a lead by itself.
    pub fn write_down(&mut self, lead: &str, captured_at: Option<Timestamp>, cells: &str) -> rusqlite::Result<usize> {
        if self.page.len() >= ROWS {
            let page = self.blank().unwrap_or_default();
            self.turn_to(page)?;
        }
        Ok(self.page.write_down(lead, captured_at, |text| text.extend_from_slice(cells.as_bytes())))
    }

    /// A page on which nothing stands, if there is one to spare.
    pub fn blank(&mut self) -> Option<Page> {
        self.blank.pop()
    }

    /// How many leads were lower than the one before on their page, in the order of their letters.
    pub fn falls(&self) -> i64 {
        self.falls + self.page.falls()
    }

    /// Comes to the end of what was entered.
    pub fn catch_up(&mut self) -> rusqlite::Result<()> {
        while self.hand.as_ref().is_some_and(|hand| hand.away > 0) {
            self.take_back()?;
        }
        add(&mut self.page, &self.desk)
    }

    fn hand_over(&mut self, page: Page) -> rusqlite::Result<()> {
        let (desk, made_at) = (&self.desk, &self.made_at);
        let hand = self.hand.get_or_insert_with(|| Hand::beside(desk.clone(), made_at.as_deref()));
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
                self.keep(page);
                Ok(())
            }
            Err(_) => self.failed(),
        }
    }

    fn keep(&mut self, mut page: Page) {
        page.clear();
        self.blank.push(page);
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
    fn beside(desk: Desk, made_at: Option<&Path>) -> Hand {
        let (to, pages) = sync_channel(WAITING);
        let (done, back) = channel();
        let flush = made_at.and_then(Flush::of);
        let thread = std::thread::spawn(move || add_all(&desk, &pages, &done, flush.as_ref()));
        Hand { to, back, thread, away: 0 }
    }

    fn end(self) -> rusqlite::Result<()> {
        drop(self.to);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// Adds what was entered on a page, and lets others have the ledger open in between.
fn add(page: &mut Page, desk: &Desk) -> rusqlite::Result<()> {
    while page.is_behind() {
        page.add_some_to(&desk.open())?;
    }
    Ok(())
}

fn add_all(desk: &Desk, pages: &Receiver<Page>, done: &Sender<Page>, flush: Option<&Flush>) -> rusqlite::Result<()> {
    let mut rows = 0;
    for mut page in pages {
        add(&mut page, desk)?;
        rows += page.len();
        if rows >= FLUSHED {
            flush.inspect(|flush| flush.ask());
            rows = 0;
        }
        // Nobody waits for it any more: the run has been given up.
        if done.send(page).is_err() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::trail::Decided;
    use super::*;

    /// A ledger in memory.
    fn desk() -> Desk {
        let db = rusqlite::Connection::open_in_memory().unwrap();
        db.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        super::super::schema::migrate(&db, 0).unwrap();
        Desk::of(db)
    }

    fn added(scribe: &Scribe) -> Vec<(i64, String)> {
        let db = scribe.desk.open();
        let mut rows = db.prepare("SELECT assignment, lead || cells FROM trail ORDER BY assignment").unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<rusqlite::Result<Vec<_>>>().unwrap()
    }

    fn page(leads: impl Iterator<Item = u32>) -> Page {
        let mut page = Page::default();
        for lead in leads {
            page.write_down(&lead.to_string(), None, |text| text.extend_from_slice(b"[]"));
        }
        page
    }

    #[test]
    fn what_was_entered_is_in_the_trail_once_however_often_somebody_catches_up() {
        let mut scribe = Scribe::at(desk(), None);
        let mut expected = Vec::new();
        for begin in (0..40).step_by(10) {
            scribe.turn_to(page(begin..begin + 10)).unwrap();
            for row in (0..10).filter(|row| row % 3 != 1) {
                let number = expected.len() as i64 + 1;
                scribe.enter(row, Entry::of(Decided(1)), number);
                expected.push((number, format!("{}[]", begin + row as u32)));
                if begin > 10 && row % 4 == 0 {
                    scribe.catch_up().unwrap();
                    assert_eq!(added(&scribe), expected);
                }
            }
        }
        for lead in 0..3 * ROWS {
            let row = scribe.write_down(&lead.to_string(), None, "{}").unwrap();
            let number = expected.len() as i64 + 1;
            scribe.enter(row, Entry::of(Decided(1)), number);
            expected.push((number, format!("{lead}{{}}")));
        }
        scribe.catch_up().unwrap();
        assert_eq!(added(&scribe), expected);
        assert!(scribe.blank().is_some());
    }
}
