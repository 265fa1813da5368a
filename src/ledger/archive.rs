//! The files that decisions rest on: policies, rosters and tables, each content once, by its hash. A lead
//! of last year is explained by last year's policy, wherever that is now.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

use super::{Error, Ledger};

/// Files up to this size are kept as text that any client shows; larger ones are account tables.
const READABLE: usize = 256 * 1024;

/// A project as it was.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Archived {
    /// The main file's path.
    pub main: String,
    /// The roster's path.
    pub roster: Option<String>,
    /// Every file, by its path in the project.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What `--status` stated of people, as a table.
    pub status: Option<Vec<u8>>,
}

impl Ledger {
    /// The project of a batch, as it was. `None` if the batch had none.
    pub fn archived(&self, batch: i64) -> Result<Option<Archived>, Error> {
        get(&self.db(), batch).map_err(|why| self.failed(why))
    }
}

/// What an archived project is known by.
pub(super) struct Hashes {
    pub policy: String,
    pub roster: Option<String>,
    pub status: Option<String>,
}

/// Keeps a project, as far as it is not kept already.
pub(super) fn put(db: &Connection, archived: &Archived) -> rusqlite::Result<Hashes> {
    let mut files: BTreeMap<&str, String> = BTreeMap::new();
    let mut roster = None;
    for (path, content) in &archived.files {
        let hash = put_file(db, content)?;
        if archived.roster.as_ref() == Some(path) {
            roster = Some(hash);
        } else {
            files.insert(path, hash);
        }
    }
    let files = serde_json::to_string(&files).expect("texts are always JSON");
    let policy = policy_hash(&archived.main, &files);
    db.execute(
        "INSERT OR IGNORE INTO policies (policy_hash, main_file, files) VALUES (?1, ?2, ?3)",
        params![policy, archived.main, files],
    )?;
    let status = archived.status.as_ref().map(|status| put_file(db, status)).transpose()?;
    Ok(Hashes { policy, roster, status })
}

fn get(db: &Connection, batch: i64) -> rusqlite::Result<Option<Archived>> {
    let named = "SELECT p.main_file, p.files, b.roster_file, b.roster_hash, b.status_hash
        FROM batches AS b JOIN policies AS p USING (policy_hash) WHERE batch = ?1";
    let mut statement = db.prepare(named)?;
    let mut rows = statement.query([batch])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let files: String = row.get(1)?;
    let files: BTreeMap<String, String> = serde_json::from_str(&files).map_err(|why| unreadable(&why.to_string()))?;
    let mut archived = Archived { main: row.get(0)?, roster: row.get(2)?, ..Archived::default() };
    for (path, hash) in files {
        archived.files.insert(path, get_file(db, &hash)?);
    }
    if let (Some(path), Some(hash)) = (&archived.roster, row.get::<_, Option<String>>(3)?) {
        archived.files.insert(path.clone(), get_file(db, &hash)?);
    }
    if let Some(hash) = row.get::<_, Option<String>>(4)? {
        archived.status = Some(get_file(db, &hash)?);
    }
    Ok(Some(archived))
}

/// Keeps a file, and says its hash.
pub(super) fn put_file(db: &Connection, content: &[u8]) -> rusqlite::Result<String> {
    let hash = hash(content);
    let known: bool =
        db.query_row("SELECT EXISTS (SELECT 1 FROM files WHERE file_hash = ?1)", [&hash], |row| row.get(0))?;
    if !known {
        let text = std::str::from_utf8(content).ok().filter(|text| text.len() <= READABLE);
        let (encoding, kept) = match text {
            Some(text) => ("text", ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))),
            None => ("deflate", ToSqlOutput::Owned(rusqlite::types::Value::Blob(deflated(content)))),
        };
        db.execute(
            "INSERT INTO files (file_hash, size, encoding, content) VALUES (?1, ?2, ?3, ?4)",
            params![hash, content.len() as i64, encoding, kept],
        )?;
    }
    Ok(hash)
}

pub(super) fn get_file(db: &Connection, hash: &str) -> rusqlite::Result<Vec<u8>> {
    db.query_row("SELECT encoding, content FROM files WHERE file_hash = ?1", [hash], |row| {
        let content = row.get_ref(1)?.as_bytes()?;
        match row.get_ref(0)?.as_str()? {
            "text" => Ok(content.to_vec()),
            _ => inflated(content).map_err(|why| unreadable(&why.to_string())),
        }
    })
}

/// SHA-256, in hexadecimal.
pub(super) fn hash(content: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(content) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// What a policy is known by: which files it is made of, and what is in them.
pub(super) fn policy_hash(main: &str, files: &str) -> String {
    hash(format!("{main}\n{files}").as_bytes())
}

fn deflated(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).and_then(|()| encoder.finish()).expect("memory takes what is written to it")
}

fn inflated(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    DeflateDecoder::new(content).read_to_end(&mut plain)?;
    Ok(plain)
}

fn unreadable(why: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, why.into())
}
