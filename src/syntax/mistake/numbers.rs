//! Numbers, ranges, dates and moments.

use crate::diagnostic::{Code, Finding};
use crate::syntax::error::{Piece, Scene, shown};
use crate::syntax::token::{Token, TokenKind};

/// `1,000`
pub(super) fn grouped_digits(scene: &Scene) -> Option<Finding> {
    let is_number = |token: &&Token| token.kind == TokenKind::Number;
    scene.found().filter(|found| found.is(",") && !scene.expects("comma"))?;
    let before = scene.back(1).filter(is_number)?;
    let after = scene.ahead(1).filter(is_number).filter(|after| after.text.len() == 3)?;
    let span = scene.span(before).to(scene.span(after));
    Some(
        Finding::new(Code::SyntaxError, span, "`,` inside a number")
            .help(format!("digits are grouped with `_`: `{}_{}`", before.text, after.text)),
    )
}

/// `integer 0 5`, `integer 0 - 5`
pub(super) fn range_without_to(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|_| scene.expects("to_kw") && scene.expected.len() <= 2)?;
    let low = scene.back(1).filter(|low| low.kind == TokenKind::Number)?;
    let high = [Some(found), scene.ahead(1)].into_iter().flatten().find(|high| high.kind == TokenKind::Number)?;
    Some(scene.finding(format!("expected `to`, found {}", shown(found))).help(format!(
        "a range is written `{} to {}`",
        low.text,
        high.text.trim_start_matches(['-', '.'])
    )))
}

pub(super) fn bad_number(scene: &Scene) -> Option<Finding> {
    if let Some(finding) = number_with_final_dot(scene) {
        return Some(finding);
    }
    let found = scene.found().filter(|found| found.kind == TokenKind::Number)?;
    let wanted = ["number", "operand", "date", "timestamp", "duration", "list", "range", "moment", "percent", "unit"];
    if !(scene.inside || scene.expects_any(&wanted)) || is_plain_number(found.text) {
        return None;
    }
    let parts: Vec<&str> = found.text.split(['-', '/', '.', ':']).collect();
    let is_date = scene.expects("date") || looks_like_date(&parts);
    let is_time =
        scene.piece == Piece::Clause && scene.tokens.iter().any(|token| matches!(token.text, "lock" | "after" | "for"));
    let help = match parts[..] {
        _ if is_date => "a date is year, month and day: `2026-01-31`".to_owned(),
        [low, high] if found.text.contains('-') && !low.is_empty() => format!("a range is written `{low} to {high}`"),
        _ if scene.expects("timestamp") => "a time is written `2026-01-31T09:00:00Z`".to_owned(),
        _ if is_time => "a time is written `15 minutes`".to_owned(),
        _ => "numbers are written `5_000_000`, `0.25` or `-3`; anything else is written in double quotes".to_owned(),
    };
    let what = if is_date { "date" } else { "number" };
    Some(scene.finding(format!("`{}` is not a {what}", found.text)).help(help))
}

/// `1.`
fn number_with_final_dot(scene: &Scene) -> Option<Finding> {
    let dot = scene.found().filter(|found| found.is("."))?;
    let number =
        scene.back(1).filter(|number| number.kind == TokenKind::Number && number.place.end == dot.place.start)?;
    let span = scene.span(number).to(scene.span(dot));
    Some(
        Finding::new(Code::SyntaxError, span, format!("`{}.` is not a number", number.text))
            .help(format!("write `{}`", number.text)),
    )
}

/// `from "2026-01-01"`
pub(super) fn quoted_date(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| scene.expects("date") && found.kind == TokenKind::Text)?;
    let date = found.text.trim_matches('"');
    Some(
        scene
            .finding(format!("expected a date, found {}", shown(found)))
            .help(format!("a date is written without quotes: `{date}`")),
    )
}

/// `2026-11-23 10:00`
pub(super) fn moment_in_two_words(scene: &Scene) -> Option<Finding> {
    let time = scene.found().filter(|found| found.kind == TokenKind::Number)?;
    let day = scene.back(1).filter(|day| looks_like_date(&day.text.split('-').collect::<Vec<&str>>()))?;
    let parts: Vec<&str> = time.text.split(':').collect();
    let is_time = matches!(parts.len(), 2 | 3) && parts.iter().all(|part| part.len() == 2 && is_plain_number(part));
    let seconds = if parts.len() == 2 { ":00" } else { "" };
    is_time.then(|| {
        let span = scene.span(day).to(scene.span(time));
        Finding::new(Code::SyntaxError, span, "a moment is one word, with its offset").help(format!(
            "write `{}T{}{seconds}Z` in UTC, or e.g. `{}T{}{seconds}+01:00`",
            day.text, time.text, day.text, time.text
        ))
    })
}

fn is_plain_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn looks_like_date(parts: &[&str]) -> bool {
    parts.len() == 3 && parts.iter().all(|part| is_plain_number(part) && !part.is_empty())
}
