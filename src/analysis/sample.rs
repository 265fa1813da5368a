//! Plain values: what a witness holds where many values would do, and how they are spelt.

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use rust_decimal::Decimal;

use crate::analysis::line::{Line, NOWHERE};
use crate::cell::{Bounds, Cell, Type};

/// The ends of a type's values, where it has some.
pub fn bounds(ty: &Type) -> Vec<Cell> {
    match ty {
        Type::Integer(Some(bounds)) | Type::Number(Some(bounds)) => {
            [bounds.low, bounds.high].map(|end| Cell::Number(end.normalize())).to_vec()
        }
        _ => Vec::new(),
    }
}

/// A plain value strictly between two others, if the type has one there.
pub fn between(ty: &Type, low: Option<&Cell>, high: Option<&Cell>) -> Option<Cell> {
    match ty {
        Type::Integer(bounds) => number_between(*bounds, true, number(low), number(high)),
        Type::Number(bounds) => number_between(*bounds, false, number(low), number(high)),
        Type::Date => date_between(date(low), date(high)),
        Type::Timestamp => instant_between(instant(low), instant(high)),
        _ => None,
    }
}

/// A plain value of an atom: one that conditions name if there is one, else one in between.
pub fn plainest(ty: &Type, line: &Line, atom: u32) -> Cell {
    let is_it = |piece: &u32| *piece == atom && *piece != NOWHERE;
    if let Some(index) = line.at.iter().position(is_it) {
        return line.values[index].clone();
    }
    let gaps = line.gap.iter().enumerate().filter(|(_, piece)| is_it(piece));
    gaps.map(|(gap, _)| line.around(gap)).find_map(|(low, high)| between(ty, low, high)).unwrap_or(Cell::Blank)
}

/// The value of an atom that is nearest to another, as far as the atom's ends and plain values go.
pub fn nearest(ty: &Type, line: &Line, atom: u32, to: &Cell) -> Option<Cell> {
    let named = line.values.iter().zip(&line.at).filter(|(_, at)| **at == atom).map(|(value, _)| value.clone());
    let gaps = (0..line.gap.len()).filter(|gap| line.gap[*gap] == atom);
    let inside = gaps.flat_map(|gap| {
        let (low, high) = line.around(gap);
        let is_inside = move |cell: &Cell| low.is_none_or(|low| low < cell) && high.is_none_or(|high| cell < high);
        let ends = [low.and_then(|low| next_to(ty, low, 1)), high.and_then(|high| next_to(ty, high, -1))];
        ends.into_iter().flatten().filter(is_inside).chain(between(ty, low, high))
    });
    let near = named.chain(inside).filter_map(|cell| Some((distance(&cell, to)?, cell)));
    near.min().map(|(_, cell)| cell)
}

/// The whole number or day beside another.
fn next_to(ty: &Type, cell: &Cell, step: i64) -> Option<Cell> {
    match (ty, cell) {
        (Type::Integer(_), Cell::Number(number)) => number.checked_add(Decimal::from(step)).map(Cell::Number),
        (Type::Date, Cell::Date(date)) => date.checked_add(Span::new().days(step)).ok().map(Cell::Date),
        _ => None,
    }
}

/// How far apart two numbers or days are; `None` for anything else.
fn distance(a: &Cell, b: &Cell) -> Option<Decimal> {
    match (a, b) {
        (Cell::Number(a), Cell::Number(b)) => a.checked_sub(*b).map(|apart| apart.abs()),
        (Cell::Date(a), Cell::Date(b)) => Some(Decimal::from(a.duration_until(*b).as_secs().abs())),
        _ => None,
    }
}

/// Texts that may read back as the cell, plainest first.
pub fn spellings(ty: &Type, cell: &Cell) -> Vec<String> {
    let plain = ty.show(cell);
    let others = match cell {
        Cell::Number(_) => vec![format!("+{plain}"), format!("{plain}.0"), format!("{plain}0"), format!("0{plain}")],
        Cell::YesNo(true) => vec!["true".to_owned(), "1".to_owned()],
        Cell::YesNo(false) => vec!["false".to_owned(), "0".to_owned()],
        Cell::Country(country) => vec![country.name().to_owned()],
        Cell::Tags(_) => vec![format!("{plain};")],
        Cell::Timestamp(timestamp) => vec![timestamp.to_string().replace('Z', "+00:00")],
        _ => Vec::new(),
    };
    std::iter::once(plain).chain(others).collect()
}

fn number(cell: Option<&Cell>) -> Option<Decimal> {
    if let Some(Cell::Number(number)) = cell { Some(*number) } else { None }
}

fn date(cell: Option<&Cell>) -> Option<Date> {
    if let Some(Cell::Date(date)) = cell { Some(*date) } else { None }
}

fn instant(cell: Option<&Cell>) -> Option<Timestamp> {
    if let Some(Cell::Timestamp(timestamp)) = cell { Some(*timestamp) } else { None }
}

fn number_between(bounds: Option<Bounds>, whole: bool, low: Option<Decimal>, high: Option<Decimal>) -> Option<Cell> {
    let fits = |number: &Decimal| {
        low.is_none_or(|low| low < *number)
            && high.is_none_or(|high| *number < high)
            && bounds.is_none_or(|bounds| bounds.low <= *number && *number <= bounds.high)
            && (!whole || number.is_integer())
    };
    numbers_near(bounds, low, high).into_iter().find(fits).map(|number| Cell::Number(number.normalize()))
}

/// Candidates: round numbers above the lower end, the nearest whole ones, the middle.
fn numbers_near(bounds: Option<Bounds>, low: Option<Decimal>, high: Option<Decimal>) -> Vec<Decimal> {
    let mut near: Vec<Decimal> = Vec::new();
    let ends = bounds.into_iter().flat_map(|bounds| [bounds.low, bounds.high]);
    match (low, high) {
        (None, None) => near.extend([Decimal::ZERO, Decimal::ONE]),
        (None, Some(high)) => {
            near.extend([Some(Decimal::ZERO), above(high, Decimal::NEGATIVE_ONE)].into_iter().flatten())
        }
        (Some(low), None) => near.extend(above(low, Decimal::ONE)),
        (Some(low), Some(high)) => {
            let steps = (0..28).rev().filter_map(|power| Decimal::from_i128_with_scale(10i128.pow(power), 0).into());
            near.extend(steps.filter_map(|step: Decimal| above(low, step)));
            let fractions = (1..28).map(|scale| Decimal::new(1, scale));
            near.extend(fractions.filter_map(|step| above(low, step)));
            near.extend(low.checked_add(high).and_then(|sum| sum.checked_div(Decimal::TWO)));
            near.extend(high.checked_sub(low).and_then(|width| low.checked_add(width / Decimal::TWO)));
        }
    }
    near.extend(ends);
    near.extend(
        [low.and_then(|low| above(low, Decimal::ONE)), high.and_then(|high| above(high, Decimal::NEGATIVE_ONE))]
            .into_iter()
            .flatten(),
    );
    near
}

/// The first multiple of a step beyond a number, in the step's direction.
fn above(number: Decimal, step: Decimal) -> Option<Decimal> {
    let steps = number.checked_div(step)?.floor();
    steps.checked_add(Decimal::ONE)?.checked_mul(step)
}

fn date_between(low: Option<Date>, high: Option<Date>) -> Option<Cell> {
    let candidate = match (low, high) {
        (Some(low), _) => low.tomorrow().ok()?,
        (None, Some(high)) => high.yesterday().ok()?,
        (None, None) => Date::constant(2026, 1, 1),
    };
    let fits = low.is_none_or(|low| low < candidate) && high.is_none_or(|high| candidate < high);
    fits.then_some(Cell::Date(candidate))
}

fn instant_between(low: Option<Timestamp>, high: Option<Timestamp>) -> Option<Cell> {
    let fits =
        |candidate: &Timestamp| low.is_none_or(|low| low < *candidate) && high.is_none_or(|high| *candidate < high);
    let steps = [
        Span::new().hours(24),
        Span::new().hours(1),
        Span::new().minutes(1),
        Span::new().seconds(1),
        Span::new().nanoseconds(1),
    ];
    let candidates = steps.into_iter().filter_map(|step| match (low, high) {
        (Some(low), _) => low.checked_add(step).ok(),
        (None, Some(high)) => high.checked_sub(step).ok(),
        (None, None) => "2026-01-05T09:00:00Z".parse().ok(),
    });
    candidates.into_iter().find(fits).map(Cell::Timestamp)
}
