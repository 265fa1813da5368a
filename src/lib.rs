//! A compiler and router for lead-routing policies.

// What pest makes of the grammar names it.
extern crate alloc;

pub mod analysis;
pub mod assign;
pub mod calendar;
pub mod canonical;
pub mod cell;
pub mod check;
pub mod cli;
pub mod country;
pub mod diagnostic;
pub mod diff;
pub mod explain;
pub mod fault;
pub mod graph;
pub mod ids;
pub mod import;
pub mod io;
pub mod lead;
pub mod ledger;
pub mod lint;
pub mod lsp;
pub mod picture;
pub mod plan;
pub mod policy;
pub mod report;
pub mod roster;
pub mod route;
pub mod source;
pub mod status;
pub mod suggest;
pub mod syntax;
pub mod timezone;
pub mod trace;
pub mod trial;
