//! Blocks of rows: what can be read by many at once.
//!
//! A block is some hundred kilobytes of the input, cut between two rows, with the line it begins on, so
//! that reading its rows one after the other needs nothing of what came before. Whoever cuts looks at
//! quotes and line ends only; telling fields apart is left to whoever reads the block.
//!
//! The rows of all blocks are exactly those that [`Leads`] gives one by one. Where a row has to be looked
//! at more closely (a quote that is never closed, a row longer than allowed, the elements of a JSON
//! array), the blocks hold rows that [`Leads`] has read.

use super::csv::{Cut, Table, cut};
use super::cursor::Taken;
use super::json;
use super::leads::Reading;
use super::{Error, Header, Leads, RecordRef, Reject, Row, Style};
use crate::io::Format;

/// Rows that [`Leads`] reads at a time.
const ROWS: usize = 2_000;

/// Cuts an input into blocks.
pub struct Blocks {
    leads: Leads,
    size: usize,
    failed: bool,
}

/// Some rows of an input.
#[derive(Debug)]
pub struct Block(Contents);

#[derive(Debug)]
enum Contents {
    /// Whole rows, from a line on.
    Bytes {
        bytes: Taken,
        line: u64,
    },
    Rows(Vec<Row>),
}

/// Reads the rows of blocks.
#[derive(Clone, Debug)]
pub struct BlockReader(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Table(Table),
    Lines,
    /// Elements of an array are never left as bytes.
    Elements,
}

impl Blocks {
    /// Bytes of a block, if nothing else is said: enough that handing it on costs nothing, few enough to
    /// stay in a cache. Tests are to see several blocks of few leads.
    pub const SIZE: usize = if cfg!(debug_assertions) { 1024 } else { 512 * 1024 };

    pub fn new(leads: Leads) -> Blocks {
        Blocks { leads, size: Blocks::SIZE, failed: false }
    }

    /// Blocks of about so many bytes.
    pub fn of_size(self, bytes: usize) -> Blocks {
        Blocks { size: bytes.max(1), ..self }
    }

    /// Blocks of no more than so many bytes, unless a row has more.
    pub fn at_most(self, bytes: usize) -> Blocks {
        Blocks { size: self.size.min(bytes.max(1)), ..self }
    }

    /// What reads the blocks.
    pub fn reader(&self) -> BlockReader {
        BlockReader(match &self.leads.reading {
            Reading::Rows(rows) => Kind::Table(rows.table.clone()),
            Reading::Lines(_) => Kind::Lines,
            Reading::Elements(_) => Kind::Elements,
        })
    }

    pub fn header(&self) -> &Header {
        self.leads.header()
    }

    pub fn format(&self) -> Format {
        self.leads.format()
    }

    pub fn style(&self) -> Style {
        self.leads.style()
    }

    /// Bytes read so far and, of a file, bytes in all.
    pub fn progress(&self) -> (u64, Option<u64>) {
        self.leads.progress()
    }

    /// The next block; after an error there is none. `spare` is a buffer that is no longer needed.
    pub fn next(&mut self, spare: Vec<u8>) -> Result<Option<Block>, Error> {
        if self.failed {
            return Ok(None);
        }
        let block = self.find(spare);
        self.failed = block.is_err();
        block
    }

    fn find(&mut self, spare: Vec<u8>) -> Result<Option<Block>, Error> {
        if matches!(self.leads.reading, Reading::Elements(_)) || self.leads.has_stopped() {
            return self.read_rows();
        }
        let mut wanted = self.size;
        loop {
            let cursor = &mut self.leads.cursor;
            cursor.fill(wanted)?;
            let bytes = cursor.bytes();
            if bytes.is_empty() {
                return Ok(None);
            }
            let ended = cursor.is_drained();
            // As far as no row can be longer than allowed.
            let bytes = &bytes[..bytes.len().min(wanted)];
            let ended = ended && bytes.len() == cursor.bytes().len();
            let found = match &self.leads.reading {
                _ if bytes.len() > cursor.limit => Cut::Odd,
                Reading::Rows(rows) => cut(bytes, rows.table.delimiter, ended),
                Reading::Lines(_) if ended => Cut::At(bytes.len()),
                Reading::Lines(_) => memchr::memrchr(b'\n', bytes).map_or(Cut::Unfinished, |end| Cut::At(end + 1)),
                Reading::Elements(_) => Cut::Odd,
            };
            match found {
                Cut::At(count) => {
                    let line = cursor.line;
                    let bytes = cursor.take(count, spare);
                    return Ok(Some(Block(Contents::Bytes { bytes, line })));
                }
                Cut::Unfinished => wanted *= 2,
                Cut::Odd => return self.read_rows(),
            }
        }
    }

    /// Reads some rows one by one.
    fn read_rows(&mut self) -> Result<Option<Block>, Error> {
        let begun = self.leads.cursor.position();
        let mut rows = Vec::new();
        while rows.len() < ROWS && self.leads.cursor.position() - begun < self.size as u64 {
            match self.leads.read() {
                Ok(Some(row)) => rows.push(row),
                Ok(None) => break,
                // What came before is there all the same.
                Err(why) if rows.is_empty() => return Err(why),
                Err(why) => {
                    self.leads.stop_with(why);
                    break;
                }
            }
        }
        Ok((!rows.is_empty()).then_some(Block(Contents::Rows(rows))))
    }
}

impl Block {
    /// The buffer of the block, to be used again.
    pub fn into_spare(self) -> Vec<u8> {
        match self.0 {
            Contents::Bytes { bytes, .. } => bytes.into_spare(),
            Contents::Rows(_) => Vec::new(),
        }
    }
}

impl BlockReader {
    /// Hands on the rows of a block, one after the other.
    pub fn each(&self, block: &Block, mut row: impl FnMut(Result<RecordRef<'_>, Reject>)) {
        match &block.0 {
            Contents::Rows(rows) => {
                for read in rows {
                    match read {
                        Row::Lead(record) => row(Ok(record.view())),
                        Row::Reject(reject) => row(Err(reject.clone())),
                    }
                }
            }
            Contents::Bytes { bytes, line } => match &self.0 {
                Kind::Table(table) => table.each(bytes.as_slice(), *line, row),
                Kind::Lines | Kind::Elements => json::each_line(bytes.as_slice(), *line, row),
            },
        }
    }
}
