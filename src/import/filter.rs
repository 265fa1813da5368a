//! `1 AND (2 OR 3)`: how the criteria of an entry are combined.
//!
//! Letter case does not matter. `NOT` binds tightest, then `AND`, then `OR`. (Salesforce does not accept
//! `AND` beside `OR` without parentheses, so their order only matters for files written by hand.)

use super::Problem;
use super::condition::Condition;
use crate::source::{Span, Spanned};

/// Salesforce takes ten criteria an entry in its pages; nobody nests further than this.
const DEEPEST: usize = 64;

/// The criteria, from 0, as a filter combines them.
pub fn parse(filter: &Spanned<String>, criteria: usize) -> Result<Condition<usize>, Problem> {
    let mut reading = Reading { filter, at: 0, depth: 0, criteria };
    let condition = reading.any()?;
    match reading.peek() {
        "" => Ok(condition),
        ")" => Err(reading.problem("this parenthesis closes nothing")),
        word => Err(reading.problem(format!("`AND` or `OR` is missing before `{word}`"))),
    }
}

struct Reading<'a> {
    filter: &'a Spanned<String>,
    /// Where the next word begins, or spaces before it.
    at: usize,
    depth: usize,
    criteria: usize,
}

impl<'a> Reading<'a> {
    fn any(&mut self) -> Result<Condition<usize>, Problem> {
        let mut parts = vec![self.all()?];
        while self.take("OR") {
            parts.push(self.all()?);
        }
        Ok(Condition::any(parts))
    }

    fn all(&mut self) -> Result<Condition<usize>, Problem> {
        let mut parts = vec![self.part()?];
        while self.take("AND") {
            parts.push(self.part()?);
        }
        Ok(Condition::all(parts))
    }

    fn part(&mut self) -> Result<Condition<usize>, Problem> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.problem("the filter is nested too deep"));
        }
        let part = if self.take("NOT") {
            Condition::not(self.part()?)
        } else if self.take("(") {
            let inner = self.any()?;
            if !self.take(")") {
                return Err(self.problem("a `)` is missing here"));
            }
            inner
        } else {
            Condition::Test(self.number()?)
        };
        self.depth -= 1;
        Ok(part)
    }

    fn number(&mut self) -> Result<usize, Problem> {
        let word = self.peek();
        let number = match word.parse::<usize>() {
            Ok(number) => number,
            Err(_) if word.is_empty() => return Err(self.problem("the filter ends where a number is expected")),
            Err(_) => return Err(self.problem(format!("`{word}` stands where the number of a criterion is expected"))),
        };
        if number == 0 || number > self.criteria {
            let has = if self.criteria == 1 { "1 criterion".to_owned() } else { format!("{} criteria", self.criteria) };
            return Err(self.problem(format!("there is no criterion {number}: the entry has {has}")));
        }
        self.skip(word);
        Ok(number - 1)
    }

    fn take(&mut self, wanted: &str) -> bool {
        let word = self.peek();
        let found = word.eq_ignore_ascii_case(wanted);
        if found {
            self.skip(word);
        }
        found
    }

    /// The next word: a parenthesis, a number, or letters; empty at the end.
    fn peek(&self) -> &'a str {
        let rest = self.filter.node[self.at..].trim_start();
        let kind = |sign: char| (sign.is_ascii_digit(), sign.is_alphabetic());
        let Some(first) = rest.chars().next() else { return "" };
        let end = match kind(first) {
            (false, false) => first.len_utf8(),
            same => rest.find(|sign| kind(sign) != same).unwrap_or(rest.len()),
        };
        &rest[..end]
    }

    fn skip(&mut self, word: &str) {
        let rest = &self.filter.node[self.at..];
        self.at += rest.len() - rest.trim_start().len() + word.len();
    }

    /// At the next word, if the file has the filter as it is (without entities).
    fn problem(&self, message: impl Into<String>) -> Problem {
        let span = self.filter.span;
        let rest = &self.filter.node[self.at..];
        let start = self.at + rest.len() - rest.trim_start().len();
        let plain = span.len() == self.filter.node.len();
        let word = Span::new(span.start + start as u32, span.start + (start + self.peek().len()) as u32);
        Problem::new(if plain { word } else { span }, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(filter: &str, criteria: usize) -> Result<String, String> {
        let span = Span::new(0, filter.len() as u32);
        let parsed = parse(&Spanned::new(filter.to_owned(), span), criteria);
        parsed.map(|condition| format!("{condition:?}")).map_err(|problem| {
            let at = &filter[problem.span.start as usize..problem.span.end as usize];
            format!("{} at `{at}`", problem.message)
        })
    }

    #[test]
    fn criteria_are_combined_in_any_letter_case() {
        assert_eq!(read("1 AND (2 or 3) and Not 4", 4), read("1 and (2 OR 3) AND NOT (4)", 4));
        assert_eq!(read("1 OR 2 AND 3", 3), read("1 OR (2 AND 3)", 3));
        assert_ne!(read("1 OR 2 AND 3", 3), read("(1 OR 2) AND 3", 3));
    }

    #[test]
    fn what_is_wrong_is_said_at_its_place() {
        let wrong = |filter| read(filter, 3).expect_err(filter);
        assert_eq!(wrong("1 AND 4"), "there is no criterion 4: the entry has 3 criteria at `4`");
        assert_eq!(wrong("1 AND (2 OR 3"), "a `)` is missing here at ``");
        assert_eq!(wrong("1 AND 2) OR 3"), "this parenthesis closes nothing at `)`");
        assert_eq!(wrong("1 2"), "`AND` or `OR` is missing before `2` at `2`");
        assert_eq!(wrong("1 XOR 2"), "`AND` or `OR` is missing before `XOR` at `XOR`");
        assert_eq!(wrong("AND 2"), "`AND` stands where the number of a criterion is expected at `AND`");
        assert_eq!(wrong("1 OR"), "the filter ends where a number is expected at ``");
        assert_eq!(wrong("0 OR 1"), "there is no criterion 0: the entry has 3 criteria at `0`");
        assert_eq!(wrong(&"(".repeat(1000)), "the filter is nested too deep at `(`");
    }
}
