//! Reps, teams and queues by name, for policies and for the cells of tables.

use rustc_hash::FxHashMap;

use crate::cell::{Cell, Text, Type, normal_text};
use crate::ids::{QueueId, RepId, TeamId};
use crate::roster::Roster;

use super::names::{Declarations, Unseen};

/// Who there is.
#[derive(Default)]
pub(super) struct People {
    pub roster: Roster,
    /// Whether the project names a roster at all.
    pub declared: bool,
    /// People who may be in a roster that could not be read whole.
    pub unseen: Unseen,
    reps: Names<RepId>,
    teams: Names<TeamId>,
    queues: Names<QueueId>,
}

/// Names as written, and in the normal form of text: a policy writes a name exactly, a table's cell
/// may differ in case.
struct Names<T> {
    exact: FxHashMap<String, T>,
    normal: FxHashMap<Text, T>,
}

impl People {
    pub fn new(roster: Roster, declared: bool, unseen: Unseen, all: &Declarations) -> People {
        let reps = Names::new(roster.reps.iter_with_ids().map(|(id, rep)| (rep.name.as_str(), id)));
        let teams = Names::new(roster.teams.iter_with_ids().map(|(id, team)| (team.name.as_str(), id)));
        let queues = Names::new(all.queues.iter_with_ids().map(|(id, queue)| (queue.of.name.node.as_str(), id)));
        People { roster, declared, unseen, reps, teams, queues }
    }

    pub fn rep(&self, name: &str) -> Option<RepId> {
        self.reps.exact.get(name).copied()
    }

    pub fn team(&self, name: &str) -> Option<TeamId> {
        self.teams.exact.get(name).copied()
    }

    pub fn queue(&self, name: &str) -> Option<QueueId> {
        self.queues.exact.get(name).copied()
    }

    pub fn rep_names(&self) -> impl Iterator<Item = &str> {
        self.roster.reps.iter().map(|rep| rep.name.as_str())
    }

    pub fn team_names(&self) -> impl Iterator<Item = &str> {
        self.roster.teams.iter().map(|team| team.name.as_str())
    }

    /// The cell of a rep, team or queue column; a name that nobody has is a stranger's.
    pub fn cell(&self, ty: &Type, text: &str) -> Cell {
        let text = text.trim();
        let found = match ty {
            _ if text.is_empty() => Some(Cell::Blank),
            Type::Rep => self.reps.find(text).map(Cell::Rep),
            Type::Team => self.teams.find(text).map(Cell::Team),
            Type::Queue => self.queues.find(text).map(Cell::Queue),
            _ => unreachable!("only these types name people"),
        };
        found.unwrap_or_else(|| Cell::Stranger(text.into()))
    }
}

impl<T: Copy> Names<T> {
    fn new<'a>(names: impl Iterator<Item = (&'a str, T)>) -> Names<T> {
        let mut all = Names::default();
        for (name, id) in names {
            all.exact.entry(name.to_owned()).or_insert(id);
            all.normal.entry(normal_text(name)).or_insert(id);
        }
        all
    }

    fn find(&self, text: &str) -> Option<T> {
        self.exact.get(text).or_else(|| self.normal.get(&normal_text(text))).copied()
    }
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Names { exact: FxHashMap::default(), normal: FxHashMap::default() }
    }
}
