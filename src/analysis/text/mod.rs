//! Is there a text that starts, ends and reads as asked, and as not asked?
//!
//! A [`Question`] is a conjunction: the text's place in the lexical order must be in some atoms of a
//! [`Line`], its end in some atoms of a line of reversed texts, it must (or must not) contain any of
//! these texts — for the whole text, or for an e-mail address also for the domain after its `@`. And
//! it must be a text that a cell can hold: trimmed and in normal form, an e-mail address, a host name.
//!
//! Two steps answer it. First a few likely texts are tried: a beginning, the wanted pieces, an end, put
//! together plainly ([`likely`](mod@likely)). That settles most questions. If none fits, the product of
//! small automata is searched ([`product`]).
//!
//! Worked example: `starts with "gmail"`, not `contains "mail"`. The trial `gmail` fails. In the product
//! every text that begins so has read `mail` with its fifth letter, and no state is left: no such text.
//! (`contains "gmail"`, not `contains "mail"` is seen without a search: [`contained`](super::contained).)

mod letters;
pub mod likely;
pub mod patterns;
pub mod product;
mod shape;

pub use self::likely::likely;
pub use self::product::search;
pub use self::shape::Shape;
use crate::analysis::line::Line;
use crate::analysis::sets::AtomSet;
use crate::cell::Cell;
use crate::policy::TextPart;

/// What a text must be like.
pub struct Question<'a> {
    pub shape: Shape,
    pub wants: Vec<Want<'a>>,
    /// Whether a cell can hold the text; what the shape says too, but for rare details (lengths,
    /// code points that host names do not allow).
    pub is_cell: Box<dyn Fn(&str) -> bool + 'a>,
}

/// Of which text something is asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scope {
    Whole,
    /// What follows the `@` of an e-mail address.
    Domain,
}

pub struct Want<'a> {
    pub scope: Scope,
    pub test: Test<'a>,
}

pub enum Test<'a> {
    /// The place in the order is one of the atoms.
    Place { line: &'a Line, atoms: &'a AtomSet },
    /// The place of the reversed text is one of the atoms.
    End { line: &'a Line, atoms: &'a AtomSet, patterns: &'a [String] },
    /// Contains or ends with any of these — or does not.
    Part { part: TextPart, any: &'a [String], wanted: bool },
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    Text(String),
    /// Proved: there is none.
    None,
    /// Not found within the budget.
    Open,
}

/// A text as asked, or that there is none.
pub fn find(question: &Question<'_>) -> Answer {
    likely(question).map_or_else(|| search(question), Answer::Text)
}

pub fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}

/// The first text after all that start with `prefix`, in lexical order; `None` if they are the last.
pub fn after_prefix(prefix: &str) -> Option<String> {
    let mut letters: Vec<char> = prefix.chars().collect();
    while let Some(last) = letters.pop() {
        if let Some(next) = letters::next_letter(last) {
            letters.push(next);
            return Some(letters.into_iter().collect());
        }
    }
    None
}

impl Question<'_> {
    /// Whether the text is as asked.
    pub fn fits(&self, text: &str) -> bool {
        // What must be there rules out more texts than what must not.
        let (first, last): (Vec<&Want<'_>>, Vec<&Want<'_>>) = self.wants.iter().partition(|want| !want.is_unwanted());
        first.into_iter().chain(last).all(|want| want.fits(text)) && (self.is_cell)(text)
    }
}

impl Want<'_> {
    fn is_unwanted(&self) -> bool {
        matches!(self.test, Test::Part { wanted: false, .. })
    }

    fn fits(&self, text: &str) -> bool {
        let text = match self.scope {
            Scope::Whole => text,
            Scope::Domain => text.rsplit_once('@').map_or("", |(_, domain)| domain),
        };
        match &self.test {
            Test::Place { line, atoms } => is_among(line, atoms, text),
            Test::End { line, atoms, .. } => is_among(line, atoms, &reversed(text)),
            Test::Part { part, any, wanted } => any.iter().any(|piece| part.is_in(text, piece)) == *wanted,
        }
    }
}

fn is_among(line: &Line, atoms: &AtomSet, text: &str) -> bool {
    line.atom_of(&Cell::Text(text.into())).is_some_and(|atom| atoms.contains(atom))
}

fn text_of(cell: &Cell) -> &str {
    match cell {
        Cell::Text(text) => text,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::line::{Asked, Cut, Pieces, cut};
    use crate::policy::{Limit, Range};
    use jiff::tz::TimeZone;

    struct Dice(u64);

    impl Dice {
        fn below(&mut self, limit: usize) -> usize {
            self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (self.0 >> 33) as usize % limit
        }

        fn text(&mut self, letters: &[char], most: usize) -> String {
            (0..=self.below(most)).map(|_| letters[self.below(letters.len())]).collect()
        }
    }

    fn cell(text: &str) -> Cell {
        Cell::Text(text.into())
    }

    fn limit(text: &str, included: bool) -> Option<Limit> {
        Some(Limit { cell: cell(text), included })
    }

    fn prefix(text: &str) -> Range {
        let high = after_prefix(text).map(|text| Limit { cell: cell(&text), included: false });
        Range { low: limit(text, true), high }
    }

    fn line(asked: &[Asked]) -> Cut {
        let pieces = Pieces { has_value: &|_| true, has_between: &|_, _| true, mark: &|_| 0, points: &[], cuts: &[] };
        cut(asked, &pieces, 0)
    }

    /// All texts of up to `most` of these letters.
    fn all(letters: &[char], most: usize) -> Vec<String> {
        let mut texts = vec![String::new()];
        let mut from = 0;
        for _ in 0..most {
            let to = texts.len();
            for index in from..to {
                let longer: Vec<String> = letters.iter().map(|letter| format!("{}{letter}", texts[index])).collect();
                texts.extend(longer);
            }
            from = to;
        }
        texts
    }

    /// Random questions about texts of `ty`, against all texts of `letters` up to `most` letters.
    fn compare(seed: u64, shape: Shape, ty: crate::cell::Type, letters: &[char], most: usize, rounds: usize) {
        let mut dice = Dice(seed);
        let is_cell = |text: &str| ty.read(text, &TimeZone::UTC) == Ok(cell(text));
        let candidates: Vec<String> = all(letters, most).into_iter().filter(|text| is_cell(text)).collect();
        assert!(candidates.len() > 10);
        let (mut found, mut none) = (0, 0);
        for round in 0..rounds {
            let mut asked = Vec::new();
            for _ in 0..=dice.below(4) {
                asked.push(match dice.below(3) {
                    0 => Asked { points: vec![cell(&dice.text(letters, 3))], ranges: vec![] },
                    1 => Asked { points: vec![], ranges: vec![prefix(&dice.text(letters, 2))] },
                    _ => Asked {
                        points: vec![],
                        ranges: vec![Range {
                            low: limit(&dice.text(letters, 2), dice.below(2) == 0),
                            high: limit(&dice.text(letters, 2), dice.below(2) == 0),
                        }],
                    },
                });
            }
            let places = line(&asked);
            let patterns: Vec<String> = (0..=dice.below(3)).map(|_| dice.text(letters, 2)).collect();
            let ends = line(
                &patterns
                    .iter()
                    .map(|text| Asked { points: vec![], ranges: vec![prefix(&reversed(text))] })
                    .collect::<Vec<_>>(),
            );
            let some = |dice: &mut Dice, atoms: u32| {
                AtomSet::of(atoms, (0..atoms).filter(|_| dice.below(3) == 0).collect::<Vec<_>>())
            };
            let place_atoms = some(&mut dice, places.atoms);
            let end_atoms = some(&mut dice, ends.atoms);
            let pieces: Vec<Vec<String>> =
                (0..3).map(|_| (0..=dice.below(2)).map(|_| dice.text(letters, 2)).collect()).collect();
            let mut wants = Vec::new();
            let scope = |dice: &mut Dice| {
                if shape == Shape::Email && dice.below(2) == 0 { Scope::Domain } else { Scope::Whole }
            };
            if dice.below(2) == 0 {
                wants.push(Want {
                    scope: scope(&mut dice),
                    test: Test::Place { line: &places.line, atoms: &place_atoms },
                });
            }
            if dice.below(2) == 0 {
                wants.push(Want {
                    scope: scope(&mut dice),
                    test: Test::End { line: &ends.line, atoms: &end_atoms, patterns: &patterns },
                });
            }
            for any in &pieces {
                if dice.below(2) == 0 {
                    let part = if dice.below(4) == 0 { TextPart::EndsWith } else { TextPart::Contains };
                    let wanted = dice.below(2) == 0;
                    wants.push(Want { scope: scope(&mut dice), test: Test::Part { part, any, wanted } });
                }
            }
            let question = Question { shape, wants, is_cell: Box::new(is_cell) };
            let expected = candidates.iter().find(|text| question.fits(text));
            match find(&question) {
                Answer::Text(text) => {
                    found += 1;
                    assert!(question.fits(&text), "round {round}: {text:?} does not fit");
                }
                Answer::None => {
                    none += 1;
                    assert_eq!(expected, None, "round {round}: there is a text");
                }
                Answer::Open => panic!("round {round}: left open, though {expected:?}"),
            }
        }
        assert!(found > rounds / 5 && none > rounds / 20, "{found} found, {none} proved impossible");
    }

    #[test]
    fn texts_are_found_exactly_where_there_are_some() {
        compare(1, Shape::Text, crate::cell::Type::Text, &['a', 'b', ' ', 'é'], 6, 500);
    }

    #[test]
    fn host_names_are_found_exactly_where_there_are_some() {
        compare(2, Shape::Domain, crate::cell::Type::Domain, &['a', 'b', '.', '-'], 6, 200);
    }

    #[test]
    fn addresses_are_found_exactly_where_there_are_some() {
        compare(3, Shape::Email, crate::cell::Type::Email, &['a', 'b', '@', '.', '"'], 6, 200);
    }
}
