//! Leads that fall off the end of a policy.

use crate::analysis::regions::{Regions, Rest};
use crate::analysis::ways::{Goal, Ways};
use crate::analysis::witness::Engine;
use crate::ids::PolicyId;

/// Regions of one policy's gap that are shown at most.
pub const MOST_REGIONS: usize = 20;

impl Engine<'_> {
    /// The leads that enter a policy and that none of its rules takes.
    pub fn gap(&self, project: usize, ways: &Ways, policy: PolicyId) -> Regions {
        let source = self.model.projects[project];
        let own = self.boxes_of(project, source.policies[policy].rules.iter().copied());
        let goals: Vec<Goal> = ways.into[policy]
            .iter()
            .map(|way| {
                let mut forbidden = way.goal.forbidden.clone();
                forbidden.or(&own);
                Goal { areas: way.goal.areas.clone(), forbidden }
            })
            .collect();
        let mut regions = self.regions(&goals, MOST_REGIONS);
        if regions.rest == Rest::Nothing && ways.too_many[policy] {
            regions.rest = Rest::Open;
        }
        regions
    }
}
