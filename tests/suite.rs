//! The one test binary: a module for each stage or command.

mod assign;
mod roster;
