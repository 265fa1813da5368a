//! Letters that stand for all letters: those that occur in none of the texts are alike but for their
//! order among those that do, so one of each kind (letter, space, sign) between two neighbours will do.

use std::sync::LazyLock;

use super::{Question, Shape, Test};
use crate::cell::normal_text;

/// One letter for each class of letters that the question can tell apart, plainest first.
pub fn letters(question: &Question<'_>) -> Vec<char> {
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
    let first = |letters: &Vec<char>| {
        let place = letters.partition_point(|&letter| letter < low);
        letters.get(place).copied().filter(|&letter| letter < high)
    };
    let mut found: Vec<char> = NORMAL_LETTERS.iter().filter_map(first).collect();
    if found.is_empty() {
        found.extend((low..high).find(|&letter| is_normal(letter)));
    }
    found
}

/// What normalised text is made of, each kind of letter for itself, up to the scripts of East Asia;
/// beyond them there is no kind that does not occur here.
static NORMAL_LETTERS: LazyLock<[Vec<char>; KINDS]> = LazyLock::new(|| {
    let mut kinds = [const { Vec::new() }; KINDS];
    let normal = ('\0'..'\u{3100}').filter(|&letter| is_normal(letter));
    normal.for_each(|letter| kinds[usize::from(kind(letter))].push(letter));
    kinds
});

const KINDS: usize = 11;

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

pub fn next_letter(letter: char) -> Option<char> {
    (letter..=char::MAX).nth(1)
}
