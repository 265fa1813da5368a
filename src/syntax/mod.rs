//! Text → [`ast::File`]. Parsing never fails: it returns a tree and the errors it found.

pub mod ast;
mod concrete;
mod error;
mod format;
mod mistake;
mod page;
mod parser;
mod token;

pub use format::{Refusal, format};

use crate::diagnostic::Finding;
use crate::source::{FileId, SourceMap};

/// Reads one `.rules` file: the tree of what could be understood, and a finding for each thing that
/// could not, in the order of their places. A tree with findings is not to be routed with.
pub fn parse(file: FileId, sources: &SourceMap) -> (ast::File, Vec<Finding>) {
    parser::parse(sources.file(file))
}
