//! Why a ledger cannot be used.

use std::fmt;

/// What is wrong; `ledger` is the file, as the user named it.
#[derive(Debug)]
pub enum Error {
    /// There is no such file, and the command does not make one.
    Missing { ledger: String },
    /// There is no folder for it.
    NoFolder { ledger: String, folder: String },
    /// A file, but none of ours; it is left as it is.
    NotALedger { ledger: String },
    /// Made by a later pointsman.
    Newer { ledger: String, version: i64, known: i64 },
    /// Leads are known by another field.
    OtherKey { ledger: String, known: String, asked: String },
    /// The same field, compared in another way.
    OtherType { ledger: String, field: String, known: String, asked: String },
    /// A row that no run has written.
    Strange { ledger: String, what: String },
    /// The file system refused.
    Files { ledger: String, why: std::io::Error },
    /// SQLite refused.
    Sqlite { ledger: String, why: rusqlite::Error },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Missing { ledger } => write!(f, "there is no ledger `{ledger}`"),
            Error::NoFolder { ledger, folder } => {
                write!(f, "cannot make the ledger `{ledger}`: there is no folder `{folder}`")
            }
            Error::NotALedger { ledger } => write!(f, "`{ledger}` is not a ledger of pointsman"),
            Error::Newer { ledger, version, known } => {
                write!(f, "ledger `{ledger}` has schema version {version}, and this pointsman knows up to {known}")
            }
            Error::OtherKey { ledger, known, asked } => {
                write!(f, "ledger `{ledger}` knows leads by `{known}`, not by `{asked}`")
            }
            Error::OtherType { ledger, field, known, asked } => {
                write!(f, "ledger `{ledger}` compares `{field}` as {known}, and the policy now says {asked}")
            }
            Error::Strange { ledger, what } => write!(f, "ledger `{ledger}` holds what no run writes: {what}"),
            Error::Files { ledger, why } => write!(f, "ledger `{ledger}` cannot be used: {why}"),
            Error::Sqlite { ledger, why } => write!(f, "ledger `{ledger}` cannot be used: {}", said(why)),
        }
    }
}

impl std::error::Error for Error {}

impl Error {
    /// What to do, where that can be said.
    pub fn help(&self) -> Option<String> {
        match self {
            Error::Missing { .. } => Some("`route --ledger FILE` makes one".to_owned()),
            Error::NoFolder { .. } => Some("make the folder first".to_owned()),
            Error::NotALedger { .. } => Some("it was left as it is: give a new file, or a ledger".to_owned()),
            Error::Newer { .. } => Some("use the pointsman that wrote it, or a newer one".to_owned()),
            Error::OtherKey { known, .. } => {
                Some(format!("route with `--key {known}`, or begin another ledger: leads would be assigned twice"))
            }
            Error::OtherType { .. } => {
                Some("change the field's type back, or begin another ledger: leads would be assigned twice".to_owned())
            }
            Error::Strange { .. } => Some("`pointsman ledger verify` says what else is wrong with it".to_owned()),
            Error::Sqlite { why, .. } if is_full(why) => {
                Some("nothing was recorded: make room, and run the same command again".to_owned())
            }
            Error::Sqlite { why, .. } if is_damaged(why) => Some(
                "use a copy of it; if this is one, what stood beside the ledger (`FILE-journal`, `FILE-wal`) belongs to it"
                    .to_owned(),
            ),
            Error::Files { .. } | Error::Sqlite { .. } => None,
        }
    }
}

fn code(why: &rusqlite::Error) -> Option<rusqlite::ErrorCode> {
    why.sqlite_error_code()
}

/// Whether there was no room to write.
fn is_full(why: &rusqlite::Error) -> bool {
    matches!(code(why), Some(rusqlite::ErrorCode::DiskFull | rusqlite::ErrorCode::SystemIoFailure))
}

/// Whether it is not what SQLite has written.
fn is_damaged(why: &rusqlite::Error) -> bool {
    matches!(code(why), Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase))
}

/// What SQLite said, without its numbers.
fn said(why: &rusqlite::Error) -> String {
    match why {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    }
}
