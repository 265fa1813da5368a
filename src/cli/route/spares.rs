//! Things that were used for one block and are used again for another: memory that is given back and asked for
//! anew costs more than what is done with it.

use std::sync::{Mutex, PoisonError};

/// Things of one kind, for whoever needs one next.
pub(super) struct Pool<T>(Mutex<Vec<T>>);

impl<T> Default for Pool<T> {
    fn default() -> Pool<T> {
        Pool(Mutex::default())
    }
}

impl<T: Default> Pool<T> {
    /// One of those that were put back, or else a new one.
    pub fn take(&self) -> T {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Puts back what is no longer needed; whoever needs it empty empties it before.
    pub fn put(&self, used: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(used);
    }
}
