//! Rules, destinations, declarations and tests in other words than the language's.

use super::signs::is_value;
use crate::diagnostic::{Code, Finding};
use crate::syntax::error::{Piece, Scene, shown};
use crate::syntax::token::{Token, TokenKind};

/// `else`, `default`
pub(super) fn other_word_for_otherwise(scene: &Scene) -> Option<Finding> {
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

pub(super) fn otherwise_with_condition(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| matches!(found.text, "when" | "if"))?;
    scene.back(1).filter(|before| before.is("otherwise"))?;
    Some(
        scene
            .finding(format!("`otherwise` has no condition, but `{}` follows", found.text))
            .help("it takes every lead that no rule took; to ask for more, write `rule NAME when …` before it"),
    )
}

/// `goto`, `go_to`, `go regions`
pub(super) fn other_word_for_go_to(scene: &Scene) -> Option<Finding> {
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
pub(super) fn other_word_for_when(scene: &Scene) -> Option<Finding> {
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
pub(super) fn needless_then(scene: &Scene) -> Option<Finding> {
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
pub(super) fn assign_to(scene: &Scene) -> Option<Finding> {
    let to = scene.back(1).filter(|to| to.is("to"))?;
    scene.back(2).filter(|before| matches!(before.text, "assign" | "or"))?;
    scene.found().filter(|found| found.is_word())?;
    Some(
        Finding::new(Code::SyntaxError, scene.span(to), "`assign` is followed by who takes the lead, without `to`")
            .help("leave `to` out"),
    )
}

/// `team x round robin`
pub(super) fn method_without_by(scene: &Scene) -> Option<Finding> {
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
pub(super) fn joined_by_other_word(scene: &Scene) -> Option<Finding> {
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
pub(super) fn missing_equals(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|_| scene.expects("equals"))?;
    let name = scene.back(1).filter(|name| name.is_word())?;
    let sign = matches!(found.text, "is" | ":" | "==" | ":=" | "in" | "->" | "=>" | "as" | "be");
    let rest = if sign || !is_value(found) { "…".to_owned() } else { format!("{} …", found.text) };
    Some(scene.finding(format!("expected `=`, found {}", shown(found))).help(format!("write `{} = {rest}`", name.text)))
}

/// `let x = 5`
pub(super) fn constant(scene: &Scene) -> Option<Finding> {
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
pub(super) fn and_for_comma(scene: &Scene) -> Option<Finding> {
    let found =
        scene.found().filter(|found| scene.expects("comma") && matches!(found.text, "and" | "or" | "&" | "|"))?;
    Some(scene.finding(format!("expected `,`, found `{}`", found.text)).help("write `,`"))
}

/// `test "x" country = DE`, `… assign team x`
pub(super) fn test_without_given(scene: &Scene) -> Option<Finding> {
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
