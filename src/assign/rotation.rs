//! Whose turn it is: rotation by weight, fair at every lead and not only in the long run.
//!
//! # The promise
//!
//! Each lead adds to every member of the rotation their share of it, `w / Σw`, and takes a whole lead
//! from the member who gets it. What is left is the member's *credit*: the leads earned so far less
//! the leads served. **While the rotation stays the same, starting level, every credit lies strictly
//! between −1 and 1 after every lead**: nobody is ever a whole lead ahead of or behind their exact
//! share, for any number of members and any weights.
//!
//! Serving whoever has most credit does not keep this promise: among many members of unlike weights
//! the small ones all come to be owed a lead at the same time, and some of them wait for longer. What
//! keeps it is the rule of Tijdeman for the *chairman assignment problem* (states of unlike size that choose one
//! chairman a year between them): R. Tijdeman, "The chairman assignment problem", Discrete Mathematics
//! 32 (1980), 323–330. With `k` members and `δ = 1 / (2k − 2)`:
//!
//! 1. everybody earns their share;
//! 2. those whose credit is now at least `δ` are *not ahead*: they may be served, and stay above −1;
//! 3. of these the one is served whose next lead is *due* first: who will soonest, earning at this
//!    rate, have a credit of `1 − δ`.
//!
//! Then every credit stays within `±(1 − δ)`, and no rule can do better for all weights. One member
//! alone (`k = 1`) gets every lead.
//!
//! Weights 2, 1, 1 (`δ = 1/4`, due at `3/4`); credits after earning, and the one who is served marked:
//!
//! | lead | ana (½) | bruno (¼) | carla (¼) | due in | served |
//! | --- | --- | --- | --- | --- | --- |
//! | 1 | ½ | ¼ | ¼ | 1, 2, 2 | ana |
//! | 2 | 0 | ½ | ½ | –, 1, 1 | bruno |
//! | 3 | ½ | −¼ | ¾ | 1, –, 0 | carla |
//! | 4 | 1 | 0 | 0 | 0, –, – | ana |
//!
//! and all are level again. Bruno comes before Carla because the team lists him first: that is how
//! every tie ends.
//!
//! # When the rotation changes
//!
//! People come, go, and change their weights between any two leads. Credits are kept: who is not in
//! the rotation earns nothing and owes nothing, and a new member begins at zero. The credits of all
//! who ever took part always sum to zero, but those of the members present need not, so two cases
//! arise that a level start excludes:
//!
//! - several are overdue (their credit is at least `1 − δ` already): the one with most credit first;
//! - nobody has a credit of `δ`: the one with most credit, who is least ahead.
//!
//! **Whatever comes and goes, and however weights change, with `n` members in all nobody is ever more
//! than `n − 1` leads from what they have earned.** Proof. Let `B(j) = j (n − j)`; we show that no `j`
//! credits ever sum to more than `B(j)`, which for `j = 1` bounds every credit from above and for
//! `j = n − 1`, the sum of all being zero, from below. It holds at the start. Let `i` be served, `E` be
//! the rotation, `S` be credits after earning and `J` be any `j` members.
//!
//! - `i` in `J`: the sum of `J` gains at most the whole lead that it then loses.
//! - `J` and `E` are disjoint: it does not change.
//! - `i` not in `J`, but some `e` of `E` is, with `S(e) ≤ S(i)`: replacing `e` by `i` makes `J` no
//!   smaller, so `2 S(J) ≤ S(J) + S(J − e + i) = S(J − e) + S(J + i)`. These are sums of `j − 1` and
//!   `j + 1` old credits and at most two earned leads: `S(J) ≤ ½ (B(j − 1) + B(j + 1)) + 1 = B(j)`.
//! - Otherwise the `m ≥ 1` members of `E` in `J` all have more credit than `i`, so `i` was served as the
//!   first due, nobody was overdue, and `S(i) ≥ δ`. If `j ≤ n / 2`: the `m` have less than 1 each,
//!   and `B(j − m) + m ≤ B(j)`. If `j ≥ n / 2`: the members outside `J` but for `i` number `n − j − 1`
//!   and sum to at least `−B(n − j − 1) = −B(j + 1)`, and `i` keeps more than −1, so `J` has at most
//!   `B(j + 1) + 1 ≤ B(j)`. ∎
//!
//! A bound that grows with `n` cannot be avoided: any rule that decides without knowing who comes next
//! can be driven to one (Ajtai, Aspnes, Naor, Rabani, Schulman, Waarts, "Fairness in scheduling", Journal
//! of Algorithms 29 (1998), 306–357, where the same question is who drives the car pool). It takes an
//! adversary: in a week of shifts and absences credits stay within about one lead.
//!
//! In a team that makes up for absences (`catch_up`) the absent earn while others are served, so what
//! they are owed grows with their absence; that is its purpose, and there is no bound.
//!
//! # Arithmetic
//!
//! Credits are exact. A lead has 3,099,044,504,245,996,706,400 parts, the least number that every number
//! up to 50 divides: nothing is left over among up to 50 members by round robin, or by weights that
//! sum to at most 50. Elsewhere the largest remainders are rounded up, so that the shares of one lead
//! always make exactly one lead; both theorems hold for the rounded shares to the letter. As a rounded
//! share is off by less than a part, a member of a team of 20 stays within one lead of the unrounded
//! one for 10¹⁹ leads.

use std::fmt;
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// Leads and parts of leads, exactly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Credit(i128);

impl Credit {
    pub const ZERO: Credit = Credit(0);
    /// One whole lead.
    pub const LEAD: Credit = Credit(3_099_044_504_245_996_706_400);

    /// In parts of a lead, of which [`Credit::LEAD`] has so many: what a ledger keeps.
    pub fn parts(self) -> i128 {
        self.0
    }

    pub fn from_parts(parts: i128) -> Credit {
        Credit(parts)
    }
}

impl From<Credit> for Decimal {
    /// Leads, rounded to six decimals: for showing.
    fn from(credit: Credit) -> Decimal {
        const MILLION: i128 = 1_000_000;
        let (whole, part) = (credit.0 / Credit::LEAD.0, credit.0 % Credit::LEAD.0);
        let half = Credit::LEAD.0 / 2 * part.signum();
        let millionths = whole.saturating_mul(MILLION).saturating_add((part * MILLION + half) / Credit::LEAD.0);
        Decimal::from_i128_with_scale(millionths.clamp(-MAX_SHOWN, MAX_SHOWN), 6).normalize()
    }
}

/// Millionths of leads; a decimal number holds this many.
const MAX_SHOWN: i128 = 10_i128.pow(28);

/// A member of the rotation and what the next lead depends on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turn {
    /// What the member earns by this lead.
    pub share: Credit,
    /// Earned less served, before this lead.
    pub credit: Credit,
    /// Whether the member can take a lead now; one who cannot may be earning all the same.
    pub present: bool,
}

/// A weight as a whole number of millionths, as rotation counts it; nothing below zero.
pub fn millionths(weight: Decimal) -> u64 {
    // Rosters allow weights up to a million; the cap keeps products exact for whoever builds one by hand.
    const CAP: u64 = 1_000_000_000_000_000;
    let scaled = weight.max(Decimal::ZERO).checked_mul(Decimal::from(1_000_000));
    scaled.and_then(|scaled| scaled.trunc().to_u64()).map_or(CAP, |scaled| scaled.min(CAP))
}

/// How one lead is divided by weight. The shares sum to exactly one lead, unless all weights are zero.
pub fn shares(weights: &[u64]) -> Vec<Credit> {
    let total: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
    if total == 0 {
        return vec![Credit::ZERO; weights.len()];
    }
    let lead = Credit::LEAD.0.unsigned_abs();
    // `weight * lead / total` with one long division for all; what is left to divide is short.
    let (each, rest) = (lead / total, lead % total);
    let divide = |weight: &u64| {
        let (weight, over) = (u128::from(*weight), u128::from(*weight) * rest);
        (weight * each + over / total, over % total)
    };
    let (mut parts, remainders): (Vec<u128>, Vec<u128>) = weights.iter().map(divide).unzip();
    let missing = (lead - parts.iter().sum::<u128>()) as usize;
    if missing > 0 {
        let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
        by_remainder.sort_by_key(|&member| std::cmp::Reverse(remainders[member]));
        by_remainder[..missing].iter().for_each(|&member| parts[member] += 1);
    }
    parts.into_iter().map(|part| Credit(part as i128)).collect()
}

/// The least number of leads by which everybody earns whole leads; `None` if shares are rounded, so that it
/// never comes to that exactly, or if nobody earns anything.
pub(super) fn leads_in_round(weights: &[u64]) -> Option<u64> {
    let common = weights.iter().fold(0, |common, weight| greatest_common_divisor(*weight, common));
    let leads = weights.iter().try_fold(0_u64, |sum, weight| sum.checked_add(weight.checked_div(common)?))?;
    (leads > 0 && Credit::LEAD.0 % i128::from(leads) == 0).then_some(leads)
}

fn greatest_common_divisor(mut one: u64, mut other: u64) -> u64 {
    while other > 0 {
        (one, other) = (other, one % other);
    }
    one
}

/// The member whose next lead is due first among those present; `None` if nobody is.
pub fn first_due(turns: &[Turn]) -> Option<usize> {
    let present = || turns.iter().enumerate().filter(|(_, turn)| turn.present);
    let bounds = Bounds::of(turns.len());
    present()
        .filter(|(_, turn)| bounds.is_not_ahead(turn))
        // Of equals the first: `min_by_key` keeps it, `max_by_key` would keep the last.
        .min_by_key(|(_, turn)| match bounds.due(turn) {
            Some(0) => (Some(0), -turn.earned()),
            due => (due.or(Some(u64::MAX)), Credit::ZERO),
        })
        .or_else(|| present().min_by_key(|(_, turn)| -turn.earned()))
        .map(|(member, _)| member)
}

/// How soon a member who is not served earns what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub share: Credit,
    bounds: Bounds,
    /// What is earned by a lead, on the scale of the bounds.
    each: f64,
}

impl Pace {
    /// `members` is the size of the rotation.
    pub fn new(share: Credit, members: usize) -> Pace {
        let bounds = Bounds::of(members);
        Pace { share, bounds, each: (share.0 * bounds.scale) as f64 }
    }

    /// In how many leads from the next, which is 0, the member is not ahead; a number that is never reached
    /// if they earn nothing.
    pub fn leads_until_level(&self, credit: Credit) -> u64 {
        self.leads_until(self.bounds.ahead_by(&self.turn(credit)))
    }

    /// Likewise, the member's next lead is due.
    pub fn leads_until_due(&self, credit: Credit) -> u64 {
        self.leads_until(self.bounds.missing(&self.turn(credit)))
    }

    fn turn(&self, credit: Credit) -> Turn {
        Turn { share: self.share, credit, present: true }
    }

    /// The quotient of two numbers that rounding has moved by a part in 10¹⁵ lies between the same two whole
    /// numbers, unless it is next to one.
    fn leads_until(&self, missing: i128) -> u64 {
        const NEAR: f64 = 1e-6;
        const FAR: f64 = 1e6;
        if missing <= 0 {
            return 0;
        }
        let leads = missing as f64 / self.each;
        if leads < FAR && (leads - leads.round()).abs() > NEAR {
            return leads.ceil() as u64;
        }
        self.bounds.leads_until(missing, self.share).unwrap_or(u64::MAX)
    }
}

/// In how many leads from now, earning at this rate, the member's next lead is due: 0 is now. `None`
/// if the member earns nothing. `members` is the size of the rotation.
pub fn due(turn: &Turn, members: usize) -> Option<u64> {
    Bounds::of(members).due(turn)
}

impl Turn {
    /// The credit with the share of this lead.
    fn earned(&self) -> Credit {
        self.credit + self.share
    }
}

/// Tijdeman's `δ` and `1 − δ`, both times `2k − 2`, so that everything stays whole.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    scale: i128,
}

impl Bounds {
    fn of(members: usize) -> Bounds {
        // A member alone is due at once, whatever the scale.
        Bounds { scale: (2 * members as i128 - 2).max(1) }
    }

    fn is_not_ahead(&self, turn: &Turn) -> bool {
        self.ahead_by(turn) <= 0
    }

    /// What is still to be earned until the member is not ahead.
    fn ahead_by(&self, turn: &Turn) -> i128 {
        Credit::LEAD.0 - turn.earned().0 * self.scale
    }

    /// What is still to be earned until a lead is due.
    fn missing(&self, turn: &Turn) -> i128 {
        Credit::LEAD.0 * (self.scale - 1) - turn.earned().0 * self.scale
    }

    fn due(&self, turn: &Turn) -> Option<u64> {
        self.leads_until(self.missing(turn), turn.share)
    }

    /// In how many leads so much is earned; `None` if never.
    fn leads_until(&self, missing: i128, share: Credit) -> Option<u64> {
        if missing <= 0 {
            return Some(0);
        }
        let earned_each = share.0 * self.scale;
        if earned_each <= 0 {
            return None;
        }
        let leads = missing / earned_each + i128::from(missing % earned_each > 0);
        Some(u64::try_from(leads).unwrap_or(u64::MAX))
    }
}

impl Add for Credit {
    type Output = Credit;
    fn add(self, other: Credit) -> Credit {
        Credit(self.0 + other.0)
    }
}
impl Sub for Credit {
    type Output = Credit;
    fn sub(self, other: Credit) -> Credit {
        Credit(self.0 - other.0)
    }
}
impl Mul<u64> for Credit {
    type Output = Credit;
    fn mul(self, times: u64) -> Credit {
        Credit(self.0 * i128::from(times))
    }
}
impl Neg for Credit {
    type Output = Credit;
    fn neg(self) -> Credit {
        Credit(-self.0)
    }
}
impl AddAssign for Credit {
    fn add_assign(&mut self, other: Credit) {
        self.0 += other.0;
    }
}
impl SubAssign for Credit {
    fn sub_assign(&mut self, other: Credit) {
        self.0 -= other.0;
    }
}
impl std::iter::Sum for Credit {
    fn sum<I: Iterator<Item = Credit>>(credits: I) -> Credit {
        credits.fold(Credit::ZERO, Credit::add)
    }
}

impl fmt::Display for Credit {
    /// Leads, rounded to six decimals: `0.25`, `-1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Decimal::from(*self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Serves leads to a rotation that does not change; who got them, and everybody's credit.
    fn serve(weights: &[u64], leads: usize) -> (Vec<usize>, Vec<Credit>) {
        let shares = shares(weights);
        let mut credits = vec![Credit::ZERO; weights.len()];
        let served = (0..leads).map(|_| {
            let turn = |(&share, &credit)| Turn { share, credit, present: true };
            let turns: Vec<Turn> = shares.iter().zip(&credits).map(turn).collect();
            let next = first_due(&turns).expect("somebody is present");
            credits.iter_mut().zip(&shares).for_each(|(credit, share)| *credit += *share);
            credits[next] -= Credit::LEAD;
            next
        });
        (served.collect(), credits)
    }

    #[test]
    fn the_example_of_the_documentation_is_served_as_it_says() {
        let (served, credits) = serve(&[2, 1, 1], 4);
        assert_eq!(served, [0, 1, 2, 0]);
        assert_eq!(credits, [Credit::ZERO; 3]);
    }

    #[test]
    fn equal_weights_take_turns_in_order() {
        assert_eq!(serve(&[1, 1, 1], 6).0, [0, 1, 2, 0, 1, 2]);
        assert_eq!(serve(&[7, 7], 4).0, [0, 1, 0, 1]);
        assert_eq!(serve(&[5], 3).0, [0, 0, 0]);
    }

    #[test]
    fn the_shares_of_a_lead_make_a_whole_lead() {
        for members in 1..=50 {
            let equal = shares(&vec![1; members]);
            assert!(equal.iter().all(|share| *share == equal[0]), "{members} divide a lead");
        }
        let uneven = shares(&[1; 53]);
        assert_eq!(uneven.iter().copied().sum::<Credit>(), Credit::LEAD);
        assert_eq!(uneven[0] - uneven[52], Credit(1));
        assert_eq!(shares(&[0, 0]), [Credit::ZERO; 2]);
        assert_eq!(shares(&[u64::MAX >> 14; 3]).into_iter().sum::<Credit>(), Credit::LEAD);
    }

    #[test]
    fn a_credit_is_shown_in_leads() {
        let third = shares(&[1, 1, 1])[0];
        assert_eq!((third.to_string(), (-third).to_string()), ("0.333333".to_owned(), "-0.333333".to_owned()));
        assert_eq!((third + third).to_string(), "0.666667");
        assert_eq!((-Credit::LEAD).to_string(), "-1");
        assert_eq!(shares(&[1, 3])[0].to_string(), "0.25");
        assert_eq!(Credit(i128::MAX).to_string(), "54901174612806955.54653");
    }

    proptest! {
        #[test]
        fn what_a_member_may_expect_is_what_comes(
            weights in prop::collection::vec(prop_oneof![0..4_u64, 1..1_000_000_u64], 1..12),
            (leads, parts, more) in (-3..4_i128, 1..12_i128, -2..3_i128),
        ) {
            let shares = shares(&weights);
            let credit = Credit(Credit::LEAD.0 * leads / parts + more);
            let bounds = Bounds::of(shares.len());
            for share in shares {
                let pace = Pace::new(share, weights.len());
                let turn = Turn { share, credit, present: true };
                prop_assert_eq!(pace.leads_until_due(credit), bounds.due(&turn).unwrap_or(u64::MAX));
                let level = pace.leads_until_level(credit);
                let after = |leads: u64| Turn { credit: Credit(credit.0 + share.0 * i128::from(leads)), ..turn };
                if level < u64::MAX {
                    prop_assert!(bounds.is_not_ahead(&after(level)));
                    prop_assert!(level == 0 || !bounds.is_not_ahead(&after(level - 1)));
                } else {
                    prop_assert!(share == Credit::ZERO && !bounds.is_not_ahead(&turn));
                }
            }
        }
    }

    #[test]
    fn who_is_not_present_is_not_served_however_much_is_due() {
        let half = Credit(Credit::LEAD.0 / 2);
        let away = Turn { share: half, credit: Credit(5 * Credit::LEAD.0), present: false };
        let here = Turn { share: half, credit: Credit(-5 * Credit::LEAD.0), present: true };
        assert_eq!(first_due(&[away, here]), Some(1));
        assert_eq!(first_due(&[away, away]), None);
        assert_eq!(first_due(&[]), None);
    }
}
