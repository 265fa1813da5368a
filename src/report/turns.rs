//! By whose turn a lead came to a rep.
//!
//! A ledger says whose turn it was. A routed file names the rule and the rep, not the team; there the
//! rule's chain tells: it is followed from the left, and the first destination that could have given the
//! lead to this rep did.

use rust_decimal::Decimal;
use rustc_hash::FxHashMap;

use super::{Assigned, Kind};
use crate::cell::Cell;
use crate::ids::{RepId, RuleId, TeamId};
use crate::plan::Facts;
use crate::policy::{Action, DestinationKind, Method, Project, TeamChoice};
use crate::roster::Member;

/// Who takes turns, and by which shares.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Turn {
    pub team: TeamId,
    /// Only members with all of these.
    pub skills: Vec<String>,
    /// `round robin` gives everybody the same, whatever the weights.
    pub weighted: bool,
}

/// Finds turns in a project.
pub(super) struct Turns<'p> {
    project: &'p Project,
    rules: FxHashMap<(&'p str, &'p str), RuleId>,
    reps: FxHashMap<&'p str, RepId>,
}

/// How a lead came to where it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Way {
    Turn(Turn),
    /// By name, as an owner or as a manager; or to no rep at all.
    Other,
    /// The policy has no such rule, so it cannot be told.
    UnknownRule,
}

impl<'p> Turns<'p> {
    pub fn of(project: &'p Project) -> Turns<'p> {
        let policy = |rule: &crate::policy::Rule| project.policies[rule.policy].name.as_str();
        let rules = project.rules.iter_with_ids().map(|(id, rule)| ((policy(rule), rule.name.as_str()), id)).collect();
        let reps = project.roster.reps.iter_with_ids().map(|(id, rep)| (rep.name.as_str(), id)).collect();
        Turns { project, rules, reps }
    }

    pub fn rep(&self, name: &str) -> Option<RepId> {
        self.reps.get(name).copied()
    }

    pub fn way(&self, assigned: &Assigned) -> Way {
        if assigned.kind != Kind::Rep || assigned.rule.is_empty() && assigned.team.is_none() {
            return Way::Other;
        }
        if let Some(team) = &assigned.team {
            return self.recorded(team, assigned);
        }
        let Some(&rule) = self.rules.get(&(assigned.policy.as_str(), assigned.rule.as_str())) else {
            return Way::UnknownRule;
        };
        let (Action::Assign(chain), Some(rep)) = (&self.project.rules[rule].action, self.rep(&assigned.assigned_to))
        else {
            return Way::Other;
        };
        let facts = Facts::new(self.project, &assigned.lead);
        let found = chain.links.iter().find_map(|link| self.gives(&link.kind, rep, &facts));
        found.flatten().map_or(Way::Other, Way::Turn)
    }

    /// The turn of a team that is known. Its rule says how it takes turns; without the rule it is taken
    /// to be by weight.
    fn recorded(&self, team: &str, assigned: &Assigned) -> Way {
        let Some(team) = self.project.roster.team_named(team) else { return Way::Other };
        let by_rule = match self.way(&Assigned { team: None, ..assigned.clone() }) {
            Way::Turn(turn) if turn.team == team => Some(turn),
            Way::Turn(_) | Way::Other | Way::UnknownRule => None,
        };
        Way::Turn(by_rule.unwrap_or(Turn { team, skills: Vec::new(), weighted: true }))
    }

    /// `None` if the destination cannot give a lead to the rep, `Some(None)` if it can without turns.
    fn gives(&self, destination: &DestinationKind, rep: RepId, facts: &Facts) -> Option<Option<Turn>> {
        match destination {
            DestinationKind::Rep(_) | DestinationKind::ManagerOf(_) => {
                (self.one(destination, facts) == Some(rep)).then_some(None)
            }
            DestinationKind::Team(choice) => self.turn(choice.team, choice, rep).map(Some),
            DestinationKind::Value(choice) => match *facts.value(choice.team) {
                Cell::Team(team) => self.turn(team, choice, rep).map(Some),
                Cell::Rep(owner) => (owner == rep).then_some(None),
                _ => None,
            },
            DestinationKind::Queue(_) | DestinationKind::Holder | DestinationKind::Nobody { .. } => None,
        }
    }

    /// The one rep that a destination means.
    fn one(&self, destination: &DestinationKind, facts: &Facts) -> Option<RepId> {
        match destination {
            DestinationKind::Rep(rep) => Some(*rep),
            DestinationKind::ManagerOf(of) => self.project.roster.reps[self.one(of, facts)?].manager,
            DestinationKind::Value(choice) => match *facts.value(choice.team) {
                Cell::Rep(rep) => Some(rep),
                _ => None,
            },
            DestinationKind::Team(_)
            | DestinationKind::Queue(_)
            | DestinationKind::Holder
            | DestinationKind::Nobody { .. } => None,
        }
    }

    fn turn<T>(&self, team: TeamId, choice: &TeamChoice<T>, rep: RepId) -> Option<Turn> {
        let weighted = choice.method.is_some_and(|method| method != Method::RoundRobin);
        let turn = Turn { team, skills: choice.skills.clone(), weighted };
        let takes_part = turn.members(self.project).any(|member| member.rep == rep);
        takes_part.then_some(turn)
    }
}

impl Turn {
    /// The members who take part.
    pub fn members<'p>(&'p self, project: &'p Project) -> impl Iterator<Item = Member> + 'p {
        let has_skills = |member: &&Member| {
            let rep = &project.roster.reps[member.rep];
            self.skills.iter().all(|skill| rep.skills.contains(skill))
        };
        project.roster.teams[self.team].members.iter().filter(has_skills).copied()
    }

    /// A member's share in these turns, compared with the others'.
    pub fn weight(&self, project: &Project, member: Member) -> Decimal {
        if self.weighted { project.roster.weight(member) } else { Decimal::ONE }
    }
}
