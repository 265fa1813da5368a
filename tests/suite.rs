//! The one test binary: a module for each stage or command. A test is named by what it shows, as a
//! sentence.

mod check;
mod cli;
mod diagnostic;
mod graph;
mod lint;
mod projects;
mod roster;
mod support;
mod syntax;
