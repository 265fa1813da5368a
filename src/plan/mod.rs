//! The executable form of a project, and the one evaluator.
//!
//! [`compile`] lays a project out for a day: for every policy the rules in force, in order. [`run`]
//! takes a lead along it. Routing, explaining, testing, diffing and the replay of witnesses all call
//! [`run::decide`]; what differs is only who watches ([`crate::trace::Observer`]), so they cannot
//! disagree about what a policy does.

mod anchors;
mod compile;
pub mod facts;
mod index;
mod run;
mod sieve;

pub use compile::{Plan, compile};
pub use facts::Facts;
pub use run::{Outcome, decide, holds};
