//! What a change of policy means: which rules and people changed ([`structure`]), and what that does
//! to real leads ([`impact`]).

mod canonical;
pub mod impact;
pub mod render;
pub mod structure;

use crate::policy::Project;

use impact::Impact;
use structure::Structure;

/// The difference of two versions of a project.
#[derive(Clone, Debug)]
pub struct Difference<'a> {
    pub old: &'a Project,
    pub new: &'a Project,
    pub structure: Structure,
    /// If leads were given.
    pub impact: Option<Impact>,
}

impl Difference<'_> {
    /// Whether nothing that decides about leads or people is different.
    pub fn is_equal(&self) -> bool {
        self.structure.is_empty()
    }
}
