//! Text → [`ast::File`]. Parsing never fails: it returns a tree and the errors it found.

pub mod ast;
mod concrete;
mod error;
mod format;
mod mistake;
mod page;
mod parser;
mod token;
mod tree;

pub use format::{Refusal, format};
pub use token::{Token, TokenKind, tokens};

use crate::diagnostic::Finding;
use crate::source::{FileId, SourceMap};

/// Something that the grammar would read at a place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Expected {
    /// The grammar's name for it, e.g. `condition` or `operand`.
    pub name: String,
    /// The keywords it may begin with, as they are written.
    pub keywords: Vec<String>,
}

/// What the grammar would read after a text, the beginning of a file.
pub fn expected_after(text: &str) -> Vec<Expected> {
    /// Not of the language, so that reading stops there and says what it expected.
    const STOP: &str = " \u{1}";
    let mut sources = SourceMap::new();
    let Ok(file) = sources.add("", format!("{text}{STOP}")) else { return Vec::new() };
    let found = parser::expected_at_end(sources.file(file), text.len() + 1);
    let expected = |(piece, name): (error::Piece, String)| {
        let keywords = error::keywords(&name, piece);
        Expected { name, keywords }
    };
    let mut expected: Vec<Expected> = found.into_iter().map(expected).collect();
    expected.sort();
    expected.dedup();
    expected
}

/// Reads one `.rules` file: the tree of what could be understood, and a finding for each thing that
/// could not, in the order of their places. A tree with findings is not to be routed with.
pub fn parse(file: FileId, sources: &SourceMap) -> (ast::File, Vec<Finding>) {
    parser::parse(sources.file(file))
}
