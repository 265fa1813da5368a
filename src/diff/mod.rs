//! What a change of policy means: which rules and people changed ([`structure`]).

mod canonical;
pub mod structure;
