//! Who has least, relative to weight: open leads (`by load`) or a running total (`by balance of FIELD`).
//!
//! Of equals the one who was served least in this team, of those the one the team lists first.

use std::cmp::Ordering;

use rust_decimal::Decimal;

/// A member who can take the lead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Burden {
    /// Open leads, or the total of the field.
    pub amount: Decimal,
    /// Above zero.
    pub weight: Decimal,
    /// Leads the member got from this team.
    pub served: u64,
}

/// The position of whoever has least.
pub fn least(burdens: &[Burden]) -> Option<usize> {
    let order = |(_, a): &(usize, &Burden), (_, b): &(usize, &Burden)| relative(a, b).then(a.served.cmp(&b.served));
    burdens.iter().enumerate().min_by(order).map(|(position, _)| position)
}

/// Compares `amount / weight` without dividing, as long as the products have 28 digits.
fn relative(a: &Burden, b: &Burden) -> Ordering {
    match (a.amount.checked_mul(b.weight), b.amount.checked_mul(a.weight)) {
        (Some(left), Some(right)) => left.cmp(&right),
        // Such totals do not come from leads; a rounded comparison is still the same everywhere.
        _ => quotient(a).cmp(&quotient(b)),
    }
}

fn quotient(burden: &Burden) -> Decimal {
    let endless = if burden.amount < Decimal::ZERO { Decimal::MIN } else { Decimal::MAX };
    burden.amount.checked_div(burden.weight).unwrap_or(endless)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burden(amount: i64, weight: i64, served: u64) -> Burden {
        Burden { amount: amount.into(), weight: weight.into(), served }
    }

    #[test]
    fn the_least_is_relative_to_weight() {
        assert_eq!(least(&[burden(4, 1, 0), burden(9, 3, 0)]), Some(1));
        assert_eq!(least(&[burden(3, 1, 0), burden(9, 3, 0)]), Some(0));
        assert_eq!(least(&[burden(-1, 1, 0), burden(-2, 4, 0)]), Some(0));
        assert_eq!(least(&[]), None);
    }

    #[test]
    fn of_equals_who_was_served_least_and_then_who_is_listed_first() {
        assert_eq!(least(&[burden(2, 1, 5), burden(4, 2, 4)]), Some(1));
        assert_eq!(least(&[burden(2, 1, 4), burden(4, 2, 4)]), Some(0));
    }

    #[test]
    fn totals_too_large_to_multiply_are_still_told_apart() {
        let huge = Burden { amount: Decimal::MAX, weight: Decimal::from(1_000_000), served: 0 };
        let less = Burden { amount: Decimal::from(7), weight: Decimal::from(3), served: 0 };
        assert_eq!(least(&[huge, less]), Some(1));
    }
}
