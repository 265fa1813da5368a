//! The mistakes people make in the policy language, each with what to write instead.
//!
//! Every function looks at one failure and recognises one mistake, or nothing. They are tried in the
//! order of [`MISTAKES`]: those that are sure of themselves first.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::error::{Piece, Scene, did_you_mean, either, shown};
use super::token::{Token, TokenKind};
use crate::cell::quoted;
use crate::diagnostic::{Code, Finding};

/// The finding of the first mistake that is recognised.
pub(super) fn recognised(scene: &Scene) -> Option<Finding> {
    MISTAKES.iter().find_map(|mistake| mistake(scene))
}

type Mistake = fn(&Scene) -> Option<Finding>;

const MISTAKES: &[Mistake] = &[
    stray_brace,
    rule_outside_policy,
    nameless,
    quoted_name,
    bad_name,
    foreign_quotes,
    sign_for_is,
    sign_for_word,
    swapped_sign,
    stray_bracket,
    misplaced_not,
    needless_is,
    list_after_has,
    operator_of_another_language,
    grouped_digits,
    range_without_to,
    list_without_brackets,
    list_in_other_brackets,
    list_without_opening_bracket,
    empty_list,
    missing_member,
    missing_value,
    other_word_for_otherwise,
    otherwise_with_condition,
    other_word_for_go_to,
    other_word_for_when,
    needless_then,
    assign_to,
    method_without_by,
    joined_by_other_word,
    missing_equals,
    constant,
    and_for_comma,
    test_without_given,
    stray_colon,
    stray_separator,
    quoted_date,
    bad_number,
    upper_case_keyword,
    misspelt_keyword,
    unclosed_bracket,
    missing_when,
    description_without_quotes,
    missing_reason,
    missing_action,
    missing_operator,
    missing_and,
    unquoted_text,
];

// --- Braces and names -----------------------------------------------------------------------------

fn stray_brace(scene: &Scene) -> Option<Finding> {
    let found = scene.found()?;
    let nothing_open = scene.piece == Piece::Item && found.is("}");
    nothing_open.then(|| scene.finding("`}` closes nothing").help("leave it out, or look for a `}` too many above it"))
}

fn rule_outside_policy(scene: &Scene) -> Option<Finding> {
    let first = scene.found().filter(|found| matches!(found.text, "rule" | "otherwise" | "each" | "when"))?;
    let begins = scene.piece == Piece::Item && scene.expects_any(&["item", "item_alone", "EOI"]);
    if scene.expects("by_rule_kw") {
        return Some(scene.finding("expected `by rule`, found `rule`").help("write `by rule NAME`"));
    }
    begins.then(|| {
        scene
            .finding(format!("`{}` outside a policy", first.text))
            .help("rules are written inside `policy NAME { … }`; look for a `}` too many above it")
    })
}

/// `rule when …` and `table from …`, where the next keyword was read as the name; `policy {`.
fn nameless(scene: &Scene) -> Option<Finding> {
    let what = match scene.back(2).filter(|_| is_named_by_keyword(scene)) {
        Some(what) => what,
        None => scene.back(1).filter(|_| scene.expects("name") && is_end_of_head(scene))?,
    };
    if what.is("of") {
        return Some(
            Finding::new(Code::SyntaxError, scene.span(what), "`each row of` without a table")
                .help("write `each row of TABLE`"),
        );
    }
    let named = matches!(what.text, "rule" | "policy" | "table" | "queue" | "let" | "territory" | "segment");
    named.then(|| {
        Finding::new(Code::SyntaxError, scene.span(what), format!("a {} without a name", noun(what.text)))
            .help(format!("write `{} NAME`", what.text))
    })
}

fn is_named_by_keyword(scene: &Scene) -> bool {
    let what = scene.back(2).map(|what| what.text);
    let name = scene.back(1).map(|name| name.text);
    match what {
        Some("rule" | "of") => scene.expects("when_kw") && matches!(name, Some("when" | "from" | "until")),
        Some("table") => scene.expects("from_kw") && name == Some("from"),
        _ => false,
    }
}

fn is_end_of_head(scene: &Scene) -> bool {
    scene.found().is_none_or(|found| matches!(found.text, "{" | "="))
}

fn noun(keyword: &str) -> &str {
    if keyword == "let" { "definition" } else { keyword }
}

/// Where the grammar expects a name, or something that begins with one.
const NAMES: &[&str] = &["name", "term", "field", "field_alone", "column_alone"];

fn quoted_name(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| found.kind == TokenKind::Text && scene.expects_any(NAMES))?;
    let name = as_name(found.text.trim_matches('"'));
    Some(
        scene
            .finding(format!("expected a name, found {}", shown(found)))
            .help(format!("names are written without quotes and are made of letters, digits and `_`: `{name}`")),
    )
}

fn bad_name(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| matches!(found.kind, TokenKind::Word | TokenKind::Number))?;
    let name_only =
        (scene.expects_any(NAMES) || scene.expects_any(&["value", "condition"])) && !scene.expects("operand");
    let name = as_name(found.text);
    (name_only && name != found.text).then(|| {
        scene
            .finding(format!("`{}` is not a name", found.text))
            .help(format!("names begin with a letter and are made of A to Z, a to z, digits and `_`: `{name}`"))
    })
}

/// The nearest thing to a text that is a name: without accents, other signs as `_`.
fn as_name(text: &str) -> String {
    let plain = text.nfd().filter(|character| !is_combining_mark(*character));
    let name: String = plain.map(|character| if character.is_ascii_alphanumeric() { character } else { '_' }).collect();
    let name = name.trim_matches('_');
    match name.chars().next() {
        Some(first) if first.is_ascii_alphabetic() => name.to_owned(),
        Some(_) => format!("n{name}"),
        None => "a_name".to_owned(),
    }
}

// --- Quotes and signs -----------------------------------------------------------------------------

/// `'DE'`, `“DE”`, `` `DE` ``
fn foreign_quotes(scene: &Scene) -> Option<Finding> {
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

/// `==`, `=`, `!=`
fn sign_for_is(scene: &Scene) -> Option<Finding> {
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
    Some(scene.finding(format!("`{}` is not a comparison", found.text)).help(format!("write {example}")))
}

fn is_value(token: &Token) -> bool {
    matches!(token.kind, TokenKind::Word | TokenKind::Text | TokenKind::Number)
}

/// `&&`, `||`, `!`
fn sign_for_word(scene: &Scene) -> Option<Finding> {
    let found = scene.found()?;
    let word = match found.text {
        "&&" | "&" if scene.expects("and_kw") => "and",
        "||" | "|" if scene.expects("or_kw") => "or",
        "!" | "~" if scene.expects_any(&["condition", "conjunction", "comparison", "value", "negation"]) => "not",
        _ => return None,
    };
    Some(scene.finding(format!("`{}` is written `{word}`", found.text)).help(format!("write `{word}`")))
}

/// `=>` for `>=`
fn swapped_sign(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|_| scene.expects("operator"))?;
    let sign = match found.text {
        "=>" | "≥" => ">=",
        "=<" | "≤" => "<=",
        _ => return None,
    };
    Some(scene.finding(format!("`{}` is written `{sign}`", found.text)).help(format!("write `{sign}`")))
}

fn stray_bracket(scene: &Scene) -> Option<Finding> {
    let found = scene.found()?;
    let open = match found.text {
        ")" => "(",
        "]" => "[",
        _ => return None,
    };
    let closes_nothing = open_bracket(scene, open, found.text).is_none();
    closes_nothing.then(|| scene.finding(format!("`{}` closes nothing", found.text)).help("leave it out"))
}

// --- Comparisons ----------------------------------------------------------------------------------

/// `company not contains "x"`, where only `not in` is one operator.
fn misplaced_not(scene: &Scene) -> Option<Finding> {
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
fn subject_before<'s>(scene: &Scene<'s>, end: usize) -> Option<&'s str> {
    let last = end.checked_sub(1)?;
    let mut first = last;
    while first >= 2 && scene.tokens[first - 1].is(".") {
        first -= 2;
    }
    scene.tokens[last].is_word().then_some(())?;
    Some(&scene.source.text[scene.tokens[first].place.start..scene.tokens[last].place.end])
}

/// `is in […]`, `is one of […]`, `is >= 5`, `is not in […]`
fn needless_is(scene: &Scene) -> Option<Finding> {
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
fn list_after_has(scene: &Scene) -> Option<Finding> {
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
fn operator_of_another_language(scene: &Scene) -> Option<Finding> {
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
fn list_without_brackets(scene: &Scene) -> Option<Finding> {
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
fn list_in_other_brackets(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| found.is("(") || found.is("{"))?;
    let list_place = scene.expects_any(&["list", "open_list", "range", "table_or_column"]) && !scene.expects("dot");
    let after_in = scene.back(1).is_some_and(|token| matches!(token.text, "in" | "of" | "contains" | "with"));
    (list_place || after_in && scene.expects("operand")).then(|| {
        scene.finding(format!("a list is written in square brackets, not in `{}`", found.text)).help("write `[A, B]`")
    })
}

/// `first known of a, b`, `one of A, B`
fn list_without_opening_bracket(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| scene.expects("open_list") && is_value(found))?;
    scene.back(1).filter(|before| before.is("of"))?;
    Some(scene.finding("a list is written in square brackets").help(format!("write `[{}, …]`", found.text)))
}

fn empty_list(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| found.is("]"))?;
    let open = scene.back(1).filter(|open| open.is("["))?;
    Some(
        Finding::new(Code::SyntaxError, scene.span(open).to(scene.span(found)), "the list is empty")
            .help("name at least one value"),
    )
}

/// `[DE,, AT]`, `[, DE]`
fn missing_member(scene: &Scene) -> Option<Finding> {
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

// --- Rules ----------------------------------------------------------------------------------------

/// `else`, `default`
fn other_word_for_otherwise(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|_| scene.piece == Piece::Entry)?;
    let begins = scene.expects_any(&["entry", "entry_alone", "EOI"]);
    let word = matches!(found.text, "else" | "default" | "elif" | "elsif" | "_" | "*" | "fallback" | "finally");
    (begins && word).then(|| {
        let help = match scene.ahead(1) {
            Some(next) if next.is("if") || found.is("elif") || found.is("elsif") => {
                "each further case is a rule of its own: `rule NAME when …`"
            }
            _ => "write `otherwise`",
        };
        scene.finding(format!("`{}` is not a word of the language", found.text)).help(help)
    })
}

fn otherwise_with_condition(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| matches!(found.text, "when" | "if"))?;
    scene.back(1).filter(|before| before.is("otherwise"))?;
    Some(
        scene
            .finding(format!("`otherwise` has no condition, but `{}` follows", found.text))
            .help("it takes every lead that no rule took; to ask for more, write `rule NAME when …` before it"),
    )
}

/// `goto`, `go_to`, `go regions`
fn other_word_for_go_to(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|_| scene.expects_any(&["action", "go_to_kw", "assign"]))?;
    let word =
        matches!(found.text.to_lowercase().as_str(), "goto" | "go_to" | "go-to" | "go" | "jump" | "continue" | "next");
    word.then(|| {
        let target = scene.ahead(1).filter(|next| next.is_word() && !next.is("to") && !next.is("with"));
        let name = target.map_or("POLICY", |next| next.text);
        scene.finding(format!("`{}` is written `go to`", found.text)).help(format!("write `go to {name}`"))
    })
}

/// `if`, `where`
fn other_word_for_when(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|_| scene.expects("when_kw"))?;
    let word = matches!(found.text.to_lowercase().as_str(), "if" | "where" | "unless" | "then" | "=" | "{");
    word.then(|| {
        let help = match found.text {
            "unless" => "write `when not …`",
            "{" => "a rule has no braces: write `when …` and the action",
            _ => "write `when`",
        };
        scene.finding(format!("expected `when`, found `{}`", found.text)).help(help)
    })
}

/// `then assign …`, `-> team x`
fn needless_then(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|_| scene.expects_any(&["action", "assign_kw"]))?;
    let needless = matches!(found.text, "then" | "do" | "->" | "=>" | "{" | "," | ":" | ";");
    let other_assign =
        matches!(found.text, "route" | "send" | "give" | "assigned" | "to" | "owner" | "team" | "queue" | "rep");
    if needless {
        let next_is_action =
            scene.ahead(1).is_some_and(|next| matches!(next.text, "assign" | "go" | "reject" | "keep"));
        let help = if next_is_action { "leave it out" } else { "write `assign`, `go to`, `reject` or `keep owner`" };
        return Some(scene.finding(format!("`{}` has no meaning here", found.text)).help(help));
    }
    let before = scene.back(1).is_some_and(|before| !matches!(before.text, "is" | "not" | "in"));
    (other_assign && before).then(|| {
        scene
            .finding(format!("expected an action, found `{}`", found.text))
            .help(format!("write `assign {}`", target(scene)))
    })
}

/// What `assign` was meant to name.
fn target(scene: &Scene) -> String {
    match (scene.found(), scene.ahead(1)) {
        (Some(kind), Some(name)) if matches!(kind.text, "team" | "queue" | "rep") && name.is_word() => {
            format!("{} {}", kind.text, name.text)
        }
        _ => "…".to_owned(),
    }
}

/// `assign to rep ana`, where `to` was read as a value's name.
fn assign_to(scene: &Scene) -> Option<Finding> {
    let to = scene.back(1).filter(|to| to.is("to"))?;
    scene.back(2).filter(|before| matches!(before.text, "assign" | "or"))?;
    scene.found().filter(|found| found.is_word())?;
    Some(
        Finding::new(Code::SyntaxError, scene.span(to), "`assign` is followed by who takes the lead, without `to`")
            .help("leave `to` out"),
    )
}

/// `team x round robin`
fn method_without_by(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|_| scene.expects_any(&["by_kw", "method"]))?;
    let method = match found.text.to_lowercase().as_str() {
        "round" | "round_robin" | "round-robin" | "roundrobin" => "round robin",
        "weight" | "weighted" | "weights" => "weight",
        "load" => "load",
        "balance" | "balanced" => "balance of FIELD",
        "with" => return Some(scene.finding("expected a skill after `with`").help("write `with skill NAME`")),
        _ => return None,
    };
    Some(scene.finding(format!("expected `by`, found `{}`", found.text)).help(format!("write `by {method}`")))
}

/// `assign rep ana, rep bruno`, `assign rep ana then rep bruno`
fn joined_by_other_word(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|_| scene.expects("or_kw") && !scene.expects_any(&["and_kw", "operator"]))?;
    let joint = matches!(found.text, "," | "then" | "else" | "and" | "/" | "+" | ">" | "->");
    let next = scene.ahead(1).filter(|next| matches!(next.text, "rep" | "team" | "queue" | "manager") && joint)?;
    Some(
        scene
            .finding(format!("destinations are joined by `or`, not by `{}`", found.text))
            .help(format!("write `or {} …`; each is tried when those before it cannot take the lead", next.text)),
    )
}

/// `given country is DE`, `segment smb employees < 50`
fn missing_equals(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|_| scene.expects("equals"))?;
    let name = scene.back(1).filter(|name| name.is_word())?;
    let sign = matches!(found.text, "is" | ":" | "==" | ":=" | "in" | "->" | "=>" | "as" | "be");
    let rest = if sign || !is_value(found) { "…".to_owned() } else { format!("{} …", found.text) };
    Some(scene.finding(format!("expected `=`, found {}", shown(found))).help(format!("write `{} = {rest}`", name.text)))
}

/// `let x = 5`
fn constant(scene: &Scene) -> Option<Finding> {
    let is_constant = |found: &&Token| matches!(found.kind, TokenKind::Number | TokenKind::Text);
    let found = scene.found().filter(is_constant)?;
    scene.back(1).filter(|before| before.is("=") && scene.expects_any(&["condition", "conjunction"]))?;
    Some(
        scene
            .finding(format!("expected something that a lead has, found {}", shown(found)))
            .help("a name is given to a value or a condition: `domain of email`, `employees >= 500`"),
    )
}

/// `given country = DE and employees = 5`
fn and_for_comma(scene: &Scene) -> Option<Finding> {
    let found =
        scene.found().filter(|found| scene.expects("comma") && matches!(found.text, "and" | "or" | "&" | "|"))?;
    Some(scene.finding(format!("expected `,`, found `{}`", found.text)).help("write `,`"))
}

/// `test "x" country = DE`, `… assign team x`
fn test_without_given(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|_| scene.expects_any(&["expect", "expect_kw"]))?;
    if found.is("assign") {
        return Some(scene.finding("expected `expect`, found `assign`").help("write `expect`"));
    }
    let given = scene.expects_any(&["given", "given_kw"]) && scene.ahead(1).is_some_and(|next| next.is("="));
    given.then(|| {
        scene
            .finding(format!("expected `given`, found `{}`", found.text))
            .help(format!("write `given {} = …`", found.text))
    })
}

// --- Signs that mean nothing ----------------------------------------------------------------------

fn stray_colon(scene: &Scene) -> Option<Finding> {
    scene.found().filter(|found| found.is(":"))?;
    let help = match scene.back(1) {
        Some(before) => format!("leave it out after `{}`", before.text),
        None => "leave it out".to_owned(),
    };
    Some(scene.finding("`:` has no meaning here").help(help))
}

fn stray_separator(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| matches!(found.text, "," | ";"))?;
    if found.is(";") && scene.expects("comma") {
        return Some(scene.finding("`;` is written `,`").help("write `,`"));
    }
    let help = match scene.piece {
        Piece::Item => "leave it out: each declaration begins with its own word",
        Piece::Entry => "leave it out: rules and their parts begin with their own words",
        Piece::Field | Piece::Column => "leave it out: a field is its name and its type",
        Piece::Clause => "leave it out: each clause begins with its own word",
    };
    Some(scene.finding(format!("`{}` has no meaning here", found.text)).help(help))
}

// --- Numbers and dates ----------------------------------------------------------------------------

/// `1,000`
fn grouped_digits(scene: &Scene) -> Option<Finding> {
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
fn range_without_to(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|_| scene.expects("to_kw") && scene.expected.len() <= 2)?;
    let low = scene.back(1).filter(|low| low.kind == TokenKind::Number)?;
    let high = [Some(found), scene.ahead(1)].into_iter().flatten().find(|high| high.kind == TokenKind::Number)?;
    Some(scene.finding(format!("expected `to`, found {}", shown(found))).help(format!(
        "a range is written `{} to {}`",
        low.text,
        high.text.trim_start_matches(['-', '.'])
    )))
}

fn bad_number(scene: &Scene) -> Option<Finding> {
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
fn quoted_date(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| scene.expects("date") && found.kind == TokenKind::Text)?;
    let date = found.text.trim_matches('"');
    Some(
        scene
            .finding(format!("expected a date, found {}", shown(found)))
            .help(format!("a date is written without quotes: `{date}`")),
    )
}

fn is_plain_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn looks_like_date(parts: &[&str]) -> bool {
    parts.len() == 3 && parts.iter().all(|part| is_plain_number(part) && !part.is_empty())
}

// --- Misspelt words -------------------------------------------------------------------------------

/// `AND`, and `NOT`, which was read as a name.
fn upper_case_keyword(scene: &Scene) -> Option<Finding> {
    if let Some(not) = scene.back(1).filter(|not| not.is("NOT") || not.is("Not")) {
        return scene.expects("operator").then(|| {
            Finding::new(Code::SyntaxError, scene.span(not), format!("`{}` is written in lower case", not.text))
                .help("write `not`")
        });
    }
    let found = scene.found().filter(|found| found.text.chars().any(char::is_uppercase))?;
    let keyword = did_you_mean(scene)?.keyword;
    keyword.split(' ').next().filter(|first| **first == found.text.to_lowercase())?;
    Some(scene.finding(format!("`{}` is written in lower case", found.text)).help(format!("write `{keyword}`")))
}

fn misspelt_keyword(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| found.is_word())?;
    let guess = did_you_mean(scene)?;
    let last = scene.ahead(guess.tokens - 1).unwrap_or(found);
    let words = scene.tokens[scene.here..].iter().take(guess.tokens).map(|token| token.text);
    let written = words.collect::<Vec<_>>().join(" ");
    let message = if guess.tokens > 1 || guess.keyword.starts_with(found.text) {
        format!("expected `{}`, found `{written}`", guess.keyword)
    } else {
        format!("unknown word `{written}`")
    };
    let span = scene.span(found).to(scene.span(last));
    Some(Finding::new(Code::SyntaxError, span, message).help(format!("did you mean `{}`?", guess.keyword)))
}

// --- What is missing ------------------------------------------------------------------------------

fn unclosed_bracket(scene: &Scene) -> Option<Finding> {
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

fn open_bracket<'t, 's>(scene: &'t Scene<'s>, open: &str, close: &str) -> Option<&'t Token<'s>> {
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
fn missing_when(scene: &Scene) -> Option<Finding> {
    let found =
        scene.found().filter(|found| scene.expects("when_kw") && !scene.expects_any(UNITS) && is_value(found))?;
    let when = scene.tokens[scene.here..].iter().find(|token| token.is("when"));
    Some(match when {
        Some(when) if scene.expects("description") && !when.first_of_line => {
            let description = scene.source.text[found.place.start..when.place.start].trim_end();
            scene
                .finding(format!("expected `when`, found `{}`", found.text))
                .help(format!("a description is written in double quotes: `{}`", quoted(description)))
        }
        _ => scene
            .finding(format!("expected `when`, found `{}`", found.text))
            .help(format!("the condition begins with `when`: `when {} …`", found.text)),
    })
}

/// `policy p Known accounts first { … }`
fn description_without_quotes(scene: &Scene) -> Option<Finding> {
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
fn missing_reason(scene: &Scene) -> Option<Finding> {
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
fn missing_value(scene: &Scene) -> Option<Finding> {
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
fn missing_action(scene: &Scene) -> Option<Finding> {
    let ended = scene.found().is_none() && scene.expects("action");
    ended.then(|| {
        scene
            .finding("the action is missing")
            .at("expected `assign`, `go to`, `reject` or `keep owner`")
            .help("say what happens to the lead: `assign team NAME by weight or queue NAME`")
    })
}

/// `country DE`
fn missing_operator(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| scene.expects("operator") && is_value(found) && !is_clause_word(found))?;
    let value = scene.back(1).filter(|value| value.is_word() && !found.first_of_line)?;
    Some(
        scene
            .finding(format!("a comparison is missing between `{}` and {}", value.text, shown(found)))
            .help(format!("write `{} is {}`", value.text, found.text)),
    )
}

/// `when country is DE employees >= 500`
fn missing_and(scene: &Scene) -> Option<Finding> {
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

/// `industry is Financial Services`, `[New York, Boston]`, `with skill health care`
fn unquoted_text(scene: &Scene) -> Option<Finding> {
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
        ways.push(format!("`{}, {}`", first.text, found.text));
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
        .help(format!("text with spaces or signs is written in double quotes: write {}", either(ways))),
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
