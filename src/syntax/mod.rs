//! Text → [`ast::File`]. Parsing never fails: it returns a tree and the errors it found.

pub mod ast;
