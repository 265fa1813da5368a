//! A destination chain → one person, or a queue.
//!
//! The links of a chain are tried from left to right until one can take the lead: a rep who can take
//! leads now, whoever of a team is next by the team's method, a queue always. Everything here is a
//! function of the project, who is there now ([`Attendance`]), what was assigned before ([`State`]) and
//! the lead; the state is changed by the link that takes the lead and by nothing else.
//!
//! | link | can take the lead if |
//! | --- | --- |
//! | `rep ana`, `account.owner` | the rep has not left, is not away, is inside hours, was seen, has capacity |
//! | `manager of …` | the named rep has a manager, and the manager can; whether the rep can does not matter |
//! | `team … by METHOD` | a member can who has the skills and, unless by round robin, a weight above zero |
//! | `queue …` | always |
//! | a table's blank cell, or a name that the roster does not have | never |
//!
//! A rep who is named needs no skills and no weight: these divide leads within teams.
//!
//! Whoever wants to explain the choice passes an [`Observer`]; `()` records nothing and costs nothing.

pub mod eligible;
pub mod idle;
pub mod load;
mod rota;
pub mod rotation;
mod round;
pub mod staffing;
mod tally;
pub mod timeline;
pub mod why;

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::cell::Cell;
use crate::ids::{FieldId, IdVec, QueueId, RepId, TeamId, ValueId};
use crate::lead::Lead;
use crate::policy::{Chain, DestinationKind, Method, Project, TeamChoice};
use crate::roster::{Member, Roster};
use crate::source::Span;

pub use eligible::{Attendance, Presence};
pub use rota::Rotas;
pub use rotation::Credit;
pub use tally::{Served, Tally};
pub use why::{Nobody, WhyNot};

use eligible::Why;
use load::Burden;
use rota::{Next, Rota};
use rotation::Turn;

/// What was assigned so far: all that one lead leaves behind for the next.
#[derive(Clone, PartialEq, Debug)]
pub struct State {
    /// For each team what its members got.
    pub teams: IdVec<TeamId, Tally>,
    pub reps: IdVec<RepId, Workload>,
    /// How often who can take leads has changed: while it stays the same, so does why somebody cannot.
    pub turnover: u64,
    /// The running totals of `balance of FIELD`: for each team and field its members, likewise.
    pub totals: BTreeMap<(TeamId, FieldId), Vec<Decimal>>,
}

/// What a rep has to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Workload {
    pub open: u32,
    /// The day of the last lead, on the rep's calendar, and how many there were that day.
    pub last_day: Option<(Date, u32)>,
}

/// Who has the lead now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taker {
    Rep(RepId),
    Queue(QueueId),
}

/// A lead that found somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Assignment {
    pub taker: Taker,
    /// The team whose turn it was.
    pub team: Option<TeamId>,
    /// Position of the link in its chain.
    pub link: usize,
}

/// A link that was tried.
#[derive(Clone, PartialEq, Debug)]
pub struct Attempt {
    /// Position in the chain.
    pub link: usize,
    pub meant: Meant,
    /// The rep, or every member of the team in its order; none for a queue.
    pub candidates: Vec<Candidate>,
    pub took: Option<Taker>,
}

/// Whom a link stands for, for this lead.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Meant {
    Rep(RepId),
    Team(TeamId),
    Queue(QueueId),
    Nobody(Nobody),
}

/// Somebody who might have taken the lead.
#[derive(Clone, PartialEq, Debug)]
pub struct Candidate {
    pub rep: RepId,
    /// `None` if eligible.
    pub why_not: Option<WhyNot>,
    /// Leads got from the team before this one; of a rep who is named, `None`.
    pub served: Option<u64>,
    /// What the team's method looked at; `None` of those it did not consider.
    pub standing: Option<Standing>,
}

/// What decides between the members of a team.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    Rotation {
        /// The member's part of this lead.
        share: Credit,
        /// Earned less served, before this lead.
        credit: Credit,
        /// In how many leads the member's next one is due, 0 being this; `None` if never.
        due: Option<u64>,
    },
    Load {
        open: u32,
        weight: Decimal,
    },
    Balance {
        total: Decimal,
        weight: Decimal,
    },
}

/// A link that was tried, at a glance. One that is written at the same place, means the same and is tried
/// after the same turnover is tried with the same people, and the same keeps each of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Glance<'a> {
    /// Where the link is written.
    pub span: Span,
    pub meant: &'a Meant,
    pub took: Option<Taker>,
    /// That of the [`State`] before the lead.
    pub turnover: u64,
}

/// Watches the links that are tried.
pub trait Observer {
    /// Is told of each, in order; building the attempt is only worth it for somebody who looks.
    fn tried(&mut self, glance: Glance<'_>, attempt: impl FnOnce() -> Attempt);
}

impl Observer for () {
    fn tried(&mut self, _: Glance<'_>, _: impl FnOnce() -> Attempt) {}
}

impl Observer for Vec<Attempt> {
    fn tried(&mut self, _: Glance<'_>, attempt: impl FnOnce() -> Attempt) {
        self.push(attempt());
    }
}

/// Finds who takes a lead, and keeps account of it. `None`: the chain ran dry.
///
/// `values` are the lead's: what the chain's table values stand for.
pub fn assign(
    project: &Project,
    attendance: &Attendance,
    chain: &Chain,
    values: &dyn Fn(ValueId) -> Cell,
    lead: &Lead,
    state: &mut State,
    observer: &mut impl Observer,
) -> Option<Assignment> {
    assign_by(&mut Rotas::default(), project, attendance, chain, values, lead, state, observer)
}

/// The same, for somebody who assigns many leads and keeps what was worked out for teams.
#[expect(clippy::too_many_arguments, reason = "whatever an assignment depends on")]
pub fn assign_by(
    rotas: &mut Rotas,
    project: &Project,
    attendance: &Attendance,
    chain: &Chain,
    values: &dyn Fn(ValueId) -> Cell,
    lead: &Lead,
    state: &mut State,
    observer: &mut impl Observer,
) -> Option<Assignment> {
    for (position, destination) in chain.links.iter().enumerate() {
        let link = Link::of(project, &destination.kind, values);
        let desk = Desk { project, attendance, lead, state };
        let rota = link.team().and_then(|team| Some((team, rotas.of(&desk, team, &link)?)));
        let decision = match rota {
            Some((team, rota)) => rota
                .next(&desk.state.teams[team])
                .map(|next| Decision { taker: Taker::Rep(next.rep), booking: Booking::Rotation { team, next, rota } }),
            None => desk.decide(&link),
        };
        let took = decision.as_ref().map(|decision| decision.taker);
        let glance = Glance { span: destination.span, meant: &link.meant, took, turnover: state.turnover };
        observer.tried(glance, || Attempt {
            link: position,
            meant: link.meant.clone(),
            candidates: desk.candidates(&link),
            took,
        });
        if let Some(decision) = decision {
            let assignment = Assignment { taker: decision.taker, team: link.team(), link: position };
            state.book(decision, attendance);
            if let Taker::Rep(rep) = assignment.taker
                && attendance.why_not(rep, &state.reps[rep]).is_some()
            {
                state.turnover += 1;
            }
            return Some(assignment);
        }
    }
    None
}

/// A link of the chain as it stands for one lead.
struct Link<'a> {
    meant: Meant,
    skills: &'a [String],
    method: Method,
}

impl<'a> Link<'a> {
    #[inline]
    fn of(project: &Project, destination: &'a DestinationKind, values: &dyn Fn(ValueId) -> Cell) -> Link<'a> {
        let meant = meant(project, destination, values);
        let (skills, method) = match destination {
            DestinationKind::Team(TeamChoice { skills, method, .. }) => (&skills[..], *method),
            DestinationKind::Value(TeamChoice { skills, method, .. }) => (&skills[..], *method),
            DestinationKind::Rep(_)
            | DestinationKind::Queue(_)
            | DestinationKind::ManagerOf(_)
            | DestinationKind::Holder
            | DestinationKind::Nobody { .. } => (&[][..], None),
        };
        // A checked chain gives every team a method.
        Link { meant, skills, method: method.unwrap_or(Method::RoundRobin) }
    }

    fn team(&self) -> Option<TeamId> {
        match self.meant {
            Meant::Team(team) => Some(team),
            Meant::Rep(_) | Meant::Queue(_) | Meant::Nobody(_) => None,
        }
    }

    /// Whether a weight of zero keeps a member out.
    fn weighs(&self) -> bool {
        match self.method {
            Method::RoundRobin => false,
            Method::Weight | Method::Load | Method::BalanceOf(_) => true,
        }
    }
}

#[inline]
fn meant(project: &Project, destination: &DestinationKind, values: &dyn Fn(ValueId) -> Cell) -> Meant {
    match destination {
        DestinationKind::Rep(rep) => Meant::Rep(*rep),
        DestinationKind::Team(choice) => Meant::Team(choice.team),
        DestinationKind::Queue(queue) => Meant::Queue(*queue),
        DestinationKind::Value(choice) => match values(choice.team) {
            Cell::Rep(rep) => Meant::Rep(rep),
            Cell::Team(team) => Meant::Team(team),
            Cell::Queue(queue) => Meant::Queue(queue),
            Cell::Stranger(name) => Meant::Nobody(Nobody::Stranger { name: name.into() }),
            // Checked values of a chain hold nothing else.
            _ => Meant::Nobody(Nobody::Blank),
        },
        DestinationKind::ManagerOf(inner) => manager_of(project, inner, values),
        // Whoever lets a lead escalate has put its holder here.
        DestinationKind::Holder => Meant::Nobody(Nobody::Blank),
        DestinationKind::Nobody { written } if written.trim().is_empty() => Meant::Nobody(Nobody::Blank),
        DestinationKind::Nobody { written } => Meant::Nobody(Nobody::Stranger { name: written.clone() }),
    }
}

fn manager_of(project: &Project, destination: &DestinationKind, values: &dyn Fn(ValueId) -> Cell) -> Meant {
    match meant(project, destination, values) {
        Meant::Rep(rep) => {
            let rep = &project.roster.reps[rep];
            rep.manager.map_or_else(|| Meant::Nobody(Nobody::NoManager { rep: rep.name.clone() }), Meant::Rep)
        }
        Meant::Team(_) | Meant::Queue(_) => Meant::Nobody(Nobody::NotARep),
        Meant::Nobody(why) => Meant::Nobody(why),
    }
}

/// Everything a decision looks at.
struct Desk<'a> {
    project: &'a Project,
    attendance: &'a Attendance,
    lead: &'a Lead,
    state: &'a State,
}

/// Who takes the lead, and what that changes.
struct Decision<'r> {
    taker: Taker,
    booking: Booking<'r>,
}

enum Booking<'r> {
    /// Nothing but the taker's own workload.
    Workload,
    /// The member got a lead of the team.
    Team { team: TeamId, member: usize },
    /// And everybody in the rotation earned a share.
    Rotation { team: TeamId, next: Next, rota: &'r mut Rota },
    /// And the member's total of the field grew.
    Balance { team: TeamId, member: usize, field: FieldId, amount: Decimal },
}

/// A member of the team whose turn it may be.
struct Seat<'a> {
    /// Position in the team.
    member: usize,
    rep: RepId,
    weight: Decimal,
    why_not: Option<Why<'a>>,
    served: Served,
}

impl Desk<'_> {
    /// Whether the link can take the lead, and who does.
    /// Teams that take turns have a rota.
    fn decide(&self, link: &Link) -> Option<Decision<'static>> {
        match link.meant {
            Meant::Rep(rep) => {
                let free = self.why_not(rep).is_none();
                free.then_some(Decision { taker: Taker::Rep(rep), booking: Booking::Workload })
            }
            Meant::Queue(queue) => Some(Decision { taker: Taker::Queue(queue), booking: Booking::Workload }),
            Meant::Team(team) => self.decide_team(team, link),
            Meant::Nobody(_) => None,
        }
    }

    fn decide_team(&self, team: TeamId, link: &Link) -> Option<Decision<'static>> {
        let seats = self.seats(team, link);
        let (member, booking) = match link.method {
            Method::RoundRobin | Method::Weight => unreachable!("teams that take turns have a rota"),
            Method::Load => {
                let member = least(&seats, |seat| self.open(seat))?;
                (member, Booking::Team { team, member })
            }
            Method::BalanceOf(field) => {
                let member = least(&seats, |seat| self.total(team, field, seat))?;
                (member, Booking::Balance { team, member, field, amount: self.amount(field) })
            }
        };
        Some(Decision { taker: Taker::Rep(seats[member].rep), booking })
    }

    /// The members of a team and which of them can take the lead.
    fn seats<'b>(&'b self, team: TeamId, link: &Link<'b>) -> Vec<Seat<'b>> {
        let roster = &self.project.roster;
        let seat = |(member, listed): (usize, &Member)| {
            let rep = &roster.reps[listed.rep];
            let weight = roster.weight(*listed);
            let lacks = link.skills.iter().find(|skill| !rep.skills.contains(skill));
            let unfit = match lacks {
                Some(skill) => Some(Why::LacksSkill(skill)),
                None => (link.weighs() && rotation::millionths(weight) == 0).then_some(Why::WeightZero),
            };
            // Who is unfit is so whether absent or not, and does not earn while absent.
            let why_not = match self.why_not(listed.rep) {
                Some(gone @ Why::Missing(WhyNot::Left { .. })) => Some(gone),
                other => unfit.or(other),
            };
            Seat { member, rep: listed.rep, weight, why_not, served: self.state.teams[team].served(member) }
        };
        roster.teams[team].members.iter().enumerate().map(seat).collect()
    }

    fn why_not(&self, rep: RepId) -> Option<Why<'_>> {
        self.attendance.why_not(rep, &self.state.reps[rep])
    }

    /// Who earns a share of this lead: the members who can take it, and in a team that makes up for
    /// absences those too who are only absent.
    fn rotation(&self, team: TeamId, link: &Link, seats: &[Seat]) -> (Vec<usize>, Vec<Turn>) {
        let catch_up = self.project.roster.teams[team].catch_up;
        let earns = |seat: &&Seat| seat.why_not.is_none_or(|why| catch_up && why.is_absence());
        let earning: Vec<&Seat> = seats.iter().filter(earns).collect();
        let weights: Vec<u64> = match link.method {
            Method::RoundRobin => vec![1; earning.len()],
            _ => earning.iter().map(|seat| rotation::millionths(seat.weight)).collect(),
        };
        let turn = |(seat, share): (&&Seat, Credit)| Turn {
            share,
            credit: seat.served.credit,
            present: seat.why_not.is_none(),
        };
        let turns = earning.iter().zip(rotation::shares(&weights)).map(turn).collect();
        (earning.iter().map(|seat| seat.member).collect(), turns)
    }

    fn open(&self, seat: &Seat) -> Decimal {
        self.state.reps[seat.rep].open.into()
    }

    fn total(&self, team: TeamId, field: FieldId, seat: &Seat) -> Decimal {
        self.state.totals.get(&(team, field)).map_or(Decimal::ZERO, |totals| totals[seat.member])
    }

    /// The lead's own part of the total; a blank is nothing.
    fn amount(&self, field: FieldId) -> Decimal {
        match self.lead.cells[field] {
            Cell::Number(number) => number,
            _ => Decimal::ZERO,
        }
    }

    /// The link told in full: everybody it might have meant, and why not.
    fn candidates(&self, link: &Link) -> Vec<Candidate> {
        match link.meant {
            Meant::Rep(rep) => {
                let why_not = self.why_not(rep).map(Why::in_full);
                vec![Candidate { rep, why_not, served: None, standing: None }]
            }
            Meant::Team(team) => self.team_candidates(team, link),
            Meant::Queue(_) | Meant::Nobody(_) => Vec::new(),
        }
    }

    fn team_candidates(&self, team: TeamId, link: &Link) -> Vec<Candidate> {
        let seats = self.seats(team, link);
        let mut standings: Vec<Option<Standing>> = match link.method {
            Method::RoundRobin | Method::Weight => {
                let (members, turns) = self.rotation(team, link, &seats);
                let mut standings = vec![None; seats.len()];
                for (member, turn) in members.into_iter().zip(&turns) {
                    let due = rotation::due(turn, turns.len());
                    standings[member] = Some(Standing::Rotation { share: turn.share, credit: turn.credit, due });
                }
                standings
            }
            Method::Load => {
                let standing =
                    |seat: &Seat| Standing::Load { open: self.state.reps[seat.rep].open, weight: seat.weight };
                seats.iter().map(|seat| seat.why_not.is_none().then(|| standing(seat))).collect()
            }
            Method::BalanceOf(field) => {
                let standing =
                    |seat: &Seat| Standing::Balance { total: self.total(team, field, seat), weight: seat.weight };
                seats.iter().map(|seat| seat.why_not.is_none().then(|| standing(seat))).collect()
            }
        };
        let candidate = |seat: &Seat| Candidate {
            rep: seat.rep,
            why_not: seat.why_not.map(Why::in_full),
            served: Some(seat.served.leads),
            standing: standings[seat.member].take(),
        };
        seats.iter().map(candidate).collect()
    }
}

/// The member with least of an amount, relative to weight.
fn least(seats: &[Seat], amount: impl Fn(&Seat) -> Decimal) -> Option<usize> {
    let free: Vec<&Seat> = seats.iter().filter(|seat| seat.why_not.is_none()).collect();
    let burden = |seat: &&Seat| Burden { amount: amount(seat), weight: seat.weight, served: seat.served.leads };
    let burdens: Vec<Burden> = free.iter().map(burden).collect();
    load::least(&burdens).map(|position| free[position].member)
}

impl State {
    /// A rep has another number of open leads than was counted here.
    pub fn set_open(&mut self, rep: RepId, open: u32, attendance: &Attendance) {
        let is_busy = |workload: &Workload| attendance.why_not(rep, workload).is_some();
        let before = is_busy(&self.reps[rep]);
        self.reps[rep].open = open;
        if before || is_busy(&self.reps[rep]) {
            self.turnover += 1;
        }
    }

    /// The beginning: everybody level, with the open leads that the roster states.
    pub fn new(roster: &Roster) -> State {
        State {
            teams: roster.teams.iter().map(|team| Tally::new(team.members.len())).collect(),
            reps: roster.reps.iter().map(|rep| Workload { open: rep.open, last_day: None }).collect(),
            turnover: 0,
            totals: BTreeMap::new(),
        }
    }

    #[inline]
    fn book(&mut self, decision: Decision<'_>, attendance: &Attendance) {
        match decision.booking {
            Booking::Workload => {}
            Booking::Team { team, member } => self.teams[team].count(member),
            Booking::Rotation { team, next, rota } => rota.book(&mut self.teams[team], next),
            Booking::Balance { team, member, field, amount } => {
                let size = self.teams[team].len();
                let totals = self.totals.entry((team, field)).or_insert_with(|| vec![Decimal::ZERO; size]);
                totals[member] = totals[member].saturating_add(amount);
                self.teams[team].count(member);
            }
        }
        if let Taker::Rep(rep) = decision.taker {
            self.reps[rep].add(attendance.today(rep));
        }
    }
}

impl Workload {
    /// Leads got on a day of the rep's calendar.
    #[inline]
    pub fn on(&self, day: Date) -> u32 {
        self.last_day.filter(|(last, _)| *last == day).map_or(0, |(_, leads)| leads)
    }

    #[inline]
    fn add(&mut self, today: Date) {
        self.open = self.open.saturating_add(1);
        self.last_day = Some((today, self.on(today).saturating_add(1)));
    }
}
