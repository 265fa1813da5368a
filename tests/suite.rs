//! The one test binary: a module for each stage or command. A test is named by what it shows, as a
//! sentence.

mod check;
mod diagnostic;
mod assign;
mod roster;
mod docs;
mod examples;
mod program;
mod support;
mod syntax;
mod io;
