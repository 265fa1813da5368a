//! A compiler and router for lead-routing policies.

pub mod cell;
pub mod country;
pub mod diagnostic;
pub mod graph;
pub mod ids;
pub mod lead;
pub mod lint;
pub mod policy;
pub mod roster;
pub mod source;
pub mod suggest;
pub mod syntax;
