//! The one test binary: a module for each stage or command.

mod roster;
