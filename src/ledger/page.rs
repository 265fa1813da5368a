//! Rows of the trail before they are in it, side by side on a page.
//!
//! Whoever decides leads writes down what has come, many at once; whoever gives leads to people enters, one after
//! the other, what became of each; and then the page goes to the trail as it is. So nothing is copied from hand to
//! hand, and what has to be done in order is little.

use jiff::Timestamp;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Statement, ToSql};
use rust_decimal::Decimal;

use super::trail::Decided;
use crate::fault;

/// Rows that one statement adds: what it costs to begin and to end one is shared by them.
const TOGETHER: usize = if cfg!(debug_assertions) { 3 } else { 32 };
/// Rows after which somebody else may have the ledger open.
const AT_ONCE: usize = if cfg!(debug_assertions) { 8 } else { 256 };

/// Leads in the order in which they came, all their text in one piece.
#[derive(Debug, Default)]
pub struct Page {
    /// UTF-8.
    text: Vec<u8>,
    rows: Vec<Row>,
    /// Rows up to here have been entered, or never will be.
    entered: usize,
    /// Rows up to here are in the trail.
    added: usize,
    /// The number of the last assignment.
    last: i64,
    falls: i64,
}

/// A lead that has come; its texts end where it says and begin where those of the row before end.
#[derive(Debug)]
struct Row {
    lead: usize,
    cells: usize,
    captured_at: Option<Timestamp>,
    /// It is lower than the lead before, in the order of their letters.
    falls: bool,
    entry: Option<Entry>,
}

/// What became of a lead.
#[derive(Clone, Debug)]
pub struct Entry {
    decision: Decided,
    rest: Option<Box<Rest>>,
}

/// What there is to say of few leads.
#[derive(Clone, Default, Debug)]
struct Rest {
    /// The assignment that it takes the place of.
    replaces: Option<i64>,
    /// What the member's running total grew by.
    balance_amount: Option<Decimal>,
    note: Option<Box<str>>,
}

impl Entry {
    pub fn of(decision: Decided) -> Entry {
        Entry { decision, rest: None }
    }

    /// It takes the place of an assignment.
    pub fn replacing(self, assignment: Option<i64>) -> Entry {
        self.with(assignment, |rest, assignment| rest.replaces = Some(assignment))
    }

    /// The member's running total grew by so much.
    pub fn balancing(self, amount: Option<Decimal>) -> Entry {
        self.with(amount, |rest, amount| rest.balance_amount = Some(amount))
    }

    /// There is something to say of it.
    pub fn noting(self, note: &str) -> Entry {
        self.with(Some(note).filter(|note| !note.is_empty()), |rest, note| rest.note = Some(note.into()))
    }

    fn with<T>(mut self, what: Option<T>, put: impl FnOnce(&mut Rest, T)) -> Entry {
        if let Some(what) = what {
            put(self.rest.get_or_insert_default(), what);
        }
        self
    }
}

impl Page {
    /// Writes down a lead that has come; its row. `cells` writes its cells as they stood, as JSON: an array in the
    /// order of the batch's fields, or an object.
    pub fn write_down(
        &mut self,
        lead: &str,
        captured_at: Option<Timestamp>,
        cells: impl FnOnce(&mut Vec<u8>),
    ) -> usize {
        let falls = self.rows.last().is_some_and(|before| lead.as_bytes() < self.lead(self.rows.len() - 1, before));
        self.text.extend_from_slice(lead.as_bytes());
        let lead = self.text.len();
        cells(&mut self.text);
        debug_assert!(str::from_utf8(&self.text[lead..]).is_ok());
        self.rows.push(Row { lead, cells: self.text.len(), captured_at, falls, entry: None });
        self.rows.len() - 1
    }

    /// Enters what became of the lead of a row, which gets a number. Rows are entered in their order; what is left
    /// out is not added to the trail.
    pub(super) fn enter(&mut self, row: usize, entry: Entry, number: i64) {
        debug_assert!(row >= self.entered, "rows are entered in their order");
        self.rows[row].entry = Some(entry);
        self.falls += i64::from(self.rows[row].falls);
        self.entered = row + 1;
        self.last = number;
    }

    /// How many of the leads that were entered are lower than the one before, in the order of their letters.
    pub(super) fn falls(&self) -> i64 {
        self.falls
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether something was entered that the trail does not have.
    pub(super) fn is_behind(&self) -> bool {
        self.added < self.entered
    }

    pub fn clear(&mut self) {
        let Page { text, rows, entered, added, last, falls } = self;
        text.clear();
        rows.clear();
        (*entered, *added, *last, *falls) = (0, 0, 0, 0);
    }

    /// Adds what was entered to the trail, or as much of it as may be done at once.
    ///
    /// SQLite numbers the rows: one after the last, as they are numbered here. To find the end of a table is less
    /// work than to look for a number that is not there.
    pub(super) fn add_some_to(&mut self, db: &Connection) -> rusqlite::Result<()> {
        let end = self.entered.min(self.added + AT_ONCE);
        let entered = || (self.added..end).filter_map(|row| Some((row, self.rows[row].entry.as_ref()?)));
        let filled = Filled::by(entered().map(|(row, entry)| (&self.rows[row], entry)));
        let mut left = entered().count();
        let mut next = entered();
        while left > 0 {
            let together = if left < TOGETHER { 1 } else { TOGETHER };
            let mut add = db.prepare_cached(&filled.add(together))?;
            for _ in 0..left / together {
                let mut cells = Cells { of: &mut add, next: 1 };
                for (row, entry) in next.by_ref().take(together) {
                    self.bind(row, entry, filled, &mut cells)?;
                }
                add.raw_execute()?;
                fault::point();
            }
            left %= together;
        }
        self.added = end;
        debug_assert!(self.is_behind() || db.last_insert_rowid() == self.last);
        Ok(())
    }

    fn bind(&self, number: usize, entry: &Entry, filled: Filled, cells: &mut Cells<'_, '_>) -> rusqlite::Result<()> {
        let row = &self.rows[number];
        cells.bind(Text(self.lead(number, row)))?;
        cells.bind(entry.decision.number())?;
        cells.bind(Text(&self.text[row.lead..row.cells]))?;
        let rest = entry.rest.as_deref();
        if filled.replaces {
            cells.bind(rest.and_then(|rest| rest.replaces))?;
        }
        if filled.captured_at {
            cells.bind(row.captured_at.map(|moment| moment.to_string()))?;
        }
        if filled.balance_amount {
            let amount = rest.and_then(|rest| rest.balance_amount);
            cells.bind(amount.map(|amount| amount.normalize().to_string()))?;
        }
        if filled.note {
            cells.bind(rest.and_then(|rest| rest.note.as_deref()))?;
        }
        Ok(())
    }

    fn lead(&self, number: usize, row: &Row) -> &[u8] {
        let begin = number.checked_sub(1).map_or(0, |before| self.rows[before].cells);
        &self.text[begin..row.lead]
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
    fn by<'p>(rows: impl Iterator<Item = (&'p Row, &'p Entry)>) -> Filled {
        let mut filled = Filled::default();
        for (row, entry) in rows {
            filled.captured_at |= row.captured_at.is_some();
            if let Some(rest) = &entry.rest {
                filled.replaces |= rest.replaces.is_some();
                filled.balance_amount |= rest.balance_amount.is_some();
                filled.note |= rest.note.is_some();
            }
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

/// Text as SQLite keeps it.
struct Text<'t>(&'t [u8]);

impl ToSql for Text<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(self.0)))
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
