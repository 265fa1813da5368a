//! Has the disk begin before the end.
//!
//! A run that makes a ledger writes each page of the file to its place once, and nothing has to have reached the disk
//! before the commit, which then waits for all of it: a tenth of the run. So somebody else waits for what has been
//! written so far, again and again, while leads are decided. What is safe is decided by the commit alone.

use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};

/// Waits for the disk, on a thread of its own.
pub struct Flush(SyncSender<()>);

impl Flush {
    /// Of a file that is there; if it cannot be opened, the commit does all of the waiting.
    pub fn of(path: &Path) -> Option<Flush> {
        #[expect(clippy::disallowed_methods, reason = "the ledger is a file, of which nothing is read or written here")]
        let file = std::fs::File::open(path).ok()?;
        let (to, asked) = sync_channel(1);
        std::thread::spawn(move || {
            // If the disk fails, it fails for SQLite, too, which says so.
            while asked.recv().is_ok() && file.sync_data().is_ok() {}
            // Whoever closes a file gives up every POSIX lock that the process has on it, those of SQLite as well.
            std::mem::forget(file);
        });
        Some(Flush(to))
    }

    /// Has what was written so far go to the disk, some time soon.
    pub fn ask(&self) {
        // Who is busy with what was written before has been asked already.
        let _ = self.0.try_send(());
    }
}
