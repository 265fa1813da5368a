//! What is left out: a bracket, a keyword, an action, an operator, quotes around text.

use super::signs::is_value;
use crate::cell::quoted;
use crate::diagnostic::{Code, Finding};
use crate::suggest;
use crate::syntax::error::{Piece, Scene, either, shown};
use crate::syntax::token::{Token, TokenKind};

pub(super) fn unclosed_bracket(scene: &Scene) -> Option<Finding> {
    let (close, open) = if scene.expects("close_list") {
        ("]", "[")
    } else if scene.expects("close_group") {
        (")", "(")
    } else {
        return None;
    };
    let goes_on = scene.found().is_some_and(|found| is_value(found) && !is_clause_word(found) && !found.first_of_line);
    let opened = open_bracket(scene, open, close).filter(|_| !goes_on)?;
    let found = match scene.found().or(scene.next.as_ref()) {
        Some(found) => shown(found),
        None => "the end of the file".to_owned(),
    };
    Some(
        scene
            .finding(format!("expected `{close}`, found {found}"))
            .also(scene.span(opened), format!("the `{open}` that is never closed"))
            .help(format!("close it with `{close}`")),
    )
}

/// A word that goes on after a condition.
fn is_clause_word(token: &Token) -> bool {
    matches!(
        token.text,
        "assign"
            | "go"
            | "reject"
            | "keep"
            | "when"
            | "and"
            | "or"
            | "from"
            | "until"
            | "given"
            | "expect"
            | "key"
            | "required"
    )
}

pub(super) fn open_bracket<'t, 's>(scene: &'t Scene<'s>, open: &str, close: &str) -> Option<&'t Token<'s>> {
    let mut closed = 0;
    for token in scene.tokens[..scene.here].iter().rev() {
        if token.is(close) {
            closed += 1;
        } else if token.is(open) && closed == 0 {
            return Some(token);
        } else if token.is(open) {
            closed -= 1;
        }
    }
    None
}

/// Where a number may be a time: `> 60 secs` lacks no `when`.
const UNITS: &[&str] = &["unit", "second_kw"];

/// `rule a country is DE`, `rule a Strategic accounts when …`
pub(super) fn missing_when(scene: &Scene) -> Option<Finding> {
    let found =
        scene.found().filter(|found| scene.expects("when_kw") && !scene.expects_any(UNITS) && is_value(found))?;
    let when = scene.tokens[scene.here..].iter().find(|token| token.is("when"));
    Some(match when {
        Some(when) if scene.expects("description") && !when.first_of_line => {
            let words = scene.source.text[found.place.start..when.place.start].trim_end();
            let name = scene.back(1).map_or("", |name| name.text);
            let joined = words.split_whitespace().fold(name.to_owned(), |name, word| name + "_" + word);
            scene.finding(format!("expected `when`, found `{}`", found.text)).help(format!(
                "a name is one word, such as `{joined}`; a description is written in double quotes: `{}`",
                quoted(words)
            ))
        }
        _ => scene
            .finding(format!("expected `when`, found `{}`", found.text))
            .help(format!("the condition begins with `when`: `when {} …`", found.text)),
    })
}

/// `policy p Known accounts first { … }`
pub(super) fn description_without_quotes(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| scene.expects("description") && found.is_word())?;
    let end = scene.tokens[scene.here..].iter().find(|token| !token.is_word()).filter(|token| token.is("{"))?;
    let description = scene.source.text[found.place.start..end.place.start].trim_end();
    if description.contains('\n') {
        return None;
    }
    let span = scene.source.span_at(found.place.start..found.place.start + description.len());
    Some(
        Finding::new(Code::SyntaxError, span, format!("expected `{{`, found `{description}`"))
            .help(format!("a description is written in double quotes: `{}`", quoted(description))),
    )
}

/// `reject` and `allow CODE` without their reasons.
pub(super) fn missing_reason(scene: &Scene) -> Option<Finding> {
    let keyword = scene.back(1).filter(|_| scene.expects("text"))?;
    let unquoted = scene.found().is_some_and(|found| found.is_word() && !found.first_of_line);
    if keyword.is("reject") && !unquoted {
        return Some(
            scene
                .finding("`reject` needs a reason")
                .help("write why, in double quotes: `reject \"disposable address\"`"),
        );
    }
    scene.back(2).filter(|before| before.is("allow"))?;
    Some(
        scene
            .finding("`allow` needs a reason")
            .help(format!("write why, in double quotes: `allow {} \"kept for May\"`", keyword.text)),
    )
}

/// `when country is assign …`: the action's keyword was read as the value.
pub(super) fn missing_value(scene: &Scene) -> Option<Finding> {
    let operator = scene.back(2).filter(|_| scene.expects("action"))?;
    let read = scene.back(1).filter(|read| matches!(read.text, "assign" | "go" | "reject" | "keep"))?;
    let operator_word =
        matches!(operator.text, "is" | "not" | "<" | "<=" | ">" | ">=" | "contains" | "with" | "has" | "in" | "to");
    operator_word.then(|| {
        Finding::new(Code::SyntaxError, scene.span(read), format!("expected a value, found `{}`", read.text))
            .help(format!("say what follows `{}`", operator.text))
    })
}

/// The rule ends, or goes on with something else, after its condition.
pub(super) fn missing_action(scene: &Scene) -> Option<Finding> {
    let ended = scene.found().is_none() && scene.expects("action");
    ended.then(|| {
        scene
            .finding("the action is missing")
            .at("expected `assign`, `go to`, `reject` or `keep owner`")
            .help("say what happens to the lead: `assign team NAME by weight or queue NAME`")
    })
}

/// `hours of created_at`, `domains of email`
pub(super) fn other_form_of_function(scene: &Scene) -> Option<Finding> {
    scene.found().filter(|found| found.is("of") && scene.expects("operator"))?;
    let word = scene.back(1).filter(|word| word.is_word())?;
    let meant = suggest::nearest(word.text, ["hour", "weekday", "domain", "first known"])?;
    let span = scene.span(word).to(scene.place());
    let message = format!("expected a value, found `{} of`", word.text);
    Some(Finding::new(Code::SyntaxError, span, message).help(format!("did you mean `{meant} of`?")))
}

/// `country DE`
pub(super) fn missing_operator(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| scene.expects("operator") && is_value(found) && !is_clause_word(found))?;
    let value = scene.back(1).filter(|value| value.is_word() && !found.first_of_line)?;
    Some(
        scene
            .finding(format!("a comparison is missing between `{}` and {}", value.text, shown(found)))
            .help(format!("write `{} is {}`", value.text, found.text)),
    )
}

/// `employees > 500 employees`
pub(super) fn word_after_number(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| found.kind == TokenKind::Word && !is_clause_word(found))?;
    let number = scene.back(1).filter(|number| number.kind == TokenKind::Number && scene.expects("and_kw"))?;
    scene.back(2).filter(|before| matches!(before.text, "<" | "<=" | ">" | ">="))?;
    (!found.first_of_line).then(|| {
        scene
            .finding(format!("a number is compared alone, and `{}` stands behind it", found.text))
            .help(format!("write `{}`; more conditions follow after `and` or `or`", number.text))
    })
}

/// `when country is DE, employees >= 500`
pub(super) fn comma_for_and(scene: &Scene) -> Option<Finding> {
    scene.found().filter(|found| found.is(",") && scene.expects("and_kw"))?;
    let next = scene.ahead(1).filter(|next| next.is_word() && !is_clause_word(next))?;
    let help = format!("write `and {}`, or `or`", next.text);
    Some(scene.finding("`,` does not join conditions").help(help))
}

/// `when country is DE employees >= 500`
pub(super) fn missing_and(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| scene.expects("and_kw") && found.is_word())?;
    let mut next = 1;
    while scene.ahead(next).is_some_and(|token| token.is(".")) {
        next += 2;
    }
    let compares = scene.ahead(next).is_some_and(|token| {
        matches!(token.text, "is" | "in" | "not" | "contains" | "starts" | "ends" | "has" | "<" | "<=" | ">" | ">=")
    });
    compares.then(|| {
        scene
            .finding(format!("expected `and` or `or` before `{}`", found.text))
            .help("two comparisons are joined by `and` or `or`")
    })
}

const ONE: &str = "text with spaces or signs is written in double quotes";
const SEVERAL: &str = "members are separated by `,`, and a text of several words is written in double quotes";

/// `industry is Financial Services`, `[New York, Boston]`, `with skill health care`
pub(super) fn unquoted_text(scene: &Scene) -> Option<Finding> {
    let found = scene.found()?;
    if scene.expects_any(&["operand", "text"]) {
        return bare_word_for_text(scene, found);
    }
    let follows =
        scene.expects_any(&["comma", "and_kw", "to_kw", "by_kw"]) && !scene.expects_any(&["operator", "for_kw"]);
    let first = scene.back(1).filter(|first| follows && is_bare(first) && is_bare_rest(found))?;
    let last = last_of_words(scene);
    let text = &scene.source.text[first.place.start..last.place.end];
    let names_only = scene.piece == Piece::Clause && scene.tokens.iter().any(|token| token.is("preview"));
    let mut ways = if names_only { Vec::new() } else { vec![format!("`{}`", quoted(text))] };
    if scene.expects("comma") && found.is_word() {
        let members: Vec<&str> = text.split_whitespace().collect();
        // Codes stand for themselves: who writes them means several.
        let place = if members.iter().all(|member| is_code(member)) { 0 } else { ways.len() };
        ways.insert(place, format!("`{}`", members.join(", ")));
    }
    if names_only {
        return Some(
            scene.finding(format!("expected `,`, found {}", shown(found))).help(format!("write {}", either(ways))),
        );
    }
    Some(
        Finding::new(
            Code::SyntaxError,
            scene.span(first).to(scene.span(last)),
            format!("`{text}` is more than one word"),
        )
        .help(format!("{}: write {}", if ways.len() > 1 { SEVERAL } else { ONE }, either(ways))),
    )
}

/// `reject because of spam`, `is mid-market`
fn bare_word_for_text(scene: &Scene, found: &Token) -> Option<Finding> {
    if !found.is_word() {
        return None;
    }
    let last = last_of_words(scene);
    let text = &scene.source.text[found.place.start..last.place.end];
    let span = scene.span(found).to(scene.span(last));
    Some(
        Finding::new(Code::SyntaxError, span, format!("expected text in double quotes, found `{text}`"))
            .help(format!("write `{}`", quoted(text))),
    )
}

/// `DE`, `USA`
fn is_code(word: &str) -> bool {
    (2..=3).contains(&word.len()) && word.bytes().all(|letter| letter.is_ascii_uppercase())
}

fn is_bare(token: &Token) -> bool {
    matches!(token.kind, TokenKind::Word | TokenKind::Number)
}

/// What goes on after a bare word as part of the same text.
fn is_bare_rest(token: &Token) -> bool {
    let joint = matches!(token.text, "@" | "&" | "/" | "-" | "+" | "'" | "." | "%");
    (is_bare(token) && !is_clause_word(token) || joint) && !token.first_of_line
}

/// The last of the words that stand together from the failure on, on one line.
fn last_of_words<'t, 's>(scene: &'t Scene<'s>) -> &'t Token<'s> {
    let rest = &scene.tokens[scene.here..];
    let count = 1 + rest[1..].iter().take_while(|token| is_bare_rest(token)).count();
    &rest[count - 1]
}
