//! The destinations of a chain in words: who was asked, who could not and why, whose turn it was.

use crate::assign::{Attempt, Candidate, Meant, Standing};
use crate::policy::{Action, Project};
use crate::route::Routed;

/// One link of the chain.
#[derive(Clone, PartialEq, Debug)]
pub struct DestinationTried {
    /// `team:dach_senior`, `owner:account.owner`
    pub destination: String,
    /// Whom it stands for here, where that is not its own name: `rep:dora`.
    pub meant: Option<String>,
    pub members: Vec<MemberAsked>,
    /// Why it is nobody at all for this lead.
    pub nobody: Option<String>,
    /// Who of it took the lead.
    pub took: Option<String>,
}

/// One person asked.
#[derive(Clone, PartialEq, Debug)]
pub struct MemberAsked {
    pub rep: String,
    /// `None` if eligible.
    pub why_not: Option<String>,
    /// Leads got from the team before this one.
    pub served: Option<u64>,
    /// What the team's method looked at.
    pub standing: Option<Standing>,
}

/// Every destination tried, in order.
pub fn tried(project: &Project, routed: &Routed, attempts: &[Attempt]) -> Vec<DestinationTried> {
    attempts.iter().map(|attempt| destination(project, routed, attempt)).collect()
}

fn destination(project: &Project, routed: &Routed, attempt: &Attempt) -> DestinationTried {
    let written = written(project, routed, attempt);
    let (meant, nobody) = match &attempt.meant {
        Meant::Rep(rep) => (Some(format!("rep:{}", project.roster.reps[*rep].name)), None),
        Meant::Team(team) => (Some(format!("team:{}", project.roster.teams[*team].name)), None),
        Meant::Queue(queue) => (Some(format!("queue:{}", project.queues[*queue].name)), None),
        Meant::Nobody(why) => (None, Some(why.to_string())),
    };
    DestinationTried {
        meant: meant.filter(|meant| *meant != written),
        destination: written,
        members: attempt.candidates.iter().map(|candidate| member(project, candidate)).collect(),
        nobody,
        took: attempt.took.map(|taker| match taker {
            crate::assign::Taker::Rep(rep) => project.roster.reps[rep].name.clone(),
            crate::assign::Taker::Queue(queue) => project.queues[queue].name.clone(),
        }),
    }
}

/// What the rule's chain says at the place of an attempt.
pub fn written(project: &Project, routed: &Routed, attempt: &Attempt) -> String {
    match routed.rule().map(|rule| &project.rules[rule].action) {
        Some(Action::Assign(chain)) => project.destination_name(&chain.links[attempt.link].kind),
        _ => unreachable!("destinations are tried for a rule that assigns"),
    }
}

fn member(project: &Project, candidate: &Candidate) -> MemberAsked {
    MemberAsked {
        rep: project.roster.reps[candidate.rep].name.clone(),
        why_not: candidate.why_not.as_ref().map(ToString::to_string),
        served: candidate.served,
        standing: candidate.standing,
    }
}
