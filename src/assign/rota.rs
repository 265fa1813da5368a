//! Whose turn it is, when it was somebody's turn a moment ago.
//!
//! A team's shares depend on who takes part and on nothing else, and from one lead to the next that is
//! mostly the same. And while it is, all that a lead changes is what its taker may expect: at which lead they
//! are no longer ahead, and at which their next one is due; everybody else comes closer by one lead. So a
//! [`Rota`] keeps these two numbers of everybody, and asks only whether they still hold; and once it has seen a
//! whole [`Round`] of turns that come again, not even that. Whom it names is whom [`rotation::first_due`] names of
//! the same turns, which is held to it in the tests.

use super::rotation::{self, Credit, Pace};
use super::round::Round;
use super::tally::{Shares, Tally};
use super::{Desk, Link};
use crate::ids::{Id, IdVec, RepId, TeamId};
use crate::policy::Method;
use crate::roster::Roster;

/// What was worked out for the teams that take turns, for one state at one moment. Without it everything is
/// the same, but slower.
#[derive(Debug, Default)]
pub struct Rotas {
    teams: IdVec<TeamId, Vec<Rota>>,
}

/// The turns of one team, for links that ask for the same skills.
#[derive(Debug)]
pub(super) struct Rota {
    by_weight: bool,
    skills: Vec<String>,
    catch_up: bool,
    members: Vec<Fixed>,
    /// As they were for the last lead.
    parts: Vec<Part>,
    /// The turnover at which they were so.
    turnover: Option<u64>,
    /// Whoever earns a share of a lead.
    earning: Vec<Earner>,
    /// What all members earn by a lead.
    shares: Shares,
    /// The changes of the team's tally by which the outlooks were worked out for all.
    changes: Option<u64>,
    /// Whether the tally has been told of the shares since.
    in_force: bool,
    /// The number of the next lead, counted from then.
    lead: u64,
    round: Round,
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
    /// The first lead at which the member is not ahead, and the one at which their next is due.
    level_at: u64,
    due_at: u64,
}

impl Rotas {
    /// The rota of a link that names a team, if its members take turns, as things stand for this lead.
    #[inline]
    pub(super) fn of(&mut self, desk: &Desk<'_>, team: TeamId, link: &Link<'_>) -> Option<&mut Rota> {
        let by_weight = match link.method {
            Method::RoundRobin => false,
            Method::Weight => true,
            Method::Load | Method::BalanceOf(_) => return None,
        };
        while self.teams.len() <= team.index() {
            self.teams.push(Vec::new());
        }
        let rotas = &mut self.teams[team];
        let known = rotas.iter().position(|rota| rota.by_weight == by_weight && rota.skills == link.skills);
        let place = known.unwrap_or_else(|| {
            rotas.push(Rota::new(&desk.project.roster, team, by_weight, link.skills));
            rotas.len() - 1
        });
        let rota = &mut rotas[place];
        rota.look(desk, &desk.state.teams[team]);
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
            by_weight,
            skills: skills.to_vec(),
            catch_up: roster.teams[team].catch_up,
            parts: vec![Part::None; members.len()],
            turnover: None,
            earning: Vec::new(),
            shares: vec![Credit::ZERO; members.len()].into(),
            members,
            changes: None,
            in_force: false,
            lead: 0,
            round: Round::default(),
        }
    }

    /// Sees whether everything is as the last lead left it, and works out anew what is not.
    #[inline]
    fn look(&mut self, desk: &Desk<'_>, tally: &Tally) {
        if self.turnover != Some(desk.state.turnover) {
            self.turnover = Some(desk.state.turnover);
            self.divide(desk);
        }
        if self.changes != Some(tally.changes()) {
            self.changes = Some(tally.changes());
            self.look_ahead(tally);
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
            level_at: 0,
            due_at: 0,
        };
        self.earning = earning().zip(rotation::shares(&weights)).map(earner).collect();
        let mut shares = vec![Credit::ZERO; self.members.len()];
        self.earning.iter().for_each(|earner| shares[earner.member] = earner.pace.share);
        self.shares = shares.into();
        self.round = Round::of(&weights);
        self.changes = None;
    }

    /// Works out what everybody may expect from the next lead on.
    fn look_ahead(&mut self, tally: &Tally) {
        self.in_force = false;
        self.lead = 0;
        self.round.forget();
        for earner in &mut self.earning {
            earner.expect(tally.served(earner.member).credit, 0);
        }
    }

    /// Whose turn it is, if anybody can take a lead.
    #[inline]
    pub fn next(&self, tally: &Tally) -> Option<Next> {
        self.round.next().or_else(|| self.first_due(tally))
    }

    fn first_due(&self, tally: &Tally) -> Option<Next> {
        let present = || self.earning.iter().enumerate().filter(|(_, earner)| earner.is_present);
        let level = present().filter(|(_, earner)| earner.level_at <= self.lead);
        let earned = |earner: &Earner| tally.served(earner.member).credit + earner.pace.share;
        // Of equals the first: `min_by_key` keeps it.
        let first = level.min_by_key(|(_, earner)| {
            if earner.due_at <= self.lead { (0, -earned(earner)) } else { (earner.due_at, Credit::ZERO) }
        });
        let most = || present().min_by_key(|(_, earner)| -earned(earner));
        let (earner, Earner { member, .. }) = first.or_else(most)?;
        Some(Next { earner, member: *member, rep: self.members[*member].rep })
    }

    /// Everybody earns a share, and one takes a lead.
    #[inline]
    pub fn book(&mut self, tally: &mut Tally, next: Next) {
        if !self.in_force {
            tally.divide(&self.shares);
            (self.changes, self.in_force) = (Some(tally.changes()), true);
        }
        tally.turn(next.member);
        if !self.round.go_on() {
            self.note(tally, next);
        }
    }

    /// Sees what the next leads may bring, after one was taken.
    fn note(&mut self, tally: &Tally, taker: Next) {
        self.lead += 1;
        self.earning[taker.earner].expect(tally.served(taker.member).credit, self.lead);
        self.round.note(taker, self.earning.iter().map(|earner| earner.pace.share));
    }
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Next {
    /// Place among those who earn.
    pub earner: usize,
    /// Place in the team.
    pub member: usize,
    pub rep: RepId,
}

impl Earner {
    /// Sees what a member with a credit may expect from a lead on.
    fn expect(&mut self, credit: Credit, lead: u64) {
        self.level_at = lead.saturating_add(self.pace.leads_until_level(credit));
        self.due_at = lead.saturating_add(self.pace.leads_until_due(credit));
    }
}
