//! Whose turn it is, when it was somebody's turn a moment ago.
//!
//! A team's shares depend on who takes part and on nothing else, and from one lead to the next that is
//! mostly the same. And while it is, all that a lead changes is what its taker may expect: at which lead they
//! are no longer ahead, and at which their next one is due; everybody else comes closer by one lead. So a
//! [`Rota`] keeps these two numbers of everybody, and asks only whether they still hold. Whom it names is whom
//! [`rotation::first_due`] names of the same turns, which is held to it in the tests.

use rustc_hash::FxHashMap;

use super::rotation::{self, Credit, Pace};
use super::{Desk, Link, Served, State};
use crate::ids::{RepId, TeamId};
use crate::policy::Method;
use crate::roster::Roster;

/// What was worked out for the teams that take turns, for one state at one moment. Without it everything is
/// the same, but slower.
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
    /// The turnover at which they were so.
    turnover: Option<u64>,
    /// Whoever earns a share of a lead.
    earning: Vec<Earner>,
    /// The number of the next lead, counted from when the outlooks were last worked out for all.
    lead: u64,
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

/// A member who earns, and what they may expect.
#[derive(Clone, Copy, Debug)]
struct Earner {
    /// Place in the team.
    member: usize,
    is_present: bool,
    pace: Pace,
    /// As the rota left it.
    credit: Credit,
    /// The first lead at which the member is not ahead, and the one at which their next is due.
    level_at: u64,
    due_at: u64,
}

impl Rotas {
    /// The rota of a link that names a team, if its members take turns, as things stand for this lead.
    pub(super) fn of(&mut self, desk: &Desk<'_>, team: TeamId, link: &Link<'_>) -> Option<&mut Rota> {
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
        rota.look(desk, team);
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
        Rota {
            skills: skills.to_vec(),
            catch_up: roster.teams[team].catch_up,
            parts: vec![Part::None; members.len()],
            members,
            turnover: None,
            earning: Vec::new(),
            lead: 0,
        }
    }

    /// Sees whether everything is as the last lead left it, and works out anew what is not.
    fn look(&mut self, desk: &Desk<'_>, team: TeamId) {
        let served = &desk.state.teams[team];
        if self.turnover != Some(desk.state.turnover) {
            self.turnover = Some(desk.state.turnover);
            self.divide(desk);
        }
        if self.earning.iter().any(|earner| served[earner.member].credit != earner.credit) {
            self.look_ahead(served);
        }
    }

    /// Sees who takes part now, and divides the lead anew if that has changed.
    fn divide(&mut self, desk: &Desk<'_>) {
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
        if !changed {
            return;
        }
        let earning = || (0..self.members.len()).filter(|&member| self.parts[member] != Part::None);
        let weights: Vec<u64> = earning().map(|member| self.members[member].weight).collect();
        let earner = |(member, share)| Earner {
            member,
            is_present: self.parts[member] == Part::Present,
            pace: Pace::new(share, weights.len()),
            credit: NOBODYS,
            level_at: 0,
            due_at: 0,
        };
        self.earning = earning().zip(rotation::shares(&weights)).map(earner).collect();
    }

    /// Works out what everybody may expect from the next lead on.
    fn look_ahead(&mut self, served: &[Served]) {
        self.lead = 0;
        for earner in &mut self.earning {
            earner.expect(served[earner.member].credit, 0);
        }
    }

    /// Whose turn it is, if anybody can take a lead.
    pub fn next(&self) -> Option<Next> {
        let present = || self.earning.iter().enumerate().filter(|(_, earner)| earner.is_present);
        let level = present().filter(|(_, earner)| earner.level_at <= self.lead);
        // Of equals the first: `min_by_key` keeps it.
        let first = level.min_by_key(|(_, earner)| {
            if earner.due_at <= self.lead { (0, -earner.earned()) } else { (earner.due_at, Credit::ZERO) }
        });
        let most = || present().min_by_key(|(_, earner)| -earner.earned());
        let (earner, Earner { member, .. }) = first.or_else(most)?;
        Some(Next { earner, member: *member, rep: self.members[*member].rep })
    }

    /// Everybody earns a share, and one takes a lead.
    pub fn book(&mut self, state: &mut State, team: TeamId, next: Next) {
        let served = &mut state.teams[team];
        self.lead += 1;
        for earner in &mut self.earning {
            earner.credit += earner.pace.share;
            served[earner.member].credit = earner.credit;
        }
        let taker = &mut self.earning[next.earner];
        taker.expect(taker.credit - Credit::LEAD, self.lead);
        let served = &mut served[next.member];
        served.credit = taker.credit;
        served.leads += 1;
    }
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Next {
    /// Place among those who earn.
    earner: usize,
    /// Place in the team.
    pub member: usize,
    pub rep: RepId,
}

/// A credit that no member has, so that what is expected is worked out before it is looked at.
const NOBODYS: Credit = Credit::MAX;

impl Earner {
    /// Sees what a member with a credit may expect from a lead on.
    fn expect(&mut self, credit: Credit, lead: u64) {
        self.credit = credit;
        self.level_at = lead.saturating_add(self.pace.leads_until_level(credit));
        self.due_at = lead.saturating_add(self.pace.leads_until_due(credit));
    }

    /// The credit with the share of the next lead.
    fn earned(&self) -> Credit {
        self.credit + self.pace.share
    }
}
