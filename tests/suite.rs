//! The one test binary: a module for each stage or command. A test is named by what it shows, as a
//! sentence.

mod analysis;
mod check;
mod roster;
mod support;
mod syntax;
