//! Turns that come again.
//!
//! Whose turn it is depends on the shares, on everybody's credit and on nothing else. So when after some leads
//! everybody's credit is what it was before them, the same turns come again, in the same order, for as long as
//! nothing else changes. By weights 2, 1 and 1 that is so after every four leads, and the fifth turn is the first
//! again. Who has seen a whole round need not ask any more whose turn it is.

use super::rota::Next;
use super::rotation::{self, Credit};

/// The turns of a team while its shares stay the same.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// The leads by which everybody earns whole leads; none if they are too many to wait for.
    length: usize,
    /// Who took the leads of this round so far, or of the round that comes again.
    takers: Vec<Next>,
    /// Whose turn is next in a round that comes again.
    next: Option<usize>,
}

/// Leads of a round that is worth waiting for.
const LONGEST: u64 = 4_096;

impl Round {
    /// The round of a team that divides its leads by these weights; nothing is known of it yet.
    pub fn of(weights: &[u64]) -> Round {
        let length = rotation::leads_in_round(weights).filter(|length| *length <= LONGEST);
        let length = length.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        Round { length, takers: Vec::new(), next: None }
    }

    /// Nothing is known any more of who took which lead.
    pub fn forget(&mut self) {
        self.takers.clear();
        self.next = None;
    }

    /// Whose turn it is, if the round is one that comes again.
    #[inline]
    pub fn next(&self) -> Option<Next> {
        self.next.map(|next| self.takers[next])
    }

    /// Goes on to the next turn; `false` if it is not known to be one that comes again.
    #[inline]
    pub fn go_on(&mut self) -> bool {
        let Some(next) = &mut self.next else { return false };
        *next = if *next + 1 == self.takers.len() { 0 } else { *next + 1 };
        true
    }

    /// Somebody has taken a lead; `shares` are what those who earn earn by it.
    pub fn note(&mut self, taker: Next, shares: impl Iterator<Item = Credit>) {
        if self.length == 0 {
            return;
        }
        self.takers.push(taker);
        if self.takers.len() < self.length {
            return;
        }
        if self.is_even(shares) {
            self.next = Some(0);
        } else {
            self.takers.clear();
        }
    }

    /// Whether everybody took exactly what they earned.
    fn is_even(&self, shares: impl Iterator<Item = Credit>) -> bool {
        let earned: Vec<Credit> = shares.map(|share| share * self.length as u64).collect();
        let mut taken = vec![Credit::ZERO; earned.len()];
        self.takers.iter().for_each(|taker| taken[taker.earner] += Credit::LEAD);
        earned == taken
    }
}
