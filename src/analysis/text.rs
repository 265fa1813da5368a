//! Is there a text that starts, ends and reads as asked, and as not asked?
//!
//! A [`Question`] is a conjunction: the text's place in the lexical order must be in some atoms of a
//! [`Line`], its end in some atoms of a line of reversed texts, it must (or must not) contain any of
//! these texts — for the whole text, or for an e-mail address also for the domain after its `@`. And
//! it must be a text that a cell can hold: trimmed and in normal form, an e-mail address, a host name.
//!
//! Two steps answer it. First a few likely texts are tried: a beginning, the wanted pieces, an end,
//! put together plainly. That settles most questions. If none fits, the product of small automata
//! is searched breadth first, so that the answer is a shortest text, or proof that there is none:
//!
//! * the *shape* of the type (an address has one `@` outside quotes, labels do not begin with `-`);
//! * for each line, which of its values still begin like what was read (a range of the sorted
//!   values, so a line of a hundred thousand names is its own trie);
//! * the longest end of what was read that begins one of the patterns (Aho & Corasick 1975, worked
//!   out state by state), and which wanted patterns were seen.
//!
//! Letters that occur in none of the texts are alike but for their order among those that do, so one
//! letter of each kind (letter, space, sign) between two neighbours stands for all of them.
//!
//! Worked example: `contains "gmail"`, not `contains "mail"`. The trial `gmail` fails. In the product
//! every way to see `gmail` sees `mail` one letter earlier or at the same time, and the reachable
//! states are exhausted without one that accepts: no such text.

use std::collections::{HashSet, VecDeque};
use std::sync::LazyLock;

use rustc_hash::FxBuildHasher;

use crate::analysis::line::{Line, NOWHERE};
use crate::analysis::sets::AtomSet;
use crate::cell::{Cell, normal_text};
use crate::policy::TextPart;

/// What a text must be like.
pub struct Question<'a> {
    pub shape: Shape,
    pub wants: Vec<Want<'a>>,
    /// Whether a cell can hold the text; what the shape says too, but for rare details (lengths,
    /// code points that host names do not allow).
    pub is_cell: Box<dyn Fn(&str) -> bool + 'a>,
}

/// Which texts the type has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Shape {
    Text,
    Email,
    Domain,
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

/// States of the product that are looked at before a question is left open.
const MOST_STATES: usize = 40_000;

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
        if let Some(next) = next_letter(last) {
            letters.push(next);
            return Some(letters.into_iter().collect());
        }
    }
    None
}

impl Question<'_> {
    /// Whether the text is as asked.
    pub fn fits(&self, text: &str) -> bool {
        self.wants.iter().all(|want| want.fits(text)) && (self.is_cell)(text)
    }
}

impl Want<'_> {
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

// Likely texts.

/// Names that stand for "anything else", from the plainest on.
const PLAIN: [&str; 6] = ["acme", "other", "example", "x", "zz", "7"];

/// A text as asked, if a few tries find one.
pub fn likely(question: &Question<'_>) -> Option<String> {
    tries(question).into_iter().find(|text| question.fits(text))
}

/// Texts worth a try, plainest first.
fn tries(question: &Question<'_>) -> Vec<String> {
    let domains = || parts(question, if question.shape == Shape::Email { Scope::Domain } else { Scope::Whole });
    match question.shape {
        Shape::Text => parts(question, Scope::Whole).put_together(&PLAIN, &["", " ", "x"]),
        Shape::Domain => domains().put_together(&["acme.com", "example.org", "x.io"], &["", ".", "x"]),
        Shape::Email => likely_emails(question, &domains().put_together(&["acme.com", "example.org"], &["", ".", "x"])),
    }
}

fn likely_emails(question: &Question<'_>, domains: &[String]) -> Vec<String> {
    let whole = parts(question, Scope::Whole);
    let mut emails = Vec::new();
    for domain in domains.iter().take(12) {
        emails.extend(["ana", "info", "x"].map(|local| format!("{local}@{domain}")));
        emails.extend(whole.starts.iter().take(6).map(|start| format!("{start}x@{domain}")));
        emails.extend(whole.middles.iter().take(6).map(|middle| format!("{middle}@{domain}")));
    }
    let addresses = whole.starts.iter().chain(&whole.middles).chain(&whole.ends).filter(|text| text.contains('@'));
    emails.extend(addresses.flat_map(|text| {
        [text.clone(), format!("{text}x.com"), format!("ana{text}"), format!("ana{text}.com"), format!("{text}.com")]
    }));
    emails
}

/// Pieces from which likely texts are made.
#[derive(Default)]
struct Parts {
    starts: Vec<String>,
    middles: Vec<String>,
    ends: Vec<String>,
}

const MOST_PARTS: usize = 8;

fn parts(question: &Question<'_>, scope: Scope) -> Parts {
    let mut parts = Parts::default();
    for want in question.wants.iter().filter(|want| want.scope == scope) {
        match &want.test {
            Test::Place { line, atoms } => parts.starts.extend(accepted(line, atoms)),
            Test::End { line, atoms, .. } => parts.ends.extend(accepted(line, atoms).iter().map(|text| reversed(text))),
            Test::Part { any, wanted: true, part: TextPart::EndsWith } => parts.ends.extend(any.iter().cloned()),
            Test::Part { any, wanted: true, .. } => parts.middles.extend(any.iter().take(2).cloned()),
            Test::Part { wanted: false, .. } => {}
        }
    }
    parts
}

/// A few values in the atoms, and values right before gaps that are.
fn accepted(line: &Line, atoms: &AtomSet) -> Vec<String> {
    let is_in = |atom: u32| atom != NOWHERE && atoms.contains(atom);
    (0..line.values.len())
        .filter(|&index| is_in(line.at[index]) || is_in(line.gap[index + 1]))
        .take(MOST_PARTS)
        .map(|index| text_of(&line.values[index]).to_owned())
        .collect()
}

impl Parts {
    fn put_together(&self, plain: &[&str], joints: &[&str]) -> Vec<String> {
        let mut texts: Vec<String> = plain.iter().map(|text| (*text).to_owned()).collect();
        let none = [String::new()];
        let or_none = |parts: &Vec<String>| -> Vec<String> {
            if parts.is_empty() { none.to_vec() } else { parts.iter().take(MOST_PARTS).cloned().collect() }
        };
        texts.extend(self.starts.iter().cloned());
        for joint in joints {
            let middle = self.middles.join(joint);
            for start in or_none(&self.starts) {
                for end in or_none(&self.ends) {
                    let pieces: Vec<&str> =
                        [&*start, &*middle, &*end].into_iter().filter(|part| !part.is_empty()).collect();
                    texts.push(pieces.join(joint));
                    texts.extend(plain.iter().take(2).map(|plain| format!("{start}{joint}{middle}{plain}{end}")));
                    texts.push(format!("{start}{middle}{joint}{end}x"));
                }
            }
        }
        texts
    }
}

// The product of the automata.

#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    shape: ShapeState,
    /// One for each want that is a place, in their order.
    places: Vec<Place>,
    /// The longest end of what was read (of the whole, of the domain) that begins a pattern.
    tails: [String; 2],
    /// Which wanted patterns were seen, by the want's number.
    seen: Vec<bool>,
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
    /// Patterns of the whole and of the domain, sorted.
    patterns: [Vec<&'a str>; 2],
    /// For each want that is a place: the indices of accepted values and gaps.
    accepted: Vec<(Vec<usize>, Vec<usize>)>,
}

fn search(question: &Question<'_>) -> Answer {
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
        for &letter in &product.letters {
            let Some(state) = product.read(&entries[entry].0, letter) else { continue };
            if known.contains(&state) {
                continue;
            }
            let accepts = product.accepts(&state);
            known.insert(state.clone());
            entries.push((state, entry, letter));
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
        let accepted = question
            .wants
            .iter()
            .filter_map(|want| match &want.test {
                Test::Place { line, atoms } => Some(accepted_pieces(line, atoms)),
                _ => None,
            })
            .collect();
        let patterns = [patterns(question, Scope::Whole), patterns(question, Scope::Domain)];
        Product { question, letters: letters(question), patterns, accepted }
    }

    fn start(&self) -> State {
        let places = self.question.wants.iter().filter_map(|want| match &want.test {
            Test::Place { line, .. } => Some(Place { from: 0, to: line.values.len(), depth: 0 }),
            _ => None,
        });
        State {
            shape: ShapeState::start(self.question.shape),
            places: places.collect(),
            tails: [String::new(), String::new()],
            seen: vec![false; self.question.wants.len()],
        }
    }

    /// The state after one more letter; `None` if no text as asked begins like this.
    fn read(&self, state: &State, letter: char) -> Option<State> {
        let shape = state.shape.read(letter)?;
        let in_domain = state.shape.is_in_domain();
        let mut next = State { shape, ..state.clone() };
        self.read_tail(&mut next.tails[0], letter, 0);
        if in_domain {
            self.read_tail(&mut next.tails[1], letter, 1);
        }
        let mut place = 0;
        for (index, want) in self.question.wants.iter().enumerate() {
            let reads = want.scope == Scope::Whole || in_domain;
            match &want.test {
                Test::Place { line, .. } => {
                    if reads {
                        next.places[place] = next.places[place].read(line, letter);
                    }
                    if !next.places[place].can_be(&self.accepted[place]) {
                        return None;
                    }
                    place += 1;
                }
                Test::Part { part: TextPart::Contains, any, wanted } => {
                    let tail = &next.tails[want.scope.index()];
                    if reads && any.iter().any(|piece| tail.ends_with(&**piece)) {
                        if !wanted {
                            return None;
                        }
                        next.seen[index] = true;
                    }
                }
                Test::End { .. } | Test::Part { .. } => {}
            }
        }
        Some(next)
    }

    /// Keeps of the tail with one more letter what begins a pattern.
    fn read_tail(&self, tail: &mut String, letter: char, scope: usize) {
        let patterns = &self.patterns[scope];
        tail.push(letter);
        let begins = |tail: &str| {
            let place = patterns.partition_point(|pattern| *pattern < tail);
            patterns.get(place).is_some_and(|pattern| pattern.starts_with(tail))
        };
        while !tail.is_empty() && !begins(tail) {
            tail.remove(0);
        }
    }

    fn accepts(&self, state: &State) -> bool {
        if !state.shape.may_end() {
            return false;
        }
        let mut place = 0;
        self.question.wants.iter().enumerate().all(|(index, want)| {
            let tail = &state.tails[want.scope.index()];
            match &want.test {
                Test::Place { line, atoms } => {
                    place += 1;
                    state.places[place - 1].atom(line).is_some_and(|atom| atoms.contains(atom))
                }
                Test::End { line, atoms, .. } => is_among(line, atoms, &reversed(tail)),
                Test::Part { part: TextPart::Contains, any, wanted } => {
                    !wanted || state.seen[index] || any.iter().any(String::is_empty)
                }
                Test::Part { part: _, any, wanted } => any.iter().any(|piece| tail.ends_with(&**piece)) == *wanted,
            }
        })
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
    fn can_be(self, (values, gaps): &(Vec<usize>, Vec<usize>)) -> bool {
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

fn text_of(cell: &Cell) -> &str {
    match cell {
        Cell::Text(text) => text,
        _ => "",
    }
}

fn accepted_pieces(line: &Line, atoms: &AtomSet) -> (Vec<usize>, Vec<usize>) {
    let accepted = |pieces: &[u32]| -> Vec<usize> {
        let is_in = |atom: u32| atom != NOWHERE && atoms.contains(atom);
        pieces.iter().enumerate().filter(|(_, atom)| is_in(**atom)).map(|(index, _)| index).collect()
    };
    (accepted(&line.at), accepted(&line.gap))
}

/// What tails must recognise: whatever is contained or stands at the end.
fn patterns<'a>(question: &Question<'a>, scope: Scope) -> Vec<&'a str> {
    let mut patterns: Vec<&str> = Vec::new();
    for want in question.wants.iter().filter(|want| want.scope == scope) {
        match &want.test {
            Test::Part { any: texts, .. } | Test::End { patterns: texts, .. } => {
                patterns.extend(texts.iter().map(String::as_str));
            }
            Test::Place { .. } => {}
        }
    }
    patterns.sort_unstable();
    patterns.dedup();
    patterns
}

// Letters.

/// One letter for each class of letters that the question can tell apart, plainest first.
fn letters(question: &Question<'_>) -> Vec<char> {
    let mut used: Vec<char> = Vec::new();
    for want in &question.wants {
        match &want.test {
            Test::Place { line, .. } => used.extend(&line.letters),
            Test::Part { any: texts, .. } | Test::End { patterns: texts, .. } => {
                used.extend(texts.iter().flat_map(|text| text.chars()));
            }
        }
    }
    if question.shape == Shape::Email {
        used.extend(['@', '"', '\\']);
    }
    used.sort_unstable();
    used.dedup();
    let mut letters = used.clone();
    let mut low = '\0';
    for &high in &used {
        letters.extend(strangers(low, high));
        low = next_letter(high).unwrap_or(char::MAX);
    }
    letters.extend(strangers(low, char::MAX));
    letters.retain(|&letter| is_normal(letter));
    letters.sort_by_key(|&letter| (plainness(letter), letter));
    letters.dedup();
    letters
}

/// For each kind of letter one in `low..high`.
fn strangers(low: char, high: char) -> Vec<char> {
    let mut found: Vec<char> = Vec::new();
    let from = NORMAL_LETTERS.partition_point(|&letter| letter < low);
    let listed = NORMAL_LETTERS[from..].iter().copied().take_while(|&letter| letter < high);
    for letter in listed {
        if !found.iter().any(|&other| kind(other) == kind(letter)) {
            found.push(letter);
        }
    }
    if found.is_empty() {
        found.extend((low..high).find(|&letter| is_normal(letter)));
    }
    found
}

/// What normalised text is made of, up to the scripts of East Asia; beyond them there is no kind of
/// letter that does not occur here.
static NORMAL_LETTERS: LazyLock<Vec<char>> =
    LazyLock::new(|| ('\0'..'\u{3100}').filter(|&letter| is_normal(letter)).collect());

/// What shapes tell apart.
fn kind(letter: char) -> u8 {
    match letter {
        _ if letter.is_whitespace() => {
            if matches!(letter, ' ' | '\t') {
                0
            } else {
                1
            }
        }
        'a'..='z' | '0'..='9' => 2,
        '-' => 3,
        '_' => 4,
        '.' => 5,
        '!' | '#'..='\'' | '*' | '+' | '/' | '=' | '?' | '^' | '`' | '{'..='~' => 6,
        ' '..='~' => 7,
        _ if letter.is_ascii() => 8,
        _ if letter.is_alphanumeric() => 9,
        _ => 10,
    }
}

fn plainness(letter: char) -> u8 {
    match letter {
        'a'..='z' => 0,
        '0'..='9' => 1,
        '.' | '-' | '_' => 2,
        ' ' => 3,
        ' '..='~' => 4,
        _ if letter.is_alphanumeric() => 5,
        _ => 6,
    }
}

/// Whether the letter occurs in normalised text.
fn is_normal(letter: char) -> bool {
    let mut buffer = [0; 8];
    if letter.is_whitespace() {
        return true;
    }
    let text: &str = letter.encode_utf8(&mut buffer);
    *normal_text(text) == *text
}

fn next_letter(letter: char) -> Option<char> {
    (letter..=char::MAX).nth(1)
}

// Shapes.

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum ShapeState {
    /// Text: nothing yet, or read so far with a last letter that may (not) end it.
    TextStart,
    TextInside {
        may_end: bool,
    },
    /// The local part of an address.
    LocalStart,
    LocalAtom,
    LocalDot,
    /// Inside quotes: whether something is in them, whether a backslash came last.
    Quoted {
        filled: bool,
        escaped: bool,
    },
    QuoteClosed,
    /// A host name: in an address labels are stricter (no `_` or `-` at their ends).
    LabelStart {
        in_address: bool,
    },
    Label {
        in_address: bool,
        may_end: bool,
    },
}

impl ShapeState {
    fn start(shape: Shape) -> ShapeState {
        match shape {
            Shape::Text => ShapeState::TextStart,
            Shape::Email => ShapeState::LocalStart,
            Shape::Domain => ShapeState::LabelStart { in_address: false },
        }
    }

    fn is_in_domain(self) -> bool {
        matches!(self, ShapeState::LabelStart { .. } | ShapeState::Label { .. })
    }

    fn may_end(self) -> bool {
        matches!(self, ShapeState::TextInside { may_end: true } | ShapeState::Label { may_end: true, .. })
    }

    fn read(self, letter: char) -> Option<ShapeState> {
        match self {
            ShapeState::TextStart => (!letter.is_whitespace()).then_some(ShapeState::TextInside { may_end: true }),
            ShapeState::TextInside { .. } => Some(ShapeState::TextInside { may_end: !letter.is_whitespace() }),
            ShapeState::LocalStart if letter == '"' => Some(ShapeState::Quoted { filled: false, escaped: false }),
            ShapeState::LocalStart | ShapeState::LocalDot => is_atom_letter(letter).then_some(ShapeState::LocalAtom),
            ShapeState::LocalAtom => match letter {
                '.' => Some(ShapeState::LocalDot),
                '@' => Some(ShapeState::LabelStart { in_address: true }),
                _ => is_atom_letter(letter).then_some(ShapeState::LocalAtom),
            },
            ShapeState::Quoted { escaped: true, .. } => {
                letter.is_ascii_graphic().then_some(ShapeState::Quoted { filled: true, escaped: false })
            }
            ShapeState::Quoted { filled, escaped: false } => match letter {
                '\\' => Some(ShapeState::Quoted { filled: true, escaped: true }),
                '"' => filled.then_some(ShapeState::QuoteClosed),
                ' ' | '\t' => Some(ShapeState::Quoted { filled: true, escaped: false }),
                _ => letter.is_ascii_graphic().then_some(ShapeState::Quoted { filled: true, escaped: false }),
            },
            ShapeState::QuoteClosed => (letter == '@').then_some(ShapeState::LabelStart { in_address: true }),
            ShapeState::LabelStart { in_address } => {
                let begins = is_label_letter(letter) && letter != '-' && !(in_address && letter == '_');
                begins.then_some(ShapeState::Label { in_address, may_end: true })
            }
            ShapeState::Label { in_address, may_end } => match letter {
                '.' => may_end.then_some(ShapeState::LabelStart { in_address }),
                '-' => Some(ShapeState::Label { in_address, may_end: false }),
                '_' => Some(ShapeState::Label { in_address, may_end: !in_address }),
                _ => is_label_letter(letter).then_some(ShapeState::Label { in_address, may_end: true }),
            },
        }
    }
}

/// What stands unquoted in the local part (RFC 5322 `atext`, and letters of any script).
fn is_atom_letter(letter: char) -> bool {
    letter.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(letter)
}

fn is_label_letter(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '-' | '_')
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
