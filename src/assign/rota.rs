//! Whose turn it is, when it was somebody's turn a moment ago.
//!
//! A team's shares depend on who takes part and on nothing else, and from one lead to the next that is
//! mostly the same. A [`Rota`] keeps what was worked out for a team and asks only whether it still holds; whom
//! it names is whom [`rotation::first_due`] names of the same turns, which is held to it in the tests.

use rustc_hash::FxHashMap;

use super::rotation::{self, Credit, Due};
use super::{Desk, Link, State};
use crate::ids::{RepId, TeamId};
use crate::policy::Method;
use crate::roster::Roster;

/// What was worked out for the teams that take turns. Without it everything is the same, but slower.
#[derive(Debug, Default)]
pub struct Rotas {
    teams: FxHashMap<(TeamId, bool), Vec<Rota>>,
}

/// The turns of one team, for links that ask for the same skills.
#[derive(Debug)]
pub(super) struct Rota {
    skills: Vec<String>,
    catch_up: bool,
    members: Vec<Fixed>,
    /// As they were for the last lead.
    parts: Vec<Part>,
    /// Whoever earns a share of a lead: place in the team, share, and how soon it makes a lead.
    earning: Vec<(usize, Due)>,
}

/// What is always true of a member.
#[derive(Clone, Copy, Debug)]
struct Fixed {
    rep: RepId,
    weight: u64,
    /// Has the skills, and a weight where that counts.
    fit: bool,
}

/// What part a member has in the turns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    None,
    /// Earns, and cannot be served.
    Absent,
    Present,
}

impl Rotas {
    /// The rota of a link that names a team, if its members take turns, as things stand for this lead.
    pub(super) fn of(&mut self, desk: &Desk<'_>, team: TeamId, link: &Link<'_>) -> Option<&Rota> {
        let by_weight = match link.method {
            Method::RoundRobin => false,
            Method::Weight => true,
            Method::Load | Method::BalanceOf(_) => return None,
        };
        let rotas = self.teams.entry((team, by_weight)).or_default();
        let known = rotas.iter().position(|rota| rota.skills == link.skills);
        let place = known.unwrap_or_else(|| {
            rotas.push(Rota::new(&desk.project.roster, team, by_weight, link.skills));
            rotas.len() - 1
        });
        let rota = &mut rotas[place];
        rota.look(desk);
        Some(rota)
    }
}

impl Rota {
    fn new(roster: &Roster, team: TeamId, by_weight: bool, skills: &[String]) -> Rota {
        let fixed = |listed: &crate::roster::Member| {
            let weight = rotation::millionths(roster.weight(*listed));
            let has_skills = skills.iter().all(|skill| roster.reps[listed.rep].skills.contains(skill));
            let fit = has_skills && !(by_weight && weight == 0);
            Fixed { rep: listed.rep, weight: if by_weight { weight } else { 1 }, fit }
        };
        let members: Vec<Fixed> = roster.teams[team].members.iter().map(fixed).collect();
        let parts = vec![Part::None; members.len()];
        let catch_up = roster.teams[team].catch_up;
        Rota { skills: skills.to_vec(), catch_up, members, parts, earning: Vec::new() }
    }

    /// Sees who takes part now, and divides the lead anew if that has changed.
    fn look(&mut self, desk: &Desk<'_>) {
        let mut changed = false;
        for (fixed, part) in self.members.iter().zip(&mut self.parts) {
            let now = match desk.why_not(fixed.rep) {
                _ if !fixed.fit => Part::None,
                None => Part::Present,
                Some(why) if self.catch_up && why.is_absence() => Part::Absent,
                Some(_) => Part::None,
            };
            changed |= now != *part;
            *part = now;
        }
        if changed {
            let earning = || (0..self.members.len()).filter(|&member| self.parts[member] != Part::None);
            let weights: Vec<u64> = earning().map(|member| self.members[member].weight).collect();
            let shares = rotation::shares(&weights).into_iter().map(|share| Due::new(share, weights.len()));
            self.earning = earning().zip(shares).collect();
        }
    }

    /// The member whose turn it is: place in the team, and who that is.
    pub fn next(&self, state: &State, team: TeamId) -> Option<(usize, RepId)> {
        let served = &state.teams[team];
        let present = self.earning.iter().filter(|(member, _)| self.parts[*member] == Part::Present);
        let turns = present.map(|(member, due)| (*member, served[*member].credit, due));
        let member = rotation::first_due_of(turns)?;
        Some((member, self.members[member].rep))
    }

    /// Everybody earns a share, and the member takes a lead.
    pub fn book(&self, state: &mut State, team: TeamId, member: usize) {
        let served = &mut state.teams[team];
        for (earner, due) in &self.earning {
            served[*earner].credit += due.share;
        }
        served[member].credit -= Credit::LEAD;
        served[member].leads += 1;
    }
}
