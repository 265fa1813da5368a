//! Bytes ↔ leads: CSV, TSV, JSON arrays and NDJSON.
//!
//! ```text
//! Input ──► Leads ──► Row::Lead(Record) ──► Columns::cells ──► the text of each field
//!             │                └──────────► Writer (with a Layout) ──► Output ─┐
//!             └─────► Row::Reject(Reject) ► Rejects ─────────────────► Output ─┴► commit
//! ```
//!
//! Nothing here knows what a rule or a rep is: a [`Record`] is the text of a row, and whatever the
//! caller adds to it is text too.
//!
//! What holds for every format:
//! - Reading is streaming. Memory depends on the size of one row (see [`Input::limit`]), never on
//!   their number; the elements of a JSON array are read one by one.
//! - Every row of the input becomes one record or one [`Reject`] with its line, its reason and its
//!   text; reading goes on behind a bad row wherever that can be done without guessing.
//! - What cannot be told apart into rows at all is an [`Error`], and then nothing is written.
//! - Outputs appear whole or not at all, see [`output`].

mod blocks;
mod columns;
mod csv;
mod cursor;
mod error;
mod format;
mod guard;
mod input;
mod json;
mod layout;
mod leads;
mod marks;
pub mod output;
mod pen;
pub mod plain;
mod record;
mod reject;
mod sheet;
mod writer;

pub use blocks::{Block, BlockReader, Blocks};
pub use columns::{Cells, Columns, Missing};
pub use error::{Error, in_words};
pub use format::Format;
pub use guard::harmless;
pub use input::Input;
pub use layout::Layout;
pub use leads::{Header, Leads, Row};
pub use output::{Complete, Output, Outputs, Target};
pub use pen::{Draft, Noted, Pen, Values};
pub use record::{Record, RecordRef};
pub use reject::{Reject, Rejects};
pub use sheet::Style;
pub use writer::Writer;
