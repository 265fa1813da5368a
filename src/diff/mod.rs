//! What a change of policy means: which classes of leads go elsewhere ([`meaning`]), which rules,
//! people and declarations changed ([`structure`]), and what that does to real leads ([`impact`]).

mod declarations;
pub mod impact;
pub mod meaning;
pub mod render;
pub mod structure;
pub mod versions;

use crate::policy::Project;

use impact::Impact;
use meaning::Meaning;
use structure::Structure;

/// The difference of two versions of a project.
pub struct Difference<'a> {
    pub old: &'a Project,
    pub new: &'a Project,
    pub meaning: Meaning<'a>,
    pub structure: Structure,
    /// If leads were given.
    pub impact: Option<Impact>,
}

impl Difference<'_> {
    /// Whether nothing that decides about leads or people is different. Rules that moved or changed
    /// their names, and whatever is written in another way, make no difference by themselves.
    pub fn is_none(&self) -> bool {
        self.meaning.is_equal() && self.structure.people.is_empty() && self.structure.declarations.is_empty()
    }
}
