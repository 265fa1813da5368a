//! Braces that do not match, and names that are missing, quoted or cannot be names.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::diagnostic::{Code, Finding};
use crate::syntax::error::{Piece, Scene, shown};
use crate::syntax::token::{Token, TokenKind};

pub(super) fn stray_brace(scene: &Scene) -> Option<Finding> {
    let found = scene.found()?;
    let nothing_open = scene.piece == Piece::Item && found.is("}");
    nothing_open.then(|| scene.finding("`}` closes nothing").help("leave it out, or look for a `}` too many above it"))
}

pub(super) fn rule_outside_policy(scene: &Scene) -> Option<Finding> {
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
pub(super) fn nameless(scene: &Scene) -> Option<Finding> {
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

pub(super) fn quoted_name(scene: &Scene) -> Option<Finding> {
    let found = scene.found().filter(|found| found.kind == TokenKind::Text && scene.expects_any(NAMES))?;
    let name = as_name(found.text.trim_matches('"'));
    Some(
        scene
            .finding(format!("expected a name, found {}", shown(found)))
            .help(format!("names are written without quotes and are made of letters, digits and `_`: `{name}`")),
    )
}

/// `assign rep Ana Souza`
pub(super) fn name_of_several_words(scene: &Scene) -> Option<Finding> {
    const KINDS: &[&str] = &["rep", "team", "queue"];
    const GOES_ON: &[&str] = &["or", "by", "with", "from", "until", "when", "after"];
    let is_name = |word: &&Token| word.is_word() && !word.first_of_line && !GOES_ON.contains(&word.text);
    let found = scene.found().filter(is_name)?;
    let (first, kind) = (scene.back(1).filter(|first| first.is_word())?, scene.back(2)?);
    KINDS.contains(&kind.text).then(|| {
        let message = format!("expected one name behind `{}`, found `{} {}`", kind.text, first.text, found.text);
        let help = "a name is one word of letters, digits and `_`, written here as it is where it is declared";
        scene.finding(message).help(format!("{help}: `{}_{}`", as_name(first.text), as_name(found.text)))
    })
}

pub(super) fn bad_name(scene: &Scene) -> Option<Finding> {
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
