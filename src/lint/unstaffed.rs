//! `unstaffed`: a team of which nobody can ever take a lead, for the skills and by the method that a
//! chain asks for.

use indexmap::IndexMap;

use super::{Facts, Lint};
use crate::assign::staffing::unstaffed;
use crate::diagnostic::{Code, Finding};
use crate::ids::TeamId;
use crate::policy::{Action, Chain, Project, TeamChoice};
use crate::source::Span;
use crate::suggest::nearest;

pub const LINT: Lint = Lint { code: Code::Unstaffed, find };

/// Places shown after the first.
const PLACES_SHOWN: usize = 2;

fn find(facts: &Facts) -> Vec<Finding> {
    // One finding for each team and reason, at the first place.
    let mut places: IndexMap<(TeamId, Vec<String>, String), Vec<Span>> = IndexMap::new();
    for link in chains(facts.project).flat_map(|chain| &chain.links) {
        for choice in facts.owners.teams(&link.kind) {
            if let Some(why) = nobody(facts, &choice) {
                let places = places.entry((choice.team, choice.skills.clone(), why)).or_default();
                if !places.contains(&link.span) {
                    places.push(link.span);
                }
            }
        }
    }
    let told = places.iter().map(|((team, skills, why), places)| {
        let finding = finding(facts.project, *team, why, places);
        match skills.iter().find_map(|skill| similar(facts.project, skill)) {
            Some(similar) => finding.help(format!("did you mean the skill `{similar}`?")),
            None => finding,
        }
    });
    told.collect()
}

/// A skill that somebody has, for one that nobody has.
fn similar<'a>(project: &'a Project, skill: &str) -> Option<&'a str> {
    let skills = || project.roster.reps.iter().flat_map(|rep| &rep.skills).map(String::as_str);
    if skills().any(|known| known == skill) { None } else { nearest(skill, skills()) }
}

/// Every chain of the project: of rules, and of what happens to leads that wait in a queue.
fn chains(project: &Project) -> impl Iterator<Item = &Chain> {
    let of_rules = project.rules.iter().filter_map(|rule| match &rule.action {
        Action::Assign(chain) => Some(chain),
        Action::GoTo(_) | Action::Reject(_) | Action::KeepOwner => None,
    });
    of_rules.chain(project.queues.iter().flat_map(|queue| queue.after.iter().map(|expiry| &expiry.chain)))
}

/// Why nobody of a team can ever take a lead; `None` if somebody can.
fn nobody(facts: &Facts, choice: &TeamChoice<TeamId>) -> Option<String> {
    let roster = &facts.project.roster;
    let reasons = unstaffed(roster, choice, facts.now)?;
    if reasons.is_empty() {
        return Some("it has no members".to_owned());
    }
    let reasons: Vec<String> =
        reasons.into_iter().map(|(rep, why)| format!("`{}`: {why}", roster.reps[rep].name)).collect();
    Some(reasons.join(", "))
}

fn finding(project: &Project, team: TeamId, why: &str, places: &[Span]) -> Finding {
    let team = &project.roster.teams[team];
    let message = format!("nobody in team `{}` can ever take a lead here", team.name);
    let mut finding = Finding::new(Code::Unstaffed, places[0], message)
        .at("this part of the chain does nothing")
        .also(team.span, why)
        .help("staff the team, or take it out of the chain")
        .with_current_tables();
    for place in places[1..].iter().take(PLACES_SHOWN) {
        finding = finding.also(*place, "here too");
    }
    finding
}
