//! What to say about text that is not of the language.

use rust_decimal::Decimal;

use crate::diagnostic::{Code, Finding};
use crate::source::{SourceFile, Span, Spanned};

/// What a bad piece of text was to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Piece {
    File,
    Item,
    Entry,
    Field,
    Column,
    Clause,
}

/// Where reading stopped.
#[derive(Debug)]
pub(super) struct Failure {
    /// Offset in the file.
    pub at: usize,
    /// Where the piece ends.
    pub end: usize,
    /// What could have stood there, by the names of the grammar.
    pub expected: Vec<String>,
}

pub(super) fn not_a_policy(_source: &SourceFile) -> Option<Finding> {
    None
}

pub(super) fn begins(piece: Piece, text: &str) -> bool {
    let word = text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    match piece {
        Piece::File | Piece::Item => matches!(
            word,
            "use"
                | "roster"
                | "timezone"
                | "lead"
                | "table"
                | "let"
                | "territory"
                | "segment"
                | "assume"
                | "queue"
                | "policy"
                | "account"
                | "fallback"
                | "start"
                | "test"
                | "allow"
        ),
        Piece::Entry => matches!(word, "rule" | "each" | "otherwise" | "allow"),
        Piece::Field | Piece::Column => false,
        Piece::Clause => matches!(
            word,
            "open" | "order" | "claim" | "preview" | "lock" | "holding" | "floor" | "mix" | "skips" | "first" | "after"
        ),
    }
}

pub(super) fn explain(source: &SourceFile, _piece: Piece, failure: &Failure) -> Finding {
    let span = source.span_at(failure.at..failure.at);
    if failure.expected.iter().any(|name| name == "shallow") {
        return Finding::new(Code::NestedTooDeep, span, "more than 128 levels inside one another");
    }
    Finding::new(Code::SyntaxError, span, format!("expected {}", failure.expected.join(", ")))
}

pub(super) fn value_alone(span: Span, text: &str) -> Finding {
    Finding::new(Code::SyntaxError, span, format!("`{text}` is a value, not a condition"))
        .help(format!("say what is asked of it, for example `{text} is known`"))
}

pub(super) fn unclosed_text(_source: &SourceFile, span: Span) -> Finding {
    Finding::new(Code::SyntaxError, span, "text without its second `\"`")
}

pub(super) fn unknown_escape(span: Span, unknown: char) -> Finding {
    Finding::new(Code::SyntaxError, span, format!("unknown escape `\\{unknown}`"))
        .help("text can hold `\\\"`, `\\\\` and `\\n`; for a backslash itself write `\\\\`")
}

pub(super) fn number_too_long(span: Span, written: &str) -> Finding {
    Finding::new(Code::SyntaxError, span, format!("the number `{written}` has too many digits"))
}

pub(super) fn not_a_count(number: Spanned<Decimal>) -> Finding {
    Finding::new(Code::SyntaxError, number.span, format!("`{}` is no whole number from 0 to {}", number.node, u32::MAX))
}

pub(super) fn no_such_day(span: Span, written: &str) -> Finding {
    Finding::new(Code::SyntaxError, span, format!("there is no day `{written}`"))
}

pub(super) fn said_twice(what: &str, first: Span, second: Span) -> Finding {
    Finding::new(Code::DuplicateName, second, format!("`{what}` is said twice")).also(first, "said here first")
}

pub(super) fn unclosed_block(source: &SourceFile, open: Span, end: usize) -> Finding {
    Finding::new(Code::SyntaxError, source.span_at(end..end), "expected `}`").also(open, "opened here")
}
