//! What the members of a team got: kept so that a lead costs the same whatever the size of the team.
//!
//! By each lead everybody in a rotation earns a share, and one gives a whole lead for it. While the shares stay
//! the same, there is no need to add them up: they and the number of leads say it all. So a credit is what it was
//! when the shares were last changed, less the leads that were taken since, and as many shares as there were leads.

use std::sync::Arc;

use super::rotation::Credit;

/// What a member got from a team.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Served {
    /// Leads, by whatever method.
    pub leads: u64,
    /// Leads earned in rotation less leads got in rotation.
    pub credit: Credit,
}

/// What each member of a team got, in the order of the team.
#[derive(Clone, Debug)]
pub struct Tally {
    /// But for what was earned since the shares were last changed.
    members: Vec<Served>,
    /// What each member earns by a lead.
    shares: Shares,
    /// How often.
    earned: u64,
    /// How often shares have changed, or credits by anything but turns.
    changes: u64,
}

/// The shares of a lead, by a member's place in the team.
pub(super) type Shares = Arc<[Credit]>;

impl Tally {
    /// Nobody got anything yet.
    pub fn new(members: usize) -> Tally {
        Tally::from(vec![Served::default(); members])
    }

    /// Members of the team.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// What a member got; `member` is a place in the team.
    pub fn served(&self, member: usize) -> Served {
        let Served { leads, credit } = self.members[member];
        Served { leads, credit: credit + self.shares[member] * self.earned }
    }

    /// What everybody got, in the order of the team.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Served> {
        (0..self.members.len()).map(|member| self.served(member))
    }

    /// Puts down what a member got.
    pub fn set(&mut self, member: usize, served: Served) {
        self.settle();
        self.members[member] = served;
    }

    /// How often shares have changed, or credits by anything but turns: while it stays the same, so does what is
    /// earned by a lead.
    #[inline]
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// From the next turn on this is what everybody earns.
    pub(super) fn divide(&mut self, shares: &Shares) {
        self.settle();
        self.shares = Arc::clone(shares);
    }

    /// Everybody earns a share, and a member takes a lead.
    #[inline]
    pub(super) fn turn(&mut self, member: usize) {
        self.earned += 1;
        let taker = &mut self.members[member];
        taker.leads += 1;
        taker.credit -= Credit::LEAD;
    }

    /// A member takes a lead for which nobody has to wait their turn.
    pub(super) fn count(&mut self, member: usize) {
        self.members[member].leads += 1;
    }

    /// Adds up what was earned.
    fn settle(&mut self) {
        self.changes += 1;
        if self.earned > 0 {
            self.members = self.iter().collect();
            self.earned = 0;
        }
    }
}

impl From<Vec<Served>> for Tally {
    fn from(members: Vec<Served>) -> Tally {
        let shares = vec![Credit::ZERO; members.len()].into();
        Tally { members, shares, earned: 0, changes: 0 }
    }
}

/// However it came about.
impl PartialEq for Tally {
    fn eq(&self, other: &Tally) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Tally {}
