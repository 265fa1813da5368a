//! Destinations: who gets a lead, and by which method.

use crate::cell::Type;
use crate::diagnostic::{Code, Finding};
use crate::source::Span;
use crate::syntax::ast::Name;

use super::super::types::described;
use super::{pointing, suggesting, ticked};

pub fn unknown_person<'a>(name: &Name, kind: &str, known: impl IntoIterator<Item = &'a str>) -> Finding {
    let finding = Finding::new(Code::UnknownName, name.span, format!("the roster has no {kind} `{}`", name.node));
    suggesting(finding, &name.node, known, Some(format!("add `{}` to the roster under `{kind}s:`", name.node)))
}

pub fn person_of_other_kind(name: &Name, wanted: &str, kind: &str) -> Finding {
    Finding::new(Code::UnknownName, name.span, format!("`{}` is a {kind}, not a {wanted}", name.node))
        .help(format!("write `{kind} {}`", name.node))
}

pub fn person_as_value(name: &Name, kind: &str) -> Finding {
    Finding::new(
        Code::UnknownName,
        name.span,
        format!("`{}` is a {kind}, and a field or a `let` is needed here", name.node),
    )
    .help(format!("a {kind} can stand on the right: `account.owner is {}`", name.node))
}

pub fn bare_destination(name: &Name, kind: &str, has_method: bool) -> Finding {
    let method = if kind == "team" && !has_method { " by round robin" } else { "" };
    Finding::new(Code::UnknownName, name.span, format!("`{}` is a {kind}, and the word `{kind}` is missing", name.node))
        .help(format!("write `{kind} {}{method}`", name.node))
}

pub fn no_roster(kind: &str, span: Span) -> Finding {
    Finding::new(Code::MissingPart, span, format!("the project has no roster to find a {kind} in"))
        .help("add `roster \"roster.yaml\"` to the policy, and list people and teams in that file")
}

pub fn manager_of_other(written: &str, span: Span) -> Finding {
    Finding::new(Code::WrongType, span, format!("only a rep has a manager, and {} is none", ticked(written)))
        .help("write `manager of rep NAME`, or `manager of` a table's value of type `rep`")
}

pub fn manager_of_value(text: &str, ty: &Type, span: Span) -> Finding {
    Finding::new(Code::WrongType, span, format!("only a rep has a manager, and {} is {}", ticked(text), described(ty)))
        .help("name a value of type `rep`, such as `manager of account.owner`")
}

pub fn no_method(written: &str, span: Span) -> Finding {
    Finding::new(Code::WrongType, span, format!("it is not said how {} takes turns", ticked(written)))
        .at("a team needs a method")
        .help(format!(
            "add one, such as `{written} by round robin`: `round robin`, `weight`, `load` or `balance of FIELD`"
        ))
}

pub fn method_of_one(text: &str, ty: &Type, span: Span, declared: Option<Span>) -> Finding {
    let message = format!("{} is {}, so there are no turns to take", ticked(text), described(ty));
    let finding = Finding::new(Code::WrongType, span, message).help(format!("leave the method out: `{text}`"));
    pointing(finding, declared, format!("declared as {ty} here"))
}

pub fn skill_of_one(text: &str, ty: &Type, span: Span, declared: Option<Span>) -> Finding {
    let message = format!("{} is {}, so nobody is to be chosen by skill", ticked(text), described(ty));
    let finding = Finding::new(Code::WrongType, span, message).help(format!("leave the skill out: `{text}`"));
    pointing(finding, declared, format!("declared as {ty} here"))
}

pub fn not_a_destination(text: &str, ty: &Type, span: Span, declared: Option<Span>) -> Finding {
    let message = format!("a lead goes to a rep, a team or a queue, and {} is {}", ticked(text), described(ty));
    let help = match ty {
        Type::Row(_) => format!("name the column that says who: `{text}.COLUMN`"),
        _ => "if its cells are names in the roster, declare the column as `rep`, `team` or `queue`".to_owned(),
    };
    pointing(Finding::new(Code::WrongType, span, message).help(help), declared, format!("declared as {ty} here"))
}

pub fn not_a_number(name: &Name, ty: &Type, what: &str, declared: Span) -> Finding {
    let message = format!("`{what}` needs a number, and `{}` is {}", name.node, described(ty));
    Finding::new(Code::WrongType, name.span, message)
        .also(declared, format!("declared as {ty} here"))
        .help("name a field of type `integer` or `number`")
}
