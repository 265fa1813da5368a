//! A compiler and router for lead-routing policies.

pub mod cell;
pub mod country;
pub mod diagnostic;
pub mod ids;
pub mod io;
pub mod lead;
pub mod policy;
pub mod roster;
pub mod source;
pub mod suggest;
pub mod syntax;
