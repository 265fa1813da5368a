//! Words and signs as a reader sees them, for talking about text that the grammar refused.

use std::ops::Range;

/// A piece of text between spaces and comments. Unlike the grammar's tokens, `mid-market`, `10k`,
/// `2026-1-5` and `&&` are one token each: that is how people mean them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token<'s> {
    pub kind: TokenKind,
    pub text: &'s str,
    /// Offsets in the file.
    pub place: Range<usize>,
    /// Whether it is the first of its line.
    pub first_of_line: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenKind {
    Word,
    /// With its quotes; the second one may be missing.
    Text,
    /// Whatever begins with a digit.
    Number,
    Sign,
}

impl Token<'_> {
    pub fn is(&self, text: &str) -> bool {
        self.text == text
    }

    pub fn is_word(&self) -> bool {
        self.kind == TokenKind::Word
    }
}

/// The tokens of a range of the file.
pub fn tokens(file: &str, range: Range<usize>) -> impl Iterator<Item = Token<'_>> {
    let mut at = range.start;
    let mut first_of_line = true;
    std::iter::from_fn(move || {
        while let Some(character) = file[at..range.end].chars().next() {
            let rest = &file[at..range.end];
            first_of_line |= character == '\n';
            if character.is_whitespace() || character == '\u{feff}' {
                at += character.len_utf8();
            } else if character == '#' {
                at += rest.find('\n').unwrap_or(rest.len());
            } else {
                let (kind, length) = token(rest, character);
                let place = at..at + length;
                let token = Token { kind, text: &file[place.clone()], place, first_of_line };
                first_of_line = false;
                at += length;
                return Some(token);
            }
        }
        None
    })
}

/// Kind and length of the token at the beginning of `rest`.
fn token(rest: &str, first: char) -> (TokenKind, usize) {
    let second = rest[first.len_utf8()..].chars().next();
    if first == '"' {
        (TokenKind::Text, text_length(rest))
    } else if first.is_ascii_digit()
        || matches!(first, '-' | '.' | '$' | '€') && second.is_some_and(|c| c.is_ascii_digit())
    {
        (TokenKind::Number, first.len_utf8() + run(&rest[first.len_utf8()..], "-./:"))
    } else if is_word_character(first) {
        (TokenKind::Word, run(rest, "-"))
    } else if is_sign(first) {
        let length = rest.find(|c| !is_sign(c)).unwrap_or(rest.len());
        (TokenKind::Sign, length)
    } else {
        (TokenKind::Sign, first.len_utf8())
    }
}

/// Up to the second quote, or the end of the line.
fn text_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            '\n' => return at,
            '"' if !escaped => return at + 1,
            _ => escaped = character == '\\' && !escaped,
        }
    }
    rest.len()
}

/// Length of a run of word characters, with these signs where a word character follows them.
fn run(rest: &str, joints: &str) -> usize {
    let mut characters = rest.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let goes_on = characters.peek().is_some_and(|&(_, next)| is_word_character(next));
        if !(is_word_character(character) || joints.contains(character) && goes_on) {
            return at;
        }
    }
    rest.len()
}

fn is_word_character(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Signs that belong together when they stand together, as in `&&` and `=>`.
fn is_sign(character: char) -> bool {
    matches!(character, '=' | '<' | '>' | '!' | '&' | '|' | '~' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_mean_as_one_thing_is_one_token() {
        let text = "a.b=>mid-market # no\n \"x \\\" y\" 2026-1-5 && -3 [10k, 12/31/2026] \"open";
        let words: Vec<&str> = tokens(text, 0..text.len()).map(|token| token.text).collect();
        let expected = [
            "a",
            ".",
            "b",
            "=>",
            "mid-market",
            "\"x \\\" y\"",
            "2026-1-5",
            "&&",
            "-3",
            "[",
            "10k",
            ",",
            "12/31/2026",
            "]",
            "\"open",
        ];
        assert_eq!(words, expected);
    }

    #[test]
    fn the_first_of_a_line_knows_it() {
        let firsts: Vec<bool> = tokens("a b\n  c", 0..7).map(|token| token.first_of_line).collect();
        assert_eq!(firsts, [true, false, true]);
    }
}
