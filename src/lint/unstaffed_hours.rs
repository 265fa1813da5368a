//! `unstaffed-hours`: every hour of the week at which nobody of a team works.
//!
//! Teams sleep, and a queue takes what comes at night, so nobody is told who does not ask. Who asks gets all
//! of it: nights, weekends, holes, and what differs in the weeks in which clocks are apart by another hour.

use indexmap::IndexMap;
use jiff::Timestamp;

use super::{Facts, Lint};
use crate::assign::idle::{Period, idle_periods};
use crate::diagnostic::{Code, Finding};
use crate::ids::TeamId;
use crate::policy::{Project, TeamChoice};
use crate::source::Span;

pub const LINT: Lint = Lint { code: Code::UnstaffedHours, find };

fn find(facts: &Facts) -> Vec<Finding> {
    // One finding for each team and its hours, at the first place; skills may leave other members in it.
    let mut places: IndexMap<(TeamId, String), Span> = IndexMap::new();
    let mut known: Vec<TeamChoice<TeamId>> = Vec::new();
    for link in facts.project.chains().flat_map(|chain| &chain.links) {
        for choice in facts.owners.teams(&link.kind) {
            if known.contains(&choice) {
                continue;
            }
            let periods = idle_periods(facts.project, &choice, facts.now);
            if !periods.is_empty() {
                places.entry((choice.team, in_words(facts.project, &choice, &periods))).or_insert(link.span);
            }
            known.push(choice);
        }
    }
    places.iter().map(|((team, hours), place)| finding(facts.project, *team, hours, *place)).collect()
}

/// `nobody in team `berlin` with skill `pt` works Mon-Fri 18:00-09:00 (Europe/Berlin)`; hours of some parts of the
/// year only have their dates.
fn in_words(project: &Project, choice: &TeamChoice<TeamId>, periods: &[Period]) -> String {
    let skills: Vec<String> = choice.skills.iter().map(|skill| format!("`{skill}`")).collect();
    let with = if skills.is_empty() { String::new() } else { format!(" with skill {}", skills.join(", ")) };
    let mut times: IndexMap<String, Vec<String>> = IndexMap::new();
    for (place, period) in periods.iter().enumerate() {
        if let Some(idle) = &period.idle {
            times.entry(idle.to_string()).or_default().push(dates(project, period, place == 0));
        }
    }
    let said: Vec<String> = times.iter().map(|(hours, dates)| format!("{hours}{}", dates.join(" and"))).collect();
    let zone = project.timezone.iana_name().unwrap_or("UTC");
    format!("nobody in team `{}`{with} works {} ({zone})", project.roster.teams[choice.team].name, said.join("; "))
}

/// ` from 2027-03-14 until 2027-03-28`, without what needs no saying.
fn dates(project: &Project, period: &Period, is_first: bool) -> String {
    let day = |at: Timestamp| at.to_zoned(project.timezone.clone()).date();
    let from = if is_first { String::new() } else { format!(" from {}", day(period.from)) };
    from + &period.until.map(|until| format!(" until {}", day(until))).unwrap_or_default()
}

fn finding(project: &Project, team: TeamId, message: &str, place: Span) -> Finding {
    Finding::new(Code::UnstaffedHours, place, message)
        .at("leads of these hours go past the team")
        .also(project.roster.teams[team].span, "these are its members")
        .help("nothing needs to be done if that is meant: a queue at the end of the chain takes such leads")
        .with_current_tables()
}
