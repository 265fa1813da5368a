//! The formulas of Salesforce: text → tree ([`parse`]) → what it asks of a record ([`meaning`]).

pub mod meaning;
mod words;

use words::{Word, words};

/// A formula as written.
#[derive(Clone, PartialEq, Debug)]
pub enum Expr {
    Text(String),
    /// Its digits.
    Number(String),
    Bool(bool),
    Null,
    /// `Country`, `Account.SLA__c`, `$User.Id`
    Field(String),
    /// The name in capitals.
    Call(String, Vec<Expr>),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    Binary(Operator, Box<Expr>, Box<Expr>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// `+`, `-`, `*`, `/`, `^`, `&`: nothing here computes.
    Arithmetic(char),
}

/// Deeper than people write, and shallow enough for every stack.
const DEEPEST: usize = 100;

/// Reads a formula; an error says what cannot be read, in words for a sentence that begins with
/// "the formula".
pub fn parse(text: &str) -> Result<Expr, String> {
    let words = words(text)?;
    let mut reading = Reading { words: &words, depth: 0 };
    let expr = reading.binary(0)?;
    match reading.words.first() {
        None => Ok(expr),
        Some(word) => Err(format!("has {word} where it should end")),
    }
}

/// From the loosest to the tightest.
fn level(word: &Word) -> Option<(usize, Operator)> {
    let Word::Sign(sign) = word else { return None };
    Some(match *sign {
        "||" => (0, Operator::Or),
        "&&" => (1, Operator::And),
        "=" | "==" => (2, Operator::Equal),
        "<>" | "!=" => (2, Operator::NotEqual),
        "<" => (3, Operator::Less),
        "<=" => (3, Operator::LessOrEqual),
        ">" => (3, Operator::Greater),
        ">=" => (3, Operator::GreaterOrEqual),
        "+" => (4, Operator::Arithmetic('+')),
        "-" => (4, Operator::Arithmetic('-')),
        "&" => (4, Operator::Arithmetic('&')),
        "*" => (5, Operator::Arithmetic('*')),
        "/" => (5, Operator::Arithmetic('/')),
        "^" => (6, Operator::Arithmetic('^')),
        _ => return None,
    })
}

const TIGHTEST: usize = 6;

struct Reading<'a> {
    words: &'a [Word],
    depth: usize,
}

impl Reading<'_> {
    /// Operators of one level or tighter, from left to right.
    fn binary(&mut self, loosest: usize) -> Result<Expr, String> {
        if loosest > TIGHTEST {
            return self.unary();
        }
        let mut left = self.binary(loosest + 1)?;
        while let Some((at, operator)) = self.words.first().and_then(level).filter(|(at, _)| *at == loosest) {
            self.words = &self.words[1..];
            let right = self.binary(at + 1)?;
            left = Expr::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("is nested too deep".to_owned());
        }
        let expr = if self.take("!") {
            Expr::Not(Box::new(self.unary()?))
        } else if self.take("-") {
            match self.unary()? {
                Expr::Number(digits) => Expr::Number(format!("-{digits}")),
                other => Expr::Negative(Box::new(other)),
            }
        } else if self.take("+") {
            self.unary()?
        } else {
            self.primary()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn primary(&mut self) -> Result<Expr, String> {
        let Some((word, rest)) = self.words.split_first() else {
            return Err("ends where something is expected".to_owned());
        };
        self.words = rest;
        match word {
            Word::Text(text) => Ok(Expr::Text(text.clone())),
            Word::Number(digits) => Ok(Expr::Number(digits.clone())),
            Word::Name(name) if self.take("(") => Ok(Expr::Call(name.to_uppercase(), self.arguments()?)),
            Word::Name(name) => Ok(named(name)),
            Word::Sign("(") => {
                let inner = self.binary(0)?;
                if self.take(")") { Ok(inner) } else { Err("lacks a `)`".to_owned()) }
            }
            Word::Sign(_) => Err(format!("has {word} where a value is expected")),
        }
    }

    fn arguments(&mut self) -> Result<Vec<Expr>, String> {
        let mut arguments = Vec::new();
        if self.take(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.binary(0)?);
            if self.take(")") {
                return Ok(arguments);
            }
            if !self.take(",") {
                return Err("lacks a `)`".to_owned());
            }
        }
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = matches!(self.words.first(), Some(Word::Sign(found)) if *found == sign);
        if found {
            self.words = &self.words[1..];
        }
        found
    }
}

fn named(name: &str) -> Expr {
    match name.to_uppercase().as_str() {
        "TRUE" => Expr::Bool(true),
        "FALSE" => Expr::Bool(false),
        "NULL" => Expr::Null,
        _ => Expr::Field(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_bind_as_salesforce_documents() {
        assert_eq!(parse("A = 1 || B = 2 && !C"), parse("(A = 1) || ((B = 2) && (!C))"));
        assert_eq!(parse("a -1 < b"), parse("(a - 1) < b"));
        assert_eq!(parse("and(X, not(Y))"), parse("AND ( X ,\n NOT ( Y ) )"));
        assert_eq!(parse("'it''s'"), Err("has the text `s` where it should end".to_owned()));
        assert_eq!(parse(r#""a\"b" = 'c\'d'"#), parse(r#"'a"b' = "c'd""#));
        assert_eq!(parse("/* why */ TRUE"), Ok(Expr::Bool(true)));
        assert_eq!(parse("-5"), Ok(Expr::Number("-5".to_owned())));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        assert_eq!(parse("AND(A"), Err("lacks a `)`".to_owned()));
        assert_eq!(parse("A = "), Err("ends where something is expected".to_owned()));
        assert_eq!(parse("A = 'b"), Err("has a text that never ends".to_owned()));
        assert_eq!(parse("A ? B"), Err("has the sign `?`".to_owned()));
        assert_eq!(parse("A B"), Err("has `B` where it should end".to_owned()));
        assert_eq!(parse(&"(".repeat(10_000)), Err("is nested too deep".to_owned()));
        assert_eq!(parse(&"NOT(".repeat(10_000)), Err("is nested too deep".to_owned()));
        assert_eq!(parse(&"-".repeat(10_000)), Err("is nested too deep".to_owned()));
    }
}
