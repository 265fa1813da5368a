//! Quotes, signs and separators of other languages, and those that mean nothing here.

use super::comparisons::subject_before;
use super::missing::open_bracket;
use crate::cell::quoted;
use crate::diagnostic::{Code, Finding};
use crate::syntax::error::{Piece, Scene};
use crate::syntax::token::{Token, TokenKind};

/// `'DE'`, `“DE”`, `` `DE` ``
pub(super) fn foreign_quotes(scene: &Scene) -> Option<Finding> {
    const QUOTES: &[char] = &['\'', '`', '“', '”', '„', '‘', '’', '«', '»', '‹', '›'];
    let found = scene.found().filter(|found| found.text.starts_with(QUOTES))?;
    let line = scene.source.text[found.place.start..].lines().next()?;
    let inside = line[found.text.len()..].split(QUOTES).next().filter(|inside| !inside.is_empty())?;
    Some(
        scene
            .finding(format!("`{}` does not quote text", found.text))
            .help(format!("text is written in double quotes: `{}`", quoted(inside))),
    )
}

/// `// note`, `/* note */`, `-- note`
pub(super) fn foreign_comment(scene: &Scene) -> Option<Finding> {
    let found = scene.found()?;
    let text = &scene.source.text[found.place.start..];
    let sign = ["//", "/*", "--"].into_iter().find(|sign| text.starts_with(sign))?;
    Some(
        scene
            .finding(format!("`{sign}` does not begin a comment"))
            .help("a comment begins with `#` and goes on to the end of its line"),
    )
}

/// `name is "x reject "no"`, where the second quote was read as the first text's end.
pub(super) fn quote_not_closed(scene: &Scene) -> Option<Finding> {
    let found = scene.found()?;
    let text = scene.back(1).filter(|text| text.kind == TokenKind::Text && text.place.end == found.place.start)?;
    (found.is_word() && !scene.inside).then(|| {
        Finding::new(Code::SyntaxError, scene.span(text), "text without its closing quote")
            .at(format!("so it goes on until the quote before `{}`", found.text))
            .help("write `\"` where the text ends; a `\"` inside it is written `\\\"`")
    })
}

/// `==`, `=`, `!=`
pub(super) fn sign_for_is(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|_| scene.expects("operator"))?;
    let word = match found.text {
        "=" | "==" | "===" | ":=" => "is",
        "!=" | "!==" | "<>" | "≠" | "~=" => "is not",
        _ => return None,
    };
    let example = match (subject_before(scene, scene.here), scene.ahead(1)) {
        (Some(left), Some(right)) if is_value(right) => format!("`{left} {word} {}`", right.text),
        _ => format!("`{word}`"),
    };
    let finding = scene.finding(format!("`{}` is not a comparison", found.text)).help(format!("write {example}"));
    Some(finding.write_instead(word))
}

pub(super) fn is_value(token: &Token) -> bool {
    matches!(token.kind, TokenKind::Word | TokenKind::Text | TokenKind::Number)
}

/// `&&`, `||`, `!`
pub(super) fn sign_for_word(scene: &Scene) -> Option<Finding> {
    let found = scene.found()?;
    let word = match found.text {
        "&&" | "&" if scene.expects("and_kw") => "and",
        "||" | "|" if scene.expects("or_kw") => "or",
        "!" | "~" if scene.expects_any(&["condition", "conjunction", "comparison", "value", "negation"]) => "not",
        _ => return None,
    };
    let finding = scene.finding(format!("`{}` is written `{word}`", found.text)).help(format!("write `{word}`"));
    Some(finding.write_instead(word))
}

/// `=>` for `>=`
pub(super) fn swapped_sign(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|_| scene.expects("operator"))?;
    let sign = match found.text {
        "=>" | "≥" => ">=",
        "=<" | "≤" => "<=",
        _ => return None,
    };
    let finding = scene.finding(format!("`{}` is written `{sign}`", found.text)).help(format!("write `{sign}`"));
    Some(finding.write_instead(sign))
}

pub(super) fn stray_bracket(scene: &Scene) -> Option<Finding> {
    let found = scene.found()?;
    let open = match found.text {
        ")" => "(",
        "]" => "[",
        _ => return None,
    };
    let closes_nothing = open_bracket(scene, open, found.text).is_none();
    closes_nothing.then(|| scene.finding(format!("`{}` closes nothing", found.text)).help("leave it out"))
}

pub(super) fn stray_colon(scene: &Scene) -> Option<Finding> {
    scene.found().filter(|found| found.is(":"))?;
    let help = match scene.back(1) {
        Some(before) => format!("leave it out after `{}`", before.text),
        None => "leave it out".to_owned(),
    };
    Some(scene.finding("`:` has no meaning here").help(help))
}

pub(super) fn stray_separator(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| matches!(found.text, "," | ";"))?;
    if found.is(";") && scene.expects("comma") {
        return Some(scene.finding("`;` is written `,`").help("write `,`").write_instead(","));
    }
    let help = match scene.piece {
        Piece::Item => "leave it out: each declaration begins with its own word",
        Piece::Entry => "leave it out: rules and their parts begin with their own words",
        Piece::Field | Piece::Column => "leave it out: a field is its name and its type",
        Piece::Clause => "leave it out: each clause begins with its own word",
    };
    Some(scene.finding(format!("`{}` has no meaning here", found.text)).help(help))
}
