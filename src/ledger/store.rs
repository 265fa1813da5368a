//! Opening a ledger, and taking turns with it.
//!
//! Any number of runs may read; one writes at a time, and the others wait for it ([`Ledger::write`]).
//! What a run records is one transaction: all of it is there or none, whenever the run is killed. A commit
//! has reached the disk when it returns (`synchronous = FULL`).

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OptionalExtension};

use super::schema::{self, Found};
use super::standing::Standing;
use super::trail::Pen;
use super::{Error, Identity};
use crate::fault;

/// How often a run that waits looks whether it is its turn.
const PAUSE: Duration = Duration::from_millis(20);

/// An open ledger.
pub struct Ledger {
    desk: Desk,
    /// Where it is, if this run makes it.
    made_at: Option<PathBuf>,
    /// As the user named it.
    pub(super) name: String,
}

/// The connection, which a run that writes shares with the thread that adds to the trail: whoever has it
/// open, has it alone.
#[derive(Clone)]
pub(super) struct Desk(Arc<Mutex<Connection>>);

/// A ledger while one run writes to it. Dropped before [`Writing::commit`], it has written nothing.
pub struct Writing {
    pub(super) ledger: Ledger,
    /// The state as the run found it.
    pub(super) held: Standing,
    pub(super) identity: Identity,
    pub(super) pen: Pen,
}

impl Desk {
    pub fn of(db: Connection) -> Desk {
        Desk(Arc::new(Mutex::new(db)))
    }

    pub fn open(&self) -> MutexGuard<'_, Connection> {
        // What a thread that panicked has left is a transaction that is not committed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger {
    /// Opens the ledger at a path, or makes one there. `waiting` is told, once, if another run makes it
    /// right now.
    pub fn open(path: &Path, waiting: &mut dyn FnMut()) -> Result<Ledger, Error> {
        match Ledger::found(path)? {
            Found::SomethingElse => Err(Error::NotALedger { ledger: path.display().to_string() }),
            Found::Ledger => Ledger::connect(path, waiting),
            Found::Nothing => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir());
                if let Some(folder) = folder {
                    let (ledger, folder) = (path.display().to_string(), folder.display().to_string());
                    return Err(Error::NoFolder { ledger, folder });
                }
                let ledger = Ledger::connect_to(path)?;
                ledger.lay_out(waiting)?;
                Ok(Ledger { made_at: Some(path.to_owned()), ..ledger })
            }
        }
    }

    /// Opens the ledger at a path for a run that only tries what would happen: where there is none, one
    /// that is gone with the run.
    pub fn rehearse(path: &Path, waiting: &mut dyn FnMut()) -> Result<Ledger, Error> {
        match Ledger::found(path)? {
            Found::Nothing => Ledger::in_memory(),
            Found::Ledger | Found::SomethingElse => Ledger::open(path, waiting),
        }
    }

    /// Opens a ledger that is there.
    pub fn open_existing(path: &Path, waiting: &mut dyn FnMut()) -> Result<Ledger, Error> {
        let ledger = path.display().to_string();
        match Ledger::found(path)? {
            Found::Nothing => Err(Error::Missing { ledger }),
            Found::SomethingElse => Err(Error::NotALedger { ledger }),
            Found::Ledger => {
                let ledger = Ledger::connect(path, waiting)?;
                ledger.catch_up_now(waiting)?;
                Ok(ledger)
            }
        }
    }

    fn in_memory() -> Result<Ledger, Error> {
        let name = "memory".to_owned();
        let db = Connection::open_in_memory().map_err(|why| Error::Sqlite { ledger: name.clone(), why })?;
        let ledger = Ledger { desk: Desk::of(db), made_at: None, name };
        ledger.lay_out(&mut || ())?;
        Ok(ledger)
    }

    /// Waits until nobody else writes, then begins to. `waiting` is told, once, if that takes time.
    pub fn write(self, identity: Identity, waiting: &mut dyn FnMut()) -> Result<Writing, Error> {
        self.begin(waiting)?;
        self.catch_up()?;
        self.agree(&identity)?;
        let held = Standing::read(&self.db()).map_err(|why| self.failed(why))?;
        let pen = Pen::at_end_of(&self.desk, self.made_at.as_deref()).map_err(|why| self.failed(why))?;
        Ok(Writing { ledger: self, held, identity, pen })
    }

    /// What leads are known by; `None` as long as nothing was recorded.
    pub fn identity(&self) -> Result<Option<Identity>, Error> {
        let read = |row: &rusqlite::Row<'_>| Ok(Identity { field: row.get(0)?, kind: row.get(1)? });
        let found = self.db().query_row("SELECT key_field, key_type FROM about", [], read).optional();
        found.map_err(|why| self.failed(why))
    }

    /// The connection, for who reads the tables.
    pub(super) fn db(&self) -> MutexGuard<'_, Connection> {
        self.desk.open()
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn failed(&self, why: rusqlite::Error) -> Error {
        Error::Sqlite { ledger: self.name.clone(), why }
    }

    fn found(path: &Path) -> Result<Found, Error> {
        schema::look(path).map_err(|why| Error::Files { ledger: path.display().to_string(), why })
    }

    fn connect_to(path: &Path) -> Result<Ledger, Error> {
        let name = path.display().to_string();
        let db = Connection::open(path).map_err(|why| Error::Sqlite { ledger: name.clone(), why })?;
        let set_up = || -> rusqlite::Result<()> {
            // Nothing has been read yet, so these cannot meet another run. What rows refer to is written before
            // them by this very run, and `ledger verify` looks at all of it; looking at every row costs as much
            // as writing it.
            db.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF")?;
            // Of a ledger that is made now: half as many pages to fill, and the smallest one stays small.
            db.execute_batch("PRAGMA page_size = 8192")?;
            db.busy_timeout(Duration::ZERO)?;
            // Without this SQLite plans a query anew for every lead that it is asked for.
            db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            Ok(())
        };
        set_up().map_err(|why| Error::Sqlite { ledger: name.clone(), why })?;
        Ok(Ledger { desk: Desk::of(db), made_at: None, name })
    }

    fn connect(path: &Path, waiting: &mut dyn FnMut()) -> Result<Ledger, Error> {
        let ledger = Ledger::connect_to(path)?;
        let version = ledger.patiently(waiting, schema::version)?;
        ledger.refuse_newer(version)?;
        // A run that was killed right after it made the ledger has left this to do.
        ledger.write_ahead(waiting)?;
        Ok(ledger)
    }

    /// Brings an older ledger up to this version, for who does not write to it.
    fn catch_up_now(&self, waiting: &mut dyn FnMut()) -> Result<(), Error> {
        if schema::version(&self.db()).map_err(|why| self.failed(why))? == schema::NEWEST {
            return Ok(());
        }
        self.lay_out(waiting)
    }

    /// Makes the tables, unless another run has just done so.
    fn lay_out(&self, waiting: &mut dyn FnMut()) -> Result<(), Error> {
        self.begin(waiting)?;
        self.catch_up()?;
        fault::point();
        self.end(waiting)?;
        fault::point();
        Ok(())
    }

    /// Lets readers read while a run writes. The ledger remembers it.
    ///
    /// The run that makes a ledger does without until its end: what it writes goes to its place at once, instead
    /// of into the log and from there to its place. There is nothing that anybody could read meanwhile.
    fn write_ahead(&self, waiting: &mut dyn FnMut()) -> Result<(), Error> {
        self.patiently(waiting, schema::write_ahead)?;
        fault::point();
        Ok(())
    }

    /// The same, unless somebody is in the way: then it is left to whoever opens the ledger next.
    fn write_ahead_if_alone(&self) -> Result<(), Error> {
        match schema::write_ahead(&self.db()) {
            Err(why) if !is_busy(&why) => Err(self.failed(why)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn begin(&self, waiting: &mut dyn FnMut()) -> Result<(), Error> {
        self.patiently(waiting, |db| db.execute_batch("BEGIN IMMEDIATE"))
    }

    /// Before a ledger is written ahead, it can only change while nobody reads.
    fn end(&self, waiting: &mut dyn FnMut()) -> Result<(), Error> {
        self.patiently(waiting, |db| db.execute_batch("COMMIT"))
    }

    /// Inside a transaction: brings an older ledger up to this version.
    fn catch_up(&self) -> Result<(), Error> {
        let version = schema::version(&self.db()).map_err(|why| self.failed(why))?;
        self.refuse_newer(version)?;
        if version < schema::NEWEST {
            schema::migrate(&self.db(), version).map_err(|why| self.failed(why))?;
        }
        Ok(())
    }

    fn refuse_newer(&self, version: i64) -> Result<(), Error> {
        if version <= schema::NEWEST {
            return Ok(());
        }
        Err(Error::Newer { ledger: self.name.clone(), version, known: schema::NEWEST })
    }

    /// Leads are known by one field for ever, or they would be assigned twice.
    fn agree(&self, asked: &Identity) -> Result<(), Error> {
        let ledger = self.name.clone();
        match self.identity()? {
            Some(known) if known.field != asked.field => {
                Err(Error::OtherKey { ledger, known: known.field, asked: asked.field.clone() })
            }
            Some(known) if known.kind != asked.kind => {
                Err(Error::OtherType { ledger, field: known.field, known: known.kind, asked: asked.kind.clone() })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Does something as soon as no other run is in the way.
    fn patiently<T>(
        &self,
        waiting: &mut dyn FnMut(),
        what: impl Fn(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        let mut said = false;
        loop {
            match what(&self.db()) {
                Err(why) if is_busy(&why) => {
                    if !std::mem::replace(&mut said, true) {
                        waiting();
                    }
                    std::thread::sleep(PAUSE);
                }
                done => return done.map_err(|why| self.failed(why)),
            }
        }
    }
}

fn is_busy(why: &rusqlite::Error) -> bool {
    matches!(why.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

impl Writing {
    /// Makes all of it last.
    pub fn commit(mut self) -> Result<(), Error> {
        self.catch_up()?;
        fault::point();
        self.ledger.end(&mut || ())?;
        fault::point();
        self.ledger.write_ahead_if_alone()?;
        fault::point();
        Ok(())
    }

    /// The state as the run found it.
    pub fn held(&self) -> &Standing {
        &self.held
    }

    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}
