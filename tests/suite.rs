//! The one test binary: a module for each stage or command. A test is named by what it shows, as a
//! sentence.

mod assign;
mod check;
mod diagnostic;
mod docs;
mod examples;
mod io;
mod program;
mod roster;
mod support;
mod syntax;
