//! The words of a formula.

use std::fmt;

#[derive(Clone, PartialEq, Debug)]
pub enum Word {
    Text(String),
    Number(String),
    /// A function or a field, with its dots.
    Name(String),
    Sign(&'static str),
}

/// The longer signs first.
const SIGNS: [&str; 20] =
    ["||", "&&", "<>", "!=", "<=", ">=", "==", "=", "<", ">", "+", "-", "*", "/", "^", "&", "!", "(", ")", ","];

/// All words of a formula, without spaces and `/* comments */`.
pub fn words(text: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, after) = if let Some(comment) = rest.strip_prefix("/*") {
            let (_, after) = comment.split_once("*/").ok_or("has a comment that never ends")?;
            (None, after)
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Some(Word::Sign(sign)), &rest[sign.len()..])
        } else if first == '"' || first == '\'' {
            let (text, after) = quoted(first, &rest[1..])?;
            (Some(Word::Text(text)), after)
        } else {
            let (word, after) = run(first, rest)?;
            (Some(word), after)
        };
        words.extend(word);
        rest = after.trim_start();
    }
    Ok(words)
}

/// A text after its first quote. A backslash takes the next sign as it is; `\n`, `\r`, `\t` are spaces.
fn quoted(quote: char, rest: &str) -> Result<(String, &str), String> {
    let mut text = String::new();
    let mut signs = rest.char_indices();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '\\' => match signs.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 'r')) => text.push('\r'),
                Some((_, 't')) => text.push('\t'),
                Some((_, escaped)) => text.push(escaped),
                None => break,
            },
            sign if sign == quote => return Ok((text, &rest[at + sign.len_utf8()..])),
            sign => text.push(sign),
        }
    }
    Err("has a text that never ends".to_owned())
}

/// A number or a name.
fn run(first: char, rest: &str) -> Result<(Word, &str), String> {
    let is_number = first.is_ascii_digit() || first == '.';
    let belongs = |sign: char| match is_number {
        true => sign.is_ascii_digit() || sign == '.',
        false => sign.is_alphanumeric() || matches!(sign, '_' | '.' | '$' | ':'),
    };
    if !belongs(first) {
        return Err(format!("has the sign `{first}`"));
    }
    let (word, after) = rest.split_at(rest.find(|sign| !belongs(sign)).unwrap_or(rest.len()));
    Ok((if is_number { Word::Number(word.to_owned()) } else { Word::Name(word.to_owned()) }, after))
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Word::Text(text) => write!(f, "the text `{text}`"),
            Word::Number(word) | Word::Name(word) => write!(f, "`{word}`"),
            Word::Sign(sign) => write!(f, "`{sign}`"),
        }
    }
}
