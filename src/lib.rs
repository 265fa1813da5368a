//! A compiler and router for lead-routing policies.

pub mod analysis;
pub mod cell;
pub mod check;
pub mod country;
pub mod diagnostic;
pub mod diff;
pub mod ids;
pub mod lead;
pub mod plan;
pub mod policy;
pub mod roster;
pub mod source;
pub mod suggest;
pub mod syntax;
pub mod timezone;
pub mod trace;
