//! `unstaffed`: a team of which nobody can ever take a lead, for the skills and by the method that a
//! chain asks for; and hours of the week at which nobody of it works that nobody will have meant.
//!
//! A team that sleeps at night is no finding: a queue takes its leads, or `can-run-dry` says that none
//! does. A hole of a few hours between people who work is one: somebody's hours end before another's begin,
//! perhaps only in the weeks in which clocks have changed here and not there.

use indexmap::IndexMap;

use super::{Facts, Lint};
use crate::assign::idle::{Holes, holes};
use crate::assign::staffing::unstaffed;
use crate::diagnostic::{Code, Finding};
use crate::ids::TeamId;
use crate::policy::{Chain, DestinationKind, Project, TeamChoice};
use crate::source::Span;
use crate::suggest::nearest;

pub const LINT: Lint = Lint { code: Code::Unstaffed, find };

/// Places shown after the first.
const PLACES_SHOWN: usize = 2;

fn find(facts: &Facts) -> Vec<Finding> {
    // One finding for each team and reason, at the first place.
    let mut places: IndexMap<(TeamId, Vec<String>, String), Vec<Span>> = IndexMap::new();
    for link in facts.project.chains().flat_map(|chain| &chain.links) {
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
    let mut found: Vec<Finding> = told.collect();
    found.extend(holes_found(facts));
    found
}

/// A skill that somebody has, for one that nobody has.
fn similar<'a>(project: &'a Project, skill: &str) -> Option<&'a str> {
    let skills = || project.roster.reps.iter().flat_map(|rep| &rep.skills).map(String::as_str);
    if skills().any(|known| known == skill) { None } else { nearest(skill, skills()) }
}

/// One finding for each team and its holes, at the first place; chains without a queue are
/// `can-run-dry`'s.
fn holes_found(facts: &Facts) -> Vec<Finding> {
    let mut places: IndexMap<(TeamId, String), Vec<Span>> = IndexMap::new();
    let mut known: Vec<(TeamChoice<TeamId>, Option<String>)> = Vec::new();
    let is_queue = |kind: &DestinationKind| matches!(kind, DestinationKind::Queue(_));
    let waits = |chain: &&Chain| chain.links.iter().any(|link| is_queue(&link.kind));
    for link in facts.project.chains().filter(waits).flat_map(|chain| &chain.links) {
        for choice in facts.owners.teams(&link.kind) {
            let hole = match known.iter().find(|(other, _)| *other == choice) {
                Some((_, hole)) => hole.clone(),
                None => {
                    let hole = holes(facts.project, &choice, facts.now).map(|holes| in_words(facts, &holes));
                    known.push((choice.clone(), hole.clone()));
                    hole
                }
            };
            if let Some(hole) = hole {
                places.entry((choice.team, hole)).or_default().push(link.span);
            }
        }
    }
    places.iter().map(|((team, hole), places)| hole_finding(facts.project, *team, hole, places[0])).collect()
}

/// `Mon-Fri 12:00-13:00 (UTC)`, and in which weeks if not in all.
fn in_words(facts: &Facts, holes: &Holes) -> String {
    let zone = facts.project.timezone.iana_name().unwrap_or("UTC");
    let weeks = match &holes.weeks[..] {
        _ if holes.always && holes.same => String::new(),
        [first, ..] if holes.always => format!(" in the week of {first}, and likewise in others"),
        [only] => format!(" in the week of {only}"),
        [first, rest @ ..] => format!(" in the week of {first} and {} more of the coming year", rest.len()),
        [] => unreachable!("there is a week that has the holes"),
    };
    format!("{} ({zone}){weeks}", holes.hours)
}

fn hole_finding(project: &Project, team: TeamId, hole: &str, place: Span) -> Finding {
    let team = &project.roster.teams[team];
    Finding::new(Code::Unstaffed, place, format!("nobody in team `{}` works {hole}", team.name))
        .at("leads of these hours go past the team")
        .also(team.span, "between hours at which somebody does")
        .help("let somebody's hours close the gap, or say with `allow unstaffed` that it is meant to be there")
        .with_current_tables()
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
