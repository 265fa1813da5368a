//! The product of small automata, searched breadth first, so that the answer is a shortest text, or
//! proof that there is none:
//!
//! * the shape of the type;
//! * for each line, which of its values still begin like what was read (a range of the sorted
//!   values, so a line of a hundred thousand names is its own trie);
//! * the longest end of what was read that begins one of the patterns, and which wanted ones were seen.

use std::collections::{HashSet, VecDeque};

use rustc_hash::FxBuildHasher;

use super::letters::letters;
use super::patterns::Patterns;
use super::shape::ShapeState;
use super::{Answer, Question, Scope, Test, Want, is_among, reversed, text_of};
use crate::analysis::line::{Line, NOWHERE};
use crate::analysis::sets::AtomSet;
use crate::cell::Cell;
use crate::policy::TextPart;

/// States of the product that are looked at before a question is left open.
const MOST_STATES: usize = 40_000;

#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    shape: ShapeState,
    /// One for each want that is a place, in their order.
    places: Vec<Place>,
    /// The longest end of what was read (of the whole, of the domain) that begins a pattern.
    tails: [u32; 2],
    /// Which wanted patterns were seen, a bit for each want that needs it.
    seen: Vec<u64>,
}

/// Which values of a line still begin like what was read: `from..to`; none if nothing can follow
/// them, and then the text lies in the gap before `from`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    from: usize,
    to: usize,
    /// Bytes read, as long as there are such values.
    depth: usize,
}

struct Product<'q, 'a> {
    question: &'q Question<'a>,
    letters: Vec<char>,
    /// What tails of the whole and of the domain must recognise.
    tails: [Tails<'a>; 2],
    /// The wants that are places, with the accepted values and gaps of their lines.
    places: Vec<(Scope, &'a Line, Accepted)>,
    /// Words for what was seen.
    seen: usize,
}

/// The indices of a line's accepted values and gaps.
type Accepted = (Vec<usize>, Vec<usize>);

/// Patterns of one scope, for letters by their number.
struct Tails<'a> {
    texts: Vec<&'a str>,
    patterns: Patterns,
    table: Vec<u32>,
    letters: usize,
    /// For each state what the patterns that end there say.
    says: Vec<Says>,
}

#[derive(Clone, Default)]
struct Says {
    /// No text as asked has them.
    is_unwanted: bool,
    /// The wants they satisfy.
    satisfies: Vec<usize>,
}

pub fn search(question: &Question<'_>) -> Answer {
    let product = Product::new(question);
    let start = product.start();
    let mut known: HashSet<State, FxBuildHasher> = HashSet::default();
    known.insert(start.clone());
    // Each entry: the state, the entry before it, the letter between them.
    let mut entries: Vec<(State, usize, char)> = vec![(start, usize::MAX, ' ')];
    let mut next = 0;
    let mut queue: VecDeque<usize> = VecDeque::from([0]);
    let mut was_refused = false;
    while let Some(entry) = queue.pop_front() {
        for letter in 0..product.letters.len() {
            let Some(state) = product.read(&entries[entry].0, letter) else { continue };
            if known.contains(&state) {
                continue;
            }
            let accepts = product.accepts(&state);
            known.insert(state.clone());
            entries.push((state, entry, product.letters[letter]));
            next += 1;
            if accepts {
                let text = spell(&entries, next);
                if question.fits(&text) {
                    return Answer::Text(text);
                }
                was_refused = true;
            }
            if next > MOST_STATES {
                return Answer::Open;
            }
            queue.push_back(next);
        }
    }
    if was_refused { Answer::Open } else { Answer::None }
}

fn spell(entries: &[(State, usize, char)], last: usize) -> String {
    let mut letters = Vec::new();
    let mut entry = last;
    while entry != 0 {
        letters.push(entries[entry].2);
        entry = entries[entry].1;
    }
    letters.iter().rev().collect()
}

impl<'q, 'a> Product<'q, 'a> {
    fn new(question: &'q Question<'a>) -> Product<'q, 'a> {
        let places = question.wants.iter().filter_map(|want| match &want.test {
            Test::Place { line, atoms } => Some((want.scope, *line, accepted_pieces(line, atoms))),
            _ => None,
        });
        let letters = letters(question);
        Product {
            question,
            tails: [Scope::Whole, Scope::Domain].map(|scope| Tails::new(question, scope, &letters)),
            places: places.collect(),
            letters,
            seen: question.wants.iter().filter(|want| is_seen(want)).count().div_ceil(64),
        }
    }

    fn start(&self) -> State {
        let places = self.places.iter().map(|(_, line, _)| Place { from: 0, to: line.values.len(), depth: 0 });
        State {
            shape: ShapeState::start(self.question.shape),
            places: places.collect(),
            tails: [0, 0],
            seen: vec![0; self.seen],
        }
    }

    /// The state after one more letter, by its number; `None` if no text as asked begins like this.
    fn read(&self, state: &State, letter: usize) -> Option<State> {
        let shape = state.shape.read(self.letters[letter])?;
        let in_domain = state.shape.is_in_domain();
        let scopes = if in_domain { &[0, 1][..] } else { &[0][..] };
        let mut tails = state.tails;
        for &scope in scopes {
            tails[scope] = self.tails[scope].read(tails[scope], letter);
            if self.tails[scope].says[tails[scope] as usize].is_unwanted {
                return None;
            }
        }
        let mut places = state.places.clone();
        for (place, (scope, line, accepted)) in places.iter_mut().zip(&self.places) {
            if *scope == Scope::Whole || in_domain {
                *place = place.read(line, self.letters[letter]);
            }
            if !place.can_be(accepted) {
                return None;
            }
        }
        let mut seen = state.seen.clone();
        for &scope in scopes {
            let satisfies = &self.tails[scope].says[tails[scope] as usize].satisfies;
            satisfies.iter().for_each(|&want| seen[want / 64] |= 1 << (want % 64));
        }
        Some(State { shape, places, tails, seen })
    }

    fn accepts(&self, state: &State) -> bool {
        if !state.shape.may_end() {
            return false;
        }
        let (mut places, mut seen) = (state.places.iter(), 0..);
        self.question.wants.iter().all(|want| {
            let tail = || self.tails[want.scope.index()].text(state.tails[want.scope.index()]);
            match &want.test {
                Test::Place { line, atoms } => {
                    let place = places.next().expect("each place has a state");
                    place.atom(line).is_some_and(|atom| atoms.contains(atom))
                }
                Test::End { line, atoms, .. } => is_among(line, atoms, &reversed(tail())),
                Test::Part { part: TextPart::Contains, any, wanted: true } => {
                    let bit = seen.next().expect("numbers do not end");
                    state.seen[bit / 64] >> (bit % 64) & 1 == 1 || any.iter().any(String::is_empty)
                }
                Test::Part { part: TextPart::Contains, any, wanted: false } => !any.iter().any(String::is_empty),
                Test::Part { any, wanted, .. } => any.iter().any(|piece| tail().ends_with(&**piece)) == *wanted,
            }
        })
    }
}

/// Whether it must be kept in mind that what is wanted was there.
fn is_seen(want: &Want<'_>) -> bool {
    matches!(want.test, Test::Part { part: TextPart::Contains, wanted: true, .. })
}

impl<'a> Tails<'a> {
    fn new(question: &Question<'a>, scope: Scope, letters: &[char]) -> Tails<'a> {
        let mut texts: Vec<&'a str> = Vec::new();
        let mut says: Vec<(bool, Option<usize>)> = Vec::new();
        let mut seen = 0;
        for want in &question.wants {
            let (pieces, is_unwanted): (&'a [String], bool) = match &want.test {
                Test::Part { part, any, wanted } => (any, *part == TextPart::Contains && !wanted),
                Test::End { patterns, .. } => (patterns, false),
                Test::Place { .. } => (&[], false),
            };
            let bit = is_seen(want).then_some(seen);
            seen += usize::from(bit.is_some());
            if want.scope == scope {
                texts.extend(pieces.iter().map(String::as_str));
                says.extend(pieces.iter().map(|_| (is_unwanted, bit)));
            }
        }
        let patterns = Patterns::new(texts.iter().copied());
        let of_state = |state: u32| {
            let mut said = Says::default();
            for &pattern in patterns.ends(state) {
                let (is_unwanted, bit) = says[pattern as usize];
                said.is_unwanted |= is_unwanted;
                said.satisfies.extend(bit);
            }
            said
        };
        let says = (0..patterns.count() as u32).map(of_state).collect();
        Tails { table: patterns.table(letters), letters: letters.len(), says, patterns, texts }
    }

    fn read(&self, state: u32, letter: usize) -> u32 {
        self.table[state as usize * self.letters + letter]
    }

    /// What was read, as far as a state knows.
    fn text(&self, state: u32) -> &'a str {
        let (pattern, bytes) = self.patterns.beginning(state);
        self.texts.get(pattern).map_or("", |text| &text[..bytes])
    }
}

impl Scope {
    fn index(self) -> usize {
        match self {
            Scope::Whole => 0,
            Scope::Domain => 1,
        }
    }
}

impl Place {
    fn read(self, line: &Line, letter: char) -> Place {
        if self.from == self.to {
            return self;
        }
        let mut buffer = [0; 4];
        let letter = letter.encode_utf8(&mut buffer).as_bytes();
        let rest = |cell: &'_ Cell| -> std::cmp::Ordering {
            let bytes = text_of(cell).as_bytes();
            let end = bytes.len().min(self.depth + letter.len());
            bytes[self.depth..end].cmp(letter)
        };
        let range = &line.values[self.from..self.to];
        let from = self.from + range.partition_point(|cell| rest(cell).is_lt());
        let to = self.from + range.partition_point(|cell| rest(cell).is_le());
        Place { from, to, depth: if from == to { 0 } else { self.depth + letter.len() } }
    }

    /// Whether some accepted value or gap can still be reached.
    fn can_be(self, (values, gaps): &Accepted) -> bool {
        let any = |sorted: &Vec<usize>, from: usize, to: usize| {
            let index = sorted.partition_point(|&index| index < from);
            sorted.get(index).is_some_and(|&index| index <= to)
        };
        (self.to > self.from && any(values, self.from, self.to - 1)) || any(gaps, self.from, self.to)
    }

    fn atom(self, line: &Line) -> Option<u32> {
        let is_whole = |cell: &Cell| text_of(cell).len() == self.depth;
        let atom = if self.from < self.to && is_whole(&line.values[self.from]) {
            line.at[self.from]
        } else {
            line.gap[self.from]
        };
        (atom != NOWHERE).then_some(atom)
    }
}

fn accepted_pieces(line: &Line, atoms: &AtomSet) -> Accepted {
    let accepted = |pieces: &[u32]| -> Vec<usize> {
        let is_in = |atom: u32| atom != NOWHERE && atoms.contains(atom);
        pieces.iter().enumerate().filter(|(_, atom)| is_in(**atom)).map(|(index, _)| index).collect()
    };
    (accepted(&line.at), accepted(&line.gap))
}
