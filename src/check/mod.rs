//! What was written → what is meant.

pub mod roster;
