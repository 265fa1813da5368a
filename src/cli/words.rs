//! Arguments that are one of a set of words, e.g. a code: refused in words of our own, and yet known to
//! completions.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command, Error};

/// Reads a word; the words that complete it are offered by completions, and hidden from `--help` if the
/// argument says so (there may be dozens).
#[derive(Clone, Copy)]
pub struct Word<T: 'static> {
    pub read: fn(&str) -> Result<T, String>,
    pub offered: fn() -> Vec<&'static str>,
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Word<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
        self.read.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.offered)().into_iter().map(PossibleValue::new)))
    }
}
