//! Comparisons and lists as other languages write them.

use super::signs::is_value;
use crate::diagnostic::{Code, Finding};
use crate::syntax::error::{Scene, shown};
use crate::syntax::token::TokenKind;

/// `company not contains "x"`, where only `not in` is one operator.
pub(super) fn misplaced_not(scene: &Scene) -> Option<Finding> {
    let not = scene.back(1).filter(|token| token.is("not") && scene.expects("in_kw"))?;
    let found = scene.found()?;
    let subject = subject_before(scene, scene.here - 1)?;
    let operator = match found.text {
        "contains" | "has" | "<" | "<=" | ">" | ">=" => found.text.to_owned(),
        "starts" | "ends" => format!("{} with", found.text),
        "is" => {
            let span = scene.span(not).to(scene.span(found));
            return Some(Finding::new(Code::SyntaxError, span, "`not is` is written `is not`").help("write `is not`"));
        }
        _ => return None,
    };
    let span = scene.span(not).to(scene.span(found));
    Some(
        Finding::new(
            Code::SyntaxError,
            span,
            format!("`not` stands before the whole comparison, not before `{operator}`"),
        )
        .help(format!("write `not {subject} {operator} …`")),
    )
}

/// The value that ends before a token: `account.tier`.
pub(super) fn subject_before<'s>(scene: &Scene<'s>, end: usize) -> Option<&'s str> {
    let last = end.checked_sub(1)?;
    let mut first = last;
    while first >= 2 && scene.tokens[first - 1].is(".") {
        first -= 2;
    }
    scene.tokens[last].is_word().then_some(())?;
    Some(&scene.source.text[scene.tokens[first].place.start..scene.tokens[last].place.end])
}

/// `is in […]`, `is one of […]`, `is >= 5`, `is not in […]`
pub(super) fn needless_is(scene: &Scene) -> Option<Finding> {
    let found = scene.found()?;
    let from_is = (1..=4).find(|&places| scene.back(places).is_some_and(|token| token.is("is")))?;
    let is = scene.back(from_is)?;
    let between: Vec<&str> =
        (1..from_is).rev().filter_map(|places| scene.back(places)).map(|token| token.text).collect();
    let instead = match (&between[..], found.text) {
        (["in"] | ["any", "of"] | ["one", "of"], _) | (["any" | "one"], "of") => "in […]",
        (["not", "in"] | ["not", "any", "of"] | ["not", "one", "of"], _) => "not in […]",
        (["not", "any" | "one"], "of") => "not in […]",
        ([], "<" | "<=" | ">" | ">=") => found.text,
        ([], "[") => "in […]",
        (["not"], "[") => "not in […]",
        (["less"], "than") => "<",
        (["greater" | "more"], "than") => ">",
        (["between"], _) => "in LOW to HIGH",
        (["starting" | "ending"], "with") => "starts with",
        _ => return None,
    };
    let span = scene.span(is).to(scene.place());
    let mut written = vec!["is"];
    written.extend(between);
    if found.is_word() || found.text.starts_with(['<', '>']) {
        written.push(found.text);
    }
    let message = format!("`{}` is written `{instead}`", written.join(" "));
    Some(Finding::new(Code::SyntaxError, span, message).help(format!("write `{instead}`")))
}

/// `has [a, b]`, `has any [a, b]`
pub(super) fn list_after_has(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| found.is("["))?;
    let has = match (scene.back(1)?.text, scene.back(2).map(|before| before.text)) {
        ("has", _) => scene.back(1)?,
        ("any" | "all", Some("has")) => scene.back(2)?,
        _ => return None,
    };
    let help = match scene.back(1)?.text {
        "any" => "write `has any of […]`",
        "all" => "write `has all of […]`",
        _ => "write `has any of […]` or `has all of […]`",
    };
    let span = scene.span(has).to(scene.span(found));
    Some(Finding::new(Code::SyntaxError, span, "`has` asks for one tag; a list needs `any of` or `all of`").help(help))
}

/// `equals`, `between`, `startswith`, …
pub(super) fn operator_of_another_language(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|_| scene.expects("operator"))?;
    let instead = match found.text.to_lowercase().as_str() {
        "equals" | "equal" | "eq" => "is",
        "ne" | "isnt" | "isn" => "is not",
        "between" => "in LOW to HIGH",
        "includes" | "include" | "contain" | "like" | "matches" => "contains",
        "startswith" | "starts_with" | "begins" | "beginswith" | "starting" | "starts" | "start" => "starts with",
        "endswith" | "ends_with" | "ending" | "ends" => "ends with",
        "exists" => "is known",
        "greater" | "more" | "above" | "over" => ">",
        "less" | "below" | "under" => "<",
        "does" | "doesn" | "doesnt" => {
            let subject = subject_before(scene, scene.here).unwrap_or("VALUE");
            return Some(
                scene
                    .finding(format!("`{}` is not a word of the language", found.text))
                    .help(format!("negation stands before the whole comparison: `not {subject} contains …`")),
            );
        }
        _ => return None,
    };
    Some(scene.finding(format!("`{}` is not a comparison", found.text)).help(format!("write `{instead}`")))
}

/// `in DE, AT`, `in "DE"`
pub(super) fn list_without_brackets(scene: &Scene) -> Option<Finding> {
    let after_in = scene.back(2).is_some_and(|token| matches!(token.text, "in" | "contains" | "with" | "of"));
    let member = scene.back(1).filter(|member| after_in && is_value(member))?;
    let found = scene.found();
    let comma = found.is_some_and(|found| found.is(",")) && !scene.expects("comma");
    let range_like = found.is_some_and(|found| matches!(found.text, "and" | "-" | "through" | "till" | ".." | "until"));
    if comma {
        return Some(
            scene.finding("a list is written in square brackets").help(format!("write `[{}, …]`", member.text)),
        );
    }
    let in_literal = scene.expects("to_kw") && scene.back(2).is_some_and(|token| token.is("in"));
    if in_literal && range_like {
        let high = scene.ahead(1).filter(|high| is_value(high)).map_or("HIGH", |high| high.text);
        return Some(
            scene
                .finding(format!("expected `to`, found {}", found.map(shown).unwrap_or_default()))
                .help(format!("a range is written `{} to {high}`", member.text)),
        );
    }
    (in_literal && member.kind != TokenKind::Word).then(|| {
        Finding::new(Code::SyntaxError, scene.span(member), "`in` is followed by a list, a range or a table")
            .help(format!("write `in [{0}]` or `is {0}`", member.text))
    })
}

/// `in (DE, AT)`, `in {DE, AT}`
pub(super) fn list_in_other_brackets(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| found.is("(") || found.is("{"))?;
    let list_place = scene.expects_any(&["list", "open_list", "range", "table_or_column"]) && !scene.expects("dot");
    let after_in = scene.back(1).is_some_and(|token| matches!(token.text, "in" | "of" | "contains" | "with"));
    (list_place || after_in && scene.expects("operand")).then(|| {
        scene.finding(format!("a list is written in square brackets, not in `{}`", found.text)).help("write `[A, B]`")
    })
}

/// `first known of a, b`, `one of A, B`
pub(super) fn list_without_opening_bracket(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| scene.expects("open_list") && is_value(found))?;
    scene.back(1).filter(|before| before.is("of"))?;
    Some(scene.finding("a list is written in square brackets").help(format!("write `[{}, …]`", found.text)))
}

pub(super) fn empty_list(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| found.is("]"))?;
    let open = scene.back(1).filter(|open| open.is("["))?;
    Some(
        Finding::new(Code::SyntaxError, scene.span(open).to(scene.span(found)), "the list is empty")
            .help("name at least one value"),
    )
}

/// `[DE,, AT]`, `[, DE]`
pub(super) fn missing_member(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| found.is(",") && scene.expects_any(&["operand", "member", "value"]))?;
    let before = scene.back(1).filter(|before| before.is(",") || before.is("["))?;
    Some(
        Finding::new(
            Code::SyntaxError,
            scene.span(found),
            format!("a value is missing between `{}` and `,`", before.text),
        )
        .help("leave one of the signs out"),
    )
}
