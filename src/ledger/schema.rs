//! What a ledger is made of, and how an older one becomes a new one.
//!
//! `PRAGMA application_id` says that a file is a ledger, `PRAGMA user_version` how many of the
//! [`MIGRATIONS`] have been applied to it. A released migration is never edited: what has to change is
//! another one at the end.

use std::io::Read;
use std::path::Path;

use rusqlite::Connection;

/// In the file's header: `pntm`.
pub const APPLICATION_ID: i32 = i32::from_be_bytes(*b"pntm");

/// From nothing to the newest version, in order.
pub const MIGRATIONS: [&str; 4] = [
    include_str!("schema/1_tables.sql"),
    include_str!("schema/2_views.sql"),
    include_str!("schema/3_shared_decisions.sql"),
    include_str!("schema/4_counts_alone.sql"),
];

/// The version that this pointsman writes.
pub const NEWEST: i64 = MIGRATIONS.len() as i64;

/// What stands at a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// Nothing, or a file without a byte in it.
    Nothing,
    Ledger,
    SomethingElse,
}

/// Looks at the first bytes of a file, and at nothing else: a file of somebody else's is not touched.
pub fn look(path: &Path) -> std::io::Result<Found> {
    const MAGIC: &[u8] = b"SQLite format 3\0";
    /// Where the header has the application id; the first hundred bytes are the header.
    const ID: std::ops::Range<usize> = 68..72;
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(why) => return Err(why),
    };
    if !metadata.is_file() {
        return Ok(Found::SomethingElse);
    }
    #[expect(clippy::disallowed_methods, reason = "the ledger is a file; its header is looked at before SQLite is")]
    let file = std::fs::File::open(path)?;
    let mut header = Vec::new();
    file.take(100).read_to_end(&mut header)?;
    Ok(match header.get(ID) {
        _ if header.is_empty() => Found::Nothing,
        Some(id) if header.starts_with(MAGIC) && *id == APPLICATION_ID.to_be_bytes() => Found::Ledger,
        _ => Found::SomethingElse,
    })
}

/// How many migrations a ledger has seen.
pub fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Changes go into a log beside the file first, so that readers are not in their way. The file remembers it.
pub fn write_ahead(db: &Connection) -> rusqlite::Result<()> {
    db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
}

/// Applies the migrations that are missing. Inside a transaction: all of them, or none.
pub fn migrate(db: &Connection, from: i64) -> rusqlite::Result<()> {
    let missing = MIGRATIONS.iter().skip(usize::try_from(from).unwrap_or(0));
    for migration in missing {
        db.execute_batch(migration)?;
    }
    db.pragma_update(None, "application_id", APPLICATION_ID)?;
    db.pragma_update(None, "user_version", NEWEST)
}
