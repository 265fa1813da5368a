//! The destinations of a chain in words: who was asked, who could not and why, whose turn it was.

use indexmap::IndexMap;
use serde::Deserialize;

use crate::assign::{Attempt, Candidate, Meant, Standing};
use crate::policy::Project;
use crate::route::{Routed, destination_name};

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

/// A destination as a ledger's trace has it.
#[derive(Deserialize)]
struct Recorded {
    destination: String,
    nobody: Option<String>,
    #[serde(default)]
    skipped: IndexMap<String, String>,
    took: Option<String>,
}

#[derive(Deserialize)]
struct RecordedTrace {
    tried: Vec<Recorded>,
}

/// Every destination tried, in order, by the trace that was recorded at the time: who was passed over and
/// why, and who took the lead. Whose turn it was is not in it. Empty if the trace is none.
pub fn recorded(trace: &str) -> Vec<DestinationTried> {
    let read: RecordedTrace = serde_json::from_str(trace).unwrap_or(RecordedTrace { tried: Vec::new() });
    read.tried.into_iter().map(from_record).collect()
}

fn from_record(recorded: Recorded) -> DestinationTried {
    let asked = |(rep, why_not)| MemberAsked { rep, why_not, served: None, standing: None };
    let took = recorded.took.iter().filter(|_| !recorded.destination.starts_with("queue:"));
    let took = took.map(|rep| (rep.clone(), None));
    let skipped = recorded.skipped.into_iter().map(|(rep, why)| (rep, Some(why)));
    DestinationTried {
        members: took.chain(skipped).map(asked).collect(),
        destination: recorded.destination,
        meant: None,
        nobody: recorded.nobody,
        took: recorded.took,
    }
}

/// Every destination tried, in order.
pub fn tried(project: &Project, routed: &Routed, attempts: &[Attempt]) -> Vec<DestinationTried> {
    attempts.iter().map(|attempt| destination(project, routed, attempt)).collect()
}

fn destination(project: &Project, routed: &Routed, attempt: &Attempt) -> DestinationTried {
    let written = destination_name(project, routed, attempt);
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

fn member(project: &Project, candidate: &Candidate) -> MemberAsked {
    MemberAsked {
        rep: project.roster.reps[candidate.rep].name.clone(),
        why_not: candidate.why_not.as_ref().map(ToString::to_string),
        served: candidate.served,
        standing: candidate.standing,
    }
}
